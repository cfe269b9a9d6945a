"""The review of pairs: which to look at next, the answers, and what they say of the threshold."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.analysis.threshold import BINS, counted
from curate.errors import BadValue
from curate.store import events
from curate.undo import take_back
from curate.widgets import protocol, tiles
from curate.widgets.channel import Answer, Handler
from curate.widgets.following import Following
from curate.widgets.identity import ids_of

if TYPE_CHECKING:
    from curate.duplicates import Duplicates

Tell = Callable[[protocol.AnyEvent], None]

SAID: dict[protocol.Verdict, bool | None] = {"yes": True, "no": False, "unsure": None}

KEPT = 16
"""Thresholds whose groups are kept while the slider moves."""


class PairAnswers:
    """Answers about the pairs of one search.

    Args:
        duplicates: the search, at the threshold to begin with.
        tell: a bound method that is told when a pair was answered, here or in another process; its object is held weakly, and
            it is called on a thread of its own.

    Attributes:
        duplicates: the search, at the threshold that is shown.
    """

    def __init__(self, duplicates: Duplicates, tell: Tell) -> None:
        self._dataset = duplicates.dataset
        self._tell = weakref.WeakMethod(tell)
        self.duplicates = duplicates
        self._at: OrderedDict[float, Duplicates] = OrderedDict({duplicates.threshold: duplicates})
        ends = pl.min_horizontal("left", "right").alias("low"), pl.max_horizontal("left", "right").alias("high")
        self._votes = duplicates.at(duplicates.lowest).pairs.with_columns(*ends)
        self._drawn: dict[tuple[int, int], float] = {}
        self._seen = [row["event_id"] for row in self._answers()]
        self._following = Following(self._dataset.session, self._changed)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetPairReview: self._get,
            protocol.GetPairs: self._next,
            protocol.JudgePair: self._judge,
            protocol.TakeBackPair: self._take_back,
        }

    # -- the requests -------------------------------------------------------------------------------------------------

    def _get(self, request: protocol.GetPairReview) -> Answer:
        self._dataset.session.refresh(now=False)
        if request.threshold is not None:
            self.duplicates = self._with(request.threshold)
        return self._state(request), None

    def _next(self, request: protocol.GetPairs) -> Answer:
        without = [(int(left), int(right)) for left, right in request.without]
        pairs = self._with(request.threshold).next_pairs(request.count, without)
        found, data = self._infos(pairs.select("left", "right").rows())
        # what chance has chosen at one threshold says nothing of a lower one, where the others had no chance
        self._drawn |= {_pair(int(one.left.sample_id), int(one.right.sample_id)): request.threshold for one in found}
        return protocol.Pairs(client=request.client, id=request.id, pairs=found), data

    def _judge(self, request: protocol.JudgePair) -> Answer:
        ids = ids_of(self._dataset, [request.left, request.right])
        if ids[0] == ids[1]:
            raise BadValue("A sample is the same as itself", hint="answer a pair")
        drawn = self._drawn.get(_pair(*ids.tolist()))
        self.duplicates.judge(ids[None, :], SAID[request.verdict], drawn=drawn)
        self.duplicates = self._with(request.threshold)
        return self._state(request), None

    def _take_back(self, request: protocol.TakeBackPair) -> Answer:
        self._dataset.session.refresh()
        last = self._last()
        if last is None:
            raise BadValue(
                "There is no answer to take back", hint="answers of this review can be taken back, the last first"
            )
        ids = next(iter(self._dataset.session.members_of_events([last])))[0].tolist()
        take_back(self._dataset, last["event_id"])
        found, data = self._infos([(ids[0], ids[1])] if len(ids) == 2 else [])
        if not found:
            raise BadValue(
                "The answer was taken back; one of its samples was erased meanwhile", hint="go on with the others"
            )
        self._drawn[_pair(ids[0], ids[1])] = last["payload"]["drawn"]
        return protocol.PairTakenBack(client=request.client, id=request.id, pair=found[0]), data

    # -- what they are made of ----------------------------------------------------------------------------------------

    def _with(self, threshold: float) -> Duplicates:
        """The search at a threshold; groups that were made are kept for a while."""
        found = self._at.pop(threshold, None) or self.duplicates.at(threshold)
        self._at[threshold] = found
        while len(self._at) > KEPT:
            self._at.popitem(last=False)
        return found

    def _state(self, request: protocol.Request) -> protocol.PairReviewState:
        version, search = self._version(), self.duplicates
        said, near = search.precision(), search.pairs.filter(~pl.col("exact"))
        calibration, last = search.calibration, self._last()
        nothing = [0] * BINS
        return protocol.PairReviewState(
            client=request.client,
            id=request.id,
            version=version,
            encoder=search.encoder or "",
            threshold=search.threshold,
            chosen=search.chosen,
            low=search.lowest,
            high=1.0,
            pairs=near.height,
            groups=search.groups.height,
            redundant=search.members.height - search.groups.height,
            edges=np.linspace(0, 1, BINS + 1).tolist(),
            altered=calibration.altered if calibration else nothing,
            distinct=calibration.distinct if calibration else nothing,
            found=counted(self._votes.filter(~pl.col("exact"))["similarity"].to_numpy()).tolist(),
            reviewed=said.yes + said.no + said.unsure,
            yes=said.yes,
            no=said.no,
            unsure=said.unsure,
            left=search.next_pairs(near.height).height,
            precision=said.value,
            precision_low=said.low,
            precision_high=said.high,
            expected=calibration.expected(search.threshold, near.height) if calibration else None,
            wanted=search.wanted,
            undo=last["payload"]["verdict"] if last else "",
            note=search.note,
        )

    def _infos(self, pairs: Iterable[tuple[int, int]]) -> tuple[list[protocol.PairInfo], bytes]:
        """Pairs whose samples are both there, with their pictures; as many as there is room for."""
        session = self._dataset.session
        ids = np.array(list(pairs), np.int64).reshape(-1, 2)
        positions = session.positions_of(ids.reshape(-1)).reshape(-1, 2)
        positions = positions[(positions >= 0).all(axis=1)]
        if not len(positions):
            return [], b""
        drawn, data = tiles.page(self._dataset, positions.reshape(-1), None)
        sides = list(zip(drawn[::2], drawn[1::2], strict=False))
        keys = [_pair(int(left.sample_id), int(right.sample_id)) for left, right in sides]
        wanted = pl.DataFrame(keys, {"low": pl.Int64, "high": pl.Int64}, orient="row")
        known = {
            (row["low"], row["high"]): row for row in wanted.join(self._votes, on=["low", "high"]).iter_rows(named=True)
        }
        said = self.duplicates.verdicts().rename({"left": "low", "right": "high"})
        verdicts = {
            (low, high): verdict for low, high, verdict, *_ in wanted.join(said, on=["low", "high"]).iter_rows()
        }
        found = [
            _info(left, right, known.get(key, {}), verdicts.get(key))
            for (left, right), key in zip(sides, keys, strict=True)
        ]
        return found, data[: sum(left.bytes + right.bytes for left, right in sides)]

    # -- being told ---------------------------------------------------------------------------------------------------

    def _version(self) -> int:
        """Counts up with whatever anybody does, and is the same in all widgets."""
        return len(self._dataset.session.log)

    def _answers(self) -> list[dict[str, Any]]:
        return [row for row in self._dataset.session.log if row["action"] == "pair" and not row["undone"]]

    def _last(self) -> dict[str, Any] | None:
        """The latest answer of whoever works here, in a review of this search; what was said of whole groups is undone there."""
        mine = (row for row in reversed(self._answers()) if row["actor"] == events.actor())
        drawn = (row for row in mine if row["payload"].get("drawn") is not None)
        return next((row for row in drawn if row["payload"].get("search") == self.duplicates.event), None)

    def _changed(self) -> None:
        answers = [row["event_id"] for row in self._answers()]
        if answers != self._seen:
            self._seen = answers
            if (tell := self._tell()) is not None:
                tell(protocol.PairsChanged(version=self._version()))


def _pair(left: int, right: int) -> tuple[int, int]:
    return min(left, right), max(left, right)


def _info(
    left: protocol.RowInfo, right: protocol.RowInfo, votes: dict[str, Any], verdict: protocol.Verdict | None
) -> protocol.PairInfo:
    distance = votes.get("distance")
    return protocol.PairInfo(
        left=left,
        right=right,
        similarity=votes.get("similarity"),
        cosine=votes.get("cosine"),
        distance=None if distance is None else round(distance),
        exact=bool(votes.get("exact")),
        verdict=verdict,
    )
