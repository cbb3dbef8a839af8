"""Train chapter 4's model on Tiny Shakespeare: data/results/shakespeare*.json.

    python tools/shakespeare_results.py headline   five starts, three minutes each
    python tools/shakespeare_results.py log        what each choice bought, in half of that time
    python tools/shakespeare_results.py longer     the best with more time

Run the first two on a machine that does nothing else: how far they get in that time is the result.
Tiny Shakespeare is downloaded, or taken from the folder UNROLLED_DATA.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from unrolled import counting, results, text, train

SEEDS = range(5)
BASELINE = {"cell": "lstm", "hidden": 256, "batch": 32, "steps": 64, "learning_rate": 0.004}
CHANGES = [  # one after the other, each kept
    ("where it starts", {}),
    ("an embedding of 64", {"embedding": 64}),
    ("24 rows of 24 characters", {"batch": 24, "steps": 24}),
    ("dropout of 0.2", {"dropout": 0.2}),
    ("products in bfloat16", {"precision": "bfloat16"}),
    ("320 hidden units", {"hidden": 320}),
]
HEADLINE = BASELINE | {name: value for _, change in CHANGES for name, value in change.items()}
LONGER = HEADLINE | {
    "hidden": 400,
    "layers": 2,
    "dropout": 0.5,
    "batch": 32,
    "steps": 64,
    "learning_rate": 0.003,
    "epochs": 14,
}
FACTS = ("validation_nats", "cold_nats", "characters_per_second", "training_seconds")


def run(options, **more):
    """The record of one training run, and its loss after each tenth."""
    words = ["--corpus", "shakespeare"]
    for name, value in (options | more).items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shakespeare.safetensors"
        if status := train.main([*words, "--out", str(out)]):
            raise SystemExit(status)
        return json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))


def counted():
    """Held-out loss of counting, nats per character, for contexts of 0 to 5 characters."""
    ids = text.Vocabulary.from_text(corpus := text.load_corpus("shakespeare")).encode(corpus)
    train_ids, validation_ids = text.train_validation_split(ids)
    size = len(set(corpus))
    return [
        float(-np.log(counting.witten_bell(train_ids, validation_ids, size, k)).mean())
        for k in range(6)
    ]


def headline():
    """Train from each seed, for three minutes."""
    records = [run(HEADLINE, seconds=180, seed=seed) for seed in SEEDS]
    facts = {name: [record[name] for record in records] for name in FACTS}
    facts |= {name: records[0][name] for name in ("command", "parameters", "threads")}
    facts |= {"cold_window": records[0]["cold_window"], "counting_nats": counted()}
    results.save("shakespeare", facts, packages=("numpy", "torch"))


def log():
    """Train with one more change each time, for a minute and a half, from three seeds."""
    rows = [{"change": change} | {name: [] for name in FACTS} for change, _ in CHANGES]
    for seed in range(3):  # in turn, so that a slow quarter of an hour slows each change alike
        options = BASELINE
        for row, (_, values) in zip(rows, CHANGES, strict=True):
            options = options | values
            record = run(options, seconds=90, seed=seed)
            for name in FACTS:
                row[name].append(record[name])
            row.setdefault("command", record["command"])
    results.save("shakespeare_log", {"runs": rows}, packages=("numpy", "torch"))


def longer():
    """Train a larger model, for as long as it takes."""
    record = run(LONGER)
    kept = (*FACTS, "training_nats", "cold_window", "validation")
    kept += ("command", "settings", "parameters", "threads")
    facts = {name: record[name] for name in kept}
    results.save("shakespeare_longer", facts, packages=("numpy", "torch"))


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"
    {"headline": headline, "log": log, "longer": longer}[sys.argv[1]]()
