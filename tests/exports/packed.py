"""What a packed format is handed, without an export around it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from curate.exports.contents import Contents
from curate.exports.labels import flat_labels
from curate.exports.media import Pictures

from .conftest import picture, samples_of

ODD_URIS = [
    "a/größe.jpg",
    "a/日本 語.jpg",
    "a/x.y.jpg",
    "b/x_y.jpg",
    "a/.hidden",
    "a/__x__.json",
    "a/x.png",
    "b/x.jpg",
    "-",
]
ODD_CLASSES = ['a "b"', "{}[],:", "../x", "\u2028", "ß", "a\nb\\", "", "€", "c"]


def parts_of(pool: pl.DataFrame) -> pl.DataFrame:
    """The pool with its part in the column v1: 18 of 24 in train, 6 in val."""
    return pool.with_columns(v1=pl.Series(["train", "train", "val", "train"] * (pool.height // 4)))


def of_every_type(pool: pl.DataFrame) -> pl.DataFrame:
    """The pool of 24 with metadata of every type that a column can have."""
    return pool.with_columns(
        image=pl.lit("theirs"),
        tags=pl.Series([["a", "b"], [], None] * 8),
        taken=pl.datetime(2026, 11, 23, time_zone="UTC"),
        day=pl.lit(dt.date(2026, 11, 23)),
        nothing=pl.lit(None),
        kind=pl.lit("x").cast(pl.Categorical),
        raw=pl.lit(b"\x00\xff"),
        small=pl.lit(7, pl.UInt8),
        place=pl.struct(lat=pl.lit(1.5), name=pl.lit("ü")),
    )


def contents_of(pool: pl.DataFrame, labels: pl.DataFrame | None = None) -> Contents:
    samples = pool.sort("uri").with_columns(file_name=pl.col("uri").str.split("/").list.last())
    pictures = Pictures(samples)
    flat = flat_labels(labels, pool["sample_id"], None)
    first = ("sample_id", "uri", "file_name")
    return Contents(
        samples.select(*first, pl.exclude(*first, "location", "status")), flat.rows, flat.classes, {}, "copy", pictures
    )


def odd_pool(root: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Names and classes that something along the way could stumble over."""
    for number, uri in enumerate(ODD_URIS):
        picture(root / uri, number)
    pool = samples_of(root, ODD_URIS)
    labels = pl.DataFrame(
        {
            "sample_id": pool["sample_id"],
            "field": "objects",
            "kind": "detection",
            "value": ODD_CLASSES,
            "box": [[1.0, 2.0, 3.5, 4.0]] * len(ODD_URIS),
        }
    )
    return pool, labels


def without_a_part(pool: pl.DataFrame) -> tuple[pl.DataFrame, dict]:
    """Samples of which none of val can be exported, and the split that promised some."""
    gone = pl.when(pl.col("v1") == "val").then(pl.lit("missing")).otherwise("status")
    return parts_of(pool).with_columns(status=gone), {"split": {"parts": [{"name": "train"}, {"name": "val"}]}}
