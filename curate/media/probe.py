"""One pass over a picture: everything that ingest wants to know, from one read and one decode."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any

from curate.media import location as locations
from curate.media.decode import MAX_PIXELS, Header, Undecodable, decode_planes
from curate.media.measures import measure
from curate.media.phash import phash
from curate.media.planes import Planes
from curate.media.record import CORRUPT, MISSING, OK, TOO_LARGE, UNREADABLE, Record
from curate.media.thumbnail import LONGEST, encode_thumbnail

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

MAX_BYTES = 1 << 30
"""A file longer than this (1 GiB) is not read at all."""


_READERS = 16
"""Requests to an object store that one worker keeps under way."""


def probe(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Record:
    """Hash, header, EXIF, measures, perceptual hash and thumbnail of a picture. Never raises for bad data.

    Args:
        data: a whole file.
        max_pixels: larger pictures get status "too_large" from their header, and are not decoded.

    Returns:
        A `Record`. With any status but "ok" it has the hash and the length, and of the header what could be read.

    >>> probe(b"hello").status, probe(b"").status
    ('corrupt', 'empty')
    """
    content_hash = hashlib.sha256(data).hexdigest()
    try:
        small, header = decode_planes(data, longest=LONGEST, max_pixels=max_pixels)
        return _look(small, header, content_hash, len(data))
    except Undecodable as error:
        return _bad(error.status, error.words, error.header, content_hash, len(data))
    except MemoryError:
        return _bad(TOO_LARGE, "the decoder ran out of memory", None, content_hash, len(data))
    except Exception as error:  # the promise of this function; the words name the culprit
        return _bad(CORRUPT, f"{type(error).__name__}: {error}", None, content_hash, len(data))


def probe_location(location: str) -> Record:
    """Read and probe: the task that ingest gives to its workers.

    Args:
        location: an absolute path or a URL, see `curate.media.location`.

    Returns:
        A `Record`; what cannot be read has status "missing" or "unreadable" and the system's words.
    """
    begun = _AHEAD.pop(location, None)
    try:
        data = locations.read(location, max_bytes=MAX_BYTES) if begun is None else begun.result()
    except FileNotFoundError as error:
        return Record(status=MISSING, error=_words(error))
    except locations.TooLong as error:
        return Record(status=TOO_LARGE, error=str(error), bytes=error.bytes)
    except MemoryError:
        return Record(status=TOO_LARGE, error="there is not enough memory to read the file")
    except Exception as error:  # object stores raise their own kinds: permissions, time-outs, names that do not resolve
        return Record(status=UNREADABLE, error=_words(error))
    return probe(data)


def probe_location_ahead(chunk: list[str]) -> None:
    """Begin to read the URLs among these locations, several at once; `probe_location` then finds their bytes.

    An object store takes tens of milliseconds to answer, and a picture one to decode: read one after the other, a worker
    would wait nearly all the time. A worker calls this with each of its chunks.
    """
    remote = [location for location in chunk if not locations.is_local(location)]
    _AHEAD.clear()
    if remote:
        readers = _readers()
        for location in remote:
            _AHEAD[location] = readers.submit(locations.read, location, max_bytes=MAX_BYTES)


_AHEAD: dict[str, Future[bytes]] = {}


@functools.cache
def _readers() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(_READERS, thread_name_prefix="curate-read")


def _look(small: Planes, header: Header, content_hash: str, length: int) -> Record:
    return Record(
        status=OK,
        content_hash=content_hash,
        bytes=length,
        **_of(header),
        **measure(small)._asdict(),
        phash=phash(small.luma),
        thumbnail=encode_thumbnail(small),
    )


def _bad(status: str, words: str, header: Header | None, content_hash: str, length: int) -> Record:
    known = {} if header is None else _of(header)
    return Record(status=status, error=words, content_hash=content_hash, bytes=length, **known)


def _of(header: Header) -> dict[str, Any]:
    """The fields of a record that need no pixels."""
    width, height = header.upright
    return {
        "width": width,
        "height": height,
        "format": header.format,
        "mode": header.mode,
        "orientation": header.exif.orientation,
        "captured_at": header.exif.captured_at,
        "latitude": header.exif.latitude,
        "longitude": header.exif.longitude,
        "aspect": width / height if height else None,
    }


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        # Without the path: it is in the row already, and a person's home folder does not belong in a message.
        return error.strerror
    return str(error) or type(error).__name__
