"""Equal and near hashes: the same bytes by their content hash, pictures that look alike by perceptual hashes of 64 bits.

Up to `EXACT_ROWS` hashes every pair is compared, by FAISS. Past that by multi-index hashing (Norouzi, Punjani and Fleet, "Fast
Exact Search in Hamming Space with Multi-Index Hashing", 2014): the 64 bits fall into four parts; hashes that differ in at most d
bits differ in at most d // 4 in one of them, so only those are compared that agree that far in a part. Nothing is missed. FAISS has
this as ``IndexBinaryMultiHash``, which answers one query after the other from hash maps. Here all pairs are wanted, and joining
sorted arrays does that in a hundredth of the time: seconds of one core, within 10 bits,

| random hashes | this module | IndexBinaryFlat | IndexBinaryMultiHash(64, 4, 16), nflip 2 |
| ------------: | ----------: | --------------: | ---------------------------------------: |
|       100,000 |         0.8 |             3.5 |                                       24 |
|       400,000 |         4.1 |              59 |                                      485 |
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import faiss
import numpy as np
import polars as pl

from curate.errors import BadValue

EXACT_ROWS = 20_000
"""Up to so many different hashes every pair is compared, in a fifth of a second."""

FURTHEST = 15
"""In how many bits near hashes may differ: past that, unrelated pictures do as well (they lie around 32)."""

MOST_PAIRS = 30_000_000
"""More pairs than this are refused: they take 9 bytes each, and nobody looks at them."""

_PARTS = 4
_BITS = 64 // _PARTS
_ASKED = 1024
"""Hashes that FAISS is asked for at once."""

_STEP = 1 << 18
"""Comparisons at once; their arrays stay in the processor's cache."""

Tell = Callable[[str, int, int], None]
"""Hears the stage of the work, how much of it is done, and of how much."""


def _nobody(stage: str, done: int, total: int) -> None:
    pass


def same_content(keys: pl.Series) -> np.ndarray:
    """Which rows have the same content hash.

    Args:
        keys: (n,) of any type that can be compared, as text or whole numbers; null is a row without one, and equals nothing.

    Returns:
        (n,) int64: the first row with that key; a row without a key has its own number.

    >>> same_content(pl.Series(["a", "b", "a", None, None])).tolist()
    [0, 1, 0, 3, 4]
    """
    rows = pl.DataFrame({"key": keys}).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    first = pl.when(pl.col("key").is_null()).then(pl.col("row")).otherwise(pl.col("row").min().over("key"))
    return rows.select(first.alias("first"))["first"].to_numpy()


def near_hashes(
    hashes: np.ndarray, distance: int, *, most: int = MOST_PAIRS, tell: Tell = _nobody
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of hashes that differ in at most `distance` bits.

    Equal hashes are compared with the others once: of their pairs, those with the first of them are given. (All pictures of
    one colour have the hash 0 or 2**63, whatever the colour: leave these out, they say nothing.)

    Args:
        hashes: (n,) uint64, or int64 with the same bits.
        distance: 0 to `FURTHEST` bits.
        most: pairs.
        tell: hears how far it is: stage "hashes".

    Returns:
        left and right (m,) int32 with left < right, ordered, and (m,) uint8 the bits in which they differ.

    Raises:
        BadValue: a distance out of range, hashes of another type, or more than `most` pairs.

    >>> left, right, bits = near_hashes(np.array([0b1111, 0b0111, 2**40], np.uint64), 3)
    >>> left.tolist(), right.tolist(), bits.tolist()
    ([0], [1], [1])
    """
    hashes = np.asarray(hashes)
    if hashes.ndim != 1 or hashes.dtype not in (np.uint64, np.int64):
        raise BadValue(f"Perceptual hashes are (n,) uint64. Got {hashes.shape} {hashes.dtype}")
    if not 0 <= distance <= FURTHEST:
        raise BadValue(
            f"'distance' is 0 to {FURTHEST} bits. Got {distance}",
            hint="10 finds smaller copies and JPEGs of low quality",
        )
    hashes = hashes.view(np.uint64)
    different, first, twin = np.unique(hashes, return_index=True, return_inverse=True)
    same = np.flatnonzero(first[twin] != np.arange(len(hashes)))
    parts = [(first[twin[same]].astype(np.int32), same.astype(np.int32), np.zeros(len(same), np.uint8))]
    found = len(same)
    steps = _every_pair(different, distance) if len(different) <= EXACT_ROWS else _through_parts(different, distance)
    for done, total, left, right, bits in steps:
        a, b = first[left].astype(np.int32), first[right].astype(np.int32)
        parts.append((np.minimum(a, b), np.maximum(a, b), bits))
        found += len(left)
        if found > most:
            raise BadValue(
                f"More than {most:,} pairs of {len(hashes):,} hashes differ in at most {distance} bits "
                f"({done / total:.0%} of the work was done)",
                hint="a smaller distance finds fewer",
            )
        tell("hashes", done, total)
    tell("hashes", 1, 1)
    left, right, bits = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((right, left))
    return left[order], right[order], bits[order]


Step = tuple[int, int, np.ndarray, np.ndarray, np.ndarray]


def _every_pair(hashes: np.ndarray, distance: int) -> Iterator[Step]:
    count = len(hashes)
    codes = hashes.view(np.uint8).reshape(-1, 8)
    index: Any = faiss.IndexBinaryFlat(64)
    index.add(codes)
    for low in range(0, count, _ASKED):
        high = min(low + _ASKED, count)
        # FAISS finds what is nearer than the radius
        starts, bits, right = index.range_search(codes[low:high], distance + 1)
        left = np.repeat(np.arange(low, high), np.diff(starts.astype(np.int64)))
        after = right > left
        yield high, count, left[after], right[after], bits[after].astype(np.uint8)


def _through_parts(hashes: np.ndarray, distance: int) -> Iterator[Step]:
    """Pairs that agree in all but `distance // 4` bits of one part; each is given by the first such part."""
    radius = distance // _PARTS
    parts = _split(hashes)
    masks = [
        sum(1 << bit for bit in bits)
        for size in range(radius + 1)
        for bits in itertools.combinations(range(_BITS), size)
    ]
    total = _PARTS * len(masks)
    for number, keys in enumerate(parts):
        order = np.argsort(keys, kind="stable")
        sorted_keys, sorted_hashes = keys[order].astype(np.int64), hashes[order]
        start = np.searchsorted(sorted_keys, np.arange((1 << _BITS) + 1))
        for at, mask in enumerate(masks):
            done = number * len(masks) + at + 1
            for left, right, bits in _crossed(sorted_keys, sorted_hashes, start, mask, distance):
                a, b = order[left], order[right]
                fresh = np.ones(len(a), dtype=bool)
                for earlier in parts[:number]:
                    fresh &= np.bitwise_count(earlier[a] ^ earlier[b]) > radius
                yield done, total, a[fresh], b[fresh], bits[fresh]


def _crossed(
    keys: np.ndarray, hashes: np.ndarray, start: np.ndarray, mask: int, distance: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Near pairs of rows whose keys differ in exactly the bits of `mask`; rows are sorted by key."""
    other = keys ^ mask
    rows = np.arange(len(keys)) if mask == 0 else np.flatnonzero(keys < other)
    low = rows + 1 if mask == 0 else start[other[rows]]
    counts = start[other[rows] + 1] - low
    rows, low, counts = rows[counts > 0], low[counts > 0], counts[counts > 0]
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(rows):
        before = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, before + _STEP, side="right")))
        many = counts[begin:end]
        # the partners of a row lie side by side: number them from its first
        offset = low[begin:end] - (ends[begin:end] - many - before)
        right = np.repeat(offset, many)
        right += np.arange(len(right))
        bits = np.bitwise_count(np.repeat(hashes[rows[begin:end]], many) ^ hashes[right])
        near = np.flatnonzero(bits <= distance)
        if len(near):
            at = np.searchsorted(ends[begin:end] - before, near, side="right")
            yield rows[begin:end][at], right[near], bits[near]
        begin = end


def _split(hashes: np.ndarray) -> list[np.ndarray]:
    """Four (n,) uint16: every fourth bit each, so that neighbouring frequencies, which go together, come into different parts."""
    bits = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    packed = [np.packbits(bits[:, part::_PARTS], axis=1) for part in range(_PARTS)]
    return [part[:, 0].astype(np.uint16) << 8 | part[:, 1] for part in packed]
