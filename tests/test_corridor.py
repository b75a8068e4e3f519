"""Corridors: closed forms, exact prices of the ways through cells, and what a run writes of them."""

import numpy as np
import pyogrio
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal
from test_separation import flat_sea, link, rough_sea

from routing.corridor import BANDS_PCT, Corridors, excess_pct
from routing.errors import InputError
from routing.geodesic import CostGrid


def corridor(priced, *nodes, extra=0.0):
    return Corridors(priced).of([(link(priced, start, end), extra) for start, end in nodes])


def test_on_a_flat_sea_the_corridor_is_an_ellipse():
    start, end = (30, 20), (30, 80)
    excess = corridor(flat_sea(), (start, end))
    row, col = np.indices(excess.shape)
    ways = np.hypot(row - 30, col - 20) + np.hypot(row - 30, col - 80)
    exact = 100.0 * (ways / 60.0 - 1.0)
    near = exact <= BANDS_PCT[-1]
    # Second-order fields on cells of a sixtieth of the way are good to 0.1 % of it.
    assert_allclose(excess[near], exact[near], atol=0.1)
    for band in BANDS_PCT:
        assert abs(np.count_nonzero(excess <= band) - np.pi * 900 * (1 + band / 100) * _flat(band)) < 0.2 * 900 * _flat(
            band
        )


def _flat(band_pct):
    """Half width of the ellipse over half the distance of its foci."""
    return np.sqrt((1 + band_pct / 100) ** 2 - 1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_way_through_a_cell_costs_what_the_corridor_says_and_no_less(seed):
    priced = rough_sea(seed)
    start, end = (5, 5), (34, 54)
    excess = corridor(priced, (start, end))
    grid = priced.guide
    fields = grid.field(start), grid.field(end)
    best = fields[0].path_to(end).cost
    rng = np.random.default_rng(seed)
    for cell in rng.permutation(np.argwhere(excess <= 2 * BANDS_PCT[-1]))[:40].tolist():
        paths = [field.path_to(cell) for field in fields]
        through = sum(grid.price(path.points) for path in paths)
        # Exact prices of two paths against the sum of two fields.
        assert_allclose(excess[tuple(cell)], 100.0 * (through / best - 1.0), atol=0.5)


def test_the_best_path_lies_in_the_middle_of_its_corridor():
    priced = rough_sea(4)
    path = priced.guide.field((5, 5)).path_to((34, 54)).points
    row, col = np.rint(path).astype(int).T
    excess = corridor(priced, ((5, 5), (34, 54)))
    assert excess[row, col].max() < BANDS_PCT[0]
    assert np.nanmin(excess) == 0.0


def test_bands_are_nested_and_a_wider_one_is_larger():
    excess = corridor(rough_sea(5), ((5, 5), (34, 54)))
    sizes = [np.count_nonzero(excess <= band) for band in BANDS_PCT]
    assert sizes == sorted(set(sizes))
    assert sizes[0] > 40


def test_which_end_is_first_does_not_matter():
    priced = rough_sea(6)
    assert_allclose(corridor(priced, ((5, 5), (34, 54))), corridor(priced, ((34, 54), (5, 5))), rtol=1e-6, atol=1e-6)


def test_an_option_that_follows_has_the_corridor_that_it_has_alone():
    priced = rough_sea(7)
    pairs = [((5, 5), (34, 54)), ((34, 54), (5, 30)), ((5, 5), (5, 30))]
    shared = Corridors(priced)
    for start, end in pairs:
        assert_array_equal(shared.of([(link(priced, start, end), 0.0)]), corridor(priced, (start, end)))


def test_links_of_an_option_share_a_map_that_holds_the_least_of_each():
    priced = flat_sea()
    pairs = ((10, 10), (10, 60)), ((10, 60), (50, 60))
    both = corridor(priced, *pairs)
    assert_array_equal(both, np.fmin(*(corridor(priced, pair) for pair in pairs)))


def test_a_lake_that_no_route_reaches_is_in_no_corridor():
    free = np.ones((61, 101), bool)
    free[5:16, 5:16] = False
    free[8:13, 8:13] = True
    excess = corridor(flat_sea(free=free), ((30, 20), (30, 80)))
    assert np.isnan(excess[5:16, 5:16]).all()
    assert np.isfinite(excess[20:]).all()


def test_what_every_route_pays_makes_the_corridor_wider():
    grid = CostGrid(np.ones((21, 41)))
    start, end = grid.field((10, 5)).distance, grid.field((10, 35)).distance
    alone, ashore = excess_pct(start, end), excess_pct(start, end, approaches_usd=30.0)
    assert_allclose(ashore, alone / 2, rtol=1e-3, atol=1e-6)


def test_a_dearer_cable_heeds_length_more():
    priced = rough_sea(7)
    plain, dear = (corridor(priced, ((5, 5), (34, 54)), extra=extra) for extra in (0.0, 1e5))
    straight = corridor(flat_sea(40, 60), ((5, 5), (34, 54)))
    known = straight <= BANDS_PCT[-1]
    assert np.abs(dear - straight)[known].max() < 0.2 < np.abs(plain - straight)[known].max()


def test_ends_that_no_way_joins_are_refused():
    apart = CostGrid([[1.0, np.inf, 1.0]])
    with pytest.raises(InputError, match="no way joins the ends; ask for the corridor of a link that can be built"):
        excess_pct(apart.field((0, 0)).distance, apart.field((0, 2)).distance)
    with pytest.raises(InputError, match=r"fields of \(1, 3\) and \(2, 2\) cells; use one grid for both"):
        excess_pct(np.zeros((1, 3)), np.zeros((2, 2)))


def test_a_run_writes_a_band_for_each_option_and_its_routes_lie_inside(finished_run):
    routes = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="routes")
    with rasterio.open(finished_run.folder / "corridor.tif") as file:
        assert list(file.descriptions) == list(dict.fromkeys(routes["option"]))
        with rasterio.open(finished_run.folder / "cost_surface.tif") as cost:
            assert (file.crs, file.transform, file.shape) == (cost.crs, cost.transform, cost.shape)
        bands = dict(zip(file.descriptions, file.read(), strict=True))
        for _, route in routes.to_crs(file.crs).iterrows():
            # The beach manholes stand on land; between the approaches every place is on the sea.
            along = [route.geometry.interpolate(share, normalized=True) for share in np.linspace(0.15, 0.85, 20)]
            values = [bands[route["option"]][file.index(place.x, place.y)] for place in along]
            assert np.max(values) < BANDS_PCT[1]
    assert all(np.nanmax(band) <= BANDS_PCT[-1] and np.isnan(band).any() for band in bands.values())
