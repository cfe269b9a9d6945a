from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.search.query_vector import MINUS_WEIGHT, query_vector

NIGHT, SNOW, RAIN = np.eye(3, dtype=np.float32)


def unit(*numbers):
    return np.array(numbers) / np.linalg.norm(numbers)


def test_one_prompt_is_itself():
    np.testing.assert_allclose(query_vector(words=[(NIGHT, 1)]), NIGHT)
    np.testing.assert_allclose(query_vector(words=[(5 * NIGHT, 0.3)]), NIGHT)


def test_weights_inside_a_group_are_relative():
    np.testing.assert_allclose(query_vector(words=[(NIGHT, 3), (SNOW, 4)]), unit(3, 4, 0), atol=1e-6)
    np.testing.assert_allclose(query_vector(words=[(NIGHT, 6), (SNOW, 8)]), unit(3, 4, 0), atol=1e-6)


def test_what_is_not_wanted_is_subtracted_with_its_weight():
    np.testing.assert_allclose(
        query_vector(words=[(NIGHT, 1)], minus=[(SNOW, 1)]), unit(1, -MINUS_WEIGHT, 0), atol=1e-6
    )
    np.testing.assert_allclose(
        query_vector(words=[(NIGHT, 1)], minus=[(SNOW, 1)], minus_weight=1), unit(1, -1, 0), atol=1e-6
    )


def test_many_examples_count_as_much_as_one_phrase():
    one = query_vector(words=[(NIGHT, 1)], like=[(SNOW, 1)])
    many = query_vector(words=[(NIGHT, 1)], like=[(SNOW, 1)] * 10)
    np.testing.assert_allclose(one, many, atol=1e-6)
    np.testing.assert_allclose(one, unit(1, 1, 0), atol=1e-6)


def test_a_negative_weight_is_not_wanted():
    expected = query_vector(words=[(NIGHT, 1)], minus=[(SNOW, 2)])
    np.testing.assert_array_equal(query_vector(words=[(NIGHT, 1), (SNOW, -2)]), expected)
    np.testing.assert_array_equal(
        query_vector(like=[(NIGHT, 1), (SNOW, -1)]), query_vector(like=[(NIGHT, 1)], unlike=[(SNOW, 1)])
    )


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.floats(0.1, 10)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.floats(0.1, 10)), max_size=4),
)
def test_the_result_is_a_unit_vector_on_the_side_of_the_wish(wanted, unwanted):
    draw = lambda pairs: [(np.random.default_rng(seed).standard_normal(64), weight) for seed, weight in pairs]  # noqa: E731
    words = draw(wanted)
    if {seed for seed, _ in wanted} & {seed for seed, _ in unwanted}:
        return
    vector = query_vector(words=words, minus=draw(unwanted))
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert vector @ query_vector(words=words) > 0.5


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({}, "nothing to search for"),
        ({"words": [(NIGHT, 0)]}, "nothing to search for"),
        ({"words": [(NIGHT, 1), (np.ones(4), 1)]}, "one dimension"),
        ({"words": [(NIGHT, float("nan"))]}, "finite number"),
        ({"words": [(NIGHT, True)]}, "finite number"),
        ({"words": [(NIGHT * np.nan, 1)]}, "finite"),
        ({"words": [(np.zeros(3), 1)]}, "cancel"),
        ({"words": [(NIGHT, 1)], "minus": [(SNOW, -1)]}, "subtracted already"),
        ({"words": [(NIGHT, 1)], "minus": [(NIGHT, 1)], "minus_weight": 1}, "cancel"),
        ({"words": [(NIGHT, 1)], "minus_weight": float("inf")}, "finite"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(keywords, words):
    with pytest.raises(BadValue, match=words):
        query_vector(**keywords)
