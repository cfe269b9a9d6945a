"""The log of a folder that several processes write to, and that is compacted meanwhile."""

import subprocess
import sys

import numpy as np
import pytest

import curate
from curate.store.events import event_row
from curate.store.log import EventLog
from curate.store.session import Session

WRITING = """
import sys
from curate.store.events import event_row
from curate.store.folder import Folder
folder = Folder(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    folder.events.append(event_row("tag", {"tags": [sys.argv[2]]}, sample_ids=[number + 1]))
"""


def ids(log):
    return [row["event_id"] for row in log.rows]


def append(table, number, *, after=None):
    row = event_row("tag", {"tags": ["a"]}, sample_ids=[number], after=after)
    table.append(row)
    return row["event_id"][0].as_py()


def moved_behind(table, number):
    """Append an event between the reading and the writing of a compaction, as another process does."""
    from lance.optimize import Compaction

    dataset = table._own()
    plan = Compaction.plan(dataset, {})
    done = [task.execute(dataset) for task in plan.tasks]
    event = append(table, number)
    Compaction.commit(dataset, done)
    return event


def test_events_keep_their_order_and_members_when_a_compaction_meets_an_append(ds):
    """The older rows stand behind the newer one then: a session that went on by row numbers read six events of 2,000 twice."""
    table = ds.folder.events
    log = EventLog(table)
    log.refresh()
    for number in range(4):
        append(table, number)
    log.refresh()
    before = ids(log)
    stored = table.read(["event_id"]).column(0).to_pylist()
    late = moved_behind(table, 99)
    assert table.read(["event_id"]).column(0).to_pylist()[: len(stored)] != stored, "the rows have moved"
    assert [row["event_id"] for row in log.refresh()] == [late]
    assert ids(log) == [*before, late]
    members = [found.tolist() for found, _ in log.members(log.rows[-5:])]
    assert members == [[0], [1], [2], [3], [99]]


def test_members_are_read_by_the_number_that_an_event_had_from_the_start(ds):
    slice = ds.limit(3).save("three")
    ds.limit(2).tag("x")
    moved_behind(ds.folder.events, int(ds.ids()[0]))
    ds.session.refresh()
    assert slice.members.count() == 3


def test_an_event_that_is_seen_late_is_folded_where_it_belongs(ds):
    """Two clocks: the other process wrote its tag before this one untagged, and appended it after."""
    first = ds.ids()[:1]
    late = event_row("tag", {"tags": ["a"]}, sample_ids=first)
    ds.limit(1).tag("a")
    ds.limit(1).untag("a")
    ds.folder.events.append(late)
    ds.session.refresh()
    assert "a" not in ds.session.tags
    assert {k: v.tolist() for k, v in Session(ds.folder).tags.items()} == {}
    order = [row["event_id"] for row in ds.session.log]
    assert order == sorted(order)


def test_what_was_seen_comes_before_whatever_the_clock_says(ds, monkeypatch):
    ds.limit(1).tag("a")
    monkeypatch.setattr("curate.store.events.time.time_ns", lambda: 1_000)
    ds.limit(1).untag("a")
    assert [row["action"] for row in ds.session.log[-2:]] == ["tag", "untag"]
    assert "a" not in curate.open(ds.folder.location).session.tags


def test_members_survive_a_purge_that_erases_the_version_they_were_read_in(ds):
    other = curate.open(ds.folder.location)
    saved = other.limit(5).save("five")
    purged = ds.ids()[:2]
    ds.purge(purged)
    found, _ = other.session.event_members(saved._row)
    assert len(found) == 3
    assert not np.isin(found, purged).any()
    other.session.refresh()
    assert other.count() == 22
    assert [row["event_id"] for row in other.session.log] == [row["event_id"] for row in ds.session.log]


@pytest.mark.parametrize("each", [150])
def test_a_session_that_watches_two_writers_ends_with_every_event_once(ds, each):
    """Both compact past a hundred fragments while the other appends."""
    command = [sys.executable, "-c", WRITING, ds.folder.location]
    jobs = [
        subprocess.Popen(
            [*command, who, str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for who in ("ada", "bob")
    ]
    for job in jobs:
        job.stdout.readline()
    for job in jobs:
        job.stdin.write("\n")
        job.stdin.flush()
    while any(job.poll() is None for job in jobs):
        ds.session.refresh()
    for job in jobs:
        job.communicate()
    assert [job.returncode for job in jobs] == [0, 0]
    ds.session.refresh()
    fresh = Session(ds.folder)
    assert [row["event_id"] for row in ds.session.log] == [row["event_id"] for row in fresh.log]
    assert len({row["event_id"] for row in ds.session.log}) == len(ds.session.log)
    for session in (ds.session, fresh):
        assert {tag: len(held) for tag, held in session.tags.items()} == {"ada": each, "bob": each}
