"""What happens along a route, each as an event of the position list."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, get_args

import numpy as np

from routing.engineering.makeup import free_cells
from routing.engineering.segment import Event, EventKind, Zone
from routing.landing import LandingSite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from routing.constraints import Sectors
    from routing.crossing import Crossing
    from routing.engineering.makeup import Section
    from routing.engineering.segment import Body, Ends, SeabedProfile
    from routing.pricing import PricedGrid
    from routing.route import Route

__all__ = [
    "DEPTH_MARKS_M",
    "LEAST_TURN_DEG",
    "body_events",
    "course_events",
    "crossing_events",
    "depth_events",
    "end_events",
    "limit_events",
    "merged",
    "transition_events",
    "zone_events",
    "zones_along",
]

#: Events nearer to each other than this share a position.
_SAME_PLACE_M = 1.0
#: A smaller change of bearing than position lists print is no alter course.
LEAST_TURN_DEG = 0.05
#: Water depths that position lists mark near the shores (default, editable; practice as remembered).
DEPTH_MARKS_M = (3.0, 5.0, 10.0, 15.0)
_TOOLS = {"plough": "plough", "jet": "jetting", "diver": "divers", "trench": "trenching"}


def end_events(ends: Ends, route: Route) -> Iterator[Event]:
    """Beach manholes with their shore ends, and branching units."""
    for end, kp_m, node_m in ((ends[0], 0.0, route.kp_m[1]), (ends[1], route.length_m, route.kp_m[-2])):
        if isinstance(end, LandingSite):
            yield Event(kp_m, "landing", "BMH", f"{end.name}, beach manhole (draft)")
            yield Event(float(node_m), "shore_end", "Shore end", f"end of the straight shore approach, {end.name}")
        else:
            into = f" put into {end.existing}" if end.existing else f" of degree {end.degree}"
            yield Event(kp_m, "branching_unit", "BU", f"{end.name}, branching unit{into} (draft)")


def course_events(route: Route) -> Iterator[Event]:
    """Alter courses, numbered."""
    turns = zip(route.kp_m[1:-1], route.turns_deg, strict=True)
    real = [(kp_m, turn) for kp_m, turn in turns if abs(turn) >= LEAST_TURN_DEG]
    for number, (kp_m, turn) in enumerate(real, start=1):
        side = "starboard" if turn > 0 else "port"
        yield Event(float(kp_m), "alter_course", f"A/C {number}", f"turn {abs(turn):.1f}° to {side}")


def transition_events(sections: tuple[Section, ...]) -> Iterator[Event]:
    """Changes of cable type and of burial: plough down and up where only one side is ploughed."""
    for before, after in pairwise(sections):
        a, b, kp_m = before.engineering, after.engineering, after.start_m
        if a.cable != b.cable:
            change = f"{a.cable.name} to {b.cable.name}"
            yield Event(kp_m, "transition", f"{a.cable.code}/{b.cable.code} transition", change)
        if a.burial == b.burial:
            continue
        ploughs = a.protection == "plough", b.protection == "plough"
        if ploughs[0]:
            yield Event(kp_m, "plough_up", "PLUP", "plough up")
        if ploughs[1]:
            yield Event(kp_m, "plough_down", "PLDN", f"plough down, target {b.burial.depth_m:.1f} m")
        if not any(ploughs) or (b.is_buried and not ploughs[1]):
            how = f"{_TOOLS[b.protection]}, target {b.burial.depth_m:.1f} m" if b.is_buried else "laid on the seabed"
            yield Event(kp_m, "burial_change", "Burial change", how)


def crossing_events(crossings: Iterable[Crossing]) -> Iterator[Event]:
    """Cables and pipelines that are crossed: which, whose, at what angle."""
    for crossing in crossings:
        owner = f", owner {crossing.asset.owner}" if crossing.asset.owner else ""
        remarks = f"{crossing.asset.rule.carries}{owner}, crossed at {crossing.angle_deg:.1f}°"
        yield Event(crossing.kp_m, "crossing", f"Crossing {crossing.asset.name}", remarks)


def body_events(bodies: Iterable[Body]) -> Iterator[Event]:
    """Repeaters, remote pumps and joints; branching units stand at the ends."""
    remarks = {"repeater": "repeater", "remote_pump": "remotely pumped amplifier", "joint": "joint of two cables"}
    for body in bodies:
        if body.kind != "branching_unit":
            yield Event(body.kp_m, body.kind, body.name, remarks[body.kind])


def depth_events(profile: SeabedProfile, ends: Ends, depth_at: Callable[[float], float]) -> Iterator[Event]:
    """The depth marks near each shore, as first met from it, and the deepest point.

    Parameters
    ----------
    profile
        What lies underneath.
    ends
        Shores have marks, ends at sea none.
    depth_at
        Water depth at a distance along the route, between the marks of the profile.
    """
    last_m = float(profile.kp_m[-1])
    for from_start, end in zip((True, False), ends, strict=True):
        if not isinstance(end, LandingSite):
            continue
        order = slice(None) if from_start else slice(None, None, -1)
        kp_m, depth_m = profile.kp_m[order], profile.depth_m[order]
        for mark_m in DEPTH_MARKS_M:
            reached = _first_reach(kp_m, depth_m, mark_m, depth_at)
            if reached is not None and 0.0 < reached < last_m:
                yield Event(reached, "depth_mark", f"WD {mark_m:g} m", f"{mark_m:g} m of water off {end.name}")
    at = int(np.nanargmax(profile.depth_m))
    yield Event(float(profile.kp_m[at]), "deepest", "Deepest point", f"{profile.depth_m[at]:.0f} m of water")


def _first_reach(
    kp_m: NDArray[np.float64], depth_m: NDArray[np.float64], mark_m: float, depth_at: Callable[[float], float]
) -> float | None:
    """Where a depth is first reached, to a metre; None where it is from the start or nowhere."""
    deeper = np.flatnonzero(depth_m >= mark_m)
    if not len(deeper) or deeper[0] == 0:
        return None
    ends_m = float(kp_m[deeper[0] - 1]), float(kp_m[deeper[0]])
    return _end_of(lambda at_m: not depth_at(at_m) >= mark_m, *ends_m)


def _end_of(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    """Where a condition that holds at one place ends before another, to a metre, by bisection."""
    while abs(outside - inside) > _SAME_PLACE_M:
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return outside


def limit_events(route: Route, marks: NDArray[np.float64], sectors: Sectors, priced: PricedGrid) -> Iterator[Event]:
    """Where the route passes from one state's sector to another's, found by bisection to a metre."""

    def is_of(state: str, kp_m: float) -> bool:
        return sectors.along(priced.rowcol(route.at([kp_m])))[0] == state

    known = sectors.along(priced.rowcol(route.at(marks)))
    for (low, high), (before, after) in zip(pairwise(marks.tolist()), pairwise(known), strict=True):
        if before is None or after is None or before == after:
            continue
        kp_m = _end_of(partial(is_of, before), low, high)
        remarks = "approximate: open-data boundary at grid resolution"
        yield Event(kp_m, "limit", f"{before}/{after} sector limit", remarks)


def zone_events(zones: Iterable[Zone], route: Route) -> Iterator[Event]:
    """Where the route enters and leaves what a natural hazard reaches; nothing for one of the whole way."""
    for zone in zones:
        if zone.start_m <= 0.0 and zone.end_m >= route.length_m:
            continue
        yield Event(zone.start_m, "zone_entered", f"Enter {zone.hazard}", "at grid resolution")
        yield Event(zone.end_m, "zone_left", f"Leave {zone.hazard}", "at grid resolution")


def zones_along(
    route: Route, marks: NDArray[np.float64], exposed: Mapping[str, NDArray[np.bool_]], priced: PricedGrid
) -> Iterator[Zone]:
    """Stretches whose cells a natural hazard reaches, seen at marks of a route."""
    row, col = free_cells(route, marks, priced).T
    between = np.concatenate([marks[:1], 0.5 * (marks[:-1] + marks[1:]), marks[-1:]])
    for hazard, reach in exposed.items():
        inside = np.concatenate([[False], reach[row, col], [False]])
        turns = between[np.flatnonzero(inside[1:] != inside[:-1])].tolist()
        words = hazard.replace("_", " ")
        yield from (Zone(words, start_m, end_m) for start_m, end_m in zip(turns[::2], turns[1::2], strict=True))


def merged(events: Iterable[Event]) -> list[Sequence[Event]]:
    """Events in order of KP; those at one place together."""
    groups: list[list[Event]] = []
    for event in sorted(events, key=lambda event: event.kp_m):
        if groups and event.kp_m - groups[-1][0].kp_m < _SAME_PLACE_M:
            groups[-1].append(event)
        else:
            groups.append([event])
    order = get_args(EventKind)
    return [sorted(group, key=lambda event: (order.index(event.kind), event.text)) for group in groups]
