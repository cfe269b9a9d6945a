"""Taking an event back, by an event that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate import errors
from curate.store import events
from curate.store.session import describe

if TYPE_CHECKING:
    from curate.dataset import Dataset


def take_back(dataset: Dataset, event: str | None) -> tuple[str, str]:
    """Do what `Dataset.undo` does.

    Returns:
        The id of the event that undoes, and what was undone, in words.

    Raises:
        UnknownName: no such event.
        BadValue: there is nothing to undo, or it cannot be undone.
    """
    dataset.folder.must_write()
    dataset.session.refresh()
    log = dataset.session.log
    if event is None:
        mine = (r for r in reversed(log) if r["actor"] == events.actor() and r["action"] in events.UNDOABLE - {"undo"})
        row = next((r for r in mine if not r["undone"]), None)
        if row is None:
            raise errors.BadValue("There is nothing to undo", hint="ds.history() shows what was done")
    else:
        row = next((r for r in log if r["event_id"] == event), None)
        if row is None:
            raise errors.UnknownName("event", event, (), hint="ds.history() lists them")
        if row["action"] not in events.UNDOABLE:
            raise errors.BadValue(
                f"{row['action']!r} cannot be undone", hint="ds.purge() erases, ds.at() reads the past"
            )
        if row["undone"]:
            raise errors.BadValue(f"Event {event} is undone already", hint="undo the undo to bring it back")
    what = f"{row['action']} {describe(row)}".strip()
    undoing = dataset.write_event("undo", {"event": row["event_id"], "what": what}, count=row["count"])
    return undoing, what
