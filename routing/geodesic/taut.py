"""Pulling a polyline taut in a price that depends on direction: never dearer, never through an exclusion.

All inner vertices move at once along their normals by a Newton step whose Hessian is
tridiagonal, with derivatives from differences of exact prices; vertices beside
exclusions are then put on corners that hold the path back, or dropped where the
straight way is not dearer.
"""

# ruff: noqa: C901, PLR1714, PLW3301, SIM110 (compiled code has no sets, generators or variadic maximum)

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.ground import Ground
from routing.geodesic.heading import tensor_plane
from routing.geodesic.line import across, free_quadrants, integrate, polyline_price, segment_prices
from routing.geodesic.tensor import TensorPlane

__all__ = ["pull_joined", "pull_taut"]

# Levels in cells: spacing of the vertices, first and last probe of the differences. Without a spacing the segments are
# halved where the path turns: a chord at whose ends it turns by a is a^2 / 24 too dear.
LEVELS: tuple[tuple[float | None, float, float], ...] = (
    (2.0, 0.5, 0.02),
    (1.0, 0.3, 0.02),
    (0.5, 0.15, 0.01),
    (None, 0.1, 0.02),
    (None, 0.02, 0.001),
)
STARTS = (0, 2)  # levels to begin with, of which the cheaper end is kept: a rough cost holds a coarse polyline back
JOINED = (0.0, 0.2, 0.01)  # the level of sections and legs together; vertices stay as they are
SHARP = (0.03, 0.15)  # radians, shortest segment that is halved
STEPS = 12  # most Newton steps of a level
GAINS = (1e-6, 1e-7)  # relative gain of a step below which the probe is shortened, and at its shortest the level ends
SHORTEN = 0.2
MARGIN = 1e-6  # cells between a path and the corner it turns round, so that coordinates survive a change of projection
NEAR = 0.25  # cells: longest probe next to exclusions, where the continued cost reaches half a cell deep
FLOOR = 1e-3  # smallest pivot of the Hessian, relative to its coupling, before it is replaced


class Rope(NamedTuple):
    """Workspace for polylines of up to as many vertices as its arrays are long."""

    normal: NDArray[np.float64]  # (n, 2) probe vectors
    trial: NDArray[np.float64]  # (n, 2) moved vertices
    price: NDArray[np.float64]  # (2, n) of the segment that leaves each vertex, before and after the move
    slope: NDArray[np.float64]  # gradient, in probe vectors
    bend: NDArray[np.float64]  # diagonal of the Hessian
    couple: NDArray[np.float64]  # coupling with the next vertex
    step: NDArray[np.float64]  # Newton step, in probe vectors
    ratio: NDArray[np.float64]  # of the elimination
    fixed: NDArray[np.bool_]  # vertices whose step is given
    pinned: NDArray[np.bool_]  # vertices on corners


def pull_taut(ground: Ground, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Relax a polyline level by level.

    Parameters
    ----------
    ground
        The raster.
    points
        Row, col of its vertices; the first and the last stay.

    Returns
    -------
    points, price
        The relaxed polyline, and its price in row spacings.
    """
    given = best = ground.pad(points)
    lowest = float(polyline_price(ground.plane, given))
    for start in STARTS:
        line, pinned = given, np.zeros(len(given), np.bool_)
        for level in LEVELS[start:]:
            if level[0] is None:
                line, pinned = _halved(line, pinned)
            else:
                line, pinned = _respaced(ground, line, pinned, level[0])
            line, pinned, price = _relaxed(ground, line, pinned, level)
            if price < lowest:
                best, lowest = line, price
    result = ground.unpad(best)
    result[[0, -1]] = points[[0, -1]]
    return result, lowest


def pull_joined(ground: Ground, line: NDArray[np.float64]) -> None:
    """Relax a padded polyline in place, keeping all of its segments.

    Parameters
    ----------
    ground
        The raster.
    line
        Its vertices.
    """
    _newton(ground, line, _rope(len(line)), JOINED)


def _rope(size: int) -> Rope:
    """Workspace for that many vertices."""
    return Rope(*np.empty((2, size, 2)), np.empty((2, size)), *np.zeros((5, size)), *np.zeros((2, size), np.bool_))  # type: ignore[call-arg]


def _relaxed(
    ground: Ground, line: NDArray[np.float64], pinned: NDArray[np.bool_], level: tuple[float | None, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """Polyline after the Newton steps of a level and the corners; its pinned vertices and price."""
    rope = _rope(len(line))
    rope.pinned[:] = pinned
    line = line.copy()
    _newton(ground, line, rope, level)
    n = int(settle(tensor_plane(ground), line, rope))
    return line[:n].copy(), rope.pinned[:n].copy(), float(polyline_price(ground.plane, line[:n]))


def _newton(ground: Ground, line: NDArray[np.float64], rope: Rope, level: tuple[float | None, float, float]) -> None:
    """Newton steps in place until they gain little."""
    spacing, probe, shortest = level
    for _ in range(STEPS):
        price, gain = newton_step(tensor_plane(ground), line, probe, max(1.0, 0.5 * (spacing or 0.0)), rope)
        # A long probe sees past the kinks of a rough cost; a short one has no bias where the cost curves.
        if gain < GAINS[probe == shortest] * price:
            if probe == shortest:
                return
            probe = max(shortest, SHORTEN * probe)


def _respaced(
    ground: Ground, line: NDArray[np.float64], pinned: NDArray[np.bool_], spacing: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Polyline of about even spacing between its pinned vertices; old ones stay where a chord would be blocked."""
    walked = np.append(0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T)))
    stops = np.unique(np.concatenate([[0.0], walked[pinned], walked[-1:]]))
    parts = [np.linspace(a, b, max(1, math.ceil((b - a) / spacing)) + 1) for a, b in pairwise(stops.tolist())]
    places = np.unique(np.concatenate([walked[:1], *parts]))
    for _ in range(2):
        points = np.stack([np.interp(places, walked, column) for column in line.T], axis=1)
        prices = np.empty(len(points) - 1)
        segment_prices(ground.plane, np.stack([points[:-1], points[1:]], axis=1), prices)
        chord = np.clip(np.searchsorted(places, walked, side="right") - 1, 0, len(prices) - 1)
        back = walked[np.isinf(prices)[chord]]
        if not len(back):
            break
        places = np.unique(np.concatenate([places, back]))
    kept = np.isin(places, walked[pinned])
    return (points, kept) if len(points) == len(places) and len(points) > 1 else (line, pinned)


def _halved(line: NDArray[np.float64], pinned: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Polyline whose long segments are halved where it turns sharply."""
    legs = np.diff(line, axis=0)
    cross = legs[:-1, 0] * legs[1:, 1] - legs[:-1, 1] * legs[1:, 0]
    turn = np.zeros(len(line))
    turn[1:-1] = np.where(pinned[1:-1], 0.0, np.abs(np.arctan2(cross, (legs[:-1] * legs[1:]).sum(axis=1))))
    halve = (np.maximum(turn[:-1], turn[1:]) > SHARP[0]) & (np.hypot(*legs.T) > SHARP[1])
    at = np.flatnonzero(halve) + 1
    middle = 0.5 * (line[:-1] + line[1:])[halve]
    return np.insert(line, at, middle, axis=0), np.insert(pinned, at, values=False)


@part
def beside_exclusion(plane: TensorPlane, r: float, q: float) -> bool:
    """Whether an excluded cell is among the 3 x 3 cells around a point."""
    v = int(np.rint(r)) * plane.width + int(np.rint(q))
    for k in range(9):
        if not plane.cost[v + (k // 3 - 1) * plane.width + k % 3 - 1] < np.inf:
            return True
    return False


@part
def differentiate(plane: TensorPlane, points: NDArray[np.float64], probe: float, rope: Rope) -> float:
    """Price of the polyline; probe vectors, gradient and Hessian by central differences, segment by segment."""
    count = len(points)
    for k in range(count):
        rope.normal[k, 0] = 0.0
        rope.normal[k, 1] = 0.0
        rope.slope[k] = 0.0
        rope.bend[k] = 0.0
        if k > 0 and k < count - 1 and not rope.pinned[k]:
            dr, dq = points[k + 1, 0] - points[k - 1, 0], points[k + 1, 1] - points[k - 1, 1]
            nr, nq = across(plane, points[k, 0], dr, dq)  # type: ignore[arg-type]
            e = min(probe, NEAR) if beside_exclusion(plane, points[k, 0], points[k, 1]) else probe
            rope.normal[k, 0] = nr * e
            rope.normal[k, 1] = nq * e
    total = 0.0
    for k in range(count - 1):
        ur, uq, vr, vq = rope.normal[k, 0], rope.normal[k, 1], rope.normal[k + 1, 0], rope.normal[k + 1, 1]
        e, a1, a2, b1, b2 = 0.0, 0.0, 0.0, 0.0, 0.0
        for m in range(7):
            s = 1.0 if m == 2 or m == 6 else (-1.0 if m == 3 else 0.0)
            t = 1.0 if m == 4 or m == 6 else (-1.0 if m == 5 else 0.0)
            ar, aq = points[k, 0] + s * ur, points[k, 1] + s * uq
            br, bq = points[k + 1, 0] + t * vr, points[k + 1, 1] + t * vq
            x = integrate(plane, (ar, aq, br, bq), m == 0)  # type: ignore[arg-type]
            if m == 0:
                rope.price[0, k] = x
                total += x
            elif m == 1:
                e = x
            elif m == 2:
                a1 = x
            elif m == 3:
                a2 = x
            elif m == 4:
                b1 = x
            elif m == 5:
                b2 = x
            else:
                rope.couple[k] = x - a1 - b1 + e
        rope.slope[k] += 0.5 * (a1 - a2)
        rope.bend[k] += a1 + a2 - 2.0 * e
        rope.slope[k + 1] += 0.5 * (b1 - b2)
        rope.bend[k + 1] += b1 + b2 - 2.0 * e
    return total


@part
def hold_still(count: int, rope: Rope) -> None:
    """Fix the vertices that cannot move or whose derivatives are not known."""
    for k in range(count):
        still = rope.normal[k, 0] == 0.0 and rope.normal[k, 1] == 0.0
        rope.fixed[k] = still or not (abs(rope.slope[k]) < np.inf and abs(rope.bend[k]) < np.inf)
        rope.step[k] = 0.0
        if not abs(rope.couple[k]) < np.inf:
            rope.couple[k] = 0.0


@part
def solve_step(count: int, reach: float, rope: Rope) -> None:
    """Newton step of the tridiagonal system round the fixed vertices; pivots that are not positive are replaced."""
    couple, bend, slope, step, ratio = rope.couple, rope.bend, rope.slope, rope.step, rope.ratio
    ratio[0] = 0.0
    for k in range(1, count - 1):
        if rope.fixed[k]:
            ratio[k] = 0.0
            continue
        before = couple[k - 1]
        scale = abs(before) + abs(couple[k])
        pivot = bend[k] - before * ratio[k - 1]
        if not pivot > FLOOR * scale:
            pivot = max(scale, max(abs(bend[k]), 1e-300))
        ratio[k] = couple[k] / pivot
        step[k] = (-slope[k] - before * step[k - 1]) / pivot
    for k in range(count - 2, 0, -1):
        if not rope.fixed[k]:
            step[k] -= ratio[k] * step[k + 1]
    for k in range(1, count - 1):
        size = math.hypot(rope.normal[k, 0], rope.normal[k, 1])
        if size > 0.0:
            step[k] = max(-reach / size, min(reach / size, step[k]))


@part
def price_trial(plane: TensorPlane, points: NDArray[np.float64], rope: Rope) -> float:
    """Price of the trial; inf if a segment is blocked."""
    trial, step = rope.trial, rope.step
    count = len(points)
    for k in range(count):
        trial[k, 0] = points[k, 0] + step[k] * rope.normal[k, 0]
        trial[k, 1] = points[k, 1] + step[k] * rope.normal[k, 1]
    total = 0.0
    for k in range(count - 1):
        rope.price[1, k] = rope.price[0, k]
        if step[k] != 0.0 or step[k + 1] != 0.0:
            ends = (trial[k, 0], trial[k, 1], trial[k + 1, 0], trial[k + 1, 1])
            rope.price[1, k] = integrate(plane, ends, True)  # type: ignore[arg-type] # noqa: FBT003
        total += rope.price[1, k]
    return total


@kernel
def newton_step(
    plane: TensorPlane, points: NDArray[np.float64], probe: float, reach: float, rope: Rope
) -> tuple[float, float]:
    """Move all vertices at once if that is cheaper; returns (price after, gain)."""
    count = len(points)
    total = differentiate(plane, points, probe, rope)
    hold_still(count, rope)
    after = np.inf
    for attempt in range(13):
        if attempt < 8 and not after < np.inf:
            solve_step(count, reach, rope)
        after = price_trial(plane, points, rope)
        if after < total:
            break
        if after < np.inf:
            for k in range(count):
                rope.step[k] *= 0.4
            continue
        for k in range(count - 1):  # both ends of a blocked segment go only a part of their step
            if not rope.price[1, k] < np.inf:
                for m in (k, k + 1):
                    rope.step[m] *= 0.5 if attempt < 4 else 0.0
                    rope.fixed[m] = True
    if not after < total:
        return total, 0.0
    for k in range(1, count - 1):
        points[k, 0] = rope.trial[k, 0]
        points[k, 1] = rope.trial[k, 1]
    return after, total - after


@part
def corner_at(plane: TensorPlane, i: int, j: int) -> tuple[float, float]:
    """Stand-off from the centre of a patch whose one corner is excluded; (0, 0) for other patches."""
    v = i * plane.width + j
    w = v + plane.width
    free = free_quadrants(plane.cost[v], plane.cost[v + 1], plane.cost[w], plane.cost[w + 1])
    if free != 14 and free != 13 and free != 11 and free != 7:
        return 0.0, 0.0
    return (MARGIN if free >= 13 else -MARGIN), (MARGIN if (free == 14 or free == 11) else -MARGIN)


@part
def joint_price(plane: TensorPlane, ends: tuple[float, float, float, float], r: float, q: float) -> float:
    """Price of the way between two points over a third."""
    total = 0.0
    for k in range(2):
        way = (ends[0], ends[1], r, q) if k == 0 else (r, q, ends[2], ends[3])
        total += integrate(plane, way, True)  # type: ignore[arg-type] # noqa: FBT003
    return total


@kernel
def settle(plane: TensorPlane, points: NDArray[np.float64], rope: Rope) -> int:
    """Put vertices beside exclusions on corners where that is cheaper, or drop them; returns how many are left."""
    count = len(points)
    n = 1  # vertices kept so far
    for k in range(1, count - 1):
        r, q = points[k, 0], points[k, 1]
        pinned = rope.pinned[k]
        if pinned or beside_exclusion(plane, r, q):
            ends = (points[n - 1, 0], points[n - 1, 1], points[k + 1, 0], points[k + 1, 1])
            i0, j0 = int(np.rint(r)) - 2, int(np.rint(q)) - 2
            best = np.inf
            drop = False
            for m in range(18):
                x, y, corner = r, q, False  # as it is
                if m == 1:  # straight on
                    x, y = 0.5 * (ends[0] + ends[2]), 0.5 * (ends[1] + ends[3])
                elif m > 1:
                    i, j = i0 + (m - 2) // 4, j0 + (m - 2) % 4
                    dr, dq = corner_at(plane, i, j)
                    if dr == 0.0:
                        continue
                    x, y, corner = i + 0.5 + dr, j + 0.5 + dq, True
                price = joint_price(plane, ends, x, y)
                if price < best or (m == 1 and price <= best):
                    best = price
                    points[k, 0] = x
                    points[k, 1] = y
                    pinned = corner or (m == 0 and pinned)
                    drop = m == 1
            if drop:
                continue
        points[n, 0] = points[k, 0]
        points[n, 1] = points[k, 1]
        rope.pinned[n] = pinned
        n += 1
    points[n, 0] = points[count - 1, 0]
    points[n, 1] = points[count - 1, 1]
    rope.pinned[n] = False
    return n + 1
