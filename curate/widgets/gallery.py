"""The grid of pictures that `view.show()` puts into a cell."""

from __future__ import annotations

from curate.widgets.widget import ViewWidget


class Gallery(ViewWidget):
    """The samples of a view as a grid that stays fast at a million rows; see `ViewWidget`."""

    part = "gallery"
