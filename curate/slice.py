"""Slice: a saved view. Its query, its members at that moment, and who saved it when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from curate import errors
from curate.query import Query, Search
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset


class Slice:
    """What `View.save` wrote.

    Attributes:
        name: of the slice; saving again under it replaces it, and undo brings the former one back.
        note: what the user wrote about it.
        actor: who saved it.
        time: when, UTC.
        event: the id of the event that saved it.
        query: what was asked, with the encoder's weights and the versions of the tables at that moment.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        if name not in dataset.session.slices:
            raise errors.UnknownName("slice", name, dataset.session.slices)
        saved = dataset.session.slices[name]
        self._dataset = dataset
        self._row: int = saved["row"]
        self.name = name
        self.note: str = saved.get("note", "")
        self.actor: str = saved["actor"]
        self.time: datetime = saved["time"]
        self.count: int = saved["count"]
        self.event: str = saved["event_id"]
        self.query = Query.from_json(saved["query"])

    @property
    def view(self) -> View:
        """The query as it answers today."""
        return View(self._dataset, Query(steps=self.query.steps, hunt=self.query.hunt))

    @property
    def members(self) -> View:
        """The samples that it had when it was saved, in their order."""
        ids, _ = self._dataset.session.event_members(self._row)
        at = self._dataset.session.positions_of(ids)
        return self._dataset.select(ids[at >= 0])

    def __repr__(self) -> str:
        note = f", {self.note!r}" if self.note else ""
        return f"<Slice {self.name!r}: {self.count:,} samples, by {self.actor}, {self.time:%Y-%m-%d %H:%M}{note}>"


def save_slice(view: View, name: str, *, note: str = "") -> Slice:
    """Write the event that a slice is."""
    if not isinstance(name, str) or not name.strip():
        raise errors.BadValue(f"A slice needs a name. Got {name!r}", hint="save('night-hail')")
    dataset = view.dataset
    ids = view.ids()
    recorded = Query(
        steps=view.query.steps,
        encoder=encoder_of(view),
        versions={k: v for k, v in dataset.folder.versions().items() if v},
        hunt=view.query.hunt,
    )
    payload = {"name": name, "note": note, "query": recorded.to_json()}
    dataset.write_event("slice", payload, sample_ids=np.asarray(ids))
    return Slice(dataset, name)


def encoder_of(view: View) -> dict[str, str] | None:
    """Name and weights hash of the encoder of the view's searches; None where it does not search."""
    for step in view.query.steps:
        if isinstance(step, Search):
            info = view.dataset.vectors_.info(step.encoder)
            return {"name": info.name, "weights_hash": info.weights_hash}
    return None
