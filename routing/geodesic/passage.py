"""The search for a path whose cost depends on direction, over or round the lines that ask for a toll."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.errors import NoPathError
from routing.geodesic.enclosure import no_path
from routing.geodesic.ground import Ground, March, Sources
from routing.geodesic.heading import add_stencils, subdivide_tensor, tensor_plane, with_plane
from routing.geodesic.path import GeodesicPath
from routing.geodesic.tolls import REACHES, Stretch, place_leg, stretches

__all__ = ["Passage"]

CORNER = 1.5  # cells within which a path is pulled onto a vertex of a line
ROOM = 4.0  # cells to either side of such a place that are given up for a straight way there
BEND = 1e-6  # twice the sine of half the angle by which a line turns at a bend
MARGIN = 1e-6  # cells between a path and the vertex it turns round
ATTEMPTS = 32  # most places that are closed, one after the other, because no straight leg fits there
CLOSED = 4.0  # cells to either side of a place where no leg fits that are closed with it
DOUBT = 1.05  # share of a price up to which a way that the field calls dearer is relaxed all the same
ROUNDS = 3  # most rounds of relaxing the sections between legs and the legs
WORTH = 1e-7  # relative gain of a round that is worth another
NEAR = (8.0, 2.0)  # cells on either side of a leg, within which its place is refined in turn


@dataclass(frozen=True)
class Passage:
    """Two ends on a raster with toll lines.

    Parameters
    ----------
    ground
        The raster with the pieces of all lines.
    ends
        Row, col, (2, 2).
    lines
        Which line each piece belongs to.
    """

    ground: Ground
    ends: NDArray[np.float64]
    lines: NDArray[np.int64]

    def best(self) -> GeodesicPath:
        """Cheapest path over or round the lines.

        Returns
        -------
        path
            Relaxed in the exact price.

        Raises
        ------
        NoPathError
            If exclusions, or lines that can be crossed nowhere, separate the ends.
        """
        none = np.zeros(len(self.lines), np.bool_)
        found = self._attempt(none, none, np.inf)
        if found is None:
            raise self._no_path()
        path, crossed = found
        # The field is not exact, and does not see angles: what it decided is tried the other way.
        groups = [np.array([line]) for line in crossed]
        shut = [np.isin(self.lines, lines) for lines in ([*groups, crossed] if len(crossed) > 1 else groups)]
        free = [self.lines == line for line in self._rounded(path, crossed)]
        for closed, waived in [*((mask, none) for mask in shut), *((none, mask) for mask in free)]:
            other = self._attempt(closed, waived, path.cost)
            if other is not None and other[0].cost < path.cost:
                path = other[0]
        return path

    def _rounded(self, path: GeodesicPath, crossed: NDArray[np.int64]) -> NDArray[np.int64]:
        """Lines that a path does not cross but turns round."""
        tolls = tensor_plane(self.ground).tolls
        line = self.ground.pad(path.points)
        walked = np.append(0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T)))
        near = [float(np.hypot(*_nearest(line, walked, corner)[0])) <= CORNER for corner in _corners(tolls)]
        corners = _corners(tolls)[np.array(near, np.bool_)]
        touched = [(tolls[:, :2] == c).all(axis=1) | (tolls[:, 2:4] == c).all(axis=1) for c in corners]
        lines = np.unique(self.lines[np.logical_or.reduce(touched)]) if touched else np.empty(0, np.int64)
        return np.setdiff1d(lines, crossed)

    def _attempt(
        self, closed: NDArray[np.bool_], waived: NDArray[np.bool_], limit: float
    ) -> tuple[GeodesicPath, NDArray[np.int64]] | None:
        """Path that keeps off some pieces, lines it crosses; None if there is none, or surely none below a limit.

        The tolls of the waived pieces do not count where to go, but in the price.
        """
        closed = closed.copy()
        for _ in range(ATTEMPTS):
            march, fine, value = self._solve(closed, waived)
            if not value < min(np.inf, limit * DOUBT):
                return None
            ground = self._with_tolls(self.ground, closed, oblique=False)
            line = ground.pad(self._trace(march, fine))
            shaped = _shape(ground, line)
            if isinstance(shaped, Stretch):
                self._close(closed, shaped)
                continue
            points, price = shaped
            crossed = np.concatenate(
                [s.pieces for s in stretches(ground, ground.pad(points))] or [np.empty(0, np.int64)]
            )
            path = GeodesicPath(points, price * ground.unit, cells_solved=-(-march.touched // fine.parts**2))
            return path, np.unique(self.lines[crossed])
        return None

    @cached_property
    def _fine(self) -> Ground:
        return add_stencils(subdivide_tensor(self.ground))

    def _with_tolls(self, ground: Ground, closed: NDArray[np.bool_], *, oblique: bool) -> Ground:
        """Ground whose closed pieces cannot be crossed; if `oblique`, all others at any angle for the least toll."""
        plane = tensor_plane(ground)
        tolls = plane.tolls.copy()
        tolls[closed, 4] = np.inf
        if oblique:
            tolls[:, 5:] = 0.0, np.inf, 0.0
        return with_plane(ground, plane._replace(tolls=tolls))

    def _solve(self, closed: NDArray[np.bool_], waived: NDArray[np.bool_]) -> tuple[March, Ground, float]:
        """Prices from the first end, the raster they are on, the price of the second end."""
        from routing.geodesic.descent import price_at
        from routing.geodesic.marching import march

        fine = self._with_tolls(self._fine, closed, oblique=True)
        tensor_plane(fine).tolls[waived & ~closed, 4] = 0.0
        start, end = fine.pad(self.ends)
        starts = start[None], np.zeros(1)
        found = march(fine, Sources(*starts), end[None], spare=[], method="graph")
        place, scale = (float(end[0]), float(end[1])), (1.0 / found.width, found.far)
        value = float(price_at(found.cells, fine.plane, place, starts, found.seeds, found.owners, scale))
        return found, fine, value * found.width * fine.unit if value < found.far else np.inf

    def _trace(self, march: March, fine: Ground) -> NDArray[np.float64]:
        """Polyline between the ends, in the raster's coordinates."""
        from routing.geodesic.descent import ARRIVED, FULL
        from routing.geodesic.tracking import track

        start, end = fine.pad(self.ends)
        points = np.empty((4 * (fine.rows + fine.cols) + 64, 2))
        points[0] = end
        state = np.array([1.0, np.inf])
        balls = (start[None], march.seeds, march.owners)
        scale = (1.0 / march.width, march.far)
        while (status := track(march.cells, tensor_plane(fine), balls, scale, points, state)) == FULL:
            points = np.concatenate([points, np.empty_like(points)])
        if status != ARRIVED:
            raise self._no_path()
        line = fine.unpad(points[: int(state[0])][::-1])
        line[[0, -1]] = self.ends
        moves = (np.diff(line, axis=0) != 0).any(axis=1)
        return np.ascontiguousarray(line[np.append(True, moves)])

    def _close(self, closed: NDArray[np.bool_], stretch: Stretch) -> None:
        """Close the pieces of a stretch and those of the same lines beside them."""
        tolls = tensor_plane(self.ground).tolls
        middle = 0.5 * (tolls[:, :2] + tolls[:, 2:4])
        for piece in stretch.pieces:
            near = np.hypot(*(middle - middle[piece]).T) <= CLOSED
            closed |= near & (self.lines == self.lines[piece])

    def _no_path(self) -> NoPathError:
        """Error that names what separates the ends."""
        bare = self._with_tolls(self.ground, np.ones(len(self.lines), np.bool_), oblique=True)
        error = no_path(bare, self.ends[:1], self.ends[1])
        if error.enclosed != "both" or not len(self.lines):
            return error
        start, end = (tuple(float(x) for x in p) for p in self.ends)
        return NoPathError(
            f"no path from {start} to {end}: no toll line between them can be crossed as steeply and as straight as "
            "it asks; lower its min_angle_deg or straight, or open an exclusion",
            start=error.start,
            end=error.end,
            enclosed="both",
            nearest_reachable=error.nearest_reachable,
        )


def _shape(ground: Ground, line: NDArray[np.float64]) -> tuple[NDArray[np.float64], float] | Stretch:
    """Relaxed path and its price in row spacings; the stretch where no straight leg fits if there is one."""
    found = stretches(ground, line)
    if not found:
        return _pulled(ground, ground.unpad(line))
    walked = np.append(0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T)))
    sections, legs, begin = [], [], line[:1]
    at = 0.0
    for k, stretch in enumerate(found):
        before = 0.5 * (found[k - 1].last + stretch.first) if k else 0.0
        after = 0.5 * (stretch.last + found[k + 1].first) if k + 1 < len(found) else float(walked[-1])
        placed = _place(ground, (line, walked), stretch, (before, after))
        if placed is None:
            return stretch
        cut, leg = placed
        sections.append(np.concatenate([begin, _between(line, walked, at, cut[0]), leg[:1]]))
        legs.append(leg)
        begin, at = leg[1:], cut[1]
    sections.append(np.concatenate([begin, _between(line, walked, at, np.inf), line[-1:]]))
    return _relax(ground, sections)


def _pulled(ground: Ground, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Relaxed polyline, onto the corners of toll lines where that is cheaper, and its price in row spacings."""
    from routing.geodesic.taut import pull_taut

    tolls = tensor_plane(ground).tolls
    points, price = pull_taut(ground, points)
    line = ground.pad(points)
    for corner in _corners(tolls):
        walked = np.append(0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T)))
        apart, place = _nearest(line, walked, corner)
        distance = float(np.hypot(*apart))
        if distance > CORNER or not 0.0 < place < walked[-1]:
            continue
        if distance < MARGIN:  # on the line as good as over it: stand off on the outer side
            apart = _outward(tolls, corner)
            distance = float(np.hypot(*apart))
        pulled = corner + apart * (MARGIN / max(MARGIN, distance))
        one = np.concatenate([_between(line, walked, -1.0, max(0.0, place - ROOM)), pulled[None]])
        two = np.concatenate([pulled[None], _between(line, walked, place + ROOM, np.inf), line[-1:]])
        sections = [pull_taut(ground, ground.unpad(section)) for section in (one, two)]
        total = sections[0][1] + sections[1][1]
        if total < price:
            points, price = np.concatenate([sections[0][0], sections[1][0][1:]]), total
            line = ground.pad(points)
    return points, price


def _corners(tolls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends and bends of the lines."""
    points = np.unique(np.concatenate([tolls[:, :2], tolls[:, 2:4]]), axis=0)
    bent = np.array([np.hypot(*_outward(tolls, point)) > BEND for point in points], np.bool_)
    return points[bent]


def _outward(tolls: NDArray[np.float64], corner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Direction away from the pieces that meet at a vertex."""
    starts, ends = (tolls[:, :2] == corner).all(axis=1), (tolls[:, 2:4] == corner).all(axis=1)
    away = np.concatenate([corner - tolls[starts, 2:4], corner - tolls[ends, :2]])
    outward: NDArray[np.float64] = (away / np.hypot(*away.T)[:, None]).sum(axis=0)
    return outward


def _nearest(
    line: NDArray[np.float64], walked: NDArray[np.float64], point: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Way from a point to the nearest place of a polyline, and the length up to that."""
    legs = np.diff(line, axis=0)
    squares = np.maximum((legs**2).sum(axis=1), 1e-300)
    t = np.clip(((point - line[:-1]) * legs).sum(axis=1) / squares, 0.0, 1.0)
    apart = line[:-1] + t[:, None] * legs - point
    k = int(np.argmin((apart**2).sum(axis=1)))
    return apart[k], float(walked[k] + t[k] * np.sqrt(squares[k]))


def _place(
    ground: Ground,
    path: tuple[NDArray[np.float64], NDArray[np.float64]],
    stretch: Stretch,
    limits: tuple[float, float],
) -> tuple[tuple[float, float], NDArray[np.float64]] | None:
    """Lengths at which the path is cut, and the leg that bridges the gap; None if none fits."""
    for reach in REACHES:
        cut = (
            max(limits[0], stretch.first - reach * stretch.half),
            min(limits[1], stretch.last + reach * stretch.half),
        )
        corners = [_point_at(*path, length) for length in (cut[0], cut[1], stretch.first, stretch.last)]
        price, leg = place_leg(ground, (corners[0], corners[1]), (corners[2], corners[3]), stretch)
        if price < np.inf:
            return cut, leg
    return None


def _point_at(line: NDArray[np.float64], walked: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """Point of a polyline at a length."""
    return np.array([np.interp(length, walked, line[:, 0]), np.interp(length, walked, line[:, 1])])


def _between(line: NDArray[np.float64], walked: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Vertices of a polyline from one length to another, with the points there that are no ends of the line."""
    inside = line[(walked > low) & (walked < high) & (walked < walked[-1])]
    edges = [_point_at(line, walked, x)[None] if 0.0 < x < walked[-1] else np.empty((0, 2)) for x in (low, high)]
    return np.concatenate([edges[0], inside, edges[1]])


def _relax(ground: Ground, sections: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], float]:
    """Relax sections and the legs between them in turn, then together."""
    from routing.geodesic.line import polyline_price

    lowest, best = np.inf, np.concatenate(sections)
    for _ in range(ROUNDS):
        sections = [ground.pad(_pulled(ground, ground.unpad(section))[0]) for section in sections]
        for near in NEAR:
            _refine_legs(ground, sections, near)
        sections = _relax_together(ground, sections)
        line = np.concatenate(sections)
        price = float(polyline_price(ground.plane, line))
        if not price < lowest * (1.0 - WORTH):
            break
        lowest, best = price, line
    points = ground.unpad(best)
    return points, lowest


def _refine_legs(ground: Ground, sections: list[NDArray[np.float64]], near: float) -> None:
    """Move each leg to its best place between points of the sections nearby."""
    from routing.geodesic.line import polyline_price

    for k in range(len(sections) - 1):
        a, b = sections[k], sections[k + 1]
        way = np.concatenate([a, b])
        found = stretches(ground, np.stack([a[-1], b[0]]))
        if len(found) != 1:
            continue
        walked = np.append(0.0, np.cumsum(np.hypot(*np.diff(way, axis=0).T)))
        start, stop = float(walked[len(a) - 1]), float(walked[len(a)])
        cut = max(0.5 * start, start - near), min(0.5 * (stop + float(walked[-1])), stop + near)
        corners = [_point_at(way, walked, x) for x in (*cut, start + found[0].first, start + found[0].last)]
        _, leg = place_leg(ground, (corners[0], corners[1]), (corners[2], corners[3]), found[0])
        one = np.concatenate([a[:1], _between(way, walked, 0.0, cut[0]), leg[:1]])
        two = np.concatenate([leg[1:], _between(way, walked, cut[1], np.inf), b[-1:]])
        if polyline_price(ground.plane, np.concatenate([one, two])) < polyline_price(ground.plane, way):
            sections[k], sections[k + 1] = one, two


def _relax_together(ground: Ground, sections: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Newton steps of all vertices, the ends of legs included."""
    from routing.geodesic.taut import pull_joined

    line = np.concatenate(sections)
    pull_joined(ground, line)
    return np.split(line, np.cumsum([len(section) for section in sections])[:-1])
