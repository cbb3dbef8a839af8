"""Write notebooks' .ipynb from their .md, executed: `make notebooks`, or `make notebook NAME=02`.

The .md is the source of what goes in, the .ipynb of what came out. Without a name every notebook is
executed. One that is named, by the beginning of its name, keeps its outputs if no code cell has
changed: to execute it all the same, delete its .ipynb first. Nothing that depends on the clock or
the machine is written. The notebooks of `book/` quote what those of `notebooks/` print: they come
last.
"""

import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PAIRED = "---\njupytext:"
TIMEOUT = 600  # seconds for one cell; a chapter should take less than 60 in all


def code_cells(notebook):
    """List the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def keep_outputs(notebook, old):
    """Take over what the same code has put out; False, and nothing is taken, if code differs."""
    pairs = list(zip(code_cells(notebook), code_cells(old), strict=False))
    if len(code_cells(notebook)) != len(code_cells(old)) or any(
        new.source != before.source or before.execution_count is None for new, before in pairs
    ):
        return False
    for new, before in pairs:
        new.outputs, new.execution_count = before.outputs, before.execution_count
    notebook.metadata["language_info"] = old.metadata["language_info"]
    return True


def execute(notebook, folder):
    """Execute a notebook in a folder; its outputs are in it afterwards."""
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    notebook.metadata.get("language_info", {}).pop("version", None)


def sources():
    """List the .md of every notebook: of those in `notebooks/`, and of those in `book/`.

    Among the pages of `book/`, a notebook is one whose header pairs it with an .ipynb.
    """
    pages = sorted(ROOT.glob("book/**/*.md"))
    paired = [page for page in pages if page.read_text(encoding="utf-8").startswith(PAIRED)]
    return sorted(ROOT.glob("notebooks/*.md")) + paired


def named(names):
    """List the .md that the names begin; all if there are no names."""
    found = {name: [s for s in sources() if s.stem.startswith(Path(name).stem)] for name in names}
    for name, some in found.items():
        if len(some) != 1:
            known = ", ".join(source.stem for source in sources())
            sys.exit(f"{len(some)} notebooks begin with {name!r}, not one; there are {known}")
    return [source for some in found.values() for source in some] or sources()


def main(names):
    """Bring the named notebooks up to date, or execute all."""
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar is never twice the same
    os.environ.pop("UNROLLED_CORPUS", None)  # the stored outputs are those of the play
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the matrices are small
    for source in named(names):
        start, target = time.perf_counter(), source.with_suffix(".ipynb")
        notebook = jupytext.read(source)
        for number, cell in enumerate(notebook.cells):
            cell.id = f"cell-{number}"  # the default is random
        kept = names and target.exists() and keep_outputs(notebook, nbformat.read(target, 4))
        if not kept:
            execute(notebook, source.parent)
        jupytext.write(notebook, target)
        how = "no code has changed: outputs kept" if kept else "executed"
        print(f"{source.stem}: {how}, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
