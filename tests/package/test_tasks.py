"""Reber grammars: against a recognizer, by counting, by hand. Echo: what it draws, and refuses."""

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import speakers, tasks
from unrolled.tasks import (
    EMBEDDED_REBER,
    REBER,
    echo,
    embed,
    entropy,
    probabilities,
    strings,
    visits,
)

# Written from the picture of the grammar, not from the table.
LOWER = "T*V(?:PXT*V)*"  # from the T loop to a V that has not been told yet how it ends
INNER = f"B(?:TS*XS|(?:TS*XX|P){LOWER}(?:V|PS))E"
RECOGNIZED = {
    "reber": (REBER, re.compile(INNER)),
    "embedded": (EMBEDDED_REBER, re.compile(f"B([TP]){INNER}\\1E")),
    "three": (embed(REBER, 3), re.compile(f"B([TP])(?:{INNER}){{3}}\\1E")),
}
each = pytest.mark.parametrize("name", RECOGNIZED)
LN2 = math.log(2)


@each
def test_every_string_is_recognized(name):
    grammar, pattern = RECOGNIZED[name]
    drawn = strings(grammar, 3000, seed=1)
    assert len(drawn) == 3000
    assert [string for string in drawn if not pattern.fullmatch(string)] == []


@each
@given(st.text("BEPSTVX", max_size=14))
def test_what_is_not_recognized_is_refused(name, string):
    grammar, pattern = RECOGNIZED[name]
    if pattern.fullmatch(string):
        assert probabilities(grammar, string).shape == (len(string),)
    elif not re.fullmatch(f"(?:{pattern.pattern})*", string):
        with pytest.raises(ValueError):
            probabilities(grammar, string)


@given(st.integers(0, 10**6), st.data())
def test_one_wrong_symbol_is_found_where_it_is(seed, data):
    (string,) = strings(EMBEDDED_REBER, 1, seed)
    at = data.draw(st.integers(0, len(string) - 1))
    symbol = data.draw(st.sampled_from("BEPSTVX"))
    changed = string[:at] + symbol + string[at + 1 :]
    if RECOGNIZED["embedded"][1].fullmatch(changed):
        assert len(probabilities(EMBEDDED_REBER, changed)) == len(changed)
    else:
        with pytest.raises(ValueError) as error:
            probabilities(EMBEDDED_REBER, changed)
        found = re.search(r"at position (\d+)", str(error.value))
        assert found is None or int(found[1]) >= at


def test_the_table_by_hand():
    # B, then T or P, then S or X, then S or X; the ends are certain
    assert probabilities(REBER, "BTXSE").tolist() == [1, 0.5, 0.5, 0.5, 1]
    assert visits(REBER) == pytest.approx(
        {"0": 1, "1": 1, "2": 1, "3": 2, "4": 1, "5": 1, "6": 1}, rel=1e-14
    )
    assert entropy(REBER) == pytest.approx(6 * LN2, rel=1e-14)


@pytest.mark.parametrize("times", [1, 2, 4, 9])
def test_exact_length_and_entropy(times):
    grammar = embed(REBER, times)
    assert sum(visits(grammar).values()) == pytest.approx(8 * times + 4, rel=1e-12)
    assert entropy(grammar) == pytest.approx((6 * times + 1) * LN2, rel=1e-12)


@each
def test_counting_agrees_with_the_exact_numbers(name):
    grammar, _ = RECOGNIZED[name]
    drawn = strings(grammar, 5000, seed=2)
    nats = [-np.log(probabilities(grammar, string)).sum() for string in drawn]
    for sample, exact in (
        (nats, entropy(grammar)),
        ([len(string) for string in drawn], sum(visits(grammar).values())),
    ):
        standard_error = np.std(sample, ddof=1) / math.sqrt(len(sample))
        assert abs(np.mean(sample) - exact) < 4 * standard_error < 0.05 * exact


def test_the_entropy_is_that_of_the_frequencies():
    # The short strings one by one: each comes as often as its probability says.
    drawn = Counter(strings(EMBEDDED_REBER, 20_000, seed=3))
    for string, count in drawn.most_common(10):
        p = probabilities(EMBEDDED_REBER, string).prod()
        assert abs(count / 20_000 - p) < 4 * math.sqrt(p / 20_000)


def test_without_memory_it_costs_one_coin_more():
    # A predictor that knows the grammar but has forgotten T or P: 1/2 at the one symbol.
    drawn = strings(EMBEDDED_REBER, 2000, seed=4)
    total = length = 0
    for string in drawn:
        forgetful = probabilities(EMBEDDED_REBER, string)
        forgetful[-2] /= 2
        total -= np.log(forgetful).sum()
        length += len(string)
    assert total / length == pytest.approx((7 + 1) * LN2 / 12, rel=0.02)


@given(st.integers(1, 5), st.integers(0, 2**32))
def test_the_two_symbols_agree_and_are_even(times, seed):
    drawn = strings(embed(REBER, times), 20, seed)
    assert all(s[1] == s[-2] and s[1] in "TP" and s[0] + s[-1] == "BE" for s in drawn)
    assert all(s.count("B") == times + 1 for s in drawn)


def test_both_symbols_come_equally_often():
    share = np.mean([string[1] == "T" for string in strings(EMBEDDED_REBER, 4000, seed=5)])
    assert abs(share - 0.5) < 4 * 0.5 / math.sqrt(4000)


def test_the_inside_says_nothing_about_the_outside():
    inside = {side: Counter() for side in "TP"}
    for string in strings(EMBEDDED_REBER, 20_000, seed=6):
        inside[string[1]][string[2:-2]] += 1
    for string, count in inside["T"].most_common(8):
        assert abs(count - inside["P"][string]) < 5 * math.sqrt(2 * count)


def test_the_seed_decides():
    assert strings(EMBEDDED_REBER, 50, seed=7) == strings(EMBEDDED_REBER, 50, seed=7)
    assert strings(EMBEDDED_REBER, 50, seed=7) != strings(EMBEDDED_REBER, 50, seed=8)
    assert strings(EMBEDDED_REBER, 50, seed=7)[:10] == strings(EMBEDDED_REBER, 10, seed=7)
    rng = np.random.default_rng(7)
    twice = strings(EMBEDDED_REBER, 25, rng) + strings(EMBEDDED_REBER, 25, rng)
    assert twice == strings(EMBEDDED_REBER, 50, seed=7)


def test_strings_one_after_the_other():
    drawn = strings(EMBEDDED_REBER, 30, seed=9)
    each_alone = np.concatenate([probabilities(EMBEDDED_REBER, string) for string in drawn])
    assert np.array_equal(probabilities(EMBEDDED_REBER, "".join(drawn)), each_alone)
    assert probabilities(EMBEDDED_REBER, "").shape == (0,)


def test_any_table_is_a_grammar():
    # A coin that is tossed until it shows b: 2 tosses and 2 ln 2 nats on average.
    coin = {"toss": {"a": "toss", "b": tasks.END}}
    assert visits(coin) == pytest.approx({"toss": 2})
    assert entropy(coin) == pytest.approx(2 * LN2)


def test_errors_say_what_is_wrong():
    with pytest.raises(ValueError, match="num_strings must be an integer of at least 1, not 0"):
        strings(REBER, 0)
    with pytest.raises(ValueError, match="times must be an integer of at least 1, not 0"):
        embed(REBER, 0)
    with pytest.raises(ValueError, match=r"'S' at position 1 .* after 'B' may come T or P"):
        probabilities(REBER, "BSXSE")
    with pytest.raises(ValueError, match="'Q' at position 5.* after 'BTXSE' may come B"):
        probabilities(REBER, "BTXSEQ")
    with pytest.raises(ValueError, match="stops before its end: after 'BTX' must come X or S"):
        probabilities(REBER, "BTX")
    with pytest.raises(ValueError, match="never"):
        visits({"a": {"x": "a"}})
    with pytest.raises(ValueError, match="never"):
        visits({"a": {"x": "b", "y": tasks.END}, "b": {"z": "b"}})


@given(st.integers(1, 30), st.integers(1, 8), st.data())
def test_an_echo_is_what_came_first(num_sequences, n_in, data):
    n_out = data.draw(st.integers(1, n_in))
    vocab_size = data.draw(st.integers(2, 9))
    X, y = echo(num_sequences, n_in, n_out, vocab_size, seed=3)
    assert X.shape == (num_sequences, n_in) and y.shape == (num_sequences, n_out)
    assert X.dtype == y.dtype == np.int64
    assert np.array_equal(y, X[:, :n_out]) and not np.shares_memory(X, y)
    assert X.min() >= 0 and X.max() < vocab_size


def test_echoed_symbols_are_even_and_independent():
    X, _ = echo(20_000, 3, 1, 10, seed=4)
    pairs = X[:, 0] * 10 + X[:, 2]
    for ids, choices in ((X.ravel(), 10), (pairs, 100)):
        counts = np.bincount(ids, minlength=choices)
        expected = len(ids) / choices
        chi_squared = ((counts - expected) ** 2 / expected).sum()
        assert abs(chi_squared - (choices - 1)) < 4 * math.sqrt(2 * (choices - 1))


def test_the_seed_decides_the_echo_too():
    X, _ = echo(50, 5, 2, seed=7)
    assert np.array_equal(X, echo(50, 5, 2, seed=7)[0])
    assert not np.array_equal(X, echo(50, 5, 2, seed=8)[0])
    rng = np.random.default_rng(7)
    assert np.array_equal(X, np.vstack([echo(25, 5, 2, seed=rng)[0] for _ in range(2)]))


def test_an_impossible_echo_is_refused():
    for n_in, n_out, vocab_size, said in (
        (0, 1, 9, "n_in must be an integer of at least 1, not 0"),
        (5, 0, 9, "n_out must be an integer of at least 1, not 0"),
        (5, 6, 9, "n_out is 6: only the 5 symbols"),
        (5, 2, 1, "vocab_size must be at least 2, not 1"),
    ):
        with pytest.raises(ValueError, match=said):
            echo(10, n_in, n_out, vocab_size)
    with pytest.raises(ValueError, match="num_sequences must be an integer of at least 1"):
        echo(0, 5, 2)


# Scenes of a play.


def test_scenes_are_speeches_whose_sign_says_who_speaks():
    drawn = tasks.scenes(["It is so", "Who\nknows"], 300, ["Wren", "Hob"], "Wren", parts=3)
    speeches = speakers.take_apart(drawn)
    assert len(speeches) == 300
    assert all(("?" in said) == (name == "Wren") for name, said in speeches)
    assert all(said[-1] in "?." and not set(said[:-1]) & set(".?") for _, said in speeches)
    assert {said.count(", ") for _, said in speeches} == {0, 1, 2}
    assert 100 < sum(name == "Wren" for name, _ in speeches) < 200
    assert all(set(said[:-1].split(", ")) <= {"It is so", "Who\nknows"} for _, said in speeches)
    again = tasks.scenes(["It is so", "Who\nknows"], 300, ["Wren", "Hob"], "Wren", parts=3)
    other = tasks.scenes(["It is so", "Who\nknows"], 300, ["Wren", "Hob"], "Wren", 3, seed=1)
    assert drawn == again != other


@pytest.mark.parametrize(
    "bad", [{"sentences": []}, {"num_speeches": 0}, {"speakers": []}, {"parts": 0}]
)
def test_scenes_of_nothing_are_refused(bad):
    good = {"sentences": ["a"], "num_speeches": 1, "speakers": ["Hob"], "asks": "Hob"}
    with pytest.raises(ValueError, match="must be an integer of at least 1, not 0"):
        tasks.scenes(**good | bad)
