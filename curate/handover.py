"""From views and splits to exports: which columns, labels and provenance a consumer gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import polars as pl

from curate import errors
from curate.engines.progress import Stages
from curate.exports.contents import GROUP
from curate.exports.export import Export, write_export
from curate.exports.labels import Classes, class_of_samples
from curate.labels.annotations import declared_classes
from curate.reading import Reading
from curate.slice import encoder_of
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.split import Split

_LABELS = "sample_id, field, kind, value, box, points, mask, attributes, score, source, label_id"


class Options(TypedDict):
    """What `View.export` and `Split.export` take besides the path."""

    format: str
    labels: str | Sequence[str] | None
    source: str | Sequence[str] | None
    classes: Classes | None
    media: str
    resize: int | Sequence[int] | None
    encode: str | None
    overwrite: bool


def export_view(view: Reading, path: str | Path, **options: Unpack[Options]) -> Export:
    """`View.export`."""
    return _export(view, path, _origin(view), None, options)


def export_split(split: Split, path: str | Path, **options: Unpack[Options]) -> Export:
    """`Split.export`."""
    origin = _origin(View(split.dataset, split.query))
    origin |= {"split": split.certificate, "split_name": split.name}
    members = split.members()
    return _export(members, path, origin, split.name, options, groups=split.groups_of(members.ids()))


def _origin(view: Reading) -> dict[str, Any]:
    return {"query": view.query, "python": view.query.to_python(), "encoder": encoder_of(view)}


def _export(
    view: Reading,
    path: str | Path,
    provenance: dict[str, Any],
    part_column: str | None,
    options: Options,
    *,
    groups: np.ndarray | None = None,
) -> Export:
    dataset = view.dataset
    rows = view.rows()
    samples = dataset.frame(rows.positions).with_columns(
        pl.Series("location", dataset.locations(rows.positions), dtype=pl.String)
    )
    if groups is not None:
        known = pl.Series(GROUP, groups, dtype=pl.Int64)
        own = {GROUP: f"given_{GROUP}"} if GROUP in samples.columns else {}
        samples = samples.rename(own).with_columns(known.set(known < 0, None))
    named, sources = _several(options["labels"]), _several(options["source"])
    labels, fields = _labels(dataset, samples, named, sources, options["format"])
    provenance |= {"snapshot": _snapshot(dataset), "dataset": dataset.name, "labels": fields, "source": sources}
    declared = declared_classes(dataset.session.log)
    with Stages("export", "pictures", samples.height, units={"labels": "steps", "reading back": "steps"}) as stages:
        export = write_export(
            samples,
            path,
            format=options["format"],
            labels=labels,
            classes=options["classes"],
            declared=list(dict.fromkeys(name for field in fields for name in declared.get(field, ()))),
            media=options["media"],
            resize=options["resize"],
            encode=options["encode"],
            part_column=part_column,
            provenance=provenance,
            tell=stages,
            overwrite=options["overwrite"],
        )
    if not dataset.folder.read_only:
        payload = {"path": str(export.path), "format": export.format, "query": provenance["python"]}
        dataset.write_event("export", payload, count=export.counts.get("samples"))
    return export


def _snapshot(dataset: Dataset) -> dict[str, Any]:
    """The versions of the tables; of the events the last one that was no export.

    An export writes an event itself. With the version of that table, no two exports would ever have the same manifest, though
    nothing that they hold depends on it; and an event's id stays, where a version changes when tables are compacted.
    """
    versions: dict[str, Any] = {name: version for name, version in dataset.folder.versions().items() if version}
    last = next((row["event_id"] for row in reversed(dataset.session.log) if row["action"] != "export"), None)
    return {name: version for name, version in versions.items() if name != "events"} | {"events": last}


def _labels(
    dataset: Dataset, samples: pl.DataFrame, named: list[str] | None, sources: list[str] | None, format: str
) -> tuple[pl.DataFrame | None, list[str]]:
    """The labels of fields and columns, and the names of these; without names, all that the dataset has."""
    session = dataset.session
    session.refresh()
    fields = session.read("SELECT DISTINCT field FROM labels ORDER BY 1")["field"].to_list()
    if named is None and format == "imagefolder":
        raise errors.BadValue(
            "An image folder has one folder a class, so it needs labels",
            hint=f"labels= one of {', '.join(map(repr, [*fields, *_classes(samples)][:8]))}",
        )
    for name in named or ():
        if name not in fields and name not in samples.columns:
            raise errors.UnknownName("label field or column", name, [*fields, *samples.columns])
        if name not in fields and sources is not None:
            raise errors.BadValue(
                f"{name!r} is a column, and nobody in particular says what is in it", hint="leave source= out"
            )
    stored = [name for name in fields if named is None or name in named]
    _check_sources(dataset, stored, sources)
    columns = [name for name in named or () if name not in fields]
    frames = [class_of_samples(samples, name) for name in columns]
    if stored:
        wanted = "list_contains(?, field) AND (? IS NULL OR list_contains(?, source))"
        rows = session.read(f"SELECT {_LABELS} FROM labels WHERE {wanted}", [stored, sources, sources])
        frames.append(rows.filter(pl.col("sample_id").is_in(samples["sample_id"].implode())))
    return pl.concat(frames, how="diagonal") if frames else None, [*stored, *columns]


def _check_sources(dataset: Dataset, fields: list[str], sources: list[str] | None) -> None:
    known = dataset.session.read(
        "SELECT DISTINCT source FROM labels WHERE list_contains(?, field) ORDER BY 1", [fields]
    )
    for source in sources or ():
        if source not in known["source"].to_list():
            what = f"source of {', '.join(map(repr, fields))}" if fields else "source"
            raise errors.UnknownName(what, source, known["source"].drop_nulls())


def _several(names: str | Sequence[str] | None) -> list[str] | None:
    return None if names is None else [names] if isinstance(names, str) else list(dict.fromkeys(names))


def _classes(samples: pl.DataFrame) -> list[str]:
    """Columns of text that have few values: what could be classes."""
    text = [name for name, dtype in samples.schema.items() if dtype == pl.String]
    return [
        name
        for name in text
        if 1 < samples[name].n_unique() <= 50 and name not in {"root", "source", "status", "format"}
    ]
