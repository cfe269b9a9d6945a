"""Exact nearest neighbours under any filter, aligned with the positions of a session.

`VectorIndex` is FAISS ``SQfp16`` with inner product, cut into shards. It is exact over the float16 vectors of the
table, and nothing is kept twice: loading copies batches into FAISS's codes. Shards let one query use every core (FAISS
spends one core a query and releases the GIL) and let an index grow by copying its last shard only.

How a filter is applied is chosen by its density, by measurement at 512 dimensions: few rows are gathered and scanned in
scratch (half the time of FAISS's bitmap at 5 %, a tenth at 1 %); with many, the scan asks for a few more and drops
what the filter refuses, and where that turns out too few FAISS's bitmap selector does the rest.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from curate.errors import BadValue
from curate.search.shards import Booleans, Floats, Found, Halves, Integers, Shard, checked_query

# 65,536 rows of 512 dimensions are 64 MB: what growing copies. 16 shards for a million rows cost 0.5 ms of calls.
SHARD_ROWS = 65_536
# Below this share of allowed rows they are gathered; above, the whole shard is scanned.
_GATHER_BELOW = 0.2

T = TypeVar("T")
R = TypeVar("R")

_pool: ThreadPoolExecutor | None = None


def _forget_pool() -> None:
    global _pool  # noqa: PLW0603 - threads do not survive a fork; the child makes its own
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """``[work(item) for item in items]``, on all cores.

    This thread works too, so that a search goes on where the pool's threads have to wait for a core.
    """
    global _pool  # noqa: PLW0603
    if len(items) < 2 or _cores() < 2:
        return [work(item) for item in items]
    if _pool is None:
        _pool = ThreadPoolExecutor(_cores(), thread_name_prefix="curate-search")
    results: dict[int, R] = {}
    numbers = itertools.count()  # next() on it is atomic

    def take() -> None:
        while (number := next(numbers)) < len(items):
            results[number] = work(items[number])

    helpers = [_pool.submit(take) for _ in range(min(_cores(), len(items)) - 1)]
    take()
    for helper in helpers:
        if not helper.cancel():
            helper.result()
    return [results[number] for number in range(len(items))]


class VectorIndex:
    """An exact index over positions 0…n-1; a position may have no vector, and is then never found.

    An index does not change: `with_rows` gives a new one that shares the shards it did not touch, so no lock is needed.

    Args:
        dimension: length of a vector.
        n: number of positions.

    >>> import numpy as np
    >>> batch = np.array([0, 2]), np.array([[1, 0], [0, 1]], dtype=np.float16)
    >>> index = VectorIndex.from_batches(2, 3, [batch])
    >>> positions, scores = index.search(np.array([0.6, 0.8]), k=5)
    >>> positions.tolist(), scores.round(2).tolist()
    ([2, 0], [0.8..., 0.6...])
    """

    def __init__(self, dimension: int, n: int, *, shard_rows: int = SHARD_ROWS) -> None:
        if dimension < 1 or n < 0 or shard_rows < 8 or shard_rows % 8:
            raise BadValue(f"An index has a positive dimension and no fewer than 0 rows. Got {dimension} and {n}")
        self.dimension = dimension
        self.n = n
        self._shard_rows = shard_rows
        self._shards = [Shard(dimension, min(shard_rows, n - low)) for low in range(0, n, shard_rows)]
        self._count = 0

    @classmethod
    def from_batches(
        cls, dimension: int, n: int, batches: Iterable[tuple[Integers, Halves]], *, shard_rows: int = SHARD_ROWS
    ) -> VectorIndex:
        """Fill an index from a stream; the largest thing held besides the index is one batch.

        Args:
            dimension: length of a vector.
            n: number of positions.
            batches: pairs of (b,) int64 positions in 0…n-1 and (b, dimension) float16 vectors. A position that comes
                twice keeps its last vector.
            shard_rows: rows of one shard.

        Raises:
            BadValue: a position outside 0…n-1, or vectors of another shape.
        """
        index = cls(dimension, n, shard_rows=shard_rows)
        for positions, vectors in batches:
            index._write(positions, vectors)
        index._count = sum(int(np.count_nonzero(shard.present)) for shard in index._shards)
        return index

    def __len__(self) -> int:
        """Number of positions, with or without a vector."""
        return self.n

    def __repr__(self) -> str:
        return (
            f"VectorIndex({self._count} of {self.n} rows, {self.dimension} dimensions, {self.nbytes / 2**20:.1f} MiB)"
        )

    @property
    def count(self) -> int:
        """Number of positions that have a vector."""
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return sum(shard.nbytes for shard in self._shards)

    @property
    def present(self) -> Booleans:
        """(n,) bool: which positions have a vector (a copy)."""
        return np.concatenate([shard.present for shard in self._shards] or [np.zeros(0, dtype=np.bool_)])

    def with_rows(self, batches: Iterable[tuple[Integers, Halves]], *, n: int | None = None) -> VectorIndex:
        """A new index with more positions, new vectors, or other vectors for positions that have one.

        Shards without a change are shared with this index; changed ones are copied. This index stays as it is.

        Args:
            batches: as for `from_batches`.
            n: number of positions afterwards; None keeps it. It cannot shrink.

        Raises:
            BadValue: `n` is smaller than before, a position is out of range, or vectors have another shape.
        """
        n = self.n if n is None else n
        if n < self.n:
            raise BadValue(f"An index cannot shrink from {self.n} to {n} rows", hint="build a new one")
        grown = VectorIndex(self.dimension, 0, shard_rows=self._shard_rows)
        grown.n = n
        grown._shards = list(self._shards)
        owned = set[int]()
        if grown._shards:
            rows = min(self._shard_rows, n - (len(grown._shards) - 1) * self._shard_rows)
            if rows > grown._shards[-1].rows:
                grown._shards[-1] = grown._shards[-1].grown(rows)
                owned.add(len(grown._shards) - 1)
        while (low := len(grown._shards) * self._shard_rows) < n:
            owned.add(len(grown._shards))
            grown._shards.append(Shard(self.dimension, min(self._shard_rows, n - low)))
        for positions, vectors in batches:
            grown._write(positions, vectors, owned)
        grown._count = sum(int(np.count_nonzero(shard.present)) for shard in grown._shards)
        return grown

    def _write(self, positions: Integers, vectors: Halves, owned: set[int] | None = None) -> None:
        positions = np.asarray(positions, dtype=np.int64)
        vectors = np.asarray(vectors)
        if vectors.shape != (positions.size, self.dimension):
            raise BadValue(f"Vectors have the shape ({positions.size}, {self.dimension}) here. Got {vectors.shape}")
        if positions.size and (positions.min() < 0 or positions.max() >= self.n):
            raise BadValue(f"Positions lie in 0…{self.n - 1}. Got {positions.min()}…{positions.max()}")
        which = positions // self._shard_rows
        for number in np.unique(which).tolist():
            if owned is not None and number not in owned:
                self._shards[number] = self._shards[number].grown(0)
                owned.add(number)
            here = which == number
            self._shards[number].write(positions[here] - number * self._shard_rows, vectors[here])

    def search(self, query: Floats, k: int, *, mask: Booleans | None = None) -> tuple[Integers, Floats]:
        """The `k` positions whose vectors have the largest inner product with `query`.

        Args:
            query: (dimension,) float32; of unit length, scores are cosines.
            k: how many, at least 1; fewer come back where fewer match.
            mask: (n,) bool, which positions may be found; None is all of them.

        Returns:
            (m,) int64 positions and (m,) float32 scores, best first, equal scores by position.

        Raises:
            BadValue: a query or mask of another shape, or `k` below 1.
        """
        query = checked_query(query, self.dimension)
        if k < 1:
            raise BadValue(f"'k' must be at least 1. Got {k}", hint="leave limit out to get everything")
        plans = self._plans(mask)
        wanted = sum(plan.count for plan in plans)
        for plan in plans:
            plan.first(k, wanted)
        _probe(plans, query, k)
        found = _each(lambda plan: plan.run(query), plans)
        while True:
            positions, scores = _merged(plans, found, k)
            # A shard that stopped above, or at, the last score that counts may hold more: ties, or a filter that
            # refused most of what the scan gave.
            last = scores[-1] if scores.size == k else -np.inf
            short = [i for i, part in enumerate(found) if part.floor >= last and part.floor > -np.inf]
            if not short:
                return positions, scores
            for i in short:
                plans[i].again(k)
            for i, part in zip(short, _each(lambda i: plans[i].run(query), short), strict=True):
                found[i] = part

    def search_many(self, queries: Floats, k: int, *, mask: Booleans | None = None) -> list[tuple[Integers, Floats]]:
        """`search` for each of (q, dimension) `queries`."""
        queries = np.asarray(queries, dtype=np.float32)
        if queries.ndim != 2:
            raise BadValue(f"Queries have the shape (q, {self.dimension}). Got {queries.shape}")
        return [self.search(query, k, mask=mask) for query in queries]

    def scores(self, query: Floats, *, positions: Integers | None = None) -> Floats:
        """The inner product of `query` with each position, bit for bit what `search` gives.

        Args:
            query: (dimension,) float32.
            positions: (m,) int64 in any order; None is all of them.

        Returns:
            (m,) or (n,) float32; nan where a position has no vector.
        """
        query = checked_query(query, self.dimension)
        if positions is None:
            parts = _each(lambda shard: np.where(shard.present, shard.scores(query), np.float32(np.nan)), self._shards)
            return np.concatenate(parts or [np.zeros(0, dtype=np.float32)])
        positions = self._checked_positions(positions)
        out = np.full(positions.size, np.nan, dtype=np.float32)
        for shard, here, rows in self._by_shard(positions):
            out[here] = np.where(shard.present[rows], shard.scores(query, rows), np.float32(np.nan))
        return out

    def reconstruct(self, positions: Integers) -> Floats:
        """(m, dimension) float32 vectors at (m,) `positions`; nan where a position has none."""
        positions = self._checked_positions(positions)
        out = np.full((positions.size, self.dimension), np.nan, dtype=np.float32)
        for shard, here, rows in self._by_shard(positions):
            exist = shard.present[rows]
            out[here[exist]] = shard.vectors[rows[exist]]
        return out

    def _checked_positions(self, positions: Integers) -> Integers:
        positions = np.asarray(positions, dtype=np.int64)
        if positions.ndim != 1 or (positions.size and (positions.min() < 0 or positions.max() >= self.n)):
            raise BadValue(f"Positions are a flat array in 0…{self.n - 1}. Got the shape {positions.shape}")
        return positions

    def _by_shard(self, positions: Integers) -> Iterable[tuple[Shard, Integers, Integers]]:
        which = positions // self._shard_rows
        for number in np.unique(which).tolist():
            here = np.flatnonzero(which == number)
            yield self._shards[number], here, positions[here] - number * self._shard_rows

    def _plans(self, mask: Booleans | None) -> list[_Plan]:
        if mask is not None:
            mask = np.asarray(mask)
            if mask.shape != (self.n,) or mask.dtype != np.bool_:
                raise BadValue(f"A mask is ({self.n},) bool here. Got {mask.shape} {mask.dtype}")
        plans = []
        for number, shard in enumerate(self._shards):
            low = number * self._shard_rows
            allowed = shard.present if mask is None else shard.present & mask[low : low + shard.rows]
            count = int(np.count_nonzero(allowed))
            if count:
                plans.append(_Plan(shard, low, allowed, count))
        return plans


class _Plan:
    """How one shard is asked, for one query: cheaply first, thoroughly if that was not enough."""

    __slots__ = ("allowed", "count", "k", "low", "method", "probed", "shard")

    def __init__(self, shard: Shard, low: int, allowed: Booleans, count: int) -> None:
        self.shard = shard
        self.low = low
        self.allowed = allowed
        self.count = count
        self.method = "scan"
        self.k = 0
        self.probed: Found | None = None

    def first(self, k: int, wanted: int) -> None:
        """Choose by density; `wanted` rows of all shards together may be found."""
        if self.count == self.shard.rows:
            self.k = k + 1  # one more than asked shows whether equal scores were cut
        elif self.count < self.shard.rows * _GATHER_BELOW:
            self.method = "gather"
            self.k = k + 1
        else:
            # Where the filter knows nothing of the query, the shard's share of the k best is among so many of its rows;
            # three times that, for chance.
            self.k = 3 * k * self.shard.rows // wanted + 32

    def again(self, k: int) -> None:
        """Ask for more than the last time, and by a method that only looks at rows that may be found."""
        self.probed = None
        if self.method == "scan" and self.count < self.shard.rows:
            self.method = "gather" if self.count < self.shard.rows * _GATHER_BELOW else "select"
            self.k = k + 1
        else:
            self.k = min(4 * self.k, self.shard.rows)

    def run(self, query: Floats) -> Found:
        """What the shard gives by the method and the number that are set."""
        if self.probed is not None:
            return self.probed
        if self.method == "gather":
            return self.shard.best_of(query, self.k, np.flatnonzero(self.allowed))
        if self.method == "select":
            return self.shard.best_where(query, self.k, self.allowed)
        found = self.shard.best(query, self.k)
        if self.count < self.shard.rows:
            kept = self.allowed[found.rows]
            found.rows, found.scores = found.rows[kept], found.scores[kept]
        return found


def _probe(plans: list[_Plan], query: Floats, k: int) -> None:
    """Scan one shard to see whether the filter works against the query ("day" among the night shots).

    Then scanning would be for nothing everywhere; finding that out on all shards costs a scan of the whole index.
    """
    scanning = [plan for plan in plans if plan.method == "scan" and plan.count < plan.shard.rows]
    if len(scanning) < 4:
        return
    probe = scanning[len(scanning) // 2]
    expected = probe.k * probe.count / probe.shard.rows
    probe.probed = probe.run(query)
    if probe.probed.rows.size < expected / 2:
        for plan in scanning:
            plan.again(k)


def _merged(plans: list[_Plan], found: list[Found], k: int) -> tuple[Integers, Floats]:
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    positions = np.concatenate([part.rows + plan.low for plan, part in zip(plans, found, strict=True)])
    scores = np.concatenate([part.scores for part in found])
    order = np.lexsort((positions, -scores))[:k]
    return positions[order], scores[order]
