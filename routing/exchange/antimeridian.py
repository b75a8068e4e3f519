"""Geometries cut where they cross the antimeridian, so that every reader draws them on the right side."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["parts"]


def parts(shape: Any) -> list[Any]:  # noqa: ANN401  (shapely geometries)
    """The simple geometries that a geometry is made of, none across the antimeridian.

    Parameters
    ----------
    shape
        A shapely point, line, polygon or collection of them, (lon, lat) in degrees, each step of a line the short
        way round.

    Returns
    -------
    parts
        Points, lines and polygons with longitudes from -180 to 180, in order; lines keep their direction.

    Notes
    -----
    A cut adds a position at 180 degrees on the straight line in (lon, lat), which is what GeoJSON says that a line is
    (RFC 7946, sections 3.1.1 and 3.1.9). A polygon around a pole is returned as it is.

    Examples
    --------
    >>> from shapely import LineString
    >>> [part.wkt for part in parts(LineString([(179, 10), (-179, 12)]))]
    ['LINESTRING (179 10, 180 11)', 'LINESTRING (-180 11, -179 12)']
    """
    from shapely import Point

    if hasattr(shape, "geoms"):
        return [part for each in shape.geoms for part in parts(each)]
    if shape.is_empty:
        return []
    if shape.geom_type == "Polygon":
        return list(_polygons(shape))
    if shape.geom_type == "LineString":
        return list(_lines(np.asarray(shape.coords)[:, :2]))
    lon = shape.x if -180.0 <= shape.x <= 180.0 else (shape.x + 180.0) % 360.0 - 180.0
    return [Point(lon, shape.y)]


def _lines(lonlat: NDArray[np.float64]) -> Iterator[Any]:
    from shapely import LineString

    pieces: list[list[tuple[float, float]]] = []
    before = None
    for start, end in _steps(geodesy.unwrap_lon(lonlat)):
        # The middle decides: an end may stand on the antimeridian itself.
        world = np.floor((0.5 * (start[0] + end[0]) + 180.0) / 360.0)
        if world != before:
            pieces.append([(start[0] - 360.0 * world, start[1])])
        pieces[-1].append((end[0] - 360.0 * world, end[1]))
        before = world
    yield from (LineString(piece) for piece in pieces)


def _steps(points: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Steps of a line, each cut in two where it crosses 180 degrees."""
    for start, end in pairwise(points):
        low, high = sorted((start[0], end[0]))
        limit = 180.0 + 360.0 * np.ceil((low - 180.0) / 360.0)
        if low < limit < high:
            share = (limit - start[0]) / (end[0] - start[0])
            middle = np.array([limit, start[1] + share * (end[1] - start[1])])
            yield start, middle
            yield middle, end
        else:
            yield start, end


def _polygons(shape: Any) -> Iterator[Any]:  # noqa: ANN401
    from shapely import Polygon, box
    from shapely.affinity import translate

    outer = geodesy.unwrap_lon(np.asarray(shape.exterior.coords)[:, :2])
    if abs(outer[0, 0] - outer[-1, 0]) > 180.0:
        yield shape
        return
    whole = Polygon(outer, [_beside(np.asarray(ring.coords)[:, :2], outer) for ring in shape.interiors])
    west, east = outer[:, 0].min(), outer[:, 0].max()
    first, last = int(np.floor((west + 180.0) / 360.0)), int(np.ceil((east + 180.0) / 360.0)) - 1
    for world in range(first, max(first, last) + 1):
        shift = 360.0 * world
        piece = whole if first >= last else whole.intersection(box(shift - 180.0, -90.0, shift + 180.0, 90.0))
        moved = translate(piece, -shift) if shift else piece
        yield from (each for each in getattr(moved, "geoms", [moved]) if each.geom_type == "Polygon")


def _beside(ring: NDArray[np.float64], outer: NDArray[np.float64]) -> NDArray[np.float64]:
    """A hole in the same turn of the Earth as the ring around it."""
    inner = geodesy.unwrap_lon(ring)
    inner[:, 0] += 360.0 * np.round((outer[:, 0].mean() - inner[:, 0].mean()) / 360.0)
    return inner
