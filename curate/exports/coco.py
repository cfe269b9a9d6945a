"""COCO: `<part>/` with pictures and `annotations/instances_<part>.json`, as the COCO tools expect them.

Categories are the classes of what has a place, numbered from 1 in every part alike; numbers of pictures and annotations run through
all parts, so that parts can be joined. An annotation has the label's box, or the smallest one around it, and as `segmentation` its
rings: those of a polygon, or those that a mask was drawn from, which the label keeps as an attribute. Any other mask becomes packed
run lengths. Keypoints have COCO's visibility; where nobody says it, they are visible (2). `iscrowd` is the label's attribute, other
attributes are the annotation's `attributes`.

What COCO has no key for stands in keys that its tools pass over: `field`, `source` and `score` of an annotation; an image's
`labels` (field to value) and `classifications` (the same with source, score and attributes), and metadata as more keys. One
picture or annotation stands on a line, so that two exports can be compared by line. `curate.sources.coco`
reads it all.

Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
import polars as pl

from curate.exports.coco_reading import ANNOTATIONS, AT_ONCE, check, document_of, read_back
from curate.exports.contents import PART, Contents, Format, by_part, free_names
from curate.exports.json_text import json_objects
from curate.exports.labels import BOX, CLASSIFICATION, DETECTION, KEYPOINTS, POLYGON
from curate.exports.outlines import area_of, bounds_of, bounds_of_mask, mask_of, rings_of, triples_of
from curate.media.mask import to_runs

_OWN = ("id", "labels", "classifications", "license", "date_captured", "flickr_url", "coco_url")
_HEAD = b'{"info":{"description":"exported by Curate","version":"1.0"},\n"licenses":[],\n"images":['


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise="images"), [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    (folder / ANNOTATIONS).mkdir(exist_ok=True)
    images = free_names(contents.samples, _OWN).with_row_index("id", offset=1)
    placed = contents.labels.with_row_index("row").filter(pl.col("kind") != CLASSIFICATION).select("row", "sample_id")
    numbered = placed.join(images.select("sample_id", "id"), on="sample_id", how="left", maintain_order="left")
    # labels keep their order within a picture
    numbered = numbered.sort("id", maintain_order=True).rename({"id": "image_id"}).with_row_index("id", offset=1)
    categories = msgspec.json.encode(_categories(contents))
    for part, name in contents.parts.items() or [(None, "images")]:
        chosen = images if part is None else images.filter(pl.col(PART) == part)
        mine = numbered.filter(pl.col("image_id").is_in(chosen["id"].implode()))
        with (folder / document_of(part, name)).open("wb") as file:
            file.write(_HEAD)
            _write_rows(file, (_image_texts(rows, contents, name) for rows in chosen.iter_slices(AT_ONCE)))
            file.write(b'\n],\n"annotations":[')
            _write_rows(file, (_annotation_texts(rows, contents) for rows in mine.iter_slices(AT_ONCE)))
            file.write(b'\n],\n"categories":' + categories + b"}\n")


def _write_rows(file: BinaryIO, chunks: Iterator[pl.Series]) -> None:
    mark = b"\n"
    for texts in chunks:
        if len(texts):
            file.write(mark + ",\n".join(texts).encode())
            mark = b",\n"


def _categories(contents: Contents) -> list[dict[str, Any]]:
    points = contents.labels.filter(pl.col("kind") == KEYPOINTS)
    most: dict[str, int] = {}
    for value, corners, said in points.select("value", "points", "attributes").iter_rows():
        most[value] = max(most.get(value, 0), len(triples_of(corners, _said(said))) // 3)
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(contents.classes, start=1):
        row: dict[str, Any] = {"id": number, "name": name, "supercategory": ""}
        if name in most:
            row |= {"keypoints": [str(at) for at in range(1, most[name] + 1)], "skeleton": []}
        rows.append(row)
    return rows


def _image_texts(images: pl.DataFrame, contents: Contents, name: str) -> pl.Series:
    if contents.media != "reference":  # COCO tools are given the part's folder
        images = images.with_columns(pl.col("file_name").str.strip_prefix(f"{name}/"))
    labels = contents.labels.filter(
        (pl.col("kind") == CLASSIFICATION) & pl.col("sample_id").is_in(images["sample_id"].implode())
    )
    simple: dict[int, dict[str, list[str]]] = defaultdict(dict)
    whole: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = ("field", "value", "score", "source", "attributes")
    for sample, field, value, score, source, said in labels.select("sample_id", *columns).iter_rows():
        held = simple[sample].setdefault(field, [])
        if value not in held:
            held.append(value)  # two annotators may disagree: then there are several
        row = {"field": field, "value": value, "score": score, "source": source}
        whole[sample].append(row | ({"attributes": _said(said)} if said else {}))
    ids = images["sample_id"].to_list()
    one = [{field: values[0] if len(values) == 1 else values for field, values in simple[i].items()} for i in ids]
    added: dict[str, list[Any]] = {"labels": one, "classifications": [whole[i] for i in ids]}
    texts = [pl.Series(key, [msgspec.json.encode(value).decode() for value in held]) for key, held in added.items()]
    return json_objects(images.with_columns(texts), raw=tuple(added))


def _annotation_texts(numbered: pl.DataFrame, contents: Contents) -> pl.Series:
    """Annotations of labels, given by `row`, with their `id` and `image_id`."""
    rows = contents.labels[numbered["row"]].hstack(numbered.select("id", "image_id"))
    category = pl.col("value").replace_strict(
        contents.classes, range(1, len(contents.classes) + 1), default=None, return_dtype=pl.Int64
    )
    rows = rows.with_columns(category.alias("category_id"))
    plain = (pl.col("kind") == DETECTION) & pl.col("attributes").is_null()
    boxes = rows.filter(plain)
    texts = boxes.select(
        "id",
        "image_id",
        "category_id",
        pl.format("[{},{},{},{}]", *BOX).alias("bbox"),
        (pl.col("width") * pl.col("height")).alias("area"),
        pl.lit(0).alias("iscrowd"),
        pl.lit("[]").alias("segmentation"),
        "field",
        "score",
        "source",
    )
    written = pl.DataFrame({"id": boxes["id"], "text": json_objects(texts, raw=("bbox", "segmentation"))})
    others = rows.filter(~plain)
    sizes = (
        dict(contents.samples.select("sample_id", pl.struct("height", "width")).iter_rows()) if others.height else {}
    )
    more = [
        msgspec.json.encode(_annotation(row, **sizes[row["sample_id"]])).decode()
        for row in others.iter_rows(named=True)
    ]
    shaped = pl.DataFrame({"id": others["id"], "text": pl.Series(more, dtype=pl.String)})
    return pl.concat([written, shaped]).sort("id")["text"]


def _annotation(row: dict[str, Any], *, height: int, width: int) -> dict[str, Any]:
    """An annotation of a label with outlines, keypoints or attributes."""
    said = _said(row["attributes"])
    annotation = {key: row[key] for key in ("id", "image_id", "category_id")}
    rings = None if row["kind"] == DETECTION else rings_of(said.get("segmentation"))
    if rings is not None:
        del said["segmentation"]
    elif row["kind"] == POLYGON:
        rings = [row["points"]]
    points = triples_of(row["points"], said) if row["kind"] == KEYPOINTS else None
    mask = mask_of(row["mask"], height, width) if row["mask"] is not None and rings is None else None
    box = _box(row)
    if box is None:
        pairs = [n for ring in rings for n in ring] if rings else row["points"]
        box = bounds_of_mask(mask) if mask is not None and mask.any() else bounds_of(pairs) if pairs else [0.0] * 4
    area = sum(map(area_of, rings)) if rings else int(mask.sum()) if mask is not None else box[2] * box[3]
    annotation |= {"bbox": box, "area": area, "iscrowd": 1 if said.pop("iscrowd", 0) else 0}
    annotation["segmentation"] = rings or ([] if mask is None else {"size": [height, width], "counts": to_runs(mask)})
    if points is not None:
        annotation |= {"keypoints": points, "num_keypoints": sum(seen > 0 for seen in points[2::3])}
        said.pop("visibility", None)
    annotation |= {key: row[key] for key in ("field", "score", "source")}
    return annotation | ({"attributes": said} if said else {})


def _said(attributes: str | None) -> dict[str, Any]:
    return msgspec.json.decode(attributes) if attributes else {}


def _box(row: dict[str, Any]) -> list[float] | None:
    box = [row[name] for name in BOX]
    return box if all(number is not None and np.isfinite(number) for number in box) else None


COCO = Format("coco", _folders, _write, read_back, reserved=(ANNOTATIONS,), check=check)
