"""Build the slides of the talk, and say how long it takes to speak. Run it as `make slides`.

The deck goes where `make book` puts it, too: `_build/html/slides`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from unrolled_book import slides  # noqa: E402  its folder is no package's
from unrolled_book.equations import KATEX, Renderer  # noqa: E402

FOLDER = ROOT / "_build" / "html" / "slides"


def main():
    """Build the deck and report."""
    katex = Renderer(ROOT / KATEX / "katex.min.js")
    try:
        notes = slides.write_deck(ROOT, FOLDER, katex)
    finally:
        katex.close()
    for number, one in enumerate(notes, 1):
        spoken = one.words / slides.WORDS_PER_MINUTE
        print(
            f"slide {number:2d}  minute {one.start:2d} to {one.end:2d}  "
            f"{one.words:3d} words, {spoken:.1f} minutes"
        )
    words = sum(one.words for one in notes)
    print(
        f"{len(notes)} slides, {notes[-1].end} minutes; {words:,} words are "
        f"{words / slides.WORDS_PER_MINUTE:.0f} minutes of speech"
    )
    print(f"The deck: {FOLDER / 'index.html'}")


if __name__ == "__main__":
    main()
