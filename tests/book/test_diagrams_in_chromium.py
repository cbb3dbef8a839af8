"""The diagrams in Chromium, with the page's own fonts: no text runs into anything."""

from copy import deepcopy

import pytest
from checks import ROOT
from checks.diagrams import DIAGRAMS, collisions, parsed

from unrolled.figures.diagrams import drawing

INKED = """async () => {
    await document.fonts.ready
    const pen = document.createElement("canvas").getContext("2d")
    function inked(text) {
        let baseline = Number(text.getAttribute("y")), top = Infinity, bottom = -Infinity
        for (const run of text.children.length ? text.children : [text]) {
            const style = getComputedStyle(run)
            pen.font = `${style.fontStyle} ${style.fontSize} ${style.fontFamily}`
            const ink = pen.measureText(run.textContent)
            baseline += Number(run.getAttribute("dy"))
            top = Math.min(top, baseline - ink.actualBoundingBoxAscent)
            bottom = Math.max(bottom, baseline + ink.actualBoundingBoxDescent)
        }
        const { x, width } = text.getBBox()
        return [x, top, x + width, bottom]
    }
    const loaded = [...document.fonts].filter(font => font.status == "loaded")
    const drawn = [...document.querySelectorAll("svg")]
    return {
        fonts: loaded.map(font => font.family),
        places: drawn.map(svg => [...svg.querySelectorAll("text")].map(inked)),
    }
}"""


@pytest.fixture(scope="module")
def measure(browser, serve):
    """Return `measure(svgs)`: where Chromium puts the texts of drawings, in the page's fonts."""
    address = serve(ROOT / "node_modules" / "katex" / "dist")
    page = browser.new_page(viewport={"width": 1280, "height": 720})

    def measure(svgs):
        page.goto(f"{address}/katex.min.css")
        page.set_content(f'<link rel="stylesheet" href="{address}/katex.min.css">' + "".join(svgs))
        answer = page.evaluate(INKED)
        assert {"KaTeX_Math", "KaTeX_Main"} <= set(answer["fonts"])
        return answer["places"]

    yield measure
    page.close()


def test_in_the_browser_text_runs_into_nothing(measure):
    svgs = [draw() for draw in DIAGRAMS.values()]
    for name, svg, places in zip(DIAGRAMS, svgs, measure(svgs), strict=True):
        assert collisions(parsed(svg), places) == [], name


def test_in_the_browser_text_that_does_not_fit_is_seen(measure):
    picture = drawing.Drawing("broken", 200, "alt")
    picture.symbol(400, 100, "h_1")
    picture.box(100, 100, 60, 40, "hidden")
    fits, wide, close = (deepcopy(picture) for _ in range(3))
    fits.text(100, 100, "fits")
    wide.text(100, 100, "too wide")
    close.text(410, 110, "fits")
    found = [
        collisions(parsed(svg), places)
        for svg, (places,) in ((str(p), measure([str(p)])) for p in (fits, wide, close))
    ]
    assert found == [[], ["too wide: over the edge of a box"], ["fits: over h1"]]
