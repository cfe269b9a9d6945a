"""Facet cards against plain SQL: what is counted, what a click on it gives, and what is no card."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import curate
from curate.dataset import Dataset
from curate.encoders.function import FunctionEncoder
from curate.errors import BadValue, UnknownName
from curate.store import schemas
from curate.store.folder import Folder
from curate.widgets.codings import Codings

N = 400
ODD = ["rain", "it's", '"quoted"', "🚗 taxi", "שלום", "<script>alert(1)</script>", "", None, "Rain"]


def table(rng: np.random.Generator) -> dict[str, pa.Array]:
    """One column of every kind, with what may go wrong in each."""
    chance = rng.random(N)
    begin = datetime(1931, 5, 17, 3, 4, 5)
    times = [
        None if c < 0.05 else begin + timedelta(days=float(d))
        for c, d in zip(chance, rng.gamma(2, 9000, N), strict=True)
    ]
    huge = np.r_[rng.normal(0, 1, N - 4), 1e300, -1e300, 1e-300, 0.0]
    return {
        "weather": pa.array(rng.choice(np.array(ODD, object), N, p=[0.3, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])),
        "drive": pa.array([f"drive {i // 3:03}" for i in range(N)]),
        "caption": pa.array([f"a car number {i} on a road" for i in range(N)]),
        "story": pa.array(["a very long story " * 5, "another very long story " * 5] * (N // 2)),
        "wet": pa.array([None if c < 0.1 else bool(c < 0.4) for c in chance], pa.bool_()),
        "speed": pa.array(rng.normal(50, 20, N).astype(np.float32)),
        "huge": pa.array(huge),
        "broken": pa.array([[None, math.nan, math.inf, -math.inf, 1.5][i % 5] for i in range(N)], pa.float64()),
        "lanes": pa.array(rng.integers(0, 5, N), pa.uint8()),
        "stars": pa.array(rng.integers(-(2**50), 2**50, N)),
        "price": pa.array([Decimal(int(c * 10_000)) / 100 for c in chance], pa.decimal128(8, 2)),
        "day": pa.array([date(1969, 12, 1) + timedelta(days=int(c * 90)) for c in chance]),
        "seen": pa.array(times, pa.timestamp("us")),
        "zoned": pa.array([None if t is None else t + timedelta(hours=2) for t in times], pa.timestamp("us", "UTC")),
        "same": pa.array(["x"] * N),
        "nothing": pa.array([None] * N, pa.string()),
        "parts": pa.array([[1, 2]] * N),
    }


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """400 samples with a column of every kind, tags and labels."""
    rng = np.random.default_rng(5)
    folder = Folder.create(tmp_path_factory.mktemp("odd") / "odd.curate")
    ids = pa.array(np.arange(1, N + 1) * 7919)
    names = {"root": ["r"] * N, "uri": [f"{i}.jpg" for i in range(N)], "status": ["ok"] * N}
    samples = {f.name: pa.array(names[f.name]) if f.name in names else pa.nulls(N, f.type) for f in schemas.SAMPLES}
    samples |= {"sample_id": ids, "content_hash": pa.array([f"{i:064x}" for i in range(N)])}
    folder.samples.append(pa.table(samples, schema=schemas.SAMPLES))
    columns = table(rng)
    schema = pa.schema(
        [pa.field("sample_id", pa.int64(), nullable=False), *(pa.field(n, c.type) for n, c in columns.items())]
    )
    folder.table("fields/metadata", schema).append(pa.table({"sample_id": ids, **columns}, schema=schema))
    ds = curate.open(folder.location)
    ds.limit(120).tag("reviewed")
    ds.where("lanes = 1").tag("one lane", "שלום")
    labels = ds.limit(300).df(["sample_id"]).with_columns(value=pl.Series(["car", "bus", "car's"] * 100))
    ds.add_labels(labels, field="objects", source="ada")
    ds.add_labels(labels.head(90).with_columns(value=pl.Series(["deer", "bus"] * 45)), field="objects", source="bob")
    return ds


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(odd: Dataset, open_widget: Any) -> Ask:
    """Facets of the odd dataset, and their wire."""
    _, wire = open_widget(odd, "facets")

    def asked(type: str, **fields: Any) -> dict[str, Any]:
        reply: dict[str, Any] = wire.ask(type, **fields)[0]
        return reply

    asked.wire = wire  # type: ignore[attr-defined]
    return asked


def cards_of(ask: Ask) -> dict[tuple[str, str], dict[str, Any]]:
    return {(card["kind"], card["column"]): card for card in ask("get_facets")["cards"]}


def condition(card: dict[str, Any], bin: int) -> str:
    """A bin in SQL: the ends are open, and NaN is nowhere."""
    column, edges = f'"{card["column"]}"', card["bins"]["edges"]
    if card["kind"] == "time":
        column = f"epoch_us({column}) / 1e6"
    bounds = [f"{column} >= {edges[bin]!r}::DOUBLE"] if bin else []
    bounds += [f"{column} < {edges[bin + 1]!r}::DOUBLE"] if bin < len(edges) - 2 else []
    return " AND ".join([*bounds, f"NOT coalesce(isnan({column}::DOUBLE), true)"])


@pytest.mark.parametrize("where", ["TRUE", "speed < 50", "lanes = 1", "wet IS NULL OR weather = 'it''s'", "FALSE"])
def test_cards_are_a_group_by(odd, open_widget, where):
    _, wire = open_widget(odd.where(where), "facets")
    reply, _ = wire.ask("get_facets")
    session = odd.session
    for card in reply["cards"]:
        name = f'"{card["column"]}"'
        for side, filtered in (("all", "TRUE"), ("view", f"({where})")):
            counted = {line["value"]: line[side] for line in card["values"]}
            missing = card[f"missing_{side}"]
            if card["kind"] in {"category", "boolean"}:
                found = dict(session.read(f"SELECT {name}, count(*) FROM samples WHERE {filtered} GROUP BY 1").rows())
                assert missing == found.pop(None, 0), card["column"]
            elif card["kind"] == "tags":
                sql = f"SELECT t, count(*) FROM (SELECT unnest(tags) AS t FROM samples WHERE {filtered}) GROUP BY 1"
                found = dict(session.read(sql).rows())
                assert missing == odd.where(filtered).where("tags = []").count()
            elif card["kind"] == "labels":
                joined = f"labels l JOIN (SELECT * FROM samples WHERE {filtered}) s USING (sample_id) WHERE field = 'objects'"
                found = dict(session.read(f"SELECT value, count(DISTINCT sample_id) FROM {joined} GROUP BY 1").rows())
                assert (
                    missing
                    == odd.where(filtered).count() - session.read(f"SELECT DISTINCT sample_id FROM {joined}").height
                )
            else:
                counts = card["bins"][side]
                sql = ", ".join(f"count(*) FILTER (WHERE {condition(card, i)}) AS c{i}" for i in range(len(counts)))
                assert list(session.read(f"SELECT {sql} FROM samples WHERE {filtered}").row(0)) == counts, card[
                    "column"
                ]
                assert sum(counts) + missing == odd.where(filtered).count()
                continue
            if card["more"]:  # the most frequent ones only
                found = {value: count for value, count in found.items() if value in counted}
            assert {value: count for value, count in counted.items() if count} == {v: c for v, c in found.items() if c}


def test_what_is_a_card(ask):
    kinds = {name: kind for kind, name in cards_of(ask)}
    assert kinds == {
        "weather": "category", "drive": "category", "wet": "boolean", "speed": "number", "huge": "number", "broken": "number",
        "lanes": "number", "stars": "number", "price": "number", "day": "time", "seen": "time", "zoned": "time",
        "same": "category", "tags": "tags", "objects": "labels",
    }  # fmt: skip


def test_a_click_gives_what_its_line_promises(odd, ask, open_widget):
    """Every value, bin and "no value" of every card, as a filter of its own."""
    _, wire = open_widget(odd, "facets")
    for card in ask("get_facets")["cards"]:
        promised: list[tuple[dict[str, Any], int]] = [
            ({"type": "values", "values": [line["value"]]}, line["all"]) for line in card["values"][:12]
        ]
        if card["missing_all"]:
            promised.append(({"type": "values", "values": [None]}, card["missing_all"]))
        edges = card["bins"]["edges"] if card["bins"] else []
        for i, count in enumerate(card["bins"]["all"] if card["bins"] else []):
            low, high = (edges[i] if i else None), (edges[i + 1] if i + 2 < len(edges) else None)
            if low is not None or high is not None:
                promised.append(({"type": "interval", "low": low, "high": high}, count))
        for filter, count in promised:
            state = wire.edit("set_facet", kind=card["kind"], column=card["column"], filter=filter)
            assert state.get("count") == count, (card["column"], filter, state)
            shown = wire.ask("get_facets", columns=[[card["kind"], card["column"]]])[0]["cards"][0]
            assert shown["filter"] == filter, card["column"]
            assert [line["value"] for line in shown["values"] if line["picked"]] == [
                value for value in filter.get("values", []) if value is not None
            ]
        wire.edit("set_facet", kind=card["kind"], column=card["column"], filter=None)


def test_a_filtered_card_comes_first_then_what_differs_most(odd, open_widget):
    _, wire = open_widget(odd, "facets")
    everything = wire.ask("get_facets")[0]["cards"]
    assert all(card["difference"] == 0 for card in everything)
    assert [card["column"] for card in everything][:3] == ["weather", "drive", "wet"]
    wire.edit("set_facet", kind="number", column="lanes", filter={"type": "interval", "low": 1, "high": 2})
    cards = wire.ask("get_facets")[0]["cards"]
    assert cards[0]["column"] == "lanes"
    steps = [int(card["difference"] / (3 if card["more"] else 1) / 0.05 + 1e-9) for card in cards[1:]]
    assert steps == sorted(steps, reverse=True)
    assert cards[1]["column"] == "tags"  # "one lane" was given to these very samples


def test_a_card_can_be_asked_for_alone(ask):
    reply = ask("get_facets", columns=[["category", "weather"], ["labels", "objects"], ["number", "gone"]])
    assert [card["column"] for card in reply["cards"]] == ["weather", "objects"]


def test_a_filter_by_what_no_sample_has_is_shown(odd, open_widget):
    _, wire = open_widget(odd, "facets")
    wire.edit("add_where", sql="weather IN ('rain', 'mud')")
    card = next(card for card in wire.ask("get_facets")[0]["cards"] if card["column"] == "weather")
    picked = [(line["value"], line["all"]) for line in card["values"] if line["picked"]]
    assert ("mud", 0) in picked
    assert len(picked) == 2


class TestLongLists:
    def test_a_search_is_for_text_whatever_its_case(self, ask):
        found = ask("get_values", kind="category", column="weather", contains="RAIN")
        assert {line["value"] for line in found["values"]} == {"rain", "Rain"}
        assert found["more"] == 0

    def test_orders(self, odd, open_widget):
        _, wire = open_widget(odd.where("drive >= 'drive 100'"), "facets")

        def ask(order: str) -> list[dict[str, Any]]:
            asked = {"kind": "category", "column": "drive", "contains": "", "order": order}
            values: list[dict[str, Any]] = wire.ask("get_values", **asked)[0]["values"]
            return values

        names = [line["value"] for line in ask("name")]
        assert names == sorted(names)
        views = [line["view"] for line in ask("view")]
        assert views == sorted(views, reverse=True)
        assert views[0] == 3
        assert [line["view"] for line in ask("all")][:5] == [0] * 5

    def test_the_most_frequent_of_dataset_and_view_are_sent(self, odd, open_widget):
        _, wire = open_widget(odd.where("drive = 'drive 120' OR drive = 'drive 077'"), "facets")
        card = wire.ask("get_facets", columns=[["category", "drive"]])[0]["cards"][0]
        values = [line["value"] for line in card["values"]]
        assert {"drive 000", "drive 120", "drive 077"} <= set(values)
        assert len(values) + card["more"] == -(-N // 3)

    def test_a_histogram_has_no_list(self, ask):
        assert "no list" in ask("get_values", kind="number", column="speed", contains="")["message"]
        assert "speeed" in ask("get_values", kind="number", column="speeed", contains="")["message"]


def test_columns_complete_a_where(odd, ask):
    reply = ask("get_columns")
    columns = {column["name"]: column for column in reply["columns"]}
    assert list(columns) == odd.columns
    assert reply["fields"] == ["objects"]
    assert columns["weather"]["kind"] == "category"
    assert "'it''s'" in columns["weather"]["values"]
    assert (columns["caption"]["kind"], columns["caption"]["values"]) == ("text", [])
    assert columns["wet"]["values"] == ["false", "true"]
    assert columns["parts"]["kind"] == "other"
    assert "'one lane'" in columns["tags"]["values"]
    for name in ("weather", "wet", "same"):
        for value in columns[name]["values"]:
            assert odd.where(f'"{name}" = {value}').count() > 0


class TestCodings:
    def test_are_shared_by_all_who_ask_and_made_once(self, odd, monkeypatch):
        from curate.widgets import codings as module

        made: list[str] = []
        monkeypatch.setattr(module, "_code", _counting(module._code, made))
        fresh = Codings(odd.session)
        columns = fresh.columns()
        results: list[Any] = []
        threads = [threading.Thread(target=lambda: results.append(fresh.coded(columns))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(made) == sorted(column.name for column in columns)
        assert all(a is b for result in results for a, b in zip(result, results[0], strict=True))
        assert Codings.of(odd) is Codings.of(odd.where("TRUE"))

    def test_an_error_is_told_and_tried_again(self, odd, monkeypatch):
        from curate.widgets import codings as module

        fresh = Codings(odd.session)
        whole = module._code

        def failing(*_: Any) -> None:
            raise MemoryError

        monkeypatch.setattr(module, "_code", failing)
        with pytest.raises(MemoryError):
            fresh.coded([fresh.column("category", "weather")])
        monkeypatch.setattr(module, "_code", whole)
        assert fresh.coded([fresh.column("category", "weather")])[0].codes is not None

    def test_colours(self, odd):
        codings = Codings.of(odd)
        weather = codings.colours("category", "weather")
        values = odd.df(["weather"])["weather"].to_list()
        assert [None if code == 0 else weather.values[code - 1] for code in weather.codes.tolist()] == values
        assert weather.counts.tolist() == np.bincount(weather.codes).tolist()
        speed = codings.colours("number", "speed")
        assert (speed.kind, speed.codes.min(), speed.codes.max()) == ("number", 1, 256)
        assert codings.colours("time", "seen").low < 0
        objects = codings.colours("labels", "objects")
        assert objects.texts[0] == "bus"
        assert objects.counts.sum() == N
        assert codings.colours("category", "root").values == ["r"]

    def test_refuse_what_cannot_colour(self, odd):
        codings = Codings.of(odd)
        with pytest.raises(BadValue, match="too many different values"):
            codings.colours("category", "uri")
        with pytest.raises(BadValue, match="no number"):
            codings.colours("number", "weather")
        with pytest.raises(UnknownName):
            codings.colours("labels", "cars")

    def test_follow_the_dataset(self, rich):
        codings = Codings.of(rich)
        tags = codings.column("tags", "tags")
        labels = codings.column("labels", "objects")
        weather = codings.column("category", "weather")
        before = codings.coded([tags, labels, weather])
        rich.limit(3).tag("fresh")
        after = codings.coded([tags, labels, weather])
        assert "fresh" in after[0].codes.values
        assert after[1] is before[1]  # a tag says nothing about labels
        assert after[2] is before[2]
        added = rich.limit(2).df(["sample_id"]).with_columns(value=pl.Series(["tram", "tram"]))
        rich.add_labels(added, field="objects", source="bob")
        assert "tram" in codings.coded([labels])[0].codes.values
        rich.undo()
        assert "tram" not in codings.coded([labels])[0].codes.values
        rich.purge(rich.ids()[:5])
        again = codings.coded([weather])[0]
        assert (again.n, again.generation) == (rich.count(), rich.session.generation)


def _counting(whole: Callable[..., Any], made: list[str]) -> Callable[..., Any]:
    def counting(column: Any, *rest: Any) -> Any:
        made.append(column.name)
        return whole(column, *rest)

    return counting


def test_an_empty_dataset_has_no_cards(tmp_path: Path, open_widget: Any) -> None:
    _, wire = open_widget(curate.create(tmp_path / "empty.curate"), "facets")
    assert wire.ask("get_facets")[0]["cards"] == []
    assert wire.ask("get_columns")[0]["fields"] == []


def test_what_a_search_adds_completes_a_where(ds: Dataset, open_widget: Any) -> None:
    text = FunctionEncoder(lambda pictures: np.ones((len(pictures), 3)), texts=lambda texts: np.ones((len(texts), 3)))
    ds.embed(np.random.default_rng(0).normal(size=(24, 3)), name="made", text=text)
    searches = {("score", "rank", "score_percentile"): ds.search(like=int(ds.ids()[0]))}
    searches[*next(iter(searches)), "score_contrast"] = ds.search("hail")
    for added, view in searches.items():
        _, wire = open_widget(view, "facets")
        columns = wire.ask("get_columns")[0]["columns"]
        assert [column["name"] for column in columns] == [*ds.columns, *added]
        assert {column["kind"] for column in columns[-len(added) :]} == {"number"}
        for name in added:
            assert view.where(f"{name} >= 0").count() <= 23
