"""Labels as formats need them: flat, valid, in a fixed order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.errors import BadValue, UnknownName

CLASSIFICATION = "classification"
DETECTION = "detection"
POLYGON = "polygon"
MASK = "mask"
KEYPOINTS = "keypoints"
KINDS = (CLASSIFICATION, DETECTION, POLYGON, MASK, KEYPOINTS)
BOX = ("x", "y", "width", "height")

SCHEMA: dict[str, Any] = {
    "sample_id": pl.Int64,
    "field": pl.String,
    "kind": pl.String,
    "value": pl.String,
    "x": pl.Float64,
    "y": pl.Float64,
    "width": pl.Float64,
    "height": pl.Float64,
    "score": pl.Float64,
    "source": pl.String,
    "points": pl.List(pl.Float64),
    "mask": pl.Binary,
    "attributes": pl.String,
    "label_id": pl.Int64,
}
Classes = Sequence[str] | Mapping[str, str]
"""Names in the order of their numbers, or from class to class."""

_ORDER = [name for name in SCHEMA if name not in ("points", "mask")]


@dataclass(frozen=True)
class FlatLabels:
    """Labels that can be exported.

    Attributes:
        rows: one a label with the columns of `SCHEMA`, sorted; boxes and points are pixels from the top left corner, masks
            PNGs of the shape of the picture, attributes a JSON object.
        classes: names of the classes, in the order of their numbers.
        left_out: reason to number of labels.
    """

    rows: pl.DataFrame
    classes: tuple[str, ...]
    left_out: dict[str, int]


def flat_labels(
    labels: pl.DataFrame | None,
    sample_ids: pl.Series,
    classes: Classes | None,
    kinds: Collection[str] = KINDS,
    *,
    declared: Sequence[str] = (),
) -> FlatLabels:
    """Check, flatten and sort labels.

    Args:
        labels: sample_id, field, kind, value, and where they are known box (list of 4: x, y, width, height), points (x, y, x,
            y …), mask, attributes, score, source, label_id.
        sample_ids: labels of other samples do not belong to the export.
        classes: which classes there are, in order; a mapping gives classes other names, several the same, in the order in which
            these first appear. By default those of what has a place in the picture (or, without any, of the classifications):
            the declared ones in their order, then the others by name.
        kinds: those that the format can hold.
        declared: classes that sources have declared, whether there are any or not.

    What cannot be exported is left out and counted: other kinds, labels without a value, boxes without area, polygons of
    fewer than three corners, things of other classes.

    Raises:
        BadValue: a column is missing, or a class is given twice.
    """
    names, mapping = _named(classes)
    if labels is None or labels.is_empty():
        return FlatLabels(pl.DataFrame(schema=SCHEMA), names or (), {})
    if missing := [name for name in ("sample_id", "field", "kind", "value") if name not in labels.columns]:
        raise BadValue(f"'labels' must have the column {missing[0]!r}. Got {labels.columns}")
    rows = _flattened(labels.filter(pl.col("sample_id").is_in(sample_ids.implode())))
    kind, box, points = pl.col("kind"), pl.concat_list(BOX), pl.col("points")
    placed = kind.is_in(kinds) & (kind != CLASSIFICATION)
    about = placed if rows.select(placed.any()).item() else pl.lit(value=True)
    if names is None:
        found = rows.filter(about)["value"].drop_nulls().unique().sort()
        names = (*declared, *(name for name in found if name not in set(declared)))
    allowed = list(mapping) if mapping is not None else list(names)
    reason = (
        pl.when(kind.is_in(kinds).not_().fill_null(value=True)).then(pl.format("kind {}", kind.fill_null("unknown")))
        .when(pl.col("value").is_null()).then(pl.lit("no value"))
        .when((kind == DETECTION) & _finite(box).not_()).then(pl.lit("no box, or one that is not finite"))
        .when((kind == DETECTION) & ((pl.col("width") <= 0) | (pl.col("height") <= 0)))
        .then(pl.lit("a box without area"))
        .when((kind == POLYGON) & ((points.list.len() < 6) | _finite(points).not_()).fill_null(value=True))
        .then(pl.lit("a polygon of fewer than three corners"))
        .when((kind == KEYPOINTS) & _finite(points).not_().fill_null(value=True)).then(pl.lit("no keypoints"))
        .when((kind == MASK) & pl.col("mask").is_null()).then(pl.lit("no mask"))
        .when(about & pl.col("value").is_in(allowed).not_()).then(pl.lit("not one of the classes"))
    )  # fmt: skip
    faults = rows.select(reason.alias("reason"))["reason"]
    counted = faults.drop_nulls().value_counts().sort("reason")
    rows = rows.filter(faults.is_null())
    if mapping is not None:
        value = pl.col("value")
        rows = rows.with_columns(pl.when(about).then(value.replace(mapping)).otherwise(value).alias("value"))
    return FlatLabels(rows.sort(_ORDER), names, dict(counted.iter_rows()))


def _named(classes: Classes | None) -> tuple[tuple[str, ...] | None, dict[str, str] | None]:
    """Names of the classes in their order, and what becomes of which."""
    if classes is None:
        return None, None
    given = list(classes.items()) if isinstance(classes, Mapping) else classes
    if isinstance(given, str) or not all(isinstance(name, str) for one in given for name in _of_pair(one)):
        raise BadValue(
            f"'classes' are names, or a mapping from names to names. Got {classes!r}", hint="classes=['car', 'person']"
        )
    if isinstance(classes, Mapping):
        return tuple(dict.fromkeys(classes.values())), dict(classes)
    if twice := [name for name, n in Counter(classes).items() if n > 1]:
        raise BadValue(f"'classes' must not repeat. Got {twice[0]!r} twice")
    return tuple(classes), None


def _of_pair(one: object) -> tuple[object, ...]:
    return one if isinstance(one, tuple) else (one,)


def _finite(numbers: pl.Expr) -> pl.Expr:
    return numbers.list.eval(pl.element().is_finite().fill_null(value=False)).list.all()


def class_of_samples(samples: pl.DataFrame, column: str) -> pl.DataFrame:
    """A column of the samples as classification labels: what `labels="weather"` means where weather is a column.

    Raises:
        UnknownName: there is no such column.

    >>> class_of_samples(pl.DataFrame({"sample_id": [1, 2], "weather": ["hail", None]}), "weather").rows()
    [(1, 'weather', 'classification', 'hail')]
    """
    if column not in samples.columns:
        raise UnknownName("column", column, samples.columns)
    return samples.select(
        pl.col("sample_id"),
        pl.lit(column).alias("field"),
        pl.lit(CLASSIFICATION).alias("kind"),
        pl.col(column).cast(pl.String).alias("value"),
    ).drop_nulls("value")


def _flattened(labels: pl.DataFrame) -> pl.DataFrame:
    box = labels["box"] if "box" in labels.columns else pl.Series([None] * labels.height, dtype=pl.List(pl.Float32))
    if not isinstance(box.dtype, pl.List):
        box = box.cast(pl.List(pl.Float32))
    whole = box.list.len() == len(BOX)
    corners = [
        shortest(box.list.get(i, null_on_oob=True)).set(~whole.fill_null(value=False), None).alias(name)
        for i, name in enumerate(BOX)
    ]
    columns = {name: labels[name] for name in ("sample_id", "field", "kind", "value")}
    columns |= {corner.name: corner for corner in corners}
    for name in ("score", "source", "points", "mask", "attributes", "label_id"):
        missing = pl.Series(name, [None] * labels.height, dtype=SCHEMA[name])
        columns[name] = labels[name] if name in labels.columns else missing
    columns["score"] = shortest(columns["score"])
    if columns["points"].dtype == pl.List(pl.Float32):
        columns["points"] = columns["points"].list.eval(pl.element().cast(pl.String).cast(pl.Float64))
    return pl.DataFrame(columns).cast(SCHEMA)  # type: ignore[arg-type]


def shortest(values: pl.Series) -> pl.Series:
    """Float32 as the float64 that prints the same: 0.1, and not 0.10000000149011612."""
    if values.dtype != pl.Float32:
        return values.cast(pl.Float64)
    return values.cast(pl.String).cast(pl.Float64)
