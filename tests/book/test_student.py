"""The student notebooks: no solution is in them, every gap stops, and all other cells run."""

import runpy

import jupytext
import nbformat
import pytest
from checks import ROOT, expect_none
from checks import student as checks
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

TOOL = runpy.run_path(str(ROOT / "tools" / "student.py"))
CHAPTERS = sorted((ROOT / "notebooks").glob("*.md"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all student notebooks, as `make student` writes them."""
    folder = tmp_path_factory.mktemp("student")
    TOOL["main"](folder)
    return folder


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_student_version_holds_no_solution(folder, path):
    chapter, student = jupytext.read(path), nbformat.read(folder / f"{path.stem}.ipynb", 4)
    nbformat.validate(student)
    assert checks.code(chapter, checks.SOLUTION)[0], "a chapter has solutions to take out"
    expect_none(checks.leaks(chapter, student))
    expect_none(checks.gaps(chapter, student))
    assert "jupytext" not in student.metadata, "saving must not write a second file"


def test_a_student_version_runs_to_its_gaps(folder):
    student = nbformat.read(folder / "03_autograd.ipynb", 4)
    expect_none(checks.stops(student, folder))


# Broken on purpose: a tiny chapter.


@pytest.fixture
def chapter():
    """A chapter with one exercise, whose solution shares its first line with another cell."""
    return new_notebook(
        cells=[
            new_markdown_cell("# A chapter"),
            new_code_cell("x = 1\nprint(x)"),
            new_markdown_cell("### Exercise 1: change (doubled)\n\nDouble it."),
            new_code_cell(
                "print(x)\ndoubled = 2 * x\nassert doubled == 2",
                metadata={"tags": ["hide-cell", "solution"], "jupyter": {"source_hidden": True}},
            ),
            new_code_cell("print(x + 1)"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}, "jupytext": {}},
    )


@pytest.fixture
def student(chapter):
    """Its student version."""
    return TOOL["student_version"](chapter)


def test_a_good_student_version_passes(chapter, student, tmp_path):
    [gap], kept = checks.code(student, checks.GAP)
    assert "Exercise 1: change (doubled)" in gap.source
    assert len(kept) == 2 and student.cells[1].source.startswith("*This is the student version. 1 ")
    expect_none(checks.leaks(chapter, student))
    expect_none(checks.gaps(chapter, student))
    expect_none(checks.stops(student, tmp_path))
    assert "doubled = 2" in chapter.cells[3].source, "the chapter itself is not changed"


def test_a_line_of_a_solution_is_seen(chapter, student):
    student.cells[-1].source += "\n    doubled = 2 * x"
    student.cells[0].source += "\n\nprint(x)"  # now there is one more than in the other cells
    assert checks.leaks(chapter, student) == [
        "a solution's line is left: print(x)",
        "a solution's line is left: doubled = 2 * x",
    ]


def test_a_changed_cell_a_hidden_gap_and_an_output_are_seen(chapter, student):
    [gap], kept = checks.code(student, checks.GAP)
    kept[0].source = "x = 2"
    kept[1].outputs = [new_output("stream", text="2")]
    gap.metadata["jupyter"] = {"source_hidden": True}
    said = checks.gaps(chapter, student)
    assert [problem.split(":")[0] for problem in said] == [
        "cells that are no solutions have changed",
        "hidden",
        "an output is left",
    ]
    student.cells.remove(gap)
    assert "1 solutions, 0 gaps" in checks.gaps(chapter, student)


def test_a_gap_that_does_not_stop_and_a_cell_that_does_are_seen(student, tmp_path):
    [gap], kept = checks.code(student, checks.GAP)
    gap.source = gap.source.replace("raise ", "pass  # ")
    kept[-1].source = "print(doubled)"  # a name that only the solution defines
    said = checks.stops(student, tmp_path)
    assert len(said) == 2 and "ends in []" in said[0] and "['NameError']" in said[1]


@pytest.mark.parametrize("heading", ["### Exercise 1: juggle", "## Exercises"])
def test_a_solution_under_no_exercise_is_an_error(chapter, heading):
    chapter.cells[2].source = heading
    with pytest.raises(ValueError, match="Exercise 1: predict"):
        TOOL["student_version"](chapter)
