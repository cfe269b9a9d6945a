"""How much a part differs from the whole, 0 to 1, with what chance alone would give taken off."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

_FEWEST, _MOST = 1e-3, 1e2


def difference(whole: np.ndarray, part: np.ndarray, *, size: int | None = None, of: int | None = None) -> float:
    """The Jensen-Shannon divergence of two sets of counts, base 2, corrected for chance.

    Three samples never spread over a histogram as a million do: a small part differs from the whole although it was drawn
    blindly. What a blind draw of that size seldom exceeds (its mean and two standard deviations) is taken off, and the rest
    scaled so that 1 stays 1: ``(d - c) / (1 - c)``. So 0 is no more than chance, and 1 is no value in common.

    Args:
        whole: (k,) int64 counts.
        part: (k,) int64 counts over the same values.
        size: samples in the part; by default the sum of its counts. Samples with several values count once.
        of: samples in the whole, likewise.

    Source: Lin, "Divergence Measures Based on the Shannon Entropy" (1991). The correction has the form of the adjusted mutual
    information (Vinh, Epps and Bailey, 2010), whose expectation is over draws without replacement; here each count is taken as
    Poisson with the variance that the draw leaves it, and counts as independent.

    >>> difference(np.array([50, 50, 0]), np.array([0, 0, 9]))
    1.0
    >>> difference(np.array([500, 500]), np.array([50, 50]))
    0.0
    """
    all_counts, part_counts = int(whole.sum()), int(part.sum())
    if all_counts == 0 or part_counts == 0:
        return 0.0
    size, of = size if size is not None else part_counts, of if of is not None else all_counts
    p, q = whole / all_counts, part / part_counts
    found = float(np.sum(_divergence(p, q)))
    chance = _by_chance(p, size, of)
    return min(max((found - chance) / (1 - chance), 0.0), 1.0) if chance < 1 else 0.0


def _divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What each value adds to the divergence."""
    mean = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (np.where(p > 0, p * np.log2(p / mean), 0.0) + np.where(q > 0, q * np.log2(q / mean), 0.0)) / 2
    return np.asarray(terms)


def _by_chance(p: np.ndarray, size: int, of: int) -> float:
    """What the divergence of a blind draw of `size` out of `of` from shares `p` seldom exceeds."""
    left = 1 - size / of if size < of else 0.0
    if left <= 0:
        return 0.0
    p = p[(p > 0) & (p < 1)]
    # the relative variance of a count is (1 - p) * left / (size * p); a Poisson count of this mean has the same
    mean = size * p / ((1 - p) * left)
    points, means, variances = _chance()
    at = np.log(np.clip(mean, _FEWEST, _MOST))
    # past the table a count is as good as normal, and what it adds as good as the square of one
    normal = 1 / (8 * math.log(2) * mean)
    often = mean > _MOST
    added = p * np.where(often, normal, np.interp(at, points, means))
    variance = p**2 * np.where(often, 2 * normal**2, np.interp(at, points, variances))
    return float(added.sum() + 2 * math.sqrt(variance.sum()))


@cache
def _chance() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and variance of what a value of share p adds to the divergence, divided by p and by its square.

    Each by the logarithm of the value's expected count, which is the first of the three.
    """
    means = np.geomspace(_FEWEST, _MOST, 80)
    counts = np.arange(400)
    log_factorial = np.array([math.lgamma(c + 1) for c in counts])
    weights = np.exp(counts * np.log(means[:, None]) - means[:, None] - log_factorial)
    added = _divergence(np.ones_like(weights), counts / means[:, None])
    mean = (weights * added).sum(axis=1)
    return np.log(means), mean, (weights * added**2).sum(axis=1) - mean**2
