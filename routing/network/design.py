"""Landing points and links chosen together, by OR-Tools, with a proven gap.

The kernel prices every link that could be built between two candidates. What is
left is small and exact: take one offer for each wanted link, pay once for each
landing point that is used, for each state whose sector is crossed and for each set of
offers that cost more together, and keep to the side rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routing.errors import InputError
from routing.network.conflict import DesignModel, infeasible
from routing.network.rules import check_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from routing.network.judging import Rule

__all__ = ["Design", "DesignProblem", "Offer", "Surcharge", "choose_design", "landings_of", "price_design"]

#: Largest sum of all prices, USD: in cents, every sum that the solver forms is a whole number of 64 bits.
_MOST_USD = 1e13

#: Largest length and latency of an offer: more than twice round the Earth, and the time light needs for far more.
_MOST_M, _MOST_MS = 1e8, 1e4


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
        Everything that building it costs, landings and states left out; inf: it cannot be built.
    states
        States whose sector it crosses.
    length_m
        Length of its route, metres.
    latency_ms
        One-way latency, milliseconds.
    """

    link: int
    start: str
    end: str
    price_usd: float
    states: tuple[str, ...] = ()
    length_m: float = 0.0
    latency_ms: float = 0.0


@dataclass(frozen=True)
class Surcharge:
    """What is paid on top when certain offers are all taken.

    Attributes
    ----------
    offers
        Places of the offers among the problem's.
    usd
        What it costs, 0 or more; inf: they are forbidden together.
    reason
        What stands behind it, as a user would say it. Infinite surcharges of one
        reason are one rule when it comes to what cannot hold together.
    """

    offers: tuple[int, ...]
    usd: float
    reason: str = "separation of parallel routes"


@dataclass(frozen=True)
class DesignProblem:
    """Offers, the prices that they share, and the rules that a choice keeps to.

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
    groups
        The two groups, such as countries, that each wanted link joins; empty where no rule needs them.
    group_of
        Group of each landing, where a rule needs it.
    rules
        What a choice must keep to.
    surcharges
        What certain offers cost together.
    names
        How landings, groups and states are called in messages; by their ids unless told.

    Raises
    ------
    InputError
        When a part refers to what is not there, or a number cannot be used.
    """

    links: int
    offers: tuple[Offer, ...]
    landing_usd: Mapping[str, float]
    state_usd: Mapping[str, float]
    base_usd: float = 0.0
    groups: tuple[tuple[str, str], ...] = ()
    group_of: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_offers(self)
        _check_surcharges(self)
        _check_money(self)
        check_rules(self)

    def is_buildable(self, offer: Offer) -> bool:
        """Whether neither the offer nor anything that it uses is forbidden by a price of inf."""
        return (
            math.isfinite(offer.price_usd)
            and math.isfinite(self.landing_usd[offer.start] + self.landing_usd[offer.end])
            and all(math.isfinite(self.state_usd[name]) for name in offer.states)
        )

    def numbers_of(self, offers: Iterable[Offer]) -> tuple[int, ...]:
        """Places of offers among the problem's, in the order given.

        Raises
        ------
        InputError
            When one is not among them, or stands there twice and a surcharge tells the two apart.
        """
        places: dict[Offer, list[int]] = {}
        for number, offer in enumerate(self.offers):
            places.setdefault(offer, []).append(number)
        surcharged = {number for each in self.surcharges for number in each.offers}
        found = []
        for offer in offers:
            numbers = places.get(offer)
            if numbers is None:
                raise InputError(f"{offer} is not an offer of this problem", remedy="take one of problem.offers")
            if len(numbers) > 1 and surcharged.intersection(numbers):
                raise InputError(
                    f"offers {', '.join(map(str, numbers))} are alike and a surcharge names one of them",
                    remedy="give each offer once",
                )
            found.append(numbers[0])
        return tuple(found)


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
    numbers
        Places of the offers among the problem's.
    """

    offers: tuple[Offer, ...]
    objective_usd: float
    bound_usd: float
    solver: str
    status: str
    numbers: tuple[int, ...] = ()

    @property
    def landings(self) -> tuple[str, ...]:
        """Landing ids that are used, each once, in the order of the links."""
        return landings_of(self.offers)

    @property
    def gap_pct(self) -> float:
        """Proven optimality gap over the offers, percent of the objective."""
        short_usd = self.objective_usd - self.bound_usd
        return 100.0 * short_usd / self.objective_usd if short_usd else 0.0


def landings_of(offers: Iterable[Offer]) -> tuple[str, ...]:
    """Landing ids that offers use, each once, in their order."""
    return tuple(dict.fromkeys(name for offer in offers for name in (offer.start, offer.end)))


def choose_design(problem: DesignProblem) -> Design:
    """Choose one offer for each link at least total price, keeping to the rules.

    Raises
    ------
    InfeasibleError
        When some link has no offer or the rules cannot hold together: `conflict` names a
        minimal set of them, `relaxation` the cheapest to give up.

    Notes
    -----
    Binary x for each offer, y for each landing, z for each state, w for each surcharge:
    minimise sum(price x) + sum(landing y) + sum(state z) + sum(surcharge w), one x a link,
    y the largest x of its landing, z that of its state, w at least the sum of its x less
    all but one. Rules are linear in these. CP-SAT solves it in whole cents with one
    worker and a fixed seed, so equal input gives equal output. Of designs that cost the
    same, to the cent, the one is taken whose first link has the earliest offer, then the
    second, and so on.

    Examples
    --------
    Sharing one landing beats two cheaper links that would need a landing each.

    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0), Offer(1, "a", "t", 5.0))
    >>> problem = DesignProblem(2, offers, {"a": 3.0, "b": 3.0, "k": 1.0, "t": 1.0}, {})
    >>> design = choose_design(problem)
    >>> [offer.start for offer in design.offers], design.objective_usd, design.status
    (['a', 'a'], 20.0, 'OPTIMAL')
    """
    choice = DesignModel(problem).cheapest()
    if choice is None:
        raise infeasible(problem)
    return Design(
        offers=tuple(problem.offers[number] for number in choice.numbers),
        objective_usd=choice.value / 100.0,
        bound_usd=choice.bound / 100.0,
        solver="OR-Tools CP-SAT",
        status=choice.status,
        numbers=choice.numbers,
    )


def price_design(problem: DesignProblem, offers: Sequence[Offer]) -> float:
    """USD of a choice of a problem's offers, whether it is the cheapest or not, keeps to the rules or not.

    Examples
    --------
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
    >>> price_design(DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 1.0}, {}), offers[:1])
    14.0
    """
    landings = {name for offer in offers for name in (offer.start, offer.end)}
    states = {name for offer in offers for name in offer.states}
    numbers = set(problem.numbers_of(offers)) if problem.surcharges else set()
    return (
        problem.base_usd
        + sum(offer.price_usd for offer in offers)
        + sum(problem.landing_usd[name] for name in sorted(landings))
        + sum(problem.state_usd[name] for name in sorted(states))
        + sum(each.usd for each in problem.surcharges if numbers.issuperset(each.offers))
    )


def _check_offers(problem: DesignProblem) -> None:
    if problem.groups and len(problem.groups) != problem.links:
        raise InputError(
            f"{len(problem.groups)} pairs of groups for {problem.links} links", remedy="give one pair for each link"
        )
    for number, offer in enumerate(problem.offers):
        if not 0 <= offer.link < problem.links:
            raise InputError(
                f"offer {number} is for link {offer.link}, and there are {problem.links}",
                remedy="count links from 0",
            )
        for kind, used, priced in (
            ("landing", (offer.start, offer.end), problem.landing_usd),
            ("state", offer.states, problem.state_usd),
        ):
            for name in used:
                if name not in priced:
                    raise InputError(f"offer {number} uses {kind} {name!r}, which has no price", remedy="give it one")
        for value, most, what in ((offer.length_m, _MOST_M, "length_m"), (offer.latency_ms, _MOST_MS, "latency_ms")):
            if not 0.0 <= value <= most:  # NaN fails this, too
                raise InputError(f"{what} of offer {number} is {value!r}", remedy=f"give 0 to {most:,.0f}")


def _check_surcharges(problem: DesignProblem) -> None:
    for each in problem.surcharges:
        if not each.offers or not all(0 <= number < len(problem.offers) for number in each.offers):
            raise InputError(
                f"a surcharge is on offers {each.offers}, and there are {len(problem.offers)}",
                remedy="count offers from 0, and name at least one",
            )
        if not each.usd >= 0.0:
            raise InputError(f"a surcharge is {each.usd!r} USD", remedy="give 0 or more, inf to forbid")


def _check_money(problem: DesignProblem) -> None:
    """Refuse prices that are unknown, or so large that the solver cannot count them in cents."""
    prices = (
        *(offer.price_usd for offer in problem.offers),
        *problem.landing_usd.values(),
        *problem.state_usd.values(),
        *(each.usd for each in problem.surcharges),
    )
    for usd in (*prices, problem.base_usd):
        if math.isnan(usd) or usd == -math.inf:
            raise InputError(f"a price is {usd!r} USD", remedy="leave the offer out, or give inf to forbid it")
    total = abs(problem.base_usd) + sum(abs(usd) for usd in prices if usd != math.inf)
    if total > _MOST_USD:
        raise InputError(f"all prices sum to USD {total:,.0f}", remedy=f"give less than {_MOST_USD:,.0f}")
