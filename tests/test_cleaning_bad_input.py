"""Cleaning where there is little, nothing, or nonsense to go by: every case ends in an answer or in words, and loses nothing."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

import curate
from curate import errors
from tests.conftest import draw


def colours(pictures):
    """(n, 48) of 4 × 4 mean colours: an encoder that sees a smaller copy as nearly the same, and noise as something else."""
    small = [np.asarray(picture.resize((4, 4), Image.Resampling.BOX), np.float32) - 128 for picture in pictures]
    return np.stack([array.ravel() + 1e-3 for array in small])


@pytest.fixture
def folder(tmp_path):
    """Six pictures of noise."""
    for number in range(6):
        draw(tmp_path / "pictures" / f"{number:02}.jpg", number + 100, size=(96, 72))
    return tmp_path / "pictures"


@pytest.fixture
def make(tmp_path):
    def made(folder, *, vectors=True):
        ds = curate.create(tmp_path / "made.curate")
        ds.ingest(folder, workers=1)
        if vectors:
            ds.embed(colours, name="colours")
        return ds

    return made


def grouped(ds):
    """Groups of names, each sorted."""
    frame = ds.df(["uri", "duplicate_group"]).drop_nulls()
    parts = frame.group_by("duplicate_group").agg("uri")["uri"].to_list()
    return sorted(sorted(names) for names in parts)


def test_an_empty_dataset_has_neither(tmp_path):
    ds = curate.create(tmp_path / "empty.curate")
    found = ds.find_duplicates()
    assert (found.groups.height, found.redundant.count()) == (0, 0)
    with pytest.raises(errors.BadValue, match="no samples"):
        ds.find_issues()


def test_one_sample_is_no_duplicate(make, folder):
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    ds = make(folder)
    found = ds.find_duplicates()
    assert (found.groups.height, found.redundant.count(), found.kept.count()) == (0, 0, 0)


def test_without_vectors_the_same_bytes_and_the_hash_are_enough(make, folder):
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    with Image.open(folder / "01.jpg") as picture:
        picture.resize((48, 36)).save(folder / "half.jpg", quality=80)
    ds = make(folder, vectors=False)
    ds.find_duplicates()
    assert grouped(ds) == [["00.jpg", "same.jpg"], ["01.jpg", "half.jpg"]]


def test_only_the_same_picture(make, folder):
    for number in range(20):
        shutil.copy(folder / "00.jpg", folder / f"copy{number}.jpg")
    for path in folder.glob("0[1-5].jpg"):
        path.unlink()
    ds = make(folder)
    found = ds.find_duplicates()
    assert (found.groups.height, found.kept.count(), found.redundant.count()) == (1, 1, 20)


def test_pictures_of_one_colour_are_not_all_one(make, tmp_path):
    """Their perceptual hashes are equal whatever the colour, and so are the directions of their vectors."""
    (tmp_path / "flat").mkdir()
    for number, colour in enumerate(["black", "white", "red", "navy", "grey", "#808081"]):
        Image.new("RGB", (80, 60), colour).save(tmp_path / "flat" / f"{number}.png")
    ds = make(tmp_path / "flat", vectors=False)
    ds.find_duplicates()
    assert not any({"0.png", "1.png"} <= set(names) or {"2.png", "3.png"} <= set(names) for names in grouped(ds))


def test_files_that_cannot_be_read_are_copies_of_nothing(make, folder):
    """All empty files have the same content; they are an issue, and not duplicates of each other."""
    for name in ("a", "b", "c"):
        (folder / f"{name}.jpg").write_bytes(b"")
        (folder / f"broken-{name}.jpg").write_bytes(b"\xff\xd8 no picture")
    ds = make(folder)
    found = ds.find_duplicates()
    assert grouped(ds) == []
    assert found.redundant.count() == 0
    issues = ds.find_issues()
    assert (issues.counts["empty"], issues.counts["corrupt"]) == (3, 3)


def test_vectors_that_are_given_know_no_altered_copies(make, folder):
    """Nothing can encode an altered copy into their space, so they name candidates, which pixels and hashes decide upon."""
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    with Image.open(folder / "01.jpg") as picture:
        picture.resize((48, 36)).save(folder / "half.jpg", quality=80)
    ds = make(folder, vectors=False)
    vectors = np.eye(8, dtype=np.float32)
    vectors[5] = vectors[4]  # the same vector, and other pixels
    ds.embed(vectors, name="given")
    found = ds.find_duplicates()
    assert grouped(ds) == [["00.jpg", "same.jpg"], ["01.jpg", "half.jpg"]]
    assert "given" in found.note


def test_the_encoder_that_is_named_is_the_one_that_votes(make, folder):
    ds = make(folder)
    ds.embed(lambda pictures: colours(pictures)[:, ::-1], name="other")
    assert ds.find_duplicates().encoder == "other"
    assert ds.find_duplicates(encoder="colours").encoder == "colours"
    with pytest.raises(errors.UnknownName, match="colors"):
        ds.find_duplicates(encoder="colors")
    assert ds.duplicates().encoder == "colours", "what was there stays"


def test_an_encoder_that_sees_no_difference_makes_no_copies(make, folder):
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    ds = make(folder, vectors=False)
    ds.embed(lambda pictures: np.ones((len(pictures), 8)), name="blind")
    ds.find_duplicates()
    assert grouped(ds) == [["00.jpg", "same.jpg"]]


def test_pictures_without_a_vector_still_have_a_hash(make, folder):
    ds = make(folder)
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    with Image.open(folder / "01.jpg") as picture:
        picture.resize((48, 36)).save(folder / "half.jpg", quality=80)
    ds.ingest(folder, workers=1)
    found = ds.find_duplicates()
    assert grouped(ds) == [["00.jpg", "same.jpg"], ["01.jpg", "half.jpg"]]
    assert "2 pictures have no vector" in found.note


@pytest.mark.parametrize(
    "wrong",
    [
        {"precision": 0},
        {"precision": 1.5},
        {"precision": float("nan")},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"seed": -1},
        {"by": "no such column"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_nothing_is_written(make, folder, wrong):
    ds = make(folder)
    events = ds.history().height
    with pytest.raises(errors.CurateError, match="Hint: "):
        ds.find_duplicates(**wrong)
    assert ds.history().height == events


def test_media_that_have_gone_since_do_not_matter(make, folder):
    """Both verbs live of what ingest has seen: no second read."""
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    ds = make(folder)
    shutil.rmtree(folder)
    ds.find_duplicates()
    assert grouped(ds) == [["00.jpg", "same.jpg"]]
    assert ds.find_issues().counts["missing"] == 0, "ingest says what is missing"


def test_the_past_is_read_only(make, folder):
    ds = make(folder)
    ds.snapshot("v1")
    for verb in ("find_duplicates", "find_issues"):
        with pytest.raises(errors.CurateError, match="the past cannot be changed"):
            getattr(ds.at("v1"), verb)()


def test_samples_that_came_later_are_in_no_group_yet(make, folder):
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    ds = make(folder)
    found = ds.find_duplicates()
    shutil.copy(folder / "01.jpg", folder / "later.jpg")
    ds.ingest(folder, workers=1)
    assert grouped(ds) == [["00.jpg", "same.jpg"]]
    assert found.redundant.count() == 1
    assert ds.find_duplicates().redundant.count() == 2


def test_a_purged_sample_leaves_its_group(make, folder):
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    shutil.copy(folder / "00.jpg", folder / "again.jpg")
    ds = make(folder)
    found = ds.find_duplicates()
    gone = found.kept.ids()[np.isin(found.kept.ids(), ds.where("duplicate_group IS NOT NULL").ids())]
    ds.purge(gone)
    assert ds.find_duplicates().redundant.count() == 1
    assert ds.duplicates().kept.count() == 1


def test_a_picture_that_has_changed_is_no_copy_any_more(make, folder):
    shutil.copy(folder / "00.jpg", folder / "same.jpg")
    ds = make(folder)
    assert ds.find_duplicates().redundant.count() == 1
    draw(folder / "same.jpg", 999, size=(96, 73))
    ds.ingest(folder, workers=1)
    assert ds.duplicates().redundant.count() == 0
    assert ds.find_duplicates().groups.height == 0
