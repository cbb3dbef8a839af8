"""The demo directive: what it writes, and which pages load the loader."""

import json
import shutil

import pytest
from checks import ROOT
from checks import book as checks

CONFIG = """title: Tiny
only_build_toc_files: true
exclude_patterns: [_build]
parse: {myst_enable_extensions: [colon_fence]}
sphinx:
  local_extensions: {unrolled_book.demos: ext}
  config:
    extensions: [jupyter_book, sphinx_external_toc, myst_nb, sphinx_book_theme, sphinx_comments,
      unrolled_book.demos]
    html_static_path: [book/_static]
"""
PAGE = "# Tiny\n\nSee [](other.md).\n\n:::{demo} echo\nWhat you see *before*.\n:::\n"
MODULE = "export function mount(section) { section.replaceChildren('It ' + 'runs.') }"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A book with a demo on one page and an unknown one on another: its folder, and complaints."""
    folder = tmp_path_factory.mktemp("tiny")
    demos = folder / "book" / "_static" / "demos"
    demos.mkdir(parents=True)
    shutil.copytree(ROOT / "book" / "_ext", folder / "ext")
    files = {
        "_toc.yml": "format: jb-book\nroot: index\nchapters:\n- file: other\n- file: wrong\n",
        "_config.yml": CONFIG,
        "index.md": PAGE,
        "other.md": "# Other\n\nNo demo here.\n",
        "wrong.md": PAGE.replace("echo", "ecco"),
        "book/_static/demos/echo.mjs": MODULE,
        "book/_static/demos/echo.css": "section[data-demo='echo'] { min-height: 5rem }",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "_build" / "html", checks.build(folder, folder)


@pytest.fixture(scope="module")
def html(built):
    """The folder of the built book."""
    return built[0]


def test_a_demo_that_is_not_there_fails_the_build(built):
    [problem] = built[1]
    assert "wrong.md" in problem and "there is no demo 'ecco'; there are ['echo']" in problem


def test_what_stands_there_before(html):
    [section] = checks.parse(html / "index.html").select("section.demo")
    assert section["data-demo"] == "echo"
    assert section.get_text().strip() == "What you see before."
    assert section.em


def test_only_pages_with_a_demo_load_something(html):
    found = {}
    for name in ("index", "other"):
        page = checks.parse(html / f"{name}.html")
        sheets = [tag["href"] for tag in page.select("link[href*='demos/']")]
        found[name] = len(sheets), len(page.select("script[type=module]"))
    assert found == {"index": (1, 1), "other": (0, 0)}


@pytest.mark.parametrize("where", ["served", "file"])
def test_a_demo_starts_if_it_can(browser, serve, html, where):
    address = serve(html) if where == "served" else html.as_uri()
    said = "It runs." if where == "served" else "python -m http.server"
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    page.wait_for_function(
        f"document.querySelector('.demo').textContent.includes({json.dumps(said)})"
    )
    kept = "before" in page.locator(".demo").inner_text()
    assert kept == (where == "file")
    page.close()


def test_a_demo_that_fails_leaves_its_text(browser, serve, html, tmp_path):
    shutil.copytree(html, tmp_path, dirs_exist_ok=True)
    module = tmp_path / "_static" / "demos" / "echo.mjs"
    module.write_text("export function mount() { throw Error('no luck') }", encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{serve(tmp_path)}/index.html")
    page.wait_for_selector(".demo-note")
    text = page.locator(".demo").inner_text()
    assert "before" in text and "no luck" in text
    page.close()
