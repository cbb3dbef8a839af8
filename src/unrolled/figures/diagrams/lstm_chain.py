"""A chain of LSTM steps: what passes forward, and the gradient's ways back."""

from unrolled.figures.diagrams.drawing import OPERATOR, Drawing

CELLS = (136, 360, 584)  # x of their middles
HALF = 84  # of a cell's width
TOP, ROAD, TANH, HIDDEN, BELOW = 36, 138, 200, 264, 376  # the rows' y
# From a cell's middle to where f scales the road, where i times g joins it, where a branch leaves
# it for tanh, and, beyond the cell, where the hidden state parts.
SCALE, ADD, BRANCH, PART = -62, -29, 51, HALF + 17
BLOCK = (-79, 21)  # from a cell's middle to the left and the right edge of its gates' block
HALF_HIGH = 25  # of that block
BOX = 48
START, END = 31, 716  # of the lines through all cells


def lstm_forward():
    """Draw three steps of an LSTM: cell state and hidden state pass from each to the next.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "lstm-forward",
        498,
        "Three LSTM cells in a chain. Two lines pass from each cell to the next. The cell state, c "
        "0 to c 3, runs straight along the top: in each cell it is multiplied by f, and i times g "
        "is added. The hidden state, h 0 to h 3, runs below: it goes into the block of the four "
        "gates f, i, g, o, together with the input x t from below. In each cell a branch of the "
        "cell state goes down through a tanh and is multiplied by o, which gives the next hidden "
        "state. That goes on to the right, and up to the logits z t.",
    )
    drawing.symbol(15, ROAD, "c_0", "cell", size=24)
    drawing.symbol(15, HIDDEN, "h_0", "hidden", size=24)
    road = hidden = START  # where the arrows into the next cell begin
    for t, x in enumerate(CELLS, 1):
        _cell(drawing, x, t, "cell", "input")
        scale, add, branch, part = (x + step for step in (SCALE, ADD, BRANCH, PART))
        _top_box(drawing, part, f"z_{t}", "ink")
        drawing.arrow("hidden", (part, HIDDEN), (part, TOP + BOX / 2))
        _bridge(drawing, part)
        drawing.arrow("cell", (road, ROAD), (scale - OPERATOR, ROAD), wide=True)
        for to in (scale, add):
            drawing.arrow("gate", (to, HIDDEN - HALF_HIGH), (to, ROAD + OPERATOR))
        drawing.arrow("gate", (x + BLOCK[1], HIDDEN), (branch - OPERATOR, HIDDEN))
        drawing.arrow("cell", (branch, ROAD), (branch, TANH - 16))
        drawing.arrow("cell", (branch, TANH + 16), (branch, HIDDEN - OPERATOR))
        drawing.arrow("hidden", (hidden, HIDDEN), (x + BLOCK[0], HIDDEN))
        drawing.line("hidden", (branch + OPERATOR, HIDDEN), (part, HIDDEN))
        drawing.times(branch, HIDDEN, "hidden")
        drawing.dot(part, HIDDEN, "hidden")
        drawing.symbol(part + 19, ROAD - 27, f"c_{t}", "cell", size=24)
        drawing.symbol(part + 12, HIDDEN + 22, f"h_{t}", "hidden", size=24)
        road, hidden = scale, part
    drawing.arrow("cell", (road, ROAD), (END, ROAD), wide=True)
    for x in CELLS:
        drawing.times(x + SCALE, ROAD, "cell")
        drawing.plus(x + ADD, ROAD, "cell")
    drawing.arrow("hidden", (hidden, HIDDEN), (END, HIDDEN))
    _legend(
        drawing,
        436,
        ("cell", True, "the cell state: scaled by f, and added to"),
        ("hidden", False, "the hidden state: made anew at every step"),
    )
    return str(drawing)


def lstm_backward():
    """Draw the gradient's ways back through three steps of an LSTM: the road, and the detours.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "lstm-backward",
        498,
        "The chain of three LSTM cells, with the gradient's ways back. A wide road runs straight "
        "along the top, from c 3 back to c 0: in each cell the gradient is multiplied by f t, "
        "entry by entry, and by nothing else. Thin lines are the detours. From each loss L t a "
        "gradient comes down to the hidden state h t; from there it goes up through the tanh "
        "and is added to the road, and into the block of the gates. From the road, gradients "
        "go down into the same block. From the block they go back through the matrix W hh to "
        "the hidden state before, where they meet that step's own loss.",
    )
    drawing.symbol(15, ROAD, "c_0", "cell", size=24)
    drawing.symbol(15, HIDDEN, "h_0", "hidden", size=24)
    for t, x in enumerate(CELLS, 1):
        last = t == len(CELLS)
        _cell(drawing, x, t, "muted", "muted")
        scale, add, branch, part = (x + step for step in (SCALE, ADD, BRANCH, PART))
        _top_box(drawing, part, f"L_{t}", "target")
        down = (part, TOP + BOX / 2)
        into = (branch + OPERATOR, HIDDEN)
        if last:
            drawing.arrow("gradient", down, (part, HIDDEN), into)
        else:
            drawing.arrow("gradient", down, (part, HIDDEN - OPERATOR))
            drawing.arrow("gradient", (part - OPERATOR, HIDDEN), into)
            drawing.plus(part, HIDDEN, "gradient")
            _bridge(drawing, part)
        drawing.arrow("gradient", (branch, HIDDEN - OPERATOR), (branch, TANH + 16))
        up = (branch, TANH - 16)
        if last:
            drawing.line("gradient", up, (branch, ROAD))
        else:
            drawing.arrow("gradient", up, (branch, ROAD + OPERATOR))
        drawing.times(branch, HIDDEN, "gradient")
        drawing.arrow("gradient", (branch - OPERATOR, HIDDEN), (x + BLOCK[1], HIDDEN))
        for begin in (scale, add):
            drawing.arrow("gradient", (begin, ROAD), (begin, HIDDEN - HALF_HIGH))
        before = x - (CELLS[1] - CELLS[0])
        stop = before + BRANCH + OPERATOR if t > 1 else START
        drawing.arrow("gradient", (branch + 1.25, ROAD), (stop, ROAD), wide=True)
        stop = before + PART + OPERATOR if t > 1 else START
        drawing.arrow("gradient", (x + BLOCK[0], HIDDEN), (stop, HIDDEN))
        drawing.times(scale, ROAD, "gradient")
        drawing.symbol(scale, ROAD - 32, f"f_{t}", "gate", size=24)
        if not last:
            drawing.plus(branch, ROAD, "gradient")
            drawing.symbol(part + 11, HIDDEN + 30, "W_hh", size=24)
    _legend(
        drawing,
        436,
        ("gradient", True, "the open road: only products with f"),
        ("gradient", False, "the detours: through the gates, and a matrix"),
    )
    return str(drawing)


def _cell(drawing, x, t, tanh, reads):
    """The parts of a cell that are the same both ways."""
    drawing.box(x, 202, 2 * HALF, 228, "line")
    left, right = x + BLOCK[0], x + BLOCK[1]
    drawing.box((left + right) / 2, HIDDEN, right - left, 2 * HALF_HIGH, "gate")
    for gate, place in (("f", SCALE), ("i", ADD - 11), ("g", ADD + 11), ("o", 4)):
        drawing.symbol(x + place, HIDDEN, gate, "gate", size=24)
    drawing.box(x + BRANCH, TANH, 54, 32, tanh)
    drawing.symbol(x + BRANCH, TANH, "tanh", tanh, size=21)
    below = (left + right) / 2
    drawing.box(below, BELOW, BOX, BOX, "input")
    drawing.symbol(below, BELOW, f"x_{t}", "input")
    drawing.arrow(reads, (below, BELOW - BOX / 2), (below, HIDDEN + HALF_HIGH))


def _top_box(drawing, x, name, role):
    drawing.box(x, TOP, BOX, BOX, role)
    drawing.symbol(x, TOP, name, role)


def _bridge(drawing, x):
    """Interrupt a line that crosses the road: the road, drawn later, passes over it."""
    drawing.line("paper", (x, ROAD - 8), (x, ROAD + 8), wide=True)


def _legend(drawing, y, *entries):
    for role, wide, words in entries:
        ends = [(20, y), (68, y)]
        backward = role == "gradient"
        drawing.arrow(role, *(reversed(ends) if backward else ends), wide=wide)
        drawing.text(82, y, words, role, anchor="start")
        y += 36
