"""Pyramid of rasters whose bilinear cost is nowhere above that of the raster below."""

# ruff: noqa: PLW3301 (compiled code has no variadic minimum)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel
from routing.geodesic.elements import Lattice
from routing.geodesic.ground import Ground
from routing.geodesic.pruning import Marks, add_margin, count_live, mark_free, refine

__all__ = ["Level", "Tube", "first_tube", "levels", "next_tube"]

REACH = 8  # elements by which the fields are solved beyond the tube: what its cut edges disturb fades within them
COARSEST = 256  # nodes along the shorter side below which a coarser raster does not pay
LARGEST_BLOCK = 8
FINEST = 32


@dataclass(frozen=True)
class Level:
    """One size of elements.

    Parameters
    ----------
    plane
        Padded cost, (rows, cols).
    aspect
        Column spacing over row spacing, per row of `plane`.
    block
        Cells of the original raster per side of a patch of `plane`.
    fine
        Elements per side of a patch.
    """

    plane: NDArray[Any]
    aspect: NDArray[np.float64]
    block: int
    fine: int

    @property
    def shape(self) -> tuple[int, int]:
        """Elements in rows and columns."""
        return (self.plane.shape[0] - 1) * self.fine, (self.plane.shape[1] - 1) * self.fine

    def lattice(self, top: int, left: int) -> Lattice:
        """Lattice whose first node is the given one of the whole level."""
        flat = self.plane.reshape(-1)
        return Lattice(
            flat, self.plane.shape[1], self.aspect, self.fine.bit_length() - 1, top, left, self.block / self.fine
        )


@dataclass(frozen=True)
class Tube:
    """Marked elements of a level that hold every path worth considering.

    Parameters
    ----------
    lattice
        Where the elements are.
    marks
        LIVE, MARGIN or 0 of each element.
    count
        Number of live elements.
    middle
        Row that divides the live elements into halves, or nearly.
    live
        First row of live elements, row after the last, the same of columns.
    """

    lattice: Lattice
    marks: Marks
    count: int
    middle: int
    live: tuple[int, int, int, int]

    @classmethod
    def of(cls, lattice: Lattice, marks: Marks) -> Tube:
        """Tube of the live elements among some marks, whose spans shrink to them."""
        counts, found = np.zeros(len(marks.kind), np.int64), np.empty(4, np.int64)
        count_live(marks, found, counts)
        total = int(counts.sum())
        middle = int(np.searchsorted(np.cumsum(counts), total / 2))
        top, bottom, left, right = found.tolist()
        return cls(lattice, marks, total, middle, (top, bottom, left, right))

    @property
    def shape(self) -> tuple[int, int]:
        """Nodes in rows and columns."""
        return self.marks.kind.shape[0] + 1, self.marks.kind.shape[1] + 1


def levels(ground: Ground) -> list[Level]:
    """Levels from blocks of cells down to parts of them, each of half the size of the one before."""
    plane = ground.plane.cost.reshape(-1, ground.plane.width)
    filled = np.empty_like(plane)
    fill_neighbours(plane, filled)
    found = [Level(filled, ground.plane.aspect, 1, 1)]
    while found[0].block < LARGEST_BLOCK and min(found[0].plane.shape) >= 2 * COARSEST:
        found.insert(0, _pooled(found[0]))
    fine = 2
    while fine <= FINEST:
        found.append(Level(plane, ground.plane.aspect, 1, fine))
        fine *= 2
    return found


def _pooled(level: Level) -> Level:
    """Level of twice the block, whose patches cover those of the given one."""
    rows, cols = (size // 2 + 1 for size in level.plane.shape)
    plane = np.empty((rows, cols), level.plane.dtype)
    pool(level.plane, np.empty(level.plane.shape[1], level.plane.dtype), plane)
    aspect = np.pad(level.aspect, (1, 2), mode="edge")
    spread = np.stack([aspect[k : k + 2 * rows - 1 : 2] for k in range(3)])
    return Level(plane, spread.min(axis=0), 2 * level.block, 1)


def first_tube(level: Level) -> Tube:
    """All that is free."""
    lattice = level.lattice(0, 0)
    marks = Marks(np.empty(level.shape, np.uint8), np.empty((level.shape[0], 2), np.int64))
    mark_free(lattice, marks)
    return Tube.of(lattice, marks)


def next_tube(level: Level, tube: Tube, *, most: int) -> Tube | None:
    """Live elements of a tube in quarters, with a margin; None if that needs more than `most` live elements."""
    first, last, west, east = tube.live
    rows, cols = level.shape
    offset = (2 * tube.lattice.top, 2 * tube.lattice.left)
    top, bottom = max(0, offset[0] + 2 * first - REACH), min(rows, offset[0] + 2 * last + REACH)
    left, right = max(0, offset[1] + 2 * west - REACH), min(cols, offset[1] + 2 * east + REACH)
    if bottom <= top or right <= left or 4 * tube.count > most:
        return None
    lattice = level.lattice(top, left)
    # Zeros that are not written to take no memory.
    marks = Marks(np.zeros((bottom - top, right - left), np.uint8), np.empty((bottom - top, 2), np.int64))
    refine(tube.marks, offset, lattice, marks)
    found = Tube.of(lattice, marks)
    add_margin(lattice, REACH, marks, np.empty(right - left, np.int64), marks.span.copy())
    return found


@kernel
def pool(fine: NDArray[Any], row: NDArray[Any], coarse: NDArray[Any]) -> None:
    """Least of the 3 x 3 nodes around every second node; `row` is space for a row of `fine`."""
    rows, cols = fine.shape
    for i in range(coarse.shape[0]):
        above, below = max(0, 2 * i - 1), min(rows - 1, 2 * i + 1)
        middle = min(rows - 1, 2 * i)
        for q in range(cols):
            row[q] = min(min(fine[above, q], fine[below, q]), fine[middle, q])
        for j in range(coarse.shape[1]):
            low = row[min(cols - 1, 2 * j)]
            if 2 * j > 0:
                low = min(low, row[2 * j - 1])
            if 2 * j + 1 < cols:
                low = min(low, row[2 * j + 1])
            coarse[i, j] = low


@kernel
def fill_neighbours(plane: NDArray[Any], filled: NDArray[Any]) -> None:
    """Give excluded nodes the least cost of their free neighbours; inf if there are none."""
    rows, cols = plane.shape
    for i in range(rows):
        for j in range(cols):
            low = plane[i, j]
            if not low < np.inf:
                for r in range(max(0, i - 1), min(rows, i + 2)):
                    for q in range(max(0, j - 1), min(cols, j + 2)):
                        low = min(low, plane[r, q])
            filled[i, j] = low
