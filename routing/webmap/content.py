"""What a map shows: frozen values, filled by the pipeline, drawn by :mod:`routing.webmap.page`.

Texts may hold anything, hostile input included: they are shown as they are and
never interpreted. Positions are (lon, lat) degrees on WGS84, money is in USD,
depth is metres below the water level, positive down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from routing.errors import InputError
from routing.grid import Raster

__all__ = ["MapContent", "MapLanding", "MapLink", "MapOption", "MapPosition", "MapVector", "Style"]

Position = tuple[float, float]

#: How a context layer is drawn; the colours stand in ``assets/layers.js``.
Style = Literal["coast", "sector", "field", "lane", "earthquake", "fault", "pipeline", "cable", "zone"]

_STYLES = ("coast", "sector", "field", "lane", "earthquake", "fault", "pipeline", "cable", "zone")
_KINDS = ("line", "polygon", "point")


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
        _refuse_off_earth(((self.lon, self.lat),), f"position {self.number}")


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
        (KP in km, depth in m), KP increasing; NaN depth where unknown.
    """

    id: str
    name: str
    points: tuple[Position, ...]
    length_km: float
    total_usd: float
    positions: tuple[MapPosition, ...]
    profile: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise InputError(f"link {self.id!r} has {len(self.points)} points", remedy="give at least its two ends")
        _refuse_off_earth(self.points, f"link {self.id!r}")


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
    max_depth_m
        Greatest water depth on the route.
    risk_present_value_usd
        Present value of expected repairs.
    expected_faults_per_year
        Over all links.
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
    max_depth_m: float
    risk_present_value_usd: float
    expected_faults_per_year: float
    gap_pct: float | None
    solver: str
    items: tuple[tuple[str, float], ...]
    links: tuple[MapLink, ...]

    def __post_init__(self) -> None:
        if not self.links:
            raise InputError(f"option {self.id!r} has no links", remedy="leave it out of the map")


@dataclass(frozen=True)
class MapLanding:
    """A candidate landing point.

    Parameters
    ----------
    name, country
        Its label.
    lon, lat
        Degrees.
    used
        True when an option on the map lands there.
    note
        Shown in its popup.
    """

    name: str
    country: str
    lon: float
    lat: float
    used: bool
    note: str

    def __post_init__(self) -> None:
        _refuse_off_earth(((self.lon, self.lat),), f"landing {self.name!r}")


@dataclass(frozen=True)
class MapVector:
    """A context layer with its own switch.

    Parameters
    ----------
    name
        Label of the switch.
    group
        Heading under which the switch stands.
    kind
        What every geometry is. Rings of a polygon layer that carry the same
        label are one area; a ring inside a ring is a hole.
    geometries
        Lines, rings or points, each a tuple of (lon, lat).
    labels
        One per geometry, or none at all.
    style
        How it is drawn.
    shown
        True when the layer is on at first.
    """

    name: str
    group: str
    kind: Literal["line", "polygon", "point"]
    geometries: tuple[tuple[Position, ...], ...]
    labels: tuple[str, ...]
    style: Style
    shown: bool

    def __post_init__(self) -> None:
        if self.kind not in _KINDS or self.style not in _STYLES:
            raise InputError(
                f"layer {self.name!r} is a {self.kind!r} in style {self.style!r}",
                remedy=f"use one of {', '.join(_KINDS)} and one of {', '.join(_STYLES)}",
            )
        if len(self.labels) not in (0, len(self.geometries)):
            raise InputError(
                f"layer {self.name!r} has {len(self.labels)} labels for {len(self.geometries)} geometries",
                remedy="give one label per geometry or none",
            )
        for geometry in self.geometries:
            _refuse_off_earth(geometry, f"layer {self.name!r}")


@dataclass(frozen=True)
class MapContent:
    """Everything on one map.

    Parameters
    ----------
    title, subtitle
        Heading of the page.
    headline
        One sentence: the recommended option and why.
    options
        At least one; drawn and listed by rank.
    candidates
        All candidate landings, used or not.
    depth
        Water depth in metres in any CRS; NaN is land or unknown.
    cost
        USD per metre, NaN where excluded; a layer that can be switched on.
    vectors
        Context layers.
    comparison
        Published facts beside ours, (label, value).
    sources
        Attribution lines.
    footer
        Provenance: version, revision, date, CRS, water level.
    """

    title: str
    subtitle: str
    headline: str
    options: tuple[MapOption, ...]
    candidates: tuple[MapLanding, ...]
    depth: Raster
    cost: Raster | None
    vectors: tuple[MapVector, ...]
    comparison: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    footer: str

    def __post_init__(self) -> None:
        if not self.options:
            raise InputError("a map without options", remedy="give at least one option")
        names = [option.id for option in self.options]
        if len(set(names)) < len(names):
            raise InputError(f"options share an id: {sorted(names)}", remedy="give each option its own id")


def _refuse_off_earth(points: tuple[Position, ...], owner: str) -> None:
    for lon, lat in points:
        if not (math.isfinite(lon) and -90.0 <= lat <= 90.0):
            raise InputError(f"{owner} holds the position ({lon}, {lat})", remedy="give (lon, lat) in degrees")
