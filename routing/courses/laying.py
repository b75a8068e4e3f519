"""A path laid as a route whose alter courses keep the rules where they can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.courses.rules import CourseRules, breaches
from routing.courses.rules import beyond as beyond_of
from routing.courses.search import Search
from routing.route import Route, straighten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.courses.rules import Beyond, Ends
    from routing.crossing import CrossingMap
    from routing.pricing import PricedGrid

__all__ = ["keep_courses", "lay_courses"]

#: So many places that break rules are mended together, with so many alter courses on each side free to move.
_TOGETHER, _ASIDE = 6, 3


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
        route, priced, rules=rules, beyond=beyond_of(ends), alter_course_usd=alter_course_usd, crossings=crossings
    )


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
    round every place that breaks a rule; the answer is the cheapest chain of the legs that are tried between them,
    among all that are little dearer than the given route. Legs are re-priced on the ellipsoid, and one that touches an
    exclusion or crosses badly there is struck out and the search repeated. Where the given route keeps the soft rules
    of crossings, so does the answer.

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
        return sorted({breach.index for breach in breaches(route, self.priced, self.rules, self.beyond)})

    def excess(self, route: Route) -> float:
        """By how much a route breaks rules, all in all."""
        return sum(breach.excess for breach in breaches(route, self.priced, self.rules, self.beyond))

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
        lonlat = Search.around(part, near, self.priced, self.rules, around, self.crossings).run(self.alter_course_usd)
        if lonlat is None:
            return route
        other = Route(np.concatenate([route.lonlat[:start], lonlat, route.lonlat[end + 1 :]]))
        return min(route, other, key=self.excess)
