"""Measure what chapter 3 quotes.

What a gradient costs by hand, by autograd and by PyTorch; and what clipping does at which learning
rate, on the play.
"""

import time

import numpy as np
import torch

from experiments import read
from unrolled import autograd_models, learning, numpy_models, optimizers

PACKAGES = ("numpy", "autograd", "torch")
ROUNDS = 41
SHAPE = {"vocab_size": 58, "hidden_size": 128, "batch_size": 32, "num_steps": 32}
LENGTHS = (8, 16, 32, 64, 128)
SEEDS = range(5)
RATES = (0.25, 0.5, 1.0, 2.0, 4.0)
LIMITS = {"clipped": 1.0, "unclipped": np.inf}
WATCHED = 2.0  # the learning rate whose loss curves are kept


def torch_step(model):
    """One loss and gradient of a NumPy model's twin in PyTorch: a function of ids."""
    kind = getattr(torch.nn, type(model).__name__)
    layers = kind(model.vocab_size, model.hidden_size).double()
    head = torch.nn.Linear(model.hidden_size, model.vocab_size).double()

    def step(inputs, targets):
        layers.zero_grad()
        head.zero_grad()
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(inputs), model.vocab_size)
        logits = head(layers(one_hot.double())[0])
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(targets).flatten()
        )
        loss.backward()

    return step


def milliseconds(steps, data):
    """Processor time of each function on the data, in turn, round after round: quartiles."""
    times = {name: [] for name in steps}
    for step in steps.values():
        step(*data)
    for _ in range(ROUNDS):
        for name, step in steps.items():
            start = time.process_time()
            step(*data)
            times[name].append(1000 * (time.process_time() - start))
    return {name: np.quantile(each, [0.25, 0.5, 0.75]).tolist() for name, each in times.items()}


def ids(num_steps):
    """Random inputs and targets, (T, B)."""
    size = (2, num_steps, SHAPE["batch_size"])
    return np.random.default_rng(0).integers(0, SHAPE["vocab_size"], size)


def costs():
    """Milliseconds for one loss and gradient, float64, one thread."""
    torch.set_num_threads(1)
    found = {}
    for kind in ("RNN", "LSTM"):
        sizes = SHAPE["vocab_size"], SHAPE["hidden_size"]
        by_hand = getattr(numpy_models, kind)(*sizes)
        free = getattr(autograd_models, kind)(*sizes)
        steps = {
            "by hand": by_hand.loss_and_grads,
            "autograd": free.loss_and_grads,
            "PyTorch": torch_step(by_hand),
        }
        found[kind] = milliseconds(steps, ids(SHAPE["num_steps"]))
        print(kind, found[kind], flush=True)
    small = autograd_models.LSTM(SHAPE["vocab_size"], 8)
    found["LSTM, hidden size 8"] = milliseconds(
        {"autograd": small.loss_and_grads}, ids(SHAPE["num_steps"])
    )
    lengths = {T: milliseconds({"autograd": free.loss_and_grads}, ids(T)) for T in LENGTHS}
    found["LSTM, by num_steps"] = {T: quartiles["autograd"] for T, quartiles in lengths.items()}
    return found


def clipping():
    """Held-out losses of an RNN after one pass of plain gradient descent, by rate and limit."""
    size, train_ids, validation_ids = read("play")
    found = {"vocab_size": size, "rates": RATES, "watched_rate": WATCHED}
    for name, limit in LIMITS.items():
        losses, curves, longest = [], [], []
        for rate in RATES:
            histories = [
                learning.train(
                    numpy_models.RNN(size, hidden_size=64, seed=seed),
                    optimizers.SGD(rate),
                    train_ids[:60_000],
                    validation_ids,
                    epochs=1,
                    batch_size=16,
                    num_steps=32,
                    clip_norm=limit,
                )
                for seed in SEEDS
            ]
            losses.append([history.validation[-1][1] for history in histories])
            longest.append([max(history.grad_norms) for history in histories])
            print(name, rate, np.round(losses[-1], 3), flush=True)
            if rate == WATCHED:
                curves = [np.round(history.losses, 3).tolist() for history in histories]
        found[name] = {"validation_nats": losses, "longest_gradient": longest, "curves": curves}
    return found


def facts():
    """Both studies."""
    found = {"shape": SHAPE, "rounds": ROUNDS, "milliseconds": costs()}
    return found | {"clipping": clipping()}
