"""The house style of figures, live curves, and the figures that recur.

Importing this module puts matplotlib into the house style.
"""

import html
import io
import re
import zlib

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython.display import display

from unrolled.figures.diagrams.drawing import MONO, SANS
from unrolled.figures.palette import LIGHT
from unrolled.learning import smooth, watched

STYLE = {
    # As wide as a phone's column, or as half a page's: text is 10 to 11 pixels high there, and what
    # compares two things is two figures, side by side where there is room (see `show`).
    "figure.figsize": (4.6, 2.9),
    "figure.facecolor": LIGHT["paper"],
    "figure.constrained_layout.use": True,
    "axes.facecolor": LIGHT["paper"],
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.titlecolor": LIGHT["ink"],
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    # The six roles' colors mean something: a line without a color of its own is ink.
    "axes.prop_cycle": cycler(color=[LIGHT["ink"], LIGHT["muted"]]),
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "font.size": 10.5,
    "font.sans-serif": ["DejaVu Sans", "sans-serif"],
    "font.monospace": ["DejaVu Sans Mono", "monospace"],
    "legend.fontsize": 10.5,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "hatch.color": LIGHT["muted"],
    "path.simplify_threshold": 0.3,  # points closer than this, in pixels, are not told apart
    "svg.fonttype": "none",  # text stays text: small, sharp, selectable
}

# What text is shown in, the page's own faces, by what matplotlib has measured it with.
FACES = {"'DejaVu Sans', sans-serif": SANS, "'DejaVu Sans Mono', monospace": MONO}
PANEL_WIDTH = 3.9  # inches: narrower than a figure alone, so that its text isn't smaller by as much
MAX_POINTS = 400  # of a training curve

LOOKS = {  # of each kind of model, in every figure
    "counting": {"color": LIGHT["muted"], "linestyle": ":"},
    "RNN": {"color": LIGHT["muted"], "linestyle": "--"},
    "GRU": {"color": LIGHT["ink"], "linestyle": "-."},
    "LSTM": {"color": LIGHT["ink"], "linestyle": "-"},
}

mpl.rcParams.update(STYLE)


def to_svg(figures, alt):
    """A figure as SVG that carries its own alternative text. Closes the figure.

    Parameters
    ----------
    figures : matplotlib.figure.Figure or list of it
        The figure. Those of a list, its panels, stand side by side; a page may stack them.
    alt : str
        What it shows, for someone who can't see it.

    Returns
    -------
    str
        One ``<svg>`` element; panels are ``<svg>`` elements within it. Coordinates are rounded to
        a hundredth of a point: finer is not seen, only stored.

    Raises
    ------
    ValueError
        If `alt` is empty, or there is no figure.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say what the figure shows")
    panels = figures if isinstance(figures, list) else [figures]
    if not panels:
        raise ValueError("no figure to show")
    if len(panels) > 1:
        for figure in panels:
            figure.set_figwidth(PANEL_WIDTH)
    prefix = f"{zlib.crc32(alt.encode()):08x}"  # keeps the figures of one page apart
    drawn = [_drawn(figure, f"{prefix}-{n}") for n, figure in enumerate(panels)]
    svg = drawn[0] if drawn == drawn[:1] else _side_by_side(drawn)
    return svg.replace(">", f"><title>{html.escape(alt)}</title>", 1)


def _drawn(figure, prefix):
    """One figure as SVG, its names beginning with a prefix."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    plt.close(figure)  # else the notebook shows it once more, as a PNG
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)  # it holds the time
    svg = re.sub(r"<[^>]*>", _rounded, svg)  # inside tags: never in text
    svg = re.sub(r">\s*\n\s*<", "><", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # the same in every figure: twice on a page
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    for measured, shown in FACES.items():
        svg = svg.replace(f"font-family: {measured};", f"font-family: {shown};")
    # matplotlib names clips and markers by a hash of their unrounded coordinates. Count them.
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="([a-z][0-9a-f]{10})"', svg))):
        svg = svg.replace(name, f"shape-{prefix}-{number}")
    return svg


def _side_by_side(panels):
    """One SVG with others in it, from left to right."""
    sizes = [re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg) for svg in panels]
    wide, high = 0, max(float(size[2]) for size in sizes)
    placed = []
    for svg, size in zip(panels, sizes, strict=True):
        place = f'x="{_short(wide)}" width="{size[1]}" height="{size[2]}"'
        placed.append(svg.replace(size[0], place, 1))
        wide += float(size[1])
    size = f'width="{_short(wide)}pt" height="{_short(high)}pt"'
    view = f'viewBox="0 0 {_short(wide)} {_short(high)}"'
    return f'<svg {size} {view} xmlns="http://www.w3.org/2000/svg">{"".join(placed)}</svg>'


def _rounded(tag):
    """A tag on one line, its coordinates in "d", "points", "x", "y", transforms rounded; no ids."""
    rounded = re.sub(
        r'(?<=[ (,"\nMLCQ])-?\d+\.\d{3,}(?=[ ),"\n])',
        lambda m: _short(float(m[0])),
        tag[0],
    )
    return re.sub(r"\s+", " ", rounded)


def _short(number):
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # no -0


def show(figures, alt, caption, handle=None):
    """Show a figure in a notebook, and its caption below.

    Parameters
    ----------
    figures : matplotlib.figure.Figure or list of it
        The figure, or its panels: side by side where there is room, else one below the other.
    alt : str
        What it shows, for someone who can't see it.
    caption : str
        Markdown, such as "Figure 4.2. Both lines rise.": its number, in the order of the chapter,
        and what it says. It states the finding.
    handle : IPython.display.DisplayHandle, optional
        Replace what this handle shows.

    Raises
    ------
    ValueError
        If `alt` is empty, or there is no figure.
    """
    show_svg(to_svg(figures, alt), caption, handle)


def show_svg(svg, caption, handle=None):
    """Show a drawing, such as those of `diagrams`, in a notebook, and its caption below.

    Parameters
    ----------
    svg : str
        One ``<svg>`` element that begins with its alternative text, as ``<title>``.
    caption : str
        As in `show`.
    handle : IPython.display.DisplayHandle, optional
        Replace what this handle shows.

    Raises
    ------
    ValueError
        If the SVG has no title.
    """
    title = re.search(r"<title>(.*?)</title>", svg, re.DOTALL)
    if title is None:
        raise ValueError("svg has no <title>: say in it what the drawing shows")
    bundle = {"image/svg+xml": svg, "text/plain": html.unescape(title[1])}
    if handle is None:
        display(bundle, raw=True)
    else:
        handle.update(bundle, raw=True)
    display({"text/markdown": caption, "text/plain": caption}, raw=True)


def loss_curve(history, references=()):
    """The training loss, its smoothed curve, and the validation loss, against steps.

    Parameters
    ----------
    history : unrolled.learning.History
        What a run measured.
    references : iterable of (str, float)
        Named losses, nats, to draw as horizontal lines: baselines to beat.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    figure, axes = plt.subplots()
    every = max(1, -(-len(history.losses) // MAX_POINTS))  # finer is not seen, only stored
    steps = 1 + np.arange(0, len(history.losses), every)
    keep = max(0, 1 - max(0.05, 20 / len(history.losses)))  # over a small part of the run
    losses, smoothed = history.losses[::every], smooth(history.losses, keep)[::every]
    noisy = {"color": LIGHT["muted"], "alpha": 0.5, "linewidth": 0.6}
    axes.plot(steps, losses, label="training, each step", **noisy)
    axes.plot(steps, smoothed, color=LIGHT["ink"], label="training, smoothed")
    if history.validation:
        dots = {"color": LIGHT["ink"], "linestyle": "none", "marker": "o", "markersize": 5}
        axes.plot(*zip(*history.validation, strict=True), label="validation", **dots)
    for name, loss in references:
        axes.axhline(loss, linewidth=1.4, **LOOKS["counting"])
        # Where the curve isn't: below it at first, above it at last.
        early = loss < smoothed[len(smoothed) // 3]
        at, turned = ((0.01, "left", "top"), -2) if early else ((0.99, "right", "bottom"), 1)
        axes.annotate(
            name,
            (at[0], loss),
            (0, turned),
            ha=at[1],
            va=at[2],
            color=LIGHT["muted"],
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
        )
    # The first tenth falls from high up, and would press the rest together: it may leave the frame.
    named = [loss for _, loss in references]
    shown = [*smoothed[len(smoothed) // 10 :], *named, *(loss for _, loss in history.validation)]
    low, span = min(shown), max(shown) - min(shown) or 1
    above = 0.6 if named and max(named) > low + span / 2 else 0.25  # room for the legend
    axes.set_ylim(low - 0.15 * span, low + (1 + above) * span)
    axes.set(xlabel="step", ylabel="loss (nats per character)")
    axes.legend(loc="upper right")
    return figure


def starts(rows, xlabel):
    """A row of dots for each name, a dot for each of its values, a bar at their mean.

    Parameters
    ----------
    rows : dict of str to sequence of float
        What was measured, one value for each start; the first row is the highest. The names stand
        in the axes, above their dots.
    xlabel : str
        What was measured, with its unit.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If there is no row, or one without a value.
    """
    if not (rows and all(len(values) for values in rows.values())):
        raise ValueError("nothing to draw: each of at least one row needs at least one value")
    wide, _ = STYLE["figure.figsize"]
    figure, axes = plt.subplots(figsize=(wide, 0.7 + 0.42 * len(rows)))
    within = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    for place, (name, values) in enumerate(rows.items()):
        axes.plot(values, [place] * len(values), "o", color=LIGHT["ink"], alpha=0.5)
        axes.plot(np.mean(values), place, "|", color=LIGHT["ink"], markersize=11)
        axes.annotate(name, (0, place), (3, 5), va="bottom", **within)
    axes.set(xlabel=xlabel, yticks=range(len(rows)), yticklabels=[])
    axes.set_ylim(len(rows) - 0.6, -1)
    axes.tick_params(axis="y", length=0)
    return figure


class LiveCurve:
    """The loss curve, drawn anew after each epoch: hand it to `learning.train` as ``on_epoch``.

    Where nobody watches (see `learning.watched`), only `finish` draws.

    Parameters
    ----------
    references : iterable of (str, float)
        As in `loss_curve`.
    """

    def __init__(self, references=()):
        self.references = list(references)  # drawn more than once
        self.history = self.handle = None

    def __call__(self, model, history):
        """Draw the curve so far."""
        self.history = history
        if not watched():
            return
        svg = {"image/svg+xml": to_svg(loss_curve(history, self.references), "The loss so far.")}
        if self.handle is None:
            self.handle = display(svg, raw=True, display_id=True)
        else:
            self.handle.update(svg, raw=True)

    def finish(self, alt, caption):
        """Put the finished, captioned curve in the live one's place.

        Parameters
        ----------
        alt, caption : str
            As in `show`.

        Raises
        ------
        ValueError
            If there was no epoch yet, or `alt` is empty.
        """
        if self.history is None:
            raise ValueError("nothing to draw yet: hand this curve to train as on_epoch first")
        show(loss_curve(self.history, self.references), alt, caption, self.handle)
