"""A position list measured anew from its positions: which of them can be used, and what lies between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.exchange.listed import ListedLeg, ListedPosition, PositionList

    Place = tuple[float, float]

__all__ = ["Measured", "Rejected", "Span", "describe", "measure"]

#: Positions by degrees and by minutes that are farther apart than this are two positions, not one rounded twice.
_SAME_M = 50.0
#: A position is suspected of a swap or a sign only when it is this far from each of its neighbours.
_FAR_M = 100_000.0
#: ... and when the other reading comes this much nearer to them.
_NEARER = 0.2
#: A position off the Earth is taken for swapped when, swapped, it is a span of this length at most from a neighbour.
_LONG_M = 400_000.0


@dataclass(frozen=True)
class Rejected:
    """A position that is left out of computing.

    Attributes
    ----------
    index
        Which.
    rule, message
        Why.
    """

    index: int
    rule: str
    message: str


@dataclass(frozen=True)
class Span:
    """Two positions next to each other that can both be used.

    Attributes
    ----------
    index
        Of the first.
    bearing_deg, end_bearing_deg, length_m
        Computed; a rhumb line has one bearing.
    leg
        What the list states; None when nothing.
    """

    index: int
    bearing_deg: float
    end_bearing_deg: float
    length_m: float
    leg: ListedLeg | None

    @property
    def cable_m(self) -> float:
        """Cable by the stated slack, or else as stated, or else as long as the route."""
        if self.leg is not None and self.leg.slack_pct is not None:
            return self.length_m * (1.0 + self.leg.slack_pct / 100.0)
        return self.length_m if self.leg is None or self.leg.cable_km is None else 1000.0 * self.leg.cable_km


@dataclass(frozen=True)
class Measured:
    """A list with what was computed from its positions.

    Attributes
    ----------
    listing
        As stated.
    places
        (lon, lat) of each position; None where it is left out.
    rejected
        Why.
    """

    listing: PositionList
    places: tuple[Place | None, ...]
    rejected: tuple[Rejected, ...]

    @cached_property
    def line(self) -> NDArray[np.float64]:
        """Places (n, 2) that can be used, in order."""
        return np.array([place for place in self.places if place is not None], float).reshape(-1, 2)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """What lies between neighbours that can both be used."""
        pairs = [
            (index, here, there)
            for index, (here, there) in enumerate(zip(self.places[:-1], self.places[1:], strict=True))
            if here is not None and there is not None
        ]
        if not pairs:
            return ()
        starts, ends = ([pair[which] for pair in pairs] for which in (1, 2))
        bearing, final, metres = geodesy.inverse(starts, ends)
        if self.listing.is_rhumb:
            bearing, metres = geodesy.rhumb_inverse(starts, ends)
            final = bearing
        return tuple(
            Span(index, float(begin), float(end), float(length), self.listing.legs[index])
            for (index, _, _), begin, end, length in zip(pairs, bearing, final, metres, strict=True)
        )


def measure(listing: PositionList) -> Measured:
    """Measure a list from those of its positions that can be used.

    Parameters
    ----------
    listing
        As it was read.

    Examples
    --------
    >>> from routing.exchange.listed import ListedPosition, PositionList
    >>> here, there = ListedPosition(2, lat_deg=0.0, lon_deg=0.0), ListedPosition(3, lat_deg=0.0, lon_deg=1.0)
    >>> round(measure(PositionList((), (here, there), (None,))).spans[0].length_m)
    111319
    """
    rejected: dict[int, Rejected] = {}
    places: list[Place | None] = []
    for index, position in enumerate(listing.positions):
        doubt = _doubt(position, index)
        if doubt is not None:
            rejected[index] = doubt
        places.append(None if doubt else position.place)
    for doubt in (*_misplaced(places), *_swapped(listing, places, rejected)):
        rejected[doubt.index] = doubt
    kept = tuple(None if index in rejected else place for index, place in enumerate(places))
    return Measured(listing, kept, tuple(rejected[index] for index in sorted(rejected)))


def describe(measured: Measured) -> dict[str, Any]:
    """Numbers of a list as a plain table: kilometres, by cable type, buried.

    Parameters
    ----------
    measured
        The list.
    """
    spans, positions = measured.spans, measured.listing.positions
    by_type: dict[str, float] = {}
    for span in spans:
        name = (span.leg.cable_type if span.leg else None) or "not stated"
        by_type[name] = by_type.get(name, 0.0) + span.cable_m
    kps = [position.kp_km for position in positions if position.kp_km is not None]
    depths = [position.depth_m for position in positions if position.depth_m is not None]
    buried = sum(span.length_m for span in spans if span.leg and (span.leg.burial_m or 0.0) > 0)
    return {
        "positions": len(positions),
        "left_out": len(measured.rejected),
        "distances": "rhumb" if measured.listing.is_rhumb else "geodesic",
        "route_km": _km(sum(span.length_m for span in spans)),
        "stated_route_km": round(kps[-1] - kps[0], 3) if kps else None,
        "cable_km": _km(sum(span.cable_m for span in spans)),
        "cable_by_type_km": {name: _km(metres) for name, metres in by_type.items()},
        "buried_km": _km(buried),
        "max_depth_m": max(depths, default=None),
    }


def _km(metres: float) -> float:
    return round(metres / 1000.0, 3)


def _doubt(position: ListedPosition, index: int) -> Rejected | None:
    """Why a position cannot be used by itself."""
    place = position.place
    if place is None:
        return Rejected(index, *_unreadable(position))
    minutes = position.in_minutes
    if position.lat_deg is not None and position.lon_deg is not None and minutes is not None and _is_on_earth(minutes):
        apart = float(geodesy.inverse([place], [minutes])[2][0]) if _is_on_earth(place) else 0.0
        if apart > _SAME_M:
            return Rejected(index, "coordinates-contradict", f"degrees and minutes are {apart:.0f} m apart")
    if _is_on_earth(place):
        return None
    lon, lat = place
    return Rejected(index, "coordinates-range", f"latitude {lat:g}, longitude {lon:g} is not on Earth")


def _unreadable(position: ListedPosition) -> tuple[str, str]:
    """Rule and reason of a position whose place cannot be read."""
    texts = [text for text in (position.latitude, position.longitude) if text is not None]
    if len(texts) + sum(each is not None for each in (position.lat_deg, position.lon_deg)) < 2:
        return "coordinates-missing", "no latitude, no longitude, or neither can be read"
    stated = ", ".join(repr(text) for text in texts)
    if any("," in text for text in texts):
        return "decimal-comma", f"{stated}: write decimal points"
    if any(len(re.findall(r"\d+(?:\.\d+)?", text)) > 2 for text in texts):
        return (
            "degrees-minutes-seconds",
            f"{stated}: seconds, or a blank for a point? write degrees and decimal minutes",
        )
    return "coordinates-unreadable", f"{stated}: write degrees and decimal minutes, or decimal degrees"


def _is_on_earth(place: Place) -> bool:
    return abs(place[0]) <= 360.0 and abs(place[1]) <= 90.0


def _misplaced(places: list[Place | None]) -> list[Rejected]:
    """Positions far off their neighbours whose swap, or other sign, lies beside them."""
    readable = [index for index, place in enumerate(places) if place is not None]
    found: list[Rejected] = []
    if len(readable) < 3:
        return found
    for at, index in enumerate(readable):
        beside = [readable[other] for other in _beside(at, len(readable))]
        reading = _better(places[index], [places[other] for other in beside])
        if reading is not None:
            found.append(Rejected(index, *reading))
    return found


def _swapped(listing: PositionList, places: list[Place | None], rejected: dict[int, Rejected]) -> Iterator[Rejected]:
    """Positions off the Earth that lie near a neighbour when latitude and longitude are swapped."""
    for index, doubt in rejected.items():
        place = listing.positions[index].place
        if doubt.rule != "coordinates-range" or place is None or not _is_on_earth(place[::-1]):
            continue
        beside = (places[index + 1 :], places[:index][::-1])
        sides = (next((each for each in side if each is not None), None) for side in beside)
        neighbours = [each for each in sides if each is not None]
        if neighbours and _distances(place[::-1], list(neighbours)).min() < _LONG_M:
            message = f"{doubt.message}: latitude and longitude seem to be swapped"
            yield Rejected(index, "coordinates-swapped", message)


def _beside(at: int, count: int) -> tuple[int, int]:
    """The two neighbours of a position; at an end the next two."""
    if at == 0:
        return 1, 2
    return (at - 1, at + 1) if at < count - 1 else (at - 1, at - 2)


def _better(place: Place | None, neighbours: list[Place | None]) -> tuple[str, str] | None:
    """Rule and message of the other reading of a place that its neighbours speak for."""
    if place is None or any(each is None for each in neighbours):
        return None
    lon, lat = place
    stated = _distances(place, neighbours)
    if stated.min() < _FAR_M:
        return None
    readings = {
        "coordinates-swapped": ((lat, lon), "latitude and longitude seem to be swapped"),
        "hemisphere": ((lon, -lat), "the sign or letter of the latitude seems wrong"),
        "hemisphere ": ((-lon, lat), "the sign or letter of the longitude seems wrong"),
    }
    for rule, (other, message) in readings.items():
        if abs(other[1]) <= 90.0 and _distances(other, neighbours).sum() < _NEARER * stated.sum():
            far = f"{stated.min() / 1000:.0f} km off its neighbours"
            return rule.strip(), f"latitude {lat:g}, longitude {lon:g} is {far}: {message}"
    return None


def _distances(place: Place, neighbours: list[Place | None]) -> NDArray[np.float64]:
    ends = [each for each in neighbours if each is not None]
    return geodesy.inverse([place] * len(ends), ends)[2]
