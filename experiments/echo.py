"""Train chapter 6's echo encoder-decoders, from several starts each."""

import time

import torch

from unrolled import tasks
from unrolled.seq2seq import EchoEncoderDecoder

PACKAGES = ("numpy", "torch", "scikit-learn")
V, TRAINING, HELD_OUT = 100, 8_000, 10_000
SEEDS = tuple(range(5))
TABLE = {"5 to 2": (5, 2, 8), "5 to 5": (5, 5, 10), "10 to 10": (10, 10, 12)}  # with epochs
SIZES = (8, 16, 32, 64, 128)
LENGTHS = (3, 6, 9, 12)
SLOWER = 0.002  # a learning rate below the default


def as_tensors(X, y):
    """Rows as tensors, time first."""
    return torch.from_numpy(X.T), torch.from_numpy(y.T)


@torch.no_grad()
def measure(model, X, y):
    """Held-out accuracies of a fitted model: writing freely, and fed the truth."""
    source, target = as_tensors(X, y)
    free = (model.module_.write(source, len(target))[0].argmax(dim=-1) == target).numpy()
    forced = (model.module_(source, target).argmax(dim=-1) == target).numpy()  # (n_out, N)
    return {
        "symbols": round(float(free.mean()), 5),
        "sequences": round(float(free.all(axis=0).mean()), 5),
        "forced_symbols": round(float(forced.mean()), 5),
        "by_position": free.mean(axis=1).round(4).tolist(),
        "forced_by_position": forced.mean(axis=1).round(4).tolist(),
    }


@torch.no_grad()
def forced_nats(model, X, y):
    """Held-out cross-entropy at each position, fed the truth, in nats per symbol."""
    source, target = as_tensors(X, y)
    logits = model.module_(source, target).flatten(0, 1)
    each = torch.nn.functional.cross_entropy(logits, target.flatten(), reduction="none")
    return {"forced_nats": each.view_as(target).double().mean(dim=1).numpy().round(4).tolist()}


def run(n_in, n_out, seed, **options):
    """Train one model and measure it; gives the model too."""
    X, y = tasks.echo(TRAINING, n_in, n_out, V, seed)
    model = EchoEncoderDecoder(seed=seed, **options)
    wall, process = time.perf_counter(), time.process_time()
    model.fit(X, y)
    found = {
        "seconds": round(time.perf_counter() - wall, 1),
        "processor_seconds": round(time.process_time() - process, 1),
        "training_loss": round(model.losses_[-1], 5),
    } | measure(model, *held_out(n_in, n_out, seed))
    print(n_in, n_out, options, seed, {k: found[k] for k in list(found)[:6]}, flush=True)
    return found, model


def held_out(n_in, n_out, seed):
    """Draw the sequences that a start is measured on."""
    return tasks.echo(HELD_OUT, n_in, n_out, V, seed + 1000)


def table():
    """Lengths, with attention and without; the alignment; and sources of other lengths."""
    found = {}
    for name, (n_in, n_out, epochs) in TABLE.items():
        found[name] = {}
        for kind, attention in {"plain": False, "attention": True}.items():
            runs = found[name][kind] = []
            for seed in SEEDS:
                options = {"attention": attention, "max_epochs": epochs}
                one, model = run(n_in, n_out, seed, **options)
                runs.append(one)
                if n_out == 2:
                    one["by_n_in"] = {
                        str(n): measure(model, *held_out(n, 2, seed))["symbols"]
                        for n in range(2, 10)
                    }
                elif attention and seed == 0:
                    X, y = as_tensors(*held_out(n_in, n_out, seed))
                    weights = model.module_.write(X, n_out)[1].mean(dim=1)
                    found[name]["alignment"] = weights.numpy().round(3).tolist()
    return found


def choices():
    """Cells and inputs after a few epochs, sizes after five; and no weight decay."""
    few, more = 3, 5
    cells = {
        f"{cell}, {name}": [
            run(5, 2, seed, cell=cell, embedding=embedding, max_epochs=few)[0] for seed in SEEDS
        ]
        for cell in ("rnn", "gru", "lstm")
        for name, embedding in (("one-hot", None), ("embedding", 64))
    }
    sizes = {
        str(size): [run(5, 2, seed, hidden_size=size, max_epochs=more)[0] for seed in SEEDS]
        for size in SIZES
    }
    no_decay = [
        run(5, 5, seed, max_epochs=TABLE["5 to 5"][2], weight_decay=0.0)[0] for seed in SEEDS
    ]
    return {
        "cells_epochs": few,
        "cells": cells,
        "sizes_epochs": more,
        "sizes": sizes,
        "no_decay": no_decay,
    }


def capacity():
    """Accuracy against length, and for vectors of two sizes the cross-entropy; with attention."""
    kinds = {
        "32": {"hidden_size": 32},
        "64": {"hidden_size": 64},
        "attention": {"hidden_size": 32, "attention": True},
    }
    found = {}
    for kind, options in kinds.items():
        found[kind] = {}
        for n in LENGTHS:
            runs = found[kind][str(n)] = []
            for seed in SEEDS[:3]:
                one, model = run(n, n, seed, max_epochs=10, **options)
                if not model.attention:  # else more than one vector goes across
                    one |= forced_nats(model, *held_out(n, n, seed))
                runs.append(one)
    return found


def cells():
    """The other cells at the longest echo of the table, the simple one at two learning rates."""
    n_in, n_out, epochs = TABLE["10 to 10"]
    kinds = {
        "rnn": {"cell": "rnn"},
        "lstm": {"cell": "lstm"},
        "rnn, slower": {"cell": "rnn", "learning_rate": SLOWER},
    }
    return {
        kind: [run(n_in, n_out, seed, max_epochs=epochs, **options)[0] for seed in SEEDS[:3]]
        for kind, options in kinds.items()
    }


def facts():
    """All studies."""
    torch.set_num_threads(1)  # the matrices are small
    settings = {"threads": 1, "vocab_size": V, "training": TRAINING, "held_out": HELD_OUT}
    settings["options"] = EchoEncoderDecoder().get_params()
    studies = (table, choices, capacity, cells)
    return settings | {study.__name__: study() for study in studies}
