"""What the kernel says unasked, when something has changed."""

from __future__ import annotations

from curate.widgets.protocol.base import Event
from curate.widgets.protocol.jobs import Job


class SelectionChanged(Event, tag="selection_changed", frozen=True):
    """The selection changed. `origin` is the client that did it, or empty where Python did."""

    origin: str
    revision: int
    count: int
    here: int


class ViewChanged(Event, tag="view_changed", frozen=True):
    """The rows, or what is shown of them, changed: say hello again."""

    version: int


class MapChanged(Event, tag="map_changed", frozen=True):
    """There is another map."""


class HuntChanged(Event, tag="hunt_changed", frozen=True):
    """Somebody answered, here or elsewhere, or the model has learned."""

    version: int


class JobChanged(Event, tag="job_changed", frozen=True):
    """Something in the background went on."""

    job: Job


class IssuesChanged(Event, tag="issues_changed", frozen=True):
    """Somebody has looked for issues again."""


class DuplicatesChanged(Event, tag="duplicates_changed", frozen=True):
    """There was another search for duplicates, or a verdict on a group, or one was taken back."""

    version: int


class SplitsChanged(Event, tag="splits_changed", frozen=True):
    """A split was made, replaced or undone, or what holds for one has become known."""

    version: int


class PairsChanged(Event, tag="pairs_changed", frozen=True):
    """Somebody has answered a pair, or taken an answer back."""

    version: int
