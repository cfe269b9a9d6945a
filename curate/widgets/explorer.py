"""The whole app that `view.explore()` puts into a cell."""

from __future__ import annotations

from curate.widgets.widget import ViewWidget


class Explorer(ViewWidget):
    """Search, facets, map, grid, inspector and selection of a view, in one cell; see `ViewWidget`."""

    part = "explorer"
    room = 760
