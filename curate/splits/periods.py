"""From when to when the parts of a split are, and whether they follow each other."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.splits.certificate import Promise, TimeRange


def time_ranges(values: pl.Series, code: npt.ArrayLike, names: Sequence[str]) -> tuple[TimeRange, ...]:
    """The first and the last moment of each part.

    Args:
        values: (n,) times or numbers.
        code: (n,) integers, a part or less than 0 for none.
        names: of the parts.

    >>> ranges = time_ranges(pl.Series([3, 1, None, 7]), [0, 0, 1, 1], ["train", "test"])
    >>> [(r.part, r.first, r.last, r.without) for r in ranges]
    [('train', '1', '3', 0), ('test', '7', '7', 1)]
    """
    part, found = np.asarray(code), []
    for number, name in enumerate(names):
        mine = values.filter(pl.Series(part == number))
        known = mine.drop_nulls()
        low, high = (known.min(), known.max()) if len(known) else (None, None)
        found.append(TimeRange(name, _text(low), _text(high), mine.null_count()))
    return tuple(found)


def in_order(
    values: pl.Series, code: npt.ArrayLike, names: Sequence[str], column: str, gap: dt.timedelta | float | None
) -> Promise:
    """Whether each part is later than the one before it, by the gap at least.

    >>> in_order(pl.Series([1, 2, 5]), [0, 0, 1], ["train", "test"], "frame", 3).text
    'every part is later by frame than the one before, by 3 at least'
    """
    part = np.asarray(code)
    ends: list[tuple[str, Any, Any]] = []
    for number, name in enumerate(names):
        known = values.filter(pl.Series(part == number)).drop_nulls()
        if len(known):
            ends.append((name, known.min(), known.max()))
    apart = "" if gap is None else f", by {gap} at least"
    for (before, _, last), (after, first, _) in itertools.pairwise(ends):
        if first <= last if gap is None or not gap else first - last < gap:
            text = (
                f"{after!r} begins at {_text(first)}, and {before!r} ends at {_text(last)}{apart and f' (gap {gap})'}"
            )
            return Promise("parts in time", False, text)
    return Promise("parts in time", True, f"every part is later by {column} than the one before{apart}")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds" if not value.microsecond else "microseconds")
    return f"{value:.10g}" if isinstance(value, float) else str(value)
