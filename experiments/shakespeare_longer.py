"""Train a larger model than chapter 4's on Tiny Shakespeare, for as long as it takes."""

from experiments.shakespeare import MEASURED, OPTIONS, PACKAGES, run

__all__ = ["PACKAGES", "facts"]
LARGER = OPTIONS | {
    "hidden": 400,
    "layers": 2,
    "dropout": 0.5,
    "batch": 32,
    "steps": 64,
    "learning_rate": 0.003,
    "epochs": 14,
}


def facts():
    """Train from one seed."""
    record = run(LARGER)
    del record["settings"]["final"]  # younger than the run that the chapter quotes
    kept = (*MEASURED, "training_nats", "cold_window", "validation")
    kept += ("command", "settings", "parameters", "threads")
    return {name: record[name] for name in kept}
