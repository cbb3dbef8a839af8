"""The gate explorer of chapter 2: what it shows is what NumPy computes."""

import json
import subprocess
from functools import cache

import numpy as np
import pytest
from checks import ROOT
from checks import browser as checks
from numpy.testing import assert_allclose
from unrolled_book.node import find_node

from unrolled.numpy_models import LSTM

CHAPTER = "notebooks/02_lstm_from_scratch.html#turn-the-gates-yourself"
MODULE = ROOT / "book" / "_static" / "demos" / "gate-explorer.mjs"
GATES = "ifgo"
POSITIONS = [
    {},
    {"x": -1.5, "h": 0.4, "c": -2.2},
    {"i": -3, "f": 4.5, "g": 2, "o": 1.5, "c": 4},
    {"x": 2, "h": -1, "c": -5, "i": 6, "f": -6, "g": -2.5, "o": -0.7},
]
BEFORE = {"x": 1, "h": 0, "c": 0.8, "i": 0, "f": 1, "g": 0, "o": 0}  # as the explorer starts


@cache
def weights():
    """The weights of the module: (4,) for x and (4,) for h, in the order i, f, g, o."""
    script = f'import {{ WEIGHTS }} from "{MODULE.as_uri()}"; console.log(JSON.stringify(WEIGHTS))'
    found = json.loads(
        subprocess.check_output([find_node(), "--input-type=module", "--eval", script], text=True)
    )
    assert "".join(found) == GATES
    return np.array([[gate["x"], gate["h"]] for gate in found.values()]).T


def by_numpy(at):
    """Gates, cell and hidden state of one step, from NumPy and from the book's engine."""
    for_x, for_h = weights()
    bias = np.array([at[gate] for gate in GATES], float)
    a = for_x * at["x"] + for_h * at["h"] + bias
    found = dict(zip(GATES, 1 / (1 + np.exp(-a)), strict=True)) | {"g": np.tanh(a[2])}
    model = LSTM(vocab_size=1, hidden_size=1)
    model.params = {
        "weight_ih_l0": for_x[:, None] * at["x"],  # the input: 1, as a one-hot vector
        "weight_hh_l0": for_h[:, None],
        "bias_l0": bias,
        "weight_out": np.zeros((1, 1)),
        "bias_out": np.zeros(1),
    }
    state = np.full((1, 1, 1), at["h"], float), np.full((1, 1, 1), at["c"], float)
    _, (h, c) = model.forward(np.zeros((1, 1), int), state)
    return found | {"c": c.item(), "h": h.item()}


@pytest.fixture(scope="module", params=checks.SIZES)
def opened(request, browser, book, serve):
    """The chapter, open at the explorer, and what its console complains of."""
    with checks.new_context(browser, "light", request.param) as context:
        page, complaints = context.new_page(), []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.goto(f"{serve(book)}/{CHAPTER}")
        page.locator("section[data-demo='gate-explorer']").scroll_into_view_if_needed()
        page.wait_for_selector("#explorer-x")
        yield page
        assert complaints == []


@pytest.fixture
def explorer(opened):
    """The page, with the explorer as it starts."""
    opened.get_by_role("button", name="Start again").click()
    return opened


def shown(page):
    """The numbers on the page: {name: value}."""
    texts = page.eval_on_selector_all(
        ".explorer-equations [data-value]", "es => es.map(e => [e.dataset.value, e.textContent])"
    )
    return {name: float(text.replace("−", "-")) for name, text in texts}


def move(page, at):
    """Put sliders somewhere, as a hand would."""
    for name, value in at.items():
        page.fill(f"#explorer-{name}", str(value))


@pytest.mark.parametrize("at", POSITIONS, ids=str)
def test_what_is_shown_is_what_numpy_computes(explorer, at):
    move(explorer, at)
    expected = by_numpy(BEFORE | at)
    found = shown(explorer)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert_allclose(value, expected[name], atol=0.00051, err_msg=name)


def test_the_bars_are_as_long_as_the_numbers(explorer):
    move(explorer, {"c": 2, "f": 0.3})
    expected = by_numpy(BEFORE | {"c": 2, "f": 0.3})
    widths = explorer.eval_on_selector_all(
        "section[data-demo='gate-explorer'] rect:not([stroke])",
        "rects => rects.map(r => Number(r.getAttribute('width')))",
    )
    before, kept, f, written, i, now, h, o = widths
    unit = before / 2
    found = {"f": f / 88, "i": i / 88, "o": o / 88, "c": now / unit, "h": h / unit}
    for name, value in found.items():
        assert_allclose(value, expected[name], atol=1e-9, err_msg=name)
    assert_allclose((kept + written) / unit, expected["c"], atol=1e-9)


def test_the_next_step_starts_from_this_one(explorer):
    at = dict(BEFORE)
    for _ in range(3):
        after = by_numpy(at)
        at |= {name: after[name] for name in "hc"}
        explorer.get_by_role("button", name="Next step").click()
    for name, value in shown(explorer).items():
        assert_allclose(value, by_numpy(at)[name], atol=0.00051, err_msg=name)


def test_gates_hold_and_empty_the_cell(explorer):
    explorer.get_by_role("button", name="Keep").click()
    for _ in range(10):
        explorer.get_by_role("button", name="Next step").click()
    assert shown(explorer)["c"] > 0.6
    explorer.get_by_role("button", name="Forget").click()
    assert abs(shown(explorer)["c"]) < 0.05


def test_a_keyboard_is_enough(explorer):
    slider = explorer.get_by_label("bias, forget gate")
    slider.focus()
    slider.press("ArrowRight")
    assert slider.input_value() == "1.1"
    assert slider.get_attribute("aria-valuetext") == "1.10"
    assert_allclose(shown(explorer)["f"], by_numpy(BEFORE | {"f": 1.1})["f"], atol=0.00051)
    said = explorer.locator(".explorer-said").inner_text()
    assert f"keeps {round(100 * by_numpy(BEFORE | {'f': 1.1})['f'])} %" in said
    assert said == explorer.locator("[data-demo='gate-explorer'] svg").get_attribute("aria-label")


def test_nothing_below_moves_when_it_starts(explorer):
    box, reserved = explorer.evaluate(
        """() => {
            const section = document.querySelector("[data-demo='gate-explorer']")
            const style = getComputedStyle(section)
            return [section.getBoundingClientRect().height, parseFloat(style.minHeight)]
        }"""
    )
    assert box == reserved
