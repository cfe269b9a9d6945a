from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np

from curate.widgets.channel import MAX_PENDING, READ_THREADS, stay_on_subshell


def pages(request_id, client="browser", start=0):
    return {"type": "get_page", "client": client, "id": request_id, "start": start, "stop": start + 4}


def hold_up(widget):
    """Let thumbnails wait until the event that this returns is set."""
    go = threading.Event()
    dataset = widget.view.dataset
    real = dataset.thumbnails

    def thumbnails(positions):
        go.wait(10)
        return real(positions)

    dataset.thumbnails = thumbnails
    return go


def test_answers_come_from_another_thread(open_gallery):
    widget, wire = open_gallery()
    seen = []
    real = widget.view.dataset.thumbnails
    widget.view.dataset.thumbnails = lambda p: seen.append(threading.current_thread().name) or real(p)
    wire.ask("get_page", start=0, stop=4)
    assert seen[0].startswith("curate-read")


def test_a_refused_message_is_answered_and_changes_nothing(open_gallery):
    widget, wire = open_gallery()
    widget.selection = widget.view.ids()[:3]
    wire.messages.clear()
    reply, _ = wire.ask("select", operation="set", ranges=[[0, 1]], also=1)
    assert reply["type"] == "error"
    assert "unknown field" in reply["message"]
    assert reply["hint"]
    assert widget.selected_count == 3
    wire.post({"type": "select", "operation": "set", "ranges": []})  # from nobody: there is nobody to answer
    wire.post("nonsense")
    assert wire.messages == []
    assert widget.selected_count == 3


def test_an_oversized_message_is_answered_and_changes_nothing(open_gallery):
    widget, wire = open_gallery()
    wire.post({"type": "select", "client": "browser", "id": 5, "operation": "set", "ranges": None}, (b"x" * 4_194_305,))
    reply, _ = wire.wait(lambda message: message.get("id") == 5)
    assert reply["type"] == "error"
    assert widget.selected_count == 0


def test_errors_travel_with_their_hint(open_gallery):
    _, wire = open_gallery(view={"failing": True})
    reply, _ = wire.ask("hello")
    assert reply["message"] == "There is no column 'wether'."
    assert reply["hint"] == "did you mean 'weather'"


def test_an_unexpected_error_is_seen_too(open_gallery, caplog):
    _, wire = open_gallery(thumbnail_error=ZeroDivisionError("by zero"))
    reply, _ = wire.ask("get_page", start=0, stop=4)
    assert reply["message"] == "ZeroDivisionError: by zero"
    assert "GetPage failed" in caplog.text


def test_a_cancelled_request_is_not_answered(open_gallery):
    widget, wire = open_gallery()
    go = hold_up(widget)
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
    assert len(widget.view.dataset.thumbnail_calls) <= READ_THREADS + 1


def test_one_client_cannot_cancel_for_another(open_gallery):
    widget, wire = open_gallery()
    go = hold_up(widget)
    wire.post(pages(1, client="one"))
    wire.post({"type": "cancel", "client": "two", "id": 2, "target": 1})
    go.set()
    assert wire.wait(lambda message: message["client"] == "one")[0]["type"] == "page"


def test_a_flood_is_refused(open_gallery):
    widget, wire = open_gallery()
    go = hold_up(widget)
    for request_id in range(MAX_PENDING + 5):
        wire.post(pages(request_id))
    assert wire.wait(lambda message: message["type"] == "error")[0]["message"].startswith("The widget asks too much")
    go.set()


def test_changes_are_made_in_the_order_in_which_they_came(open_gallery):
    widget, wire = open_gallery(500)
    expected = np.zeros(500, dtype=bool)
    random = np.random.default_rng(0)
    for request_id in range(300):
        start = int(random.integers(0, 480))
        operation = ("add", "remove", "toggle")[request_id % 3]
        window = expected[start : start + 20]
        window[:] = (
            {"add": True, "remove": False, "toggle": ~window}[operation]
            if operation == "toggle"
            else operation == "add"
        )
        wire.post(
            {
                "type": "select",
                "client": "browser",
                "id": request_id,
                "operation": operation,
                "ranges": [[start, start + 20]],
            }
        )
    reply, _ = wire.wait(lambda message: message.get("id") == 299)
    assert reply["count"] == expected.sum()
    assert np.array_equal(widget.selection.ids(), widget.view.ids()[expected])


def test_the_guarded_line_sets_the_route_where_there_is_one():
    comm = SimpleNamespace(_reply_subshell_for=lambda data, default: "main")
    assert stay_on_subshell(SimpleNamespace(comm=comm))
    assert comm._reply_subshell_for({}, "sub") == "sub"
    assert not stay_on_subshell(SimpleNamespace(comm=SimpleNamespace()))
    assert not stay_on_subshell(SimpleNamespace(comm=None))


def test_ipykernel_still_has_that_route():
    from ipykernel.comm.comm import BaseComm

    assert hasattr(BaseComm, "_reply_subshell_for")


def test_a_closed_widget_stays_quiet(open_gallery):
    widget, wire = open_gallery()
    widget.close()
    wire.post(pages(1))
    assert wire.messages == []
