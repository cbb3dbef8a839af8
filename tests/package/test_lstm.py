"""The NumPy LSTM against finite differences, against PyTorch, and against bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_twin import differences, twin

from unrolled.gradcheck import gradient_check
from unrolled.numpy_models import LSTM, RNN

SHAPES = st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 5), st.integers(1, 4))  # T, B, V, H


def batch(seed, num_steps, batch_size, vocab_size):
    """Random inputs and targets, (T, B)."""
    return np.random.default_rng(seed).integers(0, vocab_size, (2, num_steps, batch_size))


def random_state(seed, *shape):
    """Hidden and cell states, each (L, B, H)."""
    return tuple(np.random.default_rng(seed).uniform(-0.9, 0.9, (2, *shape)))


@pytest.mark.parametrize("num_layers", [1, 2])
@given(shape=SHAPES, seed=st.integers(0, 2**32), carried=st.booleans())
@settings(max_examples=12)
def test_gradients_equal_finite_differences(num_layers, shape, seed, carried):
    T, B, V, H = shape
    model = LSTM(V, H, num_layers, seed)
    state = random_state(seed, num_layers, B, H) if carried else None
    _, grads, _ = model.loss_and_grads(*batch(seed, T, B, V), state)
    for name, error in gradient_check(model, *batch(seed, T, B, V), state).items():
        # Where a gradient happens to cancel, the relative error says nothing, the absolute does.
        assert error <= 1e-6 or error * np.linalg.norm(grads[name]) < 1e-9, name


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("T, B, H", [(1, 1, 1), (7, 3, 5), (25, 1, 16), (64, 8, 32)])
def test_parity_with_pytorch(T, B, H, num_layers, carried):
    model = LSTM(11, H, num_layers, seed=T)
    state = random_state(T, num_layers, B, H) if carried else None
    found = differences(model, twin(model), *batch(T, T, B, 11), state)
    assert found.keys() == {"logits", "loss", "state"} | model.params.keys()
    assert max(found.values()) <= 1e-10, found


@pytest.mark.parametrize("num_layers", [1, 2])
def test_float32_is_close_to_float64(num_layers):
    precise, quick = (LSTM(9, 8, num_layers, seed=4, dtype=t) for t in (np.float64, np.float32))
    state = random_state(4, num_layers, 5, 8)
    loss64, grads64, _ = precise.loss_and_grads(*batch(4, 12, 5, 9), state)
    loss32, grads32, state32 = quick.loss_and_grads(*batch(4, 12, 5, 9), state)
    assert abs(loss32 - loss64) < 1e-6
    assert all(part.dtype == np.float32 for part in state32)
    for name, grad in grads64.items():
        assert grads32[name].dtype == np.float32, name
        assert np.abs(grads32[name] - grad).max() < 1e-6, name


@pytest.mark.parametrize("chunk", [1, 4, 30])
def test_chunk_by_chunk_is_the_whole(chunk):
    model = LSTM(6, 5, num_layers=2, seed=5)
    inputs, _ = batch(5, 14, 3, 6)
    whole, end = model.forward(inputs)
    state, parts = None, []
    for t in range(0, 14, chunk):
        logits, state = model.forward(inputs[t : t + chunk], state)
        parts.append(logits)
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-14
    for part, wanted in zip(state, end, strict=True):
        assert part.shape == (2, 3, 5) and np.abs(part - wanted).max() < 1e-14


@pytest.mark.parametrize("kind", [RNN, LSTM])
def test_memory_kept_between_calls_is_not_what_was_returned(kind):
    model = kind(6, 5, num_layers=2, seed=5)
    inputs, targets = batch(5, 7, 3, 6)
    loss, grads, state = model.loss_and_grads(inputs, targets)
    logits, _ = model.forward(inputs)
    returned = [logits, *grads.values(), *(state if kind is LSTM else [state])]
    kept = [array.copy() for array in returned]
    model.loss_and_grads(targets, inputs, state)  # other numbers, the same shapes
    model.forward(targets[:2, :1])  # and another shape in between
    for array, copy in zip(returned, kept, strict=True):
        assert np.array_equal(array, copy)
    again, grads_again, _ = model.loss_and_grads(inputs, targets)
    assert again == loss
    for name, grad in grads.items():
        assert np.array_equal(grads_again[name], grad), name


def test_the_forget_gates_bias_at_the_start():
    plain, biased = LSTM(6, 5, 2, seed=1), LSTM(6, 5, 2, seed=1, forget_bias=1.0)
    for name, param in biased.params.items():
        if name.startswith("bias_l"):
            assert np.array_equal(param[5:10], np.ones(5))
            assert np.array_equal(
                np.delete(param, slice(5, 10)), np.delete(plain.params[name], slice(5, 10))
            )
        else:
            assert np.array_equal(param, plain.params[name]), name


def test_a_forget_bias_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="forget_bias must be a finite number, not nan"):
        LSTM(6, 5, forget_bias=np.nan)


def test_gates_do_what_they_are_named_for():
    model = LSTM(3, 2, seed=0)
    for name in ("weight_ih_l0", "weight_hh_l0"):
        model.params[name][:] = 0
    bias = model.params["bias_l0"].reshape(4, 2)  # i, f, g, o
    state = np.zeros((1, 1, 2)), np.array([[[0.5, -0.8]]])
    bias[:] = [[-50, -50], [50, 50], [50, 50], [50, 50]]  # write nothing, keep all, show all
    _, (hidden, cell) = model.forward(np.array([[1]]), state)
    assert np.allclose(cell, state[1]) and np.allclose(hidden, np.tanh(state[1]))
    bias[:] = [[50, 50], [-50, -50], [50, -50], [-50, 50]]  # write ±1, forget all, show one
    _, (hidden, cell) = model.forward(np.array([[1]]), state)
    assert np.allclose(cell, [[[1, -1]]]) and np.allclose(hidden, [[[0, np.tanh(-1)]]])


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (np.zeros((1, 2, 5)), "a pair: hidden states and cell states"),
        ((np.zeros((1, 2, 5)),), "a pair: hidden states and cell states"),
        ((np.zeros((1, 3, 5)), np.zeros((1, 2, 5))), r"hidden state has shape \(1, 3, 5\)"),
        (
            (np.zeros((1, 2, 5)), np.zeros((1, 2, 4))),
            r"cell state .* needs \(L, B, H\) = \(1, 2, 5\)",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused(state, said):
    with pytest.raises(ValueError, match=said):
        LSTM(6, 5).forward(np.zeros((3, 2), int), state)
