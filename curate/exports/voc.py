"""Pascal VOC: an XML file a picture in `Annotations/`, the pictures in `JPEGImages/`, lists of the parts in `ImageSets/Main/`.

Corners are counted from 1 and both are inside, so the box of a whole picture goes from 1, 1 to its width and height;
fractions stay, as in VOC2012. What leads out of the picture is cut off at its edge; what is outside altogether, or thinner
than a pixel, is left out and counted. A polygon has its box, and x1, y1, x2, y2 … in pixels from the corner, as tools write
them. `pose`, `truncated`, `difficult` and `occluded` are VOC's own; what else is known of a label stands in `attributes`, as
text. Masks, keypoints and classifications have no place, and sources and fields have none; `samples.csv` keeps the metadata,
for `curate verify`. All pictures are in one folder, so names that differ in their suffix alone get different ones. Without
parts the list is `trainval.txt`.

Source: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import msgspec
import polars as pl

from curate.exports.contents import PART, Contents, Format
from curate.exports.edges import LEFT, LOW, OUTSIDE, RIGHT, TOP, with_sizes
from curate.exports.imagefolder import INDEX
from curate.exports.labels import DETECTION, POLYGON
from curate.exports.manifest import File
from curate.exports.table import write_table
from curate.exports.text_files import write_text
from curate.exports.voc_reading import ANNOTATIONS, IMAGES, SETS, UNSPLIT, annotation_path, check, read_back, stem_of

DEPTH = 3
"""Channels: what a reader of the pictures gets when it asks for colours."""

THIN = "thinner than a pixel"
NAMELESS = "a name that XML cannot hold"

_FLAGS = ("truncated", "difficult", "occluded")
_FORBIDDEN = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x{fffe}\\x{ffff}]"
"""What XML has no way to write; polars' spelling."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _folders(
    samples: pl.DataFrame, _labels: pl.DataFrame, _parts: dict[str, str]
) -> tuple[list[str], list[str | None]]:
    return [IMAGES] * samples.height, [None] * samples.height


def _boxed(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Labels with the size of their picture, polygons with their box."""
    across, down = (pl.col("points").list.gather_every(2, at) for at in (0, 1))
    around = {
        "x": across.list.min(),
        "y": down.list.min(),
        "width": across.list.max() - across.list.min(),
        "height": down.list.max() - down.list.min(),
    }
    bare = (pl.col("kind") == POLYGON) & ~pl.all_horizontal(
        pl.col(name).is_finite().fill_null(value=False) for name in around
    )
    return with_sizes(labels, samples).with_columns(
        pl.when(bare).then(number).otherwise(name).alias(name) for name, number in around.items()
    )


def _unfit(labels: pl.DataFrame, samples: pl.DataFrame) -> pl.Series:
    reason = (
        pl.when(pl.col("value").str.contains(_FORBIDDEN) | (pl.col("value").str.strip_chars() == ""))
        .then(pl.lit(NAMELESS))
        .when((RIGHT <= LEFT) | (LOW <= TOP))
        .then(pl.lit(OUTSIDE))
        .when((RIGHT < LEFT + 1) | (LOW < TOP + 1))
        .then(pl.lit(THIN))
    )
    return _boxed(labels, samples).select(reason.alias("reason")).to_series()


def _number(value: float) -> str:
    """A number as short as it can be: many readers take whole ones only."""
    return str(int(value)) if value == int(value) else repr(value)


def _text(value: Any) -> str:
    """A value of an attribute, as text between tags."""
    if isinstance(value, bool):
        value = int(value)
    words = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return escape(_CONTROL.sub("\ufffd", words), {"\r": "&#13;"})


def _box_text(left: float, top: float, right: float, low: float) -> str:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), (left + 1, top + 1, right, low), strict=True)
    return f"<bndbox>{''.join(f'<{name}>{_number(number)}</{name}>' for name, number in corners)}</bndbox>"


def _object(row: tuple[Any, ...]) -> str:
    value, score, attributes, points, *corners = row
    said: dict[str, Any] = msgspec.json.decode(attributes) if attributes else {}
    parts = said.pop("part", None) if _parts_fit(said.get("part")) else None
    pose = said.pop("pose") if isinstance(said.get("pose"), str) else "Unspecified"
    flags = {name: said.get(name) for name in _FLAGS}
    for name, flag in flags.items():
        if flag is not None and flag in (0, 1):  # any other value is said once more, in full
            del said[name]
    lines = [
        f"<name>{_text(value)}</name>",
        f"<pose>{_text(pose)}</pose>",
        *(
            f"<{name}>{int(bool(flag))}</{name}>"
            for name, flag in flags.items()
            if name != "occluded" or flag is not None
        ),
    ]
    if score is not None and math.isfinite(score):
        lines.append(f"<score>{_number(score)}</score>")
    lines.append(_box_text(*corners))
    if points is not None:
        named = (f"{'xy'[at % 2]}{at // 2 + 1}" for at in range(len(points)))
        numbers = (f"<{name}>{_number(number)}</{name}>" for name, number in zip(named, points, strict=True))
        lines.append(f"<polygon>{''.join(numbers)}</polygon>")
    if said:
        listed = "".join(
            f"<attribute><name>{_text(name)}</name><value>{_text(one)}</value></attribute>"
            for name, one in said.items()
        )
        lines.append(f"<attributes>{listed}</attributes>")
    for part in parts or ():
        x, y, width, height = part["box"]
        lines.append(f"<part><name>{_text(part['name'])}</name>{_box_text(x, y, x + width, y + height)}</part>")
    return "\n\t\t".join(["\t<object>", *lines]) + "\n\t</object>\n"


def _parts_fit(parts: Any) -> bool:
    """Whether an attribute is parts of a thing as VOC has them, each a name and a box inside the picture's first corner."""
    return isinstance(parts, list) and all(
        isinstance(part, dict)
        and isinstance(part.get("name"), str)
        and isinstance(part.get("box"), list)
        and len(part["box"]) == 4
        and all(type(number) in (int, float) for number in part["box"])
        and min(part["box"][:2]) >= 0
        and min(part["box"][2:]) >= 1
        for part in parts
    )


def _objects(contents: Contents) -> Iterator[tuple[int, str]]:
    """Sample and the objects in it, of samples that have any."""
    columns = ("sample_id", "value", "score", "attributes", pl.when(pl.col("kind") == POLYGON).then("points"))
    corners = (LEFT.alias("left"), TOP.alias("top"), RIGHT.alias("right"), LOW.alias("low"))
    rows = _boxed(contents.labels.sort("sample_id", maintain_order=True), contents.samples).select(*columns, *corners)
    held: tuple[int, list[str]] | None = None
    for sample, *row in rows.iter_rows():
        if held is None or held[0] != sample:
            if held is not None:
                yield held[0], "".join(held[1])
            held = sample, []
        held[1].append(_object(tuple(row)))
    if held is not None:
        yield held[0], "".join(held[1])


def _write(folder: Path, contents: Contents) -> list[File]:
    for name in (ANNOTATIONS, IMAGES, SETS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_table(contents.samples, folder / INDEX)
    files = [
        write_text(folder, f"{SETS}/{name}.txt", "".join(f"{stem_of(path)}\n" for path in paths))
        for name, paths in _listed(contents)
    ]
    pictures = {
        sample: (name, width, height)
        for sample, name, width, height in contents.samples.select(
            "sample_id", "file_name", "width", "height"
        ).iter_rows()
    }
    files += [_annotation(folder, *pictures.pop(sample), objects) for sample, objects in _objects(contents)]
    return files + [_annotation(folder, *picture, "") for picture in pictures.values()]


def _listed(contents: Contents) -> Iterator[tuple[str, list[str]]]:
    """The list of each part, and the pictures on it."""
    if not contents.parts:
        yield UNSPLIT, contents.samples["file_name"].to_list()
    for part, name in contents.parts.items():
        yield name, contents.samples.filter(pl.col(PART) == part)["file_name"].to_list()


def _annotation(folder: Path, path: str, width: int, height: int, objects: str) -> File:
    size = f"<size><width>{width}</width><height>{height}</height><depth>{DEPTH}</depth></size>"
    return write_text(
        folder,
        annotation_path(path),
        f"<annotation>\n\t<folder>{IMAGES}</folder>\n\t<filename>{_text(path.rpartition('/')[2])}</filename>\n"
        f"\t{size}\n\t<segmented>0</segmented>\n{objects}</annotation>\n",
    )


VOC = Format(
    "voc",
    _folders,
    _write,
    read_back,
    needs_files=True,
    kinds=(DETECTION, POLYGON),
    check=check,
    unfit=_unfit,
    stems=True,
)
