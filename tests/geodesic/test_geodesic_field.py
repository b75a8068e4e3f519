"""Distance fields: reach, accuracy, several sources, early stop, memory, number formats."""

import numpy as np
import pytest
from geodesic_oracles import far_ends, fractal_terrain, graph_prices, smooth_noise
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.ndimage import label

from routing.geodesic import CostGrid, distance_field, eikonal, enclosure, marching
from routing.geodesic.front import TAKEN

INF = np.inf


def holes(seed, shape, share):
    rng = np.random.default_rng(seed)
    cost = rng.uniform(1, 10, shape)
    cost[rng.random(shape) < share] = INF
    return cost


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40), st.floats(0, 0.6))
@settings(max_examples=60, deadline=None)
def test_field_reaches_exactly_the_cells_connected_across_edges(seed, rows, cols, share):
    cost = holes(seed, (rows, cols), share)
    start = tuple(np.random.default_rng(seed).integers((rows, cols)))
    labels, _ = label(np.isfinite(cost))
    connected = (labels == labels[start]) & np.isfinite(cost[start])
    assert np.array_equal(np.isfinite(distance_field(cost, start)), connected & np.isfinite(cost))
    assert np.array_equal(enclosure(cost, start), connected)


@given(st.integers(0, 10**6), st.floats(0, 0.4), st.sampled_from([0.0, 1.0, 3.0]))
@settings(max_examples=25, deadline=None)
def test_field_is_close_below_the_graph_of_eight_neighbours(seed, share, correlation):
    rng = np.random.default_rng(seed)
    cost = np.exp(0.3 * smooth_noise(rng, (40, 50), correlation))
    cost[rng.random(cost.shape) < share] = INF
    free = np.argwhere(np.isfinite(cost))
    start = tuple(free[rng.integers(len(free))])
    field = distance_field(cost, start)
    graph = graph_prices(CostGrid(cost), cost, start)
    far = np.isfinite(graph) & (graph > 10)
    # A field knows the cost at centres only, and rounds corners half a cell wide.
    assert (field[far] <= graph[far] * 1.12).all()
    assert (field[far] >= graph[far] / 1.0824 * 0.6).all()


def test_field_grows_away_from_the_source_and_is_smallest_there():
    cost = fractal_terrain(200, 3)
    start, _ = far_ends(cost)
    field = distance_field(cost, start)
    assert field[start] == 0.0
    reached = np.isfinite(field)
    low = np.pad(field, 1, constant_values=INF)
    around = np.min([low[:-2, 1:-1], low[2:, 1:-1], low[1:-1, :-2], low[1:-1, 2:]], axis=0)
    lonely = reached & (around >= field)
    assert np.argwhere(lonely).tolist() == [list(start)]


def test_column_spacing_stretches_the_field():
    plain = distance_field(np.ones((60, 60)), (5, 5))
    wide = distance_field(np.ones((60, 60)), (5, 5), cell_size=(1.0, 2.0))
    r, q = np.mgrid[:60, :60] - 5.0
    assert_allclose(wide[r + q > 0], np.hypot(r, 2 * q)[r + q > 0], rtol=0.02)
    assert_allclose(distance_field(np.ones((60, 60)), (5, 5), cell_size=(3.0, 3.0)), 3 * plain, rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 50), (50, 1), (1, 1), (2, 2)])
def test_narrow_rasters(shape):
    cost = np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(float)
    field = distance_field(cost, (0, 0))
    line = cost.ravel()
    if 1 in shape:  # along a line the price is the trapezoid rule, up to the first-order start of the scheme
        exact = np.concatenate([[0], np.cumsum((line[1:] + line[:-1]) / 2)])
        assert_allclose(field.ravel(), exact, rtol=0.01)
    assert np.isfinite(field).all()


def test_everything_excluded_reaches_nothing():
    assert np.isinf(distance_field(np.full((4, 5), INF), (1, 1))).all()
    assert not enclosure(np.full((4, 5), INF), (1, 1)).any()


def test_an_excluded_source_leads_nowhere_and_the_others_still_count():
    cost = np.ones((5, 9))
    cost[2, 0] = INF
    assert np.isinf(distance_field(cost, (2, 0))).all()
    assert np.array_equal(distance_field(cost, [(2, 0), (2, 8)]), distance_field(cost, (2, 8)))


def test_several_sources_give_the_lowest_of_their_fields():
    cost = fractal_terrain(150, 5)
    start, end = far_ends(cost)
    prices = np.array([30.0, 0.0])
    both = CostGrid(cost).field([start, end], start_prices=prices).distance
    single = np.minimum(distance_field(cost, start) + 30.0, distance_field(cost, end))
    ok = np.isfinite(single)
    error = np.abs(both[ok] - single[ok]) / np.maximum(single[ok], 1)
    assert error.mean() < 1e-3
    assert error.max() < 0.03


def test_a_source_dearer_than_the_way_from_another_adds_nothing():
    grid = CostGrid(np.ones((40, 40)))
    alone = grid.field((20, 20)).distance
    assert_allclose(grid.field([(20, 20), (20, 25)], start_prices=[0.0, 9.0]).distance, alone, rtol=1e-2)


def test_start_prices_are_added_and_may_be_large():
    cost = np.ones((30, 30))
    assert_allclose(
        CostGrid(cost).field((3, 4), start_prices=[1e12]).distance - 1e12, distance_field(cost, (3, 4)), atol=1e-3
    )


def test_thousands_of_sources_along_a_line():
    sources = np.stack([np.linspace(0, 99, 3000), np.full(3000, 40.0)], axis=1)
    field = CostGrid(np.ones((100, 100))).field(sources).distance
    assert_allclose(field, np.abs(np.arange(100) - 40.0) + np.zeros((100, 1)), atol=0.02)


def test_a_field_that_stops_at_its_target_is_the_same_up_to_there():
    cost = fractal_terrain(256, 7)
    start, end = far_ends(cost)
    grid = CostGrid(cost)
    middle = tuple(np.argwhere(np.isfinite(grid.field(start).distance))[20000])
    full, part = grid.field(start), grid.field(start, targets=[middle])
    assert part.cells_solved < full.cells_solved
    known = np.isfinite(part.distance)
    assert np.array_equal(part.distance[known], full.distance[known])
    assert known[middle]
    assert (full.distance[~known] >= full.distance[middle]).all()
    assert np.array_equal(part.path_to(middle).points, full.path_to(middle).points)
    # A point beyond is not lost: the field is completed.
    assert part.path_to(end).cost == full.path_to(end).cost


def test_fields_of_one_grid_do_not_disturb_each_other():
    grid = CostGrid(fractal_terrain(128, 2))
    start, end = far_ends(fractal_terrain(128, 2))
    first = grid.field(start)
    before = first.path_to(end)
    second = grid.field(end)
    assert np.array_equal(first.path_to(end).points, before.points)
    del second
    assert np.array_equal(grid.field(start).distance, first.distance)


def test_growing_the_pool_changes_nothing(monkeypatch):
    cost = fractal_terrain(300, 4)
    start, _ = far_ends(cost)
    expected = distance_field(cost, start)
    grown = []
    real_grow, real_front = marching._grow, marching._new_front

    def small_front(*arguments):
        front = real_front(*arguments)
        chunks = 1 + 3 * (eikonal.BATCH + 64) // 2
        front.state[0] = chunks - 1
        free = np.zeros(chunks, np.int64)
        free[: chunks - 1] = np.arange(chunks - 1, 0, -1)
        return front._replace(
            pool=front.pool[: chunks * 64].copy(), following=front.following[:chunks].copy(), free=free
        )

    monkeypatch.setattr(marching, "_new_front", small_front)
    monkeypatch.setattr(marching, "_grow", lambda front: grown.append(1) or real_grow(front))
    monkeypatch.setattr(marching, "_bucket_width", lambda _: 1 / 4096)  # narrow buckets need many chunks
    narrow = distance_field(cost, start)
    assert grown
    monkeypatch.setattr(marching, "_new_front", real_front)
    grown.clear()
    roomy = distance_field(cost, start)
    assert np.array_equal(narrow, roomy)
    assert_allclose(narrow[np.isfinite(narrow)], expected[np.isfinite(narrow)], rtol=2e-2)


@pytest.mark.parametrize("effort", [(1, 1), (100, 7), (1 << 40, 1)])
def test_returning_to_python_in_between_changes_nothing(monkeypatch, effort):
    cost = fractal_terrain(120, 4)
    start, _ = far_ends(cost)
    expected = distance_field(cost, start)
    monkeypatch.setattr(marching, "EFFORT", effort)
    assert np.array_equal(distance_field(cost, start), expected)


def test_a_short_ring_of_buckets_changes_next_to_nothing(monkeypatch):
    cost = fractal_terrain(120, 4)
    cost[np.isfinite(cost)] **= 3
    start, _ = far_ends(cost)
    expected = distance_field(cost, start)
    monkeypatch.setattr(marching, "RING", 64)
    # Entries that wait for their turn come up in another order, and the scheme is not monotone.
    ok = np.isfinite(expected) & (expected > 0)
    error = np.abs(distance_field(cost, start)[ok] / expected[ok] - 1)
    assert error.max() < 1e-2
    assert error.mean() < 1e-4


@pytest.mark.parametrize("ratio", [1e5, 1e10, 1e15, 1e25])
def test_very_different_costs_stay_accurate(ratio):
    rng = np.random.default_rng(1)
    cost = ratio ** rng.choice([0.0, 0.5, 1.0], p=[0.1, 0.4, 0.5], size=(60, 60))
    cost = np.kron(cost, np.ones((5, 5)))
    wide = distance_field(cost, (2, 2))
    graph = graph_prices(CostGrid(cost), cost, (2, 2))
    far = graph > 20 * cost.min()
    ratio_to_graph = wide[far] / graph[far]
    assert np.isfinite(wide).all()
    assert 0.7 < np.median(ratio_to_graph) < 1.3  # jumps of the cost are known to a cell only
    assert CostGrid(cost).field((2, 2)).path_to((297, 290)).cost <= graph[297, 290] * (1 + 1e-6)


def test_wide_buckets_repeat_work_but_hardly_move_the_field(monkeypatch):
    cost = fractal_terrain(256, 9)
    start, _ = far_ends(cost)
    expected = distance_field(cost, start)
    taken = []
    real = marching._run

    def count(advance, front):
        front, end = real(advance, front)
        taken.append(int(front.state[TAKEN]))
        return front, end

    monkeypatch.setattr(marching, "_run", count)
    distance_field(cost, start)
    monkeypatch.setattr(marching, "_bucket_width", lambda _: 16.0)
    wide = distance_field(cost, start)
    ok = np.isfinite(expected) & (expected > 0)
    assert taken[1] > taken[0]
    assert np.abs(wide[ok] / expected[ok] - 1).mean() < 1e-3


def test_single_precision_gives_way_to_double_when_prices_grow_too_large(monkeypatch):
    cost = fractal_terrain(200, 6)
    start, end = far_ends(cost)
    expected = CostGrid(cost).field(start)
    monkeypatch.setattr(marching, "LIMIT32", 50.0)
    double = CostGrid(cost).field(start)
    assert double._march.cells.dtype == np.float64
    ok = np.isfinite(expected.distance)
    assert np.array_equal(ok, np.isfinite(double.distance))
    assert_allclose(double.distance[ok], expected.distance[ok], rtol=1e-3)
    assert double.path_to(end).cost == pytest.approx(expected.path_to(end).cost, rel=2e-5)


@pytest.mark.parametrize("factor", [2.0**-40, 1e-30, 3.7, 1e25])
def test_price_scales_with_the_cost(factor):
    cost = fractal_terrain(120, 1)
    start, end = far_ends(cost)
    a, b = CostGrid(cost).field(start), CostGrid(cost * factor).field(start)
    ok = np.isfinite(a.distance)
    assert_allclose(b.distance[ok], factor * a.distance[ok], rtol=1e-3)
    assert b.path_to(end).cost == pytest.approx(factor * a.path_to(end).cost, rel=2e-5)


def test_value_between_cells_is_interpolated_and_reaches_into_corners():
    cost = np.ones((20, 20))
    cost[10, 5:] = INF
    field = CostGrid(cost).field((2.25, 3.5))
    assert field.value_at((2.25, 3.5)) == 0.0
    assert field.value_at((2.75, 4.0)) == pytest.approx(np.hypot(0.5, 0.5))
    assert field.value_at((9.5, 19.5)) == pytest.approx(np.hypot(7.25, 16), rel=1e-2)
    assert field.value_at((10, 10)) == INF
    assert field.value_at((25, 3)) == INF


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.uint8, np.float32),
        (np.int16, np.float32),
        (np.float64, np.float64),
        (np.int32, np.float64),
    ],
)
def test_distances_have_the_digits_of_the_cost(dtype, expected):
    cost = np.full((40, 60), 3, dtype)
    field = distance_field(cost, (4, 5))
    assert field.dtype == expected
    assert field.flags.owndata or field.base.nbytes == field.nbytes  # nothing of the solver is kept alive
    assert np.array_equal(field, CostGrid(cost).field((4, 5)).distance)
    assert np.array_equal(field, distance_field(np.asfortranarray(cost), (4, 5)))
    assert np.array_equal(field, distance_field(np.repeat(cost, 2, axis=1)[:, ::2], (4, 5)))


def test_a_field_in_place_equals_one_aside_on_an_undivided_raster():
    rng = np.random.default_rng(2)
    cost = rng.uniform(1, 3, (900, 1200)).astype(np.float32)
    cost[rng.random(cost.shape) < 0.1] = INF
    cost[3, 3] = 1.0
    assert np.array_equal(distance_field(cost, (3, 3)), CostGrid(cost).field((3, 3)).distance)
