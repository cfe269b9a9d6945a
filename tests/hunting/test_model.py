"""What a hunt learns from answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from curate.errors import BadValue
from curate.hunting.model import (
    INTERCEPT_MEAN,
    INTERCEPT_STRENGTH,
    STRENGTH,
    WORDS_MEAN,
    WORDS_STRENGTH,
    learn,
    likelihoods,
)
from curate.hunting.space import Space, fit_space
from curate.search.index import VectorIndex


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float16)


def planted(seed: int, rows: int = 600, dimension: int = 20) -> tuple[Space, np.ndarray, np.ndarray, np.ndarray]:
    """A space, a query, vectors and verdicts that one direction tells apart, not quite."""
    rng = np.random.default_rng(seed)
    vectors = unit(rng.standard_normal((rows, dimension)) + 2)
    way = rng.standard_normal(dimension)
    along = vectors.astype(np.float64) @ way
    verdicts = along + rng.normal(0, along.std() / 3, rows) > np.quantile(along, 0.8)
    return fit_space(vectors), rng.standard_normal(dimension), vectors, verdicts


def expected(
    space: Space, query: np.ndarray, vectors: np.ndarray, verdicts: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """The same posterior mode by a general optimiser, written down from the definition."""

    def columns(some: np.ndarray) -> np.ndarray:
        toward, shift = space.standardised(query)
        return np.column_stack([space.features(some), some.astype(np.float64) @ toward + shift, np.ones(len(some))])

    x, y = columns(vectors).astype(np.float64), verdicts.astype(float)
    k = x.shape[1] - 2
    mean = np.r_[np.zeros(k), WORDS_MEAN, INTERCEPT_MEAN]
    precision = np.r_[np.full(k, STRENGTH), WORDS_STRENGTH, INTERCEPT_STRENGTH]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = x @ weights
        value = (precision * (weights - mean) ** 2).sum() / 2 + (np.logaddexp(0, logits) - y * logits).sum()
        return value, precision * (weights - mean) + x.T @ (0.5 + 0.5 * np.tanh(logits / 2) - y)

    found = minimize(loss, mean, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-8})
    return columns(asked) @ found.x


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 5, 15, 21, 22, 23, 60, 300]))
def test_it_is_the_mode_of_the_posterior(seed, answers):
    """Both forms: with fewer answers than features the dual one, with more the primal one."""
    space, query, vectors, verdicts = planted(seed)
    model = learn(space, query, vectors[:answers], verdicts[:answers])
    slow = expected(space, query, vectors[:answers], verdicts[:answers], vectors)
    assert model.logits(vectors) == pytest.approx(slow, abs=5e-3)


def test_without_an_answer_it_is_the_text_ranking():
    space, query, vectors, _ = planted(1)
    model = learn(space, query, vectors[:0], np.zeros(0, bool))
    scores = vectors.astype(np.float64) @ query
    assert model.words == WORDS_MEAN
    assert model.logits(vectors) == pytest.approx((scores - scores.mean()) / scores.std() + INTERCEPT_MEAN, abs=5e-3)


def test_it_finds_what_the_words_miss():
    space, query, vectors, verdicts = planted(2)
    model = learn(space, query, vectors[:300], verdicts[:300])
    held_out = np.argsort(-model.logits(vectors[300:]))[:40]
    by_words = np.argsort(-(vectors[300:].astype(np.float32) @ query.astype(np.float32)))[:40]
    assert verdicts[300:][held_out].mean() > 0.8
    assert verdicts[300:][by_words].mean() < 0.5


def test_useless_words_lose_their_weight():
    space, query, vectors, verdicts = planted(3)
    assert learn(space, query, vectors, verdicts).words < 0.6 * WORDS_MEAN


@pytest.mark.parametrize("verdict", [True, False])
def test_answers_of_one_kind_move_it_a_little(verdict):
    space, query, vectors, _ = planted(4)
    before = learn(space, query, vectors[:0], np.zeros(0, bool)).logits(vectors[:10])
    after = learn(space, query, vectors[:10], np.full(10, verdict)).logits(vectors[:10])
    assert np.isfinite(after).all()
    assert ((after > before) == verdict).all()


def test_the_order_of_answers_does_not_matter():
    space, query, vectors, verdicts = planted(5)
    order = np.random.default_rng(0).permutation(100)
    one = learn(space, query, vectors[:100], verdicts[:100])
    other = learn(space, query, vectors[:100][order], verdicts[:100][order])
    assert one.logits(vectors) == pytest.approx(other.logits(vectors), abs=1e-3)


def test_the_same_sample_answered_both_ways_is_no_trouble():
    space, query, vectors, _ = planted(6)
    model = learn(space, query, np.repeat(vectors[:1], 400, axis=0), np.arange(400) % 2 == 0)
    assert model.logits(vectors[:1])[0] == pytest.approx(0, abs=0.3)


def test_far_apart_answers_do_not_overflow():
    """Newton's first step is far too long here: words with 1,000 times the usual spread, all of them wrong."""
    space, query, vectors, _ = planted(7)
    along = vectors.astype(np.float64) @ query
    far = unit(np.random.default_rng(1).standard_normal((200, 20))) * np.float16(500)
    verdicts = far.astype(np.float64) @ query < along.mean()
    model = learn(space, query, far, verdicts)
    assert np.isfinite(model.logits(far)).all()
    assert model.logits(far) == pytest.approx(expected(space, query, far, verdicts, far), rel=0.02, abs=0.5)


def test_over_an_index_it_gives_the_same_and_nan_without_a_vector():
    space, query, vectors, verdicts = planted(8)
    model = learn(space, query, vectors[:50], verdicts[:50])
    index = VectorIndex.from_batches(20, 601, [(np.arange(600), vectors)])
    over = model.logits_over(index)
    assert over[:600] == pytest.approx(model.logits(vectors), abs=1e-4)
    assert np.isnan(over[600])


def test_counts_are_kept():
    space, query, vectors, verdicts = planted(9)
    model = learn(space, query, vectors[:50], verdicts[:50])
    assert (model.yes, model.no) == (verdicts[:50].sum(), (~verdicts[:50]).sum())


def test_where_all_vectors_are_equal_there_is_nothing_to_learn():
    vectors = np.repeat(unit(np.ones((1, 6))), 9, axis=0)
    model = learn(fit_space(vectors), np.ones(6), vectors[:4], np.array([True, False, False, False]))
    assert np.ptp(model.logits(vectors)) == 0


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_likelihoods_are_probabilities(logits):
    found = likelihoods(np.array(logits))
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found[np.argsort(logits)]) >= 0).all()


def test_what_it_refuses():
    space, query, vectors, verdicts = planted(10)
    with pytest.raises(BadValue, match="one bool"):
        learn(space, query, vectors[:5], verdicts[:4])
    with pytest.raises(BadValue, match="int64"):
        learn(space, query, vectors[:5], np.ones(5, np.int64))
    with pytest.raises(BadValue, match=r"\(m, 20\)"):
        learn(space, query, vectors[:5, :10], verdicts[:5])
    with pytest.raises(BadValue, match="finite"):
        learn(space, query, np.where(np.arange(20) == 3, np.nan, vectors[:5]), verdicts[:5])
    with pytest.raises(BadValue, match="query"):
        learn(space, query[:10], vectors[:5], verdicts[:5])
