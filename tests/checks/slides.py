"""Checks on the talk: its notebook's notes and numbers, and its deck in Chromium."""

import re

from unrolled_book import slides as deck

from checks import browser as browser_checks
from checks import notebooks as notebook_checks

MINUTES = 45
SPEECH = (25, 36)  # minutes, at least and at most: live cells and the room need the rest
MIN_WORDS = 50  # on each slide: enough to speak from
SIZES = ((1280, 720), (1920, 1080))
MATH_OR_CODE = re.compile(r"\$\$.*?\$\$|\$.*?\$|`.*?`", re.S)
LIST_NUMBER = re.compile(r"^\d+\. ", re.M)
DURATION = re.compile(r"^\*\*\d+ minutes?\*\*$", re.M)


# The notebook.


def notes(path):
    """Every slide has notes, in the form that tools can read."""
    problems = []
    for number, cells in enumerate(deck.slides(notebook_checks.read(path)), 1):
        sources = [cell.source for cell in cells if deck.slide_type(cell) == "notes"]
        if len(sources) != 1:
            problems.append(f"slide {number}: {len(sources)} cells of notes, not 1")
        for source in sources:
            try:
                deck.parse_notes(source)
            except ValueError as error:
                problems.append(f"slide {number}: {error}")
    return problems


def minutes(path):
    """The slides fill the time of the talk."""
    end = deck.talk(notebook_checks.read(path))[-1].end
    return [] if end == MINUTES else [f"the talk ends at minute {end}, not {MINUTES}"]


def speech(path):
    """What is to be said fits into each slide's minutes, and leaves time for the rest."""
    problems, talk = [], deck.talk(notebook_checks.read(path))
    for number, one in enumerate(talk, 1):
        spoken = one.words / deck.WORDS_PER_MINUTE
        if one.words < MIN_WORDS:
            problems.append(f"slide {number}: {one.words} words, at least {MIN_WORDS}")
        if spoken > one.minutes:
            problems.append(
                f"slide {number}: {one.words} words take {spoken:.1f} minutes, and it has "
                f"{one.minutes}"
            )
    total = sum(one.words for one in talk) / deck.WORDS_PER_MINUTE
    if not SPEECH[0] <= total <= SPEECH[1]:
        problems.append(f"{total:.1f} minutes of speech, not {SPEECH[0]} to {SPEECH[1]}")
    return problems


def typed_numbers(path):
    """No number is typed on a slide or in its notes: cells print them, from what was measured."""
    problems = []
    for number, cell in enumerate(notebook_checks.read(path).cells, 1):
        if cell.cell_type == "markdown":
            prose = cell.source
            for allowed in (MATH_OR_CODE, LIST_NUMBER, DURATION):
                prose = allowed.sub("", prose)
            problems += [
                f"cell {number}: the number {found} is typed: let a cell print it"
                for found in re.findall(r"\d[\d.,]*", prose)
            ]
    return problems


# Checks that take the talk's notebook.
CHECKS = (notes, minutes, speech, typed_numbers)


# The deck.


def open_deck(browser, address, size):
    """Open a deck in a window of its own; return the page and the list of what goes wrong on it."""
    width, height = size
    window = {"width": width, "height": height}
    context = browser.new_context(viewport=window, reduced_motion="reduce")
    context.route(browser_checks.FOREIGN, lambda route: route.abort())
    page = context.new_page()
    found = browser_checks.listen(page)
    page.goto(address)
    page.wait_for_function("window.Reveal && Reveal.isReady() && document.fonts.ready")
    page.add_style_tag(content="* { transition: none !important }")  # each state is there at once
    return page, found


def problems(browser, address, size):
    """Go through a deck, state by state, and return what is wrong with it.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
        A Chromium.
    address : str
        Of the deck; `file:` and `http:` both do.
    size : tuple of int
        Width and height of the window.
    """
    page, found = open_deck(browser, address, size)
    try:
        for number in range(1, page.evaluate("Reveal.getTotalSlides()") + 1):
            fragments = page.evaluate(
                "n => (Reveal.slide(n), Reveal.getCurrentSlide().querySelectorAll('.fragment'))"
                ".length",
                number - 1,
            )
            for state in range(-1, fragments):
                page.evaluate("([n, f]) => Reveal.slide(n, 0, f)", [number - 1, state])
                found += [f"slide {number}, {state + 1}: {what}" for what in misplaced(page)]
        page.wait_for_load_state("networkidle")
    finally:
        page.context.close()
    return list(dict.fromkeys(found))


def misplaced(page):
    """What sticks out of the shown slide, is cut off, or lies upon something else."""
    return page.evaluate(
        """() => {
            const slide = Reveal.getCurrentSlide()
            const edge = Reveal.getSlidesElement().getBoundingClientRect()
            const blocks = "h1, h2, p, li, pre, td, th, figcaption, svg, svg text, .katex-display"
            const seen = [...slide.querySelectorAll(blocks)].filter(
                e => !e.closest(".notes") && e.checkVisibility({
                    checkOpacity: true, checkVisibilityCSS: true }))
            const name = e => `${e.tagName.toLowerCase()} ${(e.textContent || "").trim()
                .replace(/\\s+/g, " ").slice(0, 40)}`
            const found = []
            const boxes = seen.map(e => {
                const range = document.createRange()
                range.selectNodeContents(e)
                const words = /^(svg|text)$/.test(e.tagName) ? e : range
                return words.getBoundingClientRect()
            })
            seen.forEach((e, i) => {
                const r = boxes[i]
                if (r.left < edge.left - 1 || r.top < edge.top - 1 || r.right > edge.right + 1
                    || r.bottom > edge.bottom + 1) found.push(`outside the slide: ${name(e)}`)
                if (e.tagName === "PRE" && e.scrollWidth > e.clientWidth + 1)
                    found.push(`cut off: ${name(e)}`)
                if (e.tagName === "text") return
                seen.slice(i + 1).forEach((other, j) => {
                    const o = boxes[i + 1 + j]
                    if (other.tagName === "text" || e.contains(other)) return
                    const wide = Math.min(r.right, o.right) - Math.max(r.left, o.left)
                    const high = Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top)
                    if (wide > 2 && high > 2) found.push(`overlap: ${name(e)} / ${name(other)}`)
                })
            })
            return found
        }"""
    )


def speaker_view(browser, address):
    """The speaker view opens with the key S, shows the slide's notes, and follows the deck."""
    page, found = open_deck(browser, address, SIZES[0])
    try:
        with page.expect_popup() as opened:
            page.keyboard.press("s")
        view = opened.value
        found += browser_checks.listen(view)
        for step in range(2):
            expected = page.evaluate(
                "Reveal.getCurrentSlide().querySelector('.notes').textContent.trim()"
            )
            try:
                view.wait_for_function(
                    "text => document.querySelector('.speaker-controls-notes .value')"
                    "?.textContent.trim() === text",
                    arg=expected,
                    timeout=5_000,
                )
            except browser_checks.Error:
                found.append(f"the speaker view doesn't show the notes of slide {step + 1}")
            page.evaluate("Reveal.slide(1)")
        shown = [frame.url for frame in view.frames if frame.url.startswith(address)]
        if len(shown) != 2:
            found.append(f"the speaker view shows {len(shown)} slides, not this one and the next")
    finally:
        page.context.close()
    return found
