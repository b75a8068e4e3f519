"""Relaxation of a polyline in the exact cost: never dearer, never through an exclusion.

All vertices move at once along their normals by a Newton step whose Hessian is
tridiagonal (each segment couples two vertices); single vertices are then moved
onto the corners of exclusions that hold the path back, or dropped where the
straight connection is not dearer.
"""

# ruff: noqa: PLR0913, PLR0917, PLR1714 (compiled code has neither keywords nor sets)

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.line import Plane, across, continued_price, free_quadrants, segment_price

__all__ = ["MARGIN", "Bench", "newton_step", "refine", "relax", "resample"]

# Cells between a path and the corner it turns round, so that coordinates survive a change of projection.
MARGIN = 1e-6
NEAR = 0.25  # cells: longest probe next to exclusions, where the continued cost reaches half a cell deep
FLOOR = 1e-3  # smallest pivot of the Hessian, relative to its coupling, before it is replaced


class Bench(NamedTuple):
    """Workspace for polylines of up to as many vertices as its arrays are long."""

    normal: NDArray[np.float64]  # (n, 2) probe vectors
    trial: NDArray[np.float64]  # (n, 2) moved vertices
    price: NDArray[np.float64]  # of the segment that leaves each vertex
    moved: NDArray[np.float64]  # the same after the move
    slope: NDArray[np.float64]  # gradient, in probe vectors
    bend: NDArray[np.float64]  # diagonal of the Hessian
    couple: NDArray[np.float64]  # coupling with the next vertex
    step: NDArray[np.float64]  # Newton step, in probe vectors
    fixed: NDArray[np.bool_]  # vertices whose step is given
    pinned: NDArray[np.bool_]  # vertices on corners
    kept: NDArray[np.bool_]  # the same before resampling


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


@kernel
def resample(
    plane: Plane, old: NDArray[np.float64], count: int, spacing: float, new: NDArray[np.float64], bench: Bench
) -> int:
    """Polyline of about even spacing through the pinned vertices of another; returns its number of vertices."""
    kept, pinned = bench.kept, bench.pinned
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


@kernel
def refine(
    old: NDArray[np.float64], count: int, limits: tuple[float, float], new: NDArray[np.float64], bench: Bench
) -> int:
    """Halve the segments longer than limits[1] at whose ends the path turns by more than limits[0]."""
    turn, shortest = limits
    kept, pinned = bench.kept, bench.pinned
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


@part
def set_normals(plane: Plane, points: NDArray[np.float64], count: int, probe: float, bench: Bench) -> None:
    """Probe vectors: normal to the path, short beside exclusions, zero at the ends and at pinned vertices."""
    for k in range(count):
        bench.normal[k, 0] = 0.0
        bench.normal[k, 1] = 0.0
        bench.slope[k] = 0.0
        bench.bend[k] = 0.0
        if k == 0 or k == count - 1 or bench.pinned[k]:
            continue
        r, q = points[k, 0], points[k, 1]
        nr, nq = across(plane, r, points[k + 1, 0] - points[k - 1, 0], points[k + 1, 1] - points[k - 1, 1])
        e = probe if not beside_exclusion(plane, r, q) else min(probe, NEAR)
        bench.normal[k, 0] = nr * e
        bench.normal[k, 1] = nq * e


@part
def differentiate(plane: Plane, points: NDArray[np.float64], count: int, bench: Bench) -> float:
    """Price of the polyline; its gradient and Hessian by central differences, segment by segment."""
    normal, slope, bend = bench.normal, bench.slope, bench.bend
    total = 0.0
    for k in range(count - 1):
        ar, aq, br, bq = points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1]
        ur, uq, vr, vq = normal[k, 0], normal[k, 1], normal[k + 1, 0], normal[k + 1, 1]
        e = segment_price(plane, ar, aq, br, bq)
        bench.price[k] = e
        total += e
        e = continued_price(plane, ar, aq, br, bq)
        a1 = continued_price(plane, ar + ur, aq + uq, br, bq)
        a2 = continued_price(plane, ar - ur, aq - uq, br, bq)
        b1 = continued_price(plane, ar, aq, br + vr, bq + vq)
        b2 = continued_price(plane, ar, aq, br - vr, bq - vq)
        ab = continued_price(plane, ar + ur, aq + uq, br + vr, bq + vq)
        bench.couple[k] = ab - a1 - b1 + e
        slope[k] += 0.5 * (a1 - a2)
        bend[k] += a1 + a2 - 2.0 * e
        slope[k + 1] += 0.5 * (b1 - b2)
        bend[k + 1] += b1 + b2 - 2.0 * e
    return total


@part
def hold_still(count: int, bench: Bench) -> None:
    """Fix the vertices that cannot move or whose derivatives are not known."""
    for k in range(count):
        still = bench.normal[k, 0] == 0.0 and bench.normal[k, 1] == 0.0
        bench.fixed[k] = still or not (abs(bench.slope[k]) < np.inf and abs(bench.bend[k]) < np.inf)
        bench.step[k] = 0.0
    for k in range(count - 1):
        if not abs(bench.couple[k]) < np.inf:
            bench.couple[k] = 0.0


@part
def solve_step(count: int, reach: float, bench: Bench) -> None:
    """Newton step of the tridiagonal system round the fixed vertices; pivots that are not positive are replaced."""
    couple, bend, slope, step, fixed = bench.couple, bench.bend, bench.slope, bench.step, bench.fixed
    ratio = bench.moved  # free until the trial is priced
    ratio[0] = 0.0
    for k in range(1, count - 1):
        if fixed[k]:
            ratio[k] = 0.0
            continue
        before = couple[k - 1]
        scale = abs(before) + abs(couple[k])
        pivot = bend[k] - before * ratio[k - 1]
        if not pivot > FLOOR * scale:
            pivot = max(scale, abs(bend[k]), 1e-300)
        ratio[k] = couple[k] / pivot
        step[k] = (-slope[k] - before * step[k - 1]) / pivot
    for k in range(count - 2, 0, -1):
        if not fixed[k]:
            step[k] -= ratio[k] * step[k + 1]
    for k in range(1, count - 1):
        size = math.hypot(bench.normal[k, 0], bench.normal[k, 1])
        if size > 0.0:
            step[k] = max(-reach / size, min(reach / size, step[k]))


@part
def price_trial(plane: Plane, points: NDArray[np.float64], count: int, bench: Bench) -> float:
    """Price of the trial; inf if a segment is blocked."""
    trial, step, moved = bench.trial, bench.step, bench.moved
    for k in range(count):
        trial[k, 0] = points[k, 0] + step[k] * bench.normal[k, 0]
        trial[k, 1] = points[k, 1] + step[k] * bench.normal[k, 1]
    total = 0.0
    for k in range(count - 1):
        if step[k] == 0.0 and step[k + 1] == 0.0:
            moved[k] = bench.price[k]
        else:
            moved[k] = segment_price(plane, trial[k, 0], trial[k, 1], trial[k + 1, 0], trial[k + 1, 1])
        total += moved[k]
    return total


@part
def shorten(count: int, factor: float, bench: Bench) -> None:
    """Fix both ends of each blocked segment at a part of their step."""
    for k in range(count - 1):
        if not bench.moved[k] < np.inf:
            for m in (k, k + 1):
                if bench.step[m] != 0.0:
                    bench.step[m] *= factor
                    bench.fixed[m] = True


@kernel
def newton_step(
    plane: Plane, points: NDArray[np.float64], count: int, probe: float, reach: float, bench: Bench
) -> tuple[float, float]:
    """Move all vertices at once if that is cheaper; returns (price after, gain)."""
    set_normals(plane, points, count, probe, bench)
    total = differentiate(plane, points, count, bench)
    hold_still(count, bench)
    after = np.inf
    for attempt in range(8):
        solve_step(count, reach, bench)
        after = price_trial(plane, points, count, bench)
        if after < np.inf:
            break
        shorten(count, 0.5 if attempt < 4 else 0.0, bench)
    for _ in range(5):
        if after < total:
            break
        for k in range(count):
            bench.step[k] *= 0.4
        after = price_trial(plane, points, count, bench)
    if not after < total:
        return total, 0.0
    for k in range(1, count - 1):
        points[k, 0] = bench.trial[k, 0]
        points[k, 1] = bench.trial[k, 1]
    return after, total - after


@part
def joint_price(plane: Plane, points: NDArray[np.float64], k: int, r: float, q: float) -> float:
    """Price of the two segments that meet at vertex k, were it at (r, q)."""
    a = segment_price(plane, points[k - 1, 0], points[k - 1, 1], r, q)
    if not a < np.inf:
        return np.inf
    return a + segment_price(plane, r, q, points[k + 1, 0], points[k + 1, 1])


@part
def try_corners(plane: Plane, points: NDArray[np.float64], k: int, price: float, bench: Bench) -> float:
    """Put vertex k on the convex corner of an exclusion nearby if that is cheaper; returns the joint price."""
    i0 = int(np.rint(points[k, 0]))
    j0 = int(np.rint(points[k, 1]))
    for i in range(i0 - 2, i0 + 2):
        for j in range(j0 - 2, j0 + 2):
            v = i * plane.width + j
            w = v + plane.width
            free = free_quadrants(plane.cost[v], plane.cost[v + 1], plane.cost[w], plane.cost[w + 1])
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
                bench.pinned[k] = True
    return price


@part
def try_normal(plane: Plane, points: NDArray[np.float64], k: int, price: float, probe: float, bench: Bench) -> float:
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
            bench.pinned[k] = False
            return x
        s *= 0.4
    return price


@kernel
def relax(plane: Plane, points: NDArray[np.float64], count: int, probe: float, bench: Bench) -> int:
    """One sweep over single vertices; drops those beside exclusions that only cost. Returns how many are left."""
    n = 1  # vertices kept so far
    for k in range(1, count - 1):
        # Shift vertex k behind the kept ones; its successor stands at n + 1 for the joint price.
        points[n, 0] = points[k, 0]
        points[n, 1] = points[k, 1]
        bench.pinned[n] = bench.pinned[k]
        points[n + 1, 0] = points[k + 1, 0]
        points[n + 1, 1] = points[k + 1, 1]
        price = joint_price(plane, points, n, points[n, 0], points[n, 1])
        beside = bench.pinned[n] or beside_exclusion(plane, points[n, 0], points[n, 1])
        if beside:
            a, c = n - 1, n + 1
            if segment_price(plane, points[a, 0], points[a, 1], points[c, 0], points[c, 1]) <= price:
                continue
            price = try_corners(plane, points, n, price, bench)
        try_normal(plane, points, n, price, min(probe, NEAR) if beside else probe, bench)
        n += 1
    points[n, 0] = points[count - 1, 0]
    points[n, 1] = points[count - 1, 1]
    bench.pinned[n] = False
    return n + 1
