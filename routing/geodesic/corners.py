"""Single vertices beside exclusions: moved onto the corners that hold a path back, or dropped where they only cost."""

# ruff: noqa: PLR0913, PLR0917, PLR1714 (compiled code has neither keywords nor sets)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import part
from routing.geodesic.line import Plane, across, free_at, segment_price

__all__ = ["MARGIN", "settle_corners"]

# Cells between a path and the corner it turns round, so that coordinates survive a change of projection.
MARGIN = 1e-6
NEAR = 0.25  # cells: longest probe next to exclusions


@part
def beside_exclusion(plane: Plane, r: float, q: float) -> bool:
    """Whether an excluded cell is among the 3 x 3 cells around a point."""
    v = int(np.rint(r)) * plane.width + int(np.rint(q))
    for row in (v - plane.width, v, v + plane.width):
        for w in (row - 1, row, row + 1):
            if not plane.cost[w] < np.inf:
                return True
    return False


@part
def joint_price(plane: Plane, points: NDArray[np.float64], k: int, r: float, q: float) -> float:
    """Price of the two segments that meet at vertex k, were it at (r, q)."""
    a = segment_price(plane, points[k - 1, 0], points[k - 1, 1], r, q)
    if not a < np.inf:
        return np.inf
    return a + segment_price(plane, r, q, points[k + 1, 0], points[k + 1, 1])


@part
def try_corners(plane: Plane, points: NDArray[np.float64], k: int, price: float, pinned: NDArray[np.bool_]) -> float:
    """Put vertex k on the convex corner of an exclusion nearby if that is cheaper; returns the joint price."""
    i0 = int(np.rint(points[k, 0]))
    j0 = int(np.rint(points[k, 1]))
    for i in range(i0 - 2, i0 + 2):
        for j in range(j0 - 2, j0 + 2):
            free = free_at(plane, i, j)
            if free != 14 and free != 13 and free != 11 and free != 7:
                continue
            # One corner is excluded; stand off on the other side of the patch centre.
            r = i + 0.5 + (MARGIN if (free == 14 or free == 13) else -MARGIN)
            q = j + 0.5 + (MARGIN if (free == 14 or free == 11) else -MARGIN)
            x = joint_price(plane, points, k, r, q)
            if x < price:
                price = x
                points[k, 0] = r
                points[k, 1] = q
                pinned[k] = True
    return price


@part
def try_normal(
    plane: Plane, points: NDArray[np.float64], k: int, price: float, probe: float, pinned: NDArray[np.bool_]
) -> float:
    """Move vertex k along its normal to the minimum of a parabola if that is cheaper; returns the joint price."""
    r = points[k, 0]
    q = points[k, 1]
    nr, nq = across(plane, r, points[k + 1, 0] - points[k - 1, 0], points[k + 1, 1] - points[k - 1, 1])
    if nr == 0.0 and nq == 0.0:
        return price
    nr *= probe
    nq *= probe
    plus = joint_price(plane, points, k, r + nr, q + nq)
    minus = joint_price(plane, points, k, r - nr, q - nq)
    curve = plus + minus - 2.0 * price
    s = 1.0 if plus < minus else -1.0
    if 0.0 < curve < np.inf:
        s = max(-2.0, min(2.0, 0.5 * (minus - plus) / curve))
    for _ in range(4):
        x = joint_price(plane, points, k, r + s * nr, q + s * nq)
        if x < price:
            points[k, 0] = r + s * nr
            points[k, 1] = q + s * nq
            pinned[k] = False
            return x
        s *= 0.4
    return price


@part
def settle_corners(
    plane: Plane, points: NDArray[np.float64], count: int, probe: float, pinned: NDArray[np.bool_]
) -> int:
    """One sweep over the vertices beside exclusions; drops those that only cost. Returns how many are left."""
    n = 1  # vertices kept so far
    for k in range(1, count - 1):
        # Shift vertex k behind the kept ones; its successor stands at n + 1 for the joint price.
        for m in range(2):
            points[n + m, 0] = points[k + m, 0]
            points[n + m, 1] = points[k + m, 1]
        pinned[n] = pinned[k]
        if pinned[n] or beside_exclusion(plane, points[n, 0], points[n, 1]):
            price = joint_price(plane, points, n, points[n, 0], points[n, 1])
            if segment_price(plane, points[n - 1, 0], points[n - 1, 1], points[n + 1, 0], points[n + 1, 1]) <= price:
                continue
            price = try_corners(plane, points, n, price, pinned)
            try_normal(plane, points, n, price, probe, pinned)
        n += 1
    points[n, 0] = points[count - 1, 0]
    points[n, 1] = points[count - 1, 1]
    pinned[n] = False
    return n + 1
