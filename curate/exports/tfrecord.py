"""TFRecord: `<part>-000000.tfrecord` and so on, one `tf.train.Example` a sample, and `label_map.pbtxt` with the classes from 1.

Features are those of TensorFlow's object detection: the picture under `image/…`, boxes as shares of the picture under
`image/object/…`, classes of the whole picture under `image/class/…`. What has no feature there (metadata, outlines, masks, scores)
is in `curate/sample`, as JSON. Protocol buffers are written here: two messages need neither TensorFlow nor a compiler.
Source: https://www.tensorflow.org/tutorials/load_data/tfrecord, https://protobuf.dev/programming-guides/encoding,
https://github.com/tensorflow/models/blob/master/research/object_detection/g3doc/using_your_own_dataset.md
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from curate.errors import MissingExtra, NotVerified
from curate.exports.contents import Contents, Format, Found, by_part
from curate.exports.labels import CLASSIFICATION, DETECTION
from curate.exports.manifest import Manifest
from curate.exports.records import LABELS, Records, differ, found, framed, paired, seen, to_json
from curate.exports.shards import parted, shard_name, shards_of, stems, write_shards

SUFFIX = "tfrecord"
LABEL_MAP = "label_map.pbtxt"
ENCODED = "image/encoded"
SAMPLE = "curate/sample"
_BYTES, _FLOATS, _INTEGERS = 1, 2, 3  # the fields of a Feature
_MASK = 0xA282EAD8  # TensorFlow adds it to checksums, so that checksums of checksums are not weak

Features = dict[str, tuple[int, Sequence[Any]]]


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise=""), [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    (folder / LABEL_MAP).write_text(_label_map(contents.classes), encoding="utf-8", newline="\n")
    checksum = _checksum()
    names = stems(contents.parts)
    for part, samples in parted(contents):
        write_shards(
            folder,
            contents,
            samples,
            named=partial(shard_name, names[part], suffix=SUFFIX),
            opened=lambda path: _Examples(path, checksum),
            held=lambda path: [record["sample_id"] for record in _records(path)],
        )


def _label_map(classes: Sequence[str]) -> str:
    return "".join(f'item {{\n  name: "{_escaped(name)}"\n  id: {i}\n}}\n' for i, name in enumerate(classes, start=1))


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(f"\\{ord(c):03o}" if ord(c) < 32 or ord(c) == 127 else c for c in plain)


def _features(record: dict[str, Any], picture: bytes) -> Features:
    boxes = [label for label in record[LABELS] if label["kind"] == DETECTION]
    # Shares of the picture: a box that leaves it ends at its border.
    x, y, width, height = np.reshape([label["box"] for label in boxes], (-1, 4)).T
    across, down = record["width"] or 1, record["height"] or 1
    classes = [label for label in record[LABELS] if label["kind"] == CLASSIFICATION]
    numbered = [label for label in classes if "class" in label]
    return {
        ENCODED: (_BYTES, [picture]),
        "image/filename": (_BYTES, [record["file_name"].encode()]),
        "image/format": (_BYTES, [(record["format"] or "").lower().encode()]),
        "image/height": (_INTEGERS, [record["height"] or 0]),
        "image/width": (_INTEGERS, [record["width"] or 0]),
        "image/source_id": (_BYTES, [str(record["sample_id"]).encode()]),
        "image/class/label": (_INTEGERS, [label["class"] + 1 for label in numbered]),
        "image/class/text": (_BYTES, [label["value"].encode() for label in classes]),
        "image/object/bbox/xmin": (_FLOATS, np.clip(x / across, 0, 1)),
        "image/object/bbox/xmax": (_FLOATS, np.clip((x + width) / across, 0, 1)),
        "image/object/bbox/ymin": (_FLOATS, np.clip(y / down, 0, 1)),
        "image/object/bbox/ymax": (_FLOATS, np.clip((y + height) / down, 0, 1)),
        "image/object/class/label": (_INTEGERS, [label["class"] + 1 for label in boxes]),
        "image/object/class/text": (_BYTES, [label["value"].encode() for label in boxes]),
        SAMPLE: (_BYTES, [to_json(record)]),
    }


def _example(features: Features) -> bytes:
    """A `tf.train.Example`, its features by name."""
    entries = (_field(1, _field(1, name.encode()) + _field(2, _feature(*features[name]))) for name in sorted(features))
    return _field(1, b"".join(entries))


def _feature(kind: int, values: Sequence[Any]) -> bytes:
    if kind == _BYTES:
        return _field(kind, b"".join(_field(1, value) for value in values))
    if len(values) == 0:
        return _field(kind, b"")
    packed = np.asarray(values, "<f4").tobytes() if kind == _FLOATS else b"".join(_varint(value) for value in values)
    return _field(kind, _field(1, packed))


def _field(number: int, content: bytes) -> bytes:
    return b"%c%b%b" % (number << 3 | 2, _varint(len(content)), content)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _checksum() -> Callable[[bytes], bytes]:
    try:
        from crc32c import crc32c
    except ImportError:
        raise MissingExtra("crc32c", "exports") from None

    def masked(data: bytes) -> bytes:
        crc = crc32c(data)
        return struct.pack("<I", ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF)

    return masked


class _Examples:
    """A TFRecord file that is being written: length, its checksum, example, its checksum, and so on."""

    def __init__(self, path: Path, checksum: Callable[[bytes], bytes]) -> None:
        self._file = path.open("xb")
        self._checksum = checksum
        self.size = 0

    def add(self, record: dict[str, Any], picture: bytes) -> None:
        example = _example(_features(record, picture))
        length = struct.pack("<Q", len(example))
        self._file.write(length + self._checksum(length))
        self._file.write(example)
        self._file.write(self._checksum(example))
        self.size = self._file.tell()

    def close(self) -> None:
        self._file.close()


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            while head := file.read(12):
                (length,) = struct.unpack("<Q", head[:8])
                yield msgspec.json.decode(_document(file.read(length)))
                if len(file.read(4)) < 4:
                    raise ValueError("its end is missing")
    except (ValueError, IndexError, struct.error, msgspec.DecodeError, OSError) as error:
        raise NotVerified(f"{path.name!r} cannot be read: {error}", hint="export again") from error


def _document(example: bytes) -> bytes:
    """The JSON of a sample in its example."""
    for entry in _fields(_inside(memoryview(example))):
        name, feature = _fields(entry)
        if bytes(name) == SAMPLE.encode():
            return bytes(_inside(_inside(feature)))
    raise ValueError(f"an example has no feature {SAMPLE!r}")


def _inside(message: memoryview) -> memoryview:
    return next(_fields(message))


def _fields(message: memoryview) -> Iterator[memoryview]:
    """The contents of a message's fields, all of which have a length."""
    at = 0
    while at < len(message):
        at, length, shift = at + 1, 0, 0
        while True:
            byte = message[at]
            at, length, shift = at + 1, length | (byte & 127) << shift, shift + 7
            if byte < 128:
                break
        if at + length > len(message):
            raise ValueError("an example is cut off")
        yield message[at : at + length]
        at += length


def _read_back(folder: Path, manifest: Manifest) -> Found:
    shards = ((part, *framed(_records(folder / path))) for part, path in shards_of(manifest, SUFFIX))
    return found(shards, manifest)


def _check(folder: Path, manifest: Manifest, contents: Contents) -> str:
    from tfrecord.example_pb2 import Example
    from tfrecord.reader import tfrecord_iterator

    records, paths = Records(contents), list(shards_of(manifest, SUFFIX))
    for part, samples in parted(contents):
        read = (one for of, path in paths if of == part for one in tfrecord_iterator(str(folder / path)))
        with contextlib.closing(read):
            for example, record in paired(read, records.of(samples)):
                given = Example.FromString(bytes(example)).features.feature
                picture = given[ENCODED].bytes_list.value[0] if ENCODED in given else b""
                meant = _features(record, picture)
                values = {name: list(_values(given[name])) for name in given}
                picture_meant, picture_read = seen(contents, record, picture)
                differ(
                    f"sample {record['sample_id']}",
                    [sorted(meant), picture_meant, *(_plain(*meant[name]) for name in meant)],
                    [sorted(given), picture_read, *(values.get(name) for name in meant)],
                    ["features", "its picture", *meant],
                )
    return f"tfrecord {version('tfrecord')}"


def _values(feature: Any) -> Sequence[Any]:
    kind = feature.WhichOneof("kind")
    return getattr(feature, kind).value if kind else ()


def _plain(kind: int, values: Sequence[Any]) -> list[Any]:
    return np.asarray(values, np.float32).tolist() if kind == _FLOATS else list(values)


TFRECORD = Format("tfrecord", _folders, _write, _read_back, packs=True, check=_check)
