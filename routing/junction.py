"""Where cables meet at sea: a branching unit, or the place where a new one is put into a cable that is there."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Junction"]


@dataclass(frozen=True)
class Junction:
    """A branching unit (BU) as an end of a cable; it has what a landing has that a cable ends at.

    Attributes
    ----------
    id, name
        Short name, unique in its option, and shown name.
    place
        (lon, lat), degrees.
    node
        Position on the routing grid, (row, col), fractional.
    degree
        Cables that meet there.
    depth_m
        Water depth.
    existing
        Name of the cable that it is put into; "" for a new cable's own.
    """

    id: str
    name: str
    place: tuple[float, float]
    node: tuple[float, float]
    degree: int
    depth_m: float
    existing: str = ""

    @property
    def approach_m(self) -> float:
        """Length of the straight approach that is not on the grid: none at sea."""
        return 0.0
