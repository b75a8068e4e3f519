"""One tracer for the fields of all peers: midpoint steps down the gradient, centre to centre beside exclusions.

Every move is legal: it stays inside free cells that share sides. So the price of a
peer's path is finite, and it differs from ours by the field alone.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["trace"]

STRIDE = 0.5  # cells, of a midpoint step


def trace(prices: NDArray[np.float64], start: tuple[int, int], end: tuple[int, int]) -> NDArray[np.float64]:
    """Polyline from start to end down a field of prices from start; excluded cells are inf."""
    points = np.empty((16 * sum(prices.shape), 2))
    count = _descend(prices, start, end, points)
    return points[:count][::-1].copy()


@numba.njit(cache=True)
def _descend(prices, start, end, points):
    """Fill `points` from end to start; returns their number."""
    points[0] = end
    n = 1
    lowest = last_centre = prices[end]
    creeping = False  # from centre to centre prices always fall, so that every descent ends
    i, j = end
    while n < len(points) - 1 and not _joined(prices, i, j, start[0], start[1]):
        r, q, price = _glide(prices, points[n - 1, 0], points[n - 1, 1])
        if creeping or not (price < lowest and _joined(prices, i, j, round(r), round(q))):
            k, m = _lowest_neighbour(prices, i, j)
            r, q, price = float(k), float(m), prices[k, m]
            creeping = creeping or price >= last_centre
            last_centre = price
        points[n] = r, q
        n += 1
        lowest = price
        i, j = round(r), round(q)
    points[n] = start
    return n + 1


@numba.njit(cache=True)
def _slope(prices, r, q):
    """Unit vector down the bilinear field; (0, 0) where it is not known or flat."""
    i, j = math.floor(r), math.floor(q)
    if i < 0 or j < 0 or i + 1 >= prices.shape[0] or j + 1 >= prices.shape[1]:
        return 0.0, 0.0
    a, b, c, d = prices[i, j], prices[i, j + 1], prices[i + 1, j], prices[i + 1, j + 1]
    down = (1 - q + j) * (a - c) + (q - j) * (b - d)
    right = (1 - r + i) * (a - b) + (r - i) * (c - d)
    size = math.hypot(down, right)
    return (down / size, right / size) if 0.0 < size < np.inf else (0.0, 0.0)


@numba.njit(cache=True)
def _glide(prices, r, q):
    """Midpoint step: new point and its price, inf where there is none."""
    dr, dq = _slope(prices, r, q)
    dr, dq = _slope(prices, r + 0.5 * STRIDE * dr, q + 0.5 * STRIDE * dq)
    r1, q1 = r + STRIDE * dr, q + STRIDE * dq
    i, j = math.floor(r1), math.floor(q1)
    if (dr == 0.0 and dq == 0.0) or i < 0 or j < 0 or i + 1 >= prices.shape[0] or j + 1 >= prices.shape[1]:
        return r, q, np.inf
    f, g = r1 - i, q1 - j
    top = (1 - g) * prices[i, j] + g * prices[i, j + 1]
    return r1, q1, (1 - f) * top + f * ((1 - g) * prices[i + 1, j] + g * prices[i + 1, j + 1])


@numba.njit(cache=True)
def _joined(prices, i, j, k, m):
    """Whether two cells are the same or neighbours and all cells of the box round them are free."""
    if abs(i - k) > 1 or abs(j - m) > 1:
        return False
    return max(prices[i, j], prices[i, m], prices[k, j], prices[k, m]) < np.inf


@numba.njit(cache=True)
def _lowest_neighbour(prices, i, j):
    """Cheapest neighbour of a cell that a straight move may reach."""
    best = np.inf
    k, m = i, j
    for a in range(max(0, i - 1), min(prices.shape[0], i + 2)):
        for b in range(max(0, j - 1), min(prices.shape[1], j + 2)):
            if (a != i or b != j) and prices[a, b] < best and _joined(prices, i, j, a, b):
                best = prices[a, b]
                k, m = a, b
    return k, m
