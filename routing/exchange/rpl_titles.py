"""Which column of a table holds what: titles as survey teams write them, in one row or two."""

# ruff: noqa: SIM905  (long lists of words are read more easily as text)

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from routing.exchange.rpl_columns import COLUMNS, LEG_FIELDS, LEG_TITLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.exchange.spreadsheet import Row, Table

__all__ = ["Coordinate", "Layout", "find_layout"]

Form = Literal["decimal", "minutes", "any"]

#: Rows in which titles are looked for; headers of real lists take some tens.
_SEARCHED = 200
_LEAST_FIELDS = 3
#: Titles without marks, blanks and units. Read in position lists and described in their formats.
_SYNONYMS: Mapping[str, str] = {
    "number": "pos posno posnumber position positionno positionnumber no number point pointno pt",
    "event": "event events description eventdescription feature label eventname",
    "latitude": "lat latitude",
    "longitude": "lon long longitude",
    "lat_deg": "latdecimal latitudedecimal decimallatitude decimallat latdd latitudedd",
    "lon_deg": "londecimal longdecimal longitudedecimal decimallongitude decimallon londd longitudedd",
    "depth_m": "depth wd waterdepth approxdepth approximatedepth",
    "kp_km": "kp routekp distcumulative distancecumulative cumdistance cumulativedistance cumdist cumulativedist "
    "routedistancecumulative routedistcumulative totaldistance routecumulative routecum distcum cumroutedistance",
    "cable_kp_km": "cablekp cabledistcumulative cabledistancecumulative cumcable cumulativecable cablecumulative "
    "cumcabledistance cumulativecabledistance totalcable cablecum cumcablelength cumulativecablelength",
    "bearing_deg": "bearing course azimuth heading brg",
    "distance_km": "distance dist distbetweenpos distancebetweenpos distancebetweenpositions span spanlength "
    "leglength legdistance routedistance routedist routelength",
    "slack_pct": "slack surfaceslack",
    "bottom_slack_pct": "bottomslack",
    "cable_km": "cable cablelength cabledistance cabledist cabledistbetweenpos cabledistancebetweenpos "
    "cabledistancebetweenpositions",
    "cable_type": "cabletype type armour",
    "cable_code": "cablecode code",
    "fibre_pairs": "fibrepairs fiberpairs fibrepair fiberpair fp",
    "protection": "protection protectionmethod burialmethod method",
    "target_burial_m": "targetburial targetburialdepth plannedburial plannedburialdepth",
    "laid_burial_m": "aslaidburial burial burialdepth dob depthofburial aslaidburialdepth actualburial",
    "lay_direction": "laydirection direction",
    "lay_vessel": "layvessel vessel ship",
    "lay_date": "laydate dateinstalled date installationdate",
    "sector": "sector nationalsector country",
    "zone": "zone territorialwater territorialwaters eez fisheryzone",
    "chart": "chart chartno chartnumber",
    "remarks": "remarks remark comments comment notes",
}
_FIELDS = {key: name for name, keys in _SYNONYMS.items() for key in keys.split()}
_AXES: Mapping[str, Literal["lat", "lon"]] = {
    "latitude": "lat", "longitude": "lon", "lat_deg": "lat", "lon_deg": "lon",
}  # fmt: skip
_PARTS = frozenset("deg degs degree degrees dd ddd d min mins minute minutes mm mmm mmmmmm m ns ew hem hemi".split())
_UNIT_WORDS = frozenset(
    "deg degs degree degrees decimal min mins minute minutes true km kms m mtr mtrs metre metres meter meters mm "
    "mmm mmmm dd ddd d pct percent ft feet fm fathom fathoms nm nmi ns ew n s e w hem hemi hemisphere wgs 84 wgs84 "
    "pairs text t".split()
)
#: Units that a column may state and that are not ours, by the unit that is.
_FOREIGN = {
    "km": frozenset("m mtr mtrs metre metres meter meters ft feet nm nmi mile miles".split()),
    "m": frozenset("km kms ft feet fm fathom fathoms cm".split()),
}
_OURS = {column.field: column.unit for column in COLUMNS}
_LETTER_UNITS = re.compile(r"(?:km|kms|m|deg|degrees|degt|pct|percent|true|t)$")


@dataclass(frozen=True)
class Coordinate:
    """Columns that together hold a latitude or a longitude.

    Attributes
    ----------
    axis
        Which.
    columns
        One, or degrees, minutes and hemisphere apart.
    form
        What it must be; ``"any"``: each cell decides.
    """

    axis: Literal["lat", "lon"]
    columns: tuple[int, ...]
    form: Form


@dataclass(frozen=True)
class Layout:
    """Where everything stands in a table.

    Attributes
    ----------
    first
        Index of the row of titles.
    last
        Index of the row after titles and units.
    columns, span_columns
        Column of each field; span rows of alternating lists may have titles of their own.
    coordinates
        Where latitudes and longitudes stand.
    others, leg_others
        Columns that are not known, with their titles.
    foreign
        Headings of columns in units that are not ours, with the unit; they are kept among the others.
    from_previous
        Whether titles say that a leg arrives at its row's position.
    """

    first: int
    last: int
    columns: dict[str, int] = field(default_factory=dict)
    span_columns: dict[str, int] = field(default_factory=dict)
    coordinates: tuple[Coordinate, ...] = ()
    others: tuple[tuple[int, str], ...] = ()
    leg_others: tuple[tuple[int, str], ...] = ()
    foreign: tuple[tuple[str, str], ...] = ()
    from_previous: bool = False

    @property
    def fields(self) -> int:
        """How much was recognised; 0 without latitude or longitude."""
        axes = {each.axis for each in self.coordinates}
        return len(self.columns) + len(self.span_columns) + len(axes) if len(axes) == 2 else 0


def find_layout(table: Table) -> Layout | None:
    """Where titles stand in a table and what they mean; None when there are none.

    Examples
    --------
    >>> from routing.exchange.spreadsheet import Row, Table
    >>> titles = Row(3, ("PosNo", "Event", "Lat", None, None, "Long", None, None, "Cum. distance (km)"))
    >>> layout = find_layout(Table("RPL", (Row(1, ("My cable",)), titles)))
    >>> layout.first, layout.columns, [each.columns for each in layout.coordinates]
    (1, {'number': 0, 'event': 1, 'kp_km': 8}, [(2, 3, 4), (5, 6, 7)])
    """
    width = max((len(row.cells) for row in table.rows), default=0)
    for index, row in enumerate(table.rows[:_SEARCHED]):
        if not _is_text(row):
            continue
        below = table.rows[index + 1] if index + 1 < len(table.rows) else None
        found = [_layout(_single(row, width), index, 1, table)]
        if below is not None and _is_text(below) and not _is_units(below):
            alone = _layout(_single(below, width), index + 1, 1, table)
            both = _layout(_double(row, below, width), index, 2, table)
            found += [both] if both.fields > alone.fields else []  # or this row is the last line of the header
        best = max(found, key=lambda layout: layout.fields)
        if best.fields >= _LEAST_FIELDS:
            return best
    return None


@dataclass
class _Head:
    """What stands above one column."""

    title: str = ""
    field: str | None = None
    span_field: str | None = None
    is_part: bool = False


def _single(row: Row, width: int) -> list[_Head]:
    return [_head(_text(row[index])) for index in range(width)]


def _double(upper: Row, lower: Row, width: int) -> list[_Head]:
    """Heads of two rows of titles; an upper title reaches right over columns that have a lower one only."""
    heads, reach = [], ""
    for index in range(width):
        own, below = _text(upper[index]), _text(lower[index])
        reach = own or reach
        heads.append(_joined(own, below, reach) if below else _head(own))
    return heads


def _joined(own: str, below: str, reach: str) -> _Head:
    over = _field(reach)
    if over in _AXES and _is_part(below):
        return _Head(f"{reach} {below}", field=over if own else None, is_part=not own)
    whole = f"{reach} {below}"
    if (_is_unit(below) and _field(own)) or _field(whole):
        return _Head(whole, field=_field(own) if _is_unit(below) else _field(whole))
    mine, spans = _field(own), _field(below)
    if mine and spans in LEG_FIELDS and mine not in LEG_FIELDS:
        return _Head(own, field=mine, span_field=spans)
    return _Head(own if mine else below, field=mine or spans, is_part=_is_part(below) and not own)


def _head(title: str) -> _Head:
    return _Head(title, field=_field(title), is_part=_is_part(title))


def _layout(heads: list[_Head], first: int, levels: int, table: Table) -> Layout:
    """The layout that heads mean; the first column of a field is its column."""
    last = first + levels
    units = table.rows[last] if last < len(table.rows) and _is_units(table.rows[last]) else None
    coordinates = _coordinates(heads, units)
    taken = {index for each in coordinates for index in each.columns}
    columns: dict[str, int] = {}
    others, leg_others, foreign = [], [], []
    for index, head in enumerate(heads):
        if index in taken:
            continue
        unit = _text(units[index]) if units else ""
        alien = _foreign_unit(head, unit)
        if head.field and head.field not in _AXES and head.field not in columns and not alien:
            columns[head.field] = index
        elif head.title.startswith(LEG_TITLE):
            leg_others.append((index, head.title.removeprefix(LEG_TITLE)))
        else:
            others.append((index, head.title))
        if alien:
            foreign.append((head.title, alien))
    spans = {head.span_field: index for index, head in enumerate(heads) if head.span_field}
    return Layout(
        first=first, last=last + (units is not None), columns=columns, span_columns=spans, coordinates=coordinates,
        others=tuple(others), leg_others=tuple(leg_others), foreign=tuple(foreign),
        from_previous=any(head.field in LEG_FIELDS and "prev" in head.title.casefold() for head in heads),
    )  # fmt: skip


def _coordinates(heads: list[_Head], units: Row | None) -> tuple[Coordinate, ...]:
    """Latitudes and longitudes with the untitled columns and those of degrees, minutes, hemisphere after them."""
    found = []
    index = 0
    while index < len(heads):
        axis = _AXES.get(heads[index].field or "")
        end = index + 1
        if axis:
            while end < min(len(heads), index + 3) and _continues(heads[index], heads[end]):
                end += 1
            text = f"{heads[index].title} {_text(units[index]) if units else ''}".casefold()
            found.append(Coordinate(axis, tuple(range(index, end)), _form(heads[index], text, end - index)))
        index = end
    return tuple(found)


def _continues(first: _Head, head: _Head) -> bool:
    """Whether a column is a further part of a coordinate."""
    same_axis = head.field is not None and _AXES.get(head.field) == _AXES.get(first.field or "")
    return (head.is_part and (head.field is None or same_axis)) or not head.title


def _form(head: _Head, text: str, columns: int) -> Form:
    if columns > 1 or "min" in text:
        return "minutes"
    return "decimal" if "decimal" in text or head.field in {"lat_deg", "lon_deg"} else "any"


def _field(title: str) -> str | None:
    """What a title means."""
    bare = re.sub(r"[\[(].*?[\])]", " ", title.casefold())
    bare = re.sub(r"\b(?:to next|from prev\w*|to next pos\w*)\b", " ", bare)
    key = re.sub(r"[^a-z0-9]", "", bare)
    for shorter in (key, _LETTER_UNITS.sub("", key)):
        if shorter in _FIELDS:
            return _FIELDS[shorter]
    part = re.fullmatch(r"(lat|latitude|lon|long|longitude)(\w+)", key)
    return _FIELDS[part[1]] if part and part[2] in _PARTS | {"hemisphere"} else None


def _is_part(title: str) -> bool:
    """Whether a title is degrees, minutes or hemisphere, alone or after the name of a coordinate."""
    key = re.sub(r"[^a-z]", "", title.casefold())
    key = re.sub(r"^(?:latitude|lat|longitude|long|lon)(?=.)", "", key)
    return key in _PARTS or key == "hemisphere" or title.strip() in {"°", "'"}


def _foreign_unit(head: _Head, unit: str) -> str | None:
    """The unit of a column of lengths when it is not ours."""
    known = _FOREIGN.get(_OURS.get(head.field or "", ""))
    bracketed = re.search(r"[\[(](.*?)[\])]", head.title)
    words = re.findall(r"[a-z]+", f"{bracketed[1] if bracketed else ''} {unit}".casefold())
    return next((word for word in words if known and word in known), None)


def _is_unit(text: str) -> bool:
    words = re.findall(r"[a-z0-9]+", text.casefold())
    return bool(re.sub(r"\s", "", text)) and all(word in _UNIT_WORDS for word in words)


def _is_units(row: Row) -> bool:
    """Whether a row holds nothing but units."""
    return all(_is_unit(_text(cell)) for cell in row.cells if cell is not None)


def _is_text(row: Row) -> bool:
    """Whether a row could be titles: no number in it, and not a remark."""
    texts = [cell for cell in row.cells if cell is not None]
    if any(isinstance(cell, float) or re.fullmatch(r"\s*[-+]?[\d.,]+\s*", cell) for cell in texts):
        return False
    return not _text(row[0]).startswith("#")


def _text(cell: str | float | None) -> str:
    return " ".join(cell.split()) if isinstance(cell, str) else ""
