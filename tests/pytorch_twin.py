"""The same network in PyTorch, weights copied: what the NumPy networks must equal."""

import numpy as np
import torch


def differences(kind, model, inputs, targets, state):
    """Largest absolute difference from the twin: of logits, loss, state and each gradient."""
    logits, last = model.forward(inputs, state)
    loss, grads, last_too = model.loss_and_grads(inputs, targets, state)
    assert np.array_equal(last, last_too)
    mine = {"logits": logits, "loss": loss, "state": last} | grads
    theirs = in_torch(kind, model, inputs, targets, state)
    assert mine.keys() == theirs.keys()
    return {name: np.abs(np.subtract(mine[name], theirs[name])).max() for name in mine}


def in_torch(kind, model, inputs, targets, state):
    """Run a NumPy model's twin.

    Parameters
    ----------
    kind : type
        `torch.nn.RNN` or `torch.nn.LSTM`.
    model
        Its NumPy counterpart, float64.
    inputs, targets : ndarray of int, shape (T, B)
    state : ndarray, tuple of ndarray, or None

    Returns
    -------
    dict
        logits, loss, state and, by the parameters' names, the gradients.
    """
    layers = kind(model.vocab_size, model.hidden_size, model.num_layers).double()  # time first
    head = torch.nn.Linear(model.hidden_size, model.vocab_size).double()
    pairs = {"weight_out": head.weight, "bias_out": head.bias}
    for layer in range(model.num_layers):
        pairs[f"weight_ih_l{layer}"] = getattr(layers, f"weight_ih_l{layer}")
        pairs[f"weight_hh_l{layer}"] = getattr(layers, f"weight_hh_l{layer}")
        pairs[f"bias_l{layer}"] = getattr(layers, f"bias_ih_l{layer}")
        torch.nn.init.zeros_(getattr(layers, f"bias_hh_l{layer}"))  # two biases: their sum counts
    with torch.no_grad():
        for name, tensor in pairs.items():
            tensor.copy_(torch.from_numpy(model.params[name]))
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(inputs), model.vocab_size).double()
    hidden, last = layers(one_hot, each(torch.from_numpy, state))
    logits = head(hidden)
    loss = torch.nn.CrossEntropyLoss()(logits.flatten(0, 1), torch.from_numpy(targets).flatten())
    loss.backward()
    grads = {name: tensor.grad.numpy() for name, tensor in pairs.items()}
    state = each(lambda part: part.detach().numpy(), last)
    return {"logits": logits.detach().numpy(), "loss": loss.item(), "state": state} | grads


def each(function, state):
    """Apply a function to a state: an array, a pair of them, or None."""
    if state is None:
        return None
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)
