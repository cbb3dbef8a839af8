"""Results of long runs: a JSON file each, written by one command, read by notebooks and pages."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from unrolled.weights import write_whole

FOLDER = Path(__file__).parents[2] / "data" / "results"  # the repository's
PACKAGED = Path(__file__).parent / "data" / "results"  # the same files, in a wheel


def save(name, facts, packages=("numpy",)):
    """Write ``data/results/<name>.json``, with the machine and the versions that made it.

    Parameters
    ----------
    name : str
        The file's name, without its suffix.
    facts : dict
        Anything that JSON can say.
    packages : iterable of str
        The packages whose versions matter.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    write(FOLDER / f"{name}.json", facts, packages)


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


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
