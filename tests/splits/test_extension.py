from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.splits.assignment import UNASSIGNED, assign
from curate.splits.extension import extend, extend_by_time
from curate.splits.strata import strata_of
from curate.splits.timing import assign_by_time

THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


@st.composite
def problems(draw: st.DrawFn):
    """Any old assignment, sound or not: groups may be in two parts, and samples in none."""
    n = draw(st.integers(4, 90))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups = rng.integers(0, draw(st.integers(1, n)), n) if draw(st.booleans()) else None
    new = rng.random(n) < draw(st.sampled_from([0.0, 0.2, 0.8]))
    of_group = rng.integers(-1, 3, n)
    part = of_group[np.arange(n) if groups is None else groups]
    loose = rng.random(n) < draw(st.sampled_from([0.0, 0.1]))
    part = np.where(loose, rng.integers(-1, 3, n), part)
    parts = draw(st.sampled_from([THREE, {"train": 10, "val": 2, "test": 3}]))
    return n, parts, rng.choice(2**62, n, replace=False), rng.integers(0, 3, (n, 2)), groups, part, new


def extended(problem):
    n, parts, keys, strata, groups, part, new = problem
    return extend(n, parts, keys=keys, part=part, new=new, strata=strata, groups=groups)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_no_old_sample_moves_and_new_ones_follow_their_group(problem) -> None:
    _, parts, _, _, groups, part, new = problem
    result = extended(problem)
    code = result.assignment.part
    assert (code[~new] == part[~new]).all()
    assert not (result.torn | result.followed)[~new].any()
    for group in np.unique(groups if groups is not None else []):
        here = groups == group
        met = set(part[here & ~new].tolist()) - {UNASSIGNED}
        arrived = set(code[here & new].tolist())
        assert len(arrived) <= 1, "new samples of a group stay together"
        if len(met) == 1:
            assert arrived <= met
        elif (here & ~new).any():
            assert arrived <= {UNASSIGNED}
        assert (result.torn[here & new] == (len(met) > 1)).all()
    if isinstance(parts["train"], float):
        free = new & ~result.torn & ~result.followed
        assert UNASSIGNED not in code[free]


@given(problems(), st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_neither_row_order_nor_numbering_changes_the_extension(problem, shuffle: int) -> None:
    n, parts, keys, strata, groups, part, new = problem
    order = np.random.default_rng(shuffle).permutation(n)
    one = extended(problem)
    two = extended(
        (
            n,
            parts,
            keys[order],
            strata[order] * 7,
            None if groups is None else 1000 - groups[order],
            part[order],
            new[order],
        )
    )
    assert (one.assignment.part[order] == two.assignment.part).all()


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_split_that_grows_step_by_step_keeps_its_shares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.sort(rng.integers(0, 200, 1000))
    arrives = rng.integers(0, 4, 200)[groups]
    part = np.full(1000, UNASSIGNED)
    for wave in range(4):
        there = arrives <= wave
        result = extend(
            int(there.sum()),
            THREE,
            keys=np.flatnonzero(there),
            part=part[there],
            new=arrives[there] == wave,
            groups=groups[there],
        )
        before = part[there]
        part[there] = result.assignment.part
        assert (before[before >= 0] == part[there][before >= 0]).all()
        assert np.abs(np.bincount(part[there]) / there.sum() - [0.8, 0.1, 0.1]).max() < 0.04
        assert all(len(set(part[groups == group])) == 1 for group in np.unique(groups[there]))


def test_free_samples_make_good_what_the_old_split_lacks() -> None:
    # Of the old samples all rain is in train; the new ones bring test its share of it.
    weather = np.array(["rain"] * 80 + ["clear"] * 20 + ["rain", "clear"] * 50)
    part = np.array([0] * 80 + [1] * 20 + [0] * 100)
    frame = pl.DataFrame({"weather": weather})
    result = extend(
        200,
        {"train": 0.75, "test": 0.25},
        keys=np.arange(200),
        part=part,
        new=np.arange(200) >= 100,
        strata=strata_of(frame, "weather"),
    )
    code = result.assignment.part
    assert np.bincount(code).tolist() == [150, 50]
    assert (weather[code == 1] == "rain").sum() == 30, "all that the 30 new places of test can take"


def test_a_new_near_duplicate_of_a_test_sample_goes_to_test() -> None:
    from curate.splits.merging import merge

    old = assign(100, {"train": 0.8, "test": 0.2}, keys=np.arange(100)).part
    sample = int(np.flatnonzero(old == 1)[0])
    groups = merge(np.arange(101), [100], [sample], [0.99]).codes
    result = extend(
        101,
        {"train": 0.8, "test": 0.2},
        keys=np.arange(101),
        part=np.append(old, 0),
        new=np.arange(101) == 100,
        groups=groups,
    )
    assert result.assignment.part[100] == 1
    assert result.assignment.warnings == ()


def test_what_ties_to_two_parts_is_in_none_and_counted() -> None:
    part = np.array([0, 1, -1, 0, 0, 0])
    new = np.array([False] * 3 + [True] * 3)
    result = extend(6, {"a": 0.5, "b": 0.5}, keys=np.arange(6), part=part, new=new, groups=[5, 5, 6, 5, 6, 5])
    assert result.assignment.part.tolist() == [0, 1, -1, -1, -1, -1]
    assert result.torn.tolist() == [False, False, False, True, False, True]
    assert result.assignment.warnings == (
        "2 new samples are in no part: their groups, or what they are near-duplicates of, are in two parts already",
        "1 new samples are in no part, as is the group that they belong to",
    )


def test_counts_that_are_met_leave_new_samples_over() -> None:
    part = np.repeat([0, 1, 0], [8, 2, 5])
    result = extend(15, {"train": 8, "test": 3}, keys=np.arange(15), part=part, new=np.arange(15) >= 10)
    assert np.bincount(result.assignment.part + 1).tolist() == [4, 8, 3]
    assert result.assignment.warnings == (
        "4 new samples are left over: the parts have as many samples as were asked for",
    )


def test_without_new_samples_nothing_happens() -> None:
    result = extend(3, THREE, keys=[1, 2, 3], part=[0, 0, 0], new=[False] * 3)
    assert result.assignment.part.tolist() == [0, 0, 0]
    assert result.assignment.wanted == (3, 0, 0)


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadValue, match="3 times true or false"):
        extend(3, THREE, keys=[1, 2, 3], part=[0, 0, 0], new=[0, 0, 1])
    with pytest.raises(BadValue, match="between -1 and 2"):
        extend(3, THREE, keys=[1, 2, 3], part=[0, 5, 0], new=[False] * 3)


@given(st.integers(0, 10_000), st.sampled_from([0, 3]))
@settings(max_examples=40, deadline=None)
def test_a_split_by_time_that_grows_keeps_its_order_its_gap_and_its_members(seed: int, gap: int) -> None:
    rng = np.random.default_rng(seed)
    times = rng.integers(0, 200, 120)
    groups = np.where(rng.random(120) < 0.7, times // 5, 1000 + np.arange(120))
    new = np.isin(groups, rng.choice(groups, 30)) | (rng.random(120) < 0.1)
    old = np.flatnonzero(~new)
    part = np.full(120, UNASSIGNED)
    split = assign_by_time(len(old), THREE, keys=old, times=times[old], gap=gap, groups=groups[old])
    part[old] = split.part
    result = extend_by_time(120, THREE, part=part, new=new, times=times, groups=groups)
    code = result.assignment.part
    assert (code[old] == split.part).all()
    for one in range(2):
        assert times[code == one].max() < times[code == one + 1].min()
        assert times[code == one + 1].min() - times[code == one].max() >= gap
    for group in np.unique(groups):
        assert len(set(code[(groups == group) & new].tolist())) <= 1
        assert len(set(code[groups == group].tolist()) - {UNASSIGNED}) <= 1
    latest = new & (times > times[old].max()) & ~result.torn & ~np.isin(groups, groups[old])
    assert all(code[i] == 2 or times[groups == groups[i]].min() <= times[old].max() for i in np.flatnonzero(latest))


def test_a_new_sample_that_is_like_one_part_and_of_the_time_of_another_is_in_none() -> None:
    part = np.array([0, 0, 1, 1, -1, -1, -1])
    times = np.array([1.0, 2, 8, 9, 8.5, 5, np.nan])
    new = np.arange(7) > 3
    result = extend_by_time(7, {"a": 0.5, "b": 0.5}, part=part, new=new, times=times, groups=[0, 1, 2, 3, 0, 5, 6])
    assert result.assignment.part.tolist() == [0, 0, 1, 1, -1, -1, -1]
    assert result.assignment.warnings == (
        "1 new samples are in no part: their group is in one, and they were taken during another or between two",
        "1 new samples are in no part: they were taken between two, or during more than one",
        "1 new samples have no time: they are in no part",
    )
    with pytest.raises(BadValue, match="No old sample that is in a part has a time"):
        extend_by_time(7, {"a": 0.5, "b": 0.5}, part=part, new=new, times=np.where(new, times, np.nan))
