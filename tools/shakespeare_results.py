"""Train chapter 4's model on Tiny Shakespeare for three minutes: data/results/shakespeare.json.

Run it as `make headline`, on a machine that does nothing else: how far it gets in that time is the
result. Tiny Shakespeare is downloaded, or taken from the folder UNROLLED_DATA.
"""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from unrolled import counting, results, text, train

SEEDS = range(5)
OPTIONS = ["--corpus", "shakespeare", "--embedding", "64", "--hidden", "256", "--batch", "24"]
OPTIONS += ["--steps", "24", "--learning-rate", "0.006", "--dropout", "0.2", "--seconds", "180"]


def run(seed):
    """The record of one training run."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shakespeare.safetensors"
        status = train.main([*OPTIONS, "--seed", str(seed), "--out", str(out)])
        if status:
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


def main():
    """Train from each seed."""
    os.environ["TQDM_DISABLE"] = "1"
    records = [run(seed) for seed in SEEDS]
    facts = {
        name: [record[name] for record in records] for name in ("validation_nats", "cold_nats")
    }
    passes = [record["characters_per_second"] * 180 for record in records]
    facts |= {"characters_read": [round(number) for number in passes]}
    facts |= {name: records[0][name] for name in ("command", "parameters", "threads")}
    facts |= {"cold_window": records[0]["cold_window"], "counting_nats": counted()}
    results.save("shakespeare", facts, packages=("numpy", "torch"))


if __name__ == "__main__":
    main()
