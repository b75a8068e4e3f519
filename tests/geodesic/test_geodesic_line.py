"""The evaluator: exact line integrals, what counts as blocked."""

from itertools import pairwise

import numpy as np
import pytest
from geodesic_oracles import GAUSS_W, GAUSS_X, smooth_noise
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from routing.geodesic import CostGrid, path_cost

INF = np.inf


def coordinates(low, high):
    return st.floats(low, high).map(lambda x: round(x, 6))


place = st.tuples(coordinates(-0.5, 7.5), coordinates(-0.5, 9.5))


def interpolate(cost, r, q):
    """Bilinear with excluded corners dropped, straight from the definition."""
    i, j = int(np.floor(r)), int(np.floor(q))
    total = weight = 0.0
    for a in (i, i + 1):
        for b in (j, j + 1):
            if 0 <= a < cost.shape[0] and 0 <= b < cost.shape[1] and np.isfinite(cost[a, b]):
                w = (1 - abs(r - a)) * (1 - abs(q - b))
                total += w * cost[a, b]
                weight += w
    return total / weight


def quadrature(cost, a, b, spacing=(1.0, 1.0)):
    """Integral along a segment, split at every cell edge and centre line."""
    a, b = np.array(a, float), np.array(b, float)
    d = b - a
    cuts = {0.0, 1.0}
    for axis in (0, 1):
        if d[axis] != 0:
            cuts |= {t for h in np.arange(-1, 20, 0.5) if 0 < (t := (h - a[axis]) / d[axis]) < 1}
    total = 0.0
    for lo, hi in pairwise(sorted(cuts)):
        for x, w in zip(GAUSS_X, GAUSS_W, strict=True):
            p = a + d * (lo + (hi - lo) * (x + 1) / 2)
            total += w / 2 * (hi - lo) * interpolate(cost, *p)
    return total * np.hypot(d[0] * spacing[0], d[1] * spacing[1])


@given(place, place, st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_price_of_a_segment_is_the_integral_of_the_bilinear_cost(a, b, seed):
    cost = np.exp(smooth_noise(np.random.default_rng(seed), (8, 10), 0))
    assert_allclose(
        path_cost(cost, [a, b], cell_size=(2.0, 3.0)), quadrature(cost, a, b, (2.0, 3.0)), rtol=1e-9, atol=1e-12
    )


@given(place, place, st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_beside_exclusions_their_corners_drop_out(a, b, seed):
    rng = np.random.default_rng(seed)
    cost = np.exp(smooth_noise(rng, (8, 10), 0))
    cost[rng.random(cost.shape) < 0.1] = INF
    price = path_cost(cost, [a, b])
    if np.isfinite(price):
        assert_allclose(price, quadrature(cost, a, b), rtol=1e-8, atol=1e-12)


@given(place, place, st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_a_segment_is_blocked_exactly_when_it_meets_the_inside_of_an_excluded_cell(a, b, seed):
    rng = np.random.default_rng(seed)
    cost = np.ones((8, 10))
    cost[rng.random(cost.shape) < 0.2] = INF
    t = np.linspace(0, 1, 4001)[:, None]
    points = np.array(a) + t * (np.array(b) - np.array(a))
    cells = np.clip(np.rint(points).astype(int), 0, [7, 9])
    depth = 0.5 - np.abs(points - cells).max(axis=1)
    deep = ~np.isfinite(cost[cells[:, 0], cells[:, 1]]) & (depth > 1e-6)
    free_all_along = np.isfinite(cost[cells[:, 0], cells[:, 1]]).all()
    blocked = not CostGrid(cost).is_clear([a, b])
    assert blocked or not deep.any()
    assert not blocked or not free_all_along or np.abs(depth).min() < 1e-3


def test_a_segment_may_slide_along_an_edge_of_an_excluded_cell():
    cost = np.ones((5, 5))
    cost[2, 1:4] = INF
    grid = CostGrid(cost)
    assert grid.price([(1.5, 0), (1.5, 4)]) == pytest.approx(4.0)
    assert grid.price([(2.5, 0), (2.5, 4)]) == pytest.approx(4.0)
    assert grid.price([(1.5 + 1e-6, 0), (1.5 + 1e-6, 4)]) == INF


def test_nothing_slides_between_two_excluded_cells():
    cost = np.ones((4, 5))
    cost[1:3, 2] = INF
    assert not CostGrid(cost).is_clear([(1.5, 0), (1.5, 4)])


@pytest.mark.parametrize(("a", "b"), [((0, 0), (1, 1)), ((0, 1), (1, 0)), ((0.2, 0.2), (0.8, 0.8))])
def test_a_pinch_between_two_excluded_cells_cannot_be_passed(a, b):
    cost = np.ones((2, 2))
    cost[(0, 1), (1, 0)] = INF
    if a == (0, 1):
        cost = cost[:, ::-1]
    assert not CostGrid(cost).is_clear([a, b])
    assert not CostGrid(cost).is_clear([a, (0.5, 0.5), b])
    assert not CostGrid(cost).is_clear([a, (0.5, 0.5), (0.5, 0.5), b])


def test_a_pinch_may_be_touched_and_left_on_the_same_side():
    cost = np.array([[1.0, INF], [INF, 1.0]])
    assert CostGrid(cost).price([(0, 0), (0.5, 0.5), (0.2, 0)]) < INF


def test_a_pinch_cannot_be_passed_while_sliding_along_cell_edges():
    cost = np.ones((4, 4))
    cost[1, 1] = cost[2, 2] = INF
    assert CostGrid(cost).is_clear([(1.5, 0), (1.5, 1.5)])
    # From the lower side of cell (1, 1) to the upper side of cell (2, 2): only through their common corner.
    assert not CostGrid(cost).is_clear([(1.5, 1), (1.5, 2)])
    assert not CostGrid(cost).is_clear([(2, 1), (1, 2)])


def test_a_corner_with_one_free_side_may_be_crossed():
    cost = np.array([[1.0, INF], [1.0, 1.0]])
    assert CostGrid(cost).price([(0, 0), (1, 1)]) == pytest.approx(np.sqrt(2))


def test_the_outer_half_cell_belongs_to_the_raster_and_nothing_beyond():
    grid = CostGrid([[1.0, 3.0], [1.0, 3.0]])
    assert grid.price([(-0.5, -0.5), (1.5, -0.5)]) == pytest.approx(2.0)
    assert grid.price([(0, 1), (0, 1.5)]) == pytest.approx(1.5)
    assert grid.price([(0, 0), (0, 1.5001)]) == INF
    assert grid.price([(-9, 0), (9, 0)]) == INF


def test_price_is_the_same_both_ways_and_adds_up_over_pieces():
    rng = np.random.default_rng(1)
    cost = np.exp(smooth_noise(rng, (20, 30), 1))
    for a, b in zip(rng.uniform(0, 19, (50, 2)), rng.uniform(0, 19, (50, 2)), strict=True):
        whole = path_cost(cost, [a, b])
        assert_allclose(path_cost(cost, [b, a]), whole, rtol=1e-12)
        assert_allclose(path_cost(cost, [a, a + 0.3 * (b - a), b]), whole, rtol=1e-12)


def test_many_segments_at_once_equal_one_by_one():
    rng = np.random.default_rng(2)
    cost = np.exp(smooth_noise(rng, (20, 20), 1))
    cost[rng.random(cost.shape) < 0.1] = INF
    grid = CostGrid(cost, cell_size=(2.0, 1.0))
    segments = rng.uniform(-1, 20, (200, 2, 2))
    assert np.array_equal(grid.prices(segments), [grid.price(s) for s in segments])
    assert grid.prices(np.empty((0, 2, 2))).shape == (0,)


def test_column_spacing_may_differ_by_row():
    # Circle of latitude: R cos(lat) per radian; a meridian does not see it.
    lat = np.radians(np.linspace(30, 60, 301))
    spacing = (np.radians(0.1), np.cos(lat) * np.radians(0.1))
    cost = np.full((301, 200), 6371.0)
    along = path_cost(cost, [(100, 0), (100, 199)], cell_size=spacing)
    assert_allclose(along, 6371.0 * np.cos(lat[100]) * np.radians(19.9), rtol=1e-12)
    assert_allclose(path_cost(cost, [(0, 5), (300, 5)], cell_size=spacing), 6371.0 * np.radians(30), rtol=1e-12)
    # Loxodrome on the plate carree: integral of hypot(dlat, cos(lat) dlon).
    t = (GAUSS_X + 1) / 2
    slope = np.hypot(np.radians(30), np.cos(lat[0] + t * np.radians(30)) * np.radians(19.9))
    assert_allclose(path_cost(cost, [(0, 0), (300, 199)], cell_size=spacing), 6371.0 * slope @ GAUSS_W / 2, rtol=1e-6)


def test_row_spacing_may_differ_by_row_too():
    height = np.linspace(1.0, 3.0, 5)
    assert_allclose(path_cost(np.ones((5, 3)), [(0, 0), (4, 0)], cell_size=(height, 1.0)), 8.0)
    assert_allclose(path_cost(np.ones((5, 3)), [(2, 0), (2, 2)], cell_size=(height, 1.0)), 2.0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.uint8])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_real_type_and_memory_order_gives_the_same_price(dtype, order):
    cost = np.array(np.arange(1, 13).reshape(3, 4), dtype=dtype, order=order)
    assert path_cost(cost, [(0, 0), (2, 3)]) == pytest.approx(6.5 * np.hypot(2, 3))
    assert path_cost(cost[::-1, ::2], [(0, 0), (0, 1)]) == 10.0


def test_a_point_costs_nothing_where_it_is_free():
    cost = [[1.0, INF]]
    assert path_cost(cost, [(0, 0)]) == 0.0
    assert path_cost(cost, [(0, 1)]) == INF
    assert path_cost(cost, [(0, 0), (0, 0)]) == 0.0
