"""The numbers that pages quote, read from `data/results` while the book is built.

In a page `{{ reach.LSTM }}` becomes the number: MyST substitutes it. A name that isn't here is a
warning, so it fails the build. Each group says which chapter shows the same numbers.
"""

from pathlib import Path

import numpy as np
from sphinx.application import Sphinx
from sphinx.config import Config

from unrolled import results, tasks, weights

WEIGHTS = Path(__file__).parents[3] / "data" / "weights"


def facts() -> dict[str, dict[str, str]]:
    """Return every number, as it is printed, by its group and name."""
    return {
        "counting": counting(),
        "live": live(),
        "bias": forget_bias(),
        "reach": reach(),
        "reber": reber(),
        "cost": cost(),
        "speaker": speaker(),
        "echo": echo(),
        "speed": speed(),
        "half_life": {"steps": f"{np.log(0.5) / np.log(0.99):.0f}"},
    }


def counting() -> dict[str, str]:
    """Chapter 1: the play's held-out loss, by counting and by the simple network."""
    play = results.load("rnn")["play"]
    nats = play["counting_nats"]
    return {
        "nats": f"{min(nats):.2f}",
        "context": str(int(np.argmin(nats))),
        "rnn": spread(play["validation_nats"], 2),
    }


def live() -> dict[str, str]:
    """Return what the play's model that runs in the page reaches, and after how many passes."""
    _, metadata = weights.load_arrays(WEIGHTS / "play.safetensors")
    return {"nats": f"{metadata['validation_nats']:.2f}", "passes": str(metadata["epochs"])}


def forget_bias() -> dict[str, str]:
    """Chapter 2: the share of right answers after 20 steps, and the play's loss, by the bias."""
    recorded = results.load("lstm")["forget_bias"]
    final = {bias: [run[-1] for run in runs] for bias, runs in recorded["recall"]["right"].items()}
    play = recorded["play"]["validation_nats"]
    nats = {bias: [run[-1] for run in runs] for bias, runs in play.items()}
    return {
        "lag": str(recorded["recall"]["lag"]),
        "one": f"{np.mean(final['1']):.0%}",
        "two": f"{np.mean(final['2']):.0%}",
        "play_four": spread(nats["4"], 2),
        "play_closed": spread(nats["-2"], 2),
    }


def reach() -> dict[str, str]:
    """Chapter 2: characters until a cold start is forgotten, at first and at last; last losses."""
    recorded = results.load("lstm")["reach"]
    found = {"early": str(recorded["passes"][1]), "passes": str(recorded["passes"][-1])}
    for kind in ("RNN", "LSTM"):
        runs = recorded[kind]
        found[kind] = f"{np.median([run['characters'][-1] for run in runs]):.0f}"
        found[f"{kind}_early"] = f"{np.median([run['characters'][1] for run in runs]):.0f}"
        found[f"{kind}_nats"] = spread([run["validation_nats"][-1] for run in runs], 2)
    return found


def reber() -> dict[str, str]:
    """Chapter 2: the share of bits remembered, and how far, at each network's better rate."""
    recorded = results.load("reber")
    found = {}
    for inside, name in (("1", "near"), ("4", "far")):
        length = sum(tasks.visits(tasks.embed(tasks.REBER, int(inside))).values())
        found[f"{name}_steps"] = f"{length - 3:.0f}"  # from the first T or P to the second
        for kind, by_rate in recorded["inner"][inside]["runs"].items():
            runs = min(by_rate.values(), key=last_loss)
            found[f"{name}_{kind}"] = f"{np.mean([run['accuracy'][-1] for run in runs]):.1%}"
    return found


def last_loss(runs: list[dict]) -> float:
    """Return the mean loss at the end of some runs on the Reber grammar."""
    return np.mean([run["excess_nats"][-1] for run in runs])


def cost() -> dict[str, str]:
    """Chapter 4: what each mistake costs on the play, in nats, start by start."""
    play = results.load("batching")["play"]["validation_nats"]
    right = np.array(play["right"]["carried"])
    found = {
        choice.replace(" ", "_"): spread(np.array(losses["carried"]) - right, 2)
        for choice, losses in play.items()
        if choice != "right"
    }
    return found | {"reported": f"{np.mean(play['softmax twice']['reported']):.2f}"}


def speaker() -> dict[str, str]:
    """Chapter 5: the share of speakers that are named right, and what the traps cost, in points."""
    play = results.load("speaker")["play"]
    right = np.array(play["accuracy"]["right"])
    skewed = results.load("speaker")["times"][-1]["seconds"]  # one long sequence among short ones
    return {
        "network": f"{right.mean():.0%}",
        "counting": f"{np.mean(play['baselines']['characters']):.0%}",
        "at_a_pad": f"{100 * (right - play['accuracy']['state at a pad']).mean():.0f}",
        "packed": f"{skewed['packed'] / skewed['padded']:.1f}",
        "bucketed": f"{skewed['padded'] / skewed['bucketed']:.1f}",
    }


def echo() -> dict[str, str]:
    """Chapter 6: the share of symbols of a long echo, through one vector and with attention."""
    recorded = results.load("echo")
    capacity = recorded["capacity"]
    length = max(capacity["32"], key=int)
    runs = {
        "vector": capacity["32"][length],
        "attention": capacity["attention"][length],
        "gru": recorded["table"]["10 to 10"]["plain"],
        "lstm": recorded["cells"]["lstm"],
        "rnn": recorded["cells"]["rnn"],
    }
    shares = {name: np.mean([run["symbols"] for run in some]) for name, some in runs.items()}
    return {"length": length} | {name: f"{share:.0%}" for name, share in shares.items()}


def speed() -> dict[str, str]:
    """Chapters 3 and 4: times by hand that a tape takes, and NumPy's speed beside PyTorch's."""
    times = results.load("autograd")["milliseconds"]["LSTM"]
    rates = [r["tokens_per_second"] for r in results.load("speed")["sweep"] if r["threads"] == 1]
    ratios = [rate["numpy"]["median"] / rate["torch"]["median"] for rate in rates]
    return {
        "autograd": f"{times['autograd'][1] / times['by hand'][1]:.1f}",
        "slowest": f"{min(ratios):.1f}",
        "fastest": f"{max(ratios):.1f}",
    }


def spread(values: list[float], digits: int) -> str:
    """Return mean and standard deviation, such as 1.70 ± 0.01."""
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


def provide(app: Sphinx, config: Config) -> None:
    """Hand the numbers to MyST. They are part of the configuration: if one changes, pages do."""
    config.myst_substitutions = {**config.myst_substitutions, **facts()}


def setup(app: Sphinx) -> None:
    """Register the event."""
    app.connect("config-inited", provide)
