"""Slope of the sea floor, along and across any heading, with what a coarse grid hides.

A slope is that of the grid it is measured on: a plough feels 20 m, a world grid
holds 500 m to 10 km. On grids too coarse to see it, slope is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.grid import Grid

__all__ = ["SEEN_CELL_M", "Slope", "measure_slope", "slope_across", "slope_along", "slope_multiplier"]

#: Largest cell on which a slope that a plough feels can be seen (default: a few plough lengths, judgement).
SEEN_CELL_M = 100.0
#: Length over which a plough feels the slope (default: plough length 10 to 20 m, from trade knowledge).
_PLOUGH_M = 20.0
#: Roughness exponent of a self-affine sea floor (default, judgement): 1 is a plane, 0.5 a random walk.
_HURST = 0.8


@dataclass(frozen=True)
class Slope:
    """Slope of the sea floor on a grid.

    Attributes
    ----------
    slope_deg
        Steepest slope of the plane through a cell and its eight neighbours; NaN where one of them is unknown.
    downhill_deg
        Where it leads down, clockwise from grid north; NaN on flat ground.
    """

    slope_deg: NDArray[np.float32]
    downhill_deg: NDArray[np.float32]


def measure_slope(depth_m: NDArray[np.float32], grid: Grid) -> Slope:
    """Slope and its direction at every cell.

    Parameters
    ----------
    depth_m
        Water depth, positive down; NaN where unknown.
    grid
        Its cells; map metres become true metres by the local scale.

    Notes
    -----
    Weighted differences over 3 x 3 cells: B. K. P. Horn, Hill shading and the reflectance map, Proceedings of the
    IEEE 69 (1981), 14-47. Exact on a plane.

    Examples
    --------
    >>> from routing.grid import Grid
    >>> plane = np.repeat(10.0 * np.arange(3, dtype=np.float32)[None], 3, axis=0)
    >>> slope = measure_slope(plane, Grid(3, 3, 500_000.0, 4_600_000.0, 100.0, 100.0, "EPSG:32639"))
    >>> round(float(slope.slope_deg[1, 1]), 2), float(slope.downhill_deg[1, 1])
    (5.71, 90.0)
    """
    deeper_east, deeper_north = (np.full(grid.shape, np.nan, np.float32) for _ in range(2))
    if min(grid.shape) >= 3:
        inner = (slice(1, -1), slice(1, -1))
        scale = grid.scale[inner].astype(np.float32)
        across = _smoothed(depth_m[:-2], depth_m[1:-1], depth_m[2:])
        upright = _smoothed(depth_m[:, :-2], depth_m[:, 1:-1], depth_m[:, 2:])
        deeper_east[inner] = (across[:, 2:] - across[:, :-2]) * scale / np.float32(2 * grid.dx)
        deeper_north[inner] = (upright[:-2] - upright[2:]) * scale / np.float32(2 * grid.dy)
        unknown = np.isnan(depth_m[inner])
        deeper_east[inner][unknown] = np.nan
    steepness = np.hypot(deeper_east, deeper_north)
    heading = np.degrees(np.arctan2(deeper_east, deeper_north)) % np.float32(360.0)
    return Slope(np.degrees(np.arctan(steepness)), np.where(steepness > 0, heading, np.float32(np.nan)))


def slope_along(
    slope_deg: NDArray[np.float32], downhill_deg: NDArray[np.float32], heading_deg: float | NDArray[np.float32]
) -> NDArray[np.float32]:
    """Slope along a heading, degrees, positive where it leads down.

    Examples
    --------
    >>> slope_along(np.float32([10.0]), np.float32([90.0]), 90.0).round(3)
    array([10.], dtype=float32)
    """
    return _resolved(slope_deg, np.cos(np.radians(heading_deg - downhill_deg)))


def slope_across(
    slope_deg: NDArray[np.float32], downhill_deg: NDArray[np.float32], heading_deg: float | NDArray[np.float32]
) -> NDArray[np.float32]:
    """Side slope on a heading, degrees, positive where starboard is lower.

    Examples
    --------
    >>> slope_across(np.float32([10.0]), np.float32([90.0]), 0.0).round(3)
    array([10.], dtype=float32)
    """
    return _resolved(slope_deg, np.sin(np.radians(downhill_deg - heading_deg)))


def slope_multiplier(cell_m: float) -> float:
    """Likely ratio of the slope that a plough feels to the slope that a grid of such cells shows.

    Notes
    -----
    On a self-affine surface the typical slope over a length goes with that length to the power H - 1; H = 0.8 and
    the plough's 20 m are defaults by judgement. It belongs into a note on uncertainty, not into a rule.

    Examples
    --------
    >>> slope_multiplier(10.0), round(slope_multiplier(1000.0), 2)
    (1.0, 2.19)
    """
    return max(float((cell_m / _PLOUGH_M) ** (1.0 - _HURST)), 1.0)


def _smoothed(
    before: NDArray[np.float32], here: NDArray[np.float32], after: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.asarray((before + np.float32(2) * here + after) / np.float32(4))


def _resolved(slope_deg: NDArray[np.float32], part: NDArray[np.float32]) -> NDArray[np.float32]:
    """The part of a slope in one direction; flat ground has none in any."""
    part = np.where(slope_deg == 0, 0.0, part)
    return np.degrees(np.arctan(np.tan(np.radians(slope_deg)) * part)).astype(np.float32)
