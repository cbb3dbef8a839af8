"""Train chapter 1's network from five starts on each text, and write data/results/rnn.json.

Run it as `make results`. Tiny Shakespeare is downloaded, or taken from the folder UNROLLED_DATA.
"""

import numpy as np

from unrolled import counting, learning, optimizers, results, text
from unrolled.numpy_models import RNN

PASSES = {"play": 12, "shakespeare": 4}
SEEDS = range(5)


def measure(corpus, passes):
    """Held-out losses of one text, in nats per character: five networks, and counting."""
    characters = text.load_corpus(corpus)
    vocabulary = text.Vocabulary.from_text(characters)
    train_ids, validation_ids = text.train_validation_split(vocabulary.encode(characters))
    losses = []
    for seed in SEEDS:
        model = RNN(len(vocabulary), hidden_size=128, seed=seed)
        history = learning.train(
            model,
            optimizers.Adam(0.004),
            train_ids,
            validation_ids,
            epochs=passes,
            batch_size=32,
            num_steps=32,
            halve_when_worse=True,
        )
        losses.append(history.validation[-1][1])
        print(f"{corpus}, seed {seed}: {losses[-1]:.4f} nats per character", flush=True)
    counted = [
        -np.log(counting.witten_bell(train_ids, validation_ids, len(vocabulary), k)).mean()
        for k in range(6)
    ]
    return {"passes": passes, "validation_nats": losses, "counting_nats": counted}


if __name__ == "__main__":
    facts = {corpus: measure(corpus, passes) for corpus, passes in PASSES.items()}
    model = "RNN, 1 layer of 128, float64; Adam 0.004, 32 rows, 32 steps"
    results.save("rnn", {"model": model, "command": "make results"} | facts)
