"""How near to a border two vectors of a pair may lie: the margin with which blocks find nearly all pairs, and what they find.

Two vectors of a pair may live in different blocks. One of them still finds the other if it is also compared with every block whose
centre has nearly the cosine that its own has. The margin is how nearly. It is not guessed: for a random part of the vectors all
true pairs are looked up, and their margins are known then. Half of them set it; the other half says what recall it gives.

A crowd of 10,000 nearly equal vectors is 50 million pairs that lie close together, and would hide what is lost elsewhere. So shares
are taken twice, of pairs and of vectors that have pairs, and the worse one counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.analysis.units import PIECE, Tell, Units
from curate.engines.threads import in_threads

WANTED_RECALL = 0.997
"""Of the true pairs of the sample, the share that has to be found."""

SAMPLED = 3e8
"""Comparisons for the sample, which has 1,000 to 5,000 vectors: 1,000 of a million, 3,000 of 100,000."""

_KEPT = 50_000
"""True pairs by which the margin is set and recall measured, at most."""

_ENOUGH = 300
"""With fewer true pairs than this in one half of the sample, as many planted ones join them."""

_TILE = 1024


@dataclass(frozen=True)
class Margin:
    """A margin, and what is known of it.

    Attributes:
        margin: cosine that a block may be further from a vector than its own block, to be compared with it still.
        recall: the share of pairs that is found with it, of vectors or of pairs, whichever is less.
        measured_on: pairs behind that figure.
        measured_with: "pairs" of the data, or also "planted" ones where the data have too few.
        share: of all vectors, the part that one is compared with.
    """

    margin: float
    recall: float
    measured_on: int
    measured_with: str
    share: float


@dataclass(frozen=True, eq=False)
class Sample:
    """The true pairs of a part of the vectors.

    Attributes:
        asked: (s,) numbers of the vectors that were compared with everything, ascending.
        left: (k,) numbers of those, for each pair; at most some 50,000 pairs are kept, drawn at random.
        right: (k,) numbers.
        expected: pairs among all vectors, estimated from how many the sample has.
        edges: (1001,) cosines from the threshold to 1.
        above: (1000,) pairs among all vectors, estimated, at least as alike as each of these but the last.
    """

    asked: np.ndarray
    left: np.ndarray
    right: np.ndarray
    expected: float
    edges: np.ndarray
    above: np.ndarray


def sample_pairs(units: Units, threshold: float, most: float, rng: np.random.Generator, tell: Tell) -> Sample:
    """Compare a random part of the vectors with all of them.

    Args:
        units: the vectors, at least 2.
        threshold: cosine of a pair.
        most: with more pairs than this to be expected they are only counted.
        rng: draws the part.
        tell: hears how far it is: stage "sample".
    """
    count = len(units)
    asked = np.sort(rng.permutation(count)[: int(np.clip(SAMPLED / count, 1000, 5000))])
    queries = units.read(asked)
    whole = count / len(asked) / 2  # every pair is seen from both ends
    edges = np.linspace(threshold, 1, 1001)
    counts = np.zeros(1000, np.int64)
    lefts, rights = [asked[:0]], [asked[:0]]

    def compare(piece: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        others = units.read(piece).T
        found = []
        for start in range(0, len(asked), _TILE):
            cosines = queries[start : start + _TILE] @ others
            near = np.flatnonzero(cosines >= threshold)
            left, right = np.divmod(near, len(piece))
            left, right = asked[left + start], right + piece[0]
            other = left != right
            found.append((left[other], right[other], cosines.ravel()[near[other]]))
        left, right, cosine = (np.concatenate(column) for column in zip(*found, strict=True))
        return left, right, cosine

    tell("sample", 0, count)
    for piece, (left, right, cosine) in in_threads(compare, units.pieces()):
        counts += np.histogram(np.minimum(cosine, 1), edges)[0]
        if counts.sum() * whole <= most:
            lefts.append(left)
            rights.append(right)
        tell("sample", int(piece[-1]) + 1, count)
    left, right = np.concatenate(lefts), np.concatenate(rights)
    if len(left) > _KEPT:
        some = np.sort(rng.permutation(len(left))[:_KEPT])
        left, right = left[some], right[some]
    above = np.cumsum(counts[::-1])[::-1] * whole
    return Sample(asked, left, right, float(above[0]), edges, above)


def measure_margin(
    units: Units, centres: np.ndarray, sample: Sample, threshold: float, rng: np.random.Generator
) -> Margin:
    """The margin that these blocks take.

    Args:
        units: the vectors.
        centres: (b, d) float32 of unit length, of the blocks.
        sample: its true pairs.
        threshold: cosine of a pair.
        rng: draws planted pairs.
    """
    setting = np.isin(sample.left, sample.asked[::2])
    needed, source = [], "pairs"
    for half in (setting, ~setting):
        left, right = sample.left[half], sample.right[half]
        gaps, weights = _gaps(units.read(left), units.read(right), centres), 1 / _repeats(left)
        if len(left) < _ENOUGH:
            source = "planted"
            gaps = np.concatenate([gaps, _gaps(*_planted(units, threshold, rng), centres)])
            weights = np.concatenate([weights, np.ones(_ENOUGH)])
        needed.append((gaps, weights))
    gaps, weights = needed[0]
    margin = max(_quantile(gaps, np.ones(len(gaps))), _quantile(gaps, weights))
    gaps, weights = needed[1]
    found = gaps <= margin
    recall = min(float(found.mean()), float(np.average(found, weights=weights)))
    return Margin(margin, recall, len(gaps), source, _share(units, sample.asked, centres, margin))


def _quantile(gaps: np.ndarray, weights: np.ndarray) -> float:
    """The least gap that `WANTED_RECALL` of the weight does not exceed."""
    order = np.argsort(gaps)
    reached = np.cumsum(weights[order])
    return float(gaps[order[np.searchsorted(reached, WANTED_RECALL * reached[-1])]])


def _repeats(rows: np.ndarray) -> np.ndarray:
    """How often the value of each place comes in all."""
    _, which, counts = np.unique(rows, return_inverse=True, return_counts=True)
    repeats: np.ndarray = counts[which]
    return repeats


def _planted(units: Units, threshold: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with just the cosine of `threshold`: a vector, and the same moved towards another one.

    That is harder to find than one moved at random, which comes nearer to no other block.
    """
    one, other = (units.read(rng.integers(0, len(units), _ENOUGH)) for _ in range(2))
    across = other - np.einsum("ij,ij->i", one, other)[:, None] * one
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    return one, np.float32(threshold) * one + np.float32(np.sqrt(max(0.0, 1 - threshold**2))) * across


def _gaps(left: np.ndarray, right: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(k,) float32: the least margin with which one of a pair is compared with the block of the other."""
    gaps = np.empty(len(left), np.float32)

    def measure(low: int) -> None:
        a, b = left[low : low + PIECE] @ centres.T, right[low : low + PIECE] @ centres.T
        at = np.arange(len(a))
        home_a, home_b = a.argmax(axis=1), b.argmax(axis=1)
        gaps[low : low + PIECE] = np.minimum(a[at, home_a] - a[at, home_b], b[at, home_b] - b[at, home_a])

    for _ in in_threads(measure, range(0, len(left), PIECE)):
        pass
    return gaps


def _share(units: Units, asked: np.ndarray, centres: np.ndarray, margin: float) -> float:
    """Of all vectors, the share that one is compared with: the blocks that it touches, by how many of the sample live there."""
    scores = units.read(asked) @ centres.T
    homes = np.bincount(scores.argmax(axis=1), minlength=len(centres)) / len(asked)
    return float(((scores >= scores.max(axis=1, keepdims=True) - np.float32(margin)) @ homes).mean())
