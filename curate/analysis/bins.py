"""Numbers and times in bins whose edges a person can read, and in levels for colours.

Nothing falls outside: the edges go from the smallest value to the largest. Where few values lie far from all others (a camera
whose clock says 1970), the bins in between stay narrow, and the first and the last reach out as far as is needed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

MOST = 40
"""Bins between the tails; readable steps give 16 to 40 of them."""

TAIL = 0.005
"""Share of the values on either side that may be far away."""

FAR = 3.0
"""How many times wider the whole has to be than what lies between the tails."""

LEVELS = 256

_LOOKED_AT = 50_000
_EPOCH = datetime(1970, 1, 1)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SECONDS = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * m for m in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * h for h in (1, 2, 3, 6, 12)),
    *(_DAY * d for d in (1, 2, 7, 14)),
)
_MONTHS = (1, 2, 3, 6, *(12 * y for y in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)))
_MONTH_SECONDS = 30.44 * _DAY


@dataclass(frozen=True, eq=False)
class Bins:
    """A column in bins.

    Attributes:
        codes: (n,) uint16 by position: the bin from 1, 0 for no value. NaN is no value; an infinity is in the bin at its end.
        edges: (k + 1,) float64, strictly ascending and finite. Bin i holds what is at least `edges[i - 1]` and less than
            `edges[i]`; the last one also holds what equals its upper edge.
        counts: (k + 1,) int64, samples of each code; the first is of those without a value.
    """

    codes: np.ndarray
    edges: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class Levels:
    """A column in 256 equal levels.

    Attributes:
        codes: (n,) uint16 by position: 1 is low, 256 is high, 0 is no value. What lies beyond has the level at its end.
        low, high: what the levels go from and to; None where there is no value.
    """

    codes: np.ndarray
    low: float | None
    high: float | None


def bins(values: np.ndarray, *, whole: bool = False, time: bool = False) -> Bins:
    """Count a column of numbers or times in about thirty bins.

    Args:
        values: (n,) float32 or float64, NaN for none; times are seconds since 1970 (UTC).
        whole: they are whole numbers, and so are the edges.
        time: the edges are whole minutes, days, months … in UTC.

    >>> counted = bins(np.array([0.1, 0.9, np.nan, 0.4]))
    >>> counted.edges[:3].tolist(), counted.edges[-1].item(), counted.counts[0].item()
    ([0.1, 0.12, 0.14], 0.9, 1)
    """
    there = ~np.isnan(values)
    low, high, near_low, near_high = _reach(values, there)
    inner = _time_edges(near_low, near_high) if time else _number_edges(near_low, near_high, whole=whole)
    # whole numbers: the end of the last bin is the number behind it, there too
    edges = _stretched(inner, low, high + 1 if whole and high > inner[-1] else high)
    codes = np.searchsorted(edges, values, side="right").clip(1, len(edges) - 1).astype(np.uint16)
    codes[~there] = 0
    return Bins(codes, edges, np.bincount(codes, minlength=len(edges)))


def levels(values: np.ndarray) -> Levels:
    """A column of numbers or times in levels to be coloured by, between the tails.

    Args:
        values: (n,) float32 or float64, NaN for none.

    >>> levels(np.array([0.0, 1.0, np.nan, 0.5])).codes.tolist()
    [1, 256, 0, 129]
    """
    there = ~np.isnan(values)
    if not there.any():
        return Levels(np.zeros(len(values), np.uint16), None, None)
    _, _, low, high = _reach(values, there)
    # halves, because the difference of two huge numbers is infinite
    span = high / 2 - low / 2
    with np.errstate(over="ignore", invalid="ignore"):
        share = (values.astype(np.float64) / 2 - low / 2) / span if span > 0 else np.zeros(len(values))
    codes = (np.nan_to_num(share, nan=0.0).clip(0, 1) * LEVELS).astype(np.uint16).clip(max=LEVELS - 1) + np.uint16(1)
    codes[~there] = 0
    return Levels(codes, low, high)


def _reach(values: np.ndarray, there: np.ndarray) -> tuple[float, float, float, float]:
    """Lowest and highest finite value, and the same between the tails where those are far away; zeros where there is none."""
    finite = values[there & np.isfinite(values)]
    if len(finite) == 0:
        return 0.0, 0.0, 0.0, 0.0
    low, high = float(finite.min()), float(finite.max())
    # a sample says where the tails begin well enough, and every value is counted anyway
    some = finite[:: max(1, len(finite) // _LOOKED_AT)].astype(np.float64)
    near_low, near_high = (float(q) for q in np.quantile(some, (TAIL, 1 - TAIL), method="nearest"))
    near_span = near_high / 2 - near_low / 2
    if near_span > 0 and high / 2 - low / 2 > FAR * near_span:
        return low, high, near_low, near_high
    return low, high, low, high


def _number_edges(low: float, high: float, *, whole: bool) -> np.ndarray:
    step = _step(low, high, whole=whole)
    if step is None:
        return _even_edges(low, high)
    # whole numbers have bins of their own: the last one is up to the number behind it
    first, last = math.floor(low / step), math.floor(high / step) + 1 if whole else math.ceil(high / step)
    edges = np.array([float(f"{i * step:.15g}") for i in range(first, max(last, first + 1) + 1)])
    fine = np.isfinite(edges).all() and (np.diff(edges) > 0).all() and edges[0] <= low and high <= edges[-1]
    return edges if fine else _even_edges(low, high)


def _step(low: float, high: float, *, whole: bool) -> float | None:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that needs at most `MOST` bins; None where floats do not reach."""
    span = high - low
    if span == 0:
        span = abs(low) / 10 or 1.0
        if whole:
            return 1.0
    if not math.isfinite(span) or span < 1e-290 or span < 1e-12 * max(abs(low), abs(high)):
        return None
    least = span / MOST
    power = math.floor(math.log10(least))
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = float(f"{factor}e{power}")
        if step >= least * (1 - 1e-9) and (not whole or step == int(step)):
            return step
    return 1.0


def _even_edges(low: float, high: float) -> np.ndarray:
    """Edges at equal distances, for spans in which floats know no readable numbers."""
    edges = np.unique(np.linspace(low / 2, high / 2, 33) * 2)
    if len(edges) == 1:
        edges = np.array([low, np.nextafter(low, np.inf)] if low < np.finfo(float).max else [np.nextafter(low, 0), low])
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return edges


def _time_edges(low: float, high: float) -> np.ndarray:
    span = high - low
    if span < MOST * _SECONDS[0] and span > 0:
        return _number_edges(low, high, whole=False)
    if span <= MOST * _SECONDS[-1]:
        step = _SECONDS[bisect_left(_SECONDS, span / MOST)]
        # weeks begin on a Monday; 1 January 1970 was a Thursday
        origin = -3 * _DAY if step % (7 * _DAY) == 0 else 0
        first = math.floor((low - origin) / step)
        last = max(math.ceil((high - origin) / step), first + 1)
        return np.array([origin + float(i) * step for i in range(first, last + 1)])
    months = next((m for m in _MONTHS if span / (m * _MONTH_SECONDS) <= MOST), _MONTHS[-1])
    first = _month(low) // months
    last = max(-(-_month(high) // months), first + 1)
    if _month_start(last * months) < high:
        last += 1
    return np.array([_month_start(i * months) for i in range(first, last + 1)])


def _month(seconds: float) -> int:
    """Months since the year 0."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.year * 12 + moment.month - 1


def _month_start(month: int) -> float:
    # Python's calendar ends in the year 9999 and begins in the year 1
    month = min(max(month, 12), 12 * 9999 + 11)
    return (datetime(month // 12, month % 12 + 1, 1) - _EPOCH).total_seconds()


def _stretched(inner: np.ndarray, low: float, high: float) -> np.ndarray:
    edges = inner[np.r_[True, np.diff(inner) > 0]]
    if low < edges[0]:
        edges = np.r_[low, edges]
    if high > edges[-1]:
        edges = np.r_[edges, high]
    if len(edges) == 1:
        edges = np.r_[edges, np.nextafter(edges[-1], np.inf)]
    return edges
