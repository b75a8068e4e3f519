"""The cheapest tree over a cost surface that joins one landing of each group, and how good it is proven to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InputError
from routing.network.trunk.bound import prove_tree
from routing.network.trunk.problem import Branch, Junction, Tree
from routing.network.trunk.search import find_tree

if TYPE_CHECKING:
    from routing.network.trunk.problem import TrunkProblem
    from routing.network.trunk.search import Found

__all__ = ["trunk_and_branch"]


def trunk_and_branch(problem: TrunkProblem, *, tolerance: float | None = 0.005, threads: int = 2) -> Tree:
    """Cheapest tree of cables and branching units that joins exactly one landing of each group.

    Parameters
    ----------
    problem
        Groups of landings, price of cable by capacity, price of a branching unit.
    tolerance
        Wanted relative gap between the price and the lower bound, which is tightened until it
        is reached or more work would not pay. None: landings alone are the bound.
    threads
        Most threads to use; the answer does not depend on it.

    Returns
    -------
    tree
        Landings, junctions, branches with their paths, price and lower bound, USD.

    Raises
    ------
    InputError
        If a landing is not a free cell, or an option cannot be used.
    InfeasibleError
        If exclusions separate a group from the others; it is named.

    Notes
    -----
    A branching unit joins three or four cables at its price. More cables may meet at a landing,
    which costs nothing more. ``docs/network_trunk.md`` says what each step proves.

    Examples
    --------
    Three landings at the corners of a triangle, on a sea where a metre costs 1.

    >>> import numpy as np
    >>> from routing.geodesic import CostGrid
    >>> from routing.network.trunk import Group, TrunkProblem, trunk_and_branch
    >>> sea = CostGrid(np.ones((30, 30)))
    >>> groups = tuple(Group(name, [node], [0.0]) for name, node in (("a", (2, 14)), ("b", (24, 2)), ("c", (24, 26))))
    >>> tree = trunk_and_branch(TrunkProblem(groups, lambda capacity: sea), tolerance=None)
    >>> round(tree.price_usd, 1), [junction.degree for junction in tree.junctions]
    (42.8, [3])
    """
    if tolerance is not None and not tolerance > 0:
        raise InputError(f"tolerance is {tolerance}", remedy="give a positive relative gap, or None")
    if threads < 1:
        raise InputError(f"threads is {threads}", remedy="give at least 1")
    _check_landings(problem)
    found = find_tree(problem, threads=threads)
    bound = sum(float(group.prices_usd.min()) for group in problem.groups)
    if tolerance is not None:
        bound = prove_tree(problem, found.tree.price_usd, tolerance=tolerance, threads=threads)
    return _told(problem, found, bound)


def _told(problem: TrunkProblem, found: Found, bound: float) -> Tree:
    """What was found, in the words of the answer."""
    built, n = found.tree, len(problem.groups)
    laid = built.laid
    degrees = np.bincount([end for link in laid.links for end in link.ends], minlength=len(laid.places))
    return Tree(
        landings=built.landings,
        junctions=tuple(
            Junction((float(place[0]), float(place[1])), int(degree))
            for place, degree in zip(laid.places[n:], degrees[n:], strict=True)
        ),
        branches=tuple(
            Branch(link.ends, problem.capacity(link.subset), path, price)
            for link, path, price in zip(laid.links, laid.paths, laid.prices_usd, strict=True)
        ),
        price_usd=built.price_usd,
        lower_bound_usd=bound,
        objective_usd=found.choice.objective_usd,
        bound_usd=found.choice.bound_usd,
        solver=found.choice.solver,
        status=found.choice.status,
    )


def _check_landings(problem: TrunkProblem) -> None:
    grids = {id(grid): grid for grid in problem.grids.values()}.values()
    if len({grid.shape for grid in grids}) > 1:
        raise InputError("cost rasters of different shapes", remedy="give all capacities the same cells")
    for group in problem.groups:
        for node in group.nodes:
            if not any(grid.is_clear([node]) for grid in grids):
                raise InputError(
                    f"landing {tuple(node.tolist())} of group {group.name!r} is not a free cell",
                    remedy="bring it to the water",
                )
