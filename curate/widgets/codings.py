"""The codes of a dataset's columns, made once and kept: what facet cards are counted from and what the map colours by.

One `Codings` belongs to one session, so that all widgets on a dataset share it. A column is coded when somebody first asks for it,
and again when it has changed: the columns of the wide table with that table, tags with every change of the dataset, labels
when a label was added or taken back.

    codings = Codings.of(dataset)
    coding = codings.colours("category", "weather")
    coding.codes[positions]
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

from curate.analysis.bins import Bins, bins, levels
from curate.analysis.coding import Categories, Sets, categories, sets
from curate.errors import BadValue, UnknownName
from curate.store.session import Session
from curate.view import View
from curate.widgets.columns import (
    MOST_VALUES,
    FacetColumn,
    facet_columns,
    kind_of,
    read_columns,
    read_labels,
    telling,
)
from curate.widgets.protocol import CardKind, Scalar

T = TypeVar("T")

KEPT = 256
"""Columns whose codes are kept; at a million samples one takes 2 to 4 MB."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A column as it was at one moment.

    Attributes:
        column: which one.
        codes: None where it turned out to hold too many different values to be told apart.
        generation: of the session; positions of another generation mean nothing.
        n: samples there were.
    """

    column: FacetColumn
    codes: Categories | Sets | Bins | None
    generation: int
    n: int


@dataclass(frozen=True, eq=False)
class Coding:
    """What a column colours samples by.

    Attributes:
        kind: "category": code 1 is the most frequent value. "number", "time": codes 1 to 256 from `low` to `high`.
        codes: (n,) uint16 by position, or uint32 where there are more than 65,535 values; 0 is no value. Of several values
            (tags, labels) a sample has the colour of the one that is most frequent in the dataset.
        values, texts: (k,) of a category, what codes 1…k stand for and how they read; empty for numbers and times.
        counts: (k + 1,) int64, samples of each code of a category; empty for numbers and times.
        low, high: of numbers and times (seconds since 1970); None where there is no value.
        generation: of the session; positions of another generation mean nothing.
    """

    kind: Literal["category", "number", "time"]
    codes: np.ndarray
    values: list[Scalar]
    texts: list[str]
    counts: np.ndarray
    low: float | None
    high: float | None
    generation: int


class Codings:
    """The codes of a session's columns. Thread-safe: a column is coded once, however many ask.

    Whoever asks takes the session's lock first, reads under it, and codes outside; nobody waits for another's coding before
    that one has let go of the lock, so it does not matter whether the caller holds it.
    """

    def __init__(self, session: Session) -> None:
        self._held = weakref.ref(session)
        self._kept: OrderedDict[Hashable, tuple[Hashable, Future[Any]]] = OrderedDict()
        self._columns: tuple[Hashable, list[FacetColumn]] = (None, [])
        self._labels: tuple[int, Hashable] = (-1, None)

    @classmethod
    def of(cls, dataset: View) -> Codings:
        """Those of a dataset, or of a view's."""
        session = dataset.dataset.session
        with session.lock:
            if session not in _CODINGS:
                _CODINGS[session] = cls(session)
            return _CODINGS[session]

    def columns(self) -> list[FacetColumn]:
        """The columns that can be cards."""
        session = self._session
        with session.lock:
            stamp = (_wide_stamp(session), self._label_stamp(session))
            if self._columns[0] != stamp:
                self._columns = stamp, facet_columns(session)
            return self._columns[1]

    def column(self, kind: CardKind, name: str) -> FacetColumn:
        """The column of this kind, also one that is no card because it is the same for all samples.

        Raises:
            UnknownName: there is none.
        """
        session = self._session
        for column in self.columns():
            if (column.kind, column.name) == (kind, name):
                return column
        if kind in {"tags", "labels"} or name not in session.columns:
            known = [column.name for column in self.columns() if column.kind == "labels"]
            raise (
                UnknownName("label field", name, known)
                if kind == "labels"
                else UnknownName("column", name, session.columns)
            )
        found = kind_of(session.dtypes[name])
        if found != ("text" if kind == "category" else kind):
            raise BadValue(
                f"{name!r} is of type {session.dtypes[name]} and no {kind}", hint="ds.df() shows the columns"
            )
        return FacetColumn(kind, name)

    def coded(self, columns: Sequence[FacetColumn]) -> list[Coded]:
        """Their codes; what is not there yet is read in one statement."""
        return self._all(columns, _code)

    def colours(self, kind: CardKind, name: str) -> Coding:
        """What a column colours samples by.

        Raises:
            UnknownName: there is no such column.
            BadValue: it is of another kind, or says which sample it is and not of what kind.
        """
        column = self.column(kind, name)
        if kind in {"number", "time"}:
            return self._all([column], _levelled)[0]
        coded = self.coded([column])[0]
        if coded.codes is None:
            raise BadValue(f"{name!r} has too many different values to tell them apart", hint="choose another column")
        return _coloured(coded)

    def _all(self, columns: Sequence[FacetColumn], make: Callable[..., T]) -> list[T]:
        session = self._session
        with session.lock:
            generation, n = session.generation, session.n
            stamps = {column: self._stamp(session, column) for column in columns}
            missing = [c for c in columns if self._kept.get((make, c), (None,))[0] != stamps[c]]
            values = _read(session, missing)
            fresh: dict[FacetColumn, Future[T]] = {column: Future() for column in missing}
            for column, future in fresh.items():
                self._kept[make, column] = stamps[column], future
            for column in columns:
                self._kept.move_to_end((make, column))
            futures = [self._kept[make, column][1] for column in columns]
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        try:
            for column, future in fresh.items():
                future.set_result(make(column, values.pop(column), generation, n))
        except BaseException as error:
            # whoever waits is told, and whoever asks next tries again
            with session.lock:
                for column, future in fresh.items():
                    if not future.done():
                        future.set_exception(error)
                        self._kept.pop((make, column), None)
            raise
        return [future.result() for future in futures]

    def _stamp(self, session: Session, column: FacetColumn) -> Hashable:
        """What a column's codes hang on; another stamp means that it may have changed."""
        if column.kind == "tags":
            return session.generation, session.version
        if column.kind == "labels":
            return _wide_stamp(session), self._label_stamp(session)
        return _wide_stamp(session)

    def _label_stamp(self, session: Session) -> Hashable:
        """Other labels have another one: a label's id is made of what it says."""
        version, stamp = self._labels
        if version != session.version:
            stamp = session.cursor().execute("SELECT count(*), bit_xor(label_id) FROM labels").fetchall()[0]
            self._labels = session.version, stamp
        return stamp

    @property
    def _session(self) -> Session:
        session = self._held()
        assert session is not None  # whoever asks has the dataset
        return session


_CODINGS: weakref.WeakKeyDictionary[Session, Codings] = weakref.WeakKeyDictionary()


def _wide_stamp(session: Session) -> Hashable:
    return session.generation, session.wide_version


def _read(session: Session, columns: Sequence[FacetColumn]) -> dict[FacetColumn, Any]:
    """Columns of the wide table as Arrow, and pairs of position and value of the others; the session's lock is held."""
    found: dict[FacetColumn, Any] = dict(
        read_columns(session, [c for c in columns if c.kind not in {"tags", "labels"}])
    )
    for column in columns:
        if column.kind == "tags":
            found[column] = _tags(session)
        elif column.kind == "labels":
            labels = read_labels(session, column.name)
            found[column] = labels["position"].to_numpy(), labels["value"].to_arrow()
    return found


def _tags(session: Session) -> tuple[np.ndarray, pa.Array]:
    names = list(session.tags)
    found = [session.positions_of(session.tags[name]) for name in names]
    of = np.repeat(np.arange(len(names), dtype=np.int32), [len(at) for at in found])
    at = np.concatenate(found) if found else np.empty(0, np.int64)
    there = at >= 0
    return at[there], pa.DictionaryArray.from_arrays(pa.array(of[there]), pa.array(names, pa.string()))


def _code(column: FacetColumn, values: Any, generation: int, n: int) -> Coded:
    codes: Categories | Sets | Bins | None
    match column.kind:
        case "number" | "time":
            codes = bins(_floats(values), whole=column.whole, time=column.kind == "time")
        case "tags" | "labels":
            positions, texts = values
            codes = sets(positions, texts, n)
            # a tag is a person's own word, however many there are; labels may be captions
            codes = codes if column.kind == "tags" or _few(codes.values, int(codes.counts[1:].sum())) else None
        case _:
            codes = categories(values, most=MOST_VALUES)
            codes = codes if codes is not None and _few(codes.values, int(codes.counts[1:].sum())) else None
    return Coded(column, codes, generation, n)


def _few(values: list[Any], there: int) -> bool:
    return len(values) <= MOST_VALUES and telling(len(values), there)


def _levelled(column: FacetColumn, values: pa.ChunkedArray, generation: int, _: int) -> Coding:
    found = levels(_floats(values))
    kind: Literal["number", "time"] = "time" if column.kind == "time" else "number"
    return Coding(kind, found.codes, [], [], np.empty(0, np.int64), found.low, found.high, generation)


def _coloured(coded: Coded) -> Coding:
    assert isinstance(coded.codes, Categories | Sets)
    values = coded.codes.values
    texts = [text_of(value) for value in values]
    if isinstance(coded.codes, Categories):
        codes, counts = coded.codes.codes, coded.codes.counts
    else:
        codes = coded.codes.first()
        counts = np.bincount(codes, minlength=len(values) + 1)
    return Coding("category", codes, values, texts, counts, None, None, coded.generation)


def _floats(values: pa.ChunkedArray) -> np.ndarray:
    """(n,) float32 or float64, NaN where there is none."""
    floats: np.ndarray = values.to_numpy(zero_copy_only=False)
    return floats


def text_of(value: Scalar) -> str:
    """A value as a person reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
