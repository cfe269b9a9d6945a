"""Pictures of one grey each, and training sets straight from their files."""

from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from curate.training.dataset import PictureDataset
from curate.training.order import Order
from curate.training.pictures import Pictures
from curate.training.targets import Numbers

COUNT = 23


def write(folder: Path, n: int = COUNT) -> list[Path]:
    """Number 7 has the value 70."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"bild {i:03d} é.png" for i in range(n)]
    for i, path in enumerate(paths):
        Image.fromarray(np.full((6, 8, 3), 10 * i, np.uint8)).save(path)
    return paths


def number(picture) -> int:
    """Which picture it is, by its grey."""
    return int(picture[0, 0, 0]) // 10


def numbers(batches) -> list[list[int]]:
    return [[number(picture) for picture in pictures] for pictures, _ in batches]


def flat(batches) -> list[int]:
    """The numbers of all pictures of all batches."""
    return list(chain.from_iterable(numbers(batches)))


def made(paths, **options) -> PictureDataset:
    """A training set with the sample ids 100, 101 …"""
    ids = np.arange(100, 100 + len(paths))
    order = options.pop("order", Order())
    return PictureDataset(Pictures([str(p) for p in paths]), Numbers(ids), ids, order=order, left_out={}, **options)
