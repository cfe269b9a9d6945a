"""Pictures into an export: copied, linked or only referred to."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from curate.errors import BadValue, CurateError
from curate.exports.manifest import File
from curate.media import location as locations

WAYS = ("copy", "hardlink", "symlink", "reference")
THREADS = 8  # reading waits for disks and networks, and hashing lets other threads run
AT_ONCE = 512
READERS = 4
TOGETHER = 4  # pictures that one thread reads at a time, and
AHEAD = 16  # such groups: what a writer that packs pictures has before it

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Picture:
    """One picture to place: where it is, where it goes, and the SHA-256 it had when it was ingested (None: unknown)."""

    location: str
    path: str
    content_hash: str | None


def place(
    pictures: Sequence[Picture], folder: Path, *, media: str, progress: Progress | None = None
) -> Iterator[File | str]:
    """Put pictures under a folder, in order.

    Args:
        pictures: their paths are safe names (see names.py), all different.
        folder: the export that is being written.
        media: "copy", "hardlink" or "symlink".
        progress: called with how many are done, and of how many.

    Yields:
        For each picture its `File`, or the reason why it is not there: missing, unreadable, or changed since it was
        ingested. One bad file never ends an export.

    Raises:
        BadValue: links were asked for and cannot be made: media on an object store, or on another disk.
        OSError: the target cannot be written: disk full, no permission.
    """
    if media != "copy" and (remote := next((p.location for p in pictures if not locations.is_local(p.location)), None)):
        raise BadValue(
            f"media={media!r} needs files on this machine. Got {remote!r}", hint="media='copy' or 'reference'"
        )
    for parent in sorted({p.path.rpartition("/")[0] for p in pictures}):
        (folder / parent).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="curate-export") as pool:
        try:
            for start in range(0, len(pictures), AT_ONCE):
                batch = pictures[start : start + AT_ONCE]
                outcomes = pool.map(lambda picture: _place_one(picture, folder, media), batch)
                for done, outcome in enumerate(outcomes, start + 1):
                    yield outcome
                    if progress:
                        progress(done, len(pictures))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Pictures:
    """The bytes of pictures, for formats that hold them in files of their own.

    Attributes:
        as_ingested: whether the bytes are those that the sample had when it was ingested.
        failed: sample to the reason why its picture cannot be had, as far as `stream` has come.
    """

    as_ingested = True

    def __init__(self, pictures: Mapping[int, Picture], progress: Progress | None = None) -> None:
        self._pictures = pictures
        self._progress = progress
        self._done = 0
        self.failed: dict[int, str] = {}

    def stream(self, sample_ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Sample and bytes in the order of the ids, read ahead by some; those that cannot be had are passed over."""
        rest, ahead = iter(sample_ids), deque[tuple[list[int], Future[list[bytes | str]]]]()
        with ThreadPoolExecutor(READERS, thread_name_prefix="curate-export") as pool:
            try:
                while True:
                    while len(ahead) < AHEAD and (ids := list(itertools.islice(rest, TOGETHER))):
                        ahead.append((ids, pool.submit(self._read_all, ids)))
                    if not ahead:
                        return
                    ids, read = ahead.popleft()
                    yield from self._given(ids, read.result())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def skip(self, count: int) -> None:
        """Count pictures that are in the export already: an export that was killed had packed them."""
        self._done += count
        if self._progress:
            self._progress(self._done, len(self._pictures))

    def _read_all(self, sample_ids: list[int]) -> list[bytes | str]:
        return [_read(self._pictures[sample]) for sample in sample_ids]

    def _given(self, sample_ids: list[int], outcomes: list[bytes | str]) -> Iterator[tuple[int, bytes]]:
        for sample, outcome in zip(sample_ids, outcomes, strict=True):
            self.skip(1)
            if isinstance(outcome, str):
                self.failed[sample] = outcome
            else:
                yield sample, outcome


def _read(picture: Picture) -> bytes | str:
    try:
        data = locations.read(picture.location)
    except FileNotFoundError:
        return "missing"
    except (OSError, CurateError) as error:
        return f"unreadable: {error}"
    if picture.content_hash is not None and hashlib.sha256(data).hexdigest() != picture.content_hash:
        return "changed since it was ingested"
    return data


def _place_one(picture: Picture, folder: Path, media: str) -> File | str:
    data = _read(picture)
    if isinstance(data, str):
        return data
    digest = picture.content_hash or hashlib.sha256(data).hexdigest()
    target = folder / picture.path
    if media == "copy":
        with target.open("xb") as file:
            file.write(data)
        return File(picture.path, len(data), digest)
    # A source that is itself a symlink is followed to its end: links to links break when one of them goes.
    source = os.path.realpath(locations.from_uri(picture.location))
    if media == "symlink":
        target.symlink_to(source)
    else:
        _hardlink(source, target)
    return File(picture.path, len(data), digest, link=media)


def _hardlink(source: str, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise BadValue(
                f"{source!r} cannot be hard-linked into {str(target.parent)!r}: {error.strerror}",
                hint="hard links work on one disk only; use media='copy' or media='symlink'",
            ) from error
        raise
