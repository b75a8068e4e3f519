"""The search for a bound, level by level: solve, test, repair, prune, refine."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.elements import LIVE, Potential, element_range, node_at
from routing.geodesic.ground import Ground
from routing.geodesic.potential import level_stretches, mix, rescale
from routing.geodesic.pruning import Scale, prune, scaled
from routing.geodesic.pyramid import Level, Tube, first_tube, next_tube
from routing.geodesic.repair import repair
from routing.geodesic.waves import Memory, wave

__all__ = ["Pair", "Search"]

log = logging.getLogger(__name__)

ROUNDS = 4  # most repairs of a level, two passes each
AIMS = (0.6, 0.4)  # shares of the gap that a stretch may exceed 1 by without being repaired
ENOUGH = 0.6  # tolerances; what is stretched by less more than 1 is not repaired
MOST_STRETCH = 0.5  # above 1; what is stretched more is not worth repairing
NEARLY = 1.4  # tolerances; a gap above that is left to smaller elements
ROOM = 3e-9  # relative; above the wanted bound, for what the last operations take off
STALL = 0.97  # a level of parts of cells that leaves more of the gap than this is the last
LEAN = 0.8  # share of the mean field that is added to half the difference to see what lies off the path
CAP = 1.1  # prices, up to which fields are used
REACH = 1.2  # prices, up to which the rise of a potential matters
LEVEL_STEPS = 2.0  # width of a level in sides of an element at the least cost
PRICE_NOISE = 1e-9  # relative; an evaluated price is a sum of positive terms, wrong by far less
FUZZ = 1e-10  # share of the whole scale by which a sum of so many quotients may be wrong: 200,000 * 2**-53 = 2.2e-11


@dataclass(frozen=True)
class Pair:
    """Two potentials on a tube with the ends in node coordinates."""

    tube: Tube
    ends: NDArray[np.float64]
    one: Potential
    two: Potential
    step: float  # wanted width of a level
    reach: float  # rise of a potential that matters
    work: NDArray[np.float64]
    pool: Executor

    def mix(self, one: Potential, two: Potential, a: float, b: float) -> None:
        """Replace u, v by a u + b v, b v - a u."""
        marks, middle = self.tube.marks, self.tube.middle
        parts = (0, middle), (middle, len(marks.kind) + 1)
        list(self.pool.map(lambda rows: mix(one, two, a, b, marks, rows), parts))

    def halve(self) -> None:
        """Replace the two potentials by half their difference, half their sum."""
        self.mix(self.two, self.one, 0.5, 0.5)

    def lean(self, share: float) -> None:
        """Replace half the difference w, half the sum m by share m + w, share m - w; `halve` gives w, share m."""
        self.mix(self.one, self.two, 1.0, share)

    def scale(self, potential: Potential, start: int) -> Scale:
        """Scale that makes a potential admissible, from its value at an end up to what matters."""
        low = self.value(potential, start, above=True)
        middle = self.tube.middle
        rows = (0, middle), (middle, len(self.tube.marks.kind))
        return rescale(
            (low, low + self.reach, self.step),
            lambda half, levels, worst: self.raise_levels(potential, rows[half], levels, worst, self.work[half]),
            self.pool,
        )

    def raise_levels(
        self,
        potential: Potential,
        rows: tuple[int, int],
        levels: tuple[float, float],
        worst: NDArray[np.float64],
        work: NDArray[np.float64],
    ) -> None:
        """Raise the stretch of each level to that of the live elements of some rows that meet it."""
        level_stretches(self.tube.lattice, potential, self.tube.marks, rows, levels, worst, work)

    def repair(self, potential: Potential, goal: float) -> None:
        """Lower the stretches of a potential towards a goal."""
        tube = self.tube
        repair(tube.lattice, potential, tube.marks, goal=goal, middle=tube.middle, work=self.work, pool=self.pool)

    def prune(self, one: tuple[Potential, Scale, float], two: tuple[Potential, Scale, float], price: float) -> Tube:
        """Tube without what no path of at most `price` can touch."""
        marks, middle = self.tube.marks, self.tube.middle
        parts = (0, middle), (middle, len(marks.kind))
        list(self.pool.map(lambda rows: prune(one, two, price, marks, rows), parts))
        return Tube.of(self.tube.lattice, marks)

    def value(self, potential: Potential, end: int, *, above: bool) -> float:
        """Number not below (not above) a potential at an end; infinite if the end is not in the tube."""
        at = self.ends[end]
        rows, cols = self.tube.marks.kind.shape
        i, j = math.floor(at[0]), math.floor(at[1])
        best = np.inf if above else -np.inf
        for a in (i - 1, i) if i == at[0] else (i,):
            for b in (j - 1, j) if j == at[1] else (j,):
                if 0 <= a < rows and 0 <= b < cols and self.tube.marks.kind[a, b] == LIVE:
                    if i == at[0] and j == at[1]:
                        return float(potential.cells[node_at(potential, i, j)])
                    low, high = element_range(potential, a, b)
                    best = min(best, high) if above else max(best, low)
        return float(best)

    def rise(self, potential: Potential, scale: Scale, start: int) -> float:
        """Proven price of the way from one end to the other."""
        low = scaled(scale, self.value(potential, 1 - start, above=False))
        return low - self.base(potential, scale, start)

    def base(self, potential: Potential, scale: Scale, start: int) -> float:
        """Number not below psi at an end, with what sums may be wrong by."""
        return scaled(scale, self.value(potential, start, above=True)) + FUZZ * float(scale.psi[-1])


class Search:
    """Bounds for one pair of ends.

    Parameters
    ----------
    ground
        The raster.
    ends
        Padded points, (2, 2).
    price
        Price of an admissible path in row spacings.
    tolerance
        Gap at which to stop.
    pool
        Threads to use; the answer does not depend on their number.

    Attributes
    ----------
    bound
        Proven lower bound in row spacings.
    kept
        Share of the free cells in the last tube.
    used
        Number of levels used.
    """

    def __init__(
        self, ground: Ground, ends: NDArray[np.float64], price: float, *, tolerance: float, pool: Executor
    ) -> None:
        self._ground = ground
        self._ends = ends
        self._price = price
        self._tolerance = tolerance
        self._goal = price / (1.0 + tolerance) * (1.0 + ROOM)  # what is to be proven
        self._pool = pool
        self._memory: tuple[Memory, Memory]
        self._free = int(ground.free_mask().sum())
        away = (ends[1] - ends[0]) * (1.0, float(ground.plane.aspect.min()))
        self.bound = ground.lowest * float(np.hypot(*away)) * (1.0 - PRICE_NOISE)  # a straight line at the least cost
        self.kept = 1.0
        self.used = 0

    def run(self, sizes: Sequence[Level], most: int, memory: tuple[Memory, Memory]) -> None:
        """Refine until the gap is small enough, a level would need more than `most` elements, or nothing is gained.

        `sizes` are the levels of the raster, coarse ones first; `memory` is used, one for each end.
        """
        self._memory = memory
        tube: Tube | None = None
        for level in sizes:
            before = self._gap()
            if before <= self._tolerance:
                return
            if level.shape[0] * level.shape[1] > most and tube is None:
                continue
            tube = first_tube(level) if tube is None else next_tube(level, tube, most=most)
            if tube is None:
                return
            tube = self._work(level, tube)
            self.used += 1
            log.debug("block %d, parts %d: gap %.4g, kept %.3g", level.block, level.fine, self._gap(), self.kept)
            if tube.count == 0 or (level.fine > 2 and self._gap() > STALL * before):
                return

    def _gap(self) -> float:
        return self._price / self.bound - 1.0 if self.bound > 0.0 else np.inf

    def _claim(self, bound: float) -> None:
        # Paths dearer than the goal are not looked at.
        self.bound = max(self.bound, min(bound, self._goal))

    def _work(self, level: Level, tube: Tube) -> Tube:
        """One level: fields, pruning, repair; returns what is left of the tube."""
        pair = self._solve(level, tube)
        pair.halve()
        if level.block > 1:  # the bounds of blocks are poor for their least costs, not for their fields
            return self._prune(level, pair, LEAN).tube
        gap = self._try(pair)
        if gap <= self._tolerance:
            return tube
        pair = self._prune(level, pair, LEAN)
        if pair.tube.count == 0:
            return pair.tube
        pair.halve()
        for _ in range(ROUNDS):
            for aim in AIMS:
                goal = max(aim * gap, ENOUGH * self._tolerance)
                if goal < MOST_STRETCH:
                    pair.repair(pair.one, 1.0 + goal)
            gap = self._try(pair)
            if not self._tolerance < gap < NEARLY * self._tolerance:
                break
        return pair.tube if gap <= self._tolerance else self._prune(level, pair, 1.0).tube

    def _try(self, pair: Pair) -> float:
        """Claim what half the difference proves; returns its gap."""
        rise = pair.rise(pair.one, pair.scale(pair.one, 0), 0)
        self._claim(rise)
        return self._price / rise - 1.0 if rise > 0.0 else np.inf

    def _solve(self, level: Level, tube: Tube) -> Pair:
        """Fields of both ends on a tube and its margin."""
        lattice = tube.lattice
        ends = self._ends * level.fine / level.block - (lattice.top, lattice.left)
        one, two = self._pool.map(lambda k: self._field(tube, ends[k], self._memory[k]), (0, 1))
        work = np.stack([memory.work for memory in self._memory])
        step = LEVEL_STEPS * lattice.step * self._ground.lowest
        return Pair(tube, ends, one, two, step, REACH * self._price, work, self._pool)

    def _field(self, tube: Tube, end: NDArray[np.float64], memory: Memory) -> Potential:
        return wave(self._ground, tube, end, cap=CAP * self._price, memory=memory)

    def _prune(self, level: Level, pair: Pair, share: float) -> Pair:
        """Drop what lies too far off; leaves potentials that grow away from one and from the other end."""
        pair.lean(share)
        sides = []
        for start, potential in enumerate((pair.one, pair.two)):
            scale = pair.scale(potential, start)
            self._claim(pair.rise(potential, scale, start))
            sides.append((potential, scale, pair.base(potential, scale, start)))
        tube = pair.prune(sides[0], sides[1], self._goal * (1.0 + PRICE_NOISE))
        if tube.count == 0:  # no path of that price exists
            self._claim(self._goal)
        self.kept = min(self.kept, tube.count * (level.block / level.fine) ** 2 / self._free)
        return replace(pair, tube=tube)
