"""One weight file: saved by NumPy, and the same network in NumPy, autograd and PyTorch."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_twin import differences

from unrolled import autograd_models, numpy_models, optimizers, text, weights
from unrolled.torch_models import CharacterModel, NumPyModel

STEPS, RATE = 100, 0.1
small = st.integers(1, 6)


@settings(max_examples=8)
@given(
    cell=st.sampled_from(["RNN", "LSTM", "GRU"]),
    sizes=st.fixed_dictionaries({"num_steps": small, "batch_size": small, "hidden_size": small}),
    vocab_size=st.integers(2, 9),
    num_layers=st.integers(1, 2),
    seed=st.integers(0, 2**32),
)
def test_three_libraries_learn_the_same(
    tmp_path_factory, cell, sizes, vocab_size, num_layers, seed
):
    rng, T = np.random.default_rng(seed), sizes["num_steps"]
    ids = rng.integers(0, vocab_size, 1 + sizes["batch_size"] * T * 8)
    shape = vocab_size, sizes["hidden_size"], num_layers
    first = getattr(numpy_models, cell)(*shape, seed)
    batches = list(text.stream_batches(ids, sizes["batch_size"], T))
    learn(first, batches, 10)
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    weights.save_weights(path, first.params, text.Vocabulary("abcdefghi"[:vocab_size]))

    params, _ = weights.load_arrays(path)
    models = [getattr(module, cell)(*shape) for module in (numpy_models, autograd_models)]
    for model in models:
        model.params = {name: array.copy() for name, array in params.items()}
    models.append(NumPyModel(CharacterModel.from_params(params)))
    _, state = models[0].forward(batches[0][0])
    for other in models[1:]:
        found = differences(models[0], other, *batches[1], state)
        assert max(found.values()) < 1e-11, found
    curves = np.array([learn(model, batches, STEPS) for model in models])
    assert np.abs(curves - curves[0]).max() < 1e-10
    assert curves[0, -1] != curves[0, 0]


def learn(model, batches, steps):
    """Train by plain gradient descent, each library with its own: the loss of each step."""
    in_torch = isinstance(model, NumPyModel)
    if in_torch:
        optimizer = torch.optim.SGD(model.module.parameters(), RATE)
    else:
        optimizer = optimizers.SGD(RATE)
    losses, state = [], None
    for step in range(steps):
        place = step % len(batches)
        loss, grads, state = model.loss_and_grads(*batches[place], state if place else None)
        optimizer.step(*() if in_torch else (model.params, grads))
        losses.append(loss)
    return losses
