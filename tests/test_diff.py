"""What differs between two moments: weather = rain, snow, hail, clear in turn; speed = 0…23; the last is empty."""

import os
import time
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

import curate
from curate import errors
from curate.sources.metadata import write_metadata
from tests.conftest import draw


def between():
    time.sleep(0.05)
    now = datetime.now(UTC)
    time.sleep(0.05)
    return now


def test_nothing_differs_between_a_moment_and_itself(ds):
    ds.limit(3).tag("wet")
    ds.snapshot("v1")
    for diff in (ds.diff("v1"), ds.diff("v1", "v1")):
        assert not diff
        assert len(diff.added) == len(diff.removed) == len(diff.changed) == 0
        assert "nothing differs" in str(diff)
        assert "nothing differs" in diff._repr_html_()
        for table in (diff.columns, diff.tags, diff.labels, diff.slices, diff.splits):
            assert table.height == 0
    assert ds.diff("v1").events.select("action", "what").rows() == [("snapshot", "v1")]


def test_tags_that_came_and_went(ds):
    ds.limit(4).tag("wet", "seen")
    ds.snapshot("v1")
    ds.limit(1).untag("wet")
    ds.where("speed >= 20").tag("wet")
    ds.untag("seen")
    ds.limit(2).tag("new")
    diff = ds.diff("v1")
    assert diff
    assert diff.tags.rows() == [("new", 0, 2, 2, 0), ("seen", 4, 0, 0, 4), ("wet", 4, 7, 4, 1)]
    of_wet = diff.of_tag("wet")
    assert of_wet.filter(pl.col("change") == "removed")["sample_id"].to_list() == ds.ids()[:1].tolist()
    assert set(of_wet.filter(pl.col("change") == "added")["sample_id"]) == set(ds.ids()[20:].tolist())
    assert "wet: 4 added, 1 removed" in str(diff)
    assert diff.columns.height == 0, "tags are told of by themselves"
    back = curate.open(ds.folder.location).diff(between(), "v1")
    assert back.tags.rows() == [("new", 2, 0, 0, 2), ("seen", 0, 4, 4, 0), ("wet", 7, 4, 1, 4)]
    with pytest.raises(errors.UnknownName, match="did you mean 'wet'"):
        diff.of_tag("wett")


def test_samples_that_came_went_and_changed(tmp_path):
    for number in range(6):
        draw(tmp_path / "pictures" / f"{number}.jpg", number)
    ds = curate.create(tmp_path / "d.curate")
    ds.ingest(tmp_path / "pictures", workers=1)
    first = ds.df(["uri", "sample_id"])
    ds.snapshot("v1")
    draw(tmp_path / "pictures" / "6.jpg", 6)
    draw(tmp_path / "pictures" / "1.jpg", 99)
    os.utime(tmp_path / "pictures" / "1.jpg", (2_000_000_000, 2_000_000_000))
    (tmp_path / "pictures" / "2.jpg").unlink()
    ds.ingest(tmp_path / "pictures", workers=1)
    diff = ds.diff("v1")
    assert diff.added.df(["uri"])["uri"].to_list() == ["6.jpg"]
    assert diff.removed.count() == 0
    assert sorted(diff.changed.df(["uri", "status"]).rows()) == [("1.jpg", "ok"), ("2.jpg", "missing")]
    assert diff.added.tag("fresh") == 1, "at the one end that is now, its views can be worked with"
    assert "samples  1 added, 2 changed" in str(diff)
    back = ds.diff(between(), "v1")
    assert back.removed.df(["uri"])["uri"].to_list() == ["6.jpg"]
    assert set(back.changed.ids()) <= set(first["sample_id"])
    with pytest.raises(errors.ReadOnly):
        back.removed.tag("no")


def test_columns_that_came_and_values_that_changed(ds):
    ds.snapshot("v1")
    weather = ds.df(["weather"])["weather"].to_list()
    weather[3], weather[4] = "fog", None
    marks = [None if n % 2 else n for n in range(24)]
    write_metadata(ds.folder, ds.ids(), pl.DataFrame({"weather": weather, "mark": marks}))
    diff = ds.diff("v1")
    assert diff.columns.rows() == [("weather", "changed", 2), ("mark", "added", 12)]
    assert diff.of_column("weather").select("before", "after").rows() == [("clear", "fog"), ("rain", None)]
    assert diff.of_column("weather")["sample_id"].to_list() == ds.ids()[3:5].tolist()
    assert diff.of_column("speed").height == 0, "null and null are the same"
    back = ds.diff(between(), "v1")
    assert back.columns.rows() == [("weather", "changed", 2), ("mark", "removed", 12)]
    with pytest.raises(errors.UnknownName, match="at both moments"):
        diff.of_column("mark")


def test_labels_that_came_and_went(ds):
    def label(source, ids, value):
        ds.add_labels(pl.DataFrame({"sample_id": ids, "value": value}), field="object", source=source)

    label("ada", ds.ids()[:3], "car")
    ds.snapshot("v1")
    ds.undo()
    label("ada", ds.ids()[1:2], "bus")
    label("model", ds.ids()[:5], "car")
    diff = ds.diff("v1")
    assert diff.labels.rows() == [("object", "ada", 3, 1, 1, 3), ("object", "model", 0, 5, 5, 0)]
    changes = diff.of_labels("object").group_by("source", "change").len().sort("source", "change")
    assert changes.rows() == [("ada", "added", 1), ("ada", "removed", 3), ("model", "added", 5)]
    with pytest.raises(errors.UnknownName, match="did you mean 'object'"):
        diff.of_labels("objects")


def test_slices_and_splits_that_were_saved_again(ds):
    ds.where("weather = 'hail'").save("hail")
    ds.limit(2).save("two")
    ds.limit(9).save("gone")
    gone = ds.history(action="slice")["event_id"][0]
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    ds.snapshot("v1")
    ds.where("weather = 'hail' AND speed > 5").save("hail")
    ds.undo(gone)
    ds.limit(5).save("five")
    ds.split({"x": 0.25, "y": 0.75}, name="halves")
    ds.split({"p": 0.5, "q": 0.5}, name="other")
    before, after = ds.at("v1").df(["halves"])["halves"], ds.df(["halves"])["halves"]
    diff = ds.diff("v1")
    assert diff.slices.rows() == [
        ("five", "added", 0, 5, 5, 0),
        ("gone", "removed", 9, 0, 0, 9),
        ("hail", "saved again", 6, 5, 0, 1),
    ]
    moved = int((before != after).sum())
    assert moved > 0
    assert diff.splits.rows() == [("halves", "saved again", 24, 24, moved), ("other", "added", 0, 24, 0)]
    assert diff.columns.height == 0, "splits are told of by themselves"
    assert f"{moved} in another part" in str(diff)
    assert "five added: 5 members; gone removed: 9 members; hail saved again: 6 to 5 members" in str(diff)


def test_the_events_between_say_who_it_was(ds, monkeypatch):
    ds.snapshot("v1")
    monkeypatch.setenv("CURATE_ACTOR", "bob")
    ds.limit(3).tag("wet")
    monkeypatch.setenv("CURATE_ACTOR", "ada")
    ds.limit(3).save("<b>three</b>")
    ds.snapshot("v2")
    diff = ds.diff("v1", "v2")
    assert diff.events.select("actor", "action").head(2).rows() == [("ada", "slice"), ("bob", "tag")]
    assert "v1 to v2: 3 events by ada, bob" in str(diff)
    assert "<b>three" not in diff._repr_html_()
    assert "&lt;b&gt;three" in diff._repr_html_()
    moment = between()
    ds.limit(1).tag("later")
    assert ds.diff("v2", moment).tags.height == 0
    assert ds.diff(moment).tags["tag"].to_list() == ["later"]
    assert ds.diff(f"{moment:%Y-%m-%d %H:%M:%S.%f}").tags["tag"].to_list() == ["later"]


def test_very_many_differences_are_counted_not_listed(ds):
    ds.snapshot("v1")
    for number in range(9):
        ds.limit(number + 1).tag(f"tag {number}")
    assert "; and 3 more" in str(ds.diff("v1"))
    assert ds.diff("v1").tags.height == 9


def test_bad_moments_are_refused(ds):
    ds.snapshot("v1")
    with pytest.raises(errors.UnknownName, match="did you mean 'v1'"):
        ds.diff("v11")
    with pytest.raises(errors.UnknownName, match="did you mean 'v1'"):
        ds.diff("v1", "v12")
    with pytest.raises(errors.BadValue, match="did not exist"):
        ds.diff("2001-01-01", "v1")
    with pytest.raises(errors.BadValue, match="name or a time"):
        ds.diff(1)


def test_an_empty_dataset_differs_from_a_full_one(tmp_path):
    ds = curate.create(tmp_path / "d.curate")
    ds.snapshot("empty")
    draw(tmp_path / "pictures" / "1.jpg", 1)
    ds.ingest(tmp_path / "pictures", workers=1)
    diff = ds.diff("empty")
    assert (diff.added.count(), diff.removed.count(), diff.changed.count()) == (1, 0, 0)
    assert diff.changed.ids().dtype == np.int64
    assert ds.diff("empty", "empty").columns.height == 0
