"""Options that join their groups by one tree with branching units, on new cables or on those that are there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy, grid
from routing.errors import InfeasibleError
from routing.junction import Junction
from routing.landing import LandingSite
from routing.network import Budget, Design, Forbid, Require
from routing.planning.plans import OptionPlan
from routing.planning.prices import total_usd, tree_amplifiers
from routing.planning.searching import TreeTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.network import trunk
    from routing.planning.planner import Planner
    from routing.planning.plans import Existing, LinkPlan, Wanted
    from routing.planning.routes import Candidate

__all__ = ["plan_tree"]


@dataclass(frozen=True)
class _Choices:
    """Where a group can be joined.

    Attributes
    ----------
    name
        The group.
    ends
        Landings of a country, or places on a cable that is there.
    nodes
        Free cell of each, (row, col).
    prices_usd
        Price of using each: a landing with its approach, or a branching unit.
    """

    name: str
    ends: tuple[LandingSite | Junction, ...]
    nodes: NDArray[np.int64]
    prices_usd: NDArray[np.float64]


def plan_tree(planner: Planner, wanted: Wanted) -> OptionPlan:
    """Design and engineer one tree.

    Parameters
    ----------
    planner
        Plans over its sea.
    wanted
        The option, which names a trunk.

    Raises
    ------
    InfeasibleError
        When a group cannot be reached, or the tree is dearer than a budget.

    Notes
    -----
    The tree is found where paths are found, with what they heed beside assets; it is bounded by what is paid for.
    """
    choices = [_choices(planner, wanted, name) for name in wanted.trunk]
    task, searches = _task(planner, wanted, choices), planner.book.searches
    try:
        tree, known_usd, tiles = searches.tree(task)
    except InfeasibleError as error:
        landings = [end.id for each in choices for end in each.ends if isinstance(end, LandingSite)]
        raise planner.closed_off(f"trunk {', '.join(wanted.trunk)}", landings, [error]) from error
    ends = _ends(planner, choices, tree)
    draft = OptionPlan(wanted, _links(planner, wanted, tree, ends), Design((), 0.0, 0.0, tree.solver, tree.status), 0.0)
    if tree_amplifiers(wanted, draft, planner.fixed):
        draft = replace(draft, links=_links(planner, wanted, tree, ends, is_powered=True))
    price_usd = total_usd(draft, planner)
    rest_usd = price_usd - tree.objective_usd
    design = replace(draft.design, objective_usd=price_usd, bound_usd=tree.bound_usd + rest_usd)
    proven_usd = searches.tree_bound(task, known_usd, tiles, planner.gap * price_usd / known_usd)
    bound_usd = proven_usd + _least_beside_usd(planner, wanted)
    plan = replace(draft, design=design, lower_bound_usd=min(bound_usd, price_usd))
    _check_rules(plan)
    return plan


def _check_rules(plan: OptionPlan) -> None:
    """Refuse a tree that is dearer than a budget, or longer than light goes without repeaters where none are wanted."""
    budget = next((rule.usd for rule in plan.wanted.rules if isinstance(rule, Budget)), math.inf)
    if plan.design.objective_usd > budget:
        sure = "no tree costs less than" if plan.lower_bound_usd > budget else "proven so far: none costs less than"
        raise InfeasibleError(
            f"the cheapest tree found costs USD {plan.design.objective_usd:,.0f}, more than the budget of "
            f"USD {budget:,.0f}; {sure} USD {plan.lower_bound_usd:,.0f}",
            conflict=[f"budget of USD {budget:,.0f}"],
            relaxation=f"raise the budget to USD {math.ceil(plan.design.objective_usd):,}",
        )
    span_m = plan.wanted.max_span_m
    if span_m is not None and plan.longest_way_m > span_m:
        longest_km = plan.longest_way_m / 1000.0
        raise InfeasibleError(
            f"the cheapest tree has a way of {longest_km:.0f} km, more than {span_m / 1000.0:g} km without repeaters",
            conflict=[f"no span over {span_m / 1000.0:g} km without repeaters"],
            relaxation=f"allow spans of {math.ceil(longest_km)} km, or repeaters",
        )


def _choices(planner: Planner, wanted: Wanted, name: str) -> _Choices:
    """Where a group can be joined, and at what price."""
    if name in planner.existing:
        return _on_cable(planner, name, planner.existing[name])
    allowed = planner.allowed(wanted, name)
    forbidden = {rule.landing for rule in wanted.rules if isinstance(rule, Forbid)}
    required = {rule.landing for rule in wanted.rules if isinstance(rule, Require)} & set(allowed)
    kept = [key for key in allowed if key not in forbidden and required <= {key}]
    sites = [planner.sites[key] for key in kept if planner.sea.priced.surface.free[planner.sites[key].node]]
    if kept and not sites:
        raise planner.closed_off(f"trunk {', '.join(wanted.trunk)}", kept)
    if not sites:
        raise InfeasibleError(f"trunk: no candidate landing of {name} is allowed", conflict=[f"landings of {name}"])
    prices = [
        sum(planner.landing_items(site).values()) + sum(planner.sea.priced.approach_items(site).values())
        for site in sites
    ]
    return _Choices(name, tuple(sites), np.array([site.node for site in sites], np.int64), np.array(prices))


def _on_cable(planner: Planner, name: str, cable: Existing) -> _Choices:
    """Places on a cable that is there, one for each free cell that it lies in."""
    priced = planner.sea.priced
    length_m = geodesy.cumulative_m(cable.lonlat)[-1]
    dense = geodesy.densify(cable.lonlat, step_m=min(priced.step_m, length_m))
    places = priced.rowcol(dense)
    cells = np.rint(places).astype(np.int64)
    last = np.array(priced.surface.grid.shape) - 1
    inside = np.flatnonzero(((cells >= 0) & (cells <= last)).all(axis=1))
    inside = inside[priced.surface.free[cells[inside, 0], cells[inside, 1]]]
    _, first = np.unique(cells[inside], axis=0, return_index=True)
    kept = inside[np.sort(first)]
    if not len(kept):
        raise InfeasibleError(f"no part of {cable.name} lies in free water", conflict=[f"cable {cable.name}"])
    ends = tuple(_junction(planner, f"bu-{name}", tuple(places[k].tolist()), 3, cable.name) for k in kept)
    price = sum(planner.fixed.branching_unit().values())
    return _Choices(name, ends, cells[kept], np.full(len(kept), price))


def _task(planner: Planner, wanted: Wanted, choices: Sequence[_Choices]) -> TreeTask:
    """What is to be joined, and what cables cost by the fibre pairs that they carry."""
    demands = np.zeros((len(choices),) * 2)
    demands[0, 1:] = demands[1:, 0] = wanted.fibre_pairs
    indirect = 1.0 + planner.fixed.catalogue.rate("indirect")
    carried = [wanted.fibre_pairs * count for count in range(1, len(choices))]
    return TreeTask(
        names=tuple(each.name for each in choices),
        nodes=tuple(each.nodes for each in choices),
        prices_usd=tuple(each.prices_usd for each in choices),
        branching_usd=sum(planner.fixed.branching_unit().values()),
        demands=demands,
        extra_usd_per_m=tuple((pairs, indirect * planner.fixed.fibre_usd_per_m(pairs)) for pairs in carried),
    )


def _ends(planner: Planner, choices: Sequence[_Choices], tree: trunk.Tree) -> list[LandingSite | Junction]:
    """Landings of the groups, then branching units, as the branches number them."""
    landings = [each.ends[index] for each, index in zip(choices, tree.landings, strict=True)]
    units = [
        _junction(planner, f"bu-{number}", junction.place, junction.degree)
        for number, junction in enumerate(tree.junctions, start=1)
    ]
    return [*landings, *units]


def _junction(planner: Planner, name: str, place: tuple[float, float], degree: int, existing: str = "") -> Junction:
    priced = planner.sea.priced
    lon, lat = priced.lonlat([place])[0].tolist()
    depth_m = float(grid.sample(priced.surface.depth_m, np.array([place]))[0])
    return Junction(name, name.upper().replace("-", " "), (lon, lat), place, degree, depth_m, existing)


def _links(
    planner: Planner,
    wanted: Wanted,
    tree: trunk.Tree,
    ends: Sequence[LandingSite | Junction],
    *,
    is_powered: bool = False,
) -> tuple[LinkPlan, ...]:
    """The branches, engineered."""
    links = []
    for branch in tree.branches:
        start, end = (ends[number] for number in branch.ends)
        way = _candidate(planner, (start, end), branch.path)
        links.append(planner.engineered(wanted, way, fibre_pairs=branch.capacity, is_powered=is_powered))
    return tuple(links)


def _candidate(
    planner: Planner, ends: tuple[LandingSite | Junction, LandingSite | Junction], path: NDArray[np.float64]
) -> Candidate:
    """The route of a branch; on a cable that is there it ends on the cable, not in the middle of its cell."""
    points = list(path)
    for end, at in zip(ends, (0, len(points)), strict=True):
        if isinstance(end, Junction) and end.existing and tuple(points[min(at, len(points) - 1)]) != end.node:
            points.insert(at, np.array(end.node))
    return planner.book.laid(ends, np.array(points))


def _least_beside_usd(planner: Planner, wanted: Wanted) -> float:
    """What every tree pays beside landings, branching units and cables; repeaters are left out."""
    fixed = planner.fixed
    states = {name for name in wanted.trunk if name not in planner.existing}
    parts = [fixed.option(), *(fixed.link() for _ in wanted.connections), *(fixed.state() for _ in states)]
    return sum(sum(part.values()) for part in parts)
