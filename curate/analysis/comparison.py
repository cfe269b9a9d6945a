"""Which of many vectors are near to which others: every pair is looked at, and most are settled by a quarter of their numbers.

Vectors are turned so that their first coordinates hold most of them (principal components). What is left over has a length, and by
Cauchy and Schwarz the leftovers of two vectors cannot add more to their cosine than the product of these. So

    cosine <= inner product of the first coordinates + product of the two lengths

which is one inner product of a few more than a quarter of the numbers. Only where it reaches the threshold, the cosine itself is
calculated. That loses no pair, whatever the vectors are; where it settles too little, all numbers are multiplied at once.
"""

from __future__ import annotations

import numpy as np

from curate.analysis.units import PIECE, Units
from curate.engines.threads import in_threads

_PART = 4
"""Of the coordinates, one in so many is looked at first."""

_LEAST = 64
"""With fewer dimensions than this all are looked at."""

_LEARNT_FROM = 20_000
"""Vectors whose principal components are taken."""

_ROUNDING = 0.0015
"""Halves round each number by at most 2**-11 of it, both sides of an inner product of unit vectors by at most 2**-10."""

_FEW = 1 / 200
"""Up to this share of the pairs of a tile it is faster to calculate their cosines one by one (measured: 10 ns against 2 us)."""

Near = tuple[np.ndarray, np.ndarray, np.ndarray]


class Comparison:
    """Compares vectors with vectors. What it holds is a quarter of them, in float16; any number of threads may ask.

    Args:
        units: the vectors.
        rng: draws those whose principal components are taken.
    """

    def __init__(self, units: Units, rng: np.random.Generator) -> None:
        self._units = units
        self._codes: np.ndarray | None = None
        if units.dimension < _LEAST or not len(units):
            return
        some = units.read(np.sort(rng.permutation(len(units))[:_LEARNT_FROM]))
        kept = units.dimension // _PART
        axes = np.ascontiguousarray(np.linalg.eigh(some.T @ some)[1][:, ::-1][:, :kept])
        codes = np.empty((len(units), kept + 1), np.float16)

        def encode(piece: np.ndarray) -> None:
            first = units.read(piece) @ axes
            codes[piece, :kept] = first
            codes[piece, kept] = np.sqrt(np.maximum(0, 1 - np.einsum("ij,ij->i", first, first)) + 1e-6)

        for _ in in_threads(encode, units.pieces()):
            pass
        self._codes = codes

    def near(self, one: np.ndarray, other: np.ndarray, threshold: float) -> Near:
        """All pairs of the numbers `one` with the numbers `other` whose cosine reaches the threshold.

        Args:
            one: (a,) integers.
            other: (b,) integers; a · b float32 are held for a moment.
            threshold: cosine.

        Returns:
            (k,) numbers of `one`, (k,) numbers of `other`, and (k,) float32 cosines.
        """
        if self._codes is not None:
            bounds = self._codes[one].astype(np.float32) @ self._codes[other].astype(np.float32).T
            near = np.flatnonzero(bounds >= threshold - _ROUNDING)
            if near.size <= bounds.size * _FEW:
                left, right = np.divmod(near, len(other))
                left, right = one[left], other[right]
                cosine = self._cosines(left, right)
                true = cosine >= threshold
                return left[true], right[true], cosine[true]
            del bounds
        cosines = self._units.read(one) @ self._units.read(other).T
        near = np.flatnonzero(cosines >= threshold)
        left, right = np.divmod(near, len(other))
        return one[left], other[right], cosines.ravel()[near]

    def _cosines(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        cosine = np.empty(len(left), np.float32)
        for low in range(0, len(left), PIECE):
            part = slice(low, low + PIECE)
            cosine[part] = np.einsum("ij,ij->i", self._units.read(left[part]), self._units.read(right[part]))
        return cosine
