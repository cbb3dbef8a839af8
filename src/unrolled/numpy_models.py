"""Recurrent networks in NumPy: batched, stacked, every gradient derived by hand.

The notebooks build these networks one sequence and one step at a time. Here is the same mathematics
for a batch of sequences and a stack of layers. Parameters carry PyTorch's names and layouts, so
that a dict of arrays can move between the libraries; the one difference is that each layer has a
single bias, the sum of PyTorch's two.
"""

import numpy as np
from scipy import sparse


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
    grad = np.array(logits)
    loss = _cross_entropy_in_place(grad.reshape(-1, size), targets.ravel())
    return loss, grad


def _cross_entropy_in_place(logits, targets):
    """Turn logits, (N, V), into the loss's gradient for them; return the loss."""
    rows = np.arange(len(targets))
    logits -= logits.max(axis=-1, keepdims=True)
    picked = logits[rows, targets]
    np.exp(logits, out=logits)
    sums = logits.sum(axis=-1, keepdims=True)
    loss = np.mean(np.log(sums[:, 0]) - picked)  # minus the log-softmax of the targets
    logits /= sums * len(targets)
    logits[rows, targets] -= 1 / len(targets)
    return float(loss)


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
        caches, state = self._run(self._checked_ids(inputs, "inputs"), state)
        hidden = caches[-1][0]
        return hidden @ self.params["weight_out"].T + self.params["bias_out"], state

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
        inputs = self._checked_ids(inputs, "inputs")
        targets = self._checked_ids(targets, "targets")
        if targets.shape != inputs.shape:
            raise ValueError(
                f"targets have shape {targets.shape}, inputs {inputs.shape}: they must be the same"
            )
        caches, state = self._run(inputs, state)
        top = _rows(caches[-1][0])  # (T * B, H)
        logits = self._buffer("logits", len(top), self.vocab_size)
        np.matmul(top, self.params["weight_out"].T, out=logits)
        logits += self.params["bias_out"]
        loss = _cross_entropy_in_place(logits, targets.ravel())
        return loss, self._backward(inputs, logits, caches), state

    def _run(self, ids, state):
        """Run the layers from bottom to top, each over all steps."""
        states, caches = self._checked_state(state, ids.shape[1]), []
        for layer in range(self.num_layers):
            weight = self._transposed(f"weight_ih_l{layer}")  # (V or H, gates * H)
            bias = self.params[f"bias_l{layer}"] * self._scale
            drive = self._buffer(f"drive_l{layer}", *ids.shape, len(bias))
            if layer == 0:  # a one-hot vector times a matrix picks a row of it
                weight += bias
                np.take(weight, ids, axis=0, out=drive, mode="clip")
            else:
                np.matmul(caches[-1][0], weight, out=drive)
                drive += bias
            hidden, cache, states[layer] = self._layer_forward(layer, drive, states[layer])
            caches.append((hidden, cache))  # hidden: (T, B, H), what the next layer reads
        return caches, self._stacked(states)

    def _backward(self, ids, d_logits, caches):
        """Run back through the layers from top to bottom; d_logits: (T * B, V)."""
        top, p = caches[-1][0], self.params
        grads = {"weight_out": d_logits.T @ _rows(top), "bias_out": d_logits.sum(axis=0)}
        d_hidden = self._buffer("d_hidden", *top.shape)
        np.matmul(d_logits, p["weight_out"], out=_rows(d_hidden))
        for layer in reversed(range(self.num_layers)):
            d_drive, grads[f"weight_hh_l{layer}"] = self._layer_backward(
                layer, d_hidden, caches[layer][1]
            )
            rows = _rows(d_drive)  # (T * B, gates * H)
            if layer == 0:  # each row's gradient goes to the column of its input
                columns = ids.ravel(), np.arange(ids.size + 1)
                ones = np.ones(ids.size, self.dtype)
                shape = self.vocab_size, ids.size
                one_hot = sparse.csc_array((ones, *columns), shape)
                grads["weight_ih_l0"] = (one_hot @ rows).T
                grads["bias_l0"] = grads["weight_ih_l0"].sum(axis=1)  # each row has one 1
            else:
                grads[f"weight_ih_l{layer}"] = rows.T @ _rows(caches[layer - 1][0])
                grads[f"bias_l{layer}"] = rows.sum(axis=0)
                np.matmul(d_drive, p[f"weight_ih_l{layer}"], out=d_hidden)
        return {name: grads[name] for name in p}

    def _transposed(self, name):
        """A weight's transpose in a block of its own: a product with it is the faster for it."""
        weight = self.params[name].T
        return np.multiply(weight, self._scale, out=self._buffer(name, *weight.shape))

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

    _scale = 1

    def _checked_state(self, state, batch_size):
        if state is None:
            state = np.zeros((self.num_layers, batch_size, self.hidden_size))
        return list(self._checked_array(state, batch_size, "state"))

    def _stacked(self, states):
        return np.stack(states)

    def _layer_forward(self, layer, drive, state):
        recur = self._transposed(f"weight_hh_l{layer}")
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

    With a = W_ih x_t + W_hh h_{t-1} + b, cut into four blocks of H rows: the input gate i, the
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

    @property
    def _scale(self):
        """1/2 for the three gates, 1 for the candidate: see `_layer_forward`."""
        return np.repeat(np.array([0.5, 0.5, 1, 0.5], self.dtype), self.hidden_size)

    def _blocks(self, gates):
        """The four blocks i, f, g, o of the last axis, each H long, as views."""
        size = self.hidden_size
        return (gates[..., k * size : (k + 1) * size] for k in range(4))

    def _layer_forward(self, layer, drive, state):
        # sigmoid(a) = tanh(a / 2) / 2 + 1/2. The inner half is in the drive and the weights already
        # (`_scale`), so that one tanh serves the gates and the candidate, and these two follow it:
        half = np.empty_like(drive[0])
        half[:] = self._scale
        shift = 1 - half
        recur = self._transposed(f"weight_hh_l{layer}")
        num_steps, shape = len(drive), state[0].shape
        hidden = self._buffer(f"hidden_l{layer}", num_steps + 1, *shape)  # h_0 to h_T
        cell = self._buffer(f"cell_l{layer}", num_steps + 1, *shape)  # c_0 to c_T
        squashed = self._buffer(f"squashed_l{layer}", num_steps, *shape)  # tanh(c_t)
        hidden[0], cell[0] = state
        recurred, written = np.empty_like(drive[0]), np.empty_like(state[0])
        i, f, g, o = self._blocks(drive)  # filled step by step
        for t in range(num_steps):
            np.matmul(hidden[t], recur, out=recurred)
            gates = drive[t]
            gates += recurred
            np.tanh(gates, out=gates)
            gates *= half
            gates += shift
            np.multiply(f[t], cell[t], out=cell[t + 1])
            np.multiply(i[t], g[t], out=written)
            np.add(cell[t + 1], written, out=cell[t + 1])
            np.tanh(cell[t + 1], out=squashed[t])
            np.multiply(o[t], squashed[t], out=hidden[t + 1])
        return hidden[1:], (drive, hidden, cell, squashed), (hidden[-1], cell[-1])

    def _layer_backward(self, layer, d_hidden, cache):
        gates, hidden, cell, squashed = cache
        recur = self.params[f"weight_hh_l{layer}"]
        i, f, g, o = self._blocks(gates)
        d_gates, rest, candidate = (np.empty_like(gates[0]) for _ in range(3))
        di, df, dg, do = self._blocks(d_gates)
        candidate[:] = 2 * self._scale - 1  # 1 in the candidate's block, 0 in the gates'
        dh, dc, through = (np.zeros_like(cell[0]) for _ in range(3))  # of the step at hand
        for t in reversed(range(len(gates))):
            dh += d_hidden[t]
            np.multiply(hidden[t + 1], squashed[t], out=through)
            np.subtract(o[t], through, out=through)  # o (1 - tanh(c)^2)
            through *= dh
            dc += through
            np.multiply(dc, g[t], out=di)
            np.multiply(dc, cell[t], out=df)
            np.multiply(dc, i[t], out=dg)
            np.multiply(dh, squashed[t], out=do)
            dc *= f[t]  # goes on to c_{t-1}
            # Times the slopes, (1 - s) s of a sigmoid and (1 - g) (1 + g) of tanh, where the gates
            # themselves have been.
            d_drive = gates[t]
            np.subtract(1, d_drive, out=rest)
            d_gates *= rest
            d_drive += candidate
            d_drive *= d_gates
            np.matmul(d_drive, recur, out=dh)  # goes on to h_{t-1}
        return gates, _rows(gates).T @ _rows(hidden[:-1])


def _rows(array):
    """A (T, B, N) array as (T * B, N)."""
    return array.reshape(-1, array.shape[-1])
