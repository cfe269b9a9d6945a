"""Which columns of a dataset a person filters by, of what kind each is, and how they are read.

Their own columns come first, in the order of the dataset, splits among them; then tags, label fields, the status, and what
Curate measured, as far as it is not the same for all samples. Names, hashes and free text are nothing to filter by with a click,
and have no card; what cleaning has found has cards of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa

from curate.store.schemas import RESERVED
from curate.store.session import Session, read
from curate.widgets.protocol import CardKind

MOST_VALUES = 20_000
"""Different texts past which a column is no list of categories."""

FEW_VALUES = 12
"""So few different texts are categories even where most samples have one of their own."""

LONGEST = 60
"""Characters on average past which a text is a caption."""

SAMPLED = 20_000
"""Rows that a text column is judged by before all of it is read."""

# In this order behind a person's own columns. What is not here (names, hashes, an error's words) is no card.
_CURATES = (
    "status", "captured_at", "brightness", "contrast", "sharpness", "saturation", "entropy", "width", "height", "aspect",
    "bytes", "format", "mode", "origin", "source", "root", "latitude", "longitude", "ingested_at",
)  # fmt: skip
# Tags have a card of their own, and the places on a map are picked on the map.
_ELSEWHERE = frozenset({"position", "tags", "projection_x", "projection_y"})
_CLEANING = ("issues", "duplicates")
_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\))$")
_FRACTION = re.compile(r"(FLOAT|DOUBLE|DECIMAL\(\d+,\s*[1-9]\d*\))$")
_TIME = re.compile(r"(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$")
_TEXT = re.compile(r"(VARCHAR|ENUM\(.*\)|UUID)$", re.DOTALL)


@dataclass(frozen=True)
class FacetColumn:
    """A column, or a label field, that can be a card.

    Attributes:
        kind: of the card.
        name: of the column, or of the label field.
        own: a person gave it; Curate measured the others.
        whole: its numbers are whole.
    """

    kind: CardKind
    name: str
    own: bool = True
    whole: bool = False


def kind_of(type: str) -> CardKind | Literal["text", "other"]:
    """What a column of a DuckDB type is to a person.

    >>> kind_of("DECIMAL(10,2)"), kind_of("TIMESTAMP WITH TIME ZONE"), kind_of("VARCHAR[]")
    ('number', 'time', 'other')
    """
    if type == "BOOLEAN":
        return "boolean"
    for pattern, kind in ((_NUMBER, "number"), (_TIME, "time"), (_TEXT, "text")):
        if pattern.match(type):
            return kind  # type: ignore[return-value]
    return "other"


def quoted(name: str) -> str:
    """A column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def facet_columns(session: Session) -> list[FacetColumn]:
    """The columns that can be cards, in the order of this module's text; the session's lock is held.

    A text column is judged by a sample of its rows; one that has more than `MOST_VALUES` shows it when it is coded.
    """
    types = {name: type for name, type in session.dtypes.items() if name not in _ELSEWHERE}
    cleaning = cleaning_columns(session)
    own = [name for name in types if name not in RESERVED and name not in cleaning]
    texts = [name for name in own if kind_of(types[name]) == "text"]
    categories = _categories(session, texts)
    fields = session.read("SELECT DISTINCT field FROM labels WHERE value IS NOT NULL ORDER BY 1")["field"].to_list()
    return [
        *_of(own, types, categories, own=True),
        FacetColumn("tags", "tags"),
        *(FacetColumn("labels", field) for field in fields if field),
        *_of(_varied(session, [name for name in _CURATES if name in types]), types, frozenset(_CURATES), own=False),
    ]


def cleaning_columns(session: Session) -> frozenset[str]:
    """The columns of `find_issues` and `find_duplicates`: two for each kind of issue would bury all others."""
    folder = session.folder
    there = [folder.table(f"fields/{name}") for name in folder.fields() if name in _CLEANING]
    return frozenset(column for table in there for column in table.stored_schema().names)


def _of(names: Iterable[str], types: dict[str, str], categories: frozenset[str], *, own: bool) -> list[FacetColumn]:
    found = []
    for name in names:
        kind = kind_of(types[name])
        if kind == "text" and name in categories:
            found.append(FacetColumn("category", name, own))
        elif kind not in {"text", "other"}:
            whole = kind == "number" and not _FRACTION.match(types[name])
            found.append(FacetColumn(kind, name, own, whole))  # type: ignore[arg-type]
    return found


def _varied(session: Session, names: Sequence[str]) -> list[str]:
    """Which of these columns are not the same for all samples that have them; the times of one ingest are."""
    differs = {name: f"min({name}) <> max({name})" for name in names}
    if "ingested_at" in differs:
        differs["ingested_at"] = "max(ingested_at) - min(ingested_at) > INTERVAL 1 HOUR"
    row = session.read(f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in differs.items())} FROM wide").row(
        0, named=True
    )
    return [name for name in names if row[name]]


def _categories(session: Session, texts: Sequence[str]) -> frozenset[str]:
    """Which of these columns say what kind a sample is, and not which one it is."""
    if not texts or session.n == 0:
        return frozenset(texts)
    measures = ", ".join(
        f"count({name}) AS there{i}, count(DISTINCT {name}) AS values{i}, avg(length({name}::VARCHAR)) AS long{i}"
        for i, name in enumerate(map(quoted, texts))
    )
    every = -(-session.n // SAMPLED)
    row = session.read(f"SELECT {measures} FROM wide WHERE position % {every} = 0").row(0, named=True)
    return frozenset(
        name
        for i, name in enumerate(texts)
        if (row[f"long{i}"] or 0) <= LONGEST and telling(row[f"values{i}"], row[f"there{i}"], share=2 / 3)
    )


def telling(values: int, there: int, *, share: float = 1 / 2) -> bool:
    """Whether so many different texts among so many are categories.

    >>> telling(5, 1000), telling(999, 1000), telling(9, 9)
    (True, False, True)
    """
    return values <= max(FEW_VALUES, share * there)


def read_columns(session: Session, columns: Sequence[FacetColumn]) -> dict[FacetColumn, pa.ChunkedArray]:
    """The columns of the wide table, each (n,) by position, in one statement; the session's lock is held.

    Numbers come as float32 or float64, times as float64 seconds since 1970 (UTC), texts and booleans as they are.
    """
    if not columns:
        return {}
    selected = ", ".join(f"{_read_as(column, session.dtypes[column.name])} AS c{i}" for i, column in enumerate(columns))
    table = session.cursor().sql(f"SELECT {selected}, position FROM wide").to_arrow_table()
    positions = table.column("position").to_numpy()
    # DuckDB keeps the order in which rows were put in, and sorting a million takes longer than reading them
    if not np.array_equal(positions, np.arange(len(positions))):
        table = table.take(np.argsort(positions))
    return {column: table.column(i) for i, column in enumerate(columns)}


def read_labels(session: Session, field: str) -> pl.DataFrame:
    """Pairs of position and value of a label field; the session's lock is held."""
    return read(
        session.cursor(),
        "SELECT w.position, l.value FROM labels l JOIN wide w USING (sample_id) WHERE l.field = ? AND l.value IS NOT NULL",
        [field],
    )


def _read_as(column: FacetColumn, type: str) -> str:
    name = quoted(column.name)
    if column.kind == "number":
        return name if type in {"FLOAT", "DOUBLE"} else f"{name}::DOUBLE"
    if column.kind == "time":
        # DuckDB's times reach further than anybody's calendar, to infinity; they count at its ends
        cast = "TIMESTAMPTZ" if type.endswith("TIME ZONE") else "TIMESTAMP"
        ends = [
            f"'{day} 00:00:00{'+00' if cast == 'TIMESTAMPTZ' else ''}'::{cast}" for day in ("0001-01-01", "9999-12-31")
        ]
        seconds = f"epoch_us(least(greatest({name}::{cast}, {ends[0]}), {ends[1]})) / 1e6"
        return f"CASE WHEN {name} IS NOT NULL THEN {seconds} END"
    return f"{name}::VARCHAR" if type == "UUID" else name
