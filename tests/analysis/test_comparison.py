import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis import comparison as comparison_module
from curate.analysis.comparison import Comparison
from curate.analysis.units import Units


def kinds_of_vectors(kind, count, dimension, rng):
    """As encoders make them, all directions alike, in few directions only, and nearly all the same."""
    vectors = rng.normal(size=(count, dimension))
    if kind == "falling":
        vectors *= np.arange(1, dimension + 1) ** -0.7
        vectors[:, 0] += 1
    if kind == "few directions":
        vectors = vectors[:, :5] @ rng.normal(size=(5, dimension))
    if kind == "nearly equal":
        vectors = vectors[:1] + 0.05 * vectors
    near = rng.permutation(count)[: count // 3]
    vectors[near] = (
        vectors[rng.integers(0, count, len(near))] + 0.1 * rng.normal(size=(len(near), dimension)) * vectors.std()
    )
    return vectors.astype(np.float16)


def by_hand(vectors, one, other, threshold):
    wide = vectors.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    cosines = wide[one] @ wide[other].T
    return {(one[i], other[j]): cosines[i, j] for i, j in zip(*np.nonzero(cosines >= threshold), strict=True)}


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(["falling", "alike", "few directions", "nearly equal"]),
    dimension=st.sampled_from([8, 64, 100]),
    threshold=st.sampled_from([0.2, 0.6, 0.9, 0.99]),
    seed=st.integers(0, 10_000),
)
def test_no_pair_is_lost_whatever_the_vectors_are(kind, dimension, threshold, seed):
    rng = np.random.default_rng(seed)
    vectors = kinds_of_vectors(kind, 120, dimension, rng)
    units = Units(vectors)
    vectors = vectors[units.rows]
    rows = rng.permutation(len(units))
    one, other = rows[:70], rows[40:]
    left, right, cosine = Comparison(units, rng).near(one, other, threshold)
    found = dict(zip(zip(left.tolist(), right.tolist(), strict=True), cosine.tolist(), strict=True))
    assert len(found) == len(left)
    for key, true in by_hand(vectors, one.tolist(), other.tolist(), threshold - 1e-6).items():
        if true >= threshold + 1e-6:
            assert found[key] == pytest.approx(true, abs=1e-6)
    assert set(found) <= set(by_hand(vectors, one.tolist(), other.tolist(), threshold - 1e-6))


def test_most_pairs_are_settled_by_a_quarter_of_the_numbers(monkeypatch):
    rng = np.random.default_rng(0)
    units = Units(kinds_of_vectors("falling", 400, 128, rng))
    comparison = Comparison(units, rng)
    asked = []
    monkeypatch.setattr(
        comparison, "_cosines", lambda left, right: asked.append(len(left)) or np.zeros(len(left), np.float32)
    )
    comparison.near(np.arange(400), np.arange(400), 0.97)
    assert asked
    assert asked[0] < 400 * 400 * comparison_module._FEW
    assert comparison._codes.shape == (400, 33)


def test_short_vectors_and_none_at_all_have_nothing_to_be_settled_by():
    rng = np.random.default_rng(0)
    for vectors in (np.zeros((0, 128), np.float16), np.eye(8, dtype=np.float32)):
        units = Units(vectors)
        everything = np.arange(len(units))
        left, right, _ = Comparison(units, rng).near(everything, everything, 0.5)
        assert left.tolist() == right.tolist() == everything.tolist()
