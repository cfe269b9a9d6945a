"""The facets: cards, and the values of long ones."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import CardKind, Name, Reply, Request, Scalar, Text
from curate.widgets.protocol.query import Interval, Values


class GetFacets(Request, tag="get_facets", frozen=True):
    """All facet cards, or those of some columns, each counted over the dataset and over the view.

    With `after_edits` it waits its turn behind the changes that were sent before it: what a step leaves is counted without
    another way from the kernel to the browser and back.
    """

    columns: Annotated[list[tuple[CardKind, Name]], msgspec.Meta(max_length=1000)] | None = None
    after_edits: bool = False


class GetValues(Request, tag="get_values", frozen=True):
    """The values of a long card that contain a text: those most frequent in the dataset or in the view first, or by name."""

    kind: CardKind
    column: Name
    contains: Text
    order: Literal["all", "view", "name"] = "all"


class FacetValue(msgspec.Struct, frozen=True):
    """One value of a card: how many samples have it in the dataset and in the view."""

    value: Scalar
    text: str
    all: int
    view: int
    picked: bool


class Bins(msgspec.Struct, frozen=True):
    """A histogram. `edges` has one more than the counts; times are seconds since 1970 (UTC).

    whole: the numbers are whole: from 4 up to 6 holds 4 and 5.
    """

    edges: list[float]
    all: list[int]
    view: list[int]
    whole: bool


class Card(msgspec.Struct, frozen=True):
    """One facet: what is in the dataset and in the view.

    values: the most frequent ones; `more` are left out.
    bins: for numbers and times.
    missing_all, missing_view: samples without a value.
    filter: what filters by it now.
    difference: how much the view differs from the dataset, 0 to 1.
    """

    kind: CardKind
    column: str
    title: str
    values: list[FacetValue]
    more: int
    bins: Bins | None
    missing_all: int
    missing_view: int
    filter: Values | Interval | None
    difference: float


class Facets(Reply, tag="facets", frozen=True):
    """The cards; those whose view differs most from the dataset come first."""

    version: int
    cards: list[Card]


class FacetValues(Reply, tag="facet_values", frozen=True):
    """Values of one card."""

    version: int
    values: list[FacetValue]
    more: int
