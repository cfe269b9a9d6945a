"""What one widget, or several linked ones, look at: a view, its rows, a selection, and what can be undone.

There is one lock, the session's, because evaluating a view takes that one anyway and two locks would be taken in two
orders. What was found is kept in frozen objects, so that whoever reads (a page, a facet) reads without any lock. Positions
mean other samples after a purge, which `Exploration.read` notices:

    shown, frame = exploration.read(lambda shown: dataset.frame(shown.rows.positions[:64]))
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from curate.errors import BadValue, CurateError
from curate.search.evaluation import Rows
from curate.undo import take_back
from curate.view import View
from curate.widgets import protocol
from curate.widgets.grouping import RowGroups, grouped
from curate.widgets.jobs import Jobs
from curate.widgets.selection import Picked, Selection
from curate.widgets.steps import Asked, Asking, Steps, Writing

logger = logging.getLogger("curate.widgets")

Listener = Callable[[protocol.AnyEvent], None]
R = TypeVar("R")

LOOK_EVERY = 2.0
"""Seconds between two looks whether another process has written to the dataset."""


class Keep:
    """Stands for the grouping that there is."""


KEEP = Keep()


@dataclass(frozen=True, eq=False)
class Shown:
    """One moment of what is shown. It never changes; there is a new one after every change.

    Attributes:
        version: counts up when the rows, or what is known of them, changed.
        order: counts up when row numbers mean other samples than before.
        since: the version with which this order began; rows of any version from then on are rows of this moment.
        view: what was asked.
        rows: positions and scores in the order of the screen: that of the view, in groups where there are any.
        groups: the groups, where the rows are grouped.
        seen: version of the session that the rows were found, or looked at, in.
        stale: the dataset has changed, and the view would now give other rows.
    """

    version: int
    order: int
    since: int
    view: View
    rows: Rows
    groups: RowGroups | None
    seen: int
    stale: bool


class Exploration:
    """A view that is looked at and changed, with its selection and its undo. Thread-safe.

    Args:
        view: where it begins; `Clear` comes back to it.

    Attributes:
        dataset: of the view.
        base: where it began.
        lock: the session's; held while anything here changes. Reading needs none.
        jobs: what runs in the background.
    """

    def __init__(self, view: View) -> None:
        self.dataset = view.dataset
        self.base = view
        self.lock = self.dataset.session.lock
        self._asked = Asked(view.query, None)
        self._shown: Shown | None = None
        self._version = 0
        self._order = 0
        self._looked = 0.0
        self._steps = Steps()
        self._selection = Selection(self.dataset.session)
        self._told = 0
        self._here: tuple[int, int, int] = (-1, -1, 0)
        self._listeners: list[weakref.WeakMethod[Listener]] = []
        self.jobs = Jobs(self.announce)
        self._widgets: weakref.WeakSet[object] = weakref.WeakSet()
        self._looking = False
        self._look_again = False
        self._kick = threading.Lock()
        self.dataset.session.watch(self._session_changed)

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What is asked; nothing is evaluated."""
        shown = self._shown
        return self.base if shown is None else shown.view

    def shown(self) -> Shown:
        """The moment that is shown; the view is evaluated on first use, and again when positions mean other samples.

        Raises:
            CurateError: the query cannot run.
        """
        shown = self._shown
        if shown is not None and shown.rows.generation == self.dataset.session.generation:
            return shown
        with self.lock:
            shown = self._shown
            if shown is not None and shown.rows.generation == self.dataset.session.generation:
                return shown
            fresh = self._show(self._asked)
        if shown is not None:
            self.announce(protocol.ViewChanged(version=fresh.version))
        return fresh

    def current(self, version: int) -> Shown:
        """What is shown, for whoever saw it at `version`.

        Raises:
            BadValue: the rows are others by now.
        """
        shown = self.shown()
        if not shown.since <= version <= shown.version:
            raise BadValue("The view has changed meanwhile, and nothing was done", hint="look at it and try again")
        return shown

    def read(self, work: Callable[[Shown], R]) -> tuple[Shown, R]:
        """Do something that reads by the positions of what is shown, once more where a purge came between."""
        while True:
            shown = self.shown()
            try:
                found = work(shown)
            except Exception:
                if shown.rows.generation == self.dataset.session.generation:
                    raise
            else:
                if shown.rows.generation == self.dataset.session.generation:
                    return shown, found

    def here(self) -> int:
        """How many of the selected samples are in the view."""
        shown, (revision, count) = self.read(self._count_here)
        self._here = shown.order, revision, count
        return count

    def _count_here(self, shown: Shown) -> tuple[int, int]:
        picked = self.picked()
        order, revision, count = self._here
        if (order, revision) == (shown.order, picked.revision):
            return revision, count
        return picked.revision, int(np.count_nonzero(picked.mask[shown.rows.positions])) if picked.count else 0

    # -- changing the query -------------------------------------------------------------------------------------------

    def change(self, view: View, words: str, *, group: str | Keep | None = KEEP, version: int | None = None) -> None:
        """Show another view, as a step that can be undone.

        Args:
            view: of the same dataset.
            words: what this does, for the undo button.
            group: the column to group by, None for none; by default the one that there is.
            version: what whoever asks for the change has seen; None changes whatever is shown.

        Raises:
            BadValue: a view of another dataset, or `version` is outdated.
            CurateError: the query cannot run; nothing has changed then.
        """
        if view.dataset is not self.dataset:
            raise BadValue(
                f"This widget shows {self.dataset.name!r}, and the view is of another dataset",
                hint="open a widget on it: view.explore()",
            )
        with self.lock:
            if version is not None:
                self.current(version)
            before = self._asked
            asked = Asked(view.query, before.group if isinstance(group, Keep) else group)
            if asked == before and not (self._shown and self._shown.stale):
                return
            shown = self._show(asked, view)
            if asked != before:
                self._steps.did(Asking(before, asked, words))
        self.announce(protocol.ViewChanged(version=shown.version))

    def written(self, events: Sequence[str], words: str) -> None:
        """Note what was written to the dataset, as a step that can be undone; no events are no step."""
        events = tuple(event for event in events if event)
        if not events:
            return
        with self.lock:
            self._steps.did(Writing(events, words))
            # a look may have shown what was written already, but not that it can be undone
            self._version += 1
            self._shown = shown = replace(self.shown(), version=self._version)
        self.look(now=True)
        if self._shown is shown:
            self.announce(protocol.ViewChanged(version=shown.version))

    @property
    def undo_words(self) -> str:
        """What `undo` would take back; empty where there is nothing."""
        return self._steps.undo_words

    @property
    def redo_words(self) -> str:
        """What `redo` would do again; empty where there is nothing."""
        return self._steps.redo_words

    def undo(self) -> str:
        """Take back the last step, and say which.

        Raises:
            BadValue: there is none, or it was undone elsewhere; the step is dropped then.
            CurateError: what was shown before cannot be shown any more; the step is dropped then.
        """
        return self._go(back=True)

    def redo(self) -> str:
        """Do again what was undone last, and say what; raises as `undo` does."""
        return self._go(back=False)

    def _go(self, *, back: bool) -> str:
        with self.lock:
            step = self._steps.next(back=back)
            if step is None:
                what = "undo" if back else "redo"
                raise BadValue(f"There is nothing to {what}", hint="steps that are taken from now on can be undone")
            try:
                if isinstance(step, Asking):
                    self._show(step.before if back else step.after)
                    done: Asking | Writing = step
                else:
                    done = Writing(tuple(self._take_back(event) for event in reversed(step.events)), step.words)
            except CurateError:
                self._steps.drop(back=back)
                raise
            self._steps.moved(done, back=back)
            version = self._version
        if isinstance(step, Asking):
            self.announce(protocol.ViewChanged(version=version))
        else:
            self.look(now=True)
        return step.words

    def _take_back(self, event: str) -> str:
        """Undo an event; returns the event that does, which undone in turn brings it back."""
        self.dataset.session.refresh()
        if any(row["event_id"] == event and row["undone"] for row in reversed(self.dataset.session.log)):
            raise BadValue("This was undone already, elsewhere", hint="the step before it can still be undone")
        return take_back(self.dataset, event)[0]

    # -- the selection ------------------------------------------------------------------------------------------------

    def picked(self) -> Picked:
        """The selection, aligned with today's positions."""
        return self._selection.now()

    def pick(
        self, operation: protocol.Operation, positions: np.ndarray, *, origin: str = "", generation: int | None = None
    ) -> Picked:
        """Change the selection by samples.

        Args:
            operation: "set", "add", "remove" or "toggle".
            positions: (m,) int64, of the dataset.
            origin: the client that does it; empty for Python.
            generation: of the session when the positions were found; None means just now, with the lock held.

        Raises:
            BadValue: positions mean other samples by now; nothing has changed then.
        """
        with self.lock:
            if generation is not None and generation != self.dataset.session.generation:
                raise BadValue("Samples were erased meanwhile, and nothing was selected", hint="try again")
            picked = self._selection.pick(operation, positions)
        self._tell_selection(origin)
        return picked

    def picked_positions(self) -> np.ndarray:
        """(m,) int64 positions of the selection: those in the view in its order, then the others as ingested."""
        return self.read(self._in_view_first)[1]

    def picked_ids(self) -> np.ndarray:
        """(m,) int64 ids of the selection, in the same order."""
        return self.read(lambda shown: self.dataset.session.sample_ids[self._in_view_first(shown)])[1]

    def _in_view_first(self, shown: Shown) -> np.ndarray:
        mask = self.picked().mask
        here = shown.rows.positions[mask[shown.rows.positions]]
        others = mask.copy()
        others[here] = False
        return np.concatenate([here, np.flatnonzero(others)])

    def _tell_selection(self, origin: str) -> None:
        picked = self.picked()
        self._told = picked.revision
        try:
            here = self.here()
        except CurateError:  # the view itself cannot be shown, and says so by itself
            here = 0
        self.announce(protocol.SelectionChanged(origin=origin, revision=picked.revision, count=picked.count, here=here))

    def _tell_losses(self) -> None:
        """Say so where a purge took samples out of the selection."""
        if self.picked().revision > self._told:
            self._tell_selection("")

    # -- the dataset changes ------------------------------------------------------------------------------------------

    def look(self, *, now: bool = False) -> bool:
        """Whether the view would now give other rows. Looked for every two seconds, or at once with `now`.

        Where the rows are the same and only what is known of them has changed (a tag), they are shown again. Rows do
        not move under the eyes of whoever looks at them, unless a purge has made their positions mean other samples.
        """
        session, shown = self.dataset.session, self.shown()
        due = time.monotonic() - self._looked >= LOOK_EVERY or session.version != shown.seen
        if not (now or due):
            return shown.stale
        if not self.lock.acquire(blocking=now):  # something changes just now: whoever reads does not wait for it
            return shown.stale
        try:
            self._looked = time.monotonic()
            session.refresh(now=now)
            shown = self.shown()
            if session.version == shown.seen:
                return shown.stale
            try:
                fresh, groups, _ = self._evaluate(self._asked, shown.view)
                same = np.array_equal(fresh.positions, shown.rows.positions)
            except CurateError:  # what it asks for has gone; whoever refreshes is told what
                fresh, groups, same = shown.rows, shown.groups, False
            self._version += 1
            self._shown = shown = replace(
                shown,
                version=self._version,
                rows=fresh if same else shown.rows,
                groups=groups if same else shown.groups,
                seen=session.version,
                stale=not same,
            )
        finally:
            self.lock.release()
        self.announce(protocol.ViewChanged(version=shown.version))
        return shown.stale

    def refresh(self) -> None:
        """Ask the view again, and show the rows that it gives now."""
        with self.lock:
            self.dataset.session.refresh()
            shown = self._show(self._asked)
        self._tell_losses()
        self.announce(protocol.ViewChanged(version=shown.version))

    def listen(self, listener: Listener) -> None:
        """Tell a bound method about every change; its object is held weakly. It is called on any thread."""
        with self._kick:
            self._listeners = [*(held for held in self._listeners if held() is not None), weakref.WeakMethod(listener)]

    def join(self, widget: object) -> None:
        """A widget shows it from now on."""
        self._widgets.add(widget)

    def leave(self, widget: object) -> None:
        """A widget shows it no longer. Where it was the last, nobody can see or stop what runs in the background: it ends."""
        # No lock: the garbage collector closes widgets, too, on any thread and in the middle of anything.
        left = widget in self._widgets
        self._widgets.discard(widget)
        if left and not self._widgets:
            self.jobs.close()

    def announce(self, event: protocol.AnyEvent) -> None:
        """Tell every listener."""
        for held in self._listeners:
            try:
                if (listener := held()) is not None:
                    listener(event)
            except Exception:  # a widget that cannot be told must not keep the others from hearing it
                logger.exception("A widget could not be told of %s", type(event).__name__)

    def _session_changed(self) -> None:
        """Look on another thread: whoever refreshed the session holds its lock, and may be in the middle of a query."""
        if self._shown is None:
            return
        with self._kick:
            self._look_again = True
            if self._looking:
                return
            self._looking = True
        threading.Thread(target=_keep_looking, args=(weakref.ref(self),), name="curate-look", daemon=True).start()

    def _look_once(self) -> bool:
        """Look, and say whether there is reason to do so again."""
        with self._kick:
            self._look_again = False
        try:
            self.look(now=True)
            self._tell_losses()
        except Exception as error:  # whoever looks at the widget is told when they ask
            logger.info("A widget's view cannot be shown any more: %s", error)
        with self._kick:
            self._looking = self._look_again
            return self._looking

    def _show(self, asked: Asked, view: View | None = None) -> Shown:
        """Evaluate, and only then take it over; the lock is held."""
        view = View(self.dataset, asked.query) if view is None else view
        rows, groups, seen = self._evaluate(asked, view)
        self._version += 1
        self._order += 1
        self._looked = time.monotonic()
        self._asked = asked
        self._shown = Shown(self._version, self._order, self._version, view, rows, groups, seen, stale=False)
        return self._shown

    def _evaluate(self, asked: Asked, view: View) -> tuple[Rows, RowGroups | None, int]:
        session, rows, groups = self.dataset.session, view.rows(), None
        if asked.group is not None:
            rows, groups = grouped(self.dataset, rows, asked.group)
        return rows, groups, session.version


def _keep_looking(held: weakref.ref[Exploration]) -> None:
    """Look until nothing has happened since; an exploration that nobody holds any more ends it."""
    again: bool | None = True
    while again:
        exploration = held()
        again = exploration is not None and exploration._look_once()
        del exploration


def _frozen(mask: np.ndarray) -> np.ndarray:
    mask.setflags(write=False)
    return mask
