"""A small pool of real pictures on disk, and the frames that a view would hand over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

WEATHER = ("clear", "rain", "hail")


def picture(path: Path, seed: int, *, kind: str = "JPEG") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    with path.open("wb") as file:
        Image.fromarray(pixels).save(file, kind)


def samples_of(root: Path, uris: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sample_id": [1000 + i for i in range(len(uris))],
            "uri": uris,
            "location": [f"{root}/{uri}" for uri in uris],
            "status": ["ok"] * len(uris),
            "content_hash": [hashlib.sha256((root / uri).read_bytes()).hexdigest() for uri in uris],
            "width": [16] * len(uris),
            "height": [12] * len(uris),
            "format": ["JPEG"] * len(uris),
            "weather": [WEATHER[i % 3] for i in range(len(uris))],
            "drive": [f"drive-{i // 4}" for i in range(len(uris))],
            "bright": pl.Series([i / 10 for i in range(len(uris))], dtype=pl.Float32),
        }
    )


def detections_of(samples: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (sample, "objects", "detection", ("car", "person")[j], [1.1 + j, 2.0, 3.5, 4.0], 0.5, "model-a")
        for i, sample in enumerate(samples["sample_id"])
        for j in range(i % 3)
    ]
    rows += [
        (s, "weather", "classification", w, None, None, "ann") for s, w in samples.select("sample_id", "weather").rows()
    ]
    columns = ("sample_id", "field", "kind", "value", "box", "score", "source")
    return pl.DataFrame(rows, schema=columns, orient="row").cast({"box": pl.List(pl.Float32), "score": pl.Float32})


@pytest.fixture
def pool(tmp_path: Path) -> pl.DataFrame:
    uris = [f"{'ab'[i % 2]}/{i:03}.jpg" for i in range(24)]
    for i, uri in enumerate(uris):
        picture(tmp_path / "pool" / uri, i)
    return samples_of(tmp_path / "pool", uris)


@pytest.fixture
def labels(pool: pl.DataFrame) -> pl.DataFrame:
    return detections_of(pool)


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Every file of a folder with its bytes, the manifest included."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
