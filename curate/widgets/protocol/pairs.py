"""The review of pairs: whether what was found twice is the same, and what that says of the threshold."""

from __future__ import annotations

from typing import Annotated

import msgspec

from curate.widgets.protocol.base import Reply, Request, SampleId
from curate.widgets.protocol.hunt import Verdict
from curate.widgets.protocol.rows import RowInfo

PAIRS = 16
"""Pairs of the largest page."""

Threshold = Annotated[float, msgspec.Meta(ge=0, le=1)]


class GetPairReview(Request, tag="get_pair_review", frozen=True):
    """How the review stands at a threshold; null is the one that was set here last, and at first the search's own."""

    threshold: Threshold | None = None


class GetPairs(Request, tag="get_pairs", frozen=True):
    """Pairs at a threshold that nobody has answered, drawn at random so that they stand for all of them.

    without: pairs that the browser has already.
    """

    threshold: Threshold
    count: Annotated[int, msgspec.Meta(ge=1, le=PAIRS)]
    without: Annotated[list[tuple[SampleId, SampleId]], msgspec.Meta(max_length=1000)] = msgspec.field(
        default_factory=list
    )


class JudgePair(Request, tag="judge_pair", frozen=True):
    """Say of two samples whether they are the same. The last answer counts."""

    left: SampleId
    right: SampleId
    verdict: Verdict
    threshold: Threshold


class TakeBackPair(Request, tag="take_back_pair", frozen=True):
    """Take back the last answer of whoever works here."""


class PairInfo(msgspec.Struct, frozen=True):
    """Two samples that may be the same.

    similarity: 0 to 1, all votes together; null where it is not known.
    cosine: of their vectors; null where one has none.
    distance: bits in which their perceptual hashes differ, 0 to 64; null where one has none.
    exact: their bytes are the same.
    verdict: the answer that stands; null where there is none.
    """

    left: RowInfo
    right: RowInfo
    similarity: float | None
    cosine: float | None
    distance: int | None
    exact: bool
    verdict: Verdict | None


class PairReviewState(Reply, tag="pair_review_state", frozen=True):
    """How the review stands at one threshold.

    version: counts up with every answer.
    encoder: whose vectors had a vote; empty where none had.
    threshold: the one that this is about. chosen: the search's own. low, high: between which it slides.
    pairs, groups, redundant: what there is at this threshold: pairs, groups of them, samples that would go.
    edges: of the bins, one more than the counts: `altered` copies of these pictures and `distinct` pairs of them, as the search
        has measured both, and `found`, the pairs of this dataset.
    reviewed: answers at this threshold: `yes`, `no` and `unsure` ones. left: pairs without an answer.
    precision, precision_low, precision_high: the share of yes among yes and no, and its exact 95 % interval; null without answers.
    expected: the precision that the search expects here; null where it has measured none. wanted: what was asked for.
    undo: the last answer in words; empty where there is nothing to take back.
    note: what there is to know, such as that there were too few pictures to measure on.
    """

    version: int
    encoder: str
    threshold: float
    chosen: float
    low: float
    high: float
    pairs: int
    groups: int
    redundant: int
    edges: list[float]
    altered: list[int]
    distinct: list[int]
    found: list[int]
    reviewed: int
    yes: int
    no: int
    unsure: int
    left: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    expected: float | None
    wanted: float | None
    undo: str
    note: str


class Pairs(Reply, tag="pairs", frozen=True):
    """Pairs to be looked at; none where there is nothing left to ask. Buffer: left, right, left, right …, JPEG."""

    pairs: list[PairInfo]


class PairTakenBack(Reply, tag="pair_taken_back", frozen=True):
    """An answer was taken back. The pair, with what stands of it now. Buffer: left, right, JPEG."""

    pair: PairInfo
