"""Alter courses that a plough and a ship can keep: the cheapest chain of legs under the rules of turns.

A straightened route may turn too sharply at one place, or in legs too short to lay.
Around such places the search is repeated with positions beside the route, so that a
sharp turn becomes several that can be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.finding import Finding
from routing.route import Legs, Route, straighten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.catalogue import Catalogue
    from routing.crossing import CrossingMap
    from routing.junction import Junction
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]
    Beyond = tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]

__all__ = ["CourseRules", "beyond", "course_findings", "keep_courses", "lay_courses"]

#: Where positions are tried round a place that breaks a rule: along the route and beside it, in shortest legs.
_ALONG = (-4.5, -3.2, -2.2, -1.6, -1.1, -0.5, 0.0, 0.5, 1.1, 1.6, 2.2, 3.2, 4.5)
_BESIDE = (-1.3, -0.9, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.9, 1.3)
#: Legs of the arcs that lead out of a shore approach, and the most of one round a sharp turn.
_ARC_LEGS, _BEND_LEGS = 5, 9
#: Turns of these arcs, in largest turns.
_ARC_TURNS, _BEND_TURNS = (-1.0, -0.5, 0.5, 1.0), (0.7, 1.0)
#: Evenly spaced positions of the route that may be used instead of its alter courses.
_EVEN = 40
#: A route is looked at when it is dearer than the given one by less than this share, so many shortest legs of mean
#: price and so many alter courses.
_DEARER, _MORE_LEGS, _MORE_COURSES = 0.005, 8, 10
#: So many places that break rules are mended together, with so many alter courses on each side free to move.
_TOGETHER, _ASIDE = 6, 3
#: Price of breaking a rule, USD: more than any detour that the search looks at.
_BREACH_USD = 1e9
#: What is found on a route is judged to so much.
_SLACK_DEG, _SLACK_M = 0.05, 1.0
#: Alter courses stand on corners of cells, to the rounding of a projection: every cell within this share is heeded.
_TOUCH = 0.01


@dataclass(frozen=True)
class CourseRules:
    """What a chain of legs must keep.

    Attributes
    ----------
    ploughed_deg, surface_deg
        Largest turn at one alter course where the cable is ploughed in, and elsewhere.
    leg_m
        Shortest leg between two alter courses.
    radius_m
        Least radius of a turn of the plough.
    radius_depths
        Least radius of a turn of the ship, in water depths.

    Notes
    -----
    A turn of angle a on a radius R is an arc that leaves the first leg and meets the second R tan(a / 2) from the
    alter course (the tangent length of a circular curve). Half a leg is there for the turn at each of its ends.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> rules = CourseRules.of(read_catalogue())
    >>> rules.ploughed_deg, rules.surface_deg, rules.leg_m
    (20.0, 45.0, 500.0)
    """

    ploughed_deg: float = 20.0
    surface_deg: float = 45.0
    leg_m: float = 500.0
    radius_m: float = 500.0
    radius_depths: float = 1.0

    @classmethod
    def of(cls, catalogue: Catalogue) -> CourseRules:
        """The rules of a catalogue."""
        rules = catalogue.rules
        return cls(
            ploughed_deg=rules["turn-ploughed"].hard,
            surface_deg=rules["turn-surface"].hard,
            leg_m=rules["leg-length"].soft,
            radius_m=rules["turning-radius"].soft,
            radius_depths=rules["turning-radius-ship"].soft,
        )

    def shortness(self, leg_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much legs are too short: 0 where they are not, else 1 and the missing share."""
        return np.where(leg_m < self.leg_m - _SLACK_M, 2.0 - leg_m / self.leg_m, 0.0)


@dataclass(frozen=True)
class _Ground:
    """What decides how a course may be altered at positions: ploughed or not, and the radius of a turn."""

    limit_deg: NDArray[np.float64]
    radius_m: NDArray[np.float64]

    @classmethod
    def under(cls, places: NDArray[np.float64], priced: PricedGrid, rules: CourseRules) -> _Ground:
        """The ground at grid positions (n, 2); where cells meet, the one that demands more."""
        surface = priced.surface
        touched = np.asarray(places)[None] + _TOUCH * np.array([[[-1, -1]], [[-1, 1]], [[1, -1]], [[1, 1]]])
        row, col = np.moveaxis(np.clip(np.rint(touched).astype(np.intp), 0, np.array(surface.grid.shape) - 1), -1, 0)
        methods = np.array([way.protection == "plough" for way in surface.model.options])
        free = surface.free[row, col]
        ploughed = (free & methods[surface.chosen[surface.index[row, col]]]).any(axis=0)
        depth_m = np.where(free, np.nan_to_num(surface.depth_m[row, col].astype(float)), 0.0).max(axis=0)
        return cls(
            np.where(ploughed, rules.ploughed_deg, rules.surface_deg),
            np.where(ploughed, rules.radius_m, rules.radius_depths * depth_m),
        )

    @property
    def leg_m(self) -> NDArray[np.float64]:
        """Shortest leg on each side of the sharpest turn that may be made at each position."""
        return np.asarray(2.0 * self.radius_m * np.tan(np.radians(self.limit_deg) / 2.0))

    def excess(self, at: int, turn_deg: NDArray[np.float64], shorter_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much turns at one position break the rules: 0 where they keep them, at least 1 where not."""
        over = np.maximum(np.abs(turn_deg) / (self.limit_deg[at] + _SLACK_DEG) - 1.0, 0.0)
        room = self.radius_m[at] * np.tan(np.radians(np.minimum(np.abs(turn_deg), 179.0)) / 2.0)
        tight = np.maximum(room / np.maximum(0.5 * shorter_m + _SLACK_M, 1e-9) - 1.0, 0.0)
        return np.asarray(np.where((over > 0) | (tight > 0), 1.0 + over + np.minimum(tight, 1e3), 0.0))

    def describe(self, at: int, turn_deg: float, shorter_m: float) -> str:
        """What a turn that breaks a rule is, and what it may be."""
        if turn_deg > self.limit_deg[at] + _SLACK_DEG:
            return f"turn of {turn_deg:.1f} degrees, at most {self.limit_deg[at]:g}"
        needed_m = 2.0 * self.radius_m[at] * np.tan(np.radians(turn_deg) / 2.0)
        return (
            f"turn of {turn_deg:.1f} degrees on a radius of {self.radius_m[at]:.0f} m needs legs of {needed_m:.0f} m, "
            f"the shorter is {shorter_m:.0f} m"
        )


def lay_courses(
    path: NDArray[np.float64], ends: Ends, priced: PricedGrid, *, alter_course_usd: float,
    crossings: CrossingMap | None = None,
) -> Route:  # fmt: skip
    """A path between two ends as a route whose alter courses keep the rules of the catalogue where they can.

    Parameters
    ----------
    path
        Grid positions (n, 2), row and col, from start to end, without the shore approaches.
    ends
        Landings, or junctions at sea.
    priced
        Prices the legs.
    alter_course_usd
        Price of each alter course.
    crossings
        Assets that legs may cross, by their rules.

    Raises
    ------
    InfeasibleError
        When no chain of legs is clear.

    Examples
    --------
    A path over open sea of one depth is one leg.

    >>> from routing.junction import Junction
    >>> from routing.catalogue import read_catalogue
    >>> from routing.constraints import ExclusionMap
    >>> from routing.cost import CostModel
    >>> from routing.exposure import Exposure
    >>> from routing.grid import Grid
    >>> from routing.pricing import PricedGrid
    >>> catalogue, shape = read_catalogue(), (40, 60)
    >>> model, cells = CostModel(catalogue), Grid(*shape, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
    >>> deep, open_sea = np.full(shape, 100.0, np.float32), ExclusionMap(np.zeros(shape, np.uint8), ("zone",))
    >>> priced = PricedGrid(model.surface(cells, deep, Exposure.uniform(shape, catalogue), open_sea))
    >>> path = np.array([[5.0, 5.0], [30.0, 5.0], [30.0, 50.0]])
    >>> ends = [
    ...     Junction(name, name, tuple(priced.lonlat([node])[0]), node, 3, 100.0)
    ...     for name, node in (("a", (5.0, 5.0)), ("b", (30.0, 50.0)))
    ... ]
    >>> lay_courses(path, tuple(ends), priced, alter_course_usd=5000.0).lonlat.shape
    (2, 2)
    """
    route = straighten(path, priced, alter_course_usd=alter_course_usd, crossings=crossings)
    rules = CourseRules.of(priced.surface.model.catalogue)
    return keep_courses(
        route, priced, rules=rules, beyond=beyond(ends), alter_course_usd=alter_course_usd, crossings=crossings
    )


def beyond(ends: Ends) -> Beyond:
    """The beach manholes from which and to which a route leads in straight approaches; None at sea.

    Examples
    --------
    >>> from routing.junction import Junction
    >>> a, b = (Junction(name, name, (lon, 41.0), (0.0, 0.0), 3, 100.0) for name, lon in (("a", 50.0), ("b", 51.0)))
    >>> beyond((a, b))
    (None, None)
    """
    start, end = (np.array(end.place) if end.approach_m > 0 else None for end in ends)
    return start, end


def keep_courses(  # noqa: PLR0913
    route: Route, priced: PricedGrid, *, rules: CourseRules, beyond: Beyond = (None, None), alter_course_usd: float,
    crossings: CrossingMap | None = None,
) -> Route:  # fmt: skip
    """The cheapest route near a given one whose alter courses keep the rules.

    Parameters
    ----------
    route
        Geodesic legs clear of exclusions.
    priced
        Prices the legs.
    rules
        The rules.
    beyond
        Positions (lon, lat) from which the route is entered and to which it is left, by the straight shore approaches;
        None where it begins or ends at sea.
    alter_course_usd
        Price of each alter course.
    crossings
        Assets that legs may cross, by their rules.

    Returns
    -------
    route
        The given one where it keeps the rules, or where nothing that was tried breaks them less. Where no chain keeps
        them all, one that breaks them least: in the sum over all breaches of 1 and of the share by which a turn, the
        room that it takes or a leg is off.

    Notes
    -----
    A dynamic programme over pairs of legs. Positions are those of the route, some evenly spaced on it, and a lattice
    round every place that breaks a rule; the answer is the cheapest chain of them, among all that are little dearer
    than the given route. Legs are re-priced on the ellipsoid, and one that touches an exclusion or crosses badly there
    is struck out and the search repeated. Where the given route keeps the soft rules of crossings, so does the answer.

    Where more than six places break rules, the route's own positions are tried first, then six places at a time: the
    answer is the best of each of these searches, not of all of them together.

    Examples
    --------
    Round the end of a spit, where the cable is ploughed in.

    >>> from routing.catalogue import read_catalogue
    >>> from routing.constraints import ExclusionMap
    >>> from routing.cost import CostModel
    >>> from routing.exposure import Exposure
    >>> from routing.grid import Grid
    >>> from routing.pricing import PricedGrid
    >>> catalogue, shape = read_catalogue(), (40, 60)
    >>> model, cells = CostModel(catalogue), Grid(*shape, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
    >>> deep, spit = np.full(shape, 100.0, np.float32), np.zeros(shape, np.uint8)
    >>> spit[11:, 30] = 1
    >>> zones = ExclusionMap(spit, ("spit",))
    >>> priced = PricedGrid(model.surface(cells, deep, Exposure.uniform(shape, catalogue), zones))
    >>> route = Route(priced.lonlat([[30.0, 10.0], [10.0, 30.0], [30.0, 50.0]]))
    >>> route.turns_deg.round().tolist()
    [90.0]
    >>> mended = keep_courses(route, priced, rules=CourseRules.of(catalogue), alter_course_usd=5000.0)
    >>> float(np.abs(mended.turns_deg).max().round()), bool(np.diff(mended.kp_m).min() > 499.0)
    (20.0, True)
    >>> abs(priced.price(mended.lonlat) / priced.price(route.lonlat) - 1.0) < 0.005
    True
    """
    mending = _Mending(priced, rules, beyond, alter_course_usd, crossings)
    if len(mending.broken(route)) > _TOGETHER:
        route = mending.mended(route, (0, len(route.lonlat) - 1), ())
    return mending.all_mended(route)


def course_findings(route: Route, priced: PricedGrid, *, beyond: Beyond) -> tuple[Finding, ...]:
    """What the alter courses of a route break, by KP of the whole route, approaches included.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> from routing.constraints import ExclusionMap
    >>> from routing.cost import CostModel
    >>> from routing.exposure import Exposure
    >>> from routing.grid import Grid
    >>> from routing.pricing import PricedGrid
    >>> catalogue, shape = read_catalogue(), (40, 60)
    >>> model, cells = CostModel(catalogue), Grid(*shape, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
    >>> deep, open_sea = np.full(shape, 100.0, np.float32), ExclusionMap(np.zeros(shape, np.uint8), ("zone",))
    >>> priced = PricedGrid(model.surface(cells, deep, Exposure.uniform(shape, catalogue), open_sea))
    >>> route = Route(priced.lonlat([[10.0, 10.0], [15.0, 20.0], [10.0, 30.0]]))
    >>> [finding.message for finding in course_findings(route, priced, beyond=(None, None))]
    ['KP 11.185: turn of 53.1 degrees, at most 20']
    """
    rules = CourseRules.of(priced.surface.model.catalogue)
    start_m = 0.0 if beyond[0] is None else float(geodesy.inverse(beyond[0], route.lonlat[:1])[2][0])
    found = []
    for breach in _breaches(route, priced, rules, beyond):
        kp_km = round((start_m + float(route.kp_m[breach.index])) / 1000.0, 3)
        found.append(Finding("alter-course", "warning", f"KP {kp_km:.3f}: {breach.text}", kp_km, kp_km))
    return tuple(found)


@dataclass(frozen=True)
class _Breach:
    """A position of a route at which a rule is broken, how, and by how much, at least 1."""

    index: int
    text: str
    excess: float


def _breaches(route: Route, priced: PricedGrid, rules: CourseRules, beyond: Beyond) -> Iterator[_Breach]:
    chain, first = _with_approaches(route.lonlat, beyond)
    whole = Route(chain)
    lengths, turns = np.diff(whole.kp_m), whole.turns_deg
    ground = _Ground.under(priced.rowcol(chain), priced, rules)
    for k, turn in enumerate(turns.tolist(), start=1):
        shorter = float(min(lengths[k - 1], lengths[k]))
        excess = float(ground.excess(k, np.array(turn), np.array(shorter)))
        if excess > 0:
            yield _Breach(k - first, ground.describe(k, abs(turn), shorter), excess)
    own = lengths[first : first + len(route.lonlat) - 1]
    shortness = rules.shortness(own)
    for k in np.flatnonzero(shortness).tolist() if len(own) > 1 else ():
        yield _Breach(k, f"leg of {own[k]:.0f} m, shorter than {rules.leg_m:g} m", float(shortness[k]))


@dataclass(frozen=True)
class _Mending:
    """What a route is mended with, as in :func:`keep_courses`."""

    priced: PricedGrid
    rules: CourseRules
    beyond: Beyond
    alter_course_usd: float
    crossings: CrossingMap | None

    def broken(self, route: Route) -> list[int]:
        """Positions at which a route breaks a rule."""
        return sorted({breach.index for breach in _breaches(route, self.priced, self.rules, self.beyond)})

    def excess(self, route: Route) -> float:
        """By how much a route breaks rules, all in all."""
        return sum(breach.excess for breach in _breaches(route, self.priced, self.rules, self.beyond))

    def all_mended(self, route: Route) -> Route:
        """A route with all its breaches mended as far as may be, some at a time."""
        broken = self.broken(route)
        # From the last to the first, so that what is changed has no effect on the numbers of what is still to do.
        for first in range(0, len(broken), _TOGETHER)[::-1]:
            places = tuple(broken[first : first + _TOGETHER])
            span = max(places[0] - _ASIDE, 0), min(places[-1] + 1 + _ASIDE, len(route.lonlat) - 1)
            route = self.mended(route, span, places)
        return route

    def mended(self, route: Route, span: tuple[int, int], places: tuple[int, ...]) -> Route:
        """A route searched anew between two positions, round some of them; itself where that breaks as much."""
        start, end = span
        around = (
            route.lonlat[start - 1] if start > 0 else self.beyond[0],
            route.lonlat[end + 1] if end + 1 < len(route.lonlat) else self.beyond[1],
        )
        part = Route(route.lonlat[start : end + 1])
        if part.length_m == 0.0:  # both ends on one place: there is no way on which to make a turn
            return route
        near = [k - start for k in places]
        lonlat = _Search.around(part, near, self.priced, self.rules, around, self.crossings).run(self.alter_course_usd)
        if lonlat is None:
            return route
        other = Route(np.concatenate([route.lonlat[:start], lonlat, route.lonlat[end + 1 :]]))
        return min(route, other, key=self.excess)


def _with_approaches(lonlat: NDArray[np.float64], beyond: Beyond) -> tuple[NDArray[np.float64], int]:
    """Positions with those of the approaches, and how many stand before the first of the route."""
    parts = [np.reshape(place, (-1, 2)) if place is not None else np.empty((0, 2)) for place in beyond]
    return np.concatenate([parts[0], lonlat, parts[1]]), len(parts[0])


@dataclass(frozen=True)
class _Search:
    """Positions in the order of the route, and the legs between them.

    Attributes
    ----------
    places
        Grid positions (n, 2); the first and last are the ends of the route.
    station
        Where along the route each stands: legs lead to later stations.
    legs
        Prices legs.
    rules, beyond
        The rules, and where the approaches lead from and to, (lon, lat).
    cutoff_usd
        No chain dearer than this is looked at, alter courses apart.
    """

    places: NDArray[np.float64]
    station: NDArray[np.float64]
    legs: Legs
    rules: CourseRules
    beyond: Beyond
    cutoff_usd: float

    @classmethod
    def around(  # noqa: PLR0913, PLR0917  (an assembly of independent facts)
        cls, route: Route, breaches: list[int], priced: PricedGrid, rules: CourseRules, beyond: Beyond,
        crossings: CrossingMap | None,
    ) -> _Search:  # fmt: skip
        """Positions of a route, and a lattice round those that break rules."""
        own = priced.rowcol(route.lonlat)
        where, at = _positions(route, breaches, priced, rules, beyond)
        # Soft rules of crossings that the route keeps are not given up for a turn.
        strict = crossings is not None and not any(any(each.findings()) for each in crossings.find(route.lonlat))
        usd = np.diagonal(Legs(own, priced, crossings, strict=strict).prices(), offset=1).sum()
        more = _DEARER + _MORE_LEGS * rules.leg_m / route.length_m
        legs = Legs(where, priced, crossings, strict=strict)
        return cls(where, at, legs, rules, beyond, float((1.0 + more) * usd))

    def run(self, alter_course_usd: float) -> NDArray[np.float64] | None:
        """Positions (n, 2), (lon, lat), of the cheapest chain that keeps the rules; None when no chain is clear."""
        lonlat = self.legs.priced.lonlat(self.places)
        prices = self._prices(alter_course_usd)
        courses = _Courses.between(lonlat, np.isfinite(prices))
        prices += _BREACH_USD * self.rules.shortness(courses.metres)
        ground = _Ground.under(self.places, self.legs.priced, self.rules)
        prices[0] += self._turn_in(0, lonlat, courses, ground)
        prices[:, -1] += self._turn_in(-1, lonlat, courses, ground)
        while True:
            kept = _cheapest(prices, courses, ground, alter_course_usd)
            if kept is None:
                return None
            blocked = self.legs.blocked(lonlat[kept])
            if not blocked.any():
                return np.asarray(lonlat[kept])
            prices[np.array(kept[:-1])[blocked], np.array(kept[1:])[blocked]] = np.inf

    def _prices(self, alter_course_usd: float) -> NDArray[np.float64]:
        """Price of each leg; inf where it cannot be part of a good chain."""
        prices = self.legs.prices()
        prices[self.station[:, None] >= self.station[None, :]] = np.inf
        ahead, behind = _least(prices), _least(prices[::-1, ::-1].T)[::-1]
        usd = ahead[:, None] + prices + behind[None, :]
        prices[usd > self.cutoff_usd + _MORE_COURSES * alter_course_usd] = np.inf
        return prices

    def _turn_in(
        self, end: int, lonlat: NDArray[np.float64], courses: _Courses, ground: _Ground
    ) -> NDArray[np.float64]:
        """Price of breaking rules at an end, where a shore approach leads into the first leg or out of the last."""
        place = self.beyond[end]
        if place is None:
            return np.zeros(len(lonlat))
        pair = np.reshape(place, (1, 2)), lonlat[[end]]
        leave, arrive, straight_m = geodesy.inverse(*(pair if end == 0 else pair[::-1]))
        turn = courses.leave_deg[0] - arrive if end == 0 else leave - courses.arrive_deg[:, -1]
        metres = courses.metres[0] if end == 0 else courses.metres[:, -1]
        return _BREACH_USD * ground.excess(end, _wrapped(turn), np.minimum(metres, straight_m))


@dataclass(frozen=True)
class _Courses:
    """Bearing at the start and at the end of every leg (n, n), and its length; 0 where there is no leg."""

    leave_deg: NDArray[np.float64]
    arrive_deg: NDArray[np.float64]
    metres: NDArray[np.float64]

    @classmethod
    def between(cls, lonlat: NDArray[np.float64], legs: NDArray[np.bool_]) -> _Courses:
        """Geodesics between positions (n, 2), (lon, lat), for the pairs that are legs."""
        first, last = np.nonzero(legs)
        found = np.zeros((3, *legs.shape))
        found[:, first, last] = geodesy.inverse(lonlat[first], lonlat[last])
        return cls(*found)


def _cheapest(
    prices: NDArray[np.float64], courses: _Courses, ground: _Ground, alter_course_usd: float
) -> list[int] | None:
    """The cheapest chain from the first position to the last, turns judged at every inner one."""
    count = len(prices)
    best, came_from = np.full((count, count), np.inf), np.full((count, count), -1)
    best[0] = prices[0]
    for i in range(1, count - 1):
        into, onto = np.flatnonzero(np.isfinite(best[:i, i])), np.flatnonzero(np.isfinite(prices[i]))
        if not len(into) or not len(onto):
            continue
        turn = _wrapped(courses.leave_deg[i, onto][None, :] - courses.arrive_deg[into, i][:, None])
        shorter = np.minimum(courses.metres[into, i][:, None], courses.metres[i, onto][None, :])
        usd = best[into, i][:, None] + alter_course_usd + _BREACH_USD * ground.excess(i, turn, shorter)
        cheapest = np.argmin(usd, axis=0)
        best[i, onto] = usd[cheapest, np.arange(len(onto))] + prices[i, onto]
        came_from[i, onto] = into[cheapest]
    last = int(np.argmin(best[:, -1]))
    if not np.isfinite(best[last, -1]):
        return None
    chain = [count - 1, last]
    while chain[-1]:
        chain.append(int(came_from[chain[-1], chain[-2]]))
    return chain[::-1]


def _wrapped(turn_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turns as -180 to 180 degrees."""
    return np.asarray((turn_deg + 180.0) % 360.0 - 180.0)


def _positions(
    route: Route, breaches: list[int], priced: PricedGrid, rules: CourseRules, beyond: Beyond
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Grid positions (n, 2) that may become alter courses, both ends among them, and their stations, in order."""
    even = np.linspace(0.0, route.length_m, _EVEN)[1:-1]
    tried = [(route.at(even), even)]
    ground = _Ground.under(priced.rowcol(route.lonlat), priced, rules)
    for k in sorted({min(max(k, 0), len(route.lonlat) - 1) for k in breaches}):
        unit_m = max(rules.leg_m, 0.5 * priced.step_m, float(ground.leg_m[k]))
        tried += [_lattice(route, float(route.kp_m[k]), unit_m), *_bends(route, k, float(ground.limit_deg[k]), unit_m)]
    tried += [_arcs(route, beyond[end], end, rules) for end in (0, -1)]
    at = np.concatenate([station for _, station in tried])
    where = priced.rowcol(np.concatenate([lonlat for lonlat, _ in tried]))
    sound = (at > 0.0) & (at < route.length_m) & _is_free(where, priced)
    # The route's own positions stand on corners of excluded cells, and are always among those tried.
    own = priced.rowcol(route.lonlat)
    where, at = np.concatenate([own[1:-1], where[sound]]), np.concatenate([route.kp_m[1:-1], at[sound]])
    order = np.lexsort((where[:, 1], where[:, 0], at))
    return (
        np.concatenate([own[:1], where[order], own[-1:]]),
        np.concatenate([[-1.0], at[order], [route.length_m + 1.0]]),
    )


def _lattice(route: Route, kp_m: float, unit_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (n, 2) round a place of a route, along and beside it, and their stations."""
    along = kp_m + unit_m * np.array(_ALONG)
    along = along[(along > 0) & (along < route.length_m)]
    if not len(along):
        return np.empty((0, 2)), np.empty(0)
    middle = route.at(along)
    ahead = route.bearings_deg[np.clip(np.searchsorted(route.kp_m, along, side="right") - 1, 0, len(route.lonlat) - 2)]
    parts = [
        geodesy.direct(middle, ahead + (90.0 if beside > 0 else -90.0), np.full(len(along), abs(beside) * unit_m))
        for beside in _BESIDE
    ]
    return np.concatenate(parts), np.tile(along, len(_BESIDE))


def _arcs(
    route: Route, place: NDArray[np.float64] | None, end: int, rules: CourseRules
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (n, 2) that a course reaches from a shore approach by turns as sharp as they may be, or half of it."""
    if place is None:
        return np.empty((0, 2)), np.empty(0)
    own = route.lonlat[end]
    straight = float(geodesy.inverse(place.reshape(1, 2), own.reshape(1, 2))[1][0])
    start_m, sign = (0.0, 1.0) if end == 0 else (route.length_m, -1.0)
    steps = np.arange(1.0, _ARC_LEGS + 1)
    arcs = [
        _arc(own, straight + steps * turn * rules.ploughed_deg, leg_m=1.05 * rules.leg_m, start_m=start_m, sign=sign)
        for turn in _ARC_TURNS
    ]
    return np.concatenate([lonlat for lonlat, _ in arcs]), np.concatenate([at for _, at in arcs])


def _bends(
    route: Route, k: int, limit_deg: float, unit_m: float
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Arcs of even turns through an alter course, in place of it: before it, after it, and half on each side."""
    if not 0 < k < len(route.lonlat) - 1:
        return
    turn, leaving = float(route.turns_deg[k - 1]), float(route.bearings_deg[k])
    for share in _BEND_TURNS:
        each = float(np.copysign(share * limit_deg, turn))
        steps = np.arange(1.0, min(int(np.ceil(turn / each)), _BEND_LEGS) + 1)
        middle = leaving - 0.5 * turn
        ahead = (leaving - turn + steps * each, middle + (steps - 0.5) * each)
        astern = (leaving + 180.0 - steps * each, middle + 180.0 - (steps - 0.5) * each)
        for sign, bearings in ((1.0, ahead), (-1.0, astern)):
            for bearing in bearings:
                yield _arc(route.lonlat[k], bearing, leg_m=1.05 * unit_m, start_m=float(route.kp_m[k]), sign=sign)


def _arc(
    start: NDArray[np.float64], bearings_deg: NDArray[np.float64], *, leg_m: float, start_m: float, sign: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (n, 2) reached by legs of one length and given bearings, and their stations."""
    found = [start]
    for bearing in bearings_deg.tolist():
        found.append(geodesy.direct(found[-1].reshape(1, 2), np.array([bearing]), np.array([leg_m]))[0])
    return np.array(found[1:]), np.asarray(start_m + sign * 0.5 * leg_m * np.arange(1, len(found)), np.float64)


def _is_free(places: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.bool_]:
    cells = np.rint(places).astype(np.intp)
    inside = np.asarray(((cells >= 0) & (cells < np.array(priced.surface.grid.shape))).all(axis=1))
    row, col = np.where(inside[:, None], cells, 0).T
    return np.asarray(inside & priced.surface.free[row, col])


def _least(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least price from the first position to each, over legs (n, n) that lead forward."""
    least = np.full(len(prices), np.inf)
    least[0] = 0.0
    for j in range(1, len(prices)):
        least[j] = (least[:j] + prices[:j, j]).min()
    return least
