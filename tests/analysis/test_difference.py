"""How much a part differs, with chance taken off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.analysis.difference import difference

counts = st.lists(st.integers(0, 10_000), min_size=1, max_size=40).map(lambda c: np.array(c, np.int64))


@given(counts, st.integers(1, 1000))
def test_the_same_shares_do_not_differ(whole, times):
    assert difference(whole * times, whole) == pytest.approx(0, abs=1e-12)
    assert difference(whole, whole) == pytest.approx(0, abs=1e-12)


@given(counts, counts)
def test_nothing_in_common_is_one(left, right):
    whole, part = np.r_[left, np.zeros_like(right)], np.r_[np.zeros_like(left), right]
    assert difference(whole, part) == pytest.approx(1.0 if whole.sum() and part.sum() else 0.0)


@given(counts, counts)
def test_it_stays_between_nought_and_one(whole, part):
    length = min(len(whole), len(part))
    assert 0 <= difference(whole[:length], part[:length]) <= 1


@pytest.mark.parametrize("size", [1, 3, 10, 100, 2000])
@pytest.mark.parametrize("values", [2, 5, 32, 1000])
def test_a_blind_draw_differs_by_chance_alone(size, values):
    """The mean over blind draws is what is taken off: without the floor at 0 it would be 0."""
    rng = np.random.default_rng(size * values)
    shares = rng.dirichlet(np.ones(values))
    column = rng.choice(values, 5000, p=shares)
    whole = np.bincount(column, minlength=values)
    found = [
        difference(whole, np.bincount(rng.choice(column, size, replace=False), minlength=values)) for _ in range(200)
    ]
    assert np.mean(found) < 0.08


def test_three_samples_of_one_kind_come_before_the_noise_of_fifteen_cards():
    rng = np.random.default_rng(7)
    n = 2000
    columns = [np.r_[np.full(100, 0), rng.integers(1, 8, n - 100)], *(rng.integers(0, 32, n) for _ in range(14))]
    first = 0
    for _ in range(100):
        rows = rng.choice(100, 3, replace=False)
        found = [
            difference(np.bincount(column, minlength=32), np.bincount(column[rows], minlength=32)) for column in columns
        ]
        first += int(np.argmax(found)) == 0
    assert first >= 95
