"""How much a part differs from the whole, 0 to 1, with what chance alone would give taken off."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

_FEWEST, _MOST = 1e-3, 1e2


def difference(whole: np.ndarray, part: np.ndarray, *, size: int | None = None, of: int | None = None) -> float:
    """The Jensen-Shannon divergence of two sets of counts, base 2, corrected for chance.

    Three samples never spread over a histogram as a million do: a small part differs from the whole although it was drawn
    blindly. What a blind draw of that size gives on average is taken off, and the rest scaled so that 1 stays 1:
    ``(d - e) / (1 - e)``. So 0 is no more than chance, and 1 is no value in common.

    Args:
        whole: (k,) int64 counts.
        part: (k,) int64 counts over the same values.
        size: samples in the part; by default the sum of its counts. Samples with several values count once.
        of: samples in the whole, likewise.

    Source: Lin, "Divergence Measures Based on the Shannon Entropy" (1991). The correction has the form of the adjusted mutual
    information (Vinh, Epps and Bailey, 2010); its expectation is over draws without replacement, each count taken as Poisson
    with the variance that the draw leaves it.

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
    expected = _expected(p, size, of)
    if expected >= 1:
        return 0.0
    return min(max((found - expected) / (1 - expected), 0.0), 1.0)


def _divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What each value adds to the divergence."""
    mean = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (np.where(p > 0, p * np.log2(p / mean), 0.0) + np.where(q > 0, q * np.log2(q / mean), 0.0)) / 2
    return np.asarray(terms)


def _expected(p: np.ndarray, size: int, of: int) -> float:
    """The mean divergence of a blind draw of `size` out of `of` from shares `p`."""
    left = 1 - size / of if size < of else 0.0
    if left <= 0:
        return 0.0
    p = p[p > 0]
    # the relative variance of a count is (1 - p) * left / (size * p); a Poisson count of this mean has the same
    with np.errstate(divide="ignore"):
        mean = np.where(p < 1, size * p / ((1 - p) * left), np.inf)
    points, values = _chance()
    inside = np.interp(np.log(np.clip(mean, _FEWEST, _MOST)), points, values)
    # past the table a count is as good as normal, and below it almost never there
    return float(np.sum(p * np.where(mean > _MOST, 1 / (8 * math.log(2) * mean), inside)))


@cache
def _chance() -> tuple[np.ndarray, np.ndarray]:
    """What a value of share p adds to the mean divergence, divided by p, by the logarithm of its expected count."""
    means = np.geomspace(_FEWEST, _MOST, 80)
    counts = np.arange(400)
    log_factorial = np.array([math.lgamma(c + 1) for c in counts])
    weights = np.exp(counts * np.log(means[:, None]) - means[:, None] - log_factorial)
    added = _divergence(np.ones_like(weights), counts / means[:, None])
    return np.log(means), (weights * added).sum(axis=1)
