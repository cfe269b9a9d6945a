"""What a hunt shows next."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.hunting.choice import ALIKE, WORDS_FIRST, best, by_words, choose


def apart(n: int) -> np.ndarray:
    """(n, n) unit vectors, no two of them alike."""
    return np.eye(n, dtype=np.float32)


def everything(n: int) -> np.ndarray:
    return np.ones(n, np.bool_)


def near(vector: np.ndarray, cosine: float) -> np.ndarray:
    """A unit vector with that cosine to a unit vector."""
    other = np.zeros_like(vector)
    other[(int(np.argmax(np.abs(vector))) + 1) % vector.size] = 1
    return (cosine * vector + np.sqrt(1 - cosine**2) * other).astype(np.float32)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, float("nan")]), max_size=40), st.integers(1, 10), st.data())
def test_best_is_the_sorted_order(scores, n, data):
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores))), np.bool_)
    slow = sorted((-s, p) for p, s in enumerate(scores) if allowed[p] and not np.isnan(s))
    assert best(np.array(scores), n, allowed=allowed).tolist() == [p for _, p in slow[:n]]


def test_the_words_lead_until_there_is_something_to_learn_from():
    assert by_words(np.zeros(0, bool))
    assert by_words(np.ones(WORDS_FIRST - 1, bool))
    assert not by_words(np.ones(WORDS_FIRST, bool))
    assert by_words(np.zeros(500, bool))
    assert not by_words(np.r_[np.zeros(500, bool), True])


def test_the_most_likely_come_first_and_only_what_is_allowed():
    allowed = everything(6)
    allowed[[1, 4]] = False
    scores = np.array([0.1, 0.9, 0.3, np.nan, 0.8, 0.3])
    chosen = choose(scores, 3, allowed=allowed, vectors_of=apart(6).__getitem__)
    assert chosen.tolist() == [2, 5, 0]
    assert chosen.dtype == np.int64


def test_of_near_duplicates_one_is_shown_and_the_others_come_later():
    vectors = apart(5)
    vectors[1] = near(vectors[0], 0.999)
    vectors[2] = near(vectors[0], 0.998)
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    allowed = everything(5)
    first = choose(scores, 3, allowed=allowed, vectors_of=vectors.__getitem__)
    assert first.tolist() == [0, 3, 4]
    allowed[first] = False
    assert choose(scores, 3, allowed=allowed, vectors_of=vectors.__getitem__).tolist() == [1, 2]


@pytest.mark.parametrize(("cosine", "together"), [(ALIKE + 0.002, False), (ALIKE - 0.002, True)])
def test_what_counts_as_near(cosine, together):
    vectors = apart(4)
    vectors[1] = near(vectors[0], cosine)
    chosen = choose(np.array([4.0, 3, 2, 1]), 2, allowed=everything(4), vectors_of=vectors.__getitem__)
    assert (chosen.tolist() == [0, 1]) == together


def test_what_is_like_a_rejected_one_comes_last():
    vectors = apart(4)
    rejected = near(vectors[0], 0.999)[None]
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert choose(scores, 2, allowed=everything(4), vectors_of=vectors.__getitem__, rejected=rejected).tolist() == [
        1,
        2,
    ]
    assert choose(scores, 4, allowed=everything(4), vectors_of=vectors.__getitem__, rejected=rejected).tolist() == [
        1,
        2,
        3,
        0,
    ]


def test_a_dataset_of_one_picture_can_still_be_gone_through():
    vectors = np.repeat(apart(3)[:1], 50, axis=0)
    seen: list[int] = []
    allowed = everything(50)
    while (batch := choose(np.arange(50.0), 20, allowed=allowed, vectors_of=vectors.__getitem__)).size:
        seen += batch.tolist()
        allowed[batch] = False
    assert sorted(seen) == list(range(50))


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 12), st.integers(1, 60))
def test_all_are_shown_once_whatever_is_alike(seed, n, rows):
    """Held back is not lost: batches after each other go through everything, none twice, none empty before the end."""
    rng = np.random.default_rng(seed)
    vectors = apart(8)[rng.integers(0, 8, rows)]
    allowed, seen = everything(rows), []
    scores = rng.random(rows)
    for _ in range(-(-rows // n)):
        batch = choose(scores, n, allowed=allowed, vectors_of=vectors.__getitem__, rejected=vectors[seen[::3]])
        assert batch.size == min(n, rows - len(seen))
        allowed[batch] = False
        seen += batch.tolist()
    assert sorted(seen) == list(range(rows))


def test_only_some_vectors_are_asked_for():
    """A dataset of a million is not compared with itself."""
    asked = []

    def vectors_of(positions: np.ndarray) -> np.ndarray:
        asked.append(positions)
        return np.random.default_rng(0).standard_normal((positions.size, 8))

    choose(np.arange(100_000.0), 10, allowed=everything(100_000), vectors_of=vectors_of)
    assert len(asked) == 1
    assert asked[0].size <= 1000
    assert asked[0].max() == 99_999


def test_nothing_left_gives_nothing():
    vectors = apart(3)
    chosen = choose(np.ones(3), 5, allowed=np.zeros(3, np.bool_), vectors_of=vectors.__getitem__)
    assert chosen.size == 0
    assert chosen.dtype == np.int64


def test_what_it_refuses():
    vectors = apart(3)
    with pytest.raises(BadValue, match="at least 1"):
        choose(np.ones(3), 0, allowed=everything(3), vectors_of=vectors.__getitem__)
    with pytest.raises(BadValue, match="one shape"):
        choose(np.ones(3), 1, allowed=everything(4), vectors_of=vectors.__getitem__)
    with pytest.raises(BadValue, match="int64"):
        choose(np.ones(3), 1, allowed=np.ones(3, np.int64), vectors_of=vectors.__getitem__)
