"""One label as a document of FiftyOne: which type it is there, and what it says.

Boxes and points are shares of the picture's width and height, and a mask is what its box holds. What FiftyOne has no name for
stands beside, as an attribute. Source: FiftyOne's fiftyone/core/labels.py.
"""

from __future__ import annotations

import base64
import io
import itertools
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import polars as pl

from curate.exports.labels import BOX, CLASSIFICATION, DETECTION, KEYPOINTS, MASK, POLYGON
from curate.media.mask import from_png

LABEL_TYPES = {
    "Detections": ("detections", "Detection"),
    "Polylines": ("polylines", "Polyline"),
    "Keypoints": ("keypoints", "Keypoint"),
    "Classifications": ("classifications", "Classification"),
    "Classification": ("", "Classification"),
}
"""Each of FiftyOne's types of label fields: the key of its list, and what the list holds."""

_LINE = ('"closed":(true|false)', '"filled":(true|false)')
"""What the attributes of what was a polyline there, and is no polygon here, say."""

_OWN = frozenset(
    {
        "id",
        "tags",
        "label",
        "confidence",
        "logits",
        "bounding_box",
        "mask",
        "mask_path",
        "index",
        "points",
        "closed",
        "filled",
    }
    | {"attributes", "instance", "score", "box", "boxless", "curate"}
)
"""What a label has of its own: an attribute of such a name would hide it."""


def types_of(labels: pl.DataFrame) -> pl.Series:
    """Which of FiftyOne's types each label becomes, in the plural."""
    types = {
        CLASSIFICATION: "Classifications",
        DETECTION: "Detections",
        MASK: "Detections",
        POLYGON: "Polylines",
        KEYPOINTS: "Keypoints",
    }
    # what was a polyline there, and no polygon here, is one again
    line = pl.all_horizontal(pl.col("attributes").str.contains(said).fill_null(value=False) for said in _LINE)
    shapes = pl.col("attributes").str.contains('"segmentation":[[', literal=True)
    kind = pl.col("kind")
    line &= (kind == KEYPOINTS) | ((kind == MASK) & shapes)
    return labels.select(
        pl.when(line)
        .then(pl.lit("Polylines"))
        .otherwise(kind.replace_strict(types, return_dtype=pl.String))
        .alias("type")
    )["type"]


def binary(array: np.ndarray) -> dict[str, Any]:
    """An array as FiftyOne keeps it: a .npy, zlib-compressed."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return {"$binary": {"base64": base64.b64encode(zlib.compress(buffer.getvalue())).decode(), "subType": "00"}}


def label_document(label: Mapping[str, Any], size: tuple[int | None, int | None]) -> dict[str, Any] | None:
    """One label, without an id; None where the picture's size would have to be known."""
    attributes = msgspec.json.decode(label["attributes"]) if label["attributes"] else {}
    box = None if label["x"] is None else [label[name] for name in BOX]
    kind, type = label["kind"], label["type"]
    if kind == CLASSIFICATION:
        document = {"label": label["value"], "confidence": label["score"]}
        return {"_cls": "Classification"} | _completed(document, attributes)
    width, height = size
    if not width or not height:
        return None
    shares = None if box is None else _shares(box, width, height)
    if type == "Polylines":
        return _polyline(label, attributes, shares, width, height)
    if kind == KEYPOINTS:
        return _keypoint(label, attributes, shares, width, height)
    document = {"label": label["value"], "confidence": label["score"], "bounding_box": shares}
    if kind == MASK:
        document |= _mask(label["mask"], shares)
    return {"_cls": "Detection"} | _completed(document, attributes)


def _shares(numbers: Sequence[float], width: int, height: int) -> list[float]:
    return [number / (width, height)[at % 2] for at, number in enumerate(numbers)]


def _pairs(numbers: Sequence[float]) -> list[list[float]]:
    return [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


def _polyline(
    label: Mapping[str, Any], attributes: dict[str, Any], shares: list[float] | None, width: int, height: int
) -> dict[str, Any]:
    rest, closed, filled = dict(attributes), True, True
    if isinstance(rest.get("closed"), bool) and isinstance(rest.get("filled"), bool):
        closed, filled = rest.pop("closed"), rest.pop("filled")
    rings = rest.pop("segmentation", None) if label["kind"] == MASK else None
    if rings is None:
        points, lengths = label["points"], [len(label["points"]) // 2]
        if isinstance(rest.get("lengths"), list) and sum(rest["lengths"]) == lengths[0]:
            lengths = rest.pop("lengths")
        starts = np.cumsum([0, *lengths])
        rings = [points[2 * a : 2 * b] for a, b in itertools.pairwise(starts.tolist())]
    document = {
        "label": label["value"],
        "confidence": label["score"],
        "points": [_pairs(_shares(ring, width, height)) for ring in rings],
        "closed": closed,
        "filled": filled,
    }
    return {"_cls": "Polyline"} | _completed(document | ({"bounding_box": shares} if shares else {}), rest)


def _keypoint(
    label: Mapping[str, Any], attributes: dict[str, Any], shares: list[float] | None, width: int, height: int
) -> dict[str, Any]:
    placed = iter(_pairs(_shares(label["points"], width, height)))
    seen = attributes.get("visibility")
    nowhere = [{"$numberDouble": "NaN"}, {"$numberDouble": "NaN"}]
    if isinstance(seen, list) and 2 * sum(map(bool, seen)) == len(label["points"]):
        points: list[Any] = [next(placed) if mark else nowhere for mark in seen]
    else:
        points = list(placed)
    document = {"label": label["value"], "points": points}
    document |= {} if label["score"] is None else {"score": label["score"]}
    rest = dict(attributes)
    document |= {"confidence": rest.pop("confidence")} if isinstance(rest.get("confidence"), list) else {}
    return {"_cls": "Keypoint"} | _completed(document | ({"bounding_box": shares} if shares else {}), rest)


def _mask(png: bytes, shares: list[float] | None) -> dict[str, Any]:
    """What of the picture's mask lies in the box around it, and that box; the label's own, where it is another, is kept."""
    mask = from_png(png)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, height)
    left, right = (int(columns[0]), int(columns[-1]) + 1) if len(columns) else (0, width)
    bounds = [left / width, top / height, (right - left) / width, (bottom - top) / height]
    document = {"bounding_box": bounds, "mask": binary(mask[top:bottom, left:right])}
    if shares is None:
        return document | {"boxless": True}
    return document if np.allclose(shares, bounds, rtol=0, atol=1e-9) else document | {"box": shares}


def _completed(document: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    """A label with its attributes beside what it has of its own; those that cannot stand there, as text."""
    rest = dict(attributes)
    document = {name: value for name, value in document.items() if value is not None}
    tags = rest.get("tags")
    spoken = isinstance(tags, list) and bool(tags) and all(isinstance(tag, str) for tag in tags)
    document["tags"] = rest.pop("tags") if spoken else []
    if type(rest.get("index")) is int and _safe(rest["index"]):
        document["index"] = rest.pop("index")
    cannot = {
        n: v
        for n, v in rest.items()
        if n in _OWN or not n or n.startswith("_") or re.search(r"[.$\0]", n) or v is None or not _safe(v)
    }
    document |= {name: value for name, value in rest.items() if name not in cannot}
    return document | ({"curate": msgspec.json.encode(cannot).decode()} if cannot else {})


def _safe(value: Any) -> bool:
    """Whether FiftyOne gives an attribute back as it is: no objects, whose keys it reads, and no integers beyond 64 bits."""
    if isinstance(value, list):
        return all(_safe(one) for one in value)
    return not isinstance(value, dict) and not (isinstance(value, int) and abs(value) >= 2**63)
