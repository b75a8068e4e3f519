"""The bill of materials of a segment: what is made, bought and done for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.catalogue import Catalogue
    from routing.engineering.segment import Segment

__all__ = ["Quantity", "quantities"]

#: Bodies that are bought, as a bill names them.
_BODIES = {"joint": "Joint of two cable types", "repeater": "Repeater", "remote_pump": "Remotely pumped amplifier"}
_DONE = {"plough": "Ploughed in", "jet": "Jetted in", "diver": "Buried by divers", "trench": "Trenched in rock"}


@dataclass(frozen=True)
class Quantity:
    """One line of a bill.

    Attributes
    ----------
    item, unit
        What is counted, and in what.
    amount
        What the segment needs.
    spare
        What is bought on top.
    """

    item: str
    unit: str
    amount: float
    spare: float = 0.0


def quantities(segment: Segment, catalogue: Catalogue) -> tuple[Quantity, ...]:
    """Quantities of a segment, branching units left out: they belong to the option.

    Parameters
    ----------
    segment
        The segment.
    catalogue
        Says what is bought as spare.

    Notes
    -----
    Spare cable is the catalogue's share of each type. One spare is bought for every ten bodies of a kind or part of
    ten (default, editable: nothing public says more).
    """
    return tuple(_bill(segment, catalogue))


def _bill(segment: Segment, catalogue: Catalogue) -> Iterator[Quantity]:
    share = catalogue.rate("spare-cable")
    names = {cable.code: cable.name for cable in catalogue.cables}
    for code, metres in segment.cable_by_type_m().items():
        yield Quantity(f"Cable {code}, {names[code]}", "km", metres / 1000.0, share * metres / 1000.0)
    for kind, name in _BODIES.items():
        count = sum(body.kind == kind for body in segment.bodies)
        if count:
            yield Quantity(name, "piece", float(count), float(math.ceil(count / 10)))
    buried_m = 0.0
    for (method, depth_m), metres in segment.route_by_protection_m().items():
        if depth_m > 0:
            buried_m += metres
            yield Quantity(f"{_DONE[method]}, target {depth_m:.1f} m", "km of route", metres / 1000.0)
        else:
            yield Quantity("Laid on the seabed", "km of route", metres / 1000.0)
    if buried_m:
        yield Quantity("Grapnel run before burial", "km of route", buried_m / 1000.0)
    yield Quantity("Changes of cable or burial", "piece", float(segment.transitions))
    if segment.crossings:
        yield Quantity("Crossings of cables and pipelines", "piece", float(len(segment.crossings)))
