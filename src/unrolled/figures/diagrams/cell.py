"""What the drawings of gated cells have in common: their blocks, what those read, the signs."""

# The y of the road along the top, of the blocks, of what they all read, of x_t, and of the signs.
ROAD, BLOCK, READ, BELOW, SIGNS = 88, 314, 404, 492, 570
JOIN = 106  # the x where the inputs meet
LEFT, RIGHT = 80, 664  # the cell's edges
HALF_WIDE, HALF_HIGH = 62, 42  # of a block
HEIGHT = 648  # of the drawing


def frame(drawing):
    """Draw the cell's edge."""
    drawing.box((LEFT + RIGHT) / 2, 230, RIGHT - LEFT, 428, "line")


def read(drawing):
    """Draw x_t on its way to where it meets h_{t-1}."""
    drawing.box(JOIN, BELOW, 56, 52, "input")
    drawing.symbol(JOIN, BELOW, "x_t", "input")
    drawing.arrow("input", (JOIN, BELOW - 26), (JOIN, READ + 4))
    drawing.dot(JOIN, READ, "muted")


def block(drawing, x, squash, word, half_wide=HALF_WIDE):
    """Draw a block, and the line to it from the inputs."""
    drawing.arrow("muted", (JOIN + 4, READ), (x, READ), (x, BLOCK + HALF_HIGH))
    drawing.box(x, BLOCK, 2 * half_wide, 2 * HALF_HIGH, "gate")
    drawing.symbol(x, BLOCK - 17, squash, "gate")
    drawing.text(x, BLOCK + 19, word, "gate")


def note(drawing):
    """Say what a block does with what it reads."""
    words = "each block has weights of its own"
    drawing.text(JOIN + 44, BELOW, words, "muted", anchor="start")


def signs(drawing):
    """Explain the signs, in two rows below the cell."""
    left, right, lower = 36, 320, SIGNS + 40
    drawing.arrow("muted", (left - 24, SIGNS), (left + 24, SIGNS))
    drawing.text(left + 38, SIGNS, "a vector", "muted", anchor="start")
    drawing.line("muted", (left - 24, lower), (left, lower))
    drawing.line("muted", (left, lower + 20), (left, lower))
    drawing.dot(left, lower, "muted")
    drawing.arrow("muted", (left, lower), (left + 24, lower))
    drawing.text(left + 38, lower, "both are read", "muted", anchor="start")
    drawing.times(right, SIGNS, "muted")
    drawing.text(right + 28, SIGNS, "product, entry by entry", "muted", anchor="start")
    drawing.plus(right, lower, "muted")
    drawing.text(right + 28, lower, "sum, entry by entry", "muted", anchor="start")
