"""How alike two pictures must be to count as one: measured on a person's own pictures, not given.

Three votes say how far a pair is apart: the cosine of its vectors, the bits in which its perceptual hashes differ, and how badly
its pixels fit onto each other. What is far is different for each encoder and each dataset, so each vote is measured in steps of
its own: one step is what 95 % of altered copies of the person's own pictures stay within (`curate.media.alterations` says which
copies). The **similarity** of a pair is 1 less the mean of its votes in steps, over `FARTHEST`: 1 for the same picture, about 0.8
where copies end, below 0.6 for most others. A vote that is not known is left out of the mean.

**False alarms are counted where one vote says no.** Pairs whose vectors or hashes are near and whose pixels clearly do not fit
are distinct, and so are pairs whose vectors are just too far apart to be copies. The first say how often distinct pairs are
near, the second how often their pixels fit; together, as if the two erred independently, they give the number of distinct pairs
that pass any threshold: the ABCD method of particle physics. Photos of one burst, and rendered scenes that hardly differ, err
together, so that the expected precision is an upper limit there; reviewed pairs have the last word (`Duplicates.precision`).

**The threshold** is what 99.5 % of altered copies reach. Where a lower one would still be as precise as is wanted, it is a quarter
of the way down there, since other people's copies are a little worse than ours; where precision asks for a higher one, that is
taken, and copies are missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from curate.errors import BadValue

FARTHEST = 5.0
"""Steps at which a vote has said no; more of them say no more."""

BINS = 200
"""Bins of the similarity from 0 to 1 in which everything is counted."""

FEWEST = 30
"""With fewer pairs that are distinct for certain, the precision is not estimated."""

_WITHIN = 0.95
_REACHED = 0.995
_ROOM = 0.25
_LEAST_STEPS = (0.005, 2.0, 0.01)  # an encoder that sees no difference must not make one of rounding
_COMPARED = 1500


@dataclass(frozen=True, eq=False)
class Votes:
    """What is known of pairs.

    Attributes:
        cosine: (m,) float32 of their vectors; nan where one has none.
        bits: (m,) float32, in how many of 64 their perceptual hashes differ; nan where one has none.
        fit: (m,) float32, the best normalised correlation of their pixels; nan where it was not looked at.
    """

    cosine: np.ndarray
    bits: np.ndarray
    fit: np.ndarray

    def __len__(self) -> int:
        return len(self.cosine)

    def take(self, rows: np.ndarray) -> Votes:
        """These pairs."""
        return Votes(self.cosine[rows], self.bits[rows], self.fit[rows])


class Scale(msgspec.Struct, frozen=True):
    """One step of each vote; None for one that has no say.

    Attributes:
        cosine: of cosine distance.
        bits: of the hashes.
        fit: of 1 less the correlation.
    """

    cosine: float | None
    bits: float | None
    fit: float | None

    def steps(self, votes: Votes) -> np.ndarray:
        """(m, 3) float64, 0 to `FARTHEST`; nan where a vote is not known or has no say."""
        apart = (1 - votes.cosine, votes.bits, 1 - votes.fit)
        steps = [
            np.full(len(votes), np.nan) if step is None else np.clip(np.asarray(far, np.float64) / step, 0, FARTHEST)
            for far, step in zip(apart, (self.cosine, self.bits, self.fit), strict=True)
        ]
        return np.stack(steps, axis=1)

    def similarity(self, votes: Votes) -> np.ndarray:
        """(m,) float32, 0 to 1; 0 where no vote is known.

        >>> scale = Scale(cosine=0.1, bits=10.0, fit=None)
        >>> scale.similarity(Votes(np.array([1.0, 0.9]), np.array([0.0, 10.0]), np.array([np.nan, 0.3]))).tolist()
        [1.0, 0.80...]
        """
        return _similarity(self.steps(votes))


def scale_of(copies: Votes) -> Scale:
    """The steps in which the votes on altered copies are small.

    Raises:
        BadValue: no copies.
    """
    if not len(copies):
        raise BadValue("There are no altered copies to measure with", hint="give threshold=")
    steps = []
    for far, least in zip((1 - copies.cosine, copies.bits, 1 - copies.fit), _LEAST_STEPS, strict=True):
        known = far[np.isfinite(far)]
        steps.append(max(float(np.quantile(known, _WITHIN)), least) if len(known) else None)
    return Scale(*steps)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What a threshold was chosen by. Counts are by similarity, in `BINS` equal bins from 0 to 1.

    Attributes:
        scale: how votes become a similarity.
        wanted: the precision that was asked for.
        threshold: what was chosen.
        pictures: of the user that were altered.
        altered: altered copies, all kinds together.
        kinds: the same by kind.
        distinct: pairs of the dataset that are distinct for certain.
        false: for the lower edge of each bin, how many distinct pairs are expected to reach it; empty where that cannot be told.
        notes: what a reader has to know, in sentences.
    """

    scale: Scale
    wanted: float
    threshold: float
    pictures: int
    altered: list[int]
    kinds: dict[str, list[int]]
    distinct: list[int]
    false: list[float]
    notes: list[str]

    def recall(self, threshold: float) -> dict[str, float]:
        """Of the altered copies of each kind, the share that reaches a threshold (to the bin)."""
        at = bin_of(threshold)
        return {kind: sum(counts[at:]) / max(sum(counts), 1) for kind, counts in self.kinds.items()}

    def expected(self, threshold: float, found: int) -> float | None:
        """The precision that is expected of `found` pairs at a threshold, 0 to 1; None where it cannot be told."""
        if not self.false or not found:
            return None
        return max(0.0, 1 - self.false[bin_of(threshold)] / found)


def bin_of(similarity: float) -> int:
    """The bin that a similarity falls into.

    >>> bin_of(0.0), bin_of(0.8), bin_of(1.0)
    (0, 160, 199)
    """
    return int(np.clip(np.floor(similarity * BINS + 1e-6), 0, BINS - 1))


def counted(similarity: np.ndarray) -> np.ndarray:
    """(BINS,) int64: how many fall into each bin."""
    return np.bincount(np.clip(np.floor(similarity * BINS + 1e-6), 0, BINS - 1).astype(np.int64), minlength=BINS)


def calibrate(
    copies: Votes,
    kinds: Sequence[str],
    found: Votes,
    missed: Votes,
    *,
    wanted: float,
    pictures: int,
    seed: int = 0,
) -> Calibration:
    """Choose a threshold.

    Args:
        copies: altered copies with their originals.
        kinds: (m,) of each.
        found: the pairs of the dataset that are near by vector or hash, those with the same bytes left out; all votes known.
        missed: pairs of the dataset, the nearest of those that are near by neither.
        wanted: precision, above 0 and below 1.
        pictures: how many were altered.
        seed: draws the pairs that stand for many.

    Raises:
        BadValue: no copies, or a precision out of range.
    """
    if not 0 < wanted < 1:
        raise BadValue(f"'precision' is above 0 and below 1. Got {wanted!r}", hint="precision=0.99")
    scale = scale_of(copies)
    alike = scale.similarity(copies)
    of_kinds = np.asarray(kinds)
    notes = [f"{len(copies):,} altered copies of {pictures:,} of these pictures were compared with their originals."]
    steps, sure, share = _distinct(scale, copies, found, missed)
    false: list[float] = []
    if min(len(sure[0]), len(sure[1])) >= FEWEST:
        false = _false(sure, share, np.random.default_rng(seed))
    else:
        notes.append(
            f"Only {min(len(sure[0]), len(sure[1])):,} pairs of this dataset are near and yet distinct for certain, and {FEWEST} "
            "is the least to estimate a precision with: the threshold is what nearly all altered copies reach, and reviewed "
            "pairs say how good it is."
        )
    lowest = float(np.quantile(alike, 1 - _REACHED))
    precise = _precise(scale.similarity(found), np.array(false), wanted) if false else lowest
    threshold = float(np.floor(max(precise, lowest - _ROOM * (lowest - precise)) * BINS + 1e-6) / BINS)
    if precise > lowest:
        reached = float((alike >= threshold).mean())
        notes.append(
            f"Distinct pairs are near in this dataset: for a precision of {wanted:g} the threshold had to be set at "
            f"{threshold:g}, which {reached:.0%} of the altered copies reach."
        )
    return Calibration(
        scale=scale,
        wanted=wanted,
        threshold=threshold,
        pictures=pictures,
        altered=counted(alike).tolist(),
        kinds={kind: counted(alike[of_kinds == kind]).tolist() for kind in dict.fromkeys(kinds)},
        distinct=counted(_similarity(steps)).tolist(),
        false=[round(number, 4) for number in false],
        notes=notes,
    )


def _similarity(steps: np.ndarray) -> np.ndarray:
    known = np.isfinite(steps)
    mean = np.where(known, steps, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    similarity: np.ndarray = np.where(known.any(axis=1), 1 - mean / FARTHEST, 0).astype(np.float32)
    return similarity


def _distinct(
    scale: Scale, copies: Votes, found: Votes, missed: Votes
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], float]:
    """Steps of the pairs that are distinct for certain; those that are near, those that are not; how often pixels say no."""
    most = scale.steps(copies)[:, 2]
    # half as far again as any altered copy was
    no = min(FARTHEST * 0.9, 1.5 * float(np.nanmax(most))) if np.isfinite(most).any() else np.inf
    near, far = scale.steps(found), scale.steps(missed)
    near = near[near[:, 2] > no]
    far = far[np.isfinite(far[:, 2])]
    share = float((far[:, 2] > no).mean()) if len(far) else 1.0
    return np.concatenate([near, far]), (near, far), share


def _false(sure: tuple[np.ndarray, np.ndarray], share: float, random: np.random.Generator) -> list[float]:
    """Expected distinct pairs at or above each bin: each near pair with the pixels of each that is not."""
    near, far = (part[random.permutation(len(part))[:_COMPARED]] for part in sure)
    counts = np.zeros(BINS)
    for pair in near:
        mixed = np.broadcast_to(pair, (len(far), 3)).copy()
        mixed[:, 2] = far[:, 2]
        counts += counted(_similarity(mixed))
    counts *= len(sure[0]) / (len(near) * len(far)) / max(share, 0.01)
    above: np.ndarray = counts[::-1].cumsum()[::-1]
    return [float(number) for number in above]


def _precise(similarity: np.ndarray, false: np.ndarray, wanted: float) -> float:
    """The lowest edge from which on, at every edge above, the precision is as wanted or nothing is found."""
    found = counted(similarity)[::-1].cumsum()[::-1]
    enough = (found == 0) | (false <= (1 - wanted) * found)
    failing = np.flatnonzero(~enough)
    return float((failing[-1] + 1) / BINS) if len(failing) else 0.0
