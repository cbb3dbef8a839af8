"""Numbers that pages quote: results of long runs, a JSON file each, and what the chapters printed.

Experiments write the files; the chapters' cells are run again by the tests, which compare what they
put out. So what is quoted from here still holds.
"""

import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np

from unrolled.weights import write_whole

FOLDER = Path(__file__).parents[2] / "data" / "results"  # the repository's
PACKAGED = Path(__file__).parent / "data" / "results"  # the same files, in a wheel
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"  # the repository's; a wheel has none


def save(name, facts, packages=("numpy",)):
    """Write ``data/results/<name>.json``, with the command, machine and versions that made it.

    Parameters
    ----------
    name : str
        The file's name, without its suffix.
    facts : dict
        Anything that JSON can say. If it names a ``"command"`` itself, that one stays.
    packages : iterable of str
        The packages whose versions matter.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = {"command": f"make result NAME={name}"}
    write(FOLDER / f"{name}.json", command | facts, packages)


def write(path, facts, packages=("numpy",)):
    """Write facts to a JSON file of any name, with the machine and the versions that made it.

    Parameters
    ----------
    path : Path
        The file, written by `weights.write_whole`.
    facts, packages
        As in `save`.
    """
    made_by = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
    }
    write_whole(path, (json.dumps(facts | {"made_by": made_by}, indent=1) + "\n").encode())


def load(name):
    """Read what `save` wrote.

    Parameters
    ----------
    name : str
        The file's name, without its suffix.

    Returns
    -------
    dict
        The facts, and under ``made_by`` the machine and the versions.

    Raises
    ------
    FileNotFoundError
        If there is no such result; the message names those there are.
    """
    folder = PACKAGED if PACKAGED.is_dir() else FOLDER
    path = folder / f"{name}.json"
    if not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.json"))
        raise FileNotFoundError(f"no result named {name!r}; there are {known}")
    return json.loads(path.read_text(encoding="utf-8"))


def outputs(chapter):
    """What a chapter's cells put out, as its notebook stores it.

    Parameters
    ----------
    chapter : str or path
        The notebook's name, such as ``"01_rnn_from_scratch"``; or its path, without suffix.

    Returns
    -------
    list of dict
        For each output, in order, its media types and texts. What is printed is ``text/plain``.

    Raises
    ------
    FileNotFoundError
        If there is no such chapter; the message names those there are. An installed package has
        none: they are in the book's repository.
    """
    path = NOTEBOOKS / f"{chapter}.ipynb"
    if not path.is_file():
        known = sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb"))
        there = f"there are {known}" if known else "chapters are only in the book's repository"
        raise FileNotFoundError(f"no chapter {str(chapter)!r}; {there}")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = [output for cell in cells for output in cell.get("outputs", [])]
    found = [one["data"] if "data" in one else {"text/plain": one.get("text", "")} for one in found]
    return [{kind: "".join(text) for kind, text in one.items()} for one in found]


def printed(chapter, template):
    """What a chapter printed in one line, as it printed it.

    Parameters
    ----------
    chapter : str or path
        As in `outputs`.
    template : str
        The line, with ``{}`` in place of each piece that is asked for: ``"cost: {} nats"``.

    Returns
    -------
    str or tuple of str
        The piece, or the pieces if there are several.

    Raises
    ------
    FileNotFoundError
        As in `outputs`.
    ValueError
        If the template has no ``{}``, or fits no line of the chapter's output, or more than one.
    """
    if "{}" not in template:
        raise ValueError(f"the template {template!r} has no {{}}: it asks for nothing")
    pattern = re.compile("(.+?)".join(map(re.escape, template.split("{}"))))
    texts = [output.get("text/plain", "") for output in outputs(chapter)]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    found = [match for line in lines if (match := pattern.fullmatch(line))]
    if len(found) != 1:
        raise ValueError(f"{len(found)} lines that {chapter} printed fit {template!r}, not one")
    pieces = tuple(piece.strip() for piece in found[0].groups())
    return pieces if len(pieces) > 1 else pieces[0]


def spread(values, digits=3):
    """Mean ± standard deviation over some starts, as pages show it: ``1.705 ± 0.007``.

    Parameters
    ----------
    values : sequence of float
        One for each start; at least two.
    digits : int, default 3
        Decimals.

    Returns
    -------
    str
        With no-break spaces, so that it stays on one line.
    """
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    return f"{mean:.{digits}f}\N{NBSP}±\N{NBSP}{deviation:.{digits}f}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
