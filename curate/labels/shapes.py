"""Where in a picture a label is: the columns of a user's table, brought to those of the labels table and checked.

A label has one kind, by what says most exactly where it is: ``mask`` before ``keypoints`` before ``polygon`` before ``detection``
(a box), and ``classification`` for the whole picture. Whatever the kind, a box may stand beside.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import polars as pl

from curate.errors import BadValue
from curate.media.mask import from_png, to_png

KINDS = ("classification", "detection", "polygon", "keypoints", "mask")
"""What a label can be."""

_BOX = ("x", "y", "w", "h")
_MORE = {"kind", "polygon", "keypoints", "points", "mask", "attributes"}
_TYPES = {"mask": pl.Binary(), "points": pl.List(pl.Float32), "attributes": pl.String()}
_PLACES = {"polygon": "points", "keypoints": "points", "mask": "mask"}


def shapes_of(table: pl.DataFrame) -> pl.DataFrame:
    """The places and attributes of labels.

    Args:
        table: one row a label with, where they are known,

            - ``box``: x, y, width, height; or the four columns ``x``, ``y``, ``w``, ``h``;
            - ``polygon``: its corners, x, y, x, y … or pairs;
            - ``keypoints``: points, x, y, x, y … or pairs, or triples with COCO's visibility, which is kept as an attribute;
              those of visibility 0 are not labelled and have no place;
            - ``mask``: a PNG of the shape of the picture, or rows of pixels that are not 0 inside;
            - ``attributes``: a struct, or the text of a JSON object;
            - ``kind`` and ``points``, as `Dataset.labels()` gives them, instead of a polygon or keypoints.

            Numbers are pixels of the upright picture, from its top left corner.

    Returns:
        A frame row by row with `table`: kind, box, mask, points, attributes, as in `curate.store.schemas.LABELS`.

    Raises:
        BadValue: a place or an attribute that is none, with the row.

    >>> shapes_of(pl.DataFrame({"polygon": [[[0, 0], [4, 0], [4, 3]], None]})).select("kind", "points").rows()
    [('polygon', [0.0, 0.0, 4.0, 0.0, 4.0, 3.0]), ('classification', None)]
    """
    box = _boxes(table)
    least = "classification" if box is None else "detection"
    box = pl.Series([None] * table.height, dtype=pl.List(pl.Float32)) if box is None else box
    if not _MORE & set(table.columns):  # a million classes of pictures are not looked at one by one
        nothing = [pl.lit(None, dtype).alias(name) for name, dtype in _TYPES.items()]
        return pl.DataFrame({"box": box}).select(pl.lit(least).alias("kind"), "box", *nothing)
    masks = _masks(table)
    attributes = _attributes(table)
    polygons, _ = _points(table, "polygon", least=3)
    keypoints, seen = _points(table, "keypoints", least=1)
    points, _ = _points(table, "points", least=1)
    attributes = [
        value if marks is None else {**(value or {}), "visibility": marks}
        for value, marks in zip(attributes, seen, strict=True)
    ]
    places = [next((p for p in row if p is not None), None) for row in zip(keypoints, polygons, points, strict=True)]
    if "kind" in table.columns:
        kinds = table["kind"].cast(pl.String).to_list()
    else:
        kinds = [
            "mask" if m is not None else "keypoints" if k is not None else "polygon" if p is not None else least
            for m, k, p in zip(masks, keypoints, polygons, strict=True)
        ]
    _check_kinds(kinds, {"points": places, "mask": masks})
    return pl.DataFrame(
        {
            "kind": pl.Series(kinds, dtype=pl.String),
            "box": box,
            "mask": pl.Series(masks, dtype=_TYPES["mask"]),
            "points": pl.Series(places, dtype=_TYPES["points"], strict=False),
            "attributes": pl.Series([attributes_text(a) if a else None for a in attributes], dtype=pl.String),
        }
    )


def attributes_text(attributes: dict[str, Any]) -> str:
    """Attributes as the JSON text that the labels table keeps: the same for the same ones, in whatever order.

    >>> attributes_text({"truncated": True, "iscrowd": 1})
    '{"iscrowd":1,"truncated":true}'
    """
    return msgspec.json.encode(attributes, order="deterministic").decode()


def labelled_points(triples: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """Keypoints with COCO's visibility as points and visibilities: what is not labelled (0) has no place.

    >>> labelled_points([(5, 6, 2), (0, 0, 0), (7, 8, 1)])
    ([5, 6, 7, 8], [2, 0, 1])
    """
    points = [number for x, y, seen in triples if seen for number in (x, y)]
    # 2.0 is 2: the same keypoints have one id, whichever tool wrote them
    return points, [int(seen) if seen == int(seen) else seen for _, _, seen in triples]


def _check_kinds(kinds: Sequence[str | None], places: dict[str, Sequence[Any]]) -> None:
    for row, kind in enumerate(kinds):
        if kind not in KINDS:
            raise BadValue(f"'kind' must be one of {', '.join(map(repr, KINDS))}. Got {kind!r} in row {row}")
        column = _PLACES.get(kind)
        if column is not None and places[column][row] is None:
            raise BadValue(f"A {kind} needs its {column}, and row {row} has none")


def _boxes(table: pl.DataFrame) -> pl.Series | None:
    if "box" in table.columns:
        boxes = table["box"].cast(pl.List(pl.Float32))
    elif all(name in table.columns for name in _BOX):
        boxes = table.select(pl.concat_list(pl.col(_BOX).cast(pl.Float32)).alias("box"))["box"]
    else:
        return None
    lengths = boxes.list.len().drop_nulls()
    if (lengths != len(_BOX)).any():
        raise BadValue(
            f"A box is x, y, width, height. Got one of {lengths.filter(lengths != len(_BOX))[0]} numbers",
            hint="in pixels, from the top left",
        )
    return boxes


def _masks(table: pl.DataFrame) -> Sequence[bytes | None]:
    if "mask" not in table.columns:
        return [None] * table.height
    if table.schema["mask"] == pl.Null:
        return table["mask"].to_list()
    return [None if value is None else _mask(value, row) for row, value in enumerate(table["mask"])]


def _mask(value: Any, row: int) -> bytes:
    if isinstance(value, bytes):
        try:
            from_png(value)
        except BadValue as error:
            raise BadValue(f"Row {row}: {error}") from None
        return value
    try:
        pixels = np.asarray(pl.Series(value).to_list() if isinstance(value, pl.Series) else value)
        if pixels.ndim == 2 and pixels.size and pixels.dtype.kind in "biuf":
            return to_png(pixels)
    except ValueError:  # rows of different lengths
        pass
    raise BadValue(f"A mask is a PNG or rows of pixels, each as long. Row {row} has neither")


def _points(
    table: pl.DataFrame, column: str, *, least: int
) -> tuple[list[list[float] | None], list[list[float] | None]]:
    """Points as x, y, x, y … and, where they come as triples, the third numbers."""
    if column not in table.columns:
        return [None] * table.height, [None] * table.height
    points = table[column]
    if isinstance(points.dtype, pl.List) and points.dtype.inner.is_numeric():
        whole = (points.list.len() % 2 == 0) & (points.list.len() >= 2 * least)
        if whole.all() and points.list.eval(pl.element().is_finite().fill_null(value=False)).list.all().all():
            return points.cast(pl.List(pl.Float64)).to_list(), [None] * table.height
    found: list[list[float] | None] = []
    thirds: list[list[float] | None] = []
    for row, value in enumerate(table[column].to_list()):
        flat, third = (
            (None, None) if value is None else _flat(value, f"{column!r} in row {row}", triples=column == "keypoints")
        )
        if flat is not None and len(flat) < 2 * least:
            raise BadValue(f"{column!r} in row {row} has {len(flat) // 2} points, fewer than {least}")
        found.append(flat)
        thirds.append(third)
    return found, thirds


def _flat(value: Any, where: str, *, triples: bool) -> tuple[list[float], list[float] | None]:
    rows = list(value) if isinstance(value, Iterable) else [value]
    if rows and all(isinstance(one, (list, tuple, np.ndarray)) for one in rows):
        lengths = {len(one) for one in rows}
        if lengths == {2} or (lengths == {3} and triples):
            numbers = [_numbers(one, where) for one in rows]
            return ([n for one in numbers for n in one], None) if lengths == {2} else labelled_points(numbers)
        raise BadValue(f"{where} holds {min(lengths)} to {max(lengths)} numbers a point, where x and y are wanted")
    if len(rows) % 2:
        raise BadValue(f"{where} is x, y, x, y …, an even number of numbers. Got {len(rows)}")
    return _numbers(rows, where), None


def _numbers(values: Sequence[Any], where: str) -> list[float]:
    for value in values:
        if not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
            raise BadValue(f"{where} holds {value!r}, which is no place in a picture")
    return [float(value) for value in values]


def _attributes(table: pl.DataFrame) -> list[dict[str, Any] | None]:
    if "attributes" not in table.columns:
        return [None] * table.height
    return [None if value is None else _attribute(value, row) for row, value in enumerate(table["attributes"])]


def _attribute(value: Any, row: int) -> dict[str, Any]:
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if one is not None}
    try:
        attributes: dict[str, Any] = msgspec.json.decode(value, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, TypeError) as error:
        raise BadValue(
            f"'attributes' in row {row} is no JSON object: {error}", hint="a struct, or text such as {{}}"
        ) from None
    return attributes
