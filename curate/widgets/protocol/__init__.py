"""Every message between a widget and its kernel, written once.

The browser sends one of `AnyRequest`; the kernel answers each with one of `AnyReply` that carries the same `client` and
`id`, and sends one of `AnyEvent` whenever something changed that nobody asked for. `python -m curate.widgets.typescript` turns this
package into `widgets/src/protocol.ts`.

Rows are numbered by the view, 0 to `count` - 1, and fit a JavaScript number. Sample ids are int64 and do not, so they
travel as strings. A range is `[start, stop)`. Pictures travel as one binary buffer behind the message, one after the
other.

`id` is an int on purpose: ipykernel remembers the shell of every message that it publishes with an `id` of type str,
and would never forget those of a widget that answers from a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from curate.errors import BadMessage
from curate.widgets.protocol import (
    actions,
    base,
    cleaning,
    events,
    facets,
    hunt,
    jobs,
    map,  # noqa: A004 - its messages are about the map
    pairs,
    query,
    rows,
    samples,
    selection,
    splits,
)
from curate.widgets.protocol.actions import (
    Export,
    Exports,
    GetExports,
    Media,
    Named,
    Saved,
    SaveSlice,
    Tag,
    Tagged,
    ToPython,
)
from curate.widgets.protocol.base import (
    MAX_MESSAGE,
    PAGE_BYTES,
    PAGE_ROWS,
    Cancel,
    CardKind,
    Client,
    Count,
    Done,
    Error,
    Event,
    Name,
    Reply,
    Request,
    Row,
    SampleId,
    Samples,
    Scalar,
    Text,
)
from curate.widgets.protocol.cleaning import (
    GROUPS,
    MEMBERS,
    AcceptFrom,
    DuplicateGroup,
    DuplicateGroups,
    DuplicateMember,
    DuplicatesState,
    FindDuplicates,
    FindIssues,
    GetDuplicateGroups,
    GetDuplicates,
    GetIssues,
    GroupState,
    IssueKind,
    Issues,
    JudgeGroups,
)
from curate.widgets.protocol.events import (
    DuplicatesChanged,
    HuntChanged,
    IssuesChanged,
    JobChanged,
    MapChanged,
    PairsChanged,
    SelectionChanged,
    SplitsChanged,
    ViewChanged,
)
from curate.widgets.protocol.facets import Bins, Card, Facets, FacetValue, FacetValues, GetFacets, GetValues
from curate.widgets.protocol.hunt import (
    Audit,
    GetHunt,
    GetNext,
    HuntState,
    HuntTask,
    NextSamples,
    SaveFound,
    SetVerdict,
    StartAudit,
    TakeBack,
    TakenBack,
    Verdict,
)
from curate.widgets.protocol.jobs import Job, JobKind, Project, Started, StopJob
from curate.widgets.protocol.map import (
    POINTS_CHUNK,
    Colours,
    Density,
    GetColours,
    GetDensity,
    GetMap,
    GetMasks,
    GetPlaces,
    GetPoints,
    LegendEntry,
    MapState,
    Masks,
    Place,
    Places,
    Points,
)
from curate.widgets.protocol.pairs import (
    PAIRS,
    GetPairReview,
    GetPairs,
    JudgePair,
    PairInfo,
    PairReviewState,
    Pairs,
    PairTakenBack,
    TakeBackPair,
)
from curate.widgets.protocol.query import (
    AddExamples,
    AddPicture,
    AddSearch,
    AddWhere,
    AnyChange,
    Best,
    Check,
    Checked,
    Chip,
    Clear,
    Column,
    Columns,
    Edit,
    GetColumns,
    Group,
    Hello,
    Interval,
    Look,
    Narrow,
    Redo,
    Refresh,
    RemoveChip,
    SetFacet,
    Sort,
    State,
    Undo,
    Values,
)
from curate.widgets.protocol.rows import (
    Badge,
    GetGroups,
    GetPage,
    GetTiles,
    Groups,
    Page,
    RowGroup,
    RowInfo,
    Shape,
    Tiles,
)
from curate.widgets.protocol.samples import (
    Field,
    GetHistory,
    GetNeighbours,
    GetPicture,
    History,
    HistoryLine,
    LabelLine,
    Picture,
)
from curate.widgets.protocol.selection import (
    GetIds,
    GetSelection,
    Ids,
    Lasso,
    Operation,
    Select,
    Selected,
    Selection,
    SelectSamples,
)
from curate.widgets.protocol.splits import (
    CLASSES,
    ExportSplit,
    GetSplit,
    GetSplitForm,
    GetSplits,
    MakeSplit,
    PartSize,
    SplitBalance,
    SplitClass,
    SplitColumn,
    SplitForm,
    SplitGroup,
    SplitJoin,
    SplitLine,
    SplitNearness,
    SplitPair,
    SplitPart,
    SplitPromise,
    Splits,
    SplitShare,
    SplitState,
    SplitTimes,
    WantedPart,
)

__all__ = [
    "CLASSES",
    "GROUPS",
    "MAX_MESSAGE",
    "MEMBERS",
    "PAGE_BYTES",
    "PAGE_ROWS",
    "PAIRS",
    "POINTS_CHUNK",
    "SUBJECTS",
    "AcceptFrom",
    "AddExamples",
    "AddPicture",
    "AddSearch",
    "AddWhere",
    "AnyChange",
    "AnyEvent",
    "AnyReply",
    "AnyRequest",
    "Audit",
    "Badge",
    "Best",
    "Bins",
    "Cancel",
    "Card",
    "CardKind",
    "Check",
    "Checked",
    "Chip",
    "Clear",
    "Client",
    "Colours",
    "Column",
    "Columns",
    "Count",
    "Density",
    "Done",
    "DuplicateGroup",
    "DuplicateGroups",
    "DuplicateMember",
    "DuplicatesChanged",
    "DuplicatesState",
    "Edit",
    "Error",
    "Event",
    "Export",
    "ExportSplit",
    "Exports",
    "FacetValue",
    "FacetValues",
    "Facets",
    "Field",
    "FindDuplicates",
    "FindIssues",
    "GetColours",
    "GetColumns",
    "GetDensity",
    "GetDuplicateGroups",
    "GetDuplicates",
    "GetExports",
    "GetFacets",
    "GetGroups",
    "GetHistory",
    "GetHunt",
    "GetIds",
    "GetIssues",
    "GetMap",
    "GetMasks",
    "GetNeighbours",
    "GetNext",
    "GetPage",
    "GetPairReview",
    "GetPairs",
    "GetPicture",
    "GetPlaces",
    "GetPoints",
    "GetSelection",
    "GetSplit",
    "GetSplitForm",
    "GetSplits",
    "GetTiles",
    "GetValues",
    "Group",
    "GroupState",
    "Groups",
    "Hello",
    "History",
    "HistoryLine",
    "HuntChanged",
    "HuntState",
    "HuntTask",
    "Ids",
    "Interval",
    "IssueKind",
    "Issues",
    "IssuesChanged",
    "Job",
    "JobChanged",
    "JobKind",
    "JudgeGroups",
    "JudgePair",
    "LabelLine",
    "Lasso",
    "LegendEntry",
    "Look",
    "MakeSplit",
    "MapChanged",
    "MapState",
    "Masks",
    "Media",
    "Name",
    "Named",
    "Narrow",
    "NextSamples",
    "Operation",
    "Page",
    "PairInfo",
    "PairReviewState",
    "PairTakenBack",
    "Pairs",
    "PairsChanged",
    "PartSize",
    "Picture",
    "Place",
    "Places",
    "Points",
    "Project",
    "Redo",
    "Refresh",
    "RemoveChip",
    "Reply",
    "Request",
    "Row",
    "RowGroup",
    "RowInfo",
    "SampleId",
    "Samples",
    "SaveFound",
    "SaveSlice",
    "Saved",
    "Scalar",
    "Select",
    "SelectSamples",
    "Selected",
    "Selection",
    "SelectionChanged",
    "SetFacet",
    "SetVerdict",
    "Shape",
    "Sort",
    "SplitBalance",
    "SplitClass",
    "SplitColumn",
    "SplitForm",
    "SplitGroup",
    "SplitJoin",
    "SplitLine",
    "SplitNearness",
    "SplitPair",
    "SplitPart",
    "SplitPromise",
    "SplitShare",
    "SplitState",
    "SplitTimes",
    "Splits",
    "SplitsChanged",
    "StartAudit",
    "Started",
    "State",
    "StopJob",
    "Tag",
    "Tagged",
    "TakeBack",
    "TakeBackPair",
    "TakenBack",
    "Text",
    "Tiles",
    "ToPython",
    "Undo",
    "Values",
    "Verdict",
    "ViewChanged",
    "WantedPart",
    "read",
    "write",
]

SUBJECTS = (query, rows, samples, selection, actions, jobs, facets, map, hunt, cleaning, pairs, splits, events, base)
"""The modules of the package, in the order in which a reader of the generated TypeScript meets them."""

AnyRequest = (
    Hello | Look | Refresh | Edit | Undo | Redo | Check | GetColumns
    | GetPage | GetGroups | GetTiles | GetPicture | GetNeighbours | GetHistory
    | Select | SelectSamples | Lasso | GetSelection | GetIds
    | Tag | SaveSlice | ToPython | Export | GetExports | Project | StopJob
    | GetFacets | GetValues
    | GetMap | GetPoints | GetColours | GetMasks | GetPlaces | GetDensity
    | GetHunt | GetNext | SetVerdict | TakeBack | StartAudit | SaveFound
    | GetIssues | FindIssues | GetDuplicates | FindDuplicates | GetDuplicateGroups | JudgeGroups | AcceptFrom
    | GetPairReview | GetPairs | JudgePair | TakeBackPair
    | GetSplits | GetSplit | GetSplitForm | MakeSplit | ExportSplit
    | Cancel
)  # fmt: skip
AnyReply = (
    State | Checked | Columns | Page | Groups | Tiles | Picture | History
    | Selected | Selection | Ids | Tagged | Saved | Named | Exports | Started | Done
    | Facets | FacetValues | MapState | Points | Colours | Masks | Places | Density
    | HuntState | NextSamples | TakenBack
    | Issues | DuplicatesState | DuplicateGroups | PairReviewState | Pairs | PairTakenBack
    | Splits | SplitState | SplitForm
    | Error
)  # fmt: skip
AnyEvent = (
    SelectionChanged
    | ViewChanged
    | MapChanged
    | JobChanged
    | HuntChanged
    | IssuesChanged
    | DuplicatesChanged
    | SplitsChanged
    | PairsChanged
)


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
