"""Batches of sequences of different lengths: pads change nothing, and no sequence is lost."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unrolled import padding

SEQUENCES = [torch.tensor(ids) for ids in ([3, 1, 4, 1], [5], [2, 6])]
TARGETS = torch.tensor([1, 0, 2])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return padding.Classifier(7, 3, embedding_size=4, hidden_size=5).double()


def test_pads_stand_on_the_right_and_outside_the_mask():
    ids, lengths = padding.collate(SEQUENCES)
    assert ids.T.tolist() == [[3, 1, 4, 1], [5, 0, 0, 0], [2, 6, 0, 0]]
    assert lengths.tolist() == [4, 1, 2]
    assert torch.equal(padding.mask_of(lengths), ids != 0)


@pytest.mark.parametrize("packed", [False, True])
def test_in_a_batch_as_alone(model, packed):
    ids, lengths = padding.collate(SEQUENCES)
    logits = model(ids, lengths, packed)  # (T, B, C)
    losses, last = [], padding.last_valid(logits, lengths)
    for b, sequence in enumerate(SEQUENCES):
        alone = model(*padding.collate([sequence]))
        assert torch.allclose(logits[: len(sequence), b], alone[:, 0], rtol=0, atol=1e-12)
        assert torch.allclose(last[b], alone[-1, 0], rtol=0, atol=1e-12)
        losses.append(
            torch.nn.functional.cross_entropy(alone[:, 0], TARGETS[b].expand(len(sequence)))
        )
    by_hand = (torch.stack(losses) * lengths).sum() / lengths.sum()
    assert torch.allclose(padding.masked_loss(logits, TARGETS, lengths), by_hand)
    total = padding.masked_loss(logits, TARGETS, lengths, "sum")
    assert torch.allclose(total, by_hand * lengths.sum())


def test_what_stands_at_a_pad_changes_neither_loss_nor_gradient(model):
    ids, lengths = padding.collate(SEQUENCES)
    found = []
    for pad in (0, 6):
        model.zero_grad(set_to_none=True)
        other = torch.where(padding.mask_of(lengths), ids, pad)
        loss = padding.masked_loss(model(other, lengths), TARGETS, lengths)
        loss.backward()
        found.append([loss.detach(), *(p.grad for p in model.parameters())])
    for one, another in zip(*found, strict=True):
        assert torch.equal(one, another)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(1, 9), st.integers(1, 4))
def test_buckets_hold_every_sequence_once_and_neighbors_in_length(lengths, batch_size, stretch):
    lengths = np.array([0, *lengths])  # the first is no part of it
    part, rng = np.arange(1, len(lengths)), np.random.default_rng(0)
    groups = padding.bucketed(part, lengths, batch_size, rng, stretch)
    assert sorted(np.concatenate(groups)) == part.tolist()
    assert max(map(len, groups)) <= batch_size
    assert all((np.diff(lengths[group]) >= 0).all() for group in groups)
    again = padding.bucketed(part, lengths, batch_size, np.random.default_rng(0), stretch)
    assert all(map(np.array_equal, groups, again))
    if stretch * batch_size >= len(part):  # sorted as a whole: batches don't overlap
        spans = sorted((lengths[group].min(), lengths[group].max()) for group in groups)
        assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
