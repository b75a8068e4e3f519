"""A route position list as a table: csv and xlsx.

One row a position; the columns of a leg stand in the row of the position that it
leaves. Text from users can never become a formula of a spreadsheet.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pandas import DataFrame

    from routing.engineering import Leg, Position, Segment

__all__ = ["COLUMNS", "RplHeader", "frame", "rows", "write_csv", "write_xlsx"]

#: Columns up to this width are centred, so that numbers and codes do not run into each other.
_NARROW = 18
#: What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection).
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
Cell = str | int | float | None


@dataclass(frozen=True)
class _Column:
    """A column: its title, unit, number format of a spreadsheet, decimals of a csv, and width."""

    title: str
    unit: str
    format: str
    decimals: int | None
    width: int


COLUMNS = (
    _Column("Pos", "", "0", None, 6),
    _Column("Event", "", "@", None, 24),
    _Column("Latitude", "deg, decimal min", "@", None, 17),
    _Column("Longitude", "deg, decimal min", "@", None, 18),
    _Column("Latitude", "decimal deg", "0.000000", 7, 12),
    _Column("Longitude", "decimal deg", "0.000000", 7, 12),
    _Column("Depth", "m", "0.0", 1, 9),
    _Column("KP", "km", "0.000", 3, 10),
    _Column("Cable KP", "km", "0.000", 3, 10),
    _Column("Bearing to next", "deg true", "0.0", 1, 10),
    _Column("Distance to next", "km", "0.000", 3, 11),
    _Column("Slack to next", "%", "0.00", 2, 8),
    _Column("Cable to next", "km", "0.000", 3, 11),
    _Column("Cable type", "", "@", None, 8),
    _Column("Protection", "", "@", None, 11),
    _Column("Target burial", "m", "0.0", 1, 9),
    _Column("Sector", "", "@", None, 8),
    _Column("Remarks", "", "@", None, 48),
)


@dataclass(frozen=True)
class RplHeader:
    """What a position list says about itself."""

    project: str
    option: str
    segment: str
    revision: str
    date: dt.date
    water_level_m: float
    vertical_datum: str
    version: str

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Label and text of each header line."""
        return (
            ("Project", self.project),
            ("Option", self.option),
            ("Segment", self.segment),
            ("Revision", f"{self.revision} of {self.date.isoformat()}: draft from open data, for desk study only"),
            ("Geodetic datum", "WGS 84; distances and initial bearings by geodesics on the ellipsoid"),
            ("Depth datum", f"below a water level of {self.water_level_m:g} m ({self.vertical_datum})"),
            ("Slack", "surface slack: 100 x (cable / route distance - 1)"),
            ("Made with", f"cableroute {self.version}"),
        )


def rows(segment: Segment) -> Iterator[tuple[Cell, ...]]:
    """One row a position, in the order of COLUMNS; the last has no leg."""
    for position, leg in zip(segment.positions, (*segment.legs, None), strict=True):
        yield (*_position_cells(position), *_leg_cells(leg), position.remarks)


def frame(segment: Segment) -> DataFrame:
    """A position list as a data frame, columns named by title and unit."""
    import pandas as pd

    return pd.DataFrame(list(rows(segment)), columns=_titles())


def write_csv(segment: Segment, header: RplHeader, path: Path) -> None:
    """Write a position list as UTF-8 csv: header lines that start with #, titles with units, rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([f"# {label}", inert(value)] for label, value in header.lines())
    writer.writerow(_titles())
    for row in rows(segment):
        writer.writerow([_csv_cell(cell, column) for cell, column in zip(row, COLUMNS, strict=True)])
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def write_xlsx(segment: Segment, header: RplHeader, path: Path) -> None:
    """Write a position list as a workbook; same input, same bytes."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        created = dt.datetime.combine(header.date, dt.time(), tzinfo=dt.UTC).replace(tzinfo=None)
        book.set_properties({"title": f"RPL {header.segment}", "created": created, "author": "cableroute"})
        sheet = book.add_worksheet("RPL")
        plain, bold = book.add_format({"font_size": 9}), book.add_format({"bold": True, "font_size": 9})
        for line, (label, value) in enumerate(header.lines()):
            sheet.write_string(line, 0, label, bold)
            sheet.write_string(line, 2, value, plain)
        first = len(header.lines()) + 1
        head = {"bold": True, "font_size": 9, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "valign": "top"}
        title, unit = book.add_format(head), book.add_format({**head, "bold": False, "italic": True})
        sheet.set_row(first, 26)
        for index, column in enumerate(COLUMNS):
            align = "left" if column.width > _NARROW else "center"
            cells = book.add_format({"num_format": column.format, "font_size": 9, "valign": "top", "align": align})
            sheet.set_column(index, index, column.width)
            sheet.write_string(first, index, column.title, title)
            sheet.write_string(first + 1, index, column.unit, unit)
            for line, row in enumerate(rows(segment), start=first + 2):
                _write_cell(sheet, line, index, row[index], cells)
        sheet.freeze_panes(first + 2, 2)
        sheet.repeat_rows(first, first + 1)
        sheet.set_landscape()
        sheet.set_paper(8)  # A3
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&F&RPage &P of &N")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("Baku")
    ("'=1+1", 'Baku')
    """
    return f"'{text}" if text.startswith(_FORMULA_MARKS) else text


def _titles() -> list[str]:
    return [f"{column.title} [{column.unit}]" if column.unit else column.title for column in COLUMNS]


def _position_cells(position: Position) -> Sequence[Cell]:
    return (
        position.number,
        position.event,
        geodesy.format_ddm(position.lat, axis="lat"),
        geodesy.format_ddm(position.lon, axis="lon"),
        position.lat,
        position.lon,
        position.depth_m,
        position.kp_m / 1000.0,
        position.cable_m / 1000.0,
    )


def _leg_cells(leg: Leg | None) -> Sequence[Cell]:
    if leg is None:
        return (None,) * 8
    return (
        leg.bearing_deg,
        leg.length_m / 1000.0,
        leg.slack_pct,
        leg.cable_m / 1000.0,
        leg.cable_type,
        leg.protection,
        leg.burial_m,
        leg.sector,
    )


def _csv_cell(cell: Cell, column: _Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return inert(cell)
    return str(cell) if column.decimals is None else f"{cell:.{column.decimals}f}"


def _write_cell(sheet: object, line: int, index: int, cell: Cell, cells: object) -> None:
    """Write by type: text stays text whatever it begins with."""
    if cell is None:
        sheet.write_blank(line, index, None, cells)  # type: ignore[attr-defined]
    elif isinstance(cell, str):
        sheet.write_string(line, index, cell, cells)  # type: ignore[attr-defined]
    else:
        sheet.write_number(line, index, cell, cells)  # type: ignore[attr-defined]
