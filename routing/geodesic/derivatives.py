"""How the price of a straight segment changes as its ends move sideways: slopes and curvatures.

With ends A + x u and B + y v the price is the integral of cost times speed over
p(t) = (1 - t)(A + x u) + t (B + y v). `differentiate` walks the segment patch by
patch; two Gauss points each make the slopes exact where the column spacing does
not vary. A bilinear cost has kinks at the patch edges: the jump of its slope there
adds to the curvature what a segment that crosses the edge sees of it. `feel`
samples the cost to both sides instead and is blind to what is smaller than its probe.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has no keywords)

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import part
from routing.geodesic.line import Plane, crossing, first_patch, masked_cost, patch_corners

__all__ = ["differentiate", "feel"]

HALF = 0.5 / math.sqrt(3.0)  # of an interval: the two Gauss points are that far from its middle
Three = tuple[float, float, float]
Four = tuple[float, float, float, float]
Terms = NDArray[np.float64]  # a row per segment: slopes by its first and second end; curvatures: first, mixed, second


@part
def cost_slopes(corners: Four, f: float, g: float) -> Four:
    """Cost at a local point of a patch, its slopes along f and g, its mixed slope; excluded corners drop out."""
    a, b, c, d = corners
    if a + b + c + d < np.inf:
        mixed = d - c - b + a
        along = c - a + mixed * g
        return a + along * f + (b - a) * g, along, b - a + mixed * f, mixed
    s = w = sf = wf = sg = wg = 0.0
    for k in range(4):
        if corners[k] < np.inf:
            x, dx = (f, 1.0) if k >= 2 else (1.0 - f, -1.0)
            y, dy = (g, 1.0) if k % 2 == 1 else (1.0 - g, -1.0)
            w += x * y
            wf += dx * y
            wg += x * dy
            s += x * y * corners[k]
            sf += dx * y * corners[k]
            sg += x * dy * corners[k]
    cost = s / w
    return cost, (sf - cost * wf) / w, (sg - cost * wg) / w, 0.0


@part
def cost_near(plane: Plane, r: float, q: float) -> float:
    """Cost at a point, continued half a cell into exclusions; inf beyond."""
    i, j = math.floor(r), math.floor(q)
    corners = patch_corners(plane, i, j)
    if corners[0] + corners[1] + corners[2] + corners[3] < np.inf:
        return cost_slopes(corners, r - i, q - j)[0]
    return masked_cost(corners, r - i, q - j)


@part
def add_point(
    cost: Three,
    curves: Three,
    t: float,
    weight: float,
    metric: tuple[float, float],
    way: Four,
    sway: Four,
    found: Terms,
    k: int,
) -> None:
    """Add a sample at t: `cost` is the cost and its slopes by either end, `metric` the aspect and its slope."""
    c, ca, cb = cost
    aspect, growth = metric
    dr, dq = way[2] - way[0], way[3] - way[1]
    ur, uq, vr, vq = sway
    square = aspect * aspect
    speed = math.sqrt(dr * dr + square * dq * dq)
    bend = aspect * growth * dq * dq  # the spacing itself changes with the row
    # Slopes of the speed by either end.
    sa = (bend * ur * (1.0 - t) - dr * ur - square * dq * uq) / speed
    sb = (bend * vr * t + dr * vr + square * dq * vq) / speed
    found[k, 0] += weight * (ca * speed + c * sa)
    found[k, 1] += weight * (cb * speed + c * sb)
    stiff = c / speed
    found[k, 2] += weight * (curves[0] * speed + 2.0 * ca * sa + stiff * (ur * ur + square * uq * uq - sa * sa))
    found[k, 3] += weight * (curves[1] * speed + ca * sb + cb * sa - stiff * (ur * vr + square * uq * vq + sa * sb))
    found[k, 4] += weight * (curves[2] * speed + 2.0 * cb * sb + stiff * (vr * vr + square * vq * vq - sb * sb))


@part
def add_kink(jump: float, t: float, u: float, v: float, found: Terms, k: int) -> None:
    """Add what a jump of the slope across an edge gives; u and v are the parts of the moves across the edge."""
    x, y = u * (1.0 - t), v * t
    found[k, 2] += jump * x * x
    found[k, 3] += jump * x * y
    found[k, 4] += jump * y * y


@part
def add_piece(
    plane: Plane,
    at: tuple[int, int],
    corners: Four,
    span: tuple[float, float],
    way: Four,
    sway: Four,
    found: Terms,
    k: int,
) -> None:
    """Add the part of a segment in the patch at a cell (row, col)."""
    i, j = at
    t, end = span
    ur, uq, vr, vq = sway
    growth = plane.aspect[i + 1] - plane.aspect[i]
    for side in (-HALF, HALF):
        m = 0.5 * (t + end) + side * (end - t)
        x, y = 1.0 - m, m
        f = way[0] * x + way[2] * y - i
        cost, along, aside, mixed = cost_slopes(corners, f, way[1] * x + way[3] * y - j)
        slopes = (cost, (along * ur + aside * uq) * x, (along * vr + aside * vq) * y)
        curves = (2.0 * mixed * ur * uq * x * x, mixed * (ur * vq + uq * vr) * x * y, 2.0 * mixed * vr * vq * y * y)
        metric = (plane.aspect[i] + growth * f, growth)
        add_point(slopes, curves, m, 0.5 * (end - t), metric, way, sway, found, k)


@part
def differentiate(plane: Plane, way: Four, sway: Four, least: float, found: Terms, k: int) -> None:
    """Slopes and curvatures of a segment `way` whose ends move by `sway`, into row k.

    Kinks count as if the segment crossed their edge by at least `least` cells.
    """
    r0, q0, dr, dq = way[0], way[1], way[2] - way[0], way[3] - way[1]
    i, j = first_patch(r0, dr), first_patch(q0, dq)
    corners = patch_corners(plane, i, j)
    t = 0.0
    while True:
        ti, tj = crossing(r0, dr, i), crossing(q0, dq, j)
        end = min(ti, tj)
        end = max(t, min(1.0, end))
        add_piece(plane, (i, j), corners, (t, end), way, sway, found, k)
        if end >= 1.0:
            return
        step_r = (1 if dr > 0.0 else -1) if ti <= end else 0
        step_q = (1 if dq > 0.0 else -1) if tj <= end else 0
        f, g = r0 + dr * end - i, q0 + dq * end - j
        before = cost_slopes(corners, f, g)
        i += step_r
        j += step_q
        corners = patch_corners(plane, i, j)
        after = cost_slopes(corners, f - step_r, g - step_q)
        speed = math.hypot(dr, plane.aspect[i] * dq)
        add_kink(step_r * (after[1] - before[1]) * speed / max(abs(dr), least), end, sway[0], sway[2], found, k)
        add_kink(step_q * (after[2] - before[2]) * speed / max(abs(dq), least), end, sway[1], sway[3], found, k)
        t = end


@part
def side_slopes(plane: Plane, r: float, q: float, mr: float, mq: float) -> Three:
    """Cost at a point, difference to both sides of it and second difference; straight on where one side is excluded."""
    cost = cost_near(plane, r, q)
    plus = cost_near(plane, r + mr, q + mq)
    minus = cost_near(plane, r - mr, q - mq)
    if not plus < np.inf:
        plus = 2.0 * cost - minus if minus < np.inf else cost
    if not minus < np.inf:
        minus = 2.0 * cost - plus
    return cost, 0.5 * (plus - minus), plus + minus - 2.0 * cost


@part
def feel(plane: Plane, way: Four, sway: Four, probe: float, found: Terms, k: int) -> None:
    """As `differentiate`, from samples of the cost a cell apart, at the segment and a probe to both sides of it."""
    r0, q0, dr, dq = way[0], way[1], way[2] - way[0], way[3] - way[1]
    ur, uq, vr, vq = sway
    pieces = math.ceil(0.5 * math.hypot(dr, dq))
    for n in range(2 * pieces):
        t = (n // 2 + 0.5 + (HALF if n % 2 == 1 else -HALF)) / pieces
        mr, mq = ur * (1.0 - t) + vr * t, uq * (1.0 - t) + vq * t
        size = max(math.hypot(mr, mq), 1e-300)
        mr, mq = mr / size, mq / size
        r = r0 + dr * t
        cost, rise, curve = side_slopes(plane, r, q0 + dq * t, probe * mr, probe * mq)
        rise /= probe
        curve /= probe * probe
        a, b = (ur * mr + uq * mq) * (1.0 - t), (vr * mr + vq * mq) * t
        i = math.floor(r)
        growth = plane.aspect[i + 1] - plane.aspect[i]
        metric = (plane.aspect[i] + growth * (r - i), growth)
        curves = (curve * a * a, curve * a * b, curve * b * b)
        add_point((cost, rise * a, rise * b), curves, t, 0.5 / pieces, metric, way, sway, found, k)
