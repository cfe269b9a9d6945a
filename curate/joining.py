"""`Dataset.join` and `Dataset.join_asof`: columns of a table beside the samples, as a field that says where it came from.

A join is a field table and an event that names it; the field shows while that event stands. So undo takes it back whole, a join
that was killed in between has never been, and joining again under the same name takes the place of the former one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.analysis import duration, matching
from curate.sources import metadata
from curate.sources import table as tables
from curate.store import schemas

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.view import View

JOIN_KEY = b"curate.join"
"""In the metadata of a joined field table: what it was made of, as JSON."""

_SHOWN = 3

# Names that Curate gives columns of its own later; in the dataset there may be none yet.
_OWN = re.compile(r"is_\w+_issue|duplicate_\w+|sequence_group|projection_[xy]", re.IGNORECASE)


class JoinInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the columns of a join came from: the metadata of their table, and the payload of its event.

    Attributes:
        name: of the join.
        source: the file, or what kind of table it was.
        content: blake2b of the table, as Arrow stream.
        rows: how many the table had.
        columns: those that were joined.
        on: the keys; with a tolerance the times.
        by: with a tolerance, the keys that had to be equal.
        tolerance: microseconds, or None where keys had to be equal.
        matched: samples that met a row.
    """

    name: str
    source: str
    content: str
    rows: int
    columns: list[str]
    on: list[str]
    by: list[str]
    tolerance: int | None
    matched: int


@dataclass(frozen=True, eq=False, repr=False)
class Joined:
    """What a join did; `print` tells it.

    Attributes:
        name: of the join.
        columns: those that the dataset has now.
        count: samples that met a row.
        unmatched: the samples that met none; they have no values in the columns.
        reasons: why they met none: words to number of samples.
        unused: the rows of the table that no sample met.
        info: where the columns came from, as it is stored.
        event: what `Dataset.undo` takes back.
        seconds: how long it took.
    """

    name: str
    columns: tuple[str, ...]
    count: int
    unmatched: View
    reasons: dict[str, int]
    unused: pl.DataFrame
    info: JoinInfo
    event: str
    seconds: float

    def __str__(self) -> str:
        keys = [*self.info.by, *self.info.on]
        how = f"by {', '.join(keys)}" + (
            "" if self.info.tolerance is None else f" within {duration.words(self.info.tolerance)}"
        )
        missing = sum(self.reasons.values())
        lines = [
            f"{self.name}: {', '.join(self.columns)} for {self.count:,} of {self.count + missing:,} samples, "
            f"from {self.info.source} {how} in {self.seconds:.1f} s"
        ]
        if missing:
            lines.append(f"  without a match: {missing:,} samples")
            lines += [f"    {count:,}: {why}" for why, count in self.reasons.items()]
        if self.unused.height:
            shown = matching.shown_rows(self.unused.select(keys), np.arange(self.unused.height))
            lines.append(f"  rows that no sample met: {self.unused.height:,} of {self.info.rows:,} ({shown})")
        return "\n".join(lines)

    __repr__ = __str__


def join(dataset: Dataset, table: Any, *, on: str | Sequence[str], name: str | None) -> Joined:
    """`Dataset.join`."""
    work = _Work(dataset, table, name)
    keys = _names("on", on)
    if not keys:
        raise errors.BadValue("'on' names no column", hint="ds.join(table, on='drive')")
    work.align(keys)
    with closing(dataset.session.cursor().cursor()) as cursor:
        rows = matching.equal_rows(cursor, work.samples, work.keys)
    why = _without_value(work.samples)
    named = f"{' and '.join(map(repr, keys))} {'is' if len(keys) == 1 else 'are'}"
    why[f"their {named} not in the table"] = int(((rows < 0) & matching.complete(work.samples).to_numpy()).sum())
    return work.store(rows, why, on=keys, by=[], tolerance=None)


def join_asof(
    dataset: Dataset,
    log: Any,
    *,
    on: str,
    by: str | Sequence[str] | None,
    tolerance: str | timedelta,
    name: str | None,
) -> Joined:
    """`Dataset.join_asof`."""
    within = duration.microseconds(tolerance, argument="tolerance")
    work = _Work(dataset, log, name)
    if not isinstance(on, str):
        raise errors.BadValue(f"'on' names one column of times. Got {on!r}", hint="by= names keys that must be equal")
    others = _names("by", by)
    if on in others:
        raise errors.BadValue(f"{on!r} cannot be both 'on' and 'by'", hint="by= names keys that must be equal")
    work.align([on, *others], time=on)
    with closing(dataset.session.cursor().cursor()) as cursor:
        found = matching.nearest_rows(cursor, work.samples, work.keys, on)
    far = found.apart > within
    why = _without_value(work.samples)
    none = int(((found.rows < 0) & matching.complete(work.samples).to_numpy()).sum())
    why["no row of the table has " + (f"their {' and '.join(map(repr, others))}" if others else "a time")] = none
    if far.any():
        nearest = duration.words(int(found.apart[far].min()))
        why[f"further than {duration.words(within)} from any row; the nearest of them {nearest}"] = int(far.sum())
    return work.store(np.where(far, -1, found.rows), why, on=[on], by=others, tolerance=within)


def _without_value(samples: pl.DataFrame) -> Counter[str]:
    """Why samples cannot meet any row: the first of the keys that they have no value in."""
    why = Counter[str]()
    left = samples
    for key in samples.columns:
        why[f"no value in {key!r}"] = left[key].null_count()
        left = left.filter(pl.col(key).is_not_null())
    return why


def _names(argument: str, given: str | Sequence[str] | None) -> list[str]:
    names = [given] if isinstance(given, str) else list(given or ())
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise errors.BadValue(f"{argument!r} names columns, each once. Got {given!r}", hint=f"{argument}=['drive']")
    return names


class _Work:
    """One join: the samples of this moment and the table.

    Attributes:
        samples: the key columns of the samples, by position, as `matching.aligned` gives them.
        keys: the same of the table.
    """

    samples: pl.DataFrame
    keys: pl.DataFrame

    def __init__(self, dataset: Dataset, table: Any, name: str | None) -> None:
        self.started = time.monotonic()
        dataset.folder.must_write()
        self.dataset = dataset
        self.table, self.source = _read(table)
        if name is not None and not (isinstance(name, str) and name.strip()):
            raise errors.BadValue(f"'name' is a name. Got {name!r}", hint="name='weather'")
        self.given = name
        if self.table.height == 0:
            raise errors.BadValue("The table has no rows", hint="check what it was made from")

    def align(self, keys: list[str], *, time: str = "") -> None:
        """Read the keys of both sides, and refuse those that cannot be keys."""
        session = self.dataset.session
        for key in keys:
            if key not in self.table.columns:
                raise errors.UnknownName("column of the table", key, self.table.columns, hint=self._renamed(key, time))
        with session.lock:
            session.refresh()
            for key in keys:
                if key not in session.columns:
                    raise errors.UnknownName("column", key, session.columns)
            self.ids = session.sample_ids
            samples = self.dataset.frame(np.arange(len(self.ids)), keys)
        if time:
            self._must_be_times(time, samples)
        self.samples, self.keys = matching.aligned(samples, self.table, keys)
        if twice := matching.repeated(self.keys):
            shown = "; ".join(f"row {row:,}: {matching.shown_rows(self.table, [row])}" for row in twice[0][:_SHOWN])
            raise errors.BadValue(
                f"{len(twice):,} key{'s are' if len(twice) > 1 else ' is'} in the table more than once, such as "
                f"{matching.shown_rows(self.keys, twice[0][:1])} in {len(twice[0]):,} rows ({shown})",
                hint=f"keep one row a key, as in table.unique({keys!r}, keep='first')",
            )

    def _renamed(self, key: str, time: str) -> str:
        times = [name for name, dtype in self.table.schema.items() if isinstance(dtype, pl.Datetime)]
        return f"table.rename({{{times[0]!r}: {key!r}}})" if key == time and len(times) == 1 else ""

    def _must_be_times(self, column: str, samples: pl.DataFrame) -> None:
        for where, frame in (("the dataset", samples), ("the table", self.table)):
            dtype = frame.schema[column]
            if not isinstance(dtype, pl.Datetime):
                turned = f"pl.from_epoch({column!r})" if dtype.is_numeric() else f"pl.col({column!r}).str.to_datetime()"
                turned = f"pl.col({column!r}).cast(pl.Datetime)" if dtype == pl.Date else turned
                raise errors.BadValue(
                    f"{column!r} holds {dtype} in {where}, not times",
                    hint=f"table.with_columns({turned})" if frame is self.table else "on= names a column of times",
                )

    def store(
        self, rows: np.ndarray, why: Counter[str], *, on: list[str], by: list[str], tolerance: int | None
    ) -> Joined:
        """Write the columns of the rows ((n,) int64 by position, -1 for none) and the event that names them."""
        columns = [name for name in self.table.columns if name not in {*on, *by}]
        name = self._name(columns)
        former = self.dataset.session.joins.get(name)
        self._refuse_columns(columns, rows, replaced=former["columns"] if former else ())
        met = np.flatnonzero(rows >= 0)
        if len(met) == 0:
            raise errors.BadValue(
                f"No sample meets a row of the table: {', '.join(f'{n:,}: {w}' for w, n in why.items() if n)}. "
                f"The samples have {matching.shown_rows(self.samples, np.arange(len(self.ids)))}, "
                f"the table has {matching.shown_rows(self.keys, np.arange(self.keys.height))}",
                hint="look at the keys of both, and at the zone of their times" if tolerance else "look at both",
            )
        field = metadata.as_arrow(self.table.select(columns))
        info = JoinInfo(
            name=name,
            source=self.source,
            content=_content(field),
            rows=self.table.height,
            columns=columns,
            on=on,
            by=by,
            tolerance=tolerance,
            matched=len(met),
        )
        joined = field.take(pa.array(rows[met])).add_column(
            0, pa.field("sample_id", pa.int64(), nullable=False), pa.array(self.ids[met])
        )
        event = former["event_id"] if former and self._holds(former, joined) else self._write(joined, info)
        return Joined(
            name=name,
            columns=tuple(columns),
            count=len(met),
            unmatched=self.dataset.select(self.ids[rows < 0]),
            reasons={words: count for words, count in why.items() if count},
            unused=self.table.filter(~pl.Series(np.isin(np.arange(self.table.height), rows))),
            info=info,
            event=event,
            seconds=time.monotonic() - self.started,
        )

    def _write(self, joined: pa.Table, info: JoinInfo) -> str:
        """Append the table first: it counts once the event names it."""
        name = f"{schemas.JOINED}{secrets.token_hex(4)}"
        schema = joined.schema.with_metadata({JOIN_KEY: msgspec.json.encode(info)})
        self.dataset.folder.table(f"fields/{name}", schema).append(joined)
        payload = {**msgspec.to_builtins(info), "table": name}
        return self.dataset.write_event("join", payload, count=info.matched)

    def _holds(self, former: dict[str, Any], joined: pa.Table) -> bool:
        """Whether the join of that name says the same already."""
        stored = self.dataset.folder.table(f"fields/{former['table']}").read()
        return bool(stored.equals(joined))

    def _name(self, columns: list[str]) -> str:
        if not columns:
            raise errors.BadValue(
                f"The table has no column beside its keys. It has {', '.join(map(repr, self.table.columns))}",
                hint="join a table that says something of them",
            )
        standing = {name.lower(): name for name in self.dataset.session.joins}
        if self.given is not None:
            return standing.get(self.given.lower(), self.given)
        made, number = columns[0], 1
        while made.lower() in standing:
            number += 1
            made = f"{columns[0]} {number}"
        return made

    def _refuse_columns(self, columns: list[str], rows: np.ndarray, *, replaced: Sequence[str]) -> None:
        """Refuse names of columns that are taken, or that no table can have."""
        for column in columns:
            if not column.strip() or not column.isprintable() or set(column) & set(".`") or column[:4] == "_row":
                raise errors.BadValue(
                    f"No column can be named {column!r}", hint=f"table.rename({{{column!r}: 'another name'}})"
                )
        twice = [name for name, count in Counter(column.lower() for column in columns).items() if count > 1]
        if twice:
            both = [column for column in columns if column.lower() == twice[0]]
            raise errors.BadValue(
                f"The columns {' and '.join(map(repr, both))} differ by case only, which SQL does not see",
                hint=f"table.rename({{{both[1]!r}: 'another name'}})",
            )
        own = {column.lower() for column in replaced}
        held = {column.lower(): column for column in self.dataset.columns if column.lower() not in own}
        taken = [column for column in columns if column.lower() in held]
        if taken:
            raise self._taken(taken, held[taken[0].lower()], rows)
        reserved = [column for column in columns if column.lower() in schemas.RESERVED or _OWN.fullmatch(column)]
        if reserved:
            raise errors.BadValue(
                f"{reserved[0]!r} is a column that Curate gives samples itself",
                hint=f"table.rename({{{reserved[0]!r}: 'given_{reserved[0]}'}})",
            )

    def _taken(self, taken: list[str], held: str, rows: np.ndarray) -> errors.BadValue:
        """The error for columns that are in the dataset already, with the first samples of which both say something else."""
        column = taken[0]
        met = np.flatnonzero(rows >= 0)
        both = self.dataset.frame(met, ["uri", held])
        both = both.select("uri", here=_texts(both[held]), there=_texts(self.table[column].gather(rows[met])))
        differ = both.filter(pl.col("here").ne_missing(pl.col("there")))
        shown = "; ".join(
            f"{uri!r} has {here!r}, the table {there!r}" for uri, here, there in differ.head(_SHOWN).rows()
        )
        more = f" ({', '.join(map(repr, taken[1:]))} too)" if len(taken) > 1 else ""
        said = f"says otherwise of {differ.height:,} of {len(met):,} samples: {shown}" if shown else "says the same"
        brought = next((n for n, j in self.dataset.session.joins.items() if held in j["columns"]), None)
        again = f"; name={brought!r} puts this table in the place of the one that was joined before" if brought else ""
        return errors.BadValue(
            f"The column {column!r}{more} is in the dataset already, and the table {said}",
            hint=f"table.drop({column!r}) or table.rename({{{column!r}: 'joined_{column}'}}){again}",
        )


def _texts(values: pl.Series) -> pl.Series:
    if values.dtype.is_nested() or values.dtype in (pl.Object, pl.Binary):
        return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
    return values.cast(pl.String)


def _content(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.blake2b(sink.getvalue(), digest_size=16).hexdigest()


def _read(table: Any) -> tuple[pl.DataFrame, str]:
    """A table, or a file of one, and what to call it."""
    if isinstance(table, str | Path) and tables.is_table_file(str(table)):
        return tables.read_table_file(str(table)), str(table)
    if tables.is_table(table):
        frame = tables.as_frame(table)
        return frame, f"a table of {frame.height:,} rows"
    shown = repr(table) if isinstance(table, str | Path) else type(table).__name__
    raise errors.BadSource(
        f"{shown} is no table", hint="a polars, pandas or Arrow table, or a CSV, Parquet, JSON or Arrow file"
    )
