"""A lower bound on every design, whatever routes its links take.

OR-Tools proves its choice among priced offers. This goes further: with each
offer at a proven lower bound on its price instead, the cheapest choice is a lower
bound on any design at all. Bounds are tightened only for offers that matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.network.design import choose_design

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from routing.network.design import DesignProblem, Offer

__all__ = ["prove_design"]

#: Relative gaps to which the bound of an offer is tightened, one after the other.
_STEPS = (0.05, 0.02, 0.005)


def prove_design(
    problem: DesignProblem,
    objective_usd: float,
    *,
    first: Callable[[Offer], float],
    tighter: Callable[[Offer, float], float],
    gap: float,
) -> float:
    """Lower bound on the price of any design for the problem, USD.

    Parameters
    ----------
    problem
        Offers with the states that any route of theirs must cross.
    objective_usd
        Price of a known design.
    first
        A bound of an offer that costs nothing to know.
    tighter
        A bound of an offer to within a relative gap, where it can be reached.
    gap
        Relative gap between `objective_usd` and the bound at which to stop.

    Returns
    -------
    bound_usd
        Proven; at most `objective_usd`.

    Notes
    -----
    With p the price and b <= p a bound of each offer, min over designs of the sum
    of b is at most the min of the sum of p. Only offers in the cheapest design
    at their bounds hold the bound down, so only those are tightened.

    Examples
    --------
    >>> from routing.network import DesignProblem, Offer
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 12.0))
    >>> problem = DesignProblem(1, offers, {"a": 1.0, "b": 1.0, "k": 1.0}, {})
    >>> prove_design(problem, 12.0, first=lambda o: 5.0, tighter=lambda o, g: o.price_usd * (1 - g), gap=0.01)
    11.95
    """
    bounds = {offer: first(offer) for offer in problem.offers}
    done = dict.fromkeys(problem.offers, 0)
    while True:
        order, relaxed = _at_bounds(problem.offers, bounds)
        design = choose_design(replace(problem, offers=relaxed))
        loose = [order[offer] for offer in design.offers if done[order[offer]] < len(_STEPS)]
        if not loose or objective_usd - design.bound_usd <= gap * objective_usd:
            return min(design.bound_usd, objective_usd)
        for offer in loose:
            bounds[offer] = max(bounds[offer], tighter(offer, _STEPS[done[offer]]))
            done[offer] += 1


def _at_bounds(offers: Sequence[Offer], bounds: dict[Offer, float]) -> tuple[dict[Offer, Offer], tuple[Offer, ...]]:
    """The offers priced at their bounds, and the way back from each."""
    relaxed = {replace(offer, price_usd=bounds[offer]): offer for offer in offers}
    return relaxed, tuple(relaxed)
