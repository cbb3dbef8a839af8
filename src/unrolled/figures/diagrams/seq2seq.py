"""An encoder and a decoder: with one vector between them, and with attention."""

from unrolled.figures.diagrams.drawing import MONO, OPERATOR, Drawing

ENCODER, DECODER = (52, 138, 224, 310), (470, 564, 658)  # the columns' x
HALF, TILE = 26, 38  # half of a state's box; a character's box
READ, WRITTEN, START = "tide", "tid", "▸"


def encoder_decoder():
    """Draw an encoder that reads four characters, and a decoder that writes three from its state.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "encoder-decoder",
        324,
        "On the left, the encoder reads the characters t, i, d, e, one at each step, into the "
        "hidden states h 1 to h 4. Its last state is the vector between: one thick arrow hands "
        "it to the decoder on the right, and nothing else crosses. The decoder's states s 1 to s "
        "3 write t, i and d above them. Each reads from below what was written the step before, "
        "the first a start sign.",
    )
    top, state = 92, 186
    _states(drawing, state, wide=True)
    for x, letter in zip(DECODER, WRITTEN, strict=True):
        drawing.arrow("hidden", (x, state - HALF), (x, top + TILE / 2))
        _tile(drawing, x, top, letter, "target")
    middle = (ENCODER[-1] + DECODER[0]) / 2
    drawing.text(middle, state - 48, "the vector", "muted")
    drawing.text(middle, state - 24, "between", "muted")
    return str(drawing)


def attention():
    """Draw the decoder's second step with attention: a weighted mean of all encoder states.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "attention",
        462,
        "The encoder's states h 1 to h 4 and the decoder's s 1 to s 3, at the decoder's second "
        "step. A dotted line goes from s 2 to a product above each encoder state: s 2 chooses "
        "their weights, alpha 1 to alpha 4. The weighted states come together in a sum, the "
        "weighted mean. It goes to the head, together with s 2, and the head writes the "
        "character i.",
    )
    top, head, product, state, legend = 72, 144, 206, 290, 432
    middle, now = (ENCODER[-1] + DECODER[0]) / 2, DECODER[1]
    _states(drawing, state)
    drawing.arrow("hidden", (now, state - HALF), (now, head + 20))
    drawing.box(now, head, 72, 40, "ink")
    drawing.text(now, head, "head")
    drawing.arrow("ink", (now, head - 20), (now, top + TILE / 2))
    _tile(drawing, now, top, WRITTEN[1], "target")

    drawing.dot(now, product, "muted")
    drawing.line("muted", (now, product), (ENCODER[0], product), dotted=True)
    for t, x in enumerate(ENCODER, 1):
        drawing.arrow("hidden", (x, state - HALF), (x, product + OPERATOR))
        drawing.times(x, product, "hidden")
        mean = (middle - OPERATOR, head)
        drawing.arrow("hidden", (x, product - OPERATOR), (x, head), mean)
        drawing.symbol(x - 8, (product + head) / 2, f"α_{t}", anchor="end")
    drawing.plus(middle, head, "hidden")
    drawing.text(middle, head - 32, "weighted mean", "muted")
    drawing.arrow("hidden", (middle + OPERATOR, head), (now - 36, head))

    drawing.line("muted", (20, legend), (62, legend), dotted=True)
    words = "at every step the decoder chooses the weights anew"
    drawing.text(76, legend, words, "muted", anchor="start")
    return str(drawing)


def _states(drawing, y, wide=False):
    """Draw both chains of states, what each reads below it, and the arrow between the chains."""
    _chain(drawing, y, "encoder", "h", ENCODER, READ)
    _chain(drawing, y, "decoder", "s", DECODER, START + WRITTEN[:-1])
    drawing.arrow("hidden", (ENCODER[-1] + HALF, y), (DECODER[0] - HALF, y), wide=wide)


def _chain(drawing, y, title, name, columns, reads):
    drawing.text((columns[0] + columns[-1]) / 2, 24, title, "muted")
    below = y + 94
    for t, (x, letter) in enumerate(zip(columns, reads, strict=True), 1):
        drawing.box(x, y, 2 * HALF, 2 * HALF, "hidden")
        drawing.symbol(x, y, f"{name}_{t}", "hidden")
        _tile(drawing, x, below, letter, "input")
        drawing.arrow("input", (x, below - TILE / 2), (x, y + HALF))
    for x, after in zip(columns, columns[1:], strict=False):
        drawing.arrow("hidden", (x + HALF, y), (after - HALF, y))


def _tile(drawing, x, y, letter, role):
    drawing.box(x, y, TILE, TILE, role)
    drawing.text(x, y, letter, role, size=24, font=MONO)
