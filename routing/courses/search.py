"""The cheapest chain of legs whose turns keep the rules: a dynamic programme over pairs of legs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.courses.places import positions
from routing.courses.rules import Ground
from routing.route import Legs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.courses.rules import Beyond, CourseRules
    from routing.crossing import CrossingMap
    from routing.pricing import PricedGrid
    from routing.route import Route

__all__ = ["Search"]

#: A route is looked at when it is dearer than the given one by less than this share, so many shortest legs of mean
#: price and so many alter courses.
_DEARER, _MORE_LEGS, _MORE_COURSES = 0.005, 8, 10
#: Chains that are dearer than the cheapest by less than this share and so many alter courses are looked at first.
_NEAR, _FEW_COURSES = 0.001, 3
#: All legs are tried at once where no more places than these break rules.
_FEW_PLACES = 2
#: So many shortest legs round the ends of a leg that was found, legs between all positions are tried.
_BESIDE_LEGS = 2.0
#: Price of breaking a rule, USD: more than any detour that the search looks at.
_BREACH_USD = 1e9


@dataclass(frozen=True)
class Search:
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
    tried
        Pairs of positions (n, n) that are tried as legs first; None: all.
    """

    places: NDArray[np.float64]
    station: NDArray[np.float64]
    legs: Legs
    rules: CourseRules
    beyond: Beyond
    cutoff_usd: float
    tried: NDArray[np.bool_] | None = None

    @classmethod
    def around(  # noqa: PLR0913, PLR0917  (an assembly of independent facts)
        cls, route: Route, breaches: list[int], priced: PricedGrid, rules: CourseRules, beyond: Beyond,
        crossings: CrossingMap | None,
    ) -> Search:  # fmt: skip
        """Positions of a route, and a lattice round those that break rules."""
        own = priced.rowcol(route.lonlat)
        where, at, tried = positions(route, breaches, priced, rules, beyond)
        # Soft rules of crossings that the route keeps are not given up for a turn.
        strict = crossings is not None and not any(any(each.findings()) for each in crossings.find(route.lonlat))
        usd = np.diagonal(Legs(own, priced, crossings, strict=strict).prices(), offset=1).sum()
        more = _DEARER + _MORE_LEGS * rules.leg_m / route.length_m
        legs = Legs(where, priced, crossings, strict=strict)
        return cls(
            where, at, legs, rules, beyond, float((1.0 + more) * usd), tried if len(breaches) > _FEW_PLACES else None
        )

    def run(self, alter_course_usd: float) -> NDArray[np.float64] | None:
        """Positions (n, 2), (lon, lat), of the cheapest chain that keeps the rules; None when no chain is clear.

        Notes
        -----
        Where no chain of the legs that are tried first keeps the rules, all legs are tried. Otherwise the search is
        repeated once with legs between all positions near the ends of each leg that was found.

        Chains little dearer than the cheapest that heeds no rule are searched first. What is found among them and is
        no dearer than they may be is the answer: every chain that was left out is dearer than that. Only where no
        chain keeps the rules are those looked at that break some.
        """
        prices = self.leg_prices(self.tried)
        found = self._best(prices, alter_course_usd)
        if self.tried is not None and found is not None and found[0] < _BREACH_USD:
            prices = np.minimum(prices, self.leg_prices(self._beside(found[1]) & ~self.tried))
            found = self._within(prices, alter_course_usd, found[0]) or found
        elif self.tried is not None:
            found = self._best(np.minimum(prices, self.leg_prices(~self.tried)), alter_course_usd)
        return None if found is None else self.legs.priced.lonlat(self.places)[found[1]]

    def _beside(self, chain: list[int]) -> NDArray[np.bool_]:
        """Pairs of positions (n, n) that are near to the ends of a leg of a chain."""
        cells = self.legs.priced.surface.grid
        away_m = np.linalg.norm((self.places - self.places[chain][:, None]) * (cells.dy, cells.dx), axis=-1)
        close = away_m <= _BESIDE_LEGS * self.rules.leg_m
        return np.asarray((close[:-1, :, None] & close[1:, None, :]).any(axis=0))

    def _best(self, prices: NDArray[np.float64], alter_course_usd: float) -> tuple[float, list[int]] | None:
        """Price and positions, by number, of the cheapest chain of legs, the rules first."""
        least_usd = float(_least(prices + alter_course_usd)[-1]) - alter_course_usd
        if not np.isfinite(least_usd):
            return None
        found = self._within(prices, alter_course_usd, (1.0 + _NEAR) * least_usd + _FEW_COURSES * alter_course_usd)
        if found is not None:
            return found
        ahead, behind = _ways(prices)
        good = ahead[:, None] + prices + behind <= self.cutoff_usd + _MORE_COURSES * alter_course_usd
        for breach_usd in (np.inf, _BREACH_USD):
            usd = alter_course_usd, breach_usd
            found = self._chain(np.where(good, prices, np.inf), usd, np.full(len(prices), np.inf))
            if found is not None and found[0] <= max(least_usd, 0.0) + breach_usd:
                break
        return found

    def _within(
        self, prices: NDArray[np.float64], alter_course_usd: float, limit_usd: float
    ) -> tuple[float, list[int]] | None:
        """Price and positions of the cheapest chain that keeps all rules and is no dearer than a limit."""
        ahead, behind = _ways(prices + alter_course_usd)
        most_usd = limit_usd + alter_course_usd - behind  # the last leg leads to no alter course
        near = ahead[:, None] + prices <= most_usd
        return self._chain(np.where(near, prices, np.inf), (alter_course_usd, np.inf), most_usd)

    def leg_prices(self, tried: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Price of each leg (n, n); inf where it is blocked, leads to no later station or is not to be tried."""
        prices = self.legs.prices(tried)
        prices[self.station[:, None] >= self.station[None, :]] = np.inf
        return prices

    def _chain(
        self, prices: NDArray[np.float64], usd: tuple[float, float], most_usd: NDArray[np.float64]
    ) -> tuple[float, list[int]] | None:
        """Price, alter courses and breaches included, and positions of the cheapest chain of some legs."""
        lonlat = self.legs.priced.lonlat(self.places)
        courses = _Courses.between(lonlat, np.isfinite(prices))
        prices = prices + _charged(self.rules.shortness(courses.metres), usd[1])
        ground = Ground.under(self.places, self.legs.priced, self.rules)
        prices[0] += _charged(self._turn_in(0, lonlat, courses, ground), usd[1])
        prices[:, -1] += _charged(self._turn_in(-1, lonlat, courses, ground), usd[1])
        while True:
            found = _cheapest(prices, courses, ground, usd, most_usd)
            if found is None:
                return None
            total_usd, kept = found
            blocked = self.legs.blocked(lonlat[kept])
            if not blocked.any():
                return total_usd, kept
            prices[np.array(kept[:-1])[blocked], np.array(kept[1:])[blocked]] = np.inf

    def _turn_in(self, end: int, lonlat: NDArray[np.float64], courses: _Courses, ground: Ground) -> NDArray[np.float64]:
        """By how much rules are broken at an end, where a shore approach leads into the first leg or from the last."""
        place = self.beyond[end]
        if place is None:
            return np.zeros(len(lonlat))
        pair = np.reshape(place, (1, 2)), lonlat[[end]]
        leave, arrive, straight_m = geodesy.inverse(*(pair if end == 0 else pair[::-1]))
        turn = courses.leave_deg[0] - arrive if end == 0 else leave - courses.arrive_deg[:, -1]
        metres = courses.metres[0] if end == 0 else courses.metres[:, -1]
        return ground.excess(end, _wrapped(turn), np.minimum(metres, straight_m))


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
    prices: NDArray[np.float64], courses: _Courses, ground: Ground, usd: tuple[float, float],
    most_usd: NDArray[np.float64],
) -> tuple[float, list[int]] | None:  # fmt: skip
    """Price and chain, the cheapest from the first position to the last, turns judged at every inner one."""
    from routing.courses.turns import cheapest_ways  # compiled, as in the rules

    count = len(prices)
    best, came_from = np.full((count, count), np.inf), np.full((count, count), -1)
    cheapest_ways(
        prices,
        np.stack([courses.leave_deg, courses.arrive_deg, courses.metres]),
        np.stack([ground.limit_deg, ground.radius_m]),
        (float(usd[0]), float(usd[1])),
        most_usd,
        best,
        came_from,
    )
    last = int(np.argmin(best[:, -1]))
    if not np.isfinite(best[last, -1]):
        return None
    chain = [count - 1, last]
    while chain[-1]:
        chain.append(int(came_from[chain[-1], chain[-2]]))
    return float(best[last, -1]), chain[::-1]


def _wrapped(turn_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turns as -180 to 180 degrees."""
    return np.asarray((turn_deg + 180.0) % 360.0 - 180.0)


def _charged(excess: NDArray[np.float64], breach_usd: float) -> NDArray[np.float64]:
    """Price of breaking rules; 0 where none is broken, also where none may be."""
    return np.multiply(excess, breach_usd, out=np.zeros(excess.shape), where=excess > 0)


def _ways(prices: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least price from the first position to each, and from each to the last, rules apart."""
    return _least(prices), _least(prices[::-1, ::-1].T)[::-1]


def _least(prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least price from the first position to each, over legs (n, n) that lead forward."""
    least = np.full(len(prices), np.inf)
    least[0] = 0.0
    for j in range(1, len(prices)):
        least[j] = (least[:j] + prices[:j, j]).min()
    return least
