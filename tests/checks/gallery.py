"""Checks on the gallery of pitfalls: every trap of the chapters is in it, in full and truly."""

import re

from checks.notebooks import FENCE, read, sections
from unrolled import results

WRONG = "What goes wrong"
FIELDS = ("You see", "Cause", "Cure", "Cost", "Shown in")
CHAPTER = re.compile(r"Chapter (\d+):")
TABLE_ROW = re.compile(r"^\| (.+?) \|", re.M)
LEAD_IN = re.compile(r"^\*\*([^*\n]+)\.\*\* ", re.M)
CARD = re.compile(r"^- \*\*(.+?)\*\*$", re.M)
FIELD = re.compile(r"^  - \*([^*]+)\*: (.+(?:\n    .+)*)", re.M)
LINK = re.compile(r"\[(.+?)\]\((.+?)\)")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")


def traps(chapter):
    """What a chapter calls a trap: the rows of its tables, and the titles of its sections.

    Returns
    -------
    rows, titles : list of str
        The first column of the tables under "What goes wrong"; the headings below it, and what
        opens a paragraph in bold type there.
    """
    cells = [cell.source for cell in read(chapter).cells if cell.cell_type == "markdown"]
    _, _, after = FENCE.sub("", "\n\n".join(cells)).partition(f"\n## {WRONG}\n")
    part = re.split(r"^## ", after, flags=re.M)[0]
    rows = [row for row in TABLE_ROW.findall(part) if row != "---"]
    return rows[1:], re.findall(r"^### (.+)$", part, re.M) + LEAD_IN.findall(part)


def cards(gallery):
    """List the gallery's cards: `(chapter's number, title, {field: text})`."""
    found = []
    for _, cell, trail in sections(gallery):
        for output in cell.get("outputs", []):
            number = CHAPTER.match(trail[-1][1])
            text = output.get("data", {}).get("text/markdown", "")
            pieces = CARD.split(text)[1:]  # title, body, title, body, ...
            for title, body in zip(pieces[::2], pieces[1::2], strict=True):
                found.append((int(number[1]), title, dict(FIELD.findall(body))))
    return found


def missing(chapters, gallery):
    """Every trap of every chapter is in the gallery, under the name that the chapter gives it."""
    problems, known = [], cards(gallery)
    for chapter in chapters:
        number = int(chapter.stem[:2])
        names = [title for n, title, _ in known if n == number]
        linked = [
            link[1]
            for n, _, fields in known
            if n == number and (link := LINK.search(fields.get("Shown in", "")))
        ]
        rows, titles = traps(chapter)
        if not rows:
            problems.append(f"{chapter.name}: no table of traps under {WRONG!r}")
        problems += [f"{chapter.name}: no card {row!r}" for row in rows if row not in names]
        problems += [f"{chapter.name}: no link {t!r}" for t in titles if t not in linked]
    return problems


def incomplete(gallery):
    """Every card says what you see, the cause, the cure and the cost, and links to its section."""
    problems, found = [], cards(gallery)
    for number, title, fields in found:
        if tuple(fields) != FIELDS:
            problems.append(f"chapter {number}, {title!r} has {list(fields)}, not {list(FIELDS)}")
        elif not LINK.fullmatch(fields["Shown in"]):
            problems.append(f"chapter {number}, {title!r} links to nothing")
    return problems if found else [f"{gallery.name}: no cards"]


def untrue(chapters, gallery):
    """Every number in a cost was printed, or written below a figure, by its chapter.

    Or it was printed by a cell of the gallery, which makes some mistakes itself.
    """
    said = {
        int(path.stem[:2]): " ".join(
            text for output in results.outputs(path.with_suffix("")) for text in output.values()
        )
        for path in chapters
    }
    own = results.outputs(gallery.with_suffix(""))
    own = " ".join(one.get("text/plain", "") for one in own if "text/markdown" not in one)
    return [
        f"chapter {number}, {title!r}: the chapter never printed {figure}"
        for number, title, fields in cards(gallery)
        for figure in NUMBER.findall(fields.get("Cost", ""))
        if figure not in NUMBER.findall(said[number] + " " + own)
    ]
