from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.splits.assignment import UNASSIGNED, assign, part_sizes
from curate.splits.strata import strata_of

THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


@st.composite
def problems(draw: st.DrawFn):
    n = draw(st.integers(6, 120))
    parts = draw(
        st.sampled_from(
            [THREE, {"a": 0.5, "b": 0.5}, {"all": 1.0}, {"a": 0.34, "b": 0.33, "c": 0.33}, {"few": 2, "some": 3}]
        )
    )
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    keys = rng.choice(2**62, n, replace=False)
    strata = draw(st.sampled_from([None, 1, 2]))
    strata = None if strata is None else rng.integers(0, 4, n if strata == 1 else (n, strata))
    groups = None
    if draw(st.booleans()):
        groups = rng.integers(0, draw(st.integers(len(parts), n)), n)
        groups[: len(parts)] = np.arange(len(parts))
    return n, parts, keys, strata, groups, seed


@given(problems())
@settings(max_examples=60, deadline=None)
def test_groups_stay_whole_and_every_sample_has_at_most_one_part(problem) -> None:
    n, parts, keys, strata, groups, seed = problem
    result = assign(n, parts, keys=keys, strata=strata, groups=groups, seed=seed)
    assert result.part.shape == (n,)
    assert set(result.part.tolist()) <= {UNASSIGNED, *range(len(parts))}
    if all(isinstance(share, float) for share in parts.values()):
        assert UNASSIGNED not in result.part
    if groups is None:
        assert tuple(np.bincount(result.part[result.part >= 0], minlength=len(parts))) == part_sizes(parts, n)
    else:
        for group in np.unique(groups):
            assert len(set(result.part[groups == group].tolist())) == 1
        asked_for = {i for i, wanted in enumerate(result.wanted) if wanted}
        assert asked_for <= set(result.part.tolist()), "no part is empty where there are groups enough"


@given(problems(), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_neither_row_order_nor_numbering_changes_the_split(problem, shuffle: int) -> None:
    n, parts, keys, strata, groups, seed = problem
    rng = np.random.default_rng(shuffle)
    order, renumber = rng.permutation(n), rng.permutation(1000)
    one = assign(n, parts, keys=keys, strata=strata, groups=groups, seed=seed)
    two = assign(
        n,
        parts,
        keys=keys[order],
        strata=None if strata is None else renumber[strata[order]],
        groups=None if groups is None else renumber[groups[order]],
        seed=seed,
    )
    assert (one.part[order] == two.part).all()


def test_the_same_input_gives_the_same_split_in_another_process() -> None:
    code = (
        "import numpy as np; from curate.splits.assignment import assign; i = np.arange(500); "
        "print(assign(500, {'a': .7, 'b': .3}, keys=i * 7, strata=i % 5, groups=i // 9, seed=3).part.tolist())"
    )
    i = np.arange(500)
    here = assign(500, {"a": 0.7, "b": 0.3}, keys=i * 7, strata=i % 5, groups=i // 9, seed=3).part.tolist()
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert there.stdout.strip() == str(here)


def test_the_split_of_today_is_the_split_of_tomorrow() -> None:
    # Written down once: a change of the method that moves samples between parts has to be noticed.
    i = np.arange(40)
    plain = assign(40, {"train": 0.5, "test": 0.5}, keys=i)
    grouped = assign(40, {"train": 0.5, "test": 0.5}, keys=i, strata=i % 3, groups=i // 3, seed=1)
    assert "".join(map(str, plain.part)) == PLAIN
    assert "".join(map(str, grouped.part)) == GROUPED


def test_another_seed_gives_another_split() -> None:
    i = np.arange(300)
    for groups in (None, i // 3):
        first, second = (assign(300, THREE, keys=i, groups=groups, seed=seed).part for seed in (0, 1))
        assert (first != second).mean() > 0.1


def test_a_planted_rare_class_is_shared_out_exactly() -> None:
    n = 10_000
    strata = np.zeros(n, np.int64)
    strata[:40] = 1  # hail: 40 of 10,000
    result = assign(n, THREE, keys=np.arange(n), strata=strata)
    assert np.bincount(result.part[strata == 1]).tolist() == [32, 4, 4]
    assert np.bincount(result.part).tolist() == [8000, 1000, 1000]


def test_without_groups_each_class_is_within_three_samples_of_its_share() -> None:
    rng = np.random.default_rng(0)
    strata = np.stack([rng.integers(0, 6, 5000), rng.zipf(1.6, 5000) % 30], axis=1)
    result = assign(5000, THREE, keys=np.arange(5000), strata=strata)
    for column in strata.T:
        for value in np.unique(column):
            count = np.bincount(result.part[column == value], minlength=3)
            assert np.abs(count - count.sum() * np.array([0.8, 0.1, 0.1])).max() < 3


def test_groups_that_fit_perfectly_are_found() -> None:
    # Ten groups a class, one half of them small: some choice of whole groups meets every share exactly.
    size = np.tile([10, 20, 30, 40, 50], 8)
    groups = np.repeat(np.arange(40), size)
    strata = groups % 2
    result = assign(
        len(groups), {"train": 0.6, "val": 0.2, "test": 0.2}, keys=np.arange(len(groups)), strata=strata, groups=groups
    )
    for value in (0, 1):
        count = np.bincount(result.part[strata == value])
        assert np.abs(count / count.sum() - [0.6, 0.2, 0.2]).max() <= 0.01


def worst_deviation(part: np.ndarray, groups: np.ndarray, strata: np.ndarray, sizes: tuple[int, ...]) -> float:
    """The measure of `allocate`'s docstring, written a second time: (g,) part of each group to the largest deviations."""
    n, of_part, of_class = len(groups), 0.0, 0.0
    for p, size in enumerate(sizes):
        here = part[groups] == p
        for chosen in [np.ones(n, bool), *(strata == value for value in np.unique(strata))]:
            off = abs((here & chosen).sum() - chosen.sum() * size / n)
            of_part = max(of_part, off / size)
            of_class = max(of_class, off / chosen.sum() * divisible(groups[chosen]))
    return 2 * of_part + of_class


def divisible(groups: np.ndarray) -> float:
    share = np.bincount(groups) / len(groups)
    return min(float(1 - (share * share).sum()) / 0.75, 1.0)


def best_deviation(groups: np.ndarray, strata: np.ndarray, sizes: tuple[int, ...]) -> float:
    """By trying every way to put whole groups into non-empty parts."""
    count, parts = groups.max() + 1, len(sizes)
    every = np.arange(parts**count)
    part = np.stack([every // parts**i % parts for i in range(count)])
    of_part, of_class, fine = np.zeros(len(every)), np.zeros(len(every)), np.ones(len(every), bool)
    for p, size in enumerate(sizes):
        here = part == p
        fine &= here.any(axis=0)
        for chosen in [groups, *(groups[strata == value] for value in np.unique(strata))]:
            off = np.abs(np.bincount(chosen, minlength=count) @ here - len(chosen) * size / len(groups))
            of_part = np.maximum(of_part, off / size)
            of_class = np.maximum(of_class, off / len(chosen) * divisible(chosen))
    return float((2 * of_part + of_class)[fine].min())


@pytest.mark.parametrize("count", [6, 10, 11])
def test_whole_groups_come_within_a_point_of_the_best_possible(count: int) -> None:
    rng = np.random.default_rng(count)
    gaps = []
    for _ in range(15):
        n = int(rng.integers(80, 600))
        groups = rng.choice(count, n, p=rng.dirichlet(np.full(count, 2.0)))
        groups[:count] = np.arange(count)
        strata = np.where(rng.random(n) < 0.6, groups % 3, rng.integers(0, 3, n))
        parts = {"a": 0.7, "b": 0.15, "c": 0.15}
        result = assign(n, parts, keys=np.arange(n), strata=strata, groups=groups)
        of_group = np.zeros(count, np.int64)
        of_group[groups] = result.part
        gaps.append(
            worst_deviation(of_group, groups, strata, result.wanted) - best_deviation(groups, strata, result.wanted)
        )
    gaps = np.array(gaps)
    assert gaps.min() > -1e-6, "nothing is better than the best"
    assert (gaps <= 0.01).mean() >= 0.9
    assert gaps.max() <= 0.03


def test_a_class_in_one_group_does_not_draw_everything_to_the_largest_part() -> None:
    # 20 groups of 10, each its own class: nothing can be balanced, and the sizes still have to be met.
    groups = np.arange(200) // 10
    result = assign(200, {"train": 0.5, "val": 0.25, "test": 0.25}, keys=np.arange(200), strata=groups, groups=groups)
    assert np.bincount(result.part).tolist() == [100, 50, 50]


@pytest.mark.slow
def test_of_fifty_thousand_groups_every_class_is_within_a_fifth_of_a_point() -> None:
    rng = np.random.default_rng(0)
    n = 1_000_000
    groups, strata = rng.integers(0, 50_000, n), rng.integers(0, 12, n)
    result = assign(n, THREE, keys=np.arange(n), strata=strata, groups=groups)
    assert len(np.unique(groups * 3 + result.part)) == 50_000, "no group is cut"
    for value in range(12):
        count = np.bincount(result.part[strata == value])
        assert np.abs(count / count.sum() - [0.8, 0.1, 0.1]).max() < 0.002


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_classes_of_lists_are_numbered_by_what_they_hold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = np.array(["car", "bus", "deer", "lamp"])
    shown = [names[rng.random(4) < 0.5].tolist() for _ in range(60)]
    keys, order = rng.choice(2**62, 60, replace=False), rng.permutation(60)
    renamed = dict(zip(names.tolist(), rng.permutation(["a", "b", "c", "d"]).tolist(), strict=True))
    other = [[renamed[name] for name in shown[i]] for i in order]
    one = assign(60, THREE, keys=keys, strata=strata_of(pl.DataFrame({"objects": shown}), "objects"))
    two = assign(60, THREE, keys=keys[order], strata=strata_of(pl.DataFrame({"objects": other}), "objects"))
    assert (one.part[order] == two.part).all()


def test_what_pictures_show_is_balanced_class_by_class() -> None:
    rng = np.random.default_rng(0)
    rates = {"car": 0.6, "bus": 0.2, "deer": 0.02}
    frame = pl.DataFrame(
        {"objects": [[name for name, rate in rates.items() if rng.random() < rate] for _ in range(3000)]}
    )
    strata = strata_of(frame, "objects")
    result = assign(3000, THREE, keys=np.arange(3000), strata=strata)
    for code in range(len(strata.labels[0])):
        count = np.bincount(result.part[strata.rows[0][strata.codes[0] == code]], minlength=3)
        assert np.abs(count - count.sum() * np.array([0.8, 0.1, 0.1])).max() < 2


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "at least one part"),
        ({"train": 0.8, "test": 0.3}, "sum to 1"),
        ({"train": 8, "test": 3}, "11 samples of 10"),
        ({"train": 0.5, "test": 5}, "all shares"),
        ({"train": 1.0, "test": 0.0}, "greater than 0"),
        ({"train": float("nan")}, "greater than 0"),
        ({"train": True}, "share or a count"),
        ({" ": 1.0}, "must have a name"),
    ],
)
def test_parts_that_make_no_sense_are_refused_with_the_number(parts: dict, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        assign(10, parts, keys=np.arange(10))


def test_more_parts_than_groups_are_refused() -> None:
    with pytest.raises(BadValue, match=r"3 parts cannot be made of 2 groups \(of 10 samples\)"):
        assign(10, THREE, keys=np.arange(10), groups=np.arange(10) % 2)
    with pytest.raises(BadValue, match="3 parts cannot be made of 0 samples"):
        assign(0, THREE, keys=np.zeros(0, np.int64))


def test_repeated_keys_and_wrong_lengths_are_refused() -> None:
    with pytest.raises(BadValue, match="distinct"):
        assign(3, {"a": 1.0}, keys=[1, 1, 2])
    with pytest.raises(BadValue, match=r"'groups' must have shape \(3,\)"):
        assign(3, {"a": 1.0}, keys=[1, 2, 3], groups=[1])
    with pytest.raises(BadValue, match="must be integers"):
        assign(3, {"a": 1.0}, keys=[1, 2, 3], groups=[0.5, 1, 2])


def test_counts_leave_the_rest_in_no_part() -> None:
    result = assign(100, {"train": 50, "test": 10}, keys=np.arange(100), strata=np.arange(100) % 2)
    assert np.bincount(result.part + 1).tolist() == [40, 50, 10]
    assert np.bincount(result.part[::2] + 1).tolist() == [20, 25, 5]


def test_shares_round_by_largest_remainder() -> None:
    assert part_sizes({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, 10) == (4, 3, 3)
    assert part_sizes(THREE, 10) == (8, 1, 1)
    assert part_sizes({"a": 0.1 + 0.2, "b": 0.7}, 10) == (3, 7)


PLAIN = "1010010000100110011100010101101101010111"
GROUPED = "1110001110000001111110000001110001111110"
