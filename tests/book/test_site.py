"""The site: light, valid, described, at rest; and what a reader can take away from it."""

import io
import os
import subprocess
import venv
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from checks import ROOT, expect_none
from checks import book as book_checks
from checks import browser as browser_checks
from checks import site as checks
from fontTools import ttLib
from sphinx.errors import ExtensionError
from unrolled_book import assets, cards, downloads, sharing, typefaces

CHAPTERS = [ROOT / f"{page}.md" for page in cards.chapter_pages(ROOT)]
PAGES = [f"{page}.html" for page in book_checks.toc_pages(ROOT / "_toc.yml")]
PAGES += ["search.html", "genindex.html", "404.html"]
SITE = "https://example.org/unrolled"
REPOSITORY = "https://github.com/someone/unrolled"


@pytest.fixture(scope="module")
def phone(browser):
    """A browser context of a phone's size."""
    with browser_checks.new_context(browser, "light", "phone") as context:
        yield context


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The book as it is built where its address and its repository are known."""
    output = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_SITE", SITE)
        patch.setenv("UNROLLED_REPOSITORY", REPOSITORY)
        expect_none(book_checks.build(ROOT, output))
    return output / "_build" / "html"


def test_scripts_and_style_sheets_are_formatted():
    expect_none(
        checks.unformatted(*(ROOT / "book" / name for name in ("_static", "_slides", "_ext")))
    )


# The book.


@pytest.mark.parametrize("check", checks.PAGE_CHECKS, ids=lambda check: check.__name__)
def test_every_page(book, check):
    others = [book / "index.html", book / "slides" / "index.html"]  # the redirect, the deck
    own = [p for p in book_checks.html_pages(book) if p not in others]
    expect_none([problem for page in own for problem in check(page)])


def test_every_page_is_valid_html(book):
    expect_none(checks.invalid(checks.require_java(), book))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_light_and_does_not_move(book, serve, phone, page):
    expect_none(checks.heavy_or_moving(phone, f"{serve(book)}/{page}"))


@pytest.mark.parametrize("late", [0, 0.2, 1])
def test_nothing_moves_on_a_slow_machine_whenever_the_type_comes(book, serve, phone, late):
    page = f"{serve(book)}/book/notation.html"  # begins with a table of formulas
    assert checks.first_load(phone, page, slower=6, late=late)["shift"] == 0


@pytest.mark.parametrize("page", ["book/index.html", "notebooks/01_rnn_from_scratch.html"])
def test_lighthouse(book, serve, playwright, browser, page):
    chromium = browser_checks.find(playwright)
    expect_none(checks.low_scores(chromium, f"{serve(book)}/{page}", checks.CATEGORIES[1:]))


def test_the_cards_say_what_the_chapters_say(book):
    index = book / "book" / "index.html"
    expect_none(checks.wrong_cards(index, cards.read_chapter, CHAPTERS))


def test_each_chapter_offers_its_files(book):
    for source in CHAPTERS:
        page = book_checks.parse(book / "notebooks" / f"{source.stem}.html")
        offered = [a["href"] for a in page.select(".u-open a")]
        assert offered == [f"../downloads/{source.stem}{s}" for s in (".ipynb", ".md")]
        stored = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
        assert nbformat.read(book / "downloads" / f"{source.stem}.ipynb", as_version=4) == stored


def test_paper_shows_text_and_solutions_in_light_colors_and_no_navigation(browser, serve, book):
    with browser_checks.new_context(browser, "dark", "wide") as context:
        page = context.new_page()
        page.goto(f"{serve(book)}/notebooks/03_autograd.html")
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("html").get_attribute("data-theme") == "light"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("html").get_attribute("data-theme") == "dark"
        for printed in ("h1", "figure svg", "details .cell_input", "details p"):
            assert page.locator(f".bd-article {printed}").first.is_visible(), printed
        for not_printed in (".bd-links", ".page-toc", ".u-open", ".prev-next-area", ".copybtn"):
            assert not page.locator(not_printed).first.is_visible(), not_printed


# The book where its address is known.


def test_a_published_page_names_its_address(published):
    page = book_checks.parse(published / "notebooks" / "03_autograd.html")
    address = f"{SITE}/notebooks/03_autograd.html"
    assert page.find("link", rel="canonical")["href"] == address
    assert page.find("meta", property="og:url")["content"] == address
    picture = page.find("meta", property="og:image")["content"]
    png = (published / picture.removeprefix(f"{SITE}/")).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(png[i : i + 4]) for i in (16, 20)] == [1200, 630]


def test_the_sitemap_lists_each_page(published):
    text = (published / "sitemap.xml").read_text(encoding="utf-8")
    pages = book_checks.toc_pages(ROOT / "_toc.yml")
    assert sorted(pages) == [
        line.split("<loc>")[1].split(".html</loc>")[0].removeprefix(f"{SITE}/")
        for line in text.splitlines()
        if "<loc>" in line
    ]


def test_the_page_for_lost_readers_works_at_any_depth(published):
    page = published / "404.html"
    assert "The state was reset here" in book_checks.parse(page).h1.get_text()
    named = [address for _, address in book_checks.addresses(page) if address[0] != "#"]
    local = [address for address in named if book_checks.is_local(address)]
    assert len(local) > len(CHAPTERS)
    for address in local:
        assert address.startswith("/unrolled/")
        path = urlsplit(address).path.removeprefix("/unrolled/")
        assert (published / path).is_file(), path


def test_a_published_chapter_can_be_opened_elsewhere(published):
    page = book_checks.parse(published / "notebooks" / "03_autograd.html")
    hosts = {a.get_text(): a["href"] for a in page.select(".u-open a")}
    assert list(hosts) == [".ipynb", ".md", "Colab", "Binder"]
    assert hosts["Colab"].endswith("/someone/unrolled/blob/colab/03_autograd.ipynb")
    assert hosts["Binder"].endswith(
        "/gh/someone/unrolled/main?urlpath=lab%2Ftree%2Fnotebooks%2F03_autograd.ipynb"
    )
    foot = [a["href"] for a in page.select(".component-author a")]
    assert f"{REPOSITORY}/edit/main/notebooks/03_autograd.md" in foot


def test_a_copy_installs_the_wheel_that_lies_beside_it(published):
    [wheel] = (published / "downloads").glob("*.whl")
    for source in CHAPTERS:
        copy = nbformat.read(published / "downloads" / f"{source.stem}.ipynb", as_version=4)
        nbformat.validate(copy)
        assert f"{SITE}/downloads/{wheel.name}" in copy.cells[0].source
        extra = "unrolled[torch]" in copy.cells[0].source
        assert extra == ("\nimport torch\n" in source.read_text(encoding="utf-8"))


def test_the_first_chapter_runs_alone(published, tmp_path):
    """In an empty folder, with a Python that has the wheel, and what it asks for, but no checkout.

    What it asks for comes from this environment, by a path file, so that nothing is downloaded: pip
    itself, too.
    """
    assert run_alone(published / "downloads", "01_rnn_from_scratch", tmp_path) == ""


def run_alone(folder, name, tmp_path):
    """Run a chapter's copy in a bare environment, its install cell too; return what it raises."""
    venv.create(tmp_path / "bare")
    place = tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin")
    site = subprocess.check_output(
        [place / "python", "-c", "import site; print(site.getsitepackages()[0])"], text=True
    )
    # The packages of this environment, but not its `unrolled`: its own path file is not followed.
    Path(site.strip(), "others.pth").write_text(str(Path(pytest.__file__).parents[1]))
    [wheel] = folder.glob("*.whl")
    copy = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    copy.cells[0].source = copy.cells[0].source.replace(
        f"{SITE}/downloads/{wheel.name}", wheel.as_uri()
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    code = [cell.source for cell in copy.cells if cell.cell_type == "code"]
    assert "%pip" in code[0]
    script = "import IPython\nshell = IPython.InteractiveShell.instance()\n"
    script += f"for cell in {code!r}:\n    shell.run_cell(cell).raise_error()\n"
    script += (
        "import unrolled\nassert 'empty' not in unrolled.__file__ and 'bare' in unrolled.__file__\n"
    )
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    run = subprocess.run(
        [place / "python", "-c", script],
        cwd=empty,
        env=clean | {"MPLBACKEND": "agg", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return run.stderr[-2000:] if run.returncode else ""


# Broken on purpose.

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="It is about pages."><meta property="og:title" content="A page">
<meta property="og:type" content="article"></head>
<body><main><h1>A page</h1><p>All is well.</p>
<img src="dot.svg" alt="A dot" width="9" height="9"></main></body>
</html>
"""
DOT = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='9'/></svg>"
LATE = """<script>
const painted = () => document.querySelector("h1").style.marginTop = "300px"
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(painted)))
</script>"""
BIG = "<script src='big.js'></script>"


@pytest.fixture
def tiny(tmp_path):
    """Return `tiny(old, new) -> folder` of a good page in which `old` is replaced by `new`."""

    def write(old="", new=""):
        assert old in PAGE
        (tmp_path / "page.html").write_text(PAGE.replace(old, new, 1), encoding="utf-8")
        (tmp_path / "dot.svg").write_text(DOT)
        (tmp_path / "big.js").write_bytes(b"//" + os.urandom(310 * 1024).hex().encode())
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<p>All is well.</p>", "<h1>Another</h1>", "2 <h1>"),
        ("It is about pages.", " ", "no <meta name=description>"),
        ('property="og:title"', 'property="title"', "no <meta property=og:title>"),
        ('width="9" height="9"', 'width="9"', "without width and height: dot.svg"),
    ],
)
def test_a_page_that_says_too_little_is_seen(tiny, old, new, said):
    def problems(folder):
        page = folder / "page.html"
        return [problem for check in checks.PAGE_CHECKS for problem in check(page)]

    assert problems(tiny()) == []
    [problem] = problems(tiny(old, new))
    assert said in problem


def test_a_script_of_another_form_is_seen(tmp_path):
    (tmp_path / "a.mjs").write_text("export const one = 1;\n", encoding="utf-8")
    assert checks.unformatted(tmp_path) == []
    (tmp_path / "b.css").write_text("p{color:red}\n", encoding="utf-8")
    assert [line[-5:] for line in checks.unformatted(tmp_path)] == ["b.css"]


def test_invalid_html_is_seen(tiny):
    java, folder = checks.require_java(), tiny()
    broken = PAGE.replace("<p>All is well.</p>", "<p><h2>All is well.</h2></p>")
    (folder / "broken.html").write_text(broken, encoding="utf-8")
    problems = checks.invalid(java, folder)
    assert any("“p”" in problem for problem in problems)
    assert all(problem.startswith("broken.html") for problem in problems)


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_java_tests_skip_but_fail_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no Java"):
        checks.require_java()


def test_a_heavy_or_moving_page_is_seen(tiny, serve, phone):
    address = f"{serve(tiny())}/page.html"
    assert checks.heavy_or_moving(phone, address) == []
    tiny("<p>", f"{LATE}<p>")
    assert "the layout shifts" in " ".join(checks.heavy_or_moving(phone, address))
    tiny("<p>", f"{BIG}<p>")
    assert "the first load is" in " ".join(checks.heavy_or_moving(phone, address))


def test_text_is_compressed_on_its_way(tiny, serve, phone):
    folder = tiny("All is well.", "All is well. " * 10_000)
    assert checks.first_load(phone, f"{serve(folder)}/page.html")["bytes"] < 5_000


def test_lighthouse_sees_what_is_missing(tiny, serve, playwright, browser):
    folder = tiny('<meta name="description" content="It is about pages.">', "")
    chromium = browser_checks.find(playwright)
    [problem] = checks.low_scores(chromium, f"{serve(folder)}/page.html", ["seo"])
    assert "seo" in problem and "description" in problem


def test_a_card_that_says_something_else_is_seen(book, tmp_path):
    text = (book / "book" / "index.html").read_text(encoding="utf-8")
    time = cards.read_chapter(CHAPTERS[2]).time
    card = tmp_path / "index.html"
    card.write_text(text.replace(time[1:], "5 minutes"), encoding="utf-8")
    assert "does not say" in checks.wrong_cards(card, cards.read_chapter, CHAPTERS)[0]
    card.write_text(text.replace("03_autograd.html", "gone.html"), encoding="utf-8")
    assert checks.wrong_cards(card, cards.read_chapter, CHAPTERS) == ["03_autograd has no card"]


def test_a_chapter_without_its_first_lines_is_an_error(tmp_path):
    path = tmp_path / "01_short.md"
    path.write_text(CHAPTERS[0].read_text(encoding="utf-8").replace("**Time**", "Time"))
    with pytest.raises(cards.ExtensionError, match="01_short.md: a title"):
        cards.read_chapter(path)


def test_a_chapter_alone_does_not_run_without_its_wheel(published, tmp_path):
    """The bare environment has no `unrolled` but the wheel's: with another cell first, it fails."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    [wheel] = (published / "downloads").glob("*.whl")
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    copy = nbformat.v4.new_notebook()
    copy.cells = [nbformat.v4.new_code_cell(s) for s in ("# %pip", "from unrolled import text")]
    nbformat.write(copy, folder / "alone.ipynb")
    assert "cannot import name 'text'" in run_alone(folder, "alone", tmp_path)


# The parts.


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used { color: red }", ".used{color: red}"),
        (".unused { color: red }", ""),
        (".used, .unused > p { color: red }", ".used{color: red}"),
        (".used.unused { color: red }", ""),
        ("a:not(.unused) { color: red }", "a:not(.unused){color: red}"),
        ("@media print { .unused { color: red } }", ""),
        ("@media print { p { color: red } }", "@media print{p{color: red}}"),
        (".fa-used { color: red }", ""),
        ("/* .used */", ""),
        ("@font-face { font-family: 'Font Awesome 6 Free' }", ""),
    ],
)
def test_only_rules_that_can_apply_are_kept(css, kept):
    assert assets.prune(css, {"used", "fa-used"}) == kept


def test_words_come_from_pages_and_scripts(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text('<p class="one two" id="three">four</p>')
    (tmp_path / "_static" / "a.js").write_text('box.classList.add("five-six")')
    words = assets.words_used(tmp_path)
    assert {"one", "two", "three", "five-six"} <= words
    assert "four" not in words


def test_addresses_hold_in_the_bundle(tmp_path):
    (tmp_path / "katex").mkdir()
    sheet = 'a { src: url(fonts/a.woff2), url("data:,x") } b { fill: url(#here) }'
    (tmp_path / "katex" / "katex.min.css").write_text(sheet)
    css = assets.bundle(tmp_path, set())
    assert "url(katex/fonts/a.woff2)" in css
    assert 'url("data:,x")' in css and "url(#here)" in css


def test_of_a_typeface_the_used_characters_are_kept():
    path = ROOT / "node_modules" / "katex" / "dist" / "fonts" / "KaTeX_Math-Italic.woff"
    font = ttLib.TTFont(io.BytesIO(typefaces.cut(path, set("hx"))))
    assert {chr(code) for code in font.getBestCmap()} == set("hx")
    assert "Copyright" in str(font["name"].getName(0, 3, 1))
    whole = ttLib.TTFont(path)
    assert font["hmtx"]["h"] == whole["hmtx"]["h"]


def test_a_missing_typeface_is_named(tmp_path):
    with pytest.raises(ExtensionError, match="gone.woff is missing: install it"):
        typefaces.cut(tmp_path / "gone.woff", set("a"))


def test_katex_faces_come_within_the_sheet_or_not_late():
    css = (ROOT / "node_modules" / "katex" / "dist" / "katex.min.css").read_text("utf-8")
    own = typefaces.without_math(css)
    assert all(f"KaTeX_{face}." in css and f"KaTeX_{face}." not in own for face in typefaces.MATH)
    assert "KaTeX_AMS-Regular." in own and "font-display:block" not in own
    faces = typefaces.math_css(ROOT, set("h"))
    assert faces.count("data:font/woff;base64,") == len(typefaces.MATH)


@pytest.mark.parametrize(
    ("repository", "site", "names"),
    [
        ("", True, []),
        (REPOSITORY, False, ["Binder"]),
        (REPOSITORY, True, ["Colab", "Binder"]),
        ("https://gitlab.com/a/b", True, ["Binder"]),
    ],
)
def test_services_are_offered_where_they_work(repository, site, names):
    assert [name for name, _ in downloads.run_links(repository, "main", "01", site)] == names


def test_a_description_ends_with_a_sentence_or_says_that_it_goes_on():
    from docutils import nodes

    def of(text):
        return sharing.describe(nodes.section("", nodes.paragraph(text=text)))

    assert of("Too short.") == sharing.TAGLINE
    sentence = "This is a sentence of about forty letters. "
    assert of(sentence * 9) == (sentence * 3).strip()
    assert of("word " * 90).endswith("word…") and len(of("word " * 90)) <= sharing.LONGEST
