"""The labels of a FiftyOne collection, as rows of `curate.sources.annotated.LABELS`.

- A detection is a box, or a mask where it has one: the box's own pixels, laid into the picture. A polyline of one closed shape is
  a polygon; of several, a mask with its rings as an attribute; an open one keypoints with the attribute ``closed``.
- Keypoints without a place are not labelled: the attribute ``visibility`` says which.
- Each number of a segmentation but 0 is a mask of its own, called as the dataset's mask targets say.
- Whatever else a label has (attributes, tags, index) is an attribute.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from curate.labels.shapes import attributes_text
from curate.media.mask import MOST_PIXELS, from_rings, to_png
from curate.sources.annotated import labels_frame
from curate.sources.fiftyone import Collection, plain

Size = tuple[int | None, int | None]

_SINGLE = {
    "Classifications": "classifications",
    "Detections": "detections",
    "Polylines": "polylines",
    "Keypoints": "keypoints",
}
_OWN = {
    "Classification": ("label", "confidence"),
    "Detection": ("label", "confidence", "bounding_box", "mask", "mask_path"),
    "Polyline": ("label", "confidence", "bounding_box", "points", "closed", "filled"),
    "Keypoint": ("label", "confidence", "bounding_box", "points", "score"),
    "Segmentation": ("mask", "mask_path"),
}
"""What each type of label has that is no attribute here."""
_NEAR = 1e-6
"""Shares of a picture: as near is the same line between pixels."""


def labels_of(collection: Collection, sizes: Mapping[str, Size]) -> pl.DataFrame:
    """All labels of a collection; what has no place here is counted in `Collection.lost`.

    Args:
        collection: as it was read.
        sizes: URI to width and height of the upright picture, as far as they are known.
    """
    rows: list[dict[str, Any]] = []
    for uri, document in zip(collection.uris, collection.documents, strict=True):
        said = document.get("metadata") or {}
        size = sizes.get(uri) or (None, None)
        size = size if all(size) else (plain(said.get("width")), plain(said.get("height")))
        for name, type in collection.types.items():
            if not isinstance(held := document.get(name), dict):
                continue
            note = collection.note.labels.get(name)
            about = {
                "uri": uri,
                "field": note.field if note else name,
                "source": (note.source if note else None) or f"fiftyone:{collection.name}",
                "source_kind": note.source_kind if note else None,
            }
            rows += [about | row for row in _rows(collection, name, type, held, size)]
    return labels_frame(rows)


def _rows(
    collection: Collection, name: str, type: str, held: Mapping[str, Any], size: Size
) -> Iterator[dict[str, Any]]:
    if type == "Segmentation":
        yield from _segmentation(collection, name, held)
        return
    for label in held.get(_SINGLE[type]) or [] if type in _SINGLE else [held]:
        try:
            row = _row(label, size)
        except (ValueError, TypeError, KeyError, OSError, zlib.error, binascii.Error) as error:
            collection.lost[f"labels of {name!r} that cannot be read ({error})"] += 1
            continue
        if row["value"] is None:
            collection.lost[f"labels of {name!r} without a class"] += 1
        elif row.pop("sizeless", False):
            collection.lost[f"labels of {name!r} in pictures whose size is not known"] += 1
        else:
            yield row


def _row(label: Mapping[str, Any], size: Size) -> dict[str, Any]:
    kind = label["_cls"]
    attributes = _attributes(label)
    score = plain(label.get("score" if kind == "Keypoint" else "confidence"))
    row: dict[str, Any] = {"value": label.get("label"), "score": score, "kind": "classification"}
    if kind != "Classification":
        width, height = size
        if not width or not height:
            return row | {"sizeless": True}
        box = label.get("bounding_box")
        row["box"] = _pixels(box, width, height) if box else None
        row |= _PLACED[kind](label, attributes, width, height)
    return row | {"attributes": attributes_text(attributes) if attributes else None}


def _attributes(label: Mapping[str, Any]) -> dict[str, Any]:
    """What a label has besides its own: attributes beside it or in its dictionary, tags, and what Curate put there as text."""
    own = {*_OWN[label["_cls"]], "attributes", "tags", "curate"}
    if "mask" in label:
        own |= {"box", "boxless"}
    found = {name: plain(value) for name, value in label.items() if name not in own and not name.startswith("_")}
    for name, value in (label.get("attributes") or {}).items():
        found.setdefault(name, plain(value.get("value") if isinstance(value, dict) else value))
    if label.get("tags"):
        found["tags"] = list(label["tags"])
    found = {name: value for name, value in found.items() if value is not None}
    return found | json.loads(said) if isinstance(said := label.get("curate"), str) else found


def _pixels(shares: list[Any], width: int, height: int) -> list[float]:
    # 13 digits: a share of a width, times the width, may miss the pixel by the last bit
    return [float(f"{float(share) * (width, height)[at % 2]:.13g}") for at, share in enumerate(shares)]


def _detection(label: Mapping[str, Any], _attributes: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    shares, path = label.get("bounding_box"), label.get("mask_path")
    inside = array_of(label["mask"]) if label.get("mask") else None if path is None else _picture(path)
    if inside is None or not shares:
        return {"kind": "detection"}
    row: dict[str, Any] = {"kind": "mask"}
    if label.get("boxless") or label.get("box"):
        row["box"] = _pixels(label["box"], width, height) if label.get("box") else None
    return row | {"mask": to_png(_laid(inside > 0, [float(share) for share in shares], width, height))}


def _laid(inside: np.ndarray, shares: list[float], width: int, height: int) -> np.ndarray:
    """A mask of the whole picture with what a box holds: on the box's own grid where that is a picture's, else on the pixels."""
    x, y, w, h = shares
    rows, columns = inside.shape
    whole = (round(rows / h) if h > 0 else 0, round(columns / w) if w > 0 else 0)
    left, top = x * whole[1], y * whole[0]
    fits = (
        0 < whole[0] * whole[1] <= min(MOST_PIXELS, 16 * max(width * height, 1_000_000))
        and max(abs(rows / whole[0] - h), abs(columns / whole[1] - w)) < _NEAR
        and max(abs(left - round(left)) / whole[1], abs(top - round(top)) / whole[0]) < _NEAR
    )
    if not fits:
        whole = (height, width)
        edges = [round(x * width), round(y * height), round((x + w) * width), round((y + h) * height)]
        left, top, wide, high = edges[0], edges[1], max(edges[2] - edges[0], 1), max(edges[3] - edges[1], 1)
        inside = np.asarray(Image.fromarray(inside).resize((wide, high), Image.Resampling.NEAREST))
    mask = np.zeros(whole, bool)
    at_x, at_y = round(left), round(top)
    # what a box holds outside of the picture is cut off
    part = inside[max(-at_y, 0) : whole[0] - at_y, max(-at_x, 0) : whole[1] - at_x]
    mask[max(at_y, 0) : max(at_y, 0) + part.shape[0], max(at_x, 0) : max(at_x, 0) + part.shape[1]] = part
    return mask


def _polyline(label: Mapping[str, Any], attributes: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    closed, filled = bool(label.get("closed")), bool(label.get("filled"))
    rings = [_pixels([n for point in shape for n in point[:2]], width, height) for shape in label["points"] if shape]
    if not rings:
        raise ValueError("a polyline without points")
    if closed and all(len(ring) >= 6 for ring in rings):
        if len(rings) == 1:
            attributes |= {} if filled else {"closed": True, "filled": False}
            return {"kind": "polygon", "points": rings[0]}
        attributes |= {"closed": True, "filled": filled, "segmentation": rings}
        return {"kind": "mask", "mask": to_png(from_rings(rings, height, width))}
    attributes |= {"closed": closed, "filled": filled}
    if len(rings) > 1:
        attributes["lengths"] = [len(ring) // 2 for ring in rings]
    return {"kind": "keypoints", "points": [number for ring in rings for number in ring]}


def _keypoint(label: Mapping[str, Any], attributes: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    if label.get("confidence"):
        attributes["confidence"] = plain(label["confidence"])
    points = [[plain(number) for number in point[:2]] for point in label["points"]]
    there = [point for point in points if None not in point]
    if not there:
        raise ValueError("keypoints without a place")
    if len(there) < len(points):
        attributes.setdefault("visibility", [0 if None in point else 2 for point in points])
    return {"kind": "keypoints", "points": _pixels([number for point in there for number in point], width, height)}


_PLACED = {"Detection": _detection, "Polyline": _polyline, "Keypoint": _keypoint}


def _segmentation(collection: Collection, name: str, held: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        numbers = array_of(held["mask"]) if held.get("mask") else _picture(held["mask_path"], whole=True)
    except (ValueError, KeyError, TypeError, OSError, zlib.error, binascii.Error):
        collection.lost[f"segmentations of {name!r} that cannot be read"] += 1
        return
    if numbers.ndim != 2:
        collection.lost[f"segmentations of {name!r} in colours"] += 1
        return
    called = collection.targets.get(name) or collection.targets[""]
    shared = _attributes(held)
    for number in np.unique(numbers[numbers != 0]).tolist():
        attributes = attributes_text(shared | {"target": number})
        yield {
            "kind": "mask",
            "value": called.get(str(number), str(number)),
            "mask": to_png(numbers == number),
            "attributes": attributes,
        }


def array_of(binary: Mapping[str, Any]) -> np.ndarray:
    """An array as FiftyOne keeps it; nothing is unpickled, and it is no larger than a picture may be.

    Raises:
        ValueError: it is none.
    """
    packed = base64.b64decode(binary["$binary"]["base64"])
    data = zlib.decompressobj().decompress(packed, 8 * MOST_PIXELS)
    array: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def _picture(path: str, *, whole: bool = False) -> np.ndarray:
    """The pixels of a mask's file, of one channel; with `whole`, of several where it has them."""
    with Image.open(Path(path)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError(f"{path!r} has too many pixels")
        grey = image.mode in ("1", "L", "I", "I;16", "P")
        return np.asarray(image if grey or whole else image.convert("L"))
