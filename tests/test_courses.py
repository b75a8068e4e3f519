"""Alter courses: chains of legs against enumeration, rules recomputed on the ellipsoid, and what cannot be kept."""

from itertools import combinations, pairwise
from math import hypot, radians, tan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import priced_sea
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import Geod, Transformer

from routing import geodesy
from routing.courses import CourseRules, keep_courses
from routing.route import Route, straighten

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


def broken(lonlat, priced, *, beyond=(None, None), rules=RULES):
    """Rules that a route breaks, one by one with pyproj: (index, rule, value, limit)."""
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
        if turn > limit + SLACK_DEG:
            found.append((k - len(before), "turn", turn, limit))
        elif radius_m * tan(radians(min(turn, 179.0)) / 2) > 0.5 * min(arriving_m, leaving_m) + SLACK_M:
            found.append((k - len(before), "radius", turn, limit))
    own = legs[len(before) : len(before) + len(lonlat) - 1]
    if len(own) > 1:
        found += [(k, "leg", m, rules.leg_m) for k, (*_, m) in enumerate(own) if m < rules.leg_m - SLACK_M]
    return found


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
