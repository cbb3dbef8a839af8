"""The talk: notes to speak from, numbers that were measured, a deck that shows on every screen."""

import re
import shutil
from itertools import pairwise

import nbformat
import pytest
from checks import ROOT, TALK, expect_none
from checks import book as book_checks
from checks import notebooks as notebook_checks
from checks import slides as checks
from nbclient import NotebookClient

from unrolled import results


def test_live_cells_are_recorded():
    notebook = nbformat.read(TALK, as_version=4)
    lived = [cell for cell in notebook.cells if cell.cell_type == "code" and checks.deck.live(cell)]
    said = [cell.outputs for cell in lived]
    assert len(lived) >= 3 and all(said)
    checks.deck.record(notebook)
    assert not any(cell.outputs for cell in lived)
    moved = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert all(outputs in moved for outputs in said)


# The deck. Its address in the book: slides/index.html.


@pytest.fixture(scope="module", params=["file", "http"])
def address(request, book, serve, tmp_path_factory):
    """Where the deck is: in a folder of its own, without the rest of the book; or served."""
    alone = tmp_path_factory.mktemp("deck") / "slides"
    shutil.copytree(book / "slides", alone)
    return (alone / "index.html").as_uri() if request.param == "file" else f"{serve(alone)}/"


@pytest.mark.parametrize("size", checks.SIZES, ids=str)
def test_every_slide(browser, address, size):
    expect_none(checks.problems(browser, address, size))


def test_the_speaker_view_follows(browser, address):
    expect_none(checks.speaker_view(browser, address))


# Broken on purpose: the notebook.


NOTES = "**{} minutes**\n\n" + "say " * 60 + "\n\n**Ask:** Why?\n\n**Misunderstanding:** None."


def talk(folder, *minutes, slide="## A slide", notes=NOTES):
    """Write a talk with a slide of each of these numbers of minutes; return its path."""
    cells = []
    for number in minutes:
        for kind, source in (("slide", slide), ("notes", notes.format(number))):
            metadata = {"slideshow": {"slide_type": kind}}
            cells.append(nbformat.v4.new_markdown_cell(source, metadata=metadata))
    path = folder / "talk.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_notes_of_another_form_are_seen(tmp_path):
    assert checks.notes(talk(tmp_path, 45)) == []
    for old, new in (
        ("**Ask:**", "Ask:"),
        (" minutes", " min"),
        ("**Misunderstanding:** None.", ""),
    ):
        [problem] = checks.notes(talk(tmp_path, 45, notes=NOTES.replace(old, new)))
        assert problem.startswith("slide 1: notes must have the form")


def test_a_slide_without_notes_is_seen(tmp_path):
    path = talk(tmp_path, 20, 25)
    notebook = nbformat.read(path, as_version=4)
    del notebook.cells[1]
    nbformat.write(notebook, path)
    assert checks.notes(path) == ["slide 1: 0 cells of notes, not 1"]


def test_a_talk_of_another_length_is_seen(tmp_path):
    assert checks.minutes(talk(tmp_path, 20, 25)) == []
    assert checks.minutes(talk(tmp_path, 20, 24)) == ["the talk ends at minute 44, not 45"]
    assert "must have the form" in checks.notes(talk(tmp_path, 0, 45))[0]


def test_the_deck_shows_the_clock(book):
    page = book_checks.parse(book / "slides" / "index.html")
    shown = [notes.strong.get_text() for notes in page.select(".notes")]
    spans = [(one.start, one.end) for one in checks.deck.talk(notebook_checks.read(TALK))]
    assert shown == [f"Minute {start} to {end}" for start, end in spans]
    assert spans[0][0] == 0 and all(end == start for (_, end), (start, _) in pairwise(spans))


def test_too_many_words_are_seen(tmp_path):
    long, short = NOTES.replace("say " * 60, "say " * 140), NOTES.replace("say " * 60, "say " * 9)
    marks = [1] * 45
    assert (
        checks.speech(talk(tmp_path, *marks, notes=NOTES.replace("say " * 60, "say " * 90))) == []
    )
    problems = checks.speech(talk(tmp_path, *marks, notes=long))
    assert "slide 1: 141 words take 1.1 minutes, and it has 1" in problems
    assert problems[-1].startswith("48.8 minutes of speech")
    assert "slide 1: 10 words, at least 50" in checks.speech(talk(tmp_path, *marks, notes=short))


@pytest.mark.parametrize("text", ["It ends at 1.59 nats.", "Of 5 starts", "It keeps 0.3 %"])
def test_a_typed_number_is_seen(tmp_path, text):
    allowed = "1. A list\n\n$W_{hh}^2$ and `x[3]`, thirty-two"
    assert checks.typed_numbers(talk(tmp_path, 45, slide=allowed)) == []
    [problem] = checks.typed_numbers(talk(tmp_path, 45, slide=text))
    assert problem.startswith("cell 1: the number")
    assert checks.typed_numbers(talk(tmp_path, 45, notes=NOTES + text))


# Broken on purpose: what the talk reads. nbval compares the same outputs, exactly.


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what the talk reads: the chapters, the results, the list of papers."""
    root = tmp_path_factory.mktemp("sources")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    shutil.copytree(results.FOLDER, root / "data" / "results")
    (root / "book" / "teach").mkdir(parents=True)
    shutil.copy(ROOT / "book" / "references.bib", root / "book")
    return root


def changed_slides(root):
    """Execute the talk in `root`, all but its live cells; return the cells with other outputs."""
    notebook = nbformat.read(TALK, as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if cell.cell_type == "code" and not checks.deck.live(cell)
    ]
    stored = [[dict(output) for output in cell.outputs] for cell in notebook.cells]
    place = "from pathlib import Path\n\nfrom unrolled import results\n\n"
    place += f"results.FOLDER = Path({str(root / 'data' / 'results')!r})\n"
    place += f"results.NOTEBOOKS = Path({str(root / 'notebooks')!r})"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(place))
    resources = {"metadata": {"path": str(root / "book" / "teach")}}
    NotebookClient(notebook, resources=resources, kernel_name="python3").execute()
    pairs = zip(notebook.cells[1:], stored, strict=True)
    return [cell.source for cell, outputs in pairs if cell.outputs != outputs]


def test_a_change_of_results_changes_the_deck(sources):
    chapter = sources / "notebooks" / "01_rnn_from_scratch.ipynb"
    text = chapter.read_text(encoding="utf-8").replace(
        "Twenty steps back, ", "Twenty steps back, 1"
    )
    chapter.write_text(text, encoding="utf-8")
    echo = sources / "data" / "results" / "echo.json"
    numbers = re.sub(r'"symbols": [\d.]+', '"symbols": 0.5', echo.read_text(encoding="utf-8"))
    echo.write_text(numbers, encoding="utf-8")
    one, other = changed_slides(sources)
    assert "Norm of the gradient against steps back" in one
    assert 'results.load("echo")' in other


# Broken on purpose: the deck.


DECK = """<!doctype html>
<html lang="en">
<head><link rel="stylesheet" href="reveal.css"><link rel="icon" href="data:,"></head>
<body><div class="reveal"><div class="slides"><section><h2>A slide</h2>{}
<aside class="notes">Say this.</aside></section>
<section><h2>Another</h2><aside class="notes">Say that.</aside></section></div></div>
<script src="reveal.js"></script><script src="notes.js"></script><script>
Reveal.initialize({{ width: 1280, height: 720, center: false, plugins: [{}], transition: "none" }})
</script></body></html>
"""
FAULTS = {
    "too low": ("<p style='margin-top: 700px'>low</p>", "outside the slide: p low"),
    "too wide": (
        "<p style='width: 1500px; white-space: nowrap'>{}</p>".format("wide " * 90),
        "outside the slide: p wide",
    ),
    "code cut off": (
        "<pre style='overflow: hidden; width: 9em'>{}</pre>".format("wide" * 20),
        "cut off: pre wide",
    ),
    "overlap": ("<p style='margin-top: -3em'>over</p>", "overlap: h2 A slide / p over"),
    "hidden at first": (
        "<p class='fragment' style='margin-top: 700px'>low</p>",
        "slide 1, 1: outside the slide: p low",
    ),
    "error": ("<script>console.error('lost')</script>", "console error: lost"),
    "foreign": ("<script src='https://example.org/a.js'></script>", "foreign host: https://exam"),
    "missing": ("<img src='gone.svg' alt=''>", "request failed: file:"),
}


@pytest.fixture
def write_deck(tmp_path):
    """Return `write_deck(body, plugins) -> address` of a deck of two slides."""

    def write(body, plugins="RevealNotes"):
        for name in checks.deck.REVEAL_FILES:
            shutil.copy(ROOT / checks.deck.REVEAL / name, tmp_path)
        page = tmp_path / "index.html"
        page.write_text(DECK.format(body, plugins), encoding="utf-8")
        return page.as_uri()

    return write


def test_a_good_deck_passes(browser, write_deck):
    address = write_deck("<p>All is well.</p>")
    assert checks.problems(browser, address, checks.SIZES[0]) == []
    assert checks.speaker_view(browser, address) == []


@pytest.mark.parametrize(("body", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_seen(browser, write_deck, body, said):
    found = checks.problems(browser, write_deck(body), checks.SIZES[0])
    assert any(said in problem for problem in found), found


def test_a_speaker_view_that_does_not_follow_is_seen(browser, write_deck):
    silent = "document.addEventListener('slidechanged', e => e.stopPropagation(), true)"
    found = checks.speaker_view(browser, write_deck(f"<script>{silent}</script>"))
    assert "the speaker view doesn't show the notes of slide 2" in found
