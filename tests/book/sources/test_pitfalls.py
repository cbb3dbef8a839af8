"""The gallery of pitfalls, and the way in which pages quote what chapters printed."""

import nbformat
import pytest
from checks import ROOT, expect_none
from checks import gallery as checks
from nbformat import v4

from unrolled import chapters

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GALLERY = ROOT / "book" / "pitfalls.ipynb"


def test_every_trap_is_in_the_gallery():
    assert CHAPTERS
    expect_none(checks.missing(CHAPTERS, GALLERY))


def test_every_card_is_complete():
    expect_none(checks.incomplete(GALLERY))


def test_every_cost_is_what_the_chapter_says():
    expect_none(checks.untrue(CHAPTERS, GALLERY))


# Broken on purpose.

SECTION = """## What goes wrong

### A trap

It snaps.

**A second one.** It snaps, too.

| trap | what you see | the cure |
| --- | --- | --- |
| trap | nothing | look |
| second | nothing | look |

## Check yourself

| no | trap | here |
| --- | --- | --- |
"""
CARDS = """
- **trap**

  - *You see*: nothing.
  - *Cause*: you
    don't look.
  - *Cure*: look.
  - *Cost*: 0.25 ± 0.05 nats.
  - *Shown in*: [A trap](../notebooks/01_one.ipynb#a-trap)

- **second**

  - *You see*: nothing.
  - *Cause*: you don't look.
  - *Cure*: look.
  - *Cost*: none.
  - *Shown in*: [A second one](../notebooks/01_one.ipynb#what-goes-wrong)
"""


def printing(text):
    """A code cell that printed a text."""
    return v4.new_code_cell("", outputs=[v4.new_output("stream", name="stdout", text=text)])


@pytest.fixture
def complaints(tmp_path):
    """Return `complaints(section, cards)`: what the three checks say of a chapter and a gallery."""

    def of(section=SECTION, cards=CARDS):
        chapter, gallery = tmp_path / "01_one.ipynb", tmp_path / "pitfalls.ipynb"
        cells = [printing("costs 0.25 ± 0.05\n"), v4.new_markdown_cell("# One\n\n" + section)]
        nbformat.write(v4.new_notebook(cells=cells), chapter)
        shown = v4.new_output("execute_result", {"text/markdown": cards})
        cells = [v4.new_markdown_cell("## Chapter 1: one"), v4.new_code_cell("", outputs=[shown])]
        nbformat.write(v4.new_notebook(cells=cells), gallery)
        return (
            checks.missing([chapter], gallery)
            + checks.incomplete(gallery)
            + checks.untrue([chapter], gallery)
        )

    return of


def test_a_good_gallery_passes(complaints):
    assert complaints() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("| second |", "| third |", "no card 'third'"),
        ("### A trap", "### A worse trap", "no link 'A worse trap'"),
        ("**A second one.**", "**A third one.**", "no link 'A third one'"),
        ("| ", "", "no table of traps"),
    ],
)
def test_a_trap_that_the_gallery_lacks_is_seen(complaints, old, new, said):
    assert said in " ".join(complaints(section=SECTION.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("**trap**", "**gap**", "no card 'trap'"),
        ("  - *Cure*: look.\n", "", "not ['You see', 'Cause', 'Cure', 'Cost', 'Shown in']"),
        ("[A trap](../notebooks/01_one.ipynb#a-trap)", "A trap", "links to nothing"),
        ("0.25", "0.24", "never printed 0.24"),
        ("- **", "- ", "no cards"),
    ],
)
def test_a_faulty_card_is_seen(complaints, old, new, said):
    assert old in CARDS
    assert said in " ".join(complaints(cards=CARDS.replace(old, new)))


# What a chapter printed.


@pytest.fixture
def one(tmp_path, monkeypatch):
    """A folder with one chapter."""
    cells = [v4.new_markdown_cell("cost: 7 nats"), printing("  cost: 0.25 nats\nof 3\n")]
    cells += [printing("twice 1\n"), printing("twice 2\n"), v4.new_code_cell("cost: 8 nats")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "01_one.ipynb")
    monkeypatch.setattr(chapters, "FOLDER", tmp_path)


@pytest.mark.parametrize(
    ("template", "found"),
    [("cost: {} nats", "0.25"), ("cost: {}", "0.25 nats"), ("{}: {} nats", ("cost", "0.25"))],
)
def test_what_was_printed_is_found(one, template, found):
    assert chapters.printed("01_one", template) == found


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("costs: {} nats", "0 lines"),
        ("cost: {} bits", "0 lines"),
        ("of {} or more", "0 lines"),
        ("twice {}", "2 lines"),
        ("cost: 0.25 nats", "asks for nothing"),
    ],
)
def test_a_template_that_fits_no_line_or_several_is_refused(one, template, said):
    with pytest.raises(ValueError, match=said):
        chapters.printed("01_one", template)


def test_an_unknown_chapter_is_named_beside_the_known_ones(one):
    with pytest.raises(FileNotFoundError, match="'02_two'.*01_one"):
        chapters.printed("02_two", "{}")
