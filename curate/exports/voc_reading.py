"""What a Pascal VOC export says, read back: counts and samples by our own reader, each label by xmlschema with `voc.xsd`."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl

from curate.errors import NotVerified
from curate.exports.comparison import same
from curate.exports.contents import PART, Contents, Found, part_counts
from curate.exports.edges import LEFT, LOW, RIGHT, TOP, with_sizes
from curate.exports.imagefolder import INDEX
from curate.exports.labels import DETECTION, POLYGON
from curate.exports.manifest import Manifest
from curate.exports.table import read_table
from curate.exports.text_files import read_bytes

ANNOTATIONS, IMAGES, SETS = "Annotations", "JPEGImages", "ImageSets/Main"
UNSPLIT = "trainval"
SCHEMA = "voc.xsd"

AT_ONCE = 10_000
"""Pictures whose labels are held at one time."""

CLOSE = 1e-6
"""Pixels: a corner and a width are sums of each other."""


def annotation_path(file_name: str) -> str:
    """The XML file of a picture.

    >>> annotation_path("JPEGImages/a.b.jpg")
    'Annotations/a.b.xml'
    """
    return f"{ANNOTATIONS}/{stem_of(file_name)}.xml"


def stem_of(file_name: str) -> str:
    """What lists and XML files call a picture."""
    name = file_name.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def read_back(folder: Path, manifest: Manifest) -> Found:
    """Numbers of samples, objects and listed pictures, and the samples with their part and metadata."""
    listed = {file.path for file in manifest.files}
    samples = read_table(folder / INDEX)
    if missing := {"sample_id", "file_name", *([PART] if manifest.parts else [])} - set(samples.columns):
        raise NotVerified(f"{INDEX} has no column {min(missing)!r}", hint="export again")
    paths = [annotation_path(name) for name in samples["file_name"]]
    if lost := set(paths) - listed:
        raise NotVerified(f"{INDEX} names a picture whose {min(lost)!r} is not in the export", hint="export again")
    counts = {
        "samples": samples.height,
        "objects": sum(read_bytes(folder, path).count(b"<object>") for path in paths),
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


def check(folder: Path, manifest: Manifest, contents: Contents) -> str:
    """Have xmlschema read every file by the schema, and compare what it finds with what was meant.

    Raises:
        NotVerified: with the first difference.
        ImportError: xmlschema is not installed.
    """
    from xmlschema import XMLSchema

    schema = XMLSchema(importlib.resources.files("curate.exports").joinpath(SCHEMA).read_text(encoding="utf-8"))
    for part, name in manifest.parts.items() or [(None, UNSPLIT)]:
        samples = contents.samples if part is None else contents.samples.filter(pl.col(PART) == part)
        stems = [stem_of(path) for path in samples["file_name"]]
        lines = read_bytes(folder, f"{SETS}/{name}.txt").decode().split("\n")
        same(lines[:-1], stems, f"{SETS}/{name}.txt: pictures")
    for samples in contents.samples.iter_slices(AT_ONCE):
        _compare(folder, schema, samples, contents.labels)
    return f"xmlschema {importlib.metadata.version('xmlschema')}"


def _compare(folder: Path, schema: Any, samples: pl.DataFrame, labels: pl.DataFrame) -> None:
    found: list[dict[str, Any]] = []
    counts = []
    for path, width, height in samples.select("file_name", "width", "height").iter_rows():
        tree = ElementTree.fromstring(read_bytes(folder, annotation_path(path)))  # noqa: S314 - just written, here
        read = schema.to_dict(tree)
        same(read["filename"], path.rpartition("/")[2], f"{path}: filename")
        same((read["size"]["width"], read["size"]["height"]), (width, height), f"{path}: size")
        objects = read.get("object", [])
        # the names of their numbers are left open by the schema, which xmlschema then passes over
        for one, thing in zip(objects, tree.iter("object"), strict=True):
            one["polygon"] = [(number.tag, float(number.text or "")) for number in thing.find("polygon") or ()]
        found += objects
        counts.append(len(objects))
    meant = (
        samples.select("sample_id", "file_name")
        .with_row_index("at")
        .join(labels, on="sample_id", maintain_order="left_right")
    )
    wanted = np.bincount(meant["at"].to_numpy(), minlength=samples.height).tolist()
    same(counts, wanted, "the number of objects", names=samples["file_name"])
    if not found:
        return
    where = meant["file_name"]
    same([one["name"] for one in found], meant["value"].to_list(), "name", names=where)
    same([one.get("score") for one in found], meant["score"].fill_nan(None).to_list(), "score", names=where)
    boxes = with_sizes(meant, samples).select(LEFT + 1, TOP.alias("top") + 1, RIGHT.alias("right"), LOW.alias("low"))
    corners = np.array([[one["bndbox"][name] for name in ("xmin", "ymin", "xmax", "ymax")] for one in found])
    known = (meant["kind"] == DETECTION).to_numpy()
    far = np.flatnonzero((np.abs(corners - boxes.to_numpy()) > CLOSE).any(axis=1) & known)
    if len(far):
        same(corners[far[0]].tolist(), boxes.row(int(far[0])), f"{where[int(far[0])]}: bndbox")
    for row in meant.with_row_index("number").filter(pl.col("kind") == POLYGON).iter_rows(named=True):
        named = [f"{axis}{at}" for at in range(1, len(row["points"]) // 2 + 1) for axis in "xy"]
        meant_here = list(zip(named, row["points"], strict=True))
        same(found[row["number"]]["polygon"], meant_here, f"{row['file_name']}: polygon")
