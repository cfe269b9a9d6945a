"""Pairs in a widget, over the wire: what is drawn is measured, and the threshold slides without another search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import curate
from curate.analysis.threshold import BINS
from curate.errors import BadValue
from tests.widgets.conftest import Wire


@pytest.fixture
def open_review(static: Any) -> Iterator[Callable[..., tuple[Any, Wire]]]:
    """Opens a review of pairs, and closes it."""
    opened = []

    def open_it(duplicates: Any, **options: Any) -> tuple[Any, Wire]:
        review = duplicates.review(**options)
        opened.append(review)
        return review, Wire(review)

    yield open_it
    for review in opened:
        review.close()


def state(wire, threshold=None):
    return wire.ask("get_pair_review", threshold=threshold)[0]


def drawn(wire, threshold, count=16, without=()):
    return wire.ask("get_pairs", threshold=threshold, count=count, without=[list(pair) for pair in without])


def ends(pair):
    return pair["left"]["sample_id"], pair["right"]["sample_id"]


def answer(wire, pair, verdict, threshold):
    left, right = ends(pair)
    return wire.ask("judge_pair", left=left, right=right, verdict=verdict, threshold=threshold)[0]


def test_it_begins_at_the_threshold_of_the_search(twice, open_review):
    found = twice.find_duplicates()
    review, wire = open_review(found, height=600)
    said = state(wire)
    assert review.get_state()["_part"] == "pairs"
    assert said["threshold"] == said["chosen"] == found.threshold
    assert (said["low"], said["high"], said["wanted"]) == (found.lowest, 1.0, 0.99)
    near = found.pairs.filter(exact=False).height
    assert (said["pairs"], said["left"], said["groups"], said["redundant"]) == (near, near, 7, 9)
    assert (said["reviewed"], said["precision"], said["precision_low"], said["undo"]) == (0, None, None, "")
    assert len(said["edges"]) == BINS + 1
    assert {len(said[name]) for name in ("altered", "distinct", "found")} == {BINS}
    assert said["altered"] == found.calibration.altered
    assert sum(said["found"]) >= near
    assert repr(review) == f"PairReview({found.threshold:g}, twice)"


def test_the_threshold_slides_over_what_was_found(twice, open_review):
    found = twice.find_duplicates()
    review, wire = open_review(found)
    events = len(twice.history())
    for threshold in (found.lowest, 0.9, 1.0):
        said, at = state(wire, threshold), found.at(threshold)
        assert said["threshold"] == review.duplicates.threshold == threshold
        assert said["pairs"] == at.pairs.filter(exact=False).height
        assert (said["groups"], said["redundant"]) == (at.groups.height, at.members.height - at.groups.height)
    assert said["groups"] == 2, "at 1 only equal bytes are the same"
    assert state(wire)["threshold"] == 1.0, "it stays where it was set"
    assert state(wire, 0.1)["type"] == "error"
    assert wire.ask("get_pair_review", threshold=1.5)[0]["type"] == "error"
    assert (len(twice.history()), twice.duplicates().threshold) == (events, found.threshold)


def test_pairs_are_drawn_with_both_pictures_and_their_votes(twice, open_review):
    found = twice.find_duplicates()
    _, wire = open_review(found)
    reply, pictures = drawn(wire, found.threshold)
    assert len(reply["pairs"]) == min(16, found.next_pairs(99).height)
    assert [ends(pair) for pair in reply["pairs"]] == [
        (str(left), str(right)) for left, right in found.next_pairs(16).select("left", "right").rows()
    ]
    assert sum(pair[side]["bytes"] for pair in reply["pairs"] for side in ("left", "right")) == len(pictures) > 0
    first = reply["pairs"][0]
    left, right = map(int, ends(first))
    votes = found.pairs.filter(left=left, right=right).row(0, named=True)
    assert (first["similarity"], first["distance"]) == (votes["similarity"], int(votes["distance"]))
    assert (first["cosine"], first["exact"], first["verdict"]) == (votes["cosine"], False, None)
    assert first["similarity"] >= found.threshold
    rest = drawn(wire, found.threshold, without=[ends(first)])[0]["pairs"]
    assert ends(first) not in [ends(pair) for pair in rest]
    assert len(drawn(wire, found.threshold, count=1)[0]["pairs"]) == 1


def test_answers_measure_the_precision_and_the_last_is_taken_back(twice, open_review):
    found = twice.find_duplicates()
    _, wire = open_review(found)
    pairs = drawn(wire, found.threshold, count=3)[0]["pairs"]
    said = answer(wire, pairs[0], "yes", found.threshold)
    assert (said["yes"], said["reviewed"], said["precision"]) == (1, 1, 1.0)
    answer(wire, pairs[1], "unsure", found.threshold)
    said = answer(wire, pairs[2], "no", found.threshold)
    measured = found.precision()
    assert (said["yes"], said["no"], said["unsure"], said["undo"]) == (1, 1, 1, "no")
    assert (said["precision"], said["precision_low"], said["precision_high"]) == measured[:3]
    assert 0 <= said["precision_low"] < 0.5 < said["precision_high"] <= 1
    assert said["left"] == said["pairs"] - 3
    # what is answered is not asked again
    assert not {ends(pair) for pair in pairs} & {ends(pair) for pair in drawn(wire, found.threshold)[0]["pairs"]}
    back, pictures = wire.ask("take_back_pair")
    assert (ends(back["pair"]), back["pair"]["verdict"]) == (ends(pairs[2]), None)
    assert pictures
    assert state(wire)["no"] == 0
    assert answer(wire, pairs[2], "yes", found.threshold)["yes"] == 2
    for _ in range(3):
        assert wire.ask("take_back_pair")[0]["type"] == "pair_taken_back"
    assert wire.ask("take_back_pair")[0]["type"] == "error"
    assert (state(wire)["reviewed"], state(wire)["undo"]) == (0, "")


def test_what_nobody_drew_says_nothing_of_the_precision(twice, open_review):
    found = twice.find_duplicates()
    _, wire = open_review(found)
    pair = found.pairs.filter(exact=False).row(0, named=True)
    left, right = str(pair["left"]), str(pair["right"])
    said = wire.ask("judge_pair", left=left, right=right, verdict="yes", threshold=found.threshold)[0]
    assert (said["precision"], said["reviewed"], said["undo"]) == (None, 0, "")
    assert found.verdicts().height == 1
    assert said["left"] == said["pairs"] - 1
    same = wire.ask("judge_pair", left=left, right=left, verdict="yes", threshold=found.threshold)[0]
    assert same["type"] == "error"
    assert "sample" in wire.ask("judge_pair", left="123", right=left, verdict="yes", threshold=0.9)[0]["message"]


def test_two_reviewers_follow_each_other(twice, open_review):
    found = twice.find_duplicates()
    _, wire = open_review(found)
    _, other = open_review(curate.open(twice.folder.location).duplicates())
    pair = drawn(other, found.threshold, count=1)[0]["pairs"][0]
    version = state(wire)["version"]
    answer(other, pair, "yes", found.threshold)
    said = state(wire)
    assert (said["yes"], said["version"] > version) == (1, True)
    wire.wait(lambda message: message["type"] == "pairs_changed")
    assert ends(drawn(wire, found.threshold, count=1)[0]["pairs"][0]) != ends(pair)


def test_a_review_is_of_the_whole_dataset_and_keeps_what_is_there_once_more(twice, open_review):
    found = twice.find_duplicates()
    review, _ = open_review(found)
    with pytest.raises(BadValue, match="were found in all of it"):
        review.view = twice
    with pytest.raises(BadValue, match="height"):
        found.review(height=10)
    data, _ = review._repr_mimebundle_()
    assert "<b>9</b> of 25 samples" in data["text/html"]


def test_a_sample_that_is_erased_takes_its_pairs_with_it(twice, open_review):
    found = twice.find_duplicates()
    _, wire = open_review(found)
    pairs = drawn(wire, found.threshold)[0]["pairs"]
    answer(wire, pairs[0], "yes", found.threshold)
    twice.purge([int(ends(pairs[0])[1]), int(ends(pairs[1])[1])])
    left = {ends(pair) for pair in drawn(wire, found.threshold)[0]["pairs"]}
    assert ends(pairs[0]) not in left
    assert ends(pairs[1]) not in left
    assert "was erased" in wire.ask("take_back_pair")[0]["message"]
    assert "no answer" in wire.ask("take_back_pair")[0]["message"]
