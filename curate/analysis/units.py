"""The vectors that can be compared: of unit length, each different one once, read in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from curate.engines.threads import in_threads
from curate.errors import BadValue

PIECE = 4096
"""Vectors that are brought to float32 at once: 8 MB of 512 dimensions."""

_SHORTEST, _LONGEST = 1e-30, 1e30
"""Lengths between which float32 can hold a vector and its inverse length."""

Tell = Callable[[str, int, int], None]
"""Hears the stage of the work, how much of it is done, and of how much."""


class Units:
    """The different, usable vectors among those given, numbered 0…m-1.

    Args:
        vectors: (n, d) float16 or float32, also a memory-mapped file; their length does not matter. They are not kept, but read in
            pieces whenever they are needed.
        tell: hears how far it is: stage "reading".

    Attributes:
        rows: (m,) int32 ascending, the row of each.
        same: (k,) int32 rows that equal an earlier one, bit for bit.
        twin: (k,) int32 the first row that each of these equals.
        left_out: how many rows have no direction: nan, infinity, or nothing but zeros.

    Raises:
        BadValue: another shape or type.

    >>> units = Units(np.array([[2, 0], [0, 0], [2, 0], [3, 4]], np.float32))
    >>> units.rows.tolist(), units.same.tolist(), units.twin.tolist(), units.left_out
    ([0, 3], [2], [0], 1)
    >>> units.read(np.array([1])).round(2).tolist()
    [[0.6..., 0.8...]]
    """

    def __init__(self, vectors: np.ndarray, tell: Tell | None = None) -> None:
        vectors = np.asanyarray(vectors)
        if vectors.ndim != 2 or vectors.dtype not in (np.float16, np.float32):
            raise BadValue(f"Vectors are (n, d) float16 or float32. Got {vectors.shape} {vectors.dtype}")
        self._vectors = vectors
        self.dimension = vectors.shape[1]
        lengths, keys = self._measured(tell)
        usable = np.flatnonzero((lengths > _SHORTEST) & (lengths < _LONGEST)).astype(np.int32)
        self.left_out = len(vectors) - len(usable)
        _, first, twin = np.unique(keys[usable], return_index=True, return_inverse=True)
        twins: np.ndarray = usable[first[twin]]
        later = np.flatnonzero(twins != usable)
        for low in range(0, len(later), PIECE):  # two different vectors may share a key; they are no twins then
            part = later[low : low + PIECE]
            equal = (vectors[usable[part]] == vectors[twins[part]]).all(axis=1)
            twins[part[~equal]] = usable[part[~equal]]
        same = twins != usable
        self.same, self.twin = usable[same], twins[same]
        self.rows = usable[~same]
        self._scale = (1 / lengths[self.rows]).astype(np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, which: np.ndarray) -> np.ndarray:
        """(k, d) float32 of unit length: the vectors of the (k,) numbers `which`."""
        units: np.ndarray = self._vectors[self.rows[which]].astype(np.float32)
        units *= self._scale[which, None]
        return units

    def pieces(self) -> Iterator[np.ndarray]:
        """All numbers, in order, as many at once as should be read at once."""
        for low in range(0, len(self), PIECE):
            yield np.arange(low, min(low + PIECE, len(self)))

    def _measured(self, tell: Tell | None) -> tuple[np.ndarray, np.ndarray]:
        """(n,) float64 lengths, and (n,) uint64 keys that equal vectors share."""
        count = len(self._vectors)
        lengths, keys = np.zeros(count), np.zeros(count, np.uint64)
        factors = np.random.default_rng(0).integers(0, 2**63, self.dimension, np.uint64) * np.uint64(2) + np.uint64(1)

        def measure(low: int) -> None:
            part = np.ascontiguousarray(self._vectors[low : low + PIECE])
            bits = part.view(np.uint16 if part.dtype == np.float16 else np.uint32)
            if part.shape[1] > 0 and part.shape[1] % 4 == 0:
                bits = part.view(np.uint64)  # eight bytes at once, where a row is full of them
            keys[low : low + PIECE] = (bits * factors[: bits.shape[1]]).sum(axis=1)
            # the square of a large float32 is no float32
            wide = part.astype(np.float32 if part.dtype == np.float16 else np.float64)
            lengths[low : low + PIECE] = np.linalg.norm(wide, axis=1)

        for low, _ in in_threads(measure, range(0, count, PIECE)):
            if tell is not None:
                tell("reading", min(low + PIECE, count), count)
        return lengths, keys
