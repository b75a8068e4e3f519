"""Lines with fewer points: drawn the same, stored in less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["thin"]


def thin(points: NDArray[np.float64], *, tolerance: float) -> NDArray[np.bool_]:
    """Mask of the points to keep so that no dropped point lies further than `tolerance` from the line.

    Parameters
    ----------
    points
        Polyline or closed ring (n, 2), n at least 1, in planar units.
    tolerance
        In the same units.

    Notes
    -----
    Douglas & Peucker 1973, Algorithms for the reduction of the number of
    points required to represent a digitized line, Cartographica 10.

    Examples
    --------
    >>> thin(np.array([[0, 0], [1, 0.1], [2, 0], [2, 5]], float), tolerance=0.5)
    array([ True, False,  True,  True])
    """
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    pending = [(0, len(points) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        off = _distance(points[first + 1 : last], points[first], points[last])
        farthest = int(off.argmax())
        if off[farthest] > tolerance:
            middle = first + 1 + farthest
            keep[middle] = True
            pending += [(first, middle), (middle, last)]
    return keep


def _distance(points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of points from a straight piece; its ends may coincide."""
    along = end - start
    squared = float(along @ along)
    if squared == 0.0:
        return np.asarray(np.hypot(*(points - start).T))
    share = np.clip((points - start) @ along / squared, 0.0, 1.0)
    return np.asarray(np.hypot(*(points - start - share[:, None] * along).T))
