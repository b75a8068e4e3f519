"""Elements that may still matter: pruning by price, refinement, margins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, inline_kernel, kernel, part
from routing.geodesic.elements import LIVE, MARGIN, Lattice, Potential, element_range, is_free

__all__ = ["Marks", "Scale", "add_margin", "count_live", "mark_free", "nodes_of", "prune", "refine", "scaled"]


class Marks(NamedTuple):
    """Which elements are LIVE, which MARGIN; memory beyond the spans is neither written nor read."""

    kind: NDArray[np.uint8]
    span: NDArray[np.int64]  # (rows, 2): first marked element of each row, one past the last


class Scale(NamedTuple):
    """Increasing function psi, linear on each level, such that psi(u) is admissible on the live elements."""

    low: float  # where the levels begin
    width: float  # of a level
    psi: NDArray[np.float64]  # at the ends of the levels


@inline_kernel
def scaled(scale: Scale, t: float) -> float:
    """psi(t)."""
    x = (t - scale.low) / scale.width
    n = scale.psi.size - 1
    if not x > 0.0:
        return 0.0
    if x >= n:
        return float(scale.psi[n])
    z = int(x)
    return float(scale.psi[z] + (scale.psi[z + 1] - scale.psi[z]) * (x - z))


@part
def nodes_of(span: NDArray[np.int64], i: Integer, reach: Integer) -> tuple[np.int64, np.int64]:
    """First node and one past the last of the elements within `reach` rows of node row i, and as many columns."""
    first = np.int64(1 << 60)
    last = np.int64(-1)
    for r in range(max(np.int64(0), i - 1 - reach), min(np.int64(len(span)), i + 1 + reach)):
        if span[r, 1] > span[r, 0]:
            first = min(first, span[r, 0] - reach)
            last = max(last, span[r, 1] + 1 + reach)
    return first, last


@kernel
def prune(
    one: tuple[Potential, Scale, float],
    two: tuple[Potential, Scale, float],
    price: float,
    marks: Marks,
    rows: tuple[int, int],
) -> int:
    """Take out of some rows what no path of at most `price` can touch; returns how many elements stay live.

    Each triple is a potential that grows away from one end, its scale, and a number not below psi at that end.
    """
    u, scale, start = one
    v, other, end = two
    n = 0
    for i in range(rows[0], rows[1]):
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] != LIVE:
                continue
            x = max(0.0, scaled(scale, element_range(u, i, j)[0]) - start)
            y = max(0.0, scaled(other, element_range(v, i, j)[0]) - end)
            if x + y > price:
                marks.kind[i, j] = MARGIN
            else:
                n += 1
    return n


@kernel
def mark_free(lattice: Lattice, marks: Marks) -> None:
    """Mark every free element live and no other."""
    rows, cols = marks.kind.shape
    for i in range(rows):
        marks.span[i, 0], marks.span[i, 1] = 0, cols
        for j in range(cols):
            marks.kind[i, j] = LIVE if is_free(lattice, i, j) else 0


@kernel
def count_live(marks: Marks, found: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Number of live elements in each row; in `found` their first row, row after the last, the same of columns.

    The spans shrink to them.
    """
    rows, cols = marks.kind.shape
    found[0], found[1], found[2], found[3] = rows, 0, cols, 0
    for i in range(rows):
        n = 0
        first, last = np.int64(cols), np.int64(0)
        for j in range(marks.span[i, 0], marks.span[i, 1]):
            if marks.kind[i, j] == LIVE:
                first = min(first, np.int64(j))
                last = np.int64(j + 1)
                n += 1
        counts[i] = n
        marks.span[i, 0], marks.span[i, 1] = min(first, last), last
        if n > 0:
            found[2] = min(found[2], first)
            found[3] = max(found[3], last)
            found[0] = min(found[0], i)
            found[1] = i + 1


@kernel
def refine(parents: Marks, offset: tuple[int, int], lattice: Lattice, marks: Marks) -> None:
    """Mark the free quarters of live parents live in `marks`, which holds zeros.

    `offset` is the node at which the parents begin, counted in the lattice of the quarters.
    """
    up = lattice.top - offset[0]
    along = lattice.left - offset[1]
    for i in range(len(marks.kind)):
        marks.span[i, 0], marks.span[i, 1] = 0, 0
        a = (i + up) // 2
        if i + up < 0 or a >= len(parents.kind):
            continue
        first, last = np.int64(1 << 60), np.int64(0)
        for b in range(parents.span[a, 0], parents.span[a, 1]):
            if parents.kind[a, b] != LIVE:
                continue
            for j in range(2 * b - along, 2 * b - along + 2):
                if 0 <= j < marks.kind.shape[1] and is_free(lattice, i, j):
                    marks.kind[i, j] = LIVE
                    first = min(first, np.int64(j))
                    last = np.int64(j + 1)
        if last > 0:
            marks.span[i, 0], marks.span[i, 1] = first, last


@part
def spread_row(marks: Marks, i: Integer, reach: Integer, near: NDArray[np.int64], live: NDArray[np.int64]) -> None:
    """Mark the free elements of a row that a live one is near, `near` holding the latest row where one was.

    `live` is where the row's live elements lie, (rows, 2).
    """
    cols = marks.kind.shape[1]
    last = np.int64(-reach - 1)
    first = max(np.int64(0), live[i, 0] - reach)
    end = min(np.int64(cols), live[i, 1] + reach)
    for j in range(first, end + reach if live[i, 1] > live[i, 0] else first):
        if j < live[i, 1] and marks.kind[i, j] == LIVE:
            last = np.int64(j)
        if first <= j - reach < end and last >= j - 2 * reach:
            near[j - reach] = i


@kernel
def add_margin(lattice: Lattice, reach: int, marks: Marks, near: NDArray[np.int64], live: NDArray[np.int64]) -> None:
    """Mark the free elements within `reach` rows and columns of a live one, to be solved only.

    `near` is a row of columns; `live` holds the spans of the live elements, and those of `marks` are widened.
    """
    rows, cols = marks.kind.shape
    for way in range(2):  # from above, then from below
        for j in range(cols):
            near[j] = -(1 << 40)
        for k in range(rows):
            i = k if way == 0 else rows - 1 - k
            spread_row(marks, i, reach, near, live)
            low, high = max(0, i - reach), min(rows, i + reach + 1)
            first, last = np.int64(cols), np.int64(0)
            for r in range(low, high):
                if live[r, 1] > live[r, 0]:
                    first = min(first, max(np.int64(0), live[r, 0] - reach))
                    last = max(last, min(np.int64(cols), live[r, 1] + reach))
            for j in range(first, last):
                if marks.kind[i, j] == 0 and abs(near[j] - i) <= reach and is_free(lattice, i, j):
                    marks.kind[i, j] = MARGIN
            if last > first:
                marks.span[i, 0], marks.span[i, 1] = first, last
