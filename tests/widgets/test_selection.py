from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.errors import BadValue, UnknownName
from curate.widgets.selection import Selection, encode, ranges

OPERATIONS = st.tuples(
    st.sampled_from(["set", "add", "remove", "toggle"]), st.lists(st.integers(0, 23), max_size=8, unique=True)
)


@pytest.fixture(scope="module")
def still(prepared):
    """A dataset that no test here changes."""
    with tempfile.TemporaryDirectory() as folder:
        yield curate.open(shutil.copytree(prepared, Path(folder) / "photos.curate"))


@settings(deadline=None)
@given(steps=st.lists(OPERATIONS, max_size=12))
def test_it_is_a_set_of_samples(still, steps):
    selection, expected = Selection(still.session), set()
    for revision, (operation, positions) in enumerate(steps, start=1):
        picked = selection.pick(operation, np.array(positions, np.int64))
        given = set(positions)
        expected = {"set": given, "add": expected | given, "remove": expected - given, "toggle": expected ^ given}[
            operation
        ]
        assert np.flatnonzero(picked.mask).tolist() == sorted(expected)
        assert (picked.count, picked.revision) == (len(expected), revision)
        assert selection.now() is picked


@given(mask=st.lists(st.booleans(), max_size=200))
def test_both_encodings_say_the_same(mask):
    rows = np.array(mask, bool)
    assert {r for a, b in ranges(rows).tolist() for r in range(a, b)} == set(np.flatnonzero(rows).tolist())
    encoding, data = encode(rows)
    if encoding == "ranges":
        assert data == ranges(rows).tobytes()
    else:
        assert np.array_equal(np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[: rows.size], rows)


def test_the_smaller_encoding_is_sent():
    mask = np.zeros(1_000_000, bool)
    mask[10:999_000] = True
    encoding, data = encode(mask)
    assert (encoding, np.frombuffer(data, np.int32).tolist()) == ("ranges", [10, 999_000])
    encoding, data = encode(np.arange(1_000_000) % 2 == 0)
    assert (encoding, len(data)) == ("bitmap", 125_000)


def test_nobody_writes_to_a_mask(ds):
    picked = Selection(ds.session).pick("set", np.array([1]))
    with pytest.raises(ValueError, match="read-only"):
        picked.mask[2] = True


def test_it_stays_with_its_samples_when_others_come_and_go(photos, tmp_path):
    ds = curate.create(tmp_path / "some.curate")
    ds.ingest(photos / "pictures" / "a", workers=1)
    selection, ids = Selection(ds.session), ds.ids()
    selection.pick("set", np.array([0, 3, 11]))
    ds.ingest(photos / "pictures" / "b", workers=1)
    assert selection.now().mask.size == ds.count()
    assert ds.session.sample_ids[selection.now().mask].tolist() == ids[[0, 3, 11]].tolist()
    revision = selection.now().revision
    ds.purge([int(ids[1]), int(ids[3])])
    assert ds.session.sample_ids[selection.now().mask].tolist() == ids[[0, 11]].tolist()
    assert (selection.now().count, selection.now().revision) == (2, revision + 1)


def test_python_and_the_browser_share_it(rich, open_widget):
    widget, wire = open_widget(rich)
    counts = []
    widget.observe(lambda change: counts.append(change.new), "selected_count")
    reply = wire.select((3, 6))
    assert (reply["count"], reply["here"]) == (3, 3)
    event, _ = wire.wait(lambda message: message["type"] == "selection_changed")
    assert (event["origin"], event["revision"], event["count"]) == ("browser", reply["revision"], 3)
    assert widget.selection.ids().tolist() == rich.ids()[3:6].tolist()
    widget.selection = rich.select(rich.ids()[[9]])
    event, _ = wire.wait(lambda message: message["type"] == "selection_changed")
    assert (event["origin"], event["count"], event["here"]) == ("", 1, 1)
    reply, data = wire.ask("get_selection")
    assert (reply["encoding"], np.frombuffer(data, np.int32).tolist()) == ("ranges", [9, 10])
    assert wire.ask("get_ids")[0]["ids"] == [str(rich.ids()[9])]
    assert counts == [3, 1]


def test_it_holds_samples_outside_of_the_view_behind_those_in_it(rich, open_widget):
    widget, wire = open_widget(rich.where("weather = 'rain'").sort_by("speed", descending=True))
    ids, rain = rich.ids(), rich.where("weather = 'rain'").ids()
    widget.selection = [ids[1], rain[0], ids[2], rain[1]]
    state = wire.state()
    assert (state["selected"], state["selected_here"]) == (4, 2)
    assert widget.selection.ids().tolist() == [rain[1], rain[0], ids[1], ids[2]]
    reply, _ = wire.ask("get_selection")
    assert (reply["count"], reply["here"]) == (4, 2)
    assert wire.select()["count"] == 6, "all of the view, and what was outside is put away"


def test_samples_are_picked_by_id(rich, open_widget):
    widget, wire = open_widget(rich.where("weather = 'rain'"))
    ids = [str(id) for id in rich.ids()[:3]]
    assert wire.ask("select_samples", operation="set", samples=ids)[0]["count"] == 3
    assert wire.ask("select_samples", operation="toggle", samples=ids[:1])[0]["count"] == 2
    error, _ = wire.ask("select_samples", operation="add", samples=["77"])
    assert error["message"] == "There is no sample '77'."
    assert wire.ask("select_samples", operation="add", samples=["9" * 19])[0]["type"] == "error"
    assert widget.selected_count == 2
    assert wire.ask("select_samples", operation="set", samples=[])[0]["count"] == 0
    assert wire.ask("get_ids")[0]["ids"] == []


def test_what_is_no_selection_is_refused(rich, open_widget):
    widget, _ = open_widget(rich)
    widget.selection = rich.ids()[:2]
    for wrong in (7, ["a"], [1.5], None, [True]):
        with pytest.raises(BadValue, match="sample ids or a view"):
            widget.selection = wrong
    with pytest.raises(UnknownName, match="1 of these 2 samples are not in"):
        widget.selection = [rich.ids()[0], 5]
    assert widget.selected_count == 2
    widget.selection = []
    assert widget.selection.count() == 0


def test_rows_of_a_view_that_has_changed_are_not_selected(rich, open_widget):
    widget, wire = open_widget(rich)
    version = wire.state()["version"]
    widget.view = rich.where("weather = 'snow'")
    error, _ = wire.ask("select", version=version, operation="set", ranges=[[0, 2]])
    assert error["message"] == "The view has changed meanwhile, and nothing was done."
    assert error["hint"]
    assert widget.selected_count == 0


def test_rows_stay_the_same_rows_when_a_tag_was_written(rich, open_widget):
    widget, wire = open_widget(rich)
    version = wire.state()["version"]
    rich.limit(3).tag("new")
    wire.wait(lambda message: message["type"] == "view_changed")
    assert wire.ask("select", version=version, operation="set", ranges=[[0, 2]])[0]["count"] == 2
    assert widget.selection.ids().tolist() == rich.ids()[:2].tolist()


def test_ranges_are_cut_at_the_ends_of_the_view(rich, open_widget):
    _, wire = open_widget(rich)
    assert wire.select((20, 2**50), (5, 3))["count"] == 4
