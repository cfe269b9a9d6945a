"""Masks: which pixels belong to something, as arrays, as the PNGs that labels keep, and as COCO's run lengths."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from curate.errors import BadValue

MOST_PIXELS = 200_000_000
"""Of one mask; a file that asks for more is out to fill the memory."""


def to_png(mask: np.ndarray) -> bytes:
    """A PNG of one bit a pixel, white where the mask is.

    Args:
        mask: (h, w); what is not 0 is inside.

    >>> from_png(to_png(np.eye(3))).sum()
    np.int64(3)
    """
    buffer = io.BytesIO()
    # one bit a pixel is small as it is; the usual level takes twice as long
    Image.fromarray(np.asarray(mask) != 0).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def from_png(data: bytes) -> np.ndarray:
    """(h, w) bool, True inside: what is opaque or, without transparency, not black.

    Raises:
        BadValue: it is no PNG, or one of too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at below
            image = Image.open(io.BytesIO(data), formats=["PNG"])
            _check_size(image.height, image.width)
            if image.mode == "1":
                return np.asarray(image)
            colours = np.asarray(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, BadValue):
            raise
        raise BadValue(f"A mask is a PNG of the shape of the picture. Got {data[:8]!r}…: {error}") from None
    opaque = colours[..., 3] > 127
    return colours[..., :3].max(axis=-1) > 0 if opaque.all() else opaque


def key_of(data: bytes) -> str:
    """The same text for masks of the same pixels, whichever encoder wrote the PNG."""
    mask = from_png(data)
    digest = hashlib.blake2b(np.packbits(mask).tobytes(), digest_size=16)
    return f"{mask.shape[0]}x{mask.shape[1]}:{digest.hexdigest()}"


def from_rings(rings: Sequence[Sequence[float]], height: int, width: int) -> np.ndarray:
    """(h, w) bool, True inside of any of some polygons; what lies outside of the picture is cut off.

    Args:
        rings: each x, y, x, y … in pixels, closed by itself.

    >>> from_rings([[0, 0, 3, 0, 3, 3, 0, 3]], 4, 8).sum()
    np.int64(16)
    """
    _check_size(height, width)
    image = Image.new("1", (width, height))
    draw = ImageDraw.Draw(image)
    for ring in rings:
        draw.polygon(list(zip(ring[::2], ring[1::2], strict=True)), fill=1, outline=1)
    return np.asarray(image)


def from_runs(counts: Sequence[int] | str, height: int, width: int) -> np.ndarray:
    """(h, w) bool of COCO's run-length encoding: lengths of runs outside and inside in turn, column by column.

    Args:
        counts: the lengths, or the text that COCO packs them into.

    Raises:
        BadValue: lengths that are not those of a mask of this size.

    >>> from_runs([2, 3, 1], 3, 2).astype(int)
    array([[0, 1],
           [0, 1],
           [1, 0]])
    """
    _check_size(height, width)
    lengths = _unpacked(counts) if isinstance(counts, str) else counts
    if any(not 0 <= length <= MOST_PIXELS for length in lengths) or sum(lengths) != height * width:
        raise BadValue(f"The run lengths of a mask of {height} x {width} pixels do not add up to these")
    inside = np.arange(len(lengths)) % 2 == 1
    return np.repeat(inside, lengths).reshape(width, height).T


def to_runs(mask: np.ndarray) -> str:
    """COCO's run-length encoding of a mask, as the text that COCO packs it into.

    Args:
        mask: (h, w); what is not 0 is inside.

    >>> from_runs(to_runs(np.eye(3)), 3, 3).astype(int).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    flat = np.concatenate([[False], np.asarray(mask).T.reshape(-1) != 0])
    # the first run is outside, of no length where the first pixel is inside
    edges = np.flatnonzero(np.diff(flat))
    return _packed(np.diff(edges, prepend=0, append=flat.size - 1).tolist())


def _packed(runs: Sequence[int]) -> str:
    """The way back of `_unpacked`."""
    text = []
    for at, run in enumerate(runs):
        value = run - runs[at - 2] if at > 2 else run
        while True:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            text.append(chr((bits | 32 if more else bits) + 48))
            if not more:
                break
    return "".join(text)


def _unpacked(text: str) -> list[int]:
    """Run lengths from COCO's text: six bits a character from "0" on, lowest first, and differences from the fourth on.

    Source: rleFrString in the COCO API's maskApi.c.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise BadValue(f"The packed run lengths of a mask hold {character!r}, where none can be")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise BadValue("The packed run lengths of a mask end in the middle of a number")
    return runs


def _check_size(height: int, width: int) -> None:
    if height < 1 or width < 1 or height * width > MOST_PIXELS:
        raise BadValue(f"A mask has 1 to {MOST_PIXELS:,} pixels. Got {height} x {width}")
