"""Free-running generation: the model reads what it has just written. And what it copied."""

import math

import numpy as np

from unrolled.numpy_models import softmax


def next_probabilities(logits, temperature=1.0, top_k=None):
    """Probabilities of the next token, sharpened or flattened, and cut to the likeliest.

    Parameters
    ----------
    logits : ndarray, shape (V,)
        Unnormalized log-probabilities.
    temperature : float, default 1.0
        Divides the logits: below 1 favors likely tokens, above 1 evens them out.
    top_k : int, optional
        Keep only this many of the likeliest tokens. 1 always takes the likeliest.

    Returns
    -------
    ndarray, shape (V,)
        Probabilities that sum to one.

    Raises
    ------
    ValueError
        If the temperature is not a positive number, or `top_k` is below 1.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(
            f"temperature must be a positive number, not {temperature}; "
            "for the likeliest token every time, use top_k=1"
        )
    logits = np.array(logits, np.float64)
    if top_k is not None:
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, not {top_k}")
        unlikely = np.argsort(-logits, kind="stable")[top_k:]
        logits[unlikely] = -np.inf
    with np.errstate(over="ignore"):  # far below the largest, and nearly frozen: -inf is right
        return softmax((logits - logits.max()) / temperature)


def sample(model, vocabulary, prompt, length, temperature=1.0, top_k=None, seed=0):
    """Let a model continue a text, one token at a time.

    Parameters
    ----------
    model
        Has `forward(inputs, state)`; see `numpy_models`.
    vocabulary : unrolled.text.Vocabulary
        Turns characters into ids and back.
    prompt : str
        What the model reads first: at least one character, all in the vocabulary.
    length : int
        How many characters to write.
    temperature, top_k
        As in `next_probabilities`.
    seed : int or numpy.random.Generator, default 0
        The same seed writes the same text.

    Returns
    -------
    str
        The characters written, without the prompt.

    Raises
    ------
    ValueError
        If the prompt is empty or has a character outside the vocabulary, the length is negative, or
        the temperature or `top_k` is out of range.
    """
    if not prompt:
        raise ValueError("prompt is empty: give the model at least one character to start from")
    if length < 0:
        raise ValueError(f"length must not be negative, but is {length}")
    rng = np.random.default_rng(seed)
    logits, state = model.forward(vocabulary.encode(prompt)[:, None])
    written = []
    for _ in range(length):
        probabilities = next_probabilities(logits[-1, 0], temperature, top_k)
        written.append(int(rng.choice(len(probabilities), p=probabilities)))
        logits, state = model.forward(np.array([[written[-1]]]), state)
    return vocabulary.decode(written)


def longest_overlap(sample, source):
    """The longest stretch of a text that also stands, character for character, in another.

    Parameters
    ----------
    sample : str
        The text to look at.
    source : str
        The text to look in.

    Returns
    -------
    str
        The longest substring that both have, the first of equals in `sample`; empty if they share
        no character.

    Raises
    ------
    TypeError
        If either is not a string: decode ids first.
    """
    for name, value in [("sample", sample), ("source", source)]:
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    longest = ""
    for start in range(len(sample)):
        end = start + len(longest) + 1  # only a longer one matters
        while end <= len(sample) and sample[start:end] in source:
            longest = sample[start:end]
            end += 1
    return longest
