"""Vertices of a polyline laid anew: evenly, or denser where it turns."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has no keywords)

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import part
from routing.geodesic.line import Plane, segment_price

__all__ = ["Pins", "refine", "resample"]

Pins = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # vertices on corners, and room for their copy


@part
def lay(
    plane: Plane, old: NDArray[np.float64], span: tuple[int, int], spacing: float, new: NDArray[np.float64], n: int
) -> int:
    """Divide the stretch between two kept vertices evenly, but keep its vertices where a chord would be blocked."""
    first, last = span
    length = 0.0
    for k in range(first, last):
        length += math.hypot(old[k + 1, 0] - old[k, 0], old[k + 1, 1] - old[k, 1])
    parts = max(1, math.ceil(length / spacing))
    k = first
    walked = 0.0  # up to vertex k
    for piece in range(1, parts + 1):
        goal = length * piece / parts
        start = k
        leg = math.hypot(old[k + 1, 0] - old[k, 0], old[k + 1, 1] - old[k, 1])
        while k < last - 1 and walked + leg < goal:
            walked += leg
            k += 1
            leg = math.hypot(old[k + 1, 0] - old[k, 0], old[k + 1, 1] - old[k, 1])
        t = min(1.0, (goal - walked) / leg) if leg > 0.0 else 1.0
        r = old[k, 0] + t * (old[k + 1, 0] - old[k, 0]) if piece < parts else old[last, 0]
        q = old[k, 1] + t * (old[k + 1, 1] - old[k, 1]) if piece < parts else old[last, 1]
        if not segment_price(plane, new[n - 1, 0], new[n - 1, 1], r, q) < np.inf:
            for m in range(start + 1, k + 1):
                new[n, 0] = old[m, 0]
                new[n, 1] = old[m, 1]
                n += 1
        new[n, 0] = r
        new[n, 1] = q
        n += 1
    return n


@part
def resample(
    plane: Plane, old: NDArray[np.float64], count: int, spacing: float, new: NDArray[np.float64], pins: Pins
) -> int:
    """Polyline of about even spacing through the pinned vertices of another; returns its number of vertices."""
    pinned, kept = pins
    for k in range(count):
        kept[k] = pinned[k]
    new[0, 0] = old[0, 0]
    new[0, 1] = old[0, 1]
    pinned[0] = False
    n = 1
    first = 0
    for k in range(1, count):
        if kept[k] or k == count - 1:
            before = n
            n = lay(plane, old, (first, k), spacing, new, n)
            for m in range(before, n):
                pinned[m] = False
            pinned[n - 1] = kept[k]
            first = k
    return n


@part
def turns_at(points: NDArray[np.float64], k: int) -> float:
    """Angle by which a polyline turns at an inner vertex, in cells."""
    ar = points[k, 0] - points[k - 1, 0]
    aq = points[k, 1] - points[k - 1, 1]
    br = points[k + 1, 0] - points[k, 0]
    bq = points[k + 1, 1] - points[k, 1]
    return abs(math.atan2(ar * bq - aq * br, ar * br + aq * bq))


@part
def refine(
    old: NDArray[np.float64], count: int, limits: tuple[float, float], new: NDArray[np.float64], pins: Pins
) -> int:
    """Halve the segments longer than limits[1] at whose ends the path turns by more than limits[0]."""
    turn, shortest = limits
    pinned, kept = pins
    for k in range(count):
        kept[k] = pinned[k]
    n = 0
    before = 0.0
    for k in range(count - 1):
        after = turns_at(old, k + 1) if k < count - 2 and not kept[k + 1] else 0.0
        new[n, 0] = old[k, 0]
        new[n, 1] = old[k, 1]
        pinned[n] = kept[k]
        n += 1
        if max(before, after) > turn and math.hypot(old[k + 1, 0] - old[k, 0], old[k + 1, 1] - old[k, 1]) > shortest:
            new[n, 0] = 0.5 * (old[k, 0] + old[k + 1, 0])
            new[n, 1] = 0.5 * (old[k, 1] + old[k + 1, 1])
            pinned[n] = False
            n += 1
        before = after
    new[n, 0] = old[count - 1, 0]
    new[n, 1] = old[count - 1, 1]
    pinned[n] = False
    return n + 1
