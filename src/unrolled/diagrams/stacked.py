"""Two recurrent layers, one above the other: forward and backward."""

from unrolled.diagrams.drawing import MATH_UPRIGHT, Drawing


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
    folded, steps = 122, (336, 443, 550, 657)  # the columns' x
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
    """Draw the gradient's ways back through two layers: down the layers, and back in time.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "stacked-backward",
        566,
        "Two recurrent layers over four steps, with a loss L 1 to L 4 above the upper layer. "
        "Forward arrows run up, from each input through layer 0 and layer 1 to its loss, and "
        "right, from each hidden state to the next of the same layer. Gradient arrows run "
        "against them. At every hidden state two gradients meet at a plus sign: in layer 1, one "
        "from its own loss and one from the future; in layer 0, one from the layer above and "
        "one from the future.",
    )
    loss, upper, lower, inputs = 36, 176, 316, 436  # the rows' y
    steps, pitch = (130, 284, 438, 592), 154  # the columns' x
    half, half_wide, half_high = 26, 40, 42  # of a box, and of a hidden state's
    ahead, back = 20, -19  # the state passes below a box's middle, the gradient above
    up, down = -17, 17  # and beside a column's middle
    plus = 13  # radius

    for y, name in [(upper, "layer 1"), (lower, "layer 0")]:
        drawing.text(8, y + back, name, "muted", anchor="start")
        drawing.symbol(24, y + ahead, "h_0", "hidden")
    for t, x in enumerate(steps, 1):
        for y, name, role in [(loss, "L", "target"), (inputs, "x", "input")]:
            drawing.box(x, y, 2 * half, 2 * half, role)
            drawing.symbol(x, y, f"{name}_{t}", role)
        before = x - pitch + half_wide if t > 1 else 42
        for y in (upper, lower):
            drawing.box(x, y, 2 * half_wide, 2 * half_high, "hidden")
            drawing.symbol(x, y + ahead, f"h_{t}", "hidden")
            drawing.arrow("muted", (before, y + ahead), (x - half_wide, y + ahead))
        drawing.arrow("muted", (x, inputs - half), (x, lower + half_high))
        drawing.arrow("muted", (x + up, lower - half_high), (x + up, upper + half_high))
        drawing.arrow("muted", (x + up, upper - half_high), (x + up, loss + half))

    for x in steps:
        meet = x + down
        for y, source, name in [
            (upper, loss + half, "own loss"),
            (lower, upper + half_high, "above"),
        ]:
            drawing.arrow("gradient", (meet, source), (meet, y + back - plus))
            drawing.text(
                meet + 8, (source + y - half_high) / 2 - 6, name, "gradient", anchor="start"
            )
            after = meet + pitch - plus if x < steps[-1] else 694
            drawing.arrow("gradient", (after, y + back), (meet + plus, y + back))
            drawing.plus(meet, y + back, "gradient")
    for y in (upper, lower):
        drawing.text(707, y + back, "0", "gradient", size=24, font=MATH_UPRIGHT)

    drawing.arrow("muted", (20, 508), (60, 508))
    drawing.text(72, 508, "forward: up the layers, and on in time", "muted", anchor="start")
    drawing.arrow("gradient", (60, 540), (20, 540))
    drawing.text(72, 540, "backward: down the layers, and back in time", "gradient", anchor="start")
    return str(drawing)
