"""A 64-bit perceptual hash: pictures that look alike differ in few bits.

Method (pHash; Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, in the layout of the
`imagehash` package): luma scaled to 32 × 32, two-dimensional DCT-II, the 8 × 8 lowest frequencies, one bit each for
"greater than their median", row by row, the first bit the highest. Two hashes are compared by the bits in which they
differ: a smaller copy or a JPEG of low quality stays within about 10, unrelated pictures lie around 32.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SIDE = 32
_LOW = 8


def _dct_matrix() -> npt.NDArray[np.float32]:
    frequency = np.arange(_LOW)[:, None]
    position = np.arange(SIDE)[None, :]
    return np.cos(np.pi * (2 * position + 1) * frequency / (2 * SIDE)).astype(np.float32)


_DCT = _dct_matrix()
_DCT_TRANSPOSED = np.ascontiguousarray(_DCT.T)


def phash(luma: npt.NDArray[np.uint8]) -> int:
    """The perceptual hash of a picture.

    Args:
        luma: (32, 32) uint8, the whole picture squeezed into a square.

    Returns:
        0 … 2**64 - 1. A picture of one colour gives 0 (black) or only the highest bit.

    >>> phash(np.zeros((32, 32), np.uint8))
    0
    """
    low = _DCT @ luma.astype(np.float32) @ _DCT_TRANSPOSED
    # Whole numbers: coefficients that are zero but for rounding must not turn into random bits on flat pictures.
    low = np.rint(low)
    ordered = np.sort(low, axis=None)
    median = (ordered[31] + ordered[32]) / 2
    return int.from_bytes(np.packbits(low > median).tobytes())


def distance(first: int, second: int) -> int:
    """In how many of the 64 bits two hashes differ.

    >>> distance(0b1011, 0b0010)
    2
    """
    return (first ^ second).bit_count()
