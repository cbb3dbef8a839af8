"""One step of the LSTM: whole, gate by gate, and its three gates side by side."""

from unrolled.figures.diagrams.cell import (
    BLOCK,
    HALF_HIGH,
    HEIGHT,
    JOIN,
    READ,
    RIGHT,
    ROAD,
    block,
    frame,
    note,
    read,
    signs,
)
from unrolled.figures.diagrams.drawing import OPERATOR, Drawing

# The columns' x: the four blocks, in the order of the arrays, and the way to h_t.
INPUT, FORGET, CANDIDATE, OUTPUT, EXIT = 152, 284, 416, 548, 634
WRITE = (FORGET + CANDIDATE) / 2  # where the new content joins the cell state's road
TANH, PRODUCT = 156, 222  # the y of tanh, and of two of the products
# In small cells: the y of the road, of the products below it, and of the blocks; half of a block.
HIGH, MIDDLE, LOW, SMALL = 84, 180, 240, 20

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


def lstm_gates():
    """Draw what the gates do, in three small cells side by side: keep, write, show.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "lstm-gates",
        362,
        "The cell of an LSTM three times, small, with one part in color. Keep: the forget gate f "
        "multiplies the cell state c t minus 1 on its road along the top. Write: the input gate i "
        "multiplies the candidate g, and the product is added on the road. Show: the output gate "
        "o multiplies the tanh of the cell state c t, and the product leaves as h t.",
    )
    panels = [
        ("keep", _keep, [("f_t", "gate"), " ⊙ ", ("c_t-1", "cell")]),
        ("write", _add, ["+ ", ("i_t", "gate"), " ⊙ ", ("g_t", "gate")]),
        ("show", _show, [("o_t", "gate"), " ⊙ ", "tanh ", ("c_t", "cell")]),
    ]
    for n, (word, in_color, formula) in enumerate(panels):
        left = 8 + 240 * n
        drawing.text(left + 112, 22, word, size=26)
        drawing.box(left + 112, 178, 224, 256, "line")
        drawing.pale = True
        drawing.line("cell", (left, HIGH), (left + 224, HIGH), wide=True)
        for _, part, _ in panels:
            part(drawing, left)
        drawing.pale = False
        in_color(drawing, left)
        drawing.formula(left + 112, 336, *formula)
    return str(drawing)


def _keep(drawing, left):
    x = left + 66
    _small_block(drawing, left, x, "f")
    drawing.arrow("cell", (left, HIGH), (x - OPERATOR, HIGH), wide=True)
    drawing.arrow("gate", (x, LOW - SMALL), (x, HIGH + OPERATOR))
    drawing.times(x, HIGH, "cell")


def _add(drawing, left):
    x = left + 104
    drawing.bridge(left + 66, MIDDLE)
    for name, start, side in (("i", left + 22, -1), ("g", left + 142, 1)):
        _small_block(drawing, left, start, name)
        corners = (start, LOW - SMALL), (start, MIDDLE)
        drawing.arrow("gate", *corners, (x + side * OPERATOR, MIDDLE))
    drawing.times(x, MIDDLE, "gate")
    drawing.arrow("gate", (x, MIDDLE - OPERATOR), (x, HIGH + OPERATOR))
    drawing.plus(x, HIGH, "cell")
    drawing.arrow("cell", (x + OPERATOR, HIGH), (left + 224, HIGH), wide=True)


def _show(drawing, left):
    x, start = left + 210, left + 186
    _small_block(drawing, left, start, "o")
    drawing.line("gate", (start, LOW - SMALL), (start, MIDDLE), (x - OPERATOR, MIDDLE))
    drawing.line("cell", (x, HIGH), (x, 112))
    drawing.arrow("cell", (x, 144), (x, MIDDLE - OPERATOR))
    drawing.box(x - 22, 128, 66, 32, "cell")
    drawing.symbol(x - 22, 128, "tanh", "cell", size=26)
    drawing.times(x, MIDDLE, "hidden")
    drawing.arrow("hidden", (x, MIDDLE + OPERATOR), (x, 306))


def _small_block(drawing, left, x, name):
    drawing.arrow("muted", (left, 288), (x, 288), (x, LOW + SMALL))
    drawing.box(x, LOW, 2 * SMALL, 2 * SMALL, "gate")
    drawing.symbol(x, LOW, name, "gate")


def _cell(name, alt, shown):
    drawing = Drawing(name, HEIGHT, alt)
    frame(drawing)
    for part in sorted(PARTS, key=lambda part: part in shown):  # what is pale lies behind
        drawing.pale = part not in shown
        PARTS[part](drawing)
    drawing.pale = False
    signs(drawing)
    return str(drawing)


def _read(drawing):
    """x_t and h_{t-1} come together, to be read by all four blocks."""
    drawing.symbol(36, READ, "h_t-1", "hidden")
    drawing.arrow("hidden", (68, READ), (JOIN - 4, READ))
    read(drawing)


def _old_cell(drawing):
    drawing.symbol(36, ROAD, "c_t-1", "cell")
    drawing.arrow("cell", (68, ROAD), (FORGET - OPERATOR, ROAD), wide=True)


def _forget(drawing):
    block(drawing, FORGET, "σ", "forget")
    drawing.arrow("gate", (FORGET, BLOCK - HALF_HIGH), (FORGET, ROAD + OPERATOR))
    drawing.symbol(FORGET - 9, TANH, "f_t", "gate", anchor="end")
    drawing.times(FORGET, ROAD, "cell")


def _kept(drawing):
    drawing.arrow("cell", (FORGET + OPERATOR, ROAD), (WRITE - OPERATOR, ROAD), wide=True)
    middle = FORGET - 4
    drawing.formula(middle, ROAD - 36, ("f_t", "gate"), " ⊙ ", ("c_t-1", "cell"))


def _write(drawing):
    block(drawing, INPUT, "σ", "input")
    block(drawing, CANDIDATE, "tanh", "candidate")
    top = BLOCK - HALF_HIGH
    drawing.bridge(FORGET, PRODUCT)
    drawing.arrow("gate", (INPUT, top), (INPUT, PRODUCT), (WRITE - OPERATOR, PRODUCT))
    drawing.arrow("gate", (CANDIDATE, top), (CANDIDATE, PRODUCT), (WRITE + OPERATOR, PRODUCT))
    drawing.symbol(INPUT + 9, 252, "i_t", "gate", anchor="start")
    drawing.symbol(CANDIDATE + 9, 252, "g_t", "gate", anchor="start")
    drawing.times(WRITE, PRODUCT, "gate")
    drawing.arrow("gate", (WRITE, PRODUCT - OPERATOR), (WRITE, ROAD + OPERATOR))
    drawing.formula(WRITE + 9, TANH, ("i_t", "gate"), " ⊙ ", ("g_t", "gate"), anchor="start")


def _new_cell(drawing):
    drawing.plus(WRITE, ROAD, "cell")
    drawing.arrow("cell", (WRITE + OPERATOR, ROAD), (RIGHT + 24, ROAD), wide=True)
    drawing.symbol(704, ROAD, "c_t", "cell")


def _output(drawing):
    block(drawing, OUTPUT, "σ", "output")
    top = BLOCK - HALF_HIGH
    drawing.arrow("gate", (OUTPUT, top), (OUTPUT, PRODUCT), (EXIT - OPERATOR, PRODUCT))
    drawing.symbol(OUTPUT - 9, 252, "o_t", "gate", anchor="end")
    drawing.arrow("cell", (EXIT, ROAD), (EXIT, TANH - 21))
    drawing.box(EXIT - 12, TANH, 76, 42, "cell")
    drawing.symbol(EXIT - 12, TANH, "tanh", "cell")
    drawing.arrow("cell", (EXIT, TANH + 21), (EXIT, PRODUCT - OPERATOR))
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
    "note": note,
}
