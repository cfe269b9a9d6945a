"""A dataset of 1,000,000 samples: opening it, filtering it, its thumbnails, its vectors, its memory.

Every figure is the median of a few runs; the searches are set against FAISS's own scan of the same vectors in the same run.

    python benchmarks/session.py                  builds the dataset once (a few minutes) under --folder
    python benchmarks/session.py --samples 100000
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa

import curate
from curate.encoders.encoder import EncoderInfo
from curate.search.vectors import INFO_KEY
from curate.store import schemas
from curate.store.folder import Folder
from curate.store.ids import content_key, sample_id

WEATHERS = np.array(["clear", "rain", "snow", "fog", "hail"])


def build(path: Path, n: int, dimension: int) -> None:
    """Write a dataset of made-up rows through the store's own tables."""
    rng = np.random.default_rng(0)
    folder = Folder.create(path)
    info = EncoderInfo(
        name="planted", model="planted", weights_hash="00", preprocessing="", dimension=dimension, has_text=False
    )
    vectors = folder.table("vectors/planted", schemas.vectors(dimension, {INFO_KEY: info.to_json().encode()}))
    metadata = folder.table(
        "fields/metadata",
        pa.schema(
            [
                pa.field("sample_id", pa.int64(), nullable=False),
                pa.field("weather", pa.string()),
                pa.field("drive", pa.string()),
            ]
        ),
    )
    jpeg = rng.integers(0, 256, 9000, dtype=np.uint8).tobytes()
    for low in range(0, n, 50_000):
        size = min(50_000, n - low)
        uris = [f"drive_{(low + i) // 200:05}/frame_{low + i:07}.jpg" for i in range(size)]
        ids = np.array([sample_id("roads", uri) for uri in uris])
        hashes = [f"{low + i:064x}"[::-1] for i in range(size)]
        content = np.array([content_key(h) for h in hashes])
        times = [datetime(2026, 1, 1) + timedelta(seconds=low + i) for i in range(size)]
        measures = {
            name: rng.random(size, dtype=np.float32)
            for name in ("brightness", "contrast", "sharpness", "saturation", "entropy")
        }
        columns = {
            "sample_id": ids, "root": ["roads"] * size, "uri": uris, "status": ["ok"] * size, "content_hash": hashes,
            "bytes": rng.integers(20_000, 400_000, size), "mtime": times, "width": np.full(size, 1920, np.int32),
            "height": np.full(size, 1080, np.int32), "format": ["JPEG"] * size, "captured_at": times,
            "aspect": np.full(size, 1.78, np.float32), "source": ["made"] * size,
            "phash": rng.integers(0, 2**63, size).astype(np.uint64), **measures,
        }  # fmt: skip
        empty = {f.name: pa.nulls(size, f.type) for f in schemas.SAMPLES if f.name not in columns}
        rows = {
            f.name: pa.array(columns[f.name], f.type) if f.name in columns else empty[f.name] for f in schemas.SAMPLES
        }
        folder.thumbnails.append(
            pa.table(
                {"sample_id": ids, "content": content, "jpeg": pa.array([jpeg] * size, pa.binary())},
                schema=schemas.THUMBNAILS,
            )
        )
        metadata.append(
            pa.table(
                {
                    "sample_id": ids,
                    "weather": WEATHERS[rng.choice(5, size, p=[0.6, 0.2, 0.1, 0.09, 0.01])],
                    "drive": [u[:11] for u in uris],
                },
                schema=metadata.schema,
            )
        )
        made = rng.standard_normal((size, dimension), dtype=np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        flat = pa.FixedSizeListArray.from_arrays(pa.array(made.astype(np.float16).reshape(-1)), dimension)
        vectors.append(
            pa.Table.from_arrays([pa.array(ids), pa.array(content), flat], schema=vectors.schema.remove_metadata())
        )
        folder.samples.append(pa.table(rows, schema=schemas.SAMPLES))
        print(f"\r  built {low + size:,}", end="", file=sys.stderr)
    print(file=sys.stderr)


def median(run, times: int = 7) -> float:
    """Median seconds of a call."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def measure(path: Path) -> None:
    """Everything but the memory, which needs a process of its own."""
    table = []
    table.append(("open", median(lambda: curate.open(path), 3) * 1e3, "2,000 ms"))
    ds = curate.open(path)
    counter = iter(range(10**6))
    # another constant each time, so that no cache answers
    table.append(
        (
            "where + count",
            median(lambda: ds.where("weather = 'hail' AND brightness < ?", 0.3 + next(counter) / 1e4).count()) * 1e3,
            "60 ms",
        )
    )
    rng = np.random.default_rng(1)
    ds.thumbnails(np.arange(60))
    table.append(("60 thumbnails", median(lambda: ds.thumbnails(rng.integers(0, ds.count(), 60)), 21) * 1e3, "10 ms"))
    index = ds.vectors_.index()
    query = index.reconstruct(np.array([5]))[0]
    faiss.omp_set_num_threads(1)
    bare = faiss.IndexScalarQuantizer(index.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    for low in range(0, index.n, 50_000):
        bare.add(index.reconstruct(np.arange(low, min(low + 50_000, index.n))))
    half = tuple(float(x) for x in query)
    views = {
        "search, top 100": lambda: ds.search(like=np.array(half)).limit(100),
        # the filter ran before: the words of a search change more often than its filters
        "search in 60 %": lambda: ds.where("weather = 'clear'").search(like=np.array(half)).limit(100),
        "search in 1 %": lambda: ds.where("weather = 'hail'").search(like=np.array(half)).limit(100),
        "a new filter, and search in 60 %": lambda: (
            ds.where(f"weather = 'clear' AND bytes > {next(counter)}").search(like=np.array(half)).limit(100)
        ),
    }
    ratios = {name: [] for name in views}
    scans = []
    for _ in range(9):
        started = time.perf_counter()
        bare.search(query[None], 100)
        scans.append(time.perf_counter() - started)
        for name, view in views.items():
            started = time.perf_counter()
            view().rows()
            ratios[name].append((time.perf_counter() - started) / scans[-1])
    table.append(("FAISS SQfp16 scan, one core", float(np.median(scans)) * 1e3, ""))
    table += [(f"{name}, of that scan", float(np.median(values)), "1.2") for name, values in ratios.items()]
    for name, value, target in table:
        print(f"{name:34} {value:10.2f}   {'at most ' + target if target else ''}")


MEMORY = """
import sys, curate, numpy as np
ds = curate.open(sys.argv[1])
ds.vectors_.index(); ds.thumbnails(np.arange(60)); ds.where("weather = 'hail'").count()
ds.search(like=int(ds.limit(1).ids()[0])).limit(100).df(["uri"])
# not ru_maxrss, which a child takes over from its parent
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 2**20)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curate-benchmarks"))
    options = parser.parse_args()
    path = options.folder / f"planted-{options.samples}-{options.dimension}.curate"
    if not path.exists():
        options.folder.mkdir(parents=True, exist_ok=True)
        build(path, options.samples, options.dimension)
    measure(path)
    gc.collect()
    out = subprocess.run([sys.executable, "-c", MEMORY, path], capture_output=True, text=True, check=True)
    print(f"{'memory of a session, GiB at peak':34} {float(out.stdout):10.2f}   at most 2.5")


if __name__ == "__main__":
    main()
