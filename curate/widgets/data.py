"""What the widgets need of a view, and nothing more."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl


class Rows(Protocol):
    """What a view evaluates to; it never changes.

    positions: (m,) int64 row numbers of the dataset, in the order of the view.
    scores: (m,) float32 aligned with positions, where the view was searched.
    generation: positions of another generation mean nothing (a purge has moved them).
    """

    @property
    def positions(self) -> np.ndarray: ...  # noqa: D102
    @property
    def scores(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def generation(self) -> int: ...  # noqa: D102


class DatasetData(Protocol):
    """The dataset behind a view."""

    @property
    def version(self) -> Hashable: ...  # noqa: D102
    def count(self) -> int: ...  # noqa: D102
    def thumbnails(self, positions: np.ndarray) -> Sequence[bytes | None]: ...  # noqa: D102
    def frame(self, positions: np.ndarray, columns: Sequence[str] | None = None) -> pl.DataFrame: ...  # noqa: D102
    def read_media(self, position: int) -> bytes: ...  # noqa: D102
    def positions_of(self, ids: Iterable[int]) -> np.ndarray: ...  # noqa: D102


class ViewData(Protocol):
    """A view: a query, its dataset, its rows."""

    @property
    def query(self) -> Any: ...  # noqa: D102
    @property
    def dataset(self) -> DatasetData: ...  # noqa: D102
    def rows(self) -> Rows: ...  # noqa: D102
    def select(self, ids: Iterable[int]) -> Any: ...  # noqa: D102
