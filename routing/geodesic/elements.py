"""Exact stretch of a piecewise quadratic potential on the elements of a lattice.

A *lattice* cuts every patch between four cell centres into ``fine`` x ``fine``
rectangular *elements*. Its nodes carry the potential, its sides one number each, the
*bulge*: along a side from v to w the potential is ``u_v + (u_w - u_v) s + b s (1 - s)``.
Either diagonal splits an element into two right triangles, on each of which that
defines one quadratic. The *stretch* of an element is a number that ``|grad u| / c``
exceeds nowhere in it; ``docs/certificate.md`` has the proofs.
"""

# ruff: noqa: FBT001, PLR0913, PLR0917, PLW3301 (compiled code has no keywords, objects or variadic minimum)

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.line import free_quadrants

__all__ = ["LIVE", "MARGIN", "Lattice", "Potential", "element_costs", "is_free", "sag", "stretch"]

MARGIN, LIVE = 1, 2  # marks of elements: only solved, also tested; 0 = neither

# Rounding: a corner cost is the result of at most twelve operations on positive numbers, each wrong by 2**-53 of its
# result, which 1e-12 covers 700 times. A gradient is at most four operations, whose errors are below 6 * 2**-53 of the
# largest gradient component of the same triangle, times the ratio of the spacings if two bulges cancel: NOISE per unit
# of that ratio covers this 10 times.
LOWER = 1.0 - 1e-12
NOISE = 1e-14
LEAST = 1e-3  # no stretch is reported lower, so that the squares of tiny numbers need not be exact
GOOD = 0.98  # stretch below which no better diagonal is sought


class Lattice(NamedTuple):
    """Part of a refinement of a padded cost raster."""

    plane: NDArray[Any]  # flat padded cost; inf = excluded
    width: int  # padded columns
    aspect: NDArray[np.float64]  # column spacing / row spacing, per padded row
    fine: int  # elements per side of a patch
    top: int  # node (0, 0) is at padded (top / fine, left / fine)
    left: int
    step: float  # side of an element along a column, in row spacings of the original raster


class Potential(NamedTuple):
    """Values at the nodes, bulges of the sides that leave them eastward and southward."""

    u: NDArray[np.float64]
    east: NDArray[np.float32]
    south: NDArray[np.float32]


@inline_kernel
def is_free(lattice: Lattice, i: int, j: int) -> bool:
    """Whether an element may hold free ground: its cell is free or, if it is a whole patch, every corner has a cost."""
    k = lattice.fine
    r = (lattice.top + i) // k
    q = (lattice.left + j) // k
    v = r * lattice.width + q
    if k > 1:
        v += lattice.width if 2 * (lattice.top + i - r * k) >= k else 0
        v += 1 if 2 * (lattice.left + j - q * k) >= k else 0
        return bool(lattice.plane[v] < np.inf)
    w = v + lattice.width
    return bool(lattice.plane[v] + lattice.plane[v + 1] + lattice.plane[w] + lattice.plane[w + 1] < np.inf)


@inline_kernel
def filled_patch(lattice: Lattice, r: int, q: int) -> tuple[float, float, float, float]:
    """Corners of a patch, the excluded ones replaced so that the bilinear cost is nowhere above the true one."""
    v = r * lattice.width + q
    a = float(lattice.plane[v])
    b = float(lattice.plane[v + 1])
    c = float(lattice.plane[v + lattice.width])
    d = float(lattice.plane[v + lattice.width + 1])
    if a + b + c + d < np.inf:
        return a, b, c, d
    free = free_quadrants(a, b, c, d)
    if free == 3:
        return a, b, a, b
    if free == 12:
        return c, d, c, d
    if free == 5:
        return a, a, c, c
    if free == 10:
        return b, b, d, d
    low = min(min(a, b), min(c, d))
    a = a if a < np.inf else low
    b = b if b < np.inf else low
    c = c if c < np.inf else low
    return a, b, c, d if d < np.inf else low


@inline_kernel
def element_costs(lattice: Lattice, i: int, j: int) -> tuple[float, float, float, float]:
    """Cost at the corners of an element as seen from inside, times its side; never above the true one."""
    k = lattice.fine
    r = (lattice.top + i) // k
    q = (lattice.left + j) // k
    a, b, c, d = filled_patch(lattice, r, q)
    scale = lattice.step * LOWER
    if k == 1:
        return a * scale, b * scale, c * scale, d * scale
    h = 1.0 / k
    f0 = (lattice.top + i - r * k) * h
    g0 = (lattice.left + j - q * k) * h
    f1 = f0 + h
    g1 = g0 + h
    # Convex combinations: no difference of positive numbers that could cancel.
    w0 = a * (1.0 - g0) + b * g0
    w1 = a * (1.0 - g1) + b * g1
    e0 = c * (1.0 - g0) + d * g0
    e1 = c * (1.0 - g1) + d * g1
    return (
        (w0 * (1.0 - f0) + e0 * f0) * scale,
        (w1 * (1.0 - f0) + e1 * f0) * scale,
        (w0 * (1.0 - f1) + e0 * f1) * scale,
        (w1 * (1.0 - f1) + e1 * f1) * scale,
    )


@inline_kernel
def triangle(d1: float, d2: float, b1: float, b2: float, b3: float, t: float, i0: float, i1: float, i2: float) -> float:
    """Largest (|grad u| / c)**2 at the vertices of a right triangle.

    d1 and b1 are rise and bulge along the leg in a row, d2 and b2 in a column, b3 is
    the bulge of the hypotenuse; t turns columns into row spacings; i0 (right angle),
    i1, i2 are 1 / c**2.
    """
    x0 = (d1 + b1) * t
    y0 = d2 + b2
    x1 = (d1 - b1) * t
    y1 = d2 + (b3 - b1)
    x2 = (d1 + (b3 - b2)) * t
    y2 = d2 - b2
    return max((x0 * x0 + y0 * y0) * i0, max((x1 * x1 + y1 * y1) * i1, (x2 * x2 + y2 * y2) * i2))


@inline_kernel
def inverse_square(c: float) -> float:
    """1 / c**2, not less; huge if c is not positive."""
    c = min(c, 1e150)
    return 1.0 / (c * c) if c > 1e-150 else 1e300


@inline_kernel
def pair(
    values: tuple[float, float, float, float],
    bulges: tuple[float, float, float, float],
    costs: tuple[float, float, float, float],
    slack: float,
    t: float,
    anti: bool,
    enough: float,
) -> float:
    """Squared stretch of the triangles on both sides of one diagonal, for the best of three bulges of that.

    Stops trying at `enough`.
    """
    u00, u01, u10, u11 = values
    n, s, w, e = bulges
    q00 = inverse_square(costs[0] - slack)
    q01 = inverse_square(costs[1] - slack)
    q10 = inverse_square(costs[2] - slack)
    q11 = inverse_square(costs[3] - slack)
    twist = u00 - u01 - u10 + u11
    half = 0.5 * (n + s + w + e)
    best = np.inf
    for z in range(3):  # bulges of the smoothest quadratics, of the bilinear function, none
        b = 0.0 if z == 2 else (twist if anti else -twist) + (half if z == 0 else 0.0)
        if anti:  # diagonal 01-10, right angles at 00 and 11
            one = triangle(u01 - u00, u10 - u00, n, w, b, t, q00, q01, q10)
            two = triangle(u10 - u11, u01 - u11, s, e, b, t, q11, q10, q01)
        else:  # diagonal 00-11, right angles at 01 and 10
            one = triangle(u00 - u01, u11 - u01, n, e, b, t, q01, q00, q11)
            two = triangle(u11 - u10, u00 - u10, s, w, b, t, q10, q11, q00)
        best = min(best, max(one, two))
        if best <= enough:
            break
    return best


@kernel
def stretch(lattice: Lattice, potential: Potential, i: int, j: int, enough: float) -> float:
    """Number that |grad u| / c exceeds nowhere in element (i, j); not sought to be below `enough`."""
    u = potential.u
    values = (u[i, j], u[i, j + 1], u[i + 1, j], u[i + 1, j + 1])
    bulges = (
        float(potential.east[i, j]),
        float(potential.east[i + 1, j]),
        float(potential.south[i, j]),
        float(potential.south[i, j + 1]),
    )
    costs = element_costs(lattice, i, j)
    r = (lattice.top + i) // lattice.fine
    t = 1.0 / min(lattice.aspect[r], lattice.aspect[r + 1])
    upper = 1.0 + NOISE * (10.0 + t + 1.0 / t)
    twist = costs[0] - costs[1] - costs[2] + costs[3]
    # On a triangle c = affine + twist' x y with 0 <= x y <= 1/4; twist' = twist if its right angle is at 00 or 11, else
    # -twist. NOISE covers the rounding of twist.
    noise = NOISE * (costs[0] + costs[1] + costs[2] + costs[3])
    slack = noise + max(0.0, -0.25 * twist)
    other = noise + max(0.0, 0.25 * twist)
    limit = max(enough, LEAST) / upper
    limit *= limit
    anti = twist >= 0.0  # first the diagonal without slack
    best = pair(values, bulges, costs, slack if anti else other, t, anti, limit)
    if not best <= limit:
        best = min(best, pair(values, bulges, costs, other if anti else slack, t, not anti, limit))
    return max(LEAST, math.sqrt(best) * upper) if best < 1e290 else math.inf


@inline_kernel
def sag(potential: Potential, i: int, j: int) -> float:
    """How far the potential may leave the range of its nodal values in element (i, j)."""
    u = potential.u
    b = abs(potential.east[i, j]) + abs(potential.east[i + 1, j])
    b += abs(potential.south[i, j]) + abs(potential.south[i, j + 1])
    # No bulge exceeds this sum, and the three products of barycentric coordinates add up to at most 1/3.
    twist = abs(u[i, j] - u[i, j + 1] - u[i + 1, j] + u[i + 1, j + 1])
    return float((twist + b) * (1.0 / 3.0 + 1e-9))
