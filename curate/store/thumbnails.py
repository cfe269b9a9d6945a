"""Thumbnails by position: which row of the table holds whose, kept for as long as the table does not change."""

from __future__ import annotations

import numpy as np

from curate.store.session import Session


class Thumbnails:
    """Reads JPEG bytes by position without touching the rest.

    60 of them out of 1,000,000 take about a millisecond: Lance finds a row by its number (`benchmarks/session.py`).
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows = np.empty(0, np.int64)
        self._seen: tuple[int, int] = (-1, -1)

    def read(self, positions: np.ndarray) -> list[bytes | None]:
        """JPEG bytes of each position, None for a sample without a picture."""
        rows = self._row_numbers()[np.asarray(positions, dtype=np.int64)]
        there = rows >= 0
        found: list[bytes | None] = [None] * len(rows)
        if there.any():
            wanted, inverse = np.unique(rows[there], return_inverse=True)
            jpegs = self.session.folder.thumbnails.take(wanted, ["jpeg"]).column("jpeg").to_pylist()
            for slot, index in zip(np.flatnonzero(there), inverse, strict=True):
                found[slot] = jpegs[index]
        return found

    def _row_numbers(self) -> np.ndarray:
        table = self.session.folder.thumbnails
        with self.session.lock:
            seen = (table.version(), self.session.version)
            if seen != self._seen:
                ids = table.read(["sample_id"]).column("sample_id").to_numpy()
                at = self.session.positions_of(ids)
                rows = np.full(self.session.n, -1, np.int64)
                # in the order of writing, so that the latest row of a sample wins
                rows[at[at >= 0]] = np.flatnonzero(at >= 0)
                self._rows, self._seen = rows, seen
            return self._rows
