"""Corridors of planned options, over the sea that each was planned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.corridor import Corridors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from routing.planning.planner import Planner
    from routing.planning.plans import OptionPlan

__all__ = ["option_corridors"]


def option_corridors(options: Iterable[OptionPlan], makers: Mapping[str, Planner]) -> dict[str, NDArray[np.float32]]:
    """How much dearer each link would be through each cell, percent, by option.

    Parameters
    ----------
    options
        The plans.
    makers
        What planned each option, by its id.

    Returns
    -------
    excess
        The least of the links of the option; NaN where none could pass. Percent of what the best route of the
        link costs over the sea and its shore approaches.

    Notes
    -----
    Each link is taken by itself between its own ends: landings, and branching units where they
    stand. Routes that keep apart from others are dearer than the best, and may lie outside.
    """
    seas: dict[int, Corridors] = {}
    found = {}
    for option in options:
        planner = makers[option.wanted.id]
        corridors = seas.setdefault(id(planner), Corridors(planner.sea.priced))
        indirect = 1.0 + planner.fixed.catalogue.rate("indirect")
        found[option.wanted.id] = corridors.of(
            (
                (link.segment.start, link.segment.end),
                # Only trees are planned at the price of the fibre that a branch carries.
                indirect * planner.fixed.fibre_usd_per_m(link.fibre_pairs) if option.wanted.trunk else 0.0,
            )
            for link in option.links
        )
    return found
