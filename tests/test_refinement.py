"""Routes found again inside surveys, at the resolution of the survey; routes that must stay inside surveys."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from miniature import WATER_LEVEL_M, depth_at, write_raster
from numpy.testing import assert_allclose, assert_array_equal

from routing import geodesy, pipeline
from routing.errors import InputError
from routing.grid import Grid
from routing.planning import total_usd
from routing.refinement import Refiner
from routing.refinement.frame import Frame
from routing.refinement.laying import Stretch, lay
from routing.refinement.stretches import Track, surveyed

UTM = geodesy.Projection("EPSG:32639")
#: The survey: a box of the routing CRS over the western half of the route from aa-north to bb-port.
LEFT, BOTTOM, RIGHT, TOP = 426_000.0, 4_576_000.0, 448_000.0, 4_588_000.0
#: A ridge of 120 m across it, 300 m wide, so that a cell of 1000 m takes hardly any note of it.
RIDGE_X, RIDGE_M, RIDGE_HALF_M = 434_000.0, 120.0, 150.0
CELL_M = 50.0
#: So much farther east the survey lies amid the sea.
FAR_M = 14_000.0


def floor(ridge_m, gap, east_m, *, hole):
    """Depths of the survey's cells: the miniature sea with a ridge or a hole, and a gap in it between two northings."""
    x, y = LEFT + east_m + (np.arange(440) + 0.5) * CELL_M, TOP - (np.arange(240) + 0.5) * CELL_M
    x, y = np.meshgrid(x, y)
    depth = depth_at(*UTM.inverse(np.column_stack([x.ravel(), y.ravel()])).T).reshape(x.shape)
    high = np.maximum(0.0, 1.0 - np.abs(x - RIDGE_X - east_m) / RIDGE_HALF_M)
    high[(y > gap[0]) & (y < gap[1])] = 0.0
    return np.where(hole & (high > 0), np.nan, depth - ridge_m * high)


def surveyed_sea(
    project, *, ridge_m=RIDGE_M, gap=(4_584_600.0, 4_585_100.0), hole=False, east_m=0.0, refine=True, **keys
):
    """The miniature with one option, aa-north to bb-port, and a survey on its way."""
    values = WATER_LEVEL_M - floor(ridge_m, gap, east_m, hole=hole)
    transform = Affine(CELL_M, 0.0, LEFT + east_m, 0.0, -CELL_M, TOP)
    write_raster(project.folder / "New.tif", values.astype(np.float32), transform, crs="EPSG:32639")
    table = {"name": "New", "path": "New.tif", "kind": "elevation", "zero_m": 0.0, "date": dt.date(2026, 5, 1)}
    project.settings["survey"] = [{**table, "blend_cells": 0}]
    project.settings["option"] = [
        {"id": "aa-bb", "name": "West to east", "links": [["AA", "BB"]], "landings": {"AA": ["aa-north"]}}
    ]
    project.settings["routing"] = {"refine": refine, **keys}
    return project


def only_link(planned):
    (option,) = planned.options
    (link,) = option.links
    return link


def northing_at(link, x):
    """Northing at which a route crosses an easting."""
    line = UTM.forward(geodesy.densify(link.segment.route.lonlat, step_m=20.0))
    return float(np.interp(x, *line.T))


# ----------------------------------------------------------------------------------------------------- a ridge with a gap


def test_a_route_goes_through_the_gap_of_a_ridge_that_the_routing_grid_does_not_see(sea_project):
    _, _, planned = surveyed_sea(sea_project, refine=False).plan()
    as_planned = only_link(planned)
    assert not 4_584_600.0 < northing_at(as_planned, RIDGE_X) < 4_585_100.0
    assert as_planned.refined == ()

    loaded, _, planned = surveyed_sea(sea_project).plan()
    link = only_link(planned)
    (stretch,) = link.refined
    assert 4_584_600.0 < northing_at(link, RIDGE_X) < 4_585_100.0
    assert stretch.before.usd == math.inf  # steeper than any tool works on
    assert max(stretch.before.along_deg, stretch.before.across_deg) > 25.0
    assert max(stretch.after.along_deg, stretch.after.across_deg) < 20.0
    assert stretch.bound_usd <= stretch.after.usd <= 1.006 * stretch.bound_usd
    assert (stretch.cell_m, stretch.surveys, stretch.kept) == (CELL_M, ("New",), "")
    assert_allclose(stretch.after.length_m, stretch.before.length_m, rtol=0.02)

    # Landings stay to the last bit, and so does the route outside the survey.
    route, old = link.segment.route.lonlat, as_planned.segment.route.lonlat
    assert_array_equal(route[[0, 1, -2, -1]], old[[0, 1, -2, -1]])
    ends = [old[np.isin(old, route).all(axis=1)]]
    outside = [each for each in old if not LEFT < UTM.forward([each])[0, 0] < RIGHT]
    assert all(any(np.array_equal(each, kept) for kept in ends[0]) for each in outside)

    # Prices and bounds are those of the routing grid.
    (option,) = planned.options
    assert link.lower_bound_usd == as_planned.lower_bound_usd
    assert link.lower_bound_usd <= sum(as_planned.items.values()) < sum(link.items.values())
    assert_allclose(option.design.objective_usd, total_usd(option, planned.planner), rtol=1e-9)
    (finding,) = [each for each in link.findings if each.rule == "refined"]
    assert finding.severity == "info"
    assert finding.message.endswith("before what cannot be built")
    row = pipeline.describe(loaded, planned)["options"][0]["links"][0]["refined"][0]
    assert (row["before"]["usd"], row["saved_usd"], row["kept_because"]) == (None, None, None)
    assert row["after"]["usd"] >= row["lower_bound_usd"]


def test_a_ridge_without_a_gap_in_reach_leaves_the_route_and_says_so(sea_project):
    _, _, planned = surveyed_sea(sea_project, gap=(0.0, 0.0)).plan()
    link = only_link(planned)
    (stretch,) = link.refined
    assert stretch.after is None
    assert stretch.kept == (
        "no line leads on inside the band: nothing can be built at this depth, soil or slope; widen refine_band_m"
    )
    (finding,) = [each for each in link.findings if each.rule == "refined"]
    assert finding.severity == "warning"


def test_a_route_that_is_as_good_as_any_stays_as_it_is(sea_project):
    _, _, planned = surveyed_sea(sea_project, ridge_m=0.0).plan()
    link = only_link(planned)
    (stretch,) = link.refined
    assert (stretch.after, stretch.kept) == (None, "no other line was found that costs less with its alter courses")
    _, _, plain = surveyed_sea(sea_project, ridge_m=0.0, refine=False).plan()
    assert_array_equal(link.segment.route.lonlat, only_link(plain).segment.route.lonlat)


def test_windows_one_after_the_other_find_what_one_window_finds(sea_project):
    loaded, sea = surveyed_sea(sea_project).surface()
    planned = pipeline.plan(loaded, sea, threads=1)
    track = Track.of(only_link(planned).segment.inner, sea.priced)
    ((start, end),) = surveyed(track, loaded.coverages[0].cells, loaded.grid)
    prices = {}
    for most in (1_000_000, 25_000):
        frame = Frame.fitting(loaded.grid, cell_m=CELL_M, band_m=1000.0, most=most)
        stretch = Stretch(loaded, sea, track, start, end, (None, None), frame, alter_course_usd=5000.0)
        laid = lay(stretch)
        pieces = track.cut(sea.priced.follow(laid.lonlat)[0], laid.stops[:-1])
        grounds = list(stretch.grounds(laid.stops))
        assert max(ground.priced.surface.free.size for ground in grounds) <= most
        prices[len(laid.stops)] = sum(
            ground.priced.kernel.price(ground.priced.surface.grid.to_rowcol(piece))
            for piece, ground in zip(pieces, grounds, strict=True)
        )
    one, several = sorted(prices)
    assert one == 1
    assert several > 2
    assert_allclose(prices[several], prices[one], rtol=0.003)


def test_a_refined_route_that_breaks_a_rule_of_its_option_is_not_taken(sea_project):
    project = surveyed_sea(sea_project, refine=False)
    _, _, planned = project.plan()
    length_km = only_link(planned).segment.route.length_m / 1000.0
    project.settings["routing"]["refine"] = True
    project.settings["option"][0]["max_span_km"] = length_km + 0.001
    _, _, planned = project.plan()
    link = only_link(planned)
    assert_allclose(link.segment.route.length_m / 1000.0, length_km, rtol=1e-9)
    (finding,) = [each for each in link.findings if each.rule == "not-refined"]
    assert "would break the rule 'no span over" in finding.message


def test_trees_are_refined_and_routes_that_keep_apart_are_not(sea_project):
    project = surveyed_sea(sea_project)
    project.settings["option"] = [
        {"id": "tree", "name": "Tree", "trunk": ["AA", "BB"], "landings": {"AA": ["aa-north"]}}
    ]
    loaded, _, planned = project.plan()
    (tree,) = planned.options
    assert tree.links[0].refined[0].after is not None
    assert_allclose(tree.design.objective_usd, total_usd(tree, planned.planner), rtol=1e-9)
    apart = replace(tree, wanted=replace(tree.wanted, separation_m=2000.0))
    (link,) = Refiner(loaded).refined(apart, planned.planner).links
    assert link.segment is tree.links[0].segment
    assert link.findings[-1].message == "not refined inside surveys: its routes keep apart"


# ------------------------------------------------------------------------------------------------------ tracks and frames


def test_pieces_of_a_line_meet_and_add_up_to_it():
    xy = np.array([[0.0, 0.0], [1000.0, 0.0], [2000.0, 500.0], [4000.0, 500.0]])
    way = Track(UTM.inverse(xy + 450_000.0), xy, np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))), UTM)
    beside = xy + np.array([0.0, 30.0])
    for stops in ((500.0,), (10.0, 1500.0, 1600.0, 3900.0), (9999.0,), (0.0, 700.0)):
        pieces = way.cut(beside, stops)
        assert len(pieces) == len(stops) + 1
        lengths = [np.hypot(*np.diff(piece, axis=0).T).sum() for piece in pieces]
        assert_allclose(sum(lengths), np.hypot(*np.diff(beside, axis=0).T).sum(), rtol=1e-12)
        for before, after, stop in zip(pieces[:-1], pieces[1:], stops, strict=True):
            assert_array_equal(before[-1], after[0])
            if 0.0 < stop < way.stations[-1]:
                assert_allclose(way.stations_of(before[-1:]), stop, atol=1e-6)


def test_cells_of_windows_are_whole_parts_of_a_routing_cell():
    coarse = Grid(50, 60, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
    frame = Frame.fitting(coarse, cell_m=49.99, band_m=500.0)
    window = frame.grid(np.array([[470_010.0, 4_620_030.0], [473_000.0, 4_621_000.0]]))
    row, col = frame.coarse_cells(window)
    assert (frame.parts, window.dx) == (20, 50.0)
    corner = window.to_xy([[0.0, 0.0], [window.rows - 1.0, window.cols - 1.0]])
    assert_array_equal(np.rint(coarse.to_rowcol(corner)), [[row[0], col[0]], [row[-1], col[-1]]])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"refine_band_m": 500.0}, "refine_band_m means nothing without refine = true"),
        ({"refine_resolution_m": 5.0}, "refine_resolution_m means nothing without refine = true"),
        ({"refine": True}, r"routing.refine needs a \[\[survey\]\]"),
    ],
)
def test_keys_that_mean_nothing_are_refused(sea_project, keys, message):
    sea_project.settings["routing"] = keys
    with pytest.raises(InputError, match=message):
        sea_project.read()


# ------------------------------------------------------------------------------------------------ inside surveys and no place else

#: Over the way in the south, which is not the cheapest one from aa-north.
SOUTH = (50.05, 41.08, 50.70, 41.22)


def kept_inside(project, *, zone_km):
    west, _, _, north = SOUTH
    lon, lat = west + (np.arange(325) + 0.5) * 0.002, north - (np.arange(70) + 0.5) * 0.002
    values = WATER_LEVEL_M - depth_at(*np.meshgrid(lon, lat))
    transform = Affine(0.002, 0.0, west, 0.0, -0.002, north)
    write_raster(project.folder / "South.tif", values.astype(np.float32), transform)
    table = {"name": "South", "path": "South.tif", "kind": "elevation", "zero_m": 0.0, "date": dt.date(2026, 5, 1)}
    project.settings["survey"] = [{**table, "stay_inside": True, "shore_zone_km": zone_km}]
    project.settings["option"] = project.settings["option"][:1]
    return project


def test_routes_stay_inside_a_survey_that_says_so_but_near_landings(sea_project):
    loaded, sea, planned = kept_inside(sea_project, zone_km=20.0).plan()
    (coverage,) = loaded.coverages
    link = only_link(planned)
    line = geodesy.densify(link.segment.inner, step_m=100.0)
    row, col = np.rint(sea.priced.rowcol(line)).astype(int).T
    outside = ~coverage.cells[row, col]
    bmh = np.array([site.bmh for site in loaded.sites])
    away = np.min([geodesy.inverse(np.broadcast_to(place, line.shape), line)[2] for place in bmh], axis=0)
    assert 0 < outside.sum() < len(line)
    assert (away[outside] < 20_000.0 + 750.0).all()  # the cell's centre is inside the zone
    assert set(np.unique(sea.exclusions.reasons)) > {"outside the survey South"}


def test_a_refined_route_stays_out_of_a_hole_that_the_routing_grid_does_not_see(sea_project):
    """The same place as the ridge, amid the sea, and nothing sounded there but in a gap."""
    _, _, planned = surveyed_sea(sea_project, refine=False).plan()
    gap = northing_at(only_link(planned), RIDGE_X + FAR_M) + np.array([300.0, 800.0])
    project = surveyed_sea(sea_project, gap=gap, hole=True, east_m=FAR_M)
    project.settings["survey"][0] |= {"stay_inside": True, "shore_zone_km": 22.0}
    loaded, _, planned = project.plan()
    link = only_link(planned)
    (stretch,) = link.refined
    assert (stretch.before.usd, stretch.kept) == (math.inf, "")
    assert gap[0] < northing_at(link, RIDGE_X + FAR_M) < gap[1]
    away = [geodesy.inverse([site.bmh], UTM.inverse([(RIDGE_X + FAR_M, gap[0])]))[2][0] for site in loaded.sites]
    assert min(away) > 22_000.0


def test_a_survey_that_routes_cannot_reach_is_named_with_what_would_open_it(sea_project, cableroute):
    project = kept_inside(sea_project, zone_km=2.0)
    answer = cableroute("run", project.save(), "--out", project.out)
    assert answer.code == 3
    assert "closed off by outside the survey South" in answer.err
    assert "give up 'outside the survey South': then USD" in answer.err
    told = cableroute("explain", project.file, "--at", "50.45", "41.46")
    assert "outside the survey South" in told.out
    assert "take stay_inside out of these surveys" in told.out


def test_a_zone_without_a_survey_to_stay_inside_is_refused(sea_project):
    project = kept_inside(sea_project, zone_km=2.0)
    project.settings["survey"][0]["stay_inside"] = False
    with pytest.raises(InputError, match="shore_zone_km means nothing without stay_inside = true"):
        project.read()
