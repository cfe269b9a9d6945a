"""A small dataset and view with real pictures, that the widgets can be tried on without a dataset folder."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from curate import query as q
from curate.errors import BadQuery, UnknownName

FIRST_ID = 9_007_199_254_740_993  # 2**53 + 1: a number that JavaScript cannot hold


@dataclass(frozen=True)
class StandinRows:
    positions: np.ndarray
    scores: np.ndarray | None = None
    generation: int = 0


@dataclass
class StandinDataset:
    n: int
    names: dict[int, str] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    tags: dict[int, list[str]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    thumbnail_error: Exception | None = None
    thumbnail_calls: list[np.ndarray] = field(default_factory=list)

    def count(self) -> int:
        return self.n

    def thumbnails(self, positions: np.ndarray) -> list[bytes | None]:
        self.thumbnail_calls.append(positions)
        if self.thumbnail_error is not None:
            raise self.thumbnail_error
        return [None if self._status(p) != "ok" else jpeg(p) for p in positions.tolist()]

    def frame(self, positions: np.ndarray, columns: list[str] | None = None) -> pl.DataFrame:
        at = positions.tolist()
        frame = pl.DataFrame(
            {
                "sample_id": [FIRST_ID + p for p in at],
                "uri": [self.names.get(p, f"drive/frame {p:06}.jpg") for p in at],
                "status": [self._status(p) for p in at],
                "error": [None if self._status(p) == "ok" else "it does not decode" for p in at],
                "width": [256] * len(at),
                "height": [192] * len(at),
                "tags": pl.Series([self.tags.get(p, []) for p in at], dtype=pl.List(pl.String)),
                "weather": [("clear", "rain", "hail")[p % 3] for p in at],
                **{name: [value] * len(at) for name, value in self.extra.items()},
            }
        )
        return frame if columns is None else frame.select(columns)

    def read_media(self, position: int) -> bytes:
        return jpeg(position, size=(640, 480))

    def positions_of(self, ids: Any) -> np.ndarray:
        positions = np.asarray(ids, dtype=np.int64) - FIRST_ID
        if positions.size and not ((positions >= 0) & (positions < self.n)).all():
            raise UnknownName("sample", str(ids[0]), ())
        return positions

    def _status(self, position: int) -> str:
        return self.statuses.get(position, "ok")


@dataclass(frozen=True)
class StandinView:
    dataset: StandinDataset
    query: q.Query = field(default_factory=q.Query)
    chosen: np.ndarray | None = None
    scored: bool = False
    failing: bool = False

    def rows(self) -> StandinRows:
        if self.failing:
            raise BadQuery("There is no column 'wether'", hint="did you mean 'weather'")
        positions = np.arange(self.dataset.n) if self.chosen is None else self.chosen
        scores = np.linspace(0.33, 0.2, len(positions), dtype=np.float32) if self.scored else None
        return StandinRows(positions, scores)

    def count(self) -> int:
        return len(self.rows().positions)

    def ids(self) -> np.ndarray:
        return self.rows().positions + FIRST_ID

    def select(self, ids: Any) -> StandinView:
        return replace(self, chosen=self.dataset.positions_of(list(ids)))

    def tag(self, name: str) -> int:
        return self._change(name, add=True)

    def untag(self, name: str) -> int:
        return self._change(name, add=False)

    def _change(self, name: str, *, add: bool) -> int:
        changed = 0
        for position in self.rows().positions.tolist():
            carried = self.dataset.tags.setdefault(position, [])
            if (name in carried) != add:
                carried.append(name) if add else carried.remove(name)
                changed += 1
        self.dataset.version += 1
        return changed


def jpeg(position: int, size: tuple[int, int] = (128, 96)) -> bytes:
    """A picture whose colour and number say which sample it is."""
    colour = tuple(int(c) for c in np.random.default_rng(position).integers(40, 200, 3))
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).text((8, 8), str(position), fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()
