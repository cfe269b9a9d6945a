"""The small JPEG that the grid shows: upright, RGB, longest side at most 256 px."""

from __future__ import annotations

import simplejpeg

from curate.media.planes import Planes

LONGEST = 256
"""Longest side of a thumbnail, pixels; smaller pictures keep their size."""

_QUALITY = 85


def encode_thumbnail(small: Planes) -> bytes:
    """Encode a small picture as JPEG (quality 85, colour at half resolution).

    >>> import numpy as np
    >>> grey = np.full((4, 4), 128, np.uint8)
    >>> encode_thumbnail(Planes(grey, grey[:2, :2].copy(), grey[:2, :2].copy()))[:2].hex()
    'ffd8'
    """
    jpeg: bytes = simplejpeg.encode_jpeg_yuv_planes(small.luma, small.blue, small.red, _QUALITY)
    return jpeg
