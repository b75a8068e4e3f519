"""Position lists read from csv and workbooks in the usual layouts, as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from routing.errors import InputError
from routing.exchange.listed import ListedLeg, ListedPosition, PositionList, Unread
from routing.exchange.rpl_columns import COLUMNS, LEG_FIELDS, NUMBER_FIELDS, POSITION_FIELDS
from routing.exchange.rpl_titles import find_layout
from routing.exchange.spreadsheet import DELIMITERS, Formula, read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from routing.exchange.rpl_titles import Coordinate, Layout
    from routing.exchange.spreadsheet import Cell, Row, Table

__all__ = ["read_position_list"]

#: What people write into a cell of numbers that has none.
_BLANKS = frozenset(("-", "--", "\u2013", "n/a", "N/A", "na", "NA"))
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_HEADINGS = {column.field: column.heading for column in COLUMNS}


def read_position_list(path: Path) -> PositionList:
    r"""Read a position list as it stands: nothing is renumbered, recomputed or guessed.

    Parameters
    ----------
    path
        A workbook or csv, one row a position or rows of positions and spans in turn.

    Raises
    ------
    InputError
        When it cannot be read, or no row holds titles.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "list.csv"
    ...     _ = path.write_text("Pos,Lat,Lon,Course\n1,40 30.0 N,50 0.0 E,90\n2,40 30.0 N,50 30.0 E,\n")
    ...     listing = read_position_list(path)
    >>> listing.positions[1].place, listing.legs[0].bearing_deg
    ((50.5, 40.5), 90.0)
    """
    tables = read_tables(path)
    found = [(table, layout) for table in tables if (layout := find_layout(table)) is not None]
    if not found:
        raise InputError(
            "no row with titles of a position list was found",
            remedy=f"give titles such as Pos, Event, Latitude, Longitude, KP; in csv parted by one of {DELIMITERS!r}",
            file=path,
        )
    # Of several sheets the first counts; a csv is read by the delimiter that shows the most titles.
    is_csv = found[0][0].name in DELIMITERS
    table, layout = max(found, key=lambda pair: pair[1].fields) if is_csv else found[0]
    listing = _Reader(table, layout).listing()
    if not listing.positions:
        raise InputError(
            "no position stands below the titles", remedy="give at least one", file=path,
            key=f"row {table.rows[layout.first].number}",
        )  # fmt: skip
    return listing


@dataclass
class _Reader:
    """Reads the rows below the titles, one by one."""

    table: Table
    layout: Layout
    unread: list[Unread] = field(default_factory=list)

    def listing(self) -> PositionList:
        """The list."""
        rows, layout = self.table.rows, self.layout
        titles = rows[layout.first]
        self.unread += [Unread(titles.number, heading, unit, "unit") for heading, unit in layout.foreign]
        kinds = [(self._kind(row), row) for row in rows[layout.last :] if row.cells != titles.cells]
        notes = tuple(_line(row) for kind, row in kinds if kind == "note")
        is_alternating = any(kind == "leg" for kind, _ in kinds)
        arranged = self._alternating(kinds) if is_alternating else self._flat(kinds)
        positions, legs, stray = arranged
        spans = tuple(title for _, title in layout.leg_others)
        if is_alternating:
            spans += tuple(_HEADINGS[name] for name in self._beside_spans())
        used = any(leg is not None and any(leg.other) for leg in legs) or layout.leg_others
        return PositionList(
            header=tuple(_line(row) for row in rows[: layout.first]),
            positions=tuple(positions),
            legs=tuple(legs) if used else tuple(_without_other(leg) for leg in legs),
            titles=tuple(title for _, title in layout.others),
            leg_titles=spans if used else (),
            unread=tuple(self.unread),
            stray=tuple(stray),
            notes=notes,
        )

    def _kind(self, row: Row) -> str:
        """Whether a row is a position, a leg, or a note."""
        columns = self.layout.columns
        if isinstance(row[0], str) and row[0].startswith("#"):
            return "note"
        placed = any(row[index] is not None for each in self.layout.coordinates for index in each.columns)
        if placed or ("number" in columns and row[columns["number"]] is not None):
            # A span row may use columns of positions for itself.
            return "leg" if not placed and columns["number"] in self.layout.span_columns.values() else "position"
        spans = {**columns, **self.layout.span_columns}
        if any(row[index] is not None for name, index in spans.items() if name in LEG_FIELDS):
            return "leg"
        marked = ("kp_km", "cable_kp_km", "depth_m")
        return "position" if any(row[columns[name]] is not None for name in marked if name in columns) else "note"

    def _flat(
        self, kinds: Sequence[tuple[str, Row]]
    ) -> tuple[list[ListedPosition], list[ListedLeg | None], list[ListedLeg]]:
        """Positions, the leg of each row put after or before its position, and the one left over."""
        rows = [row for kind, row in kinds if kind == "position"]
        positions = [self._position(row) for row in rows]
        own = [self._leg(row, self.layout.columns, beside=()) for row in rows]
        arrives = self.layout.from_previous or (
            len(own) > 1 and not _is_measured(own[0]) and _is_measured(own[-1])
        )  # the last row has nowhere to go, the first nowhere to come from
        legs, left = (own[1:], own[:1]) if arrives else (own[:-1], own[-1:])
        return positions, legs, [leg for leg in left if leg is not None]

    def _alternating(
        self, kinds: Sequence[tuple[str, Row]]
    ) -> tuple[list[ListedPosition], list[ListedLeg | None], list[ListedLeg]]:
        """Positions, the span row between each two, and span rows that do not stand between two."""
        positions: list[ListedPosition] = []
        legs: list[ListedLeg | None] = []
        stray: list[ListedLeg] = []
        waiting: ListedLeg | None = None
        spans = {**self.layout.columns, **self.layout.span_columns}
        for kind, row in kinds:
            if kind == "position":
                if positions:
                    legs.append(waiting)
                elif waiting is not None:
                    stray.append(waiting)
                waiting = self._leg(row, self.layout.columns, beside=())
                positions.append(self._position(row))
            elif kind == "leg":
                stray += [waiting] if waiting is not None else []
                waiting = self._leg(row, spans, beside=self._beside_spans())
        return positions, legs, stray + ([waiting] if waiting is not None else [])

    def _beside_spans(self) -> tuple[str, ...]:
        """Fields of positions whose columns may hold something in a span row."""
        taken = set(self.layout.span_columns.values())
        return tuple(name for name in POSITION_FIELDS if name in self.layout.columns
                     and self.layout.columns[name] not in taken)  # fmt: skip

    def _position(self, row: Row) -> ListedPosition:
        facts = dict(self._facts(row, self.layout.columns, POSITION_FIELDS))
        for coordinate in self.layout.coordinates:
            self._add_coordinate(facts, row, coordinate)
        return ListedPosition(row.number, other=self._others(row, self.layout.others), **facts)

    def _leg(self, row: Row, columns: dict[str, int], *, beside: tuple[str, ...]) -> ListedLeg | None:
        other = self._others(row, self.layout.leg_others)
        other += tuple(_text(row[self.layout.columns[name]]) for name in beside)
        if not any(row[columns[name]] is not None for name in LEG_FIELDS if name in columns) and not any(other):
            return None
        facts = dict(self._facts(row, columns, LEG_FIELDS))
        return ListedLeg(row.number, other=other, **facts)

    def _facts(self, row: Row, columns: dict[str, int], names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for name in names:
            if name in columns:
                cell = row[columns[name]]
                yield name, self._number(row, name, cell) if name in NUMBER_FIELDS else self._words(row, name, cell)

    def _others(self, row: Row, others: tuple[tuple[int, str], ...]) -> tuple[str | None, ...]:
        for index, title in others:
            if isinstance(row[index], Formula):
                self.unread.append(Unread(row.number, title, str(row[index]), "formula-text"))
        return tuple(_text(row[index]) for index, _ in others)

    def _add_coordinate(self, facts: dict[str, Any], row: Row, coordinate: Coordinate) -> None:
        """Put a latitude or longitude where it belongs by its form; the first that is given counts."""
        cells = [row[index] for index in coordinate.columns]
        words = "latitude" if coordinate.axis == "lat" else "longitude"
        number = f"{coordinate.axis}_deg"
        is_number = isinstance(cells[0], float) or (isinstance(cells[0], str) and _NUMBER.fullmatch(cells[0].strip()))
        if coordinate.form == "decimal" or (coordinate.form == "any" and is_number):
            if facts.get(number) is None:
                facts[number] = self._number(row, number, cells[0])
        elif facts.get(words) is None:
            formula = next((cell for cell in cells if isinstance(cell, Formula)), None)
            texts = [text for cell in cells if (text := _text(cell)) is not None]
            facts[words] = self._words(row, words, formula or (" ".join(texts) or None))

    def _number(self, row: Row, name: str, cell: Cell) -> float | None:
        if cell is None or isinstance(cell, float):
            return cell
        text = cell.strip()
        if not isinstance(cell, Formula):
            if text in _BLANKS:
                return None
            if _NUMBER.fullmatch(text) and abs(float(text)) < float("inf"):
                return float(text)
        self.unread.append(Unread(row.number, _HEADINGS[name], str(cell), _reason(cell)))
        return None

    def _words(self, row: Row, name: str, cell: Cell) -> str | None:
        if isinstance(cell, Formula):
            self.unread.append(Unread(row.number, _HEADINGS[name], str(cell), "formula-text"))
            return None
        return _text(cell)


def _reason(cell: str) -> str:
    if isinstance(cell, Formula):
        return "formula-text"
    return "decimal-comma" if _DECIMAL_COMMA.fullmatch(cell.strip()) else "text-for-number"


def _is_measured(leg: ListedLeg | None) -> bool:
    return leg is not None and leg.is_measured


def _without_other(leg: ListedLeg | None) -> ListedLeg | None:
    if leg is None or not leg.other:
        return leg
    kept = {each.name: getattr(leg, each.name) for each in fields(leg) if each.name != "other"}
    return ListedLeg(**kept)


def _text(cell: Cell) -> str | None:
    """A cell as text; a whole number without its decimal point."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return None if cell is None else str(cell)


def _line(row: Row) -> tuple[str, ...]:
    """Cells of a line of words, without the mark of a remark."""
    first, *rest = [text for cell in row.cells if (text := _text(cell)) is not None]
    return (first.lstrip("# "), *rest)
