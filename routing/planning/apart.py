"""Options whose links keep apart: landings and routes chosen together, combination by combination."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import TYPE_CHECKING

from routing.diversity import Spacing, shared_risk_m
from routing.errors import InfeasibleError
from routing.network import Surcharge, choose_design
from routing.planning.plans import Clearance, OptionPlan
from routing.planning.prices import total_usd
from routing.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.diversity import Separated
    from routing.network import Design, DesignProblem, Offer
    from routing.planning.planner import Planner
    from routing.planning.plans import LinkPlan, Wanted
    from routing.planning.routes import Candidate

__all__ = ["plan_apart"]

#: A combination of landings is good enough when no other can be cheaper by more than this share.
_CLOSE = 0.01
#: Combinations that are laid; each takes seconds.
_MOST_TRIED = 12


def plan_apart(planner: Planner, wanted: Wanted) -> OptionPlan:
    """Design and engineer links that keep apart.

    Parameters
    ----------
    planner
        Plans over its sea, and knows the routes of all pairs of landings.
    wanted
        The option, which names a separation.

    Raises
    ------
    InfeasibleError
        When the rules conflict, or no combination of landings has routes that keep apart.

    Notes
    -----
    OR-Tools chooses landings as if routes could lie anywhere; the routes of its choice are laid apart, and the choice
    is charged with what that costs more (a combinatorial Benders cut). It chooses again until no other choice can be
    cheaper by more than a hundredth. The bound takes each combination that was laid at its own bound and every
    other at those of its links alone.
    """
    problem = planner.problem(wanted)
    trials = _Trials(planner, wanted, problem)
    _, design, found = trials.run()
    links = tuple(
        _link(planner, wanted, offer, route) for offer, route in zip(design.offers, found.routes, strict=True)
    )
    draft = OptionPlan(wanted, links, design, 0.0, apart=_apart(planner, found), single_usd=trials.masters_usd[0])
    price_usd = total_usd(draft, planner)
    bounded = replace(problem, surcharges=tuple(trials.least))
    # What keeping apart costs beyond its own bound is no gap that tighter bounds of single links could close.
    charged = sum(each.usd for each in trials.least if set(each.offers) == set(design.numbers))
    alone_usd = price_usd - trials.premium_usd(design) + charged
    bound_usd = planner.proof(wanted, bounded, replace(design, objective_usd=alone_usd))
    chosen = replace(design, objective_usd=price_usd, bound_usd=min(trials.masters_usd[-1], price_usd))
    return replace(draft, design=chosen, lower_bound_usd=bound_usd)


def _apart(planner: Planner, found: Separated) -> tuple[Clearance, ...]:
    """How far each two routes keep from each other, and what could still reach both."""
    priced, exposed = planner.sea.priced, planner.sea.exposed
    within_m = 1000.0 * planner.fixed.catalogue.rules["shared-risk"].soft
    return tuple(
        Clearance(
            profile,
            shared_risk_m(
                (found.routes[profile.first], found.routes[profile.second]), exposed, priced=priced, within_m=within_m
            ),
        )
        for profile in found.profiles
    )


def _link(planner: Planner, wanted: Wanted, offer: Offer, route: Route) -> LinkPlan:
    way, priced = planner.book.get(offer.start, offer.end), planner.sea.priced
    inner = Route(route.lonlat[1:-1])
    # The very line that is priced: chords between even marks would cut corners, some of them through exclusions.
    path = priced.surface.grid.to_rowcol(priced.follow(inner.lonlat)[0])
    # The cheapest route proves more than this one would.
    return planner.engineered(wanted, planner.book.candidate(way.ends, inner, path), cheapest=way)


@dataclass
class _Trials:
    """Combinations of offers whose routes have been laid apart.

    Attributes
    ----------
    planner, wanted
        Who plans what.
    problem
        Offers at the prices of routes that lie alone.
    dearer, least
        What each combination costs on top of those prices, as laid and at least.
    laid
        Price, choice and routes of each, by the numbers of its offers.
    masters_usd
        Price of each choice: of the first, nothing is charged yet; the last is what OR-Tools proves of all
        combinations, laid or not.
    """

    planner: Planner
    wanted: Wanted
    problem: DesignProblem
    dearer: list[Surcharge] = field(default_factory=list)
    least: list[Surcharge] = field(default_factory=list)
    laid: dict[frozenset[int], tuple[float, Design, Separated]] = field(default_factory=dict)
    masters_usd: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._failures: list[InfeasibleError] = []

    def run(self) -> tuple[float, Design, Separated]:
        """The cheapest combination found, with its price and its routes.

        Raises
        ------
        InfeasibleError
            When no combination can be laid apart.
        """
        for _ in range(_MOST_TRIED):
            try:
                design = choose_design(replace(self.problem, surcharges=tuple(self.dearer)))
            except InfeasibleError as error:
                if self.laid:
                    break
                if self._failures:
                    raise self._failures[0] from error
                raise
            self.masters_usd.append(design.objective_usd)
            chosen = frozenset(design.numbers)
            if chosen in self.laid or self._best_usd() <= design.objective_usd * (1.0 + _CLOSE):
                break
            self._lay(design, chosen)
        if not self.laid:
            raise self._failures[0]
        return min(self.laid.values(), key=lambda found: found[0])

    def premium_usd(self, design: Design) -> float:
        """What a combination that was laid costs on top of its links alone."""
        price_usd, alone, _ = self.laid[frozenset(design.numbers)]
        return price_usd - alone.objective_usd

    def _best_usd(self) -> float:
        return min((price for price, _, _ in self.laid.values()), default=math.inf)

    def _lay(self, design: Design, chosen: frozenset[int]) -> None:
        """Lay a combination apart, and make it as dear as that turns out."""
        planner, wanted = self.planner, self.wanted
        ways = [planner.book.get(offer.start, offer.end) for offer in design.offers]
        sites = planner.sites
        spacing = Spacing(separation_m=wanted.separation_m or 0.0, zone_m=wanted.zone_m)
        try:
            links = tuple((sites[offer.start], sites[offer.end]) for offer in design.offers)
            found = planner.book.searches.separated(links, [self._known(way) for way in ways], spacing, planner.gap)
        except InfeasibleError as error:
            self._failures.append(error)
            self._charge(design, (math.inf, math.inf))
            return
        alone = sum(way.route_usd for way in ways)
        beside = sum(
            planner.link_usd(wanted, route.length_m) - planner.link_usd(wanted, way.route.length_m)
            for route, way in zip(found.routes, ways, strict=True)
        )
        more = found.total_usd - alone + beside
        # No bound of a link alone exceeds the price of its path, so together they never exceed the bound of the set.
        least = found.lower_bound_usd - sum(way.path_usd for way in ways)
        self._charge(design, (max(0.0, more), max(0.0, least)))
        self.laid[chosen] = (design.objective_usd + more, design, found)

    def _known(self, way: Candidate) -> tuple[float, float]:
        """Price of the path of a link alone, and what none costs less than, both without approaches."""
        book = self.planner.book
        approaches_usd = book.approaches_usd(way.ends)
        return way.path_usd - approaches_usd, book.bound(way, self.planner.gap) - approaches_usd

    def _charge(self, design: Design, usd: tuple[float, float]) -> None:
        """Charge a combination, and the same landings on other links between the same groups."""
        for numbers in self._alike(design):
            self.dearer.append(Surcharge(numbers, usd[0]))
            self.least.append(Surcharge(numbers, usd[1]))

    def _alike(self, design: Design) -> Iterator[tuple[int, ...]]:
        """Combinations that are the same but for the numbers of parallel links."""
        links = range(len(design.offers))
        seen = set()
        for order in permutations(links):
            if any(self.wanted.links[a] != self.wanted.links[b] for a, b in zip(links, order, strict=True)):
                continue
            moved = [(link, design.offers[other].start, design.offers[other].end) for link, other in enumerate(order)]
            numbers = tuple(sorted(self._number(each) for each in moved))
            if numbers not in seen:
                seen.add(numbers)
                yield numbers

    def _number(self, key: tuple[int, str, str]) -> int:
        return next(
            number for number, offer in enumerate(self.problem.offers) if (offer.link, offer.start, offer.end) == key
        )
