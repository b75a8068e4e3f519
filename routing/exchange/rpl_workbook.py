"""The workbook of a position list, laid out for the screen and for A3 paper."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from routing.exchange.rpl_columns import Column

__all__ = ["Cell", "Sheet", "write_workbook"]

Cell = str | int | float | None

#: Columns up to this width are centred, so that numbers and codes do not run into each other.
_NARROW = 18
#: Height of a line of text, points.
_LINE = 12.5
_SMALL = {"font_size": 9}
_HEAD = {**_SMALL, "bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "valign": "top"}
_CONVENTIONS = (
    ("Row", "One row is one position; the columns of a leg stand in the row of the position that it leaves."),
    ("Distances", "On the WGS 84 ellipsoid; the header says by which line."),
    ("KP and cable KP", "Distance along the route, and cable laid; they differ by slack."),
    ("Slack", "Surface slack counts from the distance, bottom slack from the length of the sea floor."),
    ("Depth", "Positive down, below the water level of the header."),
    ("Empty", "Not there or not known; never 0."),
)


@dataclass(frozen=True)
class Sheet:
    """A position list as cells.

    Attributes
    ----------
    header
        Lines above the table, each as its cells.
    columns
        Titles, units and formats.
    rows
        One a position.
    """

    header: Sequence[Sequence[str]]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def write_workbook(path: Path, sheet: Sheet, *, title: str, date: dt.date) -> None:
    """Write a position list and a sheet of notes; same input, same bytes.

    Parameters
    ----------
    path
        Where to.
    sheet
        The list.
    title, date
        Of the document; the clock is not asked.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        created = dt.datetime.combine(date, dt.time(), tzinfo=dt.UTC).replace(tzinfo=None)
        book.set_properties({"title": title, "created": created, "author": "cableroute"})
        _write_list(book, book.add_worksheet("RPL"), sheet)
        _write_notes(book, book.add_worksheet("Notes"), sheet)


def _write_list(book: Any, page: Any, sheet: Sheet) -> None:  # noqa: ANN401
    plain, bold = book.add_format(_SMALL), book.add_format({**_SMALL, "bold": True})
    for line, (label, *values) in enumerate(sheet.header):
        page.write_string(line, 0, label, bold)
        for index, value in enumerate(values, start=2):
            page.write_string(line, index, value, plain)
    first = len(sheet.header) + 1
    page.set_row(first, 38)
    page.set_row(first + 1, 14)
    title, unit = book.add_format(_HEAD), book.add_format({**_HEAD, "bold": False, "italic": True})
    for index, column in enumerate(sheet.columns):
        align = "left" if column.width > _NARROW else "center"
        looks = {"num_format": column.format, "valign": "top", "align": align, "text_wrap": column.width > _NARROW}
        cells = book.add_format({**_SMALL, **looks})
        page.set_column(index, index, column.width)
        page.write_string(first, index, column.title, title)
        page.write_string(first + 1, index, column.unit, unit)
        for line, row in enumerate(sheet.rows, start=first + 2):
            _write_cell(page, line, index, row[index], cells)
    for line, row in enumerate(sheet.rows, start=first + 2):
        page.set_row(line, _LINE * _lines(row, sheet.columns))
    page.freeze_panes(first + 2, 2)
    page.repeat_rows(first, first + 1)
    _set_up_print(page)


def _lines(row: Sequence[Cell], columns: Sequence[Column]) -> int:
    """Lines of text that the tallest cell of a row takes: no program makes room for wrapped text by itself."""
    long = [(cell, column.width) for cell, column in zip(row, columns, strict=True) if column.width > _NARROW]
    return max([1, *(math.ceil(len(cell) / width) for cell, width in long if isinstance(cell, str))])


def _write_notes(book: Any, page: Any, sheet: Sheet) -> None:  # noqa: ANN401
    """What each column means, and the conventions."""
    head, plain = book.add_format(_HEAD), book.add_format({**_SMALL, "text_wrap": True, "valign": "top"})
    for index, width in enumerate((24, 18, 80)):
        page.set_column(index, index, width)
    lines = [(column.title, column.unit, column.meaning) for column in sheet.columns]
    lines = [("Column", "Unit", "Meaning"), *lines, ("Convention", "", "Meaning")]
    marked = (0, len(lines) - 1)
    for line, texts in enumerate([*lines, *((name, "", meaning) for name, meaning in _CONVENTIONS)]):
        for index, text in enumerate(texts):
            page.write_string(line, index, text, head if line in marked else plain)
    _set_up_print(page)


def _set_up_print(page: Any) -> None:  # noqa: ANN401
    page.set_landscape()
    page.set_paper(8)  # A3
    page.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.set_footer("&L&F&RPage &P of &N")


def _write_cell(page: Any, line: int, index: int, cell: Cell, cells: Any) -> None:  # noqa: ANN401
    """Write by type: text stays text whatever it begins with."""
    if cell is None:
        page.write_blank(line, index, None, cells)
    elif isinstance(cell, str):
        page.write_string(line, index, cell, cells)
    else:
        page.write_number(line, index, cell, cells)
