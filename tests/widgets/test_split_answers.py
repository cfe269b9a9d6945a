"""Splits over the wire: made in the background, certified, shown part by part, exported and verified."""

from __future__ import annotations

import threading

import pytest

import curate
from curate.exports.formats import FORMATS
from curate.splits.certificate import ClassBalance, ColumnBalance
from curate.widgets.answers import splits as answers
from curate.widgets.answers.splits import balance

PARTS = [{"name": "train", "share": 0.5}, {"name": "test", "share": 0.5}]


def ended(wire, job):
    """The job as it ended."""
    return wire.wait(
        lambda message: (
            message["type"] == "job_changed"
            and message["job"]["id"] == job["id"]
            and message["job"]["state"] != "running"
        ),
        60,
    )[0]["job"]


def make(wire, name="v1", **fields):
    started = wire.ask("make_split", name=name, **{"parts": PARTS, "leak": "off", **fields})[0]
    assert started["type"] == "started", started
    return ended(wire, started["job"])


def names(wire):
    return [line["name"] for line in wire.ask("get_splits")[0]["splits"]]


def test_a_dataset_without_a_split_says_what_one_can_be_asked_for(rich, open_widget):
    _, wire = open_widget(rich)
    reply = wire.ask("get_splits")[0]
    assert (reply["splits"], reply["why"]) == ([], "")
    form = wire.ask("get_split_form")[0]
    assert (form["name"], form["encoder"]) == ("v1", "demo")
    stratify = {column["name"]: column["kind"] for column in form["stratify"]}
    assert stratify["weather"] == "category"
    assert stratify["objects"] == "labels"
    assert stratify["speed"] == "number"
    assert "tags" not in stratify
    assert form["group_by"] == [
        {"name": "drive", "kind": "category", "values": 8},
        {"name": "weather", "kind": "category", "values": 4},
    ]
    assert "split" in wire.ask("get_split", name="v1")[0]["message"]


def test_a_split_is_made_in_the_background_listed_certified_and_undone(rich, open_widget):
    _, wire = open_widget(rich)
    job = make(wire, stratify=["weather"], group_by=["drive"])
    assert (job["kind"], job["title"], job["state"]) == ("split", "Split 24 samples as v1", "done"), job
    wire.wait(lambda message: message["type"] == "splits_changed")
    split = rich.split_named("v1")
    sizes = {part: split[part].count() for part in split.parts}
    assert job["text"] == ", ".join(f"{part} {size}" for part, size in sizes.items())
    line = wire.ask("get_splits")[0]["splits"][0]
    assert {part["name"]: part["samples"] for part in line["parts"]} == sizes
    state = wire.ask("get_split", name="v1")[0]
    certificate = split.certificate
    assert state["checked"]
    assert state["passed"] == certificate.passed
    assert [(part["name"], part["got"]) for part in state["parts"]] == list(sizes.items())
    assert [promise["text"] for promise in state["promises"]] == [promise.text for promise in certificate.promises]
    assert (state["group_by"], state["groups"], state["cut"]) == (["drive"], certificate.groups, 0)
    assert [column["column"] for column in state["columns"]] == ["weather"]
    assert wire.ask("get_split_form")[0]["name"] == "v2"
    assert wire.state()["undo"] == "split v1"
    wire.ask("undo")
    assert (names(wire), rich.splits()) == ([], [])
    wire.ask("redo")
    assert names(wire) == ["v1"]


def test_what_is_nearest_comes_with_its_pictures(twice, open_widget):
    twice.embed("demo")
    twice.split({"train": 0.5, "test": 0.5}, leak="auto", name="kept")
    _, wire = open_widget(twice)
    state, pictures = wire.ask("get_split", name="kept")
    nearness = twice.split_named("kept").certificate.nearness
    assert nearness is not None
    assert state["nearness"]["threshold"] == nearness.threshold
    assert state["nearness"]["across"] == nearness.across == 0
    closest = state["nearness"]["closest"]
    assert [(int(pair["left"]["sample_id"]), int(pair["right"]["sample_id"])) for pair in closest] == [
        (pair.left, pair.right) for pair in nearness.closest
    ]
    assert all(pair["left_part"] != pair["right_part"] for pair in closest)
    assert sum(pair["left"]["bytes"] + pair["right"]["bytes"] for pair in closest) == len(pictures) > 0
    shares = [(one["part"], one["threshold"], one["near"]) for one in state["nearness"]["shares"]]
    assert shares == [(one.part, one.threshold, one.near) for one in nearness.shares]


def test_a_part_is_a_filter_and_so_are_those_in_no_part(rich, open_widget):
    rich.limit(20).split({"train": 10, "test": 6}, leak=None, name="counts")
    _, wire = open_widget(rich)
    state = wire.ask("get_split", name="counts")[0]
    assert state["unassigned"] == 4
    train = {"type": "values", "values": ["train"]}
    shown = wire.edit("set_facet", kind="category", column="counts", filter=train)
    assert shown["count"] == 10
    assert set(wire.ids()) == set(rich.split_named("counts")["train"].ids().tolist())
    assert [chip["text"] for chip in shown["chips"]] == ["counts = 'train'"]
    none = {"type": "values", "values": [None]}
    assert wire.edit("set_facet", kind="category", column="counts", filter=none)["count"] == 24 - 16


def test_a_split_of_the_selection_or_of_the_view(rich, open_widget):
    _, wire = open_widget(rich.limit(12))
    assert make(wire)["title"] == "Split 12 samples as v1"
    wire.select((0, 4))
    assert make(wire, "few", what="selection")["title"] == "Split 4 samples as few"
    assert sum(part["samples"] for part in wire.ask("get_splits")[0]["splits"][0]["parts"]) == 4


def test_what_cannot_be_split_is_refused_where_it_was_asked_for(rich, open_widget, tmp_path):
    _, wire = open_widget(rich)
    assert "needs a name" in wire.ask("make_split", name=" ", parts=PARTS)[0]["message"]
    twice = [{"name": "train", "share": 0.5}, {"name": " train", "share": 0.5}]
    assert "same name" in wire.ask("make_split", name="v1", parts=twice)[0]["message"]
    assert "Nothing is selected" in wire.ask("make_split", name="v1", parts=PARTS, what="selection")[0]["message"]
    job = make(wire, parts=[{"name": "train", "share": 0.5}, {"name": "test", "share": 0.4}])
    assert (job["state"], "sum" in job["text"]) == ("failed", True), job
    job = make(wire, stratify=["wether"])
    assert (job["state"], "weather" in job["hint"] + job["text"]) == ("failed", True), job
    assert make(wire, "weather")["state"] == "failed"
    assert rich.splits() == []


def test_a_certificate_that_takes_long_is_waited_for_by_nobody(rich, open_widget, monkeypatch):
    split = rich.split({"train": 0.5, "test": 0.5}, leak=None, name="slow")
    known = split.certificate
    go_on = threading.Event()

    def certificate(self):
        assert go_on.wait(30)
        return known

    monkeypatch.setattr(type(split), "certificate", property(certificate))
    monkeypatch.setattr(answers, "SOON", 0.01)
    _, wire = open_widget(rich)
    state = wire.ask("get_split", name="slow")[0]
    assert (state["checked"], state["passed"], state["promises"]) == (False, False, [])
    assert [part["got"] for part in state["parts"]] == [part.got for part in known.parts]
    assert wire.ask("get_splits")[0]["splits"][0]["name"] == "slow"
    go_on.set()
    wire.wait(lambda message: message["type"] == "splits_changed")
    assert wire.ask("get_split", name="slow")[0]["checked"]


def test_a_split_made_in_python_is_told_of_and_one_that_takes_a_name_again_is_another(rich, open_widget):
    _, wire = open_widget(rich)
    wire.state()
    rich.split({"train": 0.5, "test": 0.5}, leak=None, name="v1")
    wire.wait(lambda message: message["type"] == "splits_changed")
    first = wire.ask("get_split", name="v1")[0]
    rich.split({"train": 0.75, "test": 0.25}, leak=None, name="v1")
    wire.wait(lambda message: message["type"] == "splits_changed")
    second = wire.ask("get_split", name="v1")[0]
    assert first["event"] != second["event"]
    assert second["parts"][0]["got"] == rich.split_named("v1")["train"].count() == 18


@pytest.mark.parametrize("media", ["copy", "symlink"])
def test_a_split_is_exported_in_the_background_and_verified(rich, open_widget, tmp_path, media):
    rich.where("status = 'ok'").split({"train": 0.5, "test": 0.5}, leak=None, name="v1")
    _, wire = open_widget(rich)
    exports = wire.ask("get_exports")[0]
    assert exports["formats"] == list(FORMATS)
    assert exports["packed"] == [name for name, format in FORMATS.items() if format.packs]
    path = tmp_path / "out"
    started = wire.ask("export_split", name="v1", path=f" {path} ", format="coco", labels="objects", media=media)[0]
    job = ended(wire, started["job"])
    assert (job["kind"], job["title"], job["state"]) == ("export", "Export v1 as coco", "done"), job
    verification = curate.verify(path)
    assert verification.ok
    assert f"23 samples in {path}. Verified: {verification.files} files" in job["text"]
    assert rich.history()["action"][0] == "export"
    again = wire.ask("export_split", name="v1", path=str(path), format="coco")[0]
    assert "exists already" in again["message"]
    assert "split" in wire.ask("export_split", name="v9", path=str(tmp_path / "no"), format="coco")[0]["message"]
    assert "needs a path" in wire.ask("export_split", name="v1", path=" ", format="coco")[0]["message"]


def test_a_dataset_that_can_only_be_read_says_why_none_can_be_made(rich, open_widget):
    rich.split({"train": 0.5, "test": 0.5}, leak=None, name="v1")
    rich.snapshot("then")
    _, wire = open_widget(rich.at("then"))
    reply = wire.ask("get_splits")[0]
    assert ([line["name"] for line in reply["splits"]], reply["why"]) == (["v1"], "This dataset can only be read")
    assert wire.ask("make_split", name="v2", parts=PARTS)[0]["type"] == "error"


def test_of_many_classes_those_furthest_off_are_drawn():
    def of(number):
        counts, shares = (number, number), (0.1, 0.1)
        return ClassBalance(f"class {number}", 2 * number, counts, shares, float(number % 50), 0.0, 1)

    drawn = balance(ColumnBalance("drive", tuple(of(number) for number in range(1, 100))))
    assert (len(drawn.classes), drawn.more, drawn.deviation) == (24, 75, 49.0)
    assert {one.deviation for one in drawn.classes} == {float(number) for number in range(38, 50)}
    assert [one.total for one in drawn.classes] == sorted((one.total for one in drawn.classes), reverse=True)
    assert drawn.classes[0].share == pytest.approx(drawn.classes[0].total / (99 * 100))
