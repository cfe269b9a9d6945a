"""Softmax regression: from numbers to the probabilities of classes, held short by a Gaussian prior.

What it minimises is convex, so there is one answer whatever the start, and the few hundred numbers of a probe need no library
for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.errors import BadValue

Doubles = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

# Weak: it only keeps the intercept of a class that is never there from running away.
_INTERCEPT_STRENGTH = 0.01
_STEPS = 300
_MEMORY = 12  # pairs that stand for the curvature
_ENOUGH = 1e-6  # of a gradient, for each sample


@dataclass(frozen=True, eq=False)
class Linear:
    """Logits that are linear in the features.

    Attributes:
        weights: (k, c) float64.
        intercepts: (c,) float64.
    """

    weights: Doubles
    intercepts: Doubles

    def logits(self, features: np.ndarray) -> Doubles:
        """(n, c) float64 logits of (n, k) `features`."""
        out: Doubles = features @ self.weights + self.intercepts
        return out


def probabilities(logits: np.ndarray) -> Doubles:
    """(n, c) float64 probabilities of (n, c) `logits`; each row sums to 1.

    >>> probabilities(np.array([[0.0, 0.0], [900.0, 0.0]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    rows = np.asarray(logits, np.float64)
    rows = np.exp(rows - rows.max(axis=1, keepdims=True))
    out: Doubles = rows / rows.sum(axis=1, keepdims=True)
    return out


def loss(logits: np.ndarray, truth: np.ndarray) -> float:
    """The sum of -log p of the true classes.

    Args:
        logits: (n, c).
        truth: (n,) codes in 0…c-1.

    >>> round(loss(np.zeros((3, 2)), np.array([0, 1, 1])), 3)
    2.079
    """
    top = logits.max(axis=1)
    total = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    return float((total - logits[np.arange(len(truth)), truth]).sum())


def fit(features: np.ndarray, truth: np.ndarray, classes: int, *, strength: float) -> Linear:
    """Learn classes from examples.

    Args:
        features: (n, k) numbers, best with a mean of 0 and mean squares of about 1.
        truth: (n,) codes in 0…classes-1.
        classes: how many there are; one without an example gets a low intercept.
        strength: the precision of the Gaussian prior of each weight, whose mean is 0.

    Raises:
        BadValue: shapes that do not fit, no examples, or a strength that is not positive.

    Source: multinomial logistic regression at the mode of a Gaussian prior, by L-BFGS (Nocedal and Wright, "Numerical
    Optimization", 2006, algorithm 7.5).

    >>> line = fit(np.array([[-1.0], [-0.9], [0.9], [1.0]]), np.array([0, 0, 1, 1]), 2, strength=0.1)
    >>> line.logits(np.array([[-2.0], [2.0]])).argmax(axis=1).tolist()
    [0, 1]
    """
    rows, truth = np.asarray(features, np.float64), np.asarray(truth, np.int64)
    if rows.ndim != 2 or truth.shape != rows.shape[:1] or rows.shape[0] == 0:
        raise BadValue(f"Features are (n, k) and classes (n,). Got {rows.shape} and {truth.shape}")
    if not strength > 0:
        raise BadValue(f"'strength' must be positive. Got {strength}")
    # With fewer examples than features all that can be learnt lies in the space of the examples, and the prior looks
    # the same from every side: so the work is done there.
    turn = np.linalg.qr(rows.T)[0] if rows.shape[0] < rows.shape[1] else None
    inside = rows if turn is None else rows @ turn
    count, width = inside.shape
    wanted = np.zeros((count, classes))
    wanted[np.arange(count), truth] = 1

    def slope(point: Doubles) -> tuple[float, Doubles]:
        weights, intercepts = point[:-classes].reshape(width, classes), point[-classes:]
        logits = inside @ weights + intercepts
        over = probabilities(logits) - wanted
        value = loss(logits, truth) + strength / 2 * float((weights**2).sum())
        value += _INTERCEPT_STRENGTH / 2 * float((intercepts**2).sum())
        into = inside.T @ over + strength * weights
        return value, np.concatenate([into.ravel(), over.sum(axis=0) + _INTERCEPT_STRENGTH * intercepts])

    found = minimise(slope, np.zeros((width + 1) * classes), enough=_ENOUGH * count)
    weights = found[:-classes].reshape(width, classes)
    return Linear(weights if turn is None else turn @ weights, found[-classes:])


def minimise(slope: Callable[[Doubles], tuple[float, Doubles]], start: Doubles, *, enough: float) -> Doubles:
    """The lowest point of a smooth convex function.

    Args:
        slope: gives value and gradient, (p,) float64, at a point.
        start: (p,) float64.
        enough: stop where no part of the gradient is steeper.

    >>> minimise(lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), np.zeros(2), enough=1e-9).round(6).tolist()
    [3.0, 3.0]
    """
    point = start
    value, gradient = slope(point)
    steps: list[tuple[Doubles, Doubles]] = []
    for _ in range(_STEPS):
        if float(np.abs(gradient).max()) <= enough:
            break
        direction = _downhill(gradient, steps)
        length = 1.0 if steps else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        gain = float(direction @ gradient)
        while True:
            moved = point + length * direction
            after, turned = slope(moved)
            if after <= value + 1e-4 * length * gain or length < 1e-12:
                break
            length /= 2
        if not after < value:  # as low as floats go
            break
        step, change = moved - point, turned - gradient
        if float(step @ change) > 0:
            steps = [*steps[-_MEMORY + 1 :], (step, change)]
        point, value, gradient = moved, after, turned
    return point


def _downhill(gradient: Doubles, steps: list[tuple[Doubles, Doubles]]) -> Doubles:
    """Minus the gradient, bent by the curvature that the last steps met."""
    rest = gradient.copy()
    shares = []
    for step, change in reversed(steps):
        share = float(step @ rest) / float(step @ change)
        rest -= share * change
        shares.append(share)
    if steps:
        step, change = steps[-1]
        rest *= float(step @ change) / float(change @ change)
    for (step, change), share in zip(steps, reversed(shares), strict=True):
        rest += (share - float(change @ rest) / float(step @ change)) * step
    return -rest
