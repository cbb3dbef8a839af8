"""Training: optimizers, clipping, the loop over a text with carried state, checkpoints."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from tqdm.auto import tqdm

from unrolled.numpy_models import cross_entropy
from unrolled.text import stream_batches

VALIDATION_ROWS = 16  # the validation text is read as this many rows side by side


class Diverged(ArithmeticError):
    """The loss or a gradient is no longer a finite number; the model keeps its last good state."""


class _Optimizer:
    """Updates parameters in place; `slots` are its running sums, one per parameter and kind."""

    slot_names = ()

    def __init__(self, learning_rate):
        if not (math.isfinite(learning_rate) and learning_rate > 0):
            raise ValueError(f"learning_rate must be a positive number, not {learning_rate}")
        self.learning_rate = float(learning_rate)  # a NumPy scalar would change with a checkpoint
        self.steps = 0
        self.slots = {}

    def step(self, params, grads):
        """Move every parameter against its gradient, in place.

        Parameters
        ----------
        params, grads : dict of ndarray
            Parameters, and gradients of the same names and shapes.
        """
        self.steps += 1
        for name, param in params.items():
            slots = [
                self.slots.setdefault(f"{slot}/{name}", np.zeros_like(param))
                for slot in self.slot_names
            ]
            param -= self.learning_rate * self._direction(grads[name], *slots)


class SGD(_Optimizer):
    """Plain gradient descent on minibatches: p ← p - rate · g.

    Parameters
    ----------
    learning_rate : float
        The step size: like that of every optimizer here, a positive number, else ValueError.
    """

    def _direction(self, grad):
        return grad


class AdaGrad(_Optimizer):
    """A step size for each entry, which shrinks as that entry's squared gradients add up.

    Parameters
    ----------
    learning_rate : float, default 0.1
        The step size before it shrinks.

    References
    ----------
    Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011.
    """

    slot_names = ("squares",)

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate)

    def _direction(self, grad, squares):
        squares += grad**2
        return grad / (np.sqrt(squares) + 1e-8)


class Adam(_Optimizer):
    """Running means of the gradient and of its square, corrected for their start at zero.

    Parameters
    ----------
    learning_rate : float, default 0.001
        The step size.
    beta1, beta2 : float
        How much of the two running means stays at each step: from 0 to below 1, else ValueError.

    References
    ----------
    Kingma, Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """

    slot_names = ("mean", "square")

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999):
        super().__init__(learning_rate)
        if not (0 <= beta1 < 1 and 0 <= beta2 < 1):
            raise ValueError(f"beta1 and beta2 must be from 0 to below 1, not {beta1} and {beta2}")
        self.beta1, self.beta2 = beta1, beta2

    def _direction(self, grad, mean, square):
        mean += (1 - self.beta1) * (grad - mean)
        square += (1 - self.beta2) * (grad**2 - square)
        mean_hat = mean / (1 - self.beta1**self.steps)
        square_hat = square / (1 - self.beta2**self.steps)
        return mean_hat / (np.sqrt(square_hat) + 1e-8)


def clip_by_value(grads, limit):
    """Cut every gradient entry to ±limit, in place. This can change the gradient's direction.

    Parameters
    ----------
    grads : dict of ndarray
        Gradients, changed in place.
    limit : float
        The largest size an entry may keep.

    Raises
    ------
    ValueError
        If the limit is not positive.
    """
    _require_positive(limit)
    for grad in grads.values():
        np.clip(grad, -limit, limit, out=grad)


def clip_by_global_norm(grads, limit):
    """Shorten the gradient, all parameters taken as one vector, to length `limit`, in place.

    The direction stays (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural
    networks", 2013, algorithm 1).

    Parameters
    ----------
    grads : dict of ndarray
        Gradients, changed in place.
    limit : float
        The longest it may stay.

    Returns
    -------
    float
        The length before clipping. Where it is not finite, the gradients stay as they are.

    Raises
    ------
    ValueError
        If the limit is not positive.
    """
    _require_positive(limit)
    norm = math.sqrt(sum(float(np.vdot(grad, grad)) for grad in grads.values()))
    if limit < norm < math.inf:
        for grad in grads.values():
            grad *= limit / norm
    return norm


def _require_positive(limit):
    if not limit > 0:
        raise ValueError(f"the limit of a gradient must be positive, not {limit}")


def watched():
    """Whether someone watches progress bars and live curves: not where ``TQDM_DISABLE=1`` is set.

    It is tqdm's own switch, but tqdm's notebook bar doesn't look at it.

    Returns
    -------
    bool
        False if the environment variable is set to anything but 0.
    """
    return os.environ.get("TQDM_DISABLE", "") in ("", "0")


def smooth(losses, keep=0.99):
    """Exponential moving average of a loss curve, corrected for its start at zero as Adam's are.

    Parameters
    ----------
    losses : sequence of float
        One loss per step.
    keep : float, default 0.99
        The share of the average that stays at each step, from 0 to below 1.

    Returns
    -------
    ndarray, shape (len(losses),)
        The smoothed curve.

    Raises
    ------
    ValueError
        If `keep` is out of range.
    """
    if not 0 <= keep < 1:
        raise ValueError(f"keep must be from 0 to below 1, not {keep}")
    average, smoothed = 0.0, np.empty(len(losses))
    for step, loss in enumerate(losses):
        average += (1 - keep) * (loss - average)
        smoothed[step] = average / (1 - keep ** (step + 1))
    return smoothed


def evaluate(model, ids, batch_size=VALIDATION_ROWS, num_steps=128, carry_state=True):
    """Mean loss over a text, read in windows.

    Parameters
    ----------
    model
        Has `forward(inputs, state)`; see `numpy_models`.
    ids : ndarray of int, shape (N,)
        The text.
    batch_size : int, default 16
        The text is read as this many rows side by side. Each row's first step starts from a zero
        state.
    num_steps : int, default 128
        Steps taken at once. With the state carried, it changes only the memory used.
    carry_state : bool, default True
        Carry the state from each window to the next, so that all the text before a token helps to
        predict it. If False, each window starts from a zero state, as if the text began there: the
        loss is higher, and comparable to that of models that see `num_steps` tokens at most.

    Returns
    -------
    float
        Nats per token.

    Raises
    ------
    ValueError
        If the text is too short for that many rows.
    """
    total, count, state = 0.0, 0, None
    for inputs, targets in stream_batches(ids, batch_size, num_steps):
        logits, state = model.forward(inputs, state if carry_state else None)
        total += cross_entropy(logits, targets)[0] * targets.size
        count += targets.size
    return total / count


@dataclass
class History:
    """What a training run measured.

    Attributes
    ----------
    losses : list of float
        Training loss of each step, nats per token.
    grad_norms : list of float
        Length of the gradient before clipping, at each step.
    validation : list of [int, float]
        Steps taken, and the loss on the validation text then, nats per token.
    learning_rates : list of float
        The learning rate of each epoch.
    """

    losses: list = field(default_factory=list)
    grad_norms: list = field(default_factory=list)
    validation: list = field(default_factory=list)
    learning_rates: list = field(default_factory=list)


def train(
    model,
    optimizer,
    ids,
    validation_ids,
    *,
    epochs,
    batch_size=32,
    num_steps=64,
    clip_norm=5.0,
    halve_when_worse=False,
    on_epoch=None,
    checkpoint=None,
):
    """Train a model on a text, chunk after chunk, the state carried from each chunk to the next.

    Each epoch reads the whole text once and ends with a validation. Gradients stop at the border of
    a chunk (truncated back-propagation through time). The run is a function of its arguments:
    nothing in it is random.

    Parameters
    ----------
    model
        Has `params` and `loss_and_grads(inputs, targets, state)`. Trained in place.
    optimizer : SGD, AdaGrad or Adam
        Keeps its running sums and learning rate.
    ids, validation_ids : ndarray of int, shape (N,)
        The text to learn from, and one held out.
    epochs : int
        How often to read the text, those in the checkpoint included.
    batch_size, num_steps : int
        Rows side by side, and steps in a chunk.
    clip_norm : float, default 5.0
        Longest gradient that is used as it is; `numpy.inf` to leave all as they are.
    halve_when_worse : bool, default False
        Halve the learning rate whenever the validation loss is above that of the epoch before.
    on_epoch : callable, optional
        Called as ``on_epoch(model, history)`` after each validation: to draw a curve, or print a
        sample.
    checkpoint : path, optional
        Saved here after each epoch. If the file exists, training goes on from it and, given the
        same arguments, ends with the same bits as a run that was never interrupted.

    Returns
    -------
    History
        The losses.

    Raises
    ------
    Diverged
        When a loss or gradient is not finite. `model.params` then hold the last parameters whose
        loss and gradient were; the checkpoint, if any, is that of the last whole epoch.
    CheckpointError
        If the checkpoint is damaged or belongs to another model.
    ValueError
        If an argument is out of range, a text too short, an id not in the model's vocabulary, or
        the checkpoint's folder doesn't exist.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}")
    stream_batches(validation_ids, VALIDATION_ROWS, 1)  # if too short, fail before an epoch
    history = History()
    if checkpoint is not None:
        checkpoint = Path(checkpoint)
        if checkpoint.is_dir() or not checkpoint.parent.is_dir():
            raise ValueError(f"checkpoint must name a file in a folder that exists: {checkpoint}")
        if checkpoint.exists():
            history = load_checkpoint(checkpoint, model.params, optimizer)
    steps_per_epoch = sum(1 for _ in stream_batches(ids, batch_size, num_steps))
    done = len(history.learning_rates)
    good = {name: param.copy() for name, param in model.params.items()}
    total, start = epochs * steps_per_epoch, done * steps_per_epoch
    with tqdm(total=total, initial=start, unit="step", disable=not watched()) as bar:
        for _ in range(done, epochs):
            history.learning_rates.append(optimizer.learning_rate)
            batches = stream_batches(ids, batch_size, num_steps)
            with np.errstate(over="ignore", invalid="ignore"):  # `_require_finite` reports them
                _train_epoch(model, optimizer, batches, clip_norm, history, good, bar)
                loss = evaluate(model, validation_ids)
            _require_finite(model, good, f"validation after step {len(history.losses)}", loss)
            history.validation.append([len(history.losses), loss])
            bar.set_postfix(train=f"{history.losses[-1]:.3f}", validation=f"{loss:.3f}")
            if (
                halve_when_worse
                and len(history.validation) > 1
                and loss > history.validation[-2][1]
            ):
                optimizer.learning_rate /= 2
            if checkpoint is not None:
                save_checkpoint(checkpoint, model.params, optimizer, history)
            if on_epoch is not None:
                on_epoch(model, history)
    return history


def _train_epoch(model, optimizer, batches, clip_norm, history, good, bar):
    """One pass over the text; `good` is kept at the last parameters with finite results."""
    state = None
    for inputs, targets in batches:
        loss, grads, state = model.loss_and_grads(inputs, targets, state)
        norm = clip_by_global_norm(grads, clip_norm)
        _require_finite(model, good, f"step {len(history.losses) + 1}", loss, norm)
        for name, param in model.params.items():
            good[name][...] = param
        optimizer.step(model.params, grads)
        history.losses.append(loss)
        history.grad_norms.append(norm)
        bar.update()


def _require_finite(model, good, where, loss, norm=None):
    if math.isfinite(loss) and (norm is None or math.isfinite(norm)):
        return
    for name, param in model.params.items():
        param[...] = good[name]
    length = "" if norm is None else f" and the gradient's length {norm}"
    raise Diverged(
        f"{where}: the loss is {loss}{length}. The model is back at the last parameters that gave "
        "a finite loss and gradient. Try a smaller learning rate or clip_norm."
    )


class CheckpointError(ValueError):
    """A weight file or checkpoint that is damaged, or belongs to another model."""


def save_arrays(path, arrays, metadata):
    """Write arrays and a JSON-able dict to a safetensors file, all or nothing.

    The file is written beside its place and then moved there: a crash never leaves half a file.

    Parameters
    ----------
    path : path
        The file.
    arrays : dict of ndarray
        The arrays.
    metadata : dict
        Anything that JSON can say.

    Raises
    ------
    TypeError
        If the metadata hold something else; no file is written then.
    """
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    encoded = {key: json.dumps(value) for key, value in metadata.items()}
    with open(partial, "wb") as file:
        file.write(save(contiguous, encoded))
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def load_arrays(path):
    """Read a file written by `save_arrays`.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    arrays : dict of ndarray
        The arrays.
    metadata : dict
        What was saved with them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If it is not a whole safetensors file, or was not written by `save_arrays`.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
    except (SafetensorError, json.JSONDecodeError, TypeError) as error:  # TypeError: bfloat16
        raise CheckpointError(
            f"{path} is damaged, or was not written by unrolled.training: {error}"
        ) from error
    return arrays, metadata


def save_weights(path, params, vocabulary, **facts):
    """Save a model's parameters together with the characters that its ids stand for.

    Parameters
    ----------
    path : path
        The file, usually ``*.safetensors``.
    params : dict of ndarray
        The parameters.
    vocabulary : unrolled.text.Vocabulary
        Its characters are saved with the weights: ids mean nothing without them.
    **facts
        What else to record, such as the corpus and the validation loss.
    """
    save_arrays(path, params, {"characters": vocabulary.characters, **facts})


def save_checkpoint(path, params, optimizer, history):
    """Save all that a training run needs to go on: parameters, optimizer, measurements.

    Parameters
    ----------
    path : path
        The file, replaced in one move.
    params : dict of ndarray
        The parameters.
    optimizer : SGD, AdaGrad or Adam
        Its running sums, learning rate and number of steps.
    history : History
        The measurements so far.
    """
    arrays = {f"params/{name}": array for name, array in params.items()}
    arrays |= {f"optimizer/{name}": array for name, array in optimizer.slots.items()}
    save_arrays(
        path,
        arrays,
        {
            "optimizer": type(optimizer).__name__,
            "learning_rate": optimizer.learning_rate,
            "steps": optimizer.steps,
            "history": asdict(history),
        },
    )


def load_checkpoint(path, params, optimizer):
    """Put a checkpoint's content into a model's parameters and an optimizer, in place.

    Parameters
    ----------
    path : path
        A file written by `save_checkpoint`.
    params : dict of ndarray
        Overwritten with the saved parameters.
    optimizer : SGD, AdaGrad or Adam
        Of the saved kind. Its sums, learning rate and number of steps are overwritten.

    Returns
    -------
    History
        The measurements up to then.

    Raises
    ------
    CheckpointError
        If the file is damaged, or of another model or optimizer; nothing is overwritten then.
    """
    arrays, metadata = load_arrays(path)
    try:
        kind, steps = metadata["optimizer"], metadata["steps"]
        learning_rate, history = metadata["learning_rate"], History(**metadata["history"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is not a checkpoint: {error!r}") from error
    like = {f"params/{name}": param for name, param in params.items()}
    for slot in optimizer.slot_names if steps else ():  # before the first step there are none
        like |= {f"optimizer/{slot}/{name}": param for name, param in params.items()}
    wanted = {name: (array.shape, array.dtype) for name, array in like.items()}
    found = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    if wanted != found or kind != type(optimizer).__name__:
        differing = sorted(n for n in wanted | found if wanted.get(n) != found.get(n))
        raise CheckpointError(
            f"{path} belongs to another run: optimizer {kind} where this one uses "
            f"{type(optimizer).__name__}; arrays that differ in name, shape or dtype: {differing}. "
            "Name another file, or build the model that was saved."
        )
    for name, param in params.items():
        param[...] = arrays[f"params/{name}"]
    optimizer.slots = {
        name.removeprefix("optimizer/"): array.copy()
        for name, array in arrays.items()
        if name.startswith("optimizer/")
    }
    optimizer.learning_rate, optimizer.steps = learning_rate, steps
    return history
