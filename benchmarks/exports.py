"""The claim: 100,000 samples with 300,000 boxes go to COCO and to YOLO, read back, ten times as fast as by FiftyOne.

The same pictures and boxes are in a Curate dataset and in a FiftyOne dataset. Prints, from one run:

- Curate: `ds.export(..., media="hardlink")` in a process of its own, with its checksums, and read back label for label by
  pycocotools or supervision before it takes its place; seconds, and the peak of the process's memory above what it was with the
  dataset open;
- FiftyOne's exporter of the same format with `export_media="symlink"` (it makes no hard links); it reads nothing back.

A first export of FiftyOne, of a few samples, is not counted: it loads what it loads. Linux, and a MongoDB for FiftyOne in
`FIFTYONE_DATABASE_URI`.

    python benchmarks/exports.py [--samples 100000] [--rounds 3] [--folder FOLDER] [--without-fiftyone]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["CURATE_PROGRESS"] = "0"
os.environ.setdefault("FIFTYONE_DATABASE_NAME", "curate-benchmark-exports")
os.environ.setdefault("FIFTYONE_DO_NOT_TRACK", "true")

import numpy as np
import polars as pl
from PIL import Image

import curate

WIDTH, HEIGHT = 64, 48
BOXES = 3
CLASSES = np.array(["car", "bus", "truck", "person", "bicycle", "sign", "light", "dog", "bench", "tree"])
FORMATS = ("coco", "yolo")


def boxes_of(samples: int) -> tuple[np.ndarray, np.ndarray]:
    """(samples, BOXES) class names, and (samples, BOXES, 4) x, y, width, height in pixels."""
    random = np.random.default_rng(0)
    corners = random.uniform(0, 0.5, (samples, BOXES, 2)) * (WIDTH, HEIGHT)
    sizes = random.uniform(0.1, 0.5, (samples, BOXES, 2)) * (WIDTH, HEIGHT)
    boxes = np.concatenate([corners, sizes], axis=2).astype(np.float32)
    return CLASSES[random.integers(0, len(CLASSES), (samples, BOXES))], boxes


def name_of(number: int) -> str:
    return f"drive_{number // 1000:03}/frame_{number:06}.jpg"


def prepare(folder: Path, samples: int) -> None:
    """Pictures, each of them different, and a dataset of them with its boxes."""
    for number in range(samples):
        path = folder / "pictures" / name_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", (WIDTH, HEIGHT), (number % 256, number // 256 % 256, 128))
        data = io.BytesIO()
        picture.save(data, "JPEG", comment=str(number).encode())
        path.write_bytes(data.getvalue())
    ds = curate.create(folder / "a.curate")
    done = ds.ingest(folder / "pictures")
    assert done.by_status == {"ok": samples}, done
    ids = dict(ds.df(["uri", "sample_id"]).iter_rows())
    values, boxes = boxes_of(samples)
    numbers = np.array([ids[name_of(number)] for number in range(samples)])
    table = pl.DataFrame(
        {"sample_id": numbers.repeat(BOXES), "value": values.ravel(), "box": boxes.reshape(-1, 4).astype(float)}
    )
    ds.add_labels(table.with_columns(kind=pl.lit("detection")), field="objects", source="ann")
    (folder / "complete").touch()


def resident(key: str) -> int:
    """Bytes: VmRSS is the memory of this process, VmHWM its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) * 1024


def export_here(folder: Path, target: Path, format: str) -> None:
    """One export in this process; prints what it took as JSON."""
    ds = curate.open(folder / "a.curate")
    assert len(ds)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    started = time.perf_counter()
    export = ds.export(target, format=format, labels="objects", media="hardlink")
    seconds = time.perf_counter() - started
    above = (resident("VmHWM") - before) / 2**20
    print(
        json.dumps(
            {"seconds": seconds, "mebibytes": above, "read_by": export.manifest.read_by, "counts": export.counts}
        )
    )


def exported(folder: Path, target: Path, format: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--folder", str(folder), "--target", str(target), "--one", format]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def fiftyone_dataset(folder: Path, samples: int) -> Any:
    """The same pictures and boxes in FiftyOne, their sizes known to it."""
    import fiftyone as fo

    dataset = fo.Dataset(overwrite=True, name="curate-benchmark-exports")
    values, boxes = boxes_of(samples)
    shares = (boxes / np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], np.float32)).astype(float).tolist()

    def sample(number: int) -> Any:
        found = [
            fo.Detection(label=label, bounding_box=box)
            for label, box in zip(values[number].tolist(), shares[number], strict=True)
        ]
        return fo.Sample(
            str(folder / "pictures" / name_of(number)),
            metadata=fo.ImageMetadata(width=WIDTH, height=HEIGHT, num_channels=3),
            objects=fo.Detections(detections=found),
        )

    dataset.add_samples((sample(number) for number in range(samples)), progress=False, num_samples=samples)
    return dataset


def fiftyone_export(dataset: Any, target: Path, format: str) -> float:
    """Seconds."""
    import fiftyone as fo

    kinds = {"coco": fo.types.COCODetectionDataset, "yolo": fo.types.YOLOv5Dataset}
    started = time.perf_counter()
    dataset.export(
        str(target),
        dataset_type=kinds[format],
        label_field="objects",
        classes=CLASSES.tolist(),
        export_media="symlink",
        progress=False,
    )
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="on one disk; its pictures and dataset are kept for the next run")
    parser.add_argument("--without-fiftyone", action="store_true")
    parser.add_argument("--one", choices=FORMATS, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        export_here(options.folder, options.target, options.one)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        if not (folder / "complete").exists():
            prepare(folder, options.samples)
        dataset = None if options.without_fiftyone else fiftyone_dataset(folder, options.samples)
        outputs = Path(tempfile.mkdtemp(dir=folder))
        try:
            for format in FORMATS:
                measure(folder, outputs, dataset, format, options.rounds)
        finally:
            # not before: ext4 makes new files many times as slowly for minutes after many were deleted
            shutil.rmtree(outputs)
            if dataset is not None:
                dataset.delete()


def measure(folder: Path, outputs: Path, dataset: Any, format: str, rounds: int) -> None:
    ours: list[dict[str, Any]] = []
    theirs: list[float] = []
    if dataset is not None:
        fiftyone_export(dataset[:10], outputs / f"{format}-first", format)
    for number in range(rounds):
        ours.append(exported(folder, outputs / f"{format}-curate-{number}", format))
        if dataset is not None:
            theirs.append(fiftyone_export(dataset, outputs / f"{format}-fiftyone-{number}", format))
    seconds = statistics.median(one["seconds"] for one in ours)
    peak = max(one["mebibytes"] for one in ours)
    print(f"\n{format}: {ours[0]['counts']}, read back by {ours[0]['read_by']}")
    print(f"{'Curate, with hard links':<28}{seconds:>8.1f} s   {peak:,.0f} MiB above the session   at most 500")
    if theirs:
        other = statistics.median(theirs)
        print(f"{'FiftyOne, with symlinks':<28}{other:>8.1f} s   {other / seconds:.1f} x   at least 10", flush=True)


if __name__ == "__main__":
    main()
