"""Learning: the loop over a text with carried state, validation, and what a run measured."""

import math
import os
import sys
from dataclasses import dataclass, field

import numpy as np
from tqdm.auto import tqdm

from unrolled.numpy_models import cross_entropy
from unrolled.optimizers import clip_by_global_norm
from unrolled.text import stream_batches

VALIDATION_ROWS = 16  # the validation text is read as this many rows side by side


class Diverged(ArithmeticError):
    """The loss or a gradient is no longer a finite number; the model keeps its last good state."""


def watched():
    """Whether someone watches progress bars and live curves: in a terminal or a notebook.

    Returns
    -------
    bool
        False where standard error is a file or a pipe, and where the environment variable
        ``TQDM_DISABLE`` is set to anything but 0: tqdm's own switch, at which its notebook bar
        doesn't look.
    """
    if os.environ.get("TQDM_DISABLE", "") not in ("", "0"):
        return False
    ipython = sys.modules.get("IPython")  # a notebook has imported it
    shell = ipython and ipython.get_ipython()
    notebook = shell is not None and type(shell).__name__ != "TerminalInteractiveShell"
    return notebook or sys.stderr.isatty()


def smooth(losses, keep=0.99):
    """Mean of a loss curve around each step: what lies ``d`` steps away weighs ``keep ** d``.

    It looks ahead as far as back, so the smoothed curve doesn't lag.

    Parameters
    ----------
    losses : sequence of float
        One loss per step.
    keep : float, default 0.99
        The share of a weight that is left one step further away, from 0 to below 1.

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
    losses = np.asarray(losses, dtype=float)

    def both_ways(values):
        return _so_far(values, keep) + _so_far(values[::-1], keep)[::-1] - values

    return both_ways(losses) / both_ways(np.ones_like(losses))


def _so_far(values, keep):
    """Sum of the values up to each step, each weighed by ``keep`` to the power of its distance."""
    sums, so_far = np.empty_like(values), 0.0
    for step, value in enumerate(values):
        sums[step] = so_far = keep * so_far + value
    return sums


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
        How often to read the text.
    batch_size, num_steps : int
        Rows side by side, and steps in a chunk.
    clip_norm : float, default 5.0
        Longest gradient that is used as it is; `numpy.inf` to leave all as they are.
    halve_when_worse : bool, default False
        Halve the learning rate whenever the validation loss is above that of the epoch before.
    on_epoch : callable, optional
        Called as ``on_epoch(model, history)`` after each validation: to draw a curve, or print a
        sample.

    Returns
    -------
    History
        The losses.

    Raises
    ------
    Diverged
        When a loss or gradient is not finite. `model.params` then hold the last parameters whose
        loss and gradient were.
    ValueError
        If an argument is out of range, a text too short, or an id not in the model's vocabulary.
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, not {epochs}")
    stream_batches(validation_ids, VALIDATION_ROWS, 1)  # if too short, fail before an epoch
    history = History()
    steps_per_epoch = sum(1 for _ in stream_batches(ids, batch_size, num_steps))
    good = {name: param.copy() for name, param in model.params.items()}
    with tqdm(total=epochs * steps_per_epoch, unit="step", disable=not watched()) as bar:
        for _ in range(epochs):
            history.learning_rates.append(optimizer.learning_rate)
            batches = stream_batches(ids, batch_size, num_steps)
            with np.errstate(over="ignore", invalid="ignore"):  # `_require_finite` reports them
                _train_epoch(model, optimizer, batches, clip_norm, history, good, bar)
                loss = evaluate(model, validation_ids)
            bar.unpause()  # the time that is left is reckoned without the validation's
            _require_finite(model, good, f"validation after step {len(history.losses)}", loss)
            history.validation.append([len(history.losses), loss])
            bar.set_postfix(train=f"{history.losses[-1]:.3f}", validation=f"{loss:.3f}")
            if (
                halve_when_worse
                and len(history.validation) > 1
                and loss > history.validation[-2][1]
            ):
                optimizer.learning_rate /= 2
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
