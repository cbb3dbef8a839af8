"""What chapter 1's network writes before training and after, and what its way back is worth.

The chapter shows the first before it trains, and asserts that its own training ends in the same.
"""

from experiments import read
from unrolled import generation, learning, optimizers, text
from unrolled.numpy_models import RNN

PACKAGES = ("numpy",)
EPOCHS, HIDDEN, RATE = 12, 128, 0.004
SEEDS = range(5)
PLAN = {"batch_size": 32, "num_steps": 32, "halve_when_worse": True}
PROMPT, LENGTH = "Wren:\n", {"before": 60, "after": 170}


class WithoutWayBack(RNN):
    """An RNN whose gradient forgets the future: no step hears of the losses of later ones."""

    def _layer_backward(self, layer, d_hidden, cache):
        (hidden,) = cache
        da = d_hidden * (1 - hidden[1:] ** 2)  # from_future is left out
        return da, {"weight_hh": da.reshape(-1, HIDDEN).T @ hidden[:-1].reshape(-1, HIDDEN)}


def trained(kind, seed):
    """A network of a kind after its training, and its held-out loss, nats per character."""
    size, train_ids, validation_ids = read("play")
    model, optimizer = kind(size, HIDDEN, seed=seed), optimizers.Adam(RATE)
    history = learning.train(model, optimizer, train_ids, validation_ids, epochs=EPOCHS, **PLAN)
    print(f"{kind.__name__}, seed {seed}: {history.validation[-1][1]:.4f}", flush=True)
    return model, history.validation[-1][1]


def facts():
    """Two samples, and the losses with and without the way back, by start."""
    vocabulary = text.Vocabulary.from_text(text.load_corpus("play"))
    untrained = RNN(len(vocabulary), HIDDEN, seed=SEEDS[0])
    runs = {kind: [trained(kind, seed) for seed in SEEDS] for kind in (RNN, WithoutWayBack)}
    models = {"before": untrained, "after": runs[RNN][0][0]}
    return {
        "model": "RNN, 1 layer of 128, float64; Adam 0.004, 32 rows, 32 steps",
        "epochs": EPOCHS,
        "prompt": PROMPT,
        "samples": {
            moment: generation.sample(model, vocabulary, PROMPT, LENGTH[moment], seed=0)
            for moment, model in models.items()
        },
        "validation_nats": {
            "right": [loss for _, loss in runs[RNN]],
            "without the way back": [loss for _, loss in runs[WithoutWayBack]],
        },
    }
