"""Checks that open pages in Chromium: what loads, what fits, what axe-core finds."""

import gzip
import os
import re
import shutil
from contextlib import ExitStack
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Error

from checks import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FOREIGN = re.compile(r"^(?:https?|wss?)://(?!(?:127\.0\.0\.1|localhost|\[::1\])[:/])")
COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".svg"}
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
# What pages are looked at in: every day each theme and each size once, all pairs where CI=true.
SETTINGS = [("light", "wide"), ("dark", "phone")]
if os.environ.get("CI") == "true":
    SETTINGS += [("dark", "wide"), ("light", "phone")]


# Chromium.


def require(playwright):
    """Start a Chromium. Where there is none: skip the test, or fail it where CI=true."""
    chromium = launch(playwright)
    if chromium is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up("no Chromium: run `make chromium`, or name one in UNROLLED_CHROMIUM")
    return chromium


def launch(playwright):
    """Start the Chromium in `UNROLLED_CHROMIUM`, or Playwright's, or the system's; None if none."""
    if named := os.environ.get("UNROLLED_CHROMIUM"):
        return start(playwright, executable_path=named)
    names = ("chromium", "chromium-browser", "google-chrome")
    found = [{"executable_path": path} for path in map(shutil.which, names) if path]
    for where in [{}, *found, {"channel": "chrome"}, {"channel": "msedge"}]:
        try:
            return start(playwright, **where)
        except Error:
            continue
    return None


def find(playwright):
    """Return the path of the Chromium that `launch` starts, for programs that start their own."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    own = playwright.chromium.executable_path
    places = [os.environ.get("UNROLLED_CHROMIUM"), *map(shutil.which, names), own]
    return next((path for path in places if path and Path(path).is_file()), None)


def start(playwright, **where):
    """Start one Chromium, without its sandbox for root, who cannot have it."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    sandbox = ["--no-sandbox"] if is_root else []
    return playwright.chromium.launch(args=FLAGS + sandbox, timeout=30_000, **where)


# Pages on loopback.


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files as hosts do, text compressed, and logs nothing."""

    def send_head(self):
        """Send the headers and return what follows them."""
        path = Path(self.translate_path(self.path))
        encodings = self.headers.get("Accept-Encoding", "")
        if path.suffix not in COMPRESSED or not path.is_file() or "gzip" not in encodings:
            return super().send_head()
        body = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", f"{self.guess_type(path)}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def log_message(self, *args):
        """Say nothing."""


@cache
def compressed(path, changed):
    """Return a file's bytes, compressed; once for each time it changes."""
    return gzip.compress(path.read_bytes(), compresslevel=6)


class Servers(ExitStack):
    """Serves folders on loopback for as long as its `with` block lasts."""

    def serve(self, folder):
        """Serve `folder` and return its address, such as http://127.0.0.1:40001."""
        handler = partial(QuietHandler, directory=str(folder))
        server = self.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        Thread(target=server.serve_forever, daemon=True).start()
        self.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"


def new_context(browser, theme, size):
    """Open a browser context that shows pages in a theme ("light", "dark") and size (of SIZES)."""
    context = browser.new_context(viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce")
    context.add_init_script(
        f"try {{ for (const key of ['mode', 'theme']) localStorage.setItem(key, '{theme}') }} "
        "catch {}"
    )
    context.route(FOREIGN, lambda route: route.abort())
    return context


# The check.


def problems(context, address, theme):
    """Open a page and return what is wrong with it: what it loads, how it fits, axe-core."""
    page = context.new_page()
    found = listen(page)
    late = "a face of math comes late, put it into typefaces.MATH: "
    page.on("request", lambda r: "KaTeX_" in r.url and found.append(late + r.url))
    try:
        page.goto(address)
        show_all(page)
        page.mouse.move(1, 1)  # loads the script that serves the menus
        page.wait_for_load_state("networkidle")
        found += wrong_theme(page, theme) + overflow(page) + axe(page)
    finally:
        page.close()
    return found


def show_all(page):
    """Open what is collapsed, and lay out what is not yet: it must fit and be accessible too."""
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")


def drawn(page):
    """Wait until what has changed is laid out, drawn, and told to those who observe it."""
    page.evaluate("() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))")


def listen(page):
    """Return a list that fills with a page's errors, and what it can't or mustn't load."""
    found = []
    page.on("console", lambda m: m.type == "error" and found.append(f"console error: {m.text}"))
    page.on("pageerror", lambda error: found.append(f"page error: {error}"))
    page.on("request", lambda r: FOREIGN.match(r.url) and found.append(f"foreign host: {r.url}"))
    page.on("requestfailed", lambda r: found.append(f"request failed: {r.url} {r.failure}"))
    page.on("response", lambda r: r.status >= 400 and found.append(f"{r.status}: {r.url}"))
    return found


def wrong_theme(page, theme):
    """The page shows the theme that was asked for."""
    shown = page.evaluate("document.documentElement.dataset.theme")
    return [] if shown == theme else [f"theme: {shown} is shown, not {theme}"]


def overflow(page):
    """The page is no wider than the window; names the elements that stick out, innermost last."""
    return page.evaluate(
        """() => {
            const root = document.documentElement
            if (root.scrollWidth <= root.clientWidth) return []
            const wide = [...document.body.querySelectorAll("*")]
                .filter(e => e.getBoundingClientRect().right > root.clientWidth + 1)
                .map(e => e.tagName.toLowerCase() + (e.className ? "." + e.className : ""))
            return [`overflow: ${root.scrollWidth} px wide in ${root.clientWidth}: `
                + wide.slice(0, 12).join(" > ")]
        }"""
    )


def axe(page):
    """axe-core finds nothing, by any of its rules."""
    page.add_script_tag(path=AXE)
    return page.evaluate(
        """async () => {
            const options = { resultTypes: ["violations"], preload: false }
            const { violations } = await axe.run(document, options)
            return violations.flatMap(v => v.nodes.slice(0, 5).map(
                n => `axe ${v.id}: ${v.help}: ${n.target.join(" ")} ${n.html.slice(0, 160)}`
            ))
        }"""
    )


def search(context, address, word):
    """Search the book served at `address` for words; return the addresses of the pages found."""
    page = context.new_page()
    try:
        page.goto(f"{address}/search.html?{urlencode({'q': word})}")
        page.wait_for_function(
            "/finished|did not match/.test(document.querySelector('.search-summary')?.innerText)"
        )
        links = page.locator("#search-results li a").all()
        return [urlsplit(link.evaluate("a => a.href")).path for link in links]
    finally:
        page.close()
