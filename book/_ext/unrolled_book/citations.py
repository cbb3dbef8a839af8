"""The list of references, written with the roles that a list has today."""

from docutils import nodes
from sphinx.application import Sphinx


def visit(translator: nodes.NodeVisitor, node: nodes.citation) -> None:
    """Open an entry, and the list before its first. Docutils' own use a deprecated role."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        translator.body.append('<div role="list" class="citation-list">\n')
    translator.body.append(translator.starttag(node, "div", CLASS="citation", role="listitem"))


def depart(translator: nodes.NodeVisitor, node: nodes.citation) -> None:
    """Close the entry, and the list after its last."""
    translator.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        translator.body.append("</div>\n")


def setup(app: Sphinx) -> None:
    """Replace how references are written."""
    app.add_node(nodes.citation, override=True, html=(visit, depart))
