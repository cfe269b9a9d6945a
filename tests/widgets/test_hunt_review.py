"""A hunt in a widget, over the wire: nothing that was answered is lost, and what is drawn blind is blind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import curate
from curate.errors import BadValue
from curate.store.hunts import YES
from curate.widgets.answers.hunting import curve
from curate.widgets.hunt_review import HuntReview
from tests.widgets.conftest import Wire


@pytest.fixture
def open_review(static: Any) -> Iterator[Callable[..., tuple[HuntReview, Wire]]]:
    """Opens a review of a hunt, and closes it."""
    opened = []

    def open_it(hunt: Any, **options: Any) -> tuple[HuntReview, Wire]:
        review = hunt.show(**options)
        opened.append(review)
        return review, Wire(review)

    yield open_it
    for review in opened:
        review.close()


def ids(reply: tuple[dict[str, Any], bytes]) -> list[str]:
    return [tile["sample_id"] for tile in reply[0]["tiles"]]


def answer(wire: Wire, samples: list[str], verdict: str, task: str = "hunt") -> dict[str, Any]:
    return wire.ask("set_verdict", samples=samples, verdict=verdict, task=task)[0]


def test_what_comes_next_is_what_the_hunt_asks_for_with_its_pictures(rich, open_review):
    hunt = rich.hunt("rain", minus="fog")
    _, wire = open_review(hunt)
    state = wire.ask("get_hunt")[0]
    assert (state["name"], state["looks_for"], state["total"]) == ("rain", "rain, −fog", hunt.progress.samples)
    assert (state["answered"], state["audited"], state["undo"], state["audit"]) == (0, False, "", None)
    first, thumbnails = wire.ask("get_next", task="hunt", count=4)
    assert [int(tile["sample_id"]) for tile in first["tiles"]] == hunt.next(4).ids().tolist()
    assert sum(tile["bytes"] for tile in first["tiles"]) == len(thumbnails) > 0
    # nothing says what the model thinks of them
    assert {tile["score"] for tile in first["tiles"]} == {None}
    held = [tile["sample_id"] for tile in first["tiles"]]
    more = ids(wire.ask("get_next", task="hunt", count=4, without=held))
    assert len(more) == 4
    assert not set(more) & set(held)


def test_answers_are_events_of_the_dataset_and_the_last_is_taken_back(rich, open_review):
    hunt = rich.hunt("rain")
    _, wire = open_review(hunt)
    one, two, three = ids(wire.ask("get_next", task="hunt", count=3))
    assert answer(wire, [one], "yes")["found"] == 1
    answer(wire, [two], "unsure")
    state = answer(wire, [two, three], "no")
    assert (state["answered"], state["found"], state["rejected"], state["unsure"]) == (3, 1, 2, 0)
    assert state["undo"] == "no, 2 samples"
    elsewhere = curate.open(rich.folder.location).hunt("rain")
    assert elsewhere.found.ids().tolist() == [int(one)]
    assert set(elsewhere.rejected.ids().tolist()) == {int(two), int(three)}
    back, picture = wire.ask("take_back")
    assert ([tile["sample_id"] for tile in back["tiles"]], back["verdicts"]) == ([two, three], ["unsure", None])
    assert picture
    assert wire.ask("get_hunt", samples=[one, two, three])[0]["settled"] == [one, two]
    wire.ask("take_back"), wire.ask("take_back")
    assert wire.ask("get_hunt")[0]["undo"] == ""
    assert wire.ask("take_back")[0]["type"] == "error"


def test_unsure_ones_are_a_queue_and_each_yes_is_asked_again_once(rich, open_review):
    hunt = rich.hunt("rain")
    _, wire = open_review(hunt)
    one, two, three = ids(wire.ask("get_next", task="hunt", count=3))
    answer(wire, [one, two], "unsure")
    answer(wire, [three], "yes")
    assert ids(wire.ask("get_next", task="unsure", count=9)) == [one, two]
    answer(wire, [one], "yes", "unsure")
    assert ids(wire.ask("get_next", task="unsure", count=9, without=[two])) == []
    state = answer(wire, [three], "yes", "again")
    assert (state["found"], state["again"]) == (2, 0)
    assert ids(wire.ask("get_next", task="again", count=9)) == []


def test_an_audit_is_answered_blind_and_then_says_how_many_are_left(rich, open_review):
    hunt = rich.hunt("rain")
    _, wire = open_review(hunt)
    shown = ids(wire.ask("get_next", task="hunt", count=3))
    answer(wire, shown[:2], "yes")
    answer(wire, shown[2:], "no")
    assert ids(wire.ask("get_next", task="audit", count=9)) == []
    state = wire.ask("start_audit", count=3, outside=2)[0]
    assert state["audit"] == {"answered": 0, "count": 5}
    assert ids(wire.ask("get_next", task="hunt", count=9)) == []
    drawn = ids(wire.ask("get_next", task="audit", count=9))
    assert len(drawn) == 5
    assert not set(drawn) & set(shown)
    for at, sample in enumerate(drawn, 1):
        assert not state["audited"]
        state = answer(wire, [sample], "no", "audit")
        assert state["audit"] == ({"answered": at, "count": 5} if at < 5 else None)
    assert state["audited"]
    assert state["estimate"] == list(hunt.estimate().sentences)
    assert state["estimate"][0].startswith("found 2; in the ")
    refused = wire.ask("start_audit", count=100_000, outside=100_000)
    assert refused[0]["type"] == "hunt_state"  # as many as there are


def test_it_says_to_reword_where_nothing_is_found(rich, open_review, monkeypatch):
    monkeypatch.setattr("curate.hunting.wording.PATIENCE", 3)
    _, wire = open_review(rich.hunt("rain"))
    state = answer(wire, ids(wire.ask("get_next", task="hunt", count=3)), "no")
    assert (state["advice"], state["estimate"]) == (["reword the prompt: no yes in 3 answers"], [])


def test_two_reviewers_of_one_hunt_follow_each_other(rich, open_review):
    _, wire = open_review(rich.hunt("rain"))
    _, other = open_review(curate.open(rich.folder.location).hunt("rain"))
    before = wire.ask("get_hunt")[0]
    ahead = ids(wire.ask("get_next", task="hunt", count=4))
    answer(other, ahead[:1], "yes")
    after = wire.ask("get_hunt", samples=ahead)[0]
    assert after["version"] > before["version"]
    assert (after["found"], after["settled"]) == (1, ahead[:1])
    # whoever has not asked is told
    answer(wire, ahead[1:2], "yes")
    other.ask("get_hunt")
    other.wait(lambda message: message["type"] == "hunt_changed")
    assert other.ask("get_hunt")[0]["found"] == 2


def test_a_refused_answer_says_why_and_changes_nothing(rich, open_review):
    hunt = rich.hunt("rain")
    _, wire = open_review(hunt)
    assert "sample" in answer(wire, ["12345"], "yes")["message"]
    blind = rich.where("status <> 'ok'").ids()
    assert wire.ask("set_verdict", samples=[str(i) for i in blind], verdict="yes", task="hunt")[0]["type"] == "error"
    assert hunt.progress.answered == 0


def test_what_was_found_is_saved_as_a_slice_that_knows_the_hunt(rich, open_review):
    hunt = rich.hunt("rain")
    _, wire = open_review(hunt)
    answer(wire, ids(wire.ask("get_next", task="hunt", count=3)), "yes")
    assert wire.ask("save_found", name=" wet ", note="by hand")[0] | {"client": "", "id": 0} == {
        "type": "saved", "client": "", "id": 0, "name": "wet", "count": 3,
    }  # fmt: skip
    assert rich.slice("wet").query.hunt.name == "rain"


def test_it_looks_where_the_hunt_was_begun_and_keeps_what_was_found(rich, open_review):
    hunt = rich.where("weather = 'rain'").search("a road").limit(6).hunt("wet roads")
    review, wire = open_review(hunt, height=600)
    assert review.get_state()["_part"] == "hunt"
    assert wire.state()["count"] == min(6, rich.where("weather = 'rain'").count())
    assert wire.ask("get_hunt")[0]["looks_for"] == "a road"
    assert repr(review).startswith("HuntReview(")
    with pytest.raises(BadValue, match="looks where it was begun"):
        review.view = rich
    with pytest.raises(BadValue, match="height"):
        hunt.show(height=10)
    answer(wire, ids(wire.ask("get_next", task="hunt", count=2)), "yes")
    data, _ = review._repr_mimebundle_()
    assert "<b>2</b> of 24 samples" in data["text/html"]


def test_the_curve_has_both_ends_however_many_answers():
    verdicts = np.tile(np.array([YES, 0, 0], np.int8), 1000)
    points = curve(verdicts)
    assert len(points) == 64
    assert (points[0], points[-1]) == ((1, 1), (3000, 1000))
    assert all(found == -(-answers // 3) for answers, found in points)
    assert curve(verdicts[:0]) == []
