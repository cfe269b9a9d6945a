from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.splits.merging import merge


@st.composite
def problems(draw: st.DrawFn):
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    groups = rng.integers(0, draw(st.integers(1, n)), n)
    pairs = rng.integers(0, n, (draw(st.integers(0, 60)), 2))
    return groups, pairs, rng.choice([0.91, 0.95, 0.99, 1.0], len(pairs))


def joined_by_hand(groups: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The same by painting over until nothing changes."""
    code = groups.copy()
    for left, right in pairs:
        code[code == code[right]] = code[left]
    return code


def same_partition(one: np.ndarray, two: np.ndarray) -> bool:
    return len(set(zip(one.tolist(), two.tolist(), strict=True))) == len(set(one.tolist())) == len(set(two.tolist()))


@given(problems())
@settings(max_examples=150, deadline=None)
def test_merged_groups_are_what_pairs_and_groups_connect(problem) -> None:
    groups, pairs, cosine = problem
    merged = merge(groups, pairs[:, 0], pairs[:, 1], cosine)
    assert same_partition(merged.codes, joined_by_hand(groups, pairs))
    first = list(dict.fromkeys(merged.codes.tolist()))
    assert first == list(range(len(first))), "numbered as they first appear"


@given(problems())
@settings(max_examples=150, deadline=None)
def test_the_merges_alone_make_the_groups_and_their_sizes_add_up(problem) -> None:
    groups, pairs, cosine = problem
    merged = merge(groups, pairs[:, 0], pairs[:, 1], cosine)
    rows = merged.merges
    assert len(rows) == len(np.unique(groups)) - len(np.unique(merged.codes))
    assert rows["cosine"].to_list() == sorted(rows["cosine"].to_list(), reverse=True)
    code = groups.copy()
    for group, left, right, _, left_size, right_size in rows.rows():
        assert (code == code[left]).sum() == left_size
        assert (code == code[right]).sum() == right_size
        assert code[left] != code[right]
        code[code == code[right]] = code[left]
        assert merged.codes[left] == group
    assert same_partition(merged.codes, code)


@given(problems(), st.integers(0, 100))
@settings(max_examples=80, deadline=None)
def test_neither_the_order_of_rows_nor_of_pairs_changes_the_groups(problem, shuffle: int) -> None:
    groups, pairs, cosine = problem
    rng = np.random.default_rng(shuffle)
    order, other = rng.permutation(len(groups)), rng.permutation(len(pairs))
    place = np.argsort(order)
    again = merge(groups[order] * 3 + 1, place[pairs[other, 1]], place[pairs[other, 0]], cosine[other])
    assert same_partition(merge(groups, pairs[:, 0], pairs[:, 1], cosine).codes[order], again.codes)


def test_the_merge_that_made_a_group_large_is_shown() -> None:
    # Two drives of 40 and 30, joined by one pair of frames; three copies hang on to each.
    groups = np.repeat([0, 1, 2, 3, 4], [40, 30, 1, 1, 5])
    merged = merge(groups, [3, 44, 70], [71, 10, 50], [0.999, 0.93, 0.98])
    row = merged.decisive().row(0, named=True)
    assert (row["left"], row["right"], row["cosine"]) == (44, 10, 0.93)
    assert (row["left_size"], row["right_size"], row["size"]) == (31, 41, 72)
    assert len(merged.decisive()) == 1, "the other group was not made by merging"


def test_pairs_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadValue, match=r"rows 0…2\. Got 1 to 3"):
        merge([0, 1, 2], [1, 3], [0, 0])
    with pytest.raises(BadValue, match="left, a right and a cosine each"):
        merge([0, 1, 2], [1], [0, 0])
    with pytest.raises(BadValue, match="Got nan"):
        merge([0, 1, 2], [1], [0], [float("nan")])
    with pytest.raises(BadValue, match=r"flat array of rows\. Got float64"):
        merge([0, 1, 2], [1.5], [0])
