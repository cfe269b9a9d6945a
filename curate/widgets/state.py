"""What a widget is told about itself: the answer to hello, and to everything that changes the view."""

from __future__ import annotations

from curate.errors import CurateError
from curate.query import Search
from curate.widgets import protocol, wording
from curate.widgets.exploration import Exploration

MOST_NAMES = 1000
"""Tags, and slices, that are listed for completion."""


class StateOf:
    """Says the state of an exploration. What an encoder can do is read from its table, so it is remembered."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._encoder: tuple[int, str | None, str, bool] = (-1, None, "", False)

    def __call__(self, request: protocol.Request) -> protocol.State:
        """The state, as the answer to a request. The channel knows whether it is alive.

        Raises:
            CurateError: the view cannot be shown.
        """
        exploration = self._exploration
        shown, picked, here = exploration.shown(), exploration.picked(), exploration.here()
        session, query = exploration.dataset.session, shown.view.query
        encoder, has_text = self._encoder_of(shown.view.query.steps)
        column, descending = wording.sorted_by(query)
        return protocol.State(
            client=request.client,
            id=request.id,
            alive=False,
            version=shown.version,
            rows=shown.order,
            revision=picked.revision,
            dataset=exploration.dataset.name,
            count=len(shown.rows),
            total=session.n,
            python=wording.python(query),
            chips=wording.chips(query, exploration.dataset),
            sort=column,
            descending=descending,
            order=wording.order(query),
            group=None if shown.groups is None else shown.groups.column,
            scored=shown.rows.scores is not None,
            selected=picked.count,
            selected_here=here,
            stale=shown.stale,
            undo=exploration.undo_words,
            redo=exploration.redo_words,
            encoder=encoder,
            has_text=has_text,
            writable=not exploration.dataset.folder.read_only,
            tags=sorted(session.tags)[:MOST_NAMES],
            slices=sorted(session.slices)[:MOST_NAMES],
            jobs=exploration.jobs.all(),
        )

    def _encoder_of(self, steps: tuple[object, ...]) -> tuple[str, bool]:
        """The encoder of the searches, and whether it knows words."""
        asked = next((step.encoder for step in reversed(steps) if isinstance(step, Search)), None)
        version = self._exploration.dataset.session.version
        if self._encoder[:2] != (version, asked):
            try:
                info = self._exploration.dataset.vectors_.info(asked)
                self._encoder = version, asked, info.name, info.has_text
            except CurateError:  # no vectors yet
                self._encoder = version, asked, "", False
        return self._encoder[2:]
