"""From a cost surface and candidate landings to complete options.

Fields from the candidates price every link that could be built; OR-Tools takes
landings and links together; the links it takes become engineered segments whose
price is the objective, to within the rounding of its items to cents.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from routing import geodesy
from routing.catalogue import LEVELS
from routing.courses import beyond, course_findings
from routing.engineering import Surroundings, Works, engineer_segment, latency_ms, price_make_up
from routing.errors import InfeasibleError
from routing.finding import Finding
from routing.geodesic import enclosure
from routing.junction import Junction
from routing.network import DesignProblem, Offer, choose_design, prove_design
from routing.planning.apart import plan_apart
from routing.planning.plans import Infeasible, LinkPlan, OptionPlan
from routing.planning.prices import span_items
from routing.planning.routes import RouteBook, end_states
from routing.planning.searching import KEPT_TYPES, here
from routing.planning.trees import plan_tree
from routing.reuse import Store
from routing.span import Amplifiers, amplifiers, repeaters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from routing.catalogue import Level
    from routing.diversity import Alternative
    from routing.fixedcost import FixedCost
    from routing.landing import LandingSite
    from routing.network import Design
    from routing.planning.plans import Existing, Sea, Wanted
    from routing.planning.routes import Candidate

__all__ = ["Planner"]

_OUTER_LEVELS: tuple[Literal["low"], Literal["high"]] = ("low", "high")


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
    existing
        Cables that may be branched off, by the name of their group.
    gap
        Relative gap to which routes and designs are proven, where that can be reached.
    threads
        Threads for fields and routes; the answer does not depend on it.
    store
        Where results of searches are kept from run to run; the answer does not depend on it.
    do
        Calls a search with its arguments, here or elsewhere.
    """

    sea: Sea
    sites: Mapping[str, LandingSite]
    fixed: FixedCost
    points_of_presence: Mapping[str, tuple[float, float]]
    alter_course_usd: float
    transition_usd: float
    existing: Mapping[str, Existing] = field(default_factory=dict)
    gap: float = 0.005
    threads: int = 2
    store: Store = field(default_factory=lambda: Store(None, {}, KEPT_TYPES))
    do: Callable[..., Any] = here

    def __post_init__(self) -> None:
        self.book = RouteBook(self.sea, self.sites, self.alter_course_usd, self.store, self.threads, self.do)

    def plan(self, wanted: Wanted) -> OptionPlan:
        """Design and engineer one option.

        Raises
        ------
        InfeasibleError
            When it cannot be built; the message names what closes it off or which rules conflict.
        """
        if wanted.trunk:
            return plan_tree(self, wanted)
        self._find_routes(wanted)
        if wanted.separation_m is not None:
            return plan_apart(self, wanted)
        problem = self.problem(wanted)
        design = choose_design(problem)
        links = tuple(self.engineered(wanted, self.book.get(offer.start, offer.end)) for offer in design.offers)
        return OptionPlan(wanted, links, design, self.proof(wanted, problem, design))

    def prepare(self, options: Iterable[Wanted]) -> None:
        """Find the routes of several options at once, so that planning them side by side finds none twice."""
        self.book.find([pair for wanted in options for link in wanted.links for pair in self.pairs(wanted, link)])

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
        if error.relaxation is not None:
            return Infeasible(wanted, str(error), error.conflict, error.relaxation)
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

    def allowed(self, wanted: Wanted, country: str) -> list[str]:
        """Ids of the candidate landings of a country that an option may use."""
        own = [key for key, site in self.sites.items() if site.landing.country == country]
        return [key for key in own if key in wanted.landings.get(country, own)]

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
        routes = self.book.candidates()
        offers, states = [], set()
        for number, link in enumerate(wanted.links):
            for pair in self.pairs(wanted, link):
                if pair in routes:
                    way = routes[pair]
                    usd = way_usd(way) if way_usd else way.route_usd
                    offers.append(self._offer(wanted, number, way, usd, fixed))
                    states |= set(way.states)
        used = sorted({name for offer in offers for name in (offer.start, offer.end)})
        return DesignProblem(
            links=len(wanted.links),
            offers=tuple(offers),
            landing_usd={name: sum(self.landing_items(self.sites[name], fixed).values()) for name in used},
            state_usd=dict.fromkeys(sorted(states), sum(fixed.state().values())),
            base_usd=sum(fixed.option().values()),
            groups=wanted.links,
            group_of={name: self.sites[name].landing.country for name in used},
            rules=wanted.rules,
            names={name: self.sites[name].name for name in used},
        )

    def proof(self, wanted: Wanted, problem: DesignProblem, design: Design) -> float:
        """Lower bound on any design, whatever its routes: each offer at a proven bound and at its least length."""
        # Bounds hold only what no way avoids, so they can come near no more than the rest of the price.
        known_usd = design.objective_usd - sum(self._avoidable_usd(wanted, offer) for offer in design.offers)
        return prove_design(
            replace(problem, offers=tuple(self._loosest(offer) for offer in problem.offers)),
            known_usd,
            first=lambda offer: self.book.first_bound(self._way(offer)) + self.link_usd(wanted, offer.length_m),
            tighter=lambda offer, gap: self.book.bound(self._way(offer), gap) + self.link_usd(wanted, offer.length_m),
            gap=self.gap,
        )

    def link_usd(self, wanted: Wanted, route_m: float, fixed: FixedCost | None = None) -> float:
        """Price of what a link of a length needs beside the cable."""
        fixed = fixed or self.fixed
        return sum(sum(items.values()) for items in span_items(wanted, route_m, fixed))

    def landing_items(self, site: LandingSite, fixed: FixedCost | None = None) -> dict[str, float]:
        """Fixed items of one landing, at the base level unless told."""
        return (fixed or self.fixed).landing(site, self.points_of_presence.get(site.landing.country))

    def engineered(
        self,
        wanted: Wanted,
        candidate: Candidate,
        *,
        fibre_pairs: float | None = None,
        is_powered: bool = False,
        cheapest: Candidate | None = None,
    ) -> LinkPlan:
        """Make a route a cable: what it is built of, what it costs item by item, what it breaks.

        Parameters
        ----------
        wanted
            The option that it belongs to.
        candidate
            The route.
        fibre_pairs
            What it carries; None: what the option wants of each link.
        is_powered
            Whether it is part of a tree with repeaters.
        cheapest
            The cheapest route between the same ends, which the bound is proven with; None: this one.
        """
        priced, inner, ends = self.sea.priced, candidate.inner.lonlat, candidate.ends
        pairs = wanted.fibre_pairs if fibre_pairs is None else fibre_pairs
        segment = engineer_segment(
            f"{wanted.id}_{candidate.start.id}_{candidate.end.id}",
            ends,
            candidate.route,
            around=Surroundings(priced, self.sea.sectors, self.sea.exposed),
            works=self._works(wanted, candidate, fibre_pairs=pairs, is_powered=is_powered),
            crossings=candidate.crossings,
        )
        low, high = (priced.link_total_at(level, inner, ends) for level in _OUTER_LEVELS)
        low_tolls, tolls, high_tolls = (self._crossing_items(candidate, level) for level in LEVELS)
        return LinkPlan(
            segment=segment,
            make_up=price_make_up(segment.route, segment.sections, priced, transition_usd=self.transition_usd),
            items=_summed(priced.link_items(inner, ends), tolls),
            low_usd=low + sum(low_tolls.values()),
            high_usd=high + sum(high_tolls.values()),
            path_usd=candidate.path_usd,
            lower_bound_usd=self.book.bound(cheapest or candidate, self.gap),
            faults_per_year=priced.link_faults_per_year(inner, ends),
            states=candidate.states,
            crossings=candidate.crossings,
            findings=self._findings(candidate),
            fibre_pairs=pairs,
            alternatives=self._alternatives(wanted, candidate),
        )

    def _works(self, wanted: Wanted, candidate: Candidate, *, fibre_pairs: float, is_powered: bool) -> Works:
        """How a route is built; whether a branch needs repeaters depends on its tree."""
        catalogue, length_m = self.fixed.catalogue, candidate.route.length_m
        aid = Amplifiers()
        if is_powered:
            aid = repeaters(catalogue, length_m)
        elif not wanted.trunk and wanted.max_span_m is None:
            aid = amplifiers(catalogue, length_m)
        return Works.of(catalogue, transition_usd=self.transition_usd, fibre_pairs=fibre_pairs, amplifiers=aid)

    def pairs(self, wanted: Wanted, link: tuple[str, str]) -> list[tuple[str, str]]:
        """Ids of the landings that a link of an option may join."""
        first, second = (self.allowed(wanted, country) for country in link)
        return [(start, end) for start in first for end in second if start != end]

    def _find_routes(self, wanted: Wanted) -> None:
        """Find the routes of all links of an option.

        Raises
        ------
        InfeasibleError
            When a link has none.
        """
        pairs = [self.pairs(wanted, link) for link in wanted.links]
        self.book.find([pair for group in pairs for pair in group])
        for link, group in zip(wanted.links, pairs, strict=True):
            if all(self.book.failure(pair) for pair in group):
                raise self._blocked(link, group)

    def _offer(self, wanted: Wanted, number: int, way: Candidate, way_usd: float, fixed: FixedCost) -> Offer:
        length_m = way.route.length_m
        return Offer(
            number,
            way.start.id,
            way.end.id,
            way_usd + self.link_usd(wanted, length_m, fixed),
            way.states,
            length_m=length_m,
            latency_ms=latency_ms(length_m, self.fixed),
        )

    def _loosest(self, offer: Offer) -> Offer:
        """An offer as good as any route between its landings could be: no route is shorter than the geodesic."""
        way = self._way(offer)
        length_m = float(geodesy.inverse(way.start.place, way.end.place)[2][0])
        states = tuple(sorted(end_states(way.ends)))
        return replace(offer, states=states, length_m=length_m, latency_ms=latency_ms(length_m, self.fixed))

    def _avoidable_usd(self, wanted: Wanted, offer: Offer) -> float:
        """Tolls that another route might avoid, and what a shorter one might do without."""
        longer = self.link_usd(wanted, offer.length_m) - self.link_usd(wanted, self._loosest(offer).length_m)
        return self.book.avoidable_usd(self._way(offer)) + longer

    def _way(self, offer: Offer) -> Candidate:
        return self.book.get(offer.start, offer.end)

    def _crossing_items(self, candidate: Candidate, level: Level) -> dict[str, float]:
        """Items of all crossings of a route at one level; none where it crosses nothing."""
        fixed = replace(self.fixed, level=level)
        rules = (crossing.asset.rule for crossing in candidate.crossings)
        return _summed(*(fixed.crossing(rule.carries, toll_usd=rule.toll_usd) for rule in rules))

    def _alternatives(self, wanted: Wanted, candidate: Candidate) -> tuple[Alternative, ...]:
        """Other routes of a link, where they are wanted, without the best."""
        asked, (start, end) = wanted.alternatives, candidate.ends
        if asked is None or isinstance(start, Junction) or isinstance(end, Junction):
            return ()
        return self.book.searches.ways((start, end), candidate.water_usd, asked)[1:]

    def _findings(self, candidate: Candidate) -> tuple[Finding, ...]:
        """Soft rules that a route breaks: those of assets, and the span beyond which light needs help."""
        found = [finding for crossing in candidate.crossings for finding in crossing.findings()]
        found += course_findings(candidate.inner, self.sea.priced, beyond=beyond(candidate.ends))
        if self.sea.crossings is not None:
            found += self.sea.crossings.beside(candidate.route.lonlat)
        span, length_km = self.fixed.catalogue.rules["span"], candidate.route.length_m / 1000.0
        if span.breach(length_km) and not amplifiers(self.fixed.catalogue, 1000.0 * length_km).count:
            text = f"span of {length_km:.0f} km without repeaters: over {span.soft:g} km it may need remote pumps"
            found.append(Finding("span", "warning", text))
        return tuple(found)

    def _blocked(self, link: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> InfeasibleError:
        """Name what closes off the landings of a link."""
        between = f"{link[0]}-{link[1]}"
        if not pairs:
            return InfeasibleError(
                f"link {between}: no candidate landing is allowed", conflict=[f"landings of {between}"]
            )
        failures = (self.book.failure(pair) for pair in pairs)
        return self.closed_off(f"link {between}", {name for pair in pairs for name in pair}, failures)

    def closed_off(
        self, what: str, names: Iterable[str], failures: Iterable[InfeasibleError | None] = ()
    ) -> InfeasibleError:
        """The error that says what closes off some landings.

        Parameters
        ----------
        what
            What cannot be built.
        names
            Ids of the landings.
        failures
            Why single routes between them could not be found.
        """
        surface, code = self.sea.priced.surface, self.sea.exclusions
        total, texts, conflict = surface.total(), [], {}
        for name in sorted(names):
            site = self.sites[name]
            inside, pocket = code.reason_at(*site.node), enclosure(total, site.node)
            around = ((inside, 1.0),) if inside else code.around(pocket)
            if inside or pocket.sum() < 0.5 * surface.free.sum():
                texts.append(f"{site.name} is closed off by " + ", ".join(f"{r} ({s:.0%})" for r, s in around))
                conflict.update(dict.fromkeys(reason for reason, _ in around))
        for error in failures:
            if error is not None and error.conflict:
                texts.append(str(error))
                conflict.update(dict.fromkeys(error.conflict))
        detail = "; ".join(dict.fromkeys(texts)) or "exclusions separate the two shores"
        return InfeasibleError(
            f"{what} cannot be built: {detail}; give up an exclusion or move a landing",
            conflict=list(conflict) or list(code.reasons),
        )


def _summed(*tables: Mapping[str, float]) -> dict[str, float]:
    """Item by item sum."""
    total: dict[str, float] = {}
    for table in tables:
        for name, usd in table.items():
            total[name] = total.get(name, 0.0) + usd
    return total
