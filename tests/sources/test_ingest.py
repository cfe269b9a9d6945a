"""Ingest as users meet it: again, changed, vanished, under several roots, from tables, and with every kind of bad file."""

import os
import time

import polars as pl
import pytest

import curate
from curate import errors
from tests.conftest import draw


@pytest.fixture
def empty(tmp_path):
    return curate.create(tmp_path / "d.curate")


def test_again_adds_nothing(empty, photos):
    first = empty.ingest(photos / "pictures", workers=1)
    assert (first.added, first.by_status) == (24, {"ok": 23, "empty": 1})
    again = empty.ingest(photos / "pictures", workers=1)
    assert (again.added, again.changed, again.vanished, again.unchanged) == (0, 0, 0, 24)
    assert empty.history()["action"].to_list().count("ingest") == 1, "what did nothing is no event"
    assert "24 added" in str(first)


def test_new_changed_vanished_and_back(empty, tmp_path):
    folder = tmp_path / "p"
    for number in range(4):
        draw(folder / f"{number}.jpg", number)
    empty.ingest(folder, workers=1)
    ids = dict(empty.df(["uri", "sample_id"]).iter_rows())
    draw(folder / "new.jpg", 9)
    draw(folder / "0.jpg", 99, size=(80, 48))
    os.utime(folder / "1.jpg", (time.time() + 5, time.time() + 5))
    (folder / "2.jpg").rename(tmp_path / "kept.jpg")
    done = empty.ingest(folder, workers=1)
    assert (done.added, done.changed, done.vanished, done.unchanged) == (1, 1, 1, 2)
    assert empty.where("status = 'missing'").df(["uri", "error"]).rows() == [("2.jpg", "the file is gone")]
    assert dict(empty.df(["uri", "width"]).iter_rows())["0.jpg"] == 80
    assert {uri: number for uri, number in empty.df(["uri", "sample_id"]).iter_rows() if uri in ids} == ids
    (tmp_path / "kept.jpg").rename(folder / "2.jpg")
    empty.ingest(folder, workers=1)
    assert empty.where("status = 'ok'").count() == 5


def test_a_folder_and_then_its_parent_or_child_add_nothing_twice(empty, photos):
    assert empty.ingest(photos / "pictures" / "a", workers=1).added == 12
    assert empty.ingest(photos / "pictures", workers=1).added == 12
    assert empty.ingest(photos / "pictures" / "b", workers=1).added == 0
    assert empty.count() == 24
    assert set(empty.roots()) == {"a", "pictures"}


def test_vanishing_stays_within_what_was_listed(empty, photos):
    empty.ingest(photos / "pictures", workers=1)
    assert empty.ingest(photos / "pictures" / "a", workers=1).vanished == 0
    assert empty.ingest(str(photos / "pictures" / "*" / "0*.jpg"), workers=1).vanished == 0


def test_a_table_brings_metadata_and_labels(empty, photos):
    done = empty.ingest(photos / "index.csv", labels="weather", workers=1)
    assert done.added == 24
    assert empty.where("weather = 'hail' AND speed > 10").count() == 3
    assert empty.labels("weather").height == 24
    assert empty.ingest(photos / "index.csv", labels="weather", workers=1).added == 0
    assert empty.labels("weather").height == 24


def test_metadata_of_a_second_table_joins_the_first(empty, photos):
    empty.ingest(photos / "index.csv", workers=1)
    names = pl.read_csv(photos / "index.csv")["path"]
    more = pl.DataFrame({"path": names.head(5), "rating": [1, 2, 3, 4, 5], "width": [0] * 5})
    done = empty.ingest(more, root=str(photos), workers=1)
    assert any("given_width" in note for note in done.notes)
    got = empty.df(["weather", "rating", "given_width", "width"]).head(6)
    assert got["rating"].to_list() == [1, 2, 3, 4, 5, None]
    assert got["weather"].null_count() == 0
    assert got["width"][0] == 64
    changed = more.with_columns(pl.lit(9).alias("rating")).head(1)
    empty.ingest(changed, root=str(photos), workers=1)
    assert empty.df(["rating", "weather"]).row(0) == (9, "rain")
    with pytest.raises(errors.BadSource, match="'rating' holds"):
        empty.ingest(more.with_columns(pl.lit("good").alias("rating")), root=str(photos), workers=1)


def test_a_root_is_a_name_or_a_folder(empty, photos, monkeypatch):
    table = pl.DataFrame({"path": ["a/00.jpg", "a/01.jpg"]})
    monkeypatch.chdir(photos)
    assert empty.ingest(table, root="pictures", workers=1).by_status == {"ok": 2}
    assert empty.ingest(photos / "pictures" / "b", root="night", workers=1).added == 12
    assert set(empty.roots()) == {"pictures", "night"}
    assert empty.ingest(pl.DataFrame({"path": ["12.jpg"]}), root="night", workers=1).added == 0
    with pytest.raises(errors.BadSource, match="not under the root"):
        empty.ingest(photos / "pictures" / "a", root="night", workers=1)


def test_an_unknown_label_column_is_named_before_anything_is_written(empty, photos):
    with pytest.raises(errors.UnknownName, match="did you mean 'weather'"):
        empty.ingest(photos / "index.csv", labels="wether", workers=1)
    assert empty.count() == 0
    assert empty.roots() == {}


def test_bad_files_cost_only_themselves(empty, tmp_path):
    folder = tmp_path / "bad"
    good = draw(folder / 'good one\'s "quoted" 🌨.jpg', 1)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(good.read_bytes()[:300])
    (folder / "text.jpg").write_text("this is not a picture")
    (folder / "folder.jpg").mkdir()
    (folder / "broken.jpg").symlink_to(folder / "nowhere.jpg")
    with open(os.fsencode(folder) + b"/caf\xe9.jpg", "wb") as file:
        file.write(draw(tmp_path / "x.jpg", 7).read_bytes())
    done = empty.ingest(folder, workers=1)
    status = {uri: (s, e) for uri, s, e in empty.df(["uri", "status", "error"]).iter_rows()}
    assert done.by_status["ok"] == 2, status
    assert status["empty.jpg"][0] == "empty"
    assert status["cut.jpg"][0] == "corrupt"
    assert status["text.jpg"][0] == "corrupt"
    assert status["broken.jpg"][0] == "missing"
    assert all(error for s, error in status.values() if s != "ok"), "every bad one has words"
    assert empty.ingest(folder, workers=1).added == 0
    for position in empty.positions_of(empty.where("status = 'ok'").ids()):
        assert empty.image(int(position)).size == (64, 48)


def test_origin_is_one_of_three(empty, photos):
    with pytest.raises(errors.BadValue, match="captured"):
        empty.ingest(photos / "pictures", origin="found")


@pytest.mark.parametrize("source", ["no/such/folder", 3, {"a": 1}])
def test_what_is_no_source_is_refused(empty, source):
    with pytest.raises((errors.SourceNotFound, errors.BadSource)):
        empty.ingest(source)
    assert empty.count() == 0
