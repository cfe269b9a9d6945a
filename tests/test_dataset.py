"""A dataset over time: opening, history, snapshots, several processes, kill -9."""

import json
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import curate
from curate import errors
from tests.conftest import draw


def test_create_refuses_what_is_there_and_open_what_is_not(tmp_path):
    path = tmp_path / "roads.curate"
    curate.create(path)
    with pytest.raises(errors.DatasetExists):
        curate.create(path)
    with pytest.raises(errors.DatasetNotFound, match="did you mean"):
        curate.open(tmp_path / "road.curate")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    with pytest.raises(errors.DatasetExists, match="new folder"):
        curate.create(tmp_path / "full")
    assert (tmp_path / "full" / "thesis.tex").read_text() == "x"


def test_a_newer_format_is_refused_and_a_broken_one_named(ds):
    about = Path(ds.folder.location, "curate.json")
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 99}))
    with pytest.raises(errors.FormatTooNew, match="format 99"):
        curate.open(ds.folder.location)
    about.write_text("{")
    with pytest.raises(errors.DatasetNotFound, match="not JSON"):
        curate.open(ds.folder.location)


def test_an_empty_dataset_answers(tmp_path):
    ds = curate.create(tmp_path / "empty.curate")
    assert ds.count() == 0
    assert ds.where("width > 3").df().height == 0
    assert ds.sql("SELECT count(*) FROM this").item() == 0
    with pytest.raises(errors.VectorsNotFound, match="embed"):
        ds.search("x")


def test_another_process_is_noticed(ds):
    other = curate.open(ds.folder.location)
    other.limit(5).tag("theirs")
    assert ds.tagged("theirs").count() == 5
    assert ds.history()["action"][0] == "tag"


def test_two_processes_tagging_at_once_lose_nothing(ds):
    code = "import curate, sys; ds = curate.open(sys.argv[1])\nfor i in ds.ids()[: 20]: ds.select([i]).tag(sys.argv[2])"
    jobs = [subprocess.Popen([sys.executable, "-c", code, ds.folder.location, tag]) for tag in ("ada", "bob", "cy")]
    assert [job.wait() for job in jobs] == [0, 0, 0]
    assert [ds.tagged(tag).count() for tag in ("ada", "bob", "cy")] == [20, 20, 20]
    assert ds.tagged("ada", "bob", "cy").count() == 20


def test_many_small_appends_are_compacted_by_themselves(ds):
    for number in range(110):
        ds.write_event("export", {"path": str(number)})
    assert len(ds.folder.events._newest().get_fragments()) < 100
    assert ds.history().height >= 110


def test_snapshots_and_times_open_the_past_read_only(ds):
    ds.limit(3).tag("before")
    ds.snapshot("v1")
    time.sleep(0.05)
    moment = datetime.now(UTC)
    time.sleep(0.05)
    ds.untag("before")
    ds.limit(9).tag("after")
    for past in (ds.at("v1"), curate.open(ds.folder.location, at="v1"), ds.at(moment), ds.at(moment.isoformat())):
        assert past.tagged("before").count() == 3
        assert "after" not in past.session.tags
        with pytest.raises(errors.ReadOnly):
            past.tag("no")
    assert ds.snapshots()["name"].to_list() == ["v1"]
    with pytest.raises(errors.BadValue, match="already"):
        ds.snapshot("v1")
    with pytest.raises(errors.UnknownName, match="did you mean 'v1'"):
        ds.at("v11")
    with pytest.raises(errors.BadValue, match="did not exist"):
        ds.at("2001-01-01")


def test_snapshots_survive_optimize(ds):
    ds.limit(3).tag("before")
    ds.snapshot("v 1/ü")
    ds.untag("before")
    ds.optimize()
    assert ds.at("v 1/ü").tagged("before").count() == 3


def test_purge_erases_every_trace(ds, photos):
    ids = ds.ids()[:2]
    ds.limit(6).tag("kept")
    ds.limit(6).save("six")
    ds.snapshot("v1")
    uri = ds.df(["uri"])["uri"][0]
    assert ds.purge(ids) == 2
    assert ds.count() == 22
    assert ds.tagged("kept").count() == 4
    assert ds.slice("six").members.count() == 4
    assert curate.open(ds.folder.location).count() == 22
    for table in ("samples", "thumbnails", "events", "labels", "fields/metadata"):
        stored = ds.folder.table(table)
        assert len(stored._newest().versions()) <= 2
        for column in ("sample_id",):
            if column in stored.stored_schema().names:
                assert not np.isin(stored.read([column]).column(column).to_numpy(), ids).any()
    left = subprocess.run(["grep", "-rlF", uri, ds.folder.location], capture_output=True, text=True, check=False)
    assert left.stdout == "", "the name of an erased sample is still on the disk"
    with pytest.raises(errors.UnknownName):
        ds.purge([12345])


def test_slices_keep_query_members_and_who(ds):
    saved = ds.where("weather = 'hail'").save("hail", note="first look")
    assert (saved.count, saved.note, saved.members.count(), saved.view.count()) == (6, "first look", 6, 6)
    assert saved.query.versions["samples"] >= 1
    assert ds.slices()["name"].to_list() == ["hail"]
    ds.where("weather = 'snow'").limit(2).save("hail")
    assert ds.slice("hail").count == 2
    ds.undo()
    assert ds.slice("hail").count == 6
    ds.undo()
    with pytest.raises(errors.UnknownName, match="slice"):
        ds.slice("hail")


def test_a_split_keeps_groups_whole_and_becomes_a_column(ds):
    split = ds.split({"train": 0.5, "test": 0.5}, group_by="drive", seed=3)
    assert split.certificate.passed
    assert split["train"].count() + split["test"].count() == 24
    per_drive = ds.sql("SELECT drive, count(DISTINCT v1) AS n FROM this GROUP BY 1")
    assert per_drive["n"].max() == 1
    assert ds.splits() == ["v1"]
    again = ds.split({"train": 0.5, "test": 0.5}, group_by="drive", seed=3, name="again")
    assert again["train"].ids().tolist() == split["train"].ids().tolist()
    plain = ds.split({"a": 20, "b": 4}, name="plain")
    assert (plain["a"].count(), plain["b"].count(), plain.certificate.passed) == (20, 4, True)
    ds.undo()
    with pytest.raises(errors.UnknownName, match="part"):
        split["val"]
    with pytest.raises(errors.BadValue, match="column 'weather' already"):
        ds.split({"a": 1.0}, name="weather")
    ds.undo()
    assert ds.splits() == ["v1"]


def test_labels_are_rows_and_adding_them_again_adds_nothing(ds):
    table = pl.DataFrame({"uri": ds.df(["uri"])["uri"].head(3), "value": ["car", "bus", None]})
    assert ds.add_labels(table, field="object", source="ada") == 2
    assert ds.add_labels(table, field="object", source="ada") == 0
    assert ds.add_labels(table, field="object", source="bob") == 2
    assert ds.labels("object").height == 4
    ds.undo()
    assert ds.labels("object")["source"].unique().to_list() == ["ada"]
    assert ds.add_labels(table, field="object", source="bob") == 2, "what was undone can be added again"
    assert ds.labels("object").height == 4
    ds.undo()
    with pytest.raises(errors.UnknownName, match="did you mean 'object'"):
        ds.labels("objekt")
    with pytest.raises(errors.BadValue, match="needs a column"):
        ds.add_labels(pl.DataFrame({"uri": ["pictures/a/00.jpg"]}), field="x", source="y")


def test_moving_the_media_is_one_change_of_a_root(tmp_path):
    draw(tmp_path / "here" / "1.jpg", 1)
    ds = curate.create(tmp_path / "d.curate")
    ds.ingest(tmp_path / "here", workers=1)
    ids = ds.ids().tolist()
    shutil.move(tmp_path / "here", tmp_path / "there")
    with pytest.raises(FileNotFoundError):
        ds.read_media(0)
    ds.roots({"here": str(tmp_path / "there")})
    assert ds.read_media(0)[:2] == b"\xff\xd8"
    assert ds.ingest(tmp_path / "there", workers=1).added == 0
    assert ds.ids().tolist() == ids


def test_a_dataset_moves_with_the_media_inside_it(tmp_path):
    ds = curate.create(tmp_path / "d.curate")
    draw(tmp_path / "d.curate" / "media" / "1.jpg", 1)
    ds.ingest(tmp_path / "d.curate" / "media", workers=1)
    shutil.move(tmp_path / "d.curate", tmp_path / "moved.curate")
    assert curate.open(tmp_path / "moved.curate").image(0).size == (64, 48)


KILLED = """
import os, signal, sys, threading, time
import curate, curate.sources.ingest as ingest
from curate.store.tables import Table

ingest.BATCH_SAMPLES = 16  # many moments between commits
appends, delay = int(sys.argv[3]), float(sys.argv[4])
left, armed, append = appends, threading.Event(), Table.append

def counted(*args, **kwargs):
    global left
    if left == 0:
        armed.set()
    left -= 1
    return append(*args, **kwargs)

def shoot():
    armed.wait()
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)

Table.append = counted
threading.Thread(target=shoot, daemon=True).start()
curate.open(sys.argv[1]).ingest(sys.argv[2], workers=2)
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_no_row_and_doubles_none(tmp_path):
    for number in range(1500):
        draw(tmp_path / "pictures" / f"{number:04}.jpg", number)
    path = tmp_path / "d.curate"
    curate.create(path)
    rng = np.random.default_rng(5)
    # eight processes shoot themselves a moment after one of their first twelve writes, however fast the machine is
    for kill in range(9):
        appends = int(rng.integers(12)) if kill < 8 else -1
        command = [sys.executable, "-c", KILLED, path, tmp_path / "pictures", str(appends), str(rng.uniform(0, 0.01))]
        code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
        assert code == (-signal.SIGKILL if kill < 8 else 0)
        ds = curate.open(path)
        ids = ds.ids()
        assert len(set(ids.tolist())) == len(ids)
        # a sample that is there is there whole
        assert all(jpeg is not None for jpeg in ds.thumbnails(np.arange(len(ids))))
    assert ds.count() == 1500
    stored = ds.folder.samples.read(["sample_id"]).column("sample_id").to_numpy()
    assert len(stored) == 1500, "no row was written twice"
