"""Hazards: where each counts, how much, and how they add up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import LineString, Point, box
from test_seabed import cells, facts_of

from routing.errors import InputError
from routing.grid import Grid
from routing.hazards import (
    RATES,
    Abrasion,
    ActiveFaults,
    IceGouge,
    MudVolcanoes,
    Rate,
    StrongShaking,
    Surf,
    UnstableSlopes,
    Zoned,
    classify,
    judge_hazards,
)
from routing.hazards.lattice import nodes_around, spread
from routing.hazards.shaking import Recurrence, exceedance_per_event, median_pga_g, pga475_g, smoothed_rates
from routing.seabed import WaterLevels
from routing.seabed.substrate import burn_classes, lay_substrate

MIDDLE = (500_000.0, 4_600_000.0)


def around(rows, cols, size):
    """A grid whose outer corner (0, 0) puts the middle of the map at MIDDLE."""
    return cells(rows, cols, size, left=MIDDLE[0] - cols * size / 2, top=MIDDLE[1] + rows * size / 2)


def deep(grid, depth_m=100.0, **more):
    return facts_of(np.full(grid.shape, depth_m), grid, **more)


def test_mud_volcanoes_fill_two_rings_of_their_areas():
    grid = around(400, 400, 20.0)
    found = judge_hazards(deep(grid), [MudVolcanoes((Point(*MIDDLE),))]).hazard_faults
    km2 = 0.02**2
    # The map is 0.04 % smaller than the Earth on the central meridian; cells on the rim blur 0.3 %.
    assert_allclose((found == 3.0).sum() * km2, math.pi, rtol=5e-3)
    assert_allclose((found == 0.5).sum() * km2, math.pi * (9 - 1), rtol=5e-3)
    assert set(np.unique(found)) == {0.0, 0.5, 3.0}


def test_where_rings_overlap_the_nearer_vent_counts_once():
    grid = around(100, 100, 100.0)
    vents = (Point(*MIDDLE), Point(MIDDLE[0] + 1500.0, MIDDLE[1]))
    found = judge_hazards(deep(grid), [MudVolcanoes(vents)]).hazard_faults
    assert found.max() == 3.0
    assert found[50, 50] == 3.0


def test_a_crossing_of_a_fault_gathers_its_rate_whatever_the_width():
    grid = around(200, 200, 100.0)
    trace = LineString([(MIDDLE[0], MIDDLE[1] - 9000), (MIDDLE[0], MIDDLE[1] + 9000)])
    for width_m in (1000.0, 2000.0, 5000.0):
        rates = judge_hazards(deep(grid), [ActiveFaults((trace,), width_m=width_m)]).hazard_faults
        a_year = rates[100].sum() * 0.1 / 1000.0  # 0.1 km a cell, per 1000 km
        assert_allclose(a_year, 1e-3, rtol=1e-2)


def test_a_fault_is_never_thinner_than_two_cells_and_says_so():
    grid = around(20, 20, 1000.0)
    trace = LineString([(MIDDLE[0], MIDDLE[1] - 9000), (MIDDLE[0], MIDDLE[1] + 9000)])
    found = judge_hazards(deep(grid), [ActiveFaults((trace,), width_m=100.0)])
    assert_allclose(found.hazard_faults[10].sum() / 1000.0, 1e-3, rtol=1e-6)
    assert found.notes["active faults"] == "spread over 2,000 m, two cells"


def test_ice_gouges_between_3_and_12_m_north_of_its_latitude_only():
    # 44.3 N runs through the middle of the map.
    grid = cells(40, 5, 1000.0, left=497_500.0, top=4_905_000.0 + 20_000.0)
    facts = facts_of(np.tile(np.float32([1.0, 3.0, 8.0, 12.0, 13.0]), (40, 1)), grid)
    found = judge_hazards(facts, [IceGouge()]).hazard_faults
    assert found[0].tolist() == [0.0, 5.0, 5.0, 5.0, 0.0]
    assert found[-1].tolist() == [0.0] * 5
    import pyproj

    x, y = grid.to_xy(np.column_stack([np.arange(40), np.full(40, 2)])).T
    lat = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)[1]
    assert ((found[:, 2] > 0) == (lat > 44.3)).all()
    assert 0 < (lat > 44.3).sum() < 40


def test_ice_of_a_mapped_zone_needs_no_latitude():
    grid = around(2, 2, 1000.0)
    zone = box(MIDDLE[0] - 1000, MIDDLE[1], MIDDLE[0] - 100, MIDDLE[1] + 900)
    found = judge_hazards(deep(grid, 5.0), [IceGouge((zone,))]).hazard_faults
    assert found.tolist() == [[5.0, 0.0], [0.0, 0.0]]


def test_the_worse_of_both_water_levels_counts():
    grid = cells(1, 3)
    levels = WaterLevels(0.0, -4.0, -4.0, -4.0)
    facts = facts_of([[8.0, 15.0, 17.0]], grid, levels=levels)
    everywhere = (box(*grid.bounds),)
    assert judge_hazards(facts, [Surf()]).hazard_faults.tolist() == [[4.0, 0.0, 0.0]]
    assert judge_hazards(facts, [IceGouge(everywhere)]).hazard_faults.tolist() == [[5.0, 5.0, 0.0]]


@given(st.floats(0.0, 20.0))
def test_a_falling_sea_never_lowers_a_hazard_of_shallow_water(fall_m):
    grid = cells(1, 30)
    depth = np.float32([np.arange(30)])
    hazards = [Surf(), IceGouge((box(*grid.bounds),))]
    steady = judge_hazards(facts_of(depth, grid), hazards).hazard_faults
    falling = facts_of(depth, grid, levels=WaterLevels(0.0, -fall_m, -fall_m, -fall_m))
    assert (judge_hazards(falling, hazards).hazard_faults >= steady).all()


def test_steep_floor_counts_where_it_is_seen_and_mapped_slides_everywhere():
    grid = around(5, 5, 10.0)
    rows, _ = np.indices(grid.shape)
    facts = facts_of(100.0 + 2.0 * rows, grid)  # 11.3 degrees
    assert judge_hazards(facts, [UnstableSlopes()]).hazard_faults[2, 2] == 1.0
    assert judge_hazards(facts, [UnstableSlopes(steeper_than_deg=12.0)]).hazard_faults.sum() == 0.0
    blind = facts_of(100.0 + 2.0 * rows, grid, source_cell_m=5000.0)
    found = judge_hazards(blind, [UnstableSlopes((box(*grid.bounds),))])
    assert (found.hazard_faults == 1.0).all()
    assert "too coarse to see slope" in found.notes["unstable slopes"]


def test_rock_chafes():
    grid = cells(1, 2)
    left, bottom, _, top = grid.bounds
    rock = burn_classes([(box(left, bottom, left + 10, top), "Rock & boulders")], grid)
    depth = np.float32([[50.0, 50.0]])
    substrate = lay_substrate(depth, grid, otherwise="sand", mapped=rock, rules=())
    assert_allclose(judge_hazards(facts_of(depth, grid, substrate=substrate), [Abrasion()]).hazard_faults, [[0.4, 0.0]])


def test_hazards_add_up_by_weight_and_a_cell_names_them():
    grid = cells(1, 2)
    facts = facts_of([[2.0, np.nan]], grid)
    vent = Point(grid.left, grid.top)
    hazards = [Surf(weight=0.5), MudVolcanoes((vent,)), IceGouge((box(*grid.bounds),), least_m=1.0, weight=0.0)]
    found = judge_hazards(facts, hazards)
    assert found.explain(0, 0) == {"mud volcanoes": 3.0, "surf": 2.0}
    assert found.explain(0, 1) == {}
    assert found.hazard_faults.tolist() == [[5.0, 0.0]]
    assert found.hazard_faults.dtype == np.float32


def test_no_hazard_at_all_is_no_fault():
    found = judge_hazards(deep(cells(2, 2)), [])
    assert found.hazard_faults.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("level", ["low", "base", "high"])
def test_each_level_has_its_own_rate(level):
    found = judge_hazards(deep(cells(1, 1), 2.0), [Surf()], level=level)
    assert found.hazard_faults[0, 0] == RATES["surf"].at(level)
    own = judge_hazards(deep(cells(1, 1), 2.0), [Surf(rate=Rate(1, 2, 3))], level=level)
    assert own.hazard_faults[0, 0] == Rate(1, 2, 3).at(level)


# ------------------------------------------------------------------------------------------------------------- sea use


def test_fishing_follows_depth_and_zones_outrank_it():
    grid = cells(1, 3)
    facts = facts_of([[10.0, 30.0, 30.0]], grid)
    _left, bottom, right, top = grid.bounds
    found = classify(
        facts,
        ("none", "passive", "nets"),
        otherwise="passive",
        nearshore=("nets", 20.0),
        zones=[Zoned(box(right - 10, bottom, right, top), "none")],
    )
    assert found.tolist() == [[2, 1, 0]]
    assert found.dtype == np.uint8


def test_a_class_that_the_catalogue_lacks_is_refused():
    with pytest.raises(InputError, match="unknown class 'trawl'; write one of none, nets"):
        classify(deep(cells(1, 1)), ("none", "nets"), otherwise="trawl")


# ------------------------------------------------------------------------------------------------------------- shaking


@pytest.mark.parametrize(
    ("magnitude", "distance_km", "site", "log10_cm_s2"),
    [
        # b1 + b2 M + b3 M^2 + (b4 + b5 M) log10 sqrt(R^2 + b6^2) + site, with the published coefficients by hand.
        (6.5, 20.0, "rock", 1.43525 + 4.86629 - 2.7547 - 1.095465 * 1.331405),
        (7.0, 0.0, "stiff", 1.43525 + 5.24062 - 3.1948 - 0.96977 * 0.889279 + 0.00766),
        (5.0, 50.0, "soft", 1.43525 + 3.7433 - 1.63 - 1.47255 * 1.704125 + 0.0832),
    ],
)
def test_the_attenuation_law_is_the_published_one(magnitude, distance_km, site, log10_cm_s2):
    assert_allclose(median_pga_g(magnitude, distance_km, site), 10**log10_cm_s2 / 980.665, rtol=1e-5)


def test_shaking_fades_with_distance_and_grows_with_magnitude():
    far = [median_pga_g(6.5, km) for km in (0, 10, 50, 150)]
    assert far == sorted(far, reverse=True)
    strong = [median_pga_g(magnitude, 30.0) for magnitude in (5.0, 6.0, 7.0, 7.6)]
    assert strong == sorted(strong)


def test_magnitudes_follow_gutenberg_and_richter_between_their_limits():
    law = Recurrence(complete_from=5.5, years=40.0, least=5.5, most=7.5)
    assert_allclose(law.shares.sum(), 1.0)
    assert_allclose(law.shares[0] / law.shares[10], 10.0)  # one magnitude apart, b = 1
    lower = Recurrence(complete_from=5.5, years=40.0, least=5.0, most=7.5)
    # Above 5.0 there are sqrt(10) times as many, apart from the truncation at 7.5.
    assert_allclose(lower.shares.sum(), (10**0.5 - 0.01) / (1 - 0.01))


def test_a_recurrence_without_years_is_refused():
    with pytest.raises(InputError, match="give years and b above 0"):
        Recurrence(5.5, 0.0)


def test_smoothing_keeps_the_number_of_events_and_drops_those_off_the_map():
    nodes = Grid(10, 10, 0.0, 200e3, 20e3, 20e3, "EPSG:32639")
    events = np.array([[100e3, 100e3], [30e3, 150e3], [900e3, 100e3]])
    rates = smoothed_rates(events, nodes, years=40.0)
    assert_allclose(rates.sum(), 2 / 40)
    assert (rates >= 0).all()


def test_the_acceleration_of_475_years_is_exceeded_once_in_475_years():
    # One source under one node: the yearly rate of exceedance is rate x chance at distance 0.
    nodes = Grid(1, 1, 0.0, 20e3, 20e3, 20e3, "EPSG:32639")
    law = Recurrence(5.5, 40.0, least=5.5)
    found = pga475_g(np.array([[0.02]]), nodes, law, site="rock")[0, 0]
    chance = 0.0
    for magnitude, share in zip(law.magnitudes, law.shares, strict=True):
        score = (math.log10(median_pga_g(float(magnitude), 0.0, "rock")) - math.log10(found)) / 0.2816
        chance += share * 0.5 * math.erfc(-score / math.sqrt(2))
    assert_allclose(0.02 * chance, 1 / 475, rtol=0.02)  # levels of the table are 11 % apart, interpolated


def test_more_earthquakes_shake_harder_and_none_not_at_all():
    nodes = Grid(3, 3, 0.0, 60e3, 20e3, 20e3, "EPSG:32639")
    law = Recurrence(5.5, 40.0)
    none, few, many = (pga475_g(np.full((3, 3), rate), nodes, law, site="stiff").max() for rate in (0.0, 1e-4, 1e-3))
    assert none == 0.0 < few < many


def test_shaking_on_the_cells_is_that_of_all_nodes_around_them():
    grid = cells(6, 40, 10_000.0, left=300_500.0, top=4_620_300.0)
    events = np.array([[320_000.0, 4_600_000.0], [610_000.0, 4_700_000.0]]).repeat(30, axis=0)
    law = Recurrence(5.5, 40.0)
    nodes = nodes_around(grid, spacing_m=20_000.0, margin_m=200_000.0)
    whole = pga475_g(smoothed_rates(events, nodes, years=40.0), nodes, law, site="stiff")
    assert_array_equal(StrongShaking(events, law).pga475_g(grid), spread(whole, nodes, grid))


def test_the_chance_of_strong_shaking_falls_with_distance_and_level():
    chance = exceedance_per_event(Recurrence(5.5, 40.0, least=5.5), "rock")
    assert (np.diff(chance, axis=0) <= 0).all()
    assert (np.diff(chance, axis=1) <= 0).all()
    assert 0.0 <= chance.min() <= chance.max() <= 1.0


def test_strong_shaking_counts_near_its_sources_only():
    grid = cells(4, 40, 10_000.0, left=300_000.0, top=4_620_000.0)
    events = np.repeat([[320_000.0, 4_600_000.0]], 30, axis=0)
    found = judge_hazards(deep(grid), [StrongShaking(events, Recurrence(5.5, 40.0))])
    assert_allclose(found.hazard_faults[:, 2], 0.08)
    assert_allclose(found.hazard_faults[:, -1], 0.0)
    assert "30 earthquakes from magnitude 5.5 in 40.0 years" in found.notes["strong shaking"]
