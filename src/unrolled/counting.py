"""Counting baselines: how well the next character is predicted by counting what followed before."""

import numpy as np


def witten_bell(train_ids, test_ids, vocab_size, context):
    """Probability of each test character given the `context` characters before it, from counts.

    Witten-Bell smoothing: after a context seen n times, followed by d distinct characters, the
    counts get the weight n / (n + d) and the next shorter context gets d / (n + d). Below the
    empty context lies the uniform distribution.

    Parameters
    ----------
    train_ids, test_ids : ndarray of int, shape (N,)
        The text to count, and the text to predict.
    vocab_size : int
        V, the number of distinct characters; the ids are 0 to V - 1.
    context : int
        How many characters back to look; 0 predicts from single-character frequencies alone.

    Returns
    -------
    ndarray of float, shape (len(test_ids) - context,)
        The probability of each test character that has a full context before it.

    Raises
    ------
    ValueError
        If a text is not longer than the context or has an id outside the vocabulary, or the context
        is negative or so long that it doesn't fit a 64-bit code.

    References
    ----------
    Witten, Bell, "The zero-frequency problem", 1991, method C. Chen, Goodman, "An empirical study
    of smoothing techniques for language modeling", 1999, section 2.6.
    """
    if context < 0 or int(vocab_size) ** (context + 1) > 2**63:
        raise ValueError(
            f"context must be at least 0, and {vocab_size} ** (context + 1) at most 2 ** 63; the "
            f"context is {context}"
        )
    for name, ids in [("train_ids", train_ids), ("test_ids", test_ids)]:
        if len(ids) <= context:
            raise ValueError(
                f"{name} has {len(ids)} characters: too few for a context of {context}"
            )
        if np.min(ids) < 0 or np.max(ids) >= vocab_size:
            raise ValueError(
                f"{name} has ids from {np.min(ids)} to {np.max(ids)}; the vocabulary has ids 0 to "
                f"{vocab_size - 1}"
            )
    probability = np.full(len(test_ids) - context, 1 / vocab_size)
    for length in range(context + 1):
        grams = _codes(train_ids, length + 1, vocab_size)  # context and character as one number
        distinct, counts = np.unique(grams, return_counts=True)
        contexts, starts = np.unique(distinct // vocab_size, return_index=True)
        seen = np.add.reduceat(counts, starts)  # n
        followers = np.diff(np.append(starts, len(distinct)))  # d
        wanted = _codes(test_ids[context - length :], length + 1, vocab_size)
        count = _look_up(distinct, counts, wanted)
        n = _look_up(contexts, seen, wanted // vocab_size)
        d = _look_up(contexts, followers, wanted // vocab_size)
        probability = np.where(n > 0, (count + d * probability) / np.maximum(n + d, 1), probability)
    return probability


def _codes(ids, length, base):
    """Each run of `length` ids as one integer, written in that base."""
    ids = np.asarray(ids, np.int64)
    codes = np.zeros(len(ids) - length + 1, np.int64)
    for offset in range(length):
        codes = codes * base + ids[offset : offset + len(codes)]
    return codes


def _look_up(keys, values, wanted):
    """The value of each wanted key, 0 where the sorted keys don't have it."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
