"""Options of every kind over the miniature sea: trees, links that keep apart, side rules, cables that are there."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from miniature import write_features
from numpy.testing import assert_allclose
from pyproj import Geod
from shapely import LineString, MultiPoint, box, transform

from routing import geodesy, pipeline
from routing.engineering import Connection, availability, latency_ms, shortest_way_m
from routing.errors import InputError
from routing.fixedcost import FixedCost
from routing.project import read_project
from routing.summary import summarise

TREE = {"id": "tree", "name": "Tree", "trunk": ["AA", "BB", "CC"]}
PAIR = {
    "id": "pair", "name": "Pair", "links": [["AA", "BB"], ["AA", "BB"]], "separation_km": 8.0, "landing_zone_km": 10.0,
}  # fmt: skip
RING = {
    "id": "ring", "name": "Ring", "links": [["AA", "BB"], ["BB", "CC"], ["CC", "AA"]], "separation_km": 3.0,
    "landing_zone_km": 8.0,
}  # fmt: skip


def planned(sea_project, *options, threads=1):
    sea_project.settings["option"] = list(options)
    loaded, sea = sea_project.surface()
    return loaded, pipeline.plan(loaded, sea, threads=threads)


def only(plan):
    assert not plan.infeasible
    (option,) = plan.options
    return option


def check_total(option, plan):
    """The total is the sum of what is shown under it, and the bound lies below."""
    table = summarise([option], plan.planner)[0]
    cost = table["cost"]
    assert_allclose(cost["total_usd"], option.design.objective_usd, rtol=1e-5)
    parts = sum(cost["items"].values()) + sum(cost["fixed_items"].values())
    assert_allclose(parts, cost["total_usd"], atol=0.2)
    assert option.lower_bound_usd <= option.design.objective_usd
    return table


# ------------------------------------------------------------------------------------------------------------ trees


def test_a_tree_joins_one_landing_of_each_country_and_is_cheaper_than_two_cables(sea_project):
    star = {"id": "star", "name": "Star", "links": [["AA", "BB"], ["AA", "CC"]]}
    _, plan = planned(sea_project, TREE, star)
    tree, two = plan.options
    assert sorted(site.landing.country for site in tree.sites) == ["AA", "BB", "CC"]
    assert len(tree.links) == len(tree.sites) + len(tree.junctions) - 1
    table = check_total(tree, plan)
    assert table["branching_units"] == [
        {
            "id": unit.id, "name": unit.name, "lon": round(unit.place[0], 7), "lat": round(unit.place[1], 7),
            "depth_m": round(unit.depth_m, 1), "degree": unit.degree, "existing": None,
        }
        for unit in tree.junctions
    ]  # fmt: skip
    # Whatever two cables from one landing do, a tree can do too: the hub of a tree costs nothing.
    if len(two.sites) == 3:
        assert tree.lower_bound_usd <= two.design.objective_usd


def test_branches_of_a_tree_end_exactly_at_its_branching_unit(sea_project):
    sea_project.settings["catalogue"] = {"rate": {"branching-unit": {"low": 0.0, "base": 0.0, "high": 0.0}}}
    _, plan = planned(sea_project, TREE)
    tree = only(plan)
    (unit,) = tree.junctions
    ends = [end for link in tree.links for end in (link.segment.route.lonlat[0], link.segment.route.lonlat[-1])]
    at_unit = [end for end in ends if np.hypot(*(end - unit.place)) < 1e-9]
    assert len(at_unit) == unit.degree == 3
    for link in tree.links:
        events = [position.event for position in link.segment.positions]
        for position, end in zip((events[0], events[-1]), link.segment.ends, strict=True):
            assert ("BU" if end is unit else "BMH") in position.split(" / ")


def test_dear_branching_units_give_a_hub_at_a_landing(sea_project):
    sea_project.settings["catalogue"] = {"rate": {"branching-unit": {"low": 5e7, "base": 5e7, "high": 5e7}}}
    tree = only(planned(sea_project, TREE)[1])
    assert not tree.junctions
    assert len(tree.links) == 2


def test_the_gap_of_a_tree_is_small(sea_project):
    tree = only(planned(sea_project, TREE)[1])
    assert tree.design.objective_usd / tree.lower_bound_usd - 1 < 0.01


def test_more_fibre_on_the_trunk_is_paid_by_the_kilometre_and_adds_up(sea_project):
    _, plain = planned(sea_project, TREE)
    _, wide = planned(sea_project, {**TREE, "fibre_pairs": 20})
    tree, fixed = only(wide), wide.planner.fixed
    assert {link.fibre_pairs for link in tree.links} <= {20.0, 40.0}
    extra = sum(fixed.fibre(link.fibre_pairs, link.segment.route.length_m)["fibre"] for link in tree.links)
    table = check_total(tree, wide)
    assert_allclose(table["cost"]["fixed_items"]["fibre"], extra, atol=0.01)
    assert tree.design.objective_usd > only(plain).design.objective_usd


def test_a_group_that_cannot_be_reached_is_named(sea_project):
    sea_project.add_exclusion(box(50.60, 40.9, 50.8, 41.20), name="Range")
    _, plan = planned(sea_project, TREE)
    (reason,) = plan.infeasible
    assert "CC" in reason.message or "Liman" in reason.message
    assert "Range" in reason.conflict


def test_a_budget_that_no_tree_keeps_is_refused_with_what_would_do(sea_project):
    _, plan = planned(sea_project, {**TREE, "budget_usd": 1e6})
    (reason,) = plan.infeasible
    assert "budget" in reason.conflict[0]
    assert reason.relaxation.startswith("raise the budget to USD ")


# --------------------------------------------------------------------------------------------- a cable that is there


def test_a_new_landing_joins_an_existing_cable_at_its_cheapest_point(sea_project):
    line = LineString([(50.12, 41.47), (50.40, 41.46), (50.62, 41.47)])
    path = write_features(sea_project.folder / "old.geojson", [(line, {})])
    sea_project.settings["existing"] = [{"id": "old", "name": "Old cable", "path": path.name}]
    _, plan = planned(sea_project, {"id": "spur", "name": "Spur", "trunk": ["CC", "old"]})
    spur = only(plan)
    (link,) = spur.links
    (unit,) = spur.junctions
    assert unit.existing == "Old cable"
    to_map = geodesy.Projection("EPSG:32639").forward
    near = transform(line, to_map).distance(transform(MultiPoint([unit.place]), to_map))
    assert near < 60.0  # the line is drawn with few vertices, the geodesic between them bows
    assert_allclose(link.segment.route.lonlat[-1 if link.segment.end is unit else 0], unit.place, atol=1e-9)
    table = check_total(spur, plan)
    assert table["cost"]["fixed_items"]["branching_unit"] == plan.planner.fixed.catalogue.rate("branching-unit")
    assert table["branching_units"][0]["existing"] == "Old cable"
    # The bound does not know that every way crosses the sector of BB: its permits are most of the gap.
    permits = sum(plan.planner.fixed.state().values()) * (len(spur.states) - 1)
    assert (spur.design.objective_usd - permits) / spur.lower_bound_usd - 1 < 0.01
    # No other point of the cable is reached for less.
    priced = plan.planner.sea.priced
    field = priced.kernel.field(next(site for site in spur.sites).node)
    cells = np.rint(priced.rowcol(geodesy.densify(np.array(line.coords), step_m=200.0))).astype(int)
    least = min(field.value_at(cell) for cell in np.unique(cells, axis=0))
    assert priced.price(link.segment.inner) < 1.01 * least


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([(LineString([(50.1, 41.4), (50.2, 41.4)]), {}), (LineString([(50.1, 41.3), (50.2, 41.3)]), {})], "2 lines"),
        ([(box(50.1, 41.3, 50.2, 41.4), {})], "0 lines"),
    ],
)
def test_an_existing_cable_is_one_line(sea_project, features, message):
    path = write_features(sea_project.folder / "old.geojson", features)
    sea_project.settings["existing"] = [{"id": "old", "name": "Old cable", "path": path.name}]
    sea_project.settings["option"] = [{"id": "spur", "name": "Spur", "trunk": ["CC", "old"]}]
    with pytest.raises(InputError, match=message):
        sea_project.load()


# --------------------------------------------------------------------------------------------------------- keep apart


def separations_m(first, second, zones, zone_m):
    """Distances from points along one route to the other, outside zones, by pyproj alone."""
    geod = Geod(ellps="WGS84")
    places = []
    for route in (first, second):
        dense = [route.lonlat[0]]
        for (lon0, lat0), (lon1, lat1) in pairwise(route.lonlat):
            count = max(1, int(geod.inv(lon0, lat0, lon1, lat1)[2] // 200))
            dense += [*geod.npts(lon0, lat0, lon1, lat1, count), (lon1, lat1)]
        dense = np.array(dense)
        far = np.ones(len(dense), bool)
        for lon, lat in zones:
            far &= geod.inv(np.full(len(dense), lon), np.full(len(dense), lat), *dense.T)[2] > zone_m
        places.append(dense[far])
    one, two = places
    if not len(one) or not len(two):
        return np.array([np.inf])
    grid = np.repeat(one, len(two), axis=0), np.tile(two, (len(one), 1))
    return geod.inv(*grid[0].T, *grid[1].T)[2].reshape(len(one), len(two)).min(axis=1)


@pytest.mark.parametrize("asked", [PAIR, RING], ids=["pair", "ring"])
def test_routes_of_links_keep_apart_outside_landing_zones(sea_project, asked):
    _, plan = planned(sea_project, asked)
    option = only(plan)
    routes = [link.segment.route for link in option.links]
    zones = [site.bmh for site in option.sites]
    for a in range(len(routes)):
        for b in range(a):
            least = separations_m(routes[a], routes[b], zones, 1000 * asked["landing_zone_km"]).min()
            assert least > 1000 * asked["separation_km"] - 5.0
    table = check_total(option, plan)
    told = table["diversity"]
    assert told["price_usd"] >= -0.001 * told["without_usd"]
    assert all(pair["least_km"] is None or pair["least_km"] >= asked["separation_km"] for pair in told["pairs"])
    assert option.design.objective_usd / option.lower_bound_usd - 1 < 0.03


def test_keeping_apart_is_charged_over_the_same_links_that_need_not(sea_project):
    alone = {key: value for key, value in PAIR.items() if key not in {"separation_km", "landing_zone_km"}}
    alone["links"] = alone["links"][:1]
    _, plan = planned(sea_project, PAIR)
    option = only(plan)
    assert option.single_usd is not None
    assert option.design.objective_usd >= option.single_usd - 0.002 * option.single_usd


def test_a_strait_too_narrow_is_named_with_what_is_in_the_way(sea_project):
    # Two walls leave 12 km of water: two cables 20 km apart do not fit.
    sea_project.add_exclusion(box(50.33, 41.35, 50.40, 41.60), name="North wall")
    sea_project.add_exclusion(box(50.33, 40.90, 50.40, 41.24), name="South wall")
    _, plan = planned(sea_project, {**PAIR, "separation_km": 25.0, "landing_zone_km": 3.0})
    (reason,) = plan.infeasible
    assert "separation" in reason.message
    assert reason.conflict


# ------------------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("rule", "words", "relaxation"),
    [
        ({"budget_usd": 1e6}, "budget of USD 1,000,000", "raise the budget to USD "),
        ({"exactly_landings": 5}, "exactly 5 landing points", ""),
        ({"at_least_landings": {"BB": 2}}, "at least 2 landing points in BB", ""),
        ({"latency": [{"between": ["AA", "BB"], "at_most_ms": 0.01}]}, "AA to BB within 0.01 ms", "allow "),
        ({"max_span_km": 5.0}, "no span over 5 km without repeaters", "allow "),
        ({"forbid": ["bb-port"]}, "Port is not allowed", ""),
    ],
)
def test_rules_that_cannot_be_kept_are_named_in_the_words_of_the_project(sea_project, rule, words, relaxation):
    _, plan = planned(sea_project, {"id": "one", "name": "One", "links": [["AA", "BB"]], **rule})
    (reason,) = plan.infeasible
    assert any(words in each for each in reason.conflict), reason.conflict
    assert relaxation in (reason.relaxation or "")


def test_an_infeasible_rule_ends_with_code_3_and_says_so_in_the_summary(sea_project, cableroute):
    option = {"id": "one", "name": "One", "links": [["AA", "BB"]], "budget_usd": 1e6}
    sea_project.settings["option"] = [option]
    answer = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert answer.code == 3
    assert "budget of USD 1,000,000" in answer.err
    told = json.loads((sea_project.out / "summary.json").read_text(encoding="utf-8"))["infeasible"][0]
    assert told["conflict"] == ["budget of USD 1,000,000"]
    assert told["cheapest_relaxation"].startswith("raise the budget to USD ")


def test_a_required_landing_is_used_and_a_forbidden_one_is_not(sea_project):
    link = {"id": "one", "name": "One", "links": [["AA", "BB"]]}
    free = only(planned(sea_project, link)[1]).sites[0].id
    other = {"aa-north": "aa-south", "aa-south": "aa-north"}[free]
    assert only(planned(sea_project, {**link, "require": [other]})[1]).sites[0].id == other
    assert only(planned(sea_project, {**link, "forbid": [free]})[1]).sites[0].id == other
    assert only(planned(sea_project, {**TREE, "forbid": [free]})[1]).sites[0].id == other
    assert only(planned(sea_project, {**TREE, "require": [other]})[1]).sites[0].id == other


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"links": [["AA", "BB"]], "trunk": ["AA", "BB"]}, "give links or trunk"),
        ({}, "give links or trunk"),
        ({"links": [["AA", "BB"], ["AA", "BB"]]}, "a link stands twice; give separation_km"),
        ({"links": [["AA", "BB"]], "separation_km": 5.0}, "separation_km needs two links"),
        ({"trunk": ["AA", "BB", "AA"]}, "a group stands twice"),
        ({"trunk": ["AA", "BB"], "separation_km": 5.0}, "separation_km means nothing for a trunk"),
        ({"links": [["AA", "BB"]], "landing_zone_km": 5.0}, "landing_zone_km means nothing without separation_km"),
        ({"links": [["AA", "BB"]], "require": ["cc-port"]}, "no landing 'cc-port' in its countries"),
        ({"links": [["AA", "BB"]], "at_least_landings": {"CC": 2}}, "joins no 'CC'"),
        ({"links": [["AA", "BB"]], "latency": [{"between": ["AA", "CC"], "at_most_ms": 1.0}]}, "joins no 'CC'"),
        ({"links": [["AA", "nowhere"]]}, "no landing in 'nowhere'"),
        ({"trunk": ["AA", "nowhere"]}, "no landing in 'nowhere'"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_key(sea_project, option, message):
    sea_project.settings["option"] = [{"id": "x", "name": "X", **option}]
    with pytest.raises(InputError, match=message):
        pipeline.load(read_project(sea_project.save()))


# ------------------------------------------------------------------------------------------------------ alternatives


def test_alternatives_of_a_link_are_ranked_and_lie_elsewhere(sea_project):
    sea_project.add_exclusion(box(50.25, 41.15, 50.55, 41.33), name="Bank")
    asked = {"count": 3, "apart_km": 3.0, "share": 0.2}
    option = only(planned(sea_project, {"id": "one", "name": "One", "links": [["AA", "BB"]], "alternatives": asked})[1])
    (link,) = option.links
    assert link.alternatives
    prices = [sum(link.items.values()), *(other.price_usd for other in link.alternatives)]
    assert prices == sorted(prices)
    assert all(other.far_share >= 0.2 and other.stretch >= 1.0 for other in link.alternatives)
    shared = {"lonlat": link.segment.route.lonlat}
    assert all(not np.array_equal(other.route.lonlat, shared["lonlat"]) for other in link.alternatives)


# ---------------------------------------------------------------------------------------------- service, determinism


def test_the_service_of_a_ring_is_better_than_that_of_its_links(sea_project):
    _, plan = planned(sea_project, RING)
    table = summarise(plan.options, plan.planner)[0]
    option = plan.options[0]
    days = plan.planner.fixed.catalogue.rate("repair-days")
    for told, link in zip(table["service"], option.links, strict=True):
        alone = availability([Connection("a", "b", link.faults_per_year)], "ab", repair_days=days)
        assert told["availability"] > alone
        assert told["latency_ms"] <= round(latency_ms(link.segment.cable_m, plan.planner.fixed), 4)


def test_availability_is_that_of_a_bridge_worked_out_by_hand():
    # The bridge network: two ways of two cables, and one across.
    up = {"ab": 0.9, "ac": 0.8, "bd": 0.7, "cd": 0.6, "bc": 0.5}
    cables = [Connection(*ends, (1 / p - 1) * 365.25) for ends, p in up.items()]
    parallel = lambda p, q: 1 - (1 - p) * (1 - q)  # noqa: E731
    whole = parallel(up["ab"], up["ac"]) * parallel(up["bd"], up["cd"])
    broken = parallel(up["ab"] * up["bd"], up["ac"] * up["cd"])
    exact = up["bc"] * whole + (1 - up["bc"]) * broken
    assert_allclose(availability(cables, "ad", repair_days=1.0), exact, rtol=1e-12)


def test_places_that_no_cable_joins_are_never_connected():
    assert availability([Connection("a", "b", 0.1)], "ac", repair_days=30.0) == 0.0
    assert shortest_way_m([("a", "b", 5.0)], "a", "c") == np.inf


def test_too_many_cables_are_refused():
    with pytest.raises(InputError, match="21 cables are too many"):
        availability([Connection("a", "b", 0.1)] * 21, "ab", repair_days=30.0)


def test_repeaters_of_a_tree_are_counted_branch_by_branch():
    from routing.catalogue import read_catalogue

    fixed = FixedCost(read_catalogue())
    assert fixed.tree_repeaters((200e3, 150e3, 100e3), longest_m=350e3) == {}
    told = fixed.tree_repeaters((300e3, 250e3, 100e3), longest_m=550e3, ends=3)
    catalogue = fixed.catalogue
    assert told["repeaters"] == (3 + 3 + 1) * catalogue.rate("repeater")
    assert told["power_feed"] == 3 * catalogue.rate("power-feed")


def test_a_sea_with_dearer_water_makes_every_kind_dearer(sea_project):
    _, cheap = planned(sea_project, TREE, PAIR)
    sea_project.settings["catalogue"] = {"rate": {"route-survey": {"low": 2e4, "base": 2e4, "high": 2e4}}}
    _, dear = planned(sea_project, TREE, PAIR)
    for one, other in zip(cheap.options, dear.options, strict=True):
        assert replace(one.wanted) == replace(other.wanted)
        assert other.design.objective_usd > one.design.objective_usd
