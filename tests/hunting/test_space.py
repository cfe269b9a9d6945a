"""The space in which a hunt learns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.hunting.space import FITTED_ROWS, fit_space, fitting_rows


def cloud(rows: int, dimension: int, seed: int = 0) -> np.ndarray:
    """Unit vectors in a narrow cone, their variance falling from direction to direction."""
    rng = np.random.default_rng(seed)
    spread = np.geomspace(1, 0.05, dimension)
    vectors = rng.standard_normal((rows, dimension)) * spread + 3 * rng.standard_normal(dimension)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def test_features_are_centred_uncorrelated_and_scaled():
    vectors = cloud(4000, 24)
    features = fit_space(vectors).features(vectors).astype(np.float64)
    covariance = features.T @ features / len(features)
    assert np.abs(features.mean(axis=0)).max() < 1e-3
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    assert (features**2).mean() == pytest.approx(1, abs=1e-3)


def test_half_whitening_takes_the_root_of_the_spread():
    """Standard deviations go to their square roots: neither as they were, nor all alike."""
    vectors = cloud(4000, 24)
    space = fit_space(vectors)
    before = np.sqrt(space.variances)
    after = space.features(vectors).std(axis=0)
    assert after / after[0] == pytest.approx(np.sqrt(before / before[0]), rel=0.01)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 300))
def test_folded_weights_give_the_same_numbers(seed, rows):
    vectors = cloud(rows, 16, seed % 1000)
    space = fit_space(vectors)
    weights = np.random.default_rng(seed).standard_normal(space.basis.shape[1])
    direction, offset = space.folded(weights)
    slow = space.features(vectors) @ weights
    assert vectors.astype(np.float32) @ direction + offset == pytest.approx(slow, abs=2e-3 * max(1, np.abs(slow).max()))


def test_the_words_z_score_is_that_of_the_vectors():
    vectors = cloud(3000, 24)
    query = np.random.default_rng(5).standard_normal(24)
    direction, offset = fit_space(vectors).standardised(query)
    found = vectors.astype(np.float64) @ direction + offset
    scores = vectors.astype(np.float64) @ query
    assert found == pytest.approx((scores - scores.mean()) / scores.std(), abs=0.02)


def test_fewer_vectors_than_dimensions_span_fewer_features():
    space = fit_space(cloud(10, 64))
    assert space.basis.shape == (64, 9)
    assert np.isfinite(space.features(cloud(5, 64, seed=3))).all()


@pytest.mark.parametrize("rows", [1, 7])
def test_equal_vectors_have_no_features(rows):
    vectors = np.repeat(cloud(1, 8), rows, axis=0)
    space = fit_space(vectors)
    assert space.features(vectors).shape == (rows, 0)
    direction, offset = space.standardised(np.ones(8))
    assert not direction.any()
    assert offset == 0


def test_a_direction_without_variance_is_left_out():
    vectors = cloud(500, 16)
    vectors[:, 3] = 0
    space = fit_space(vectors)
    assert space.basis.shape == (16, 15)


def test_many_rows_are_drawn_few_are_all_taken():
    allowed = np.ones(FITTED_ROWS + 5000, np.bool_)
    allowed[::7] = False
    assert fitting_rows(allowed[:1000], seed=1).tolist() == np.flatnonzero(allowed[:1000]).tolist()
    many = np.ones(FITTED_ROWS + 5000, np.bool_)
    many[::77] = False
    drawn = fitting_rows(many, seed=1)
    assert drawn.size == FITTED_ROWS
    assert many[drawn].all()
    assert (np.diff(drawn) > 0).all()
    assert (drawn == fitting_rows(many, seed=1)).all()
    assert (drawn != fitting_rows(many, seed=2)).any()


@pytest.mark.parametrize("vectors", [np.zeros((0, 4)), np.zeros((3, 0)), np.zeros(4), np.array([[1.0, np.nan]] * 3)])
def test_what_no_space_can_be_fitted_on(vectors):
    with pytest.raises(BadValue):
        fit_space(vectors)


def test_infinite_vectors_are_refused():
    with pytest.raises(BadValue, match="finite"):
        fit_space(np.array([[np.inf, 1], [-np.inf, 1]], np.float16))


def test_vectors_of_another_encoder_are_refused():
    space = fit_space(cloud(50, 8))
    with pytest.raises(BadValue, match=r"\(m, 8\).*\(5, 9\)"):
        space.features(np.zeros((5, 9)))
    with pytest.raises(BadValue, match=r"\(8,\)"):
        space.standardised(np.zeros(9))
    with pytest.raises(BadValue, match="finite"):
        space.standardised(np.full(8, np.nan))
