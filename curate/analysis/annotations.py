"""Annotations that cannot be right: boxes outside or empty, the same one twice, classes that nobody knows, nothing to look at.

Every check is a function of frames. A problem has a score in 0-1, low is bad, as the measures of pictures have it; a label or a
sample without a problem has no row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

KINDS = (
    "box_outside", "box_empty", "box_duplicate", "unknown_class", "class_spelling",
    "label_without_picture", "picture_without_label",
)  # fmt: skip
"""Names of the kinds, in the order in which they are shown."""

PROBLEMS = pl.Schema(
    {
        "kind": pl.String(),
        "sample_id": pl.Int64(),
        "label_id": pl.Int64(),
        "field": pl.String(),
        "detail": pl.String(),
        "score": pl.Float32(),
    }
)
"""Columns of `annotation_problems`. `label_id` is null where a picture has no label."""

PIXEL = 1.0
"""How far a box may reach over the edge: tools round, and half of them count pixels from 1."""

SAME = 0.95
"""The overlap (IoU) from which two boxes of one class are the same one."""

SAME_OF_ANOTHER_CLASS = 0.99
"""The same for two classes: a rider and a horse may share nearly a box, and not all of it."""

MOSTLY = 0.5
"""The share of the pictures of a root that must have a label before one without is a problem."""

SHORTEST_WORD = 5
"""Letters from which a name that differs in one is the same word: "goat" and "boat" are two."""

MOST_LETTERS = 300_000
"""Of all names of a field, past which they are sentences and not classes; 21,841 classes of ImageNet have fewer."""

RARE = 3
"""How many times rarer the misspelled one is: "horse" and "house" may both be classes."""


def annotation_problems(
    labels: pl.DataFrame, samples: pl.DataFrame, *, classes: Mapping[str, Sequence[str]] | None = None
) -> pl.DataFrame:
    """What cannot be right about labels, one row a problem.

    - ``box_outside``: a box reaches more than one pixel over the edge; the score is the share of it that is inside.
    - ``box_empty``: less than one pixel wide or high, not finite, or not there at all.
    - ``box_duplicate``: one source has the same box (IoU from 0.95) of the same class twice on a picture, or of two classes (from
      0.99); the score is 1 - IoU, at least 0.5 for two classes. Of twins the later stored one has the row.
    - ``unknown_class``: not one of `classes`.
    - ``class_spelling``: the rarer of two names of a field that differ in case, spaces, ``_`` and ``-``, or (in words from five
      letters) by one letter more, less, other or swapped, where it is three times rarer or no declared class. The score is the
      rarer one's share of both. Fields of sentences are left alone.
    - ``label_without_picture``: there is no such sample, or its picture cannot be read.
    - ``picture_without_label``: a readable picture without a label of a field that at least half of the pictures of its root have,
      those of models left aside; the score is the share that has none. A picture of nothing but background has none
      either, and is no fault.

    Args:
        labels: label_id, sample_id, field, kind, value, box (list of x, y, width, height in pixels), points (list of x, y, x, y …),
            mask (bytes or null), source, and source_kind where it is known; as `Dataset.labels()` gives them.
        samples: sample_id, root, status, width, height, one row a sample.
        classes: field to its classes, where a source has declared them; other fields have no unknown class.

    Returns:
        A frame with the columns `PROBLEMS`, sorted by kind as in `KINDS`, worst first.

    >>> labels = pl.DataFrame({"label_id": [1, 2], "sample_id": [7, 7], "field": "objects", "kind": "detection",
    ...     "value": ["car", "bus"], "box": [[0.0, 0.0, 10.0, 10.0], [90.0, 0.0, 20.0, 10.0]], "points": [None, None],
    ...     "mask": [None, None], "source": "ada"})
    >>> samples = pl.DataFrame({"sample_id": [7], "root": "roads", "status": "ok", "width": 100, "height": 80})
    >>> annotation_problems(labels, samples).select("kind", "label_id", "score").rows()
    [('box_outside', 2, 0.5)]
    """
    boxes = _boxes(labels, samples)
    found = [
        _outside(boxes),
        _empty(boxes),
        _duplicates(boxes),
        _unknown(labels, classes or {}),
        _spellings(labels, classes or {}),
        _without_picture(labels, samples),
        _without_label(labels, samples),
    ]
    rank = pl.col("kind").replace_strict(list(KINDS), range(len(KINDS)), return_dtype=pl.Int8)
    columns = [pl.col(name).cast(dtype) for name, dtype in PROBLEMS.items()]
    return pl.concat(frame.select(columns) for frame in found).sort(
        rank, "score", "sample_id", "label_id", maintain_order=True
    )


def flags_of(problems: pl.DataFrame, sample_ids: np.ndarray) -> pl.DataFrame:
    """Per-sample columns of problems: ``is_<kind>_issue`` and ``<kind>_score``, which is the worst of its problems, or 1.

    Args:
        problems: of `annotation_problems`; those of labels without any sample have no place here.
        sample_ids: (n,) int64.

    Returns:
        A frame of n rows, in the order of `sample_ids`: sample_id, then two columns for each of `KINDS`.

    >>> problems = pl.DataFrame({"kind": ["box_empty"], "sample_id": [7], "score": [0.0]})
    >>> flags_of(problems, np.array([7, 8])).select("is_box_empty_issue", "box_empty_score").rows()
    [(True, 0.0), (False, 1.0)]
    """
    frame = pl.DataFrame({"sample_id": np.asarray(sample_ids, np.int64)})
    for kind in KINDS:
        worst = problems.filter(pl.col("kind") == kind).group_by("sample_id").agg(pl.col("score").min())
        score = frame.join(worst, on="sample_id", how="left", maintain_order="left")["score"]
        frame = frame.with_columns(
            score.is_not_null().alias(f"is_{kind}_issue"),
            score.fill_null(1.0).cast(pl.Float32).alias(f"{kind}_score"),
        )
    return frame


def _boxes(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """One row a label with a place: x, y, w, h (null where it has none), and the width and height of its picture."""
    placed = labels.filter(pl.col("kind") != "classification").select(
        "label_id",
        "sample_id",
        "field",
        "value",
        "source",
        "kind",
        pl.col("box", "points").cast(pl.List(pl.Float64)),
        pl.col("mask").is_not_null(),
    )
    whole = pl.col("box").list.len() == 4
    xs, ys = pl.col("points").list.gather_every(2), pl.col("points").list.gather_every(2, 1)
    around = (xs.list.min(), ys.list.min(), xs.list.max() - xs.list.min(), ys.list.max() - ys.list.min())
    corners = [
        pl.when(whole).then(pl.col("box").list.get(i, null_on_oob=True)).otherwise(of_points).cast(pl.Float64).alias(n)
        for i, (n, of_points) in enumerate(zip("xywh", around, strict=True))
    ]
    sizes = samples.select("sample_id", pl.col("width", "height").cast(pl.Float64))
    return placed.with_columns(corners).join(sizes, on="sample_id", how="left", maintain_order="left")


def _has_area() -> pl.Expr:
    finite = pl.all_horizontal(pl.col(name).is_finite().fill_null(value=False) for name in "xywh")
    return finite & (pl.col("w") > 0) & (pl.col("h") > 0)


def _outside(boxes: pl.DataFrame) -> pl.DataFrame:
    over = pl.max_horizontal(
        -pl.col("x"), -pl.col("y"), pl.col("x") + pl.col("w") - pl.col("width"), pl.col("y") + pl.col("h") - pl.col("height")
    )  # fmt: skip
    inside = [
        (pl.min_horizontal(pl.col(at) + pl.col(long), pl.col(edge)) - pl.max_horizontal(pl.col(at), 0)).clip(0)
        / pl.col(long)
        for at, long, edge in (("x", "w", "width"), ("y", "h", "height"))
    ]
    return (
        boxes.filter(_has_area() & (pl.col("width") > 0) & (pl.col("height") > 0))
        .with_columns(over.alias("over"), (inside[0] * inside[1]).alias("score"))
        .filter(pl.col("over") > PIXEL)
        .with_columns(
            pl.lit("box_outside").alias("kind"),
            pl.format("{} reaches {} pixels over the edge", "value", pl.col("over").round(1)).alias("detail"),
        )
    )


def _empty(boxes: pl.DataFrame) -> pl.DataFrame:
    smaller = pl.min_horizontal("w", "h")
    boxless = pl.col("box").list.len().fill_null(0) != len("xywh")
    # points have no area, and a mask says where it is without a box
    elsewhere = boxless & ((pl.col("kind") == "keypoints") | pl.col("mask"))
    absent = pl.any_horizontal(pl.col(name).is_null() for name in "xywh")
    sizes = pl.format("{} is {} x {} pixels", "value", pl.col("w").round(2), pl.col("h").round(2))
    return boxes.filter(~elsewhere & (absent | ~_has_area() | (smaller < 1))).with_columns(
        pl.lit("box_empty").alias("kind"),
        pl.when(absent).then(pl.format("{} has no box", "value")).otherwise(sizes).alias("detail"),
        pl.when(_has_area()).then(smaller).otherwise(0.0).clip(0, 1).alias("score"),
    )


def _duplicates(boxes: pl.DataFrame) -> pl.DataFrame:
    """Boxes that an earlier one of the same source on the same picture covers; each with its nearest twin."""
    stored = boxes.with_row_index("order").filter(_has_area())
    stored = stored.with_columns(
        pl.struct("sample_id", "field", "source").rank("dense").alias("group"),
        pl.col("value").fill_null("").rank("dense").alias("class"),
    ).sort("group", "x", "order")
    best = np.zeros(stored.height)
    twin = np.full(stored.height, -1)
    x, y, w, h, group, classes, order = (
        stored[name].to_numpy() for name in ("x", "y", "w", "h", "group", "class", "order")
    )
    for one, other, overlap in _overlapping(x, y, w, h, group):
        differ = classes[one] != classes[other]
        same = overlap >= np.where(differ, SAME_OF_ANOTHER_CLASS, SAME)
        alike = np.where(differ, overlap - 0.5, overlap)
        # within one step of the sweep a box is at most once on the left and once on the right
        for later, first in ((one, other), (other, one)):
            better = same & (order[later] > order[first]) & (alike > best[later])
            best[later[better]], twin[later[better]] = alike[better], first[better]
    found = np.flatnonzero(twin >= 0)
    twins = pl.Series("twin", stored["value"].gather(twin[found]))
    return stored[found].with_columns(
        pl.lit("box_duplicate").alias("kind"),
        pl.format("{} has the box of another {}", "value", twins).alias("detail"),
        pl.Series("score", np.clip(1 - best[found], 0, 1)),
    )


def _overlapping(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, h: np.ndarray, group: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pairs of boxes of one group that may be the same: places of both, and their IoU. Boxes are sorted by group, then x.

    One that begins further to the right than 5 % of the other's width cannot overlap it by 95 %, so only near ones are compared.
    """
    at = np.arange(len(x))
    step = 1
    while len(at := at[at + step < len(x)]):
        right = at + step
        at = at[(group[at] == group[right]) & (x[right] - x[at] <= (1 - SAME) * w[at])]
        right = at + step
        across = np.minimum(x[at] + w[at], x[right] + w[right]) - x[right]
        down = np.minimum(y[at] + h[at], y[right] + h[right]) - np.maximum(y[at], y[right])
        both = np.maximum(across, 0) * np.maximum(down, 0)
        yield at, right, both / (w[at] * h[at] + w[right] * h[right] - both)
        step += 1


def _unknown(labels: pl.DataFrame, classes: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    known = pl.DataFrame(
        [(field, name) for field, names in classes.items() for name in dict.fromkeys(names)],
        schema={"field": pl.String, "value": pl.String},
        orient="row",
    )
    declared = labels.filter(pl.col("field").is_in(list(classes)))
    return declared.join(known, on=["field", "value"], how="anti").with_columns(
        pl.lit("unknown_class").alias("kind"),
        pl.format("{} is none of the classes of {}", pl.col("value").fill_null("nothing"), "field").alias("detail"),
        pl.lit(0.0).alias("score"),
    )


def _spellings(labels: pl.DataFrame, classes: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    counts: dict[str, dict[str, int]] = {}
    for field, value, count in (
        labels.drop_nulls(["field", "value"]).group_by("field", "value").len().sort("field", "value").iter_rows()
    ):
        counts.setdefault(field, {})[value] = count
    rows = []
    for field, of_field in counts.items():
        if sum(map(len, of_field)) > MOST_LETTERS:
            continue
        declared = frozenset(classes.get(field, ()))
        best: dict[str, tuple[float, str]] = {}
        for first, second in _pairs_alike(list(of_field)):
            common, rare = sorted((first, second), key=lambda name: (name not in declared, -of_field[name], name))
            certain = _plain(first) == _plain(second) or (rare not in declared and common in declared)
            if certain or of_field[rare] * RARE <= of_field[common]:
                share = of_field[rare] / (of_field[rare] + of_field[common])
                best[rare] = min(best.get(rare, (1.0, "")), (share, common))
        rows += [(field, rare, common, share) for rare, (share, common) in best.items()]
    schema = {"field": pl.String, "value": pl.String, "common": pl.String, "score": pl.Float64}
    return labels.join(pl.DataFrame(rows, schema=schema, orient="row"), on=["field", "value"]).with_columns(
        pl.lit("class_spelling").alias("kind"), pl.format("{} may be {}", "value", "common").alias("detail")
    )


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name.casefold()).strip()


def _pairs_alike(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names that are the same but for case and separators, or nearly the same words.

    Words that differ by one letter become equal when the right letter is left out of one or of each, so only names that meet so
    are compared (as SymSpell does); a thousand classes take milliseconds.
    """
    meeting: dict[str, list[str]] = {}
    for name in names:
        plain = _plain(name)
        keys = {plain}
        if len(plain) >= SHORTEST_WORD:
            keys |= {plain[:i] + plain[i + 1 :] for i in range(len(plain))}
        for key in keys:
            meeting.setdefault(key, []).append(name)
    pairs = {pair for group in meeting.values() for pair in combinations(group, 2)}
    for first, second in sorted(pairs):
        one, other = _plain(first), _plain(second)
        if one == other or (min(len(one), len(other)) >= SHORTEST_WORD and _one_apart(one, other)):
            yield first, second


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two swapped, make one text the other; digits are never a misspelling."""
    if len(one) > len(other):
        one, other = other, one
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) == len(other):
        differing = one[start : start + 2], other[start : start + 2]
        apart = one[start + 1 :] == other[start + 1 :] or (
            differing[0] == differing[1][::-1] and one[start + 2 :] == other[start + 2 :]
        )
        changed = one[start : start + 1] + other[start : start + 1]
    else:
        apart = len(other) - len(one) == 1 and one[start:] == other[start + 1 :]
        changed = other[start : start + 1]
    return apart and not any(letter.isdigit() for letter in changed)


def _without_picture(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    joined = labels.join(samples.select("sample_id", "status"), on="sample_id", how="left", maintain_order="left")
    return joined.filter(pl.col("status").ne_missing("ok")).with_columns(
        pl.lit("label_without_picture").alias("kind"),
        pl.format("the picture of {} is {}", "value", pl.col("status").fill_null("not in the dataset")).alias("detail"),
        pl.lit(0.0).alias("score"),
    )


def _without_label(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    pictures = samples.filter(pl.col("status") == "ok").select("sample_id", "root")
    by_people = labels.filter(pl.col("source_kind").ne_missing("model")) if "source_kind" in labels.columns else labels
    labelled = by_people.select("field", "sample_id").unique().join(pictures, on="sample_id")
    shares = (
        labelled.group_by("field", "root")
        .len("labelled")
        .join(pictures.group_by("root").len("all"), on="root", nulls_equal=True)
        .with_columns((1 - pl.col("labelled") / pl.col("all")).alias("score"))
        .filter((pl.col("score") <= 1 - MOSTLY) & (pl.col("score") > 0))
    )
    expected = pictures.join(shares, on="root", nulls_equal=True)
    return expected.join(labelled, on=["field", "sample_id"], how="anti").with_columns(
        pl.lit("picture_without_label").alias("kind"),
        pl.lit(None, pl.Int64).alias("label_id"),
        pl.format("no label of {}", "field").alias("detail"),
    )
