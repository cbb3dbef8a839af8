"""The numbers that pages quote, read from the chapters and `data/results` while the book is built.

In a page `{{ reach.LSTM }}` becomes the number: MyST substitutes it. A name that isn't here is a
warning, so it fails the build.
"""

import re
from pathlib import Path

import numpy as np
from sphinx.application import Sphinx
from sphinx.config import Config

from unrolled import results, tasks, weights

WEIGHTS = Path(__file__).parents[3] / "data" / "weights"
QUOTED = {  # by chapter, the lines that it prints: each {} with a name in it is a number of a page
    "02_lstm_from_scratch": [
        "| 0.99 | {half_life.steps} | {} |",
        "| −2 | {} steps | {bias.play_closed} ({}) | {} | {} |",
        "| 4 | {} steps | {bias.play_four} ({}) | {} | {} |",
    ],
    "03_autograd": ["| LSTM, autograd | {} | {} to {} | {speed.autograd} |"],
    "04_pytorch_batching": [
        "| on the play | {cost.reported} | {} |",
        "| PyTorch | {} | {} | {speed.slowest} to {speed.fastest} |",
    ],
}


def facts() -> dict[str, dict[str, str]]:
    """Return every number, as it is printed, by its group and name."""
    found = computed()
    for chapter, lines in QUOTED.items():
        for line in lines:
            names = re.findall(r"\{(.*?)\}", line)
            pieces = results.printed(chapter, re.sub(r"\{.*?\}", "{}", line))
            pieces = [pieces] if isinstance(pieces, str) else pieces
            for name, piece in zip(names, pieces, strict=True):
                if name:
                    group, _, own = name.partition(".")
                    found.setdefault(group, {})[own] = piece
    return found


def computed() -> dict[str, dict[str, str]]:
    """Return the numbers that no chapter prints on a line of its own, in the form of `facts`."""
    play = results.load("rnn")["play"]
    lstm, cost = results.load("lstm"), results.load("batching")["play"]["validation_nats"]
    recall, reach = lstm["forget_bias"]["recall"], results.load("reach")
    speaker, echo = results.load("speaker"), results.load("echo")
    accuracy, skewed = speaker["play"]["accuracy"], speaker["times"][-1]["seconds"]
    length = max(echo["capacity"]["32"], key=int)
    at_a_pad = np.subtract(accuracy["right"], accuracy["state at a pad"])
    _, live = weights.load_arrays(WEIGHTS / "play.safetensors")

    def median(kind, place):
        return f"{np.median([run['characters'][place] for run in reach[kind]]):.0f}"

    def at_end(kind):
        return results.spread([run["validation_nats"][-1] for run in reach[kind]], 2)

    def percent(shares):
        return f"{np.mean(shares):.0%}"

    def remembered(inside, kind):
        rates = results.load("reber")["inner"][str(inside)]["runs"][kind].values()
        better = min(rates, key=lambda runs: sum(run["excess_nats"][-1] for run in runs))
        return f"{100 * np.mean([run['accuracy'][-1] for run in better]):.1f}"

    def steps(inside):
        return f"{sum(tasks.visits(tasks.embed(tasks.REBER, inside)).values()) - 3:.0f}"

    def symbols(runs):
        return percent([run["symbols"] for run in runs])

    return {
        "counting": {
            "nats": f"{min(play['counting_nats']):.2f}",
            "context": str(int(np.argmin(play["counting_nats"]))),
            "rnn": results.spread(play["validation_nats"], 2),
        },
        "live": {"nats": f"{live['validation_nats']:.2f}", "passes": str(live["epochs"])},
        "bias": {
            "lag": str(recall["lag"]),
            "one": percent([run[-1] for run in recall["right"]["1"]]),
            "two": percent([run[-1] for run in recall["right"]["2"]]),
        },
        "reach": {
            "early": str(reach["passes"][1]),
            "passes": str(reach["passes"][-1]),
            "RNN_nats": at_end("RNN"),
            "LSTM_nats": at_end("LSTM"),
            "RNN": median("RNN", -1),
            "LSTM": median("LSTM", -1),
            "LSTM_early": median("LSTM", 1),
        },
        "reber": {
            "near_steps": steps(1),
            "far_steps": steps(4),
            "near_RNN": remembered(1, "RNN"),
            "far_RNN": remembered(4, "RNN"),
            "far_LSTM": remembered(4, "LSTM"),
        },
        "cost": {
            choice.replace(" ", "_"): results.spread(
                np.subtract(losses["carried"], cost["right"]["carried"]), 2
            )
            for choice, losses in cost.items()
            if choice != "right"
        },
        "speaker": {
            "network": percent(accuracy["right"]),
            "counting": percent(speaker["play"]["baselines"]["characters"]),
            "at_a_pad": f"{100 * at_a_pad.mean():.0f}",
            "packed": f"{skewed['packed'] / skewed['padded']:.1f}",
            "bucketed": f"{skewed['padded'] / skewed['bucketed']:.1f}",
        },
        "echo": {
            "length": length,
            "vector": symbols(echo["capacity"]["32"][length]),
            "attention": symbols(echo["capacity"]["attention"][length]),
            "gru": symbols(echo["table"]["10 to 10"]["plain"]),
            "lstm": symbols(echo["cells"]["lstm"]),
            "rnn": symbols(echo["cells"]["rnn"]),
        },
    }


def provide(app: Sphinx, config: Config) -> None:
    """Hand the numbers to MyST. They are part of the configuration: if one changes, pages do."""
    config.myst_substitutions = {**config.myst_substitutions, **facts()}


def setup(app: Sphinx) -> None:
    """Register the event."""
    app.connect("config-inited", provide)
