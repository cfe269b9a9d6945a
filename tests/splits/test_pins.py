from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.splits.assignment import UNASSIGNED, assign, part_sizes

THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


@st.composite
def problems(draw: st.DrawFn):
    n = draw(st.integers(8, 100))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups = None
    if draw(st.booleans()):
        groups = rng.integers(0, draw(st.integers(6, n)), n)
        groups[:6] = np.arange(6)
    of_group = rng.integers(0, 3, n)
    # Never the first three groups, so that every part can have one.
    fixed = np.where(
        rng.random(n) < draw(st.sampled_from([0.02, 0.2, 0.6])),
        of_group[np.arange(n) if groups is None else groups],
        -1,
    )
    fixed[(np.arange(n) if groups is None else groups) < 3] = UNASSIGNED
    return n, rng.choice(2**62, n, replace=False), rng.integers(0, 4, (n, 2)), groups, fixed


@given(problems(), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_pinned_samples_are_where_they_were_pinned_and_bring_their_groups(problem, shuffle: int) -> None:
    n, keys, strata, groups, fixed = problem
    result = assign(n, THREE, keys=keys, strata=strata, groups=groups, fixed=fixed)
    assert (result.part[fixed >= 0] == fixed[fixed >= 0]).all()
    assert UNASSIGNED not in result.part
    for group in np.unique(groups if groups is not None else []):
        assert len(set(result.part[groups == group].tolist())) == 1
    order = np.random.default_rng(shuffle).permutation(n)
    again = assign(
        n,
        THREE,
        keys=keys[order],
        strata=strata[order],
        groups=None if groups is None else groups[order] * 5,
        fixed=fixed[order],
    )
    assert (again.part == result.part[order]).all()


@given(problems())
@settings(max_examples=100, deadline=None)
def test_without_groups_sizes_stay_exact_unless_pins_alone_are_too_many(problem) -> None:
    n, keys, strata, _, fixed = problem
    wanted = np.array(part_sizes(THREE, n))
    result = assign(n, THREE, keys=keys, strata=strata, fixed=(fixed := np.where(np.arange(n) < 3, -1, fixed)))
    got, pins = np.bincount(result.part, minlength=3), np.bincount(fixed[fixed >= 0], minlength=3)
    if (pins <= wanted).all():
        assert got.tolist() == wanted.tolist()
    over = pins > wanted
    assert (got[over] == pins[over]).all()
    assert len(result.warnings) == over.sum()


def test_pinned_classes_are_made_good_by_the_free_samples() -> None:
    # All 50 pinned test samples are rain: the other 50 of test have to be the clear ones.
    strata = np.arange(1000) % 2
    fixed = np.where((strata == 1) & (np.arange(1000) < 100), 1, UNASSIGNED)
    result = assign(1000, {"train": 0.9, "test": 0.1}, keys=np.arange(1000), strata=strata, fixed=fixed)
    assert np.bincount(result.part).tolist() == [900, 100]
    assert np.bincount(strata[result.part == 1]).tolist() == [50, 50]


def test_pins_that_do_not_change_anything_change_nothing() -> None:
    free = assign(60, THREE, keys=np.arange(60), groups=np.arange(60) // 2)
    again = assign(60, THREE, keys=np.arange(60), groups=np.arange(60) // 2, fixed=free.part)
    assert (free.part == again.part).all()
    assert again.warnings == ()


def test_a_part_that_is_overfull_by_its_pins_is_a_warning_with_the_numbers() -> None:
    fixed = np.where(np.arange(100) < 30, 2, UNASSIGNED)
    result = assign(100, THREE, keys=np.arange(100), fixed=fixed)
    assert np.bincount(result.part).tolist() == [62, 8, 30]
    assert result.warnings == ("part 'test' has 30 samples by what is pinned to it (10 wanted): the others have fewer",)


def test_samples_that_come_along_are_counted() -> None:
    fixed = np.full(100, UNASSIGNED)
    fixed[[0, 10]] = 2
    result = assign(100, THREE, keys=np.arange(100), groups=np.arange(100) // 5, fixed=fixed)
    assert result.warnings == ("8 samples are in part 'test' because a pinned sample is in their group",)


def test_pins_that_contradict_each_other_are_refused_with_their_samples() -> None:
    fixed = np.array([0, -1, 1, -1, 2, 0])
    with pytest.raises(BadValue, match=r"2 groups are pinned to more than one part\. In the first, sample 10"):
        assign(6, THREE, keys=np.arange(6) + 100, groups=[0, 0, 0, 1, 2, 2], fixed=fixed)


def test_parts_for_which_pins_leave_nothing_are_refused() -> None:
    with pytest.raises(BadValue, match="1 parts without a pinned sample cannot be made of the 0 samples that are not"):
        assign(4, THREE, keys=np.arange(4), fixed=[0, 0, 1, 1])
    with pytest.raises(BadValue, match=r"'fixed' must lie between -1 and 2\. Got -1 to 3"):
        assign(4, THREE, keys=np.arange(4), fixed=[0, -1, 1, 3])


def test_counts_and_pins_leave_the_rest_in_no_part() -> None:
    fixed = np.where(np.arange(100) < 5, 1, UNASSIGNED)
    result = assign(100, {"train": 50, "test": 10}, keys=np.arange(100), fixed=fixed)
    assert np.bincount(result.part + 1).tolist() == [40, 50, 10]
    assert (result.part[:5] == 1).all()
