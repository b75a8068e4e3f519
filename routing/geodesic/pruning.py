"""Elements that may still matter: pruning by price, refinement, margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel
from routing.geodesic.elements import LIVE, MARGIN, Lattice, Potential, is_free
from routing.geodesic.potential import Scale, element_range, scaled

__all__ = ["add_margin", "count_rows", "extent", "mark_free", "prune", "refine"]


@kernel
def prune(
    one: tuple[Potential, Scale, float], two: tuple[Potential, Scale, float], price: float, tube: NDArray[np.uint8]
) -> int:
    """Take out of the tube what no path of at most `price` can touch; returns how many elements stay.

    Each triple is a potential that grows away from one end, its scale, and a number not below psi at that end.
    """
    u, scale, start = one
    v, other, end = two
    n = 0
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] != LIVE:
                continue
            x = max(0.0, scaled(scale, element_range(u, i, j)[0]) - start)
            y = max(0.0, scaled(other, element_range(v, i, j)[0]) - end)
            if x + y > price:
                tube[i, j] = MARGIN
            else:
                n += 1
    return n


@kernel
def mark_free(lattice: Lattice, tube: NDArray[np.uint8]) -> int:
    """Mark every free element live and no other; returns their number."""
    n = 0
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            free = is_free(lattice, i, j)
            tube[i, j] = LIVE if free else 0
            n += 1 if free else 0
    return n


@kernel
def count_rows(tube: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
    """Number of live elements in each row."""
    for i in range(tube.shape[0]):
        n = 0
        for j in range(tube.shape[1]):
            n += 1 if tube[i, j] == LIVE else 0
        counts[i] = n


@kernel
def extent(tube: NDArray[np.uint8], found: NDArray[np.int64]) -> None:
    """First row, row after the last, first column, column after the last of the live elements."""
    rows, cols = tube.shape
    found[0], found[1], found[2], found[3] = rows, 0, cols, 0
    for i in range(rows):
        for j in range(cols):
            if tube[i, j] == LIVE:
                found[0] = min(found[0], i)
                found[1] = i + 1
                found[2] = min(found[2], j)
                found[3] = max(found[3], j + 1)


@kernel
def refine(parent: NDArray[np.uint8], offset: tuple[int, int], lattice: Lattice, tube: NDArray[np.uint8]) -> int:
    """Mark the free quarters of live parents live; returns their number.

    `offset` is the node at which the parents begin, counted in the lattice of the quarters.
    """
    n = 0
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            tube[i, j] = 0
            a = (lattice.top + i - offset[0]) // 2
            b = (lattice.left + j - offset[1]) // 2
            inside = a >= 0 and b >= 0 and a < parent.shape[0] and b < parent.shape[1]
            if inside and parent[a, b] == LIVE and is_free(lattice, i, j):
                tube[i, j] = LIVE
                n += 1
    return n


@kernel
def add_margin(lattice: Lattice, reach: int, tube: NDArray[np.uint8], near: NDArray[np.int32]) -> None:
    """Mark the free elements within `reach` rows and columns of a live one, to be solved only."""
    rows, cols = tube.shape
    for i in range(rows):
        last = -reach - 1
        for j in range(cols + reach):  # near = last row so far with a live element within reach in the row
            if j < cols and tube[i, j] == LIVE:
                last = j
            q = j - reach
            if q >= 0:
                above = near[i - 1, q] if i > 0 else -reach - 1
                near[i, q] = i if last >= q - reach else above
    for i in range(rows):
        for j in range(cols):
            if tube[i, j] == 0 and near[min(rows - 1, i + reach), j] >= i - reach and is_free(lattice, i, j):
                tube[i, j] = MARGIN
