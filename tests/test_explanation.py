"""One place explained: items to the cent, the runner-up, what closes it and what would open it."""

from dataclasses import replace

import numpy as np
import pytest
from miniature import priced_sea
from numpy.testing import assert_allclose

from routing.constraints import NATURAL, ExclusionMap
from routing.errors import InputError
from routing.explanation import explain
from routing.planning import Sea


def sea_of(depth, *, code=0, reasons=("wreck",), **layers):
    """A sea of one depth whose cells carry one exclusion code."""
    priced = priced_sea(np.full((9, 9), depth))
    layers = {name: np.full((9, 9), value, np.float32) for name, value in layers.items()}
    surface = priced.surface
    met = replace(surface.exposure, **layers)
    exclusions = ExclusionMap(np.full((9, 9), code, np.uint8), (*NATURAL, *reasons))
    priced = replace(priced, surface=surface.model.surface(surface.grid, surface.depth_m, met, exclusions))
    return Sea(priced, exclusions, None)


def at(sea):
    return explain(sea, *sea.priced.lonlat([[4.0, 4.0]])[0])


def cents(usd):
    assert abs(usd * 100 - round(usd * 100)) < 1e-4
    return round(usd * 100)


@pytest.mark.parametrize("depth", [3.0, 12.0, 40.0, 159.4, 420.0, 850.0, 3000.0])
def test_the_items_of_a_place_sum_to_its_total_to_the_cent(depth):
    sea = sea_of(depth, hazard_faults=0.37, avoidance_usd_per_m=1.2345)
    told = at(sea)
    assert cents(told["total_usd_per_km"]) == sum(map(cents, told["items_usd_per_km"].values()))
    assert_allclose(told["total_usd_per_km"], 1000 * sea.priced.surface.total()[4, 4], rtol=1e-6)
    assert_allclose(told["faults_per_1000_km_year"], 1e6 * sea.priced.surface.faults_per_m()[4, 4], rtol=1e-6)
    assert told["opened_by"] is None


def test_the_runner_up_is_the_second_cheapest_of_all_options():
    sea = sea_of(159.4)
    told = at(sea)
    cheapest = 1000 * np.sort(sea.priced.surface.option_prices(np.array([[4, 4]]))[0])
    assert_allclose(told["runner_up"]["total_usd_per_km"], cheapest[1], rtol=1e-6)
    assert_allclose(told["runner_up"]["dearer_usd_per_km"], cheapest[1] - cheapest[0], atol=0.02)


def test_whether_burial_pays_is_told_with_the_repairs_of_both_ways():
    shelf, deep = at(sea_of(40.0)), at(sea_of(600.0))
    assert (shelf["protection"], shelf["other_burial"]["protection"]) == ("plough", "surface")
    assert shelf["other_burial"]["repairs_usd_per_km"] > 3 * shelf["items_usd_per_km"]["repairs"]
    assert (deep["protection"], deep["other_burial"]["burial_m"] > 0) == ("surface", True)
    assert deep["other_burial"]["repairs_usd_per_km"] < deep["items_usd_per_km"]["repairs"]


def test_an_excluded_place_says_what_closes_it_what_opens_it_and_what_it_would_cost():
    told = at(sea_of(40.0, code=4))
    assert told["excluded"] == "wreck"
    assert told["opened_by"] == "leave out or narrow the [[layer]] with the reason 'wreck'"
    assert told["total_usd_per_km"] == at(sea_of(40.0))["total_usd_per_km"]


def test_a_place_where_nothing_can_be_built_names_the_cheapest_that_nearly_can_and_its_limit():
    told = at(sea_of(40.0, code=3, slope_deg=33.0))
    assert told["excluded"] == NATURAL[2]
    assert "items_usd_per_km" not in told
    assert told["nearly"]["limit"] == "plough-1_0 works up to 15 degrees"


def test_a_place_of_unknown_depth_is_given_no_price():
    told = at(sea_of(np.nan, code=2))
    assert (told["depth_m"], told["nearly"], "total_usd_per_km" in told) == (None, None, False)


@pytest.mark.parametrize(("lon", "lat", "message"), [(10.0, 41.0, "outside"), (500.0, 41.0, "is not longitude")])
def test_a_place_off_the_grid_is_refused(lon, lat, message):
    with pytest.raises(InputError, match=message):
        explain(sea_of(40.0), lon, lat)
