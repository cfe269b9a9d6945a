"""From columns and labels to targets: which samples can be trained on, towards what, and why others cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import BadValue
from curate.training.targets import Boxes, Numbers, Targets, Values

ClassNames: TypeAlias = "Sequence[str] | Mapping[str, str] | None"

NO_LABEL = "without a label"
SEVERAL = "of several classes"
OTHER = "of other classes"


@dataclass(frozen=True)
class Labelled:
    """Targets, and the samples that have one.

    Attributes:
        kept: (n,) bool.
        targets: of those that are kept.
        left_out: reason to number of samples, or, with boxes, of labels.
    """

    kept: npt.NDArray[np.bool_]
    targets: Targets
    left_out: dict[str, int]


def numbering(classes: ClassNames, known: Sequence[str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """The names of the classes in the order of their numbers, and the number of each value.

    Args:
        classes: names in that order; a mapping from value to name, numbered as the names first appear; None takes what is known.
        known: all values that there are, in order.

    Raises:
        BadValue: no class, one that is not text, or one twice.

    >>> numbering({"car": "vehicle", "person": "walker", "bus": "vehicle"}, [])
    (('vehicle', 'walker'), {'car': 0, 'person': 1, 'bus': 0})
    """
    if isinstance(classes, str) or (classes is not None and not all(isinstance(name, str) for name in classes)):
        raise BadValue(f"'classes' must be names. Got {classes!r}", hint="classes=['car', 'bus'], or a mapping")
    if isinstance(classes, Mapping):
        names = tuple(dict.fromkeys(classes.values()))
        if not all(isinstance(name, str) for name in names):
            raise BadValue(f"'classes' must map names to names. Got {dict(classes)!r}")
        numbers = {value: names.index(name) for value, name in classes.items()}
    else:
        names = tuple(known if classes is None else classes)
        numbers = {name: i for i, name in enumerate(names)}
        if len(numbers) < len(names):
            raise BadValue(f"'classes' must not repeat. Got {list(names)}")
    if not names:
        raise BadValue("There are no classes to learn", hint="add labels, or name the classes")
    return names, numbers


def classes_of_column(values: pl.Series) -> list[str]:
    """All values of a column as text, in their order: numbers by size, text by letters."""
    return values.drop_nulls().unique().sort().cast(pl.String).to_list()


def column_targets(values: pl.Series, classes: ClassNames, known: Sequence[str]) -> Labelled:
    """Targets from a column.

    Args:
        values: (n,) of the samples. Text, whole numbers and booleans are classes; floats are values to be regressed.
        classes: see `numbering`.
        known: see `numbering`.

    Raises:
        BadValue: the column is none of these, or floats were to be classes.
    """
    if values.dtype.is_float():
        if classes is not None:
            raise BadValue(f"The column {values.name!r} holds numbers, and no classes", hint="leave classes= out")
        kept = values.is_finite().fill_null(value=False).to_numpy()
        return _with_reasons(kept, Values(values.to_numpy()[kept].astype(np.float32)), {NO_LABEL: int((~kept).sum())})
    if not (values.dtype.is_integer() or values.dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Null)):
        raise BadValue(
            f"The column {values.name!r} is of type {values.dtype}, which is no class and no number",
            hint="text, whole numbers and true or false are classes; floats are values",
        )
    names, numbers = numbering(classes, known)
    number = _numbered(values.cast(pl.String), numbers)
    kept = number.is_not_null().to_numpy()
    empty = values.null_count()
    return _with_reasons(
        kept,
        Numbers(number.drop_nulls().to_numpy().copy(), names),
        {NO_LABEL: empty, OTHER: int((~kept).sum()) - empty},
    )


def label_targets(
    labels: pl.DataFrame, sample_ids: npt.NDArray[np.int64], classes: ClassNames, known: Sequence[str]
) -> Labelled:
    """Targets from the labels of a field.

    Where any label of the field has a place, targets are boxes (those of polygons and keypoints enclose their points), and a
    sample without one is background; otherwise each sample has the class that its labels agree on.

    Args:
        labels: sample_id, kind, value, box, points, attributes, as `Dataset.labels` gives them; of the whole dataset.
        sample_ids: (n,) int64.
        classes: see `numbering`.
        known: see `numbering`.
    """
    names, numbers = numbering(classes, known)
    placed = (labels["kind"] != "classification").any()
    labels = labels.with_columns(_numbered(labels["value"], numbers).alias("number"))
    of = pl.DataFrame({"sample_id": sample_ids}).with_row_index("row")
    labels = labels.join(of, on="sample_id").sort("row", maintain_order=True)
    return _boxes(labels, sample_ids, names) if placed else _classes(labels, len(sample_ids), names)


def _classes(labels: pl.DataFrame, n: int, names: tuple[str, ...]) -> Labelled:
    said = labels.group_by("row").agg(
        pl.col("number").drop_nulls().n_unique().alias("classes"), pl.col("number").drop_nulls().first()
    )
    one = said.filter(pl.col("classes") == 1).sort("row")
    kept = np.zeros(n, bool)
    kept[one["row"].to_numpy()] = True
    several = said.filter(pl.col("classes") > 1).height
    other = said.filter(pl.col("classes") == 0).height
    reasons = {NO_LABEL: n - said.height, SEVERAL: several, OTHER: other}
    return _with_reasons(kept, Numbers(one["number"].to_numpy().copy(), names), reasons)


def _boxes(labels: pl.DataFrame, sample_ids: npt.NDArray[np.int64], names: tuple[str, ...]) -> Labelled:
    x, y = (pl.col("points").list.gather_every(2, offset) for offset in (0, 1))
    around = pl.concat_list(x.list.min(), y.list.min(), x.list.max() - x.list.min(), y.list.max() - y.list.min())
    box = pl.coalesce("box", pl.when(pl.col("points").list.len() > 0).then(around))
    crowd = pl.col("attributes").str.json_path_match("$.iscrowd").is_in(["1", "true"]).fill_null(value=False)
    labels = labels.with_columns(box.alias("box"))
    corners = [pl.col("box").list.get(i, null_on_oob=True) for i in range(4)]
    finite = pl.all_horizontal([corner.is_finite().fill_null(value=False) for corner in corners])
    reason = (
        pl.when(pl.col("number").is_null()).then(pl.lit(f"labels {OTHER}"))
        .when(crowd).then(pl.lit("labels of a crowd, and not of one object"))
        .when(~finite).then(pl.lit("labels without a box"))
        .when((corners[2] <= 0) | (corners[3] <= 0)).then(pl.lit("boxes without area"))
    )  # fmt: skip
    labels = labels.with_columns(reason.alias("reason"))
    counted: dict[str, int] = dict(labels["reason"].drop_nulls().value_counts().sort("reason").iter_rows())
    good = labels.filter(pl.col("reason").is_null())
    left, top, width, height = (good["box"].list.get(i).to_numpy() for i in range(4))
    boxes = np.stack([left, top, left + width, top + height], axis=1).astype(np.float32).reshape(-1, 4)
    per_sample = np.bincount(good["row"].to_numpy(), minlength=len(sample_ids))
    starts = np.r_[0, np.cumsum(per_sample)].astype(np.int64)
    targets = Boxes(sample_ids, starts, boxes, good["number"].to_numpy().astype(np.int64), names)
    return _with_reasons(np.ones(len(sample_ids), bool), targets, counted)


def _numbered(values: pl.Series, numbers: Mapping[str, int]) -> pl.Series:
    return values.replace_strict(list(numbers), list(numbers.values()), default=None, return_dtype=pl.Int64)


def _with_reasons(kept: npt.NDArray[np.bool_], targets: Any, reasons: Mapping[str, int]) -> Labelled:
    return Labelled(kept, targets, {why: n for why, n in reasons.items() if n})
