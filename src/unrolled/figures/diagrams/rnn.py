"""The simple recurrent network: unrolled, its gradient, and the gradient cut into chunks."""

from unrolled.figures.diagrams.drawing import MATH_UPRIGHT, MONO, OPERATOR, Drawing


def rnn_unrolled():
    """Draw a recurrent network folded, with its loop, and unrolled over four characters.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "rnn-unrolled",
        484,
        "Left, the network folded: the input x t feeds the hidden state h t through the matrix "
        "W ih, the hidden state feeds itself through W hh in a loop, and the logits z t through "
        "W out. Right, the same network unrolled over four steps. The characters W, r, e, n "
        "enter as x 1 to x 4. Each hidden state, h 1 to h 4, comes from the input below it and "
        "the hidden state on its left, the first from h 0. Each step's logits are to predict "
        "the next character: r, e, n and a colon. The three matrices are the same at every "
        "step.",
    )
    target, logits, hidden, inputs, character = 74, 144, 262, 380, 450  # the rows' y
    folded, steps = 104, (322, 432, 542, 652)  # the columns' x
    half = 26  # of a box
    weight = {"size": 24, "anchor": "start"}

    def column(x, t):
        for y, name, role in [
            (logits, "z", "ink"),
            (hidden, "h", "hidden"),
            (inputs, "x", "input"),
        ]:
            drawing.box(x, y, 2 * half, 2 * half, role)
            drawing.symbol(x, y, f"{name}_{t}", role)
        drawing.arrow("input", (x, inputs - half), (x, hidden + half))
        drawing.arrow("hidden", (x, hidden - half), (x, logits + half))
        drawing.symbol(x + 9, (inputs + hidden) / 2, "W_ih", **weight)
        drawing.symbol(x + 9, (hidden + logits) / 2, "W_out", **weight)

    rows = [(target, "target"), (logits, "logits"), (inputs, "input"), (character, "character")]
    for y, name in [*rows, (hidden - 12, "hidden"), (hidden + 12, "state")]:
        drawing.text(8, y, name, "muted", anchor="start")

    drawing.text(folded, 26, "folded", "muted")
    column(folded, "t")
    edge, reach = folded + half, folded + half + 24
    loop = [(edge, hidden - 13), (reach, hidden - 13), (reach, hidden + 13), (edge, hidden + 13)]
    drawing.arrow("hidden", *loop)
    drawing.symbol(reach + 6, hidden, "W_hh", **weight)

    drawing.text(
        (steps[0] + steps[-1]) / 2, 26, "unrolled: the same weights at every step", "muted"
    )
    drawing.symbol(steps[0] - 93, hidden, "h_0", "hidden")
    before = steps[0] - 76  # where the arrow from the hidden state before begins
    for t, (x, reads, follows) in enumerate(zip(steps, "Wren", "ren:", strict=True), 1):
        column(x, t)
        drawing.arrow("hidden", (before, hidden), (x - half, hidden))
        drawing.symbol((before + x - half) / 2 - 4, hidden - 20, "W_hh", size=24)
        before = x + half
        for y, letter, role in [(target, follows, "target"), (character, reads, "input")]:
            drawing.box(x, y, 36, 36, role)
            drawing.text(x, y, letter, role, size=24, font=MONO)
        drawing.line("muted", (x, target + 22), (x, logits - half), dotted=True)
        drawing.arrow("input", (x, character - 18), (x, inputs + half))
    return str(drawing)


def rnn_backward():
    """Draw the gradient's way through an unrolled network: down from each loss, back in time.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "rnn-backward",
        478,
        "The network unrolled over four steps, with a loss L 1 to L 4 above the hidden states h "
        "1 to h 4. Forward arrows run from each input up to its hidden state, from each hidden "
        "state right to the next, and up to its loss. Gradient arrows run against them: down "
        "from each loss into its hidden state, and left from h 4 to h 3, to h 2, to h 1. At "
        "every hidden state two gradients meet at a plus sign and are added: one from its own "
        "loss, one from the future. From beyond the last step comes zero.",
    )
    loss, hidden, inputs = 40, 202, 348  # the rows' y
    steps, pitch = (130, 284, 438, 592), 154  # the columns' x
    half, half_wide, half_high = 27, 40, 48  # of a box, and of a hidden state's
    ahead, back = hidden + 23, hidden - 23  # the state passes below the middle, the gradient above
    up, down = -17, 17  # and beside a column's middle

    drawing.symbol(24, ahead, "h_0", "hidden")
    for t, x in enumerate(steps, 1):
        drawing.box(x, loss, 2 * half, 2 * half, "target")
        drawing.symbol(x, loss, f"L_{t}", "target")
        drawing.box(x, hidden, 2 * half_wide, 2 * half_high, "hidden")
        drawing.symbol(x, ahead, f"h_{t}", "hidden")
        drawing.box(x, inputs, 2 * half, 2 * half, "input")
        drawing.symbol(x, inputs, f"x_{t}", "input")
        drawing.arrow("muted", (x, inputs - half), (x, hidden + half_high))
        drawing.arrow("muted", (x + up, hidden - half_high), (x + up, loss + half))
        before = x - pitch + half_wide if t > 1 else 42
        drawing.arrow("muted", (before, ahead), (x - half_wide, ahead))

    for x in steps:
        meet = x + down
        drawing.plus(meet, back, "gradient")
        drawing.arrow("gradient", (meet, loss + half), (meet, back - OPERATOR))
        drawing.text(meet + 8, 98, "own loss", "gradient", anchor="start")
        after = meet + pitch - OPERATOR if x < steps[-1] else 694
        drawing.arrow("gradient", (after, back), (meet + OPERATOR, back))
        drawing.text(x + pitch / 2, back - 16, "future", "gradient")
    drawing.text(707, back, "0", "gradient", size=24, font=MATH_UPRIGHT)

    drawing.arrow("muted", (20, 418), (60, 418))
    drawing.text(72, 418, "forward: each step hands its state to the next", "muted", anchor="start")
    drawing.arrow("gradient", (60, 450), (20, 450))
    drawing.text(
        72, 450, "backward: at each state two gradients meet and add up", "gradient", anchor="start"
    )
    return str(drawing)


def truncated_bptt():
    """Draw truncated back-propagation: the state crosses between chunks, the gradient stops.

    Returns
    -------
    str
        The SVG.
    """
    text = "Forty-one hams. "
    drawing = Drawing(
        "truncated-bptt",
        524,
        "A text of sixteen characters is cut into two rows of eight, and the rows into two "
        "chunks of four steps. Each row runs on from chunk 1 to chunk 2. In both rows the "
        "hidden state passes from step to step, h 0 to h 8, and crosses the border between the "
        "chunks. The gradient runs back from the last step of each chunk to its first, and "
        "stops at a bar on the chunk's left border.",
    )
    _text_in_rows(drawing, text)
    pitch, half_wide, half_high = 64, 20, 31  # of the steps, and of a hidden state's box
    margin = 48  # from a chunk's border to the middle of its first step
    starts = (126, 454)  # x of each chunk's first step
    rows = (193, 339)  # y of each row's hidden states
    for chunk, start in enumerate(starts, 1):
        middle = start + 1.5 * pitch
        drawing.text(middle, 120, f"chunk {chunk}", "muted")
        drawing.box(middle, 288, 3 * pitch + 2 * margin, 296, "line")
    for row, y in enumerate(rows):
        ahead, back, tiles = y + 12, y - 14, y + 57
        drawing.text(8, tiles, f"row {row + 1}", "muted", anchor="start")
        drawing.symbol(30, ahead, "h_0", "hidden")
        before = 48
        for t in range(8):
            chunk, step = divmod(t, 4)
            x = starts[chunk] + step * pitch
            drawing.arrow("hidden", (before, ahead), (x - half_wide, ahead))
            before = x + half_wide
            drawing.box(x, y, 2 * half_wide, 2 * half_high, "hidden")
            drawing.symbol(x, ahead, f"h_{t + 1}", "hidden", size=24)
            drawing.box(x, tiles, 36, 36, "input")
            drawing.text(x, tiles, _visible(text[8 * row + t]), "input", size=24, font=MONO)
            begin = x if step == 3 else x + half_wide
            stop = x - margin if step == 0 else x - pitch + half_wide
            drawing.arrow("gradient", (begin, back), (stop, back))
            if step == 0:
                drawing.line("gradient", (stop, back - 16), (stop, back + 16))
        drawing.arrow("hidden", (before, ahead), (716, ahead))
    drawing.arrow("hidden", (20, 470), (60, 470))
    drawing.text(72, 470, "the state is carried into the next chunk", "hidden", anchor="start")
    drawing.arrow("gradient", (60, 502), (22, 502))
    drawing.line("gradient", (20, 492), (20, 512))
    drawing.text(72, 502, "the gradient stops where its chunk begins", "gradient", anchor="start")
    return str(drawing)


def _text_in_rows(drawing, text):
    """Write the text along the top, with a bracket under each half that names its row."""
    start, pitch = 191, 26
    drawing.text(8, 24, "text", "muted", anchor="start")
    for place, character in enumerate(text):
        drawing.text(start + place * pitch, 24, _visible(character), "input", size=24, font=MONO)
    for row in (0, 1):
        left = start + (8 * row - 0.4) * pitch
        right = left + 7.8 * pitch
        drawing.line("muted", (left, 41), (left, 51), (right, 51), (right, 41))
        drawing.text((left + right) / 2, 68, f"row {row + 1}", "muted")


def _visible(character):
    return "␣" if character == " " else character
