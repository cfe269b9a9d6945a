"""A hunt on the demo's 2,000 road scenes, whose metadata is the oracle."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import curate
from curate import errors
from curate.hunt import Hunt
from curate.store import events, hunts
from curate.store.hunts import YES
from tests.planted import linked

TARGET = "weather = 'hail' AND timeofday = 'night'"


@pytest.fixture
def roads(demo_built, tmp_path):
    return curate.open(linked(demo_built, tmp_path / "roads.curate"))


def truth_of(ds, where=TARGET):
    return set(ds.where(where).ids().tolist())


def answer(hunting, ids, truth):
    """As an oracle does; yes and no each at once, as a grid of nine does."""
    ids = np.asarray(ids)
    wanted = np.isin(ids, list(truth))
    return hunting.mark(ids[wanted], True) + hunting.mark(ids[~wanted], False)


def written(ds):
    ds.session.refresh()
    return [(row["action"], row["count"]) for row in ds.session.log]


def scores(hunting):
    return hunting._state().scores


# -- a scripted hunt, from words to a slice -------------------------------------------------------------------------------


def test_a_hunt_from_words_to_a_slice(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    while hunting.progress.answered < 100:
        answer(hunting, hunting.next(20).ids(), truth)
    assert set(hunting.found.ids().tolist()) <= truth
    assert hunting.found.count() >= 0.9 * len(truth)

    answer(hunting, hunting.audit(50).ids(), truth)
    said = hunting.estimate()
    estimate = said.estimate
    assert estimate is not None
    zone = truth & set(roads.session.hunt_log(hunting._event).audits[0].rest.tolist()) | (
        truth & set(hunting.found.ids().tolist())
    )
    assert estimate.low <= len(zone) <= estimate.high
    assert estimate.zone == 100 + 150
    assert estimate.outside.looked == 119
    assert f"found {hunting.found.count()}; in the 250 most likely about" in str(said)
    assert f"119 of the other {hunting.progress.samples - 250:,} looked at" in str(said)
    assert "recall" not in str(said)

    kept = hunting.found.save("night-hail")
    assert set(kept.members.ids().tolist()) == set(hunting.found.ids().tolist())
    assert kept.query.hunt is not None
    assert (kept.query.hunt.name, kept.query.hunt.part, kept.query.hunt.answers) == ("night hail", "found", 269)
    assert kept.query.hunt.estimate.startswith("found ")


def test_it_learns_what_the_words_do_not_say(roads):
    """The decisive words are left out: the order of the text finds few, and the answers teach the rest."""
    truth = truth_of(roads, "weather = 'snow' AND timeofday = 'night'")
    hunting = roads.hunt("a road at night")
    by_text = roads.search("a road at night").limit(160).ids().tolist()
    while hunting.progress.answered < 160:
        answer(hunting, hunting.next(10).ids(), truth)
    assert hunting.found.count() >= 1.5 * len(truth & set(by_text))
    assert hunting.found.count() >= 0.6 * len(truth)


def test_the_first_twenty_come_from_the_words(roads):
    hunting = roads.hunt("night hail")
    words = roads.search("night hail").limit(60).ids().tolist()
    first = hunting.next(20).ids().tolist()
    assert first[0] == words[0]
    assert set(first) <= set(words)
    assert [id for id in words if id in set(first)] == first


def test_without_a_yes_it_keeps_to_the_words_and_says_so_after_seventy(roads):
    hunting = roads.hunt("a boat on a lake")
    order = roads.search("a boat on a lake").ids().tolist()
    for _ in range(3):
        hunting.mark(hunting.next(23), False)
    assert "reword" not in str(hunting.estimate())
    batch = hunting.next(5).ids().tolist()
    assert [id for id in order if id in set(batch)] == batch
    hunting.mark(batch, False)
    assert str(hunting.estimate()) == "reword the prompt: no yes in 74 answers"
    hunting.mark(hunting.audit(5, outside=5), False)
    assert str(hunting.estimate()) == "reword the prompt: no yes in 84 answers"
    assert hunting.estimate().estimate is None
    hunting.mark(batch[0], True)
    assert "reword" not in str(hunting.estimate())


# -- answers --------------------------------------------------------------------------------------------------------------


def test_found_rejected_and_unsure_are_views(roads):
    hunting = roads.hunt("night hail")
    a, b, c, d = hunting.next(4).ids().tolist()
    assert hunting.mark([a, b, a], True) == 2
    assert hunting.mark(c, False) == 1
    assert hunting.mark(roads.select([d]), None) == 1
    assert hunting.mark([], True) == 0
    assert hunting.found.ids().tolist() == [a, b]
    assert hunting.rejected.ids().tolist() == [c]
    assert hunting.unsure.where("timeofday IS NOT NULL").ids().tolist() == [d]
    assert not {a, b, c, d} & set(hunting.next(10).ids().tolist())
    assert (hunting.progress.found, hunting.progress.rejected, hunting.progress.unsure) == (2, 1, 1)
    hunting.mark(d, np.bool_(True))
    assert hunting.found.ids().tolist() == [a, b, d]
    assert hunting.unsure.count() == 0


def test_likely_are_the_next_best_without_an_answer(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(40).ids(), truth)
    likely = hunting.likely(30).ids()
    assert not set(likely.tolist()) & {*hunting.found.ids().tolist(), *hunting.rejected.ids().tolist()}
    scored = scores(hunting)[roads.positions_of(likely)]
    assert (np.diff(scored) <= 0).all()
    assert hunting.likely(5000).count() == hunting.progress.samples - 40


@pytest.mark.parametrize("verdict", ["yes", 1, 0, 0.5])
def test_a_verdict_is_true_false_or_none(roads, verdict):
    hunting = roads.hunt("night hail")
    before = written(roads)
    with pytest.raises(errors.BadValue, match="True, False or None"):
        hunting.mark(roads.ids()[:1], verdict)
    assert written(roads) == before


def test_what_cannot_be_answered_writes_nothing(roads):
    night = roads.where("timeofday = 'night'")
    hunting = night.hunt("hail")
    day = int(roads.where("timeofday = 'day'").ids()[0])
    unreadable = int(roads.where("status <> 'ok'").ids()[0])
    before = written(roads)
    with pytest.raises(errors.BadValue, match=f"1 of these 3 samples, {day} among them"):
        hunting.mark([*night.ids()[:2], day], True)
    with pytest.raises(errors.BadValue, match="does not look at"):
        hunting.mark(unreadable, True)
    with pytest.raises(errors.UnknownName):
        hunting.mark([12345], True)
    with pytest.raises(errors.BadValue, match="integers"):
        hunting.mark("everything", True)
    for n in (0, -1, True, 2.5, "20"):
        with pytest.raises(errors.BadValue, match="whole number of 1 or more"):
            hunting.next(n)
        with pytest.raises(errors.BadValue, match="whole number of 1 or more"):
            hunting.likely(n)
        with pytest.raises(errors.BadValue, match="whole number of 1 or more"):
            hunting.audit(n)
    assert written(roads) == before


def test_an_answered_sample_stays_when_it_leaves_the_view(roads):
    """The view of what is not reviewed yet shrinks with every review."""
    roads.limit(3).tag("reviewed")
    hunting = roads.untagged("reviewed").hunt("night hail")
    batch = hunting.next(5)
    hunting.mark(batch, True)
    samples = hunting.progress.samples
    batch.tag("reviewed")
    assert hunting.found.count() == 5
    assert hunting.progress.samples == samples
    assert hunting.mark(batch.ids()[:1], False) == 1


# -- undo -----------------------------------------------------------------------------------------------------------------


def test_undo_takes_back_one_mark_after_the_other(roads):
    hunting = roads.hunt("night hail")
    first, second = hunting.next(3).ids(), hunting.next(6).ids()[3:]
    hunting.mark(first, True)
    hunting.mark(second, False)
    assert hunting.undo().ids().tolist() == second.tolist()
    assert (hunting.found.count(), hunting.rejected.count()) == (3, 0)
    assert set(second.tolist()) <= set(hunting.next(12).ids().tolist())
    assert hunting.undo().ids().tolist() == first.tolist()
    assert hunting.progress.answered == 0
    with pytest.raises(errors.BadValue, match="no answer of yours"):
        hunting.undo()


def test_undo_brings_the_former_answer_back(roads):
    hunting = roads.hunt("night hail")
    a = hunting.next(1).ids()
    hunting.mark(a, True)
    hunting.mark(a, False)
    hunting.undo()
    assert hunting.found.ids().tolist() == a.tolist()


def test_undo_leaves_the_answers_of_others(roads, monkeypatch):
    hunting = roads.hunt("night hail")
    a, b = hunting.next(2).ids().tolist()
    hunting.mark(a, True)
    monkeypatch.setenv("CURATE_ACTOR", "somebody else")
    hunting.mark(b, True)
    monkeypatch.delenv("CURATE_ACTOR")
    hunting.undo()
    assert hunting.found.ids().tolist() == [b]


def test_a_verdict_is_undone_and_redone_from_the_history(roads):
    hunting = roads.hunt("night hail")
    hunting.mark(hunting.next(4), True)
    event = next(row["event_id"] for row in roads.session.log if row["action"] == "verdict")
    assert roads.undo(event) == "verdict night hail: yes"
    assert hunting.found.count() == 0
    roads.undo(roads.session.log[-1]["event_id"])
    assert hunting.found.count() == 4


# -- one name, one hunt ---------------------------------------------------------------------------------------------------


def test_a_hunt_resumes_in_another_session(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail", minus="snow", seed=4)
    for _ in range(3):
        answer(hunting, hunting.next(15).ids(), truth)
    other = curate.open(roads.folder.location).hunt("night hail", minus="snow", seed=4)
    assert repr(other) == repr(hunting)
    assert other.found.ids().tolist() == hunting.found.ids().tolist()
    assert other.next(10).ids().tolist() == hunting.next(10).ids().tolist()
    np.testing.assert_array_equal(scores(other), scores(hunting))
    assert [row["action"] for row in roads.session.log].count("hunt") == 1


def test_an_audit_resumes_in_another_session(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(30).ids(), truth)
    queue = hunting.audit(20, outside=10).ids()
    answer(hunting, queue[:12], truth)
    other = curate.open(roads.folder.location).hunt("night hail")
    assert other.audit(99).ids().tolist() == queue[12:].tolist()
    assert other.next(5).ids().tolist() == queue[12:17].tolist()
    assert (other.progress.audit, other.progress.audit_left) == (30, 18)
    answer(other, queue[12:], truth)
    assert other.estimate().estimate is not None
    assert str(hunting.estimate()) == str(other.estimate())


@pytest.mark.parametrize(
    "ask",
    [
        lambda ds: ds.hunt("night hail", minus="snow"),
        lambda ds: ds.hunt("night hail", like=int(ds.ids()[0])),
        lambda ds: ds.hunt("night hail", seed=1),
        lambda ds: ds.where("timeofday = 'night'").hunt("night hail"),
        lambda ds: ds.search("hail").hunt("night hail"),
    ],
)
def test_another_question_under_the_same_name_is_refused(roads, ask):
    roads.hunt("night hail")
    before = written(roads)
    with pytest.raises(errors.BadValue, match=r"asks something else: ds\.hunt\('night hail'\)") as refused:
        ask(roads)
    assert "another name" in str(refused.value)
    assert written(roads) == before


def test_the_call_that_resumes_a_hunt_is_told(roads):
    a = int(roads.ids()[0])
    hunting = roads.where("timeofday = 'night'").hunt("hail", minus="snow", like=[(a, 2.0)], seed=3)
    assert (
        hunting.python == f"""ds.where("timeofday = 'night'").hunt('hail', minus='snow', like=[({a}, 2.0)], seed=3)"""
    )
    assert eval(hunting.python, {"ds": roads}).query == hunting.query


def test_a_searched_view_is_hunted_by_its_search(roads):
    found = roads.search("hail on the road", minus="snow").limit(200)
    hunting = found.hunt("night hail")
    assert hunting.progress.samples == 200
    assert hunting.next(1).ids().tolist() == found.limit(1).ids().tolist()
    assert hunting.python == "ds.search('hail on the road', minus='snow').limit(200).hunt('night hail')"
    assert repr(found.hunt("night hail")) == repr(hunting)
    with pytest.raises(errors.BadValue, match="to search\\(\\)"):
        found.hunt("other", minus="fog")


def test_vectors_that_came_later_do_not_change_a_hunt(roads):
    hunting = roads.hunt("night hail")
    hunting.mark(hunting.next(5), True)
    vectors = np.random.default_rng(0).normal(size=(roads.count(), 8))
    roads.embed(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), name="noise")
    assert roads.encoder.name == "noise"
    assert roads.hunt("night hail").found.count() == 5


def test_vectors_without_words_are_hunted_by_example(roads):
    vectors = np.random.default_rng(0).normal(size=(roads.count(), 8))
    roads.embed(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), name="noise")
    a = int(roads.ids()[7])
    with pytest.raises(errors.BadValue, match=r"knows no words.*like="):
        roads.hunt("night hail", encoder="noise")
    hunting = roads.hunt("night hail", like=a, encoder="noise")
    assert hunting.next(1).ids().tolist() == [a]


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_hunt_needs_words(roads, name):
    with pytest.raises(errors.BadValue, match="needs words"):
        roads.hunt(name)


@pytest.mark.parametrize("seed", [-1, 0.5, True, None])
def test_a_seed_is_a_whole_number(roads, seed):
    with pytest.raises(errors.BadValue, match="'seed'"):
        roads.hunt("night hail", seed=seed)


def test_without_vectors_there_is_no_hunt(ds):
    with pytest.raises(errors.VectorsNotFound):
        ds.hunt("night hail")
    assert "hunt" not in {action for action, _ in written(ds)}


def test_an_unknown_hunt_is_named(roads):
    roads.hunt("night hail")
    with pytest.raises(errors.UnknownName, match="night hail"):
        Hunt(roads, "night hali")


def test_the_past_can_be_looked_at_and_not_answered(roads):
    hunting = roads.hunt("night hail")
    hunting.mark(hunting.next(5), True)
    roads.snapshot("v1")
    hunting.mark(hunting.next(5), False)
    past = roads.at("v1").hunt("night hail")
    assert (past.found.count(), past.rejected.count()) == (5, 0)
    batch = past.next(5)
    assert batch.count() == 5
    for write in (lambda: past.mark(batch, True), past.undo, lambda: past.audit(5), lambda: roads.at("v1").hunt("new")):
        with pytest.raises(errors.ReadOnly):
            write()


# -- several at once ------------------------------------------------------------------------------------------------------


def test_what_one_has_before_them_is_not_shown_to_another(roads, monkeypatch):
    mine = roads.hunt("night hail")
    first = mine.next(10).ids().tolist()
    assert mine.next(10).ids().tolist() == first
    shown = [action for action, _ in written(roads)].count("shown")
    assert shown == 1  # asked again for the same, nothing is written

    monkeypatch.setenv("CURATE_ACTOR", "somebody else")
    theirs = curate.open(roads.folder.location).hunt("night hail")
    second = theirs.next(10).ids().tolist()
    assert not set(first) & set(second)
    monkeypatch.setattr(hunts, "HELD_FOR", timedelta(0))  # nobody answers for ten minutes
    assert set(theirs.next(10).ids().tolist()) == set(first)


def test_the_last_samples_are_shown_to_all_who_ask(roads, monkeypatch):
    few = roads.search("night hail").limit(4)
    first = few.hunt("four").next(4).ids().tolist()
    monkeypatch.setenv("CURATE_ACTOR", "somebody else")
    assert sorted(
        curate.open(roads.folder.location).search("night hail").limit(4).hunt("four").next(4).ids()
    ) == sorted(first)


REVIEWER = """
import json, sys, time
from pathlib import Path
import curate
ds = curate.open(sys.argv[1])
truth = set(ds.where(sys.argv[3]).ids().tolist())
hunt = ds.hunt("night hail")
hunt.next(1)
gate = Path(sys.argv[2])
Path(str(gate) + sys.argv[4]).touch()
while not gate.exists():
    time.sleep(0.01)
said = []
for _ in range(12):
    batch = hunt.next(9).ids().tolist()
    for verdict in (True, False):
        ids = [id for id in batch if (id in truth) == verdict]
        if ids:
            hunt.mark(ids, verdict)
    said.append(batch)
print(json.dumps(said))
"""


@pytest.mark.slow
def test_two_processes_answer_one_hunt_and_nothing_is_lost(roads, tmp_path):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    gate = tmp_path / "gate"
    command = [sys.executable, "-c", REVIEWER, str(roads.folder.location), str(gate), TARGET]
    running = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("ada", "bob")]
    while not all(Path(f"{gate}{name}").exists() for name in ("ada", "bob")):
        assert all(process.poll() is None for process in running)
    gate.touch()
    batches = [json.loads(process.communicate(timeout=300)[0]) for process in running]
    answered = [{id for batch in said for id in batch} for said in batches]
    assert [len(ids) for ids in answered] == [108, 108]
    assert not answered[0] & answered[1]  # nobody looked at what the other did
    log = (hunting.progress, roads.session.hunt_log(hunting._event))[1]
    assert set(log.ids.tolist()) == answered[0] | answered[1]
    assert set(hunting.found.ids().tolist()) == truth & (answered[0] | answered[1])
    assert len(log.those(YES)) == hunting.found.count()
    assert log.times.tolist() == [1] * 216


# -- audits ---------------------------------------------------------------------------------------------------------------


def test_an_audit_is_written_down_before_it_is_drawn(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail", seed=7)
    answer(hunting, hunting.next(40).ids(), truth)
    likely = hunting.likely(60).ids().tolist()
    queue = hunting.audit(20, outside=15)
    audit_events = [row for row in roads.session.log if row["action"] == "audit"]
    plan, drawn = audit_events
    assert {key: plan["payload"][key] for key in ("seed", "look", "alpha", "n", "n_outside", "rest")} == {
        "seed": 7,
        "look": 1,
        "alpha": 0.05,
        "n": 20,
        "n_outside": 15,
        "rest": 60,
    }
    assert drawn["payload"]["audit"] == plan["event_id"]
    (logged,) = roads.session.hunt_log(hunting._event).audits
    assert logged.rest.tolist() == likely
    assert set(logged.drawn.tolist()) <= set(likely)
    assert not set(logged.outside.tolist()) & set(likely)
    assert sorted(queue.ids().tolist()) == sorted([*logged.drawn.tolist(), *logged.outside.tolist()])
    # blind: mixed, and no score to see
    assert queue.ids().tolist()[:20] != logged.drawn.tolist()
    assert "score" not in queue.df().columns


def test_while_an_audit_is_under_way_its_samples_come_next(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(30).ids(), truth)
    queue = hunting.audit(10, outside=5).ids()
    assert hunting.next(100).ids().tolist() == queue.tolist()
    answer(hunting, queue, truth)
    assert not set(hunting.next(10).ids().tolist()) & set(queue.tolist())
    assert hunting.progress.audit == 0


def test_the_answers_of_an_audit_train_the_model_only_after_the_interval_is_stored(roads):
    truth = truth_of(roads, "weather = 'snow' AND timeofday = 'night'")
    hunting = roads.hunt("snow")
    for _ in range(3):
        answer(hunting, hunting.next(15).ids(), truth)
    frozen = scores(hunting)
    queue = hunting.audit(30, outside=10).ids().tolist()
    for id in queue[:-1]:
        answer(hunting, [id], truth)
        np.testing.assert_array_equal(scores(hunting), frozen)
    assert "estimate" not in {action for action, _ in written(roads)}
    answer(hunting, queue[-1:], truth)
    assert roads.session.log[-1]["action"] == "estimate"
    assert not np.array_equal(scores(hunting), frozen, equal_nan=True)


def test_an_interval_does_not_move_with_what_the_model_chooses_later(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("hail")
    answer(hunting, hunting.next(10).ids(), truth)
    answer(hunting, hunting.audit(10, outside=10).ids(), truth)
    before = hunting.estimate().estimate
    answer(hunting, hunting.next(30).ids(), truth)
    assert hunting.estimate().estimate == before
    assert [action for action, _ in written(roads)].count("estimate") == 1
    assert before is not None
    more = hunting.found.count() - before.found - before.outside.found
    assert more > 0
    assert f"{more} more found since" in str(hunting.estimate())


def test_each_yes_can_be_asked_again_and_the_estimate_follows(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    batch = hunting.next(20).ids()
    answer(hunting, batch, truth)
    wrong = next(id for id in batch.tolist() if id not in truth)
    hunting.mark(wrong, True)
    answer(hunting, hunting.audit(20, outside=10).ids(), truth)
    first = hunting.estimate().estimate
    again = hunting.recheck()
    assert wrong not in again.ids().tolist()  # it was answered twice
    answer(hunting, again.ids(), truth)
    assert hunting.recheck().count() == 0
    assert hunting.estimate().estimate == first
    answer(hunting, [wrong], truth)
    second = hunting.estimate().estimate
    assert first is not None
    assert second is not None
    assert (second.found, second.low, second.high) == (first.found - 1, first.low - 1, first.high - 1)
    assert [action for action, _ in written(roads)].count("estimate") == 2


def test_what_an_estimate_stands_on_is_not_taken_back(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)
    answer(hunting, hunting.audit(5, outside=5).ids(), truth)
    said = str(hunting.estimate())
    with pytest.raises(errors.BadValue, match="An estimate stands on these answers"):
        hunting.undo()
    assert str(hunting.estimate()) == said
    drawn = roads.session.hunt_log(hunting._event).audits[0].drawn[:1]
    hunting.mark(drawn, None)
    estimate = hunting.estimate().estimate
    assert estimate is not None
    assert estimate.unsure == 1
    hunting.undo()  # a second answer: the first one stands again
    assert str(hunting.estimate()) == said


def test_a_second_look_shares_the_error_rate(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)
    for look in (1, 2):
        answer(hunting, hunting.audit(10, outside=5).ids(), truth)
        estimate = hunting.estimate().estimate
        assert estimate is not None
        assert (estimate.look, estimate.alpha) == (look, 0.05 / look)
    first, second = roads.session.hunt_log(hunting._event).audits
    assert not {*first.drawn.tolist(), *first.outside.tolist()} & {*second.drawn.tolist(), *second.outside.tolist()}


@pytest.mark.parametrize("which", [0, -1])
def test_an_audit_that_is_given_up_has_spent_its_look(roads, which):
    """Its plan is undone, or its draw, which is what `ds.undo()` meets first."""
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)
    queue = hunting.audit(10, outside=5).ids()
    answer(hunting, queue[:4], truth)
    events_of_it = [row for row in roads.session.log if row["action"] == "audit"]
    assert len(events_of_it) == 2
    roads.undo(events_of_it[which]["event_id"])
    assert hunting.progress.audit == 0
    assert not set(hunting.next(5).ids().tolist()) & set(queue[:4].tolist())
    hunting.audit(10, outside=5)
    assert roads.session.hunt_log(hunting._event).audits[-1].plan["look"] == 2


def test_a_plan_whose_process_died_is_drawn_by_whoever_comes_next(roads, monkeypatch):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Hunt, "_draw", killed)
        with pytest.raises(KeyboardInterrupt):
            hunting.audit(10, outside=5)
    other = curate.open(roads.folder.location).hunt("night hail")
    assert other.audit(77).count() == 15
    assert hunting.audit(77).count() == 15
    assert len(roads.session.hunt_log(hunting._event).audits) == 1


def test_a_plan_for_samples_that_are_others_by_now_is_given_up(roads, monkeypatch):
    truth = truth_of(roads)
    roads.limit(1).tag("reviewed")
    hunting = roads.untagged("reviewed").hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)
    with monkeypatch.context() as patched:
        patched.setattr(Hunt, "_draw", lambda *_: None)
        hunting.audit(10, outside=5)
    roads.where("timeofday = 'day'").limit(50).tag("reviewed")
    with pytest.raises(errors.BadValue, match="have changed since the audit was planned"):
        hunting.audit(10, outside=5)
    assert hunting.audit(10, outside=5).count() == 15
    assert roads.session.hunt_log(hunting._event).audits[-1].plan["look"] == 2


def test_an_audit_that_lost_a_sample_to_a_purge_estimates_nothing(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)
    queue = hunting.audit(10, outside=5).ids()
    roads.purge(queue[:1])
    assert hunting.progress.audit == 0
    answer(hunting, queue[1:], truth)
    assert hunting.estimate().estimate is None


def test_when_all_is_reviewed_there_is_nothing_to_audit(roads):
    few = roads.search("night hail").limit(5).hunt("five")
    few.mark(few.next(5), True)
    assert few.next(5).count() == 0
    with pytest.raises(errors.BadValue, match="nothing is left to audit"):
        few.audit(5)


# -- what it says ---------------------------------------------------------------------------------------------------------


def test_it_says_when_the_vectors_cannot_see_it(roads):
    """A sample is wanted by a coin: no vector knows it."""
    coin = np.random.default_rng(3)
    hunting = roads.hunt("a road")
    for _ in range(5):
        ids = hunting.next(20).ids()
        heads = coin.random(len(ids)) < 0.3
        hunting.mark(ids[heads], True)
        hunting.mark(ids[~heads], False)
    hunting.next(1)
    assert "do not seem to see it" in str(hunting.estimate())
    assert "tiles" in str(hunting.report())
    other = curate.open(roads.folder.location).hunt("a road")
    assert "another encoder" in str(other.estimate())


def test_it_says_no_such_thing_where_they_see_it(roads):
    truth = truth_of(roads, "timeofday = 'night'")
    hunting = roads.hunt("rain")
    for _ in range(5):
        answer(hunting, hunting.next(20).ids(), truth)
    assert "do not seem to see it" not in str(hunting.report())


def test_the_report_draws_what_was_found(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    empty = hunting.report()
    assert "0 answered" in str(empty)
    assert "<svg" in empty._repr_html_()  # where the words see the samples
    for _ in range(3):
        answer(hunting, hunting.next(15).ids(), truth)
    hunting.mark(hunting.next(2), None)
    answer(hunting, hunting.audit(10, outside=5).ids(), truth)
    report = hunting.report()
    counts = f"62 answered: {hunting.found.count()} yes, 2 unsure, {hunting.rejected.count()} no"
    assert counts in str(report)
    page = report._repr_html_()
    assert counts in page
    assert page.count("<svg") == 2
    assert "<script" not in page
    for sentence in hunting.estimate().sentences:
        assert sentence in str(report)
    assert report.histogram is not None
    assert report.histogram.learnt
    assert sum(report.histogram.answered[word].sum() for word in ("yes", "no", "unsure")) == 62
    assert report.histogram.open.sum() == hunting.progress.samples - 62
    assert report.found[-1] == hunting.found.count()


def test_a_name_is_text_in_the_report(roads):
    hunting = roads.hunt("<b onclick=alert(1)>hail</b>")
    hunting.mark(hunting.next(3), True)
    page = hunting.report()._repr_html_()
    assert "<b onclick" not in page
    assert "&lt;b onclick" in page


def test_every_step_is_in_the_history(roads):
    truth = truth_of(roads)
    hunting = roads.hunt("night hail")
    answer(hunting, hunting.next(20).ids(), truth)
    answer(hunting, hunting.audit(5, outside=5).ids(), truth)
    done = roads.history().filter(roads.history()["what"].str.starts_with("night hail"))
    assert set(done["action"].to_list()) == set(events.OF_A_HUNT)
    assert done.filter(done["action"] == "verdict")["count"].sum() == 30
