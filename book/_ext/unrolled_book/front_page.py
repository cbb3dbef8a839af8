"""The page at the site's address, which leads to the first page of the book."""

from pathlib import Path

from sphinx.application import Sphinx

REDIRECT = """\
<!DOCTYPE html>
<html lang="{language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="refresh" content="0; url={page}">
    <link rel="icon" href="_static/favicon.svg">
    <title>{title}</title>
  </head>
  <body>
    <main><h1>{title}</h1><p>The book starts at <a href="{page}">{page}</a>.</p></main>
  </body>
</html>
"""


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Write the folder's `index.html`, which leads to the first page."""
    if exception is None and app.builder.name == "html":
        page = app.builder.get_target_uri(app.config.root_doc)
        text = REDIRECT.format(language=app.config.language, page=page, title=app.config.html_title)
        Path(app.outdir, "index.html").write_text(text, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> None:
    """Register the page."""
    app.connect("build-finished", write_redirect, priority=400)  # before Jupyter Book's barer one
