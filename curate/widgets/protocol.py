"""Every message between a widget and its kernel, written once.

The browser sends one of `AnyRequest`; the kernel answers each with one of `AnyReply` that carries the same `client` and
`id`, and sends one of `AnyEvent` whenever something changed that nobody asked for. `python -m curate.widgets.typescript` turns this
module into `widgets/src/protocol.ts`.

Rows are numbered by the view, 0 to `count` - 1, and fit a JavaScript number. Sample ids are int64 and do not, so they
travel as strings. A range is `[start, stop)`. Pictures travel as one binary buffer behind the message, one after the
other.

`id` is an int on purpose: ipykernel remembers the shell of every message that it publishes with an `id` of type str,
and would never forget those of a widget that answers from a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from curate.errors import BadMessage

MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes of the largest message that is accepted from the browser (servers cut the line at 10 MB)."""

PAGE_ROWS = 64
"""Rows of the largest page of thumbnails."""

PAGE_BYTES = 1024 * 1024
"""Bytes of thumbnails past which a page is cut short."""

POINTS_CHUNK = 500_000
"""Points of one chunk of the map: 4 MB of float32 x and y."""

Row = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Client = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
SampleId = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
Samples = Annotated[list[SampleId], msgspec.Meta(min_length=1, max_length=10_000)]
Operation = Literal["set", "add", "remove", "toggle"]
Verdict = Literal["yes", "no", "unsure"]
HuntTask = Literal["hunt", "audit", "unsure", "again"]
CardKind = Literal["category", "number", "time", "boolean", "tags", "labels"]
Scalar = str | int | float | bool | None


class _Message(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", kw_only=True):
    """What all messages have in common: a tag, and no field that nobody knows."""


class Request(_Message, frozen=True):
    """Something that the browser asks for.

    client: the view of the widget that asks; one widget may be shown several times.
    id: counts up within the client.
    """

    client: Client
    id: Count


# -- the query --------------------------------------------------------------------------------------------------------


class Values(_Message, tag="values", frozen=True):
    """Keep the samples that have one of these values; null stands for none."""

    values: Annotated[list[Scalar], msgspec.Meta(min_length=1, max_length=1000)]


class Interval(_Message, tag="interval", frozen=True):
    """Keep what is at least `low` and less than `high`; null is open. Times are seconds since 1970 (UTC)."""

    low: float | None
    high: float | None


class AddSearch(_Message, tag="add_search", frozen=True):
    """Look for words, or away from them, together with what is looked for already."""

    words: Annotated[list[Text], msgspec.Meta(max_length=32)]
    minus: Annotated[list[Text], msgspec.Meta(max_length=32)]


class AddExamples(_Message, tag="add_examples", frozen=True):
    """Look for samples like these, or like the selection where `samples` is null.

    unlike: look away from them.
    alone: for nothing but these: "nearest to this".
    """

    samples: Annotated[list[SampleId], msgspec.Meta(min_length=1, max_length=64)] | None
    unlike: bool = False
    alone: bool = False


class AddPicture(_Message, tag="add_picture", frozen=True):
    """Look for samples like a picture that is not in the dataset: an image file, base64."""

    data: str


class AddWhere(_Message, tag="add_where", frozen=True):
    """Keep the samples for which one boolean SQL expression is true."""

    sql: Text


class SetFacet(_Message, tag="set_facet", frozen=True):
    """Filter by a facet card; null takes its filter away. A column is the label field where the kind is "labels"."""

    kind: CardKind
    column: Name
    filter: Values | Interval | None


class RemoveChip(_Message, tag="remove_chip", frozen=True):
    """Take away a step of the query, or one part of it (see `Chip`)."""

    step: Count
    part: Count


class Sort(_Message, tag="sort", frozen=True):
    """Sort by a column or "score"; null gives the order of the search, or of ingest."""

    column: Name | None
    descending: bool = False


class Group(_Message, tag="group", frozen=True):
    """Show the rows in groups of equal values of a column; null shows them in one."""

    column: Name | None


class Narrow(_Message, tag="narrow", frozen=True):
    """Show nothing but the selection (`keep`), or leave it out."""

    keep: bool


class Best(_Message, tag="best", frozen=True):
    """Show so many of those that the search found, the best ones; null shows all that could be scored."""

    count: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None


class Clear(_Message, tag="clear", frozen=True):
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


# -- the grid ---------------------------------------------------------------------------------------------------------


class GetPage(Request, tag="get_page", frozen=True):
    """Rows `start` up to `stop`, at most 64, with their thumbnails.

    shapes: with the boxes, masks and points of their labels.
    """

    start: Row
    stop: Row
    shapes: bool = False


class GetGroups(Request, tag="get_groups", frozen=True):
    """The groups of the rows, where the view is grouped."""


class GetTiles(Request, tag="get_tiles", frozen=True):
    """The tiles of points of the map."""

    points: Annotated[list[Row], msgspec.Meta(min_length=1, max_length=64)]


# -- one sample -------------------------------------------------------------------------------------------------------


class GetPicture(Request, tag="get_picture", frozen=True):
    """One sample: a large picture and what is known about it."""

    sample: SampleId


class GetNeighbours(Request, tag="get_neighbours", frozen=True):
    """The samples of the whole dataset that are nearest to one."""

    sample: SampleId
    count: Annotated[int, msgspec.Meta(ge=1, le=64)] = 12


class GetHistory(Request, tag="get_history", frozen=True):
    """What was done with one sample, newest first."""

    sample: SampleId


# -- the selection ----------------------------------------------------------------------------------------------------


class Select(Request, tag="select", frozen=True):
    """Change the selection by rows of version `version`: ranges, or every row of the view where `ranges` is null.

    "set" puts away what was selected outside the view, too.
    """

    version: int
    operation: Operation
    ranges: Annotated[list[tuple[Row, Row]], msgspec.Meta(max_length=100_000)] | None


class SelectSamples(Request, tag="select_samples", frozen=True):
    """Change the selection by sample ids; an empty list with "set" clears it."""

    operation: Operation
    samples: Annotated[list[SampleId], msgspec.Meta(max_length=10_000)]


class Lasso(Request, tag="lasso", frozen=True):
    """Change the selection by what a polygon on the map encloses (even-odd rule), in the map's own coordinates.

    everywhere: also points outside the view.
    """

    map: int
    operation: Operation
    polygon: Annotated[list[tuple[float, float]], msgspec.Meta(min_length=3, max_length=10_000)]
    everywhere: bool = False


class GetSelection(Request, tag="get_selection", frozen=True):
    """The selected rows of the view."""


class GetIds(Request, tag="get_ids", frozen=True):
    """The sample ids of the selection, at most 10,000."""


# -- actions ----------------------------------------------------------------------------------------------------------


class Tag(Request, tag="tag", frozen=True):
    """Give samples a tag, or take it away: these, or the selection where `samples` is null."""

    name: Name
    remove: bool = False
    samples: Samples | None = None


class SaveSlice(Request, tag="save_slice", frozen=True):
    """Save the selection or the whole view as a slice."""

    name: Name
    note: Text = ""
    what: Literal["selection", "view"] = "selection"


class ToPython(Request, tag="to_python", frozen=True):
    """Put the selection or the view into a variable of the notebook."""

    what: Literal["selection", "view"] = "selection"


class Export(Request, tag="export", frozen=True):
    """Export the selection or the view in the background."""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    format: Name
    labels: Name | None = None
    overwrite: bool = False
    what: Literal["selection", "view"] = "selection"


class GetExports(Request, tag="get_exports", frozen=True):
    """What an export can be asked for: its formats and the label fields."""


class Project(Request, tag="project", frozen=True):
    """Make the map in the background; `again` also where there is one."""

    again: bool = False


class StopJob(Request, tag="stop_job", frozen=True):
    """Stop what runs in the background, or forget what has ended."""

    job: Count


# -- facets -----------------------------------------------------------------------------------------------------------


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


# -- the map ----------------------------------------------------------------------------------------------------------


class GetMap(Request, tag="get_map", frozen=True):
    """Whether there is a map, and what of."""


class GetPoints(Request, tag="get_points", frozen=True):
    """One chunk of the points."""

    map: int
    chunk: Count


class GetColours(Request, tag="get_colours", frozen=True):
    """What one chunk of the points is coloured by."""

    map: int
    column: Name
    kind: CardKind
    chunk: Count


class GetMasks(Request, tag="get_masks", frozen=True):
    """Which points are in the view, and which are selected."""

    map: int


class GetPlaces(Request, tag="get_places", frozen=True):
    """What the crowded places of the map have in common, in words."""

    map: int


class GetDensity(Request, tag="get_density", frozen=True):
    """How many samples of the dataset and of the view fall where, for maps of more points than are drawn."""

    map: int


# -- the hunt ---------------------------------------------------------------------------------------------------------


class GetHunt(Request, tag="get_hunt", frozen=True):
    """How the hunt stands. `samples` are those that the browser is about to show: others may have answered them."""

    samples: Annotated[list[SampleId], msgspec.Meta(max_length=1000)] = []


class GetNext(Request, tag="get_next", frozen=True):
    """Samples to be looked at next, with their thumbnails.

    task: "hunt": what the hunt asks for. "audit": what its open audit drew. "unsure": the queue of the unsure ones.
        "again": every yes once more.
    without: samples that the browser has already.
    """

    task: HuntTask
    count: Annotated[int, msgspec.Meta(ge=1, le=PAGE_ROWS)]
    without: Annotated[list[SampleId], msgspec.Meta(max_length=10_000)] = []


class SetVerdict(Request, tag="set_verdict", frozen=True):
    """Say of samples whether they are what is looked for. The last answer counts."""

    samples: Annotated[list[SampleId], msgspec.Meta(min_length=1, max_length=PAGE_ROWS)]
    verdict: Verdict
    task: HuntTask


class TakeBack(Request, tag="take_back", frozen=True):
    """Take back the last answer of this hunt."""


class StartAudit(Request, tag="start_audit", frozen=True):
    """Freeze the model and draw samples, to be answered blind: `count` among the most likely, `outside` of everything else."""

    count: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    outside: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class SaveFound(Request, tag="save_found", frozen=True):
    """Save what was found as a slice."""

    name: Name
    note: Text = ""


class Cancel(Request, tag="cancel", frozen=True):
    """The answer to the request `target` of this client is no longer wanted. Never answered itself."""

    target: Count


# -- what the kernel says ---------------------------------------------------------------------------------------------


class Reply(_Message, frozen=True):
    """The answer to the request with this client and id."""

    client: str
    id: int


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


class Job(msgspec.Struct, frozen=True):
    """Something that runs in the background. `text` says what came of it, or what went wrong, and `hint` what to do."""

    id: int
    kind: Literal["project", "export"]
    title: str
    done: int
    total: int
    state: Literal["running", "done", "failed", "stopped"]
    text: str
    hint: str


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


class Shape(msgspec.Struct, frozen=True):
    """A label with a place in the picture, in shares of its width and height.

    box: x, y, width, height.
    points: x and y of each point, one after the other; closed where `kind` is "polygon".
    mask: a PNG as base64, the size of the picture, whose alpha says where; empty where there is none.
    """

    field: str
    kind: str
    value: str
    box: list[float] | None
    points: list[float] | None
    mask: str


class Badge(msgspec.Struct, frozen=True):
    """A short mark on a tile."""

    kind: Literal["tag", "label", "issue"]
    text: str


class RowInfo(msgspec.Struct, frozen=True):
    """One tile.

    status: "ok", "missing", "empty", "corrupt", "too_large" or "unreadable".
    bytes: length of the thumbnail in the buffer; 0 where there is none.
    """

    sample_id: str
    name: str
    status: str
    error: str
    score: float | None
    badges: list[Badge]
    shapes: list[Shape]
    width: int
    height: int
    bytes: int


class Page(Reply, tag="page", frozen=True):
    """Rows from `start`; fewer than asked for where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG."""

    version: int
    start: int
    rows: list[RowInfo]
    stale: bool


class RowGroup(msgspec.Struct, frozen=True):
    """Rows `start` up to `start + count` that have a value in common."""

    text: str
    start: int
    count: int


class Groups(Reply, tag="groups", frozen=True):
    """The groups, in the order of the rows; empty where the view is not grouped."""

    version: int
    column: str
    groups: list[RowGroup]


class Tiles(Reply, tag="tiles", frozen=True):
    """Tiles in the order asked for; fewer where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG."""

    tiles: list[RowInfo]


class Field(msgspec.Struct, frozen=True):
    """One line of the metadata of a sample, both sides as text."""

    name: str
    value: str


class LabelLine(msgspec.Struct, frozen=True):
    """One label of a sample, and who says so."""

    field: str
    value: str
    kind: str
    score: float | None
    source: str
    source_kind: str
    time: str


class Picture(Reply, tag="picture", frozen=True):
    """One sample at full size. Buffer: a JPEG of at most 1600 px, or empty.

    row: where it is in the view; null where it is not.
    location: where the file is.
    note: why the picture is only a thumbnail, or is missing.
    """

    version: int
    row: int | None
    sample_id: str
    name: str
    location: str
    width: int
    height: int
    selected: bool
    tags: list[str]
    fields: list[Field]
    labels: list[LabelLine]
    shapes: list[Shape]
    note: str


class HistoryLine(msgspec.Struct, frozen=True):
    """One thing that was done with a sample. `time` is ISO, UTC."""

    what: str
    actor: str
    time: str
    notebook: str
    undone: bool


class History(Reply, tag="history", frozen=True):
    """What was done, newest first; `more` says that there is older than was looked through."""

    lines: list[HistoryLine]
    more: bool


class Selected(Reply, tag="selected", frozen=True):
    """The selection after a change: how many, and how many of these in the view."""

    revision: int
    count: int
    here: int


class Selection(Reply, tag="selection", frozen=True):
    """The selected rows. Buffer: int32 pairs `[start, stop)`, ascending, or one bit a row, whichever is smaller."""

    version: int
    revision: int
    count: int
    here: int
    encoding: Literal["ranges", "bitmap"]


class Ids(Reply, tag="ids", frozen=True):
    """Sample ids in the order of the view; `count` is how many are selected."""

    ids: list[str]
    count: int


class Tagged(Reply, tag="tagged", frozen=True):
    """How many samples the tag was new to, or was taken from."""

    name: str
    changed: int


class Saved(Reply, tag="saved", frozen=True):
    """A slice was saved."""

    name: str
    count: int


class Named(Reply, tag="named", frozen=True):
    """The view is in the variable `name` of the notebook."""

    name: str
    count: int


class Exports(Reply, tag="exports", frozen=True):
    """Formats, label fields, and a path to begin with."""

    formats: list[str]
    fields: list[str]
    path: str


class Started(Reply, tag="started", frozen=True):
    """It runs in the background; `JobChanged` tells how far it is."""

    job: Job


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


class MapState(Reply, tag="map_state", frozen=True):
    """The map of the current encoder.

    map: the number of this map; other numbers are of maps that are gone. 0 where there is none.
    why: where there is none, what is missing and what to do.
    title: what it was made of.
    points: how many are drawn, in `chunks` chunks; `samples` have a place on it, `missing` have a vector and no place.
    box: x and y of its corners, low and high.
    density: more samples than points; see `GetDensity`.
    """

    map: int
    why: str
    title: str
    samples: int
    points: int
    missing: int
    chunks: int
    box: tuple[float, float, float, float]
    density: bool


class Points(Reply, tag="points", frozen=True):
    """Points `start` up to `stop`. Buffer: float32, all x and then all y."""

    map: int
    start: int
    stop: int


class LegendEntry(msgspec.Struct, frozen=True):
    """What a code stands for, and how many points have it.

    value: what `SetFacet` filters by; null for "no value" (code 0), and for all others (code 13), which are no filter.
    """

    code: int
    value: Scalar
    text: str
    count: int


class Colours(Reply, tag="colours", frozen=True):
    """Codes of points `start` up to `stop`. Buffer: uint16; 0 is no value.

    kind "category": codes 1 to 12 are the most frequent values, 13 is all others. "number" and "time": 1 to 256, from low to high.
    """

    map: int
    start: int
    stop: int
    kind: Literal["category", "number", "time"]
    legend: list[LegendEntry]
    low: float | None
    high: float | None


class Masks(Reply, tag="masks", frozen=True):
    """Bits, lowest first. Buffer: one bit a point for the view, filled up to whole bytes, and the same for the selection."""

    map: int
    version: int
    revision: int


class Place(msgspec.Struct, frozen=True):
    """A crowded place of the map."""

    x: float
    y: float
    text: str


class Places(Reply, tag="places", frozen=True):
    """Places, the most crowded first."""

    places: list[Place]


class Density(Reply, tag="density", frozen=True):
    """Counts on a raster over the box, rows from low y to high y. Buffer: uint32, the dataset's and then the view's."""

    map: int
    version: int
    width: int
    height: int


class Audit(msgspec.Struct, frozen=True):
    """An audit whose samples are not all answered."""

    answered: int
    count: int


class HuntState(Reply, tag="hunt_state", frozen=True):
    """How a hunt stands.

    version: counts up with everything that happens to it.
    looks_for: its words and examples, as a person reads them.
    total: samples of its view; `answered` of them have a verdict: `found`, `rejected` and `unsure`.
    curve: answers and what was found by then, from first to last, at most 64 points.
    audit: the open one.
    again: yes answers that have not been asked again.
    estimate: what can be said of what is left, one sentence a line. audited: an audit says it.
    advice: what to do instead of going on, one sentence a line: other words, another encoder. Mostly empty.
    undo: the last answer in words; empty where there is nothing to take back.
    settled: those of the samples asked about that have an answer.
    """

    version: int
    name: str
    looks_for: str
    total: int
    answered: int
    found: int
    rejected: int
    unsure: int
    curve: list[tuple[int, int]]
    audit: Audit | None
    again: int
    estimate: list[str]
    audited: bool
    advice: list[str]
    undo: str
    settled: list[str]


class NextSamples(Reply, tag="next_samples", frozen=True):
    """Samples to be looked at, in order; none where there is nothing left to ask. Buffer: the thumbnails, JPEG."""

    task: HuntTask
    tiles: list[RowInfo]


class TakenBack(Reply, tag="taken_back", frozen=True):
    """An answer was taken back. Its samples, with what they are now: null where they have no answer. Buffer: the thumbnails."""

    tiles: list[RowInfo]
    verdicts: list[Verdict | None]


class Done(Reply, tag="done", frozen=True):
    """It was done, and there is nothing to say about it."""


class Error(Reply, tag="error", frozen=True):
    """The request failed and changed nothing."""

    message: str
    hint: str


class Event(_Message, frozen=True):
    """Something changed; every client hears it."""


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


AnyRequest = (
    Hello | Look | Refresh | Edit | Undo | Redo | Check | GetColumns
    | GetPage | GetGroups | GetTiles | GetPicture | GetNeighbours | GetHistory
    | Select | SelectSamples | Lasso | GetSelection | GetIds
    | Tag | SaveSlice | ToPython | Export | GetExports | Project | StopJob
    | GetFacets | GetValues
    | GetMap | GetPoints | GetColours | GetMasks | GetPlaces | GetDensity
    | GetHunt | GetNext | SetVerdict | TakeBack | StartAudit | SaveFound
    | Cancel
)  # fmt: skip
AnyReply = (
    State | Checked | Columns | Page | Groups | Tiles | Picture | History
    | Selected | Selection | Ids | Tagged | Saved | Named | Exports | Started | Done
    | Facets | FacetValues | MapState | Points | Colours | Masks | Places | Density
    | HuntState | NextSamples | TakenBack | Error
)  # fmt: skip
AnyEvent = SelectionChanged | ViewChanged | MapChanged | JobChanged | HuntChanged


def read(content: Any, buffers: Sequence[Any] = ()) -> AnyRequest:
    """Check a message from the browser.

    Args:
        content: the decoded JSON of the message.
        buffers: its binary buffers; no request has any, so they only count against the limit.

    Raises:
        BadMessage: it is larger than 4 MB, malformed, of no known type, or has unknown fields.
    """
    try:
        size = len(msgspec.json.encode(content)) + sum(memoryview(buffer).nbytes for buffer in buffers)
        if size > MAX_MESSAGE:
            raise BadMessage(
                f"The widget sent a message of {size:,} bytes; at most {MAX_MESSAGE:,} are read",
                hint="make the selection in several steps, or from Python",
            )
        return msgspec.convert(content, AnyRequest)
    except (msgspec.ValidationError, msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, BadMessage):
            raise
        raise BadMessage(
            f"The widget sent a message that does not fit the protocol: {error}",
            hint="run the cell again; after an update of Curate also reload the page",
        ) from error


def write(message: AnyReply | AnyEvent) -> dict[str, Any]:
    """The message as plain data for a comm."""
    data: dict[str, Any] = msgspec.to_builtins(message)
    return data
