"""What is exported comes in again, label for label."""

from __future__ import annotations

from pathlib import Path

import pytest

import curate
from curate.dataset import Dataset
from tests.exports.annotated import HEIGHT, WIDTH, add, dataset, said

WHOLE = ("field", "value", "kind", "box", "points", "mask", "score", "source", "attributes")


@pytest.fixture(scope="module")
def ds(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made = dataset(tmp_path_factory.mktemp("source"))
    add(made, [{"picture": 3, "value": "雨"}, {"picture": 0, "value": "rain", "score": 0.75}], field="weather")
    add(made, [{"picture": 0, "value": "hail"}], field="weather", source="Änne")
    return made


def again(folder: Path, format: str) -> Dataset:
    other = curate.create(folder.parent / f"{format}.curate")
    done = other.ingest(folder, format=format)
    assert set(done.by_status) == {"ok"}
    return other


def test_coco_holds_every_label_whole(ds: Dataset, tmp_path: Path) -> None:
    export = ds.export(tmp_path / "out", format="coco")
    assert export.manifest.read_by.startswith("pycocotools ")
    assert export.manifest.labels_left_out == {}
    other = again(tmp_path / "out", "coco")
    assert other.labels().height == ds.labels().height == 12
    assert said(other, *WHOLE, field=None) == said(ds, *WHOLE, field=None)
    assert other.df(["width", "height"]).row(0) == (WIDTH, HEIGHT)


def test_yolo_holds_boxes_for_detection(ds: Dataset, tmp_path: Path) -> None:
    boxes = ds.where("uri = 'a/été.jpg' OR uri LIKE 'c/%'")
    export = boxes.export(tmp_path / "out", format="yolo", labels="objects")
    assert export.counts["task"] == "detect"
    held = ("value", "kind", "box", "points", "mask")
    assert said(again(tmp_path / "out", "yolo"), *held) == [text for text in said(ds, *held) if '"detection"' in text]


def test_yolo_holds_outlines_for_segmentation(ds: Dataset, tmp_path: Path) -> None:
    outlines = ds.labels("objects").filter(kind="polygon")["sample_id"]
    kept = [{"picture": 1, "value": "car", "points": [1.5, 2.25, 11.0, 2.0, 11.0, 12.0, 3.1, 9.7], "kind": "polygon"}]
    add(ds, kept, field="outlines")
    export = ds.select(outlines).export(tmp_path / "out", format="yolo", labels="outlines")
    assert export.counts["task"] == "segment"
    held = ("value", "kind", "points", "mask")
    assert said(again(tmp_path / "out", "yolo"), *held) == said(ds, *held, field="outlines")


def test_yolo_holds_keypoints_for_pose(ds: Dataset, tmp_path: Path) -> None:
    people = [
        {"picture": 3, "value": "person", "points": [5.0, 6.0, 7.5, 8.1], "kind": "keypoints", "box": [4.0, 5.0, 9.0, 9.3],
         "attributes": {"visibility": [2, 0, 1]}},
        {"picture": 4, "value": "person", "points": [5.0, 6.0, 7.5, 8.1, 9.0, 9.0], "kind": "keypoints",
         "box": [0.0, 0.0, 64.0, 48.0], "attributes": {"visibility": [2, 2, 1]}},
    ]  # fmt: skip
    add(ds, people, field="people")
    export = ds.export(tmp_path / "out", format="yolo", labels="people")
    assert export.counts["task"] == "pose"
    held = ("value", "kind", "box", "points", "attributes")
    assert said(again(tmp_path / "out", "yolo"), *held) == said(ds, *held, field="people")


def test_voc_holds_boxes_and_polygons_with_what_is_said_of_them(ds: Dataset, tmp_path: Path) -> None:
    things = [
        {"picture": 0, "value": "dog", "box": [0.0, 0.0, WIDTH, HEIGHT], "score": 0.625, "attributes": {"difficult": 1}},
        {"picture": 1, "value": "R&B <bus>", "box": [1.1, 2.3, 10.7, 10.3],
         "attributes": {"truncated": 1, "occluded": 1, "pose": "Left", "note": "äh", "iscrowd": 1}},
        {"picture": 2, "value": "雨", "points": [1.5, 2.25, 11.0, 2.0, 11.0, 12.0], "kind": "polygon",
         "box": [1.5, 2.0, 9.5, 10.0]},
        {"picture": 4, "value": "person", "box": [3.0, 4.0, 20.0, 30.0],
         "attributes": {"part": [{"name": "head", "box": [5.0, 4.5, 6.0, 7.0]},
                                 {"name": "hand", "box": [4.0, 20.0, 2.0, 2.0]}]}},
    ]  # fmt: skip
    add(ds, things, field="things")
    export = ds.export(tmp_path / "out", format="voc", labels="things")
    assert export.manifest.read_by.startswith("xmlschema ")
    assert export.manifest.labels_left_out == {}
    held = ("value", "kind", "box", "points", "mask", "score", "attributes")
    assert said(again(tmp_path / "out", "voc"), *held) == said(ds, *held, field="things")
