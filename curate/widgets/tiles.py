"""What one sample looks like in a widget: a tile of the grid, and the large picture."""

from __future__ import annotations

import datetime
import io
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from curate.media.decode import decode
from curate.widgets import protocol
from curate.widgets.shapes import TILE_MASK_PIXELS, Allowance, badges, by_sample, labels_of, shapes_of, values_of

if TYPE_CHECKING:
    from curate.dataset import Dataset

TILE_COLUMNS = ("sample_id", "uri", "status", "error", "width", "height", "tags")

PICTURE_PIXELS = 1600
"""Longest side of the large picture."""

WHY_NO_PICTURE = {
    "missing": "The file is not there any more.",
    "empty": "The file is empty.",
    "corrupt": "The file cannot be read as an image.",
    "too_large": "The image is too large to be decoded.",
}


def page(
    dataset: Dataset, positions: np.ndarray, scores: np.ndarray | None, *, shapes: bool = False
) -> tuple[list[protocol.RowInfo], bytes]:
    """The tiles of a page, and their thumbnails one after the other.

    The page is cut where its thumbnails pass 1 MB, never below one row.

    Args:
        dataset: whose samples.
        positions: (m,) int64.
        scores: (m,) float32 aligned with them, or None.
        shapes: with boxes, masks and points.
    """
    thumbnails: list[bytes] = []
    size = 0
    for thumbnail in dataset.thumbnails(positions):
        data = thumbnail or b""
        if thumbnails and size + len(data) > protocol.PAGE_BYTES:
            break
        thumbnails.append(data)
        size += len(data)
    frame = dataset.frame(positions[: len(thumbnails)], list(TILE_COLUMNS))
    labels = by_sample(labels_of(dataset.session, frame["sample_id"].to_numpy(), places=shapes))
    allowance = Allowance(longest=TILE_MASK_PIXELS)
    rows = []
    for i, sample in enumerate(frame.iter_rows(named=True)):
        own = labels.get(sample["sample_id"], [])
        status = sample["status"] or "ok"
        rows.append(
            protocol.RowInfo(
                sample_id=str(sample["sample_id"]),
                name=name_of(sample["uri"]),
                status=status,
                error=(sample["error"] or "")[:500],
                score=None if scores is None or not math.isfinite(scores[i]) else float(scores[i]),
                badges=badges(sample["tags"] or [], values_of(own), status),
                shapes=shapes_of(own, sample["width"], sample["height"], allowance) if shapes else [],
                width=sample["width"] or 0,
                height=sample["height"] or 0,
                bytes=len(thumbnails[i]),
            )
        )
    return rows, b"".join(thumbnails)


def picture(dataset: Dataset, position: int) -> tuple[bytes, str]:
    """The large picture as a JPEG of at most 1600 px, and a note where it could not be made.

    Whatever the format, it is encoded again, because browsers show neither TIFF nor 16 bits. A file that cannot
    be read gives its thumbnail, or no bytes at all.
    """
    try:
        return large_jpeg(dataset.read_media(position)), ""
    except Exception as error:
        why = str(error).split(" Hint: ", 1)[0]
    thumbnail = dataset.thumbnails(np.array([position], dtype=np.int64))[0]
    if thumbnail:
        return thumbnail, f"Only the thumbnail can be shown. {why}"
    return b"", why


def large_jpeg(data: bytes, *, longest: int = PICTURE_PIXELS) -> bytes:
    """Encode an image file again as an upright 8-bit JPEG whose longest side is at most `longest` pixels.

    Raises:
        Undecodable: it cannot be read, or has too many pixels.
    """
    image = Image.fromarray(decode(data, min_side=longest))
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


# What the store keeps for itself, and what Curate measures: the person's own columns come before both.
PLUMBING = {
    "tags", "root", "content_hash", "phash", "mtime", "mode", "orientation", "ingested_at", "aspect", "height",
    "projection_x", "projection_y",
}  # fmt: skip
MEASURED = (
    "brightness", "contrast", "sharpness", "saturation", "entropy",
    "brightness_p5", "brightness_p99", "clipped_dark", "clipped_bright", "acutance",
)  # fmt: skip
IDENTITY = ("captured_at", "latitude", "longitude", "width", "format", "bytes", "source", "origin", "uri", "sample_id")


def fields(sample: dict[str, Any]) -> list[protocol.Field]:
    """The metadata of a sample as lines of text, its issues and the person's own columns first; what is empty is left out."""
    flags = {name: f"{kind}_score" for name in sample if (kind := kind_of_issue(name)) and f"{kind}_score" in sample}
    elsewhere = {*PLUMBING, *MEASURED, *IDENTITY, *flags, *flags.values()}
    own = [name for name in sample if name not in elsewhere]
    wrong = ", ".join(kind_of_issue(name).replace("_", " ") for name in flags if sample[name])
    lines = [protocol.Field(name="issues", value=wrong)] if wrong else []
    for name in (*own, *MEASURED, *IDENTITY):
        value = sample.get(name)
        text = f"{value:,}" if name == "bytes" and isinstance(value, int) else text_of(value)
        if name == "width" and text:
            lines.append(protocol.Field(name="size", value=f"{text} × {text_of(sample.get('height'))}"))
        elif text and not (name == "status" and text == "ok"):
            lines.append(protocol.Field(name=name, value=text[:1000]))
    return lines


def kind_of_issue(column: str) -> str:
    """Which issue a column says of a sample; empty where it says none.

    >>> kind_of_issue("is_low_information_issue"), kind_of_issue("issue")
    ('low_information', '')
    """
    return column.removeprefix("is_").removesuffix("_issue") if re.fullmatch(r"is_\w+_issue", column) else ""


def text_of(value: Any) -> str:
    """A value as a person reads it; "" for what is empty or not for reading (bytes, long lists of numbers)."""
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(text_of(item) for item in value) if len(value) <= 32 else f"{len(value):,} values"
    return str(value)


def name_of(uri: str | None) -> str:
    """The last two parts of a URI, which tell samples of different folders apart."""
    parts = [part for part in (uri or "").replace("\\", "/").split("/") if part and not part.endswith(":")]
    return "/".join(parts[-2:])
