from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import BadValue
from curate.hunting.bounds import at_most, clean_answers, limits

ALPHAS = (0.05, 0.025, 0.2)


def chance(found: int, drawn: int, positives: int, size: int) -> Fraction:
    """Of finding exactly that many, by counting draws."""
    return Fraction(comb(positives, found) * comb(size - positives, drawn - found), comb(size, drawn))


def by_counting(found: int, drawn: int, size: int, tail: Fraction) -> tuple[int, int]:
    """Every number of positives under which neither as few nor as many is less likely than `tail`."""
    possible = []
    for positives in range(found, size - drawn + found + 1):
        few = sum(chance(i, drawn, positives, size) for i in range(found + 1))
        many = sum(chance(i, drawn, positives, size) for i in range(found, drawn + 1))
        if few >= tail and many >= tail:
            possible.append(positives)
    return min(possible), max(possible)


@st.composite
def draws(draw: st.DrawFn, largest: int = 3000) -> tuple[int, int, int]:
    size = draw(st.integers(1, largest))
    drawn = draw(st.integers(0, size))
    return draw(st.integers(0, drawn)), drawn, size


@pytest.mark.parametrize("alpha", ALPHAS)
def test_limits_are_those_of_counting_every_draw(alpha: float) -> None:
    tail = Fraction(str(alpha)) / 2
    for size in range(1, 13):
        for drawn in range(size + 1):
            for found in range(drawn + 1):
                assert limits(found, drawn, size, alpha=alpha) == by_counting(found, drawn, size, tail)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_bound_is_that_of_counting_every_draw(alpha: float) -> None:
    for size in range(1, 13):
        for drawn in range(size + 1):
            for found in range(drawn + 1):
                possible = [
                    positives
                    for positives in range(found, size - drawn + found + 1)
                    if sum(chance(i, drawn, positives, size) for i in range(found + 1)) >= Fraction(str(alpha))
                ]
                assert at_most(found, drawn, size, alpha=alpha) == max(possible)


@pytest.mark.parametrize("size", [7, 20, 41, 90])
def test_limits_hold_as_often_as_promised_whatever_the_truth(size: int) -> None:
    """Exact coverage: the chance of every outcome, summed over those whose limits hold the truth."""
    for drawn in {1, size // 7, size // 3, size // 2, size - 1}:
        both = [limits(found, drawn, size) for found in range(drawn + 1)]
        upper = [at_most(found, drawn, size) for found in range(drawn + 1)]
        for positives in range(size + 1):
            chances = [chance(found, drawn, positives, size) for found in range(drawn + 1)]
            assert sum(c for c, (low, high) in zip(chances, both, strict=True) if low <= positives <= high) >= 0.95
            assert sum(c for c, high in zip(chances, upper, strict=True) if positives <= high) >= 0.95


@given(draws(), st.sampled_from(ALPHAS))
@settings(max_examples=150, deadline=None)
def test_limits_agree_with_another_implementation(numbers: tuple[int, int, int], alpha: float) -> None:
    hypergeom = pytest.importorskip("scipy.stats").hypergeom
    found, drawn, size = numbers
    low, high = limits(found, drawn, size, alpha=alpha)

    def few(positives: int) -> float:
        return float(hypergeom.cdf(found, size, positives, drawn))

    def many(positives: int) -> float:
        return float(hypergeom.sf(found - 1, size, positives, drawn))

    near = 1e-7
    assert few(high) >= alpha / 2 * (1 - near)
    assert many(low) >= alpha / 2 * (1 - near)
    assert high == size - drawn + found or few(high + 1) < alpha / 2 * (1 + near)
    assert low == found or many(low - 1) < alpha / 2 * (1 + near)
    upper = at_most(found, drawn, size, alpha=alpha)
    assert few(upper) >= alpha * (1 - near)
    assert upper == size - drawn + found or few(upper + 1) < alpha * (1 + near)


@pytest.mark.parametrize(("found", "drawn"), [(0, 119), (5, 100), (300, 5000), (40, 60), (1, 598)])
def test_a_draw_from_millions_has_the_limits_of_clopper_and_pearson(found: int, drawn: int) -> None:
    beta = pytest.importorskip("scipy.stats").beta
    size = 50_000_000
    low, high = limits(found, drawn, size)
    assert low / size == pytest.approx(beta.ppf(0.025, found, drawn - found + 1) if found else 0.0, rel=1e-3)
    assert high / size == pytest.approx(beta.ppf(0.975, found + 1, drawn - found), rel=1e-3)
    assert at_most(found, drawn, size) / size == pytest.approx(beta.ppf(0.95, found + 1, drawn - found), rel=1e-3)


@given(draws(), st.sampled_from(ALPHAS))
@settings(max_examples=150, deadline=None)
def test_limits_are_possible_and_move_with_what_was_found(numbers: tuple[int, int, int], alpha: float) -> None:
    found, drawn, size = numbers
    low, high = limits(found, drawn, size, alpha=alpha)
    assert found <= low <= high <= size - (drawn - found)
    assert at_most(found, drawn, size, alpha=alpha) <= high
    wider = limits(found, drawn, size, alpha=alpha / 2)
    assert wider[0] <= low
    assert high <= wider[1]
    if found < drawn:
        more = limits(found + 1, drawn, size, alpha=alpha)
        assert low <= more[0]
        assert high <= more[1]
    mirrored = limits(drawn - found, drawn, size, alpha=alpha)
    assert mirrored == (size - high, size - low)


def test_looking_at_all_leaves_nothing_open_and_looking_at_none_leaves_all() -> None:
    assert limits(17, 40, 40) == (17, 17)
    assert at_most(17, 40, 40) == 17
    assert limits(0, 0, 40) == (0, 40)
    assert at_most(0, 0, 40) == 40
    assert limits(0, 0, 0) == (0, 0)


def test_a_tie_widens() -> None:
    # One of forty, and it is a yes: under one positive that has the chance 1/40, which is alpha / 2 to the last digit.
    assert limits(1, 1, 40)[0] == 1


def test_the_figures_of_the_design() -> None:
    low, high = limits(5, 100, 300)
    assert (38 + low, 38 + high) == (45, 68)
    assert 100 * at_most(0, 120, 18_000) / 18_000 == pytest.approx(2.5, abs=0.05)


@pytest.mark.parametrize(("share", "answers"), [(0.025, 119), (0.005, 598), (0.05, 59), (0.01, 299)])
def test_what_a_share_costs_is_enough_and_one_less_is_not(share: float, answers: int) -> None:
    assert clean_answers(share) == answers
    size = 100_000_000
    assert at_most(0, answers, size) / size <= share < at_most(0, answers - 1, size) / size
    assert at_most(0, answers, 2_000) / 2_000 <= share, "a smaller set needs no more"


@given(st.floats(1e-4, 0.9), st.sampled_from(ALPHAS), st.integers(1, 20_000))
@settings(max_examples=80, deadline=None)
def test_what_a_share_costs_is_enough_for_a_set_of_any_size(share: float, alpha: float, size: int) -> None:
    looked = min(clean_answers(share, alpha=alpha), size)
    assert at_most(0, looked, size, alpha=alpha) <= share * size


@pytest.mark.parametrize(
    ("found", "drawn", "size"),
    [(-1, 10, 20), (11, 10, 20), (1, 30, 20)],
    ids=["negative", "more than drawn", "too few"],
)
def test_numbers_that_do_not_fit_together_are_refused(found: int, drawn: int, size: int) -> None:
    with pytest.raises(BadValue, match="that cannot be"):
        limits(found, drawn, size)
    with pytest.raises(BadValue, match="that cannot be"):
        at_most(found, drawn, size)


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1, float("nan")])
def test_an_error_rate_or_a_share_out_of_range_is_refused(wrong: float) -> None:
    with pytest.raises(BadValue, match="'alpha' must be above 0 and below 1"):
        limits(1, 2, 3, alpha=wrong)
    with pytest.raises(BadValue, match="'alpha'"):
        clean_answers(0.1, alpha=wrong)
    with pytest.raises(BadValue, match="'share'"):
        clean_answers(wrong)
