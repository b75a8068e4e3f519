"""Potentials on a lattice: nodes, bulges, mixtures and the scale that makes one admissible."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, inline_kernel, kernel, part
from routing.geodesic.elements import (
    GOOD,
    LIVE,
    Lattice,
    Potential,
    bulge_at,
    element_costs,
    node_at,
    stretch,
    stretch_row,
)
from routing.geodesic.line import PAD
from routing.geodesic.pruning import Marks, Scale, nodes_of

__all__ = ["WORK_ROWS", "level_stretches", "levels_met", "load_nodes", "mix", "rescale", "settle"]

KINK = 0.1  # share of the cost by which twice a bulge may differ from that of a ray along its side
MOST_LEVELS = 200_000
WORK_ROWS = 12  # of the workspace of stretch_row
NONE = np.int64(1 << 60)


@kernel
def load_nodes(lattice: Lattice, marks: Marks, stride: int, scale: float, far: float, cells: NDArray[Any]) -> None:
    """Make the nodes of the marked elements ready for the solver: not reached, cost times side times `scale`.

    The cost of a node is the least one seen from any of its elements; around them nothing can be passed.
    """
    rows, cols = marks.kind.shape
    for i in range(-PAD, rows + 1 + PAD):
        first, last = nodes_of(marks.span, i, PAD)
        o = (i + PAD) * stride + PAD
        for j in range(max(first, np.int64(-PAD)), min(last, np.int64(cols + 1 + PAD))):
            cells[2 * (o + j)] = far
            cells[2 * (o + j) + 1] = np.inf
    down = 2 * stride
    for i in range(rows):
        o = 2 * ((i + PAD) * stride + PAD) + 1
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] > 0:
                a, b, c, d = element_costs(lattice, i, j)
                v = o + 2 * j
                cells[v] = min(cells[v], a * scale)
                cells[v + 2] = min(cells[v + 2], b * scale)
                cells[v + down] = min(cells[v + down], c * scale)
                cells[v + down + 2] = min(cells[v + down + 2], d * scale)


@inline_kernel
def rise_at(cells: NDArray[np.float64], v: Integer, step: Integer, far: float) -> float:
    """Difference across a node towards its neighbour at `step`: central, one-sided beside the edge, or 0."""
    after = cells[v + step] < far
    before = cells[v - step] < far
    if after and before:
        return float(0.5 * (cells[v + step] - cells[v - step]))
    if after:
        return float(cells[v + step] - cells[v])
    return float(cells[v] - cells[v - step]) if before else 0.0


@part
def slopes(cells: NDArray[np.float64], v: Integer, down: Integer, aspect: float, far: float) -> tuple[float, float]:
    """Rise of a field per element southward and eastward at a node, of the size that the eikonal equation gives it."""
    if not cells[v] < far:
        return 0.0, 0.0
    south = rise_at(cells, v, down, far)
    east = rise_at(cells, v, 2, far) / aspect
    size = math.sqrt(south * south + east * east)
    c = cells[v + 1]
    if not (size > 0.0 and c < np.inf):
        return 0.0, 0.0
    c /= size
    return south * c, east * c * aspect


@inline_kernel
def bulge(cells: NDArray[np.float64], v: Integer, step: Integer, far: float, fall: float) -> float:
    """Bulge of the side from a node to the one at `step`, along which the slope of the field falls by `fall`."""
    w = v + step
    c, d = cells[v + 1], cells[w + 1]
    if not (cells[v] < far and cells[w] < far and c + d < np.inf):
        return 0.0
    ray = (cells[w] - cells[v]) * (c - d) / (c + d)  # bulge along a ray in this side
    limit = 0.5 * KINK * min(c, d)
    return float(min(max(0.5 * fall, ray - limit), ray + limit))


@part
def take_prices(potential: Potential, marks: Marks, width: float, cap: float) -> None:
    """Turn values in bucket widths into prices of at most `cap`, whatever they are."""
    cells = potential.cells
    for i in range(len(marks.kind) + 1):
        first, last = nodes_of(marks.span, i, 0)
        for j in range(first, last):
            node = node_at(potential, i, j)
            x = cells[node] * width
            cells[node] = x if x < cap else cap  # noqa: FURB136 (also what is not a number)


@kernel
def settle(
    lattice: Lattice,
    marks: Marks,
    potential: Potential,
    scales: tuple[float, float, float],
    work: NDArray[np.float64],
) -> None:
    """Turn a solved field into a potential: bulges of its sides, values in prices.

    `scales` is (bucket width, price of what is not reached, largest price kept); `work` has six rows of nodes.
    Where the field is smooth its gradient at a node has the size of the cost; half the difference of two such slopes
    is the bulge between them.
    """
    width, far, cap = scales
    cells, bulges, stride = potential
    rows = len(marks.kind)
    down = np.int64(2 * stride)
    for i in range(rows + 2):
        first, last = nodes_of(marks.span, i, 0)
        r = min(max((lattice.top + i) >> lattice.shift, 0), lattice.aspect.size - 1)
        here, there = 2 * (i % 2), 2 * ((i + 1) % 2)  # rows of slopes at node rows i and i - 1
        if i <= rows:
            for j in range(first, last):
                v = np.int64(node_at(potential, i, j))
                work[here, j], work[here + 1, j] = slopes(cells, v, down, lattice.aspect[r], far)
        if i == 0:
            continue
        before, end = nodes_of(marks.span, i - 1, 0)
        for j in range(before, end):  # the sides that leave row i - 1
            v = np.int64(node_at(potential, i - 1, j))
            east, south = 0.0, 0.0
            if j + 1 < end:
                east = bulge(cells, v, np.int64(2), far, work[there + 1, j] - work[there + 1, j + 1])
            if first <= j < last:
                south = bulge(cells, v, down, far, work[there, j] - work[here, j])
            work[4, j], work[5, j] = width * east, width * south
        for j in range(before, end):  # the costs of row i - 1 are no longer needed
            side = bulge_at(node_at(potential, i - 1, j))
            bulges[side] = work[4, j]
            bulges[side + np.uint64(1)] = work[5, j]
    take_prices(potential, marks, width, cap)


@kernel
def mix(one: Potential, two: Potential, a: float, b: float, marks: Marks, rows: tuple[int, int]) -> None:
    """Replace u, v by a u + b v, b v - a u at the nodes of some rows.

    The values define a potential, so that rounding them is harmless.
    """
    for i in range(rows[0], rows[1]):
        first, last = nodes_of(marks.span, i, 0)
        v = node_at(one, i, first)
        for k in range(last - first):
            w = v + np.uint64(2) * np.uint64(k)
            x, y = a * one.cells[w], b * two.cells[w]
            one.cells[w] = x + y
            two.cells[w] = y - x
            for side in range(2):
                s = bulge_at(w) + np.uint64(side)
                x, y = a * one.bulges[s], b * two.bulges[s]
                one.bulges[s] = x + y
                two.bulges[s] = y - x


@inline_kernel
def levels_met(levels: tuple[float, float], between: tuple[float, float], count: int) -> tuple[int, int]:
    """First and last level that values between two numbers meet; what lies beyond all levels counts for the last.

    A millionth of a level covers the rounding of the quotients: where it counts they are at most MOST_LEVELS.
    """
    low, width = levels
    top = np.float64(count - 1)
    first = int(min(max((between[0] - low) / width - 1e-6, 0.0), top))
    return first, int(min(max((between[1] - low) / width + 1e-6, 0.0), top))


@kernel
def level_stretches(
    lattice: Lattice,
    potential: Potential,
    marks: Marks,
    rows: tuple[int, int],
    levels: tuple[float, float],
    worst: NDArray[np.float64],
    work: NDArray[np.float64],
) -> None:
    """Raise `worst` to the largest stretch of the live elements of some rows that meet each level.

    `levels` is (low, width). What lies below or above all levels counts for the first or last of them.
    """
    for i in range(rows[0], rows[1]):
        first = marks.span[i, 0]
        count = marks.span[i, 1] - first
        if count <= 0:
            continue
        stretch_row(lattice, potential, marks.kind[i], (np.int64(i), first, count), work)
        for k in range(count):
            x = work[9, k]
            if marks.kind[i, first + k] != LIVE or x <= GOOD:
                continue
            a, z = levels_met(levels, (work[10, k], work[11, k]), worst.size)
            enough = np.inf
            for level in range(a, z + 1):
                enough = min(enough, worst[level])
            if x > enough:
                x = min(x, stretch(lattice, potential, i, first + k, enough))
                for level in range(a, z + 1):
                    worst[level] = max(worst[level], x)


def rescale(
    levels: tuple[float, float, float],
    raise_levels: Callable[[int, tuple[float, float], NDArray[np.float64]], None],
    pool: Executor,
) -> Scale:
    """Scale that makes a potential admissible.

    Parameters
    ----------
    levels
        First and last value that matters, wanted width of a level. Beyond them nothing is claimed.
    raise_levels
        Raises the stretch of each level to that of the live elements that meet it, in one of two halves of the work:
        its number, (first value, width of a level), the stretches.
    pool
        Threads that share it.

    Returns
    -------
    scale
        psi, with |grad psi(u)| <= c on every live element.
    """
    low, high, width = levels
    if not -np.inf < low < high < np.inf:
        return Scale(0.0, 1.0, np.zeros(2))
    width = max(width, (high - low) / (MOST_LEVELS - 2))
    halves = np.full((2, int((high - low) / width) + 1), GOOD)
    list(pool.map(lambda k: raise_levels(k, (low, width), halves[k]), (0, 1)))
    return Scale(low, width, np.append(0.0, np.cumsum(width / halves.max(axis=0))))
