"""Fields that begin everywhere, and rasters in blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from routing.errors import ArrayError
from routing.geodesic import CostGrid
from routing.geodesic.spreading import SCATTERED, spread

INF = np.inf


def rough(seed, shape, share=0.0):
    rng = np.random.default_rng(seed)
    cost = rng.uniform(1.0, 3.0, shape)
    cost[rng.random(shape) < share] = INF
    return cost


def cone(shape, place):
    return np.hypot(*(np.indices(shape) - np.array(place)[:, None, None]))


def test_few_starts_are_a_field_with_start_prices():
    grid = CostGrid(rough(1, (30, 40)))
    start = np.full(grid.shape, INF)
    start[3, 4], start[20, 31] = 2.0, 0.5
    field = grid.field([(3, 4), (20, 31)], start_prices=[2.0, 0.5])
    assert_allclose(grid.spread(start), field.distance, rtol=0, atol=0)


def test_dear_starts_are_lowered_by_a_cheap_one_nearby():
    # One cell begins at nothing, all others dearer than any way to them: the cone of that cell, known at centres only,
    # to a third of a cell.
    start = np.full((61, 61), 1000.0)
    start[30, 20] = 0.0
    found = CostGrid(np.ones(start.shape)).spread(start)
    exact = cone(start.shape, (30, 20))
    assert np.abs(found - exact).max() < 0.35
    assert np.abs(found - exact)[30].max() < 1e-4


def test_starts_that_no_way_undercuts_stay():
    # min over y of s(y) + |x - y| = s(x) where s rises by no more than the cost; half of it leaves room for the scheme.
    start = 5.0 + 0.5 * cone((40, 50), (12, 17))
    assert_allclose(CostGrid(np.ones(start.shape)).spread(start), start, atol=1e-5)


@given(st.integers(0, 10**6), st.floats(0, 0.3))
@settings(max_examples=25, deadline=None)
def test_spreading_never_raises_a_start_nor_passes_twice(seed, share):
    cost = rough(seed, (20, 23), share)
    start = np.random.default_rng(seed + 1).uniform(0, 30, cost.shape)
    grid = CostGrid(cost)
    free = np.isfinite(cost)
    once = grid.spread(start)
    assert (once[free] <= start[free] * (1 + 1e-6) + 1e-6).all()
    assert np.isinf(once[~free]).all()
    # A dearer start anywhere leads to no lower price but for the second-order stencil, a third of a dear cell.
    dearer = grid.spread(start + np.random.default_rng(seed + 2).uniform(0, 5, cost.shape))
    assert (dearer[free] >= once[free] - 1.0).all()
    # Next cells differ by no more than the dearest cable (two thirds of a step are its own cost, one is of that before).
    step = np.abs(np.diff(np.where(free, once, np.nan), axis=1))
    assert (step[np.isfinite(step)] <= cost[free].max() * (1 + 1e-6)).all()


def test_many_and_few_starts_agree():
    cost = 1.0 + 0.5 * np.sin(np.indices((50, 60)).sum(axis=0) / 9.0)
    grid = CostGrid(cost)
    start = np.full(cost.shape, INF)
    start[25, 10:20] = np.linspace(1.0, 3.0, 10)
    assert (start < INF).sum() <= SCATTERED
    alone = spread(grid._ground, start, spare=[])
    assert np.abs(alone - grid.spread(start)).max() < 0.5 * cost.max()


def test_large_starts_keep_their_digits():
    start = np.full((30, 30), 1e9)
    start[4:6] -= 7.0
    found = CostGrid(np.full(start.shape, 0.5)).spread(start)
    assert_allclose(found[20, 10], 1e9 - 7.0 + 7.0, atol=0.2)
    assert_allclose(found[5, 10], 1e9 - 7.0, atol=1e-3)


def test_nothing_starts_nothing_is_reached():
    assert np.isinf(CostGrid(np.ones((4, 5))).spread(np.full((4, 5), INF))).all()


@pytest.mark.parametrize(
    ("start", "match"),
    [(np.zeros((3, 3)), "shape"), (np.full((4, 5), np.nan), "NaN"), (np.full((4, 5), -1.0), "negative")],
)
def test_a_start_that_cannot_be_used_is_refused(start, match):
    with pytest.raises(ArrayError, match=match):
        CostGrid(np.ones((4, 5))).spread(start)


@given(st.integers(0, 10**6), st.sampled_from([2, 3, 5, 6]), st.floats(0, 0.3))
@settings(max_examples=40, deadline=None)
def test_blocks_for_lower_bounds_are_nowhere_dearer(seed, block, share):
    cost = rough(seed, (23, 31), share)
    rows = 1.0 + 0.02 * np.arange(23)
    grid = CostGrid(cost, cell_size=(2.0, rows))
    below = grid.coarsened(block, below=True)
    rng = np.random.default_rng(seed + 1)
    first = rng.uniform(-0.5, (22.5, 30.5), (200, 2))
    ends = np.stack([first, np.clip(first + rng.normal(0, 3, (200, 2)), -0.5, (22.5, 30.5))], axis=1)
    price = grid.prices(ends)
    clear = price < INF
    bound = below.prices((ends[clear] + 0.5) / block - 0.5)
    assert (bound <= price[clear] * (1 + 1e-9)).all()


def test_blocks_at_the_mean_keep_a_uniform_sea():
    grid = CostGrid(np.full((20, 30), 4.0), cell_size=(10.0, 10.0))
    assert grid.coarsened(5).shape == (4, 6)
    assert_allclose(grid.coarsened(5).price([(0, 0), (0, 3)]), grid.price([(2, 2), (2, 17)]))


@pytest.mark.parametrize(("block", "below"), [(0, False), (1, True)])
def test_a_block_that_is_too_small_is_refused(block, below):
    with pytest.raises(ArrayError, match="block"):
        CostGrid(np.ones((4, 5))).coarsened(block, below=below)
