"""Make-up and position list: enumerated, walked with pyproj, and closed in themselves."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import SECTORS, degrees_from_ddm, priced_sea, write_features
from numpy.testing import assert_allclose
from pyproj import Geod
from shapely import LineString, Point, box, segmentize, transform

from routing import geodesy
from routing.constraints import read_sectors
from routing.engineering import Surroundings, Works, engineer_segment, make_up
from routing.exchange import rpl_table
from routing.landing import Landing, LandingSite
from routing.route import Route

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def segments(finished_run):
    return [link.segment for option in finished_run.planned.options for link in option.links]


def steps_of(route, priced):
    """Price of every option on every half-cell step of a route, from the cell under its middle."""
    marks = route.marks(priced.step_m)
    middle = 0.5 * (marks[:-1] + marks[1:])
    cells = np.rint(priced.rowcol(route.at(middle))).astype(int)
    return marks, priced.surface.option_prices(cells).astype(float) * np.diff(marks)[:, None]


def price_of(choice, prices, transition_usd):
    return sum(prices[step, option] for step, option in enumerate(choice)) + transition_usd * sum(
        a != b for a, b in pairwise(choice)
    )


# ------------------------------------------------------------------------- make-up


@given(st.integers(0, 10_000), st.sampled_from([0.0, 50.0, 500.0, 2_000.0, 10_000.0, 1e9]))
@settings(max_examples=40)
def test_the_make_up_is_the_cheapest_of_all_sequences(seed, transition_usd):
    draw = np.random.default_rng(seed)
    # Two thirds of the cells allow only double armour, the others single armour too: 5 or 10 options a step.
    priced = priced_sea(draw.choice([4.0, 12.0, 17.0, 30.0, 45.0], size=(6, 6), p=[0.2, 0.2, 0.2, 0.2, 0.2]))
    route = Route(priced.lonlat([[1.0, 0.2], [1.0 + draw.random(), 2.4]]))
    _, prices = steps_of(route, priced)
    options = np.isfinite(prices).any(axis=0)
    change = transition_usd * (1.0 - np.eye(options.sum()))
    totals = prices[0, options]
    for step in prices[1:, options]:  # one axis a step: every sequence there is, none thrown away
        totals = totals[..., None] + change + step
    assert totals.ndim == len(prices) >= 4
    best = totals.min()
    sections = make_up(route, priced, transition_usd=transition_usd)
    assert_allclose(price_of(chosen_options(sections, route, priced), prices, transition_usd), best, rtol=1e-9)


def chosen_options(sections, route, priced):
    marks, _ = steps_of(route, priced)
    options = list(priced.surface.model.options)
    middle = 0.5 * (marks[:-1] + marks[1:])
    return [next(options.index(s.engineering) for s in sections if s.start_m <= m < s.end_m) for m in middle]


@pytest.mark.parametrize("transition_usd", [0.0, 5_000.0, 40_000.0])
def test_sections_cover_the_route_without_gaps_and_differ_from_their_neighbours(transition_usd):
    priced = priced_sea(np.linspace(10, 400, 1600).reshape(40, 40))
    route = Route(priced.lonlat([[2, 2], [37, 30]]))
    sections = make_up(route, priced, transition_usd=transition_usd)
    assert sections[0].start_m == 0.0
    assert sections[-1].end_m == route.length_m
    for before, after in pairwise(sections):
        assert before.end_m == after.start_m
        assert before.engineering != after.engineering
    assert len(sections) >= 2


def test_dearer_transitions_are_never_more():
    draw = np.random.default_rng(5)
    priced = priced_sea(draw.choice([10.0, 30.0, 100.0, 180.0], size=(40, 40)))
    route = Route(priced.lonlat([[2, 2], [37, 30]]))
    counts = [len(make_up(route, priced, transition_usd=usd)) for usd in (0.0, 1e3, 1e4, 1e5, 1e9)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    assert counts[-1] == 1  # 10-180 m: double armour fits everywhere


def test_every_section_is_built_as_its_water_allows(segments, finished_run):
    priced = finished_run.sea.priced
    for segment in segments:
        for section in segment.sections:
            kp = np.arange(section.start_m + 250.0, section.end_m, 500.0)
            cells = np.rint(priced.rowcol(segment.route.at(kp))).astype(int)
            depth = priced.surface.depth_m[cells[:, 0], cells[:, 1]]
            known = np.isfinite(depth)
            assert not any(section.engineering.depth_limits(metres) for metres in depth[known])


def test_what_is_built_costs_what_is_reported_apart_from_transitions(finished_run):
    priced = finished_run.sea.priced
    for option in finished_run.planned.options:
        for link in option.links:
            route = link.segment.route
            marks, prices = steps_of(route, priced)
            inner = (marks[:-1] >= route.kp_m[1]) & (marks[1:] <= route.kp_m[-2])
            choice = np.array(chosen_options(link.segment.sections, route, priced))
            built_m = np.diff(marks)[inner].sum()
            built = prices[np.arange(len(choice)), choice][inner].sum()
            line = route.lonlat[1:-1]
            reported = sum(priced.items(line).values()) / geodesy.length_m(line)
            # Reported: each cell at its own cheapest; built: sections of some length. They differ near transitions.
            assert_allclose(built / built_m, reported, rtol=0.01)


# -------------------------------------------------------------------- position list


def test_kilometre_posts_and_cable_increase_from_zero(segments):
    for segment in segments:
        kp, cable = (np.array([getattr(p, name) for p in segment.positions]) for name in ("kp_m", "cable_m"))
        assert kp[0] == cable[0] == 0.0
        assert (np.diff(kp) > 0).all()
        assert (np.diff(cable) > 0).all()
        assert [p.number for p in segment.positions] == list(range(1, len(kp) + 1))
        assert len(segment.legs) == len(segment.positions) - 1


def test_legs_sum_to_the_route_within_a_metre(segments):
    for segment in segments:
        assert_allclose(sum(leg.length_m for leg in segment.legs), segment.route.length_m, rtol=0, atol=1.0)
        assert_allclose(segment.positions[-1].kp_m, segment.route.length_m, rtol=0, atol=1.0)


def test_each_leg_is_the_geodesic_between_its_positions_by_pyproj(segments):
    for segment in segments:
        for leg, here, there in zip(segment.legs, segment.positions[:-1], segment.positions[1:], strict=True):
            forward, _, metres = GEOD.inv(here.lon, here.lat, there.lon, there.lat)
            assert_allclose(leg.length_m, metres, rtol=0, atol=1e-3)
            assert abs((leg.bearing_deg - forward + 180.0) % 360.0 - 180.0) < 1e-6
            assert 0.0 <= leg.bearing_deg <= 360.0
            assert leg.number == here.number
            assert_allclose(there.kp_m - here.kp_m, metres, rtol=0, atol=1e-3)


def test_cable_is_route_and_slack(segments):
    for segment in segments:
        for leg in segment.legs:
            assert_allclose(leg.cable_m, leg.length_m * (1 + leg.slack_pct / 100))
        assert_allclose(sum(leg.cable_m for leg in segment.legs), segment.cable_m)
        assert_allclose(sum(segment.cable_by_type_m().values()), segment.cable_m)
        assert 1.0 < segment.cable_m / segment.route.length_m < 1.02


def test_a_list_begins_and_ends_at_a_beach_manhole_and_nowhere_else(segments):
    for segment in segments:
        events = [position.event.split(" / ") for position in segment.positions]
        assert ["BMH" in event for event in events] == [True, *[False] * (len(events) - 2), True]
        first, last = segment.positions[0], segment.positions[-1]
        assert GEOD.inv(first.lon, first.lat, *segment.start.bmh)[2] < 1e-3
        assert GEOD.inv(last.lon, last.lat, *segment.end.bmh)[2] < 1.0
        assert first.depth_m is None
        assert last.depth_m is None


def test_every_alter_course_is_listed_once_where_the_route_turns(segments):
    for segment in segments:
        listed = [
            (int(number), position)
            for position in segment.positions
            for number in re.findall(r"A/C (\d+)", position.event)
        ]
        assert [number for number, _ in listed] == list(range(1, len(segment.route.lonlat) - 1))
        assert len(listed) == segment.alter_courses
        for (_, position), vertex, turn in zip(
            listed, segment.route.lonlat[1:-1], segment.route.turns_deg, strict=True
        ):
            assert GEOD.inv(position.lon, position.lat, *vertex)[2] < 1.0
            assert f"turn {abs(turn):.1f}° to {'starboard' if turn > 0 else 'port'}" in position.remarks


def test_every_change_of_cable_or_burial_is_listed_where_it_happens(segments):
    for segment in segments:
        for before, after in pairwise(segment.sections):
            near = [p for p in segment.positions if abs(p.kp_m - after.start_m) < 1.0]
            assert len(near) == 1
            a, b = before.engineering, after.engineering
            if a.cable != b.cable:
                assert f"{a.cable.code}/{b.cable.code} transition" in near[0].event
            if a.burial.depth_m == 0 < b.burial.depth_m:
                assert "PLDN" in near[0].event
            if b.burial.depth_m == 0 < a.burial.depth_m:
                assert "PLUP" in near[0].event


def test_legs_are_built_as_their_section(segments):
    for segment in segments:
        for leg, here, there in zip(segment.legs, segment.positions[:-1], segment.positions[1:], strict=True):
            middle = 0.5 * (here.kp_m + there.kp_m)
            built = next(s.engineering for s in segment.sections if s.start_m <= middle <= s.end_m)
            assert (leg.cable_type, leg.burial_m, leg.slack_pct) == (
                built.cable.code, built.burial.depth_m, built.burial.slack_pct,
            )  # fmt: skip
            assert leg.protection == built.burial.method
        assert_allclose(segment.buried_m(), sum(leg.length_m for leg in segment.legs if leg.protection == "plough"))


def test_depths_are_those_under_the_positions_and_none_is_deeper_than_the_deepest(segments, finished_run):
    from routing.grid import sample

    priced = finished_run.sea.priced
    for segment in segments:
        for position in segment.positions[1:-1]:
            under = sample(priced.surface.depth_m, priced.rowcol([[position.lon, position.lat]]))[0]
            assert_allclose(position.depth_m, under, atol=1e-6)
            # The profile is taken every 500 m over a bowl of 395 m in 45 km: 500^2 / 8 of its curvature.
            assert position.depth_m <= segment.max_depth_m + 0.05
        assert sum("Deepest point" in position.event for position in segment.positions) == 1
        kp_m, depth_m = segment.profile.kp_m, segment.profile.depth_m
        assert [kp_m[0], depth_m[0]] == [0.0, 0.0]
        assert [kp_m[-1], depth_m[-1]] == [segment.route.length_m, 0.0]


def test_sector_limits_lie_where_the_burnt_edge_is_crossed(segments, finished_run):
    sectors, priced = finished_run.sea.sectors, finished_run.sea.priced
    found = 0
    for segment in segments:
        for position in segment.positions:
            for before, after in re.findall(r"(\w+)/(\w+) sector limit", position.event):
                found += 1
                around = segment.route.at([position.kp_m - 10.0, position.kp_m + 10.0])
                assert sectors.along(priced.rowcol(around)) == (before, after)
                # A cell belongs to the sector of its centre, so the true edge passes within half a diagonal.
                edge = LineString(SECTORS[before].boundary).intersection(SECTORS[after].boundary)
                nearest = edge.interpolate(edge.project(Point(position.lon, position.lat)))
                assert GEOD.inv(position.lon, position.lat, nearest.x, nearest.y)[2] < 500 * 2**0.5 + 10
    assert found >= 3


def test_legs_change_sector_only_at_a_limit(segments):
    for segment in segments:
        for leg, after, between in zip(segment.legs[:-1], segment.legs[1:], segment.positions[1:-1], strict=True):
            if leg.sector != after.sector:
                assert f"{leg.sector}/{after.sector} sector limit" in between.event


def test_states_of_a_link_are_those_it_lands_in_or_crosses(finished_run):
    for option in finished_run.planned.options:
        for link in option.links:
            crossed = {leg.sector for leg in link.segment.legs} - {None}
            assert crossed <= set(link.states)
            line = LineString(geodesy.densify(link.segment.route.lonlat[1:-1], step_m=500.0))
            cell_deg = 0.02  # two cells: a corner that is merely brushed may or may not count
            surely = {name for name, shape in SECTORS.items() if line.intersects(shape.buffer(-cell_deg))}
            maybe = {name for name, shape in SECTORS.items() if line.intersects(shape.buffer(cell_deg))}
            assert surely <= set(link.states) <= maybe


def test_positions_in_minutes_are_those_in_degrees_to_20_centimetres(segments):
    for segment in segments:
        for row in rpl_table.rows(segment):
            lat, lon = degrees_from_ddm(row[2]), degrees_from_ddm(row[3])
            assert GEOD.inv(lon, lat, row[5], row[4])[2] <= 0.2


def flat_segment(*, sectors=None, transition_usd=40_000.0, path=((5.0, 3.0), (5.0, 13.0), (12.0, 20.0))):
    """A route over a flat sea of 100 m whose first and last vertices are taken for beach manholes."""
    priced = priced_sea(np.full((30, 30), 100.0))
    route = Route(priced.lonlat(np.array(path)))

    def site(name, ends):
        bmh, node = (tuple(map(float, point)) for point in ends)
        return LandingSite(Landing(name, name, "AA", *bmh), bmh, (5, 3), node, 0.0, 0.0)

    ends = site("west", route.lonlat[:2]), site("east", route.lonlat[[-1, -2]])
    around, works = Surroundings(priced, sectors), Works(transition_usd)
    return engineer_segment("flat", ends, route, around=around, works=works)


def test_a_ten_kilometre_leg_with_half_a_percent_of_slack_takes_50_metres_more():
    segment = flat_segment()
    (leg,) = {(leg.slack_pct, leg.cable_type) for leg in segment.legs}
    assert leg == (0.5, "SA")  # buried at 100 m
    assert_allclose(segment.cable_m, segment.route.length_m * 1.005)


def test_without_sectors_no_leg_has_one():
    assert {leg.sector for leg in flat_segment().legs} == {None}


def test_events_within_a_metre_share_a_position():
    # The single inner vertex is both the alter course and the end of either approach.
    segment = flat_segment()
    events = [position.event for position in segment.positions]
    (shared,) = [event for event in events if "A/C 1" in event]
    assert "Shore end" in shared
    assert "A/C 2" not in " ".join(events)


def sectors_by_column(folder, edges):
    """Sectors AA, BB, AA, ... between column edges of the flat sea, read from a file as a project's are."""
    cells = priced_sea(np.full((30, 30), 100.0)).surface.grid
    left, bottom, _, top = cells.bounds
    to_lonlat = geodesy.Projection(cells.crs).inverse
    bands = [
        (transform(segmentize(box(left + 1000 * a, bottom, left + 1000 * b, top), 500.0), to_lonlat), {"country": name})
        for (a, b), name in zip(pairwise([0, *edges, 30]), ("AA", "BB", "AA"), strict=False)
    ]
    path = write_features(folder / "sectors.geojson", bands)
    return read_sectors(path, cells, attribute="country", area=(50.0, 41.0, 51.5, 42.5))


def test_a_limit_between_sectors_is_found_to_ten_metres(tmp_path):
    segment = flat_segment(sectors=sectors_by_column(tmp_path, [9]))
    (limit,) = [p for p in segment.positions if "AA/BB sector limit" in p.event]
    col = priced_sea(np.full((30, 30), 100.0)).rowcol([[limit.lon, limit.lat]])[0, 1]
    assert abs(col - 8.5) * 1000.0 < 10.0


def test_a_limit_met_again_is_listed_again(tmp_path):
    segment = flat_segment(sectors=sectors_by_column(tmp_path, [6, 9]))
    events = " ".join(position.event for position in segment.positions)
    assert events.count("AA/BB sector limit") == events.count("BB/AA sector limit") == 1
    assert segment.legs[0].sector == "AA"
    assert "BB" in {leg.sector for leg in segment.legs}


def test_a_long_route_on_a_fine_grid_is_made_up_within_memory():
    import tracemalloc

    priced = priced_sea(np.full((4, 1200), 30.0))
    route = Route(priced.lonlat([[1.0, 1.0], [1.0, 1198.0]]))
    tracemalloc.start()
    try:
        make_up(route, priced, transition_usd=40_000.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 2400 steps x 25 options x 8 bytes = 0.5 MB a table, and a few of them.
    assert peak < 20e6
