"""`Dataset.find_issues` and `Dataset.issues`: what is wrong with samples and labels, as the field table ``fields/issues``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.analysis import issues as pictures
from curate.analysis.annotations import KINDS as OF_LABELS
from curate.analysis.annotations import annotation_problems, flags_of
from curate.analysis.issues import flag_name, score_name
from curate.labels.annotations import declared_classes
from curate.measuring import measure_older

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.view import View

TABLE = "fields/issues"
KEY = b"curate.issues"

KINDS = (*pictures.KINDS, *OF_LABELS)
"""Every kind of issue, in the order in which they are shown."""

Threshold = float | Mapping[Any, float]
"""One for all samples, or a value of the column `by` to its own; None among the values stands for all others."""


class IssuesInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for; the metadata of the table.

    Attributes:
        kinds: in the order in which they are shown.
        thresholds: of the kinds that have one: for all samples, or pairs of a group and its own, None for all other groups.
        by: the column of the groups; None where there are none.
        fields: the label fields that were checked; empty where there are no labels.
        classes: label field to the classes that it may have.
        samples: how many were looked at.
        at: when (UTC).
    """

    kinds: tuple[str, ...]
    thresholds: dict[str, float | tuple[tuple[str | int | float | bool | None, float], ...]]
    by: str | None
    fields: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    samples: int
    at: datetime


class Issues:
    """What is wrong in a dataset; a kind in brackets is the view of its samples, the worst first: ``issues["dark"]``.

    Attributes:
        dataset: that was looked at.
        info: what was looked for, see `IssuesInfo`.
        counts: kind to number of samples, of every kind that was looked for.
        found: samples with at least one issue.
        later: samples that came after the look.
    """

    def __init__(self, dataset: Dataset, info: IssuesInfo) -> None:
        self.dataset = dataset
        self.info = info
        session = dataset.session
        if any(flag_name(kind) not in session.dtypes for kind in info.kinds):
            raise errors.BadValue("Somebody else has just looked for other issues", hint="ds.issues() gives those")
        flags = {kind: f'"{flag_name(kind)}"' for kind in info.kinds}
        counted = ", ".join(f"count(*) FILTER ({flag})" for flag in flags.values())
        first = next(iter(flags.values()))
        row = session.read(
            f"SELECT {counted}, count(*) FILTER ({' OR '.join(flags.values())}), count(*) FILTER ({first} IS NULL) FROM wide"
        ).row(0)
        self.counts: dict[str, int] = dict(zip(info.kinds, row, strict=False))
        self.found, self.later = int(row[-2]), int(row[-1])

    @property
    def thresholds(self) -> dict[str, float | dict[Any, float]]:
        """Kind to the score below which a sample has the issue, or to such a number for each group of the column `by`."""
        said = self.info.thresholds
        return {kind: dict(given) if isinstance(given, tuple) else given for kind, given in said.items()}

    @property
    def view(self) -> View:
        """The samples with at least one issue."""
        return self.dataset.where(" OR ".join(flag_name(kind) for kind in self.info.kinds))

    @property
    def annotations(self) -> pl.DataFrame:
        """What is wrong with labels, one row a problem, as the labels are now.

        Columns: kind, sample_id, label_id (null where a picture has no label), field, detail (in words), score.
        """
        self.dataset.session.refresh()
        found = _problems(self.dataset, self.info.fields, self.info.classes)
        return found.filter(pl.col("kind").is_in([kind for kind in self.info.kinds if kind in OF_LABELS]))

    def __getitem__(self, kind: str) -> View:
        if kind not in self.counts:
            raise errors.UnknownName("kind of issue", str(kind), self.counts, hint=_not_looked_for(kind, self.counts))
        return self.dataset.where(flag_name(kind)).sort_by(score_name(kind))

    def __repr__(self) -> str:
        by = f", thresholds by {self.info.by}" if self.info.by else ""
        lines = [f"issues of {self.info.samples:,} samples: {self.found:,} with at least one{by}"]
        some = sorted(((kind, n) for kind, n in self.counts.items() if n), key=lambda pair: -pair[1])
        lines += [f"  {kind:<{max(len(k) for k, _ in some)}}  {n:>7,}" for kind, n in some]
        none = [kind for kind, n in self.counts.items() if not n]
        if none:
            lines.append(f"  none: {', '.join(none)}")
        if some:
            lines.append(f'  look at them: ds.issues()["{some[0][0]}"].show()')
        if self.later:
            lines.append(f"  {self.later:,} came later; ds.find_issues() looks at those, too")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from curate.issue_sheet import sheet

        return sheet(self)


def find_issues(
    dataset: Dataset,
    kinds: str | Sequence[str] | None,
    *,
    thresholds: Mapping[str, Threshold] | None,
    by: str | None,
    labels: str | Sequence[str] | Mapping[str, Sequence[str]] | None,
) -> Issues:
    """`Dataset.find_issues`."""
    dataset.folder.must_write()
    dataset.session.refresh()
    if dataset.session.n == 0:
        raise errors.BadValue("There are no samples to look at", hint="ds.ingest(folder)")
    fields, classes = _fields(dataset, labels)
    wanted = _kinds(kinds, has_labels=bool(fields))
    given = _thresholds(dataset, thresholds or {}, by)
    if unused := [kind for kind in given if kind not in wanted]:
        raise errors.BadValue(
            f"There is a threshold for {unused[0]!r}, which is not looked for", hint="name it in 'kinds', too"
        )
    _refuse_columns_of_others(dataset, wanted)
    measure_older(dataset)
    session = dataset.session
    with session.lock:
        session.refresh()
        ids = session.sample_ids
        samples = pl.from_arrow(dataset.folder.samples.latest(list(pictures.SAMPLES)))
        groups = None if by is None else dataset.frame(np.arange(len(ids)), [by])[by].to_list()
        problems = _problems(dataset, fields, classes) if set(wanted) & set(OF_LABELS) else None
    assert isinstance(samples, pl.DataFrame)
    scores = pictures.scores(samples).select(kind for kind in pictures.KINDS if kind in wanted)
    limits = {
        kind: pictures.each_threshold(
            pictures.THRESHOLDS.get(kind, pictures.YES_OR_NO), given.get(kind), groups, len(ids)
        )
        for kind in scores.columns
    }
    table = pl.DataFrame({"sample_id": ids}).hstack(pictures.flags(scores, limits)).hstack(scores.rename(score_name))
    if problems is not None:
        table = table.hstack(flags_of(problems, ids).drop("sample_id"))
    limited = [kind for kind in wanted if kind in pictures.THRESHOLDS]
    info = IssuesInfo(
        kinds=wanted,
        thresholds={kind: _plain(given.get(kind, pictures.THRESHOLDS[kind])) for kind in limited},
        by=by,
        fields=fields,
        classes=classes,
        samples=len(ids),
        at=datetime.now(UTC).replace(tzinfo=None),
    )
    names = [name(kind) for kind in wanted for name in (flag_name, score_name)]
    stored = table.select("sample_id", *names).to_arrow(compat_level=pl.CompatLevel.oldest())
    schema = pa.schema([field.with_nullable(field.name != "sample_id") for field in stored.schema])
    schema = schema.with_metadata({KEY: msgspec.json.encode(info)})
    # one commit: whoever is killed before leaves what was found before
    dataset.folder.table(TABLE).overwrite(stored.cast(schema))
    session.refresh()
    issues = Issues(dataset, info)
    counts = {kind: n for kind, n in issues.counts.items() if n}
    dataset.write_event("issues", {"counts": counts, "by": by, "samples": len(ids)}, count=issues.found)
    return issues


def last_issues(dataset: Dataset) -> Issues:
    """`Dataset.issues`."""
    dataset.session.refresh()
    table = dataset.folder.table(TABLE)
    stored = table.metadata().get(KEY) if table.exists() else None
    if stored is None or dataset.session.n == 0:
        raise errors.BadValue("Nobody has looked for issues yet", hint="ds.find_issues()")
    return Issues(dataset, msgspec.json.decode(stored, type=IssuesInfo))


# -- what was asked for -----------------------------------------------------------------------------------------------


def _kinds(kinds: str | Sequence[str] | None, *, has_labels: bool) -> tuple[str, ...]:
    if kinds is None:
        return KINDS if has_labels else pictures.KINDS
    named = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in named:
        if kind not in KINDS:
            raise errors.UnknownName("kind of issue", str(kind), KINDS)
    if not named:
        raise errors.BadValue("'kinds' names no kind of issue", hint="leave it out to look for all of them")
    if not has_labels and (asked := [kind for kind in named if kind in OF_LABELS]):
        raise errors.BadValue(f"{asked[0]!r} is told from labels, and there are none", hint="ds.add_labels(…)")
    return tuple(kind for kind in KINDS if kind in named)


def _thresholds(dataset: Dataset, given: Mapping[str, Threshold], by: str | None) -> dict[str, Threshold]:
    """The thresholds that were given, checked."""
    values = None if by is None else _values(dataset, by)
    for kind, threshold in given.items():
        if kind not in KINDS:
            raise errors.UnknownName("kind of issue", str(kind), pictures.THRESHOLDS)
        if kind not in pictures.THRESHOLDS:
            raise errors.BadValue(
                f"{kind!r} has no threshold", hint=f"these have: {', '.join(map(repr, pictures.THRESHOLDS))}"
            )
        if isinstance(threshold, Mapping):
            if values is None:
                raise errors.BadValue(
                    f"The thresholds of {kind!r} are by group, and 'by' names no column", hint="by='timeofday'"
                )
            for value in threshold:
                if value is not None and value not in values:
                    raise errors.UnknownName(f"value of {by!r}", str(value), map(str, values))
        for number in threshold.values() if isinstance(threshold, Mapping) else [threshold]:
            if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
                raise errors.BadValue(
                    f"The threshold of {kind!r} is a number from 0 to 1. Got {number!r}",
                    hint=f"{pictures.THRESHOLDS[kind]} unless you say otherwise; 0 finds nothing",
                )
    if by is not None and not any(isinstance(threshold, Mapping) for threshold in given.values()):
        raise errors.BadValue(
            f"by={by!r} says whose thresholds differ, and none does", hint="thresholds={'dark': {'night': 0.1}}"
        )
    return dict(given)


def _values(dataset: Dataset, by: str) -> list[str | int | float | bool]:
    """The values of a column by which thresholds can differ."""
    session = dataset.session
    if by not in session.columns:
        raise errors.UnknownName("column", str(by), session.columns)
    values = dataset.frame(np.arange(session.n), [by])[by]
    if not (values.dtype.is_numeric() or values.dtype in {pl.String, pl.Boolean, pl.Null}):
        raise errors.BadValue(
            f"{by!r} holds neither text nor numbers ({values.dtype})", hint="name a column of few values"
        )
    return values.drop_nulls().unique().to_list()


def _fields(
    dataset: Dataset, labels: str | Sequence[str] | Mapping[str, Sequence[str]] | None
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The label fields that are checked, and the classes that each may have."""
    session = dataset.session
    known = session.read("SELECT DISTINCT field FROM labels ORDER BY 1")["field"].to_list()
    # what a model chose among is no list of what people may say
    declared = declared_classes([row for row in session.log if not row["payload"].get("replaces")])
    if isinstance(labels, Mapping):
        for field, names in labels.items():
            if isinstance(names, str) or not all(isinstance(name, str) for name in names):
                raise errors.BadValue(f"The classes of {field!r} are a list of names. Got {names!r}")
        declared = {field: list(names) for field, names in labels.items()}
    named = known if labels is None else [labels] if isinstance(labels, str) else list(labels)
    for field in named:
        if field not in known:
            raise errors.UnknownName("label field", str(field), known)
    return tuple(named), {field: tuple(declared[field]) for field in named if field in declared}


def _not_looked_for(kind: str, counts: Mapping[str, int]) -> str:
    return "it was not looked for; ds.find_issues() looks for all" if kind in KINDS and kind not in counts else ""


def _problems(dataset: Dataset, fields: Sequence[str], classes: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    session = dataset.session
    labels = session.read("SELECT * FROM labels WHERE list_contains(?, field)", [list(fields)])
    samples = session.read("SELECT sample_id, root, status, width, height FROM wide")
    return annotation_problems(labels, samples, classes=classes)


def _refuse_columns_of_others(dataset: Dataset, kinds: Sequence[str]) -> None:
    """A table of CleanVision's that was ingested as metadata has columns of these names."""
    names = {name(kind) for kind in kinds for name in (flag_name, score_name)}
    for field in dataset.folder.fields():
        table = f"fields/{field}"
        if table != TABLE and (same := names & set(dataset.folder.table(table).stored_schema().names)):
            raise errors.BadValue(
                f"The samples have a column {min(same)!r} already, which came with {field!r}",
                hint="rename it in the table that it came with, or leave that kind out: kinds=[…]",
            )


def _plain(threshold: Threshold) -> float | tuple[tuple[Any, float], ...]:
    if isinstance(threshold, Mapping):
        return tuple((value, float(number)) for value, number in threshold.items())
    return float(threshold)
