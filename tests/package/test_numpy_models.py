"""What only the NumPy models have: softmax and loss, their own cells, life without SciPy."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import numpy_models
from unrolled.gradcheck import gradient_check
from unrolled.numpy_models import LSTM, RNN, cross_entropy, log_softmax, softmax

BATCH = np.random.default_rng(1).integers(0, 6, (2, 8, 3))  # inputs and targets, (T, B)


# Cells


class AddedUp(RNN):
    """The gradient that goes back in time is added up (+=) where it must be replaced."""

    def _layer_backward(self, layer, d_hidden, cache):
        (hidden,) = cache
        da, from_future = np.empty_like(d_hidden), np.zeros_like(hidden[0])
        for t in reversed(range(len(da))):
            da[t] = (d_hidden[t] + from_future) * (1 - hidden[t + 1] ** 2)
            from_future += da[t] @ self.params[f"weight_hh_l{layer}"]
        return da, {"weight_hh": np.einsum("tbi,tbj->ij", da, hidden[:-1])}


def test_the_check_sees_a_gradient_that_is_added_up():
    model = AddedUp(6, 5, 2, seed=1)
    errors = gradient_check(model, *BATCH)
    assert errors["weight_hh_l0"] > 0.01 and errors["weight_ih_l0"] > 0.01
    # Two steps are too few to see it: the sum has one term.
    assert max(gradient_check(model, *BATCH[:, :2]).values()) < 1e-7


def test_a_cell_is_two_methods():
    class Leaky(numpy_models._CharacterModel):
        def _layer_forward(self, layer, drive, state):
            hidden = [state]
            for driven in drive:
                squashed = np.tanh(driven + hidden[-1] @ self.params[f"weight_hh_l{layer}"].T)
                hidden.append((hidden[-1] + squashed) / 2)
            return np.array(hidden[1:]), hidden, hidden[-1]

        def _layer_backward(self, layer, d_hidden, hidden):
            da, dh = np.empty_like(d_hidden), np.zeros_like(hidden[0])
            for t in reversed(range(len(da))):
                dh = dh + d_hidden[t]
                da[t] = dh / 2 * (1 - (2 * hidden[t + 1] - hidden[t]) ** 2)
                dh = dh / 2 + da[t] @ self.params[f"weight_hh_l{layer}"]
            return da, {"weight_hh": np.einsum("tbi,tbj->ij", da, hidden[:-1])}

    assert max(gradient_check(Leaky(6, 4, 2, seed=8), *BATCH).values()) < 1e-6


def test_the_forget_gates_bias_at_the_start():
    plain, biased = LSTM(6, 5, 2, seed=1), LSTM(6, 5, 2, seed=1, forget_bias=1.0)
    for name, param in biased.params.items():
        expected = plain.params[name].copy()
        if name.startswith("bias_l"):
            expected[5:10] = 1
        assert np.array_equal(param, expected), name
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
        ((np.zeros((1, 2, 5)), np.zeros((1, 2, 4))), r"cell state .* = \(1, 2, 5\)"),
        ((np.zeros((1, 2, 5)), None), r"cell state has shape \(\)"),
    ],
)
def test_the_state_of_an_lstm_is_a_pair(state, said):
    with pytest.raises(ValueError, match=said):
        LSTM(6, 5).forward(np.zeros((3, 2), int), state)


# Platforms


def test_ids_become_the_integers_that_index_here(monkeypatch):
    monkeypatch.setattr(np, "intp", np.int32)  # as where pointers have 32 bits: in a browser
    assert RNN(6, 5)._checked_ids(BATCH[0], "inputs").dtype == np.int32


@pytest.mark.parametrize("there", [True, False])
def test_scipy_may_be_missing(there):
    """The gradient of picking rows, in a process of its own, with SciPy and without."""
    code = f"""
import sys
if not {there}:
    sys.modules["scipy"] = None  # as if it were not installed
import numpy as np
from unrolled import gradcheck, numpy_models
assert "scipy" not in sys.modules or not {there}  # nothing loads it before it is needed
inputs, targets = np.random.default_rng(0).integers(4, size=(2, 3, 40))  # enough for SciPy
model = numpy_models.LSTM(4, 3, 2)
assert max(gradcheck.gradient_check(model, inputs, targets).values()) < 1e-6
assert ("scipy.sparse" in sys.modules) == {there}
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# Softmax and cross-entropy


def test_softmax_of_extremes():
    logits = np.array([1.0, 2.0, 1000.0])
    assert softmax(logits).tolist() == [0, 0, 1]
    assert log_softmax(logits).tolist() == [-999, -998, 0]
    assert softmax(-logits)[0] == pytest.approx(1 / (1 + np.exp(-1)))
    assert np.isfinite(log_softmax(np.array([-1e300, 1e300]))).all()


def test_an_impossible_class_has_probability_zero():
    logits = np.array([0.0, -np.inf, 0.0])
    assert softmax(logits).tolist() == [0.5, 0, 0.5]
    assert log_softmax(logits)[1] == -np.inf and log_softmax(logits)[0] == pytest.approx(-np.log(2))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8), st.floats(-1e4, 1e4))
def test_softmax_sums_to_one_and_ignores_a_shift(values, shift):
    logits = np.array([values, values[::-1]])
    assert softmax(logits).sum(axis=-1) == pytest.approx(1)
    assert np.exp(log_softmax(logits)).sum(axis=-1) == pytest.approx(1)
    assert log_softmax(logits + shift) == pytest.approx(log_softmax(logits), abs=1e-10)
    assert (log_softmax(logits) <= 0).all()


def test_cross_entropy_by_hand():
    logits = np.log(np.array([[[0.5, 0.25, 0.25]], [[0.1, 0.1, 0.8]]]))  # (T, B, V)
    loss, grad = cross_entropy(logits, np.array([[0], [1]]))
    assert loss == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2)
    assert isinstance(loss, float)
    expected = np.array([[[-0.5, 0.25, 0.25]], [[0.1, -0.9, 0.8]]]) / 2
    assert grad == pytest.approx(expected)


def test_cross_entropy_changes_nothing():
    logits, targets = np.zeros((2, 3, 4)), np.ones((2, 3), int)
    cross_entropy(logits, targets)
    assert not logits.any() and (targets == 1).all()


def test_cross_entropy_refuses_wrong_targets():
    logits = np.zeros((4, 2, 3))
    with pytest.raises(ValueError, match=r"shape \(2, 4\); logits of shape \(4, 2, 3\) need \(4, "):
        cross_entropy(logits, np.zeros((2, 4), int))  # transposed: would be read in a wrong order
    with pytest.raises(ValueError, match="from 0 to 3; .* 0 to 2"):
        cross_entropy(logits, np.full((4, 2), 3) * np.eye(4, 2, dtype=int))
    with pytest.raises(ValueError, match="from -1 to 0"):
        cross_entropy(logits, -np.eye(4, 2, dtype=int))  # would count from the end
