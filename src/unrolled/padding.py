"""Sequences of different lengths in one batch: padding, masks, buckets, and a classifier of them.

Chapter 5 builds all of this, and asserts that it is equal.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


def collate(sequences):
    """Put sequences side by side, padded with 0 on the right.

    Parameters
    ----------
    sequences : list of int64 tensors, (length,)
        At least one.

    Returns
    -------
    ids : int64 tensor, (T, B)
        T is the longest length.
    lengths : int64 tensor, (B,)
    """
    return pad_sequence(sequences), torch.tensor([len(ids) for ids in sequences])


def mask_of(lengths):
    """Say which entries of a padded batch are real.

    Parameters
    ----------
    lengths : int64 tensor, (B,)

    Returns
    -------
    bool tensor, (T, B)
        True at real entries; T is the longest length.
    """
    return torch.arange(int(lengths.max()))[:, None] < lengths


def bucketed(part, lengths, batch_size, rng, stretch=16):
    """Deal sequences into batches of similar length, in another way each time.

    Shuffle, sort stretches of some batches by length, cut, and shuffle the batches.

    Parameters
    ----------
    part : ndarray of int, (N,)
        Which sequences.
    lengths : ndarray of int
        The length of every sequence, those that aren't in `part` as well.
    batch_size : int
        Sequences in a batch. The last one of a stretch may have fewer.
    rng : numpy.random.Generator
    stretch : int, default 16
        Batches that are sorted together. More of them leave less padding, and less chance.

    Returns
    -------
    list of ndarray of int
        Every entry of `part` is in one of them.
    """
    part, groups = rng.permutation(part), []
    for start in range(0, len(part), stretch * batch_size):
        some = part[start : start + stretch * batch_size]
        some = some[np.argsort(lengths[some], kind="stable")]
        groups += [some[k : k + batch_size] for k in range(0, len(some), batch_size)]
    rng.shuffle(groups)
    return groups


class Classifier(nn.Module):
    """An embedding, an LSTM and a head: logits of the class after every token.

    Parameters
    ----------
    vocab_size : int
        V, the pad included.
    num_classes : int
        C.
    embedding_size, hidden_size : int
        D and H.
    """

    def __init__(self, vocab_size, num_classes, embedding_size=24, hidden_size=48):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.layers = nn.LSTM(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, ids, lengths, packed=False):
        """Read a padded batch.

        Parameters
        ----------
        ids : int64 tensor, (T, B)
        lengths : int64 tensor, (B,)
            Used only if `packed`; PyTorch then refuses a length of 0.
        packed : bool, default False
            Leave the pads out of the computation. At real entries the result is the same.

        Returns
        -------
        logits : tensor, (T, B, C)
            What stands at pads means nothing.
        """
        inputs = self.embedding(ids)  # (T, B, D)
        if packed:
            inputs = pack_padded_sequence(inputs, lengths, enforce_sorted=False)
        hidden, _ = self.layers(inputs)
        if packed:
            hidden, _ = pad_packed_sequence(hidden)  # (T, B, H)
        return self.head(hidden)


def masked_loss(logits, targets, lengths, reduction="mean"):
    """Cross-entropy with a sequence's class after each of its tokens, and at no pad.

    Parameters
    ----------
    logits : tensor, (T, B, C)
    targets : int64 tensor, (B,)
        The class of each sequence.
    lengths : int64 tensor, (B,)
    reduction : str, default "mean"
        As in PyTorch: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    tensor
        Nats: the mean over tokens, their sum, or one for each.
    """
    mask = mask_of(lengths)
    return nn.functional.cross_entropy(
        logits[mask], targets.expand(mask.shape)[mask], reduction=reduction
    )


def last_valid(logits, lengths):
    """Pick what is said when all of a sequence is read.

    Parameters
    ----------
    logits : tensor, (T, B, C)
    lengths : int64 tensor, (B,)

    Returns
    -------
    tensor, (B, C)
    """
    return logits[lengths - 1, torch.arange(len(lengths))]
