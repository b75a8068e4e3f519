"""Rows of cells from files that anyone may have written: csv in its dialects, and workbooks."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.errors import InputError
from routing.exchange.inert import restored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DELIMITERS", "ENCODINGS", "Cell", "Formula", "Row", "Table", "read_tables"]

#: Tried in this order; utf-16 only with its byte-order mark, and cp1252 last, because it fits nearly every file.
ENCODINGS = ("utf-8-sig", "utf-16", "utf-8", "cp1252")
DELIMITERS = (",", ";", "\t", "|")
#: A list of a whole ocean has some thousands of rows; these keep a hostile file from filling the memory.
MAX_FILE_BYTES, MAX_UNZIPPED_BYTES, MAX_PARTS = 32_000_000, 128_000_000, 1000
MAX_ROWS, MAX_COLUMNS = 50_000, 256

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DECLARATIONS = tuple(text.encode(code) for text in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le"))
_CHUNK = 1 << 20


class Formula(str):
    """A formula; it is never evaluated."""

    __slots__ = ()


Cell = str | float | None


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes
    ----------
    number
        In the file, from 1.
    cells
        Text, numbers, formulas, or None where there is nothing.
    """

    number: int
    cells: tuple[Cell, ...]

    def __getitem__(self, index: int) -> Cell:
        """The cell of a column; None beyond the last."""
        return self.cells[index] if index < len(self.cells) else None


@dataclass(frozen=True)
class Table:
    """The rows of a sheet, or of a csv read with one delimiter; rows without any cell are left out."""

    name: str
    rows: tuple[Row, ...]


def read_tables(path: Path) -> tuple[Table, ...]:
    """Every table that a file may be meant as: sheets of a workbook, or a csv by each delimiter.

    Parameters
    ----------
    path
        A workbook (xlsx) or text file; its content decides, not its name.

    Raises
    ------
    InputError
        When it cannot be read, or is too large to be a position list.
    """
    content = _content(path)
    if content.startswith(_OLE):
        raise InputError(
            "is an encrypted workbook or one of the old binary format",
            remedy="save it as .xlsx without a password, or as csv", file=path,
        )  # fmt: skip
    if content.startswith(_ZIP):
        _judge_zip(content, path)
        return tuple(_sheets(content, path))
    text = _decoded(content, path)
    return tuple(_csv_table(text, delimiter, path) for delimiter in DELIMITERS if delimiter in text)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _too_large(path, f"has {size / 1e6:.0f} MB, more than {MAX_FILE_BYTES / 1e6:.0f}")
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", remedy="check the path and its permissions", file=path
        ) from error


def _too_large(path: Path, problem: str) -> InputError:
    return InputError(problem, remedy="no position list is that large: keep only the list", file=path)


def _judge_zip(content: bytes, path: Path) -> None:
    """Refuse an archive that grows beyond all measure, or whose parts declare entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            whole = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or whole > MAX_UNZIPPED_BYTES:
                raise _too_large(path, f"unzips to {len(parts)} parts of {whole / 1e6:.0f} MB")
            if any(_declares(archive, part) for part in parts):
                raise InputError("declares XML entities, which no workbook needs", remedy="save it anew", file=path)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _damaged(path, error) from error


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part holds a document type; a mark may straddle two chunks."""
    before = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            seen = before + chunk
            if part.filename.endswith((".xml", ".rels")) and any(mark in seen for mark in _DECLARATIONS):
                return True
            before = chunk[-32:]
    return False


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"is a damaged workbook, or none ({type(error).__name__})", remedy="save it anew as .xlsx or csv", file=path
    )


def _sheets(content: bytes, path: Path) -> Iterator[Table]:
    import warnings

    import openpyxl

    try:
        with warnings.catch_warnings():  # openpyxl tells of styles and extensions, which are of no use here
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            for sheet in book.worksheets:
                yield Table(sheet.title, tuple(_sheet_rows(sheet, path)))
    except InputError:
        raise
    # openpyxl lets through whatever its parsers raise on a torn file.
    except Exception as error:
        raise _damaged(path, error) from error


def _sheet_rows(sheet: Any, path: Path) -> Iterator[Row]:  # noqa: ANN401
    sheet.reset_dimensions()  # what a file says of its own size is not to be trusted
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS), start=1):
        if any(cell.value is not None for cell in cells):
            if number > MAX_ROWS:
                raise _too_large(path, f"has more than {MAX_ROWS} rows")
            yield Row(number, _trimmed([_workbook_cell(cell) for cell in cells]))


def _workbook_cell(cell: Any) -> Cell:  # noqa: ANN401
    value = cell.value
    if cell.data_type == "f":
        return Formula(value if isinstance(value, str) else "=")
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None if value is None or not str(value).strip() else str(value)
    return float(value)


def _decoded(content: bytes, path: Path) -> str:
    for encoding in ENCODINGS:
        if encoding == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        if encoding == "utf-8-sig" and not content.startswith(b"\xef\xbb\xbf"):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(char < " " and char not in "\t\r\n" for char in text):
            return text
    raise InputError(
        f"is neither a workbook nor text in {', '.join(ENCODINGS)}", remedy="save it as .xlsx or UTF-8 csv", file=path
    )


def _csv_table(text: str, delimiter: str, path: Path) -> Table:
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, start=1):
            if number > MAX_ROWS or len(cells) > MAX_COLUMNS:
                raise _too_large(path, f"has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns")
            kept = _trimmed([_csv_cell(cell) for cell in cells])
            if kept:
                rows.append(Row(number, kept))
    except csv.Error:
        rows = []  # torn by this delimiter; another may fit
    return Table(delimiter, tuple(rows))


def _csv_cell(text: str) -> Cell:
    if not text.strip():
        return None
    if text.startswith("="):
        return Formula(text)
    return restored(text)


def _trimmed(cells: list[Cell]) -> tuple[Cell, ...]:
    """Cells without the empty ones at the end."""
    while cells and cells[-1] is None:
        cells.pop()
    return tuple(cells)
