"""The typefaces: a serif for text, a sans, a mono, from fontsource; and KaTeX's, for math.

Of each face a page gets the characters that some page uses. And nothing on a page moves when a
face comes late. A text face that isn't there when the page is first drawn is not used on that page
(`font-display: optional`); the page names those that it needs in its first lines, so that they
mostly are. Math in another face is broken math, so KaTeX's faces come within the style sheet, and
`_templates/layout.html` has the page wait the moment until they are read.
"""

import base64
import io
import logging
import re
import string
from pathlib import Path

from fontTools import subset, ttLib
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from unrolled_book.equations import KATEX

SOURCE = "node_modules/@fontsource"
# Family, file, weight, style, and what in a page's text says that the page needs it. The names are
# the book's own: a font that is cut must not be called Source.
FACES = (
    ("Unrolled Serif", "source-serif-4-latin-400-normal", 400, "normal", ""),
    (
        "Unrolled Serif",
        "source-serif-4-latin-400-italic",
        400,
        "italic",
        "<em",
    ),
    ("Unrolled Sans", "source-sans-3-latin-400-normal", 400, "normal", ""),
    ("Unrolled Sans", "source-sans-3-latin-600-normal", 600, "normal", ""),
    (
        "Unrolled Mono",
        "source-code-pro-latin-400-normal",
        400,
        "normal",
        "<code",
    ),
)
# Family, and style, as in the names of KaTeX's files.
MATH = ("Main-Regular", "Math-Italic", "Caligraphic-Regular", *(f"Size{n}-Regular" for n in "123"))


def characters(html: Path) -> set[str]:
    """Return every character that the pages in a folder use, and those of a keyboard."""
    pages = (p for p in html.rglob("*.html") if "_static" not in p.relative_to(html).parts)
    return set(string.printable).union(*(page.read_text(encoding="utf-8") for page in pages))


def cut(path: Path, kept: set[str]) -> bytes:
    """Return a font with some of its characters, as WOFF.

    Parameters
    ----------
    path : Path
        Its WOFF file.
    kept : set of str
        The characters.

    Raises
    ------
    ExtensionError
        If there is no such file.
    """
    if not path.is_file():
        raise ExtensionError(f"{path} is missing: install it with `make setup` or `npm ci`")
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it finds KaTeX's dates strange
    options = subset.Options(hinting=False, name_IDs=[0, 13])  # whose it is, under which license
    font, smaller = ttLib.TTFont(path), io.BytesIO()
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in kept])
    cutter.subset(font)
    font.flavor = "woff"
    font.save(smaller)
    return smaller.getvalue()


def write_typefaces(root: Path, folder: Path, display: str, kept: set[str]) -> str:
    """Write the text faces into a folder's `fonts`, and return the CSS that makes them known.

    Parameters
    ----------
    root, folder : Path
        The repository, and where the style sheet will be.
    display : str
        What a browser shows until a face is there, as in CSS: "optional", "block" ...
    kept : set of str
        The characters that are used.
    """
    rules = []
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    for family, file, weight, style, _ in FACES:
        package = file.partition("-latin")[0]
        path = Path(root, SOURCE, package, "files", f"{file}.woff")
        (folder / "fonts" / path.name).write_bytes(cut(path, kept))
        rules.append(
            f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
            f'font-display: {display}; src: url(fonts/{path.name}) format("woff"); }}\n'
        )
    return "".join(rules)


def math_css(root: Path, kept: set[str]) -> str:
    """Return CSS with the faces of MATH in it."""
    rules = []
    for face, (family, style) in zip(MATH, map(_named, MATH), strict=True):
        font = base64.b64encode(cut(Path(root, KATEX, "fonts", f"KaTeX_{face}.woff"), kept))
        rules.append(
            f"@font-face {{ font-family: {family}; font-style: {style}; font-display: block; "
            f'src: url(data:font/woff;base64,{font.decode()}) format("woff"); }}\n'
        )
    return "".join(rules)


def _named(face: str) -> tuple[str, str]:
    family, _, style = face.partition("-")
    return f"KaTeX_{family}", "italic" if style == "Italic" else "normal"


def without_math(css: str) -> str:
    """Return KaTeX's style sheet without the faces of MATH, and no other face coming late."""
    css = re.sub(rf"@font-face\{{[^}}]*KaTeX_(?:{'|'.join(MATH)})\.woff2[^}}]*\}}", "", css)
    return css.replace("font-display:block", "font-display:optional")


def name(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Let a page name the faces that it needs, for the browser to load them at once."""
    body = context.get("body", "")
    context["typefaces"] = [file for _, file, _, _, sign in FACES if sign in body]
    context["math"] = [f"{style} 1em {family}" for family, style in map(_named, MATH)]


def setup(app: Sphinx) -> None:
    """Register the faces."""
    app.connect("html-page-context", name)
