"""From a target back to a source through prices that depend on direction.

A step goes to the centre, among those of a window and the arms of the cell, through
which the point is cheapest by the exact price of the straight way there. Every cell
that is no seed took its price from a cheaper one at the end of an arm, or beside it,
so that the steps always arrive.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.descent import ARRIVED, FULL, STUCK, arrives
from routing.geodesic.line import segment_price
from routing.geodesic.stencil import arm
from routing.geodesic.tensor import TensorPlane

__all__ = ["track"]

WINDOW = 6  # cells: half its side


@part
def next_centre(
    cells: NDArray[np.float64], plane: TensorPlane, point: tuple[float, float], scale: tuple[float, float], below: float
) -> int:
    """Best visible centre cheaper than `below`, or -1."""
    r, q = point
    rows = plane.cost.size // plane.width
    i0 = int(np.rint(r))
    j0 = int(np.rint(q))
    side = 2 * WINDOW + 1
    best = np.inf
    found = -1
    for k in range(side * side + 6):
        i = i0 + k // side - WINDOW
        j = j0 + k % side - WINDOW
        if k >= side * side:
            dr, dq = arm(plane, i0 * plane.width + j0, k - side * side)
            i, j = i0 + dr, j0 + dq
        if i < 0 or j < 0 or i >= rows or j >= plane.width:
            continue
        v = i * plane.width + j
        t = cells[2 * v]
        if t >= scale[1] or t >= below or t >= best:
            continue
        t += scale[0] * segment_price(plane, r, q, float(i), float(j))  # type: ignore[arg-type]
        if t < best:
            best = t
            found = v
    return found


@kernel
def track(
    cells: NDArray[np.float64],
    plane: TensorPlane,
    balls: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]],
    scale: tuple[float, float],
    points: NDArray[np.float64],
    state: NDArray[np.float64],
) -> int:
    """Extend a way back; `state` is (number of points, price at the last one), `balls` (sources, seeds, owners).

    `scale` is (1 / bucket width, price of what is not reached). Returns ARRIVED, FULL (call again with more room) or
    STUCK.
    """
    sources, seeds, owners = balls
    n = int(state[0])
    while n < len(points):
        r = points[n - 1, 0]
        q = points[n - 1, 1]
        k = arrives(plane, (r, q), sources, seeds, owners)  # type: ignore[arg-type]
        if k >= 0:
            points[n, 0] = sources[k, 0]
            points[n, 1] = sources[k, 1]
            state[0] = n + 1
            return ARRIVED
        v = next_centre(cells, plane, (r, q), scale, state[1])
        if v < 0:
            return STUCK
        points[n, 0] = float(v // plane.width)
        points[n, 1] = float(v % plane.width)
        n += 1
        state[0] = n
        state[1] = cells[2 * v]
    return FULL
