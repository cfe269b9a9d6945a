"""The history of a dataset: who did what, when, to how many, in which notebook; all of it, or a part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from curate import errors
from curate.store import snapshots

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.store.session import Session


def history(
    dataset: Dataset,
    *,
    actor: str | None,
    action: str | None,
    since: str | datetime | None,
    until: str | datetime | None,
    notebook: str | None,
    sample: int | None,
) -> pl.DataFrame:
    """Do what `Dataset.history` does."""
    session = dataset.session
    session.refresh()
    found = session.history()
    for column, wanted in (("actor", actor), ("action", action), ("notebook", notebook)):
        if wanted is not None:
            found = found.filter(pl.col(column) == _known(session, column, wanted))
    start, end = (None if m is None else snapshots.time_of(dataset.folder, m) for m in (since, until))
    if start is not None and end is not None and start > end:
        raise errors.BadValue(
            f"'since' must not be after 'until'. Got {since!r} and {until!r}", hint="the earlier one goes into since="
        )
    if start is not None:
        found = found.filter(pl.col("time") >= _naive(start))
    if end is not None:
        found = found.filter(pl.col("time") <= _naive(end))
    if sample is not None:
        about = _about(dataset, sample)
        found = found.filter(pl.col("event_id").is_in(sorted(about)))
    return found


def _known(session: Session, column: str, wanted: str) -> str:
    known = {row[column] for row in session.log if row[column] is not None}
    if wanted not in known:
        raise errors.UnknownName(f"{column} in the history", str(wanted), known)
    return wanted


def _naive(time: datetime) -> datetime:
    """As the store has times: UTC, without saying so."""
    return time.astimezone(UTC).replace(tzinfo=None)


def _about(dataset: Dataset, sample: int) -> set[str]:
    """The events that are about a sample, and those that took them back."""
    session = dataset.session
    if isinstance(sample, bool) or not isinstance(sample, int | np.integer):
        raise errors.BadValue(f"'sample' must be a sample id. Got {sample!r}", hint="ds.ids() gives them")
    if (session.positions_of([int(sample)]) < 0).any():
        raise errors.UnknownName("sample", str(sample), (), hint="ds.ids() gives them")
    log = session.log
    number = int(sample)
    about = set(_touching(dataset, number))
    about |= _labelling(dataset, number) | _ingesting(dataset, number) | _joining(dataset, number)
    for row in log:  # oldest first: an undo stands after what it takes back
        if row["action"] == "undo" and row["payload"]["event"] in about:
            about.add(row["event_id"])
    return about


def _touching(dataset: Dataset, sample: int) -> list[str]:
    """Events with the sample among their ids; a few at a time, since a hundred may hold a million ids each."""
    found: list[str] = []
    for batch in dataset.folder.events.batches(["event_id", "sample_ids"], size=64):
        ids = batch.column("sample_ids")
        parents = pc.list_parent_indices(ids).to_numpy(zero_copy_only=False)
        rows = np.unique(parents[pc.list_flatten(ids).to_numpy(zero_copy_only=False) == sample])
        found += batch.column("event_id").take(pa.array(rows)).to_pylist()
    return found


def _labelling(dataset: Dataset, sample: int) -> set[str]:
    """Events of the runs that have said something of the sample; also of those that were undone."""
    stored = dataset.folder.labels.read(["sample_id", "run"])
    runs = set(stored.filter(pc.equal(stored.column("sample_id"), sample)).column("run").to_pylist())
    return {r["event_id"] for r in dataset.session.log if r["action"] == "label" and r["payload"]["run"] in runs}


def _ingesting(dataset: Dataset, sample: int) -> set[str]:
    """Of each row of the sample, the first ingest of its source that had ended when it was there."""
    stored = dataset.folder.samples.read(["sample_id", "ingested_at", "source"])
    ingests = [row for row in dataset.session.log if row["action"] == "ingest"]
    found = set()
    for fact in stored.filter(pc.equal(stored.column("sample_id"), sample)).to_pylist():
        if fact["ingested_at"] is not None:
            by = (r for r in ingests if r["payload"]["source"] == fact["source"] and r["time"] >= fact["ingested_at"])
            found |= {row["event_id"] for row in list(by)[:1]}
    return found


def _joining(dataset: Dataset, sample: int) -> set[str]:
    """Joins that have given the sample values; also those that were undone."""
    found = set()
    for row in dataset.session.log:
        if row["action"] == "join":
            ids = dataset.folder.table(f"fields/{row['payload']['table']}").read(["sample_id"]).column("sample_id")
            if pc.any(pc.equal(ids, sample)).as_py():
                found.add(row["event_id"])
    return found
