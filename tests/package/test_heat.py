"""A heat map shows every value over its character, and every name and character can be read."""

import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from checks.diagrams import SVG, extent, inside, parsed, strange_colors
from hypothesis import given
from hypothesis import strategies as st

from unrolled.figures.diagrams import drawing
from unrolled.figures.heat import CELL, PITCH, SHADES, heat_map, lines
from unrolled.figures.palette import LIGHT

PASSAGE = "First:\n  who  goes there?\n"
NAMES = ["unit 3", "place in line, 100"]


def some(passage=PASSAGE, num_units=2):
    """Values of both signs; a few are beyond the limit."""
    return 2 * np.random.default_rng(0).normal(size=(len(passage), num_units))


def drawn(passage=PASSAGE, values=None, names=NAMES, **options):
    values = some(passage, len(names)) if values is None else values
    return parsed(heat_map(passage, values, names, "What the units do.", **options))


def cells(root, width=PITCH):
    """All cells of this width, as {(left, top): (color, strength)}; none is drawn twice."""
    found = {}
    for path in root.findall(f"{SVG}path"):
        corners = re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-([\d.]+)z", path.get("d"))
        assert path.get("d").count("M") == len(corners)  # nothing else is drawn
        for left, top, right, down, back in corners:
            assert right == back and float(down) == CELL
            if float(right) == width:
                assert (float(left), float(top)) not in found
                shade = path.get("fill"), float(path.get("fill-opacity"))
                found[float(left), float(top)] = shade
    return found


def letters(root):
    """All characters of the text in order, as (character, center, baseline)."""
    for text in root.iter(f"{SVG}text"):
        centers = text.get("x").split()
        if text.get("text-anchor") == "middle":
            assert len(centers) == len(text.text)
            for center, character in zip(centers, text.text, strict=True):
                yield character, float(center), float(text.get("y"))


def labels(root):
    """The names of the rows: (name, rectangle)."""
    for text in root.iter(f"{SVG}text"):
        if text.get("text-anchor") == "end":
            yield text.text, extent(text)


def shade(value, **options):
    """The color and the strength of a single value; None if it is blank."""
    found = cells(drawn("a", [[value]], ["unit"], **options))
    assert len(found) <= 1
    return next(iter(found.values()), None)


def test_each_place_has_its_cell():
    root = drawn(values=np.ones((len(PASSAGE), 2)))
    above = Counter(round(left + PITCH / 2, 1) for left, _ in cells(root))
    assert above == Counter(2 * [round(center, 1) for _, center, _ in letters(root)])
    tops = sorted({top for _, top in cells(root)})
    assert len(tops) == 2 * len(lines(PASSAGE, 40))
    assert all(before + CELL < after for before, after in pairwise(tops))  # rows stay apart


def test_each_value_is_over_its_character_in_the_row_of_its_unit():
    values = some()
    values[::3] = 0
    root = drawn(values=values)
    found, every = cells(root), cells(drawn(values=np.ones((len(PASSAGE), 2))))
    tops = sorted({top for _, top in every})
    expected = {}
    for (_, center, baseline), pair in zip(letters(root), values, strict=True):
        its_rows = [top for top in tops if top < baseline][-2:]
        for top, value in zip(its_rows, pair, strict=True):
            if shade(value):
                expected[round(center - PITCH / 2, 1), top] = shade(value)
    assert 0 < len(expected) < values.size
    assert {(round(left, 1), top): its for (left, top), its in found.items()} == expected
    for (name, place), wanted, top in zip(labels(root), 2 * NAMES, tops, strict=True):
        assert name == wanted and top < (place[1] + place[3]) / 2 < top + CELL


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("limit", [2.0, 0.5])
def test_shades_grow_with_the_value_up_to_the_limit(sign, limit):
    rising = [shade(sign * size, limit=limit) for size in np.linspace(0, limit, 50)]
    strengths = [strength for _, strength in filter(None, rising)]
    assert rising[0] is None and shade(-0.0) is None
    assert strengths == sorted(strengths) and len(set(strengths)) == SHADES
    assert {color for color, _ in filter(None, rising)} == {LIGHT["cell" if sign > 0 else "ink"]}
    assert strengths[-1] == max(strengths) <= 1
    for beyond in (1.01 * limit, 1e9):
        assert shade(sign * beyond, limit=limit) == rising[-1]


def test_a_role_colors_what_is_above_zero():
    assert shade(9, role="hidden")[0] == LIGHT["hidden"]
    assert shade(-9, role="hidden")[0] == LIGHT["ink"]


def test_the_legend_shows_all_shades_from_least_to_most():
    root = drawn(limit=1.5)
    legend = sorted(cells(root, width=26).items())
    around = [value for value in range(-SHADES, SHADES + 1) if value]
    assert [its for _, its in legend] == [
        shade(1.5 * value / SHADES, limit=1.5) for value in around
    ]
    ends = [t for t in root.iter(f"{SVG}text") if t.get("text-anchor") == "start"]
    assert [text.text for text in ends] == ["−1.5", "1.5"]
    assert extent(ends[0])[2] < legend[0][0][0] and legend[-1][0][0] + 26 < extent(ends[1])[0]


def test_every_character_is_there():
    shown = "".join(character for character, _, _ in letters(drawn()))
    assert shown == PASSAGE.replace("\n", "↵").replace(" ", "\N{NO-BREAK SPACE}")


def test_each_line_has_its_strip_and_no_word_is_broken():
    passage = "Tally:\nForty-one hams. Item, nine barrels of flour,\nof which eight\n\nHob:\n"
    root = drawn(passage)
    shown = list(letters(root))
    strips = {}
    for character, _, baseline in shown:
        strips[baseline] = strips.get(baseline, "") + character
    assert list(strips) == sorted(strips)
    assert [strip.replace("\N{NO-BREAK SPACE}", " ") for strip in strips.values()] == [
        "Tally:↵",
        "Forty-one hams. Item, nine ",
        "barrels of flour,↵",
        "of which eight↵↵",
        "Hob:↵",
    ]
    for (_, before, line), (_, after, its_line) in pairwise(shown):
        assert after == pytest.approx(before + PITCH) or (its_line > line and after < before)
    names = [name for name, _ in labels(root)]
    assert names == NAMES * len(strips)  # at each line


def test_what_has_no_space_is_broken_at_the_edge():
    assert lines("ab cdefghi\n", 4) == ["ab ", "cdef", "ghi\n"]


@given(st.text("ab \n", min_size=1), st.integers(2, 9))
def test_lines_are_the_text_and_fit(passage, columns):
    parts = lines(passage, columns)
    assert "".join(parts) == passage and all(0 < len(part) <= columns for part in parts)


@given(st.lists(st.text("Mil m1W,", min_size=1, max_size=30), min_size=1, max_size=3))
def test_whatever_the_names_nothing_runs_into_anything(names):
    root = drawn(names=names)
    picture = tuple(map(float, root.get("viewBox").split()))
    found = cells(root)
    first = min(center for _, center, _ in letters(root)) - PITCH / 2
    for _, place in labels(root):
        assert inside(place, picture) and place[2] < first
    for left, top in found:
        assert inside((left, top, left + PITCH, top + CELL), picture)
    for text in root.iter(f"{SVG}text"):
        if text.get("text-anchor") != "middle":  # names, and the legend's ends
            assert inside(extent(text), picture)
    # A character is narrower than its place, and stands between one line's cells and the next's.
    example = drawing.Drawing("d", 100, "alt")
    example.text(50, 50, "M", font=drawing.MONO)
    left, top, right, bottom = extent(next(parsed(example).iter(f"{SVG}text")))
    assert right - left < PITCH
    for baseline in {baseline for _, _, baseline in letters(root)}:
        assert all(y + CELL < baseline - (bottom - top) or y > baseline for _, y in found)


def test_it_says_what_it_shows_in_the_palette_s_colors():
    root = drawn()
    assert root[0].tag == f"{SVG}title" and root[0].text == "What the units do."
    assert strange_colors(root) == []
    assert root.get("viewBox").startswith(f"0 0 {drawing.WIDTH} ")


def test_signs_of_xml_are_only_characters():
    root = parsed(heat_map("a<b&c", np.ones((5, 1)), ["<&>"], 'x < 1 & "y"'))
    assert root[0].text == 'x < 1 & "y"' and next(labels(root))[0] == "<&>"
    assert [character for character, _, _ in letters(root)] == list("a<b&c")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.ones((2, 5))}, r"shape \(2, 5\); a text of 5 .* 2 names need \(5, 2\)"),
        ({"values": np.ones(5)}, r"shape \(5,\); a text of 5 characters"),
        ({"names": ["one"]}, r"shape \(5, 2\); .* 1 names need \(5, 1\)"),
        ({"passage": "abcd"}, r"shape \(5, 2\); a text of 4 characters"),
        ({"passage": "", "values": np.ones((0, 2))}, "nothing to draw: passage and names need"),
        ({"names": [], "values": np.ones((5, 0))}, "nothing to draw: passage and names need"),
        ({"limit": 0.0}, "limit is 0.0: it must be above zero"),
        ({"limit": np.nan}, "limit is nan: it must be above zero"),
        ({"names": ["short", 43 * "n"]}, "'n{43}' leaves no room for the text: use a shorter"),
    ],
)
def test_what_does_not_fit_together_is_refused(change, message):
    arguments = {"passage": "abcde", "values": np.ones((5, 2)), "names": ["one", "two"]}
    heat_map(**arguments, alt="alt")
    with pytest.raises(ValueError, match=message):
        heat_map(**arguments | change, alt="alt")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused(value):
    values = some()
    values[7, 1] = value
    with pytest.raises(ValueError, match=rf"values\[7, 1\] is {value}: .* must be finite"):
        drawn(values=values)


def test_the_same_bytes_every_time():
    command = (
        "import numpy as np; from unrolled.figures.heat import heat_map; "
        "print(heat_map('hello', np.linspace(-3, 3, 10).reshape(5, 2), ['one', 'two'], 'alt'))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", command],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1 and b"<svg" in outputs.pop()
