"""Where a route lies on surveys, and the line that it follows there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.runs import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.pricing import PricedGrid

__all__ = ["Track", "surveyed"]

#: Surveyed stretches that are less than so many routing cells apart are one: a hole in a survey is no end of it.
_HOLE_CELLS = 2.0
#: Steps per routing cell at which a route is asked whether it is on a survey.
_STEPS_PER_CELL = 4
#: A piece of hundreds of kilometres is halved to less than a micrometre.
_HALVINGS = 40


@dataclass(frozen=True)
class Track:
    """A route in map metres, and stations along it.

    Attributes
    ----------
    lonlat
        Positions (n, 2) of the route.
    xy
        The same as straight pieces of the map, (m, 2).
    stations
        Of each position, map metres along those pieces.
    projection
        Of the map.
    """

    lonlat: NDArray[np.float64]
    xy: NDArray[np.float64]
    stations: NDArray[np.float64]
    projection: geodesy.Projection

    @classmethod
    def of(cls, lonlat: NDArray[np.float64], priced: PricedGrid) -> Track:
        """The track of a geodesic polyline (n, 2)."""
        xy, pieces = priced.follow(lonlat)
        along = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
        return cls(np.asarray(lonlat), xy, along[np.append(0, np.cumsum(pieces))], priced.projection)

    @cached_property
    def line(self) -> Any:  # noqa: ANN401  (a shapely line)
        """It as a line."""
        from shapely import LineString

        return LineString(self.xy)

    def at(self, stations: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Places (n, 2) at stations, map metres."""
        from shapely import get_coordinates, line_interpolate_point

        return np.asarray(get_coordinates(line_interpolate_point(self.line, np.atleast_1d(stations))))

    def stations_of(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Station nearest to each place (n, 2)."""
        from shapely import line_locate_point, points

        return np.asarray(line_locate_point(self.line, points(xy)))

    def part(self, start: float, end: float) -> NDArray[np.float64]:
        """Its places (n, 2) between two stations, both ends included."""
        from shapely.ops import substring

        return np.array(substring(self.line, start, end).coords)

    def cut(self, xy: NDArray[np.float64], stops: Sequence[float]) -> list[NDArray[np.float64]]:
        """A line beside it (n, 2), map metres, in pieces: before each stop, a station, and after the last.

        A piece that the line does not reach is its nearer end alone.
        """
        pieces, at = [], self.stations_of(xy)
        for stop in stops:
            after = int(np.argmax(at >= stop)) if at[-1] >= stop else len(at)
            if 0 < after < len(at):
                place = self._at_stop(xy[after - 1], xy[after], stop)
                pieces.append(np.concatenate([xy[:after], [place]]))
                xy, at = np.concatenate([[place], xy[after:]]), np.concatenate([[stop], at[after:]])
            else:
                pieces.append(xy[: max(after, 1)])
                xy, at = (xy, at) if after == 0 else (xy[-1:], at[-1:])
        return [*pieces, xy]

    def _at_stop(self, first: NDArray[np.float64], last: NDArray[np.float64], stop: float) -> NDArray[np.float64]:
        """Place on a straight piece whose station is a stop, by halving."""
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            ahead = float(self.stations_of((first + middle * (last - first))[None])[0]) >= stop
            low, high = (low, middle) if ahead else (middle, high)
        return np.asarray(first + high * (last - first))

    def kp_m(self, station: float) -> float:
        """True distance along the route of a station."""
        before = int(np.searchsorted(self.stations, station, side="right")) - 1
        chain = np.concatenate([self.lonlat[: before + 1], self.projection.inverse(self.at(station))])
        return float(geodesy.cumulative_m(chain)[-1])


def surveyed(track: Track, cells: NDArray[np.bool_], grid: Grid) -> tuple[tuple[float, float], ...]:
    """Stations between which a track runs over marked cells of the routing grid.

    Parameters
    ----------
    track
        The route.
    cells
        What surveys sound.
    grid
        Its cells.
    """
    count = max(2, int(np.ceil(track.stations[-1] / grid.dx * _STEPS_PER_CELL)) + 1)
    marks = np.linspace(0.0, track.stations[-1], count)
    row, col = np.clip(np.rint(grid.to_rowcol(track.at(marks))).astype(np.intp), 0, np.array(grid.shape) - 1).T
    joined: list[tuple[float, float]] = []
    for first, last in runs(cells[row, col]):
        start, end = float(marks[first]), float(marks[last])
        if joined and start - joined[-1][1] < _HOLE_CELLS * grid.dx:
            start = joined.pop()[0]
        joined.append((start, end))
    return tuple(joined)
