"""Splits along time: every part is later than the one before it, with a gap between them.

A *bundle* is a group, or a sample on its own; it reaches from its first to its last time and is not cut. A cut ends one part at a
moment; the next part begins after the gap. What lies in a gap, or reaches across a cut, is in no part.

Where the cuts lie is found by dynamic programming over up to `MOMENTS` of them, which is exact where there are no more distinct
times, and then by moving each cut over all times. What is made small is the chi-square distance between the sizes that the parts
get and those that were wanted; samples that are lost to a gap make all parts smaller and so count by themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.errors import BadValue
from curate.splits.assignment import (
    UNASSIGNED,
    Assignment,
    part_sizes,
    pin_warnings,
    pinned_groups,
    pinned_parts,
)
from curate.splits.bundles import integers
from curate.splits.exchange import Floats, Ints

MOMENTS = 512  # candidates for a cut: (512, 512) sizes are filled and searched in milliseconds
SWEEPS = 10  # over the cuts, each moved to its best place while the others stay


def assign_by_time(
    n: int,
    parts: Mapping[str, float | int],
    *,
    keys: npt.ArrayLike,
    times: npt.ArrayLike,
    gap: float | dt.timedelta | np.timedelta64 | None = None,
    groups: npt.ArrayLike | None = None,
    fixed: npt.ArrayLike | None = None,
) -> Assignment:
    """Split n samples along time, in the order in which the parts are named: the first is the earliest.

    Nothing is drawn by chance: the same times give the same split. A sample without a time is in no part, and neither is its
    group, for nothing can be promised of them. Where counts are asked for, the earliest samples are left over.

    Args:
        n: how many samples.
        parts: name to share (floats that sum to 1) or to count (ints that sum to at most n).
        keys: (n,) int64: what a sample is called in messages.
        times: (n,) datetime64, or numbers; NaT and NaN stand for no time.
        gap: that much time, at least, between the last sample of a part and the first of the next: a timedelta for times, a
            number for numbers. Without it a part is only later than the one before.
        groups: (n,) integers; samples with equal numbers stay together.
        fixed: (n,) integers, the part that a sample is to be in, or `UNASSIGNED` where that is free.

    Raises:
        BadValue: no times, a gap that is negative or not of their kind, fewer times than parts, pins that contradict each
            other or time, or a gap that leaves a part empty.

    >>> days = np.arange("2026-01-01", "2026-01-11", dtype="datetime64[D]")
    >>> split = assign_by_time(10, {"train": .8, "test": .2}, keys=np.arange(10), times=days, gap=dt.timedelta(days=2))
    >>> split.part.tolist(), split.warnings
    ([0, 0, 0, 0, 0, 0, 0, -1, 1, 1], ('1 samples lie in a gap, or in a group that reaches into one: they are in no part',))
    """
    names, wanted = tuple(parts), part_sizes(parts, n)
    value, missing = moments(times, n)
    apart = _apart(gap, value.dtype)
    bundle = np.arange(n)
    if groups is not None:
        bundle = np.unique(integers("groups", groups, n), return_inverse=True)[1].reshape(-1)
    bundles = int(bundle.max(initial=-1)) + 1
    pinned = pinned_parts(fixed, names, n)
    settled = pinned_groups(pinned, bundle, bundles, names=names, keys=integers("keys", keys, n))
    untimed = np.zeros(bundles, bool)
    untimed[bundle[missing]] = True
    if nowhere := int((settled[untimed] != UNASSIGNED).sum()):
        raise BadValue(
            f"{nowhere:,} pinned groups or samples have no time, so that they cannot be earlier or later than anything",
            hint="unpin them, or give them a time",
        )
    moment, rank = np.unique(value[~untimed[bundle]], return_inverse=True)
    spans = _Spans.of(bundle, rank.reshape(-1), ~untimed[bundle], bundles)
    later = np.maximum(np.searchsorted(moment, moment + apart), np.arange(len(moment)) + 1)
    if len(moment) < len(names):
        raise BadValue(
            f"{len(names)} parts one after the other need as many distinct times. Got {len(moment):,}",
            hint="fewer parts, or a finer column",
        )
    _check_pins(names, moment, later, spans, settled)
    cuts = _cuts(spans, later, settled, np.array(wanted, np.int64), rest=sum(wanted) < n)
    if cuts is None:
        raise BadValue(
            f"With a gap of {gap} no {len(names)} parts of {len(moment):,} distinct times have a whole group each"
            if gap
            else f"No {len(names)} parts of {len(moment):,} distinct times have a whole group each",
            hint="a shorter gap, fewer parts, or groups that reach over less time",
        )
    of_bundle = np.full(bundles, UNASSIGNED, np.int16)
    for i, (first, last) in enumerate(cuts):
        of_bundle[(spans.start >= first) & (spans.end <= last) & ~untimed] = i
    lost = (of_bundle == UNASSIGNED) & ~untimed & (spans.end >= cuts[0][0])
    size = np.bincount(bundle, minlength=bundles)
    warnings = list(pin_warnings(pinned, settled[bundle], names, wanted))
    if untimed.any():
        warnings.append(
            f"{int(missing.sum()):,} samples have no time: they and their groups, {int(size[untimed].sum()):,} in all, "
            "are in no part"
        )
    if lost.any():
        warnings.append(
            f"{int(size[lost].sum()):,} samples lie in a gap, or in a group that reaches into one: they are in no part"
        )
    return Assignment(of_bundle[bundle], names, wanted, None, tuple(warnings))


@dataclass(frozen=True)
class _Spans:
    """From when to when each bundle reaches, as ranks among the distinct times; a bundle without a time has no size."""

    start: Ints
    end: Ints
    size: Ints

    @classmethod
    def of(cls, bundle: Ints, rank: Ints, there: npt.NDArray[np.bool_], bundles: int) -> _Spans:
        start, end = np.full(bundles, len(bundle), np.int64), np.full(bundles, -1, np.int64)
        np.minimum.at(start, bundle[there], rank)
        np.maximum.at(end, bundle[there], rank)
        return cls(start, end, np.bincount(bundle[there], minlength=bundles))


def moments(times: npt.ArrayLike, n: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """(n,) times or numbers, and (n,) bool: which have none."""
    value = np.asarray(times)
    if value.shape != (n,):
        raise BadValue(f"'times' must have shape ({n},). Got {value.shape}")
    if value.dtype.kind not in "iufM":
        raise BadValue(
            f"'times' must be times or numbers. Got {value.dtype}", hint="a column of times, or a frame number"
        )
    missing = (
        np.zeros(n, bool)
        if value.dtype.kind in "iu"
        else np.isnat(value)
        if value.dtype.kind == "M"
        else ~np.isfinite(value)
    )
    if missing.all():
        raise BadValue(f"None of {n:,} samples has a time")
    if value.dtype.kind == "M":
        value = value.astype("datetime64[us]")
    return value, missing


def _apart(gap: Any, kind: np.dtype[Any]) -> Any:
    """The gap in the units of the times."""
    is_time = isinstance(gap, (dt.timedelta, np.timedelta64))
    if gap is None:
        return np.timedelta64(0, "us") if kind.kind == "M" else 0
    if (
        is_time != (kind.kind == "M")
        or isinstance(gap, bool)
        or not (is_time or isinstance(gap, (int, float, np.number)))
    ):
        wanted = "a timedelta" if kind.kind == "M" else "a number"
        raise BadValue(f"'gap' must be {wanted}, as the times are {kind}. Got {gap!r}")
    apart = np.timedelta64(gap).astype("timedelta64[us]") if is_time else gap
    if not (apart >= (np.timedelta64(0, "us") if is_time else 0)):
        raise BadValue(f"'gap' must not be negative. Got {gap}")
    return apart


def _check_pins(
    names: tuple[str, ...], moment: npt.NDArray[Any], later: Ints, spans: _Spans, settled: npt.NDArray[np.int16]
) -> None:
    for i in range(1, len(names)):
        low, high = _pinned_bounds(spans, settled, i)
        if low >= 0 and high < len(moment) and later[low] > high:
            before, after = (" or ".join(map(repr, some)) for some in (names[:i], names[i:]))
            raise BadValue(
                f"Pins contradict time: what is pinned to {before} reaches to {moment[low]}, "
                f"and what is pinned to {after} begins at {moment[high]}, which is not later by the gap",
                hint="pin samples in the order of time",
            )


def _pinned_bounds(spans: _Spans, settled: npt.NDArray[np.int16], part: int) -> tuple[int, int]:
    """The last rank that is pinned before this part, and the first that is pinned to it or after it."""
    before = (settled != UNASSIGNED) & (settled < part)
    return int(spans.end[before].max(initial=-1)), int(spans.start[settled >= part].min(initial=len(settled) + 1 << 40))


def _cuts(
    spans: _Spans, later: Ints, settled: npt.NDArray[np.int16], wanted: Ints, *, rest: bool
) -> list[tuple[int, int]] | None:
    """The first and the last rank of each part, or None where some part would be empty. With `rest`, the first begins late."""
    parts, moments = len(wanted), len(later)
    bounds = [_pinned_bounds(spans, settled, part) for part in range(parts)]
    # Candidate i > 0 is a cut after `at[i]`; candidate 0 is before everything.
    at = np.concatenate([[-1], _candidates(spans, moments, [low for low, _ in bounds if low >= 0])])
    begins = np.concatenate([[0], later[at[1:]]])
    best = np.full(len(at), np.inf)
    best[0] = 0.0
    if rest:
        best[:] = np.where(at + 1 <= bounds[0][1], 0.0, np.inf)
    came_from = np.zeros((parts, len(at)), np.int64)
    for part in range(parts):
        first = at + 1 if part == 0 else begins
        cost = best[:, None] + _cost(_inside(spans, first, at), int(wanted[part]))
        came_from[part] = cost.argmin(axis=0)
        best = cost.min(axis=0)
        if part + 1 < parts:
            low, high = bounds[part + 1]
            best = np.where((at >= low) & (begins <= high), best, np.inf)
    if not np.isfinite(best[-1]):
        return None
    chosen = [len(at) - 1]
    for part in range(parts - 1, -1, -1):
        chosen.append(int(came_from[part, chosen[-1]]))
    ends = at[chosen[::-1]]
    return _moved(spans, later, bounds, wanted, ends)


def _candidates(spans: _Spans, moments: int, needed: list[int]) -> Ints:
    """Ranks after which a cut may be: all of them, or as many as allowed, with like many samples between them."""
    if moments <= MOMENTS:
        return np.arange(moments)
    timed = spans.end >= 0
    held = np.cumsum(np.bincount(spans.end[timed], spans.size[timed], moments))
    spread = np.searchsorted(held, held[-1] * np.arange(1, MOMENTS) // MOMENTS)
    return np.unique(np.concatenate([spread, needed, [moments - 1]]).astype(np.int64))


def _inside(spans: _Spans, first: Ints, last: Ints) -> Ints:
    """(c, c): samples of the bundles that begin at `first[i]` or later and end at `last[j]` or earlier."""
    timed = spans.end >= 0
    begun = np.searchsorted(first, spans.start[timed], side="right")  # beginnings that are early enough
    ended = np.searchsorted(last, spans.end[timed])  # the first end that is late enough
    table = np.zeros((len(first) + 1, len(last)), np.int64)
    np.add.at(table, (begun, ended), spans.size[timed])
    result: Ints = table[::-1].cumsum(axis=0)[::-1][1:].cumsum(axis=1)
    return result


def _cost(got: Any, wanted: int) -> Floats:
    # A part that should have samples and has none is no part.
    off = (got - wanted) ** 2 / max(wanted, 1)
    cost: Floats = np.where((got == 0) & (wanted > 0), np.inf, off)
    return cost


def _moved(
    spans: _Spans, later: Ints, bounds: list[tuple[int, int]], wanted: Ints, ends: Ints
) -> list[tuple[int, int]]:
    """Each cut in turn to the best of all ranks, until none moves. `ends` has the rank before the first part, then each end."""
    parts, moments = len(wanted), len(later)
    timed = spans.end >= 0
    start, end, size = spans.start[timed], spans.end[timed], spans.size[timed]
    first = [int(ends[0]) + 1, *(int(later[cut]) for cut in ends[1:-1])]
    last = [int(cut) for cut in ends[1:]]
    for _ in range(SWEEPS):
        before = list(last)
        for cut in range(parts - 1):
            low, high = bounds[cut + 1]
            left, right = start >= first[cut], end <= last[cut + 1]
            gained = np.cumsum(np.bincount(end[left], size[left], moments))
            above = np.append(np.cumsum(np.bincount(start[right], size[right], moments)[::-1])[::-1], 0)
            cost = _cost(gained, int(wanted[cut])) + _cost(above[later], int(wanted[cut + 1]))
            rank = np.arange(moments)
            cost[(rank < low) | (later > high) | (rank < first[cut]) | (rank >= last[cut + 1])] = np.inf
            best = int(cost.argmin())
            if cost[best] < cost[last[cut]]:
                last[cut], first[cut + 1] = best, int(later[best])
        if last == before:
            break
    return list(zip(first, last, strict=True))
