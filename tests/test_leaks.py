"""Splits made elsewhere are judged: columns, views, COCO files, folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import curate
from curate.dataset import Dataset
from curate.errors import BadValue, SourceNotFound, UnknownName
from tests.conftest import draw


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """train/ and val/ with an equal picture under two names, an altered copy, and one that cannot be read."""
    folder = tmp_path / "files"
    for number in range(8):
        draw(folder / ("train" if number < 5 else "val") / f"{number}.jpg", number, size=(160, 120))
    shutil.copy(folder / "train" / "0.jpg", folder / "val" / "again é.jpg")
    with Image.open(folder / "train" / "1.jpg") as picture:
        picture.resize((80, 60)).save(folder / "val" / "smaller.jpg", quality=60)
    (folder / "val" / "broken.jpg").write_bytes(b"no picture")
    return folder


def coco(path: Path, names: list[str]) -> Path:
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    return path


def pairs(leaks: curate.Leaks) -> set[tuple[str, ...]]:
    sides = leaks.pairs.select("left_uri", "right_uri").rows()
    return {tuple(sorted(Path(side).name for side in pair)) for pair in sides}


PLANTED = {("0.jpg", "again é.jpg"), ("1.jpg", "smaller.jpg")}


def test_folders_of_files_are_judged_by_content_and_hash(files: Path) -> None:
    leaks = curate.find_leaks(files)
    assert not leaks.ok
    assert pairs(leaks) == PLANTED
    assert len(leaks) == leaks.nearness.across == 2
    assert leaks.pairs["by"].to_list() == ["content", "hash"]
    assert leaks.pairs.filter(by="content")["left_uri"].item() == str(files / "train" / "0.jpg")
    assert set(leaks.pairs.select("left_part", "right_part").rows()) == {("train", "val")}
    assert leaks.shares.select("part", "samples").unique().rows() == [("val", 6)]
    assert leaks.shares.sort("threshold")["near"].to_list() == [2, 1]
    assert leaks.unread == 1
    assert "find_leaks(…, encoder=…) makes vectors" in str(leaks)
    assert "1 pictures could not be read" in str(leaks)
    assert "again é.jpg" in str(leaks)


def test_the_page_has_pictures_names_and_no_script(files: Path) -> None:
    (files / "val" / "again é.jpg").rename(files / "val" / "<b>&.jpg")
    page = curate.find_leaks(files)._repr_html_()
    assert page.count("data:image/jpeg;base64,") == 4
    assert "&lt;b&gt;&amp;.jpg" in page
    assert "<b>&.jpg" not in page
    assert "<script" not in page


def test_other_ways_to_say_the_same_files(files: Path) -> None:
    shutil.copytree(files, files.parent / "yolo" / "images")
    (files.parent / "yolo" / "labels" / "train").mkdir(parents=True)
    named = {part: sorted((files / part).iterdir()) for part in ("train", "val")}
    a = coco(files.parent / "a.json", [f"train/{path.name}" for path in named["train"]])
    b = coco(files.parent / "b.json", [path.name for path in named["val"]])
    for source, root in (
        (str(files), None),
        (files.parent / "yolo", None),
        ({part: files / part for part in ("train", "val")}, None),
        (named, None),
        ({"train": a, "val": str(b)}, {"train": files, "val": str(files / "val")}),
    ):
        leaks = curate.find_leaks(source, root=root)
        assert pairs(leaks) == PLANTED
        assert [part.got for part in leaks.certificate.parts] == [5, 6]


def test_a_picture_that_two_coco_files_name_is_in_two_parts(files: Path) -> None:
    train = coco(files / "train.json", ["train/0.jpg", "train/2.jpg", "train/gone.jpg"])
    val = coco(files / "val.json", ["train/2.jpg", "val/5.jpg", "train/gone.jpg"])
    leaks = curate.find_leaks({"train": train, "val": val})
    assert not leaks.ok
    assert leaks.shared == 2
    assert pairs(leaks) == {("2.jpg", "2.jpg")}
    assert "2 samples are in several parts" in repr(leaks)


def test_files_are_compared_by_vectors_where_there_is_an_encoder(files: Path) -> None:
    def mean(pictures: list[Image.Image]) -> np.ndarray:
        return np.stack([np.asarray(one.convert("RGB").resize((4, 4)), np.float32).ravel() - 127 for one in pictures])

    leaks = curate.find_leaks(files, encoder=mean, leak=0.95)
    assert pairs(leaks) >= PLANTED
    assert "vector" in leaks.pairs["by"].to_list()
    assert leaks.nearness.threshold == 0.95
    assert 0.99 in leaks.shares["threshold"].to_list()


def test_a_column_views_and_a_split(ds: Dataset) -> None:
    ids = ds.where("status = 'ok'").ids()
    half = pl.DataFrame(
        {"sample_id": ids, "part": ["train"] * 12 + ["test"] * 8 + ["val"] * 2 + [None] * (len(ids) - 22)}
    )
    ds.join(half, on="sample_id")
    found = curate.find_leaks(ds, column="part")
    assert [(part.name, part.got) for part in found.certificate.parts] == [("train", 12), ("val", 2), ("test", 8)]
    assert found.ok
    assert found.pairs.is_empty()
    assert "No leaks found" in str(found)
    both = curate.find_leaks({"train": ds.select(ids[:12]), "val": ds.select(ids[11:14])})
    assert both.shared == 1
    assert not both.ok
    made = ds.split({"train": 0.75, "test": 0.25})
    assert curate.find_leaks(made).ok == made.certificate.passed
    assert curate.find_leaks(ds, column="v1").certificate.parts == curate.find_leaks(made).certificate.parts
    off = curate.find_leaks(made, leak=None)
    assert off.ok
    assert "were not looked for" in str(off)


def test_what_is_no_split_is_refused_with_what_would_be(ds: Dataset, files: Path) -> None:
    view = ds.limit(4)
    for source, more, error, words in [
        (ds, {}, BadValue, "A column has to say"),
        (ds, {"column": "wether"}, UnknownName, "weather"),
        (ds, {"column": "uri"}, BadValue, "24 values"),
        (ds, {"column": "status", "root": "."}, BadValue, "'root' is for files"),
        (ds, {"column": "weather", "encoder": "demo"}, BadValue, "'encoder' is for files"),
        (ds, {"column": "weather", "leak": "often"}, BadValue, "'leak' is a cosine"),
        (ds, {"column": "weather", "leak": 0.9}, BadValue, "no vectors"),
        (ds.where("weather = 'rain'"), {"column": "weather"}, BadValue, "the only part is 'rain'"),
        (ds.where("width < 0"), {"column": "weather"}, BadValue, "there is none"),
        ({"train": view}, {}, BadValue, "the only part is 'train'"),
        ({"train": view, "val": files / "val"}, {}, BadValue, "Part 'val' is no view"),
        ({"train": ds.limit(0), "val": ds.limit(0)}, {}, BadValue, "No sample"),
        ({"train": view, "val": view}, {"column": "weather"}, BadValue, "'column' is for"),
        ({}, {}, BadValue, "there is none"),
        (7, {}, BadValue, "A split is not a int"),
        (files / "gone", {}, SourceNotFound, "There is no folder"),
        (files / "train" / "0.jpg", {}, BadValue, "one file"),
        (files / "train", {}, BadValue, "no folders train/ and val/"),
        (files, {"leak": 0.9}, BadValue, "encoder="),
        (files, {"root": "."}, BadValue, "'root' is for COCO files"),
        ({"train": files / "train", "val": files / "gone"}, {}, SourceNotFound, "gone"),
        ({"train": files / "train", "val": 3}, {}, BadValue, "Part 'val' is a int"),
    ]:
        with pytest.raises(error, match=words):
            curate.find_leaks(source, **more)


@pytest.mark.slow
@pytest.mark.shared
def test_most_of_a_random_val_has_a_near_duplicate_in_train_and_none_of_ours(shared: Path, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "drives.curate")
    ds.ingest(shared / "data" / "camvid_701" / "index.csv", workers=1)
    ds.embed(f"local-dir:{shared / 'models' / 'photo-clip'}")
    parts = {"train": 0.8, "val": 0.1, "test": 0.1}
    ours = ds.split(parts)
    threshold = ours.certificate.nearness.threshold
    ds.split(parts, leak=None, name="chance")

    def near(leaks: curate.Leaks) -> dict[str, float]:
        found = leaks.shares.filter((pl.col("threshold") - threshold).abs() < 1e-6)
        return dict(found.select("part", "share").rows())

    by_chance = curate.find_leaks(ds, column="chance", leak=threshold)
    assert not by_chance.ok
    assert near(by_chance)["val"] > 0.5
    mine = curate.find_leaks(ours)
    assert mine.ok
    assert near(mine) == {"val": 0, "test": 0}
    assert mine.nearness.highest < threshold
    assert set(mine.nearness.shares) <= set(ours.certificate.nearness.shares)
