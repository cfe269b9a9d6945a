"""Pascal VOC as the schema says and as other tools read it: corners from 1, nothing lost without being counted."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
import xmlschema
from supervision import DetectionDataset

from curate.errors import NotVerified
from curate.exports.contents import Contents
from curate.exports.export import Export, write_export
from curate.exports.labels import flat_labels
from curate.exports.manifest import read_manifest
from curate.exports.voc import VOC
from tests.exports.annotated import frame


def boxes(*rows: tuple[int, str, list[float]]) -> pl.DataFrame:
    return frame([{"picture": sample - 1000, "value": value, "box": box} for sample, value, box in rows])


def export(samples: pl.DataFrame, path: Path, labels: pl.DataFrame | None, **more) -> Export:
    result = write_export(samples, path, format="voc", labels=labels, provenance={}, **more)
    assert result.manifest.read_by.startswith("xmlschema ")
    assert result.verify().ok
    return result


def objects(folder: Path, number: int) -> list[ElementTree.Element]:
    return ElementTree.parse(folder / "Annotations" / f"{number:03}.xml").findall("object")


def corners(thing: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in thing.find("bndbox") or ()]


def test_a_set_in_parts_is_what_supervision_loads(pool, labels, tmp_path: Path) -> None:
    split = pool.with_columns(v1=pl.Series(["train", "val"] * 12))
    result = export(split, tmp_path / "out", labels, part_column="v1")
    assert result.counts == {"samples": 24, "objects": 24, "parts": {"train": 12, "val": 12}}
    assert result.manifest.labels_left_out == {"kind classification": 24}
    listed = [
        (tmp_path / "out" / "ImageSets" / "Main" / f"{part}.txt").read_text().split() for part in ("train", "val")
    ]
    assert [len(stems) for stems in listed] == [12, 12]
    read = DetectionDataset.from_pascal_voc(str(tmp_path / "out" / "JPEGImages"), str(tmp_path / "out" / "Annotations"))
    assert len(read.annotations) == 24
    for path, found in read.annotations.items():
        sample, part = pool.filter(pl.col("uri").str.ends_with(Path(path).name)).select("sample_id", "uri").row(0)
        mine = labels.filter(kind="detection", sample_id=sample)
        assert [read.classes[i] for i in found.class_id] == mine["value"].to_list(), part
        # supervision counts from 0 and lets boxes end behind their last pixel
        meant = [[x, y, x + w, y + h] for x, y, w, h in mine["box"]]
        assert found.xyxy.tolist() == [pytest.approx(box, abs=1e-4) for box in meant]


def test_corners_begin_at_1_and_end_at_the_size(pool, tmp_path: Path) -> None:
    given = boxes(  # pictures have 16 x 12 pixels
        (1000, "all", [0.0, 0.0, 16.0, 12.0]),
        (1001, "out", [-4.0, -3.5, 30.0, 5.0]),
        (1002, "gone", [20.0, 0.0, 3.0, 3.0]),
        (1002, "thin", [0.0, 0.0, 0.5, 3.0]),
        (1002, "edge", [15.5, 2.0, 5.0, 3.0]),
        (1003, "pixel", [0.0, 11.0, 1.0, 1.0]),
        (1003, "half", [1.25, 2.5, 3.5, 4.0]),
    )
    result = export(pool, tmp_path / "out", given)
    assert result.manifest.labels_left_out == {"nothing of it is in the picture": 1, "thinner than a pixel": 2}
    found = {
        thing.findtext("name"): corners(thing) for number in range(4) for thing in objects(tmp_path / "out", number)
    }
    assert found == {
        "all": ["1", "1", "16", "12"],
        "out": ["1", "1", "16", "1.5"],
        "pixel": ["1", "12", "1", "12"],
        "half": ["2.25", "3.5", "4.75", "6.5"],
    }


def test_what_is_said_of_a_label_stands_where_tools_look(pool, tmp_path: Path) -> None:
    said = {"truncated": True, "difficult": 0, "occluded": 0.5, "pose": "Left", "note": "a < b & \x07c", "iscrowd": 1}
    given = frame([{"picture": 0, "value": "R&B <bus>", "box": [1.0, 2.0, 3.0, 4.0], "attributes": said}])
    export(pool, tmp_path / "out", given)
    (thing,) = objects(tmp_path / "out", 0)
    assert {tag: thing.findtext(tag) for tag in ("name", "pose", "truncated", "difficult", "occluded")} == {
        "name": "R&B <bus>",
        "pose": "Left",
        "truncated": "1",
        "difficult": "0",
        "occluded": "1",
    }
    listed = {one.findtext("name"): one.findtext("value") for one in thing.iterfind("attributes/attribute")}
    assert listed == {"occluded": "0.5", "note": "a < b & \ufffdc", "iscrowd": "1"}


def test_names_that_xml_cannot_hold_are_counted(pool, tmp_path: Path) -> None:
    given = boxes(
        (1000, "a\x01b", [1.0, 1.0, 2.0, 2.0]), (1000, " ", [1.0, 1.0, 2.0, 2.0]), (1000, "雨", [1.0, 1.0, 2.0, 2.0])
    )
    result = export(pool, tmp_path / "out", given)
    assert result.manifest.labels_left_out == {"a name that XML cannot hold": 2}
    assert [thing.findtext("name") for thing in objects(tmp_path / "out", 0)] == ["雨"]


def test_pictures_of_all_parts_have_names_of_their_own(pool, tmp_path: Path) -> None:
    three = pool.head(3).with_columns(
        uri=pl.Series(["x/été.jpg", "y/ÉTÉ.png", "z/été.jpg"]), v1=pl.Series(["val", "train", "train"])
    )
    given = boxes(*((1000 + at, f"class {at}", [1.0, 1.0, 2.0, 2.0]) for at in range(3)))
    export(three, tmp_path / "out", given, part_column="v1")
    texts = [path.read_text(encoding="utf-8") for path in sorted((tmp_path / "out" / "Annotations").iterdir())]
    assert sorted(text.split("<name>")[1][:7] for text in texts) == ["class 0", "class 1", "class 2"]
    for text in texts:
        assert (tmp_path / "out" / "JPEGImages" / text.split("filename>")[1][:-2]).is_file()


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "words"),
    [
        ("Annotations/000.xml", "<xmin>2<", "<xmin>0<", xmlschema.XMLSchemaValidationError, "xmin"),
        ("Annotations/000.xml", "<xmin>2<", "<xmin>2.5<", NotVerified, "bndbox"),
        ("Annotations/000.xml", "<name>bus", "<name>tram", NotVerified, "name"),
        ("Annotations/000.xml", "<truncated>0</truncated>", "", xmlschema.XMLSchemaValidationError, "difficult"),
        ("Annotations/000.xml", "<x2>9</x2>", "<x2>8</x2>", NotVerified, "polygon"),
        ("Annotations/001.xml", "<width>16<", "<width>17<", NotVerified, "size"),
        ("ImageSets/Main/trainval.txt", "001\n", "", NotVerified, "pictures"),
    ],
)
def test_a_difference_is_found(
    pool, tmp_path: Path, file: str, old: str, new: str, error: type[Exception], words: str
) -> None:
    polygon = {"picture": 0, "value": "car", "kind": "polygon", "points": [1.0, 1.0, 9.0, 1.0, 9.0, 9.0]}
    given = frame([{"picture": 0, "value": "bus", "box": [1.0, 1.0, 2.0, 2.0]}, polygon])
    export(pool, tmp_path / "out", given)
    path, manifest = tmp_path / "out" / file, read_manifest(tmp_path / "out")
    samples, flat = pl.read_csv(tmp_path / "out" / "samples.csv"), flat_labels(given, pool["sample_id"], None)
    contents = Contents(samples, flat.rows, flat.classes, {}, "copy")
    assert VOC.check(tmp_path / "out", manifest, contents)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(error, match=words):
        VOC.check(tmp_path / "out", manifest, contents)
