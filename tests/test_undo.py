"""Undo of any event, and of none that later ones were built on: weather = rain, snow, hail, clear in turn; speed = 0…23."""

import polars as pl
import pytest

import curate
from curate import errors
from curate.store.foundations import Foundations
from curate.widgets.exploration import Exploration


def event_of(ds, action, number=0):
    """The latest event of that kind, or an earlier one."""
    return ds.history().filter(pl.col("action") == action)["event_id"][number]


def tagged(ds, view, *tags):
    view.tag(*tags)
    return event_of(ds, "tag")


def refused(ds, event, *words):
    before = ds.history().height
    with pytest.raises(errors.BadValue, match=r"were built on it|has been undone") as caught:
        ds.undo(event)
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert "Hint: " in message
    assert ds.history().height == before, "a refusal writes nothing"
    return message


def test_any_event_is_undone_not_only_the_last(ds):
    first = tagged(ds, ds.limit(4), "a")
    ds.limit(9).tag("b")
    ds.where("weather = 'rain'").save("rain")
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    assert ds.undo(first) == "tag a"
    assert sorted(ds.session.tags) == ["b"]
    assert ds.splits() == ["halves"]
    assert ds.slice("rain").count == 6
    ds.undo(event_of(ds, "slice"))
    assert ds.slices().height == 0
    ds.undo(event_of(ds, "split"))
    assert "halves" not in ds.columns
    fresh = curate.open(ds.folder.location)
    assert sorted(fresh.session.tags) == ["b"]
    assert "halves" not in fresh.columns


def test_a_tag_that_was_taken_off_later_is_refused_until_that_is_undone(ds):
    tag = tagged(ds, ds.limit(4), "wet")
    ds.limit(2).untag("wet")
    untag = event_of(ds, "untag")
    message = refused(ds, tag, "untag wet (2 samples", untag)
    assert f"ds.undo('{untag}')" in message
    ds.undo(untag)
    ds.undo(tag)
    assert ds.session.tags == {}


def test_a_tag_that_was_taken_off_other_samples_is_undone(ds):
    first = tagged(ds, ds.limit(4), "wet")
    ds.where("speed > 15").tag("wet")
    ds.where("speed > 20").untag("wet")
    ds.undo(first)
    assert ds.tagged("wet").count() == 5


def test_a_slice_of_tagged_samples_stands_on_the_tag(ds):
    tag = tagged(ds, ds.where("weather = 'rain'"), "wet")
    other = tagged(ds, ds.where("speed > 20"), "fast")
    ds.tagged("wet").where("speed < 12").save("wet-and-slow")
    refused(ds, tag, "slice wet-and-slow (3 samples")
    ds.undo(other)
    ds.undo(event_of(ds, "slice"))
    assert ds.undo(tag) == "tag wet"


def test_a_slice_does_not_stand_on_a_tag_of_samples_that_it_does_not_have(ds):
    slow = tagged(ds, ds.where("speed < 4"), "seen")
    fast = tagged(ds, ds.where("speed > 20"), "seen")
    ds.tagged("seen").where("speed > 4").save("fast")
    refused(ds, fast, "slice fast")
    ds.undo(slow)
    reviewed = tagged(ds, ds.limit(2), "reviewed")
    ds.untagged("reviewed").save("to do")
    ds.undo(reviewed)


@pytest.mark.parametrize(
    "view",
    [
        lambda ds: ds.where("list_contains(tags, 'wet')"),
        lambda ds: ds.where("list_contains(tags, ?)", "wet"),
        lambda ds: ds.where("speed < 12").exclude(ds.untagged("wet")),
        lambda ds: ds.select(ds.ids()).tagged("wet"),
    ],
)
def test_a_tag_is_found_wherever_a_query_names_it(ds, view):
    tag = tagged(ds, ds.where("weather = 'rain'"), "wet")
    view(ds).save("chosen")
    refused(ds, tag, "slice chosen")


def test_a_tag_on_samples_that_were_found_by_a_tag_stands_on_it(ds):
    tag = tagged(ds, ds.where("weather = 'rain'"), "wet")
    ds.tagged("wet").limit(2).tag("very wet")
    refused(ds, tag, "tag very wet (2 samples")


def test_a_split_is_kept_while_strata_groups_or_queries_name_it(ds):
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    halves = event_of(ds, "split")
    ds.split({"a": 0.5, "b": 0.5}, name="quarters", stratify="halves")
    refused(ds, halves, "split quarters")
    ds.undo(event_of(ds, "split"))
    ds.where("HALVES = 'x'").save("left")
    refused(ds, halves, "slice left")
    ds.undo(event_of(ds, "slice"))
    ds.sort_by("halves").limit(3).save("first")
    refused(ds, halves, "slice first")
    ds.undo(event_of(ds, "slice"))
    ds.undo(halves)
    assert "halves" not in ds.columns


def test_a_slice_stands_on_the_split_as_it_was_then(ds):
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    ds.split({"x": 0.3, "y": 0.7}, name="halves", seed=2)
    old, new = event_of(ds, "split", 1), event_of(ds, "split")
    ds.where("halves = 'x'").save("left")
    refused(ds, new, "slice left")
    ds.undo(old)
    assert ds.splits() == ["halves"]


def labelled(ds, view, value):
    table = pl.DataFrame({"sample_id": view.ids(), "value": value})
    ds.add_labels(table, field="object", source="ada")
    return event_of(ds, "label")


def test_labels_are_kept_while_a_slice_was_found_by_them(ds):
    cars = labelled(ds, ds.limit(3), "car")
    buses = labelled(ds, ds.where("speed > 20"), "bus")
    ds.where("sample_id IN (SELECT sample_id FROM labels WHERE value = 'car')").save("cars")
    refused(ds, cars, "slice cars")
    ds.undo(buses)
    assert ds.labels("object")["value"].to_list() == ["car"] * 3


def test_the_examples_of_a_field_are_kept_while_a_model_has_learnt_from_them(ds):
    cars = labelled(ds, ds.limit(3), "car")
    table = pl.DataFrame({"sample_id": ds.ids()[:2], "value": "car"})
    ds.add_labels(table, field="object", source="old model", source_kind="model")
    by_model = event_of(ds, "label")
    learnt = {"field": "object", "source": "clip:demo", "run": "object-1", "how": "examples"}
    event = ds.write_event("label", learnt, count=24)
    refused(ds, cars, "label object, by clip:demo", event)
    ds.undo(by_model)
    ds.write_event("label", {**learnt, "field": "other", "run": "other-1"}, count=24)
    ds.undo(event)
    ds.undo(cars)


def test_what_an_event_names_itself_is_kept(ds):
    tag = tagged(ds, ds.limit(2), "a")
    derived = ds.write_event("label", {"field": "x", "source": "model", "run": "x-1", "built_on": [tag]}, count=1)
    refused(ds, tag, "label x, by model", derived)
    ds.undo(derived)
    ds.undo(tag)


def test_what_was_found_in_a_hunt_stands_on_its_answers(ds):
    hunt = ds.write_event("hunt", {"name": "hail", "query": "{}", "seed": 0})
    told = {"hunt": hunt, "name": "hail", "verdict": "yes"}
    first = ds.write_event("verdict", told, sample_ids=ds.ids()[:2])
    second = ds.write_event("verdict", told, sample_ids=ds.ids()[5:7])
    refused(ds, hunt, "verdict hail: yes")
    query = ds.limit(2).query.to_json()[:-1] + ',"hunt":{"name":"hail"}}'
    ds.write_event("slice", {"name": "found", "query": query}, sample_ids=ds.ids()[:2])
    refused(ds, first, "slice found")
    ds.undo(second)


def test_everything_can_be_taken_back_from_the_latest_on_and_brought_back(ds):
    ds.where("weather = 'rain'").tag("wet")
    ds.tagged("wet").limit(3).untag("wet")
    ds.tagged("wet").save("wet")
    ds.split({"x": 0.5, "y": 0.5}, name="halves")
    ds.where("halves = 'x'").tag("left")
    state = (ds.history()["what"].to_list(), {t: i.tolist() for t, i in ds.session.tags.items()})
    undone = [ds.undo() for _ in range(5)]
    assert undone == ["tag left", "split halves", "slice wet", "untag wet", "tag wet"]
    assert (ds.session.tags, ds.session.slices, ds.session.splits) == ({}, {}, {})
    with pytest.raises(errors.BadValue, match="nothing to undo"):
        ds.undo()
    undos = ds.history().filter(pl.col("action") == "undo")["event_id"].to_list()
    message = refused(ds, undos[2], "Slice wet cannot be brought back", "tag wet")
    assert f"ds.undo('{undos[0]}')" in message
    for undo in undos:
        ds.undo(undo)
    assert {t: i.tolist() for t, i in ds.session.tags.items()} == state[1]
    assert ds.splits() == ["halves"]
    assert ds.slice("wet").count == 3


def test_what_was_built_on_it_and_is_undone_does_not_count(ds):
    tag = tagged(ds, ds.limit(4), "wet")
    ds.tagged("wet").save("wet")
    ds.undo()
    ds.undo(tag)
    assert ds.session.tags == {}


def test_what_others_built_on_it_is_named_too(ds, monkeypatch):
    ds.limit(4).tag("wet")
    monkeypatch.setenv("CURATE_ACTOR", "bob")
    other = curate.open(ds.folder.location)
    for number in range(7):
        other.tagged("wet").save(f"wet {number}")
    monkeypatch.undo()
    with pytest.raises(errors.BadValue, match=r"slice wet 6 .*by bob.*slice wet 2.*; and 2 more"):
        ds.undo()


@pytest.mark.parametrize(
    ("action", "hint"), [("ingest", "purge"), ("root", "ds.roots"), ("snapshot", "never moves"), ("export", "folder")]
)
def test_what_cannot_be_undone_says_what_to_do_instead(ds, action, hint, tmp_path):
    ds.snapshot("v1")
    ds.limit(2).export(tmp_path / "out", format="csv")
    with pytest.raises(errors.BadValue, match="cannot be undone") as caught:
        ds.undo(event_of(ds, action))
    assert hint in str(caught.value)


def test_undo_twice_says_how_to_bring_it_back(ds):
    tag = tagged(ds, ds.limit(2), "a")
    ds.undo(tag)
    with pytest.raises(errors.BadValue, match="undone already") as caught:
        ds.undo(tag)
    undo = event_of(ds, "undo")
    assert f"ds.undo('{undo}')" in str(caught.value)
    ds.undo(undo)
    assert ds.tagged("a").count() == 2
    with pytest.raises(errors.UnknownName, match="event"):
        ds.undo(7)


def test_a_view_of_very_many_picked_samples_is_read_quickly(ds):
    """Python's own parser takes seconds for a million ids."""
    tag = tagged(ds, ds.limit(2), "wet")
    numbers = ", ".join(str(2**62 + n) for n in range(200_000))
    query = f"ds.select([{numbers}]).tagged('wet')"
    ds.write_event("tag", {"tags": ["b"], "query": query}, sample_ids=ds.ids()[:1])
    rows = Foundations(ds.session).above(next(r for r in ds.session.log if r["event_id"] == tag))
    assert [row["payload"]["tags"] for row in rows] == [["b"]]


def test_the_explorer_takes_back_its_own_latest_step_or_says_what_stands_on_it(ds):
    exploration = Exploration(ds)
    exploration.change(ds.limit(5), "five")
    exploration.written([ds.limit(2)._tag("tag", ("a",))[1]], "tag a (2)")
    other = curate.open(ds.folder.location)
    other.limit(9).tag("b")
    assert exploration.undo() == "tag a (2)", "what somebody else did since is none of its business"
    assert sorted(ds.session.tags) == ["b"]
    exploration.redo()
    other.tagged("a").save("theirs")
    with pytest.raises(errors.BadValue, match="slice theirs"):
        exploration.undo()
    assert ds.tagged("a").count() == 2
    assert exploration.undo() == "five", "the step that cannot be undone is not in the way"
