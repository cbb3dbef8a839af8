"""What a network remembers, measured on models whose memory is known."""

import numpy as np
import pytest

from unrolled import memory, tasks
from unrolled.numpy_models import RNN

IDS = np.random.default_rng(0).integers(0, 5, 400)
STARTS, WINDOW = np.array([50, 60, 300]), 20
GRAMMAR = tasks.EMBEDDED_REBER
STRINGS = tasks.strings(GRAMMAR, 60, seed=0)


class Forgetful:
    """Remembers the last three tokens: what it says hangs on their sum."""

    def forward(self, inputs, state=None):
        total = sum(np.pad(inputs, ((k, 0), (0, 0)))[: len(inputs)] for k in range(3))
        return np.sin(total[..., None] * np.arange(5)), None


def test_cold_and_carried_are_the_losses_of_the_same_tokens():
    model = RNN(5, hidden_size=4, seed=0)
    cold, carried = memory.cold_and_carried(model, IDS, STARTS, WINDOW)
    assert cold.shape == carried.shape == (WINDOW, len(STARTS))
    for w, start in enumerate(STARTS):
        piece = IDS[start : start + WINDOW + 1, None]
        assert np.allclose(cold[:, w], memory.losses_of(model, piece[:-1], piece[1:])[:, 0])
        all_of_it = IDS[: start + WINDOW + 1, None]
        after_all = memory.losses_of(model, all_of_it[:-1], all_of_it[1:])[start:, 0]
        assert np.allclose(carried[:, w], after_all)
    inputs, targets = IDS[:-1, None], IDS[1:, None]
    loss, _, _ = model.loss_and_grads(inputs, targets)
    assert np.isclose(memory.losses_of(model, inputs, targets).mean(), loss)


def test_reach_is_the_length_of_the_memory():
    losses = memory.cold_and_carried(Forgetful(), IDS, STARTS, WINDOW)
    assert memory.reach(*losses, tolerance=1e-9) == 2  # the third token in, it knows all it uses
    assert memory.reach(*losses, tolerance=99) == 0
    assert memory.reach(losses[0], losses[1] + 1, tolerance=1e-9) == WINDOW


class Oracle:
    """Says what the grammar says; with a memory, or with T and P mixed up at random."""

    def __init__(self, remembers):
        self.remembers = remembers

    def forward(self, inputs, state=None):
        one, log_p = inputs[:, 0], np.full((len(inputs), 1, 7), -30.0)
        following = np.append(one[1:], 0)
        log_p[np.arange(len(one)), 0, following] = 0.0
        if not self.remembers:
            t, p = memory.SYMBOLS.encode("TP")
            log_p[:, 0, [p, t]] = log_p[:, 0, [t, p]]
        return log_p, None


@pytest.mark.parametrize("remembers", [True, False])
def test_who_remembers_is_seen(remembers):
    excess, right, distance = memory.examine(Oracle(remembers), GRAMMAR, STRINGS, rows=1)
    assert right.tolist() == [remembers] * len(STRINGS)
    assert distance.tolist() == [len(string) - 3 for string in STRINGS]
    assert (excess < 0) == remembers  # it sees the next symbol, which the best predictor can't


def test_a_string_that_a_row_begins_in_is_left_out():
    model = RNN(7, hidden_size=4, seed=0)
    alone = memory.examine(model, GRAMMAR, STRINGS, rows=1)
    rows = memory.examine(model, GRAMMAR, STRINGS, rows=4)
    assert len(STRINGS) - 4 <= len(rows[1]) < len(alone[1]) == len(STRINGS)
    assert np.isclose(rows[0], alone[0], atol=0.02)
