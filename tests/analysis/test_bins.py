"""Histograms that leave nothing out, against a plain GROUP BY of DuckDB."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.analysis.bins import MOST, bins, levels

numbers = st.one_of(
    st.just(math.nan),
    st.floats(),
    st.floats(-1, 1),
    st.integers(-5, 5).map(float),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, 1.7976931348623157e308, math.inf, -math.inf]),
)
columns = st.lists(numbers, max_size=80).map(lambda values: np.array(values, np.float64))


def grouped(values: np.ndarray, edges: np.ndarray) -> dict[int, int]:
    """What SQL says: bin i is at least its edge and less than the next; the ends are open."""
    connection = duckdb.connect()
    connection.register("given", pa.table({"value": pa.array(values)}))
    inner = ", ".join(f"{float(edge)!r}::DOUBLE" for edge in edges[1:-1])
    sql = f"SELECT CASE WHEN isnan(value) THEN 0 ELSE 1 + len(list_filter([{inner}]::DOUBLE[], lambda e: value >= e)) END, count(*)"
    found = connection.execute(f"{sql} FROM given GROUP BY 1").fetchall()
    connection.close()
    return dict(found)


@settings(max_examples=150, deadline=None)
@given(columns, st.booleans())
@example(np.array([5e-324, 0.0]), False)
@example(np.array([-1.7976931348623157e308, 1.7976931348623157e308]), False)
@example(np.array([math.inf]), False)
def test_every_number_is_in_the_bin_of_its_edges(values, time):
    if time:
        values = np.clip(values, -6e10, 2.5e11)
    counted = bins(values, time=time)
    finite = values[np.isfinite(values)]
    assert (np.diff(counted.edges) > 0).all()
    assert np.isfinite(counted.edges).all()
    if len(finite):
        assert counted.edges[0] <= finite.min()
        assert finite.max() <= counted.edges[-1]
    assert counted.counts.sum() == len(values)
    assert counted.counts[0] == np.isnan(values).sum()
    assert {code: n for code, n in enumerate(counted.counts.tolist()) if n} == grouped(values, counted.edges)
    assert np.bincount(counted.codes, minlength=len(counted.edges)).tolist() == counted.counts.tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(2**53), 2**53) | st.integers(-20, 20), min_size=1, max_size=50))
def test_whole_numbers_have_whole_edges(values):
    counted = bins(np.array(values, np.float64), whole=True)
    assert (counted.edges == np.round(counted.edges)).all()
    assert counted.edges[-1] > max(values) or counted.edges[-1] >= 2**53  # past it floats know no next number
    if max(values) - min(values) < MOST // 2:
        assert counted.edges.tolist() == [float(v) for v in range(min(values), max(values) + 2)]


def test_readable_steps():
    even = bins(np.linspace(0, 1, 1000))
    assert even.edges.tolist() == [i / 40 for i in range(41)]
    assert bins(np.full(10, 3.0)).counts.tolist() == [0, 10]


def test_a_few_far_values_do_not_flatten_the_others():
    rng = np.random.default_rng(0)
    values = np.r_[rng.normal(10, 1, 10_000), 1e9, -1e9]
    counted = bins(values)
    assert counted.edges[0] == -1e9
    assert counted.edges[-1] == 1e9
    assert (np.diff(counted.edges)[1:-1] < 1).all()
    assert (counted.counts[2:-1] > 100).sum() > 10


@pytest.mark.parametrize(
    ("begin", "span", "unit"),
    [
        (datetime(1912, 4, 14, tzinfo=UTC), timedelta(days=36_000), "year"),
        (datetime(2025, 11, 3, 9, 17, tzinfo=UTC), timedelta(days=700), "month"),
        (datetime(1969, 12, 20, tzinfo=UTC), timedelta(days=30), "day"),
        (datetime(2026, 2, 28, 22, tzinfo=UTC), timedelta(hours=30), "hour"),
        (datetime(2026, 2, 28, 22, 0, 7, tzinfo=UTC), timedelta(minutes=30), "minute"),
    ],
)
def test_edges_of_times_are_those_of_the_calendar(begin, span, unit):
    rng = np.random.default_rng(1)
    values = begin.timestamp() + rng.random(5000) * span.total_seconds()
    counted = bins(values, time=True)
    assert 10 <= len(counted.edges) - 1 <= MOST + 2
    zero = {
        "year": ("month", "day", "hour"),
        "month": ("day", "hour"),
        "day": ("hour",),
        "hour": ("minute",),
        "minute": ("second",),
    }
    first = {"month": 1, "day": 1}
    for edge in counted.edges:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(edge))
        for part in zero[unit]:
            assert getattr(moment, part) == first.get(part, 0), (moment, unit)


def test_weeks_begin_on_a_monday():
    counted = bins(datetime(2026, 3, 4, tzinfo=UTC).timestamp() + np.linspace(0, 200 * 86_400, 400), time=True)
    days = {(datetime(1970, 1, 1) + timedelta(seconds=float(edge))).strftime("%A") for edge in counted.edges}
    assert days == {"Monday"}


@settings(max_examples=100, deadline=None)
@given(columns)
def test_levels_rise_with_the_numbers(values):
    found = levels(values)
    there = ~np.isnan(values)
    assert (found.codes[~there] == 0).all()
    assert ((found.codes[there] >= 1) & (found.codes[there] <= 256)).all()
    order = np.argsort(values[there], kind="stable")
    assert (np.diff(found.codes[there][order].astype(int)) >= 0).all()
    if np.isfinite(values).any():
        assert found.low <= found.high
