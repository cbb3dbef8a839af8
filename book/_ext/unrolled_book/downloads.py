"""What a chapter can be opened with: its files, Colab, Binder; and the links to its repository.

Each chapter is offered as `.ipynb` and `.md` in the site's `downloads/`, beside a wheel of the
package that it imports. If the site's address is known (`UNROLLED_SITE`), a first cell is put
before it that installs the wheel from there: opened alone, in an empty folder, the notebook runs.
Colab can open notebooks only from a repository, so the workflow `publish` pushes `downloads/` to a
branch named `colab`.
"""

import os
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import jupytext
import nbformat
from hatchling.builders.wheel import WheelBuilder
from sphinx.application import Sphinx

from unrolled_book.cards import chapter_pages

FOLDER = "downloads"
INSTALL = """\
# Installs what this notebook imports. Where it is installed already, skip this cell.
%pip install --quiet "unrolled{extra} @ {wheel}"\
"""


def write_downloads(app: Sphinx) -> None:
    """Write the wheel, and of each chapter both files, into the site's `downloads`."""
    if not Path(app.srcdir, "pyproject.toml").is_file():
        return  # the small books of the tests have no package
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    [wheel] = WheelBuilder(str(app.srcdir)).build(directory=str(folder), versions=["standard"])
    address = f"{app.config.html_baseurl}{FOLDER}/{Path(wheel).name}"
    for page in chapter_pages(Path(app.srcdir)):
        notebook = nbformat.read(Path(app.srcdir, f"{page}.ipynb"), as_version=4)
        if app.config.html_baseurl:
            notebook.cells.insert(0, install_cell(notebook, address))
        name = Path(page).name
        nbformat.write(notebook, folder / f"{name}.ipynb")
        jupytext.write(notebook, folder / f"{name}.md", fmt="md:myst")


def install_cell(notebook: nbformat.NotebookNode, wheel: str) -> nbformat.NotebookNode:
    """Return the cell that installs the wheel, with PyTorch if the notebook imports it."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    extra = "[torch]" if re.search(r"^\s*(?:import|from) torch\b", code, re.M) else ""
    return nbformat.v4.new_code_cell(INSTALL.format(extra=extra, wheel=wheel), id="install")


def offer(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the page's template the links of a chapter, and those to the repository."""
    pathto, repository = context["pathto"], os.environ.get("UNROLLED_REPOSITORY", "").rstrip("/")
    branch = os.environ.get("UNROLLED_BRANCH") or "main"
    chapter = page in chapter_pages(Path(app.srcdir))
    name = Path(page).name
    context["open_links"] = context["repository_links"] = []
    if chapter:
        files = [(s, pathto(f"{FOLDER}/{name}{s}", 1), True) for s in (".ipynb", ".md")]
        hosts = run_links(repository, branch, name, bool(app.config.html_baseurl))
        context["open_links"] = files + [(text, address, False) for text, address in hosts]
    if repository and doctree is not None:
        source = f"{page}.md"  # of a chapter too: its .ipynb is written from it
        dash = "/-" if "gitlab" in repository else ""
        context["repository_links"] = [
            ("Edit this page", f"{repository}{dash}/edit/{branch}/{source}"),
            ("Report a problem", f"{repository}{dash}/issues"),
            ("The repository", repository),
        ]


def run_links(repository: str, branch: str, name: str, site: bool) -> list[tuple[str, str]]:
    """List `(text, address)` of the services that can run a chapter of this repository.

    Parameters
    ----------
    repository, branch : str
        The repository's address, or "", and its branch.
    name : str
        The chapter's file, without its suffix.
    site : bool
        Whether the site's address is known, from which Colab's copy installs the package.
    """
    if not repository:
        return []
    on_github = urlsplit(repository).netloc == "github.com"
    path = urlsplit(repository).path.strip("/")
    where = f"gh/{path}" if on_github else f"git/{quote(repository, safe='')}"
    tree = quote(f"lab/tree/notebooks/{name}.ipynb", safe="")
    binder = f"https://mybinder.org/v2/{where}/{quote(branch, safe='')}?urlpath={tree}"
    colab = f"https://colab.research.google.com/github/{path}/blob/colab/{name}.ipynb"
    return ([("Colab", colab)] if on_github and site else []) + [("Binder", binder)]


def setup(app: Sphinx) -> None:
    """Register the events."""
    app.connect("builder-inited", write_downloads)
    app.connect("html-page-context", offer)
