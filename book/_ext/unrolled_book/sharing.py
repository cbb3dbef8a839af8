"""What a page says of itself to search engines and shared links, and the page for lost readers.

Canonical links, the sitemap and the pictures of shared links need the site's address. It is read
from `UNROLLED_SITE`, as in `https://example.org/unrolled`.
"""

import os
import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from unrolled_book.motif import WORD, write_picture

TAGLINE = "Recurrent networks, understood by building them."
LONGEST = 160  # characters of a description that search engines show
# Titles and descriptions of the pages that are not written by hand.
MADE = {
    "search": ("Search", "Search the chapters, the notation and the glossary of Unrolled."),
    "genindex": ("Index", "The terms of Unrolled from A to Z, and where each is explained."),
}
LOST = """\
<!DOCTYPE html>
<html lang="{language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <meta name="description" content="There is no such page.">
    <link rel="icon" href="{root}_static/favicon.svg">
    <title>No such page: {title}</title>
    <style>
      :root {{ color-scheme: light dark; }}
      body {{ font: 1.1rem/1.6 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem; }}
      main {{ padding: 0 1.5rem; }}
      a {{ color: inherit; }}
    </style>
  </head>
  <body>
    <main>
      <h1>The state was reset here</h1>
      <p>There is no page at this address. Pick up the sequence again:</p>
      <ul>{links}</ul>
    </main>
  </body>
</html>
"""


def use_address(app: Sphinx, config: Config) -> None:
    """Read the site's address; Sphinx then writes canonical links."""
    address = os.environ.get("UNROLLED_SITE", "").rstrip("/")
    config.html_baseurl = f"{address}/" if address else ""


def describe(doctree: nodes.document | None) -> str:
    """Return the first sentences of a page's first paragraph, as many as search engines show."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 60:
            cut = re.match(rf".{{80,{LONGEST}}}[.!?](?= |$)", text)
            return cut[0] if cut else text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
    return TAGLINE


def describe_page(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the page's template its title and its `<meta>` elements."""
    title, description = MADE.get(page) or (context.get("title", ""), describe(doctree))
    book, title = app.config.html_title, re.sub("<[^>]*>", "", title)
    first = page == app.config.root_doc
    context["page_title"] = f"{book}: {TAGLINE[:-1].lower()}" if first else f"{title} — {book}"
    about = [
        ("description", description),
        ("og:type", "website" if first else "article"),
        ("og:site_name", book),
        ("og:title", book if first else title),
        ("og:description", description),
    ]
    if app.config.html_baseurl:
        about += [
            ("og:url", context["pageurl"]),
            ("og:image", f"{app.config.html_baseurl}{picture_of(page)}"),
            ("og:image:width", "1200"),
            ("og:image:height", "630"),
            ("og:image:alt", f"{title or book}, above a chain of cells that reads {WORD}"),
            ("twitter:card", "summary_large_image"),
        ]
        write_picture(Path(app.outdir, picture_of(page)), book if first else title)
    context["about_page"] = about


def picture_of(page: str) -> str:
    """Return where the picture of a page's shared links lies."""
    return f"_static/shared/{page.replace('/', '-')}.png"


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """Write `sitemap.xml` with the address of every page that is in the table of contents."""
    if exception is None and app.builder.name == "html" and app.config.html_baseurl:
        pages = sorted(app.builder.get_target_uri(page) for page in app.env.found_docs)
        urls = "".join(
            f"  <url><loc>{escape(app.config.html_baseurl + page)}</loc></url>\n" for page in pages
        )
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
        )
        Path(app.outdir, "sitemap.xml").write_text(text, encoding="utf-8", newline="\n")


def write_lost(app: Sphinx, exception: Exception | None) -> None:
    """Write `404.html`. With the site's address known, its links hold at any depth."""
    if exception is None and app.builder.name == "html":
        base = app.config.html_baseurl
        root = urlsplit(base).path if base else ""
        pages = [app.config.root_doc, *app.env.toctree_includes.get(app.config.root_doc, [])]
        links = "".join(
            f'<li><a href="{root}{app.builder.get_target_uri(page)}">'
            f"{escape(app.env.titles[page].astext())}</a></li>"
            for page in pages
        )
        text = LOST.format(
            language=app.config.language, title=app.config.html_title, root=root, links=links
        )
        Path(app.outdir, "404.html").write_text(text, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> None:
    """Register the events."""
    app.connect("config-inited", use_address)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_sitemap)
    app.connect("build-finished", write_lost)
