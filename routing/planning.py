"""From a cost surface and candidate landings to complete options.

Fields from the candidates price every link that could be built; OR-Tools takes
landings and links together; the links it takes become engineered segments whose
price is the objective, to within the rounding of its items to cents.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.engineering import Segment, engineer_segment
from routing.errors import InfeasibleError
from routing.geodesic import enclosure
from routing.network import Design, DesignProblem, Offer, choose_design, prove_design
from routing.route import Route, straighten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from routing.constraints import ExclusionMap, Sectors
    from routing.fixedcost import FixedCost
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid

__all__ = ["Candidate", "Infeasible", "LinkPlan", "OptionPlan", "Planner", "Sea", "Wanted"]


@dataclass(frozen=True)
class Sea:
    """Everything about the water that a plan needs.

    Attributes
    ----------
    priced
        The cost surface, ready to route.
    exclusions
        Why cells are excluded.
    sectors
        National sectors, where known.
    """

    priced: PricedGrid
    exclusions: ExclusionMap
    sectors: Sectors | None


@dataclass(frozen=True)
class Wanted:
    """An option as asked for.

    Attributes
    ----------
    id, name
        Short and shown name.
    links
        Pairs of countries.
    landings
        Landing ids allowed by country; a country that is not named allows all of its own.
    """

    id: str
    name: str
    links: tuple[tuple[str, str], ...]
    landings: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class LinkPlan:
    """One link of an option, engineered.

    Attributes
    ----------
    segment
        The cable.
    items
        USD of each item that the way decides, at the base level.
    low_usd, high_usd
        Their sum at the other levels of the catalogue, same engineering.
    path_usd
        Price of the continuous path that the route straightens.
    lower_bound_usd
        Proven: no route between these landings costs less at this cost surface.
    faults_per_year
        Expected faults.
    states
        States whose sector it crosses.
    """

    segment: Segment
    items: Mapping[str, float]
    low_usd: float
    high_usd: float
    path_usd: float
    lower_bound_usd: float
    faults_per_year: float
    states: tuple[str, ...]


@dataclass(frozen=True)
class OptionPlan:
    """A complete answer to one wanted option.

    Attributes
    ----------
    wanted
        What was asked for.
    links
        Its links, engineered.
    design
        The choice among all offers.
    lower_bound_usd
        Proven: no design of these landings and links costs less, whatever its routes.
    """

    wanted: Wanted
    links: tuple[LinkPlan, ...]
    design: Design
    lower_bound_usd: float

    @property
    def sites(self) -> tuple[LandingSite, ...]:
        """Landings used, each once, in the order of the links."""
        sites = (site for link in self.links for site in (link.segment.start, link.segment.end))
        return tuple({site.landing.id: site for site in sites}.values())

    @property
    def states(self) -> tuple[str, ...]:
        """States whose sector is crossed."""
        return tuple(sorted({state for link in self.links for state in link.states}))


@dataclass(frozen=True)
class Infeasible:
    """Why a wanted option has no answer.

    Attributes
    ----------
    wanted
        The option.
    message
        What is closed off, and by what.
    conflict
        The exclusions and rules in the way.
    relaxation
        The cheapest exclusion to give up, where giving up one is enough.
    """

    wanted: Wanted
    message: str
    conflict: tuple[str, ...]
    relaxation: str | None


@dataclass(frozen=True)
class Candidate:
    """A route between two landings, before engineering.

    Attributes
    ----------
    start, end
        The landings.
    route
        From beach manhole to beach manhole.
    path_usd, route_usd
        Price of the continuous path, and of the route that straightens it.
    states
        States whose permits are paid.
    """

    start: LandingSite
    end: LandingSite
    route: Route
    path_usd: float
    route_usd: float
    states: tuple[str, ...]


@dataclass
class Planner:
    """Plans options over one sea; routes that several options share are made once.

    Parameters
    ----------
    sea
        The water.
    sites
        Candidate landings by id.
    fixed
        Fixed prices at the base level.
    points_of_presence
        Where each country's terrestrial network is joined, (lon, lat).
    alter_course_usd, transition_usd
        Price of an alter course, and of a change of cable or burial.
    gap
        Relative gap to which routes and designs are proven, where that can be reached.
    threads
        Threads for fields and routes; the answer does not depend on it.
    """

    sea: Sea
    sites: Mapping[str, LandingSite]
    fixed: FixedCost
    points_of_presence: Mapping[str, tuple[float, float]]
    alter_course_usd: float
    transition_usd: float
    gap: float = 0.005
    threads: int = 2

    def __post_init__(self) -> None:
        self._routes: dict[tuple[str, str], Candidate | InfeasibleError] = {}
        # Options share landings, so a bound is asked for more than once.
        self._bounds: dict[tuple[str, str, float], float] = {}

    def plan(self, wanted: Wanted) -> OptionPlan:
        """Design and engineer one option.

        Raises
        ------
        InfeasibleError
            When a link cannot be built; the message names what closes it off.
        """
        pairs = [self._pairs(wanted, link) for link in wanted.links]
        self._find_routes([pair for group in pairs for pair in group])
        for link, group in zip(wanted.links, pairs, strict=True):
            if not any(isinstance(self._routes[pair], Candidate) for pair in group):
                raise self._blocked(link, group)
        problem = self.problem(wanted)
        design = choose_design(problem)
        links = tuple(
            self._engineered(f"{wanted.id}_{offer.start}_{offer.end}", self._route(offer)) for offer in design.offers
        )
        return OptionPlan(wanted, links, design, self._proof(problem, design))

    def diagnose(self, wanted: Wanted, error: InfeasibleError, relaxed: Callable[[str], Sea | None]) -> Infeasible:
        """Why an option is infeasible, and the cheapest single exclusion to give up.

        Parameters
        ----------
        wanted
            The option.
        error
            What :meth:`plan` raised.
        relaxed
            Gives the sea without the exclusions of one reason; None where it cannot be given up.
        """
        prices: dict[str, float] = {}
        for reason in error.conflict:
            sea = relaxed(reason)
            if sea is None:
                continue
            try:
                prices[reason] = replace(self, sea=sea).plan(wanted).design.objective_usd
            except InfeasibleError:
                continue
        best = min(prices, key=lambda reason: prices[reason], default=None)
        relaxation = None if best is None else f"give up {best!r}: then USD {prices[best]:,.0f}"
        return Infeasible(wanted, str(error), error.conflict, relaxation)

    def _pairs(self, wanted: Wanted, link: tuple[str, str]) -> list[tuple[str, str]]:
        first, second = (self._allowed(wanted, country) for country in link)
        return [(start, end) for start in first for end in second if start != end]

    def _allowed(self, wanted: Wanted, country: str) -> Sequence[str]:
        own = [key for key, site in self.sites.items() if site.landing.country == country]
        return [key for key in own if key in wanted.landings.get(country, own)]

    def _find_routes(self, pairs: Sequence[tuple[str, str]]) -> None:
        missing = sorted(set(pairs) - set(self._routes))
        starts = sorted({start for start, _ in missing})
        ends = [[end for first, end in missing if first == start] for start in starts]
        self.sea.priced.warm()
        with ThreadPoolExecutor(self.threads) as pool:
            for start, group, found in zip(starts, ends, pool.map(self._routes_from, starts, ends), strict=True):
                self._routes.update({(start, end): route for end, route in zip(group, found, strict=True)})

    def _routes_from(self, start: str, ends: Sequence[str]) -> list[Candidate | InfeasibleError]:
        """Routes from one landing: one field serves them all."""
        source = self.sites[start]
        field = self.sea.priced.kernel.field(source.node, targets=[self.sites[end].node for end in ends])
        found: list[Candidate | InfeasibleError] = []
        for end in ends:
            try:
                path = field.path_to(self.sites[end].node)
                inner = straighten(path.points, self.sea.priced, alter_course_usd=self.alter_course_usd)
                found.append(self._candidate(source, self.sites[end], inner, path.cost))
            except InfeasibleError as error:
                found.append(error)
        return found

    def _candidate(self, start: LandingSite, end: LandingSite, inner: Route, path_usd: float) -> Candidate:
        priced = self.sea.priced
        approaches = self._approaches_usd(start, end)
        route = Route(np.concatenate([[start.bmh], inner.lonlat, [end.bmh]]))
        states = {start.landing.country, end.landing.country}
        if self.sea.sectors:
            along = self.sea.sectors.along(priced.rowcol(inner.at(inner.marks(priced.step_m))))
            states |= {state for state in along if state is not None}
        return Candidate(
            start, end, route, path_usd + approaches, priced.price(inner.lonlat) + approaches, tuple(sorted(states))
        )

    def candidates(self) -> dict[tuple[str, str], Candidate]:
        """Every route that was found, by its landings."""
        return {pair: way for pair, way in self._routes.items() if isinstance(way, Candidate)}

    def problem(
        self, wanted: Wanted, *, fixed: FixedCost | None = None, way_usd: Callable[[Candidate], float] | None = None
    ) -> DesignProblem:
        """What OR-Tools chooses from for an option that was planned, at base prices unless told.

        Parameters
        ----------
        wanted
            The option.
        fixed
            Other fixed prices.
        way_usd
            Other prices of routes.
        """
        fixed = fixed or self.fixed
        routes = self.candidates()
        offers, states = [], set()
        for number, link in enumerate(wanted.links):
            for pair in self._pairs(wanted, link):
                if pair in routes:
                    way = routes[pair]
                    usd = way_usd(way) if way_usd else way.route_usd
                    offers.append(Offer(number, *pair, usd + _link_usd(fixed, way.route.length_m), way.states))
                    states |= set(way.states)
        used = sorted({name for offer in offers for name in (offer.start, offer.end)})
        return DesignProblem(
            links=len(wanted.links),
            offers=tuple(offers),
            landing_usd={name: sum(self.landing_items(self.sites[name], fixed).values()) for name in used},
            state_usd=dict.fromkeys(sorted(states), sum(fixed.state().values())),
            base_usd=sum(fixed.option().values()),
        )

    def _proof(self, problem: DesignProblem, design: Design) -> float:
        """Lower bound on any design: each offer at a proven bound, crossing only the states of its landings."""
        offers = tuple(replace(offer, states=self._end_states(offer)) for offer in problem.offers)

        def least_link_usd(ends: Candidate) -> float:
            # No route is shorter than the geodesic, so none needs fewer repeaters.
            return _link_usd(self.fixed, float(geodesy.inverse(ends.start.bmh, ends.end.bmh)[2][0]))

        def first(offer: Offer) -> float:
            ends = self._route(offer)
            straight = self.sea.priced.first_lower_bound(ends.start.node, ends.end.node)
            return straight + self._approaches_usd(ends.start, ends.end) + least_link_usd(ends)

        def tighter(offer: Offer, gap: float) -> float:
            return self._lower_bound(self._route(offer), gap) + least_link_usd(self._route(offer))

        return prove_design(
            replace(problem, offers=offers), design.objective_usd, first=first, tighter=tighter, gap=self.gap
        )

    def _end_states(self, offer: Offer) -> tuple[str, ...]:
        return tuple(sorted({self.sites[name].landing.country for name in (offer.start, offer.end)}))

    def _approaches_usd(self, start: LandingSite, end: LandingSite) -> float:
        return sum(sum(self.sea.priced.approach_items(site).values()) for site in (start, end))

    def _lower_bound(self, route: Candidate, gap: float) -> float:
        """Proven lower bound on any route between two landings, approaches included."""
        key = route.start.landing.id, route.end.landing.id, gap
        if key not in self._bounds:
            approaches = self._approaches_usd(route.start, route.end)
            path_usd = route.path_usd - approaches
            bound_usd = self.sea.priced.lower_bound(route.start.node, route.end.node, path_usd, gap=gap)
            self._bounds[key] = bound_usd + approaches
        return self._bounds[key]

    def landing_items(self, site: LandingSite, fixed: FixedCost | None = None) -> dict[str, float]:
        """Fixed items of one landing, at the base level unless told."""
        return (fixed or self.fixed).landing(site, self.points_of_presence.get(site.landing.country))

    def _route(self, offer: Offer) -> Candidate:
        route = self._routes[offer.start, offer.end]
        if not isinstance(route, Candidate):
            raise route
        return route

    def _engineered(self, name: str, candidate: Candidate) -> LinkPlan:
        priced = self.sea.priced
        sites, inner = (candidate.start, candidate.end), candidate.route.lonlat[1:-1]
        segment = engineer_segment(
            name, sites, candidate.route, priced=priced, sectors=self.sea.sectors, transition_usd=self.transition_usd
        )
        return LinkPlan(
            segment=segment,
            items=priced.link_items(inner, sites),
            low_usd=priced.link_total_at("low", inner, sites),
            high_usd=priced.link_total_at("high", inner, sites),
            path_usd=candidate.path_usd,
            lower_bound_usd=self._lower_bound(candidate, self.gap),
            faults_per_year=priced.link_faults_per_year(inner, sites),
            states=candidate.states,
        )

    def _blocked(self, link: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> InfeasibleError:
        """Name what closes off the landings of a link."""
        if not pairs:
            return InfeasibleError(
                f"link {link[0]}-{link[1]}: no candidate landing is allowed",
                conflict=[f"landings of {link[0]}-{link[1]}"],
            )
        surface, code = self.sea.priced.surface, self.sea.exclusions
        total, texts, conflict = surface.total(), [], {}
        for name in sorted({name for pair in pairs for name in pair}):
            site = self.sites[name]
            inside, pocket = code.reason_at(*site.node), enclosure(total, site.node)
            around = ((inside, 1.0),) if inside else code.around(pocket)
            if inside or pocket.sum() < 0.5 * surface.free.sum():
                texts.append(f"{site.landing.name} is closed off by " + ", ".join(f"{r} ({s:.0%})" for r, s in around))
                conflict.update(dict.fromkeys(reason for reason, _ in around))
        detail = "; ".join(texts) or "exclusions separate the two shores"
        return InfeasibleError(
            f"link {link[0]}-{link[1]} cannot be built: {detail}; give up an exclusion or move a landing",
            conflict=list(conflict) or list(code.reasons),
        )


def _link_usd(fixed: FixedCost, route_m: float) -> float:
    """Fixed price of a link of a length."""
    return sum(fixed.link().values()) + sum(fixed.repeaters(route_m).values())
