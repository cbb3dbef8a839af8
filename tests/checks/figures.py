"""What a reader gets to see of figures, tables and equations: on a phone, on paper."""

from checks.browser import SIZES, drawn, show_all

SMALLEST = 10  # pixels: the size of a figure's text, its indices left out
A4 = 673  # pixels between the page's margins, as book/_static/unrolled.css has them
HANDOUT = 718  # and as book/_static/handout.css has them

CUT = """(smallest) => {
    const found = []
    const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1
    for (const figure of document.querySelectorAll("figure.u-figure")) {
        const words = figure.querySelector("figcaption")?.textContent ?? figure.id
        const say = what => found.push(`${what}: ${words.trim().slice(0, 40)}`)
        const column = figure.getBoundingClientRect()
        if (!column.width) continue  // not shown
        const boxes = figure.querySelectorAll("*:not(svg, svg *)")
        for (const box of [figure, figure.parentElement, ...boxes])
            if (box.scrollWidth > box.clientWidth + 1
                && getComputedStyle(box).overflowX !== "visible") say("a figure scrolls")
        for (const svg of figure.querySelectorAll("svg")) {
            const frame = svg.getBoundingClientRect()
            if (!inside(frame, column) || frame.left < 0 || frame.right > innerWidth + 1)
                say("a figure is cut off")
            const scale = frame.width / svg.viewBox.baseVal.width
            for (const text of svg.querySelectorAll("text")) {
                const place = text.getBoundingClientRect(), name = text.textContent.trim()
                if (!name) continue
                if (!inside(place, frame) || place.top < frame.top - 3
                    || place.bottom > frame.bottom + 3) say(`the label "${name}" is cut off`)
                const runs = text.children.length ? [...text.children] : [text]
                const size = Math.max(...runs.map(e => parseFloat(getComputedStyle(e).fontSize)))
                if (size * scale < smallest)
                    say(`the label "${name}" is ${(size * scale).toFixed(1)} pixels high`)
            }
        }
    }
    return [...new Set(found)]
}"""

PRINTED = """() => {
    const found = [], column = document.querySelector(".bd-article") ?? document.body
    const edge = column.getBoundingClientRect().right
    for (const box of document.querySelectorAll(".bd-article :is(table, pre, .katex-html)")) {
        const range = document.createRange()
        range.selectNodeContents(box)
        const place = range.getBoundingClientRect()
        if (place.right > edge + 1)
            found.push(`cut off: ${box.tagName} ${box.textContent.trim().slice(0, 40)}`)
    }
    return found
}"""


def cut_off(context, address):
    """No figure scrolls or is cut, and what is written in it can be read; on paper, nothing is cut.

    Parameters
    ----------
    context : playwright.sync_api.BrowserContext
        Of any size.
    address : str
        Of a page.
    """
    page, found = context.new_page(), []
    try:
        page.goto(address)
        show_all(page)
        for name, size in SIZES.items():
            page.set_viewport_size(size)
            drawn(page)
            found += [f"{name}: {problem}" for problem in page.evaluate(CUT, SMALLEST)]
        page.emulate_media(media="print")
        page.set_viewport_size({"width": HANDOUT if "handout" in address else A4, "height": 1000})
        drawn(page)
        found += [f"on paper: {p}" for p in page.evaluate(CUT, 0) + page.evaluate(PRINTED)]
    finally:
        page.close()
    return found
