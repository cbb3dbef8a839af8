"""One step of the LSTM, whole and gate by gate."""

from unrolled.figures.diagrams.drawing import OPERATOR, Drawing

# One step. The columns' x: where the inputs meet, the four blocks, and the way to h_t.
JOIN, FORGET, INPUT, CANDIDATE, OUTPUT, EXIT = 112, 176, 298, 420, 542, 622
WRITE = (INPUT + CANDIDATE) / 2  # where the new content joins the cell state's road
# The rows' y: the road, tanh, two of the products, the blocks, what they all read, and x_t.
ROAD, TANH, PRODUCT, BLOCK, READ, BELOW = 84, 150, 222, 318, 404, 496
HALF_WIDE, HALF_HIGH = 53, 42  # of a block
LEFT, RIGHT = 84, 664  # the cell's edges

# Each gate: the parts of the cell that show what it does, and what that is, for the alternative
# text. The parts are those of `PARTS`.
GATES = {
    "forget": (
        {"read", "old cell", "forget", "kept"},
        "The forget block f: a sigmoid of x t and h t minus 1. Its output goes up to the road of "
        "the cell state, where it multiplies c t minus 1, entry by entry. What is kept, f times "
        "c t minus 1, goes on along the road.",
    ),
    "input": (
        {"read", "kept", "write", "new cell"},
        "The input block i, a sigmoid, and the candidate block g, a tanh, both of x t and h t "
        "minus 1. Their product, entry by entry, goes up to the road of the cell state and is "
        "added to what was kept there. The sum is the new cell state c t.",
    ),
    "output": (
        {"read", "new cell", "output"},
        "The output block o: a sigmoid of x t and h t minus 1. From the end of the cell state's "
        "road, a branch goes down through a tanh. The output block multiplies it, entry by entry. "
        "The product is the hidden state h t, which leaves on the right.",
    ),
}


def lstm_cell():
    """Draw one step of an LSTM: the cell state's road, and the four blocks that act on it.

    Returns
    -------
    str
        The SVG.
    """
    return _cell(
        "lstm-cell",
        "One step of an LSTM. The cell state's road runs straight across the top, from c t minus "
        "1 on the left to c t on the right. The hidden state h t minus 1 comes in at the lower "
        "left and meets the input x t from below; both go to four blocks: forget f, input i and "
        "output o are sigmoids, the candidate g is a tanh. On the road, c t minus 1 is first "
        "multiplied by f, then i times g is added. After that the road goes out as c t, and a "
        "branch goes down through a tanh, is multiplied by o, and leaves as the hidden state h t.",
        set(PARTS),
    )


def lstm_gate(gate):
    """Draw the cell of `lstm_cell` with one gate and what it does in color, and the rest pale.

    Parameters
    ----------
    gate : {"forget", "input", "output"}
        The input gate comes with the candidate, which it scales.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If there is no such gate.
    """
    if gate not in GATES:
        raise ValueError(f"no gate {gate!r}: it must be one of {', '.join(GATES)}")
    shown, alt = GATES[gate]
    return _cell(f"lstm-gate-{gate}", f"One step of an LSTM, with one part in color. {alt}", shown)


def _cell(name, alt, shown):
    drawing = Drawing(name, 536, alt)
    drawing.box((LEFT + RIGHT) / 2, 236, RIGHT - LEFT, 416, "line")
    for part in sorted(PARTS, key=lambda part: part in shown):  # what is pale lies behind
        drawing.pale = part not in shown
        PARTS[part](drawing)
    return str(drawing)


def _read(drawing):
    """x_t and h_{t-1} come together, to be read by all four blocks."""
    drawing.symbol(40, READ, "h_t-1", "hidden")
    drawing.arrow("hidden", (70, READ), (JOIN - 4, READ))
    drawing.box(JOIN, BELOW, 52, 52, "input")
    drawing.symbol(JOIN, BELOW, "x_t", "input")
    drawing.arrow("input", (JOIN, BELOW - 26), (JOIN, READ + 4))
    drawing.dot(JOIN, READ, "muted")
    words = "each block reads both, with weights of its own"
    drawing.text(JOIN + 44, BELOW, words, "muted", anchor="start")


def _block(drawing, x, squash, word):
    """One of the four blocks, and the line from the inputs to it."""
    drawing.arrow("muted", (JOIN + 4, READ), (x, READ), (x, BLOCK + HALF_HIGH))
    drawing.box(x, BLOCK, 2 * HALF_WIDE, 2 * HALF_HIGH, "gate")
    drawing.symbol(x, BLOCK - 16, squash, "gate")
    drawing.text(x, BLOCK + 18, word, "gate")


def _old_cell(drawing):
    drawing.symbol(40, ROAD, "c_t-1", "cell")
    drawing.arrow("cell", (70, ROAD), (FORGET - OPERATOR, ROAD), wide=True)


def _forget(drawing):
    _block(drawing, FORGET, "σ", "forget")
    drawing.arrow("gate", (FORGET, BLOCK - HALF_HIGH), (FORGET, ROAD + OPERATOR))
    drawing.symbol(FORGET + 9, 252, "f_t", "gate", anchor="start")
    drawing.times(FORGET, ROAD, "cell")


def _kept(drawing):
    drawing.arrow("cell", (FORGET + OPERATOR, ROAD), (WRITE - OPERATOR, ROAD), wide=True)
    middle = (FORGET + WRITE) / 2
    drawing.formula(middle, ROAD - 28, ("f_t", "gate"), " ⊙ ", ("c_t-1", "cell"), size=24)


def _write(drawing):
    _block(drawing, INPUT, "σ", "input")
    _block(drawing, CANDIDATE, "tanh", "candidate")
    top = BLOCK - HALF_HIGH
    drawing.arrow("gate", (INPUT, top), (INPUT, PRODUCT), (WRITE - OPERATOR, PRODUCT))
    drawing.arrow("gate", (CANDIDATE, top), (CANDIDATE, PRODUCT), (WRITE + OPERATOR, PRODUCT))
    drawing.symbol(INPUT - 9, 252, "i_t", "gate", anchor="end")
    drawing.symbol(CANDIDATE + 9, 252, "g_t", "gate", anchor="start")
    drawing.times(WRITE, PRODUCT, "gate")
    drawing.arrow("gate", (WRITE, PRODUCT - OPERATOR), (WRITE, ROAD + OPERATOR))
    drawing.formula(
        WRITE + 9, TANH, ("i_t", "gate"), " ⊙ ", ("g_t", "gate"), size=24, anchor="start"
    )


def _new_cell(drawing):
    drawing.plus(WRITE, ROAD, "cell")
    drawing.arrow("cell", (WRITE + OPERATOR, ROAD), (RIGHT + 24, ROAD), wide=True)
    drawing.symbol(704, ROAD, "c_t", "cell")


def _output(drawing):
    _block(drawing, OUTPUT, "σ", "output")
    drawing.arrow(
        "gate", (OUTPUT, BLOCK - HALF_HIGH), (OUTPUT, PRODUCT), (EXIT - OPERATOR, PRODUCT)
    )
    drawing.symbol(OUTPUT - 9, 252, "o_t", "gate", anchor="end")
    drawing.arrow("cell", (EXIT, ROAD), (EXIT, TANH - 20))
    drawing.box(EXIT, TANH, 60, 40, "cell")
    drawing.symbol(EXIT, TANH, "tanh", "cell", size=24)
    drawing.arrow("cell", (EXIT, TANH + 20), (EXIT, PRODUCT - OPERATOR))
    drawing.times(EXIT, PRODUCT, "hidden")
    drawing.arrow("hidden", (EXIT, PRODUCT + OPERATOR), (EXIT, READ), (RIGHT + 24, READ))
    drawing.symbol(704, READ, "h_t", "hidden")


PARTS = {
    "read": _read,
    "old cell": _old_cell,
    "forget": _forget,
    "kept": _kept,
    "write": _write,
    "new cell": _new_cell,
    "output": _output,
}
