"""Best polyline within a tube round a path: a dynamic programme over stations and offsets.

A relaxation moves a path continuously and cannot jump over a small exclusion or
out of a small dip of the cost; choosing among offsets from station to station can.
The path itself is one of the choices, so the result is never dearer.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has no keywords)

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.line import Plane, across, segment_price

__all__ = ["Stations", "search_tube"]

STAY = -2  # parent: follow the path itself from the station before


class Stations(NamedTuple):
    """Cross-sections of a tube."""

    place: NDArray[np.float64]  # (n, 2) on the path
    normal: NDArray[np.float64]  # (n, 2) unit normals
    leg: NDArray[np.int64]  # segment of the path that a station lies on
    along: NDArray[np.float64]  # price of the path from the station before
    value: NDArray[np.float64]  # (2, offsets) lowest prices of two stations
    parent: NDArray[np.int64]  # (n, offsets) offset at the station before


@part
def survey_path(plane: Plane, path: NDArray[np.float64], spacing: float, stations: Stations) -> None:
    """Place the stations evenly along a path, with the price of the path between them."""
    place, leg, along = stations.place, stations.leg, stations.along
    n = len(place)
    k = 0
    start = 0.0  # length up to vertex k
    size = math.hypot(path[1, 0] - path[0, 0], path[1, 1] - path[0, 1])
    r, q = path[0, 0], path[0, 1]
    for s in range(n):
        goal = s * spacing
        along[s] = 0.0
        while k < len(path) - 2 and (start + size < goal or s == n - 1):
            along[s] += segment_price(plane, r, q, path[k + 1, 0], path[k + 1, 1])
            start += size
            k += 1
            r, q = path[k, 0], path[k, 1]
            size = math.hypot(path[k + 1, 0] - r, path[k + 1, 1] - q)
        t = min(1.0, max(0.0, (goal - start) / size)) if size > 0.0 and s < n - 1 else (0.0 if s == 0 else 1.0)
        r1 = path[k, 0] + t * (path[k + 1, 0] - path[k, 0]) if t < 1.0 else path[k + 1, 0]
        q1 = path[k, 1] + t * (path[k + 1, 1] - path[k, 1]) if t < 1.0 else path[k + 1, 1]
        along[s] += segment_price(plane, r, q, r1, q1)
        r, q = r1, q1
        place[s, 0] = r
        place[s, 1] = q
        leg[s] = k
    for s in range(n):
        a, b = max(0, s - 1), min(n - 1, s + 1)
        nr, nq = across(plane, place[s, 0], place[b, 0] - place[a, 0], place[b, 1] - place[a, 1])
        stations.normal[s, 0] = nr
        stations.normal[s, 1] = nq


@part
def search(plane: Plane, stations: Stations, step: float, swing: int) -> None:
    """Lowest price at every offset of every station; an offset may change by `swing` from one to the next."""
    place, normal, value, parent = stations.place, stations.normal, stations.value, stations.parent
    n, width = parent.shape
    half = width // 2
    for o in range(width):
        value[0, o] = 0.0 if o == half else np.inf
    for s in range(1, n):
        now = s % 2
        for o in range(width):
            value[now, o] = np.inf
            if s == n - 1 and o != half:
                continue
            if o == half:
                value[now, o] = value[1 - now, half] + stations.along[s]
                parent[s, o] = STAY
            r = place[s, 0] + (o - half) * step * normal[s, 0]
            q = place[s, 1] + (o - half) * step * normal[s, 1]
            for m in range(2 * swing + 1):  # nearest first: a good price found early spares the others
                p = o + ((m + 1) // 2 if m % 2 == 1 else -(m // 2))
                if p < 0 or p >= width:
                    continue
                x = value[1 - now, p]
                if not x < value[now, o]:
                    continue
                a = place[s - 1, 0] + (p - half) * step * normal[s - 1, 0]
                b = place[s - 1, 1] + (p - half) * step * normal[s - 1, 1]
                x += segment_price(plane, a, b, r, q)
                if x < value[now, o]:
                    value[now, o] = x
                    parent[s, o] = p


@part
def collect(path: NDArray[np.float64], stations: Stations, step: float, points: NDArray[np.float64]) -> int:
    """Vertices of the best polyline, from the end back to the start; returns their number."""
    place, normal, leg, parent = stations.place, stations.normal, stations.leg, stations.parent
    s, width = parent.shape
    half = width // 2
    o = half
    s -= 1
    points[0, 0] = place[s, 0]
    points[0, 1] = place[s, 1]
    n = 1
    while s > 0:
        p = parent[s, o]
        if p == STAY:
            for k in range(leg[s], leg[s - 1], -1):
                points[n, 0] = path[k, 0]
                points[n, 1] = path[k, 1]
                n += 1
            p = half
        s -= 1
        o = p
        points[n, 0] = place[s, 0] + (o - half) * step * normal[s, 0]
        points[n, 1] = place[s, 1] + (o - half) * step * normal[s, 1]
        n += 1
    return n


@kernel
def search_tube(
    plane: Plane,
    path: NDArray[np.float64],
    spacing: float,
    tube: tuple[float, int],
    stations: Stations,
    points: NDArray[np.float64],
) -> int:
    """Vertices of the best polyline in a tube round a path, end first; returns their number.

    `tube` is (step of the offsets, most steps between two stations).
    """
    step, swing = tube
    survey_path(plane, path, spacing, stations)
    search(plane, stations, step, swing)
    return collect(path, stations, step, points)
