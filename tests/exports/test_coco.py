"""COCO with outlines, masks and keypoints, as pycocotools finds them; a difference is found before an export is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from pycocotools.coco import COCO as Tool

from curate.errors import NotVerified
from curate.exports.coco import COCO
from curate.exports.contents import Contents
from curate.exports.export import write_export
from curate.exports.labels import flat_labels
from curate.exports.manifest import read_manifest
from tests.exports.annotated import LABELS, RINGS, ROUND, frame


@pytest.fixture
def shapes() -> pl.DataFrame:
    """Labels of every kind, and those that are more than a box once more without it."""
    without = [row | {"sample_id": 1010, "box": None} for row in LABELS if "kind" in row]
    return frame([*LABELS, *without])


@pytest.fixture
def sized(pool: pl.DataFrame) -> pl.DataFrame:
    return pool.with_columns(pl.lit(64).alias("width"), pl.lit(48).alias("height"))


def annotations(folder: Path) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """(sample_id, class) to annotations, by pycocotools."""
    tool = Tool(str(folder / "annotations" / "instances.json"))
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for annotation in tool.loadAnns(tool.getAnnIds()):
        sample = tool.imgs[annotation["image_id"]]["sample_id"]
        runs = tool.annToRLE(annotation) if annotation["segmentation"] else None
        found.setdefault((sample, tool.cats[annotation["category_id"]]["name"]), []).append(annotation | {"runs": runs})
    return found


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_every_kind_is_where_the_tools_look(sized, shapes, tmp_path: Path) -> None:
    from pycocotools import mask as tools

    result = write_export(sized, tmp_path / "out", format="coco", labels=shapes, provenance={})
    found = annotations(tmp_path / "out")
    (polygon,) = found[1001, "car"]
    assert polygon["segmentation"] == RINGS[:1]
    assert polygon["area"] == pytest.approx(47.5)
    (crowd,) = found[1002, "crowd"]
    assert crowd["iscrowd"] == 1
    assert "attributes" not in crowd
    assert np.array_equal(tools.decode(crowd["runs"]), ROUND)
    assert crowd["area"] == ROUND.sum()
    (rings,) = found[1002, "bike"]
    assert rings["segmentation"] == RINGS
    people = sorted(found[1001, "person"], key=lambda one: -one["num_keypoints"])
    assert [one["keypoints"] for one in people] == [[5.0, 6.0, 2, 0, 0, 0, 7.5, 8.0, 1], [0, 0, 0, 5.5, 6.0, 2]]
    assert [one["num_keypoints"] for one in people] == [2, 1]
    assert people[1]["segmentation"] == RINGS[:1]
    document = json.loads((tmp_path / "out" / "annotations" / "instances.json").read_text())
    assert [c.get("keypoints") for c in document["categories"]] == [None, None, None, None, ["1", "2", "3"]]
    assert result.counts["annotations"] == shapes.height == sum(map(len, found.values()))
    assert result.verify().ok


def test_what_has_no_box_gets_the_smallest(sized, shapes, tmp_path: Path) -> None:
    write_export(sized, tmp_path / "out", format="coco", labels=shapes, provenance={})
    found = annotations(tmp_path / "out")
    rows, columns = np.flatnonzero(ROUND.any(axis=1)), np.flatnonzero(ROUND.any(axis=0))
    around = [columns[0], rows[0], len(columns), len(rows)]
    assert sorted(one["bbox"] for one in found[1010, "car"]) == [[1.5, 2.0, 9.5, 10.0], around]
    assert sorted(one["bbox"] for one in found[1010, "person"]) == [[1.5, 2.0, 9.5, 10.0], [5.0, 6.0, 2.5, 2.0]]


def test_a_mask_of_another_resolution_is_laid_onto_the_picture(pool, shapes, tmp_path: Path) -> None:
    double = pool.with_columns(pl.lit(128).alias("width"), pl.lit(96).alias("height"))
    write_export(double, tmp_path / "out", format="coco", labels=shapes, provenance={})
    (crowd,) = annotations(tmp_path / "out")[1002, "crowd"]
    assert crowd["segmentation"]["size"] == [96, 128]
    assert crowd["area"] == 4 * ROUND.sum()


def test_a_line_holds_one_thing(sized, shapes, tmp_path: Path) -> None:
    for name, labels in (
        ("one", shapes),
        ("other", shapes.with_row_index().filter(pl.col("index") != 1).drop("index")),
    ):
        write_export(sized, tmp_path / name, format="coco", labels=labels, provenance={})
    one, other = (
        (tmp_path / name / "annotations" / "instances.json").read_text().splitlines() for name in ("one", "other")
    )
    assert len(one) == len(other) + 1
    assert len(one) == 24 + shapes.height + 7


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"category_id":2', '"category_id":1', "category"),
        ('"file_name":"000.jpg"', '"file_name":"002.jpg"', "is in no annotation file"),
        ("1.1,2.0,10.7,10.3", "2.0,1.1,10.7,10.3", "bbox"),
        ("[[1.5,2.25,", "[[2.5,2.25,", "segmentation"),
        ("[5.0,6.0,2,", "[5.0,6.0,0,", "keypoints"),
        ('"size":[48,64],"counts":"', '"size":[64,48],"counts":"', "the size of its mask"),
        ('"image_id":1,', '"image_id":2,', "the number of annotations of each picture"),
        ('"width":64', '"width":46', "height and width"),
    ],
)
def test_a_difference_is_found(sized, shapes, tmp_path: Path, old: str, new: str, words: str) -> None:
    write_export(sized, tmp_path / "out", format="coco", labels=shapes, provenance={})
    path = tmp_path / "out" / "annotations" / "instances.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    flat = flat_labels(shapes, sized["sample_id"], None)
    samples = sized.sort("uri").with_columns(
        pl.Series("file_name", [f"images/{row['file_name']}" for row in msgspec.json.decode(text)["images"]])
    )
    contents = Contents(samples, flat.rows, flat.classes, {}, "copy")
    with pytest.raises(NotVerified, match=words):
        COCO.check(tmp_path / "out", read_manifest(tmp_path / "out"), contents)
