"""Exact prices round a source: straight rays instead of the upwind stencil, which is poor there."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.line import Plane, segment_price

__all__ = ["RADII", "ball_radius", "seed_ball"]

# Radii of the ball of straight rays, in cells. A straight ray of length L in a cost of relative gradient g is
# (g L)^2 / 24 too dear: within 15 % variation across the ball that is below 3e-4 of its price.
RADII = (36, 24, 12, 8, 5, 3, 2, 1)
CALM = 1.15
SHORT, FREEZE = 3, 2.0  # what is kept fixed however the cost varies, up to twofold
ROUGH = 3  # radius where nothing is kept fixed


@part
def disc_range(plane: Plane, r: float, q: float, radius: int) -> tuple[float, float]:
    """Smallest and largest free cost within a disc of cells."""
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
    return lo, hi


@kernel
def ball_radius(plane: Plane, r: float, q: float, room: tuple[float, float, float], largest: int) -> int:
    """Radius of the ball of a source; negative if its prices may not be kept fixed.

    `room` is (price that separates it from the waves of other sources, cheapest cost, longest step): a ball must be
    complete before another wave can arrive.
    """
    slack, lowest, stretch = room
    for radius in RADII:
        if radius > largest:
            continue
        lo, hi = disc_range(plane, r, q, radius)
        calm = hi <= CALM * lo or (radius <= SHORT and hi <= FREEZE * lo)
        if calm and (hi + lowest) * stretch * (radius + 1) <= slack:
            return radius
    return -ROUGH


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
            price = (start + segment_price(plane, r, q, float(i), float(j))) * scale
            if price < cells[2 * v]:
                cells[2 * v] = price
                found[n] = v
                n += 1
    return n
