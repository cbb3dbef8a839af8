"""The glossary: in every chapter, the first use of a term links to it."""

import pytest
from checks import ROOT, expect_none
from checks import glossary as checks

GLOSSARY = ROOT / "book" / "glossary.md"
CHAPTERS = sorted((ROOT / "notebooks").glob("*.md"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_the_first_use_of_a_term_is_a_link(chapter):
    expect_none(checks.unlinked(chapter, GLOSSARY))


def test_everyday_words_are_terms():
    assert checks.terms(GLOSSARY).keys() >= checks.EVERYDAY


# Broken on purpose.

SMALL = """# Glossary

```{glossary}
hidden state
  What is passed on. A token is no entry here.

bit
bits per character
  A unit.

gate
  An everyday word.

back-propagation
  The chain rule.

back-propagation through time
  The same, unrolled.
```
"""
PROSE = """---
title: a hidden state
---

# The hidden state

**The hidden state.** The {term}`hidden
state` and the next hidden state, in {term}`bits per character`, by {term}`Back-propagation`.
A state is {term}`hidden <hidden state>`. A gate. `A hidden state.` $back-propagation$ through time

| hidden state |
"""


@pytest.fixture
def complaints(tmp_path):
    """Return `complaints(text)`: what the check says of a chapter."""
    (tmp_path / "glossary.md").write_text(SMALL, encoding="utf-8")

    def of(text):
        (tmp_path / "01_one.md").write_text(text, encoding="utf-8")
        return checks.unlinked(tmp_path / "01_one.md", tmp_path / "glossary.md")

    return of


def test_linked_terms_pass(complaints):
    assert complaints(PROSE) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{term}`hidden\nstate`", "hidden\nstate", "line 7: 'hidden state'"),
        ("{term}`hidden\nstate`", "Hidden states", "line 7: 'hidden states'"),
        ("The {term}", "The hidden state, the {term}", "line 7: 'hidden state'"),
        ("{term}`bits per character`", "bits per character", "line 8: 'bits per character'"),
        ("{term}`Back-propagation`", "back-propagation", "line 8: 'back-propagation'"),
        ("A gate.", "Back-propagation through time.", "'back-propagation through time'"),
    ],
)
def test_a_term_that_is_not_linked_is_seen(complaints, old, new, said):
    assert old in PROSE
    [problem] = complaints(PROSE.replace(old, new))
    assert said in problem
