"""What a blind draw says about the set that it was drawn from: exact limits, from the hypergeometric distribution alone.

Nothing here is asymptotic. A limit is the largest (or smallest) number of positives under which what was found is not yet
too unlikely, found by trying numbers of positives, so the limits hold for every set, however small or rare.

Source: Clopper and Pearson (1934), for draws without replacement as in Buonaccorsi, "A note on confidence intervals for
proportions in finite populations" (1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from curate.errors import BadValue

ALPHA = 0.05
"""How often a statement of a hunt may be wrong: its limits hold in 95 % of all audits, or more."""

_TIE = 1e-9  # a probability that is this near to the error rate, relatively, is not below it: ties widen, never narrow


def limits(found: int, drawn: int, size: int, *, alpha: float = ALPHA) -> tuple[int, int]:
    """Between how many and how many positives a set has, of which a simple random sample was looked at.

    Args:
        found: positives in the sample.
        drawn: samples looked at, drawn without replacement.
        size: of the set.
        alpha: error rate, half of it on either side; above 0 and below 1.

    Returns:
        The smallest and the largest number of positives in the whole set, those found included. Looking at all gives
        (found, found).

    Raises:
        BadValue: the numbers do not fit together.

    >>> limits(5, 100, 300)
    (7, 30)
    >>> limits(0, 0, 300)
    (0, 300)
    """
    _check(found, drawn, size, alpha)
    return _at_least(found, drawn, size, alpha / 2), _at_most(found, drawn, size, alpha / 2)


def at_most(found: int, drawn: int, size: int, *, alpha: float = ALPHA) -> int:
    """How many positives a set has at most: as `limits`, with the whole error rate on this one side.

    >>> at_most(0, 120, 18_000)
    442
    """
    _check(found, drawn, size, alpha)
    return _at_most(found, drawn, size, alpha)


def clean_answers(share: float, *, alpha: float = ALPHA) -> int:
    """How many blind answers, all of them no, it takes to say: at most this share.

    Enough for a set of any size; a small set needs fewer.

    Args:
        share: above 0 and below 1.
        alpha: error rate, above 0 and below 1.

    >>> clean_answers(0.025), clean_answers(0.005)
    (119, 598)
    """
    if not 0 < share < 1:
        raise BadValue(f"'share' must be above 0 and below 1. Got {share!r}", hint="0.005 is half a percent")
    _check_alpha(alpha)
    return math.ceil(math.log(alpha) / math.log1p(-share) - _TIE)


def _at_most(found: int, drawn: int, size: int, alpha: float) -> int:
    """The largest number of positives with which this few are found with a probability of `alpha` or more."""
    highest = size - (drawn - found)  # the others were looked at, and are not
    return _last(found, highest, lambda positives: _up_to(found, drawn, positives, size) >= alpha * (1 - _TIE))


def _at_least(found: int, drawn: int, size: int, alpha: float) -> int:
    # As many positives at least are as many negatives at most.
    return size - _at_most(drawn - found, drawn, size, alpha)


def _last(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The largest number from `low` to `high` for which it holds; it holds for `low`, and once it fails it goes on failing."""
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _up_to(found: int, drawn: int, positives: int, size: int) -> float:
    """The probability of finding that many positives or fewer.

    From the ratios of neighbouring terms, scaled to sum to one: with logarithms of factorials, which are large, a few
    digits would be lost.
    """
    fewest, most = max(0, drawn - (size - positives)), min(drawn, positives)
    if found >= most:
        return 1.0
    i = np.arange(fewest, most, dtype=np.float64)
    ratios = np.log((positives - i) * (drawn - i)) - np.log((i + 1) * (size - positives - drawn + i + 1))
    terms = np.concatenate([[0.0], np.cumsum(ratios)])
    terms = np.exp(terms - terms.max())
    return float(terms[: found - fewest + 1].sum() / terms.sum())


def _check(found: int, drawn: int, size: int, alpha: float) -> None:
    if not 0 <= found <= drawn <= size:
        raise BadValue(
            f"Of {size} samples {drawn} were looked at and {found} found: that cannot be",
            hint="0 <= found <= drawn <= size",
        )
    _check_alpha(alpha)


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise BadValue(f"'alpha' must be above 0 and below 1. Got {alpha!r}", hint="0.05 gives limits of 95 %")
