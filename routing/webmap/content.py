"""What a map shows: frozen values, filled by the pipeline, drawn by :mod:`routing.webmap.page`.

Texts may hold anything, hostile input included: they are shown as they are and
never interpreted. Positions are (lon, lat) degrees on WGS84, money is in USD,
depth is metres below the water level, positive down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from routing.errors import InputError
from routing.grid import Raster
from routing.webmap.option import MapOption, Place, refuse_off_earth

__all__ = ["Classes", "MapContent", "MapLanding", "MapRaster", "MapVector", "Ramp", "Style"]

#: How a context layer is drawn; the colours stand in ``assets/layers.js``.
Style = Literal["coast", "sector", "field", "lane", "earthquake", "fault", "pipeline", "cable", "zone"]
#: How a raster of numbers is coloured; the colours stand in :mod:`routing.webmap.colours`.
Ramp = Literal["cost", "risk", "doubt"]
#: How a raster of classes is drawn: filled, hatched, or filled ever sparser.
Classes = Literal["kinds", "reasons", "bands"]

_STYLES = ("coast", "sector", "field", "lane", "earthquake", "fault", "pipeline", "cable", "zone")
_KINDS = ("line", "polygon", "point")
_RAMPS = ("cost", "risk", "doubt")
_LOOKS = ("kinds", "reasons", "bands")


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
    is_junction
        True for a branching unit at sea, which is no landing.
    """

    name: str
    country: str
    lon: float
    lat: float
    used: bool
    note: str
    is_junction: bool = False

    def __post_init__(self) -> None:
        refuse_off_earth(((self.lon, self.lat),), f"landing {self.name!r}")


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
    geometries: tuple[tuple[Place, ...], ...]
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
            refuse_off_earth(geometry, f"layer {self.name!r}")


@dataclass(frozen=True)
class MapRaster:
    """A raster layer with its own switch and legend, drawn over the bathymetry.

    Parameters
    ----------
    name
        Label of the switch and of the legend. Rasters of several options that share
        group and name share one switch: the selected option's is drawn.
    group
        Heading under which the switch stands.
    raster
        Values in any CRS; NaN where there is nothing to draw. With `classes` the values are codes.
    unit
        What the numbers are, for the legend; a note for classes.
    classes
        Labels of the codes 1, 2, ...; empty when the values are numbers.
    ramp
        How numbers are coloured. Only ``"cost"`` draws sea without a number: in grey.
    look
        How classes are drawn.
    option
        Id of the only option that it belongs to; None when it belongs to all.
    shown
        True when the layer is on at first.
    """

    name: str
    group: str
    raster: Raster
    unit: str
    classes: tuple[str, ...] = ()
    ramp: Ramp = "cost"
    look: Classes = "kinds"
    option: str | None = None
    shown: bool = False

    def __post_init__(self) -> None:
        if self.ramp not in _RAMPS or self.look not in _LOOKS:
            raise InputError(
                f"layer {self.name!r} is drawn as {self.ramp!r}, {self.look!r}",
                remedy=f"use one of {', '.join(_RAMPS)} and one of {', '.join(_LOOKS)}",
            )


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
        All candidate landings, used or not, and branching units.
    depth
        Water depth in metres in any CRS; NaN is land or unknown.
    rasters
        Layers that can be laid over the bathymetry.
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
    rasters: tuple[MapRaster, ...]
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
        strangers = sorted({layer.option for layer in self.rasters if layer.option is not None} - set(names))
        if strangers:
            raise InputError(f"a layer belongs to option {strangers[0]!r}", remedy=f"use one of {', '.join(names)}")
