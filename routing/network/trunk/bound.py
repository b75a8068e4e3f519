"""A lower bound on every tree: the subset programme with floors instead of prices.

A floor is proven not to exceed the price from a subset of the groups to any point of
a cell (:meth:`CostGrid.minorant`). So the sum of the floors of the parts that meet in a cell, and of a
branching unit, is no more than what any junction in that cell costs, and the least sum
over all cells and all ways to part the groups bounds every tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.network.trunk.subsets import groups_of, pairs_of

if TYPE_CHECKING:
    from routing.geodesic import CostGrid
    from routing.network.trunk.problem import TrunkProblem

__all__ = ["cells_within", "prove_tree"]

COARSE_CELLS = (3_000, 50_000, 300_000)  # of the rasters on which cells and subsets are ruled out first
FEW = 4  # groups up to which the last of these does not pay: hardly a subset is left to be ruled out
PARTS = (2, 4, 8, 16)  # elements per side of a cell, one after the other
NARROWING = 4  # parts up to which cells are ruled out: beyond, few more would be
MOST_WITHIN = 5  # groups of which the cells of trees are worked out: 30 subsets
MOST_ELEMENTS = 20_000_000  # of one bound
SHARE = 0.5  # of the last gain of the bound that twice the parts can be hoped to gain
SHRINK = 1.0 - 1e-12  # for the sums
Masks = dict[int, NDArray[np.bool_]]  # of each subset that some cheaper tree may have, the cells its cable may touch


@dataclass(frozen=True, eq=False)
class Stage:
    """A raster on which bounds are worked out.

    Attributes
    ----------
    block
        Cells per side of one of its cells.
    parts
        Elements per side of one of its cells.
    grids
        By subset of the groups; nowhere dearer than the problem's.
    masks
        Where the cable of each subset may be; subsets that are missing are ruled out.
    """

    problem: TrunkProblem
    block: int
    parts: int
    grids: dict[int, CostGrid]
    masks: Masks

    def berths(self, group: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the candidates of a group."""
        rows, cols = (self.problem.groups[group].nodes // self.block).T
        return rows, cols


def prove_tree(problem: TrunkProblem, price_usd: float, *, tolerance: float, threads: int = 2) -> float:
    """Lower bound on the price of any tree that joins the groups, USD.

    Parameters
    ----------
    problem
        What is to be joined.
    price_usd
        Price of a known tree.
    tolerance
        Relative gap at which to stop.
    threads
        Most threads to use; the answer does not depend on it.

    Returns
    -------
    bound_usd
        Proven for all forms, landings and places; at most `price_usd`.

    Notes
    -----
    ``docs/network_trunk.md``, section 5, has the lemmas.

    Examples
    --------
    >>> import numpy as np
    >>> from routing.geodesic import CostGrid
    >>> from routing.network.trunk import Group, TrunkProblem
    >>> sea = CostGrid(np.ones((30, 30)))
    >>> groups = tuple(Group(name, [node], [0.0]) for name, node in (("a", (5, 5)), ("b", (5, 25)), ("c", (25, 15))))
    >>> 34.0 < prove_tree(TrunkProblem(groups, lambda capacity: sea), 37.4, tolerance=0.05) < 37.4
    True
    """
    bound = sum(float(group.prices_usd.min()) for group in problem.groups)
    masks: Masks | None = None
    for block, parts in _stages(problem):
        stage = _stage(problem, block, parts, masks)
        if _elements(stage) > MOST_ELEMENTS:
            break
        floors = _Floors(stage, threads, whole=parts <= NARROWING)
        floors.work_out()
        before, bound = bound, max(bound, floors.answer() * SHRINK)
        hoped = bound + SHARE * (bound - before)
        if price_usd <= bound * (1.0 + tolerance) or (parts > PARTS[0] and price_usd > hoped * (1.0 + tolerance)):
            break
        masks = floors.narrowed(price_usd)
    return min(bound, price_usd)


def cells_within(problem: TrunkProblem, price_usd: float, block: int, *, threads: int = 2) -> NDArray[np.bool_] | None:
    """Cells outside of which the cables of no tree lie that costs at most a price.

    Parameters
    ----------
    problem
        What is to be joined.
    price_usd
        The price.
    block
        Cells per side of a block, 2 or more: the answer is made of whole blocks.
    threads
        Most threads to use; the answer does not depend on it.

    Returns
    -------
    cells
        (rows, cols); None where there are too many subsets of groups to work them out.

    Examples
    --------
    >>> import numpy as np
    >>> from routing.geodesic import CostGrid
    >>> from routing.network.trunk import Group, TrunkProblem
    >>> sea = CostGrid(np.ones((40, 40)))
    >>> groups = tuple(Group(name, [node], [0.0]) for name, node in (("a", (5, 15)), ("b", (5, 25)), ("c", (13, 20))))
    >>> cells = cells_within(TrunkProblem(groups, lambda capacity: sea), 18.0, 2)
    >>> [bool(cells[place]) for place in ((5, 15), (13, 20), (8, 20), (35, 20))]
    [True, True, True, False]
    """
    if len(problem.groups) > MOST_WITHIN:
        return None
    floors = _Floors(_stage(problem, block, PARTS[0], None), threads, whole=True)
    floors.work_out()
    return np.asarray(np.logical_or.reduce(list(floors.narrowed(price_usd).values())))


def _stages(problem: TrunkProblem) -> Iterator[tuple[int, int]]:
    rows, cols = problem.grids[1].shape
    sizes = COARSE_CELLS[:-1] if len(problem.groups) <= FEW else COARSE_CELLS
    blocks = dict.fromkeys(round(float(np.sqrt(rows * cols / cells))) for cells in sizes)
    yield from ((block, PARTS[0]) for block in blocks if block > 1)
    yield from ((1, parts) for parts in PARTS)


def _stage(problem: TrunkProblem, block: int, parts: int, masks: Masks | None) -> Stage:
    distinct = {id(grid): grid for grid in problem.grids.values()}
    below = {key: grid if block == 1 else grid.coarsened(block, below=True) for key, grid in distinct.items()}
    grids = {subset: below[id(grid)] for subset, grid in problem.grids.items()}
    shape = grids[1].shape
    if masks is None:
        everywhere = np.ones(shape, np.bool_)
        return Stage(problem, block, parts, grids, dict.fromkeys(grids, everywhere))
    return Stage(problem, block, parts, grids, {subset: _on(mask, block, shape) for subset, mask in masks.items()})


def _on(mask: NDArray[np.bool_], block: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells of a raster of blocks that hold a marked cell of the problem's raster."""
    rows, cols = shape
    pad = ((0, rows * block - mask.shape[0]), (0, cols * block - mask.shape[1]))
    return np.asarray(np.pad(mask, pad).reshape(rows, block, cols, block).any(axis=(1, 3)))


def _elements(stage: Stage) -> int:
    return max((int(mask.sum()) for mask in stage.masks.values()), default=0) * stage.parts**2


@dataclass
class _Floors:
    """Floors of every subset that is not ruled out, and their values at the landings."""

    stage: Stage
    threads: int
    whole: bool  # all subsets, not only those of at most half of the groups
    floor: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    value: dict[int, list[NDArray[np.float64]]] = field(default_factory=dict)
    moorings: dict[tuple[int, int, int], NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.n = len(self.stage.problem.groups)
        self.half = self.n // 2
        self.shape = self.stage.grids[1].shape

    def work_out(self) -> None:
        """All subsets, the small ones first."""
        with ThreadPoolExecutor(self.threads) as pool:
            for size in range(1, self.n if self.whole else self.half + 1):
                alive = sorted(s for s in self.stage.masks if s.bit_count() == size)
                for subset, (floor, value) in zip(alive, pool.map(self._proven, alive), strict=True):
                    self.floor[subset], self.value[subset] = floor, value

    def _proven(self, subset: int) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
        """Floors of one subset, and values at the landings of every group."""
        stage, mask = self.stage, self.stage.masks[subset]
        grid = stage.grids[subset]
        groups = groups_of(subset)
        if len(groups) == 1 and stage.block == 1:
            group = stage.problem.groups[groups[0]]
            found = grid.minorant(group.nodes, start_prices=group.prices_usd, parts=stage.parts, within=mask)
            at = found.value
        else:
            found = grid.minorant_above(self._joined(subset), parts=stage.parts, within=mask)
            at = found.value if stage.block == 1 else found.floor
        return found.floor, [at[stage.berths(k)] for k in range(self.n)]

    def _joined(self, subset: int) -> NDArray[np.float64]:
        """Floor of joining a subset in each cell, without a cable from there."""
        start = self._least_sum(_partings(subset)) + self.stage.problem.branching_usd
        for group in groups_of(subset):
            rest = subset ^ (1 << group)
            more = self._moored(rest, group, self.n) if rest else 0.0
            np.minimum.at(start, self.stage.berths(group), self.stage.problem.groups[group].prices_usd + more)
        return start

    def _least_sum(self, ways: Iterator[tuple[int, ...]]) -> NDArray[np.float64]:
        """Least sum of the floors of parts in each cell, over ways of parting."""
        least = np.full(self.shape, np.inf)
        for parts in ways:
            if all(part in self.floor for part in parts):
                total = self.floor[parts[0]] + self.floor[parts[1]]
                for part in parts[2:]:
                    total += self.floor[part]
                np.minimum(least, total, out=least)
        return least

    def _moored(self, subset: int, group: int, most: int) -> NDArray[np.float64]:
        """Least sum of values at the landings of a group over all ways to part a subset, no part above a size."""
        key = subset, group, most
        if key not in self.moorings:
            least = np.full(len(self.stage.problem.groups[group].nodes), np.inf)
            for a, b in ((subset, 0), *pairs_of(subset)):
                if a in self.value and a.bit_count() <= most:
                    more = self._moored(b, group, most) if b else 0.0
                    least = np.minimum(least, self.value[a][group] + more)
            self.moorings[key] = least
        return self.moorings[key]

    def answer(self) -> float:
        """Bound on every tree, parted at a place beyond which no part has more than half of the groups.

        Every tree has such a place, a landing or a branching unit [1]_.

        References
        ----------
        .. [1] C. Jordan, "Sur les assemblages de lignes", Journal fuer die reine und angewandte
           Mathematik 70 (1869) 185-190.
        """
        full = (1 << self.n) - 1
        ways = ((a, *parts) for a, b in pairs_of(full) for parts in _partings(b))
        small = (way for way in ways if all(part.bit_count() <= self.half for part in way))
        best = float(self._least_sum(small).min()) + self.stage.problem.branching_usd
        for group in range(self.n):
            more = self._moored(full ^ (1 << group), group, self.half)
            best = min(best, float((self.stage.problem.groups[group].prices_usd + more).min()))
        return best

    def narrowed(self, price_usd: float) -> Masks:
        """Cells that the cable of each subset can touch in a tree that is not dearer than a price."""
        if not self.whole:
            return self.stage.masks
        full = (1 << self.n) - 1
        rows, cols = self.stage.problem.grids[1].shape
        masks: Masks = {}
        for subset in self.floor:
            if subset < full ^ subset and full ^ subset in self.floor:
                near = self.floor[subset] + self.floor[full ^ subset] <= price_usd * (2.0 - SHRINK)
                if near.any():
                    cells = near.repeat(self.stage.block, axis=0).repeat(self.stage.block, axis=1)[:rows, :cols]
                    masks[subset] = masks[full ^ subset] = cells
        return masks


def _partings(subset: int) -> Iterator[tuple[int, ...]]:
    """Ways to part a subset in two or three."""
    for a, b in pairs_of(subset):
        yield a, b
        yield from ((a, c, d) for c, d in pairs_of(b))
