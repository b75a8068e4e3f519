"""The search for a bound, level by level: solve, test, repair, prune, refine."""

from __future__ import annotations

import logging
import math
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.errors import ResourceError
from routing.geodesic.elements import LIVE, Potential
from routing.geodesic.ground import Ground, Sources, prepare
from routing.geodesic.potential import (
    FUZZ,
    Scale,
    element_range,
    make_potential,
    mix,
    node_costs,
    rescale,
    scaled,
)
from routing.geodesic.pruning import prune
from routing.geodesic.pyramid import Level, Tube, first_tube, levels, next_tube
from routing.geodesic.repair import repair

__all__ = ["Search"]

log = logging.getLogger(__name__)

PASSES = 3  # most repairs of a level, two passes each
AIM = 0.8  # share of the gap that a stretch may exceed 1 by without being repaired
FURTHER = 0.7  # of that in a second pass
GAIN = 0.1  # share of the gap that a repair must close to be followed by another
BLOCK_LOSS = 0.4  # expected gap of the first level without blocks, in that of the last with them
STALL = 0.97  # a level of parts of cells that leaves more of the gap than this is the last
LEAN = 0.8  # share of the mean field that is added to half the difference to see what lies off the path
CAP = 1.1  # prices, up to which fields are used
LEVEL_STEPS = 2.0  # width of a level in sides of an element at the least cost
PRICE_NOISE = 1e-9  # relative; an evaluated price is a sum of positive terms, wrong by far less


@dataclass(frozen=True)
class Pair:
    """Two potentials on a tube with the ends in node coordinates."""

    tube: Tube
    cost: NDArray[np.float64]
    ends: NDArray[np.float64]
    one: Potential
    two: Potential
    width: float
    pool: Executor

    def scale(self, potential: Potential) -> Scale:
        """Scale that makes a potential admissible on the tube."""
        tube = self.tube
        return rescale(tube.lattice, potential, tube.marks, width=self.width, middle=tube.middle, pool=self.pool)

    def repair(self, potential: Potential, goal: float) -> None:
        """Lower the stretches of a potential towards a goal."""
        tube = self.tube
        repair(tube.lattice, potential, tube.marks, self.cost, goal=goal, middle=tube.middle, pool=self.pool)

    def value(self, potential: Potential, end: int, *, above: bool) -> float:
        """Number not below (not above) a potential at an end; infinite if the end is not in the tube."""
        at = self.ends[end]
        rows, cols = self.tube.marks.shape
        i, j = math.floor(at[0]), math.floor(at[1])
        if i == at[0] and j == at[1] and 0 <= i <= rows and 0 <= j <= cols:
            return float(potential.u[i, j])
        best = np.inf if above else -np.inf
        for a in (i - 1, i) if i == at[0] else (i,):
            for b in (j - 1, j) if j == at[1] else (j,):
                if 0 <= a < rows and 0 <= b < cols and self.tube.marks[a, b] == LIVE:
                    low, high = element_range(potential, a, b)
                    best = min(best, high) if above else max(best, low)
        return best

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
        self._pool = pool
        self._free = int(ground.free_mask().sum())
        away = (ends[1] - ends[0]) * (1.0, float(ground.plane.aspect.min()))
        self.bound = ground.lowest * float(np.hypot(*away)) * (1.0 - PRICE_NOISE)  # a straight line at the least cost
        self.kept = 1.0
        self.used = 0

    def run(self, most: int) -> None:
        """Refine until the gap is small enough, a level would need more than `most` elements, or nothing is gained."""
        tube: Tube | None = None
        for level in levels(self._ground):
            before = self._gap()
            if before <= self._tolerance:
                return
            if level.shape[0] * level.shape[1] > most and tube is None:
                continue
            tube = first_tube(level) if tube is None else next_tube(level, tube, most=most)
            if tube is None:
                return
            try:
                tube = self._work(level, tube)
            except ResourceError:  # the machine's memory is a budget too
                return
            self.used += 1
            log.debug("block %d, parts %d: gap %.4g, kept %.3g", level.block, level.fine, self._gap(), self.kept)
            if tube.count == 0 or (level.fine > 2 and self._gap() > STALL * before):
                return

    def _gap(self) -> float:
        return self._price / self.bound - 1.0 if self.bound > 0.0 else np.inf

    def _claim(self, bound: float) -> None:
        # Paths dearer than the price are not looked at.
        self.bound = max(self.bound, min(bound, self._price))

    def _work(self, level: Level, tube: Tube) -> Tube:
        """One level: fields, repair, pruning; returns what is left of the tube."""
        before = self._gap()
        pair = self._solve(level, tube)
        mix(pair.two, pair.one, 0.5, 0.5)  # one = half the difference, two = half the sum
        if level.block == 1:  # the bounds of blocks are poor for their least costs, not for their fields
            self._repair(pair, before * (BLOCK_LOSS if level.fine == 1 else 1.0))
            if self._gap() <= self._tolerance:
                return tube
        tube = self._prune(level, pair)
        if tube.count and level.block == 1:
            mix(pair.two, pair.one, 0.5, 0.5)
            self._claim(pair.rise(pair.one, pair.scale(pair.one), 0))
        return tube

    def _solve(self, level: Level, tube: Tube) -> Pair:
        """Fields of both ends on a tube and its margin."""
        lattice = tube.lattice
        cost = np.empty(tube.shape)
        node_costs(lattice, tube.marks, cost)
        ends = self._ends * level.fine / level.block - (lattice.top, lattice.left)
        rows = (np.arange(tube.shape[0]) + lattice.top) / level.fine
        aspect = np.interp(rows, np.arange(len(level.aspect)), level.aspect)
        ground = prepare(cost, (1.0, aspect), memory_limit=None)
        one, two = self._pool.map(lambda end: make_potential(lattice, cost, self._field(ground, end)), ends)
        return Pair(tube, cost, ends, one, two, LEVEL_STEPS * lattice.step * self._ground.lowest, self._pool)

    def _field(self, ground: Ground, end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Prices from an end at the nodes of a tube, no more than needed. Nothing is claimed of them."""
        from routing.geodesic.line import PAD
        from routing.geodesic.marching import march

        source = Sources(end[None] + PAD, np.zeros(1))
        found = march(ground, source, np.empty((0, 2)), spare=[], method="double")
        prices = found.cells[::2].reshape(-1, ground.plane.width)[PAD:-PAD, PAD:-PAD] * found.width
        return np.minimum(prices, CAP * self._price)

    def _repair(self, pair: Pair, expected: float) -> None:
        """Claim what half the difference proves, repaired as long as that pays; `expected` is a guess of its gap."""
        goal = AIM * expected
        before = np.inf
        for _ in range(PASSES):
            if goal < AIM:
                pair.repair(pair.one, 1.0 + goal)
                pair.repair(pair.one, 1.0 + FURTHER * goal)
            rise = pair.rise(pair.one, pair.scale(pair.one), 0)
            self._claim(rise)
            gap = self._price / rise - 1.0 if rise > 0.0 else np.inf
            if not self._tolerance < gap < (1.0 - GAIN) * before:
                return
            before, goal = gap, AIM * gap

    def _prune(self, level: Level, pair: Pair) -> Tube:
        """Drop what lies too far off; leaves potentials that grow away from one and from the other end."""
        mix(pair.one, pair.two, 1.0, LEAN)
        sides = []
        for start, potential in enumerate((pair.one, pair.two)):
            scale = pair.scale(potential)
            self._claim(pair.rise(potential, scale, start))
            sides.append((potential, scale, pair.base(potential, scale, start)))
        marks = pair.tube.marks
        count = int(prune(sides[0], sides[1], self._price * (1.0 + PRICE_NOISE), marks))
        if count == 0:  # no path of that price exists
            self._claim(self._price)
        self.kept = min(self.kept, count * (level.block / level.fine) ** 2 / self._free)
        return Tube(pair.tube.lattice, marks, count)
