"""The claim: ingest of 10,000 JPEGs, tables and all, is as fast as only decoding them in full with Pillow.

Both sides use as many worker processes and start them inside the time; rounds alternate and the median ratio counts.

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
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
os.environ["CURATE_PROGRESS"] = "0"

import decode_rate

import curate


def pillow(paths: list[str], workers: int) -> float:
    """Seconds for only decoding."""
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for _ in pool.imap_unordered(decode_rate.pillow, paths, chunksize=32):
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
            only = pillow(paths, options.workers)
            everything = ingest(pictures, Path(temporary, "d.curate"), options.workers)
            ratios.append(only / everything)
            print(
                f"Pillow, only decoding {len(paths) / only:8,.0f}/s   ingest, everything {len(paths) / everything:8,.0f}/s"
            )
        print(f"ingest, of Pillow's rate: {np.median(ratios):.2f}   at least 1.0")


if __name__ == "__main__":
    main()
