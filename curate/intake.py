"""From a source to a dataset: listing, roots, samples, metadata and labels, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from curate import errors
from curate.from_fiftyone import bring, is_collection, read_collection
from curate.labels.annotations import label_rows
from curate.sources import Annotated, list_source, metadata, read_annotated, recognised, roots
from curate.sources.annotated import in_pixels
from curate.sources.fiftyone_labels import labels_of
from curate.sources.ingest import Ingested, ingest_listing, names_of

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.from_fiftyone import Brought
    from curate.sources.listing import Listing
    from curate.sources.roots import Place

ORIGINS = ("captured", "synthetic", "generated")

FIELD = "objects"
"""What annotation files are about, where nobody says it."""

_SAID = ("sample_id", "value", "kind", "score", "box", "points", "mask", "attributes")


def ingest(
    dataset: Dataset,
    source: Any,
    *,
    root: str | None,
    labels: str | Sequence[str] | None,
    origin: str | None,
    column: str | None,
    format: str | None,
    workers: int | None,
) -> Ingested:
    """`Dataset.ingest`."""
    dataset.folder.must_write()
    if origin is not None and origin not in ORIGINS:
        raise errors.BadValue(f"'origin' must be one of {', '.join(map(repr, ORIGINS))}. Got {origin!r}")
    known = dataset.roots()
    name, folder = _named_or_folder(root, known)
    brought = _brought(source, folder, labels, column, format) if is_collection(source) else None
    annotated = None if format is None else _annotated(source, format, root=folder, column=column)
    if brought is not None:
        listing, origin = brought.collection.listing, origin or brought.collection.note.origin or None
    else:
        listing = list_source(source, root=folder, column=column) if annotated is None else annotated.listing
    chosen = roots.places(listing.location, known, root=name)
    about = _field_of(labels) if annotated is not None else ""
    label_columns = _label_columns(listing, labels) if annotated is None else []
    for place in chosen:
        if place.is_new:
            location = roots.portable(place.location, dataset.folder.location)
            dataset.write_event("root", {"name": place.root, "location": location})
    notes: list[str] = []
    names = names_of(listing, chosen)
    if listing.metadata is not None:
        # before the samples: a sample that is there has its metadata
        joined = {column for join in dataset.session.joins.values() for column in join["columns"]}
        notes = metadata.write_metadata(
            dataset.folder, names.ids, listing.metadata, sparse=annotated is not None, joined=joined
        )
    ingested = ingest_listing(dataset.folder, listing, chosen, names, origin=origin, workers=workers)
    note = recognised(source) if format is None else None
    ingested = replace(ingested, notes=(*ingested.notes, *notes, *([note] if note else [])))
    payload = {
        "source": listing.source,
        "added": ingested.added,
        "changed": ingested.changed,
        "vanished": ingested.vanished,
        "by_status": ingested.by_status,
    }
    if ingested.added or ingested.changed or ingested.vanished:
        dataset.write_event("ingest", payload, count=ingested.added)
    dataset.session.refresh()
    for name in label_columns:
        assert listing.metadata is not None
        table = pl.DataFrame({"sample_id": names.ids, "value": listing.metadata[name]})
        add_labels(dataset, table, field=name, source=listing.source, source_kind="annotator", run=None)
    if brought is not None:
        annotated = Annotated(listing, labels_of(brought.collection, _sizes(dataset, listing, names.ids)), ())
    if annotated is not None:
        added, more = _add_annotations(dataset, annotated, chosen[-1], names.ids, about)
        ingested = replace(ingested, labels=added, notes=(*ingested.notes, *more))
    if brought is not None:
        ids = dict(zip(listing.files["uri"].to_list(), names.ids.tolist(), strict=True))
        more = bring(dataset, brought, ids)
        more += [f"not in the dataset: {count:,} {what}" for what, count in brought.collection.lost.items()]
        ingested = replace(ingested, notes=(*ingested.notes, *more))
    return ingested


def _brought(
    source: Any, folder: str | None, labels: str | Sequence[str] | None, column: str | None, format: str | None
) -> Brought:
    given = {"labels": labels, "column": column, "format": format}
    if said := next((name for name, value in given.items() if value is not None), None):
        raise errors.BadSource(
            f"{said!r} is not for a dataset of FiftyOne, which says itself what its fields are", hint="leave it out"
        )
    return read_collection(source, root=folder)


def _sizes(dataset: Dataset, listing: Listing, ids: np.ndarray) -> dict[str, tuple[int | None, int | None]]:
    """URI of the listing to width and height."""
    measured = dataset.frame(dataset.positions_of(ids), ["width", "height"])
    return dict(zip(listing.files["uri"].to_list(), measured.iter_rows(), strict=True))


def _named_or_folder(root: str | None, known: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The name of a root and the folder that URIs are relative to, of what a user gave as `root`."""
    if root is None:
        return None, None
    if root in known:
        return root, known[root]
    # a folder that is there is a folder, although a new root could have its name
    return (None, root) if "/" in root or Path(root).is_dir() else (root, None)


def add_labels(dataset: Dataset, table: Any, *, field: str, source: str, source_kind: str, run: str | None) -> int:
    """`Dataset.add_labels`."""
    dataset.folder.must_write()
    rows = label_rows(_with_ids(dataset, _frame(table)), field=field, source=source, source_kind=source_kind)
    return _store(dataset, rows, {"field": field, "source": source}, run=run)


def _store(dataset: Dataset, rows: pa.Table, payload: Mapping[str, Any], *, run: str | None) -> int:
    """Append the labels that are not held, with an event; returns how many these are."""
    import secrets

    # the session's, not the table's: what was undone is not held, and may come again
    dataset.session.refresh()
    held = dataset.session.read("SELECT label_id FROM labels")["label_id"].to_numpy()
    new = ~np.isin(rows.column("label_id").to_numpy(), held)
    rows = rows.filter(pa.array(new))
    if rows.num_rows == 0:
        return 0
    run = run or f"{payload['field']}-{secrets.token_hex(4)}"
    at = rows.schema.get_field_index("run")
    rows = rows.set_column(at, rows.schema.field(at), pa.array([run] * rows.num_rows))
    dataset.folder.labels.append(rows)
    dataset.write_event("label", {**payload, "run": run}, count=rows.num_rows)
    return int(rows.num_rows)


def _annotated(source: Any, format: str, *, root: str | None, column: str | None) -> Annotated:
    if column is not None:
        raise errors.BadSource(f"'column' is for tables, and format={format!r} has none", hint="leave it out")
    return read_annotated(source, format=format, root=root)


def _field_of(labels: str | Sequence[str] | None) -> str:
    """What annotation files are about, where they do not say it themselves."""
    names = [labels] if isinstance(labels, str) else list(labels or [FIELD])
    if len(names) != 1:
        raise errors.BadValue(f"With a format, 'labels' is the one field that annotations are about. Got {labels!r}")
    return names[0]


def _add_annotations(
    dataset: Dataset, annotated: Annotated, place: Place, ids: np.ndarray, field: str
) -> tuple[int, list[str]]:
    """Store what annotation files say, by field and source; returns how many labels are new, and notes."""
    samples = pl.DataFrame({"uri": annotated.listing.files["uri"], "sample_id": ids})
    sizes = dataset.session.read("SELECT sample_id, width, height FROM samples")
    table = annotated.labels.join(samples, on="uri", maintain_order="left").join(
        sizes, on="sample_id", maintain_order="left"
    )
    said_by = [
        source if source is not None else f"{place.root}/{place.uri(document)}"
        for source, document in table.select("source", "document").iter_rows()
    ]
    table = in_pixels(table).with_columns(
        pl.col("field").fill_null(field), pl.Series("source", said_by, dtype=pl.String)
    )
    added, notes = 0, []
    for (about, source), rows in table.group_by("field", "source", maintain_order=True):
        # people give no probabilities
        kind = rows["source_kind"][0] or ("annotator" if rows["score"].has_nulls() else "model")
        found = label_rows(rows.select(_SAID), field=str(about), source=str(source), source_kind=kind)
        said = found.column("label_id").to_numpy()
        held = dataset.session.read("SELECT * FROM labels WHERE field = ? AND source = ?", [about, source])
        # predictions have numbers of their run: by what they say, they are what the file says again
        held_ids = label_rows(held.select(_SAID), field=str(about), source=str(source)).column("label_id").to_numpy()
        new = found.filter(pa.array(~np.isin(said, held_ids)))
        classes = {"classes": list(annotated.classes)} if about == field else {}
        added += _store(dataset, new, {"field": about, "source": source, **classes}, run=None)
        if left := int((~np.isin(held_ids, said)).sum()):
            notes.append(
                f"{left:,} labels of {source} are no longer in it; they stay, until ds.undo(…) takes their event back"
            )
    return added, notes


def _frame(table: Any) -> pl.DataFrame:
    if isinstance(table, pl.DataFrame):
        return table
    if hasattr(table, "__arrow_c_stream__") or type(table).__module__.startswith("pandas"):
        return pl.DataFrame(table) if hasattr(table, "__arrow_c_stream__") else pl.from_pandas(table)
    raise errors.BadValue(
        f"Labels come as a polars, pandas or Arrow table. Got {type(table).__name__}", hint="pl.DataFrame(…)"
    )


def _with_ids(dataset: Dataset, table: pl.DataFrame) -> pl.DataFrame:
    if "sample_id" in table.columns:
        unknown = dataset.session.positions_of(table["sample_id"].to_numpy()) < 0
        if unknown.any():
            first = table["sample_id"][int(np.flatnonzero(unknown)[0])]
            raise errors.UnknownName(
                "sample", str(first), (), hint=f"{unknown.sum()} of {len(unknown)} sample_ids are not here"
            )
        return table
    if "uri" not in table.columns:
        raise errors.BadValue(
            f"A table of labels needs a column 'sample_id' or 'uri'. Got {table.columns}",
            hint="ds.df(['sample_id', 'uri'])",
        )
    samples = dataset.df(["sample_id", "uri"])
    twice = samples.filter(pl.col("uri").is_duplicated() & pl.col("uri").is_in(table["uri"].implode()))
    if twice.height:
        raise errors.BadValue(f"{twice['uri'][0]!r} is in more than one root", hint="name samples by sample_id")
    joined = table.join(samples, on="uri", how="left", maintain_order="left")
    unknown_uris = joined.filter(pl.col("sample_id").is_null())["uri"]
    if len(unknown_uris):
        raise errors.UnknownName("uri", str(unknown_uris[0]), samples["uri"].head(2000))
    return joined


def _label_columns(listing: Listing, labels: str | Sequence[str] | None) -> list[str]:
    names = [labels] if isinstance(labels, str) else list(labels or ())
    have = [] if listing.metadata is None else listing.metadata.columns
    for name in names:
        if name not in have:
            raise errors.UnknownName("column", name, have)
    return names
