"""One sample: its large picture and what is known about it, and what was done with it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from curate.widgets.protocol.base import Reply, Request, SampleId
from curate.widgets.protocol.rows import Shape


class GetPicture(Request, tag="get_picture", frozen=True):
    """One sample: a large picture and what is known about it."""

    sample: SampleId


class GetNeighbours(Request, tag="get_neighbours", frozen=True):
    """The samples of the whole dataset that are nearest to one."""

    sample: SampleId
    count: Annotated[int, msgspec.Meta(ge=1, le=64)] = 12


class GetHistory(Request, tag="get_history", frozen=True):
    """What was done with one sample, newest first."""

    sample: SampleId


class Field(msgspec.Struct, frozen=True):
    """One line of the metadata of a sample, both sides as text."""

    name: str
    value: str


class LabelLine(msgspec.Struct, frozen=True):
    """One label of a sample, and who says so."""

    field: str
    value: str
    kind: str
    score: float | None
    source: str
    source_kind: str
    time: str


class Picture(Reply, tag="picture", frozen=True):
    """One sample at full size. Buffer: a JPEG of at most 1600 px, or empty.

    row: where it is in the view; null where it is not.
    location: where the file is.
    note: why the picture is only a thumbnail, or is missing.
    """

    version: int
    row: int | None
    sample_id: str
    name: str
    location: str
    width: int
    height: int
    selected: bool
    tags: list[str]
    fields: list[Field]
    labels: list[LabelLine]
    shapes: list[Shape]
    note: str


class HistoryLine(msgspec.Struct, frozen=True):
    """One thing that was done with a sample. `time` is ISO, UTC."""

    what: str
    actor: str
    time: str
    notebook: str
    undone: bool


class History(Reply, tag="history", frozen=True):
    """What was done, newest first; `more` says that there is older than was looked through."""

    lines: list[HistoryLine]
    more: bool
