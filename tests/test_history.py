"""The history as a table, the past read-only, and processes that write at once."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import curate
from curate import errors
from curate.store import schemas
from tests.conftest import draw


@pytest.fixture
def written(ds, monkeypatch):
    """What Ada did in one notebook, and Bob in another."""
    monkeypatch.setenv("CURATE_ACTOR", "ada")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/hail.ipynb")
    ds.limit(3).tag("wet")
    ds.where("weather = 'hail'").save("hail")
    monkeypatch.setenv("CURATE_ACTOR", "bob")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/bob/splits.ipynb")
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    ds.limit(1).untag("wet")
    return ds


def did(frame):
    return frame.select("action", "what").rows()


def test_history_tells_who_when_what_how_many_and_in_which_notebook(written):
    rows = written.history().head(4).select("actor", "action", "what", "count", "notebook", "undone").rows()
    assert rows == [
        ("bob", "untag", "wet", 1, "splits.ipynb", False),
        ("bob", "split", "halves", 24, "splits.ipynb", False),
        ("ada", "slice", "hail", 6, "hail.ipynb", False),
        ("ada", "tag", "wet", 3, "hail.ipynb", False),
    ]
    times = written.history()["time"]
    assert times.is_sorted(descending=True)
    assert abs(times[0] - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)


def test_history_is_filtered(written):
    assert did(written.history(actor="ada")) == [("slice", "hail"), ("tag", "wet")]
    assert did(written.history(notebook="splits.ipynb")) == [("untag", "wet"), ("split", "halves")]
    assert did(written.history(action="split")) == [("split", "halves")]
    assert did(written.history(actor="ada", action="tag")) == [("tag", "wet")]
    assert did(written.history(actor="ada", action="split")) == []


def test_history_between_times_and_snapshots(written):
    split = written.history(action="split").row(0, named=True)["time"]
    assert did(written.history(since=split)) == [("untag", "wet"), ("split", "halves")]
    assert did(written.history(until=split))[:2] == [("split", "halves"), ("slice", "hail")]
    assert did(written.history(since=split, until=str(split))) == [("split", "halves")]
    eastern = split.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-5)))
    assert did(written.history(since=eastern, until=eastern.isoformat())) == [("split", "halves")]
    written.snapshot("v1")
    written.limit(1).tag("after")
    assert did(written.history(since="v1", action="tag")) == [("tag", "after")]
    assert written.history(since="2001-01-01").height == written.history().height
    assert written.history(since="2999-01-01").height == 0


def test_history_of_a_sample(written, tmp_path):
    first, second, hail = written.ids()[[0, 1, 2]].tolist()
    of_split = [("split", "halves")]
    assert did(written.history(sample=second))[:2] == [*of_split, ("tag", "wet")]
    assert did(written.history(sample=first))[:3] == [("untag", "wet"), *of_split, ("tag", "wet")]
    assert did(written.history(sample=hail))[:3] == [*of_split, ("slice", "hail"), ("tag", "wet")]
    assert [row[0] for row in did(written.history(sample=hail))[3:]] == ["ingest"]
    table = pl.DataFrame({"sample_id": [hail], "value": ["car"]})
    written.add_labels(table, field="object", source="ada")
    assert did(written.history(sample=hail))[0] == ("label", "object, by ada")
    written.undo()
    assert did(written.history(sample=hail))[:2] == [("undo", "label object, by ada"), ("label", "object, by ada")]
    assert did(written.history(sample=first))[0] == ("untag", "wet")
    draw(tmp_path / "more" / "new.jpg", 77)
    written.ingest(tmp_path / "more", workers=1)
    (new,) = set(written.ids().tolist()) - {first, second, hail} - set(written.ids()[:24].tolist())
    assert did(written.history(sample=new)) == [("ingest", str(tmp_path / "more"))]


@pytest.mark.parametrize(
    ("filters", "kind", "words"),
    [
        ({"actor": "adda"}, errors.UnknownName, "did you mean 'ada'"),
        ({"action": "tags"}, errors.UnknownName, "did you mean 'tag'"),
        ({"notebook": "hial.ipynb"}, errors.UnknownName, r"did you mean 'hail\.ipynb'"),
        ({"since": "yesterday"}, errors.UnknownName, "2026-11-02 10:00"),
        ({"since": 7}, errors.BadValue, "name or a time"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, errors.BadValue, "must not be after"),
        ({"sample": 12345}, errors.UnknownName, "no sample '12345'"),
        ({"sample": "first"}, errors.BadValue, "sample id"),
        ({"sample": True}, errors.BadValue, "sample id"),
    ],
)
def test_a_bad_filter_is_refused_with_a_hint(written, filters, kind, words):
    with pytest.raises(kind, match=words) as caught:
        written.history(**filters)
    assert "Hint:" in str(caught.value)


# -- the past -------------------------------------------------------------------------------------------------------------


def between():
    """A moment that lies between what was written before and what will be."""
    time.sleep(0.05)
    now = datetime.now(UTC)
    time.sleep(0.05)
    return now


WRITING = {
    "ingest": lambda ds, path: ds.ingest(path),
    "embed": lambda ds, path: ds.embed(np.eye(24, dtype=np.float32), name="eye"),
    "project": lambda ds, path: ds.project(),
    "roots": lambda ds, path: ds.roots({"fleet": str(path)}),
    "add_labels": lambda ds, path: ds.add_labels(
        pl.DataFrame({"sample_id": ds.ids()[:1], "value": ["car"]}), field="object", source="ada"
    ),
    "undo": lambda ds, path: ds.undo(),
    "undo an event": lambda ds, path: ds.undo(ds.history(action="tag")["event_id"][0]),
    "snapshot": lambda ds, path: ds.snapshot("v2"),
    "optimize": lambda ds, path: ds.optimize(),
    "purge": lambda ds, path: ds.purge(ds.ids()[:1]),
    "tag": lambda ds, path: ds.limit(3).tag("new"),
    "tag what is tagged": lambda ds, path: ds.tagged("before").tag("before"),
    "untag": lambda ds, path: ds.untag("before"),
    "untag what is not tagged": lambda ds, path: ds.untagged("before").untag("before"),
    "save": lambda ds, path: ds.limit(3).save("three"),
    "import_slice": lambda ds, path: ds.import_slice(ds.export_slice("first", path / "first.json")),
    "classify": lambda ds, path: ds.classify("weather", ["rain", "snow"]),
    "split": lambda ds, path: ds.split({"x": 0.5, "y": 0.5}),
    "write_event": lambda ds, path: ds.write_event("note", {}),
}


@pytest.mark.parametrize("verb", WRITING)
def test_every_verb_that_writes_refuses_in_the_past(ds, verb, tmp_path):
    draw(tmp_path / "more" / "1.jpg", 1)
    ds.limit(3).tag("before")
    ds.limit(3).save("first")
    ds.snapshot("v1")
    ds.limit(1).tag("after")
    past = ds.at("v1")
    versions, events = ds.folder.versions(), ds.history().height
    with pytest.raises(errors.ReadOnly, match="past cannot be changed") as caught:
        WRITING[verb](past, tmp_path / "more")
    assert "Hint: curate.open(" in str(caught.value)
    assert (ds.folder.versions(), ds.history().height) == (versions, events)


def test_the_past_answers_as_it_did(ds):
    ds.limit(3).tag("before")
    ds.where("weather = 'hail'").save("hail")
    moment = between()
    ds.untag("before")
    ds.undo(ds.history(action="slice")["event_id"][0])
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    for past in (ds.at(moment), ds.at(f"{moment:%Y-%m-%d %H:%M:%S.%f}"), ds.at(moment.astimezone(timezone.max))):
        assert past.tagged("before").count() == 3
        assert past.slice("hail").members.count() == 6
        assert past.splits() == []
        assert "halves" not in past.columns
        assert past.history()["action"][0] == "slice"
        assert not past.history()["undone"].any()
        assert len([jpeg for jpeg in past.thumbnails(np.arange(3)) if jpeg]) == 3
        assert "read-only" in repr(past)


def test_a_time_that_has_not_come_is_refused(ds):
    """A local time without a zone used to open the dataset as it is now, for those who live east of Greenwich."""
    ahead = datetime.now(UTC) + timedelta(hours=2)
    with pytest.raises(errors.BadValue, match=r"has not come yet.*UTC"):
        ds.at(ahead.replace(tzinfo=None))
    with pytest.raises(errors.BadValue, match="name or a time"):
        ds.at(2026)
    with pytest.raises(errors.UnknownName, match="2026-11-02 10:00"):
        ds.at("the day before")


def test_what_a_purge_has_erased_is_said_to_be(ds):
    ds.limit(3).tag("before")
    moment = between()
    ds.purge(ds.ids()[:1])
    with pytest.raises(errors.BadValue, match="A purge has erased"):
        ds.at(moment)
    assert ds.at(between()).count() == 23


def test_snapshots_and_times_survive_optimize_and_what_follows(ds, tmp_path):
    ds.limit(3).tag("before")
    ds.snapshot("v1")
    moment = between()
    for number in range(120):  # past what is compacted by itself
        ds.write_event("export", {"path": str(number)})
    ds.untag("before")
    draw(tmp_path / "more" / "1.jpg", 1)
    ds.ingest(tmp_path / "more", workers=1)
    ds.optimize()
    ds.optimize()
    assert len(ds.folder.events._newest().get_fragments()) == 1
    for past in (ds.at("v1"), ds.at(moment), curate.open(ds.folder.location, at="v1")):
        assert past.tagged("before").count() == 3
        assert past.count() == 24
        assert past.where("weather = 'rain'").count() == 6
    assert ds.history().height > 120
    assert ds.tagged("before").count() == 0
    assert ds.undo(ds.history(action="untag")["event_id"][0]) == "untag before"
    assert ds.tagged("before").count() == 3


# -- several processes ----------------------------------------------------------------------------------------------------

AT_ONCE = """
import curate, sys
ds = curate.open(sys.argv[1])
ids = ds.ids()
print("ready", flush=True)
sys.stdin.readline()
if sys.argv[3] == "together":
    ds.select(ids).tag(sys.argv[2])
else:
    for sample in ids:
        ds.select([sample]).tag(sys.argv[2])
"""


@pytest.fixture
def thousand(tmp_path):
    """A dataset of 1,000 samples without pictures."""
    ds = curate.create(tmp_path / "thousand.curate")
    rows = [{"sample_id": n + 1, "root": "r", "uri": f"{n}.jpg", "status": "ok"} for n in range(1000)]
    ds.folder.samples.append(pa.Table.from_pylist(rows, schema=schemas.SAMPLES))
    return ds


def run_at_once(ds, how, *, watch):
    """Two processes that start at the same moment; the dataset is looked at meanwhile, as a notebook does."""
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, ds.folder.location, tag, how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for tag in ("ada", "bob")
    ]
    assert [job.stdout.readline() for job in jobs] == ["ready\n", "ready\n"]
    for job in jobs:
        job.stdin.write("\n")
        job.stdin.flush()
    while any(job.poll() is None for job in jobs):
        ds.session.refresh()
        time.sleep(watch)
    for job in jobs:
        job.communicate()
    assert [job.returncode for job in jobs] == [0, 0]


def tags_of(ds):
    return ds.sql("SELECT sum(len(tags))::BIGINT AS n FROM this").item()


def test_two_processes_that_tag_a_thousand_samples_at_once_end_with_two_thousand_tags(thousand):
    run_at_once(thousand, "together", watch=0.01)
    assert tags_of(thousand) == tags_of(curate.open(thousand.folder.location)) == 2000
    assert sorted(thousand.history(action="tag")["count"].to_list()) == [1000, 1000]


@pytest.mark.slow
def test_two_processes_that_tag_a_thousand_samples_one_by_one_end_with_two_thousand_tags(thousand):
    """Two thousand commits, and compactions of both past every hundred: a session that watched had 1,989."""
    run_at_once(thousand, "one by one", watch=0.2)
    for ds in (thousand, curate.open(thousand.folder.location)):
        assert tags_of(ds) == 2000
        assert ds.tagged("ada", "bob").count() == 1000
        assert ds.history(action="tag").height == 2000
        assert ds.history()["event_id"].is_unique().all()
