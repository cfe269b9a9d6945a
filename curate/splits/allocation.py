"""How many bundles of each kind go to each part: the numbers behind a split.

A *bundle* is what may not be cut: a group, or a sample on its own. Bundles that hold the same number of samples of every
class are of one *kind* and interchangeable, so a million ungrouped samples become a few kinds, and fifty thousand drives stay
fifty thousand. The result is a table (kinds, parts) of whole numbers.

Three steps: alike bundles are dealt out in proportion; the rest go one by one, the rarest class and the largest bundle
first, to the part that lacks them most (iterative stratification, Sechidis, Tsoumakas and Vlahavas, 2011, with
arbitrary shares and whole groups); then single moves and exchanges lower what is furthest off, among all bundles where they
are few (exchange.py), among a share of them at a time where they are many.

Everything is integers, elementwise float64 and sums in a fixed order: no BLAS and no `libm` power, whose last bits differ
from one machine to the next. The same input therefore gives the same table everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from curate.splits.exchange import Floats, Ints, Problem, powered, settle

ENUMERATE_UP_TO = 1 << 15  # tables; so many are tried one and all, in some 0.1 s
CANDIDATES = 32  # bundles a part that take part in the search for an exchange
ENTRIES_A_ROUND = 40_000  # (kind, class) entries looked at in one round of the search
ROUNDS = 250
PROPORTIONS = 12  # rounds of dealing alike bundles in proportion
DENSE = 40_000  # (class, bundle) entries up to which single bundles are searched
GOOD_ENOUGH = 2e-4  # 0.02 percentage points: further search is for nobody


@dataclass(frozen=True)
class Kinds:
    """Bundles that are alike, as a sparse matrix of kinds and classes.

    Attributes:
        multiplicity: (k,) int64, how many bundles are of that kind.
        start: (k + 1,) int64, where a kind's entries begin in `row` and `count`.
        row: (e,) int64, the class of an entry. Row 0 is every sample, so that its count is the bundle's size.
        count: (e,) int64, samples of that class in one bundle.
        rows: how many rows there are.
    """

    multiplicity: Ints
    start: Ints
    row: Ints
    count: Ints
    rows: int

    def __len__(self) -> int:
        return len(self.multiplicity)

    @property
    def size(self) -> Ints:
        """(k,) int64, samples in one bundle."""
        return self.count[self.start[:-1]]

    @property
    def owner(self) -> Ints:
        """(e,) int64, the kind of an entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def totals(self) -> Ints:
        """(rows,) int64, samples of each class."""
        total = np.zeros(self.rows, np.int64)
        np.add.at(total, self.row, self.count * self.multiplicity[self.owner])
        return total

    def divisible(self) -> Floats:
        """(rows,) float64: how far a class can be divided at all: 0 in one bundle, 1 in four alike or more.

        The Gini-Simpson index over that of four. What lies in one bundle lies in one part, and every part but the largest is the
        worse place for it. Counted in full, a column of such classes would draw everything to the largest part.
        """
        squares, total = np.zeros(self.rows, np.int64), self.totals()
        np.add.at(squares, self.row, self.count * self.count * self.multiplicity[self.owner])
        share: Floats = np.minimum((1.0 - squares / np.maximum(total * total, 1)) / 0.75, 1.0)
        return share

    def pick(self, chosen: Ints) -> Kinds:
        """The kinds of these numbers, in this order."""
        length = np.diff(self.start)[chosen]
        start = np.concatenate([[0], np.cumsum(length)])
        entry = np.arange(start[-1]) + np.repeat(self.start[chosen] - start[:-1], length)
        return Kinds(self.multiplicity[chosen], start, self.row[entry], self.count[entry], self.rows)

    def dense(self) -> Ints:
        """(rows, k) int64: samples of each class in one bundle of each kind."""
        table = np.zeros((self.rows, len(self)), np.int64)
        table[self.row, self.owner] = self.count
        return table


@dataclass(frozen=True)
class _Goal:
    """What is aimed at: how far a table is off, in shares."""

    kinds: Kinds
    held: Ints  # (rows, parts) samples that are there already and stay
    target: Floats  # (rows, parts) samples wanted, those included
    scales: Floats  # (2, rows, parts) what turns samples too many into a share of the part, and of the class
    sizes: Ints  # (parts,)
    exact: bool  # every bundle is one sample: the sizes are met to the sample
    may_be_empty: npt.NDArray[np.bool_]  # (parts,)

    def rest(self, table: Ints) -> Floats:
        """(rows, parts): samples too many (positive) or too few."""
        kinds, have = self.kinds, self.held.copy()
        for part in range(table.shape[1]):
            np.add.at(have[:, part], kinds.row, kinds.count * table[kinds.owner, part])
        return have - self.target

    def score(self, table: Ints) -> tuple[float, float]:
        """The largest deviation, and then the sum of their squares."""
        off = np.abs(self.rest(table) * self.scales)
        return round(float(off.max(axis=(1, 2)).cumsum()[-1]), 9), float((off * off).cumsum()[-1])

    @cached_property
    def scale(self) -> Floats:
        """(rows, parts): the stricter of the two."""
        stricter: Floats = self.scales.max(axis=0)
        return stricter


def allocate(
    kinds: Kinds, sizes: Ints, *, held: Ints | None = None, may_be_empty: npt.NDArray[np.bool_] | None = None
) -> Ints:
    """Deal the bundles out so that every class, and the whole, comes near its share in every part.

    What is made small are two largest deviations, added up: the samples that a part has too many or too few of a class, as a
    share of the part, which counts double, and as a share of the class times how divisible that is. Measured on the class
    alone, a small part could have a wholly different mix; measured on the part alone, a rare class could be missing from it
    and nobody would notice.

    Args:
        kinds: the bundles.
        sizes: (p,) int64 samples wanted in each part; their sum is the number of samples, those held included.
        held: (rows, p) int64 samples of each class that are in a part already. What a part holds beyond its share is made
            good by the others.
        may_be_empty: (p,) bool, parts that need no bundle at all. By default each that holds nothing gets one where there are
            enough.

    Returns:
        (k, p) int64: bundles of each kind in each part; rows sum to `kinds.multiplicity`.
    """
    parts = len(sizes)
    if parts == 1:
        return kinds.multiplicity[:, None].copy()
    if not len(kinds):
        return np.zeros((0, parts), np.int64)
    held = np.zeros((kinds.rows, parts), np.int64) if held is None else held
    total = kinds.totals() + held.sum(axis=1)
    n = int(total[0])
    exact = bool((kinds.size == 1).all())
    of_class = kinds.divisible()[:, None] / np.maximum(total[:, None], 1)
    scales = np.stack(np.broadcast_arrays(2 / np.maximum(sizes[None, :], 1), of_class))
    scales[:, kinds.totals() == 0] = 0.0  # nothing can be done about it
    if exact:
        scales[:, 0] = 0.0
    target = above(total[:, None] * sizes[None, :] / n, held)
    empty = held[0] > 0 if may_be_empty is None else may_be_empty | (held[0] > 0)
    goal = _Goal(kinds, held, target, scales, sizes, exact, empty)
    bundles = int(kinds.multiplicity.sum())
    if not exact and parts**bundles <= ENUMERATE_UP_TO:
        return _enumerate(goal, bundles)
    table = _greedy(goal)
    if not exact and bundles * kinds.rows <= DENSE:
        return _settled(goal, table)
    smooth = _improve(goal, table, power=2)
    sharp = _improve(goal, smooth, power=8)  # an eighth power looks at the worst alone, and still has a slope
    return min(smooth, sharp, key=goal.score)


def _settled(goal: _Goal, table: Ints) -> Ints:
    """A search over single bundles: where they are few, nothing needs to be left out of sight."""
    kinds, parts = goal.kinds, len(goal.sizes)
    kind = np.repeat(np.arange(len(kinds)), kinds.multiplicity)
    part = np.repeat(np.tile(np.arange(parts), len(kinds)), table.reshape(-1))
    needs_one = ~goal.may_be_empty & (goal.sizes > 0) & (np.bincount(part, minlength=parts) > 0)
    problem = Problem(kinds.dense()[:, kind].astype(np.float64), goal.target - goal.held, goal.scales, needs_one)
    part = settle(problem, part, good_enough=GOOD_ENOUGH)
    result = np.zeros_like(table)
    np.add.at(result, (kind, part), 1)
    return result


def above(target: Floats, held: Ints) -> Floats:
    """(rows, parts): targets that no part exceeds already; what one holds too many, the others have to do without."""
    total, fixed, result = target.sum(axis=1), held > target, target
    for _ in range(target.shape[1]):
        open_ = np.where(fixed, 0.0, target)
        left = total - np.where(fixed, held, 0).sum(axis=1)
        result = np.where(fixed, held, open_ * (left / np.maximum(open_.sum(axis=1), 1e-9))[:, None])
        fixed |= held > result + 1e-9
    return result


def _greedy(goal: _Goal) -> Ints:
    """Deal in proportion what can be, then the rest one by one to the part that lacks it most."""
    kinds, sizes = goal.kinds, goal.sizes
    table = _in_proportion(goal)
    rest = goal.rest(table)
    room = (sizes - goal.held[0] - (table * kinds.size[:, None]).sum(axis=0)).astype(np.float64)
    wanted = np.maximum(goal.target, 1e-9)
    weight = np.where(goal.scale > 0, 1.0 / wanted, 0.0)
    weight[0] = 1.0 / wanted[0]
    left = kinds.multiplicity - table.sum(axis=1)
    for kind in _order(kinds):
        rows = kinds.row[kinds.start[kind] : kinds.start[kind + 1]]
        count = kinds.count[kinds.start[kind] : kinds.start[kind + 1], None]
        for _ in range(left[kind]):
            # The growth of the chi-square distance between what each part has and what it should have.
            growth = (count * (rest[rows] + 0.5 * count) * weight[rows]).sum(axis=0)
            if goal.exact:
                growth = np.where(room >= 1, growth, np.inf)
            part = int(growth.argmin())
            table[kind, part] += 1
            rest[rows, part] += count[:, 0]
            room[part] -= count[0, 0]
    return _fill_empty(goal, table)


def _in_proportion(goal: _Goal) -> Ints:
    """(k, parts): of alike bundles as many to each part as fit there by every one of their classes, in proportion."""
    kinds = goal.kinds
    table = np.zeros((len(kinds), len(goal.sizes)), np.int64)
    for _ in range(PROPORTIONS):
        left = kinds.multiplicity - table.sum(axis=1)
        waiting = np.zeros(kinds.rows, np.int64)
        np.add.at(waiting, kinds.row, kinds.count * left[kinds.owner])
        share = np.maximum(-goal.rest(table), 0.0) / np.maximum(waiting, 1)[:, None]
        # 0.1 + 0.2 style dust must not cost a bundle
        dealt = np.floor(left[:, None] * np.minimum.reduceat(share[kinds.row], kinds.start[:-1]) + 1e-9)
        table += dealt.astype(np.int64)
        if dealt.sum() * 10 < left.sum():
            break
    return table


def _order(kinds: Kinds) -> Ints:
    """Rarest class first, then the largest bundles; sizes by powers of two, so that the seed has a say among similar ones."""
    bundles = np.zeros(kinds.rows, np.int64)
    np.add.at(bundles, kinds.row, kinds.multiplicity[kinds.owner])
    rarest = np.minimum.reduceat(bundles[kinds.row], kinds.start[:-1])
    magnitude = np.frexp(kinds.size.astype(np.float64))[1]
    return np.lexsort((np.arange(len(kinds)), -magnitude, rarest))


def _fill_empty(goal: _Goal, table: Ints) -> Ints:
    """Give a part without any bundle one, where another has two: an empty test set is of no use to anybody."""
    while not goal.exact:
        held = table.sum(axis=0)
        empty = np.flatnonzero((held == 0) & ~goal.may_be_empty & (goal.sizes > 0))
        if not len(empty) or held.max() < 2:
            break
        options = []
        for giver in np.flatnonzero(held > 1):
            for kind in np.flatnonzero(table[:, giver])[: 4 * CANDIDATES]:
                other = table.copy()
                other[kind, giver] -= 1
                other[kind, empty[0]] += 1
                options.append((goal.score(other), int(giver), int(kind), other))
        table = min(options, key=lambda option: option[:3])[3]
    return table


def _improve(goal: _Goal, table: Ints, *, power: int) -> Ints:
    """Move or exchange bundles as long as that lowers the sum of the deviations' powers."""
    table, rest = table.copy(), goal.rest(table)
    idle, turn = 0, 0
    per_round = max(CANDIDATES, ENTRIES_A_ROUND * len(goal.kinds) // max(len(goal.kinds.row), 1))
    whole = len(goal.kinds) <= per_round
    for turn in range(ROUNDS):
        if np.abs(rest * goal.scale).max() <= GOOD_ENOUGH or idle > (0 if whole else 3):
            break
        chosen = np.arange(len(goal.kinds)) if whole else _some(goal, rest, per_round, turn)
        local = goal.kinds.pick(chosen)
        step = _best_step(goal, local, table[chosen], held=table.sum(axis=0), rest=rest, power=power)
        if step is None:
            idle += 1
            continue
        idle = 0
        for kind, origin, goes_to in step:
            at = slice(local.start[kind], local.start[kind + 1])
            table[chosen[kind], origin] -= 1
            table[chosen[kind], goes_to] += 1
            rest[local.row[at], origin] -= local.count[at]
            rest[local.row[at], goes_to] += local.count[at]
    return table


def _some(goal: _Goal, rest: Floats, number: int, turn: int) -> Ints:
    """A share of the kinds for one round: half of them hold the class that is furthest off, half come by turns."""
    worst = int(np.abs(rest * goal.scale).max(axis=1).argmax())
    holding = goal.kinds.owner[goal.kinds.row == worst]
    half = number // 2
    first = holding[(np.arange(half) + turn * half) % len(holding)]
    second = (np.arange(half) + turn * half) % len(goal.kinds)
    return np.unique(np.concatenate([first, second]))


_Step = list[tuple[int, int, int]]


def _best_step(goal: _Goal, local: Kinds, table: Ints, *, held: Ints, rest: Floats, power: int) -> _Step | None:
    """The move or exchange that lowers the cost most, or None. `held` (p,) are the bundles of each part, all kinds."""
    e, scale, count = rest[local.row], goal.scale[local.row], local.count[:, None]
    now = powered(e * scale, power)
    leave, arrive = powered((e - count) * scale, power) - now, powered((e + count) * scale, power) - now
    parts = rest.shape[1]
    take = np.stack([np.bincount(local.owner, leave[:, p], len(local)) for p in range(parts)], axis=1)
    give = np.stack([np.bincount(local.owner, arrive[:, p], len(local)) for p in range(parts)], axis=1)
    if not goal.exact:
        free = (table > 0) & ((held > 1) | goal.may_be_empty)
        cost = np.where(free[:, :, None], take[:, :, None] + give[:, None, :], np.inf)
        cost[:, np.arange(parts), np.arange(parts)] = np.inf
        best = int(cost.argmin())
        if cost.flat[best] < -1e-12:
            kind, origin, goes_to = (int(i) for i in np.unravel_index(best, cost.shape))
            return [(kind, origin, goes_to)]
    found: tuple[float, _Step] = (-1e-12, [])
    for p in range(parts):
        for q in range(p + 1, parts):
            there = _candidates(table[:, p], take[:, p] + give[:, q])
            back = _candidates(table[:, q], take[:, q] + give[:, p])
            if len(there) and len(back):
                change = _exchange(goal, local, there, back, between=(p, q), rest=rest, power=power)
                at = int(change.argmin())
                if change.flat[at] < found[0]:
                    i, j = np.unravel_index(at, change.shape)
                    found = (float(change.flat[at]), [(int(there[i]), p, q), (int(back[j]), q, p)])
    return found[1] or None


def _candidates(held: Ints, cost: npt.NDArray[Any]) -> Ints:
    """Kinds present in a part: half of them the cheapest to move, half spread over the others."""
    present = np.flatnonzero(held)
    if len(present) <= CANDIDATES:
        return present
    present = present[np.argsort(cost[present], kind="stable")]
    spread = np.linspace(CANDIDATES // 2, len(present) - 1, CANDIDATES // 2).astype(np.int64)
    return np.unique(np.concatenate([present[: CANDIDATES // 2], present[spread]]))


def _exchange(
    goal: _Goal, local: Kinds, there: Ints, back: Ints, *, between: tuple[int, int], rest: Floats, power: int
) -> Floats:
    """(len(there), len(back)): the change of cost when a bundle of one part and one of the other change places."""
    leaving, coming = local.pick(there), local.pick(back)
    rows = np.unique(np.concatenate([leaving.row, coming.row]))
    change = (coming.dense()[rows][:, None, :] - leaving.dense()[rows][:, :, None]).astype(np.float64)
    cost = np.zeros(change.shape[1:])
    for part, sign in zip(between, (1.0, -1.0), strict=True):
        now, scale = rest[rows, part][:, None, None], goal.scale[rows, part][:, None, None]
        cost += (powered((now + sign * change) * scale, power) - powered(now * scale, power)).sum(axis=0)
    return cost


def _enumerate(goal: _Goal, bundles: int) -> Ints:
    """The best table of all, where there are few enough to try each."""
    kinds, parts = goal.kinds, len(goal.sizes)
    kind = np.repeat(np.arange(len(kinds)), kinds.multiplicity)
    every = np.arange(parts**bundles)
    part = np.stack([every // parts**i % parts for i in range(bundles)])  # (bundles, tables)
    dense = kinds.dense()[:, kind]
    worst, squares, fine = np.zeros((2, len(every))), np.zeros(len(every)), np.ones(len(every), bool)
    for p in range(parts):
        here = part == p
        if bundles >= parts - int(goal.may_be_empty.sum()) and not goal.may_be_empty[p] and goal.sizes[p] > 0:
            fine &= here.any(axis=0)
        for row in range(kinds.rows):
            have = (dense[row][:, None] * here).sum(axis=0) + goal.held[row, p]
            off = (have - goal.target[row, p]) * goal.scales[:, row, p, None]
            np.maximum(worst, np.abs(off), out=worst)
            squares += off[0] * off[0] + off[1] * off[1]
    order = np.lexsort((every, squares.round(12), (worst[0] + worst[1]).round(9), ~fine))
    best = part[:, order[0]]
    table = np.zeros((len(kinds), parts), np.int64)
    np.add.at(table, (kind, best), 1)
    return table
