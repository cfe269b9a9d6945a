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


@dataclass(frozen=True)
class Strata:
    """The classes of one or more columns.

    Attributes:
        columns: (c,) names.
        codes: (n, c) int64, an index into that column's `labels`.
        labels: for each column the text of its classes; None stands for rows without a value.
    """

    columns: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    labels: tuple[tuple[str | None, ...], ...]


def strata_of(frame: pl.DataFrame, columns: str | Sequence[str]) -> Strata:
    """The classes of these columns: each value one, missing values one of their own, many numbers by quantile.

    Raises:
        UnknownName: a column that the frame lacks.
        BadValue: a column of lists, structs or bytes, which has no classes.

    >>> strata = strata_of(pl.DataFrame({"weather": ["rain", None, "clear", "rain"]}), "weather")
    >>> strata.labels, strata.codes[:, 0].tolist()
    ((('clear', 'rain', None),), [1, 2, 0, 1])
    """
    names = (columns,) if isinstance(columns, str) else tuple(dict.fromkeys(columns))
    codes, labels = np.zeros((frame.height, len(names)), np.int64), []
    for i, name in enumerate(names):
        codes[:, i], classes = _classes(_series(frame, name))
        labels.append(classes)
    return Strata(names, codes, tuple(labels))


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
