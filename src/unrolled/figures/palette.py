"""The one palette: what each color means, light and dark.

Figures, slides, pages and demos read it. Equations type its light colors, since KaTeX wants them
so: a check names every color that is not here, and CONTRIBUTING.md has the recipe for a change.
"""

# Role: (on a light page, on a dark page). The six roles keep at least 4.5:1 against `paper`, and
# stay apart for readers with protanopia, deuteranopia or tritanopia (measured by the tests).
PALETTE = {
    "input": ("#256be6", "#8cc0ff"),
    "hidden": ("#007068", "#6fe8c0"),
    "cell": ("#b05700", "#f5b400"),
    "gate": ("#6f14b8", "#b07aff"),
    "gradient": ("#9c1230", "#ff6a3d"),
    "target": ("#111827", "#f3f5f8"),
    "ink": ("#1f2328", "#e6e9ee"),
    "muted": ("#57606a", "#9aa4b2"),
    "line": ("#d0d7de", "#3a434f"),
    "paper": ("#ffffff", "#14181e"),
    "surface": ("#f6f8fa", "#1d232b"),
}

LIGHT = {role: light for role, (light, dark) in PALETTE.items()}
DARK = {role: dark for role, (light, dark) in PALETTE.items()}
