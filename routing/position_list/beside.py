"""Places along a line, and the places of another line beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["nearest_places", "places_along"]

#: A geodesic leg of this length leaves its chord on the map by less than half a metre.
_CHORD_M = 2000.0


def places_along(
    line: NDArray[np.float64], marks_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places at distances along a line, and the bearing of its leg there.

    Parameters
    ----------
    line
        Geodesic polyline (n, 2), (lon, lat) degrees, at least two positions.
    marks_m
        Distances along it, metres.

    Returns
    -------
    places, bearings
        (m, 2) degrees; (m,) degrees from true north.

    Examples
    --------
    >>> places, bearings = places_along(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([55_659.745]))
    >>> places.round(6).tolist(), bearings.tolist()
    ([[0.5, 0.0]], [90.0])
    """
    starts = geodesy.cumulative_m(line)
    leg = np.clip(np.searchsorted(starts, marks_m, side="right") - 1, 0, len(line) - 2)
    bearing = geodesy.inverse(line[:-1], line[1:])[0][leg]
    places = geodesy.direct(line[leg], bearing, marks_m - starts[leg])
    ahead = geodesy.inverse(places, line[leg + 1])
    # At the very end of a leg there is no bearing ahead; the one from its start serves.
    return places, np.where(ahead[2] > 1.0, ahead[0], bearing)


def nearest_places(
    line: NDArray[np.float64], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The nearest place of a line to each of some places, and its distance along the line.

    Parameters
    ----------
    line
        Geodesic polyline (n, 2), (lon, lat) degrees, at least two positions.
    places
        Positions (m, 2).

    Returns
    -------
    nearest, marks_m
        (m, 2) degrees; (m,) metres along the line.

    Notes
    -----
    Both are drawn on one conformal map, where each chord of a leg stands within half a metre of it.

    Examples
    --------
    >>> nearest, marks = nearest_places(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.5, 0.1]]))
    >>> np.abs(nearest - [0.5, 0.0]).max() < 1e-6, marks.round(0).tolist()
    (np.True_, [55660.0])
    """
    import shapely

    dense = geodesy.unwrap_lon(geodesy.densify(line, step_m=_CHORD_M))
    turned = np.array(places, float)
    turned[:, 0] += 360.0 * np.round((dense[:, 0].mean() - turned[:, 0]) / 360.0)
    every = np.concatenate([dense, turned])
    (west, south), (east, north) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    projection = geodesy.local_projection((west, south, east, north))
    drawn = projection.forward(dense)
    located = shapely.line_locate_point(shapely.LineString(drawn), shapely.points(projection.forward(turned)))
    found = shapely.line_interpolate_point(shapely.LineString(drawn), located)
    chords = np.append(0.0, np.cumsum(np.hypot(*np.diff(drawn, axis=0).T)))
    marks = np.interp(located, chords, geodesy.cumulative_m(dense))
    return projection.inverse(shapely.get_coordinates(found)), marks
