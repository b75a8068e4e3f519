"""Where a field is too steep for its raster, and how its cost and its starts give way."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords, objects nor a variadic minimum)

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, inline_kernel, kernel, part
from routing.geodesic.elements import LIVE, Lattice, Potential, element_range, is_free, node_at, stretch, stretch_row
from routing.geodesic.line import PAD
from routing.geodesic.pruning import Marks, Scale, scaled

__all__ = ["floors_of", "load_starts", "lower_starts", "mark_cells", "relieve", "spread_starts", "values_of"]

MOST = 2.0  # of a stretch that is relieved in one round


@inline_kernel
def cell_of(lattice: Lattice, i: Integer, j: Integer) -> tuple[Integer, Integer]:
    """Row and column of the raster cell that an element lies in; there is more than one element to a cell's side."""
    half = 1 << (lattice.shift - 1)
    row = ((lattice.top + i + half) >> lattice.shift) - PAD
    return row, ((lattice.left + j + half) >> lattice.shift) - PAD


@inline_kernel
def centre_of(lattice: Lattice, r: Integer, q: Integer) -> tuple[Integer, Integer]:
    """Node at the centre of a raster cell."""
    return ((r + PAD) << lattice.shift) - lattice.top, ((q + PAD) << lattice.shift) - lattice.left


@kernel
def mark_cells(lattice: Lattice, within: NDArray[np.bool_], marks: Marks) -> None:
    """Mark the free elements of some cells live and no other."""
    rows, cols = marks.kind.shape
    for i in range(rows):
        marks.span[i, 0], marks.span[i, 1] = 0, cols
        for j in range(cols):
            r, q = cell_of(lattice, i, j)
            known = 0 <= r < within.shape[0] and 0 <= q < within.shape[1]
            marks.kind[i, j] = LIVE if known and within[r, q] and is_free(lattice, i, j) else 0


@kernel
def spread_starts(
    lattice: Lattice, marks: Marks, given: NDArray[np.float64], whole: Integer, starts: NDArray[np.float64]
) -> None:
    """Start prices of the nodes: those of the cell centres or, if `whole`, the least of the live cells that meet there.

    `given` is one price per cell, inf where none.
    """
    for i in range(len(marks.kind)):
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] != LIVE:
                continue
            r, q = cell_of(lattice, i, j)
            centre = centre_of(lattice, r, q)
            for a in range(i, i + 2):
                for b in range(j, j + 2):
                    if whole > 0 or (a, b) == centre:
                        starts[a, b] = min(starts[a, b], given[r, q])


@kernel
def load_starts(
    relief: NDArray[np.float64], starts: NDArray[np.float64], scale: float, stride: int, cells: NDArray[Any]
) -> None:
    """Multiply the costs of the nodes by their relief and set the prices of those that start."""
    rows, cols = relief.shape
    for i in range(rows):
        v = 2 * ((i + PAD) * stride + PAD)
        for j in range(cols):
            if cells[v + 2 * j + 1] < np.inf:
                cells[v + 2 * j + 1] *= relief[i, j]
                if starts[i, j] < np.inf:
                    cells[v + 2 * j] = starts[i, j] * scale


@part
def steepen(
    lattice: Lattice,
    potential: Potential,
    marks: Marks,
    i: Integer,
    most: float,
    worst: NDArray[np.float64],
    work: NDArray[np.float64],
) -> int:
    """Raise the worst stretch round the nodes of the steep live elements of a row; returns how many are."""
    first = marks.span[i, 0]
    count = marks.span[i, 1] - first
    if count <= 0:
        return 0
    stretch_row(lattice, potential, marks.kind[i], (np.int64(i), first, count), work)
    n = 0
    for k in range(count):
        j = first + k
        if marks.kind[i, j] != LIVE or work[9, k] <= most:
            continue
        x = min(MOST, work[9, k], stretch(lattice, potential, i, j, most))
        if x > most:
            n += 1
            for a in range(2):
                for b in range(2):
                    worst[i + a, j + b] = max(worst[i + a, j + b], x)
    return n


@kernel
def relieve(
    lattice: Lattice,
    potential: Potential,
    marks: Marks,
    aim: tuple[float, float],
    worst: NDArray[np.float64],
    relief: NDArray[np.float64],
    work: NDArray[np.float64],
) -> int:
    """Relieve the costs round every live element that is too steep; returns how many are.

    `aim` is (largest stretch that is not relieved, power of the stretch that costs are divided by); `worst` is space
    for the largest stretch round each node.
    """
    most, power = aim
    worst[:] = 1.0
    n = 0
    for i in range(len(marks.kind)):
        n += steepen(lattice, potential, marks, i, most, worst, work)
    for i in range(relief.shape[0]):
        for j in range(relief.shape[1]):
            if worst[i, j] > 1.0:
                relief[i, j] /= worst[i, j] ** power
    return n


@kernel
def lower_starts(
    lattice: Lattice, potential: Potential, marks: Marks, floors: NDArray[np.float64], starts: NDArray[np.float64]
) -> float:
    """Lower the starts round every cell whose floor the potential passes; returns by how much it does at most."""
    rows = len(marks.kind)
    most = 0.0
    for i in range(rows):
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] != LIVE:
                continue
            r, q = cell_of(lattice, i, j)
            over = element_range(potential, i, j)[1] - floors[r, q]
            if over > 0.0:
                most = max(most, over)
                for a in range(2):
                    for b in range(2):
                        node = potential.cells[node_at(potential, i + a, j + b)]
                        starts[i + a, j + b] = min(starts[i + a, j + b], max(0.0, node - over))
    return most


@kernel
def floors_of(
    lattice: Lattice, potential: Potential, marks: Marks, scale: Scale, base: float, floors: NDArray[np.float64]
) -> None:
    """Least value of the scaled potential, less `base`, in each cell; not below 0, inf where no element is live."""
    floors[:] = np.inf
    for i in range(len(marks.kind)):
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] == LIVE:
                r, q = cell_of(lattice, i, j)
                low = max(0.0, scaled(scale, element_range(potential, i, j)[0]) - base)
                floors[r, q] = min(floors[r, q], low)


@kernel
def values_of(
    lattice: Lattice, potential: Potential, marks: Marks, scale: Scale, base: float, values: NDArray[np.float64]
) -> None:
    """The scaled potential, less `base`, at the centre of each cell; not below 0, inf where no element is live."""
    values[:] = np.inf
    for i in range(len(marks.kind)):
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] == LIVE:
                r, q = cell_of(lattice, i, j)
                a, b = centre_of(lattice, r, q)
                if i <= a <= i + 1 and j <= b <= j + 1:
                    values[r, q] = max(0.0, scaled(scale, potential.cells[node_at(potential, a, b)]) - base)
