import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis import hashes
from curate.analysis.hashes import near_hashes, same_content
from curate.errors import BadValue


def by_hand(values, distance):
    """Near pairs by comparing every two; of equal hashes the first is compared, and each of the others is a pair with it."""
    first = {}
    found = {}
    for row, value in enumerate(values):
        if value in first:
            found[first[value], row] = 0
        else:
            first[value] = row
    rows = sorted(first.values())
    for i, a in enumerate(rows):
        for b in rows[i + 1 :]:
            bits = (values[a] ^ values[b]).bit_count()
            if bits <= distance:
                found[a, b] = bits
    return found


def found_by(values, distance):
    left, right, bits = near_hashes(np.array(values, dtype=np.uint64), distance)
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    assert len(pairs) == len(set(pairs)), "a pair comes once"
    assert pairs == sorted(pairs)
    return dict(zip(pairs, bits.tolist(), strict=True))


def crowded(count, seed, *, flips=14):
    """Hashes in clumps, so that each distance up to `flips` is there, and some that are equal."""
    rng = np.random.default_rng(seed)
    middles = rng.integers(0, 2**64, max(1, count // 6), dtype=np.uint64)
    values = []
    for middle in rng.choice(middles, count):
        bits = rng.choice(64, rng.integers(0, flips), replace=False)
        values.append(int(middle) ^ sum(1 << int(bit) for bit in bits))
    return values


@pytest.mark.parametrize("distance", [0, 1, 3, 4, 7, 10, 12, 15])
@pytest.mark.parametrize("exact_rows", [0, 10_000])
def test_both_ways_find_every_near_pair_once(distance, exact_rows, monkeypatch):
    monkeypatch.setattr(hashes, "EXACT_ROWS", exact_rows)
    monkeypatch.setattr(hashes, "_STEP", 512)
    values = crowded(250, distance)
    assert found_by(values, distance) == by_hand(values, distance)


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(
        st.integers(0, 2**64 - 1) | st.integers(0, 40) | st.integers(0, 63).map(lambda bit: 1 << bit), max_size=60
    ),
    distance=st.integers(0, 11),
)
def test_the_search_through_parts_is_the_comparison_of_all(values, distance):
    expected = by_hand(values, distance)
    assert found_by(values, distance) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashes, "EXACT_ROWS", 0)
        patch.setattr(hashes, "_STEP", 64)
        assert found_by(values, distance) == expected


def test_ten_thousand_equal_hashes_are_as_many_pairs_less_one():
    values = np.full(10_000, 77, dtype=np.uint64)
    values[-1] = 76
    left, right, bits = near_hashes(values, 10)
    assert (left == 0).all()
    assert right.tolist() == list(range(1, 10_000))
    assert bits.tolist() == [0] * 9_998 + [1]


def test_one_part_in_which_all_agree_is_no_trouble(monkeypatch):
    """Dark pictures share their lowest frequencies: one bucket then holds everything."""
    monkeypatch.setattr(hashes, "EXACT_ROWS", 0)
    monkeypatch.setattr(hashes, "_STEP", 1000)
    rng = np.random.default_rng(0)
    spread = sum(1 << bit for bit in range(0, 64, 4))
    values = [int(value) & ~spread for value in rng.integers(0, 2**64, 400, dtype=np.uint64)]
    assert found_by(values, 14) == by_hand(values, 14)


def test_int64_holds_the_same_bits():
    values = np.array([-1, -2, 5], dtype=np.int64)
    left, right, bits = near_hashes(values, 1)
    assert (left.tolist(), right.tolist(), bits.tolist()) == ([0], [1], [1])


def test_no_hash_and_one_hash_have_no_pairs():
    for count in (0, 1):
        left, right, bits = near_hashes(np.zeros(count, np.uint64), 10)
        assert (len(left), len(right), len(bits)) == (0, 0, 0)


@pytest.mark.parametrize("distance", [-1, 16])
def test_a_distance_out_of_range_is_refused(distance):
    with pytest.raises(BadValue, match="distance"):
        near_hashes(np.zeros(3, np.uint64), distance)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((3, 2), np.uint64), np.zeros(3, np.int32)])
def test_what_is_no_hash_is_refused(wrong):
    with pytest.raises(BadValue, match="uint64"):
        near_hashes(wrong, 3)


def test_too_many_pairs_are_refused_with_their_number():
    values = np.arange(1000, dtype=np.uint64)
    with pytest.raises(BadValue, match=r"More than 5,000 pairs of 1,000 hashes .* 10 bits"):
        near_hashes(values, 10, most=5000)
    assert len(near_hashes(values, 10)[0]) == 1000 * 999 / 2


@pytest.mark.parametrize("count", [0, 50, 500])
def test_it_tells_how_far_it_is(count, monkeypatch):
    monkeypatch.setattr(hashes, "EXACT_ROWS", 100)
    told = []
    near_hashes(np.arange(count, dtype=np.uint64), 4, tell=lambda *words: told.append(words))
    assert {stage for stage, _, _ in told} == {"hashes"}
    shares = [done / total for _, done, total in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_rows_of_the_same_content():
    assert same_content(pl.Series(["x", None, "y", "x", None, "y", "x"])).tolist() == [0, 1, 2, 0, 4, 2, 0]
    assert same_content(pl.Series([7, 7, 8])).tolist() == [0, 0, 2]
    assert same_content(pl.Series([], dtype=pl.String)).tolist() == []
