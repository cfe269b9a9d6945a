"""What a COCO export says, read back: by our own reader for its counts and samples, by pycocotools label for label."""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
import io
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict

import msgspec
import numpy as np
import polars as pl

from curate.errors import NotVerified
from curate.exports.comparison import same
from curate.exports.contents import PART, Contents, Found, part_counts
from curate.exports.labels import BOX, CLASSIFICATION, DETECTION, KEYPOINTS, POLYGON
from curate.exports.manifest import Manifest
from curate.exports.outlines import mask_of, rings_of

ANNOTATIONS = "annotations"
AT_ONCE = 10_000
"""Rows that are held as text at one time."""

TOGETHER = 5_000
"""Pictures that pycocotools is given at one time, with their annotations."""


class _Document(msgspec.Struct):
    images: list[msgspec.Raw]
    annotations: list[msgspec.Raw]
    categories: list[dict[str, Any]]


class _OfImage(msgspec.Struct, gc=False):
    image_id: int


class _Image(TypedDict):
    """What pycocotools looks at; the metadata is beside it."""

    id: int
    file_name: str
    height: int
    width: int


def document_of(part: str | None, name: str) -> str:
    """The path of a part's document, `name` being its folder; without parts, of the only one."""
    return f"{ANNOTATIONS}/instances.json" if part is None else f"{ANNOTATIONS}/instances_{name}.json"


class _Opened:
    """A document, its rows text in the mapped file: it is read to its end, and little of it is held."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.read: _Document = msgspec.json.decode(self._mapped, type=_Document)
        self.forget()

    def forget(self) -> None:
        """Give back the memory of what has been looked at; it is read again where it is looked at again."""
        if hasattr(self._mapped, "madvise"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def slices(self, raws: list[msgspec.Raw], size: int) -> Iterator[list[msgspec.Raw]]:
        """Rows, some at a time, and forgotten behind."""
        for start in range(0, len(raws), size):
            yield raws[start : start + size]
            self.forget()


def _documents(folder: Path, parts: dict[str, str]) -> Iterator[tuple[str | None, str, _Opened]]:
    for part, name in parts.items() or [(None, "images")]:
        yield part, name, _Opened(folder / document_of(part, name))


def _decoded(raws: Sequence[msgspec.Raw], kind: Any = dict[str, Any]) -> list[Any]:
    return msgspec.json.decode(b"[" + b",".join(map(bytes, raws)) + b"]", type=list[kind])


def read_back(folder: Path, manifest: Manifest) -> Found:
    """Numbers of samples, annotations and categories, and the samples with their part and metadata."""
    frames, annotations, categories = [], 0, 0
    for part, _, opened in _documents(folder, manifest.parts):
        document = opened.read
        annotations, categories = annotations + len(document.annotations), len(document.categories)
        for images in opened.slices(document.images, AT_ONCE):
            lines = b"\n".join(map(bytes, images))
            frame = pl.read_ndjson(lines, infer_schema_length=None)
            # the file decides, not the key in it
            frames.append(frame if part is None else frame.with_columns(pl.lit(part).alias(PART)))
    samples = pl.concat(
        [frame.drop("labels", "classifications", strict=False) for frame in frames], how="diagonal_relaxed"
    )
    counts = {
        "samples": samples.height,
        "annotations": annotations,
        "categories": categories,
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """It makes millions of small objects without a cycle; to look for cycles among them takes a third of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def check(folder: Path, manifest: Manifest, contents: Contents) -> str:
    """Compare what pycocotools finds with what was meant: every picture, class, box, outline, mask and keypoint.

    Raises:
        NotVerified: with the first difference.
        ImportError: pycocotools is not installed.
    """
    from pycocotools.coco import COCO

    seen: set[int] = set()
    for part, name, opened in _documents(folder, manifest.parts):
        document, where = opened.read, document_of(part, name)
        classes = [category["name"] for category in sorted(document.categories, key=lambda one: one["id"])]
        same(classes, list(contents.classes), f"{where}: categories")
        meant = contents.samples if part is None else contents.samples.filter(pl.col(PART) == part)
        same(len(document.images), meant.height, f"{where}: images")
        of_image = np.array(
            [one.image_id for raws in opened.slices(document.annotations, AT_ONCE) for one in _decoded(raws, _OfImage)],
            np.int64,
        )
        order = np.argsort(of_image, kind="stable")
        of_image = of_image[order]
        for start, raws in enumerate(opened.slices(document.images, TOGETHER)):
            with _uncollected():
                images = _decoded(raws, _Image)
                ids = [image["id"] for image in images]
                same(seen.isdisjoint(ids) and len(set(ids)) == len(ids), True, f"{where}: images of one id")
                seen.update(ids)
                rows = order[np.isin(of_image, ids)]
                tool = COCO()
                tool.dataset = {
                    "images": images,
                    "annotations": _decoded([document.annotations[row] for row in rows]),
                    "categories": document.categories,
                }
                with contextlib.redirect_stdout(io.StringIO()):  # it prints
                    tool.createIndex()
                samples = meant.slice(start * TOGETHER, TOGETHER)
                _compare(tool, samples, contents, prefix="" if contents.media == "reference" else f"{name}/")
    return f"pycocotools {importlib.metadata.version('pycocotools')}"


def _compare(tool: Any, samples: pl.DataFrame, contents: Contents, *, prefix: str) -> None:
    images = {prefix + image["file_name"]: image for image in tool.loadImgs(tool.getImgIds())}
    annotations: list[dict[str, Any]] = []
    counts: list[int] = []
    for file_name, height, width in samples.select("file_name", "height", "width").iter_rows():
        if file_name not in images:
            raise NotVerified(f"{file_name!r} is in no annotation file", hint=_HINT)
        image = images[file_name]
        same((image["height"], image["width"]), (height, width), f"{file_name}: height and width")
        of_image = tool.imgToAnns.get(image["id"], [])
        annotations += of_image
        counts.append(len(of_image))
    picture = ("sample_id", "file_name", pl.col("height").alias("rows"), pl.col("width").alias("columns"))
    meant = samples.select(*picture).with_row_index("at")
    # a join would go through all labels each time
    here = pl.col("sample_id").is_in(samples["sample_id"].implode()) & (pl.col("kind") != CLASSIFICATION)
    meant = meant.join(contents.labels.filter(here), on="sample_id", maintain_order="left_right")
    wanted = np.bincount(meant["at"].to_numpy(), minlength=samples.height).tolist()
    same(counts, wanted, "the number of annotations of each picture", names=samples["file_name"])
    where = meant["file_name"]
    same(
        [tool.cats[one["category_id"]]["name"] for one in annotations],
        meant["value"].to_list(),
        "category",
        names=where,
    )
    for key in ("field", "source", "score"):
        same([one[key] for one in annotations], meant[key].to_list(), key, names=where)
    boxes = meant.select(
        pl.concat_list(BOX).alias("box"), has=pl.all_horizontal(pl.col(BOX).is_finite().fill_null(value=False))
    )
    found = [one["bbox"] if has else None for one, has in zip(annotations, boxes["has"], strict=True)]
    same(found, [box if has else None for box, has in boxes.iter_rows()], "bbox", names=where)
    shaped = meant.with_row_index("number").filter((pl.col("kind") != DETECTION) | pl.col("attributes").is_not_null())
    for label in shaped.iter_rows(named=True):
        _compare_shape(tool, annotations[label["number"]], label)


def _compare_shape(tool: Any, annotation: dict[str, Any], label: dict[str, Any]) -> None:
    from pycocotools import mask

    where, size = f"{label['file_name']}: annotation {annotation['id']}: ", (label["rows"], label["columns"])
    if label["kind"] == KEYPOINTS:
        triples = annotation["keypoints"]
        seen = [n for at in range(0, len(triples), 3) if triples[at + 2] for n in triples[at : at + 2]]
        same(seen, label["points"], f"{where}keypoints")
    attributes = msgspec.json.decode(label["attributes"]) if label["attributes"] else {}
    same(annotation["iscrowd"], 1 if attributes.get("iscrowd") else 0, f"{where}iscrowd")
    rings = rings_of(attributes.get("segmentation")) or ([label["points"]] if label["kind"] == POLYGON else None)
    if rings is not None and label["kind"] != DETECTION:
        same(annotation["segmentation"], rings, f"{where}segmentation")
    if annotation["segmentation"]:
        runs = tool.annToRLE(annotation)
        same(runs["size"], list(size), f"{where}the size of its mask")
        if isinstance(annotation["segmentation"], dict):
            meant = mask.encode(np.asfortranarray(mask_of(label["mask"], *size), np.uint8))["counts"].decode()
            same(runs["counts"], meant, f"{where}mask")


_HINT = "nothing was written; please report it"
