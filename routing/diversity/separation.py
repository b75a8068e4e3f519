"""Routes that stay apart: the cheapest set found, and a proven bound on any such set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.diversity.apartness import Apartness, Profile
from routing.diversity.settling import Settled, Settler
from routing.diversity.stations import Tides, measure_tides, reserve_room
from routing.diversity.transversal import MinorantOf, bound_apart
from routing.errors import InfeasibleError, InputError
from routing.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.diversity.laying import Laying, Link

__all__ = ["Separated", "Spacing", "separated_routes"]

#: Orders of links that are tried one after the other: all of up to three links.
_MOST_ORDERS = 6
#: Starts that are improved to the end.
_KEPT_STARTS = 2
#: Diagonals of a cell by which a route is laid for less than the separation, until what is measured is enough; what is
#: closed for the whole separation is always enough, but for the bow of a geodesic from its chord.
_CLOSED = (1.0, 0.6, 0.3, 0.0, -0.05)
#: Share of the price that single bounds may fall short by before floors are worked out, which takes seconds a landing.
_NEAR = 0.03


@dataclass(frozen=True)
class Spacing:
    """How far routes are to stay apart.

    Attributes
    ----------
    separation_m
        Least distance between any two routes, true metres.
    zone_m
        Radius of the discs round all landings inside which nothing is asked, true metres.

    Raises
    ------
    InputError
        When the separation is not positive, or the radius negative.

    Examples
    --------
    >>> Spacing(separation_m=20_000.0, zone_m=30_000.0).zone_m
    30000.0
    """

    separation_m: float
    zone_m: float

    def __post_init__(self) -> None:
        if not 0 < self.separation_m < np.inf:
            raise InputError(f"separation_m is {self.separation_m}", remedy="give a positive number of metres")
        if not 0 <= self.zone_m < np.inf:
            raise InputError(f"zone_m is {self.zone_m}", remedy="give 0 or a number of metres")


@dataclass(frozen=True)
class Separated:
    """Routes that stay apart.

    Attributes
    ----------
    routes
        One for each link, from beach manhole to beach manhole.
    prices_usd
        Of each, with approaches and what crossings cost.
    lower_bound_usd
        Proven: no set of such routes costs less together.
    profiles
        How far each two of them are apart, by pairs in order.
    single_usd
        Price of the best route of each link on its own.
    """

    routes: tuple[Route, ...]
    prices_usd: tuple[float, ...]
    lower_bound_usd: float
    profiles: tuple[Profile, ...]
    single_usd: tuple[float, ...]

    @property
    def total_usd(self) -> float:
        """Price of all routes."""
        return sum(self.prices_usd)

    @property
    def premium_usd(self) -> float:
        """What it costs more to stay apart than to take the best route of each link on its own."""
        return self.total_usd - sum(self.single_usd)

    @property
    def least_m(self) -> float:
        """Least separation of any two routes outside zones, metres."""
        return min(profile.least_m for profile in self.profiles)


def separated_routes(
    laying: Laying, links: Sequence[Link], *, spacing: Spacing, gap: float = 0.005, minorant: MinorantOf | None = None
) -> Separated:
    """Routes of least total price of which no two come nearer than a separation outside landing zones.

    Parameters
    ----------
    laying
        The sea, and how routes are made.
    links
        At least two pairs of landings; links may share landings.
    spacing
        Separation, and radius of the zones.
    gap
        Relative gap to which the bound of each link on its own is proven, where that can be reached.
    minorant
        Makes proven prices over the sea, for a bound that knows of the separation; None: the bound
        is the sum of those of each link on its own.

    Returns
    -------
    separated
        The routes, in the order and direction of the links.

    Raises
    ------
    InputError
        When there are fewer than two links.
    InfeasibleError
        When a link has no route, or no set that keeps apart was found; `conflict` names the pairs, and the message
        where the sea is too narrow and the largest separation for which routes were found.

    Notes
    -----
    Starts are the links one after the other, in every order, and places on cuts
    through the sea chosen jointly. From each start the paths are moved one at a
    time to the cheapest place that the others leave, then pairwise: one comes
    nearer than it may and the others make room. The result is a set that no such
    move improves, not a proven optimum; the bound says how far it may be off.
    """
    if len(links) < 2:
        raise InputError(f"{len(links)} link cannot stay apart", remedy="give at least two links")
    search = _Search.of(laying, _in_one_direction(links), spacing)
    best = search.best()
    if best is None:
        raise search.too_narrow()
    routes = search.lay(best)
    if routes is None:
        raise search.too_narrow()
    prices = tuple(laying.price_usd(link, route) for link, route in zip(search.links, routes, strict=True))
    routes = tuple(
        route if link == given else Route(route.lonlat[::-1].copy())
        for route, link, given in zip(routes, search.links, map(tuple, links), strict=True)
    )
    profiles = tuple(search.apart.profile(routes, *pair) for pair in combinations(range(len(routes)), 2))
    bound = search.bound(gap, minorant, known_usd=sum(prices))
    return Separated(routes, prices, bound, profiles, search.single_usd())


def _in_one_direction(links: Sequence[Link]) -> tuple[Link, ...]:
    """Links turned so that all start near the start of the first."""
    first, last = links[0]

    def metres(*pairs: Any) -> float:  # noqa: ANN401
        return sum(float(geodesy.inverse(a.bmh, b.bmh)[2][0]) for a, b in pairs)

    return tuple(
        (end, start) if metres((first, end), (last, start)) < metres((first, start), (last, end)) else (start, end)
        for start, end in links
    )


@dataclass(frozen=True)
class _Search:
    """A search for routes that stay apart.

    Attributes
    ----------
    settler
        Moves paths.
    tides
        Prices from all landings.
    """

    settler: Settler
    tides: Tides

    @classmethod
    def of(cls, laying: Laying, links: tuple[Link, ...], spacing: Spacing) -> _Search:
        """A search, after each link has been seen to have a path."""
        places = dict.fromkeys(site.bmh for link in links for site in link)
        apart = Apartness(laying.priced, np.array(list(places)), spacing.zone_m, spacing.separation_m)
        tides = measure_tides(links, apart)
        for link, start in zip(links, tides.starts, strict=True):
            if not np.isfinite(start[link[1].node]):
                raise InfeasibleError(f"no route joins {_name(link)}: exclusions separate them", conflict=[_name(link)])
        return cls(Settler(laying, links, apart), tides)

    @property
    def links(self) -> tuple[Link, ...]:
        """Landings that are joined, all in one direction."""
        return self.settler.links

    @property
    def apart(self) -> Apartness:
        """The separation."""
        return self.settler.apart

    def with_separation(self, separation_m: float) -> _Search:
        """The same search for another separation."""
        return replace(self, settler=replace(self.settler, apart=replace(self.apart, separation_m=separation_m)))

    def starts(self) -> Iterator[Settled]:
        """Sets of paths that keep apart, each settled."""
        orders = list(permutations(range(len(self.links))))[:_MOST_ORDERS]
        room = reserve_room(self.links, self.apart, self.tides)
        for order in orders:
            if room is not None and (found := self.settler.from_lines(room, order)) is not None:
                yield self.settler.settle(found)
            if (found := self.settler.in_order(order)) is not None:
                yield self.settler.settle(found)

    def best(self) -> Settled | None:
        """The cheapest set that is found; None if there is none."""
        found = sorted(self.starts(), key=lambda each: each.total)[:_KEPT_STARTS]
        best = min((self.settler.shift(each) for each in found), key=lambda each: each.total, default=None)
        return None if best is None else self.settler.shift_stretches(best)

    def lay(self, settled: Settled) -> tuple[Route, ...] | None:
        """Routes along paths, apart on the ellipsoid; None when straightening finds no room.

        Notes
        -----
        Whole cells are closed round a line, so that routes laid for the
        separation keep more than it. They are laid for less at first, measured,
        and laid anew for what was missing.
        """
        cells = self.apart.priced.surface.grid
        pairs = list(combinations(range(len(self.links)), 2))
        for share in _CLOSED:
            asked_m = max(self.apart.separation_m - share * np.hypot(cells.dx, cells.dy), 0.0)
            routes = self.with_separation(asked_m).straightened(settled)
            if routes is None:
                return None
            if min(self.apart.profile(routes, *pair).least_m for pair in pairs) >= self.apart.separation_m:
                return routes
        return None

    def straightened(self, settled: Settled) -> tuple[Route, ...] | None:
        """Each path straightened in turn, clear of the routes before it and of the paths after it."""
        lines = [self.apart.line(path.points) for path in settled.paths]
        routes: list[Route] = []
        for number, link in enumerate(self.links):
            others = [line for each, line in enumerate(lines) if each != number]
            left = self.settler.laying.closed(self.apart.keep_out(others))
            path = left.find_path(link)
            route = left.find_route(link, path.points) if path else None
            if route is None:
                return None
            routes.append(route)
            lines[number] = self.apart.route_line(route)
        return tuple(routes)

    def single_usd(self) -> tuple[float, ...]:
        """Price of the best route of each link on its own."""
        prices = []
        for link in self.links:
            path = self.settler.laying.find_path(link)
            route = self.settler.laying.find_route(link, path.points) if path else None
            prices.append(self.settler.laying.price_usd(link, route) if route else np.inf)
        return tuple(prices)

    def bound(self, gap: float, minorant: MinorantOf | None, *, known_usd: float = np.inf) -> float:
        """USD below which no set of routes that keep apart can be, proven.

        A minorant is asked only where single bounds leave more than `_NEAR` of the price that is known.
        """
        priced, least = self.settler.laying.priced, []
        for link in self.links:
            path = self.settler.laying.find_path(link)
            usd = priced.kernel.price(path.points) if path else np.inf
            least.append(priced.lower_bound(link[0].node, link[1].node, usd, gap=gap))
        total, approaches = sum(least), sum(self.settler.laying.approaches_usd(link) for link in self.links)
        if minorant is not None and total + approaches < (1.0 - _NEAR) * known_usd:
            total = bound_apart(self.links, self.apart, least=least, minorant=minorant)
        return total + approaches

    def too_narrow(self) -> InfeasibleError:
        """What is in the way of the separation, and the largest for which routes are found."""
        wanted_m = self.apart.separation_m
        conflict = [
            f"separation of {wanted_m / 1000:g} km between {_name(one)} and {_name(other)}"
            for one, other in combinations(self.links, 2)
        ]
        largest = self._largest()
        if largest is None:
            return InfeasibleError(
                f"no room for a {conflict[0]}: not even routes that only do not cross; "
                "widen the landing zones, give up an exclusion or move a landing",
                conflict=conflict,
            )
        separation_m, paths = largest
        routes = [Route(self.apart.priced.lonlat(path.points)) for path in paths.paths]
        pairs = combinations(range(len(routes)), 2)
        narrow = min((self.apart.profile(routes, *pair) for pair in pairs), key=lambda each: each.least_m)
        lon, lat = narrow.least_lonlat or routes[0].lonlat[0]
        pair = f"{_name(self.links[narrow.first])} and {_name(self.links[narrow.second])}"
        return InfeasibleError(
            f"no room for a separation of {wanted_m / 1000:g} km between {pair}: the sea is too narrow near "
            f"{lon:.3f}, {lat:.3f}; {separation_m / 1000:.1f} km is the largest separation that was found feasible, "
            "so lower it, widen the landing zones or move a landing",
            conflict=conflict,
        )

    def _largest(self) -> tuple[float, Settled] | None:
        """The largest separation for which a set is found, to one cell, by bisection."""
        cells = self.apart.priced.surface.grid
        low, high, best = 0.0, self.apart.separation_m, next(self.with_separation(0.0).starts(), None)
        if best is None:
            return None
        while high - low > min(cells.dx, cells.dy):
            middle = 0.5 * (low + high)
            search = self.with_separation(middle)
            found = next(search.starts(), None)
            if found is not None and search.lay(found) is not None:
                low, best = middle, found
            else:
                high = middle
        return low, best


def _name(link: Link) -> str:
    return f"{link[0].landing.name}-{link[1].landing.name}"
