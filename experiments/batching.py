"""What each choice costs: chapter 4's LSTM, trained right and with each mistake, on two texts.

Every choice has five starts, and sees part of a training text.
"""

import torch

from experiments import read
from unrolled import batching, learning
from unrolled.numpy_models import softmax
from unrolled.torch_models import CharacterModel, NumPyModel

PACKAGES = ("numpy", "torch")
CHARACTERS = 100_000  # of a training text, at most
PASSES = {"play": 4, "shakespeare": 4}
SEEDS = range(5)
PLAN = {"batch_size": 16, "num_steps": 32, "learning_rate": 0.004, "clip": 5.0}


class SoftmaxTwice(NumPyModel):
    """Hands on probabilities where logits belong: gives the loss that such a training reports."""

    def forward(self, inputs, state=None):
        """Read a batch."""
        logits, state = super().forward(inputs, state)
        return softmax(logits), state


def measure(corpus, passes):
    """Validation losses on one text, nats per character: by choice, one for each start."""
    size, train_ids, validation_ids = read(corpus)
    train_ids, losses = train_ids[:CHARACTERS], {}
    for choice in ("right", *batching.MISTAKES):
        losses[choice] = {"carried": [], "cold": []}
        for seed in SEEDS:
            torch.manual_seed(seed)
            module = CharacterModel(size, hidden_size=64)
            mistake = None if choice == "right" else choice
            batching.train(module, train_ids, passes, mistake, **PLAN)
            model = NumPyModel(module.eval())
            if choice == "softmax twice":
                reported = learning.evaluate(SoftmaxTwice(module), validation_ids)
                losses[choice].setdefault("reported", []).append(reported)
            carried = learning.evaluate(model, validation_ids)
            how = {"num_steps": PLAN["num_steps"], "carry_state": False}
            cold = learning.evaluate(model, validation_ids, **how)
            losses[choice]["carried"].append(carried)
            losses[choice]["cold"].append(cold)
            print(f"{corpus}, {choice}, seed {seed}: {carried:.4f}, cold {cold:.4f}", flush=True)
    return {"passes": passes, "characters": len(train_ids), "validation_nats": losses}


def facts():
    """Both texts."""
    torch.set_num_threads(1)
    found = {corpus: measure(corpus, passes) for corpus, passes in PASSES.items()}
    model = (
        "LSTM, 1 layer of 64, float32; Adam {learning_rate}, clipped at {clip:g}, "
        "{batch_size} rows, {num_steps} steps"
    ).format(**PLAN)
    return found | {"model": model, **{name: PLAN[name] for name in ("num_steps", "batch_size")}}
