"""Groups and near-duplicates to groups that hold both: what is alike may not lie on two sides of a split.

Two samples above the threshold make their groups one, and so on through chains: a split must keep every pair together, so nothing
less than the connected components will do. Pairs are taken from the closest to the least close (Kruskal, 1956), and only those
that join two groups are kept: which is what shows why a group became large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import BadValue


@dataclass(frozen=True, eq=False)
class Merged:
    """Groups after merging.

    Attributes:
        codes: (n,) int64 group numbers, from 0, as they first appear.
        merges: one row for each joining of two groups, in the order in which they joined: group (its number in `codes`),
            left, right (rows of the pair that joined them), cosine, left_size, right_size (samples of the two before).
    """

    codes: npt.NDArray[np.int64]
    merges: pl.DataFrame

    def decisive(self, limit: int = 5) -> pl.DataFrame:
        """Of the largest groups that merging made, the merge that made each large: rows of `merges`, the largest first.

        It is the one whose smaller side was largest: without it the group would be two, neither of them small.

        >>> merged = merge(np.array([0, 0, 0, 1, 1, 2]), [0, 3], [3, 5], [0.97, 0.99])
        >>> merged.decisive().select("left", "right", "left_size", "right_size", "size").rows()
        [(0, 3, 3, 3, 6)]
        """
        smaller = pl.min_horizontal("left_size", "right_size")
        size = pl.Series("size", np.bincount(self.codes))
        return (
            self.merges.with_columns(size.gather(self.merges["group"]).alias("size"))
            .sort(-pl.col("size"), "group", -smaller, maintain_order=True)
            .unique("group", keep="first", maintain_order=True)
            .head(limit)
        )


def merge(
    groups: npt.ArrayLike, left: npt.ArrayLike, right: npt.ArrayLike, cosine: npt.ArrayLike | None = None
) -> Merged:
    """Join the groups of every pair.

    Args:
        groups: (n,) integers; rows with equal numbers belong together. `np.arange(n)` where every row stands alone.
        left: (m,) integers, a row of each pair.
        right: (m,) integers, the other.
        cosine: (m,) how alike they are, at most 1; None takes all for equal (1).

    Raises:
        BadValue: sides of different lengths, a row that is not there, or a cosine that is no number.

    >>> merged = merge(np.array([7, 7, 8, 9]), [1], [2], [0.98])
    >>> merged.codes.tolist(), merged.merges.rows()
    ([0, 0, 0, 1], [(0, 1, 2, 0.98, 2, 1)])
    """
    group = np.asarray(groups)
    n = len(group)
    one, two = _rows("left", left, n), _rows("right", right, n)
    alike = np.ones(len(one)) if cosine is None else np.asarray(cosine, np.float64)
    if not one.shape == two.shape == alike.shape:
        raise BadValue(f"Pairs have a left, a right and a cosine each. Got {one.shape}, {two.shape} and {alike.shape}")
    if not np.isfinite(alike).all():
        raise BadValue("A cosine is a number. Got nan or infinity")
    _, code, size = np.unique(group, return_inverse=True, return_counts=True)
    code = code.reshape(-1)
    joining = _forest(code[one], code[two], np.lexsort((two, one, -alike)), len(size))
    sides = _sizes(code[one[joining]], code[two[joining]], size)
    merged = _numbered(code, code[one[joining]], code[two[joining]])
    merges = pl.DataFrame(
        {
            "group": merged[one[joining]],
            "left": one[joining],
            "right": two[joining],
            "cosine": alike[joining],
            "left_size": sides[:, 0],
            "right_size": sides[:, 1],
        }
    )
    return Merged(merged, merges)


def _rows(name: str, values: npt.ArrayLike, n: int) -> npt.NDArray[np.int64]:
    rows = np.asarray(values)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise BadValue(f"{name!r} must be a flat array of rows. Got {rows.dtype} of shape {rows.shape}")
    rows = rows.astype(np.int64)
    if rows.size and not 0 <= rows.min() <= rows.max() < n:
        raise BadValue(f"{name!r} must be rows 0…{n - 1}. Got {rows.min()} to {rows.max()}")
    return rows


def _forest(
    one: npt.NDArray[np.int64], two: npt.NDArray[np.int64], order: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """The pairs that join two groups when pairs are taken in this order: a minimum spanning forest over their ranks."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    order = order[one[order] != two[order]]
    if not len(order):
        return order
    low, high = np.minimum(one[order], two[order]), np.maximum(one[order], two[order])
    # Of pairs between the same two groups the first; scipy would add them up.
    _, first = np.unique(low * count + high, return_index=True)
    rank = np.arange(1.0, len(order) + 1)  # all different, so there is one such forest
    graph = coo_array((rank[first], (low[first], high[first])), shape=(count, count)).tocsr()
    chosen: npt.NDArray[np.int64] = order[np.sort(minimum_spanning_tree(graph).data).astype(np.int64) - 1]
    return chosen


def _sizes(
    one: npt.NDArray[np.int64], two: npt.NDArray[np.int64], size: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(m, 2) samples on the two sides of each join, in the order of joining: union by size, with path halving."""
    parent, held = list(range(len(size))), size.tolist()
    sides = np.empty((len(one), 2), np.int64)

    def root(of: int) -> int:
        while parent[of] != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    for i, (left, right) in enumerate(zip(one.tolist(), two.tolist(), strict=True)):
        a, b = root(left), root(right)
        sides[i] = held[a], held[b]
        if held[a] < held[b]:
            a, b = b, a
        parent[b] = a
        held[a] += held[b]
    return sides


def _numbered(
    code: npt.NDArray[np.int64], one: npt.NDArray[np.int64], two: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(n,) numbers of the joined groups as they first appear."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = int(code.max(initial=-1)) + 1
    edges = coo_array((np.ones(len(one), np.int8), (one, two)), shape=(count, count))
    label = connected_components(edges, directed=False)[1] if count else np.zeros(0, np.int64)
    _, first, inverse = np.unique(label[code], return_index=True, return_inverse=True)
    number: npt.NDArray[np.int64] = np.argsort(np.argsort(first))[inverse.reshape(-1)].astype(np.int64)
    return number
