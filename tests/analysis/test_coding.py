"""Counts of codes against a plain GROUP BY of DuckDB."""

from __future__ import annotations

from collections import Counter

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis.coding import Part, categories, count, sets

ODD = ["rain", "Rain", "", " ", "it's", '"hail"', "🚗", "מזג", "<script>", "a\nb", "1"]
texts = st.lists(st.none() | st.sampled_from(ODD) | st.text(max_size=4), max_size=60)
pairs = st.lists(st.tuples(st.integers(0, 29), st.none() | st.sampled_from(ODD)), max_size=120)


def grouped(values: pa.Array, rows: np.ndarray) -> dict[object, int]:
    """What SQL says."""
    connection = duckdb.connect()
    connection.register("given", pa.table({"value": values.take(pa.array(rows))}))
    found = connection.execute("SELECT value, count(*) FROM given GROUP BY 1").fetchall()
    connection.close()
    return dict(found)


@settings(max_examples=60, deadline=None)
@given(texts, st.data())
def test_counts_are_those_of_a_group_by(values, data):
    column = pa.array(values, pa.string())
    coded = categories(column)
    rows = np.array(
        data.draw(st.lists(st.integers(0, max(len(values) - 1, 0)), unique=True, max_size=len(values))), np.int64
    )
    counted = count(coded, Part.of(rows, len(values)))
    assert {value: n for value, n in zip([None, *coded.values], counted.tolist(), strict=True) if n} == grouped(
        column, rows
    )
    assert {value: n for value, n in zip([None, *coded.values], coded.counts.tolist(), strict=True) if n} == grouped(
        column, np.arange(len(values))
    )


@settings(max_examples=60, deadline=None)
@given(pairs, st.lists(st.integers(0, 29), unique=True))
def test_a_sample_with_a_value_twice_counts_once(given_pairs, rows):
    positions = np.array([at for at, _ in given_pairs], np.int64)
    coded = sets(positions, pa.array([value for _, value in given_pairs], pa.string()), 30)
    held: dict[int, set[str]] = {at: set() for at in range(30)}
    for at, value in given_pairs:
        if value is not None:
            held[at].add(value)
    for part, over in ((coded.counts, range(30)), (count(coded, Part.of(np.array(rows, np.int64), 30)), rows)):
        expected = Counter(value for at in over for value in held[at])
        assert dict(zip(coded.values, part[1:].tolist(), strict=True)) == {v: expected[v] for v in coded.values}
        assert part[0] == sum(not held[at] for at in over)
    assert set(coded.values) == {value for values in held.values() for value in values}
    firsts = [coded.values[code - 1] if code else None for code in coded.first().tolist()]
    assert firsts == [min(held[at], key=coded.values.index) if held[at] else None for at in range(30)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_part_and_rest_are_all(share):
    rng = np.random.default_rng(3)
    n = 5000
    single = categories(pa.array(rng.choice(["a", "b", None], n)))
    several = sets(rng.integers(0, n, 9000), pa.array(rng.choice(list("abcdefgh"), 9000)), n)
    shuffled = rng.permutation(n)
    part, rest = np.split(shuffled, [int(share * n)])
    for coded in (single, several):
        added = count(coded, Part.of(part, n)) + count(coded, Part.of(rest, n))
        assert added.tolist() == coded.counts.tolist()


def test_frequent_values_come_first_and_ties_by_text():
    coded = categories(pa.array(["b", "a", "c", "c", None, None, None]))
    assert coded.values == ["c", "a", "b"]
    assert coded.codes.tolist() == [3, 2, 1, 1, 0, 0, 0]


def test_more_values_than_sixteen_bits_hold():
    coded = categories(pa.array([f"v{i}" for i in range(70_000)]))
    assert coded.codes.dtype == np.uint32
    assert len(set(coded.codes.tolist())) == 70_000
    assert categories(pa.array([f"v{i}" for i in range(30)]), most=29) is None


def test_a_value_of_a_dictionary_that_no_sample_has_is_none():
    column = pa.DictionaryArray.from_arrays(pa.array([0, 2, 0]), pa.array(["a", "b", "c"]))
    assert categories(column).values == ["a", "c"]


def test_positions_that_came_later_are_left_out():
    coded = categories(pa.array(["a", "b"]))
    assert count(coded, Part.of(np.array([1, 2, 3]), 2)).tolist() == [0, 0, 1]
