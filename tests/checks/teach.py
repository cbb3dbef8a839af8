"""Checks on the teaching pages: the handout's one page, and numbers that no one has typed."""

import re

PAGE = re.compile(rb"/Type\s*/Page\b")  # and not /Pages, which lists them
PAPERS = ("A4", "Letter")
# A decimal, or a percentage. What is in code, in math or substituted isn't typed prose.
TYPED = re.compile(r"\d+\.\d+|\d+\s?%")
NOT_PROSE = re.compile(
    r"^```.*?^```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\{\{.*?\}\}|\([^()\s]*\)", re.M | re.S
)


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


def timetables(path):
    """In each timetable of a page, every part begins when the one before it ends."""
    problems, end = [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if clock := re.match(r"\| (\d+):(\d\d) \| (\d+) \|", line):
            start = 60 * int(clock[1]) + int(clock[2])
            stop = start + int(clock[3])
        elif span := re.match(r"\| (\d+)–(\d+) \|", line):
            start, stop = int(span[1]), int(span[2])
        else:
            end = end if line.startswith("|") else None
            continue
        if end not in (None, start):
            problems.append(f"{path.name}: minute {end} is not followed by {line}")
        end = stop
    return problems
