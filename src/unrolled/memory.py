"""What a network remembers: how far it reads, which letters it uses, whether it holds one symbol.

The book builds the first and the last of these measurements, and asserts that they are equal.
"""

import numpy as np

from unrolled import tasks
from unrolled.numpy_models import log_softmax, softmax
from unrolled.text import Vocabulary, stream_batches

SYMBOLS = Vocabulary("BEPSTVX")  # of the Reber grammars


def losses_of(model, inputs, targets):
    """Loss of each token, from a zero state.

    Parameters
    ----------
    model
        Has `forward(inputs)`; see `numpy_models`.
    inputs, targets : ndarrays of int, (T, B)

    Returns
    -------
    ndarray, (T, B)
        Nats.
    """
    log_p = log_softmax(model.forward(inputs)[0])  # (T, B, V)
    return -np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]


def cold_and_carried(model, ids, starts, window):
    """Losses in windows of a text, read cold and read with all that came before.

    Parameters
    ----------
    model
        As in `losses_of`.
    ids : ndarray of int, (N,)
        The text.
    starts : ndarray of int, (W,)
        Where the windows begin; each needs one token more than its length.
    window : int
        Length of a window.

    Returns
    -------
    cold, carried : ndarrays, (window, W)
        Nats, of the same tokens: from a zero state, and from the state after all before.
    """
    places = starts + np.arange(window)[:, None]  # (window, W)
    carried = losses_of(model, ids[:-1, None], ids[1:, None])[:, 0]
    return losses_of(model, ids[places], ids[places + 1]), carried[places]


def reach(cold, carried, tolerance):
    """How many tokens a cold start reads until its mean loss is that of a carried state.

    Parameters
    ----------
    cold, carried : ndarrays, (window, W)
        What `cold_and_carried` returns.
    tolerance : float
        Nats that still count as the same loss.

    Returns
    -------
    int
        From the place after this many tokens on, the mean losses differ by less; 0 if they do
        everywhere, and the whole window if they never do.
    """
    apart = np.abs((cold - carried).mean(axis=1)) > tolerance  # (window,)
    return int(np.flatnonzero(apart)[-1] + 1) if apart.any() else 0


def gradient_by_letter(model, ids, first=0, columns=32):
    """How much each prediction hangs on each letter before it: the length of dL_t/dx_s.

    L_t is the loss of step t alone, -log p(x_{t+1} | x_0 ... x_t), and x_s the one-hot vector that
    is read at step s. Entry v of the gradient says how L_t would answer, to first order, if a
    little of letter v were put in at step s; the length sums up all V of them. The gradient for
    the hidden state h_s would not do: h_s holds all letters up to s, not that one. Nor does the
    one entry of the letter that stands there: it is signed, and near zero where more of the letter
    changes nothing, though another letter in its place would.

    Lengths shrink with the loss: where the network is right and sure, the gradient is near zero
    everywhere. So compare lengths within a row; `shares` does.

    Parameters
    ----------
    model
        One of `numpy_models`.
    ids : ndarray of int, (T + 1,)
        A text; it is read from a zero state. The last one is only predicted.
    first : int, default 0
        The first step whose loss is asked for: those before only warm up.
    columns : int, default 32
        So many losses are traced back side by side. It changes only the memory used.

    Returns
    -------
    ndarray, (T - first, T)
        Row t - first, column s; zero where s > t. With `first` at 0, lower triangular.

    Raises
    ------
    ValueError
        If there is no step from `first` on, or an id is not in the vocabulary.
    """
    ids = np.asarray(ids)
    steps = len(ids) - 1
    if not 0 <= first < steps:
        raise ValueError(f"first is {first}; {len(ids)} ids have the steps 0 to {steps - 1}")
    d_logits = softmax(model.forward(ids[:-1, None])[0][:, 0])  # (T, V)
    d_logits[np.arange(steps), ids[1:]] -= 1  # dL_t/dlogits_t: softmax - one-hot
    lengths = np.zeros((steps - first, steps))
    for start in range(first, steps, columns):
        asked = np.arange(start, min(start + columns, steps))  # one column each, (B,)
        seeds = np.zeros((asked[-1] + 1, len(asked), d_logits.shape[1]))  # (T, B, V)
        seeds[asked, asked - start] = d_logits[asked]  # each column has its own loss alone
        inputs = np.repeat(ids[: asked[-1] + 1, None], len(asked), axis=1)  # (T, B)
        grads = model.input_grads(inputs, seeds)  # (T, B, V)
        lengths[asked - first, : len(seeds)] = np.linalg.norm(grads, axis=2).T
    return lengths


def shares(lengths):
    """Each length as a share of its row: what each letter has of a prediction's gradient.

    Parameters
    ----------
    lengths : ndarray, (..., T)
        What `gradient_by_letter` returns.

    Returns
    -------
    ndarray, (..., T)
        Each row adds up to one.
    """
    return lengths / lengths.sum(axis=-1, keepdims=True)


def letters_holding(lengths, part):
    """How many letters back one must go until they hold this part of a prediction's gradient.

    Parameters
    ----------
    lengths : ndarray, (R, T)
        What `gradient_by_letter` returns: the rows of the last R steps.
    part : float
        Above 0, at most 1.

    Returns
    -------
    ndarray of int, (R,)
        1 if the letter just read holds it alone.
    """
    first = lengths.shape[1] - len(lengths)
    rows = enumerate(shares(lengths), first + 1)  # how many letters have been read, and their row
    sums = [np.cumsum(row[:read][::-1]) for read, row in rows]  # from the letter just read on
    return np.array([1 + np.sum(sum_[:-1] < part) for sum_ in sums])


def examine(model, grammar, strings, rows=32):
    """Ask a network about strings of an embedded Reber grammar.

    Parameters
    ----------
    model
        Has `forward(inputs)`; its vocabulary is `SYMBOLS`.
    grammar : dict of dict of str
        What `tasks.embed` returns.
    strings : list of str
        Strings of the grammar.
    rows : int, default 32
        They are read as this many rows side by side. A string that a row begins in the middle of
        can't be remembered, and is left out below.

    Returns
    -------
    excess : float
        Loss above that of the best predictor, nats per symbol.
    right : ndarray of bool, (S,)
        For each string, whether the right one of T and P is the likelier before its end.
    distance : ndarray of int, (S,)
        Steps from the symbol to remember to that place.
    """
    joined, ids = "".join(strings), SYMBOLS.encode("".join(strings))
    ((inputs, _),) = stream_batches(ids, rows, len(ids))
    log_p = log_softmax(model.forward(inputs)[0]).swapaxes(0, 1)  # (B, T, V)
    log_p = log_p.reshape(inputs.size, -1)  # row n: what it says after ids[n]
    said = log_p[np.arange(len(log_p)), ids[1 : len(log_p) + 1]]
    best = np.log(tasks.probabilities(grammar, joined)[1 : len(log_p) + 1])
    lengths = np.array([len(string) for string in strings])
    ends = np.cumsum(lengths)
    starts, before = ends - lengths, ends - 3  # where the symbol to remember is predicted
    whole = (starts // len(inputs) == before // len(inputs)) & (before < len(log_p))
    t, p = SYMBOLS.encode("TP")
    says_t = log_p[before[whole], t] > log_p[before[whole], p]
    right = says_t == (ids[before[whole] + 1] == t)
    return float(np.mean(best - said)), right, lengths[whole] - 3
