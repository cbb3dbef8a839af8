"""Results files: written whole, read back, and found by a package that is installed alone.

And the way in which pages quote what chapters printed.
"""

import json
import os
import subprocess
import sys
import zipfile

import nbformat
import numpy as np
import pytest
from checks import ROOT
from nbformat import v4

from unrolled import results


def test_what_is_saved_is_loaded_with_the_machine_that_made_it(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    results.save("speed", {"seconds": [1.5, 2.5]})
    loaded = results.load("speed")
    assert loaded["seconds"] == [1.5, 2.5] and loaded["command"] == "make result NAME=speed"
    assert loaded["made_by"]["versions"]["numpy"] == np.__version__
    assert loaded["made_by"]["cores"] == os.cpu_count() and loaded["made_by"]["processor"]


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results.save("speed", {"seconds": 1})
    with pytest.raises(TypeError):
        results.save("speed", {"seconds": object()})
    assert results.load("speed")["seconds"] == 1
    monkeypatch.setattr(os, "replace", lambda *_: pytest.fail("no such luck"))
    with pytest.raises(pytest.fail.Exception):
        results.save("speed", {"seconds": 2})
    assert results.load("speed")["seconds"] == 1


def test_an_unknown_result_is_named_beside_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"'speeed'.*'rnn'"):
        results.load("speeed")


def test_every_recorded_headline_has_five_seeds():
    recorded = json.loads((ROOT / "data/results/rnn.json").read_text(encoding="utf-8"))
    for corpus in ("play", "shakespeare"):
        nats = recorded[corpus]["validation_nats"]
        assert len(set(nats)) == len(nats) >= 5


def test_the_wheel_brings_the_play_and_the_results(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "alone")
    script = (
        "import unrolled; from unrolled import results, text;"
        "print(unrolled.__file__); print(len(text.load_corpus('play')), *results.load('rnn'))\n"
        "try: results.printed('01_rnn_from_scratch', '{}')\n"
        "except FileNotFoundError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "alone")},
        check=True,
        capture_output=True,
        text=True,
    )
    where, found, refused = run.stdout.splitlines()
    assert "alone" in where
    assert found.startswith(str(len((ROOT / "data/play.txt").read_bytes())))
    assert "shakespeare" in found
    assert "chapters are only in the book's repository" in refused


# What a chapter printed.


@pytest.fixture
def one(tmp_path, monkeypatch):
    """A folder with one chapter."""
    texts = ["  cost: 0.25 nats\nof 3\n", "twice 1\n", "twice 2\n"]
    printing = [[v4.new_output("stream", name="stdout", text=text)] for text in texts]
    cells = [v4.new_markdown_cell("cost: 7 nats"), v4.new_code_cell("cost: 8 nats")]
    cells += [v4.new_code_cell("", outputs=outputs) for outputs in printing]
    figure = v4.new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "<SVG>"})
    cells.append(v4.new_code_cell("", outputs=[figure]))
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "01_one.ipynb")
    monkeypatch.setattr(results, "NOTEBOOKS", tmp_path)
    return tmp_path / "01_one"


def test_outputs_come_in_order_with_their_types(one):
    found = results.outputs("01_one")
    assert found[0] == {"text/plain": "  cost: 0.25 nats\nof 3\n"}
    assert found[3] == {"image/svg+xml": "<svg/>", "text/plain": "<SVG>"}
    assert results.outputs(one) == found  # a path will do


@pytest.mark.parametrize(
    ("template", "found"),
    [("cost: {} nats", "0.25"), ("cost: {}", "0.25 nats"), ("{}: {} nats", ("cost", "0.25"))],
)
def test_what_was_printed_is_found(one, template, found):
    assert results.printed("01_one", template) == found


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("costs: {} nats", "0 lines"),
        ("cost: {} bits", "0 lines"),
        ("of {} or more", "0 lines"),
        ("twice {}", "2 lines"),
        ("cost: 0.25 nats", "asks for nothing"),
    ],
)
def test_a_template_that_fits_no_line_or_several_is_refused(one, template, said):
    with pytest.raises(ValueError, match=said):
        results.printed("01_one", template)


def test_an_unknown_chapter_is_named_beside_the_known_ones(one):
    with pytest.raises(FileNotFoundError, match="'02_two'.*01_one"):
        results.printed("02_two", "{}")


def test_the_spread_is_that_of_a_sample():
    assert results.spread([1, 2, 3]) == "2.000\N{NBSP}±\N{NBSP}1.000"
    assert results.spread([0.25, 0.35], 1).startswith("0.3")
