"""From views to PyTorch: where the pictures are, and what they are trained towards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from curate import errors
from curate.labels.annotations import declared_classes
from curate.media.record import OK
from curate.reading import Reading
from curate.training.dataset import POLICIES, RAISE, PictureDataset
from curate.training.labelling import ClassNames, Labelled, classes_of_column, column_targets, label_targets
from curate.training.order import checked_order
from curate.training.pictures import Pictures
from curate.training.targets import Numbers


def training_set(
    view: Reading,
    *,
    transform: Callable[..., Any] | None,
    labels: str | None,
    classes: ClassNames,
    source: str | Sequence[str] | None,
    missing: str,
    shuffle: bool | int,
    seed: int,
    shard: tuple[int, int] | None,
) -> PictureDataset:
    """`View.torch`, in map-style."""
    order = checked_order(shuffle, seed, shard)
    if missing not in POLICIES:
        raise errors.BadValue(f"'missing' must be one of {', '.join(POLICIES)}. Got {missing!r}")
    if transform is not None and not callable(transform):
        raise errors.BadValue(
            f"'transform' must be callable. Got {transform!r}", hint="torch(transform, labels='weather')"
        )
    if labels is not None and not isinstance(labels, str):
        raise errors.BadValue(
            f"'labels' must be one label field or column. Got {labels!r}", hint="torch(transform, labels='weather')"
        )
    if labels is None and (classes is not None or source is not None):
        raise errors.BadValue(
            "'classes' and 'source' are of labels, and there are none", hint="torch(labels='weather')"
        )
    dataset = view.dataset
    positions = view.rows().positions
    broken = _broken(dataset.frame(positions, ["status"])["status"], missing)
    readable = positions[~broken.is_not_null().to_numpy()]
    left_out = {
        f"with status {status}": n for status, n in broken.drop_nulls().value_counts().sort("status").iter_rows()
    }
    sample_ids: np.ndarray = dataset.session.sample_ids[readable]
    if labels is not None:
        labelled = _labelled(view, labels, readable, classes, source)
        readable, sample_ids = readable[labelled.kept], sample_ids[labelled.kept]
        left_out |= labelled.left_out
    if not len(readable):
        why = ", ".join(f"{n:,} {reason}" for reason, n in left_out.items()) or "it is empty"
        raise errors.BadValue(f"No sample of {view.query.to_python()} can be trained on: {why}")
    return PictureDataset(
        Pictures(dataset.locations(readable)),
        Numbers(sample_ids) if labels is None else labelled.targets,
        sample_ids,
        transform=transform,
        missing=missing,
        order=order,
        left_out=left_out,
    )


def _broken(status: pl.Series, missing: str) -> pl.Series:
    """The status of each sample that is known to be unreadable, else null."""
    broken = status.set(status == OK, None)
    if missing == RAISE and broken.drop_nulls().len():
        counted = ", ".join(
            f"{n:,} {name}" for name, n in broken.drop_nulls().value_counts().sort("status").iter_rows()
        )
        raise errors.NotReadable(
            f"Of {status.len():,} samples some cannot be read: {counted}",
            hint="""where("status = 'ok'"), or torch(missing='skip') leaves them out and counts them""",
        )
    return broken


def _labelled(
    view: Reading, named: str, positions: np.ndarray, classes: ClassNames, source: str | Sequence[str] | None
) -> Labelled:
    """Targets from the label field, or else the column, of that name.

    Classes that nobody named are those of the whole dataset: train and test would number theirs differently otherwise.
    """
    dataset = view.dataset
    said = _said(dataset.labels(), named, source)
    if said.height:
        present = classes_of_column(said["value"])
        declared = declared_classes(dataset.session.log).get(named, [])
        known = [*declared, *(name for name in present if name not in declared)]
        return label_targets(said, dataset.session.sample_ids[positions], classes, known)
    if named not in dataset.columns:
        models = dataset.labels().filter(pl.col("field") == named)["source"].unique().sort().to_list()
        hint = f"of this field there are only predictions; source={models[0]!r} learns from them" if models else ""
        raise errors.UnknownName(
            "label field or column", named, [*_fields(dataset.labels()), *dataset.columns], hint=hint
        )
    values = dataset.frame(np.arange(dataset.session.n), [named])[named]
    open_set = classes is not None or values.dtype.is_float() or values.dtype.is_nested()
    return column_targets(values.gather(positions), classes, [] if open_set else classes_of_column(values))


def _said(labels: pl.DataFrame, field: str, source: str | Sequence[str] | None) -> pl.DataFrame:
    """The labels to learn from; none where the name can only be a column's.

    What models predicted is not learned from by itself: else a run whose predictions came back as labels of the field that it
    was trained on would be followed by one that learns its mistakes.
    """
    of_field = labels.filter(pl.col("field") == field)
    if source is None:
        return of_field.filter(pl.col("source_kind") != "model")
    if not of_field.height:
        raise errors.UnknownName("label field", field, _fields(labels))
    there = of_field["source"].unique().sort().to_list()
    named = [source] if isinstance(source, str) else list(source)
    for one in named:
        if one not in there:
            raise errors.UnknownName("source of labels", one, there)
    return of_field.filter(pl.col("source").is_in(named))


def _fields(labels: pl.DataFrame) -> list[str]:
    fields: list[str] = labels["field"].unique().sort().to_list()
    return fields
