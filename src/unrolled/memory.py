"""What a network remembers: how far it reads, which letters it uses, whether it holds one symbol.

The book builds the first and the last of these measurements, and asserts that they are equal.
"""

import re
from dataclasses import dataclass

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


def forgetting(params, ids, lags=40, rows=64):
    """How fast an RNN's gradient shrinks on its way back: measured, and predicted from its slopes.

    One step back multiplies the gradient of a hidden state, a row, by diag(s) W_hh, where s holds
    the slopes of tanh at that step. Lengths add as squares. So if the slopes of different steps are
    independent, the mean square length shrinks as M ↦ W_hhᵀ (M ∘ E[s sᵀ]) W_hh does, and the rate
    is the square root of this map's largest eigenvalue.

    Parameters
    ----------
    params : dict of ndarray
        Of an RNN of one layer; see `numpy_models`.
    ids : ndarray of int, (N,)
        The text. It is cut into rows, of which the first ``2 * lags + 1`` characters are read from
        a zero state.
    lags : int, default 40
        How many steps to go back, at least 2. Rates are from a quarter of them on.
    rows : int, default 64
        Rows side by side, each with the loss of its last step alone.

    Returns
    -------
    dict of float
        What one step keeps of the gradient. Measured: ``"rms"``, for the root mean square of the
        rows' lengths; ``"geometric"``, for their geometric mean; ``"shuffled"``, as ``"rms"`` with
        each row's slopes shuffled in time, those of a step together. Predicted:
        ``"second_moment"``, as above; ``"mean_square"``, without the products of different units,
        sqrt(ρ(diag(E[s²]) (W_hh ∘ W_hh))); ``"mean_slope"``, ρ(diag(E[s]) W_hh), where ρ is the
        spectral radius; ``"radius"``, ρ(W_hh). And ``"slope"``, the mean slope; ``"left"``, the
        share of the root mean square length that is left at half of the lags.

    Raises
    ------
    ValueError
        If the text is too short.
    """
    if len(ids) // rows < 2 * lags + 2:
        raise ValueError(
            f"{len(ids)} characters are too few for {rows} rows of {2 * lags + 2} characters"
        )
    weight = params["weight_hh_l0"].astype(float)
    text = ids[: len(ids) // rows * rows].reshape(rows, -1).T[: 2 * lags + 2]  # (T + 1, B)
    hidden, states = np.zeros((rows, len(weight))), []
    for column in text[:-1]:
        driven = params["weight_ih_l0"].T[column] + params["bias_l0"]
        hidden = np.tanh(driven + hidden @ weight.T)  # (B, H)
        states.append(hidden)
    slopes = 1 - np.array(states)[-lags:] ** 2  # (lags, B, H)
    d_logits = softmax(hidden @ params["weight_out"].T + params["bias_out"])
    d_logits[np.arange(rows), text[-1]] -= 1
    gradient, near = d_logits @ params["weight_out"], lags // 4

    def back(slopes):
        lengths, dh = [np.linalg.norm(gradient, axis=1)], gradient
        for slope in slopes[::-1]:
            dh = (dh * slope) @ weight
            lengths.append(np.linalg.norm(dh, axis=1))
        return np.array(lengths)  # (lags + 1, B)

    def rate(lengths):
        return float((lengths[lags] / lengths[near]) ** (1 / (lags - near)))

    def radius(matrix):
        return float(np.abs(np.linalg.eigvals(matrix)).max())

    lengths = back(slopes)
    rms = np.sqrt((lengths**2).mean(axis=1))
    order = np.random.default_rng(0).permuted(np.tile(np.arange(lags)[:, None], rows), axis=0)
    shuffled = back(np.take_along_axis(slopes, order[..., None], axis=0))
    mean, square = slopes.mean(axis=(0, 1)), (slopes**2).mean(axis=(0, 1))
    return {
        "rms": rate(rms),
        "geometric": rate(np.exp(np.log(lengths).mean(axis=1))),
        "shuffled": rate(np.sqrt((shuffled**2).mean(axis=1))),
        "second_moment": _largest_rate(weight, slopes.reshape(-1, len(weight))),
        "mean_square": radius(square[:, None] * weight**2) ** 0.5,
        "mean_slope": radius(mean[:, None] * weight),
        "radius": radius(weight),
        "slope": float(mean.mean()),
        "left": float(rms[lags // 2] / rms[0]),
    }


def _largest_rate(weight, slopes, rounds=200):
    """Root of the largest eigenvalue of M ↦ Wᵀ(M ∘ E[s sᵀ])W, by the power method."""
    moment = slopes.T @ slopes / len(slopes)  # E[s sᵀ], (H, H)
    square, grown = np.eye(len(weight)), 1.0
    for _ in range(rounds):
        square = weight.T @ (square * moment) @ weight
        grown = np.trace(square)  # this was 1 before, but for the first round
        square /= grown
    return float(grown**0.5)


@dataclass(frozen=True)
class SentenceEnds:
    """Where the sentences of a play end, and who says them.

    Parameters
    ----------
    places : ndarray of int, (S,)
        The place of each sentence's sign, one of ``.?!``, in the text.
    speakers : list of str, of length S
        Who speaks.
    names : ndarray of int, (S,)
        The place at which the speaker's name begins.
    distances : ndarray of int, (S,)
        Characters of the speech that stand before the sign.
    first : ndarray of bool, (S,)
        Whether no other sentence of the speech has ended before.
    """

    places: np.ndarray
    speakers: list
    names: np.ndarray
    distances: np.ndarray
    first: np.ndarray


def sentence_ends(play):
    """Find the ends of all sentences whose speaker is known.

    Parameters
    ----------
    play : str
        A name and a colon on a line, the lines spoken, an empty line, and so on.

    Returns
    -------
    SentenceEnds
        In the order of the text. Sentences before the first name are left out.
    """
    found = []
    for speech in re.finditer(r"^([^\n:]+):\n((?:[^\n]+\n?)+)", play, re.MULTILINE):
        for n, sign in enumerate(re.finditer(r"[.?!]+", speech[2])):
            place = speech.start(2) + sign.start()
            found.append((place, speech[1], speech.start(), sign.start(), n == 0))
    places, speakers, names, distances, first = zip(*found, strict=True) if found else [[]] * 5
    numbers = (np.array(column, int) for column in (places, names, distances))
    places, names, distances = numbers
    return SentenceEnds(places, list(speakers), names, distances, np.array(first, bool))


def share_of_questions(model, vocabulary, play, ends, name=None, before=100, rows=32):
    """How a model would end each sentence: the probability of "?", where only "?" and "." count.

    It reads each speech from a zero state, with some text before it, under its speaker's name or
    under another. Only the name is changed: so what changes in the answer is what the model makes
    of the name.

    Parameters
    ----------
    model
        Has `forward(inputs)`; see `numpy_models`.
    vocabulary : unrolled.text.Vocabulary
        Of the model; it has ``?`` and ``.``.
    play : str
        The text.
    ends : SentenceEnds
        What `sentence_ends` found in it, or some of it.
    name : str, optional
        Read each speech under this name. Without it, under its own.
    before : int, default 100
        Characters before the name that are read, or as many as there are.
    rows : int, default 32
        Speeches are read as this many rows side by side.

    Returns
    -------
    ndarray, (S,)
        P("?") / (P("?") + P(".")) just before each sign.
    """
    question, stop = vocabulary.encode("?.")
    speeches = {}  # the sentences of each, by the place of its name
    for n, start in enumerate(ends.names.tolist()):
        speeches.setdefault(start, []).append(n)
    speeches = sorted(speeches.items(), key=lambda pair: ends.distances[pair[1][-1]])  # by length
    share = np.empty(len(ends.places))
    for k in range(0, len(speeches), rows):
        pieces, asked = [], []
        for row, (start, sentences) in enumerate(speeches[k : k + rows]):
            own = ends.speakers[sentences[0]]
            head = play[max(0, start - before) : start] + (name or own)
            body = start + len(own)  # where the colon stands
            pieces.append(vocabulary.encode(head + play[body : ends.places[sentences[-1]]]))
            asked += [(n, ends.places[n] - body + len(head) - 1, row) for n in sentences]
        inputs = np.zeros((max(map(len, pieces)), len(pieces)), int)  # (T, B), padded at the end
        for row, piece in enumerate(pieces):
            inputs[: len(piece), row] = piece
        logits = model.forward(inputs)[0]
        sentences, at, row = np.array(asked).T
        odds = logits[at, row, question] - logits[at, row, stop]  # their logarithm
        share[sentences] = 1 / (1 + np.exp(-odds.astype(float)))
    return share


def gradient_paths(params, inputs, targets, lags):
    """Send the gradient of an LSTM's last loss back to its cells, and split it by the way it takes.

    Parameters
    ----------
    params : dict of ndarray
        Of an LSTM with one layer; see `numpy_models`.
    inputs : ndarray of int, (T, B)
        What it reads from a zero state. Each row is a text of its own.
    targets : ndarray of int, (B,)
        What comes after each row.
    lags : int
        How many steps to go back, fewer than T.

    Returns
    -------
    dict of ndarray, (lags + 1, B, H)
        Gradients of each row's own loss with respect to its cells, k steps before the end at
        place k. "all": by all paths. "cell": from cell to cell alone, which is what is left if
        gates and candidates don't answer. "output": by paths that take no step from cell to cell.
    """
    record = run(params, inputs)
    i, f, g, o, before, cell = record[-1]
    dh = softmax(o * np.tanh(cell) @ params["weight_out"].T + params["bias_out"])
    dh[np.arange(len(targets)), targets] -= 1
    dh = dh @ params["weight_out"]  # (B, H): the last loss, with respect to h
    start = _into_cell(dh, o, cell)
    found = {"all": [start], "cell": [start], "output": [start]}
    shown = {"all": dh, "output": dh}
    for lag in range(lags):
        i, f, g, o, before, cell = record[-1 - lag]
        for name, carry in (("all", 1), ("output", 0)):
            dc = found[name][-1]
            da = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g**2)]
            da.append(shown[name] * np.tanh(cell) * o * (1 - o))
            shown[name] = np.concatenate(da, axis=1) @ params["weight_hh_l0"]
            around = _into_cell(shown[name], *record[-2 - lag][[3, 5]])
            found[name].append(carry * f * dc + around)
        found["cell"].append(f * found["cell"][-1])
    return {name: np.array(gradients) for name, gradients in found.items()}


def _into_cell(dh, o, cell):
    """What the gradient at h = o * tanh(c) sends to c."""
    return dh * o * (1 - np.tanh(cell) ** 2)


def run(params, inputs):
    """Run an LSTM, and keep all that it computes.

    Parameters
    ----------
    params : dict of ndarray
        Of an LSTM with one layer; see `numpy_models`.
    inputs : ndarray of int, (T, B)
        What it reads from a zero state.

    Returns
    -------
    ndarray, (T, 6, B, H)
        i, f, g, o, the cells before and the cells, at each step.
    """
    size = params["weight_hh_l0"].shape[1]
    hidden = cell = np.zeros((inputs.shape[1], size))
    record = []
    for ids in inputs:
        a = params["weight_ih_l0"].T[ids] + hidden @ params["weight_hh_l0"].T + params["bias_l0"]
        i, f, g, o = np.split(a.astype(float), 4, axis=1)
        i, f, o = ((1 + np.tanh(gate / 2)) / 2 for gate in (i, f, o))
        before, cell = cell, f * cell + i * np.tanh(g)
        hidden = o * np.tanh(cell)
        record.append((i, f, np.tanh(g), o, before, cell))
    return np.array(record)


def properties(passage):
    """What can be known of each place of a play from the text up to there.

    Parameters
    ----------
    passage : str, of length N
        A play: an empty line, a name and a colon on a line, the lines spoken, and so on.

    Returns
    -------
    dict of ndarray, (N,)
        The place in the line, whether the line is one with a name, the letters since a word began.
    """
    table, line, word, in_name = [], 0, 0, False
    for k, character in enumerate(passage):
        line = 0 if character == "\n" else line + 1
        word = word + 1 if character.isalpha() else 0
        if character == "\n":
            in_name = passage[k - 1 : k] == "\n"
        table.append((line, in_name, word))
    names = "place in line", "in a name", "place in word"
    return dict(zip(names, np.array(table, float).T, strict=True))


def best_unit(cells, wanted):
    """Choose a unit by its correlation on the first half of a text, and try it on the second.

    Parameters
    ----------
    cells : ndarray, (N, H)
        What each unit does at each place.
    wanted : ndarray, (N,)
        A property of each place.

    Returns
    -------
    unit : int
        The one whose correlation is largest, of either sign.
    correlation : float
        On the second half.
    """
    half = len(wanted) // 2

    def correlations(part):
        units, property_ = cells[part] - cells[part].mean(axis=0), wanted[part]
        property_ = property_ - property_.mean()
        lengths = np.linalg.norm(units, axis=0) * np.linalg.norm(property_)
        return property_ @ units / lengths

    unit = int(np.abs(correlations(slice(half))).argmax())
    return unit, float(correlations(slice(half, None))[unit])


def read_out(features, wanted):
    """Read a property from all features at once: least squares on the first half of a text.

    Parameters
    ----------
    features : ndarray, (N, F)
        Such as all cells of a network, at each place.
    wanted : ndarray, (N,)
        The property.

    Returns
    -------
    float
        Its correlation with what is read, on the second half.
    """
    half = len(wanted) // 2
    columns = np.column_stack([features, np.ones(len(wanted))])
    weights = np.linalg.lstsq(columns[:half], wanted[:half], rcond=None)[0]
    return float(np.corrcoef(columns[half:] @ weights, wanted[half:])[0, 1])
