"""How many are left where: a plan that is frozen before anything is drawn, a blind draw, and what its answers allow to say.

1. `plan` freezes the zone: everything reviewed, and of the rest the most likely, three for each answer that is to come. It is
   logged before anything is drawn.
2. `draw` takes a simple random sample of the zone's unreviewed part, and a second, separate one of everything outside it.
3. The samples of `Audit.queue` are reviewed blind: mixed, without score or place.
4. `estimate` gives exact limits: what is known in the zone and limits for the rest of it, and an upper bound for what is
   outside. It is stored before these answers train the model.

Why so: the limits hold because the zone is fixed before the draw and nothing but the draw is used. The model's own choices,
which are anything but random, and earlier audits, after which the model has learnt, are counted as what they are (known), and
never enter as a sample. In simulation a rolling audit, pooled, held 48 % of the time at nominal 95 %, strata with Jeffreys
intervals 86 to 95 %, sampling in proportion to the score 82 to 87 %. `benchmarks/audit.py` measures this one; measure there
before changing anything.

Each of the two statements of an audit is at its own error rate. The k-th audit of a hunt has ``0.05 / k`` for either, so the
last one is not the easier to believe for having been tried again; two of them hold *together* 92.5 % of the time at least.

Source: AutoTAR (Cormack and Grossman, 2015), QBCB (Lewis, Yang and Frieder, 2021), AutoStop (Li and Kanoulas, 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from curate.errors import BadValue
from curate.hunting.bounds import ALPHA, at_most, clean_answers, limits

REACH = 3
"""Unreviewed samples of the zone for each answer of its audit."""

OUTSIDE = clean_answers(0.025)
"""Answers for what is outside the zone: if all are no, at most 2.5 % of it are yes."""

Ids = npt.NDArray[np.int64]
Verdicts = Mapping[int, bool | None]
"""The latest answer by sample_id: yes, no, or None for unsure. What has no answer is not there."""


class Plan(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """What an audit will look at, frozen before it draws.

    Attributes:
        seed: of the hunt; with `look` it decides the draw.
        look: 1 for the first audit of a hunt, 2 for the second.
        alpha: the error rate of each statement of this audit, ``0.05 / look``.
        n: samples to draw from `rest`.
        n_outside: samples to draw from outside the zone.
        reviewed: sample_ids that had an answer before.
        rest: sample_ids of the unreviewed part of the zone, most likely first.
        outside: how many samples are outside the zone.
    """

    seed: int
    look: int
    alpha: float
    n: int
    n_outside: int
    reviewed: tuple[int, ...]
    rest: tuple[int, ...]
    outside: int

    @property
    def zone(self) -> tuple[int, ...]:
        """The sample_ids of the zone: what is reviewed, then the rest of it."""
        return self.reviewed + self.rest

    def __repr__(self) -> str:
        return (
            f"<Plan of audit {self.look}: {self.n:,} of {len(self.rest):,} beside {len(self.reviewed):,} reviewed, "
            f"{self.n_outside:,} of {self.outside:,} outside; seed {self.seed}>"
        )


class Audit(msgspec.Struct, frozen=True):
    """A plan and what was drawn for it.

    Attributes:
        plan: as it was frozen.
        zone: (plan.n,) sample_ids, a simple random sample of ``plan.rest``.
        outside: (plan.n_outside,) sample_ids, a simple random sample of what is outside the zone.
    """

    plan: Plan
    zone: tuple[int, ...]
    outside: tuple[int, ...]

    def queue(self) -> tuple[int, ...]:
        """All that was drawn, mixed: the order tells nothing of where a sample comes from or how likely it is."""
        drawn = self.zone + self.outside
        order = _generator(self.plan, _Stream.QUEUE).permutation(len(drawn))
        return tuple(drawn[i] for i in order)

    def unanswered(self, verdicts: Verdicts) -> tuple[int, ...]:
        """What of `queue` has no answer yet, in its order."""
        return tuple(id for id in self.queue() if id not in verdicts)

    def __repr__(self) -> str:
        return f"<Audit {self.plan.look}: {len(self.zone):,} drawn in the zone, {len(self.outside):,} outside>"


class Outside(msgspec.Struct, frozen=True):
    """What is known of everything outside the zone.

    Attributes:
        size: samples there.
        looked: how many of them were drawn and answered.
        found: how many of these are yes.
        unsure: how many of these are unsure; the bound takes them for yes.
        at_most: positives among all `size`, at most; those found are among them.
    """

    size: int
    looked: int
    found: int
    unsure: int
    at_most: int

    @property
    def share(self) -> float:
        """`at_most` as a share of `size`, 0 to 1."""
        return self.at_most / self.size if self.size else 0.0


class Estimate(msgspec.Struct, frozen=True):
    """What an audit allows to say. There is no recall of the whole dataset: the answers do not support one.

    Attributes:
        look: which audit of the hunt it was.
        alpha: the error rate of each of the two statements.
        answers: all answers that it stands on, yes, no and unsure.
        found: samples of the zone that are yes, those of the audit among them.
        unsure: samples of the zone that are unsure; the lower limit takes them for no, the upper limit for yes.
        zone: samples in the zone.
        drawn: how many of them the audit looked at.
        about: positives in the zone, the best single guess.
        low: positives in the zone, at least.
        high: positives in the zone, at most.
        outside: what is known of the other samples.
    """

    look: int
    alpha: float
    answers: int
    found: int
    unsure: int
    zone: int
    drawn: int
    about: int
    low: int
    high: int
    outside: Outside

    @property
    def level(self) -> float:
        """How often such statements hold, at least: 0.95 for the first audit, 0.975 for the second."""
        return 1 - self.alpha


def plan(
    ids: Ids,
    scores: npt.NDArray[np.floating[Any]],
    reviewed: npt.NDArray[np.bool_],
    n: int,
    *,
    outside: int = OUTSIDE,
    seed: int = 0,
    look: int = 1,
) -> Plan:
    """Freeze the zone of an audit. Log the plan before `draw`.

    Args:
        ids: (m,) int64, every sample of the hunt once.
        scores: (m,) float, how likely each is a yes, from the model as it is now; NaN comes last.
        reviewed: (m,) bool, what has an answer of any kind, unsure too.
        n: answers for the zone; fewer where less is unreviewed.
        outside: answers for everything else; fewer where there is less, and none with 0.
        seed: of the hunt, 0 or more.
        look: 1 for the hunt's first audit, 2 for its second; an audit that was planned and given up counts.

    Raises:
        BadValue: arrays of different lengths, a sample twice, nothing left to draw, or a number out of its range.

    >>> ids = np.arange(1000)
    >>> plan(ids, 1 / (1 + ids), ids < 40, 100, outside=50)
    <Plan of audit 1: 100 of 300 beside 40 reviewed, 50 of 660 outside; seed 0>
    """
    ids, scores, reviewed = np.asarray(ids, np.int64), np.asarray(scores), np.asarray(reviewed, np.bool_)
    if not ids.shape == scores.shape == reviewed.shape or ids.ndim != 1:
        raise BadValue(
            f"'ids', 'scores' and 'reviewed' must be of one length. Got {ids.shape}, {scores.shape} and {reviewed.shape}",
            hint="one of each for every sample of the hunt",
        )
    for name, number, fewest in (("n", n, 1), ("outside", outside, 0), ("seed", seed, 0), ("look", look, 1)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < fewest:
            raise BadValue(f"'{name}' must be a whole number of {fewest} or more. Got {number!r}", hint="audit(100)")
    if len(np.unique(ids)) != len(ids):
        raise BadValue("A sample is there twice, and would be drawn twice as often", hint="give each of 'ids' once")
    open_ids = ids[~reviewed]
    if not len(open_ids):
        raise BadValue(f"All {len(ids):,} samples are reviewed: nothing is left to audit", hint="what was found is all")
    # By id where scores are equal, so that the order of the rows decides nothing.
    order = np.lexsort((open_ids, -np.nan_to_num(scores[~reviewed].astype(np.float64), nan=-np.inf)))
    reach = min(REACH * int(n), len(open_ids))
    others = len(open_ids) - reach
    return Plan(
        seed=int(seed),
        look=int(look),
        alpha=ALPHA / int(look),
        n=min(int(n), reach),
        n_outside=min(int(outside), others),
        reviewed=tuple(np.sort(ids[reviewed]).tolist()),
        rest=tuple(open_ids[order[:reach]].tolist()),
        outside=others,
    )


def draw(plan: Plan, ids: Ids) -> Audit:
    """Both draws of a plan. `ids` are those that the plan was made with, in any order."""
    return Audit(plan, draw_zone(plan), draw_outside(plan, ids))


def draw_zone(plan: Plan) -> tuple[int, ...]:
    """A simple random sample of the unreviewed part of the zone, without replacement: the plan decides it wholly."""
    return _drawn(plan, np.array(plan.rest, np.int64), plan.n, _Stream.ZONE)


def draw_outside(plan: Plan, ids: Ids) -> tuple[int, ...]:
    """A second, separate simple random sample: of what of `ids` is not in the zone.

    Raises:
        BadValue: these are not the samples that the plan was made with.
    """
    others = np.setdiff1d(np.asarray(ids, np.int64), np.array(plan.zone, np.int64), assume_unique=True)
    if len(others) != plan.outside:
        raise BadValue(
            f"The plan has {plan.outside:,} samples outside its zone. Got {len(others):,}",
            hint="draw from the samples that the plan was made with",
        )
    return _drawn(plan, others, plan.n_outside, _Stream.OUTSIDE)


def estimate(audit: Audit, verdicts: Verdicts) -> Estimate:
    """What the answers allow to say, exactly.

    A sample that was reviewed before the plan, and whose answer was taken back since, counts as unsure. Where a yes is asked
    again and turns out to be none, estimating again with the same audit and the new verdicts is right: the draw is the same.

    Args:
        audit: whose samples are all answered.
        verdicts: the latest answers, by sample_id; those of other samples change nothing.

    Raises:
        BadValue: a sample that was drawn has no answer.
    """
    missing = audit.unanswered(verdicts)
    plan = audit.plan
    if missing:
        drawn = plan.n + plan.n_outside
        raise BadValue(
            f"{len(missing):,} of the {drawn:,} samples of the audit have no answer yet",
            hint="an estimate from a part of them would not hold; answer all, unsure if need be",
        )
    known, known_unsure = _counted(plan.reviewed, verdicts)
    found, unsure = _counted(audit.zone, verdicts)
    found_outside, unsure_outside = _counted(audit.outside, verdicts)
    size = len(plan.rest)
    low = known + limits(found, plan.n, size, alpha=plan.alpha)[0]
    high = known + known_unsure + limits(found + unsure, plan.n, size, alpha=plan.alpha)[1]
    upper = at_most(found_outside + unsure_outside, plan.n_outside, plan.outside, alpha=plan.alpha)
    return Estimate(
        look=plan.look,
        alpha=plan.alpha,
        answers=len(plan.reviewed) + plan.n + plan.n_outside,
        found=known + found,
        unsure=known_unsure + unsure,
        zone=len(plan.reviewed) + size,
        drawn=plan.n,
        about=known + round(size * found / plan.n),
        low=low,
        high=high,
        outside=Outside(plan.outside, plan.n_outside, found_outside, unsure_outside, upper),
    )


class _Stream(IntEnum):
    """Separate random numbers for separate draws."""

    ZONE = 0
    OUTSIDE = 1
    QUEUE = 2


def _generator(plan: Plan, stream: _Stream) -> np.random.Generator:
    # `spawn_key` keeps these apart from the numbers that anybody else draws with the same seed.
    return np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(plan.look, int(stream))))


def _drawn(plan: Plan, of: Ids, n: int, stream: _Stream) -> tuple[int, ...]:
    chosen = _generator(plan, stream).choice(np.sort(of), n, replace=False)
    return tuple(chosen.tolist())


def _counted(ids: Sequence[int], verdicts: Verdicts) -> tuple[int, int]:
    """How many are yes, and how many are unsure or have no answer any more."""
    answers = [verdicts.get(id) for id in ids]
    return sum(answer is True for answer in answers), sum(answer is None for answer in answers)
