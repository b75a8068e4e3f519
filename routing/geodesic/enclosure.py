"""What can be reached from where, and which end of a missing path is walled in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError, NoPathError
from routing.geodesic.ground import Ground, as_points

__all__ = ["enclosure", "no_path"]


def enclosure(cost: ArrayLike, point: ArrayLike) -> NDArray[np.bool_]:
    """Free cells that can be reached from a point.

    Parameters
    ----------
    cost
        Raster, (rows, cols); cells that are not finite are excluded.
    point
        Row, col.

    Returns
    -------
    mask
        True for the free cells that are connected with the point's cell across
        cell edges; all False if the point lies in no free cell.

    Notes
    -----
    Two cells that touch only at a corner are connected through a free cell
    beside it or not at all: a path may not squeeze between two excluded cells.

    Examples
    --------
    >>> import numpy as np
    >>> enclosure(np.array([[1.0, 1.0, np.inf, 1.0]]), (0, 0))
    array([[ True,  True, False, False]])
    """
    array = np.asarray(cost)
    if array.ndim != 2:
        raise ArrayError(f"cost has {array.ndim} dimensions", remedy="give a (rows, cols) array")
    return _connected(np.isfinite(array), as_points(point, "point", shape=(2,)))


def _connected(free: NDArray[np.bool_], point: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Cells 4-connected to the free cells that touch a point."""
    from routing.geodesic.padding import flood

    framed = np.pad(free, 1)
    mask = np.zeros_like(framed)
    stack = np.empty(int(free.sum()) + 1, np.int64)
    for row, col in _cells_at(free, point):
        cell = (row + 1) * framed.shape[1] + col + 1
        if not mask[row + 1, col + 1]:
            flood(framed.ravel(), framed.shape[1], cell, stack, mask.ravel())
    return mask[1:-1, 1:-1]


def _cells_at(free: NDArray[np.bool_], point: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Free cells whose closed square holds a point."""
    low, high = np.ceil(point - 0.5).astype(int), np.floor(point + 0.5).astype(int)
    around = {(int(row), int(col)) for row in (low[0], high[0]) for col in (low[1], high[1])}
    rows, cols = free.shape
    return sorted((r, q) for r, q in around if 0 <= r < rows and 0 <= q < cols and free[r, q])


def no_path(ground: Ground, starts: NDArray[np.float64], end: NDArray[np.float64]) -> NoPathError:
    """Error for two points that no path joins: which end is walled in, how near one can get."""
    free = ground.free_mask()
    reach = np.zeros_like(free)
    for start in starts:
        if not reach[tuple(np.clip(np.rint(start).astype(int), 0, np.array(free.shape) - 1))]:
            reach |= _connected(free, start)
    pocket = _connected(free, end)
    enclosed = _enclosed(int(reach.sum()), int(pocket.sum()))
    nearest = _nearest(reach, end, ground)
    start = (float(starts[0, 0]), float(starts[0, 1])) if len(starts) else (np.nan, np.nan)
    goal = (float(end[0]), float(end[1]))
    reason = _reason(ground, start, goal, enclosed, int(min(reach.sum(), pocket.sum())))
    near = "" if nearest is None else f"; the nearest cell that can be reached is {nearest}"
    return NoPathError(
        f"no path from {start} to {goal}: {reason}{near}; move that end or open an exclusion",
        start=start,
        end=goal,
        enclosed=enclosed,
        nearest_reachable=nearest,
    )


def _enclosed(reach: int, pocket: int) -> str:
    """The end in the smaller pocket is the one that is walled in."""
    if reach == pocket:
        return "both"
    return "start" if reach < pocket else "end"


def _reason(ground: Ground, start: tuple[float, float], end: tuple[float, float], enclosed: str, size: int) -> str:
    for name, point in (("start", start), ("end", end)):
        place = np.array(point)
        if not bool(ground.contains(place)):
            return f"the {name} lies outside the raster"
        if not ground.is_free(place):
            return f"the {name} lies in an excluded cell"
    if enclosed == "both":
        return f"exclusions enclose both ends in pockets of {size} cells"
    return f"exclusions enclose the {enclosed} in a pocket of {size} cells"


def _nearest(reach: NDArray[np.bool_], end: NDArray[np.float64], ground: Ground) -> tuple[int, int] | None:
    """Reachable cell nearest to a point, by length; the first in row order of several."""
    from routing.geodesic.line import PAD

    rows, cols = np.nonzero(reach)
    if not len(rows):
        return None
    middle = int(np.clip(np.rint(end[0]), 0, ground.rows - 1))
    aspect = float(ground.plane.aspect[middle + PAD])
    k = int(np.argmin((rows - end[0]) ** 2 + (aspect * (cols - end[1])) ** 2))
    return int(rows[k]), int(cols[k])
