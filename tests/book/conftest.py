"""What the tests of the book share: the built book, and the browser."""

import json
from pathlib import Path

import pytest
from checks import ROOT
from checks import book as book_checks
from checks import browser as browser_checks
from checks import notebooks as notebook_checks
from filelock import FileLock
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def build(request, tmp_path_factory, worker_id):
    """The book's folder, and what its build complains of: `--book`, or built for all workers."""
    if standing := request.config.getoption("--book"):
        if not Path(standing, "index.html").is_file():
            raise pytest.UsageError(f"no book stands in {standing}: `make book` builds one")
        return Path(standing).resolve(), []
    place = tmp_path_factory.getbasetemp()
    if worker_id != "master":  # a worker's own folder lies in the folder of the run
        place = place.parent
    output, problems = place / "book", place / "book.json"
    with FileLock(place / "book.lock"):
        if not problems.exists():
            output.mkdir()
            problems.write_text(json.dumps(book_checks.build(ROOT, output)), encoding="utf-8")
    return output / "_build" / "html", json.loads(problems.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def book(build):
    """The folder of the built book."""
    html, problems = build
    if problems:
        pytest.fail("the book does not build: test_the_book_builds says why", pytrace=False)
    return html


# The scope is the module: nbval runs an event loop of its own, and Playwright's must be over then.
@pytest.fixture(scope="module")
def playwright():
    """Playwright's synchronous interface."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright):
    """A headless Chromium."""
    with browser_checks.require(playwright) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def serve():
    """Return `serve(folder) -> address`: a folder served on loopback while the module lasts."""
    with browser_checks.Servers() as servers:
        yield servers.serve


def pytest_terminal_summary(terminalreporter):
    """List the cells whose outputs nbval has not compared, each with its reason."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    executed = {getattr(report, "nodeid", "").partition("::")[0] for report in reports}
    for path in notebook_checks.notebooks(ROOT):
        if path.relative_to(ROOT).as_posix() not in executed:
            continue
        for number, reason in notebook_checks.ignored_cells(path):
            terminalreporter.write_line(f"{path.name}: cell {number} is not compared: {reason}")
