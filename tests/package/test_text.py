"""The way from a text to the arrays that a network reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.text import Vocabulary, one_hot, stream_batches, train_validation_split

any_text = st.text(st.characters(), min_size=1)  # lone surrogates included


# Vocabulary


def test_vocabulary_sorts_the_distinct_characters():
    vocabulary = Vocabulary.from_text("hello\nworld")
    assert vocabulary.characters == "\ndehlorw"
    assert len(vocabulary) == 8
    assert repr(vocabulary) == r"Vocabulary(characters='\ndehlorw')"


def test_encode_gives_int64_places():
    ids = Vocabulary("abc").encode("cab")
    assert ids.dtype == np.int64
    assert ids.tolist() == [2, 0, 1]


def test_vocabularies_with_equal_characters_are_equal():
    vocabulary = Vocabulary.from_text("banana")
    assert vocabulary == Vocabulary(vocabulary.characters)
    assert vocabulary != Vocabulary.from_text("bandana")


@given(any_text)
def test_decode_undoes_encode(text):
    vocabulary = Vocabulary.from_text(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(any_text)
def test_an_id_is_the_place_among_the_sorted_characters(text):
    vocabulary = Vocabulary.from_text(text)
    places = [sorted(set(text)).index(character) for character in text]
    assert vocabulary.encode(text).tolist() == places


def test_an_empty_text_has_no_ids():
    vocabulary = Vocabulary("abc")
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.decode([]) == ""


@pytest.mark.parametrize("unknown", ["A", "m", "é", "\U0001f40b"])  # below, between and above
def test_encode_names_an_unknown_character_and_its_place(unknown):
    with pytest.raises(ValueError) as caught:
        Vocabulary("\nabz").encode(f"ab\nzz{unknown}a")
    assert f"{unknown!r} at position 5 (line 2, column 3)" in str(caught.value)


def test_columns_count_from_one_on_the_first_line_too():
    with pytest.raises(ValueError, match=r"position 0 \(line 1, column 1\)"):
        Vocabulary("a").encode("b")


@pytest.mark.parametrize("bad", [3, -1])
def test_decode_names_an_id_out_of_range_and_its_place(bad):
    with pytest.raises(ValueError, match=rf"The id {bad} at position 2 is not in 0 \.\.\. 2\."):
        Vocabulary("abc").decode([0, 1, bad])


def test_decode_wants_one_row_of_integers():
    with pytest.raises(ValueError, match=r"one row, \(N,\); got the shape \(1, 2\)"):
        Vocabulary("abc").decode([[0, 1]])
    with pytest.raises(ValueError, match="integers; got float64"):
        Vocabulary("abc").decode([0.0, 1.0])


@pytest.mark.parametrize("characters", ["ba", "aab"])
def test_a_vocabulary_is_sorted_and_distinct(characters):
    with pytest.raises(ValueError, match=r"Vocabulary\.from_text"):
        Vocabulary(characters)


def test_a_vocabulary_is_not_empty():
    with pytest.raises(ValueError, match="empty text"):
        Vocabulary.from_text("")


# one_hot


@pytest.mark.parametrize("shape", [(), (4,), (3, 2), (2, 0)])
def test_one_hot_adds_an_axis(shape):
    ids = np.random.default_rng(0).integers(0, 5, shape)
    vectors = one_hot(ids, 5)
    assert vectors.shape == shape + (5,)
    assert vectors.dtype == np.float64
    assert np.array_equal(vectors.argmax(-1), ids)
    assert np.array_equal(vectors.sum(-1), np.ones(shape))


@pytest.mark.parametrize("bad", [5, -1])
def test_one_hot_names_an_id_out_of_range_and_its_place(bad):
    with pytest.raises(ValueError, match=rf"The id {bad} at position 1, 0 is not in 0 \.\.\. 4\."):
        one_hot([[0, 1], [bad, 2]], 5)


# train_validation_split


def test_split_of_the_real_text_lengths():
    train, validation = train_validation_split(range(1_115_394))
    assert (len(train), len(validation)) == (1_003_854, 111_540)


@given(st.text(min_size=2), st.floats(0.5, 1, exclude_max=True))
def test_the_parts_make_the_whole(text, fraction):
    train, validation = train_validation_split(text, fraction)
    assert train + validation == text
    assert train and validation


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1.5, float("nan")])
def test_split_names_a_bad_fraction(fraction):
    with pytest.raises(ValueError, match=f"between 0 and 1, both excluded; got {fraction}"):
        train_validation_split("abc", fraction)


@pytest.mark.parametrize("text", ["", "a"])
def test_split_refuses_an_empty_part(text):
    with pytest.raises(ValueError, match=f"length {len(text)} is too short"):
        train_validation_split(text)


# stream_batches

sizes = st.tuples(st.integers(1, 7), st.integers(1, 9), st.integers(1, 60))


def streams(batch_size, num_steps, extra):
    """Cut 0, 1, 2, ..., just long enough and `extra` more; return the ids and the chunks."""
    ids = np.arange(batch_size + extra)
    return ids, list(stream_batches(ids, batch_size, num_steps))


@given(sizes)
def test_targets_follow_inputs(size):
    _, chunks = streams(*size)
    for inputs, targets in chunks:
        assert np.array_equal(targets, inputs + 1)


@given(sizes)
def test_every_target_occurs_once_but_for_the_stated_tail(size):
    ids, chunks = streams(*size)
    seen = np.sort(np.concatenate([targets.ravel() for _, targets in chunks]))
    left_out = (len(ids) - 1) % size[0]
    assert np.array_equal(seen, ids[1 : len(ids) - left_out])


@given(sizes)
def test_each_row_continues_across_chunks(size):
    _, chunks = streams(*size)
    inputs = np.concatenate([inputs for inputs, _ in chunks])  # (length, B)
    assert np.all(np.diff(inputs, axis=0) == 1)


@given(sizes)
def test_chunks_are_time_major_contiguous_int64(size):
    batch_size, num_steps, _ = size
    _, chunks = streams(*size)
    for inputs, targets in chunks[:-1]:
        assert inputs.shape == targets.shape == (num_steps, batch_size)
    assert 1 <= len(chunks[-1][0]) <= num_steps
    for array in (array for chunk in chunks for array in chunk):
        assert array.dtype == np.int64
        assert array.flags.c_contiguous and array.flags.owndata


def test_streams_by_hand():
    chunks = list(stream_batches(range(12), 2, 3))  # 11 targets, 5 per stream, 1 left out
    inputs, targets = chunks[0]
    assert inputs.tolist() == [[0, 5], [1, 6], [2, 7]]
    assert targets.tolist() == [[1, 6], [2, 7], [3, 8]]
    inputs, targets = chunks[1]
    assert inputs.tolist() == [[3, 8], [4, 9]]
    assert targets.tolist() == [[4, 9], [5, 10]]
    assert len(chunks) == 2


def test_changing_a_chunk_leaves_the_text_alone():
    ids = np.arange(9)
    for inputs, targets in stream_batches(ids, 1, 4):
        inputs += 100
        targets += 100
    assert np.array_equal(ids, np.arange(9))


def test_too_short_a_text_is_refused_at_the_call():
    with pytest.raises(ValueError, match="4 ids are too few for batch_size=4: at least 5"):
        stream_batches(np.arange(4), 4, 10)  # no next() needed
    assert len(list(stream_batches(np.arange(5), 4, 10))) == 1


@pytest.mark.parametrize("batch_size, num_steps", [(0, 5), (5, 0), (-1, 5), (5, -1)])
def test_sizes_below_one_are_refused_at_the_call(batch_size, num_steps):
    name, value = ("batch_size", batch_size) if batch_size < 1 else ("num_steps", num_steps)
    with pytest.raises(ValueError, match=f"{name} must be at least 1; got {value}"):
        stream_batches(np.arange(50), batch_size, num_steps)


def test_a_text_in_place_of_ids_is_refused_at_the_call():
    with pytest.raises(ValueError, match=r"Vocabulary\.encode"):
        stream_batches("hello world", 2, 3)
