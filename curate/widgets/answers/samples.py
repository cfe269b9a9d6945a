"""One sample: its large picture and what is known about it, what is near it, and what was done with it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from curate.errors import VectorsNotFound
from curate.search.evaluation import frame
from curate.store.pairs import paired
from curate.widgets import protocol, tiles, wording
from curate.widgets.channel import Answer, Handler
from curate.widgets.exploration import Exploration, Shown
from curate.widgets.identity import position_of
from curate.widgets.shapes import Allowance, labels_of, shapes_of

MOST_EVENTS = 500
"""Events whose sample ids are looked through for the history of a sample."""

MOST_IDS = 8_000_000
"""Sample ids of these events."""

MOST_LABELS = 500
"""Labels of one sample that are listed."""

_TOUCHING = {"tag", "untag", "slice", "split", "pair"}
_COMPARED = {"yes": "the same as", "no": "another picture than", "unsure": "not to be told apart from"}


class SampleAnswers:
    """Answers about one sample."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._dataset = exploration.dataset

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.GetPicture: self._picture,
            protocol.GetNeighbours: self._neighbours,
            protocol.GetHistory: self._history,
        }

    def _picture(self, request: protocol.GetPicture) -> Answer:
        return self._exploration.read(lambda shown: self._look_at(request, shown))[1]

    def _look_at(self, request: protocol.GetPicture, shown: Shown) -> Answer:
        dataset = self._dataset
        position = position_of(self._dataset, request.sample)
        sample = dataset.frame(np.array([position], dtype=np.int64)).row(0, named=True)
        at = np.flatnonzero(shown.rows.positions == position)
        row = int(at[0]) if len(at) else None
        if row is not None and shown.rows.scores is not None and math.isfinite(shown.rows.scores[row]):
            sample["score"] = float(shown.rows.scores[row])
            sample["score_percentile"] = self._percentile(shown, row)
        labels = labels_of(dataset.session, np.array([sample["sample_id"]]), places=True).to_dicts()
        status = sample["status"] or "ok"
        if status == "ok":
            data, note = tiles.picture(dataset, position)
        else:
            said = sample["error"] or ""
            data, note = b"", " ".join([tiles.WHY_NO_PICTURE.get(status, f"This sample is {status}."), said]).strip()
        return protocol.Picture(
            client=request.client,
            id=request.id,
            version=shown.version,
            row=row,
            sample_id=request.sample,
            name=tiles.name_of(sample["uri"]),
            location=dataset.location(position),
            width=sample["width"] or 0,
            height=sample["height"] or 0,
            selected=bool(self._exploration.picked().mask[position]),
            tags=list(sample["tags"] or []),
            fields=tiles.fields(sample),
            labels=[_line(label) for label in labels[:MOST_LABELS]],
            shapes=shapes_of(labels, sample["width"], sample["height"], Allowance()),
            note=note,
        ), data

    def _percentile(self, shown: Shown, row: int) -> float:
        """How many samples of the dataset score lower, in percent."""
        scores, ranks = shown.rows.scores, shown.rows.ranks
        assert scores is not None
        assert ranks is not None
        here = slice(row, row + 1)
        one = replace(shown.rows, positions=shown.rows.positions[here], scores=scores[here], ranks=ranks[here])
        dataset = self._dataset
        return float(frame(dataset.session, one, ["score_percentile"], searcher=dataset.vectors_).item())

    def _neighbours(self, request: protocol.GetNeighbours) -> Answer:
        _, (rows, data) = self._exploration.read(lambda _shown: self._near(request))
        return protocol.Tiles(client=request.client, id=request.id, tiles=rows), data

    def _near(self, request: protocol.GetNeighbours) -> tuple[list[protocol.RowInfo], bytes]:
        position = position_of(self._dataset, request.sample)
        index = self._dataset.vectors_.index()
        if not index.present[position]:
            raise VectorsNotFound(
                f"This sample has no vector of {self._dataset.encoder.name!r}, so what is near it is not known",
                hint="ds.embed() makes what is missing, of pictures that can be read",
            )
        vector = index.reconstruct(np.array([position]))[0]
        # One more than asked for: the sample itself is among them, unless very many are exactly the same.
        positions, scores = index.search(vector, request.count + 1)
        others = positions != position
        return tiles.page(self._dataset, positions[others][: request.count], scores[others][: request.count])

    def _history(self, request: protocol.GetHistory) -> Answer:
        position = position_of(self._dataset, request.sample)
        sample = int(request.sample)
        events = self._dataset.session.log
        written, more = self._written(events, sample)
        facts = self._dataset.frame(np.array([position]), ["ingested_at", "source"]).row(0, named=True)
        lines = [*written, *self._labelled(events, sample), *_ingested(events, facts)]
        lines.sort(key=lambda line: line.time, reverse=True)
        return protocol.History(client=request.client, id=request.id, lines=lines, more=more), None

    def _written(self, events: list[dict[str, Any]], sample: int) -> tuple[list[protocol.HistoryLine], bool]:
        """What tags, slices, splits and reviews of pairs say of a sample; and whether there is older than was looked through."""
        candidates = [row for row in reversed(events) if row["action"] in _TOUCHING]
        chosen: list[dict[str, Any]] = []
        ids = 0
        for row in candidates[:MOST_EVENTS]:
            ids += row["count"]
            if chosen and ids > MOST_IDS:
                break
            chosen.append(row)
        lines = []
        for row, (touched, codes) in zip(chosen, self._dataset.session.members_of_events(chosen), strict=True):
            at = np.flatnonzero(touched == sample)
            if row["action"] == "pair":
                pairs = paired(touched, codes)
                others = pairs[(pairs == sample).any(axis=1)]
                if len(others):
                    lines.append(_event(row, self._compared(row, others[others != sample].tolist())))
            elif at.size:
                lines.append(_event(row, _words(row, int(codes[at[0]]) if len(codes) else -1)))
        return lines, len(chosen) < len(candidates)

    def _compared(self, row: Mapping[str, Any], others: list[int]) -> str:
        """What somebody has said of a sample and others."""
        named = wording.names(self._dataset, others)[others[0]] if len(others) == 1 else wording.samples(len(others))
        return f"{_COMPARED[row['payload']['verdict']]} {named}"

    def _labelled(self, events: list[dict[str, Any]], sample: int) -> Iterator[protocol.HistoryLine]:
        """One line for what one run said about one field. Runs that were undone are not among the labels any more."""
        labels = labels_of(self._dataset.session, np.array([sample]), places=False)
        runs = {row["payload"]["run"]: row for row in events if row["action"] == "label"}
        for (run, field, source, time), group in labels.group_by(
            ["run", "field", "source", "created_at"], maintain_order=True
        ):
            values = list(dict.fromkeys(value for value in group["value"] if value))
            told = ", ".join(values[:4]) + (f" and {len(values) - 4} more" if len(values) > 4 else "")
            row = runs.get(run, {})
            actor = row.get("actor") or source or ""
            # A model says it, and somebody has brought that here.
            said_by = f" ({source})" if source and source != actor else ""
            yield protocol.HistoryLine(
                what=f"labelled {field or ''}: {told}{said_by}",
                actor=str(actor),
                time=_iso(row.get("time") or time),
                notebook=row.get("notebook") or "",
                undone=False,
            )


def _words(row: Mapping[str, Any], code: int) -> str:
    """What an event did to a sample with this code; -1 where the event has none."""
    payload = row["payload"]
    if row["action"] == "slice":
        return f"saved in the slice {payload['name']}"
    if row["action"] == "split":
        part = payload["parts"][code] if 0 <= code < len(payload["parts"]) else "no part"
        return f"put into {part} by the split {payload['name']}"
    tags = [tag for bit, tag in enumerate(payload["tags"]) if code >> bit & 1]
    return f"{'tagged' if row['action'] == 'tag' else 'untagged'} {', '.join(tags)}"


def _event(row: Mapping[str, Any], what: str) -> protocol.HistoryLine:
    return protocol.HistoryLine(
        what=what,
        actor=row["actor"] or "",
        time=_iso(row["time"]),
        notebook=row["notebook"] or "",
        undone=row["undone"],
    )


def _ingested(events: list[dict[str, Any]], facts: Mapping[str, Any]) -> Iterator[protocol.HistoryLine]:
    """When it came, and who brought it: the first ingest of its source that had ended by then."""
    if facts["ingested_at"] is None:
        return
    source = facts["source"] or ""
    by = next(
        (
            row
            for row in events
            if row["action"] == "ingest"
            and row["payload"].get("source") == source
            and row["time"] >= facts["ingested_at"]
        ),
        {},
    )
    yield protocol.HistoryLine(
        what="ingested" + (f" from {source}" if source else ""),
        actor=by.get("actor") or "",
        time=_iso(facts["ingested_at"]),
        notebook=by.get("notebook") or "",
        undone=False,
    )


def _line(label: Mapping[str, Any]) -> protocol.LabelLine:
    return protocol.LabelLine(
        field=label["field"] or "",
        value=(label["value"] or "")[:1000],
        kind=label["kind"] or "",
        score=None if label["score"] is None or not math.isfinite(label["score"]) else float(label["score"]),
        source=label["source"] or "",
        source_kind=label["source_kind"] or "",
        time=_iso(label["created_at"]),
    )


def _iso(time: dt.datetime | None) -> str:
    """Times of the store are UTC without a zone; a browser is told so."""
    return "" if time is None else time.isoformat(timespec="microseconds") + "Z"
