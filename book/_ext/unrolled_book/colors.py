"""The palette's style sheet: each role's color, on light and on dark pages."""

from pathlib import Path

from sphinx.application import Sphinx

from unrolled.figures.palette import DARK, LIGHT


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


def setup(app: Sphinx) -> None:
    """Register the style sheet."""
    app.connect("builder-inited", write_palette)
