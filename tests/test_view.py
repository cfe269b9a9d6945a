"""The query algebra on a real dataset of 24 samples: weather = rain, snow, hail, clear in turn; speed = 0…23; the last is empty."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import errors
from curate.query import Query
from curate.view import View


def speeds(view):
    return view.df(["speed"])["speed"].to_list()


def test_where_takes_parameters_and_chains(ds):
    view = ds.where("weather = ?", "hail").where("speed < ?", 10)
    assert speeds(view) == [2.0, 6.0]
    assert view.count() == len(view) == 2


def test_a_view_is_immutable(ds):
    view = ds.where("weather = 'rain'")
    view.limit(1)
    assert view.count() == 6
    assert ds.count() == 24


@pytest.mark.parametrize(
    ("sql", "kind", "words"),
    [
        ("wether = 'rain'", errors.UnknownName, "did you mean 'weather'"),
        ('weather = "rain"', errors.UnknownName, "single quotes"),
        ("", errors.BadQuery, "Got nothing"),
        ("speed", errors.BadQuery, "not true or false"),
        ("speed > 'fast'", errors.BadQuery, "cannot run"),
        ("speed >", errors.BadQuery, "cannot be read"),
        ("1=1) GROUP BY (weather", errors.BadQuery, "more than one boolean expression"),
        ("1=1; DROP TABLE wide", errors.BadQuery, "cannot be read"),
        ("random() < 0.5", errors.BadQuery, "sample"),
        ("EXISTS (SELECT 1 FROM read_csv('/etc/passwd'))", errors.BadQuery, "this dataset and nothing else"),
        ("EXISTS (SELECT 1 FROM information_schema.tables)", errors.UnknownName, "table"),
        ("score > 0.2", errors.UnknownName, "after search"),
        ("count(*) > 1", errors.BadQuery, "cannot run"),
    ],
)
def test_a_bad_where_is_refused_at_once_with_a_hint(ds, sql, kind, words):
    with pytest.raises(kind, match=words) as caught:
        ds.where(sql)
    assert "Hint:" in str(caught.value)


def test_a_wrong_number_of_parameters_is_refused(ds):
    with pytest.raises(errors.BadQuery):
        ds.where("speed < ? AND speed > ?", 1)


def test_where_may_look_into_labels(ds):
    ids = ds.where("speed < 3").ids()
    ds.add_labels(
        __import__("polars").DataFrame({"sample_id": ids, "value": ["car"] * 3}), field="object", source="ada"
    )
    assert ds.where("sample_id IN (SELECT sample_id FROM labels WHERE value = 'car')").count() == 3


def test_tags_filter_and_undo_takes_back_exactly_what_was_changed(ds):
    rain = ds.where("weather = 'rain'")
    assert rain.limit(2).tag("wet") == 2
    assert rain.tag("wet", "reviewed") == 6
    assert ds.tagged("wet").count() == 6
    assert ds.undo() == "tag wet, reviewed"
    assert ds.tagged("wet").count() == 2
    assert ds.tagged("reviewed").count() == 0
    assert ds.untagged("wet").count() == 22
    assert rain.untag("wet") == 2
    ds.undo()
    assert ds.tagged("wet").count() == 2


def test_an_undo_can_be_undone(ds):
    ds.limit(3).tag("x")
    ds.undo()
    undo = ds.history().row(0, named=True)
    assert undo["action"] == "undo"
    ds.undo(undo["event_id"])
    assert ds.tagged("x").count() == 3


def test_undo_says_what_it_cannot_do(ds):
    with pytest.raises(errors.BadValue, match="nothing to undo"):
        ds.undo()
    with pytest.raises(errors.UnknownName, match="event"):
        ds.undo("no-such-event")
    ingest = ds.history().filter(__import__("polars").col("action") == "ingest")["event_id"][0]
    with pytest.raises(errors.BadValue, match="cannot be undone"):
        ds.undo(ingest)


def test_an_unknown_tag_has_near_names(ds):
    ds.limit(1).tag("reviewed")
    with pytest.raises(errors.UnknownName, match="did you mean 'reviewed'"):
        ds.tagged("reviewd")


@pytest.mark.parametrize("bad", ["", " ", 3, None])
def test_a_tag_must_be_text(ds, bad):
    with pytest.raises(errors.BadValue, match="must be text"):
        ds.tag(bad)


def test_tags_are_text_whatever_they_hold(ds):
    names = ["<script>alert(1)</script>", "o'clock", 'say "x"', "شتاء", "🌨", "a,b"]
    ds.limit(1).tag(*names)
    for name in names:
        assert ds.tagged(name).count() == 1
    assert ds.first()["tags"] == sorted(names)


def test_sort_puts_nulls_last_and_keeps_ties_in_order(ds):
    assert speeds(ds.sort_by("speed", descending=True))[:2] == [23.0, 22.0]
    assert speeds(ds.sort_by("speed"))[-1] is None
    by_weather = ds.sort_by("weather").df(["weather", "speed"])
    assert by_weather["weather"].to_list() == sorted(by_weather["weather"].to_list())
    assert by_weather["speed"].head(6).to_list() == [3.0, 7.0, 11.0, 15.0, 19.0, 23.0]


def test_where_keeps_the_order_of_a_sorted_view(ds):
    assert speeds(ds.sort_by("speed", descending=True).where("weather = 'hail'").limit(2)) == [22.0, 18.0]


def test_select_and_exclude(ds):
    ids = ds.ids()
    assert ds.select(ids[[5, 2]]).ids().tolist() == ids[[5, 2]].tolist()
    assert ds.exclude(ids[:4]).count() == 20
    assert ds.exclude(ds.where("weather = 'rain'")).count() == 18
    with pytest.raises(errors.UnknownName, match="1 of 2 ids"):
        ds.select([int(ids[0]), 1])
    with pytest.raises(errors.BadValue, match="integers"):
        ds.select(["a"])


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another(ds):
    assert ds.sample(8, seed=1).ids().tolist() == ds.sample(8, seed=1).ids().tolist()
    assert ds.sample(8, seed=1).ids().tolist() != ds.sample(8, seed=2).ids().tolist()
    assert ds.sample(99).count() == 24


@pytest.mark.parametrize(("verb", "argument"), [("limit", -1), ("limit", 1.5), ("limit", True), ("sample", -1)])
def test_numbers_out_of_range_are_refused(ds, verb, argument):
    with pytest.raises(errors.BadValue, match="whole number"):
        getattr(ds, verb)(argument)


def test_sql_sees_the_view_as_this(ds):
    got = ds.where("speed >= 20").sql("SELECT weather, count(*) AS n FROM this GROUP BY 1 ORDER BY 1")
    assert got.rows() == [("clear", 1), ("hail", 1), ("rain", 1), ("snow", 1)]
    assert ds.sql("SELECT count(*) FROM this JOIN samples USING (sample_id)").item() == 24


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE wide", "SELECT 1; SELECT 2", "SELECT * FROM read_text('/etc/passwd')", "SELECT nope FROM this", ""],
)
def test_sql_that_is_not_one_select_of_this_dataset_is_refused(ds, sql):
    with pytest.raises((errors.BadQuery, errors.UnknownName)):
        ds.sql(sql)
    assert ds.count() == 24


def test_df_names_unknown_columns(ds):
    with pytest.raises(errors.UnknownName, match="did you mean 'speed'"):
        ds.df(["sped"])


def test_first_and_images(ds):
    assert ds.first()["weather"] == "rain"
    with pytest.raises(errors.BadValue, match="empty"):
        ds.where("speed > 99").first()
    pictures = list(ds.images())
    assert len(pictures) == 23, "the empty file is passed over"
    assert pictures[0].size == (64, 48)


def test_explain_shows_the_sql_and_the_plan(ds):
    text = ds.where("weather = ?", "rain").explain()
    assert "SELECT position FROM samples WHERE (weather = ?)" in text
    assert "Seq Scan" in text


def test_a_query_replays_from_json_and_prints_as_python_that_runs(ds):
    view = ds.where("weather = ?", "rain").sort_by("speed").limit(3)
    again = View(ds, Query.from_json(view.query.to_json()))
    assert again.ids().tolist() == view.ids().tolist()
    assert eval(view.query.to_python(), {"ds": ds}).ids().tolist() == view.ids().tolist()


@settings(max_examples=40, deadline=None)
@given(low=st.integers(-1, 24), n=st.integers(0, 30), seed=st.integers(0, 5))
def test_steps_agree_with_plain_python(prepared, low, n, seed):
    ds = _opened(prepared)
    every = [s if s is not None else -5.0 for s in speeds(ds)]
    want = [s for s in every if s > low][:n]
    got = ds.where("coalesce(speed, -5) > ?", low).limit(n)
    assert [s if s is not None else -5.0 for s in speeds(got)] == want
    drawn = got.sample(3, seed=seed).ids()
    assert len(set(drawn.tolist())) == min(3, len(want))
    assert set(drawn.tolist()) <= set(got.ids().tolist())


_datasets = {}


def _opened(path):
    import curate

    if path not in _datasets:
        _datasets[path] = curate.open(path)
    return _datasets[path]


def test_repr_says_what_and_how_many_and_never_the_data(ds):
    assert repr(ds) == "<Dataset 'photos': 24 samples, 35 columns>"
    assert repr(ds.where("speed < 3")) == '<View ds.where("speed < 3")>'


def test_ids_are_int64(ds):
    assert ds.ids().dtype == np.int64
