"""The chapters as cards: what each promises, how long it takes, what you can do afterwards.

All of it is read from the chapters themselves.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx_external_toc.parsing import parse_toc_yaml

HEAD = re.compile(
    r"^# (?P<title>.+?)\n\n(?P<promise>.+?)\n\n"
    r"\*\*Time\*\*: (?P<time>.+?)\.\\?\n.+?"
    r"\n\nAfter this chapter you can\n\n(?P<outcomes>(?:- [^\n]+\n(?:  [^\n]+\n)*)+)",
    re.M | re.S,
)


@dataclass
class Chapter:
    """What the first lines of a chapter say, in Markdown."""

    title: str
    promise: str
    time: str  # as in "about 45 minutes to read, under a minute to run"
    outcomes: str  # a list


def read_chapter(path: Path) -> Chapter:
    """Read the first lines of a chapter's `.md`.

    Raises
    ------
    ExtensionError
        If they don't say what a chapter says: see CONTRIBUTING.md.
    """
    found = HEAD.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ExtensionError(
            f"{path.name}: a title, a promise, **Time** and 'After this chapter you can' are"
            " expected, in this order"
        )
    return Chapter(**found.groupdict())


def chapter_pages(folder: Path) -> list[str]:
    """List the chapters of the table of contents, such as `notebooks/01_name`, in order."""
    pages = parse_toc_yaml(folder / "_toc.yml")
    return sorted(page for page in pages if re.match(r"notebooks/\d", page))


class ChapterCards(SphinxDirective):
    """The directive `{chapters}`: a card for each chapter."""

    def run(self) -> list[nodes.Node]:
        """Return the list of cards."""
        cards = nodes.bullet_list(classes=["u-cards"])
        for page in chapter_pages(Path(self.env.srcdir)):
            source = Path(self.env.srcdir, f"{page}.md")
            self.env.note_dependency(str(source))
            card = nodes.list_item(classes=["u-card"])
            self.state.nested_parse(self._lines(page, read_chapter(source)), 0, card)
            card[0]["classes"].append("u-card-title")
            card[2]["classes"].append("u-card-time")
            cards += card
        return [cards]

    def _lines(self, page: str, chapter: Chapter) -> StringList:
        text = f"[{chapter.title}](/{page})\n\n{chapter.promise}\n\n"
        text += f"{chapter.time[0].upper()}{chapter.time[1:]}.\n\n"
        text += f"Afterwards you can\n\n{chapter.outcomes}"
        return StringList(text.splitlines(), source=self.env.doc2path(self.env.docname))


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("chapters", ChapterCards)
