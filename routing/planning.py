"""From a cost surface and candidate landings to complete options.

Fields from the candidates price every link that could be built; OR-Tools takes
landings and links together; the links it takes become engineered segments whose
price is the objective, to within the rounding of its items to cents.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing import geodesy
from routing.catalogue import LEVELS
from routing.engineering import Segment, engineer_segment
from routing.errors import InfeasibleError
from routing.geodesic import enclosure
from routing.network import Design, DesignProblem, Offer, choose_design, prove_design
from routing.route import Route, straighten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from routing.catalogue import Level
    from routing.constraints import ExclusionMap, Sectors
    from routing.crossing import Crossing, CrossingMap
    from routing.finding import Finding
    from routing.fixedcost import FixedCost
    from routing.geodesic import GeodesicPath
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid

_OUTER_LEVELS: tuple[Literal["low"], Literal["high"]] = ("low", "high")

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
    crossings
        Cables and pipelines that are there already; None: none.
    states
        The only states whose sectors are open; None: all.
    """

    priced: PricedGrid
    exclusions: ExclusionMap
    sectors: Sectors | None
    crossings: CrossingMap | None = None
    states: tuple[str, ...] | None = None


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
    states
        The only states whose sectors may be crossed; None: any.
    """

    id: str
    name: str
    links: tuple[tuple[str, str], ...]
    landings: Mapping[str, tuple[str, ...]]
    states: tuple[str, ...] | None = None


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
    crossings
        Where it crosses cables and pipelines.
    findings
        Soft rules that it breaks.
    """

    segment: Segment
    items: Mapping[str, float]
    low_usd: float
    high_usd: float
    path_usd: float
    lower_bound_usd: float
    faults_per_year: float
    states: tuple[str, ...]
    crossings: tuple[Crossing, ...] = ()
    findings: tuple[Finding, ...] = ()


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
    given_up
        Soft barriers that it needs to be given up, by layer name.
    """

    wanted: Wanted
    links: tuple[LinkPlan, ...]
    design: Design
    lower_bound_usd: float
    given_up: tuple[str, ...] = ()

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
    water_usd
        Price of the continuous path without approaches and tolls.
    crossings
        Where it crosses cables and pipelines.
    """

    start: LandingSite
    end: LandingSite
    route: Route
    path_usd: float
    route_usd: float
    water_usd: float
    states: tuple[str, ...]
    crossings: tuple[Crossing, ...]


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
        priced, crossings = self.sea.priced, self.sea.crossings
        field = priced.guide.field(source.node, targets=[self.sites[end].node for end in ends])
        found: list[Candidate | InfeasibleError] = []
        for end in ends:
            try:
                path = field.path_to(self.sites[end].node)
                inner = straighten(path.points, priced, alter_course_usd=self.alter_course_usd, crossings=crossings)
                found.append(self._candidate(source, self.sites[end], inner, path))
            except InfeasibleError as error:
                found.append(error)
        return found

    def _candidate(self, start: LandingSite, end: LandingSite, inner: Route, path: GeodesicPath) -> Candidate:
        priced, assets = self.sea.priced, self.sea.crossings
        approaches = self._approaches_usd(start, end)
        route = Route(np.concatenate([[start.bmh], inner.lonlat, [end.bmh]]))
        crossings = _admissible(assets.find(route.lonlat)) if assets else ()
        on_path = assets.find(priced.lonlat(path.points)) if assets else ()
        water_usd = priced.kernel.price(path.points) if assets else path.cost
        return Candidate(
            start=start,
            end=end,
            route=route,
            path_usd=water_usd + approaches + _tolls_usd(assets, on_path),
            route_usd=priced.price(inner.lonlat) + approaches + _tolls_usd(assets, crossings),
            water_usd=water_usd,
            states=self._states(start, end, inner),
            crossings=crossings,
        )

    def _states(self, start: LandingSite, end: LandingSite, inner: Route) -> tuple[str, ...]:
        """States of both landings and of every sector on the way; the edge of a closed sector is not inside it."""
        ends, sea = {start.landing.country, end.landing.country}, self.sea
        if sea.sectors is None:
            return tuple(sorted(ends))
        along = sea.sectors.along(sea.priced.rowcol(inner.at(inner.marks(sea.priced.step_m))))
        crossed = {state for state in along if state is not None}
        return tuple(sorted(ends | (crossed if sea.states is None else crossed & set(sea.states))))

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
            return (
                straight
                + self._approaches_usd(ends.start, ends.end)
                + self._unavoidable_usd(ends)
                + least_link_usd(ends)
            )

        def tighter(offer: Offer, gap: float) -> float:
            return self._lower_bound(self._route(offer), gap) + least_link_usd(self._route(offer))

        # Bounds hold only tolls that no way avoids, so they can come near no more than the rest of the price.
        chosen = [self._route(offer) for offer in design.offers]
        avoidable_usd = sum(
            _tolls_usd(self.sea.crossings, each.crossings) - self._unavoidable_usd(each) for each in chosen
        )
        known_usd = design.objective_usd - avoidable_usd
        return prove_design(replace(problem, offers=offers), known_usd, first=first, tighter=tighter, gap=self.gap)

    def _end_states(self, offer: Offer) -> tuple[str, ...]:
        return tuple(sorted({self.sites[name].landing.country for name in (offer.start, offer.end)}))

    def _approaches_usd(self, start: LandingSite, end: LandingSite) -> float:
        return sum(sum(self.sea.priced.approach_items(site).values()) for site in (start, end))

    def _lower_bound(self, route: Candidate, gap: float) -> float:
        """Proven lower bound on any route between two landings, approaches and unavoidable tolls included."""
        key = route.start.landing.id, route.end.landing.id, gap
        if key not in self._bounds:
            bound_usd = self.sea.priced.lower_bound(route.start.node, route.end.node, route.water_usd, gap=gap)
            self._bounds[key] = bound_usd + self._approaches_usd(route.start, route.end) + self._unavoidable_usd(route)
        return self._bounds[key]

    def _unavoidable_usd(self, route: Candidate) -> float:
        """Tolls that any route between the two landings pays."""
        assets = self.sea.crossings
        return assets.unavoidable_usd(route.start.node, route.end.node, route.crossings) if assets else 0.0

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
            name,
            sites,
            candidate.route,
            priced=priced,
            sectors=self.sea.sectors,
            transition_usd=self.transition_usd,
            crossings=candidate.crossings,
        )
        low, high = (priced.link_total_at(level, inner, sites) for level in _OUTER_LEVELS)
        low_tolls, tolls, high_tolls = (self._crossing_items(candidate, level) for level in LEVELS)
        return LinkPlan(
            segment=segment,
            items=_summed(priced.link_items(inner, sites), tolls),
            low_usd=low + sum(low_tolls.values()),
            high_usd=high + sum(high_tolls.values()),
            path_usd=candidate.path_usd,
            lower_bound_usd=self._lower_bound(candidate, self.gap),
            faults_per_year=priced.link_faults_per_year(inner, sites),
            states=candidate.states,
            crossings=candidate.crossings,
            findings=self._findings(candidate),
        )

    def _crossing_items(self, candidate: Candidate, level: Level) -> dict[str, float]:
        """Items of all crossings of a route at one level; none where it crosses nothing."""
        fixed = replace(self.fixed, level=level)
        rules = (crossing.asset.rule for crossing in candidate.crossings)
        return _summed(*(fixed.crossing(rule.carries, toll_usd=rule.toll_usd) for rule in rules))

    def _findings(self, candidate: Candidate) -> tuple[Finding, ...]:
        """Soft rules of assets that a route breaks."""
        if self.sea.crossings is None:
            return ()
        of_crossings = (finding for crossing in candidate.crossings for finding in crossing.findings())
        return (*of_crossings, *self.sea.crossings.beside(candidate.route.lonlat))

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
        for error in (self._routes[pair] for pair in pairs):
            if isinstance(error, InfeasibleError) and error.conflict:
                texts.append(str(error))
                conflict.update(dict.fromkeys(error.conflict))
        detail = "; ".join(dict.fromkeys(texts)) or "exclusions separate the two shores"
        return InfeasibleError(
            f"link {link[0]}-{link[1]} cannot be built: {detail}; give up an exclusion or move a landing",
            conflict=list(conflict) or list(code.reasons),
        )


def _tolls_usd(assets: CrossingMap | None, crossings: tuple[Crossing, ...]) -> float:
    return assets.price_usd(crossings) if assets else 0.0


def _admissible(crossings: tuple[Crossing, ...]) -> tuple[Crossing, ...]:
    """Crossings as they are, each at an angle that its asset allows."""
    for crossing in crossings:
        if not crossing.is_admissible:
            raise InfeasibleError(
                f"the shore approach crosses {crossing.asset.name} at {crossing.angle_deg:.1f} degrees, "
                f"less than {crossing.asset.rule.min_angle_deg:g}",
                conflict=[f"crossing of {crossing.asset.name}"],
            )
    return crossings


def _summed(*tables: Mapping[str, float]) -> dict[str, float]:
    """Item by item sum."""
    total: dict[str, float] = {}
    for table in tables:
        for name, usd in table.items():
            total[name] = total.get(name, 0.0) + usd
    return total


def _link_usd(fixed: FixedCost, route_m: float) -> float:
    """Fixed price of a link of a length."""
    return sum(fixed.link().values()) + sum(fixed.repeaters(route_m).values())
