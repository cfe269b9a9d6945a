"""What the browser asks for: the view and its changes, and what the view is after each."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from curate.widgets.protocol.base import CardKind, Count, Message, Name, Reply, Request, SampleId, Scalar, Text
from curate.widgets.protocol.jobs import Job


class Values(Message, tag="values", frozen=True):
    """Keep the samples that have one of these values; null stands for none."""

    values: Annotated[list[Scalar], msgspec.Meta(min_length=1, max_length=1000)]


class Interval(Message, tag="interval", frozen=True):
    """Keep what is at least `low` and less than `high`; null is open. Times are seconds since 1970 (UTC)."""

    low: float | None
    high: float | None


class AddSearch(Message, tag="add_search", frozen=True):
    """Look for words, or away from them, together with what is looked for already."""

    words: Annotated[list[Text], msgspec.Meta(max_length=32)]
    minus: Annotated[list[Text], msgspec.Meta(max_length=32)]


class AddExamples(Message, tag="add_examples", frozen=True):
    """Look for samples like these, or like the selection where `samples` is null.

    unlike: look away from them.
    alone: for nothing but these: "nearest to this".
    """

    samples: Annotated[list[SampleId], msgspec.Meta(min_length=1, max_length=64)] | None
    unlike: bool = False
    alone: bool = False


class AddPicture(Message, tag="add_picture", frozen=True):
    """Look for samples like a picture that is not in the dataset: an image file, base64."""

    data: str


class AddWhere(Message, tag="add_where", frozen=True):
    """Keep the samples for which one boolean SQL expression is true."""

    sql: Text


class SetFacet(Message, tag="set_facet", frozen=True):
    """Filter by a facet card; null takes its filter away. A column is the label field where the kind is "labels"."""

    kind: CardKind
    column: Name
    filter: Values | Interval | None


class RemoveChip(Message, tag="remove_chip", frozen=True):
    """Take away a step of the query, or one part of it (see `Chip`)."""

    step: Count
    part: Count


class Sort(Message, tag="sort", frozen=True):
    """Sort by a column or "score"; null gives the order of the search, or of ingest."""

    column: Name | None
    descending: bool = False


class Group(Message, tag="group", frozen=True):
    """Show the rows in groups of equal values of a column; null shows them in one."""

    column: Name | None


class Narrow(Message, tag="narrow", frozen=True):
    """Show nothing but the selection (`keep`), or leave it out."""

    keep: bool


class Best(Message, tag="best", frozen=True):
    """Show so many of those that the search found, the best ones; null shows all that could be scored."""

    count: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None


class Clear(Message, tag="clear", frozen=True):
    """Back to the view that the widget was made with."""


AnyChange = (
    AddSearch | AddExamples | AddPicture | AddWhere | SetFacet | RemoveChip | Sort | Group | Narrow | Best | Clear
)


class Hello(Request, tag="hello", frozen=True):
    """The first message of a client, and the question whether the kernel is still there."""


class Look(Request, tag="look", frozen=True):
    """A person looks at the widget again: see whether the dataset has changed."""


class Refresh(Request, tag="refresh", frozen=True):
    """Ask the view again, because the dataset has changed."""


class Edit(Request, tag="edit", frozen=True):
    """Change the query. Refused where `version` is not what is shown any more."""

    version: int
    change: AnyChange


class Undo(Request, tag="undo", frozen=True):
    """Take back the last step of the query, or the last thing that was written."""


class Redo(Request, tag="redo", frozen=True):
    """Do again what was undone last."""


class Check(Request, tag="check", frozen=True):
    """Whether an expression can be a `where`, and how many samples of the view would stay."""

    sql: Text


class GetColumns(Request, tag="get_columns", frozen=True):
    """The columns that a `where` may name, with frequent values: for completion, sorting and colours."""


class Chip(msgspec.Struct, frozen=True):
    """One step of the query, or one part of a search, as a person reads it.

    kind "best": how many the search shows, which `Best` changes.
    step, part: what `RemoveChip` calls it.
    note: why what these words find may mean little; empty where nothing speaks against them.
    """

    kind: Literal["where", "words", "minus", "like", "unlike", "tagged", "untagged", "sort", "best", "other"]
    text: str
    step: int
    part: int
    note: str


class State(Reply, tag="state", frozen=True):
    """What the view is.

    alive: the request came in on a subshell, so answers keep coming while a cell runs.
    version: counts up when the rows or what is shown of them changed.
    rows: counts up when row numbers mean other samples than before.
    revision: counts up with the selection.
    sort, descending: the column that the rows are sorted by; null is the order of the search, or of ingest.
    order: the same as a person reads it.
    group: the column by which the rows are grouped.
    selected, selected_here: how many samples are selected, and how many of these are in the view.
    stale: the dataset has changed, and the view would now give other rows; `refresh` shows them.
    undo, redo: in words what these would do; empty where there is nothing.
    encoder: name of the encoder that searches use; empty where the dataset has no vectors.
    has_text: that encoder knows words.
    writable: tags and slices can be written.
    """

    alive: bool
    version: int
    rows: int
    revision: int
    dataset: str
    count: int
    total: int
    python: str
    chips: list[Chip]
    sort: str | None
    descending: bool
    order: str
    group: str | None
    scored: bool
    selected: int
    selected_here: int
    stale: bool
    undo: str
    redo: str
    encoder: str
    has_text: bool
    writable: bool
    tags: list[str]
    slices: list[str]
    jobs: list[Job]


class Checked(Reply, tag="checked", frozen=True):
    """The expression can be a `where`; `count` samples of the view would stay."""

    count: int


class Column(msgspec.Struct, frozen=True):
    """A column that a `where` may name; `values` are frequent ones, as SQL."""

    name: str
    kind: CardKind | Literal["text", "other"]
    type: str
    values: list[str]


class Columns(Reply, tag="columns", frozen=True):
    """The columns of the view, in the order of the dataset; `fields` are its label fields."""

    columns: list[Column]
    fields: list[str]
