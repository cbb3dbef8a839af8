"""The same network in PyTorch, weights copied: what the NumPy networks must equal."""

import torch


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
    logits, loss, state, grads
        As the NumPy model gives them.
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
    return logits.detach().numpy(), loss.item(), each(lambda s: s.detach().numpy(), last), grads


def each(function, state):
    """Apply a function to a state: an array, a pair of them, or None."""
    if state is None:
        return None
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)
