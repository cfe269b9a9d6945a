"""Groups of duplicates over the wire: what is accepted is tagged, and undone it is not."""

from __future__ import annotations

import threading

import numpy as np

import curate


def groups_of(wire, start=0, stop=16):
    return wire.ask("get_duplicate_groups", start=start, stop=stop)[0]["groups"]


def standing(wire):
    state = wire.ask("get_duplicates")[0]
    return state["open"], state["accepted"], state["distinct"]


def judge(wire, groups, verdict="accepted", **fields):
    search = wire.ask("get_duplicates")[0]["search"]
    names = [group["group"] for group in groups]
    return wire.ask("judge_groups", search=search, groups=names, verdict=verdict, **fields)[0]


def tagged(ds):
    return set(ds.session.tags.get("duplicate", np.empty(0, np.int64)).tolist())


def others(group, keep):
    return {int(member["tile"]["sample_id"]) for member in group["members"]} - {int(keep)}


def test_before_anybody_has_looked_it_says_so(twice, open_widget):
    _, wire = open_widget(twice)
    state = wire.ask("get_duplicates")[0]
    assert (state["searched"], state["search"], state["groups"], state["first_open"]) == (False, "", 0, -1)
    assert (state["threshold"], state["why"]) == (None, "")
    assert groups_of(wire) == []
    assert "searched" in wire.ask("judge_groups", search="a", groups=["0"], verdict="accepted")[0]["message"]


def test_duplicates_are_looked_for_in_the_background_and_shown_as_they_were_found(twice, open_widget):
    _, wire = open_widget(twice)
    job = wire.ask("find_duplicates")[0]["job"]
    assert (job["kind"], job["title"]) == ("duplicates", "Look for duplicates")
    ended = wire.wait(lambda message: message["type"] == "job_changed" and message["job"]["state"] != "running", 60)[0]
    wire.wait(lambda message: message["type"] == "duplicates_changed")
    found = twice.duplicates()
    assert ended["job"]["state"] == "done", ended
    assert ended["job"]["text"] == "7 groups, 9 samples could go"
    state = wire.ask("get_duplicates")[0]
    assert (state["searched"], state["search"], state["threshold"]) == (True, found.event, found.threshold)
    assert (state["groups"], state["exact"], state["near"], state["sequences"]) == (7, 2, 5, 0)
    assert (state["open"], state["accepted"], state["distinct"], state["redundant"]) == (7, 0, 0, 9)
    assert state["note"] == found.note
    reply, pictures = wire.ask("get_duplicate_groups", start=0, stop=16)
    groups = reply["groups"]
    assert [group["kind"] for group in groups] == ["exact"] * 2 + ["near"] * 5
    assert [group["count"] for group in groups[:3]] == [3, 2, 3]
    assert sum(member["tile"]["bytes"] for group in groups for member in group["members"]) == len(pictures) > 0
    kept = {int(group["keep"]) for group in groups}
    assert kept == set(found.kept.ids().tolist())
    assert {id for group in groups for id in others(group, group["keep"])} == set(found.redundant.ids().tolist())
    near = groups[3]
    assert near["members"][0]["tile"]["sample_id"] == near["best"] == near["keep"]
    assert near["members"][0]["facts"].startswith("128 × 96 · sharpness ")
    assert near["why"] == "largest: 128 × 96"
    assert near["state"] == "open"
    assert found.threshold <= near["similarity"] == near["members"][1]["similarity"] < 1


def test_a_search_that_is_stopped_leaves_what_was_found_before(twice, open_widget, monkeypatch):
    from curate.media import alterations

    before = twice.find_duplicates().event
    begun, go_on = threading.Event(), threading.Event()
    alter = alterations.alter

    def slowly(*args, **options):
        begun.set()
        assert go_on.wait(30)
        return alter(*args, **options)

    monkeypatch.setattr(alterations, "alter", slowly)
    _, wire = open_widget(twice)
    number = wire.ask("find_duplicates")[0]["job"]["id"]
    assert begun.wait(30)
    assert "looked for already" in wire.ask("find_duplicates")[0]["message"]
    assert wire.ask("stop_job", job=number)[0]["type"] == "done"
    go_on.set()
    ended = wire.wait(lambda message: message["type"] == "job_changed" and message["job"]["state"] != "running", 60)[0]
    assert (ended["job"]["state"], ended["job"]["text"]) == ("stopped", "Stopped, and nothing was changed.")
    assert wire.ask("get_duplicates")[0]["search"] == before
    assert (twice.history()["action"] == "duplicates").sum() == 1


def test_a_group_is_accepted_with_one_key_and_undone_with_another(twice, open_widget):
    found = twice.find_duplicates()
    _, wire = open_widget(twice)
    group = groups_of(wire)[0]
    version = wire.ask("get_duplicates")[0]["version"]
    state = judge(wire, [group])
    assert (state["open"], state["accepted"], state["first_open"]) == (6, 1, 1)
    assert state["version"] > version
    assert tagged(twice) == others(group, group["keep"])
    assert len(found.judged(True)) == 2
    wire.wait(lambda message: message["type"] == "duplicates_changed")
    shown = wire.state()
    assert shown["undo"] == "accept 1 group (2 samples tagged)"
    after = groups_of(wire)
    assert [one["group"] for one in after][:2] == [group["group"], after[1]["group"]], "a verdict moves nothing"
    assert [one["state"] for one in after] == ["accepted"] + ["open"] * 6
    wire.ask("undo")
    assert (tagged(twice), len(found.judged(True)), standing(wire)) == (set(), 0, (7, 0, 0))
    wire.ask("redo")
    assert standing(wire) == (6, 1, 0)
    assert tagged(twice) == others(group, group["keep"])


def test_another_sample_can_be_kept_also_after_all(twice, open_widget):
    twice.find_duplicates()
    _, wire = open_widget(twice)
    group = groups_of(wire)[2]
    second, third = (member["tile"]["sample_id"] for member in group["members"][1:])
    judge(wire, [group], keep=second)
    assert tagged(twice) == others(group, second)
    assert groups_of(wire)[2]["keep"] == second
    judge(wire, [group], keep=third)
    assert tagged(twice) == others(group, third)
    assert standing(wire) == (6, 1, 0)
    wire.ask("undo")
    assert (tagged(twice), groups_of(wire)[2]["keep"]) == (others(group, second), second)
    assert groups_of(wire)[2]["best"] == group["best"]


def test_what_is_no_duplicate_is_said_of_every_pair_and_not_tagged(twice, open_widget):
    found = twice.find_duplicates()
    _, wire = open_widget(twice)
    group = groups_of(wire)[2]
    judge(wire, [group])
    state = judge(wire, [group], "distinct")
    assert (state["open"], state["accepted"], state["distinct"]) == (6, 0, 1)
    assert tagged(twice) == set()
    assert groups_of(wire)[2]["state"] == "distinct"
    best = int(group["best"])
    assert {tuple(pair) for pair in found.judged(False).tolist()} == {
        tuple(sorted([best, other])) for other in others(group, best)
    }
    wire.ask("undo")
    assert standing(wire) == (6, 1, 0)


def test_all_that_follow_are_accepted_as_one_step(twice, open_widget):
    found = twice.find_duplicates()
    _, wire = open_widget(twice)
    groups = groups_of(wire)
    judge(wire, groups[3:4], "distinct")
    state = wire.ask("accept_from", search=found.event, start=1)[0]
    assert (state["open"], state["accepted"], state["distinct"], state["first_open"]) == (1, 5, 1, 0)
    assert state["redundant"] == 2
    expected = set().union(*(others(group, group["keep"]) for i, group in enumerate(groups) if i not in (0, 3)))
    assert tagged(twice) == expected
    assert wire.ask("accept_from", search=found.event, start=1)[0]["type"] == "error"
    wire.ask("undo")
    assert standing(wire) == (6, 0, 1)


def test_a_tag_from_python_accepts_and_another_notebook_is_heard(twice, open_widget):
    twice.find_duplicates()
    _, wire = open_widget(twice)
    assert standing(wire) == (7, 0, 0)
    curate.open(twice.folder.location).duplicates().redundant.tag("duplicate")
    wire.ask("look")
    wire.wait(lambda message: message["type"] == "duplicates_changed")
    assert standing(wire) == (0, 7, 0)


def test_a_newer_search_makes_the_old_groups_void(twice, open_widget):
    old = twice.find_duplicates()
    _, wire = open_widget(twice)
    group = groups_of(wire)[0]
    twice.find_duplicates(threshold=1.0)
    wire.wait(lambda message: message["type"] == "duplicates_changed")
    refused = wire.ask("judge_groups", search=old.event, groups=[group["group"]], verdict="accepted")[0]
    assert "searched again" in refused["message"]
    assert wire.ask("accept_from", search=old.event, start=0)[0]["type"] == "error"
    assert tagged(twice) == set()
    assert {one["kind"] for one in groups_of(wire)} == {"exact"}


def test_what_cannot_be_is_refused_and_changes_nothing(twice, open_widget):
    twice.find_duplicates()
    _, wire = open_widget(twice)
    groups = groups_of(wire)
    stranger = next(iter(set(twice.ids().tolist()) - others(groups[0], "0")))
    for fields in (
        {"groups": groups[:2], "keep": groups[0]["keep"]},
        {"groups": groups[:1], "keep": str(stranger)},
        {"groups": [{"group": "4711"}]},
    ):
        assert judge(wire, **fields)["type"] == "error"
    assert groups_of(wire, 99, 120) == groups_of(wire, 3, 3) == []
    assert (tagged(twice), standing(wire)) == (set(), (7, 0, 0))


def test_the_history_of_a_sample_says_what_it_was_compared_with(twice, open_widget):
    found = twice.find_duplicates()
    _, wire = open_widget(twice)
    three, two = groups_of(wire)[:2]
    judge(wire, [three, two])
    found.judge([[int(two["keep"]), int(three["keep"])]], False)

    def said(group):
        return [line["what"] for line in wire.ask("get_history", sample=group["keep"])[0]["lines"]][:2]

    assert said(three) == [f"another picture than {two['members'][0]['tile']['name']}", "the same as 2 samples"]
    assert said(two)[1] == f"the same as {two['members'][1]['tile']['name']}"
    wire.ask("undo")
    lines = wire.ask("get_history", sample=three["keep"])[0]["lines"]
    assert [line["undone"] for line in lines[:2]] == [False, True]


def test_what_was_erased_is_in_no_group(twice, open_widget):
    twice.find_duplicates()
    _, wire = open_widget(twice)
    groups = groups_of(wire)
    twice.purge(sorted(others(groups[1], groups[1]["keep"]) | others(groups[0], groups[0]["keep"])))
    left = groups_of(wire)
    assert [group["kind"] for group in left] == ["near"] * 5
    assert standing(wire) == (5, 0, 0)
    judge(wire, left[:1])
    assert standing(wire) == (4, 1, 0)


def test_a_page_has_whole_groups_and_at_least_one(twice, open_widget, monkeypatch):
    twice.find_duplicates()
    _, wire = open_widget(twice)
    everything = groups_of(wire)
    monkeypatch.setattr("curate.widgets.protocol.PAGE_ROWS", 4)
    reply, pictures = wire.ask("get_duplicate_groups", start=1, stop=16)
    assert reply["groups"] == everything[1:2]
    monkeypatch.setattr("curate.widgets.protocol.MEMBERS", 2)
    reply, pictures = wire.ask("get_duplicate_groups", start=0, stop=2)
    assert [(group["count"], len(group["members"])) for group in reply["groups"]] == [(3, 2), (2, 2)]
    assert sum(member["tile"]["bytes"] for group in reply["groups"] for member in group["members"]) == len(pictures)
    # who is kept is shown, wherever in the group
    last = everything[0]["members"][2]["tile"]["sample_id"]
    judge(wire, everything[:1], keep=last)
    assert [member["tile"]["sample_id"] for member in groups_of(wire)[0]["members"]][1] == last
    monkeypatch.setattr("curate.widgets.protocol.PAGE_BYTES", 1)
    reply, pictures = wire.ask("get_duplicate_groups", start=0, stop=2)
    assert [len(group["members"]) for group in reply["groups"]] == [1]
    assert reply["groups"][0]["members"][0]["tile"]["bytes"] == len(pictures)


def test_sequences_say_their_span(tmp_path, open_widget):
    from tests.conftest import draw

    for number in range(3):
        draw(tmp_path / "pictures" / f"frame_{number:03}.jpg", 1)
        draw(tmp_path / "pictures" / f"other_{number}" / "a.jpg", 10 + number)
    # frames that hardly change, and are not the same bytes
    for number in range(3):
        picture = tmp_path / "pictures" / f"frame_{number:03}.jpg"
        picture.write_bytes(picture.read_bytes() + bytes([number]))
    ds = curate.create(tmp_path / "drive.curate")
    ds.ingest(tmp_path / "pictures", workers=1)
    ds.find_duplicates(threshold=0.9)
    _, wire = open_widget(ds)
    group = groups_of(wire)[0]
    assert (group["kind"], group["count"], group["span"]) == ("sequence", 3, "frame_000.jpg – frame_002.jpg")
    assert np.isclose(group["similarity"], 1, atol=0.01)
