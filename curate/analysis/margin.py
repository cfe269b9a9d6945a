"""How near to a border two vectors of a pair may lie: the margin with which blocks find nearly all pairs, and what they find.

Two vectors of a pair may live in different blocks. One of them still finds the other if it is also compared with every block whose
centre has nearly the cosine that its own has. The margin is how nearly. It is not guessed: for a random part of the vectors all
true pairs are looked up, and their margins are known then. They set it; what either half of them would have found of the other
says what recall it gives.

A crowd of 10,000 nearly equal vectors is 50 million pairs that lie close together, and would hide what is lost elsewhere. So shares
are taken twice, of pairs and of vectors that have pairs, and the worse one counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.analysis.comparison import Comparison
from curate.analysis.units import PIECE, Tell, Units
from curate.engines.threads import in_threads

WANTED_RECALL = 0.997
"""Of the true pairs of the sample, the share that has to be found."""

SAMPLED = 3e8
"""Comparisons for a round of the sample, which has 1,000 to 5,000 vectors: 1,000 of a million, 3,000 of 100,000."""

_ROUNDS = 4
"""Rounds, until there are true pairs enough."""

_KEPT = 50_000
"""True pairs by which the margin is set and recall measured, at most."""

_ENOUGH = 300
"""With fewer true pairs than this in one half of the sample, as many planted ones join them."""

_MOST_TOUCHING = 100
"""Blocks that a vector may touch on average; where the wanted recall takes more, it is less, and the result says so."""

_TILE = 1024
"""Vectors of the sample that are compared with a piece of all at once."""


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


def sample_pairs(
    units: Units, comparison: Comparison, threshold: float, most: float, *, rng: np.random.Generator, tell: Tell
) -> Sample:
    """Compare a random part of the vectors with all of them, in rounds until there are pairs enough.

    Args:
        units: the vectors, at least 2.
        comparison: of these.
        threshold: cosine of a pair.
        most: with more pairs than this to be expected they are only counted.
        rng: draws the part.
        tell: hears how far it is: stage "sample".
    """
    count = len(units)
    order = rng.permutation(count)
    size = int(np.clip(SAMPLED / count, 1000, 5000))
    edges = np.linspace(threshold, 1, 1001)
    counts = np.zeros(1000, np.int64)
    lefts, rights = [order[:0]], [order[:0]]
    asked = order[:0]
    for number in range(_ROUNDS):
        part = np.sort(order[number * size : (number + 1) * size])
        asked = np.sort(np.concatenate([asked, part]))

        def compare(piece: np.ndarray, part: np.ndarray = part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            found = [comparison.near(part[low : low + _TILE], piece, threshold) for low in range(0, len(part), _TILE)]
            left, right, cosine = (np.concatenate(column) for column in zip(*found, strict=True))
            other = left != right
            return left[other], right[other], cosine[other]

        tell("sample", number * count, _ROUNDS * count)
        for piece, (left, right, cosine) in in_threads(compare, units.pieces() if len(part) else ()):
            counts += np.histogram(np.minimum(cosine, 1), edges)[0]
            # every pair is seen from both ends
            if counts.sum() * count / len(asked) / 2 <= most:
                lefts.append(left)
                rights.append(right)
            tell("sample", number * count + int(piece[-1]) + 1, _ROUNDS * count)
        if counts.sum() >= 3 * _ENOUGH:
            break
    tell("sample", _ROUNDS * count, _ROUNDS * count)
    left, right = np.concatenate(lefts), np.concatenate(rights)
    if len(left) > _KEPT:
        some = np.sort(rng.permutation(len(left))[:_KEPT])
        left, right = left[some], right[some]
    above = np.cumsum(counts[::-1])[::-1] * (count / len(asked) / 2)
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
    first = np.isin(sample.left, sample.asked[::2])
    halves, source = [], "pairs"
    for half in (first, ~first):
        left, right = sample.left[half], sample.right[half]
        gaps, weights = _gaps(units.read(left), units.read(right), centres), 1 / _repeats(left)
        if len(left) < _ENOUGH:
            source = "planted"
            gaps = np.concatenate([gaps, _gaps(*_planted(units, threshold, rng), centres)])
            weights = np.concatenate([weights, np.ones(_ENOUGH)])
        halves.append((gaps, weights))
    gaps, weights = (np.concatenate(column) for column in zip(*halves, strict=True))
    margin, share = _affordable(units, sample.asked, centres, _enough_for(gaps, weights))
    # what the margin of either half finds of the other: the margin of both is no smaller, but for chance
    found = np.concatenate([halves[1 - i][0] <= min(margin, _enough_for(*halves[i])) for i in (1, 0)])
    recall = min(float(found.mean()), float(np.average(found, weights=weights)))
    return Margin(margin, recall, len(gaps), source, share)


def _enough_for(gaps: np.ndarray, weights: np.ndarray) -> float:
    """The least margin with which enough pairs are found, by number and by weight."""
    return max(_quantile(gaps, np.ones(len(gaps))), _quantile(gaps, weights))


def _quantile(gaps: np.ndarray, weights: np.ndarray) -> float:
    """The least gap that, but for `_missed`, the weight does not exceed."""
    order = np.argsort(gaps)
    reached = np.cumsum(weights[order])
    at = np.searchsorted(reached, (1 - _missed(len(gaps))) * reached[-1])
    return float(gaps[order[min(int(at), len(gaps) - 1)]])


def _missed(count: int) -> float:
    """The share of so many pairs that may be missed, so that of all pairs no more than a hundredth is, whatever the draw.

    A few hundred pairs say little of their last hundredth: of 400, none may be missed; the normal approximation at 99 %.
    """
    return float(np.clip(0.01 - 2.33 * (0.01 * 0.99 / count) ** 0.5, 0, 1 - WANTED_RECALL))


def _repeats(rows: np.ndarray) -> np.ndarray:
    """How often the value of each place comes in all."""
    _, which, counts = np.unique(rows, return_inverse=True, return_counts=True)
    repeats: np.ndarray = counts[which]
    return repeats


def _planted(units: Units, threshold: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with cosines from `threshold` to 1, evenly: a vector, and the same moved towards another one.

    That is harder to find than one moved at random, which comes nearer to no other block.
    """
    one, other = (units.read(rng.integers(0, len(units), _ENOUGH)) for _ in range(2))
    across = other - np.einsum("ij,ij->i", one, other)[:, None] * one
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    cosine = rng.uniform(threshold, 1, (_ENOUGH, 1)).astype(np.float32)
    return one, cosine * one + np.sqrt(1 - cosine**2) * across


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


def _affordable(units: Units, asked: np.ndarray, centres: np.ndarray, margin: float) -> tuple[float, float]:
    """The margin, or the one with which a vector touches no more than `_MOST_TOUCHING` blocks; and with how many it is compared.

    That is a share of all vectors: the blocks that one touches, by how many of the sample live there.
    """
    asked = asked[:1000]
    scores = units.read(asked) @ centres.T
    homes = np.bincount(scores.argmax(axis=1), minlength=len(centres)) / len(asked)
    gaps = scores.max(axis=1, keepdims=True) - scores
    allowed = _MOST_TOUCHING * len(asked)
    if allowed < gaps.size:
        margin = min(margin, float(np.partition(gaps, allowed, axis=None)[allowed]))
    return margin, float(((gaps <= np.float32(margin)) @ homes).mean())
