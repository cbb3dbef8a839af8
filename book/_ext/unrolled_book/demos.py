"""Demos: what a reader can play with in the page, and what stands there until it runs.

The directive `demo` names a module in `book/_static/demos`, and holds what readers see without it:
in JupyterLab, on a code host, with no script. The module exports `mount(section)`, which replaces
that text. A style sheet of the same name, if there is one, goes to the pages with the demo; it
keeps the demo's height free, so that nothing below moves when the demo appears.
"""

import json
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

MODULES = "book/_static/demos"
WEIGHTS = "data/weights"
RESULTS = ("data/results/letters.json",)
LOADER = Path(__file__).with_name("demos.js")
LOG = logging.getLogger(__name__)


class Demo(nodes.General, nodes.Element):
    """A demo in the page; its children are what stands there until it runs."""


class DemoDirective(SphinxDirective):
    """Put a demo into the page."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the demo with its text."""
        self.assert_has_content()
        [name] = self.arguments
        modules = Path(self.env.srcdir, MODULES)
        if not (modules / f"{name}.mjs").is_file():
            known = sorted(path.stem for path in modules.glob("*.mjs"))
            LOG.warning(
                "there is no demo %r; there are %s", name, known, location=self.get_location()
            )
        demo = Demo(demo=name)
        self.state.nested_parse(self.content, self.content_offset, demo)
        return [demo]


def visit(translator: nodes.NodeVisitor, node: Demo) -> None:
    """Open the section."""
    attributes = {"class": "demo", "data-demo": node["demo"]}
    translator.body.append(translator.starttag(node, "section", **attributes))


def depart(translator: nodes.NodeVisitor, node: Demo) -> None:
    """Close it."""
    translator.body.append("</section>\n")


def load(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document) -> None:
    """Give a page with demos the loader, and the demos' style sheets."""
    names = {demo["demo"] for demo in doctree.findall(Demo)} if doctree else set()
    if names:
        # Inline, because browsers refuse to load a module into a page that was opened from a file.
        app.add_js_file(None, body=LOADER.read_text(encoding="utf-8"), type="module")
    for name in sorted(names):
        if Path(app.srcdir, MODULES, f"{name}.css").is_file():
            app.add_css_file(f"demos/{name}.css", priority=950)  # after the book's own


def copy_weights(app: Sphinx) -> None:
    """Copy the weights of the models that run in the page."""
    source = Path(app.srcdir, WEIGHTS)
    if source.is_dir():  # not in the small books of the tests
        shutil.copytree(source, Path(app.outdir, "_static", "weights"), dirs_exist_ok=True)


def copy_results(app: Sphinx) -> None:
    """Copy the results that demos show, without the machine that made them, and without spaces."""
    for name in RESULTS:
        source = Path(app.srcdir, name)
        if source.is_file():  # not in the small books of the tests
            facts = json.loads(source.read_text(encoding="utf-8"))
            facts.pop("made_by")
            target = Path(app.outdir, "_static", "results", source.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(facts, separators=(",", ":")), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the directive, and what its pages load."""
    app.add_directive("demo", DemoDirective)
    app.add_node(Demo, html=(visit, depart))
    app.connect("builder-inited", copy_weights)
    app.connect("builder-inited", copy_results)
    app.connect("html-page-context", load)
