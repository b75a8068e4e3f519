"""How far apart two lines on the sea are, on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from routing.pricing import PricedGrid
    from routing.route import Route

__all__ = ["Apartness", "Profile", "far_share", "shared_risk_m"]

#: Spacing at which a line is compared with another, metres.
_STEP_M = 50.0
#: Spacing of the posts of a profile, metres.
_POST_M = 1000.0
#: Corners of a quarter of a circle; polygons lie inside the circle by 1 - cos(pi / 4 / 64), 8 parts in 100,000.
_QUARTER = 64
#: Pieces of a line that are widened by one scale factor are at least so long, metres.
_PIECE_M = 50_000.0
#: Metres by which lines are simplified before they are widened, and widened again.
_PLAIN_M = 2.0


@dataclass(frozen=True)
class Profile:
    """How far two routes are apart outside the zones of landings.

    Attributes
    ----------
    first, second
        Numbers of the two routes.
    kp_m
        Posts along the first route, metres.
    separation_m
        From each post to the nearest point of the second route outside zones; NaN at posts inside a zone, or if the
        second route leaves none.
    least_m
        Least separation of the two, found to within the step at which they are compared; inf if they never share
        open water; 0 where they cross.
    least_kp_m, least_lonlat
        Where, along and on the first route; None if nowhere.
    """

    first: int
    second: int
    kp_m: NDArray[np.float64]
    separation_m: NDArray[np.float64]
    least_m: float
    least_kp_m: float | None
    least_lonlat: tuple[float, float] | None


@dataclass(frozen=True)
class Apartness:
    """A separation that routes keep outside the zones of landings.

    Two routes are apart when every point of the one and every point of the
    other, neither inside a zone, are at least the separation from each other.

    Attributes
    ----------
    priced
        The sea they lie in.
    landings
        Centres of the zones, (n, 2), (lon, lat).
    zone_m
        Radius of the zones.
    separation_m
        The separation.
    """

    priced: PricedGrid
    landings: NDArray[np.float64]
    zone_m: float
    separation_m: float

    @cached_property
    def zones(self) -> Any:  # noqa: ANN401  (a shapely geometry)
        """The zones in map metres: polygons inscribed in their circles."""
        from shapely import Polygon, union_all

        if not self.zone_m:
            return Polygon()
        bearings = np.arange(4 * _QUARTER) * (90.0 / _QUARTER)
        rings = (geodesy.direct(np.tile(place, (len(bearings), 1)), bearings, self.zone_m) for place in self.landings)
        return union_all([Polygon(self.priced.projection.forward(ring)) for ring in rings])

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Cells that lie in zones as a whole."""
        cells = self.priced.surface.grid
        return grid.burn([self.zones.buffer(-0.5 * np.hypot(cells.dx, cells.dy))], cells, all_touched=False)

    @cached_property
    def touched(self) -> NDArray[np.bool_]:
        """Cells that lie in zones in part or as a whole."""
        return grid.burn([self.zones], self.priced.surface.grid, all_touched=True)

    def line(self, rowcol: ArrayLike) -> Any:  # noqa: ANN401  (a shapely geometry)
        """A path on the grid (n, 2) as a line in map metres, without what lies in zones."""
        from shapely import LineString

        return LineString(self.priced.surface.grid.to_xy(rowcol)).difference(self.zones)

    def route_line(self, route: Route) -> Any:  # noqa: ANN401  (a shapely geometry)
        """A route as a line in map metres that follows its geodesics, without what lies in zones."""
        from shapely import LineString

        return LineString(self.priced.follow(route.lonlat)[0]).difference(self.zones)

    def keep_out(self, lines: Iterable[Any], *, less_m: float = 0.0) -> NDArray[np.bool_]:
        """Cells, but those in zones, that hold a point nearer to a line than the separation.

        Parameters
        ----------
        lines
            Lines in map metres, without what lies in zones.
        less_m
            By how much less than the separation is enough.

        Notes
        -----
        A cell holds no such point when its centre is farther than the separation
        and half a diagonal. The separation is turned into map metres by the
        largest scale factor within reach of each piece of a line.
        """
        reach_m = max(self.separation_m - less_m, 0.0)
        plain = (line.simplify(_PLAIN_M) for line in lines)
        shapes = [self._widened(piece, reach_m) for line in plain for piece in _pieces(line, max(reach_m, _PIECE_M))]
        return grid.burn(shapes, self.priced.surface.grid, all_touched=False) & ~self.inside

    def _widened(self, piece: Any, reach_m: float) -> Any:  # noqa: ANN401
        """All places whose cell could hold a point within reach of a line."""
        cells = self.priced.surface.grid
        left, bottom, right, top = piece.bounds
        lattice = np.linspace(-1.0, 1.0, 5)
        x = 0.5 * (left + right) + (0.5 * (right - left) + reach_m) * lattice
        y = 0.5 * (bottom + top) + (0.5 * (top - bottom) + reach_m) * lattice
        around = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        scale = float(grid.sample(cells.scale, cells.to_rowcol(around)).max())
        radius = reach_m * scale + 0.5 * np.hypot(cells.dx, cells.dy) + _PLAIN_M
        # Polygons are inscribed in circles; those of this radius hold the circle.
        return piece.buffer(radius / np.cos(0.25 * np.pi / 16), quad_segs=16)

    def profile(self, routes: Sequence[Route], first: int, second: int) -> Profile:
        """Separation of two of several routes.

        Notes
        -----
        Two chains of straight pieces are nearest at a vertex of one of them, so
        both are sampled at their vertices and every 50 m between. The nearest
        point is looked up in the projection, and its distance is that of the
        geodesic.
        """
        lines = [self.route_line(routes[number]) for number in (first, second)]
        posts = routes[first].marks(_POST_M)
        place, separation = routes[first].at(posts), np.full(len(posts), np.nan)
        outside = self._is_outside(place)
        if not lines[1].is_empty:
            separation[outside] = self._distances_m(place[outside], lines[1])[0]
        if lines[0].is_empty or lines[1].is_empty:
            return Profile(first, second, posts, separation, np.inf, None, None)
        least_m, lonlat = self._least(routes, (first, second), lines)
        along = self._kp_m(routes[first], lonlat)
        return Profile(first, second, posts, separation, least_m, along, (float(lonlat[0]), float(lonlat[1])))

    def _least(
        self, routes: Sequence[Route], pair: tuple[int, int], lines: list[Any]
    ) -> tuple[float, NDArray[np.float64]]:
        """Least separation of two routes, and the place on the first."""
        from shapely import get_coordinates

        met = lines[0].intersection(lines[1])
        if not met.is_empty:
            return 0.0, self.priced.projection.inverse(get_coordinates(met)[:1])[0]
        found = []
        for number, own, other in ((0, *lines), (1, *lines[::-1])):
            dense = self._samples(routes[pair[number]], own)
            metres, nearest = self._distances_m(dense, other)
            at = int(np.argmin(metres))
            found.append((float(metres[at]), (dense if number == 0 else nearest)[at]))
        return min(found, key=lambda each: each[0])

    def _kp_m(self, route: Route, lonlat: NDArray[np.float64]) -> float:
        """Distance along a route of the place on it nearest to a position, metres."""
        from shapely import LineString, Point

        dense = geodesy.densify(route.lonlat, step_m=_STEP_M)
        xy = self.priced.projection.forward(dense)
        place = LineString(xy).project(Point(*self.priced.projection.forward(lonlat[None])[0]))
        on_map = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        return float(np.interp(place, on_map, geodesy.cumulative_m(dense)))

    def _samples(self, route: Route, line: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """Positions along a route outside zones: every 50 m, its vertices, and where it leaves and enters zones."""
        from shapely import get_coordinates

        dense = geodesy.densify(route.lonlat, step_m=_STEP_M)
        return np.concatenate([dense[self._is_outside(dense)], self.priced.projection.inverse(get_coordinates(line))])

    def _is_outside(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether positions lie outside all zones."""
        from shapely import contains_xy

        return ~np.asarray(contains_xy(self.zones, *self.priced.projection.forward(lonlat).T), bool)

    def _distances_m(self, lonlat: NDArray[np.float64], line: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: ANN401
        """Metres from positions to a line, and its nearest positions."""
        nearest = _nearest(self.priced.projection.forward(lonlat), line)
        there = self.priced.projection.inverse(nearest)
        return geodesy.inverse(lonlat, there)[2], there


def far_share(route: Route, others: Sequence[Route], *, priced: PricedGrid, apart_m: float) -> float:
    """Share of the length of a route that is farther than a distance from all others; 1 where there are none."""
    if not others:
        return 1.0
    water = Apartness(priced, np.empty((0, 2)), 0.0, apart_m)
    ends = geodesy.densify(route.lonlat, step_m=_STEP_M)
    metres = geodesy.inverse(ends[:-1], ends[1:])[2]
    middle = 0.5 * (priced.projection.forward(ends[:-1]) + priced.projection.forward(ends[1:]))
    place = priced.projection.inverse(middle)
    far = np.all([water._distances_m(place, water.route_line(each))[0] > apart_m for each in others], axis=0)  # noqa: SLF001 (same module)
    return float(metres[far].sum() / metres.sum())


def shared_risk_m(
    routes: tuple[Route, Route], exposed: Mapping[str, NDArray[np.bool_]], *, priced: PricedGrid, within_m: float
) -> dict[str, float]:
    """Length of a route on which one event of a hazard could reach another route too.

    Parameters
    ----------
    routes
        The route that is measured, and the other.
    exposed
        Cells that each hazard reaches, by its name.
    priced
        The sea.
    within_m
        Distance within which one event reaches both.

    Returns
    -------
    metres
        By hazard: metres of the first route that are exposed to it and lie within the
        distance of a part of the second that is exposed to it too.
    """
    from shapely import LineString, MultiLineString

    water = Apartness(priced, np.empty((0, 2)), 0.0, within_m)
    pieces = [_short_pieces(route, priced) for route in routes]
    shared = {}
    for name, mask in exposed.items():
        own, other = (xy[mask[cell[:, 0], cell[:, 1]]] for xy, cell, _ in pieces)
        metres = pieces[0][2][mask[pieces[0][1][:, 0], pieces[0][1][:, 1]]]
        if not len(own) or not len(other):
            shared[name] = 0.0
            continue
        line = MultiLineString([LineString(each) for each in other])
        place = priced.projection.inverse(own.mean(axis=1))
        shared[name] = float(metres[water._distances_m(place, line)[0] <= within_m].sum())  # noqa: SLF001 (same module)
    return shared


def _short_pieces(
    route: Route, priced: PricedGrid
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """A route in short pieces: map metres of their ends (n, 2, 2), cells of their middles (n, 2), true metres (n,)."""
    ends = geodesy.densify(route.lonlat, step_m=_STEP_M)
    xy, cells = priced.projection.forward(ends), priced.surface.grid
    pieces = np.stack([xy[:-1], xy[1:]], axis=1)
    cell = np.rint(cells.to_rowcol(pieces.mean(axis=1))).astype(np.intp)
    inside = np.clip(cell, 0, np.array(cells.shape) - 1)
    return pieces, inside, geodesy.inverse(ends[:-1], ends[1:])[2]


def _nearest(xy: NDArray[np.float64], line: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Nearest points of a line to points, in its plane."""
    from shapely import STRtree, get_coordinates, line_interpolate_point, line_locate_point, linestrings, points

    parts = [get_coordinates(part) for part in getattr(line, "geoms", [line])]
    segments = linestrings(np.concatenate([np.stack([part[:-1], part[1:]], axis=1) for part in parts]))
    places = points(xy)
    own = STRtree(segments).query_nearest(places, all_matches=False)[1]
    return np.asarray(get_coordinates(line_interpolate_point(segments[own], line_locate_point(segments[own], places))))


def _pieces(line: Any, length: float) -> list[Any]:  # noqa: ANN401
    """The parts of a line, cut so that none is much longer than a length."""
    from shapely.ops import substring

    if line.is_empty:
        return []
    found = []
    for part in getattr(line, "geoms", [line]):
        count = max(int(np.ceil(part.length / length)), 1)
        cuts = np.linspace(0.0, part.length, count + 1)
        found += [substring(part, low, high) for low, high in pairwise(cuts)]
    return found
