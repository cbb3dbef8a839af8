"""Recurrent networks in NumPy: batched, stacked, every gradient derived by hand.

The notebooks build these networks one sequence and one step at a time. Here is the same mathematics
for a batch of sequences and a stack of layers. Parameters carry PyTorch's names and layouts, so
that a dict of arrays can move between the libraries; the one difference is that a
layer of an RNN or LSTM has a single bias, the sum of PyTorch's two.
"""

import numpy as np

from unrolled import _checks


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
    loss = (np.log(sums[:, 0]) - picked).sum() / len(
        targets
    )  # minus the log-softmax of the targets
    logits /= sums * len(targets)
    logits[rows, targets] -= 1 / len(targets)
    return float(loss)


class _CharacterModel:
    """What every character model shares: parameters, checks, the stack of layers, the output head.

    A cell names its number of `gates`, the blocks of H rows in its matrices, and writes two
    methods, for one layer over all time steps:

    ``_layer_forward(layer, drive, state) -> (hidden, cache, state)`` and
    ``_layer_backward(layer, d_hidden, cache) -> (d_drive, grads)``.

    The drive, (T, B, gates * H), is what the layer's input and bias contribute at each step,
    W_ih x_t + b. It does not depend on the layer's own past, so it is computed for all steps in one
    matrix product. `hidden`, (T, B, H), is what the next layer reads, and `cache` what the way back
    needs. `grads` are those of ``weight_hh`` and, if there is one, ``bias_hh``, under these names.

    That is all. A cell whose state is not one array, (L, B, H), also writes `_checked_state` and
    `_stacked`; one that wants its blocks multiplied by a number says so in `scale`, and one with
    two biases in `biases`.

    A model reuses its working memory from call to call, so no two threads may share one.
    """

    gates = 1
    biases = ("bias",)
    scale = 1  # what each block of the drive and of W_hhᵀ is multiplied by

    def __init__(self, vocab_size, hidden_size, num_layers=1, seed=0, dtype=np.float64):
        _checks.at_least_one(vocab_size=vocab_size, hidden_size=hidden_size, num_layers=num_layers)
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"dtype must be numpy.float32 or numpy.float64, not {dtype!r}")
        self.vocab_size, self.hidden_size, self.num_layers = vocab_size, hidden_size, num_layers
        self.dtype = np.dtype(dtype)
        self._buffers = {}
        scale = np.broadcast_to(self.scale, self.gates).astype(self.dtype)
        self._scale = np.repeat(scale, hidden_size)  # (gates * H,)
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
        _checks.same_shapes(params, wanted)
        self._params = {name: np.asarray(params[name], self.dtype) for name in wanted}

    def _shapes(self):
        rows, hidden = self.gates * self.hidden_size, self.hidden_size
        shapes = {}
        for layer in range(self.num_layers):
            shapes[f"weight_ih_l{layer}"] = (rows, self.vocab_size if layer == 0 else hidden)
            shapes[f"weight_hh_l{layer}"] = (rows, hidden)
            shapes |= {f"{bias}_l{layer}": (rows,) for bias in self.biases}
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
        layers, state = self._run(self._checked_ids(inputs, "inputs"), state)
        return layers[-1][0] @ self.params["weight_out"].T + self.params["bias_out"], state

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
        inputs, targets = self._checked_pair(inputs, targets)
        layers, state = self._run(inputs, state)
        top = _rows(layers[-1][0])  # (T * B, H)
        logits = self._buffer("logits", len(top), self.vocab_size)
        np.matmul(top, self.params["weight_out"].T, out=logits)
        logits += self.params["bias_out"]
        loss = _cross_entropy_in_place(logits, targets.ravel())
        return loss, self._backward(inputs, logits, layers), state

    def input_grads(self, inputs, d_logits, state=None):
        """Gradient of a function of the logits for each input, as a one-hot vector.

        Parameters
        ----------
        inputs : ndarray of int, shape (T, B)
            As in `forward`.
        d_logits : ndarray, shape (T, B, V)
            The function's gradient for the logits.
        state : optional
            As in `forward`.

        Returns
        -------
        ndarray, shape (T, B, V)
            Of each input x_t: entry v says how the function would change with x_t's entry v.

        Raises
        ------
        ValueError
            As in `forward`, and if the gradient's shape is not that of the logits.
        """
        inputs = self._checked_ids(inputs, "inputs")
        if np.shape(d_logits) != (*inputs.shape, self.vocab_size):
            raise ValueError(
                f"d_logits has shape {np.shape(d_logits)}; inputs of shape {inputs.shape} need "
                f"{(*inputs.shape, self.vocab_size)}"
            )
        layers, _ = self._run(inputs, state)
        d_logits = _rows(np.asarray(d_logits, self.dtype))
        *_, (_, d_drive, _) = self._down(d_logits, layers)  # of the lowest layer
        return (d_drive @ self.params["weight_ih_l0"]).reshape(*inputs.shape, -1)

    def _run(self, ids, state):
        """Run the layers from bottom to top, each over all steps."""
        states, layers = self._checked_state(state, ids.shape[1]), []
        for layer in range(self.num_layers):
            # W_ihᵀ, (V or H, gates * H), in memory of its own: look-up and product are faster so.
            weight = self.params[f"weight_ih_l{layer}"].T
            block = self._buffer(f"weight_ih_l{layer}", *weight.shape)
            weight = np.multiply(weight, self._scale, out=block)
            bias = self.params[f"{self.biases[0]}_l{layer}"] * self._scale
            drive = self._buffer(f"drive_l{layer}", *ids.shape, len(bias))
            if layer == 0:  # a one-hot vector times a matrix picks a row of it
                weight += bias
                np.take(weight, ids, axis=0, out=drive, mode="clip")
            else:
                np.matmul(layers[-1][0], weight, out=drive)
                drive += bias
            hidden, cache, states[layer] = self._layer_forward(layer, drive, states[layer])
            layers.append((hidden, cache))
        return layers, self._stacked(states)

    def _backward(self, ids, d_logits, layers):
        """Gradients of all parameters; d_logits: (T * B, V)."""
        top = layers[-1][0]
        grads = {"weight_out": d_logits.T @ _rows(top), "bias_out": d_logits.sum(axis=0)}
        for layer, d_drive, own in self._down(d_logits, layers):
            grads |= {f"{name}_l{layer}": grad for name, grad in own.items()}
            bias = f"{self.biases[0]}_l{layer}"
            if layer == 0:
                grads["weight_ih_l0"] = _added_up(d_drive, ids.ravel(), self.vocab_size).T
                grads[bias] = grads["weight_ih_l0"].sum(axis=1)  # each input had one 1
            else:
                grads[f"weight_ih_l{layer}"] = d_drive.T @ _rows(layers[layer - 1][0])
                grads[bias] = d_drive.sum(axis=0)
        return {name: grads[name] for name in self.params}

    def _down(self, d_logits, layers):
        """Run back through the layers from top to bottom: each, its drive's gradient, and its own.

        d_logits: (T * B, V); the drive's gradient: (T * B, gates * H).
        """
        d_hidden = self._buffer("d_hidden", *layers[-1][0].shape)
        np.matmul(d_logits, self.params["weight_out"], out=_rows(d_hidden))
        for layer in reversed(range(self.num_layers)):
            d_drive, own = self._layer_backward(layer, d_hidden, layers[layer][1])
            d_drive = _rows(d_drive)
            yield layer, d_drive, own
            if layer > 0:
                np.matmul(d_drive, self.params[f"weight_ih_l{layer}"], out=_rows(d_hidden))

    def _recurrent(self, layer):
        """W_hhᵀ by block, (gates, H, H): products with these are faster than one with (H, 4H)."""
        name, size = f"weight_hh_l{layer}", self.hidden_size
        blocks = self.params[name].reshape(self.gates, size, size)
        scale = self._scale.reshape(self.gates, 1, size)
        return np.multiply(blocks.swapaxes(1, 2), scale, out=self._buffer(name, *blocks.shape))

    def _blocks(self, rows):
        """Rows of gates, (T, B, gates * H), as a view by block, (T, gates, B, H)."""
        steps, batch_size, _ = rows.shape
        return rows.reshape(steps, batch_size, self.gates, -1).swapaxes(1, 2)

    def _buffer(self, name, *shape):
        """Memory that is kept from call to call, so that large arrays are allocated once."""
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape != shape:
            buffer = self._buffers[name] = np.empty(shape, self.dtype)
        return buffer

    def _checked_pair(self, inputs, targets):
        inputs = self._checked_ids(inputs, "inputs")
        targets = self._checked_ids(targets, "targets")
        if targets.shape != inputs.shape:
            raise ValueError(
                f"targets have shape {targets.shape}, inputs {inputs.shape}: they must be the same"
            )
        return inputs, targets

    def _checked_ids(self, ids, name):
        ids = np.asarray(ids)
        if ids.ndim != 2 or ids.dtype.kind not in "iu" or ids.size == 0:
            raise ValueError(
                f"{name} must be integers of shape (T, B), neither of them 0; "
                f"got {ids.dtype} of shape {ids.shape}"
            )
        if ids.min() < 0 or ids.max() >= self.vocab_size:
            t, b = np.argwhere((ids < 0) | (ids >= self.vocab_size))[0]
            raise ValueError(
                f"{name}[{t}, {b}] is {ids[t, b]}; the vocabulary has ids 0 to "
                f"{self.vocab_size - 1}"
            )
        return ids.astype(np.intp, copy=False)  # the integers that index, of 32 bits in a browser

    def _checked_array(self, array, batch_size, name):
        shape = (self.num_layers, batch_size, self.hidden_size)
        if np.shape(array) != shape:
            raise ValueError(
                f"{name} has shape {np.shape(array)}; this batch needs (L, B, H) = {shape}"
            )
        return np.asarray(array, self.dtype)

    def _checked_state(self, state, batch_size):
        """The state of each layer, a list; zeros for None."""
        if state is None:
            return list(np.zeros((self.num_layers, batch_size, self.hidden_size), self.dtype))
        return list(self._checked_array(state, batch_size, "state"))

    def _stacked(self, states):
        """The other way round."""
        return np.stack(states)


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

    def _layer_forward(self, layer, drive, state):
        recur = self._recurrent(layer)[0]  # W_hhᵀ
        hidden = self._buffer(f"hidden_l{layer}", len(drive) + 1, *state.shape)  # h_0 to h_T
        hidden[0] = state
        for t, driven in enumerate(drive):  # W_ih x_t + b
            np.tanh(driven + hidden[t] @ recur, out=hidden[t + 1])
        return hidden[1:], (hidden,), hidden[-1]

    def _layer_backward(self, layer, d_hidden, cache):
        (hidden,) = cache
        recur = self.params[f"weight_hh_l{layer}"]
        da = np.empty_like(d_hidden)
        slope = 1 - hidden[1:] ** 2  # tanh' at every step
        from_future = np.zeros_like(hidden[0])  # nothing comes from beyond the last step
        for t in reversed(range(len(da))):
            # δa_t = δh_t ⊙ (1 - h_t²), where δh_t comes from above and from step t + 1
            np.multiply(d_hidden[t] + from_future, slope[t], out=da[t])
            from_future = da[t] @ recur  # W_hhᵀ δa_t: replaced at each step, never added up
        return da, {"weight_hh": _rows(da).T @ _rows(hidden[:-1])}


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
    scale = (0.5, 0.5, 1, 0.5)  # σ(a) = tanh(a / 2) / 2 + 1/2: so one tanh serves i, f, g and o

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
            zeros = np.zeros((self.num_layers, batch_size, self.hidden_size), self.dtype)
            return [(layer, layer) for layer in zeros]
        if not isinstance(state, tuple) or len(state) != 2:
            raise ValueError("the state of an LSTM is a pair: hidden states and cell states")
        hidden = self._checked_array(state[0], batch_size, "hidden state")
        cell = self._checked_array(state[1], batch_size, "cell state")
        return list(zip(hidden, cell, strict=True))

    def _stacked(self, states):
        hidden, cell = zip(*states, strict=True)
        return np.stack(hidden), np.stack(cell)

    def _layer_forward(self, layer, drive, state):
        T, B, H = len(drive), *state[0].shape
        gates = self._buffer(f"gates_l{layer}", T, 4, B, H)  # each block in one piece: faster
        hidden = self._buffer(f"hidden_l{layer}", T + 1, B, H)  # h_0 to h_T
        cell = self._buffer(f"cell_l{layer}", T + 1, B, H)  # c_0 to c_T
        squashed = self._buffer(f"squashed_l{layer}", T, B, H)  # tanh(c_t)
        hidden[0], cell[0] = state
        recur = self._recurrent(layer)  # W_hhᵀ
        recurred, half = np.empty((2, 4, B, H), self.dtype)
        half[:] = self._scale.reshape(4, 1, H)
        shift = 1 - half
        steps = zip(self._blocks(drive), gates, hidden[1:], cell[1:], squashed, strict=True)
        h_before, c_before = hidden[0], cell[0]
        for driven, a, h, c, tanh_c in steps:
            # i_t, f_t, o_t = σ(a) and g_t = tanh(a), of a = W_ih x_t + W_hh h_{t-1} + b
            np.matmul(h_before, recur, out=recurred)
            np.add(driven, recurred, out=a)
            np.tanh(a, out=a)
            a *= half
            a += shift
            i, f, g, o = a
            np.multiply(f, c_before, out=c)
            c += i * g  # c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=h)  # h_t = o_t ⊙ tanh(c_t)
            h_before, c_before = h, c
        return hidden[1:], (gates, hidden, cell, squashed), (hidden[-1], cell[-1])

    def _layer_backward(self, layer, d_hidden, cache):
        gates, hidden, cell, squashed = cache
        recur = self.params[f"weight_hh_l{layer}"]
        i, f, g, o = gates.swapaxes(0, 1)  # (T, B, H) each
        dh, dc = np.zeros((2, *cell[0].shape), self.dtype)  # none from beyond the last step
        d_drive = gates.reshape(len(gates), len(dh), -1)  # δa_t, written over the gates of its step
        da = self._blocks(d_drive)
        d_gates = np.empty_like(gates[0])
        di, df, dg, do = d_gates
        # What doesn't wait for the gradient of the step to come is computed for a stretch of steps
        # at once, as long as it stays in the processor's cache.
        stretch = max(1, 2**16 // d_gates.size)
        for start in reversed(range(0, len(gates), stretch)):
            steps = slice(start, start + stretch)
            slopes = (1 - gates[steps]) * gates[steps]  # i (1 - i), f (1 - f), o (1 - o)
            slopes[:, 2] = 1 - g[steps] ** 2
            through = o[steps] * (1 - squashed[steps] ** 2)  # ∂h_t / ∂c_t
            for t in reversed(range(start, start + len(slopes))):
                dh += d_hidden[t]  # δh_t: from above, and from step t + 1
                np.multiply(dh, squashed[t], out=do)  # δo_t = δh_t ⊙ tanh(c_t)
                dc += dh * through[t - start]  # δc_t += δh_t ⊙ o_t ⊙ (1 - tanh²(c_t))
                np.multiply(dc, g[t], out=di)  # δi_t = δc_t ⊙ g_t
                np.multiply(dc, cell[t], out=df)  # δf_t = δc_t ⊙ c_{t-1}
                np.multiply(dc, i[t], out=dg)  # δg_t = δc_t ⊙ i_t
                dc *= f[t]  # δc_{t-1} = δc_t ⊙ f_t
                np.multiply(d_gates, slopes[t - start], out=da[t])  # δa_t: times its slopes
                np.matmul(d_drive[t], recur, out=dh)  # δh_{t-1} = W_hhᵀ δa_t
        return d_drive, {"weight_hh": _rows(d_drive).T @ _rows(hidden[:-1])}


class GRU(_CharacterModel):
    """The gated recurrent unit over characters, one or more layers.

    A reset gate r and an update gate u, for which PyTorch writes z, decide what becomes of the
    hidden state; n is the candidate:

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr), u_t likewise,
    n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn)),
    h_t = (1 - u_t) * n_t + u_t * h_{t-1}.

    The logits are W_out h_t + b_out, from the top layer. This is the variant of cuDNN and PyTorch,
    in which r acts after the product with W_hn. In the paper it acts before, on h_{t-1}.

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
        ``weight_ih_l{k}`` (3H, V) in the first layer and (3H, H) above, ``weight_hh_l{k}`` (3H, H),
        ``bias_ih_l{k}`` and ``bias_hh_l{k}`` (3H), ``weight_out`` (V, H), ``bias_out`` (V). The
        blocks are r, u, n. There are two biases, because r multiplies one of them.

    Notes
    -----
    The state is the hidden state of each layer, an array of shape (L, B, H).

    References
    ----------
    Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
    translation", 2014.
    """

    gates = 3
    biases = ("bias_ih", "bias_hh")

    def _layer_forward(self, layer, drive, state):
        T, B, H = len(drive), *state.shape
        gates = self._buffer(f"gates_l{layer}", T, 3, B, H)
        recurred = self._buffer(f"recurred_l{layer}", T, 3, B, H)  # W_hh h_{t-1} + b_hh
        hidden = self._buffer(f"hidden_l{layer}", T + 1, B, H)  # h_0 to h_T
        hidden[0] = state
        recur = self._recurrent(layer)  # W_hhᵀ
        bias = self.params[f"bias_hh_l{layer}"].reshape(3, 1, H)
        for t, driven in enumerate(self._blocks(drive)):  # W_ih x_t + b_ih
            np.add(hidden[t] @ recur, bias, out=recurred[t])
            gates[t, :2] = (1 + np.tanh((driven[:2] + recurred[t, :2]) / 2)) / 2  # σ
            r, u, n = gates[t]
            np.tanh(driven[2] + r * recurred[t, 2], out=n)
            hidden[t + 1] = (1 - u) * n + u * hidden[t]
        return hidden[1:], (gates, recurred, hidden), hidden[-1]

    def _layer_backward(self, layer, d_hidden, cache):
        gates, recurred, hidden = cache
        recur = self.params[f"weight_hh_l{layer}"]
        T, B, H = d_hidden.shape
        d_drive, d_recurred = np.empty((2, T, B, 3 * H), self.dtype)
        dh = np.zeros_like(hidden[0])  # none from beyond the last step
        for t in reversed(range(T)):
            r, u, n = gates[t]
            dh += d_hidden[t]  # δh_t: from above, and from step t + 1
            du = dh * (hidden[t] - n)  # δu_t = δh_t ⊙ (h_{t-1} - n_t)
            dn = dh * (1 - u)  # δn_t = δh_t ⊙ (1 - u_t)
            da_n = dn * (1 - n**2)  # through tanh
            dr = da_n * recurred[t, 2]  # δr_t = δa_n ⊙ (W_hn h_{t-1} + b_hn)
            da_r, da_u = dr * r * (1 - r), du * u * (1 - u)  # through σ
            np.concatenate([da_r, da_u, da_n], axis=1, out=d_drive[t])
            np.concatenate([da_r, da_u, da_n * r], axis=1, out=d_recurred[t])
            dh = dh * u + d_recurred[t] @ recur  # δh_{t-1}: kept by u, and through W_hhᵀ
        rows = _rows(d_recurred)
        return d_drive, {
            "weight_hh": rows.T @ _rows(hidden[:-1]),
            "bias_hh": rows.sum(axis=0),
        }


def _rows(array):
    """A (T, B, N) array as (T * B, N)."""
    return array.reshape(-1, array.shape[-1])


def _added_up(rows, ids, size):
    """Add up the rows of each id, (N, K) to (size, K): the gradient of picking rows."""
    # Few rows are multiplied in less time than SciPy takes to set up the sparse matrix.
    one_hot = _sparse_one_hot(ids, size, rows.dtype) if len(ids) > 100 else None
    if one_hot is None:
        one_hot = np.equal.outer(np.arange(size), ids).astype(rows.dtype)  # (size, N)
    return one_hot @ rows


def _sparse_one_hot(ids, size, dtype):
    """The matrix (size, N) without its zeros; None without SciPy, a large download in a browser."""
    try:
        from scipy import sparse
    except ImportError:
        return None
    ones = np.ones(len(ids), dtype)
    return sparse.csc_array((ones, ids, np.arange(len(ids) + 1)), (size, len(ids)))
