import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis.components import components, groups
from curate.errors import BadValue

COUNT = 14
pairs_of_some = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1), st.sampled_from([0.9, 0.92, 0.95, 0.99, 1.0])),
    max_size=40,
)


def sides(pairs):
    columns = list(zip(*pairs, strict=True)) or [(), (), ()]
    return np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float32)


def reached(count, left, right):
    """Components by walking."""
    near = {row: {row} for row in range(count)}
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        near[a].add(b)
        near[b].add(a)
    result = []
    for row in range(count):
        seen, left_over = set(), [row]
        while left_over:
            at = left_over.pop()
            if at not in seen:
                seen.add(at)
                left_over.extend(near[at])
        result.append(min(seen))
    return result


@settings(deadline=None)
@given(pairs=pairs_of_some)
def test_components_are_what_can_be_walked_to(pairs):
    left, right, _ = sides(pairs)
    assert components(COUNT, left, right).tolist() == reached(COUNT, left, right)


@pytest.mark.parametrize("order", ["along", "back", "shuffled"])
def test_a_long_path_is_one_component(order):
    rows = np.arange(20_000)
    if order == "back":
        rows = rows[::-1]
    if order == "shuffled":
        rows = np.random.default_rng(0).permutation(rows)
    assert (components(20_000, rows[:-1], rows[1:]) == 0).all()


@settings(deadline=None)
@given(pairs=pairs_of_some)
def test_every_member_is_a_pair_with_its_centre(pairs):
    left, right, strength = sides(pairs)
    found = groups(COUNT, left, right, strength)
    twin = components(COUNT, left[strength == 1], right[strength == 1])
    best = {}
    for a, b, tie in zip(twin[left].tolist(), twin[right].tolist(), strength.tolist(), strict=True):
        best[a, b] = best[b, a] = max(tie, best.get((a, b), 0))
    centres = set(found.centre.tolist())
    component = components(COUNT, left, right)
    for row in range(COUNT):
        centre = int(found.centre[row])
        assert found.centre[centre] == centre
        assert found.group[row] == np.flatnonzero(found.centre == centre)[0]
        assert component[row] == component[centre], "no group crosses a component"
        if twin[row] == centre:
            assert found.strength[row] == 1
        else:
            assert found.strength[row] == np.float32(best[twin[row], centre])
            assert found.strength[row] == max(tie for (a, b), tie in best.items() if a == twin[row] and b in centres)
    for a in centres:
        for b in centres:
            assert a == b or (a, b) not in best, "no two centres are a pair"


@settings(deadline=None)
@given(pairs=pairs_of_some)
def test_the_order_of_pairs_and_their_ends_means_nothing(pairs):
    left, right, strength = sides(pairs)
    found = groups(COUNT, left, right, strength)
    again = groups(COUNT, right[::-1], left[::-1], strength[::-1])
    assert np.array_equal(found.group, again.group)
    assert np.array_equal(found.centre, again.centre)
    assert np.array_equal(found.strength, again.strength)


def test_a_clique_and_a_star_stay_whole():
    clique = [(a, b, 0.95) for a in range(5) for b in range(a)]
    star = [(7, other, 0.9 + other / 1000) for other in (5, 6, 8, 9)]
    found = groups(10, *sides(clique + star))
    assert found.group.tolist() == [0] * 5 + [5] * 5
    assert found.centre.tolist() == [0] * 5 + [7] * 5
    assert found.cut == 0


def test_a_drive_does_not_become_one_group():
    """300 frames, each near to the two before and the two after: nobody is in a group with a frame further off than that."""
    pairs = [(a, a + 1, 0.97) for a in range(299)] + [(a, a + 2, 0.93) for a in range(298)]
    found = groups(300, *sides(pairs))
    assert found.cut == 1
    assert (np.abs(found.centre - np.arange(300)) <= 2).all()
    assert 60 <= len(np.unique(found.group)) <= 100


def test_two_clumps_with_one_weak_pair_between_them_come_apart_there():
    clumps = [(a, b, 0.98) for a in range(6) for b in range(a)] + [
        (a, b, 0.98) for a in range(6, 12) for b in range(6, a)
    ]
    found = groups(12, *sides([*clumps, (2, 9, 0.91)]))
    assert found.group.tolist() == [0] * 6 + [6] * 6
    assert found.cut == 1


def test_ten_thousand_equal_rows_are_one_group_with_what_is_near_to_them():
    left = np.concatenate([np.zeros(9_999, np.int64), [0]])
    right = np.concatenate([np.arange(1, 10_000), [10_000]])
    strength = np.concatenate([np.ones(9_999), [0.95]])
    found = groups(10_001, left, right, strength)
    assert (found.group == 0).all()
    assert found.strength[-1] == np.float32(0.95)
    assert found.cut == 0


def test_no_rows_and_no_pairs():
    found = groups(0, [], [], [])
    assert len(found.group) == len(found.centre) == len(found.strength) == 0
    assert groups(3, [], [], []).group.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("left", "right", "strength"),
    [
        ([0], [3], [0.9]),
        ([-1], [1], [0.9]),
        ([0, 1], [1], [0.9]),
        ([0], [1], [0.9, 0.9]),
        ([0], [1], [np.nan]),
        ([0], [1], [1.1]),
    ],
)
def test_pairs_that_cannot_be_are_refused(left, right, strength):
    with pytest.raises(BadValue):
        groups(3, left, right, strength)
