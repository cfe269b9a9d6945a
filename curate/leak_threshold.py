"""The cosine from which on two samples are near-duplicates, calibrated on the person's own pictures.

It begins with what 95 % of altered copies keep with their originals (`curate.calibration`). Where pictures that merely resemble
each other have such a cosine too, as the frames of one camera or rendered scenes do, it is raised until one in three of the pairs
between different groups is a near copy by all three votes, vector, hash and pixels (`curate.analysis.threshold`): groups that are
chained by anything less hold most of a dataset, and nothing is left to balance.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curate.analysis.threshold import Scale, Votes, scale_of
from curate.calibration import ALTERED, altered, bits_between, fits
from curate.duplicates import last_search
from curate.engines.machine import available_cores
from curate.engines.progress import Progress

if TYPE_CHECKING:
    from curate.dataset import Dataset

SHARE = 1 / 3
"""Of the pairs between groups, how many are near copies at least."""

FEWEST = 30
"""Fewer pairs than this chain nothing that would matter."""

_REACHED = 0.995
_NARROWER, _BANDS, _OF_A_BAND = 0.75, 12, 150
_CHUNK = 200


class Copies(NamedTuple):
    """What altered copies of these pictures look like.

    Attributes:
        scale: one step of each vote.
        similarity: that nearly all of them reach.
        cosine: what 95 % of them keep.
    """

    scale: Scale
    similarity: float
    cosine: float


def copies_of(dataset: Dataset, encoder: str, positions: np.ndarray, hashes: np.ndarray, *, seed: int) -> Copies | None:
    """How the last search for duplicates, or else some altered pictures, measure a copy; None where nothing can be embedded.

    Args:
        dataset: with the pictures.
        encoder: whose vectors.
        positions: (m,) int64 of readable samples with a vector.
        hashes: (m,) uint64 of these.
        seed: draws those that are altered.
    """
    search = last_search(dataset)
    if search is not None and search.encoder == encoder and search.calibration is not None:
        scale = search.calibration.scale
        if scale.cosine is not None:
            return Copies(scale, search.calibration.threshold, _rounded(1 - scale.cosine))
    chosen = np.random.default_rng(seed).permutation(len(positions))[:ALTERED]
    made = altered(dataset, positions[chosen], hashes[chosen], encoder=encoder, flips=False)
    if not made.vectors or not np.isfinite(made.votes.cosine).any():
        return None
    scale = scale_of(made.votes)
    assert scale.cosine is not None
    reached = float(np.quantile(scale.similarity(made.votes), 1 - _REACHED))
    return Copies(scale, reached, _rounded(1 - scale.cosine))


def precise_from(
    dataset: Dataset,
    copies: Copies,
    sides: np.ndarray,
    cosine: np.ndarray,
    *,
    hashes: np.ndarray,
    seed: int,
) -> float:
    """The lowest cosine, from that of the copies on, at which `SHARE` of these pairs are near copies by all votes.

    Args:
        dataset: with the pictures.
        copies: how copies are measured.
        sides: (m, 2) int64 positions of the pairs.
        cosine: (m,) float32 of the pairs.
        hashes: (m, 2) uint64, of both sides.
        seed: draws the pairs whose pixels are compared, up to 150 from each of twelve bands of cosines.
    """
    if len(sides) < FEWEST:
        return copies.cosine
    edges = 1 - (1 - copies.cosine) * _NARROWER ** np.arange(_BANDS)
    band = np.searchsorted(edges, cosine + 1e-6, side="right") - 1
    random = np.random.default_rng(seed)
    chosen = [random.permutation(np.flatnonzero(band == number))[:_OF_A_BAND] for number in range(_BANDS)]
    rows = np.concatenate(chosen)
    votes = Votes(
        cosine[rows],
        bits_between(hashes[rows, 0], hashes[rows, 1], flips=False),
        _pixels(dataset, sides[rows, 0], sides[rows, 1]),
    )
    near = copies.scale.similarity(votes) >= copies.similarity
    many = np.bincount(band[band >= 0], minlength=_BANDS)
    known = np.array([len(part) for part in chosen])
    hits = np.bincount(band[rows], weights=near, minlength=_BANDS) / np.maximum(known, 1) * many
    above, of = hits[::-1].cumsum()[::-1], many[::-1].cumsum()[::-1]
    enough = np.flatnonzero((above >= SHARE * of) | (of < FEWEST))
    return _rounded(float(edges[enough[0]])) if len(enough) else _rounded(float(edges[-1]))


def _pixels(dataset: Dataset, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(m,) float32: how well the pictures fit onto each other."""
    fit = np.full(len(left), np.nan, np.float32)
    parts = [slice(low, low + _CHUNK) for low in range(0, len(left), _CHUNK)]

    def looked_at(part: slice) -> np.ndarray:
        rows, at = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
        jpegs = dataset.thumbnails(rows)
        pictures = [jpegs[number] for number in at.tolist()]
        half = len(pictures) // 2
        return fits(pictures[:half], pictures[half:], flips=False)

    with Progress(len(left), "compare pixels", unit="pairs") as bar, ThreadPoolExecutor(available_cores()) as pool:
        for part, found in zip(parts, pool.map(looked_at, parts), strict=True):
            fit[part] = found
            bar.add(len(found))
    return fit


def _rounded(cosine: float) -> float:
    return float(np.floor(min(cosine, 0.999) * 1000) / 1000)
