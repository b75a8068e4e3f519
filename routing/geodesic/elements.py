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

from routing.geodesic.compiled import Integer, inline_kernel, part
from routing.geodesic.line import PAD, free_quadrants

__all__ = [
    "GOOD",
    "LIVE",
    "MARGIN",
    "Lattice",
    "Potential",
    "bulge_at",
    "element_costs",
    "element_range",
    "inverse_square",
    "is_free",
    "node_at",
    "potential_in",
    "row_metric",
    "smooth_pair",
    "stretch",
    "stretch_row",
]

MARGIN, LIVE = 1, 2  # marks of elements: only solved, also tested; 0 = neither

# Rounding: a corner cost is the result of at most twelve operations on positive numbers, each wrong by 2**-53 of its
# result, which 1e-12 covers 700 times. A gradient is at most four operations, whose errors are below 6 * 2**-53 of the
# largest gradient component of the same triangle, times the ratio of the spacings if two bulges cancel: NOISE per unit
# of that ratio covers this 10 times.
LOWER = 1.0 - 1e-12
NOISE = 1e-14
LEAST = 1e-3  # no stretch is reported lower, so that the squares of tiny numbers need not be exact
GOOD = 0.98  # stretch below which no better diagonal is sought
# No bulge of a diagonal exceeds |twist| + the sum of the |bulges| of the sides, and the three products of barycentric
# coordinates add up to at most 1/3.
SAG = 1.0 / 3.0 + 1e-9


class Lattice(NamedTuple):
    """Part of a refinement of a padded cost raster."""

    plane: NDArray[Any]  # flat padded cost; inf = excluded
    width: int  # padded columns
    aspect: NDArray[np.float64]  # column spacing / row spacing, per padded row
    shift: int  # a patch has 2**shift elements per side
    top: int  # node (0, 0) is at padded (top, left) / 2**shift
    left: int
    step: float  # side of an element along a column, in row spacings of the original raster


class Potential(NamedTuple):
    """Values at the nodes, bulges of the sides that leave them eastward and southward.

    They lie where the solver worked: node (i, j) has number ``(i + PAD) * stride + j + PAD``,
    its value stands at twice that number in `cells`. Its two bulges, in single precision,
    take the place of its cost, next to the value; `bulges` is the same memory.
    """

    cells: NDArray[np.float64]
    bulges: NDArray[np.float32]
    stride: int


def potential_in(cells: NDArray[np.float64], stride: int) -> Potential:
    """Potential that lies in the array of a solver."""
    return Potential(cells, cells.view(np.float32), stride)


@inline_kernel
def node_at(potential: Potential, i: Integer, j: Integer) -> np.uint64:
    """Twice the number of a node: the place of its value."""
    return np.uint64(2) * np.uint64((i + PAD) * potential.stride + j + PAD)


@inline_kernel
def bulge_at(node: np.uint64) -> np.uint64:
    """Place of the eastward bulge of a node; that of its southward bulge is the next."""
    return np.uint64(2) * node + np.uint64(2)


@inline_kernel
def is_free(lattice: Lattice, i: Integer, j: Integer) -> bool:
    """Whether an element may hold free ground: its cell is free or, if it is a whole patch, every corner has a cost."""
    shift = lattice.shift
    if shift > 0:
        half = 1 << (shift - 1)
        r = (lattice.top + i + half) >> shift
        q = (lattice.left + j + half) >> shift
        return bool(lattice.plane[r * lattice.width + q] < np.inf)
    v = (lattice.top + i) * lattice.width + lattice.left + j
    w = v + lattice.width
    return bool(lattice.plane[v] + lattice.plane[v + 1] + lattice.plane[w] + lattice.plane[w + 1] < np.inf)


@inline_kernel
def filled_patch(lattice: Lattice, r: Integer, q: Integer) -> tuple[float, float, float, float]:
    """Corners of a patch, the excluded ones replaced so that the bilinear cost is nowhere above the true one."""
    v = r * lattice.width + q
    a = np.float64(lattice.plane[v])
    b = np.float64(lattice.plane[v + 1])
    c = np.float64(lattice.plane[v + lattice.width])
    d = np.float64(lattice.plane[v + lattice.width + 1])
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
def element_costs(lattice: Lattice, i: Integer, j: Integer) -> tuple[float, float, float, float]:
    """Cost at the corners of an element as seen from inside, times its side; never above the true one."""
    shift = lattice.shift
    scale = lattice.step * LOWER
    if shift == 0:
        a, b, c, d = filled_patch(lattice, lattice.top + i, lattice.left + j)
        return a * scale, b * scale, c * scale, d * scale
    r = (lattice.top + i) >> shift
    q = (lattice.left + j) >> shift
    a, b, c, d = filled_patch(lattice, r, q)
    h = 1.0 / (1 << shift)
    f0 = (lattice.top + i - (r << shift)) * h
    g0 = (lattice.left + j - (q << shift)) * h
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


@part
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


@part
def stretch(lattice: Lattice, potential: Potential, i: Integer, j: Integer, enough: float) -> float:
    """Number that |grad u| / c exceeds nowhere in element (i, j); not sought to be below `enough`."""
    u, b = potential.cells, potential.bulges
    v = node_at(potential, i, j)
    w = node_at(potential, i + 1, j)
    one, two = np.uint64(1), np.uint64(2)
    values = (u[v], u[v + two], u[w], u[w + two])
    north, west, east = bulge_at(v), bulge_at(v) + one, bulge_at(v + two) + one
    bulges = (np.float64(b[north]), np.float64(b[bulge_at(w)]), np.float64(b[west]), np.float64(b[east]))
    costs = element_costs(lattice, i, j)
    t, upper = row_metric(lattice, i)
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
    return max(LEAST, math.sqrt(best) * upper) if best < 1e290 else np.inf


@inline_kernel
def row_metric(lattice: Lattice, i: Integer) -> tuple[float, float]:
    """What turns columns into row spacings in a row of elements, and the factor for rounding there."""
    r = (lattice.top + i) >> lattice.shift
    t = 1.0 / min(lattice.aspect[r], lattice.aspect[r + 1])
    return t, 1.0 + NOISE * (10.0 + t + 1.0 / t)


@inline_kernel
def element_range(potential: Potential, i: Integer, j: Integer) -> tuple[float, float]:
    """Numbers between which the potential stays in an element."""
    u, b = potential.cells, potential.bulges
    v = node_at(potential, i, j)
    w = node_at(potential, i + 1, j)
    one, two = np.uint64(1), np.uint64(2)
    u00, u01, u10, u11 = u[v], u[v + two], u[w], u[w + two]
    twist = abs(u00 - u01 - u10 + u11)
    across = abs(np.float64(b[bulge_at(v)])) + abs(np.float64(b[bulge_at(w)]))
    along = abs(np.float64(b[bulge_at(v) + one])) + abs(np.float64(b[bulge_at(v + two) + one]))
    sag = (twist + across + along) * SAG
    return min(min(u00, u01), min(u10, u11)) - sag, max(max(u00, u01), max(u10, u11)) + sag


@inline_kernel
def smooth_pair(
    values: tuple[float, float, float, float],
    bulges: tuple[float, float, float, float],
    inverses: tuple[float, float, float, float],
    t: float,
    anti: bool,
) -> float:
    """Squared stretch of the triangles beside one diagonal with the bulge of the smoothest quadratics; no branches.

    `inverses` are 1 / c**2 at the corners.
    """
    u00, u01, u10, u11 = values
    north, south, west, east = bulges
    q00, q01, q10, q11 = inverses
    # The other diagonal is the same one in the mirror.
    a, b = (u00, u01) if anti else (u01, u00)
    c, d = (u10, u11) if anti else (u11, u10)
    qa, qb = (q00, q01) if anti else (q01, q00)
    qc, qd = (q10, q11) if anti else (q11, q10)
    left, right = (west, east) if anti else (east, west)
    diagonal = a - b - c + d + 0.5 * (north + south + left + right)
    one = triangle(b - a, c - a, north, left, diagonal, t, qa, qb, qc)
    return max(one, triangle(c - d, b - d, south, right, diagonal, t, qd, qc, qb))


@part
def load_row(
    lattice: Lattice,
    potential: Potential,
    live: NDArray[np.uint8],
    place: tuple[Integer, Integer, Integer],
    work: NDArray[np.float64],
) -> None:
    """Copy what a row of elements is tested by into contiguous rows; `place` is (row, first, count)."""
    i, first, count = place
    u, b = potential.cells, potential.bulges
    v = node_at(potential, i, first)
    w = node_at(potential, i + 1, first)
    for k in range(count + 1):
        x = np.uint64(2) * np.uint64(k)
        work[0, k] = u[v + x]
        work[1, k] = u[w + x]
        work[2, k] = b[bulge_at(v + x)]
        work[3, k] = b[bulge_at(w + x)]
        work[4, k] = b[bulge_at(v + x) + np.uint64(1)]
    if lattice.shift == 0:  # live elements are whole patches of four costs
        above = np.uint64((lattice.top + i) * lattice.width + lattice.left + first)
        below = above + np.uint64(lattice.width)
        scale = lattice.step * LOWER
        for k in range(count):
            x = np.uint64(k)
            work[5, k] = lattice.plane[above + x] * scale
            work[6, k] = lattice.plane[above + x + np.uint64(1)] * scale
            work[7, k] = lattice.plane[below + x] * scale
            work[8, k] = lattice.plane[below + x + np.uint64(1)] * scale
        return
    for k in range(count):
        if live[first + k] == LIVE:
            work[5, k], work[6, k], work[7, k], work[8, k] = element_costs(lattice, i, first + k)
        else:
            work[5, k] = work[6, k] = work[7, k] = work[8, k] = 1.0


@part
def stretch_row(
    lattice: Lattice,
    potential: Potential,
    live: NDArray[np.uint8],
    place: tuple[Integer, Integer, Integer],
    work: NDArray[np.float64],
) -> None:
    """Stretches, not always the least provable, and ranges of a row of elements, into rows 9, 10 and 11 of `work`.

    The diagonal without slack with the bulge of the smoothest quadratics, without branches, so that it vectorises.
    """
    load_row(lattice, potential, live, place, work)
    t, upper = row_metric(lattice, place[0])
    for k in range(place[2]):
        c00, c01, c10, c11 = work[5, k], work[6, k], work[7, k], work[8, k]
        noise = NOISE * (c00 + c01 + c10 + c11)
        inverses = (
            inverse_square(c00 - noise),
            inverse_square(c01 - noise),
            inverse_square(c10 - noise),
            inverse_square(c11 - noise),
        )
        u00, u01, u10, u11 = work[0, k], work[0, k + 1], work[1, k], work[1, k + 1]
        north, south, west, east = work[2, k], work[3, k], work[4, k], work[4, k + 1]
        anti = c00 - c01 - c10 + c11 >= 0.0
        x = smooth_pair((u00, u01, u10, u11), (north, south, west, east), inverses, t, anti)
        twist = u00 - u01 - u10 + u11
        work[9, k] = max(LEAST, math.sqrt(x) * upper) if x < 1e290 else np.inf
        sag = (abs(twist) + abs(north) + abs(south) + abs(west) + abs(east)) * SAG
        work[10, k] = min(min(u00, u01), min(u10, u11)) - sag
        work[11, k] = max(max(u00, u01), max(u10, u11)) + sag
