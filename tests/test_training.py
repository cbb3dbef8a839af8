"""Optimizers, clipping, the loop with its carried state, and checkpoints that keep every bit."""

import json
import math
import os
from dataclasses import asdict

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.torch import save_file

from unrolled import training
from unrolled.numpy_models import RNN, cross_entropy
from unrolled.text import Vocabulary, stream_batches
from unrolled.training import SGD, AdaGrad, Adam, CheckpointError, Diverged, History

OPTIMIZERS = {"SGD": (SGD, 0.5), "AdaGrad": (AdaGrad, 0.05), "Adam": (Adam, 0.01)}
every_optimizer = pytest.mark.parametrize("kind, rate", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
either_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])

V = 5
IDS = np.cumsum(np.random.default_rng(0).integers(1, 3, 400)) % V  # steps of 1 or 2: learnable
VALIDATION = np.cumsum(np.random.default_rng(1).integers(1, 3, 100)) % V
OTHER = np.cumsum(np.random.default_rng(2).integers(3, 5, 100)) % V  # the worse, the more learned
SMALL = {"batch_size": 4, "num_steps": 10}  # 10 steps in an epoch


def new_model(dtype=np.float64, num_layers=1):
    return RNN(V, 6, num_layers, seed=2, dtype=dtype)


def copied(params):
    return {name: array.copy() for name, array in params.items()}


def same_bits(some, others):
    return some.keys() == others.keys() and all(
        array.dtype == others[name].dtype and array.tobytes() == others[name].tobytes()
        for name, array in some.items()
    )


# Optimizers


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


# Clipping and smoothing

VECTORS = arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=st.floats(-1e6, 1e6))
LIMITS = st.floats(1e-3, 1e3)


@given(VECTORS, VECTORS, LIMITS)
@settings(deadline=None)
def test_clip_by_global_norm(a, b, limit):
    grads = {"a": a.copy(), "b": b.copy()}
    before = np.concatenate([a.ravel(), b.ravel()])
    norm = training.clip_by_global_norm(grads, limit)
    after = np.concatenate([grads["a"].ravel(), grads["b"].ravel()])
    assert norm == pytest.approx(np.linalg.norm(before), rel=1e-12)
    if norm <= limit:
        assert np.array_equal(after, before)
    else:
        assert np.linalg.norm(after) == pytest.approx(limit)
        assert after / limit == pytest.approx(before / norm, abs=1e-12)  # the same direction


@given(VECTORS, LIMITS)
@settings(deadline=None)
def test_clip_by_value(a, limit):
    grads = {"a": a.copy()}
    training.clip_by_value(grads, limit)
    inside = np.abs(a) <= limit
    assert np.array_equal(grads["a"][inside], a[inside])
    assert np.array_equal(grads["a"][~inside], limit * np.sign(a[~inside]))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_length_that_is_not_finite_is_told_and_not_hidden(bad):
    grads = {"a": np.array([1.0, bad]), "b": np.array([7.0])}
    norm = training.clip_by_global_norm(grads, 1.0)
    assert not math.isfinite(norm)
    assert grads["a"][0] == 1 and not math.isfinite(grads["a"][1]) and grads["b"][0] == 7


def test_a_length_too_large_for_float32_does_not_become_zero():
    grads = {"a": np.full(2, 1e30, np.float32)}
    with np.errstate(over="ignore"):
        assert training.clip_by_global_norm(grads, 1.0) == math.inf
    assert (grads["a"] == np.float32(1e30)).all()


@pytest.mark.parametrize("clip", [training.clip_by_value, training.clip_by_global_norm])
@pytest.mark.parametrize("limit", [0, -1, math.nan])
def test_a_limit_must_be_positive(clip, limit):
    with pytest.raises(ValueError, match="limit of a gradient must be positive"):
        clip({"a": np.ones(2)}, limit)


@given(st.floats(-1e3, 1e3), st.integers(1, 50), st.floats(0, 0.999))
@settings(deadline=None)
def test_a_constant_stays_constant(value, length, keep):
    assert training.smooth([value] * length, keep) == pytest.approx([value] * length, abs=1e-9)


def test_smooth_by_hand():
    # 0.5 * 4 / 0.5; then (0.5 * 2 + 0.5 * 1) / 0.75
    assert training.smooth([4, 1], 0.5) == pytest.approx([4, 2])
    assert training.smooth([], 0.5).shape == (0,)
    assert training.smooth([4, 1, 7], 0).tolist() == [4, 1, 7]


@pytest.mark.parametrize("keep", [1, -0.1, math.nan])
def test_smooth_refuses_what_never_forgets(keep):
    with pytest.raises(ValueError, match="keep must be from 0 to below 1"):
        training.smooth([1, 2], keep)


@pytest.mark.parametrize("value, expected", [(None, True), ("", True), ("0", True), ("1", False)])
def test_watched(monkeypatch, value, expected):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if value is not None:
        monkeypatch.setenv("TQDM_DISABLE", value)
    assert training.watched() is expected


# The loop


def test_evaluate_is_the_mean_over_all_targets():
    model = new_model()
    B, length = 3, (len(VALIDATION) - 1) // 3
    inputs = VALIDATION[: B * length].reshape(B, length).T
    targets = VALIDATION[1 : B * length + 1].reshape(B, length).T
    direct, _ = cross_entropy(model.forward(inputs)[0], targets)
    for num_steps in (1, 7, 100):  # 33 steps: the last chunk is shorter, and weighs less
        assert training.evaluate(model, VALIDATION, B, num_steps) == pytest.approx(
            direct, abs=1e-13
        )


def test_windows_started_cold_know_nothing_of_what_came_before():
    model = new_model()
    how = {"batch_size": 1, "num_steps": 11, "carry_state": False}
    ids = VALIDATION[: 4 * 11 + 1]
    alone = [training.evaluate(model, ids[k : k + 12], 1) for k in range(0, 44, 11)]
    assert training.evaluate(model, ids, **how) == pytest.approx(np.mean(alone), abs=1e-13)
    assert training.evaluate(model, ids, 1) != pytest.approx(np.mean(alone), abs=1e-6)


@every_optimizer
def test_training_lowers_the_loss(kind, rate):
    model = new_model()
    before = training.evaluate(model, VALIDATION)
    history = training.train(model, kind(rate), IDS, VALIDATION, epochs=6, **SMALL)
    assert history.validation[-1][1] < before - 0.4
    assert history.validation[-1] == [60, training.evaluate(model, VALIDATION)]
    assert len(history.losses) == len(history.grad_norms) == 60
    assert history.learning_rates == [rate] * 6


def test_the_loop_is_this_loop():
    """The state goes from chunk to chunk, and starts at zero in each epoch."""
    model, optimizer, losses, norms = new_model(), Adam(0.01), [], []
    for _ in range(2):
        state = None
        for inputs, targets in stream_batches(IDS, **SMALL):
            loss, grads, state = model.loss_and_grads(inputs, targets, state)
            norms.append(training.clip_by_global_norm(grads, 0.2))
            optimizer.step(model.params, grads)
            losses.append(loss)
    trained = new_model()
    history = training.train(trained, Adam(0.01), IDS, VALIDATION, epochs=2, clip_norm=0.2, **SMALL)
    assert history.losses == losses and history.grad_norms == norms and max(norms) > 0.2
    assert same_bits(trained.params, model.params)


def test_the_learning_rate_is_halved_when_the_validation_loss_rises(monkeypatch):
    validation = iter([3.0, 2.0, 2.5, 2.5, 2.6, 1.0])
    monkeypatch.setattr(training, "evaluate", lambda model, ids: next(validation))
    history = training.train(
        new_model(), SGD(0.4), IDS, VALIDATION, epochs=6, halve_when_worse=True, **SMALL
    )
    assert history.learning_rates == [0.4, 0.4, 0.4, 0.2, 0.2, 0.1]
    assert [loss for _, loss in history.validation] == [3.0, 2.0, 2.5, 2.5, 2.6, 1.0]


def test_the_learning_rate_stays_unless_asked(monkeypatch):
    validation = iter([1.0, 2.0, 3.0])
    monkeypatch.setattr(training, "evaluate", lambda model, ids: next(validation))
    history = training.train(new_model(), SGD(0.4), IDS, VALIDATION, epochs=3, **SMALL)
    assert history.learning_rates == [0.4] * 3


def test_on_epoch_sees_each_validation():
    seen = []
    model = new_model()
    training.train(
        model,
        SGD(0.1),
        IDS,
        VALIDATION,
        epochs=3,
        on_epoch=lambda m, history: seen.append((m is model, len(history.validation))),
        **SMALL,
    )
    assert seen == [(True, 1), (True, 2), (True, 3)]


def test_bad_arguments_stop_it_before_it_starts(tmp_path):
    model, optimizer = new_model(), SGD(0.1)
    kept = copied(model.params)

    def refused(says, ids=IDS, validation_ids=VALIDATION, **options):
        with pytest.raises(ValueError, match=says):
            training.train(model, optimizer, ids, validation_ids, **SMALL | {"epochs": 1} | options)
        assert same_bits(model.params, kept)

    refused("epochs must be at least 1, not 0", epochs=0)
    refused("limit of a gradient must be positive, not -1", clip_norm=-1)
    refused("3 ids are too few for batch_size=4", ids=IDS[:3])
    refused("16 ids are too few for batch_size=16", validation_ids=VALIDATION[:16])
    refused(r"\[0, 0\] is 9; the vocabulary has ids 0 to 4", ids=np.full(100, 9))
    refused("a file in a folder that exists", checkpoint=tmp_path / "missing" / "run.safetensors")
    refused("a file in a folder that exists", checkpoint=tmp_path)


# Divergence


class Poisoned(RNN):
    """Gives a NaN, as loss or in a gradient, at one step."""

    def __init__(self, *arguments, where, at):
        super().__init__(*arguments)
        self.where, self.at, self.step, self.before = where, at, 0, None

    def loss_and_grads(self, *arguments):
        loss, grads, state = super().loss_and_grads(*arguments)
        self.step += 1
        if self.step == self.at:
            self.before = copied(self.params)  # the parameters that gave the NaN
            if self.where == "loss":
                loss = math.nan
            else:
                grads["bias_l0"][2] = math.nan
        else:
            self.good = copied(self.params)
        return loss, grads, state


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_nan_stops_it_and_the_last_good_parameters_stay(where, tmp_path):
    path = tmp_path / "run.safetensors"
    model, saved = Poisoned(V, 6, where=where, at=24), []
    with pytest.raises(Diverged, match="step 24: .*nan.*smaller learning rate"):
        training.train(
            model,
            SGD(0.1),
            IDS,
            VALIDATION,
            epochs=5,
            on_epoch=lambda model, history: saved.append(copied(model.params)),
            checkpoint=path,
            **SMALL,
        )
    assert same_bits(model.params, model.good) and not same_bits(model.params, model.before)
    on_disk, fresh = new_model(), SGD(0.1)
    history = training.load_checkpoint(path, on_disk.params, fresh)
    assert len(history.losses) == 20 and fresh.steps == 20  # the last whole epoch
    assert len(saved) == 2 and same_bits(on_disk.params, saved[-1])


@either_dtype
@pytest.mark.filterwarnings("error")  # and no warning: the error says it all
def test_a_real_explosion(dtype):
    model = new_model(dtype)
    with pytest.raises(Diverged, match=r"step \d+: "):
        training.train(
            model,
            SGD(np.finfo(dtype).max / 10),
            IDS,
            VALIDATION,
            epochs=50,
            clip_norm=math.inf,
            **SMALL,
        )
    assert all(np.isfinite(param).all() for param in model.params.values())


def test_a_validation_that_is_not_finite_stops_it(monkeypatch):
    model = new_model()
    monkeypatch.setattr(training, "evaluate", lambda model, ids: math.nan)
    with pytest.raises(Diverged, match="validation after step 10: the loss is nan. The model"):
        training.train(model, SGD(0.1), IDS, VALIDATION, epochs=1, **SMALL)
    assert all(np.isfinite(param).all() for param in model.params.values())


# Checkpoints


class Interrupted(Exception):
    pass


def run(model, optimizer, path=None, stop_after=None, epochs=5):
    def stop(model, history):
        if len(history.validation) == stop_after:
            raise Interrupted

    return training.train(
        model,
        optimizer,
        IDS,
        OTHER,
        epochs=epochs,
        halve_when_worse=True,
        on_epoch=stop,
        checkpoint=path,
        **SMALL,
    )


@every_optimizer
@either_dtype
@pytest.mark.parametrize("stop_after", [1, 4])
def test_an_interrupted_run_ends_with_the_same_bits(tmp_path, kind, rate, dtype, stop_after):
    rate = np.float64(rate)
    model, optimizer = new_model(dtype, num_layers=2), kind(rate)
    history = run(model, optimizer)
    assert history.learning_rates[-1] < rate  # halved on the way
    path = tmp_path / "run.safetensors"
    with pytest.raises(Interrupted):
        run(new_model(dtype, num_layers=2), kind(rate), path, stop_after)
    resumed, continued = RNN(V, 6, 2, seed=99, dtype=dtype), kind(7.0)  # all comes from the file
    again = run(resumed, continued, path)
    assert again == history
    assert json.dumps(asdict(again)) == json.dumps(asdict(history))
    assert same_bits(resumed.params, model.params)
    assert same_bits(continued.slots, optimizer.slots)
    assert (continued.steps, continued.learning_rate) == (50, optimizer.learning_rate)
    assert os.listdir(tmp_path) == ["run.safetensors"]


def test_a_finished_run_is_not_repeated(tmp_path):
    path = tmp_path / "run.safetensors"
    history = run(new_model(), Adam(0.01), path, epochs=2)
    model = RNN(V, 6, seed=99)
    assert run(model, Adam(0.01), path, epochs=2) == history
    longer = run(model, Adam(0.01), path, epochs=3)
    assert longer.losses[:20] == history.losses and len(longer.losses) == 30


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    run(new_model(), Adam(0.01), path, epochs=1)
    return path


def assert_refused(path, says, model=None, optimizer=None):
    """Loading `path` is an error, and changes neither model nor optimizer nor file."""
    model, optimizer, content = model or new_model(), optimizer or Adam(0.3), path.read_bytes()
    params = copied(model.params)
    with pytest.raises(CheckpointError, match=says) as caught:
        run(model, optimizer, path, epochs=2)
    assert str(path) in str(caught.value)
    assert same_bits(model.params, params)
    assert (optimizer.slots, optimizer.steps) == ({}, 0)
    assert path.read_bytes() == content


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, 0.5, 0.9, 0.9999])
def test_a_truncated_checkpoint(checkpoint, keep):
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    assert_refused(checkpoint, "damaged")


def test_a_damaged_header(checkpoint):
    content = bytearray(checkpoint.read_bytes())
    content[20] ^= 0xFF
    checkpoint.write_bytes(content)
    assert_refused(checkpoint, "damaged")


def test_something_else_in_its_place(checkpoint, tmp_path):
    checkpoint.write_bytes(b"<!doctype html><title>404</title>" * 50)
    assert_refused(checkpoint, "damaged, or was not written by unrolled.training")
    save_file({"w": torch.zeros(2)}, checkpoint, {"format": "pt"})
    assert_refused(checkpoint, "not written by unrolled.training")
    save_file({"w": torch.zeros(2, dtype=torch.bfloat16)}, checkpoint)
    assert_refused(checkpoint, "not written by unrolled.training")
    training.save_weights(checkpoint, new_model().params, Vocabulary("abcde"))
    assert_refused(checkpoint, "is not a checkpoint: KeyError")
    training.save_arrays(checkpoint, {}, {"optimizer": "Adam", "history": {"loss": []}})
    assert_refused(checkpoint, "is not a checkpoint")


def test_a_checkpoint_of_another_run(checkpoint, tmp_path):
    assert_refused(checkpoint, "optimizer Adam where this one uses SGD", optimizer=SGD(0.3))
    with pytest.raises(CheckpointError, match="optimizer SGD where this one uses Adam"):
        training.save_checkpoint(start := tmp_path / "start", new_model().params, SGD(1), History())
        training.load_checkpoint(start, new_model().params, Adam(0.3))
    assert_refused(checkpoint, r"params/bias_l0", model=RNN(V, 7))
    assert_refused(checkpoint, r"params/weight_hh_l1", model=RNN(V, 6, num_layers=2))
    assert_refused(checkpoint, r"params/weight_out", model=new_model(np.float32))


@pytest.mark.parametrize(
    "change",
    [
        lambda saved: saved.pop("optimizer/square/bias_l0"),
        lambda saved: saved.update({"optimizer/square/bias_l0": np.zeros(5)}),
        lambda saved: saved.update({"optimizer/square/bias_l0": np.zeros(6, np.float32)}),
        lambda saved: saved.update({"optimizer/third/bias_l0": np.zeros(6)}),
    ],
    ids=["missing", "shape", "dtype", "extra"],
)
def test_an_optimizer_that_does_not_fit(checkpoint, change):
    saved, metadata = training.load_arrays(checkpoint)
    change(saved)
    training.save_arrays(checkpoint, saved, metadata)
    assert_refused(checkpoint, "arrays that differ .*'optimizer/(square|third)/bias_l0'")


def test_a_checkpoint_before_the_first_step(tmp_path):
    path, model = tmp_path / "start.safetensors", new_model()
    training.save_checkpoint(path, model.params, Adam(0.25), History())
    other, optimizer = RNN(V, 6, seed=99), Adam(0.5)
    assert training.load_checkpoint(path, other.params, optimizer) == History()
    assert same_bits(other.params, model.params)
    assert (optimizer.slots, optimizer.steps, optimizer.learning_rate) == ({}, 0, 0.25)


@pytest.mark.parametrize("crash", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(checkpoint, monkeypatch, crash):
    content = checkpoint.read_bytes()

    def crashes(*arguments):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, crash, crashes)
        with pytest.raises(OSError, match="no space left"):
            run(new_model(), Adam(0.01), checkpoint, epochs=3)
    assert checkpoint.read_bytes() == content
    model, whole = new_model(), new_model()
    assert run(model, Adam(0.01), checkpoint, epochs=3) == run(whole, Adam(0.01), epochs=3)
    assert same_bits(model.params, whole.params)


def test_the_file_is_complete_before_it_is_moved(tmp_path, monkeypatch):
    path, events = tmp_path / "weights.safetensors", []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append("fsync"), real_fsync(fd)))

    def replace(source, target):
        events.append("replace")
        assert not path.exists()
        assert safetensors.numpy.load_file(source)["w"].tolist() == [1, 2]
        real_replace(source, target)

    monkeypatch.setattr(os, "replace", replace)
    training.save_arrays(path, {"w": np.array([1.0, 2.0])}, {})
    assert events == ["fsync", "replace"]


# Weight files


@given(
    arrays(
        st.sampled_from([np.float64, np.float32, np.int64]),
        array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
        elements=st.integers(-9, 9),
    )
)
@settings(deadline=None, max_examples=40)
def test_arrays_come_back_as_they_were(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("arrays") / "file.safetensors"
    training.save_arrays(path, {"a": array, "turned": array.T}, {"note": ["é", 1.5, None]})
    loaded, metadata = training.load_arrays(path)
    assert same_bits(loaded, {"a": array, "turned": array.T})
    assert loaded["a"].shape == array.shape and loaded["turned"].shape == array.T.shape
    assert metadata == {"note": ["é", 1.5, None]}


def test_weights_carry_their_vocabulary(tmp_path):
    path, model, vocabulary = tmp_path / "weights.safetensors", new_model(), Vocabulary("\n \"'é😀")
    training.save_weights(path, model.params, vocabulary, corpus="play", validation_loss=1.25)
    params, metadata = training.load_arrays(path)
    assert same_bits(params, model.params)
    assert Vocabulary(metadata.pop("characters")) == vocabulary
    assert metadata == {"corpus": "play", "validation_loss": 1.25}


def test_facts_must_be_jsonable_and_nothing_is_written_else(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        training.save_weights(tmp_path / "w", {}, Vocabulary("a"), when=object())
    assert os.listdir(tmp_path) == []


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.safetensors"):
        training.load_arrays(tmp_path / "nothing.safetensors")
