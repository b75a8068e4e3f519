"""The part of a grid that covers an area, and its pieces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.errors import InputError, ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routing.grid import Grid

__all__ = ["Bounds", "covering", "cut", "first_cell", "is_reached", "is_round", "refuse_vast"]

Bounds = tuple[float, float, float, float]

#: Edges that are closer than this, in cells, are one edge that was rounded.
_ON_EDGE = 1e-6


def covering(grid: Grid, area: Bounds | None, path: Path) -> Grid:
    """The part of `grid` that covers a lon/lat box, two cells wider on each side."""
    if area is None:
        return grid
    box = _box_in(grid, area)
    left, _, _, top = grid.bounds
    if not _overlaps(box, grid):
        raise InputError(
            f"covers {_text(grid.bounds)} of {geodesy.parse_crs(grid.crs).name} and does not reach the area "
            f"{_text(area)} (west, south, east, north)",
            remedy="check the file, its CRS and the project's area", file=path,
        )  # fmt: skip
    row0, col0 = max(0, _cell(top - box[3], grid.dy) - 2), _cell(box[0] - left, grid.dx) - 2
    row1, col1 = min(grid.rows, _cell(top - box[1], grid.dy) + 3), _cell(box[2] - left, grid.dx) + 3
    if not is_round(grid):
        col0, col1 = max(0, col0), min(grid.cols, col1)
    return grid.part(row0, col0, (row1 - row0, col1 - col0))


def is_reached(grid: Grid, area: Bounds) -> bool:
    """Whether a lon/lat box reaches a grid at all."""
    return _overlaps(_box_in(grid, area), grid)


def _overlaps(box: Bounds, grid: Grid) -> bool:
    left, bottom, right, top = grid.bounds
    apart = box[2] < left or box[0] > right or box[3] < bottom or box[1] > top
    return bool(np.all(np.isfinite(box))) and not apart


def _cell(distance: float, step: float) -> int:
    """Number of the cell at a distance from the first edge.

    An edge that lies on another up to rounding is taken as on it: formats round differently, and GDAL's resampling
    depends a little on the window that it is given.
    """
    return math.floor(distance / step + _ON_EDGE)


def is_round(grid: Grid) -> bool:
    """Whether a grid goes once around the Earth, so that its last column meets its first."""
    return geodesy.parse_crs(grid.crs).is_geographic and abs(grid.cols * grid.dx - 360.0) < 0.5 * grid.dx


def _box_in(grid: Grid, area: Bounds) -> Bounds:
    west, south, east, north = area
    east += 360.0 if east < west else 0.0
    lon, lat = np.meshgrid(np.linspace(west, east, 21), np.linspace(south, north, 21))
    points = geodesy.transform_points(np.column_stack([lon.ravel(), lat.ravel()]), geodesy.WGS84, grid.crs)
    if geodesy.parse_crs(grid.crs).is_geographic:
        # Longitude comes back as it went in; grids run from -180 or from 0.
        points[:, 0] += 360.0 * np.round((0.5 * (grid.bounds[0] + grid.bounds[2]) - points[:, 0].mean()) / 360.0)
    x, y = points.T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def first_cell(grid: Grid, window: Grid) -> tuple[int, int]:
    """Row and column of a grid that a window on it begins with."""
    return round((grid.top - window.top) / grid.dy), round((window.left - grid.left) / grid.dx)


def cut(window: Grid, side: int, *, by_rows: bool) -> Iterator[Grid]:
    """Pieces of a window, `side` cells along each side, or whole rows of as many cells."""
    rows, cols = (max(1, side * side // window.cols), window.cols) if by_rows else (side, side)
    for top in range(0, window.rows, rows):
        for left in range(0, window.cols, cols):
            yield window.part(top, left, (min(rows, window.rows - top), min(cols, window.cols - left)))


def refuse_vast(window: Grid, most: int, path: Path) -> None:
    """Refuse a window of more cells than are read."""
    if window.rows * window.cols > most:
        raise ResourceError(
            f"{path}: {window.rows} x {window.cols} cells is more than the {most} that are read; "
            "cut the file to the area or make it coarser"
        )


def _text(bounds: Bounds) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in bounds) + ")"
