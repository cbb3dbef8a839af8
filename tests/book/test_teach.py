"""The teaching pages: a handout of one page, numbers from the results files, a drawn diagram."""

import json
import shutil
from pathlib import Path

import pytest
from checks import ROOT, TALK, expect_none
from checks import book as book_checks
from checks import browser as browser_checks
from checks import teach as checks
from unrolled_book import typefaces

from unrolled import results

TEACH = ROOT / "book" / "teach"


def test_the_teaching_pages_are_in_the_contents():
    listed = book_checks.toc_pages(ROOT / "_toc.yml")
    assert {"index", "runbook", "handout", "questions", "quiz"} <= {
        page.removeprefix("book/teach/") for page in listed
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_handout_is_one_page(browser, book, theme):
    with browser_checks.new_context(browser, theme, "wide") as context:
        expect_none(checks.handout(context, (book / "book/teach/handout.html").as_uri()))


def test_the_handout_shows_a_recorded_number_and_a_diagram(book):
    page = book_checks.parse(book / "book/teach/handout.html")
    assert f"{min(results.load('rnn')['play']['counting_nats']):.2f}" in page.get_text()
    assert page.select_one("figure svg#lstm-cell[role=img]")


@pytest.mark.parametrize("name", ["handout", "questions"])
def test_no_number_is_typed(name):
    expect_none(checks.typed_numbers(TEACH / f"{name}.md"))


def test_timetables_have_no_gap_and_fit_the_talk():
    expect_none(checks.timetables(TEACH / "runbook.md"))
    expect_none(checks.hurried(TEACH / "runbook.md", TALK))


# Broken on purpose.

SHEET = """<!doctype html><html><head><style>
@page {{ margin: 10mm }} body {{ margin: 0; background: #fff }} {style}
</style></head><body><p>A handout.</p></body></html>"""


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("", []),
        ("p { height: 300mm }", ["2 pages on A4, not 1", "2 pages on Letter, not 1"]),
        ("p { height: 270mm; margin: 0 }", ["2 pages on Letter, not 1"]),
        ("p { width: 800px }", ["800 pixels wide on paper, which has 718"]),
        ("body { background: #14181e }", ["printed on rgb(20, 24, 30)"]),
    ],
    ids=["good", "too long", "too long for Letter", "too wide", "dark"],
)
def test_a_bad_handout_is_seen(browser, tmp_path, style, said):
    page = tmp_path / "page.html"
    page.write_text(SHEET.format(style=style), encoding="utf-8")
    with browser_checks.new_context(browser, "light", "wide") as context:
        assert checks.handout(context, page.as_uri()) == said


def test_a_typed_number_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("It has {{ a.b }} nats, $0.5$, `1.5`, [x](a.md#b-1.2) and 5 starts.\n")
    assert checks.typed_numbers(page) == []
    page.write_text("Counting has 1.59 nats, and 91 % of the speakers.\n")
    assert checks.typed_numbers(page) == ["page.md: 1.59 is typed", "page.md: 91 % is typed"]


def test_a_name_that_is_not_there_fails_the_build(tmp_path):
    config = {
        "title": "Tiny",
        "only_build_toc_files": True,
        "exclude_patterns": ["node_modules", "output"],
        "parse": {"myst_enable_extensions": ["substitution"]},
        "sphinx": {"local_extensions": {"unrolled_book": str(ROOT / "book" / "_ext")}},
    }
    (tmp_path / "_config.yml").write_text(json.dumps(config))  # JSON is YAML
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    body = "It is {{ counting.nats }}, not {{ counting.nowhere }}.\n\n```{diagram} nowhere\n```"
    (tmp_path / "page.md").write_text(f"# Tiny\n\n{body}\n", encoding="utf-8")
    katex = Path("node_modules", "katex", "dist")
    shutil.copytree(ROOT / katex, tmp_path / katex)
    type_ = Path(typefaces.SOURCE)
    only = shutil.ignore_patterns("*.woff2", "*.css", "*cyrillic*", "*greek*", "*vietnamese*")
    shutil.copytree(ROOT / type_, tmp_path / type_, ignore=only)
    number, diagram = book_checks.build(tmp_path, tmp_path / "output")
    assert "has no attribute 'nowhere'" in number
    assert "no diagram 'nowhere'" in diagram


def test_a_gap_in_a_timetable_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("| 0–5 | a |\n| 5–9 | b |\n\n| 9:50 | 15 | a |\n| 10:05 | 5 | b |\n", "utf-8")
    assert checks.timetables(page) == []
    page.write_text("| 0–5 | a |\n| 6–9 | b |\n\n| 9:50 | 15 | a |\n| 10:00 | 5 | b |\n", "utf-8")
    assert len(checks.timetables(page)) == 2


@pytest.mark.parametrize(
    ("slides", "said"),
    [
        ("*What flows back*", []),
        ("deck: *Why it forgets* to *The same figure again*", ["minutes of speech"]),
        ("*What flows forth*", ["no such slides"]),
        ("*Why it forgets* to *What flows back*", ["no such slides"]),
    ],
)
def test_a_timetable_that_does_not_fit_the_talk_is_seen(tmp_path, slides, said):
    page = tmp_path / "page.md"
    page.write_text(f"| 0–2 | {slides} | a |\n", encoding="utf-8")
    problems = checks.hurried(page, TALK)
    assert len(problems) == len(said)
    assert all(words in problem for words, problem in zip(said, problems, strict=True))
