"""A route position list as a table: csv and xlsx.

One row a position; the columns of a leg stand in the row of the position that it
leaves. Text from users can never become a formula of a spreadsheet.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing import geodesy
from routing.exchange.inert import inert
from routing.exchange.rpl_columns import COLUMNS, LEG_TITLE, Column
from routing.exchange.rpl_workbook import Sheet, write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pandas import DataFrame

    from routing.engineering import Leg, Position, Segment
    from routing.exchange.listed import ListedLeg, ListedPosition, PositionList
    from routing.exchange.rpl_workbook import Cell

__all__ = [
    "COLUMNS",
    "Distances",
    "RplHeader",
    "frame",
    "inert",
    "rows",
    "write_csv",
    "write_listed_csv",
    "write_listed_xlsx",
    "write_xlsx",
]

Distances = Literal["geodesic", "rhumb"]

_DATUM = {
    "geodesic": "WGS 84; distances and initial bearings by geodesics on the ellipsoid",
    "rhumb": "WGS 84; distances and bearings by rhumb lines on the ellipsoid",
}


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

    def lines(self, distances: Distances = "geodesic") -> tuple[tuple[str, str], ...]:
        """Label and text of each header line."""
        return (
            ("Project", self.project),
            ("Option", self.option),
            ("Segment", self.segment),
            ("Revision", f"{self.revision} of {self.date.isoformat()}: draft from open data, for desk study only"),
            ("Geodetic datum", _DATUM[distances]),
            ("Depth datum", f"below a water level of {self.water_level_m:g} m ({self.vertical_datum})"),
            ("Slack", "surface slack: 100 x (cable / route distance - 1)"),
            ("Made with", f"cableroute {self.version}"),
        )


def rows(segment: Segment, *, distances: Distances = "geodesic") -> Iterator[tuple[Cell, ...]]:
    """One row a position, in the order of COLUMNS; the last has no leg.

    Parameters
    ----------
    segment
        The engineered cable.
    distances
        What lies between two positions: a geodesic, or the rhumb line of a vessel that keeps its course.

    Notes
    -----
    Rhumb lines keep the slack, so lengths of cable follow; bottom slack follows from those.
    """
    legs = [_leg_cells(leg) for leg in segment.legs]
    marks = [(position.kp_m / 1000.0, position.cable_m / 1000.0) for position in segment.positions]
    if distances == "rhumb":
        legs, marks = _by_rhumb(segment, legs)
    for position, leg, mark in zip_longest(segment.positions, legs, marks):
        cells = {**_position_cells(position, mark), **(leg or {})}
        yield tuple(cells.get(column.field) for column in COLUMNS)


def frame(segment: Segment) -> DataFrame:
    """A position list as a data frame, columns named by title and unit."""
    import pandas as pd

    return pd.DataFrame(list(rows(segment)), columns=[column.heading for column in COLUMNS])


def write_csv(segment: Segment, header: RplHeader, path: Path, *, distances: Distances = "geodesic") -> None:
    """Write a position list as UTF-8 csv: header lines that start with #, titles with units, rows."""
    lines = [[_csv_cell(cell, column) for cell, column in zip(row, COLUMNS, strict=True)]
             for row in rows(segment, distances=distances)]  # fmt: skip
    _write_lines(path, header.lines(distances), [[column.heading for column in COLUMNS], *lines])


def write_xlsx(segment: Segment, header: RplHeader, path: Path, *, distances: Distances = "geodesic") -> None:
    """Write a position list as a workbook; same input, same bytes."""
    sheet = Sheet(header.lines(distances), COLUMNS, list(rows(segment, distances=distances)))
    write_workbook(path, sheet, title=f"RPL {header.segment}", date=header.date)


def write_listed_csv(listing: PositionList, path: Path) -> None:
    """Write a list that was read, every number with all its digits; what was not read stays as it stood."""
    columns = _columns_of(listing)
    lines = [[_exact(cell) for cell in row] for row in _listed_rows(listing)]
    _write_lines(path, listing.header, [[inert(column.heading) for column in columns], *lines])


def write_listed_xlsx(listing: PositionList, path: Path, *, date: dt.date) -> None:
    """Write a list that was read as a workbook of our own layout.

    Parameters
    ----------
    listing
        The list.
    path
        Where to.
    date
        Date of the document; the clock is not asked.
    """
    sheet = Sheet(listing.header, _columns_of(listing), list(_listed_rows(listing)))
    write_workbook(path, sheet, title="RPL", date=date)


def _write_lines(path: Path, header: Iterable[Sequence[str]], lines: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([f"# {label}", *map(inert, values)] for label, *values in header)
    writer.writerows(lines)
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def _position_cells(position: Position, mark: tuple[float, float]) -> dict[str, Cell]:
    return {
        "number": position.number,
        "event": position.event,
        "latitude": geodesy.format_ddm(position.lat, axis="lat"),
        "longitude": geodesy.format_ddm(position.lon, axis="lon"),
        "lat_deg": position.lat,
        "lon_deg": position.lon,
        "depth_m": position.depth_m,
        "kp_km": mark[0],
        "cable_kp_km": mark[1],
        "remarks": position.remarks,
    }


def _leg_cells(leg: Leg) -> dict[str, Cell]:
    return {
        "bearing_deg": leg.bearing_deg,
        "distance_km": leg.length_m / 1000.0,
        "slack_pct": leg.slack_pct,
        "bottom_slack_pct": leg.bottom_slack_pct if math.isfinite(leg.bottom_slack_pct) else None,
        "cable_km": leg.cable_m / 1000.0,
        "cable_type": leg.cable_type,
        "fibre_pairs": leg.fibre_pairs,
        "protection": leg.protection,
        "target_burial_m": leg.burial_m,
        "sector": leg.sector,
    }


def _by_rhumb(segment: Segment, legs: list[dict[str, Cell]]) -> tuple[list[dict[str, Cell]], list[tuple[float, float]]]:
    """Cells of legs, and both distances at positions, along rhumb lines."""
    places = np.array([(position.lon, position.lat) for position in segment.positions])
    bearings, metres = geodesy.rhumb_inverse(places[:-1], places[1:])
    cables = metres * np.array([1.0 + leg.slack_pct / 100.0 for leg in segment.legs])
    turned = []
    for cells, leg, bearing, length, cable in zip(legs, segment.legs, bearings, metres, cables, strict=True):
        bottom = 100.0 * ((1.0 + leg.bottom_slack_pct / 100.0) * cable / leg.cable_m - 1.0)
        turned.append(
            {
                **cells,
                "bearing_deg": float(bearing),
                "distance_km": float(length) / 1000.0,
                "bottom_slack_pct": float(bottom) if math.isfinite(bottom) else None,
                "cable_km": float(cable) / 1000.0,
            }
        )
    route, cable = (np.concatenate([[0.0], np.cumsum(each)]) / 1000.0 for each in (metres, cables))
    return turned, list(zip(route.tolist(), cable.tolist(), strict=True))


def _columns_of(listing: PositionList) -> tuple[Column, ...]:
    """Our own columns, then those that are not known."""
    titles = [*listing.titles, *(f"{LEG_TITLE}{title}" for title in listing.leg_titles)]
    return (*COLUMNS, *(Column("", title, "", "@", None, 16, "position", "As it was read.") for title in titles))


def _listed_rows(listing: PositionList) -> Iterator[tuple[Cell, ...]]:
    """One row a position of a list that was read; cells that could not be read are text."""
    unread = {(each.row, each.title): each.text for each in listing.unread}
    for position, leg in zip_longest(listing.positions, listing.legs):
        own = tuple(_listed_cell(column, position, leg, unread) for column in COLUMNS)
        beside = position.other or (None,) * len(listing.titles)
        below = (leg.other if leg else ()) or (None,) * len(listing.leg_titles)
        yield (*own, *beside, *below)


def _listed_cell(
    column: Column, position: ListedPosition, leg: ListedLeg | None, unread: dict[tuple[int, str], str]
) -> Cell:
    owner = position if column.belongs == "position" else leg
    if owner is None:
        return None
    cell: Cell = getattr(owner, column.field)
    return unread.get((owner.row, column.heading)) if cell is None else cell


def _csv_cell(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return inert(cell)
    return str(cell) if column.decimals is None else f"{cell:.{column.decimals}f}"


def _exact(cell: Cell) -> str:
    if cell is None:
        return ""
    return inert(cell) if isinstance(cell, str) else repr(cell)
