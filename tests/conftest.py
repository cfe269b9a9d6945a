"""What most tests stand on: a folder of small pictures, a dataset of them, and the shared photos where they are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import curate
from curate.dataset import Dataset

os.environ.setdefault("CURATE_PROGRESS", "0")

SHARED = Path(__file__).resolve().parents[2] / "shared"
WEATHERS = ("rain", "snow", "hail", "clear")


def draw(path: Path, seed: int, *, size: tuple[int, int] = (64, 48)) -> Path:
    """A small JPEG that differs from every other seed's."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(path, quality=90)
    return path


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 pictures in two folders, one of them empty, and a table of metadata."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(23):
        draw(folder / "pictures" / ("a" if number < 12 else "b") / f"{number:02}.jpg", number)
    (folder / "pictures" / "b" / "23.jpg").write_bytes(b"")
    names = [f"pictures/{'a' if n < 12 else 'b'}/{n:02}.jpg" for n in range(24)]
    table = pl.DataFrame(
        {
            "path": names,
            "weather": [WEATHERS[n % 4] for n in range(24)],
            "drive": [f"drive-{n // 3}" for n in range(24)],
            "speed": [None if n == 5 else float(n) for n in range(24)],
        }
    )
    table.write_csv(folder / "index.csv")
    return folder


@pytest.fixture(scope="session")
def prepared(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of the photos, made once; tests get copies."""
    path = tmp_path_factory.mktemp("prepared") / "photos.curate"
    ds = curate.create(path)
    ds.ingest(photos / "index.csv", workers=1)
    return path


@pytest.fixture
def ds(prepared: Path, tmp_path: Path) -> Dataset:
    """A dataset of 24 samples with weather, drive and speed, which the test may change."""
    return curate.open(shutil.copytree(prepared, tmp_path / "photos.curate"))


@pytest.fixture(scope="session")
def demo_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo of 2,000 scenes, built once; tests get copies."""
    path = tmp_path_factory.mktemp("built") / "roads.curate"
    curate.demo(path)
    return path


@pytest.fixture
def shared() -> Path:
    """The folder of real photos and the small real model."""
    if not SHARED.exists():
        pytest.skip("the shared photos are not here")
    return SHARED
