"""Witten-Bell smoothing against a slow version written from its definition."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.counting import witten_bell
from unrolled.text import Vocabulary, load_corpus, train_validation_split


def slow(train, context, character, vocab_size):
    """P(character | context), by the recursion, counting anew each time."""
    shorter = 1 / vocab_size if not context else slow(train, context[1:], character, vocab_size)
    length = len(context)
    followers = Counter(
        train[t] for t in range(length, len(train)) if train[t - length : t] == context
    )
    n, d = followers.total(), len(followers)
    return shorter if n == 0 else (followers[character] + d * shorter) / (n + d)


@st.composite
def problems(draw):
    vocab_size, context = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    ids = st.lists(st.integers(0, vocab_size - 1), min_size=context + 1, max_size=25)
    return draw(ids), draw(ids), vocab_size, context


@given(problems())
def test_it_is_the_definition(problem):
    train, test, vocab_size, context = problem
    expected = [
        slow(train, test[t - context : t], test[t], vocab_size) for t in range(context, len(test))
    ]
    fast = witten_bell(np.array(train), np.array(test), vocab_size, context)
    assert fast == pytest.approx(expected, rel=1e-12)


@given(problems())
def test_the_probabilities_of_all_characters_sum_to_one(problem):
    train, test, vocab_size, context = problem
    before = test[:context]
    total = sum(
        witten_bell(train, [*before, character], vocab_size, context)[0]
        for character in range(vocab_size)
    )
    assert total == pytest.approx(1)


def test_the_empty_context_by_hand():
    # n = 4 characters seen, d = 2 of them distinct: (count + 2 / 3) / 6
    probabilities = witten_bell(np.array([0, 0, 0, 1]), np.array([0, 1, 2]), 3, context=0)
    assert probabilities == pytest.approx([11 / 18, 5 / 18, 2 / 18])


def test_one_character_of_context_by_hand():
    train = np.array([0, 1, 0, 1, 0, 2])  # after 0: 1, 1, 2. After 2: never anything
    below = [(3 + 3 / 4) / 9, (2 + 3 / 4) / 9, (1 + 3 / 4) / 9, (3 / 4) / 9]
    probabilities = witten_bell(train, np.array([0, 1, 3, 2, 0]), 4, context=1)
    # n = 3, d = 2 after 0; n = 2, d = 1 after 1; nothing known after 3 and 2
    expected = [(2 + 2 * below[1]) / 5, (0 + 1 * below[3]) / 3, below[2], below[0]]
    assert probabilities == pytest.approx(expected)


def test_the_longest_context_that_fits():
    ids = np.tile([0, 1], 40)
    assert witten_bell(ids, ids, 2, context=62).min() > 0.9
    with pytest.raises(ValueError, match=r"2 \*\* \(context \+ 1\) at most 2 \*\* 63.* is 63"):
        witten_bell(ids, ids, 2, context=63)
    with pytest.raises(ValueError, match="the context is 20"):
        witten_bell(ids, ids, np.int64(65), context=20)  # must not wrap around unseen


@pytest.mark.parametrize("vocab_size", [1, 4])
def test_a_negative_context(vocab_size):
    with pytest.raises(ValueError, match="context must be at least 0.* is -1"):
        witten_bell(np.zeros(9, int), np.zeros(9, int), vocab_size, context=-1)


def test_texts_too_short():
    with pytest.raises(ValueError, match="train_ids has 2 characters: too few for a context of 2"):
        witten_bell(np.zeros(2, int), np.zeros(9, int), 3, context=2)
    with pytest.raises(ValueError, match="test_ids has 0 characters"):
        witten_bell(np.zeros(9, int), np.zeros(0, int), 3, context=0)


@pytest.mark.parametrize("bad", [-1, 3])
def test_ids_outside_the_vocabulary(bad):
    good, wrong = np.array([0, 1, 2]), np.array([0, bad, 2])
    with pytest.raises(ValueError, match="train_ids has ids from .* the vocabulary has ids 0 to 2"):
        witten_bell(wrong, good, 3, context=1)
    with pytest.raises(ValueError, match="test_ids has ids from"):
        witten_bell(good, wrong, 3, context=1)


def test_nothing_given_is_changed():
    train, test = np.array([0, 1, 1, 0, 2]), np.array([1, 0, 2])
    witten_bell(train, test, 3, context=1)
    assert train.tolist() == [0, 1, 1, 0, 2] and test.tolist() == [1, 0, 2]


@pytest.mark.skipif(
    not Path(os.environ.get("UNROLLED_DATA", ""), "shakespeare.txt").is_file(),
    reason="UNROLLED_DATA names no folder with shakespeare.txt",
)
def test_tiny_shakespeare_agrees_with_an_independent_count():
    text = load_corpus("shakespeare")
    vocabulary = Vocabulary.from_text(text)
    train, validation = train_validation_split(vocabulary.encode(text))
    losses = [
        -np.log(witten_bell(train, validation, len(vocabulary), context)).mean()
        for context in range(6)
    ]
    assert losses == pytest.approx([3.347, 2.486, 2.049, 1.774, 1.669, 1.698], abs=5e-4)
