"""Labels that follow pictures into another size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from curate.errors import BadValue
from curate.media.mask import from_png, to_png


def factors(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """How much wider and higher pictures have become: sample_id, across, down, and the new size of those that changed.

    Args:
        before: sample_id, width, height.
        after: the same samples in the same order.
    """
    return (
        after.select("sample_id", pl.col("width").alias("to_width"), pl.col("height").alias("to_height"))
        .with_columns(
            (after["width"] / before["width"]).alias("across"), (after["height"] / before["height"]).alias("down")
        )
        .filter((pl.col("across") != 1) | (pl.col("down") != 1))
    )


def scaled(rows: pl.DataFrame, by: pl.DataFrame) -> pl.DataFrame:
    """Labels with boxes, points and masks of the new pictures.

    Args:
        rows: the columns of `labels.SCHEMA`.
        by: see `factors`; labels of other samples stay as they are.
    """
    if by.is_empty() or rows.is_empty():
        return rows
    wide = rows.join(by, on="sample_id", how="left", maintain_order="left").with_columns(
        pl.col("across", "down").fill_null(1.0)
    )
    across, down = wide["across"].to_numpy(), wide["down"].to_numpy()
    changed = wide["to_width"].is_not_null()
    return rows.with_columns(
        *(wide[name] * wide["across"] for name in ("x", "width")),
        *(wide[name] * wide["down"] for name in ("y", "height")),
        _points(rows["points"], across, down),
        _each(rows["mask"], changed, lambda data, i: _mask(data, wide["to_width"][i], wide["to_height"][i])),
        _each(
            rows["attributes"],
            changed & _placed(rows),
            lambda text, i: _attributes(text, float(across[i]), float(down[i])),
        ),
    )


def _points(points: pl.Series, across: np.ndarray, down: np.ndarray) -> pl.Series:
    lengths = points.list.len().fill_null(0).to_numpy().astype(np.int64)
    if not lengths.any():
        return points
    flat = points.drop_nulls().explode(empty_as_null=False).to_numpy()
    ends = np.cumsum(lengths)
    inside = np.arange(len(flat)) - np.repeat(ends - lengths, lengths)
    flat = flat * np.where(inside % 2 == 0, np.repeat(across, lengths), np.repeat(down, lengths))
    offsets = pa.array(np.concatenate([[0], ends]))
    lists = pa.LargeListArray.from_arrays(offsets, pa.array(flat), mask=pa.array(points.is_null().to_numpy()))
    made = pl.from_arrow(lists)
    assert isinstance(made, pl.Series)
    return made.alias(points.name)


def _each(column: pl.Series, chosen: pl.Series, change: Callable[[Any, int], Any]) -> pl.Series:
    at = (chosen & column.is_not_null()).arg_true().to_list()
    if not at:
        return column
    values = column.to_list()
    for i in at:
        values[i] = change(values[i], i)
    return pl.Series(column.name, values, dtype=column.dtype)


def _mask(data: bytes, width: int, height: int) -> bytes:
    try:
        mask = from_png(data)
    except BadValue:
        return data  # whoever draws it says what is wrong with it
    picture = Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST)
    return to_png(np.asarray(picture))


def _placed(rows: pl.DataFrame) -> pl.Series:
    return rows["attributes"].str.contains_any(['"segmentation"', '"part"']).fill_null(value=False)


def _attributes(text: str, across: float, down: float) -> str:
    """COCO's rings and the boxes of Pascal VOC's parts, which attributes keep where a label has no place for them."""
    said = msgspec.json.decode(text)
    rings, parts = (said.get(name) if isinstance(said, dict) else None for name in ("segmentation", "part"))
    if not isinstance(rings, list) and not isinstance(parts, list):
        return text
    if isinstance(rings, list):
        said["segmentation"] = [_alternating(ring, across, down) for ring in rings]
    if isinstance(parts, list):
        for part in parts:
            if isinstance(part, dict) and isinstance(part.get("box"), list):
                part["box"] = _alternating(part["box"], across, down)
    return msgspec.json.encode(said).decode()


def _alternating(numbers: Any, across: float, down: float) -> Any:
    if not isinstance(numbers, list) or not all(isinstance(number, int | float) for number in numbers):
        return numbers
    return [number * (down if i % 2 else across) for i, number in enumerate(numbers)]
