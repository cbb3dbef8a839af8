"""Write a table of all pages of the built book: what each weighs, and Lighthouse's scores.

Then say how fast the larger live model writes. Run on a machine that does nothing else: speed and
Lighthouse's performance are measured times. A page with a score that is too low is run again, up to
three times, and its best counts, since another program can only lower it.
"""

import argparse
import statistics
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "book" / "_ext")]
from checks import book, browser, site  # noqa: E402

# Presses "Write on", and waits for the end: characters per second, drawing included.
WRITE = """() => new Promise(done => {
    const [status] = document.getElementsByClassName("lm-status")
    const [button] = [...document.querySelectorAll(".lm button")]
        .filter(button => button.textContent === "Write on")
    const start = performance.now()
    const watch = new MutationObserver(() => {
        const written = status.textContent.match(/^Written: ([\\d,]+)/)
        if (!written) return
        watch.disconnect()
        done(1000 * written[1].replace(",", "") / (performance.now() - start))
    })
    watch.observe(status, { childList: true })
    button.click()
})"""

OWN = ("search", "genindex")  # of the root's pages; the others lead elsewhere
HEAD = ("page", "KB", "shift", *site.CATEGORIES, "valid")


def scores(chromium: str, address: str, runs: int) -> list[int]:
    """Return a page's best score in each category, of one run or, if one is too low, of more."""
    best = [0] * len(site.CATEGORIES)
    for _ in range(runs):
        score, _ = site.lighthouse(chromium, address)
        best = [max(pair) for pair in zip(best, score.values(), strict=True)]
        if min(best) >= site.LOWEST_SCORE:
            break
    return best


def rows(html: Path, runs: int):
    """Yield a row of HEAD for each page in the folder `html`."""
    java = site.require_java()
    pages = [page for page in book.html_pages(html) if page.parent != html or page.stem in OWN]
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
            best = scores(chromium, f"{address}/{name}", runs)
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


def live_speeds(html: Path) -> list[float]:
    """Let the live model of Tiny Shakespeare write, from five seeds: characters per second."""
    with (
        sync_playwright() as playwright,
        browser.Servers() as servers,
        browser.require(playwright) as started,
        browser.new_context(started, "light", "wide") as context,
    ):
        page = context.new_page()
        page.goto(f"{servers.serve(html)}/book/index.html")
        page.locator("section.demo").scroll_into_view_if_needed()
        page.get_by_label("Tiny Shakespeare").check()
        page.wait_for_function(
            "document.querySelector('.lm textarea').value.startsWith('ROMEO')"
            " && document.querySelector('.lm-text > span')"
        )
        speeds = []
        for seed in range(5):
            page.get_by_label("Seed").fill(f"{seed}")
            speeds.append(page.evaluate(WRITE))
        return speeds


def main() -> None:
    """Print the table, a row as soon as it is known, and the live model's speed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("html", type=Path, nargs="?", default=ROOT / "_build" / "html")
    parser.add_argument("--runs", type=int, default=3, help="Lighthouse's runs of a page, at most")
    options = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}", flush=True)
    for row in rows(options.html.resolve(), options.runs):
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    speeds = live_speeds(options.html.resolve())
    print(
        f"\nThe live model of Tiny Shakespeare writes {statistics.median(speeds):.0f} characters a "
        f"second into the page ({min(speeds):.0f} to {max(speeds):.0f}, five seeds)."
    )


if __name__ == "__main__":
    main()
