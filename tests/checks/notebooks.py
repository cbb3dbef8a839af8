"""Checks on the notebooks: each `name.md` (inputs) and its executed pair `name.ipynb`."""

import math
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import jupytext
import nbformat

from checks import TALK
from unrolled.figures.palette import LIGHT

FORMATS = "ipynb,md:myst"
PAIRED = "---\njupytext:"  # how a Markdown file begins that is a notebook, and not a page
MAX_BYTES = 500_000
TALK_BYTES = 700_000  # the talk shows some drawings once for each step
MAX_IGNORED = 3
MAX_LINES = 30  # a cell fits a screen; the house style says about 25
WHOLE, MAX_WHOLE = "whole-program", 70  # the tag of one cell, which fits a page
MIN_EXERCISES = 3
LIMITS = {"words": 3000, "lines": 450, "minutes": 75}  # of a chapter
MIN_ALT_WORDS = 5

IGNORED = "nbval-ignore-output"
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
TIME = re.compile(r"^\*\*Time\*\*: (\d+) minutes to read, (\d+) for the exercises;", re.M)
# What else nbval obeys: cells it would skip, or whose exceptions it would accept.
FORBIDDEN_TAGS = {"nbval-skip", "nbval-raises-exception", "raises-exception"}
NBVAL_COMMENT = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.M)
# Set by front ends and by execution; says nothing about the content.
VOLATILE = {"ExecuteTime", "collapsed", "execution", "jupyter", "scrolled", "trusted"}

POSIX_PATH = r"(?<![\w.:/~<)-])/[\w.+-]+/[\w.+-]+"
WINDOWS_PATH = r"(?<!\w)[A-Za-z]:[\\/]+[\w .+-]+[\\/]"
ABSOLUTE_PATH = re.compile(f"file://|{POSIX_PATH}|{WINDOWS_PATH}")
# Not the fragment of a link: url(#abc), href="#abc".
HEX = re.compile(r"""(?<!\()(?<!href=["'])#[0-9a-fA-F]{3,8}\b""")
TEX_COLOR = re.compile(r"\\(?:textcolor|color|colorbox)\s*\{([^}]*)\}")
HEADING = re.compile(r"^(#+)\s+(.*)$", re.M)
FENCE = re.compile(r"^(```+|~~~+|:::+).*?^\1", re.M | re.S)
MENTION = re.compile(r"\bFigures?\s+(\d+\.\d+)\b")
WIDGET = "application/vnd.jupyter.widget-view+json"
SVG = "{http://www.w3.org/2000/svg}"


def read(path):
    """Read a notebook of either kind, `.ipynb` or MyST `.md`."""
    if path.suffix == ".md":
        return jupytext.read(path, fmt="md:myst")
    return nbformat.read(path, as_version=4)


def code_cells(path):
    """List `(number, cell)` of the code cells, numbered from 1 among all cells."""
    return [(n, c) for n, c in enumerate(read(path).cells, 1) if c.cell_type == "code"]


def outputs(path):
    """List `(number, index, output)` of every output: the cell's number, its index in the cell."""
    return [(n, i, out) for n, cell in code_cells(path) for i, out in enumerate(cell.outputs)]


def texts(output):
    """List the pieces of text in an output, whatever its type."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return output.traceback
    return [value for value in output.data.values() if isinstance(value, str)]


def run_as_program(path, folder, **environment):
    """Run a notebook's cells without a kernel, which takes long to start.

    Parameters
    ----------
    path, folder : Path
        The notebook, and an empty folder for the program.
    **environment : str
        Environment variables.

    Returns
    -------
    subprocess.CompletedProcess
        With what it has printed.
    """
    program = folder / f"{path.stem}.py"
    program.write_text("\n\n".join(cell.source for _, cell in code_cells(path)), "utf-8")
    return subprocess.run(
        [sys.executable, program],
        env=os.environ | {"MPLBACKEND": "agg"} | environment,
        capture_output=True,
        text=True,
    )


def tags(cell):
    """The tags of a cell, as a set."""
    return set(cell.metadata.get("tags", []))


def notebooks(root):
    """List the `.ipynb` of the repository: the chapters, then those among the pages of `book/`."""
    return sorted(root.glob("notebooks/*.ipynb")) + sorted(root.glob("book/**/*.ipynb"))


# Pairing: a folder of files, then two files.


def unpaired(folder):
    """Every `.md` that is a notebook has its `.ipynb`, and every `.ipynb` its `.md`."""
    pairs = {".md": ".ipynb", ".ipynb": ".md"}
    return [
        f"{path.name}: {path.stem}{pairs[path.suffix]} is missing"
        for path in sorted(folder.rglob("*.*"))
        if path.suffix in pairs and not path.with_suffix(pairs[path.suffix]).exists()
        if ".ipynb_checkpoints" not in path.parts  # JupyterLab's own
        if path.suffix == ".ipynb" or path.read_text(encoding="utf-8").startswith(PAIRED)
    ]


def differences(markdown, notebook):
    """The two halves of a pair hold the same cells; says which is the first that differs."""
    where = f"{markdown.name} and {notebook.name}"
    one, other = read(markdown), read(notebook)
    problems = [
        f"{path.name}: jupytext.formats is {formats!r}, not {FORMATS!r}"
        for path, half in ((markdown, one), (notebook, other))
        if (formats := half.metadata.get("jupytext", {}).get("formats")) != FORMATS
    ]
    for number, (a, b) in enumerate(zip(one.cells, other.cells, strict=False), 1):
        for what, x, y in (
            ("type", a.cell_type, b.cell_type),
            ("source", a.source.strip("\n"), b.source.strip("\n")),
            ("metadata", kept_metadata(a), kept_metadata(b)),
        ):
            if x != y:
                problems.append(f"{where}: cell {number} differs in {what}: {x!r} / {y!r}")
                return problems
    if len(one.cells) != len(other.cells):
        problems.append(f"{where}: {len(one.cells)} cells / {len(other.cells)} cells")
    return problems


def kept_metadata(cell):
    """The metadata of a cell that belongs to its content: tags, reasons, names, captions."""
    return {k: v for k, v in cell.metadata.items() if k not in VOLATILE and v not in ([], {})}


# One executed notebook.


def execution(path):
    """Every code cell was executed, once and in order."""
    counts = [(n, cell.execution_count) for n, cell in code_cells(path)]
    return [
        f"{path.name}: cell {n} has execution count {count}, not {expected}: "
        "run the notebook from top to bottom"
        for expected, (n, count) in enumerate(counts, 1)
        if count != expected
    ]


def bad_outputs(path):
    """No error, nothing on stderr, no widget, no absolute path of whatever machine executed it."""
    problems = []
    for n, _, output in outputs(path):
        if output.output_type == "error":
            problems.append(f"{path.name}: cell {n} ends in {output.ename}: {output.evalue}")
        elif output.get("name") == "stderr":
            problems.append(f"{path.name}: cell {n} writes to stderr: {output.text.strip()[:80]}")
        elif WIDGET in output.get("data", {}):
            problems.append(f"{path.name}: cell {n} shows a widget, which no page can")
        problems += [
            f"{path.name}: cell {n} shows the absolute path {found[0]}"
            for text in texts(output)
            if (found := ABSOLUTE_PATH.search(text))
        ]
    return problems


def size(path):
    """The notebook keeps within the size budget."""
    limit = TALK_BYTES if path.name == TALK.name else MAX_BYTES
    actual = path.stat().st_size
    return [f"{path.name}: {actual:,} bytes, at most {limit:,}"] if actual > limit else []


def ignored_cells(path):
    """List `(number, reason)` of the cells whose outputs nbval does not compare."""
    return [
        (n, cell.metadata.get("reason", "").strip())
        for n, cell in code_cells(path)
        if IGNORED in tags(cell)
    ]


def ignored(path):
    """Few cells escape the comparison, each with a reason, and none in another way."""
    cells = ignored_cells(path)
    problems = [
        f'{path.name}: cell {n} is tagged {IGNORED} and has no `reason: "..."` in its metadata'
        for n, reason in cells
        if not reason
    ]
    if len(cells) > MAX_IGNORED:
        numbers = ", ".join(str(n) for n, _ in cells)
        problems.append(
            f"{path.name}: nbval ignores {len(cells)} cells ({numbers}), at most {MAX_IGNORED}"
        )
    for n, cell in code_cells(path):
        others = sorted(FORBIDDEN_TAGS & tags(cell)) + NBVAL_COMMENT.findall(cell.source)
        problems += [f"{path.name}: cell {n} escapes nbval by {other}" for other in others]
    return problems


def figures(path):
    """Figures are SVG with a `<title>` that describes them, followed by a Markdown caption."""
    problems = []
    for n, cell in code_cells(path):
        followers = [out.get("data", {}) for out in cell.outputs[1:]] + [{}]
        for output, follower in zip(cell.outputs, followers, strict=False):
            data = output.get("data", {})
            problems += [
                f"{path.name}: cell {n} shows {kind}: show figures as SVG"
                for kind in data
                if kind.startswith("image/") and kind != "image/svg+xml"
            ]
            if "image/svg+xml" in data:
                alt = ElementTree.fromstring(data["image/svg+xml"]).findtext(f"{SVG}title", "")
                if len(alt.split()) < MIN_ALT_WORDS:
                    problems.append(
                        f"{path.name}: cell {n}: the figure's <title> is {alt!r}: "
                        f"describe it in at least {MIN_ALT_WORDS} words"
                    )
                if not follower.get("text/markdown", "").strip():
                    problems.append(f"{path.name}: cell {n}: the figure has no caption after it")
    return problems


def captions(path):
    """List `(number, caption)` of the figures: the number of the cell, and the text below."""
    found = []
    for n, cell in code_cells(path):
        followers = [out.get("data", {}) for out in cell.outputs[1:]] + [{}]
        for output, follower in zip(cell.outputs, followers, strict=False):
            if "image/svg+xml" in output.get("data", {}):
                found.append((n, follower.get("text/markdown", "")))
    return found


def figure_numbers(path):
    """The figures of chapter 4 are Figure 4.1, Figure 4.2 and so on: their captions begin so."""
    chapter, problems = int(path.stem[:2]), []
    for number, (n, caption) in enumerate(captions(path), 1):
        if caption.strip() and not caption.startswith(f"Figure {chapter}.{number}. "):
            problems.append(
                f"{path.name}: cell {n}: the caption begins {caption[:16]!r}, "
                f"not 'Figure {chapter}.{number}. '"
            )
    return problems


def mentions(path):
    """List `(number, figure)`: the figures that a page or a notebook names, such as "2.3"."""
    pieces = [(n, cell.source) for n, cell in enumerate(read(path).cells, 1)]
    if path.suffix == ".ipynb":
        cells = enumerate(read(path).cells, 1)
        pieces = [(n, cell.source) for n, cell in cells if cell.cell_type == "markdown"]
        pieces += [(n, out.get("data", {}).get("text/markdown", "")) for n, _, out in outputs(path)]
    return [(n, figure) for n, text in pieces for figure in MENTION.findall(text)]


def lost_mentions(chapters, paths):
    """Each figure that is named, in any chapter or page, is a figure of a chapter."""
    there = {
        figure
        for path in chapters
        for _, caption in captions(path)
        for figure in MENTION.findall(caption)[:1]
    }
    return [
        f"{path.name}: cell {n}: there is no Figure {figure}"
        for path in paths
        for n, figure in mentions(path)
        if figure not in there
    ]


def colors(path):
    """Figures and equations use the light palette only, as its very lower-case hexes."""
    palette, problems = set(LIGHT.values()), []

    def check(n, found):
        problems.extend(
            f"{path.name}: cell {n}: {color} is no color of the palette"
            for color in sorted(set(found) - palette)
        )

    for n, cell in enumerate(read(path).cells, 1):
        if cell.cell_type == "markdown":
            check(n, TEX_COLOR.findall(cell.source))
    for n, _, output in outputs(path):
        data = output.get("data", {})
        if "image/svg+xml" in data:
            check(n, HEX.findall(data["image/svg+xml"]) + default_black(data["image/svg+xml"]))
        for kind in ("text/markdown", "text/latex"):
            check(n, TEX_COLOR.findall(data.get(kind, "")))
    return problems


def strange_colors(path):
    """The equations of a page, or the shapes of an icon, use the light palette only."""
    pattern = TEX_COLOR if path.suffix == ".md" else HEX
    found = set(pattern.findall(path.read_text(encoding="utf-8"))) - set(LIGHT.values())
    return [f"{path.name}: {color} is no color of the palette" for color in sorted(found)]


def default_black(svg):
    """Name the SVG texts that no element gives a color: they are black, on a dark page too."""

    def walk(element, colored):
        colored = colored or "fill" in element.attrib or "fill:" in element.get("style", "")
        if element.tag == f"{SVG}text" and not colored:
            yield "".join(element.itertext()).strip()
        for child in element:
            yield from walk(child, colored)

    found = list(walk(ElementTree.fromstring(svg), False))
    return [f"the default black of the texts {found}"] if found else []


# How a chapter reads.


def sections(path):
    """List `(number, cell, headings)`: the headings, outermost first, that a cell stands under.

    A Markdown cell counts under its last heading; headings inside fenced blocks are text.
    """
    trail, result = [], []
    for n, cell in enumerate(read(path).cells, 1):
        if cell.cell_type == "markdown":
            for marks, title in HEADING.findall(FENCE.sub("", cell.source)):
                trail = [(m, t, k) for m, t, k in trail if len(m) < len(marks)]
                trail.append((marks, title.strip(), n))
        result.append((n, cell, list(trail)))
    return result


def is_exercise(heading):
    """Whether a heading `(marks, title, number)` opens an exercise."""
    return bool(re.match(r"Exercise\b", heading[1]))


def exercises(path):
    """At least three headings "Exercise ...", each with a hidden solution below it."""
    listed, solved = {}, set()
    for _, cell, trail in sections(path):
        for heading in filter(is_exercise, trail):
            marks, title, n = heading
            listed[heading] = f"{path.name}: cell {n}: {title!r} has no hidden solution"
            if cell.cell_type == "code" and hidden(cell):
                solved.add(heading)
    problems = [problem for heading, problem in listed.items() if heading not in solved]
    if len(listed) < MIN_EXERCISES:
        problems.append(f"{path.name}: {len(listed)} exercises, at least {MIN_EXERCISES}")
    return problems


def hidden(cell):
    """Whether a code cell is a collapsed solution."""
    return "hide-cell" in tags(cell) or {"solution", "hide-input"} <= tags(cell)


def long_cells(path):
    """Code cells fit a screen, but for those of exercises and those that readers don't see.

    One cell may hold a whole program, and fit a page.
    """
    problems, whole = [], 0
    for n, cell, trail in sections(path):
        if cell.cell_type != "code" or any(map(is_exercise, trail)) or HIDDEN & tags(cell):
            continue
        whole += WHOLE in tags(cell)
        lines = cell.source.count("\n") + 1
        limit = MAX_WHOLE if WHOLE in tags(cell) else MAX_LINES
        if lines > limit:
            problems.append(f"{path.name}: cell {n} has {lines} lines, at most {limit}")
    if whole > 1:
        problems.append(f"{path.name}: {whole} cells are tagged {WHOLE}, at most one")
    return problems


def prose(markdown):
    """List the words of a Markdown cell: no equations, fenced blocks or tags; a symbol is one."""
    text = re.sub(r"\$\$.*?\$\$", " ", FENCE.sub("", markdown), flags=re.S)
    text = re.sub(r"\$[^$]*\$", " x ", re.sub(r"<[^>]*>", " ", text))
    return [word for word in text.split() if re.search(r"\w", word)]


def reckoning(path):
    """How long a chapter is, and takes.

    Returns
    -------
    dict
        `words` of prose, answers and exercises among them; visible `lines` of code; `minutes` to
        read all but the exercises, at 180 words a minute, six seconds a line, a minute a figure;
        `exercises`: minutes, as their headings say.
    """
    words = read_words = lines = drawn = practice = 0
    for _, cell, trail in sections(path):
        exercise = any(title in ("Check yourself", "Exercises") for _, title, _ in trail)
        if cell.cell_type == "markdown":
            words += len(prose(cell.source))
            read_words += 0 if exercise else len(prose(cell.source))
            practice += sum(map(int, re.findall(r"^### .*\((\d+) minutes\)$", cell.source, re.M)))
        elif cell.cell_type == "code":
            drawn += sum("image/svg+xml" in output.get("data", {}) for output in cell.outputs)
            if not HIDDEN & tags(cell) and not exercise:
                lines += len([line for line in cell.source.splitlines() if line.strip()])
    minutes = read_words / 180 + lines / 10 + drawn
    return {"words": words, "lines": lines, "minutes": minutes, "exercises": practice}


def too_long(path):
    """A chapter keeps to the limits, and its first lines say how long it takes, as reckoned."""
    found = reckoning(path)
    problems = [
        f"{path.name}: {found[what]:.0f} {what}, at most {limit}"
        for what, limit in LIMITS.items()
        if found[what] > limit
    ]
    stated = TIME.search(read(path).cells[0].source)
    expected = (5 * math.ceil(found["minutes"] / 5), found["exercises"])
    if stated is None or tuple(map(int, stated.groups())) != expected:
        problems.append(
            f"{path.name}: its first lines don't say \"**Time**: {expected[0]} minutes to read, "
            f'{expected[1]} for the exercises;"'
        )
    return problems


# Code, in modules and in notebook cells.


def ruff(paths):
    """Ruff, both lint and format, has nothing to say about files, folders and notebooks."""
    problems = []
    for command in ("check", "format --check"):
        options = ["--quiet", "--no-cache", "--output-format=concise"]
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command.split(), *options, *paths],
            capture_output=True,
            text=True,
        )
        if run.returncode:
            problems += (run.stdout + run.stderr).splitlines() or [f"ruff {command} fails"]
    return problems


# Every check that takes one executed notebook, and those that take a chapter only.
CHECKS = (execution, bad_outputs, size, ignored, figures, colors, long_cells)
CHAPTER_CHECKS = (exercises, figure_numbers, too_long)
