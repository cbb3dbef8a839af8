"""A line of text, shaded by how much of one prediction's gradient lies in each of its letters."""

import numpy as np

from unrolled.figures.diagrams.drawing import MONO, WIDTH, Drawing

COLUMNS = 36  # characters in a row; a line that is longer is broken at a space
SIZE, PITCH, CELL, ROW = 24, 19.5, 36, 42  # of a letter; of its place; from row to row
LABEL = 22  # on a phone, over 10 pixels
HEAD, GAP = 40, 18  # above a network's rows, and between two networks
EDGE = 9
SHADES = 12
FULL = 0.25  # the share with the fullest shade
STRONGEST = 0.6  # of the color, so that text on it can be read
MARKS = (0.01, 0.04, 0.09, 0.16, 0.25)  # of the legend: their square roots are evenly spaced


def shade(passage, rows, alt, role="gradient"):
    """Shade the letters of a text by what one prediction used, once for each network.

    A shade's strength goes with the square root of the share, on one scale for all such pictures;
    from 25 % on it is the fullest.

    Parameters
    ----------
    passage : str, of length N + 1
        The text. Its last character, in a box, is the one that was predicted.
    rows : dict of str to ndarray of float, shape (N,)
        For each network, the headline above its text, and the share of each letter before the last.
    alt : str
        What the picture shows, for someone who can't see it.
    role : str, default "gradient"
        The palette's color of the shade.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If there is no network or no letter, or the shares are not N numbers from 0 to 1.
    """
    rows = {name: np.asarray(row, float) for name, row in rows.items()}
    _check(passage, rows)
    lines = broken(passage)
    block = HEAD + ROW * len(lines) + GAP
    drawing = _Lines("letters", block * len(rows) + 46, alt)
    for number, (name, row) in enumerate(rows.items()):
        top = number * block
        drawing.text(EDGE, top + HEAD / 2 + 2, name, anchor="start", size=LABEL)
        corners, n = {}, 0
        for y, line in enumerate(lines):
            y = top + HEAD + ROW * y
            lefts = [EDGE + PITCH * column for column in range(len(line))]
            for left in lefts:
                if n < len(row):
                    corners.setdefault(level(row[n]), []).append((left, y))
                else:
                    drawing.box(left + PITCH / 2 + 2, y + CELL / 2, PITCH + 3, CELL, "target")
                n += 1
            drawing.waiting.append(([left + PITCH / 2 for left in lefts], y + CELL / 2, line))
        for shade_, places in sorted(corners.items()):
            drawing.cells(role, strength(shade_), places, PITCH, CELL)
        drawing.write()
    _legend(drawing, role, block * len(rows) + 22)
    return str(drawing)


def unpacked(row):
    """Turn a string of `data/results/letters.json` back into shares.

    Parameters
    ----------
    row : str
        Whole numbers from 0 to 255, 255 √share each.

    Returns
    -------
    ndarray of float
        First the share of all that stands before the passage, then that of each letter in it.
    """
    return (np.array(row.split(), float) / 255) ** 2


def broken(passage):
    """Break a text into rows: after the end of each line, and where it is too long, at a space.

    Parameters
    ----------
    passage : str

    Returns
    -------
    list of str
        With ↵ for the end of a line. Together they are as long as the text.
    """
    rows = []
    for line in passage.splitlines(keepends=True):
        line = line.replace("\n", "↵")
        while len(line) > COLUMNS:
            cut = line.rfind(" ", 0, COLUMNS) + 1 or COLUMNS
            rows.append(line[:cut])
            line = line[cut:]
        rows.append(line)
    return rows


def level(share):
    """How many of SHADES a share gets, an integer."""
    return int(np.rint(SHADES * min(1, (share / FULL) ** 0.5)))


def strength(level):
    """The opacity of a shade."""
    return STRONGEST * level / SHADES


class _Lines(Drawing):
    """A drawing that writes its rows of characters last, above the shades."""

    def __init__(self, *options):
        super().__init__(*options)
        self.waiting = []

    def write(self):
        """Write the rows: centers, y, characters."""
        for centers, y, line in self.waiting:
            xs = " ".join(f"{center:g}" for center in centers)
            solid = line.replace(" ", "\N{NO-BREAK SPACE}")  # else SVG joins and drops spaces
            self._text(xs, y, "ink", SIZE, "middle", font_family=MONO).text = solid
        self.waiting.clear()


def _check(passage, rows):
    if not rows or len(passage) < 2:
        raise ValueError("nothing to draw: name a network, and give two characters at least")
    for name, row in rows.items():
        if row.shape != (len(passage) - 1,):
            raise ValueError(
                f"{name!r} has shares of shape {row.shape}; a text of {len(passage)} characters, "
                f"the last one predicted, needs {(len(passage) - 1,)}"
            )
        if not ((row >= 0) & (row <= 1)).all():
            raise ValueError(f"{name!r} has shares that are not from 0 to 1")


def _legend(drawing, role, y):
    words = "share of the gradient:"
    drawing.text(EDGE, y, words, "muted", anchor="start", size=LABEL)
    left = EDGE + 0.62 * LABEL * len(words)
    width = (WIDTH - EDGE - left) / len(MARKS)
    for number, share in enumerate(MARKS):
        x = left + number * width
        drawing.cells(role, strength(level(share)), [(x, y - CELL / 2)], width, CELL)
        drawing.text(x + width / 2, y, f"{100 * share:.0f}\N{NBSP}%", size=LABEL)
