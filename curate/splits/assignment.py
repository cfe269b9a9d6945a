"""Which sample goes to which part: a pure function of arrays.

The answer depends on the samples' keys, their strata, their groups and the seed, and on nothing else: not on the order of the
rows, not on the numbers that stand for groups or strata, not on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curate.errors import BadValue
from curate.splits.allocation import above, allocate
from curate.splits.bundles import by_appearance, classes_of, deal, integers, kinds_of, shuffled
from curate.splits.exchange import Ints
from curate.splits.strata import Strata

UNASSIGNED = -1
"""The code of a sample that is in no part: where counts are asked for, the others are left over."""


@dataclass(frozen=True)
class Assignment:
    """A part for every sample.

    Attributes:
        part: (n,) int16, an index into `names`, or `UNASSIGNED`.
        names: the parts, in the order in which they were asked for.
        wanted: samples that each part should have; without groups it has exactly as many.
        seed: what shuffled the samples; None where nothing was shuffled.
        warnings: what could not be as it was asked for, with the numbers.
    """

    part: npt.NDArray[np.int16]
    names: tuple[str, ...]
    wanted: tuple[int, ...]
    seed: int | None
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        got = np.bincount(self.part[self.part >= 0], minlength=len(self.names))
        return f"Assignment({', '.join(f'{name}: {size:,}' for name, size in zip(self.names, got, strict=True))})"


def assign(
    n: int,
    parts: Mapping[str, float | int],
    *,
    keys: npt.ArrayLike,
    strata: Strata | npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    fixed: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Assignment:
    """Split n samples into parts, groups whole and strata balanced.

    Without groups the sizes are exact (largest remainder) and each stratum is within a sample or so of its share. With
    groups no group is cut; sizes and strata come as near as whole groups allow. `certify` says how near, and warns.

    Args:
        n: how many samples.
        parts: name to share (floats that sum to 1) or to count (ints that sum to at most n).
        keys: (n,) int64, distinct: what a sample is known by, so that the order of the rows does not matter.
        strata: the classes to balance: `strata_of` a frame, or (n,) integers, or (n, c) for c columns that are balanced
            each for itself.
        groups: (n,) integers; samples with equal numbers stay together.
        fixed: (n,) integers, the part that a sample is to be in, or `UNASSIGNED` where that is free. The others of its group
            go with it, and what a part has too many of for that, the other parts have to do without.
        seed: another seed gives another split of the same quality.

    Raises:
        BadValue: shares that do not sum to 1, counts above n, repeated keys, an array of another length, a group that is
            fixed to two parts, or more parts than samples or groups.

    Source: allocation.py says how.

    >>> import numpy as np
    >>> assign(10, {"train": .8, "test": .2}, keys=np.arange(10), groups=np.arange(10) // 2)
    Assignment(train: 8, test: 2)
    """
    names, wanted = tuple(parts), part_sizes(parts, n)
    order = shuffled(keys, n, seed)
    bundle = by_appearance(integers("groups", groups, n)[order]) if groups is not None else np.arange(n)
    bundles = int(bundle.max()) + 1 if n else 0
    pinned = pinned_parts(fixed, names, n)[order]
    of_bundle = pinned_groups(pinned, bundle, bundles, names=names, keys=np.asarray(keys)[order])
    free = int((of_bundle == UNASSIGNED).sum())
    lacking = len(names) - len(np.unique(of_bundle[of_bundle != UNASSIGNED]))
    if lacking > free:
        what = "samples" if groups is None else f"groups (of {n:,} samples)"
        raise BadValue(
            f"{len(names)} parts cannot be made of {bundles:,} {what}"
            if free == bundles
            else f"{lacking} parts without a pinned sample cannot be made of the {free:,} {what} that are not pinned",
            hint="ask for fewer parts" if groups is None else "ask for fewer parts, or group by a finer column",
        )
    place, klass = classes_of(strata, n, order)
    warnings = pin_warnings(pinned, of_bundle[bundle], names, wanted)
    part = np.empty(n, np.int16)
    part[order] = completed(of_bundle, bundle, place, klass, wanted=wanted)[bundle]
    return Assignment(part, names, wanted, seed, warnings)


def pinned_parts(fixed: npt.ArrayLike | None, names: tuple[str, ...], n: int) -> npt.NDArray[np.int16]:
    """(n,) int16: `fixed` where it is there, and `UNASSIGNED` everywhere where it is not."""
    if fixed is None:
        return np.full(n, UNASSIGNED, np.int16)
    code = integers("fixed", fixed, n)
    if n and not UNASSIGNED <= code.min() <= code.max() < len(names):
        raise BadValue(f"'fixed' must lie between -1 and {len(names) - 1}. Got {code.min()} to {code.max()}")
    return code.astype(np.int16)


def pinned_groups(
    pinned: npt.NDArray[np.int16], bundle: Ints, bundles: int, *, names: tuple[str, ...], keys: Ints
) -> npt.NDArray[np.int16]:
    """(bundles,) int16: the part that a group is pinned to by its samples, or `UNASSIGNED`.

    Raises:
        BadValue: a group with samples that are pinned to different parts.
    """
    result = np.full(bundles, UNASSIGNED, np.int16)
    at = np.flatnonzero(pinned != UNASSIGNED)
    result[bundle[at]] = pinned[at]
    other = at[pinned[at] != result[bundle[at]]]
    if len(other):
        one = int(other[0])
        two = int(at[(bundle[at] == bundle[one]) & (pinned[at] != pinned[one])][0])
        raise BadValue(
            f"{len(np.unique(bundle[other])):,} groups are pinned to more than one part. In the first, sample {keys[one]} is "
            f"pinned to {names[pinned[one]]!r} and sample {keys[two]} to {names[pinned[two]]!r}",
            hint="pin a group to one part, or group by a finer column",
        )
    return result


def pin_warnings(
    pinned: npt.NDArray[np.int16], settled: npt.NDArray[np.int16], names: tuple[str, ...], wanted: tuple[int, ...]
) -> tuple[str, ...]:
    """What pins brought about that nobody asked for.

    Args:
        pinned: (n,) what was asked for, or `UNASSIGNED`.
        settled: (n,) the same with the groups of those samples.
        names: the parts.
        wanted: samples of each.
    """
    own = np.bincount(pinned[pinned >= 0], minlength=len(names))
    all_ = np.bincount(settled[settled >= 0], minlength=len(names))
    warnings = [
        f"{all_[i] - own[i]:,} samples are in part {name!r} because a pinned sample is in their group"
        for i, name in enumerate(names)
        if all_[i] > own[i]
    ]
    warnings += [
        f"part {name!r} has {all_[i]:,} samples by what is pinned to it ({wanted[i]:,} wanted): the others have fewer"
        for i, name in enumerate(names)
        if all_[i] > wanted[i]
    ]
    return tuple(warnings)


def completed(
    of_bundle: npt.NDArray[np.int16], bundle: Ints, place: Ints, klass: Ints, *, wanted: tuple[int, ...]
) -> npt.NDArray[np.int16]:
    """(bundles,) int16: a part for each bundle; those that have one keep it."""
    n, rows = len(bundle), int(klass.max(initial=0)) + 1
    sizes = np.array([*wanted, n - sum(wanted)], np.int64)
    held = np.zeros((rows, len(sizes)), np.int64)
    settled = of_bundle != UNASSIGNED
    np.add.at(held[0], of_bundle[bundle[settled[bundle]]], 1)
    there = settled[bundle[place]]
    np.add.at(held, (klass[there], of_bundle[bundle[place[there]]]), 1)
    if not sizes[-1]:
        sizes, held = sizes[:-1], held[:, :-1]
    sizes = np.array(_largest_remainder(above(sizes[None, :].astype(np.float64), held[:1])[0].tolist(), n), np.int64)
    free = ~settled
    number = np.cumsum(free) - 1
    entry = ~there
    kind, kinds = kinds_of(
        number[bundle[free[bundle]]], int(free.sum()), number[bundle[place[entry]]], klass[entry], rows
    )
    table = allocate(kinds, sizes, held=held, may_be_empty=np.arange(len(sizes)) >= len(wanted))
    dealt = deal(kind, table)
    dealt[dealt == len(wanted)] = UNASSIGNED
    result = of_bundle.copy()
    result[free] = dealt
    return result


def part_sizes(parts: Mapping[str, float | int], n: int) -> tuple[int, ...]:
    """Samples wanted in each part: shares by largest remainder, counts as they are.

    >>> part_sizes({"train": .8, "val": .1, "test": .1}, 17)
    (13, 2, 2)
    >>> part_sizes({"train": 10, "val": 5}, 17)
    (10, 5)
    """
    if not parts:
        raise BadValue("'parts' must name at least one part. Got none", hint="{'train': 0.8, 'val': 0.1, 'test': 0.1}")
    if bad := [name for name in parts if not isinstance(name, str) or not name.strip()]:
        raise BadValue(f"A part must have a name. Got {bad[0]!r}")
    values = list(parts.values())
    for name, value in parts.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise BadValue(f"Part {name!r} must be a share or a count. Got {value!r}")
        if not (math.isfinite(value) and value > 0):
            raise BadValue(f"Part {name!r} must be greater than 0. Got {value}")
    if all(isinstance(value, (int, np.integer)) for value in values):
        if sum(values) > n:
            raise BadValue(
                f"The parts ask for {int(sum(values)):,} samples of {n:,}", hint="shares are floats: {'train': 0.8, …}"
            )
        return tuple(int(value) for value in values)
    if not all(isinstance(value, (float, np.floating)) for value in values):
        raise BadValue(f"'parts' must be all shares (floats) or all counts (ints). Got {dict(parts)}")
    if abs(math.fsum(values) - 1) > 1e-6:
        raise BadValue(f"Shares must sum to 1. Got {math.fsum(values):g}", hint="counts are ints: {'train': 800, …}")
    return _largest_remainder([float(value) for value in values], n)


def _largest_remainder(shares: list[float], n: int) -> tuple[int, ...]:
    total = math.fsum(shares)
    # 0.1 + 0.2 style dust must not decide a remainder, hence the rounding.
    ideal = [round(share / total * n, 6) for share in shares]
    sizes = [math.floor(value) for value in ideal]
    by_remainder = sorted(range(len(shares)), key=lambda i: (sizes[i] - ideal[i], i))
    for i in by_remainder[: n - sum(sizes)]:
        sizes[i] += 1
    return tuple(sizes)
