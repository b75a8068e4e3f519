"""Prices under a cost that depends on direction: stencils that follow the metric.

A cell takes its price from six neighbours, the arms of an obtuse superbase of its
metric [1]_: the lattice vectors u, v and u + v, both ways, between any two neighbours of
which the angle is acute as the metric sees it. That makes the upwind update causal
and accurate however elongated the metric is. Where an arm would cross an exclusion
the cell takes the ring of its eight neighbours instead; it is right there too, since
a cell is queued again whenever it gets cheaper, and only less accurate.

References
----------
.. [1] J.-M. Mirebeau, "Anisotropic fast-marching on Cartesian grids using lattice basis
   reduction", SIAM Journal on Numerical Analysis 52 (2014) 1573-1599.
"""

# ruff: noqa: PLR0913, PLR0917, PLW3301 (compiled code has neither keywords nor a variadic minimum)

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.geodesic.front import TOUCHED, Front, push
from routing.geodesic.graph import expand, most_moves
from routing.geodesic.line import PAD, register, segment_price
from routing.geodesic.tensor import TensorPlane, tolls_between

__all__ = ["arm", "choose_stencils", "count_viewers", "list_viewers", "mark_tolls", "spread"]

REACH = 24  # cells: longest vector of a basis
ORDER, TOLLED = 3, 4  # bits of the kind of a stencil: ring, arms of first, of second order; a toll line is near
RING, CHOSEN, SECOND = range(3)
ENOUGH = 1.0 - 1e-9  # smallest improvement worth a new visit


@kernel
def spread(plane: TensorPlane, away: NDArray[np.uint8]) -> None:
    """Chessboard distance of every cell from the nearest exclusion, at most 255."""
    size, width = away.size, plane.width
    for v in range(size):
        low = 0
        if plane.cost[v] < np.inf:
            low = min(
                min(int(away[v - 1]), int(away[v - width])), min(int(away[v - width - 1]), int(away[v - width + 1]))
            )
            low = min(254, low) + 1
        away[v] = low
    for v in range(size - 1, -1, -1):
        if plane.cost[v] < np.inf:
            low = min(
                min(int(away[v + 1]), int(away[v + width])), min(int(away[v + width - 1]), int(away[v + width + 1]))
            )
            away[v] = min(int(away[v]), min(254, low) + 1)


@part
def reduced_basis(a: float, b: float, c: float) -> tuple[int, int, int, int]:
    """Two vectors of an obtuse superbase of the metric (a, b, c), or of one on the way to it within the reach."""
    ur, uq, vr, vq = 1, 0, 0, 1
    small = 1e-12 * (a + c)
    while True:
        wr, wq = -ur - vr, -uq - vq
        uv = a * ur * vr + b * (ur * vq + uq * vr) + c * uq * vq
        uw = a * ur * wr + b * (ur * wq + uq * wr) + c * uq * wq
        vw = a * vr * wr + b * (vr * wq + vq * wr) + c * vq * wq
        # Two vectors x, y at an acute angle are replaced by -x, y; the third is then x - y.
        if uv > small:
            nr, nq, mr, mq = -ur, -uq, vr, vq
        elif uw > small:
            nr, nq, mr, mq = -ur, -uq, wr, wq
        elif vw > small:
            nr, nq, mr, mq = -vr, -vq, wr, wq
        else:
            return ur, uq, vr, vq
        tr, tq = nr + mr, nq + mq
        if max(max(abs(nr), abs(nq)), max(max(abs(mr), abs(mq)), max(abs(tr), abs(tq)))) > REACH:
            return ur, uq, vr, vq
        ur, uq, vr, vq = nr, nq, mr, mq


@part
def arm(plane: TensorPlane, v: Integer, k: int) -> tuple[int, int]:
    """Arm k of a cell: u, u + v, v and their opposites, in this order round the cell."""
    s = plane.stencil
    ur, uq, vr, vq = int(s[v, 0]), int(s[v, 1]), int(s[v, 2]), int(s[v, 3])
    sign = -1 if k >= 3 else 1
    m = k % 3
    r = ur if m == 0 else (ur + vr if m == 1 else vr)
    q = uq if m == 0 else (uq + vq if m == 1 else vq)
    return sign * r, sign * q


@part
def arms_are_clear(plane: TensorPlane, v: int) -> bool:
    """Whether no arm of a cell meets an exclusion."""
    rows = plane.cost.size // plane.width
    row, col = v // plane.width, v % plane.width
    for k in range(6):
        dr, dq = arm(plane, v, k)
        r, q = row + dr, col + dq
        if r < PAD or q < PAD or r >= rows - PAD or q >= plane.width - PAD:
            return False
        if not segment_price(plane, float(row), float(col), float(r), float(q)) < np.inf:  # type: ignore[arg-type]
            return False
    return True


@kernel
def choose_stencils(plane: TensorPlane, away: NDArray[np.uint8]) -> None:
    """Basis and kind of every free cell."""
    m = plane.tensor
    for v in range(plane.cost.size):
        plane.kind[v] = RING
        if not plane.cost[v] < np.inf:
            continue
        ur, uq, vr, vq = reduced_basis(m[v, 0], m[v, 1], m[v, 2])
        plane.stencil[v, 0] = ur
        plane.stencil[v, 1] = uq
        plane.stencil[v, 2] = vr
        plane.stencil[v, 3] = vq
        far = max(max(max(abs(ur), abs(uq)), max(abs(vr), abs(vq))), max(abs(ur + vr), abs(uq + vq)))
        if 2 * far < away[v]:
            plane.kind[v] = SECOND
        elif far < away[v] or arms_are_clear(plane, v):
            plane.kind[v] = CHOSEN


@kernel
def mark_tolls(plane: TensorPlane) -> None:
    """Note the cells whose arms may cross a toll line."""
    rows = plane.cost.size // plane.width
    far = 1
    for v in range(plane.cost.size):
        if plane.kind[v] != RING:
            for k in range(3):
                dr, dq = arm(plane, v, k)
                far = max(far, max(abs(dr), abs(dq)))
    for k in range(len(plane.tolls)):
        r0, q0, r1, q1 = plane.tolls[k, 0], plane.tolls[k, 1], plane.tolls[k, 2], plane.tolls[k, 3]
        for i in range(max(0, math.floor(min(r0, r1)) - far), min(rows, math.ceil(max(r0, r1)) + far + 1)):
            for j in range(max(0, math.floor(min(q0, q1)) - far), min(plane.width, math.ceil(max(q0, q1)) + far + 1)):
                plane.kind[i * plane.width + j] |= TOLLED


@kernel
def count_viewers(plane: TensorPlane, starts: NDArray[np.int64]) -> int:
    """Beginnings of the lists of the cells that look at each cell along an arm; returns the most that one can improve.

    The four neighbours across an edge always look, eight of them if they have rings.
    """
    for v in range(plane.cost.size):
        if plane.cost[v] < np.inf and plane.kind[v] & ORDER != RING:
            for k in range(6):
                dr, dq = arm(plane, v, k)
                starts[v + dr * plane.width + dq + 1] += 1
    most = 0
    for v in range(plane.cost.size):
        most = max(most, starts[v + 1])
        starts[v + 1] += starts[v]
    return most + 8


@kernel
def list_viewers(plane: TensorPlane, ends: NDArray[np.int64], viewers: NDArray[np.uint32]) -> None:
    """Fill the lists; `ends` is a copy of their beginnings."""
    for v in range(plane.cost.size):
        if plane.cost[v] < np.inf and plane.kind[v] & ORDER != RING:
            for k in range(6):
                dr, dq = arm(plane, v, k)
                w = v + dr * plane.width + dq
                viewers[ends[w]] = np.uint32(8 * v + k)
                ends[w] += 1


@part
def upwind(
    one: tuple[float, float, float], two: tuple[float, float, float], gram: tuple[float, float, float], det: float
) -> float:
    """Price of a cell from two neighbours (price, extrapolated price, order factor); inf if no ray comes from between.

    With s = factor * (T - extrapolated) the gradient has products s with the two arms, and its dual norm is 1.
    """
    uu, uv, vv = gram
    _, a, x = one
    _, b, y = two
    d = b - a
    p = vv * x * x - 2.0 * uv * x * y + uu * y * y
    half = (uu * y * y - uv * x * y) * d
    disc = half * half - p * (uu * y * y * d * d - det)
    if not disc >= 0.0:
        return np.inf
    t = a + (half + math.sqrt(disc)) / p
    s1 = x * (t - a)
    s2 = y * (t - b)
    if vv * s1 >= uv * s2 and uu * s2 >= uv * s1 and t > max(one[0], two[0]):
        return t
    return np.inf


@part
def look(
    cells: NDArray[np.float64], plane: TensorPlane, v: Integer, step: tuple[int, int], scale: float
) -> tuple[float, float, float]:
    """Price of the neighbour at a step, extrapolated price, order factor; tolls on the way are added."""
    w = v + step[0] * plane.width + step[1]
    t = cells[2 * w]
    if plane.kind[v] & TOLLED:
        row, col = v // plane.width, v % plane.width
        t += scale * tolls_between(plane, (float(row), float(col), float(row + step[0]), float(col + step[1])))
    elif plane.kind[v] & ORDER == SECOND:
        far = cells[2 * (w + step[0] * plane.width + step[1])]
        if far <= t:
            return t, (4.0 * t - far) / 3.0, 1.5
    return t, t, 1.0


@part
def wedge_price(
    cells: NDArray[np.float64],
    plane: TensorPlane,
    v: Integer,
    steps: tuple[int, int, int, int, int, int],
    scale: tuple[float, float],
) -> float:
    """Price of a cell from the neighbour at the first of three steps alone, or with those at the other two.

    Upwind, of second order if that is causal, else of first; along the first step where no ray comes from between.
    A step like the first one stands for none.
    """
    ur, uq = steps[0], steps[1]
    m = plane.tensor
    size = scale[0] * scale[0]
    a, b, c = m[v, 0] * size, m[v, 1] * size, m[v, 2] * size
    uu = ur * ur * a + 2.0 * ur * uq * b + uq * uq * c
    one = look(cells, plane, v, (ur, uq), scale[0])
    best = np.inf
    for k in range(2):
        vr, vq = (steps[2], steps[3]) if k == 0 else (steps[4], steps[5])
        area = ur * vq - uq * vr
        if area == 0 or not cells[2 * (v + vr * plane.width + vq)] < scale[1]:
            continue
        two = look(cells, plane, v, (vr, vq), scale[0])
        gram = (uu, a * ur * vr + b * (ur * vq + uq * vr) + c * uq * vq, vr * vr * a + 2.0 * vr * vq * b + vq * vq * c)
        det = (a * c - b * b) * area * area
        t = upwind(one, two, gram, det)
        if not t < np.inf and (one[2] > 1.0 or two[2] > 1.0):
            t = upwind((one[0], one[0], 1.0), (two[0], two[0], 1.0), gram, det)
        best = min(best, t)
    if not best < np.inf:
        length = math.sqrt(uu)
        best = one[1] + length / one[2]
        if not best > one[0]:
            best = one[0] + length
    return best


@part
def arm_price(cells: NDArray[np.float64], plane: TensorPlane, v: Integer, k: int, scale: tuple[float, float]) -> float:
    """Price of a cell from its arm k and the two arms beside it."""
    ur, uq = arm(plane, v, k)
    ar, aq = arm(plane, v, (k + 1) % 6)
    br, bq = arm(plane, v, (k + 5) % 6)
    return wedge_price(cells, plane, v, (ur, uq, ar, aq, br, bq), scale)


@part
def ring_step(k: int) -> tuple[int, int]:
    """Step k round the eight neighbours; even ones cross an edge."""
    r = 1 if 1 <= k <= 3 else (-1 if k >= 5 else 0)
    q = 1 if (k <= 1 or k == 7) else (-1 if 3 <= k <= 5 else 0)
    return r, q


@part
def is_open(plane: TensorPlane, v: Integer, step: tuple[int, int]) -> bool:
    """Whether a cell sees a neighbour: both are free, and so are both cells beside a diagonal."""
    w = plane.width
    ahead = plane.cost[v + step[0] * w + step[1]]
    return bool(ahead + plane.cost[v + step[0] * w] + plane.cost[v + step[1]] + plane.cost[v] < np.inf)


@part
def ring_price(cells: NDArray[np.float64], plane: TensorPlane, v: Integer, k: int, scale: tuple[float, float]) -> float:
    """Price of a cell from its neighbour k and the two beside that one."""
    u = ring_step(k)
    a = ring_step((k + 1) % 8)
    b = ring_step((k + 7) % 8)
    a = a if is_open(plane, v, a) else u
    b = b if is_open(plane, v, b) else u
    return wedge_price(cells, plane, v, (u[0], u[1], a[0], a[1], b[0], b[1]), scale)


@part
def improve(cells: NDArray[np.float64], v: Integer, new: float, key: Integer, far: float, front: Front) -> int:
    """Store a price if it is lower and queue the cell; returns the number queued."""
    old = cells[2 * v]
    if not new < old * ENOUGH:
        return 0
    cells[2 * v] = new
    front.state[TOUCHED] += 1 if old >= far else 0
    k = np.int64(new)
    if np.int64(old) != k or k == key:
        push(v, k, key, front)
        return 1
    return 0


def expand_arms(
    cells: NDArray[np.float64], plane: TensorPlane, v: Integer, key: Integer, scale: tuple[float, float], front: Front
) -> int:
    """Improve the cells that look at a cell along an arm, and its neighbours."""
    pushed = 0
    for i in range(plane.starts[v], plane.starts[v + 1]):
        w = np.int64(plane.viewers[i] >> np.uint32(3))
        if cells[2 * w] > cells[2 * v]:
            new = arm_price(cells, plane, w, int(plane.viewers[i] & np.uint32(7)), scale)
            pushed += improve(cells, w, new, key, scale[1], front)
    for k in range(8):
        dr, dq = ring_step(k)
        w = np.int64(v + dr * plane.width + dq)
        if not cells[2 * w] > cells[2 * v]:
            continue
        ring = plane.kind[w] & ORDER == RING
        # No free cell may be out of sight of its free neighbours: an unseen one gets a first price across its edge.
        if (ring or (k % 2 == 0 and cells[2 * w] >= scale[1])) and is_open(plane, v, (dr, dq)):
            if ring:
                new = ring_price(cells, plane, w, (k + 4) % 8, scale)
            else:
                new = wedge_price(cells, plane, w, (-dr, -dq, -dr, -dq, -dr, -dq), scale)
            pushed += improve(cells, w, new, key, scale[1], front)
    return pushed


def counted_moves(plane: TensorPlane) -> int:
    """As counted."""
    return plane.most


register(expand, TensorPlane, expand_arms)
register(most_moves, TensorPlane, counted_moves)
