"""The NumPy networks against finite differences, against PyTorch, and against bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_twin import differences, twin

from unrolled.gradcheck import gradient_check
from unrolled.numpy_models import RNN, cross_entropy, log_softmax, softmax

SHAPES = st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 5), st.integers(1, 5))  # T, B, V, H


def batch(seed, num_steps, batch_size, vocab_size):
    """Random inputs and targets, (T, B)."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, vocab_size, (2, num_steps, batch_size))


def random_state(seed, *shape):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, shape)  # (L, B, H)


# Gradients


@pytest.mark.parametrize("num_layers", [1, 2, 3])
@given(shape=SHAPES, seed=st.integers(0, 2**32), carried=st.booleans())
@settings(deadline=None, max_examples=12)
def test_gradients_equal_finite_differences(num_layers, shape, seed, carried):
    T, B, V, H = shape
    model = RNN(V, H, num_layers, seed)
    state = random_state(seed, num_layers, B, H) if carried else None
    _, grads, _ = model.loss_and_grads(*batch(seed, T, B, V), state)
    for name, error in gradient_check(model, *batch(seed, T, B, V), state).items():
        # Where a gradient happens to cancel, the relative error says nothing, the absolute does.
        assert error <= 1e-6 or error * np.linalg.norm(grads[name]) < 1e-9, name


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_the_largest_error_is_far_smaller(num_layers):
    model = RNN(7, 6, num_layers, seed=3)
    errors = gradient_check(model, *batch(3, 9, 4, 7), random_state(3, num_layers, 4, 6))
    assert errors.keys() == model.params.keys()
    assert max(errors.values()) < 2e-8


class Broken(RNN):
    """The gradient that goes back in time is added up (+=) where it must be replaced."""

    def _layer_backward(self, layer, d_hidden, hidden):
        recur = self.params[f"weight_hh_l{layer}"]
        d_drive, from_future = np.empty_like(d_hidden), np.zeros_like(hidden[0])
        for t in reversed(range(len(d_drive))):
            d_drive[t] = (d_hidden[t] + from_future) * (1 - hidden[t + 1] ** 2)
            from_future += d_drive[t] @ recur
        rows = d_drive.reshape(-1, self.hidden_size)
        return d_drive, rows.T @ hidden[:-1].reshape(-1, self.hidden_size)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_check_sees_a_broken_gradient(num_layers):
    errors = gradient_check(Broken(6, 5, num_layers, seed=1), *batch(1, 8, 3, 6))
    assert errors["weight_hh_l0"] > 0.01 and errors["weight_ih_l0"] > 0.01
    assert errors["weight_out"] < 1e-7 and errors["bias_out"] < 1e-7  # the head is right
    # Two steps are too few to see it: the sum has one term.
    assert max(gradient_check(Broken(6, 5, num_layers, seed=1), *batch(1, 2, 3, 6)).values()) < 1e-7


@pytest.mark.parametrize("num_layers", [1, 2])
def test_float32_is_close_to_float64(num_layers):
    precise, quick = (RNN(9, 8, num_layers, seed=4, dtype=t) for t in (np.float64, np.float32))
    for name, param in precise.params.items():
        assert np.array_equal(quick.params[name], param.astype(np.float32)), name
    state = random_state(4, num_layers, 5, 8)
    loss64, grads64, state64 = precise.loss_and_grads(*batch(4, 12, 5, 9), state)
    loss32, grads32, state32 = quick.loss_and_grads(*batch(4, 12, 5, 9), state)
    logits32, _ = quick.forward(batch(4, 12, 5, 9)[0])
    assert logits32.dtype == state32.dtype == np.float32
    assert abs(loss32 - loss64) < 1e-6 and np.abs(state32 - state64).max() < 1e-6
    for name, grad in grads64.items():
        assert grads32[name].dtype == np.float32, name
        assert np.abs(grads32[name] - grad).max() < 1e-6, name


# PyTorch


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("T, B, H", [(1, 1, 1), (7, 3, 5), (25, 1, 16), (64, 8, 32)])
def test_parity_with_pytorch(T, B, H, num_layers, carried):
    model = RNN(11, H, num_layers, seed=T)
    state = random_state(T, num_layers, B, H) if carried else None
    found = differences(model, twin(model), *batch(T, T, B, 11), state)
    assert found.keys() == {"logits", "loss", "state"} | model.params.keys()
    assert max(found.values()) <= 1e-10, found


# State


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("chunk", [1, 4, 5, 30])
def test_chunk_by_chunk_is_the_whole(num_layers, chunk):
    model = RNN(6, 5, num_layers, seed=5)
    inputs, _ = batch(5, 14, 3, 6)
    whole, end = model.forward(inputs)
    state, parts = None, []
    for t in range(0, 14, chunk):
        logits, state = model.forward(inputs[t : t + chunk], state)
        parts.append(logits)
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-14
    assert np.abs(state - end).max() < 1e-14
    assert whole.shape == (14, 3, 6) and state.shape == (num_layers, 3, 5)


def test_rows_of_a_batch_do_not_mix():
    model = RNN(6, 5, num_layers=2, seed=6)
    inputs, _ = batch(6, 7, 3, 6)
    together, _ = model.forward(inputs)
    for b in range(3):
        alone, _ = model.forward(inputs[:, b : b + 1])
        assert np.abs(together[:, b] - alone[:, 0]).max() < 1e-14


def test_nothing_given_is_changed():
    model = RNN(6, 5, num_layers=2, seed=7)
    inputs, targets = batch(7, 8, 3, 6)
    state = random_state(7, 2, 3, 5)
    given_arrays = [inputs, targets, state, *model.params.values()]
    kept = [array.copy() for array in given_arrays]
    _, grads, after = model.loss_and_grads(inputs, targets, state)
    after += 1  # nor does what comes back share memory with what was given
    for grad in grads.values():
        grad += 1
    for array, copy in zip(given_arrays, kept, strict=True):
        assert np.array_equal(array, copy)


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
@settings(deadline=None)
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


# Parameters


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_parameters_have_pytorchs_names_and_shapes(num_layers):
    V, H = 7, 4
    expected = {"weight_out": (V, H), "bias_out": (V,)}
    for layer in range(num_layers):
        expected[f"weight_ih_l{layer}"] = (H, V if layer == 0 else H)
        expected[f"weight_hh_l{layer}"] = (H, H)
        expected[f"bias_l{layer}"] = (H,)
    params = RNN(V, H, num_layers).params
    assert {name: param.shape for name, param in params.items()} == expected
    assert all(param.dtype == np.float64 for param in params.values())


def test_parameters_start_uniform_within_the_bound():
    for name, param in RNN(50, 64, num_layers=2).params.items():
        assert np.abs(param).max() <= 1 / 8, name
        assert np.abs(param).max() > 0.8 / 8, name


def test_the_seed_decides():
    one, same, other = (RNN(5, 4, num_layers=2, seed=seed).params for seed in (1, 1, 2))
    for name in one:
        assert np.array_equal(one[name], same[name]), name
        assert not np.array_equal(one[name], other[name]), name


# Bad input

GOOD = np.zeros((3, 2), int)


@pytest.mark.parametrize("name", ["vocab_size", "hidden_size", "num_layers"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None])
def test_sizes_are_checked(name, value):
    sizes = {"vocab_size": 5, "hidden_size": 4, "num_layers": 1, name: value}
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, not {value!r}"):
        RNN(**sizes)


@pytest.mark.parametrize("dtype", [np.int64, np.float16, "complex128"])
def test_the_dtype_is_checked(dtype):
    with pytest.raises(ValueError, match="float32 or numpy.float64"):
        RNN(5, 4, dtype=dtype)  # as integers all weights would start at 0


@pytest.mark.parametrize(
    "ids, says",
    [
        (np.array([[0, 1], [2, 5]]), r"inputs\[1, 1\] is 5; the vocabulary has ids 0 to 4"),
        (np.array([[0, 1], [-1, 9]]), r"inputs\[1, 0\] is -1"),
        (np.zeros(3, int), r"int64 of shape \(3,\)"),
        (np.zeros((3, 2, 1), int), r"int64 of shape \(3, 2, 1\)"),
        (np.zeros((3, 2)), r"float64 of shape \(3, 2\)"),
        (np.full((3, 2), np.nan), "float64 of shape"),
        (np.zeros((3, 2), bool), "bool of shape"),
        (np.zeros((0, 2), int), r"shape \(0, 2\)"),
        (np.zeros((3, 0), int), r"shape \(3, 0\)"),
    ],
)
def test_inputs_are_checked(ids, says):
    with pytest.raises(ValueError, match=says):
        RNN(5, 4).forward(ids)
    with pytest.raises(ValueError, match=says.replace("inputs", "targets")):
        RNN(5, 4).loss_and_grads(np.zeros(ids.shape, int), ids)


def test_targets_must_fit_the_inputs():
    with pytest.raises(ValueError, match=r"targets have shape \(2, 3\), inputs \(3, 2\)"):
        RNN(5, 4).loss_and_grads(GOOD, GOOD.T)


@pytest.mark.parametrize("shape", [(1, 2, 4), (2, 3, 4), (2, 2, 5), (2, 4), ()])
def test_the_state_must_fit_the_batch(shape):
    with pytest.raises(ValueError, match=r"needs \(L, B, H\) = \(2, 2, 4\)") as caught:
        RNN(5, 4, num_layers=2).forward(GOOD, np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_every_integer_type_will_do(dtype):
    ids = np.array([[4, 0], [1, 2]])
    assert np.array_equal(RNN(5, 4).forward(ids.astype(dtype))[0], RNN(5, 4).forward(ids)[0])


# Parameters from elsewhere


def test_parameters_can_be_set_and_are_shared():
    model, other = RNN(5, 4, seed=0), RNN(5, 4, seed=1)
    model.params = other.params
    inputs, targets = batch(0, 3, 2, 5)
    assert model.loss_and_grads(inputs, targets)[0] == other.loss_and_grads(inputs, targets)[0]
    assert model.params["weight_out"] is other.params["weight_out"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.pop("bias_l0"), r"bias_l0: wanted \(4,\), found none"),
        (lambda p: p.update(bias_l1=np.zeros(4)), r"bias_l1: wanted none, found \(4,\)"),
        (lambda p: p.update(bias_l0=np.zeros(1)), r"bias_l0: wanted \(4,\), found \(1,\)"),
        (lambda p: p.update(weight_out=np.zeros((4, 5))), r"wanted \(5, 4\), found \(4, 5\)"),
    ],
    ids=["missing", "unknown", "would broadcast", "transposed"],
)
def test_parameters_of_another_model_are_refused(change, said):
    model = RNN(5, 4)
    kept, params = model.params, dict(model.params)
    change(params)
    with pytest.raises(ValueError, match=said):
        model.params = params
    assert model.params is kept
