"""Audits as the events of a hunt hold them: ids in columns, where a purge finds them, and only numbers in the payload."""

from __future__ import annotations

from typing import Any

import numpy as np

from curate.hunting.audit import Audit, Plan
from curate.store.hunts import DRAWN, NO, OUTSIDE, REST, REVIEWED, UNSURE, YES, AuditLog, HuntLog

_NUMBERS = ("seed", "look", "alpha", "n", "n_outside", "outside")

_ANSWERS: dict[int, bool | None] = {YES: True, NO: False, UNSURE: None}


def plan_event(plan: Plan) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Payload, sample ids (m,) int64 and codes (m,) int16 of the event that freezes a plan."""
    payload = {name: getattr(plan, name) for name in _NUMBERS} | {"rest": len(plan.rest)}
    codes = np.repeat(np.array([REVIEWED, REST], np.int16), [len(plan.reviewed), len(plan.rest)])
    return payload, np.array(plan.zone, np.int64), codes


def draw_event(zone: tuple[int, ...], outside: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Sample ids (m,) int64 and codes (m,) int16 of the event that says what was drawn."""
    codes = np.repeat(np.array([DRAWN, OUTSIDE], np.int16), [len(zone), len(outside)])
    return np.array(zone + outside, np.int64), codes


def planned(logged: AuditLog) -> Plan:
    """The plan as it was frozen."""
    numbers = {name: logged.plan[name] for name in _NUMBERS}
    return Plan(**numbers, reviewed=tuple(logged.reviewed.tolist()), rest=tuple(logged.rest.tolist()))


def drawn(logged: AuditLog) -> Audit | None:
    """The audit with what was drawn; None before that, and where something of it was purged: the rest of a draw is no draw."""
    audit = Audit(planned(logged), tuple(logged.drawn.tolist()), tuple(logged.outside.tolist()))
    plan = audit.plan
    whole = len(plan.rest), len(audit.zone), len(audit.outside)
    return audit if whole == (logged.plan["rest"], plan.n, plan.n_outside) else None


def standing(log: HuntLog) -> tuple[AuditLog, ...]:
    """The audits that count, oldest first: not given up, and of two that were planned at the same moment the first."""
    looks: dict[int, AuditLog] = {}
    for logged in log.audits:
        if not logged.given_up:
            looks.setdefault(logged.plan["look"], logged)
    return tuple(looks.values())


def under_way(log: HuntLog) -> AuditLog | None:
    """The audit that waits for its draw or for answers."""
    for logged in standing(log):
        undrawn = not len(logged.drawn) and len(logged.rest) == logged.plan["rest"]
        if logged.estimate is None and (undrawn or drawn(logged) is not None):
            return logged
    return None


def carries_an_estimate(log: HuntLog, ids: np.ndarray) -> bool:
    """Whether an estimate stands on the only answer of one of these sample ids ((m,) int64): its draw would lose a part."""
    once = np.intersect1d(ids, log.ids[log.times == 1])
    estimated = (logged for logged in standing(log) if logged.estimate is not None)
    return any(np.isin(once, np.concatenate([logged.drawn, logged.outside])).any() for logged in estimated)


def answers(log: HuntLog) -> dict[int, bool | None]:
    """The latest answer by sample_id: yes, no, or None for unsure."""
    return {id: _ANSWERS[verdict] for id, verdict in zip(log.ids.tolist(), log.verdicts.tolist(), strict=True)}
