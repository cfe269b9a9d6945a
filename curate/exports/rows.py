"""Arrow rows of samples, their pictures and their labels: what formats made of Arrow have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from curate.exports.contents import Contents, free_names
from curate.exports.records import LABELS

IMAGE = "image"
ROWS, BYTES = 100, 32 * 2**20  # a batch ends at one of them: a reader takes a batch at a time

LABEL = pa.struct(
    [
        ("field", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),
        ("class", pa.int64()),
        ("box", pa.list_(pa.float64())),
        ("points", pa.list_(pa.float64())),
        ("mask", pa.binary()),
        ("attributes", pa.string()),
        ("score", pa.float64()),
        ("source", pa.string()),
        ("label_id", pa.int64()),
    ]
)
"""A label, as in `records.Records`; attributes are JSON."""


def row_schema(contents: Contents, image: pa.DataType, metadata: Mapping[str, bytes] | None = None) -> pa.Schema:
    """The columns of the samples, with the picture first and the labels last.

    Args:
        contents: of the export.
        image: how a picture is held.
        metadata: of the column of pictures.
    """
    columns = free_names(contents.samples.head(0), (IMAGE, LABELS))
    plain = columns.select(column for column in columns if column.dtype != pl.Object)
    fields = [pa.field(field.name, _plain(field.type)) for field in plain.to_arrow().schema]
    return pa.schema([pa.field(IMAGE, image, metadata=metadata), *fields, pa.field(LABELS, pa.list_(LABEL))])


def _plain(kind: pa.DataType) -> pa.DataType:
    """The common one of several types for the same values: what every reader of Arrow knows."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _plain(field.type)) for field in kind])
    return kind


def row_of(record: dict[str, Any], image: Any) -> dict[str, Any]:
    """A record as a row of `row_schema`."""
    labels = [label | {"attributes": _json(label.get("attributes"))} for label in record[LABELS]]
    plain = {f"given_{name}" if name == IMAGE else name: value for name, value in record.items()}
    return {**plain, IMAGE: image, LABELS: labels}


def as_read(row: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """A row as it comes back: numbers rounded to their type, and what a label lacks null."""
    rows: list[dict[str, Any]] = pa.RecordBatch.from_pylist([row], schema).to_pylist()
    return rows[0]


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


class Batches:
    """Rows that are gathered until they make a batch.

    Attributes:
        size: bytes of the pictures that wait.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows: list[dict[str, Any]] = []
        self.size = 0

    def add(self, row: dict[str, Any], length: int) -> pa.RecordBatch | None:
        """Take a row whose picture has this length; a batch where it is full."""
        self._rows.append(row)
        self.size += length
        return self.rest() if len(self._rows) >= ROWS or self.size >= BYTES else None

    def rest(self) -> pa.RecordBatch | None:
        """What waits, if anything does."""
        if not self._rows:
            return None
        batch = pa.RecordBatch.from_pylist(self._rows, self._schema)
        self._rows, self.size = [], 0
        return batch


def without_pictures(batch: pa.RecordBatch) -> tuple[pl.DataFrame, int]:
    """The samples of a batch, and how many labels they have."""
    columns = [name for name in batch.schema.names if name not in (IMAGE, LABELS)]
    samples = pl.from_arrow(batch.select(columns))
    assert isinstance(samples, pl.DataFrame)
    lengths = batch.column(LABELS).value_lengths().to_pylist()
    return samples, sum(length or 0 for length in lengths)
