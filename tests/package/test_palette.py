"""The palette keeps its promises, light and dark."""

import re

import pytest
from checks import expect_none, palette

from unrolled.figures.palette import DARK, LIGHT, PALETTE

THEMES = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])


def test_every_color_is_a_lower_case_hex():
    for role, pair in PALETTE.items():
        for color in pair:
            assert re.fullmatch("#[0-9a-f]{6}", color), f"{role}: {color}"


def test_no_two_roles_share_a_color():
    for colors in (LIGHT, DARK):
        assert len(set(colors.values())) == len(colors)


@THEMES
def test_text_has_contrast(colors):
    expect_none(palette.low_contrast(colors))


@THEMES
def test_roles_stay_apart_for_every_reader(colors):
    expect_none(palette.too_close(colors))


@THEMES
def test_a_faint_color_is_seen(colors):
    problems = palette.low_contrast(colors | {"hidden": colors["line"]})
    assert sum(p.startswith("hidden ") for p in problems) == 2  # on paper and on surface


@THEMES
def test_red_beside_green_is_seen(colors):
    problems = palette.too_close(colors | {"input": "#c0392b", "hidden": "#6b7a1e"})
    assert any("input" in p and "hidden" in p and "deuteranopia" in p for p in problems)
    assert not any("full color vision" in p and "input" in p and "hidden" in p for p in problems)


def test_known_values():
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.distance("#000000", "#ffffff") == pytest.approx(100, abs=0.1)
    assert palette.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
