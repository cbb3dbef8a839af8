"""What this book adds to Jupyter Book.

`figures` puts SVG outputs into the page, so that they follow the light or dark theme. `equations`
renders math at build time with a local KaTeX. `cells` and `citations` mend how hidden cells and
references are written. `site` writes the style sheet of the palette and the front page's redirect,
and reads the repository's address. `slides` writes the deck of the talk. Nothing here makes a page
load anything from another host.
"""

from sphinx.application import Sphinx

from unrolled_book import cells, citations, equations, figures, site, slides


def setup(app: Sphinx) -> dict:
    """Register the parts with Sphinx."""
    for part in (cells, citations, equations, figures, site, slides):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
