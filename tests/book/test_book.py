"""The built book, as files: complete, whole, readable, and alone on its host."""

import json

import nbformat
import pytest
from checks import ROOT, expect_none
from checks import book as checks

PAGE = """<!doctype html>
<html lang="en">
<head><title>A page</title><meta name="viewport" content="width=device-width">
<link rel="canonical" href="https://example.org/"><link rel="stylesheet" href="style.css">
<script src="script.js"></script></head>
<body><h1 id="start">A page</h1>
<p>It costs $5 or $6, see <a href="https://example.org/paper">a paper</a>,
<a href="#start">above</a> and <code>$x_t$</code>.</p>
<img src="dot.svg" alt="A dot on a line"><svg role="img" aria-label="A line"></svg>
<svg aria-hidden="true"></svg></body>
</html>
"""


def test_the_book_builds(build, request):
    if request.config.getoption("--book"):
        pytest.skip("--book: none was built")
    html, problems = build
    expect_none(problems)


def test_every_page_is_built(book):
    expect_none(checks.missing_pages(ROOT / "_toc.yml", book))


@pytest.mark.parametrize("check", checks.BOOK_CHECKS, ids=lambda check: check.__name__)
def test_the_whole_book(book, check):
    expect_none(check(book))


@pytest.mark.parametrize("check", checks.PAGE_CHECKS, ids=lambda check: check.__name__)
def test_every_page(book, check):
    expect_none([problem for page in checks.html_pages(book) for problem in check(page)])


# Broken on purpose.


@pytest.fixture
def site(tmp_path):
    """A tiny site that passes every check."""
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "style.css").write_text("/* url(//gone) */ p { background: url(dot.svg) }")
    (tmp_path / "script.js").write_text("// https://example.org/license\nfetch('page.html')")
    (tmp_path / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return tmp_path


def complaints(site):
    """Run every check; return {check's name: problems} of those that complain."""
    found = {check.__name__: check(site) for check in checks.BOOK_CHECKS}
    found |= {check.__name__: check(site / "page.html") for check in checks.PAGE_CHECKS}
    return {name: problems for name, problems in found.items() if problems}


def test_a_good_site_passes(site):
    assert complaints(site) == {}


@pytest.mark.parametrize(
    ("check", "file", "old", "new", "said"),
    [
        ("broken_links", "page.html", "#start", "#end", "no element #end"),
        ("broken_links", "page.html", "dot.svg", "gone.svg", "no such file"),
        ("broken_links", "style.css", "dot.svg", "gone.svg", "style.css: gone.svg"),
        ("foreign_loads", "page.html", "script.js", "https://cdn.example.org/a.js", "page.html"),
        ("foreign_loads", "page.html", "style.css", "//example.org/a.css", "//example.org"),
        ("foreign_loads", "page.html", "canonical", "preload", "https://example.org"),
        ("foreign_loads", "page.html", "dot.svg", "http://example.org/a.png", "a.png"),
        (
            "foreign_loads",
            "page.html",
            "<h1",
            "<iframe src='https://example.org/'></iframe><h1",
            "https://example.org",
        ),
        (
            "foreign_loads",
            "page.html",
            "<h1",
            "<script>import('https://example.org/a.mjs')</script><h1",
            "a.mjs",
        ),
        ("foreign_loads", "style.css", "p {", "@import 'https://example.org/a.css'; p {", "a.css"),
        ("foreign_loads", "style.css", "dot.svg", "https://example.org/a.woff2", "a.woff2"),
        ("foreign_loads", "script.js", "page.html", "https://example.org/a.json", "a.json"),
        (
            "foreign_loads",
            "script.js",
            "fetch",
            "load('https://cdn.example.org/a.js');fetch",
            "script.js loads https://cdn.example.org/a.js",
        ),
        ("alternative_text", "page.html", "A dot on a line", "dot.svg", "file name"),
        ("alternative_text", "page.html", 'aria-hidden="true"', "", "<svg>"),
        ("raw_text", "page.html", "$5", "$h_t$", "$h_t$"),
        ("raw_text", "page.html", "$5", r"\begin{align}", "align"),
        ("raw_text", "page.html", "$5", "{ref}`start`", "{ref}`start`"),
        ("raw_text", "page.html", "<p>", "<p>:::{note}\n", ":::{note}"),
        ("viewport", "page.html", "width=device-width", "width=600", "viewport"),
    ],
)
def test_a_broken_site_is_seen(site, check, file, old, new, said):
    text = (site / file).read_text(encoding="utf-8")
    assert old in text
    (site / file).write_text(text.replace(old, new), encoding="utf-8")
    found = complaints(site)
    assert list(found) == [check]
    assert any(said in problem for problem in found[check]), found


def test_a_missing_page_is_seen(site):
    (site / "_toc.yml").write_text("format: jb-book\nroot: page\nchapters:\n- file: other\n")
    assert checks.missing_pages(site / "_toc.yml", site) == ["other.html is not built"]


def test_a_warning_fails_the_build(tmp_path):
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (tmp_path / "_config.yml").write_text("title: Tiny\nonly_build_toc_files: true\n")
    (tmp_path / "index.md").write_text("# Tiny\n\nSee {ref}`nowhere`.\n")
    [problem] = checks.build(tmp_path, tmp_path / "output")
    assert "nowhere" in problem


def test_a_mention_of_a_figure_leads_to_it(tmp_path):
    title = "<title>A line and a line.</title>"
    panel = '<svg x="0" width="9" height="9" viewBox="0 0 9 9"><text y="5">label</text></svg>'
    svg = f'<svg width="18pt" height="9pt" xmlns="http://www.w3.org/2000/svg">{title}{panel}{panel}</svg>'
    caption = "Figure 4.1. It is *flat*."
    outputs = [
        nbformat.v4.new_output("display_data", {kind: data})
        for kind, data in (("image/svg+xml", svg), ("text/markdown", caption))
    ]
    cells = [
        nbformat.v4.new_markdown_cell("# Four\n\nAs Figure\n4.1 shows. `Figure 4.1`"),
        nbformat.v4.new_code_cell("1", outputs=outputs, execution_count=1),
    ]
    config = {
        "title": "Tiny",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "off"},
        "sphinx": {
            "local_extensions": {"unrolled_book.figures": str(ROOT / "book" / "_ext")},
            "config": {"nb_render_markdown_format": "myst"},
        },
    }
    (tmp_path / "notebooks").mkdir()
    language = {"language_info": {"name": "python", "pygments_lexer": "python3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=language)
    nbformat.write(notebook, tmp_path / "notebooks" / "04_four.ipynb")
    (tmp_path / "_config.yml").write_text(json.dumps(config))  # JSON is YAML
    chapters = "root: index\nchapters:\n- file: notebooks/04_four\n"
    (tmp_path / "_toc.yml").write_text(f"format: jb-book\n{chapters}")
    (tmp_path / "index.md").write_text("# Tiny\n\nSee Figure 4.1.\n")
    assert checks.build(tmp_path, tmp_path / "output") == []
    html = tmp_path / "output" / "_build" / "html"
    first, chapter = (
        checks.parse(html / f"{name}.html") for name in ("index", "notebooks/04_four")
    )
    [figure] = chapter.select("figure#figure-4-1")
    assert figure.figcaption.strong.get_text() == "Figure 4.1."
    assert "It is flat." in figure.figcaption.get_text()
    [panels] = figure.select("div.u-panels[role=img][aria-label='A line and a line.']")
    assert len(panels.select("svg[aria-hidden=true]")) == 2
    for page, address in ((first, "notebooks/04_four.html#figure-4-1"), (chapter, "#figure-4-1")):
        [link] = page.select("article a.reference[href$='#figure-4-1']")
        assert link["href"] == address
        assert link.get_text() == "Figure\N{NO-BREAK SPACE}4.1"


def test_problems_fail_a_test():
    expect_none([])
    with pytest.raises(pytest.fail.Exception, match="2 problems:\none\ntwo"):
        expect_none(["one", "two"])
