"""The diagrams say what they show, keep to the palette, and no text runs into anything."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from gates.palette import MIN_CONTRAST, TEXT, contrast
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from unrolled import diagrams
from unrolled.palette import DARK, LIGHT

DIAGRAMS = [diagrams.rnn_unrolled, diagrams.rnn_backward, diagrams.truncated_bptt]
each = pytest.mark.parametrize("draw", DIAGRAMS, ids=lambda draw: draw.__name__)

SVG = "{http://www.w3.org/2000/svg}"
PHONE = 350  # pixels
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
# What text is measured with. KaTeX's fonts are Computer Modern; no usual sans-serif is as wide as
# DejaVu.
MEASURE = {
    diagrams.SANS: "DejaVuSans.ttf",
    diagrams.MONO: "DejaVuSansMono.ttf",
    diagrams.MATH_ITALIC: "cmmi10.ttf",
    diagrams.MATH_UPRIGHT: "cmr10.ttf",
}


def parsed(svg):
    return ElementTree.fromstring(str(svg))


def runs(text):
    """The runs of one font in a `<text>`: (characters, font, size, drop)."""
    if text.text:
        yield text.text, text.get("font-family"), float(text.get("font-size")), 0.0
    drop = 0.0
    for span in text:
        drop += float(span.get("dy", 0))
        size = span.get("font-size", text.get("font-size"))
        yield span.text, span.get("font-family"), float(size), drop


def extent(text):
    """The rectangle that a `<text>` covers: left, top, right, bottom."""
    x, baseline = float(text.get("x")), float(text.get("y"))
    width, tops, bottoms = 0.0, [], []
    for characters, font, size, drop in runs(text):
        properties = FontProperties(fname=FONTS / MEASURE[font], size=size)
        measured = characters.replace("−", "+")  # as wide, and in every font
        wide, high, descent = TextToPath().get_text_width_height_descent(
            measured, properties, False
        )
        width += wide
        tops.append(baseline + drop - high + descent)
        bottoms.append(baseline + drop + descent)
    left = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
    return left, min(tops), left + width, max(bottoms)


def outlines(root):
    """The rectangles around boxes and circles, the background first."""
    for rect in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        yield x, y, x + width, y + height
    for circle in root.iter(f"{SVG}circle"):
        x, y, r = (float(circle.get(name)) for name in ("cx", "cy", "r"))
        yield x - r, y - r, x + r, y + r


def strokes(root, role=None):
    """Each line as a list of its points; corners are cut short a little."""
    for path in root.findall(f"{SVG}path"):
        if role is None or path.get("stroke") == LIGHT[role]:
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
            yield list(zip(numbers[::2], numbers[1::2], strict=True))


def dots(stroke):
    """Points along a line, a unit apart."""
    for (x0, y0), (x1, y1) in zip(stroke, stroke[1:], strict=False):
        count = math.ceil(math.dist((x0, y0), (x1, y1)))
        for i in range(count + 1):
            yield x0 + (x1 - x0) * i / count, y0 + (y1 - y0) * i / count


def inside(inner, outer):
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def apart(a, b):
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def collisions(root):
    """What text runs into: the edge of the picture or of a box, another text, a line."""
    found = []
    picture, *shapes = outlines(root)
    texts = [("".join(text.itertext()), extent(text)) for text in root.iter(f"{SVG}text")]
    for i, (words, place) in enumerate(texts):
        if not inside(place, picture):
            found.append(f"{words}: outside the picture")
        if any(not inside(place, shape) and not apart(place, shape) for shape in shapes):
            found.append(f"{words}: over the edge of a box")
        for other, its_place in texts[:i]:
            if not apart(place, its_place):
                found.append(f"{words}: over {other}")
        for stroke in strokes(root):
            if any(not apart(place, (x, y, x, y)) for x, y in dots(stroke)):
                found.append(f"{words}: over a line")
    return found


def strange_colors(root):
    """Colors outside the palette, and text in a color that is too faint for text."""
    found = []
    for element in root.iter():
        for name in ("fill", "stroke"):
            color = element.get(name, "none")
            if color != "none" and color not in LIGHT.values():
                found.append(color)
        if element.tag == f"{SVG}text" and element.get("fill") not in [
            LIGHT[role] for role in TEXT
        ]:
            found.append(f"text in {element.get('fill')}")
    return found


def ids(root):
    return [element.get("id") for element in root.iter() if element.get("id")]


@each
def test_it_scales_and_says_what_it_shows(draw):
    root = parsed(draw())
    assert root.tag == f"{SVG}svg"
    assert root[0].tag == f"{SVG}title" and len(root[0].text.split()) >= 30
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


@each
def test_colors_are_the_palette_s(draw):
    assert strange_colors(parsed(draw())) == []


@each
def test_text_runs_into_nothing(draw):
    assert collisions(parsed(draw())) == []


@each
def test_text_can_be_read_on_a_phone(draw):
    root = parsed(draw())
    scale = PHONE / float(root.get("width"))
    sizes = [size for text in root.iter(f"{SVG}text") for _, _, size, _ in runs(text)]
    assert min(sizes) * scale >= 8.7


def worst_contrast(tint):
    """The least contrast of text in a box of its own color, light or dark."""

    def mixed(colors, role):
        pair = zip(*(bytes.fromhex(colors[name][1:]) for name in (role, "paper")), strict=True)
        return "#" + bytes(round(tint * a + (1 - tint) * b) for a, b in pair).hex()

    return min(contrast(colors[r], mixed(colors, r)) for colors in (LIGHT, DARK) for r in TEXT)


def test_text_in_a_tinted_box_has_contrast():
    assert worst_contrast(diagrams.TINT) >= MIN_CONTRAST
    assert worst_contrast(0.12) < MIN_CONTRAST


@each
def test_ids_are_unique_and_resolve(draw):
    svg = draw()
    own = ids(parsed(svg))
    assert own and set(own) == set(re.findall(r"url\(#([^)]+)\)", svg))
    others = [name for other in DIAGRAMS if other is not draw for name in ids(parsed(other()))]
    assert len(set(own + others)) == len(own + others)


def test_the_same_bytes_every_time():
    calls = ", ".join(f"diagrams.{draw.__name__}()" for draw in DIAGRAMS)
    command = f"from unrolled import diagrams; print({calls})"
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
    words = [
        "".join(text.itertext()) for text in parsed(diagrams.rnn_unrolled()).iter(f"{SVG}text")
    ]
    for weight in ("Wih", "Whh", "Wout"):
        assert words.count(weight) == 5  # folded, and at each of the four steps
    tiles = [word for word in words if len(word) == 1]
    assert "".join(tiles) == "rWerne:n"  # what to predict and what is read, step by step


def test_the_gradient_only_goes_down_and_back():
    strokes_back = list(strokes(parsed(diagrams.rnn_backward()), "gradient"))
    *arrows, legend = [(stroke[0], stroke[-1]) for stroke in strokes_back]
    assert sum(x1 == x0 and y1 > y0 for (x0, y0), (x1, y1) in arrows) == 4  # from the losses
    assert sum(x1 < x0 and y1 == y0 for (x0, y0), (x1, y1) in arrows) == 4  # from the future
    assert len(arrows) == 8 and legend[1][0] < legend[0][0]


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

    assert left < right
    assert crossing("hidden") == 2  # in each row
    assert crossing("gradient") == 0


def test_a_subscript_has_a_true_minus_and_upright_digits():
    drawing = diagrams.Drawing("d", 100, "alt")
    drawing.symbol(50, 50, "h_t-1")
    spans = [(span.text, span.get("font-style")) for span in parsed(drawing).iter(f"{SVG}tspan")]
    assert spans == [("h", "italic"), ("t", "italic"), ("−1", None)]


def test_an_arrow_s_tip_is_its_last_point():
    drawing = diagrams.Drawing("d", 100, "alt")
    drawing.arrow("hidden", (10, 10), (10, 60), (90, 60))
    (stroke,) = strokes(parsed(drawing))
    assert stroke[0] == (10, 10) and stroke[-1] == (90 - diagrams.HEAD, 60)


def test_what_is_wrong_is_seen():
    def broken(*steps):
        drawing = diagrams.Drawing("d", 200, "alt")
        drawing.box(200, 100, 100, 40, "hidden")
        drawing.text(200, 100, "fits")
        for method, *arguments in steps:
            getattr(drawing, method)(*arguments)
        return parsed(drawing)

    assert collisions(broken()) == [] and strange_colors(broken()) == []
    assert collisions(broken(("text", 700, 50, "too wide"))) == ["too wide: outside the picture"]
    assert collisions(broken(("text", 250, 90, "|"))) == ["|: over the edge of a box"]
    assert collisions(broken(("text", 210, 100, "x"))) == ["x: over fits"]
    assert collisions(broken(("line", "muted", (180, 100), (220, 100)))) == ["fits: over a line"]
    assert collisions(broken(("symbol", 500, 60, "W_hh"), ("line", "muted", (480, 65), (540, 65))))
    assert strange_colors(broken(("text", 500, 100, "faint", "line"))) == [
        f"text in {LIGHT['line']}"
    ]
    odd = broken(("line", "muted", (500, 20), (600, 20)))
    odd[-1].set("stroke", "#ff00ff")
    assert strange_colors(odd) == ["#ff00ff"]
