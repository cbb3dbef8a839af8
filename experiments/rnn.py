"""Train chapter 1's network from five starts on each text, and count."""

from experiments import counted, read
from unrolled import learning, optimizers
from unrolled.numpy_models import RNN

PACKAGES = ("numpy",)
PASSES = {"play": 12, "shakespeare": 4}
SEEDS = range(5)
PLAN = {"batch_size": 32, "num_steps": 32, "halve_when_worse": True}


def measure(corpus, passes):
    """Held-out losses of one text, in nats per character: five networks, and counting."""
    size, train_ids, validation_ids = read(corpus)
    losses = []
    for seed in SEEDS:
        model, optimizer = RNN(size, hidden_size=128, seed=seed), optimizers.Adam(0.004)
        history = learning.train(model, optimizer, train_ids, validation_ids, epochs=passes, **PLAN)
        losses.append(history.validation[-1][1])
        print(f"{corpus}, seed {seed}: {losses[-1]:.4f} nats per character", flush=True)
    found = {"passes": passes, "validation_nats": losses}
    return found | {"counting_nats": counted(size, train_ids, validation_ids)}


def facts():
    """Both texts."""
    model = "RNN, 1 layer of 128, float64; Adam 0.004, 32 rows, 32 steps"
    return {"model": model} | {corpus: measure(corpus, n) for corpus, n in PASSES.items()}
