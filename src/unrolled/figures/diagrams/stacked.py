"""Two recurrent layers, one above the other: forward and backward."""

from unrolled.figures.diagrams.drawing import MATH_UPRIGHT, SYMBOL, Drawing

TOP, UPPER, LOWER, INPUTS = 36, 178, 370, 530  # the rows' y
STEPS = (238, 416, 594)  # the columns' x
HALF, WIDE = 27, 34  # half of a box; of a layer's box
START, END = 92, 700  # of the lines through all steps
# Each kind's states: name, role, y from the middle of the layer's box; and half of its height.
KINDS = {
    "RNN": ([("h", "hidden", 0)], 27),
    "LSTM": ([("c", "cell", -24), ("h", "hidden", 24)], 50),
}
GRID = (
    "Two {kind} layers as a grid of two layers and three steps, each with matrices W ih and W hh "
    "of its own for all steps. "
)
WAYS = {
    ("RNN", False): "In each layer the hidden state h goes right, from step to step. ",
    ("LSTM", False): (
        "In each layer two states go right, from step to step: the cell state c, which never "
        "leaves its layer, and the hidden state h. "
    ),
    ("RNN", True): "In each layer the gradient goes left, from step to step. ",
    ("LSTM", True): (
        "In each layer two gradients go left, from step to step: that of the cell state c, which "
        "never leaves its layer, and that of the hidden state h. "
    ),
}
UP = (
    "At each step the input x t goes up to layer 0, the hidden state of layer 0 straight to layer "
    "1, with no softmax in between, and that of layer 1 through W out to the logits z t."
)
DOWN = (
    "At each step a gradient comes down from the loss L t into layer 1, and from there into layer "
    "0. At every hidden state two gradients arrive and add up: one from above, one from the step "
    "after. From beyond the last step comes zero."
)


def stacked(kind="LSTM", backward=False):
    """Draw two recurrent layers as a grid of layers and steps: forward, or the gradient's ways.

    Parameters
    ----------
    kind : {"LSTM", "RNN"}
        An LSTM's layers also hand on a cell state.
    backward : bool, default False
        Turn the arrows around: the gradient. Everything else stays in its place.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}: it must be one of {', '.join(KINDS)}")
    states, high = KINDS[kind]
    drawing = Drawing(
        f"stacked-{kind.lower()}" + ("-backward" if backward else ""),
        644 if kind == "LSTM" else 610,
        GRID.format(kind=kind) + WAYS[kind, backward] + (DOWN if backward else UP),
    )
    for layer, y in enumerate((LOWER, UPPER)):
        drawing.text(8, y - high - 20, f"layer {layer}", "muted", anchor="start")
        for name, role, shift in states:
            drawing.symbol(START - 30, y + shift, f"{name}_0^{layer}", role)
            if backward:
                place = END, y + shift
                drawing.text(*place, "0", "gradient", size=SYMBOL, font=MATH_UPRIGHT)
    for t, x in enumerate(STEPS, 1):
        top = ("L", "target") if backward else ("z", "ink")
        for y, (name, role) in ((TOP, top), (INPUTS, ("x", "input"))):
            drawing.box(x, y, 2 * HALF, 2 * HALF, role)
            drawing.symbol(x, y, f"{name}_{t}", role)
        before = STEPS[t - 2] + WIDE if t > 1 else START
        after = STEPS[t] - WIDE if x < STEPS[-1] else END - 14
        for layer, y in enumerate((LOWER, UPPER)):
            drawing.box(x, y, 2 * WIDE, 2 * high, "muted" if kind == "LSTM" else "hidden")
            for name, role, shift in states:
                drawing.symbol(x, y + shift, f"{name}_{t}^{layer}", role)
                ends = [(before, y + shift), (x - WIDE, y + shift)]
                if backward:
                    role, ends = "gradient", [(after, y + shift), (x + WIDE, y + shift)]
                drawing.arrow(role, *ends, wide=name == "c")
            middle = (before + x - WIDE) / 2
            if t > 1 or not backward:
                drawing.symbol(middle, y + states[-1][2] + 29, f"W_hh^{layer}")
        for start, end, role, name in (
            (INPUTS - HALF, LOWER + high, "input", "W_ih^0"),
            (LOWER - high, UPPER + high, "hidden", "W_ih^1"),
            (UPPER - high, TOP + HALF, "hidden", "W_out"),
        ):
            ends = [(x, start), (x, end)]
            if not backward:
                drawing.arrow(role, *ends)
            elif role == "input":  # nobody needs the inputs' gradient
                drawing.line("line", *ends)
            else:
                drawing.arrow("gradient", *reversed(ends))
            if not (backward and role == "input"):
                drawing.symbol(x + 10, (start + end) / 2 + 8, name, anchor="start")
    _legend(drawing, kind, backward)
    return str(drawing)


def _legend(drawing, kind, backward):
    y = 588
    if kind == "LSTM":
        cell = ("gradient", "of the cell state") if backward else ("cell", "the cell state")
        drawing.legend(y, cell[0], f"{cell[1]}: stays in its layer", back=backward, wide=True)
        y += 34
    if backward:
        words = "of the hidden state: two meet, and add up"
        drawing.legend(y, "gradient", words, back=True)
    else:
        drawing.legend(y, "hidden", "the hidden state: goes on, and up")
