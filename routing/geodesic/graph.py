"""The 8-neighbour graph of cell centres: a second opinion where the cost is too rough for the eikonal equation.

Edges are straight moves between neighbouring centres at their exact price. Where
the cost jumps from cell to cell a field computed from centre values can lead into
the wrong valley; the best path of the graph, relaxed, is then an upper limit.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, inline_kernel, kernel, part
from routing.geodesic.descent import find, hop
from routing.geodesic.front import (
    CHUNK,
    EMPTY,
    FREE,
    GROW,
    KEY,
    LIVE,
    TAKEN,
    TOUCHED,
    Front,
    close_bucket,
    free_chunk,
    push,
    select_due,
    start,
    unlink,
)
from routing.geodesic.line import Plane, register, segment_price

__all__ = ["backtrack", "expand", "most_moves", "solve_graph"]

MOVES = 8


@part
def edge(plane: Plane, v: Integer, row_step: int, col_step: int) -> float:
    """Price of the move from cell v to a neighbour, in row spacings; inf if it is blocked."""
    cost, width, aspect = plane
    row = v // width
    w = v + row_step * width + col_step
    mean = 0.5 * (float(cost[v]) + float(cost[w]))
    if col_step == 0 or not mean < np.inf:
        return mean
    if row_step == 0:
        return float(mean * aspect[row])
    sides = float(cost[v + col_step]) + float(cost[v + row_step * width])
    if sides < np.inf and aspect[row] == aspect[row + row_step]:
        return (4.0 * mean + sides) / 6.0 * math.sqrt(1.0 + aspect[row] * aspect[row])
    col = v - row * width
    return segment_price(plane, float(row), float(col), float(row + row_step), float(col + col_step))


def expand(
    cells: NDArray[np.float64], plane: Plane, v: Integer, key: Integer, scale: tuple[float, float], front: Front
) -> int:
    """Improve the cells that see a cell and queue them; returns how many. Every type of plane registers its own."""
    raise NotImplementedError


def most_moves(plane: Plane) -> int:
    """Most cells that one cell can improve; every type of plane registers its own."""
    raise NotImplementedError


@inline_kernel
def expand_edges(
    cells: NDArray[np.float64], plane: Plane, v: Integer, key: Integer, scale: tuple[float, float], front: Front
) -> int:
    """Improve the 8 neighbours of a cell along straight moves."""
    pushed = 0
    for move in range(9):
        dr = move // 3 - 1
        dq = move % 3 - 1
        w = v + dr * plane.width + dq
        old = cells[2 * w]
        if move == 4 or not plane.cost[w] < np.inf or old <= cells[2 * v]:
            continue
        # Strictly dearer, however small the edge: a path back never meets a plateau.
        new = max(cells[2 * v] + edge(plane, v, dr, dq) * scale[0], np.nextafter(cells[2 * v], np.inf))
        if new < old:
            cells[2 * w] = new
            front.state[TOUCHED] += 1 if old >= scale[1] else 0
            k = np.int64(new)
            if np.int64(old) != k or k == key:
                push(w, k, key, front)
                pushed += 1
    return pushed


def eight_moves(plane: Plane) -> int:  # noqa: ARG001
    """The 8 neighbours."""
    return MOVES


register(expand, Plane, expand_edges)
register(most_moves, Plane, eight_moves)


@kernel
def solve_graph(
    cells: NDArray[np.float64],
    plane: Plane,
    scale: tuple[float, float],
    seeds: NDArray[np.uint32],
    targets: tuple[NDArray[np.uint32], int],
    front: Front,
    effort: tuple[int, int],
) -> int:
    """Shortest paths on the bucket queue; works and returns as `eikonal.solve`.

    `scale` is (1 / bucket width, price of what is not reached).
    """
    state = front.state
    mask = np.int64(front.tail.size - 1)
    start(cells, seeds, front)
    ends = (state[TAKEN] + effort[0], state[KEY] + effort[1])
    key = state[KEY]
    live = state[LIVE]
    while live > 0:
        bucket = np.uint64(key & mask)
        while front.tail[bucket] != 0:
            if state[FREE] < (most_moves(plane) + 1) * CHUNK:
                state[LIVE] = live
                return GROW
            base, count, _ = unlink(bucket, front)
            due, waiting = select_due(cells, base, count, key, front)
            live += waiting - count
            for i in range(due):
                live += expand(cells, plane, np.int64(front.nodes[front.nodes.size // 2 + i]), key, scale, front)
            free_chunk(base, front)
        key += 1
        state[LIVE] = live
        status = close_bucket(cells, key, targets, np.inf, ends, state)
        if status != EMPTY:
            return status
    return EMPTY


@kernel
def backtrack(
    cells: NDArray[np.float64],
    plane: Plane,
    point: tuple[float, float],
    limits: tuple[float, float],
    seeds: NDArray[np.int64],
    path: NDArray[np.int64],
) -> int:
    """Cells from the best one at a point back to a seed; returns their number, 0 if `path` is too short.

    `limits` is (1 / bucket width, price of what is not reached).
    """
    scale, far = limits
    cell, _ = hop(cells, plane, point, scale, far, np.inf)
    n = 0
    while n < path.size:
        path[n] = cell
        n += 1
        best = np.inf
        parent = -1
        for move in range(9):
            w = cell + (move // 3 - 1) * plane.width + move % 3 - 1
            if move == 4 or not cells[2 * w] < cells[2 * cell]:
                continue
            x = cells[2 * w] + edge(plane, w, 1 - move // 3, 1 - move % 3) * scale
            if x < best:
                best = x
                parent = w
        seed = find(seeds, cell) >= 0
        if seed and not best <= cells[2 * cell] * (1.0 + 1e-12):
            return n  # priced by the straight ray from its source
        cell = parent
    return 0
