"""Rows in groups of equal values of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from curate.analysis.coding import Categories
from curate.dataset import Dataset
from curate.errors import BadValue, UnknownName
from curate.search.evaluation import Rows
from curate.store.session import Session
from curate.widgets.codings import Codings
from curate.widgets.tiles import text_of

MOST_GROUPS = 10_000
"""Groups that a person can scroll past, and a browser can lay out."""

NO_VALUE = "none"


@dataclass(frozen=True, eq=False)
class RowGroups:
    """The groups of some rows, in the order of the rows.

    Attributes:
        column: whose values they have in common.
        texts: the value of each group as a person reads it; "none" where there is none.
        starts: (g,) int64, the first row of each.
        counts: (g,) int64, their rows.
    """

    column: str
    texts: Sequence[str]
    starts: np.ndarray
    counts: np.ndarray


def grouped(dataset: Dataset, rows: Rows, column: str) -> tuple[Rows, RowGroups]:
    """Order rows by groups of equal values: groups in the order of their first row, each as it was inside.

    Raises:
        UnknownName: no such column.
        BadValue: a column of lists, or more than 10,000 groups.
    """
    session = dataset.session
    known = {name.lower(): name for name in session.columns}
    if column.lower() not in known:
        raise UnknownName("column", column, session.columns)
    column = known[column.lower()]
    distinct, codes = _coded(dataset, rows, column) or _counted(session, rows, column)
    # the last write to a place wins, so from behind each group is left with its first row
    first = np.zeros(len(distinct), np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    by_first = np.argsort(first, kind="stable")
    rank = np.empty(len(distinct), np.uint16)
    rank[by_first] = np.arange(len(distinct), dtype=np.uint16)
    ranked = rank[codes]
    order = np.argsort(ranked, kind="stable")  # of 16 bits: a radix sort
    counts = np.bincount(ranked, minlength=len(distinct)).astype(np.int64)
    texts = [_text(distinct[at]) for at in by_first.tolist()]
    groups = RowGroups(column, texts, np.cumsum(counts) - counts, counts)
    return _reordered(rows, order), groups


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return NO_VALUE if value is None else text_of(value)


def _coded(dataset: Dataset, rows: Rows, column: str) -> tuple[list[Any], np.ndarray] | None:
    """The different values of the rows, and which of them each is, from the codes that facets are counted from; None where
    there are none of this column.
    """
    codings = Codings.of(dataset)
    card = next((c for c in codings.columns() if c.name == column and c.kind in {"category", "boolean"}), None)
    if card is None:
        return None
    coded = codings.coded([card])[0]
    if not isinstance(coded.codes, Categories) or coded.generation != rows.generation:
        return None
    codes = coded.codes.codes[rows.positions]
    there = np.flatnonzero(np.bincount(codes, minlength=len(coded.codes.values) + 1))
    _few(column, len(there))
    number = np.zeros(len(coded.codes.values) + 1, np.int64)
    number[there] = np.arange(len(there))
    values = [None, *coded.codes.values]
    return [values[code] for code in there.tolist()], number[codes]


def _counted(session: Session, rows: Rows, column: str) -> tuple[list[Any], np.ndarray]:
    """The same for any other column, from the values of the rows."""
    quoted = '"' + column.replace('"', '""') + '"'
    table = "samples" if column == "tags" else "wide"
    values = session.read(f"SELECT position, {quoted} AS value FROM {table} ORDER BY position")["value"]
    if isinstance(values.dtype, pl.List | pl.Array | pl.Struct):
        raise BadValue(f"{column!r} holds lists, and rows are grouped by single values", hint="group by another column")
    if values.dtype.is_float():
        values = values.fill_nan(None)
    values = values.gather(rows.positions)
    distinct = values.unique()
    _few(column, len(distinct))
    return distinct.to_list(), _codes(values, distinct)


def _few(column: str, count: int) -> None:
    if count > MOST_GROUPS:
        raise BadValue(
            f"{column!r} has {count:,} different values here; at most {MOST_GROUPS:,} groups are shown",
            hint="group by a column of fewer values, or narrow the view first",
        )


def _codes(values: pl.Series, distinct: pl.Series) -> np.ndarray:
    """(m,) int64, which of the distinct values each is."""
    if len(distinct) < 2:
        return np.zeros(len(values), np.int64)
    numbered = pl.DataFrame({"value": distinct, "code": np.arange(len(distinct))})
    joined = pl.DataFrame({"value": values}).join(
        numbered, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    codes: np.ndarray = joined["code"].to_numpy()
    return codes


def _reordered(rows: Rows, order: np.ndarray) -> Rows:
    return replace(
        rows,
        positions=rows.positions[order],
        scores=None if rows.scores is None else rows.scores[order],
        ranks=None if rows.ranks is None else rows.ranks[order],
    )
