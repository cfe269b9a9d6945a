"""Taking an event back, by an event that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate import errors
from curate.store import events
from curate.store.foundations import Foundations
from curate.store.session import describe

if TYPE_CHECKING:
    from curate.dataset import Dataset

_WHY_NOT = {
    "ingest": "its samples are facts; ds.purge(ids) erases them",
    "embed": "vectors follow from the pictures; ds.embed() with another model stands beside them",
    "project": "the map follows from the vectors; ds.project() makes another one",
    "issues": "they follow from what was measured; ds.find_issues() with other thresholds takes their place",
    "duplicates": "its groups follow from the pictures; ds.find_duplicates() looks again",
    "root": "ds.roots({name: location}) says where it is now",
    "export": "what was written outside is not ours; delete its folder",
    "snapshot": "a snapshot never moves; ds.at() opens it",
    "purge": "what was erased is nowhere any more",
}

_MOST_NAMED = 5


def take_back(dataset: Dataset, event: str | None) -> tuple[str, str]:
    """Do what `Dataset.undo` does.

    Returns:
        The id of the event that undoes, and what was undone, in words.

    Raises:
        UnknownName: no such event.
        BadValue: there is nothing to undo, it cannot be undone, or later events were built on it.
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
            raise errors.UnknownName("event", str(event), (), hint="ds.history() lists them")
        if row["action"] not in events.UNDOABLE:
            raise errors.BadValue(
                f"{row['action']!r} cannot be undone",
                hint=_WHY_NOT.get(row["action"], "tags, slices, splits and labels can"),
            )
        if row["undone"]:
            by = _undoing(log, row)
            raise errors.BadValue(f"Event {event} is undone already", hint=f"ds.undo({by!r}) brings it back")
    _refuse_what_is_built_on(dataset, row)
    what = f"{row['action']} {describe(row)}".strip()
    undoing = dataset.write_event("undo", {"event": row["event_id"], "what": what}, count=row["count"])
    return undoing, what


def _refuse_what_is_built_on(dataset: Dataset, row: Mapping[str, Any]) -> None:
    log = dataset.session.log
    by_id = {r["event_id"]: r for r in log}
    # undoing an undo, and so on: what is taken back or brought back is at the end of the chain
    target = row
    while target["action"] == "undo":
        target = by_id[target["payload"]["event"]]
    foundations = Foundations(dataset.session)
    if not target["undone"]:
        if above := foundations.above(target):
            raise errors.BadValue(
                f"{_words(target)} cannot be undone, since later events were built on it: {_listed(above)}",
                hint=f"undo those first, the latest first: ds.undo({above[0]['event_id']!r})",
            )
    elif below := foundations.below(target):
        raise errors.BadValue(
            f"{_words(target)} cannot be brought back, since what it was built on has been undone: {_listed(below)}",
            hint=f"bring that back first: ds.undo({_undoing(log, below[-1])!r})",
        )
    elif target["action"] == "join":
        _refuse_what_is_taken(dataset, target)


def _refuse_what_is_taken(dataset: Dataset, join: Mapping[str, Any]) -> None:
    """A join comes back while nothing else has brought columns of its names."""
    former = dataset.session.joins.get(join["payload"]["name"])
    own = {column.lower() for column in former["columns"]} if former else set()
    held = {column.lower() for column in dataset.columns} - own
    if taken := [column for column in join["payload"]["columns"] if column.lower() in held]:
        raise errors.BadValue(
            f"{_words(join)} cannot be brought back, since {taken[0]!r} is in the dataset again",
            hint="undo what brought it, or join the table anew with its columns renamed",
        )


def _undoing(log: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> str:
    """The id of the standing undo that took an event back."""
    standing = (r for r in reversed(log) if r["action"] == "undo" and not r["undone"])
    return next(str(r["event_id"]) for r in standing if r["payload"]["event"] == row["event_id"])


def _words(row: Mapping[str, Any]) -> str:
    return f"{row['action'].capitalize()} {describe(row)}".strip()


def _listed(rows: Sequence[Mapping[str, Any]]) -> str:
    named = [
        f"{row['action']} {describe(row)} ({row['count']:,} samples, by {row['actor']}, {row['time']:%Y-%m-%d %H:%M}, "
        f"event {row['event_id']})"
        for row in rows[:_MOST_NAMED]
    ]
    more = len(rows) - _MOST_NAMED
    return "; ".join(named) + (f"; and {more:,} more" if more > 0 else "")
