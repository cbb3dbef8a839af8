"""The notebooks: paired, executed, clean, small, described, and compared by nbval."""

import re
import subprocess
import sys

import jupytext
import nbformat
import pytest
from checks import CHAPTERS, ROOT, expect_none
from checks import notebooks as checks
from nbformat import v4

from unrolled.figures.palette import LIGHT

NOTEBOOKS = checks.notebooks(ROOT)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def test_every_notebook_has_its_pair():
    assert CHAPTERS
    expect_none(checks.unpaired(ROOT / "notebooks") + checks.unpaired(ROOT / "book"))


@each_notebook
def test_pairs_hold_the_same_cells(path):
    expect_none(checks.differences(path.with_suffix(".md"), path))


@each_notebook
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_notebook(check, path):
    expect_none(check(path))


@each_chapter
@pytest.mark.parametrize("check", checks.CHAPTER_CHECKS, ids=lambda check: check.__name__)
def test_chapter(check, path):
    expect_none(check(path))


def test_every_figure_that_is_named_is_there():
    pages = [path for path in ROOT.glob("book/**/*.md") if not path.with_suffix(".ipynb").exists()]
    expect_none(checks.lost_mentions(CHAPTERS, NOTEBOOKS + pages))


def test_pages_and_the_icon_use_the_palette():
    files = [*ROOT.glob("book/**/*.md"), ROOT / "book" / "_static" / "favicon.svg"]
    expect_none([problem for path in files for problem in checks.strange_colors(path)])


@pytest.mark.parametrize("name", ["page.md", "icon.svg"])
def test_another_color_is_seen(tmp_path, name):
    good, bad = LIGHT["input"], "#123456"
    for color, problems in (good, []), (bad, [f"{name}: {bad} is no color of the palette"]):
        text = f"\\textcolor{{{color}}}{{x}}" if name == "page.md" else f'<path stroke="{color}"/>'
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert checks.strange_colors(tmp_path / name) == problems


def test_ruff():
    folders = [ROOT / folder for folder in ("src", "tests", "tools", "book/_ext")]
    expect_none(checks.ruff([*folders, *NOTEBOOKS]))


def test_pytest_executes_every_notebook_and_compares_every_output(pytestconfig):
    assert {path.relative_to(ROOT).parts[0] for path in NOTEBOOKS} == {"notebooks", "book"}
    assert {"notebooks", "book"} <= set(pytestconfig.getini("testpaths"))
    assert pytestconfig.option.nbval
    assert not pytestconfig.option.nbval_lax
    assert not pytestconfig.option.nbval_sanitize_with


# Broken on purpose: a small chapter that passes every check, then copies with one fault each.

SVG = """<svg xmlns="http://www.w3.org/2000/svg">
<title>The loss falls from 4.2 to 1.9 nats.</title>
<path d="M 0 0" style="stroke: {input}; clip-path: url(#beef)"/><use href="#feed"/>
<text style="fill: {ink}">nats</text></svg>""".format(**LIGHT)


CAPTION = "Figure 9.1. The loss falls."


def figure():
    """The outputs of a cell that shows a figure and its caption."""
    return [
        v4.new_output("display_data", {"image/svg+xml": SVG, "text/plain": "<SVG object>"}),
        v4.new_output("display_data", {"text/markdown": CAPTION, "text/plain": "<M>"}),
    ]


TIMES = "**Time**: 5 minutes to read, 30 for the exercises; a second to run."


def chapter():
    """A chapter of two sections and three exercises."""
    cells = [
        v4.new_markdown_cell(
            rf"# A chapter" "\n\n" rf"The input $\textcolor{{{LIGHT['input']}}}x$" "\n\n" + TIMES
        ),
        v4.new_code_cell("print('and/or', 1 / 2)", outputs=[stream("and/or 0.5\n")]),
        v4.new_code_cell("show()", outputs=figure(), metadata={"tags": ["wide"]}),
        v4.new_code_cell(
            "time()",
            outputs=[stream("1.2 s, see https://example.org/home/page\n")],
            metadata={"tags": ["nbval-ignore-output"], "reason": "a timing"},
        ),
        v4.new_markdown_cell("## Exercises\n\n```python\n## Exercise 9: not a heading\n```"),
    ]
    for n in (1, 2, 3):
        cells.append(
            v4.new_markdown_cell(
                f"### Exercise {n}: change it ({30 - 10 * n} minutes)\n\nChange it."
            )
        )
        cells.append(v4.new_code_cell(f"{n}\n" * 40, metadata={"tags": ["hide-cell"]}))
    cells.append(v4.new_markdown_cell("## Recap"))
    metadata = {"jupytext": {"formats": checks.FORMATS}, "kernelspec": KERNEL}
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), 1):
        cell.execution_count = count
    return v4.new_notebook(cells=cells, metadata=metadata)


KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
TEXT, CODE, FIGURE, TIMING, SOLUTION = 0, 1, 2, 3, 6  # cells of the chapter


def stream(text, name="stdout"):
    """An output printed to a stream."""
    return v4.new_output("stream", name=name, text=text)


def write(folder, notebook):
    """Write a pair of files and return the path of the .ipynb."""
    path = folder / "09_chapter.ipynb"
    nbformat.write(notebook, path)
    jupytext.write(notebook, path.with_suffix(".md"), fmt="md:myst")
    return path


def complaints(path):
    """Run every check; return {check's name: problems} of those that complain."""
    found = {check.__name__: check(path) for check in checks.CHECKS + checks.CHAPTER_CHECKS}
    found["differences"] = checks.differences(path.with_suffix(".md"), path)
    found["unpaired"] = checks.unpaired(path.parent)
    return {name: problems for name, problems in found.items() if problems}


def test_a_good_chapter_passes(tmp_path):
    assert complaints(write(tmp_path, chapter())) == {}


def set_source(cell, source):
    return lambda cells: cells[cell].update(source=source)


def set_tags(cell, *tags):
    return lambda cells: cells[cell].metadata.update(tags=list(tags))


def whole_program(lines, *numbers):
    def change(cells):
        for number in numbers:
            cells[number].source = "1\n" * (lines - 1) + "1"
            cells[number].metadata.update(tags=[checks.WHOLE])
        if lines > 40:
            cells[TEXT].source = cells[TEXT].source.replace("5 minutes", "10 minutes")

    return change


def set_output(cell, output):
    return lambda cells: cells[cell].update(outputs=[output])


def set_caption(caption):
    return lambda cells: cells[FIGURE].outputs[1].data.update({"text/markdown": caption})


def in_figure(old, new):
    """Replace text in the figure's SVG."""

    def fault(cells):
        data = cells[FIGURE].outputs[0].data
        assert old in data["image/svg+xml"]
        data["image/svg+xml"] = data["image/svg+xml"].replace(old, new)

    return fault


FAULTS = {
    "not executed": ("execution", lambda cells: cells[CODE].update(execution_count=None)),
    "out of order": ("execution", lambda cells: cells[CODE].update(execution_count=7)),
    "error": ("bad_outputs", set_output(CODE, v4.new_output("error", ename="E", evalue="bad"))),
    "stderr": ("bad_outputs", set_output(CODE, stream("careful\n", "stderr"))),
    "POSIX path": ("bad_outputs", set_output(CODE, stream("saved to /srv/ada/model.bin\n"))),
    "Windows path": ("bad_outputs", set_output(CODE, stream(r"'C:\Users\ada\model.bin'"))),
    "file address": ("bad_outputs", set_output(CODE, stream("file://model.bin"))),
    "widget": ("bad_outputs", set_output(CODE, v4.new_output("display_data", {checks.WIDGET: {}}))),
    "too large": ("size", set_output(CODE, stream("x" * 500_001))),
    "no reason": ("ignored", lambda cells: cells[TIMING].metadata.pop("reason")),
    "too many": (
        "ignored",
        lambda cells: [
            cell.metadata.update(tags=["nbval-ignore-output", "hide-cell"], reason="a timing")
            for cell in cells[SOLUTION:]
            if cell.cell_type == "code"
        ],
    ),
    "skipped": ("ignored", set_tags(CODE, "nbval-skip")),
    "may raise": ("ignored", set_tags(CODE, "raises-exception")),
    "ignoring comment": ("ignored", set_source(CODE, "# NBVAL_IGNORE_OUTPUT\nprint(1)")),
    "PNG": ("figures", set_output(CODE, v4.new_output("display_data", {"image/png": "aaaa"}))),
    "no title": ("figures", in_figure("title>", "desc>")),
    "poor title": ("figures", in_figure("The loss falls from 4.2 to 1.9 nats.", "A figure")),
    "no caption": ("figures", set_caption(" ")),
    "no number": ("figure_numbers", set_caption("The loss falls.")),
    "a number too high": ("figure_numbers", set_caption("Figure 9.2. The loss falls.")),
    "another chapter": ("figure_numbers", set_caption("Figure 8.1. The loss falls.")),
    "foreign color": ("colors", in_figure(LIGHT["input"], "#1f77b4")),
    "attribute": ("colors", in_figure("<path", '<path fill="#1f77b4"')),
    "upper case": ("colors", in_figure(LIGHT["input"], LIGHT["input"].upper())),
    "default black": ("colors", in_figure("fill", "stroke")),
    "foreign color in math": (
        "colors",
        set_source(TEXT, r"$\textcolor{red}x$" "\n\n" + TIMES),
    ),
    "no solution": ("exercises", set_tags(SOLUTION)),
    "two exercises": ("exercises", lambda cells: cells.__delitem__(slice(9, 11))),
    "times not said": ("too_long", set_source(TEXT, "# A chapter")),
    "another time": ("too_long", set_source(TEXT, TIMES.replace("5", "10"))),
    "too many words": ("too_long", set_source(TEXT, "word " * 3001 + f"\n\n{TIMES}")),
    "too many lines": (
        "too_long",
        lambda cells: cells.extend(
            v4.new_code_cell("1\n" * 29, execution_count=7 + n) for n in range(20)
        ),
    ),
    "long cell": ("long_cells", set_source(CODE, "1\n" * 30 + "1")),
    "long program": ("long_cells", whole_program(71, CODE)),
    "two programs": ("long_cells", whole_program(10, CODE, FIGURE)),
}


@pytest.mark.parametrize(("check", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_seen_by_its_check_alone(tmp_path, check, fault):
    notebook = chapter()
    fault(notebook.cells)
    assert list(complaints(write(tmp_path, notebook))) == [check]


def test_a_figure_that_is_not_there_is_seen(tmp_path):
    notebook = chapter()
    notebook.cells[TEXT].source += "\n\nSee Figure\n9.1, and Figure 9.2. In the code, `Figure` 7."
    path, page = write(tmp_path, notebook), tmp_path / "page.md"
    page.write_text("# A page\n\nAs in Figure 9.1, or in Figure 10.1.\n", encoding="utf-8")
    assert checks.lost_mentions([path], [path, page]) == [
        "09_chapter.ipynb: cell 1: there is no Figure 9.2",
        "page.md: cell 1: there is no Figure 10.1",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_source(FIGURE, "show(2)"), "cell 3 differs in source: 'show()' / 'show(2)'"),
        (set_tags(FIGURE, "narrow"), "cell 3 differs in metadata"),
        (lambda cells: cells[TIMING].metadata.pop("reason"), "cell 4 differs in metadata"),
        (lambda cells: cells.pop(), "12 cells / 11 cells"),
        (
            lambda cells: cells.__setitem__(1, v4.new_markdown_cell("and/or")),
            "cell 2 differs in type: 'code' / 'markdown'",
        ),
    ],
    ids=["source", "tags", "reason", "number", "type"],
)
def test_a_pair_that_drifts_apart_is_seen(tmp_path, change, said):
    path, notebook = write(tmp_path, chapter()), chapter()
    change(notebook.cells)
    nbformat.write(notebook, path)
    [problem] = checks.differences(path.with_suffix(".md"), path)
    assert said in problem


def test_a_pair_by_another_format_is_seen(tmp_path):
    notebook = chapter()
    notebook.metadata["jupytext"]["formats"] = "ipynb,py"
    path = write(tmp_path, notebook)
    assert len(checks.differences(path.with_suffix(".md"), path)) == 2


def test_a_page_needs_no_pair(tmp_path):
    (tmp_path / "page.md").write_text("# A page\n", encoding="utf-8")
    assert checks.unpaired(tmp_path) == []


@pytest.mark.parametrize("suffix", [".md", ".ipynb"])
def test_a_missing_half_is_seen(tmp_path, suffix):
    write(tmp_path, chapter()).with_suffix(suffix).unlink()
    [problem] = checks.unpaired(tmp_path)
    assert f"09_chapter{suffix} is missing" in problem


def test_ruff_sees_modules_and_notebook_cells(tmp_path):
    notebook = v4.new_notebook(cells=[v4.new_code_cell("import os")], metadata={})
    path = write(tmp_path, notebook)
    module = tmp_path / "module.py"
    module.write_text("x = 'single'\n")
    problems = checks.ruff([module, path])
    assert any("F401" in p and path.name in p for p in problems)
    assert any("module.py" in p for p in problems)


# What nbval compares, with the project's own options.


def shown(kind, value):
    """A cell's source that displays `value` as a MIME type, its output, and a wrong output."""
    source = f"from IPython.display import display\ndisplay({{{kind!r}: {value!r}}}, raw=True)"
    right, wrong = (v4.new_output("display_data", {kind: v}) for v in (value, value + "!"))
    return source, right, wrong


COMPARED = {
    "stdout": ("print(1.25)", stream("1.25\n"), stream("1.26\n")),
    "stderr": (
        "import sys\nprint(1.25, file=sys.stderr)",
        stream("1.25\n", "stderr"),
        stream("1.25\n"),
    ),
    "result": (
        "1.25",
        v4.new_output("execute_result", {"text/plain": "1.25"}),
        v4.new_output("execute_result", {"text/plain": "1.26"}),
    ),
    "SVG": shown("image/svg+xml", "<svg/>"),
    "Markdown": shown("text/markdown", "The loss falls."),
    "LaTeX": shown("text/latex", "$x$"),
    "HTML": shown("text/html", "<b>x</b>"),
}
BLIND = {
    "PNG": shown("image/png", "aaaa")
}  # nbval leaves pixels out: the check `figures` refuses them


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Let nbval loose on a notebook with wrong outputs: {(case, "right" or "wrong"): outcome}."""
    names, cells = [], []
    for name, (source, *outputs) in (COMPARED | BLIND).items():
        for verdict, output in zip(("right", "wrong"), outputs, strict=True):
            names.append((name, verdict))
            cells.append(v4.new_code_cell(source, outputs=[output], execution_count=len(names)))
    path = tmp_path_factory.mktemp("nbval") / "wrong.ipynb"
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    configuration = ["-c", ROOT / "pyproject.toml", "--rootdir", path.parent]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *configuration, path],
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^(PASSED|FAILED) .*::Cell (\d+)", run.stdout, re.M)
    assert len(found) == len(cells), run.stdout + run.stderr
    return {names[int(cell)]: outcome for outcome, cell in found}


@pytest.mark.parametrize("case", COMPARED)
def test_nbval_compares(outcomes, case):
    assert outcomes[case, "right"] == "PASSED"
    assert outcomes[case, "wrong"] == "FAILED"


@pytest.mark.parametrize("case", BLIND)
def test_nbval_does_not_compare(outcomes, case):
    assert outcomes[case, "wrong"] == "PASSED"
