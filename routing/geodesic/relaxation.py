"""Relaxation of a polyline in the exact cost: never dearer, never through an exclusion.

All vertices move at once along their normals by a Newton step whose Hessian is
tridiagonal (each segment couples two vertices). Where that does not pay, a dynamic
programme takes the cheapest of all mixtures of old and new vertices, and a vertex
that stayed tries a shorter step next. Segments whose ends did not move keep their
derivatives, so that the work goes where the path still moves.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has no keywords)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel, part
from routing.geodesic.corners import settle_corners
from routing.geodesic.derivatives import differentiate, feel
from routing.geodesic.line import Plane, across, line_price, segment_price
from routing.geodesic.resampling import refine, resample

__all__ = ["Bench", "relax"]

FLOOR = 1e-3  # smallest pivot of the Hessian, relative to its coupling, before it is replaced
WORTH = 1e-9  # promised gain of a vertex, relative to the price of its segments, below which it rests
WIDE = 0.15  # cells: probes from which derivatives are felt, not exact
TRIALS = 8  # of a step whose segments are blocked
CREEP = 0.02  # cells: probe of single vertices
SHRINK = 0.3  # of the step that did not pay, for the next trial


class Bench(NamedTuple):
    """Workspace for polylines of up to as many vertices as its arrays are long."""

    normal: NDArray[np.float64]  # (n, 2) unit vectors across the path
    trial: NDArray[np.float64]  # (n, 2) moved vertices
    terms: NDArray[np.float64]  # (n, 5) derivatives of the segment that leaves each vertex
    price: NDArray[np.float64]  # (4, n) of that segment: old, to the new end, from the new start, both new
    value: NDArray[np.float64]  # (2, n) cheapest up to each vertex, old or new
    step: NDArray[np.float64]  # Newton step along the normal
    ratio: NDArray[np.float64]  # of the elimination
    reach: NDArray[np.float64]  # longest step
    came: NDArray[np.bool_]  # (2, n) whether the vertex before is new on the cheapest way to each vertex, old or new
    fixed: NDArray[np.bool_]  # vertices whose step is given
    stale: NDArray[np.bool_]  # segments whose derivatives are not known
    pinned: NDArray[np.bool_]  # vertices on corners
    kept: NDArray[np.bool_]  # the same before resampling


@part
def set_out(plane: Plane, points: NDArray[np.float64], count: int, reach: float, bench: Bench) -> float:
    """Normals (zero at the ends and at pinned vertices), prices; returns their sum."""
    total = 0.0
    for k in range(count):
        bench.normal[k, 0] = 0.0
        bench.normal[k, 1] = 0.0
        bench.step[k] = 0.0
        bench.stale[k] = True
        bench.reach[k] = reach
        if k < count - 1:
            x = segment_price(plane, points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1])
            bench.price[0, k] = x
            total += x
            if k > 0 and not bench.pinned[k]:
                dr, dq = points[k + 1, 0] - points[k - 1, 0], points[k + 1, 1] - points[k - 1, 1]
                nr, nq = across(plane, points[k, 0], dr, dq)
                bench.normal[k, 0] = nr
                bench.normal[k, 1] = nq
    return total


@part
def renew(plane: Plane, points: NDArray[np.float64], count: int, probe: float, bench: Bench) -> None:
    """Derivatives of the segments that moved."""
    normal, terms = bench.normal, bench.terms
    for k in range(count - 1):
        if not bench.stale[k]:
            continue
        bench.stale[k] = False
        for m in range(5):
            terms[k, m] = 0.0
        way = (points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1])
        if way[0] == way[2] and way[1] == way[3]:
            continue
        sway = (normal[k, 0], normal[k, 1], normal[k + 1, 0], normal[k + 1, 1])
        if probe >= WIDE:
            feel(plane, way, sway, probe, terms, k)
        else:
            differentiate(plane, way, sway, probe, terms, k)


@part
def hold(count: int, bench: Bench) -> None:
    """Fix the vertices that have no normal."""
    for k in range(count):
        bench.fixed[k] = bench.normal[k, 0] == 0.0 and bench.normal[k, 1] == 0.0
        bench.step[k] = 0.0


@part
def solve_step(count: int, bench: Bench) -> None:
    """Newton step of the tridiagonal system round the fixed vertices; pivots that are not positive are replaced."""
    terms, step, ratio = bench.terms, bench.step, bench.ratio
    ratio[0] = 0.0
    for k in range(1, count - 1):
        ratio[k] = 0.0
        if bench.fixed[k]:
            continue
        before = terms[k - 1, 3]
        scale = abs(before) + abs(terms[k, 3])
        bend = terms[k - 1, 4] + terms[k, 2]
        pivot = bend - before * ratio[k - 1]
        if not pivot > FLOOR * scale:
            pivot = max(scale, abs(bend) + 1e-300)
        ratio[k] = terms[k, 3] / pivot
        step[k] = (-(terms[k - 1, 1] + terms[k, 0]) - before * step[k - 1]) / pivot
    for k in range(count - 2, 0, -1):
        if not bench.fixed[k]:
            step[k] = max(-bench.reach[k], min(bench.reach[k], step[k] - ratio[k] * step[k + 1]))


@part
def set_trial(points: NDArray[np.float64], count: int, bench: Bench) -> int:
    """Trial positions; vertices that promise next to nothing rest. Returns how many move."""
    trial, step, terms, price = bench.trial, bench.step, bench.terms, bench.price
    moving = 0
    for k in range(count):
        if step[k] != 0.0:
            promise = abs(step[k] * (terms[k - 1, 1] + terms[k, 0]))
            if promise > WORTH * (price[0, k - 1] + price[0, k]):
                moving += 1
            else:
                step[k] = 0.0
        trial[k, 0] = points[k, 0] + step[k] * bench.normal[k, 0]
        trial[k, 1] = points[k, 1] + step[k] * bench.normal[k, 1]
    return moving


@part
def price_mixtures(plane: Plane, points: NDArray[np.float64], count: int, bench: Bench) -> None:
    """Price of every segment from an old to a new vertex and from a new to an old one."""
    trial, step, price = bench.trial, bench.step, bench.price
    for k in range(count - 1):
        if step[k + 1] != 0.0:
            price[1, k] = segment_price(plane, points[k, 0], points[k, 1], trial[k + 1, 0], trial[k + 1, 1])
        if step[k] != 0.0:
            price[2, k] = segment_price(plane, trial[k, 0], trial[k, 1], points[k + 1, 0], points[k + 1, 1])


@part
def price_trial(plane: Plane, count: int, bench: Bench) -> float:
    """Price of the trial; inf if a segment is blocked."""
    trial, step, price = bench.trial, bench.step, bench.price
    total = 0.0
    for k in range(count - 1):
        price[3, k] = price[0, k]
        if step[k] != 0.0 or step[k + 1] != 0.0:
            price[3, k] = segment_price(plane, trial[k, 0], trial[k, 1], trial[k + 1, 0], trial[k + 1, 1])
        total += price[3, k]
    return total


@part
def shorten(count: int, factor: float, bench: Bench) -> None:
    """Fix both ends of each blocked segment at a part of their step."""
    for k in range(count):
        if not (bench.price[3, max(0, k - 1)] < np.inf and bench.price[3, min(k, count - 2)] < np.inf):
            bench.step[k] *= factor
            bench.fixed[k] = True


@part
def take_all(points: NDArray[np.float64], count: int, bench: Bench) -> None:
    """Move to the trial."""
    step = bench.step
    for k in range(count - 1):
        if step[k] != 0.0 or step[k + 1] != 0.0:
            bench.price[0, k] = bench.price[3, k]
            bench.stale[k] = True
        points[k, 0] = bench.trial[k, 0]
        points[k, 1] = bench.trial[k, 1]


@part
def choose(count: int, bench: Bench) -> float:
    """Cheapest mixture of old and new vertices; returns its price."""
    value, price, came, step = bench.value, bench.price, bench.came, bench.step
    value[0, 0] = 0.0
    value[1, 0] = np.inf
    for k in range(count - 1):
        stay, move = value[0, k], value[1, k]
        x, y = stay + price[0, k], (move + price[2, k] if step[k] != 0.0 else np.inf)
        came[0, k + 1] = y < x
        value[0, k + 1] = min(x, y)
        value[1, k + 1] = np.inf
        if step[k + 1] != 0.0:
            x, y = stay + price[1, k], (move + price[3, k] if step[k] != 0.0 else np.inf)
            came[1, k + 1] = y < x
            value[1, k + 1] = min(x, y)
    return float(value[0, count - 1])


@part
def take(points: NDArray[np.float64], count: int, limit: float, bench: Bench) -> None:
    """Move the vertices of the cheapest mixture, from the end back; those that stayed reach less far."""
    price, step, stale = bench.price, bench.step, bench.stale
    new = False
    for k in range(count - 1, 0, -1):
        before = bool(bench.came[1 if new else 0, k])
        if new or before:
            price[0, k - 1] = price[(2 if before else 0) + (1 if new else 0), k - 1]
            stale[k - 1] = True
        if new:
            points[k, 0] = bench.trial[k, 0]
            points[k, 1] = bench.trial[k, 1]
            bench.reach[k] = min(limit, 2.0 * bench.reach[k])
        elif step[k] != 0.0:
            bench.reach[k] = SHRINK * abs(step[k])
        new = before


@part
def advance(
    plane: Plane, points: NDArray[np.float64], count: int, now: tuple[float, float, float], bench: Bench
) -> float:
    """One step from a polyline of a price, with a reach and a probe; returns the price after it."""
    total, reach, probe = now
    renew(plane, points, count, probe, bench)
    hold(count, bench)
    after = np.inf
    for attempt in range(TRIALS):
        solve_step(count, bench)
        if set_trial(points, count, bench) == 0:
            return total
        after = price_trial(plane, count, bench)
        if after < np.inf:
            break
        shorten(count, 0.5 if attempt < TRIALS // 2 else 0.0, bench)
    if after < total:
        take_all(points, count, bench)
        return after
    price_mixtures(plane, points, count, bench)
    after = choose(count, bench)
    take(points, count, reach, bench)
    return after


@kernel
def relax(
    plane: Plane,
    line: NDArray[np.float64],
    layout: tuple[float, float, float],
    effort: tuple[int, float, float],
    points: NDArray[np.float64],
    bench: Bench,
) -> tuple[int, float]:
    """Lay the vertices of a polyline anew and relax them; returns their number and the price.

    `layout` is (spacing, or 0 to halve segments; angle from which, and length beyond which they are halved); `effort`
    is (most steps, relative gain of a step that ends them, probe in cells).
    """
    spacing, turn, shortest = layout
    steps, enough, probe = effort
    pins = (bench.pinned, bench.kept)
    if spacing > 0.0:
        n = resample(plane, line, len(line), spacing, points, pins)
    else:
        n = refine(line, len(line), (turn, shortest), points, pins)
    reach = max(1.0, 0.5 * spacing)
    total = set_out(plane, points, n, reach, bench)
    for _ in range(steps):
        before = total
        total = advance(plane, points, n, (total, reach, probe), bench)
        if before - total <= enough * total:
            break
    n = settle_corners(plane, points, n, CREEP, bench.pinned)
    return n, line_price(plane, points, n)
