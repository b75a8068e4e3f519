"""Landings and candidate junctions with the price of cable between each two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.geodesic import CostGrid
    from routing.network.trunk.problem import TrunkProblem

__all__ = ["Cable", "Candidates", "candidates_of"]

APART = 0.02  # cells: two junctions nearer than this are one candidate
JUNCTION = -1


@dataclass(frozen=True, order=True)
class Cable:
    """One cable between two candidates, from the side of group 0 outwards.

    Attributes
    ----------
    near, far
        Places, by number.
    subset
        Groups beyond the far end, as bits.
    price_usd
        Of the cable alone.
    """

    near: int
    far: int
    subset: int
    price_usd: float


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places among which the solver chooses.

    Attributes
    ----------
    problem
        What is to be joined.
    points
        Row, col, (v, 2): the landings group by group, then the junctions.
    owner
        Group of each, -1 for a junction, (v,).
    own_usd
        Price of using each: of the landing, or of a branching unit, (v,).
    kind
        By subset of the groups, which of `cable_usd` is its cable's.
    cable_usd
        Price between each two by each distinct raster, (kinds, v, v); inf to itself.
    """

    problem: TrunkProblem
    points: NDArray[np.float64]
    owner: NDArray[np.int64]
    own_usd: NDArray[np.float64]
    kind: dict[int, int]
    cable_usd: NDArray[np.float64]

    def cables(self, subset: int) -> NDArray[np.float64]:
        """Price between each two of the cable that separates a subset of the groups from the others."""
        return np.asarray(self.cable_usd[self.kind[subset]])

    def with_prices(self, cables: Sequence[Cable], prices_usd: Sequence[float]) -> Candidates:
        """The same with exact prices of some cables in place of those by fields."""
        cable = self.cable_usd.copy()
        for one, price in zip(cables, prices_usd, strict=True):
            kind = self.kind[one.subset]
            cable[kind, one.near, one.far] = cable[kind, one.far, one.near] = price
        return replace(self, cable_usd=cable)

    def with_junctions(self, places: NDArray[np.float64], *, threads: int) -> Candidates:
        """Candidates with more junctions; those that are there already, or lie on a landing, are left out."""
        known = self.points
        for place in places:
            if np.hypot(*(known - place).T).min() > APART:
                known = np.concatenate([known, place[None]])
        return self._grown(known, threads=threads)

    def _grown(self, points: NDArray[np.float64], *, threads: int) -> Candidates:
        old, n = len(self.points), len(points)
        if n == old:
            return self
        cable = np.full((len(self.cable_usd), n, n), np.inf)
        cable[:, :old, :old] = self.cable_usd
        grids = _distinct(self.problem)
        work = [(kind, k) for kind in range(len(grids)) for k in range(old, n)]
        with ThreadPoolExecutor(threads) as pool:
            rows = pool.map(lambda job: _prices(grids[job[0]], points[job[1]], points[: job[1]]), work)
            for (kind, k), prices in zip(work, rows, strict=True):
                cable[kind, k, :k] = cable[kind, :k, k] = prices
        owner = np.concatenate([self.owner, np.full(n - old, JUNCTION)])
        own = np.concatenate([self.own_usd, np.full(n - old, self.problem.branching_usd)])
        return Candidates(self.problem, points, owner, own, self.kind, cable)


def candidates_of(problem: TrunkProblem, *, threads: int) -> Candidates:
    """The landings alone."""
    grids = _distinct(problem)
    place = {id(grid): k for k, grid in enumerate(grids)}
    kind = {subset: place[id(grid)] for subset, grid in problem.grids.items()}
    nowhere = Candidates(
        problem, np.empty((0, 2)), np.empty(0, np.int64), np.empty(0), kind, np.empty((len(grids), 0, 0))
    )
    points = np.concatenate([group.nodes for group in problem.groups]).astype(np.float64)
    grown = nowhere._grown(points, threads=threads)  # noqa: SLF001 (same module)
    owner = np.repeat(np.arange(len(problem.groups)), [len(group.nodes) for group in problem.groups])
    own = np.concatenate([group.prices_usd for group in problem.groups])
    return Candidates(problem, points, owner, own, kind, grown.cable_usd)


def _distinct(problem: TrunkProblem) -> list[CostGrid]:
    return list({id(grid): grid for grid in problem.grids.values()}.values())


def _prices(grid: CostGrid, source: NDArray[np.float64], ends: NDArray[np.float64]) -> list[float]:
    """Price from a place to others by one field."""
    if not len(ends):
        return []
    field = grid.field(source, targets=ends)
    return [field.value_at(end) for end in ends]
