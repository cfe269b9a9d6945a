"""A hunt, folded from its events: who was shown what, what was answered, what was audited.

Answers of two processes are two rows of an append-only table, so neither is lost; of one sample the latest answer counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

YES, NO, UNSURE = 1, 0, -1
VERDICTS = {"yes": YES, "no": NO, "unsure": UNSURE}

HELD_FOR = timedelta(minutes=10)
"""How long a batch is kept from others while whoever it was shown to gives no answer."""

REVIEWED, REST, DRAWN, OUTSIDE = 0, 1, 2, 3
"""Codes of an audit's samples: of its zone, answered before and not; drawn from the latter, and from everything else."""


@dataclass(frozen=True, eq=False)
class AuditLog:
    """One audit: its plan was written before anything was drawn, and its estimate when the last answer was there.

    Attributes:
        event_id: of the plan.
        plan: seed, sizes and share of the error rate, as JSON holds them.
        reviewed: (k,) int64, the samples of the zone that had an answer.
        rest: (r,) int64, the others.
        drawn: (n,) int64 of `rest`, in the order of the draw; empty until it was drawn.
        outside: (m,) int64 of everything else.
        estimate: the latest one as JSON holds it, None before.
        given_up: somebody has undone it; its look stays spent.
    """

    event_id: str
    plan: Mapping[str, Any]
    reviewed: np.ndarray
    rest: np.ndarray
    drawn: np.ndarray
    outside: np.ndarray
    estimate: Mapping[str, Any] | None
    given_up: bool


@dataclass(frozen=True, eq=False)
class Shown:
    """The batch that somebody has before them, who answers it or asks for another one."""

    ids: np.ndarray
    reviewer: str
    row: int
    time: datetime

    @property
    def held(self) -> bool:
        """Whether it is still kept from others."""
        return datetime.now(UTC).replace(tzinfo=None) - self.time < HELD_FOR


@dataclass(frozen=True, eq=False)
class HuntLog:
    """What has happened in a hunt.

    Attributes:
        ids: (m,) int64, every answered sample once, in the order of their first answers.
        verdicts: (m,) int8, the latest answer: `YES`, `NO` or `UNSURE`.
        times: (m,) int64, how often each was answered.
        answers: events of standing answers, oldest first: event_id, actor, verdict, count.
        audits: oldest first.
        shown: reviewer to the latest batch.
    """

    ids: np.ndarray
    verdicts: np.ndarray
    times: np.ndarray
    answers: tuple[Mapping[str, Any], ...] = ()
    audits: tuple[AuditLog, ...] = ()
    shown: Mapping[str, Shown] = field(default_factory=dict)

    def those(self, verdict: int) -> np.ndarray:
        """(k,) int64, the samples whose latest answer is `verdict`."""
        ids: np.ndarray = self.ids[self.verdicts == verdict]
        return ids


def one_each(begun: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The hunts by name. Of two that were begun at the same moment the first stands, and what was answered in either is its own.

    Args:
        begun: name, query, seed and event_id of each, oldest first.

    >>> first, second = ({"name": "hail", "query": "{}", "seed": 0, "event_id": event} for event in "ab")
    >>> one_each([first, second])["hail"]["begun"]
    ['a', 'b']
    """
    hunts: dict[str, dict[str, Any]] = {}
    for hunt in begun:
        held = hunts.setdefault(hunt["name"], {**hunt, "begun": []})
        if (held["query"], held["seed"]) == (hunt["query"], hunt["seed"]):
            held["begun"].append(hunt["event_id"])
    return hunts


def fold(rows: Sequence[Mapping[str, Any]], members: Sequence[tuple[np.ndarray, np.ndarray]]) -> HuntLog:
    """Fold the events of one hunt.

    Args:
        rows: rows of the log, oldest first, undone ones among them.
        members: sample ids (int64) and codes (int16) of each.

    >>> row = {"action": "verdict", "undone": False, "payload": {"verdict": "yes"}, "event_id": "a", "actor": "ada", "row": 0}
    >>> fold([row], [(np.array([7, 9]), np.empty(0, np.int16))]).those(YES).tolist()
    [7, 9]
    """
    order: dict[int, int] = {}
    verdicts: list[int] = []
    times: list[int] = []
    answers: list[Mapping[str, Any]] = []
    plans: dict[str, tuple[Mapping[str, Any], np.ndarray, np.ndarray]] = {}
    draws: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    given_up: set[str] = set()
    estimates: dict[str, Mapping[str, Any]] = {}
    shown: dict[str, Shown] = {}
    for row, (ids, codes) in zip(rows, members, strict=True):
        payload = row["payload"]
        match row["action"]:
            case "verdict" if not row["undone"]:
                verdict = VERDICTS[payload["verdict"]]
                answers.append({**row, "sample_ids": ids})
                for sample in ids.tolist():
                    at = order.setdefault(sample, len(order))
                    if at == len(verdicts):
                        verdicts.append(verdict)
                        times.append(1)
                    else:
                        verdicts[at], times[at] = verdict, times[at] + 1
            case "audit" if "audit" not in payload:
                plans[row["event_id"]] = row, ids[codes == REVIEWED], ids[codes == REST]
                if row["undone"]:
                    given_up.add(row["event_id"])
            case "audit":
                # the plan has said how it is drawn: of two processes that did so the first one counts
                draws.setdefault(payload["audit"], (ids[codes == DRAWN], ids[codes == OUTSIDE]))
                if row["undone"]:  # what is undone last is the draw, and it means the audit
                    given_up.add(payload["audit"])
            case "estimate":
                estimates[payload["audit"]] = payload
            case "shown":
                shown[payload["reviewer"]] = Shown(ids, payload["reviewer"], row["row"], row["time"])
    nothing = np.empty(0, np.int64), np.empty(0, np.int64)
    return HuntLog(
        ids=np.fromiter(order, np.int64, len(order)),
        verdicts=np.array(verdicts, np.int8),
        times=np.array(times, np.int64),
        answers=tuple(answers),
        audits=tuple(
            AuditLog(
                event,
                row["payload"],
                reviewed,
                rest,
                *draws.get(event, nothing),
                estimates.get(event),
                event in given_up,
            )
            for event, (row, reviewed, rest) in plans.items()
        ),
        shown=shown,
    )
