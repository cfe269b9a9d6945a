"""How often something is right, with the interval that the number of answers allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from curate.errors import BadValue

_Z = 1.959964  # of 95 %


@dataclass(frozen=True)
class Accuracy:
    """A share of right answers.

    Attributes:
        right: answers that were right.
        of: answers.
        low: of the 95 % interval, 0…1.
        high: of the 95 % interval, 0…1.

    >>> print(Accuracy(45, 50, 0.786, 0.957))
    90 % of 50 (95 % interval 79 to 96 %)
    """

    right: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Right answers over all of them, 0…1."""
        return self.right / self.of

    def __str__(self) -> str:
        return (
            f"{_percent(self.share)} % of {self.of:,} (95 % interval {_percent(self.low)} to {_percent(self.high)} %)"
        )


def measure(right: np.ndarray, *, groups: np.ndarray | None = None) -> Accuracy:
    """The share of right answers and its 95 % interval.

    Args:
        right: (n,) bool.
        groups: (n,) int64, samples that are all but the same picture. They are right or wrong together, so they count as
            fewer: of groups of sizes m there are (Σm)² / Σm² independent answers (Kish, "Survey Sampling", 1965).

    Raises:
        BadValue: no answers.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927): unlike Wald's, the
    interval holds for few answers and for shares near 1.

    >>> measure(np.array([True] * 45 + [False] * 5))
    Accuracy(right=45, of=50, low=0.786..., high=0.956...)
    """
    right = np.asarray(right, bool)
    if right.ndim != 1 or right.size == 0:
        raise BadValue(f"An accuracy needs answers. Got the shape {right.shape}")
    share, count = float(right.mean()), float(right.size)
    if groups is not None:
        sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
        count = float(sizes.sum() ** 2 / (sizes**2).sum())
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # rounding may leave a hair between 1 and the limit
    return Accuracy(int(right.sum()), right.size, min(low, share), max(high, share))


def _percent(share: float) -> str:
    """Whole per cent; with a decimal near the ends, where it says more.

    >>> _percent(0.5), _percent(0.9962), _percent(1.0)
    ('50', '99.6', '100')
    """
    number = 100 * share
    if number in {0, 100} or 1 <= number < 98.95:
        return f"{number:.0f}"
    return f"{math.floor(10 * number) / 10 if number > 50 else math.ceil(10 * number) / 10:.1f}"
