"""What this book adds to Jupyter Book.

`figures` puts SVG outputs and drawn diagrams into pages, so that they follow the light or dark
theme. `equations` renders math at build time with a local KaTeX. `cells` and `citations` mend how
hidden cells and references are written. `demos` puts what readers can play with into a page, and
`facts` the numbers of long runs. `slides` writes the deck of the talk. `site` writes the style sheet of
the palette and the front page's redirect, and reads the repository's address. Nothing here makes a
page load anything from another host.
"""

from sphinx.application import Sphinx

from unrolled_book import cells, citations, demos, equations, facts, figures, site, slides


def setup(app: Sphinx) -> dict:
    """Register the parts with Sphinx."""
    for part in (cells, citations, demos, equations, facts, figures, site, slides):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
