"""Alter courses: chains of legs against enumeration, rules recomputed on the ellipsoid, and what cannot be kept."""

import csv
import re
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, pairwise
from math import radians, tan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import priced_sea
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import Geod, Transformer
from scipy import ndimage
from shapely import LineString

from routing import geodesy
from routing.catalogue import read_catalogue
from routing.constraints import Asset, CrossingRule
from routing.courses import CourseRules, beyond, course_findings, keep_courses, lay_courses
from routing.courses.search import Search
from routing.crossing import CrossingMap
from routing.diversity import Laying, Spacing, separated_routes
from routing.junction import Junction
from routing.landing import Landing, LandingSite
from routing.route import Legs, Route, straighten

GEOD = Geod(ellps="WGS84")
TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:32639", always_xy=True)
RULES = CourseRules()
#: A turn or a leg is judged on the ellipsoid to so much.
SLACK_DEG, SLACK_M = 0.05, 1.0


def ground(place, priced):
    """Whether the cable is ploughed in at a position, and the water depth: the strictest of the cells that it touches."""
    x, y = TO_MAP.transform(*place)
    surface, ploughed, depth_m = priced.surface, False, 0.0
    cells = surface.grid
    row, col = (cells.top - y) / cells.dy, (x - cells.left) / cells.dx  # counted from the cells' upper left corners
    for down in (-0.01, 0.01):
        for right in (-0.01, 0.01):
            r = min(max(int(np.floor(row + down)), 0), surface.free.shape[0] - 1)
            c = min(max(int(np.floor(col + right)), 0), surface.free.shape[1] - 1)
            if surface.free[r, c]:
                ploughed |= surface.engineering(r, c).protection == "plough"
                depth_m = max(depth_m, float(surface.depth_m[r, c]))
    return ploughed, depth_m


@dataclass(frozen=True)
class Breach:
    """A rule broken at a position of a route: by what turn or length, over what limit, and how much it counts."""

    index: int
    rule: str
    value: float
    limit: float
    counts: float


def broken(lonlat, priced, *, beyond=(None, None), rules=RULES):
    """Rules that a route breaks, one by one with pyproj."""
    before, after = ([] if place is None else [tuple(place)] for place in beyond)
    chain = [*before, *map(tuple, lonlat), *after]
    legs = [GEOD.inv(*a, *b) for a, b in pairwise(chain)]
    found = []
    for k in range(1, len(chain) - 1):
        (_, back, arriving_m), (leave, _, leaving_m) = legs[k - 1], legs[k]
        turn = abs((leave - back) % 360.0 - 180.0)
        ploughed, depth_m = ground(chain[k], priced)
        limit = rules.ploughed_deg if ploughed else rules.surface_deg
        radius_m = rules.radius_m if ploughed else rules.radius_depths * depth_m
        room_m, needed_m = 0.5 * min(arriving_m, leaving_m) + SLACK_M, radius_m * tan(radians(min(turn, 179.0)) / 2)
        over, tight = max(turn / (limit + SLACK_DEG), 1.0) - 1.0, max(needed_m / room_m, 1.0) - 1.0
        if over or tight:
            counts = 1.0 + over + min(tight, 1e3)
            found.append(Breach(k - len(before), "turn" if over else "radius", turn, limit, counts))
    own = [metres for *_, metres in legs[len(before) : len(before) + len(lonlat) - 1]]
    for k, metres in enumerate(own if len(own) > 1 else []):
        if metres < rules.leg_m - SLACK_M:
            found.append(Breach(k, "leg", metres, rules.leg_m, 2.0 - metres / rules.leg_m))
    return found


def counted(lonlat, priced, **more):
    """How much all breaches of a route count."""
    return sum(breach.counts for breach in broken(lonlat, priced, **more))


def wall(rows, cols, *blocks):
    """Free cells of a sea with blocks (slices of rows and cols) that no cable may enter."""
    free = np.ones((rows, cols), bool)
    for block in blocks:
        free[block] = False
    return free


def straight(priced, start, end, *, alter_course_usd=5000.0, crossings=None):
    path = priced.guide.field(start, targets=[end]).path_to(end).points
    return straighten(path, priced, alter_course_usd=alter_course_usd, crossings=crossings)


def kept(route, priced, *, beyond=(None, None), alter_course_usd=5000.0, rules=RULES, crossings=None):
    return keep_courses(
        route, priced, rules=rules, beyond=beyond, alter_course_usd=alter_course_usd, crossings=crossings
    )


def total_usd(route, priced, *, alter_course_usd=5000.0):
    return priced.price(route.lonlat) + alter_course_usd * len(route.turns_deg)


# ----------------------------------------------------------------------- against enumeration


OPEN = priced_sea(np.full((60, 60), 100.0))
MIXED = priced_sea(np.where(np.arange(60)[None, :] < 30, 100.0, 900.0) * np.ones((60, 1)))


def charged(lonlat, priced, *, beyond, alter_course_usd):
    """USD of one chain of positions, what it breaks charged as the search charges it, in plain Python."""
    ways = (priced.kernel.price(priced.rowcol(np.array(pair))) for pair in pairwise(lonlat))
    return sum(ways) + alter_course_usd * (len(lonlat) - 2) + 1e9 * counted(lonlat, priced, beyond=beyond)


def search_over(places, station, priced, *, beyond):
    order = np.argsort(station, kind="stable")
    where = np.concatenate([[places[0]], np.array(places)[1:-1][order], [places[-1]]])
    at = np.concatenate([[-1.0], np.array(station, float)[order], [99.0]])
    legs = Legs(where, priced, None, strict=False)
    return Search(where, at, legs, RULES, beyond, 1e12)


inner_places = st.lists(st.tuples(st.floats(10, 50), st.floats(15, 45), st.integers(0, 6)), min_size=1, max_size=6)
near_places = st.lists(st.tuples(st.floats(24, 34), st.floats(28, 32), st.integers(0, 9)), min_size=1, max_size=6)


@given(st.one_of(inner_places, near_places), st.sampled_from([0.0, 5e3, 1e5]), st.booleans(), st.booleans())
@settings(max_examples=150)
def test_the_chain_found_is_the_best_of_all_chains(inner, alter_course_usd, ashore, mixed):
    priced = MIXED if mixed else OPEN
    places = [(30.0, 5.0), *[place[:2] for place in inner], (31.0, 55.0)]
    beyond = tuple(priced.lonlat([[26.0, 2.0], [31.0, 58.0]])) if ashore else (None, None)
    search = search_over(places, [place[2] for place in inner], priced, beyond=beyond)
    lonlat, last = priced.lonlat(search.places), len(places) - 1
    chains = [
        lonlat[[0, *some, last]]
        for count in range(last)
        for some in combinations(range(1, last), count)
        if all(search.station[i] < search.station[j] for i, j in pairwise(some))
    ]
    cost = partial(charged, priced=priced, beyond=beyond, alter_course_usd=alter_course_usd)
    # One number: rules first, since breaking one is dearer than any way, then money.
    assert_allclose(cost(search.run(alter_course_usd)), min(map(cost, chains)), rtol=1e-9)


def test_all_legs_are_tried_where_those_tried_first_keep_no_rules():
    # Two places beside the straight way, which is closed; the way over the first alone turns by 45 degrees.
    sharp, wide = (22.0, 30.0), [(28.0, 20.0), (28.0, 40.0)]
    priced = priced_sea(np.full((60, 60), 100.0), wall(60, 60, np.s_[29:, 30]))
    places, station = [(30.0, 5.0), wide[0], sharp, wide[1], (30.0, 55.0)], [1, 2, 3]
    every = search_over(places, station, priced, beyond=(None, None))
    first = np.zeros((5, 5), bool)
    first[0, 2] = first[2, 4] = True
    over_sharp = replace(every, tried=first)
    assert broken(priced.lonlat([places[0], sharp, places[4]]), priced)
    assert_array_equal(over_sharp.run(5000.0), every.run(5000.0))
    assert broken(every.run(5000.0), priced) == []


def test_a_chain_of_the_legs_tried_first_gives_way_to_a_cheaper_one_beside_it():
    # One cell is no farther than the shortest leg here, so the place in the straight line is seen.
    places = [(30.0, 5.0), (28.5, 30.0), (30.0, 30.0), (30.0, 55.0)]
    every = search_over(places, [1, 2], OPEN, beyond=(None, None))
    first = np.zeros((4, 4), bool)
    first[0, 1] = first[1, 3] = True
    rules = replace(RULES, leg_m=2000.0)
    found = replace(every, tried=first, rules=rules).run(0.0)
    assert_allclose(OPEN.price(found), OPEN.price(every.run(0.0)), rtol=1e-6)
    assert OPEN.price(found) < OPEN.price(OPEN.lonlat([places[0], places[1], places[3]]))


def test_positions_of_one_station_are_never_in_one_chain():
    search = search_over([(30, 5), (28, 30), (32, 30), (30, 55)], [1, 1], OPEN, beyond=(None, None))
    assert np.isinf(search.leg_prices()[1, 2])
    assert np.isinf(search.leg_prices()[2, 1])


def test_a_leg_that_is_clear_on_the_map_and_not_on_the_ellipsoid_is_given_up():
    # West of the central meridian the projection bows a geodesic of 115 km westward by 2 m, into the strip.
    priced = priced_sea(np.full((120, 20), 100.0), wall(120, 20, np.s_[:, :2]))
    search = search_over([(2.0, 1.5), (60.0, 3.0), (117.0, 1.5)], [1], priced, beyond=(None, None))
    assert np.isfinite(priced.kernel.price([(2.0, 1.5), (117.0, 1.5)]))
    assert np.isinf(priced.leg_prices(priced.lonlat([(2.0, 1.5), (117.0, 1.5)]))).all()
    assert_allclose(search.run(5000.0), priced.lonlat([(2.0, 1.5), (60.0, 3.0), (117.0, 1.5)]), atol=1e-9)


def test_a_route_of_no_length_stays_as_it_is():
    place, shore = OPEN.lonlat([[30.0, 10.0], [28.0, 10.0]])
    route = Route(np.array([place, place]))
    assert kept(route, OPEN, beyond=(shore, shore)) is route


# ------------------------------------------------------------------------------- what is kept


def test_a_route_that_keeps_the_rules_is_the_same_route():
    route = Route(OPEN.lonlat([[10.0, 5.0], [12.0, 20.0], [10.0, 35.0]]))
    assert not broken(route.lonlat, OPEN)
    assert kept(route, OPEN) is route
    assert course_findings(route, OPEN, beyond=(None, None)) == ()


DIP = np.s_[30:, 40:60]
TONGUE = np.s_[10:, 49:51]
CORNERS = {
    "60 degrees round a block, ploughed": (100.0, DIP, (50, 20), (50, 80)),
    "hairpin round a tongue, ploughed": (100.0, TONGUE, (55, 46), (55, 54)),
    "hairpin round a tongue, surface laid": (200.0, TONGUE, (55, 46), (55, 54)),
    "hairpin round a tongue, deep": (2000.0, TONGUE, (55, 46), (55, 54)),
    "blunt tongue, deep": (1000.0, TONGUE, (55, 30), (55, 70)),
}


@pytest.mark.parametrize("case", CORNERS)
def test_a_sharp_corner_becomes_turns_and_legs_that_can_be_kept(case):
    depth_m, block, start, end = CORNERS[case]
    priced = priced_sea(np.full((60, 100), depth_m), wall(60, 100, block))
    route = straight(priced, start, end)
    assert "turn" in [breach.rule for breach in broken(route.lonlat, priced)]
    better = kept(route, priced)
    assert broken(better.lonlat, priced) == []
    assert np.diff(better.kp_m).min() >= 500.0 - SLACK_M
    assert np.isfinite(priced.leg_prices(better.lonlat)).all()
    assert_array_equal(better.lonlat[[0, -1]], route.lonlat[[0, -1]])
    # The way round an arc that a ship of 2000 m radius turns in is longer than the others'.
    assert priced.price(better.lonlat) <= priced.price(route.lonlat) * (1.005 if depth_m < 2000.0 else 1.01)


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_legs_stay_clear_and_no_route_is_worse_than_the_one_given(seed):
    draw = np.random.default_rng(seed)
    free = np.ones((50, 50), bool)
    for row, col, high, wide in draw.integers([4, 4, 1, 1], [44, 44, 16, 8], (6, 4)):
        free[row : row + high, col : col + wide] = False
    free[:2], free[-2:] = True, True
    depth_m = np.where(draw.random() < 0.5, np.linspace(20.0, 1500.0, 50)[None, :], draw.choice([60.0, 300.0, 1500.0]))
    priced = priced_sea(depth_m * np.ones((50, 50)), free)
    route = straight(priced, (0, int(draw.integers(50))), (49, int(draw.integers(50))))
    better = kept(route, priced)
    assert counted(better.lonlat, priced) <= counted(route.lonlat, priced) + 1e-6
    assert np.isfinite(priced.leg_prices(better.lonlat)).all()
    assert_array_equal(better.lonlat[[0, -1]], route.lonlat[[0, -1]])
    assert len(better.lonlat) == 2 or np.diff(better.kp_m).min() > 0.0
    again = kept(route, priced)
    assert_array_equal(again.lonlat, better.lonlat)


def test_a_route_of_many_short_legs_is_mended_whole():
    # Alter courses that cost nothing leave a leg of some 50 m for every cell that a rough path passes.
    depth_m = 80.0 + 4000.0 * np.clip(
        ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(40, 60)), 3.0), 0, 9
    )
    priced = priced_sea(depth_m)
    route = straight(priced, (5, 3), (35, 55), alter_course_usd=0.0)
    assert len(broken(route.lonlat, priced)) > 50
    better = kept(route, priced, alter_course_usd=0.0)
    assert broken(better.lonlat, priced) == []
    assert priced.price(better.lonlat) <= 1.0005 * priced.price(route.lonlat)


@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_mended_amid_a_route_fits_the_legs_before_and_after_it(backwards):
    # An arc of legs of 3 km that turn by 15 degrees, one by 35: a short cut of the arc would begin with a sharp turn.
    place, bearing, places = OPEN.lonlat([[50.0, 15.0]])[0], 0.0, []
    for turn in [0.0] + 5 * [15.0] + [35.0] + 5 * [15.0]:
        places.append(place)
        bearing += turn
        place = np.array(GEOD.fwd(*place, bearing, 3000.0)[:2])
    route = Route(np.array(places[::-1] if backwards else places))
    assert len(broken(route.lonlat, OPEN)) == 1
    better = kept(route, OPEN)
    assert broken(better.lonlat, OPEN) == []
    assert_array_equal(better.lonlat[:2], route.lonlat[:2])  # far from the breach nothing moves
    assert_array_equal(better.lonlat[-2:], route.lonlat[-2:])


@pytest.mark.parametrize("case", CORNERS)
def test_a_route_walked_backwards_keeps_the_same_rules_for_nearly_the_same_price(case):
    depth_m, block, start, end = CORNERS[case]
    priced = priced_sea(np.full((60, 100), depth_m), wall(60, 100, block))
    route = straight(priced, start, end)
    out, home = kept(route, priced), kept(Route(route.lonlat[::-1]), priced)
    assert broken(home.lonlat, priced) == []
    # Positions are tried beside the leg that leaves an alter course, which is another one on the way back.
    assert_allclose(total_usd(out, priced), total_usd(home, priced), rtol=3e-3)


# ------------------------------------------------------------------------------------------ ends


def landing(priced, node, shore):
    """A landing whose straight approach leads from a place on the grid to a cell."""
    bmh, at = (tuple(map(float, place)) for place in priced.lonlat([shore, node]))
    return LandingSite(Landing("a", "A", "AA", *bmh), bmh, node, at, 0.0, GEOD.inv(*bmh, *at)[2])


def bu(priced, node):
    return Junction("j", "BU 1", tuple(map(float, priced.lonlat([node])[0])), node, 3, 100.0)


def test_a_landing_leads_in_by_its_approach_and_a_junction_does_not():
    ends = landing(OPEN, (10, 5), (9, 3)), bu(OPEN, (40, 40))
    start, end = beyond(ends)
    assert tuple(start) == ends[0].bmh
    assert end is None
    assert beyond(ends[::-1])[0] is None


def test_a_turn_out_of_a_shore_approach_counts_and_is_made_in_several():
    ends = landing(OPEN, (30, 10), (28, 10)), bu(OPEN, (30, 50))  # southward from the shore, then east
    route = Route(OPEN.lonlat([[30.0, 10.0], [30.0, 50.0]]))
    place, _ = beyond(ends)
    assert [breach.index for breach in broken(route.lonlat, OPEN, beyond=(place, None))] == [0]
    better = kept(route, OPEN, beyond=(place, None))
    assert broken(better.lonlat, OPEN, beyond=(place, None)) == []
    assert len(better.lonlat) >= 6  # 90 degrees by 20
    # The same at the other end, and none at all where both are at sea.
    back = Route(route.lonlat[::-1])
    home = kept(back, OPEN, beyond=(None, place))
    assert broken(home.lonlat, OPEN, beyond=(None, place)) == []
    assert kept(route, OPEN) is route


def test_a_path_is_laid_with_the_rules_of_the_catalogue_and_the_approaches_of_its_ends():
    priced = priced_sea(np.full((60, 100), 100.0), wall(60, 100, DIP))
    ends = landing(priced, (50, 20), (53, 20)), bu(priced, (50, 80))
    path = priced.guide.field((50, 20)).path_to((50, 80)).points
    route = lay_courses(path, ends, priced, alter_course_usd=5000.0)
    assert broken(route.lonlat, priced, beyond=beyond(ends)) == []
    assert_allclose(route.lonlat[[0, -1]], priced.lonlat([[50, 20], [50, 80]]))
    rules, catalogue = CourseRules.of(priced.surface.model.catalogue), read_catalogue()
    assert (rules.ploughed_deg, rules.surface_deg) == tuple(
        catalogue.rules[code].hard for code in ("turn-ploughed", "turn-surface")
    )
    assert (rules.leg_m, rules.radius_m, rules.radius_depths) == tuple(
        catalogue.rules[code].soft for code in ("leg-length", "turning-radius", "turning-radius-ship")
    )


# ------------------------------------------------------------------------------------- crossings


def crossed(priced, col, *, toll_usd):
    """A sea with one cable along a column, from north to south."""
    line = LineString(priced.surface.grid.to_xy(np.array([[0.0, col], [priced.surface.grid.shape[0] - 1.0, col]])))
    rule = CrossingRule(carries="telecom", toll_usd=toll_usd, separation_depths=0.0, separation_floor_m=0.0)
    return CrossingMap((Asset("Old cable", rule, (line,)),), (toll_usd,), priced)


@pytest.mark.parametrize("toll_usd", [1e5, 1e8])
@pytest.mark.parametrize("col", [30.0, 39.2, 40.3, 50.0, 59.0])
def test_a_cable_is_still_crossed_once_and_as_it_should_be(col, toll_usd):
    priced = priced_sea(np.full((60, 100), 100.0), wall(60, 100, DIP))
    crossings = crossed(priced, col, toll_usd=toll_usd)
    route = straight(priced, (50, 20), (50, 80), crossings=crossings)
    before, better = crossings.find(route.lonlat), kept(route, priced, crossings=crossings)
    after = crossings.find(better.lonlat)
    assert len(before) == len(after) == 1
    assert after[0].is_admissible
    assert counted(better.lonlat, priced) < counted(route.lonlat, priced)
    if not any(before[0].findings()):
        assert not any(after[0].findings())
    if abs(col - 50.0) > 15 or col == 50.0:
        assert broken(better.lonlat, priced) == []


# --------------------------------------------------------------------------------- limits by place


def elbow(priced, turn_deg, leg_m, *, at=(30, 30)):
    """Two legs of one length with one turn between them."""
    middle = priced.lonlat([at])[0]
    ends = [GEOD.fwd(*middle, bearing, leg_m)[:2] for bearing in (270.0, 90.0 + turn_deg)]
    return Route(np.array([ends[0], middle, ends[1]]))


@pytest.mark.parametrize(
    ("depth_m", "turn_deg", "leg_m", "told"),
    [
        (100.0, 19.9, 5000.0, None),
        (100.0, -19.9, 5000.0, None),
        (100.0, 20.2, 5000.0, "turn of 20.2 degrees, at most 20"),
        (100.0, -30.0, 5000.0, "turn of 30.0 degrees, at most 20"),
        (300.0, 30.0, 5000.0, None),
        (300.0, 44.9, 5000.0, None),
        (300.0, 45.2, 5000.0, "turn of 45.2 degrees, at most 45"),
        # A turn of 40 degrees on a radius of one depth needs 2 tan 20 = 0.728 depths on each side.
        (1000.0, 40.0, 740.0, None),
        (1000.0, 40.0, 720.0, "turn of 40.0 degrees on a radius of 1000 m needs legs of 728 m, the shorter is 720 m"),
        (
            2000.0,
            40.0,
            1400.0,
            "turn of 40.0 degrees on a radius of 2000 m needs legs of 1456 m, the shorter is 1400 m",
        ),
    ],
)
def test_the_limit_of_a_turn_is_that_of_how_the_cable_is_laid_and_of_the_depth(depth_m, turn_deg, leg_m, told):
    priced = priced_sea(np.full((60, 60), depth_m))
    found = course_findings(elbow(priced, turn_deg, leg_m), priced, beyond=(None, None))
    assert [finding.message for finding in found] == ([] if told is None else [f"KP {leg_m / 1000:.3f}: {told}"])
    assert bool(found) == bool(broken(elbow(priced, turn_deg, leg_m).lonlat, priced))


def test_the_ground_under_the_alter_course_decides_and_the_stricter_of_two_that_meet():
    assert not course_findings(elbow(MIXED, 30.0, 5000.0, at=(30, 30)), MIXED, beyond=(None, None))
    assert course_findings(elbow(MIXED, 30.0, 5000.0, at=(30, 29)), MIXED, beyond=(None, None))
    for nudge in (-1e-6, 0.0, 1e-6):
        assert course_findings(elbow(MIXED, 30.0, 5000.0, at=(30, 29.5 + nudge)), MIXED, beyond=(None, None))


@pytest.mark.parametrize(("short_m", "told"), [(499.5, []), (480.0, ["KP 5.000: leg of 480 m, shorter than 500 m"])])
def test_a_leg_between_alter_courses_that_is_too_short_is_told(short_m, told):
    route = elbow(OPEN, 2.0, 5000.0)
    end = GEOD.fwd(*route.lonlat[1], 92.0, short_m)[:2]
    line = Route(np.array([*route.lonlat[:2], end, GEOD.fwd(*end, 94.0, 5000.0)[:2]]))
    assert [finding.message for finding in course_findings(line, OPEN, beyond=(None, None))] == told
    assert broken(kept(line, OPEN).lonlat, OPEN) == []


# ------------------------------------------------------------------------------ what cannot be kept


def dead_end():
    """A channel of one cell that leads north, over a wall of one cell, and back, in water too deep to turn in it."""
    free = np.zeros((30, 30), bool)
    free[10:, 10] = free[10:, 12] = True
    free[10, 10:13] = True
    return priced_sea(np.full((30, 30), 2000.0), free)


def test_what_cannot_be_kept_is_told_by_kilometre_post_with_its_number():
    priced = dead_end()
    path = priced.guide.field((28, 10)).path_to((28, 12)).points
    ends = landing(priced, (28, 10), (29, 10)), bu(priced, (28, 12))
    route = lay_courses(path, ends, priced, alter_course_usd=5000.0)
    left = broken(route.lonlat, priced, beyond=beyond(ends))
    assert left
    assert np.isfinite(priced.leg_prices(route.lonlat)).all()
    found = course_findings(route, priced, beyond=beyond(ends))
    assert {(finding.rule, finding.severity) for finding in found} == {("alter-course", "warning")}
    kp_km = [round((ends[0].approach_m + route.kp_m[breach.index]) / 1000.0, 3) for breach in left]
    assert_allclose([finding.kp_from_km for finding in found], kp_km, atol=1.1e-3)
    assert [finding.kp_to_km for finding in found] == [finding.kp_from_km for finding in found]
    for breach, finding in zip(left, found, strict=True):
        number = f"leg of {breach.value:.0f} m" if breach.rule == "leg" else f"turn of {breach.value:.1f} degrees"
        assert finding.message.startswith(f"KP {finding.kp_from_km:.3f}: {number}")
    before = straight(priced, (28, 10), (28, 12))
    assert counted(route.lonlat, priced, beyond=beyond(ends)) <= counted(before.lonlat, priced, beyond=beyond(ends))


def test_where_no_chain_breaks_fewer_rules_the_route_stays_as_it_is():
    rules = CourseRules(surface_deg=1e-3, ploughed_deg=1e-3, leg_m=1e6)
    route = Route(OPEN.lonlat([[10.0, 10.0], [12.0, 20.0]]))
    assert kept(route, OPEN, rules=rules) is route


# --------------------------------------------------------------------------------------------- plans


def charted(path):
    """Beach manholes, shore ends and alter courses of a position list: (lon, lat) and KP of each, in order."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if not row[0].startswith("#")]
    head = rows[0]
    lon, lat = head.index("Longitude [decimal deg]"), head.index("Latitude [decimal deg]")
    marks = [row for row in rows[1:] if re.search(r"BMH|Shore end|A/C", row[1])]
    return np.array([[float(row[lon]), float(row[lat])] for row in marks]), [
        float(row[head.index("KP [km]")]) for row in marks
    ]


def told_and_found(folder, summary, priced, rules):
    """For every link: KP of its alter-course findings, and of breaches recomputed from its position list."""
    for option in summary["options"]:
        for link in option["links"]:
            places, kp_km = charted(folder / f"rpl_{link['id']}.csv")
            told = [each["kp_from_km"] for each in link["findings"] if each["rule"] == "alter-course"]
            left = broken(places[1:-1], priced, beyond=(places[0], places[-1]), rules=rules)
            yield told, [kp_km[1 + breach.index] for breach in left]


def test_every_link_of_a_run_keeps_the_rules_or_says_where_not(finished_run):
    priced = finished_run.sea.priced
    pairs = list(told_and_found(finished_run.folder, finished_run.summary, priced, RULES))
    assert len(pairs) >= 3
    for told, found in pairs:
        assert_allclose(sorted(told), sorted(found), atol=2e-3)


def test_rules_that_no_link_can_keep_are_told_at_every_place(sea_project):
    # A degree at most, whatever the way the cable is laid: every landing breaks it.
    strict = {"hard": 1.0, "soft": 1.0, "target": 1.0}
    sea_project.settings["catalogue"] = {"rule": {"turn-ploughed": strict, "turn-surface": strict}}
    _, sea = sea_project.surface()
    done = sea_project.run()
    rules = CourseRules(ploughed_deg=1.0, surface_deg=1.0)
    pairs = list(told_and_found(done.folder, done.summary, sea.priced, rules))
    assert all(told for told, _ in pairs)
    for told, found in pairs:
        assert_allclose(sorted(told), sorted(found), atol=2e-3)


def test_routes_that_keep_apart_keep_the_rules_and_stay_apart():
    priced = priced_sea(np.full((61, 121), 100.0))
    a, b = (landing(priced, node, node) for node in ((30, 10), (30, 110)))
    spacing = Spacing(separation_m=12_000.0, zone_m=8000.0)
    found = separated_routes(Laying(priced, alter_course_usd=5000.0), ((a, b),) * 2, spacing=spacing)
    inner = [route.lonlat[1:-1] for route in found.routes]  # the approaches have no length here
    assert all(broken(line, priced) == [] for line in inner)
    assert max(len(line) for line in inner) > 2
    first, second = (outside(line, (a.bmh, b.bmh), spacing.zone_m) for line in inner)
    i, j = (index.ravel() for index in np.indices((len(first), len(second))))
    # Places looked at are 200 m apart on each line: the nearest two may be missed by less than a metre 12 km off.
    assert GEOD.inv(*first[i].T, *second[j].T)[2].min() >= spacing.separation_m - 1.0


def outside(line, centres, zone_m):
    """Places 200 m apart on a line, outside the zones of its landings."""
    dense = geodesy.densify(line, step_m=200.0)
    away = np.min([GEOD.inv(*dense.T, *np.tile(centre, (len(dense), 1)).T)[2] for centre in centres], axis=0)
    return dense[away > zone_m]
