"""Figures carry their alternative text, keep to the palette, and are the same bytes each time."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

from unrolled.figures import diagrams, plotting
from unrolled.figures.palette import LIGHT
from unrolled.learning import History, smooth

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def history():
    losses = (3 * np.exp(-np.arange(40) / 10) + 1.123456).tolist()
    return History(losses, [1.0] * 40, [[20, 1.9], [40, 1.4]], [0.1, 0.1])


@pytest.fixture
def displayed(monkeypatch):
    """What is displayed: a list of ("display" or "update", bundle)."""
    shown = []

    class Handle:
        def update(self, bundle, raw):
            assert raw
            shown.append(("update", bundle))

    def display(bundle, raw, display_id=None):
        assert raw
        shown.append(("display", bundle))
        return Handle() if display_id else None

    monkeypatch.setattr(plotting, "display", display)
    return shown


def drawing(title="", numbers=(0.0, 1 / 3, 1.0)):
    figure, axes = plt.subplots()
    axes.plot(numbers, np.sqrt(numbers), "o-", label="a line")
    axes.fill_between(numbers, numbers, alpha=0.2)
    axes.set(title=title, xlabel="x", ylabel="y")
    axes.legend()
    return figure


def texts(svg):
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(SVG + "text")]


# to_svg


def test_it_begins_with_its_alternative_text():
    alt = 'A line that rises: y < 1 & "x" > 0, isn\'t it?'
    svg = plotting.to_svg(drawing(), alt)
    assert re.match(r"<svg [^>]*>\s*<title>A line that rises: y &lt; 1 &amp; ", svg)
    root = ElementTree.fromstring(svg)  # well-formed
    assert root.tag == SVG + "svg"
    assert root[0].tag == SVG + "title" and root[0].text == alt
    assert svg.count("<title>") == 1 and "<metadata" not in svg


def test_the_same_figure_is_the_same_bytes():
    first, second = (plotting.to_svg(drawing("twice"), "alt") for _ in range(2))
    assert first == second
    assert plotting.to_svg(drawing("thrice"), "alt") != first
    # Nor do rounding errors, which differ from machine to machine, show: not even in names.
    assert plotting.to_svg(drawing("twice", (0.0, 1 / 3 + 1e-12, 1 + 1e-12)), "alt") == first


def test_all_that_is_referred_to_is_there():
    svg = plotting.to_svg(drawing(), "alt")
    ids = re.findall(r'\bid="([^"]*)"', svg)
    references = set(re.findall(r'(?:url\(|href=")#([^")]*)', svg))
    assert len(ids) == len(set(ids))
    assert len(references) >= 3 and references <= set(ids)  # ticks, markers, the clip


def test_text_stays_text_and_is_never_rounded():
    title = "pi is 3.14159 (not 2.71828, 1.41421)"
    svg = plotting.to_svg(drawing(title), "The numbers 0.123456 and 9.87654 stay.")
    assert title in texts(svg) and {"x", "y", "a line"} <= set(texts(svg))
    assert "<title>The numbers 0.123456 and 9.87654 stay.</title>" in svg


def test_text_keeps_its_spaces():
    figure = drawing("two  spaces,   three")
    figure.axes[0].text(0.5, 0.5, " before\nand after ")
    svg = plotting.to_svg(figure, "alt")
    assert {"two  spaces,   three", " before", "and after "} <= set(texts(svg))


def test_tags_stand_on_one_line_with_nothing_between():
    svg = plotting.to_svg(drawing("a title"), "alt")
    tags = re.findall(r"<[^>]*>", svg)
    assert len(tags) > 50
    assert [tag for tag in tags if "\n" in tag or "  " in tag] == []
    assert re.findall(r">[ \t\n]+<", svg) == []


def test_two_figures_on_a_page_share_no_id():
    def ids(alt):
        return re.findall(r'\bid="([^"]*)"', plotting.to_svg(drawing(), alt))

    first, second = ids("one"), ids("two")  # the same figure but for its alternative text
    assert len(first) == len(second) >= 3
    assert len({*first, *second}) == len(first + second)


def test_only_rotations_that_turn_are_kept():
    figure = drawing("level")
    figure.axes[0].text(0.5, 0.5, "steep", rotation=30)
    svg = plotting.to_svg(figure, "alt")
    turns = re.findall(r"rotate\((-?[\d.]+)", svg)
    assert {float(turn) for turn in turns} == {-30, -90}  # and the label of the y axis
    assert "level" in texts(svg)


def test_coordinates_are_rounded_to_hundredths():
    svg = plotting.to_svg(drawing(numbers=np.linspace(0, 1, 30) ** 1.7), "alt")
    numbers = [
        number
        for place in re.findall(r'\s(?:d|x|y|points|transform)="([^"]*)"', svg)
        for number in re.findall(r"-?\d+(?:\.\d+)?", place)
    ]
    assert len(numbers) > 100
    assert all(len(number.partition(".")[2]) <= 2 for number in numbers)


def test_rounding_by_hand():
    tag = '<path id="p1.2345" d="M -0.0012 5.678 L 1.996 -2.0049 z" x="1.2001"/>'
    rounded = '<path id="p1.2345" d="M 0 5.68 L 2 -2 z" x="1.2"/>'
    assert plotting._rounded([tag]) == rounded


def test_rounding_moves_nothing_visibly(monkeypatch):
    def places(svg):
        paths = " ".join(re.findall(r'\sd="([^"]*)"', svg))
        return np.array(re.findall(r"-?\d+\.?\d*", paths), float)

    numbers = np.linspace(0, 1, 30) ** 1.7
    rounded = places(plotting.to_svg(drawing(numbers=numbers), "alt"))
    monkeypatch.setattr(plotting, "_rounded", lambda tag: tag[0])
    exact = places(plotting.to_svg(drawing(numbers=numbers), "alt"))
    assert len(rounded) > 200 and not np.array_equal(rounded, exact)
    assert np.abs(rounded - exact).max() < 0.00501


def test_only_colors_of_the_palette(history):
    svg = plotting.to_svg(plotting.loss_curve(history, [("counting", 2.5)]), "alt")
    svg += plotting.to_svg(drawing("a title"), "alt")
    colors = set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\"'])", svg))
    assert len(colors) >= 4  # there is something to judge
    assert colors <= set(LIGHT.values())
    assert not re.search(r"(?:fill|stroke): (?!none|#|url)", svg), "no named color"


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_an_empty_alternative_text_is_refused(alt, displayed):
    with pytest.raises(ValueError, match="alt is empty: say what the figure shows"):
        plotting.to_svg(drawing(), alt)
    with pytest.raises(ValueError, match="alt is empty"):
        plotting.show(drawing(), alt, "caption")
    assert displayed == []
    plt.close("all")


def test_the_figure_is_closed():
    plt.close("all")
    plotting.to_svg(drawing(), "alt")
    assert plt.get_fignums() == []


# Panels


def test_panels_stand_side_by_side_under_one_alternative_text():
    svg = plotting.to_svg([drawing("left"), drawing("right")], "Two lines, both rising.")
    root = ElementTree.fromstring(svg)
    title, *panels = root
    assert title.text == "Two lines, both rising." and svg.count("<title>") == 1
    assert [panel.tag for panel in panels] == [SVG + "svg"] * 2
    assert [float(panel.get("x")) for panel in panels] == [0, float(panels[0].get("width"))]
    assert float(root.get("width")[:-2]) == sum(float(panel.get("width")) for panel in panels)
    assert "left" in texts(ElementTree.tostring(panels[0]))
    assert "right" in texts(ElementTree.tostring(panels[1]))
    assert plt.get_fignums() == []


def test_panels_share_no_id():
    svg = plotting.to_svg([drawing(), drawing()], "alt")
    ids = re.findall(r'\bid="([^"]*)"', svg)
    references = set(re.findall(r'(?:url\(|href=")#([^")]*)', svg))
    assert len(ids) == len(set(ids)) and references <= set(ids)


def test_one_panel_is_a_figure():
    assert plotting.to_svg([drawing()], "alt") == plotting.to_svg(drawing(), "alt")


def test_no_panel_is_refused():
    with pytest.raises(ValueError, match="no figure to show"):
        plotting.to_svg([], "alt")


def test_text_is_read_at_a_phones_width():
    width = plotting.STYLE["figure.figsize"][0] * 72
    sizes = {plotting.STYLE[name] for name in ("font.size", "axes.titlesize", "legend.fontsize")}
    assert min(sizes) * 341 / width >= 10  # pixels, in a column of 341


# show


def test_show_displays_picture_and_caption(displayed):
    plotting.show(drawing(), 'a "line" & more', "It *rises*.")
    (_, picture), (_, caption) = displayed
    assert picture["image/svg+xml"].startswith("<svg")
    assert picture["text/plain"] == 'a "line" & more'
    assert caption == {"text/markdown": "It *rises*.", "text/plain": "It *rises*."}


def test_show_svg_displays_a_diagram(displayed):
    plotting.show_svg(diagrams.rnn_unrolled(), "A diagram.")
    (_, picture), (_, caption) = displayed
    title = ElementTree.fromstring(picture["image/svg+xml"]).find(SVG + "title").text
    assert picture["text/plain"] == title and len(title) > 20
    assert caption["text/markdown"] == "A diagram."


def test_a_drawing_without_alternative_text_is_refused(displayed):
    with pytest.raises(ValueError, match="svg has no <title>"):
        plotting.show_svg("<svg></svg>", "caption")
    assert displayed == []


# Starts


def test_each_start_is_a_dot_below_its_name():
    rows = {"right": [1.5, 1.7], "dealt": [2.0]}
    figure = plotting.starts(rows, "loss (nats)")
    (axes,) = figure.axes
    dots, means = axes.lines[::2], axes.lines[1::2]
    assert [list(dot.get_xdata()) for dot in dots] == list(rows.values())
    assert [float(*mean.get_xdata()) for mean in means] == pytest.approx([1.6, 2.0])
    assert [text.get_text() for text in axes.texts] == list(rows)
    first, last = axes.get_ylim()
    assert first > 1 > 0 > last  # the first row is the highest
    plt.close(figure)


@pytest.mark.parametrize("rows", [{}, {"right": []}])
def test_rows_without_a_start_are_refused(rows):
    with pytest.raises(ValueError, match="nothing to draw"):
        plotting.starts(rows, "loss (nats)")


# Loss curves


def test_the_loss_curve_shows_what_was_measured(history):
    figure = plotting.loss_curve(history, [("counting", 2.5), ("chance", 4.0)])
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["training, each step"].get_ydata().tolist() == history.losses
    assert lines["training, each step"].get_xdata().tolist() == list(range(1, 41))
    assert np.transpose(lines["validation"].get_data()).tolist() == history.validation
    assert [text.get_text() for text in axes.texts] == ["counting", "chance"]
    assert {2.5, 4.0} <= {line.get_ydata()[0] for line in axes.lines}
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {
        "training, each step",
        "training, smoothed",
        "validation",
    }
    plt.close(figure)


def test_the_loss_curve_shows_what_it_compares():
    losses = (3 * np.exp(-np.arange(400) / 20) + 1.4).tolist()
    figure = plotting.loss_curve(History(losses, [1.0] * 400), [("counting", 1.3)])
    low, high = figure.axes[0].get_ylim()
    plt.close(figure)
    assert low < 1.3 and 1.4 < high < 3  # the steep start, from 4.4, leaves the frame


@pytest.mark.parametrize("count", [plotting.MAX_POINTS, plotting.MAX_POINTS + 1, 5000])
def test_a_long_loss_curve_is_thinned(count):
    losses = 1 + 3 * np.exp(-np.arange(count) / 1000)
    figure = plotting.loss_curve(History(losses.tolist(), [1.0] * count))
    smoothed = smooth(losses.tolist(), 0.95)
    for line, whole in zip(figure.axes[0].lines, (losses, smoothed), strict=True):
        steps, drawn = line.get_data()
        assert plotting.MAX_POINTS / 2 < len(steps) <= plotting.MAX_POINTS
        assert steps[0] == 1 and count - steps[-1] < count / 200  # the end, to half a percent
        assert np.array_equal(drawn, np.asarray(whole)[steps - 1])  # each at its own step
    plt.close(figure)


def test_the_loss_curve_before_the_first_validation():
    figure = plotting.loss_curve(History([2.0], [1.0]))
    assert "validation" not in {line.get_label() for line in figure.axes[0].lines}
    plt.close(figure)


def test_the_live_curve_is_quiet_where_nobody_watches(history, displayed, monkeypatch):
    monkeypatch.setattr(plotting, "watched", lambda: False)
    curve = plotting.LiveCurve()
    curve(None, history)
    curve(None, history)
    assert displayed == []
    curve.finish("alt", "caption")
    assert [(how, list(bundle)[0]) for how, bundle in displayed] == [
        ("display", "image/svg+xml"),
        ("display", "text/markdown"),
    ]


def test_the_live_curve_is_drawn_in_one_place(history, displayed, monkeypatch):
    monkeypatch.setattr(plotting, "watched", lambda: True)
    curve = plotting.LiveCurve(iter([("counting", 2.5)]))  # an iterator: read once, drawn often
    for _ in range(3):
        curve(None, history)
    assert [how for how, _ in displayed] == ["display", "update", "update"]
    curve.finish("alt", "caption")
    assert [how for how, _ in displayed] == ["display", "update", "update", "update", "display"]
    assert all("counting" in texts(bundle["image/svg+xml"]) for _, bundle in displayed[:-1])
    assert displayed[-2][1]["text/plain"] == "alt"
    assert displayed[-1][1]["text/markdown"] == "caption"
    assert plt.get_fignums() == []


def test_a_curve_that_never_saw_an_epoch():
    with pytest.raises(ValueError, match="hand this curve to train as on_epoch"):
        plotting.LiveCurve().finish("alt", "caption")
