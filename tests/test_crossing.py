"""Cables and pipelines in the way: where a route crosses them, at what angle and price, and when it goes round."""

import json
from dataclasses import replace

import numpy as np
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from miniature import priced_sea, write_features
from numpy.testing import assert_allclose
from pyproj import Geod
from shapely import LineString, MultiLineString, Point, box

from routing import geodesy
from routing.constraints import Asset, CrossingRule, bar_elsewhere, burn_separation, spread_toll
from routing.crossing import CrossingMap
from routing.errors import InfeasibleError, InputError
from routing.fixedcost import FixedCost
from routing.route import straighten

GEOD = Geod(ellps="WGS84")
BASE = priced_sea(np.full((41, 81), 100.0))
CELLS = BASE.surface.grid
PRICE = float(BASE.surface.total()[0, 0])  # USD per metre, the same everywhere
ROUND_ABOUT = [(-5.0, 40.3), (25.0, 40.3)]  # a line from the north that ends amid the sea, rows and cols


def on_grid(*rowcol):
    return LineString(CELLS.to_xy(np.array(rowcol, float)))


def asset(*rowcol, name="Old cable", **rule):
    rule = {"carries": "telecom", "toll_usd": 1e5, "separation_depths": 0.0, "separation_floor_m": 0.0} | rule
    return Asset(name, CrossingRule(**rule), (on_grid(*rowcol),))


def sea_with(*assets, base=BASE):
    """A priced sea with assets in it, tolls free of indirect cost."""
    prices = tuple(each.rule.toll_usd for each in assets)
    tolls = sum(spread_toll(each, usd, CELLS) for each, usd in zip(assets, prices, strict=True))
    near = burn_separation(assets, base.surface.depth_m, CELLS)
    beside = np.where(near, 0.25 * base.surface.total(excluded=0.0), 0.0).astype(np.float32)
    priced = replace(base, shaping=beside, tolls=np.maximum(tolls - beside, np.float32(0.0)))
    return CrossingMap(assets, prices, priced)


def route_over(crossings, start=(20, 5), end=(20, 75), *, alter_course_usd=5000.0):
    priced = crossings.priced
    path = priced.guide.field(start, targets=[end]).path_to(end)
    return straighten(path.points, priced, alter_course_usd=alter_course_usd, crossings=crossings)


def leg_across(angle_deg, *, length_m=20_000.0):
    """A geodesic leg whose middle crosses a meridian of 50.5 E at an angle on the ellipsoid."""
    middle = [(50.5, 41.75)]
    return geodesy.direct(np.repeat(middle, 2, axis=0), [angle_deg + 180.0, angle_deg], [length_m / 2] * 2)


def meridian(**rule):
    """An asset along 50.5 E, as a line of the routing CRS."""
    lat = np.linspace(41.5, 42.0, 501)
    line = LineString(BASE.projection.forward(np.column_stack([np.full_like(lat, 50.5), lat])))
    rule = {"carries": "telecom", "toll_usd": 1e5, "separation_depths": 0.0, "separation_floor_m": 0.0} | rule
    return CrossingMap((Asset("Meridian", CrossingRule(**rule), (line,)),), (1e5,), BASE)


# ------------------------------------------------------------------------------- geometry


@given(st.floats(1.0, 90.0))
def test_the_angle_is_that_between_geodesic_and_asset_on_the_ellipsoid(angle):
    (crossing,) = meridian().find(leg_across(angle))
    # A leg is followed to half a metre, which is 0.003 degrees seen from 10 km.
    assert_allclose(crossing.angle_deg, angle, atol=5e-3)
    assert_allclose(crossing.lon, 50.5, atol=1e-8)


@given(st.floats(30.0, 85.0), st.floats(2_000.0, 30_000.0))
def test_the_kilometre_post_is_the_distance_along_the_route(angle, length_m):
    first, last = leg_across(angle, length_m=length_m)
    behind = geodesy.direct([first], angle + 200.0, 3000.0)[0]
    (crossing,) = meridian().find(np.array([behind, first, last]))
    assert_allclose(crossing.kp_m, 3000.0 + length_m / 2, atol=1.0)  # half a metre aside, at 30 degrees
    assert_allclose(crossing.straight_m, length_m / 2, atol=1.0)


@pytest.mark.parametrize(
    ("angle", "allowed"), [(44.9, False), (45.1, True), (-44.9, False), (-45.1, True), (90.0, True)]
)
def test_a_crossing_below_45_degrees_is_refused_and_one_above_is_not(angle, allowed):
    crossings = meridian()
    ends = leg_across(angle)
    assert crossings.find(ends)[0].is_admissible is allowed
    start, end = BASE.rowcol(ends)
    path = np.linspace(start, end, 2)
    prices = crossings.leg_prices(path[:1], path[1:], strict=False)
    assert np.isfinite(prices[0]) == allowed
    assert not allowed or prices[0] == 1e5


def test_the_least_angle_is_the_assets_own():
    assert meridian(min_angle_deg=30.0).find(leg_across(31.0))[0].is_admissible
    assert not meridian(min_angle_deg=80.0).find(leg_across(79.0))[0].is_admissible


def test_soft_rules_name_the_angle_and_the_alter_course():
    (crossing,) = meridian().find(leg_across(50.0, length_m=800.0))
    assert [(found.rule, found.severity) for found in crossing.findings()] == [
        ("crossing-angle", "warning"),
        ("crossing-run-in", "warning"),
    ]
    angle, run_in = (found.message for found in crossing.findings())
    assert angle == "crosses Meridian at KP 0.400 at 50.0 degrees; 60 or more is preferred"
    assert run_in == "alters course 400 m from its crossing of Meridian at KP 0.400; 500 m is wanted"
    assert not list(meridian().find(leg_across(61.0, length_m=1100.0))[0].findings())


def test_the_run_in_is_the_water_depth_where_that_is_more():
    deep = priced_sea(np.full((41, 81), 800.0))
    crossings = replace(meridian(), priced=deep)
    (crossing,) = crossings.find(leg_across(90.0, length_m=1500.0))
    assert crossing.run_in_m == pytest.approx(800.0)
    assert [found.rule for found in crossing.findings()] == ["crossing-run-in"]


def test_a_route_that_alters_course_on_the_asset_crosses_it_once_at_the_smaller_angle():
    middle = (50.5, 41.75)
    before, after = (geodesy.direct([middle], bearing, 5000.0)[0] for bearing in (270.0, 50.0))
    (crossing,) = meridian().find(np.array([before, middle, after]))
    assert_allclose(crossing.angle_deg, 50.0, atol=0.01)
    assert crossing.straight_m < 1.0


def test_a_route_along_an_asset_meets_it_at_no_angle_at_all():
    crossings = sea_with(asset((20, 10), (20, 60)))
    start, end = np.array([[20.0, 5.0]]), np.array([[20.0, 75.0]])
    assert np.isinf(crossings.leg_prices(start, end, strict=False)).all()


def test_a_leg_pays_for_every_asset_that_it_crosses():
    one, two = asset((5, 30), (35, 30), toll_usd=7e4), asset((5, 50), (35, 50), name="Pipe", toll_usd=2e5)
    crossings = sea_with(one, two)
    prices = crossings.leg_prices(
        [[20.0, 5.0], [20.0, 5.0], [2.0, 5.0]], [[20.0, 75.0], [20.0, 40.0], [2.0, 75.0]], strict=True
    )
    assert prices.tolist() == [2.7e5, 7e4, 0.0]
    found = crossings.find(BASE.lonlat([[20.0, 5.0], [20.0, 75.0]]))
    assert [crossing.asset.name for crossing in found] == ["Old cable", "Pipe"]
    assert crossings.price_usd(found) == 2.7e5


# -------------------------------------------------------------------------------- routing


def test_a_spread_toll_is_paid_once_by_a_path_straight_across():
    crossings = sea_with(asset((-5, 40.3), (45, 40.3), toll_usd=123_456.0))
    path = crossings.priced.guide.field((20, 5), targets=[(20, 75)]).path_to((20, 75))
    assert_allclose(path.cost - crossings.priced.kernel.price(path.points), 123_456.0, rtol=1e-3)


def test_only_a_line_from_shore_to_shore_is_an_unavoidable_toll():
    for line, unavoidable_usd in ((((-5, 40.3), (45, 40.3)), 1e5), (ROUND_ABOUT, 0.0), (((-5, 40.3), (41, 2)), 1e5)):
        crossings = sea_with(asset(*line))
        found = crossings.find(BASE.lonlat([(20, 5), (20, 75)]))
        assert len(found) == 1
        assert crossings.unavoidable_usd((20, 5), (20, 75), found) == unavoidable_usd
        assert crossings.unavoidable_usd((20, 50), (20, 75), found) == 0.0


@pytest.mark.parametrize("tilt", [0.0, 10.0, 20.0, 30.0, 40.0])
def test_a_route_that_must_cross_does_so_squarely_and_straight(tilt):
    rows = np.array([-5.0, 45.0])
    line = np.column_stack([rows, 40.3 + (rows - 20.0) * np.tan(np.radians(tilt))])
    crossings = sea_with(asset(*line))
    route = route_over(crossings)
    (crossing,) = crossings.find(route.lonlat)
    assert crossing.angle_deg >= 60.0
    assert not list(crossing.findings())
    straight = BASE.price(BASE.lonlat([(20, 5), (20, 75)]))
    assert BASE.price(route.lonlat) < 1.01 * straight


def test_a_line_nearly_along_the_route_is_still_crossed_squarely():
    crossings = sea_with(asset((20.3, -5), (19.3, 90)))
    (crossing,) = crossings.find(route_over(crossings, (25, 5), (15, 75)).lonlat)
    assert crossing.angle_deg >= 60.0


def test_two_lines_are_crossed_each_by_its_own_rule():
    crossings = sea_with(
        asset((-5, 20.3), (45, 50.3)),
        asset((-5, 70.3), (45, 30.3), name="Pipe", carries="pipeline", min_angle_deg=70.0),
    )
    found = crossings.find(route_over(crossings).lonlat)
    assert sorted(crossing.asset.name for crossing in found) == ["Old cable", "Pipe"]
    assert all(crossing.is_admissible and not list(crossing.findings()) for crossing in found)


def test_the_route_goes_round_the_end_exactly_when_the_toll_is_dearer_than_the_detour():
    # From (20, 5) by the end of the line at (25, 40.3) to (20, 75), against straight ahead.
    ways = [BASE.lonlat(line) for line in ([(20, 5), (25, 40.3), (20, 75)], [(20, 5), (20, 75)])]
    detour_usd = PRICE * (geodesy.length_m(ways[0]) - geodesy.length_m(ways[1]))
    assert 20_000 < detour_usd < 40_000
    # Tolls are spread over two cells on both sides, 5 % of the way to the end of the line.
    for share, crossed in ((0.99, 1), (1.07, 0)):
        crossings = sea_with(asset(*ROUND_ABOUT, toll_usd=share * detour_usd))
        route = route_over(crossings, alter_course_usd=0.0)
        assert len(crossings.find(route.lonlat)) == crossed, share
        price = BASE.price(route.lonlat) + crossings.price_usd(crossings.find(route.lonlat))
        straight_usd = BASE.price(ways[1])
        assert price - straight_usd == pytest.approx(min(share, 1.0) * detour_usd, rel=0.05)


def test_a_strait_too_narrow_to_cross_well_refuses_the_crossing():
    depth, free = np.full((41, 81), 4000.0), np.zeros((41, 81), bool)
    free[20] = True  # a channel of one cell, and a cable that runs along it, from one side to the other
    base = priced_sea(depth, free)
    crossings = sea_with(asset((20.45, -5), (19.55, 90), min_angle_deg=85.0), base=base)
    with pytest.raises(InfeasibleError, match="no way to cross Old cable at 85 degrees or more") as error:
        route_over(crossings, (20, 5), (20, 75))
    assert error.value.conflict == ("crossing of Old cable",)


def test_a_crossing_is_re_laid_clear_of_exclusions():
    free = np.ones((41, 81), bool)
    free[8:33, 36:46] = False  # the perpendicular way across at the middle is closed
    base = priced_sea(np.full((41, 81), 100.0), free)
    crossings = sea_with(asset((-5, 20.3), (45, 60.3)), base=base)
    route = route_over(crossings)
    assert np.isfinite(base.price(route.lonlat))
    assert all(crossing.is_admissible for crossing in crossings.find(route.lonlat))


# ------------------------------------------------------------------------------- parallel


def beside(metres, *, depth_m=100.0, **rule):
    """A map with an asset along row 20 and a route that runs a distance beside it for 40 km."""
    base = priced_sea(np.full((41, 81), depth_m))
    crossings = replace(sea_with(asset((20, -5), (20, 90), **rule)), priced=base)
    offset = metres / 1000.0
    return crossings.beside(base.lonlat([(20 + offset, 20), (20 + offset, 60)]))


@pytest.mark.parametrize(
    ("depth_m", "metres", "told"),
    [(100.0, 490.0, True), (100.0, 510.0, False), (400.0, 1150.0, True), (400.0, 1250.0, False)],
)
def test_a_parallel_route_keeps_three_depths_and_at_least_500_metres(depth_m, metres, told):
    found = beside(metres, depth_m=depth_m, separation_depths=3.0, separation_floor_m=500.0)
    assert [finding.rule for finding in found] == ["parallel-separation"] * told
    if told:
        assert found[0].kp_from_km == 0.0
        assert found[0].kp_to_km == pytest.approx(40.0, abs=0.1)
        assert f"down to {metres:.0f} m" in found[0].message or f"down to {metres - 1:.0f} m" in found[0].message


def test_a_crossing_is_no_parallel_stretch():
    crossings = sea_with(asset((-5, 40.3), (45, 40.3), separation_depths=3.0, separation_floor_m=500.0))
    assert crossings.beside(BASE.lonlat([(20, 5), (20, 75)])) == ()
    at_45 = BASE.lonlat([(5, 25.3), (35, 55.3)])
    assert crossings.beside(at_45) == ()
    at_20 = BASE.lonlat([(40, 40.3 - 20 * np.tan(np.radians(20))), (0, 40.3 + 20 * np.tan(np.radians(20)))])
    assert [finding.rule for finding in crossings.beside(at_20)] == ["parallel-separation"]


def test_a_route_steps_aside_from_a_cable_that_lies_on_its_way():
    crossings = sea_with(asset((20, 15), (20, 65), separation_depths=3.0, separation_floor_m=1500.0))
    route = route_over(crossings)
    assert crossings.beside(BASE.lonlat([(20.1, 5), (20.1, 75)]))  # straight ahead would be too near
    assert crossings.beside(route.lonlat) == ()
    assert crossings.find(route.lonlat) == ()


# ---------------------------------------------------------------------------- whole runs

CABLE = LineString([(50.45, 41.0), (50.45, 41.6)])


def add_asset(project, shape=CABLE, *, name="Old cable", kind="cable", **keys):
    path = write_features(project.folder / f"{kind}.geojson", [(shape, {"name": name})])
    layer = {"name": f"{kind} layer", "path": path.name, "kind": kind, "label_field": "name", "toll_usd": 40_000.0}
    project.settings["layer"].append(layer | keys)
    project.save()


def test_a_crossing_stands_in_summary_position_list_and_geopackage_and_is_paid(sea_project, finished_run):
    add_asset(sea_project, name="=cmd|' /C calc'!A0 <script>")
    done = sea_project.run()
    option = next(option for option in done.summary["options"] if option["id"] == "aa-bb")
    (link,) = option["links"]
    (crossing,) = link["crossings"]
    assert crossing["asset"] == "=cmd|' /C calc'!A0 <script>"
    assert (crossing["carries"], crossing["toll_usd"]) == ("telecom", 40_000.0)
    assert 45.0 <= crossing["angle_deg"] <= 90.0
    assert crossing["lon"] == pytest.approx(50.45, abs=1e-5)
    cost = link["cost"]
    assert cost["crossings"] == 40_000.0
    assert cost["route_dependent_usd"] == pytest.approx(
        sum(usd for name, usd in cost.items() if not name.endswith("_usd")), abs=0.005
    )
    assert option["cost"]["total_usd"] == pytest.approx(option["solver"]["objective"], abs=1.0)
    frame = pyogrio.read_dataframe(done.folder / "routes.gpkg", layer="crossings")
    row = frame[frame.segment == link["id"]].iloc[0]
    assert (row.asset, row.kp_km, row.angle_deg) == (crossing["asset"], crossing["kp"], crossing["angle_deg"])
    positions = pyogrio.read_dataframe(done.folder / "routes.gpkg", layer="positions")
    here = positions[(positions.segment == link["id"]) & positions.event.str.contains("Crossing")]
    assert here.kp_km.iloc[0] == pytest.approx(crossing["kp"], abs=0.001)
    page = (done.folder / "map.html").read_text(encoding="utf-8")
    assert "<script>&" not in page
    assert "calc'!A0 <script>" not in page


def test_the_total_rises_by_the_toll_and_its_indirect_cost_at_most(sea_project, finished_run):
    before = {option["id"]: option["cost"]["total_usd"] for option in finished_run.summary["options"]}
    add_asset(sea_project)
    for option in sea_project.run().summary["options"]:
        tolls = sum(len(link["crossings"]) for link in option["links"]) * 40_000.0 * 1.265
        assert (
            before[option["id"]] - 1.0 <= option["cost"]["total_usd"] <= before[option["id"]] + 1.05 * tolls + 20_000.0
        )


def test_an_unavoidable_toll_is_part_of_the_proven_bound(sea_project):
    add_asset(sea_project, toll_usd=3e6)
    for option in sea_project.run().summary["options"]:
        assert 0.0 <= option["gap_pct"] < 1.0
        for link in option["links"]:
            assert link["cost"]["crossings"] == 3e6
            assert link["lower_bound_usd"] <= link["cost"]["route_dependent_usd"]
            assert link["gap_pct"] < 2.0


def test_a_line_that_nothing_crosses_changes_no_price(sea_project, finished_run):
    add_asset(sea_project, LineString([(50.0, 41.59), (50.1, 41.6)]))
    before = [option["cost"]["total_usd"] for option in finished_run.summary["options"]]
    assert [option["cost"]["total_usd"] for option in sea_project.run().summary["options"]] == pytest.approx(
        before, rel=1e-3
    )


@pytest.mark.parametrize("shape", [Point(50.4, 41.3), box(50.4, 41.2, 50.5, 41.3)])
def test_an_asset_that_is_no_line_is_refused(sea_project, shape):
    add_asset(sea_project, shape)
    with pytest.raises(InputError, match=r"feature 1 is a \w+, but a cable is a line; give lines"):
        sea_project.load()


def test_an_asset_without_a_toll_is_crossed_at_the_price_of_the_catalogue(sea_project):
    add_asset(sea_project)
    del sea_project.settings["layer"][-1]["toll_usd"]
    fixed = FixedCost(sea_project.load().catalogue)
    assert fixed.crossing("telecom")["crossings"] == 40_000.0


def test_an_approach_that_crosses_badly_makes_the_link_infeasible_and_names_the_asset(sea_project):
    sea_project.settings["option"] = [{"id": "x", "name": "X", "links": [["BB", "CC"]]}]
    _, _, planned = sea_project.plan()
    node, shore = planned.options[0].links[0].segment.route.lonlat[[1, 0]]
    forward, _, metres = geodesy.inverse([shore], [node])
    middle = geodesy.direct([shore], forward, metres / 2)[0]
    ends = geodesy.direct([middle] * 2, forward + np.array([20.0, 200.0]), [3000.0, 3000.0])
    add_asset(sea_project, LineString(ends), name="Outfall")
    _, _, planned = sea_project.plan()
    (infeasible,) = planned.infeasible
    assert "crosses Outfall at 20.0 degrees, less than 45" in infeasible.message
    assert infeasible.conflict == ("crossing of Outfall",)


def test_a_multi_part_asset_is_one_asset(sea_project):
    add_asset(sea_project, MultiLineString([[(50.45, 41.0), (50.45, 41.3)], [(50.45, 41.3), (50.45, 41.6)]]))
    summary = sea_project.run().summary
    assert all(len(link["crossings"]) == 1 for option in summary["options"] for link in option["links"])


def test_summaries_with_crossings_are_the_same_bytes_again(sea_project, tmp_path):
    add_asset(sea_project, LineString([(50.2, 41.0), (50.55, 41.6)]))
    first, second = (sea_project.run(tmp_path / name).folder / "summary.json" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_text())["options"]


# ----------------------------------------------------------------------------------------------------- agreed crossings


def agreed_at(asset_, *rowcol, within_m=300.0):
    (x, y), *_ = CELLS.to_xy([rowcol])
    return replace(asset_, agreed=((x, y, within_m),))


def test_a_route_crosses_where_that_is_agreed_and_nowhere_else():
    line = asset((-1.0, 40.3), (41.0, 40.3))  # from edge to edge
    agreed = agreed_at(line, 28.0, 40.3)
    free = route_over(sea_with(line))
    assert len(free.lonlat) == 2
    crossings = sea_with(agreed)
    crossings = replace(
        crossings, priced=replace(crossings.priced, tolls=crossings.priced.tolls + bar_elsewhere(agreed, CELLS))
    )
    route = route_over(crossings)
    (crossing,) = crossings.find(route.lonlat)
    place = BASE.projection.forward([(crossing.lon, crossing.lat)])[0]
    assert np.hypot(*(place - agreed.agreed[0][:2])) <= 300.0
    assert crossing.is_admissible
    # No more than the way to the place and back: 8 km aside on 35 km each.
    assert route.length_m < 1.03 * 2 * np.hypot(35_000.0, 8_000.0)
    (unagreed,) = crossings.find(free.lonlat)
    assert (unagreed.angle_deg > 85.0, unagreed.is_agreed, unagreed.is_admissible) == (True, False, False)


def test_an_agreed_place_that_cannot_be_reached_names_the_asset():
    line = agreed_at(asset((-1.0, 40.3), (41.0, 40.3)), 28.0, 40.3)
    base = priced_sea(np.full((41, 81), 100.0), ~((np.arange(41)[:, None] > 24) & (abs(np.arange(81) - 40) < 4)))
    crossings = sea_with(line, base=base)
    with pytest.raises(InfeasibleError, match="no way to cross Old cable where that is agreed"):
        route_over(crossings)


def test_a_project_crosses_at_the_agreed_place(sea_project):
    option = {**sea_project.settings["option"][0], "landings": {"AA": ["aa-north"]}}
    sea_project.settings |= {"option": [option], "routing": {"gap_pct": 20.0}}
    add_asset(sea_project)
    place = (50.45, 41.33)
    sea_project.settings["agreed_crossing"] = [{"asset": "Old cable", "lon": place[0], "lat": place[1]}]
    _, _, planned = sea_project.plan()
    (link,) = planned.options[0].links
    (crossing,) = link.crossings
    assert GEOD.inv(crossing.lon, crossing.lat, *place)[2] <= 250.0
    assert crossing.is_admissible
    assert link.lower_bound_usd <= sum(link.items.values())
    assert crossing.asset.agreed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"asset": "Old cabel"}, "agreed_crossing 1.asset: no cable or pipeline 'Old cabel'; use one of Old cable"),
        ({"lon": 50.6}, r"agreed_crossing 1: \(50.6, 41.3\) lies [\d,]+ m from Old cable; give a place within 250 m"),
        ({"within_m": 0.0}, "agreed_crossing.1.within_m"),
    ],
)
def test_an_agreed_crossing_that_is_on_no_asset_is_refused(sea_project, change, message):
    add_asset(sea_project)
    sea_project.settings["agreed_crossing"] = [{"asset": "Old cable", "lon": 50.42, "lat": 41.3} | change]
    with pytest.raises(InputError, match=message):
        sea_project.load()
