"""Splits that keep near-duplicates together: a million samples, and what a random split of a drive's frames leaks.

    python benchmarks/split_leaks.py                      # both; the million is built once under --folder
    python benchmarks/split_leaks.py --samples 100000
    python benchmarks/split_leaks.py --samples 0          # the drives only

- million: the samples of `tests/planted.py` in clips of 20 (50,000 groups), with vectors of 512 dimensions: in each stretch of
  2,000 frames five that lie somewhere show one scene, more or less alike, and a fiftieth are copies at a cosine of 0.9 to 0.99.
  The whole `view.split` is timed, stratified by three columns and grouped by clip: without `leak`, with a cosine, with "auto";
  then its certificate, and `find_leaks` on the split that was made without. No model gave these vectors: for "auto" the copies
  are embedded by the demo's model, and as the pictures are any of the demo's, pixels never agree with the vectors, and the
  threshold is raised as far as it goes. "Busy" is the processor time of all its processes; half of it is what two cores take that
  do nothing else.
- drives: the 701 frames of ../shared/data/camvid_701: the share of val and test with a near-duplicate in train, in a random split
  and in one with leak="auto", both judged by `find_leaks` at the threshold of the latter.

The claims: the million in at most 300 s on 2 cores; most of a random val has a near-duplicate in train, and none of ours.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import curate  # noqa: E402
from curate import proximity  # noqa: E402
from curate.encoders.encoder import EncoderInfo  # noqa: E402
from curate.search.vectors import INFO_KEY  # noqa: E402
from curate.store import schemas  # noqa: E402
from curate.store.folder import Folder  # noqa: E402
from tests.planted import add_field, linked, plant  # noqa: E402

SHARED = ROOT.parent / "shared"
PARTS = {"train": 0.8, "val": 0.1, "test": 0.1}
ASKED: dict[str, Any] = {"stratify": ["weather", "timeofday", "speed"], "group_by": "clip"}
DIMENSION, STRETCH, ALIKE, CLIP = 512, 2_000, 5, 20
COSINE = 0.93
BATCH = 50_000


def built(folder: Path, n: int) -> Path:
    """The dataset of `n` samples with vectors of 512 dimensions, built where it is not there yet."""
    path = folder / f"leaks-{n}.curate"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    scenes, partial = folder / f"scenes-{n}.curate", path.with_suffix(".partial")
    if not scenes.exists():
        plant(scenes.with_suffix(".partial"), n, curate.demo(folder / "roads.curate"))
        scenes.with_suffix(".partial").rename(scenes)
    linked(scenes, partial)
    store = Folder.open(partial)
    add_field(partial, "clip", pa.array([f"clip-{row // CLIP:05}" for row in range(n)]))
    info = EncoderInfo(
        name="planted", model="planted", weights_hash="00", preprocessing="", dimension=DIMENSION, has_text=False
    )
    table = store.table("vectors/planted", schemas.vectors(DIMENSION, {INFO_KEY: info.to_json().encode()}))
    known = store.thumbnails.latest(["sample_id", "content"])
    rng = np.random.default_rng(0)
    kinds = _normal(rng, 40)
    for low in range(0, n, BATCH):
        part = known.slice(low, BATCH)
        made = _vectors(rng, kinds, part.num_rows).astype(np.float16)
        flat = pa.FixedSizeListArray.from_arrays(pa.array(made.reshape(-1)), DIMENSION)
        columns = [part.column(0).combine_chunks(), part.column(1).combine_chunks(), flat]
        table.append(pa.Table.from_arrays(columns, schema=table.schema.remove_metadata()))
    curate.open(partial).write_event("embed", {"name": "planted", "embedded": n})
    partial.rename(path)
    return path


def _vectors(rng: np.random.Generator, kinds: np.ndarray, size: int) -> np.ndarray:
    """Scenes that a few frames of each stretch show, and copies."""
    count = -(-STRETCH // ALIKE)
    made = np.empty((size, DIMENSION), np.float32)
    for low in range(0, size, STRETCH):
        rows = slice(low, min(low + STRETCH, size))
        many = rows.stop - low
        scenes = kinds[rng.integers(0, len(kinds), count)] + 0.8 * _normal(rng, count)
        noise = rng.uniform(0.2, 0.8, (many, 1)).astype(np.float32)
        part = _unit(scenes[rng.integers(0, count, many)] + noise * _normal(rng, many))
        one, other = rng.permutation(many)[: many // 50 * 2].reshape(2, -1)
        across = _normal(rng, len(one))
        across = _unit(across - (across * part[one]).sum(axis=1, keepdims=True) * part[one])
        cosine = rng.uniform(0.9, 0.99, (len(one), 1)).astype(np.float32)
        part[other] = cosine * part[one] + np.sqrt(1 - cosine**2) * across
        made[rows] = part
    return made


def _normal(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.standard_normal((count, DIMENSION), dtype=np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def timed(what: str, run: Callable[[], Any]) -> Any:
    """Run it, and print how long it took."""
    started, busy = time.perf_counter(), _busy()
    outcome = run()
    print(f"  {what:38} {time.perf_counter() - started:6.1f} s   busy {_busy() - busy:6.1f} s", flush=True)
    return outcome


def _busy() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def million(folder: Path, n: int) -> None:
    """The times of a large split."""
    path = built(folder, n)
    real = proximity.copies_of
    proximity.copies_of = lambda dataset, _, *more, **named: real(dataset, "demo", *more, **named)
    print(f"\n{n:,} samples × {DIMENSION}, {n // CLIP:,} groups, 3 columns")
    with tempfile.TemporaryDirectory(dir=folder) as home:
        ds = curate.open(linked(path, Path(home) / "split.curate"))
        timed("open, count", ds.count)
        timed("split, leak=None", lambda: ds.split(PARTS, **ASKED, leak=None, name="chance"))
        for leak in (COSINE, "auto"):
            name = f"at-{leak}"
            made = timed(
                f"split, leak={leak!r}", lambda leak=leak, name=name: ds.split(PARTS, **ASKED, leak=leak, name=name)
            )
            certificate = timed("its certificate", lambda made=made: made.certificate)
            near = certificate.nearness
            begun = "" if near.calibrated is None else f" (calibrated {near.calibrated:g})"
            print(f"    threshold {near.threshold:g}{begun}, {near.pairs:,} pairs, {near.across:,} of them across")
            print(f"    the search finds {near.recall:.1%}; highest across {near.highest}")
            print(f"    {certificate!r}")
        leaks = timed(
            f"find_leaks of leak=None at {COSINE}", lambda: curate.find_leaks(ds, column="chance", leak=COSINE)
        )
        print(f"    {leaks!r}")
    print(f"  memory of the session at its peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


def drives() -> None:
    """What a random split of neighbouring frames leaks."""
    with tempfile.TemporaryDirectory() as home:
        ds = curate.create(Path(home) / "drives.curate")
        ds.ingest(SHARED / "data" / "camvid_701" / "index.csv")
        ds.embed(f"local-dir:{SHARED / 'models' / 'photo-clip'}")
        print(f"\ncamvid_701: {ds.count()} frames")
        ours = timed("split, leak='auto'", lambda: ds.split(PARTS))
        threshold = ours.certificate.nearness.threshold
        ds.split(PARTS, leak=None, name="chance")
        print(f"  share with a near-duplicate in train, from a cosine of {threshold:g} on")
        for name, column in (("random", "chance"), ("leak='auto'", "v1")):
            leaks = curate.find_leaks(ds, column=column, leak=threshold)
            at = leaks.shares.filter((pl.col("threshold") - threshold).abs() < 1e-6)
            words = ", ".join(f"{part} {share:.1%}" for part, share in at.select("part", "share").iter_rows())
            print(f"    {name:12} {words}; closest across {leaks.nearness.highest:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curate-benchmarks"))
    options = parser.parse_args()
    os.environ.setdefault("CURATE_PROGRESS", "0")
    if (SHARED / "data" / "camvid_701").exists():
        drives()
    if options.samples:
        million(options.folder, options.samples)


if __name__ == "__main__":
    main()
