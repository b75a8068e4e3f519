"""Length of the sea floor under a route, which is longer than the route where it slopes.

Bottom slack counts from the length of the sea floor, surface slack from the
length of the route; one cable has both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["cable_length_m", "seabed_length_m", "surface_slack_pct"]


def seabed_length_m(distance_m: ArrayLike, depth_m: ArrayLike) -> float:
    """Length of the sea floor along a profile, straight between its points.

    Parameters
    ----------
    distance_m
        Horizontal distance of each point from the start, rising.
    depth_m
        Water depth there, positive down.

    Returns
    -------
    length_m
        NaN when a depth is not known.

    Examples
    --------
    >>> seabed_length_m([0.0, 300.0], [0.0, 400.0])
    500.0
    """
    return float(np.hypot(np.diff(np.asarray(distance_m, float)), np.diff(np.asarray(depth_m, float))).sum())


def cable_length_m(distance_m: ArrayLike, depth_m: ArrayLike, *, bottom_slack_pct: float) -> float:
    """Cable that lies on a profile with a slack over the sea floor.

    Examples
    --------
    >>> cable_length_m([0.0, 1000.0], [50.0, 50.0], bottom_slack_pct=1.0)
    1010.0
    """
    return seabed_length_m(distance_m, depth_m) * (1.0 + bottom_slack_pct / 100.0)


def surface_slack_pct(route_m: float, cable_m: float) -> float:
    """Slack of a cable over the length of its route, percent.

    Examples
    --------
    >>> round(surface_slack_pct(300.0, 505.0), 2)
    68.33
    """
    return 100.0 * (cable_m / route_m - 1.0)
