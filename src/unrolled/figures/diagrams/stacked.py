"""Two recurrent layers, one above the other: forward and backward."""

from unrolled.figures.diagrams.drawing import MATH_UPRIGHT, OPERATOR, Drawing

# Backward: the rows' y and the columns' x.
LOSS, UPPER, LOWER, INPUTS = 72, 194, 332, 442
STEPS = (336, 434, 532, 630)
HALF, WIDE, HIGH = 26, 34, 44  # half of a box; half of a hidden state's
AHEAD, BACK = 21, -20  # the state passes below a box's middle, the gradient above
ASIDE = 16  # and beside a column's middle, the gradient on the right


def stacked():
    """Draw two recurrent layers, as a stack with loops and as a grid of layers and steps.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "stacked",
        462,
        "Left, two recurrent layers as a stack: the input x t goes up into layer 0, the hidden "
        "state of layer 0 into layer 1, and that of layer 1 into the logits z t. Each layer "
        "feeds itself in a loop. Right, the same as a grid of two layers and four steps. In "
        "each layer the hidden state goes right, from h 0 to h 1 and on to h 4. At each step the "
        "input goes up to layer 0, the hidden state of layer 0 straight to layer 1, with no "
        "softmax in between, and that of layer 1 to the logits, z 1 to z 4.",
    )
    logits, upper, lower, inputs = 76, 192, 308, 424  # the rows' y
    folded, steps = 112, (336, 443, 550, 657)  # the columns' x
    half = 26  # of a box
    weight = {"size": 24, "anchor": "start"}

    def column(x, t):
        rows = [(logits, "z", "ink"), (upper, "h", "hidden"), (lower, "h", "hidden")]
        rows.append((inputs, "x", "input"))
        for y, name, role in rows:
            drawing.box(x, y, 2 * half, 2 * half, role)
            drawing.symbol(x, y, f"{name}_{t}", role)
        for (above, _, _), (y, _, role) in zip(rows, rows[1:], strict=False):
            drawing.arrow(role, (x, y - half), (x, above + half))

    for y, name in [(logits, "logits"), (upper, "layer 1"), (lower, "layer 0"), (inputs, "input")]:
        drawing.text(8, y, name, "muted", anchor="start")

    drawing.text(folded, 24, "a stack", "muted")
    column(folded, "t")
    for above, below, name in [
        (logits, upper, "W_out"),
        (upper, lower, "W_ih"),
        (lower, inputs, "W_ih"),
    ]:
        drawing.symbol(folded + 9, (above + below) / 2, name, **weight)
    edge, reach = folded + half, folded + half + 24
    for y in (upper, lower):
        loop = [(edge, y - 13), (reach, y - 13), (reach, y + 13), (edge, y + 13)]
        drawing.arrow("hidden", *loop)
        drawing.symbol(reach + 6, y, "W_hh", **weight)

    middle = (steps[0] + steps[-1]) / 2
    drawing.text(middle, 24, "the same as a grid of steps and layers", "muted")
    for y in (upper, lower):
        drawing.symbol(steps[0] - 86, y, "h_0", "hidden")
    before = steps[0] - 68
    for t, x in enumerate(steps, 1):
        column(x, t)
        for y in (upper, lower):
            drawing.arrow("hidden", (before, y), (x - half, y))
        before = x + half
    return str(drawing)


def stacked_backward():
    """Draw the gradient's ways back through two layers, as a stack and as a grid.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "stacked-backward",
        566,
        "Two recurrent layers, with their losses above and their inputs below, and the gradient's "
        "ways back. Left, as a stack: the gradient comes down from the own loss L t into layer 1, "
        "and from there, from above, into layer 0. In each layer it also goes around a loop: what "
        "leaves a hidden state comes back to it as the gradient from the future. Right, the same "
        "as a grid of two layers and four steps. Forward arrows run up and to the right, gradient "
        "arrows run down and to the left. At every hidden state two gradients meet at a plus "
        "sign: one from above, one from the future. From beyond the last step comes zero.",
    )
    folded, steps = 120, STEPS
    for y, name in ((LOSS, "loss"), (UPPER, "layer 1"), (LOWER, "layer 0"), (INPUTS, "input")):
        drawing.text(8, y, name, "muted", anchor="start")

    drawing.text(folded, 24, "a stack", "muted")
    _column_backward(drawing, folded, "t")
    edge = folded + WIDE
    for y in (UPPER, LOWER):
        again = [(edge, y - 5), (edge + 26, y - 5), (edge + 26, y + AHEAD), (edge, y + AHEAD)]
        drawing.arrow("muted", *again)
        around = [(edge, y + 35), (edge + 44, y + 35), (edge + 44, y + BACK)]
        drawing.arrow("gradient", *around, (folded + ASIDE + OPERATOR, y + BACK))
        drawing.text(edge + 12, y + BACK - 17, "future", "gradient", anchor="start")
    for y, name in ((UPPER, "own loss"), (LOWER, "above")):
        drawing.text(folded + ASIDE + 9, y - HIGH - 28, name, "gradient", anchor="start")

    middle = (steps[0] + steps[-1]) / 2
    drawing.text(middle, 24, "the same as a grid of steps and layers", "muted")
    before = steps[0] - 64
    for y in (UPPER, LOWER):
        drawing.symbol(before - 18, y + AHEAD, "h_0", "hidden")
        drawing.text(707, y + BACK, "0", "gradient", size=24, font=MATH_UPRIGHT)
    for t, x in enumerate(steps, 1):
        _column_backward(drawing, x, t)
        for y in (UPPER, LOWER):
            drawing.arrow("muted", (before, y + AHEAD), (x - WIDE, y + AHEAD))
        before = x + WIDE
    for x, after in zip(steps, (*steps[1:], None), strict=True):  # the gradients, in front
        start = after + ASIDE - OPERATOR if after else 696
        for y in (UPPER, LOWER):
            drawing.arrow("gradient", (start, y + BACK), (x + ASIDE + OPERATOR, y + BACK))

    drawing.arrow("muted", (20, 508), (60, 508))
    drawing.text(72, 508, "forward: up the layers, and on in time", "muted", anchor="start")
    drawing.arrow("gradient", (60, 540), (20, 540))
    drawing.text(72, 540, "backward: down the layers, and back in time", "gradient", anchor="start")
    return str(drawing)


def _column_backward(drawing, x, t):
    """One step of both layers: its loss, its input, what goes up, and the gradients that come down.

    The gradients of each hidden state meet at a plus sign in the upper right of its box.
    """
    for y, name, role in ((LOSS, "L", "target"), (INPUTS, "x", "input")):
        drawing.box(x, y, 2 * HALF, 2 * HALF, role)
        drawing.symbol(x, y, f"{name}_{t}", role)
    for y in (UPPER, LOWER):
        drawing.box(x, y, 2 * WIDE, 2 * HIGH, "hidden")
        drawing.symbol(x, y + AHEAD, f"h_{t}", "hidden")
    drawing.arrow("muted", (x, INPUTS - HALF), (x, LOWER + HIGH))
    for y, above in ((LOWER, UPPER + HIGH), (UPPER, LOSS + HALF)):
        drawing.arrow("muted", (x - ASIDE, y - HIGH), (x - ASIDE, above))
        drawing.arrow("gradient", (x + ASIDE, above), (x + ASIDE, y + BACK - OPERATOR))
        drawing.plus(x + ASIDE, y + BACK, "gradient")
