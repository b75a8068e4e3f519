"""What a span of cable asks for, so that light reaches its other end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from routing.catalogue import Catalogue

__all__ = ["Amplifiers", "amplifiers", "repeaters"]


@dataclass(frozen=True)
class Amplifiers:
    """What brings light over a span.

    Attributes
    ----------
    kind
        Repeaters at even spacing, or remotely pumped amplifiers at a distance from both ends.
    count
        How many; 0 where light needs no help.
    distance_m
        Distance of remote pumps from the ends.
    """

    kind: Literal["repeater", "remote_pump"] = "repeater"
    count: int = 0
    distance_m: float = 0.0

    def places_m(self, route_m: float) -> list[float]:
        """Distances along a route at which they are wanted.

        Examples
        --------
        >>> Amplifiers("repeater", 3).places_m(400e3)
        [100000.0, 200000.0, 300000.0]
        >>> Amplifiers("remote_pump", 2, 100e3).places_m(430e3)
        [100000.0, 330000.0]
        """
        if self.kind == "repeater":
            return [route_m * k / (self.count + 1) for k in range(1, self.count + 1)]
        return sorted((self.distance_m, route_m - self.distance_m))[: self.count]


def amplifiers(catalogue: Catalogue, route_m: float) -> Amplifiers:
    """What a link between two landings needs: nothing, remote pumps near both ends, or repeaters.

    Parameters
    ----------
    catalogue
        Its rates say how far light goes: ``unrepeatered-max`` without help, ``remote-pump-reach`` with remote pumps.
    route_m
        Length of the route.

    Notes
    -----
    Lengths and spacing are those of the base level: they are the design, not its price.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> catalogue = read_catalogue()
    >>> amplifiers(catalogue, 363e3).count, amplifiers(catalogue, 450e3).count
    (0, 5)
    """
    alone_m, pumped_m = (1000.0 * catalogue.rate(code) for code in ("unrepeatered-max", "remote-pump-reach"))
    if route_m <= alone_m:
        return Amplifiers()
    if route_m <= pumped_m:
        return Amplifiers("remote_pump", 2, 1000.0 * catalogue.rate("remote-pump-distance"))
    return repeaters(catalogue, route_m)


def repeaters(catalogue: Catalogue, route_m: float) -> Amplifiers:
    """Repeaters of a cable that has power, at even spacing."""
    return Amplifiers("repeater", math.ceil(route_m / (1000.0 * catalogue.rate("repeater-spacing"))) - 1)
