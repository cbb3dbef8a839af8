"""Write a table of all pages of the built book: what each weighs, and Lighthouse's scores.

Run on a machine that does nothing else: Lighthouse's performance is a measured time. Each score is
the best of three runs, since another program can only lower it.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from gates import book, browser, site  # noqa: E402

HEAD = ("page", "KB", "shift", *site.CATEGORIES, "valid")


def rows(html: Path, runs: int):
    """Yield a row of HEAD for each page in the folder `html`."""
    java = site.require_java()
    pages = [page for page in book.html_pages(html) if page.parent != html or page.stem == "search"]
    messages = site.validate(java, pages)
    with sync_playwright() as playwright, browser.Servers() as servers:
        address, chromium = servers.serve(html), browser.find(playwright)
        with (
            browser.require(playwright) as started,
            browser.new_context(started, "light", "phone") as phone,
        ):
            loads = {
                page: site.first_load(phone, f"{address}/{page.relative_to(html).as_posix()}")
                for page in pages
            }
        for page in pages:
            name = page.relative_to(html).as_posix()
            scores = [site.lighthouse(chromium, f"{address}/{name}")[0] for _ in range(runs)]
            best = [max(score[category] for score in scores) for category in site.CATEGORIES]
            own = [m for m in messages if m["url"].endswith(name)]
            errors = sum(m["type"] != "info" for m in own)
            load = loads[page]
            yield (
                name,
                f"{load['bytes'] / 1024:.0f}",
                f"{load['shift']:.3f}",
                *best,
                "yes" if errors == 0 else f"{errors} errors",
            )


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("html", type=Path, nargs="?", default=ROOT / "_build" / "html")
    parser.add_argument("--runs", type=int, default=3, help="Lighthouse's runs of each page")
    options = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}", flush=True)
    for row in rows(options.html.resolve(), options.runs):
        print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
