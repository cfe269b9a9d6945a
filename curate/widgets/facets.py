"""The facets that `view.facets()` puts into a cell."""

from __future__ import annotations

from curate.widgets.widget import ViewWidget


class Facets(ViewWidget):
    """What the columns of a view hold, beside what they hold in the whole dataset; see `ViewWidget`."""

    part = "facets"
