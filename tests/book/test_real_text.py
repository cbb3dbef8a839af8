"""The chapters run on the real Tiny Shakespeare too, with every assertion in them.

Not those that ask about the play, and name it.
"""

import os
import re
from pathlib import Path

import pytest
from checks import CHAPTERS
from checks.notebooks import code_cells, run_as_program

from unrolled import results

DATA = Path(os.environ.get("UNROLLED_DATA", ""))
READS = re.compile(r"\b(text\.load_corpus|speakers\.load)\((?!\"play\")")
READERS = [p for p in CHAPTERS if any(READS.search(cell.source) for _, cell in code_cells(p))]


@pytest.mark.skipif(
    not os.environ.get("UNROLLED_DATA") or not (DATA / "shakespeare.txt").is_file(),
    reason="UNROLLED_DATA names no folder with shakespeare.txt",
)
@pytest.mark.parametrize("path", READERS, ids=lambda path: path.stem)
def test_a_chapter_runs_on_tiny_shakespeare(path, tmp_path):
    corpus = {"UNROLLED_CORPUS": "shakespeare", "UNROLLED_DATA": str(DATA.resolve())}
    run = run_as_program(path, tmp_path, **corpus)
    assert run.returncode == 0, run.stderr[-3000:]
    play = [output.get("text/plain", "") for output in results.outputs(path.with_suffix(""))]
    differ = [text for text in play if text not in run.stdout]
    assert len(differ) > 3, "it has read another text"
