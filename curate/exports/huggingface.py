"""Hugging Face: what `datasets.load_from_disk` opens, a folder of Arrow files for each part with pictures, metadata and labels.

The folder is a `DatasetDict` where there are parts, and a `Dataset` where there are none. `image` is an `Image`, the class of a
label a `ClassLabel`. Arrow files are written by pyarrow: `datasets` only reads them back.
Source: https://huggingface.co/docs/datasets/process#save, https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from curate.errors import NotVerified
from curate.exports.contents import Contents, Format, Found, by_part
from curate.exports.manifest import File, Manifest, sha256_of
from curate.exports.records import LABELS, Records, differ, found, paired, seen
from curate.exports.rows import IMAGE, LABEL, Batches, as_read, row_of, row_schema, without_pictures
from curate.exports.shards import parted, shard_name, shards_of, stems, write_shards

DICT, INFO, STATE = "dataset_dict.json", "dataset_info.json", "state.json"
DATA, SUFFIX = "/data", "arrow"
_BOTH = pa.struct([("bytes", pa.binary()), ("path", pa.string())])  # how `datasets` holds a picture


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise=""), [None] * samples.height


def _write(folder: Path, contents: Contents) -> list[File]:
    schema = _schema(contents)
    files = []
    for part, samples in parted(contents):
        stem = stems(contents.parts, DATA)[part]
        (folder / stem).parent.mkdir(exist_ok=True)
        paths = write_shards(
            folder,
            contents,
            samples,
            named=partial(shard_name, stem, suffix=SUFFIX),
            opened=lambda path: _Stream(path, schema),
            held=_held,
        )
        hashed = [(path, *sha256_of(folder / path)) for path in paths]
        files += [File(path, length, digest) for path, digest, length in hashed]
        _describe((folder / stem).parent, [path.rpartition("/")[2] for path in paths], [each[1] for each in hashed])
    if contents.parts:
        (folder / DICT).write_bytes(msgspec.json.encode({"splits": list(contents.parts.values())}))
    return files


def _schema(contents: Contents) -> pa.Schema:
    schema = row_schema(contents, _BOTH)
    # Of what stands here, Arrow's types do not tell the meaning; the rest `datasets` sees for itself.
    features = {IMAGE: {"_type": "Image"}, LABELS: _list_of(_label(contents.classes))}
    return schema.with_metadata({"huggingface": msgspec.json.encode({"info": {"features": features}})})


def _label(classes: Sequence[str]) -> dict[str, Any]:
    fields = {field.name: _feature(field.type) for field in LABEL}
    return fields | ({"class": {"names": list(classes), "_type": "ClassLabel"}} if classes else {})


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return _list_of(_feature(kind.value_type))
    return {"dtype": {pa.float64(): "float64"}.get(kind, str(kind)), "_type": "Value"}


def _list_of(feature: dict[str, Any]) -> dict[str, Any]:
    return {"feature": feature, "_type": "List"}


def _describe(folder: Path, files: list[str], digests: list[str]) -> None:
    """The two files by which `datasets` knows a dataset; the fingerprint, under which it keeps results, follows the content."""
    state: dict[str, Any] = {
        "_data_files": [{"filename": name} for name in files],
        "_fingerprint": hashlib.sha256("".join(digests).encode()).hexdigest()[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }
    info = {"citation": "", "description": "exported by Curate", "homepage": "", "license": ""}
    (folder / STATE).write_bytes(msgspec.json.encode(state))
    (folder / INFO).write_bytes(msgspec.json.encode(info))


class _Stream:
    """An Arrow stream that is being written."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("xb")
        self._writer = pa.ipc.new_stream(self._file, schema)
        self._batches = Batches(schema)

    @property
    def size(self) -> int:
        return self._file.tell() + self._batches.size

    def add(self, record: dict[str, Any], picture: bytes) -> None:
        row = row_of(record, {"bytes": picture, "path": record["file_name"]})
        if (batch := self._batches.add(row, len(picture))) is not None:
            self._writer.write_batch(batch)

    def close(self) -> None:
        with self._file:
            if (batch := self._batches.rest()) is not None:
                self._writer.write_batch(batch)
            self._writer.close()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
            yield from stream
            if source.tell() != source.size():
                raise NotVerified(f"{path.name!r} does not end where it should", hint="export again")
    except (pa.ArrowException, OSError) as error:
        raise NotVerified(f"{path.name!r} cannot be read: {error}", hint="export again") from error


def _held(path: Path) -> list[int]:
    return [sample for batch in _batches(path) for sample in batch.column("sample_id").to_pylist()]


def _read_back(folder: Path, manifest: Manifest) -> Found:
    def shards() -> Iterator[tuple[str | None, pl.DataFrame, int]]:
        for part, path in shards_of(manifest, SUFFIX, DATA):
            frames, counts = [pl.DataFrame()], 0
            for samples, labels in map(without_pictures, _batches(folder / path)):
                frames.append(samples)
                counts += labels
            yield part, pl.concat([each for each in frames if each.width] or frames), counts

    return found(shards(), manifest)


def _check(folder: Path, _manifest: Manifest, contents: Contents) -> str:
    import datasets

    records, schema = Records(contents), _schema(contents)
    loaded = datasets.load_from_disk(str(folder), keep_in_memory=False)
    if contents.parts and list(loaded) != list(contents.parts.values()):
        raise NotVerified(f"the splits are {list(loaded)}, and were meant to be {list(contents.parts.values())}")
    for part, samples in parted(contents):
        rows = (loaded if part is None else loaded[contents.parts[part]]).cast_column(
            IMAGE, datasets.Image(decode=False)
        )
        if contents.classes and rows.features[LABELS].feature["class"].names != list(contents.classes):
            raise NotVerified("the classes of the labels are not those that were meant")
        for row, record in paired(rows, records.of(samples)):
            picture_meant, picture_read = seen(contents, record, row[IMAGE]["bytes"])
            meant = as_read(row_of(record, {"bytes": None, "path": record["file_name"]}), schema)
            names = [name for name in schema.names if name != IMAGE]
            differ(
                f"sample {record['sample_id']}",
                [rows.column_names, picture_meant, meant[IMAGE]["path"], *(meant[name] for name in names)],
                [schema.names, picture_read, row[IMAGE]["path"], *(row[name] for name in names)],
                ["columns", "its picture", "its path", *names],
            )
    return f"datasets {version('datasets')}"


HUGGINGFACE = Format(
    "huggingface", _folders, _write, _read_back, reserved=(DICT, INFO, STATE), packs=True, check=_check
)
