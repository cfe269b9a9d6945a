"""The selection, as the browser changes it and asks for it."""

from __future__ import annotations

import numpy as np

from curate.errors import UnknownName
from curate.widgets import protocol
from curate.widgets.channel import Answer, Handler
from curate.widgets.exploration import Exploration, Shown
from curate.widgets.selection import Picked, encode

MOST_IDS = 10_000
"""Sample ids that fit into one reply and into a person's clipboard."""


class PickingAnswers:
    """Answers what concerns the selection; a lasso is answered where the map is."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.Select: self._select,
            protocol.SelectSamples: self._select_samples,
            protocol.GetSelection: self._selection,
            protocol.GetIds: self._ids,
        }

    def _select(self, request: protocol.Select) -> Answer:
        shown = self._exploration.current(request.version)
        positions = shown.rows.positions
        if request.ranges is not None:
            rows = np.zeros(len(positions), bool)
            for start, stop in request.ranges:
                rows[start:stop] = True
            positions = positions[rows]
        picked = self._exploration.pick(
            request.operation, positions, origin=request.client, generation=shown.rows.generation
        )
        return self._selected(request, picked), None

    def _select_samples(self, request: protocol.SelectSamples) -> Answer:
        with self._exploration.lock:
            wanted = [int(sample) for sample in request.samples]
            positions = self._exploration.dataset.positions_of(np.array(wanted, np.uint64).astype(np.int64))
            if (unknown := np.flatnonzero(positions < 0)).size:
                raise UnknownName("sample", str(wanted[unknown[0]]), (), hint="it may have been erased: refresh")
            generation = self._exploration.dataset.session.generation
        picked = self._exploration.pick(request.operation, positions, origin=request.client, generation=generation)
        return self._selected(request, picked), None

    def _selected(self, request: protocol.Request, picked: Picked) -> protocol.Selected:
        here = self._exploration.here()
        return protocol.Selected(
            client=request.client, id=request.id, revision=picked.revision, count=picked.count, here=here
        )

    def _selection(self, request: protocol.GetSelection) -> Answer:
        def of(shown: Shown) -> tuple[Picked, np.ndarray]:
            picked = self._exploration.picked()
            return picked, picked.mask[shown.rows.positions]

        shown, (picked, rows) = self._exploration.read(of)
        encoding, data = encode(rows)
        return protocol.Selection(
            client=request.client,
            id=request.id,
            version=shown.version,
            revision=picked.revision,
            count=picked.count,
            here=int(np.count_nonzero(rows)),
            encoding=encoding,
        ), data

    def _ids(self, request: protocol.GetIds) -> Answer:
        ids, count = self._exploration.picked_ids()[:MOST_IDS], self._exploration.picked().count
        return protocol.Ids(
            client=request.client, id=request.id, ids=[str(id) for id in ids.tolist()], count=count
        ), None
