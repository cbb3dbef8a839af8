"""The slides of the talk: its notebook as a reveal.js deck, which needs no network and no server.

nbconvert cuts the notebook into slides, the template in `book/_slides` writes them, and KaTeX
renders their math while they are built. The deck stands alone in its folder.
"""

import html
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.exporters import SlidesExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter
from sphinx.application import Sphinx

from unrolled_book.colors import palette_css
from unrolled_book.equations import KATEX, Renderer, copy_katex
from unrolled_book.figures import themed_svg
from unrolled_book.typefaces import characters, write_typefaces

NOTEBOOK = "book/teach/lunch_and_learn.ipynb"
TEMPLATE = "book/_slides"
REVEAL = "node_modules/reveal.js"
REVEAL_FILES = ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js")
CODE_STYLES = {
    ":root": "a11y-high-contrast-light",
    '[data-theme="dark"]': "a11y-high-contrast-dark",
}

WORDS_PER_MINUTE = 130
# How notes are written: the slide's minutes, what to say, the question to ask, the usual
# misunderstanding.
NOTES = re.compile(
    r"\*\*(?P<minutes>[1-9]\d*) minutes?\*\*\n\n(?P<say>.+?)\n\n"
    r"\*\*Ask:\*\* (?P<ask>.+?)\n\n\*\*Misunderstanding:\*\* (?P<trap>.+)",
    re.S,
)


@dataclass(frozen=True)
class Notes:
    """What a presenter has at hand for one slide, which begins `start` minutes into the talk."""

    start: int
    minutes: int
    say: str
    ask: str
    trap: str

    @property
    def end(self) -> int:
        """The minute at which the next slide begins."""
        return self.start + self.minutes

    @property
    def words(self) -> int:
        """The number of words to speak, the question to the room among them."""
        return len(re.findall(r"\w[\w'’-]*", f"{self.say} {self.ask}"))


def parse_notes(source: str, start: int = 0) -> Notes:
    """Read the notes of one slide.

    Parameters
    ----------
    source : str
        The source of a cell of the slide type "notes".
    start : int
        The minute at which the slide begins.

    Raises
    ------
    ValueError
        If they don't have the form of `NOTES`.
    """
    found = NOTES.fullmatch(source.strip())
    if not found:
        raise ValueError(f"notes must have the form of {NOTES.pattern!r}, not {source[:80]!r} ...")
    parts = found.groupdict()
    return Notes(start, int(parts.pop("minutes")), **parts)


def slide_type(cell: nbformat.NotebookNode) -> str:
    """Return a cell's slide type: "slide", "fragment", "notes", "skip", or "-" to go on."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def live(cell: nbformat.NotebookNode) -> bool:
    """Whether a code cell is run in front of the room: the deck shows the code of these alone."""
    return "live" in cell.metadata.get("tags", [])


def slides(notebook: nbformat.NotebookNode) -> list[list[nbformat.NotebookNode]]:
    """Return the cells of each slide, its notes among them."""
    parts = []
    for cell in notebook.cells:
        if slide_type(cell) == "slide":
            parts.append([])
        if slide_type(cell) != "skip" and parts:
            parts[-1].append(cell)
    return parts


def talk(notebook: nbformat.NotebookNode) -> list[Notes]:
    """Return the notes of all slides, in order, each where the one before it ends.

    Raises
    ------
    ValueError
        If a slide has no notes, or notes of another form.
    """
    found = []
    for number, cells in enumerate(slides(notebook), 1):
        sources = [cell.source for cell in cells if slide_type(cell) == "notes"]
        if len(sources) != 1:
            raise ValueError(f"slide {number} has {len(sources)} cells of notes, not 1")
        found.append(parse_notes(sources[0], found[-1].end if found else 0))
    return found


def show_clock(notebook: nbformat.NotebookNode, notes: list[Notes]) -> None:
    """Let each slide's notes begin with its minutes from the start of the talk."""
    cells = [cell for cell in notebook.cells if slide_type(cell) == "notes"]
    for cell, one in zip(cells, notes, strict=True):
        rest = cell.source.partition("\n")[2]
        cell.source = f"**Minute {one.start} to {one.end}**\n{rest}"


def record(notebook: nbformat.NotebookNode) -> None:
    """Move what each live cell has put out to the slide after it: the recorded result."""
    cells, waiting = [], None
    for cell in notebook.cells:
        cells.append(cell)
        if waiting and slide_type(cell) == "slide":
            cells.append(nbformat.v4.new_code_cell(outputs=waiting))
            waiting = None
        if cell.cell_type == "code" and live(cell):
            waiting, cell.outputs = cell.outputs, []
    notebook.cells = cells


class MathRenderer(IPythonRenderer):
    """nbconvert's Markdown, its math rendered by KaTeX."""

    def __init__(self, katex: Renderer):
        super().__init__(escape=False, exclude_anchor_links=True)
        self.katex = katex

    def block_math(self, body: str) -> str:
        """Return the HTML of a formula on its own line."""
        return self.katex.render(body.strip(), display=True)

    def inline_math(self, body: str) -> str:
        """Return the HTML of a formula within a line."""
        return self.katex.render(body, display=False)


class DeckExporter(SlidesExporter):
    """nbconvert's slides by this book's template, with its figures and its math.

    Parameters
    ----------
    root : Path
        The repository.
    katex : Renderer
        Renders the math.
    """

    def __init__(self, root: Path, katex: Renderer):
        folder = Path(root, TEMPLATE)
        super().__init__(template_name=folder.name, extra_template_basedirs=[str(folder.parent)])
        self.katex, self.num_figures = katex, 0
        self.register_filter("markdown2html", self.markdown)
        self.register_filter("results", self.results)

    def markdown(self, source: str) -> str:
        """Return the HTML of Markdown."""
        return MarkdownWithMath(renderer=MathRenderer(self.katex)).render(source)

    def results(self, cell: nbformat.NotebookNode) -> str:
        """Return the HTML of what a code cell has put out. Several figures are steps of one."""
        figures, others = [], []
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/svg+xml" in data:
                self.num_figures += 1
                figures.append(themed_svg(data["image/svg+xml"], f"figure-{self.num_figures}"))
            elif "text/markdown" in data and figures:
                caption = self.markdown(data["text/markdown"])
                figures[-1] += f"<figcaption>{caption}</figcaption>"
            elif "text/markdown" in data:
                others.append(f'<div class="result">{self.markdown(data["text/markdown"])}</div>')
            elif output.output_type == "stream":
                others.append(f'<pre class="output">{html.escape(output.text.rstrip())}</pre>')
        return steps(figures) + "".join(others)


def steps(figures: list[str]) -> str:
    """Return figures one upon the other, as fragments that take turns."""
    last, parts = len(figures) - 1, []
    for n, figure in enumerate(figures):
        state = "fade-out" if n == 0 else "current-visible" if n < last else "fade-in"
        fragment = f' class="fragment {state}" data-fragment-index="{max(n - 1, 0)}"'
        parts.append(f"<figure{fragment if last else ''}>{figure}</figure>")
    return f'<div class="figures">{"".join(parts)}</div>' if parts else ""


def style(root: Path) -> str:
    """Return the deck's style sheet: the palette's colors, the look, the colors of code."""
    own = Path(root, TEMPLATE, "slides.css").read_text(encoding="utf-8")
    code = [
        HtmlFormatter(style=name).get_style_defs(f"{theme} .highlight")
        for theme, name in CODE_STYLES.items()
    ]
    return "\n".join([palette_css(), *code, own])


def write_deck(root: Path, folder: Path, katex: Renderer) -> list[Notes]:
    """Write the deck.

    Parameters
    ----------
    root : Path
        The repository.
    folder : Path
        Where the deck goes: `index.html` and what it needs.
    katex : Renderer
        Renders the math.

    Returns
    -------
    list of Notes
        Those of all slides.

    Raises
    ------
    ValueError
        If a slide has no notes, or KaTeX can't render a formula.
    """
    notebook = nbformat.read(Path(root, NOTEBOOK), as_version=4)
    notes = talk(notebook)
    show_clock(notebook, notes)
    record(notebook)
    page, _ = DeckExporter(root, katex).from_notebook_node(notebook)

    folder.mkdir(parents=True, exist_ok=True)
    for name in REVEAL_FILES:
        shutil.copy(Path(root, REVEAL, name), folder)
    shutil.copy(Path(root, TEMPLATE, "slides.js"), folder)
    copy_katex(Path(root, KATEX), folder / "katex")
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    css = write_typefaces(root, folder, "block", characters(folder)) + style(root)
    (folder / "slides.css").write_text(css, encoding="utf-8", newline="\n")
    return notes


def build(app: Sphinx, exception: Exception | None) -> None:
    """Write the deck into the built book."""
    if exception is None and app.builder.name == "html":
        write_deck(Path(app.srcdir), Path(app.outdir, "slides"), app.katex)


def setup(app: Sphinx) -> None:
    """Register the deck."""
    app.connect("build-finished", build, priority=400)  # before KaTeX's process ends
