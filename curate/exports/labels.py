"""Labels as formats need them: flat, valid, in a fixed order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.errors import BadValue, UnknownName

CLASSIFICATION = "classification"
DETECTION = "detection"
BOX = ("x", "y", "width", "height")

SCHEMA = {
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
}


@dataclass(frozen=True)
class FlatLabels:
    """Labels that can be exported.

    Attributes:
        rows: one a label with the columns of `SCHEMA`, sorted; boxes are pixels from the top left corner.
        classes: names of the classes, in the order of their numbers.
        left_out: reason to number of labels.
    """

    rows: pl.DataFrame
    classes: tuple[str, ...]
    left_out: dict[str, int]


def flat_labels(labels: pl.DataFrame | None, sample_ids: pl.Series, classes: Sequence[str] | None) -> FlatLabels:
    """Check, flatten and sort labels.

    Args:
        labels: sample_id, field, kind, value, and where they are known box (list of 4: x, y, width, height), score, source.
        sample_ids: labels of other samples do not belong to the export.
        classes: which classes there are, in order; by default those of the detections (or, without any, of the
            classifications) by name.

    What cannot be exported is left out and counted: kinds but classification and detection, labels without a value, boxes
    without area, detections of other classes.

    Raises:
        BadValue: a column is missing, or a class is given twice.
    """
    if classes is not None and (twice := [name for name, n in Counter(classes).items() if n > 1]):
        raise BadValue(f"'classes' must not repeat. Got {twice[0]!r} twice")
    if labels is None or labels.is_empty():
        return FlatLabels(pl.DataFrame(schema=SCHEMA), tuple(classes or ()), {})
    if missing := [name for name in ("sample_id", "field", "kind", "value") if name not in labels.columns]:
        raise BadValue(f"'labels' must have the column {missing[0]!r}. Got {labels.columns}")
    rows = _flattened(labels.filter(pl.col("sample_id").is_in(sample_ids.implode())))
    box = pl.concat_list(BOX)
    known = rows.filter(kind=DETECTION)["value"] if DETECTION in rows["kind"] else rows["value"]
    names = tuple(classes) if classes is not None else tuple(known.drop_nulls().unique().sort())
    detection = pl.col("kind") == DETECTION
    reason = (
        pl.when(pl.col("kind").is_in([CLASSIFICATION, DETECTION]).not_().fill_null(value=True))
        .then(pl.format("kind {}", pl.col("kind").fill_null("unknown")))
        .when(pl.col("value").is_null()).then(pl.lit("no value"))
        .when(detection & box.list.eval(pl.element().is_finite().fill_null(value=False)).list.all().not_())
        .then(pl.lit("no box, or one that is not finite"))
        .when(detection & ((pl.col("width") <= 0) | (pl.col("height") <= 0))).then(pl.lit("a box without area"))
        .when(detection & pl.col("value").is_in(names).not_()).then(pl.lit("not one of the classes"))
    )  # fmt: skip
    faults = rows.select(reason.alias("reason"))["reason"]
    counted = faults.drop_nulls().value_counts().sort("reason")
    return FlatLabels(rows.filter(faults.is_null()).sort(list(SCHEMA)), names, dict(counted.iter_rows()))


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
    score = (
        shortest(labels["score"]) if "score" in labels.columns else pl.Series([None] * labels.height, dtype=pl.Float64)
    )
    source = labels["source"] if "source" in labels.columns else pl.Series([None] * labels.height, dtype=pl.String)
    columns = {name: labels[name] for name in ("sample_id", "field", "kind", "value")}
    columns |= {corner.name: corner for corner in corners} | {"score": score, "source": source}
    return pl.DataFrame(columns).cast(SCHEMA)  # type: ignore[arg-type]


def shortest(values: pl.Series) -> pl.Series:
    """Float32 as the float64 that prints the same: 0.1, and not 0.10000000149011612."""
    if values.dtype != pl.Float32:
        return values.cast(pl.Float64)
    return values.cast(pl.String).cast(pl.Float64)
