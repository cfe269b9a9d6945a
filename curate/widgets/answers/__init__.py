"""What widgets are asked for, one module a subject; each answers from an `Exploration`."""

from __future__ import annotations

from curate.widgets.answers.actions import ActionAnswers
from curate.widgets.answers.duplicates import DuplicateAnswers
from curate.widgets.answers.editing import EditingAnswers
from curate.widgets.answers.facets import FacetAnswers
from curate.widgets.answers.issues import IssueAnswers
from curate.widgets.answers.jobs import JobAnswers
from curate.widgets.answers.map import MapAnswers
from curate.widgets.answers.picking import PickingAnswers
from curate.widgets.answers.rows import RowAnswers
from curate.widgets.answers.samples import SampleAnswers
from curate.widgets.answers.splits import SplitAnswers
from curate.widgets.channel import Handler
from curate.widgets.exploration import Exploration
from curate.widgets.protocol import Request

ANSWERS = (
    ActionAnswers,
    DuplicateAnswers,
    EditingAnswers,
    FacetAnswers,
    IssueAnswers,
    JobAnswers,
    MapAnswers,
    PickingAnswers,
    RowAnswers,
    SampleAnswers,
    SplitAnswers,
)


def answers_of(exploration: Exploration) -> dict[type[Request], Handler]:
    """Who answers which request."""
    return {asked: handler for answers in ANSWERS for asked, handler in answers(exploration).handlers().items()}
