"""Whole bundles moved and exchanged between parts until what is furthest off comes near.

A descent takes, step by step, the move or exchange that lowers most the sum of a power of the deviations; the higher the power, the
more it is the worst alone that counts. Where no step helps any more, a few bundles of the class that is worst off are thrown into
parts drawn anew, and the descent begins again from there (iterated local search; Lourenço, Martin and Stützle, 2003).

A class that lies in two large bundles and in single samples of many others is met in no such way: once a large one has moved, it
takes many exchanges of single samples to make up for it. So in the end the largest bundles of the worst class are put elsewhere one
by one and stay there, while whatever holds that class is exchanged for anything (`_relieved`).

Elementwise float64 and sums in a fixed order: no BLAS, no `libm`, no clock. The same input gives the same answer everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

POWERS = (8, 32)  # by turns: the higher minds the worst alone, the lower still has a slope where that cannot be helped
THROWN = 8  # bundles a turn
PARTNERS = 32  # bundles of either part that are tried for an exchange
STEPS = 60  # a descent after a throw; most need ten
PATIENCE = 240  # turns without a gain; where bundles are few, so are the ways to go
ENTRIES = 500_000_000  # (class, bundle, part) entries looked at in all, in some 0.8 s
RELIEF = 300_000_000  # and as many again where a class is relieved of its largest bundles, in some 0.7 s
NEAR = 0.01  # a largest deviation that is not worth that
LARGEST = 4  # bundles of the worst class that are put elsewhere
PAIRS = 20_000  # exchanges that are tried between two parts where a class is to be relieved
NOTHING = -1e-9  # a step has to gain more than rounding does


@dataclass(frozen=True, eq=False)
class Problem:
    """Bundles to be put into parts.

    Attributes:
        count: (rows, b) float64, samples of each class in each bundle.
        missing: (rows, p) float64, samples that each part lacks before there is any bundle in it.
        scales: (f, rows, p) float64, what turns samples too many or too few into a deviation, by each of f measures.
        needs_one: (p,) bool, parts that may not be left without a bundle.
    """

    count: Floats
    missing: Floats
    scales: Floats
    needs_one: npt.NDArray[np.bool_]

    @property
    def entries(self) -> int:
        """What one step looks at."""
        rows, bundles = self.count.shape
        parts = self.missing.shape[1]
        return int(rows * parts * (bundles + (parts - 1) * min(bundles, PARTNERS) ** 2))

    def off(self, part: Ints) -> Floats:
        """(rows, p): samples too many (positive) or too few."""
        parts = self.missing.shape[1]
        have = np.stack([self.count[:, part == p].sum(axis=1) for p in range(parts)], axis=1)
        off: Floats = have - self.missing  # whole numbers in `have`: no order of adding changes them
        return off

    def worst(self, off: Floats) -> Floats:
        """(f,) the largest deviation by each measure."""
        largest: Floats = np.abs(off * self.scales).max(axis=(1, 2))
        return largest

    def score(self, off: Floats) -> tuple[float, float]:
        """The largest deviations by all measures, added up, and then the sum of all their fourth powers."""
        deviation = np.abs(off * self.scales)
        return round(float(deviation.max(axis=(1, 2)).cumsum()[-1]), 7), float(powered(deviation, 4).cumsum()[-1])

    def weights(self, off: Floats, *, together: bool = False) -> Floats:
        """(rows, p): what turns samples into a deviation, the worst by each measure, or by all together, being 1."""
        largest = self.worst(off)
        if together:
            largest = np.broadcast_to(largest.max(), largest.shape)
        found: Floats = (self.scales / np.where(largest > 0, largest, np.inf)[:, None, None]).max(axis=0)
        return found

    def left_empty(self, part: Ints) -> bool:
        """Whether a part that needs a bundle has none."""
        return bool((self.needs_one & (np.bincount(part, minlength=len(self.needs_one)) == 0)).any())


def powered(value: Floats, power: int) -> Floats:
    """Each value to a power of two: products, whose last bits are the same on every machine."""
    result = value * value
    while power > 2:
        result, power = result * result, power // 2
    return result


def settle(problem: Problem, part: Ints, *, good_enough: float) -> Ints:
    """A better placing of the bundles.

    Args:
        problem: what is aimed at.
        part: (b,) int64, where each bundle is to begin with.
        good_enough: a largest deviation at which the search ends.

    Returns:
        (b,) int64: where each bundle is best.
    """
    turns = Turns()
    budget = max(ENTRIES // problem.entries, 1)
    smooth, used = descend(problem, part, power=2, steps=budget)
    best, more = descend(problem, smooth, power=8, steps=budget)
    budget -= used + more
    if problem.score(problem.off(smooth)) < problem.score(problem.off(best)):
        best = smooth
    now = problem.score(problem.off(best))
    idle, turn, patience = 0, 0, min(PATIENCE, 80 + 4 * len(part))
    while now[0] > good_enough and idle < patience and budget > 0:
        thrown = _thrown(problem, best, turns)
        idle, turn = idle + 1, turn + 1
        if problem.left_empty(thrown):
            continue
        other, used = descend(problem, thrown, power=POWERS[turn % len(POWERS)], steps=min(STEPS, budget))
        budget -= used
        score = problem.score(problem.off(other))
        if score <= now:
            idle = 0 if score < now else idle
            best, now = other, score
    return _relieved(problem, best)


class Turns:
    """Numbers by a formula, the same in every version of every library: SplitMix64."""

    def __init__(self) -> None:
        self._state = 0

    def below(self, limit: int, size: int) -> Ints:
        """(size,) int64 in 0…limit - 1."""
        drawn = np.empty(size, np.int64)
        for i in range(size):
            self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
            value = self._state
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
            drawn[i] = (value ^ (value >> 31)) % limit
        return drawn


def _thrown(problem: Problem, part: Ints, turns: Turns) -> Ints:
    """Some of the bundles that hold the class that is furthest off, in parts drawn anew."""
    off = problem.off(part)
    row = int(np.abs(off * problem.weights(off)).max(axis=1).argmax())
    holding = np.flatnonzero(problem.count[row])
    part = part.copy()
    chosen = holding[turns.below(len(holding), THROWN)]
    part[chosen] = turns.below(problem.missing.shape[1], len(chosen))
    return part


def _relieved(problem: Problem, part: Ints) -> Ints:
    """The largest bundles of the class that is furthest off put elsewhere, one by one, as long as that helps."""
    budget, now = RELIEF, problem.score(problem.off(part))
    while now[0] > NEAR and budget > 0:
        found = part
        row = int(np.abs(problem.off(part) * problem.scales).max(axis=(0, 2)).argmax())
        largest = np.argsort(-problem.count[row], kind="stable")[:LARGEST]
        places = [(int(bundle), p) for bundle in largest for p in range(problem.missing.shape[1]) if p != part[bundle]]
        for bundle, goes_to in [(-1, -1), *places]:
            other = part.copy()
            if bundle >= 0:
                other[bundle] = goes_to
            if budget <= 0 or problem.left_empty(other):
                continue
            for locked in (bundle, -1):
                other, used = descend(problem, other, power=8, steps=4 * STEPS, locked=locked, together=True)
                other, tried = _exchanged(problem, other, locked=locked)
                budget -= used * problem.entries + tried
            score = problem.score(problem.off(other))
            if score < now:
                found, now = other, score
        if found is part:
            break
        part = found
    return part


def _exchanged(problem: Problem, part: Ints, *, locked: int) -> tuple[Ints, int]:
    """Bundles that hold the class that is furthest off exchanged for any others, and how many entries that took."""
    part, off, tried = part.copy(), problem.off(part), 0
    rows, parts = problem.missing.shape
    free = np.arange(len(part)) != locked
    for _ in range(4 * STEPS):
        scale = problem.weights(off, together=True)
        now = off * scale
        row = int(np.abs(now).max(axis=1).argmax())
        holding = free & (problem.count[row] > 0)
        gain, step = NOTHING, (-1, -1, -1, -1)
        for one in range(parts):
            here = np.flatnonzero(holding & (part == one))
            for two in range(parts):
                there = np.flatnonzero(free & (part == two))
                if one == two or not len(there) or not (off[row, one] > 0 or off[row, two] < 0):
                    continue
                some = here[: max(PAIRS // len(there), 1)]
                tried += 2 * rows * len(some) * len(there)
                both = [one, two]
                exchange = _exchange(problem.count, now[:, both], scale[:, both], (some, there), 8)
                if exchange is not None and exchange[0] < gain:
                    gain, step = exchange[0], (exchange[1], two, exchange[2], one)
        if step[0] < 0:
            break
        for bundle, goes_to in (step[:2], step[2:]):
            off[:, part[bundle]] -= problem.count[:, bundle]
            off[:, goes_to] += problem.count[:, bundle]
            part[bundle] = goes_to
    return part, tried


def descend(
    problem: Problem, part: Ints, *, power: int, steps: int, locked: int = -1, together: bool = False
) -> tuple[Ints, int]:
    """The steepest way down, and how many steps were looked at. The bundle `locked` stays where it is."""
    part, off = part.copy(), problem.off(part)
    every, parts = np.arange(len(part)), problem.missing.shape[1]
    scale = problem.weights(off, together=together)
    if not scale.any():
        return part, 0
    held = np.bincount(part, minlength=parts)
    leave, arrive = np.empty((parts, len(part))), np.empty((parts, len(part)))
    changed = list(range(parts))
    used = 0
    while used < steps:
        used += 1
        for p in changed:
            now, count = off[:, p] * scale[:, p], problem.count * scale[:, p, None]
            base = powered(now, power).cumsum()[-1]
            leave[p] = powered(now[:, None] - count, power).sum(axis=0) - base
            arrive[p] = powered(now[:, None] + count, power).sum(axis=0) - base
        cost = leave[part, every] + arrive
        cost[part, every] = np.inf
        cost[:, (problem.needs_one & (held == 1))[part]] = np.inf
        if locked >= 0:
            cost[:, locked] = np.inf
        at = int(cost.argmin())
        gain, step = float(cost.flat[at]), [(at % len(part), at // len(part))]
        # An exchange costs more to look for than a move; where bundles are many, moves do most of the way down.
        pairs = (
            []
            if gain < NOTHING and len(part) > 2 * PARTNERS
            else [(one, two) for one in range(parts) for two in range(one + 1, parts)]
        )
        loose = np.where(every == locked, -1, part)
        for one, two in pairs:
            exchange = _exchange(
                problem.count,
                off[:, [one, two]] * scale[:, [one, two]],
                scale[:, [one, two]],
                (_partners(loose, one, leave[one] + arrive[two]), _partners(loose, two, leave[two] + arrive[one])),
                power,
            )
            if exchange is not None and exchange[0] < gain:
                gain, step = exchange[0], [(exchange[1], two), (exchange[2], one)]
        if gain >= NOTHING:
            break
        changed = []
        for bundle, goes_to in step:
            origin = int(part[bundle])
            off[:, origin] -= problem.count[:, bundle]
            off[:, goes_to] += problem.count[:, bundle]
            held[origin] -= 1
            held[goes_to] += 1
            part[bundle] = goes_to
            changed = sorted({*changed, origin, goes_to})
    return part, used


def _partners(part: Ints, of: int, cost: Floats) -> Ints:
    """Bundles of a part: half of them the cheapest to take away, half spread over the others."""
    there = np.flatnonzero(part == of)
    if len(there) <= PARTNERS:
        return there
    there = there[np.argsort(cost[there], kind="stable")]
    half = PARTNERS // 2
    spread = half + np.arange(half) * (len(there) - 1 - half) // (half - 1)
    return np.concatenate([there[:half], there[spread]])


def _exchange(
    count: Floats, now: Floats, scale: Floats, between: tuple[Ints, Ints], power: int
) -> tuple[float, int, int] | None:
    """The best exchange of a bundle of one part for a bundle of the other, and what it changes.

    Args:
        count: (rows, b), of `Problem`.
        now: (rows, 2) deviations of the two parts.
        scale: (rows, 2), of `Problem`.
        between: bundles of either part.
        power: of the deviations.
    """
    here, there = between
    if not len(here) or not len(there):
        return None
    come = count[:, None, there] - count[:, here, None]
    cost: Any = powered(now[:, 0, None, None] + come * scale[:, 0, None, None], power).sum(axis=0)
    cost += powered(now[:, 1, None, None] - come * scale[:, 1, None, None], power).sum(axis=0)
    at = int(cost.argmin())
    gain = float(cost.flat[at]) - float(powered(now, power).sum(axis=1).cumsum()[-1])
    return gain, int(here[at // len(there)]), int(there[at % len(there)])
