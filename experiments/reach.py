"""Measure how far back networks read the play, and how the gradient travels, with five starts.

For chapter 7. Both kinds of network are trained alike. After some of the passes each reads windows
of held-out text, once from a zero state and once from the state after all before. Before and after
training, the LSTMs' gradient is split by the paths that it takes.
"""

import numpy as np

from experiments import read
from unrolled import learning, memory, optimizers
from unrolled.numpy_models import LSTM, RNN

PACKAGES = ("numpy",)
SEEDS = range(5)
PASSES = (1, 2, 4, 6, 8, 10, 12)  # after which the networks are measured; the last ends it
WINDOW, WINDOWS = 96, 400
TOLERANCE, NEAR = 0.02, 16  # nats, characters
ROWS, LAGS = 64, (0, 1, 2, 3, 5, 10, 20, 40, 82)
KIND = {"hidden_size": 128, "dtype": np.float32}


def lengths(params, ids):
    """Geometric means of the gradient's lengths on each path, at LAGS, relative to the first."""
    rows = ids[: len(ids) // ROWS * ROWS].reshape(ROWS, -1).T[: 2 * LAGS[-1] + 2]
    paths = memory.gradient_paths(params, rows[:-1], rows[-1], LAGS[-1])
    found = {}
    for name, gradients in paths.items():
        norms = np.linalg.norm(gradients[list(LAGS)], axis=2)
        means = np.exp(np.log(norms / norms[0]).mean(axis=1))
        found[name] = [float(f"{mean:.3g}") for mean in means]
    return found


def study(model):
    """What one network measures, pass after pass; an LSTM's paths, before and after training."""
    _, train_ids, validation_ids = read("play")
    some = validation_ids[:8001]
    starts = np.random.default_rng(0).integers(256, len(some) - WINDOW - 1, WINDOWS)
    found = {"characters": [], "beyond_nats": [], "validation_nats": []}

    def on_epoch(model, history):
        if len(history.validation) in PASSES:
            cold, carried = memory.cold_and_carried(model, some, starts, WINDOW)
            excess = (cold - carried).mean(axis=1)  # (WINDOW,)
            found["characters"].append(memory.reach(cold, carried, TOLERANCE))
            found["beyond_nats"].append(round(float(excess[NEAR:].mean()), 5))
            found["excess_nats"] = [round(float(nats), 4) for nats in excess]  # of the last
            found["validation_nats"].append(history.validation[-1][1])

    is_lstm = isinstance(model, LSTM)
    before = lengths(model.params, validation_ids) if is_lstm else {}
    plan = {"epochs": PASSES[-1], "batch_size": 32, "num_steps": 64, "on_epoch": on_epoch}
    learning.train(model, optimizers.Adam(0.01), train_ids, validation_ids, **plan)
    print(type(model).__name__, found["characters"], found["beyond_nats"], flush=True)
    if is_lstm:
        found["paths"] = {"before": before, "after": lengths(model.params, validation_ids)}
    return found


def facts():
    """Both kinds, for each seed."""
    size = read("play")[0]
    return {
        "model": "1 layer of 128, float32; Adam 0.01, 32 rows, 64 steps; LSTM's forget bias 1",
        "tolerance_nats": TOLERANCE,
        "window": WINDOW,
        "near": NEAR,
        "lags": LAGS,
        "passes": PASSES,
        "RNN": [study(RNN(size, seed=seed, **KIND)) for seed in SEEDS],
        "LSTM": [study(LSTM(size, seed=seed, forget_bias=1, **KIND)) for seed in SEEDS],
    }
