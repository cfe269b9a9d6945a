from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import curate
from curate import errors
from curate.dataset import Dataset
from curate.encoders.encoder import EncoderInfo
from curate.engines.progress import Stopped, told_to
from curate.projection import TABLE, map_info
from curate.search.vectors import INFO_KEY
from curate.store import schemas
from tests.conftest import draw

PLACES = ["sample_id", "projection_x", "projection_y"]


def table(ds):
    return ds.folder.table(TABLE, schemas.projection({}))


def planted(n, seed=0):
    """(n, 16) unit vectors in two crowds."""
    rng = np.random.default_rng(seed)
    vectors = np.eye(16)[np.arange(n) % 2] + 0.2 * rng.normal(size=(n, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def give(ds, name, at, vectors):
    """Give samples vectors of an encoder of which nothing but its name is known."""
    info = EncoderInfo(name=name, model=name, weights_hash="0", preprocessing="", dimension=16, has_text=False)
    schema = schemas.vectors(16, {INFO_KEY: info.to_json().encode()})
    session, column = ds.session, pa.array(np.ascontiguousarray(vectors, np.float16).reshape(-1))
    rows = [
        pa.array(session.sample_ids[at]),
        pa.array(session.content[at]),
        pa.FixedSizeListArray.from_arrays(column, 16),
    ]
    ds.folder.table(f"vectors/{name}", schema).append(pa.Table.from_arrays(rows, schema=schema))


@pytest.fixture
def embedded(ds: Dataset) -> Dataset:
    """23 samples with a vector, and one that cannot be read."""
    give(ds, "planted", np.arange(23), planted(23))
    return ds


@pytest.fixture(scope="module")
def made(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its map, made once; tests get copies."""
    path = shutil.copytree(prepared, tmp_path_factory.mktemp("mapped") / "photos.curate")
    ds = curate.open(path)
    give(ds, "planted", np.arange(23), planted(23))
    ds.project()
    return path


@pytest.fixture
def mapped(made: Path, tmp_path: Path) -> Dataset:
    """23 samples with a place, which the test may change."""
    return curate.open(shutil.copytree(made, tmp_path / "mapped.curate"))


def test_the_places_are_columns(embedded):
    result = embedded.project()
    assert (result.encoder, result.laid_out, result.placed, result.there, result.missing) == ("planted", 23, 0, 0, 0)
    assert str(result).startswith("map of planted: 23 samples laid out in ")
    assert embedded.where("projection_x IS NOT NULL").count() == 23
    assert embedded.where("status <> 'ok' AND projection_x IS NULL").count() == 1
    assert [embedded.session.dtypes[name] for name in PLACES[1:]] == ["FLOAT", "FLOAT"]
    assert "content" not in embedded.columns
    places = embedded.where("status = 'ok'").df(PLACES[1:]).to_numpy()
    crowds = places[0::2], places[1::2]
    apart = np.linalg.norm(crowds[0].mean(axis=0) - crowds[1].mean(axis=0))
    assert apart > max(crowd.std(axis=0).max() for crowd in crowds)


@pytest.mark.slow
def test_it_is_written_down_what_the_map_was_made_of(embedded):
    embedded.project(neighbours=5, min_dist=0.2, seed=7)
    info = map_info(table(embedded))
    assert (info.encoder, info.weights) == ("planted", "0")
    assert (info.neighbours, info.min_dist, info.seed) == (5, 0.2, 7)
    assert (info.method, info.count, info.fitted, info.graph, info.recall) == ("umap", 23, 23, "exact", 1.0)
    row = embedded.history().row(0, named=True)
    assert (row["action"], row["what"], row["count"]) == ("project", "planted", 23)


def test_again_nothing_is_done(mapped):
    version = table(mapped).version()
    events = mapped.history().height
    assert str(mapped.project()) == "map of planted: all 23 samples have a place"
    assert (table(mapped).version(), mapped.history().height) == (version, events)


def test_new_samples_are_placed_and_the_others_stay(mapped, tmp_path):
    before = mapped.df(PLACES)
    for number in range(5):
        draw(tmp_path / "more" / f"{number}.jpg", 100 + number)
    mapped.ingest(tmp_path / "more")
    give(mapped, "planted", np.arange(24, 29), planted(5, seed=1))
    result = mapped.project()
    assert (result.laid_out, result.placed, result.there) == (0, 5, 23)
    assert "5 samples placed by their neighbours" in str(result)
    after = mapped.df(PLACES)
    assert after.head(24).equals(before)
    assert after.tail(5)["projection_x"].null_count() == 0
    old = before.drop_nulls().to_numpy()[:, 1:]
    even = after.tail(5).to_numpy()[0::2, 1:]
    nearest = np.linalg.norm(even[:, None] - old[None], axis=2).argmin(axis=1)
    assert (nearest % 2 == 0).all(), "they lie in their crowd"


def test_without_vectors_it_says_so_and_places_later(mapped, tmp_path):
    draw(tmp_path / "more" / "1.jpg", 100)
    mapped.ingest(tmp_path / "more")
    result = mapped.project()
    assert result.missing == 1
    assert "without a place: 1; ds.embed()" in str(result)


@pytest.mark.slow
def test_a_sample_with_other_content_is_placed_anew(photos, tmp_path):
    shutil.copytree(photos, tmp_path / "photos")
    ds = curate.create(tmp_path / "moving.curate")
    ds.ingest(tmp_path / "photos" / "index.csv", workers=1)
    give(ds, "planted", np.arange(23), planted(23))
    ds.project()
    before = ds.df(PLACES)
    draw(tmp_path / "photos" / "pictures" / "a" / "03.jpg", 999)
    ds.ingest(tmp_path / "photos" / "index.csv", workers=1)
    give(ds, "planted", [3], planted(23)[4])
    assert ds.project().placed == 1
    after = ds.df(PLACES)
    assert after.row(3)[1:] == before.row(4)[1:] != before.row(3)[1:]
    assert after.head(3).equals(before.head(3))


@pytest.mark.slow
def test_a_whole_map_takes_the_place_of_the_old_one(mapped):
    mapped.snapshot("first")
    before = mapped.df(PLACES)
    result = mapped.project(again=True)
    assert (result.laid_out, result.why) == (23, "it was asked for")
    assert mapped.df(PLACES).equals(before), "the same seed gives the same map"
    result = mapped.project(seed=1)
    assert (result.laid_out, result.why) == (23, "the map was made with seed=0")
    assert "anew, because the map was made with seed=0" in str(result)
    assert not mapped.df(PLACES).equals(before)
    assert table(mapped).count() == 23, "old rows do not pile up"
    assert mapped.at("first").df(PLACES).equals(before), "and a snapshot still has its own"


@pytest.mark.slow
def test_another_encoder_gives_another_map(embedded):
    embedded.project()
    embedded.embed(planted(24, seed=5)[:, :8], name="other")
    result = embedded.project()
    assert (result.encoder, result.laid_out, result.why) == ("other", 23, "the map was of planted")
    assert embedded.project("planted").why == "the map was of other"


def test_what_was_too_small_for_a_graph_is_laid_out_again(embedded):
    give(embedded, "few", np.arange(9), planted(9))
    assert embedded.project("few").laid_out == 9
    assert map_info(table(embedded)).method == "pca"
    give(embedded, "few", np.arange(9, 23), planted(14))
    result = embedded.project("few")
    assert (result.laid_out, result.why) == (23, "it was made of too few samples")


def test_without_vectors_there_is_no_map(ds):
    with pytest.raises(errors.VectorsNotFound, match=r"ds\.embed"):
        ds.project()
    with pytest.raises(errors.UnknownName):
        ds.project("clip")
    with pytest.raises(errors.BadValue, match="neighbours"):
        ds.project(neighbours=1)
    assert not table(ds).exists()


def test_the_past_is_read_only(embedded):
    embedded.snapshot("then")
    with pytest.raises(errors.ReadOnly):
        embedded.at("then").project()


def test_who_listens_hears_how_far_it_is_and_can_stop_it(mapped):
    before = mapped.df(PLACES)
    heard = []

    def stop(progress):
        heard.append((progress.title, progress.total))
        if "layout" in progress.title and progress.done:
            raise Stopped

    with pytest.raises(Stopped), told_to(stop):
        mapped.project(again=True)
    assert ("map of planted: neighbours", 23) in heard
    assert heard[-1] == ("map of planted: layout", 500)
    assert mapped.df(PLACES).equals(before)
    assert mapped.history()["action"].to_list().count("project") == 1


def test_a_process_that_dies_leaves_the_map_that_there_was(mapped, tmp_path, monkeypatch):
    before = mapped.df(PLACES)
    (tmp_path / "umap").mkdir()
    (tmp_path / "umap" / "__init__.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    monkeypatch.syspath_prepend(tmp_path)  # its process finds modules where this one does
    with pytest.raises(errors.CurateError, match=r"ended \(signal 9\).* memory"):
        mapped.project(again=True)
    assert mapped.df(PLACES).equals(before)
    assert mapped.history()["action"].to_list().count("project") == 1


@pytest.mark.slow
def test_killed_in_the_middle_the_old_map_is_whole_and_the_next_run_makes_the_new_one(mapped):
    before = mapped.df(PLACES)
    code = (
        "import curate, os, signal\n"
        "from curate.engines.progress import told_to\n"
        "def kill(progress):\n"
        "    if 'layout' in progress.title and progress.done:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        f"ds = curate.open({str(mapped.folder.location)!r})\n"
        "with told_to(kill):\n"
        "    ds.project(seed=9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(curate.__file__).parents[1])
    assert ended.returncode == -signal.SIGKILL
    assert mapped.df(PLACES).equals(before)
    assert mapped.project(seed=9).laid_out == 23
    assert not mapped.df(PLACES).equals(before)


def test_a_purged_sample_has_no_place(mapped):
    gone = mapped.ids()[:3]
    mapped.purge(gone)
    assert table(mapped).count() == 20
    assert mapped.project().there == 20
