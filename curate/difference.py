"""What differs between two moments of a dataset: samples, columns, tags, labels, slices and splits, and by which events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate import errors
from curate.search.evaluation import Rows, frame

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.store.session import Session
    from curate.view import View

# A sample is changed where one of these is; what else is known of it is in columns.
_OF_THE_FILE = ("root", "uri", "status", "content_hash")

_MOST_NAMED = 6


@dataclass(frozen=True, eq=False, repr=False)
class Difference:
    """What differs between two moments; `print` tells it, and so does a notebook.

    Attributes:
        a: the one moment: a snapshot's name, a time, or now.
        b: the other one.
        added: samples that are there at `b` only: a view of the dataset as it was at `b`.
        removed: samples that are there at `a` only, likewise.
        changed: samples at both whose file is another: its place, its content, or whether it can be read; as at `b`.
        columns: one row a column that differs: column, change (added, removed, changed), samples (with another value).
        tags: one row a tag that differs: tag, before, after, added, removed, all of them numbers of samples.
        labels: one row a field and source that differ: field, source, before, after, added, removed, numbers of labels.
        slices: one row a slice that differs: slice, change, before, after, added, removed, numbers of members.
        splits: one row a split that differs: split, change, before, after, moved, numbers of samples.
        events: the events that are in the history of one moment only, newest first, as `Dataset.history` has them.
    """

    a: str
    b: str
    added: View
    removed: View
    changed: View
    columns: pl.DataFrame
    tags: pl.DataFrame
    labels: pl.DataFrame
    slices: pl.DataFrame
    splits: pl.DataFrame
    events: pl.DataFrame
    _sides: tuple[Dataset, Dataset] = field(repr=False)

    def of_column(self, column: str) -> pl.DataFrame:
        """The samples at both moments whose value differs: sample_id, before, after.

        Raises:
            UnknownName: a column that is not there at both moments.
        """
        before, after = (side.session for side in self._sides)
        known = [name for name in before.columns if name in after.columns and name != "tags"]
        if column not in known:
            raise errors.UnknownName("column at both moments", column, known)
        at = _both(before, after)
        old, new = _values(before, at[0], column), _values(after, at[1], column)
        mask = _differ(old, new)
        ids = pl.Series("sample_id", before.sample_ids[at[0]])
        return pl.DataFrame([ids.filter(mask), old.filter(mask).alias("before"), new.filter(mask).alias("after")])

    def of_tag(self, tag: str) -> pl.DataFrame:
        """The samples that the tag was put on or taken off: sample_id, change (added, removed).

        Raises:
            UnknownName: a tag that nobody carries at either moment.
        """
        before, after = (side.session.tags for side in self._sides)
        if tag not in before and tag not in after:
            raise errors.UnknownName("tag", tag, {*before, *after})
        none = np.empty(0, np.int64)
        came, went = _came_and_went(before.get(tag, none), after.get(tag, none))
        change = ["added"] * len(came) + ["removed"] * len(went)
        return pl.DataFrame({"sample_id": np.concatenate([came, went]), "change": pl.Series(change, dtype=pl.String)})

    def of_labels(self, field: str) -> pl.DataFrame:
        """The labels of a field that are there at one moment only, with what became of them in ``change``.

        Raises:
            UnknownName: a field without labels at either moment.
        """
        before, after = (side.session.read("SELECT * FROM labels") for side in self._sides)
        known = {*before["field"], *after["field"]}
        if field not in known:
            raise errors.UnknownName("label field", field, known)
        before, after = before.filter(pl.col("field") == field), after.filter(pl.col("field") == field)
        came = after.join(before, on="label_id", how="anti").with_columns(change=pl.lit("added"))
        went = before.join(after, on="label_id", how="anti").with_columns(change=pl.lit("removed"))
        return pl.concat([came, went])

    def __bool__(self) -> bool:
        """Whether anything differs that a query can see."""
        return any(True for _ in self._lines())

    def __repr__(self) -> str:
        told = ", ".join(f"{title} {told}" for title, told in self._lines()) or "nothing"
        return f"<Difference {self.a!r} to {self.b!r}: {told}>"

    def __str__(self) -> str:
        lines = [f"{title:<9}{told}" for title, told in self._lines()]
        return "\n".join([f"{self._head()}", *(lines or ["nothing differs"])])

    def _repr_html_(self) -> str:
        cell = "<td style='text-align:left'>"
        rows = "".join(
            f"<tr><th style='text-align:left'>{title}</th>{cell}{escape(told)}</td></tr>"
            for title, told in self._lines()
        )
        body = f"<table><tbody>{rows}</tbody></table>" if rows else "<p>nothing differs</p>"
        return f"<div class='curate-difference'><p>{escape(self._head())}</p>{body}</div>"

    def _head(self) -> str:
        n = self.events.height
        actors = ", ".join(self.events["actor"].unique().sort().to_list()[:_MOST_NAMED])
        return f"{self.a} to {self.b}: {n:,} event{'' if n == 1 else 's'}" + (f" by {actors}" if actors else "")

    def _lines(self) -> Iterator[tuple[str, str]]:
        counts = [(len(view), word) for view, word in self._samples()]
        if any(n for n, _ in counts):
            yield "samples", ", ".join(f"{n:,} {word}" for n, word in counts if n)
        for title, table, words in (
            ("columns", self.columns, _column_words),
            ("tags", self.tags, _count_words),
            ("labels", self.labels, _count_words),
            ("slices", self.slices, _saved_words),
            ("splits", self.splits, _split_words),
        ):
            if table.height:
                named = [words(row) for row in table.head(_MOST_NAMED).iter_rows(named=True)]
                more = table.height - _MOST_NAMED
                yield title, "; ".join(named) + (f"; and {more:,} more" if more > 0 else "")

    def _samples(self) -> tuple[tuple[View, str], ...]:
        return (self.added, "added"), (self.removed, "removed"), (self.changed, "changed")


def difference(dataset: Dataset, a: str | datetime, b: str | datetime | None) -> Difference:
    """Do what `Dataset.diff` does."""
    dataset.session.refresh()
    before = dataset.at(a)
    after = dataset if b is None else dataset.at(b)
    with after.session.lock:
        old, new = before.session, after.session
        both = _both(old, new)
        there, then = _came_and_went(np.sort(old.sample_ids), np.sort(new.sample_ids))
        other = np.zeros(len(both[0]), bool)
        for column in _OF_THE_FILE:
            other |= _differ(_values(old, both[0], column), _values(new, both[1], column)).to_numpy()
        return Difference(
            a=_told(a),
            b="now" if b is None else _told(b),
            added=after.select(_in_order(new, there)),
            removed=before.select(_in_order(old, then)),
            changed=after.select(new.sample_ids[both[1][other]]),
            columns=_columns(old, new, both),
            tags=_tags(old, new),
            labels=_labels(old, new),
            slices=_slices(old, new),
            splits=_splits(old, new),
            events=_events(old, new),
            _sides=(before, after),
        )


def _told(moment: str | datetime) -> str:
    return moment if isinstance(moment, str) else f"{moment:%Y-%m-%d %H:%M:%S}"


def _both(old: Session, new: Session) -> tuple[np.ndarray, np.ndarray]:
    """The positions, then and now, of the samples at both moments."""
    at = new.positions_of(old.sample_ids)
    return np.flatnonzero(at >= 0), at[at >= 0]


def _came_and_went(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.setdiff1d(after, before), np.setdiff1d(before, after)


def _in_order(session: Session, ids: np.ndarray) -> np.ndarray:
    ordered: np.ndarray = session.sample_ids[np.sort(session.positions_of(ids))]
    return ordered


def _values(session: Session, positions: np.ndarray, column: str) -> pl.Series:
    return frame(session, Rows(positions), [column]).to_series()


def _differ(old: pl.Series, new: pl.Series) -> pl.Series:
    if old.dtype != new.dtype:
        old, new = old.cast(pl.String), new.cast(pl.String)
    return old.ne_missing(new)


def _columns(old: Session, new: Session, both: tuple[np.ndarray, np.ndarray]) -> pl.DataFrame:
    apart = {"tags", *old.splits, *new.splits}
    rows = []
    for column in dict.fromkeys([*old.columns, *new.columns]):
        if column in apart:
            continue
        if column in old.columns and column in new.columns:
            change, n = "changed", _differ(_values(old, both[0], column), _values(new, both[1], column)).sum()
        else:
            session, change = (new, "added") if column in new.columns else (old, "removed")
            n = session.n - _values(session, np.arange(session.n), column).null_count()
        if n or change != "changed":
            rows.append((column, change, int(n)))
    return pl.DataFrame(rows, schema={"column": pl.String, "change": pl.String, "samples": pl.Int64}, orient="row")


_COUNTS = dict.fromkeys(("before", "after", "added", "removed"), pl.Int64)


def _tags(old: Session, new: Session) -> pl.DataFrame:
    none = np.empty(0, np.int64)
    rows = []
    for tag in sorted({*old.tags, *new.tags}):
        before, after = old.tags.get(tag, none), new.tags.get(tag, none)
        came, went = _came_and_went(before, after)
        if len(came) or len(went):
            rows.append((tag, len(before), len(after), len(came), len(went)))
    return pl.DataFrame(rows, schema={"tag": pl.String, **_COUNTS}, orient="row")


def _labels(old: Session, new: Session) -> pl.DataFrame:
    keys = ["field", "source"]
    before, after = (session.read("SELECT label_id, field, source FROM labels") for session in (old, new))
    counted = [
        before.group_by(keys).len("before"),
        after.group_by(keys).len("after"),
        after.join(before, on="label_id", how="anti").group_by(keys).len("added"),
        before.join(after, on="label_id", how="anti").group_by(keys).len("removed"),
    ]
    table = counted[0].select(keys).vstack(counted[1].select(keys)).unique()
    for counts in counted:
        table = table.join(counts, on=keys, how="left", nulls_equal=True)
    table = table.with_columns(pl.col(*_COUNTS).fill_null(0).cast(pl.Int64))
    return table.filter((pl.col("added") > 0) | (pl.col("removed") > 0)).sort(keys)


def _slices(old: Session, new: Session) -> pl.DataFrame:
    rows = []
    for name in sorted({*old.slices, *new.slices}):
        change = _saved(old.slices.get(name), new.slices.get(name))
        if change:
            before, after = _members(old, old.slices.get(name))[0], _members(new, new.slices.get(name))[0]
            came, went = _came_and_went(before, after)
            rows.append((name, change, len(before), len(after), len(came), len(went)))
    return pl.DataFrame(rows, schema={"slice": pl.String, "change": pl.String, **_COUNTS}, orient="row")


def _splits(old: Session, new: Session) -> pl.DataFrame:
    rows = []
    for name in sorted({*old.splits, *new.splits}):
        then, now = old.splits.get(name), new.splits.get(name)
        change = _saved(then, now)
        if change:
            before, after = _parts(old, then), _parts(new, now)
            moved = sum(before[sample] != part for sample, part in after.items() if sample in before)
            rows.append((name, change, len(before), len(after), moved))
    schema = {"split": pl.String, "change": pl.String, "before": pl.Int64, "after": pl.Int64, "moved": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _saved(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    """What became of something that is saved under a name; empty where it is the same event."""
    if then is None or now is None:
        return "added" if then is None else "removed"
    return "" if then["event_id"] == now["event_id"] else "saved again"


def _members(session: Session, saved: Mapping[str, Any] | None) -> tuple[np.ndarray, np.ndarray]:
    if saved is None:
        return np.empty(0, np.int64), np.empty(0, np.int16)
    return session.event_members(saved["row"])


def _parts(session: Session, split: Mapping[str, Any] | None) -> dict[int, str]:
    """Sample to the name of its part, of the samples that are in one."""
    if split is None:
        return {}
    ids, codes = _members(session, split)
    names = split["parts"]
    return {sample: names[code] for sample, code in zip(ids.tolist(), codes.tolist(), strict=True) if code >= 0}


def _events(old: Session, new: Session) -> pl.DataFrame:
    before, after = old.history(), new.history()
    came = after.join(before, on="event_id", how="anti")
    went = before.join(after, on="event_id", how="anti")
    return pl.concat([came, went]).sort("event_id", descending=True)


def _column_words(row: Mapping[str, Any]) -> str:
    return f"{row['column']} {row['change']} ({row['samples']:,})"


def _count_words(row: Mapping[str, Any]) -> str:
    name = row["tag"] if "tag" in row else f"{row['field']} by {row['source']}"
    return f"{name}: " + ", ".join(f"{row[word]:,} {word}" for word in ("added", "removed") if row[word])


def _saved_words(row: Mapping[str, Any]) -> str:
    if row["change"] == "saved again":
        return f"{row['slice']} saved again: {row['before']:,} to {row['after']:,} members"
    return f"{row['slice']} {row['change']}: {max(row['before'], row['after']):,} members"


def _split_words(row: Mapping[str, Any]) -> str:
    samples = row["before"] if row["change"] == "removed" else row["after"]
    moved = f", {row['moved']:,} in another part" if row["change"] == "saved again" else ""
    return f"{row['split']} {row['change']}: {samples:,} samples{moved}"
