"""Drawn diagrams, and SVG outputs of notebooks, put into pages as themed figures with captions.

A caption that begins with "Figure 2.3." gives its figure an anchor, and mentions become links.
"""

import html
import inspect
import re
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from unrolled.figures import diagrams, plotting
from unrolled.figures.palette import LIGHT

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
POINTS = 1.12 * plotting.STYLE["font.size"]  # so that a plot's text is no larger than the page's
NUMBER = re.compile(r"Figure (\d+)\.(\d+)\.(?=\s)")  # how a caption begins
MENTION = re.compile(r"\bFigure\s+(\d+)\.(\d+)\b")
NOT_PROSE = (
    nodes.reference,
    nodes.FixedTextElement,
    nodes.literal,
    nodes.raw,
    nodes.strong,
    nodes.title,
)
ROLE_OF = {color: role for role, color in LIGHT.items()}

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def themed_svg(source: str, prefix: str) -> str:
    """Make a stand-alone SVG fit to stand inside a page.

    Parameters
    ----------
    source : str
        The SVG document. Its first `<title>` is the alternative text.
    prefix : str
        Put before each of its ids, which must be unique on the page.

    Returns
    -------
    str
        An `<svg role="img" aria-label=...>` element, or a `<div>` like that around the panels of a
        figure. Its palette colors are CSS variables. It is no wider than the source, or than its
        text, if it is a plot, may be: not larger than the page's.

    Raises
    ------
    ValueError
        If the source isn't SVG, or has no title.
    """
    try:
        root = ElementTree.fromstring(source)
    except ElementTree.ParseError as error:
        raise ValueError(f"the figure is not well-formed SVG: {error}") from None
    title = root.find(f"{{{SVG}}}title")
    if title is None or not (title.text or "").strip():
        raise ValueError("the figure has no <title>: show it with plotting.show(fig, alt=...)")

    for name in ("title", "metadata"):  # aria-label says it, without a tooltip
        for child in root.findall(f"{{{SVG}}}{name}"):
            root.remove(child)
    for element in root.iter():
        if element.tag == f"{{{SVG}}}style":  # else its rules would reach the whole page
            element.text = re.sub(r"(^|\})\s*([^{}]+)\{", rf"\1 #{prefix} \2{{", element.text or "")
        for name, value in element.attrib.items():
            element.set(name, _local(value, name, prefix))

    label = " ".join(title.text.split())
    panels = [child for child in root if child.tag == f"{{{SVG}}}svg"]
    for svg in panels:
        svg.set("aria-hidden", "true")
    for svg in panels or [root]:
        width = svg.attrib.pop("width", None)
        svg.attrib.pop("height", None)
        svg.attrib.pop("x", None)
        if width:
            svg.set("style", f"max-width: {_widest(width, bool(panels))}")
    if panels:
        drawn = "".join(ElementTree.tostring(svg, encoding="unicode") for svg in panels)
        said = f'role="img" aria-label="{html.escape(label)}"'
        return f'<div class="u-panels" id="{prefix}" {said}>{drawn}</div>'
    root.set("id", prefix)
    root.set("role", "img")
    root.set("aria-label", label)
    return ElementTree.tostring(root, encoding="unicode")


def _widest(width: str, panel: bool) -> str:
    """Return the width to which a picture may grow: a plot's is in points, as are all panels'."""
    if panel or width.endswith("pt"):
        return f"{float(width.removesuffix('pt')) / POINTS:.4g}em"
    return width if re.search("[a-z]", width) else f"{width}px"


def _local(value: str, name: str, prefix: str) -> str:
    """Rewrite one attribute: ids and the references to them, the palette's colors."""
    if name == "id":
        return f"{prefix}-{value}"
    if name in ("href", f"{{{XLINK}}}href") and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    value = re.sub(r"url\(#", f"url(#{prefix}-", value)
    return re.sub(r"#[0-9a-fA-F]{6}\b", lambda match: _variable(match[0]), value)


def _variable(color: str) -> str:
    """Return the CSS variable of a color in the palette, and any other color as it is."""
    role = ROLE_OF.get(color.lower())
    return f"var(--u-{role})" if role else color


def framed(svg: str) -> nodes.figure:
    """Return a figure, without its caption."""
    return nodes.figure("", nodes.raw("", svg, format="html"), classes=["u-figure"])


class InlineFigures(SphinxTransform):
    """Replace each SVG output, and the Markdown output after it, by a figure with a caption.

    It runs while a page is read, before Sphinx collects images: the figure becomes part of the
    cached document, and no picture file is written.
    """

    default_priority = 200

    def apply(self, **kwargs) -> None:
        """Transform one document."""
        outputs = [node for node in self.document.findall(nodes.container) if _is_output(node)]
        number = 0
        for output in outputs:
            image = _svg_image(output)
            if image is None or output.parent is None:
                continue
            number += 1
            self._replace(output, image, f"drawing-{number}")

    def _replace(self, output: nodes.container, image: nodes.image, prefix: str) -> None:
        _, path = self.env.relfn2path(image["uri"], self.env.docname)
        try:
            svg = themed_svg(Path(path).read_text(encoding="utf-8"), prefix)
        except ValueError as error:
            raise ExtensionError(f"{self.env.docname}, {prefix}: {error}") from None
        figure = framed(svg)
        caption = output.next_node(descend=False, siblings=True)
        if isinstance(caption, nodes.container) and _mime_types(caption) == ["text/markdown"]:
            paragraphs = list(caption.findall(nodes.paragraph))
            words = [child for p in paragraphs for child in p.children]
            if words and (number := NUMBER.match(words[0].astext())):
                figure["ids"].append(anchor(*number.groups()))
                rest = nodes.Text(words[0].astext()[number.end() :])
                words[:1] = [nodes.strong("", number[0], classes=["u-number"]), rest]
            figure += nodes.caption("", "", *words)
            caption.parent.remove(caption)
        output.replace_self(figure)


class FigureLinks(SphinxPostTransform):
    """Make a link of each mention of a figure, such as "Figure 2.3", of this chapter or another."""

    default_priority = 900  # of other links, no part becomes one

    def run(self, **kwargs) -> None:
        """Transform one document."""
        for parent in {text.parent for text in self.document.findall(nodes.Text)} - {None}:
            _join_texts(parent)
        for text in [text for text in self.document.findall(nodes.Text) if text.parent]:
            number = isinstance(text.parent, nodes.strong) and "u-number" in text.parent["classes"]
            if not number and not _inside(text, NOT_PROSE) and MENTION.search(text):
                text.parent.replace(text, list(self._linked(text)))

    def _linked(self, text: nodes.Text):
        end = 0
        for mention in MENTION.finditer(text):
            yield nodes.Text(text[end : mention.start()])
            words = re.sub(r"\s+", "\N{NO-BREAK SPACE}", mention[0])
            address = self._address(*mention.groups())
            yield nodes.reference("", words, internal=True, refuri=address)
            end = mention.end()
        yield nodes.Text(text[end:])

    def _address(self, chapter: str, number: str) -> str:
        begin = f"notebooks/{int(chapter):02d}_"
        found = [page for page in self.env.found_docs if page.startswith(begin)]
        if not found:
            raise ExtensionError(f"{self.env.docname}: Figure {chapter}.{number}: no such chapter")
        same = found[0] == self.env.docname
        page = "" if same else self.app.builder.get_relative_uri(self.env.docname, found[0])
        return f"{page}#{anchor(chapter, number)}"


def anchor(chapter: str, number: str) -> str:
    """Return the id of a figure."""
    return f"figure-{chapter}-{number}"


def _join_texts(parent: nodes.Element) -> None:
    """Make one text of neighbors: MyST cuts one at each end of a line."""
    children = []
    for is_text, run in groupby(parent.children, lambda child: isinstance(child, nodes.Text)):
        some = list(run)
        children += [nodes.Text("".join(some))] if is_text else some
    parent[:] = children


def _inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node is not None


def _is_output(node: nodes.container) -> bool:
    return node.get("nb_element") == "mime_bundle"


def _mime_types(output: nodes.container) -> list[str]:
    """Return the types in which an output is given, but for the plain text that comes along."""
    types = [child.get("mime_type") for child in output.children]
    return types if types == ["text/plain"] else [name for name in types if name != "text/plain"]


def _svg_image(output: nodes.container) -> nodes.image | None:
    for child in output.children:
        if child.get("mime_type") == "image/svg+xml":
            return next(child.findall(nodes.image))
    return None


class Diagram(SphinxDirective):
    """Show one of `figures.diagrams`, by its function's name; the content is its caption."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        name = self.arguments[0]
        if name not in diagrams.__all__:
            raise self.error(f"no diagram {name!r}; there are {', '.join(diagrams.__all__)}")
        draw = getattr(diagrams, name)
        self.env.note_dependency(inspect.getfile(draw))
        svg = themed_svg(str(draw()), name.replace("_", "-"))
        figure = framed(svg)
        if self.content:
            words, _ = self.state.inline_text(" ".join(self.content), self.lineno)
            figure += nodes.caption("", "", *words)
        return [figure]


def setup(app: Sphinx) -> None:
    """Register the directive and the transforms."""
    app.add_directive("diagram", Diagram)
    app.add_transform(InlineFigures)
    app.add_post_transform(FigureLinks)
