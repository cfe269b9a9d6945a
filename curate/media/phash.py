"""A 64-bit perceptual hash: pictures that look alike differ in few bits.

Method (pHash; Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, in the layout of the
`imagehash` package): luma scaled to 32 × 32 by area, two-dimensional DCT-II, the 8 × 8 lowest frequencies, one bit each for
"greater than their median", row by row, the first bit the highest. Two hashes are compared by the bits in which they
differ: a smaller copy or a JPEG of low quality stays within about 10, unrelated pictures lie around 32.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_SIDE = 32
_LOW = 8


def _dct() -> Floats:
    frequency = np.arange(_LOW)[:, None]
    position = np.arange(_SIDE)[None, :]
    return np.cos(np.pi * (2 * position + 1) * frequency / (2 * _SIDE)).astype(np.float32)


@functools.lru_cache(maxsize=512)
def _project(length: int) -> Floats:
    """(8, length): a line scaled to 32 values by area, and the lowest frequencies of those; one matrix for both."""
    scale = length / _SIDE
    cell = np.arange(_SIDE)[:, None]
    pixel = np.arange(length)[None, :]
    overlap = np.minimum((cell + 1) * scale, pixel + 1) - np.maximum(cell * scale, pixel)
    matrix: Floats = _dct() @ (np.clip(overlap, 0, None) / scale).astype(np.float32)
    return matrix


def phash(luma: npt.NDArray[np.uint8]) -> int:
    """The perceptual hash of a picture.

    Args:
        luma: (h, w) uint8; `curate.media.planes` gives it at a size at which this is cheap.

    Returns:
        0 … 2**64 - 1. A picture of one colour gives 0 (black) or only the highest bit.

    >>> phash(np.zeros((100, 150), np.uint8))
    0
    """
    height, width = luma.shape
    # Whole numbers: coefficients that are zero but for rounding must not turn into random bits on flat pictures.
    low = np.rint(_project(height) @ luma.astype(np.float32) @ _project(width).T)
    ordered = np.sort(low, axis=None)
    median = (ordered[31] + ordered[32]) / 2
    return int.from_bytes(np.packbits(low > median).tobytes())


def distance(first: int, second: int) -> int:
    """In how many of the 64 bits two hashes differ.

    >>> distance(0b1011, 0b0010)
    2
    """
    return (first ^ second).bit_count()
