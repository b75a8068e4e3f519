"""Exact stretch of a piecewise quadratic potential on the elements of a lattice.

A *lattice* cuts every patch between four cell centres into ``fine`` x ``fine``
rectangular *elements*; its nodes carry the potential, its sides one number each, the
*bulge*: along a side from v to w the potential is ``u_v + (u_w - u_v) s + b s (1 - s)``.
An element is split by either diagonal into two right triangles, on each of which
that defines one quadratic. Its *stretch* is a number not below ``|grad u| / c``
anywhere in it; ``docs/certificate.md`` has the proofs.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.line import free_quadrants

__all__ = ["Lattice", "Potential", "element_costs", "is_free", "sag", "stretch", "stretches"]

# Rounding. A corner cost is at most twelve operations, a stretch at most thirty, each wrong by 2**-53 of its result or,
# where differences cancel, of the largest side of the same triangle, which that triangle's own stretch contains.
LOWER = 1.0 - 1e-12
UPPER = 1.0 + 1e-12
GOOD = 0.98  # stretch (squared: 0.96) below which no better diagonal is sought


class Lattice(NamedTuple):
    """Part of the refinement of a padded cost raster."""

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
    """Whether an element may hold free ground: its cell is free or, if it is a whole patch, all corners have a cost."""
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
    low = min(min(a, b), min(c, d))  # noqa: PLW3301
    return (
        min(a, 1e300) if a < np.inf else low,
        b if b < np.inf else low,
        c if c < np.inf else low,
        d if d < np.inf else low,
    )


@inline_kernel
def element_costs(lattice: Lattice, i: int, j: int) -> tuple[float, float, float, float]:
    """Cost at the corners of an element, seen from inside, times its side; never above the true one."""
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
    w0 = a + (b - a) * g0
    w1 = a + (b - a) * g1
    e0 = c + (d - c) * g0
    e1 = c + (d - c) * g1
    return (
        (w0 + (e0 - w0) * f0) * scale,
        (w1 + (e1 - w1) * f0) * scale,
        (w0 + (e0 - w0) * f1) * scale,
        (w1 + (e1 - w1) * f1) * scale,
    )


@inline_kernel
def narrowest(lattice: Lattice, i: int) -> float:
    """Reciprocal of the least column spacing over row spacing in a row of elements."""
    r = (lattice.top + i) // lattice.fine
    return UPPER / min(lattice.aspect[r], lattice.aspect[r + 1])


@inline_kernel
def triangle(d1: float, d2: float, b1: float, b2: float, b3: float, t: float, i0: float, i1: float, i2: float) -> float:
    """Largest (|grad u| / c)**2 at the vertices of a right triangle.

    d1, b1 are rise and bulge along the leg in columns, d2, b2 in rows, b3 is the
    bulge of the hypotenuse; t turns columns into row spacings; i0 (right angle),
    i1, i2 are 1 / c**2.
    """
    x0 = (d1 + b1) * t
    y0 = d2 + b2
    x1 = (d1 - b1) * t
    y1 = d2 + (b3 - b1)
    x2 = (d1 + (b3 - b2)) * t
    y2 = d2 - b2
    return max((x0 * x0 + y0 * y0) * i0, max((x1 * x1 + y1 * y1) * i1, (x2 * x2 + y2 * y2) * i2))  # noqa: PLW3301


@inline_kernel
def inverse_square(c: float) -> float:
    """1 / c**2; huge if c is not positive."""
    return 1.0 / (c * c) if c > 1e-150 else 1e300


@kernel
def pair(
    values: tuple[float, float, float, float],
    bulges: tuple[float, float, float, float],
    costs: tuple[float, float, float, float],
    slack: float,
    t: float,
    anti: bool,  # noqa: FBT001
) -> float:
    """Squared stretch of the two triangles on either side of one diagonal, its bulge chosen as best may be."""
    u00, u01, u10, u11 = values
    n, s, w, e = bulges
    q00 = inverse_square(costs[0] - slack)
    q01 = inverse_square(costs[1] - slack)
    q10 = inverse_square(costs[2] - slack)
    q11 = inverse_square(costs[3] - slack)
    twist = u00 - u01 - u10 + u11
    best = np.inf
    for z in range(3):
        half = 0.5 * (n + s + w + e)
        if anti:  # diagonal 01-10, right angles at 00 and 11
            b = 0.0 if z == 2 else twist + (half if z == 0 else 0.0)
            one = triangle(u01 - u00, u10 - u00, n, w, b, t, q00, q01, q10)
            two = triangle(u10 - u11, u01 - u11, s, e, b, t, q11, q10, q01)
        else:  # diagonal 00-11, right angles at 01 and 10
            b = 0.0 if z == 2 else -twist + (half if z == 0 else 0.0)
            one = triangle(u00 - u01, u11 - u01, n, e, b, t, q01, q00, q11)
            two = triangle(u11 - u10, u00 - u10, s, w, b, t, q10, q11, q00)
        best = min(best, max(one, two))
        if best < GOOD * GOOD:
            break
    return best


@kernel
def stretch(lattice: Lattice, potential: Potential, i: int, j: int) -> float:
    """Number not below |grad u| / c anywhere in element (i, j)."""
    u = potential.u
    values = (u[i, j], u[i, j + 1], u[i + 1, j], u[i + 1, j + 1])
    bulges = (
        float(potential.east[i, j]),
        float(potential.east[i + 1, j]),
        float(potential.south[i, j]),
        float(potential.south[i, j + 1]),
    )
    costs = element_costs(lattice, i, j)
    t = narrowest(lattice, i)
    twist = costs[0] - costs[1] - costs[2] + costs[3]
    # c = affine + twist' x y with 0 <= x y <= 1/4 on the triangle, twist' = twist where the right angle is at 00 or 11
    # and -twist elsewhere; the last term covers the rounding of the affine part.
    noise = 1e-14 * (costs[0] + costs[1] + costs[2] + costs[3])
    slack = noise + (-0.25 * twist if twist < 0.0 else 0.0)
    other = noise + (0.25 * twist if twist > 0.0 else 0.0)
    anti = twist >= 0.0  # the diagonal without slack first
    best = pair(values, bulges, costs, slack if anti else other, t, anti)
    if not best < GOOD * GOOD:
        best = min(best, pair(values, bulges, costs, other if anti else slack, t, not anti))
    return math.sqrt(best) * UPPER if best < 1e300 else np.inf


@inline_kernel
def sag(potential: Potential, i: int, j: int) -> float:
    """How far the potential may leave the range of its nodal values in element (i, j)."""
    u = potential.u
    b = abs(potential.east[i, j]) + abs(potential.east[i + 1, j])
    b += abs(potential.south[i, j]) + abs(potential.south[i, j + 1])
    # Sum of three bulges times products of barycentric coordinates; those of any two sum to at most 1/3.
    return (abs(u[i, j] - u[i, j + 1] - u[i + 1, j] + u[i + 1, j + 1]) + b) * (1.0 / 3.0 + 1e-9)


@kernel
def stretches(lattice: Lattice, potential: Potential, tube: NDArray[np.uint8], found: NDArray[np.float32]) -> None:
    """Stretch of every element of the tube, rounded up; 0 elsewhere."""
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            found[i, j] = 0.0
            if tube[i, j] == 2:
                found[i, j] = stretch(lattice, potential, i, j) * (1.0 + 1e-6)
