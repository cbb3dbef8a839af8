"""What a recurrent network is asked, and what one of its steps computes."""

from unrolled.figures.diagrams.drawing import MONO, Drawing


def next_character():
    """Draw the task: from the characters so far, a probability for each that may come next.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "next-character",
        290,
        "On the left, the characters W, r, e that a network has read. In the middle, the network. "
        "On the right, a bar for each character that may come next, n, d, space, a and s, as "
        "long as its probability, in this example. The character that does come next is "
        "n. The loss L t is minus the logarithm of the probability p that its bar stands for.",
    )
    middle, network, bars = 160, 254, 426
    drawing.text(80, middle - 46, "read so far", "muted")
    for x, letter in zip((34, 80, 126), "Wre", strict=True):
        drawing.box(x, middle, 38, 38, "input")
        drawing.text(x, middle, letter, "input", size=24, font=MONO)
    drawing.arrow("input", (145, middle), (network - 60, middle))
    drawing.box(network, middle, 120, 84, "hidden")
    drawing.text(network, middle, "network", "hidden")
    drawing.arrow("hidden", (network + 60, middle), (bars - 40, middle))

    drawing.text(bars - 28, 22, "how likely to come next", "muted", anchor="start")
    lengths = (140, 74, 42, 24, 12)  # an example
    for y, letter, length in zip(range(68, 290, 46), "nd␣as", lengths, strict=True):
        role = "target" if letter == "n" else "muted"
        drawing.text(bars - 20, y, letter, role, size=24, font=MONO)
        drawing.bar(bars, y, length, role)
    right = bars + 152
    drawing.text(right - 6, 68, "what came", "target", anchor="start")
    drawing.formula(right - 6, 106, ("L_t", "target"), " = −ln ", "p", anchor="start")
    return str(drawing)


def rnn_step():
    """Draw one step of a recurrent network in detail: every matrix and vector, with its shape.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "rnn-step",
        440,
        "One step of a recurrent network, its matrices and vectors as rectangles of their shape. "
        "First line: h t, of length H, is the tanh of a t, which is W ih, H by V, times the "
        "one-hot input x t, of length V, plus W hh, H by H, times h t minus 1, of length H, plus "
        "the bias b, of length H. Second line: the probabilities p t, of length V, are the "
        "softmax of the logits z t, which are W out, V by H, times h t, plus b out, of length V.",
    )
    x_t, hidden = ("x_t", "input", "V"), ("h_t", "hidden", "H")
    before, bias = ("h_t-1", "hidden", "H"), ("b", "ink", "H")
    inside = [("W_ih", "ink", "HV"), x_t, "+", ("W_hh", "ink", "HH"), before, "+", bias]
    _line(drawing, 110, hidden, "tanh", inside, "a_t")
    probabilities, out = ("p_t", "ink", "V"), ("W_out", "ink", "VH")
    inside = [out, hidden, "+", ("b_out", "ink", "V")]
    _line(drawing, 330, probabilities, "softmax", inside, "z_t")
    return str(drawing)


def _line(drawing, y, result, function, inside, name):
    """Draw an equation as arrays and signs, with brackets around what is inside the function."""
    high = 64  # half of the brackets' height
    x = _array(drawing, 16, y, *result)
    drawing.formula(x + 12, y, " = ", function, anchor="start")
    x += {"tanh": 122, "softmax": 168}[function]
    drawing.line("ink", (x + 10, y - high), (x, y - high), (x, y + high), (x + 10, y + high))
    x += 16
    for item in inside:
        if item == "+":
            drawing.symbol(x + 8, y, "+")
            x += 28
        else:
            x = _array(drawing, x, y, *item) + 12
    drawing.line("ink", (x - 6, y - high), (x + 4, y - high), (x + 4, y + high), (x - 6, y + high))
    drawing.text(x + 16, y - 14, "inside:", "muted", anchor="start")
    drawing.symbol(x + 16, y + 16, name, anchor="start")


def _array(drawing, x, y, name, role, shape):
    """Draw a matrix or vector to the right of x, named above, its shape below; return its end."""
    sizes = [{"H": 72, "V": 112}[letter] for letter in shape] + [32]
    high, wide = sizes[:2]
    drawing.box(x + wide / 2, y, wide, high, role)
    drawing.symbol(x + wide / 2, y - 86, name, role)
    comma = [", ", shape[1]] if len(shape) == 2 else [","]
    drawing.formula(x + wide / 2, y + 84, "(", shape[0], *comma, ")", size=22)
    if name == "x_t":  # the one 1 of a one-hot vector
        drawing.dot(x + wide / 2, y - 21, role)
    return x + wide
