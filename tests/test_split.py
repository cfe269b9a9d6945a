"""`view.split` on a dataset: what ties samples, what grows, what is pinned, and what undo brings back."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import curate
from curate.dataset import Dataset
from curate.errors import BadValue, UnknownName
from curate.split import Split
from curate.splits.certificate import Certificate
from tests.conftest import draw

PARTS = {"train": 0.75, "test": 0.25}


def tiny(pictures: list[Image.Image]) -> np.ndarray:
    """An encoder that sees 4 × 4 pixels."""
    return np.stack([np.asarray(one.convert("RGB").resize((4, 4)), np.float32).ravel() - 127 for one in pictures])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """20 pictures; 0, 1 and 2 are there again, smaller, and 3 is there with the same bytes."""
    for number in range(20):
        draw(tmp_path / "p" / f"{number:02}.jpg", number, size=(160, 120))
    for number in range(3):
        with Image.open(tmp_path / "p" / f"{number:02}.jpg") as picture:
            picture.resize((80, 60)).save(tmp_path / "p" / f"{number:02}-small.jpg", quality=70)
    shutil.copy(tmp_path / "p" / "03.jpg", tmp_path / "p" / "03-again.jpg")
    return tmp_path / "p"


@pytest.fixture
def pictures(folder: Path, tmp_path: Path) -> Dataset:
    made = curate.create(tmp_path / "pictures.curate")
    made.ingest(folder, workers=1)
    return made


def part_of(split: Split) -> dict[str, str]:
    """File name to part."""
    return {row["uri"]: part for part in split for row in split[part].df(["uri"]).iter_rows(named=True)}


def together(split: Split) -> bool:
    part = part_of(split)
    return (
        all(part[f"{n:02}.jpg"] == part[f"{n:02}-small.jpg"] for n in range(3))
        and part["03.jpg"] == part["03-again.jpg"]
    )


@pytest.mark.parametrize("seed", range(4))
def test_near_and_equal_pictures_stay_together_by_hash_and_by_vector(pictures: Dataset, seed: int) -> None:
    by_hash = pictures.split(PARTS, seed=seed)
    assert together(by_hash)
    near = by_hash.certificate.nearness
    assert (near.pairs, near.copies, near.across, near.threshold, near.bits) == (4, 1, 0, None, 6)
    assert "There are no vectors" in str(by_hash.certificate)
    with pytest.raises(BadValue, match="no vectors"):
        pictures.split(PARTS, leak=0.9)
    pictures.embed(tiny, name="tiny")
    by_vector = pictures.split(PARTS, leak=0.95, seed=seed)
    assert together(by_vector)
    assert by_vector.certificate.passed
    assert by_vector.certificate.nearness.encoder == "tiny"
    assert by_vector.certificate.highest < 0.95
    again = pictures.split(PARTS, leak=0.95, seed=seed, name="again")
    assert part_of(again) == part_of(by_vector)


def test_without_leak_nothing_is_tied_and_the_certificate_says_what_is_not_known(pictures: Dataset) -> None:
    found = [pictures.split(PARTS, leak=None, seed=seed) for seed in range(6)]
    assert not all(together(split) for split in found)
    certificate = found[-1].certificate
    assert "were not looked for" in str(certificate)
    assert [promise.name for promise in certificate.promises] == ["sizes"]


def test_half_of_the_samples_with_vectors(folder: Path, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "half.curate")
    files = sorted(folder.iterdir())
    ds.ingest(files[::2], workers=1)
    ds.embed(tiny, name="tiny")
    ds.ingest(files[1::2], workers=1)
    split = ds.split(PARTS, leak=0.95)
    assert together(split)
    assert split.certificate.nearness.compared == (12, 12, 0)
    assert "12 samples have no vector and were compared by hash" in str(split.certificate)


def test_vectors_whose_model_is_not_here_cannot_be_calibrated_and_that_is_said(pictures: Dataset) -> None:
    pictures.embed(np.random.default_rng(0).normal(size=(24, 8)).astype(np.float32), name="given")
    split = pictures.split(PARTS)
    assert together(split)
    assert split.certificate.nearness.threshold is None
    assert "leak=0.95 compares them at that cosine" in str(split.certificate)
    given = pictures.split(PARTS, leak=0.999)
    assert given.certificate.nearness.threshold == 0.999
    for leak in (0, 1.5, True, "often", float("nan")):
        with pytest.raises(BadValue, match="leak"):
            pictures.split(PARTS, leak=leak)


def test_what_leaves_no_split_says_why(pictures: Dataset, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="2 parts cannot be made of 1 samples"):
        pictures.limit(1).split(PARTS)
    equal = tmp_path / "equal"
    equal.mkdir()
    for number in range(5):
        shutil.copy(folder / "05.jpg", equal / f"{number}.jpg")
    ds = curate.create(tmp_path / "equal.curate")
    ds.ingest(equal, workers=1)
    with pytest.raises(BadValue, match="2 parts cannot be made of 1 groups: near-duplicates tie 5"):
        ds.split(PARTS)
    split = ds.split(PARTS, leak=None)
    assert "1 pictures have an equal copy in another part" in str(split.certificate)
    assert not curate.find_leaks(split).ok


def test_a_split_grows_by_what_is_new_and_undo_brings_the_former_back(folder: Path, tmp_path: Path) -> None:
    ds = curate.create(tmp_path / "grown.curate")
    files = sorted(folder.iterdir())
    old = [path for path in files if "-" not in path.name]
    ds.ingest(old[:12], workers=1)
    first = ds.split(PARTS)
    before = part_of(first)
    ds.ingest(files, workers=1)
    grown = first.extend(ds)
    assert together(grown)
    assert before.items() <= part_of(grown).items()
    assert len(part_of(grown)) == 24
    assert grown.certificate.passed
    assert grown.certificate.origin.added == (12,)
    assert grown.extend(ds).certificate == grown.certificate
    assert ds.splits() == ["v1"]
    events = ds.history().filter(action="split")["event_id"].to_list()
    with pytest.raises(BadValue, match="split v1"):
        ds.undo(events[-1])
    ds.undo(events[0])
    assert part_of(ds.split_named("v1")) == before
    ds.undo(events[-1])
    assert ds.splits() == []
    assert "v1" not in ds.columns
    with pytest.raises(BadValue, match="its own dataset"):
        first.extend(7)


def test_parts_follow_time_with_a_gap(ds: Dataset) -> None:
    ids = ds.ids()
    start = dt.datetime(2026, 1, 1)
    times = pl.DataFrame({"sample_id": ids, "taken": [start + dt.timedelta(hours=n) for n in range(len(ids))]})
    ds.join(times, on="sample_id")
    split = ds.split(PARTS, by_time="taken", gap="3h")
    train, test = (split[part].df(["taken"])["taken"] for part in split)
    assert test.min() - train.max() >= dt.timedelta(hours=3)
    assert split.seed is None
    assert split.certificate.unassigned == len(ids) - len(train) - len(test) > 0
    assert split.certificate.passed
    assert [time.part for time in split.certificate.times] == ["train", "test"]
    for more, words in [
        ({"gap": "3h"}, "between parts by time"),
        ({"by_time": "taken", "gap": "soon"}, "length of time"),
        ({"by_time": "weather"}, "is no time"),
    ]:
        with pytest.raises(BadValue, match=words):
            ds.split(PARTS, **more)


def test_a_split_by_time_grows_along_time(ds: Dataset) -> None:
    ids = ds.ids()
    start = dt.datetime(2026, 1, 1)
    hours = {int(sample): hour for hour, sample in enumerate(ids)}
    taken = [start + dt.timedelta(hours=hour) for hour in hours.values()]
    ds.join(pl.DataFrame({"sample_id": ids, "taken": taken}), on="sample_id")
    old = ds.select(np.concatenate([ids[2:8], ids[14:20]]))
    split = old.split({"train": 0.5, "test": 0.5}, by_time="taken", gap="5h")
    grown = split.extend(ds)
    train, test = ({hours[int(sample)] for sample in grown[part].ids()} for part in grown)
    assert train == set(range(8))
    assert test == set(range(14, 24))
    assert grown.certificate.passed, str(grown.certificate)
    assert grown.certificate.unassigned == 6
    assert "6 new samples are in no part: they were taken between two" in str(grown.certificate)


def test_pins_are_kept_and_contradictions_refused(ds: Dataset) -> None:
    rain, snow = ds.where("weather = 'rain'"), ds.where("weather = 'snow'").ids()
    split = ds.split({"train": 0.5, "test": 0.5}, fix={"test": rain, "train": snow[:2]})
    assert set(rain.ids()) <= set(split["test"].ids())
    assert set(snow[:2]) <= set(split["train"].ids())
    assert split.certificate.origin.fixed == {"test": rain.count(), "train": 2}
    with pytest.raises(UnknownName):
        ds.split(PARTS, fix={"tset": rain})
    with pytest.raises(BadValue, match="to 'test' and to 'train'"):
        ds.split(PARTS, fix={"test": rain, "train": rain.limit(1)})
    with pytest.raises(BadValue, match="not in the view"):
        rain.split(PARTS, fix={"test": snow})
    for fix in (3, {"test": "rain"}):
        with pytest.raises(BadValue, match="fix"):
            ds.split(PARTS, fix=fix)


def test_the_certificate_travels_as_json_a_page_and_a_picture(pictures: Dataset, tmp_path: Path) -> None:
    split = pictures.split(PARTS, leak=None)
    certificate = split.certificate
    assert Certificate.from_json(certificate.to_json()).to_json() == certificate.to_json()
    with Image.open(certificate.to_picture(tmp_path / "split.png")) as picture:
        assert picture.format == "PNG"
    page = certificate._repr_html_()
    assert page.count("data:image/jpeg;base64,") == 2 * len(certificate.closest)
    assert "<script" not in page
    assert split.groups_of(pictures.ids()) is None
    tied = pictures.split(PARTS, name="tied")
    groups = tied.groups_of(np.append(pictures.ids(), 7))
    assert groups[-1] == -1
    assert len(set(groups[:-1].tolist())) == 20
