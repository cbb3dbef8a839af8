"""Checks of what callers give that more than one module makes: the error says what is wrong."""

import numpy as np


def at_least_one(**values):
    """Raise ValueError unless each value, named by its keyword, is an integer of at least 1."""
    for name, value in values.items():
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1, not {value!r}")


def same_shapes(params, wanted):
    """Raise ValueError unless a dict of arrays has the names and shapes of the dict `wanted`."""
    found = {name: np.shape(array) for name, array in params.items()}
    wrong = [
        f"{name}: wanted {wanted.get(name, 'none')}, found {found.get(name, 'none')}"
        for name in wanted | found
        if wanted.get(name) != found.get(name)
    ]
    if wrong:
        raise ValueError(f"the parameters' shapes don't fit this model: {'; '.join(wrong)}")
