"""Train chapter 1's network from five starts on each text, and count.

And how fast its gradient shrinks on the way back, before training and after; and before training,
for several numbers of units.
"""

from experiments import counted, read
from unrolled import learning, memory, optimizers
from unrolled.numpy_models import RNN

PACKAGES = ("numpy",)
PASSES = {"play": 12, "shakespeare": 4}
SEEDS = range(5)
PLAN = {"batch_size": 32, "num_steps": 32, "halve_when_worse": True}
FORGETTING = ("play",)  # the texts on which forgetting is measured
UNITS = (64, 128, 256, 512)
LAGS = 40


def gathered(found):
    """Several dicts of numbers as one dict of lists."""
    return {name: [one[name] for one in found] for name in found[0]}


def measure(corpus, passes):
    """Held-out losses of one text, in nats per character: five networks, and counting."""
    size, train_ids, validation_ids = read(corpus)
    losses, before, after = [], [], []
    for seed in SEEDS:
        model, optimizer = RNN(size, hidden_size=128, seed=seed), optimizers.Adam(0.004)
        before.append(memory.forgetting(model.params, validation_ids, LAGS))
        history = learning.train(model, optimizer, train_ids, validation_ids, epochs=passes, **PLAN)
        after.append(memory.forgetting(model.params, validation_ids, LAGS))
        losses.append(history.validation[-1][1])
        print(f"{corpus}, seed {seed}: {losses[-1]:.4f} nats per character", flush=True)
    found = {"passes": passes, "validation_nats": losses}
    if corpus in FORGETTING:
        found["forgetting"] = {
            "lags": LAGS,
            "before training": gathered(before),
            "after training": gathered(after),
        }
    return found | {"counting_nats": counted(size, train_ids, validation_ids)}


def by_units():
    """Forgetting of untrained networks on the play, for each number of units and seed."""
    size, _, validation_ids = read("play")
    return {
        str(units): gathered(
            [
                memory.forgetting(RNN(size, units, seed=seed).params, validation_ids, LAGS)
                for seed in SEEDS
            ]
        )
        for units in UNITS
    }


def facts():
    """Both texts."""
    model = "RNN, 1 layer of 128, float64; Adam 0.004, 32 rows, 32 steps"
    found = {corpus: measure(corpus, n) for corpus, n in PASSES.items()}
    return {"model": model} | found | {"untrained": by_units()}
