"""The diagrams say what they show, keep to the palette, and no text runs into anything."""

import os
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from checks.diagrams import (
    DIAGRAMS,
    SVG,
    arrows,
    astray,
    collisions,
    example,
    ids,
    outlines,
    parsed,
    runs,
    strange_colors,
    strokes,
    too_small,
    words,
)
from checks.palette import MIN_CONTRAST, TEXT, contrast

from unrolled.figures import diagrams
from unrolled.figures.diagrams import drawing
from unrolled.figures.palette import DARK, LIGHT
from unrolled.numpy_models import softmax

each = pytest.mark.parametrize("draw", DIAGRAMS.values(), ids=DIAGRAMS)


@each
def test_it_scales_and_says_what_it_shows(draw):
    root = parsed(draw())
    assert root.tag == f"{SVG}svg"
    assert root[0].tag == f"{SVG}title" and len(root[0].text.split()) >= 30
    wide, high = map(float, root.get("viewBox").split()[2:])
    shown = float(root.get("width")), float(root.get("height"))
    assert shown == (drawing.SHOWN, pytest.approx(high * drawing.SHOWN / wide, abs=0.01))


@each
def test_colors_are_the_palette_s(draw):
    assert strange_colors(parsed(draw())) == []


@each
def test_text_runs_into_nothing(draw):
    assert collisions(parsed(draw())) == []


@each
def test_arrows_touch_what_they_point_at(draw):
    assert astray(parsed(draw())) == []


@each
def test_text_can_be_read_on_a_phone(draw):
    assert too_small(parsed(draw())) == []


def worst_contrast(tint):
    """The least contrast of text in a box of its own color, light or dark."""

    def mixed(colors, role):
        pair = zip(*(bytes.fromhex(colors[name][1:]) for name in (role, "paper")), strict=True)
        return "#" + bytes(round(tint * a + (1 - tint) * b) for a, b in pair).hex()

    return min(contrast(colors[r], mixed(colors, r)) for colors in (LIGHT, DARK) for r in TEXT)


def test_text_in_a_tinted_box_has_contrast():
    assert worst_contrast(drawing.TINT) >= MIN_CONTRAST
    assert worst_contrast(0.12) < MIN_CONTRAST


@each
def test_ids_resolve(draw):
    svg = draw()
    assert set(ids(parsed(svg))) == set(re.findall(r"url\(#([^)]+)\)", svg))


def test_no_two_drawings_share_an_id():
    everyone = [name for draw in DIAGRAMS.values() for name in ids(parsed(draw()))]
    assert len(everyone) > len(DIAGRAMS) and len(set(everyone)) == len(everyone)


def test_the_same_bytes_every_time():
    calls = ", ".join(f"diagrams.{call}" for call in DIAGRAMS if call != "worked_example")
    command = f"from unrolled.figures import diagrams; print({calls})"
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


def test_every_step_names_the_three_weights():
    found = words(parsed(diagrams.rnn_unrolled()))
    for weight in ("Wih", "Whh", "Wout"):
        assert found.count(weight) == 4  # folded, and at each of the three steps
    tiles = [word for word in found if len(word) == 1]
    assert "".join(tiles) == "rWerne"  # what to predict and what is read, step by step


def test_the_gradient_only_goes_down_and_back():
    # Losses, states in time, states from layer to layer; and the legend's arrows, which go back.
    assert directions(diagrams.rnn_backward(), "gradient") == {"down": 3, "left": 3 + 1}
    assert directions(diagrams.stacked("RNN", backward=True), "gradient") == {"down": 6, "left": 7}
    both = directions(diagrams.stacked("LSTM", backward=True), "gradient")
    assert both == {"down": 6, "left": 2 * 6 + 2}


def test_each_arrow_of_the_gradient_says_what_it_carries():
    found = words(parsed(diagrams.rnn_backward()))
    arrive = [f"W⊤outδz{t}" for t in (1, 2, 3)] + [f"W⊤hhδa{t}" for t in (2, 3)]
    for name in ("δh1", "δh2", "δh3", *arrive):
        assert found.count(name) == 1
    assert found.count("Whh") == 2 and found.count("Wout") == found.count("Wih") == 3  # forward
    root = parsed(diagrams.lstm_backward())
    found = words(root)
    for name in ("δi", "δf", "δg", "δo"):
        assert found.count(name) == 2  # in each cell
    assert {"δc1", "δh1", "δa1", "δc2", "δh2", "δa2", "f1", "f2", "L1", "L2"} < set(found)
    assert {"δx1", "δx2"} < set(found)
    assert found.count("Whh") == 2  # between the cells, and on the way to h_0
    dotted = [p for p in root.findall(f"{SVG}path") if p.get("stroke-dasharray")]
    # Into the blocks, out of them to W_hh and to x; from W_hh; the legend.
    assert len(dotted) == 2 * (3 + 2) + 2 + 1
    assert [word for word in found if word.split(":")[0] in ("the open road", "on-ramps")]


@pytest.mark.parametrize("draw", [diagrams.lstm_forward, diagrams.lstm_backward])
def test_the_blocks_stand_in_the_order_of_the_arrays(draw):
    def order(root, names):
        places = {}
        for text in root.iter(f"{SVG}text"):
            word = "".join(text.itertext())
            if word in names and float(text.get("y")) > 330:
                places[float(text.get("x"))] = word
        return "".join(places[x] for x in sorted(places))

    assert order(parsed(draw()), "ifgo") == "ifgoifgo"


def test_the_cells_blocks_stand_in_the_order_of_the_arrays():
    def order(svg, names):
        xs = {t.text: float(t.get("x")) for t in parsed(svg).iter(f"{SVG}text") if t.text in names}
        return sorted(xs, key=xs.get)

    gates = ["input", "forget", "candidate", "output"]
    assert order(diagrams.lstm_cell(), gates) == gates
    assert order(diagrams.gru_cell(), ["reset", "update", "candidate"]) == [
        "reset",
        "update",
        "candidate",
    ]


def directions(svg, role):
    """How many arrows of this color go which way."""
    return Counter(
        ("right" if x1 > x0 else "left") if y0 == y1 else ("down" if y1 > y0 else "up")
        for (x0, y0), (x1, y1) in arrows(parsed(svg), role)
    )


@pytest.mark.parametrize("done", range(6))
def test_step_by_step_each_step_adds_its_arrows(done):
    forward, backward = diagrams.rnn_forward(done), diagrams.rnn_gradient(done)
    none = Counter()
    assert directions(forward, "hidden") == (Counter(up=done, right=done) if done else none)
    assert directions(forward, "input") == (Counter(up=done) if done else none)
    assert directions(forward, "line") == (Counter(up=15 - 3 * done, right=5 - done) + none)
    assert directions(backward, "gradient") == (Counter(down=2 * done, left=done) if done else none)
    # The inputs' arrows stay: nobody needs their gradient.
    assert directions(backward, "line") == (Counter(up=15 - 2 * done, right=5 - done) + none)
    shown = [word for word in words(parsed(forward)) if word.startswith("L")]
    assert sorted(shown) == [f"L{t}" for t in range(1, done + 1)]


@pytest.mark.parametrize("draw", [diagrams.rnn_forward, diagrams.rnn_gradient])
@pytest.mark.parametrize("done", [-1, 6, 2.5, "all"])
def test_a_step_that_is_not_there_is_refused(draw, done):
    with pytest.raises(ValueError, match=f"done is {done!r}: .* from 0 to 5"):
        draw(done)


def wide(root, role):
    """The wide strokes of a color, as their first and last points."""
    return [
        (stroke[0], stroke[-1])
        for path, stroke in zip(root.findall(f"{SVG}path"), strokes(root), strict=True)
        if path.get("stroke-width") == str(drawing.WIDE) and path.get("stroke") == LIGHT[role]
    ]


def geometry(root, without=()):
    """Where everything stands but the text, and what is in none of these colors."""
    places = ("d", "x", "y", "width", "height", "cx", "cy", "r")
    return sorted(
        str([element.get(name) for name in places])
        for element in root
        if element.tag in (f"{SVG}path", f"{SVG}rect", f"{SVG}circle")
        and not {element.get("stroke"), element.get("fill")} & {LIGHT[role] for role in without}
    )


def test_the_lstm_cell_s_road_is_straight_and_each_block_is_there():
    root = parsed(diagrams.lstm_cell())
    road = wide(root, "cell")
    assert len({y for line in road for _, y in line}) == 1 and len(road) == 3
    assert road[0][0][0] < 84 and road[-1][1][0] > 600  # from edge to edge
    found = words(root)
    for word in ("forget", "input", "candidate", "output", "ft", "it", "gt", "ot"):
        assert found.count(word) == 1
    assert found.count("σ") == 3 and found.count("tanh") == 2
    assert {"ft ⊙ ct−1", "it ⊙ gt", "ct−1", "ht−1", "xt", "ct", "ht"} < set(found)
    assert set(SIGNS) < set(found)


SIGNS = ["a vector", "both are read", "product, entry by entry", "sum, entry by entry"]


def test_the_gru_has_one_state_and_pytorch_s_reset():
    root = parsed(diagrams.gru_cell())
    road = wide(root, "hidden")
    assert len({y for line in road for _, y in line}) == 1 and len(road) == 3
    found = words(root)
    assert {"rt ⊙ Whn h", "1 − u", "ut ⊙ ht−1", "nt", "ht−1", "xt", "ht", *SIGNS} < set(found)
    assert found.count("σ") == 2 and found.count("tanh") == 1 and "ct" not in found


def test_the_gates_are_the_lstm_cell_in_parts():
    cell = parsed(diagrams.lstm_cell())
    gates = {gate: parsed(diagrams.lstm_gate(gate)) for gate in ("forget", "input", "output")}
    shown = set()
    for gate, root in gates.items():
        assert geometry(root) == geometry(cell)
        assert set(words(root)) < set(words(cell)) and gate in words(root)
        assert all(other not in words(root) for other in gates if other != gate)
        shown |= set(words(root))
    # What is said of all blocks is said of the whole cell alone.
    assert set(words(cell)) - shown == {"each block has weights of its own"}
    colored = [geometry(root, without=["line"]) for root in (cell, *gates.values())]
    assert set(colored[0]) == set().union(*colored[1:])


def test_side_by_side_each_gate_is_there_once():
    root = parsed(diagrams.lstm_gates())
    found = words(root)
    assert [word for word in found if len(word) == 1] == ["f", "i", "g", "o"]
    assert {"keep", "write", "show", "ft ⊙ ct−1", "+ it ⊙ gt", "ot ⊙ tanh ct"} < set(found)
    assert len(wide(root, "cell")) == 2  # kept, and with what is written


def test_a_gate_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no gate 'memory': it must be one of forget, input"):
        diagrams.lstm_gate("memory")


def test_the_chain_s_road_runs_forward_and_back_through_all_cells():
    for svg, role, ahead in (
        (diagrams.lstm_forward(), "cell", True),
        (diagrams.lstm_backward(), "gradient", False),
    ):
        root = parsed(svg)
        *road, legend = wide(root, role)
        y = road[0][0][1]
        assert all(start[1] == end[1] == y for start, end in road)
        assert all((start[0] < end[0]) == ahead for start, end in [*road, legend])
        covered = [x for line in road for x, _ in line]
        assert min(covered) <= 60 and max(covered) > 590
        assert set(words(root)) >= {"c0", "h0", "x1", "x2"}


def test_nothing_stands_between_the_layers_and_cell_states_stay_in_theirs():
    svg = diagrams.stacked()
    root = parsed(svg)
    assert directions(svg, "hidden") == {"up": 6, "right": 6 + 1}
    assert directions(svg, "cell") == {"right": 6 + 1}  # and the legend
    boxes = {shape[1] for shape in outlines(root)}
    assert len(boxes) == 1 + 4  # the background; logits, two layers, inputs
    found = words(root)
    for weight in ("W(0)ih", "W(1)ih", "W(0)hh", "W(1)hh", "Wout"):
        assert found.count(weight) == 3
    for name in ("h", "c"):  # each layer has states of its own
        assert {f"{name}({layer}){t}" for layer in (0, 1) for t in range(4)} < set(found)
    assert not [word for word in words(parsed(diagrams.stacked("RNN"))) if word.startswith("c")]


def test_the_layers_stay_in_place_when_arrows_turn_around():
    for kind in ("LSTM", "RNN"):
        ways = [parsed(diagrams.stacked(kind, backward)) for backward in (False, True)]
        assert len({tuple(outlines(root)) for root in ways}) == 1


def test_a_kind_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no kind 'GRU': it must be one of RNN, LSTM"):
        diagrams.stacked("GRU")


def test_the_worked_example_shows_its_numbers():
    characters, hidden, logits, targets, d_logits, d_hidden, out = example(weight_out=True)
    probabilities = softmax(logits)
    found = Counter(words(parsed(diagrams.worked_example(*example(weight_out=True)))))
    products = out[:, 0] * d_logits[-1]
    shown = [hidden, logits, probabilities, d_logits, d_hidden]
    by_hand = [out[:, 0], d_logits[-1], products, d_hidden[-1, :1]]
    numbers = np.concatenate([np.ravel(array) for array in shown + by_hand])
    written = Counter(f"{number:.2f}".replace("-", "−") for number in numbers)
    assert {word: count for word, count in found.items() if "." in word} == written
    for name in ("h", "z", "p", "δz", "δh"):
        assert all(f"{name}{t}" in found for t in range(1, 5))
    assert products.sum() == pytest.approx(d_hidden[-1, 0])
    # No row of the states' gradient looks like a row of characters.
    assert [word for word in found.elements() if word.startswith("unit")] == [
        f"unit {n}" for n in (1, 2, 3)
    ]
    coarse = words(parsed(diagrams.worked_example(*example(), decimals=1)))
    assert all(len(word.lstrip("−")) == 3 for word in coarse if "." in word and word != "−0.0")
    assert "−0.0" not in coarse


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"characters": "Wren"}, "characters are 'Wren': it must be 5 of them"),
        ({"hidden": np.zeros((3, 3))}, r"hidden has shape \(3, 3\): it must be \(4, H\)"),
        ({"hidden": np.zeros((4, 5))}, r"hidden has shape \(4, 5\): .* H at most 4"),
        ({"logits": np.zeros((5, 4))}, r"logits has shape \(5, 4\): it must be \(4, 5\)"),
        ({"targets": [1, 2, 3]}, r"targets has shape \(3,\): it must be \(4,\)"),
        ({"targets": [1, 2, 3, 5]}, r"targets are \[1, 2, 3, 5\]: each must be from 0 to 4"),
        (
            {"d_logits": np.zeros((4, 5))},
            "d_logits is not p - y: it must be",
        ),
        ({"d_hidden": np.zeros((4, 2))}, r"d_hidden has shape \(4, 2\): it must be \(4, 3\)"),
        ({"d_hidden": np.zeros((4, 3))}, "weight_out does not lead from the last of d_logits"),
        ({"weight_out": np.zeros((3, 5))}, r"weight_out has shape \(3, 5\): it must be \(5, 3\)"),
        ({"logits": np.full((4, 5), 10.0)}, "a number has two digits before the point"),
        ({"decimals": 3}, "decimals is 3: it must be 1 or 2"),
    ],
)
def test_an_example_whose_numbers_do_not_belong_together_is_refused(change, message):
    names = "characters hidden logits targets d_logits d_hidden weight_out".split()
    arguments = dict(zip(names, example(weight_out=True), strict=True))
    diagrams.worked_example(**arguments)
    with pytest.raises(ValueError, match=message):
        diagrams.worked_example(**arguments | change)


def test_the_step_s_arrays_have_their_shapes():
    root = parsed(diagrams.rnn_step())
    boxes = [shape for shape in outlines(root) if shape[2] - shape[0] > 20][1::2]  # each twice
    sides = {72: "H", 112: "V"}
    drawn = [
        sides[b - t] + sides.get(r - x, "")
        for x, t, r, b in boxes  # a vector is 32 wide
    ]
    written = [word.translate(str.maketrans("", "", "(), ")) for word in words(root) if "(" in word]
    assert drawn == written == ["H", "HV", "V", "HH", "H", "H", "V", "VH", "H", "V"]


def test_the_staircase_s_columns_are_the_packed_data():
    rows = {}
    for text in sorted(
        parsed(diagrams.padding()).iter(f"{SVG}text"), key=lambda text: float(text.get("x"))
    ):
        if len(text.text) == 1:
            rows[float(text.get("y"))] = rows.get(float(text.get("y")), "") + text.text
    padded = ["3the111000", "6harbor111111", "2at110000", "5gates111110"]
    staircase = ["harbor", "gates", "the", "at", "443221"]
    assert [rows[y] for y in sorted(rows)] == [*padded, *staircase, "hgtaaahtrtebeosr"]


def test_one_line_crosses_from_encoder_to_decoder():
    def crossing(svg):
        return [s for s in strokes(parsed(svg)) if s[0][0] < 400 and s[-1][0] > 400]

    (between,) = crossing(diagrams.encoder_decoder())
    assert between[0][1] == between[-1][1]


def test_attention_is_four_dot_products_a_softmax_and_a_weighted_mean():
    svg = diagrams.attention()
    found = "".join(words(parsed(svg))).replace(" ", "")
    for t in "1234":
        assert found.count(f"s2⋅h{t}") == found.count(f"α{t}") == 1
    assert found.count("softmax") == found.count("weightedmean") == 1
    # Each state to its product, and all of them to the mean; the decoder's state to the head.
    assert directions(svg, "hidden")["up"] == 4 + 1 + 1
    assert directions(svg, "ink")["up"] == 2 * 4 + 1  # into the softmax, out of it, from the head


def test_what_is_likely_has_a_long_bar_and_the_target_its_color():
    root = parsed(diagrams.next_character())
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("rx") == "2"]
    lengths = [float(bar.get("width")) for bar in bars]
    assert lengths == sorted(lengths, reverse=True) and len(set(lengths)) == 5
    assert [bar.get("fill") == LIGHT["target"] for bar in bars] == [True] + 4 * [False]


def test_the_state_crosses_between_chunks_and_the_gradient_does_not():
    root = parsed(diagrams.truncated_bptt())
    chunks = [shape for shape in outlines(root) if shape[3] - shape[1] > 200][
        1:
    ]  # without background
    left, right = min(shape[2] for shape in chunks), max(shape[0] for shape in chunks)
    middle = (left + right) / 2

    def crossing(role):
        return sum(
            min(x for x, _ in s) < middle < max(x for x, _ in s) and s[0][1] < 440
            for s in strokes(root, role)
        )

    found = words(root)  # the rows' states differ: only those of row 1 have names
    assert [word for word in found if re.fullmatch(r"h\d", word)] == [f"h{t}" for t in range(9)]
    assert left < right
    assert crossing("hidden") == 2  # in each row
    assert crossing("gradient") == 0


def test_a_subscript_has_a_true_minus_and_upright_digits():
    picture = drawing.Drawing("d", 100, "alt")
    picture.symbol(50, 50, "h_t-1")
    spans = [(span.text, span.get("font-style")) for span in parsed(picture).iter(f"{SVG}tspan")]
    assert spans == [("h", "italic"), ("t", "italic"), ("−1", None)]


def test_a_subscript_of_words_is_set_as_in_equations():
    picture = drawing.Drawing("d", 100, "alt")
    picture.symbol(50, 50, "W_out")
    spans = [(span.text, span.get("font-style")) for span in parsed(picture).iter(f"{SVG}tspan")]
    assert spans == [("W", "italic"), ("out", "italic")]


def test_a_layer_s_number_stands_above_the_subscript():
    picture = drawing.Drawing("d", 100, "alt")
    picture.formula(50, 50, "W_hh^1", "x")
    (text,) = parsed(picture).iter(f"{SVG}text")
    drops = [(characters, drop) for characters, _, _, drop in runs(text)]
    assert [characters for characters, _ in drops] == ["W", "(1)", "hh", "x"]
    assert drops[1][1] < 0 < drops[2][1] and drops[0][1] == 0
    assert drops[3][1] == pytest.approx(0)
    back = float(text[2].get("dx")) / float(text[2].get("font-size"))
    assert back == pytest.approx(-1.278, abs=0.001)


def test_a_transposed_matrix_has_its_sign_above_the_subscript():
    picture = drawing.Drawing("d", 100, "alt")
    picture.symbol(50, 50, "W_out^T")
    (text,) = parsed(picture).iter(f"{SVG}text")
    drops = [(characters, drop) for characters, _, _, drop in runs(text)]
    assert [characters for characters, _ in drops] == ["W", "⊤", "out"]
    assert drops[1][1] < 0 < drops[2][1]
    assert float(text[2].get("dx")) / float(text[2].get("font-size")) == pytest.approx(
        -0.778, abs=0.001
    )


def test_a_formula_comes_back_from_its_subscripts():
    picture = drawing.Drawing("d", 100, "alt")
    picture.formula(50, 50, ("f_t", "gate"), " ⊙ ", ("c_t-1", "cell"))
    (text,) = parsed(picture).iter(f"{SVG}text")
    drops = [drop for _, _, _, drop in runs(text)]
    assert drops[0] == drops[2] == drops[3] == 0 and drops[1] == drops[4] == drops[5] > 0
    roles = [span.get("fill") for span in text]
    assert roles == [LIGHT[role] for role in ("gate", "gate", "ink", "cell", "cell", "cell")]


def test_pale_is_of_one_color_and_without_words():
    picture = drawing.Drawing("d", 100, "alt")
    picture.pale = True
    picture.box(50, 50, 40, 40, "hidden")
    picture.text(50, 50, "word")
    picture.plus(200, 50, "cell")
    picture.times(300, 50, "gate")
    picture.arrow("gradient", (400, 50), (500, 50))
    root = parsed(picture)
    used = {e.get(name) for e in root.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert used == {LIGHT["line"], LIGHT["paper"]} and words(root) == []


@pytest.mark.parametrize("wide", [False, True])
def test_an_arrow_s_tip_is_its_last_point(wide):
    picture = drawing.Drawing("d", 100, "alt")
    picture.arrow("hidden", (10, 10), (10, 60), (90, 60), wide=wide)
    (stroke,) = strokes(parsed(picture))
    length = drawing.WIDE_HEAD if wide else drawing.HEAD
    assert stroke[0] == (10, 10) and stroke[-1] == (90 - length, 60)
    ((start, tip),) = arrows(parsed(picture))
    assert start == (10, 10) and tip == pytest.approx((90, 60))


def test_what_is_wrong_is_seen():
    def broken(*steps):
        picture = drawing.Drawing("d", 200, "alt")
        picture.box(200, 100, 100, 40, "hidden")
        picture.text(200, 100, "fits")
        for method, *arguments in steps:
            getattr(picture, method)(*arguments)
        return parsed(picture)

    assert collisions(broken()) == [] and strange_colors(broken()) == []
    assert collisions(broken(("text", 700, 50, "too wide"))) == ["too wide: outside the picture"]
    assert collisions(broken(("text", 250, 90, "|"))) == ["|: over the edge of a box"]
    assert collisions(broken(("text", 210, 100, "x"))) == ["x: over fits"]
    assert collisions(broken(("line", "muted", (180, 100), (220, 100)))) == ["fits: over a line"]
    assert collisions(broken(("symbol", 500, 60, "W_hh"), ("line", "muted", (480, 65), (540, 65))))
    assert too_small(broken()) == []
    assert too_small(broken(("text", 500, 100, "tiny", "ink", 20))) == ["tiny: 9.5 pixels"]
    assert too_small(broken(("symbol", 500, 100, "h_t", "ink", 26))) == ["t: 9.2 pixels"]
    assert strange_colors(broken(("text", 500, 100, "faint", "line"))) == [
        f"text in {LIGHT['line']}"
    ]
    assert astray(broken(("arrow", "muted", (20, 100), (150, 100)))) == []
    assert astray(broken(("arrow", "muted", (20, 100), (140, 100)))) == [(140, 100)]
    assert astray(broken(("arrow", "muted", (20, 83), (160, 83)))) == [(160, 83)]  # goes too far
    ring = ("circle", 400, 100, 25, "muted")
    assert astray(broken(ring, ("arrow", "muted", (500, 20), (420, 85)))) == []
    for tip in [(425, 75), (418, 90)]:  # on the square around the circle; inside
        assert astray(broken(ring, ("arrow", "muted", (500, 20), tip))) == [
            pytest.approx(tip, abs=0.02)
        ]
    odd = broken(("line", "muted", (500, 20), (600, 20)))
    odd[-1].set("stroke", "#ff00ff")
    assert strange_colors(odd) == ["#ff00ff"]
