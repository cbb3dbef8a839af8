"""The drawn diagrams, as SVG: each function draws one and returns it.

Every drawing is 720 units wide, and its labels are 20 units high: over 9 pixels on a phone that is
350 pixels wide.
"""

import math
import re
from xml.etree import ElementTree

from unrolled.palette import LIGHT

WIDTH = 720
LABEL = 20  # sizes of type, in units
SYMBOL = 28
SUBSCRIPT = 0.75  # of the symbol's size
HEAD = 12  # length of an arrowhead
CORNER = 8  # radius of the corners of boxes and lines
STROKE = 2.5
TINT = 0.03  # opacity of a box: any stronger, and blue text on blue falls below a contrast of 4.5

SANS = "Helvetica, Arial, sans-serif"
MONO = "Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# The page's own math fonts, where KaTeX is loaded: one for letters, one for digits and signs.
MATH_ITALIC = "KaTeX_Math, 'Latin Modern Math', 'Times New Roman', serif"
MATH_UPRIGHT = "KaTeX_Main, 'Latin Modern Math', 'Times New Roman', serif"


class Drawing:
    """An SVG picture under construction; ``str`` gives it as text.

    A color is given by its role in the palette, the place of a box, circle or text by its center.

    Parameters
    ----------
    name : str
        Begins every id in the drawing.
    height : int
        In units; the width is always `WIDTH`.
    alt : str
        What the picture shows, for someone who can't see it.
    """

    def __init__(self, name, height, alt):
        self.name = name
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {WIDTH} {height}",
                "width": str(WIDTH),
                "height": str(height),
            },
        )
        ElementTree.SubElement(self.root, "title").text = alt
        self.defs = ElementTree.SubElement(self.root, "defs")
        self._add("rect", x=0, y=0, width=WIDTH, height=height, fill=LIGHT["paper"])

    def __str__(self):
        """Return the SVG."""
        return ElementTree.tostring(self.root, encoding="unicode")

    def box(self, x, y, width, height, role):
        """Draw a rounded box, lightly tinted."""
        left, top = x - width / 2, y - height / 2
        self._tinted("rect", role, x=left, y=top, width=width, height=height, rx=CORNER)

    def circle(self, x, y, radius, role):
        """Draw a circle, lightly tinted."""
        self._tinted("circle", role, cx=x, cy=y, r=radius)

    def line(self, role, *points, dotted=False):
        """Draw a line through the points, round where it turns."""
        path = [f"M{_point(points[0])}"]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            path.append(f"L{_point(_toward(corner, before, CORNER))}")
            path.append(f"Q{_point(corner)} {_point(_toward(corner, after, CORNER))}")
        path.append(f"L{_point(points[-1])}")
        dots = {"stroke_dasharray": "0 6", "stroke_linecap": "round"} if dotted else {}
        return self._add(
            "path", d=" ".join(path), fill="none", stroke=LIGHT[role], stroke_width=STROKE, **dots
        )

    def arrow(self, role, *points):
        """Draw a line through the points, with an arrowhead whose tip is the last one."""
        neck = _toward(points[-1], points[-2], HEAD)  # the line ends where the head begins
        self.line(role, *points[:-1], neck).set("marker-end", f"url(#{self._arrowhead(role)})")

    def text(self, x, y, words, role="ink", size=LABEL, anchor="middle", font=SANS):
        """Write a label; `anchor` says which of its ends is at x."""
        self._text(x, y, role, size, anchor, font_family=font).text = words

    def symbol(self, x, y, name, role="ink", size=SYMBOL, anchor="middle"):
        """Write a mathematical symbol: ``h_t-1`` is an h with the subscript t minus 1."""
        letter, _, subscript = name.partition("_")
        text = self._text(x, y, role, size, anchor)
        self._math(text, letter)
        drop = {"dy": _number(0.2 * size), "font-size": _number(SUBSCRIPT * size)}
        # A word, like "out", stands upright; a variable, or a pair like "ih", is in italics.
        for run in re.findall(r"[a-zA-Z]+|[^a-zA-Z]+", subscript):
            self._math(text, run, **drop)
            drop.pop("dy", None)

    def _math(self, text, run, **attributes):
        italic = run.isalpha() and len(run) < 3
        attributes["font-family"] = MATH_ITALIC if italic else MATH_UPRIGHT
        if italic:
            attributes["font-style"] = "italic"
        ElementTree.SubElement(text, "tspan", attributes).text = run.replace("-", "−")

    def _text(self, x, y, role, size, anchor, **attributes):
        baseline = y + 0.35 * size  # half the height of a capital below the center
        return self._add(
            "text",
            x=x,
            y=baseline,
            font_size=size,
            text_anchor=anchor,
            fill=LIGHT[role],
            **attributes,
        )

    def _tinted(self, tag, role, **shape):
        self._add(tag, fill=LIGHT["paper"], **shape)  # hides what lies behind
        self._add(
            tag, fill=LIGHT[role], fill_opacity=TINT, stroke=LIGHT[role], stroke_width=2, **shape
        )

    def _arrowhead(self, role):
        """Define the arrowhead of this color once, and return its id."""
        name = f"{self.name}-head-{role}"
        if all(marker.get("id") != name for marker in self.defs):
            marker = self._add(
                "marker",
                self.defs,
                id=name,
                viewBox="0 0 12 12",
                refX=0,
                refY=6,
                markerWidth=HEAD,
                markerHeight=HEAD,
                markerUnits="userSpaceOnUse",
                orient="auto",
            )
            self._add("path", marker, d="M0 0.5 L12 6 L0 11.5 Z", fill=LIGHT[role])
        return name

    def _add(self, tag, parent=None, **attributes):
        named = {name.replace("_", "-"): _number(value) for name, value in attributes.items()}
        return ElementTree.SubElement(self.root if parent is None else parent, tag, named)


def _number(value):
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def _point(point):
    return " ".join(_number(coordinate) for coordinate in point)


def _toward(start, goal, distance):
    """Return the point at that distance from the start on the way to the goal."""
    share = distance / math.dist(start, goal)
    return tuple(a + share * (b - a) for a, b in zip(start, goal, strict=True))


def rnn_unrolled():
    """Draw a recurrent network folded, with its loop, and unrolled over four characters.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "rnn-unrolled",
        484,
        "Left, the network folded: the input x t feeds the hidden state h t through the matrix "
        "W ih, the hidden state feeds itself through W hh in a loop, and the logits z t through "
        "W out. Right, the same network unrolled over four steps. The characters W, r, e, n "
        "enter as x 1 to x 4. Each hidden state, h 1 to h 4, comes from the input below it and "
        "the hidden state on its left, the first from h 0. Each step's logits are to predict "
        "the next character: r, e, n and a colon. The three matrices are the same at every "
        "step.",
    )
    target, logits, hidden, inputs, character = 74, 144, 262, 380, 450  # the rows' y
    folded, steps = 104, (322, 432, 542, 652)  # the columns' x
    half = 26  # of a box
    weight = {"size": 24, "anchor": "start"}

    def column(x, t):
        for y, name, role in [
            (logits, "z", "ink"),
            (hidden, "h", "hidden"),
            (inputs, "x", "input"),
        ]:
            drawing.box(x, y, 2 * half, 2 * half, role)
            drawing.symbol(x, y, f"{name}_{t}", role)
        drawing.arrow("input", (x, inputs - half), (x, hidden + half))
        drawing.arrow("hidden", (x, hidden - half), (x, logits + half))
        drawing.symbol(x + 9, (inputs + hidden) / 2, "W_ih", **weight)
        drawing.symbol(x + 9, (hidden + logits) / 2, "W_out", **weight)

    rows = [(target, "target"), (logits, "logits"), (inputs, "input"), (character, "character")]
    for y, name in [*rows, (hidden - 12, "hidden"), (hidden + 12, "state")]:
        drawing.text(8, y, name, "muted", anchor="start")

    drawing.text(folded, 26, "folded", "muted")
    column(folded, "t")
    edge, reach = folded + half, folded + half + 24
    loop = [(edge, hidden - 13), (reach, hidden - 13), (reach, hidden + 13), (edge, hidden + 13)]
    drawing.arrow("hidden", *loop)
    drawing.symbol(reach + 6, hidden, "W_hh", **weight)

    drawing.text(
        (steps[0] + steps[-1]) / 2, 26, "unrolled: the same weights at every step", "muted"
    )
    drawing.symbol(steps[0] - 93, hidden, "h_0", "hidden")
    before = steps[0] - 76  # where the arrow from the hidden state before begins
    for t, (x, reads, follows) in enumerate(zip(steps, "Wren", "ren:", strict=True), 1):
        column(x, t)
        drawing.arrow("hidden", (before, hidden), (x - half, hidden))
        drawing.symbol((before + x - half) / 2, hidden - 20, "W_hh", size=24)
        before = x + half
        for y, letter, role in [(target, follows, "target"), (character, reads, "input")]:
            drawing.box(x, y, 36, 36, role)
            drawing.text(x, y, letter, role, size=24, font=MONO)
        drawing.line("muted", (x, target + 22), (x, logits - half), dotted=True)
        drawing.arrow("input", (x, character - 18), (x, inputs + half))
    return str(drawing)


def rnn_backward():
    """Draw the gradient's way through an unrolled network: down from each loss, back in time.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "rnn-backward",
        478,
        "The network unrolled over four steps, with a loss L 1 to L 4 above the hidden states h "
        "1 to h 4. Forward arrows run from each input up to its hidden state, from each hidden "
        "state right to the next, and up to its loss. Gradient arrows run against them: down "
        "from each loss into its hidden state, and left from h 4 to h 3, to h 2, to h 1. At "
        "every hidden state two gradients meet at a plus sign and are added: one from its own "
        "loss, one from the future. From beyond the last step comes zero.",
    )
    loss, hidden, inputs = 40, 202, 348  # the rows' y
    steps, pitch = (130, 284, 438, 592), 154  # the columns' x
    half, half_wide, half_high = 27, 40, 48  # of a box, and of a hidden state's
    ahead, back = hidden + 23, hidden - 23  # the state passes below the middle, the gradient above
    up, down = -17, 17  # and beside a column's middle
    plus = 13  # radius

    drawing.symbol(24, ahead, "h_0", "hidden")
    for t, x in enumerate(steps, 1):
        drawing.box(x, loss, 2 * half, 2 * half, "target")
        drawing.symbol(x, loss, f"L_{t}", "target")
        drawing.box(x, hidden, 2 * half_wide, 2 * half_high, "hidden")
        drawing.symbol(x, ahead, f"h_{t}", "hidden")
        drawing.box(x, inputs, 2 * half, 2 * half, "input")
        drawing.symbol(x, inputs, f"x_{t}", "input")
        drawing.arrow("muted", (x, inputs - half), (x, hidden + half_high))
        drawing.arrow("muted", (x + up, hidden - half_high), (x + up, loss + half))
        before = x - pitch + half_wide if t > 1 else 42
        drawing.arrow("muted", (before, ahead), (x - half_wide, ahead))

    for x in steps:
        meet = x + down
        drawing.circle(meet, back, plus, "gradient")
        drawing.text(meet, back, "+", "gradient", size=24, font=MATH_UPRIGHT)
        drawing.arrow("gradient", (meet, loss + half), (meet, back - plus))
        drawing.text(meet + 8, 98, "own loss", "gradient", anchor="start")
        after = meet + pitch - plus if x < steps[-1] else 694
        drawing.arrow("gradient", (after, back), (meet + plus, back))
        drawing.text(x + pitch / 2, back - 16, "future", "gradient")
    drawing.text(707, back, "0", "gradient", size=24, font=MATH_UPRIGHT)

    drawing.arrow("muted", (20, 418), (60, 418))
    drawing.text(72, 418, "forward: each step hands its state to the next", "muted", anchor="start")
    drawing.arrow("gradient", (60, 450), (20, 450))
    drawing.text(
        72, 450, "backward: at each state two gradients meet and add up", "gradient", anchor="start"
    )
    return str(drawing)


def truncated_bptt():
    """Draw truncated back-propagation: the state crosses between chunks, the gradient stops.

    Returns
    -------
    str
        The SVG.
    """
    text = "Forty-one hams. "
    drawing = Drawing(
        "truncated-bptt",
        524,
        "A text of sixteen characters is cut into two rows of eight, and the rows into two "
        "chunks of four steps. Each row runs on from chunk 1 to chunk 2. In both rows the "
        "hidden state passes from step to step, h 0 to h 8, and crosses the border between the "
        "chunks. The gradient runs back from the last step of each chunk to its first, and "
        "stops at a bar on the chunk's left border.",
    )
    _text_in_rows(drawing, text)
    pitch, half_wide, half_high = 64, 20, 31  # of the steps, and of a hidden state's box
    margin = 48  # from a chunk's border to the middle of its first step
    starts = (126, 454)  # x of each chunk's first step
    rows = (193, 339)  # y of each row's hidden states
    for chunk, start in enumerate(starts, 1):
        middle = start + 1.5 * pitch
        drawing.text(middle, 120, f"chunk {chunk}", "muted")
        drawing.box(middle, 288, 3 * pitch + 2 * margin, 296, "line")
    for row, y in enumerate(rows):
        ahead, back, tiles = y + 12, y - 14, y + 57
        drawing.text(8, tiles, f"row {row + 1}", "muted", anchor="start")
        drawing.symbol(30, ahead, "h_0", "hidden")
        before = 48
        for t in range(8):
            chunk, step = divmod(t, 4)
            x = starts[chunk] + step * pitch
            drawing.arrow("hidden", (before, ahead), (x - half_wide, ahead))
            before = x + half_wide
            drawing.box(x, y, 2 * half_wide, 2 * half_high, "hidden")
            drawing.symbol(x, ahead, f"h_{t + 1}", "hidden", size=24)
            drawing.box(x, tiles, 36, 36, "input")
            drawing.text(x, tiles, _visible(text[8 * row + t]), "input", size=24, font=MONO)
            begin = x if step == 3 else x + half_wide
            stop = x - margin if step == 0 else x - pitch + half_wide
            drawing.arrow("gradient", (begin, back), (stop, back))
            if step == 0:
                drawing.line("gradient", (stop, back - 16), (stop, back + 16))
        drawing.arrow("hidden", (before, ahead), (716, ahead))
    drawing.arrow("hidden", (20, 470), (60, 470))
    drawing.text(72, 470, "the state is carried into the next chunk", "hidden", anchor="start")
    drawing.arrow("gradient", (60, 502), (22, 502))
    drawing.line("gradient", (20, 492), (20, 512))
    drawing.text(72, 502, "the gradient stops where its chunk begins", "gradient", anchor="start")
    return str(drawing)


def _text_in_rows(drawing, text):
    """Write the text along the top, with a bracket under each half that names its row."""
    start, pitch = 191, 26
    drawing.text(8, 24, "text", "muted", anchor="start")
    for place, character in enumerate(text):
        drawing.text(start + place * pitch, 24, _visible(character), "input", size=24, font=MONO)
    for row in (0, 1):
        left = start + (8 * row - 0.4) * pitch
        right = left + 7.8 * pitch
        drawing.line("muted", (left, 41), (left, 51), (right, 51), (right, 41))
        drawing.text((left + right) / 2, 68, f"row {row + 1}", "muted")


def _visible(character):
    return "␣" if character == " " else character
