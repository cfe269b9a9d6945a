import threading

import numpy as np
import polars as pl
import pytest

import curate
from curate.analysis.polygon import Plane
from curate.projection import MAP_KEY, TABLE, MapInfo
from curate.store import schemas
from curate.widgets import chart as charts
from curate.widgets.chart import Charts
from curate.widgets.exploration import Exploration

EVERYTHING = [[-2, -2], [2, -2], [2, 2], [-2, 2]]


def put_on_map(ds, places, *, leave_out=()):
    """Give samples places, as a `project` would: (n, 2) by position."""
    import msgspec
    import pyarrow as pa

    info = MapInfo(
        encoder="demo", weights="", neighbours=15, min_dist=0.1, seed=0, method="umap", count=0, fitted=0, graph="exact",
        recall=1.0,
    )  # fmt: skip
    schema = schemas.projection({MAP_KEY: msgspec.json.encode(info)})
    at = np.setdiff1d(np.arange(ds.session.n), leave_out)
    x, y = np.asarray(places, np.float32)[at].T
    columns = [ds.session.sample_ids[at], ds.session.content[at], x, y]
    rows = pa.Table.from_arrays([pa.array(np.ascontiguousarray(column)) for column in columns], schema=schema)
    ds.folder.table(TABLE, schema).overwrite(rows)
    ds.session.refresh()


@pytest.fixture
def mapped(rich):
    """24 samples on a map: 6 columns and 4 rows, x from 10 to 15, y from 0 to 3; the last has no place."""
    numbers = np.arange(24)
    put_on_map(rich, np.column_stack([10 + numbers % 6, numbers // 6]), leave_out=[23])
    return rich


@pytest.fixture
def asking(mapped, open_widget):
    widget, wire = open_widget(mapped, "map")
    state, _ = wire.ask("get_map")
    return mapped, widget, wire, state


def floats(buffer):
    return np.frombuffer(buffer, "<f4").reshape(2, -1)


def bits(buffer, n):
    view, selected = np.frombuffer(buffer, np.uint8).reshape(2, -1)
    return [np.unpackbits(half, bitorder="little")[:n].astype(bool) for half in (view, selected)]


def test_without_vectors_it_says_what_to_do(ds, open_widget):
    _, wire = open_widget(ds, "map")
    state, _ = wire.ask("get_map")
    assert (state["map"], state["points"], state["chunks"]) == (0, 0, 0)
    assert "ds.embed()" in state["why"]


def test_without_a_map_it_says_so(rich, open_widget):
    _, wire = open_widget(rich, "map")
    state, _ = wire.ask("get_map")
    assert (state["map"], state["why"]) == (0, "There is no map of demo yet.")
    assert wire.ask("get_points", map=0, chunk=0)[0]["message"] == "The map has changed."


def test_points_come_normalised(asking):
    _, _, wire, state = asking
    assert (state["samples"], state["points"], state["chunks"], state["missing"]) == (23, 23, 1, 0)
    assert (state["title"], state["why"], state["density"]) == ("UMAP of demo", "", False)
    np.testing.assert_allclose(state["box"], [-1, -0.6, 1, 0.6], rtol=1e-6)
    points, buffer = wire.ask("get_points", map=state["map"], chunk=0)
    assert (points["start"], points["stop"]) == (0, 23)
    x, y = floats(buffer)
    np.testing.assert_allclose(x, (np.arange(23) % 6 - 2.5) / 2.5, atol=1e-6)
    np.testing.assert_allclose(y, (np.arange(23) // 6 - 1.5) / 2.5, atol=1e-6)
    assert "no chunk 1" in wire.ask("get_points", map=state["map"], chunk=1)[0]["message"]


def test_chunks_make_up_all_points(asking, monkeypatch):
    _, _, wire, state = asking
    whole = floats(wire.ask("get_points", map=state["map"], chunk=0)[1])
    codes = np.frombuffer(
        wire.ask("get_colours", map=state["map"], chunk=0, column="weather", kind="category")[1], "<u2"
    )
    monkeypatch.setattr("curate.widgets.protocol.POINTS_CHUNK", 10)
    assert wire.ask("get_map")[0]["chunks"] == 3
    parts = [floats(wire.ask("get_points", map=state["map"], chunk=chunk)[1]) for chunk in range(3)]
    assert np.array_equal(np.hstack(parts), whole)
    replies = [wire.ask("get_colours", map=state["map"], chunk=c, column="weather", kind="category") for c in range(3)]
    assert np.array_equal(np.concatenate([np.frombuffer(buffer, "<u2") for _, buffer in replies]), codes)
    assert all(reply["legend"] == replies[0][0]["legend"] for reply, _ in replies), "of all points, in every chunk"


def test_a_map_of_one_place(rich, open_widget):
    put_on_map(rich, np.full((24, 2), 7.0))
    _, wire = open_widget(rich, "map")
    state, _ = wire.ask("get_map")
    assert state["box"] == (0, 0, 0, 0)
    assert not floats(wire.ask("get_points", map=state["map"], chunk=0)[1]).any()
    assert wire.ask("get_density", map=state["map"])[0]["type"] == "density"


def test_samples_with_a_vector_and_no_place_are_counted(rich, open_widget):
    put_on_map(rich, np.zeros((24, 2)), leave_out=[0, 1, 2, 23])
    _, wire = open_widget(rich, "map")
    assert wire.ask("get_map")[0]["missing"] == 3, "the last cannot be read and has no vector"


def test_colours_of_categories(asking):
    ds, _, wire, state = asking
    reply, buffer = wire.ask("get_colours", map=state["map"], column="weather", kind="category", chunk=0)
    codes = np.frombuffer(buffer, "<u2")
    words = {entry["code"]: entry["value"] for entry in reply["legend"]}
    assert [words[code] for code in codes] == ds.df(["weather"])["weather"].to_list()[:23]
    assert {entry["text"]: entry["count"] for entry in reply["legend"]} == {"rain": 6, "snow": 6, "hail": 6, "clear": 5}
    assert reply["kind"] == "category"


def test_past_twelve_values_the_others_share_a_colour(rich, open_widget):
    ids = rich.ids()
    rich.untag("night", "blurred")
    for number in range(14):
        rich.select(ids[:3] if number == 0 else ids[[number + 2]]).tag(f"place {number:02}")
    put_on_map(rich, np.arange(48).reshape(24, 2))
    _, wire = open_widget(rich, "map")
    number = wire.ask("get_map")[0]["map"]
    reply, buffer = wire.ask("get_colours", map=number, column="tags", kind="tags", chunk=0)
    codes = np.frombuffer(buffer, "<u2")
    counts = np.bincount(codes, minlength=14)
    assert {entry["code"]: entry["count"] for entry in reply["legend"]} == {c: n for c, n in enumerate(counts) if n}
    assert counts[1] == 3
    assert counts[13] == 2
    assert counts[0] == 24 - 3 - 13
    assert [entry["value"] for entry in reply["legend"] if entry["code"] in {0, 13}] == [None, None]


def test_colours_of_numbers(asking):
    _, _, wire, state = asking
    reply, buffer = wire.ask("get_colours", map=state["map"], column="speed", kind="number", chunk=0)
    codes = np.frombuffer(buffer, "<u2")
    assert (reply["kind"], reply["low"], reply["high"], reply["legend"]) == ("number", 0.0, 23.0, [])
    assert codes[5] == 0, "it has no speed"
    assert codes[0] == 1
    others = np.delete(codes, 5)
    assert (np.diff(others.astype(int)) > 0).all()


def test_masks_follow_the_view_and_the_selection(asking):
    ds, widget, wire, state = asking
    n = state["points"]
    masks, buffer = wire.ask("get_masks", map=state["map"])
    view, selected = bits(buffer, n)
    assert view.all()
    assert not selected.any()
    state = wire.edit("add_where", sql="weather = 'hail'")
    widget.selection = ds.ids()[[0, 2, 3, 23]]
    masks, buffer = wire.ask("get_masks", map=wire.ask("get_map")[0]["map"])
    view, selected = bits(buffer, n)
    assert np.flatnonzero(view).tolist() == [2, 6, 10, 14, 18, 22]
    assert np.flatnonzero(selected).tolist() == [0, 2, 3], "the last has no place"
    assert masks["version"] == wire.state()["version"]
    assert masks["revision"] == wire.state()["revision"]


def test_a_lasso_selects_what_it_encloses_in_the_view(asking):
    ds, widget, wire, state = asking
    left = [[-2, -2], [-0.4, -2], [-0.4, 2], [-2, 2]]
    reply, _ = wire.ask("lasso", map=state["map"], operation="set", polygon=left)
    column = np.arange(24) % 6
    expected = np.flatnonzero((column < 2) & (np.arange(24) != 23))
    assert (reply["type"], reply["count"], reply["here"]) == ("selected", len(expected), len(expected))
    assert sorted(widget.selection.ids().tolist()) == sorted(ds.ids()[expected].tolist())
    wire.edit("add_where", sql="weather = 'rain'")
    rain = expected[expected % 4 == 0]
    reply, _ = wire.ask("lasso", map=state["map"], operation="remove", polygon=left)
    assert (reply["count"], reply["here"]) == (len(expected) - len(rain), 0)
    reply, _ = wire.ask("lasso", map=state["map"], operation="toggle", polygon=left, everywhere=True)
    assert sorted(widget.selection.ids().tolist()) == sorted(ds.ids()[rain].tolist())
    reply, _ = wire.ask("lasso", map=state["map"], operation="add", polygon=EVERYTHING, everywhere=True)
    assert reply["count"] == 23
    heard = wire.wait(lambda message: message["type"] == "selection_changed" and message["count"] == 23)[0]
    assert heard["origin"] == "browser"


@pytest.mark.parametrize(
    "polygon",
    [
        [[0, 0], [1, 1], [2, 2]],
        [[0, 0], [1, float("nan")], [1, 1]],
        [[0, 0], [1, float("inf")], [1, 1]],
        [[0, 0], [1, 1]],
        [[0, 0, 0], [1, 0, 0], [1, 1, 0]],
        [[0, "0"], [1, 0], [1, 1]],
        [[0, 0]] * 10_001,
    ],
)
def test_a_lasso_that_is_none_is_refused_and_changes_nothing(asking, polygon):
    ds, widget, wire, state = asking
    widget.selection = ds.ids()[:3]
    reply, _ = wire.ask("lasso", map=state["map"], operation="set", polygon=polygon)
    assert reply["type"] == "error"
    assert reply["message"]
    assert widget.selection.count() == 3


def test_places_are_named(rich, open_widget):
    rng = np.random.default_rng(0)
    weathers = np.arange(24) % 4
    middles = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    put_on_map(rich, middles[weathers] + rng.normal(scale=0.05, size=(24, 2)))
    _, wire = open_widget(rich, "map")
    number = wire.ask("get_map")[0]["map"]
    assert wire.ask("get_places", map=number)[0]["places"] == [], "six samples are too few for a name"


def test_crowds_of_the_demo_are_named_by_what_they_share(rich, open_widget, tmp_path):
    ds = curate.create(tmp_path / "crowds.curate")
    from tests.conftest import draw

    for n in range(60):
        draw(tmp_path / "media" / f"{n:02}.jpg", n)
    table = pl.DataFrame(
        {
            "path": [f"media/{n:02}.jpg" for n in range(60)],
            "weather": [("rain", "hail", "clear")[n % 3] for n in range(60)],
            "hour": [("day", "night", "none")[n % 3] for n in range(60)],
        }
    )
    table.write_csv(tmp_path / "index.csv")
    ds.ingest(tmp_path / "index.csv", workers=1)
    places = np.array([[0, 0], [10, 0], [5, 8]])[np.arange(60) % 3] + np.random.default_rng(0).normal(0, 0.1, (60, 2))
    put_on_map(ds, places)
    _, wire = open_widget(ds, "map")
    number = wire.ask("get_map")[0]["map"]
    found = wire.ask("get_places", map=number)[0]["places"]
    assert {frozenset(place["text"].split(", ")) for place in found} == {
        frozenset({"rain", "day"}),
        frozenset({"hail", "night"}),
        frozenset({"clear"}),
    }
    x, y = floats(wire.ask("get_points", map=number, chunk=0)[1])
    for place in found:
        assert np.hypot(x - place["x"], y - place["y"]).min() < 0.1


def test_tiles_of_points(asking):
    ds, _, wire, _ = asking
    reply, buffer = wire.ask("get_tiles", points=[4, 0, 22])
    ids = ds.ids()
    assert [int(tile["sample_id"]) for tile in reply["tiles"]] == ids[[4, 0, 22]].tolist()
    assert sum(tile["bytes"] for tile in reply["tiles"]) == len(buffer) > 0
    assert "no point 23" in wire.ask("get_tiles", points=[0, 23])[0]["message"]


def test_density_counts_all_and_the_view(asking):
    _, _, wire, state = asking
    wire.edit("add_where", sql="weather = 'hail'")
    reply, buffer = wire.ask("get_density", map=state["map"])
    everywhere, view = np.frombuffer(buffer, "<u4").reshape(2, reply["height"], reply["width"])
    assert (everywhere.sum(), view.sum()) == (23, 6)
    assert (view <= everywhere).all()
    assert len(buffer) <= 4_000_000
    assert reply["width"] <= 1024
    assert everywhere[0, 0] == 1, "the first row is the lowest y"
    assert everywhere[-1].sum() == 5
    assert reply["width"] / reply["height"] == pytest.approx(2 / 1.2, rel=0.01)


def test_past_the_most_points_a_part_is_drawn_and_the_lasso_still_finds_all(asking, monkeypatch, open_widget):
    ds, _, _, _ = asking
    monkeypatch.setattr(charts, "MOST_POINTS", 20)
    monkeypatch.setattr(charts, "DRAWN_OF_MANY", 8)
    put_on_map(ds, np.column_stack([np.arange(24), np.arange(24) % 5]))
    _, wire = open_widget(ds, "map")
    state, _ = wire.ask("get_map")
    assert (state["samples"], state["points"], state["density"]) == (24, 8, True)
    x, _ = floats(wire.ask("get_points", map=state["map"], chunk=0)[1])
    drawn = np.rint(x * 11.5 + 11.5).astype(int)
    assert len(set(drawn)) == 8
    tiles = wire.ask("get_tiles", points=list(range(8)))[0]["tiles"]
    assert [int(tile["sample_id"]) for tile in tiles] == ds.ids()[drawn].tolist()
    assert wire.ask("lasso", map=state["map"], operation="set", polygon=EVERYTHING)[0]["count"] == 24
    view, selected = bits(wire.ask("get_masks", map=state["map"])[1], 8)
    assert view.all()
    assert selected.all()
    colours = np.frombuffer(wire.ask("get_colours", map=state["map"], column="speed", kind="number", chunk=0)[1], "<u2")
    assert len(colours) == 8


def test_a_map_keeps_its_number_until_a_place_changes(asking):
    ds, _, wire, state = asking
    ds.limit(3).tag("seen")
    ds.ingest(pl.DataFrame({"path": ["pictures/a/00.jpg"], "colour": ["red"]}), root=ds.roots().popitem()[1])
    assert wire.ask("get_map")[0]["map"] == state["map"]
    places = np.column_stack([np.arange(24), np.arange(24)])
    put_on_map(ds, places)
    now = wire.ask("get_map")[0]["map"]
    assert now != state["map"]
    for type, fields in (
        ("get_points", {"chunk": 0}),
        ("get_colours", {"chunk": 0, "column": "weather", "kind": "category"}),
        ("get_masks", {}),
        ("get_places", {}),
        ("get_density", {}),
        ("lasso", {"operation": "set", "polygon": EVERYTHING}),
    ):
        reply, _ = wire.ask(type, map=state["map"], **fields)
        assert (reply["type"], reply["message"]) == ("error", "The map has changed.")
        assert wire.ask(type, map=now, **fields)[0]["type"] != "error"


def test_the_browser_is_told_of_another_map(asking):
    ds, _, wire, state = asking
    other = curate.open(ds.folder.location)
    put_on_map(other, np.column_stack([np.arange(24), np.arange(24)]))
    wire.ask("refresh")
    wire.wait(lambda message: message["type"] == "map_changed")
    assert wire.ask("get_map")[0]["map"] != state["map"]


def test_after_a_purge_points_are_those_that_are_left(asking):
    ds, _, wire, state = asking
    kept = ds.ids()[3:]
    ds.purge(ds.ids()[:3])
    now, _ = wire.ask("get_map")
    assert now["map"] != state["map"]
    assert now["samples"] == 20
    tiles = wire.ask("get_tiles", points=[0, 19])[0]["tiles"]
    assert [int(tile["sample_id"]) for tile in tiles] == kept[[0, 19]].tolist()
    assert wire.ask("lasso", map=now["map"], operation="set", polygon=EVERYTHING)[0]["count"] == 20


def test_two_widgets_share_one_map(mapped, open_widget):
    _, first = open_widget(mapped, "map")
    _, second = open_widget(mapped, "explorer")
    assert first.ask("get_map")[0]["map"] == second.ask("get_map")[0]["map"]
    assert Charts.of(mapped.where("speed > 3")) is Charts.of(mapped)


def test_many_threads_read_one_map(mapped, monkeypatch):
    made = []
    monkeypatch.setattr(charts, "Plane", lambda x, y: made.append(1) or Plane(x, y))
    exploration = Exploration(mapped)
    found, failed = [], []

    def read():
        try:
            chart = Charts.of(exploration.dataset).now()
            found.append((chart.number, int(chart.plane.inside(EVERYTHING).sum())))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(found)) == 1
    assert found[0][1] == 23
    assert len(made) == 1
