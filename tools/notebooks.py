"""Write each notebook's .ipynb anew from its .md, executed. Run it as `make notebooks`.

The .md is the source of what goes in, the .ipynb of what came out. Nothing is kept from the old
.ipynb, and nothing that depends on the clock or the machine is written into the new one.
"""

import os
import sys
import time
from pathlib import Path

import jupytext
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
TALK = ROOT / "book" / "teach" / "lunch_and_learn.md"
TIMEOUT = 600  # seconds for one cell; a chapter should take less than 60 in all


def execute(source):
    """Execute one notebook, in its own folder, and write it.

    Parameters
    ----------
    source : Path
        The .md file. The .ipynb goes beside it.
    """
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # the default is random
    resources = {"metadata": {"path": str(source.parent)}}
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources=resources,
    )
    client.execute()
    notebook.metadata.get("language_info", {}).pop("version", None)
    jupytext.write(notebook, source.with_suffix(".ipynb"))


def main(names):
    """Execute the named notebooks, or all."""
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar is never twice the same
    os.environ.pop("UNROLLED_CORPUS", None)  # the stored outputs are those of the play
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the matrices are small
    found = {path.stem: path for path in [*sorted((ROOT / "notebooks").glob("*.md")), TALK]}
    for name in names:
        if Path(name).stem not in found:
            sys.exit(f"{name} is no notebook: name some of {', '.join(found)}, or none for all")
    for source in [found[Path(name).stem] for name in names] or found.values():
        start = time.perf_counter()
        execute(source)
        print(f"{source.stem}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
