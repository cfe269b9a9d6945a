"""`curate.demo()`: rendered, ingested, labelled and embedded, once."""

import shutil

import pytest

import curate
from curate import errors
from curate.demo.dataset import default_path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "roads.curate"
    curate.demo(path, n=80, seed=3)
    return path


def test_it_has_scenes_labels_vectors_and_planted_defects(built):
    ds = curate.open(built)
    assert ds.count() == 80
    assert {"timeofday", "weather", "place", "object", "drive", "frame", "planted"} <= set(ds.columns)
    assert ds.where("status <> 'ok'").count() == ds.where("planted IN ('corrupt', 'empty', 'not_an_image')").count() > 0
    assert ds.where("captured_at IS NULL AND status = 'ok' AND planted IS NULL").count() == 0
    assert set(ds.labels("objects")["kind"]) == {"detection"}
    assert ds.encoder.name == "demo"
    assert ds.df(["origin"])["origin"].unique().to_list() == ["synthetic"]


def test_words_find_what_they_say(built):
    ds = curate.open(built)
    night = ds.where("status = 'ok' AND timeofday = 'night'").count()
    found = ds.search("night").limit(night).df(["timeofday"])["timeofday"].to_list()
    assert found.count("night") >= 0.9 * night > 0


def test_again_it_opens_what_is_there(built):
    before = curate.open(built).history().height
    assert curate.demo(built, n=80, seed=3).history().height == before


def test_it_moves_with_its_media(built, tmp_path):
    ds = curate.demo(shutil.copytree(built, tmp_path / "elsewhere.curate"), n=80, seed=3)
    assert ds.location(0).startswith(str(tmp_path))
    assert ds.count() == 80


def test_an_interrupted_one_is_finished(built, tmp_path):
    path = shutil.copytree(built, tmp_path / "roads.curate")
    (path / "media" / "scenes.parquet").unlink()
    shutil.rmtree(path / "vectors")
    ds = curate.demo(path, n=80, seed=3)
    assert len(ds.vectors_.missing("demo")) == 0


def test_another_demo_or_dataset_there_is_refused(built, tmp_path):
    with pytest.raises(errors.BadValue, match="n=80"):
        curate.demo(built, n=90, seed=3)
    curate.create(tmp_path / "mine.curate")
    with pytest.raises(errors.DatasetExists, match="not the demo"):
        curate.demo(tmp_path / "mine.curate")
    with pytest.raises(errors.BadValue, match="whole number"):
        curate.demo(tmp_path / "x.curate", n=0)


def test_every_notebook_finds_the_same_one(monkeypatch, tmp_path):
    monkeypatch.setenv("CURATE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "roads.curate"
    monkeypatch.delenv("CURATE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "curate" / "roads.curate"
