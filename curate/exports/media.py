"""Pictures into an export: copied, linked, encoded again, or handed to a format that packs them."""

from __future__ import annotations

import errno
import functools
import hashlib
import itertools
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from curate.errors import BadValue, CurateError
from curate.exports.recoding import AS_IT_IS, RECODE, Recoding
from curate.exports.remade import Remade
from curate.media import location as locations

WAYS = ("copy", "hardlink", "symlink", "reference")
THREADS = 8  # reading waits for disks and networks, and hashing lets other threads run
COPIES, LINKS = 8, 512  # pictures that a thread does in one go: a link is done sooner than a thread is woken
FRAME = 8_192  # rows that become a frame: as Python's objects they take ten times the memory
READERS = 4  # for a writer that packs: more take the interpreter's lock from it
TOGETHER = 16  # pictures that one reader hands over at once
AHEAD = 8  # such handfuls that are under way
_OPENED = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe is not waited for

Progress = Callable[[int, int], None]

PLACED: dict[str, Any] = {"bytes": pl.Int64, "sha256": pl.String, "reason": pl.String}
"""What `place` says of each picture: length and SHA-256 of what is there, or the reason why it is not."""


class _Row(NamedTuple):
    location: str
    path: str
    content_hash: str | None
    bytes: int | None
    mtime: int | None  # µs since 1970, UTC
    recode: int
    width: int | None
    height: int | None
    format: str | None


_Placed = tuple[int | None, str | None, str | None]


def place(
    samples: pl.DataFrame,
    folder: Path,
    *,
    media: str,
    recoding: Recoding | None = None,
    resumed: Remade | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Put pictures under a folder.

    A copy is what the sample was when it was ingested, by its SHA-256. For a link, length and time of the file are enough where
    the samples have them (columns bytes and mtime): only a file that differs in them is read.

    Args:
        samples: location, file_name (safe names, all different, see names.py), content_hash (null: not known), and with a
            `recoding` what `Recoding.planned` says.
        folder: the export that is being written. It may hold pictures of an export that was killed: what is right stays.
        media: "copy", "hardlink" or "symlink".
        recoding: how pictures become smaller or of another format.
        resumed: remembers what was made by `recoding`, so that it need not be made again.
        progress: called with how many are done, and of how many.

    Returns:
        The columns of `PLACED`, one row a sample. One bad file never ends an export: it is missing, unreadable, or changed since
        it was ingested.

    Raises:
        BadValue: links were asked for and cannot be made: media on an object store, or on another disk.
        OSError: the target cannot be written: disk full, no permission.
    """
    remote = next((each for each in samples["location"] if not locations.is_local(each)), None)
    if media != "copy" and remote is not None:
        raise BadValue(
            f"media={media!r} needs files on this machine. Got {remote!r}", hint="media='copy' or 'reference'"
        )
    for parent in samples.select(pl.col("file_name").str.replace("/?[^/]*$", "")).to_series().unique().sort():
        (folder / parent).mkdir(parents=True, exist_ok=True)
    rows = _rows(samples)
    if media == "copy":
        work: Callable[[_Row], _Placed] = functools.partial(_copy, folder, recoding, resumed)
    else:
        work = functools.partial(_link, folder, media == "symlink", functools.lru_cache(4096)(os.path.realpath))
    frames, few = [pl.DataFrame(schema=PLACED)], list[_Placed]()
    done = 0
    for first, placed in _in_turn(work, rows, COPIES if media == "copy" else LINKS):
        if resumed is not None and recoding is not None:
            resumed.remember(first, placed)
        few += placed
        if len(few) >= FRAME:
            frames.append(pl.DataFrame(few, schema=PLACED, orient="row"))
            few = []
        done += len(placed)
        if progress:
            progress(done, rows.height)
    return pl.concat([*frames, pl.DataFrame(few, schema=PLACED, orient="row")])


def _in_turn(
    work: Callable[[_Row], _Placed], rows: pl.DataFrame, together: int
) -> Iterator[tuple[pl.DataFrame, list[_Placed]]]:
    """Rows, some at a time, and what became of them, in order."""
    begun: deque[tuple[pl.DataFrame, Future[list[_Placed]]]] = deque()
    slices = rows.iter_slices(together)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="curate-export") as pool:
        try:
            while True:
                for each in itertools.islice(slices, 2 * THREADS - len(begun)):
                    begun.append((each, pool.submit(_all, work, each)))
                if not begun:
                    return
                first, placed = begun.popleft()
                yield first, placed.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _all(work: Callable[[_Row], _Placed], rows: pl.DataFrame) -> list[_Placed]:
    return [work(_Row(*row)) for row in rows.iter_rows()]


def _rows(samples: pl.DataFrame) -> pl.DataFrame:
    """The columns of `_Row`."""
    empty = {"file_name": pl.String, "bytes": pl.Int64, "mtime": pl.Int64, RECODE: pl.Int8}
    more = [pl.lit(None, dtype).alias(name) for name, dtype in empty.items() if name not in samples.columns]
    frame = samples.with_columns(more)
    time = pl.col("mtime").dt.epoch("us") if isinstance(frame.schema["mtime"], pl.Datetime) else pl.lit(None, pl.Int64)
    return frame.select(
        "location",
        "file_name",
        "content_hash",
        pl.col("bytes").cast(pl.Int64, strict=False),
        time.alias("mtime"),
        pl.col(RECODE).fill_null(AS_IT_IS),
        "width",
        "height",
        "format",
    )


class Pictures:
    """The bytes of pictures, for formats that hold them in files of their own.

    Length and time are enough, as for links in `place`: a file that differs in one of them, before it is read or after, is
    compared by its SHA-256. Those that are encoded again always are.

    Args:
        samples: sample_id, and what `place` takes.
        recoding: as for `place`.
        progress: as for `place`.

    Attributes:
        as_ingested: whether the bytes are those that the sample had when it was ingested.
        failed: sample to the reason why its picture cannot be had, as far as `stream` has come.
    """

    def __init__(
        self, samples: pl.DataFrame, recoding: Recoding | None = None, progress: Progress | None = None
    ) -> None:
        ids = samples["sample_id"].to_numpy()
        self._order = np.argsort(ids)
        self._ids = ids[self._order]
        self._rows = _rows(samples)
        self._recoding = recoding
        self._progress = progress
        self._done = 0
        self.as_ingested = recoding is None
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
            self._progress(self._done, self._rows.height)

    def _read_all(self, sample_ids: list[int]) -> list[bytes | str]:
        at = self._order[np.searchsorted(self._ids, sample_ids)]
        read = functools.partial(_bytes, recoding=self._recoding) if self._recoding else _as_ingested
        return [read(_Row(*row)) for row in self._rows[at].iter_rows()]

    def _given(self, sample_ids: list[int], outcomes: list[bytes | str]) -> Iterator[tuple[int, bytes]]:
        for sample, outcome in zip(sample_ids, outcomes, strict=True):
            self.skip(1)
            if isinstance(outcome, str):
                self.failed[sample] = outcome
            else:
                yield sample, outcome


def _as_ingested(row: _Row) -> bytes | str:
    """What `_bytes` gives, not hashed where length and time of the file say, before it was read and after, that it is as it was."""
    if row.bytes is None or row.mtime is None or not locations.is_local(row.location):
        return _bytes(row, None)
    try:
        file = os.open(locations.from_uri(row.location), _OPENED)
    except OSError:
        return _bytes(row, None)  # it knows the words
    try:
        if _is_that_of(row, os.fstat(file)):
            data = os.read(file, row.bytes + 1)
            if len(data) == row.bytes and _is_that_of(row, os.fstat(file)):
                return data
    except OSError as error:
        return f"unreadable: {error}"
    finally:
        os.close(file)
    return _bytes(row, None)


def _is_that_of(row: _Row, facts: os.stat_result) -> bool:
    seen = facts.st_size, facts.st_mtime_ns // 1000
    return stat.S_ISREG(facts.st_mode) and seen == (row.bytes, row.mtime)


def _bytes(row: _Row, recoding: Recoding | None) -> bytes | str:
    """What is to be in the export, or the reason why it cannot be."""
    try:
        data = locations.read(row.location)
        if row.content_hash is not None and hashlib.sha256(data).hexdigest() != row.content_hash:
            return "changed since it was ingested"
        if recoding is not None and row.recode:
            # Decoded right here: at ingest a worker process of its own has decoded the very same bytes.
            assert row.width is not None and row.height is not None and row.format is not None  # noqa: PT018
            data = recoding.encoded(data, row.recode, row.width, row.height, row.format)
    except FileNotFoundError:
        return "missing"
    except (OSError, ValueError, CurateError) as error:  # Pillow's encoders raise the second
        return f"unreadable: {error}"
    return data


def _copy(folder: Path, recoding: Recoding | None, resumed: Remade | None, row: _Row) -> _Placed:
    target = folder / row.path
    if resumed is not None and (there := resumed.there(target, row.path, row.content_hash, made=bool(row.recode))):
        return (*there, None)
    data = _bytes(row, recoding)
    if isinstance(data, str):
        return None, None, data
    with target.open("xb") as file:
        file.write(data)
    known = None if row.recode else row.content_hash
    return len(data), known or hashlib.sha256(data).hexdigest(), None


def _link(folder: Path, symbolic: bool, real: Callable[[str], str], row: _Row) -> _Placed:
    # A source that is itself a symlink is followed to its end: links to links break when one of them goes.
    path = locations.from_uri(row.location)
    parent, name = os.path.split(path)
    try:
        facts = os.lstat(path)
        if stat.S_ISLNK(facts.st_mode):
            source = os.path.realpath(path)
            facts = os.stat(source)  # noqa: PTH116 - objects of paths would take as long as the links
        else:
            source = f"{real(parent)}/{name}"
    except FileNotFoundError:
        return None, None, "missing"
    except OSError as error:
        return None, None, f"unreadable: {error}"
    digest, length = row.content_hash, facts.st_size
    if digest is None or not _is_that_of(row, facts):
        data = _bytes(row, None)
        if isinstance(data, str):
            return None, None, data
        digest, length = digest or hashlib.sha256(data).hexdigest(), len(data)
    target = f"{folder}/{row.path}"
    try:
        _make_link(source, target, symbolic=symbolic)
    except FileExistsError:
        if not _leads_there(source, target, symbolic=symbolic):
            os.unlink(target)  # noqa: PTH108
            _make_link(source, target, symbolic=symbolic)
    return length, digest, None


def _make_link(source: str, target: str, *, symbolic: bool) -> None:
    if symbolic:
        os.symlink(source, target)  # noqa: PTH211
        return
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise BadValue(
                f"{source!r} cannot be hard-linked into {os.path.dirname(target)!r}: {error.strerror}",  # noqa: PTH120
                hint="hard links work on one disk only; use media='copy' or media='symlink'",
            ) from error
        raise


def _leads_there(source: str, target: str, *, symbolic: bool) -> bool:
    if symbolic:
        return os.path.islink(target) and os.readlink(target) == source  # noqa: PTH114, PTH115
    return os.path.samestat(os.lstat(target), os.stat(source))  # noqa: PTH116
