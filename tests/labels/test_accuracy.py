from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.labels.accuracy import Accuracy, measure


def test_the_interval_is_wilsons():
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I: 81 of 263 and 0 of 20
    found = measure(np.arange(263) < 81)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    nothing = measure(np.zeros(20, bool))
    assert (nothing.low, round(nothing.high, 4)) == (0.0, 0.1611)


@given(st.integers(1, 400), st.data())
def test_the_share_is_inside_and_the_limits_are_shares(of, data):
    right = data.draw(st.integers(0, of))
    found = measure(np.arange(of) < right)
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert (found.right, found.of) == (right, of)


def test_it_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    shares = [measure(rng.random(50) < 0.9) for _ in range(2000)]
    assert 0.93 < np.mean([found.low <= 0.9 <= found.high for found in shares]) < 0.98


def test_pictures_that_are_the_same_count_once():
    right = np.repeat(np.arange(10) < 8, 10)
    alone, together = measure(right[::10]), measure(right, groups=np.repeat(np.arange(10), 10))
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    assert measure(right).low > together.low


@pytest.mark.parametrize(
    ("accuracy", "text"),
    [
        (Accuracy(1990, 2000, 0.9912, 0.9978), "99.5 % of 2,000 (95 % interval 99.1 to 99.7 %)"),
        (Accuracy(1999, 2000, 0.9972, 0.99999), "99.9 % of 2,000 (95 % interval 99.7 to 99.9 %)"),
        (Accuracy(0, 20, 0.0, 0.161), "0 % of 20 (95 % interval 0 to 16 %)"),
        (Accuracy(1, 400, 0.0004, 0.014), "0.3 % of 400 (95 % interval 0.1 to 1 %)"),
    ],
)
def test_it_never_rounds_to_a_certainty(accuracy, text):
    assert str(accuracy) == text


def test_no_answers_have_no_accuracy():
    with pytest.raises(BadValue):
        measure(np.zeros(0, bool))
