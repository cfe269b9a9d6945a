"""The map that `view.map()` puts into a cell."""

from __future__ import annotations

from curate.widgets.widget import ViewWidget


class Map(ViewWidget):
    """The samples where `ds.project()` has placed them, like beside like; see `ViewWidget`."""

    part = "map"
