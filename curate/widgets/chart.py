"""The map of a dataset in memory, shared by all its widgets: places of samples, and what is worked out of them once.

A map has a number. It stays the same as long as the same samples stand at the same places, so that a browser which has the points
keeps them when a column or a tag is added.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Hashable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from curate.analysis.polygon import Plane
from curate.errors import BadValue, VectorsNotFound
from curate.projection import TABLE, MapInfo, map_info
from curate.store import schemas
from curate.store.session import Session
from curate.view import View

if TYPE_CHECKING:
    from curate.dataset import Dataset

MOST_POINTS = 3_000_000
"""Samples past which the map shows density and draws a part of them."""

DRAWN_OF_MANY = 500_000
"""Points that are drawn then: a random part, always the same for the same map."""

RASTER_CELLS = 500_000
"""Cells of the density: two counts of four bytes a cell are 4 MB, the largest reply."""

RASTER_WIDTH = 1024

_numbers = itertools.count(1)


class Chart:
    """One map. It never changes; any number of threads may read it.

    Attributes:
        number: of this map; no other map in this process has it.
        generation: of the session; positions of another generation mean nothing.
        info: what it was made of.
        positions: (m,) int64, ascending: the samples that have a place.
        x, y: (m,) float32, the middle at 0, the longer side from -1 to 1, y upwards.
        drawn: (d,) int64 ascending, which of these are drawn.
        box: x and y of the lower left corner, x and y of the upper right one.
    """

    def __init__(self, positions: np.ndarray, x: np.ndarray, y: np.ndarray, info: MapInfo, generation: int) -> None:
        self.number = next(_numbers)
        self.generation = generation
        self.info = info
        self.positions = positions
        self.source = x, y
        low = np.array([x.min(), y.min()], np.float64)
        high = np.array([x.max(), y.max()], np.float64)
        middle, half = (low + high) / 2, max(float((high - low).max()) / 2, 1e-12)
        self.x = ((x - middle[0]) / half).astype(np.float32)
        self.y = ((y - middle[1]) / half).astype(np.float32)
        corners = (low - middle) / half, (high - middle) / half
        self.box = (float(corners[0][0]), float(corners[0][1]), float(corners[1][0]), float(corners[1][1]))
        self.drawn = np.arange(len(positions))
        if self.dense:
            some = np.random.default_rng(0).permutation(len(positions))[:DRAWN_OF_MANY]
            self.drawn = np.sort(some)
        self._making = threading.Lock()

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def dense(self) -> bool:
        """Whether there are more samples than are drawn."""
        return len(self.positions) > MOST_POINTS

    @property
    def plane(self) -> Plane:
        """All places, ready to be asked for what a lasso encloses."""
        with self._making:  # once, also where two widgets ask at the same time
            return self._plane

    @cached_property
    def _plane(self) -> Plane:
        return Plane(self.x, self.y)

    @property
    def raster(self) -> tuple[int, int]:
        """Width and height of the density, in cells as square as they can be."""
        left, bottom, right, top = self.box
        shape = max(right - left, 1e-3) / max(top - bottom, 1e-3)
        width = int(min(RASTER_WIDTH, max((RASTER_CELLS * shape) ** 0.5, 1)))
        return width, int(max(1, min(width / shape, RASTER_CELLS // width)))

    @cached_property
    def cells(self) -> np.ndarray:
        """(m,) int32, the cell of the raster that each place is in, rows from low y to high y."""
        width, height = self.raster
        left, bottom, right, top = self.box
        column = ((self.x - left) * (width / max(right - left, 1e-12))).astype(np.int32).clip(0, width - 1)
        row = ((self.y - bottom) * (height / max(top - bottom, 1e-12))).astype(np.int32).clip(0, height - 1)
        return row * width + column

    @cached_property
    def density(self) -> np.ndarray:
        """(cells,) uint32, samples in each cell of the raster."""
        return self.count_cells(None)

    def count_cells(self, of: np.ndarray | None) -> np.ndarray:
        """(cells,) uint32, how many of the places where `of` ((m,) bool; None: all) is true are in each cell."""
        width, height = self.raster
        cells = self.cells if of is None else self.cells[of]
        return np.bincount(cells, minlength=width * height).astype(np.uint32)


class Charts:
    """The map of a session as it is now, read when somebody asks for it. Thread-safe."""

    def __init__(self, dataset: View) -> None:
        self._held = weakref.ref(dataset.dataset)
        self._stamp: Hashable = None
        self._chart: Chart | None = None
        self._missing: tuple[Hashable, int] = (None, 0)

    @classmethod
    def of(cls, dataset: View) -> Charts:
        """Those of a dataset, or of a view's."""
        session = dataset.dataset.session
        with session.lock:
            if session not in _CHARTS:
                _CHARTS[session] = cls(dataset)
            return _CHARTS[session]

    def stamp(self) -> Hashable:
        """What the map hangs on: with another stamp it may be another one."""
        session = self._dataset.session
        return session.generation, session.wide_version

    def now(self) -> Chart | None:
        """The map that there is; None where there is none."""
        stamp = self.stamp()
        chart = self._chart
        if self._stamp == stamp:
            return chart
        with self._dataset.session.lock:
            stamp = self.stamp()
            if self._stamp != stamp:
                self._chart = self._read(self._chart)
                self._stamp = stamp
            return self._chart

    def numbered(self, number: int) -> Chart:
        """The map of that number.

        Raises:
            BadValue: there is another one by now, or none.
        """
        chart = self.now()
        if chart is None or chart.number != number:
            raise BadValue("The map has changed", hint="it is loaded again")
        return chart

    def missing(self) -> int:
        """How many samples have a vector of the map's encoder, and no place."""
        chart = self.now()
        dataset = self._dataset
        session = dataset.session
        if chart is None or chart.info.encoder not in dataset.vectors_.names():
            return 0
        stamp = chart.number, session.version, session.folder.table(f"vectors/{chart.info.encoder}").version()
        if self._missing[0] != stamp:
            with session.lock:
                embedded = session.readable.copy()
                embedded[dataset.vectors_.missing(chart.info.encoder)] = False
            embedded[chart.positions[chart.positions < len(embedded)]] = False
            self._missing = stamp, int(np.count_nonzero(embedded))
        return self._missing[1]

    def why_none(self) -> str:
        """Why there is no map, and what to do."""
        try:
            encoder = self._dataset.encoder.name
        except VectorsNotFound:
            return "A map is made of vectors, and this dataset has none yet: ds.embed() makes them."
        return f"There is no map of {encoder} yet."

    def title(self, chart: Chart) -> str:
        """What a map was made of, in words."""
        made = {"umap": "UMAP", "pca": "Principal components"}.get(chart.info.method, chart.info.method)
        title = f"{made} of {chart.info.encoder}"
        try:
            current = self._dataset.encoder.name
        except VectorsNotFound:
            return title
        return title if current == chart.info.encoder else f"{title}; searches use {current}"

    def _read(self, before: Chart | None) -> Chart | None:
        """The map of the wide table; the one before where nothing has moved. The session's lock is held."""
        session = self._dataset.session
        info = map_info(session.folder.table(TABLE, schemas.projection({})))
        if info is None or not {"projection_x", "projection_y"} <= set(session.dtypes):
            return None
        table = (
            session.cursor()
            .sql("SELECT position, projection_x, projection_y FROM wide WHERE isfinite(projection_x + projection_y)")
            .to_arrow_table()
        )
        positions, x, y = (table.column(name).to_numpy() for name in table.column_names)
        if len(positions) == 0:
            return None
        positions = positions.astype(np.int64)
        if (np.diff(positions) < 0).any():
            order = np.argsort(positions)
            positions, x, y = positions[order], x[order], y[order]
        if before is not None and before.generation == session.generation and before.info == info:
            same = zip((before.positions, *before.source), (positions, x, y), strict=True)
            if all(np.array_equal(old, new) for old, new in same):
                return before
        return Chart(positions, x, y, info, session.generation)

    @property
    def _dataset(self) -> Dataset:
        dataset = self._held()
        assert dataset is not None  # whoever asks has the dataset
        return dataset


_CHARTS: weakref.WeakKeyDictionary[Session, Charts] = weakref.WeakKeyDictionary()
