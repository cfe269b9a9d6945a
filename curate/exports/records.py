"""One record a sample: what formats that hold pictures in files of their own keep beside each."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec
import numpy as np
import polars as pl
from PIL import Image

from curate.errors import NotVerified
from curate.exports.contents import PART, Contents, Found, free_names, part_counts
from curate.exports.labels import BOX, shortest
from curate.exports.manifest import Manifest

LABELS = "labels"
T = TypeVar("T")

AT_ONCE = 1_000  # records made together; memory does not grow with the samples


class Records:
    """The records of an export's samples: their columns, and their labels under `LABELS`.

    A label has field, kind and value, and what it has besides: class (from 0, the place of its value among the classes),
    box (x, y, width, height in pixels), points, mask (a PNG), attributes, score, source, label_id.
    """

    def __init__(self, contents: Contents) -> None:
        self._labels = contents.labels
        self._owners = contents.labels["sample_id"].to_numpy()  # sorted: the core sorts labels by sample first
        self._classes = {name: number for number, name in enumerate(contents.classes)}

    def of(self, samples: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """One record for each of these samples, in their order."""
        for start in range(0, samples.height, AT_ONCE):
            some = free_names(samples.slice(start, AT_ONCE), (LABELS,))
            some = some.with_columns(shortest(column) for column in some if column.dtype == pl.Float32)
            for record, labels in zip(some.iter_rows(named=True), self._labels_of(some["sample_id"]), strict=True):
                yield record | {LABELS: labels}

    def _labels_of(self, sample_ids: pl.Series) -> Iterator[list[dict[str, Any]]]:
        first, last = (np.searchsorted(self._owners, sample_ids.to_numpy(), side) for side in ("left", "right"))
        places = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)], dtype=np.int64)
        rows = self._labels[places].iter_rows(named=True)
        for count in last - first:
            yield [self._label(next(rows)) for _ in range(count)]

    def _label(self, row: dict[str, Any]) -> dict[str, Any]:
        label = {name: row[name] for name in ("field", "kind", "value")}
        if row["value"] in self._classes:
            label["class"] = self._classes[row["value"]]
        if row["width"] is not None:
            label["box"] = [row[name] for name in BOX]
        if row["attributes"] is not None:
            label["attributes"] = msgspec.json.decode(row["attributes"])
        rest = ("points", "mask", "score", "source", "label_id")
        return label | {name: row[name] for name in rest if row[name] is not None}


def packed(contents: Contents, samples: pl.DataFrame) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Records with their pictures, without those whose picture cannot be had (see `Pictures.failed`)."""
    assert contents.pictures is not None
    records = Records(contents).of(samples)
    for sample, picture in contents.pictures.stream(samples["sample_id"].to_list()):
        yield next(record for record in records if record["sample_id"] == sample), picture


def to_json(record: dict[str, Any]) -> bytes:
    """A record as JSON; bytes become Base64, and numbers that JSON does not know null."""
    return msgspec.json.encode(record, enc_hook=str)


def found(shards: Iterable[tuple[str | None, pl.DataFrame, int]], manifest: Manifest) -> Found:
    """What reading an export back gives.

    Args:
        shards: part (None where the records themselves say it), samples and number of labels of each file.
        manifest: of the export.
    """
    frames, labels, files = [], 0, 0
    for part, samples, count in shards:
        files, labels = files + 1, labels + count
        # The file decides, not what the record says.
        frames.append(samples.with_columns(pl.lit(part).alias(PART)) if part is not None and samples.width else samples)
    there = [frame for frame in frames if frame.width]
    samples = pl.concat(there, how="diagonal_relaxed") if there else pl.DataFrame(schema={"sample_id": pl.Int64})
    counts = {
        "samples": samples.height,
        "labels": labels,
        "shards": files,
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


def framed(records: Iterable[dict[str, Any]]) -> tuple[pl.DataFrame, int]:
    """The samples of records, and how many labels they have."""
    rows = list(records)
    labels = sum(len(row.pop(LABELS)) for row in rows)
    return pl.DataFrame(rows, infer_schema_length=None, strict=False), labels


def paired(read: Iterable[T], meant: Iterable[dict[str, Any]]) -> Iterator[tuple[T, dict[str, Any]]]:
    """What another reader has read of each sample, and the record that was meant.

    Raises:
        NotVerified: there are more or fewer.
    """
    none = object()
    for number, (one, record) in enumerate(itertools.zip_longest(read, meant, fillvalue=none)):
        if one is none or record is none:
            raise NotVerified(f"only {number:,} samples were {'read' if one is none else 'meant to be there'}")
        yield cast(T, one), cast(dict[str, Any], record)


def seen(contents: Contents, record: dict[str, Any], picture: bytes) -> tuple[Any, Any]:
    """What is known of a picture, and the same of the one that another reader has read.

    That is the SHA-256; of a picture that was encoded again, width and height.
    """
    assert contents.pictures is not None
    if contents.pictures.as_ingested:
        whole = record["content_hash"]
        return whole, whole and hashlib.sha256(picture).hexdigest()
    try:
        with Image.open(io.BytesIO(picture)) as image:
            return (record["width"], record["height"]), image.size
    except OSError:
        return (record["width"], record["height"]), None


def differ(where: str, meant: Sequence[Any], read: Sequence[Any], names: Sequence[str]) -> None:
    """Compare what was meant for one sample with what another reader has read.

    Raises:
        NotVerified: with the first thing that differs.
    """
    for name, one, other in zip(names, meant, read, strict=True):
        if one != other:
            raise NotVerified(f"{where}: {name} is {_short(other)}, and was meant to be {_short(one)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
