import json
import os

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis import blocks, comparison, margin, units
from curate.analysis.blocks import Pairs, near_pairs
from curate.engines.errand import Errand
from curate.errors import BadValue


def scenes(n, *, dimension=48, kinds=12, seed=0, twins=0.1):
    """(n, dimension) float16: five pictures a scene, more or less alike, scenes of one kind near to each other; some are copied."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(kinds, dimension))
    count = n // 5 + 1
    places = middles[rng.integers(0, kinds, count)] + 0.8 * rng.normal(size=(count, dimension))
    vectors = places[rng.integers(0, count, n)] + rng.uniform(0.1, 0.8, (n, 1)) * rng.normal(size=(n, dimension))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors.astype(np.float16)
    copies = rng.permutation(n)[: int(twins * n)]
    vectors[copies] = vectors[rng.integers(0, n, len(copies))]
    return vectors


def by_hand(vectors, threshold):
    """Pairs and cosines in double precision: of different vectors all, of the same each with the first."""
    wide = vectors.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    first, found, rows = {}, {}, []
    for row, vector in enumerate(vectors):
        if np.isfinite(wide[row]).all():
            key = vector.tobytes()
            if key in first:
                found[first[key], row] = 1.0
            else:
                first[key] = row
                rows.append(row)
    cosines = wide[rows] @ wide[rows].T
    for i, j in zip(*np.nonzero(np.triu(cosines >= threshold, 1)), strict=True):
        found[rows[i], rows[j]] = cosines[i, j]
    return found


def as_dict(pairs):
    keys = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert len(keys) == len(set(keys)), "a pair comes once"
    assert keys == sorted(keys)
    assert all(left < right for left, right in keys)
    return dict(zip(keys, pairs.cosine.tolist(), strict=True))


def agree(found, expected, threshold, *, recall=1.0):
    """Nothing that is not there, and but for rounding at the threshold itself all that is."""
    edge = 2e-6
    assert all(found[key] == pytest.approx(expected[key], abs=edge) for key in found if key in expected)
    assert all(found[key] < threshold + edge for key in found if key not in expected)
    sure = [key for key in expected if expected[key] >= threshold + edge]
    assert sum(key in found for key in sure) >= recall * len(sure)


@pytest.fixture(autouse=True)
def one_thread_of_faiss():
    """On a busy machine its threads wait for each other after every piece of a few rows."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture
def few_at_once(monkeypatch):
    """So small that a few hundred vectors are many tiles."""
    for module in (units, margin, comparison, blocks):
        monkeypatch.setattr(module, "PIECE", 256)
    monkeypatch.setattr(margin, "_TILE", 128)
    monkeypatch.setattr(blocks, "BLOCKS", 1.0)
    monkeypatch.setattr(blocks, "_TILE", 64)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 63, 64, 65, 700])
def test_every_pair_of_a_few_vectors_is_found(n, dtype, few_at_once):
    vectors = scenes(n).astype(dtype)
    pairs = near_pairs(vectors, 0.8)
    agree(as_dict(pairs), by_hand(vectors, 0.8), 0.8)
    assert (pairs.left.dtype, pairs.right.dtype, pairs.cosine.dtype) == (np.int32, np.int32, np.float32)
    assert (pairs.about["method"], pairs.about["recall"], pairs.about["rows"]) == ("exact", 1.0, n)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.lists(st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, np.nan, np.inf]), min_size=3, max_size=3), max_size=20
    ),
    threshold=st.sampled_from([0.1, 0.5, 0.7, 0.99, 1.0]),
)
def test_whatever_the_rows_are_the_pairs_are_those_by_hand(rows, threshold):
    vectors = np.array(rows, np.float32).reshape(-1, 3)
    pairs = near_pairs(vectors, threshold)
    expected = by_hand(vectors, threshold - 2e-6)
    agree(as_dict(pairs), expected, threshold - 2e-6, recall=0 if threshold == 1 else 1)
    usable = np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)
    assert pairs.about["left_out"] == np.count_nonzero(~usable)
    assert pairs.about["used"] + pairs.about["same"] + pairs.about["left_out"] == len(vectors)


@pytest.mark.parametrize("threshold", [0.7, 0.9, 0.99])
def test_blocks_find_what_they_say_that_they_find(threshold, few_at_once, monkeypatch):
    monkeypatch.setattr(blocks, "EXACT_ROWS", 500)
    vectors = scenes(2000)
    pairs = near_pairs(vectors, threshold)
    about = pairs.about
    assert about["method"] == "blocks"
    assert about["blocks"] == int(about["used"] ** 0.5)
    expected = by_hand(vectors, threshold)
    found = as_dict(pairs)
    agree(found, expected, threshold, recall=0.985)
    near = {key for key in expected if expected[key] < 1}
    assert sum(key in found for key in near) / len(near) == pytest.approx(about["recall"], abs=0.015)
    again = near_pairs(vectors, threshold)
    assert np.array_equal(again.left, pairs.left)
    assert again.about == about


def test_pairs_that_a_border_parts_are_found_across_it(few_at_once, monkeypatch):
    """Without the blocks that touch, a good part of the pairs would be lost: the test of the planted truth would notice."""
    monkeypatch.setattr(blocks, "EXACT_ROWS", 500)
    vectors = scenes(2000, twins=0)
    expected = by_hand(vectors, 0.8)
    inside = near_pairs(vectors, 0.8)
    monkeypatch.setattr(margin, "_enough_for", lambda gaps, weights: 0.0)
    without = near_pairs(vectors, 0.8)
    assert without.about["touching"] < inside.about["touching"]
    assert len(without) < 0.97 * len(expected)
    assert len(inside) >= 0.985 * len(expected)


def test_where_blocks_would_save_nothing_everything_is_compared(few_at_once, monkeypatch):
    """Random directions at a low cosine: each block touches nearly all others."""
    monkeypatch.setattr(blocks, "EXACT_ROWS", 100)
    vectors = np.random.default_rng(0).normal(size=(600, 8)).astype(np.float32)
    pairs = near_pairs(vectors, 0.05)
    assert (pairs.about["method"], pairs.about["recall"]) == ("exact", 1.0)
    agree(as_dict(pairs), by_hand(vectors, 0.05), 0.05)


@pytest.mark.parametrize("exact_rows", [500, 100_000])
def test_ten_thousand_equal_vectors_are_pairs_with_the_first_only(exact_rows, monkeypatch):
    monkeypatch.setattr(blocks, "EXACT_ROWS", exact_rows)
    vectors = np.concatenate([scenes(1000, twins=0), np.repeat(scenes(1, seed=9), 10_000, axis=0)])
    shuffled = np.random.default_rng(0).permutation(len(vectors))
    vectors = vectors[shuffled]
    equal = np.flatnonzero(shuffled >= 1000)
    pairs = near_pairs(vectors, 0.95)
    same = pairs.cosine == 1
    assert (pairs.left[same] == equal[0]).all()
    assert np.array_equal(pairs.right[same], equal[1:])
    assert pairs.about["same"] == 9_999
    assert pairs.about["used"] == 1001


def test_a_block_far_larger_than_the_others_is_searched_like_any(few_at_once, monkeypatch):
    """A parked car: 800 nearly equal frames, none of them the same, among 2,000 others."""
    monkeypatch.setattr(blocks, "EXACT_ROWS", 500)
    rng = np.random.default_rng(0)
    frame = rng.normal(size=48)
    parked = frame / np.linalg.norm(frame) + 0.01 * rng.normal(size=(800, 48))
    vectors = np.concatenate([scenes(2000, twins=0), parked.astype(np.float16)])
    pairs = near_pairs(vectors, 0.95)
    assert pairs.about["method"] == "blocks"
    inside = (pairs.left >= 2000) & (pairs.right >= 2000)
    assert inside.sum() >= 0.99 * 800 * 799 / 2
    assert pairs.cosine.max() < 1


def test_too_many_pairs_are_refused_with_their_number_and_a_threshold_that_would_do(few_at_once, monkeypatch):
    monkeypatch.setattr(blocks, "EXACT_ROWS", 500)
    vectors = scenes(2000, twins=0)
    there = len(by_hand(vectors, 0.3))
    with pytest.raises(
        BadValue, match=r"About [\d,]+ pairs of 2,000 different .* 0\.3, and at most 2,000 are kept"
    ) as refused:
        near_pairs(vectors, 0.3, most=2000)
    said = int(str(refused.value).split()[1].replace(",", ""))
    assert said == pytest.approx(there, rel=0.2)
    fits = float(refused.value.hint.split()[1])
    assert 0.3 < fits < 1
    assert len(near_pairs(vectors, fits, most=4000)) <= 2600


def test_a_crowd_for_which_no_threshold_would_do_is_named(few_at_once, monkeypatch):
    """A camera that stands still: nearly a million pairs at any threshold."""
    monkeypatch.setattr(blocks, "EXACT_ROWS", 500)
    still = scenes(1, dimension=64) + 1e-3 * np.random.default_rng(0).normal(size=(1400, 64))
    with pytest.raises(
        BadValue, match=r"About 979,300 pairs .* at most 1,000 are kept. Hint: many are nearly the same: even at 0\.99"
    ):
        near_pairs(still.astype(np.float16), 0.9, most=1000)


def test_too_many_pairs_of_a_few_vectors_are_refused_as_soon_as_they_are_met(few_at_once):
    with pytest.raises(BadValue, match="at most 100 are kept"):
        near_pairs(scenes(600), 0.5, most=100)


@pytest.mark.parametrize("exact_rows", [300, 100_000])
def test_rows_without_a_direction_are_in_no_pair(exact_rows, few_at_once, monkeypatch):
    monkeypatch.setattr(blocks, "EXACT_ROWS", exact_rows)
    vectors = scenes(800)
    vectors[5] = np.nan
    vectors[6, 2] = np.inf
    vectors[7:9] = 0
    vectors[9] = vectors[10]
    pairs = near_pairs(vectors, 0.9)
    assert pairs.about["left_out"] == 4
    assert not np.isin([5, 6, 7, 8], np.concatenate([pairs.left, pairs.right])).any()
    assert as_dict(pairs)[9, 10] == 1.0


def test_nothing_but_rows_without_a_direction():
    pairs = near_pairs(np.full((4, 3), np.nan, np.float16), 0.9)
    assert (len(pairs), pairs.about["used"], pairs.about["left_out"]) == (0, 0, 4)


def test_the_length_of_a_vector_means_nothing():
    vectors = scenes(300, twins=0).astype(np.float32)
    longer = vectors * np.random.default_rng(0).uniform(1e-9, 1e9, (300, 1)).astype(np.float32)
    agree(as_dict(near_pairs(longer, 0.8)), by_hand(vectors, 0.8), 0.8)


@pytest.mark.parametrize(
    ("vectors", "options", "word"),
    [
        (np.zeros(3, np.float16), {}, "float16"),
        (np.zeros((3, 2)), {}, "float64"),
        (np.zeros((3, 2), np.float16), {"threshold": 0.0}, "threshold"),
        (np.zeros((3, 2), np.float16), {"threshold": 1.1}, "threshold"),
        (np.zeros((3, 2), np.float16), {"threshold": float("nan")}, "threshold"),
        (np.zeros((3, 2), np.float16), {"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_searched_is_refused(vectors, options, word):
    with pytest.raises(BadValue, match=word):
        near_pairs(vectors, **{"threshold": 0.9, **options})


def test_it_tells_how_far_it_is(few_at_once, monkeypatch):
    monkeypatch.setattr(blocks, "EXACT_ROWS", 300)
    told = []
    near_pairs(scenes(800), 0.9, tell=lambda *words: told.append(words))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["reading", "sample", "blocks", "pairs"]
    for stage in ("reading", "sample", "blocks", "pairs"):
        done = [(done, total) for name, done, total in told if name == stage]
        assert done == sorted(done)
        assert done[-1][0] == done[-1][1]


def test_what_tell_raises_ends_the_search():
    def interrupted(stage, done, total):
        if stage == "pairs" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        near_pairs(scenes(2000), 0.9, tell=interrupted)


def test_in_a_process_of_its_own_it_finds_the_same():
    vectors = scenes(900)
    with Errand("curate.analysis.blocks:near_pairs_errand", threads=1) as errand:
        errand.array("vectors", vectors.shape, np.float16)[:] = vectors
        arrays, about = errand.run({"threshold": 0.85, "seed": 3, "most": 5_000})
    apart, here = Pairs(**arrays, about=about), near_pairs(vectors, 0.85, seed=3)
    assert as_dict(apart) == pytest.approx(as_dict(here), abs=1e-6)  # as many threads, as many roundings
    assert json.loads(json.dumps(here.about)) == about


def test_an_interrupt_ends_the_process(monkeypatch):
    processes = []

    def interrupted(stage, done, total):
        if stage != "start":
            processes.append(errand._process.pid)
            raise KeyboardInterrupt

    vectors = scenes(20_000, dimension=64)
    with Errand("curate.analysis.blocks:near_pairs_errand", threads=1) as errand:
        errand.array("vectors", vectors.shape, np.float16)[:] = vectors
        with pytest.raises(KeyboardInterrupt):
            errand.run({"threshold": 0.9}, interrupted)
    assert len(processes) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


def test_too_many_pairs_are_the_same_error_from_a_process_of_its_own():
    vectors = scenes(600)
    with Errand("curate.analysis.blocks:near_pairs_errand", threads=1) as errand:
        errand.array("vectors", vectors.shape, np.float16)[:] = vectors
        with pytest.raises(BadValue, match="at most 100 are kept") as refused:
            errand.run({"threshold": 0.5, "most": 100})
    assert "threshold" in refused.value.hint
