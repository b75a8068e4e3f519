"""What alter courses must keep, and where a route does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.courses.tolerance import SLACK_DEG, SLACK_M
from routing.finding import Finding
from routing.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.catalogue import Catalogue
    from routing.junction import Junction
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]
    Beyond = tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]

__all__ = ["Breach", "CourseRules", "Ground", "beyond", "breaches", "course_findings"]

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
        return np.where(leg_m < self.leg_m - SLACK_M, 2.0 - leg_m / self.leg_m, 0.0)


@dataclass(frozen=True)
class Ground:
    """What decides how a course may be altered at positions: ploughed or not, and the radius of a turn."""

    limit_deg: NDArray[np.float64]
    radius_m: NDArray[np.float64]

    @classmethod
    def under(cls, places: NDArray[np.float64], priced: PricedGrid, rules: CourseRules) -> Ground:
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
        from routing.courses.turns import turn_excesses  # compiled: a run that finds nothing changed loads none of it

        turns, shorter = np.broadcast_arrays(np.asarray(turn_deg, np.float64), np.asarray(shorter_m, np.float64))
        found = np.empty(turns.shape)
        turn_excesses(
            float(self.limit_deg[at]), float(self.radius_m[at]), turns.ravel(), shorter.ravel(), found.reshape(-1)
        )
        return found

    def describe(self, at: int, turn_deg: float, shorter_m: float) -> str:
        """What a turn that breaks a rule is, and what it may be."""
        if turn_deg > self.limit_deg[at] + SLACK_DEG:
            return f"turn of {turn_deg:.1f} degrees, at most {self.limit_deg[at]:g}"
        needed_m = 2.0 * self.radius_m[at] * np.tan(np.radians(turn_deg) / 2.0)
        return (
            f"turn of {turn_deg:.1f} degrees on a radius of {self.radius_m[at]:.0f} m needs legs of {needed_m:.0f} m, "
            f"the shorter is {shorter_m:.0f} m"
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
    for breach in breaches(route, priced, rules, beyond):
        kp_km = round((start_m + float(route.kp_m[breach.index])) / 1000.0, 3)
        found.append(Finding("alter-course", "warning", f"KP {kp_km:.3f}: {breach.text}", kp_km, kp_km))
    return tuple(found)


@dataclass(frozen=True)
class Breach:
    """A position of a route at which a rule is broken, how, and by how much, at least 1."""

    index: int
    text: str
    excess: float


def breaches(route: Route, priced: PricedGrid, rules: CourseRules, beyond: Beyond) -> Iterator[Breach]:
    """Places at which a route, its shore approaches included, breaks a rule."""
    chain, first = _with_approaches(route.lonlat, beyond)
    whole = Route(chain)
    lengths, turns = np.diff(whole.kp_m), whole.turns_deg
    ground = Ground.under(priced.rowcol(chain), priced, rules)
    for k, turn in enumerate(turns.tolist(), start=1):
        shorter = float(min(lengths[k - 1], lengths[k]))
        excess = float(ground.excess(k, np.array(turn), np.array(shorter)))
        if excess > 0:
            yield Breach(k - first, ground.describe(k, abs(turn), shorter), excess)
    own = lengths[first : first + len(route.lonlat) - 1]
    shortness = rules.shortness(own)
    for k in np.flatnonzero(shortness).tolist() if len(own) > 1 else ():
        yield Breach(k, f"leg of {own[k]:.0f} m, shorter than {rules.leg_m:g} m", float(shortness[k]))


def _with_approaches(lonlat: NDArray[np.float64], beyond: Beyond) -> tuple[NDArray[np.float64], int]:
    """Positions with those of the approaches, and how many stand before the first of the route."""
    parts = [np.reshape(place, (-1, 2)) if place is not None else np.empty((0, 2)) for place in beyond]
    return np.concatenate([parts[0], lonlat, parts[1]]), len(parts[0])
