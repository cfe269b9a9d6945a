import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analysis.polygon import Plane
from curate.errors import BadValue

# few different numbers, so that points fall onto corners and edges and edges onto each other
GRID = st.integers(-4, 4).map(float)
ANY = st.floats(-10, 10, width=32)
POINTS = st.lists(st.tuples(GRID, GRID) | st.tuples(ANY, ANY), max_size=60)
POLYGONS = st.lists(st.tuples(GRID, GRID), min_size=3, max_size=12) | st.lists(
    st.tuples(ANY, ANY), min_size=3, max_size=12
)
SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


def inside(points, polygon):
    x, y = np.array(points, np.float32).reshape(-1, 2).T
    return Plane(x, y).inside(polygon).tolist()


def slowly(x, y, polygon):
    """The even-odd rule, one edge after the other."""
    odd = False
    for begin, end in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        (ax, ay), (bx, by) = sorted((begin, end), key=lambda corner: corner[1])
        if ay <= y < by and (x - ax) * (by - ay) < (y - ay) * (bx - ax):
            odd = not odd
    return odd


@settings(deadline=None)
@given(POINTS, POLYGONS)
def test_it_says_what_a_plain_reference_says(points, polygon):
    x, y = np.array(points, np.float32).reshape(-1, 2).T
    corners = np.array(polygon)
    try:
        found = Plane(x, y).inside(polygon)
    except BadValue:
        moves = corners - corners[0]
        turns = np.outer(moves[:, 0], moves[:, 1]) - np.outer(moves[:, 1], moves[:, 0])
        assert np.abs(turns).max() <= 1e-9 * np.abs(moves).max() ** 2
        return
    assert found.tolist() == [slowly(float(a), float(b), polygon) for a, b in zip(x, y, strict=True)]


def test_what_is_enclosed_twice_is_outside():
    """A five-pointed star in one stroke: its middle is gone around twice."""
    star = [(math.sin(4 * math.pi * n / 5), math.cos(4 * math.pi * n / 5)) for n in range(5)]
    assert inside([(0, 0), (0, 0.8), (0, 2)], star) == [False, True, False]


def test_polygons_that_meet_share_no_point():
    points = [(x / 4, y / 4) for x in range(-8, 9) for y in range(-8, 9)]
    halves = inside(points, SQUARE), inside(points, [(1, 0), (2, 0), (2, 1), (1, 1)])
    both = inside(points, [(0, 0), (2, 0), (2, 1), (0, 1)])
    assert [a + b for a, b in zip(*halves, strict=True)] == [int(b) for b in both]
    assert sum(both) == 32


def test_more_points_than_one_block():
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 200_000), dtype=np.float32) * 4 - 2
    ring = [(math.cos(a), math.sin(a)) for a in np.linspace(0, 2 * math.pi, 500, endpoint=False)]
    away = np.hypot(x, y)
    sure = (away < 0.999) | (away > 1.001)
    assert np.array_equal(Plane(x, y).inside(ring)[sure], (away < 1)[sure])


@pytest.mark.parametrize(
    "polygon",
    [
        [(0, 0), (1, math.nan), (1, 1)],
        [(0, 0), (math.inf, 0), (1, 1)],
        [(0, 0), (1e300, 0), (1, 1)],
        [(0, 0), (1, 0)],
        [(0, 0), (0, 0), (0, 0)],
        [(0, 0), (1, 1), (3, 3), (2, 2)],
        [(0, 0, 0), (1, 0, 0), (1, 1, 0)],
        [],
    ],
)
def test_what_encloses_nothing_is_refused(polygon):
    with pytest.raises(BadValue):
        inside([(0.5, 0.5)], polygon)


def test_no_points():
    assert inside([], SQUARE) == []
