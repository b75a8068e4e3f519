"""What a system is worth to those who use it: how long light takes, and how often it is there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from routing.fixedcost import FixedCost

__all__ = ["Connection", "availability", "latency_ms", "shortest_way_m"]

#: Speed of light in a vacuum, km per millisecond (exact by the definition of the metre).
_LIGHT_KM_PER_MS = 299.792458
_DAYS_PER_YEAR = 365.25
#: Cables beyond which trying every state of them would take too long.
_MOST = 20


@dataclass(frozen=True)
class Connection:
    """A cable between two places of a network.

    Attributes
    ----------
    start, end
        Names of the places.
    faults_per_year
        Expected faults.
    """

    start: str
    end: str
    faults_per_year: float


def latency_ms(cable_m: float, fixed: FixedCost) -> float:
    """Time that light takes one way along a cable, ms.

    Parameters
    ----------
    cable_m
        Length of the cable.
    fixed
        Prices, whose catalogue knows the fibre.

    Notes
    -----
    Length times group index over the speed of light; equipment at the ends is not counted.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> from routing.fixedcost import FixedCost
    >>> round(latency_ms(380e3, FixedCost(read_catalogue())), 3)
    1.861
    """
    return cable_m / 1000.0 * fixed.catalogue.rate("group-index") / _LIGHT_KM_PER_MS


def shortest_way_m(cables: Sequence[tuple[str, str, float]], start: str, end: str) -> float:
    """Least cable between two places of a network.

    Parameters
    ----------
    cables
        (place, place, metres) of each.
    start, end
        Names of the places.

    Returns
    -------
    cable_m
        inf when no way joins them (Bellman and Ford: networks are small).

    Examples
    --------
    >>> shortest_way_m([("AZ", "KZ", 370e3), ("KZ", "TM", 400e3), ("AZ", "TM", 900e3)], "AZ", "TM")
    770000.0
    """
    metres = {start: 0.0}
    for _ in cables:
        for one, other, length_m in cables:
            for here, there in ((one, other), (other, one)):
                if here in metres:
                    metres[there] = min(metres.get(there, math.inf), metres[here] + length_m)
    return metres.get(end, math.inf)


def availability(connections: Sequence[Connection], ends: Collection[str], *, repair_days: float) -> float:
    """Share of time for which some places are all connected.

    Parameters
    ----------
    connections
        Cables that fail by themselves: those whose routes keep apart. Cables that lie together fail
        together more often than this says.
    ends
        Names of the places that must be connected.
    repair_days
        Days from a fault to the end of its repair.

    Returns
    -------
    share
        Between 0 and 1.

    Raises
    ------
    InputError
        When there are too many cables to try every state of them.

    Notes
    -----
    A cable with r faults a year that take T years each to mend is up for 1 / (1 + r T) of the time (alternating
    renewal process). The sum over all states of the cables in which the places are connected is exact.

    Examples
    --------
    >>> one = Connection("AZ", "KZ", 0.1)
    >>> alone = availability([one], ["AZ", "KZ"], repair_days=36.525)
    >>> both = availability([one, one], ["AZ", "KZ"], repair_days=36.525)
    >>> round(alone, 6), round(both, 6), round(1 - (1 - alone) ** 2, 6)
    (0.990099, 0.999902, 0.999902)
    """
    if len(connections) > _MOST:
        raise InputError(f"{len(connections)} cables are too many", remedy=f"give {_MOST} at most")
    up = [1.0 / (1.0 + each.faults_per_year * repair_days / _DAYS_PER_YEAR) for each in connections]
    total = 0.0
    for state in product((True, False), repeat=len(connections)):
        if _connected([each for each, works in zip(connections, state, strict=True) if works], ends):
            share = 1.0
            for p, works in zip(up, state, strict=True):
                share *= p if works else 1.0 - p
            total += share
    return total


def _connected(connections: Sequence[Connection], ends: Collection[str]) -> bool:
    """Whether some cables connect all of some places."""
    wanted = list(dict.fromkeys(ends))
    reached, waiting = {wanted[0]}, [wanted[0]]
    while waiting:
        here = waiting.pop()
        for each in connections:
            if here in (each.start, each.end):
                there = each.end if here == each.start else each.start
                if there not in reached:
                    reached.add(there)
                    waiting.append(there)
    return reached.issuperset(wanted)
