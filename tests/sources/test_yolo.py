"""YOLO folders come in with their labels; a line that is none is named, and nothing else is lost."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import curate
from curate.dataset import Dataset
from curate.errors import BadSource, SourceNotFound
from curate.sources import recognised, yolo
from curate.sources.annotated import LONGEST_TEXT, in_pixels
from tests.conftest import draw

WIDTH, HEIGHT = 64, 48
YAML = "path: ../datasets/x  # of somebody's machine\ntrain: images/train\nval: images/val\nnc: 2\nnames: [car, 'R&B bus']\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "set"
    for part, numbers in (("train", range(3)), ("val", range(3, 5))):
        (top / "labels" / part).mkdir(parents=True)
        for number in numbers:
            draw(top / "images" / part / f"{number}.jpg", number, size=(WIDTH, HEIGHT))
    (top / "data.yaml").write_text(YAML)
    (top / "labels" / "train" / "0.txt").write_text("0 0.5 0.5 0.25 0.5\n1 0.25 0.25 0.5 0.5 0.75\n")
    (top / "labels" / "train" / "1.txt").write_text("")
    (top / "labels" / "val" / "3.txt").write_text("1 0 0 0.5 0 0.5 0.5\n")
    return top


def lines(folder: Path, text: str, *, yaml: str = YAML) -> yolo.Annotated:
    (folder / "data.yaml").write_text(yaml)
    for path in folder.glob("labels/*/*.txt"):
        path.unlink()
    (folder / "labels" / "train" / "0.txt").write_text(text)
    return yolo.read(str(folder))


def test_a_folder_comes_in_and_again_adds_nothing(folder: Path, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "a.curate")
    done = ds.ingest(folder, format="yolo")
    assert (done.added, done.labels, done.by_status, done.notes) == (5, 3, {"ok": 5}, ())
    told = ds.labels("objects").join(ds.df(["sample_id", "uri"]), on="sample_id").sort("uri", "kind", "value")
    assert told.select("uri", "kind", "value", "box", "points", "source", "source_kind").rows() == [
        ("images/train/0.jpg", "detection", "R&B bus", [0, 0, 32, 24], None, "set/labels/train", "annotator"),
        ("images/train/0.jpg", "detection", "car", [24, 12, 16, 24], None, "set/labels/train", "annotator"),
        ("images/val/3.jpg", "polygon", "R&B bus", [0, 0, 32, 24], [0, 0, 32, 0, 32, 24], "set/labels/val", "annotator"),
    ]  # fmt: skip
    assert told["score"].to_list() == [0.75, None, None]
    assert ds.df(["part"])["part"].value_counts().sort("part").rows() == [("train", 3), ("val", 2)]
    again = ds.ingest(folder, format="yolo")
    assert (again.added, again.labels) == (0, 0)
    assert ds.find_issues().counts["unknown_class"] == 0


@pytest.mark.parametrize(
    ("picture", "text"),
    [
        ("images/a.jpg", "labels/a.txt"),
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("images/images/a.jpg", "images/labels/a.txt"),
        ("obj/a.jpg", "obj/a.txt"),
        ("a.b.jpg", "a.b.txt"),
    ],
)
def test_labels_are_found_where_tools_put_them(tmp_path: Path, picture: str, text: str) -> None:
    draw(tmp_path / picture, 1)
    (tmp_path / text).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / text).write_text("0 .5 .5 .1 .1")
    (tmp_path / "README.txt").write_text("hello")
    found = yolo.read(str(tmp_path))
    assert found.labels["uri"].to_list() == [picture]
    assert found.listing.notes == []


@pytest.mark.parametrize(
    ("name", "text", "classes"),
    [
        ("data.yaml", "names:\n  0: car\n  2: bus\n", ["car", "0 no", "bus"]),
        (
            "data.yaml",
            "# see: *this && that\nnames: [car, van, bus]\ndownload: |\n  f(*x) &y && rm -f *.zip\n",
            ["car", "van", "bus"],
        ),
        ("coco128.yml", "names: [car, van, bus]", ["car", "van", "bus"]),
        ("classes.txt", "car\nvan\n\nbus\n", ["car", "van", "bus"]),
        ("obj.names", "car\nvan\nbus", ["car", "van", "bus"]),
    ],
)
def test_classes_are_named_by(folder: Path, name: str, text: str, classes: list[str]) -> None:
    (folder / "data.yaml").unlink()
    (folder / "hyperparameters.yaml").write_text("lr: 0.1\n")
    (folder / name).write_text(text)
    (folder / "labels" / "train" / "0.txt").write_text("0 .5 .5 .1 .1\n1 .5 .5 .1 .1\n2 .5 .5 .1 .1\n7 .5 .5 .1 .1\n")
    found = yolo.read(str(folder)).labels.filter(pl.col("uri") == "images/train/0.jpg")
    assert found["value"].to_list() == [word.replace("0 no", "1") for word in classes] + ["7"]


def test_a_number_without_a_name_is_an_unknown_class(folder: Path, tmp_path: Path) -> None:
    lines(folder, "9 .5 .5 .1 .1\n0 .5 .5 .1 .1\n")
    ds = curate.create(tmp_path / "a.curate")
    ds.ingest(folder, format="yolo")
    assert ds.find_issues().counts["unknown_class"] == 1


def test_keypoints_have_the_shape_that_the_yaml_says(folder: Path) -> None:
    line = "0 .5 .5 .5 .5 .25 .25 2 0 0 0"
    found = lines(folder, line, yaml=YAML + "kpt_shape: [2, 3]\n").labels.row(0, named=True)
    assert (found["kind"], found["points"]) == ("keypoints", [0.25, 0.25])
    assert json.loads(found["attributes"]) == {"visibility": [2, 0]}
    assert found["box"] == [0.25, 0.25, 0.5, 0.5]
    flat = lines(folder, "0 .5 .5 .5 .5 .25 .25 .75 .75", yaml=YAML + "kpt_shape: [2, 2]\n").labels.row(0, named=True)
    assert (flat["kind"], flat["points"]) == ("keypoints", [0.25, 0.25, 0.75, 0.75])
    assert lines(folder, line).labels["kind"].to_list() == ["polygon"]


def test_a_text_without_a_picture_and_a_picture_without_a_text(folder: Path, tmp_path: Path) -> None:
    (folder / "labels" / "val" / "gone.txt").write_text("0 .5 .5 .1 .1\n")
    for number in (1, 2):
        (folder / "labels" / "train" / f"{number}.txt").write_text("0 .5 .5 .1 .1\n")
    ds = curate.create(tmp_path / "a.curate")
    done = ds.ingest(folder, format="yolo")
    assert done.by_status == {"ok": 5, "missing": 1}
    counts = ds.find_issues().counts
    assert (counts["label_without_picture"], counts["picture_without_label"]) == (1, 1)
    lost = ds.labels().join(ds.where("status = 'missing'").df(["sample_id", "uri"]), on="sample_id").row(0, named=True)
    assert (lost["uri"], lost["box"], json.loads(lost["attributes"])) == (
        "images/val/gone.jpg",
        None,
        {"relative": pytest.approx([0.45, 0.45, 0.1, 0.1])},
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("car .5 .5 .1 .1", "'car' is no number"),
        ("0 nan .5 .1 .1", "'nan' is no number"),
        ("0 .5 .5 inf .1", "'inf' is no number"),
        ("-1 .5 .5 .1 .1", "'-1' is no number of a class"),
        ("0.5 .5 .5 .1 .1", "'0.5' is no number of a class"),
        ("0 .5 .5 .1", "4 numbers"),
        ("0 .5 .5 .1 .1 .5 .1 .1", "8 numbers"),
        ("0,.5,.5,.1,.1", "is no number"),
        ("root:x:0:0:root:/root:/bin/bash", "is no number"),
    ],
)
def test_a_line_that_is_none_is_named_and_the_others_come_in(folder: Path, line: str, words: str) -> None:
    found = lines(folder, f"0 .5 .5 .1 .1\n{line}\n1 .5 .5 .1 .1\n")
    assert found.labels["value"].to_list() == ["car", "R&B bus"]
    (note,) = found.listing.notes
    assert "labels/train/0.txt, line 2" in note
    assert words in note


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("names: [", "does not say what the classes are"),
        ("names: 5", "does not say what the classes are"),
        ("names: {a: car}", "does not say what the classes are"),
        ("names: [[car]]", "calls class 0"),
        ("- names", "does not say what the classes are"),
        ("a: &a [x]\nb: &b [*a, *a]\nnames: [*b]", "aliases"),
        ("x: &x {names: [a]}\n<<: *x", "aliases"),
        ("names: [!!python/object/apply:os.system [ls]]", "does not say|calls class"),
        ("names: [\x00]", "does not say"),
    ],
)
def test_impossible_lists_of_classes_are_refused_by_name(folder: Path, yaml: str, words: str) -> None:
    with pytest.raises(BadSource, match=words) as refused:
        lines(folder, "0 .5 .5 .1 .1", yaml=yaml)
    assert "data.yaml" in str(refused.value)


def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("0 .5 .5 .1 .1")
    (folder / "labels" / "train" / "2.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(BadSource, match=r"labels/train/2\.txt' is a symbolic link"):
        yolo.read(str(folder))
    (folder / "labels" / "train" / "2.txt").unlink()
    (folder / "images" / "val" / "9.jpg").symlink_to(draw(tmp_path / "secret.jpg", 9))
    with pytest.raises(BadSource, match=r"images/val/9\.jpg"):
        yolo.read(str(folder))


def test_a_text_that_is_too_long_is_named(folder: Path) -> None:
    with (folder / "labels" / "train" / "1.txt").open("wb") as file:
        file.truncate(LONGEST_TEXT + 1)
    found = yolo.read(str(folder))
    assert found.labels.height == 3
    assert "'labels/train/1.txt' cannot be read" in found.listing.notes[0]


def test_a_text_beside_pictures_has_labels_or_is_none(tmp_path: Path) -> None:
    draw(tmp_path / "a.jpg", 1)
    (tmp_path / "a.txt").write_text("0 .5 .5 .1 .1")
    (tmp_path / "gone.txt").write_text("1 .5 .5 .1 .1")
    (tmp_path / "notes.txt").write_text("1 or 2 pictures are dark")
    assert yolo.read(str(tmp_path)).labels["uri"].to_list() == ["a.jpg", "gone.jpg"]


def test_a_folder_at_a_url(folder: Path) -> None:
    files = fsspec.filesystem("memory")
    files.put(str(folder), "/pool/yolo", recursive=True)
    try:
        found = yolo.read("memory://pool/yolo")
    finally:
        files.rm("/pool", recursive=True)
    assert found.classes == ("car", "R&B bus")
    assert sorted(found.labels["uri"]) == ["images/train/0.jpg"] * 2 + ["images/val/3.jpg"]


def test_nothing_to_read(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(SourceNotFound, match="nowhere"):
        yolo.read(str(tmp_path / "nowhere"))
    with pytest.raises(BadSource, match="no text file"):
        yolo.read(str(photos))


def test_it_is_recognised(folder: Path, photos: Path, ds: Dataset) -> None:
    assert "format='yolo'" in (recognised(folder) or "")
    assert recognised(photos) is None
    assert ds.ingest(photos / "pictures").notes == ()


shares = st.floats(0, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 500, width=32)] * 2, *[st.floats(0.125, 500, width=32)] * 2), max_size=8))
def test_boxes_written_as_shares_come_back_to_the_last_bit(folder: Path, boxes: list[tuple[float, ...]]) -> None:
    width, height = 640, 480
    text = "".join(
        f"0 {(x + w / 2) / width!r} {(y + h / 2) / height!r} {w / width!r} {h / height!r}\n" for x, y, w, h in boxes
    )
    sized = lines(folder, text).labels.with_columns(width=width, height=height)
    back = in_pixels(sized)["box"].cast(pl.List(pl.Float32)).to_list()
    for given_box, box in zip(boxes, back, strict=True):
        assert box == pytest.approx(list(given_box), rel=1e-6, abs=1e-6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(st.binary(max_size=60) | st.text(" 0123456789.-enaif\n", max_size=60).map(str.encode))
def test_any_bytes_come_in_or_are_named(folder: Path, data: bytes) -> None:
    (folder / "labels" / "train" / "2.txt").write_bytes(data)
    found = yolo.read(str(folder))
    assert found.labels.height >= 3
    lost = sum(len(line.split()) > 0 for line in data.decode("utf-8", "replace").splitlines())
    assert found.labels.height - 3 <= lost
