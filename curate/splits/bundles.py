"""Samples in bundles, which may not be cut, and bundles in kinds, which are alike.

Everything is numbered as it appears in an order that keys and seed decide, so that neither the order of the rows nor the numbers
that stand for groups and classes have an influence.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from curate.errors import BadValue
from curate.splits.allocation import Kinds
from curate.splits.exchange import Ints
from curate.splits.strata import Strata


def integers(name: str, values: Any, n: int) -> npt.NDArray[np.int64]:
    """(n,) int64, or an error that names the argument."""
    array = np.asarray(values)
    if array.shape != (n,):
        raise BadValue(f"{name!r} must have shape ({n},). Got {array.shape}")
    if n and array.dtype.kind not in "iub":
        raise BadValue(f"{name!r} must be integers. Got {array.dtype}")
    return array.astype(np.int64)


def shuffled(keys: npt.ArrayLike, n: int, seed: int) -> Ints:
    """(n,) rows in an order drawn from keys and seed: by SplitMix64 (Steele, Lea and Flood, 2014), which maps no two keys to one.

    Raises:
        BadValue: keys that are not distinct.
    """
    key = integers("keys", keys, n)
    if n > 1 and not np.diff(np.sort(key)).all():
        raise BadValue(f"'keys' must be distinct. Got {len(np.unique(key)):,} keys for {n:,} samples")
    salt = np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64)
    return np.argsort(_mixed(_mixed(key.view(np.uint64)) ^ salt), kind="stable")


def _mixed(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def by_appearance(code: Ints) -> Ints:
    """Number the values 0, 1, … as they first appear, so that the caller's numbering has no influence."""
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse.reshape(-1)]


def classes_of(strata: Strata | npt.ArrayLike | None, n: int, order: Ints) -> tuple[Ints, Ints]:
    """(m,) places in the shuffled order and (m,) classes there; classes of different columns differ and start at 1."""
    if strata is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    if isinstance(strata, Strata):
        if strata.height != n:
            raise BadValue(f"'strata' must have {n:,} rows. Got {strata.height:,}")
        columns = list(zip(strata.rows, strata.codes, strict=True))
    else:
        table = np.asarray(strata)
        table = table[:, None] if table.ndim == 1 else table
        if table.ndim != 2 or len(table) != n:
            raise BadValue(f"'strata' must have shape ({n},) or ({n}, columns). Got {np.shape(strata)}")
        columns = [(np.arange(n), integers("strata", table[:, i], n)) for i in range(table.shape[1])]
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    places, classes, offset = [], [], 1
    for row, code in columns:
        places.append(place[row])
        classes.append(_by_members(places[-1], code) + offset)
        offset = int(classes[-1].max(initial=offset - 1)) + 1
    return np.concatenate([np.zeros(0, np.int64), *places]), np.concatenate([np.zeros(0, np.int64), *classes])


def _by_members(place: Ints, code: Ints) -> Ints:
    """Number the classes by their first place; of classes that first appear in one sample, by all their places."""
    if not len(code):
        return code
    _, inverse = np.unique(code, return_inverse=True)
    by_class = np.lexsort((place, inverse))
    start = np.flatnonzero(np.diff(inverse[by_class], prepend=-1))
    first = place[by_class][start]
    fingerprint = np.add.reduceat(_mixed(place[by_class].view(np.uint64)), start)
    rank = np.empty(len(start), np.int64)
    rank[np.lexsort((fingerprint, first))] = np.arange(len(start))
    return rank[inverse]


def kinds_of(bundle: Ints, bundles: int, owner: Ints, klass: Ints, rows: int) -> tuple[Ints, Kinds]:
    """The kind of each bundle, and the kinds in order of appearance.

    Args:
        bundle: (n,) the bundle of each sample.
        bundles: how many there are.
        owner: (m,) the bundle of each sample that is of a class.
        klass: (m,) that class.
        rows: classes, and one for every sample.
    """
    size = np.bincount(bundle, minlength=bundles)
    pair, count = np.unique(owner * rows + klass, return_counts=True)
    owner = np.concatenate([np.arange(bundles), pair // rows])
    row = np.concatenate([np.zeros(bundles, np.int64), pair % rows])
    count = np.concatenate([size, count])
    by_owner = np.argsort(owner * rows + row, kind="stable")
    owner, row, count = owner[by_owner], row[by_owner], count[by_owner]
    start = np.concatenate([np.flatnonzero(np.diff(owner, prepend=-1)), [len(owner)]])
    # A bundle's fingerprint: two sums of hashed entries. Equal pairs of 64 bits mean equal bundles.
    entry = _mixed(row.view(np.uint64)) ^ _mixed(count.view(np.uint64) + np.uint64(1 << 40))
    one, two = (np.add.reduceat(_mixed(entry ^ np.uint64(salt)), start[:-1]) for salt in (1, 2))
    _, first, kind = np.unique(np.stack([one, two], axis=1), axis=0, return_index=True, return_inverse=True)
    kind = by_appearance(kind.reshape(-1))
    representative = np.sort(first)
    every = Kinds(np.ones(bundles, np.int64), start, row, count, rows).pick(representative)
    return kind, Kinds(np.bincount(kind), every.start, every.row, every.count, rows)


def deal(kind: Ints, table: Ints) -> npt.NDArray[np.int16]:
    """(bundles,) int16: of each kind the first bundles, in shuffled order, go to the first part, and so on."""
    parts = np.tile(np.arange(table.shape[1]), len(table))
    dealt = np.repeat(parts, table.reshape(-1))  # kind by kind
    result = np.empty(len(kind), np.int16)
    result[np.argsort(kind, kind="stable")] = dealt
    return result
