"""Padded rasters: judging, filling and reading them, and flooding free cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel
from routing.geodesic.line import PAD

__all__ = ["extract", "fill_plane", "flood", "load_cells", "reset_cells", "survey"]


@kernel
def survey(cost: NDArray[Any], result: NDArray[np.float64]) -> int:
    """Judge a raster; returns the index of the first bad cell (NaN, zero, negative) or -1.

    `result` is (smallest, largest finite cost, share of free neighbours that differ more than twofold).
    """
    rows, cols = cost.shape
    lo = np.inf
    hi = 0.0
    steep = 0
    pairs = 0
    for r in range(rows):
        bad = 0
        for q in range(cols):
            x = float(cost[r, q])
            free = x < np.inf
            bad += 0 if x > 0.0 else 1
            lo = min(lo, x if free else np.inf)
            hi = max(hi, x if free else 0.0)
        if bad > 0:
            for q in range(cols):
                if not cost[r, q] > 0.0:
                    return int(r * cols + q)
        for q in range(cols - 1):
            a, b = cost[r, q], cost[r, q + 1]
            pairs += 1 if max(a, b) < np.inf else 0
            steep += 1 if (max(a, b) < np.inf) & (max(a, b) > min(a, b) + min(a, b)) else 0
        for q in range(cols if r > 0 else 0):
            a, b = cost[r - 1, q], cost[r, q]
            pairs += 1 if max(a, b) < np.inf else 0
            steep += 1 if (max(a, b) < np.inf) & (max(a, b) > min(a, b) + min(a, b)) else 0
    result[0] = lo
    result[1] = hi
    result[2] = steep / max(1, pairs)
    return -1


@kernel
def fill_plane(cost: NDArray[Any], factor: NDArray[np.float64], plane: NDArray[Any]) -> None:
    """Cost times a factor per row, into a flat padded array; excluded all round."""
    rows, cols = cost.shape
    width = cols + 2 * PAD
    for r in range(rows + 2 * PAD):
        o = r * width
        inside = PAD <= r < rows + PAD
        if not inside:
            for q in range(width):
                plane[o + q] = np.inf
            continue
        for q in range(PAD):
            plane[o + q] = np.inf
            plane[o + width - 1 - q] = np.inf
        x = factor[r - PAD]
        for q in range(cols):
            plane[o + PAD + q] = cost[r - PAD, q] * x


@kernel
def load_cells(plane: NDArray[Any], scale: float, far: float, cells: NDArray[Any]) -> None:
    """Interleave price (not reached) and scaled cost."""
    for v in range(plane.size):
        cells[2 * v] = far
        cells[2 * v + 1] = plane[v] * scale


@kernel
def reset_cells(far: float, cells: NDArray[Any]) -> None:
    """Forget all prices."""
    for v in range(cells.size // 2):
        cells[2 * v] = far


@kernel
def extract(cells: NDArray[Any], scale: float, below: float, distance: NDArray[np.float64]) -> None:
    """Prices below a limit, scaled, without the padding; inf elsewhere."""
    rows, cols = distance.shape
    width = cols + 2 * PAD
    for r in range(rows):
        o = 2 * ((r + PAD) * width + PAD)
        for q in range(cols):
            x = cells[o + 2 * q]
            distance[r, q] = x * scale if x < below else np.inf


@kernel
def flood(free: NDArray[np.bool_], width: int, cell: int, stack: NDArray[np.int64], mask: NDArray[np.bool_]) -> int:
    """Mark the free cells 4-connected to a cell of a flat raster with an excluded border; returns their number."""
    stack[0] = cell
    mask[cell] = True
    top = 1
    n = 1
    while top > 0:
        top -= 1
        v = stack[top]
        for step in (1, -1, width, -width):
            w = v + step
            if free[w] and not mask[w]:
                mask[w] = True
                stack[top] = w
                top += 1
                n += 1
    return n
