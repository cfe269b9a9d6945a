import numpy as np
import pytest

from curate.store import events
from curate.store.hunts import DRAWN, NO, OUTSIDE, REST, REVIEWED, UNSURE, YES


@pytest.fixture
def began(ds):
    """A hunt on 24 samples, begun by its event alone."""
    return ds, ds.write_event("hunt", {"name": "hail", "query": "{}", "seed": 0})


def answer(ds, hunt, ids, verdict):
    return ds.write_event("verdict", {"hunt": hunt, "name": "hail", "verdict": verdict}, sample_ids=np.asarray(ids))


def test_the_latest_answer_counts_and_each_sample_stands_once(began):
    ds, hunt = began
    a, b, c = ds.ids()[:3].tolist()
    answer(ds, hunt, [a, b], "yes")
    answer(ds, hunt, [c], "unsure")
    answer(ds, hunt, [b], "no")
    log = ds.session.hunt_log(hunt)
    assert log.ids.tolist() == [a, b, c]
    assert log.verdicts.tolist() == [YES, NO, UNSURE]
    assert log.times.tolist() == [1, 2, 1]
    assert log.those(YES).tolist() == [a]


def test_an_answer_that_is_taken_back_brings_the_former_one_back(began):
    ds, hunt = began
    (a,) = ds.ids()[:1].tolist()
    answer(ds, hunt, [a], "yes")
    second = answer(ds, hunt, [a], "no")
    undoing = ds.write_event("undo", {"event": second})
    assert ds.session.hunt_log(hunt).verdicts.tolist() == [YES]
    ds.write_event("undo", {"event": undoing})
    assert ds.session.hunt_log(hunt).verdicts.tolist() == [NO]


def test_hunts_do_not_mix(began):
    ds, hunt = began
    other = ds.write_event("hunt", {"name": "fog", "query": "{}", "seed": 0})
    answer(ds, other, ds.ids()[:2], "yes")
    assert ds.session.hunt_log(hunt).ids.tolist() == []
    assert ds.session.hunt_log(other).ids.tolist() == ds.ids()[:2].tolist()


def test_of_two_that_began_at_once_the_first_stands(began):
    ds, hunt = began
    ds.write_event("hunt", {"name": "hail", "query": "{}", "seed": 0})
    assert ds.session.hunts["hail"]["event_id"] == hunt
    ds.undo(hunt)
    assert ds.session.hunts["hail"]["event_id"] != hunt


def test_an_audit_is_planned_then_drawn_then_estimated(began):
    ds, hunt = began
    ids = ds.ids()
    told = {"hunt": hunt, "name": "hail"}
    zone = np.array([REVIEWED] * 2 + [REST] * 8, np.int16)
    plan = ds.write_event("audit", {**told, "seed": 3}, sample_ids=ids[:10], codes=zone)
    assert ds.session.hunt_log(hunt).audits[0].drawn.tolist() == []
    codes = np.array([DRAWN, DRAWN, OUTSIDE], np.int16)
    ds.write_event("audit", {**told, "audit": plan}, sample_ids=ids[[2, 1, 20]], codes=codes)
    ds.write_event("audit", {**told, "audit": plan}, sample_ids=ids[[5, 6, 21]], codes=codes)  # too late
    ds.write_event("estimate", {**told, "audit": plan, "low": 1})
    (audit,) = ds.session.hunt_log(hunt).audits
    assert (audit.reviewed.tolist(), audit.rest.tolist()) == (ids[:2].tolist(), ids[2:10].tolist())
    assert audit.drawn.tolist() == ids[[2, 1]].tolist()
    assert audit.outside.tolist() == ids[[20]].tolist()
    assert audit.estimate is not None
    assert (audit.estimate["low"], audit.given_up) == (1, False)
    ds.undo(plan)
    assert ds.session.hunt_log(hunt).audits[0].given_up


def test_what_is_shown_is_told_by_reviewer(began):
    ds, hunt = began
    for ids in (ds.ids()[:3], ds.ids()[3:5]):
        ds.write_event("shown", {"hunt": hunt, "name": "hail", "reviewer": events.reviewer()}, sample_ids=ids)
    assert ds.session.hunt_log(hunt).shown[events.reviewer()].ids.tolist() == ds.ids()[3:5].tolist()


def test_answers_leave_what_queries_see_as_it_was(began):
    """Each answer of a review would score a million samples anew."""
    ds, hunt = began
    ds.limit(2).tag("before")
    version, counted = ds.session.version, ds.where("weather = 'rain'").count()
    event = answer(ds, hunt, ds.ids()[:2], "yes")
    ds.undo(event)
    assert ds.session.version == version
    assert ds.session.filters
    assert ds.tagged("before").count() == 2
    assert ds.where("weather = 'rain'").count() == counted
    assert ds.sql("SELECT count(*) AS n FROM events WHERE action = 'verdict'").item() == 1
    ds.undo()
    assert "before" not in ds.session.tags
    assert ds.session.version > version


def test_a_purged_sample_leaves_the_answers(began):
    ds, hunt = began
    ids = ds.ids()[:3]
    answer(ds, hunt, ids, "yes")
    assert len(ds.session.hunt_log(hunt).ids) == 3
    ds.purge(ids[:1])
    assert ds.session.hunt_log(hunt).ids.tolist() == ids[1:].tolist()


def test_a_reviewer_is_one_notebook_of_one_person(monkeypatch):
    script = events.reviewer()
    assert script == events.reviewer()
    monkeypatch.setenv("JPY_SESSION_NAME", "/work/hail.ipynb")
    notebook = events.reviewer()
    monkeypatch.setenv("CURATE_ACTOR", "somebody else")
    assert len({script, notebook, events.reviewer()}) == 3
