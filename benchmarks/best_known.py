"""The best price known of a route: the least over runs that are stronger than the default.

An exact optimum of a large raster is not known. The best known one is the least price, by
the one evaluator on the raster itself, of

1. the default route, and the one found from the other end;
2. the route on the same cost with cells of a third of the side (up to 5 million cells);
3. routes on such cells within 8 cells of each of these and of each peer's route, which
   gives the valley of every peer the same polish.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from terrain import Cell, refined

from routing.geodesic import CostGrid, least_cost_path

__all__ = ["best_known"]

PARTS = 3
REFINED_CELLS = 5_000_000
REACH = 8

Line = NDArray[np.float64]
Cost = NDArray[np.floating]


def best_known(cost: Cost, start: Cell, end: Cell, found: list[Line]) -> float:
    """Least price between two cells over the strong runs; `found` are routes that are known already."""
    grid = CostGrid(cost)
    lines = [*found, least_cost_path(cost, start, end).points, grid.field(end).path_to(start).points[::-1]]
    if cost.size <= REFINED_CELLS:
        lines.append(_on_parts(cost, start, end))
    lines += [_near(cost, line) for line in lines]
    return min(grid.price(line) for line in lines)


def _on_parts(cost: Cost, start: Cell, end: Cell) -> Line:
    """Route on cells of a third of the side, in the coordinates of the raster."""
    ends = ((np.array([start, end], float) + 0.5) * PARTS) - 0.5
    return (least_cost_path(refined(cost, PARTS), *ends).points + 0.5) / PARTS - 0.5


def _near(cost: Cost, line: Line) -> Line:
    """Best route on parts of cells within a few cells of another, between the same ends."""
    marked = np.zeros(cost.shape, bool)
    pieces = np.ceil(np.hypot(*np.diff(line, axis=0).T)).astype(int) + 1
    at = np.concatenate([np.linspace(a, b, n) for a, b, n in zip(line[:-1], line[1:], pieces, strict=True)])
    marked[tuple(np.rint(at).astype(int).T)] = True
    rows, cols = (
        slice(max(0, int(x.min()) - REACH - 1), int(x.max()) + REACH + 3) for x in at.T
    )  # one cell more than is marked
    window = np.where(_widened(marked[rows, cols]), cost[rows, cols], np.inf)
    offset = np.array([rows.start, cols.start], float)
    return _on_parts(window, *(line[[0, -1]] - offset)) + offset


def _widened(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells within REACH rows and columns of a marked one."""
    for axis in range(2):
        wide = np.moveaxis(marked.copy(), axis, 0)
        narrow = np.moveaxis(marked, axis, 0)
        for step in range(1, REACH + 1):
            wide[step:] |= narrow[:-step]
            wide[:-step] |= narrow[step:]
        marked = np.moveaxis(wide, 0, axis)
    return marked
