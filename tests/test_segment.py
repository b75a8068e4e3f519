"""What a segment is made of: sections of some length, bodies, slack, events near the shore, quantities, their price."""

import math
from itertools import pairwise, product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import priced_sea
from numpy.testing import assert_allclose

from routing.catalogue import read_catalogue
from routing.engineering import Surroundings, Works, engineer_segment, make_up, price_make_up, quantities
from routing.engineering.bodies import place_bodies, quiet_stretches
from routing.engineering.makeup import free_cells, options_at
from routing.fixedcost import FixedCost
from routing.junction import Junction
from routing.landing import Landing, LandingSite
from routing.route import Route
from routing.span import Amplifiers, amplifiers

CATALOGUE = read_catalogue()
DEPTHS = [4.0, 12.0, 17.0, 30.0, 45.0, 120.0, 260.0]


def site(name, bmh, node):
    return LandingSite(Landing(name, name, "AA", *bmh), tuple(bmh), (1, 1), tuple(node), 0.0, 0.0)


def ashore(route):
    first, second, *_, before, last = (tuple(map(float, place)) for place in route.lonlat)
    return site("west", first, second), site("east", last, before)


def row_of_cells(depths):
    """A sea of three rows whose depth changes along the middle one, and a route along it from cell to cell."""
    priced = priced_sea(np.tile(np.asarray(depths, float), (3, 1)))
    cols = np.array([0.2, 1.2, len(depths) - 2.2, len(depths) - 1.2])
    return priced, Route(priced.lonlat(np.column_stack([np.ones(4), cols])))


# -------------------------------------------------------------------- sections


def fewest_breaches_then_price(prices, marks, transition_usd, least_m, barred):
    """The best of all sequences of options, by enumeration: (broken rules, price)."""
    best = (math.inf, math.inf)
    for choice in product(range(prices.shape[1]), repeat=len(prices)):
        usd = sum(prices[step, option] for step, option in enumerate(choice))
        if not np.isfinite(usd):
            continue
        edges = [0, *(k + 1 for k, (a, b) in enumerate(pairwise(choice)) if a != b), len(choice)]
        short = sum(marks[b] - marks[a] < least_m for a, b in pairwise(edges))
        near = sum(start <= marks[k] <= end for k in edges[1:-1] for start, end in barred)
        best = min(best, (short + near, usd + transition_usd * (len(edges) - 2)))
    return best


@given(st.integers(0, 10_000), st.sampled_from([0.0, 1_200.0, 2_600.0]), st.sampled_from([0.0, 2_000.0, 40_000.0]))
@settings(max_examples=25)
def test_sections_break_the_fewest_rules_and_are_the_cheapest_of_those(seed, least_m, transition_usd):
    draw = np.random.default_rng(seed)
    priced, route = row_of_cells(draw.choice(DEPTHS[:4], size=5))
    barred = [tuple(sorted(draw.uniform(0, route.length_m, 2)))] if draw.random() < 0.5 else []
    marks = route.marks(priced.step_m)
    cells = free_cells(route, 0.5 * (marks[:-1] + marks[1:]), priced)
    prices = priced.surface.option_prices(cells) * np.diff(marks)[:, None]
    useful = np.unique(np.concatenate([np.argsort(row)[:2] for row in prices]))[:3]
    useful = useful[np.isfinite(prices[:, useful]).any(axis=0)]
    want = fewest_breaches_then_price(prices[:, useful], marks, transition_usd, least_m, barred)
    sections = make_up(route, priced, transition_usd=transition_usd, least_section_m=least_m, barred=barred)
    built = options_at(sections, 0.5 * (marks[:-1] + marks[1:]), priced)
    usd = prices[np.arange(len(built)), built].sum() + transition_usd * (len(sections) - 1)
    broken = sum(each.end_m - each.start_m < least_m for each in sections)
    broken += sum(start <= each.start_m <= end for each in sections[1:] for start, end in barred)
    # More options were open to it than were enumerated, so it may only be better.
    assert (broken, usd) <= (want[0], want[1] * (1 + 1e-12))


def test_a_section_shorter_than_the_least_length_is_built_only_where_nothing_else_can_be():
    priced, route = row_of_cells([30.0] * 5 + [800.0] + [30.0] * 5)
    wide = make_up(route, priced, transition_usd=40_000.0, least_section_m=3_000.0)
    lengths = [section.end_m - section.start_m for section in wide]
    # Nothing that lies in 30 m of water lies in 800 m, and the deep cell is one kilometre wide.
    assert sum(length < 3_000.0 for length in lengths) == 1
    assert {section.engineering.cable.code for section in wide} >= {"LWP"} or len(wide) == 3


def test_no_change_lies_where_it_is_barred_if_it_can_lie_elsewhere():
    priced, route = row_of_cells([30.0] * 10 + [260.0] * 10)
    (free,) = (section.start_m for section in make_up(route, priced, transition_usd=40_000.0)[1:])
    barred = [(free - 800.0, free + 800.0)]
    sections = make_up(route, priced, transition_usd=40_000.0, barred=barred)
    assert len(sections) > 1
    assert all(abs(section.start_m - free) > 800.0 for section in sections[1:])


def test_the_price_of_the_make_up_is_that_of_its_changes_and_of_metres_not_built_their_own_cheapest_way():
    draw = np.random.default_rng(3)
    priced, route = row_of_cells(draw.choice(DEPTHS, size=30))
    own = make_up(route, priced, transition_usd=0.0)
    assert price_make_up(route, own, priced, transition_usd=0.0).total_usd == pytest.approx(0.0, abs=1e-6)
    few = make_up(route, priced, transition_usd=40_000.0)
    price = price_make_up(route, few, priced, transition_usd=40_000.0)
    assert price.transitions_usd == 40_000.0 * (len(few) - 1)
    assert price.sections_usd > 0.0
    assert len(few) < len(own)
    # Optimal: building every metre its own cheapest way with all those changes is no cheaper.
    assert price.total_usd <= 40_000.0 * (len(own) - 1) + 1e-6


# ---------------------------------------------------------------------- bodies


def crossing(kp_m, run_in_m=500.0):
    return SimpleNamespace(kp_m=kp_m, run_in_m=run_in_m)


def test_bodies_keep_three_depths_off_a_crossing_and_never_less_than_its_run_in():
    (deep, shallow) = quiet_stretches([crossing(50e3), crossing(90e3)], [400.0, 20.0], depths=3.0)
    assert deep == (48_800.0, 51_200.0)
    assert shallow == (89_500.0, 90_500.0)


@given(st.integers(1, 6), st.lists(st.tuples(st.floats(0, 4e5), st.floats(100, 5e3)), max_size=6))
def test_no_repeater_lies_in_a_quiet_stretch_and_each_is_moved_no_farther_than_it_must(count, stretches):
    quiet = [(middle - half, middle + half) for middle, half in stretches]
    ends = tuple(Junction(name, name, (0.0, 0.0), (0.0, 0.0), 3, 10.0) for name in ("bu-1", "bu-2"))
    wanted = Amplifiers("repeater", count)
    bodies = place_bodies(ends, 4e5, (), amplifiers=wanted, quiet=quiet)
    found = [body.kp_m for body in bodies if body.kind == "repeater"]
    assert len(found) == count
    assert [body.name for body in bodies if body.kind == "repeater"] == [f"R{k}" for k in range(1, count + 1)]
    for start, end in quiet:
        assert not any(start < kp_m < end for kp_m in found)
    total = sum(2 * half for _, half in stretches)
    for place, kp_m in zip(wanted.places_m(4e5), sorted(found), strict=True):
        assert abs(kp_m - place) <= total + 1e-6


def test_a_joint_lies_at_every_change_of_cable_and_at_no_change_of_burial_alone():
    priced, route = row_of_cells([5.0] * 8 + [120.0] * 12 + [260.0] * 10)
    segment = engineer_segment(
        "one", ashore(route), route, around=Surroundings(priced), works=Works(40_000.0, least_section_m=1_000.0)
    )
    changes = [b.start_m for a, b in pairwise(segment.sections) if a.engineering.cable != b.engineering.cable]
    joints = [body for body in segment.bodies if body.kind == "joint"]
    assert [body.kp_m for body in joints] == changes
    assert len(changes) >= 1
    listed = [event.text for position in segment.positions for event in position.events if event.kind == "joint"]
    assert listed == [body.name for body in joints]


@pytest.mark.parametrize(
    ("route_km", "reach_km", "kind", "count"),
    [(399, 400, None, 0), (401, 400, "repeater", 5), (430, 450, "remote_pump", 2), (451, 450, "repeater", 5)],
)
def test_a_span_asks_for_nothing_for_remote_pumps_or_for_repeaters(tmp_path, route_km, reach_km, kind, count):
    catalogue = read_catalogue({"rate": {"remote-pump-reach": {"base": float(reach_km), "high": float(reach_km)}}})
    wanted = amplifiers(catalogue, 1000.0 * route_km)
    assert wanted.count == count
    items = FixedCost(catalogue).amplifiers(1000.0 * route_km)
    if kind is None:
        assert items == {}
    else:
        assert wanted.kind == kind
        assert set(items) == (
            {"remote_pumps", "indirect"} if kind == "remote_pump" else {"repeaters", "power_feed", "indirect"}
        )
        assert len(wanted.places_m(1000.0 * route_km)) == count


# ------------------------------------------------------------------ shore, slope


def test_water_depth_marks_stand_where_that_depth_is_first_reached_from_either_shore():
    depths = [2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 40.0, 90.0, 40.0, 16.0, 12.0, 8.0, 6.0, 4.0, 2.0]
    priced, route = row_of_cells(depths)
    segment = engineer_segment("one", ashore(route), route, around=Surroundings(priced), works=Works(40_000.0))
    marks = [
        (event.text, position.depth_m)
        for position in segment.positions
        for event in position.events
        if event.kind == "depth_mark"
    ]
    assert [text for text, _ in marks] == [
        "WD 3 m", "WD 5 m", "WD 10 m", "WD 15 m", "WD 15 m", "WD 10 m", "WD 5 m", "WD 3 m",
    ]  # fmt: skip
    for text, depth_m in marks:
        assert_allclose(depth_m, float(text.split()[1]), atol=0.01)


def test_steep_ground_takes_more_slack_and_flat_ground_none():
    steep = [100.0 + 200.0 * k for k in range(8)]  # 200 m in a kilometre: 11 degrees
    priced, route = row_of_cells([100.0] * 8 + steep + [1500.0] * 8)
    works = Works.of(CATALOGUE, transition_usd=40_000.0, fibre_pairs=0.0, amplifiers=Amplifiers())
    segment = engineer_segment("one", ashore(route), route, around=Surroundings(priced), works=works)
    base = {"plough": 0.5, "surface": 1.5}
    assert all(base[leg.protection] <= leg.slack_pct <= 3.0 for leg in segment.legs)
    assert max(leg.slack_pct for leg in segment.legs) > 1.6
    for leg in segment.legs:
        assert_allclose(leg.cable_m, leg.length_m * (1 + leg.slack_pct / 100))
        # The sea floor is longer than the route, so slack over it is less.
        assert math.isnan(leg.bottom_slack_pct) or leg.bottom_slack_pct <= leg.slack_pct + 1e-6


def test_hazards_are_entered_and_left_in_turn_and_one_of_the_whole_way_is_no_event():
    priced, route = row_of_cells([50.0] * 20)
    reach = np.zeros((3, 20), bool)
    reach[:, 5:9] = reach[:, 12:] = True
    exposed = {"surf": reach, "shaking": np.ones((3, 20), bool), "ice": np.zeros((3, 20), bool)}
    segment = engineer_segment(
        "one", ashore(route), route, around=Surroundings(priced, None, exposed), works=Works(0.0)
    )
    found = [
        (event.kind, event.text, event.kp_m)
        for position in segment.positions
        for event in position.events
        if event.kind.startswith("zone")
    ]
    assert [text for _, text, _ in found] == ["Enter surf", "Leave surf", "Enter surf", "Leave surf"]
    for (_, _, kp_m), col in zip(found[:3], (4.5, 8.5, 11.5), strict=True):
        assert abs(priced.rowcol(route.at([kp_m]))[0, 1] - col) <= 0.5
    assert found[-1][2] == pytest.approx(route.length_m)
    assert [zone.hazard for zone in segment.zones] == ["surf", "surf", "shaking"]
    whole = segment.zones[-1]
    assert (whole.start_m, whole.end_m) == (0.0, pytest.approx(route.length_m))


# ------------------------------------------------------------------ quantities


def test_quantities_are_those_of_the_position_list(finished_run):
    catalogue = finished_run.loaded.catalogue
    for option in finished_run.planned.options:
        for link in option.links:
            segment = link.segment
            bill = {line.item: line for line in quantities(segment, catalogue)}
            cable = sum(line.amount for name, line in bill.items() if name.startswith("Cable "))
            assert_allclose(cable, segment.cable_m / 1000.0)
            spare = sum(line.spare for name, line in bill.items() if name.startswith("Cable "))
            assert_allclose(spare, cable * catalogue.rate("spare-cable"))
            laid = [line.amount for name, line in bill.items() if "target" in name or name.startswith("Laid")]
            assert_allclose(sum(laid), segment.route.length_m / 1000.0, rtol=1e-6)
            joints = sum(body.kind == "joint" for body in segment.bodies)
            assert bill.get("Joint of two cable types", SimpleNamespace(amount=0)).amount == joints


def test_the_summary_states_the_make_up_beside_the_total_and_the_route_over_its_path(finished_run):
    for option in finished_run.summary["options"]:
        parts = [link["make_up"] for link in option["links"]]
        assert option["cost"]["make_up"]["transitions"] == sum(part["transitions"] for part in parts)
        assert_allclose(option["cost"]["make_up"]["total_usd"], sum(part["total_usd"] for part in parts), atol=0.02)
        for link in option["links"]:
            assert link["make_up"]["transitions"] == len(link["sections"]) - 1
            assert link["sections"][0]["from_kp_km"] == 0.0
            assert_allclose(link["sections"][-1]["to_kp_km"], link["route_km"], atol=0.001)
            over = 100.0 * (link["cost"]["route_dependent_usd"] / link["cost"]["continuous_path_usd"] - 1.0)
            assert_allclose(link["over_path_pct"], over, atol=1e-4)
