"""Checks on a student notebook, beside the chapter that it was made from."""

from collections import Counter

from nbclient import NotebookClient

from checks.notebooks import tags

GAP, SOLUTION = "exercise", "solution"  # the tags of what students write, and of what is hidden


def code(notebook, tag):
    """Split the code cells of a notebook: those that have a tag, and those that don't."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [c for c in cells if tag in tags(c)], [c for c in cells if tag not in tags(c)]


def lines(cells):
    """Count the lines in some cells, comments included, without their indentation."""
    found = (line.strip() for cell in cells for line in cell.source.splitlines())
    return Counter(line for line in found if line)


def leaks(chapter, student):
    """No line of a solution is left, but for those that the chapter's other cells hold too."""
    solutions, others = map(lines, code(chapter, SOLUTION))
    left = lines(student.cells)
    return [f"a solution's line is left: {line}" for line in solutions if left[line] > others[line]]


def gaps(chapter, student):
    """Each solution is a gap that students see, other code is as it was, nothing has an output."""
    problems = []
    solutions, others = code(chapter, SOLUTION)
    empty, kept = code(student, GAP)
    if len(empty) != len(solutions):
        problems.append(f"{len(solutions)} solutions, {len(empty)} gaps")
    if [cell.source for cell in kept] != [cell.source for cell in others]:
        problems.append("cells that are no solutions have changed")
    problems += [f"hidden: {c.source[:60]!r}" for c in empty if c.metadata != {"tags": [GAP]}]
    problems += [f"an output is left: {c.source[:60]!r}" for c in empty + kept if c.outputs]
    return problems


def stops(student, folder):
    """Executed in a folder, every gap stops the notebook, and no other cell does."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        student, timeout=600, kernel_name="python3", allow_errors=True, resources=resources
    )
    client.execute()
    empty, kept = code(student, GAP)
    expected = [(cell, ["NotImplementedError"]) for cell in empty] + [(cell, []) for cell in kept]
    return [
        f"ends in {found}, not in {names}: {cell.source[:60]!r}"
        for cell, names in expected
        if (found := [out.ename for out in cell.outputs if out.output_type == "error"]) != names
    ]
