"""Every message between a widget and its kernel, written once.

The browser sends one of `Request`; the kernel answers each with one of `Reply` that carries the same `client` and `id`,
and sends an `Event` whenever something changed that nobody asked for. `python -m curate.widgets.typescript` turns this
module into `widgets/src/protocol.ts`.

Rows are numbered by the view, 0 to `count` - 1, and fit a JavaScript number. Sample ids are int64 and do not, so they
travel as strings. A range is `[start, stop)`. Pictures travel as one binary buffer behind the message, one after the
other.

`id` is an int on purpose: ipykernel remembers the shell of every message that it publishes with an `id` of type str,
and would never forget those of a widget that answers from a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from curate.errors import BadMessage

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


class _Message(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", kw_only=True):
    """What all messages have in common: a tag, and no field that nobody knows."""


class Request(_Message, frozen=True):
    """Something that the browser asks for.

    client: the view of the widget that asks; one widget may be shown several times.
    id: counts up within the client.
    """

    client: Client
    id: Count


class Hello(Request, tag="hello", frozen=True):
    """The first message of a client, and the question whether the kernel is still there."""


class GetPage(Request, tag="get_page", frozen=True):
    """Rows `start` up to `stop`, at most 64, with their thumbnails."""

    start: Row
    stop: Row


class GetPicture(Request, tag="get_picture", frozen=True):
    """One sample: a large picture and what is known about it."""

    row: Row


class Select(Request, tag="select", frozen=True):
    """Change the selection: rows by ranges, or every row of the view where `ranges` is null."""

    operation: Literal["set", "add", "remove", "toggle"]
    ranges: Annotated[list[tuple[Row, Row]], msgspec.Meta(max_length=100_000)] | None


class GetSelection(Request, tag="get_selection", frozen=True):
    """The whole selection, for a client that did not make it."""


class GetIds(Request, tag="get_ids", frozen=True):
    """The sample ids of the selection, at most 10,000."""


class Tag(Request, tag="tag", frozen=True):
    """Give the selected samples a tag, or take it away."""

    name: Name
    remove: bool = False


class Refresh(Request, tag="refresh", frozen=True):
    """Ask the view again, because the dataset has changed."""


class Cancel(Request, tag="cancel", frozen=True):
    """The answer to the request `target` of this client is no longer wanted. Never answered itself."""

    target: Count


class Reply(_Message, frozen=True):
    """The answer to the request with this client and id."""

    client: str
    id: int


class Chip(msgspec.Struct, frozen=True):
    """One step of the query, as a person reads it."""

    kind: Literal["where", "words", "minus", "like", "unlike", "tagged", "untagged", "other"]
    text: str


class State(Reply, tag="state", frozen=True):
    """What the view is.

    alive: the request came in on a subshell, so answers keep coming while a cell runs.
    version: counts up when the rows or what is shown of them changed.
    order: what the rows are sorted by, as a person reads it.
    stale: the dataset has changed, and the view would now give other rows; `refresh` shows them.
    """

    alive: bool
    version: int
    count: int
    total: int
    python: str
    chips: list[Chip]
    order: str
    scored: bool
    selected: int
    stale: bool


class RowInfo(msgspec.Struct, frozen=True):
    """One tile.

    status: "ok", "missing", "empty", "corrupt" or "too_large".
    bytes: length of the thumbnail in the buffer; 0 where there is none.
    """

    sample_id: str
    name: str
    status: str
    error: str
    score: float | None
    tags: list[str]
    width: int
    height: int
    bytes: int


class Page(Reply, tag="page", frozen=True):
    """Rows from `start`; fewer than asked for where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG."""

    version: int
    start: int
    rows: list[RowInfo]
    stale: bool


class Field(msgspec.Struct, frozen=True):
    """One line of the metadata of a sample, both sides as text."""

    name: str
    value: str


class Picture(Reply, tag="picture", frozen=True):
    """One sample at full size. Buffer: a JPEG of at most 1600 px, or empty.

    note: why the picture is only a thumbnail, or is missing.
    """

    row: int
    sample_id: str
    name: str
    tags: list[str]
    fields: list[Field]
    note: str


class Selected(Reply, tag="selected", frozen=True):
    """The selection after a change."""

    revision: int
    count: int


class Selection(Reply, tag="selection", frozen=True):
    """The whole selection. Buffer: int32 pairs `[start, stop)`, ascending, or one bit a row, whichever is smaller."""

    revision: int
    count: int
    encoding: Literal["ranges", "bitmap"]


class Ids(Reply, tag="ids", frozen=True):
    """Sample ids in the order of the view; `count` is how many are selected."""

    ids: list[str]
    count: int


class Tagged(Reply, tag="tagged", frozen=True):
    """How many samples the tag was new to, or was taken from."""

    name: str
    changed: int


class Error(Reply, tag="error", frozen=True):
    """The request failed and changed nothing."""

    message: str
    hint: str


class Event(_Message, frozen=True):
    """Something changed; every client hears it."""


class SelectionChanged(Event, tag="selection_changed", frozen=True):
    """The selection changed. `origin` is the client that did it, or empty where Python did."""

    origin: str
    revision: int
    count: int


class ViewChanged(Event, tag="view_changed", frozen=True):
    """The rows, or what is shown of them, changed: say hello again."""

    version: int


AnyRequest = Hello | GetPage | GetPicture | Select | GetSelection | GetIds | Tag | Refresh | Cancel
AnyReply = State | Page | Picture | Selected | Selection | Ids | Tagged | Error
AnyEvent = SelectionChanged | ViewChanged


def read(content: Any, buffers: Sequence[Any] = ()) -> AnyRequest:
    """Check a message from the browser.

    Args:
        content: the decoded JSON of the message.
        buffers: its binary buffers; no request has any, so they only count against the limit.

    Raises:
        BadMessage: it is larger than 4 MB, malformed, of no known type, or has unknown fields.
    """
    try:
        size = len(msgspec.json.encode(content)) + sum(memoryview(buffer).nbytes for buffer in buffers)
        if size > MAX_MESSAGE:
            raise BadMessage(
                f"The widget sent a message of {size:,} bytes; at most {MAX_MESSAGE:,} are read",
                hint="make the selection in several steps, or from Python",
            )
        return msgspec.convert(content, AnyRequest)
    except (msgspec.ValidationError, msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, BadMessage):
            raise
        raise BadMessage(
            f"The widget sent a message that does not fit the protocol: {error}",
            hint="run the cell again; after an update of Curate also reload the page",
        ) from error


def write(message: AnyReply | AnyEvent) -> dict[str, Any]:
    """The message as plain data for a comm."""
    data: dict[str, Any] = msgspec.to_builtins(message)
    return data
