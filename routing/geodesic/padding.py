"""Padded rasters: judging, filling and reading them, and flooding free cells."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.line import PAD, Plane, masked_cost, patch_corners

__all__ = ["divide_plane", "extract", "fill_plane", "flood", "in_halves", "load_cells", "survey"]

WORTH_TWO = 4_000_000  # cells: below, starting threads costs more


@inline_kernel
def differ(a: float, b: float) -> int:
    """1 if two costs are finite and differ more than twofold."""
    high = max(a, b)
    low = min(a, b)
    return 1 if (high < np.inf) & (high > low + low) else 0


@kernel
def survey(cost: NDArray[Any], result: NDArray[np.float64]) -> int:
    """Judge a raster; returns the index of the first bad cell (NaN, zero, negative) or -1.

    `result` is (smallest, largest finite cost, free cells, pairs of neighbours that differ more than twofold,
    convex corners of exclusions).
    """
    rows, cols = cost.shape
    result[0] = np.inf
    result[1:] = 0.0
    for r in range(rows):
        lo = np.inf
        hi = 0.0
        bad = 0
        free = 0
        for q in range(cols):
            x = float(cost[r, q])
            finite = x < np.inf
            bad += 0 if x > 0.0 else 1
            free += 1 if finite else 0
            lo = min(lo, x if finite else np.inf)
            hi = max(hi, x if finite else 0.0)
        if bad > 0:
            for q in range(cols):
                if not cost[r, q] > 0.0:
                    return int(r * cols + q)
        steep = 0
        corners = 0
        above = max(0, r - 1)
        for q in range(cols - 1):
            a, b, c, d = cost[above, q], cost[above, q + 1], cost[r, q], cost[r, q + 1]
            steep += differ(c, d) + differ(a, c)
            n = (1 if a < np.inf else 0) + (1 if b < np.inf else 0) + (1 if c < np.inf else 0)
            corners += 1 if n + (1 if d < np.inf else 0) == 3 else 0
        result[0] = min(result[0], lo)
        result[1] = max(result[1], hi)
        result[2] += free
        result[3] += steep + differ(cost[above, cols - 1], cost[r, cols - 1])
        result[4] += corners
    return -1


def in_halves(work: Callable[[tuple[int, int]], object], size: int, *, weight: int = 1) -> None:
    """Do work on (first, one past the last) of a range, by two threads where that pays; `weight` is cells of each.

    Memory that is touched for the first time costs more than what is done to it.
    """
    if size * weight < WORTH_TWO:
        work((0, size))
        return
    middle = size // 2
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ((0, middle), (middle, size))))


@kernel
def fill_plane(cost: NDArray[Any], factor: NDArray[np.float64], plane: NDArray[Any], span: tuple[int, int]) -> None:
    """Cost times a factor per row, into some rows of a flat padded array; excluded all round."""
    rows, cols = cost.shape
    width = cols + 2 * PAD
    for r in range(span[0], span[1]):
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
def divide_plane(coarse: Plane, parts: int, fine: NDArray[Any], width: int) -> None:
    """Cost at the centres of the parts of each cell, as the evaluator sees it; `fine` is excluded all round."""
    cost = coarse.cost
    rows = fine.size // width
    for i in range(PAD, rows - PAD):
        r = (i - PAD + 0.5) / parts - 0.5 + PAD
        for j in range(PAD, width - PAD):
            q = (j - PAD + 0.5) / parts - 0.5 + PAD
            if not cost[((i - PAD) // parts + PAD) * coarse.width + (j - PAD) // parts + PAD] < np.inf:
                continue
            corners = patch_corners(coarse, int(r), int(q))
            fine[i * width + j] = masked_cost(corners, r - int(r), q - int(q))


@kernel
def load_cells(plane: NDArray[Any], scale: float, far: float, cells: NDArray[Any]) -> None:
    """Interleave price (not reached) and scaled cost."""
    for v in range(plane.size):
        cells[2 * v] = far
        cells[2 * v + 1] = plane[v] * scale


@kernel
def extract(
    cells: NDArray[Any], shape: tuple[int, int, int], scale: tuple[float, float, float], distance: NDArray[Any]
) -> None:
    """Prices at the centres of the raster's cells; `distance` may be `cells`, as every price is read before.

    `shape` is rows, columns, parts of a cell; `scale` is (unit, what is added, limit from which a price is inf).
    """
    rows, cols, parts = shape
    unit, base, below = scale
    width = cols * parts + 2 * PAD
    middle = PAD + parts // 2
    for r in range(rows):
        o = 2 * ((r * parts + middle) * width + middle)
        for q in range(cols):
            x = np.float64(cells[o + 2 * parts * q])
            distance[r * cols + q] = x * unit + base if x < below else np.inf


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
