"""What all messages have in common: their limits, the types of their fields, and the answers that any request may get."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes of the largest message that is accepted from the browser (servers cut the line at 10 MB)."""

PAGE_ROWS = 64
"""Rows of the largest page of thumbnails."""

PAGE_BYTES = 1024 * 1024
"""Bytes of thumbnails past which a page is cut short."""

Row = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Client = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
SampleId = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
Samples = Annotated[list[SampleId], msgspec.Meta(min_length=1, max_length=10_000)]
CardKind = Literal["category", "number", "time", "boolean", "tags", "labels"]
Scalar = str | int | float | bool | None


class Message(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", kw_only=True):
    """What all messages have in common: a tag, and no field that nobody knows."""


class Request(Message, frozen=True):
    """Something that the browser asks for.

    client: the view of the widget that asks; one widget may be shown several times.
    id: counts up within the client.
    """

    client: Client
    id: Count


class Reply(Message, frozen=True):
    """The answer to the request with this client and id."""

    client: str
    id: int


class Event(Message, frozen=True):
    """Something changed; every client hears it."""


class Cancel(Request, tag="cancel", frozen=True):
    """The answer to the request `target` of this client is no longer wanted. Never answered itself."""

    target: Count


class Done(Reply, tag="done", frozen=True):
    """It was done, and there is nothing to say about it."""


class Error(Reply, tag="error", frozen=True):
    """The request failed and changed nothing."""

    message: str
    hint: str
