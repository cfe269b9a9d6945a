"""The claim: ingest of 10,000 JPEGs, tables and all, is as fast as only decoding them in full with Pillow.

Pillow decodes in as many worker processes, once into an array that a program can use and once into its own memory only
(`Image.load`), which is the hardest comparison there is. All sides start their workers inside the time; rounds alternate and
the median ratio counts.

    python benchmarks/ingest.py [--pictures 10000] [--workers 2] [--rounds 3] [--photos FOLDER]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
os.environ["CURATE_PROGRESS"] = "0"

import decode_rate

import curate


def pillow(task: Callable[[str], object], paths: list[str], workers: int) -> float:
    """Seconds for only decoding."""
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for _ in pool.imap_unordered(task, paths, chunksize=32):
            pass
    return time.perf_counter() - started


def ingest(folder: Path, dataset: Path, workers: int) -> float:
    """Seconds for everything: listing, reading, measuring, thumbnails, tables."""
    shutil.rmtree(dataset, ignore_errors=True)
    ds = curate.create(dataset)
    started = time.perf_counter()
    done = ds.ingest(folder, workers=workers)
    seconds = time.perf_counter() - started
    assert set(done.by_status) == {"ok"}, done
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=Path, help="a folder of JPEGs to resize, instead of drawn pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        pictures = Path(temporary, "pictures")
        pictures.mkdir()
        paths = decode_rate.make(pictures, options.pictures, options.photos)
        ratios = []
        for _ in range(options.rounds):
            array = pillow(decode_rate.pillow_array, paths, options.workers)
            load = pillow(decode_rate.pillow, paths, options.workers)
            everything = ingest(pictures, Path(temporary, "d.curate"), options.workers)
            ratios.append((array / everything, load / everything))
            rates = [len(paths) / seconds for seconds in (array, load, everything)]
            print("Pillow to array {:7,.0f}/s   Pillow load {:7,.0f}/s   ingest, everything {:7,.0f}/s".format(*rates))
        to_array, to_memory = np.median(ratios, axis=0)
        print(f"ingest, of Pillow's rate into an array: {to_array:.2f}   at least 1.0")
        print(f"ingest, of Pillow's rate into its own memory: {to_memory:.2f}")


if __name__ == "__main__":
    main()
