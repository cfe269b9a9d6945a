"""The claim: one pass over a picture (hash, EXIF, measures, perceptual hash, thumbnail) keeps up with only decoding it.

Prints, from one run on the same files and with as many worker processes, rates and ratios of

- Pillow's full decode in a `multiprocessing.Pool`, into Pillow's own memory and into an array that a program can use;
- the same in our workers, whose C library keeps its memory (see `curate.engines.process`): the hardest comparison;
- `probe_location` in our workers.

Rates count from the first answer on: starting interpreters is not decoding. Rounds alternate and the best of each counts, so
that whatever else the machine does falls on all; on a busy machine the processor time a picture is the better measure. A
ratio above 1 means that everything is faster than only decoding.

    python benchmarks/decode_rate.py [--pictures 2000] [--workers 2] [--rounds 3] [--photos FOLDER]
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from curate.engines.local import LocalEngine
from curate.media.record import Record

SIZE = (640, 480)
PROBE = "curate, everything"
RIVALS = {
    "Pillow, pool": ("pool", "pillow"),
    "Pillow, pool, array": ("pool", "pillow_array"),
    "Pillow, our workers": ("engine", "decode_rate:pillow"),
    "Pillow, ours, array": ("engine", "decode_rate:pillow_array"),
    PROBE: ("engine", "curate.media.probe:probe_location"),
}


def pillow(location: str) -> Record:
    with Image.open(location) as image:
        image.load()
    return Record()


def pillow_array(location: str) -> Record:
    with Image.open(location) as image:
        np.asarray(image.convert("RGB"))
    return Record()


def drawn(number: int) -> Image.Image:
    """Structure at every scale, as photos have it (amplitude falls with frequency), and some sensor noise."""
    generator = np.random.default_rng(number)
    picture = np.full((SIZE[1], SIZE[0], 3), 110.0)
    for octave in range(1, 8):
        side = 2**octave
        noise = generator.integers(0, 256, (side, side, 3), dtype=np.uint8)
        picture += (np.asarray(Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC), float) - 128) / octave
    picture += generator.normal(0, 4, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def make(folder: Path, pictures: int, photos: Path | None) -> list[str]:
    originals = sorted(photos.rglob("*.jpg")) if photos else []
    paths = []
    for number in range(pictures):
        path = folder / f"{number:05}.jpg"
        if number < 200:
            image = (
                Image.open(originals[number % len(originals)]).convert("RGB").resize(SIZE)
                if originals
                else drawn(number)
            )
            image.save(path, quality=88)
        else:
            path.write_bytes((folder / f"{number % 200:05}.jpg").read_bytes())
        paths.append(str(path))
    return paths


def rate(where: str, task: str, paths: list[str], workers: int) -> tuple[float, float]:
    """Pictures a second, and milliseconds of processor time a picture, interpreters' starts left out of both."""
    _, idle = run(where, task, paths[: 2 * workers], workers)
    rate, busy = run(where, task, paths, workers)
    return rate, (busy - idle) / (len(paths) - 2 * workers) * 1000


def run(where: str, task: str, paths: list[str], workers: int) -> tuple[float, float]:
    """Pictures a second, and seconds of processor time of the workers and of this process."""
    before = processor_seconds()
    if where == "pool":
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            found = timed(pool.imap_unordered(globals()[task], paths, chunksize=min(32, len(paths) // workers)))
            pool.close()
            pool.join()
    else:
        with LocalEngine(workers=workers) as engine:
            found = timed(record for _, record in engine.run(task, enumerate(paths)))
    return found, processor_seconds() - before


def timed(records: Iterator[Record]) -> float:
    next(records)
    start = time.perf_counter()
    statuses = [record.status for record in records]
    seconds = time.perf_counter() - start
    assert set(statuses) == {"ok"}, set(statuses)
    return len(statuses) / seconds


def processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=Path, help="a folder of JPEGs to resize, instead of drawn pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = make(Path(folder), options.pictures, options.photos)
        size = sum(Path(path).stat().st_size for path in paths) / len(paths) / 1000
        print(f"{len(paths):,} JPEGs of {SIZE[0]} × {SIZE[1]}, {size:.0f} KB each, {options.workers} workers")
        rates = dict.fromkeys(RIVALS, 0.0)
        costs = dict.fromkeys(RIVALS, float("inf"))
        for _ in range(options.rounds):
            for name, (where, task) in RIVALS.items():
                found, cost = rate(where, task, paths, options.workers)
                rates[name], costs[name] = max(rates[name], found), min(costs[name], cost)
    print(f"{'':<22}{'pictures/s':>12}{'ratio':>8}{'processor':>14}{'ratio':>8}")
    for name in RIVALS:
        by_rate, by_cost = rates[PROBE] / rates[name], costs[name] / costs[PROBE]
        print(f"{name:<22}{rates[name]:>12,.0f}{by_rate:>8.2f}{costs[name]:>11.2f} ms{by_cost:>8.2f}")


if __name__ == "__main__":
    main()
