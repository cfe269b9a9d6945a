"""The space in which a hunt learns: vectors centred, half-whitened and scaled.

The vectors of one dataset fill a narrow cone (everything is a road), and in it a few directions have most of the variance:
day or night, town or forest. A classifier that is held short looks along those first. Dividing each principal direction
by the fourth root of its variance brings the fine ones nearer without making noise as loud as signal, as full whitening would.

Everything here is linear in the vectors, so what is learnt is folded back into one vector over them (`Space.folded`), and the
whole dataset is scored by one product, without a transformed copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.errors import BadValue

FITTED_ROWS = 50_000
"""So many vectors tell the directions; more change nothing that a hunt would notice."""

Floats = np.ndarray[Any, np.dtype[np.float32]]
Doubles = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Booleans = np.ndarray[Any, np.dtype[np.bool_]]

# Directions with less than this share of the mean variance are rounding of float16, and there is nothing to learn from them.
_LEAST = 1e-4
_BLOCK = 8192  # vectors that are brought to float32 at once


def fitting_rows(allowed: Booleans, *, seed: int) -> Integers:
    """Which vectors a space is fitted on: all of them, or `FITTED_ROWS` drawn at random.

    Args:
        allowed: (n,) bool, the positions that have a vector and belong to the view.
        seed: of the draw.

    Returns:
        (m,) int64 positions, ascending.

    >>> fitting_rows(np.array([True, False, True]), seed=0)
    array([0, 2])
    """
    rows = np.flatnonzero(allowed).astype(np.int64)
    if rows.size > FITTED_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, FITTED_ROWS, replace=False))
    return rows


@dataclass(frozen=True, eq=False)
class Space:
    """A linear map from vectors to features.

    Attributes:
        mean: (d,) float32.
        basis: (d, k) float32; the features of a vector x are ``(x - mean) @ basis``. Over the vectors that it was fitted on the
            features have a mean square of 1.
        directions: (d, k) float32, the principal directions, orthonormal.
        variances: (k,) float64, of the vectors along them, descending.
    """

    mean: Floats
    basis: Floats
    directions: Floats
    variances: Doubles

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.mean.size)

    def features(self, vectors: np.ndarray) -> Floats:
        """(m, k) float32 features of (m, d) float16 or float32 `vectors`.

        Raises:
            BadValue: vectors of another length.
        """
        vectors = np.asarray(vectors)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise BadValue(
                f"Vectors have the shape (m, {self.dimension}) in this space. Got {vectors.shape}",
                hint="one hunt uses the vectors of one encoder",
            )
        centred: Floats = vectors.astype(np.float32) - self.mean
        return centred @ self.basis

    def folded(self, weights: np.ndarray) -> tuple[Floats, float]:
        """Weights of features as a vector over raw vectors.

        Args:
            weights: (k,).

        Returns:
            direction (d,) float32 and offset, so that ``features(x) @ weights`` is ``x @ direction + offset``.
        """
        direction = self.basis.astype(np.float64) @ weights
        return direction.astype(np.float32), -float(direction @ self.mean.astype(np.float64))

    def standardised(self, query: np.ndarray) -> tuple[Floats, float]:
        """The z-score of the inner product with `query`, over the vectors that the space was fitted on.

        Args:
            query: (d,) of a search.

        Returns:
            direction (d,) float32 and offset, so that the z-score of a vector x is ``x @ direction + offset``. Where the
            vectors do not differ along the query, it is 0 for all.

        Raises:
            BadValue: a query of another length, or not finite.
        """
        wanted = np.asarray(query, np.float64)
        if wanted.shape != self.mean.shape or not np.isfinite(wanted).all():
            raise BadValue(
                f"A query is a finite vector of the shape ({self.dimension},) here. Got the shape {wanted.shape}",
                hint="search with the encoder of the hunt",
            )
        along = wanted @ self.directions.astype(np.float64)
        spread = float(np.sqrt((along**2) @ self.variances))
        if spread <= 1e-9 * max(float(np.linalg.norm(wanted)), 1e-300):
            return np.zeros_like(self.mean), 0.0
        direction = wanted / spread
        return direction.astype(np.float32), -float(direction @ self.mean.astype(np.float64))


def fit_space(vectors: np.ndarray) -> Space:
    """Fit the space on some of a dataset's vectors.

    Args:
        vectors: (m, d) float16 or float32, finite, at least one row; `fitting_rows` says which.

    Returns:
        A space of k features, k at most d and below m. Where all vectors are the same there is nothing to learn and k is 0.

    Raises:
        BadValue: no vectors, another shape, or vectors that are not finite.

    Source: the exponent -1/4 lies between none (principal components) and -1/2 (Mahalanobis whitening; Kessy, Lewin and
    Strimmer, "Optimal whitening and decorrelation", 2018).

    >>> space = fit_space(np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float16))
    >>> space.features(np.array([[1, 0]], np.float16)).shape
    (1, 2)
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise BadValue(
            f"A space is fitted on (m, d) vectors. Got the shape {vectors.shape}", hint="ds.embed() makes them"
        )
    rows, dimension = vectors.shape
    total = np.zeros(dimension)
    with np.errstate(invalid="ignore"):
        for start in range(0, rows, _BLOCK):
            total += vectors[start : start + _BLOCK].sum(axis=0, dtype=np.float64)
    mean = (total / rows).astype(np.float32)
    if not np.isfinite(mean).all():
        raise BadValue("A space is fitted on finite vectors. Got vectors with nan or infinity")
    covariance = np.zeros((dimension, dimension))
    for start in range(0, rows, _BLOCK):
        block = vectors[start : start + _BLOCK].astype(np.float32) - mean
        covariance += block.T @ block
    variances, directions = np.linalg.eigh(covariance / rows)
    variances, directions = variances[::-1], directions[:, ::-1]
    kept = variances > max(_LEAST * float(variances.mean()), 1e-12)
    kept &= np.arange(dimension) < rows - 1
    variances, directions = variances[kept], directions[:, kept]
    basis = directions * variances**-0.25
    # the mean square of a feature along a direction of variance v is v / sqrt(v)
    if variances.size:
        basis /= np.sqrt(np.sqrt(variances).mean())
    return Space(mean, basis.astype(np.float32), directions.astype(np.float32), variances.copy())
