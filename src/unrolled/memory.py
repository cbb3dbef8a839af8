"""What a network remembers: how far back it reads, and whether it holds one symbol of a string.

The book builds both measurements, and asserts that they are equal.
"""

import numpy as np

from unrolled import tasks
from unrolled.numpy_models import log_softmax
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
