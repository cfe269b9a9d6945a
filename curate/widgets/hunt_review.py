"""The widget that `hunt.show()` puts into a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.errors import BadValue
from curate.view import View
from curate.widgets import protocol
from curate.widgets.answers.hunting import HuntAnswers
from curate.widgets.channel import Handler
from curate.widgets.widget import ViewWidget

if TYPE_CHECKING:
    from curate.hunt import Hunt


class HuntReview(ViewWidget):
    """Samples one by one, or nine at once, to be answered with y, n and u; how many were found, and how many are left.

    What somebody answers elsewhere in the same hunt is followed. Saved with the notebook, it shows what was found. Its view is
    where the hunt looks, and cannot be set: another view is another hunt.

    Args:
        hunt: what is reviewed.
        height: height of the widget, 240 to 4000 CSS pixels.

    Attributes:
        hunt: what is reviewed.

    Raises:
        MissingBundle: the browser side has not been built.
        BadValue: a height out of its range.
    """

    part = "hunt"
    room = 760

    def __init__(self, hunt: Hunt, *, height: int | None = None) -> None:
        self.hunt = hunt
        self._answers = HuntAnswers(hunt, self._told)
        super().__init__(View(hunt.dataset, hunt.query), height=height)

    def __repr__(self) -> str:
        """Cheap: no query runs."""
        return f"HuntReview({self.hunt.python})"

    def _handlers(self) -> dict[type[protocol.Request], Handler]:
        return super()._handlers() | self._answers.handlers()

    def _change(self, view: View) -> None:
        raise BadValue(
            f"The hunt {self.hunt.name!r} looks where it was begun, not at {view!r}",
            hint='begin another one there: view.hunt("another name")',
        )

    def _kept(self) -> View:
        """What was found; while that is nothing, where the hunt looks."""
        found = self.hunt.found
        return found if found.count() else self.view
