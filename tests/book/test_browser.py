"""The book in Chromium: every page, in a light and a dark theme, a wide and a narrow window."""

import pytest
from checks import ROOT, expect_none, figures
from checks import book as book_checks
from checks import browser as checks

PAGES = [f"{page}.html" for page in book_checks.toc_pages(ROOT / "_toc.yml")]
PAGES += ["search.html", "genindex.html", "404.html"]


@pytest.fixture(scope="module")
def address(book, serve):
    """Where the built book is served."""
    return serve(book)


@pytest.fixture(scope="module", params=checks.SETTINGS, ids="-".join)
def setting(request, browser):
    """A theme, and a browser context that shows it; one for all pages."""
    theme, size = request.param
    with checks.new_context(browser, theme, size) as context:
        yield theme, context


@pytest.mark.parametrize("page", PAGES)
def test_page(setting, address, page):
    theme, context = setting
    expect_none(checks.problems(context, f"{address}/{page}", theme))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off(browser, address, page):
    with checks.new_context(browser, "light", "phone") as context:
        expect_none(figures.cut_off(context, f"{address}/{page}"))


def test_the_first_page_opens_from_a_file(browser, book):
    with checks.new_context(browser, "dark", "phone") as context:
        first = (book / "book" / "index.html").as_uri()
        expect_none(checks.problems(context, first, "dark"))


def test_the_script_behind_the_menus_is_loaded_by_the_first_press(browser, address):
    with checks.new_context(browser, "light", "wide") as context:
        page, scripts = context.new_page(), []
        page.on("request", lambda r: scripts.append(r.url) if "pydata-sphinx" in r.url else None)
        page.goto(f"{address}/book/notation.html", wait_until="networkidle")
        assert not scripts
        page.keyboard.press("Control+k")
        page.wait_for_selector("#pst-search-dialog[open]")
        page.keyboard.press("Escape")
        page.reload()
        shown = page.evaluate("document.documentElement.dataset.mode")
        page.locator(".theme-switch-button").first.click()
        page.wait_for_function(f"document.documentElement.dataset.mode != '{shown}'")
        assert len([url for url in scripts if url.endswith(".js")]) == 2


def test_search_finds_a_word(browser, address):
    with checks.new_context(browser, "light", "wide") as context:
        found = checks.search(context, address, "perplexity")
        assert "/book/glossary.html" in found
        assert "/notebooks/02_lstm_from_scratch.html" in checks.search(
            context, address, "forget gate"
        )
        assert "/notebooks/05_padded_sequences.html" in checks.search(context, address, "packed")
        assert checks.search(context, address, "zyzzyva") == []


# Broken on purpose.

PAGE = """<!doctype html>
<html lang="en" data-theme="light"><head><title>A page</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>A page</h1>{}</main></body></html>
"""
FAULTS = {
    "too wide": ('<p style="width: 1300px">wide</p>', "overflow: "),
    "too wide when opened": (
        '<details><summary>more</summary><p style="width: 1300px">wide</p></details>',
        "overflow: ",
    ),
    "console error": ("<script>console.error('lost')</script>", "console error: lost"),
    "exception": ("<script>throw new Error('lost')</script>", "page error: lost"),
    "foreign script": (
        "<script src='https://example.org/a.js'></script>",
        "foreign host: https://example.org/a.js",
    ),
    "foreign fetch": (
        "<script>fetch('https://example.org/a').catch(() => 0)</script>",
        "foreign host: https://example.org/a",
    ),
    "late math": (
        "<style>@font-face { font-family: K; src: url(KaTeX_AMS.woff2) }</style>"
        "<p style='font-family: K'>x</p>",
        "a face of math comes late",
    ),
    "missing file": ("<script src='gone.js'></script>", "404: "),
    "no alternative text": (
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
        "axe image-alt",
    ),
    "no text for a drawing": ("<svg role='img'><path d='M0 0h9v9z'/></svg>", "axe svg-img-alt"),
    "no title": ("<script>document.title = ''</script>", "axe document-title"),
    "no language": ("<script>document.documentElement.lang = ''</script>", "axe html-has-lang"),
    "faint text": ("<p style='color: #bbb'>faint</p>", "axe color-contrast"),
    "other theme": ("<script>document.documentElement.dataset.theme = 'dark'</script>", "theme: "),
}


@pytest.fixture(scope="module")
def check(browser, serve, tmp_path_factory):
    """Return `check(body) -> problems` of a tiny page with that body."""
    folder = tmp_path_factory.mktemp("page")
    origin = serve(folder)
    with checks.new_context(browser, "light", "wide") as context:

        def problems(body):
            (folder / "page.html").write_text(PAGE.format(body), encoding="utf-8")
            return checks.problems(context, f"{origin}/page.html", "light")

        yield problems


def test_a_good_page_passes(check):
    assert check("<p>All is well.</p>") == []


@pytest.mark.parametrize(("body", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_seen(check, body, said):
    assert any(problem.startswith(said) for problem in check(body))


FIGURE = """<div class="bd-article" style="margin: 0 24px">
<figure class="u-figure" style="margin: 0">
<svg role="img" aria-label="A line" viewBox="0 0 440 200" style="width: 100%; max-width: 480px">
<text x="20" y="100" font-size="14">a label</text></svg>
<figcaption>A line.</figcaption></figure></div>"""
CUTS = {
    "wider than its column": ("width: 100%", "width: 480px", "phone: a figure is cut off"),
    "in a box that scrolls": (
        "<figcaption>",
        "<figcaption style='overflow: auto'><p style='width: 600px'>wide</p>",
        "phone: a figure scrolls",
    ),
    "a label beyond the edge": ('x="20"', 'x="420"', 'wide: the label "a label" is cut off'),
    "a label too high": ('y="100"', 'y="2"', 'wide: the label "a label" is cut off'),
    "a small label": ('"14"', '"10"', 'phone: the label "a label" is 7.'),
    "a table on paper": (
        "</div>",
        "<table><tr><td style='min-width: 700px'>wide</table></div>",
        "on paper: cut off: TABLE wide",
    ),
}


@pytest.fixture(scope="module")
def cut_off(browser, serve, tmp_path_factory):
    """Return `cut_off(body) -> problems` of a tiny page with that body."""
    folder = tmp_path_factory.mktemp("cut")
    origin = serve(folder)

    def problems(body):
        (folder / "page.html").write_text(PAGE.format(body), encoding="utf-8")
        with checks.new_context(browser, "light", "phone") as context:
            return figures.cut_off(context, f"{origin}/page.html")

    return problems


def test_a_figure_that_fits_passes(cut_off):
    assert cut_off(FIGURE) == []


@pytest.mark.parametrize(("old", "new", "said"), CUTS.values(), ids=CUTS)
def test_what_is_cut_off_is_seen(cut_off, old, new, said):
    assert old in FIGURE
    assert any(problem.startswith(said) for problem in cut_off(FIGURE.replace(old, new, 1)))


def test_a_named_chromium_that_does_not_start_is_an_error(playwright, monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_CHROMIUM", str(tmp_path / "chromium"))
    with pytest.raises(checks.Error, match="chromium"):
        checks.launch(playwright)


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_a_chromium_tests_skip_but_fail_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setattr(checks, "launch", lambda playwright: None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="UNROLLED_CHROMIUM"):
        checks.require(None)
