"""Numbers in a picture: a network of a few units reads a word, and learns from it."""

import numpy as np

from unrolled.figures.diagrams.drawing import MONO, Drawing
from unrolled.numpy_models import softmax

STEPS = (178, 330, 482, 634)  # the columns' x
ASIDE = 36  # from there to the way forward, on the left, and to the way back, on the right
WIDE, HIGH, PITCH = 68, 30, 33  # of a number's cell, and from one to the next below
TILE = 44  # of a character's box
NEXT, SAID, LOGITS = 30, 98, 307  # the y of what comes next; the arrays' upper ends
BELOW = 46  # from an array to the one below, with that one's name between them
TERMS = (236, 316, 396, 476, 556, 658)  # the x of the terms and the sum that are pushed back


def worked_example(
    characters, hidden, logits, targets, d_logits, d_hidden, weight_out=None, decimals=2
):
    """Draw four steps of a small network with all numbers: forward, and the gradient.

    The network reads all of `characters` but the last, and is to predict the next one each time.
    So they are the text and, in this order, the vocabulary. In equations, for a loss that is the
    sum over the steps: p = softmax(z), δz = p - y, δh_t = W_outᵀ δz_t + W_hhᵀ δa_{t+1}.

    Parameters
    ----------
    characters : str, of length 5
        What the network knows, as ``Wren:``. It reads the first four.
    hidden : ndarray of float, shape (4, H)
        The hidden states h_1 to h_4; three units look best.
    logits : ndarray of float, shape (4, 5)
        The logits z_1 to z_4, a column for each character. Their softmax is computed here.
    targets : sequence of int, of length 4
        Which character comes next, at each step: its place in `characters`.
    d_logits : ndarray of float, shape (4, 5)
        The gradient of the summed loss with respect to the logits.
    d_hidden : ndarray of float, shape (4, H)
        The gradient with respect to the hidden states, with what comes from later steps.
    weight_out : ndarray of float, shape (5, H), optional
        If given, one number is pushed back by hand, below: the first entry of δh_4, from δz_4.
    decimals : int, default 2
        How many to write: 1 or 2.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If a shape, a target or the number of decimals is wrong, a number is 10 or more, `d_logits`
        is not p - y, or `weight_out` does not lead from `d_logits` to the last of `d_hidden`.
    """
    arrays = [np.asarray(array, float) for array in (hidden, logits, d_logits, d_hidden)]
    probabilities = _check(characters, *arrays, targets, weight_out, decimals)
    h, z, dz, dh, p = (_written(array, decimals) for array in (*arrays, probabilities))
    states, scores = _height(h[0]), _height(z[0])
    back = LOGITS + scores + BELOW  # the upper end of the gradient, below the logits
    bottom = back + states + 22 + BELOW  # and of the hidden state, below the way back in time
    tiles = bottom + states + 24 + TILE / 2
    legend = tiles + 56
    height = legend + (56 if weight_out is None else 258)
    drawing = Drawing("worked-example", height, _alt(characters, targets, p))

    start, level = 56, bottom + states / 2  # of the arrow from the hidden state before
    drawing.symbol(30, level, "h_0", "hidden")
    for t, x in enumerate(STEPS):
        left, right = x - ASIDE, x + ASIDE
        up, down = left + 20, right + 20
        drawing.arrow("hidden", (start, level), (left - WIDE / 2, level))
        drawing.arrow("input", (left, tiles - TILE / 2), (left, bottom + states))
        drawing.arrow("hidden", (up, bottom), (up, LOGITS + scores))
        drawing.arrow("ink", (up, LOGITS), (up, SAID + scores))
        drawing.arrow("target", (down, NEXT + TILE / 2), (down, SAID))
        drawing.arrow("gradient", (down, SAID + scores), (down, back))
        if t:  # back in time, over the way up to the logits
            turn, leave, arrive = back + states + 22, right - 20, STEPS[t - 1] + ASIDE + 20
            drawing.bridge(up, turn)
            corners = (leave, back + states), (leave, turn), (arrive, turn)
            drawing.arrow("gradient", *corners, (arrive, back + states))
            drawing.symbol((start + left - WIDE / 2) / 2, level - 27, "W_hh")
        start = left + WIDE / 2

        _tile(drawing, left, tiles, characters[t], "input")
        _tile(drawing, right + 10, NEXT, characters[targets[t]], "target")
        for at, top, name, role, numbers in (
            (left, SAID, "p", "ink", p),
            (right, SAID, "δz", "gradient", dz),
            (left, LOGITS, "z", "ink", z),
            (right, back, "δh", "gradient", dh),
            (left, bottom, "h", "hidden", h),
        ):
            drawing.symbol(at - 14, top - 23, f"{name}_{t + 1}", role)
            for n, number in enumerate(numbers[t]):
                frame = "target" if top == SAID and n == targets[t] else "line"
                if weight_out is not None and (t, top, n) == (len(STEPS) - 1, back, 0):
                    frame = "gradient"
                _cell(drawing, at, top + n * PITCH + HIGH / 2, number, role, frame)

    drawing.text(8, NEXT, "comes next", "muted", anchor="start")
    drawing.text(8, tiles, "is read", "muted", anchor="start")
    for top in (SAID, LOGITS):
        for n, character in enumerate(characters):
            drawing.text(90, top + n * PITCH + HIGH / 2, character, "muted", size=24, font=MONO)
    for n in range(len(h[0])):  # not characters
        drawing.text(102, back + n * PITCH + HIGH / 2, f"unit {n + 1}", "muted", anchor="end")
    drawing.legend(legend, "hidden", "forward, from step to step")
    drawing.legend(legend + 34, "gradient", "the gradient, from the last step back", back=True)
    if weight_out is not None:
        _push_back(drawing, legend + 86, characters, weight_out, arrays[2], arrays[3], decimals)
    return str(drawing)


def _push_back(drawing, y, characters, weight_out, d_logits, d_hidden, decimals):
    """Write out the sum of products that is the first entry of the last hidden state's gradient."""
    weights, errors = np.asarray(weight_out, float)[:, 0], d_logits[-1]
    last, names = len(d_logits), y + 40
    drawing.symbol(8, y, f"δh_{last}", "gradient", anchor="start")
    drawing.text(66, y, "its first entry, by hand", "muted", anchor="start")
    for x, character in zip(TERMS, characters, strict=False):
        drawing.text(x, names, character, "muted", size=24, font=MONO)
    rows = [("W_out", "ink", weights), (f"δz_{last}", "gradient", errors)]
    rows.append(("", "gradient", weights * errors))
    drawing.text(80, names + 38, "column 1", "muted", anchor="start")
    for n, (name, role, numbers) in enumerate(rows, 1):
        level = names + 38 * n
        if name:
            drawing.symbol(8, level, name, role, anchor="start")
        else:
            drawing.text(8, level, "product", "muted", anchor="start")
        for x, number in zip(TERMS, _written(numbers, decimals), strict=False):
            _cell(drawing, x, level, number, role, "line")
    drawing.text((TERMS[-2] + TERMS[-1]) / 2, level, "=")
    total = _written(d_hidden[-1, 0], decimals)
    _cell(drawing, TERMS[-1], level, total, "gradient", "gradient")


def _cell(drawing, x, y, number, role, frame):
    drawing.box(x, y, WIDE, HIGH, frame)
    drawing.text(x, y, number, role)


def _tile(drawing, x, y, letter, role):
    drawing.box(x, y, TILE, TILE, role)
    drawing.text(x, y, letter, role, size=28, font=MONO)


def _height(numbers):
    return PITCH * len(numbers) - (PITCH - HIGH)


def _written(numbers, decimals):
    """Numbers as text: one, or lists of them as deep as the array."""
    if np.ndim(numbers):
        return [_written(row, decimals) for row in numbers]
    return f"{round(float(numbers), decimals) + 0.0:.{decimals}f}".replace("-", "−")  # no -0


def _alt(characters, targets, p):
    steps = ", ".join(
        f"after {characters[t]} comes {characters[target]}, and had the probability {p[t][target]}"
        for t, target in enumerate(targets)
    )
    return (
        f"A recurrent network of a few units reads {characters[: len(STEPS)]}, one character at a "
        "time. At each step, a column of numbers for the hidden state h, above it the logits z, "
        "above them the probabilities p. Beside them the gradient comes down again: that of the "
        "logits, p minus 1 for the character that comes next and p for the others, then that of "
        f"the hidden state, which also comes back from the step after. In this example, {steps}."
    )


def _check(characters, hidden, logits, d_logits, d_hidden, targets, weight_out, decimals):
    """Raise if anything doesn't fit, and return the probabilities."""
    steps, known = len(STEPS), len(characters)
    if known != steps + 1:
        raise ValueError(f"characters are {characters!r}: it must be {steps + 1} of them")
    if hidden.ndim != 2 or hidden.shape[0] != steps or not 1 <= hidden.shape[1] <= 4:
        raise ValueError(f"hidden has shape {hidden.shape}: it must be ({steps}, H), H at most 4")
    for name, array, shape in (
        ("logits", logits, (steps, known)),
        ("d_logits", d_logits, (steps, known)),
        ("d_hidden", d_hidden, hidden.shape),
        ("targets", np.asarray(targets), (steps,)),
    ):
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}: it must be {shape}")
    if max(np.abs(array).max() for array in (hidden, logits, d_logits, d_hidden)) >= 10:
        raise ValueError("a number has two digits before the point: it must be below 10")
    if any(target not in range(known) for target in targets):
        raise ValueError(f"targets are {list(targets)}: each must be from 0 to {known - 1}")
    if decimals not in (1, 2):
        raise ValueError(f"decimals is {decimals}: it must be 1 or 2")
    probabilities = softmax(logits)
    if not np.allclose(d_logits, probabilities - np.eye(known)[list(targets)]):
        raise ValueError("d_logits is not p - y: it must be the gradient of the summed loss")
    if weight_out is not None:
        weight_out = np.asarray(weight_out, float)
        if weight_out.shape != (known, hidden.shape[1]):
            wanted = known, hidden.shape[1]
            raise ValueError(f"weight_out has shape {weight_out.shape}: it must be {wanted}")
        if not np.allclose(d_logits[-1] @ weight_out, d_hidden[-1]):
            raise ValueError("weight_out does not lead from the last of d_logits to d_hidden")
    return probabilities
