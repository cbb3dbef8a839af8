"""Where the parts of a drawn diagram lie: what text runs into, which arrows go astray."""

import math
import re
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from checks.palette import TEXT
from unrolled.figures import diagrams
from unrolled.figures.diagrams import drawing
from unrolled.figures.palette import LIGHT
from unrolled.numpy_models import softmax


def example(weight_out=False):
    """A network of three units with numbers of no meaning, and its gradient."""
    rng = np.random.default_rng(1)
    out, again = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    hidden, targets = np.tanh(rng.normal(size=(4, 3))), [1, 2, 3, 4]
    logits = hidden @ out.T
    d_logits = softmax(logits) - np.eye(5)[targets]
    d_hidden, future = np.zeros((4, 3)), np.zeros(3)
    for t in (3, 2, 1, 0):
        d_hidden[t] = out.T @ d_logits[t] + future
        future = again.T @ (d_hidden[t] * (1 - hidden[t] ** 2))
    by_hand = (out,) if weight_out else ()
    return "Wren:", hidden, logits, targets, d_logits, d_hidden, *by_hand


ARGUMENTS = {
    "lstm_gate": [("forget",), ("input",), ("output",)],
    "rnn_forward": [(done,) for done in range(6)],
    "rnn_gradient": [(done,) for done in range(6)],
    "stacked": [("LSTM",), ("LSTM", True), ("RNN",), ("RNN", True)],
}
DIAGRAMS = {
    f"{name}({', '.join(map(repr, arguments))})": partial(getattr(diagrams, name), *arguments)
    for name in diagrams.__all__
    if name != "worked_example"
    for arguments in ARGUMENTS.get(name, [()])
}
DIAGRAMS["worked_example"] = partial(diagrams.worked_example, *example(weight_out=True))

SVG = "{http://www.w3.org/2000/svg}"
PHONE = 341  # pixels: the column of a page on a phone
LEGIBLE = 10  # pixels: the least height of a label
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
# What text is measured with. KaTeX's fonts are Computer Modern; no usual sans-serif is as wide as
# DejaVu.
MEASURE = {
    drawing.SANS: "DejaVuSans.ttf",
    drawing.MONO: "DejaVuSansMono.ttf",
    drawing.MATH_ITALIC: "cmmi10.ttf",
    drawing.MATH_UPRIGHT: "cmr10.ttf",
}
STAND_INS = str.maketrans("−⊙⋅σαδ⊤", "++.nnn+")  # as wide, and in every font


def too_small(root):
    """Text that is not legible where the drawing is as wide as a phone's column."""
    scale = PHONE / float(root.get("viewBox").split()[2])
    return [
        f"{characters}: {size * scale:.1f} pixels"
        for text in root.iter(f"{SVG}text")
        for characters, _, size, _ in runs(text)
        if size * scale < LEGIBLE
    ]


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
    width, tops, bottoms = sum(float(span.get("dx", 0)) for span in text), [], []
    for characters, font, size, drop in runs(text):
        properties = FontProperties(fname=FONTS / MEASURE[font], size=size)
        wide, high, descent = TextToPath().get_text_width_height_descent(
            characters.translate(STAND_INS), properties, False
        )
        width += wide
        tops.append(baseline + drop - high + descent)
        bottoms.append(baseline + drop + descent)
    left = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
    return left, min(tops), left + width, max(bottoms)


def rectangles(root):
    """The boxes, as left, top, right, bottom; the background first."""
    for rect in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        yield x, y, x + width, y + height


def circles(root):
    """The circles, as x and y of the center, and radius."""
    for circle in root.iter(f"{SVG}circle"):
        yield tuple(float(circle.get(name)) for name in ("cx", "cy", "r"))


def outlines(root):
    """The rectangles around boxes and circles, the background first."""
    yield from rectangles(root)
    for x, y, r in circles(root):
        yield x - r, y - r, x + r, y + r


def strokes(root, role=None):
    """Each line as a list of its points; corners are cut short a little."""
    for path in root.findall(f"{SVG}path"):
        if role is None or path.get("stroke") == LIGHT[role]:
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
            yield list(zip(numbers[::2], numbers[1::2], strict=True))


def arrows(root, role=None):
    """Each arrow, as its first point and its tip."""
    length = {
        f"url(#{marker.get('id')})": float(marker.get("markerWidth"))
        for marker in root.iter(f"{SVG}marker")
    }
    for path, stroke in zip(root.findall(f"{SVG}path"), strokes(root), strict=True):
        if path.get("marker-end") and (role is None or path.get("stroke") == LIGHT[role]):
            (x0, y0), (x1, y1) = stroke[-2:]
            share = 1 + length[path.get("marker-end")] / math.dist((x0, y0), (x1, y1))
            yield stroke[0], (x0 + share * (x1 - x0), y0 + share * (y1 - y0))


def words(root):
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


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


def collisions(root, places=None):
    """What text runs into: the edge of the picture or of a box, another text, a line.

    Where each text is, a browser may have measured; else it is measured here, in wide fonts.
    """
    found = []
    picture, *shapes = outlines(root)
    places = places or map(extent, root.iter(f"{SVG}text"))
    texts = list(zip(words(root), places, strict=True))
    for i, (name, place) in enumerate(texts):
        if not inside(place, picture):
            found.append(f"{name}: outside the picture")
        if any(not inside(place, shape) and not apart(place, shape) for shape in shapes):
            found.append(f"{name}: over the edge of a box")
        for other, its_place in texts[:i]:
            if not apart(place, its_place):
                found.append(f"{name}: over {other}")
        for stroke in strokes(root):
            if any(not apart(place, (x, y, x, y)) for x, y in dots(stroke)):
                found.append(f"{name}: over a line")
    return found


def astray(root):
    """Tips of arrows that touch no box, circle or line, and are not beside a text or the margin."""

    def near(tip, place, distance):
        x, y = tip
        left, top, right, bottom = place
        return math.dist(tip, (min(max(x, left), right), min(max(y, top), bottom))) <= distance

    def touches(tip, shape):
        left, top, right, bottom = shape
        return near(tip, shape, 1) and not (
            left + 1 < tip[0] < right - 1 and top + 1 < tip[1] < bottom - 1
        )

    def touches_round(tip, circle):
        x, y, r = circle
        return abs(math.dist(tip, (x, y)) - r) <= 1

    picture, *boxes = rectangles(root)
    texts = [extent(text) for text in root.iter(f"{SVG}text")]
    lines = list(strokes(root))
    return [
        tip
        for role in LIGHT
        if role != "line"
        for _, tip in arrows(root, role)
        if not any(touches(tip, box) for box in boxes)
        and not any(touches_round(tip, circle) for circle in circles(root))
        and not any(near(tip, text, 16) for text in texts)
        and not any(near(tip, (*dot, *dot), 1) for line in lines for dot in dots(line))
        and inside((*tip, *tip), (33, 33, picture[2] - 33, picture[3] - 33))
    ]


def strange_colors(root):
    """Colors outside the palette, and text in a color that is too faint for text."""
    found = []
    for element in root.iter():
        for name in ("fill", "stroke"):
            color = element.get(name, "none")
            if color != "none" and color not in LIGHT.values():
                found.append(color)
        if element.tag in (f"{SVG}text", f"{SVG}tspan"):
            color = element.get("fill", LIGHT["ink"])
            if color not in [LIGHT[role] for role in TEXT]:
                found.append(f"text in {color}")
    return found


def ids(root):
    return [element.get("id") for element in root.iter() if element.get("id")]
