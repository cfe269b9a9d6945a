"""Splits: which there are, what the certificate of one says, and making and exporting one."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.actions import Media
from curate.widgets.protocol.base import Name, Reply, Request
from curate.widgets.protocol.rows import RowInfo

CLASSES = 24
"""Classes of a column that are shown, those furthest off first; the others are counted."""

Columns = Annotated[list[Name], msgspec.Meta(max_length=32)]


class GetSplits(Request, tag="get_splits", frozen=True):
    """Which splits there are."""


class GetSplit(Request, tag="get_split", frozen=True):
    """A split and what its certificate says; without it, while that is still being worked out."""

    name: Name


class GetSplitForm(Request, tag="get_split_form", frozen=True):
    """What a split can be asked for."""


class WantedPart(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A part that is wanted, with its share of the samples, 0 to 1."""

    name: Name
    share: Annotated[float, msgspec.Meta(ge=0, le=1)]


class MakeSplit(Request, tag="make_split", frozen=True):
    """Split the selection or the view, in the background. One step to undo.

    leak: from which cosine on two samples have to be in one part; "auto" measures it on these pictures, "off" does not look.
    """

    name: Name
    parts: Annotated[list[WantedPart], msgspec.Meta(min_length=1, max_length=16)]
    stratify: Columns = msgspec.field(default_factory=list)
    group_by: Columns = msgspec.field(default_factory=list)
    leak: Literal["auto", "off"] | Annotated[float, msgspec.Meta(ge=0, le=1)] = "auto"
    what: Literal["selection", "view"] = "view"


class ExportSplit(Request, tag="export_split", frozen=True):
    """Write all parts of a split in the background, and verify what was written."""

    name: Name
    path: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    format: Name
    labels: Name | None = None
    media: Media = "copy"
    overwrite: bool = False


class PartSize(msgspec.Struct, frozen=True):
    """A part, and how many samples it has."""

    name: str
    samples: int


class SplitLine(msgspec.Struct, frozen=True):
    """A split in the list of all. `at` is ISO, UTC."""

    name: str
    at: str
    actor: str
    parts: list[PartSize]


class Splits(Reply, tag="splits", frozen=True):
    """All splits, the newest first.

    version: counts up with whatever is done to the dataset.
    why: why none can be made; empty where one can.
    """

    version: int
    splits: list[SplitLine]
    why: str


class SplitColumn(msgspec.Struct, frozen=True):
    """A column that a split can look at; `values` of it are different ones, 0 where that is not known."""

    name: str
    kind: Literal["category", "number", "time", "boolean", "labels"]
    values: int


class SplitForm(Reply, tag="split_form", frozen=True):
    """What a split can be asked for.

    name: one that is free.
    stratify: columns that can be balanced. group_by: columns whose values can be kept whole.
    encoder: whose vectors tell what is nearly the same; empty where there are none.
    """

    name: str
    stratify: list[SplitColumn]
    group_by: list[SplitColumn]
    encoder: str


class SplitPart(msgspec.Struct, frozen=True):
    """A part with the samples that it should have and has."""

    name: str
    wanted: int
    got: int


class SplitPromise(msgspec.Struct, frozen=True):
    """One thing that was promised, whether it holds, and the numbers."""

    name: str
    passed: bool
    text: str


class SplitClass(msgspec.Struct, frozen=True):
    """One class of a column.

    value: null for samples without one.
    counts: its samples in each part. shares: of each part's samples, the share that is of this class (0 to 1).
    share: of all samples that are in a part, the same.
    deviation: percentage points of the part that is furthest off.
    """

    value: str | None
    total: int
    counts: list[int]
    shares: list[float]
    share: float
    deviation: float


class SplitBalance(msgspec.Struct, frozen=True):
    """One balanced column. `more` classes are not listed, each nearer to its share."""

    column: str
    classes: list[SplitClass]
    more: int
    deviation: float


class SplitPair(msgspec.Struct, frozen=True):
    """Two samples of different parts that are as near as any. `by` is what was compared: "content", "vector" or "hash"."""

    left: RowInfo
    right: RowInfo
    left_part: str
    right_part: str
    similarity: float
    by: str


class SplitShare(msgspec.Struct, frozen=True):
    """Of so many samples of a part so many have a neighbour in the reference part, at a threshold."""

    part: str
    threshold: float
    samples: int
    near: int


class SplitNearness(msgspec.Struct, frozen=True):
    """Near-duplicates across parts.

    asked: "auto", "given" or "off". threshold: the cosine from which on two samples are near; null where none were compared.
    across: near pairs on two sides. highest: the highest similarity across parts; null where nothing was compared.
    closest: the nearest first. shares: of the samples of `reference` being near, by part and threshold.
    notes: what a reader has to know, such as what was not looked at.
    """

    asked: str
    threshold: float | None
    encoder: str | None
    across: int
    copies: int
    highest: float | None
    reference: str
    closest: list[SplitPair]
    shares: list[SplitShare]
    notes: list[str]


class SplitJoin(msgspec.Struct, frozen=True):
    """A near pair that put two groups together; a group that had no name is called by ""."""

    left: str
    right: str
    similarity: float
    left_group: str
    right_group: str


class SplitGroup(msgspec.Struct, frozen=True):
    """One of the largest groups: so many samples, of so many smaller ones, and the pairs that joined the largest of these."""

    samples: int
    groups: int
    joins: list[SplitJoin]


class SplitTimes(msgspec.Struct, frozen=True):
    """From when to when a part is; null where none of its samples has a time."""

    part: str
    first: str | None
    last: str | None


class SplitState(Reply, tag="split_state", frozen=True):
    """A split, and what holds for it.

    event: which split of this name it is.
    checked: what follows is known; where it is not yet, `SplitsChanged` tells when it is.
    unassigned: samples that were split and are in no part.
    groups, cut: how many groups of `group_by` there are, and how many of them are cut; null where none were asked for.
    columns: the balanced columns. warnings: what could not be met.
    nearness: null where nobody has looked. Buffer: of its closest pairs left, right, left …, JPEG.
    """

    version: int
    name: str
    event: str
    checked: bool
    passed: bool
    parts: list[SplitPart]
    unassigned: int
    group_by: list[str]
    groups: int | None
    cut: int
    seed: int | None
    promises: list[SplitPromise]
    warnings: list[str]
    columns: list[SplitBalance]
    nearness: SplitNearness | None
    largest: list[SplitGroup]
    times: list[SplitTimes]
