"""Sampling: what temperature, top-k, prompt and seed do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unrolled.generation import longest_overlap, next_probabilities, sample
from unrolled.numpy_models import RNN, softmax
from unrolled.text import Vocabulary

VOCABULARY = Vocabulary("abcde")
LOGITS = arrays(np.float64, st.integers(1, 8), elements=st.floats(-50, 50))
TEMPERATURES = st.floats(0.01, 100)


@pytest.fixture
def model():
    model = RNN(len(VOCABULARY), 8, num_layers=2, seed=0)
    for param in model.params.values():
        param *= 4  # sure of some things, and not of others
    return model


def entropy(probabilities):
    p = probabilities[probabilities > 0]
    return -np.sum(p * np.log(p))


# One step


def test_the_defaults_are_the_softmax():
    logits = np.array([1.0, -2.0, 0.5])
    assert next_probabilities(logits) == pytest.approx(softmax(logits), abs=1e-15)
    assert logits.tolist() == [1, -2, 0.5]


def test_temperature_divides_the_logits():
    logits = np.log([0.5, 0.25, 0.25])
    assert next_probabilities(logits, 0.5) == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    assert next_probabilities(logits, 1e300) == pytest.approx([1 / 3] * 3)


@given(LOGITS, TEMPERATURES, TEMPERATURES)
def test_entropy_rises_with_temperature(logits, one, other):
    cold, hot = sorted([one, other])
    cold, hot = (next_probabilities(logits, t) for t in (cold, hot))
    assert cold.sum() == pytest.approx(1) and hot.sum() == pytest.approx(1)
    assert entropy(cold) <= entropy(hot) + 1e-9


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [1e-2, 1e-10, 1e-300, 5e-324])
def test_frozen_it_takes_the_likeliest(temperature):
    logits = np.array([3.0, 700.0, -5.0, 690.0, -np.inf])
    assert next_probabilities(logits, temperature).tolist() == [0, 1, 0, 0, 0]
    assert next_probabilities(np.array([2.0, 2.0]), temperature).tolist() == [0.5, 0.5]


@given(LOGITS, st.integers(1, 12), TEMPERATURES)
def test_top_k_keeps_the_likeliest(logits, k, temperature):
    everything, given_logits = next_probabilities(logits, temperature), logits.copy()
    cut = next_probabilities(logits, temperature, top_k=k)
    assert np.array_equal(logits, given_logits)
    likeliest = np.argsort(-logits, kind="stable")[:k]
    expected = np.zeros_like(everything)
    expected[likeliest] = everything[likeliest] / everything[likeliest].sum()
    assert cut == pytest.approx(expected, abs=1e-12)


def test_top_k_of_one_and_of_more_than_all():
    logits = np.array([0.1, 0.7, 0.7, -3.0])
    assert next_probabilities(logits, top_k=1).tolist() == [0, 1, 0, 0]  # the first of equals
    assert np.array_equal(next_probabilities(logits, top_k=99), next_probabilities(logits))


@pytest.mark.parametrize("temperature", [0, -1, math.nan, math.inf])
def test_the_temperature_must_be_positive(model, temperature):
    says = f"temperature must be a positive number, not {temperature}; .* use top_k=1"
    with pytest.raises(ValueError, match=says):
        next_probabilities(np.zeros(3), temperature)
    with pytest.raises(ValueError, match=says):
        sample(model, VOCABULARY, "a", 3, temperature)


@pytest.mark.parametrize("top_k", [0, -2])
def test_top_k_must_be_positive(model, top_k):
    with pytest.raises(ValueError, match=f"top_k must be at least 1, not {top_k}"):
        next_probabilities(np.zeros(3), top_k=top_k)
    with pytest.raises(ValueError, match="top_k must be at least 1"):
        sample(model, VOCABULARY, "a", 3, top_k=top_k)


# Free running


def test_the_seed_decides(model):
    text = sample(model, VOCABULARY, "ab", 60, seed=5)
    assert len(text) == 60 and len(set(text)) > 1
    assert sample(model, VOCABULARY, "ab", 60, seed=5) == text
    assert sample(model, VOCABULARY, "ab", 60, seed=6) != text
    assert sample(model, VOCABULARY, "ab", 20, seed=5) == text[:20]
    generator = np.random.default_rng(5)
    assert sample(model, VOCABULARY, "ab", 60, seed=generator) == text
    assert sample(model, VOCABULARY, "ab", 60, seed=generator) != text  # it has moved on


@pytest.mark.parametrize("how", [{"top_k": 1}, {"temperature": 1e-6}])
def test_the_likeliest_character_every_time(model, how):
    """It reads what it wrote: each step agrees with a forward pass over all that came before."""
    text = sample(model, VOCABULARY, "abc", 25, **how)
    ids = VOCABULARY.encode("abc" + text)
    logits, _ = model.forward(ids[:, None])  # (T, 1, V)
    assert VOCABULARY.decode(logits[2:-1, 0].argmax(axis=-1)) == text
    assert len(set(text)) > 1


def test_the_prompt_counts(model):
    texts = {sample(model, VOCABULARY, prompt, 30) for prompt in ("a", "e", "ceda", "bbbbb")}
    assert len(texts) > 1


class Constant:
    """A model that always says the same."""

    def __init__(self, probabilities):
        self.logits = np.log(probabilities)

    def forward(self, inputs, state=None):
        return np.broadcast_to(self.logits, (*inputs.shape, len(self.logits))), state


def test_frequencies_match_probabilities():
    p, n = np.array([0.5, 0.25, 0.15, 0.08, 0.02]), 20_000
    text = sample(Constant(p), VOCABULARY, "a", n, seed=0)
    counts = np.array([text.count(character) for character in VOCABULARY.characters])
    chi_square = np.sum((counts - n * p) ** 2 / (n * p))
    assert chi_square < 18.5  # 4 degrees of freedom: 1 in 1000
    followers = sum(a == b == "a" for a, b in zip(text, text[1:], strict=False))
    assert followers / n == pytest.approx(0.25, abs=0.015)  # one draw knows nothing of the last


def test_length_zero_writes_nothing(model):
    assert sample(model, VOCABULARY, "a", 0) == ""


def test_bad_prompts_and_lengths(model):
    with pytest.raises(ValueError, match="length must not be negative, but is -1"):
        sample(model, VOCABULARY, "a", -1)
    with pytest.raises(ValueError, match="prompt is empty"):
        sample(model, VOCABULARY, "", 5)
    with pytest.raises(ValueError, match="'Q' at position 2 .* not among the 5"):
        sample(model, VOCABULARY, "abQ", 5)


# What it copied

SHORT_TEXTS = st.text("ab\n", max_size=12)  # few letters: overlaps of every length


@given(SHORT_TEXTS, SHORT_TEXTS)
def test_the_longest_overlap_is_that_of_trying_all(sample, source):
    stretches = [sample[i:j] for i in range(len(sample)) for j in range(i + 1, len(sample) + 1)]
    shared = [stretch for stretch in stretches if stretch in source]
    assert longest_overlap(sample, source) == max(shared, key=len, default="")  # first of equals


@given(SHORT_TEXTS, SHORT_TEXTS, SHORT_TEXTS)
def test_a_planted_overlap_is_found(before, planted, after):
    assert len(longest_overlap(before + planted + after, after + planted + before)) >= len(planted)


def test_the_longest_overlap_of_long_texts():
    passage = "the third gate opens at low water, " * 30
    found = longest_overlap("xyz" * 200 + passage + "xyz" * 200, "ab" * 50_000 + passage + "ba")
    assert found == passage


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ((np.array([1, 2]), "ab"), "sample must be a string, not ndarray"),
        (("ab", [1, 2]), "source must be a string, not list"),
    ],
)
def test_overlaps_are_of_strings(texts, says):
    with pytest.raises(TypeError, match=says):
        longest_overlap(*texts)
