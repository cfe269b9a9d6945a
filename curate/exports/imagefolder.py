"""Image folder: `<part>/<class>/<file>`, what torchvision's `ImageFolder` and Keras read without a line of code.

`samples.csv` at the top keeps what a path cannot say: sample, part, class as it is really called, and the metadata. Both number
the classes of each part by the folders that are there: where a part lacks a class, take the numbers from the names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curate.errors import BadValue, NotVerified
from curate.exports.contents import PART, Contents, Format, Found, by_part, free_names, part_counts
from curate.exports.labels import CLASSIFICATION
from curate.exports.manifest import Manifest
from curate.exports.names import folder_names
from curate.exports.table import read_table, write_table

INDEX = "samples.csv"
CLASS = "class"


def _classes(labels: pl.DataFrame) -> dict[int, list[str]]:
    """Sample to its distinct classes."""
    rows = labels.filter(pl.col("kind") == CLASSIFICATION)
    fields = rows["field"].unique().sort().to_list()
    if len(fields) != 1:
        got = f"{len(fields)} fields: {', '.join(map(repr, fields))}" if fields else "none"
        raise BadValue(
            f"An image folder needs one field of classification labels. Got {got}",
            hint="say which: labels='weather' takes a field or a column",
        )
    pairs = rows.select("sample_id", "value").unique().sort("sample_id", "value")
    grouped = pairs.group_by("sample_id", maintain_order=True).agg("value")
    return dict(grouped.iter_rows())


def _folders(samples: pl.DataFrame, labels: pl.DataFrame, parts: dict[str, str]) -> tuple[list[str], list[str | None]]:
    classes = _classes(labels)
    names = folder_names(sorted({value for values in classes.values() for value in values}), fallback="class")
    folders: list[str] = []
    reasons: list[str | None] = []
    for sample, part in zip(samples["sample_id"], by_part(samples, parts, otherwise=""), strict=True):
        found = classes.get(sample, [])
        one = len(found) == 1
        folders.append((f"{part}/{names[found[0]]}" if part else names[found[0]]) if one else "")
        reasons.append(None if one else f"{len(found)} classes: {', '.join(found)}" if found else "no class")
    return folders, reasons


def _write(folder: Path, contents: Contents) -> None:
    classes = {sample: found[0] for sample, found in _classes(contents.labels).items() if len(found) == 1}
    column = pl.Series(CLASS, [classes[sample] for sample in contents.samples["sample_id"]], dtype=pl.String)
    write_table(free_names(contents.samples, (CLASS,)).with_columns(column), folder / INDEX)


def _read_back(folder: Path, manifest: Manifest) -> Found:
    samples = read_table(folder / INDEX)
    if missing := {"sample_id", "file_name", CLASS, *([PART] if manifest.parts else [])} - set(samples.columns):
        raise NotVerified(f"{INDEX} has no column {min(missing)!r}")
    pictures = [file.path for file in manifest.files if "/" in file.path and (folder / file.path).is_file()]
    folders = Counter(path.rpartition("/")[0] for path in pictures)
    counts = {
        "samples": samples.height,
        "images": len(pictures),
        "folders": dict(sorted(folders.items())),
        "parts": part_counts(samples, manifest.parts),
    }
    return Found(counts, samples)


def _ending(suffixes: Sequence[str]) -> str:
    return "(" + "|".join(map(re.escape, suffixes)) + ")$"


def _check(folder: Path, _manifest: Manifest, contents: Contents) -> str:
    from torchvision import __version__
    from torchvision.datasets import ImageFolder
    from torchvision.datasets.folder import IMG_EXTENSIONS

    classes = {sample: found[0] for sample, found in _classes(contents.labels).items() if len(found) == 1}
    named = contents.samples.select("file_name", "sample_id").with_columns(
        pl.col("sample_id").replace_strict(classes, return_dtype=pl.String).alias(CLASS)
    )
    # A suffix that it does not know is none of our doing: there the file is left to those who know it.
    known = named.filter(pl.col("file_name").str.to_lowercase().str.contains(_ending(IMG_EXTENSIONS)))
    for root in contents.parts.values() or [""]:
        inside = known.filter(pl.col("file_name").str.starts_with(f"{root}/")) if root else known
        if inside.is_empty():
            continue
        read = ImageFolder(folder / root, loader=str)
        found = {Path(path).relative_to(folder).as_posix(): read.classes[number] for path, number in read.samples}
        for path, sample, name in inside.iter_rows():
            if found.pop(path, None) != path.split("/")[-2]:
                raise NotVerified(
                    f"torchvision does not find {path!r} of sample {sample} in a folder of class {name!r}"
                )
        if found:
            raise NotVerified(f"torchvision finds {next(iter(found))!r}, which was not meant to be there")
    return f"torchvision {__version__}"


IMAGEFOLDER = Format(
    "imagefolder", _folders, _write, _read_back, needs_files=True, kinds=(CLASSIFICATION,), check=_check
)
