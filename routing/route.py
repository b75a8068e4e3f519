"""From a grid path to a route: geodesic legs with few alter courses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.errors import InfeasibleError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from routing.crossing import CrossingMap
    from routing.pricing import PricedGrid

__all__ = ["Legs", "Route", "straighten"]

#: Vertices of a path that may become alter courses: so many evenly spaced, so many at its sharpest bends.
_EVEN_CANDIDATES, _BEND_CANDIDATES = 200, 100


@dataclass(frozen=True)
class Route:
    """A polyline of geodesic legs.

    Parameters
    ----------
    lonlat
        Positions (n, 2), n at least 2, degrees.

    Examples
    --------
    >>> route = Route(np.array([[50.0, 41.0], [50.5, 42.0], [51.0, 43.0]]))
    >>> round(route.length_m), len(route.turns_deg)
    (237092, 1)
    >>> route.at([0.0]).tolist()
    [[50.0, 41.0]]
    """

    lonlat: NDArray[np.float64]

    @cached_property
    def kp_m(self) -> NDArray[np.float64]:
        """Distance along the route at each position, metres from 0 (the kilometre post, in metres)."""
        return geodesy.cumulative_m(self.lonlat)

    @property
    def length_m(self) -> float:
        """Length on the ellipsoid, metres."""
        return float(self.kp_m[-1])

    @cached_property
    def bearings_deg(self) -> NDArray[np.float64]:
        """Initial bearing of each leg, degrees."""
        return geodesy.inverse(self.lonlat[:-1], self.lonlat[1:])[0]

    @cached_property
    def turns_deg(self) -> NDArray[np.float64]:
        """Change of course at each inner position, degrees, -180 to 180, starboard positive."""
        leave, arrive, _ = geodesy.inverse(self.lonlat[:-1], self.lonlat[1:])
        return np.asarray((leave[1:] - arrive[:-1] + 180.0) % 360.0 - 180.0)

    def at(self, kp_m: ArrayLike) -> NDArray[np.float64]:
        """Positions (n, 2) at distances along the route, metres."""
        kp = np.clip(np.asarray(kp_m, float), 0.0, self.length_m)
        leg = np.clip(np.searchsorted(self.kp_m, kp, side="right") - 1, 0, len(self.lonlat) - 2)
        points = geodesy.direct(self.lonlat[leg], self.bearings_deg[leg], kp - self.kp_m[leg])
        points[kp == self.kp_m[leg]] = self.lonlat[leg[kp == self.kp_m[leg]]]
        points[kp == self.length_m] = self.lonlat[-1]
        return points

    def marks(self, step_m: float) -> NDArray[np.float64]:
        """Distances 0, step, 2 step, ... and the end, metres."""
        return np.append(np.arange(0.0, self.length_m, step_m), self.length_m)


def straighten(
    path: NDArray[np.float64], priced: PricedGrid, *, alter_course_usd: float, crossings: CrossingMap | None = None
) -> Route:
    """The cheapest route whose alter courses are chosen among vertices of a path.

    Parameters
    ----------
    path
        Grid positions (n, 2), row and col, from start to end.
    priced
        Prices the legs.
    alter_course_usd
        Price of each alter course: dearer means fewer.
    crossings
        Assets that legs may cross, by their rules; None: there are none.

    Returns
    -------
    route
        Geodesic legs, each re-priced on the ellipsoid and clear of exclusions.

    Raises
    ------
    InfeasibleError
        When not even the path's own vertices give a clear route, or none that crosses assets as it may.

    Notes
    -----
    A shortest path over the vertices: leg (i, j) costs the exact integral along
    its chord and the tolls of what it crosses, and each inner vertex the price of
    an alter course. Candidates are evenly spaced vertices and the sharpest bends
    (all vertices when those give no clear route), and places before and after an
    asset that let a leg cross it well; the result is optimal among all subsets of
    them. Soft rules of crossings are broken only where nothing else is clear.
    Chords and geodesics differ by tens of metres on long legs, so a leg that
    touches an exclusion or crosses badly on the ellipsoid is struck out and the
    search repeated.
    """
    few = path[_candidates(path)]
    for vertices, strict in ((few, True), (few, False), (path, False)) if crossings else ((few, False), (path, False)):
        legs = Legs(
            crossings.with_gates(vertices, strict=strict) if crossings else vertices, priced, crossings, strict=strict
        )
        kept = _clear_chain(legs, alter_course_usd)
        if kept is not None:
            return Route(kept)
    raise _no_route(path, priced, crossings)


def _no_route(path: NDArray[np.float64], priced: PricedGrid, crossings: CrossingMap | None) -> InfeasibleError:
    """Why no chain of legs is clear: the crossings, if it would be without them."""
    found = crossings.find(priced.lonlat(path)) if crossings else ()
    if found:
        names = sorted({crossing.asset.name for crossing in found})
        least = max(crossing.asset.rule.min_angle_deg for crossing in found)
        where = " where that is agreed" if any(crossing.asset.agreed for crossing in found) else ""
        return InfeasibleError(
            f"no way to cross {', '.join(names)}{where} at {least:g} degrees or more",
            conflict=[f"crossing of {n}" for n in names],
        )
    return InfeasibleError("no sequence of legs follows the path clear of exclusions; refine resolution_m")


@dataclass(frozen=True)
class Legs:
    """Legs between vertices of a path, and what they may cross and how."""

    vertices: NDArray[np.float64]
    priced: PricedGrid
    crossings: CrossingMap | None
    strict: bool

    def prices(self, tried: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Price of the chord between every two vertices, (n, n), upper triangle; inf where it is not to be tried."""
        count = len(self.vertices)
        first, last = np.triu_indices(count, k=1) if tried is None else np.nonzero(np.triu(tried, k=1))
        start, end = self.vertices[first], self.vertices[last]
        prices = np.full((len(self.vertices),) * 2, np.inf)
        chords = self.priced.shaped.prices(np.stack([start, end], axis=1))
        if self.crossings:
            clear = np.isfinite(chords)
            chords[clear] += self.crossings.leg_prices(start[clear], end[clear], strict=self.strict)
        prices[first, last] = chords
        return prices

    def blocked(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Legs of a geodesic polyline that enter an exclusion or cross an asset as they may not."""
        blocked = ~np.isfinite(self.priced.leg_prices(lonlat))
        if self.crossings:
            ends = geodesy.cumulative_m(lonlat)[1:]
            for crossing in self.crossings.find(lonlat):
                if not crossing.is_admissible or (self.strict and any(crossing.findings())):
                    blocked[min(int(np.searchsorted(ends, crossing.kp_m)), len(blocked) - 1)] = True
        return blocked


def _candidates(path: NDArray[np.float64]) -> NDArray[np.intp]:
    """Vertices that may become alter courses: evenly spaced ones, and where the path bends around a corner."""
    even = np.linspace(0, len(path) - 1, _EVEN_CANDIDATES).round().astype(np.intp)
    legs = np.diff(path, axis=0)
    heading = np.unwrap(np.arctan2(legs[:, 1], legs[:, 0]))
    sharpest = 1 + np.argsort(-np.abs(np.diff(heading)), kind="stable")[:_BEND_CANDIDATES]
    return np.unique(np.concatenate([even, sharpest]))


def _clear_chain(legs: Legs, alter_course_usd: float) -> NDArray[np.float64] | None:
    """Positions of the cheapest chain of vertices whose geodesic legs are clear; None when there is none."""
    prices = legs.prices()
    lonlat = legs.priced.lonlat(legs.vertices)
    while True:
        kept = _cheapest_chain(prices, alter_course_usd)
        if kept is None:
            return None
        blocked = legs.blocked(lonlat[kept])
        if not blocked.any():
            return np.asarray(lonlat[kept])
        prices[np.array(kept[:-1])[blocked], np.array(kept[1:])[blocked]] = np.inf


def _cheapest_chain(legs: NDArray[np.float64], alter_course_usd: float) -> list[int] | None:
    """Vertices of the cheapest chain from the first to the last."""
    count = len(legs)
    best, before = np.full(count, np.inf), np.zeros(count, int)
    best[0] = -alter_course_usd  # the first leg starts at an end, not at an alter course
    for j in range(1, count):
        totals = best[:j] + legs[:j, j] + alter_course_usd
        before[j] = int(np.argmin(totals))
        best[j] = totals[before[j]]
    if not np.isfinite(best[-1]):
        return None
    chain = [count - 1]
    while chain[-1]:
        chain.append(int(before[chain[-1]]))
    return chain[::-1]
