"""Rows by equal keys and by nearest time, against a comparison of everything with everything."""

from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import errors
from curate.analysis import matching

START = datetime(2026, 1, 12, 8)


@pytest.fixture(scope="module")
def cursor():
    with duckdb.connect(":memory:") as connection:
        yield connection


def frame(values, dtype, name="k"):
    return pl.DataFrame({name: pl.Series(values, dtype=dtype)})


KEYS = st.one_of(st.none(), st.integers(-3, 3))
PAIRS = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.sampled_from("ab"))), max_size=12)
SCHEMA = {"run": pl.Int64, "drive": pl.String}


@settings(max_examples=60, deadline=None)
@given(here=PAIRS, there=PAIRS)
def test_equal_rows_are_those_of_a_comparison_with_every_row(cursor, here, there):
    there = list(dict.fromkeys(there))
    rows = matching.equal_rows(
        cursor, pl.DataFrame(here, schema=SCHEMA, orient="row"), pl.DataFrame(there, schema=SCHEMA, orient="row")
    )
    assert rows.tolist() == [there.index(key) if None not in key and key in there else -1 for key in here]


MOMENTS = st.one_of(st.none(), st.integers(0, 40))
TIMED = st.lists(st.tuples(MOMENTS, st.one_of(st.none(), st.sampled_from("ab"))), max_size=12)


def timed(rows):
    moments = [None if second is None else START + timedelta(seconds=second) for second, _ in rows]
    return pl.DataFrame(
        {"time": pl.Series(moments, dtype=pl.Datetime("us")), "drive": pl.Series([d for _, d in rows], dtype=pl.String)}
    )


def nearest_by_hand(second, drive, there):
    """The row, and seconds apart; of two equally near ones the earlier in time."""
    known = [(abs(s - second), s, row) for row, (s, d) in enumerate(there) if s is not None and d == drive is not None]
    return (min(known)[2], min(known)[0]) if known else (-1, -1)


@settings(max_examples=80, deadline=None)
@given(here=TIMED, there=TIMED)
def test_the_nearest_row_is_that_of_a_comparison_with_every_row(cursor, here, there):
    there = list(dict.fromkeys(there))
    found = matching.nearest_rows(cursor, timed(here), timed(there), "time")
    wanted = [(-1, -1) if s is None or d is None else nearest_by_hand(s, d, there) for s, d in here]
    assert found.rows.tolist() == [row for row, _ in wanted]
    assert found.apart.tolist() == [-1 if row < 0 else apart * 1_000_000 for row, apart in wanted]


def test_a_log_without_other_keys_is_one_log(cursor):
    here, there = timed([(3, "a"), (9, "b")]).select("time"), timed([(8, "a"), (0, "b")]).select("time")
    assert matching.nearest_rows(cursor, here, there, "time").rows.tolist() == [1, 0]


def test_columns_that_differ_by_case_only_are_told_apart(cursor):
    here = pl.DataFrame({"Run": [1, 2], "run": [2, 1]})
    assert matching.equal_rows(cursor, here, here[[1]]).tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (frame([1, 2], pl.Int8), frame([2.0, float("nan")], pl.Float32)),
        (frame([1, 2], pl.UInt64), frame([2, None], pl.Int64)),
        (frame(["x", "y"], pl.Categorical), frame(["y", None], pl.String)),
        (frame([1.5, float("nan")], pl.Float64), frame([1.5, float("nan")], pl.Float64)),
        (frame([True, False], pl.Boolean), frame([False], pl.Boolean)),
        (frame([START.date(), None], pl.Date), frame([START.date()], pl.Date)),
    ],
)
def test_keys_of_one_kind_meet_whatever_their_width(cursor, here, there):
    left, right = matching.aligned(here, there, ["k"])
    met = matching.equal_rows(cursor, left, right)
    assert (met >= 0).sum() == 1
    assert left["k"].gather(np.flatnonzero(met >= 0)).to_list() == right["k"].gather(met[met >= 0]).to_list()


def test_numbers_past_what_a_signed_one_holds_are_keys(cursor):
    here = frame([2**63 + 7, 5], pl.UInt64)
    left, right = matching.aligned(here, frame([5, 2**63 + 7], pl.UInt64), ["k"])
    assert matching.equal_rows(cursor, left, right).tolist() == [1, 0]


def test_times_are_one_time_in_every_zone_and_unit(cursor):
    utc = pl.Series("k", [START.replace(tzinfo=UTC)])
    here = pl.DataFrame([utc.dt.replace_time_zone(None)])
    for zone in ("UTC", "Asia/Tokyo", "America/Los_Angeles"):
        for unit in ("ms", "us", "ns"):
            there = pl.DataFrame([utc.dt.convert_time_zone(zone).cast(pl.Datetime(unit, zone))])
            left, right = matching.aligned(here, there, ["k"])
            assert left.equals(right), (zone, unit)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (frame(["1"], pl.String), "whole numbers in the dataset and text in the table"),
        (frame([1.5], pl.Float64), "whole numbers in the dataset and numbers in the table"),
        (frame([2.0**60], pl.Float64), "whole numbers in the dataset and numbers"),
        (frame([START], pl.Datetime("us")), "and times in the table"),
        (frame([None], pl.Null), "no values, which cannot be a key"),
        (frame([[1]], pl.List(pl.Int64)), "cannot be a key"),
    ],
)
def test_keys_of_other_kinds_are_refused_by_name(there, words):
    with pytest.raises(errors.BadValue, match=words) as caught:
        matching.aligned(frame([1], pl.Int64), there, ["k"])
    assert "'k'" in str(caught.value)
    assert "Hint:" in str(caught.value)
