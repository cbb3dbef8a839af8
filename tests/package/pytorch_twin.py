"""What the book's other networks must equal: the same network in PyTorch, weights copied."""

import numpy as np

from unrolled.torch_models import CharacterModel, NumPyModel


def twin(model):
    """Build the PyTorch network with a model's parameters, with the same interface."""
    return NumPyModel(CharacterModel.from_params(model.params))


def differences(model, other, inputs, targets, state):
    """Largest absolute difference between two models: of logits, loss, state and each gradient."""
    mine, theirs = (everything(m, inputs, targets, state) for m in (model, other))
    assert mine.keys() == theirs.keys()
    return {name: np.abs(np.subtract(mine[name], theirs[name])).max() for name in mine}


def everything(model, inputs, targets, state):
    """All that a model computes for a batch, by name."""
    logits, last = model.forward(inputs, state)
    loss, grads, last_too = model.loss_and_grads(inputs, targets, state)
    assert np.array_equal(last, last_too)
    return {"logits": logits, "loss": loss, "state": np.asarray(last)} | grads
