"""Landing points and links chosen together, by OR-Tools, with a proven gap.

The kernel prices every link that could be built between two candidates. What is
left is small and exact: take one offer for each wanted link, pay once for each
landing point that is used and for each state whose sector is crossed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.errors import InfeasibleError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Design", "DesignProblem", "Offer", "choose_design", "price_design"]


@dataclass(frozen=True)
class Offer:
    """One way to build one wanted link.

    Attributes
    ----------
    link
        Index of the wanted link.
    start, end
        Landing ids.
    price_usd
        Everything that building it costs, landings and states left out.
    states
        States whose sector it crosses.
    """

    link: int
    start: str
    end: str
    price_usd: float
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesignProblem:
    """Offers and the prices that they share.

    Attributes
    ----------
    links
        Number of wanted links.
    offers
        What can be built.
    landing_usd
        Price of using each landing, once.
    state_usd
        Price of each state crossed, once.
    base_usd
        Price of the option whatever is chosen.
    """

    links: int
    offers: tuple[Offer, ...]
    landing_usd: Mapping[str, float]
    state_usd: Mapping[str, float]
    base_usd: float = 0.0


@dataclass(frozen=True)
class Design:
    """The chosen offers, one a link, and how good they are proven to be.

    Attributes
    ----------
    offers
        In the order of the links.
    objective_usd, bound_usd
        Price of the design, and a proven lower bound on any design of the same offers.
    solver, status
        What proved it.
    """

    offers: tuple[Offer, ...]
    objective_usd: float
    bound_usd: float
    solver: str
    status: str

    @property
    def landings(self) -> tuple[str, ...]:
        """Landing ids that are used, each once, in the order of the links."""
        return tuple(dict.fromkeys(name for offer in self.offers for name in (offer.start, offer.end)))

    @property
    def gap_pct(self) -> float:
        """Proven optimality gap over the offers, percent of the objective."""
        short_usd = self.objective_usd - self.bound_usd
        return 100.0 * short_usd / self.objective_usd if short_usd else 0.0


def choose_design(problem: DesignProblem) -> Design:
    """Choose one offer for each link at least total price.

    Raises
    ------
    InfeasibleError
        When some link has no offer.

    Notes
    -----
    Binary x for each offer, y for each landing, z for each state:
    minimise sum(price x) + sum(landing y) + sum(state z), one x a link,
    x <= y of both its ends, x <= z of each of its states. CP-SAT solves it in
    whole cents with one worker and a fixed seed, so equal input gives equal output.

    Examples
    --------
    Sharing one landing beats two cheaper links that would need a landing each.

    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0), Offer(1, "a", "t", 5.0))
    >>> problem = DesignProblem(2, offers, {"a": 3.0, "b": 3.0, "k": 1.0, "t": 1.0}, {})
    >>> design = choose_design(problem)
    >>> [offer.start for offer in design.offers], design.objective_usd, design.status
    (['a', 'a'], 20.0, 'OPTIMAL')
    """
    from ortools.sat.python import cp_model

    for link in range(problem.links):
        if not any(offer.link == link for offer in problem.offers):
            raise InfeasibleError(f"link {link} cannot be built between any of its landings", conflict=[f"link {link}"])
    model = cp_model.CpModel()
    take = [model.new_bool_var(f"offer {number}") for number in range(len(problem.offers))]
    landing = {name: model.new_bool_var(f"landing {name}") for name in problem.landing_usd}
    state = {name: model.new_bool_var(f"state {name}") for name in problem.state_usd}
    for link in range(problem.links):
        model.add_exactly_one(x for x, offer in zip(take, problem.offers, strict=True) if offer.link == link)
    for x, offer in zip(take, problem.offers, strict=True):
        for needed in (landing[offer.start], landing[offer.end], *(state[name] for name in offer.states)):
            model.add_implication(x, needed)
    model.minimize(
        sum(_cents(offer.price_usd) * x for x, offer in zip(take, problem.offers, strict=True))
        + sum(_cents(problem.landing_usd[name]) * y for name, y in landing.items())
        + sum(_cents(problem.state_usd[name]) * z for name, z in state.items())
        + _cents(problem.base_usd)
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    status = solver.solve(model)
    chosen = [offer for x, offer in zip(take, problem.offers, strict=True) if solver.value(x)]
    return Design(
        offers=tuple(sorted(chosen, key=lambda offer: offer.link)),
        objective_usd=solver.objective_value / 100.0,
        bound_usd=solver.best_objective_bound / 100.0,
        solver="OR-Tools CP-SAT",
        status=solver.status_name(status),
    )


def price_design(problem: DesignProblem, offers: Sequence[Offer]) -> float:
    """USD of a choice of a problem's offers, whether it is the cheapest or not.

    Examples
    --------
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
    >>> price_design(DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 1.0}, {}), offers[:1])
    14.0
    """
    landings = {name for offer in offers for name in (offer.start, offer.end)}
    states = {name for offer in offers for name in offer.states}
    return (
        problem.base_usd
        + sum(offer.price_usd for offer in offers)
        + sum(problem.landing_usd[name] for name in sorted(landings))
        + sum(problem.state_usd[name] for name in sorted(states))
    )


def _cents(usd: float) -> int:
    return round(usd * 100.0)
