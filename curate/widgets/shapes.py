"""Labels as a widget draws them: places in a picture, and short marks on a tile.

A mask is stored as a PNG of the shape of the picture, at any resolution; what is opaque belongs to it or, in a PNG without
transparency, what is not black. Labels are somebody's input: one that cannot be drawn is left out, the others are not.
"""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from PIL import Image

from curate.widgets import protocol

if TYPE_CHECKING:
    from curate.store.session import Session

MASK_PIXELS = 512
"""Longest side of a mask that is sent with a large picture."""

TILE_MASK_PIXELS = 160
"""Longest side of a mask that is sent with a tile."""

MOST_MASK_PIXELS = 36_000_000
"""Width times height past which a mask is not decoded."""

MASK_BYTES = 512 * 1024
"""Bytes of all masks of one reply, as base64; those past it are left out."""

MOST_SHAPES = 1000
"""Shapes of one sample; those past it are left out."""

MOST_POINTS = 1000
"""Points of one shape; of more, every second or third is drawn."""

MOST_BADGES = 4

_FIELDS = "sample_id, field, kind, value, score, source, source_kind, run, created_at"


@dataclass
class Allowance:
    """What masks one reply may hold.

    Attributes:
        longest: pixels of the longest side of each.
        left: bytes of all that are still to come.
    """

    longest: int = MASK_PIXELS
    left: int = MASK_BYTES


def labels_of(session: Session, ids: np.ndarray, *, places: bool) -> pl.DataFrame:
    """The labels of samples, in the order in which they were stored.

    Args:
        session: whose labels; a page of 64 samples takes 9 ms among a million labels.
        ids: (m,) int64 sample ids.
        places: with box, mask and points.
    """
    columns = _FIELDS + (", box, mask, points" if places else "")
    # Rows first: masks and boxes of other samples are not touched.
    return session.read(
        f"SELECT {columns} FROM labels WHERE rowid IN (SELECT rowid FROM labels WHERE sample_id = ANY(?)) ORDER BY rowid",
        [ids.tolist()],
    )


def by_sample(labels: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Labels as rows, by sample id."""
    found: dict[int, list[dict[str, Any]]] = {}
    for label in labels.iter_rows(named=True):
        found.setdefault(label["sample_id"], []).append(label)
    return found


def shapes_of(
    labels: Iterable[Mapping[str, Any]], width: int | None, height: int | None, allowance: Allowance
) -> list[protocol.Shape]:
    """The labels of one sample that have a place in the picture.

    Args:
        labels: rows of `labels_of` with places.
        width: of the upright picture in pixels; where it is not known, nothing can be placed.
        height: likewise.
        allowance: what masks take is taken from it.
    """
    if not width or not height:
        return []
    found: list[protocol.Shape] = []
    for label in labels:
        if len(found) == MOST_SHAPES:
            break
        box = _box(label["box"], width, height)
        points = _points(label["points"], width, height)
        mask = _mask(label["mask"], allowance) if label["mask"] else ""
        if box is not None or points is not None or mask:
            found.append(
                protocol.Shape(
                    field=label["field"] or "",
                    kind=label["kind"] or "",
                    value=(label["value"] or "")[:200],
                    box=box,
                    points=points,
                    mask=mask,
                )
            )
    return found


def values_of(labels: Iterable[Mapping[str, Any]]) -> Iterator[str | None]:
    """What the labels of one sample say, those about the whole picture first."""
    rows = list(labels)
    yield from (label["value"] for label in rows if label["kind"] == "classification")
    yield from (label["value"] for label in rows if label["kind"] != "classification")


def badges(tags: Sequence[str], values: Iterable[str | None], status: str) -> list[protocol.Badge]:
    """The marks of one sample: tags, then what labels say, then what is wrong; at most four, and how many more.

    >>> [badge.text for badge in badges(["new"], ["car", "bus", "car", None, "van"], "corrupt")]
    ['new', 'car', 'bus', '+2']
    """
    marks = [protocol.Badge(kind="tag", text=tag[:60]) for tag in tags]
    distinct = dict.fromkeys(value for value in values if value)
    marks += [protocol.Badge(kind="label", text=value[:60]) for value in distinct]
    if status != "ok":
        marks.append(protocol.Badge(kind="issue", text=status.replace("_", " ")))
    if len(marks) <= MOST_BADGES:
        return marks
    kept = MOST_BADGES - 1
    return [*marks[:kept], protocol.Badge(kind="label", text=f"+{len(marks) - kept}")]


def _box(box: Sequence[float | None] | None, width: int, height: int) -> list[float] | None:
    """x, y, width, height in pixels as shares, cut at the edges; None for what is no box inside the picture."""
    numbers = _numbers(box)
    if len(numbers) != 4:
        return None
    x, y, w, h = numbers
    left, top = max(x, 0.0), max(y, 0.0)
    right, bottom = min(x + w, width), min(y + h, height)
    if right <= left or bottom <= top:
        return None
    return [left / width, top / height, (right - left) / width, (bottom - top) / height]


def _points(points: Sequence[float | None] | None, width: int, height: int) -> list[float] | None:
    """Pixels as shares; None for what is no list of points."""
    numbers = _numbers(points)
    if not numbers or len(numbers) % 2:
        return None
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    pairs = pairs[:: math.ceil(len(pairs) / MOST_POINTS)]
    return [share for x, y in pairs for share in (_drawable(x / width), _drawable(y / height))]


def _drawable(share: float) -> float:
    """A share, and for what lies far outside one that a browser can still draw."""
    return min(max(share, -1.0), 2.0)


def _numbers(values: Sequence[float | None] | None) -> list[float]:
    """The values as finite numbers; nothing where one of them is none."""
    numbers = [float(value) for value in values or () if value is not None and math.isfinite(value)]
    return numbers if values is not None and len(numbers) == len(values) else []


def _mask(data: bytes, allowance: Allowance) -> str:
    """The mask as a PNG of one bit a pixel, opaque where it is, as base64; empty where it cannot be read or sent."""
    if allowance.left <= 0:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at below
            image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.width * image.height > MOST_MASK_PIXELS:
            return ""
        inside = _inside_of(image)
    except Exception:  # whatever a decoder says about bytes that are no PNG
        return ""
    inside.thumbnail((allowance.longest, allowance.longest), Image.Resampling.BOX)
    bits = Image.fromarray((np.asarray(inside) > 127).astype(np.uint8), "P")
    bits.putpalette([0, 0, 0, 255, 255, 255])
    buffer = io.BytesIO()
    bits.save(buffer, "PNG", transparency=0, bits=1)
    text = base64.b64encode(buffer.getvalue()).decode()
    if len(text) > allowance.left:
        return ""
    allowance.left -= len(text)
    return text


def _inside_of(image: Image.Image) -> Image.Image:
    """(h, w) 8-bit, 255 where the mask is."""
    if image.mode in {"L", "1"} and "transparency" not in image.info:  # nearly all are, and this is the fastest
        return image.convert("L").point([0] + [255] * 255)
    if "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in {"RGBA", "LA", "PA"}:
        alpha = np.asarray(image.getchannel("A"))
        if not (alpha == 255).all():
            return Image.fromarray(np.where(alpha > 127, 255, 0).astype(np.uint8))
        image = image.convert("RGB")
    pixels = np.asarray(image.convert("RGB") if image.mode == "P" else image)
    there = pixels.any(axis=-1) if pixels.ndim == 3 else pixels != 0
    return Image.fromarray(np.where(there, 255, 0).astype(np.uint8))
