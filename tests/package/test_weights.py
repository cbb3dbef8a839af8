"""Files of weights come back as they were, or say what is wrong; all or nothing is written."""

import os

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
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


def test_a_damaged_header(file):
    content = bytearray(file.read_bytes())
    content[20] ^= 0xFF
    file.write_bytes(content)
    assert_refused(file, "damaged")


def test_something_else_in_its_place(file):
    file.write_bytes(b"<!doctype html><title>404</title>" * 50)
    assert_refused(file, "damaged, or was not written by unrolled.weights")
    save_file({"w": torch.zeros(2)}, file, {"format": "pt"})
    assert_refused(file, "not written by unrolled.weights")
    save_file({"w": torch.zeros(2, dtype=torch.bfloat16)}, file)
    assert_refused(file, "not written by unrolled.weights")


# All or nothing


@pytest.mark.parametrize("crash", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(file, monkeypatch, crash):
    content = file.read_bytes()

    def crashes(*arguments):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, crash, crashes)
        with pytest.raises(OSError, match="no space left"):
            weights.save_weights(file, RNN(5, 6, seed=3).params, Vocabulary("abcde"))
    assert file.read_bytes() == content


def test_the_file_is_complete_before_it_is_moved(tmp_path, monkeypatch):
    path, events = tmp_path / "weights.safetensors", []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("fsync"), real_fsync(fd)))

    def replace(source, target):
        events.append("replace")
        assert not path.exists()
        assert safetensors.numpy.load_file(source)["w"].tolist() == [1, 2]
        real_replace(source, target)

    monkeypatch.setattr(os, "replace", replace)
    weights.save_arrays(path, {"w": np.array([1.0, 2.0])}, {})
    assert events == ["fsync", "replace"]
