"""How groups of duplicates stand, from the tags and the verdicts alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.widgets.duplicate_groups import ACCEPTED, DISTINCT, OPEN, Grouped

NOTHING = np.empty(0, np.int64)
NO_PAIRS = np.empty((0, 2), np.int64)


def grouped(*sizes: int) -> Grouped:
    """Groups of these sizes; the members of the k-th are 100 k, 100 k + 1 …"""
    members = [100 * k + i for k, size in enumerate(sizes) for i in range(size)]
    return Grouped(
        np.arange(len(sizes)) + 7,
        ["near"] * len(sizes),
        [""] * len(sizes),
        [""] * len(sizes),
        np.r_[0, np.cumsum(sizes)].astype(np.int64),
        np.array(members, np.int64),
        np.ones(len(members), np.float32),
    )


def test_a_group_is_accepted_where_all_but_one_are_tagged_and_keeps_that_one():
    table = grouped(3, 2)
    states, keep = table.standing(np.array([0, 2, 555]), NO_PAIRS)
    assert (states.tolist(), keep.tolist()) == ([ACCEPTED, OPEN], [1, 100])
    # one more tag, and nothing would be kept: nobody has accepted that
    assert table.standing(np.array([0, 1, 2]), NO_PAIRS)[0].tolist() == [OPEN, OPEN]


def test_a_group_is_distinct_where_every_pair_with_its_first_is():
    table = grouped(3)
    assert table.standing(NOTHING, np.array([[0, 1]]))[0].tolist() == [OPEN]
    # whichever side of a pair comes first
    assert table.standing(NOTHING, np.array([[1, 0], [0, 2]]))[0].tolist() == [DISTINCT]
    assert table.standing(NOTHING, np.array([[1, 2], [0, 2], [1, 555]]))[0].tolist() == [OPEN]
    # what was tagged is tagged, whatever was said
    assert table.standing(np.array([1, 2]), np.array([[1, 0], [0, 2]]))[0].tolist() == [ACCEPTED]


def test_no_groups_are_no_error():
    states, keep = grouped().standing(np.array([1]), np.array([[1, 2]]))
    assert len(states) == len(keep) == 0


@given(st.lists(st.integers(2, 6), min_size=1, max_size=8), st.data())
def test_what_is_accepted_comes_back_as_it_was_chosen(sizes, data):
    table = grouped(*sizes)
    at = np.array(sorted(data.draw(st.sets(st.integers(0, len(sizes) - 1), min_size=1))), np.int64)
    keep = np.array([100 * k + data.draw(st.integers(0, sizes[k] - 1)) for k in at])
    tagged = table.pairs(at, keep)[:, 1]
    assert len(tagged) == sum(sizes[k] - 1 for k in at)
    states, kept = table.standing(tagged, NO_PAIRS)
    assert np.flatnonzero(states == ACCEPTED).tolist() == at.tolist()
    assert kept[at].tolist() == keep.tolist()
    pairs = table.pairs(at, table.proposed[at])
    assert table.standing(NOTHING, pairs)[0][at].tolist() == [DISTINCT] * len(at)
