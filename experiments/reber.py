"""Train RNN and LSTM on embedded Reber grammars, for chapter 2.

Each network is trained from five starts, with two learning rates, on strings that are drawn once,
with one, two and four inner strings between the symbols that agree. Short strings are drawn again
and again. So with one inner string, networks are also asked about strings that they never read.
"""

from collections import Counter

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
UNSEEN = 1000  # test strings that the training text doesn't have
UNSEEN_RATES = {"RNN": 0.01, "LSTM": 0.02}  # with one inner string, the better ones


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


def draw(times):
    """A grammar, the parts of its training text, and its test strings, all as lists of strings."""
    grammar = tasks.embed(tasks.REBER, times)
    rng = np.random.default_rng(times)
    count = int(SYMBOLS / sum(tasks.visits(grammar).values()))
    parts = [tasks.strings(grammar, count, rng) for _ in range(PARTS[times])]
    return grammar, parts, tasks.strings(grammar, TEST_STRINGS, rng)


def encoded(parts):
    """Each part as one row of ids."""
    return [memory.SYMBOLS.encode("".join(part)) for part in parts]


def study(times):
    """All runs on one grammar."""
    grammar, parts, strings = draw(times)
    count, parts, runs = len(parts[0]), encoded(parts), {}
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


def recurring(times):
    """How many strings recur, in the training text and from there in the test strings."""
    _, parts, strings = draw(times)
    read = Counter(string for part in parts for string in part)
    (_, most), *_ = read.most_common(1)
    return {
        "training": read.total(),
        "distinct": len(read),
        "most often": most,
        "test": len(strings),
        "test strings that training has": sum(string in read for string in strings),
    }


def alike(grammar, read):
    """Strings that were never read, and as many that were, of the same distances where there are.

    Most strings that were never read are long. So the second group is drawn to be as long.
    """
    rng, unseen, seen = np.random.default_rng(0), [], {}
    while len(unseen) < UNSEEN:
        for string in tasks.strings(grammar, 1000, rng):
            if string not in read:
                unseen.append(string)
            else:
                seen.setdefault(len(string), []).append(string)
    unseen = unseen[:UNSEEN]
    lengths = np.array(sorted(seen))
    nearest = [int(lengths[np.abs(lengths - len(string)).argmin()]) for string in unseen]
    return unseen, [seen[n][rng.integers(len(seen[n]))] for n in nearest]


def ask_unseen():
    """Networks trained with one inner string, asked about strings that they never read."""
    grammar, parts, _ = draw(1)
    groups = dict(
        zip(("unseen", "seen"), alike(grammar, {s for part in parts for s in part}), strict=True)
    )
    parts, found = encoded(parts), {}
    for name, rate in UNSEEN_RATES.items():
        found[name] = {"rate": rate}
        for group in groups:
            found[name][group] = {"excess_nats": [], "accuracy": [], "distance_accuracy": []}
        for seed in SEEDS:
            model = NETWORKS[name][0](seed)
            run(model, rate, grammar, parts, groups["unseen"])
            for group, strings in groups.items():
                above, right, distance = memory.examine(model, grammar, strings, rows=1)
                found[name][group]["excess_nats"].append(round(above, 5))
                found[name][group]["accuracy"].append(round(float(right.mean()), 5))
                found[name][group]["distance_accuracy"].append(by_distance(right, distance))
            last = {group: found[name][group]["accuracy"][-1] for group in groups}
            print(f"unseen, {name}, seed {seed}: {last}", flush=True)
    apart = {group: np.mean([len(s) - 3 for s in strings]) for group, strings in groups.items()}
    return {"inner": 1, "strings": UNSEEN, "steps apart": apart} | found


def facts():
    """All grammars."""
    return {
        "training": f"Adam, {ROWS} rows, {STEPS} steps, clipped at norm 1, float64",
        "parameters": {
            name: sum(array.size for array in new_model(0).params.values())
            for name, (new_model, _) in NETWORKS.items()
        },
        "inner": {str(times): study(times) for times in PARTS},
        "recurring": {str(times): recurring(times) for times in PARTS},
        "asked about unseen strings": ask_unseen(),
    }
