"""Exact prices round a source: straight rays instead of the upwind stencil, which is poor there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel
from routing.geodesic.line import Plane, segment_price

__all__ = ["RADII", "ball_radius", "seed_ball"]

# Radii of the ball of straight rays, in cells. A straight ray of length L in a cost of relative gradient g is
# (g L)^2 / 24 too dear: within 15 % variation across the ball that is below 3e-4 of its price.
RADII = (12, 8, 5, 3)
CALM = 1.15
FREEZE = 2.0


@kernel
def disc_ratio(plane: Plane, r: float, q: float, radius: int) -> float:
    """Largest over smallest free cost within a disc of cells."""
    rows = plane.cost.size // plane.width
    i0 = int(np.rint(r))
    j0 = int(np.rint(q))
    lo = np.inf
    hi = 0.0
    for i in range(max(0, i0 - radius), min(rows, i0 + radius + 1)):
        for j in range(max(0, j0 - radius), min(plane.width, j0 + radius + 1)):
            c = float(plane.cost[i * plane.width + j])
            if c < np.inf and (i - i0) ** 2 + (j - j0) ** 2 <= radius * radius:
                lo = min(lo, c)
                hi = max(hi, c)
    return hi / lo if hi > 0.0 else np.inf


@kernel
def ball_radius(plane: Plane, r: float, q: float) -> int:
    """Radius of the ball for a source; negative if its prices are too rough to be kept fixed."""
    for radius in RADII:
        ratio = disc_ratio(plane, r, q, radius)
        if ratio <= CALM:
            return radius
    return RADII[-1] if ratio <= FREEZE else -RADII[-1]


@kernel
def seed_ball(
    plane: Plane,
    source: tuple[float, float, float],
    radius: int,
    scale: float,
    cells: NDArray[Any],
    found: NDArray[np.uint32],
) -> int:
    """Price the cells that see a source (row, col, start price); list those that improved, return their number."""
    r, q, start = source
    rows = plane.cost.size // plane.width
    i0 = int(np.rint(r))
    j0 = int(np.rint(q))
    n = 0
    for i in range(max(0, i0 - radius - 1), min(rows, i0 + radius + 2)):
        for j in range(max(0, j0 - radius - 1), min(plane.width, j0 + radius + 2)):
            v = i * plane.width + j
            # The cells that touch the source are always seeded, whatever the radius.
            if not plane.cost[v] < np.inf or (math.hypot(i - r, j - q) > radius and max(abs(i - r), abs(j - q)) > 0.5):
                continue
            price = (start + segment_price(plane, r, q, float(i), float(j), True)) * scale
            if price < cells[2 * v]:
                cells[2 * v] = price
                found[n] = v
                n += 1
    return n
