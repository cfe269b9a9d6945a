"""Boxes of labels, cut off at the edges of their picture, for formats whose readers refuse what leads out."""

from __future__ import annotations

import polars as pl

OUTSIDE = "nothing of it is in the picture"
"""Why a label is left out."""

LEFT = pl.max_horizontal("x", 0.0)
TOP = pl.max_horizontal("y", 0.0)
RIGHT = pl.min_horizontal(pl.col("x") + pl.col("width"), pl.col("columns"))
LOW = pl.min_horizontal(pl.col("y") + pl.col("height"), pl.col("rows"))
"""Of boxes with the columns x, y, width and height, in pictures of `columns` by `rows` pixels."""


def with_sizes(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Labels, row by row, with the size of their picture: columns and rows."""
    sizes = samples.select("sample_id", pl.col("width").alias("columns"), pl.col("height").alias("rows"))
    return labels.join(sizes, on="sample_id", how="left", maintain_order="left")
