"""The straight-line diagram: a segment to scale in cable, from end to end, on one sheet."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from routing import svg
from routing.engineering import Body
from routing.exchange.callouts import body_symbol, callouts, symbols
from routing.exchange.leaders import Label, arranged
from routing.exchange.sheet import (
    FAINT,
    FRAME,
    INK,
    LEFT,
    RIGHT,
    ROW,
    SMALL,
    Ruler,
    page,
    row_name,
    table,
    title_block,
)
from routing.exchange.strips import (
    LANE,
    Panel,
    blocks,
    brackets,
    burial_bars,
    cable_blocks,
    cable_words,
    fits,
    lanes,
    legend,
    nice_depth,
    patterns,
    scale,
)
from routing.landing import LandingSite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.engineering import Segment
    from routing.engineering.segment import BodyKind
    from routing.exchange.sheet import DrawingHeader

__all__ = ["sld_svg"]

#: Heights of the cable, of the burial bars and of the depth strip.
_CABLE, _BURIAL, _DEPTH = 34.0, 48.0, 100.0
_BODIES: dict[BodyKind, str] = {
    "joint": "Joint",
    "repeater": "Repeater",
    "remote_pump": "Remote pump",
    "branching_unit": "Branching unit",
}
Row = tuple[str, ...]


def sld_svg(segment: Segment, *, header: DrawingHeader) -> str:
    """Draw a segment as a straight line.

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
    Horizontal is cable laid, so blocks are as long as the cable that is made. What moves with
    the cable is named above it by cable KP, what stays on the Earth below by route KP.

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
    >>> "SA 84.135 km" in sld_svg(cable, header=header)
    True
    """
    ruler = Ruler(segment, by_cable=True)
    above = arranged([*callouts(ruler, assembly=True), *_narrow_blocks(ruler)])
    below = arranged(list(callouts(ruler, assembly=False)))
    cable = FRAME + 76 + above.height
    parts = [patterns(segment), *_ends(segment, cable)]
    parts += [*above.drawn(cable, up=True), *row_name(cable + 14, "Cable", unit="type, km of cable")]
    parts += [*cable_blocks(ruler, cable, _CABLE), *symbols(ruler, cable)]
    bars = cable + _CABLE + 8
    parts += burial_bars(ruler, bars, _BURIAL)
    parts += brackets(ruler, bars + _BURIAL + 12)
    depth = bars + _BURIAL + 20 + LANE * len(lanes(segment))
    parts += _depth_strip(ruler, depth)
    parts += _scales(ruler, depth + _DEPTH + 26)
    parts += below.drawn(depth + _DEPTH + 74, up=False)
    foot = depth + _DEPTH + 84 + below.height
    feet, tall = _foot(segment, header, foot)
    return page([*parts, *feet], header, kind="Straight-line diagram", height=foot + tall, about=_about(segment))


def _narrow_blocks(ruler: Ruler) -> Iterator[Label]:
    """Labels of the blocks of cable that are too short to be named inside."""
    for block in blocks(ruler.segment, lambda leg: (leg.cable_type, 0.0)):
        left, right = ruler.x([block.start_m, block.end_m]).tolist()
        if not fits(svg.clean(cable_words(block)), right - left):
            yield Label(0.5 * (left + right), block.name, "block", f"{block.cable_m / 1000:.3f} km of")


def _ends(segment: Segment, cable: float) -> Iterator[str]:
    """Symbol and name of both ends."""
    y, top = cable + _CABLE / 2, FRAME + 62
    for end, x, anchor, sign in ((segment.start, LEFT - 14, "start", -1), (segment.end, RIGHT + 16, "end", 1)):
        name = f"{end.name}, beach manhole" if isinstance(end, LandingSite) else f"{end.name}, branching unit"
        place = x - 4 if sign < 0 else x + 4
        yield svg.text(place, top, name, fit=660, font_size=14.0, font_weight="bold", text_anchor=anchor, class_="end")
        yield svg.path([(x, top + 6), (x, y - 9)], fill="none", stroke=FAINT, stroke_width=0.8)
        yield svg.line((x, y), (LEFT if sign < 0 else RIGHT, y), stroke=INK, stroke_width=2.5)
        if isinstance(end, LandingSite):
            roof = [(x - 9, y + 8), (x - 9, y - 2), (x, y - 10), (x + 9, y - 2), (x + 9, y + 8)]
            yield svg.path(roof, closed=True, fill=INK, class_="landing-end")
        else:
            yield body_symbol(Body("branching_unit", end.name, 0.0), (x, y))


def _depth_strip(ruler: Ruler, top: float) -> Iterator[str]:
    profile = ruler.segment.profile
    panel = Panel(top, _DEPTH, 0.0, nice_depth(ruler.segment))
    yield from panel.sea(ruler.x(profile.kp_m), profile.depth_m)
    yield from panel.axis("Water depth", "m below level", at_most=5)


def _scales(ruler: Ruler, y: float) -> Iterator[str]:
    """Cable KP and route KP, each on round kilometres."""
    cable = [(km, ruler.along(1000 * km)) for km in svg.ticks(0.0, ruler.total_m / 1000, at_most=20)]
    route_m = ruler.segment.positions[-1].kp_m
    route = [(km, ruler.at(1000 * km)) for km in svg.ticks(0.0, route_m / 1000, at_most=20)]
    yield from scale(cable, y, name="Cable KP, km", down=False)
    yield from scale(route, y + 26, name="Route KP, km")
    yield svg.text(FRAME + 14, y + 26 + 42, "Events by route KP", fit=140, font_size=SMALL, fill=FAINT)
    turns = [p.kp_m for p in ruler.segment.positions if any(event.kind == "alter_course" for event in p.events)]
    for kp_m in turns:
        x = ruler.at(kp_m)
        yield svg.line((x, y + 18), (x, y + 34), stroke="#a61c1c", stroke_width=1.4, class_="turn")


def _foot(segment: Segment, header: DrawingHeader, y: float) -> tuple[list[str], float]:
    """Totals, legend and title block, and their height."""
    cable, burial, whole = _cable_rows(segment), _burial_rows(segment), _total_rows(segment)
    x = FRAME + 14
    parts = [
        *table((x, y), "Cable by type", cable, columns=(70, 150, 205)),
        *table((x + 230, y), "Route by protection", burial, columns=(90, 150, 220)),
        *table((x + 475, y), "Totals", whole, columns=(150, 225)),
        *legend(segment, (x + 725, y)),
        *_body_legend((x + 955, y)),
        *title_block(header, y),
    ]
    return parts, max(ROW * (max(len(cable), len(burial), len(whole)) + 1) + 14, 128.0)


def _cable_rows(segment: Segment) -> Sequence[Row]:
    total = segment.cable_m
    by_type = segment.cable_by_type_m()
    rows = [(name, f"{metres / 1000:.3f}", f"{100 * metres / total:.1f}") for name, metres in by_type.items()]
    return [("type", "cable, km", "%"), *rows, ("all", f"{total / 1000:.3f}", "100.0")]


def _burial_rows(segment: Segment) -> Sequence[Row]:
    rows = [
        (svg.clean(method), f"{depth_m:g}", f"{metres / 1000:.3f}")
        for (method, depth_m), metres in sorted(segment.route_by_protection_m().items())
    ]
    return [("method", "target, m", "route, km"), *rows, ("buried", "", f"{segment.buried_m() / 1000:.3f}")]


def _total_rows(segment: Segment) -> Sequence[Row]:
    route_m = segment.positions[-1].kp_m
    known = segment.profile.depth_m[np.isfinite(segment.profile.depth_m)]
    counts = Counter(body.kind for body in segment.bodies)
    rows = [
        ("route, km", f"{route_m / 1000:.3f}"),
        ("cable, km", f"{segment.cable_m / 1000:.3f}"),
        ("average slack, %", f"{100 * (segment.cable_m / route_m - 1):.2f}"),
        ("greatest depth, m", f"{known.max():.0f}" if len(known) else "not known"),
        ("positions", f"{len(segment.positions)}"),
        ("alter courses", f"{segment.alter_courses}"),
        ("transitions", f"{segment.transitions}"),
        ("crossings", f"{len(segment.crossings)}"),
        ("bodies", f"{len(segment.bodies)}"),
        *((f"of these: {name.lower()}", f"{counts[kind]}") for kind, name in _BODIES.items() if counts[kind]),
    ]
    return [("of the segment", ""), *rows]


def _body_legend(corner: tuple[float, float]) -> Iterator[str]:
    x, y = corner
    for row, (kind, name) in enumerate(_BODIES.items()):
        middle = y + 24 + 20 * row
        yield body_symbol(Body(kind, name, 0.0), (x + 12, middle), size=6.0).replace('class="body ', 'class="key ')
        yield svg.text(x + 28, middle + 4, name, font_size=SMALL)
    yield svg.line((x + 12, y + 96), (x + 12, y + 110), stroke="#a61c1c", stroke_width=1.4)
    yield svg.text(x + 28, y + 107, "Alter course", font_size=SMALL)


def _about(segment: Segment) -> str:
    """What the drawing shows, in a sentence for who cannot see it."""
    kinds = ", ".join(f"{name} {metres / 1000:.1f} km" for name, metres in segment.cable_by_type_m().items())
    return (
        f"From {segment.start.name} to {segment.end.name}: {segment.cable_m / 1000:.1f} km of cable on a route of "
        f"{segment.positions[-1].kp_m / 1000:.1f} km; {kinds}; {segment.alter_courses} alter courses, "
        f"{len(segment.crossings)} crossings, {len(segment.bodies)} bodies."
    )
