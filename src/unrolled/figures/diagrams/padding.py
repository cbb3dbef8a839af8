"""Sequences of different lengths side by side: padded, masked and packed."""

from unrolled.figures.diagrams.drawing import MONO, Drawing


def padding():
    """Draw four words padded to one length, their mask, and the same words packed.

    Returns
    -------
    str
        The SVG.
    """
    drawing = Drawing(
        "padding",
        636,
        "Top left, four words as the rows of an array, with their lengths: the, 3; harbor, 6; at, "
        "2; gates, 5. Empty squares pad them to six. Top right, the mask: 1 at letters and 0 at "
        "empty squares. Below, the same words with the longest first, harbor, gates, the, at, and "
        "no padding: a staircase. Its columns hold 4, 4, 3, 2, 2 and 1 letters: the batch sizes. "
        "At the bottom, the packed data: the staircase's columns one after the other.",
    )
    words = ("the", "harbor", "at", "gates")
    pitch, steps = 46, range(6)
    left, right = 122, 462  # x of each array's first column
    upper, lower = 68, 312  # y of each array's first row

    for x, title in ((52, "length"), (left + 2.5 * pitch, "padded"), (right + 2.5 * pitch, "mask")):
        drawing.text(x, 24, title, "muted")
    for row, word in enumerate(words):
        y = upper + row * pitch
        _number(drawing, 52, y, len(word))
        for t in steps:
            valid = t < len(word)
            drawing.pale = not valid
            _tile(drawing, left + t * pitch, y, word[t] if valid else "")
            drawing.pale = False
            _number(drawing, right + t * pitch, y, int(valid), "ink" if valid else "muted")

    drawing.text(left + 2.5 * pitch, lower - 44, "packed, the longest first", "muted")
    packed = sorted(words, key=len, reverse=True)
    columns = [[word[t] for word in packed if t < len(word)] for t in steps]
    for t, column in enumerate(columns):
        x = left + t * pitch
        for row, letter in enumerate(column):
            _tile(drawing, x, lower + row * pitch, letter)
        _number(drawing, x, lower + 4 * pitch + 2, len(column))
    for y, word in ((-12, "batch"), (12, "size")):
        drawing.text(8, lower + 4 * pitch + 2 + y, word, "muted", anchor="start")
    for y, words in ((lower, "a column is one step"), (lower + 28, "of the words still running")):
        drawing.text(right - 19, y, words, "muted", anchor="start")

    drawing.text(8, 562, "packed data: the columns one after the other", "muted", anchor="start")
    x = 26
    for column in columns:
        for letter in column:
            _tile(drawing, x, 606, letter)
            x += 41
        x += 8
    return str(drawing)


def _tile(drawing, x, y, letter):
    drawing.box(x, y, 38, 38, "input")
    drawing.text(x, y, letter, "input", size=24, font=MONO)


def _number(drawing, x, y, number, role="ink"):
    drawing.text(x, y, str(number), role, size=24, font=MONO)
