"""Training a PyTorch model on batches of a text, right or with one mistake, to see what it costs.

Chapter 4 builds both functions, and asserts that they are equal. To train for use, take
``python -m unrolled.train``.
"""

import torch
from torch import nn

from unrolled.text import stream_batches

MISTAKES = (
    "state reset",
    "cell state reset",
    "rows dealt",
    "softmax twice",
    "gradients not zeroed",
)


def dealt_batches(ids, batch_size, num_steps):
    """Deal a text to rows like cards, as ``reshape(-1, B)`` does. It is wrong: see chapter 4.

    Parameters
    ----------
    ids : ndarray of int, (N,)
        The text.
    batch_size, num_steps : int
        B rows, and T steps in a chunk.

    Yields
    ------
    inputs, targets : ndarrays of int, (T, B)
        Neighbors in the text stand in neighboring rows. The targets are right.
    """
    size = batch_size * num_steps
    for start in range(0, len(ids) - size, size):
        piece = ids[start : start + size + 1]
        yield piece[:-1].reshape(-1, batch_size), piece[1:].reshape(-1, batch_size)


def train(
    model, ids, passes, mistake=None, batch_size=16, num_steps=32, learning_rate=0.004, clip=5.0
):
    """Train with Adam, the state carried and detached, gradients clipped.

    Parameters
    ----------
    model : CharacterModel
        An LSTM. Trained in place.
    ids : ndarray of int, (N,)
        The text.
    passes : int
        How often to read it.
    mistake : str, optional
        One of `MISTAKES`.
    batch_size, num_steps : int
        Rows side by side, and steps in a chunk.
    learning_rate : float
    clip : float
        Longest gradient that is used as it is.

    Returns
    -------
    list of float
        The loss of each step, nats per token, as the training sees it.

    Raises
    ------
    ValueError
        If there is no such mistake, or the text is too short for that many rows.
    """
    if mistake not in (None, *MISTAKES):
        raise ValueError(f"no mistake {mistake!r}; there are {', '.join(MISTAKES)}")
    cut = dealt_batches if mistake == "rows dealt" else stream_batches
    optimizer, losses = torch.optim.Adam(model.parameters(), learning_rate), []
    for _ in range(passes):
        state = None
        for pair in cut(ids, batch_size, num_steps):
            inputs, targets = map(torch.from_numpy, pair)  # (T, B)
            if mistake != "gradients not zeroed":
                optimizer.zero_grad()
            logits, (hidden, cell) = model(inputs, state)
            if mistake == "softmax twice":
                logits = logits.softmax(dim=-1)  # and the loss takes another
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            losses.append(loss.item())
            state = hidden.detach(), cell.detach()
            if mistake == "cell state reset":
                state = hidden.detach(), torch.zeros_like(cell)
            elif mistake == "state reset":
                state = None
    return losses
