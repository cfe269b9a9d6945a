"""A hunt at one moment, by position: what it looks at, what was answered, who has what before them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from curate.hunting import record
from curate.hunting.audit import Audit
from curate.hunting.ranking import Ranking
from curate.hunting.space import Booleans, Floats, Integers
from curate.store.hunts import UNSURE, YES, HuntLog, Shown


class State:
    """What the next batch is made of.

    Args:
        log: what has happened.
        ranking: of the samples of the hunt.
        sample_ids: (n,) int64 by position.
        positions_of: gives (m,) int64 positions of (m,) sample ids, -1 for what is not there.
        others: the batches that other reviewers have before them.

    Attributes:
        at: (m,) int64, the positions of what was answered and is there, in the order of first answers.
        verdicts: (m,) int8, 1 yes, 0 no, -1 unsure.
        answered: (n,) bool, the same by position.
        open: (n,) bool, the samples of the hunt without an answer.
        logged: the audit under way.
        audit: the same, once it is drawn.
    """

    def __init__(
        self,
        log: HuntLog,
        ranking: Ranking,
        sample_ids: Integers,
        positions_of: Callable[[Integers], Integers],
        others: tuple[Shown, ...] = (),
    ) -> None:
        self.log = log
        self.ranking = ranking
        self.sample_ids = sample_ids
        at = positions_of(log.ids)
        there = at >= 0
        self.at, self.verdicts = at[there], log.verdicts[there]
        self.others = others
        held = np.concatenate([positions_of(shown.ids) for shown in others] or [at[:0]])
        self._held = held[held >= 0]
        self.answered: Booleans = np.zeros(len(sample_ids), bool)
        self.answered[self.at] = True
        self.open: Booleans = ranking.members & ~self.answered
        self.logged = record.under_way(log)
        self.audit: Audit | None = None if self.logged is None else record.drawn(self.logged)

    @cached_property
    def belongs(self) -> Booleans:
        """(n,) bool, the samples of the hunt; what was answered stays in it, also when it has left the view."""
        return self.ranking.members | self.answered

    @cached_property
    def members(self) -> Integers:
        """(m,) int64 positions of all samples of the hunt."""
        return np.flatnonzero(self.belongs)

    @property
    def ids(self) -> Integers:
        """(m,) int64, the sample ids of `members`."""
        ids: Integers = self.sample_ids[self.members]
        return ids

    @property
    def scores(self) -> Floats:
        """(n,) float32, how likely each position is wanted; nan for what is no member."""
        return self.ranking.scores(*self.lessons)

    @cached_property
    def lessons(self) -> tuple[Integers, Booleans]:
        """Positions and verdicts to learn from: neither unsure ones nor the blind answers of an audit under way."""
        usable = (self.verdicts != UNSURE) & self.ranking.index.present[self.at]
        if self.audit is not None:
            usable &= ~np.isin(self.sample_ids[self.at], self.audit.zone + self.audit.outside)
        return self.at[usable], self.verdicts[usable] == YES

    def unanswered(self) -> tuple[int, ...]:
        """Sample ids of the audit under way that have no answer, in its order."""
        return () if self.audit is None else self.audit.unanswered(record.answers(self.log))

    def batch(self, n: int) -> Integers:
        """(m,) int64 sample ids to show next: while that is possible, nothing that somebody else has before them."""
        if self.audit is not None:
            queue = np.array(self.unanswered(), np.int64)
            unheld = queue[~np.isin(queue, self.sample_ids[self._held])]
            return (unheld if len(unheld) else queue)[:n]
        free = self.open.copy()
        free[self._held] = False
        unwanted = self.at[(self.verdicts != YES) & self.ranking.index.present[self.at]]
        chosen = self.ranking.next(n, *self.lessons, allowed=free if free.any() else self.open, rejected=unwanted)
        batch: Integers = self.sample_ids[chosen]
        return batch

    def has(self, reviewer: str, batch: Integers) -> bool:
        """Whether a reviewer has these sample ids before them, and no others."""
        shown = self.log.shown.get(reviewer)
        return shown is not None and shown.held and np.array_equal(shown.ids, batch)

    def taken_before(self, shown: Shown) -> Integers:
        """(m,) int64 sample ids that others had before them earlier than this batch was shown."""
        earlier = [other.ids for other in self.others if other.row < shown.row]
        return np.concatenate(earlier) if earlier else np.empty(0, np.int64)
