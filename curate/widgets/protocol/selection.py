"""The selection: changed by rows, by ids, or by a polygon on the map."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import Reply, Request, Row, SampleId

Operation = Literal["set", "add", "remove", "toggle"]


class Select(Request, tag="select", frozen=True):
    """Change the selection by rows of version `version`: ranges, or every row of the view where `ranges` is null.

    "set" puts away what was selected outside the view, too.
    """

    version: int
    operation: Operation
    ranges: Annotated[list[tuple[Row, Row]], msgspec.Meta(max_length=100_000)] | None


class SelectSamples(Request, tag="select_samples", frozen=True):
    """Change the selection by sample ids; an empty list with "set" clears it."""

    operation: Operation
    samples: Annotated[list[SampleId], msgspec.Meta(max_length=10_000)]


class Lasso(Request, tag="lasso", frozen=True):
    """Change the selection by what a polygon on the map encloses (even-odd rule), in the map's own coordinates.

    everywhere: also points outside the view.
    """

    map: int
    operation: Operation
    polygon: Annotated[list[tuple[float, float]], msgspec.Meta(min_length=3, max_length=10_000)]
    everywhere: bool = False


class GetSelection(Request, tag="get_selection", frozen=True):
    """The selected rows of the view."""


class GetIds(Request, tag="get_ids", frozen=True):
    """The sample ids of the selection, at most 10,000."""


class Selected(Reply, tag="selected", frozen=True):
    """The selection after a change: how many, and how many of these in the view."""

    revision: int
    count: int
    here: int


class Selection(Reply, tag="selection", frozen=True):
    """The selected rows. Buffer: int32 pairs `[start, stop)`, ascending, or one bit a row, whichever is smaller."""

    version: int
    revision: int
    count: int
    here: int
    encoding: Literal["ranges", "bitmap"]


class Ids(Reply, tag="ids", frozen=True):
    """Sample ids in the order of the view; `count` is how many are selected."""

    ids: list[str]
    count: int
