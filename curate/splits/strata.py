"""Columns to the classes that a split balances, and to the groups that it keeps whole."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import BadValue, UnknownName

MANY_VALUES = 20
"""A numeric or temporal column with more distinct values is cut into `QUANTILES` classes of like size."""
QUANTILES = 5


@dataclass(frozen=True, eq=False)
class Strata:
    """The classes of one or more columns, as pairs of a row and a class: a row may be in several classes of one column.

    Attributes:
        height: rows, n.
        columns: (c,) names.
        rows: for each column (m,) int64, rows in rising order; a column of plain values has each row once.
        codes: for each column (m,) int64, the class of that row, an index into that column's `labels`.
        labels: for each column the text of its classes; None stands for rows without a value.
    """

    height: int
    columns: tuple[str, ...]
    rows: tuple[npt.NDArray[np.int64], ...]
    codes: tuple[npt.NDArray[np.int64], ...]
    labels: tuple[tuple[str | None, ...], ...]

    def pick(self, chosen: npt.NDArray[np.int64]) -> Strata:
        """The same classes of these rows (k,), in this order, each at most once."""
        place = np.full(self.height, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        kept = [np.flatnonzero(place[rows] >= 0) for rows in self.rows]
        kept = [at[np.argsort(place[rows[at]], kind="stable")] for at, rows in zip(kept, self.rows, strict=True)]
        return Strata(
            len(chosen),
            self.columns,
            tuple(place[rows[at]] for at, rows in zip(kept, self.rows, strict=True)),
            tuple(codes[at] for at, codes in zip(kept, self.codes, strict=True)),
            self.labels,
        )


def strata_of(frame: pl.DataFrame, columns: str | Sequence[str]) -> Strata:
    """The classes of these columns: each value one, missing values one of their own, many numbers by quantile.

    A row of a column of lists is in the class of each of its values, once; an empty list has no value.

    Raises:
        UnknownName: a column that the frame lacks.
        BadValue: a column of structs, nested lists or bytes, which has no classes.

    >>> strata = strata_of(pl.DataFrame({"weather": ["rain", None, "clear", "rain"]}), "weather")
    >>> strata.labels, strata.codes[0].tolist()
    ((('clear', 'rain', None),), [1, 2, 0, 1])
    >>> strata = strata_of(pl.DataFrame({"objects": [["car", "bus"], [], ["car"]]}), "objects")
    >>> strata.labels[0], strata.rows[0].tolist(), strata.codes[0].tolist()
    (('bus', 'car', None), [0, 0, 1, 2], [0, 1, 2, 1])
    """
    names = (columns,) if isinstance(columns, str) else tuple(dict.fromkeys(columns))
    each = np.arange(frame.height, dtype=np.int64)
    rows, codes, labels = [], [], []
    for name in names:
        row, values = _members(frame, name) if _is_list(frame, name) else (each, _series(frame, name))
        code, classes = _classes(values)
        if row is not each:
            # Two numbers of one list may fall in one quantile.
            pair = np.unique(row * max(len(classes), 1) + code)
            row, code = np.divmod(pair, max(len(classes), 1))
        rows.append(row)
        codes.append(code)
        labels.append(classes)
    return Strata(frame.height, names, tuple(rows), tuple(codes), tuple(labels))


def groups_of(frame: pl.DataFrame, columns: str | Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) int64 group numbers: rows with equal values in these columns belong together.

    A row without any value says nothing about what it belongs to. It becomes a group of its own; certificates count such
    rows and warn.

    Raises:
        UnknownName: a column that the frame lacks.
        BadValue: a column of lists, structs or bytes.

    >>> groups_of(pl.DataFrame({"drive": ["a", "b", "a", None, None]}), "drive").tolist()
    [0, 1, 0, 2, 3]
    """
    names = [columns] if isinstance(columns, str) else list(columns)
    values = frame.select(_series(frame, name) for name in names)
    if not frame.height:
        return np.zeros(0, np.int64)
    code = values.select(pl.struct(pl.all()).rank("dense")).to_series().to_numpy().astype(np.int64)
    missing = ungrouped(frame, names)
    code[missing] = code.max() + 1 + np.arange(missing.sum())
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    number: npt.NDArray[np.int64] = np.argsort(np.argsort(first))[inverse.reshape(-1)]
    return number


def ungrouped(frame: pl.DataFrame, columns: str | Sequence[str]) -> npt.NDArray[np.bool_]:
    """(n,) bool: rows that have no value in any of these columns."""
    names = [columns] if isinstance(columns, str) else list(columns)
    missing = pl.all_horizontal(_series(frame, name).is_null() for name in names)
    mask: npt.NDArray[np.bool_] = frame.select(missing.alias("missing"))["missing"].to_numpy()
    return mask


def _is_list(frame: pl.DataFrame, name: str) -> bool:
    return name in frame.columns and isinstance(frame.schema[name], pl.List)


def _members(frame: pl.DataFrame, name: str) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """(m,) rows and (m,) values of a column of lists; a row without any value is there once, with None."""
    pairs = (
        frame.select(pl.int_range(pl.len()).alias("row"), pl.col(name).list.drop_nulls().alias("value"))
        .explode("value", empty_as_null=True)
        .unique(maintain_order=True)
    )
    return pairs["row"].to_numpy().astype(np.int64), _series(pairs.select(pl.col("value").alias(name)), name)


def _series(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise UnknownName("column", name, frame.columns)
    values = frame[name]
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        raise BadValue(
            f"Column {name!r} holds {values.dtype}, which has no classes", hint="use a column of text, numbers or times"
        )
    if values.dtype == pl.Null:
        values = values.cast(pl.String)
    if values.dtype.is_float():
        values = values.fill_nan(None)
    return values


def _classes(values: pl.Series) -> tuple[npt.NDArray[np.int64], tuple[str | None, ...]]:
    ordered = values.dtype.is_numeric() or values.dtype.is_temporal()
    distinct = values.drop_nulls().unique().sort()
    if ordered and len(distinct) > MANY_VALUES:
        code, labels = _quantiles(values)
    else:
        if isinstance(values.dtype, (pl.Categorical, pl.Enum)):
            values = values.cast(pl.String)
            distinct = values.drop_nulls().unique().sort()
        labels = [_text(value) for value in distinct]
        code = values.rank("dense").cast(pl.Int64) - 1
    missing = code.is_null()
    if missing.any():
        return code.fill_null(len(labels)).to_numpy(), (*labels, None)
    return code.to_numpy(), tuple(labels)


def _quantiles(values: pl.Series) -> tuple[pl.Series, list[str]]:
    present = values.drop_nulls().sort()
    # Edges are values of the column itself; equal ones fall together, so a column that is half zeros gets fewer classes.
    edges = present.gather([len(present) * i // QUANTILES for i in range(1, QUANTILES)]).unique().sort()
    edges = edges.filter(edges > present[0])
    code = pl.Series(np.zeros(len(values), np.int64))
    for edge in edges:
        code = code + (values >= edge).fill_null(value=False).cast(pl.Int64)
    names = [_text(edge) for edge in edges]
    labels = [
        f"< {names[0]}" if names else "all",
        *(f"{low} to {high}" for low, high in itertools.pairwise(names)),
        *([f"≥ {names[-1]}"] if names else []),
    ]
    return pl.select(pl.when(values.is_not_null()).then(code)).to_series(), labels


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
