"""Five steps of a recurrent network, one at a time: forward, and backward."""

from unrolled.figures.diagrams.drawing import Drawing

STEPS = (126, 257, 388, 519, 650)  # the columns' x
LOSS, LOGITS, HIDDEN, INPUTS = 36, 136, 262, 380  # the rows' y
HALF = 26  # of a box


def rnn_forward(done=5):
    """Draw the forward pass over five steps: the first of them are done, the others still pale.

    Parameters
    ----------
    done : int, default 5
        How many steps are done, 0 to 5.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If `done` is not such a number.
    """
    _check(done)
    drawing = Drawing(
        f"rnn-forward-{done}",
        416,
        f"A recurrent network going forward over five steps. {_progress(done)} At each step the "
        "input x t, through W ih, and the hidden state of the step before, through W hh, make the "
        "hidden state h t. From it W out makes the logits z t, and they give the loss L t. The "
        "hidden state before the first step is h 0.",
    )
    for t in range(len(STEPS), 0, -1):  # what is pale lies behind
        drawing.pale = t > done
        _forward(drawing, t)
        _boxes(drawing, t)
    drawing.pale = False
    _inputs(drawing)
    return str(drawing)


def rnn_gradient(done=5):
    """Draw the backward pass over five steps: the last of them are done, the others still pale.

    Parameters
    ----------
    done : int, default 5
        How many steps are done, 0 to 5, from the last one on.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If `done` is not such a number.
    """
    _check(done)
    drawing = Drawing(
        f"rnn-gradient-{done}",
        416,
        f"A recurrent network going backward over five steps. {_progress(done)} The last step "
        "comes first. At each step a gradient goes from the loss L t down to the logits z t and "
        "the hidden state h t. There it meets the gradient from the future, which comes back "
        "from the step after. Their sum goes on to the step before. Where no gradient has come "
        "by yet, the arrows of the forward pass are pale.",
    )
    to_come = len(STEPS) - done
    drawing.pale = True
    for t in range(1, to_come + 1):
        _forward(drawing, t)
    for x in STEPS[to_come:]:
        drawing.arrow("input", (x, INPUTS - HALF), (x, HIDDEN + HALF))
    drawing.pale = False
    _inputs(drawing)
    for t in range(1, len(STEPS) + 1):
        _boxes(drawing, t)
    for t in range(to_come + 1, len(STEPS) + 1):
        _backward(drawing, t)
    return str(drawing)


def _check(done):
    if done not in range(len(STEPS) + 1):
        raise ValueError(f"done is {done!r}: it must be a whole number from 0 to {len(STEPS)}")


def _progress(done):
    return {0: "No step is done yet.", 1: "One step is done."}.get(done, f"{done} steps are done.")


def _inputs(drawing):
    drawing.symbol(22, HIDDEN, "h_0", "hidden")
    for t, x in enumerate(STEPS, 1):
        drawing.box(x, INPUTS, 2 * HALF, 2 * HALF, "input")
        drawing.symbol(x, INPUTS, f"x_{t}", "input")


def _boxes(drawing, t):
    x = STEPS[t - 1]
    for y, name, role in [(LOSS, "L", "target"), (LOGITS, "z", "ink"), (HIDDEN, "h", "hidden")]:
        drawing.box(x, y, 2 * HALF, 2 * HALF, role)
        drawing.symbol(x, y, f"{name}_{t}", role)


def _forward(drawing, t):
    x, before = STEPS[t - 1], _before(t)
    drawing.arrow("input", (x, INPUTS - HALF), (x, HIDDEN + HALF))
    drawing.arrow("hidden", (before, HIDDEN), (x - HALF, HIDDEN))
    drawing.arrow("hidden", (x, HIDDEN - HALF), (x, LOGITS + HALF))
    drawing.arrow("ink", (x, LOGITS - HALF), (x, LOSS + HALF))
    drawing.symbol(x + 9, (INPUTS + HIDDEN) / 2, "W_ih", anchor="start")
    drawing.symbol(x + 9, (HIDDEN + LOGITS) / 2 - 8, "W_out", anchor="start")
    drawing.symbol((before + x - HALF) / 2 - 4, HIDDEN - 27, "W_hh")


def _backward(drawing, t):
    x, before = STEPS[t - 1], _before(t)
    drawing.arrow("gradient", (x, LOSS + HALF), (x, LOGITS - HALF))
    drawing.arrow("gradient", (x, LOGITS + HALF), (x, HIDDEN - HALF))
    drawing.arrow("gradient", (x - HALF, HIDDEN), (before, HIDDEN))
    drawing.text(x - 9, (HIDDEN + LOGITS) / 2 - 12, "own loss", "gradient", anchor="end")
    if t > 1:
        drawing.text((before + x - HALF) / 2, HIDDEN - 20, "future", "gradient")
        drawing.symbol((before + x - HALF) / 2, HIDDEN + 24, "W_hh")


def _before(t):
    """Where the line from the hidden state before begins."""
    return STEPS[t - 2] + HALF if t > 1 else 40
