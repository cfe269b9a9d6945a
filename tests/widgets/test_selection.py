from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.widgets.selection import RowSelection

OPERATIONS = st.tuples(
    st.sampled_from(["set", "add", "remove", "toggle"]),
    st.none() | st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=4),
)


@settings(deadline=None)
@given(st.lists(OPERATIONS, max_size=12))
def test_it_is_a_set_of_rows(operations):
    selection, rows = RowSelection(60), set()
    for revision, (operation, ranges) in enumerate(operations, start=1):
        selection.apply(operation, ranges)
        picked = set(range(60)) if ranges is None else {r for a, b in ranges for r in range(a, min(b, 60))}
        rows = {"set": picked, "add": rows | picked, "remove": rows - picked, "toggle": rows ^ picked}[operation]
        assert selection.rows().tolist() == sorted(rows)
        assert selection.count == len(rows)
        assert selection.revision == revision
        assert {r for a, b in selection.ranges().tolist() for r in range(a, b)} == rows


def test_the_smaller_encoding_is_sent():
    selection = RowSelection(1_000_000)
    selection.apply("set", [(10, 999_000)])
    encoding, data = selection.encode()
    assert (encoding, np.frombuffer(data, np.int32).tolist()) == ("ranges", [10, 999_000])
    selection.replace(np.arange(1_000_000) % 2 == 0)
    encoding, data = selection.encode()
    assert (encoding, len(data)) == ("bitmap", 125_000)
    assert np.array_equal(np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").astype(bool), selection.mask)
