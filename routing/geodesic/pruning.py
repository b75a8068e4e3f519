"""Elements that may still matter: pruning by price, refinement, margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.elements import Lattice, Potential, is_free, sag
from routing.geodesic.potential import LIVE, MARGIN, Scale, element_range

__all__ = ["dilate", "extent", "mark_free", "pool", "prune", "refine", "scaled"]


@inline_kernel
def scaled(scale: Scale, t: float) -> float:
    """psi(t)."""
    x = (t - scale.low) / scale.width
    n = scale.psi.size - 1
    if x <= 0.0:
        return scale.psi[0]
    if x >= n:
        return scale.psi[n]
    z = int(x)
    return scale.psi[z] + (scale.psi[z + 1] - scale.psi[z]) * (x - z)


@kernel
def prune(
    one: tuple[Potential, Scale, float], two: tuple[Potential, Scale, float], price: float, tube: NDArray[np.uint8]
) -> int:
    """Take out of the tube what no path of at most `price` can touch; returns the number of elements left.

    Each triple is a potential that grows away from an end, its scale, and psi at that end (or above).
    """
    u, scale, start = one
    v, other, end = two
    n = 0
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] != LIVE:
                continue
            a, _ = element_range(u, i, j)
            b, _ = element_range(v, i, j)
            x = max(0.0, scaled(scale, a - sag(u, i, j)) - start)
            y = max(0.0, scaled(other, b - sag(v, i, j)) - end)
            if x + y > price:
                tube[i, j] = MARGIN
            else:
                n += 1
    return n


@kernel
def mark_free(lattice: Lattice, tube: NDArray[np.uint8]) -> int:
    """Mark every free element live; returns their number."""
    n = 0
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            free = is_free(lattice, i, j)
            tube[i, j] = LIVE if free else 0
            n += 1 if free else 0
    return n


@kernel
def extent(tube: NDArray[np.uint8], found: NDArray[np.int64]) -> None:
    """First and last row and column of the live elements."""
    found[0] = tube.shape[0]
    found[1] = -1
    found[2] = tube.shape[1]
    found[3] = -1
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] == LIVE:
                found[0] = min(found[0], i)
                found[1] = max(found[1], i)
                found[2] = min(found[2], j)
                found[3] = max(found[3], j)


@kernel
def refine(parent: NDArray[np.uint8], offset: tuple[int, int], lattice: Lattice, tube: NDArray[np.uint8]) -> int:
    """Mark the free quarters of live elements; `offset` is the parents' first node in the quarters' lattice."""
    n = 0
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            tube[i, j] = 0
            a = (lattice.top + i - offset[0]) // 2
            b = (lattice.left + j - offset[1]) // 2
            if a < 0 or b < 0 or a >= parent.shape[0] or b >= parent.shape[1] or parent[a, b] != LIVE:
                continue
            if is_free(lattice, i, j):
                tube[i, j] = LIVE
                n += 1
    return n


@kernel
def dilate(lattice: Lattice, reach: int, tube: NDArray[np.uint8], near: NDArray[np.int32]) -> int:
    """Mark the free elements within `reach` of live ones (in rows and columns); returns their number."""
    rows, cols = tube.shape
    for i in range(rows):  # distance along the row to a live element, up to reach + 1
        run = reach + 1
        for j in range(cols):
            run = 0 if tube[i, j] == LIVE else min(run + 1, reach + 1)
            near[i, j] = run
        run = reach + 1
        for j in range(cols - 1, -1, -1):
            run = 0 if tube[i, j] == LIVE else min(run + 1, reach + 1)
            near[i, j] = min(near[i, j], run)
    n = 0
    for j in range(cols):  # last row whose element is that near
        near[0, j] = 0 if near[0, j] <= reach else -reach - 1
    for i in range(1, rows):
        for j in range(cols):
            near[i, j] = i if near[i, j] <= reach else near[i - 1, j]
    for j in range(cols):  # near[i, j] is at most i: a later row says whether one below is near enough
        for i in range(rows):
            low = near[min(rows - 1, i + reach), j]
            if tube[i, j] == 0 and low >= i - reach and is_free(lattice, i, j):
                tube[i, j] = MARGIN
                n += 1
    return n


@kernel
def pool(fine: NDArray[np.float64], coarse: NDArray[np.float64]) -> None:
    """Least of the 3 x 3 nodes around every second node."""
    for i in range(coarse.shape[0]):
        for j in range(coarse.shape[1]):
            low = np.inf
            for r in range(max(0, 2 * i - 1), min(fine.shape[0], 2 * i + 2)):
                for q in range(max(0, 2 * j - 1), min(fine.shape[1], 2 * j + 2)):
                    low = min(low, fine[r, q])
            coarse[i, j] = low


@kernel
def lower_fill(plane: NDArray[np.float64], filled: NDArray[np.float64]) -> None:
    """Give excluded nodes the least cost of their free neighbours."""
    rows, cols = plane.shape
    for i in range(rows):
        for j in range(cols):
            low = plane[i, j]
            if not low < np.inf:
                for r in range(max(0, i - 1), min(rows, i + 2)):
                    for q in range(max(0, j - 1), min(cols, j + 2)):
                        low = min(low, plane[r, q])
            filled[i, j] = low
