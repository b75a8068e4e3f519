"""Labels on leaders beside a line: upright text in order, staggered where it stands close, none dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import svg
from routing.exchange.sheet import FAINT, INK, LEFT, RIGHT, SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Label", "Leaders", "arranged"]

#: Width of an upright text with its gap, and the gap that a leader needs beside another.
_PITCH, _GAP = 13.0, 2.4
#: Height of the oblique part of the leaders, gap between tiers, longest text.
_KNEE, _TIER_GAP, _LONGEST = 38.0, 10.0, 230.0
#: Tiers are added while a label stands farther than this from its place, up to so many.
_FAR, _MOST_TIERS = 90.0, 14


@dataclass(frozen=True)
class Label:
    """One thing that is named on a drawing.

    Attributes
    ----------
    x
        Where it is.
    words
        Its name, with what belongs to it.
    kind
        What sort of thing it is.
    distance
        Where along the cable or route, as shown.
    note
        More about it, for a pointer.
    """

    x: float
    words: str
    kind: str
    distance: str
    note: str = ""


@dataclass(frozen=True)
class Leaders:
    """Labels with a place each: labels of a tier stand beside each other, tiers behind one another.

    Attributes
    ----------
    labels
        In order from the left.
    slots
        Where the leader of each ends.
    tiers
        Tier of each, 0 nearest to the line.
    shrink
        Factor on the size of text, 1 unless even the most tiers are too few.
    """

    labels: tuple[Label, ...]
    slots: NDArray[np.float64]
    tiers: tuple[int, ...]
    shrink: float

    @property
    def height(self) -> float:
        """Of the zone that they need."""
        return _KNEE + sum(self._lengths()) + 4

    def drawn(self, y: float, *, up: bool) -> Iterator[str]:
        """Leaders from a line at y and the texts at their ends, above it or below.

        Parameters
        ----------
        y
            Of the line.
        up
            Whether they stand above.
        """
        sign = -1.0 if up else 1.0
        starts = np.concatenate([[0.0], np.cumsum(self._lengths())])
        for label, slot, tier in zip(self.labels, self.slots.tolist(), self.tiers, strict=True):
            foot = y + sign * (_KNEE + float(starts[tier]))
            bends = [(label.x, y), (label.x, y + 4 * sign), (slot, y + sign * (_KNEE - 2)), (slot, foot)]
            yield svg.path(bends, fill="none", stroke=FAINT, stroke_width=0.5 * self.shrink, class_="leader")
            yield self._text(label, (slot - 3.2 * self.shrink, foot + 2 * sign), up=up)

    def _text(self, label: Label, place: tuple[float, float], *, up: bool) -> str:
        size = SMALL * self.shrink
        whole = svg.clean(_whole(label))
        far = svg.shortened(
            svg.clean(label.words), _LONGEST * self.shrink - svg.text_width(f"{label.distance}  ", size), size
        )
        shown = f"{label.distance}  {far}" if up else f"{far}  {label.distance}"
        told = f"{whole}: {svg.clean(label.note)}" if label.note else whole
        turn = f"rotate(-90 {svg.number(place[0])} {svg.number(place[1])})"
        body = svg.element("title", svg.escaped(told)) + svg.escaped(shown)
        x, y = place
        style: dict[str, str | float | None] = {"transform": turn, "text_anchor": "start" if up else "end", "fill": INK}
        return svg.element("text", body, x=x, y=y, font_size=size, class_=f"event {label.kind}", **style)

    def _lengths(self) -> list[float]:
        """Height of each tier."""
        size = SMALL * self.shrink
        wide = [min(svg.text_width(_whole(each), size), _LONGEST * self.shrink) for each in self.labels]
        count = max(self.tiers, default=-1) + 1
        return [max(w for w, t in zip(wide, self.tiers, strict=True) if t == tier) + _TIER_GAP for tier in range(count)]


def arranged(labels: Sequence[Label]) -> Leaders:
    """Find a place for every label between the ends of the ruler.

    Parameters
    ----------
    labels
        In any order.

    Notes
    -----
    Labels keep their order, so leaders never cross. Upright text stands to the
    left of its leader. Where labels crowd they take tiers 0, 1, 2, ... from left
    to right: the leader of a farther tier passes right of all nearer texts of its
    group, so a group needs the width of one text and a gap a leader. Displacements
    are least in the sum of squares under these gaps (isotonic regression by pooling
    adjacent violators; Best and Chakravarti 1990).

    Examples
    --------
    >>> made = arranged([Label(200.0, "A/C 1", "alter_course", "1.000"), Label(200.0, "PLDN", "plough_down", "1.000")])
    >>> made.tiers, float(made.slots[1] - made.slots[0]) >= 13.0
    ((0, 0), True)
    """
    ordered = tuple(sorted(labels, key=lambda each: each.x))
    if not ordered:
        return Leaders((), np.empty(0), (), 1.0)
    x = np.array([label.x for label in ordered])
    room = RIGHT - LEFT + _PITCH
    for most in range(1, _MOST_TIERS + 1):
        tiers, gaps = _staggered(x, most)
        slots = _spread(x, gaps)
        if gaps.sum() <= room and np.abs(slots - x).max() <= _FAR:
            break
    shrink = min(1.0, room / max(float(gaps.sum()), 1e-9))
    return Leaders(ordered, slots if shrink == 1.0 else _spread(x, gaps * shrink), tiers, shrink)


def _staggered(x: NDArray[np.float64], most: int) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Tier of each label and the gap before it: the next tier where it is close to the one before."""
    tiers, gaps = [0], [_PITCH]
    for step in np.diff(x):
        close = step < _PITCH + _GAP and tiers[-1] + 1 < most
        tiers.append(tiers[-1] + 1 if close else 0)
        gaps.append(_GAP if close else _PITCH + _GAP)
    return tuple(tiers), np.array(gaps)


def _spread(x: NDArray[np.float64], gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places nearest to where the labels belong, that keep the gaps and stay on the sheet."""
    offset = np.concatenate([[0.0], np.cumsum(gaps[1:])])
    blocks: list[tuple[float, int]] = []
    for value in x - offset:
        mean, count = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    level = np.concatenate([np.full(count, mean) for mean, count in blocks])
    return np.asarray(np.clip(level, LEFT, max(LEFT, RIGHT + _PITCH - offset[-1])) + offset)


def _whole(label: Label) -> str:
    return f"{label.distance}  {label.words}"
