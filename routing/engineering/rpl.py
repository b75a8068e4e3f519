"""The draft route position list: an engineered segment from a route.

Positions and legs are two interleaved tables. Every alter course, change of
cable or burial, body, crossing, limit and shore end is a position; between two
positions a leg is one geodesic with one bearing, one cable type and one slack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy, grid
from routing.engineering import events as happenings
from routing.engineering.bodies import place_bodies, quiet_stretches
from routing.engineering.makeup import free_cells, make_up, options_at, sections_at
from routing.engineering.segment import Leg, Position, SeabedProfile, Segment
from routing.landing import LandingSite
from routing.seabed import seabed_length_m
from routing.span import Amplifiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from routing.catalogue import Catalogue
    from routing.constraints import Sectors
    from routing.crossing import Crossing
    from routing.engineering.makeup import Section
    from routing.engineering.segment import Ends, Event
    from routing.exposure import Engineering
    from routing.pricing import PricedGrid
    from routing.route import Route

__all__ = ["Surroundings", "Works", "engineer_segment"]

#: Longest spacing of the depth profile and of the search for limits along a route.
_PROFILE_STEP_M = 500.0


@dataclass(frozen=True)
class Surroundings:
    """What a route lies in.

    Attributes
    ----------
    priced
        Cost surface and depths.
    sectors
        National sectors, where known.
    exposed
        Cells that each natural hazard reaches, by its name.
    """

    priced: PricedGrid
    sectors: Sectors | None = None
    exposed: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True)
class Works:
    """How a segment is to be built.

    Attributes
    ----------
    transition_usd
        Price of each change of cable or burial.
    least_section_m
        Least length of a section built one way, where that can be kept.
    body_depths
        Water depths that joints and amplifiers keep off crossings.
    steep_deg, steep_slack_pct
        Slope of the sea floor from which a cable is laid with more slack, and how much.
    fibre_pairs
        Fibre pairs of the cable.
    amplifiers
        What brings light over it.
    """

    transition_usd: float
    least_section_m: float = 0.0
    body_depths: float = 0.0
    steep_deg: float = 90.0
    steep_slack_pct: float = 0.0
    fibre_pairs: float = 0.0
    amplifiers: Amplifiers = field(default_factory=Amplifiers)

    @classmethod
    def of(cls, catalogue: Catalogue, *, transition_usd: float, fibre_pairs: float, amplifiers: Amplifiers) -> Works:
        """How a segment is built by the rules of a catalogue."""
        return cls(
            transition_usd,
            least_section_m=catalogue.rules["section-length"].soft,
            body_depths=catalogue.rules["body-crossing"].soft,
            steep_deg=catalogue.rate("steep-slope"),
            steep_slack_pct=catalogue.rate("steep-slack"),
            fibre_pairs=max(fibre_pairs, catalogue.rate("fibre-pairs")),
            amplifiers=amplifiers,
        )


def engineer_segment(  # noqa: PLR0913  (an assembly of independent facts)
    name: str,
    ends: Ends,
    route: Route,
    *,
    around: Surroundings,
    works: Works,
    crossings: Sequence[Crossing] = (),
) -> Segment:
    """Engineer one cable between two landings or branching units.

    Parameters
    ----------
    name
        Short name of the segment.
    ends
        Where it starts and ends.
    route
        From end to end; its first or last leg is the shore approach where it begins or ends at a landing.
    around
        What it lies in.
    works
        How it is to be built.
    crossings
        Where it crosses cables and pipelines.
    """
    priced = around.priced
    quiet = quiet_stretches(crossings, _depths_at(crossings, priced), depths=works.body_depths)
    sections = make_up(
        route, priced, transition_usd=works.transition_usd, least_section_m=works.least_section_m, barred=quiet
    )
    bodies = place_bodies(ends, route.length_m, sections, amplifiers=works.amplifiers, quiet=quiet)
    marks = route.marks(min(_PROFILE_STEP_M, 2.0 * priced.step_m))
    profile = _profile(route, marks, sections, ends, priced)
    zones = tuple(happenings.zones_along(route, marks, around.exposed, priced))
    happens = happenings.merged(
        [
            *happenings.end_events(ends, route),
            *happenings.course_events(route),
            *happenings.transition_events(sections),
            *happenings.crossing_events(crossings),
            *happenings.body_events(bodies),
            *(happenings.limit_events(route, marks, around.sectors, priced) if around.sectors else ()),
            *happenings.zone_events(zones, route),
            *happenings.depth_events(profile, ends, lambda kp_m: float(_depths(route.at([kp_m]), priced)[0])),
        ]
    )
    legs = tuple(_legs(happens, route, sections, around, works, profile))
    positions = tuple(_positions(happens, route, legs, priced, _ashore(ends)))
    return Segment(name, *ends, route, sections, bodies, tuple(crossings), positions, legs, profile, zones)


def _profile(
    route: Route, marks: NDArray[np.float64], sections: tuple[Section, ...], ends: Ends, priced: PricedGrid
) -> SeabedProfile:
    depth_m = _depths(route.at(marks), priced)
    depth_m[_ashore(ends)] = 0.0
    slope_deg = np.degrees(np.arctan(np.gradient(depth_m, marks)))
    return SeabedProfile(marks, depth_m, slope_deg, _faults(route, marks, sections, priced))


def _faults(
    route: Route, marks: NDArray[np.float64], sections: tuple[Section, ...], priced: PricedGrid
) -> NDArray[np.float64]:
    """Expected faults per 1000 km a year at marks, of what is built there."""
    faults = priced.surface.option_faults(free_cells(route, marks, priced))
    return np.asarray(faults[np.arange(len(marks)), options_at(sections, marks, priced)])


def _depths(lonlat: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.float64]:
    return grid.sample(priced.surface.depth_m, priced.rowcol(lonlat))


def _depths_at(crossings: Sequence[Crossing], priced: PricedGrid) -> list[float]:
    """Water depth at each crossing; 0 where not known."""
    places = np.array([(each.lon, each.lat) for each in crossings]).reshape(-1, 2)
    return [float(depth) for depth in np.nan_to_num(_depths(places, priced))] if len(places) else []


def _ashore(ends: Ends) -> list[int]:
    """Which of the first and the last position is a beach manhole: 0, -1."""
    return [index for index, end in zip((0, -1), ends, strict=True) if isinstance(end, LandingSite)]


def _legs(  # noqa: PLR0913, PLR0917  (an assembly of independent facts)
    happens: list[Sequence[Event]],
    route: Route,
    sections: tuple[Section, ...],
    around: Surroundings,
    works: Works,
    profile: SeabedProfile,
) -> Iterator[Leg]:
    priced, sectors = around.priced, around.sectors
    kp_m = [_kp_m(events) for events in happens]
    places = route.at(kp_m)
    bearing, _, length = geodesy.inverse(places[:-1], places[1:])
    middle = np.array([0.5 * (a + b) for a, b in pairwise(kp_m)])
    states = sectors.along(priced.rowcol(route.at(middle))) if sectors else (None,) * len(middle)
    for index, section in enumerate(sections_at(sections, middle)):
        built = sections[section].engineering
        metres = float(length[index])
        slack_pct = _slack_pct(built, profile, (kp_m[index], kp_m[index + 1]), works)
        cable_m = metres * (1 + slack_pct / 100)
        yield Leg(
            number=index + 1,
            bearing_deg=float(bearing[index]),
            length_m=metres,
            slack_pct=slack_pct,
            bottom_slack_pct=100.0 * (cable_m / _floor_m(route, (kp_m[index], kp_m[index + 1]), priced) - 1.0),
            cable_m=cable_m,
            cable_type=built.cable.code,
            protection=built.protection,
            burial_m=built.burial.depth_m,
            fibre_pairs=works.fibre_pairs,
            sector=states[index],
        )


def _kp_m(events: Sequence[Event]) -> float:
    """Where a position stands: at the event that it names first, an end or an alter course before all others."""
    return events[0].kp_m


def _slack_pct(built: Engineering, profile: SeabedProfile, span_m: tuple[float, float], works: Works) -> float:
    """Slack of a leg: that of its protection, and of steep ground on the share of the leg that is steep."""
    steps = 0.5 * (profile.kp_m[:-1] + profile.kp_m[1:])
    slope_deg = np.abs(np.degrees(np.arctan(np.diff(profile.depth_m) / np.diff(profile.kp_m))))
    on = slope_deg[(steps >= span_m[0]) & (steps <= span_m[1])]
    share = float(np.mean(on > works.steep_deg)) if len(on) else 0.0
    return built.slack_pct + share * max(works.steep_slack_pct - built.slack_pct, 0.0)


def _floor_m(route: Route, span_m: tuple[float, float], priced: PricedGrid) -> float:
    """Length of the sea floor under a part of a route; NaN where a depth is not known."""
    marks = np.linspace(*span_m, max(2, 1 + round((span_m[1] - span_m[0]) / priced.step_m)))
    return float(seabed_length_m(marks, _depths(route.at(marks), priced)))


def _positions(
    happens: list[Sequence[Event]], route: Route, legs: tuple[Leg, ...], priced: PricedGrid, ashore: list[int]
) -> Iterator[Position]:
    places = route.at([_kp_m(events) for events in happens])
    depths = _depths(places, priced)
    kp_m = np.concatenate([[0.0], np.cumsum([leg.length_m for leg in legs])])
    cable_m = np.concatenate([[0.0], np.cumsum([leg.cable_m for leg in legs])])
    depths[ashore] = np.nan
    for index, events in enumerate(happens):
        yield Position(
            number=index + 1,
            events=tuple(events),
            lon=float(places[index, 0]),
            lat=float(places[index, 1]),
            kp_m=float(kp_m[index]),
            cable_m=float(cable_m[index]),
            depth_m=float(depths[index]) if np.isfinite(depths[index]) else None,
        )
