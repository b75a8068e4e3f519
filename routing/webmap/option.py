"""What a map shows of an option: its figures, its links, and what lies along them.

Texts may hold anything, hostile input included: they are shown as they are and
never interpreted. Positions are (lon, lat) degrees on WGS84, money is in USD,
depth is metres below the water level, positive down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from routing.errors import InputError

__all__ = [
    "MapAlternative",
    "MapLink",
    "MapMark",
    "MapOption",
    "MapPosition",
    "MapSection",
    "MapStretch",
    "Place",
    "refuse_off_earth",
]

Place = tuple[float, float]


@dataclass(frozen=True)
class MapPosition:
    """One row of a route position list.

    Parameters
    ----------
    number
        Place in the list, from 1.
    event
        What happens there: landing, alter course, joint, crossing.
    lon, lat
        Degrees.
    kp_km
        Distance along the route from its start.
    depth_m
        Water depth; NaN on land or where unknown.
    cable_type
        Cable laid from here on.
    remarks
        Anything else.
    """

    number: int
    event: str
    lon: float
    lat: float
    kp_km: float
    depth_m: float
    cable_type: str
    remarks: str

    def __post_init__(self) -> None:
        refuse_off_earth(((self.lon, self.lat),), f"position {self.number}")


@dataclass(frozen=True)
class MapSection:
    """A stretch of one cable type, built in one way.

    Parameters
    ----------
    start_km, end_km
        KP of its ends.
    cable_type
        Code of the cable.
    protection
        How it is protected: ``"plough"``, ``"surface"``, ...
    burial_m
        Depth of burial below the seabed; 0 on the surface.
    slack_pct
        Cable beyond the length of the route.
    """

    start_km: float
    end_km: float
    cable_type: str
    protection: str
    burial_m: float
    slack_pct: float


@dataclass(frozen=True)
class MapStretch:
    """A stretch of a route that a natural hazard reaches.

    Parameters
    ----------
    name
        The hazard.
    start_km, end_km
        KP of its ends.
    """

    name: str
    start_km: float
    end_km: float


@dataclass(frozen=True)
class MapMark:
    """What lies under one place of a route.

    Parameters
    ----------
    kp_km
        Distance along the route.
    depth_m
        Water depth; NaN where unknown.
    slope_deg
        Slope of the seabed along the route; NaN where unknown.
    faults_per_1000km_year
        Expected faults of what is built there; NaN where unknown.
    """

    kp_km: float
    depth_m: float
    slope_deg: float = math.nan
    faults_per_1000km_year: float = math.nan


@dataclass(frozen=True)
class MapAlternative:
    """Another way between the ends of a link.

    Parameters
    ----------
    points
        Polyline to draw.
    note
        How it differs, in words.
    """

    points: tuple[Place, ...]
    note: str

    def __post_init__(self) -> None:
        refuse_off_earth(self.points, "an alternative")


@dataclass(frozen=True)
class MapLink:
    """One route between two landing points or branching units.

    Parameters
    ----------
    id
        Unique within its option.
    name
        What a reader calls it, such as "Aktau to Sumgait".
    points
        Dense geodesic polyline to draw, at least two positions.
    length_km
        Length of the route.
    total_usd
        Price of this link.
    positions
        Its route position list.
    profile
        What lies under it, KP increasing.
    sections
        How it is built, in order of KP.
    hazards
        Stretches that hazards reach.
    findings
        Soft rules that it breaks, in words.
    alternatives
        Other ways between its ends.
    """

    id: str
    name: str
    points: tuple[Place, ...]
    length_km: float
    total_usd: float
    positions: tuple[MapPosition, ...]
    profile: tuple[MapMark, ...]
    sections: tuple[MapSection, ...] = ()
    hazards: tuple[MapStretch, ...] = ()
    findings: tuple[str, ...] = ()
    alternatives: tuple[MapAlternative, ...] = ()

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise InputError(f"link {self.id!r} has {len(self.points)} points", remedy="give at least its two ends")
        refuse_off_earth(self.points, f"link {self.id!r}")


@dataclass(frozen=True)
class MapOption:
    """One complete answer to the project.

    Parameters
    ----------
    id
        Unique on the map.
    name
        What a reader calls it.
    rank
        1 is the recommended option.
    total_usd, low_usd, high_usd
        Price with its range.
    fixed_usd, route_dependent_usd
        The part that no route changes, and the part that the route decides.
    length_km, cable_km
        Route length, and cable length with slack.
    buried_km
        Length of cable under the seabed.
    max_depth_m
        Greatest water depth on the route.
    crossings
        How often it crosses cables and pipelines.
    risk_present_value_usd
        Present value of expected repairs.
    expected_faults_per_year
        Over all links.
    availability
        Least share of time, 0 to 1, for which two places it joins have a way; None when not known.
    latency_ms
        Longest one-way time of light between two places it joins; None when not known.
    gap_pct
        Proven distance from the optimum; None when nothing is proven.
    solver
        What found the answer, and how it ended.
    items
        Cost items, (label, USD).
    links
        Routes, at least one.
    """

    id: str
    name: str
    rank: int
    total_usd: float
    low_usd: float
    high_usd: float
    fixed_usd: float
    route_dependent_usd: float
    length_km: float
    cable_km: float
    buried_km: float
    max_depth_m: float
    crossings: int
    risk_present_value_usd: float
    expected_faults_per_year: float
    availability: float | None
    latency_ms: float | None
    gap_pct: float | None
    solver: str
    items: tuple[tuple[str, float], ...]
    links: tuple[MapLink, ...]

    def __post_init__(self) -> None:
        if not self.links:
            raise InputError(f"option {self.id!r} has no links", remedy="leave it out of the map")


def refuse_off_earth(points: tuple[Place, ...], owner: str) -> None:
    """Raise when a position is none, naming whose it is."""
    for lon, lat in points:
        if not (math.isfinite(lon) and -90.0 <= lat <= 90.0):
            raise InputError(f"{owner} holds the position ({lon}, {lat})", remedy="give (lon, lat) in degrees")
