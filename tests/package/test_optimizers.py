"""Optimizers by hand and beside PyTorch's, and both ways to clip."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from unrolled import optimizers
from unrolled.optimizers import SGD, AdaGrad, Adam

OPTIMIZERS = {"SGD": (SGD, 0.5), "AdaGrad": (AdaGrad, 0.05), "Adam": (Adam, 0.01)}
every_optimizer = pytest.mark.parametrize("kind, rate", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())


def two_steps(optimizer):
    params = {"w": np.array([1.0, -2.0])}
    optimizer.step(params, {"w": np.array([0.5, 0.0])})
    first = params["w"].copy()
    optimizer.step(params, {"w": np.array([1.0, 4.0])})
    return first, params["w"]


def test_sgd_by_hand():
    first, second = two_steps(SGD(0.1))
    assert first == pytest.approx([1 - 0.05, -2])
    assert second == pytest.approx([1 - 0.15, -2.4])


def test_adagrad_by_hand():
    first, second = two_steps(AdaGrad(0.1))
    assert first == pytest.approx([0.9, -2])  # the first step is the rate, and 0 for 0
    assert second == pytest.approx([0.9 - 0.1 / math.sqrt(1.25), -2.1])


def test_adam_by_hand():
    first, second = two_steps(Adam(0.1, beta1=0.5, beta2=0.75))
    assert first == pytest.approx([0.9, -2])
    # means (0.25 + 1) / 2 and 2, over 1 - 1/4; squares (0.75 * 0.0625 + 0.25) and 4, over 1 - 9/16
    mean, square = np.array([0.625, 2]) / 0.75, np.array([0.296875, 4]) / 0.4375
    assert second == pytest.approx(first - 0.1 * mean / np.sqrt(square))


@pytest.mark.parametrize(
    "ours, theirs",
    [
        (SGD(0.3), lambda p: torch.optim.SGD(p, lr=0.3)),
        (AdaGrad(0.3), lambda p: torch.optim.Adagrad(p, lr=0.3, eps=1e-8)),  # theirs is 1e-10
        (Adam(0.03), lambda p: torch.optim.Adam(p, lr=0.03)),
        (Adam(0.03, 0.8, 0.95), lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.8, 0.95))),
    ],
    ids=["SGD", "AdaGrad", "Adam", "Adam, other betas"],
)
def test_parity_with_pytorch(ours, theirs):
    rng = np.random.default_rng(0)
    params = {"w": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}
    tensors = {name: torch.from_numpy(param.copy()) for name, param in params.items()}
    optimizer = theirs(list(tensors.values()))
    for _ in range(20):
        # From large to so small that the epsilon counts.
        scale = 10.0 ** rng.integers(-9, 3)
        grads = {name: scale * rng.normal(size=param.shape) for name, param in params.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.from_numpy(grads[name].copy())
        ours.step(params, grads)
        optimizer.step()
    for name, param in params.items():
        assert np.abs(param - tensors[name].numpy()).max() < 1e-12, name


@every_optimizer
def test_a_step_is_in_place_and_leaves_the_gradient(kind, rate):
    param, grad = np.ones(3, np.float32), np.full(3, 2.0, np.float32)
    optimizer = kind(np.float64(rate))
    optimizer.step({"w": param}, {"w": grad})
    assert param.dtype == np.float32 and (param < 1).all() and (grad == 2).all()
    assert all(slot.dtype == np.float32 for slot in optimizer.slots.values())
    assert type(optimizer.learning_rate) is float  # what comes back from a checkpoint


@every_optimizer
@pytest.mark.parametrize("bad", [0, -0.1, math.nan, math.inf])
def test_the_learning_rate_must_be_positive(kind, rate, bad):
    with pytest.raises(ValueError, match="learning_rate must be a positive number, not"):
        kind(bad)


@pytest.mark.parametrize("betas", [(1, 0.9), (0.9, 1), (-0.1, 0.9), (0.9, math.nan)])
def test_betas_must_be_below_one(betas):
    with pytest.raises(ValueError, match="beta1 and beta2"):
        Adam(0.1, *betas)


# Clipping

VECTORS = arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=st.floats(-1e6, 1e6))
LIMITS = st.floats(1e-3, 1e3)


@given(VECTORS, VECTORS, LIMITS)
def test_clip_by_global_norm(a, b, limit):
    grads = {"a": a.copy(), "b": b.copy()}
    before = np.concatenate([a.ravel(), b.ravel()])
    norm = optimizers.clip_by_global_norm(grads, limit)
    after = np.concatenate([grads["a"].ravel(), grads["b"].ravel()])
    assert norm == pytest.approx(np.linalg.norm(before), rel=1e-12)
    if norm <= limit:
        assert np.array_equal(after, before)
    else:
        assert np.linalg.norm(after) == pytest.approx(limit)
        assert after / limit == pytest.approx(before / norm, abs=1e-12)  # the same direction


@given(VECTORS, LIMITS)
def test_clip_by_value(a, limit):
    grads = {"a": a.copy()}
    optimizers.clip_by_value(grads, limit)
    inside = np.abs(a) <= limit
    assert np.array_equal(grads["a"][inside], a[inside])
    assert np.array_equal(grads["a"][~inside], limit * np.sign(a[~inside]))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_length_that_is_not_finite_is_told_and_not_hidden(bad):
    grads = {"a": np.array([1.0, bad]), "b": np.array([7.0])}
    norm = optimizers.clip_by_global_norm(grads, 1.0)
    assert not math.isfinite(norm)
    assert grads["a"][0] == 1 and not math.isfinite(grads["a"][1]) and grads["b"][0] == 7


def test_a_length_too_large_for_float32_does_not_become_zero():
    grads = {"a": np.full(2, 1e30, np.float32)}
    with np.errstate(over="ignore"):
        assert optimizers.clip_by_global_norm(grads, 1.0) == math.inf
    assert (grads["a"] == np.float32(1e30)).all()


@pytest.mark.parametrize("clip", [optimizers.clip_by_value, optimizers.clip_by_global_norm])
@pytest.mark.parametrize("limit", [0, -1, math.nan])
def test_a_limit_must_be_positive(clip, limit):
    with pytest.raises(ValueError, match="limit of a gradient must be positive"):
        clip({"a": np.ones(2)}, limit)
