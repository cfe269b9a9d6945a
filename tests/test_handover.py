"""From a dataset to an export: fields, sources, classes, and a manifest that says what it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.dataset import Dataset
from curate.errors import BadValue, UnknownName


@pytest.fixture
def labelled(ds: Dataset) -> Dataset:
    ids = ds.where("status = 'ok'").ids()
    boxes = pl.DataFrame(
        {
            "sample_id": [int(i) for i in ids for _ in range(2)],
            "value": ["car", "person"] * len(ids),
            "box": [[1.0, 2.0, 30.0, 20.0], [5.0, 5.0, 10.0, 10.0]] * len(ids),
        }
    )
    ds.add_labels(boxes, field="objects", source="ada")
    ds.add_labels(boxes.head(3).with_columns(value=pl.lit("bus")), field="objects", source="net", source_kind="model")
    ds.add_labels(boxes.head(3).with_columns(value=pl.lit("sign")), field="signs", source="ada")
    return ds


def coco(path: Path) -> dict:
    return json.loads((path / "annotations" / "instances.json").read_text())


def names(path: Path) -> list[str]:
    document = coco(path)
    called = {category["id"]: category["name"] for category in document["categories"]}
    return sorted({called[a["category_id"]] for a in document["annotations"]})


def test_labels_of_fields_and_sources(labelled: Dataset, tmp_path: Path) -> None:
    for number, (arguments, wanted) in enumerate(
        [
            ({}, ["bus", "car", "person", "sign"]),
            ({"labels": "objects"}, ["bus", "car", "person"]),
            ({"labels": "objects", "source": "ada"}, ["car", "person"]),
            ({"labels": ["objects", "signs"], "source": ["net", "ada"]}, ["bus", "car", "person", "sign"]),
            ({"labels": ["signs", "weather"]}, ["sign"]),
            ({"source": "net"}, ["bus"]),
            ({"labels": []}, []),
            ({"labels": "objects", "classes": {"bus": "vehicle", "car": "vehicle"}}, ["vehicle"]),
        ]
    ):
        made = labelled.export(tmp_path / str(number), format="coco", **arguments)
        assert names(made.path) == wanted
        assert made.manifest.provenance["source"] == (
            [arguments["source"]] if isinstance(arguments.get("source"), str) else arguments.get("source")
        )
    images = coco(tmp_path / "4")["images"]
    assert {image["labels"]["weather"] for image in images} == {"rain", "snow", "hail", "clear"}


def test_the_same_samples_give_the_same_bytes_although_an_export_is_an_event(labelled: Dataset, tmp_path: Path) -> None:
    one = labelled.export(tmp_path / "one", format="coco")
    two = labelled.export(tmp_path / "two", format="coco")
    for file in sorted(path for path in one.path.rglob("*") if path.is_file()):
        assert file.read_bytes() == (two.path / file.relative_to(one.path)).read_bytes(), file.name
    assert labelled.history()["action"].to_list()[:2] == ["export", "export"]
    labelled.limit(1).tag("seen")
    three = labelled.export(tmp_path / "three", format="coco")
    assert three.manifest.snapshot != two.manifest.snapshot


def test_a_split_is_exported_with_its_parts(labelled: Dataset, tmp_path: Path) -> None:
    split = labelled.where("status = 'ok'").split({"train": 0.7, "test": 0.3}, group_by="drive")
    made = split.export(tmp_path / "out", format="parquet", labels="objects", source="ada", resize=32)
    table = pl.read_parquet(tmp_path / "out" / "samples.parquet")
    assert set(table["split"]) == {"train", "test"}
    assert set(table["width"]) == {32}
    assert made.verify().ok
    assert curate.verify(tmp_path / "out").certificate.cut == 0


def test_what_a_split_keeps_together_goes_with_it(labelled: Dataset, tmp_path: Path) -> None:
    view = labelled.where("status = 'ok'")
    split = view.split({"train": 0.7, "test": 0.3}, leak="auto")
    split.export(tmp_path / "out", format="csv")
    table = pl.read_csv(tmp_path / "out" / "samples.csv")
    assert table["split_group"].null_count() == 0
    assert dict(zip(table["sample_id"], table["split_group"], strict=True)) == dict(
        zip(view.ids().tolist(), split.groups_of(view.ids()).tolist(), strict=True)
    )
    view.split({"train": 0.7, "test": 0.3}, leak=None, name="v2").export(tmp_path / "off", format="csv")
    assert "split_group" not in pl.read_csv(tmp_path / "off" / "samples.csv").columns


def test_what_is_not_there_is_said(labelled: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(UnknownName, match="did you mean 'objects'"):
        labelled.export(out, format="coco", labels="object")
    with pytest.raises(UnknownName, match=r"source of 'objects' 'adda'\. Hint: did you mean 'ada'"):
        labelled.export(out, format="coco", labels="objects", source="adda")
    with pytest.raises(BadValue, match="'weather' is a column"):
        labelled.export(out, format="coco", labels="weather", source="ada")
    with pytest.raises(BadValue, match="needs labels"):
        labelled.export(out, format="imagefolder")
    assert not out.exists()
