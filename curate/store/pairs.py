"""What people say of pairs of samples: whether the two are the same. One event may say it of many; of a pair the latest counts.

The ids of an event are left, right, left, right … A code numbers each pair, so that a pair of which one was erased
is recognised, and not taken for two halves of others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from curate.store.session import Session

VERDICTS = {True: "yes", False: "no", None: "unsure"}
"""What an answer is called in events."""

_NUMBERS = 2**15
_SAID: dict[str, Any] = {"verdict": pl.String, "drawn": pl.Float64, "search": pl.String, "event": pl.String}
_SCHEMA = {"left": pl.Int64, "right": pl.Int64, **_SAID}


def pair_event(
    pairs: np.ndarray, verdict: bool | None, *, search: str, drawn: float | None
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """What an event of the action ``pair`` holds.

    Args:
        pairs: (m, 2) int64 sample ids.
        verdict: True for the same, False for two, None for cannot tell.
        search: the event of the search that found them.
        drawn: the threshold at which chance had chosen them; None where a person did.

    Returns:
        Its payload, (2 m,) int64 ids, and (2 m,) int16 codes.

    >>> pair_event(np.array([[7, 9]]), True, search="a", drawn=None)[1:]
    (array([7, 9]), array([0, 0], dtype=int16))
    """
    ids = np.asarray(pairs, np.int64).reshape(-1)
    codes = (np.arange(len(ids)) // 2 % _NUMBERS).astype(np.int16)
    return {"verdict": VERDICTS[verdict], "search": search, "drawn": drawn}, ids, codes


def verdicts(session: Session) -> pl.DataFrame:
    """Every pair that somebody has answered: left, right (the lower id first), verdict, drawn, search, event; the latest answer."""
    session.refresh()
    rows = [row for row in session.log if row["action"] == "pair" and not row["undone"]]
    return fold(rows, list(session.members_of_events(rows)))


def judged(session: Session, *, verdict: bool | None) -> np.ndarray:
    """(m, 2) int64 ids of the pairs whose latest answer is `verdict`, the lower id first."""
    said = verdicts(session).filter(pl.col("verdict") == VERDICTS[verdict])
    return said.select("left", "right").to_numpy().astype(np.int64).reshape(-1, 2)


def fold(rows: Sequence[Mapping[str, Any]], members: Sequence[tuple[np.ndarray, np.ndarray]]) -> pl.DataFrame:
    """Fold events of pairs to the frame that `verdicts` gives.

    Args:
        rows: rows of the log, oldest first.
        members: ids (int64) and codes (int16) of each.

    >>> said = [{"payload": {"verdict": verdict}, "event_id": verdict} for verdict in ("yes", "no")]
    >>> one = (np.array([9, 7]), np.array([0, 0], np.int16))
    >>> fold(said, [one, one]).rows()
    [(7, 9, 'no', None, '', 'no')]
    """
    parts = [pl.DataFrame(schema=_SCHEMA)]
    for row, (ids, codes) in zip(rows, members, strict=True):
        sides = np.sort(paired(ids, codes), axis=1)
        payload = row["payload"]
        said = (payload["verdict"], payload.get("drawn"), payload.get("search", ""), row["event_id"])
        columns = [pl.lit(value, dtype).alias(name) for value, (name, dtype) in zip(said, _SAID.items(), strict=True)]
        parts.append(pl.DataFrame({"left": sides[:, 0], "right": sides[:, 1]}).with_columns(columns))
    return pl.concat(parts).unique(["left", "right"], keep="last", maintain_order=True)


def paired(ids: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(m, 2) int64: the pairs that an event with these ids and codes is about; neighbours with one number are a pair."""
    first = np.flatnonzero(codes[:-1] == codes[1:])
    return np.stack([ids[first], ids[first + 1]], axis=1).astype(np.int64)
