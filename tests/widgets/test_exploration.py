"""Rows, selection and undo of an exploration, also while others write and many threads ask at once."""

from __future__ import annotations

import gc
import threading
import time
import traceback
import weakref

import numpy as np
import pytest

import curate
from curate.errors import BadValue, UnknownName
from curate.widgets import protocol, steps
from curate.widgets.exploration import Exploration
from curate.widgets.steps import Asked, Asking, Steps


class Ear:
    """Keeps what an exploration says."""

    def __init__(self, exploration):
        self.heard = []
        exploration.listen(self.hear)

    def hear(self, event):
        self.heard.append(event)

    def wait(self, type, seconds=10):
        deadline = time.monotonic() + seconds
        while not any(isinstance(event, type) for event in self.heard):
            assert time.monotonic() < deadline, f"no {type.__name__} among {self.heard}"
            time.sleep(0.005)


def view_of_a_split_that_is_undone(ds):
    """A view that cannot be evaluated: its column has gone."""
    ds.split({"a": 0.5, "b": 0.5}, name="halves")
    view = ds.where("halves = 'a'")
    ds.undo()
    return view


def test_nothing_is_evaluated_before_somebody_looks(ds):
    view = ds.where("weather = 'rain'")
    exploration = Exploration(view)
    assert exploration.view is view
    assert view._rows is None
    shown = exploration.shown()
    assert (shown.version, shown.order, len(shown.rows), shown.stale) == (1, 1, 6, False)
    assert exploration.shown() is shown


def test_a_change_is_a_step_that_can_be_undone_and_redone(ds):
    exploration = Exploration(ds)
    exploration.change(ds.where("weather = 'rain'"), "rain", group="drive")
    exploration.change(ds.where("weather = 'snow'"), "snow")
    assert exploration.shown().groups.column == "drive"
    assert (exploration.undo_words, exploration.redo_words) == ("snow", "")
    assert exploration.undo() == "snow"
    assert exploration.view.query == ds.where("weather = 'rain'").query
    assert exploration.undo() == "rain"
    assert exploration.view.query == ds.query
    assert exploration.shown().groups is None
    assert (exploration.undo_words, exploration.redo_words) == ("", "rain")
    with pytest.raises(BadValue, match="nothing to undo"):
        exploration.undo()
    exploration.redo()
    assert exploration.shown().groups.column == "drive"
    exploration.change(ds.limit(3), "three")
    assert exploration.redo_words == "", "something new was done"


def test_a_view_that_cannot_run_changes_nothing(ds):
    exploration = Exploration(ds)
    gone = view_of_a_split_that_is_undone(ds)
    shown = exploration.shown()
    for view, group, error in (
        (gone, None, UnknownName),
        (ds, "wether", UnknownName),
        (ds.where("weather = 'rain'"), "tags", BadValue),
    ):
        with pytest.raises(error):
            exploration.change(view, "wrong", group=group)
    assert exploration.shown() is shown
    assert exploration.undo_words == ""
    other = curate.open(ds.folder.location)
    with pytest.raises(BadValue, match="of another dataset"):
        exploration.change(other.limit(2), "other")


def test_an_edit_of_what_is_not_shown_any_more_is_refused(ds):
    exploration = Exploration(ds)
    version = exploration.shown().version
    exploration.change(ds.limit(5), "five", version=version)
    with pytest.raises(BadValue, match="changed meanwhile"):
        exploration.change(ds.limit(6), "six", version=version)
    assert len(exploration.shown().rows) == 5


def test_what_was_written_is_undone_with_the_steps_of_the_query(ds):
    exploration = Exploration(ds)
    exploration.change(ds.where("weather = 'rain'"), "rain")
    changed, event = exploration.view._tag("tag", ("wet",))
    exploration.written([event], f"tag wet ({changed})")
    exploration.change(ds, "all")
    exploration.written([ds.limit(2).save("two").event], "save two")
    assert [exploration.undo() for _ in range(3)] == ["save two", "all", "tag wet (6)"]
    assert (ds.session.tags, ds.session.slices) == ({}, {})
    assert [exploration.redo() for _ in range(3)] == ["tag wet (6)", "all", "save two"]
    assert len(ds.session.tags["wet"]) == 6
    assert "two" in ds.session.slices
    exploration.undo()
    assert "two" not in ds.session.slices, "a redone step is undone again"


def test_a_tag_that_changed_nothing_is_no_step(ds):
    exploration = Exploration(ds)
    ds.tag("all")
    changed, event = ds._tag("tag", ("all",))
    exploration.written([event], "tag all (0)")
    assert (changed, event, exploration.undo_words) == (0, "", "")


def test_what_was_undone_elsewhere_is_dropped_with_a_message(ds):
    exploration = Exploration(ds)
    exploration.change(ds.limit(5), "five")
    exploration.written([ds.limit(2)._tag("tag", ("a",))[1]], "tag a (2)")
    curate.open(ds.folder.location).undo()
    with pytest.raises(BadValue, match="undone already, elsewhere"):
        exploration.undo()
    assert exploration.undo_words == "five"
    assert exploration.redo_words == ""


def test_a_step_back_to_what_has_gone_is_dropped_with_a_message(ds):
    exploration = Exploration(ds)
    ds.split({"a": 0.5, "b": 0.5}, name="halves")
    exploration.change(ds.where("halves = 'a'"), "half")
    exploration.change(ds.limit(2), "two")
    ds.undo()
    with pytest.raises(UnknownName):
        exploration.undo()
    assert exploration.undo_words == "half"
    assert len(exploration.shown().rows) == 2
    exploration.undo()
    assert len(exploration.shown().rows) == 24


def test_the_oldest_steps_are_forgotten(ds, monkeypatch):
    held = Steps()
    for number in range(steps.MOST_STEPS + 10):
        asked = Asked(ds.limit(number).query, None)
        held.did(Asking(asked, asked, str(number)))
    assert (len(held.done), held.done[0].words) == (steps.MOST_STEPS, "10")
    monkeypatch.setattr(steps, "MOST_IDS", 50)
    for number in range(4):
        asked = Asked(ds.select(ds.ids()[: 20 + number]).query, None)
        held.did(Asking(asked, asked, f"select {number}"))
    assert [step.words for step in held.done] == ["select 2", "select 3"]


def test_two_explorations_of_one_dataset_stay_in_step(ds):
    one, two = Exploration(ds), Exploration(ds.where("weather = 'rain'"))
    one.shown()
    version = two.shown().version
    ear = Ear(two)
    one.written([ds.limit(12)._tag("tag", ("a",))[1]], "tag a (12)")
    ear.wait(protocol.ViewChanged)
    assert two.shown().version > version
    assert not two.shown().stale
    assert two.undo_words == "", "each undoes what was done in it"


def test_what_another_process_wrote_is_seen_on_a_look(ds):
    exploration = Exploration(ds.where("weather = 'rain'"))
    ear = Ear(exploration)
    shown = exploration.shown()
    curate.open(ds.folder.location).limit(3).tag("theirs")
    assert exploration.look(now=True) is False
    assert exploration.shown().version > shown.version
    assert exploration.shown().order == shown.order
    assert [type(event) for event in ear.heard] == [protocol.ViewChanged]


def test_whoever_refreshes_is_never_held_up(ds):
    """The look runs on a thread of its own, and may not be waited for by whoever holds the session's lock."""
    explorations = [Exploration(ds.where("weather = 'rain'")) for _ in range(4)]
    for exploration in explorations:
        exploration.shown()
    with ds.session.lock:
        for number in range(5):
            ds.limit(3).tag(f"tag {number}")
            assert ds.where("weather = 'rain'").count() == 6
        assert all(exploration.shown().seen < ds.version for exploration in explorations)
    deadline = time.monotonic() + 10
    while any(exploration.shown().seen < ds.version for exploration in explorations):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_exploration_that_nobody_holds_goes(ds):
    exploration = Exploration(ds)
    exploration.shown()
    held = weakref.ref(exploration)
    del exploration
    gc.collect()
    assert held() is None
    ds.limit(2).tag("later")


def test_a_listener_that_fails_keeps_no_other_from_hearing(ds, caplog):
    class Broken:
        def hear(self, event):
            raise RuntimeError("no")

    exploration, broken = Exploration(ds), Broken()
    exploration.listen(broken.hear)
    ear = Ear(exploration)
    exploration.pick("set", np.array([1]))
    assert len(ear.heard) == 1
    assert "could not be told" in caplog.text


def test_positions_of_before_a_purge_pick_nothing(ds):
    exploration = Exploration(ds)
    generation = exploration.shown().rows.generation
    ds.purge(ds.ids()[:1])
    with pytest.raises(BadValue, match="erased meanwhile"):
        exploration.pick("set", np.array([23]), generation=generation)
    assert exploration.picked().count == 0
    assert exploration.picked().mask.size == 23


def test_a_reader_is_given_the_rows_of_after_a_purge(ds):
    exploration = Exploration(ds)
    ids = ds.ids()
    seen = []

    def read(shown):
        if not seen:
            ds.purge(ids[:3])
        seen.append(len(shown.rows))
        return ds.frame(shown.rows.positions, ["sample_id"])["sample_id"].to_list()

    shown, found = exploration.read(read)
    assert seen == [24, 21]
    assert found == ids[3:].tolist()
    assert shown is exploration.shown()


@pytest.mark.slow
def test_many_threads_at_once(rich, monkeypatch):
    """Editing, paging, selecting, tagging and undoing on one exploration: nothing is torn and nobody waits for ever."""
    monkeypatch.setattr(steps, "MOST_STEPS", 1_000_000)  # so that undo leads back to where it began
    exploration = Exploration(rich)
    exploration.shown()
    views = [rich, rich.where("weather = 'rain'"), rich.search("rain"), rich.sort_by("speed"), rich.untagged("night")]
    stop, failures, tagged = time.monotonic() + 8, [], []

    def run(work):
        random = np.random.default_rng(threading.get_ident() % 2**32)
        try:
            while time.monotonic() < stop:
                try:
                    work(random)
                except BadValue as error:  # as when another was faster
                    if not any(text in str(error) for text in ("meanwhile", "nothing to", "elsewhere")):
                        raise
        except BaseException:
            failures.append(traceback.format_exc())

    def edit(random):
        view = views[random.integers(len(views))]
        group = [None, "weather", "drive"][random.integers(3)]
        exploration.change(view, "another view", group=group, version=exploration.shown().version)

    def page(random):
        shown, frame = exploration.read(lambda s: rich.frame(s.rows.positions[:8], ["sample_id", "weather"]))
        assert len(frame) == min(8, len(shown.rows))
        assert frame["sample_id"].to_list() == rich.session.sample_ids[shown.rows.positions[:8]].tolist()
        if shown.groups is not None:
            assert shown.groups.counts.sum() == len(shown.rows)

    def pick(random):
        shown = exploration.shown()
        operation = ("set", "add", "remove", "toggle")[random.integers(4)]
        positions = shown.rows.positions[random.random(len(shown.rows)) < 0.3]
        picked = exploration.pick(operation, positions, generation=shown.rows.generation)
        assert picked.count == np.count_nonzero(picked.mask)
        assert exploration.here() <= exploration.picked().mask.size

    def tag(random):
        name = f"tag {random.integers(1000)}"
        changed, event = exploration.shown().view._tag("tag", (name,))
        exploration.written([event], f"tag {name} ({changed})")
        tagged.append(name)
        time.sleep(0.05)

    def back(random):
        (exploration.undo if random.random() < 0.6 else exploration.redo)()
        time.sleep(0.02)

    def look(random):
        exploration.look(now=bool(random.random() < 0.5))
        exploration.look()

    threads = [threading.Thread(target=run, args=(w,), daemon=True) for w in (edit, page, pick, tag, back, look, page)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "somebody waits for ever"
    assert failures == []
    assert tagged
    exploration.refresh()
    shown, view = exploration.shown(), exploration.view
    assert sorted(shown.rows.positions.tolist()) == sorted(view.rows().positions.tolist())
    assert exploration.here() == np.isin(shown.rows.positions, np.flatnonzero(exploration.picked().mask)).sum()
    while exploration.undo_words:
        exploration.undo()
    assert exploration.view.query == rich.query
