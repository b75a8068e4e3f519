"""The route in sentences: section by section, as an engineer walks along it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing.landing import LandingSite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.engineering import Event, Leg, Section, Segment

__all__ = ["burial_words", "describe_section"]

_TOOLS = {
    "plough": "ploughed in",
    "jet": "jetted in",
    "diver": "buried by divers",
    "trench": "laid in a cut trench",
}
#: Positions stand at the ends of sections to within this, metres.
_SAME_PLACE_M = 1.0


def burial_words(method: str, depth_m: float) -> str:
    """How a cable lies.

    Examples
    --------
    >>> burial_words("plough", 1.5), burial_words("surface", 0.0)
    ('ploughed in to a target depth of 1.5 m', 'laid on the seabed')
    """
    if depth_m <= 0:
        return "laid on the seabed"
    return f"{_TOOLS.get(method, f'buried ({method})')} to a target depth of {depth_m:.1f} m"


def describe_section(segment: Segment, number: int) -> str:
    """One section of a segment as a paragraph.

    Parameters
    ----------
    segment
        The cable.
    number
        Which of its sections, from 1.
    """
    section = segment.sections[number - 1]
    sentences = (
        _begins(segment, number),
        _course(_legs(segment, section)),
        _turns(segment, section),
        _depths(segment, section),
        _build(section),
        _sectors(segment, section),
        _meets(segment, section),
        _ends(segment, number),
    )
    return " ".join(sentence for sentence in sentences if sentence)


def _begins(segment: Segment, number: int) -> str:
    section = segment.sections[number - 1]
    length_km = (section.end_m - section.start_m) / 1000.0
    where = f"KP {section.start_m / 1000.0:.3f} to KP {section.end_m / 1000.0:.3f} ({length_km:.3f} km of route)."
    if number > 1:
        return where
    at_shore = isinstance(segment.start, LandingSite)
    return f"{where} The cable leaves {'the beach manhole at ' if at_shore else ''}{segment.start.name}."


def _ends(segment: Segment, number: int) -> str:
    if number < len(segment.sections):
        return ""
    at_shore = isinstance(segment.end, LandingSite)
    return f"It ends at {'the beach manhole of ' if at_shore else ''}{segment.end.name}."


def _course(legs: list[Leg]) -> str:
    """Headings where the section begins and ends."""
    first, last = (f"{leg.bearing_deg:.1f}°" for leg in (legs[0], legs[-1]))
    return f"Heading {first} true." if first == last else f"Heading {first} true at its start and {last} at its end."


def _turns(segment: Segment, section: Section) -> str:
    turns = [event for event in _within(segment, section) if event.kind == "alter_course"]
    if not turns:
        return "No alter course."
    named = [f"{event.text} at KP {event.kp_m / 1000.0:.3f} ({event.remarks.removeprefix('turn ')})" for event in turns]
    return f"{'Alter courses' if len(turns) > 1 else 'Alter course'}: {'; '.join(named)}."


def _depths(segment: Segment, section: Section) -> str:
    """Depth at both ends, and the extremes where they are elsewhere."""
    profile = segment.profile
    first, last = np.interp([section.start_m, section.end_m], profile.kp_m, profile.depth_m)
    inside = profile.depth_m[(profile.kp_m >= section.start_m) & (profile.kp_m <= section.end_m)]
    known = inside[np.isfinite(inside)]
    if not len(known) or not np.isfinite([first, last]).all():
        return "Water depth is not known along all of it."
    text = f"Water depth goes from {first:.0f} m to {last:.0f} m"
    beyond = [
        f"{word} {value:.0f} m"
        for word, value, ends in (("least", known.min(), min(first, last)), ("greatest", known.max(), max(first, last)))
        if abs(value - ends) >= 1.0
    ]
    return f"{text} ({', '.join(beyond)})." if beyond else f"{text}."


def _build(section: Section) -> str:
    way = section.engineering
    how = burial_words(way.protection, way.burial.depth_m)
    return f"{way.cable.name.capitalize()} cable ({way.cable.code}), {how}, with {way.slack_pct:g} % of slack."


def _sectors(segment: Segment, section: Section) -> str:
    """States whose sectors are passed, and the limits between them."""
    states: list[str] = []
    for leg in _legs(segment, section):
        if leg.sector is not None and leg.sector not in states[-1:]:
            states.append(leg.sector)
    if not states:
        return "The national sector is not known."
    limits = [event for event in _within(segment, section) if event.kind == "limit"]
    named = ", ".join(f"{event.text} at KP {event.kp_m / 1000.0:.3f}" for event in limits)
    where = f"In the sector of {states[0]}" + "".join(f", then of {state}" for state in states[1:])
    return f"{where}; {named}." if named else f"{where}."


def _meets(segment: Segment, section: Section) -> str:
    """Hazards that are entered and left, and assets that are crossed."""
    kinds = ("zone_entered", "zone_left", "crossing", "joint", "repeater", "remote_pump")
    met = [event for event in _within(segment, section) if event.kind in kinds]
    words = []
    for event in met:
        more = f" ({event.remarks})" if event.kind == "crossing" else ""
        words.append(f"{event.text}{more} at KP {event.kp_m / 1000.0:.3f}")
    return f"On the way: {'; '.join(words)}." if words else ""


def _legs(segment: Segment, section: Section) -> list[Leg]:
    """Legs whose middle lies in a section."""
    ends = [position.kp_m for position in segment.positions]
    middles = [0.5 * (before + after) for before, after in pairwise(ends)]
    return [leg for leg, at_m in zip(segment.legs, middles, strict=True) if section.start_m <= at_m < section.end_m]


def _within(segment: Segment, section: Section) -> Iterator[Event]:
    """Events of a section; those at its end belong to the next, unless it is the last."""
    is_last = section is segment.sections[-1]
    for at_m, event in _events(segment):
        after = section.start_m - (0.0 if section.start_m else _SAME_PLACE_M) <= at_m
        if after and (at_m < section.end_m or is_last):
            yield event


def _events(segment: Segment) -> Iterator[tuple[float, Event]]:
    for position in segment.positions:
        for event in position.events:
            yield event.kp_m, event
