"""What this book adds to Jupyter Book.

`figures` puts SVG outputs and drawn diagrams into pages, so that they follow the light or dark
theme. `equations` renders math at build time with a local KaTeX. `cells` and `citations` mend how
hidden cells and references are written. `facts` gives pages the numbers of long runs, and `demos`
puts what readers can play with into a page. `cards` and `motif` make the cards and the picture
of the landing page. `slides` writes the deck of the talk. `downloads` offers the chapters as files.
`assets` decides what a page loads, `typefaces` brings its type, `colors` writes the palette's style
sheet, and `sharing` what a page says of itself. `front_page` leads to the first page. Nothing here
makes a page load anything from another host.
"""

from sphinx.application import Sphinx

PARTS = """assets cards cells citations colors demos downloads equations facts figures front_page
    motif sharing slides typefaces""".split()


def setup(app: Sphinx) -> dict:
    """Register the parts with Sphinx."""
    for part in PARTS:
        app.setup_extension(f"unrolled_book.{part}")
    # All pages are written with one KaTeX process.
    return {"parallel_read_safe": False, "parallel_write_safe": False}
