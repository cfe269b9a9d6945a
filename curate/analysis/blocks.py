"""All pairs of vectors whose cosine reaches a threshold.

Up to `EXACT_ROWS` different vectors every pair is compared. Past that, k-means (FAISS) divides them into blocks, and a vector is
compared with the vectors of its own block and of those that touch it: blocks whose centre is nearly as near to it as its own. How
nearly, is measured (`curate.analysis.margin`), and so is the recall that the result says it has. Every cosine is exact.

Source: SemDeDup (Abbas et al., "Data-efficient learning at web-scale through semantic deduplication", 2023) compares inside of
k-means blocks; comparing across those that touch is what finds the pairs that a border parts.

Minutes of work for a million vectors, so a kernel runs it in a process of its own:

>>> from curate.engines.errand import Errand
>>> with Errand("curate.analysis.blocks:near_pairs_errand", threads=1) as errand:
...     errand.array("vectors", (3, 2), np.float16)[:] = [[1, 0], [0, 1], [0, 1]]
...     arrays, about = errand.run({"threshold": 0.9})
>>> Pairs(**arrays, about=about)
1 pair at 0.9 of 3 vectors (exact)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from curate.analysis.comparison import Comparison, Near
from curate.analysis.margin import measure_margin, sample_pairs
from curate.analysis.units import PIECE, Tell, Units
from curate.engines.threads import in_threads
from curate.errors import BadValue

EXACT_ROWS = 30_000
"""Up to so many different vectors every pair is compared: 512 dimensions take some 3 s on two cores."""

MOST_PAIRS = 20_000_000
"""More pairs than this are refused: sorting them takes 1 GB, of the 4 that a million vectors may take in all."""

BLOCKS = 4.0
"""Blocks for each root of the number of vectors: 4,000 for a million."""

_LEARNT_FROM, _ROUNDS = 16, 5
"""Vectors a block from which k-means learns, and its rounds."""

_CLEARLY = 1.5
"""How many times too many pairs the sample must promise for a search to be refused before it began."""

_TILE = 2048
"""Vectors that are compared with a piece of others at once: their cosines are 32 MB."""

_BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))
"""What different vectors have at most, whatever rounding says."""


def _nobody(stage: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, eq=False, repr=False)
class Pairs:
    """Pairs of vectors, each once, ordered by `left` and `right`.

    Attributes:
        left: (m,) int32 rows.
        right: (m,) int32 rows, each greater than `left`.
        cosine: (m,) float32, `threshold` to 1; exactly 1 where the two vectors are the same, and only there.
        about: how they were found: "threshold"; "rows"; "used", different vectors that were compared; "same", vectors that equal
            an earlier one; "left_out", rows with nan, infinity or only zeros, which are in no pair; "method", "exact" or "blocks";
            "recall", 1.0 where exact, else measured on "measured_on" true pairs, which are "pairs" of the data or, where it has
            few, also "planted" ones ("measured_with"); "blocks"; "touching", how many a vector is compared with, on average.
    """

    left: np.ndarray
    right: np.ndarray
    cosine: np.ndarray
    about: dict[str, Any]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.left)

    def __repr__(self) -> str:
        word = "pair" if len(self) == 1 else "pairs"
        return f"{len(self):,} {word} at {self.about['threshold']:g} of {self.about['rows']:,} vectors ({self.about['method']})"


def near_pairs(
    vectors: np.ndarray, threshold: float, *, most: int = MOST_PAIRS, seed: int = 0, tell: Tell = _nobody
) -> Pairs:
    """All pairs of vectors whose cosine is at least `threshold`.

    Vectors that are the same, bit for bit, are compared with the others once: of their pairs, those with the first of them are
    given, so that 10,000 equal pictures are 9,999 pairs and not 50 million (`curate.analysis.components.groups` knows that).

    Args:
        vectors: (n, d) float16 or float32, also a memory-mapped file; their length does not matter. They are read in pieces, and
            not kept. A row with nan or infinity, or of zeros only, is in no pair.
        threshold: more than 0, at most 1.
        most: pairs.
        seed: of the blocks and of the sample.
        tell: hears how far it is: stages "reading", and past `EXACT_ROWS` "sample" and "blocks", then "pairs". What it raises ends
            the search and passes through.

    Raises:
        BadValue: a parameter out of range, or more than `most` pairs; the message says how many, and which threshold would do.

    >>> pairs = near_pairs(np.array([[1, 0], [0, 1], [0.1, 1], [1, 0]], np.float32), 0.9)
    >>> pairs.left.tolist(), pairs.right.tolist(), pairs.cosine.round(3).tolist()
    ([0, 1], [3, 2], [1.0, 0.995...])
    """
    if not 0 < threshold <= 1:
        raise BadValue(f"'threshold' is a cosine of more than 0 and at most 1. Got {threshold}")
    if not 0 <= seed < 2**31:
        raise BadValue(f"'seed' is at least 0 and less than 2**31. Got {seed}")
    units = Units(vectors, tell)
    found = _Found(units, float(threshold), most)
    found.add_same()
    about: dict[str, Any] = {
        "method": "exact",
        "recall": 1.0,
        "measured_on": 0,
        "measured_with": "",
        "blocks": 1,
        "touching": 1.0,
    }
    rng = np.random.default_rng(seed)
    comparison = Comparison(units, rng)
    blocks = _divided(units, comparison, found, about, rng=rng, tell=tell) if len(units) > EXACT_ROWS else None
    _search(len(units), comparison, blocks, found, tell)
    del comparison, blocks
    left, right, cosine = found.ordered()
    about.update(
        threshold=float(threshold), rows=len(vectors), used=len(units), same=len(units.same), left_out=units.left_out
    )
    return Pairs(left, right, cosine, about)


class _Found:
    """The pairs so far, in rows of the vectors as they were given. Used by one thread."""

    def __init__(self, units: Units, threshold: float, most: int) -> None:
        self.threshold, self.most = threshold, most
        self._units = units
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._count = 0

    def add_same(self) -> None:
        """The vectors that equal an earlier one."""
        same, twin = self._units.same, self._units.twin
        self._parts.append((twin, same, np.ones(len(same), np.float32)))
        self._count += len(same)

    def add(self, left: np.ndarray, right: np.ndarray, cosine: np.ndarray, share: float) -> None:
        """Pairs of different vectors, by their numbers, after `share` of the work."""
        self._count += len(left)
        if self._count > self.most:
            self.refuse(self._count / max(share, 1e-9), "")
        a, b = self._units.rows[left], self._units.rows[right]
        self._parts.append((np.minimum(a, b), np.maximum(a, b), np.minimum(cosine, _BELOW_ONE)))

    def refuse(self, expected: float, hint: str) -> None:
        """Too many.

        Raises:
            BadValue: always.
        """
        raise BadValue(
            f"About {expected:,.0f} pairs of {len(self._units):,} different vectors have a cosine of at least "
            f"{self.threshold:g}, and at most {self.most:,} are kept",
            hint=hint or "a higher threshold finds fewer",
        )

    def ordered(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All of them, by `left` and `right`."""
        columns = list(zip(*self._parts, strict=True))
        self._parts.clear()
        left, right = np.concatenate(columns[0]), np.concatenate(columns[1])
        order = np.argsort(left.astype(np.int64) << 32 | right)
        left, right = left[order], right[order]
        return left, right, np.concatenate(columns[2])[order]


class _Blocks:
    """K-means blocks, and which vectors touch which.

    Attributes:
        home: (m,) int32, the block of each.
        members: for each block the numbers of its vectors, ascending.
        touching: blocks that a vector is compared with, on average.
    """

    def __init__(self, units: Units, centres: np.ndarray, margin: float, tell: Tell) -> None:
        size, count = len(units), len(centres)
        self.home = np.empty(size, np.int32)

        def touched(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            scores = units.read(piece) @ centres.T
            best = scores.argmax(axis=1)
            self.home[piece] = best
            limit = np.take_along_axis(scores, best[:, None], axis=1) - np.float32(margin)
            row, block = np.divmod(np.flatnonzero(scores >= limit), count)
            away = block != best[row]
            row, block = piece[row[away]], block[away]
            order = np.argsort(block, kind="stable")
            return row[order].astype(np.int32), np.bincount(block, minlength=count)

        rows, counts = [], []
        tell("blocks", 0, size)
        for piece, (row, many) in in_threads(touched, units.pieces()):
            rows.append(row)
            counts.append(many)
            tell("blocks", int(piece[-1]) + 1, size)
        # a block's visitors lie side by side, ascending; each piece had them in this order among its own
        total = np.sum(counts, axis=0)
        self._start = np.concatenate([[0], np.cumsum(total)])
        self._visitors = np.empty(self._start[-1], np.int32)
        cursor = self._start[:-1].copy()
        for row, many in zip(rows, counts, strict=True):
            self._visitors[np.repeat(cursor - np.cumsum(many) + many, many) + np.arange(len(row))] = row
            cursor += many
        order = np.argsort(self.home, kind="stable").astype(np.int32)
        self.members = np.split(order, np.cumsum(np.bincount(self.home, minlength=count))[:-1])
        self.touching = 1 + len(self._visitors) / size

    def visitors(self, block: int) -> np.ndarray:
        """Numbers of the vectors of other blocks that touch this one, ascending."""
        return self._visitors[self._start[block] : self._start[block + 1]]

    def visit(self, which: np.ndarray, block: np.ndarray) -> np.ndarray:
        """(k,) bool: whether each vector touches that block, which is not its own; by halving, for all of them at once."""
        low, end = self._start[block], self._start[block + 1]
        high = end.copy()
        while (open_ := low < high).any():
            middle = (low + high) // 2
            less = self._visitors[np.minimum(middle, len(self._visitors) - 1)] < which
            low, high = np.where(open_ & less, middle + 1, low), np.where(open_ & ~less, middle, high)
        inside: np.ndarray = low < end
        inside[inside] = self._visitors[low[inside]] == which[inside]
        return inside


def _divided(
    units: Units, comparison: Comparison, found: _Found, about: dict[str, Any], *, rng: np.random.Generator, tell: Tell
) -> _Blocks | None:
    """Blocks with the margin that they take; None where comparing everything is no more work."""
    sample = sample_pairs(units, comparison, found.threshold, _CLEARLY * found.most, rng=rng, tell=tell)
    if sample.expected > _CLEARLY * found.most:
        fits = sample.edges[:-1][sample.above <= found.most]
        crowd = f"many are nearly the same: even at {sample.edges[-2]:.4f} there are about {sample.above[-1]:,.0f}"
        found.refuse(sample.expected, f"at {fits[0]:.3f} it would be few enough" if fits.size else crowd)
    count = int(BLOCKS * len(units) ** 0.5)
    learnt_from = np.sort(rng.permutation(len(units))[: _LEARNT_FROM * count])
    means: Any = faiss.Kmeans(
        units.dimension,
        count,
        niter=_ROUNDS,
        spherical=True,
        seed=int(rng.integers(2**31)),
        min_points_per_centroid=1,
        max_points_per_centroid=_LEARNT_FROM,
    )
    means.train(units.read(learnt_from))
    margin = measure_margin(units, means.centroids, sample, found.threshold, rng)
    if margin.share > 0.5:
        return None
    blocks = _Blocks(units, means.centroids, margin.margin, tell)
    about.update(
        method="blocks",
        recall=round(margin.recall, 4),
        measured_on=margin.measured_on,
        measured_with=margin.measured_with,
        blocks=count,
        touching=round(blocks.touching, 2),
    )
    return blocks


def _search(count: int, comparison: Comparison, blocks: _Blocks | None, found: _Found, tell: Tell) -> None:
    """Compare what is to be compared, on all cores; a tile of one block with the rest of the block, and with its visitors."""
    tiles = list(_tiles(count, blocks))
    total, done = max(1, sum(tile.work for tile in tiles)), 0
    tell("pairs", 0, total)
    for tile, hits in in_threads(lambda tile: _compared(tile, comparison, blocks, found.threshold), tiles):
        done += tile.work
        for left, right, cosine in hits:
            found.add(left, right, cosine, done / total)
        tell("pairs", done, total)


@dataclass(frozen=True, eq=False)
class _Tile:
    """Vectors `own` of a block, to be compared with `fellows` (themselves and those behind them in the block) and `visitors`."""

    block: int
    own: np.ndarray
    fellows: np.ndarray
    visitors: np.ndarray

    @property
    def work(self) -> int:
        """Comparisons."""
        return len(self.own) * (len(self.fellows) + len(self.visitors))


def _tiles(count: int, blocks: _Blocks | None) -> Iterator[_Tile]:
    everything = np.arange(count, dtype=np.int32)
    for block, members in enumerate([everything] if blocks is None else blocks.members):
        visitors = everything[:0] if blocks is None else blocks.visitors(block)
        for low in range(0, len(members), _TILE):
            yield _Tile(block, members[low : low + _TILE], members[low:], visitors)


def _compared(tile: _Tile, comparison: Comparison, blocks: _Blocks | None, threshold: float) -> list[Near]:
    """Pairs of a tile: numbers, numbers, cosines."""
    hits = []
    for others, visiting in ((tile.fellows, False), (tile.visitors, True)):
        for low in range(0, len(others), PIECE):
            left, right, cosine = comparison.near(tile.own, others[low : low + PIECE], threshold)
            if visiting and len(left):
                # where each touches the block of the other, the pair is found in both; the lower one gives it
                assert blocks is not None
                home = blocks.home[right]
                once = (home > tile.block) | ~blocks.visit(left, home)
            else:
                once = left < right
            hits.append((left[once], right[once], cosine[once]))
    return hits


def near_pairs_errand(
    arrays: Mapping[str, np.ndarray], options: Mapping[str, Any], tell: Tell
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """`near_pairs` as an errand: array "vectors" in, "left", "right" and "cosine" out. It has threads of its own."""
    pairs = near_pairs(arrays["vectors"], tell=tell, **options)
    return {"left": pairs.left, "right": pairs.right, "cosine": pairs.cosine}, pairs.about
