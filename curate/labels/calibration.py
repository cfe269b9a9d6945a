"""Probabilities that mean what they say: of the samples with 0.8, eight in ten are right.

A softmax over cosines is sure of itself, or unsure, as the scale of the cosines has it. A few reviewed samples tell how far
to trust it: one number, the temperature, by which all logits are divided. It changes no answer, only how sure each is.

Where several kinds of evidence are added (words and pixels, or a class that no prompt stands for) each has its weight, and those
are found in the same way. Then answers change, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.errors import BadValue
from curate.labels.accuracy import Accuracy, measure
from curate.labels.softmax import Doubles, loss, minimise, probabilities

REVIEWED_LEAST = 50
"""So many reviewed samples calibrate; with fewer the temperature is a guess."""

# The precision of the weights' prior, whose mean is what they were. It counts as about one sample: enough
# for reviewed samples without a mistake, which would ask for a temperature of 0.
_STRENGTH = 1.0
_LEAST_WEIGHT = 0.01
_FOLDS = 5
_BINS = 15
_IN_A_BIN = 10
_DRAWS = 200


@dataclass(frozen=True)
class Calibration:
    """What reviewed samples said about a classification.

    Attributes:
        reviewed: how many there were.
        weights: of each kind of evidence, that of the first one over the temperature.
        error_before: expected calibration error of the probabilities as they were, 0…1.
        error_after: the same after the calibration, of samples that it was not made from (five folds).
        chance: the expected calibration error that so few samples show where probabilities are perfect.
        accuracy: the share of reviewed samples whose most likely class, after calibration, is the true one; by folds, too.
    """

    reviewed: int
    weights: tuple[float, ...]
    error_before: float
    error_after: float
    chance: float
    accuracy: Accuracy

    @property
    def temperature(self) -> float:
        """What the first evidence is divided by; above 1 it was too sure of itself."""
        return 1 / self.weights[0]

    def __str__(self) -> str:
        return (
            f"calibrated on {self.reviewed:,} reviewed samples: temperature {self.temperature:.2g}, expected calibration error "
            f"{self.error_before:.3f} before, {self.error_after:.3f} after ({self.chance:.3f} where probabilities are perfect)"
        )


def expected_calibration_error(likely: np.ndarray, truth: np.ndarray) -> float:
    """How far the probability of the chosen class is from how often it is right, on average.

    Args:
        likely: (n, c) probabilities.
        truth: (n,) codes in 0…c-1.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017, with bins of equal counts (Nguyen and O'Connor,
    "Posterior calibration and exploratory analysis", 2015), at least 10 samples each: those of equal width are mostly empty.

    >>> expected_calibration_error(np.full((20, 2), 0.5), np.array([0] * 20))
    0.5
    """
    sure = likely.max(axis=1)
    right = likely.argmax(axis=1) == truth
    return _error(sure, right)


def _error(sure: Doubles, right: np.ndarray) -> float:
    order = np.argsort(sure, kind="stable")
    bins = np.array_split(order, max(1, min(_BINS, len(order) // _IN_A_BIN)))
    return float(sum(len(some) * abs(float(right[some].mean() - sure[some].mean())) for some in bins) / len(order))


def combined(evidence: np.ndarray, weights: Sequence[float] | Doubles) -> Doubles:
    """(n, c) logits: the (m, n, c) `evidence`, each times its weight."""
    out: Doubles = np.tensordot(np.asarray(weights), evidence, axes=1)
    return out


def calibrate(
    evidence: np.ndarray,
    truth: np.ndarray,
    *,
    before: Sequence[float] | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> Calibration:
    """Find the weights under which reviewed samples are most likely, and measure on folds what they bring.

    Args:
        evidence: (m, n, c) logits of n reviewed samples, m kinds of evidence that are added.
        truth: (n,) int64 codes in 0…c-1.
        before: the weights that the evidence had, from which reviewed samples move them; by default 1 each.
        groups: (n,) int64, samples that are all but the same picture; they stay in one fold.
        seed: of the folds.

    Raises:
        BadValue: fewer than 2 samples, or shapes that do not fit.

    >>> logits = np.random.default_rng(0).normal(0, 3, (1, 400, 3))
    >>> truth = np.array([np.random.default_rng(i).choice(3, p=p) for i, p in enumerate(probabilities(logits[0] / 2))])
    >>> 1.5 < calibrate(logits, truth).temperature < 2.5
    True
    """
    evidence, truth = np.asarray(evidence, np.float64), np.asarray(truth, np.int64)
    if evidence.ndim != 3 or truth.shape != evidence.shape[1:2] or truth.size < 2:
        raise BadValue(f"Evidence is (m, n, c) and truth (n,), n at least 2. Got {evidence.shape} and {truth.shape}")
    start = np.ones(len(evidence)) if before is None else np.asarray(before, np.float64)
    rng = np.random.default_rng(seed)
    names = np.arange(len(truth)) if groups is None else np.unique(groups, return_inverse=True)[1]
    fold = rng.permutation(int(names.max()) + 1)[names] % _FOLDS
    after = np.empty(evidence.shape[1:])
    for number in range(_FOLDS):
        here = fold == number
        after[here] = probabilities(combined(evidence[:, here], _weights(evidence[:, ~here], truth[~here], start)))
    sure = after.max(axis=1)
    draws = [_error(sure, rng.random(len(sure)) < sure) for _ in range(_DRAWS)]
    return Calibration(
        reviewed=len(truth),
        weights=tuple(_weights(evidence, truth, start).tolist()),
        error_before=expected_calibration_error(probabilities(combined(evidence, start)), truth),
        error_after=expected_calibration_error(after, truth),
        chance=float(np.mean(draws)),
        accuracy=measure(after.argmax(axis=1) == truth, groups=groups),
    )


def _weights(evidence: Doubles, truth: np.ndarray, start: Doubles) -> Doubles:
    rows = np.arange(len(truth))

    def slope(weights: Doubles) -> tuple[float, Doubles]:
        logits = np.tensordot(weights, evidence, axes=1)
        likely = probabilities(logits)
        away = weights - start
        gradient = (evidence * likely).sum(axis=(1, 2)) - evidence[:, rows, truth].sum(axis=1)
        return loss(logits, truth) + _STRENGTH / 2 * float(away @ away), gradient + _STRENGTH * away

    found = minimise(slope, start, enough=1e-7 * max(1, len(truth)))
    # below 0 the first evidence would speak against itself, and there would be no temperature
    found[0] = max(_LEAST_WEIGHT, found[0])
    return found
