"""Lance: one table `samples.lance` with a row a sample: the picture as a blob, metadata, nested labels, and the part as a column.

Blobs are read one by one (`take_blobs`), or with the rest (`blob_handling="all_binary"`). Data files are named by number, and the
time and the random number of the transaction are taken out of the table's manifest, so that the same input gives the same bytes.
Source: https://lance.org/format/table, https://lance.org/guide/blob
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pyarrow as pa

from curate.errors import NotVerified
from curate.exports.contents import Contents, Format, Found, by_part
from curate.exports.manifest import Manifest
from curate.exports.records import Records, differ, found, paired, seen
from curate.exports.rows import IMAGE, Batches, as_read, row_of, row_schema, without_pictures
from curate.exports.shards import shard_name, write_shards

TABLE = "samples.lance"
FILES: Literal["2.1"] = "2.1"  # the version of Lance's data files: the latest that is called stable
_BLOB = {"lance-encoding:blob": b"true"}
_TIME, _TRANSACTION_FILE, _TRANSACTION_PLACE = 7, 12, 23  # fields of the message `Manifest` in Lance's table.proto
_READ_AHEAD = 64 * 2**20  # bytes


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise=""), [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    table, schema = folder / TABLE, _schema(contents)
    for left in ("_versions", "_transactions"):
        shutil.rmtree(table / left, ignore_errors=True)
    (table / "data").mkdir(parents=True, exist_ok=True)
    paths = write_shards(
        table / "data",
        contents,
        contents.samples,
        named=partial(shard_name, "samples", suffix="lance"),
        opened=lambda path: _Data(path, schema),
        held=_held,
    )
    _commit(table, schema, paths)


def _schema(contents: Contents) -> pa.Schema:
    return row_schema(contents, pa.large_binary(), _BLOB)


class _Data:
    """A data file of the table that is being written."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        from lance.file import LanceFileWriter

        self._writer = LanceFileWriter(str(path), schema, version=FILES)
        self._batches = Batches(schema)
        self.size = 0

    def add(self, record: dict[str, Any], picture: bytes) -> None:
        self.size += len(picture)
        if (batch := self._batches.add(row_of(record, picture), len(picture))) is not None:
            self._writer.write_batch(batch)

    def close(self) -> None:
        if (batch := self._batches.rest()) is not None:
            self._writer.write_batch(batch)
        self._writer.close()


def _held(path: Path) -> list[int]:
    from lance.file import LanceFileReader

    try:
        table = LanceFileReader(str(path), columns=["sample_id"]).read_all().to_table()
    except (OSError, ValueError, RuntimeError) as error:
        raise NotVerified(f"{path.name!r} cannot be read: {error}", hint="export again") from error
    held: list[int] = table["sample_id"].to_pylist()
    return held


def _commit(table: Path, schema: pa.Schema, paths: list[str]) -> None:
    """Make a table of data files: its first version, and the only one."""
    import lance
    from lance.file import LanceFileReader
    from lance.fragment import DataFile, FragmentMetadata

    # Which columns of a file are which fields of the schema, a table of one row knows.
    with tempfile.TemporaryDirectory() as temporary:
        one_row = pa.Table.from_pylist([{}], schema)
        like = lance.write_dataset(one_row, f"{temporary}/like.lance", data_storage_version=FILES)
        of_like = like.get_fragments()[0].metadata.files[0]
    fragments = []
    for number, name in enumerate(paths):
        path = table / "data" / name
        columns = (of_like.fields, of_like.column_indices, of_like.file_major_version, of_like.file_minor_version)
        file = DataFile(name, *columns, path.stat().st_size)
        rows = LanceFileReader(str(path)).metadata().num_rows
        fragments.append(FragmentMetadata(id=number, files=[file], physical_rows=rows))
    lance.LanceDataset.commit(str(table), lance.LanceOperation.Overwrite(schema, fragments))
    for manifest in sorted((table / "_versions").glob("*.manifest")):
        manifest.write_bytes(_without_time(manifest.read_bytes()))
    shutil.rmtree(table / "_transactions", ignore_errors=True)


def _without_time(manifest: bytes) -> bytes:
    """A table's manifest without what differs from one writing to the next: a message, its place, the version, and "LANC"."""
    place, major, minor, magic = struct.unpack("<QHH4s", manifest[-16:])
    (length,) = struct.unpack_from("<I", manifest, place)
    assert magic == b"LANC", "a manifest of Lance ends with its name"
    message = manifest[place + 4 : place + 4 + length]
    forgotten = (_TIME, _TRANSACTION_FILE, _TRANSACTION_PLACE)
    kept = b"".join(content for number, content in _fields(message) if number not in forgotten)
    return struct.pack("<I", len(kept)) + kept + struct.pack("<QHH4s", 0, major, minor, magic)


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protocol buffer: number, and all its bytes."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 2:
            length, at = _varint(message, at)
            at += length
        elif kind == 0:
            _, at = _varint(message, at)
        else:
            at += {1: 8, 5: 4}[kind]
        yield tag >> 3, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number, at, shift = number | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return number, at


def _read_back(folder: Path, manifest: Manifest) -> Found:
    return found(_fragments(folder / TABLE), manifest)


def _fragments(table: Path) -> Iterator[tuple[None, pl.DataFrame, int]]:
    """Samples and number of labels of each fragment, and no part: a column says it."""
    import lance

    try:
        dataset = lance.dataset(str(table))
        columns = [name for name in dataset.schema.names if name != IMAGE]
        for fragment in dataset.get_fragments():
            frames, count = [pl.DataFrame()], 0
            for samples, labels in map(without_pictures, fragment.to_batches(columns=columns)):
                frames.append(samples)
                count += labels
            yield None, pl.concat([each for each in frames if each.width] or frames), count
    except (OSError, ValueError, RuntimeError) as error:
        raise NotVerified(f"{table.name!r} cannot be read: {error}", hint="export again") from error


def _check(folder: Path, _manifest: Manifest, contents: Contents) -> str:
    import lance

    records, schema = Records(contents), _schema(contents)
    batches = (
        lance.dataset(str(folder / TABLE))
        .scanner(
            batch_size=64,
            batch_readahead=1,
            fragment_readahead=1,
            io_buffer_size=_READ_AHEAD,
            blob_handling="all_binary",
        )
        .to_batches()
    )
    read = (row for batch in batches for row in batch.to_pylist())
    for row, record in paired(read, records.of(contents.samples)):
        picture_meant, picture_read = seen(contents, record, row.pop(IMAGE))
        meant = as_read(row_of(record, None), schema)
        names = [name for name in schema.names if name != IMAGE]
        differ(
            f"sample {record['sample_id']}",
            [names, picture_meant, *(meant[name] for name in names)],
            [list(row), picture_read, *(row.get(name) for name in names)],
            ["columns", "its picture", *names],
        )
    return f"lance {version('pylance')}"


LANCE = Format("lance", _folders, _write, _read_back, packs=True, check=_check)
