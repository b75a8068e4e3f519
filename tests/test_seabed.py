"""Facts of the sea floor: levels and datums, slope, length, substrate, uncertainty."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from shapely import box

from routing.errors import InputError
from routing.grid import Grid
from routing.gridfile import RasterSource
from routing.seabed import Bathymetry, Seabed, WaterLevels, gather_facts, vertical_reference
from routing.seabed.levels import REFERENCES
from routing.seabed.profile import cable_length_m, seabed_length_m, surface_slack_pct
from routing.seabed.slope import measure_slope, slope_across, slope_along, slope_multiplier
from routing.seabed.substrate import (
    RULES,
    SEDIMENTS,
    Rule,
    burn_classes,
    lay_substrate,
    sediment_of,
    sediment_of_codes,
)
from routing.seabed.uncertainty import QUALITIES, TID, depth_quality, sigma_by_tid

UTM = "EPSG:32639"


def cells(rows, cols, size=10.0, left=500_000.0, top=4_600_000.0):
    return Grid(rows, cols, left, top, size, size, UTM)


def seabed_of(depth_m, grid, *, source_cell_m=10.0):
    depth_m = np.asarray(depth_m, np.float32)
    known = np.isfinite(depth_m)
    return Seabed(grid, depth_m, known, known.astype(np.uint8), source_cell_m)


def facts_of(depth_m, grid, *, levels=None, substrate=None, source_cell_m=10.0):
    """Facts of given depths, by default on sand and a sea that keeps its level."""
    measured = seabed_of(depth_m, grid, source_cell_m=source_cell_m)
    substrate = substrate or lay_substrate(measured.depth_m, grid, otherwise="sand", mapped=None, rules=())
    sigma_m = QUALITIES["unknown"].sigma_m(measured.depth_m)
    return gather_facts(measured, levels=levels or WaterLevels.constant(-29.35), substrate=substrate, sigma_m=sigma_m)


# -------------------------------------------------------------------------------------------------------- datum, level


def named(reference, value, *, water_level_m=-29.35):
    meant = vertical_reference(reference)
    source = Bathymetry(RasterSource("any.tif"), meant.kind, meant.zero_m, water_level_m)
    return float(source.depth_m(np.array([value], np.float32))[0])


@pytest.mark.parametrize(
    ("reference", "value"),
    [("EPSG:5705", -128.0), ("EPSG:5612", 128.0), ("MSL", -128.0), ("EPSG:5706", 100.0), ("EPSG:5611", -100.0)],
)
def test_one_sounding_is_the_same_water_whatever_it_is_counted_from(reference, value):
    # Baltic -128.0 m is 100.0 m below the charts' -28.0 m, and 98.65 m of water in 2025.
    assert_allclose(named(reference, value), 98.65, atol=1e-5)


def test_the_oil_companies_datum_lies_1_7_m_above_the_charts():
    assert_allclose(named("AIOC95", 101.7), named("EPSG:5706", 100.0), atol=1e-5)
    assert_allclose(named("EPSG:5797", -101.7), named("EPSG:5734", 101.7), atol=1e-5)


@pytest.mark.parametrize("name", [name for name in REFERENCES if name.startswith("EPSG")])
def test_the_register_agrees_which_way_a_reference_counts(name):
    import pyproj

    axis = pyproj.CRS(name).axis_info[0].direction
    assert axis == ("up" if REFERENCES[name].kind == "elevation" else "down")


def test_an_unknown_reference_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="unknown vertical reference 'EPSG:5760'; did you mean 'EPSG:570"):
        vertical_reference("EPSG:5760")


def test_water_levels_out_of_order_are_refused():
    with pytest.raises(InputError, match=r"low_m -31, base_m -32.6, high_m -34 are not in order"):
        WaterLevels(-29.35, -31.0, -32.6, -34.0)


def test_depth_at_the_end_of_life_is_less_by_the_fall_and_never_below_nothing():
    levels = WaterLevels(-29.35, -34.4, -32.6, -31.9, 2052)
    facts = facts_of([[1.0, 10.0, np.nan]], cells(1, 3), levels=levels)
    assert_allclose(facts.end_depth_m, [[0.0, 6.75, np.nan]], atol=1e-5)
    assert_allclose(facts.shallow_m, [[0.0, 6.75, np.nan]], atol=1e-5)


def test_a_rising_sea_is_shallowest_today():
    facts = facts_of([[10.0]], cells(1, 1), levels=WaterLevels(0.0, 1.0, 2.0, 3.0))
    assert_allclose(facts.shallow_m, [[10.0]])
    assert facts.passes_depth(11.0, 12.0)[0, 0]
    assert not facts.passes_depth(12.5, 13.0)[0, 0]


def test_what_falls_through_a_band_of_depth_counts_though_neither_end_lies_in_it():
    facts = facts_of([[14.0, 2.0, 30.0]], cells(1, 3), levels=WaterLevels(0.0, -12.0, -12.0, -12.0))
    assert facts.passes_depth(3.0, 12.0).tolist() == [[True, False, False]]


# -------------------------------------------------------------------------------------------------------------- length


def test_flat_ground_takes_the_slack_only():
    assert_allclose(cable_length_m([0.0, 1000.0], [80.0, 80.0], bottom_slack_pct=1.0), 1010.0)


def test_the_3_4_5_sea_floor():
    cable_m = cable_length_m([0.0, 300.0], [0.0, 400.0], bottom_slack_pct=1.0)
    assert_allclose(cable_m, 505.0)
    assert_allclose(surface_slack_pct(300.0, cable_m), 68.3333333, atol=1e-6)


def test_a_profile_with_an_unknown_depth_has_no_length():
    assert np.isnan(seabed_length_m([0.0, 1.0, 2.0], [1.0, np.nan, 3.0]))


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=20))
def test_the_sea_floor_is_never_shorter_than_the_route_and_a_middle_point_adds_nothing(depths):
    along = 100.0 * np.arange(len(depths))
    length_m = seabed_length_m(along, depths)
    assert length_m >= along[-1] * (1 - 1e-12)
    finer = np.linspace(0, along[-1], 2 * len(depths) - 1)
    assert_allclose(seabed_length_m(finer, np.interp(finer, along, depths)), length_m)


# --------------------------------------------------------------------------------------------------------------- slope


@given(st.floats(0.0, 359.0), st.floats(0.5, 25.0))
def test_a_plane_has_its_slope_and_its_direction(downhill_deg, slope_deg):
    grid = cells(7, 9)
    rows, cols = np.indices(grid.shape)
    east, north = 10.0 * cols, -10.0 * rows
    toward = np.radians(downhill_deg)
    depth = 200.0 + np.tan(np.radians(slope_deg)) * (east * np.sin(toward) + north * np.cos(toward))
    slope = measure_slope(depth.astype(np.float32), grid)
    # The map is 0.04 % too small on the central meridian of a UTM zone.
    assert_allclose(slope.slope_deg[1:-1, 1:-1], slope_deg, rtol=2e-3)
    away = (slope.downhill_deg[1:-1, 1:-1] - downhill_deg + 180.0) % 360.0 - 180.0
    assert_allclose(away, 0.0, atol=0.1)
    assert np.isnan(slope.slope_deg[0]).all()
    assert np.isnan(slope.slope_deg[:, -1]).all()


def test_flat_ground_leads_nowhere_down():
    slope = measure_slope(np.full((3, 3), 50.0, np.float32), cells(3, 3))
    assert slope.slope_deg[1, 1] == 0.0
    assert np.isnan(slope.downhill_deg[1, 1])
    assert slope_along(slope.slope_deg, slope.downhill_deg, 30.0)[1, 1] == 0.0


def test_slope_is_unknown_beside_an_unknown_depth():
    depth = np.full((5, 5), 50.0, np.float32)
    depth[2, 2] = np.nan
    assert np.isnan(measure_slope(depth, cells(5, 5)).slope_deg).all()


def test_a_slope_is_wholly_along_downhill_and_wholly_across_on_a_contour():
    ten, east = np.float32([10.0]), np.float32([90.0])
    assert_allclose(slope_along(ten, east, 90.0), 10.0, rtol=1e-6)
    assert_allclose(slope_along(ten, east, 270.0), -10.0, rtol=1e-6)
    assert_allclose(slope_along(ten, east, 0.0), 0.0, atol=1e-5)
    assert_allclose(slope_across(ten, east, 0.0), 10.0, rtol=1e-6)
    assert_allclose(slope_across(ten, east, 180.0), -10.0, rtol=1e-6)


@given(st.floats(0.0, 60.0), st.floats(0.0, 360.0), st.floats(0.0, 360.0))
def test_gradients_along_and_across_are_those_of_the_slope(slope_deg, downhill_deg, heading_deg):
    slope, downhill = np.float32([slope_deg]), np.float32([downhill_deg])
    parts = [
        np.tan(np.radians(part(slope, downhill, heading_deg).astype(float))) for part in (slope_along, slope_across)
    ]
    assert_allclose(np.hypot(*parts), np.tan(np.radians(slope_deg)), atol=1e-4, rtol=1e-3)


def test_a_coarse_grid_sees_no_slope_and_says_what_it_hides():
    rows, _ = np.indices((5, 5))
    depth = 100.0 + 20.0 * rows
    seen = facts_of(depth, cells(5, 5, 100.0))
    assert_allclose(seen.slope_deg[2, 2], np.degrees(np.arctan(0.2)), rtol=2e-3)
    assert seen.notes == ()
    coarse = facts_of(depth, cells(5, 5, 100.0), source_cell_m=11_000.0)
    assert np.isnan(coarse.slope_deg).all()
    (note,) = coarse.notes
    assert "cells of 11,000 m show 11.3 degrees at most, a plough may feel 3.5 times as much" in note


def test_a_finer_grid_hides_less():
    assert slope_multiplier(20.0) == slope_multiplier(1.0) == 1.0
    assert_allclose(slope_multiplier(640.0), 2.0)  # 32 times the plough's length, to the power 0.2


def test_walls_of_more_than_60_percent_are_no_sea_floor():
    depth = np.where(np.indices((20, 20))[0] % 4 < 2, 10.0, 900.0)
    with pytest.raises(InputError, match="% of the sea floor is steeper than 60 %"):
        facts_of(depth, cells(20, 20))


# ----------------------------------------------------------------------------------------------------------- substrate


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Mud", "mud-very-soft"),
        ("Fine mud", "mud-very-soft"),
        ("Sandy mud", "clay-soft"),
        ("Mud to muddy Sand", "clay-soft"),
        ("muddy  SAND", "clay-soft"),
        ("Sand", "sand"),
        ("Coarse-grained sediment", "gravel"),
        ("Coarse substrate", "gravel"),
        ("msG", "gravel"),
        ("Rock & boulders", "rock"),
        ("Rock or other hard substrata", "rock"),
        *((code, code) for code in SEDIMENTS),
    ],
)
def test_classes_of_maps_are_sediments_of_the_catalogue(name, code):
    assert sediment_of(name) == code


@pytest.mark.parametrize(("name", "hint"), [("Sandy mudd", "did you mean 'sandy mud'"), ("Kelp", "legal are ")])
def test_an_unknown_class_is_refused_by_name(name, hint):
    with pytest.raises(InputError, match=f"unknown substrate class '{name}'; {hint}"):
        sediment_of(name)


def test_a_code_without_a_class_is_refused():
    with pytest.raises(InputError, match=r"code 9 has no class; substrate.classes names 1, 2; add it"):
        sediment_of_codes(np.float32([[1, 9]]), {1: "Mud", 2: "Sand"})


def test_the_first_polygon_wins_and_a_map_outranks_a_rule():
    grid = cells(1, 4)
    left, bottom, _right, top = grid.bounds
    maps = burn_classes(
        [(box(left, bottom, left + 20, top), "Rock & boulders"), (box(left, bottom, left + 30, top), "Sand")], grid
    )
    everywhere = Rule("all", "gravel", 0.0, 9000.0, "made up")
    depth = np.float32([[5.0, 5.0, 5.0, np.nan]])
    found = lay_substrate(depth, grid, otherwise="clay-stiff", mapped=maps, rules=(everywhere,))
    assert [SEDIMENTS[code] for code in found.sediment[0]] == ["rock", "rock", "sand", "clay-stiff"]
    assert [found.sources[code] for code in found.source[0]] == ["map", "map", "map", "project"]
    assert found.shares(np.isfinite(depth)) == {"map": 1.0}


def test_the_caspian_rules_tell_shelves_from_basins():
    import pyproj

    def at(lon, lat, depth_m):
        x, y = pyproj.Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(lon, lat)
        grid = Grid(1, 1, x - 5, y + 5, 10.0, 10.0, UTM)
        found = lay_substrate(np.float32([[depth_m]]), grid, otherwise="gravel", mapped=None, rules=RULES["caspian"])
        return SEDIMENTS[found.sediment[0, 0]], found.sources[found.source[0, 0]]

    assert at(51.0, 43.5, 5.0) == ("rock", "rule: Mangyshlak shore: limestone")
    assert at(51.0, 43.5, 40.0) == ("sand-dense", "rule: Mangyshlak shelf: shell sand")
    assert at(50.0, 40.6, 40.0) == ("sand-dense", "rule: Absheron shelf: shell sand")
    assert at(48.5, 42.0, 10.0) == ("sand", "rule: nearshore: sand")
    assert at(48.5, 42.0, 100.0) == ("clay-soft", "rule: shelf: soft clay")
    assert at(51.0, 43.5, 700.0) == ("mud-very-soft", "rule: basins: mud")
    assert at(51.0, 43.5, np.nan) == ("gravel", "project")


def test_every_rule_says_what_it_rests_on_and_every_depth_has_one():
    rules = RULES["caspian"]
    assert all(rule.source and rule.sediment in SEDIMENTS for rule in rules)
    everywhere = [rule for rule in rules if rule.box is None]
    edges = sorted((rule.least_m, rule.most_m) for rule in everywhere)
    assert edges[0][0] == 0.0
    assert all(upper == lower for (_, upper), (lower, _) in itertools.pairwise(edges))


def test_sediments_are_numbered_as_the_catalogue_lists_them():
    facts = facts_of([[5.0, 500.0]], cells(1, 2))
    assert facts.sediment_index(("gravel", "sand")).tolist() == [[1, 1]]
    with pytest.raises(InputError, match="holds 'sand', which the catalogue does not price"):
        facts.sediment_index(("gravel", "rock"))


# --------------------------------------------------------------------------------------------------------- uncertainty


def test_survey_orders_have_the_uncertainty_of_their_standard():
    # S-44: sqrt(0.5^2 + (0.013 x 100)^2) = 1.3928 m at 95 %.
    assert_allclose(depth_quality("s44-1a").sigma_m(np.float32([100.0])), 1.39284 / 1.96, rtol=1e-4)
    assert_allclose(depth_quality("s44-special").sigma_m(np.float32([0.0])), 0.25 / 1.96, rtol=1e-6)


def test_interpolated_depths_are_off_by_a_fifth_and_unknown_depths_have_no_uncertainty():
    sigma = depth_quality("interpolated").sigma_m(np.float32([1000.0, np.nan]))
    assert_allclose(sigma, [200.01, np.nan], rtol=1e-5)


def test_type_identifiers_give_each_cell_its_own_uncertainty():
    depth = np.float32([[100.0, 100.0, 100.0]])
    sigma = sigma_by_tid(depth, np.float32([[11, 41, np.nan]]), otherwise=QUALITIES["unknown"])
    kinds = ("s44-2", "interpolated", "unknown")
    assert_allclose(sigma, [[QUALITIES[kind].sigma_m(np.float32([100.0]))[0] for kind in kinds]])
    assert {kind for _, kind in TID.values()} <= set(QUALITIES)


def test_a_code_that_is_no_type_identifier_is_refused():
    with pytest.raises(InputError, match="code 99 is no GEBCO type identifier"):
        sigma_by_tid(np.float32([5.0]), np.float32([99.0]), otherwise=QUALITIES["unknown"])


# ---------------------------------------------------------------------------------------------------------------- facts


def test_every_band_has_the_shape_of_the_grid_and_a_legend_if_it_holds_codes():
    facts = facts_of([[5.0, np.nan]], cells(1, 2))
    bands, legends = facts.bands(), facts.legends()
    assert all(band.shape == (1, 2) and band.dtype == np.float32 for band in bands.values())
    assert all(np.isnan(band[0, 1]) for band in bands.values())
    assert set(legends) <= set(bands)


def test_one_cell_explains_itself_in_words_and_leaves_out_what_is_unknown():
    facts = facts_of([[5.0, np.nan]], cells(1, 2))
    told = facts.explain(0, 0)
    assert told["sediment"] == "sand"
    assert told["sediment_source"] == "project"
    assert told["depth_source"] == "bathymetry"
    assert told["depth_m"] == 5.0
    assert "slope_deg" not in told
    assert facts.explain(0, 1) == {}


def test_facts_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts_of([[5.0]], cells(1, 1)).notes = ()
