"""From views and splits to exports: which columns, labels and provenance a consumer gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import polars as pl

from curate import errors
from curate.engines.progress import Progress
from curate.exports.export import Export, write_export
from curate.exports.labels import class_of_samples
from curate.reading import Reading
from curate.slice import encoder_of
from curate.view import View

if TYPE_CHECKING:
    from curate.split import Split


class Options(TypedDict):
    """What `View.export` and `Split.export` take besides the path."""

    format: str
    labels: str | None
    classes: Sequence[str] | None
    media: str
    overwrite: bool


def export_view(view: Reading, path: str | Path, **options: Unpack[Options]) -> Export:
    """`View.export`."""
    return _export(view, path, _origin(view), None, options)


def export_split(split: Split, path: str | Path, **options: Unpack[Options]) -> Export:
    """`Split.export`."""
    origin = _origin(View(split.dataset, split.query))
    origin |= {"split": split.certificate, "split_name": split.name}
    return _export(split.members(), path, origin, split.name, options)


def _origin(view: Reading) -> dict[str, Any]:
    return {"query": view.query, "python": view.query.to_python(), "encoder": encoder_of(view)}


def _export(
    view: Reading, path: str | Path, provenance: dict[str, Any], part_column: str | None, options: Options
) -> Export:
    dataset = view.dataset
    rows = view.rows()
    samples = dataset.frame(rows.positions).with_columns(
        pl.Series("location", dataset.locations(rows.positions), dtype=pl.String)
    )
    provenance["snapshot"] = {name: version for name, version in dataset.folder.versions().items() if version}
    provenance["dataset"] = dataset.name
    with Progress(samples.height, "export") as progress:
        done = 0

        def advance(now: int, _total: int) -> None:
            nonlocal done
            progress.add(now - done)
            done = now

        export = write_export(
            samples,
            path,
            format=options["format"],
            labels=_labels(view, samples, options["labels"], options["format"]),
            classes=options["classes"],
            media=options["media"],
            part_column=part_column,
            provenance=provenance,
            progress=advance,
            overwrite=options["overwrite"],
        )
    if not dataset.folder.read_only:
        payload = {"path": str(export.path), "format": export.format, "query": provenance["python"]}
        dataset.write_event("export", payload, count=export.counts.get("samples"))
    return export


def _labels(view: Reading, samples: pl.DataFrame, named: str | None, format: str) -> pl.DataFrame | None:
    """The labels of a field or a column; without a name, all that the dataset has."""
    stored = view.dataset.labels()
    fields = stored["field"].unique().sort().to_list()
    if named is None:
        if format == "imagefolder":
            raise errors.BadValue(
                "An image folder has one folder a class, so it needs labels",
                hint=f"labels= one of {', '.join(map(repr, [*fields, *_classes(samples)][:8]))}",
            )
        return stored if stored.height else None
    if named in fields:
        return stored.filter(pl.col("field") == named)
    if named in samples.columns:
        return class_of_samples(samples, named)
    raise errors.UnknownName("label field or column", named, [*fields, *samples.columns])


def _classes(samples: pl.DataFrame) -> list[str]:
    """Columns of text that have few values: what could be classes."""
    text = [name for name, dtype in samples.schema.items() if dtype == pl.String]
    return [
        name
        for name in text
        if 1 < samples[name].n_unique() <= 50 and name not in {"root", "source", "status", "format"}
    ]
