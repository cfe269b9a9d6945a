"""Files of many pictures each, one after the other; what a killed export has finished is kept.

A shard is written under a name that ends in `WRITING` and gets its own when it is whole, so that a file with a shard's name is a
complete one. Where shards end depends on the bytes alone.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from curate.errors import NotVerified
from curate.exports.contents import PART, Contents
from curate.exports.manifest import Manifest
from curate.exports.records import packed

WRITING = ".writing"
LARGEST = (
    256 * 2**20
)  # bytes after which a shard ends: small enough to share among workers, large enough to read in one go
WITHOUT_PARTS = "samples"


class Shard(Protocol):
    """One file that is being written."""

    @property
    def size(self) -> int:
        """Its length in bytes so far."""

    def add(self, record: dict[str, Any], picture: bytes) -> None:
        """Write one sample."""

    def close(self) -> None:
        """Write what belongs at the end."""


def stems(parts: Mapping[str, str], within: str = "") -> dict[str | None, str]:
    """Part to what the paths of its shards begin with; None is the key where there are no parts.

    Args:
        parts: part to folder.
        within: what follows the folder's name; alone, it is the name without parts.

    >>> stems({"train": "train"}), stems({}), stems({}, "/data")
    ({'train': 'train'}, {None: 'samples'}, {None: 'data'})
    """
    return {part: folder + within for part, folder in parts.items()} or {None: within.lstrip("/") or WITHOUT_PARTS}


def parted(contents: Contents) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """Each part and its samples; None and all of them without parts."""
    for part in stems(contents.parts):
        yield part, contents.samples if part is None else contents.samples.filter(pl.col(PART) == part)


def shard_name(name: str, number: int, suffix: str) -> str:
    """The path of a shard.

    >>> shard_name("train", 3, "tar")
    'train-000003.tar'
    """
    return f"{name}-{number:06}.{suffix}"


def shards_of(manifest: Manifest, suffix: str, within: str = "") -> Iterator[tuple[str | None, str]]:
    """Part (None without parts) and path of each shard that the manifest lists, in order."""
    paths = sorted((file.path for file in manifest.files), key=lambda path: (len(path), path))
    for part, stem in stems(manifest.parts, within).items():
        shard = re.compile(rf"{re.escape(stem)}-\d{{6,}}\.{suffix}")
        yield from ((part, path) for path in paths if shard.fullmatch(path))


def write_shards(
    folder: Path,
    contents: Contents,
    samples: pl.DataFrame,
    *,
    named: Callable[[int], str],
    opened: Callable[[Path], Shard],
    held: Callable[[Path], list[int]],
) -> list[str]:
    """Write samples and their pictures, in their order.

    Args:
        folder: the export that is being written, with what a killed one left.
        contents: with `pictures`.
        samples: those of one part. Without any there is one shard, and it is empty.
        named: number to path of a shard under the folder.
        opened: a new shard at a path.
        held: the samples in a finished shard, in order. Raises `NotVerified` where it cannot be read.

    Returns:
        The paths of the shards.
    """
    number, begin = _kept(folder, contents, samples["sample_id"].to_list(), named, held)
    stream = packed(contents, samples.slice(begin))
    for first in stream:
        _write_one(folder / named(number), itertools.chain([first], stream), opened)
        number += 1
    if number == 0:
        _write_one(folder / named(0), iter(()), opened)
        number = 1
    return [named(each) for each in range(number)]


def _write_one(path: Path, stream: Iterator[tuple[dict[str, Any], bytes]], opened: Callable[[Path], Shard]) -> None:
    writing = path.with_name(path.name + WRITING)
    writing.unlink(missing_ok=True)
    with contextlib.closing(opened(writing)) as shard:
        for record, picture in stream:
            shard.add(record, picture)
            if shard.size >= LARGEST:
                break
    writing.rename(path)


def _kept(
    folder: Path,
    contents: Contents,
    sample_ids: list[int],
    named: Callable[[int], str],
    held: Callable[[Path], list[int]],
) -> tuple[int, int]:
    """How many shards stand already, and how many samples they deal with; shards that are out of date are removed."""
    assert contents.pictures is not None
    number, begin = 0, 0
    place = {sample: at for at, sample in enumerate(sample_ids)} if (folder / named(0)).exists() else {}
    while (path := folder / named(number)).exists():
        try:
            there = held(path)
            end = max(place[sample] for sample in there) + 1 if there else len(sample_ids)
        except (NotVerified, KeyError):
            break
        absent = set(sample_ids[begin:end]).difference(there)
        # They could not be had, and are asked for again: the reasons are wanted, and a picture may have come back.
        if [sample for sample, _ in contents.pictures.stream([s for s in sample_ids[begin:end] if s in absent])]:
            break
        contents.pictures.skip(len(there))
        number, begin = number + 1, end
    for later in itertools.count(number):
        if not (folder / named(later)).exists():
            return number, begin
        (folder / named(later)).unlink()
    raise AssertionError
