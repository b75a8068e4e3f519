"""Fields that no price undercuts: proven lower bounds on the way from sources to every place at once.

A certificate proves the price of one way between two known ends. A tree, or two routes that keep
apart, has places that are not known beforehand; what is wanted there is a bound for
all places together. A field of prices is nearly one. Where it is too steep for its raster, the cost that it is
solved with is relieved a little, only there, and it is solved again until nothing is too steep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.elements import Potential, potential_in
from routing.geodesic.line import PAD
from routing.geodesic.marching import FAR64, WIDEN, _field_solver, _new_front, _run
from routing.geodesic.potential import level_stretches, load_nodes, settle
from routing.geodesic.pruning import Marks, Scale, scaled
from routing.geodesic.pyramid import Tube
from routing.geodesic.steepness import (
    floors_of,
    load_starts,
    lower_starts,
    mark_cells,
    relieve,
    spread_starts,
    values_of,
)
from routing.geodesic.waves import EVERYTHING, Memory, shell_in

if TYPE_CHECKING:
    from routing.geodesic.ground import Ground
    from routing.geodesic.pyramid import Level

__all__ = ["Minorant", "minorant"]

STEEP = 2e-3  # stretch above 1 that is left everywhere: the bound pays it once
GENTLE, GENTLE_ROUNDS = 0.5, 3  # power of the stretch that costs are first divided by, so as not to overshoot
MOST_ROUNDS = 12  # twice as many gain a tenth of the gap, two thirds lose as much
LEVELS = 20_000  # of the scale that pays for what is still too steep
FUZZ = 1e-10  # share of the whole scale that sums and quotients may be wrong by: docs/certificate.md, section 4
NOWHERE = 1e30  # price of what is not reached: costs are refused from there on
PASSED = 1e-6  # share of a floor by which it may be passed before the whole bound is moved
SHRINK = 1.0 - 1e-9  # for the last operations, and for ways that graze an exclusion within the evaluator's tolerance


@dataclass(frozen=True)
class Minorant:
    """A proven lower bound on the price of every way from some sources to every cell.

    Attributes
    ----------
    value
        At cell centres, (rows, cols): no way from a source costs less, its start price included; inf where nothing is
        claimed because no way was looked at.
    floor
        The same for every point of each closed cell.
    rounds
        Fields that were solved.
    """

    value: NDArray[np.float64]
    floor: NDArray[np.float64]
    rounds: int


@dataclass(frozen=True)
class Task:
    """What is to be bounded, in row spacings.

    Attributes
    ----------
    ground
        The raster.
    tube
        The elements that matter.
    starts
        Start price of each node above the least one; inf where none.
    floors
        What the bound may not pass anywhere in a cell, (rows, cols); None: the starts alone.
    memory
        Arrays for the solver.
    """

    ground: Ground
    tube: Tube
    starts: NDArray[np.float64]
    floors: NDArray[np.float64] | None
    memory: Memory = field(default_factory=Memory)


def minorant(  # noqa: PLR0913  (each says one thing of the bound)
    ground: Ground,
    level: Level,
    prices: NDArray[np.float64],
    *,
    whole: bool = False,
    within: NDArray[np.bool_] | None = None,
    rounds: int = MOST_ROUNDS,
) -> Minorant:
    """Prove lower bounds for all cells at once.

    Parameters
    ----------
    ground
        The raster.
    level
        Its elements, two or more to a side of a cell.
    prices
        Start price at each cell centre, (rows, cols), not negative, inf where nothing starts.
    whole
        Whether they hold for every point of a cell, not for its centre alone.
    within
        Cells that matter, (rows, cols); None: all. Ways that leave them are not looked at.
    rounds
        Most fields that are solved, 1 or more.

    Returns
    -------
    found
        The bound.

    Notes
    -----
    Let u be a potential on the live elements with |grad u| <= R(u) c and R >= 1, and psi(t) the integral of 1 / R
    from the least start on (theorem 2 of ``docs/certificate.md``). Along a way from y, psi(u) rises by no more than its
    price; psi(u(y)) is at most u(y), and that at most the start price at y. So psi(u) is a bound everywhere.
    """
    inside = np.ones(prices.shape, np.bool_) if within is None else within
    tube = _tube(level, inside)
    least = float(prices.min(initial=np.inf, where=inside))
    if tube.count == 0 or not least < np.inf:
        nowhere = np.full(prices.shape, np.inf)
        return Minorant(nowhere, nowhere, 0)
    given = (prices - least) / ground.unit
    starts = np.full(tube.shape, np.inf)
    spread_starts(tube.lattice, tube.marks, given, int(whole), starts)
    task = Task(ground, tube, starts, given if whole else None)
    potential, solved = _tame(task, rounds)
    value, floor = (least + ground.unit * SHRINK * cells for cells in _read(task, potential, prices.shape))
    return Minorant(value, floor, solved)


def _tube(level: Level, within: NDArray[np.bool_]) -> Tube:
    """The free elements of some cells, in the box around them."""
    rows, cols = np.flatnonzero(within.any(axis=1)), np.flatnonzero(within.any(axis=0))
    if not len(rows):
        rows = cols = np.zeros(1, np.intp)
    half = level.fine // 2
    top, left = ((int(first[0]) + PAD) * level.fine - half for first in (rows, cols))
    shape = tuple((int(found[-1]) - int(found[0]) + 1) * level.fine for found in (rows, cols))
    lattice = level.lattice(top, left)
    marks = Marks(np.empty(shape, np.uint8), np.empty((shape[0], 2), np.int64))
    mark_cells(lattice, within, marks)
    return Tube.of(lattice, marks)


def _tame(task: Task, most: int) -> tuple[Potential, int]:
    """A field that is nowhere too steep, or hardly anywhere, and the number of fields that it took."""
    tube, relief, worst = task.tube, np.ones(task.tube.shape), np.empty(task.tube.shape)
    lattice, marks = tube.lattice, tube.marks
    allowed = PASSED * (
        0.0 if task.floors is None else float(np.max(task.floors, where=task.floors < np.inf, initial=0))
    )
    rounds, steep, over = 0, 1, 0.0
    while rounds < most and (steep or over > allowed):
        potential = _solve(task, relief)
        rounds += 1
        power = GENTLE if rounds <= GENTLE_ROUNDS else 1.0
        steep = relieve(lattice, potential, marks, (1.0 + STEEP, power), worst, relief, task.memory.work)
        if task.floors is not None:
            over = lower_starts(lattice, potential, marks, task.floors, task.starts)
    return potential, rounds


def _solve(task: Task, relief: NDArray[np.float64]) -> Potential:
    """Field from the starts at relieved costs."""
    ground, tube, memory = task.ground, task.tube, task.memory
    lattice = tube.lattice
    shell, cells, width = shell_in(memory, ground, tube)
    stride = shell.plane.width
    while True:
        cells[:] = np.inf  # beyond the spans too, where seeds are looked for
        load_nodes(lattice, tube.marks, stride, 1.0 / width, FAR64, cells)
        load_starts(relief, task.starts, 1.0 / width, stride, cells)
        seeds = np.flatnonzero(cells[::2] < FAR64)
        _, ended = _run(_field_solver(shell, cells, seeds, EVERYTHING), _new_front(shell, cells, width, seeds))
        if ended == "done":
            break
        width *= WIDEN
    potential = potential_in(cells, stride)
    settle(lattice, tube.marks, potential, (width, FAR64, NOWHERE), memory.work)
    return potential


def _read(task: Task, potential: Potential, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a potential proves at the centres and in the whole of the cells, in row spacings above the least start."""
    lattice, marks = task.tube.lattice, task.tube.marks
    scale = _scale(task, potential)
    over = 0.0 if task.floors is None else lower_starts(lattice, potential, marks, task.floors, task.starts)
    base = scaled(scale, 0.0) + FUZZ * float(scale.psi[-1]) + over
    value, floor = np.empty(shape), np.empty(shape)
    values_of(lattice, potential, marks, scale, base, value)
    floors_of(lattice, potential, marks, scale, base, floor)
    return value, floor


def _scale(task: Task, potential: Potential) -> Scale:
    """Scale that makes a potential admissible; never steeper than 1, so that no start is passed."""
    tube = task.tube
    prices = potential.cells[::2].reshape(-1, potential.stride)[PAD:-PAD, PAD:-PAD]
    reached = prices[prices < NOWHERE]
    high = float(reached.max(initial=0.0)) * (1.0 + 1e-6) + 1e-300
    width = high / LEVELS
    worst = np.full(LEVELS, 1.0)
    rows = 0, len(tube.marks.kind)
    level_stretches(tube.lattice, potential, tube.marks, rows, (0.0, width), worst, task.memory.work)
    return Scale(0.0, width, np.append(0.0, np.cumsum(width / worst)))
