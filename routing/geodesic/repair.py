"""Repair of a potential: its worst stretches lowered by moving single bulges and values."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has no keywords, objects or variadic maximum)

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.elements import GOOD, LIVE, Lattice, Potential, stretch

__all__ = ["repair"]

# First steps in units of the cost of an element's side, and how they shrink: errors are a few hundredths at most.
SIDE_STEP, NODE_STEP, SHRINK, TRIALS = 0.01, 0.004, 0.4, 3
SEAM = 2  # rows of elements on both sides of the middle that are repaired after the rest


@inline_kernel
def stretch_at(lattice: Lattice, potential: Potential, tube: NDArray[np.uint8], i: int, j: int, enough: float) -> float:
    """Stretch of an element if it is live; 0 elsewhere."""
    if i < 0 or j < 0 or i >= tube.shape[0] or j >= tube.shape[1] or tube[i, j] != LIVE:
        return 0.0
    return stretch(lattice, potential, i, j, enough)


@kernel
def worst_at(
    lattice: Lattice,
    potential: Potential,
    tube: NDArray[np.uint8],
    element: tuple[int, int],
    corner: tuple[int, int],
    limit: float,
) -> float:
    """Largest stretch of the elements from one to the one opposite across a corner or side; stops above `limit`."""
    i, j = element
    a, b = corner
    enough = limit if limit < np.inf else GOOD
    x = stretch_at(lattice, potential, tube, i, j, enough)
    if x < limit:
        x = max(x, stretch_at(lattice, potential, tube, i + a, j + b, enough))
    if x < limit and a != 0 and b != 0:
        x = max(x, stretch_at(lattice, potential, tube, i + a, j, enough))
        if x < limit:
            x = max(x, stretch_at(lattice, potential, tube, i, j + b, enough))
    return x


@inline_kernel
def improve(
    lattice: Lattice,
    potential: Potential,
    tube: NDArray[np.uint8],
    element: tuple[int, int],
    corner: tuple[int, int],
    numbers: NDArray[Any],
    at: tuple[int, int],
    step: float,
    goal: float,
) -> None:
    """Move one number up and down while that lowers the worst stretch it has a part in, until that is `goal`."""
    best = worst_at(lattice, potential, tube, element, corner, np.inf)
    for trial in range(2 * TRIALS):
        if best <= goal:
            return
        old = numbers[at]
        numbers[at] = old + step
        x = worst_at(lattice, potential, tube, element, corner, best)
        if x < best:
            best = x
            continue
        numbers[at] = old
        step = -step if trial % 2 == 0 else -SHRINK * step


@kernel
def repair_rows(
    lattice: Lattice,
    potential: Potential,
    tube: NDArray[np.uint8],
    cost: NDArray[np.float64],
    rows: tuple[int, int],
    goal: float,
) -> int:
    """One pass over the live elements of some rows whose stretch is above `goal`; returns how many were."""
    n = 0
    for i in range(rows[0], rows[1]):
        for j in range(tube.shape[1]):
            if tube[i, j] != LIVE or not stretch(lattice, potential, i, j, goal) > goal:
                continue
            n += 1
            c = cost[i, j]
            here = (i, j)
            improve(lattice, potential, tube, here, (-1, 0), potential.east, (i, j), SIDE_STEP * c, goal)
            improve(lattice, potential, tube, here, (1, 0), potential.east, (i + 1, j), SIDE_STEP * c, goal)
            improve(lattice, potential, tube, here, (0, -1), potential.south, (i, j), SIDE_STEP * c, goal)
            improve(lattice, potential, tube, here, (0, 1), potential.south, (i, j + 1), SIDE_STEP * c, goal)
            for z in range(4):
                if not stretch(lattice, potential, i, j, goal) > goal:
                    break
                a, b = z // 2, z % 2
                corner = (2 * a - 1, 2 * b - 1)
                improve(lattice, potential, tube, here, corner, potential.u, (i + a, j + b), NODE_STEP * c, goal)
    return n


def repair(
    lattice: Lattice,
    potential: Potential,
    tube: NDArray[np.uint8],
    cost: NDArray[np.float64],
    *,
    goal: float,
    middle: int,
    pool: Executor,
) -> None:
    """Lower the stretches above a goal, one pass.

    Parameters
    ----------
    lattice
        The elements.
    potential
        What to repair, in place.
    tube
        Marks of the elements.
    cost
        Nodal cost times side; steps are measured in it.
    goal
        Stretch that is good enough.
    middle
        Row of elements at which the work is divided.
    pool
        Threads that share it.
    """
    # A row of elements moves its own nodes and reads one row more on either side: the parts must lie apart.
    low, high = max(0, middle - SEAM), min(len(tube), middle + SEAM)
    parts = (0, low), (high, len(tube))
    list(pool.map(lambda rows: repair_rows(lattice, potential, tube, cost, rows, goal), parts))
    repair_rows(lattice, potential, tube, cost, (low, high), goal)
