"""What a page loads: one style sheet with the rules that the book uses, and the scripts it needs.

The theme ships what any site may want: its style sheets hold four thousand rules, and its icons
are a script of 1.5 MB. `_templates/layout.html` names what a page loads instead.
"""

import os
import re
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx

from unrolled_book.typefaces import characters, math_css, without_math, write_typefaces

SHEET = "book.css"
# In the order in which they apply, by their names in `_static`.
BUNDLE = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
    "copybutton.css",
    "sphinx-design.min.css",
    "katex/katex.min.css",
    "typefaces.css",
    "palette.css",
    "unrolled.css",
)
OURS = ("katex/katex.min.css", "typefaces.css", "palette.css", "unrolled.css")  # kept whole
HANDOUT = "book/teach/handout"
# What the pages look like: when something here changes, all of them are built again.
LOOK = ("book/_ext", "book/_static", "book/_templates", "data/weights", "node_modules/katex/dist")
# Scripts that only some pages need: a script's name, and what the page's text then holds.
NEEDED_WITH = {
    "clipboard": 'class="highlight',
    "copybutton": 'class="highlight',
    "design-tabs": "sd-tab-set",
}
# Names, punctuation and spaces have the color of all code: a third of a chapter's elements.
UNCOLORED = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
# Columns grow with each row that comes: a table shows when this has come.
TABLE_END = '</table><span class="u-end"></span>'
CLASS = re.compile(r"[.#]((?:\\.|[-\w])+)")
URL = re.compile(r"""url\(\s*["']?(?!data:|#)([^"')]+)["']?\s*\)""")


def words_used(html: Path) -> set[str]:
    """Return every class and id of the book's pages, and every word of its scripts' strings."""
    words = set()
    for page in html.rglob("*.html"):
        if "_static" not in page.relative_to(html).parts:
            for value in re.findall(r'\b(?:class|id)="([^"]*)"', page.read_text(encoding="utf-8")):
                words.update(value.split())
    scripts = [*html.glob("_static/*.js"), *html.glob("_static/scripts/*theme.js")]
    for script in scripts:
        words.update(re.findall(r"[-\w]+", script.read_text(encoding="utf-8")))
    return words


def used(selector: str, words: set[str]) -> bool:
    """Whether a selector can match: the pages have each class and id that it asks for."""
    asked = CLASS.findall(re.sub(r":(?:not|is|where)\([^()]*\)|\[[^]]*\]", "", selector))
    return all(
        name in words and not re.match(r"fa[srbl]?$|fa-|svg-inline", name)
        for name in (re.sub(r"\\(.)", r"\1", name) for name in asked)
    )


def prune(css: str, words: set[str]) -> str:
    """Return a style sheet without comments and without the rules that no page can use."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "\n".join(filter(None, (_pruned(rule, words) for rule in rules)))


def _pruned(rule, words: set[str]) -> str:
    if rule.type == "qualified-rule":
        selectors = re.split(r",(?![^(]*\))", tinycss2.serialize(rule.prelude))
        kept = ",".join(s.strip() for s in selectors if used(s, words))
        return f"{kept}{{{tinycss2.serialize(rule.content).strip()}}}" if kept else ""
    if rule.type != "at-rule" or rule.lower_at_keyword == "charset":
        return ""
    if rule.lower_at_keyword in ("media", "supports"):
        content = prune(tinycss2.serialize(rule.content), words)
        prelude = tinycss2.serialize(rule.prelude).strip()
        return f"@{rule.lower_at_keyword} {prelude}{{{content}}}" if content else ""
    text = rule.serialize()
    return "" if "Font Awesome" in text else text


def bundle(static: Path, words: set[str]) -> str:
    """Return the style sheets of BUNDLE as one, with addresses that hold where it lies."""
    parts = []
    for pattern in BUNDLE:
        for path in static.glob(pattern):
            name = path.relative_to(static)
            css = path.read_text(encoding="utf-8")
            css = without_math(css) if name.as_posix() in OURS else prune(css, words)
            parts.append(_moved(css, name.parent))
    return "\n".join(parts)


def _moved(css: str, folder: Path) -> str:
    """Rewrite the addresses of a style sheet that lay in `folder`."""

    def join(match: re.Match) -> str:
        return f"url({os.path.normpath(folder / match[1])})".replace(os.sep, "/")

    return URL.sub(join, css)


def write_sheet(app: Sphinx, exception: Exception | None) -> None:
    """Write `_static/book.css` once all pages are known."""
    if exception is None and app.builder.name == "html":
        static, used = Path(app.outdir, "_static"), characters(Path(app.outdir))
        faces = write_typefaces(Path(app.srcdir), static, "optional", used)
        faces += math_css(Path(app.srcdir), used)
        (static / "typefaces.css").write_text(faces, encoding="utf-8", newline="\n")
        css = bundle(static, words_used(Path(app.outdir)))
        (static / SHEET).write_text(css, encoding="utf-8", newline="\n")


def choose(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Leave out what a page can't use: style sheets in the bundle, scripts, marks of plain code."""
    body = UNCOLORED.sub(r"\1", context.get("body", "")).replace("</table>", TABLE_END)
    context["body"] = body
    context["css_files"] = [sheet for sheet in context["css_files"] if not _in_bundle(_name(sheet))]
    context["script_files"] = [
        script
        for script in context["script_files"]
        # The theme's inline scripts, which have no type, serve its version switcher.
        if (_name(script) or "type" in script.attributes)
        and all(text in body for name, text in NEEDED_WITH.items() if name in _name(script))
    ]


def _name(asset) -> str:
    return str(getattr(asset, "filename", "") or "").partition("?")[0].removeprefix("_static/")


def _in_bundle(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in BUNDLE)


def style_handout(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the handout its print style, and no other page."""
    if page == HANDOUT:
        app.add_css_file("handout.css", priority=950)


def outdated(app: Sphinx, env, added: set, changed: set, removed: set) -> list[str]:
    """Build all pages again when the style sheets, templates or this extension have changed.

    Without an outdated page Sphinx writes nothing, not even a changed style sheet.
    """
    built = Path(app.outdir, "index.html")
    look = [path for folder in LOOK for path in Path(app.srcdir, folder).rglob("*.*")]
    newest = max((path.stat().st_mtime for path in look if path.suffix != ".pyc"), default=0)
    return list(env.found_docs) if built.exists() and newest > built.stat().st_mtime else []


def setup(app: Sphinx) -> None:
    """Register the script and the events."""
    app.add_js_file("unrolled.js", loading_method="defer")
    app.connect("env-get-outdated", outdated)
    app.connect("html-page-context", style_handout)
    app.connect("html-page-context", choose, priority=900)  # after the theme's and Sphinx's own
    app.connect("build-finished", write_sheet, priority=900)  # after the theme's code colors
