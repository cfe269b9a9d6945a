import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.sources.metadata import write_metadata
from curate.store import events
from curate.store.ids import content_key, sample_id
from curate.store.session import Session, _content


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY wide TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET threads = 1",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM secret",
    ],
)
def test_the_session_is_sealed(ds, sql):
    secret = np.arange(3)  # noqa: F841 - a Python object that a query must not see
    with pytest.raises(duckdb.Error):
        ds.session.cursor().execute(sql).fetchall()


def test_rows_stand_at_their_positions(ds):
    session = ds.session
    rows = session.read("SELECT position, sample_id FROM samples ORDER BY position")
    assert rows["position"].to_list() == list(range(24))
    assert rows["sample_id"].to_numpy().tolist() == session.sample_ids.tolist()


def test_nan_is_null(ds):
    """A NaN used to be the largest number of a filter, and no missing one."""
    loss = pl.Series([float("nan"), float("inf"), None, 1.5] * 6, dtype=pl.Float32)
    write_metadata(ds.folder, ds.ids(), pl.DataFrame({"loss": loss}))
    ds.session.refresh()
    assert (ds.where("loss IS NULL").count(), ds.where("loss > 1").count()) == (12, 12)


def test_positions_of_ids_known_and_unknown(ds):
    ids = ds.session.sample_ids
    assert ds.session.positions_of([ids[5], 1, ids[0]]).tolist() == [5, -1, 0]
    assert ds.session.positions_of([]).tolist() == []


def test_positions_survive_an_append_and_change_with_a_purge(ds, tmp_path):
    from tests.conftest import draw

    before = ds.session.sample_ids.tolist()
    generation = ds.session.generation
    draw(tmp_path / "more" / "x.jpg", 5)
    ds.ingest(tmp_path / "more", workers=1)
    assert ds.session.sample_ids.tolist()[:24] == before
    assert ds.session.generation == generation
    ds.purge(before[:1])
    assert ds.session.generation > generation


def test_refresh_reads_only_when_something_was_written(ds):
    version = ds.session.version
    assert not ds.session.refresh()
    ds.limit(1).tag("x")
    assert ds.session.version > version


def test_sessions_of_one_folder_agree_whatever_order_they_read_in(ds):
    fresh = []
    for number in range(4):
        ds.limit(number + 1).tag("a", "b")
        if number % 2:
            ds.undo()
        fresh.append({tag: ids.tolist() for tag, ids in Session(ds.folder).tags.items()})
        assert fresh[-1] == {tag: ids.tolist() for tag, ids in ds.session.tags.items()}


@given(st.lists(st.sampled_from(["tag", "undo"]), max_size=12), st.data())
def test_undo_of_undo_is_redo(actions, data):
    ids = [str(n) for n in range(len(actions))]
    earlier = [data.draw(st.sampled_from(ids[:n])) if n else "none" for n in range(len(ids))]
    payloads = [
        {"event": event if action == "undo" else "none"} for action, event in zip(actions, earlier, strict=True)
    ]
    gone = events.undone(ids, actions, payloads)
    for event in ids:
        undoing = [i for i, a, p in zip(ids, actions, payloads, strict=True) if a == "undo" and p["event"] == event]
        assert (event in gone) == any(u not in gone for u in undoing)


@given(st.text("0123456789abcdef", min_size=64, max_size=64))
def test_content_keys_agree_one_by_one_and_all_at_once(digest):
    import pyarrow as pa

    assert _content(pa.chunked_array([[digest, None]])).tolist() == [content_key(digest), 0]


@given(st.text(min_size=1), st.text(min_size=1), st.none() | st.integers(0, 10**6))
def test_sample_ids_are_positive_int64_and_depend_on_every_part(root, uri, frame):
    number = sample_id(root, uri, frame)
    assert 0 < number < 2**63
    assert number != sample_id(root + "x", uri, frame)
    assert number != sample_id(root, uri, 10**7)


def test_a_run_that_found_nothing_has_its_columns(ds):
    """A query that names them then finds nothing, instead of being refused."""
    schema = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field("twin_of", pa.int64())])
    ds.folder.table("fields/twins", schema).overwrite(schema.empty_table())
    assert ds.where("twin_of IS NULL").count() == 24
    assert ds.where("twin_of > 0").count() == 0
