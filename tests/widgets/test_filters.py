from __future__ import annotations

import datetime as dt
import math

import msgspec
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import BadValue, UnknownName
from curate.query import Query, Tagged, Untagged, Where
from curate.view import View
from curate.widgets.filters import filters_of, read_step, step_of
from curate.widgets.protocol import Interval, Values

TEXT = st.text(max_size=12) | st.sampled_from(["rain", "it's", 'say "x"', "?", "\\", "🦔", "a, b", "NULL", "none", ""])
NUMBER = st.floats(-1e9, 1e9, allow_nan=False)
NAMES = st.sampled_from(["weather", "drive"])


def values(of):
    return st.lists(of | st.none(), min_size=1, max_size=4, unique=True).map(lambda v: Values(values=v))


def interval(low, high):
    low, high = (high, low) if low is not None and high is not None and low > high else (low, high)
    return Interval(low=low, high=high)


INTERVALS = st.builds(interval, NUMBER | st.none(), NUMBER | st.none()).filter(
    lambda i: (i.low, i.high) != (None, None)
)
MOMENTS = st.integers(-(10**10), 10**10) | st.none()
CARDS = st.one_of(
    st.tuples(st.just("category"), NAMES, values(TEXT)),
    st.tuples(st.just("tags"), st.just("tags"), values(TEXT)),
    st.tuples(st.just("labels"), st.sampled_from(["objects", "road"]), values(TEXT)),
    st.tuples(st.just("number"), st.sampled_from(["speed", "width", "brightness"]), INTERVALS),
    st.tuples(st.just("number"), st.just("speed"), st.just(Values(values=[None]))),
    st.tuples(
        st.just("time"),
        st.just("ingested_at"),
        st.builds(interval, MOMENTS, MOMENTS).filter(lambda i: (i.low, i.high) != (None, None)),
    ),
)


def as_set(filter):
    return set(filter.values) if isinstance(filter, Values) else (filter.low, filter.high)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(card=CARDS)
def test_a_filter_is_read_back_from_its_step_and_from_its_python(rich, card):
    kind, name, filter = card
    step = step_of(rich.session, kind, name, filter)
    assert as_set(filters_of(Query((step,))).get((kind, name))) == as_set(filter)
    # and the Python that it prints as gives the same step
    if not (isinstance(step, Tagged) and step.tags[0] not in rich.session.tags):
        again = eval(Query((step,)).to_python(), {"ds": rich})
        assert again.query.steps == (step,)
        assert again.count() <= 24
    assert read_step(msgspec.json.decode(msgspec.json.encode(step), type=type(step))) == read_step(step)


def kept(ds, kind, name, filter):
    return View(ds, Query((step_of(ds.session, kind, name, filter),)))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(wanted=st.lists(st.sampled_from(["rain", "snow", "hail", None, "it's"]), min_size=1, unique=True))
def test_categories_keep_any_of_their_values(rich, wanted):
    frame = rich.df(["weather"])["weather"]
    view = kept(rich, "category", "weather", Values(values=wanted))
    assert view.count() == sum(value in wanted for value in frame.to_list())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(wanted=st.lists(st.sampled_from(["night", "blurred", None]), min_size=1, unique=True))
def test_tags_keep_any_of_them_and_none_keeps_those_without(rich, wanted):
    tags = rich.df(["tags"])["tags"].to_list()
    expected = [bool(set(wanted) & set(held)) or (None in wanted and not held) for held in tags]
    assert kept(rich, "tags", "tags", Values(values=wanted)).count() == sum(expected)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(wanted=st.lists(st.sampled_from(["car", "bus", "tram", None]), min_size=1, unique=True))
def test_labels_keep_samples_with_any_of_them(rich, wanted):
    labels = rich.labels("objects")
    of = {id: set(labels.filter(pl.col("sample_id") == id)["value"]) for id in rich.ids().tolist()}
    expected = [bool(set(wanted) & held) or (None in wanted and not held) for held in of.values()]
    assert kept(rich, "labels", "objects", Values(values=wanted)).count() == sum(expected)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(low=st.none() | st.floats(-1, 25), high=st.none() | st.floats(-1, 25))
def test_intervals_are_closed_below_and_open_above(rich, low, high):
    filter = interval(low, high)
    speeds = [speed for speed in rich.df(["speed"])["speed"].to_list() if speed is not None]
    low, high = (-math.inf if filter.low is None else filter.low), (math.inf if filter.high is None else filter.high)
    step = step_of(rich.session, "number", "speed", filter)
    if step is None:
        assert (filter.low, filter.high) == (None, None)
    else:
        assert View(rich, Query((step,))).count() == sum(low <= speed < high for speed in speeds)


@pytest.mark.parametrize(
    ("kind", "name", "filter", "python"),
    [
        ("category", "weather", Values(values=["rain"]), """ds.where("weather = ?", 'rain')"""),
        ("category", "WEATHER", Values(values=["rain", "snow"]), """ds.where("weather IN (?, ?)", 'rain', 'snow')"""),
        ("category", "weather", Values(values=[None]), """ds.where("weather IS NULL")"""),
        ("category", "weather", Values(values=["a", None]), """ds.where("weather = ? OR weather IS NULL", 'a')"""),
        ("number", "width", Interval(low=5.0, high=9.5), """ds.where("width >= ? AND width < ?", 5, 9.5)"""),
        (
            "time",
            "ingested_at",
            Interval(low=0.0, high=None),
            """ds.where("ingested_at >= ?", '1970-01-01 00:00:00')""",
        ),
        ("tags", "tags", Values(values=["night"]), "ds.tagged('night')"),
        ("tags", "tags", Values(values=["a", "b"]), """ds.where("list_has_any(tags, [?, ?])", 'a', 'b')"""),
        ("tags", "tags", Values(values=[None]), """ds.where("tags = []")"""),
    ],
)
def test_a_filter_is_written_as_a_person_would(rich, kind, name, filter, python):
    assert Query((step_of(rich.session, kind, name, filter),)).to_python() == python


def test_names_that_sql_would_take_for_something_else_are_quoted(rich):
    ids = rich.ids()
    for column in ("order", "my column", 'a "b"'):
        rich.add_labels(pl.DataFrame({"sample_id": ids[:1], "value": ["x"]}), field=column, source="ada")
        schema = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field(column, pa.string())])
        rich.folder.table(f"fields/{abs(hash(column))}", schema).append(
            pa.table({"sample_id": ids, column: ["x"] * 12 + ["y"] * 12}, schema=schema)
        )
    rich.session.refresh()
    for column in ("order", "my column", 'a "b"'):
        step = step_of(rich.session, "category", column, Values(values=["x"]))
        assert View(rich, Query((step,))).count() == 12
        assert filters_of(Query((step,))).get(("category", column)) == Values(values=["x"])


@pytest.mark.parametrize(
    ("sql", "params", "filter"),
    [
        ("weather = 'rain'", (), Values(values=["rain"])),
        ("weather in ('it''s', ?)", ("x",), Values(values=["it's", "x"])),
        ('"Weather"=?', ("rain",), Values(values=["rain"])),
        ("weather is null", (), Values(values=[None])),
        ("weather <> 'rain'", (), None),
        ("NOT weather = 'rain'", (), None),
        ("weather = 'rain' AND drive = 'a'", (), None),
        ("weather = 'rain' OR drive IS NULL", (), None),
        ("weather = drive", (), None),
        ("weather = ?", (None,), None),
        ("weather IN (SELECT weather FROM samples)", (), None),
        ("weather = 'rain' -- so", (), None),
        ("", (), None),
    ],
)
def test_what_python_wrote_is_shown_where_a_card_can_show_it(sql, params, filter):
    assert filters_of(Query((Where(sql, params),))).get(("category", "weather")) == filter


def test_what_no_card_can_show_is_no_filter():
    assert read_step(Tagged(("a", "b"))) is None, "all of several tags, where a card means any"
    assert read_step(Untagged(("a",))) is None
    numbers = filters_of(Query((Where("speed >= 3"), Where("width = 5"))))
    assert numbers.get(("number", "speed")) == Interval(low=3.0, high=None)
    assert numbers.get(("time", "speed")) is None
    assert numbers.get(("number", "width")) is None, "a histogram has no single values"


@pytest.mark.parametrize(
    ("kind", "name", "filter", "error"),
    [
        ("category", "wether", Values(values=["rain"]), UnknownName),
        ("labels", "obects", Values(values=["car"]), UnknownName),
        ("category", "weather", Values(values=[5]), BadValue),
        ("number", "speed", Values(values=["fast"]), BadValue),
        ("number", "speed", Values(values=[math.nan]), BadValue),
        ("number", "speed", Interval(low=math.nan, high=None), BadValue),
        ("number", "speed", Interval(low=math.inf, high=None), BadValue),
        ("number", "speed", Interval(low=5.0, high=4.0), BadValue),
        ("number", "weather", Interval(low=5.0, high=None), BadValue),
        ("time", "ingested_at", Interval(low=1e300, high=None), BadValue),
        ("tags", "tags", Interval(low=1.0, high=None), BadValue),
        ("tags", "tags", Values(values=[True]), BadValue),
        ("category", "tags", Values(values=["night"]), BadValue),
    ],
)
def test_what_does_not_fit_is_refused(rich, kind, name, filter, error):
    with pytest.raises(error):
        step_of(rich.session, kind, name, filter)


def test_a_day_is_kept_from_its_midnight(rich):
    schema = pa.schema([pa.field("sample_id", pa.int64(), nullable=False), pa.field("day", pa.date32())])
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(24)]
    rich.folder.table("fields/days", schema).append(pa.table({"sample_id": rich.ids(), "day": days}, schema=schema))
    rich.session.refresh()
    third = dt.datetime(2026, 1, 3, tzinfo=dt.UTC).timestamp()
    for low, count in ((third, 22), (third + 1, 21), (third - 1, 22)):
        assert kept(rich, "time", "day", Interval(low=low, high=None)).count() == count
