"""Tables with a column that says where each picture is; the other columns become metadata."""

from __future__ import annotations

import io
import json
import os
import posixpath
from collections.abc import Callable
from typing import Any

import polars as pl

from curate.errors import BadSource, SourceNotFound
from curate.media import location as locations
from curate.sources.files import duplicates_note, place, unique
from curate.sources.listing import Listing
from curate.sources.near import not_found

URI_COLUMNS = (
    "uri",
    "path",
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "image_uri",
    "url",
    "location",
)
"""Names, in lower case, that say which column holds the pictures' paths."""


def list_table(
    table: Any, *, root: str | None = None, column: str | None = None, base: str | None = None, source: str = ""
) -> Listing:
    """The files that a table names, and its other columns.

    Args:
        table: a polars or pandas frame, or a pyarrow table; text in the URI column.
        root: what relative paths are relative to, and the listing's root.
        column: the URI column; by default the one of `URI_COLUMNS` that the table has.
        base: what relative paths are relative to where there is no `root`: the folder of the table's file.
        source: the table's name, for display.

    Raises:
        BadSource: no column, or several, could be meant; the column is not text; or a path leads out of the root.
    """
    data = as_frame(table)
    name = uri_column(data, column)
    data = data.with_columns(pl.col(name).cast(pl.String))  # categories are text too
    notes: list[str] = []
    named = data.filter(pl.col(name).is_not_null() & (pl.col(name) != ""))
    if named.height < data.height:
        notes.append(f"{data.height - named.height:,} rows name no file in {name!r}; they were left out")
    location, uris = place([locations.to_uri(text) for text in named[name].to_list()], root=root, base=base)
    files, rows = unique(location, uris)
    if files.height < len(uris):
        notes.append(duplicates_note(len(uris) - files.height))
    metadata = named.drop(name)[rows]
    return Listing(
        location=location,
        files=files,
        metadata=metadata if metadata.width else None,
        source=source or f"a table of {data.height:,} rows",
        complete=False,
        notes=notes,
    )


def list_table_file(path: str, *, root: str | None = None, column: str | None = None) -> Listing:
    """The same for a file: Parquet, CSV, TSV, JSON, JSON lines, Arrow or Feather, on a disk or at a URL.

    Relative paths in it are relative to the folder that it lies in, or to `root`.

    Raises:
        SourceNotFound: there is no such file.
        BadSource: it cannot be read as what its suffix says, and what `list_table` raises.
    """
    table = read_table_file(path)
    base = posixpath.dirname(locations.absolute(path))
    return list_table(table, root=root, column=column, base=base, source=path)


def read_table_file(path: str) -> pl.DataFrame:
    """What a file holds: Parquet, CSV, TSV, JSON, JSON lines, Arrow or Feather, on a disk or at a URL.

    Raises:
        SourceNotFound: there is no such file.
        BadSource: it cannot be read as what its suffix says.
    """
    location = locations.absolute(path)
    reader = READERS[suffix(location)]
    try:
        data = locations.read(location)
    except FileNotFoundError:
        if locations.is_local(location):
            raise not_found(location) from None
        raise SourceNotFound(f"There is nothing at {location!r}", hint="check the bucket and the key") from None
    try:
        return reader(data)
    except Exception as error:  # each reader raises its own kinds
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadSource(
            f"{path!r} cannot be read as a table: {words}", hint="check that its suffix says what it is"
        ) from None


def is_table_file(path: str) -> bool:
    """Whether a path ends like a table's.

    >>> is_table_file("labels.csv"), is_table_file("photos")
    (True, False)
    """
    return suffix(path) in READERS


def suffix(path: str) -> str:
    """The suffix of a path in lower case, "" where there is none."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - may be a URL


def is_table(source: Any) -> bool:
    """Whether an object is a table that `as_frame` takes; known by its type's name, so that nothing is imported for it."""
    if isinstance(source, (pl.DataFrame, pl.LazyFrame)):
        return True
    kind = type(source)
    return (kind.__module__.partition(".")[0], kind.__name__) in {
        ("pandas", "DataFrame"),
        ("pyarrow", "Table"),
        ("pyarrow", "RecordBatch"),
        ("pyarrow", "RecordBatchReader"),
    }


def as_frame(table: Any) -> pl.DataFrame:
    """Any table as a polars frame. A pandas index is dropped."""
    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    try:
        if type(table).__name__ == "RecordBatchReader":
            table = table.read_all()
        frame = pl.from_pandas(table) if type(table).__module__.startswith("pandas") else pl.from_arrow(table)
    except Exception as error:  # mixed objects in a pandas column, extension types that nobody knows
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadSource(f"The table cannot be read: {words}", hint="convert its columns to plain types first") from None
    assert isinstance(frame, pl.DataFrame)
    return frame


def uri_column(data: pl.DataFrame, column: str | None) -> str:
    """The column that holds the pictures' paths.

    Raises:
        BadSource: it is not there, several could be it, or it is not text.
    """
    shown = ", ".join(repr(name) for name in data.columns[:20]) or "none"
    if column is not None:
        if column not in data.columns:
            raise BadSource(f"There is no column {column!r}. There is {shown}")
        name = column
    else:
        found = [name for name in data.columns if name.lower() in URI_COLUMNS and _is_text(data.schema[name])]
        found = found or [name for name in data.columns if name.lower() in URI_COLUMNS]
        if not found:
            raise BadSource(f"No column says where the pictures are. There is {shown}", hint="name it: column='…'")
        if len(found) > 1:
            both = " and ".join(repr(name) for name in found)
            raise BadSource(
                f"The columns {both} may each say where the pictures are", hint=f"choose one: column={found[0]!r}"
            )
        name = found[0]
    if not _is_text(data.schema[name]):
        raise BadSource(f"The column {name!r} holds {data.schema[name]}, not paths", hint="name another: column='…'")
    return name


def _is_text(kind: pl.DataType) -> bool:
    return isinstance(kind, (pl.String, pl.Categorical, pl.Enum))


def _read_json(data: bytes) -> pl.DataFrame:
    """A JSON list of objects, or an object of equally long lists."""
    content = json.loads(data)
    if isinstance(content, dict) and not all(isinstance(value, list) for value in content.values()):
        raise ValueError("expected a list of objects, or an object of columns")
    return pl.DataFrame(content, infer_schema_length=None) if isinstance(content, list) else pl.DataFrame(content)


def _read_arrow(data: bytes) -> pl.DataFrame:
    """An Arrow file (Feather), or a stream."""
    return pl.read_ipc(io.BytesIO(data)) if data[:6] == b"ARROW1" else pl.read_ipc_stream(io.BytesIO(data))


def _read_csv(data: bytes, separator: str = ",") -> pl.DataFrame:
    return pl.read_csv(data, separator=separator, infer_schema_length=None, try_parse_dates=True)


READERS: dict[str, Callable[[bytes], pl.DataFrame]] = {
    ".parquet": lambda data: pl.read_parquet(io.BytesIO(data)),
    ".csv": _read_csv,
    ".tsv": lambda data: _read_csv(data, "\t"),
    ".jsonl": lambda data: pl.read_ndjson(data, infer_schema_length=None),
    ".ndjson": lambda data: pl.read_ndjson(data, infer_schema_length=None),
    ".json": _read_json,
    ".arrow": _read_arrow,
    ".feather": _read_arrow,
}
"""How each kind of table file is read, by its suffix."""
