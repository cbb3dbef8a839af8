"""What a network remembers, measured on models whose memory is known."""

import numpy as np
import pytest

from unrolled import memory, tasks
from unrolled.numpy_models import RNN, softmax
from unrolled.text import Vocabulary

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


# How fast a gradient shrinks.

TEXT = np.random.default_rng(1).integers(0, 5, 800)


def linear_rnn(weight):
    """An RNN that stays at tanh's steepest place: it is driven by nothing."""
    model = RNN(5, hidden_size=len(weight), seed=0)
    model.params["weight_ih_l0"][:] = model.params["bias_l0"][:] = 0
    model.params["weight_hh_l0"][:] = weight
    return model.params


def test_a_rotation_that_shrinks_is_measured_and_predicted():
    rotation, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))
    found = memory.forgetting(linear_rnn(0.7 * rotation), TEXT, lags=20, rows=8)
    for name in ("rms", "geometric", "shuffled", "second_moment", "mean_slope", "radius"):
        assert np.isclose(found[name], 0.7), name
    assert np.isclose(found["slope"], 1)
    assert np.isclose(found["left"], 0.7**10)


def test_the_second_moment_predicts_what_the_mean_slope_cannot():
    rng, steep = np.random.default_rng(3), RNN(5, hidden_size=48, seed=0)
    steep.params["weight_hh_l0"][:] = rng.normal(0, 3 / 48**0.5, (48, 48))
    found = memory.forgetting(steep.params, TEXT, lags=20, rows=16)
    assert abs(found["second_moment"] - found["shuffled"]) < 0.06
    assert abs(found["mean_slope"] - found["shuffled"]) > 0.2


def test_the_gradient_is_the_engines():
    model = RNN(5, hidden_size=6, seed=0)
    lags, rows = 4, 1
    found = memory.forgetting(model.params, TEXT[:10], lags, rows)
    state, lengths = model.forward(TEXT[:9, None])[1], []
    for back in (0, 2):
        read, left = TEXT[: 9 - back], TEXT[9 - back : 9]
        state = model.forward(read[:, None])[1]

        def loss(state, left=left):
            """Of the last character alone, read on from a state."""
            if len(left):
                logits, _ = model.forward(left[:, None], state)
                logits = logits[-1, 0]
            else:
                out = model.params["weight_out"], model.params["bias_out"]
                logits = out[0] @ state[0, 0] + out[1]
            return np.log(np.exp(logits).sum()) - logits[TEXT[9]]

        nudges = 1e-6 * np.eye(6)[:, None, None]
        slope = [(loss(state + nudge) - loss(state - nudge)) / 2e-6 for nudge in nudges]
        lengths.append(np.linalg.norm(slope))
    assert np.isclose(found["left"], lengths[1] / lengths[0], rtol=1e-6)


def test_too_short_a_text_is_refused():
    with pytest.raises(ValueError, match="800 characters are too few for 64 rows of 82"):
        memory.forgetting(RNN(5, hidden_size=4).params, TEXT)


# Who is speaking.

SCENE = """and so it ends.

Wren:
Is it?
Where is Hob...

Hob:
Here. Is she
gone!

Vane:
No words
"""
VOCABULARY = Vocabulary.from_text(SCENE)


def test_sentence_ends_are_found_with_their_speakers():
    ends = memory.sentence_ends(SCENE)
    assert [SCENE[place] for place in ends.places] == ["?", ".", ".", "!"]
    assert ends.speakers == ["Wren", "Wren", "Hob", "Hob"]
    assert [SCENE[name:].split(":")[0] for name in ends.names] == ends.speakers
    assert ends.distances.tolist() == [5, 19, 4, 17]
    assert ends.first.tolist() == [True, False, True, False]
    assert len(memory.sentence_ends("No play.").places) == 0


class Listener:
    """Says "?" with the odds e², where the last name that it has read is Wren's; else e⁻¹."""

    def __init__(self, far=1000):
        self.far = far  # characters after which it has forgotten the name

    def forward(self, inputs):
        logits = np.zeros((*inputs.shape, len(VOCABULARY)))
        question = VOCABULARY.encode("?")[0]
        for row, column in enumerate(inputs.T):
            said = VOCABULARY.decode(column)
            for t in range(len(said)):
                seen = said[max(0, t + 1 - self.far) : t + 1]
                name = max(("Wren:", "Hob:", "Vane:"), key=seen.rfind)
                logits[t, row, question] = 2 if seen.rfind("Wren:") == seen.rfind(name) >= 0 else -1
        return logits, None


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_a_model_that_knows_the_speaker_is_seen(rows):
    ends = memory.sentence_ends(SCENE)
    wren, other = 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(1))
    ask = {"rows": rows, "before": 10}
    share = memory.share_of_questions(Listener(), VOCABULARY, SCENE, ends, **ask)
    assert np.allclose(share, [wren, wren, other, other])
    for name, expected in {"Wren": wren, "Hob": other, "Vane": other}.items():
        share = memory.share_of_questions(Listener(), VOCABULARY, SCENE, ends, name, **ask)
        assert np.allclose(share, expected)


def test_a_model_that_forgets_the_name_is_seen():
    ends = memory.sentence_ends(SCENE)
    share = memory.share_of_questions(Listener(12), VOCABULARY, SCENE, ends, "Wren", before=0)
    assert (share > 0.5).tolist() == [True, False, True, False]


def test_shares_are_those_of_the_whole_text():
    model, ends = RNN(len(VOCABULARY), hidden_size=4, seed=0), memory.sentence_ends(SCENE)
    share = memory.share_of_questions(model, VOCABULARY, SCENE, ends, before=100)
    p = softmax(model.forward(VOCABULARY.encode(SCENE)[:, None])[0][ends.places - 1, 0])
    question, stop = VOCABULARY.encode("?.")
    assert np.allclose(share, p[:, question] / (p[:, question] + p[:, stop]))
