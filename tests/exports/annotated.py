"""A dataset with labels of every kind, and its labels as they can be compared from one dataset to another."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

import curate
from curate.dataset import Dataset
from curate.media.mask import from_png, from_rings, to_png
from tests.conftest import draw

WIDTH, HEIGHT = 64, 48
NAMES = ("a/été.jpg", "b/été.jpg", "b/雨.png", "c/plain.jpg", "c/plain.png")
ROUND = (np.hypot(*np.ogrid[-24:24, -32:32]) < 15) & (np.hypot(*np.ogrid[-24:24, -32:32]) > 6)
"""A mask with a hole."""

RINGS = [[1.5, 2.25, 11.0, 2.0, 11.0, 12.0], [20.0, 20.0, 30.0, 20.0, 30.0, 31.5, 20.0, 30.0]]

LABELS: list[dict[str, Any]] = [
    {"picture": 0, "value": "car", "box": [1.1, 2.0, 10.7, 10.3]},
    {"picture": 0, "value": "R&B <bus>", "box": [0.0, 0.0, WIDTH, HEIGHT], "attributes": {"truncated": 1, "note": "äh"}},
    {"picture": 0, "value": "car", "box": [30.0, 7.5, 8.0, 9.0], "score": 0.625},
    {"picture": 1, "value": "car", "points": RINGS[0], "kind": "polygon", "box": [1.5, 2.0, 9.5, 10.0]},
    {"picture": 1, "value": "person", "points": [5.0, 6.0, 7.5, 8.0], "kind": "keypoints", "box": [4.0, 5.0, 9.0, 9.0],
     "attributes": {"visibility": [2, 0, 1]}},
    {"picture": 1, "value": "person", "points": [5.5, 6.0], "kind": "keypoints", "box": [4.0, 5.0, 9.0, 9.0],
     "attributes": {"visibility": [0, 2], "segmentation": RINGS[:1]}},
    {"picture": 2, "value": "car", "mask": to_png(ROUND), "kind": "mask", "box": [17.0, 9.0, 30.0, 30.0]},
    {"picture": 2, "value": "crowd", "mask": to_png(ROUND), "kind": "mask", "box": [17.0, 9.0, 30.0, 30.0],
     "attributes": {"iscrowd": 1}},
    {"picture": 2, "value": "bike", "mask": to_png(from_rings(RINGS, HEIGHT, WIDTH)), "kind": "mask",
     "box": [1.5, 2.0, 28.5, 29.5], "attributes": {"segmentation": RINGS}},
]  # fmt: skip


def dataset(folder: Path, labels: list[dict[str, Any]] = LABELS, *, field: str = "objects") -> Dataset:
    """Five pictures, the last two without these labels; names that clash when folders are laid together."""
    for number, name in enumerate(NAMES):
        draw(folder / "pictures" / name, number, size=(WIDTH, HEIGHT))
    ds = curate.create(folder / "a.curate")
    ds.ingest(folder / "pictures")
    add(ds, labels, field=field)
    return ds


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Such labels as an export is handed them, of the samples 1000, 1001, … or of the one that they name."""
    columns = {"value": pl.String, "box": pl.List(pl.Float32), "points": pl.List(pl.Float32), "mask": pl.Binary}
    made = pl.DataFrame(
        {name: pl.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in columns.items()}
    )
    said = [json.dumps(row["attributes"]) if "attributes" in row else None for row in rows]
    return made.with_columns(
        pl.Series("sample_id", [row.get("sample_id", 1000 + row["picture"]) for row in rows]),
        pl.Series("kind", [row.get("kind", "detection") for row in rows]),
        pl.Series("attributes", said, dtype=pl.String),
        pl.lit("objects").alias("field"),
    )


def add(ds: Dataset, labels: list[dict[str, Any]], *, field: str = "objects", source: str = "ann") -> None:
    """Labels, each of the picture of its number."""
    ids = dict(ds.df(["uri", "sample_id"]).iter_rows())
    for row in labels:
        said = {key: value for key, value in row.items() if key != "picture"}
        kind = {"kind": "detection" if "box" in row else "classification"} | said
        table = pl.DataFrame([{"sample_id": ids[NAMES[row["picture"]]], **kind}], strict=False)
        ds.add_labels(table, field=field, source=source)


def said(ds: Dataset, *columns: str, field: str | None = "objects") -> list[str]:
    """Labels as texts, sorted, each with its picture by its pixels: `ds` may call it otherwise."""
    pictures = dict(ds.df(["sample_id", "content_hash"]).iter_rows())
    return sorted(
        json.dumps([pictures[row["sample_id"]], *(_plain(row[column]) for column in columns)], ensure_ascii=False)
        for row in ds.labels(field).iter_rows(named=True)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return (*Image.open(io.BytesIO(value)).size, np.packbits(from_png(value)).tobytes().hex())
    return value
