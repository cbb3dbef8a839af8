"""The commands `python -m unrolled.train` and `python -m unrolled.sample`."""

import contextlib
import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from clock import Clock

from unrolled import generation, learning, numpy_models, sample, text, torch_models, train
from unrolled.weights import load_arrays, load_checkpoint, save_arrays, save_weights

TEXT = "She sells sea shells by the sea shore.\nThe shells she sells are sea shells.\n" * 8
OPTIONS = "--hidden 6 --batch 4 --steps 7 --epochs 3 --embedding 3 --layers 2 --dropout 0.2".split()


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "shells.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(corpus, out, *more, options=OPTIONS):
    """Train in this process; returns the exit status."""
    return train.main(["--corpus", str(corpus), *options, "--out", str(out), *more])


def refused(command, *argv, **options):
    """Run a command that must leave with status 2."""
    with pytest.raises(SystemExit) as left:
        command(*argv, **options)
    assert left.value.code == 2


def record_of(out):
    return json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))


# Training


@pytest.mark.parametrize("cell", torch_models.LAYERS)
def test_it_writes_weights_and_a_record_and_they_agree(corpus, tmp_path, cell):
    out = tmp_path / f"{cell}.safetensors"
    assert run(corpus, out, "--cell", cell) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"{cell}.json",
        f"{cell}.safetensors",
        "shells.txt",
    ]
    record, (params, facts) = record_of(out), load_arrays(out)
    model, vocabulary = sample.load_model(out)
    assert vocabulary.characters == facts["characters"] == "".join(sorted(set(TEXT)))
    assert model.module.cell == facts["cell"] == cell
    training, _ = text.train_validation_split(vocabulary.encode(TEXT))
    assert record["measured_on"] == "development part"
    assert_measured_on(record, model, *text.train_validation_split(training))
    steps, losses = zip(*record["validation"], strict=True)
    assert record["validation_nats"] == pytest.approx(min(losses), abs=1e-6)
    assert facts["validation_nats"] == min(losses) and facts["step"] in steps
    assert losses[-1] < losses[0] and len(losses) == 10 and steps[-1] == record["steps"]
    assert record["parameters"] == sum(array.size for array in params.values())
    assert record["made_by"]["versions"]["torch"] == torch.__version__


def assert_measured_on(record, model, learned, measured):
    """A record's losses are those of a model on these two parts of a text."""
    as_many = learned[: len(measured)]
    assert record["training_nats"] == pytest.approx(learning.evaluate(model, as_many))
    assert record["validation_nats"] == pytest.approx(learning.evaluate(model, measured))
    assert record["cold_nats"] == pytest.approx(
        learning.evaluate(model, measured, num_steps=256, carry_state=False)
    )


def test_a_final_run_keeps_its_last_weights_and_only_then_reads_the_text_held_out(
    corpus, tmp_path, monkeypatch
):
    out, read, loss = tmp_path / "final.safetensors", [], train.Run.loss
    monkeypatch.setattr(
        train.Run, "loss", lambda self, ids, **how: read.append(self.step) or loss(self, ids, **how)
    )
    assert run(corpus, out, "--final") == 0
    record, (_, facts) = record_of(out), load_arrays(out)
    assert set(read) == {record["steps"]} and facts["step"] == record["steps"]
    assert record["measured_on"] == "held-out text" and record["validation"] == []
    model, vocabulary = sample.load_model(out)
    assert_measured_on(record, model, *text.train_validation_split(vocabulary.encode(TEXT)))
    assert record["command"].count("--final") == 1


def test_a_record_says_how_to_repeat_the_run_and_names_no_folder(corpus, tmp_path, monkeypatch):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    assert run(corpus, first) == 0
    command = record_of(first)["command"].split()
    assert command[:3] == ["python", "-m", "unrolled.train"]
    monkeypatch.chdir(tmp_path)  # the command names files without their folders
    command[-1] = second.name
    assert train.main(command[3:]) == 0
    assert_same_weights(first, second)
    assert str(tmp_path) not in first.read_bytes().decode("latin-1")
    assert str(tmp_path) not in first.with_suffix(".json").read_text(encoding="utf-8")


def assert_same_weights(one, other):
    ones, others = (load_arrays(path)[0] for path in (one, other))
    assert ones.keys() == others.keys()
    assert all(np.array_equal(ones[name], others[name]) for name in ones)


def test_seeds_differ(corpus, tmp_path):
    outs = [tmp_path / f"{seed}.safetensors" for seed in (0, 1)]
    losses = []
    for seed, out in enumerate(outs):
        assert run(corpus, out, "--seed", str(seed)) == 0
        losses.append(record_of(out)["validation_nats"])
    assert losses[0] != losses[1]


@pytest.mark.parametrize("cell", torch_models.LAYERS)
def test_bfloat16_is_coarser_and_comes_out_near(corpus, tmp_path, cell):
    losses = []
    for precision in ("float32", "bfloat16"):
        out = tmp_path / f"{precision}.safetensors"
        assert run(corpus, out, "--cell", cell, "--precision", precision, "--dropout", "0") == 0
        losses.append(record_of(out)["validation_nats"])
        assert all(array.dtype == np.float32 for array in load_arrays(out)[0].values())
    assert losses[0] != losses[1] == pytest.approx(losses[0], abs=0.05)


def test_a_run_of_seconds_takes_them(corpus, tmp_path):
    out = tmp_path / "timed.safetensors"
    assert run(corpus, out, options=["--hidden", "4", "--batch", "4", "--seconds", "0.2"]) == 0
    record = record_of(out)
    assert record["training_seconds"] >= 0.2 and record["settings"]["epochs"] is None
    assert record["characters_per_second"] > 0


def test_the_learning_rate_rises_to_its_peak_and_falls_to_zero(corpus, tmp_path, monkeypatch):
    rates, learning_rate = [], train.Run.learning_rate
    monkeypatch.setattr(
        train.Run, "learning_rate", lambda self: rates.append(learning_rate(self)) or rates[-1]
    )
    assert run(corpus, tmp_path / "a.safetensors", "--learning-rate", "0.01", "--epochs", "20") == 0
    peak = int(np.argmax(rates))
    assert 0 < rates[0] < 0.1 * rates[peak] and 0.0099 < rates[peak] <= 0.01
    assert np.all(np.diff(rates[: peak + 1]) > 0) and np.all(np.diff(rates[peak:]) < 0)
    assert rates[-1] < 1e-5


def test_the_weights_kept_are_those_with_the_lowest_validation_loss(corpus, tmp_path, monkeypatch):
    worse, held_out = iter([3.0, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.5]), train.Run.loss
    monkeypatch.setattr(train.Run, "loss", lambda self, ids, **how: next(worse, 0.5))
    out = tmp_path / "best.safetensors"
    assert run(corpus, out) == 0
    monkeypatch.setattr(train.Run, "loss", held_out)
    _, facts = load_arrays(out)
    assert facts["validation_nats"] == 1.0 and facts["step"] == record_of(out)["validation"][1][0]


# Stopped on the way


def press_ctrl_c(monkeypatch, steps):
    """Send the signal of Ctrl-C in the middle of these steps."""
    take_step = train.Run.take_step

    def interrupted(self):
        if self.step in steps:
            steps.remove(self.step)
            signal.raise_signal(signal.SIGINT)
        return take_step(self)

    monkeypatch.setattr(train.Run, "take_step", interrupted)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_an_interrupted_run_ends_with_the_same_bits(corpus, tmp_path, monkeypatch, cell, capsys):
    whole, parts = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors"
    assert run(corpus, whole, "--cell", cell) == 0
    steps = record_of(whole)["steps"]
    press_ctrl_c(monkeypatch, [0, steps // 2, steps // 2 + 1])
    for step in (1, steps // 2 + 1, steps // 2 + 2):
        assert run(corpus, parts, "--cell", cell) == train.INTERRUPTED
        assert f"after step {step};" in capsys.readouterr().err
        assert parts.with_suffix(".checkpoint").exists()
    assert run(corpus, parts, "--cell", cell) == 0
    assert_same_weights(whole, parts)
    assert record_of(whole)["validation"] == record_of(parts)["validation"]
    assert not parts.with_suffix(".checkpoint").exists()


def test_a_second_ctrl_c_stops_at_once(corpus, tmp_path, monkeypatch):
    def stuck(self):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(train.Run, "take_step", stuck)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(corpus, tmp_path / "a.safetensors")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_checkpoint_belongs_to_its_run(corpus, tmp_path, monkeypatch, capsys):
    out = tmp_path / "a.safetensors"
    press_ctrl_c(monkeypatch, [2])
    assert run(corpus, out) == train.INTERRUPTED
    refused(run, corpus, out, "--seed", "1", "--dropout", "0.1")
    assert "other values of dropout, seed" in capsys.readouterr().err
    corpus.write_text(TEXT.replace("shore", "coast"), encoding="utf-8")
    refused(run, corpus, out)
    assert "corpus_sha256" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_refused(corpus, tmp_path, monkeypatch, capsys):
    out = tmp_path / "a.safetensors"
    press_ctrl_c(monkeypatch, [2])
    assert run(corpus, out) == train.INTERRUPTED
    checkpoint = out.with_suffix(".checkpoint")
    content = checkpoint.read_bytes()
    with ZipFile(checkpoint) as archive:
        largest = archive.read(max(archive.infolist(), key=lambda entry: entry.file_size))
    flipped = bytearray(content)
    flipped[content.index(largest) + 100] ^= 1
    for damaged in (b"", content[:-100], bytes(flipped), b"<!doctype html>"):
        checkpoint.write_bytes(damaged)
        refused(run, corpus, out)
        said = capsys.readouterr().err
        assert f"{checkpoint} is damaged" in said and "Remove it to start anew" in said
        assert checkpoint.read_bytes() == damaged and not out.exists()


def break_step(monkeypatch, step):
    """Make all weights NaN in this step."""
    learning_rate = train.Run.learning_rate
    monkeypatch.setattr(
        train.Run,
        "learning_rate",
        lambda self: math.nan if self.step == step else learning_rate(self),
    )


@pytest.mark.parametrize("early", [True, False])
def test_a_nan_stops_it_and_the_best_weights_stay(corpus, tmp_path, monkeypatch, early, capsys):
    broken_at = 0 if early else 20
    break_step(monkeypatch, broken_at)
    out = tmp_path / "a.safetensors"
    assert run(corpus, out) == 1
    message = capsys.readouterr().err
    assert f"step {broken_at + 2}: the loss is nan" in message and "--learning-rate" in message
    if early:
        assert "none are saved" in message and not out.exists()
    else:
        params, facts = load_arrays(out)
        assert facts["step"] <= broken_at and "holds the best weights before" in message
        assert all(np.isfinite(array).all() for array in params.values())
        checkpoint = load_checkpoint(out.with_suffix(".checkpoint"))
        assert all(tensor.isfinite().all() for tensor in checkpoint["model"].values())


def test_ctrl_c_saves_no_nan(corpus, tmp_path, monkeypatch, capsys):
    """One step breaks the weights, the next would notice it, and Ctrl-C comes in between."""
    break_step(monkeypatch, 19)
    press_ctrl_c(monkeypatch, [19])
    out = tmp_path / "a.safetensors"
    assert run(corpus, out) == 1
    assert "step 20: a weight is no longer finite" in capsys.readouterr().err
    checkpoint = load_checkpoint(out.with_suffix(".checkpoint"))
    assert checkpoint["step"] == 17  # the last validation
    assert all(tensor.isfinite().all() for tensor in checkpoint["model"].values())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no os.fork here")
def test_a_run_killed_at_any_file_operation_ends_with_the_same_bits(tmp_path):
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("killed.py"), tmp_path],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # no threads: it forks
    )
    assert done.returncode == 0, done.stderr
    right, wrong = json.loads(done.stderr)
    assert all(same for _, _, same in right), right[-1]
    moments = [where for where, _, _ in right]
    assert moments[:2] == ["start", "open /run.checkpoint.partial"]
    assert moments.count("half written") == 7  # checkpoint and weights three times, and the record
    assert moments[-1] == "unlink /run.checkpoint"
    # Broken on purpose: weights that are there before the checkpoint.
    assert wrong[-1] == ["replace /run.safetensors.partial", 2, False]


# Bad arguments and files


@pytest.mark.parametrize(
    "more, says",
    [
        ("--hidden 0", "hidden"),
        ("--hidden 2.5", "hidden"),
        ("--layers -1", "layers"),
        ("--batch 0", "batch"),
        ("--steps x", "steps"),
        ("--dropout 1", "dropout"),
        ("--dropout nan", "dropout"),
        ("--learning-rate 0", "learning-rate"),
        ("--learning-rate inf", "learning-rate"),
        ("--seed -1", "seed"),
        ("--cell transformer", "transformer"),
        ("--device abacus", "abacus"),
        ("--seconds 5", "not allowed with"),
        ("--corpus nowhere.txt", "nowhere.txt"),
        ("--batch 100000", "too few"),
        ("--out nowhere/a.safetensors", "folder"),
        ("--out a.pt", ".safetensors"),
    ],
)
def test_bad_arguments_are_named(corpus, tmp_path, more, says, capsys):
    refused(run, corpus, tmp_path / "a.safetensors", *more.split())
    assert says in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["shells.txt"]


def test_how_long_must_be_said(corpus, tmp_path, capsys):
    refused(run, corpus, tmp_path / "a.safetensors", options=[])
    assert "--epochs --seconds" in capsys.readouterr().err


def test_a_text_too_short_to_validate_on(tmp_path, capsys):
    short = tmp_path / "short.txt"
    short.write_text("Not much of a text.", encoding="utf-8")
    refused(run, short, tmp_path / "a.safetensors")
    assert "too few" in capsys.readouterr().err


@pytest.mark.parametrize("there", [".safetensors", ".json"])
def test_files_are_not_overwritten(corpus, tmp_path, there, capsys):
    precious = tmp_path / f"a{there}"
    precious.write_bytes(b"precious")
    refused(run, corpus, tmp_path / "a.safetensors")
    assert f"{precious} exists" in capsys.readouterr().err
    assert precious.read_bytes() == b"precious"


def test_the_same_command_after_the_end_does_nothing(corpus, tmp_path, capsys):
    out = tmp_path / "a.safetensors"
    assert run(corpus, out) == 0
    before = [path.read_bytes() for path in (out, out.with_suffix(".json"))]
    assert run(corpus, out) == 0
    assert "finished before" in capsys.readouterr().out
    refused(run, corpus, out, "--seed", "3")
    assert f"{out} belongs to a run with other values of seed" in capsys.readouterr().err
    assert [path.read_bytes() for path in (out, out.with_suffix(".json"))] == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(corpus, tmp_path, capsys):
    refused(run, corpus, tmp_path / "a.safetensors", "--device", "cuda")
    assert "PyTorch finds cpu" in capsys.readouterr().err


# Sampling


@pytest.fixture
def weights(tmp_path):
    model, letters = numpy_models.LSTM(5, 8, seed=1), text.Vocabulary("\nabcd")
    path = tmp_path / "w.safetensors"
    save_weights(path, model.params, letters)
    return path, model, letters


def test_it_writes_what_the_model_writes(weights, capsys):
    path, model, letters = weights
    options = "--prompt bad --length 60 --temperature 0.7 --top-k 3 --seed 5".split()
    assert sample.main([str(path), *options]) == 0
    expected = generation.sample(model, letters, "bad", 60, temperature=0.7, top_k=3, seed=5)
    assert capsys.readouterr().out == f"bad{expected}\n"
    assert sample.main([str(path)]) == 0
    assert len(capsys.readouterr().out) == 1 + 500 + 1  # a line end is the prompt


@pytest.mark.parametrize(
    "options, says",
    [
        ("--prompt bee", "'e'"),
        ("--length -1", "negative"),
        ("--length x", "length"),
        ("--temperature 0", "temperature"),
        ("--top-k 0", "top_k"),
        ("--seed -1", "seed"),
    ],
)
def test_bad_wishes(weights, options, says, capsys):
    refused(sample.main, [str(weights[0]), *options.split()])
    assert says in capsys.readouterr().err


def test_an_empty_prompt(weights, capsys):
    refused(sample.main, [str(weights[0]), "--prompt", ""])
    assert "prompt is empty" in capsys.readouterr().err


def test_files_that_are_no_weights(weights, tmp_path, capsys):
    path, model, _ = weights
    bad = tmp_path / "bad.safetensors"
    refused(sample.main, [str(bad)])
    assert "bad.safetensors" in capsys.readouterr().err
    refused(sample.main, [str(tmp_path)])
    bad.write_bytes(path.read_bytes()[:-5])
    refused(sample.main, [str(bad)])
    assert "damaged" in capsys.readouterr().err
    save_arrays(bad, model.params, {})
    refused(sample.main, [str(bad)])
    assert "no characters" in capsys.readouterr().err
    save_weights(bad, {"a": np.zeros(3)}, text.Vocabulary("abc"))
    refused(sample.main, [str(bad)])
    assert "weight_out" in capsys.readouterr().err
    save_weights(bad, model.params, text.Vocabulary("abc"))
    refused(sample.main, [str(bad)])
    assert "names 3 characters, and its weights are for 5" in capsys.readouterr().err


def test_a_validation_does_not_change_the_time_that_is_left(corpus, tmp_path, monkeypatch, capsys):
    clock = Clock(monkeypatch)
    monkeypatch.setattr(train, "watched", lambda: True)
    monkeypatch.setattr(train.Run, "take_step", clock.slow(train.Run.take_step, 10))
    monkeypatch.setattr(train.Run, "loss", clock.slow(train.Run.loss, 500))

    def time_left(name):
        assert run(corpus, tmp_path / name) == 0
        found = re.findall(r"(\d+)%[^\r]*?, (\d+):(\d+) left", capsys.readouterr().err)
        return {int(percent): 60 * int(minutes) + int(rest) for percent, minutes, rest in found}

    steps = range(1, 55)
    expected = {round(100 * step / 54): 10 * (54 - step) for step in steps}
    assert time_left("a.safetensors") == pytest.approx(expected, abs=1)
    monkeypatch.setattr(train.tqdm, "unpause", lambda bar: None)  # broken on purpose
    assert max(time_left("b.safetensors").values()) > 1000


def shell(*command, folder, stderr=subprocess.PIPE):
    """Start a command of the package as one does in a shell."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=os.environ | {"TQDM_DISABLE": "0"},
    )


def test_both_from_a_shell(corpus, tmp_path):
    words = ["unrolled.train", "--corpus", str(corpus), *OPTIONS, "--out", "a.safetensors"]
    with shell(*words, folder=tmp_path) as training:
        printed, errors = training.communicate()
    assert training.returncode == 0 and "perplexity" in printed
    assert errors == ""  # no bar in a pipe
    words = ["unrolled.sample", "a.safetensors", "--length", "20"]
    with shell(*words, folder=tmp_path) as sampling:
        printed, errors = sampling.communicate()
    assert sampling.returncode == 0 and len(printed) == 22 and errors == ""


def test_a_bar_in_a_terminal(corpus, tmp_path):
    termios = pytest.importorskip("termios")  # Windows has none
    ours, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    words = ["unrolled.train", "--corpus", str(corpus), *OPTIONS, "--out", "a.safetensors"]
    with shell(*words, folder=tmp_path, stderr=terminal) as training:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so that the other end is closed
            while part := os.read(ours, 10**5):
                shown += part
        training.communicate()
    os.close(ours)
    assert training.returncode == 0, shown
    assert all(word in shown for word in (b"100%", b"characters/s", b"left"))
