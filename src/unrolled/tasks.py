"""Made-up tasks whose best possible answer is known: Reber grammars, echoes, and scenes of a play.

A grammar is a table: for each state, the symbols that may come and the state that each leads to.
The symbols of a state are equally likely, and a string is a walk from the table's first state until
`END`. Everything else, strings, probabilities and entropy, is computed from the table.
"""

import math

import numpy as np

from unrolled import _checks

END = "end"  # the state after a string's last symbol

REBER = {
    "0": {"B": "1"},
    "1": {"T": "2", "P": "3"},
    "2": {"S": "2", "X": "4"},
    "3": {"T": "3", "V": "5"},
    "4": {"X": "3", "S": "6"},
    "5": {"P": "4", "V": "6"},
    "6": {"E": END},
}


def embed(inner, times=1):
    """Put strings of a grammar between two symbols that agree, so that a model must remember.

    A string is B, then T or P, then strings of the inner grammar, then the same T or P again, and
    E. Only the second-to-last symbol needs the memory: what comes before it is alike for T and P.

    Parameters
    ----------
    inner : dict of dict of str
        The grammar of what stands between; see `REBER`.
    times : int, default 1
        How many strings of it stand between, at least 1. More of them put the two symbols further
        apart.

    Returns
    -------
    dict of dict of str
        The grammar.

    Raises
    ------
    ValueError
        If `times` is below 1.

    References
    ----------
    Hochreiter, Schmidhuber, "Long short-term memory", 1997, experiment 1: the embedded Reber
    grammar, `EMBEDDED_REBER` here. More than one string in between is not in the paper.
    """
    _checks.at_least_one(times=times)
    first = next(iter(inner))
    begin = {side: f"{side}1.{first}" for side in "TP"}
    table = {"begin": {"B": "choose"}, "choose": begin}
    for side in "TP":  # a copy for each: the state says what to remember
        for n in range(1, times + 1):
            after = side if n == times else f"{side}{n + 1}.{first}"
            for state, symbols in inner.items():
                table[f"{side}{n}.{state}"] = {
                    symbol: after if goal == END else f"{side}{n}.{goal}"
                    for symbol, goal in symbols.items()
                }
        table[side] = {side: "close"}
    return table | {"close": {"E": END}}


EMBEDDED_REBER = embed(REBER)


def strings(grammar, num_strings, seed=0):
    """Draw strings from a grammar, at each state one of its symbols at random.

    Parameters
    ----------
    grammar : dict of dict of str
        ``grammar[state][symbol]`` is the next state; see `REBER`.
    num_strings : int
        How many, at least 1.
    seed : int or numpy.random.Generator, default 0
        The same seed draws the same strings.

    Returns
    -------
    list of str
        The strings. Joined, they are one long text.

    Raises
    ------
    ValueError
        If there are to be fewer than 1.

    References
    ----------
    Hochreiter, Schmidhuber, "Long short-term memory", 1997, experiment 1.
    """
    _checks.at_least_one(num_strings=num_strings)
    rng = np.random.default_rng(seed)
    choices = {state: list(symbols.items()) for state, symbols in grammar.items()}
    start = next(iter(grammar))
    drawn = []
    for _ in range(num_strings):
        written, state = [], start
        while state != END:
            symbol, state = choices[state][int(len(choices[state]) * rng.random())]
            written.append(symbol)
        drawn.append("".join(written))
    return drawn


def probabilities(grammar, string):
    """Give each symbol's probability after those before it: what the best predictor knows.

    Parameters
    ----------
    grammar : dict of dict of str
        As in `strings`.
    string : str, of length N
        One string of the grammar, or several, one after the other.

    Returns
    -------
    ndarray, shape (N,)
        The mean of ``-log`` of it is the least loss that any model can have on this string, except
        by luck.

    Raises
    ------
    ValueError
        At a symbol that can't follow those before it, or if the last string is not finished; the
        message says where.
    """
    start = next(iter(grammar))
    found, state = np.empty(len(string)), start
    for t, symbol in enumerate(string):
        symbols = grammar[state]
        if symbol not in symbols:
            raise ValueError(
                f"the symbol {symbol!r} at position {t} is not in the grammar: after "
                f"{string[max(0, t - 20) : t]!r} may come {' or '.join(symbols)}"
            )
        found[t] = 1 / len(symbols)
        state = start if symbols[symbol] == END else symbols[symbol]
    if state != start:
        raise ValueError(
            f"the string stops before its end: after {string[-20:]!r} must come "
            f"{' or '.join(grammar[state])}"
        )
    return found


def visits(grammar):
    """Count how often a string passes through each state, on average, exactly.

    The probabilities of going from state to state are a matrix Q. Its powers are those of going in
    two steps, three, and so on, and their sum, I + Q + Q² + ..., is the inverse of I - Q: the
    fundamental matrix, whose first row says what is asked.

    Parameters
    ----------
    grammar : dict of dict of str
        As in `strings`.

    Returns
    -------
    dict of float
        Expected visits of each state. Their sum is the expected length of a string, as each visit
        writes one symbol.

    Raises
    ------
    ValueError
        If a state can't be left toward `END`: strings would never stop.

    References
    ----------
    Kemeny, Snell, "Finite Markov chains", 1960, chapter 3.
    """
    place = {state: n for n, state in enumerate(grammar)}
    step = np.zeros((len(grammar), len(grammar)))  # Q[from, to]
    for state, symbols in grammar.items():
        for goal in symbols.values():
            if goal != END:
                step[place[state], place[goal]] += 1 / len(symbols)
    start = np.zeros(len(grammar))
    start[0] = 1
    try:
        counts = np.linalg.solve((np.eye(len(grammar)) - step).T, start)
    except np.linalg.LinAlgError:
        raise ValueError(
            "the grammar has states from which its strings never reach END, so the visits have no "
            "mean"
        ) from None
    return dict(zip(grammar, counts.tolist(), strict=True))


def entropy(grammar):
    """Give the entropy of a grammar's strings, exactly: the least loss that any model can have.

    Parameters
    ----------
    grammar : dict of dict of str
        As in `strings`.

    Returns
    -------
    float
        Nats per string. Divided by the expected length it is nats per symbol.

    Raises
    ------
    ValueError
        As in `visits`.
    """
    return sum(n * math.log(len(grammar[state])) for state, n in visits(grammar).items())


def echo(num_sequences, n_in, n_out, vocab_size=100, seed=0):
    """Draw sequences to read, and their first symbols, to be written once all is read.

    Parameters
    ----------
    num_sequences : int
        N, at least 1.
    n_in : int
        How many symbols a sequence has. All are equally likely, and independent.
    n_out : int
        How many of them to echo, from the first on; at most `n_in`.
    vocab_size : int, default 100
        V: symbols are 0 to V - 1. At least 2.
    seed : int or numpy.random.Generator, default 0
        The same seed draws the same sequences.

    Returns
    -------
    X : ndarray of int64, shape (N, n_in)
        The sequences, one in each row.
    y : ndarray of int64, shape (N, n_out)
        What to write: a copy of the first `n_out` columns.

    Raises
    ------
    ValueError
        If a number is too small, or there is more to echo than was read.
    """
    _checks.at_least_one(num_sequences=num_sequences, n_in=n_in, n_out=n_out)
    if vocab_size < 2:
        raise ValueError(f"vocab_size must be at least 2, not {vocab_size}")
    if n_out > n_in:
        raise ValueError(f"n_out is {n_out}: only the {n_in} symbols that were read can be echoed")
    X = np.random.default_rng(seed).integers(vocab_size, size=(num_sequences, n_in))
    return X, X[:, :n_out].copy()


def scenes(sentences, num_speeches, speakers, asks, parts=4, seed=0):
    """Draw speeches whose last sign says who speaks, and nothing else does.

    Speaker and words are drawn independently. So only the name tells how a speech ends.

    Parameters
    ----------
    sentences : list of str
        What may be said, without the signs ``.?!``.
    num_speeches : int
        How many speeches, at least 1.
    speakers : list of str
        Their names. All speak equally often.
    asks : str
        Whose speeches end in a question mark. Those of all others end in a full stop.
    parts : int, default 4
        A speech is 1 to this many sentences, joined by commas, each number as often as another.
    seed : int or numpy.random.Generator, default 0
        The same seed draws the same speeches.

    Returns
    -------
    str
        The speeches, laid out as in a play: a name and a colon on a line, the speech, an empty
        line.

    Raises
    ------
    ValueError
        If a number is below 1, or there are no sentences or speakers.
    """
    _checks.at_least_one(
        num_speeches=num_speeches, parts=parts, sentences=len(sentences), speakers=len(speakers)
    )
    rng, written = np.random.default_rng(seed), []
    for _ in range(num_speeches):
        speaker = speakers[rng.integers(len(speakers))]
        said = [sentences[n] for n in rng.integers(len(sentences), size=1 + rng.integers(parts))]
        written.append(f"{speaker}:\n{', '.join(said)}{'?' if speaker == asks else '.'}\n\n")
    return "".join(written)
