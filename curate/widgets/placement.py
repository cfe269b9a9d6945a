"""Where a new step goes in a query: filters before the search that they make cheaper, as a person would write it.

A filter changes places with other filters and with a search without changing what is found. It does not with a `limit` or a
`sample`, which count what is before them, nor with a `where` on `rank`, which counts what was searched. The `limit` right behind
a search that was made in the widget is no such thing: it says how many of the best are shown, whatever they are searched among.
"""

from __future__ import annotations

from collections.abc import Sequence

from curate.query import AnyStep, Exclude, Limit, Sample, Search, Select, SortBy, Tagged, Untagged, Where
from curate.search.evaluation import SCORE_COLUMNS
from curate.store.expressions import check_where
from curate.store.session import Session

Steps = tuple[AnyStep, ...]
Filtering = Where | Tagged | Untagged | Select | Exclude


def with_filter(session: Session, steps: Steps, step: Filtering, *, own: bool = False) -> Steps:
    """The steps with a filter more, where it belongs.

    Args:
        session: what the filter is checked against.
        steps: of the query.
        step: the filter.
        own: a `limit` right behind the search was made in the widget.

    Raises:
        UnknownName: it names a column that is not there.
        BadQuery: it is not one boolean expression.
    """
    at = _place(session, steps, step, own)
    return (*steps[:at], step, *steps[at:])


def without_order(steps: Steps) -> Steps:
    """The steps without the sorting at their end."""
    end = len(steps)
    while end and isinstance(steps[end - 1], SortBy):
        end -= 1
    return steps[:end]


def last_search(steps: Steps) -> int | None:
    """Where the last search is."""
    return next((at for at in reversed(range(len(steps))) if isinstance(steps[at], Search)), None)


def best_of(steps: Steps) -> int | None:
    """Where it says how many of the last search are shown: a `limit` right behind it."""
    at = last_search(steps)
    return at + 1 if at is not None and at + 1 < len(steps) and isinstance(steps[at + 1], Limit) else None


def _place(session: Session, steps: Steps, step: Filtering, own: bool) -> int:
    end = len(without_order(steps))
    if _named(session, step):
        return end
    best = best_of(steps)
    counting = (at for at in reversed(range(len(steps))) if isinstance(steps[at], Limit | Sample))
    first = next((at + 1 for at in counting if not own or at != best), 0)
    for at in reversed(range(first, len(steps))):
        if "rank" in _named(session, steps[at]):
            return min(at + 1, end)
    if first > end:
        return first
    return next((at for at in range(first, end) if isinstance(steps[at], Search)), end)


def _named(session: Session, step: AnyStep) -> frozenset[str]:
    """Which of score and rank a filter is about."""
    if not isinstance(step, Where):
        return frozenset()
    named = check_where(session.cursor(), step.sql, [*session.columns, *SCORE_COLUMNS])
    return frozenset(named & set(SCORE_COLUMNS))


def positives(step: Search) -> Sequence[object]:
    """What a search looks for; without any of it there is no search."""
    return (*step.words, *step.like)
