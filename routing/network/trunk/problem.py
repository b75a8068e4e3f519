"""What a trunk-and-branch system is asked to join, and the tree that is the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.errors import InputError

if TYPE_CHECKING:
    from routing.geodesic import CostGrid

__all__ = ["Branch", "Group", "Junction", "Tree", "TrunkProblem"]

MOST_GROUPS = 8  # subsets of the groups are enumerated


@dataclass(frozen=True, eq=False)
class Group:
    """Candidate landings of which the tree joins exactly one.

    Attributes
    ----------
    name
        Of the group, for messages.
    nodes
        Free cells (row, col) of the candidates, (k, 2).
    prices_usd
        Price of using each of them, once, (k,).
    """

    name: str
    nodes: NDArray[np.int64]
    prices_usd: NDArray[np.float64]

    def __post_init__(self) -> None:
        nodes, prices = np.asarray(self.nodes), np.asarray(self.prices_usd, np.float64)
        if nodes.ndim != 2 or nodes.shape[1] != 2 or not len(nodes):
            raise InputError(f"group {self.name!r} has nodes of shape {nodes.shape}", remedy="give (k, 2) row, col")
        if prices.shape != (len(nodes),) or not bool((np.isfinite(prices) & (prices >= 0)).all()):
            raise InputError(f"group {self.name!r} has prices {prices}", remedy="give one for each node, 0 or more")
        if not bool((nodes == np.rint(nodes)).all()):
            raise InputError(f"group {self.name!r} has nodes between centres", remedy="give whole rows and columns")
        object.__setattr__(self, "nodes", nodes.astype(np.int64))
        object.__setattr__(self, "prices_usd", prices)


@dataclass(frozen=True, eq=False)
class TrunkProblem:
    """Groups to be joined by one tree.

    Attributes
    ----------
    groups
        Two to eight.
    grid_of
        Cost raster of a cable by its capacity, USD per metre; all of one shape.
    branching_usd
        Price of a branching unit, which joins three or four cables.
    demands
        Capacity wanted between each two groups, symmetric (n, n), 0 or more; default none.
        A branch carries the demands between the groups that it separates.
    """

    groups: tuple[Group, ...]
    grid_of: Callable[[float], CostGrid]
    branching_usd: float = 0.0
    demands: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def __post_init__(self) -> None:
        n = len(self.groups)
        if not 2 <= n <= MOST_GROUPS:
            raise InputError(f"{n} groups are to be joined", remedy=f"give 2 to {MOST_GROUPS}")
        if not 0.0 <= self.branching_usd < np.inf:
            raise InputError(f"a branching unit costs {self.branching_usd}", remedy="give a price, 0 or more")
        demands = np.asarray(self.demands, np.float64)
        demands = np.zeros((n, n)) if demands.size == 0 else demands
        if demands.shape != (n, n) or not bool((np.isfinite(demands) & (demands >= 0)).all()):
            raise InputError(f"demands of shape {demands.shape}", remedy=f"give ({n}, {n}) numbers, 0 or more")
        if not bool((demands == demands.T).all()):
            raise InputError("demands are not symmetric", remedy="give each pair of groups the same number both ways")
        object.__setattr__(self, "demands", demands)

    def capacity(self, subset: int) -> float:
        """Demand between the groups whose bits are set and all others."""
        inside = np.array([bool(subset >> k & 1) for k in range(len(self.groups))])
        return float(self.demands[inside][:, ~inside].sum())

    @cached_property
    def grids(self) -> dict[int, CostGrid]:
        """Cost raster of the branch that separates a subset of the groups, as bits, from the others."""
        subsets = range(1, (1 << len(self.groups)) - 1)
        capacities = {subset: self.capacity(subset) for subset in subsets}
        made = {capacity: self.grid_of(capacity) for capacity in sorted(set(capacities.values()))}
        return {subset: made[capacity] for subset, capacity in capacities.items()}


@dataclass(frozen=True)
class Junction:
    """A branching unit.

    Attributes
    ----------
    place
        Row, col; fractional.
    degree
        Cables that meet there, 3 or 4.
    """

    place: tuple[float, float]
    degree: int


@dataclass(frozen=True, eq=False)
class Branch:
    """One cable of a tree.

    Attributes
    ----------
    ends
        Its two ends: 0 to n - 1 are the landings of the groups, n and more the junctions.
    capacity
        What it carries.
    path
        Row, col from the first end to the second, (k, 2).
    price_usd
        Exact line integral of its cost along the path.
    """

    ends: tuple[int, int]
    capacity: float
    path: NDArray[np.float64]
    price_usd: float


@dataclass(frozen=True, eq=False)
class Tree:
    """A trunk-and-branch system and how good it is proven to be.

    Attributes
    ----------
    landings
        Of each group, the index of the landing that is used.
    junctions
        Branching units.
    branches
        Cables between landings and junctions.
    price_usd
        Landings, branching units and the exact prices of the paths.
    lower_bound_usd
        No tree is cheaper, whatever its form, its landings and the places of its junctions.
    objective_usd, bound_usd
        Price by the solver's model of the best choice among the candidates, and the
        solver's lower bound on that.
    solver, status
        What chose among the candidates.
    """

    landings: tuple[int, ...]
    junctions: tuple[Junction, ...]
    branches: tuple[Branch, ...]
    price_usd: float
    lower_bound_usd: float
    objective_usd: float
    bound_usd: float
    solver: str
    status: str

    @property
    def gap(self) -> float:
        """Price over lower bound, minus 1."""
        if self.price_usd <= self.lower_bound_usd:
            return 0.0
        return self.price_usd / self.lower_bound_usd - 1.0 if self.lower_bound_usd > 0.0 else float("inf")
