"""How near the parts of a split are to each other: the closest pairs across, and the share of each with a neighbour in train.

Whatever is compared, pairs are few: of equal samples those with one of them stand for all (`curate.analysis.blocks`), so equal ones
are one *class* here, and what is near to one is near to each of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

CLOSEST = 10
"""Pairs across parts that a certificate shows."""

LEVELS = (0.99, 0.98, 0.95, 0.9, 0.85, 0.8)
"""Similarities at which the shares with a neighbour are counted, besides the threshold itself."""

ROUNDING = 1e-5
"""What two orders of adding up a cosine may differ by."""

CONTENT, VECTOR, HASH = 0, 1, 2
BY = ("content", "vector", "hash")

_OTHERS = 16_384


class ClosePair(msgspec.Struct, frozen=True):
    """Two samples in different parts.

    Attributes:
        left: sample id.
        right: sample id.
        left_part: the part of each.
        right_part: the part of each.
        similarity: 0 to 1; the cosine of the vectors, 1 for equal content, or the share of equal bits of the hashes.
        by: "content", "vector" or "hash": what was compared.
    """

    left: int
    right: int
    left_part: str
    right_part: str
    similarity: float
    by: str


class NeighbourShare(msgspec.Struct, frozen=True):
    """How many samples of a part have a neighbour in the reference part at a threshold.

    Attributes:
        part: whose samples.
        threshold: similarity.
        samples: that were looked at.
        near: of these, how many have a neighbour there.
    """

    part: str
    threshold: float
    samples: int
    near: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.near / self.samples if self.samples else 0.0


class Nearness(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of near-duplicates on two sides of a split.

    Attributes:
        asked: "auto", "given", or "off" where nobody wanted to look for near ones.
        threshold: the cosine from which on two samples are near; None where vectors were not compared.
        calibrated: what the calibration gave, where "auto" had to take a higher one.
        bits: in how many bits of 64 near hashes differ; None where hashes were not compared.
        encoder: whose vectors; None for none.
        compared: samples by what they were compared: (vector, hash, neither).
        pairs: near pairs that were found, of equal samples those with one of them.
        copies: samples whose content equals an earlier one's.
        across: pairs at or above the threshold, or copies, whose two sides are in different parts.
        reference: the part whose neighbours `shares` counts.
        highest: the highest similarity across parts that was met; None where nothing was compared.
        closest: the closest pairs across parts, the most alike first.
        shares: by part and threshold.
        recall: the share of near pairs that the search finds, measured; 1 where everything was compared.
        notes: what a reader has to know, in sentences.
    """

    asked: str
    threshold: float | None = None
    calibrated: float | None = None
    bits: int | None = None
    encoder: str | None = None
    compared: tuple[int, int, int] = (0, 0, 0)
    pairs: int = 0
    copies: int = 0
    across: int = 0
    reference: str = ""
    highest: float | None = None
    closest: tuple[ClosePair, ...] = ()
    shares: tuple[NeighbourShare, ...] = ()
    recall: float = 1.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Near:
    """Pairs of rows, each once.

    Attributes:
        left: (m,) int64 rows.
        right: (m,) int64 rows.
        similarity: (m,) float32, 1 for the same.
        by: (m,) int8, an index into `BY`.
    """

    left: Ints
    right: Ints
    similarity: Floats
    by: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.left)

    @classmethod
    def of(cls, left: npt.ArrayLike, right: npt.ArrayLike, similarity: npt.ArrayLike, by: int) -> Near:
        """Pairs that were found in one way."""
        rows = np.asarray(left, np.int64)
        alike = np.asarray(similarity, np.float32)
        return cls(rows, np.asarray(right, np.int64), alike, np.full(len(rows), by, np.int8))

    @classmethod
    def joined(cls, parts: Sequence[Near]) -> Near:
        """All of these."""
        columns = zip(*((p.left, p.right, p.similarity, p.by) for p in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def take(self, chosen: npt.NDArray[np.bool_] | Ints) -> Near:
        """These pairs."""
        return Near(self.left[chosen], self.right[chosen], self.similarity[chosen], self.by[chosen])


@dataclass(frozen=True, eq=False)
class Across:
    """Near pairs, seen from a split.

    Attributes:
        best: (n, parts) float32, the highest similarity of each sample to one of that part; 0 where none is known, and 1 for
            its own part.
        pairs: one pair across parts for each two classes that have one, the most alike first.
    """

    best: Floats
    pairs: Near


def across(code: npt.ArrayLike, parts: int, near: Near) -> Across:
    """Which of these pairs lie across parts, and how near each sample is to each part.

    Args:
        code: (n,) integers, a part or less than 0 for none.
        parts: how many.
        near: pairs of rows; those of similarity 1 are the same.

    >>> near = Near.of([0, 1], [1, 2], [1.0, 0.75], VECTOR)
    >>> found = across([0, 0, 1], 2, near)
    >>> found.best.tolist()
    [[1.0, 0.75], [1.0, 0.75], [0.75, 1.0]]
    >>> found.pairs.left.tolist(), found.pairs.right.tolist()
    ([0], [2])
    """
    part = np.asarray(code, np.int64)
    n = len(part)
    same = near.take(near.similarity >= 1)
    klass = _classes(n, same)
    count = int(klass.max()) + 1 if n else 0
    placed = np.flatnonzero(part >= 0)
    member = np.full((count, parts), -1, np.int64)  # one row of each class in each part: the first
    member[klass[placed[::-1]], part[placed[::-1]]] = placed[::-1]
    has = member >= 0
    best = has.astype(np.float32)
    apart = near.take(klass[near.left] != klass[near.right])
    one, other = klass[apart.left], klass[apart.right]
    for mine, theirs in ((one, other), (other, one)):
        for p in range(parts):
            there = has[theirs, p]
            np.maximum.at(best[:, p], mine[there], apart.similarity[there])
    return Across(best[klass], _pairs_across(member, klass, same, apart))


def _classes(n: int, same: Near) -> Ints:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(same), np.int8)
    _, klass = connected_components(coo_array((ones, (same.left, same.right)), shape=(n, n)), directed=False)
    classes: Ints = klass.astype(np.int64)
    return classes


def _pairs_across(member: Ints, klass: Ints, same: Near, apart: Near) -> Near:
    """One pair for each class in several parts, and for each two near classes that are not both in one part alone."""
    has = member >= 0
    several = np.flatnonzero(has.sum(axis=1) > 1)
    first = has[several].argmax(axis=1)
    last = has.shape[1] - 1 - has[several][:, ::-1].argmax(axis=1)
    by = np.full(len(has), HASH, np.int8)
    np.minimum.at(by, klass[same.left], same.by)
    equal = Near(
        member[several, first], member[several, last], np.ones(len(several), np.float32), by[several].astype(np.int8)
    )
    one, other = klass[apart.left], klass[apart.right]
    # the last part of the one with the first of the other, or the other way round: one of them differs if any does
    left, right = np.full(len(apart), -1), np.full(len(apart), -1)
    for p in range(has.shape[1]):
        for q in range(has.shape[1]):
            if p != q:
                there = (left < 0) & has[one, p] & has[other, q]
                left[there], right[there] = member[one[there], p], member[other[there], q]
    crossing = left >= 0
    near = Near(left[crossing], right[crossing], apart.similarity[crossing], apart.by[crossing])
    found = Near.joined([equal, near])
    return found.take(np.lexsort((found.right, found.left, -found.similarity)))


def compared_with_parts(
    read: Callable[[Ints], Floats], asked: Ints, code: npt.ArrayLike, parts: int
) -> tuple[Floats, Near]:
    """How near some samples are to every part, by comparing them with all.

    Args:
        read: gives (k, d) float32 of unit length for (k,) rows. A row with nan is near to nothing.
        asked: (a,) rows.
        code: (n,) integers, a part or less than 0 for none.
        parts: how many.

    Returns:
        (a, parts) float32, the highest cosine to a sample of that part, 0 where there is none; and of each asked row the
        nearest pair with each other part.
    """
    part = np.asarray(code, np.int64)
    units = np.nan_to_num(read(asked))
    best = np.zeros((len(asked), parts), np.float32)
    nearest = np.full((len(asked), parts), -1, np.int64)
    for p in range(parts):
        members = np.flatnonzero(part == p)
        for low in range(0, len(members), _OTHERS):
            rows = members[low : low + _OTHERS]
            cosine = units @ np.nan_to_num(read(rows)).T
            at = cosine.argmax(axis=1)
            highest = cosine[np.arange(len(asked)), at]
            better = highest > best[:, p]
            best[better, p], nearest[better, p] = highest[better], rows[at[better]]
    best = np.minimum(best, np.float32(1))
    row, other = np.nonzero((nearest >= 0) & (np.arange(parts)[None] != part[asked][:, None]))
    left, right = asked[row], nearest[row, other]
    key = np.minimum(left, right) * len(part) + np.maximum(left, right)
    _, once = np.unique(key, return_index=True)
    return best, Near.of(left[once], right[once], best[row[once], other[once]], VECTOR)


def closest(found: Near, ids: Ints, code: npt.ArrayLike, names: Sequence[str]) -> tuple[ClosePair, ...]:
    """The `CLOSEST` of pairs across parts, each once, the most alike first."""
    part = np.asarray(code, np.int64)
    left, right = np.minimum(found.left, found.right), np.maximum(found.left, found.right)
    order = np.lexsort((ids[right], ids[left], found.by, -found.similarity))
    seen: set[tuple[int, int]] = set()
    pairs: list[ClosePair] = []
    for at in order.tolist():
        a, b = int(left[at]), int(right[at])
        if (a, b) in seen or part[a] == part[b]:
            continue
        seen.add((a, b))
        alike = round(float(found.similarity[at]), 6)
        pairs.append(ClosePair(int(ids[a]), int(ids[b]), names[part[a]], names[part[b]], alike, BY[found.by[at]]))
        if len(pairs) == CLOSEST:
            break
    return tuple(pairs)


def neighbour_shares(
    best: Floats, code: npt.ArrayLike, names: Sequence[str], reference: int, levels: Sequence[float]
) -> tuple[NeighbourShare, ...]:
    """Of each part but the reference, how many have a neighbour in the reference at each level, the highest level first.

    Args:
        best: (n, parts), as `across` gives it.
        code: (n,) integers, the part of each row of `best`.
        names: of the parts.
        reference: its number.
        levels: similarities.
    """
    part, shares = np.asarray(code, np.int64), []
    for p, name in enumerate(names):
        mine = best[part == p, reference]
        for level in sorted(set(levels), reverse=True) if p != reference else ():
            near = int((mine >= level - ROUNDING).sum())
            shares.append(NeighbourShare(name, round(float(level), 6), len(mine), near))
    return tuple(shares)


def reference_part(names: Sequence[str], sizes: Sequence[int]) -> int:
    """The part that a model learns from: "train" where one is called so, else the largest.

    >>> reference_part(["test", "train"], [9, 1]), reference_part(["a", "b"], [1, 9])
    (1, 1)
    """
    lower = [name.lower() for name in names]
    return lower.index("train") if "train" in lower else int(np.argmax(sizes))
