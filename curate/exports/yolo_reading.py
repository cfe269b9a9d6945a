"""What a YOLO export says, read back: counts and samples by our own reader, each label by supervision with Ultralytics' rules."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from curate.errors import NotVerified
from curate.exports.comparison import same
from curate.exports.contents import PART, Contents, Found, part_counts
from curate.exports.imagefolder import IMAGEFOLDER, INDEX
from curate.exports.labels import DETECTION, KEYPOINTS, MASK, POLYGON
from curate.exports.manifest import Manifest
from curate.exports.outlines import area_of
from curate.exports.table import read_table
from curate.exports.text_files import read_bytes
from curate.media.mask import from_png

DATA = "data.yaml"
IMAGES, LABELS = "images", "labels"
DETECT, SEGMENT, POSE, CLASSIFY = "detect", "segment", "pose", "classify"


AT_ONCE = 10_000
"""Pictures whose labels are held at one time."""

LOADED = 16
"""Pictures of each part that supervision loads with their labels as it would load them all; it opens each picture."""

CLOSE = 1e-5
"""Of a picture's size: supervision keeps places in single precision."""


def labels_path(file_name: str) -> str:
    """The text file of a picture, by Ultralytics' rule.

    >>> labels_path("images/train/a.b.jpg")
    'labels/train/a.b.txt'
    """
    return f"{LABELS}{file_name.removeprefix(IMAGES).rpartition('.')[0]}.txt"


def _described(folder: Path) -> dict[str, Any]:
    described = yaml.safe_load((folder / DATA).read_bytes())
    if not isinstance(described, dict) or not isinstance(described.get("names"), dict):
        raise NotVerified(f"{DATA} does not say what the classes are", hint="export again")
    return described


def read_back(folder: Path, manifest: Manifest) -> Found:
    """The task, numbers of samples and labels, and the samples with their part and metadata."""
    listed = {file.path for file in manifest.files}
    if DATA not in listed:
        found = IMAGEFOLDER.read_back(folder, manifest)
        return Found({"task": CLASSIFY, **found.counts}, found.samples)
    samples = read_table(folder / INDEX)
    if missing := {"sample_id", "file_name", *([PART] if manifest.parts else [])} - set(samples.columns):
        raise NotVerified(f"{INDEX} has no column {min(missing)!r}", hint="export again")
    paths = [labels_path(name) for name in samples["file_name"]]
    if lost := set(paths) - listed:
        raise NotVerified(
            f"{INDEX} names a picture whose labels {min(lost)!r} are not in the export", hint="export again"
        )
    described = _described(folder)
    counts = {
        "samples": samples.height,
        "labels": sum(read_bytes(folder, path).count(b"\n") for path in paths),
        "classes": len(described["names"]),
        "task": described.get("task"),
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


def check(folder: Path, _manifest: Manifest, contents: Contents) -> str:
    """Compare what supervision finds by Ultralytics' label rules with what was meant: every picture, class and place.

    Raises:
        NotVerified: with the first difference.
        ImportError: supervision is not installed.
    """
    import supervision

    if not (folder / DATA).exists():
        _check_folders(folder, contents)
        return f"supervision {supervision.__version__}"
    _check_loaded(folder, contents)
    numbers = dict(zip(contents.classes, range(len(contents.classes)), strict=True))
    points = (_described(folder).get("kpt_shape") or [0, 3])[0]
    for samples in contents.samples.iter_slices(AT_ONCE):
        _check_lines(folder, samples, contents.labels, numbers, points)
    return f"supervision {supervision.__version__}"


def _check_folders(folder: Path, contents: Contents) -> None:
    from supervision import ClassificationDataset

    for part, name in contents.parts.items() or [(None, ".")]:
        meant = contents.samples if part is None else contents.samples.filter(pl.col(PART) == part)
        if meant.is_empty():
            continue
        read = ClassificationDataset.from_folder_structure(str(folder / name))
        found = {str(path): read.classes[found.class_id[0]] for path, found in read.annotations.items()}
        wanted = {str(folder / name): name.split("/")[-2] for name in meant["file_name"]}
        same(found, wanted, f"the classes in {name!r}")


def _check_loaded(folder: Path, contents: Contents) -> None:
    """The first pictures of each part through supervision's own loader: names of classes, and which text is whose."""
    from supervision.dataset.formats.yolo import load_yolo_annotations

    first = (
        contents.samples.group_by(PART, maintain_order=True).head(LOADED)
        if contents.parts
        else contents.samples.head(LOADED)
    )
    folders = first.select(pl.col("file_name").str.replace(r"/[^/]*$", "")).to_series()
    many = contents.labels["sample_id"].value_counts()
    counts = dict(zip(many["sample_id"], many["count"], strict=True))
    for place, samples in first.group_by(folders, maintain_order=True):
        with tempfile.TemporaryDirectory() as copies:
            meant = {}
            for sample, name in samples.select("sample_id", "file_name").iter_rows():
                copy = Path(copies, name.rpartition("/")[2])
                shutil.copyfile(folder / name, copy)
                if copy.suffix.lower() in _LOADED_SUFFIXES:
                    meant[str(copy)] = counts.get(sample, 0)
            labels = folder / labels_path(f"{place[0]}/x.jpg")
            names, _, found = load_yolo_annotations(copies, str(labels.parent), str(folder / DATA))
            same(names, list(contents.classes), f"{DATA}: classes")
            seen = [len(found.get(path, ())) for path in meant]
            same(
                seen,
                list(meant.values()),
                "the number of labels",
                names=pl.Series([f"{place[0]}/{Path(p).name}" for p in meant]),
            )


_LOADED_SUFFIXES = (".bmp", ".jpg", ".jpeg", ".mpo", ".png", ".tif", ".tiff", ".webp")


def _check_lines(
    folder: Path, samples: pl.DataFrame, labels: pl.DataFrame, numbers: dict[str, int], points: int
) -> None:
    from supervision.dataset.formats.yolo import yolo_annotations_to_detections

    sizes = samples.select("sample_id", "file_name", pl.col("width").alias("columns"), pl.col("height").alias("rows"))
    # a join would go through all labels each time
    here = labels.filter(pl.col("sample_id").is_in(samples["sample_id"].implode()))
    meant = sizes.with_row_index("at").join(here, on="sample_id", maintain_order="left_right")
    texts = [read_bytes(folder, labels_path(name)).decode().splitlines() for name in samples["file_name"]]
    wanted = np.bincount(meant["at"].to_numpy(), minlength=samples.height).tolist()
    same(list(map(len, texts)), wanted, "the number of labels", names=samples["file_name"])
    lines = [line for text in texts for line in text]
    if not lines:
        return
    cut = [" ".join(line.split()[:5]) for line in lines] if points else lines
    found = yolo_annotations_to_detections(cut, (1, 1), with_masks=False)
    where = meant["file_name"]
    same(np.asarray(found.class_id).tolist(), [numbers[value] for value in meant["value"]], "class", names=where)
    boxes = _boxes(meant, pose=bool(points))
    known = np.isfinite(boxes).all(axis=1)
    far = np.flatnonzero((np.abs(found.xyxy - boxes) > CLOSE).any(axis=1) & known)
    if len(far):
        same(found.xyxy[far[0]].tolist(), boxes[far[0]].tolist(), f"{where[int(far[0])]}: place")
    if points:
        rows = meant.with_row_index("number").filter(pl.col("kind") == KEYPOINTS)
        for row in rows.iter_rows(named=True):
            _check_points(lines[row["number"]], row)
    else:
        rows = meant.with_row_index("number").filter(pl.col("kind").is_in((POLYGON, MASK)))
        for row in rows.iter_rows(named=True):
            _check_outline(lines[row["number"]], row)


def _boxes(meant: pl.DataFrame, *, pose: bool) -> np.ndarray:
    """(n, 4) float64 left, top, right, bottom as shares; not a number where the label has no box that the line is to have."""
    held = pl.col("kind").is_in((DETECTION, KEYPOINTS) if pose else (DETECTION,))
    across = (pl.col("x"), pl.col("x") + pl.col("width"))
    down = (pl.col("y"), pl.col("y") + pl.col("height"))
    corners = [
        pl.when(held).then(edge.clip(0, pl.col(side)) / pl.col(side))
        for edge, side in ((across[0], "columns"), (down[0], "rows"), (across[1], "columns"), (down[1], "rows"))
    ]
    return (
        meant.select(corner.cast(pl.Float64).alias(str(at)) for at, corner in enumerate(corners))
        .fill_null(float("nan"))
        .to_numpy()
    )


def _check_points(line: str, row: dict[str, Any]) -> None:
    numbers = [float(word) for word in line.split()[5:]]
    sides = row["columns"], row["rows"]
    found = [
        n * sides[at] for i in range(0, len(numbers), 3) if numbers[i + 2] for at, n in enumerate(numbers[i : i + 2])
    ]
    pairs = zip(row["points"][::2], row["points"][1::2], strict=True)
    meant = [n for pair in pairs if all(0 <= n <= side for n, side in zip(pair, sides, strict=True)) for n in pair]
    if len(found) != len(meant) or not np.allclose(found, meant, rtol=0, atol=1e-6):
        same(found, meant, f"{row['file_name']}: keypoints")


def _check_outline(line: str, row: dict[str, Any]) -> None:
    sides = row["columns"], row["rows"]
    found = [float(word) * sides[at % 2] for at, word in enumerate(line.split()[1:])]
    if row["kind"] == POLYGON:
        meant = [min(max(number, 0.0), sides[at % 2]) for at, number in enumerate(row["points"])]
        if len(found) != len(meant) or not np.allclose(found, meant, rtol=0, atol=1e-6):
            same(found, meant, f"{row['file_name']}: outline")
    elif row["attributes"] is None:
        mask = from_png(row["mask"])
        share, area = mask.mean(), area_of(found) / (sides[0] * sides[1])
        if abs(share - area) > CLOSE:
            same(area, float(share), f"{row['file_name']}: the share of the picture that a mask has")
