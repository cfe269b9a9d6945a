"""What an action is about: the selection, or everything that is shown."""

from __future__ import annotations

from typing import Literal

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
    with exploration.lock:
        ids = exploration.dataset.session.sample_ids[exploration.picked_positions()]
    if len(ids) == 0:
        raise BadValue("Nothing is selected", hint="click a picture, or press Ctrl+A to select all that are shown")
    return exploration.dataset.select(ids)
