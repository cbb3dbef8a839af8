"""The contract of every character model: NumPy, autograd, PyTorch; RNN, LSTM, GRU."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytorch_twin import differences, twin

from unrolled import autograd_models, numpy_models
from unrolled.gradcheck import gradient_check

KINDS = ["RNN", "LSTM", "GRU"]
OURS = {"NumPy": numpy_models, "autograd": autograd_models}  # these check what they are given

each_kind = pytest.mark.parametrize("kind", KINDS)
each_depth = pytest.mark.parametrize("num_layers", [1, 2])
each_of_ours = pytest.mark.parametrize("library", OURS)
each_library = pytest.mark.parametrize("library", [*OURS, "PyTorch"])

sizes = st.integers(1, 4)
shapes = st.tuples(sizes, sizes, sizes, sizes)  # T, B, V, H
seeds = st.integers(0, 2**32)


def new(library, kind, *shape, **options):
    """A model of any library; the same seed gives the same network in all of them."""
    model = getattr(OURS.get(library, numpy_models), kind)(*shape, **options)
    return twin(model) if library == "PyTorch" else model


def batch(T, B, V, seed=0):
    """Random inputs and targets, (T, B)."""
    return np.random.default_rng(seed).integers(0, V, (2, T, B))


def random_state(kind, *shape, seed=0):
    """A state with entries of any sign: one array (L, B, H), or a pair of them."""
    hidden, cell = np.random.default_rng(seed).uniform(-0.9, 0.9, (2, *shape))
    return (hidden, cell) if kind == "LSTM" else hidden


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


# Gradients


@each_kind
@each_depth
@given(shape=shapes, seed=seeds, carried=st.booleans())
@settings(max_examples=8)
def test_gradients_equal_finite_differences(kind, num_layers, shape, seed, carried):
    T, B, V, H = shape
    model = new("NumPy", kind, V, H, num_layers, seed=seed)
    state = random_state(kind, num_layers, B, H, seed=seed) if carried else None
    _, grads, _ = model.loss_and_grads(*batch(T, B, V, seed), state)
    errors = gradient_check(model, *batch(T, B, V, seed), state)
    assert errors.keys() == model.params.keys()
    for name, error in errors.items():
        # Where a gradient happens to cancel, the relative error says nothing, the absolute does.
        assert error <= 1e-6 or error * np.linalg.norm(grads[name]) < 1e-9, name


@each_kind
def test_gradients_by_autograd_equal_finite_differences(kind):
    model = new("autograd", kind, 3, 2, 2, seed=1)
    errors = gradient_check(model, *batch(4, 2, 3), random_state(kind, 2, 2, 2))
    assert max(errors.values()) < 1e-6


def forgetful(kind):
    """A NumPy model whose gradients come from their own step alone."""

    class Forgetful(getattr(numpy_models, kind)):
        def _layer_backward(self, layer, d_hidden, cache):
            T, d_drive, grads = len(d_hidden), [], []
            for t in range(T):
                of_step = [part[t : t + 1 + len(part) - T] for part in cache]
                back = super()._layer_backward(layer, d_hidden[t : t + 1], of_step)
                d_drive.append(back[0].copy())
                grads.append(back[1])
            return np.concatenate(d_drive), {n: sum(g[n] for g in grads) for n in grads[0]}

    return Forgetful


@each_kind
@each_depth
def test_finite_differences_see_a_forgotten_future(kind, num_layers):
    model = forgetful(kind)(6, 5, num_layers, seed=1)
    errors = gradient_check(model, *batch(8, 3, 6))
    assert errors["weight_hh_l0"] > 0.01 and errors["weight_ih_l0"] > 0.01
    assert errors["weight_out"] < 1e-7 and errors["bias_out"] < 1e-7  # the head is right
    assert max(gradient_check(model, *batch(1, 3, 6)).values()) < 1e-7  # one step has no future


# The libraries agree


@each_of_ours
@each_kind
@each_depth
@given(shape=shapes, seed=seeds, carried=st.booleans())
@example(shape=(40, 8, 11, 64), seed=40, carried=True)  # more than one stretch of slopes
@example(shape=(25, 1, 11, 16), seed=25, carried=False)
@settings(max_examples=8)
def test_parity_with_pytorch(library, kind, num_layers, shape, seed, carried):
    T, B, V, H = shape
    model = new(library, kind, V, H, num_layers, seed=seed)
    state = random_state(kind, num_layers, B, H, seed=seed) if carried else None
    found = differences(model, twin(model), *batch(T, B, V, seed), state)
    assert found.keys() == {"logits", "loss", "state"} | model.params.keys()
    assert max(found.values()) <= 1e-10, found


@each_of_ours
@each_kind
def test_parity_at_weights_that_are_not_small(library, kind):
    model = new(library, kind, 9, 12, 2)
    for param in model.params.values():
        param *= 5  # saturated units, gradients that grow on their way back
    assert np.abs(model.loss_and_grads(*batch(40, 4, 9))[1]["weight_hh_l0"]).max() > 1e-3
    assert max(differences(model, twin(model), *batch(40, 4, 9), None).values()) <= 1e-10


@each_kind
def test_parity_sees_a_nudge(kind):
    model, other = new("NumPy", kind, 6, 5, 2), new("NumPy", kind, 6, 5, 2)
    other.params["weight_hh_l1"][3, 2] += 1e-6
    found = differences(model, twin(other), *batch(7, 3, 6), None)
    assert max(found.values()) > 1e-10


@each_library
@each_kind
def test_float32_is_close_to_float64(library, kind):
    precise, quick = (new(library, kind, 9, 8, 2, dtype=t) for t in (np.float64, np.float32))
    for name, param in precise.params.items():
        assert np.array_equal(quick.params[name], param.astype(np.float32)), name
    start = random_state(kind, 2, 5, 8)
    small = tuple(part.astype(np.float32) for part in parts(start))
    loss64, grads64, state64 = precise.loss_and_grads(*batch(12, 5, 9), start)
    loss32, grads32, state32 = quick.loss_and_grads(
        *batch(12, 5, 9), small if kind == "LSTM" else small[0]
    )
    assert isinstance(loss32, float) and abs(loss32 - loss64) < 1e-6
    assert quick.forward(batch(12, 5, 9)[0])[0].dtype == np.float32
    assert all(part.dtype == np.float32 for part in parts(state32))
    assert np.abs(np.subtract(state32, state64)).max() < 1e-6
    for name, grad in grads64.items():
        assert grads32[name].dtype == np.float32, name
        assert np.abs(grads32[name] - grad).max() < 1e-6, name


# State


@each_library
@each_kind
@each_depth
@pytest.mark.parametrize("chunk", [1, 5, 30])
def test_chunk_by_chunk_is_the_whole(library, kind, num_layers, chunk):
    model = new(library, kind, 6, 5, num_layers, seed=5)
    inputs, _ = batch(14, 3, 6)
    whole, end = model.forward(inputs)
    state, pieces = None, []
    for t in range(0, 14, chunk):
        logits, state = model.forward(inputs[t : t + chunk], state)
        pieces.append(logits)
    assert whole.shape == (14, 3, 6)
    assert np.abs(np.concatenate(pieces) - whole).max() < 1e-14
    for part, wanted in zip(parts(state), parts(end), strict=True):
        assert part.shape == (num_layers, 3, 5) and np.abs(part - wanted).max() < 1e-14
    started_cold, _ = model.forward(inputs[-1:])
    assert np.abs(started_cold - whole[-1:]).max() > 1e-3  # else this test would see nothing


@each_library
@each_kind
def test_rows_of_a_batch_do_not_mix(library, kind):
    model = new(library, kind, 6, 5, 2, seed=6)
    inputs, _ = batch(7, 3, 6)
    together, _ = model.forward(inputs)
    for b in range(3):
        alone, _ = model.forward(inputs[:, b : b + 1])
        assert np.abs(together[:, b] - alone[:, 0]).max() < 1e-14


@each_of_ours
@each_kind
def test_the_gradient_stops_at_the_state_that_is_given(library, kind):
    model = new(library, kind, 6, 5, 2, seed=6)
    inputs, targets = batch(8, 3, 6)
    _, _, state = model.loss_and_grads(inputs, targets)
    assert all(type(part) is np.ndarray for part in parts(state))
    # What came out goes in again, with no trace of its past.
    assert max(differences(model, twin(model), targets, inputs, state).values()) <= 1e-10


@each_library
@each_kind
def test_nothing_given_is_changed(library, kind):
    model = new(library, kind, 6, 5, 2, seed=7)
    inputs, targets = batch(8, 3, 6)
    state = random_state(kind, 2, 3, 5)
    given_arrays = [inputs, targets, *parts(state), *model.params.values()]
    kept = [array.copy() for array in given_arrays]
    _, grads, after = model.loss_and_grads(inputs, targets, state)
    for array in [*grads.values(), *parts(after)]:
        array += 1  # nor does what comes back share memory with what was given
    given_arrays[-len(model.params) :] = model.params.values()
    for array, copy in zip(given_arrays, kept, strict=True):
        assert np.array_equal(array, copy)


@each_library
@each_kind
def test_memory_kept_between_calls_is_not_what_was_returned(library, kind):
    model = new(library, kind, 6, 5, 2, seed=5)
    inputs, targets = batch(7, 3, 6)
    loss, grads, state = model.loss_and_grads(inputs, targets)
    logits, _ = model.forward(inputs)
    returned = [logits, *grads.values(), *parts(state)]
    kept = [array.copy() for array in returned]
    model.loss_and_grads(targets, inputs, state)  # other numbers, the same shapes
    model.forward(targets[:2, :1])  # and another shape in between
    for array, copy in zip(returned, kept, strict=True):
        assert np.array_equal(array, copy)
    again, grads_again, _ = model.loss_and_grads(inputs, targets)
    assert again == loss
    for name, grad in grads.items():
        assert np.array_equal(grads_again[name], grad), name


# Parameters


@each_library
@each_kind
@each_depth
def test_parameters_have_pytorchs_names_and_shapes(library, kind, num_layers):
    V, H, gates = 7, 4, {"RNN": 1, "LSTM": 4, "GRU": 3}[kind]
    expected = {}
    for layer in range(num_layers):
        expected[f"weight_ih_l{layer}"] = (gates * H, V if layer == 0 else H)
        expected[f"weight_hh_l{layer}"] = (gates * H, H)
        for bias in ["bias_ih", "bias_hh"] if kind == "GRU" else ["bias"]:
            expected[f"{bias}_l{layer}"] = (gates * H,)
    expected |= {"weight_out": (V, H), "bias_out": (V,)}
    model = new(library, kind, V, H, num_layers)
    _, grads, _ = model.loss_and_grads(*batch(2, 3, V))
    for arrays in (model.params, grads):
        assert {name: array.shape for name, array in arrays.items()} == expected
        assert list(arrays) == list(expected)


@each_of_ours
@each_kind
def test_parameters_can_be_set_and_are_shared(library, kind):
    model, other = new(library, kind, 5, 4, seed=0), new(library, kind, 5, 4, seed=1)
    model.params = other.params
    assert model.loss_and_grads(*batch(3, 2, 5))[0] == other.loss_and_grads(*batch(3, 2, 5))[0]
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
@each_library
def test_parameters_of_another_model_are_refused(library, change, said):
    model = new(library, "RNN", 5, 4)
    model = getattr(model, "module", model)
    kept, params = model.params, dict(model.params)
    change(params)
    with pytest.raises(ValueError, match=said):
        model.params = params
    assert all(np.array_equal(model.params[name], array) for name, array in kept.items())


@each_kind
def test_the_start_is_uniform_within_the_bound_and_the_seed_decides(kind):
    params, same, other = (new("NumPy", kind, 50, 64, 2, seed=s).params for s in (1, 1, 2))
    for name, param in params.items():
        assert 0.8 / 8 < np.abs(param).max() <= 1 / 8, name
        assert np.array_equal(param, same[name]) and not np.array_equal(param, other[name]), name


# Bad input

GOOD = np.zeros((3, 2), int)


@pytest.mark.parametrize("name", ["vocab_size", "hidden_size", "num_layers"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None])
def test_sizes_are_checked(name, value):
    wrong = {"vocab_size": 5, "hidden_size": 4, "num_layers": 1, name: value}
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, not {value!r}"):
        numpy_models.RNN(**wrong)


@pytest.mark.parametrize("dtype", [np.int64, np.float16, "complex128"])
def test_the_dtype_is_checked(dtype):
    with pytest.raises(ValueError, match="float32 or numpy.float64"):
        numpy_models.RNN(5, 4, dtype=dtype)  # as integers all weights would start at 0


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
@each_of_ours
def test_ids_are_checked(library, ids, says):
    model = new(library, "RNN", 5, 4)
    with pytest.raises(ValueError, match=says):
        model.forward(ids)
    with pytest.raises(ValueError, match=says.replace("inputs", "targets")):
        model.loss_and_grads(np.zeros(ids.shape, int), ids)


@each_of_ours
def test_targets_must_fit_the_inputs(library):
    with pytest.raises(ValueError, match=r"targets have shape \(2, 3\), inputs \(3, 2\)"):
        new(library, "RNN", 5, 4).loss_and_grads(GOOD, GOOD.T)


@each_of_ours
@each_kind
@pytest.mark.parametrize("shape", [(1, 2, 4), (2, 3, 4), (2, 2, 5), (2, 4), ()])
def test_the_state_must_fit_the_batch(library, kind, shape):
    model = new(library, kind, 5, 4, 2)
    with pytest.raises(ValueError, match=r"needs \(L, B, H\) = \(2, 2, 4\)") as caught:
        model.forward(GOOD, random_state(kind, *shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
@each_of_ours
def test_every_integer_type_will_do(library, dtype):
    model, ids = new(library, "RNN", 5, 4), np.array([[4, 0], [1, 2]])
    assert np.array_equal(model.forward(ids.astype(dtype))[0], model.forward(ids)[0])
