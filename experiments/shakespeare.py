"""Train chapter 4's model on Tiny Shakespeare for three minutes, from five starts.

Run it on a machine that does nothing else: how far it gets in that time is the result.
"""

import json
import tempfile
from pathlib import Path

from experiments import counted, read
from unrolled import train

PACKAGES = ("numpy", "torch")
SECONDS, SEEDS = 180, range(5)
OPTIONS = {
    "cell": "lstm",
    "hidden": 320,
    "embedding": 64,
    "dropout": 0.2,
    "batch": 24,
    "steps": 24,
    "learning_rate": 0.004,
    "precision": "bfloat16",
}
MEASURED = ("validation_nats", "cold_nats", "characters_per_second", "training_seconds")


def run(options, **more):
    """The record of one training run."""
    words = ["--corpus", "shakespeare"]
    for name, value in (options | more).items():
        words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shakespeare.safetensors"
        if status := train.main([*words, "--out", str(out)]):
            raise SystemExit(status)
        return json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))


def facts():
    """Train from each seed, and count."""
    records = [run(OPTIONS, seconds=SECONDS, seed=seed, final=True) for seed in SEEDS]
    found = {name: [record[name] for record in records] for name in MEASURED}
    kept = ("command", "parameters", "threads", "cold_window")
    found |= {name: records[0][name] for name in kept}
    return found | {"counting_nats": counted(*read("shakespeare"))}
