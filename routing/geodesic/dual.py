"""Exact stretch of a piecewise quadratic potential under a cost that depends on direction.

The elements, the potential with its bulges and the two ways to cut an element are
those of `elements.py`. The *stretch* of an element is a number that the dual norm of
the gradient, the root of g' inv(M) g, exceeds nowhere in it; ``docs/direction.md`` has the
proof.
"""

# ruff: noqa: FBT001, PLR0913, PLR0917, PLW3301 (compiled code has no keywords, objects or variadic minimum)

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.geodesic.elements import LIVE, Potential, bulge_at, element_range, node_at
from routing.geodesic.potential import levels_met
from routing.geodesic.pruning import Marks

__all__ = ["Mesh", "level_ratios", "node_tensors", "set_curvatures"]

Matrix = tuple[float, float, float]
Inverse = tuple[float, float, float, float]  # an inverse and the factor that covers its rounding

# Rounding, per unit of m_rr m_qq / det, by which inverses amplify errors, and of the ratio of the diagonal, by which
# bulges do: some hundred operations, each wrong by 2**-53 of entries at most ten times what is left of them.
NOISE = 1e-12
LEFT = 0.1  # least share of a diagonal entry that the slack may leave
LEAST = 1e-3  # no stretch is reported lower, so that the squares of tiny numbers need not be exact
HUGE = 1e100


class Mesh(NamedTuple):
    """Patches between cell centres, divided into elements; node (0, 0) is a corner of the first patch."""

    corners: NDArray[
        np.float64
    ]  # (rows, cols, 4, 3): matrices at the corners of each patch, nowhere above the true ones
    fine: int  # elements per side of a patch


@part
def matrix_at(mesh: Mesh, i: Integer, j: Integer, row: int, col: int) -> Matrix:
    """Matrix of a step of one element at corner (row, col) of element (i, j), as seen from inside."""
    k = mesh.fine
    r, q = i // k, j // k
    f = (i - r * k + row) / k
    g = (j - q * k + col) / k
    m = mesh.corners
    scale = 1.0 / (k * k)
    w0, w1, w2, w3 = (1.0 - f) * (1.0 - g) * scale, (1.0 - f) * g * scale, f * (1.0 - g) * scale, f * g * scale
    return (
        w0 * m[r, q, 0, 0] + w1 * m[r, q, 1, 0] + w2 * m[r, q, 2, 0] + w3 * m[r, q, 3, 0],
        w0 * m[r, q, 0, 1] + w1 * m[r, q, 1, 1] + w2 * m[r, q, 2, 1] + w3 * m[r, q, 3, 1],
        w0 * m[r, q, 0, 2] + w1 * m[r, q, 1, 2] + w2 * m[r, q, 2, 2] + w3 * m[r, q, 3, 2],
    )


@kernel
def node_tensors(mesh: Mesh, marks: NDArray[np.uint8], tensor: NDArray[np.float64]) -> None:
    """Matrices at the nodes of the marked elements, seen from one of them; inf elsewhere."""
    for i in range(tensor.shape[0]):
        for j in range(tensor.shape[1]):
            for m in range(3):
                tensor[i, j, m] = np.inf
    for i in range(marks.shape[0]):
        for j in range(marks.shape[1]):
            if marks[i, j] > 0:
                for k in range(4):
                    a, b, c = matrix_at(mesh, i, j, k // 2, k % 2)
                    tensor[i + k // 2, j + k % 2, 0] = a
                    tensor[i + k // 2, j + k % 2, 1] = b
                    tensor[i + k // 2, j + k % 2, 2] = c


@part
def extreme_ratios(t: Matrix, m: Matrix) -> tuple[float, float]:
    """Least and largest number x with det(t - x m) = 0."""
    det = m[0] * m[2] - m[1] * m[1]
    half = 0.5 * (t[0] * m[2] - 2.0 * t[1] * m[1] + t[2] * m[0]) / det
    root = math.sqrt(max(0.0, half * half - (t[0] * t[2] - t[1] * t[1]) / det))
    return half - root, half + root


@part
def inverse(m: Matrix, mean: Matrix, slack: float) -> Inverse:
    """Inverse of m - slack * mean, and a factor that covers its rounding; huge if it is not safely positive."""
    a = m[0] - slack * mean[0]
    b = m[1] - slack * mean[1]
    c = m[2] - slack * mean[2]
    det = a * c - b * b
    if not (a > LEFT * m[0] and c > LEFT * m[2] and det > 1e-11 * a * c):
        return HUGE, 0.0, HUGE, 1.0
    return c / det, -b / det, a / det, 1.0 + NOISE * (a * c / det + max(a / c, c / a))


@part
def dual_square(inv: Inverse, gr: float, gq: float) -> float:
    """G' inv g, not less."""
    return (inv[0] * gr * gr + 2.0 * inv[1] * gr * gq + inv[2] * gq * gq) * inv[3]


@part
def triangle(
    rises: tuple[float, float],
    bulges: tuple[float, float, float],
    signs: tuple[float, float],
    inverses: tuple[Inverse, Inverse, Inverse],
) -> float:
    """Largest squared dual norm at the vertices of a right triangle: right angle, end of leg 1 (in a row), of leg 2.

    `signs` turn the directions of the legs (column, row) into those of the raster.
    """
    d1, d2 = rises
    b1, b2, b3 = bulges
    x, y = signs
    one = dual_square(inverses[0], y * (d2 + b2), x * (d1 + b1))
    two = dual_square(inverses[1], y * (d2 + (b3 - b1)), x * (d1 - b1))
    return max(one, max(two, dual_square(inverses[2], y * (d2 - b2), x * (d1 + (b3 - b2)))))


@part
def halves(
    u: tuple[float, float, float, float],
    sides: tuple[float, float, float, float],
    inverses: tuple[Inverse, Inverse, Inverse, Inverse],
    anti: bool,
) -> float:
    """Squared stretch of the triangles on both sides of one diagonal, for the best of three bulges of that."""
    n, s, w, e = sides
    twist = u[0] - u[1] - u[2] + u[3]
    half = 0.5 * (n + s + w + e)
    best = np.inf
    for z in range(3):  # bulges of the smoothest quadratics, of the bilinear function, none
        b = 0.0 if z == 2 else (twist if anti else -twist) + (half if z == 0 else 0.0)
        if anti:  # diagonal 01-10, right angles at 00 and 11
            one = triangle((u[1] - u[0], u[2] - u[0]), (n, w, b), (1.0, 1.0), (inverses[0], inverses[1], inverses[2]))
            two = triangle((u[2] - u[3], u[1] - u[3]), (s, e, b), (-1.0, -1.0), (inverses[3], inverses[2], inverses[1]))
        else:  # diagonal 00-11, right angles at 01 and 10
            one = triangle((u[0] - u[1], u[3] - u[1]), (n, e, b), (-1.0, 1.0), (inverses[1], inverses[0], inverses[3]))
            two = triangle((u[3] - u[2], u[0] - u[2]), (s, w, b), (1.0, -1.0), (inverses[2], inverses[3], inverses[0]))
        best = min(best, max(one, two))
    return best


@part
def ratio(mesh: Mesh, potential: Potential, i: Integer, j: Integer) -> float:
    """Number that the dual norm of the gradient exceeds nowhere in element (i, j)."""
    cells, bulges = potential.cells, potential.bulges
    v = node_at(potential, i, j)
    w = node_at(potential, i + 1, j)
    one, two = np.uint64(1), np.uint64(2)
    u = (cells[v], cells[v + two], cells[w], cells[w + two])
    sides = (
        np.float64(bulges[bulge_at(v)]),
        np.float64(bulges[bulge_at(w)]),
        np.float64(bulges[bulge_at(v) + one]),
        np.float64(bulges[bulge_at(v + two) + one]),
    )
    a = matrix_at(mesh, i, j, 0, 0)
    b = matrix_at(mesh, i, j, 0, 1)
    c = matrix_at(mesh, i, j, 1, 0)
    d = matrix_at(mesh, i, j, 1, 1)
    mean = (0.25 * (a[0] + b[0] + c[0] + d[0]), 0.25 * (a[1] + b[1] + c[1] + d[1]), 0.25 * (a[2] + b[2] + c[2] + d[2]))
    twist = (a[0] - b[0] - c[0] + d[0], a[1] - b[1] - c[1] + d[1], a[2] - b[2] - c[2] + d[2])
    low, high = extreme_ratios(twist, mean)
    noise = NOISE * mean[0] * mean[2] / (mean[0] * mean[2] - mean[1] * mean[1])
    best = np.inf
    for anti in (True, False):
        # On a triangle M = affine + twist' x y with 0 <= x y <= 1/4; twist' = twist if its right angle is at 00 or 11.
        slack = 0.25 * max(0.0, -low if anti else high) + noise
        inverses = (
            inverse(a, mean, slack),
            inverse(b, mean, slack),
            inverse(c, mean, slack),
            inverse(d, mean, slack),
        )
        if max(max(inverses[0][0], inverses[1][0]), max(inverses[2][0], inverses[3][0])) < HUGE:
            best = min(best, halves(u, sides, inverses, anti))
    return max(LEAST, math.sqrt(best) * (1.0 + NOISE)) if best < 1e60 else math.inf


@kernel
def level_ratios(
    mesh: Mesh,
    potential: Potential,
    marks: Marks,
    rows: tuple[int, int],
    levels: tuple[float, float],
    worst: NDArray[np.float64],
) -> None:
    """Raise `worst` to the largest stretch of the live elements of some rows that meet each level."""
    for i in range(rows[0], rows[1]):
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] != LIVE:
                continue
            first, last = levels_met(levels, element_range(potential, i, j), worst.size)
            x = ratio(mesh, potential, i, j)
            for z in range(first, last + 1):
                if not worst[z] >= x:
                    worst[z] = x


@part
def curvature(a: float, b: float, c: float, d: float) -> float:
    """Bulge of the side between the inner two of four values in line: the flatter of both parabolas, if they agree."""
    first = a - 2.0 * b + c
    second = b - 2.0 * c + d
    if not first * second > 0.0:
        return 0.0
    return -0.5 * (first if abs(first) < abs(second) else second)


@part
def side_curvature(cells: NDArray[np.float64], v: Integer, step: Integer, cap: float) -> float:
    """Bulge of the side from a node to the one at `step`; 0 where a value is not below `cap`."""
    a, b, c, d = float(cells[v - step]), float(cells[v]), float(cells[v + step]), float(cells[v + step + step])
    return curvature(a, b, c, d) if max(max(a, b), max(c, d)) < cap else 0.0


@kernel
def set_curvatures(potential: Potential, shape: tuple[int, int], cap: float) -> None:
    """Choose the bulge of every side from the values around it, below `cap`; any choice is valid.

    `shape` is rows and columns of nodes.
    """
    cells, bulges, stride = potential
    rows, cols = shape
    for i in range(rows):
        for j in range(cols):
            node = node_at(potential, i, j)
            v, side = np.int64(node), bulge_at(node)
            bulges[side] = side_curvature(cells, v, 2, cap) if 0 < j < cols - 2 else 0.0
            bulges[side + np.uint64(1)] = side_curvature(cells, v, 2 * stride, cap) if 0 < i < rows - 2 else 0.0
