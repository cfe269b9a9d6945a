"""YOLO as Ultralytics reads it: `images/<part>/`, `labels/<part>/`, `data.yaml` with paths relative to itself, and `samples.csv`.

One set is for one task, so the kinds of the labels choose it, and the manifest says which (`counts["task"]`):

- any keypoints: **pose**. A line is a box and points with visibility, as many in each line; what has no points has zeros.
- else any polygon or mask: **segment**. A line is an outline: a box has four corners; a mask is traced along the edges of its
  pixels, its pieces and holes joined by seams into one outline.
- else any box, or nothing: **detect**. A line is a box.
- else classifications alone: **classify**, in each part's folder a folder of pictures for each class, and no `data.yaml`.

Classes are numbered from 0. Places are shares of the picture's size, written in full, so that they come back to the pixel. What
leads out of the picture is cut off at its edge, because Ultralytics refuses the whole picture otherwise; what is outside altogether
is left out and counted. Each picture has a text file, an empty one where nothing is in it. Scores would be refused, and there is no
place for sources, attributes and metadata; `samples.csv` keeps the metadata, for `curate verify`. Ultralytics trains with parts
that are called `train` and `val`; without parts, `data.yaml` names `train` alone.

Source: https://docs.ultralytics.com/datasets/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import yaml

from curate.exports.contents import Contents, Format, by_part
from curate.exports.edges import LEFT, LOW, OUTSIDE, RIGHT, TOP, with_sizes
from curate.exports.imagefolder import IMAGEFOLDER, INDEX
from curate.exports.labels import BOX, CLASSIFICATION, DETECTION, KEYPOINTS, MASK, POLYGON
from curate.exports.manifest import File
from curate.exports.outlines import Ring, bounds_of, joined, outlines, rings_of, triples_of
from curate.exports.table import write_table
from curate.exports.text_files import write_text
from curate.exports.yolo_reading import (
    CLASSIFY,
    DATA,
    DETECT,
    IMAGES,
    LABELS,
    POSE,
    SEGMENT,
    check,
    labels_path,
    read_back,
)
from curate.media.mask import from_png

AT_ONCE = 10_000
"""Labels that are held as text at one time."""


def _task(labels: pl.DataFrame) -> str:
    kinds = set(labels["kind"].unique())
    if KEYPOINTS in kinds:
        return POSE
    if kinds & {POLYGON, MASK}:
        return SEGMENT
    return CLASSIFY if kinds == {CLASSIFICATION} else DETECT


def _folders(samples: pl.DataFrame, labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    if _task(labels) == CLASSIFY:
        return IMAGEFOLDER.folders(samples, labels, parts)
    return [f"{IMAGES}/{f}" if f else IMAGES for f in by_part(samples, parts, otherwise="")], [None] * samples.height


def _unfit(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.Series:
    task, kind = _task(labels), pl.col("kind")
    rows = with_sizes(labels, samples)
    boxes = rows.select(
        pl.when((kind == CLASSIFICATION) & pl.lit(task != CLASSIFY))
        .then(pl.format("kind {}, in a set for {}", kind, pl.lit(task)))
        .when((kind == DETECTION) & ((RIGHT <= LEFT) | (LOW <= TOP)))
        .then(pl.lit(OUTSIDE))
    ).to_series()
    shaped = rows.with_row_index("at").filter(kind.is_in((POLYGON, MASK, KEYPOINTS)))
    outside = [at for at, row in zip(shaped["at"], shaped.iter_rows(named=True), strict=True) if _bounds(row) is None]
    return boxes.scatter(outside, OUTSIDE) if outside else boxes


def _box_lines(rows: pl.DataFrame) -> pl.Series:
    """Lines of boxes. One inside the picture keeps its numbers: a difference of sums would change their last digits."""
    width = pl.when((pl.col("x") < 0) | (pl.col("x") + pl.col("width") > RIGHT)).then(RIGHT - LEFT).otherwise("width")
    height = pl.when((pl.col("y") < 0) | (pl.col("y") + pl.col("height") > LOW)).then(LOW - TOP).otherwise("height")
    return rows.select(
        pl.format(
            "{} {} {} {} {}",
            "number",
            (LEFT + width / 2) / pl.col("columns"),
            (TOP + height / 2) / pl.col("rows"),
            width / pl.col("columns"),
            height / pl.col("rows"),
        )
    ).to_series()


def _ring(row: dict[str, Any]) -> Ring | None:
    """The outline of a label inside of its picture; None where there is none."""
    if row["kind"] == POLYGON:
        ring = row["points"]
    elif row["kind"] == MASK:
        rings = rings_of(msgspec.json.decode(row["attributes"]).get("segmentation")) if row["attributes"] else None
        mask = None if rings else from_png(row["mask"])
        if mask is not None:
            scale = row["columns"] / mask.shape[1], row["rows"] / mask.shape[0]
            rings = [[number * scale[at % 2] for at, number in enumerate(ring)] for ring in outlines(mask)]
        ring = joined(rings) if rings else []
    else:
        x, y, width, height = (row[name] for name in BOX)
        ring = [x, y, x + width, y, x + width, y + height, x, y + height]
    sides = row["columns"], row["rows"]
    return [min(max(number, 0.0), sides[at % 2]) for at, number in enumerate(ring)] or None


def _bounds(row: dict[str, Any]) -> list[float] | None:
    """The box of a label inside of its picture; None where nothing of it is there."""
    box: list[float] | None = [row[name] for name in BOX]
    if row["kind"] != KEYPOINTS or row["x"] is None:
        ring = row["points"] if row["kind"] == KEYPOINTS else _ring(row)
        box = bounds_of(ring) if ring else None
    if box is None:
        return None
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    width, height = min(box[0] + box[2], row["columns"]) - left, min(box[1] + box[3], row["rows"]) - top
    # one keypoint alone is a box without area
    there = width >= 0 and height >= 0 if row["kind"] == KEYPOINTS else width > 0 and height > 0
    return [left, top, width, height] if there else None


def _line(row: dict[str, Any], task: str, points: int) -> str:
    sides = row["columns"], row["rows"]
    if task == SEGMENT:
        numbers = [number / sides[at % 2] for at, number in enumerate(_ring(row) or [])]
        return " ".join(map(str, (row["number"], *numbers)))
    x, y, width, height = _bounds(row) or [0.0] * 4
    said = msgspec.json.decode(row["attributes"]) if row["attributes"] else {}
    triples = triples_of(row["points"], said) if row["kind"] == KEYPOINTS else []
    numbers = [(x + width / 2) / sides[0], (y + height / 2) / sides[1], width / sides[0], height / sides[1]]
    for at in range(0, 3 * points, 3):
        across, down, seen = triples[at : at + 3] if at < len(triples) else (0, 0, 0)
        inside = seen and 0 <= across <= sides[0] and 0 <= down <= sides[1]
        numbers += [across / sides[0], down / sides[1], seen] if inside else [0, 0, 0]
    return " ".join(map(str, (row["number"], *numbers)))


def _texts(contents: Contents, task: str, points: int) -> Iterator[tuple[int, str]]:
    """Sample and the lines of its labels, of samples that have any."""
    number = pl.col("value").replace_strict(
        contents.classes, range(len(contents.classes)), default=None, return_dtype=pl.Int64
    )
    labels = contents.labels.sort("sample_id", maintain_order=True).with_columns(number.alias("number"))
    held: tuple[int, str] | None = None
    for chunk in labels.iter_slices(AT_ONCE):
        rows = with_sizes(chunk, contents.samples)
        if task == DETECT:
            lines = _box_lines(rows)
        else:
            lines = pl.Series([_line(row, task, points) for row in rows.iter_rows(named=True)], dtype=pl.String)
        grouped = pl.DataFrame({"sample": rows["sample_id"], "line": lines}).group_by("sample", maintain_order=True)
        for sample, text in grouped.agg(pl.col("line").str.join("\n")).iter_rows():
            if held is not None and held[0] == sample:  # the last one of the chunk before goes on
                held = (sample, f"{held[1]}\n{text}")
                continue
            if held is not None:
                yield held
            held = (sample, text)
    if held is not None:
        yield held


def _write(folder: Path, contents: Contents) -> list[File]:
    task = _task(contents.labels)
    if task == CLASSIFY:
        IMAGEFOLDER.write(folder, contents)
        return []
    points = _most_points(contents.labels)
    paths = {
        sample: labels_path(name) for sample, name in contents.samples.select("sample_id", "file_name").iter_rows()
    }
    for parent in {path.rpartition("/")[0] for path in paths.values()} | {LABELS}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    parts = {part: f"{IMAGES}/{name}" for part, name in contents.parts.items()} or {"train": IMAGES}
    data = {**parts, "nc": len(contents.classes), "names": dict(enumerate(contents.classes)), "task": task}
    data |= {"kpt_shape": [points, 3]} if task == POSE else {}
    (folder / DATA).write_text(
        yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8", newline="\n"
    )
    write_table(contents.samples, folder / INDEX)
    files = [write_text(folder, paths.pop(sample), f"{text}\n") for sample, text in _texts(contents, task, points)]
    return files + [write_text(folder, path, "") for path in paths.values()]


def _most_points(labels: pl.DataFrame) -> int:
    rows = labels.filter(pl.col("kind") == KEYPOINTS).select("points", "attributes").iter_rows()
    return max((len(triples_of(p, msgspec.json.decode(said) if said else {})) // 3 for p, said in rows), default=0)


YOLO = Format(
    "yolo",
    _folders,
    _write,
    read_back,
    needs_files=True,
    reserved=(IMAGES, LABELS),
    check=check,
    unfit=_unfit,
    stems=True,
)
