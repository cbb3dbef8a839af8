"""Who is speaking? Texts of different lengths, each with a label: speeches of a play, or posts."""

import os
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from unrolled import text
from unrolled.text import CorpusError

NUM_SPEAKERS = 9  # as many as the play has; of a longer cast, those with the most speeches
POSTS_PER_GROUP = 30  # with the next line: about as much text as the play has
POST_LENGTH = 250  # characters of a post that are read, at most


@dataclass(frozen=True)
class LabeledTexts:
    """Texts and their labels.

    Parameters
    ----------
    texts : list of str, of length N
        None is empty.
    labels : ndarray of int64, (N,)
        The class of each text, 0 ... C - 1.
    names : list of str, of length C
        What the classes are called.
    example : str
        The beginning of the source, as it is laid out there.
    """

    texts: list
    labels: np.ndarray
    names: list
    example: str


def load(name_or_path=None):
    """Read texts and who wrote or spoke them.

    Parameters
    ----------
    name_or_path : str or path, optional
        ``"newsgroups"``: the first characters of some posts of each of the 20 newsgroups, without
        headers, quotes and signatures; scikit-learn keeps them in its own cache, or downloads them.
        Anything else is a play that `text.load_corpus` reads: the speeches of the nine speakers who
        have the most. Without it, the environment variable UNROLLED_CORPUS is read the same way;
        without that, it is the play that comes with the book.

    Returns
    -------
    LabeledTexts
        In the order of the source.

    Raises
    ------
    CorpusError
        If the text can't be had, or isn't laid out as a play with at least two speakers.
    """
    if (name_or_path or os.environ.get("UNROLLED_CORPUS")) == "newsgroups":
        return _newsgroups()
    corpus = text.load_corpus(name_or_path)
    spoken = take_apart(corpus)
    counts = Counter(speaker for speaker, _ in spoken)
    if len(counts) < 2:
        raise CorpusError(
            f"This text has {len(counts)} speakers, and telling them apart takes two. A speech is "
            "a name and a colon on a line, the lines spoken, and an empty line."
        )
    names = sorted(name for name, _ in counts.most_common(NUM_SPEAKERS))
    spoken = [(speaker, speech) for speaker, speech in spoken if speaker in names]
    labels = np.array([names.index(speaker) for speaker, _ in spoken])
    return LabeledTexts([speech for _, speech in spoken], labels, names, corpus[:200])


def take_apart(corpus):
    """Find the speeches of a play.

    Parameters
    ----------
    corpus : str
        A name and a colon on a line, the lines spoken, an empty line, and so on.

    Returns
    -------
    list of (str, str)
        Speaker and speech. Blocks of any other form, and speeches of no words, are left out.
    """
    blocks = re.findall(r"^([^\n:]+):\n((?:[^\n]+\n?)+)", corpus, re.MULTILINE)
    return [(name, speech.rstrip("\n")) for name, speech in blocks if speech.strip()]


def _newsgroups():
    """The same number of posts of each newsgroup; scikit-learn loads them."""
    from sklearn.datasets import fetch_20newsgroups  # here, since only this needs it

    try:
        posts = fetch_20newsgroups(
            subset="all", remove=("headers", "footers", "quotes"), shuffle=False
        )
    except OSError as error:
        raise CorpusError(
            f"The 20 newsgroups could not be downloaded: {error}. With a network, "
            "sklearn.datasets.fetch_20newsgroups(subset='all') stores them in scikit-learn's "
            "folder, which the environment variable SCIKIT_LEARN_DATA names. "
            "Or use the play that comes with the book: unset UNROLLED_CORPUS."
        ) from error
    texts, labels, taken = [], [], Counter()
    for post, label in zip(posts.data, posts.target, strict=True):
        shown = post.strip()[:POST_LENGTH]
        if shown and taken[label] < POSTS_PER_GROUP:  # without quotes, some posts are empty
            texts.append(shown)
            labels.append(label)
            taken[label] += 1
    return LabeledTexts(texts, np.array(labels), list(posts.target_names), texts[0][:200])
