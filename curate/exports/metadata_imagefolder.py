"""Hugging Face's ImageFolder: pictures by part, and `metadata.jsonl` beside them with a row a picture.

`datasets.load_dataset(PATH)` reads it: `README.md` says which folder is which split, because datasets itself knows the usual names
only. Boxes stand in `objects` as its guides of object detection have them (bbox in pixels: x, y, width, height; category from 0),
the one class of a picture in `label`. All samples and labels with everything that is known of them are in `samples.jsonl` and
`labels.jsonl` at the top.

The reader takes the type of a column from the first megabytes of each `metadata.jsonl` and refuses parts whose types differ. So a
column stands in it where every part has a value, and rows with the first value of each come first.
Source: https://huggingface.co/docs/datasets/image_dataset#imagefolder
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import re
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from curate.errors import NotVerified
from curate.exports.contents import PART, Contents, Format, Found, by_part, free_names, part_counts
from curate.exports.json_text import json_objects
from curate.exports.labels import BOX, CLASSIFICATION, DETECTION
from curate.exports.manifest import Manifest
from curate.exports.table import read_table, write_table

METADATA = "metadata.jsonl"
README = "README.md"
TABLES = ("samples.jsonl", "labels.jsonl")
IMAGES = "images"
OBJECTS, LABEL = "objects", "label"


def _folders(samples: pl.DataFrame, _labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    return by_part(samples, parts, otherwise=IMAGES), [None] * samples.height


def _write(folder: Path, contents: Contents) -> None:
    for name, frame in zip(TABLES, (contents.samples, contents.labels), strict=True):
        write_table(frame, folder / name)
    for name, rows in _rows(contents).items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        with (folder / name / METADATA).open("wb") as file:
            for some in rows.iter_slices(AT_ONCE):
                file.write("".join(f"{row}\n" for row in json_objects(some, raw=(OBJECTS,))).encode())
    (folder / README).write_text(_readme(contents), encoding="utf-8")


AT_ONCE = 50_000  # rows that are in memory as text


def _rows(contents: Contents) -> dict[str, pl.DataFrame]:
    """Folder to the rows of its `metadata.jsonl`; `objects` is JSON already."""
    frame = free_names(contents.samples, (OBJECTS, LABEL)).select(pl.exclude(pl.Object))
    frame = frame.join(_labelled(contents), on="sample_id", how="left", maintain_order="left")
    parted = {
        name: (frame if part is None else frame.filter(pl.col(PART) == part)).with_columns(
            pl.col("file_name").str.strip_prefix(f"{name}/")
        )
        for part, name in _parted(contents.parts)
    }
    typed = [c for c in frame.columns if all(_known(rows[c]).any() for rows in parted.values() if rows.height)]
    empty = pl.lit('{"bbox":[],"category":[]}').alias(OBJECTS)
    whole = {name: rows.select("file_name", pl.exclude("file_name")) for name, rows in parted.items()}
    return {
        name: _first_values_first(rows.select(c for c in rows.columns if c in typed)).with_columns(
            [pl.col(OBJECTS).fill_null(empty)] if OBJECTS in typed else []
        )
        for name, rows in whole.items()
    }


def _known(column: pl.Series) -> pl.Series:
    """Which values tell the type of their column."""
    if column.dtype in (pl.Float32, pl.Float64):
        return column.is_finite().fill_null(value=False)
    if isinstance(column.dtype, pl.List):
        return (column.list.drop_nulls().list.len() > 0).fill_null(value=False)
    return column.is_not_null()


def _first_values_first(rows: pl.DataFrame) -> pl.DataFrame:
    first = dict.fromkeys(at for column in rows if (at := _known(column).arg_max()) is not None)
    order = pl.Series([*first, *(i for i in range(rows.height) if i not in first)], dtype=pl.UInt32)
    return rows[order]


def _labelled(contents: Contents) -> pl.DataFrame:
    """sample_id, `objects` of samples that have boxes, and `label` where each sample has one class of one field."""
    labels = contents.labels
    classes = {name: number for number, name in enumerate(contents.classes)}
    boxes = labels.filter(kind=DETECTION).group_by("sample_id", maintain_order=True)
    objects = boxes.agg(
        pl.concat_list(BOX).alias("bbox"),
        pl.col("value").replace_strict(classes, return_dtype=pl.Int64).alias("category"),
    )
    texts = json_objects(objects.select("bbox", "category")).alias(OBJECTS)
    made = contents.samples.select("sample_id").join(
        objects.select("sample_id").with_columns(texts), on="sample_id", how="left", maintain_order="left"
    )
    of_pictures = labels.filter(kind=CLASSIFICATION)
    if of_pictures["field"].n_unique() != 1 or of_pictures["sample_id"].is_duplicated().any():
        return made
    label = of_pictures.select("sample_id", pl.col("value").alias(LABEL))
    return made.join(label, on="sample_id", how="left", maintain_order="left")


def _parted(parts: dict[str, str]) -> list[tuple[str | None, str]]:
    return list(parts.items()) or [(None, IMAGES)]


def _splits(parts: dict[str, str]) -> dict[str, str]:
    """Folder to the name of its split: letters, digits and underscores."""
    if not parts:
        return {IMAGES: "train"}
    plain = {folder: re.sub(r"\W+", "_", folder).strip("_") or "part" for folder in parts.values()}
    names: dict[str, str] = {}
    for folder, name in plain.items():
        number = next(i for i in itertools.count(1) if (name if i == 1 else f"{name}_{i}") not in names.values())
        names[folder] = name if number == 1 else f"{name}_{number}"
    return names


def _readme(contents: Contents) -> str:
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    there = set(contents.samples[PART]) if contents.parts else {None}
    splits = _splits(contents.parts)
    for part, folder in _parted(contents.parts):
        if part in there:
            pattern = msgspec.json.encode(f"{glob.escape(folder)}/**").decode()
            lines += [f"  - split: {splits[folder]}", f"    path: {pattern}"]
    classes = "".join(f"{number}. {name!r}\n" for number, name in enumerate(contents.classes))
    about = f"Exported by Curate.\n\nClasses, by number:\n\n{classes}" if classes else "Exported by Curate.\n"
    return "\n".join([*lines, "---", "", about])


def _read_back(folder: Path, manifest: Manifest) -> Found:
    samples, labels = (read_table(folder / name) for name in TABLES)
    if missing := {"sample_id", "file_name", *([PART] if manifest.parts else [])} - set(samples.columns):
        raise NotVerified(f"{TABLES[0]} has no column {min(missing)!r}")
    rows = 0
    for _, name in _parted(manifest.parts):
        with (folder / name / METADATA).open("rb") as file:
            for line in file:
                rows += 1
                named = msgspec.json.decode(line, type=_Named).file_name
                if not (folder / name / named).is_file():
                    raise NotVerified(f"{name}/{METADATA} names {named!r}, which is not there")
    counts = {
        "samples": samples.height,
        "labels": labels.height,
        "rows": rows,
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


class _Named(msgspec.Struct):
    file_name: str


def _check(folder: Path, _manifest: Manifest, contents: Contents) -> str:
    import datasets

    splits = _splits(contents.parts)
    meant = {splits[name]: (name, rows) for name, rows in _rows(contents).items() if rows.height}
    with tempfile.TemporaryDirectory(prefix="curate-") as cache, _without_bars():
        loaded = datasets.load_dataset(str(folder), cache_dir=cache)
        if set(loaded) != set(meant):
            raise NotVerified(f"datasets finds the splits {sorted(loaded)}, and meant were {sorted(meant)}")
        for split, (name, rows) in meant.items():
            read = loaded[split].cast_column("image", datasets.Image(decode=False))
            if read.num_rows != rows.height:
                raise NotVerified(
                    f"datasets reads {read.num_rows:,} samples of {split}, and {rows.height:,} were meant"
                )
            for found, row in zip(read, rows.iter_rows(named=True), strict=True):
                _compare(found, row, folder / name)
    return f"datasets {version('datasets')}"


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    from datasets.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    shown = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            enable_progress_bars()


def _compare(found: dict[str, Any], row: dict[str, Any], folder: Path) -> None:
    path = Path(found["image"]["path"])
    if path != folder / row["file_name"]:
        raise NotVerified(f"the picture of sample {row['sample_id']} is {path.name!r}, meant was {row['file_name']!r}")
    if OBJECTS in row:
        row = row | {OBJECTS: msgspec.json.decode(row[OBJECTS])}
    for name in ("sample_id", "uri", LABEL, OBJECTS):
        if found.get(name) != row.get(name):
            raise NotVerified(
                f"{name} of sample {row['sample_id']} is {found.get(name)!r}, meant was {row.get(name)!r}"
            )


METADATA_IMAGEFOLDER = Format(
    "metadata_imagefolder",
    _folders,
    _write,
    _read_back,
    needs_files=True,
    reserved=(README, *TABLES),
    check=_check,
)
