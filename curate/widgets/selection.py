"""Which samples a person has picked: a mask over the positions of the dataset, so that it outlives changes of the query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from curate.store.session import Session
from curate.widgets.protocol import Operation


@dataclass(frozen=True, eq=False)
class Picked:
    """One moment of the selection.

    Attributes:
        revision: counts up with every change.
        mask: (n,) bool by position of the dataset. Not to be written to.
        count: how many are selected.
    """

    revision: int
    mask: np.ndarray
    count: int


class Selection:
    """The selection now. Changes need the lock of the session; looking needs it only after an ingest or a purge."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._generation = session.generation
        # what is picked, and the sample ids that its mask is aligned with: one assignment changes both
        self._now = Picked(0, np.zeros(0, bool), 0), np.empty(0, np.int64)

    def now(self) -> Picked:
        """What is picked, by today's positions."""
        picked, ids = self._now
        if ids is self._session.sample_ids:
            return picked
        with self._session.lock:
            return self._aligned()

    def pick(self, operation: Operation, positions: np.ndarray) -> Picked:
        """Change it by (m,) int64 positions of today; the lock is held."""
        held = self._aligned()
        mask = np.zeros_like(held.mask) if operation == "set" else held.mask.copy()
        if operation == "toggle":
            others = np.zeros_like(mask)
            others[positions] = True
            mask ^= others
        else:
            mask[positions] = operation != "remove"
        return self._take(mask, held.revision + 1)

    def _aligned(self) -> Picked:
        picked, ids = self._now
        session = self._session
        if ids is session.sample_ids:
            return picked
        mask = np.zeros(session.n, bool)
        if self._generation == session.generation:
            mask[: len(ids)] = picked.mask  # samples were added behind
        elif picked.count:
            at = session.positions_of(ids[picked.mask])
            mask[at[at >= 0]] = True
        return self._take(mask, picked.revision + (int(np.count_nonzero(mask)) != picked.count))

    def _take(self, mask: np.ndarray, revision: int) -> Picked:
        mask.setflags(write=False)
        picked = Picked(revision, mask, int(np.count_nonzero(mask)))
        self._generation = self._session.generation
        self._now = picked, self._session.sample_ids
        return picked


def ranges(mask: np.ndarray) -> np.ndarray:
    """Where a mask is true, as (k, 2) int32 ranges `[start, stop)`, ascending, as few as possible."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return edges.reshape(-1, 2).astype(np.int32)


def encode(mask: np.ndarray) -> tuple[Literal["ranges", "bitmap"], bytes]:
    """A mask as bytes: its ranges, or one bit a row (lowest first) where that is smaller."""
    found = ranges(mask)
    if found.nbytes <= mask.size // 8 + 8:
        return "ranges", found.tobytes()
    return "bitmap", np.packbits(mask, bitorder="little").tobytes()
