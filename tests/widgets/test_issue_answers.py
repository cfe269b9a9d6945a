"""The issues card over the wire, against what `find_issues` says."""

from __future__ import annotations

import pytest

import curate
from curate.widgets.answers.issues import ABOUT, about


def kinds(reply):
    return {kind["kind"]: kind for kind in reply["kinds"]}


def test_before_anybody_has_looked_it_says_so(rich, open_widget):
    _, wire = open_widget(rich)
    reply = wire.ask("get_issues")[0]
    assert (reply["type"], reply["searched"], reply["at"], reply["kinds"], reply["why"]) == (
        "issues",
        False,
        "",
        [],
        "",
    )


def test_issues_are_looked_for_in_the_background_and_counted_as_they_were_found(rich, open_widget):
    _, wire = open_widget(rich)
    job = wire.ask("find_issues")[0]["job"]
    assert (job["kind"], job["title"]) == ("issues", "Look for issues")
    ended = wire.wait(lambda message: message["type"] == "job_changed" and message["job"]["state"] != "running")[0]
    wire.wait(lambda message: message["type"] == "issues_changed")
    issues = rich.issues()
    assert ended["job"]["state"] == "done", ended
    assert ended["job"]["text"] == f"24 samples, {issues.found} with an issue"
    reply = wire.ask("get_issues")[0]
    assert {kind: one["all"] for kind, one in kinds(reply).items()} == issues.counts
    assert (reply["searched"], reply["samples"], reply["any_all"]) == (True, 24, issues.found)
    assert reply["any_all"] == reply["any_view"] > 0
    # the most frequent first
    assert [one["all"] for one in reply["kinds"]] == sorted(issues.counts.values(), reverse=True)
    assert reply["at"].endswith("Z")


def test_a_click_keeps_the_samples_of_a_kind_and_another_shows_all(rich, open_widget):
    issues = rich.find_issues()
    _, wire = open_widget(rich)
    column = kinds(wire.ask("get_issues")[0])["empty"]["column"]
    assert column == "is_empty_issue"
    picked = {"type": "values", "values": [True]}
    state = wire.edit("set_facet", kind="boolean", column=column, filter=picked)
    assert state["count"] == issues.counts["empty"] == 1
    assert wire.ids() == issues["empty"].ids().tolist()
    assert [chip["text"] for chip in state["chips"]] == ["empty"]
    assert "is_empty_issue" in state["python"]
    after = kinds(wire.ask("get_issues")[0])
    assert (after["empty"]["picked"], after["empty"]["view"], after["empty"]["all"]) == (True, 1, 1)
    assert not after["corrupt"]["picked"]
    assert wire.edit("set_facet", kind="boolean", column=column, filter=None)["count"] == 24
    assert not kinds(wire.ask("get_issues")[0])["empty"]["picked"]


def test_counts_are_of_the_view_and_a_hidden_kind_is_not_there(rich, open_widget):
    rich.find_issues(["dark", "empty"], thresholds={"dark": 1.0})
    view = rich.where("weather = 'rain'")
    _, wire = open_widget(view)
    reply = wire.ask("get_issues")[0]
    assert set(kinds(reply)) == {"dark", "empty"}
    assert kinds(reply)["dark"]["view"] == view.where("is_dark_issue").count()
    assert kinds(reply)["dark"]["all"] == rich.where("is_dark_issue").count() > kinds(reply)["dark"]["view"]
    assert reply["any_view"] == view.where("is_dark_issue OR is_empty_issue").count()
    assert kinds(reply)["dark"]["about"].endswith(": score below 1")


def test_another_notebook_that_looks_is_heard(rich, open_widget):
    _, wire = open_widget(rich)
    wire.state()
    curate.open(rich.folder.location).find_issues("empty")
    wire.ask("look")
    wire.wait(lambda message: message["type"] == "issues_changed")
    assert [kind["kind"] for kind in wire.ask("get_issues")[0]["kinds"]] == ["empty"]


def test_what_can_only_be_read_says_so(rich, open_widget):
    rich.snapshot("then")
    _, wire = open_widget(rich.at("then"))
    assert wire.ask("get_issues")[0]["why"] == "This dataset can only be read"
    assert wire.ask("find_issues")[0]["type"] == "error"


def test_the_columns_of_cleaning_are_no_facets_and_one_line_of_a_sample(rich, open_widget):
    rich.find_issues(["dark", "empty", "low_information"], thresholds={"dark": 1.0, "low_information": 1.0})
    _, wire = open_widget(rich)
    cards = {card["column"] for card in wire.ask("get_facets")[0]["cards"]}
    assert "weather" in cards
    assert not [column for column in cards if column.endswith(("_issue", "_score"))]
    columns = {column["name"] for column in wire.ask("get_columns")[0]["columns"]}
    assert {"is_dark_issue", "dark_score"} <= columns
    sample = rich.where("is_dark_issue AND is_low_information_issue").first()["sample_id"]
    fields = {line["name"]: line["value"] for line in wire.ask("get_picture", sample=str(sample))[0]["fields"]}
    assert fields["issues"] == "dark, low information"
    assert not [name for name in fields if name.endswith(("_issue", "_score"))]


def test_every_kind_is_explained():
    from curate.issues import KINDS

    assert set(ABOUT) == set(KINDS)


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (0.32, "even the brightest parts are dark: score below 0.32"),
        (
            {"night": 0.05, None: 0.3},
            "even the brightest parts are dark: score below 0.05 for night, 0.3 for the others",
        ),
        (None, "even the brightest parts are dark"),
    ],
)
def test_thresholds_are_said(threshold, words):
    assert about("dark", threshold) == words
