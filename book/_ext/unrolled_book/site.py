"""The palette's style sheet, and the front page's redirect."""

from pathlib import Path

from sphinx.application import Sphinx

from unrolled.figures.palette import DARK, LIGHT

HANDOUT = "book/teach/handout"
LOOK = ("book/_ext", "book/_static", "book/_templates", "data/weights", "node_modules/katex/dist")
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


def palette_css() -> str:
    """Return the palette as CSS variables, light and dark, and what equations and words read."""
    light = "\n".join(f"  --u-{role}: {color};" for role, color in LIGHT.items())
    dark = "\n".join(f"  --u-{role}: {color};" for role, color in DARK.items())
    # KaTeX writes \textcolor{#256be6}{x} as style="color:#256be6;".
    equations = "\n".join(
        f'.katex [style*="color:{color}"] {{ color: var(--u-{role}) !important; }}'
        for role, color in LIGHT.items()
    )
    words = "\n".join(f".u-{role} {{ color: var(--u-{role}); }}" for role in LIGHT)
    # Paper is white, whatever the theme.
    dark = f'@media not print {{\nhtml[data-theme="dark"] {{\n{dark}\n}}\n}}'
    return f":root {{\n{light}\n}}\n{dark}\n{equations}\n{words}\n"


def write_palette(app: Sphinx) -> None:
    """Write `_static/palette.css`."""
    path = Path(app.outdir, "_static", "palette.css")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(palette_css(), encoding="utf-8", newline="\n")


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Write the folder's `index.html`, which leads to the first page."""
    if exception is None and app.builder.name == "html":
        page = app.builder.get_target_uri(app.config.root_doc)
        text = REDIRECT.format(language=app.config.language, page=page, title=app.config.html_title)
        Path(app.outdir, "index.html").write_text(text, encoding="utf-8", newline="\n")


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
    """Register the style sheets and the events."""
    app.add_css_file("palette.css")
    app.add_css_file("unrolled.css", priority=900)  # after the theme's and KaTeX's
    app.add_js_file("unrolled.js", loading_method="defer")
    app.connect("builder-inited", write_palette)
    app.connect("env-get-outdated", outdated)
    app.connect("html-page-context", style_handout)
    app.connect("build-finished", write_redirect, priority=400)  # before Jupyter Book's barer one
