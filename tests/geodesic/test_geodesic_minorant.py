"""No way to any place is cheaper than the bound for that place, whatever the raster."""

import numpy as np
import pytest
from geodesic_oracles import fractal_terrain
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import ArrayError, NoPathError
from routing.geodesic import CostGrid

ROUNDING = 1 + 1e-9


def rough(seed, shape=(24, 30), excluded=0.15):
    """White noise over two decades, some cells excluded: the worst that a raster can be."""
    rng = np.random.default_rng(seed)
    cost = 10.0 ** rng.uniform(0, 2, shape)
    cost[rng.random(shape) < excluded] = np.inf
    return cost


def free_cells(cost, rng, count):
    return rng.permutation(np.argwhere(np.isfinite(cost)))[:count]


def price_of_way(field, place):
    try:
        return field.path_to(place).cost
    except NoPathError:
        return np.inf


@given(st.integers(0, 10_000), st.sampled_from((2, 4)))
@settings(max_examples=25, deadline=None)
def test_no_way_is_cheaper_than_the_bound_of_its_end(seed, parts):
    rng = np.random.default_rng(seed)
    cost = rough(seed) if seed % 2 else fractal_terrain(32, seed)
    source = free_cells(cost, rng, 1)[0]
    grid = CostGrid(cost)
    bounds, field = grid.minorant(source, parts=parts), grid.field(source)
    for cell in free_cells(cost, rng, 15):
        assert bounds.value[tuple(cell)] <= price_of_way(field, cell) * ROUNDING
        place = np.clip(cell + rng.uniform(-0.5, 0.5, 2), 0, np.array(cost.shape) - 1)
        assert bounds.floor[tuple(cell)] <= price_of_way(field, place) * ROUNDING
        assert bounds.floor[tuple(cell)] <= bounds.value[tuple(cell)]


def test_on_even_ground_the_bound_is_the_distance_to_two_hundredths():
    bounds = CostGrid(np.full((60, 80), 3.0), cell_size=(2.0, 2.0)).minorant((30, 20), parts=4)
    rows, cols = np.mgrid[0:60, 0:80]
    exact = 6.0 * np.hypot(rows - 30, cols - 20)
    assert (bounds.value <= exact * ROUNDING).all()
    far = exact > 60
    assert (bounds.value[far] > 0.98 * exact[far]).all()


def test_more_parts_come_nearer():
    cost = fractal_terrain(64, 3, excluded=0.0)
    two, eight = (CostGrid(cost).minorant((5, 5), parts=parts).value[58, 58] for parts in (2, 8))
    assert eight > two


def test_the_cheapest_start_counts_with_its_price():
    grid = CostGrid(np.ones((20, 60)))
    both = grid.minorant([(10, 5), (10, 50)], start_prices=[4.0, 0.0])
    assert 14 * 0.97 < both.value[10, 15] <= 14
    assert 10 * 0.97 < both.value[10, 40] <= 10
    assert both.value[10, 5] <= 4.0


def test_cells_where_nothing_leads_may_claim_anything_but_excluded_ones_claim_nothing():
    cost = np.ones((10, 20))
    cost[:, 9] = np.inf
    bounds = CostGrid(cost).minorant((5, 2))
    assert (bounds.value[:, 9] == np.inf).all()
    assert (bounds.value[:, :9] < 20).all()


def test_ways_outside_the_cells_that_matter_are_not_looked_at():
    cost = np.ones((30, 30))
    cost[10:20, 15] = 50.0
    inside = np.zeros(cost.shape, bool)
    inside[10:20] = True
    grid = CostGrid(cost)
    everywhere, through = grid.minorant((15, 5)), grid.minorant((15, 5), within=inside)
    assert through.value[15, 25] > everywhere.value[15, 25] + 7
    assert through.value[5, 5] == np.inf


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_bound_above_floors_passes_no_floor_and_no_way_from_one(seed):
    rng = np.random.default_rng(seed)
    cost = rough(seed)
    floors = np.full(cost.shape, np.inf)
    starts = free_cells(cost, rng, 6)
    floors[tuple(starts.T)] = rng.uniform(0, 100, len(starts))
    grid = CostGrid(cost)
    bounds = grid.minorant_above(floors)
    assert (bounds.floor[tuple(starts.T)] <= floors[tuple(starts.T)] * ROUNDING).all()
    for start in starts[:3]:
        place = start + rng.uniform(-0.5, 0.5, 2)
        place = np.clip(place, 0, np.array(cost.shape) - 1)
        field = grid.field(place)
        for end in free_cells(cost, rng, 5):
            way = price_of_way(field, end)
            assert bounds.value[tuple(end)] <= (floors[tuple(start)] + way) * ROUNDING


def test_a_bound_above_floors_comes_near_on_even_ground():
    floors = np.full((40, 60), np.inf)
    floors[20, 10], floors[20, 50] = 5.0, 0.0
    found = CostGrid(np.ones((40, 60))).minorant_above(floors, parts=4)
    assert 15 > found.value[20, 20] > 13.8
    assert 10 > found.value[20, 40] > 9.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": 3}, "parts is 3"),
        ({"parts": 1}, "parts is 1"),
        ({"start_prices": [-1.0]}, "is negative"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ArrayError, match=message):
        CostGrid(np.ones((10, 10))).minorant((5, 5), **options)


@pytest.mark.parametrize("floors", [np.ones((3, 3)), np.full((10, 10), np.nan), np.full((10, 10), -1.0)])
def test_floors_that_are_no_prices_are_refused(floors):
    with pytest.raises(ArrayError, match="floors of shape"):
        CostGrid(np.ones((10, 10))).minorant_above(floors)


def test_the_same_raster_gives_the_same_bits():
    cost = fractal_terrain(48, 5)
    source = free_cells(cost, np.random.default_rng(1), 1)[0]
    one, two = (CostGrid(cost).minorant(source) for _ in range(2))
    assert one.value.tobytes() == two.value.tobytes()
    assert one.floor.tobytes() == two.floor.tobytes()
