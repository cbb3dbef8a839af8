"""Hidden cells: one short label each, which says whether it hides a solution or mere code."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SOLUTION = {"tag_hide-cell", "tag_solution"}


class LabelHiddenCells(SphinxPostTransform):
    """Label what MyST-NB has hidden, by the tags of the cell around it."""

    default_priority = 950  # the last: after MyST-NB's own transform

    def run(self, **kwargs) -> None:
        """Transform one document."""
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") == "cell_code":
                label = "Solution" if SOLUTION & set(cell["classes"]) else "Code"
                for hidden in cell.findall(HideCodeCellNode):
                    hidden["label"] = label


def visit(translator: nodes.NodeVisitor, node: HideCodeCellNode) -> None:
    """Open the `<details>`. MyST-NB's own calls every summary "Toggle hidden content"."""
    classes = " ".join(["hide", *node["classes"]])
    translator.body.append(f'<details class="{classes}">\n<summary>{node["label"]}</summary>\n')


def depart(translator: nodes.NodeVisitor, node: HideCodeCellNode) -> None:
    """Close it."""
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Replace how MyST-NB writes hidden cells."""
    app.add_post_transform(LabelHiddenCells)
    app.add_node(HideCodeCellNode, override=True, html=(visit, depart))
