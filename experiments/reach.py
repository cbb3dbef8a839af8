"""Measure how far back networks read the play, and how the gradient travels, with five starts.

For chapter 7. Both kinds of network are trained alike. After some of the passes each reads windows
of held-out text, once from a zero state and once from the state after all before. Before and after
training, the LSTMs' gradient is split by the paths that it takes, and properties of the text are
read from their cells.
"""

import numpy as np

from experiments import read
from unrolled import learning, memory, optimizers, text
from unrolled.numpy_models import LSTM, RNN

PACKAGES = ("numpy",)
SEEDS = range(5)
PASSES = (1, 2, 4, 6, 8, 10, 12)  # after which the networks are measured; the last ends it
WINDOW, WINDOWS = 96, 400
TOLERANCE = 0.02  # nats
ROWS, LAGS = 64, (0, 1, 2, 3, 5, 10, 20, 40, 82)
PLACES = 8000  # of held-out text, at which properties are read
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


def read_cells(params, ids):
    """Of each property: how well the best cell tells it, and all together."""
    corpus = text.load_corpus("play")
    labels = memory.properties(text.Vocabulary.from_text(corpus).decode(ids[:PLACES]))
    cells = memory.run(params, ids[:PLACES, None])[:, 5, 0]
    return {
        name: {
            "best cell": round(abs(memory.best_unit(cells, wanted)[1]), 4),
            "all cells": round(memory.read_out(cells, wanted), 4),
        }
        for name, wanted in labels.items()
    }


def look_inside(params, ids):
    """The gradient's paths, and what can be read from the cells."""
    return {"paths": lengths(params, ids), "cells": read_cells(params, ids)}


def study(model):
    """What one network measures, pass after pass; and inside an LSTM, before and after training."""
    _, train_ids, validation_ids = read("play")
    some = validation_ids[:8001]
    starts = np.random.default_rng(0).integers(256, len(some) - WINDOW - 1, WINDOWS)
    found = {"characters": [], "validation_nats": []}

    def on_epoch(model, history):
        if len(history.validation) in PASSES:
            cold, carried = memory.cold_and_carried(model, some, starts, WINDOW)
            excess = (cold - carried).mean(axis=1)  # (WINDOW,)
            found["characters"].append(memory.reach(cold, carried, TOLERANCE))
            found["excess_nats"] = [round(float(nats), 4) for nats in excess]  # of the last
            found["validation_nats"].append(history.validation[-1][1])

    is_lstm = isinstance(model, LSTM)
    before = look_inside(model.params, validation_ids) if is_lstm else {}
    plan = {"epochs": PASSES[-1], "batch_size": 32, "num_steps": 64, "on_epoch": on_epoch}
    learning.train(model, optimizers.Adam(0.01), train_ids, validation_ids, **plan)
    print(type(model).__name__, found["characters"], flush=True)
    if is_lstm:
        after = look_inside(model.params, validation_ids)
        found |= {what: {"before": before[what], "after": after[what]} for what in after}
    return found


def facts():
    """Both kinds, for each seed."""
    size = read("play")[0]
    return {
        "model": "1 layer of 128, float32; Adam 0.01, 32 rows, 64 steps; LSTM's forget bias 1",
        "tolerance_nats": TOLERANCE,
        "window": WINDOW,
        "lags": LAGS,
        "passes": PASSES,
        "RNN": [study(RNN(size, seed=seed, **KIND)) for seed in SEEDS],
        "LSTM": [study(LSTM(size, seed=seed, forget_bias=1, **KIND)) for seed in SEEDS],
    }
