"""The columns of a position list: title, unit, number format, and what each one means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["COLUMNS", "LEG_FIELDS", "LEG_TITLE", "NUMBER_FIELDS", "POSITION_FIELDS", "Column"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    field
        Name of the fact, as in :class:`~routing.exchange.listed.ListedPosition` and
        :class:`~routing.exchange.listed.ListedLeg`.
    title, unit
        As written above it.
    format
        Number format of a spreadsheet.
    decimals
        Of numbers in csv; None for text and whole numbers.
    width
        In characters.
    belongs
        Whether it is a fact of a position or of the leg that leaves it.
    meaning
        One sentence for the sheet of notes.
    """

    field: str
    title: str
    unit: str
    format: str
    decimals: int | None
    width: int
    belongs: Literal["position", "leg"]
    meaning: str

    @property
    def heading(self) -> str:
        """Title with unit."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers; a number of a position is an identity and may be text."""
        return self.format != "@" and self.field != "number"


#: What stands before the title of a cell of a span row that belongs to no leg.
LEG_TITLE = "Leg: "
_DDM = "deg, decimal min"
COLUMNS = (
    Column("number", "Pos", "", "0", None, 6, "position", "Number of the position, in the order of the list."),
    Column("event", "Event", "", "@", None, 30, "position", "What is there; several at one place are joined by /."),
    Column("latitude", "Latitude", _DDM, "@", None, 15, "position", "WGS 84; 0.0001 minute is 0.185 m."),
    Column("longitude", "Longitude", _DDM, "@", None, 16, "position", "WGS 84."),
    Column("lat_deg", "Latitude", "decimal deg", "0.000000", 7, 10, "position", "The same; north is positive."),
    Column("lon_deg", "Longitude", "decimal deg", "0.000000", 7, 10, "position", "The same; east is positive."),
    Column("depth_m", "Depth", "m", "0.0", 1, 7, "position", "Below the stated water level; empty at the shore."),
    Column("kp_km", "KP", "km", "0.000", 3, 8, "position", "Distance along the route from its start."),
    Column("cable_kp_km", "Cable KP", "km", "0.000", 3, 8, "position", "Cable laid up to here."),
    Column("bearing_deg", "Bearing to next", "deg true", "0.0", 1, 8, "leg", "From here to the next position."),
    Column("distance_km", "Distance to next", "km", "0.000", 3, 9, "leg", "On the ellipsoid."),
    Column("slack_pct", "Slack to next", "%", "0.00", 2, 8, "leg", "Surface slack: 100 x (cable / distance - 1)."),
    Column("bottom_slack_pct", "Bottom slack to next", "%", "0.00", 2, 8, "leg", "Over the length of the sea floor."),
    Column("cable_km", "Cable to next", "km", "0.000", 3, 9, "leg", "Distance x (1 + slack / 100)."),
    Column("cable_type", "Cable type", "", "@", None, 8, "leg", "LW, LWP, SAL, SA, DA, RA: light to heavy armour."),
    Column("cable_code", "Cable code", "", "@", None, 7, "leg", "The manufacturer's; empty in a draft."),
    Column("fibre_pairs", "Fibre pairs", "", "0", 0, 6, "leg", "In this leg."),
    Column("protection", "Protection", "", "@", None, 10, "leg", "Surface, plough, jet, diver or trench."),
    Column("target_burial_m", "Target burial", "m", "0.0", 1, 7, "leg", "Wanted depth of burial; 0 on the seabed."),
    Column("laid_burial_m", "As-laid burial", "m", "0.0", 1, 7, "leg", "Burial as done; empty in a draft."),
    Column("lay_direction", "Lay direction", "", "@", None, 9, "leg", "As laid; empty in a draft."),
    Column("lay_vessel", "Lay vessel", "", "@", None, 7, "leg", "As laid; empty in a draft."),
    Column("lay_date", "Lay date", "", "@", None, 7, "leg", "As laid, year-month-day; empty in a draft."),
    Column("sector", "Sector", "", "@", None, 7, "leg", "State whose sector the middle of the leg lies in."),
    Column("zone", "Zone", "", "@", None, 6, "leg", "Territorial water or fishery zone; empty when not known."),
    Column("chart", "Chart", "", "@", None, 6, "position", "Chart or survey sheet; empty in a draft."),
    Column("remarks", "Remarks", "", "@", None, 48, "position", "Turns, names, target depths."),
)
POSITION_FIELDS = tuple(column.field for column in COLUMNS if column.belongs == "position")
LEG_FIELDS = tuple(column.field for column in COLUMNS if column.belongs == "leg")
NUMBER_FIELDS = frozenset(column.field for column in COLUMNS if column.is_number)
