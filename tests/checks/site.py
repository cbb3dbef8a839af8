"""Checks on the site: weight, layout shift, valid HTML, and Lighthouse's scores."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from unrolled_book.node import find_node

from checks import ROOT
from checks.book import html_pages, parse

VALIDATOR = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
LIGHTHOUSE = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
PRETTIER = ROOT / "node_modules" / "prettier" / "bin" / "prettier.cjs"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
HEAVIEST = 300 * 1024  # bytes of a page's first load, as they come over the wire, images left out
LARGEST_SHIFT = 0.01  # Lighthouse calls 0.1 good
LOWEST_SCORE = 95


# Scripts and style sheets.


def unformatted(*folders):
    """Every script and style sheet in the folders is written as Prettier writes it."""
    command = [find_node(), PRETTIER, "--list-different", *folders]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    return (run.stdout + run.stderr).splitlines()


# One page, as a file.


def described(page):
    """A page has one first heading, and says what it is about for search engines and links."""
    soup, problems = parse(page), []
    if len(soup.find_all("h1")) != 1:
        problems.append(f"{page.name}: {len(soup.find_all('h1'))} <h1>")
    for key, name in [("name", "description"), ("property", "og:title"), ("property", "og:type")]:
        meta = soup.find("meta", attrs={key: name})
        if not (meta and meta.get("content", "").strip()):
            problems.append(f"{page.name}: no <meta {key}={name}>")
    return problems


def sized_images(page):
    """Every image says how large it is, so that nothing moves when it has come."""
    return [
        f"{page.name}: <img> without width and height: {tag.get('src')}"
        for tag in parse(page).find_all("img")
        if not (tag.get("width") and tag.get("height"))
    ]


# All pages, by the Nu validator.


def require_java():
    """Return Java's path. Where there is none: skip the test, or fail it where CI=true."""
    java = shutil.which("java")
    if java is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up("no Java, which the Nu validator needs")
    return java


def validate(java, pages):
    """List the Nu validator's messages on pages: dicts with `type`, `subType`, `url`, `message`."""
    command = [java, "-jar", VALIDATOR, "--format", "json", "--exit-zero-always", *pages]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    return json.loads(run.stderr)["messages"]


def invalid(java, html):
    """Every page is valid HTML."""
    return [
        f"{Path(m['url']).name}:{m.get('lastLine')}: {m['message']} {m.get('extract', '')[:120]!r}"
        for m in validate(java, html_pages(html))
        if m["type"] != "info"  # its warnings don't make a page invalid
    ]


# One page, as it comes over the wire.


def first_load(context, address, slower=1, late=0):
    """Open a page with an empty cache.

    Parameters
    ----------
    context : playwright.sync_api.BrowserContext
        Of any size.
    address : str
        The page.
    slower : float
        By how much the processor is slowed down.
    late : float
        Seconds by which files of typefaces come late.

    Returns
    -------
    dict
        `bytes`: what came over the wire, images left out; `shift`: the cumulative layout shift.
    """
    page, types, sizes = context.new_page(), {}, {}
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.on("Network.responseReceived", lambda e: types.update({e["requestId"]: e["type"]}))
    devtools.on(
        "Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]})
    )
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    if late:
        page.route("**/*.woff*", lambda r: (page.wait_for_timeout(1000 * late), r.continue_()))
    try:
        page.goto(address, wait_until="networkidle")
        shift = page.evaluate(
            """() => new Promise(done => {
                let sum = 0
                new PerformanceObserver(list => {
                    for (const entry of list.getEntries()) sum += entry.value
                }).observe({ type: "layout-shift", buffered: true })
                setTimeout(() => done(sum), 100)
            })"""
        )
    finally:
        page.close()
    weight = sum(size for request, size in sizes.items() if types.get(request) != "Image")
    return {"bytes": int(weight), "shift": shift}


def heavy_or_moving(context, address):
    """A page's first load is light, and nothing moves while it comes."""
    load = first_load(context, address)
    problems = []
    if load["bytes"] > HEAVIEST:
        problems.append(f"{address}: the first load is {load['bytes'] / 1024:.0f} KB")
    if load["shift"] > LARGEST_SHIFT:
        problems.append(f"{address}: the layout shifts by {load['shift']:.3f}")
    return problems


# One page, by Lighthouse.


def lighthouse(chromium, address, categories=CATEGORIES):
    """Run Lighthouse's mobile settings on a page.

    Parameters
    ----------
    chromium : str
        Path of the browser.
    address : str
        The page.
    categories : sequence of str
        Of CATEGORIES.

    Returns
    -------
    scores : dict of str to int
        From 0 to 100, by category.
    failed : list of str
        The titles of the audits that lower a score, those of performance left out.
    """
    run = subprocess.run(
        [
            find_node(),
            LIGHTHOUSE,
            address,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(categories)}",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"CHROME_PATH": str(chromium)},
    )
    if run.returncode:
        raise RuntimeError(f"Lighthouse fails on {address}: {run.stderr[-500:]}")
    report = json.loads(run.stdout)
    scores = {k: round(100 * (c["score"] or 0)) for k, c in report["categories"].items()}
    failed = [
        report["audits"][ref["id"]]["title"]
        for name, category in report["categories"].items()
        for ref in category["auditRefs"]
        if name != "performance"
        and ref["weight"]
        and (report["audits"][ref["id"]]["score"] or 0) < 1
        and report["audits"][ref["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual")
    ]
    return scores, failed


def low_scores(chromium, address, categories):
    """Lighthouse gives a page at least LOWEST_SCORE in each category."""
    scores, failed = lighthouse(chromium, address, categories)
    return [
        f"{address}: {name} {score}: {'; '.join(failed)}"
        for name, score in scores.items()
        if score < LOWEST_SCORE
    ]


# The landing page.


def wrong_cards(index, read_chapter, chapters):
    """Each chapter has a card, with the time and the outcomes that the chapter names."""
    soup = BeautifulSoup(index.read_bytes(), "html.parser")
    cards = {a["href"]: li for li in soup.select(".u-card") for a in li.select(".u-card-title a")}
    problems = []
    for source in chapters:
        card = cards.get(f"../notebooks/{source.stem}.html")
        if card is None:
            problems.append(f"{source.stem} has no card")
            continue
        chapter = read_chapter(source)
        if chapter.time.lower() not in card.get_text().lower():
            problems.append(f"{source.stem}: the card does not say {chapter.time!r}")
        if len(card.select("ul > li")) != chapter.outcomes.count("\n- ") + 1:
            problems.append(f"{source.stem}: the card does not list the chapter's outcomes")
    return problems


PAGE_CHECKS = (described, sized_images)
