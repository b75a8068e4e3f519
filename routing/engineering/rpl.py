"""The draft route position list: positions, legs and what happens at each.

Positions and legs are two interleaved tables. Every alter course, change of
cable or burial, sector limit and shore end is a position; between two positions
a leg is one geodesic with one bearing, one cable type and one slack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy, grid
from routing.engineering.makeup import Section, make_up
from routing.landing import LandingSite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from routing.constraints import Sectors
    from routing.crossing import Crossing
    from routing.junction import Junction
    from routing.pricing import PricedGrid
    from routing.route import Route

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]

__all__ = ["Leg", "Position", "Segment", "engineer_segment"]

#: Events nearer to each other than this share a position.
_SAME_PLACE_M = 1.0
#: A smaller change of bearing than position lists print is no alter course.
_LEAST_TURN_DEG = 0.05
#: Spacing of the depth profile and of the search for limits along a route.
_PROFILE_STEP_M = 500.0


@dataclass(frozen=True)
class Position:
    """One position of the list.

    Attributes
    ----------
    number
        From 1 in list order.
    event
        What is there: BMH, A/C 1, transition, sector limit, ...
    lon, lat
        WGS84 degrees.
    kp_m, cable_m
        Distance along the route, and cable laid up to here.
    depth_m
        Water depth by the project's bathymetry; None at the shore.
    remarks
        More about the event.
    """

    number: int
    event: str
    lon: float
    lat: float
    kp_m: float
    cable_m: float
    depth_m: float | None
    remarks: str


@dataclass(frozen=True)
class Leg:
    """What lies between a position and the next.

    Attributes
    ----------
    number
        Number of the position that it leaves.
    bearing_deg
        Initial geodesic bearing, degrees true.
    length_m, cable_m
        On the ellipsoid, and with slack.
    slack_pct
        Surface slack: 100 (cable / route - 1).
    cable_type, protection, burial_m
        How it is built.
    sector
        State whose sector its middle lies in, where known.
    """

    number: int
    bearing_deg: float
    length_m: float
    slack_pct: float
    cable_m: float
    cable_type: str
    protection: str
    burial_m: float
    sector: str | None


@dataclass(frozen=True)
class Segment:
    """An engineered cable between two landings or branching units.

    Attributes
    ----------
    id
        Short name, used in file names.
    start, end
        Where it begins and ends.
    route
        Geodesic polyline from end to end, from the beach manhole at a landing.
    sections
        Cable and burial along it.
    positions, legs
        The position list; one leg fewer than positions.
    profile
        (kp_m, depth_m) along the route, (n, 2).
    """

    id: str
    start: LandingSite | Junction
    end: LandingSite | Junction
    route: Route
    sections: tuple[Section, ...]
    positions: tuple[Position, ...]
    legs: tuple[Leg, ...]
    profile: NDArray[np.float64]

    @property
    def ends(self) -> Ends:
        """Where it starts and ends."""
        return self.start, self.end

    @property
    def inner(self) -> NDArray[np.float64]:
        """Positions (n, 2) of its route without the shore approaches."""
        first, last = (int(isinstance(end, LandingSite)) for end in self.ends)
        return self.route.lonlat[first : len(self.route.lonlat) - last]

    @property
    def cable_m(self) -> float:
        """Cable from end to end, slack included."""
        return self.positions[-1].cable_m

    @property
    def alter_courses(self) -> int:
        """Number of alter courses."""
        return int(np.count_nonzero(np.abs(self.route.turns_deg) >= _LEAST_TURN_DEG))

    @property
    def max_depth_m(self) -> float:
        """Greatest water depth along the profile."""
        return float(np.nanmax(self.profile[:, 1]))

    def cable_by_type_m(self) -> dict[str, float]:
        """Cable of each type, slack included."""
        lengths: dict[str, float] = {}
        for leg in self.legs:
            lengths[leg.cable_type] = lengths.get(leg.cable_type, 0.0) + leg.cable_m
        return lengths

    def buried_m(self) -> float:
        """Route length that is buried."""
        return sum(leg.length_m for leg in self.legs if leg.burial_m > 0)


@dataclass(order=True)
class _Event:
    kp_m: float
    text: str
    remarks: str = field(default="", compare=False)


def engineer_segment(  # noqa: PLR0913  (an assembly of independent facts)
    name: str,
    ends: Ends,
    route: Route,
    *,
    priced: PricedGrid,
    sectors: Sectors | None,
    transition_usd: float,
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
    priced
        Cost surface and depths underneath.
    sectors
        National sectors, where known.
    transition_usd
        Price of each change of cable or burial.
    crossings
        Where the route crosses cables and pipelines.
    """
    sections = make_up(route, priced, transition_usd=transition_usd)
    marks = route.marks(_PROFILE_STEP_M)
    profile = np.column_stack([marks, _depths(route.at(marks), priced)])
    profile[_ashore(ends), 1] = 0.0
    events = _merged(
        [
            *_end_events(ends, route),
            *_alter_courses(route),
            *_transitions(sections),
            *_crossings(crossings),
            *(_sector_limits(route, marks, sectors, priced) if sectors else ()),
            _deepest(profile),
        ]
    )
    legs = tuple(_legs(events, route, sections, sectors, priced))
    positions = tuple(_positions(events, route, legs, priced, _ashore(ends)))
    return Segment(name, *ends, route, sections, positions, legs, profile)


def _depths(lonlat: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.float64]:
    return grid.sample(priced.surface.depth_m, priced.rowcol(lonlat))


def _ashore(ends: Ends) -> list[int]:
    """Which of the first and the last position is a beach manhole: 0, -1."""
    return [index for index, end in zip((0, -1), ends, strict=True) if isinstance(end, LandingSite)]


def _end_events(ends: Ends, route: Route) -> Iterator[_Event]:
    for end, kp_m, node_m in ((ends[0], 0.0, route.kp_m[1]), (ends[1], route.length_m, route.kp_m[-2])):
        if isinstance(end, LandingSite):
            yield _Event(kp_m, "BMH", f"{end.name}, beach manhole (draft)")
            yield _Event(float(node_m), "Shore end", f"end of the straight shore approach, {end.name}")
        else:
            into = f" put into {end.existing}" if end.existing else f" of degree {end.degree}"
            yield _Event(kp_m, "BU", f"{end.name}, branching unit{into} (draft)")


def _alter_courses(route: Route) -> Iterator[_Event]:
    turns = zip(route.kp_m[1:-1], route.turns_deg, strict=True)
    real = [(kp_m, turn) for kp_m, turn in turns if abs(turn) >= _LEAST_TURN_DEG]
    for number, (kp_m, turn) in enumerate(real, start=1):
        yield _Event(float(kp_m), f"A/C {number}", f"turn {abs(turn):.1f}° to {'starboard' if turn > 0 else 'port'}")


def _transitions(sections: tuple[Section, ...]) -> Iterator[_Event]:
    for before, after in pairwise(sections):
        a, b = before.engineering, after.engineering
        if a.cable != b.cable:
            yield _Event(
                after.start_m, f"{a.cable.code}/{b.cable.code} transition", f"{a.cable.name} to {b.cable.name}"
            )
        if (a.protection, b.protection) == ("plough", "surface"):
            yield _Event(after.start_m, "PLUP", "plough up")
        elif (a.protection, b.protection) == ("surface", "plough"):
            yield _Event(after.start_m, "PLDN", f"plough down, target {b.burial.depth_m:.1f} m")
        elif a.burial != b.burial:
            change = f"{a.protection}, target {a.burial.depth_m:.1f} m, to {b.protection}, {b.burial.depth_m:.1f} m"
            yield _Event(after.start_m, "Burial change", change)


def _crossings(crossings: Sequence[Crossing]) -> Iterator[_Event]:
    for crossing in crossings:
        remarks = f"{crossing.asset.rule.carries}, crossed at {crossing.angle_deg:.1f}°"
        yield _Event(crossing.kp_m, f"Crossing {crossing.asset.name}", remarks)


def _sector_limits(route: Route, marks: NDArray[np.float64], sectors: Sectors, priced: PricedGrid) -> Iterator[_Event]:
    """Where the route passes from one state's sector to another's, found by bisection to a metre."""

    def sector(kp_m: float) -> str | None:
        return sectors.along(priced.rowcol(route.at([kp_m])))[0]

    known = sectors.along(priced.rowcol(route.at(marks)))
    for (low, high), (before, after) in zip(pairwise(marks.tolist()), pairwise(known), strict=True):
        if before is None or after is None or before == after:
            continue
        left, right = low, high
        while right - left > _SAME_PLACE_M:
            middle = 0.5 * (left + right)
            left, right = (middle, right) if sector(middle) == before else (left, middle)
        yield _Event(right, f"{before}/{after} sector limit", "approximate: open-data boundary at grid resolution")


def _deepest(profile: NDArray[np.float64]) -> _Event:
    kp_m, depth_m = profile[int(np.nanargmax(profile[:, 1]))]
    return _Event(float(kp_m), "Deepest point", f"{depth_m:.0f} m of water")


def _merged(events: Iterable[_Event]) -> list[_Event]:
    """Events in order of KP; those at one place share a position."""
    merged: list[_Event] = []
    for event in sorted(events):
        if merged and event.kp_m - merged[-1].kp_m < _SAME_PLACE_M:
            last = merged[-1]
            merged[-1] = _Event(last.kp_m, f"{last.text} / {event.text}", f"{last.remarks}; {event.remarks}")
        else:
            merged.append(event)
    return merged


def _legs(
    events: list[_Event], route: Route, sections: tuple[Section, ...], sectors: Sectors | None, priced: PricedGrid
) -> Iterator[Leg]:
    places = route.at([event.kp_m for event in events])
    bearing, _, length = geodesy.inverse(places[:-1], places[1:])
    middle = np.array([0.5 * (a.kp_m + b.kp_m) for a, b in pairwise(events)])
    states = sectors.along(priced.rowcol(route.at(middle))) if sectors else (None,) * len(middle)
    starts = np.array([section.start_m for section in sections])
    for index, kp_m in enumerate(middle):
        built = sections[int(np.searchsorted(starts, kp_m, side="right")) - 1].engineering
        metres = float(length[index])
        yield Leg(
            number=index + 1,
            bearing_deg=float(bearing[index]),
            length_m=metres,
            slack_pct=built.slack_pct,
            cable_m=metres * (1 + built.slack_pct / 100),
            cable_type=built.cable.code,
            protection=built.protection,
            burial_m=built.burial.depth_m,
            sector=states[index],
        )


def _positions(
    events: list[_Event], route: Route, legs: tuple[Leg, ...], priced: PricedGrid, ashore: list[int]
) -> Iterator[Position]:
    places = route.at([event.kp_m for event in events])
    depths = _depths(places, priced)
    kp_m = np.concatenate([[0.0], np.cumsum([leg.length_m for leg in legs])])
    cable_m = np.concatenate([[0.0], np.cumsum([leg.cable_m for leg in legs])])
    depths[ashore] = np.nan
    for index, event in enumerate(events):
        yield Position(
            number=index + 1,
            event=event.text,
            lon=float(places[index, 0]),
            lat=float(places[index, 1]),
            kp_m=float(kp_m[index]),
            cable_m=float(cable_m[index]),
            depth_m=float(depths[index]) if np.isfinite(depths[index]) else None,
            remarks=event.remarks,
        )
