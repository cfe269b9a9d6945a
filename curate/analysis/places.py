"""The crowded places of a map, and what the samples at each have in common that others have not, in a word or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CELLS = 64
"""Cells along the longer side of the map."""

APART = 7
"""Cells between two places, at least: names need room."""

REACH = 5
"""Cells around its middle that belong to a place."""

FEWEST = 10
"""Points of the smallest place, and..."""

FEWEST_SHARE = 0.004
"""...the share of all points that it holds, at least."""

SHARED = 0.6
"""A value names a place where this share of its points has it, at least..."""

LIFT = 1.5
"""...and this many times as many as everywhere, at least."""

SAYS_NOTHING = frozenset({"", "none", "no", "null", "nan", "n/a", "na", "other", "others", "unknown", "undefined", "-"})
"""Words that name no place: what they stand for is that something is not there, or not known."""

_SURE = 1.64
"""Standard errors by which it has to be more, so that chance names nothing (5 %)."""


@dataclass(frozen=True)
class Place:
    """A crowded place.

    Attributes:
        x, y: its middle.
        count: points within its reach.
        text: one or two values that most of them share: "night, hail".
    """

    x: float
    y: float
    count: int
    text: str


def name_places(
    x: np.ndarray, y: np.ndarray, columns: Sequence[tuple[np.ndarray, Sequence[str]]], *, most: int = 12
) -> list[Place]:
    """Find the crowded places and name those where something stands out; a place without a name is left out.

    Args:
        x, y: (n,) float32, finite.
        columns: categories as (n,) integer codes and the words of codes 1…k; code 0 is no value, and neither it nor a word like
            "none" is a name.
        most: so many names, at most.

    Returns:
        The places, the most crowded first; no two have the same name.

    >>> x, hour = np.repeat([0.0, 1.0], [60, 50]), np.repeat([1, 2], [60, 50])
    >>> [place.text for place in name_places(x, x, [(hour, ["day", "night"])])]
    ['day', 'night']
    """
    if len(x) < FEWEST:
        return []
    low = float(x.min()), float(y.min())
    size = max(float(x.max()) - low[0], float(y.max()) - low[1], 1e-9) / CELLS
    column, row = (
        np.minimum(((axis - start) / size).astype(np.int32), CELLS - 1) for axis, start in zip((x, y), low, strict=True)
    )
    cell = row * CELLS + column
    crowd = _smooth(np.bincount(cell, minlength=CELLS * CELLS).reshape(CELLS, CELLS).astype(np.float64))
    peaks = _peaks(crowd)
    if not peaks:
        return []
    place = _reach(peaks)[cell]
    counts = np.bincount(place + 1, minlength=len(peaks) + 1)[1:]
    names = _names(place, counts, columns)
    fewest = max(FEWEST, FEWEST_SHARE * len(x))
    found: dict[str, Place] = {}
    for number in np.argsort(-counts, kind="stable").tolist():
        text = names[number]
        if text and counts[number] >= fewest and text not in found and len(found) < most:
            at_row, at_column = peaks[number]
            middle = low[0] + (at_column + 0.5) * size, low[1] + (at_row + 0.5) * size
            found[text] = Place(*middle, int(counts[number]), text)
    return list(found.values())


def _smooth(grid: np.ndarray) -> np.ndarray:
    """Three times the mean of five cells, along both axes: nearly a Gaussian of 2.4 cells."""
    for axis in (0, 1):
        for _ in range(3):
            padded = np.pad(grid, [(2, 2) if a == axis else (0, 0) for a in (0, 1)])
            grid = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=axis).mean(axis=-1)
    return grid


def _peaks(crowd: np.ndarray) -> list[tuple[int, int]]:
    """Rows and columns of cells that are the most crowded far around, the most crowded first."""
    window = 2 * APART + 1
    around = np.pad(crowd, APART)
    for axis in (0, 1):
        around = np.lib.stride_tricks.sliding_window_view(around, window, axis=axis).max(axis=-1)
    highest = np.argwhere((crowd == around) & (crowd > 0))
    kept: list[tuple[int, int]] = []
    for row, column in highest[np.argsort(-crowd[tuple(highest.T)], kind="stable")].tolist():
        if all(max(abs(row - r), abs(column - c)) > APART for r, c in kept):  # of a plateau, one cell
            kept.append((row, column))
    return kept


def _reach(peaks: list[tuple[int, int]]) -> np.ndarray:
    """(cells,) int64, to which place a cell belongs; -1 for none."""
    rows, columns = np.divmod(np.arange(CELLS * CELLS), CELLS)
    away = np.stack([np.hypot(rows - r, columns - c) for r, c in peaks])
    nearest = away.argmin(axis=0)
    return np.where(away.min(axis=0) <= REACH, nearest, -1)


def _names(place: np.ndarray, counts: np.ndarray, columns: Sequence[tuple[np.ndarray, Sequence[str]]]) -> list[str]:
    """Of each place the two values with the highest lift among those that most of its points share; "" where there is none."""
    found: list[list[tuple[float, str]]] = [[] for _ in counts]
    for codes, words in columns:
        k = len(words) + 1
        table = np.bincount((place + 1) * k + codes, minlength=(len(counts) + 1) * k).reshape(-1, k)
        everywhere = table.sum(axis=0) / max(len(place), 1)
        for number in range(len(counts)):
            if counts[number] == 0:
                continue
            value = int(table[number + 1, 1:].argmax()) + 1 if k > 1 else 0
            share = table[number + 1, value] / counts[number]
            least = share - _SURE * float(np.sqrt(share * (1 - share) / counts[number]))
            says = value and words[value - 1].strip().lower() not in SAYS_NOTHING
            if says and share >= SHARED and least >= LIFT * everywhere[value]:
                found[number].append((float(share / everywhere[value]), words[value - 1]))
    best = [sorted(values, key=lambda value: -value[0]) for values in found]
    return [", ".join(list(dict.fromkeys(word for _, word in values))[:2]) for values in best]
