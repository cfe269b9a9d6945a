"""What people say of pairs of samples: whether the two are the same. One event may say it of many; of a pair the latest counts.

The ids of an event are left, right, left, right … A code numbers each pair, so that a pair of which one was erased
is recognised, and not taken for two halves of others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.store.hunts import VERDICTS
from curate.store.session import Session

_NUMBERS = 2**15


@dataclass(frozen=True, eq=False)
class PairVerdicts:
    """Every pair that somebody has answered, once.

    Attributes:
        left: (m,) int64 ids, the lower one of each pair.
        right: (m,) int64 ids.
        verdicts: (m,) int8: `YES` for the same, `NO`, or `UNSURE`, as in `curate.store.hunts`.
        drawn: (m,) bool, whether chance had chosen the pair: only of these a share says something of all.
    """

    left: np.ndarray
    right: np.ndarray
    verdicts: np.ndarray
    drawn: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """(m, 2) int64 ids."""
        return np.column_stack([self.left, self.right])

    def those(self, verdict: int) -> np.ndarray:
        """(k, 2) int64 ids, the pairs with this verdict."""
        pairs: np.ndarray = self.pairs[self.verdicts == verdict]
        return pairs


def pair_event(pairs: np.ndarray, verdict: str, *, drawn: bool) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """What an event of the action ``pair`` holds.

    Args:
        pairs: (m, 2) sample ids.
        verdict: "yes", "no" or "unsure".
        drawn: chance had chosen the pairs.

    Returns:
        Its payload, (2 m,) int64 ids, and (2 m,) int16 codes.

    >>> pair_event(np.array([[7, 9]]), "yes", drawn=True)
    ({'verdict': 'yes', 'drawn': True, 'pairs': 1}, array([7, 9]), array([0, 0], dtype=int16))
    """
    ids = np.asarray(pairs, np.int64).reshape(-1)
    codes = (np.arange(len(ids)) // 2 % _NUMBERS).astype(np.int16)
    return {"verdict": verdict, "drawn": drawn, "pairs": len(ids) // 2}, ids, codes


def pair_verdicts(session: Session) -> PairVerdicts:
    """What stands of all that was said of pairs."""
    rows = [row for row in session.log if row["action"] == "pair" and not row["undone"]]
    return fold(rows, list(session.members_of_events(rows)))


def fold(rows: Sequence[Mapping[str, Any]], members: Sequence[tuple[np.ndarray, np.ndarray]]) -> PairVerdicts:
    """Fold events of pairs.

    Args:
        rows: rows of the log, oldest first.
        members: ids (int64) and codes (int16) of each.

    >>> said = [{"payload": {"verdict": verdict, "drawn": True}} for verdict in ("yes", "no")]
    >>> one = (np.array([9, 7]), np.array([0, 0], np.int16))
    >>> fold(said, [one, one]).verdicts.tolist()
    [0]
    """
    pairs = [np.empty((0, 2), np.int64), *(_pairs(*each) for each in members)]
    counts = [len(each) for each in pairs[1:]]
    ends = np.sort(np.concatenate(pairs), axis=1)
    verdicts = np.repeat(np.array([VERDICTS[row["payload"]["verdict"]] for row in rows], np.int8), counts)
    drawn = np.repeat(np.array([row["payload"]["drawn"] for row in rows], bool), counts)
    # of equal pairs the last: unique gives the first, so it looks from behind
    latest = len(ends) - 1 - np.unique(ends[::-1], axis=0, return_index=True)[1]
    return PairVerdicts(ends[latest, 0], ends[latest, 1], verdicts[latest], drawn[latest])


def _pairs(ids: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(m, 2) int64: neighbours with one number are a pair."""
    first = np.flatnonzero(codes[:-1] == codes[1:])
    return np.column_stack([ids[first], ids[first + 1]]).astype(np.int64)
