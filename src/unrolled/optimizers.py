"""Optimizers that update parameters in place, and two ways to clip a gradient."""

import math

import numpy as np


class _Optimizer:
    """Updates parameters in place; `slots` are its running sums, one per parameter and kind."""

    slot_names = ()

    def __init__(self, learning_rate):
        if not (math.isfinite(learning_rate) and learning_rate > 0):
            raise ValueError(f"learning_rate must be a positive number, not {learning_rate}")
        self.learning_rate = float(learning_rate)  # a NumPy scalar would make float64 of float32
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
