"""Write each notebook without its solutions, for a class. Run it as `make student`.

The notebooks in `notebooks/` hold one executed solution for each exercise. The student versions are
made from them, so nothing is kept twice: each solution becomes a gap with a line that stops the
notebook there, and no output is stored. The hidden answers of "Check yourself" stay: they are for
readers to check themselves with, and no student hands them in.
"""

import re
from copy import deepcopy
from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "notebooks"
TARGET = ROOT / "_build" / "student"

EXERCISE = re.compile(r"^### (Exercise \d+: (\w+).*)$", re.M)
# The kinds of exercises, by the first word after the number: what a student writes into the gap.
TASKS = {
    "predict": "Write down your prediction, then the code that puts it to the test.",
    "change": "Write the changed version, and an assertion that fails if it is wrong.",
    "build": "Build it, and assert that it equals something you know to be right.",
    "measure": "Measure it, print the numbers, and say in a comment what they mean.",
}
NOTE = """\
*This is the student version. {count} cells are yours to write. Each says what belongs there, and
stops the notebook until you have written it. The solutions are in the book, with the exercises.*"""


def gap(title, kind):
    """Make the cell that stands where a solution was.

    Parameters
    ----------
    title : str
        The heading of the exercise, such as ``Exercise 2: change (peepholes)``.
    kind : str
        One of `TASKS`.

    Returns
    -------
    NotebookNode
        A code cell that says what to write, and raises `NotImplementedError`.
    """
    lines = (
        f"# {title}. The text above has the task.",
        f"# {TASKS[kind]}",
        "# The next line stops the notebook here. Delete it when you begin.",
        f'raise NotImplementedError("{title}")',
    )
    return new_code_cell("\n".join(lines), metadata={"tags": ["exercise"]})


def student_version(notebook):
    """Take the solutions out of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        A chapter, as its ``.md`` holds it: without outputs. It is not changed.

    Returns
    -------
    NotebookNode
        The same cells, with a gap for each solution, and a note below the title.

    Raises
    ------
    ValueError
        If a solution stands under no heading that names an exercise, or under one of unknown kind.
    """
    student, cells, exercise = deepcopy(notebook), [], None
    for cell in student.cells:
        if cell.cell_type == "markdown":
            exercise = (EXERCISE.findall(cell.source) or [exercise])[-1]
        elif "solution" in cell.metadata.get("tags", []):
            if exercise is None or exercise[1] not in TASKS:
                raise ValueError(
                    f"the solution {cell.source[:40]!r} stands under {exercise}, and not under a "
                    f'heading like "### Exercise 1: predict"; there are {", ".join(TASKS)}'
                )
            cell = gap(*exercise)
        cells.append(cell)
    count = sum("exercise" in cell.metadata.get("tags", []) for cell in cells)
    cells.insert(1, new_markdown_cell(NOTE.format(count=count)))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the default is random
    student.cells = cells
    student.metadata.pop("jupytext", None)  # the pairing: saving would write a second file
    return student


def main(folder):
    """Write the student version of every notebook into a folder, and say where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(SOURCE.glob("*.md"))
    for source in sources:
        notebook = student_version(jupytext.read(source))
        nbformat.write(notebook, folder / f"{source.stem}.ipynb")
    print(f"{len(sources)} student notebooks: {folder}")


if __name__ == "__main__":
    main(TARGET)
