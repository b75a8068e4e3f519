"""The evaluator of costs that depend on direction: it registers with the walk of `line.py`.

At every cell centre a symmetric positive definite matrix M prices a step v, in
cells, at sqrt(v' M v) row spacings. Between four centres M is bilinear; excluded
corners drop out as they do for a cost that is the same in all directions. Along a
straight piece v is constant, so that v' M v is a quadratic polynomial there, or a
quotient of two beside exclusions, and its root is integrated by Gauss quadrature on
stretches that are short enough for full accuracy.

Crossings of toll lines are priced by the angle at which a segment meets them.
"""

# ruff: noqa: FBT001, PLW3301 (compiled code has no keywords or variadic minimum)

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.geodesic.line import G8, W8, masked_cost, masked_piece, patch_price, register, toll_price

__all__ = ["TensorPlane", "find_crossings", "tolls_between"]

# Ratio of the largest to the smallest control value of the quadratic under the root up to which 4 or 8 points are
# enough: its zeros are then so far off that they leave 1e-13 or 1e-11 of the integral.
CALM4, CALM8 = 1.1, 1.6
GRAZE = 0.25  # row spacings
SHORTEST = 1e-10  # share of a piece below which it is not divided any further
_X, _W = np.polynomial.legendre.leggauss(4)
G4 = tuple(0.5 * (float(x) + 1.0) for x in _X)
W4 = tuple(0.5 * float(w) for w in _W)


class TensorPlane(NamedTuple):
    """Padded cost that depends on direction, as the kernels read it."""

    cost: NDArray[np.float64]  # flat: least price of a length in any direction; inf = excluded
    width: int  # padded columns
    aspect: NDArray[np.float64]  # column spacing / row spacing, per padded row
    tensor: NDArray[np.float64]  # (cells, 3): m_rr, m_rq, m_qq of a step in cells
    # (k, 8): row, col of both ends of each piece of a toll line; toll, weight, largest cot**2, straight length in row
    # spacings on either side.
    tolls: NDArray[np.float64]
    stencil: NDArray[np.int8]  # (cells, 4): two vectors of the reduced basis of a cell, see `stencil.py`
    kind: NDArray[np.uint8]  # of the stencil of a cell
    starts: NDArray[np.int64]  # per cell: where the list of those that look at it begins
    viewers: NDArray[np.uint32]  # 8 * cell + place of the arm
    most: int  # cells that one cell can improve


@part
def squared(plane: TensorPlane, v: Integer, dr: float, dq: float) -> float:
    """V' M v of a step at a cell."""
    m = plane.tensor
    return float(dr * dr * m[v, 0] + 2.0 * dr * dq * m[v, 1] + dq * dq * m[v, 2])


@part
def root_integral(p0: float, p1: float, p2: float) -> float:
    """Integral of sqrt(p0 + p1 t + p2 t**2) from 0 to 1; the polynomial is positive there."""
    total = 0.0
    lo = 0.0
    while lo < 1.0:
        step = 1.0 - lo
        a = p0 + lo * (p1 + lo * p2)
        ratio = np.inf
        while True:
            hi = lo + step
            c = p0 + hi * (p1 + hi * p2)
            b = a + 0.5 * step * (p1 + 2.0 * lo * p2)  # the middle control value
            ratio = max(a, max(b, c)) / max(min(a, min(b, c)), 1e-300)
            if ratio <= CALM8 or step <= SHORTEST:
                break
            step *= 0.5
        part = 0.0
        if ratio <= CALM4:
            for m in range(4):
                t = lo + step * G4[m]
                part += W4[m] * math.sqrt(max(0.0, p0 + t * (p1 + t * p2)))
        else:
            for m in range(8):
                t = lo + step * G8[m]
                part += W8[m] * math.sqrt(max(0.0, p0 + t * (p1 + t * p2)))
        total += step * part
        lo += step
    return total


@part
def masked_integral(squares: tuple[float, float, float, float], local: tuple[float, float, float, float]) -> float:
    """The same where corners are excluded; inf where no corner has weight."""
    f0, g0, df, dg = local
    total = 0.0
    lo = 0.0
    step = 0.5
    while lo < 1.0:
        step = min(2.0 * step, 1.0 - lo)
        a = masked_cost(squares, f0 + lo * df, g0 + lo * dg)
        while True:
            b = masked_cost(squares, f0 + (lo + 0.5 * step) * df, g0 + (lo + 0.5 * step) * dg)
            c = masked_cost(squares, f0 + (lo + step) * df, g0 + (lo + step) * dg)
            high = max(a, max(b, c))
            if not high < np.inf:
                return np.inf
            if (high <= CALM8 * min(a, min(b, c)) and step <= 0.5) or step <= SHORTEST:
                break
            step *= 0.5
        part = 0.0
        for m in range(8):
            t = lo + step * G8[m]
            part += W8[m] * math.sqrt(masked_cost(squares, f0 + t * df, g0 + t * dg))
        total += step * part
        lo += step
    return total


def tensor_piece(
    plane: TensorPlane, at: tuple[int, int], local: tuple[float, float, float, float], strict: bool
) -> float:
    """Price of a piece of a patch whose cost depends on direction."""
    f, g, df, dg = local
    if df == 0.0 and dg == 0.0 and not strict:
        return 0.0
    v = at[0] * plane.width + at[1]
    w = v + plane.width
    free = plane.cost[v] + plane.cost[v + 1] + plane.cost[w] + plane.cost[w + 1] < np.inf
    if free and df == 0.0 and dg == 0.0:
        return 0.0
    if free:
        a = squared(plane, v, df, dg)
        b = squared(plane, v + 1, df, dg) - a
        c = squared(plane, w, df, dg) - a
        d = squared(plane, w + 1, df, dg) - a - b - c
        return root_integral(a + b * g + c * f + d * f * g, b * dg + c * df + d * (f * dg + g * df), d * df * dg)
    corners = (plane.cost[v], plane.cost[v + 1], plane.cost[w], plane.cost[w + 1])
    if strict and not masked_piece(corners, local, (1.0, 1.0)) < np.inf:
        return np.inf
    if df == 0.0 and dg == 0.0:
        return 0.0
    squares = (
        squared(plane, v, df, dg) if corners[0] < np.inf else np.inf,
        squared(plane, v + 1, df, dg) if corners[1] < np.inf else np.inf,
        squared(plane, w, df, dg) if corners[2] < np.inf else np.inf,
        squared(plane, w + 1, df, dg) if corners[3] < np.inf else np.inf,
    )
    return masked_integral(squares, local)


@part
def crosses(tolls: NDArray[np.float64], k: int, ends: tuple[float, float, float, float]) -> bool:
    """Whether a segment passes from one side of a piece of a line to the other; a point on the line is on its left.

    The side of a vertex does not depend on the segment or piece that is asked for, so that neither a vertex on the
    line nor a joint of the line is passed twice or unseen.
    """
    r0, q0, r1, q1 = ends
    if r1 < r0 or (r1 == r0 and q1 < q0):  # the same there and back
        r0, q0, r1, q1 = r1, q1, r0, q0
    ar, aq, br, bq = tolls[k, 0], tolls[k, 1], tolls[k, 2], tolls[k, 3]
    if max(r0, r1) < min(ar, br) or min(r0, r1) > max(ar, br) or max(q0, q1) < min(aq, bq) or min(q0, q1) > max(aq, bq):
        return False
    start = (br - ar) * (q0 - aq) - (bq - aq) * (r0 - ar) >= 0.0
    end = (br - ar) * (q1 - aq) - (bq - aq) * (r1 - ar) >= 0.0
    if start == end:
        return False
    one = (r1 - r0) * (aq - q0) - (q1 - q0) * (ar - r0) >= 0.0
    other = (r1 - r0) * (bq - q0) - (q1 - q0) * (br - r0) >= 0.0
    return bool(one != other)


@part
def tolls_between(plane: TensorPlane, ends: tuple[float, float, float, float]) -> float:
    """Tolls of the lines that a segment crosses, at whatever angle."""
    total = 0.0
    for k in range(len(plane.tolls)):
        if crosses(plane.tolls, k, ends):
            total += plane.tolls[k, 4]
    return total


@part
def crossing_price(plane: TensorPlane, k: int, ends: tuple[float, float, float, float], strict: bool) -> float:
    """Toll of a crossing by its angle; inf if it is too oblique or too near an end of the segment.

    For derivatives, nothing near an end of the segment: there it is its neighbour that crosses, or a probe.
    """
    r0, q0, r1, q1 = ends
    lr, lq = plane.tolls[k, 2] - plane.tolls[k, 0], plane.tolls[k, 3] - plane.tolls[k, 1]
    dr, dq = r1 - r0, q1 - q0
    across = dr * lq - dq * lr
    t = min(1.0, max(0.0, ((plane.tolls[k, 0] - r0) * lq - (plane.tolls[k, 1] - q0) * lr) / across))
    r = r0 + t * dr
    i = math.floor(r)
    a = plane.aspect[i] + (r - i) * (plane.aspect[i + 1] - plane.aspect[i])
    cot = (dr * lr + a * a * dq * lq) / (a * across)
    near = min(t, 1.0 - t) * math.hypot(dr, a * dq)
    if strict and (cot * cot > plane.tolls[k, 6] or near < plane.tolls[k, 7] * (1.0 - 1e-9)):
        return np.inf
    if not strict and near < GRAZE:
        return 0.0
    return float(plane.tolls[k, 4] * (1.0 + plane.tolls[k, 5] * cot * cot))


def directed_tolls(plane: TensorPlane, ends: tuple[float, float, float, float], strict: bool) -> float:
    """Tolls of the lines that a segment crosses."""
    total = 0.0
    for k in range(len(plane.tolls)):
        if crosses(plane.tolls, k, ends):
            total += crossing_price(plane, k, ends, strict)
    return total


@kernel
def find_crossings(plane: TensorPlane, points: NDArray[np.float64], found: NDArray[np.float64]) -> int:
    """Crossings of a polyline in its order: length walked up to each in cells, piece of a line; returns their number.

    There may be more than `found` has room for.
    """
    n = 0
    walked = 0.0
    for s in range(len(points) - 1):
        ends = (points[s, 0], points[s, 1], points[s + 1, 0], points[s + 1, 1])
        dr, dq = ends[2] - ends[0], ends[3] - ends[1]
        first = n
        for k in range(len(plane.tolls)):
            if not crosses(plane.tolls, k, ends):
                continue
            if n < len(found):
                lr, lq = plane.tolls[k, 2] - plane.tolls[k, 0], plane.tolls[k, 3] - plane.tolls[k, 1]
                t = ((plane.tolls[k, 0] - ends[0]) * lq - (plane.tolls[k, 1] - ends[1]) * lr) / (dr * lq - dq * lr)
                here = walked + min(1.0, max(0.0, t)) * math.hypot(dr, dq)
                m = n
                while m > first and found[m - 1, 0] > here:
                    found[m, 0] = found[m - 1, 0]
                    found[m, 1] = found[m - 1, 1]
                    m -= 1
                found[m, 0] = here
                found[m, 1] = k
            n += 1
        walked += math.hypot(dr, dq)
    return n


register(patch_price, TensorPlane, tensor_piece)
register(toll_price, TensorPlane, directed_tolls)
