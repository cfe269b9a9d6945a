"""The log of a dataset folder: every event once, in the order of their ids, whatever order they are stored in.

Lance keeps fragments in the order of their numbers, and a compaction that meets an append is numbered after it: then the older
rows stand behind the newer one (seen with two processes of 400 appends each). So a row of the table is no name for an event, and
the order of the table is not the order of what happened. The ids are: they start with the time, and no event is written with a
smaller one than any that its writer has seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from curate.store.tables import Table

_COLUMNS = ["event_id", "action", "actor", "time", "notebook", "count", "payload"]

IDS_AT_ONCE = 2_000_000
"""Sample ids that are read at once: 16 MB."""

_EVENTS_AT_ONCE = 1_000


class EventLog:
    """The events of a table, read as they come.

    Attributes:
        rows: one dict an event, in the order of their ids: event_id, action, actor, time, notebook, count, payload (a dict), and
            ``row``, a number that names the event for as long as this object lives.
    """

    def __init__(self, table: Table) -> None:
        self.rows: list[dict[str, Any]] = []
        self._events = table
        self._fixed = table
        self._layout: tuple[str, ...] = ()
        self._numbers: dict[str, int] = {}
        self._stored: list[int] = []

    def refresh(self) -> list[dict[str, Any]]:
        """Read what has been written since the last look, and give it in order."""
        fixed = self._events.fixed()
        new: list[dict[str, Any]]
        layout = fixed.layout()
        if self._layout and layout[: len(self._layout)] == self._layout:
            first = len(self._stored)
            new = fixed.read(_COLUMNS, since=first).to_pylist()
            at = list(range(first, first + len(new)))
        else:
            at = self._locate(fixed)
            new = fixed.take(np.array(at), _COLUMNS).to_pylist() if at else []
        self._fixed, self._layout = fixed, layout
        for row, stored in zip(new, at, strict=True):
            row["payload"] = json.loads(row["payload"])
            row["row"] = self._numbers[row["event_id"]] = len(self._stored)
            self._stored.append(stored)
        new.sort(key=_event_id)
        late = bool(new and self.rows) and new[0]["event_id"] < self.rows[-1]["event_id"]
        # another list: who reads the old one in another thread goes on with that
        self.rows = sorted([*self.rows, *new], key=_event_id) if late else [*self.rows, *new]
        return new

    def members(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Sample ids (int64) and codes (int16, empty where there are none) of each of these events."""
        for group in grouped(rows):
            yield from self.members_of([row["row"] for row in group])

    def members_of(self, numbers: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
        """The same of events by their ``row``, read at once."""
        try:
            taken = self._take(numbers)
        except (OSError, ValueError):  # a purge has erased the version that was read: the events are in the new one
            self._locate(self._events.fixed())
            self._layout = ()  # what came with it is still to be read
            taken = self._take(numbers)
        ids, codes = taken.column("sample_ids"), taken.column("codes")
        return [(_ids(ids[at].values), np.frombuffer(codes[at].as_py() or b"", "<i2")) for at in range(len(numbers))]

    def _take(self, numbers: Sequence[int]) -> Any:
        return self._fixed.take(np.array([self._stored[number] for number in numbers]), ["sample_ids", "codes"])

    def _locate(self, fixed: Table) -> list[int]:
        """Find the known events in another layout of the table. Returns the rows of those that are not known."""
        unknown = []
        for at, event in enumerate(fixed.read(["event_id"]).column("event_id").to_pylist()):
            number = self._numbers.get(event)
            if number is None:
                unknown.append(at)
            else:
                self._stored[number] = at
        self._fixed = fixed
        return unknown


def _event_id(row: Mapping[str, Any]) -> str:
    return str(row["event_id"])


def _ids(values: Any) -> np.ndarray:
    return np.empty(0, np.int64) if values is None else values.to_numpy()


def grouped(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows whose sample ids are in memory at once."""
    group: list[Mapping[str, Any]] = []
    ids = 0
    for row in rows:
        if group and (ids + row["count"] > IDS_AT_ONCE or len(group) == _EVENTS_AT_ONCE):
            yield group
            group, ids = [], 0
        group.append(row)
        ids += row["count"]
    if group:
        yield group
