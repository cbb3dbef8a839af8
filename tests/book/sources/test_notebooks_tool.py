"""`make notebook` keeps the outputs of code that has not changed, and no others."""

import copy

import jupytext
import nbformat
import pytest
from checks import CHAPTERS

import notebooks


@pytest.fixture
def pair():
    """A chapter as its .md has it, and as it was executed."""
    executed = nbformat.read(CHAPTERS[0], 4)
    return jupytext.read(CHAPTERS[0].with_suffix(".md")), executed


def outputs(notebook):
    return [cell.outputs for cell in notebooks.code_cells(notebook)]


def test_a_typo_in_the_text_keeps_the_outputs(pair):
    source, executed = pair
    source.cells[0].source += "\nOne more sentence."
    assert notebooks.keep_outputs(source, executed)
    assert outputs(source) == outputs(executed)
    assert source.cells[0].source.endswith("One more sentence.")
    assert [c.execution_count for c in notebooks.code_cells(source)] == list(
        range(1, len(outputs(source)) + 1)
    )


def edit(source, executed):
    notebooks.code_cells(source)[3].source += "  # changed"


def swap(source, executed):
    first, second = (source.cells.index(cell) for cell in notebooks.code_cells(source)[1:3])
    source.cells[first], source.cells[second] = source.cells[second], source.cells[first]


def drop(source, executed):
    source.cells.remove(notebooks.code_cells(source)[-1])


def forget(source, executed):
    notebooks.code_cells(executed)[2].execution_count = None


@pytest.mark.parametrize("change", [edit, swap, drop, forget])
def test_changed_code_is_executed(pair, change):
    source, executed = copy.deepcopy(pair)
    change(source, executed)
    assert not notebooks.keep_outputs(source, executed)
    assert not any(outputs(source))


def test_a_notebook_is_named_by_its_beginning():
    assert [path.stem for path in notebooks.named(["02"])] == ["02_lstm_from_scratch"]
    assert len(notebooks.named([])) > 6
    for wrong in ("0", "nothing"):
        with pytest.raises(SystemExit, match="not one; there are 01_"):
            notebooks.named([wrong])
