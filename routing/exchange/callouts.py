"""What is named on a drawing of a segment: its events, with what an engineer wants beside each name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import svg
from routing.exchange.leaders import Label
from routing.exchange.sheet import INK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from routing.engineering import Body, Event, Segment
    from routing.exchange.sheet import Ruler

__all__ = ["ASSEMBLY", "body_symbol", "callouts", "symbols"]

#: Events that move with the cable; all others stay where they are on the Earth.
ASSEMBLY = frozenset(
    {
        *("landing", "branching_unit", "repeater", "remote_pump", "joint"),
        *("transition", "plough_down", "plough_up", "burial_change"),
    }
)
#: A body or a crossing and its event are the same thing within this distance.
_SAME_M = 2.0


def callouts(ruler: Ruler, *, assembly: bool) -> Iterator[Label]:
    """Labels of all events of the assembly, or of all others; bodies and crossings have one with or without an event.

    Parameters
    ----------
    ruler
        Where they stand; assembly events show cable KP when it is to scale in cable.
    assembly
        Which of the two.
    """
    segment = ruler.segment
    named: set[tuple[str, int]] = set()
    for index, position in enumerate(segment.positions):
        for event in position.events:
            named.add((event.kind, round(event.kp_m / _SAME_M)))
            if (event.kind in ASSEMBLY) == assembly:
                words = _words(segment, event, index)
                yield _label(ruler, position.kp_m, words, event.kind, note=event.remarks)
    if assembly:
        for body in segment.bodies:
            if not _is_named(named, body.kind, body.kp_m):
                yield _label(ruler, body.kp_m, body.name, body.kind)
    else:
        for crossing in segment.crossings:
            if not _is_named(named, "crossing", crossing.kp_m):
                words = f"Crossing {crossing.asset.name}, {crossing.angle_deg:.0f}°"
                yield _label(ruler, crossing.kp_m, words, "crossing")


def _is_named(named: Collection[tuple[str, int]], kind: str, kp_m: float) -> bool:
    place = round(kp_m / _SAME_M)
    return any((kind, each) in named for each in (place - 1, place, place + 1))


def _label(ruler: Ruler, kp_m: float, words: str, kind: str, *, note: str = "") -> Label:
    by_cable = ruler.by_cable and kind in ASSEMBLY
    metres = ruler.segment.cable_kp_m(kp_m) if by_cable else kp_m
    return Label(ruler.at(kp_m), words, kind, f"{metres / 1000:.3f}", note)


def _words(segment: Segment, event: Event, index: int) -> str:
    """Name of an event: an alter course with its turn, a crossing with its angle, a change of burial with its depth."""
    if event.kind == "alter_course":
        route = segment.route
        turn = float(route.turns_deg[int(np.argmin(np.abs(route.kp_m[1:-1] - event.kp_m)))])
        return f"{event.text}, {abs(turn):.1f}° {'stbd' if turn > 0 else 'port'}"
    if event.kind == "crossing" and segment.crossings:
        crossing = min(segment.crossings, key=lambda each: abs(each.kp_m - event.kp_m))
        return f"{event.text}, {crossing.angle_deg:.0f}°"
    if event.kind in {"plough_down", "burial_change"} and index < len(segment.legs):
        leg = segment.legs[index]
        after = f"{leg.protection} {leg.burial_m:g} m" if leg.burial_m > 0 else leg.protection
        return f"{event.text}, {after}"
    return event.text


def symbols(ruler: Ruler, y: float) -> Iterator[str]:
    """Bodies in the upper part of a cable whose upper edge is at y, smaller where they crowd."""
    bodies = ruler.segment.bodies
    x = ruler.x([body.kp_m for body in bodies])
    if not bodies:
        return
    gaps = np.concatenate([[np.inf], np.diff(x), [np.inf]])
    for body, place, gap in zip(bodies, x.tolist(), np.minimum(gaps[:-1], gaps[1:]).tolist(), strict=True):
        yield body_symbol(body, (place, y + 8), size=float(np.clip(0.6 * gap, 3.5, 6.5)))


def body_symbol(body: Body, centre: tuple[float, float], *, size: float = 8.0) -> str:
    """A joint as a triangle, a repeater as a box, a remote pump as a diamond, a branching unit as a ring."""
    x, y = centre
    corners = {
        "joint": [(x - size, y + size), (x + size, y + size), (x, y - size)],
        "repeater": [
            (x - size, y - size * 0.7),
            (x + size, y - size * 0.7),
            (x + size, y + size * 0.7),
            (x - size, y + size * 0.7),
        ],
        "remote_pump": [(x - size, y), (x, y - size), (x + size, y), (x, y + size)],
    }
    style: dict[str, str | float | None] = {"fill": "#ffffff", "stroke": INK, "stroke_width": min(1.8, 0.25 * size)}
    title = svg.element("title", svg.escaped(f"{body.name}, {body.kind.replace('_', ' ')}"))
    if body.kind in corners:
        drawn = svg.path(corners[body.kind], closed=True, **style)
    else:
        drawn = svg.element("circle", cx=x, cy=y, r=size, **style) + svg.element(
            "circle", cx=x, cy=y, r=0.35 * size, fill=INK
        )
    return svg.element("g", title + drawn, class_=f"body {body.kind}")
