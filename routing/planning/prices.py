"""What an option pays beside the cables themselves: the one place that says which fixed items it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.fixedcost import FixedCost
    from routing.planning.planner import Planner
    from routing.planning.plans import OptionPlan, Wanted

__all__ = ["fixed_items", "span_items", "total_usd", "tree_amplifiers"]


def fixed_items(option: OptionPlan, planner: Planner, fixed: FixedCost) -> list[Mapping[str, float]]:
    """Fixed items of an option at the level of `fixed`, USD, part by part.

    Parameters
    ----------
    option
        The plan.
    planner
        What made it.
    fixed
        The prices.
    """
    wanted = option.wanted
    parts: list[Mapping[str, float]] = [fixed.option()]
    if wanted.trunk:
        parts += tree_items(wanted, option, fixed)
    else:
        for link in option.links:
            parts += span_items(wanted, link.segment.route.length_m, fixed)
    parts += [fixed.state() for _ in option.states]
    parts += [planner.landing_items(site, fixed) for site in option.sites]
    return parts


def total_usd(option: OptionPlan, planner: Planner) -> float:
    """Price of an option at base: its cables item by item, and its fixed items."""
    cables = sum(sum(link.items.values()) for link in option.links)
    return cables + sum(sum(part.values()) for part in fixed_items(option, planner, planner.fixed))


def span_items(wanted: Wanted, route_m: float, fixed: FixedCost) -> list[Mapping[str, float]]:
    """What one link needs beside its cable: equipment at both ends, repeaters where it is too long, more fibre."""
    amplifiers = fixed.amplifiers(route_m) if wanted.max_span_m is None else {}
    return [fixed.link(), amplifiers, fixed.fibre(wanted.fibre_pairs, route_m)]


def tree_items(wanted: Wanted, option: OptionPlan, fixed: FixedCost) -> list[Mapping[str, float]]:
    """What a tree needs beside its cables."""
    lengths = [link.segment.route.length_m for link in option.links]
    fibre = [fixed.fibre(link.fibre_pairs, length) for link, length in zip(option.links, lengths, strict=True)]
    units = [fixed.branching_unit() for _ in option.junctions]
    return [*(fixed.link() for _ in wanted.connections), tree_amplifiers(wanted, option, fixed), *fibre, *units]


def tree_amplifiers(wanted: Wanted, option: OptionPlan, fixed: FixedCost) -> Mapping[str, float]:
    """Repeaters of a tree and their power; nothing where its longest way does without or they are not wanted."""
    if wanted.max_span_m is not None:
        return {}
    lengths = [link.segment.route.length_m for link in option.links]
    return fixed.tree_repeaters(lengths, longest_m=option.longest_way_m, ends=len(option.sites))
