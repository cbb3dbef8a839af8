"""One step of the GRU."""

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

RESET, UPDATE, CANDIDATE = 164, 316, 528  # the columns' x, in the order of the arrays
WIDE = 100  # half of the candidate's block
TOP = 226  # its upper edge
SCALE, SPLIT = 252, 160  # the y of where r passes u; of 1 - u and its product with n
REST = 418  # the x of 1 - u


def gru_cell():
    """Draw one step of a GRU, in PyTorch's variant: its one state, and the three blocks.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "gru-cell",
        HEIGHT,
        "One step of a GRU. The hidden state's road runs straight across the top, from h t minus 1 "
        "on the left to h t on the right; there is no second state. A branch of h t minus 1 goes "
        "down and meets the input x t; both go to three blocks: reset r and update u are sigmoids, "
        "the candidate n is a tanh, in which r multiplies W hn times h t minus 1. On the road, h t "
        "minus 1 is multiplied by u, then n times 1 minus u is added.",
    )
    frame(drawing)
    drawing.symbol(36, ROAD, "h_t-1", "hidden")
    drawing.arrow("hidden", (68, ROAD), (UPDATE - OPERATOR, ROAD), wide=True)
    drawing.arrow("hidden", (JOIN, ROAD), (JOIN, READ - 4))
    read(drawing)
    block(drawing, RESET, "σ", "reset", 48)
    block(drawing, UPDATE, "σ", "update", 48)

    middle = (TOP + BLOCK + HALF_HIGH) / 2
    drawing.arrow("muted", (JOIN + 4, READ), (CANDIDATE, READ), (CANDIDATE, BLOCK + HALF_HIGH))
    drawing.box(CANDIDATE, middle, 2 * WIDE, BLOCK + HALF_HIGH - TOP, "gate")
    drawing.symbol(CANDIDATE, TOP + 26, "tanh", "gate")
    drawing.text(CANDIDATE, TOP + 58, "candidate", "gate")
    inside = [("r_t", "gate"), " ⊙ ", "W_hn", " ", ("h", "hidden")]
    drawing.formula(CANDIDATE, TOP + 98, *inside)

    top = BLOCK - HALF_HIGH
    drawing.arrow("gate", (UPDATE, top), (UPDATE, ROAD + OPERATOR))
    drawing.bridge(UPDATE, SCALE)
    drawing.arrow("gate", (RESET, top), (RESET, SCALE), (CANDIDATE - WIDE, SCALE))
    drawing.symbol(RESET + 9, SCALE - 24, "r_t", "gate", anchor="start")
    drawing.symbol(UPDATE - 9, 206, "u_t", "gate", anchor="end")
    drawing.dot(UPDATE, SPLIT, "gate")
    drawing.arrow("gate", (UPDATE, SPLIT), (REST - 42, SPLIT))
    drawing.box(REST, SPLIT, 84, 42, "gate")
    drawing.formula(REST, SPLIT, "1 − ", ("u", "gate"))
    drawing.arrow("gate", (REST + 42, SPLIT), (CANDIDATE - OPERATOR, SPLIT))
    drawing.arrow("gate", (CANDIDATE, TOP), (CANDIDATE, SPLIT + OPERATOR))
    drawing.symbol(CANDIDATE + 9, TOP - 26, "n_t", "gate", anchor="start")
    drawing.times(CANDIDATE, SPLIT, "gate")
    drawing.arrow("gate", (CANDIDATE, SPLIT - OPERATOR), (CANDIDATE, ROAD + OPERATOR))

    drawing.arrow("hidden", (UPDATE + OPERATOR, ROAD), (CANDIDATE - OPERATOR, ROAD), wide=True)
    drawing.arrow("hidden", (CANDIDATE + OPERATOR, ROAD), (RIGHT + 24, ROAD), wide=True)
    drawing.times(UPDATE, ROAD, "hidden")
    drawing.plus(CANDIDATE, ROAD, "hidden")
    middle = (UPDATE + CANDIDATE) / 2
    drawing.formula(middle, ROAD - 38, ("u_t", "gate"), " ⊙ ", ("h_t-1", "hidden"))
    drawing.symbol(704, ROAD, "h_t", "hidden")
    note(drawing)
    signs(drawing)
    return str(drawing)
