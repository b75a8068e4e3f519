"""Fields of both ends on the nodes of a tube: raw material of a potential. Nothing is claimed of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.elements import Potential, potential_in
from routing.geodesic.front import STOP
from routing.geodesic.ground import Ground, Sources
from routing.geodesic.line import PAD, Plane
from routing.geodesic.marching import FAR32, FAR64, WIDEN, _bucket_width, _field_solver, _new_front, _run, _seed
from routing.geodesic.potential import WORK_ROWS, load_nodes, settle
from routing.geodesic.pruning import Marks
from routing.geodesic.pyramid import Tube

__all__ = ["EVERYTHING", "Memory", "shell_in", "wave"]

EVERYTHING = (np.empty(0, np.uint32), 1 << 60)  # no target to stop at
NEAR = 16  # nodes round an end within which its first prices are sought


@dataclass
class Memory:
    """Arrays of one thread, kept from one level to the next: memory that was touched once is cheap."""

    cells: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    work: NDArray[np.float64] = field(default_factory=lambda: np.empty((WORK_ROWS, 0)))

    def fit(self, shape: tuple[int, int]) -> None:
        """Make room for so many rows and columns of nodes."""
        size = 2 * (shape[0] + 2 * PAD) * (shape[1] + 2 * PAD)
        if self.cells.size < size:
            self.cells = np.empty(size)
        if self.work.shape[1] < shape[1]:
            self.work = np.empty((WORK_ROWS, shape[1]))


def shell_in(memory: Memory, ground: Ground, tube: Tube) -> tuple[Ground, NDArray[np.float64], float]:
    """What the solver takes for a raster on the nodes of a tube: its ground, its array of cells, its bucket width."""
    memory.fit(tube.shape)
    lattice = tube.lattice
    stride = tube.shape[1] + 2 * PAD
    cells = memory.cells[: 2 * (tube.shape[0] + 2 * PAD) * stride]
    rows = (np.arange(-PAD, tube.shape[0] + PAD) + lattice.top) / (1 << lattice.shift)
    aspect = np.interp(rows, np.arange(len(lattice.aspect)), lattice.aspect)
    shell = replace(ground, highest=ground.highest * lattice.step, plane=Plane(cells[1::2], stride, aspect), parts=1)
    return shell, cells, _bucket_width(ground) * lattice.step


def wave(ground: Ground, tube: Tube, end: NDArray[np.float64], *, cap: float, memory: Memory) -> Potential:
    """Prices from an end at the nodes of a tube.

    Parameters
    ----------
    ground
        The raster, for the range of its costs.
    tube
        Where to solve.
    end
        Node coordinates, (2,).
    cap
        Price beyond which prices do not matter.
    memory
        Arrays to use; the potential lies in them.

    Returns
    -------
    potential
        Values up to `cap` and the bulges that suit them.
    """
    lattice = tube.lattice
    shell, cells, width = shell_in(memory, ground, tube)
    stride = shell.plane.width
    while True:
        load_nodes(lattice, tube.marks, stride, 1.0 / width, FAR64, cells)
        seeds, frozen = _seed_end(shell, cells, tube.marks, end, width)
        kept = cells[2 * frozen + 1].copy()
        cells[2 * frozen + 1] = np.inf
        front = _new_front(shell, cells, width, seeds)
        front.state[STOP] = math.ceil(cap / width) + 1
        _, ended = _run(_field_solver(shell, cells, seeds, EVERYTHING), front)
        cells[2 * frozen + 1] = kept
        if ended in {"done", "reached"}:
            break
        width *= WIDEN
    potential = potential_in(cells, stride)
    settle(lattice, tube.marks, potential, (width, FAR64, cap), memory.work)
    return potential


def _seed_end(
    shell: Ground, cells: NDArray[np.float64], marks: Marks, end: NDArray[np.float64], width: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Price the nodes round an end by straight rays: sorted nodes, those whose price is final."""
    _, stride, aspect = shell.plane
    top, left = (max(0, round(x) - NEAR) for x in end.tolist())
    near = marks.kind[max(0, top - 1) : top + 2 * NEAR + 1, max(0, left - 1) : left + 2 * NEAR + 1] > 0
    corners = np.pad(near, ((top == 0, 1), (left == 0, 1)))
    ready = corners[:-1, :-1] | corners[:-1, 1:] | corners[1:, :-1] | corners[1:, 1:]  # nodes of marked elements
    if not ready.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows, cols = ready.shape
    whole = cells.reshape(-1, stride, 2)[top + PAD : top + PAD + rows, left + PAD : left + PAD + cols, 1]
    # In single precision, as paths are seeded: one compiled kernel serves both.
    cost = np.full((rows + 2 * PAD, cols + 2 * PAD), np.inf, np.float32)
    cost[PAD:-PAD, PAD:-PAD][ready] = whole[ready] * width  # elsewhere it is whatever the memory held
    local = np.stack([np.full(cost.size, FAR32, np.float32), cost.ravel()], axis=1).ravel()
    plane = Plane(cost.ravel(), cost.shape[1], np.pad(aspect[top + PAD : top + PAD + rows], PAD, mode="edge"))
    source = Sources(end[None] + (PAD - top, PAD - left), np.zeros(1))
    seeds, _, frozen = _seed(replace(shell, plane=plane), source, local, width)
    found, fixed = ((v // cost.shape[1] + top) * stride + v % cost.shape[1] + left for v in (seeds, frozen))
    cells[2 * found] = local[2 * seeds]
    return found, fixed
