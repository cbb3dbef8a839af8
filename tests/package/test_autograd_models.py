"""The networks that autograd differentiates: equal to the hand-derived ones, used the same way."""

import numpy as np
import pytest
from autograd import grad
from autograd import numpy as anp
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled import autograd_models, generation, learning, numpy_models, optimizers, text
from unrolled.gradcheck import gradient_check

KINDS = ["RNN", "LSTM"]
SHAPES = st.tuples(*[st.integers(1, 6)] * 2, st.integers(1, 7), st.integers(1, 6))  # T, B, V, H

each_kind = pytest.mark.parametrize("kind", KINDS)
each_depth = pytest.mark.parametrize("num_layers", [1, 2])


def pair(kind, *sizes, **options):
    """The same network twice: gradients by autograd, and by hand."""
    return getattr(autograd_models, kind)(*sizes, **options), getattr(numpy_models, kind)(
        *sizes, **options
    )


def batch(seed, num_steps, batch_size, vocab_size):
    """Random inputs and targets, (T, B)."""
    return np.random.default_rng(seed).integers(0, vocab_size, (2, num_steps, batch_size))


def random_state(kind, seed, *shape):
    """A state with entries of any sign: one array (L, B, H), or a pair of them."""
    hidden, cell = np.random.default_rng(seed).uniform(-0.9, 0.9, (2, *shape))
    return hidden if kind == "RNN" else (hidden, cell)


def largest_difference(ours, theirs):
    """Over loss, state and every gradient."""
    (loss, grads, state), (loss_by_hand, grads_by_hand, state_by_hand) = ours, theirs
    assert list(grads) == list(grads_by_hand)
    found = [abs(loss - loss_by_hand), np.abs(np.subtract(state, state_by_hand)).max()]
    for name, by_hand in grads_by_hand.items():
        assert grads[name].shape == by_hand.shape and grads[name].dtype == by_hand.dtype, name
        found.append(np.abs(grads[name] - by_hand).max())
    return max(found)


@each_kind
@each_depth
@given(shape=SHAPES, seed=st.integers(0, 2**32), carried=st.booleans())
@settings(max_examples=25)
def test_equal_to_the_gradients_by_hand(kind, num_layers, shape, seed, carried):
    T, B, V, H = shape
    free, by_hand = pair(kind, V, H, num_layers, seed)
    data = (*batch(seed, T, B, V), random_state(kind, seed, num_layers, B, H) if carried else None)
    ours, theirs = free.loss_and_grads(*data), by_hand.loss_and_grads(*data)
    assert largest_difference(ours, theirs) <= 1e-10
    logits, state = free.forward(data[0], data[2])
    assert np.abs(logits - by_hand.forward(data[0], data[2])[0]).max() <= 1e-12
    assert np.array_equal(state, ours[2])


@each_kind
@each_depth
def test_equal_at_weights_that_are_not_small(kind, num_layers):
    free, by_hand = pair(kind, 9, 12, num_layers)
    for name, param in by_hand.params.items():
        param *= 10  # saturated units, gradients that grow on their way back
        free.params[name] = param.copy()
    data = batch(3, 40, 4, 9)
    loss, grads, _ = by_hand.loss_and_grads(*data)
    assert np.abs(grads["weight_hh_l0"]).max() > 1e-3
    assert largest_difference(free.loss_and_grads(*data), by_hand.loss_and_grads(*data)) <= 1e-10


@each_kind
@each_depth
def test_equal_to_finite_differences(kind, num_layers):
    model = getattr(autograd_models, kind)(3, 2, num_layers, seed=1)
    state = random_state(kind, 1, num_layers, 2, 2)
    assert max(gradient_check(model, *batch(1, 4, 2, 3), state).values()) < 1e-6


@each_kind
def test_float32_stays_float32(kind):
    free, by_hand = pair(kind, 9, 8, 2, 4, np.float32)
    data = (*batch(4, 12, 5, 9), random_state(kind, 4, 2, 5, 8))
    ours = free.loss_and_grads(*data)
    assert largest_difference(ours, by_hand.loss_and_grads(*data)) < 1e-6
    assert isinstance(ours[0], float) and free.forward(data[0])[0].dtype == np.float32


@each_kind
def test_the_loss_is_a_plain_function_of_the_parameters(kind):
    model = getattr(autograd_models, kind)(6, 5)
    inputs, targets = batch(2, 7, 3, 6)
    elsewhere = {name: 2 * param for name, param in model.params.items()}
    loss, _ = model.loss(elsewhere, inputs, targets)
    assert loss != model.loss(model.params, inputs, targets)[0]
    grads = grad(lambda params: model.loss(params, inputs, targets)[0])(elsewhere)
    model.params = elsewhere
    again, same, _ = model.loss_and_grads(inputs, targets)
    assert again == loss
    for name, array in same.items():
        assert np.array_equal(grads[name], array), name


@each_kind
@each_depth
@pytest.mark.parametrize("chunk", [1, 5, 30])
def test_chunk_by_chunk_is_the_whole(kind, num_layers, chunk):
    model = getattr(autograd_models, kind)(6, 5, num_layers, seed=5)
    inputs, _ = batch(5, 14, 3, 6)
    whole, end = model.forward(inputs)
    state, parts = None, []
    for t in range(0, 14, chunk):
        logits, state = model.forward(inputs[t : t + chunk], state)
        parts.append(logits)
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-14
    assert np.abs(np.subtract(state, end)).max() < 1e-14


@each_kind
def test_the_gradient_stops_at_the_state_that_is_given(kind):
    free, by_hand = pair(kind, 6, 5, 2, seed=6)
    inputs, targets = batch(6, 8, 3, 6)
    _, _, state = free.loss_and_grads(inputs, targets)
    assert all(type(part) is np.ndarray for part in (state if kind == "LSTM" else [state]))
    data = targets, inputs, state  # what came out goes in again, with no trace of its past
    assert largest_difference(free.loss_and_grads(*data), by_hand.loss_and_grads(*data)) <= 1e-10


@each_kind
def test_nothing_given_is_changed(kind):
    model = getattr(autograd_models, kind)(6, 5, 2, seed=7)
    inputs, targets = batch(7, 8, 3, 6)
    state = random_state(kind, 7, 2, 3, 5)
    parts = state if kind == "LSTM" else [state]
    given_arrays = [inputs, targets, *parts, *model.params.values()]
    kept = [array.copy() for array in given_arrays]
    _, grads, after = model.loss_and_grads(inputs, targets, state)
    for array in [*grads.values(), *(after if kind == "LSTM" else [after])]:
        array += 1  # nor does what comes back share memory with what was given
    for array, copy in zip(given_arrays, kept, strict=True):
        assert np.array_equal(array, copy)


@each_kind
def test_training_evaluation_and_sampling_are_those_of_the_twin(kind):
    vocabulary = text.Vocabulary.from_text("The gate is shut; the tide is out.")
    ids = vocabulary.encode("The gate is shut; the tide is out." * 8)
    histories, written = [], []
    for model in pair(kind, len(vocabulary), 7, 2):
        plan = {"epochs": 2, "batch_size": 4, "num_steps": 10, "clip_norm": 0.2}
        histories.append(learning.train(model, optimizers.Adam(0.01), ids, ids[:60], **plan))
        written.append(generation.sample(model, vocabulary, "The", 30))
    ours, theirs = histories
    assert ours.losses[-1] < ours.losses[0] and max(ours.grad_norms) > 0.2
    assert np.abs(np.subtract(ours.losses, theirs.losses)).max() < 1e-10
    assert np.abs(np.subtract(ours.validation, theirs.validation)).max() < 1e-10
    assert written[0] == written[1]


def test_a_network_of_ones_own():
    def leaky(drive, weight_hh, hidden):
        states = []
        for driven in drive:
            hidden = 0.5 * hidden + 0.5 * anp.tanh(driven + hidden @ weight_hh.T)
            states.append(hidden)
        return anp.stack(states), hidden

    class Leaky(autograd_models.RNN):
        layer = staticmethod(leaky)

    errors = gradient_check(Leaky(3, 2, 2, seed=8), *batch(8, 5, 2, 3))
    assert max(errors.values()) < 1e-6


GOOD = np.zeros((3, 2), int)


@each_kind
@pytest.mark.parametrize(
    ("inputs", "targets", "said"),
    [
        (np.zeros(3, int), GOOD, r"inputs must be integers of shape \(T, B\)"),
        (np.zeros((3, 2)), GOOD, "inputs must be integers"),
        (GOOD + 6, GOOD, r"inputs\[0, 0\] is 6; the vocabulary has ids 0 to 5"),
        (GOOD, GOOD - 1, r"targets\[0, 0\] is -1"),
        (GOOD, GOOD[:, :1], r"targets have shape \(3, 1\), inputs \(3, 2\)"),
        (GOOD, GOOD.T, r"targets have shape \(2, 3\), inputs \(3, 2\)"),
    ],
)
def test_wrong_ids_are_refused(kind, inputs, targets, said):
    with pytest.raises(ValueError, match=said):
        getattr(autograd_models, kind)(6, 5).loss_and_grads(inputs, targets)


@each_kind
def test_a_state_that_does_not_fit_is_refused(kind):
    model = getattr(autograd_models, kind)(6, 5)
    with pytest.raises(ValueError, match=r"needs \(L, B, H\) = \(1, 2, 5\)"):
        model.loss_and_grads(GOOD, GOOD, random_state(kind, 0, 1, 3, 5))
    with pytest.raises(ValueError, match=r"needs \(L, B, H\) = \(1, 2, 5\)"):
        model.forward(GOOD, random_state(kind, 0, 2, 2, 5))


@each_kind
def test_parameters_of_another_shape_are_refused(kind):
    model = getattr(autograd_models, kind)(6, 5)
    with pytest.raises(ValueError, match="weight_out: wanted"):
        model.params = getattr(autograd_models, kind)(7, 5).params
