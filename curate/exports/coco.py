"""COCO: `<part>/` with pictures and `annotations/instances_<part>.json`, as the COCO tools expect them.

Categories are the classes of the detections, numbered from 1 in every part alike. Labels without a box are the picture's
`labels` (field to value), metadata are more keys of the picture; the COCO tools pass both over. Numbers of pictures and
annotations run through all parts, so that parts can be joined. Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from curate.exports.contents import PART, Contents, Format, Found, by_part, free_names, part_counts
from curate.exports.labels import BOX, CLASSIFICATION, DETECTION, shortest
from curate.exports.manifest import Manifest

ANNOTATIONS = "annotations"
_OWN = ("id", "labels", "license", "date_captured", "flickr_url", "coco_url")


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise="images"), [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    (folder / ANNOTATIONS).mkdir()
    categories = [{"id": i, "name": name, "supercategory": ""} for i, name in enumerate(contents.classes, start=1)]
    images = _images(contents)
    annotations = _annotations(contents)
    for part, name in contents.parts.items() or [(None, "images")]:
        chosen = images if part is None else images.filter(pl.col(PART) == part)
        document = {
            "info": {"description": "exported by Curate", "version": "1.0"},
            "licenses": [],
            "images": _image_rows(chosen, contents, name),
            "annotations": annotations.filter(pl.col("image_id").is_in(chosen["id"].implode())).rows(named=True),
            "categories": categories,
        }
        (folder / _document(part, name)).write_bytes(msgspec.json.encode(document))


def _document(part: str | None, name: str) -> str:
    return f"{ANNOTATIONS}/instances.json" if part is None else f"{ANNOTATIONS}/instances_{name}.json"


def _images(contents: Contents) -> pl.DataFrame:
    plain = free_names(contents.samples, _OWN)
    floats = [shortest(column) for column in plain if column.dtype == pl.Float32]
    return plain.with_columns(floats).with_row_index("id", offset=1)


def _image_rows(images: pl.DataFrame, contents: Contents, name: str) -> list[dict[str, Any]]:
    classes: dict[int, dict[str, Any]] = {}
    flat = contents.labels.filter(pl.col("kind") == CLASSIFICATION).select("sample_id", "field", "value").unique()
    for sample, field, value in flat.sort(flat.columns).iter_rows():
        of_sample = classes.setdefault(sample, {})
        # Two annotators may disagree: then the field holds a list.
        of_sample[field] = value if field not in of_sample else [*_listed(of_sample[field]), value]
    rows = images.rows(named=True)
    for row in rows:
        if contents.media != "reference":
            row["file_name"] = row["file_name"].removeprefix(f"{name}/")  # COCO tools are given the part's folder
        row["labels"] = classes.get(row["sample_id"], {})
    return rows


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _annotations(contents: Contents) -> pl.DataFrame:
    number = pl.DataFrame({"category": list(contents.classes), "category_id": range(1, len(contents.classes) + 1)})
    number = number.cast({"category": pl.String, "category_id": pl.Int64})
    image = contents.samples.select("sample_id").with_row_index("image_id", offset=1)
    joined = (
        contents.labels.filter(pl.col("kind") == DETECTION)
        .join(image, on="sample_id")
        .join(number, left_on="value", right_on="category")
        .sort("image_id", "category_id", *BOX, "field", "source", "score")
    )
    return joined.with_row_index("id", offset=1).select(
        "id",
        "image_id",
        "category_id",
        pl.concat_list(BOX).alias("bbox"),
        (pl.col("width") * pl.col("height")).alias("area"),
        pl.lit(0).alias("iscrowd"),
        pl.lit([], dtype=pl.List(pl.Float64)).alias("segmentation"),
        "field",
        "score",
        "source",
    )


class _Image(msgspec.Struct):
    id: int
    sample_id: int


class _Document(msgspec.Struct):
    images: list[dict[str, Any]]
    annotations: list[dict[str, Any]]
    categories: list[dict[str, Any]]


def _read_back(folder: Path, manifest: Manifest) -> Found:
    frames, annotations, categories = [], 0, 0
    for part, name in manifest.parts.items() or [(None, "")]:
        document = msgspec.json.decode((folder / _document(part, name)).read_bytes(), type=_Document)
        rows = [{key: row.get(key) for key in row if key != "labels"} for row in document.images]
        frame = pl.DataFrame(rows, infer_schema_length=None, strict=False)
        if part is not None and frame.width:
            frame = frame.with_columns(pl.lit(part).alias(PART))  # the file decides, not the key in it
        frames.append(frame)
        annotations, categories = annotations + len(document.annotations), len(document.categories)
    samples = pl.concat([f for f in frames if f.width], how="diagonal_relaxed")
    counts = {
        "samples": samples.height,
        "annotations": annotations,
        "categories": categories,
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


COCO = Format("coco", _folders, _write, _read_back, reserved=(ANNOTATIONS,), kinds=(CLASSIFICATION, DETECTION))
