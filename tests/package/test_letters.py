"""A text shaded by one prediction's gradient: every letter has its share, and can be read."""

import re

import numpy as np
import pytest
from checks.diagrams import SVG, extent, inside, parsed, strange_colors
from checks.palette import contrast
from hypothesis import given
from hypothesis import strategies as st

from unrolled import results, text
from unrolled.figures import letters
from unrolled.figures.letters import (
    CELL,
    COLUMNS,
    EDGE,
    PITCH,
    broken,
    level,
    shade,
    strength,
    unpacked,
)
from unrolled.figures.palette import DARK, LIGHT

PASSAGE = "Wren:\nHow high is it against the mark outside?\n"
PHONE = 341 / 720  # pixels for a unit, on the narrowest page


def some(passage=PASSAGE, seed=0):
    values = np.random.default_rng(seed).random(len(passage) - 1) ** 4
    return values / values.sum()


def drawn(passage=PASSAGE, names=("RNN", "LSTM"), **options):
    rows = {name: some(passage, seed) for seed, name in enumerate(names)}
    return parsed(shade(passage, rows, "What it used.", **options))


def cells(root):
    """The shaded places of letters: {(left, top): strength}."""
    found = {}
    for path in root.findall(f"{SVG}path"):
        corners = re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v", path.get("d"))
        for left, top, width in corners:
            if float(width) == PITCH:
                assert (float(left), float(top)) not in found
                found[float(left), float(top)] = float(path.get("fill-opacity"))
    return found


def characters(root):
    """All characters, as (character, center, baseline)."""
    for row in root.iter(f"{SVG}text"):
        if row.get("font-family").endswith("monospace"):
            centers = row.get("x").split()
            for center, character in zip(centers, row.text, strict=True):
                yield character, float(center), float(row.get("y"))


def test_each_letter_has_its_share_and_the_predicted_one_a_box():
    root, found = drawn(), cells(drawn())
    places = list(characters(root))
    assert len(places) == 2 * len(PASSAGE)
    for number in range(2):
        of_one = places[number * len(PASSAGE) :][: len(PASSAGE)]
        assert "".join(c for c, _, _ in of_one) == PASSAGE.replace("\n", "↵").replace(" ", "\xa0")
        for share, (_, center, baseline) in zip(some(seed=number), of_one[:-1], strict=True):
            [shown] = [
                strength_
                for (left, top), strength_ in (found | {(-99, 0): 0}).items()
                if abs(left + PITCH / 2 - center) < 0.1 and top < baseline < top + CELL
            ] or [0]
            assert shown == pytest.approx(strength(level(share)), abs=0.006)
    boxes = [rect for rect in root.iter(f"{SVG}rect") if rect.get("stroke") == LIGHT["target"]]
    assert len(boxes) == 2


def test_shades_go_with_the_square_root():
    assert [level(share) for share in (0, 0.25 / 144, 0.0625, 0.25, 0.9)] == [0, 1, 6, 12, 12]
    marks = [level(mark) for mark in letters.MARKS]
    assert np.ptp(np.diff(marks)) <= 1 and marks[-1] == letters.SHADES  # evenly spaced


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_letters_can_be_read_on_the_fullest_shade(colors):
    pair = [[int(colors[role][k : k + 2], 16) for k in (1, 3, 5)] for role in ("gradient", "paper")]
    part = letters.STRONGEST
    mixed = [round(part * c + (1 - part) * paper) for c, paper in zip(*pair, strict=True)]
    assert contrast(colors["ink"], "#{:02x}{:02x}{:02x}".format(*mixed)) >= 4.5


@given(st.text("Mil m1W,\n", min_size=2, max_size=200))
def test_rows_are_the_text_and_short_enough(passage):
    rows = broken(passage)
    assert "".join(rows) == passage.replace("\n", "↵")
    assert max(map(len, rows)) <= COLUMNS and EDGE + COLUMNS * PITCH + 3 < 720


def test_a_long_line_is_broken_at_a_space():
    assert broken(PASSAGE) == ["Wren:↵", "How high is it against the mark ", "outside?↵"]
    assert broken("m" * 40) == ["m" * 36, "m" * 4]


def test_on_a_phone_every_text_is_large_enough_and_stays_inside():
    root = drawn("W" * 80)
    picture = (0, 0, 720, float(root.get("viewBox").split()[3]))
    for words in root.iter(f"{SVG}text"):
        size = float(words.get("font-size"))
        assert size * PHONE >= 10
        if " " not in words.get("x"):
            assert inside(extent(words), picture)
    assert letters.SIZE * PHONE > 11 and letters.SIZE * 0.602 < PITCH


def test_it_says_what_it_shows_in_the_palette_s_colors():
    root = drawn(role="hidden")
    assert root[0].tag == f"{SVG}title" and root[0].text == "What it used."
    assert strange_colors(root) == []
    assert any(path.get("fill") == LIGHT["hidden"] for path in root.iter(f"{SVG}path"))


def test_signs_of_xml_are_only_characters():
    root = parsed(shade("a<b&c", {"<&>": np.full(4, 0.25)}, 'x < 1 & "y"'))
    assert root[0].text == 'x < 1 & "y"'
    assert [character for character, _, _ in characters(root)] == list("a<b&c")


def test_what_is_recorded_is_a_passage_that_no_network_has_trained_on():
    found = results.load("letters")
    passage = found["passage"]
    _, held_out = text.train_validation_split(text.load_corpus("play"))
    assert passage in held_out and passage.startswith("Wren:\n")
    assert passage[found["shown"] - 1 : found["shown"] + 1] == "?\n"
    for network in found["networks"].values():
        for name in ("rows", "given", "expected", "probabilities"):
            assert len(network[name]) == len(passage)
        for place, row in enumerate(network["rows"]):
            told = unpacked(row)
            assert len(told) == place + 1 and told.sum() == pytest.approx(1, abs=0.02)
        for place, (three, p) in enumerate(
            zip(network["expected"], network["probabilities"], strict=True)
        ):
            assert p == sorted(p, reverse=True) and sum(p) <= 1.0001
            if passage[place] in three:
                assert network["given"][place] == p[three.index(passage[place])]


@pytest.mark.parametrize(
    ("passage", "rows", "message"),
    [
        ("abc", {}, "nothing to draw"),
        ("a", {"RNN": []}, "nothing to draw"),
        ("abc", {"RNN": [0.5, 0.3, 0.2]}, r"'RNN' has shares of shape \(3,\); a text of 3 .* \(2,"),
        ("abc", {"RNN": [1.5, 0]}, "'RNN' has shares that are not from 0 to 1"),
        ("abc", {"RNN": [np.nan, 0]}, "'RNN' has shares that are not from 0 to 1"),
    ],
)
def test_what_does_not_fit_together_is_refused(passage, rows, message):
    with pytest.raises(ValueError, match=message):
        shade(passage, rows, "alt")
