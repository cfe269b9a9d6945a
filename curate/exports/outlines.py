"""What labels mark, as formats need it: outlines around masks, one ring of many, keypoints with visibility, what rings measure.

A ring is x, y, x, y … in pixels from the top left corner, closed by itself; a pixel reaches from its number to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from curate.media.mask import from_png

Ring = list[float]


def area_of(ring: Sequence[float]) -> float:
    """The area inside, in square pixels.

    >>> area_of([0, 0, 4, 0, 4, 3])
    6.0
    """
    x, y = np.asarray(ring[::2], float), np.asarray(ring[1::2], float)
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def bounds_of(points: Sequence[float]) -> list[float]:
    """The smallest box around points: x, y, width, height.

    >>> bounds_of([1, 2, 5, 2, 3, 8])
    [1, 2, 4, 6]
    """
    left, top = min(points[::2]), min(points[1::2])
    return [left, top, max(points[::2]) - left, max(points[1::2]) - top]


def bounds_of_mask(mask: np.ndarray) -> list[float]:
    """The smallest box around a mask's pixels: x, y, width, height.

    Args:
        mask: (h, w) bool, not empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = float(columns[0]), float(rows[0])
    return [left, top, float(columns[-1]) + 1 - left, float(rows[-1]) + 1 - top]


def mask_of(data: bytes, height: int, width: int) -> np.ndarray:
    """(height, width) bool of a label's mask, which may have another resolution than the picture."""
    mask = from_png(data)
    if mask.shape == (height, width):
        return mask
    return np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))


def rings_of(segmentation: Any) -> list[Ring] | None:
    """Several rings as the attribute `segmentation` keeps them; None where it holds anything else.

    >>> rings_of([[0, 0, 4, 0, 4, 3]]), rings_of([[0, 0, 4, 0]]), rings_of("x")
    ([[0, 0, 4, 0, 4, 3]], None, None)
    """
    if not isinstance(segmentation, list) or not segmentation:
        return None
    for ring in segmentation:
        numbers = isinstance(ring, list) and all(type(number) in (int, float) for number in ring)
        if not numbers or len(ring) < 6 or len(ring) % 2:
            return None
    return segmentation


def triples_of(points: Sequence[float], said: dict[str, Any]) -> list[float]:
    """Points as x, y, visibility …; where the attribute of that name lists what has no place, with zeros for it.

    >>> triples_of([5, 6, 7, 8], {"visibility": [2, 0, 1]}), triples_of([5, 6], {})
    ([5, 6, 2, 0, 0, 0, 7, 8, 1], [5, 6, 2])
    """
    pairs = list(zip(points[::2], points[1::2], strict=True))
    seen = said.get("visibility")
    marks = seen if isinstance(seen, list) and all(type(mark) in (int, float) for mark in seen) else []
    if sum(mark > 0 for mark in marks) != len(pairs):
        marks = [2] * len(pairs)
    rest = iter(pairs)
    return [number for mark in marks for number in ((*next(rest), mark) if mark > 0 else (0, 0, 0))]


def outlines(mask: np.ndarray) -> list[Ring]:
    """Rings along the edges of a mask's pixels: around each piece clockwise, around each hole the other way.

    Pixels that touch at a corner alone are two pieces. By the even-odd rule the rings hold exactly the mask's pixels.

    Args:
        mask: (h, w) bool.

    >>> outlines(np.array([[0, 1, 1], [0, 1, 1]], dtype=bool))
    [[1.0, 0.0, 3.0, 0.0, 3.0, 2.0, 1.0, 2.0]]
    """
    following = _edges(mask)
    rings: list[Ring] = []
    while following:
        start = next(iter(following))
        ring = [start]
        at, step = start, (0, 0)
        while True:
            ends = following[at]
            # where four edges meet, the way on is to the right: it stays with the same piece
            right = (at[0] - step[1], at[1] + step[0])
            end = ends.pop(ends.index(right) if len(ends) > 1 and right in ends else 0)
            if not ends:
                del following[at]
            ahead = (end[0] - at[0], end[1] - at[1])
            if ahead == step and len(ring) > 1:
                ring[-1] = end
            else:
                ring.append(end)
            at, step = end, ahead
            if at == start:
                break
        rings.append([float(number) for corner in ring[:-1] for number in corner])
    return rings


def _edges(mask: np.ndarray) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Corner to the corners that follow it, the mask on the right."""
    around = np.pad(mask, 1)
    inside = around[1:-1, 1:-1]
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    sides = (
        (around[:-2, 1:-1], (0, 0), (1, 0)),  # above: to the right
        (around[1:-1, 2:], (1, 0), (1, 1)),  # right: down
        (around[2:, 1:-1], (1, 1), (0, 1)),  # below: to the left
        (around[1:-1, :-2], (0, 1), (0, 0)),  # left: up
    )
    for neighbour, (x1, y1), (x2, y2) in sides:
        rows, columns = np.nonzero(inside & ~neighbour)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            following.setdefault((column + x1, row + y1), []).append((column + x2, row + y2))
    return following


def joined(rings: Sequence[Sequence[float]]) -> Ring:
    """One ring through several, by seams without width from each to the nearest corner of those before it.

    By the even-odd rule it holds what they hold, holes left out.

    >>> joined([[0, 0, 1, 0, 1, 1], [3, 0, 4, 0, 4, 1]])
    [0, 0, 1, 0, 3, 0, 4, 0, 4, 1, 3, 0, 1, 0, 1, 1]
    """
    from scipy.spatial import cKDTree

    corners = [tuple(rings[0][at : at + 2]) for at in range(0, len(rings[0]), 2)]
    for ring in rings[1:]:
        new = [tuple(ring[at : at + 2]) for at in range(0, len(ring), 2)]
        distances, nearest = cKDTree(corners).query(new)
        there = int(np.argmin(distances))
        here = int(nearest[there])
        corners[here + 1 : here + 1] = [*new[there:], *new[: there + 1], corners[here]]
    return [number for corner in corners for number in corner]
