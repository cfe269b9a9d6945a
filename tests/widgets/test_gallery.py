from __future__ import annotations

import numpy as np
import pytest
from standin import FIRST_ID, StandinDataset, StandinView

from curate.errors import BadValue, MissingBundle, UnknownName
from curate.widgets.gallery import Gallery
from curate.widgets.protocol import PAGE_BYTES, PAGE_ROWS


def test_a_missing_bundle_names_the_command(static):
    (static / "gallery.js").unlink()
    with pytest.raises(MissingBundle, match=r"npm ci && npm run build.*widgets/"):
        Gallery(StandinView(StandinDataset(3)))


@pytest.mark.parametrize("wrong", [{"columns": 0}, {"thumbnail_size": 2000}, {"height": 10}, {"columns": True}])
def test_sizes_out_of_range_are_refused(static, wrong):
    with pytest.raises(BadValue, match="must be an integer from"):
        Gallery(StandinView(StandinDataset(3)), **wrong)


def test_state_says_what_the_view_is(open_gallery):
    _, wire = open_gallery(7, view={"scored": True})
    state, _ = wire.ask("hello")
    assert (state["count"], state["total"], state["scored"], state["stale"]) == (7, 7, True, False)
    assert state["alive"] is False  # asked on the main thread


def test_pages_carry_their_pictures(open_gallery):
    _, wire = open_gallery(100, statuses={1: "corrupt"}, tags={2: ["night"]})
    page, data = wire.ask("get_page", start=0, stop=1000)
    assert len(page["rows"]) == PAGE_ROWS
    assert sum(row["bytes"] for row in page["rows"]) == len(data)
    assert page["rows"][1]["bytes"] == 0
    assert page["rows"][1]["error"] == "it does not decode"
    assert page["rows"][2]["tags"] == ["night"]
    assert page["rows"][0]["sample_id"] == str(FIRST_ID)
    assert data[: page["rows"][0]["bytes"]][:2] == b"\xff\xd8"
    end, _ = wire.ask("get_page", id=2, start=90, stop=154)
    assert len(end["rows"]) == 10
    beyond, _ = wire.ask("get_page", id=3, start=2**50, stop=2**50 + 1)
    assert beyond["rows"] == []


def test_a_page_is_cut_where_its_pictures_pass_a_megabyte(open_gallery):
    widget, wire = open_gallery(100)
    widget.view.dataset.thumbnails = lambda positions: [bytes(300_000)] * len(positions)
    page, data = wire.ask("get_page", start=0, stop=64)
    assert len(page["rows"]) == 3
    assert len(data) <= PAGE_BYTES
    widget.view.dataset.thumbnails = lambda positions: [bytes(3_000_000)] * len(positions)
    page, _ = wire.ask("get_page", id=2, start=3, stop=64)
    assert len(page["rows"]) == 1  # one comes whatever its size, or the page would never end


def test_the_large_picture_and_its_fields(open_gallery):
    _, wire = open_gallery(5, statuses={2: "missing"}, extra={"note": "a", "gone": None, "bright": 0.123456789})
    picture, data = wire.ask("get_picture", row=1)
    assert data[:2] == b"\xff\xd8"
    fields = {field["name"]: field["value"] for field in picture["fields"]}
    assert fields["note"] == "a"
    assert fields["bright"] == "0.1235"
    assert fields["sample_id"] == str(FIRST_ID + 1)
    assert "gone" not in fields
    picture, data = wire.ask("get_picture", id=2, row=2)
    assert (data, picture["note"]) == (b"", "The file is not there any more.")
    reply, _ = wire.ask("get_picture", id=3, row=5)
    assert reply["message"] == "There is no row 5 in a view of 5 samples."


def test_an_unreadable_file_falls_back_to_its_thumbnail(open_gallery):
    widget, wire = open_gallery(5)
    widget.view.dataset.read_media = lambda position: b"not a picture"
    picture, data = wire.ask("get_picture", row=1)
    assert data[:2] == b"\xff\xd8"
    assert picture["note"].startswith("Only the thumbnail can be shown.")


def test_selection_from_both_sides(open_gallery):
    widget, wire = open_gallery(50)
    counts = []
    widget.observe(lambda change: counts.append(change.new), "selected_count")
    reply, _ = wire.ask("select", operation="set", ranges=[[3, 6]])
    assert reply["count"] == 3
    event, _ = wire.wait(lambda message: message["type"] == "selection_changed")
    assert event == {"type": "selection_changed", "origin": "browser", "revision": reply["revision"], "count": 3}
    assert widget.selection.ids().tolist() == [FIRST_ID + 3, FIRST_ID + 4, FIRST_ID + 5]
    widget.selection = widget.view.select([FIRST_ID + 9])
    event, _ = wire.wait(lambda message: message["type"] == "selection_changed")
    assert (event["origin"], event["count"]) == ("", 1)
    reply, data = wire.ask("get_selection", id=2)
    assert (reply["encoding"], np.frombuffer(data, np.int32).tolist()) == ("ranges", [9, 10])
    assert wire.ask("get_ids", id=3)[0]["ids"] == [str(FIRST_ID + 9)]
    assert counts == [3, 1]


def test_a_selection_outside_of_the_view_is_refused(open_gallery):
    widget, _ = open_gallery(50, view={"chosen": np.arange(10)})
    widget.selection = [FIRST_ID]
    with pytest.raises(BadValue, match="1 of these samples are not among the 10"):
        widget.selection = [FIRST_ID + 1, FIRST_ID + 11]
    with pytest.raises(UnknownName):
        widget.selection = [5]
    with pytest.raises(BadValue, match="sample ids or a view"):
        widget.selection = 7
    assert widget.selected_count == 1


def test_tags_are_written_and_told(open_gallery):
    _, wire = open_gallery(50)
    wire.ask("select", operation="set", ranges=[[0, 4]])
    reply, _ = wire.ask("tag", id=2, name=" night ")
    assert (reply["name"], reply["changed"]) == ("night", 4)
    assert wire.wait(lambda message: message["type"] == "view_changed")[0]["version"] == 2
    page, _ = wire.ask("get_page", id=3, start=0, stop=5)
    assert [row["tags"] for row in page["rows"]] == [["night"]] * 4 + [[]]
    assert not page["stale"]
    assert wire.ask("tag", id=4, name="night", remove=True)[0]["changed"] == 4
    assert wire.ask("tag", id=5, name="  ")[0]["message"] == "A tag needs a name."


def test_rows_stay_until_somebody_asks_for_the_new_ones(open_gallery):
    widget, wire = open_gallery(50)
    wire.ask("select", operation="set", ranges=[[40, 50]])
    widget.view.dataset.n = 45  # another notebook took some away
    widget.view.dataset.version += 1
    page, _ = wire.ask("get_page", id=2, start=0, stop=5)
    assert page["stale"]
    assert wire.ask("hello", id=3)[0]["count"] == 50
    state, _ = wire.ask("refresh", id=4)
    assert (state["count"], state["selected"], state["stale"]) == (45, 5, False)


def test_a_gallery_prints_without_running_its_query(open_gallery):
    widget, _ = open_gallery(50, view={"failing": True})
    assert repr(widget) == "Gallery(StandinView, 0 selected)"
