"""Other ways between two landings, each the best of its neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.diversity.apartness import Apartness, far_share
from routing.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.diversity.laying import Laying, Link
    from routing.geodesic import Field
    from routing.route import Route

__all__ = ["Alternative", "alternatives"]

#: Ways dearer than so many times the best are not looked at.
_DEAREST = 1.5
#: Places that are tried for each wanted way.
_TRIES = 12
#: Relative gain below which a path rests.
_RESTS = 1e-5
#: Relative difference of neighbours that fields cannot tell from none.
_EVEN = 1e-6
#: A line of half a cell, which stands for a place.
_HERE = np.array([[0.0, -0.25], [0.0, 0.25]])


@dataclass(frozen=True)
class Alternative:
    """One of several ways.

    Attributes
    ----------
    route
        From beach manhole to beach manhole.
    price_usd
        With approaches and what crossings cost.
    stretch
        Price over that of the best.
    far_share
        Share of its length that is farther than the wanted distance from every better one; 1 for the best.
    """

    route: Route
    price_usd: float
    stretch: float
    far_share: float


def alternatives(
    laying: Laying, link: Link, *, count: int, apart_m: float, share: float = 0.3
) -> tuple[Alternative, ...]:
    """The best route of a link, and others that are different ways and the best of their neighbourhood.

    Parameters
    ----------
    laying
        The sea, and how routes are made.
    link
        Two landings.
    count
        Most routes that are wanted; there may be fewer.
    apart_m
        Distance from which a place counts as elsewhere, true metres.
    share
        Share of its length that a route must lie elsewhere from every better one, above 0 and at most 1.

    Returns
    -------
    found
        By price, the best first.

    Raises
    ------
    InputError
        When a number is out of range.
    InfeasibleError
        When exclusions separate the landings.

    Notes
    -----
    Let f(x) be the price of the cheapest way through x, the sum of the prices
    from both ends. Along a way that no small shift improves, f is constant
    between the places where ways round obstacles meet, and rises to both sides:
    its cells are local minima of f, as in the plateau method of [1]_. These are
    tried in order of f. The way through each is replaced by the cheapest within
    `apart_m` of it, that by the cheapest within `apart_m` of itself, and so on
    until none is cheaper. It then has no kink, and nothing but the price holds it
    where it is. It is kept if it is still elsewhere, and given up if it has slid into
    a way that is known.

    References
    ----------
    .. [1] I. Abraham, D. Delling, A. V. Goldberg, R. F. Werneck, "Alternative routes in
       road networks", ACM Journal of Experimental Algorithmics 18 (2013) 1.3.
    """
    _check(count, apart_m, share)
    search = _Ways(laying, link, apart_m)
    best = search.lay(search.best_path())
    if best is None:
        raise InfeasibleError(
            f"no route joins {link[0].landing.name}-{link[1].landing.name}: no legs are clear",
            conflict=[f"{link[0].landing.name}-{link[1].landing.name}"],
        )
    found: list[tuple[float, Route]] = [best]
    for candidate in search.candidates(wanted=count):
        if len(found) == count:
            break
        way = search.lay(candidate)
        if way is not None and search.share(way[1], found) >= share:
            found.append(way)
            search.explore(search.priced.rowcol(way[1].lonlat))
    return _ranked(search, found, share)


def _check(count: int, apart_m: float, share: float) -> None:
    if count < 1:
        raise InputError(f"count is {count}", remedy="ask for at least one route")
    if not 0 < apart_m < np.inf:
        raise InputError(f"apart_m is {apart_m}", remedy="give a positive number of metres")
    if not 0 < share <= 1:
        raise InputError(f"share is {share}", remedy="give a number above 0, at most 1")


def _ranked(search: _Ways, found: list[tuple[float, Route]], share: float) -> tuple[Alternative, ...]:
    """Routes by price, each measured against all better ones."""
    ranked: list[Alternative] = []
    better: list[tuple[float, Route]] = []
    for price, route in sorted(found, key=lambda each: each[0]):
        far = search.share(route, better)
        # A route found later may be cheaper than one found before, and too near to it.
        if far >= share:
            better.append((price, route))
            ranked.append(Alternative(route, price, price / better[0][0], far))
    return tuple(ranked)


class _Ways:
    """Ways between two landings that have been seen, and where others may be.

    Parameters
    ----------
    laying
        The sea, and how routes are made.
    link
        Two landings.
    apart_m
        Distance from which a place counts as elsewhere.
    """

    def __init__(self, laying: Laying, link: Link, apart_m: float) -> None:
        self.laying, self.link, self.priced = laying, link, laying.priced
        self.near = Apartness(self.priced, np.empty((0, 2)), 0.0, apart_m)
        fields = [self.priced.guide.field(site.node) for site in link]
        self._fields: tuple[Field, Field] = (fields[0], fields[1])
        self._explored = np.zeros(self.priced.surface.grid.shape, bool)

    def best_path(self) -> NDArray[np.float64]:
        """The least-cost path."""
        points = self._fields[0].path_to(self.link[1].node).points
        self.explore(points)
        return points

    def lay(self, points: NDArray[np.float64]) -> tuple[float, Route] | None:
        """Price and route along a path; None when no legs are clear."""
        route = self._beside(points).find_route(self.link, points)
        return None if route is None else (self.laying.price_usd(self.link, route), route)

    def share(self, route: Route, others: list[tuple[float, Route]]) -> float:
        """Share of a route that is elsewhere from all others."""
        return far_share(route, [other for _, other in others], priced=self.priced, apart_m=self.near.separation_m)

    def explore(self, points: NDArray[np.float64]) -> None:
        """Take what is near a path as seen."""
        self._explored |= self.near.keep_out([self.near.line(points)])

    def candidates(self, *, wanted: int) -> Iterator[NDArray[np.float64]]:
        """Ways through places that are still not seen, cheapest place first, each moved to where it rests."""
        tried = 0
        for row, col in self._minima():
            if self._explored[row, col]:
                continue
            tried += 1
            if tried > _TRIES * wanted:
                return
            x = np.array([row, col], float)
            there, back = (field.path_to(x).points for field in self._fields)
            self.explore(x + _HERE)
            yield self._settled(np.concatenate([there, back[-2::-1]]))

    def _settled(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """A path moved to the cheapest place beside it, again and again until it rests."""
        price = np.inf
        while True:
            path = self._beside(points).find_path(self.link)
            if path is None or not path.cost < price * (1.0 - _RESTS):
                return points
            points, price = path.points, path.cost

    def _beside(self, points: NDArray[np.float64]) -> Laying:
        """The sea within the distance that counts as elsewhere from a path.

        Notes
        -----
        A leg of a route between two bends of its path could cut across to a better way: it is kept in here too.
        """
        return self.laying.closed(~self.near.keep_out([self.near.line(points)]))

    def _minima(self) -> NDArray[np.intp]:
        """Places (n, 2) through which ways are cheaper than through all around, cheapest first."""
        through = np.asarray(self._fields[0].distance, np.float64) + self._fields[1].distance
        around = np.pad(through, 1, constant_values=np.inf)
        rows, cols = through.shape
        lowest = np.full(through.shape, np.inf)
        for r, c in np.ndindex(3, 3):
            if (r, c) != (1, 1):
                np.minimum(lowest, around[r : r + rows, c : c + cols], out=lowest)
        # Equal ones are kept: along a way all places are equal, and one of them is enough.
        kept = (through <= lowest * (1.0 + _EVEN)) & (through <= _DEAREST * through.min())
        order = np.argsort(through[kept], kind="stable")
        return np.asarray(np.argwhere(kept)[order])
