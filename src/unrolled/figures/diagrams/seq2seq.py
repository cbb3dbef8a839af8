"""An encoder and a decoder: with one vector between them, and with attention."""

from unrolled.figures.diagrams.drawing import MONO, Drawing

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
    _states(drawing, state)
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
        562,
        "At the bottom the encoder's states h 1 to h 4, in a frame, and the decoder's s 1 and s 2. "
        "At its second step, s 2 goes to a box above each encoder state: the dot products of s 2 "
        "with h 1, h 2, h 3 and h 4. All four go into one softmax, which gives the weights alpha 1 "
        "to alpha 4. The weights, and by a wide arrow all of the encoder's states, go into the "
        "weighted mean. It goes to the head, together with s 2, and the head writes the character "
        "i.",
    )
    top, head, softmax, product, state = 64, 142, 236, 314, 400
    encoder, decoder = (64, 156, 248, 340), (516, 632)
    lane, left, right, now = 412, 12, 434, decoder[1]
    middle, width = (left + right) / 2, right - left
    drawing.box(middle, state, width, 76, "muted")
    _chain(drawing, state, "encoder", "h", encoder, READ, title_y=538)
    _chain(drawing, state, "decoder", "s", decoder, START + WRITTEN[:1], title_y=538)
    drawing.arrow("hidden", (encoder[-1] + HALF, state), (decoder[0] - HALF, state))

    drawing.arrow("hidden", (lane, state - 38), (lane, head + 22), wide=True)
    drawing.bridge(lane, product)
    drawing.arrow("hidden", (now, product), (encoder[-1] + 42, product))
    for x, after in zip(encoder, encoder[1:], strict=False):  # on from one product to the next
        drawing.line("hidden", (x + 42, product), (after - 42, product))
    drawing.arrow("hidden", (now, state - HALF), (now, head + 22))
    drawing.dot(now, product, "hidden")
    for t, x in enumerate(encoder, 1):
        drawing.arrow("hidden", (x, state - HALF), (x, product + 22))
        drawing.box(x, product, 84, 44, "ink")
        drawing.formula(x, product, ("s_2", "hidden"), "⋅", (f"h_{t}", "hidden"))
        drawing.arrow("ink", (x, product - 22), (x, softmax + 20))
        drawing.arrow("ink", (x, softmax - 20), (x, head + 22))
        drawing.symbol(x - 10, (softmax + head) / 2, f"α_{t}", anchor="end")
    drawing.box((encoder[0] + encoder[-1]) / 2, softmax, encoder[-1] - encoder[0] + 84, 40, "ink")
    drawing.text((encoder[0] + encoder[-1]) / 2, softmax, "softmax")
    drawing.box(middle, head, width, 44, "hidden")
    drawing.text(middle, head, "weighted mean", "hidden")

    drawing.arrow("hidden", (right, head), (now - 36, head))
    drawing.box(now, head, 72, 44, "ink")
    drawing.text(now, head, "head")
    drawing.arrow("ink", (now, head - 22), (now, top + TILE / 2))
    _tile(drawing, now, top, WRITTEN[1], "target")
    return str(drawing)


def _states(drawing, y):
    """Draw both chains of states, what each reads below it, and the arrow between the chains."""
    _chain(drawing, y, "encoder", "h", ENCODER, READ)
    _chain(drawing, y, "decoder", "s", DECODER, START + WRITTEN[:-1])
    drawing.arrow("hidden", (ENCODER[-1] + HALF, y), (DECODER[0] - HALF, y), wide=True)


def _chain(drawing, y, title, name, columns, reads, title_y=24):
    drawing.text((columns[0] + columns[-1]) / 2, title_y, title, "muted")
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
