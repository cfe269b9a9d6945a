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
