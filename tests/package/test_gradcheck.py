"""Finite differences, on functions whose gradient is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.gradcheck import finite_differences, gradient_check, relative_errors
from unrolled.numpy_models import RNN

COEFFICIENTS = st.lists(st.floats(-3, 3), min_size=6, max_size=6)


@given(COEFFICIENTS, COEFFICIENTS)
def test_a_polynomial(values, coefficients):
    x, c = np.reshape(values, (2, 3)), np.reshape(coefficients, (2, 3))
    params = {"x": x.copy(), "b": np.array([2.0])}
    grads = finite_differences(
        lambda: np.sum(c * params["x"] ** 3) + params["b"][0] ** 2 * params["x"][1, 2], params
    )
    expected = 3 * c * x**2
    expected[1, 2] += 4
    assert grads["x"].shape == (2, 3) and grads["b"].shape == (1,)
    assert np.abs(grads["x"] - expected).max() < 1e-7
    assert grads["b"] == pytest.approx(4 * x[1, 2], abs=1e-7)


def test_the_differences_are_central():
    params = {"x": np.array([1.0])}
    coarse = finite_differences(lambda: float(params["x"][0] ** 2), params, epsilon=0.5)
    assert coarse["x"][0] == pytest.approx(2, abs=1e-12)  # one-sided would be 2.5


def test_parameters_are_put_back_exactly():
    model = RNN(5, 4, seed=1)
    kept = {name: param.copy() for name, param in model.params.items()}
    gradient_check(model, np.array([[0, 1], [2, 3]]), np.array([[2, 3], [4, 4]]))
    for name, param in model.params.items():
        assert np.array_equal(param, kept[name]), name


def test_parameters_are_put_back_when_interrupted():
    params, calls = {"x": np.array([0.1, 0.2])}, []

    def loss():
        calls.append(None)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        finite_differences(loss, params)
    assert params["x"].tolist() == [0.1, 0.2]


def test_float32_is_refused():
    with pytest.raises(TypeError, match="bias_l0 is float32: .* float64"):
        finite_differences(lambda: 0.0, {"bias_l0": np.zeros(2, np.float32)})
    with pytest.raises(TypeError, match="weight_ih_l0 is float32"):
        gradient_check(RNN(5, 4, dtype=np.float32), np.zeros((2, 1), int), np.zeros((2, 1), int))


@pytest.mark.parametrize("epsilon", [0, -1e-5, np.nan])
def test_epsilon_must_be_positive(epsilon):
    with pytest.raises(ValueError, match="epsilon must be positive"):
        finite_differences(lambda: 0.0, {"x": np.zeros(1)}, epsilon)


@pytest.mark.parametrize("spoil", [lambda g: 2 * g, lambda g: -g, lambda g: g + 0.1, np.zeros_like])
def test_a_wrong_gradient_gives_a_large_error(spoil):
    class Wrong(RNN):
        def loss_and_grads(self, *arguments):
            loss, grads, state = super().loss_and_grads(*arguments)
            return loss, grads | {"bias_l0": spoil(grads["bias_l0"])}, state

    inputs, targets = np.random.default_rng(0).integers(0, 5, (2, 6, 3))
    errors = gradient_check(Wrong(5, 4), inputs, targets)
    assert errors.pop("bias_l0") > 0.3
    assert max(errors.values()) < 1e-7


def test_relative_errors_by_hand():
    a = {"x": np.array([3.0, 4.0]), "y": np.zeros(2), "z": np.array([1.0])}
    b = {"x": np.array([3.0, 0.0]), "y": np.zeros(2), "z": np.array([-1.0])}
    assert relative_errors(a, b) == {"x": 0.5, "y": 0, "z": 1}
    assert relative_errors(a, a) == {"x": 0, "y": 0, "z": 0}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_is_not_right(bad):
    good, wrong = {"x": np.array([1.0, 2.0])}, {"x": np.array([1.0, bad])}
    for pair in [(good, wrong), (wrong, good), (wrong, wrong)]:
        assert max(relative_errors(*pair).values()) == np.inf


def test_names_and_shapes_must_agree():
    with pytest.raises(ValueError, match=r"different parameters: \['x', 'y'\]"):
        relative_errors({"x": np.zeros(1), "z": np.zeros(1)}, {"y": np.zeros(1), "z": np.zeros(1)})
    with pytest.raises(ValueError, match=r"x: shapes \(2,\) and \(1,\) differ"):
        relative_errors({"x": np.zeros(2)}, {"x": np.zeros(1)})
