"""Files of weights: arrays, and what is to be known about them, in safetensors."""

import json
import os
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save


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
            f"{path} is damaged, or was not written by unrolled.weights: {error}"
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
