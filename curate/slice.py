"""Slice: a saved view. Its recipe, its members at that moment, and who saved it when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from curate import errors
from curate.query import Hunted, Query
from curate.replay import portable, rebuilt, searches
from curate.store import events
from curate.view import View

if TYPE_CHECKING:
    from curate.changes import Changes
    from curate.dataset import Dataset
    from curate.reading import Reading


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a slice that was imported comes from, in the words of its file.

    Attributes:
        actor: who saved it.
        time: when, UTC.
        dataset: name of the dataset that it was saved in.
        count: samples that it had there.
    """

    actor: str
    time: datetime
    dataset: str
    count: int


class Slice:
    """What `View.save` wrote.

    Attributes:
        name: of the slice; saving again under it replaces it, and undo brings the former one back.
        note: what the user wrote about it.
        actor: who saved it.
        time: when, UTC.
        event: the id of the event that saved it.
        query: what was asked, with the encoder's weights, the versions of the tables at that moment, and the hunt.
        origin: where it comes from, for one that was imported.
        dataset: that it is saved in.
    """

    def __init__(self, dataset: Dataset, name: str) -> None:
        if name not in dataset.session.slices:
            raise errors.UnknownName("slice", name, dataset.session.slices)
        saved = dataset.session.slices[name]
        self._row: int = saved["row"]
        self.dataset = dataset
        self.name = name
        self.note: str = saved.get("note", "")
        self.actor: str = saved["actor"]
        self.time: datetime = saved["time"]
        self.count: int = saved["count"]
        self.event: str = saved["event_id"]
        self.query = Query.from_json(saved["query"])
        self.origin = msgspec.convert(saved["origin"], Origin, strict=False) if saved.get("origin") else None

    @property
    def hunt(self) -> Hunted | None:
        """The hunt whose answers the samples are, where they are."""
        return self.query.hunt

    @property
    def view(self) -> View:
        """The query as it answers today."""
        return View(self.dataset, Query(steps=self.query.steps, hunt=self.query.hunt))

    @property
    def members(self) -> View:
        """The samples that it had when it was saved, in their order."""
        ids = self.member_ids()
        return self.dataset.select(ids[self.dataset.session.positions_of(ids) >= 0])

    def member_ids(self) -> np.ndarray:
        """(m,) int64 sample ids of the members, in their order."""
        ids, _ = self.dataset.session.event_members(self._row)
        return ids

    def diff(self) -> Changes:
        """What came into the slice since it was saved and what went, each sample with the reason.

        Raises:
            UnknownName: the query names a column or tag that has gone.

        >>> ds.save("all").diff()
        <Changes of 'all': 0 came, 0 went, 60 stayed>
        """
        from curate.changes import changes_of

        return changes_of(self)

    def replay(self, dataset: Dataset) -> View:
        """The query on another dataset: what it finds there.

        Examples go along as vectors, so it needs none of the samples of this one.

        Raises:
            UnknownName: the other dataset lacks a column or tag.
            BadQuery: it has no vectors of the same weights, or the slice is a list of samples of which it has none; or an
                example is a file and somebody else has saved the slice: such a file is not read.

        >>> ds.where("weather = 'fog'").save("fog").replay(ds).count()
        12
        """
        files = [e.location for step in searches(self.query) for e in (*step.like, *step.unlike) if e.location]
        if files and self.actor != events.actor():
            raise errors.BadQuery(
                f"The slice {self.name!r} of {self.actor} looks for the file {files[0]!r}, which is not read for them",
                hint="look at the file, then search(like=…) yourself",
            )
        return rebuilt(portable(self.query, self.dataset), dataset)

    def __repr__(self) -> str:
        note = f", {self.note!r}" if self.note else ""
        came = f", from {self.origin.actor} in {self.origin.dataset}" if self.origin else ""
        hunt = f", hunt {self.hunt.name!r}" if self.hunt else ""
        return f"<Slice {self.name!r}: {self.count:,} samples, by {self.actor}, {self.time:%Y-%m-%d %H:%M}{came}{hunt}{note}>"


def save_slice(view: View, name: str, *, note: str = "") -> Slice:
    """Write the event that a slice is."""
    if not isinstance(note, str):
        raise errors.BadValue(f"A note is text. Got {note!r}", hint="save('night-hail', note='for review')")
    ids = view.ids()
    return write_slice(view, name, ids, note=note)


def write_slice(view: View, name: str, ids: np.ndarray, *, note: str, origin: Origin | None = None) -> Slice:
    """Write the event of a slice with these members: what its query finds, or what it had where it comes from."""
    if not isinstance(name, str) or not name.strip():
        raise errors.BadValue(f"A slice needs a name. Got {name!r}", hint="save('night-hail')")
    dataset = view.dataset
    recorded = Query(
        steps=view.query.steps,
        encoder=encoder_of(view),
        versions={k: v for k, v in dataset.folder.versions().items() if v},
        hunt=view.query.hunt,
    )
    payload: dict[str, Any] = {"name": name, "note": note, "query": recorded.to_json()}
    if origin is not None:
        payload["origin"] = msgspec.to_builtins(origin)
    dataset.write_event("slice", payload, sample_ids=np.asarray(ids, np.int64))
    return Slice(dataset, name)


def encoder_of(view: Reading) -> dict[str, str] | None:
    """Name and weights hash of the encoder of the view's searches; None where it does not search."""
    for step in searches(view.query):
        info = view.dataset.vectors_.info(step.encoder)
        return {"name": info.name, "weights_hash": info.weights_hash}
    return None
