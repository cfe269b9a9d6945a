"""All pairs of vectors whose cosine reaches a threshold.

Up to `EXACT_ROWS` different vectors every pair is compared. Past that, k-means (FAISS) divides them into blocks, and a vector is
compared with the vectors of its own block and of those that touch it: blocks whose centre is nearly as near to it as its own. How
nearly, is measured. For a random part of the vectors every true pair is looked up, and the margin is the smallest with which
`WANTED_RECALL` of these pairs are found; on another part the recall is measured that the result says it has. Every cosine is exact.

Source: SemDeDup (Abbas et al., "Data-efficient learning at web-scale through semantic deduplication", 2023) compares inside of
k-means blocks; comparing across those that touch is what finds the pairs that a border parts.

Minutes of work for a million vectors, so a kernel runs it in a process of its own:

>>> from curate.engines.errand import Errand
>>> with Errand("curate.analysis.blocks:near_pairs_errand") as errand:
...     errand.array("vectors", (3, 2), np.float16)[:] = [[1, 0], [0, 1], [0, 1]]
...     arrays, about = errand.run({"threshold": 0.9})
>>> Pairs(**arrays, about=about)
1 pair at 0.9 of 3 vectors (exact)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from curate.engines.machine import available_cores
from curate.errors import BadValue

EXACT_ROWS = 30_000
"""Up to so many different vectors every pair is compared: 512 dimensions take some 3 s on two cores."""

WANTED_RECALL = 0.997
"""Of the true pairs of the sample, the share that has to be found."""

MOST_PAIRS = 30_000_000
"""More pairs than this are refused: they take 12 bytes each, here and again in the process that asked."""

_READ = 4096
"""Vectors that are brought to float32 at once."""

_TILE = 2048
"""Vectors that are compared with `_READ` others at once: their cosines are 32 MB."""

BLOCKS = 2.0
"""Blocks for each root of the number of vectors: 2,000 for a million."""

_TRAINED, _ROUNDS = 32, 6
"""Vectors a block from which k-means learns, and its rounds."""

_SAMPLED = 1e9
"""Comparisons for the sample: each of 1,000 vectors with a million, 7 s."""

_PAIRS = 50_000
"""True pairs of the sample by which the margin is set and recall measured."""

_ENOUGH = 400
"""With fewer true pairs than this in half of the sample, as many planted ones join them."""

_CLEARLY = 1.5
"""How many times too many pairs the sample must promise for a search to be refused before it began."""

_BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))
"""What different vectors have at most, whatever rounding says."""

Tell = Callable[[str, int, int], None]
"""Hears the stage of the work, how much of it is done, and of how much."""


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
    vectors = np.asanyarray(vectors)
    if vectors.ndim != 2 or vectors.dtype not in (np.float16, np.float32):
        raise BadValue(f"Vectors are (n, d) float16 or float32. Got {vectors.shape} {vectors.dtype}")
    if not 0 < threshold <= 1:
        raise BadValue(f"'threshold' is a cosine of more than 0 and at most 1. Got {threshold}")
    if not 0 <= seed < 2**31:
        raise BadValue(f"'seed' is at least 0 and less than 2**31. Got {seed}")
    units = _Units(vectors, tell)
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
    blocks = _divided(units, found, about, seed, tell) if len(units) > EXACT_ROWS else None
    _search(units, blocks, found, tell)
    left, right, cosine = found.ordered()
    about.update(
        threshold=float(threshold), rows=len(vectors), used=len(units), same=len(units.same), left_out=units.left_out
    )
    return Pairs(left, right, cosine, about)


class _Units:
    """The different, usable vectors among those given, numbered 0…m-1; read in pieces, as float32 of unit length.

    Attributes:
        rows: (m,) int32, the row of each.
        same: (k,) int32 rows that equal an earlier one, `twin`.
        left_out: rows that have no direction.
    """

    def __init__(self, vectors: np.ndarray, tell: Tell) -> None:
        self._vectors = vectors
        count, self.dimension = vectors.shape
        lengths, keys = np.zeros(count), np.zeros(count, np.uint64)
        factors = np.random.default_rng(0).integers(0, 2**63, self.dimension, dtype=np.uint64) * np.uint64(
            2
        ) + np.uint64(1)
        tell("reading", 0, count)
        for low in range(0, count, _READ):
            part = np.ascontiguousarray(vectors[low : low + _READ])
            bits = part.view(np.uint16 if part.dtype == np.float16 else np.uint32)
            keys[low : low + _READ] = bits.astype(np.uint64) @ factors
            # the square of a large float32 is no float32
            wide = part.astype(np.float32 if part.dtype == np.float16 else np.float64)
            lengths[low : low + _READ] = np.linalg.norm(wide, axis=1)
            tell("reading", min(low + _READ, count), count)
        usable: np.ndarray = np.flatnonzero((lengths > 1e-30) & (lengths < 1e30)).astype(np.int32)
        self.left_out = count - len(usable)
        _, first, twin = np.unique(keys[usable], return_index=True, return_inverse=True)
        twin = usable[first[twin]]
        later = np.flatnonzero(twin != usable)
        for low in range(0, len(later), _READ):  # two different vectors may share a key; they are no twins then
            part = later[low : low + _READ]
            equal = (vectors[usable[part]] == vectors[twin[part]]).all(axis=1)
            twin[part[~equal]] = usable[part[~equal]]
        same = twin != usable
        self.same, self.twin = usable[same], twin[same]
        self.rows = usable[~same]
        self._scale = (1 / lengths[self.rows]).astype(np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, which: np.ndarray) -> np.ndarray:
        """(k, d) float32 of unit length, of the (k,) numbers `which`."""
        units: np.ndarray = self._vectors[self.rows[which]].astype(np.float32)
        units *= self._scale[which, None]
        return units


class _Found:
    """The pairs so far, in rows of the vectors as they were given. Used by one thread."""

    def __init__(self, units: _Units, threshold: float, most: int) -> None:
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
        members: for each block the numbers of its vectors.
        visitors: for each block the numbers of those of others that touch it.
    """

    def __init__(self, units: _Units, centres: np.ndarray, margin: float, tell: Tell) -> None:
        count = len(units)
        self.count = len(centres)
        self.home = np.empty(count, np.int32)
        rows, blocks = [], []
        tell("blocks", 0, count)
        for low in range(0, count, _READ):
            high = min(low + _READ, count)
            scores = units.read(np.arange(low, high)) @ centres.T
            best = scores.argmax(axis=1)
            self.home[low:high] = best
            limit = np.take_along_axis(scores, best[:, None], axis=1) - np.float32(margin)
            row, block = np.divmod(np.flatnonzero(scores >= limit), self.count)
            away = block != best[row]
            rows.append((row[away] + low).astype(np.int32))
            blocks.append(block[away].astype(np.int32))
            tell("blocks", high, count)
        row, block = np.concatenate(rows), np.concatenate(blocks)
        # ascending, since rows were read in their order and blocks stand in theirs
        self._visits = row.astype(np.int64) * self.count + block
        self.members = _by_block(np.arange(count, dtype=np.int32), self.home, self.count)
        self.visitors = _by_block(row, block, self.count)
        self.touching = 1 + len(row) / count

    def visit(self, which: np.ndarray, block: np.ndarray) -> np.ndarray:
        """(k,) bool: whether each vector touches that block, which is not its own."""
        keys = which.astype(np.int64) * self.count + block
        at = np.minimum(np.searchsorted(self._visits, keys), len(self._visits) - 1)
        inside: np.ndarray = self._visits[at] == keys
        return inside


def _by_block(rows: np.ndarray, block: np.ndarray, count: int) -> list[np.ndarray]:
    order = np.argsort(block, kind="stable")
    return np.split(rows[order], np.cumsum(np.bincount(block, minlength=count))[:-1])


def _divided(units: _Units, found: _Found, about: dict[str, Any], seed: int, tell: Tell) -> _Blocks | None:
    """Blocks with the margin that it takes; None where comparing everything is no more work."""
    count = len(units)
    rng = np.random.default_rng(seed)
    blocks = int(BLOCKS * count**0.5)
    some = np.sort(rng.permutation(count)[: _TRAINED * blocks])
    means: Any = faiss.Kmeans(
        units.dimension,
        blocks,
        niter=_ROUNDS,
        spherical=True,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=_TRAINED,
    )
    means.train(units.read(some))
    centres: np.ndarray = means.centroids
    asked = np.sort(rng.permutation(count)[: int(np.clip(_SAMPLED / count, 500, 10_000))])
    left, right = _true_pairs(units, asked, found, rng, tell)
    # half of the sample sets the margin, the other half says what it finds
    half = np.isin(left, asked[::2])
    needed = [_needed(units.read(left[part]), units.read(right[part]), centres) for part in (half, ~half)]
    source = "pairs"
    if min(len(part) for part in needed) < _ENOUGH:
        source = "planted"
        for i, part in enumerate(_planted(units, found.threshold, rng)):
            needed[i] = np.concatenate([needed[i], _needed(*part, centres)])
    margin = float(np.quantile(needed[0], WANTED_RECALL))
    recall = float((needed[1] <= margin).mean())
    share = _share(units, asked, centres, margin)
    if share > 0.5:
        return None
    result = _Blocks(units, centres, margin, tell)
    about.update(
        method="blocks",
        recall=round(recall, 4),
        measured_on=len(needed[1]),
        measured_with=source,
        blocks=blocks,
        touching=round(result.touching, 2),
    )
    return result


def _true_pairs(
    units: _Units, asked: np.ndarray, found: _Found, rng: np.random.Generator, tell: Tell
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of (a random part of) the pairs of which the left one is among `asked`, by comparing them with everything."""
    count = len(units)
    queries = units.read(asked)
    lefts, rights = [], []
    edges = np.linspace(found.threshold, 1, 1001)
    histogram = np.zeros(1000, np.int64)
    total = 0
    whole = count / len(asked) / 2  # every pair is seen from both ends
    tell("sample", 0, count)
    for low in range(0, count, _READ):
        high = min(low + _READ, count)
        others = units.read(np.arange(low, high))
        for start in range(0, len(asked), _TILE):
            cosines = queries[start : start + _TILE] @ others.T
            near = np.flatnonzero(cosines >= found.threshold)
            left, right = np.divmod(near, high - low)
            left, right = asked[left + start], right + low
            near = near[left != right]
            histogram += np.histogram(np.minimum(cosines.ravel()[near], 1), edges)[0]
            total += len(near)
            left, right = left[left != right], right[left != right]
            if total * whole <= _CLEARLY * found.most:
                lefts.append(left)
                rights.append(right)
        tell("sample", high, count)
    if total * whole > _CLEARLY * found.most:
        beyond = np.cumsum(histogram[::-1]) * whole <= found.most
        fits = edges[1000 - int(beyond.sum())]
        found.refuse(total * whole, f"at {fits:.3f} it would be few enough" if beyond.any() else "")
    left, right = np.concatenate(lefts), np.concatenate(rights)
    if len(left) > _PAIRS:
        some = np.sort(rng.permutation(len(left))[:_PAIRS])
        left, right = left[some], right[some]
    return left, right


def _planted(units: _Units, threshold: float, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Twice, pairs with just the cosine of `threshold`: a vector, and the same moved towards another one.

    That is harder to find than one moved at random, which comes nearer to no other block.
    """
    for _ in range(2):
        one, other = (units.read(rng.integers(0, len(units), _ENOUGH)) for _ in range(2))
        across = other - np.einsum("ij,ij->i", one, other)[:, None] * one
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        yield one, np.float32(threshold) * one + np.float32(np.sqrt(max(0.0, 1 - threshold**2))) * across


def _needed(left: np.ndarray, right: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(k,) float32: the least margin with which one of a pair touches the block of the other."""
    needed = np.empty(len(left), np.float32)
    for low in range(0, len(left), _READ):
        a, b = left[low : low + _READ] @ centres.T, right[low : low + _READ] @ centres.T
        at = np.arange(len(a))
        home_a, home_b = a.argmax(axis=1), b.argmax(axis=1)
        needed[low : low + _READ] = np.minimum(a[at, home_a] - a[at, home_b], b[at, home_b] - b[at, home_a])
    return needed


def _share(units: _Units, asked: np.ndarray, centres: np.ndarray, margin: float) -> float:
    """Of all vectors, the share that one is compared with: the blocks that it touches, by how many of the sample live there."""
    scores = units.read(asked) @ centres.T
    homes = np.bincount(scores.argmax(axis=1), minlength=len(centres)) / len(asked)
    return float(((scores >= scores.max(axis=1, keepdims=True) - np.float32(margin)) @ homes).mean())


def _search(units: _Units, blocks: _Blocks | None, found: _Found, tell: Tell) -> None:
    """Compare what is to be compared, on all cores; a tile of one block with the rest of the block, and with its visitors."""
    tiles = list(_tiles(len(units), blocks))
    total, done = max(1, sum(tile.work for tile in tiles)), 0
    tell("pairs", 0, total)
    waiting = iter(tiles)
    running: dict[Future[list[Hits]], _Tile] = {}
    with ThreadPoolExecutor(available_cores(), thread_name_prefix="curate-pairs") as pool:
        # few at a time: what one has found is taken before the next begins
        for tile in itertools.islice(waiting, 2 * available_cores()):
            running[pool.submit(_compared, tile, units, blocks, found.threshold)] = tile
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done += running.pop(future).work
                for hits in future.result():
                    found.add(*hits, done / total)
                tell("pairs", done, total)
                for tile in itertools.islice(waiting, 1):
                    running[pool.submit(_compared, tile, units, blocks, found.threshold)] = tile


Hits = tuple[np.ndarray, np.ndarray, np.ndarray]


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
    sides = [(everything, everything[:0])] if blocks is None else zip(blocks.members, blocks.visitors, strict=True)
    for block, (members, visitors) in enumerate(sides):
        for low in range(0, len(members), _TILE):
            yield _Tile(block, members[low : low + _TILE], members[low:], visitors)


def _compared(tile: _Tile, units: _Units, blocks: _Blocks | None, threshold: float) -> list[Hits]:
    """Pairs of a tile: numbers, numbers, cosines."""
    own = units.read(tile.own)
    hits = []
    for others, visiting in ((tile.fellows, False), (tile.visitors, True)):
        for low in range(0, len(others), _READ):
            part = others[low : low + _READ]
            cosines = own @ units.read(part).T
            near = np.flatnonzero(cosines >= threshold)
            if not near.size:
                continue
            left, right = np.divmod(near, len(part))
            cosine = cosines.ravel()[near]
            left, right = tile.own[left], part[right]
            if visiting:
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
    """`near_pairs` as an errand: array "vectors" in, "left", "right" and "cosine" out."""
    pairs = near_pairs(arrays["vectors"], tell=tell, **options)
    return {"left": pairs.left, "right": pairs.right, "cosine": pairs.cosine}, pairs.about
