"""Checks on the teaching pages: the handout's one page, and numbers that no one has typed."""

import re
from itertools import pairwise

from unrolled_book import slides as deck

from checks import notebooks as notebook_checks

PAGE = re.compile(rb"/Type\s*/Page\b")  # and not /Pages, which lists them
PAPERS = ("A4", "Letter")
# A decimal, or a percentage. What is in code, in math or substituted isn't typed prose.
TYPED = re.compile(r"\d+\.\d+|\d+\s?%")
NOT_PROSE = re.compile(
    r"^```.*?^```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\{\{.*?\}\}|\([^()\s]*\)", re.M | re.S
)

# A row of a timetable: its start and its minutes, or its first and its last minute.
CLOCK = re.compile(r"\| (\d+):(\d\d) \| (\d+) \|")
SPAN = re.compile(r"\| (\d+)–(\d+) \|")
SLIDES = re.compile(r"\| (?:deck: )?\*([^*]+)\*(?: to \*([^*]+)\*)?")


def handout(context, url):
    """Print a page on each paper: it is one sheet, white, and nothing is cut off at its side."""
    page = context.new_page()
    try:
        page.goto(url, wait_until="load")
        page.evaluate("document.fonts.ready")
        sheets = {paper: len(PAGE.findall(page.pdf(format=paper))) for paper in PAPERS}
        problems = [f"{n} pages on {paper}, not 1" for paper, n in sheets.items() if n != 1]
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 718, "height": 1000})  # A4 within margins of 10 mm
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > 718:
            problems.append(f"{wide} pixels wide on paper, which has 718")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        if ground != "rgb(255, 255, 255)":
            problems.append(f"printed on {ground}")
        return problems
    finally:
        page.close()


def typed_numbers(path):
    """The prose of a page types no measured number: it reads them from the results files."""
    prose = NOT_PROSE.sub("", path.read_text(encoding="utf-8"))
    return [f"{path.name}: {number} is typed" for number in TYPED.findall(prose)]


def tables(path):
    """List the timetables of a page: of each row the minutes of start and end, and its text."""
    found, rows = [], []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if clock := CLOCK.match(line):
            start = 60 * int(clock[1]) + int(clock[2])
            rows.append((start, start + int(clock[3]), line))
        elif span := SPAN.match(line):
            rows.append((int(span[1]), int(span[2]), line))
        elif rows and not line.startswith("|"):
            found.append(rows)
            rows = []
    return found


def timetables(path):
    """In each timetable of a page, every part begins when the one before it ends."""
    return [
        f"{path.name}: minute {end} is not followed by {line}"
        for rows in tables(path)
        for (_, end, _), (start, _, line) in pairwise(rows)
        if end != start
    ]


def hurried(path, talk):
    """A part of the deck that a timetable names is there, and can be spoken in its minutes."""
    notebook, problems = notebook_checks.read(talk), []
    titles = [cells[0].source.partition("\n")[0].lstrip("# ") for cells in deck.slides(notebook)]
    words = [one.words for one in deck.talk(notebook)]
    for rows in tables(path):
        at = 0
        for start, end, line in rows:
            if not (named := SLIDES.search(line)):
                continue
            try:
                first = titles.index(named[1], at)
                at = titles.index(named[2] or named[1], first) + 1
            except ValueError:
                problems.append(f"{path.name}: no such slides here: {named[0]}")
                continue
            spoken = sum(words[first:at]) / deck.WORDS_PER_MINUTE
            if spoken > end - start:
                problems.append(f"{path.name}: {named[0]}: {spoken:.1f} minutes of speech")
    return problems
