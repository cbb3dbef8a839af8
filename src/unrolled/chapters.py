"""What the chapters' cells printed, as their notebooks store it: other pages quote it from here."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "notebooks"  # the repository's; a wheel has none


def printed(chapter, template):
    """What a chapter printed in one line, as it printed it.

    The tests run every chapter again and compare its outputs, so what is quoted here still holds.

    Parameters
    ----------
    chapter : str
        The notebook's name, such as ``"01_rnn_from_scratch"``.
    template : str
        The line, with ``{}`` in place of each piece that is asked for: ``"cost: {} nats"``.

    Returns
    -------
    str or tuple of str
        The piece, or the pieces if there are several.

    Raises
    ------
    FileNotFoundError
        If there is no such chapter; the message names those there are.
    ValueError
        If the template has no ``{}``, or fits no line of the chapter's output, or more than one.
    """
    if "{}" not in template:
        raise ValueError(f"the template {template!r} has no {{}}: it asks for nothing")
    pattern = re.compile("(.+?)".join(map(re.escape, template.split("{}"))))
    found = [match for line in _lines(chapter) if (match := pattern.fullmatch(line))]
    if len(found) != 1:
        raise ValueError(f"{len(found)} lines that {chapter} printed fit {template!r}, not one")
    pieces = tuple(piece.strip() for piece in found[0].groups())
    return pieces if len(pieces) > 1 else pieces[0]


def _lines(chapter):
    """The lines that a chapter's cells printed, without the spaces around them."""
    path = FOLDER / f"{chapter}.ipynb"
    if not path.is_file():
        known = sorted(p.stem for p in FOLDER.glob("*.ipynb"))
        raise FileNotFoundError(f"no chapter {chapter!r}; there are {known}")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            for line in "".join(output.get("text", "")).splitlines():
                yield line.strip()
