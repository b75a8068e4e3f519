"""The one evaluator: exact line integrals of the cost along straight segments.

Coordinates are padded ones (row + PAD, col + PAD): every patch that a segment
can touch exists in the array, and everything outside the raster is excluded.

Between four cell centres lies a *patch*. The cost there is bilinear; the corners
that are excluded drop out and the remaining weights are renormalised. A patch is
split by the cell edges into four quadrants, one per cell, and a segment may be
only in quadrants of free cells: their edges included, a corner at which only two
diagonal quadrants are free excepted (a *pinch*, which nothing may pass).
"""

# ruff: noqa: FBT001, FBT003, PLR1714, PLW3301 (compiled code has no keywords, sets or variadic minimum)

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from routing.geodesic.compiled import INNER, OPTIONS, kernel, part

__all__ = [
    "PAD",
    "TOUCH",
    "Plane",
    "across",
    "crossing",
    "first_patch",
    "free_at",
    "free_quadrants",
    "line_price",
    "masked_cost",
    "masked_piece",
    "patch_corners",
    "patch_price",
    "polyline_price",
    "register",
    "segment_price",
    "segment_prices",
    "toll_price",
]

PAD = 3
TOUCH = 1e-9  # cells: how deep rounding may push a path into an excluded square

# Gauss-Legendre abscissae and weights on [0, 1]: 3 points where the column spacing varies; 8 beside exclusions, where
# the cost is a ratio of polynomials whose nearest pole is so far that they leave 1e-12.
G3 = (0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15))
W3 = (5 / 18, 8 / 18, 5 / 18)
_X, _W = np.polynomial.legendre.leggauss(8)
G8 = tuple(0.5 * (float(x) + 1.0) for x in _X)
W8 = tuple(0.5 * float(w) for w in _W)


class Plane(NamedTuple):
    """Padded cost as the evaluator reads it."""

    cost: NDArray[Any]  # flat, one row after the other; inf = excluded
    width: int  # padded columns
    aspect: NDArray[np.float64]  # column spacing / row spacing, per padded row


@part
def free_quadrants(c00: float, c01: float, c10: float, c11: float) -> int:
    """Bits 1, 2, 4, 8 of the free corners (0,0), (0,1), (1,0), (1,1) of a patch."""
    n = 1 if c00 < np.inf else 0
    n += 2 if c01 < np.inf else 0
    n += 4 if c10 < np.inf else 0
    n += 8 if c11 < np.inf else 0
    return n


@part
def quadrants_at(f: float, g: float) -> int:
    """Bits of the quadrants that hold the local point (f, g), all that it touches."""
    low = f <= 0.5 + TOUCH
    high = f >= 0.5 - TOUCH
    left = g <= 0.5 + TOUCH
    right = g >= 0.5 - TOUCH
    n = 1 if low and left else 0
    n += 2 if low and right else 0
    n += 4 if high and left else 0
    n += 8 if high and right else 0
    return n


@part
def masked_cost(corners: tuple[float, float, float, float], f: float, g: float) -> float:
    """Cost at a local point of a patch with excluded corners; inf without free weight."""
    s = 0.0
    w = 0.0
    for k in range(4):
        c = corners[k]
        if c < np.inf:
            a = (f if k >= 2 else 1.0 - f) * (g if k % 2 == 1 else 1.0 - g)
            s += a * c
            w += a
    return s / w if w > 1e-12 else np.inf


@part
def speed_at(aspects: tuple[float, float], f: float, df: float, dg: float) -> float:
    """Length of the step (df, dg) at local row f, in row spacings."""
    a = (aspects[0] + (aspects[1] - aspects[0]) * f) * dg
    return math.sqrt(df * df + a * a)


@part
def masked_piece(
    corners: tuple[float, float, float, float],
    local: tuple[float, float, float, float],
    aspects: tuple[float, float],
) -> float:
    """Price of a piece (from f, g by df, dg) of a patch with excluded corners; inf if blocked."""
    f0, g0, df, dg = local
    free = free_quadrants(corners[0], corners[1], corners[2], corners[3])
    ta = (0.5 - f0) / df if df != 0.0 else 1.0
    tb = (0.5 - g0) / dg if dg != 0.0 else 1.0
    ta = ta if 0.0 < ta < 1.0 else 1.0
    tb = tb if 0.0 < tb < 1.0 else 1.0
    if ta > tb:
        ta, tb = tb, ta
    total = 0.0
    seen = 0
    lo = 0.0
    for k in range(3):
        hi = ta if k == 0 else (tb if k == 1 else 1.0)
        if hi <= lo and k > 0:
            continue
        mid = 0.5 * (lo + hi)
        here = quadrants_at(f0 + df * mid, g0 + dg * mid)
        if here & free == 0:
            return np.inf
        if here != 15:
            seen |= here & free
        for m in range(8):
            t = lo + (hi - lo) * G8[m]
            f = f0 + df * t
            total += W8[m] * (hi - lo) * masked_cost(corners, f, g0 + dg * t) * speed_at(aspects, f, df, dg)
        lo = hi
    if (free == 6 or free == 9) and seen == free:
        return np.inf
    return total


@part
def free_piece(
    corners: tuple[float, float, float, float],
    local: tuple[float, float, float, float],
    aspects: tuple[float, float],
) -> float:
    """Price of a piece (from f, g by df, dg) of a patch of four free corners."""
    f0, g0, df, dg = local
    a = corners[0]
    b = corners[2] - a
    c = corners[1] - a
    d = corners[3] - corners[2] - c
    p0 = a + b * f0 + c * g0 + d * f0 * g0
    p1 = b * df + c * dg + d * (f0 * dg + g0 * df)
    p2 = d * df * dg
    if aspects[0] == aspects[1]:
        return (p0 + 0.5 * p1 + p2 / 3.0) * speed_at(aspects, 0.0, df, dg)
    total = 0.0
    for m in range(3):
        t = G3[m]
        total += W3[m] * (p0 + t * (p1 + t * p2)) * speed_at(aspects, f0 + df * t, df, dg)
    return total


@part
def across(plane: Plane, r: float, dr: float, dq: float) -> tuple[float, float]:
    """Direction at right angles to a step by the spacings at row r: the shorter of 1 cell and 1 row spacing, or 0."""
    a = plane.aspect[int(np.rint(r))]
    nr = -a * dq
    nq = dr / a
    size = max(math.hypot(nr, nq), math.hypot(nr, a * nq))
    return (nr / size, nq / size) if size > 1e-9 else (0.0, 0.0)


@part
def first_patch(x: float, dx: float) -> int:
    """Patch in which a segment that leaves x in direction dx begins."""
    i = math.floor(x)
    return i - 1 if dx < 0.0 and x == i else i


@part
def crossing(x: float, dx: float, i: int) -> float:
    """Parameter at which a segment from x leaves patch i; 2 if it never does."""
    if dx > 0.0:
        return (i + 1 - x) / dx
    return (i - x) / dx if dx < 0.0 else 2.0


@part
def patch_corners(plane: Plane, i: int, j: int) -> tuple[float, float, float, float]:
    """Cost at the corners of the patch that begins at (i, j), in double precision."""
    v = i * plane.width + j
    w = v + plane.width
    return (
        np.float64(plane.cost[v]),
        np.float64(plane.cost[v + 1]),
        np.float64(plane.cost[w]),
        np.float64(plane.cost[w + 1]),
    )


def patch_price(plane: Plane, at: tuple[int, int], local: tuple[float, float, float, float], strict: bool) -> float:
    """Price of a piece (from f, g by df, dg) of a patch (row, col); every type of plane registers its own."""
    raise NotImplementedError


def toll_price(plane: Plane, ends: tuple[float, float, float, float], strict: bool) -> float:
    """What a segment costs apart from its length; every type of plane registers its own."""
    raise NotImplementedError


def register(hook: Callable[..., Any], kind: type, implementation: Callable[..., Any]) -> None:
    """Let kernels that call `hook` run an implementation where their `plane` is of a given type."""
    signature = inspect.signature(implementation)
    place = list(signature.parameters).index("plane")

    def choose(*arguments: Any) -> Callable[..., Any] | None:  # noqa: ANN401 (types of numba)
        return implementation if arguments[place].instance_class is kind else None

    choose.__signature__ = signature  # type: ignore[attr-defined]
    overload(hook, jit_options=cast("Any", OPTIONS | INNER))(choose)


def isotropic_piece(
    plane: Plane,
    at: tuple[int, int],
    local: tuple[float, float, float, float],
    strict: bool,  # noqa: ARG001
) -> float:
    """Price of a piece of a patch whose cost is the same in all directions."""
    row, col = at
    corners = patch_corners(plane, row, col)
    aspects = (plane.aspect[row], plane.aspect[row + 1])
    if corners[0] + corners[1] + corners[2] + corners[3] < np.inf:
        return free_piece(corners, local, aspects)
    return masked_piece(corners, local, aspects)


def no_toll(plane: Plane, ends: tuple[float, float, float, float], strict: bool) -> float:  # noqa: ARG001
    """Nothing."""
    return 0.0


register(patch_price, Plane, isotropic_piece)
register(toll_price, Plane, no_toll)


@part
def integrate(plane: Plane, ends: tuple[float, float, float, float], strict: bool) -> float:
    """Walk a segment patch by patch and add up its price."""
    r0, q0, r1, q1 = ends
    dr = r1 - r0
    dq = q1 - q0
    i = first_patch(r0, dr)
    j = first_patch(q0, dq)
    t = 0.0
    total = toll_price(plane, ends, strict)
    while True:
        ti = crossing(r0, dr, i)
        tj = crossing(q0, dq, j)
        end = max(t, min(1.0, min(ti, tj)))
        local = (r0 + dr * t - i, q0 + dq * t - j, dr * (end - t), dq * (end - t))
        total += patch_price(plane, (i, j), local, strict)
        if not total < np.inf:
            return np.inf
        if end >= 1.0:
            return total
        if ti <= end:
            i += 1 if dr > 0.0 else -1
        if tj <= end:
            j += 1 if dq > 0.0 else -1
        t = end


@part
def segment_price(plane: Plane, r0: float, q0: float, r1: float, q1: float) -> float:
    """Price of a straight segment in row spacings; inf where it is blocked."""
    return integrate(plane, (r0, q0, r1, q1), True)


@part
def free_at(plane: Plane, i: int, j: int) -> int:
    """Bits of the free corners of the patch that begins at (i, j)."""
    a, b, c, d = patch_corners(plane, i, j)
    return free_quadrants(a, b, c, d)


@part
def passes_pinch(plane: Plane, points: NDArray[np.float64], before: int, at: int, after: int) -> bool:
    """Whether the polyline passes a pinch exactly at the vertex `at`."""
    r = points[at, 0]
    q = points[at, 1]
    i = math.floor(r)
    j = math.floor(q)
    if abs(r - i - 0.5) > TOUCH or abs(q - j - 0.5) > TOUCH:
        return False
    free = free_at(plane, i, j)
    if free != 6 and free != 9:
        return False
    sign = 1.0 if free == 9 else -1.0
    come = points[before, 0] - r + sign * (points[before, 1] - q)
    go = points[after, 0] - r + sign * (points[after, 1] - q)
    return bool(come * go < 0.0)


@kernel
def polyline_price(plane: Plane, points: NDArray[np.float64]) -> float:
    """Price of a polyline in row spacings; inf where it is blocked."""
    return line_price(plane, points, len(points))


@part
def line_price(plane: Plane, points: NDArray[np.float64], count: int) -> float:
    """Price of the polyline of the first `count` points; inf where it is blocked."""
    total = 0.0
    before = -1
    for k in range(count - 1):
        if points[k, 0] == points[k + 1, 0] and points[k, 1] == points[k + 1, 1]:
            continue
        if before >= 0 and passes_pinch(plane, points, before, k, k + 1):
            return np.inf
        total += segment_price(plane, points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1])
        before = k
    if before < 0:
        return segment_price(plane, points[0, 0], points[0, 1], points[0, 0], points[0, 1])
    return total


@kernel
def segment_prices(plane: Plane, segments: NDArray[np.float64], prices: NDArray[np.float64]) -> None:
    """Prices of many straight segments, padded coordinates, into `prices`."""
    for k in range(len(segments)):
        if math.isnan(segments[k, 0, 0]):
            prices[k] = np.inf
        else:
            prices[k] = segment_price(plane, segments[k, 0, 0], segments[k, 0, 1], segments[k, 1, 0], segments[k, 1, 1])
