"""The book's picture: a network that reads its name, and at each letter expects the next.

Drawn twice: as SVG for the landing page, where it follows the theme, and as PNG for shared links.
"""

from io import BytesIO
from pathlib import Path

from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from unrolled.figures.palette import DARK

WORD = "unrolled"


def chain_svg(word: str = WORD) -> str:
    """Return the chain as `<svg>`: inputs below, hidden states in a row, what is expected above."""
    step, steps = 92, len(word) - 1
    width = step * steps
    parts = [f'<path class="u-chain-state" d="M0 100H{width}"/>']
    for t, (letter, following) in enumerate(zip(word, word[1:], strict=False)):
        x = step * t + step // 2
        parts.append(
            f'<path class="u-chain-in" d="M{x} 160V124"/><path class="u-chain-out" d="M{x} 76V40"/>'
            f'<circle cx="{x}" cy="100" r="20"/>'
            f'<text class="u-chain-in" x="{x}" y="188">{letter}</text>'
            f'<text class="u-chain-out" x="{x}" y="28">{following}</text>'
        )
    said = f"A chain of {steps} cells reads {word[:-1]} and expects {word[1:]}, letter by letter."
    return (
        f'<svg class="u-chain" role="img" aria-label="{said}" viewBox="0 0 {width} 200"'
        f' width="{width}" height="200">{"".join(parts)}</svg>'
    )


def write_picture(path: Path, title: str) -> None:
    """Write the picture that stands beside a shared link: a title, and the chain, 1200 x 630."""
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=DARK["paper"])
    axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=(0, 12), ylim=(0, 6.3))
    axes.axis("off")
    axes.plot([0, 12], [1.6, 1.6], color=DARK["hidden"], linewidth=6, solid_capstyle="butt")
    for t, (letter, following) in enumerate(zip(WORD, WORD[1:], strict=False)):
        x = 0.86 + 1.71 * t
        axes.plot([x, x], [0.85, 1.6], color=DARK["input"], linewidth=4, zorder=1)
        axes.plot([x, x], [1.6, 2.35], color=DARK["target"], linewidth=4, zorder=1)
        axes.plot(x, 1.6, "o", color=DARK["hidden"], markersize=36)
        words = {"ha": "center", "va": "center", "fontsize": 24, "family": "monospace"}
        axes.text(x, 0.5, letter, color=DARK["input"], **words)
        axes.text(x, 2.7, following, color=DARK["target"], **words)
    size = min(52, 1250 / len(title))  # so that it fits on one line
    axes.text(0.7, 5.5, "Unrolled", color=DARK["muted"], fontsize=24, va="center")
    axes.text(0.7, 4.3, title, color=DARK["ink"], fontsize=size, weight="bold", va="center")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())


class Chain(SphinxDirective):
    """The directive `{chain}`: the chain, in the page."""

    def run(self) -> list[nodes.Node]:
        """Return the picture."""
        return [nodes.raw("", chain_svg(), format="html")]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("chain", Chain)
