"""Repair of a potential: its worst stretches lowered by moving single bulges and values."""

# ruff: noqa: PLR0913, PLR0917, PLW3301 (compiled code has no keywords, objects or variadic maximum)

from __future__ import annotations

import math
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.geodesic.elements import (
    LIVE,
    Lattice,
    Potential,
    bulge_at,
    element_costs,
    inverse_square,
    node_at,
    row_metric,
    smooth_pair,
    stretch_row,
)
from routing.geodesic.pruning import Marks

__all__ = ["repair"]

# First steps in units of the cost of an element's side, and how they shrink: errors are a few hundredths at most.
SIDE_STEP, NODE_STEP, SHRINK, TRIALS = 0.01, 0.004, 0.4, 3
DESK = 19  # numbers that the stretch of an element depends on
SEAM = 2  # rows of elements on both sides of the middle that are repaired after the rest


@part
def load_element(
    lattice: Lattice, potential: Potential, marks: Marks, place: tuple[Integer, Integer], desk: NDArray[np.float64]
) -> None:
    """Copy what the stretch of an element depends on.

    Values, bulges, 1 / c**2 beside the diagonal without slack, spacing, twist, whether it is live, 1 / c**2 with slack.
    """
    i, j = place
    desk[14] = 0.0
    if i < 0 or i >= len(marks.kind) or j < marks.span[i, 0] or j >= marks.span[i, 1] or marks.kind[i, j] != LIVE:
        return
    u, b = potential.cells, potential.bulges
    v = node_at(potential, i, j)
    w = node_at(potential, i + 1, j)
    one, two = np.uint64(1), np.uint64(2)
    desk[0], desk[1], desk[2], desk[3] = u[v], u[v + two], u[w], u[w + two]
    side = bulge_at(v)
    desk[4], desk[5] = b[side], b[bulge_at(w)]
    desk[6], desk[7] = b[side + one], b[bulge_at(v + two) + one]
    c00, c01, c10, c11 = element_costs(lattice, i, j)
    desk[8], desk[9] = inverse_square(c00), inverse_square(c01)
    desk[10], desk[11] = inverse_square(c10), inverse_square(c11)
    desk[12] = row_metric(lattice, i)[0]
    desk[13] = c00 - c01 - c10 + c11
    desk[14] = 1.0
    slack = 0.25 * abs(desk[13])
    desk[15], desk[16] = inverse_square(c00 - slack), inverse_square(c01 - slack)
    desk[17], desk[18] = inverse_square(c10 - slack), inverse_square(c11 - slack)


@part
def worst_of(desk: NDArray[np.float64], count: int, limit: float, goal: float) -> float:
    """Largest squared stretch of the live ones among the first elements on the desk.

    Not sought once it is above `limit`, nor a better diagonal once one is below `goal`.
    """
    worst = 0.0
    for m in range(count):
        d = desk[m]
        if not (d[14] > 0.0 and worst < limit):
            continue
        values = (d[0], d[1], d[2], d[3])
        bulges = (d[4], d[5], d[6], d[7])
        x = smooth_pair(values, bulges, (d[8], d[9], d[10], d[11]), d[12], d[13] >= 0.0)
        if x > max(worst, goal):
            x = min(x, smooth_pair(values, bulges, (d[15], d[16], d[17], d[18]), d[12], d[13] < 0.0))
        worst = max(worst, x)
    return worst


@part
def move(desk: NDArray[np.float64], slots: NDArray[np.int64], count: int, change: float) -> None:
    """Change one number in all elements on the desk that have a part in it."""
    for m in range(count):
        desk[m, slots[m]] += change


@part
def improve(desk: NDArray[np.float64], slots: NDArray[np.int64], count: int, step: float, goal: float) -> float:
    """Move one number up and down while that lowers the worst stretch it has a part in; returns by how much."""
    best = worst_of(desk, count, np.inf, goal)
    moved = 0.0
    for trial in range(2 * TRIALS):
        if best <= goal:
            break
        move(desk, slots, count, step)
        x = worst_of(desk, count, best, goal)
        if x < best:
            best = x
            moved += step
            continue
        move(desk, slots, count, -step)
        step = -step if trial % 2 == 0 else -SHRINK * step
    return moved


@part
def repair_element(
    lattice: Lattice,
    potential: Potential,
    marks: Marks,
    place: tuple[Integer, Integer],
    goal: float,
    desk: NDArray[np.float64],
    slots: NDArray[np.int64],
) -> None:
    """Improve the bulges of the sides of an element, then its nodes; `goal` is a squared stretch."""
    i, j = place
    for z in range(8):
        load_element(lattice, potential, marks, place, desk[0])
        if worst_of(desk, 1, np.inf, goal) <= goal:
            return
        c = 1.0 / math.sqrt(min(min(desk[0, 8], desk[0, 9]), min(desk[0, 10], desk[0, 11])))
        if z < 4:  # north, south, west, east side: the element beyond has it as its opposite side
            a = -1 if z == 0 else (1 if z == 1 else 0)
            b = -1 if z == 2 else (1 if z == 3 else 0)
            load_element(lattice, potential, marks, (i + a, j + b), desk[1])
            slots[0], slots[1] = 4 + z, 4 + (z ^ 1)
            at = bulge_at(node_at(potential, i + max(a, 0), j + max(b, 0))) + np.uint64(z >> 1)
            potential.bulges[at] += improve(desk, slots, 2, SIDE_STEP * c, goal)
        else:  # corner 00, 01, 10, 11, seen from the other three elements around it
            k = z - 4
            a, b = 2 * (k >> 1) - 1, 2 * (k & 1) - 1
            load_element(lattice, potential, marks, (i, j + b), desk[1])
            load_element(lattice, potential, marks, (i + a, j), desk[2])
            load_element(lattice, potential, marks, (i + a, j + b), desk[3])
            slots[0], slots[1], slots[2], slots[3] = k, k ^ 1, k ^ 2, k ^ 3
            at = node_at(potential, i + (k >> 1), j + (k & 1))
            potential.cells[at] += improve(desk, slots, 4, NODE_STEP * c, goal)


@kernel
def repair_rows(
    lattice: Lattice,
    potential: Potential,
    marks: Marks,
    rows: tuple[int, int],
    goal: float,
    spaces: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
) -> None:
    """One pass over the live elements of some rows whose stretch is above `goal`."""
    work, desk, slots = spaces
    for i in range(rows[0], rows[1]):
        first = marks.span[i, 0]
        count = marks.span[i, 1] - first
        if count <= 0:
            continue
        stretch_row(lattice, potential, marks.kind[i], (np.int64(i), first, count), work)
        for k in range(count):
            j = first + k
            if marks.kind[i, j] == LIVE and work[9, k] > goal:
                repair_element(lattice, potential, marks, (np.int64(i), j), goal * goal, desk, slots)


def repair(
    lattice: Lattice,
    potential: Potential,
    marks: Marks,
    *,
    goal: float,
    middle: int,
    work: NDArray[np.float64],
    pool: Executor,
) -> None:
    """Lower the stretches above a goal, one pass.

    Parameters
    ----------
    lattice
        The elements.
    potential
        What to repair, in place.
    marks
        Which elements are live.
    goal
        Stretch that is good enough.
    middle
        Row of elements at which the work is divided.
    work
        Space for two threads, (2, WORK_ROWS, nodes in a row).
    pool
        Threads that share it.
    """
    # A row of elements moves its own nodes and reads one row more on either side: the parts must lie apart.
    low, high = max(0, middle - SEAM), min(len(marks.kind), middle + SEAM)
    parts = (0, low), (high, len(marks.kind)), (low, high)
    spaces = [(row, np.zeros((4, DESK)), np.zeros(4, np.int64)) for row in work]
    list(pool.map(lambda k: repair_rows(lattice, potential, marks, parts[k], goal, spaces[k]), (0, 1)))
    repair_rows(lattice, potential, marks, parts[2], goal, spaces[0])
