"""The networks of `numpy_models` as plain loss functions, which autograd differentiates.

Nothing here is derived by hand: `rnn`, `lstm`, `gru` and `cross_entropy` say how the loss is
computed from a dict of parameters, and autograd's tape does the rest. So states are collected in
lists and stacked; assigning them to the places of an array would leave the tape.

A network is its number of `gates` and its `layer`: a subclass of `RNN` with its own two is a new
network, with gradients. A layer with a second bias names both in `biases`, and is given it last.
"""

import autograd.numpy as np
from autograd import grad_and_aux
from autograd.builtins import tuple as traced_tuple
from autograd.scipy.special import expit as sigmoid

from unrolled import numpy_models


def rnn(drive, weight_hh, hidden):
    """Run one layer of the simple recurrent network.

    Parameters
    ----------
    drive : array, shape (T, B, H)
        What the layer's input and bias contribute at each step: W_ih x_t + b.
    weight_hh : array, shape (H, H)
        W_hh.
    hidden : array, shape (B, H)
        The state to start from.

    Returns
    -------
    states : array, shape (T, B, H)
        The hidden state after each step.
    hidden : array, shape (B, H)
        The last of them.
    """
    recur, states = weight_hh.T, []
    for driven in drive:
        hidden = np.tanh(driven + hidden @ recur)
        states.append(hidden)
    return np.stack(states), hidden


def lstm(drive, weight_hh, state):
    """Run one layer of the LSTM.

    Parameters
    ----------
    drive : array, shape (T, B, 4H)
        What the layer's input and bias contribute to i, f, g, o at each step.
    weight_hh : array, shape (4H, H)
        W_hh, its blocks in the same order.
    state : pair of arrays, each (B, H)
        The hidden and the cell state to start from.

    Returns
    -------
    states : array, shape (T, B, H)
        The hidden state after each step.
    state : pair of arrays, each (B, H)
        The last hidden and cell state.
    """
    hidden, cell = state
    recur, states = weight_hh.T, []
    for driven in drive:
        i, f, g, o = np.split(driven + hidden @ recur, 4, axis=-1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        states.append(hidden)
    return np.stack(states), (hidden, cell)


def gru(drive, weight_hh, hidden, bias_hh):
    """Run one layer of the GRU, in PyTorch's variant: see `numpy_models.GRU`.

    Parameters
    ----------
    drive : array, shape (T, B, 3H)
        What the layer's input and first bias contribute to r, u, n at each step.
    weight_hh : array, shape (3H, H)
        W_hh, its blocks in the same order.
    hidden : array, shape (B, H)
        The state to start from.
    bias_hh : array, shape (3H,)
        The bias that goes with W_hh.

    Returns
    -------
    states : array, shape (T, B, H)
        The hidden state after each step.
    hidden : array, shape (B, H)
        The last of them.
    """
    recur, states = weight_hh.T, []
    for driven in drive:
        by_r, by_u, by_n = np.split(hidden @ recur + bias_hh, 3, axis=-1)
        r, u, n = np.split(driven, 3, axis=-1)
        r, u = sigmoid(r + by_r), sigmoid(u + by_u)
        hidden = (1 - u) * np.tanh(n + r * by_n) + u * hidden
        states.append(hidden)
    return np.stack(states), hidden


def cross_entropy(logits, targets):
    """Mean cross-entropy of the targets.

    Parameters
    ----------
    logits : array, shape (T, B, V)
        Unnormalized log-probabilities.
    targets : ndarray of int, shape (T, B)
        Token ids, each below V.

    Returns
    -------
    float
        Mean over all places, in nats.
    """
    num_steps, batch_size = targets.shape
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    picked = shifted[np.arange(num_steps)[:, None], np.arange(batch_size), targets]  # (T, B)
    return np.mean(np.log(np.sum(np.exp(shifted), axis=-1)) - picked)


class _Differentiated:
    """Puts a loss and autograd in the place of a NumPy model's hand-written passes."""

    def loss(self, params, inputs, targets, state=None):
        """Mean cross-entropy as a function of the parameters, for autograd to differentiate.

        Parameters
        ----------
        params : dict of array
            Named and shaped as the model's own `params`, which this does not read.
        inputs, targets, state
            As in `loss_and_grads`.

        Returns
        -------
        loss : float
            Nats per token.
        state
            The state after the last step.

        Raises
        ------
        ValueError
            As in `loss_and_grads`.
        """
        inputs, targets = self._checked_pair(inputs, targets)
        logits, state = self._read(params, inputs, state)
        return cross_entropy(logits, targets), state

    def loss_and_grads(self, inputs, targets, state=None):
        def loss_and_rest(params):
            loss, after = self.loss(params, inputs, targets, state)
            return loss, traced_tuple((loss, after))

        grads, (loss, state) = grad_and_aux(loss_and_rest)(self.params)
        return float(loss), grads, state

    def forward(self, inputs, state=None):
        return self._read(self.params, inputs, state)

    loss_and_grads.__doc__ = numpy_models.RNN.loss_and_grads.__doc__
    forward.__doc__ = numpy_models.RNN.forward.__doc__

    def _stacked(self, states):
        return np.stack(states)

    def _read(self, params, inputs, state):
        """Logits and last state, as a function of the parameters."""
        below = self._checked_ids(inputs, "inputs")
        states = self._checked_state(state, below.shape[1])
        for layer in range(self.num_layers):
            weight, recur = params[f"weight_ih_l{layer}"].T, params[f"weight_hh_l{layer}"]
            bias, *second = (params[f"{name}_l{layer}"] for name in self.biases)
            drive = (weight[below] if layer == 0 else below @ weight) + bias  # (T, B, gates * H)
            below, states[layer] = self.layer(drive, recur, states[layer], *second)
        return below @ params["weight_out"].T + params["bias_out"], self._stacked(states)


class RNN(_Differentiated, numpy_models.RNN):
    """The network of `numpy_models.RNN`, with gradients by autograd: use it in the same way."""

    layer = staticmethod(rnn)


class LSTM(_Differentiated, numpy_models.LSTM):
    """The network of `numpy_models.LSTM`, with gradients by autograd: use it in the same way."""

    layer = staticmethod(lstm)

    def _stacked(self, states):
        hidden, cell = zip(*states, strict=True)
        return traced_tuple((np.stack(hidden), np.stack(cell)))


class GRU(_Differentiated, numpy_models.GRU):
    """The network of `numpy_models.GRU`, with gradients by autograd: use it in the same way."""

    layer = staticmethod(gru)
