"""The simple recurrent network: unrolled, its gradient, and the gradient cut into chunks."""

from unrolled.figures.diagrams.drawing import MATH_UPRIGHT, MONO, OPERATOR, SYMBOL, Drawing


def rnn_unrolled():
    """Draw a recurrent network folded, with its loop, and unrolled over three characters.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "rnn-unrolled",
        514,
        "Left, the network folded: the input x t feeds the hidden state h t through the matrix "
        "W ih, the hidden state feeds itself through W hh in a loop, and the logits z t through "
        "W out. Right, the same network unrolled over three steps. The characters W, r, e "
        "enter as x 1 to x 3. Each hidden state, h 1 to h 3, comes from the input below it and "
        "the hidden state on its left, the first from h 0. Each step's logits are to predict "
        "the next character: r, e and n. The three matrices are the same at every step.",
    )
    target, logits, hidden, inputs, character = 78, 156, 282, 408, 484  # the rows' y
    folded, steps = 112, (382, 514, 646)  # the columns' x
    half = 27  # of a box

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
        drawing.symbol(x + 9, (inputs + hidden) / 2, "W_ih", anchor="start")
        drawing.symbol(x + 9, (hidden + logits) / 2 - 15, "W_out", anchor="start")  # off W_hh

    drawing.text(folded, 22, "folded", "muted")
    column(folded, "t")
    edge, reach = folded + half, folded + half + 26
    loop = [(edge, hidden - 13), (reach, hidden - 13), (reach, hidden + 13), (edge, hidden + 13)]
    drawing.arrow("hidden", *loop)
    drawing.symbol(reach + 6, hidden, "W_hh", anchor="start")
    for y, name in [
        (target, "what comes next"),
        (logits, "logits"),
        (hidden - 14, "hidden"),
        (hidden + 14, "state"),
        (inputs, "input"),
        (character, "what is read"),
    ]:
        drawing.text(4, y, name, "muted", anchor="start")

    words = "unrolled: always the same weights"
    drawing.text(steps[1] - 10, 22, words, "muted")
    drawing.symbol(steps[0] - 114, hidden, "h_0", "hidden")
    before = steps[0] - 94  # where the arrow from the hidden state before begins
    for t, (x, reads, follows) in enumerate(zip(steps, "Wre", "ren", strict=True), 1):
        column(x, t)
        drawing.arrow("hidden", (before, hidden), (x - half, hidden))
        drawing.symbol((before + x - half) / 2 - 3, hidden - 25, "W_hh")
        before = x + half
        for y, letter, role in [(target, follows, "target"), (character, reads, "input")]:
            drawing.box(x, y, 42, 42, role)
            drawing.text(x, y, letter, role, size=28, font=MONO)
        drawing.line("muted", (x, target + 25), (x, logits - half), dotted=True)
        drawing.arrow("input", (x, character - 21), (x, inputs + half))
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
        548,
        "The network unrolled over three steps, with a loss L 1 to L 3 above the hidden states h "
        "1 to h 3. Forward arrows run from each input up to its hidden state, from each hidden "
        "state right to the next, and up to its loss. Gradient arrows run against them: down "
        "from each loss into its hidden state, where W out transposed times delta z t arrives, and "
        "left from h 3 to h 2, to h 1, where W hh transposed times delta a t arrives. At every "
        "hidden state two gradients, one from its own loss and one from the future, meet at a plus "
        "sign, and add up to delta h t. From beyond the last step comes zero.",
    )
    loss, hidden, inputs = 36, 258, 402  # the rows' y
    steps, pitch = (114, 332, 550), 218  # the columns' x
    half, half_wide, half_high = 27, 56, 58  # of a box, and of a hidden state's
    ahead, back = hidden + 30, hidden - 28  # the state passes below the middle, the gradient above
    up, down = -38, 38  # and beside a column's middle

    drawing.symbol(24, ahead, "h_0", "hidden")
    for t, x in enumerate(steps, 1):
        drawing.box(x, loss, 112, 2 * half, "target")
        drawing.symbol(x, loss, f"L_{t}", "target")
        drawing.box(x, hidden, 2 * half_wide, 2 * half_high, "hidden")
        drawing.symbol(x, ahead, f"h_{t}", "hidden")
        drawing.box(x, inputs, 2 * half, 2 * half, "input")
        drawing.symbol(x, inputs, f"x_{t}", "input")
        drawing.arrow("muted", (x, inputs - half), (x, hidden + half_high))
        drawing.symbol(x + 9, (inputs - half + hidden + half_high) / 2, "W_ih", anchor="start")
        drawing.arrow("muted", (x + up, hidden - half_high), (x + up, loss + half))
        before = x - pitch + half_wide if t > 1 else 44
        drawing.arrow("muted", (before, ahead), (x - half_wide, ahead))

    for t, x in enumerate(steps, 1):
        meet, last = x + down, x == steps[-1]
        drawing.plus(meet, back, "gradient")
        drawing.symbol(x - 24, back - 1, f"δh_{t}", "gradient")
        drawing.arrow("gradient", (meet, loss + half), (meet, back - OPERATOR))
        drawing.symbol(x - 3, 132, "W_out")
        drawing.text(meet + 10, 86, "own loss", "gradient", anchor="start")
        arrives = ("W_out^T", "ink"), (f"δz_{t}", "gradient")
        drawing.formula(meet + 10, 126, *arrives, anchor="start")
        after = x + pitch - half_wide if not last else 690
        drawing.arrow("gradient", (after, back), (meet + OPERATOR, back))
        if not last:
            middle = x + pitch / 2
            drawing.text(middle, back - 66, "future", "gradient")
            arrives = ("W_hh^T", "ink"), (f"δa_{t + 1}", "gradient")
            drawing.formula(middle, back - 29, *arrives)
            drawing.symbol(middle, hidden + 5, "W_hh")
    drawing.text(704, back, "0", "gradient", size=SYMBOL, font=MATH_UPRIGHT)

    drawing.legend(476, "muted", "forward: each step hands its state on")
    words = "backward: at each state two gradients add up"
    drawing.legend(512, "gradient", words, back=True)
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
        532,
        "A text of sixteen characters is cut into two rows of eight, and the rows into two "
        "chunks of four steps. Each row runs on from chunk 1 to chunk 2. In row 1 the "
        "hidden state passes from step to step, h 0 to h 8, and crosses the border between the "
        "chunks; row 2 has states of its own, which do the same. The gradient runs back from the "
        "last step of each chunk to its first, and stops at a bar on the chunk's left border.",
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
        ahead, back, tiles = y + 9, y - 17, y + 57
        drawing.text(8, tiles, f"row {row + 1}", "muted", anchor="start")
        if row == 0:
            drawing.symbol(30, ahead, "h_0", "hidden")
        before = 48
        for t in range(8):
            chunk, step = divmod(t, 4)
            x = starts[chunk] + step * pitch
            drawing.arrow("hidden", (before, ahead), (x - half_wide, ahead))
            before = x + half_wide
            drawing.box(x, y, 2 * half_wide, 2 * half_high, "hidden")
            if row == 0:  # the other row has states of its own
                drawing.symbol(x, ahead, f"h_{t + 1}", "hidden")
            drawing.box(x, tiles, 36, 36, "input")
            drawing.text(x, tiles, _visible(text[8 * row + t]), "input", size=24, font=MONO)
            begin = x if step == 3 else x + half_wide
            stop = x - margin if step == 0 else x - pitch + half_wide
            drawing.arrow("gradient", (begin, back), (stop, back))
            if step == 0:
                drawing.line("gradient", (stop, back - 16), (stop, back + 16))
        drawing.arrow("hidden", (before, ahead), (716, ahead))
    drawing.legend(470, "hidden", "the state is carried into the next chunk")
    drawing.legend(504, "gradient", "the gradient stops where its chunk begins", back=True)
    drawing.line("gradient", (15, 494), (15, 514))
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
