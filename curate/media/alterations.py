"""Copies as they come about: the same picture smaller, cut, compressed, lighter, written on or mirrored.

With them a search for duplicates is calibrated on a person's own pictures (`curate.analysis.threshold`). What counts as "the same
picture" is thereby these, and what lies between them and the original:

| kind | what is done |
| --- | --- |
| half | width and height halved, by area |
| crop | 90 % of the width and of the height kept (81 % of the area), from a place that the seed draws |
| jpeg | encoded as JPEG of quality 30, colour at half resolution |
| brighter, darker | every value times 1.2 or 0.8, cut at 255 |
| overlay | two words in white with a black edge, as a caption: letters of 9 % of the height, at a place that the seed draws |
| mirror | left and right exchanged; only where it is asked for, since many datasets tell them apart |

The same pixels, kind and seed give the same bytes with the same version of Pillow. All but ``jpeg`` are encoded with quality 92.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from curate.errors import BadValue

Pixels = npt.NDArray[np.uint8]

KEPT = 0.9
"""Of the width and of the height, what a crop keeps."""

LIGHTER = 0.2
"""By which share a picture becomes brighter or darker."""

QUALITY = 30
"""Of the poor JPEG."""

_GOOD = 92
_WORDS = "SAMPLE 0042"
_LETTERS = 0.09


def alter(pixels: Pixels, kind: str, *, seed: int = 0) -> bytes:
    """A copy of a picture, as the bytes of a JPEG.

    Args:
        pixels: (h, w, 3) uint8 RGB, at least 2 × 2.
        kind: one of `KINDS` or `MIRROR`.
        seed: draws the place of a crop and of an overlay.

    Raises:
        BadValue: an unknown kind, or pixels of another shape.

    >>> copy = Image.open(io.BytesIO(alter(np.zeros((60, 80, 3), np.uint8), "half")))
    >>> copy.size, copy.format
    ((40, 30), 'JPEG')
    """
    if kind not in _ALTERATIONS:
        raise BadValue(f"'kind' must be one of {', '.join(_ALTERATIONS)}. Got {kind!r}", hint="alter(pixels, 'half')")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or min(pixels.shape[:2]) < 2:
        raise BadValue(f"'pixels' is (h, w, 3) uint8, at least 2 × 2. Got {pixels.dtype} {pixels.shape}")
    picture = _ALTERATIONS[kind](Image.fromarray(pixels), np.random.default_rng(seed))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY if kind == "jpeg" else _GOOD)
    return out.getvalue()


def mirrored_hash(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """About what `curate.media.phash.phash` gives for the mirrored pictures, a few bits off.

    In a mirrored line every second frequency of the cosine transform has the other sign, and the median of all stays near 0.

    >>> hex(int(mirrored_hash(np.array([0], np.uint64))[0]))
    '0x5555555555555555'
    """
    return hashes ^ np.uint64(0x5555555555555555)


def _half(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture.resize((max(1, picture.width // 2), max(1, picture.height // 2)), Image.Resampling.BOX)


def _crop(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    width, height = max(1, round(picture.width * KEPT)), max(1, round(picture.height * KEPT))
    left = int(random.integers(0, picture.width - width + 1))
    top = int(random.integers(0, picture.height - height + 1))
    return picture.crop((left, top, left + width, top + height))


def _as_it_is(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture


def _brighter(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture.point([min(255, round(value * (1 + LIGHTER))) for value in range(256)] * 3)


def _darker(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture.point([round(value * (1 - LIGHTER)) for value in range(256)] * 3)


def _overlay(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    size = max(4, round(picture.height * _LETTERS))
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(picture)
    edge = max(1, size // 12)
    left, top, right, bottom = draw.textbbox((0, 0), _WORDS, font=font, stroke_width=edge)
    x = random.integers(0, max(1, round(picture.width - (right - left))))
    y = random.integers(0, max(1, round(picture.height - (bottom - top))))
    draw.text((int(x) - left, int(y) - top), _WORDS, "white", font, stroke_width=edge, stroke_fill="black")
    return picture


def _mirror(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


_ALTERATIONS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "half": _half,
    "crop": _crop,
    "jpeg": _as_it_is,
    "brighter": _brighter,
    "darker": _darker,
    "overlay": _overlay,
    "mirror": _mirror,
}

MIRROR = "mirror"
"""The kind that is a copy only where the user says so."""

KINDS = tuple(kind for kind in _ALTERATIONS if kind != MIRROR)
"""The kinds that are always copies."""
