"""How far one position list lies from another, kilometre by kilometre."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.position_list.beside import nearest_places, places_along
from routing.position_list.measuring import describe

if TYPE_CHECKING:
    from routing.position_list.measuring import Measured

__all__ = ["Comparison", "Separation", "compare"]

#: Beside a line less far than this has no side.
_BESIDE_M = 0.5


@dataclass(frozen=True)
class Separation:
    """How far the other list lies at one place.

    Attributes
    ----------
    kp_km
        Distance along this list.
    distance_m
        To the nearest place of the other.
    side
        Where that is, looking along this list: ``"port"``, ``"starboard"`` or ``"on"``.
    """

    kp_km: float
    distance_m: float
    side: str


@dataclass(frozen=True)
class Comparison:
    """Two lists beside each other.

    Attributes
    ----------
    along
        Separation at both ends and every kilometre between.
    largest
        The largest of them.
    route_km, cable_km
        This list less the other.
    cable_by_type_km
        The same for each cable type.
    """

    along: tuple[Separation, ...]
    largest: Separation
    route_km: float
    cable_km: float
    cable_by_type_km: dict[str, float]

    def as_row(self) -> dict[str, Any]:
        """As a plain table."""
        return asdict(self)


def compare(measured: Measured, other: Measured, *, step_m: float = 1000.0) -> Comparison:
    """Separation of a list from another along its route, and differences of length.

    Parameters
    ----------
    measured, other
        The lists; positions that are left out are passed over by straight legs.
    step_m
        Spacing along the route.

    Raises
    ------
    InputError
        When either has fewer than two positions that can be used.

    Examples
    --------
    >>> from routing.exchange.listed import ListedPosition, PositionList
    >>> from routing.position_list.measuring import measure
    >>> def along(lat):
    ...     ends = tuple(ListedPosition(row, lat_deg=lat, lon_deg=lon) for row, lon in ((2, 50.0), (3, 50.1)))
    ...     return measure(PositionList((), ends, (None,)))
    >>> largest = compare(along(0.0), along(0.01)).largest
    >>> round(largest.distance_m), largest.side
    (1106, 'port')
    """
    for each in (measured, other):
        if len(each.line) < 2:
            raise InputError("fewer than two positions can be used", remedy="correct the findings first")
    length_m = geodesy.length_m(measured.line)
    marks = np.append(np.arange(0.0, length_m, step_m), length_m)
    places, bearings = places_along(measured.line, marks)
    nearest, _ = nearest_places(other.line, places)
    toward, _, apart = geodesy.inverse(places, nearest)
    turn = (toward - bearings + 180.0) % 360.0 - 180.0
    along = tuple(
        Separation(round(float(mark) / 1000.0, 3), round(float(metres), 1), _side(float(metres), float(angle)))
        for mark, metres, angle in zip(marks, apart, turn, strict=True)
    )
    mine, theirs = describe(measured), describe(other)
    types = sorted({*mine["cable_by_type_km"], *theirs["cable_by_type_km"]})
    return Comparison(
        along=along,
        largest=max(along, key=lambda each: each.distance_m),
        route_km=round(mine["route_km"] - theirs["route_km"], 3),
        cable_km=round(mine["cable_km"] - theirs["cable_km"], 3),
        cable_by_type_km={
            name: round(mine["cable_by_type_km"].get(name, 0.0) - theirs["cable_by_type_km"].get(name, 0.0), 3)
            for name in types
        },
    )


def _side(metres: float, turn_deg: float) -> str:
    if metres < _BESIDE_M:
        return "on"
    return "starboard" if turn_deg > 0 else "port"
