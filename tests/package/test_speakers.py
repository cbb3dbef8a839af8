"""Texts with labels: the plays' speeches, and a stand-in for the 20 newsgroups in a real cache."""

import codecs
import os
import pickle
from pathlib import Path

import describe
import numpy as np
import pytest
import sklearn.datasets
from checks import ROOT
from checks.notebooks import run_as_program
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import Bunch

from unrolled import speakers
from unrolled.text import CorpusError, load_corpus

REAL = Path(os.environ.get("UNROLLED_DATA", ""), "shakespeare.txt").absolute()


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    monkeypatch.delenv("UNROLLED_CORPUS", raising=False)


def test_the_plays_speeches_are_all_there():
    data = speakers.load()
    spoken = describe.speeches(load_corpus("play"))  # another way to take it apart
    assert [
        (data.names[c], text) for c, text in zip(data.labels, data.texts, strict=True)
    ] == spoken
    assert len(data.names) == 9 and data.names == sorted(data.names)
    assert data.labels.dtype == np.int64
    assert load_corpus("play").startswith(data.example)


@pytest.mark.skipif(not REAL.is_file(), reason="UNROLLED_DATA names no folder with shakespeare.txt")
def test_tiny_shakespeare_has_nine_speakers_with_many_speeches():
    data = speakers.load(REAL)
    assert len(data.names) == 9 and "ROMEO" in data.names
    assert np.bincount(data.labels).min() > 100
    assert all(text.strip() for text in data.texts)


NAME = st.text("ABC", min_size=1, max_size=2)
LINE = st.text("ab c", min_size=1, max_size=6).filter(str.strip)
SPEECHES = st.lists(st.tuples(NAME, st.lists(LINE, min_size=1, max_size=3).map("\n".join)))


@given(SPEECHES)
def test_what_was_put_together_is_taken_apart(spoken):
    corpus = "\n\n".join(f"{name}:\n{speech}" for name, speech in spoken) + "\n"
    assert speakers.take_apart(corpus) == spoken


def test_blocks_that_are_no_speeches_are_left_out():
    corpus = "A:\nOne.\n\nB:\n\nC:\n   \n\nno speech\n\nD: on one line\n\nE F:\nTwo:\nthree.\n"
    assert speakers.take_apart(corpus) == [("A", "One."), ("E F", "Two:\nthree.")]


def test_of_a_long_cast_those_with_most_speeches_stay(tmp_path):
    blocks = [f"{name}:\nword" for n, name in enumerate("KJIHGFEDCBA") for _ in range(n + 1)]
    (tmp_path / "long.txt").write_text("\n\n".join(blocks))
    data = speakers.load(tmp_path / "long.txt")
    assert data.names == list("ABCDEFGHI")
    assert np.bincount(data.labels).tolist() == [11, 10, 9, 8, 7, 6, 5, 4, 3]


@pytest.mark.parametrize("corpus", ["no play at all\n", "A:\nOne.\n\nA:\nTwo.\n"])
def test_a_text_of_fewer_than_two_speakers_is_refused(tmp_path, corpus):
    (tmp_path / "other.txt").write_text(corpus)
    with pytest.raises(
        CorpusError, match=r"has [01] speakers.*a name and a colon|name and a colon"
    ):
        speakers.load(tmp_path / "other.txt")


# The newsgroups


def post(group, number, words):
    """A post as the data set has them: headers, a quote, a body, a signature."""
    headers = f"From: someone@group{group}\nSubject: number {number}\n\n"
    return f"{headers}Ada writes:\n> quoted words\n\n{words}\n\n--\nAda of group {group}\n"


def body(name, number):
    """What a post says: one is longer than what is read, and one in each group is empty."""
    longest = (name, number) == ("group.a", 5)
    repeats = 0 if number == 3 else 20 if longest else 2 + number % 4
    return f"the {name} of {number} " * repeats


@pytest.fixture(params=[40])
def newsgroups(request, tmp_path, monkeypatch):
    """A stand-in for the 20 newsgroups, so many posts each, where scikit-learn keeps the real ones.

    Returns the groups' names.
    """
    names = [f"group.{chr(97 + c)}" for c in range(20)]
    parts, posts = {}, request.param
    for part, numbers in (("train", range(posts // 2)), ("test", range(posts // 2, posts))):
        pairs = [(c, n) for n in numbers for c in range(20)]
        texts = [post(c, n, body(names[c], n)) for c, n in pairs]
        target = np.array([c for c, _ in pairs])
        parts[part] = Bunch(data=texts, target=target, filenames=texts, target_names=names)
    packed = codecs.encode(pickle.dumps(parts), "zlib_codec")
    (tmp_path / "20news-bydate_py3.pkz").write_bytes(packed)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    return names


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_newsgroups_without_headers_quotes_and_signatures(newsgroups, monkeypatch, how):
    if how == "variable":
        monkeypatch.setenv("UNROLLED_CORPUS", "newsgroups")
    data = speakers.load("newsgroups" if how == "argument" else None)
    assert data.names == newsgroups
    assert np.bincount(data.labels).tolist() == [speakers.POSTS_PER_GROUP] * 20
    for text, c in zip(data.texts, data.labels, strict=True):
        assert text.startswith(f"the {newsgroups[c]} of ")
        assert "quoted" not in text and "Subject" not in text and "Ada" not in text
    lengths = [len(text) for text in data.texts]
    assert min(lengths) > 0 and max(lengths) == speakers.POST_LENGTH
    assert not any(" of 3 " in text for text in data.texts)  # empty but for what is removed


def test_newsgroups_offline_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))

    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(sklearn.datasets, "fetch_20newsgroups", offline)
    with pytest.raises(CorpusError, match="no route to host.*SCIKIT_LEARN_DATA.*the play"):
        speakers.load("newsgroups")


@pytest.mark.parametrize("newsgroups", [16], indirect=True)  # as few as the chapter can do with
def test_the_chapter_runs_on_newsgroups(newsgroups, tmp_path):
    chapter = ROOT / "notebooks" / "05_padded_sequences.ipynb"
    run = run_as_program(chapter, tmp_path, UNROLLED_CORPUS="newsgroups")
    assert run.returncode == 0, run.stderr[-3000:]
    assert "group.a" in run.stdout and "every sequence comes back" in run.stdout
