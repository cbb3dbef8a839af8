"""Train RNN and LSTM on embedded Reber grammars, for chapter 2.

Each network is trained from five starts, with two learning rates, on strings that it sees once,
with one, two and four inner strings between the symbols that agree.
"""

import numpy as np

from unrolled import learning, memory, optimizers, tasks
from unrolled.numpy_models import LSTM, RNN

PACKAGES = ("numpy",)
PARTS = {1: 4, 2: 10, 4: 10}  # of the training text, for each number of inner strings
SYMBOLS = 250_000  # in a part
SEEDS = range(5)
TEST_STRINGS = 2500
ROWS, STEPS = 16, 96
NETWORKS = {  # about as many parameters; the two best rates of a first sweep
    "RNN": (lambda seed: RNN(7, hidden_size=44, seed=seed), (0.003, 0.01)),
    "LSTM": (lambda seed: LSTM(7, hidden_size=20, seed=seed, forget_bias=1.0), (0.01, 0.02)),
}


def by_distance(right, distance, groups=5):
    """Accuracy of equally many strings at a time, from those with the least distance on."""
    order = np.argsort(distance, kind="stable")
    return [
        [round(float(values[part].mean()), 4) for values in (distance, right)]
        for part in np.array_split(order, groups)
    ]


def run(model, rate, grammar, parts, strings):
    """Train one network; what it measures after each part, and how distance matters at the end."""
    optimizer, excess, accuracy = optimizers.Adam(rate), [], []
    for ids in parts:
        learning.train(
            model,
            optimizer,
            ids,
            ids[:100],  # measured below instead
            epochs=1,
            batch_size=ROWS,
            num_steps=STEPS,
            clip_norm=1.0,
        )
        above, right, distance = memory.examine(model, grammar, strings)
        excess.append(round(above, 5))
        accuracy.append(round(float(right.mean()), 5))
    return {
        "excess_nats": excess,
        "accuracy": accuracy,
        "distance_accuracy": by_distance(right, distance),
    }


def study(times):
    """All runs on one grammar."""
    grammar = tasks.embed(tasks.REBER, times)
    length = sum(tasks.visits(grammar).values())
    rng = np.random.default_rng(times)
    count = int(SYMBOLS / length)
    parts = [
        memory.SYMBOLS.encode("".join(tasks.strings(grammar, count, rng)))
        for _ in range(PARTS[times])
    ]
    strings = tasks.strings(grammar, TEST_STRINGS, rng)
    runs = {}
    for name, (new_model, rates) in NETWORKS.items():
        runs[name] = {}
        for rate in rates:
            runs[name][str(rate)] = []
            for seed in SEEDS:
                found = run(new_model(seed), rate, grammar, parts, strings)
                runs[name][str(rate)].append(found)
                last = f"{found['excess_nats'][-1]:.4f} above, accuracy {found['accuracy'][-1]:.3f}"
                print(f"{times} inner, {name}, rate {rate}, seed {seed}: {last}", flush=True)
    return {"strings_per_part": count, "runs": runs}


def facts():
    """All grammars."""
    return {
        "training": f"Adam, {ROWS} rows, {STEPS} steps, clipped at norm 1, float64",
        "parameters": {
            name: sum(array.size for array in new_model(0).params.values())
            for name, (new_model, _) in NETWORKS.items()
        },
        "inner": {str(times): study(times) for times in PARTS},
    }
