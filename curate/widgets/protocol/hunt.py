"""A hunt: what to look at next, the answers, and how it stands."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import PAGE_ROWS, Name, Reply, Request, SampleId, Text
from curate.widgets.protocol.rows import RowInfo

Verdict = Literal["yes", "no", "unsure"]
HuntTask = Literal["hunt", "audit", "unsure", "again"]


class GetHunt(Request, tag="get_hunt", frozen=True):
    """How the hunt stands. `samples` are those that the browser is about to show: others may have answered them."""

    samples: Annotated[list[SampleId], msgspec.Meta(max_length=1000)] = msgspec.field(default_factory=list)


class GetNext(Request, tag="get_next", frozen=True):
    """Samples to be looked at next, with their thumbnails.

    task: "hunt": what the hunt asks for. "audit": what its open audit drew. "unsure": the queue of the unsure ones.
        "again": every yes once more.
    without: samples that the browser has already.
    """

    task: HuntTask
    count: Annotated[int, msgspec.Meta(ge=1, le=PAGE_ROWS)]
    without: Annotated[list[SampleId], msgspec.Meta(max_length=10_000)] = msgspec.field(default_factory=list)


class SetVerdict(Request, tag="set_verdict", frozen=True):
    """Say of samples whether they are what is looked for. The last answer counts."""

    samples: Annotated[list[SampleId], msgspec.Meta(min_length=1, max_length=PAGE_ROWS)]
    verdict: Verdict
    task: HuntTask


class TakeBack(Request, tag="take_back", frozen=True):
    """Take back the last answer of this hunt."""


class StartAudit(Request, tag="start_audit", frozen=True):
    """Freeze the model and draw samples, to be answered blind: `count` among the most likely, `outside` of everything else."""

    count: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    outside: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class SaveFound(Request, tag="save_found", frozen=True):
    """Save what was found as a slice."""

    name: Name
    note: Text = ""


class Audit(msgspec.Struct, frozen=True):
    """An audit whose samples are not all answered."""

    answered: int
    count: int


class HuntState(Reply, tag="hunt_state", frozen=True):
    """How a hunt stands.

    version: counts up with everything that happens to it.
    looks_for: its words and examples, as a person reads them.
    total: samples of its view; `answered` of them have a verdict: `found`, `rejected` and `unsure`.
    curve: answers and what was found by then, from first to last, at most 64 points.
    audit: the open one.
    again: yes answers that have not been asked again.
    estimate: what can be said of what is left, one sentence a line. audited: an audit says it.
    advice: what to do instead of going on, one sentence a line: other words, another encoder. Mostly empty.
    undo: the last answer in words; empty where there is nothing to take back.
    settled: those of the samples asked about that have an answer.
    """

    version: int
    name: str
    looks_for: str
    total: int
    answered: int
    found: int
    rejected: int
    unsure: int
    curve: list[tuple[int, int]]
    audit: Audit | None
    again: int
    estimate: list[str]
    audited: bool
    advice: list[str]
    undo: str
    settled: list[str]


class NextSamples(Reply, tag="next_samples", frozen=True):
    """Samples to be looked at, in order; none where there is nothing left to ask. Buffer: the thumbnails, JPEG."""

    task: HuntTask
    tiles: list[RowInfo]


class TakenBack(Reply, tag="taken_back", frozen=True):
    """An answer was taken back. Its samples, with what they are now: null where they have no answer. Buffer: the thumbnails."""

    tiles: list[RowInfo]
    verdicts: list[Verdict | None]
