"""The alignment profile: depth, slope, burial, cable and risk along the route, above one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import svg
from routing.exchange.callouts import callouts, symbols
from routing.exchange.leaders import arranged
from routing.exchange.sheet import FAINT, FRAME, INK, LEFT, RIGHT, SMALL, Ruler, page, row_name, title_block
from routing.exchange.strips import (
    LANE,
    Panel,
    brackets,
    burial_bars,
    cable_blocks,
    lanes,
    legend,
    nice_depth,
    patterns,
    scale,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.engineering import Segment
    from routing.exchange.sheet import DrawingHeader

__all__ = ["alignment_svg"]

#: Heights of the panels.
_DEPTH, _SLOPE, _BURIAL, _CABLE, _RISK = 140.0, 72.0, 44.0, 34.0, 72.0
_GAP = 14.0


def alignment_svg(segment: Segment, *, header: DrawingHeader) -> str:
    """Draw what lies along the route of a segment.

    Parameters
    ----------
    segment
        From its first landing or branching unit to its last.
    header
        What the title block says.

    Returns
    -------
    svg
        SVG 1.1 as text, the width of a landscape A3; equal segments give equal bytes.

    Notes
    -----
    Horizontal is distance along the route. Slope is along the route, positive where the seabed
    falls; faults are those expected of what is built at each place.

    Examples
    --------
    >>> import datetime as dt
    >>> from routing.engineering import Event, Leg, Position, Segment
    >>> from routing.engineering.segment import SeabedProfile
    >>> from routing.exchange.sheet import DrawingHeader
    >>> from routing.junction import Junction
    >>> from routing.route import Route
    >>> ends = [Junction(f"bu-{n}", f"BU {n}", (50.0 + n, 41.0), (0.0, 0.0), 3, 90.0) for n in (1, 2)]
    >>> route = Route(np.array([end.place for end in ends]))
    >>> unit, long_m = (Event(0.0, "branching_unit", "BU"),), route.length_m
    >>> spots = Position(1, unit, 51.0, 41.0, 0.0, 0.0, 90.0), Position(2, unit, 52.0, 41.0, long_m, long_m, 90.0)
    >>> leg = Leg(1, 90.0, long_m, 0.0, 0.0, long_m, "SA", "plough", 1.0, 8.0, None)
    >>> floor = SeabedProfile(np.array([0.0, long_m]), np.full(2, 90.0), np.zeros(2), np.full(2, 0.1))
    >>> cable = Segment("a", *ends, route, (), (), (), spots, (leg,), floor)
    >>> header = DrawingHeader("P", "O", "BU 1 to BU 2", "A", dt.date(2026, 1, 2), "WGS 84", "1")
    >>> "plough 1 m" in alignment_svg(cable, header=header)
    True
    """
    ruler = Ruler(segment, by_cable=False)
    above = arranged(list(callouts(ruler, assembly=False)))
    below = arranged(list(callouts(ruler, assembly=True)))
    top = FRAME + 50 + above.height
    depth = top + 8 + LANE * len(lanes(segment))
    slope = depth + _DEPTH + _GAP
    burial = slope + _SLOPE + _GAP
    cable = burial + _BURIAL + _GAP
    risk = cable + _CABLE + _GAP
    axis = risk + _RISK + 16
    parts = [patterns(segment), *above.drawn(top, up=True), *brackets(ruler, top + 4)]
    parts += [*_depth_panel(ruler, depth), *_slope_panel(ruler, slope), *burial_bars(ruler, burial, _BURIAL)]
    parts += [*row_name(cable + 12, "Cable", unit="km of cable"), *cable_blocks(ruler, cable, _CABLE)]
    parts += [*symbols(ruler, cable), *_risk_panel(ruler, risk), *_axis(ruler, axis, depth)]
    parts += below.drawn(axis + 26, up=False)
    foot = axis + 36 + below.height
    parts += [*legend(segment, (FRAME + 14, foot)), *_notes((FRAME + 300, foot)), *title_block(header, foot)]
    about = f"Depth, slope, burial, cable and expected faults from {segment.start.name} to {segment.end.name}."
    rows = 19.0 + 17.0 * max(len(segment.cable_by_type_m()), len(segment.route_by_protection_m()))
    return page(parts, header, kind="Alignment profile", height=foot + max(rows, 128.0), about=about)


def _depth_panel(ruler: Ruler, top: float) -> Iterator[str]:
    profile = ruler.segment.profile
    panel = Panel(top, _DEPTH, 0.0, nice_depth(ruler.segment))
    yield from panel.sea(ruler.x(profile.kp_m), profile.depth_m)
    yield from panel.axis("Water depth", "m below level")
    for position in ruler.segment.positions:
        if any(event.kind in {"depth_mark", "deepest"} for event in position.events) and position.depth_m is not None:
            place = ruler.at(position.kp_m), float(panel.y(np.clip(position.depth_m, 0.0, panel.most)))
            yield svg.element("circle", cx=place[0], cy=place[1], r=2.6, fill="#a61c1c", class_="depth-mark")


def _slope_panel(ruler: Ruler, top: float) -> Iterator[str]:
    profile = ruler.segment.profile
    known = np.abs(profile.slope_deg[np.isfinite(profile.slope_deg)])
    steepest = max(float(known.max()) if len(known) else 0.0, 0.1) * 1.05
    panel = Panel(top, _SLOPE, steepest, -steepest)
    yield from panel.axis("Slope", "deg, falling: +", at_most=4)
    middle = float(panel.y(0.0))
    yield svg.line((LEFT, middle), (RIGHT, middle), stroke=FAINT, stroke_width=0.8)
    yield from panel.line(ruler.x(profile.kp_m), profile.slope_deg, stroke="#3d5a80", class_="slope")


def _risk_panel(ruler: Ruler, top: float) -> Iterator[str]:
    profile = ruler.segment.profile
    faults = profile.faults_per_1000km_year
    known = faults[np.isfinite(faults)]
    most = max(float(known.max()) if len(known) else 0.0, 1e-3) * 1.08
    panel = Panel(top, _RISK, most, 0.0)
    yield from panel.axis("Faults", "per 1000 km a year", at_most=4)
    # A step at the middle between marks: what is built at a mark holds around it.
    edges = np.concatenate([profile.kp_m[:1], 0.5 * (profile.kp_m[1:] + profile.kp_m[:-1]), profile.kp_m[-1:]])
    x, steps = np.repeat(ruler.x(edges), 2)[1:-1], np.repeat(faults, 2)
    yield from panel.line(x, steps, stroke="#a61c1c", class_="risk")


def _axis(ruler: Ruler, y: float, top: float) -> Iterator[str]:
    """The shared scale, with a line through all panels at each of its marks."""
    marks = [(km, ruler.along(1000 * km)) for km in svg.ticks(0.0, ruler.total_m / 1000, at_most=20)]
    for _, x in marks:
        yield svg.line((x, top), (x, y), stroke="#7a8790", stroke_width=0.35, stroke_dasharray="2 3")
    yield from scale(marks, y, name="Route KP, km")


def _notes(corner: tuple[float, float]) -> Iterator[str]:
    x, y = corner
    notes = (
        "Hatched grey: depth not known.",
        "Red dots: depth marks and the deepest point.",
        "Above: what stays on the Earth; below: what moves with the cable; both by route KP, km.",
        "A/C: alter course with its turn. BMH: beach manhole. BU: branching unit. PLDN, PLUP: plough down, up.",
        "Faults: expected of the cable as built there, all causes.",
    )
    yield svg.text(x, y + 10, "Notes", font_size=11.0, font_weight="bold")
    for row, words in enumerate(notes):
        yield svg.text(x, y + 28 + 17 * row, words, font_size=SMALL, fill=INK)
