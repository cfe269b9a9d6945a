"""Cleaning: what is wrong with the samples, by kind, and what is there more than once, by group."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import Name, Reply, Request, Row, SampleId
from curate.widgets.protocol.rows import RowInfo

GROUPS = 16
"""Groups of the largest page."""

MEMBERS = 24
"""Members of a group that are shown; the others are counted."""

GroupId = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
GroupState = Literal["open", "accepted", "distinct"]


class GetIssues(Request, tag="get_issues", frozen=True):
    """What is wrong, by kind, in the dataset and in the view."""


class FindIssues(Request, tag="find_issues", frozen=True):
    """Look for what is wrong, in the background."""


class GetDuplicates(Request, tag="get_duplicates", frozen=True):
    """How it stands with what is there more than once."""


class FindDuplicates(Request, tag="find_duplicates", frozen=True):
    """Look for what is there more than once, in the background."""


class GetDuplicateGroups(Request, tag="get_duplicate_groups", frozen=True):
    """Groups `start` up to `stop`, at most 16."""

    start: Row
    stop: Row


class JudgeGroups(Request, tag="judge_groups", frozen=True):
    """Say of groups of one search that they are duplicates, or that they are not. One step to undo.

    search: see `DuplicatesState`; refused where there is a newer one.
    verdict: "accepted": all but one of each group are tagged `duplicate`. "distinct": their samples are different ones.
    keep: the one that stays, of one group; null keeps the proposed one of each.
    """

    search: Name
    groups: Annotated[list[GroupId], msgspec.Meta(min_length=1, max_length=10_000)]
    verdict: Literal["accepted", "distinct"]
    keep: SampleId | None = None


class AcceptFrom(Request, tag="accept_from", frozen=True):
    """Accept every open group from index `start` on, each with the proposed one kept. One step to undo."""

    search: Name
    start: Row


class IssueKind(msgspec.Struct, frozen=True):
    """One kind of what may be wrong.

    column: the boolean column of the samples that have it; `SetFacet` filters by it.
    about: what it means, with the threshold where it has one.
    all, view: how many samples have it, in the dataset and in the view.
    picked: the view keeps just those that have it.
    """

    kind: str
    title: str
    column: str
    about: str
    all: int
    view: int
    picked: bool


class Issues(Reply, tag="issues", frozen=True):
    """What is wrong.

    searched: somebody has looked for it. at: when, ISO and UTC; empty where nobody has.
    why: why it cannot be looked for; empty where it can.
    samples: how many were looked at; the dataset may have grown since.
    any_all, any_view: samples with at least one issue, in the dataset and in the view.
    kinds: the most frequent first, and then those that nothing has.
    """

    version: int
    searched: bool
    at: str
    why: str
    samples: int
    any_all: int
    any_view: int
    kinds: list[IssueKind]


class DuplicatesState(Reply, tag="duplicates_state", frozen=True):
    """How it stands with what is there more than once.

    version: counts up with every search, verdict and undo.
    searched: somebody has looked for it. search: which search this is; empty where there is none.
    why: why it cannot be looked for; empty where it can.
    groups: how many there are: `open` ones, `accepted` ones and `distinct` ones.
    exact, near, sequences: the same by their kind.
    redundant: samples that would go if every open group were accepted.
    threshold: the similarity from which two samples are the same, 0 to 1; null where there is none.
    note: where the threshold comes from, in words.
    first_open: the index of the first open group; -1 where there is none.
    """

    version: int
    searched: bool
    search: str
    why: str
    groups: int
    open: int
    accepted: int
    distinct: int
    exact: int
    near: int
    sequences: int
    redundant: int
    threshold: float | None
    note: str
    first_open: int


class DuplicateMember(msgspec.Struct, frozen=True):
    """One sample of a group.

    similarity: to the proposed one, 0 to 1, all votes together; null where that is not known, or it is that one.
    facts: what speaks for keeping it: "1600 × 1200 · sharpness 0.81 · 3 labels".
    """

    tile: RowInfo
    similarity: float | None
    facts: str


class DuplicateGroup(msgspec.Struct, frozen=True):
    """Samples that are the same.

    kind: "exact": the same bytes. "near": altered copies. "sequence": frames that hardly change.
    count: all members.
    keep: the one that stays: the proposed one, or the one that a person has chosen.
    best: the proposed one. why: what speaks for it.
    similarity: the lowest of a member to the proposed one; null where none is known.
    span: of a sequence, from when to when; empty for others.
    members: the proposed one first, at most 24.
    """

    group: str
    kind: Literal["exact", "near", "sequence"]
    state: GroupState
    count: int
    keep: str
    best: str
    why: str
    similarity: float | None
    span: str
    members: list[DuplicateMember]


class DuplicateGroups(Reply, tag="duplicate_groups", frozen=True):
    """Groups from `start`; at least one, and fewer than asked for where they have more than 64 pictures or 1 MB of them.

    Within one search the order never changes. Buffer: the thumbnails of all members, JPEG.
    """

    version: int
    search: str
    start: int
    groups: list[DuplicateGroup]
