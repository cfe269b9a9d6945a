"""Near pairs among the samples of a dataset by the cosine of their vectors: in this process where they are few, else in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curate.engines.errand import Errand
from curate.engines.progress import Stages

if TYPE_CHECKING:
    from curate.search.index import VectorIndex

_HERE = 4_000  # vectors that are compared in this process: another one takes longer to begin
_STEP = 65_536


def near_by_vector(
    index: VectorIndex, positions: np.ndarray, low: float, *, most: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
    """Pairs of samples whose cosine is at least `low`.

    Args:
        index: with the vectors.
        positions: (m,) int64 of samples that have one.
        low: cosine.
        most: pairs.
        seed: of the search.

    Returns:
        left and right (k,) rows of `positions`, cosine (k,) float32, and how they were found; see `curate.analysis.blocks.Pairs`.

    Raises:
        BadValue: more than `most` pairs.
    """
    if len(positions) <= _HERE:
        from curate.analysis.blocks import near_pairs

        pairs = near_pairs(units(index, positions), low, most=most, seed=seed)
        return pairs.left, pairs.right, pairs.cosine, pairs.about
    with (
        Stages("compare vectors", unit="steps") as bars,
        Errand("curate.analysis.blocks:near_pairs_errand", threads=1) as errand,
    ):
        vectors = errand.array("vectors", (len(positions), index.dimension), np.float16)
        for begin in range(0, len(positions), _STEP):
            part = slice(begin, min(begin + _STEP, len(positions)))
            vectors[part] = index.reconstruct(positions[part])
        arrays, about = errand.run({"threshold": low, "most": most, "seed": seed}, bars)
    return arrays["left"], arrays["right"], arrays["cosine"], about


def units(index: VectorIndex, positions: np.ndarray) -> np.ndarray:
    """(k, d) float32 of unit length, of samples that have a vector."""
    vectors: np.ndarray = index.reconstruct(positions).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors
