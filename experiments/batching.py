"""What each choice costs: chapter 4's LSTM, five starts each; writes data/results/batching.json.

Run it as `make results`. Tiny Shakespeare is downloaded, or taken from the folder UNROLLED_DATA.
"""

import torch
from torch import nn

from unrolled import learning, results, text
from unrolled.numpy_models import softmax
from unrolled.torch_models import CharacterModel, NumPyModel, each

CHARACTERS = 100_000  # of a training text, at most
PASSES = {"play": 4, "shakespeare": 4}
SEEDS = range(5)
B, T = 16, 32
CHOICES = [
    "right",
    "state reset",
    "cell state reset",
    "rows dealt",
    "softmax twice",
    "gradients not zeroed",
]


def dealt_batches(ids):
    """Deal neighboring characters to neighboring rows: what reshape(-1, B) does."""
    for start in range(0, len(ids) - T * B, T * B):
        piece = ids[start : start + T * B + 1]
        yield piece[:-1].reshape(-1, B), piece[1:].reshape(-1, B)


def next_state(state, choice):
    """Choose what the next chunk starts from."""
    if choice == "state reset":
        return None
    hidden, cell = each(torch.Tensor.detach, state)
    return hidden, torch.zeros_like(cell) if choice == "cell state reset" else cell


def train(ids, vocab_size, passes, choice, seed):
    """Train an LSTM of 64 with one choice made differently; returns the model."""
    torch.manual_seed(seed)
    model = CharacterModel(vocab_size, hidden_size=64)
    optimizer = torch.optim.Adam(model.parameters(), 0.004)
    for _ in range(passes):
        state = None
        batches = dealt_batches(ids) if choice == "rows dealt" else text.stream_batches(ids, B, T)
        for pair in batches:
            inputs, targets = map(torch.from_numpy, pair)
            if choice != "gradients not zeroed":
                optimizer.zero_grad()
            logits, state = model(inputs, state)
            if choice == "softmax twice":
                logits = logits.softmax(dim=-1)
            nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            state = next_state(state, choice)
    return NumPyModel(model.eval())


class SoftmaxTwice(NumPyModel):
    """Hands on probabilities where logits belong: gives the loss that such a training reports."""

    def forward(self, inputs, state=None):
        """Read a batch."""
        logits, state = super().forward(inputs, state)
        return softmax(logits), state


def measure(corpus, passes):
    """Validation losses on one text, nats per character: by choice, one for each start."""
    characters = text.load_corpus(corpus)
    vocabulary = text.Vocabulary.from_text(characters)
    train_ids, validation_ids = text.train_validation_split(vocabulary.encode(characters))
    train_ids, losses = train_ids[:CHARACTERS], {}
    for choice in CHOICES:
        losses[choice] = {"carried": [], "cold": []}
        for seed in SEEDS:
            model = train(train_ids, len(vocabulary), passes, choice, seed)
            if choice == "softmax twice":
                reported = learning.evaluate(SoftmaxTwice(model.module), validation_ids)
                losses[choice].setdefault("reported", []).append(reported)
            carried = learning.evaluate(model, validation_ids)
            cold = learning.evaluate(model, validation_ids, num_steps=T, carry_state=False)
            losses[choice]["carried"].append(carried)
            losses[choice]["cold"].append(cold)
            print(f"{corpus}, {choice}, seed {seed}: {carried:.4f}, cold {cold:.4f}", flush=True)
    return {"passes": passes, "characters": len(train_ids), "validation_nats": losses}


if __name__ == "__main__":
    torch.set_num_threads(1)
    model = f"LSTM, 1 layer of 64, float32; Adam 0.004, clipped at 5, {B} rows, {T} steps"
    facts = {corpus: measure(corpus, passes) for corpus, passes in PASSES.items()}
    facts |= {"model": model, "num_steps": T, "batch_size": B, "command": "make results"}
    results.save("batching", facts, ("numpy", "torch"))
