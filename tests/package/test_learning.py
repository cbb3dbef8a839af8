"""The loop with its carried state, validation, divergence, and smoothed curves."""

import io
import math
import re
import subprocess
import sys

import IPython
import numpy as np
import pytest
from clock import Clock
from hypothesis import given
from hypothesis import strategies as st

from unrolled import learning, optimizers
from unrolled.learning import Diverged
from unrolled.numpy_models import RNN, cross_entropy
from unrolled.optimizers import SGD, AdaGrad, Adam
from unrolled.text import stream_batches

OPTIMIZERS = {"SGD": (SGD, 0.5), "AdaGrad": (AdaGrad, 0.05), "Adam": (Adam, 0.01)}
every_optimizer = pytest.mark.parametrize("kind, rate", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
either_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])

V = 5
IDS = np.cumsum(np.random.default_rng(0).integers(1, 3, 400)) % V  # steps of 1 or 2: learnable
VALIDATION = np.cumsum(np.random.default_rng(1).integers(1, 3, 100)) % V
OTHER = np.cumsum(np.random.default_rng(2).integers(3, 5, 100)) % V  # the worse, the more learned
SMALL = {"batch_size": 4, "num_steps": 10}  # 10 steps in an epoch


def new_model(dtype=np.float64, num_layers=1):
    return RNN(V, 6, num_layers, seed=2, dtype=dtype)


def copied(params):
    return {name: array.copy() for name, array in params.items()}


def same_bits(some, others):
    return some.keys() == others.keys() and all(
        array.dtype == others[name].dtype and array.tobytes() == others[name].tobytes()
        for name, array in some.items()
    )


@given(st.floats(-1e3, 1e3), st.integers(1, 50), st.floats(0, 0.999))
def test_a_constant_stays_constant(value, length, keep):
    assert learning.smooth([value] * length, keep) == pytest.approx([value] * length, abs=1e-9)


def test_smooth_by_hand():
    # (4 + 0.5 * 1) / 1.5; then (0.5 * 4 + 1) / 1.5
    assert learning.smooth([4, 1], 0.5) == pytest.approx([3, 2])
    assert learning.smooth([], 0.5).shape == (0,)
    assert learning.smooth([4, 1, 7], 0).tolist() == [4, 1, 7]


def test_a_smoothed_curve_does_not_lag():
    line = np.arange(400.0)
    assert learning.smooth(line, 0.9)[150:250] == pytest.approx(line[150:250], abs=1e-4)


@pytest.mark.parametrize("keep", [1, -0.1, math.nan])
def test_smooth_refuses_what_never_forgets(keep):
    with pytest.raises(ValueError, match="keep must be from 0 to below 1"):
        learning.smooth([1, 2], keep)


# Who watches


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("value, expected", [("", True), ("0", True), ("1", False)])
def test_bars_are_watched_in_a_terminal_and_in_a_notebook(monkeypatch, value, expected):
    class Notebook:
        """Stands for the shell of a notebook's kernel."""

    class TerminalInteractiveShell:
        """Stands for IPython in a terminal; its standard error is asked like any other."""

    monkeypatch.setenv("TQDM_DISABLE", value)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    for shell, watched in (
        (None, False),
        (Notebook(), expected),
        (TerminalInteractiveShell(), False),
    ):
        monkeypatch.setattr(IPython, "get_ipython", lambda shell=shell: shell)
        assert learning.watched() is watched
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert learning.watched() is expected


def test_a_validation_does_not_change_the_time_that_is_left(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    monkeypatch.setattr(learning, "watched", lambda: True)
    monkeypatch.setattr(RNN, "loss_and_grads", clock.slow(RNN.loss_and_grads, 10))
    monkeypatch.setattr(learning, "evaluate", clock.slow(learning.evaluate, 500))

    def time_left():
        learning.train(new_model(), SGD(0.1), IDS, VALIDATION, epochs=3, **SMALL)
        found = re.findall(r"(\d+)/30 \[[\d:]+<(\d+):(\d+)", capsys.readouterr().err)
        return {int(step): 60 * int(minutes) + int(seconds) for step, minutes, seconds in found}

    assert time_left() == pytest.approx({step: 10 * (30 - step) for step in range(1, 31)}, abs=1)
    monkeypatch.setattr(learning.tqdm, "unpause", lambda bar: None)  # broken on purpose
    assert time_left()[11] > 1000


def test_learning_needs_no_safetensors_and_no_pytorch():
    program = """
import sys
sys.modules["safetensors"] = None  # to import it is now an error
from unrolled import autograd_models, generation, learning, numpy_models, optimizers, weights
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


# The loop


def test_evaluate_is_the_mean_over_all_targets():
    model = new_model()
    B, length = 3, (len(VALIDATION) - 1) // 3
    inputs = VALIDATION[: B * length].reshape(B, length).T
    targets = VALIDATION[1 : B * length + 1].reshape(B, length).T
    direct, _ = cross_entropy(model.forward(inputs)[0], targets)
    for num_steps in (1, 7, 100):  # 33 steps: the last chunk is shorter, and weighs less
        assert learning.evaluate(model, VALIDATION, B, num_steps) == pytest.approx(
            direct, abs=1e-13
        )


def test_windows_started_cold_know_nothing_of_what_came_before():
    model = new_model()
    how = {"batch_size": 1, "num_steps": 11, "carry_state": False}
    ids = VALIDATION[: 4 * 11 + 1]
    alone = [learning.evaluate(model, ids[k : k + 12], 1) for k in range(0, 44, 11)]
    assert learning.evaluate(model, ids, **how) == pytest.approx(np.mean(alone), abs=1e-13)
    assert learning.evaluate(model, ids, 1) != pytest.approx(np.mean(alone), abs=1e-6)


@every_optimizer
def test_training_lowers_the_loss(kind, rate):
    model = new_model()
    before = learning.evaluate(model, VALIDATION)
    history = learning.train(model, kind(rate), IDS, VALIDATION, epochs=6, **SMALL)
    assert history.validation[-1][1] < before - 0.4
    assert history.validation[-1] == [60, learning.evaluate(model, VALIDATION)]
    assert len(history.losses) == len(history.grad_norms) == 60
    assert history.learning_rates == [rate] * 6


def test_the_loop_is_this_loop():
    """The state goes from chunk to chunk, and starts at zero in each epoch."""
    model, optimizer, losses, norms = new_model(), Adam(0.01), [], []
    for _ in range(2):
        state = None
        for inputs, targets in stream_batches(IDS, **SMALL):
            loss, grads, state = model.loss_and_grads(inputs, targets, state)
            norms.append(optimizers.clip_by_global_norm(grads, 0.2))
            optimizer.step(model.params, grads)
            losses.append(loss)
    trained = new_model()
    history = learning.train(trained, Adam(0.01), IDS, VALIDATION, epochs=2, clip_norm=0.2, **SMALL)
    assert history.losses == losses and history.grad_norms == norms and max(norms) > 0.2
    assert same_bits(trained.params, model.params)


def test_the_learning_rate_is_halved_when_the_validation_loss_rises(monkeypatch):
    validation = iter([3.0, 2.0, 2.5, 2.5, 2.6, 1.0])
    monkeypatch.setattr(learning, "evaluate", lambda model, ids: next(validation))
    history = learning.train(
        new_model(), SGD(0.4), IDS, VALIDATION, epochs=6, halve_when_worse=True, **SMALL
    )
    assert history.learning_rates == [0.4, 0.4, 0.4, 0.2, 0.2, 0.1]
    assert [loss for _, loss in history.validation] == [3.0, 2.0, 2.5, 2.5, 2.6, 1.0]


def test_the_learning_rate_stays_unless_asked(monkeypatch):
    validation = iter([1.0, 2.0, 3.0])
    monkeypatch.setattr(learning, "evaluate", lambda model, ids: next(validation))
    history = learning.train(new_model(), SGD(0.4), IDS, VALIDATION, epochs=3, **SMALL)
    assert history.learning_rates == [0.4] * 3


def test_on_epoch_sees_each_validation():
    seen = []
    model = new_model()
    learning.train(
        model,
        SGD(0.1),
        IDS,
        VALIDATION,
        epochs=3,
        on_epoch=lambda m, history: seen.append((m is model, len(history.validation))),
        **SMALL,
    )
    assert seen == [(True, 1), (True, 2), (True, 3)]


def test_bad_arguments_stop_it_before_it_starts():
    model, optimizer = new_model(), SGD(0.1)
    kept = copied(model.params)

    def refused(says, ids=IDS, validation_ids=VALIDATION, **options):
        with pytest.raises(ValueError, match=says):
            learning.train(model, optimizer, ids, validation_ids, **SMALL | {"epochs": 1} | options)
        assert same_bits(model.params, kept)

    refused("epochs must be at least 1, not 0", epochs=0)
    refused("limit of a gradient must be positive, not -1", clip_norm=-1)
    refused("3 ids are too few for batch_size=4", ids=IDS[:3])
    refused("16 ids are too few for batch_size=16", validation_ids=VALIDATION[:16])
    refused(r"\[0, 0\] is 9; the vocabulary has ids 0 to 4", ids=np.full(100, 9))


# Divergence


class Poisoned(RNN):
    """Gives a NaN, as loss or in a gradient, at one step."""

    def __init__(self, *arguments, where, at):
        super().__init__(*arguments)
        self.where, self.at, self.step, self.before = where, at, 0, None

    def loss_and_grads(self, *arguments):
        loss, grads, state = super().loss_and_grads(*arguments)
        self.step += 1
        if self.step == self.at:
            self.before = copied(self.params)  # the parameters that gave the NaN
            if self.where == "loss":
                loss = math.nan
            else:
                grads["bias_l0"][2] = math.nan
        else:
            self.good = copied(self.params)
        return loss, grads, state


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_nan_stops_it_and_the_last_good_parameters_stay(where):
    model = Poisoned(V, 6, where=where, at=24)
    with pytest.raises(Diverged, match="step 24: .*nan.*smaller learning rate"):
        learning.train(model, SGD(0.1), IDS, VALIDATION, epochs=5, **SMALL)
    assert same_bits(model.params, model.good) and not same_bits(model.params, model.before)


@either_dtype
@pytest.mark.filterwarnings("error")  # and no warning: the error says it all
def test_a_real_explosion(dtype):
    model = new_model(dtype)
    with pytest.raises(Diverged, match=r"step \d+: "):
        learning.train(
            model,
            SGD(np.finfo(dtype).max / 10),
            IDS,
            VALIDATION,
            epochs=50,
            clip_norm=math.inf,
            **SMALL,
        )
    assert all(np.isfinite(param).all() for param in model.params.values())


def test_a_validation_that_is_not_finite_stops_it(monkeypatch):
    model = new_model()
    monkeypatch.setattr(learning, "evaluate", lambda model, ids: math.nan)
    with pytest.raises(Diverged, match="validation after step 10: the loss is nan. The model"):
        learning.train(model, SGD(0.1), IDS, VALIDATION, epochs=1, **SMALL)
    assert all(np.isfinite(param).all() for param in model.params.values())
