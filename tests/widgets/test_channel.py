from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from curate.widgets import protocol
from curate.widgets.channel import MAX_PENDING, READ_THREADS, stay_on_subshell


def pages(request_id, client="browser", start=0):
    return {"type": "get_page", "client": client, "id": request_id, "start": start, "stop": start + 4}


def hold_up(dataset):
    """Let thumbnails wait until the event that this returns is set; the positions asked for are kept beside it."""
    go, asked = threading.Event(), []
    real = dataset.thumbnails

    def thumbnails(positions):
        asked.append(positions)
        go.wait(10)
        return real(positions)

    dataset.thumbnails = thumbnails
    return go, asked


def test_answers_come_from_another_thread(rich, open_widget):
    _, wire = open_widget(rich)
    seen = []
    real = rich.thumbnails
    rich.thumbnails = lambda p: seen.append(threading.current_thread().name) or real(p)
    wire.ask("get_page", start=0, stop=4)
    assert seen[0].startswith("curate-read")


def test_a_refused_message_is_answered_and_changes_nothing(rich, open_widget):
    widget, wire = open_widget(rich)
    widget.selection = rich.ids()[:3]
    wire.messages.clear()
    reply, _ = wire.ask("select", version=1, operation="set", ranges=[[0, 1]], also=1)
    assert reply["type"] == "error"
    assert "unknown field" in reply["message"]
    assert reply["hint"]
    assert widget.selected_count == 3
    wire.post({"type": "select", "version": 1, "operation": "set", "ranges": []})  # from nobody: nobody to answer
    wire.post("nonsense")
    assert wire.messages == []
    assert widget.selected_count == 3


@pytest.mark.parametrize(
    "change",
    [
        {"type": "add_search", "words": "night", "minus": []},
        {"type": "add_search", "words": ["a"] * 33, "minus": []},
        {"type": "add_where", "sql": "x" * 10_001},
        {"type": "add_examples", "samples": ["-1"]},
        {"type": "set_facet", "kind": "shape", "column": "weather", "filter": None},
        {"type": "set_facet", "kind": "category", "column": "weather", "filter": {"type": "values", "values": [[]]}},
        {"type": "remove_chip", "step": -1, "part": 0},
        {"type": "format_disk"},
        None,
    ],
)
def test_a_malformed_edit_changes_nothing(rich, open_widget, change):
    _, wire = open_widget(rich)
    before = wire.state()
    reply, _ = wire.ask("edit", version=before["version"], change=change)
    assert reply["type"] == "error"
    assert reply["message"].startswith("The widget sent a message that does not fit the protocol")
    assert {**wire.state(), "id": 0} == {**before, "id": 0}


def test_an_oversized_message_is_answered_and_changes_nothing(rich, open_widget):
    widget, wire = open_widget(rich)
    message = {"type": "select", "client": "browser", "id": 5, "version": 1, "operation": "set", "ranges": None}
    wire.post(message, (b"x" * 4_194_305,))
    reply, _ = wire.wait(lambda message: message.get("id") == 5)
    assert reply["type"] == "error"
    assert "at most 4,194,304" in reply["message"]
    assert widget.selected_count == 0


def test_errors_travel_with_their_hint(rich, open_widget):
    _, wire = open_widget(rich)
    reply, _ = wire.ask("check", sql="wether = 'rain'")
    assert reply["message"] == "There is no column 'wether'."
    assert reply["hint"] == "did you mean 'weather'?"


def test_an_unexpected_error_is_seen_too(rich, open_widget, caplog):
    _, wire = open_widget(rich)

    def broken(positions):
        raise ZeroDivisionError("by zero")

    rich.thumbnails = broken
    reply, _ = wire.ask("get_page", start=0, stop=4)
    assert reply["message"] == "ZeroDivisionError: by zero"
    assert "GetPage failed" in caplog.text


def test_a_reply_that_cannot_be_written_is_an_error(rich, open_widget, monkeypatch, caplog):
    _, wire = open_widget(rich)
    write = protocol.write
    monkeypatch.setattr(protocol, "write", lambda m: write(m) if isinstance(m, protocol.Error) else 1 / 0)
    reply, _ = wire.ask("get_page", start=0, stop=4)
    assert (reply["type"], reply["message"]) == ("error", "ZeroDivisionError: division by zero")
    assert "cannot be sent" in caplog.text


def test_a_cancelled_request_is_not_answered(rich, open_widget):
    _, wire = open_widget(rich)
    wire.state()
    go, asked = hold_up(rich)
    ids = range(1, READ_THREADS + 3)  # more than run at once
    for request_id in ids:
        wire.post(pages(request_id))
    for request_id in ids:
        wire.post({"type": "cancel", "client": "browser", "id": 90 + request_id, "target": request_id})
    wire.post(pages(50))
    go.set()
    reply, _ = wire.wait(lambda message: message["id"] == 50)
    assert reply["type"] == "page"
    assert wire.messages == []
    # those that had not begun never ran
    assert len(asked) <= READ_THREADS + 1


def test_one_client_cannot_cancel_for_another(rich, open_widget):
    _, wire = open_widget(rich)
    go, _ = hold_up(rich)
    wire.post(pages(1, client="one"))
    wire.post({"type": "cancel", "client": "two", "id": 2, "target": 1})
    go.set()
    assert wire.wait(lambda message: message["client"] == "one")[0]["type"] == "page"


def test_a_flood_is_refused(rich, open_widget):
    _, wire = open_widget(rich)
    go, _ = hold_up(rich)
    for request_id in range(MAX_PENDING + 5):
        wire.post(pages(request_id))
    error, _ = wire.wait(lambda message: message["type"] == "error")
    assert error["message"].startswith("The widget asks too much")
    go.set()


def test_reads_do_not_wait_behind_a_change(rich, open_widget):
    _, wire = open_widget(rich)
    state = wire.state()
    go = threading.Event()
    vectors = rich.vectors_
    real, vectors.info = vectors.info, lambda name=None: go.wait(10) and real(name)
    change = {"type": "add_search", "words": ["rain"], "minus": []}
    wire.post({"type": "edit", "client": "browser", "id": 1, "version": state["version"], "change": change})
    assert wire.ask("get_page", start=0, stop=4)[0]["type"] == "page"
    assert not any(message.get("id") == 1 for message, _ in wire.messages)
    go.set()
    assert wire.wait(lambda message: message.get("id") == 1)[0]["scored"]


def test_changes_are_made_in_the_order_in_which_they_came(rich, open_widget):
    widget, wire = open_widget(rich)
    version = wire.state()["version"]
    expected = np.zeros(24, dtype=bool)
    random = np.random.default_rng(0)
    for request_id in range(300):
        start = int(random.integers(0, 20))
        operation = ("add", "remove", "toggle")[request_id % 3]
        window = expected[start : start + 4]
        window[:] = {"add": np.ones(4, bool), "remove": np.zeros(4, bool), "toggle": ~window}[operation]
        ranges = [[start, start + 4]]
        select = {"type": "select", "client": "browser", "version": version, "operation": operation, "ranges": ranges}
        wire.post({**select, "id": request_id})
    reply, _ = wire.wait(lambda message: message.get("id") == 299)
    assert reply["count"] == expected.sum()
    assert np.array_equal(widget.selection.ids(), rich.ids()[expected])


def test_counts_that_wait_behind_a_change_are_of_what_it_leaves(rich, open_widget):
    _, wire = open_widget(rich)
    version = wire.state()["version"]
    change = {
        "type": "set_facet",
        "kind": "category",
        "column": "weather",
        "filter": {"type": "values", "values": ["rain"]},
    }
    wire.post({"type": "edit", "client": "browser", "id": 1, "version": version, "change": change})
    facets, _ = wire.ask("get_facets", after_edits=True)
    assert facets["version"] > version
    weather = next(card for card in facets["cards"] if card["column"] == "weather")
    assert {value["value"] for value in weather["values"] if value["picked"]} == {"rain"}


def test_the_guarded_line_sets_the_route_where_there_is_one():
    comm = SimpleNamespace(_reply_subshell_for=lambda data, default: "main")
    assert stay_on_subshell(SimpleNamespace(comm=comm))
    assert comm._reply_subshell_for({}, "sub") == "sub"
    assert not stay_on_subshell(SimpleNamespace(comm=SimpleNamespace()))
    assert not stay_on_subshell(SimpleNamespace(comm=None))


def test_ipykernel_still_has_that_route():
    from ipykernel.comm.comm import BaseComm

    assert hasattr(BaseComm, "_reply_subshell_for")


def test_a_closed_widget_stays_quiet(rich, open_widget):
    widget, wire = open_widget(rich)
    widget.close()
    wire.post(pages(1))
    rich.limit(2).tag("later")
    assert wire.messages == []
