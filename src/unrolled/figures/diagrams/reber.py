"""The Reber grammar, and how the embedded one is made of it."""

import math

from unrolled.figures.diagrams.drawing import MONO, Drawing, toward

RADIUS = 24  # of a state


def reber():
    """Draw the Reber grammar as states and arrows, and the embedded grammar made of it.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "reber",
        588,
        "Top, the Reber grammar as seven numbered states and an end. Each arrow writes a symbol. "
        "B leads from 0 to 1. From 1, T leads up to 2 and P down to 3. State 2 writes S and "
        "stays, or X and goes to 4; 3 writes T and stays, or V and goes to 5. From 4, X leads "
        "back to 3 and S on to 6; from 5, P leads to 4 and V to 6. E leads from 6 to the end. "
        "Bottom, the embedded grammar. B, then T or P, then a Reber string, then the same T or P "
        "again, then E. A dotted line joins the two symbols that agree.",
    )
    drawing.text(12, 22, "the Reber grammar", "muted", anchor="start")
    places = [(48, 178), (164, 178), (292, 92), (292, 264), (460, 92), (460, 264), (572, 178)]
    for n, place in enumerate(places):
        _state(drawing, place, str(n))
    end = (684, 178)
    _state(drawing, end, "end")
    upper = [(0, 1, "B"), (1, 2, "T"), (2, 4, "X"), (4, 3, "X"), (5, 4, "P"), (4, 6, "S")]
    lower = [(1, 3, "P"), (3, 5, "V"), (5, 6, "V")]
    for edges, side in [(upper, 1), (lower, -1)]:
        for a, b, symbol in edges:
            _edge(drawing, places[a], places[b], symbol, side)
    _edge(drawing, places[6], end, "E")
    for n, symbol, out in [(2, "S", -1), (3, "T", 1)]:
        (x, y), high = places[n], places[n][1] + out * (RADIUS + 30)
        side = math.sqrt(RADIUS**2 - 14**2)
        loop = [(x - 14, y + out * side), (x - 14, high), (x + 14, high), (x + 14, y + out * side)]
        drawing.arrow("ink", *loop)
        drawing.text(x + 34, high - 4 * out, symbol, "input", size=24, font=MONO)

    drawing.text(12, 348, "the embedded Reber grammar", "muted", anchor="start")
    start, fork, close, end = (48, 474), (164, 474), (572, 474), (684, 474)
    for place, name in [(start, ""), (fork, ""), (close, ""), (end, "end")]:
        _state(drawing, place, name)
    _edge(drawing, start, fork, "B")
    _edge(drawing, close, end, "E")
    half_wide, half_high = 100, 26
    for y, symbol, out in [(416, "T", -1), (532, "P", 1)]:
        left, right = (368 - half_wide, y), (368 + half_wide, y)
        drawing.box(368, y, 2 * half_wide, 2 * half_high, "ink")
        drawing.text(368, y, "a Reber string")
        drawing.arrow("ink", toward(fork, left, RADIUS), left)
        drawing.arrow("ink", right, toward(close, right, RADIUS))
        labels = 214, 522
        for x, role in zip(labels, ("input", "target"), strict=True):
            drawing.text(x, y + 4 * out, symbol, role, size=24, font=MONO)
        beyond = y + out * 42
        bend = [(x, y + out * 20) for x in labels]
        drawing.line(
            "target", bend[0], (labels[0], beyond), (labels[1], beyond), bend[1], dotted=True
        )
    drawing.text(368, 474, "the same symbol twice", "target")
    return str(drawing)


def _state(drawing, place, name):
    drawing.circle(*place, RADIUS, "muted")
    if name:
        drawing.text(*place, name, "muted")


def _edge(drawing, a, b, symbol, side=1):
    """Draw the arrow from one state to another, its symbol left of its way, or right: -1."""
    drawing.arrow("ink", toward(a, b, RADIUS), toward(b, a, RADIUS))
    length = math.dist(a, b)
    across = (b[1] - a[1]) / length, (a[0] - b[0]) / length
    x, y = ((p + q) / 2 + 19 * side * n for p, q, n in zip(a, b, across, strict=True))
    drawing.text(x, y, symbol, "input", size=24, font=MONO)
