"""Finite differences: the slow, sure way to a gradient, against which every fast one is checked."""

import numpy as np


def finite_differences(loss, params, epsilon=1e-5):
    """Gradient of a loss by central differences, one parameter entry at a time.

    (loss(p + e) - loss(p - e)) / 2e is off by a term of order e² from cutting the Taylor series
    short and one of order 1e-16 / e from rounding; 1e-5 makes both small in float64.

    Parameters
    ----------
    loss : callable
        Takes no argument and returns a float. It must read `params`, whose entries are nudged in
        place and put back.
    params : dict of ndarray of float64
        The arrays to differentiate with respect to.
    epsilon : float, default 1e-5
        The nudge.

    Returns
    -------
    dict of ndarray
        The gradient, with the names and shapes of `params`.

    Raises
    ------
    TypeError
        If a parameter is not float64: in float32, rounding drowns the difference.
    ValueError
        If `epsilon` is not positive.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be positive, not {epsilon}")
    grads = {}
    for name, array in params.items():
        if array.dtype != np.float64:
            raise TypeError(f"{name} is {array.dtype}: finite differences need float64")
        grads[name] = np.empty_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            try:
                array[index] = kept + epsilon
                above = loss()
                array[index] = kept - epsilon
                below = loss()
            finally:  # whoever interrupts a slow check still has the parameters as they were
                array[index] = kept
            grads[name][index] = (above - below) / (2 * epsilon)
    return grads


def relative_errors(grads, reference):
    """How far two gradients are apart, for each parameter.

    Parameters
    ----------
    grads, reference : dict of ndarray
        Two gradients with the same names and shapes.

    Returns
    -------
    dict of float
        For each name ‖a - b‖ / (‖a‖ + ‖b‖): 0 for equal, 1 for opposite or unrelated in scale. 0 if
        both are 0, infinity if one holds a NaN or an infinity.

    Raises
    ------
    ValueError
        If names or shapes differ.
    """
    if grads.keys() != reference.keys():
        raise ValueError(
            f"the gradients name different parameters: {sorted(grads.keys() ^ reference.keys())}"
        )
    errors = {}
    for name, a in grads.items():
        b = reference[name]
        if a.shape != b.shape:
            raise ValueError(f"{name}: shapes {a.shape} and {b.shape} differ")
        scale = np.linalg.norm(a) + np.linalg.norm(b)
        if not np.isfinite(scale):
            errors[name] = np.inf
        else:
            errors[name] = float(np.linalg.norm(a - b) / scale) if scale > 0 else 0.0
    return errors


def gradient_check(model, inputs, targets, state=None, epsilon=1e-5):
    """Compare a model's own gradients with finite differences.

    Parameters
    ----------
    model
        Has `params` and `loss_and_grads(inputs, targets, state)`; float64.
    inputs, targets : ndarray of int, shape (T, B)
        A small batch: the check runs the model twice for every parameter entry.
    state : optional
        The state to start from.
    epsilon : float, default 1e-5
        As in `finite_differences`.

    Returns
    -------
    dict of float
        `relative_errors` for each parameter. A right gradient gives about 1e-9 to 1e-7.

    Raises
    ------
    TypeError
        If the model is not float64.
    """
    _, grads, _ = model.loss_and_grads(inputs, targets, state)
    reference = finite_differences(
        lambda: model.loss_and_grads(inputs, targets, state)[0], model.params, epsilon
    )
    return relative_errors(grads, reference)
