"""The gallery of pitfalls: every trap of the chapters, in full and truly."""

import nbformat
import pytest
from checks import ROOT, expect_none
from checks import gallery as checks
from nbformat import v4

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

    def of(section=SECTION, cards=CARDS, own=""):
        chapter, gallery = tmp_path / "01_one.ipynb", tmp_path / "pitfalls.ipynb"
        cells = [printing("costs 0.25 ± 0.05\n"), v4.new_markdown_cell("# One\n\n" + section)]
        nbformat.write(v4.new_notebook(cells=cells), chapter)
        shown = v4.new_output("execute_result", {"text/markdown": cards})
        cells = [v4.new_markdown_cell("## Chapter 1: one"), printing(own)]
        cells.append(v4.new_code_cell("", outputs=[shown]))
        nbformat.write(v4.new_notebook(cells=cells), gallery)
        return (
            checks.missing([chapter], gallery)
            + checks.incomplete(gallery)
            + checks.untrue([chapter], gallery)
        )

    return of


def test_a_good_gallery_passes(complaints):
    assert complaints() == []


def test_a_cost_may_be_what_the_gallery_itself_measured(complaints):
    cards = CARDS.replace("0.25", "0.24")
    assert complaints(cards=cards) and complaints(cards=cards, own="costs 0.24\n") == []


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
