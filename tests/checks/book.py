"""Checks on the built book, read as files: nothing here starts a browser."""

import os
import re
import subprocess
import sys
from functools import cache
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from sphinx_external_toc.parsing import parse_toc_yaml

from checks import ROOT

ANSI_COLOR = re.compile(r"\x1b\[[\d;]*m")
# Attributes that hold an address: whatever of them is not an <a href> is loaded with the page.
ADDRESSES = ("href", "src", "srcset", "poster", "data", "xlink:href")
# <link rel> that only say something about the page, and load nothing.
RELATIONS = {
    "alternate",
    "author",
    "canonical",
    "help",
    "index",
    "license",
    "next",
    "prev",
    "search",
}
CSS_ADDRESS = re.compile(r"""@import\s+["']([^"']+)|url\(\s*["']?([^"')]+)""")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
# Scripts name many addresses (licenses, namespaces); these forms load what they name.
JS_LOAD = re.compile(
    r"""(?:\bimport\s*\(?|\bfrom|\bimportScripts\(|\bfetch\(|\bnew\s+Worker\(|\.open\([^)]{0,20},
    |\.(?:src|href)\s*=|\bsetAttribute\(\s*["'](?:src|href)["'],)\s*["'`]((?:https?:|wss?:)?//[^"'`\s]+)
    |["'`]((?:https?:)?//[^"'`/\s]*(?:cdn|unpkg|esm\.sh|googleapis|gstatic)[^"'`\s]*)""",
    re.X,
)
# Text that readers would see if a formula, a role or a directive was not rendered.
RAW = re.compile(
    r"""\$\$ | \$[^$\n]*[\\^_][^$\n]*\$ | \\[(\[] | \\begin\{ | \\(?:frac|textcolor|mathbf|text)\{
    | \{[a-z][\w:+-]*\}` | ^\s*(?:```|:::+|~~~)\s*\{ | ^\([\w-]+\)=\s*$""",
    re.X | re.M,
)
IMAGE_NAME = re.compile(r"\.(png|jpe?g|gif|svg|webp)$", re.I)


def build(folder, output):
    """Build the book in `folder` as `make book` does, but from nothing.

    A build that reads only what changed misses links to a page that is gone, and leaves that page.

    Parameters
    ----------
    folder : Path
        A folder with `_config.yml` and `_toc.yml`.
    output : Path
        An empty folder. The book is in its `_build/html` afterwards.

    Returns
    -------
    list of str
        The warnings and errors, or all that the build said if it failed without any.
    """
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "book.py", "--path-output", output],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    if run.returncode == 0:
        return []
    lines = ANSI_COLOR.sub("", run.stdout + run.stderr).splitlines()
    found = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL):", line)]
    return found or lines or ["the build fails"]


def toc_pages(toc):
    """List the pages of a `_toc.yml`, such as `book/index`, without their suffixes."""
    return sorted(re.sub(r"\.(md|ipynb|rst)$", "", page) for page in parse_toc_yaml(toc))


def missing_pages(toc, html):
    """Every page of the table of contents is built."""
    built = {path.relative_to(html).with_suffix("").as_posix() for path in html_pages(html)}
    return [f"{page}.html is not built" for page in toc_pages(toc) if page not in built]


def html_pages(html):
    """List every HTML file of the book, templates of the theme's own assets left out."""
    return [p for p in sorted(html.rglob("*.html")) if "_static" not in p.relative_to(html).parts]


@cache
def _parse(path, changed):
    return BeautifulSoup(path.read_bytes(), "html.parser")


def parse(path):
    """Parse a page, once for each time it changes. Callers must not change what they get."""
    return _parse(path, path.stat().st_mtime_ns)


def addresses(page):
    """List `(tag, address)` of everything that a page names in an attribute or in its styles."""
    found = []
    for tag in parse(page).find_all(True):
        for name in ADDRESSES:
            if name in tag.attrs and not (name == "data" and tag.name != "object"):
                many = tag[name].split(",") if name == "srcset" else [tag[name]]
                found += [(tag, one.split()[0]) for one in many if one.strip()]
        styles = [tag.get("style", "")] + ([tag.get_text()] if tag.name == "style" else [])
        found += [(tag, address) for style in styles for address in css_addresses(style)]
        if tag.name == "meta" and tag.get("http-equiv", "").lower() == "refresh":
            found.append((tag, tag["content"].partition("url=")[2]))
    return found


def css_addresses(css):
    """List the addresses that a style sheet loads."""
    return [a or b for a, b in CSS_ADDRESS.findall(CSS_COMMENT.sub("", css))]


def is_local(address):
    """Whether an address stays within the book."""
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc


# Links.


def broken_links(html):
    """Every link within the book leads to a file, and its fragment to an element there."""
    problems = []
    for page in html_pages(html):
        for tag, address in addresses(page):
            if is_local(address) and (why := unresolved(address, page, html)):
                problems.append(f"{page.relative_to(html)}: <{tag.name}> {address}: {why}")
    for sheet in loaded_files(html, ".css"):
        for address in css_addresses(sheet.read_text(encoding="utf-8")):
            if is_local(address) and (why := unresolved(address, sheet, html)):
                problems.append(f"{sheet.relative_to(html)}: {address}: {why}")
    return problems


def unresolved(address, page, html):
    """Say why a local address, seen from `page`, leads nowhere; None if it leads somewhere."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    folder = html if path.startswith("/") else page.parent
    target = (folder / path.lstrip("/")).resolve() if path else page
    if not target.is_file():
        return "no such file"
    fragment = unquote(parts.fragment)
    if fragment and fragment != "top" and target.suffix == ".html" and fragment not in ids(target):
        return f"no element #{fragment}"
    return None


def ids(page):
    """The names that a fragment can point to on a page."""
    tags = parse(page).find_all(True)
    return {tag[name] for tag in tags for name in ("id", "name") if name in tag.attrs}


# Other hosts.


def loads(tag):
    """Whether the browser fetches what this tag names, without being asked."""
    if tag.name == "link":
        return not RELATIONS >= set(tag.get("rel", []))
    return tag.name not in ("a", "area", "base")


def loaded_files(html, suffix):
    """List the files with a suffix, `.css` or `.js`, that some page of the book loads."""
    return sorted(
        {
            target
            for page in html_pages(html)
            for tag, address in addresses(page)
            if loads(tag)
            and is_local(address)
            and urlsplit(address).path.endswith(suffix)
            and (target := (page.parent / unquote(urlsplit(address).path)).resolve()).is_file()
        }
    )


def foreign_loads(html):
    """No page, style sheet or script of the book loads anything from another host."""
    named = []
    for page in html_pages(html):
        named += [(page, address) for tag, address in addresses(page) if loads(tag)]
        for script in parse(page).find_all("script", src=False):
            named += [(page, address) for address in js_addresses(script.get_text())]
    for sheet in loaded_files(html, ".css"):
        named += [(sheet, a) for a in css_addresses(sheet.read_text(encoding="utf-8"))]
    for script in loaded_files(html, ".js"):
        named += [(script, a) for a in js_addresses(script.read_text(encoding="utf-8"))]
    return [
        f"{path.relative_to(html)} loads {address[:120]}"
        for path, address in named
        if urlsplit(urljoin("file:///", address)).netloc
    ]


def js_addresses(script):
    """List the addresses of other hosts that a script would load."""
    return [a or b for a, b in JS_LOAD.findall(script)]


# One page.


def alternative_text(page):
    """No picture's text is a file's name, and each drawing has its role: axe asks the rest."""
    problems = []
    for tag in parse(page).find_all(["img", "svg"]):
        if any(t.get("aria-hidden") == "true" for t in (tag, *tag.parents)):
            continue
        text = (tag.get("alt" if tag.name == "img" else "aria-label") or "").strip()
        if IMAGE_NAME.search(text):
            problems.append(f"{page.name}: <{tag.name}> has a file name for its text: {text}")
        elif tag.name == "svg" and tag.get("role") != "img":
            problems.append(f'{page.name}: <svg> without role="img": {str(tag)[:120]}')
    return problems


def raw_text(page):
    """No formula, role or directive is left as it was typed."""
    problems = [
        f"{page.name}: KaTeX fails on {tag.get_text()[:80]}"
        for tag in parse(page).select(".katex-error")
    ]
    for piece in parse(page).body.find_all(string=True):
        if piece.find_parent(["code", "pre", "script", "style", "template", "svg", "math"]):
            continue
        if found := RAW.search(piece):
            start = max(found.start() - 20, 0)
            problems.append(
                f"{page.name}: not rendered: {piece[start : found.end() + 40].strip()!r}"
            )
    return problems


def viewport(page):
    """A page fits its width to the device."""
    fits = parse(page).select_one('meta[name="viewport"][content*="width=device-width"]')
    return [] if fits else [f'{page.name}: no <meta name="viewport">']


# Checks that take the folder of the built book, and checks that take one page of it.
BOOK_CHECKS = (broken_links, foreign_loads)
PAGE_CHECKS = (alternative_text, raw_text, viewport)
