"""What a network remembers, measured on models whose memory is known."""

import numpy as np
import pytest

from unrolled import memory, tasks
from unrolled.numpy_models import GRU, LSTM, RNN, cross_entropy, softmax
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


def with_letters(model, ids, extra, epsilon):
    """Losses of a text whose letters are one-hot vectors, `epsilon` of `extra` added: (T,).

    Each place gets a letter of its own, whose column of W_ih is what is read there; none of these
    letters is ever expected.
    """
    V, T = model.vocab_size, len(ids) - 1
    wide = type(model)(V + T, model.hidden_size, model.num_layers)
    params = {name: param.copy() for name, param in model.params.items()}
    read = np.eye(V)[ids[:-1]] + epsilon * extra  # (T, V)
    columns = params["weight_ih_l0"] @ read.T
    params["weight_ih_l0"] = np.concatenate([params["weight_ih_l0"], columns], axis=1)
    params["weight_out"] = np.pad(params["weight_out"], ((0, T), (0, 0)))
    params["bias_out"] = np.pad(params["bias_out"], (0, T), constant_values=-1e9)
    wide.params = params
    inputs = V + np.arange(T)
    return memory.losses_of(wide, inputs[:, None], ids[1:, None])[:, 0]


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_gradient_of_each_letter_equals_finite_differences(kind, num_layers):
    model, ids = kind(5, 4, num_layers, seed=1), IDS[:8]
    found, steps = np.zeros((7, 7, 5)), 1e-5
    for s, v in np.ndindex(7, 5):
        extra = np.zeros((7, 5))
        extra[s, v] = 1
        above, below = (with_letters(model, ids, extra, e) for e in (steps, -steps))
        found[:, s, v] = (above - below) / (2 * steps)  # dL_t/dx_s[v]
    lengths = memory.gradient_by_letter(model, ids)
    np.testing.assert_allclose(lengths, np.linalg.norm(found, axis=2), rtol=1e-6, atol=1e-10)
    assert (lengths[np.triu_indices(7, 1)] == 0).all() and (np.tril(lengths) > 0).sum() == 28


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_each_letter_s_gradients_add_up_to_that_of_the_weights(kind):
    model, ids = kind(5, 4, 2, seed=1), IDS[:41].reshape(41, 1)
    logits, _ = model.forward(ids[:-1])
    _, d_logits = cross_entropy(logits, ids[1:])
    of_inputs = model.input_grads(ids[:-1], d_logits)  # W_ihᵀ δa
    _, grads, _ = model.loss_and_grads(ids[:-1], ids[1:])
    bias = next(name for name in grads if name in ("bias_l0", "bias_ih_l0"))
    np.testing.assert_allclose(
        of_inputs.sum(axis=(0, 1)), grads[bias] @ model.params["weight_ih_l0"], atol=1e-12
    )


def test_rows_can_be_asked_for_and_memory_saved():
    model = LSTM(5, 4, seed=2)
    whole = memory.gradient_by_letter(model, IDS[:41])
    assert whole.shape == (40, 40)
    some = memory.gradient_by_letter(model, IDS[:41], first=33, columns=3)
    np.testing.assert_allclose(some, whole[33:], rtol=1e-12)
    assert np.allclose(memory.shares(some).sum(axis=1), 1)


@pytest.mark.parametrize("first", [-1, 40, 41])
def test_steps_that_are_not_there_are_refused(first):
    with pytest.raises(ValueError, match=f"first is {first}; 41 ids have the steps 0 to 39"):
        memory.gradient_by_letter(RNN(5, 4), IDS[:41], first)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 1, 4\); .* \(3, 1\) need \(3, 1, 5\)"):
        RNN(5, 4).input_grads(IDS[:3, None], np.zeros((3, 1, 4)))


def test_letters_that_hold_a_part():
    lengths = np.array([[1, 2, 7, 0, 0], [0, 8, 0, 2, 0], [2, 2, 2, 2, 2.0]])
    assert memory.letters_holding(lengths, 0.5).tolist() == [1, 3, 3]
    assert memory.letters_holding(lengths, 0.65).tolist() == [1, 3, 4]
    assert memory.letters_holding(lengths, 1.0).tolist() == [3, 3, 5]


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


# The gradient's ways back through an LSTM, and what can be read from its cells.


@pytest.fixture
def small_lstm():
    """An LSTM whose weights are not small, and three rows of text."""
    model = LSTM(5, hidden_size=4, seed=0)
    for array in model.params.values():
        array *= 2
    return model, IDS[:90].reshape(3, 30).T


def test_a_run_is_what_the_engine_computes(small_lstm):
    model, rows = small_lstm
    record = memory.run(model.params, rows)
    _, (hidden, cells) = model.forward(rows)
    assert record.shape == (30, 6, 3, 4)
    assert np.allclose(record[-1, 5], cells[0], atol=1e-12)
    assert np.allclose(record[-1, 3] * np.tanh(record[-1, 5]), hidden[0], atol=1e-12)
    assert np.array_equal(record[1:, 4], record[:-1, 5])  # the cells before are those before


@pytest.mark.parametrize("k", [0, 1, 7])
def test_the_whole_gradient_is_what_a_nudge_of_the_cells_says(small_lstm, k):
    model, rows = small_lstm
    inputs, targets = rows[:-1], rows[-1]
    record = memory.run(model.params, inputs)
    found = memory.gradient_paths(model.params, inputs, targets, lags=10)["all"]
    assert found.shape == (11, 3, 4)

    def losses(nudge):
        cells = record[-1 - k, 5] + nudge
        state = (record[-1 - k, 3] * np.tanh(cells))[None], cells[None]
        if k == 0:
            logits = state[0][0] @ model.params["weight_out"].T + model.params["bias_out"]
        else:
            logits = model.forward(inputs[-k:], state)[0][-1]
        return -np.log(softmax(logits)[np.arange(3), targets])

    for unit in range(4):
        nudge = 1e-5 * np.eye(4)[unit]
        slope = (losses(nudge) - losses(-nudge)) / 2e-5
        assert np.allclose(slope, found[k][:, unit], atol=1e-8)


def test_the_cell_alone_is_a_product_of_forget_gates(small_lstm):
    model, rows = small_lstm
    forget = memory.run(model.params, rows[:-1])[::-1, 1]
    found = memory.gradient_paths(model.params, rows[:-1], rows[-1], lags=10)
    for k in range(11):
        assert np.allclose(found["cell"][k], found["cell"][0] * forget[:k].prod(axis=0), atol=1e-15)


def test_one_step_back_the_two_ways_are_the_whole(small_lstm):
    model, rows = small_lstm
    found = memory.gradient_paths(model.params, rows[:-1], rows[-1], lags=2)
    assert np.allclose(found["cell"][1] + found["output"][1], found["all"][1], atol=1e-15)
    assert not np.allclose(found["cell"][2] + found["output"][2], found["all"][2], rtol=1e-3)


def test_properties_are_known_from_the_text_up_to_there():
    passage = "said.\n\nHob:\nYes, I"
    found = memory.properties(passage)
    assert found["place in line"].tolist() == [1, 2, 3, 4, 5, 0, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6]
    assert found["in a name"].tolist() == 6 * [0] + 5 * [1] + 7 * [0]
    assert found["place in word"].tolist() == [1, 2, 3, 4, 0, 0, 0, 1, 2, 3, 0, 0, 1, 2, 3, 0, 0, 1]
    for end in range(1, len(passage)):
        for name, values in memory.properties(passage[:end]).items():
            assert values.tolist() == found[name][:end].tolist()


def test_the_best_unit_is_found_and_tried_on_text_that_had_no_say():
    rng = np.random.default_rng(0)
    wanted, cells = rng.normal(size=400), rng.normal(size=(400, 6))
    cells[:, 3] -= 5 * wanted
    unit, correlation = memory.best_unit(cells, wanted)
    assert unit == 3 and correlation < -0.9
    cells[200:, 3] = rng.normal(size=200)  # only in the first half
    unit, correlation = memory.best_unit(cells, wanted)
    assert unit == 3 and abs(correlation) < 0.3


def test_a_read_out_is_tried_on_text_that_it_was_not_fitted_to():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 30))
    wanted = features @ rng.normal(size=30) + 7
    assert memory.read_out(features, wanted) > 0.999
    assert abs(memory.read_out(features, rng.normal(size=400))) < 0.3
