"""Recurrent networks in NumPy: batched, stacked, every gradient derived by hand.

The notebooks build these networks one sequence and one step at a time. Here is the same mathematics
for a batch of sequences and a stack of layers. Parameters carry PyTorch's names and layouts, so
that a dict of arrays can move between the libraries; the one difference is that each layer has a
single bias, the sum of PyTorch's two.
"""

import numpy as np


def log_softmax(logits):
    """Logarithm of the softmax over the last axis, safe for logits of any size.

    Subtracting the largest logit first changes nothing in exact arithmetic and keeps ``exp`` from
    overflowing.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Unnormalized log-probabilities.

    Returns
    -------
    ndarray, shape (..., V)
        Log-probabilities in nats: never positive; their exponentials sum to one.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits):
    """Probabilities over the last axis, safe for logits of any size.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Unnormalized log-probabilities.

    Returns
    -------
    ndarray, shape (..., V)
        Probabilities that sum to one.
    """
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def cross_entropy(logits, targets):
    """Mean cross-entropy of the targets, and its gradient with respect to the logits.

    Parameters
    ----------
    logits : ndarray of float, shape (..., V)
        Unnormalized log-probabilities.
    targets : ndarray of int, shape (...)
        The index of the right class at each place.

    Returns
    -------
    loss : float
        Mean over all places, in nats.
    grad : ndarray, shape (..., V)
        Gradient of that mean: (softmax - one-hot) / number of places.

    Raises
    ------
    ValueError
        If the targets' shape is not that of the logits without V, or a target is not in 0 to V - 1.
    """
    size = logits.shape[-1]
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets have shape {targets.shape}; logits of shape {logits.shape} need "
            f"{logits.shape[:-1]}"
        )
    if targets.min() < 0 or targets.max() >= size:
        raise ValueError(
            f"targets go from {targets.min()} to {targets.max()}; the logits are for ids 0 to "
            f"{size - 1}"
        )
    shape, logits, targets = logits.shape, logits.reshape(-1, size), targets.ravel()  # (N, V)
    rows = np.arange(len(targets))
    grad = logits - logits.max(axis=-1, keepdims=True)
    picked = grad[rows, targets]
    np.exp(grad, out=grad)
    sums = grad.sum(axis=-1, keepdims=True)
    loss = np.mean(np.log(sums[:, 0]) - picked)  # minus the log-softmax of the targets
    grad /= sums * len(targets)
    grad[rows, targets] -= 1 / len(targets)
    return float(loss), grad.reshape(shape)


class _CharacterModel:
    """What every character model shares: parameters, checks, the stack of layers, the output head.

    A subclass names its number of gates and writes two methods, for one layer over all time steps:

    ``_layer_forward(layer, drive, state) -> (hidden, cache, state)`` and
    ``_layer_backward(layer, d_hidden, cache) -> (d_drive, grad of weight_hh)``

    where the drive, (T, B, gates * H), is what the layer's input and bias contribute at each step.
    It does not depend on the layer's own past, so it is computed for all steps in one matrix
    product.
    """

    gates = 1

    def __init__(self, vocab_size, hidden_size, num_layers=1, seed=0, dtype=np.float64):
        for name, value in [
            ("vocab_size", vocab_size),
            ("hidden_size", hidden_size),
            ("num_layers", num_layers),
        ]:
            if not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1, not {value!r}")
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"dtype must be numpy.float32 or numpy.float64, not {dtype!r}")
        self.vocab_size, self.hidden_size, self.num_layers = vocab_size, hidden_size, num_layers
        self.dtype = np.dtype(dtype)
        self._buffers = {}
        rng = np.random.default_rng(seed)
        bound = 1 / np.sqrt(hidden_size)
        self.params = {
            name: rng.uniform(-bound, bound, shape).astype(self.dtype)
            for name, shape in self._shapes().items()
        }

    @property
    def params(self):
        """The parameters, a dict of arrays: change them in place, or set all of them at once."""
        return self._params

    @params.setter
    def params(self, params):
        wanted = self._shapes()
        found = {name: np.shape(array) for name, array in params.items()}
        wrong = [
            f"{name}: wanted {wanted.get(name, 'none')}, found {found.get(name, 'none')}"
            for name in wanted | found
            if wanted.get(name) != found.get(name)
        ]
        if wrong:
            raise ValueError(f"the parameters' shapes don't fit this model: {'; '.join(wrong)}")
        self._params = {name: np.asarray(params[name], self.dtype) for name in wanted}

    def _shapes(self):
        rows, hidden = self.gates * self.hidden_size, self.hidden_size
        shapes = {}
        for layer in range(self.num_layers):
            shapes[f"weight_ih_l{layer}"] = (rows, self.vocab_size if layer == 0 else hidden)
            shapes[f"weight_hh_l{layer}"] = (rows, hidden)
            shapes[f"bias_l{layer}"] = (rows,)
        return shapes | {"weight_out": (self.vocab_size, hidden), "bias_out": (self.vocab_size,)}

    def forward(self, inputs, state=None):
        """Read a batch of sequences.

        Parameters
        ----------
        inputs : ndarray of int, shape (T, B)
            Token ids, time first.
        state : optional
            Where to start: the state that an earlier call returned. Zeros if not given.

        Returns
        -------
        logits : ndarray, shape (T, B, V)
            Unnormalized log-probabilities of the token that follows each input.
        state
            The state after the last step.

        Raises
        ------
        ValueError
            If the ids are not a (T, B) array of integers below V, or the state does not fit the
            batch.
        """
        logits, state, _ = self._run(inputs, state)
        return logits, state

    def loss_and_grads(self, inputs, targets, state=None):
        """Loss of a batch, and its gradient for every parameter by back-propagation through time.

        The gradient stops at the first step: `state` counts as a constant (truncated
        back-propagation through time, when the state of one chunk is handed to the next).

        Parameters
        ----------
        inputs, targets : ndarray of int, shape (T, B)
            Token ids, and the ids that follow them.
        state : optional
            As in `forward`.

        Returns
        -------
        loss : float
            Mean cross-entropy, nats per token.
        grads : dict of ndarray
            Gradient of that mean; names and shapes are those of `params`.
        state
            The state after the last step.

        Raises
        ------
        ValueError
            As in `forward`, and if the targets are no such ids or differ from the inputs in shape.
        """
        targets = self._checked_ids(targets, "targets")
        if targets.shape != np.shape(inputs):
            raise ValueError(
                f"targets have shape {targets.shape}, inputs {np.shape(inputs)}: they must be the "
                "same"
            )
        logits, state, caches = self._run(inputs, state)
        loss, d_logits = cross_entropy(logits, targets)
        return loss, self._backward(d_logits, caches), state

    def _run(self, inputs, state):
        ids = self._checked_ids(inputs, "inputs")
        states = self._checked_state(state, ids.shape[1])
        p, below, caches = self.params, None, []
        for layer in range(self.num_layers):
            weight, bias = p[f"weight_ih_l{layer}"].T, p[f"bias_l{layer}"]
            drive = self._buffer(f"drive_l{layer}", *ids.shape, len(bias))
            if layer == 0:  # a one-hot vector times a matrix picks a row of it
                np.take(weight + bias, ids, axis=0, out=drive, mode="clip")
            else:
                np.matmul(below, weight, out=drive)
                drive += bias
            hidden, cache, states[layer] = self._layer_forward(layer, drive, states[layer])
            caches.append((ids if layer == 0 else below, hidden, cache))
            below = hidden  # (T, B, H)
        logits = below @ p["weight_out"].T + p["bias_out"]  # (T, B, V)
        return logits, self._stacked(states), caches

    def _backward(self, d_logits, caches):
        top = _rows(caches[-1][1])  # (T * B, H)
        d_out = _rows(d_logits)
        grads = {"weight_out": d_out.T @ top, "bias_out": d_out.sum(axis=0)}
        d_hidden = self._buffer("d_hidden", *d_logits.shape[:2], self.hidden_size)
        np.matmul(d_logits, self.params["weight_out"], out=d_hidden)
        for layer in reversed(range(self.num_layers)):
            below, _, cache = caches[layer]
            d_drive, grads[f"weight_hh_l{layer}"] = self._layer_backward(layer, d_hidden, cache)
            rows = _rows(d_drive)  # (T * B, gates * H)
            if layer > 0:
                grads[f"weight_ih_l{layer}"] = rows.T @ _rows(below)
                grads[f"bias_l{layer}"] = rows.sum(axis=0)
                np.matmul(d_drive, self.params[f"weight_ih_l{layer}"], out=d_hidden)
            else:
                one_hot = np.zeros((below.size, self.vocab_size), self.dtype)
                one_hot[np.arange(below.size), below.ravel()] = 1
                grads["weight_ih_l0"] = rows.T @ one_hot
                grads["bias_l0"] = grads["weight_ih_l0"].sum(axis=1)  # each row has one 1
        return {name: grads[name] for name in self.params}

    def _buffer(self, name, *shape):
        """Memory that is kept from call to call, so that large arrays are allocated once."""
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = np.empty(shape, self.dtype)
        return buffer

    def _checked_ids(self, ids, name):
        ids = np.asarray(ids)
        if ids.ndim != 2 or not np.issubdtype(ids.dtype, np.integer) or ids.size == 0:
            raise ValueError(
                f"{name} must be integers of shape (T, B), neither of them 0; "
                f"got {ids.dtype} of shape {ids.shape}"
            )
        outside = (ids < 0) | (ids >= self.vocab_size)
        if outside.any():
            t, b = np.argwhere(outside)[0]
            raise ValueError(
                f"{name}[{t}, {b}] is {ids[t, b]}; the vocabulary has ids 0 to "
                f"{self.vocab_size - 1}"
            )
        return ids

    def _checked_array(self, array, batch_size, name):
        shape = (self.num_layers, batch_size, self.hidden_size)
        if np.shape(array) != shape:
            raise ValueError(
                f"{name} has shape {np.shape(array)}; this batch needs (L, B, H) = {shape}"
            )
        return np.asarray(array, self.dtype)


class RNN(_CharacterModel):
    """The simple (Elman) recurrent network over characters, tanh activation, one or more layers.

    h_t = tanh(W_ih x_t + W_hh h_{t-1} + b), and the logits are W_out h_t + b_out, from the top
    layer. All parameters start uniform in ±1/sqrt(hidden_size), as in PyTorch.

    Parameters
    ----------
    vocab_size : int
        V, the number of distinct tokens.
    hidden_size : int
        H, the number of hidden units in each layer.
    num_layers : int, default 1
        L. Each layer reads the hidden states of the one below.
    seed : int, default 0
        Seed of the starting parameters.
    dtype : {numpy.float64, numpy.float32}
        Precision of everything.

    Raises
    ------
    ValueError
        If a size is not an integer of at least 1, or the dtype is neither of the two.

    Attributes
    ----------
    params : dict of ndarray
        ``weight_ih_l{k}`` (H, V) in the first layer and (H, H) above, ``weight_hh_l{k}`` (H, H),
        ``bias_l{k}`` (H), ``weight_out`` (V, H), ``bias_out`` (V).

    Notes
    -----
    The state is the hidden state of each layer, an array of shape (L, B, H).

    References
    ----------
    Elman, "Finding structure in time", 1990. Werbos, "Backpropagation through time", 1990.
    """

    def _checked_state(self, state, batch_size):
        if state is None:
            state = np.zeros((self.num_layers, batch_size, self.hidden_size))
        return list(self._checked_array(state, batch_size, "state"))

    def _stacked(self, states):
        return np.stack(states)

    def _layer_forward(self, layer, drive, state):
        recur = self.params[f"weight_hh_l{layer}"].T
        hidden = self._buffer(f"hidden_l{layer}", len(drive) + 1, *state.shape)  # h_0 to h_T
        hidden[0] = state
        for t, driven in enumerate(drive):
            np.tanh(driven + hidden[t] @ recur, out=hidden[t + 1])
        return hidden[1:], hidden, hidden[-1]

    def _layer_backward(self, layer, d_hidden, hidden):
        recur = self.params[f"weight_hh_l{layer}"]
        d_drive = np.empty_like(d_hidden)
        slope = 1 - hidden[1:] ** 2  # tanh' at every step
        from_future = np.zeros_like(hidden[0])  # nothing comes from beyond the last step
        for t in reversed(range(len(d_drive))):
            np.multiply(d_hidden[t] + from_future, slope[t], out=d_drive[t])
            from_future = d_drive[t] @ recur  # replaced at each step, never added up
        return d_drive, _rows(d_drive).T @ _rows(hidden[:-1])


class LSTM(_CharacterModel):
    """The long short-term memory over characters, one or more layers.

    With z = W_ih x_t + W_hh h_{t-1} + b, cut into four blocks of H rows: the input gate i, the
    forget gate f and the output gate o are their blocks' sigmoids, the candidate g its block's
    tanh. Then c_t = f * c_{t-1} + i * g and h_t = o * tanh(c_t). The logits are
    W_out h_t + b_out, from the top layer.

    Parameters
    ----------
    vocab_size : int
        V, the number of distinct tokens.
    hidden_size : int
        H, the number of hidden units, and of cells, in each layer.
    num_layers : int, default 1
        L. Each layer reads the hidden states of the one below.
    seed : int, default 0
        Seed of the starting parameters.
    dtype : {numpy.float64, numpy.float32}
        Precision of everything.
    forget_bias : float, optional
        Start the forget gates' biases at this value instead of at random. At 1 or 2 a new network
        keeps most of its cell state.

    Raises
    ------
    ValueError
        If a size is not an integer of at least 1, the dtype is neither of the two, or the forget
        bias is not finite.

    Attributes
    ----------
    params : dict of ndarray
        ``weight_ih_l{k}`` (4H, V) in the first layer and (4H, H) above, ``weight_hh_l{k}`` (4H, H),
        ``bias_l{k}`` (4H), ``weight_out`` (V, H), ``bias_out`` (V). The blocks are i, f, g, o.

    Notes
    -----
    The state is a pair: the hidden states and the cell states, each an array of shape (L, B, H).

    References
    ----------
    Hochreiter, Schmidhuber, "Long short-term memory", 1997. Gers, Schmidhuber, Cummins, "Learning
    to forget: continual prediction with LSTM", 2000, which added the forget gate.
    """

    gates = 4

    def __init__(
        self,
        vocab_size,
        hidden_size,
        num_layers=1,
        seed=0,
        dtype=np.float64,
        forget_bias=None,
    ):
        super().__init__(vocab_size, hidden_size, num_layers, seed, dtype)
        if forget_bias is not None:
            if not np.isfinite(forget_bias):
                raise ValueError(f"forget_bias must be a finite number, not {forget_bias}")
            for layer in range(num_layers):
                self.params[f"bias_l{layer}"][hidden_size : 2 * hidden_size] = forget_bias

    def _checked_state(self, state, batch_size):
        if state is None:
            zeros = np.zeros((self.num_layers, batch_size, self.hidden_size))
            state = zeros, zeros
        if not isinstance(state, tuple) or len(state) != 2:
            raise ValueError("the state of an LSTM is a pair: hidden states and cell states")
        names = ("hidden state", "cell state")
        checked = [self._checked_array(a, batch_size, n) for a, n in zip(state, names, strict=True)]
        return list(zip(*checked, strict=True))

    def _stacked(self, states):
        hidden, cell = zip(*states, strict=True)
        return np.stack(hidden), np.stack(cell)

    def _blocks(self, gates):
        """The four gates of one step, as views: each (B, H)."""
        return (gates[:, k * self.hidden_size : (k + 1) * self.hidden_size] for k in range(4))

    def _layer_forward(self, layer, drive, state):
        # sigmoid(z) = 1/2 + tanh(z / 2) / 2: one call of tanh serves all four blocks
        half = np.full(drive.shape[-1], 0.5, self.dtype)
        shift = half.copy()
        candidate = slice(2 * self.hidden_size, 3 * self.hidden_size)
        half[candidate], shift[candidate] = 1, 0
        recur = self.params[f"weight_hh_l{layer}"].T
        num_steps, shape = len(drive), state[0].shape
        hidden = self._buffer(f"hidden_l{layer}", num_steps + 1, *shape)  # h_0 to h_T
        cell = self._buffer(f"cell_l{layer}", num_steps + 1, *shape)  # c_0 to c_T
        squashed = self._buffer(f"squashed_l{layer}", num_steps, *shape)  # tanh(c_t)
        hidden[0], cell[0] = state
        recurred, written = np.empty_like(drive[0]), np.empty_like(state[0])
        for t in range(num_steps):
            gates = drive[t]  # becomes i, f, g, o in place
            np.matmul(hidden[t], recur, out=recurred)
            gates += recurred
            gates *= half
            np.tanh(gates, out=gates)
            gates *= half
            gates += shift
            i, f, g, o = self._blocks(gates)
            np.multiply(f, cell[t], out=cell[t + 1])
            np.multiply(i, g, out=written)
            cell[t + 1] += written
            np.tanh(cell[t + 1], out=squashed[t])
            np.multiply(o, squashed[t], out=hidden[t + 1])
        return hidden[1:], (drive, hidden, cell, squashed), (hidden[-1], cell[-1])

    def _layer_backward(self, layer, d_hidden, cache):
        gates, hidden, cell, squashed = cache
        recur = self.params[f"weight_hh_l{layer}"]
        dh, dc, di, dg, df = (np.zeros_like(cell[0]) for _ in range(5))  # of the step at hand
        squares = np.empty_like(gates[0])
        for t in reversed(range(len(gates))):
            i, f, g, o = self._blocks(gates[t])
            dh += d_hidden[t]
            np.multiply(hidden[t + 1], squashed[t], out=di)
            np.subtract(o, di, out=di)  # o * (1 - tanh(c)^2)
            di *= dh
            dc += di
            dh *= squashed[t]  # now the gradient of o
            np.multiply(dc, g, out=di)
            np.multiply(dc, i, out=dg)
            np.multiply(dc, cell[t], out=df)
            dc *= f  # goes on to c_{t-1}
            # Through the gates' own slopes: s - s^2 of a sigmoid, 1 - g^2 of tanh; in their place.
            np.multiply(gates[t], gates[t], out=squares)
            si, sf, sg, so = self._blocks(squares)
            for gate, value, square, d_gate in (
                (i, i, si, di),
                (f, f, sf, df),
                (g, 1, sg, dg),
                (o, o, so, dh),
            ):
                np.subtract(value, square, out=gate)
                gate *= d_gate
            np.matmul(gates[t], recur, out=dh)  # goes on to h_{t-1}
        return gates, _rows(gates).T @ _rows(hidden[:-1])


def _rows(array):
    """A (T, B, N) array as (T * B, N)."""
    return array.reshape(-1, array.shape[-1])
