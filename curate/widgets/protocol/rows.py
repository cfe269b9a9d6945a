"""The grid: pages of tiles, and the groups of the rows."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import Reply, Request, Row


class GetPage(Request, tag="get_page", frozen=True):
    """Rows `start` up to `stop`, at most 64, with their thumbnails.

    shapes: with the boxes, masks and points of their labels.
    """

    start: Row
    stop: Row
    shapes: bool = False


class GetGroups(Request, tag="get_groups", frozen=True):
    """The groups of the rows, where the view is grouped."""


class GetTiles(Request, tag="get_tiles", frozen=True):
    """The tiles of points of the map."""

    points: Annotated[list[Row], msgspec.Meta(min_length=1, max_length=64)]


class Shape(msgspec.Struct, frozen=True):
    """A label with a place in the picture, in shares of its width and height.

    box: x, y, width, height.
    points: x and y of each point, one after the other; closed where `kind` is "polygon".
    mask: a PNG as base64, the size of the picture, whose alpha says where; empty where there is none.
    """

    field: str
    kind: str
    value: str
    box: list[float] | None
    points: list[float] | None
    mask: str


class Badge(msgspec.Struct, frozen=True):
    """A short mark on a tile."""

    kind: Literal["tag", "label", "issue"]
    text: str


class RowInfo(msgspec.Struct, frozen=True):
    """One tile.

    status: "ok", "missing", "empty", "corrupt", "too_large" or "unreadable".
    bytes: length of the thumbnail in the buffer; 0 where there is none.
    """

    sample_id: str
    name: str
    status: str
    error: str
    score: float | None
    badges: list[Badge]
    shapes: list[Shape]
    width: int
    height: int
    bytes: int


class Page(Reply, tag="page", frozen=True):
    """Rows from `start`; fewer than asked for where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG."""

    version: int
    start: int
    rows: list[RowInfo]
    stale: bool


class RowGroup(msgspec.Struct, frozen=True):
    """Rows `start` up to `start + count` that have a value in common."""

    text: str
    start: int
    count: int


class Groups(Reply, tag="groups", frozen=True):
    """The groups, in the order of the rows; empty where the view is not grouped."""

    version: int
    column: str
    groups: list[RowGroup]


class Tiles(Reply, tag="tiles", frozen=True):
    """Tiles in the order asked for; fewer where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG."""

    tiles: list[RowInfo]
