import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.store.tables import Table, latest_rows

SCHEMA = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field("x", pa.string())])


def rows(pairs):
    return pa.table({"sample_id": [k for k, _ in pairs], "x": [v for _, v in pairs]}, schema=SCHEMA)


@pytest.fixture
def table(tmp_path):
    return Table(str(tmp_path / "t.lance"), SCHEMA, "sample_id")


@given(st.lists(st.integers(0, 9), max_size=40))
def test_the_latest_row_of_each_key_in_the_order_in_which_keys_came(keys):
    got = latest_rows(pa.array(keys, pa.int64()))
    want = {key: row for row, key in enumerate(keys)}  # a dict keeps the first place and the last value
    assert (list(range(len(keys))) if got is None else got.tolist()) == list(want.values())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.text(max_size=3)), max_size=4), max_size=5))
def test_appends_read_back_as_a_dict_would(tmp_path_factory, batches):
    table = Table(str(tmp_path_factory.mktemp("t") / "t.lance"), SCHEMA, "sample_id")
    want = {}
    for batch in batches:
        table.append(rows(batch))
        want.update(batch)
    assert dict(zip(*table.latest().to_pydict().values(), strict=True)) == want
    table.compact()
    assert dict(zip(*table.latest().to_pydict().values(), strict=True)) == want


def test_a_table_that_is_not_there_is_empty(table):
    assert (table.version(), table.count(), table.exists()) == (0, 0, False)
    assert table.latest().num_rows == table.read(["x"]).num_rows == 0
    assert list(table.batches(["x"])) == []


def test_columns_can_be_added_and_older_rows_have_null_in_them(table):
    table.append(rows([(1, "a")]))
    table.add_columns([pa.field("y", pa.float64()), pa.field("x", pa.string())])
    table.append(pa.table({"sample_id": [2], "x": ["b"], "y": [0.5]}))
    assert table.latest().to_pydict() == {"sample_id": [1, 2], "x": ["a", "b"], "y": [None, 0.5]}


def test_rows_since_a_number_are_the_new_ones(table):
    table.append(rows([(1, "a"), (2, "b")]))
    table.append(rows([(3, "c")]))
    assert table.read(since=2).to_pydict() == {"sample_id": [3], "x": ["c"]}
    assert table.take(np.array([2, 0]), ["x"]).to_pydict() == {"x": ["c", "a"]}


def test_a_pinned_table_stays_where_it_is(table):
    table.append(rows([(1, "a")]))
    past = Table(table.location, SCHEMA, "sample_id", pinned=table.version())
    table.append(rows([(2, "b")]))
    assert (past.count(), table.count()) == (1, 2)
    assert Table(table.location, SCHEMA, "sample_id", pinned=0).count() == 0


def test_threads_read_while_others_write_and_compact(table):
    """One of two threads met "Already mutably borrowed" when both saw a new version, or one of them compacted."""
    table.append(rows([(0, "a")]))
    stop, failures = threading.Event(), []

    def read():
        try:
            while not stop.is_set():
                assert table.version() >= 1
                assert table.take(np.array([0]), ["x"]).to_pydict() == {"x": ["a"]}
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 60):
        Table(table.location, SCHEMA, "sample_id").append(rows([(number, "b")]))
        if number % 10 == 0:
            table.compact()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert table.count() == 60


def test_two_writers_creating_the_same_table_both_keep_their_rows(table):
    other = Table(table.location, SCHEMA, "sample_id")
    assert not other.exists()
    table.append(rows([(1, "a")]))
    other.append(rows([(2, "b")]))
    assert table.count() == 2


def test_overwritten_rows_are_gone_and_older_versions_still_have_them(table):
    table.overwrite(rows([(1, "a"), (2, "b")]))
    first = table.version()
    table.overwrite(rows([(3, "c")]))
    assert table.read().column("x").to_pylist() == ["c"]
    assert Table(table.location, SCHEMA, "sample_id", pinned=first).read().column("x").to_pylist() == ["a", "b"]
    other = Table(table.location, SCHEMA, "sample_id")
    other.append(rows([(4, "d")]))
    assert table.read().column("x").to_pylist() == ["c", "d"]


def test_of_overwrites_at_once_each_is_written_and_the_last_one_stays(table):
    """Lance refuses a commit that meets another one, and two notebooks that looked for issues at once both failed now and then."""
    table.overwrite(rows([(0, "")]))
    first = table.version()

    def write(name):
        for number in range(10):
            Table(table.location, SCHEMA, "sample_id").overwrite(rows([(number, name)]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert table.version() == first + 40
    assert table.read().to_pylist()[0]["sample_id"] == 9


def test_the_latest_row_wins_also_when_a_compaction_meets_appends(table):
    """A row that was appended while the table was compacted stood before the older one of its key, which then won."""
    for number in range(30):
        table.append(rows([(1, str(number))]))
    done = threading.Event()

    def compact():
        while not done.is_set():
            Table(table.location, SCHEMA, "sample_id").compact()

    thread = threading.Thread(target=compact)
    thread.start()
    try:
        for number in range(30, 90):
            table.append(rows([(1, str(number))]))
            assert table.latest().to_pydict()["x"] == [str(number)]
    finally:
        done.set()
        thread.join()
    assert table.read(["x"]).column("x").to_pylist() == [str(number) for number in range(90)]
    assert len(table._newest().get_fragments()) < 90
