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
#: Legs of the arcs that lead out of a shore approach.
_ARC_LEGS = 5
#: Evenly spaced positions of the route that may be used instead of its alter courses.
_EVEN = 40
#: Legs that can be part of no route dearer than the given one by less than this share are the ones looked at.
_DEARER = 0.005
#: Price of breaking a rule, USD: more than any detour that the search looks at.
_BREACH_USD = 1e9
#: Bearings and lengths on the grid and on the ellipsoid differ by less.
_SLACK_DEG, _SLACK_M = 0.05, 1.0


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
    A turn of angle a on a radius R takes R tan(a / 2) of the leg on each side; half a leg is there for it.
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


@dataclass(frozen=True)
class _Ground:
    """What decides how a course may be altered at positions: ploughed or not, and the radius of a turn."""

    limit_deg: NDArray[np.float64]
    radius_m: NDArray[np.float64]

    @classmethod
    def under(cls, places: NDArray[np.float64], priced: PricedGrid, rules: CourseRules) -> _Ground:
        surface = priced.surface
        cells = np.clip(np.rint(places).astype(np.intp), 0, np.array(surface.grid.shape) - 1)
        row, col = cells.T
        methods = np.array([way.protection == "plough" for way in surface.model.options])
        ploughed = methods[surface.chosen[surface.index[row, col]]]
        depth_m = np.nan_to_num(surface.depth_m[row, col].astype(float))
        return cls(
            np.where(ploughed, rules.ploughed_deg, rules.surface_deg),
            np.where(ploughed, rules.radius_m, rules.radius_depths * depth_m),
        )

    def excess(self, at: int, turn_deg: NDArray[np.float64], shorter_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much turns at one position break the rules: 0 where they keep them, at least 1 where not."""
        over = np.maximum(np.abs(turn_deg) / (self.limit_deg[at] + _SLACK_DEG) - 1.0, 0.0)
        room = self.radius_m[at] * np.tan(np.radians(np.minimum(np.abs(turn_deg), 179.0)) / 2.0)
        tight = np.maximum(room / np.maximum(0.5 * shorter_m + _SLACK_M, 1e-9) - 1.0, 0.0)
        return np.asarray(np.where((over > 0) | (tight > 0), 1.0 + over + np.minimum(tight, 1e3), 0.0))


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
    """
    route = straighten(path, priced, alter_course_usd=alter_course_usd, crossings=crossings)
    rules = CourseRules.of(priced.surface.model.catalogue)
    return keep_courses(
        route, priced, rules=rules, beyond=beyond(ends), alter_course_usd=alter_course_usd, crossings=crossings
    )


def beyond(ends: Ends) -> Beyond:
    """The beach manholes from which and to which a route leads in straight approaches; None at sea."""
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
        The given one where it keeps the rules. Where no chain keeps them all, one that breaks them least.

    Notes
    -----
    A dynamic programme over pairs of legs. Positions are those of the route, some evenly spaced on it, and a lattice
    round every place that breaks a rule; the answer is the cheapest chain of them, among all that are dearer than the
    given route by less than half a percent. Legs are re-priced on the ellipsoid, and one that touches an exclusion or
    crosses badly there is struck out and the search repeated.
    """
    breaches = [breach.index for breach in _breaches(route, priced, rules, beyond)]
    if not breaches:
        return route
    search = _Search.around(route, breaches, priced, rules, beyond, crossings)
    found = search.run(alter_course_usd)
    return route if found is None else Route(found)


def course_findings(route: Route, priced: PricedGrid, *, beyond: Beyond) -> tuple[Finding, ...]:
    """What the alter courses of a route break, by KP of the whole route, approaches included."""
    rules = CourseRules.of(priced.surface.model.catalogue)
    start_m = 0.0 if beyond[0] is None else float(geodesy.inverse(beyond[0], route.lonlat[:1])[2][0])
    found = []
    for breach in _breaches(route, priced, rules, beyond):
        kp_km = round((start_m + float(route.kp_m[breach.index])) / 1000.0, 3)
        found.append(Finding("alter-course", "warning", f"KP {kp_km:.3f}: {breach.text}", kp_km, kp_km))
    return tuple(found)


@dataclass(frozen=True)
class _Breach:
    """A position of a route at which a rule is broken, and how."""

    index: int
    text: str


def _breaches(route: Route, priced: PricedGrid, rules: CourseRules, beyond: Beyond) -> Iterator[_Breach]:
    chain, first = _with_approaches(route.lonlat, beyond)
    whole = Route(chain)
    lengths, turns = np.diff(whole.kp_m), whole.turns_deg
    ground = _Ground.under(priced.rowcol(chain), priced, rules)
    for k, turn in enumerate(turns.tolist(), start=1):
        shorter = float(min(lengths[k - 1], lengths[k]))
        if ground.excess(k, np.array(turn), np.array(shorter)) > 0:
            text = f"turn of {abs(turn):.1f} degrees, at most {ground.limit_deg[k]:g} on legs that leave room for it"
            yield _Breach(k - first, text)
    own = lengths[first : first + len(route.lonlat) - 1]
    for k in np.flatnonzero(own < rules.leg_m - _SLACK_M).tolist() if len(own) > 1 else ():
        yield _Breach(k, f"leg of {own[k]:.0f} m, shorter than {rules.leg_m:g} m")


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
        The rules, and grid positions of the approaches.
    cutoff
        No chain dearer than this is looked at, USD.
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
        even = np.linspace(0.0, route.length_m, _EVEN)[1:-1]
        places, station = [own, priced.rowcol(route.at(even))], [route.kp_m, even]
        unit_m = max(rules.leg_m, 0.5 * priced.step_m)
        for k in sorted(set(breaches)):
            near, at_m = _lattice(route, float(route.kp_m[min(max(k, 0), len(own) - 1)]), unit_m)
            places.append(priced.rowcol(near))
            station.append(at_m)
        for end in (0, -1):
            near, at_m = _arcs(route, beyond[end], end, rules)
            places.append(priced.rowcol(near))
            station.append(at_m)
        at, where = np.concatenate(station), np.concatenate(places)
        order = np.lexsort((where[:, 1], where[:, 0], at))
        at, where = at[order], where[order]
        inner = (at > 0.0) & (at < route.length_m) & _is_free(where, priced)
        keep = np.flatnonzero(inner)
        where = np.concatenate([own[:1], where[keep], own[-1:]])
        at = np.concatenate([[-1.0], at[keep], [route.length_m + 1.0]])
        legs = Legs(where, priced, crossings, strict=False)
        first, last = (None if each is None else priced.rowcol(np.reshape(each, (1, 2)))[0] for each in beyond)
        return cls(where, at, legs, rules, (first, last), float(legs.priced.shaped.prices(_chords(own)).sum()))

    def run(self, alter_course_usd: float) -> NDArray[np.float64] | None:
        """Positions (n, 2), (lon, lat), of the cheapest chain that keeps the rules; None when no chain is clear."""
        prices = self._prices(alter_course_usd)
        lonlat = self.legs.priced.lonlat(self.places)
        while True:
            kept = self._cheapest(prices, alter_course_usd)
            if kept is None:
                return None
            blocked = self.legs.blocked(lonlat[kept])
            if not blocked.any():
                return np.asarray(lonlat[kept])
            prices[np.array(kept[:-1])[blocked], np.array(kept[1:])[blocked]] = np.inf

    def _prices(self, alter_course_usd: float) -> NDArray[np.float64]:
        """Price of each leg, what breaks the rule of length charged; inf where it cannot be part of a good chain."""
        prices = self.legs.prices()
        prices[self.station[:, None] >= self.station[None, :]] = np.inf
        ahead, behind = _least(prices), _least(prices[::-1, ::-1].T)[::-1]
        usd = ahead[:, None] + prices + behind[None, :]
        prices[usd > (1.0 + _DEARER) * self.cutoff_usd + 10 * alter_course_usd] = np.inf
        short = np.maximum(1.0 - self._metres() / self.rules.leg_m, 0.0)
        return np.asarray(prices + _BREACH_USD * np.where(short > 1e-3, 1.0 + short, 0.0))

    def _metres(self) -> NDArray[np.float64]:
        """Length of every leg on the ellipsoid, by the scale of the map between its ends."""
        cells = self.legs.priced.surface.grid
        xy = cells.to_xy(self.places)
        row, col = np.clip(np.rint(self.places).astype(np.intp), 0, np.array(cells.shape) - 1).T
        scale = cells.scale[row, col].astype(float)
        return np.asarray(
            np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1)) / (0.5 * (scale[:, None] + scale[None, :]))
        )

    def _cheapest(self, prices: NDArray[np.float64], alter_course_usd: float) -> list[int] | None:
        """The cheapest chain from the first position to the last, turns judged at every inner one."""
        count = len(self.places)
        heading, metres = self._headings(), self._metres()
        ground = _Ground.under(self.places, self.legs.priced, self.rules)
        best, before = np.full((count, count), np.inf), np.full((count, count), -1)
        best[0] = prices[0]
        best[0] += self._turn_in(0, heading, metres, ground)
        for i in range(1, count - 1):
            into, onto = np.flatnonzero(np.isfinite(best[:i, i])), np.flatnonzero(np.isfinite(prices[i]))
            if not len(into) or not len(onto):
                continue
            turn = (heading[i, onto][None, :] - heading[into, i][:, None] + 180.0) % 360.0 - 180.0
            shorter = np.minimum(metres[into, i][:, None], metres[i, onto][None, :])
            usd = best[into, i][:, None] + alter_course_usd + _BREACH_USD * ground.excess(i, turn, shorter)
            cheapest = np.argmin(usd, axis=0)
            best[i, onto] = usd[cheapest, np.arange(len(onto))] + prices[i, onto]
            before[i, onto] = into[cheapest]
        best[:, -1] += self._turn_in(-1, heading, metres, ground)
        last = int(np.argmin(best[:, -1]))
        if not np.isfinite(best[last, -1]):
            return None
        chain = [count - 1, last]
        while chain[-1]:
            chain.append(int(before[chain[-1], chain[-2]]))
        return chain[::-1]

    def _headings(self) -> NDArray[np.float64]:
        """Direction of every leg on the map, degrees from the y axis clockwise; maps are conformal."""
        xy = self.legs.priced.surface.grid.to_xy(self.places)
        dx, dy = (xy[None, :] - xy[:, None]).transpose(2, 0, 1)
        return np.asarray(np.degrees(np.arctan2(dx, dy)))

    def _turn_in(
        self, end: int, heading: NDArray[np.float64], metres: NDArray[np.float64], ground: _Ground
    ) -> NDArray[np.float64]:
        """Price of breaking rules at an end, where a shore approach leads into the first leg or out of the last."""
        place = self.beyond[end]
        if place is None:
            return np.zeros(len(self.places))
        xy = self.legs.priced.surface.grid.to_xy(np.stack([place, self.places[end]]))
        dx, dy = (xy[1] - xy[0]) if end == 0 else (xy[0] - xy[1])
        straight = np.degrees(np.arctan2(dx, dy))
        own, length = (heading[0], metres[0]) if end == 0 else (heading[:, -1], metres[:, -1])
        turn = (own - straight + 180.0) % 360.0 - 180.0
        shorter = np.minimum(length, float(np.hypot(dx, dy)))
        return _BREACH_USD * ground.excess(end, turn, shorter)


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
    leg_m, own = 1.05 * rules.leg_m, route.lonlat[end]
    straight = float(geodesy.inverse(place.reshape(1, 2), own.reshape(1, 2))[1][0])
    found, at_m = [], []
    for turn in (-1.0, -0.5, 0.5, 1.0):
        at = own
        for step in range(1, _ARC_LEGS + 1):
            bearing = straight + step * turn * rules.ploughed_deg
            at = geodesy.direct(at.reshape(1, 2), np.array([bearing]), np.array([leg_m]))[0]
            found.append(at)
            at_m.append(0.5 * step * leg_m if end == 0 else route.length_m - 0.5 * step * leg_m)
    return np.array(found), np.array(at_m)


def _is_free(places: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.bool_]:
    cells = np.rint(places).astype(np.intp)
    inside = np.asarray(((cells >= 0) & (cells < np.array(priced.surface.grid.shape))).all(axis=1))
    row, col = np.where(inside[:, None], cells, 0).T
    return np.asarray(inside & priced.surface.free[row, col])


def _chords(places: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([places[:-1], places[1:]], axis=1)


def _least(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least price from the first position to each, over legs (n, n) that lead forward."""
    least = np.full(len(prices), np.inf)
    least[0] = 0.0
    for j in range(1, len(prices)):
        least[j] = (least[:j] + prices[:j, j]).min()
    return least
