"""Strips along a ruler: cable types, burial, sectors and hazard zones, panels of a profile, scales."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing import svg
from routing.exchange.sheet import FAINT, INK, LEFT, RIGHT, SMALL, row_name
from routing.runs import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from routing.engineering import Leg, Segment
    from routing.exchange.sheet import Ruler

__all__ = [
    "LANE",
    "SEA",
    "Block",
    "Panel",
    "blocks",
    "brackets",
    "burial_bars",
    "burial_styles",
    "cable_blocks",
    "cable_styles",
    "fits",
    "lanes",
    "legend",
    "patterns",
    "scale",
]

#: Fill and strokes by cable type and by method of burial: apart in brightness too, and by strokes alone in black.
_CABLES = {
    "LW": ("#ffffff", "plain"),
    "LWP": ("#f1f1f1", "dots"),
    "SAL": ("#cfe5f3", "rising"),
    "SA": ("#8fc1e3", "falling"),
    "DA": ("#f0b95a", "crossed"),
    "RA": ("#d98555", "grid"),
}
_METHODS = {
    "surface": ("#ffffff", "plain"),
    "plough": ("#e3cfa6", "rising"),
    "jet": ("#bfe0d2", "dots"),
    "diver": ("#d9cbe8", "upright"),
    "trench": ("#b9b9b9", "crossed"),
}
#: For types that a catalogue of one's own adds.
_OTHERS = (("#e6d3e0", "level"), ("#dfe8c8", "upright"), ("#f6e3c5", "grid"), ("#d5d5d5", "dots"))
#: Colour of the sea, and of the zone where its depth is not known.
SEA, _UNKNOWN = "#cfe3ee", "#eeeeee"
#: Height of a lane of brackets.
LANE = 18.0

Styles = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """A stretch that is built one way.

    Attributes
    ----------
    name
        Cable type or method.
    burial_m
        Target depth.
    start_m, end_m
        Distance along the route.
    cable_m
        Cable in it.
    """

    name: str
    burial_m: float
    start_m: float
    end_m: float
    cable_m: float


def blocks(segment: Segment, key: Callable[[Leg], tuple[str, float]]) -> Iterator[Block]:
    """Runs of legs that share a key: name and target depth of burial."""
    kp_m = {leg.number: position.kp_m for leg, position in zip(segment.legs, segment.positions, strict=False)}
    ends = {leg.number: position.kp_m for leg, position in zip(segment.legs, segment.positions[1:], strict=True)}
    for (name, burial_m), run in groupby(segment.legs, key=key):
        legs = list(run)
        cable_m = sum(leg.cable_m for leg in legs)
        yield Block(name, burial_m, kp_m[legs[0].number], ends[legs[-1].number], cable_m)


def cable_styles(segment: Segment) -> Styles:
    """Fill and strokes of every cable type of a segment, in the order of the catalogue's own types."""
    return _styles((leg.cable_type for leg in segment.legs), _CABLES)


def burial_styles(segment: Segment) -> Styles:
    """Fill and strokes of every method of protection of a segment."""
    return _styles((leg.protection for leg in segment.legs), _METHODS)


def _styles(names: Iterable[str], known: Styles) -> Styles:
    used = set(names)
    other = sorted(used - set(known))
    return {name: style for name, style in known.items() if name in used} | {
        name: _OTHERS[number % len(_OTHERS)] for number, name in enumerate(other)
    }


def patterns(segment: Segment) -> str:
    """Definitions of the hatches of a drawing."""
    made = [
        svg.hatch(f"{kind}-{number}", strokes, fill=fill)
        for kind, styles in (("cable", cable_styles(segment)), ("burial", burial_styles(segment)))
        for number, (fill, strokes) in enumerate(styles.values())
    ]
    unknown = svg.hatch("unknown", "level", fill=_UNKNOWN, ink="#a0a0a0")
    return svg.element("defs", "".join([*made, unknown]))


def _ground(kind: str, styles: Styles, name: str) -> str:
    return f"url(#{kind}-{list(styles).index(name)})"


def fits(words: str, width: float) -> bool:
    """Whether a text fits into a block with a margin."""
    return svg.text_width(words, SMALL) + 8 <= width


def _plated(middle: float, base: float, words: str) -> Iterator[str]:
    """Text on a plate, to be read on any hatch."""
    wide = svg.text_width(words, SMALL) + 4
    yield svg.rect((middle - wide / 2, base - 10), (wide, 13.5), fill="#ffffff", fill_opacity=0.85)
    yield svg.text(middle, base, words, font_size=SMALL, text_anchor="middle", class_="block-label")


def cable_words(block: Block) -> str:
    """Code and cable length of a block."""
    return f"{block.name} {block.cable_m / 1000:.3f} km"


def cable_blocks(ruler: Ruler, y: float, tall: float) -> Iterator[str]:
    """The cable as blocks of its types to scale; what fits is named inside."""
    styles = cable_styles(ruler.segment)
    for block in blocks(ruler.segment, lambda leg: (leg.cable_type, 0.0)):
        left, right = ruler.x([block.start_m, block.end_m]).tolist()
        words = cable_words(block)
        ground = _ground("cable", styles, block.name)
        yield svg.rect(
            (left, y), (right - left, tall), fill=ground, title=words, stroke=INK, stroke_width=0.8, class_="cable"
        )
        if fits(svg.clean(words), right - left):
            yield from _plated(0.5 * (left + right), y + tall - 5, svg.clean(words))


def burial_bars(ruler: Ruler, y: float, tall: float) -> Iterator[str]:
    """Target depth of burial hanging from the seabed, by method, with its axis."""
    segment = ruler.segment
    styles = burial_styles(segment)
    deepest = max((leg.burial_m for leg in segment.legs), default=0.0) or 1.0
    most = svg.ticks(0.0, deepest, at_most=3)[-1] if deepest else 1.0
    most = max(most, deepest)
    yield from row_name(y + 12, "Burial", unit="target depth, m")
    for mark in svg.ticks(0.0, most, at_most=3):
        base = y + tall * mark / most
        yield svg.line((LEFT, base), (RIGHT, base), stroke="#d5dce0", stroke_width=0.5)
        yield svg.text(LEFT - 6, base + 3.5, f"{mark:g}", font_size=SMALL, text_anchor="end", fill=FAINT)
    for block in blocks(segment, lambda leg: (leg.protection, leg.burial_m)):
        left, right = ruler.x([block.start_m, block.end_m]).tolist()
        words = f"{block.name} {block.burial_m:g} m" if block.burial_m > 0 else block.name
        shown = svg.clean(words)
        if block.burial_m > 0:
            ground = _ground("burial", styles, block.name)
            size = right - left, tall * block.burial_m / most
            yield svg.rect((left, y), size, fill=ground, title=words, stroke=INK, stroke_width=0.6, class_="burial")
        if fits(shown, right - left):
            yield from _plated(0.5 * (left + right), y + 14, shown)
    yield svg.line((LEFT, y), (RIGHT, y), stroke=INK, stroke_width=1.0)


def lanes(segment: Segment) -> dict[str, list[tuple[float, float, str]]]:
    """Stretches (from, to, name) of sectors, and of each hazard that is entered or left, along the route."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    sectors = [
        (block.start_m, block.end_m, block.name) for block in blocks(segment, lambda leg: (leg.sector or "", 0.0))
    ]
    if any(name for _, _, name in sectors):
        found["Sector"] = [each for each in sectors if each[2]]
    open_m: dict[str, float] = {}
    for position in segment.positions:
        for event in position.events:
            if event.kind not in {"zone_entered", "zone_left"}:
                continue
            name = event.text.split(" ", 1)[-1]
            lane = found.setdefault(name, [])
            if event.kind == "zone_entered":
                open_m[name] = position.kp_m
            else:
                lane.append((open_m.pop(name, 0.0), position.kp_m, ""))
    for name, start_m in open_m.items():
        found[name].append((start_m, segment.positions[-1].kp_m, ""))
    return found


def brackets(ruler: Ruler, y: float) -> Iterator[str]:
    """One lane a hazard, and one of sectors, from y downward; each stretch is a bracket."""
    for number, (name, stretches) in enumerate(lanes(ruler.segment).items()):
        base = y + LANE * number + 7
        yield svg.text(LEFT - 12, base + 4, name, fit=140, font_size=SMALL, text_anchor="end")
        for start_m, end_m, words in stretches:
            left, right = ruler.x([start_m, end_m]).tolist()
            corners = [(left, base + 5), (left, base), (right, base), (right, base + 5)]
            yield svg.path(corners, fill="none", stroke=INK, stroke_width=1.2, class_="bracket")
            shown = svg.clean(words)
            if shown and fits(shown, right - left):
                yield from _plated(0.5 * (left + right), base + 4, shown)


def scale(marks: Iterable[tuple[float, float]], y: float, *, name: str, down: bool = True) -> Iterator[str]:
    """A scale of kilometre posts: marks are kilometres and places."""
    sign = 1.0 if down else -1.0
    marks = list(marks)
    yield svg.line((LEFT, y), (RIGHT, y), stroke=INK, stroke_width=0.9)
    yield svg.text(LEFT - 12, y + 4, name, fit=140, font_size=SMALL, text_anchor="end", font_weight="bold")
    fine = max((len(f"{km:.6g}".partition(".")[2]) for km, _ in marks), default=0)
    for km, x in marks:
        yield svg.line((x, y), (x, y + 5 * sign), stroke=INK, stroke_width=0.9)
        base = y + (16 if down else -8)
        yield svg.text(x, base, f"{km:.{fine}f}", font_size=SMALL, text_anchor="middle", class_="tick")


@dataclass(frozen=True)
class Panel:
    """A panel with an axis of its own.

    Attributes
    ----------
    top, tall
        Upper edge and height.
    least, most
        Value at the upper and at the lower edge; turned around when it grows upward.
    """

    top: float
    tall: float
    least: float
    most: float

    def y(self, value: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Place of a value."""
        return np.asarray(self.top + self.tall * (np.asarray(value, float) - self.least) / (self.most - self.least))

    def axis(self, name: str, unit: str, *, at_most: int = 6) -> Iterator[str]:
        """Frame, round values with their lines, name and unit."""
        yield from row_name(self.top + 12, name, unit=unit)
        low, high = sorted((self.least, self.most))
        for mark in svg.ticks(low, high, at_most=at_most):
            base = float(self.y(mark))
            yield svg.line((LEFT, base), (RIGHT, base), stroke="#d5dce0", stroke_width=0.5)
            yield svg.text(LEFT - 6, base + 3.5, f"{mark:g}", font_size=SMALL, text_anchor="end", fill=FAINT)
        yield svg.rect((LEFT, self.top), (RIGHT - LEFT, self.tall), fill="none", stroke=FAINT, stroke_width=0.6)

    def line(self, x: NDArray[np.float64], values: NDArray[np.float64], *, stroke: str, class_: str) -> Iterator[str]:
        """Polylines of the known values."""
        for run in _known(values):
            yield svg.path(
                _thinned(x[run], self.y(values[run])), fill="none", stroke=stroke, stroke_width=1.1, class_=class_
            )

    def sea(self, x: NDArray[np.float64], depth_m: NDArray[np.float64]) -> Iterator[str]:
        """The sea down to the seabed, and a hatch where its depth is not known."""
        yield svg.rect((LEFT, self.top), (RIGHT - LEFT, self.tall), fill="url(#unknown)", class_="unknown")
        for run in _known(depth_m):
            floor = _thinned(x[run], self.y(depth_m[run]))
            left, right = floor[0][0], floor[-1][0]
            bottom, surface = self.top + self.tall, float(self.y(0.0))
            yield svg.path([*floor, (right, bottom), (left, bottom)], closed=True, fill="#ece4d4", class_="ground")
            yield svg.path([*floor, (right, surface), (left, surface)], closed=True, fill=SEA, class_="sea")
            yield svg.path(floor, fill="none", stroke=INK, stroke_width=1.2, class_="seabed")


def _known(values: NDArray[np.float64]) -> Iterator[slice]:
    """Runs of at least two values that are numbers."""
    yield from (slice(first, last + 1) for first, last in runs(np.isfinite(values)) if last > first)


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[float, float]]:
    """First, least, greatest and last value of every unit of width: what can be told apart on paper."""
    unit = np.floor(x)
    edges = [0, *(np.flatnonzero(np.diff(unit)) + 1).tolist(), len(x)]
    kept: list[tuple[float, float]] = []
    for first, after in pairwise(edges):
        wanted = {first, after - 1, first + int(np.argmin(y[first:after])), first + int(np.argmax(y[first:after]))}
        kept += [(float(x[k]), float(y[k])) for k in sorted(wanted)]
    return kept


def legend(segment: Segment, corner: tuple[float, float]) -> Iterator[str]:
    """What the hatches mean, in two columns."""
    x, y = corner
    yield svg.text(x, y + 10, "Legend", font_size=11.0, font_weight="bold")
    columns: Sequence[tuple[str, Styles]] = (("cable", cable_styles(segment)), ("burial", burial_styles(segment)))
    for number, (kind, styles) in enumerate(columns):
        left = x + 112 * number
        for row, name in enumerate(styles):
            top = y + 18 + 17 * row
            yield svg.rect((left, top), (26, 12), fill=_ground(kind, styles, name), stroke=INK, stroke_width=0.6)
            yield svg.text(left + 32, top + 10, name, fit=76, font_size=SMALL)


def nice_depth(segment: Segment) -> float:
    """A round depth at or below the deepest of a profile, 10 m where none is known."""
    known = segment.profile.depth_m[np.isfinite(segment.profile.depth_m)]
    deepest = max(float(known.max()) if len(known) else 0.0, 10.0)
    marks = svg.ticks(0.0, deepest, at_most=5)
    step = marks[1] - marks[0]
    return step * math.ceil(deepest / step - 1e-9)
