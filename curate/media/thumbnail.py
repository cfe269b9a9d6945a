"""The small JPEG that the grid shows: upright, RGB, longest side at most 256 px."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import simplejpeg

LONGEST = 256
"""Longest side of a thumbnail, pixels; smaller pictures keep their size."""

_QUALITY = 85


def encode_thumbnail(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode a small picture as JPEG (quality 85, colour at half resolution).

    Args:
        pixels: (h, w, 3) uint8 RGB, or (h, w, 4) with a fourth channel that is ignored.

    >>> encode_thumbnail(np.zeros((2, 2, 3), np.uint8))[:2].hex()
    'ffd8'
    """
    colours = "RGBX" if pixels.shape[2] == 4 else "RGB"
    jpeg: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _QUALITY, colours, "420")
    return jpeg
