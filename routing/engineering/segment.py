"""An engineered cable as values: positions, the legs between them, bodies, and the seabed underneath."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing.landing import LandingSite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.crossing import Crossing
    from routing.engineering.makeup import Section
    from routing.junction import Junction
    from routing.route import Route

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]

__all__ = ["Body", "BodyKind", "Event", "EventKind", "Leg", "Position", "SeabedProfile", "Segment", "Zone"]

#: In the order in which a position names them.
EventKind = Literal[
    "landing",
    "branching_unit",
    "shore_end",
    "alter_course",
    "crossing",
    "limit",
    "repeater",
    "remote_pump",
    "joint",
    "transition",
    "plough_up",
    "plough_down",
    "burial_change",
    "zone_left",
    "zone_entered",
    "depth_mark",
    "deepest",
]
BodyKind = Literal["joint", "repeater", "remote_pump", "branching_unit"]


@dataclass(frozen=True)
class Event:
    """Something that happens at a place along a route.

    Attributes
    ----------
    kp_m
        Distance along the route.
    kind
        What sort of thing it is.
    text
        As position lists name it: BMH, A/C 3, PLDN, ...
    remarks
        More about it.
    """

    kp_m: float
    kind: EventKind
    text: str
    remarks: str = ""


@dataclass(frozen=True)
class Body:
    """A thing built into the cable, which moves with it.

    Attributes
    ----------
    kind, name
        What it is: a joint JT-1, a repeater R1, a remote pump ROPA 1, a branching unit.
    kp_m
        Distance along the route.
    """

    kind: BodyKind
    name: str
    kp_m: float


@dataclass(frozen=True)
class Position:
    """One position of the list.

    Attributes
    ----------
    number
        From 1 in list order.
    events
        What is there; at least one.
    lon, lat
        WGS84 degrees.
    kp_m, cable_m
        Distance along the route, and cable laid up to here.
    depth_m
        Water depth by the project's bathymetry; None at the shore.
    """

    number: int
    events: tuple[Event, ...]
    lon: float
    lat: float
    kp_m: float
    cable_m: float
    depth_m: float | None

    @property
    def event(self) -> str:
        """Names of its events."""
        return " / ".join(event.text for event in self.events)

    @property
    def remarks(self) -> str:
        """Remarks of its events."""
        return "; ".join(dict.fromkeys(event.remarks for event in self.events if event.remarks))


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
    bottom_slack_pct
        Slack over the length of the sea floor; NaN where its depth is not known.
    cable_type, protection, burial_m
        How it is built; burial is the target.
    fibre_pairs
        Fibre pairs of the cable.
    sector
        State whose sector its middle lies in, where known.
    """

    number: int
    bearing_deg: float
    length_m: float
    slack_pct: float
    bottom_slack_pct: float
    cable_m: float
    cable_type: str
    protection: str
    burial_m: float
    fibre_pairs: float
    sector: str | None


@dataclass(frozen=True)
class SeabedProfile:
    """What lies under a route, at marks along it.

    Attributes
    ----------
    kp_m
        Distance along the route, (n,), rising.
    depth_m
        Water depth, positive down, 0 at a beach manhole; NaN where not known.
    slope_deg
        Slope of the sea floor along the route, positive where it falls; NaN where not known.
    faults_per_1000km_year
        Expected faults of what is built there.
    """

    kp_m: NDArray[np.float64]
    depth_m: NDArray[np.float64]
    slope_deg: NDArray[np.float64]
    faults_per_1000km_year: NDArray[np.float64]


@dataclass(frozen=True)
class Zone:
    """A stretch of a route that a natural hazard reaches.

    Attributes
    ----------
    hazard
        Its name, in words.
    start_m, end_m
        KP of its ends, at grid resolution.
    """

    hazard: str
    start_m: float
    end_m: float


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
    bodies
        Joints, repeaters, remote pumps and branching units, in order of KP.
    crossings
        Where it crosses cables and pipelines.
    positions, legs
        The position list; one leg fewer than positions.
    profile
        What lies underneath.
    zones
        Stretches that natural hazards reach.
    """

    id: str
    start: LandingSite | Junction
    end: LandingSite | Junction
    route: Route
    sections: tuple[Section, ...]
    bodies: tuple[Body, ...]
    crossings: tuple[Crossing, ...]
    positions: tuple[Position, ...]
    legs: tuple[Leg, ...]
    profile: SeabedProfile
    zones: tuple[Zone, ...] = ()

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
        return sum(event.kind == "alter_course" for position in self.positions for event in position.events)

    @property
    def transitions(self) -> int:
        """Number of changes of cable type or burial."""
        return len(self.sections) - 1

    @property
    def max_depth_m(self) -> float:
        """Greatest water depth along the profile."""
        return float(np.nanmax(self.profile.depth_m))

    def cable_kp_m(self, kp_m: float) -> float:
        """Cable laid up to a distance along the route."""
        route, cable = np.array([(each.kp_m, each.cable_m) for each in self.positions]).T
        return float(np.interp(kp_m, route, cable))

    def cable_by_type_m(self) -> dict[str, float]:
        """Cable of each type, slack included."""
        lengths: dict[str, float] = {}
        for leg in self.legs:
            lengths[leg.cable_type] = lengths.get(leg.cable_type, 0.0) + leg.cable_m
        return lengths

    def route_by_protection_m(self) -> dict[tuple[str, float], float]:
        """Route length of each method of protection and target depth."""
        lengths: dict[tuple[str, float], float] = {}
        for leg in self.legs:
            key = leg.protection, leg.burial_m
            lengths[key] = lengths.get(key, 0.0) + leg.length_m
        return lengths

    def buried_m(self) -> float:
        """Route length that is buried."""
        return sum(leg.length_m for leg in self.legs if leg.burial_m > 0)
