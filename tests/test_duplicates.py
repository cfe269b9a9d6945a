"""Planted copies: equal bytes, altered ones, frames that hardly change; what is kept, what slides, what people say of pairs."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import curate
from curate import errors
from curate.dataset import Dataset
from curate.media.alterations import KINDS, MIRROR, alter

from .conftest import draw


def _encode(pictures: list[Image.Image]) -> np.ndarray:
    """A crude encoder: the colours of 8 × 8 parts, less their mean."""
    rows = [np.asarray(picture.resize((8, 8), Image.Resampling.BOX), np.float32).ravel() for picture in pictures]
    centred = np.stack(rows) - 127.5
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)


def _plant(folder: Path, kinds: tuple[str, ...] = KINDS, originals: int = 30) -> dict[str, str]:
    """Pictures, and of each one altered copy and one equal copy of every third; copy to original, by file name."""
    copies = {}
    for number in range(originals):
        name = f"{'abcdefghij'[number % 10]}{number}x.png"
        rng = np.random.default_rng(number)
        small = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
        pixels = np.asarray(Image.fromarray(small).resize((160, 120), Image.Resampling.BICUBIC))
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / name)
        kind = kinds[number % len(kinds)]
        copy = f"copy-of-{number}-{kind}-k.jpg"
        (folder / copy).write_bytes(alter(pixels, kind, seed=number + 1000))
        copies[copy] = name
        if number % 3 == 0:
            shutil.copy(folder / name, folder / f"same-{number}-z.png")
            copies[f"same-{number}-z.png"] = name
    return copies


def _dataset(path: Path, folder: Path, *, vectors: bool = True) -> Dataset:
    ds = curate.create(path)
    ds.ingest(folder, workers=1)
    if vectors:
        ds.embed(_encode, name="colours")
    return ds


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("planted")
    copies = _plant(folder / "pictures")
    ds = _dataset(folder / "planted.curate", folder / "pictures")
    ds.find_duplicates()
    return folder / "planted.curate", copies


@pytest.fixture
def planted(built: tuple[Path, dict[str, str]], tmp_path: Path) -> tuple[Dataset, dict[str, str]]:
    return curate.open(shutil.copytree(built[0], tmp_path / "planted.curate")), built[1]


def _groups(ds: Dataset) -> dict[str, set[str]]:
    """File name to the names of its group."""
    frame = ds.df(["uri", "duplicate_group"]).drop_nulls("duplicate_group")
    groups: dict[int, set[str]] = {}
    for uri, group in frame.iter_rows():
        groups.setdefault(group, set()).add(Path(uri).name)
    return {name: names for names in groups.values() for name in names}


def test_planted_copies_are_found_and_nothing_else(planted):
    ds, copies = planted
    found = _groups(ds)
    reached = {copy: original in found.get(copy, ()) for copy, original in copies.items()}
    assert sum(reached.values()) >= 0.95 * len(copies), [copy for copy in copies if not reached[copy]]
    assert all(reached[copy] for copy in copies if copy.startswith("same"))
    for names in found.values():
        assert len({copies.get(name, name) for name in names}) == 1, names


def test_equal_bytes_are_found_without_any_vector(tmp_path, photos):
    folder = tmp_path / "pictures"
    shutil.copytree(photos / "pictures" / "a", folder)
    for name in ("again.jpg", "and again.jpg"):
        shutil.copy(folder / "00.jpg", folder / name)
    ds = _dataset(tmp_path / "d.curate", folder, vectors=False)
    found = ds.find_duplicates()
    assert found.groups.select("kind", "samples").rows() == [("exact", 3)]
    assert {Path(uri).name for uri in ds.where("duplicate_group IS NOT NULL").df(["uri"])["uri"]} == {
        "00.jpg",
        "again.jpg",
        "and again.jpg",
    }
    assert "no vectors" in found.note
    # at 1 only equal bytes are the same
    assert found.at(1.0).groups.equals(found.groups)


def test_one_of_each_group_is_kept_and_the_others_say_for_which(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    assert duplicates.kept.count() == duplicates.groups.height
    assert duplicates.kept.count() + duplicates.redundant.count() == duplicates.members.height
    assert not set(duplicates.kept.ids()) & set(duplicates.redundant.ids())
    frame = ds.df(["sample_id", "duplicate_group", "duplicate_kept", "duplicate_of"])
    kept = dict(duplicates.groups.select("group", "kept").iter_rows())
    for sample, group, stays, of in frame.drop_nulls("duplicate_group").iter_rows():
        assert stays == (kept[group] == sample)
        assert of == (None if stays else kept[group])


def test_the_largest_is_kept(planted):
    ds, _ = planted
    size = dict(ds.sql("SELECT sample_id, width * height FROM this").iter_rows())
    for rule in ("best", "largest"):
        for part in ds.duplicates().keep(rule).members.partition_by("group"):
            sizes = [size[sample] for sample in part["sample_id"]]
            assert sizes[0] == max(sizes)
            assert part["kept"].to_list() == [True] + [False] * (len(sizes) - 1)
    halved = next(number for number in range(30) if KINDS[number % len(KINDS)] == "half")
    names = dict(ds.df(["sample_id", "uri"]).iter_rows())
    group = next(
        part
        for part in ds.duplicates().members.partition_by("group")
        if any(f"copy-of-{halved}-half" in names[sample] for sample in part["sample_id"])
    )
    assert "half" not in names[group["sample_id"][0]]


def test_labels_decide_between_equals(tmp_path, photos):
    folder = tmp_path / "pictures"
    shutil.copytree(photos / "pictures" / "a", folder)
    shutil.copy(folder / "05.jpg", folder / "zz.jpg")
    ds = _dataset(tmp_path / "d.curate", folder, vectors=False)
    ids = {Path(uri).name: sample for sample, uri in ds.df(["sample_id", "uri"]).iter_rows()}
    assert ds.find_duplicates().groups["kept"].to_list() == [ids["05.jpg"]]
    labels = pl.DataFrame({"sample_id": [ids["zz.jpg"]], "value": ["car"]})
    ds.add_labels(labels, field="objects", source="ada")
    found = ds.find_duplicates()
    assert found.groups.select("kept", "why").rows() == [(ids["zz.jpg"], "most labels: 1")]
    assert found.keep("first").groups["kept"].to_list() == [ids["05.jpg"]]


def test_a_threshold_slides_over_what_is_stored_and_writes_nothing(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    version = ds.folder.versions()
    counts = [duplicates.at(threshold).pairs.height for threshold in (0.5, 0.7, 0.9, 1.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    strict = duplicates.at(1.0)
    assert set(strict.groups["kind"]) == {"exact"}
    assert strict.redundant.count() == strict.members.height - strict.groups.height
    assert duplicates.at(duplicates.threshold).groups.equals(duplicates.groups)
    assert ds.folder.versions() == version


def test_a_threshold_that_is_given_is_taken(planted):
    ds, _ = planted
    assert ds.find_duplicates(threshold=0.93).threshold == 0.93
    again = ds.duplicates()
    assert (again.threshold, again.chosen) == (0.93, 0.93)
    assert again.pairs["similarity"].min() >= 0.93


def test_mirrored_pictures_are_copies_only_where_that_is_said(tmp_path):
    copies = _plant(tmp_path / "pictures", kinds=(MIRROR,), originals=16)
    ds = _dataset(tmp_path / "d.curate", tmp_path / "pictures")
    mirrored = {copy for copy in copies if MIRROR in copy}
    ds.find_duplicates()
    assert not mirrored & set(_groups(ds))
    ds.find_duplicates(flips=True)
    found = _groups(ds)
    assert all(copies[copy] in found.get(copy, ()) for copy in mirrored)


def test_frames_that_hardly_change_are_one_group_with_its_span(tmp_path):
    """A standing camera for six frames, a new scene, and the same scene in another drive."""
    folder = tmp_path / "drives"
    for number in range(14):
        scene = 1 if number < 6 else number
        rng = np.random.default_rng(scene)
        pixels = np.asarray(
            Image.fromarray(rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize(
                (160, 120), Image.Resampling.BICUBIC
            )
        )
        noise = np.random.default_rng(number).integers(-3, 4, pixels.shape)
        (folder / "one").mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels.astype(int) + noise).clip(0, 255).astype(np.uint8)).save(
            folder / "one" / f"frame_{number:04}.png"
        )
    for number in range(8):
        draw(folder / "two" / f"frame_{number:04}.jpg", 100 + number, size=(160, 120))
    ds = _dataset(tmp_path / "d.curate", folder)
    found = ds.find_duplicates()
    assert found.groups.select("kind", "samples", "span").rows() == [("sequence", 6, "frame_0000.png – frame_0005.png")]
    runs = ds.df(["uri", "sequence_group"]).drop_nulls()
    assert [Path(uri).name for uri in runs["uri"]] == [f"frame_{number:04}.png" for number in range(6)]
    assert runs["sequence_group"].n_unique() == 1


def test_verdicts_are_events_that_undo_takes_back(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    pairs = duplicates.pairs.filter(~pl.col("exact")).select("left", "right").to_numpy()[:3]
    event = duplicates.judge(pairs, False)
    assert {frozenset(pair) for pair in duplicates.judged(False).tolist()} == {
        frozenset(pair) for pair in pairs.tolist()
    }
    assert ds.history()["action"][0] == "pair"
    duplicates.judge(pairs[:1], True)
    assert len(duplicates.judged(False)) == 2
    assert len(duplicates.judged(True)) == 1
    ds.undo()
    ds.undo(event)
    assert duplicates.verdicts().height == 0


def test_what_somebody_has_set_apart_stays_apart_in_the_next_search(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    two = next(p for p in duplicates.members.partition_by("group") if p.height == 2 and p["kind"][0] != "exact")
    pair = two["sample_id"].to_list()
    duplicates.judge([pair], False)
    assert ds.duplicates().groups.equals(duplicates.groups)  # a verdict moves nothing in what was found
    ds.find_duplicates()
    left = ds.select(pair).df(["duplicate_group"])["duplicate_group"].to_list()
    assert left[0] is None or left[0] != left[1]


def test_precision_is_measured_on_pairs_that_chance_has_drawn(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    near = duplicates.pairs.filter(~pl.col("exact"))
    assert duplicates.precision().value is None
    first = duplicates.next_pairs(10)
    assert first.equals(duplicates.next_pairs(20)[:10])
    assert duplicates.next_pairs(1, without=first.select("left", "right").to_numpy()).equals(
        duplicates.next_pairs(20)[10:11]
    )
    rows = first.select("left", "right").to_numpy()
    duplicates.judge(rows[:1], False, drawn=duplicates.threshold)
    duplicates.judge(rows[1:9], True, drawn=duplicates.threshold)
    duplicates.judge(rows[9:10], None, drawn=duplicates.threshold)
    measured = duplicates.precision()
    assert (measured.yes, measured.no, measured.unsure, measured.pairs) == (8, 1, 1, near.height)
    assert measured.value == pytest.approx(8 / 9)
    assert measured.low < measured.value < measured.high
    # by hand: the fewest and the most true ones among all with which eight of nine are not too unlikely
    assert measured.low * (near.height - 1) == pytest.approx(_least(8, 9, near.height - 1))
    assert duplicates.next_pairs(1).equals(near_row(duplicates, first, near))
    # what a person has chosen says nothing of all, and a lower threshold has pairs that nobody drew
    chosen = duplicates.next_pairs(3).select("left", "right").to_numpy()
    duplicates.judge(chosen, False)
    assert duplicates.precision() == measured
    assert duplicates.at(duplicates.threshold - 0.05).precision().value is None


def near_row(duplicates, first, near):
    seen = {frozenset(pair) for pair in first.select("left", "right").iter_rows()}
    following = duplicates.next_pairs(near.height)
    assert not seen & {frozenset(pair) for pair in following.select("left", "right").iter_rows()}
    assert following.height == near.height - first.height
    return following[:1]


def _least(found: int, drawn: int, size: int) -> int:
    """The smallest number of positives with which `found` or more come with a probability of 2.5 % at least."""
    for positives in range(found, size + 1):
        ways = sum(
            math.comb(positives, k) * math.comb(size - positives, drawn - k)
            for k in range(found, min(drawn, positives) + 1)
            if drawn - k <= size - positives
        )
        if ways / math.comb(size, drawn) >= 0.025:
            return positives
    raise AssertionError


def test_a_pair_of_erased_samples_is_gone(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    group = duplicates.members.partition_by("group")[0]["sample_id"].to_list()
    duplicates.judge([group[:2]], True)
    ds.purge(group[:1])
    pairs = ds.duplicates().pairs
    assert group[0] not in set(pairs["left"]) | set(pairs["right"])
    assert ds.duplicates().verdicts().height == 0
    stored = ds.folder.table("pairs/duplicates").read()
    assert group[0] not in stored.column("left_id").to_pylist() + stored.column("right_id").to_pylist()


def test_a_snapshot_has_the_duplicates_of_its_moment(planted):
    ds, _ = planted
    before = ds.duplicates()
    ds.snapshot("v1")
    ds.find_duplicates(threshold=0.99)
    past = ds.at("v1").duplicates()
    assert past.groups.equals(before.groups)
    assert past.threshold == before.threshold
    with pytest.raises(errors.ReadOnly):
        ds.at("v1").find_duplicates()


def test_another_process_sees_the_same(planted):
    ds, _ = planted
    other = curate.open(ds.folder.location)
    assert other.duplicates().groups.equals(ds.duplicates().groups)
    assert other.duplicates().event == ds.duplicates().event == ds.history(action="duplicates")["event_id"][0]
    with pytest.raises(errors.BadValue, match="cannot be undone"):
        ds.undo(ds.duplicates().event)


def test_given_vectors_name_candidates_and_hashes_and_pixels_decide(tmp_path):
    copies = _plant(tmp_path / "pictures", kinds=("half", "jpeg", "darker"), originals=12)
    ds = _dataset(tmp_path / "d.curate", tmp_path / "pictures", vectors=False)
    ds.embed(_encode(list(ds.images())), name="given")
    found = ds.find_duplicates()
    assert "only name candidates" in found.note
    groups = _groups(ds)
    assert all(original in groups[copy] for copy, original in copies.items())


def test_the_report_says_what_was_found_and_how(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    text, page = str(duplicates), duplicates._repr_html_()
    assert f"{duplicates.groups.height} groups" in text
    assert "altered copies of" in text
    assert "<svg" in page
    assert "<script" not in page
    assert repr(duplicates).startswith("<Duplicates of 'planted' at ")


@pytest.mark.parametrize(
    "arguments",
    [
        {"precision": 0},
        {"precision": 1},
        {"precision": 1.5},
        {"precision": "high"},
        {"threshold": 0.2},
        {"threshold": 2},
        {"threshold": True},
        {"seed": -1},
    ],
)
def test_arguments_out_of_range_are_refused_before_anything_is_read(ds, arguments):
    before = ds.folder.versions()
    with pytest.raises(errors.BadValue, match=next(iter(arguments))):
        ds.find_duplicates(**arguments)
    assert ds.folder.versions() == before


def test_names_that_are_not_there_are_refused(ds):
    with pytest.raises(errors.UnknownName, match="wether"):
        ds.find_duplicates(by="wether")
    with pytest.raises(errors.UnknownName, match="nobody"):
        ds.find_duplicates(encoder="nobody")
    with pytest.raises(errors.BadValue, match="Nobody has looked"):
        ds.duplicates()


def test_what_cannot_be_said_of_pairs_is_refused(planted):
    ds, _ = planted
    duplicates = ds.duplicates()
    one, other = ds.ids()[:2].tolist()
    before = len(ds.session.log)
    for pairs in ([], [[one, one]], [[one]], [[one, other, one]]):
        with pytest.raises(errors.BadValue):
            duplicates.judge(pairs, True)
    with pytest.raises(errors.BadValue, match="verdict"):
        duplicates.judge([[one, other]], "yes")
    with pytest.raises(errors.UnknownName):
        duplicates.judge([[one, 12345]], True)
    with pytest.raises(errors.BadValue, match="rule"):
        duplicates.keep("smallest")
    for threshold in (0.1, 1.1, True, "high"):
        with pytest.raises(errors.BadValue, match="threshold"):
            duplicates.at(threshold)
    assert len(ds.session.log) == before
