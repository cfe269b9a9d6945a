"""What every widget does, whatever part of the browser side it shows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import traitlets

import curate
from curate.errors import BadValue, MissingBundle, UnknownName
from curate.widgets import protocol
from curate.widgets.protocol import PAGE_BYTES


def test_a_missing_bundle_names_the_command(static, rich):
    (static / "widget.js").unlink()
    with pytest.raises(MissingBundle, match=r"npm ci && npm run build.*widgets/"):
        rich.show()


@pytest.mark.parametrize("wrong", [{"columns": 0}, {"thumbnail_size": 2000}, {"height": 10}, {"columns": True}])
def test_sizes_out_of_range_are_refused(static, rich, wrong):
    with pytest.raises(BadValue, match="must be an integer from"):
        rich.show(**wrong)


@pytest.mark.parametrize("verb", ["show", "explore", "map", "facets"])
def test_an_unknown_option_is_refused(static, rich, verb):
    with pytest.raises(TypeError, match="colour"):
        getattr(rich, verb)(colour="weather")


@pytest.mark.parametrize("kind", ["gallery", "explorer", "map", "facets"])
def test_each_widget_says_which_part_it_shows(rich, open_widget, kind):
    widget, wire = open_widget(rich, kind)
    assert widget.get_state()["_part"] == kind
    assert wire.state()["count"] == 24
    with pytest.raises(traitlets.TraitError):
        widget._part = "other"


def test_every_request_has_an_answer(rich, open_widget):
    """A hunt, and a review of pairs, is asked what no other widget is, and everything else, too."""
    widget, _ = open_widget(rich)
    reviews = rich.hunt("rain").show(), rich.find_duplicates(threshold=1.0).review()
    requests = {tag for tag in protocol.AnyRequest.__args__ if tag is not protocol.Cancel}
    assert requests == set().union(*(review._channel._handlers for review in reviews))
    for review in reviews:
        assert set(review._channel._handlers) > set(widget._channel._handlers)
        review.close()


def test_state_says_what_the_view_is(rich, open_widget):
    _, wire = open_widget(rich.where("weather = 'rain'").search("rain"))
    state = wire.state()
    assert (state["count"], state["total"], state["scored"], state["stale"]) == (6, 24, True, False)
    assert state["alive"] is False  # asked on the main thread
    assert (state["encoder"], state["has_text"], state["writable"]) == ("demo", True, True)
    assert state["tags"] == ["blurred", "night"]
    assert state["python"] == """ds.where("weather = 'rain'").search('rain')"""
    assert (state["sort"], state["order"], state["undo"], state["redo"]) == (None, "score", "", "")


def test_a_dataset_without_vectors_says_so(ds, open_widget):
    state = open_widget(ds)[1].state()
    assert (state["encoder"], state["has_text"]) == ("", False)


def test_the_past_is_not_writable(rich, open_widget):
    rich.snapshot("v1")
    state = open_widget(rich.at("v1"))[1].state()
    assert not state["writable"]


def test_pages_carry_their_pictures(rich, open_widget):
    _, wire = open_widget(rich)
    page, data = wire.ask("get_page", start=0, stop=1000)
    assert len(page["rows"]) == 24
    assert sum(row["bytes"] for row in page["rows"]) == len(data)
    assert page["rows"][23]["bytes"] == 0
    assert page["rows"][23]["status"] == "empty"
    assert {"kind": "tag", "text": "night"} in page["rows"][2]["badges"]
    assert [row["sample_id"] for row in page["rows"]] == [str(id) for id in rich.ids()]
    assert data[: page["rows"][0]["bytes"]][:2] == b"\xff\xd8"
    assert not any(row["shapes"] for row in page["rows"])
    assert wire.ask("get_page", start=0, stop=1, shapes=True)[0]["rows"][0]["shapes"]
    assert len(wire.ask("get_page", start=20, stop=84)[0]["rows"]) == 4
    assert wire.ask("get_page", start=2**50, stop=2**50 + 1)[0]["rows"] == []


def test_a_page_is_cut_where_its_pictures_pass_a_megabyte(rich, open_widget):
    _, wire = open_widget(rich)
    rich.thumbnails = lambda positions: [bytes(300_000)] * len(positions)
    page, data = wire.ask("get_page", start=0, stop=64)
    assert len(page["rows"]) == 3
    assert len(data) <= PAGE_BYTES
    rich.thumbnails = lambda positions: [bytes(3_000_000)] * len(positions)
    page, _ = wire.ask("get_page", start=3, stop=64)
    assert len(page["rows"]) == 1  # one comes whatever its size, or the page would never end


def test_linked_widgets_show_one_thing(rich, open_widget):
    explorer, first = open_widget(rich)
    facets, second = open_widget(rich, "facets", link=explorer)
    first.edit("set_facet", kind="category", column="weather", filter={"type": "values", "values": ["snow"]})
    second.wait(lambda message: message["type"] == "view_changed")
    assert second.state()["count"] == 6
    facets.selection = facets.view.ids()[:2]
    assert explorer.selected_count == 2
    assert second.ask("undo")[0]["count"] == 24
    assert explorer.view.query == rich.query


def test_only_widgets_of_one_dataset_link(rich, ds, open_widget):
    explorer, _ = open_widget(rich)
    with pytest.raises(BadValue, match="opened elsewhere"):
        ds.map(link=explorer)
    with pytest.raises(BadValue, match=r"takes a widget\. Got Dataset"):
        rich.map(link=rich)
    with pytest.raises(BadValue, match="Linked widgets show one view"):
        rich.where("weather = 'rain'").map(link=explorer)


def test_python_sets_the_view_as_a_step_that_can_be_undone(rich, open_widget):
    widget, wire = open_widget(rich)
    widget.view = rich.where("weather = 'hail'")
    event, _ = wire.wait(lambda message: message["type"] == "view_changed")
    state = wire.state()
    assert (state["count"], state["version"], state["undo"]) == (6, event["version"], "the view from Python")
    rich.split({"a": 0.5, "b": 0.5}, name="halves")
    gone = rich.where("halves = 'a'")
    rich.undo()
    with pytest.raises(UnknownName):
        widget.view = gone
    assert widget.view.count() == 6
    with pytest.raises(BadValue, match=r"shows a view\. Got str"):
        widget.view = "weather = 'rain'"
    assert wire.ask("undo")[0]["count"] == 24


def test_a_tag_typed_in_a_cell_reaches_the_browser_at_once(rich, open_widget):
    _, wire = open_widget(rich)
    before = wire.state()
    rich.limit(3).tag("reviewed")
    event, _ = wire.wait(lambda message: message["type"] == "view_changed")
    state = wire.state()
    assert state["version"] == event["version"] > before["version"]
    assert (state["rows"], state["stale"]) == (before["rows"], False)
    assert "reviewed" in state["tags"]
    page, _ = wire.ask("get_page", start=0, stop=1)
    assert {"kind": "tag", "text": "reviewed"} in page["rows"][0]["badges"]


def test_rows_stay_until_somebody_asks_for_the_new_ones(rich, open_widget):
    _, wire = open_widget(rich.untagged("night"))
    wire.select((0, 3))
    assert wire.state()["count"] == 20
    elsewhere = curate.open(rich.folder.location)  # as another notebook does
    elsewhere.limit(2).tag("night")
    state, _ = wire.ask("look")
    assert (state["count"], state["stale"], len(wire.ids())) == (20, True, 20)
    state, _ = wire.ask("refresh")
    assert (state["count"], state["stale"], state["selected"], state["selected_here"]) == (18, False, 3, 1)


def test_another_process_is_heard_after_a_look(rich, open_widget):
    _, wire = open_widget(rich)
    before = wire.state()
    code = f"import curate; curate.open({rich.folder.location!r}).limit(3).tag('theirs')"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert "theirs" not in wire.state()["tags"], "nobody has looked yet"
    state, _ = wire.ask("look")
    assert "theirs" in state["tags"]
    assert (state["rows"], state["stale"]) == (before["rows"], False)
    assert state["version"] > before["version"]
    assert {"kind": "tag", "text": "theirs"} in wire.ask("get_page", start=0, stop=1)[0]["rows"][0]["badges"]


def test_two_explorers_on_one_dataset_stay_in_step(rich, open_widget):
    _, first = open_widget(rich)
    two, second = open_widget(rich.where("weather = 'rain'"))
    assert second.state()["count"] == 6
    first.select((0, 12))
    assert first.ask("tag", name="mine")[0]["changed"] == 12
    second.wait(lambda message: message["type"] == "view_changed")
    assert "mine" in second.state()["tags"]
    assert second.state()["undo"] == "", "each takes back what was done in it"
    assert two.selected_count == 0
    state, _ = first.ask("undo")
    assert "mine" not in state["tags"]
    second.wait(lambda message: message["type"] == "view_changed")
    assert "mine" not in second.state()["tags"]


def test_rows_follow_a_purge_at_once(rich, open_widget):
    widget, wire = open_widget(rich.sort_by("speed", descending=True))
    ids = wire.ids()
    widget.selection = ids[:4]
    elsewhere = curate.open(rich.folder.location)
    elsewhere.purge(ids[1:3])
    state, _ = wire.ask("look")
    assert (state["count"], state["total"], state["selected"], state["stale"]) == (22, 22, 2, False)
    assert wire.ids() == [ids[0], *ids[3:]]
    assert widget.selection.ids().tolist() == [ids[0], ids[3]]
    assert widget.selected_count == 2


def test_a_view_that_cannot_be_shown_any_more_says_why_and_has_a_way_back(rich, open_widget):
    rich.limit(3).tag("soon gone")
    widget, wire = open_widget(rich.tagged("soon gone"))
    assert wire.state()["count"] == 3
    rich.undo()
    state, _ = wire.ask("look")
    assert (state["count"], state["stale"]) == (3, True)
    wire.ask("refresh")
    widget.view = rich
    assert wire.state()["count"] == 24


def test_a_widget_prints_without_running_its_query(rich, open_widget, monkeypatch):
    widget, _ = open_widget(rich.where("weather = 'rain'"), "gallery")
    monkeypatch.setattr(type(widget.view), "rows", lambda self: pytest.fail("the query ran"))
    assert repr(widget) == """Gallery(ds.where("weather = 'rain'"), 0 selected)"""


@pytest.mark.parametrize("wrong", [{"a": "x" * 9000}, {"a": {"b": 1}}, {"a": [1]}])
def test_what_the_browser_keeps_is_small(rich, open_widget, wrong):
    widget, _ = open_widget(rich)
    widget.set_state({"_layout": {"mode": "map", "wide": 3, "open": True}})
    with pytest.raises(traitlets.TraitError, match="layout"):
        widget._layout = wrong
    assert json.loads(json.dumps(widget._layout)) == {"mode": "map", "wide": 3, "open": True}
