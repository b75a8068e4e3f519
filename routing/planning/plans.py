"""What is asked of a plan, and what it answers: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routing.engineering import shortest_way_m
from routing.junction import Junction
from routing.landing import LandingSite

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from routing.constraints import ExclusionMap, Sectors
    from routing.crossing import Crossing, CrossingMap
    from routing.diversity import Alternative, Profile
    from routing.engineering import MakeUpPrice, Segment
    from routing.finding import Finding
    from routing.network import Design, Rule
    from routing.planning.refined import Refined
    from routing.pricing import PricedGrid

__all__ = ["Clearance", "Existing", "Infeasible", "LinkPlan", "OptionPlan", "Sea", "Wanted", "WantedAlternatives"]


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
    exposed
        Cells that each natural hazard reaches, by its name.
    """

    priced: PricedGrid
    exclusions: ExclusionMap
    sectors: Sectors | None
    crossings: CrossingMap | None = None
    states: tuple[str, ...] | None = None
    exposed: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True)
class Existing:
    """A cable that is there already and may be branched off.

    Attributes
    ----------
    name
        As shown.
    lonlat
        Where it lies, (n, 2).
    """

    name: str
    lonlat: NDArray[np.float64]


@dataclass(frozen=True)
class WantedAlternatives:
    """Other routes that are wanted for each link.

    Attributes
    ----------
    count
        How many, the best one included.
    apart_m
        What counts as far from another route, metres.
    share
        Share of a route's length that must be farther than that from every better one.
    """

    count: int
    apart_m: float
    share: float


@dataclass(frozen=True)
class Wanted:
    """An option as asked for: links between groups, or a tree over groups.

    A group is a country, whose landings are its candidates, or a cable that is there already.

    Attributes
    ----------
    id, name
        Short and shown name.
    links
        Pairs of groups; a pair may stand more than once when its routes keep apart.
    trunk
        Groups that one tree with branching units joins, in place of links.
    landings
        Landing ids allowed by country; a country that is not named allows all of its own.
    states
        The only states whose sectors may be crossed; None: any.
    rules
        What the choice of landings and links must keep.
    separation_m, zone_m
        Least distance between the routes of different links, outside discs of this radius round their landings;
        None: they may lie anywhere.
    max_span_m
        Longest span without repeaters, where repeaters are not wanted; None: they are put in where a span needs them.
    fibre_pairs
        Fibre pairs wanted on each link, or between the first group of a trunk and each other.
    alternatives
        Other routes to look for; None: none.
    """

    id: str
    name: str
    links: tuple[tuple[str, str], ...] = ()
    trunk: tuple[str, ...] = ()
    landings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: tuple[str, ...] | None = None
    rules: tuple[Rule, ...] = ()
    separation_m: float | None = None
    zone_m: float = 0.0
    max_span_m: float | None = None
    fibre_pairs: float = 0.0
    alternatives: WantedAlternatives | None = None

    @property
    def connections(self) -> tuple[tuple[str, str], ...]:
        """Pairs of groups with terminal equipment at both ends: the links, or the first of a trunk with each other."""
        return self.links or tuple((self.trunk[0], other) for other in self.trunk[1:])


@dataclass(frozen=True)
class LinkPlan:
    """One link of an option, engineered.

    Attributes
    ----------
    segment
        The cable.
    make_up
        What building it in sections costs on top.
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
    fibre_pairs
        Fibre pairs that it carries; 0: what every cable has.
    alternatives
        Genuinely different routes between the same ends, by price, without this one.
    refined
        Where it lies on surveys and was found again at their resolution.
    """

    segment: Segment
    make_up: MakeUpPrice
    items: Mapping[str, float]
    low_usd: float
    high_usd: float
    path_usd: float
    lower_bound_usd: float
    faults_per_year: float
    states: tuple[str, ...]
    crossings: tuple[Crossing, ...] = ()
    findings: tuple[Finding, ...] = ()
    fibre_pairs: float = 0.0
    alternatives: tuple[Alternative, ...] = ()
    refined: tuple[Refined, ...] = ()


@dataclass(frozen=True)
class Clearance:
    """How far the routes of two links keep from each other.

    Attributes
    ----------
    profile
        Separation along the first route.
    shared_m
        Length of the first route, by hazard, on which one event could reach both.
    """

    profile: Profile
    shared_m: Mapping[str, float]


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
    apart
        How far the routes of each two links keep from each other, where that was asked.
    single_usd
        Price of the same links if their routes need not keep apart; None where that was not asked.
    """

    wanted: Wanted
    links: tuple[LinkPlan, ...]
    design: Design
    lower_bound_usd: float
    given_up: tuple[str, ...] = ()
    apart: tuple[Clearance, ...] = ()
    single_usd: float | None = None

    @property
    def ends(self) -> tuple[LandingSite | Junction, ...]:
        """Landings and junctions, each once, in the order of the links."""
        ends = (end for link in self.links for end in (link.segment.start, link.segment.end))
        return tuple({end.id: end for end in ends}.values())

    @property
    def sites(self) -> tuple[LandingSite, ...]:
        """Landings used, each once, in the order of the links."""
        return tuple(end for end in self.ends if isinstance(end, LandingSite))

    @property
    def junctions(self) -> tuple[Junction, ...]:
        """Branching units, each once."""
        return tuple(end for end in self.ends if isinstance(end, Junction))

    @property
    def longest_way_m(self) -> float:
        """Longest way over the branches of a tree from a landing of its first group to another landing."""
        cables = [(link.segment.start.id, link.segment.end.id, link.segment.route.length_m) for link in self.links]
        roots = [site.id for site in self.sites if site.landing.country == self.wanted.trunk[0]]
        root = roots[0] if roots else self.ends[0].id
        return max(shortest_way_m(cables, root, end.id) for end in self.ends)

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
