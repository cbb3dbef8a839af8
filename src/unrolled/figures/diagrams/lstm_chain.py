"""A chain of LSTM steps: what passes forward, and the gradient's ways back."""

from unrolled.figures.diagrams.drawing import OPERATOR, Drawing

CELLS = (46, 381)  # x of their left edges
WIDE = 284
TOP, ROAD, TANH, HIDDEN, BELOW = 40, 152, 236, 324, 440  # the rows' y
# From a cell's left edge to its four blocks, in the order of the arrays; to where f scales the
# road, i times g joins it and a branch leaves it for tanh; and to where, beyond the cell, the
# hidden state parts.
BLOCKS = {"i": 30, "f": 66, "g": 102, "o": 138}
SCALE, ADD, BRANCH, PART = 66, 112, 212, 310
BLOCK = (10, 158)  # from there to the edges of the four blocks' box
HALF_HIGH = 27  # of that box
BOX = 50
START, END = 40, 716  # of the lines through all cells


def lstm_forward():
    """Draw two steps of an LSTM: cell state and hidden state pass from one to the next.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "lstm-forward",
        566,
        "Two LSTM cells in a chain. Two lines pass from each cell to the next. The cell state, c "
        "0 to c 2, runs straight along the top: in each cell it is multiplied by f, and i times g "
        "is added. The hidden state, h 0 to h 2, runs below: it goes into the blocks i, f, g, o, "
        "together with the input x t from below. In each cell a branch of the cell state goes "
        "down through a tanh and is multiplied by o, which gives the next hidden state. That goes "
        "on to the right, and up to the logits z t.",
    )
    drawing.symbol(20, ROAD, "c_0", "cell")
    drawing.symbol(20, HIDDEN, "h_0", "hidden")
    road = hidden = START  # where the arrows into the next cell begin
    for t, x in enumerate(CELLS, 1):
        _cell(drawing, x, t, "cell")
        below = x + BLOCKS["g"]
        drawing.arrow("input", (below, BELOW - BOX / 2), (below, HIDDEN + HALF_HIGH))
        scale, add, branch, part = (x + step for step in (SCALE, ADD, BRANCH, PART))
        _top_box(drawing, part, f"z_{t}", "ink")
        drawing.arrow("hidden", (part, HIDDEN), (part, TOP + BOX / 2))
        drawing.bridge(part, ROAD)
        drawing.arrow("cell", (road, ROAD), (scale - OPERATOR, ROAD), wide=True)
        for to in (scale, add):
            drawing.arrow("gate", (to, HIDDEN - HALF_HIGH), (to, ROAD + OPERATOR))
        drawing.symbol(scale - 8, TANH, "f", "gate", anchor="end")
        drawing.formula(add + 6, TANH - 36, ("i", "gate"), "⊙", ("g", "gate"), anchor="start")
        drawing.arrow("gate", (x + BLOCK[1], HIDDEN), (branch - OPERATOR, HIDDEN))
        drawing.symbol(branch - 32, HIDDEN - 22, "o", "gate")
        drawing.arrow("cell", (branch, ROAD), (branch, TANH - 19))
        drawing.arrow("cell", (branch, TANH + 19), (branch, HIDDEN - OPERATOR))
        drawing.arrow("hidden", (hidden, HIDDEN), (x + BLOCK[0], HIDDEN))
        drawing.line("hidden", (branch + OPERATOR, HIDDEN), (part, HIDDEN))
        drawing.times(branch, HIDDEN, "hidden")
        drawing.dot(part, HIDDEN, "hidden")
        drawing.symbol(branch + 36, ROAD - 26, f"c_{t}", "cell")
        drawing.symbol(branch + 44, HIDDEN - 24, f"h_{t}", "hidden")
        road, hidden = scale, part
    drawing.arrow("cell", (road, ROAD), (END, ROAD), wide=True)
    for x in CELLS:
        drawing.times(x + SCALE, ROAD, "cell")
        drawing.plus(x + ADD, ROAD, "cell")
    drawing.arrow("hidden", (hidden, HIDDEN), (END, HIDDEN))
    drawing.legend(506, "cell", "the cell state: scaled by f, and added to", wide=True)
    drawing.legend(540, "hidden", "the hidden state: made anew at every step")
    return str(drawing)


def lstm_backward():
    """Draw the gradient's ways back through two steps of an LSTM: on-ramps, road, and detours.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "lstm-backward",
        606,
        "The chain of two LSTM cells, with the gradient's ways back, each with what it carries. "
        "A wide road runs straight along the top, from c 2 back to c 0: in each cell the "
        "cell state's gradient, delta c t, is multiplied by f t, entry by entry, and by nothing "
        "else. Thin lines are on-ramps: from each loss L t down to the hidden state, where its "
        "gradient delta h t begins, and from there up through the tanh to the road. Dotted lines "
        "are detours: delta f, and delta i and delta g, go from the road down into the blocks, "
        "delta o comes to them from delta h t. From the blocks delta a t goes back through the "
        "matrix W hh to the hidden state before, h 1 or h 0; at h 1 it meets that step's own loss. "
        "Down to the input goes delta x t.",
    )
    drawing.symbol(20, ROAD, "c_0", "cell")
    drawing.symbol(20, HIDDEN, "h_0", "hidden")
    for t, x in enumerate(CELLS, 1):
        last = t == len(CELLS)
        _cell(drawing, x, t, "muted")
        below = x + BLOCKS["g"]
        ends = (below, HIDDEN + HALF_HIGH), (below, BELOW - BOX / 2)
        drawing.arrow("gradient", *ends, dotted=True)
        drawing.symbol(below + 12, HIDDEN + 64, f"δx_{t}", "gradient", anchor="start")
        _on_ramps(drawing, x, t, last)
        _detours(drawing, x, t)
        scale, branch = x + SCALE, x + BRANCH
        before = branch - (CELLS[1] - CELLS[0]) + OPERATOR if t > 1 else START
        drawing.arrow("gradient", (branch + 1.25, ROAD), (before, ROAD), wide=True)
        drawing.symbol((x + ADD + branch) / 2, ROAD - 27, f"δc_{t}", "gradient")
        drawing.symbol(scale, ROAD - 33, f"f_{t}", "gate")
        drawing.times(scale, ROAD, "gradient")
        if not last:
            drawing.plus(branch, ROAD, "gradient")
            drawing.plus(x + PART, HIDDEN, "gradient")
    drawing.legend(512, "gradient", "the open road: only products with f", back=True, wide=True)
    drawing.legend(546, "gradient", "on-ramps: from each loss to the cell state", back=True)
    words = "detours: through the blocks, and a matrix"
    drawing.legend(580, "gradient", words, back=True, dotted=True)
    return str(drawing)


def _on_ramps(drawing, x, t, last):
    """From the loss to the hidden state's gradient, and from there to the road."""
    branch, part = x + BRANCH, x + PART
    _top_box(drawing, part, f"L_{t}", "target")
    down, into = (part, TOP + BOX / 2), (branch + OPERATOR, HIDDEN)
    if last:
        drawing.arrow("gradient", down, (part, HIDDEN), into)
    else:
        drawing.arrow("gradient", down, (part, HIDDEN - OPERATOR))
        drawing.arrow("gradient", (part - OPERATOR, HIDDEN), into)
        drawing.bridge(part, ROAD)
    drawing.symbol(branch + 42, HIDDEN - 25, f"δh_{t}", "gradient")
    drawing.arrow("gradient", (branch, HIDDEN - OPERATOR), (branch, TANH + 19))
    up = (branch, TANH - 19)
    if last:
        drawing.line("gradient", up, (branch, ROAD))
    else:
        drawing.arrow("gradient", up, (branch, ROAD + OPERATOR))
    drawing.times(branch, HIDDEN, "gradient")


def _detours(drawing, x, t):
    """From the road and the hidden state into the blocks, and through W_hh to the step before."""
    scale, add, branch, leave = (x + step for step in (SCALE, ADD, BRANCH, BLOCKS["i"]))
    detour = {"dotted": True}
    drawing.arrow("gradient", (branch - OPERATOR, HIDDEN), (x + BLOCK[1], HIDDEN), **detour)
    drawing.symbol(branch - 36, HIDDEN - 25, "δo", "gradient")
    for begin in (scale, add):
        drawing.arrow("gradient", (begin, ROAD), (begin, HIDDEN - HALF_HIGH), **detour)
    drawing.symbol(scale - 8, TANH - 5, "δf", "gradient", anchor="end")
    drawing.symbol(add + 8, TANH - 22, "δi", "gradient", anchor="start")
    drawing.symbol(add + 8, TANH + 12, "δg", "gradient", anchor="start")
    drawing.symbol(leave + 9, HIDDEN + 64, f"δa_{t}", "gradient", anchor="start")
    low, start = HIDDEN + 106, (leave, HIDDEN + HALF_HIGH)
    matrix = HIDDEN + 64
    if t == 1:  # to h_0, which stands at the edge
        back, wide, up, end = 35, 62, 20, HIDDEN + 22
    else:
        back, wide, end = CELLS[t - 2] + PART, 68, HIDDEN + OPERATOR
        up = back
    drawing.arrow("gradient", start, (leave, low), (back, low), (back, matrix + 19), **detour)
    drawing.box(back, matrix, wide, 38, "ink")
    drawing.symbol(back, matrix, "W_hh")
    drawing.arrow("gradient", (up, matrix - 19), (up, end), **detour)


def _cell(drawing, x, t, tanh):
    """The parts of a cell that are the same both ways."""
    top, bottom = ROAD - 50, HIDDEN + 40
    drawing.box(x + WIDE / 2, (top + bottom) / 2, WIDE, bottom - top, "line")
    left, right = x + BLOCK[0], x + BLOCK[1]
    drawing.box((left + right) / 2, HIDDEN, right - left, 2 * HALF_HIGH, "gate")
    for name, place in BLOCKS.items():
        drawing.symbol(x + place, HIDDEN, name, "gate")
    drawing.box(x + BRANCH, TANH, 70, 38, tanh)
    drawing.symbol(x + BRANCH, TANH, "tanh", tanh)
    below = x + BLOCKS["g"]
    drawing.box(below, BELOW, BOX, BOX, "input")
    drawing.symbol(below, BELOW, f"x_{t}", "input")


def _top_box(drawing, x, name, role):
    drawing.box(x, TOP, BOX, BOX, role)
    drawing.symbol(x, TOP, name, role)
