"""Columns as small numbers by position, and counts of them over any part of the samples.

A column is coded once; what a facet card shows of a view is then a count of codes, which takes a few milliseconds for a
million samples whatever the column holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, eq=False)
class Categories:
    """One value a sample, or none.

    Attributes:
        codes: (n,) uint16, or uint32 where there are more than 65,535 values, by position; 0 is no value.
        values: (k,) what codes 1…k stand for, the most frequent first, ties by text.
        counts: (k + 1,) int64, samples of each code; the first is of those without a value.
    """

    codes: np.ndarray
    values: list[Any]
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class Sets:
    """Any number of values a sample, each counted once a sample.

    Samples with the same values share one code, so a card of labels is counted as fast as any other: the codes first, and the
    values of each code afterwards.

    Attributes:
        codes: (n,) uint16 or uint32 by position; 0 is the empty set.
        values: (k,) what values 1…k are, the most frequent first, ties by text.
        counts: (k + 1,) int64, samples that have each value; the first is of those that have none.
        sets: (s,) int64, samples of each code.
        members: two (m,) int64, code and value (from 1): what each code holds.
    """

    codes: np.ndarray
    values: list[Any]
    counts: np.ndarray
    sets: np.ndarray
    members: tuple[np.ndarray, np.ndarray]

    def first(self) -> np.ndarray:
        """(n,) uint16 or uint32: the most frequent value that each sample has (from 1), 0 for none."""
        of_code = np.full(len(self.sets), len(self.counts), np.int64)
        np.minimum.at(of_code, *self.members)
        of_code[0] = 0
        firsts: np.ndarray = of_code.astype(_narrow(len(self.counts)))[self.codes]
        return firsts


@dataclass(frozen=True, eq=False)
class Part:
    """Some of the samples, made ready so that many columns can be counted over them.

    Whichever is smaller is looked up, the part or the rest: counts of the part are those of all without those of the rest.

    Attributes:
        n: samples there are.
        size: samples in the part.
        rows: positions (int64, ascending) of the part, or of the rest where `turned`.
    """

    n: int
    size: int
    rows: np.ndarray = field(repr=False)
    turned: bool

    @classmethod
    def of(cls, positions: np.ndarray, n: int) -> Part:
        """The part at `positions` (m,) int64, in any order, each once; those past `n` are left out."""
        if len(positions) == n:
            return cls(n, n, np.empty(0, np.int64), turned=True)
        mask = np.zeros(n, bool)
        mask[positions[positions < n]] = True
        size = int(np.count_nonzero(mask))
        turned = size > n // 2
        return cls(n, size, np.flatnonzero(~mask if turned else mask), turned)

    def count(self, codes: np.ndarray, over_all: np.ndarray) -> np.ndarray:
        """(k,) int64, how often each of `k` codes is in the part.

        Args:
            codes: (n,) by position.
            over_all: (k,) int64, how often each code is there at all.
        """
        if len(self.rows) == 0:
            counted = np.zeros(len(over_all), np.int64)
        else:
            counted = np.bincount(codes[self.rows], minlength=len(over_all))
        return over_all - counted if self.turned else counted


def categories(column: pa.Array | pa.ChunkedArray, *, most: int | None = None) -> Categories | None:
    """Code a column of texts, booleans or other single values.

    Args:
        column: (n,) Arrow; null is no value.
        most: None is returned where there are more values than this.

    >>> coded = categories(pa.array(["rain", None, "clear", "rain"]))
    >>> coded.values, coded.codes.tolist(), coded.counts.tolist()
    (['rain', 'clear'], [1, 0, 2, 1], [1, 2, 1])
    """
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks() if encoded.num_chunks else pa.array([], encoded.type)
    values = encoded.dictionary.to_pylist()
    if most is not None and len(values) > most:
        return None
    raw = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    found = np.bincount(raw, minlength=len(values) + 1)
    place, ordered, counts = _by_frequency(values, found)
    return Categories(place[raw], ordered, counts)


def sets(positions: np.ndarray, column: pa.Array | pa.ChunkedArray, n: int) -> Sets:
    """Code pairs of a position and a value: tags, or labels.

    Args:
        positions: (m,) int, the sample of each value; a sample may have the same value several times.
        column: (m,) Arrow, the values; null says nothing.
        n: samples there are.

    >>> coded = sets(np.array([0, 0, 2, 2, 2]), pa.array(["car", "bus", "car", "car", None]), 3)
    >>> coded.values, coded.counts.tolist(), coded.first().tolist()
    (['car', 'bus'], [1, 2, 1], [1, 0, 1])
    """
    coded = categories(column)
    assert coded is not None
    width = len(coded.counts)
    pairs = np.sort(np.asarray(positions, np.int64) * width + coded.codes)
    pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]]] if len(pairs) else pairs
    at, value = np.divmod(pairs, width)
    if coded.counts[0]:
        at, value = at[value > 0], value[value > 0]
    place, values, counts = _by_frequency(coded.values, np.bincount(value, minlength=width))
    codes, (code, value) = _share(at, value, n, width)
    counts[0] = n - np.count_nonzero(codes)
    held = np.bincount(codes, minlength=int(code.max(initial=0)) + 1)
    return Sets(codes, values, counts, held, (code, place[value].astype(np.int64)))


def count(coded: Categories | Sets, part: Part) -> np.ndarray:
    """(k + 1,) int64, samples of the part by value; the first is of those without one.

    >>> coded = categories(pa.array(["rain", None, "clear", "rain"]))
    >>> count(coded, Part.of(np.array([3, 1]), 4)).tolist()
    [1, 1, 0]
    """
    if isinstance(coded, Categories):
        return part.count(coded.codes, coded.counts)
    held = part.count(coded.codes, coded.sets)
    code, value = coded.members
    # weights are float64: exact up to 2**53 samples
    counted = np.bincount(value, weights=held[code], minlength=len(coded.counts)).astype(np.int64)
    counted[0] = held[0]
    return counted


def _share(at: np.ndarray, value: np.ndarray, n: int, width: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """One code for each set of values that occurs, and what it holds.

    The first values of all samples are looked at, then the second ones, and so on: a set is the code of what came before, and
    one value more.

    Args:
        at: (m,) int64 positions, ascending.
        value: (m,) int64 values from 1, ascending within a position.
        n: samples there are.
        width: larger than every value.
    """
    starts = np.flatnonzero(np.r_[True, at[1:] != at[:-1]]) if len(at) else np.empty(0, np.int64)
    lengths = np.diff(np.r_[starts, len(at)])
    rank = np.arange(len(at)) - np.repeat(starts, lengths)
    codes, known = np.zeros(n, np.int64), 1
    for turn in range(int(lengths.max(initial=0))):
        now = rank == turn
        fresh, count_of_fresh = _numbered(codes[at[now]] * width + value[now])
        codes[at[now]] = fresh + known
        known += count_of_fresh
    # sets on the way to larger ones may be nobody's; the empty one is there even where every sample has a value
    owners = at[starts]
    dense, sets_there = _numbered(codes[owners])
    codes[owners] = dense + 1
    # what a set holds is what the first sample with it has
    first = np.zeros(sets_there, np.int64)
    first[dense[::-1]] = np.arange(len(owners))[::-1]
    sizes = lengths[first]
    of = np.repeat(np.arange(1, sets_there + 1), sizes)
    within = np.arange(len(of)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return codes.astype(_narrow(sets_there + 1)), (of, value[np.repeat(starts[first], sizes) + within])


def _numbered(values: np.ndarray) -> tuple[np.ndarray, int]:
    """(m,) int64 numbers from 0 for (m,) int64 values, and how many values there are. Hashing: sorting takes five times as long."""
    encoded = pa.array(values).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)


def _by_frequency(values: Sequence[Any], found: np.ndarray) -> tuple[np.ndarray, list[Any], np.ndarray]:
    """Where each code goes so that frequent values come first, the values in that order, and their counts.

    Args:
        values: (k,) what codes 1…k stand for.
        found: (k + 1,) int64 counts; the first is of those without a value.
    """
    counted = found.tolist()
    there = [code for code in range(1, len(counted)) if counted[code]]
    order = sorted(there, key=lambda code: (-counted[code], str(values[code - 1])))
    place = np.zeros(len(counted), _narrow(len(order) + 1))
    place[order] = np.arange(1, len(order) + 1)
    return place, [values[code - 1] for code in order], found[[0, *order]].astype(np.int64)


def _narrow(codes: int) -> type[np.unsignedinteger[Any]]:
    return np.uint16 if codes <= 2**16 else np.uint32
