"""What is built into a cable: joints, repeaters, remote pumps, branching units; none lies near a crossing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing.engineering.segment import Body
from routing.junction import Junction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.crossing import Crossing
    from routing.engineering.makeup import Section
    from routing.engineering.segment import Ends
    from routing.span import Amplifiers

__all__ = ["place_bodies", "quiet_stretches"]


def quiet_stretches(
    crossings: Sequence[Crossing], depths_m: Sequence[float], *, depths: float
) -> list[tuple[float, float]]:
    """Stretches (from, to) along a route, metres, in which no body may lie: so many water depths round each crossing.

    Parameters
    ----------
    crossings
        Where the route crosses cables and pipelines.
    depths_m
        Water depth at each.
    depths
        Water depths to keep off; never less than the run-in of the crossing.
    """
    reach = [max(each.run_in_m, depths * depth) for each, depth in zip(crossings, depths_m, strict=True)]
    return [(each.kp_m - metres, each.kp_m + metres) for each, metres in zip(crossings, reach, strict=True)]


def place_bodies(
    ends: Ends,
    route_m: float,
    sections: Sequence[Section],
    *,
    amplifiers: Amplifiers,
    quiet: Sequence[tuple[float, float]],
) -> tuple[Body, ...]:
    """Every body of a segment, in order of KP.

    Parameters
    ----------
    ends
        Where the segment begins and ends.
    route_m
        Length of its route.
    sections
        A joint lies wherever the cable type changes.
    amplifiers
        What brings light over the span.
    quiet
        Stretches without bodies; an amplifier that would lie in one moves to its nearer edge.
    """
    found = [
        Body("branching_unit", end.name, kp_m)
        for end, kp_m in zip(ends, (0.0, route_m), strict=True)
        if isinstance(end, Junction)
    ]
    joints = [b.start_m for a, b in pairwise(sections) if a.engineering.cable != b.engineering.cable]
    found += [Body("joint", f"JT {number}", kp_m) for number, kp_m in enumerate(joints, 1)]
    label = "R" if amplifiers.kind == "repeater" else "ROPA "
    places = sorted(_moved(kp_m, quiet) for kp_m in amplifiers.places_m(route_m))
    found += [Body(amplifiers.kind, f"{label}{number}", kp_m) for number, kp_m in enumerate(places, 1)]
    return tuple(sorted(found, key=lambda body: (body.kp_m, body.kind)))


def _moved(kp_m: float, quiet: Sequence[tuple[float, float]]) -> float:
    """The place itself, or the nearest edge of what it must stay out of."""
    for start_m, end_m in _joined(quiet):
        if start_m < kp_m < end_m:
            return start_m if kp_m - start_m <= end_m - kp_m and start_m > 0.0 else end_m
    return kp_m


def _joined(stretches: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Stretches that overlap as one."""
    order = sorted(stretches)
    if not order:
        return
    starts, ends = np.array(order).T
    furthest = np.maximum.accumulate(ends)
    first = 0
    for k in range(1, len(order) + 1):
        if k == len(order) or starts[k] > furthest[k - 1]:
            yield float(starts[first]), float(furthest[k - 1])
            first = k
