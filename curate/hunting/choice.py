"""What a hunt shows next: the words' best first, then what the model thinks most likely, and of near duplicates one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from curate.errors import BadValue
from curate.hunting.space import Booleans, Floats, Integers

WORDS_FIRST = 20
"""So many answers come from the words alone, before the model chooses."""

ALIKE = 0.99
"""Vectors with at least this cosine are near duplicates here: the next frame of a drive, or the same picture saved again.

Among the demo's 2,000 scenes, which are frames of drives, copies have 0.993 to 1, the next frame has 0.996, and the nearest
frame of another drive 0.944 (medians). Holding back costs answers there, for what is like a wanted one is wanted, mostly: 7 % more
at 0.99, 30 % at 0.98.
"""

# So many candidates are looked at for each that is shown: past that, what is alike is shown after all.
_POOL = 30


def by_words(verdicts: np.ndarray) -> bool:
    """Whether the next batch still comes in the order of the words: too few answers, or no yes to learn from.

    Args:
        verdicts: (m,) bool, True is wanted; the unsure ones are left out.

    >>> by_words(np.array([True] * 19)), by_words(np.array([True] * 20)), by_words(np.array([False] * 100))
    (True, False, True)
    """
    verdicts = np.asarray(verdicts, np.bool_)
    return verdicts.size < WORDS_FIRST or not verdicts.any()


def choose(
    scores: np.ndarray,
    n: int,
    *,
    allowed: Booleans,
    vectors_of: Callable[[Integers], np.ndarray],
    rejected: np.ndarray | None = None,
) -> Integers:
    """The next samples to show: the best of the allowed, no two of them alike, and none that is like a rejected one.

    Held back is not lost: what is like another of the batch comes in a later one, and what is like a rejected one comes
    when better candidates are used up. A near duplicate of a *wanted* sample is shown, for it is probably wanted too and each
    member of a slice has been looked at. Uncertain or random samples are not mixed in: in simulations the former changed nothing
    and the latter cost answers.

    Args:
        scores: (n,) the text ranking (`by_words`) or the model's logits; nan is never shown.
        n: how many.
        allowed: (n,) bool: of the view, and neither answered nor in somebody else's hands.
        vectors_of: gives (m, d) unit vectors of (m,) positions, such as `VectorIndex.reconstruct`.
        rejected: (r, d) unit vectors of what was answered with no or unsure.

    Returns:
        (m,) int64 positions, best first, equal scores by position; fewer than `n` only where fewer are left.

    Raises:
        BadValue: `n` below 1, or scores and mask of different shapes.

    >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> choose(np.array([0.9, 0.8, 0.7]), 2, allowed=np.ones(3, bool), vectors_of=vectors.__getitem__)
    array([0, 2])
    """
    scores, allowed = np.asarray(scores), np.asarray(allowed)
    if n < 1:
        raise BadValue(f"'n' must be at least 1. Got {n}", hint="hunt.next(20)")
    if scores.ndim != 1 or allowed.shape != scores.shape or allowed.dtype != np.bool_:
        raise BadValue(
            f"Scores and the mask of what may be shown have one shape, (n,). Got {scores.shape} and {allowed.shape} {allowed.dtype}"
        )
    candidates = best(scores, n * _POOL, allowed=allowed)
    if candidates.size == 0:
        return candidates
    vectors = np.asarray(vectors_of(candidates), np.float32)
    twins = vectors @ vectors.T >= ALIKE
    held_back = _like_any(vectors, rejected)
    chosen: list[int] = []
    for number in range(candidates.size):
        if len(chosen) == n:
            break
        if not held_back[number]:
            chosen.append(number)
            held_back |= twins[number]
    if len(chosen) < n:
        rest = np.setdiff1d(np.arange(candidates.size), chosen)
        chosen += rest[: n - len(chosen)].tolist()
    return candidates[chosen]


def best(scores: np.ndarray, n: int, *, allowed: Booleans) -> Integers:
    """The `n` allowed positions with the highest scores, best first, equal scores by position; nan is left out.

    >>> best(np.array([0.1, np.nan, 0.3, 0.3]), 2, allowed=np.ones(4, bool))
    array([2, 3])
    """
    positions = np.flatnonzero(allowed & ~np.isnan(scores)).astype(np.int64)
    keys = -scores[positions]
    if positions.size > n:
        # equal scores at the cut: all of them, so that their positions decide
        cut = np.partition(keys, n - 1)[n - 1]
        kept = keys <= cut
        positions, keys = positions[kept], keys[kept]
    return positions[np.lexsort((positions, keys))[:n]]


def _like_any(vectors: Floats, others: np.ndarray | None) -> Booleans:
    if others is None or len(others) == 0:
        return np.zeros(len(vectors), np.bool_)
    return np.asarray((vectors @ np.asarray(others, np.float32).T).max(axis=1) >= ALIKE)
