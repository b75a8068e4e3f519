"""How often each hazard breaks a cable, at three levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RATES", "Level", "Rate", "Rated"]

Level = Literal["low", "base", "high"]


class Rated(Protocol):
    """Anything with a figure at three levels: a rate of this module, or of the catalogue."""

    def at(self, level: Level, /) -> float:
        """The figure at one level."""


@dataclass(frozen=True)
class Rate:
    """Faults per 1000 km a year at the three levels of a catalogue, and where they are from."""

    low: float
    base: float
    high: float
    source: str = "default, editable"

    def at(self, level: Level, /) -> float:
        """The rate at one level.

        Examples
        --------
        >>> RATES["ice-gouge"].at("base")
        5.0
        """
        return {"low": self.low, "base": self.base, "high": self.high}[level]


_JUDGED = "default, editable: exposure verified, rate by judgement"
#: Rates by hazard; `fault-crossing` alone counts faults in 1000 years at one crossing.
RATES: Mapping[str, Rate] = {
    "ice-gouge": Rate(1.0, 5.0, 15.0, _JUDGED),
    "mud-volcano-near": Rate(0.5, 3.0, 10.0, _JUDGED),
    "mud-volcano-far": Rate(0.1, 0.5, 2.0, _JUDGED),
    "fault-crossing": Rate(0.2, 1.0, 3.0, _JUDGED),
    "shaking": Rate(0.02, 0.08, 0.2, _JUDGED),
    "slope": Rate(0.3, 1.0, 4.0, _JUDGED),
    "surf": Rate(1.0, 4.0, 10.0, _JUDGED),
    "abrasion": Rate(0.1, 0.4, 1.0, _JUDGED),
}
