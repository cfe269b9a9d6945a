"""The grid: pages of tiles, and the groups of the rows."""

from __future__ import annotations

from curate.widgets import protocol, tiles
from curate.widgets.channel import Answer, Handler
from curate.widgets.exploration import Exploration, Shown


class RowAnswers:
    """Answers what the grid asks for."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {protocol.GetPage: self._page, protocol.GetGroups: self._groups}

    def _page(self, request: protocol.GetPage) -> Answer:
        stop = min(request.stop, request.start + protocol.PAGE_ROWS)

        def tiles_of(shown: Shown) -> tuple[list[protocol.RowInfo], bytes]:
            rows = shown.rows
            scores = None if rows.scores is None else rows.scores[request.start : stop]
            dataset = self._exploration.dataset
            return tiles.page(dataset, rows.positions[request.start : stop], scores, shapes=request.shapes)

        self._exploration.look()
        shown, (rows, data) = self._exploration.read(tiles_of)
        return protocol.Page(
            client=request.client,
            id=request.id,
            version=shown.version,
            start=request.start,
            rows=rows,
            stale=shown.stale,
        ), data

    def _groups(self, request: protocol.GetGroups) -> Answer:
        shown = self._exploration.shown()
        found = []
        if (groups := shown.groups) is not None:
            of = zip(groups.texts, groups.starts.tolist(), groups.counts.tolist(), strict=True)
            found = [protocol.RowGroup(text=text, start=start, count=count) for text, start, count in of]
        column = "" if groups is None else groups.column
        return protocol.Groups(
            client=request.client, id=request.id, version=shown.version, column=column, groups=found
        ), None
