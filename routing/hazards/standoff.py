"""Shapes with a distance around them, in metres on Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import geodesy
from routing.grid import burn

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from routing.grid import Grid

__all__ = ["widen", "within"]

#: Segments of a quarter circle of a stand-off, which is cut 0.1 % short between them.
_ROUNDNESS = 32


def widen(shape: Any, distance_m: float, grid: Grid) -> Any:  # noqa: ANN401  (shapely geometries)
    """A shape of the grid's CRS with a stand-off, made true by the map's scale in its middle.

    Examples
    --------
    >>> from shapely import Point
    >>> from routing.grid import Grid
    >>> zone = widen(Point(500_000, 4_600_000), 1000.0, Grid(1, 1, 0.0, 0.0, 1.0, 1.0, "EPSG:32639"))
    >>> round(zone.bounds[2] - 500_000, 1)
    999.6
    """
    if distance_m == 0:
        return shape
    projection = geodesy.Projection(grid.crs)
    scale = float(projection.scale(projection.inverse([shape.centroid.coords[0]]))[0])
    return shape.buffer(distance_m * scale, _ROUNDNESS)


def within(shapes: Iterable[Any], distance_m: float, grid: Grid) -> NDArray[np.bool_]:
    """Cells whose centre lies within a distance of any shape."""
    return burn([widen(shape, distance_m, grid) for shape in shapes], grid, all_touched=False)
