"""The widget that `duplicates.review()` puts into a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.errors import BadValue
from curate.view import View
from curate.widgets import protocol
from curate.widgets.answers.pairs import PairAnswers
from curate.widgets.channel import Handler
from curate.widgets.widget import ViewWidget

if TYPE_CHECKING:
    from curate.duplicates import Duplicates


class PairReview(ViewWidget):
    """Pairs that were found twice, side by side, to be answered with y, n and u; what the answers say of the precision, and a
    threshold that slides over what was found.

    What somebody answers elsewhere is followed. Saved with the notebook, it shows what is there once more. Its view is the
    dataset whose pairs are reviewed, and cannot be set.

    Args:
        duplicates: the search whose pairs are reviewed.
        height: height of the widget, 240 to 4000 CSS pixels.

    Raises:
        MissingBundle: the browser side has not been built.
        BadValue: a height out of its range.
    """

    part = "pairs"
    room = 760

    def __init__(self, duplicates: Duplicates, *, height: int | None = None) -> None:
        self._answers = PairAnswers(duplicates, self._told)
        super().__init__(duplicates.dataset, height=height)

    @property
    def duplicates(self) -> Duplicates:
        """What was found, at the threshold that the widget shows: ``review.duplicates.redundant.tag("duplicate")``."""
        return self._answers.duplicates

    def __repr__(self) -> str:
        """Cheap: no query runs."""
        return f"PairReview({self.duplicates.threshold:g}, {self._exploration.dataset.name})"

    def _handlers(self) -> dict[type[protocol.Request], Handler]:
        return super()._handlers() | self._answers.handlers()

    def _change(self, view: View) -> None:
        raise BadValue(
            f"The pairs of {self._exploration.dataset.name!r} were found in all of it, not in {view!r}",
            hint="ds.find_duplicates() looks again",
        )

    def _kept(self) -> View:
        """What is there once more; where nothing is, the dataset."""
        redundant = self.duplicates.redundant
        return redundant if redundant.count() else self.view
