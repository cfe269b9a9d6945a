"""The claim: training reads a view as fast as it reads WebDataset's shards of the same files, without an export.

Prints, from one run on the same pictures, with as many workers, the same transform and the same batches, pictures a second of

- WebDataset: tar shards, written by its own `ShardWriter`, decoded by its own "pil", shuffled through a buffer;
- `view.torch(…).loader(…)`: any order, one file after the other;
- `view.torch(iterable=True)` in PyTorch's own `DataLoader`, shuffled through a buffer of the same size.

Once with nothing but decoding and a crop, where reading and decoding are all there is, and once with the transform that
classifiers are trained with. An epoch counts from its beginning to its last batch, the start of its workers included. Rounds
alternate and the median counts. A ratio above 1 means that the view is faster.

    python benchmarks/training.py [--pictures 4000] [--workers 2] [--rounds 5] [--photos FOLDER]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import torch
import webdataset
from torch.utils.data import DataLoader
from torchvision.transforms import v2

import curate
from curate.dataset import Dataset

os.environ.setdefault("CURATE_PROGRESS", "0")

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "flickr8k_1000"
BATCH = 64
BUFFER = 1000
CLASSES = 10

to_numbers = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]
TRANSFORMS = {
    "decode and crop": v2.Compose([v2.CenterCrop(224), v2.PILToTensor()]),
    "train a classifier": v2.Compose([v2.RandomResizedCrop(224), v2.RandomHorizontalFlip(), *to_numbers]),
}


def prepare(folder: Path, photos: Path, pictures: int) -> tuple[Dataset, list[str]]:
    """A dataset, and WebDataset's shards of the same files in the same order."""
    originals = sorted(path for path in photos.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})
    (folder / "photos").mkdir()
    names = [f"{number:06}.jpg" for number in range(pictures)]
    for number, name in enumerate(names):
        (folder / "photos" / name).write_bytes(originals[number % len(originals)].read_bytes())
    dataset = curate.create(folder / "photos.curate")
    table = pl.DataFrame({"path": names, "kind": [f"kind {number % CLASSES}" for number in range(pictures)]})
    dataset.ingest(table, root=str(folder / "photos"), column="path")
    (folder / "shards").mkdir()
    pattern = str(folder / "shards" / "%03d.tar")
    with webdataset.ShardWriter(pattern, maxcount=-(-pictures // 16), verbose=False) as shards:
        for number, name in enumerate(names):
            data = (folder / "photos" / name).read_bytes()
            shards.write({"__key__": f"{number:06}", "jpg": data, "cls": str(number % CLASSES).encode()})
    return dataset, sorted(map(str, (folder / "shards").iterdir()))


def epoch(batches: Iterable[Any]) -> tuple[float, int]:
    """Seconds, and pictures."""
    started = time.perf_counter()
    seen = sum(len(pictures) for pictures, _ in batches)
    return time.perf_counter() - started, seen


def sharded(shards: list[str], transform: Callable[..., Any], workers: int) -> Iterable[Any]:
    stream = webdataset.WebDataset(shards, shardshuffle=len(shards), seed=0).shuffle(BUFFER)
    items = stream.decode("pil").to_tuple("jpg", "cls").map_tuple(transform, None)
    return DataLoader(items, BATCH, num_workers=workers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="a folder of JPEGs")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="lance is not fork-safe")  # said of the plain DataLoaders' workers
    with tempfile.TemporaryDirectory() as folder:
        dataset, shards = prepare(Path(folder), options.photos, options.pictures)
        print(f"{options.pictures:,} photos, {options.workers} workers, batches of {BATCH}, {options.rounds} rounds")
        for name, transform in TRANSFORMS.items():
            view = dataset.torch(transform, "kind", shuffle=True)
            stream = dataset.torch(transform, "kind", iterable=True, shuffle=BUFFER)
            rivals: dict[str, Iterable[Any]] = {
                "WebDataset": sharded(shards, transform, options.workers),
                "view.torch().loader()": view.loader(BATCH, num_workers=options.workers),
                "view.torch(iterable=True)": DataLoader(stream, BATCH, num_workers=options.workers),
            }
            rates: dict[str, list[float]] = {rival: [] for rival in rivals}
            for number in range(options.rounds + 1):
                for rival, batches in rivals.items():
                    seconds, seen = epoch(batches)
                    assert seen == options.pictures, f"{rival} gave {seen} pictures"
                    if number:  # the first fills the page cache
                        rates[rival].append(seen / seconds)
            base = statistics.median(rates["WebDataset"])
            print(f"\n{name:<28}{'pictures/s':>12}{'ratio':>8}   at least 0.90")
            for rival, found in rates.items():
                print(f"{rival:<28}{statistics.median(found):>12,.0f}{statistics.median(found) / base:>8.2f}")


if __name__ == "__main__":
    main()
