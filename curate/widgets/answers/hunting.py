"""A hunt in a widget: what to look at next, the answers, and how it stands."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from curate import query as q
from curate.hunting.question import search_of
from curate.hunting.wording import reword
from curate.store import events
from curate.store.hunts import NO, UNSURE, YES, HuntLog
from curate.widgets import protocol, tiles, wording
from curate.widgets.channel import Answer, Handler
from curate.widgets.following import Following
from curate.widgets.identity import ids_of

if TYPE_CHECKING:
    from curate.hunt import Hunt

Tell = Callable[[protocol.AnyEvent], None]

CURVE_POINTS = 64
"""Points of the curve of what was found."""

SAID: dict[str, bool | None] = {"yes": True, "no": False, "unsure": None}
VERDICTS: dict[int, protocol.Verdict] = {YES: "yes", NO: "no", UNSURE: "unsure"}


class HuntAnswers:
    """Answers about one hunt.

    The model learns where the next samples are asked for, on a thread that reads, so an answer is taken at once.

    Args:
        hunt: whose samples are answered.
        tell: a bound method that is told when something has happened to the hunt, here or in another process; its object
            is held weakly, and it is called on a thread of its own.
    """

    def __init__(self, hunt: Hunt, tell: Tell) -> None:
        self._hunt = hunt
        self._dataset = hunt.dataset
        self._tell = weakref.WeakMethod(tell)
        self._total: tuple[int, int] = (-1, 0)
        self._following = Following(self._dataset.session, self._changed)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetHunt: self._get,
            protocol.GetNext: self._next,
            protocol.SetVerdict: self._set_verdict,
            protocol.TakeBack: self._take_back,
            protocol.StartAudit: self._start_audit,
            protocol.SaveFound: self._save_found,
        }

    # -- the requests -------------------------------------------------------------------------------------------------

    def _get(self, request: protocol.GetHunt) -> Answer:
        self._dataset.session.refresh(now=False)
        return self._state(request, request.samples), None

    def _next(self, request: protocol.GetNext) -> Answer:
        held = [int(sample) for sample in request.without]
        ids = self._queue(request.task, request.count + len(held))
        asked = ids[~np.isin(ids, held)][: request.count]
        rows, data = self._tiles(asked)
        return protocol.NextSamples(client=request.client, id=request.id, task=request.task, tiles=rows), data

    def _set_verdict(self, request: protocol.SetVerdict) -> Answer:
        self._hunt.mark(ids_of(self._dataset, request.samples), SAID[request.verdict])
        return self._state(request), None

    def _take_back(self, request: protocol.TakeBack) -> Answer:
        ids = self._hunt.undo().ids()
        rows, data = self._tiles(ids)
        log = self._log()
        standing = dict(zip(log.ids.tolist(), log.verdicts.tolist(), strict=True))
        now = [VERDICTS[standing[id]] if id in standing else None for id in ids[: len(rows)].tolist()]
        return protocol.TakenBack(client=request.client, id=request.id, tiles=rows, verdicts=now), data

    def _start_audit(self, request: protocol.StartAudit) -> Answer:
        self._hunt.audit(request.count, outside=request.outside)
        return self._state(request), None

    def _save_found(self, request: protocol.SaveFound) -> Answer:
        saved = self._hunt.found.save(request.name.strip(), note=request.note)
        return protocol.Saved(client=request.client, id=request.id, name=saved.name, count=saved.count), None

    # -- what they are made of ----------------------------------------------------------------------------------------

    def _queue(self, task: protocol.HuntTask, n: int) -> np.ndarray:
        """(m,) int64 ids of what is to be looked at for a task, at least `n` where there are so many."""
        match task:
            case "unsure":
                return self._hunt.unsure.ids()
            case "again":
                return self._hunt.recheck().ids()
        ids = self._hunt.next(n).ids()
        # An audit may have begun, or ended, a moment ago: nothing blind is shown unasked, and nothing chosen as if drawn.
        drawn = self._drawn()
        return ids[np.isin(ids, drawn) == (task == "audit")]

    def _drawn(self) -> np.ndarray:
        """(m,) int64 ids of the audit under way."""
        under_way = [a for a in self._log().audits if a.estimate is None and not a.given_up]
        return np.concatenate([under_way[0].drawn, under_way[0].outside]) if under_way else np.empty(0, np.int64)

    def _tiles(self, ids: np.ndarray) -> tuple[list[protocol.RowInfo], bytes]:
        """Tiles that say nothing of scores: whoever answers is not to know what the model thinks."""
        if not len(ids):
            return [], b""
        return tiles.page(self._dataset, self._dataset.session.positions_of(ids[: protocol.PAGE_ROWS]), None)

    def _log(self) -> HuntLog:
        session = self._dataset.session
        return session.hunt_log(session.hunts[self._hunt.name]["event_id"])

    def _state(self, request: protocol.Request, samples: Sequence[str] = ()) -> protocol.HuntState:
        version = self._following.version  # first: what comes in meanwhile is told of once more
        log, said = self._log(), self._hunt.estimate()
        found = len(log.those(YES))
        # What is said of numbers has no full stop; whole sentences say what to do.
        advice = [line for line in said.sentences if line.endswith(".") or line == reword(found, len(log.ids))]
        return protocol.HuntState(
            client=request.client,
            id=request.id,
            version=version,
            name=self._hunt.name,
            looks_for=self._looks_for,
            total=self._count(),
            answered=len(log.ids),
            found=found,
            rejected=len(log.those(NO)),
            unsure=len(log.those(UNSURE)),
            curve=curve(log.verdicts),
            audit=self._audit(log),
            again=int(np.count_nonzero((log.verdicts == YES) & (log.times == 1))),
            estimate=[line for line in said.sentences if line not in advice],
            audited=said.estimate is not None,
            advice=advice,
            undo=_last(log),
            settled=_settled(log, samples),
        )

    def _audit(self, log: HuntLog) -> protocol.Audit | None:
        if not any(a.estimate is None and not a.given_up for a in log.audits):
            return None
        progress = self._hunt.progress
        if not progress.audit:
            return None
        return protocol.Audit(answered=progress.audit - progress.audit_left, count=progress.audit)

    @cached_property
    def _looks_for(self) -> str:
        """The words and examples of the hunt."""
        search = search_of(self._hunt.query)
        said = wording.chips(q.Query(() if search is None else (search,)), self._dataset)
        return ", ".join(("−" if chip.kind in ("minus", "unlike") else "") + chip.text for chip in said)

    def _count(self) -> int:
        """Samples that the hunt looks at; they are other ones when the dataset has changed."""
        version = self._dataset.session.version
        if self._total[0] != version:
            self._total = version, self._hunt.progress.samples
        return self._total[1]

    # -- being told ---------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        if (tell := self._tell()) is not None:
            tell(protocol.HuntChanged(version=self._following.version))


def curve(verdicts: np.ndarray) -> list[tuple[int, int]]:
    """How many were found by how many answers, from the first answer to the last.

    Args:
        verdicts: (m,) int8, 1 for yes, in the order of the answers.

    Returns:
        At most 64 pairs of answers and found.

    >>> curve(np.array([0, 1, 1, -1]))
    [(1, 0), (2, 1), (3, 2), (4, 2)]
    """
    if not len(verdicts):
        return []
    found = np.cumsum(verdicts == YES)
    at = np.unique(np.linspace(1, len(verdicts), min(len(verdicts), CURVE_POINTS)).round().astype(np.int64))
    return [(int(answers), int(found[answers - 1])) for answers in at]


def _last(log: HuntLog) -> str:
    """The latest answer of whoever works here, in words."""
    mine: list[Any] = [answer for answer in log.answers if answer["actor"] == events.actor()]
    if not mine:
        return ""
    verdict, count = mine[-1]["payload"]["verdict"], mine[-1]["count"]
    return verdict if count == 1 else f"{verdict}, {wording.samples(count)}"


def _settled(log: HuntLog, samples: Sequence[str]) -> list[str]:
    answered = set(log.ids.tolist()) if samples else set()
    return [sample for sample in samples if int(sample) in answered]
