"""What an action is about: the selection, or everything that is shown."""

from __future__ import annotations

from typing import Literal

import numpy as np

from curate.errors import BadValue
from curate.view import View
from curate.widgets.exploration import Exploration

What = Literal["selection", "view"]


def chosen(exploration: Exploration, what: What) -> View:
    """The selection in the order of the view, or the view itself.

    Raises:
        BadValue: there is nothing in it.
    """
    if what == "view":
        view = exploration.shown().view
        if view.count() == 0:
            raise BadValue("There is no sample in this view", hint="take a step of the query away")
        return view
    return exploration.dataset.select(selected_ids(exploration))


def selected_ids(exploration: Exploration) -> np.ndarray:
    """(m,) int64 ids of the selection, those in the view first and in its order.

    Raises:
        BadValue: nothing is selected.
    """
    ids = exploration.picked_ids()
    if len(ids) == 0:
        raise BadValue("Nothing is selected", hint="click a picture, or press Ctrl+A to select all that are shown")
    return ids
