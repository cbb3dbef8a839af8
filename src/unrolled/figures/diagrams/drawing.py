"""The pen and paper of every diagram: sizes, fonts, and the class that writes SVG."""

import math
import re
from xml.etree import ElementTree

from unrolled.figures.palette import LIGHT

WIDTH = 720
SHOWN = 600  # the width in pixels, where a page has room for it
LABEL = 22  # sizes of type, in units: on a phone, 341 pixels wide, this is over 10 pixels
SYMBOL = 30
SUBSCRIPT = 0.75  # of the symbol's size
HEAD = 12  # length of an arrowhead
CORNER = 8  # radius of the corners of boxes and lines
STROKE = 2.5
WIDE = 6  # stroke of a wide line, and length of its arrowhead
WIDE_HEAD = 20
OPERATOR = 13  # radius of a sum or a product
TINT = 0.03  # opacity of a box: any stronger, and blue text on blue falls below a contrast of 4.5

# The page's own faces.
SANS = "'Unrolled Sans', Helvetica, Arial, sans-serif"
MONO = "'Unrolled Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# The page's own math fonts, where KaTeX is loaded: one for letters, one for digits and signs.
MATH_ITALIC = "KaTeX_Math, 'Latin Modern Math', 'Times New Roman', serif"
MATH_UPRIGHT = "KaTeX_Main, 'Latin Modern Math', 'Times New Roman', serif"


class Drawing:
    """An SVG picture under construction; ``str`` gives it as text.

    A color is given by its role in the palette, the place of a box, circle or text by its center.
    While `pale` is true, everything is drawn in the color of fine lines, and without its words.

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
        self.pale = False
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {WIDTH} {height}",
                "width": str(SHOWN),
                "height": _number(SHOWN / WIDTH * height),
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

    def bar(self, x, y, length, role):
        """Draw a solid bar to the right of x."""
        self._add("rect", x=x, y=y - 11, width=length, height=22, rx=2, fill=self._color(role))

    def circle(self, x, y, radius, role):
        """Draw a circle, lightly tinted."""
        self._tinted("circle", role, cx=x, cy=y, r=radius)

    def plus(self, x, y, role):
        """Draw a sum: a plus sign in a circle."""
        self.circle(x, y, OPERATOR, role)
        arm = 0.6 * OPERATOR
        self.line(role, (x - arm, y), (x + arm, y))
        self.line(role, (x, y - arm), (x, y + arm))

    def times(self, x, y, role):
        """Draw a product of entries: a dot in a circle."""
        self.circle(x, y, OPERATOR, role)
        self.dot(x, y, role)

    def dot(self, x, y, role):
        """Draw a dot, where lines meet or part."""
        self._add("circle", cx=x, cy=y, r=4, fill=self._color(role))

    def line(self, role, *points, dotted=False, wide=False):
        """Draw a line through the points, round where it turns."""
        path = [f"M{_point(points[0])}"]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            path.append(f"L{_point(toward(corner, before, CORNER))}")
            path.append(f"Q{_point(corner)} {_point(toward(corner, after, CORNER))}")
        path.append(f"L{_point(points[-1])}")
        dots = {"stroke_dasharray": "0 6", "stroke_linecap": "round"} if dotted else {}
        return self._add(
            "path",
            d=" ".join(path),
            fill="none",
            stroke=self._color(role),
            stroke_width=WIDE if wide else STROKE,
            **dots,
        )

    def arrow(self, role, *points, **look):
        """Draw a line through the points, with an arrowhead whose tip is the last one."""
        length = WIDE_HEAD if look.get("wide") else HEAD
        neck = toward(points[-1], points[-2], length)  # the line ends where the head begins
        head = self._arrowhead("line" if self.pale else role, length)
        self.line(role, *points[:-1], neck, **look).set("marker-end", f"url(#{head})")

    def bridge(self, x, y):
        """Interrupt the upright line at x, for a level one that is drawn over it at y."""
        ends = f"M{_point((x, y - 8))} L{_point((x, y + 8))}"
        self._add("path", d=ends, stroke=LIGHT["paper"], stroke_width=WIDE)

    def legend(self, y, role, words, back=False, **look):
        """Draw an arrow at the left edge, and beside it what such an arrow is."""
        ends = [(16, y), (64, y)]
        self.arrow(role, *(reversed(ends) if back else ends), **look)
        self.text(78, y, words, role, anchor="start")

    def text(self, x, y, words, role="ink", size=LABEL, anchor="middle", font=SANS):
        """Write a label; `anchor` says which of its ends is at x."""
        self._text(x, y, role, size, anchor, font_family=font).text = words

    def letters(self, centers, y, characters):
        """Write one character at each x, all of one width."""
        xs = " ".join(map(_number, centers))
        solid = characters.replace(" ", "\N{NO-BREAK SPACE}")  # else SVG joins and drops spaces
        self._text(xs, y, "ink", LABEL, "middle", font_family=MONO).text = solid

    def cells(self, role, strength, corners, width, height):
        """Fill rectangles with one shade; each is given by its upper left corner."""
        if strength > 0:
            edge = f"h{_number(width)}v{_number(height)}h{_number(-width)}z"
            path = "".join(f"M{_point(corner)}{edge}" for corner in corners)
            self._add(
                "path",
                d=path,
                fill=self._color(role),
                fill_opacity=strength,
                shape_rendering="crispEdges",  # else hairlines show between neighbors
            )

    def symbol(self, x, y, name, role="ink", size=SYMBOL, anchor="middle"):
        """Write a symbol: ``h_t-1`` has the subscript t minus 1, ``W_hh^0`` a layer's number.

        ``W_hh^T`` is transposed.
        """
        self._symbol(self._text(x, y, role, size, anchor), name, size)

    def formula(self, x, y, *terms, size=SYMBOL, anchor="middle"):
        """Write symbols in a row: each term is a symbol and its role, or a sign, which is ink."""
        text = self._text(x, y, "ink", size, anchor)
        drop = 0
        for term in terms:
            name, role = (term, "ink") if isinstance(term, str) else term
            rise = {"dy": _number(-drop)} if drop else {}  # back from the subscript before
            drop = self._symbol(text, name, size, fill=LIGHT[role], **rise)

    def _symbol(self, text, name, size, **attributes):
        """Write one symbol, and return how far below the baseline it ends."""
        name, _, layer = name.partition("^")
        letter, _, subscript = name.partition("_")
        upright = not letter.isalpha() or len(letter) > 2  # a sign or a name, like tanh
        self._math(text, letter, upright, **attributes)
        attributes.pop("dy", None)
        small = {"font-size": _number(SUBSCRIPT * size), **attributes}
        drop, move = 0.2 * size if subscript else 0, {}
        if layer:  # the subscript begins below it; brackets reach lower, and are raised more
            above, wide = ("⊤", 0.778) if layer == "T" else (f"({layer})", 1.278)  # in em
            raised, drop = (0.4 * size, 0.28 * size) if layer == "T" else (0.5 * size, 0.3 * size)
            self._math(text, above, True, dy=_number(-raised), **small)
            move = {"dy": _number(drop + raised), "dx": _number(-wide * SUBSCRIPT * size)}
        elif subscript:
            move = {"dy": _number(drop)}
        for run in re.findall(r"[a-zA-Z]+|[^a-zA-Z]+", subscript):
            self._math(text, run, not run.isalpha(), **move, **small)
            move = {}
        return drop

    def _math(self, text, run, upright, **attributes):
        attributes["font-family"] = MATH_UPRIGHT if upright else MATH_ITALIC
        if not upright:
            attributes["font-style"] = "italic"
        ElementTree.SubElement(text, "tspan", attributes).text = run.replace("-", "−")

    def _text(self, x, y, role, size, anchor, **attributes):
        baseline = y + 0.35 * size  # half the height of a capital below the center
        nowhere = ElementTree.Element("g")
        return self._add(
            "text",
            nowhere if self.pale else self.root,
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
            tag,
            fill=self._color(role),
            fill_opacity=TINT,
            stroke=self._color(role),
            stroke_width=2,
            **shape,
        )

    def _color(self, role):
        return LIGHT["line" if self.pale else role]

    def _arrowhead(self, role, length):
        """Define the arrowhead of this color and length once, and return its id."""
        name = f"{self.name}-head-{role}" + ("" if length == HEAD else "-wide")
        if all(marker.get("id") != name for marker in self.defs):
            marker = self._add(
                "marker",
                self.defs,
                id=name,
                viewBox="0 0 12 12",
                refX=0,
                refY=6,
                markerWidth=length,
                markerHeight=length,
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


def toward(start, goal, distance):
    """Return the point at that distance from the start on the way to the goal."""
    share = distance / math.dist(start, goal)
    return tuple(a + share * (b - a) for a, b in zip(start, goal, strict=True))
