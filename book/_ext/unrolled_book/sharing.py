"""What a page says of itself to search engines and shared links.

Canonical links, the sitemap, the pictures of shared links and the links of the page 404 need the
site's address. It is read from `UNROLLED_SITE`, as in `https://example.org/unrolled`.
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
    "404": ("No such page", "There is no page at this address."),
}
LOST = """\
<h1>The state was reset here</h1>
<p>There is no page at this address. Pick up the sequence again <a href="{root}index.html">at its
start</a>, in the contents, or by a search.</p>
"""


def use_address(app: Sphinx, config: Config) -> None:
    """Read the site's address, which goes into canonical links and the links of the page 404."""
    address = os.environ.get("UNROLLED_SITE", "").rstrip("/")
    config.html_baseurl = f"{address}/" if address else ""
    config.notfound_urls_prefix = root = f"{urlsplit(address).path}/"
    config.notfound_context = {"body": LOST.format(root=root)}


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
    if page == app.config.notfound_pagename:
        about.append(("robots", "noindex"))
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


def setup(app: Sphinx) -> None:
    """Register the events, and the page for lost readers."""
    app.setup_extension("notfound.extension")
    app.connect("config-inited", use_address)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_sitemap)
