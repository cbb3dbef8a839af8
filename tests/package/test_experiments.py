"""Each experiment, run on a text of a few pages, writes what its file in data/results says."""

import importlib
import json

import pytest
import torch
from checks import ROOT

from experiments import __main__ as command
from unrolled import results, text

RECORDED = ROOT / "data" / "results"
PLAY = text.load_corpus("play")[:8_000]
ONE = range(1)
OPTIONS = {
    "cell": "lstm",
    "hidden": 8,
    "embedding": 4,
    "dropout": 0.2,
    "batch": 16,
    "steps": 32,
    "learning_rate": 0.004,
    "precision": "float32",
}
SMALL = {  # the settings that make an experiment short; the names in its file don't hang on them
    "first_words": {"EPOCHS": 1, "SEEDS": ONE},
    "rnn": {"PASSES": {"play": 1, "shakespeare": 1}, "SEEDS": ONE, "LAGS": 4},
    "reber": {
        "PARTS": {1: 1, 2: 1, 4: 1},
        "SYMBOLS": 2_000,
        "SEEDS": ONE,
        "TEST_STRINGS": 60,
        "UNSEEN": 20,
    },
    "wren": {
        "SEEDS": ONE,
        "SOME_SEEDS": ONE,
        "RNN_PLAN": {"epochs": 1, "batch_size": 32, "num_steps": 32},
        "LSTM_PLAN": {"epochs": 1, "batch_size": 16, "num_steps": 32, "clip_norm": 1.0},
        "HELD_OUT_SPEECHES": 30,
        "TIMES": (1,),
        "BUDGET": 1,
    },
    "lstm": {
        "SEEDS": ONE,
        "PASSES": 1,
        "STEPS": 20,
    },
    "letters": {
        "SEEDS": ONE,
        "PLANS": dict.fromkeys(
            ("RNN of chapter 1", "LSTM of chapter 2", "RNN", "LSTM"), {"epochs": 1}
        ),
        "START": 100,
        "LENGTH": 20,
        "SHOWN": 15,
        "WARM_UP": 20,
        "WINDOWS": 2,
        "WINDOW": 5,
    },
    "reach": {"SEEDS": ONE, "PASSES": (1,), "LAGS": (0, 1, 2)},
    "autograd": {
        "ROUNDS": 1,
        "SHAPE": {"vocab_size": 9, "hidden_size": 8, "batch_size": 2, "num_steps": 8},
        "SEEDS": ONE,
    },
    "batching": {
        "CHARACTERS": 1_500,
        "PASSES": {"play": 1, "shakespeare": 1},
        "SEEDS": ONE,
    },
    "speaker": {"SEEDS": ONE, "PASSES": 1, "TIMED": 4, "REPEATS": 1},
    "echo": {
        "V": 4,
        "TRAINING": 64,
        "HELD_OUT": 20,
        "SEEDS": (0,),
        "TABLE": {"5 to 2": (5, 2, 1), "5 to 5": (5, 5, 1), "10 to 10": (10, 10, 1)},
    },
    "speed": {
        "SHAPES": [(8, 1, 2)],
        "BATCHES": [(8, 1, 2)],
        "HIDDENS": [],
        "REPETITIONS": 1,
        "TURN": 0.0,
        "peak_memory": lambda name, shape: 0.0,  # it starts a process, and that imports PyTorch
    },
    "numpy_shakespeare": {"SECONDS": 0.1, "SEEDS": ONE},
    "shakespeare": {"OPTIONS": OPTIONS, "SECONDS": 0.1, "SEEDS": ONE},
    "shakespeare_log": {"START": OPTIONS, "OPTIONS": OPTIONS, "SECONDS": 0.1, "SEEDS": ONE},
    "shakespeare_longer": {"LARGER": OPTIONS | {"layers": 2, "epochs": 1}},
}


def names(facts):
    """The names in a result, at every level: of a list, those in its first entry."""
    if isinstance(facts, dict):
        return {key: names(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [names(facts[0])]
    return "a number" if isinstance(facts, int | float) else str(type(facts))


def recorded(name):
    """What the repository's file says."""
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return `small(name)`: what an experiment writes when it is run with its small settings."""
    monkeypatch.setattr(text, "load_corpus", lambda name=None: PLAY)
    monkeypatch.setattr("unrolled.train.load_corpus", lambda name=None: PLAY)
    monkeypatch.setattr(results, "FOLDER", tmp_path)

    def run(name):
        experiment = importlib.import_module(f"experiments.{name}")
        for setting, value in SMALL[name].items():
            assert hasattr(experiment, setting)
            monkeypatch.setattr(experiment, setting, value)
        torch.set_num_threads(1)  # whatever the one before has set
        command.main([name])
        return json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))

    return run


def test_each_result_has_its_experiment():
    assert set(command.NAMES) == {path.stem for path in RECORDED.glob("*.json")} == set(SMALL)


@pytest.mark.parametrize("name", SMALL)
def test_an_experiment_writes_what_its_file_says(name, small):
    assert names(small(name)) == names(recorded(name))


# Broken on purpose.


def test_a_name_that_is_dropped_or_changed_is_seen(small):
    found = small("rnn")
    counted = found["play"].pop("counting_nats")
    assert names(found) != names(recorded("rnn"))
    assert names(found | {"play": found["play"] | {"counted": counted}}) != names(recorded("rnn"))


@pytest.mark.parametrize(
    "other", [{"a": [{}]}, {"a": [{"b": 1, "c": 1}]}, {"a": {"b": 1}}, {"a": [{"b": None}]}, {}]
)
def test_another_structure_is_seen(other):
    assert names(other) != names({"a": [{"b": 1.5}, {"b": 2}]}) == names({"a": [{"b": 7}]})


def test_an_empty_list_is_no_result():
    with pytest.raises(IndexError):
        names({"a": []})


@pytest.mark.parametrize("words", [[], ["rnn", "lstm"], ["shakespear"]])
def test_the_command_names_what_there_is(words):
    with pytest.raises(SystemExit, match="autograd, batching, echo"):
        command.main(words)
