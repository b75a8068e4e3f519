"""Steepest descent through a field of prices, from a target back to a source.

A step goes down the gradient of the bilinear field where the four cells around
it are free and the field really falls; elsewhere it goes to the best visible
centre of the 3 x 3 cells around. Every centre that is not a seed has a cheaper
4-neighbour (its price was computed from one), and a seed sees its source, so
the descent always arrives.
"""

# ruff: noqa: PLR0913, PLR0917, PLW3301 (compiled code has neither keywords nor a variadic maximum)

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.line import Plane, segment_price

__all__ = ["ARRIVED", "FULL", "STUCK", "descend", "value_at"]

ARRIVED, FULL, STUCK = range(3)
STRIDE = 0.5  # cells


@part
def find(seeds: NDArray[np.int64], cell: int) -> int:
    """Place of a cell in the sorted seeds, or -1."""
    lo = 0
    hi = seeds.size
    while lo < hi:
        mid = (lo + hi) >> 1
        if seeds[mid] < cell:
            lo = mid + 1
        else:
            hi = mid
    return lo if lo < seeds.size and seeds[lo] == cell else -1


@part
def interpolate(cells: NDArray[Any], width: int, r: float, q: float, far: float) -> float:
    """Bilinear price at a point of a patch whose four cells are reached; inf elsewhere."""
    i = math.floor(r)
    j = math.floor(q)
    v = 2 * (i * width + j)
    a = float(cells[v])
    b = float(cells[v + 2])
    c = float(cells[v + 2 * width])
    d = float(cells[v + 2 * width + 2])
    if max(max(a, b), max(c, d)) >= far:
        return np.inf
    f = r - i
    g = q - j
    return (1 - f) * ((1 - g) * a + g * b) + f * ((1 - g) * c + g * d)


@part
def slope(cells: NDArray[Any], plane: Plane, r: float, q: float, far: float) -> tuple[float, float]:
    """Direction of steepest descent in cells, length 1; (0, 0) where there is none."""
    i = math.floor(r)
    j = math.floor(q)
    v = 2 * (i * plane.width + j)
    w = v + 2 * plane.width
    a = float(cells[v])
    b = float(cells[v + 2])
    c = float(cells[w])
    d = float(cells[w + 2])
    if max(max(a, b), max(c, d)) >= far:
        return 0.0, 0.0
    f = r - i
    g = q - j
    h = plane.aspect[i] + f * (plane.aspect[i + 1] - plane.aspect[i])
    gr = (1 - g) * (c - a) + g * (d - b)
    gq = ((1 - f) * (b - a) + f * (d - c)) / (h * h)
    size = math.hypot(gr, gq)
    if not size > 0.0:
        return 0.0, 0.0
    return -gr / size, -gq / size


@part
def glide(cells: NDArray[Any], plane: Plane, r: float, q: float, far: float) -> tuple[float, float, float]:
    """One midpoint step down the gradient: new point and its price, inf if there is none."""
    dr, dq = slope(cells, plane, r, q, far)
    if dr == 0.0 and dq == 0.0:
        return r, q, np.inf
    dr, dq = slope(cells, plane, r + 0.5 * STRIDE * dr, q + 0.5 * STRIDE * dq, far)
    if dr == 0.0 and dq == 0.0:
        return r, q, np.inf
    r1 = r + STRIDE * dr
    q1 = q + STRIDE * dq
    return r1, q1, interpolate(cells, plane.width, r1, q1, far)


@kernel
def hop(
    cells: NDArray[Any], plane: Plane, point: tuple[float, float], scale: float, far: float, below: float
) -> tuple[int, float]:
    """Best visible centre of the 3 x 3 cells around a point, cheaper than `below`: cell (or -1), price through it."""
    r, q = point
    i0 = int(np.rint(r))
    j0 = int(np.rint(q))
    best = np.inf
    cell = -1
    for i in range(i0 - 1, i0 + 2):
        for j in range(j0 - 1, j0 + 2):
            v = i * plane.width + j
            t = float(cells[2 * v])
            if t >= far or t >= below or t >= best:
                continue
            t += scale * segment_price(plane, r, q, float(i), float(j))
            if t < best:
                best = t
                cell = v
    return cell, best


@kernel
def value_at(cells: NDArray[Any], plane: Plane, point: tuple[float, float], scale: float, far: float) -> float:
    """Price at any point: bilinear between free cells, else through the best visible centre."""
    i = math.floor(point[0])
    j = math.floor(point[1])
    v = i * plane.width + j
    w = v + plane.width
    if plane.cost[v] + plane.cost[v + 1] + plane.cost[w] + plane.cost[w + 1] < np.inf:
        x = interpolate(cells, plane.width, point[0], point[1], far)
        if x < np.inf:
            return x
    return hop(cells, plane, point, scale, far, np.inf)[1]


@kernel
def arrives(
    plane: Plane,
    point: tuple[float, float],
    sources: NDArray[np.float64],
    seeds: NDArray[np.int64],
    owners: NDArray[np.int64],
) -> int:
    """Source that a point sees from within a seed cell of it, or -1."""
    r, q = point
    place = find(seeds, int(np.rint(r)) * plane.width + int(np.rint(q)))
    if place < 0:
        return -1
    k = owners[place]
    return k if segment_price(plane, r, q, sources[k, 0], sources[k, 1]) < np.inf else -1


@kernel
def descend(
    cells: NDArray[Any],
    plane: Plane,
    sources: NDArray[np.float64],
    seeds: NDArray[np.int64],
    owners: NDArray[np.int64],
    scale: tuple[float, float],
    points: NDArray[np.float64],
    state: NDArray[np.float64],
) -> int:
    """Extend a descent; `state` is (number of points, price at the last one, whether only centres are used, source).

    `scale` is (1 / bucket width, price of what is not reached). Returns ARRIVED, FULL (call again with more room)
    or STUCK (prices too coarse to tell neighbours apart).
    """
    unit, far = scale
    n = int(state[0])
    current = state[1]
    while n < len(points):
        r = points[n - 1, 0]
        q = points[n - 1, 1]
        k = arrives(plane, (r, q), sources, seeds, owners)
        if k >= 0:
            points[n, 0] = sources[k, 0]
            points[n, 1] = sources[k, 1]
            state[0] = n + 1
            state[3] = k
            return ARRIVED
        r1, q1, price = (r, q, np.inf) if state[2] > 0.0 else glide(cells, plane, r, q, far)
        if not (price < current and segment_price(plane, r, q, r1, q1) < np.inf):
            at_centre = r == np.rint(r) and q == np.rint(q)
            below = current if at_centre else np.nextafter(current, np.inf)
            cell, price = hop(cells, plane, (r, q), unit, far, below)
            if cell < 0:
                return STUCK
            r1 = float(cell // plane.width)
            q1 = float(cell % plane.width)
            price = float(cells[2 * cell])
        points[n, 0] = r1
        points[n, 1] = q1
        current = price
        n += 1
        state[0] = n
        state[1] = current
    return FULL
