"""Texts, and the way from a text to the arrays that a network reads."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
SHAKESPEARE_MIRRORS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
    "https://raw.githubusercontent.com/jcjohnson/torch-rnn/master/data/tiny-shakespeare.txt",
)
TIMEOUT = (5, 10)  # seconds to connect, and to wait for the next bytes, for each mirror


class CorpusError(ValueError):
    """A text can't be had; the message says what happened and what to do."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows; the id of a character is its place among them.

    Parameters
    ----------
    characters : str
        Distinct characters in sorted order. Saved beside the weights, this string is all it
        takes to build the same vocabulary again.

    Raises
    ------
    ValueError
        If `characters` is empty, unsorted or has one twice.
    """

    characters: str

    def __post_init__(self):
        if not self.characters:
            raise ValueError("A vocabulary needs at least one character; got an empty text.")
        if self.characters != "".join(sorted(set(self.characters))):
            raise ValueError(
                f"The characters must be sorted and distinct; got {self.characters!r}. "
                "To build a vocabulary from a text, call Vocabulary.from_text(text)."
            )

    @classmethod
    def from_text(cls, text):
        """Build the vocabulary of the characters that occur in `text` (str)."""
        return cls("".join(sorted(set(text))))

    def __len__(self):
        return len(self.characters)

    def encode(self, text):
        """Turn `text` (str, of length N) into ids: an int64 array, (N,).

        Raises ValueError at a character that is not in the vocabulary, and says where it is.
        """
        place = {character: i for i, character in enumerate(self.characters)}
        ids = np.array([place.get(character, -1) for character in text], np.int64)
        unknown = np.flatnonzero(ids < 0)
        if unknown.size:
            at = int(unknown[0])
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            raise ValueError(
                f"The character {text[at]!r} at position {at} (line {line}, column {column}) "
                f"is not among the {len(self)} of the vocabulary: {self.characters!r}."
            )
        return ids

    def decode(self, ids):
        """Turn `ids` (array of integers, (N,)) back into a text: a str of length N.

        Raises ValueError at an id that is not in 0 ... len(vocabulary) - 1, and says where it is.
        """
        return "".join(self.characters[i] for i in _checked_ids(ids, len(self), row=True).tolist())


def one_hot(ids, size):
    """Turn each id into a vector that is 1 at the id and 0 elsewhere.

    Parameters
    ----------
    ids : array of integers, any shape
    size : int
        The length of each vector: the number of different ids.

    Returns
    -------
    vectors : array of float64, shape of `ids` + (size,)

    Raises
    ------
    ValueError
        If an id is not in 0 ... size - 1.
    """
    return np.eye(size)[_checked_ids(ids, size)]


def train_validation_split(sequence, fraction=0.9):
    """Cut a text, or its ids, in two: the first part trains, the rest validates.

    Parameters
    ----------
    sequence : str or array, of length N
    fraction : float
        The share that trains, between 0 and 1.

    Returns
    -------
    train, validation : the same type as `sequence`, of lengths int(N * fraction) and the rest

    Raises
    ------
    ValueError
        If `fraction` is not between 0 and 1, or one of the parts would be empty.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction must be between 0 and 1, both excluded; got {fraction}.")
    cut = int(len(sequence) * fraction)
    if cut == 0:  # the other part is never empty: fraction < 1
        raise ValueError(
            f"A sequence of length {len(sequence)} is too short to be split at {fraction}: "
            "nothing would be left to train on."
        )
    return sequence[:cut], sequence[cut:]


def stream_batches(ids, batch_size, num_steps):
    """Cut a text into `batch_size` streams and read them side by side, a chunk at a time.

    Row b of a chunk continues row b of the chunk before, so a state can be carried from one to
    the next. Each id but the first is a target once, in order, except the last
    ``(len(ids) - 1) % batch_size`` ids, which are left out to make the streams equally long.

    Parameters
    ----------
    ids : array of integers, (N,)
    batch_size : int
        B, the number of streams.
    num_steps : int
        T, the length of a chunk. The last chunk may be shorter.

    Returns
    -------
    chunks : iterator of (inputs, targets), each an int64 array, (T, B)
        ``targets[t, b]`` is the id that follows ``inputs[t, b]`` in the text.

    Raises
    ------
    ValueError
        At the call, if `batch_size` or `num_steps` is below 1 or `ids` is too short.
    """
    ids = _checked_ids(ids, row=True)
    for name, value in (("batch_size", batch_size), ("num_steps", num_steps)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1; got {value}.")
    length = (len(ids) - 1) // batch_size  # of each stream
    if length < 1:
        raise ValueError(
            f"{len(ids)} ids are too few for batch_size={batch_size}: "
            f"at least {batch_size + 1} are needed, one per stream and a last target."
        )
    inputs = ids[: length * batch_size].reshape(batch_size, length).T  # (length, B)
    targets = ids[1 : length * batch_size + 1].reshape(batch_size, length).T  # (length, B)
    return (
        (inputs[t : t + num_steps].copy(), targets[t : t + num_steps].copy())  # (T, B)
        for t in range(0, length, num_steps)
    )


def load_corpus(name_or_path=None):
    """Read a text to learn from.

    A byte-order mark is dropped and every line ends in a newline only, so the text is the
    same on every system.

    Parameters
    ----------
    name_or_path : str or path, optional
        ``"play"``: the play written for this book. ``"shakespeare"``: Tiny Shakespeare, from
        the folder that the environment variable UNROLLED_DATA names, else the cache, else
        downloaded. Anything else: the path of a UTF-8 text file. Without it, the environment
        variable UNROLLED_CORPUS is read the same way; without that, it is ``"play"``.

    Returns
    -------
    text : str

    Raises
    ------
    CorpusError
        If there is no such text, it can't be downloaded, or the file is not the right one,
        not UTF-8 or empty.
    """
    corpus = name_or_path or os.environ.get("UNROLLED_CORPUS") or "play"
    if corpus in CORPORA:
        return _read(CORPORA[corpus]())
    path = Path(corpus).expanduser()
    if not path.exists():
        asked = "" if name_or_path else " (UNROLLED_CORPUS asks for it)"
        raise CorpusError(
            f"There is no corpus {str(corpus)!r}{asked}. The known names are "
            f"{' and '.join(map(repr, CORPORA))}; a file was looked for too, at {path.absolute()}."
        )
    return _read(path)


def _play():
    """Return the path of the play: beside this module in a wheel, else in the repository."""
    packaged = Path(__file__).parent / "data" / "play.txt"
    return packaged if packaged.exists() else Path(__file__).parents[2] / "data" / "play.txt"


def _shakespeare():
    """Return the path of a Tiny Shakespeare whose hash is right."""
    import pooch  # here, since only a download needs it

    looked_in = ""
    if os.environ.get("UNROLLED_DATA"):
        folder = Path(os.environ["UNROLLED_DATA"]).expanduser().absolute()
        path = folder / "shakespeare.txt"
        if not folder.is_dir():
            raise CorpusError(f"UNROLLED_DATA names {folder}, which is not a folder.")
        if path.is_file():
            if not pooch.hashes.hash_matches(path, SHAKESPEARE_SHA256):
                raise CorpusError(
                    f"{path} is not Tiny Shakespeare: its SHA-256 should be {SHAKESPEARE_SHA256}. "
                    "Replace it, or remove it to have the text downloaded."
                )
            return path
        looked_in = f" UNROLLED_DATA names {folder}, where there is no such file."

    cached = Path(pooch.os_cache("unrolled")) / "shakespeare.txt"
    if cached.exists() and not pooch.hashes.hash_matches(cached, SHAKESPEARE_SHA256):
        cached.unlink()  # else a bad copy would outlive a failed download
    failures = []
    for url in SHAKESPEARE_MIRRORS:
        try:
            pooch.retrieve(  # keeps nothing whose hash is wrong
                url,
                SHAKESPEARE_SHA256,
                fname=cached.name,
                path=cached.parent,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
            return cached
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            failures.append(f"  {url}\n    {_what_happened(error)}")
    raise CorpusError(
        "Tiny Shakespeare could not be downloaded:\n" + "\n".join(failures) + "\nPut the file "
        "as shakespeare.txt into a folder and name the folder in the environment variable "
        f"UNROLLED_DATA; its SHA-256 is {SHAKESPEARE_SHA256}.{looked_in} "
        "Or use the play that comes with the book: load_corpus('play')."
    )


CORPORA = {"play": _play, "shakespeare": _shakespeare}  # what finds the file, by name


def _what_happened(error):
    """Say in one line why a download failed."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError):
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout) or "timed out" in str(error):
        return f"no answer in time ({TIMEOUT[0]} s to connect, {TIMEOUT[1]} s for the next bytes)"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "the connection broke before the whole file was there"
    if isinstance(error, exceptions.ConnectionError):
        return "no connection: this machine is offline, or the server refuses"
    if "does not match the known hash" in str(error):
        return "what came has the wrong SHA-256 (changed, cut short, or a web page); not kept"
    return f"{type(error).__name__}: {error}"


def _read(path):
    """Read a UTF-8 text without byte-order mark, its lines ending in a newline only."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{path.absolute()} is not UTF-8: byte {error.start} is "
            f"0x{error.object[error.start]:02x}. Save the file as UTF-8."
        ) from error
    except OSError as error:
        what = "is a folder, not a text file" if path.is_dir() else f"can't be read: {error}"
        raise CorpusError(f"{path.absolute()} {what}.") from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text:
        raise CorpusError(f"{path.absolute()} is empty: there is nothing to learn from.")
    return text


def _checked_ids(ids, size=None, row=False):
    """Return `ids` as int64, or say what is wrong: no integer, not below `size`, not (N,)."""
    ids = np.asarray(ids)
    if ids.size and not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            f"ids must be integers; got {ids.dtype}. Vocabulary.encode turns a text into ids."
        )
    if row and ids.ndim != 1:
        raise ValueError(f"ids must be one row, (N,); got the shape {ids.shape}.")
    if size is not None and np.any(outside := (ids < 0) | (ids >= size)):
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        place = ", ".join(map(str, at))
        raise ValueError(f"The id {ids[at]} at position {place} is not in 0 ... {size - 1}.")
    return ids.astype(np.int64)
