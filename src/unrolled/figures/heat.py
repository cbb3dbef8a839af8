"""A text with its units: one row of shaded cells for each, above the characters."""

import re

import numpy as np

from unrolled.figures.diagrams.drawing import LABEL, MONO, WIDTH, Drawing

SHADES = 4  # on either side of zero
ROW, CELL, LINE, GAP = 24, 22, 28, 18  # heights: of a row, its cells, the text, between strips
LETTER = 0.602 * LABEL  # width of a letter in the widest of the fonts
PITCH = 13.3  # from one character to the next
EDGE = 8


def heat_map(passage, values, names, alt, role="cell", limit=2.0):
    """Draw what some units do over a text, character by character, in strips of one line each.

    A line that is wider than the picture is broken at a space.

    Parameters
    ----------
    passage : str, of length N
        The text.
    values : ndarray of float, shape (N, U)
        One column for each unit. Zero is blank; values beyond `limit` look like it.
    names : sequence of str, of length U
        What to call the units: the shorter, the more of the text fits beside them.
    alt : str
        What the picture shows, for someone who can't see it.
    role : str, default "cell"
        The palette's color for values above zero. Those below are ink.
    limit : float, default 2.0
        The size of a value with the fullest shade.

    Returns
    -------
    str
        The SVG.

    Raises
    ------
    ValueError
        If there is no text or no unit, the values' shape is not (N, U), one of them is not finite,
        the limit is not above zero, or a name leaves no room for the text.
    """
    values = np.asarray(values, float)
    _check(passage, values, names, limit)
    levels = np.rint(np.clip(values / limit, -1, 1) * SHADES).astype(int)  # (N, U)
    margin = EDGE + LETTER * max(map(len, names)) + 12  # left of the cells, for the names
    columns = int((WIDTH - EDGE - margin) // PITCH)
    if columns < 10:
        raise ValueError(f"{max(names, key=len)!r} leaves no room for the text: use a shorter name")
    strip = len(names) * ROW + LINE + GAP
    strips = lines(passage, columns)
    drawing = Drawing("heat-map", len(strips) * strip + 44, alt)
    corners = {}  # of the cells of each shade
    done = 0
    for n, line in enumerate(strips):
        part, top = slice(done, done + len(line)), EDGE + n * strip
        done = part.stop
        lefts = [margin + column * PITCH for column in range(len(line))]
        for row, name in enumerate(names):
            y = top + row * ROW
            drawing.text(margin - 12, y + CELL / 2, name, "muted", anchor="end", font=MONO)
            for left, level in zip(lefts, levels[part, row], strict=True):
                corners.setdefault(level, []).append((left, y))
        centers = [left + PITCH / 2 for left in lefts]
        shown = line.replace("\n", "↵")
        drawing.letters(centers, top + len(names) * ROW + LINE / 2, shown)
    for level, places in corners.items():
        _shade(drawing, role, level, places, PITCH)
    _legend(drawing, role, limit, min(margin, WIDTH - 340), len(strips) * strip + 22)
    return str(drawing)


def lines(passage, columns):
    """Break a text after each line's end, and a line that is too long also after spaces.

    Line ends that follow each other stay together. The parts together are the text.
    """
    parts = []
    for line in re.findall(r"[^\n]*\n+|[^\n]+", passage):
        while len(line) > columns:
            cut = line.rfind(" ", 0, columns) + 1 or columns
            parts.append(line[:cut])
            line = line[cut:]
        parts.append(line)
    return parts


def _check(passage, values, names, limit):
    if not (len(passage) and len(names)):
        raise ValueError("nothing to draw: passage and names need at least one entry each")
    if values.shape != (len(passage), len(names)):
        raise ValueError(
            f"values have shape {values.shape}; a text of {len(passage)} characters and "
            f"{len(names)} names need {(len(passage), len(names))}"
        )
    if not np.isfinite(values).all():
        n, u = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(f"values[{n}, {u}] is {values[n, u]}: values must be finite numbers")
    if not limit > 0:
        raise ValueError(f"limit is {limit}: it must be above zero")


def _shade(drawing, role, level, corners, width):
    """Fill all cells of one shade, as one path."""
    color = role if level > 0 else "ink"
    strength = abs(level) / SHADES * (1 if level > 0 else 0.75)
    drawing.cells(color, strength, corners, width, CELL)


def _legend(drawing, role, limit, left, y):
    least, most, width = f"−{limit:g}", f"{limit:g}", 26
    first = left + LETTER * len(least) + 8
    drawing.text(left, y, least, "muted", anchor="start", font=MONO)
    for n, level in enumerate(range(-SHADES, SHADES + 1)):
        _shade(drawing, role, level, [(first + n * width, y - CELL / 2)], width)
    end = first + (2 * SHADES + 1) * width + 8
    drawing.text(end, y, most, "muted", anchor="start", font=MONO)
