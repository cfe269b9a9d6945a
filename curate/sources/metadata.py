"""The other columns of a table become metadata: ``fields/metadata``, one row a sample, columns added as tables bring them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.store import schemas
from curate.store.folder import Folder

TABLE = "fields/metadata"

_HELD = "\0held"  # behind the name of a column; no name holds a NUL


def write_metadata(
    folder: Folder,
    ids: np.ndarray,
    metadata: pl.DataFrame,
    *,
    sparse: bool = False,
    joined: Collection[str] = (),
) -> list[str]:
    """Store the columns of `metadata` for the samples `ids` ((n,) int64, row-aligned); rows that are stored already are not again.

    A column whose name Curate or a join uses is kept as ``given_<name>``, a dot in a name as ``_``.

    Args:
        folder: the dataset's.
        ids: whose the rows are.
        metadata: (n, columns).
        sparse: a null says nothing, so that what is stored stays: files of one folder speak of different pictures.
        joined: columns that joins brought, which metadata would hide.

    Returns:
        Notes for the user.

    Raises:
        BadSource: a column of a type that no table can hold, or of another type than the stored column of that name; two columns
            of one name.
    """
    notes = []
    used = schemas.RESERVED | {name.lower() for name in joined}
    taken = {name: f"given_{name}" for name in metadata.columns if name.lower() in used}
    # a dot is a field of a struct to Lance, and a column without a name is none
    taken |= {name: name.replace(".", "_") or "unnamed" for name in metadata.columns if not name or "." in name}
    if twice := [new for new in taken.values() if [*taken.values()].count(new) > 1 or new in metadata.columns]:
        raise errors.BadSource(f"Two columns would be called {twice[0]!r}", hint="rename one of them")
    if taken:
        metadata = metadata.rename(taken)
        notes.append(", ".join(f"column {old!r} is kept as {new!r}" for old, new in taken.items()))
    if not metadata.columns:
        return notes
    frame = metadata.with_columns(pl.Series("sample_id", ids)).unique("sample_id", keep="last", maintain_order=True)
    rows = as_arrow(frame.select("sample_id", *metadata.columns))
    table = folder.table(TABLE, pa.schema([pa.field("sample_id", pa.int64(), nullable=False), *rows.schema.remove(0)]))
    if table.exists():
        rows = _as_stored(rows, table.stored_schema())
        table.add_columns([field for field in rows.schema if field.name != "sample_id"])
        rows = _new_rows(rows, table.latest(), sparse=sparse)
    table.append(rows)
    return notes


def as_arrow(frame: pl.DataFrame) -> pa.Table:
    """A frame with the types that tables of a dataset have; times are UTC, without saying so.

    Raises:
        BadSource: a column of a type that no table can hold.
    """
    simple = []
    for name, dtype in frame.schema.items():
        if dtype in (pl.Object, pl.Duration, pl.Int128, pl.UInt128):
            held = "Python objects" if dtype == pl.Object else str(dtype)
            raise errors.BadSource(
                f"Column {name!r} holds {held}, which no table can", hint=f"turn it into text or drop it: {name!r}"
            )
        if dtype in (pl.Categorical, pl.Enum):
            simple.append(pl.col(name).cast(pl.String))
        elif isinstance(dtype, pl.Datetime):
            column = (
                pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else pl.col(name)
            )
            simple.append(column.cast(pl.Datetime("us")))
        else:
            simple.append(pl.col(name).cast(pl.String) if dtype == pl.Null else pl.col(name))
    table = frame.select(simple).to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [pa.field(f.name, _plain(f.type), nullable=f.name != "sample_id") for f in table.schema]
    return table.cast(pa.schema(fields))


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _plain(f.type)) for f in kind])
    return kind


def _as_stored(rows: pa.Table, stored: pa.Schema) -> pa.Table:
    """Cast columns to the types they have in the table, where nothing is lost by it."""
    for at, column in enumerate(rows.schema):
        if column.name not in stored.names or stored.field(column.name).type == column.type:
            continue
        wanted = stored.field(column.name).type
        try:
            rows = rows.set_column(at, stored.field(column.name), rows.column(at).cast(wanted))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise errors.BadSource(
                f"Column {column.name!r} holds {column.type} here and {wanted} in the dataset",
                hint="rename the column, or bring it to the type it has in the dataset",
            ) from None
    return rows


def _new_rows(rows: pa.Table, stored: pa.Table, *, sparse: bool) -> pa.Table:
    """Rows that add or change something; what a row does not say, it keeps."""
    given, held = pl.from_arrow(rows), pl.from_arrow(stored)
    assert isinstance(given, pl.DataFrame)
    assert isinstance(held, pl.DataFrame)
    for name in given.columns:
        if name not in held.columns:
            held = held.with_columns(pl.lit(None, given.schema[name]).alias(name))
    if sparse:
        said = [name for name in given.columns if name != "sample_id"]
        both = given.join(held, on="sample_id", how="left", suffix=_HELD, maintain_order="left")
        given = both.select("sample_id", *(pl.coalesce(name, f"{name}{_HELD}").alias(name) for name in said))
    changed = given.join(
        held.select(given.columns), on=given.columns, how="anti", nulls_equal=True, maintain_order="left"
    )
    others = [name for name in held.columns if name not in given.columns]
    if others and changed.height:
        # the latest row says all that is known of its sample, so it carries the columns of other tables along
        changed = changed.join(held.select("sample_id", *others), on="sample_id", how="left", maintain_order="left")
    return changed.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(
        pa.schema([pa.field(f.name, _plain(f.type), nullable=f.name != "sample_id") for f in _schema(changed)])
    )


def _schema(frame: pl.DataFrame) -> pa.Schema:
    return frame.head(0).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
