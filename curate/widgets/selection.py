"""Which rows of a view a person has picked: a mask that the browser changes by ranges of row numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

Operation = Literal["set", "add", "remove", "toggle"]


class RowSelection:
    """A mutable set of row numbers of a view with `rows` rows. Whoever shares it between threads locks it.

    Attributes:
        revision: counts up with every change.
        count: how many rows are in it.
    """

    def __init__(self, rows: int) -> None:
        self.mask = np.zeros(rows, dtype=bool)
        self.revision = 0
        self.count = 0

    def apply(self, operation: Operation, ranges: Sequence[tuple[int, int]] | None) -> None:
        """Change it by ranges `[start, stop)`, which are cut at the ends of the view; None means every row."""
        picked = np.zeros_like(self.mask)
        for start, stop in [(0, self.mask.size)] if ranges is None else ranges:
            picked[start:stop] = True
        if operation == "set":
            self.replace(picked)
        elif operation == "add":
            self.replace(self.mask | picked)
        elif operation == "remove":
            self.replace(self.mask & ~picked)
        else:
            self.replace(self.mask ^ picked)

    def replace(self, mask: np.ndarray) -> None:
        """Take another mask, bool, one a row."""
        self.mask = mask
        self.count = int(np.count_nonzero(mask))
        self.revision += 1

    def rows(self) -> np.ndarray:
        """The row numbers, int64, ascending."""
        return np.flatnonzero(self.mask)

    def ranges(self) -> np.ndarray:
        """The same as (k, 2) int32 ranges `[start, stop)`, ascending, as few as possible."""
        edges = np.flatnonzero(np.diff(self.mask.astype(np.int8), prepend=0, append=0))
        return edges.reshape(-1, 2).astype(np.int32)

    def encode(self) -> tuple[Literal["ranges", "bitmap"], bytes]:
        """The whole selection as bytes: ranges, or one bit a row (lowest first) where that is smaller."""
        ranges = self.ranges()
        if ranges.nbytes <= self.mask.size // 8 + 8:
            return "ranges", ranges.tobytes()
        return "bitmap", np.packbits(self.mask, bitorder="little").tobytes()
