"""WebDataset: `<part>-000000.tar` and so on, in each the pictures of some samples, every one with a `.json` beside it.

The key of a sample is its file name without suffix; a name with more dots gets underscores and the sample's id, because
WebDataset takes what follows the first dot for the suffix. Shards are plain tar files (POSIX, names that need it as UTF-8 in an
extended header) with times and owners of 0.
Source: https://github.com/webdataset/webdataset, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from curate.errors import NotVerified
from curate.exports.contents import Contents, Format, Found, by_part
from curate.exports.manifest import Manifest
from curate.exports.records import Records, differ, found, framed, paired, seen, to_json
from curate.exports.shards import parted, shard_name, shards_of, stems, write_shards

JSON = "json"
_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif"}
_BLOCK, _END = 512, 10_240  # bytes; a tar file ends with zeros up to a multiple of 20 blocks
_NAME, _LARGEST = 100, 8 * 2**30  # what a plain header can say
_TOGETHER = 2**20  # bytes that are written at once


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise=""), [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    names = stems(contents.parts)
    for part, samples in parted(contents):
        write_shards(
            folder,
            contents,
            samples,
            named=partial(shard_name, names[part], suffix="tar"),
            opened=_Tar,
            held=lambda path: [record["sample_id"] for record in _records(path)],
        )


def _key(record: dict[str, Any]) -> str:
    stem = record["file_name"].rpartition("/")[2].rpartition(".")[0]
    # Every stem is there once in its part; with other dots it gets the sample's id, so that it stays so.
    return f"{stem.replace('.', '_')}-{record['sample_id']:x}" if "." in stem else stem


def _suffix(record: dict[str, Any]) -> str:
    return _SUFFIXES.get(record["format"], (record["format"] or "bin").lower())


class _Tar:
    """A tar file that is being written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=_TOGETHER)
        self.size = 0

    def add(self, record: dict[str, Any], picture: bytes) -> None:
        key, document = _key(record), to_json(record)
        before = _header(f"{key}.{_suffix(record)}", len(picture))
        between = _padding(len(picture)) + _header(f"{key}.{JSON}", len(document))
        self._file.write(before)
        self._file.write(picture)
        after = between + document + _padding(len(document))
        self._file.write(after)
        self.size += len(before) + len(picture) + len(after)

    def close(self) -> None:
        with self._file:
            end = self.size + 2 * _BLOCK
            self._file.write(bytes(2 * _BLOCK + -end % _END))


def _padding(length: int) -> bytes:
    return bytes(-length % _BLOCK)


_BEFORE = b"0000644\x000000000\x000000000\x00"  # mode, user, group
_TIME = b"00000000000\x00"
_AFTER = b"0" + bytes(100) + b"ustar\x0000" + bytes(247)  # a file; no link, owner, device or folder
_SUM = sum(_BEFORE + _TIME + _AFTER) + 8 * ord(" ")


def _header(name: str, length: int) -> bytes:
    """What stands before a file's content; `tarfile` gives the same, but takes longer than writing the picture."""
    if not name.isascii() or len(name) > _NAME or length >= _LARGEST:
        member = tarfile.TarInfo(name)
        member.size = length
        return member.tobuf(tarfile.PAX_FORMAT)
    given, size = name.encode(), b"%011o\x00" % length
    total = _SUM + sum(given) + sum(size)
    return b"%b%b%b%b%b%06o\x00 %b" % (given, bytes(_NAME - len(given)), _BEFORE, size, _TIME, total, _AFTER)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if member.name.endswith(f".{JSON}"):
                    document = tar.extractfile(member)
                    assert document is not None
                    yield msgspec.json.decode(document.read())
                tar.members = []  # type: ignore[attr-defined]  # it keeps all that it has seen
    except (tarfile.TarError, msgspec.DecodeError, OSError) as error:
        raise NotVerified(f"{path.name!r} cannot be read: {error}", hint="export again") from error


def _read_back(folder: Path, manifest: Manifest) -> Found:
    shards = ((part, *framed(_records(folder / path))) for part, path in shards_of(manifest, "tar"))
    return found(shards, manifest)


def _check(folder: Path, manifest: Manifest, contents: Contents) -> str:
    from webdataset.tariterators import group_by_keys, tar_file_expander

    records, paths = Records(contents), list(shards_of(manifest, "tar"))
    for part, samples in parted(contents):
        # Opened by us: its own opener takes some paths for URLs, and closes nothing.
        read = group_by_keys(tar_file_expander(_opened([folder / path for of, path in paths if of == part])))
        for sample, record in paired(read, records.of(samples)):
            suffix = _suffix(record)
            members = sorted(name for name in sample if not name.startswith("__"))
            picture_meant, picture_read = seen(contents, record, sample.get(suffix, b""))
            differ(
                f"sample {record['sample_id']} in {Path(sample['__url__']).name!r}",
                (_key(record), sorted((suffix, JSON)), to_json(record), picture_meant),
                (sample["__key__"], members, sample.get(JSON), picture_read),
                ("its key", "its files", "its JSON", "its picture"),
            )
    return f"webdataset {version('webdataset')}"


def _opened(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open("rb") as stream:
            yield {"url": str(path), "stream": stream}


WEBDATASET = Format("webdataset", _folders, _write, _read_back, packs=True, check=_check, stems=True)
