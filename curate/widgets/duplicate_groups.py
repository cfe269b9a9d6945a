"""The groups of one search for duplicates, and how each stands: open, accepted, or of different samples after all.

Nothing is kept beside the dataset. A group is accepted where all of its samples but one have the tag `duplicate`, whoever gave it
and wherever, and distinct where somebody has said so of every pair of its first sample with another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from curate.duplicates import Duplicates

TAG = "duplicate"
"""The tag of samples that are there once more."""

Kind = Literal["exact", "near", "sequence"]

KINDS: tuple[Kind, ...] = ("exact", "near", "sequence")
"""In the order in which they are shown: the surest first."""

OPEN, ACCEPTED, DISTINCT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Grouped:
    """Groups in the order in which they are shown, each of two samples or more.

    Attributes:
        numbers: (g,) int64, what the search calls each.
        kinds: (g,) of each.
        spans: (g,) of a sequence, from when to when; "" for others.
        reasons: (g,) why the proposed one of each stays, in words.
        starts: (g + 1,) int64, where the members of each begin and the last end.
        members: (m,) int64 sample ids, of each group the proposed one first.
        similarity: (m,) float32, to the proposed one; NaN where it is not known.
    """

    numbers: np.ndarray
    kinds: Sequence[Kind]
    spans: Sequence[str]
    reasons: Sequence[str]
    starts: np.ndarray
    members: np.ndarray
    similarity: np.ndarray

    @classmethod
    def none(cls) -> Grouped:
        """No groups."""
        return cls(
            np.empty(0, np.int64), (), (), (), np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        )

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def sizes(self) -> np.ndarray:
        """(g,) int64, members of each."""
        return np.diff(self.starts)

    def of(self, at: int) -> slice:
        """Where the members of the group at this index are."""
        return slice(int(self.starts[at]), int(self.starts[at + 1]))

    def first(self, at: int, keep: int, count: int) -> np.ndarray:
        """Where the first members of a group are, at most `count` of them; the one that it keeps is among them."""
        rows = np.arange(self.starts[at], self.starts[at + 1])
        shown = rows[:count]
        kept = rows[self.members[rows] == keep]
        return shown if np.isin(kept, shown).all() else np.r_[shown[:-1], kept]

    @property
    def proposed(self) -> np.ndarray:
        """(g,) int64 ids, the one of each that is proposed to stay."""
        return self.members[self.starts[:-1]]

    def pairs(self, at: np.ndarray, keep: np.ndarray) -> np.ndarray:
        """(p, 2) int64 ids: of these groups, the one that each keeps ((len(at),) ids) with each other member."""
        stays = np.full(len(self), -1, np.int64)
        stays[at] = keep
        kept = stays[self._group_of]
        mine = np.isin(self._group_of, at) & (self.members != kept)
        return np.column_stack([kept[mine], self.members[mine]])

    def standing(self, tagged: np.ndarray, different: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How each group stands.

        Args:
            tagged: (t,) int64 ids with the tag.
            different: (d, 2) int64 ids of pairs that are no duplicates, as a person says.

        Returns:
            (g,) int8 of OPEN, ACCEPTED or DISTINCT, and (g,) int64 the id that stays: the one without the tag of an accepted
            group, the proposed one of any other.
        """
        keep = self.proposed.copy()
        has = self._among(tagged)
        accepted = self._count(has) == self.sizes - 1
        bare = np.flatnonzero(~has & accepted[self._group_of])
        keep[self._group_of[bare]] = self.members[bare]
        apart = np.zeros(len(self.members), bool)
        left, right = self._rows(different[:, 0]), self._rows(different[:, 1])
        both = (left >= 0) & (right >= 0)
        for one, other in ((left[both], right[both]), (right[both], left[both])):
            # a pair says something of a group where one side is the group's first
            first = one == self.starts[:-1][self._group_of[other]]
            apart[other[first]] = True
        distinct = ~accepted & (self._count(apart) == self.sizes - 1)
        states = np.where(accepted, ACCEPTED, np.where(distinct, DISTINCT, OPEN)).astype(np.int8)
        return states, keep

    @cached_property
    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        """(m,) int64 the members in order, and (m,) int64 where each is."""
        order = np.argsort(self.members, kind="stable")
        return self.members[order], order

    def _rows(self, ids: np.ndarray) -> np.ndarray:
        """(k,) int64: where these samples are among the members, -1 for one that is not."""
        known, order = self._order
        if not len(known):
            return np.full(len(ids), -1, np.int64)
        at = np.searchsorted(known, ids).clip(max=len(known) - 1)
        return np.where(known[at] == ids, order[at], -1)

    def _among(self, ids: np.ndarray) -> np.ndarray:
        """(m,) bool: which members are among these samples."""
        has = np.zeros(len(self.members) + 1, bool)
        has[self._rows(ids)] = True  # what is no member marks the last one, which is none
        return has[:-1]

    @cached_property
    def _group_of(self) -> np.ndarray:
        """(m,) int64, the index of the group of each member."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def _count(self, mask: np.ndarray) -> np.ndarray:
        return np.bincount(self._group_of[mask], minlength=len(self))


def grouped(duplicates: Duplicates) -> Grouped:
    """The groups of a search, as they are shown: those that are sure first, and the largest of a kind first."""
    groups, members = duplicates.groups, duplicates.members
    order = pl.col("kind").replace_strict({kind: at for at, kind in enumerate(KINDS)}, return_dtype=pl.Int64)
    shown = groups.sort(order, pl.col("samples"), "group", descending=[False, True, False])
    place = pl.DataFrame({"group": shown["group"], "at": np.arange(shown.height)})
    ordered = members.join(place, on="group", maintain_order="left").sort("at", maintain_order=True)
    return Grouped(
        shown["group"].to_numpy(),
        shown["kind"].to_list(),
        shown["span"].to_list(),
        shown["why"].to_list(),
        np.r_[0, np.cumsum(shown["samples"].to_numpy())].astype(np.int64),
        ordered["sample_id"].to_numpy(),
        ordered["similarity"].fill_null(np.nan).to_numpy(),
    )
