"""What the parent and its workers say to each other: length-prefixed msgpack over the worker's stdin and stdout.

msgpack by msgspec, not pickle: the answers come from a process that has just decoded untrusted bytes, and must not be
able to run anything in the parent.

    parent → worker   Start, then Chunk, Chunk, …
    worker → parent   Answer: the results so far, in order; `done` with the last of its chunk
"""

from __future__ import annotations

import struct
from typing import IO

import msgspec

from curate.media.record import Record

_LENGTH = struct.Struct("<I")


class Start(msgspec.Struct, array_like=True):
    """The first message: what to do with each item, and within which limits.

    Attributes:
        task: "package.module:function", a function from str to `Record`.
        timeout: seconds that one item may take.
        memory: bytes that the process may allocate; 0 for no limit.
    """

    task: str
    timeout: float
    memory: int


class Chunk(msgspec.Struct, array_like=True):
    """Items to do: the argument of the task for each."""

    items: list[str]


class Answer(msgspec.Struct, array_like=True):
    """Results of the next items of a chunk, in its order.

    Attributes:
        records: may be fewer than the chunk still lacks, or none: a slow chunk answers in parts, as a sign of life.
        done: whether the chunk is finished.
        failure: set where the task itself is broken (it cannot be imported, it raised): a traceback.
    """

    records: list[Record]
    done: bool
    failure: str | None = None


def frame(message: msgspec.Struct) -> bytes:
    """A message as it goes over the pipe."""
    body = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(body)) + body


def write(stream: IO[bytes], framed: bytes) -> None:
    """Write all of a framed message to an unbuffered pipe.

    Raises:
        OSError: the other side has gone.
    """
    rest = memoryview(framed)
    while rest:
        rest = rest[stream.write(rest) :]


def read(stream: IO[bytes]) -> bytearray | None:
    """Read one message from an unbuffered pipe; None where the other side has closed it, or died in the middle."""
    head = _read_exactly(stream, _LENGTH.size)
    return None if head is None else _read_exactly(stream, _LENGTH.unpack(head)[0])


def _read_exactly(stream: IO[bytes], length: int) -> bytearray | None:
    body = bytearray(length)
    rest = memoryview(body)
    while rest:
        got: int = stream.readinto(rest)  # type: ignore[attr-defined]
        if not got:
            return None
        rest = rest[got:]
    return body
