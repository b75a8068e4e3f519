"""A raster on which trees are weighed: what cables cost from everywhere, and where the landings are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.geodesic import CostGrid
    from routing.network.trunk.problem import TrunkProblem

__all__ = ["Chart", "chart_of"]

STEPS = tuple((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)
SAME = 1e-6  # of the price so far: nearer, two prices held in single precision are one


@dataclass(frozen=True, eq=False)
class Chart:
    """One raster for each price of cable, and the landings on it.

    Attributes
    ----------
    problem
        What is to be joined.
    block
        Cells of the problem's raster per side of a cell of the chart.
    shape
        Rows and columns of the chart.
    grids
        By the groups that a cable separates from the others.
    landings
        Of each group, the cells of its candidates, flat.
    prices_usd
        Of each group, the prices of its candidates.
    leaves
        Of each group, the price from its cheapest candidate, its own price included, flat.
    """

    problem: TrunkProblem
    block: int
    shape: tuple[int, int]
    grids: dict[int, CostGrid]
    landings: tuple[NDArray[np.int64], ...]
    prices_usd: tuple[NDArray[np.float64], ...]
    leaves: tuple[NDArray[Any], ...]

    def carry(self, subset: int, start: NDArray[Any]) -> NDArray[Any]:
        """Least price of every cell by the cable of a subset from start prices, flat."""
        return self.grids[subset].spread(start.reshape(self.shape)).ravel()

    def moor(self, group: int, more: NDArray[Any] | float = 0.0) -> NDArray[Any]:
        """Price of each candidate of a group at its cell, and of what ends at each; inf elsewhere."""
        start = np.full(math.prod(self.shape), np.inf)
        np.minimum.at(start, self.landings[group], self.prices_usd[group] + more)
        return start

    def with_landing(self, group: int, candidate: int) -> Chart:
        """The same with one candidate of a group only."""

        def swapped(all_of: tuple[NDArray[Any], ...], one: NDArray[Any]) -> tuple[NDArray[Any], ...]:
            return (*all_of[:group], one, *all_of[group + 1 :])

        here = slice(candidate, candidate + 1)
        cells, prices = self.landings[group][here], self.prices_usd[group][here]
        leaf = self.grids[1 << group].field(divmod(int(cells[0]), self.shape[1]), start_prices=prices).distance
        return replace(
            self,
            landings=swapped(self.landings, cells),
            prices_usd=swapped(self.prices_usd, prices),
            leaves=swapped(self.leaves, leaf.ravel()),
        )

    def places(self, cells: Sequence[int]) -> NDArray[np.float64]:
        """Row, col of flat cells, (k, 2)."""
        return np.array([divmod(cell, self.shape[1]) for cell in cells], np.float64).reshape(-1, 2)

    def origin(self, carried: NDArray[Any], start: NDArray[Any], cell: int) -> int:
        """Cell at which the cable to a cell began: down the steepest way until nothing was carried."""
        rows, cols = self.shape
        least = SAME * float(carried[cell])
        while start[cell] - carried[cell] > least:
            row, col = divmod(cell, cols)
            around = [
                ((carried[cell] - carried[cell + i * cols + j]) / math.hypot(i, j), cell + i * cols + j)
                for i, j in STEPS
                if 0 <= row + i < rows
                and 0 <= col + j < cols
                and carried[cell + i * cols] < np.inf  # not between two excluded cells that meet at a corner
                and carried[cell + j] < np.inf
            ]
            drop, best = max(around)
            if not drop > 0.0:  # beside a start that is seen, though not through a cheaper cell
                return self._nearest(start, cell)
            cell = best
        return cell

    def _nearest(self, start: NDArray[Any], cell: int) -> int:
        begun = np.flatnonzero(start < np.inf)
        row, col = divmod(cell, self.shape[1])
        return int(begun[np.argmin(np.hypot(begun // self.shape[1] - row, begun % self.shape[1] - col))])


def chart_of(problem: TrunkProblem, *, block: int) -> Chart:
    """Chart of a problem with the price of cable from each group, in blocks of cells."""
    distinct = {id(grid): grid for grid in problem.grids.values()}
    coarse = {key: grid if block == 1 else grid.coarsened(block) for key, grid in distinct.items()}
    grids = {subset: coarse[id(grid)] for subset, grid in problem.grids.items()}
    shape = grids[1].shape
    landings = tuple((g.nodes[:, 0] // block) * shape[1] + g.nodes[:, 1] // block for g in problem.groups)
    leaves = tuple(
        grids[1 << k].field(group.nodes // block, start_prices=group.prices_usd).distance.ravel()
        for k, group in enumerate(problem.groups)
    )
    prices = tuple(group.prices_usd for group in problem.groups)
    return Chart(problem, block, shape, grids, landings, prices, leaves)
