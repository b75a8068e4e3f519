"""The sheet that drawings of a segment share: page, title block, tables, and the ruler along the cable."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from routing.engineering import Segment

__all__ = [
    "FAINT",
    "FRAME",
    "INK",
    "LEFT",
    "RIGHT",
    "ROW",
    "SMALL",
    "WIDTH",
    "DrawingHeader",
    "Ruler",
    "page",
    "row_name",
    "table",
    "title_block",
]

#: A landscape A3 (ISO 216: 420 by 297 mm) at four units a millimetre; longer sheets keep the width.
WIDTH, _LEAST_HEIGHT, _UNITS_PER_MM = 1680.0, 1188.0, 4.0
#: Frame of the page, and the ends of every ruler; names of rows stand before the left one.
FRAME, LEFT, RIGHT = 20.0, 176.0, 1624.0
#: Sizes of text (2.4 mm at least on paper), and the height of a row of a table.
SMALL, _USUAL, ROW = 9.6, 11.0, 16.0
INK, FAINT = "#1d2a33", "#5d6a73"
#: Title block: width, and where its values begin.
_BLOCK, _LABEL = 470.0, 84.0
_STATUS = "DRAFT, NOT FOR CONSTRUCTION"


@dataclass(frozen=True)
class DrawingHeader:
    """What a drawing says about itself.

    Attributes
    ----------
    project, option, segment, revision
        Names.
    date
        Of the project.
    datum
        What depths and positions count from.
    version
        Of the program.
    """

    project: str
    option: str
    segment: str
    revision: str
    date: dt.date
    datum: str
    version: str

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Label and text of each line of the title block."""
        return (
            ("Project", self.project),
            ("Option", self.option),
            ("Segment", self.segment),
            ("Revision", f"{self.revision} of {self.date.isoformat()}"),
            ("Datum", self.datum),
            ("Made with", f"cableroute {self.version}"),
        )


@dataclass(frozen=True)
class Ruler:
    """From distance along the route to a place on the sheet.

    Attributes
    ----------
    segment
        What is drawn, landing to landing.
    by_cable
        To scale in cable laid; else in route length.

    Examples
    --------
    >>> from types import SimpleNamespace as Plain
    >>> ends = Plain(kp_m=0.0, cable_m=0.0), Plain(kp_m=1000.0, cable_m=1010.0)
    >>> Ruler(Plain(positions=ends), by_cable=True).x([0.0, 500.0, 1000.0]).tolist()
    [176.0, 900.0, 1624.0]
    """

    segment: Segment
    by_cable: bool

    @property
    def total_m(self) -> float:
        """Cable or route from end to end."""
        last = self.segment.positions[-1]
        return last.cable_m if self.by_cable else last.kp_m

    def x(self, kp_m: ArrayLike) -> NDArray[np.float64]:
        """Places of distances along the route."""
        route, cable = np.array([(each.kp_m, each.cable_m) for each in self.segment.positions]).T
        along = np.interp(np.asarray(kp_m, float), route, cable if self.by_cable else route)
        return np.asarray(LEFT + (RIGHT - LEFT) * along / self.total_m)

    def at(self, kp_m: float) -> float:
        """Place of one distance along the route."""
        return float(self.x([kp_m])[0])

    def along(self, metres: float) -> float:
        """Place of a distance in its own measure."""
        return LEFT + (RIGHT - LEFT) * metres / self.total_m


def page(parts: Sequence[str], header: DrawingHeader, *, kind: str, height: float, about: str) -> str:
    """A whole sheet: white ground, frame, heading and parts.

    Parameters
    ----------
    parts
        Elements.
    header
        What it is of.
    kind
        What sort of drawing it is.
    height
        That the parts need; the sheet is an A3 where they fit.
    about
        Description for a screen reader.
    """
    tall = max(height + FRAME, _LEAST_HEIGHT)
    heading = f"{kind}: {header.segment}"
    drawn = [
        svg.element("desc", svg.escaped(about)),
        svg.rect((0, 0), (WIDTH, tall), fill="#ffffff"),
        svg.rect((FRAME, FRAME), (WIDTH - 2 * FRAME, tall - 2 * FRAME), fill="none", stroke=INK, stroke_width=1.2),
        svg.text(FRAME + 14, FRAME + 26, heading, fit=1150, font_size=19.0, font_weight="bold"),
        svg.text(
            WIDTH - FRAME - 14,
            FRAME + 26,
            _STATUS,
            font_size=13.0,
            font_weight="bold",
            text_anchor="end",
            fill="#a61c1c",
        ),
        *parts,
    ]
    size_mm = {"width": f"{WIDTH / _UNITS_PER_MM:g}mm", "height": f"{tall / _UNITS_PER_MM:g}mm"}
    return svg.document(
        drawn, size=(WIDTH, tall), title=f"{heading} ({header.project})", **size_mm, font_size=_USUAL, fill=INK
    )


def row_name(y: float, words: str, *, unit: str = "") -> Iterator[str]:
    """Name of a strip at the left edge of the sheet, with its unit below."""
    yield svg.text(FRAME + 14, y, words, fit=118, font_size=_USUAL, font_weight="bold")
    if unit:
        yield svg.text(FRAME + 14, y + 13, unit, fit=118, font_size=SMALL, fill=FAINT)


def title_block(header: DrawingHeader, y: float) -> Iterator[str]:
    """The title block, its upper edge at y, at the right edge of the sheet."""
    x, lines = WIDTH - FRAME - _BLOCK, header.lines()
    tall = ROW * (len(lines) + 1) + 12
    yield svg.rect((x, y), (_BLOCK, tall), fill="none", stroke=INK, stroke_width=1.2)
    for row, (label, words) in enumerate(lines):
        base = y + 15 + ROW * row
        yield svg.text(x + 10, base, label, font_size=SMALL, fill=FAINT)
        yield svg.text(x + _LABEL, base, words, fit=_BLOCK - _LABEL - 8, font_size=_USUAL)
    base = y + 17 + ROW * len(lines)
    yield svg.line((x, base - 13), (x + _BLOCK, base - 13), stroke=INK, stroke_width=0.6)
    yield svg.text(x + 10, base + 1, "Status", font_size=SMALL, fill=FAINT)
    yield svg.text(x + _LABEL, base + 1, _STATUS, font_size=_USUAL, font_weight="bold", fill="#a61c1c")


def table(
    corner: tuple[float, float], title: str, rows: Sequence[Sequence[str]], *, columns: Sequence[float]
) -> Iterator[str]:
    """A small table; the first column reads from the left, the others end at their edge.

    Parameters
    ----------
    corner
        Upper left.
    title
        What it holds.
    rows
        Its cells as text, the first row its head.
    columns
        Right edge of every column, from the left of the table.
    """
    x, y = corner
    yield svg.text(x, y + 10, title, fit=columns[-1], font_size=_USUAL, font_weight="bold")
    for number, row in enumerate(rows):
        base = y + 10 + ROW * (number + 1)
        style: dict[str, str | float | None] = {"font_size": SMALL, "fill": INK if number else FAINT}
        yield svg.text(x, base, row[0], fit=columns[0] - 4, **style)
        for cell, edge, before in zip(row[1:], columns[1:], columns[:-1], strict=True):
            yield svg.text(x + edge, base, cell, fit=edge - before - 4, text_anchor="end", **style)
        if not number:
            yield svg.line((x, base + 4), (x + columns[-1], base + 4), stroke=FAINT, stroke_width=0.5)
