"""Alter courses: chains of legs against enumeration, rules recomputed on the ellipsoid, and what cannot be kept."""

from dataclasses import dataclass
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

from routing import geodesy
from routing.courses import CourseRules, _Search, beyond, course_findings, keep_courses, lay_courses
from routing.route import Legs, Route, straighten

GEOD = Geod(ellps="WGS84")
TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:32639", always_xy=True)
RULES = CourseRules()
#: A turn or a leg is judged on the ellipsoid to so much.
SLACK_DEG, SLACK_M = 0.05, 1.0


def ground(place, priced):
    """Whether the cable is ploughed in at a position, and the water depth: the strictest of the cells that it touches."""
    x, y = TO_MAP.transform(*place)
    row, col = (4_640_000.0 - y) / 1000.0, (x - 450_000.0) / 1000.0  # of the cells' upper left corners
    surface, ploughed, depth_m = priced.surface, False, 0.0
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
    return _Search(where, at, legs, RULES, beyond, 1e12)


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


def test_positions_of_one_station_are_never_in_one_chain():
    search = search_over([(30, 5), (28, 30), (32, 30), (30, 55)], [1, 1], OPEN, beyond=(None, None))
    assert np.isinf(search._prices(0.0)[1, 2])
    assert np.isinf(search._prices(0.0)[2, 1])


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
