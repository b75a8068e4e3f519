"""A position list as a file states it: nothing renumbered, recomputed or guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["ListedLeg", "ListedPosition", "PositionList", "Unread", "degrees_of"]

Axis = Literal["lat", "lon"]
Place = tuple[float, float]

_LETTERS = {"lat": "NS", "lon": "EW"}
#: Marks that people set between degrees, minutes and seconds; a masculine ordinal often stands for a degree sign.
_MARKS = str.maketrans(dict.fromkeys("°º˚'′’`\"″”", " "))
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")


@dataclass(frozen=True)
class Unread:
    """A cell that does not hold what its column is for.

    Attributes
    ----------
    row
        Row in the file, from 1.
    title
        Title of its column in our own lists.
    text
        What stands there.
    reason
        Short name of the rule that it breaks.
    """

    row: int = field(compare=False)
    title: str
    text: str
    reason: str


@dataclass(frozen=True)
class ListedPosition:
    """One position as listed; what is not there is None.

    Attributes
    ----------
    row
        Row in the file, from 1; two lists are equal whatever their rows.
    number, event
        Its number and what is there, as text.
    latitude, longitude
        Degrees and decimal minutes, as text.
    lat_deg, lon_deg
        Decimal degrees, from a column of their own.
    depth_m, kp_km, cable_kp_km
        Water depth, distance along the route, cable laid up to here.
    chart, remarks
        As text.
    other
        Cells of columns that are not known, in the order of the list's `titles`.
    """

    row: int = field(compare=False)
    number: str | None = None
    event: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    depth_m: float | None = None
    kp_km: float | None = None
    cable_kp_km: float | None = None
    chart: str | None = None
    remarks: str | None = None
    other: tuple[str | None, ...] = ()

    @property
    def in_minutes(self) -> Place | None:
        """(lon, lat) by its texts; None when one is absent or cannot be read."""
        return _place(_angle(self.longitude, "lon"), _angle(self.latitude, "lat"))

    @property
    def place(self) -> Place | None:
        """(lon, lat), by decimal degrees where they are given; None when it cannot be read."""
        lon = self.lon_deg if self.lon_deg is not None else _angle(self.longitude, "lon")
        lat = self.lat_deg if self.lat_deg is not None else _angle(self.latitude, "lat")
        return _place(lon, lat)


@dataclass(frozen=True)
class ListedLeg:
    """What a list states between a position and the next; what is not there is None.

    Attributes
    ----------
    row
        Row in the file, from 1.
    bearing_deg, distance_km, cable_km
        Bearing, length of the route and of the cable.
    slack_pct, bottom_slack_pct
        Over the length of the route and of the sea floor.
    cable_type, cable_code, fibre_pairs
        The cable, and the manufacturer's name of it.
    protection, target_burial_m, laid_burial_m
        How it is protected; burial as wanted and as done.
    lay_direction, lay_vessel, lay_date
        How it was laid, as text.
    sector, zone
        State, and water or fishery zone.
    other
        Cells of columns that are not known, in the order of the list's `leg_titles`.
    """

    row: int = field(compare=False)
    bearing_deg: float | None = None
    distance_km: float | None = None
    slack_pct: float | None = None
    bottom_slack_pct: float | None = None
    cable_km: float | None = None
    cable_type: str | None = None
    cable_code: str | None = None
    fibre_pairs: float | None = None
    protection: str | None = None
    target_burial_m: float | None = None
    laid_burial_m: float | None = None
    lay_direction: str | None = None
    lay_vessel: str | None = None
    lay_date: str | None = None
    sector: str | None = None
    zone: str | None = None
    other: tuple[str | None, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether it states a length, bearing or slack other than 0."""
        return any((self.bearing_deg, self.distance_km, self.slack_pct, self.cable_km))

    @property
    def burial_m(self) -> float | None:
        """Burial as done, or else as wanted."""
        return self.target_burial_m if self.laid_burial_m is None else self.laid_burial_m


@dataclass(frozen=True)
class PositionList:
    """A position list as a file states it.

    Attributes
    ----------
    header
        Lines above the table, each as its cells.
    positions
        In the order of the file.
    legs
        One fewer; None where the file states nothing between two positions.
    titles, leg_titles
        Titles of columns that are not known, and of cells of span rows that belong to no leg.
    unread
        Cells that do not hold what their column is for.
    stray
        Legs that do not lie between two positions.
    notes
        Lines inside and below the table that are neither position nor leg, each as its cells.
    """

    header: tuple[tuple[str, ...], ...]
    positions: tuple[ListedPosition, ...]
    legs: tuple[ListedLeg | None, ...]
    titles: tuple[str, ...] = ()
    leg_titles: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    stray: tuple[ListedLeg, ...] = ()
    notes: tuple[tuple[str, ...], ...] = ()

    @property
    def is_rhumb(self) -> bool:
        """Whether its header says that legs are rhumb lines."""
        words = " ".join(cell for line in self.header for cell in line).casefold()
        return "rhumb" in words or "loxodrom" in words


def degrees_of(text: str, *, axis: Axis) -> float | None:
    """Degrees that a listed coordinate means; None when it can be read in no way, or in more than one.

    Parameters
    ----------
    text
        Degrees and decimal minutes, or decimal degrees, with a sign or the letter of a hemisphere.
    axis
        ``"lat"`` or ``"lon"``.

    Notes
    -----
    Three numbers are not read: ``40 35 07.6`` may be seconds, or a point that became a blank.
    The range is not judged: a latitude of 123 is a number, and a doubt for another place.

    Examples
    --------
    >>> degrees_of("40° 30.0000' N", axis="lat"), degrees_of("W 1 15", axis="lon"), degrees_of("-3.5", axis="lon")
    (40.5, -1.25, -3.5)
    >>> degrees_of("40 35 07.6 N", axis="lat") is None
    True
    """
    bare = text.translate(_MARKS).upper()
    letters = re.findall(r"[A-Z]", bare)
    rest = re.sub(r"[A-Z]", " ", bare).strip()
    sign = -1.0 if rest.startswith(("-", "\u2212")) else 1.0
    numbers = rest.lstrip("+-\u2212").split()
    if len(letters) > 1 or (letters and (letters[0] not in _LETTERS[axis] or sign < 0)):
        return None
    if not 1 <= len(numbers) <= 2 or not all(_NUMBER.fullmatch(each) for each in numbers):
        return None
    degrees, minutes = float(numbers[0]), float(numbers[1]) if len(numbers) == 2 else 0.0
    if minutes >= 60.0 or (len(numbers) == 2 and degrees != int(degrees)):
        return None
    return (-1.0 if letters and letters[0] in "SW" else sign) * (degrees + minutes / 60.0)


def _angle(text: str | None, axis: Axis) -> float | None:
    return None if text is None else degrees_of(text, axis=axis)


def _place(lon: float | None, lat: float | None) -> Place | None:
    return None if lon is None or lat is None else (lon, lat)
