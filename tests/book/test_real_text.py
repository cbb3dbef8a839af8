"""The chapters run on the real Tiny Shakespeare too, with every assertion in them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checks import ROOT
from checks.notebooks import code_cells

from unrolled import results

DATA = Path(os.environ.get("UNROLLED_DATA", ""))


def printed(path):
    """What a notebook's cells print."""
    return [output.get("text/plain") for output in results.outputs(path.with_suffix(""))]


@pytest.mark.skipif(
    not os.environ.get("UNROLLED_DATA") or not (DATA / "shakespeare.txt").is_file(),
    reason="UNROLLED_DATA names no folder with shakespeare.txt",
)
@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_chapter_runs_on_tiny_shakespeare(path, tmp_path):
    command = ["-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, *command, str(path)],
        env=os.environ | {"UNROLLED_CORPUS": "shakespeare", "UNROLLED_DATA": str(DATA.resolve())},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    if any("load_corpus(" in cell.source for _, cell in code_cells(path)):
        assert printed(tmp_path / path.name) != printed(path), "it has read another text"
