"""Results files: written whole, read back, and found by a package that is installed alone."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from checks import ROOT

from unrolled import results


def test_what_is_saved_is_loaded_with_the_machine_that_made_it(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    results.save("speed", {"seconds": [1.5, 2.5]})
    loaded = results.load("speed")
    assert loaded["seconds"] == [1.5, 2.5]
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
        "print(unrolled.__file__); print(len(text.load_corpus('play')), *results.load('rnn'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "alone")},
        check=True,
        capture_output=True,
        text=True,
    )
    where, found = run.stdout.splitlines()
    assert "alone" in where
    assert found.startswith(str(len((ROOT / "data/play.txt").read_bytes())))
    assert "shakespeare" in found
