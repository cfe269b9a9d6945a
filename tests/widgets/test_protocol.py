from __future__ import annotations

import msgspec
import pytest

from curate.errors import BadMessage
from curate.widgets import protocol
from curate.widgets.protocol import MAX_MESSAGE, Edit, GetPage, Select, Sort, read
from curate.widgets.typescript import TARGET, typescript

PAGE = {"type": "get_page", "client": "a", "id": 1, "start": 0, "stop": 64}


def test_a_request_is_read():
    assert read(PAGE) == GetPage(client="a", id=1, start=0, stop=64)
    select = {"type": "select", "client": "a", "id": 2, "version": 3, "operation": "set", "ranges": [[0, 5]]}
    assert read(select) == Select(client="a", id=2, version=3, operation="set", ranges=[(0, 5)])
    edit = {"type": "edit", "client": "a", "id": 3, "version": 3, "change": {"type": "sort", "column": "score"}}
    assert read(edit) == Edit(client="a", id=3, version=3, change=Sort(column="score"))


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "get_page",
        {},
        {**PAGE, "type": "format_disk"},
        {**PAGE, "type": "state"},  # a reply is no request
        {**PAGE, "path": "/etc/passwd"},
        {**PAGE, "start": -1},
        {**PAGE, "start": "0"},
        {**PAGE, "start": 1.5},
        {**PAGE, "start": 2**53},
        {**PAGE, "id": "1"},
        {**PAGE, "client": ""},
        {**PAGE, "client": "x" * 65},
        {"type": "tag", "client": "a", "id": 1, "name": "x" * 201},
        {"type": "select", "client": "a", "id": 1, "version": 1, "operation": "drop", "ranges": None},
        {"type": "select", "client": "a", "id": 1, "version": 1, "operation": "set", "ranges": [[1, 2, 3]]},
        {"type": "select", "client": "a", "id": 1, "version": 1, "operation": "set", "ranges": [[0, 1]] * 100_001},
        {"type": "select", "client": "a", "id": 1, "operation": "set", "ranges": None},
        {"type": "tag", "client": "a", "id": 1, "name": object()},
        {"type": "lasso", "client": "a", "id": 1, "map": 1, "operation": "set", "polygon": [[0, 0], [1, 1]]},
        {"type": "select_samples", "client": "a", "id": 1, "operation": "set", "samples": ["1; DROP"]},
        {"type": "edit", "client": "a", "id": 1, "version": 1, "change": {"type": "sort", "column": 7}},
        {"type": "edit", "client": "a", "id": 1, "version": 1, "change": {"type": "hello"}},
    ],
)
def test_what_does_not_fit_is_refused(content):
    with pytest.raises(BadMessage, match="does not fit the protocol"):
        read(content)


def test_deep_nesting_is_refused():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BadMessage):
        read({**PAGE, "deep": deep})
    while deep:  # taken apart by hand: freeing it at once recurses
        deep = deep[0]


def test_a_message_over_four_megabytes_is_refused():
    with pytest.raises(BadMessage, match="at most 4,194,304"):
        read({**PAGE, "more": "x" * MAX_MESSAGE})
    with pytest.raises(BadMessage, match="at most 4,194,304"):
        read(PAGE, [b"x" * MAX_MESSAGE])


def test_ids_of_samples_travel_as_text():
    """JavaScript numbers end at 2**53, and sample ids at 2**63."""
    for struct in vars(protocol).values():
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
            held = [hint for name, hint in struct.__annotations__.items() if name in {"sample", "sample_id"}]
            assert set(held) <= {"str", "SampleId"}, struct


def test_typescript_is_up_to_date():
    if not TARGET.is_file():
        pytest.skip("the sources of the browser side are not here")
    assert TARGET.read_text() == typescript(), "run `npm run protocol` in widgets/"
