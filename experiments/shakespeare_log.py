"""What each choice of chapter 4's model bought, in half of its time, from three starts.

Run it on a machine that does nothing else: how far it gets in that time is the result.
"""

from experiments.shakespeare import MEASURED, OPTIONS, PACKAGES, run

__all__ = ["PACKAGES", "facts"]
SECONDS, SEEDS = 90, range(3)
START = {"cell": "lstm", "hidden": 256, "batch": 32, "steps": 64, "learning_rate": 0.004}
CHANGES = {  # one after the other, each kept: what then is as in the model
    "where it starts": (),
    "an embedding of 64": ("embedding",),
    "24 rows of 24 characters": ("batch", "steps"),
    "dropout of 0.2": ("dropout",),
    "products in bfloat16": ("precision",),
    "320 hidden units": ("hidden",),
}


def facts():
    """Train with one more change each time."""
    rows = [{"change": change} | {name: [] for name in MEASURED} for change in CHANGES]
    for seed in SEEDS:  # in turn, so that a slow quarter of an hour slows each change alike
        options = START
        for row, changed in zip(rows, CHANGES.values(), strict=True):
            options = options | {name: OPTIONS[name] for name in changed}
            record = run(options, seconds=SECONDS, seed=seed)
            for name in MEASURED:
                row[name].append(record[name])
            row.setdefault("command", record["command"])
    return {"runs": rows}
