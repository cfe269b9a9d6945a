from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.splits import timing
from curate.splits.assignment import UNASSIGNED
from curate.splits.timing import assign_by_time

PARTS = {"train": 0.6, "val": 0.2, "test": 0.2}


@st.composite
def problems(draw: st.DrawFn):
    n = draw(st.integers(6, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times = rng.integers(0, draw(st.sampled_from([6, 40, 10_000])), n)
    times[:6] = np.arange(6)
    groups = None
    if draw(st.booleans()):
        groups = np.argsort(np.argsort(times, kind="stable")) // draw(st.integers(1, 3))  # neighbours in time, mostly
    parts = draw(st.sampled_from([PARTS, {"a": 0.5, "b": 0.5}, {"a": 2, "b": 2}]))
    return n, times, groups, parts, draw(st.sampled_from([None, 0, 1, 5]))


def attempt(problem, **more):
    n, times, groups, parts, gap = problem
    try:
        return assign_by_time(n, parts, keys=np.arange(n), times=times, gap=gap, groups=groups, **more)
    except BadValue as error:
        if "have a whole group each" not in str(error):
            raise
        return None


@given(problems())
@settings(max_examples=200, deadline=None)
def test_every_part_is_later_than_the_one_before_and_groups_are_whole(problem) -> None:
    n, times, groups, parts, gap = problem
    result = attempt(problem)
    if result is None:
        return
    for one, two in itertools.combinations(range(len(parts)), 2):
        last, first = times[result.part == one].max(), times[result.part == two].min()
        assert first > last
        assert first - last >= (gap or 0)
    for group in np.unique(groups if groups is not None else []):
        assert len(set(result.part[groups == group].tolist())) == 1
    assert set(result.part.tolist()) >= set(range(len(parts)))
    if not gap and groups is None and n == sum(result.wanted):
        assert UNASSIGNED not in result.part


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_cuts_are_the_best_there_are(problem) -> None:
    n, times, groups, parts, gap = problem
    result = attempt(problem)
    moments = np.unique(times)
    bundle = np.arange(n) if groups is None else groups
    begin = {g: times[bundle == g].min() for g in set(bundle.tolist())}
    end = {g: times[bundle == g].max() for g in set(bundle.tolist())}
    size = {g: int((bundle == g).sum()) for g in set(bundle.tolist())}
    if len(moments) > 12:
        return

    def distance(first: list[int], last: list[int]) -> float:
        got = [
            sum(size[g] for g in size if begin[g] >= low and end[g] <= high)
            for low, high in zip(first, last, strict=True)
        ]
        return sum((g - w) ** 2 / w for g, w in zip(got, wanted, strict=True)) if all(got) else np.inf

    wanted = [round(v * n) if isinstance(v, float) else v for v in parts.values()]
    if result is not None:
        wanted = list(result.wanted)
    best = np.inf
    for start in moments if isinstance(next(iter(parts.values())), int) else moments[:1]:
        for cuts in itertools.combinations(moments, len(parts) - 1):
            after = [min((m for m in moments if m > c and m - c >= (gap or 0)), default=10**9) for c in cuts]
            best = min(best, distance([start, *after], [*cuts, moments[-1]]))
    if result is None:
        assert best == np.inf
    else:
        got = np.bincount(result.part[result.part >= 0])
        assert sum((g - w) ** 2 / w for g, w in zip(got, wanted, strict=True)) == pytest.approx(best)


@given(problems(), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_neither_row_order_nor_numbering_changes_the_split(problem, shuffle: int) -> None:
    n, times, groups, parts, gap = problem
    order = np.random.default_rng(shuffle).permutation(n)
    one = attempt(problem)
    two = attempt((n, times[order], None if groups is None else 900 - groups[order], parts, gap))
    assert (one is None) == (two is None)
    if one is not None:
        assert (one.part[order] == two.part).all()


@pytest.mark.parametrize("moments", [4, 16])
def test_with_more_times_than_candidates_the_cuts_are_still_fine(moments: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "MOMENTS", moments)
    times = np.random.default_rng(0).permutation(1000)
    result = assign_by_time(1000, {"train": 0.77, "val": 0.12, "test": 0.11}, keys=times, times=times)
    assert np.bincount(result.part).tolist() == [770, 120, 110]


def test_what_lies_in_the_gap_is_in_no_part_and_counted() -> None:
    times = np.datetime64("2026-01-01") + np.arange(100).astype("timedelta64[D]")
    result = assign_by_time(
        100, {"train": 0.8, "test": 0.2}, keys=np.arange(100), times=times, gap=dt.timedelta(days=8)
    )
    at = np.flatnonzero(result.part == UNASSIGNED)
    assert len(at) == 7
    assert (np.diff(at) == 1).all(), "one stretch of days"
    assert result.warnings == ("7 samples lie in a gap, or in a group that reaches into one: they are in no part",)


def test_counts_take_the_latest_samples() -> None:
    result = assign_by_time(100, {"train": 50, "test": 10}, keys=np.arange(100), times=np.arange(100))
    assert result.part.tolist() == [-1] * 40 + [0] * 50 + [1] * 10
    assert result.warnings == ()


def test_samples_without_a_time_are_in_no_part_with_their_groups() -> None:
    times = np.arange(40.0)
    times[7] = np.nan
    result = assign_by_time(40, {"a": 0.5, "b": 0.5}, keys=np.arange(40), times=times, groups=np.arange(40) // 4)
    assert set(result.part[4:8].tolist()) == {UNASSIGNED}
    assert (result.part == UNASSIGNED).sum() == 4
    assert result.warnings == ("1 samples have no time: they and their groups, 4 in all, are in no part",)


def test_pins_move_the_cut() -> None:
    fixed = np.full(100, UNASSIGNED)
    fixed[30] = 1
    result = assign_by_time(100, {"train": 0.8, "test": 0.2}, keys=np.arange(100), times=np.arange(100), fixed=fixed)
    assert result.part.tolist() == [0] * 30 + [1] * 70


def test_pins_that_contradict_time_are_refused() -> None:
    fixed = np.full(100, UNASSIGNED)
    fixed[[30, 60]] = 1, 0
    with pytest.raises(BadValue, match=r"'train' reaches to 60, and what is pinned to 'test' begins at 30"):
        assign_by_time(100, {"train": 0.8, "test": 0.2}, keys=np.arange(100), times=np.arange(100), fixed=fixed)
    times = np.arange(100.0)
    times[30] = np.nan
    with pytest.raises(BadValue, match="1 pinned groups or samples have no time"):
        assign_by_time(100, {"train": 0.8, "test": 0.2}, keys=np.arange(100), times=times, fixed=fixed)


@pytest.mark.parametrize(
    ("times", "gap", "words"),
    [
        (np.array(["NaT"] * 4, "datetime64[s]"), None, "None of 4 samples has a time"),
        (np.array([1, 1, 1, 1]), None, "need as many distinct times. Got 1"),
        (np.array([1, 2, 3, 4]), 10, "With a gap of 10 no 2 parts of 4 distinct times"),
        (np.array([1, 2, 3, 4]), -1, "must not be negative"),
        (np.array([1, 2, 3, 4]), dt.timedelta(days=1), "'gap' must be a number, as the times are int64"),
        (np.array([1, 2, 3, 4], "datetime64[s]"), 3, "'gap' must be a timedelta"),
        (np.array(list("abcd")), None, "must be times or numbers"),
        (np.arange(3), None, r"'times' must have shape \(4,\)"),
    ],
)
def test_times_that_make_no_sense_are_refused(times: np.ndarray, gap: object, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        assign_by_time(4, {"a": 0.5, "b": 0.5}, keys=np.arange(4), times=times, gap=gap)
