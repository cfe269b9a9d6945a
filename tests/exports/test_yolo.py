"""YOLO for each task, as supervision reads it; what Ultralytics would refuse is not written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from supervision import ClassificationDataset, DetectionDataset

from curate.errors import NotVerified
from curate.exports.contents import Contents
from curate.exports.export import Export, write_export
from curate.exports.labels import class_of_samples, flat_labels
from curate.exports.manifest import read_manifest
from curate.exports.yolo import YOLO
from tests.conftest import draw
from tests.exports.annotated import HEIGHT, LABELS, ROUND, WIDTH, frame


def boxes(*rows: tuple[int, str, list[float]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=("sample_id", "value", "box"), orient="row").cast({"box": pl.List(pl.Float32)})
    return frame.with_columns(pl.lit("objects").alias("field"), pl.lit("detection").alias("kind"))


def export(samples: pl.DataFrame, path: Path, labels: pl.DataFrame | None, **more) -> Export:
    result = write_export(samples, path, format="yolo", labels=labels, provenance={}, **more)
    assert result.manifest.read_by.startswith("supervision ")
    assert result.verify().ok
    return result


def lines(folder: Path, number: int) -> list[list[float]]:
    text = (folder / "labels" / f"{number:03}.txt").read_text()
    return [[float(word) for word in line.split()] for line in text.splitlines()]


def test_a_set_for_detection_is_what_supervision_loads(pool, labels, tmp_path: Path) -> None:
    split = pool.with_columns(v1=pl.Series(["train", "val"] * 12))
    result = export(split, tmp_path / "out", labels, part_column="v1")
    assert result.counts == {
        "samples": 24,
        "labels": 24,
        "classes": 2,
        "task": "detect",
        "parts": {"train": 12, "val": 12},
    }
    assert result.manifest.labels_left_out == {"kind classification, in a set for detect": 24}
    described = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert described["names"] == {0: "car", 1: "person"}
    for part in ("train", "val"):
        assert described[part] == f"images/{part}"
        read = DetectionDataset.from_yolo(
            str(tmp_path / "out" / described[part]),
            str(tmp_path / "out" / "labels" / part),
            str(tmp_path / "out" / "data.yaml"),
        )
        assert read.classes == ["car", "person"]
        assert len(read.annotations) == 12
        for path, found in read.annotations.items():
            sample = pool.filter(pl.col("uri").str.ends_with(Path(path).name))["sample_id"][0]
            mine = labels.filter(kind="detection", sample_id=sample)
            assert [read.classes[i] for i in found.class_id] == mine["value"].to_list()
            corners = [[x, y, x + w, y + h] for x, y, w, h in mine["box"]]
            assert found.xyxy.tolist() == [pytest.approx(box, abs=1e-4) for box in corners]


def test_what_leads_out_is_cut_off_and_what_is_outside_is_counted(pool, tmp_path: Path) -> None:
    given = boxes(
        (1000, "car", [-2.0, 4.0, 6.0, 20.0]),  # pictures have 16 x 12 pixels
        (1002, "car", [20.0, 0.0, 3.0, 3.0]),
        (1002, "car", [15.0, 11.5, 1.0, 0.5]),
    )
    result = export(pool, tmp_path / "out", given)
    assert result.manifest.labels_left_out == {"nothing of it is in the picture": 1}
    assert lines(tmp_path / "out", 0) == [[0, 2 / 16, 8 / 12, 4 / 16, 8 / 12]]
    assert lines(tmp_path / "out", 2) == [[0, 15.5 / 16, 11.75 / 12, 1 / 16, 0.5 / 12]]
    assert lines(tmp_path / "out", 1) == []


def of_kinds(pool: pl.DataFrame, *kinds: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pool as pictures of the size that `LABELS` are for, and those of some kinds."""
    for number, location in enumerate(pool["location"].head(4)):
        draw(Path(location), number, size=(WIDTH, HEIGHT))
    sized = pool.head(4).with_columns(width=pl.lit(WIDTH), height=pl.lit(HEIGHT), content_hash=pl.lit(None, pl.String))
    return sized, frame([row for row in LABELS if row.get("kind", "detection") in kinds])


def test_masks_and_polygons_make_a_set_for_segmentation(pool, tmp_path: Path) -> None:
    samples, given = of_kinds(pool, "detection", "polygon", "mask")
    result = export(samples, tmp_path / "out", given)
    assert result.counts["task"] == "segment"
    read = DetectionDataset.from_yolo(
        *(str(tmp_path / "out" / name) for name in ("images", "labels", "data.yaml")), force_masks=True
    )
    found = {Path(path).name: one for path, one in read.annotations.items()}["002.jpg"]
    masks = dict(zip((read.classes[i] for i in found.class_id), found.mask, strict=True))
    assert (masks["crowd"] & ~ROUND).sum() < 0.15 * ROUND.sum()  # supervision's masks take in the edge
    assert (ROUND & ~masks["crowd"]).sum() < 0.15 * ROUND.sum()
    assert lines(tmp_path / "out", 0)[1][1:] == pytest.approx(
        [1.1 / 64, 2 / 48, 11.8 / 64, 2 / 48, 11.8 / 64, 12.3 / 48, 1.1 / 64, 12.3 / 48], abs=1e-9
    )


def test_keypoints_make_a_set_for_pose(pool, tmp_path: Path) -> None:
    samples, given = of_kinds(pool, "detection", "keypoints")
    result = export(samples, tmp_path / "out", given)
    assert result.counts["task"] == "pose"
    assert yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())["kpt_shape"] == [3, 3]
    people = sorted(line[5:] for line in lines(tmp_path / "out", 1))
    assert people == [
        [0, 0, 0, 5.5 / 64, 6 / 48, 2, 0, 0, 0],
        [5 / 64, 6 / 48, 2, 0, 0, 0, 7.5 / 64, 8 / 48, 1],
    ]
    assert all(line[5:] == [0] * 9 for line in lines(tmp_path / "out", 0))


def test_classes_alone_make_folders(pool, tmp_path: Path) -> None:
    split = pool.with_columns(v1=pl.Series(["train", "val"] * 12))
    result = export(split, tmp_path / "out", class_of_samples(pool, "weather"), part_column="v1")
    assert result.counts["task"] == "classify"
    assert not (tmp_path / "out" / "data.yaml").exists()
    read = ClassificationDataset.from_folder_structure(str(tmp_path / "out" / "val"))
    assert read.classes == ["clear", "hail", "rain"]
    assert len(read) == 12


def test_pictures_that_differ_in_their_suffix_have_labels_of_their_own(pool, tmp_path: Path) -> None:
    two = pool.head(2).with_columns(uri=pl.Series(["x/été.jpg", "y/ÉTÉ.png"]))
    export(two, tmp_path / "out", boxes((1000, "car", [1.0, 1.0, 2.0, 2.0]), (1001, "bus", [1.0, 1.0, 2.0, 2.0])))
    texts = sorted((tmp_path / "out" / "labels").iterdir())
    assert [path.read_text()[0] for path in texts] in (["0", "1"], ["1", "0"])


@pytest.mark.parametrize("name", ["yes", "1", "a: b #c", "雨 😀", "'", "null"])
def test_names_of_classes_survive(pool, tmp_path: Path, name: str) -> None:
    export(pool, tmp_path / "out", boxes((1000, name, [1.0, 1.0, 2.0, 2.0])))
    assert yaml.safe_load((tmp_path / "out" / "data.yaml").read_text(encoding="utf-8"))["names"] == {0: name}


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("labels/000.txt", "0 ", "1 ", "class"),
        ("labels/000.txt", "0 0.", "0 0.9", "place"),
        ("labels/001.txt", "", "0 0.5 0.5 0.1 0.1\n", "the number of labels"),
        ("data.yaml", "0: bus", "0: tram", "classes"),
    ],
)
def test_a_difference_is_found(pool, tmp_path: Path, file: str, old: str, new: str, words: str) -> None:
    given = boxes((1000, "bus", [1.0, 1.0, 2.0, 2.0]), (1002, "car", [1.0, 1.0, 2.0, 2.0]))
    export(pool, tmp_path / "out", given)
    path = tmp_path / "out" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    samples = pl.read_csv(tmp_path / "out" / "samples.csv")
    flat = flat_labels(given, pool["sample_id"], None)
    with pytest.raises(NotVerified, match=words):
        YOLO.check(
            tmp_path / "out", read_manifest(tmp_path / "out"), Contents(samples, flat.rows, flat.classes, {}, "copy")
        )
