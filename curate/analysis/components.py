"""Groups of what belongs together, from pairs: connected components, with a guard against chains.

If a is near b, b near c and c near d, one component holds all four, although a and d may have nothing in common; over a drive of
10,000 frames such a chain joins the town with the motorway. **The rule here: every member of a group is itself a pair with the
group's centre.** A component that has such a centre already stays whole. Any other is cut: its members become centres in the
order of how many they are near to, whoever is near a centre becomes none, and each of the rest goes to the centre it is most
like. So the cut runs through the weakest edges, no two centres are a pair, and everything that is dropped for its
centre has been seen to be near to it.

Source: the star algorithm (Aslam, Pelekhov and Rus, "The Star Clustering Algorithm for Static and Dynamic Information
Organization", 2004), whose members share a centre with the cosine of the threshold, and any two of them at least twice its
square less one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.errors import BadValue


@dataclass(frozen=True, eq=False)
class Groups:
    """Which rows belong together.

    Attributes:
        group: (n,) int64, the first row of the group that a row is in; a row that is in none has its own number.
        centre: (n,) int64, the centre of that group; a row that is in none is its own.
        strength: (n,) float32, of the pair of a row and its centre; 1 for a centre itself.
        cut: components that were chains and came apart.
    """

    group: np.ndarray
    centre: np.ndarray
    strength: np.ndarray
    cut: int


def components(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Connected components of an undirected graph.

    Args:
        count: rows, n.
        left: (m,) integers in 0…n-1.
        right: (m,) integers in 0…n-1.

    Returns:
        (n,) int64: the first row of the component that a row is in.

    Raises:
        BadValue: an end outside of 0…n-1, or sides of different lengths.

    >>> components(5, np.array([0, 3]), np.array([3, 4])).tolist()
    [0, 1, 2, 0, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = _ends(count, left, right)
    if not left.size:
        return np.arange(count, dtype=np.int64)
    edges = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    label = connected_components(edges, directed=False)[1]
    first: np.ndarray = np.unique(label, return_index=True)[1]
    rows: np.ndarray = first[label]
    return rows


def groups(count: int, left: np.ndarray, right: np.ndarray, strength: np.ndarray) -> Groups:
    """Groups in which every member is a pair with its centre.

    A pair of strength 1 says that two are the same: they are one, whatever the pairs of either, so that of 10,000 equal rows it
    takes the pairs of each with the first of them only. A pair that comes twice counts with the higher strength.

    Args:
        count: rows, n.
        left: (m,) integers in 0…n-1.
        right: (m,) integers in 0…n-1.
        strength: (m,) how alike a pair is, at most 1; higher is more.

    Raises:
        BadValue: an end outside of 0…n-1, sides of different lengths, or a strength that is not finite or above 1.

    A chain 0-1-2-3 comes apart at its weakest pair, and 4 and 5 are the same:

    >>> found = groups(6, [0, 1, 2, 4], [1, 2, 3, 5], [0.99, 0.91, 0.98, 1.0])
    >>> found.group.tolist(), found.cut
    ([0, 0, 2, 2, 4, 4], 1)
    """
    left, right = _ends(count, left, right)
    strength = np.asarray(strength, dtype=np.float32)
    if strength.shape != left.shape:
        raise BadValue(f"Each of {left.size} pairs has a strength. Got {strength.shape}")
    if not bool((strength <= 1).all()) or not bool(np.isfinite(strength).all()):
        raise BadValue("A strength is a number up to 1. Got one that is higher, or nan")
    same = strength == 1
    twin = components(count, left[same], right[same])
    weight = np.bincount(twin, minlength=count)
    graph = _Graph(count, twin[left[~same]], twin[right[~same]], strength[~same])
    centre, cut = _stars(graph, weight)
    tie = graph.strengths_with(centre)
    centre, tie = centre[twin], tie[twin]
    first = np.full(count, count, dtype=np.int64)
    np.minimum.at(first, centre, np.arange(count))
    return Groups(first[centre], centre, tie, cut)


class _Graph:
    """Neighbours of each row, without loops and without a pair twice: row i has `other[start[i]:start[i + 1]]`."""

    def __init__(self, count: int, left: np.ndarray, right: np.ndarray, strength: np.ndarray) -> None:
        self.count = count
        low, high = np.minimum(left, right), np.maximum(left, right)
        order = np.lexsort((-strength, high, low))
        low, high, strength = low[order], high[order], strength[order]
        kept = low != high
        kept[1:] &= (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        low, high, strength = low[kept], high[kept], strength[kept]
        self.label = components(count, low, high)
        row = np.concatenate([low, high])
        order = np.argsort(row, kind="stable")
        self.row = row[order]
        self.other = np.concatenate([high, low])[order]
        self.strength = np.concatenate([strength, strength])[order]
        self.start = np.searchsorted(self.row, np.arange(count + 1))

    def strengths_with(self, centre: np.ndarray) -> np.ndarray:
        """(n,) float32: how strongly each row is tied to its centre, 1 to itself."""
        tie = np.ones(self.count, dtype=np.float32)
        own = centre[self.row] == self.other
        tie[self.row[own]] = self.strength[own]
        return tie


def _stars(graph: _Graph, weight: np.ndarray) -> tuple[np.ndarray, int]:
    """(n,) centre of each row, and how many components have more than one."""
    reach = weight + np.bincount(graph.row, weights=weight[graph.other], minlength=graph.count)
    warmth = weight + np.bincount(graph.row, weights=graph.strength * weight[graph.other], minlength=graph.count)
    linked = np.flatnonzero(np.diff(graph.start))
    # who is near to most comes first; of equals who is nearer, then the earlier row
    order = linked[np.lexsort((linked, -warmth[linked], -reach[linked]))]
    is_centre = np.ones(graph.count, dtype=bool)
    is_centre[linked] = False
    covered = np.zeros(graph.count, dtype=bool)
    for row in order.tolist():
        if not covered[row]:
            is_centre[row] = True
            covered[row] = True
            covered[graph.other[graph.start[row] : graph.start[row + 1]]] = True
    centre = np.arange(graph.count)
    ties = np.flatnonzero(is_centre[graph.other] & ~is_centre[graph.row])
    # the last one written stays: the strongest, and of equals the one with the wider reach, then the earlier
    far = graph.other[ties]
    ties = ties[np.lexsort((-far, reach[far], graph.strength[ties]))]
    centre[graph.row[ties]] = graph.other[ties]
    of_each = np.bincount(graph.label[is_centre], minlength=graph.count)
    return centre, int((of_each > 1).sum())


def _ends(count: int, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    if left.ndim != 1 or left.shape != right.shape:
        raise BadValue(f"Pairs have as many left as right ends, in flat arrays. Got {left.shape} and {right.shape}")
    for ends in (left, right):
        if ends.size and (int(ends.min()) < 0 or int(ends.max()) >= count):
            raise BadValue(f"The ends of pairs are rows 0…{count - 1}. Got {int(ends.min())} to {int(ends.max())}")
    return left, right
