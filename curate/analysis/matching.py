"""Rows of a table for rows of samples: by equal keys, or by the nearest time.

Functions of polars frames that give row numbers. DuckDB does the joins; it gets the keys and nothing else, through a cursor of a
sealed session (`curate.store.session.Session.relation`).

A key without a value (null, or a number that is none) equals nothing, itself included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from curate import errors

_SHOWN = 3
_LONGEST = 40


@dataclass(frozen=True, eq=False)
class Nearest:
    """The rows of a table that are nearest in time.

    Attributes:
        rows: (n,) int64 row numbers of the table; -1 where its keys have no row at all.
        apart: (n,) int64 microseconds between a sample and its row; -1 where there is none.
    """

    rows: np.ndarray
    apart: np.ndarray


def aligned(samples: pl.DataFrame, table: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The key columns of both, brought to one type each: int64, float64, text, truth, day, or time in microseconds UTC.

    Times without a zone are taken as UTC, and numbers that are none are null.

    Raises:
        BadValue: a column that holds one kind of thing here and another there, or nothing that can be a key.

    >>> here, there = pl.DataFrame({"run": [1, 2]}, schema={"run": pl.Int16}), pl.DataFrame({"run": [2.0, None]})
    >>> [frame.schema["run"] for frame in aligned(here, there, ["run"])]
    [Int64, Int64]
    """
    both = [_one_type(name, samples[name], table[name]) for name in columns]
    return pl.DataFrame([left for left, _ in both]), pl.DataFrame([right for _, right in both])


def complete(keys: pl.DataFrame) -> pl.Series:
    """Which rows have a value in every key."""
    return keys.select(pl.all_horizontal(pl.all().is_not_null())).to_series()


def repeated(keys: pl.DataFrame) -> list[list[int]]:
    """Row numbers of each key that is there more than once, in the order of the rows.

    >>> repeated(pl.DataFrame({"drive": ["a", "b", "a", None, None]}))
    [[0, 2]]
    """
    numbered = keys.with_row_index("row ").filter(complete(keys))
    twice = numbered.filter(pl.struct(keys.columns).is_duplicated())
    return twice.group_by(keys.columns, maintain_order=True).agg("row ")["row "].to_list()


def equal_rows(cursor: duckdb.DuckDBPyConnection, samples: pl.DataFrame, table: pl.DataFrame) -> np.ndarray:
    """(n,) int64: for each row of `samples` the row of `table` with the same keys, -1 where there is none.

    Args:
        cursor: a cursor of its own, on which two relations may be registered.
        samples: the key columns, n rows, as `aligned` gives them.
        table: the same columns; each key at most once.
    """
    met = _joined(cursor, samples, table)
    rows = np.full(samples.height, -1, np.int64)
    rows[met["sample"].to_numpy()] = met["line"].to_numpy()
    return rows


def nearest_rows(cursor: duckdb.DuckDBPyConnection, samples: pl.DataFrame, table: pl.DataFrame, time: str) -> Nearest:
    """For each row of `samples` the row of `table` that is nearest in time, earlier or later, among those with its other keys.

    Of two that are equally near the earlier one is taken. An ASOF join knows one direction, so there is one for each.

    Args:
        cursor: a cursor of its own, on which two relations may be registered.
        samples: the key columns, n rows, as `aligned` gives them.
        table: the same columns, in any order of rows; each key at most once.
        time: the column that holds times; all others are compared for equality.
    """
    moment = pl.col(time).dt.epoch("us")
    here, there = samples.with_columns(moment), table.with_columns(moment)
    rows = np.full(samples.height, -1, np.int64)
    apart = np.full(samples.height, -1, np.int64)
    for comparison in (">=", "<="):
        met = _joined(cursor, here, there, time, comparison)
        at, row = met["sample"].to_numpy(), met["line"].to_numpy()
        distance = np.abs(here[time].gather(at).to_numpy() - there[time].gather(row).to_numpy())
        nearer = (apart[at] < 0) | (distance < apart[at])
        rows[at[nearer]], apart[at[nearer]] = row[nearer], distance[nearer]
    return Nearest(rows, apart)


def shown_rows(keys: pl.DataFrame, rows: Sequence[int] | np.ndarray) -> str:
    """Some rows in words, for messages: the first three of them.

    >>> shown_rows(pl.DataFrame({"drive": ["a", "b"], "frame": [1, 2]}), [1])
    "drive 'b', frame 2"
    """
    some = keys[list(rows[:_SHOWN])]
    told = [", ".join(f"{name} {_short(value)}" for name, value in row.items()) for row in some.iter_rows(named=True)]
    return "; ".join(told) + ("; …" if len(rows) > _SHOWN else "")


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _joined(
    cursor: duckdb.DuckDBPyConnection, samples: pl.DataFrame, table: pl.DataFrame, time: str = "", comparison: str = "="
) -> pl.DataFrame:
    """Pairs of a row of `samples` (sample) and a row of `table` (line)."""
    names = samples.columns
    for name, frame, number in (("here", samples, "sample"), ("there", table, "line")):
        # by place, since names of columns that differ by case only are one to DuckDB
        keys = frame.rename({column: f"key{place}" for place, column in enumerate(names)})
        keys = keys.with_columns(pl.Series(number, np.arange(frame.height))).filter(complete(frame))
        cursor.register(name, keys.to_arrow(compat_level=pl.CompatLevel.oldest()))
    compared = [
        f"here.key{place} {comparison if name == time else '='} there.key{place}" for place, name in enumerate(names)
    ]
    join = "ASOF JOIN" if time else "JOIN"
    pairs: pl.DataFrame = cursor.sql(f"SELECT sample, line FROM here {join} there ON {' AND '.join(compared)}").pl()
    return pairs


def _one_type(name: str, here: pl.Series, there: pl.Series) -> tuple[pl.Series, pl.Series]:
    kinds = tuple(_kind(name, column) for column in (here, there))
    if kinds[0] == kinds[1]:
        return _plain(here, kinds[0]), _plain(there, kinds[1])
    if set(kinds) == {"whole numbers", "numbers"}:
        whole = [_as_whole(column) for column in (here, there)]
        if whole[0] is not None and whole[1] is not None:
            return whole[0], whole[1]
    raise errors.BadValue(
        f"{name!r} holds {kinds[0]} in the dataset and {kinds[1]} in the table, so that nothing can be equal",
        hint=f"bring it to one type first, as in table.with_columns(pl.col({name!r}).cast(pl.{_polars_type(here)}))",
    )


def _polars_type(column: pl.Series) -> str:
    return str(column.dtype.base_type())


def _kind(name: str, column: pl.Series) -> str:
    dtype = column.dtype
    if dtype.is_integer():
        return "whole numbers"
    if dtype.is_float():
        return "numbers"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    if dtype == pl.Boolean:
        return "true and false"
    if dtype == pl.Date:
        return "days"
    if isinstance(dtype, pl.Datetime):
        return "times"
    held = "no values" if dtype == pl.Null else str(dtype)
    raise errors.BadValue(
        f"{name!r} holds {held}, which cannot be a key", hint="a key is text, a number, a day or a time"
    )


def _plain(column: pl.Series, kind: str) -> pl.Series:
    match kind:
        case "whole numbers":
            beyond = column.dtype == pl.UInt64 and not (column <= 2**63 - 1).all()
            return column if beyond else column.cast(pl.Int64)
        case "numbers":
            return column.cast(pl.Float64).fill_nan(None)
        case "text":
            return column.cast(pl.String)
        case "times":
            zone = getattr(column.dtype, "time_zone", None)
            utc = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zone else column
            return utc.cast(pl.Datetime("us"))
        case _:
            return column


def _as_whole(column: pl.Series) -> pl.Series | None:
    """As int64 where every value is a whole number, as a key column with gaps is after pandas; else None."""
    if column.dtype.is_integer():
        return _plain(column, "whole numbers")
    values = column.cast(pl.Float64).fill_nan(None)
    known = values.drop_nulls()
    # past 2^53 a float no longer tells one whole number from the next
    if not ((known == known.round()) & (known.abs() <= 2**53)).all():
        return None
    return values.cast(pl.Int64)
