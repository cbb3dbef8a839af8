"""The character models in PyTorch, with the book's dict of arrays going in and coming out."""

import numpy as np
import torch
from torch import nn

from unrolled import _checks

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


class CharacterModel(nn.Module):
    """A recurrent network over characters: embedding or one-hot, recurrent layers, a linear head.

    Everything is time-major. The model is that of `numpy_models`: a layer of an RNN or an LSTM
    has one bias, held in PyTorch's ``bias_ih``, and ``bias_hh`` is zero and never trained. A GRU
    keeps both, because its candidate multiplies only one of them by a gate.

    Parameters
    ----------
    vocab_size : int
        V, the number of distinct tokens.
    hidden_size : int
        H, the number of hidden units in each layer.
    num_layers : int, default 1
        L. Each layer reads the hidden states of the one below.
    cell : {"lstm", "rnn", "gru"}
        The kind of layer; "rnn" is the simple one, with tanh.
    embedding_size : int, optional
        Give each token a learned vector of this length. Without it, inputs are one-hot.
    dropout : float, default 0.0
        The share of hidden units set to zero in training, between the layers and before the head.

    Raises
    ------
    ValueError
        If a size is not an integer of at least 1, the cell is not one of the three, or the dropout
        is not from 0 to below 1.

    References
    ----------
    Zaremba, Sutskever, Vinyals, "Recurrent neural network regularization", 2014: dropout between
    layers, never from step to step.
    """

    def __init__(
        self, vocab_size, hidden_size, num_layers=1, cell="lstm", embedding_size=None, dropout=0.0
    ):
        super().__init__()
        _checks.at_least_one(
            vocab_size=vocab_size,
            hidden_size=hidden_size,
            num_layers=num_layers,
            embedding_size=1 if embedding_size is None else embedding_size,
        )
        if cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {cell!r}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, not {dropout}")
        self.vocab_size, self.cell = vocab_size, cell
        self.embedding = (
            None if embedding_size is None else nn.Embedding(vocab_size, embedding_size)
        )
        self.layers = LAYERS[cell](
            embedding_size or vocab_size,
            hidden_size,
            num_layers,
            dropout=dropout if num_layers > 1 else 0.0,  # PyTorch's own acts between layers only
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_size, vocab_size)
        if cell != "gru":
            for bias in self._second_biases().values():
                nn.init.zeros_(bias).requires_grad_(False)

    def forward(self, ids, state=None):
        """Read a batch of sequences.

        Parameters
        ----------
        ids : Tensor of int64, shape (T, B)
            Token ids, time first.
        state : optional
            Where to start: the state that an earlier call returned. Zeros if not given.

        Returns
        -------
        logits : Tensor, shape (T, B, V)
            Unnormalized log-probabilities of the token that follows each input.
        state : Tensor, shape (L, B, H), or a pair of them
            The hidden states after the last step; for an LSTM, the hidden and the cell states.

        Raises
        ------
        ValueError
            If the ids don't have the shape (T, B): PyTorch's own layers would take (T,) as well,
            and a list of sequences of features.
        """
        if ids.ndim != 2:
            raise ValueError(f"ids must have the shape (T, B), not {tuple(ids.shape)}")
        if self.embedding is None:
            inputs = nn.functional.one_hot(ids, self.vocab_size).to(self.head.weight.dtype)
        else:
            inputs = self.embedding(ids)  # (T, B, D)
        hidden, state = self.layers(inputs, state)  # (T, B, H)
        return self.head(self.dropout(hidden)), state

    @property
    def params(self):
        """The parameters, the book's dict of arrays: copies, named as in `numpy_models`.

        An embedding is added as ``embedding`` (V, D). An RNN's and an LSTM's ``bias_l{k}`` is the
        sum of PyTorch's two. Set it, and the arrays are copied into the model, in its precision;
        names or shapes that don't fit raise a ValueError, and nothing is changed then.
        """
        arrays = {name: _array(tensor) for name, tensor in self._named().items()}
        if self.cell != "gru":
            for name, bias in self._second_biases().items():
                arrays[name] += _array(bias)
        return arrays

    @params.setter
    def params(self, params):
        named = self._named()
        _checks.same_shapes(params, {name: tuple(tensor.shape) for name, tensor in named.items()})
        with torch.no_grad():
            for name, tensor in named.items():
                tensor.copy_(torch.from_numpy(np.array(params[name])))
            if self.cell != "gru":
                for bias in self._second_biases().values():
                    bias.zero_()

    @classmethod
    def from_params(cls, params):
        """Build the model that the book's dict of arrays belongs to.

        Parameters
        ----------
        params : dict of ndarray
            From any of the book's models, or a weight file. The shapes say all there is to know.

        Returns
        -------
        CharacterModel
            In the arrays' precision.

        Raises
        ------
        ValueError
            If these are not the parameters of such a model.
        """
        try:
            vocab_size, hidden_size = params["weight_out"].shape
            rows = len(params["weight_hh_l0"])
        except (KeyError, ValueError) as error:
            raise ValueError(
                "these are not a character model's parameters: weight_out (V, H) and weight_hh_l0 "
                f"are needed, and there are {sorted(params)}"
            ) from error
        cells = [cell for cell, gates in GATES.items() if rows == gates * hidden_size]
        if not cells:
            raise ValueError(
                f"weight_hh_l0 has {rows} rows: neither 1, 3 nor 4 times the {hidden_size} hidden "
                "units of weight_out"
            )
        num_layers = sum(name.startswith("weight_hh_l") for name in params)
        embedding_size = params["embedding"].shape[-1] if "embedding" in params else None
        model = cls(vocab_size, hidden_size, num_layers, cells[0], embedding_size)
        model.to(torch.from_numpy(params["weight_out"]).dtype).params = params
        return model

    def _named(self):
        """The trained tensors by the book's names."""
        named = {} if self.embedding is None else {"embedding": self.embedding.weight}
        for name, tensor in self.layers.named_parameters():
            if self.cell == "gru" or not name.startswith("bias_hh"):
                named[name if self.cell == "gru" else name.replace("bias_ih", "bias")] = tensor
        return named | {"weight_out": self.head.weight, "bias_out": self.head.bias}

    def _second_biases(self):
        """PyTorch's second biases by the name of the book's one."""
        return {
            name.replace("bias_hh", "bias"): tensor
            for name, tensor in self.layers.named_parameters()
            if name.startswith("bias_hh")
        }


class NumPyModel:
    """A `CharacterModel` with arrays in and out: what `numpy_models` offers, computed by PyTorch.

    So `learning.evaluate` and `generation.sample` take it, and its gradients can be compared.

    Parameters
    ----------
    module : CharacterModel
        On any device. Dropout acts as the module's own mode says.
    """

    def __init__(self, module):
        self.module = module

    @property
    def params(self):
        """Copies of the parameters, a dict of arrays."""
        return self.module.params

    @torch.no_grad()
    def forward(self, inputs, state=None):
        """Read a batch of sequences, as `numpy_models.RNN.forward` does.

        Parameters
        ----------
        inputs : ndarray of int, shape (T, B)
            Token ids.
        state : ndarray, shape (L, B, H), or a pair of them, optional
            Where to start.

        Returns
        -------
        logits : ndarray, shape (T, B, V)
            Unnormalized log-probabilities of the token that follows each input.
        state
            The state after the last step.
        """
        logits, state = self.module(self._tensor(inputs), each(self._tensor, state))
        return _array(logits), each(_array, state)

    def loss_and_grads(self, inputs, targets, state=None):
        """Loss of a batch and its gradients, as `numpy_models.RNN.loss_and_grads` gives them.

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
        """
        self.module.zero_grad()
        logits, state = self.module(self._tensor(inputs), each(self._tensor, state))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), self._tensor(targets).flatten())
        loss.backward()
        grads = {name: _array(tensor.grad) for name, tensor in self.module._named().items()}
        return loss.item(), grads, each(_array, state)

    def _tensor(self, array):
        return torch.from_numpy(np.array(array)).to(self.module.head.weight.device)


def each(function, state):
    """Apply a function to a recurrent network's state, whatever its form.

    Parameters
    ----------
    function : callable
        Applied to each part.
    state : Tensor or ndarray, a pair of them, or None
        The state.

    Returns
    -------
    object
        The same form: one result, a pair of them, or None.
    """
    if state is None:
        return None
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)


def device_named(name):
    """Find the device to compute on.

    Parameters
    ----------
    name : {"cpu", "cuda", "mps"}
        The processor, an NVIDIA (or AMD) graphics card, or Apple's.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ValueError
        If PyTorch finds no such device here.
    """
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(name):
        found = ", ".join(kind for kind, is_there in there.items() if is_there)
        raise ValueError(f"there is no device {name!r}; PyTorch finds {found}")
    return torch.device(name)


def _array(tensor):
    return tensor.detach().cpu().numpy().copy()
