"""From a listing to rows: what is new, what has changed and what has vanished; each new picture is read once.

A batch is written thumbnails first and samples last, so a sample is there with all that belongs to it or not at all; a killed
ingest is started again and does only the rest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.engines.local import LocalEngine
from curate.engines.progress import Progress
from curate.media.location import join
from curate.media.record import Record
from curate.sources.listing import Listing
from curate.sources.roots import Place
from curate.store import schemas
from curate.store.folder import Folder
from curate.store.ids import content_key, sample_id

# A batch is flushed at whichever comes first: often enough that a kill costs seconds, seldom enough that a million samples
# make hundreds of fragments and not thousands.
BATCH_SAMPLES = 2048
BATCH_SECONDS = 5.0

PROBE = "curate.media.probe:probe_location"

_MEASURED = (
    "status", "error", "content_hash", "bytes", "width", "height", "format", "mode", "orientation", "latitude", "longitude",
    "brightness", "contrast", "sharpness", "saturation", "entropy", "brightness_p5", "brightness_p99", "clipped_dark",
    "clipped_bright", "acutance", "aspect", "phash",
)  # fmt: skip


@dataclass(frozen=True)
class Ingested:
    """What an ingest did.

    Attributes:
        added: new samples.
        changed: samples whose bytes are not what they were.
        vanished: samples whose file is gone; they are kept with status ``missing``.
        unchanged: samples that were there already.
        labels: labels that are new, of a source in a format.
        by_status: status to number, of all samples of this source.
        notes: what the user should know.
        seconds: how long it took.
    """

    source: str
    added: int = 0
    changed: int = 0
    vanished: int = 0
    unchanged: int = 0
    labels: int = 0
    by_status: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        statuses = ", ".join(f"{n:,} {status}" for status, n in self.by_status.items())
        done = [f"{self.added:,} added"]
        done += [f"{n:,} {word}" for word, n in (("changed", self.changed), ("vanished", self.vanished)) if n]
        done += [f"{self.unchanged:,} unchanged"] if self.unchanged else []
        done += [f"{self.labels:,} labels"] if self.labels else []
        rate = f" ({self.added / self.seconds:,.0f}/s)" if self.added and self.seconds > 0 else ""
        lines = [f"{self.source}: {', '.join(done)} in {self.seconds:.1f} s{rate}", f"  {statuses or 'no samples'}"]
        bad = sum(n for status, n in self.by_status.items() if status != "ok")
        if bad:
            lines.append('  what is wrong with them: ds.where("status <> \'ok\'").df(["uri", "status", "error"])')
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    __repr__ = __str__


@dataclass(frozen=True)
class Names:
    """Row-aligned with the files of a listing: (n,) int64 sample ids, root names, and URIs relative to these."""

    ids: np.ndarray
    roots: list[str]
    uris: list[str]


@dataclass(frozen=True)
class _Plan:
    """Which files of a listing are to be read, and what is known without reading."""

    names: Names
    read: np.ndarray
    is_new: np.ndarray
    old_hash: dict[int, str | None]
    vanished: pa.Table


def ingest_listing(
    folder: Folder,
    listing: Listing,
    places: Sequence[Place],
    names: Names,
    *,
    origin: str | None,
    workers: int | None = None,
) -> Ingested:
    """Bring a dataset up to date with a listing.

    Args:
        folder: the dataset's.
        listing: what there is.
        places: the roots that it belongs to (`curate.sources.roots.places`).
        names: what its files are called there (`names_of`).
        origin: captured, synthetic or generated.
        workers: worker processes; None takes one a core.

    Raises:
        IdCollision: two URIs have one sample_id.
    """
    started = time.monotonic()
    plan = _plan(folder, listing, places, names)
    counts = {"added": 0, "changed": 0}
    writer = _Writer(folder, listing.source, origin)
    try:
        if len(plan.read):
            with Progress(len(plan.read), "ingest") as progress:
                for row, record in _records(plan, listing, workers):
                    old = plan.old_hash.get(int(plan.names.ids[row]))
                    if plan.is_new[row]:
                        counts["added"] += 1
                    elif record.content_hash != old:
                        counts["changed"] += 1
                    writer.add(plan, row, _mtime(listing, row), record)
                    progress.add(1)
    finally:
        # what is done is kept, after an interrupt too
        writer.flush()
    folder.samples.append(plan.vanished)
    return Ingested(
        source=listing.source,
        **counts,
        vanished=plan.vanished.num_rows,
        unchanged=len(plan.names.ids) - counts["added"] - counts["changed"],
        by_status=_statuses(folder, plan),
        notes=tuple(listing.notes),
        seconds=time.monotonic() - started,
    )


def names_of(listing: Listing, places: Sequence[Place]) -> Names:
    """What the files of a listing are called under the roots that they belong to."""
    listed = listing.files["uri"].to_list()
    owner = [next(place for place in places if uri.startswith(place.strip)) for uri in listed]
    roots = [place.root for place in owner]
    uris = [place.uri(uri) for place, uri in zip(owner, listed, strict=True)]
    return Names(np.fromiter(map(sample_id, roots, uris), np.int64, len(uris)), roots, uris)


def _plan(folder: Folder, listing: Listing, places: Sequence[Place], names: Names) -> _Plan:
    files = listing.files
    known = pl.from_arrow(
        folder.samples.latest(["sample_id", "root", "uri", "bytes", "mtime", "status", "content_hash"])
    )
    assert isinstance(known, pl.DataFrame)
    given = files.select("bytes", "mtime").with_columns(
        pl.Series("sample_id", names.ids),
        pl.Series("root", names.roots, pl.String),
        pl.Series("uri", names.uris, pl.String),
    )
    _refuse_collisions(given, known)
    both = given.join(known, on="sample_id", how="left", suffix="_old", maintain_order="left")
    is_new = both["status"].is_null()
    differs = (both["bytes"].ne_missing(both["bytes_old"]) & both["bytes"].is_not_null()) | (
        both["mtime"].ne_missing(both["mtime_old"]) & both["mtime"].is_not_null()
    )
    back = (both["status"] == "missing").fill_null(False) & files["status"].is_null()
    gone = files["status"].is_not_null() & both["status"].ne_missing(files["status"])
    # what the listing already knows to be bad, and the table too, is not read again
    read = np.flatnonzero((is_new | (differs & files["status"].is_null()) | back | gone).to_numpy())
    hashes = both.filter(~is_new).select("sample_id", "content_hash").iter_rows()
    vanished = _vanished(folder, listing, places, names.ids, known)
    return _Plan(names, read, is_new.to_numpy(), dict(hashes), vanished)


def _refuse_collisions(given: pl.DataFrame, known: pl.DataFrame) -> None:
    places = pl.concat([given.select("sample_id", "root", "uri"), known.select("sample_id", "root", "uri")]).unique()
    twice = places.filter(pl.col("sample_id").is_duplicated()).sort("sample_id")
    if twice.height:
        first, second = twice.head(2)["uri"].to_list()
        raise errors.IdCollision(
            f"{first!r} and {second!r} have the same sample_id {twice['sample_id'][0]}",
            hint="rename one of the two, or ingest it under another root",
        )


def _vanished(
    folder: Folder, listing: Listing, places: Sequence[Place], ids: np.ndarray, known: pl.DataFrame
) -> pa.Table:
    """Rows that say ``missing`` for samples that a complete listing does not have any more."""
    if not listing.complete:
        return schemas.SAMPLES.empty_table()
    mine = {place.root: place for place in places}
    absent = known.filter(
        pl.col("root").is_in(list(mine))
        & (pl.col("status") != "missing")
        & ~pl.col("sample_id").is_in(pl.Series(ids).implode())
    )
    listed = [mine[root].listed(uri) for root, uri in absent.select("root", "uri").iter_rows()]
    absent = absent.filter(pl.Series([uri is not None and listing.covers(uri) for uri in listed], dtype=pl.Boolean))
    if absent.height == 0:
        return schemas.SAMPLES.empty_table()
    rows = folder.samples.latest()
    keep = np.isin(rows.column("sample_id").to_numpy(), absent["sample_id"].to_numpy())
    rows = rows.filter(pa.array(keep))
    for name, value in (("status", "missing"), ("error", "the file is gone")):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(at), pa.array([value] * rows.num_rows, pa.string()))
    return rows


def _records(plan: _Plan, listing: Listing, workers: int | None) -> Iterator[tuple[int, Record]]:
    statuses, words, uris = listing.files["status"], listing.files["error"], listing.files["uri"]
    items: list[tuple[int, str]] = []
    for row in plan.read.tolist():
        if statuses[row] is not None:
            yield row, Record(status=statuses[row], error=words[row])
        else:
            items.append((row, join(listing.location, uris[row])))
    if items:
        with LocalEngine(workers=workers) as engine:
            yield from engine.run(PROBE, items)


def _mtime(listing: Listing, row: int) -> datetime | None:
    value: datetime | None = listing.files["mtime"][row]
    return value


def _statuses(folder: Folder, plan: _Plan) -> dict[str, int]:
    rows = pl.from_arrow(folder.samples.latest(["sample_id", "status"]))
    assert isinstance(rows, pl.DataFrame)
    ids = np.concatenate([plan.names.ids, plan.vanished.column("sample_id").to_numpy()])
    mine = rows.filter(pl.col("sample_id").is_in(pl.Series(ids).implode()))
    counted = mine["status"].value_counts(sort=True)
    return dict(counted.iter_rows())


class _Writer:
    """Collects records and writes them batch by batch."""

    def __init__(self, folder: Folder, source: str, origin: str | None) -> None:
        self.folder = folder
        self.constant = {"source": source, "origin": origin}
        self.samples: list[dict[str, Any]] = []
        self.thumbnails: list[dict[str, Any]] = []
        self.flushed = time.monotonic()

    def add(self, plan: _Plan, at: int, mtime: datetime | None, record: Record) -> None:
        number = int(plan.names.ids[at])
        row = {name: getattr(record, name) for name in _MEASURED}
        row.update(
            sample_id=number,
            root=plan.names.roots[at],
            uri=plan.names.uris[at],
            mtime=mtime,
            captured_at=record.captured_at,
            ingested_at=datetime.now(UTC).replace(tzinfo=None),
            **self.constant,
        )
        self.samples.append(row)
        if record.thumbnail is not None and record.content_hash is not None:
            self.thumbnails.append(
                {"sample_id": number, "content": content_key(record.content_hash), "jpeg": record.thumbnail}
            )
        if len(self.samples) >= BATCH_SAMPLES or time.monotonic() - self.flushed > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self.samples:
            self.folder.thumbnails.append(pa.Table.from_pylist(self.thumbnails, schema=schemas.THUMBNAILS))
            # the engine answers in any order; within a batch, samples stand in the order of their names
            self.samples.sort(key=lambda row: row["uri"])
            self.folder.samples.append(pa.Table.from_pylist(self.samples, schema=schemas.SAMPLES))
        self.samples, self.thumbnails, self.flushed = [], [], time.monotonic()
