from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.search.index import VectorIndex


def unit_halves(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    x = rng.standard_normal((n, d)).astype(np.float32)
    return (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6)).astype(np.float16)


def whole(vectors: np.ndarray, **keywords) -> VectorIndex:
    return VectorIndex.from_batches(vectors.shape[1], len(vectors), [(np.arange(len(vectors)), vectors)], **keywords)


def brute_force(vectors, present, mask, query, k):
    allowed = np.flatnonzero(present & mask)
    scores = vectors[allowed].astype(np.float64) @ query.astype(np.float64)
    order = np.lexsort((allowed, -scores))[:k]
    return allowed[order], scores[order]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 400),
    d=st.sampled_from([1, 2, 7, 16, 33, 64]),
    k=st.integers(1, 450),
    allowed=st.sampled_from([0.0, 0.02, 0.1, 0.35, 0.6, 0.95, 1.0]),
    missing=st.sampled_from([0.0, 0.0, 0.1, 0.9]),
    duplicates=st.booleans(),
    against=st.booleans(),
)
def test_search_equals_brute_force(seed, n, d, k, allowed, missing, duplicates, against):
    rng = np.random.default_rng(seed)
    vectors = unit_halves(rng, n, d)
    if duplicates:
        vectors = vectors[rng.integers(0, max(1, n // 10), n)]
    present = rng.random(n) >= missing
    where = np.flatnonzero(present)
    index = VectorIndex.from_batches(d, n, [(where, vectors[where])], shard_rows=64)
    query = unit_halves(rng, 1, d)[0].astype(np.float32)
    mask = rng.random(n) < allowed
    if against:  # the filter keeps the worst matches
        mask &= vectors.astype(np.float32) @ query < 0
    positions, scores = index.search(query, k, mask=mask)
    expected, expected_scores = brute_force(vectors, present, mask, query, k)

    assert positions.size == expected.size
    np.testing.assert_allclose(scores, expected_scores, atol=2e-6)
    assert (present & mask)[positions].all()
    assert np.unique(positions).size == positions.size
    # In the order of its own scores, equal ones by position; and nothing better was left out.
    np.testing.assert_array_equal(np.lexsort((positions, -scores)), np.arange(positions.size))
    own = index.scores(query)
    np.testing.assert_array_equal(own[positions], scores)
    candidates = np.flatnonzero(present & mask)
    np.testing.assert_array_equal(positions, candidates[np.lexsort((candidates, -own[candidates]))][:k])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 300), missing=st.sampled_from([0.0, 0.3]))
def test_scores_of_some_positions_equal_scores_of_all(seed, n, missing):
    rng = np.random.default_rng(seed)
    vectors = unit_halves(rng, n, 48)
    where = np.flatnonzero(rng.random(n) >= missing)
    index = VectorIndex.from_batches(48, n, [(where, vectors[where])], shard_rows=64)
    query = rng.standard_normal(48).astype(np.float32)
    some = rng.integers(0, n, 50)
    everything = index.scores(query)
    np.testing.assert_array_equal(index.scores(query, positions=some), everything[some])
    assert np.isnan(everything).sum() == n - where.size
    np.testing.assert_array_equal(index.reconstruct(where), vectors[where].astype(np.float32))


def test_one_row_has_one_score_in_large_shards_however_it_is_asked_for():
    rng = np.random.default_rng(1)
    vectors = unit_halves(rng, 20_000, 96)
    index = whole(vectors, shard_rows=8192)
    query = unit_halves(rng, 1, 96)[0].astype(np.float32)
    everything = index.scores(query)
    for share in (0.001, 0.02, 0.2, 0.5, 0.9, 1.0):
        mask = rng.random(20_000) < share
        for k in (1, 10, 300, 6000):
            positions, scores = index.search(query, k, mask=mask)
            np.testing.assert_array_equal(scores, everything[positions])
            allowed = np.flatnonzero(mask)
            np.testing.assert_array_equal(positions, allowed[np.lexsort((allowed, -everything[allowed]))][:k])


@pytest.mark.parametrize("rows", [4096, 16_384])  # with a shard to try the filter on, and with too few for that
def test_a_filter_against_the_query_is_still_exact(rows):
    rng = np.random.default_rng(2)
    vectors = unit_halves(rng, 40_000, 32)
    index = whole(vectors, shard_rows=rows)
    query = unit_halves(rng, 1, 32)[0].astype(np.float32)
    everything = index.scores(query)
    mask = everything < np.median(everything)
    positions, _ = index.search(query, 25, mask=mask)
    allowed = np.flatnonzero(mask)
    np.testing.assert_array_equal(positions, allowed[np.lexsort((allowed, -everything[allowed]))][:25])


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("k", [1, 7, 100])
def test_equal_vectors_that_k_cuts_through_come_in_order_of_position(share, k):
    rng = np.random.default_rng(8)
    vectors = unit_halves(rng, 40, 32)[rng.integers(0, 40, 20_000)]
    index = whole(vectors, shard_rows=4096)
    query = unit_halves(rng, 1, 32)[0].astype(np.float32)
    everything = index.scores(query)
    mask = rng.random(20_000) < share
    positions, _ = index.search(query, k, mask=mask)
    allowed = np.flatnonzero(mask)
    np.testing.assert_array_equal(positions, allowed[np.lexsort((allowed, -everything[allowed]))][:k])


def test_equal_vectors_come_in_order_of_position():
    vectors = np.tile(unit_halves(np.random.default_rng(3), 1, 16), (1000, 1))
    index = whole(vectors, shard_rows=128)
    positions, scores = index.search(vectors[0].astype(np.float32), 10)
    assert positions.tolist() == list(range(10))
    assert np.unique(scores).size == 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), before=st.integers(0, 200), more=st.integers(0, 200))
def test_with_rows_equals_building_anew(seed, before, more):
    rng = np.random.default_rng(seed)
    n = before + more
    vectors = unit_halves(rng, n + 1, 24)[:n]
    first = vectors.copy()
    changed = np.flatnonzero(rng.random(before) < 0.1)
    first[changed] = 0.5
    old = VectorIndex.from_batches(24, before, [(np.arange(before), first[:before])], shard_rows=64)
    kept = old.reconstruct(np.arange(before))
    late = np.concatenate([changed, np.arange(before, n)])
    new = old.with_rows([(part, vectors[part]) for part in np.array_split(late, 3)], n=n)
    anew = VectorIndex.from_batches(24, n, [(np.arange(n), vectors)], shard_rows=64)
    np.testing.assert_array_equal(new.reconstruct(np.arange(n)), anew.reconstruct(np.arange(n)))
    assert new.count == anew.count == n
    query = rng.standard_normal(24).astype(np.float32)
    for mine, theirs in zip(new.search(query, 20), anew.search(query, 20), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(old.reconstruct(np.arange(before)), kept)


def test_with_rows_copies_only_what_it_touches():
    vectors = unit_halves(np.random.default_rng(4), 512, 8)
    index = whole(vectors, shard_rows=128)
    grown = index.with_rows([(np.array([513]), vectors[:1])], n=514)
    shared = [a is b for a, b in zip(index._shards, grown._shards, strict=False)]
    assert shared == [True] * 4
    assert grown.count == 513
    assert not grown.present[512]
    overwritten = index.with_rows([(np.array([200]), vectors[:1])])
    shared = [a is b for a, b in zip(index._shards, overwritten._shards, strict=True)]
    assert shared == [True, False, True, True]


def test_memory_is_the_codes_and_one_byte_a_row():
    index = whole(unit_halves(np.random.default_rng(5), 3000, 64))
    assert index.nbytes == 3000 * (64 * 2 + 1)


def test_the_last_vector_of_a_position_stays():
    a, b = np.float16([[1, 0]]), np.float16([[0, 1]])
    index = VectorIndex.from_batches(2, 1, [(np.array([0]), a), (np.array([0]), b)])
    assert index.reconstruct(np.array([0])).tolist() == [[0, 1]]


def test_searches_at_once_do_not_disturb_each_other():
    rng = np.random.default_rng(6)
    index = whole(unit_halves(rng, 5000, 32), shard_rows=512)
    queries = rng.standard_normal((24, 32)).astype(np.float32)
    masks = [None if i % 3 == 0 else rng.random(5000) < (0.02 if i % 3 == 1 else 0.5) for i in range(24)]
    alone = [index.search(q, 30, mask=m) for q, m in zip(queries, masks, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda i: index.search(queries[i], 30, mask=masks[i]), list(range(24)) * 3))
    for i, (positions, scores) in enumerate(together):
        np.testing.assert_array_equal(positions, alone[i % 24][0])
        np.testing.assert_array_equal(scores, alone[i % 24][1])
    many = index.search_many(queries[::3], 30)
    for (positions, _), (expected, _) in zip(many, alone[::3], strict=True):
        np.testing.assert_array_equal(positions, expected)


def test_an_empty_index_finds_nothing():
    index = VectorIndex.from_batches(4, 0, [])
    positions, scores = index.search(np.ones(4, dtype=np.float32), 3)
    assert positions.dtype == np.int64
    assert scores.dtype == np.float32
    assert len(positions) == len(scores) == len(index.scores(np.ones(4, dtype=np.float32))) == 0
    assert VectorIndex(4, 10).search(np.ones(4, dtype=np.float32), 3)[0].size == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda i: i.search(np.ones(3), 1), r"shape \(4,\)"),
        (lambda i: i.search(np.full(4, np.nan), 1), "finite"),
        (lambda i: i.search(np.ones(4), 0), "at least 1"),
        (lambda i: i.search(np.ones(4), 1, mask=np.ones(3, dtype=bool)), "mask"),
        (lambda i: i.search(np.ones(4), 1, mask=np.ones(10, dtype=int)), "mask"),
        (lambda i: i.scores(np.ones(4), positions=np.array([10])), "Positions"),
        (lambda i: i.reconstruct(np.array([-1])), "Positions"),
        (lambda i: i.with_rows([], n=5), "shrink"),
        (lambda i: i.with_rows([(np.array([10]), np.ones((1, 4), np.float16))]), "Positions"),
        (lambda i: i.with_rows([(np.array([1]), np.ones((1, 3), np.float16))]), "shape"),
        (lambda i: VectorIndex(0, 5), "dimension"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    index = whole(unit_halves(np.random.default_rng(7), 10, 4))
    with pytest.raises(BadValue, match=words):
        call(index)
