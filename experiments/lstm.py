"""Train what chapter 2 quotes, with five starts.

LSTMs whose forget gates start at several biases, on two tasks: the play, and the recall of a symbol
seen long before.
"""

import numpy as np

from experiments import read
from unrolled import learning, optimizers
from unrolled.numpy_models import LSTM

PACKAGES = ("numpy",)
BIASES = (-2, 0, 1, 2, 4)
SEEDS = range(5)
PASSES = 7  # over the play: chapter 2's main run, but for the bias
PLAY = {"batch_size": 16, "num_steps": 32, "clip_norm": 1.0}
LAG, STEPS, EVERY = 20, 600, 20  # of the recall task


def read_play(bias, seed):
    """Held-out loss after each pass, nats per character."""
    size, train_ids, validation_ids = read("play")
    model = LSTM(size, 100, seed=seed, dtype=np.float32, forget_bias=bias)
    adam, plan = optimizers.Adam(0.008), {"epochs": PASSES} | PLAY
    history = learning.train(model, adam, train_ids, validation_ids, **plan)
    return [loss for _, loss in history.validation]


def recall_batch(rng, rows):
    """One symbol of four, then symbols of four others; from step LAG on, say the first again.

    Before that step, the target is the symbol just read.
    """
    inputs = rng.integers(4, 8, (2 * LAG, rows))  # (T, B)
    inputs[0] = rng.integers(0, 4, rows)
    targets = inputs.copy()
    targets[LAG:] = inputs[0]
    return inputs, targets


def recall(bias, seed):
    """Share of right answers from step LAG on, each EVERY steps of training; chance is 1/4."""
    model, optimizer = LSTM(8, 32, seed=seed, forget_bias=bias), optimizers.Adam(0.01)
    rng, shares = np.random.default_rng(seed), []
    test_inputs, test_targets = recall_batch(np.random.default_rng(1000), rows=256)
    for step in range(1, STEPS + 1):
        _, grads, _ = model.loss_and_grads(*recall_batch(rng, rows=32))
        optimizers.clip_by_global_norm(grads, 1.0)
        optimizer.step(model.params, grads)
        if step % EVERY == 0:
            answers = model.forward(test_inputs)[0].argmax(axis=-1)  # (T, B)
            shares.append(float((answers == test_targets)[LAG:].mean()))
    return shares


def measure(task):
    """The curves of one task: for each bias, a list of one curve for each seed."""
    curves = {}
    for bias in BIASES:
        curves[str(bias)] = [task(bias, seed) for seed in SEEDS]
        print(task.__name__, bias, [round(curve[-1], 3) for curve in curves[str(bias)]], flush=True)
    return curves


def measure_forget_bias():
    """The curves of both tasks, for each bias and seed."""
    return {
        "play": {
            "model": "LSTM, 1 layer of 100, float32; Adam 0.008, 16 rows, 32 steps, clipped at 1",
            "validation_nats": measure(read_play),
        },
        "recall": {
            "model": "LSTM, 1 layer of 32, float64; Adam 0.01, 32 rows, 40 steps",
            "lag": LAG,
            "steps": list(range(EVERY, STEPS + 1, EVERY)),
            "right": measure(recall),
        },
    }


def facts():
    """Both tasks."""
    return {"forget_bias": measure_forget_bias()}
