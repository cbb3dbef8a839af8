"""Files of weights in safetensors, and checkpoints of runs under way.

The libraries that read and write them are imported where they are needed, so that the NumPy part of
the package does without.
"""

import contextlib
import hashlib
import io
import json
import os
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

SHA256 = b'"sha256":"\\"'  # in a file's header, what stands before the 64 digits of its checksum


class CheckpointError(ValueError):
    """A weight file or checkpoint that is damaged, or belongs to another model."""


def write_whole(path, content):
    """Write a file all or nothing: after a crash there is the old one or the new one, never half.

    It is written beside its place, as ``*.partial``, and then moved there. When this returns, a
    power cut can't undo it: so of two files, the second is never there without the first.

    Parameters
    ----------
    path : path
        The file.
    content : bytes
        All of it.
    """
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the content is on the disk before the name leads to it
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # Windows and some network drives can't do this
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # and so is the name
        finally:
            os.close(folder)


def save_arrays(path, arrays, metadata):
    """Write arrays and a JSON-able dict to a safetensors file, with a checksum, all or nothing.

    The metadata ``sha256`` is the SHA-256 of the whole file as it is with 64 zeros in its place: it
    covers names, types, shapes, numbers, and the metadata.

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
    ValueError
        If the metadata have a ``sha256`` of their own.
    """
    from safetensors.numpy import save

    if "sha256" in metadata:
        raise ValueError("the metadata can't have a sha256: that is the file's checksum")
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    encoded = {key: json.dumps(value) for key, value in metadata.items()}
    content = save(contiguous, encoded | {"sha256": json.dumps("0" * 64)})
    start, checksum = _checksum(content)
    write_whole(path, content[:start] + checksum + content[start + 64 :])


def load_arrays(path):
    """Read a file written by `save_arrays`, and check its checksum.

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
        If a single bit is not as `save_arrays` wrote it, or something else wrote the file.
    """
    from safetensors import safe_open

    content = Path(path).read_bytes()
    if SHA256 not in content:
        raise CheckpointError(
            f"{path} is damaged, or was not written by unrolled.weights: it has no checksum. If it "
            "is a weight file of an older version, read it with safetensors, and save it anew with "
            "unrolled.weights.save_weights."
        )
    start, checksum = _checksum(content)
    if content[start : start + 64] != checksum:
        raise CheckpointError(
            f"{path} is damaged: its SHA-256 is not the one that it was saved with. Fetch or train "
            "it again."
        )
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = {key: json.loads(value) for key, value in file.metadata().items()}
    del metadata["sha256"]
    return arrays, metadata


def _checksum(content):
    """Where a file's 64 digits stand, and what they should be."""
    start = content.index(SHA256) + len(SHA256)
    blank = content[:start] + b"0" * 64 + content[start + 64 :]
    return start, hashlib.sha256(blank).hexdigest().encode()


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


def save_checkpoint(path, state):
    """Write what a run needs to go on, in PyTorch's format, all or nothing.

    Parameters
    ----------
    path : path
        The file.
    state : dict
        Numbers, texts, tensors, and lists, tuples and dicts of them.
    """
    import torch

    content = io.BytesIO()
    torch.save(state, content)
    write_whole(path, content.getvalue())


def load_checkpoint(path):
    """Read a file written by `save_checkpoint`; it can't carry code.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    dict
        What was saved, its tensors on the CPU.

    Raises
    ------
    CheckpointError
        If it is damaged, or something else.
    """
    import torch

    try:
        with ZipFile(path) as archive:  # PyTorch writes checksums and doesn't look at them
            if damaged := archive.testzip():
                raise BadZipFile(f"the checksum of {damaged} is wrong")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of many kinds
        raise CheckpointError(
            f"{path} is damaged, or no checkpoint of this version: {error}. Remove it to start "
            "anew."
        ) from error
