"""A lower bound on every design, whatever routes its links take.

OR-Tools proves its choice among priced offers. This goes further: with each
offer at a proven lower bound on its price instead, the cheapest choice is a lower
bound on any design at all. Bounds are tightened only for offers that matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.errors import InputError
from routing.network.listing import cheapest_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.network.design import DesignProblem, Offer

__all__ = ["loosened", "prove_design"]

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
        Offers with what any route of theirs has at least: the states that it must
        cross, the shortest length and the least latency. :func:`loosened` makes it.
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
        Proven; at most `objective_usd`. Prices are counted in whole cents, so a sum of
        them is proven to half a cent an item.

    Raises
    ------
    InfeasibleError
        When not even the loosest routes keep to the rules: then there is no design at all.

    Notes
    -----
    Take any design D by any routes that keeps to the rules, and let L take the same
    links between the same landings at least prices, lengths, latencies and states.

    - The price of L is at most that of D. Each price b of an offer is at most its
      price p in D, L pays for the same landings and for no more states, and the same
      surcharges of 0 or more, which depend on the offers alone.
    - L keeps to every rule. Counts of landings, landings required, forbidden or
      forbidden together, and offers forbidden together read only which landings and
      offers are taken, the same in both. Limits of span and latency and the states
      whose consent is needed read what is less in L, so what D satisfies L does. The
      budget is held against the price of L, which is at most that of D.

    So L is a choice of the problem at least prices, and the cheapest such choice costs
    no more than D. A surcharge that holds for some routes and could be avoided by
    others has to be left out of the problem, or lowered to what all routes pay: with
    less, L only gets cheaper.

    Only offers in the cheapest design at their bounds hold the bound down, so only
    those are tightened.

    Examples
    --------
    >>> from routing.network import DesignProblem, Offer
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 12.0))
    >>> problem = DesignProblem(1, offers, {"a": 1.0, "b": 1.0, "k": 1.0}, {})
    >>> prove_design(problem, 12.0, first=lambda o: 5.0, tighter=lambda o, g: o.price_usd * (1 - g), gap=0.01)
    11.95
    """
    bounds = [first(offer) for offer in problem.offers]
    done = [0] * len(problem.offers)
    while True:
        at_bounds = (replace(offer, price_usd=usd) for offer, usd in zip(problem.offers, bounds, strict=True))
        least = cheapest_choice(replace(problem, offers=tuple(at_bounds)))
        loose = [number for number in least.numbers if done[number] < len(_STEPS)]
        if not loose or objective_usd - least.bound_usd <= gap * objective_usd:
            return min(least.bound_usd, objective_usd)
        for number in loose:
            bounds[number] = max(bounds[number], tighter(problem.offers[number], _STEPS[done[number]]))
            done[number] += 1


def loosened(problem: DesignProblem, least: Callable[[Offer], Offer]) -> DesignProblem:
    """The problem with each offer as no route between its landings can be less than.

    Parameters
    ----------
    problem
        Offers as they were found.
    least
        The offer with the least length and latency of any route between its landings
        and only the states that each of them must cross.

    Raises
    ------
    InputError
        When an offer comes back for another link or other landings, longer, slower or
        across more states: then it is no relaxation.

    Examples
    --------
    >>> from routing.network import DesignProblem, Offer
    >>> problem = DesignProblem(1, (Offer(0, "a", "k", 10.0, ("K",), 900.0),), {"a": 1.0, "k": 1.0}, {"K": 1.0})
    >>> loosened(problem, lambda offer: replace(offer, length_m=800.0)).offers[0].length_m
    800.0
    """
    offers = tuple(least(offer) for offer in problem.offers)
    for found, loose in zip(problem.offers, offers, strict=True):
        same = (found.link, found.start, found.end) == (loose.link, loose.start, loose.end)
        less = loose.length_m <= found.length_m and loose.latency_ms <= found.latency_ms
        if not (same and less and set(loose.states) <= set(found.states)):
            raise InputError(f"{loose} is not looser than {found}", remedy="keep its ends, shorten the rest")
    return replace(problem, offers=offers)
