"""One block of fp16 vectors that FAISS scans: the piece that an index is made of.

The codes of FAISS's ``SQfp16`` are the float16 bytes of the vectors, so a shard is filled by copying and never encodes.
Every score comes from FAISS's own kernel over these codes, also where only some rows are wanted: those are copied to a
small scratch index first. So one row has one score, to the last bit, however it was asked for.
"""

from __future__ import annotations

import threading
from typing import Any

import faiss
import numpy as np

from curate.errors import BadValue

Floats = np.ndarray[Any, np.dtype[np.float32]]
Halves = np.ndarray[Any, np.dtype[np.float16]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Booleans = np.ndarray[Any, np.dtype[np.bool_]]

# Rows that are copied to scratch at once. Measured at 512 dimensions: 2,048 rows (2 MB) beat 256, 512 and 1,024 for
# finding the best of many; for all scores 512 is as fast, because there the heap is as long as the chunk.
_BEST_CHUNK = 2048
_SCORES_CHUNK = 512
# Past this share of a shard one asks for so many that scoring all rows and sorting is faster than FAISS's heap.
_HEAP_SHARE = 0.125

_scratch = threading.local()


def flat_index(dimension: int, rows: int) -> tuple[Any, Halves]:
    """An ``SQfp16`` inner product index of `rows` zero vectors, and its codes as a writable (rows, dimension) view.

    The view is only valid while the index lives and is not resized.
    """
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.codes.resize(rows * dimension * 2)
    index.ntotal = rows
    if rows == 0:
        return index, np.zeros((0, dimension), dtype=np.float16)
    codes = faiss.rev_swig_ptr(index.codes.data(), rows * dimension * 2)
    return index, codes.view(np.float16).reshape(rows, dimension)


def _scratch_index(dimension: int) -> tuple[Any, Halves]:
    held = getattr(_scratch, "held", None)
    if held is None or held[1].shape[1] != dimension:
        held = flat_index(dimension, _BEST_CHUNK)
        _scratch.held = held
    return held


class Found:
    """What one shard gave back for one query.

    Attributes:
        rows: (m,) int64 rows of the shard.
        scores: (m,) float32.
        floor: every wanted row with a score above this is among `rows`; -inf where all wanted rows are.
    """

    __slots__ = ("floor", "rows", "scores")

    def __init__(self, rows: Integers, scores: Floats, floor: float) -> None:
        self.rows = rows
        self.scores = scores
        self.floor = floor


class Shard:
    """(rows, dimension) float16 vectors and which of them exist.

    A shard is written to before it is shared and never after, so any number of threads may search it.
    """

    def __init__(self, dimension: int, rows: int) -> None:
        self.dimension = dimension
        self.rows = rows
        self.index, self.vectors = flat_index(dimension, rows)
        self.present: Booleans = np.zeros(rows, dtype=np.bool_)

    def __repr__(self) -> str:
        return f"Shard({self.rows} × {self.dimension})"

    @property
    def nbytes(self) -> int:
        """Bytes held: codes and the mask of rows that exist."""
        return int(self.vectors.nbytes + self.present.nbytes)

    def write(self, rows: Integers, vectors: Halves) -> None:
        """Put (b, dimension) float16 `vectors` at `rows`; where a row comes twice the last one stays."""
        if rows.size and int(rows[-1]) - int(rows[0]) == rows.size - 1 and bool((np.diff(rows) == 1).all()):
            self.vectors[rows[0] : rows[-1] + 1] = vectors  # a plain copy, the usual case
        else:
            self.vectors[rows] = vectors
        self.present[rows] = True

    def grown(self, rows: int) -> Shard:
        """A copy with at least `rows` rows, to be written to."""
        copy = Shard(self.dimension, max(rows, self.rows))
        copy.vectors[: self.rows] = self.vectors
        copy.present[: self.rows] = self.present
        return copy

    def best(self, query: Floats, k: int) -> Found:
        """The `k` best of all rows, rows without a vector (they hold zeros) among them."""
        k = min(k, self.rows)
        if k > self.rows * _HEAP_SHARE:
            return self.best_of(query, k, None)
        scores, rows = self.index.search(query[None], k)
        return Found(rows[0], scores[0], float(scores[0, -1]) if k < self.rows else -np.inf)

    def best_of(self, query: Floats, k: int, wanted: Integers | None) -> Found:
        """The `k` best of the rows in `wanted` (ascending; None: all rows)."""
        count = self.rows if wanted is None else wanted.size
        if k > count * _HEAP_SHARE:
            scores = self.scores(query, wanted)
            rows = np.arange(self.rows) if wanted is None else wanted
            if k >= count:
                return Found(rows, scores, -np.inf)
            top = np.argpartition(-scores, k - 1)[:k]
            return Found(rows[top], scores[top], float(scores[top].min()))
        assert wanted is not None
        index, view = _scratch_index(self.dimension)
        found_rows, found_scores = [], []
        floor = -np.inf
        for start in range(0, count, _BEST_CHUNK):
            part = wanted[start : start + _BEST_CHUNK]
            np.take(self.vectors, part, axis=0, out=view[: part.size], mode="clip")
            index.ntotal = part.size
            scores, local = index.search(query[None], min(k, part.size))
            found_rows.append(part[local[0]])
            found_scores.append(scores[0])
            if part.size > k:
                floor = max(floor, float(scores[0, -1]))
        return Found(np.concatenate(found_rows), np.concatenate(found_scores), floor)

    def best_where(self, query: Floats, k: int, allowed: Booleans) -> Found:
        """The `k` best of the rows that `allowed` marks, by FAISS's bitmap: for filters that pass most rows."""
        bits = np.packbits(allowed, bitorder="little")
        # FAISS patches array arguments and keywords into these classes when it is imported; its types do not say so.
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, rows = self.index.search(query[None], k, params=parameters)
        kept = rows[0] >= 0
        full = bool(kept.all())
        return Found(rows[0][kept], scores[0][kept], float(scores[0, -1]) if full else -np.inf)

    def scores(self, query: Floats, wanted: Integers | None = None) -> Floats:
        """(m,) float32 inner products of `query` with the rows in `wanted` (any order; None: all rows)."""
        index, view = _scratch_index(self.dimension)
        count = self.rows if wanted is None else wanted.size
        out = np.empty(count, dtype=np.float32)
        for start in range(0, count, _SCORES_CHUNK):
            stop = min(start + _SCORES_CHUNK, count)
            size = stop - start
            if wanted is None:
                view[:size] = self.vectors[start:stop]
            else:
                np.take(self.vectors, wanted[start:stop], axis=0, out=view[:size], mode="clip")
            index.ntotal = size
            # FAISS has no call for "the scores of these rows" on compressed codes; its range search is 10 times slower
            # than asking for as many neighbours as there are rows (measured: 230 against 25 ms for 262,144 × 512).
            scores, local = index.search(query[None], size)
            out[start:stop][local[0]] = scores[0]
        return out


def checked_query(query: Any, dimension: int) -> Floats:
    """`query` as a contiguous (dimension,) float32 vector.

    Raises:
        BadValue: the wrong length, or not finite.
    """
    vector = np.ascontiguousarray(query, dtype=np.float32)
    if vector.shape != (dimension,):
        raise BadValue(
            f"A query has the shape ({dimension},) here. Got {vector.shape}",
            hint="search with a vector of the encoder that made this index",
        )
    if not np.isfinite(vector).all():
        raise BadValue("A query must be finite. Got a vector with nan or infinity")
    return vector
