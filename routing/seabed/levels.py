"""Vertical references by name, and the water levels between which a cable lives.

All heights here count from one datum: the project's, which for the Caspian is
mean sea level at Kronstadt (Baltic 1977).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from routing.errors import InputError

__all__ = ["REFERENCES", "VerticalReference", "WaterLevels", "vertical_reference"]

Kind = Literal["elevation", "depth"]
Scenario = Literal["low", "base", "high"]


@dataclass(frozen=True)
class VerticalReference:
    """What the values of a raster count from.

    Parameters
    ----------
    kind
        ``"elevation"``: positive up; ``"depth"``: positive down.
    zero_m
        Height of the zero above mean sea level (Baltic 1977).
    source
        Where that height is stated.
    """

    kind: Kind
    zero_m: float
    source: str


_CASPIAN = "EPSG: the Caspian datum lies 28 m below Baltic 1977"
_AIOC = "EPSG: the AIOC 1995 datum lies 1.7 m above the Caspian datum"
_MSL = "EPSG; taken as equal to Baltic 1977, some decimetres uncertain"
#: Names that may stand in place of kind and zero_m.
REFERENCES = {
    "MSL": VerticalReference("elevation", 0.0, _MSL),
    "EPSG:5714": VerticalReference("elevation", 0.0, _MSL),
    "EPSG:5715": VerticalReference("depth", 0.0, _MSL),
    "EPSG:5705": VerticalReference("elevation", 0.0, "EPSG: Baltic 1977 height"),
    "EPSG:5612": VerticalReference("depth", 0.0, "EPSG: Baltic 1977 depth"),
    "EPSG:5611": VerticalReference("elevation", -28.0, _CASPIAN),
    "EPSG:5706": VerticalReference("depth", -28.0, _CASPIAN),
    "EPSG:5797": VerticalReference("elevation", -26.3, _AIOC),
    "EPSG:5734": VerticalReference("depth", -26.3, _AIOC),
    "AIOC95": VerticalReference("depth", -26.3, _AIOC),
}


def vertical_reference(name: str) -> VerticalReference:
    """The reference of that name.

    Raises
    ------
    InputError
        When the name is unknown, with the nearest known one.

    Examples
    --------
    >>> vertical_reference("EPSG:5706").zero_m
    -28.0
    """
    for known, reference in REFERENCES.items():
        if name.replace(" ", "").upper() == known.upper():
            return reference
    near = difflib.get_close_matches(name.upper(), REFERENCES, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InputError(
        f"unknown vertical reference {name!r}",
        remedy=f"{hint}write one of {', '.join(REFERENCES)}, or kind and zero_m",
        key="bathymetry.reference",
    )


@dataclass(frozen=True)
class WaterLevels:
    """Heights of the water today and at the end of the design life, in one datum.

    Parameters
    ----------
    today_m
        Height of the water now.
    low_m, base_m, high_m
        Heights at the end of life: the lowest that must be feared, the expected, the highest.
    year
        Year of these.

    Examples
    --------
    >>> levels = WaterLevels(-29.35, -34.4, -32.6, -31.9, 2052)
    >>> levels.fall_m("base")
    3.25
    """

    today_m: float
    low_m: float
    base_m: float
    high_m: float
    year: int | None = None

    def __post_init__(self) -> None:
        if not self.low_m <= self.base_m <= self.high_m:
            raise InputError(
                f"low_m {self.low_m:g}, base_m {self.base_m:g}, high_m {self.high_m:g} are not in order",
                remedy="give the lowest water first",
                key="end_of_life",
            )

    @classmethod
    def constant(cls, today_m: float) -> WaterLevels:
        """A sea that keeps its level."""
        return cls(today_m, today_m, today_m, today_m)

    def fall_m(self, scenario: Scenario) -> float:
        """Metres by which the water falls until the end of life; negative where it rises."""
        end = {"low": self.low_m, "base": self.base_m, "high": self.high_m}[scenario]
        return round(self.today_m - end, 9)
