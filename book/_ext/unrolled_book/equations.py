"""Math rendered while the book is built, with the KaTeX in `node_modules`.

Pages carry KaTeX's style sheet and fonts, none of its scripts. Math that KaTeX can't render is a
warning that names its place, so it fails the build.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from unrolled_book.node import find_node

KATEX = "node_modules/katex/dist"
LOG = logging.getLogger(__name__)


class Renderer:
    """KaTeX in one Node process, which starts with the first equation and ends with this process.

    Parameters
    ----------
    script : Path
        KaTeX's `katex.min.js`.
    """

    def __init__(self, script: Path):
        self.command = [find_node(), str(Path(__file__).with_name("katex.js")), str(script)]
        self.process = None

    def render(self, latex: str, display: bool) -> str:
        """Return the HTML of one formula, on its own line if `display`.

        Raises
        ------
        ValueError
            If KaTeX can't render it.
        """
        if self.process is None:
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, encoding="utf-8")
        self.process.stdin.write(json.dumps({"latex": latex, "display": display}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "Node ended early"}')
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["html"]

    def close(self) -> None:
        """End the process, if it was started."""
        if self.process is not None:
            self.process.communicate()
            self.process = None


def visit_inline(translator: nodes.NodeVisitor, node: nodes.math) -> None:
    """Write a formula within a line."""
    html = _html(translator, node, display=False)
    translator.body.append(f'<span class="math">{html}</span>')
    raise nodes.SkipNode


def visit_block(translator: nodes.NodeVisitor, node: nodes.math_block) -> None:
    """Write a formula on its own line, with its number if it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(_html(translator, node, display=True))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _html(translator: nodes.NodeVisitor, node: nodes.Node, display: bool) -> str:
    latex = node.astext()
    try:
        return translator.builder.app.katex.render(latex, display)
    except ValueError as error:
        LOG.warning("%s", error, location=node)
        return f"<code>{translator.encode(latex)}</code>"


def start(app: Sphinx) -> None:
    """Copy KaTeX's style sheet and its fonts, and make the renderer."""
    source, target = Path(app.srcdir, KATEX), Path(app.outdir, "_static", "katex")
    script = source / "katex.min.js"
    if not script.is_file():
        raise ExtensionError(
            f"KaTeX is missing ({script}): install it with `make setup` or `npm ci`"
        )
    app.katex = Renderer(script)
    copy_katex(source, target)


def copy_katex(source: Path, target: Path) -> None:
    """Copy KaTeX's style sheet and the fonts that it names."""
    # Of the three formats of each font, the smallest: browsers take the first that they can read.
    older = shutil.ignore_patterns("*.ttf", "*.woff")
    shutil.copytree(source / "fonts", target / "fonts", ignore=older, dirs_exist_ok=True)
    css = (source / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r',url\([^)]*\) format\("(?:woff|truetype)"\)', "", css)
    (target / "katex.min.css").write_text(css, encoding="utf-8", newline="\n")


def stop(app: Sphinx, exception: Exception | None) -> None:
    """End KaTeX's process."""
    app.katex.close()


def setup(app: Sphinx) -> None:
    """Register the renderer."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.connect("builder-inited", start)
    app.connect("build-finished", stop)
