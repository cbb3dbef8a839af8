"""Files of weights come back as they were, or say what is wrong; all or nothing is written."""

import hashlib
import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.torch import save_file

from unrolled import weights
from unrolled.numpy_models import RNN
from unrolled.text import Vocabulary
from unrolled.weights import CheckpointError


def same_bits(some, others):
    return some.keys() == others.keys() and all(
        array.dtype == others[name].dtype and array.tobytes() == others[name].tobytes()
        for name, array in some.items()
    )


@given(
    arrays(
        st.sampled_from([np.float64, np.float32, np.int64]),
        array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
        elements=st.integers(-9, 9),
    )
)
@settings(max_examples=40)
def test_arrays_come_back_as_they_were(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("arrays") / "file.safetensors"
    weights.save_arrays(path, {"a": array, "turned": array.T}, {"note": ["é", 1.5, None]})
    loaded, metadata = weights.load_arrays(path)
    assert same_bits(loaded, {"a": array, "turned": array.T})
    assert loaded["a"].shape == array.shape and loaded["turned"].shape == array.T.shape
    assert metadata == {"note": ["é", 1.5, None]}


def test_weights_carry_their_vocabulary(tmp_path):
    path, model, vocabulary = (
        tmp_path / "weights.safetensors",
        RNN(5, 6, seed=2),
        Vocabulary("\n \"'é😀"),
    )
    weights.save_weights(path, model.params, vocabulary, corpus="play", validation_loss=1.25)
    params, metadata = weights.load_arrays(path)
    assert same_bits(params, model.params)
    assert Vocabulary(metadata.pop("characters")) == vocabulary
    assert metadata == {"corpus": "play", "validation_loss": 1.25}


def test_facts_must_be_jsonable_and_nothing_is_written_else(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        weights.save_weights(tmp_path / "w", {}, Vocabulary("a"), when=object())
    assert os.listdir(tmp_path) == []


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.safetensors"):
        weights.load_arrays(tmp_path / "nothing.safetensors")


# Damage


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.safetensors"
    weights.save_weights(path, RNN(5, 6, seed=2).params, Vocabulary("abcde"))
    return path


def assert_refused(path, says):
    """Loading `path` is an error that names it, and changes nothing."""
    content = path.read_bytes()
    with pytest.raises(CheckpointError, match=says) as caught:
        weights.load_arrays(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, 0.5, 0.9, 0.9999])
def test_a_truncated_file(file, keep):
    content = file.read_bytes()
    file.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    assert_refused(file, "damaged")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), header=st.booleans())
def test_one_flipped_bit_is_seen(file, share, bit, header):
    """Half of them in the header: names, types, shapes, the vocabulary, the checksum itself."""
    content = file.read_bytes()
    flipped = bytearray(content)
    length = 8 + int.from_bytes(content[:8], "little") if header else len(content)
    flipped[int(share * length)] ^= 1 << bit
    file.write_bytes(flipped)
    assert_refused(file, "damaged")
    file.write_bytes(content)
    weights.load_arrays(file)


def test_something_else_in_its_place(file):
    file.write_bytes(b"<!doctype html><title>404</title>" * 50)
    assert_refused(file, "damaged, or was not written by unrolled.weights: it has no checksum")
    save_file({"w": torch.zeros(2)}, file, {"format": "pt"})
    assert_refused(file, "older version, read it with safetensors, and save it anew")


def test_the_checksum_is_of_the_whole_file(file):
    """As anyone can reckon it, who reads the file with safetensors alone."""
    with safetensors.safe_open(file, framework="numpy") as opened:
        found = json.loads(opened.metadata()["sha256"])
    blank = file.read_bytes().replace(found.encode(), b"0" * 64)
    assert hashlib.sha256(blank).hexdigest() == found
    with pytest.raises(ValueError, match="can't have a sha256"):
        weights.save_arrays(file, {}, {"sha256": "mine"})


# All or nothing


@pytest.mark.parametrize("crash", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file_and_no_other(file, monkeypatch, crash):
    content = file.read_bytes()

    def crashes(*arguments):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, crash, crashes)
        with pytest.raises(OSError, match="no space left"):
            weights.save_weights(file, RNN(5, 6, seed=3).params, Vocabulary("abcde"))
    assert file.read_bytes() == content
    assert os.listdir(file.parent) == [file.name]


def test_content_and_name_are_on_the_disk_in_this_order(tmp_path, monkeypatch):
    path, events = tmp_path / "file", []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(fd):
        events.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "content")
        real_fsync(fd)

    def replace(source, target):
        events.append("moved")
        assert not path.exists() and Path(source).read_bytes() == b"whole"
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    weights.write_whole(path, b"whole")
    assert events == ["content", "moved", "folder"][: 3 if os.name == "posix" else 2]


# Checkpoints


def test_a_checkpoint_comes_back_and_carries_no_code(tmp_path):
    path = tmp_path / "run.checkpoint"
    saved = {
        "step": 3,
        "settings": {"cell": "lstm", "rate": 0.1, "epochs": None},
        "losses": [[1, 2.5]],
    }
    weights.save_checkpoint(path, saved | {"state": (torch.ones(2), torch.zeros(1))})
    loaded = weights.load_checkpoint(path)
    assert [tensor.tolist() for tensor in loaded.pop("state")] == [[1, 1], [0]]
    assert loaded == saved
    torch.save({"step": os.getcwd}, path)  # a function
    with pytest.raises(CheckpointError, match=f"{path.name} is damaged, or no checkpoint"):
        weights.load_checkpoint(path)
