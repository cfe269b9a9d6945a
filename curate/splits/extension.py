"""A split that grows: new samples find their part, and no old one moves.

A new sample goes where its group is, or what it is a near-duplicate of. Where that is in two parts, there is no place for it that
leaks nothing: it is in no part. The others are free and balance the whole against what was wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.errors import BadValue
from curate.splits.assignment import UNASSIGNED, Assignment, completed, part_sizes
from curate.splits.bundles import by_appearance, classes_of, integers, shuffled
from curate.splits.exchange import Ints
from curate.splits.strata import Strata
from curate.splits.timing import moments


@dataclass(frozen=True, eq=False)
class Extended:
    """A split with its new samples.

    Attributes:
        assignment: of all samples, old and new.
        followed: (n,) bool, new samples that went with their group, be it to no part.
        torn: (n,) bool, new samples in no part, because their group is in two.
    """

    assignment: Assignment
    followed: npt.NDArray[np.bool_]
    torn: npt.NDArray[np.bool_]


def extend(
    n: int,
    parts: Mapping[str, float | int],
    *,
    keys: npt.ArrayLike,
    part: npt.ArrayLike,
    new: npt.ArrayLike,
    strata: Strata | npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Extended:
    """Place new samples among old ones that stay where they are.

    Args:
        n: samples, old and new together.
        parts: as `assign` takes them; shares are of all samples that can be placed, old ones and new ones.
        keys: (n,) int64, distinct.
        part: (n,) integers, the part of each old sample, or `UNASSIGNED`; what it says of new ones does not count.
        new: (n,) bool.
        strata: as `assign` takes them, of all samples.
        groups: (n,) integers, of all samples, near-duplicates merged into them (`merge`).
        seed: what shuffles the new samples.

    Raises:
        BadValue: as `assign`, but for parts that are empty: an old split is what it is.

    >>> old = np.array([0, 0, 0, 0, 1, -1, -1, -1])
    >>> new = np.array([False] * 5 + [True] * 3)
    >>> extended = extend(8, {"train": .75, "test": .25}, keys=np.arange(8), part=old, new=new, groups=[0, 1, 1, 2, 3, 3, 4, 4])
    >>> extended.assignment.part.tolist()
    [0, 0, 0, 0, 1, 1, 0, 0]
    """
    names = tuple(parts)
    code, is_new = _old_and_new(part, new, n, len(names))
    order = shuffled(keys, n, seed)
    group = np.arange(n) if groups is None else integers("groups", groups, n)
    home, has_old, in_two = _homes(group, code, ~is_new)
    torn, followed = is_new & in_two, is_new & has_old & ~in_two
    result = np.where(followed, home, code).astype(np.int16)
    free = is_new & ~has_old
    # What is in no part and stays there has no share in the parts.
    chosen = order[(free | (result != UNASSIGNED))[order]]
    wanted = _wanted(parts, len(chosen))
    if free.any():
        # An old group may be in two parts, from before; here each placed sample stands for itself.
        bundle = by_appearance(
            np.where(free, np.unique(group, return_inverse=True)[1].reshape(-1), n + np.arange(n))[chosen]
        )
        settled = np.full(int(bundle.max()) + 1, UNASSIGNED, np.int16)
        settled[bundle] = result[chosen]
        place, klass = classes_of(_of_rows(strata, chosen), len(chosen), np.arange(len(chosen)))
        result[chosen] = completed(settled, bundle, place, klass, wanted=wanted)[bundle]
    left_over = free & (result == UNASSIGNED)
    warnings = (*_warnings(followed & (home == UNASSIGNED), torn), *_left_over(left_over))
    return Extended(Assignment(result, names, wanted, seed, warnings), followed, torn)


def extend_by_time(
    n: int,
    parts: Mapping[str, float | int],
    *,
    part: npt.ArrayLike,
    new: npt.ArrayLike,
    times: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
) -> Extended:
    """Place new samples among old ones that were split along time (`assign_by_time`).

    A new group goes to the part during which it was taken: before everything to the first, after everything to the last. What
    lies between two parts stays in none, for the next one to come could lie too near; and so does what its group draws to one
    part and its time to another. Sizes are not balanced, for that would take samples out of their time.

    Args:
        n: samples, old and new together.
        parts: as `assign_by_time` takes them, the earliest first.
        part: (n,) integers, the part of each old sample, or `UNASSIGNED`; what it says of new ones does not count.
        new: (n,) bool.
        times: (n,) datetime64, or numbers; NaT and NaN stand for no time.
        groups: (n,) integers, of all samples, near-duplicates merged into them (`merge`).

    Raises:
        BadValue: arrays of another length or kind, or old samples of which none has a time.

    >>> old = np.array([0, 0, 1, 1, -1, -1, -1])
    >>> times = np.array([1, 2, 8, 9, 0, 5, 20])
    >>> extended = extend_by_time(7, {"train": .5, "test": .5}, part=old, new=np.arange(7) > 3, times=times)
    >>> extended.assignment.part.tolist()
    [0, 0, 1, 1, 0, -1, 1]
    """
    names = tuple(parts)
    code, is_new = _old_and_new(part, new, n, len(names))
    value, missing = moments(times, n)
    group = np.arange(n) if groups is None else integers("groups", groups, n)
    home, has_old, in_two = _homes(group, code, ~is_new)
    during = _during(value, missing, code, ~is_new, len(names))
    # Of a group whose members were taken during different parts, or between them, nothing can be placed.
    _, bundle = np.unique(group, return_inverse=True)
    lowest, highest = (
        np.full(int(bundle.max(initial=-1)) + 1, len(names)),
        np.full(int(bundle.max(initial=-1)) + 1, UNASSIGNED),
    )
    np.minimum.at(lowest, bundle[is_new], during[is_new])
    np.maximum.at(highest, bundle[is_new], during[is_new])
    fits = np.where(lowest == highest, highest, UNASSIGNED)[bundle]
    elsewhere = is_new & has_old & ~in_two & (home != UNASSIGNED) & (home != fits)
    torn, followed = is_new & in_two, is_new & has_old & ~in_two & ~elsewhere
    free = is_new & ~has_old
    result = np.where(followed, home, np.where(free, fits, code)).astype(np.int16)
    between = free & (fits == UNASSIGNED) & ~missing
    warnings = [*_warnings(followed & (home == UNASSIGNED), torn)]
    if elsewhere.any():
        warnings.append(
            f"{int(elsewhere.sum()):,} new samples are in no part: their group is in one, and they were taken during another or "
            "between two"
        )
    if between.any():
        warnings.append(
            f"{int(between.sum()):,} new samples are in no part: they were taken between two, or during more than one"
        )
    if untimed := int((free & missing).sum()):
        warnings.append(f"{untimed:,} new samples have no time: they are in no part")
    wanted = _wanted(parts, int((result != UNASSIGNED).sum()))
    return Extended(Assignment(result, names, wanted, None, tuple(warnings)), followed, torn)


def _during(
    value: npt.NDArray[Any], missing: npt.NDArray[np.bool_], code: Ints, old: npt.NDArray[np.bool_], parts: int
) -> Ints:
    """(n,) the part during which each sample was taken, or `UNASSIGNED`."""
    result = np.full(len(value), UNASSIGNED, np.int64)
    there = [part for part in range(parts) if (old & ~missing & (code == part)).any()]
    if not there:
        raise BadValue("No old sample that is in a part has a time", hint="split again by time")
    for part in there:
        known = value[old & ~missing & (code == part)]
        inside = ~missing
        if part != 0:
            inside &= value >= known.min()
        if part != parts - 1:
            inside &= value <= known.max()
        result[inside] = part
    return result


def _old_and_new(part: npt.ArrayLike, new: npt.ArrayLike, n: int, parts: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """(n,) the part of each old sample, `UNASSIGNED` for new ones; and (n,) which are new."""
    is_new = np.asarray(new)
    if is_new.shape != (n,) or is_new.dtype != bool:
        raise BadValue(f"'new' must be {n:,} times true or false. Got {is_new.dtype} of shape {is_new.shape}")
    code = np.where(is_new, UNASSIGNED, integers("part", part, n))
    if n and not UNASSIGNED <= code.min() <= code.max() < parts:
        raise BadValue(f"'part' must lie between -1 and {parts - 1}. Got {code.min()} to {code.max()}")
    return code, is_new


def _wanted(parts: Mapping[str, float | int], n: int) -> tuple[int, ...]:
    """Samples wanted in each part; of counts that are more than there are, each its share."""
    if all(isinstance(value, (int, np.integer)) for value in parts.values()) and (total := sum(parts.values())) > n:
        return part_sizes({name: value / total for name, value in parts.items()}, n)
    return part_sizes(parts, n)


def _homes(
    group: Ints, code: Ints, old: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """For each sample: the part of its group's old samples or `UNASSIGNED`, whether it has any, whether they are in two."""
    bundle = np.unique(group, return_inverse=True)[1].reshape(-1)
    bundles = int(bundle.max(initial=-1)) + 1
    has_old = np.bincount(bundle[old], minlength=bundles) > 0
    lowest, highest = np.full(bundles, np.iinfo(np.int64).max), np.full(bundles, UNASSIGNED)
    there = old & (code != UNASSIGNED)
    np.minimum.at(lowest, bundle[there], code[there])
    np.maximum.at(highest, bundle[there], code[there])
    return highest[bundle], has_old[bundle], (lowest < highest)[bundle]


def _of_rows(strata: Strata | npt.ArrayLike | None, rows: Ints) -> Strata | npt.ArrayLike | None:
    if strata is None:
        return None
    return strata.pick(rows) if isinstance(strata, Strata) else np.asarray(strata)[rows]


def _warnings(homeless: npt.NDArray[np.bool_], torn: npt.NDArray[np.bool_]) -> Iterator[str]:
    if torn.any():
        yield (
            f"{int(torn.sum()):,} new samples are in no part: "
            "their groups, or what they are near-duplicates of, are in two parts already"
        )
    if homeless.any():
        yield f"{int(homeless.sum()):,} new samples are in no part, as is the group that they belong to"


def _left_over(left_over: npt.NDArray[np.bool_]) -> Iterator[str]:
    if left_over.any():
        yield f"{int(left_over.sum()):,} new samples are left over: the parts have as many samples as were asked for"
