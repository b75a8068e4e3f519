"""The searches of a plan as pure functions: of some waters and of what is asked, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.courses import lay_courses
from routing.diversity import Alternative, Laying, Profile, Separated, alternatives, separated_routes
from routing.errors import InfeasibleError
from routing.network import trunk
from routing.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from routing.diversity import Link, Spacing
    from routing.geodesic import CostGrid
    from routing.junction import Junction
    from routing.landing import LandingSite
    from routing.planning.plans import WantedAlternatives
    from routing.reuse import Waters

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]

__all__ = [
    "KEPT_TYPES",
    "Failure",
    "Found",
    "TreeTask",
    "answered",
    "find_route",
    "find_tree",
    "find_ways",
    "here",
    "lay",
    "lay_apart",
    "prove_route",
    "prove_tree",
]

#: Elements per side of a cell of the floors that bound routes which keep apart: fewer hardly gain anything.
_PARTS = 4


@dataclass(frozen=True)
class Found:
    """The cheapest way between two ends.

    Attributes
    ----------
    path
        Grid positions (n, 2).
    lonlat
        Positions of the route that straightens it, without approaches, (n, 2).
    """

    path: NDArray[np.float64]
    lonlat: NDArray[np.float64]


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: what an :class:`InfeasibleError` is made of."""

    message: str
    conflict: tuple[str, ...]
    relaxation: str | None


@dataclass(frozen=True)
class TreeTask:
    """What a tree joins, on any waters of its sea.

    Attributes
    ----------
    names
        Of the groups.
    nodes, prices_usd
        Cells and prices of the candidates of each group.
    branching_usd
        Price of a branching unit.
    demands
        Fibre pairs between each two groups.
    extra_usd_per_m
        What a cable of each number of fibre pairs costs more a metre.
    """

    names: tuple[str, ...]
    nodes: tuple[NDArray[np.int64], ...]
    prices_usd: tuple[NDArray[np.float64], ...]
    branching_usd: float
    demands: NDArray[np.float64]
    extra_usd_per_m: tuple[tuple[float, float], ...]

    def problem(self, waters: Waters, *, paid: bool) -> trunk.TrunkProblem:
        """What is to be joined, on what is paid for or on what paths heed too."""
        groups = tuple(
            trunk.Group(name, waters.inside(nodes).astype(np.int64), prices)
            for name, nodes, prices in zip(self.names, self.nodes, self.prices_usd, strict=True)
        )

        def grid_of(fibre_pairs: float) -> CostGrid:
            # The nearest: numbers of fibre pairs are sums, each with its rounding.
            _, extra = min(self.extra_usd_per_m, key=lambda row: abs(row[0] - fibre_pairs))
            return waters.priced.dearer(extra, heeded=not paid)

        return trunk.TrunkProblem(groups, grid_of, self.branching_usd, self.demands)


#: What the results of searches are made of, by name.
KEPT_TYPES = {
    kind.__name__: kind
    for kind in (Alternative, Failure, Found, Profile, Route, Separated, trunk.Branch, trunk.Junction, trunk.Tree)
}


def here(search: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401  (what it returns)
    """Call a search on this machine."""
    return search(*args)


def answered(search: Callable[..., Any], waters: Waters, *args: object) -> Any:  # noqa: ANN401  (what it returns)
    """What a search returns; where there is no answer, why."""
    try:
        return search(waters, *args)
    except InfeasibleError as error:
        return Failure(str(error), error.conflict, error.relaxation)


def find_route(waters: Waters, ends: Ends, alter_course_usd: float) -> Found:
    """The cheapest way between two ends.

    Raises
    ------
    InfeasibleError
        When there is no path, or no chain of legs along it is clear.
    """
    start, end = (waters.end(each) for each in ends)
    path = waters.priced.guide.field(start.node, targets=[end.node]).path_to(end.node).points
    return Found(waters.outside(path), lay(waters, ends, waters.outside(path), alter_course_usd))


def lay(waters: Waters, ends: Ends, path: NDArray[np.float64], alter_course_usd: float) -> NDArray[np.float64]:
    """Positions (n, 2) of the route that follows a path, grid positions (n, 2), in few legs.

    Raises
    ------
    InfeasibleError
        When no chain of legs is clear.
    """
    within = waters.end(ends[0]), waters.end(ends[1])
    return lay_courses(
        waters.inside(path), within, waters.priced, alter_course_usd=alter_course_usd, crossings=waters.crossings
    ).lonlat


def prove_route(waters: Waters, ends: Ends, price_usd: float, gap: float) -> float:
    """USD below which no path between two ends can be, proven; as near to a known price as `gap` if possible."""
    start, end = (waters.end(each).node for each in ends)
    return waters.priced.lower_bound(start, end, price_usd, gap=gap)


def lay_apart(
    waters: Waters, links: tuple[Link, ...], spacing: Spacing, gap: float, alter_course_usd: float
) -> Separated:
    """Routes that keep apart.

    Raises
    ------
    InfeasibleError
        When no set that keeps apart was found.
    """
    within = [(waters.end(start), waters.end(end)) for start, end in links]
    laying = Laying(waters.priced, alter_course_usd, waters.crossings)
    minorant = partial(waters.priced.kernel.minorant, parts=_PARTS)
    return separated_routes(laying, within, spacing=spacing, gap=gap, minorant=minorant)


def find_ways(
    waters: Waters, link: Link, asked: WantedAlternatives, alter_course_usd: float
) -> tuple[Alternative, ...]:
    """The best route of a link, and others that are different ways, by price."""
    laying = Laying(waters.priced, alter_course_usd, waters.crossings)
    within = waters.end(link[0]), waters.end(link[1])
    return alternatives(laying, within, count=asked.count, apart_m=asked.apart_m, share=asked.share)


def find_tree(waters: Waters, task: TreeTask, threads: int) -> tuple[trunk.Tree, float]:
    """The cheapest tree by what paths heed, and its price by what is paid for.

    Raises
    ------
    InfeasibleError
        When exclusions separate a group from the others.
    """
    tree = trunk.trunk_and_branch(task.problem(waters, paid=False), tolerance=None, threads=threads)
    paid = task.problem(waters, paid=True)
    landings = sum(float(group.prices_usd[at]) for group, at in zip(paid.groups, tree.landings, strict=True))
    cables = sum(paid.grid_of(branch.capacity).price(branch.path) for branch in tree.branches)
    units = paid.branching_usd * len(tree.junctions)
    branches = tuple(replace(each, path=waters.outside(each.path)) for each in tree.branches)
    places = [tuple(waters.outside(np.array(each.place)).tolist()) for each in tree.junctions]
    junctions = tuple(replace(each, place=place) for each, place in zip(tree.junctions, places, strict=True))
    return replace(tree, branches=branches, junctions=junctions), landings + units + cables


def prove_tree(waters: Waters, task: TreeTask, known_usd: float, tolerance: float, threads: int) -> float:
    """USD below which no tree can be, proven; at most the price of a known one."""
    return trunk.prove_tree(task.problem(waters, paid=True), known_usd, tolerance=tolerance, threads=threads)
