"""The encoder-decoder in PyTorch, with attention or without, and as a scikit-learn estimator."""

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn
from tqdm.auto import tqdm

from unrolled import _checks
from unrolled.learning import watched
from unrolled.torch_models import LAYERS

CLIP_NORM = 1.0  # longer gradients are cut to this length
READ_AT_ONCE = 1000  # sequences, in predicting: more of them only take more memory


class EncoderDecoder(nn.Module):
    """One recurrent network that reads a sequence, and one that writes another from its state.

    Everything is time-major. The decoder starts from the encoder's last state. It reads a start
    sign, id V, and then what was written before.

    Parameters
    ----------
    vocab_size : int
        V, the number of distinct symbols.
    hidden_size : int
        H, of both networks.
    cell : {"gru", "lstm", "rnn"}
        The kind of both networks.
    embedding : int, optional
        Give each symbol a learned vector of this length, one for both networks. Without it, inputs
        are one-hot.
    attention : bool, default False
        Let the head see, beside the decoder's state, a weighted mean of all encoder states. The
        weights are the softmax of the states' dot products with the decoder's.

    References
    ----------
    Sutskever, Vinyals, Le, "Sequence to sequence learning with neural networks", 2014.
    Luong, Pham, Manning, "Effective approaches to attention-based neural machine translation",
    2015: the dot product.
    """

    def __init__(self, vocab_size, hidden_size, cell="gru", embedding=None, attention=False):
        super().__init__()
        self.vocab_size, self.attention = vocab_size, attention
        self.embedding = None if embedding is None else nn.Embedding(vocab_size + 1, embedding)
        input_size = embedding or vocab_size + 1
        self.encoder = LAYERS[cell](input_size, hidden_size)
        self.decoder = LAYERS[cell](input_size, hidden_size)
        self.head = nn.Linear(2 * hidden_size if attention else hidden_size, vocab_size)

    def forward(self, source, target):
        """Predict each symbol of a target from the source and the true symbols before it.

        Parameters
        ----------
        source : Tensor of int64, shape (T_in, B)
            What is read, time first.
        target : Tensor of int64, shape (T_out, B)
            What should be written. Its last symbol is not read: nothing comes after it.

        Returns
        -------
        Tensor, shape (T_out, B, V)
            Logits.
        """
        states, last = self.encoder(self._vectors(source))
        read = torch.cat([self._start(source), target[:-1]])  # (T_out, B)
        return self._decode(read, last, states)[0]

    @torch.no_grad()
    def write(self, source, num_steps):
        """Write freely: at each step the likeliest symbol, which is read at the next.

        Parameters
        ----------
        source : Tensor of int64, shape (T_in, B)
            What is read, time first.
        num_steps : int
            How many symbols to write.

        Returns
        -------
        logits : Tensor, shape (num_steps, B, V)
            At each step, given what was written before.
        weights : Tensor, shape (num_steps, B, T_in), or None
            Attention's weights, if there is attention.
        """
        states, state = self.encoder(self._vectors(source))
        read, steps = self._start(source), []
        for _ in range(num_steps):
            logits, weights, state = self._decode(read, state, states)
            steps.append((logits, weights))
            read = logits.argmax(dim=-1)  # (1, B)
        logits, weights = zip(*steps, strict=True)
        return torch.cat(logits), torch.cat(weights) if self.attention else None

    def _decode(self, read, state, states):
        """Some steps of the decoder: logits, attention's weights, and its last state."""
        hidden, state = self.decoder(self._vectors(read), state)  # (T_out, B, H)
        if not self.attention:
            return self.head(hidden), None, state
        scores = torch.einsum("tbh,sbh->tbs", hidden, states)
        weights = scores.softmax(dim=-1)  # (T_out, B, T_in)
        mean = torch.einsum("tbs,sbh->tbh", weights, states)
        return self.head(torch.cat([hidden, mean], dim=-1)), weights, state

    def _vectors(self, ids):
        if self.embedding is None:
            one_hot = nn.functional.one_hot(ids, self.vocab_size + 1)
            return one_hot.to(self.head.weight.dtype)
        return self.embedding(ids)

    def _start(self, source):
        return torch.full((1, source.shape[1]), self.vocab_size)


class EchoEncoderDecoder(BaseEstimator):
    """An `EncoderDecoder` with scikit-learn's interface: it learns to turn rows into other rows.

    It is trained with teacher forcing, by AdamW, with a learning rate that rises for a short while
    and then falls to nothing. It predicts by writing freely. It has PyTorch's default precision.

    Parameters
    ----------
    cell : {"gru", "lstm", "rnn"}
        The kind of recurrent network.
    embedding : int or None, default 64
        Length of the symbols' learned vectors; None for one-hot inputs.
    hidden_size : int, default 128
        H, of the encoder and of the decoder.
    attention : bool, default False
        Let the decoder look back at all of the encoder's states.
    batch_size : int, default 32
        B, sequences in each minibatch.
    learning_rate : float, default 0.005
        AdamW's, at its highest.
    weight_decay : float, default 0.3
        AdamW's: how fast weights shrink that nothing needs. It keeps the network from learning the
        training sequences by heart.
    max_epochs : int, default 10
        Passes over the training data, at most.
    tol : float, default 0.0
        Stop after an epoch whose mean loss, in nats per symbol, is below this.
    seed : int, default 0
        Decides the starting weights and the order of the sequences. PyTorch's own generator is left
        as it was.
    verbose : bool, default False
        Show a bar with the loss and the accuracy.

    Attributes
    ----------
    module_ : EncoderDecoder
        The trained network. It reads and writes sequences of any length.
    vocab_size_ : int
        V: one more than the largest symbol of the training data.
    n_features_in_, n_outputs_ : int
        Symbols in a row of X, and of y.
    losses_ : list of float
        Mean loss of each epoch, nats per symbol, over its minibatches as they came.
    held_out_ : list of (float, float)
        After each epoch, what `accuracies` says of the `validation` data of `fit`. Empty without.

    References
    ----------
    Loshchilov, Hutter, "Decoupled weight decay regularization", 2019.
    Smith, Topin, "Super-convergence: very fast training of neural networks using large learning
    rates", 2019: a rate that rises and falls.
    """

    def __init__(
        self,
        cell="gru",
        embedding=64,
        hidden_size=128,
        attention=False,
        batch_size=32,
        learning_rate=0.005,
        weight_decay=0.3,
        max_epochs=10,
        tol=0.0,
        seed=0,
        verbose=False,
    ):
        self.cell = cell
        self.embedding = embedding
        self.hidden_size = hidden_size
        self.attention = attention
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.max_epochs = max_epochs
        self.tol = tol
        self.seed = seed
        self.verbose = verbose

    def fit(self, X, y, validation=None):
        """Train a new network.

        Parameters
        ----------
        X : array of int, shape (N, n_in)
            Sequences to read, one in each row.
        y : array of int, shape (N, n_out)
            What to write for each.
        validation : pair of arrays (X, y), optional
            Held-out data to measure after each epoch. Nothing is learned from it.

        Returns
        -------
        EchoEncoderDecoder
            Itself.

        Raises
        ------
        ValueError
            If an option is none of those above; if X or y don't have two axes, or hold anything but
            whole numbers from 0 on; if their rows are not as many; if the loss is no longer finite.
        """
        self._check_options()
        X, y = validate_data(self, X, y, multi_output=True)
        X, y = _symbols(X, "X"), _symbols(y, "y")
        self.vocab_size_, self.n_outputs_ = 1 + int(max(X.max(), y.max())), y.shape[1]
        self.losses_, self.held_out_ = [], []
        pairs = torch.from_numpy(X.T), torch.from_numpy(y.T)  # time first
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.module_ = EncoderDecoder(
                self.vocab_size_, self.hidden_size, self.cell, self.embedding, self.attention
            )
            optimizer = torch.optim.AdamW(self.module_.parameters(), weight_decay=self.weight_decay)
            steps = self.max_epochs * -(-len(X) // self.batch_size)
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimizer, self.learning_rate, total_steps=steps
            )
            hidden = not (self.verbose and watched())
            with tqdm(total=self.max_epochs, unit="epoch", disable=hidden) as bar:
                for _ in range(self.max_epochs):
                    loss, accuracy = self._train_epoch(*pairs, optimizer, schedule)
                    self.losses_.append(loss)
                    shown = {"loss": f"{loss:.4f}", "accuracy": f"{accuracy:.4f}"}
                    if validation is not None:
                        self.held_out_.append(self.accuracies(*validation))
                        shown["held out"] = f"{self.held_out_[-1][0]:.4f}"
                    bar.set_postfix(shown)
                    bar.update()
                    if loss < self.tol:
                        break
        return self

    def _train_epoch(self, X, y, optimizer, schedule):
        """Once through X (n_in, N) and y (n_out, N) in minibatches: mean loss, share of y right."""
        total, right = 0.0, 0
        for batch in torch.randperm(X.shape[1]).split(self.batch_size):
            targets = y[:, batch]  # (n_out, B)
            logits = self.module_(X[:, batch], targets)  # (n_out, B, V)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.module_.parameters(), CLIP_NORM)
            optimizer.step()
            schedule.step()
            total += loss.item() * targets.numel()
            right += (logits.argmax(dim=-1) == targets).sum().item()
        if not np.isfinite(total):
            raise ValueError(
                f"the loss is no longer finite after {len(self.losses_)} epochs: learning_rate "
                f"{self.learning_rate} is too high"
            )
        return total / y.numel(), right / y.numel()

    def predict_proba(self, X):
        """Probabilities of all symbols at each step, given what was written at the steps before.

        Parameters
        ----------
        X : array of int, shape (N, n_in)
            Sequences to read, as long as those of the training.

        Returns
        -------
        ndarray of float, shape (N, n_out, V)
            The decoder's probabilities.

        Raises
        ------
        ValueError
            If X has another length, or symbols that the training data didn't reach.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        X = _symbols(validate_data(self, X, reset=False), "X", self.vocab_size_)
        parts = [
            self.module_.write(part, self.n_outputs_)[0].softmax(dim=-1)
            for part in torch.from_numpy(X.T).split(READ_AT_ONCE, dim=1)
        ]
        return torch.cat(parts, dim=1).transpose(0, 1).numpy()

    def predict(self, X):
        """Write freely: at each step the likeliest symbol.

        Parameters
        ----------
        X : array of int, shape (N, n_in)
            As in `predict_proba`.

        Returns
        -------
        ndarray of int64, shape (N, n_out)
            What it writes.

        Raises
        ------
        ValueError, sklearn.exceptions.NotFittedError
            As in `predict_proba`.
        """
        return self.predict_proba(X).argmax(axis=-1)

    def accuracies(self, X, y):
        """Measure what it writes: the share of symbols that are right, and of whole sequences.

        Parameters
        ----------
        X : array of int, shape (N, n_in)
            Sequences to read; held-out ones, if you want to know how well it has learned.
        y : array of int, shape (N, n_out)
            What it should write.

        Returns
        -------
        symbols, sequences : float
            From 0 to 1.

        Raises
        ------
        ValueError
            If y's shape is not that of what is written; and as in `predict_proba`.
        """
        written, y = self.predict(X), np.asarray(y)
        if y.shape != written.shape:
            raise ValueError(f"y has the shape {y.shape}; what is written has {written.shape}")
        right = written == y
        return float(right.mean()), float(right.all(axis=1).mean())

    def score(self, X, y):
        """Give the share of sequences that are right from their first symbol to their last.

        Parameters
        ----------
        X, y
            As in `accuracies`.

        Returns
        -------
        float
            From 0 to 1. Scikit-learn scores classifiers with several outputs in the same way.

        Raises
        ------
        ValueError
            As in `accuracies`.
        """
        return self.accuracies(X, y)[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = tags.input_tags.positive_only = True  # symbols' ids
        tags.target_tags.required = True
        tags.target_tags.multi_output = tags.target_tags.two_d_labels = True
        tags.target_tags.single_output = False
        return tags

    def _check_options(self):
        if self.cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {self.cell!r}")
        _checks.at_least_one(
            embedding=1 if self.embedding is None else self.embedding,
            hidden_size=self.hidden_size,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
        )
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate!r}")
        if not self.weight_decay >= 0:
            raise ValueError(f"weight_decay must be 0 or above, not {self.weight_decay!r}")


def _symbols(array, name, vocab_size=np.inf):
    """The array with integers for symbols, if that is what it holds."""
    if array.ndim != 2:
        raise ValueError(
            f"{name} must have two axes, a sequence in each row: not the shape {array.shape}"
        )
    wrong = (array < 0) | (array >= vocab_size) | (array != np.floor(array))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        value = array[row, column]
        known = "on" if vocab_size == np.inf else f"to {vocab_size - 1}, as in training"
        raise ValueError(
            f"{'Negative values in data' if value < 0 else 'No symbol'}: {name}[{row}, {column}] "
            f"is {value}, and symbols are whole numbers from 0 {known}"
        )
    return array.astype(np.int64)
