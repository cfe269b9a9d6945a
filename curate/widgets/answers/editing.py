"""Changes of the query, undo and redo, and what the view is after each."""

from __future__ import annotations

import numpy as np

from curate.errors import UnknownName
from curate.search.evaluation import SCORE_COLUMNS
from curate.widgets import protocol
from curate.widgets.channel import Answer, Handler
from curate.widgets.edits import Scene, edited
from curate.widgets.exploration import Exploration, Shown
from curate.widgets.state import StateOf


class EditingAnswers:
    """Answers hello and whatever changes what is shown; each is answered with the state."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._state = StateOf(exploration)

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.Hello: lambda request: (self._state(request), None),
            protocol.Look: self._look,
            protocol.Refresh: self._refresh,
            protocol.Edit: self._edit,
            protocol.Undo: self._undo,
            protocol.Redo: self._redo,
            protocol.Check: self._check,
        }

    def _look(self, request: protocol.Look) -> Answer:
        self._exploration.look(now=True)
        return self._state(request), None

    def _refresh(self, request: protocol.Refresh) -> Answer:
        self._exploration.refresh()
        return self._state(request), None

    def _edit(self, request: protocol.Edit) -> Answer:
        exploration = self._exploration
        shown = exploration.current(request.version)
        edit = edited(Scene(shown.view, exploration.base, self._selected), request.change)
        exploration.change(edit.view, edit.words, group=edit.group, version=request.version)
        return self._state(request), None

    def _selected(self) -> tuple[np.ndarray, int]:
        """Ids of the selection in the order of the view, and how many of them are in the view."""
        return self._exploration.picked_ids(), self._exploration.here()

    def _undo(self, request: protocol.Undo) -> Answer:
        self._exploration.undo()
        return self._state(request), None

    def _redo(self, request: protocol.Redo) -> Answer:
        self._exploration.redo()
        return self._state(request), None

    def _check(self, request: protocol.Check) -> Answer:
        dataset = self._exploration.dataset

        def count(shown: Shown) -> int:
            try:
                # over the dataset, and then among the rows: no search runs again while somebody types
                passing = np.zeros(dataset.session.n, bool)
                passing[dataset.where(request.sql).rows().positions] = True
                return int(np.count_nonzero(passing[shown.rows.positions]))
            except UnknownName as error:
                if error.name not in SCORE_COLUMNS or shown.rows.scores is None:
                    raise
                return shown.view.where(request.sql).count()

        return protocol.Checked(client=request.client, id=request.id, count=self._exploration.read(count)[1]), None
