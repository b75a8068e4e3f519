"""Classic NetCDF files that end before their values, found by their header.

The library reads what is missing at the end of a classic file as zeros, which are land or water
where there may be neither. The header says where every variable begins and how long it is, so a
file that was cut, if only by a few values, is told from a whole one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["values_end"]

#: Bytes of a count, and of the place where a variable begins, by the version in the fourth byte of the file
#: (NetCDF Classic Format Specification: classic, 64-bit offset, 64-bit data).
_WIDTHS = {1: (4, 4), 2: (4, 8), 5: (8, 8)}
#: Tags of the lists.
_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
#: Bytes of a value, by the number of its type: byte, char, short, int, float, double, and the five of version 5.
_BYTES = dict(enumerate((1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8), start=1))


@dataclass(frozen=True)
class _Variable:
    """Where the values of a variable begin, and how many bytes a record of them, or all of them, take."""

    begin: int
    size: int
    has_records: bool


def values_end(path: Path) -> int:
    """The place in a classic file where its last value ends, bytes from the start.

    Parameters
    ----------
    path
        A file that begins with ``CDF``.

    Raises
    ------
    ValueError
        When the header is torn, or of no known version.

    Notes
    -----
    Fill bytes after the last value are not counted: writers may leave them out. Where the number of records is left
    open (a file that was being streamed), records are not counted either.
    """
    with path.open("rb") as file:
        header = _Header(file, path.stat().st_size)
        records, variables = header.read()
    # Records of all variables take turns, each filled up to four bytes; a single variable's are not filled.
    turns = [each for each in variables if each.has_records]
    turn = turns[0].size if len(turns) == 1 else sum(_filled(each.size) for each in turns)
    ends = [each.begin + each.size for each in variables if not each.has_records]
    ends += [each.begin + (records - 1) * turn + each.size for each in turns if records]
    return max(ends, default=0)


class _Header:
    """The header of an open file, read once from its start."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        magic = self._take(4)
        if magic[:3] != b"CDF" or magic[3] not in _WIDTHS:
            raise ValueError("no classic NetCDF file of a known version")
        self._count_bytes, self._place_bytes = _WIDTHS[magic[3]]

    def read(self) -> tuple[int, list[_Variable]]:
        """Number of records, 0 where it is left open, and the variables."""
        records = self._count()
        lengths = [self._dimension() for _ in self._items(_DIMENSIONS)]
        self._skip_attributes()
        variables = [self._variable(lengths) for _ in self._items(_VARIABLES)]
        return (0 if records == 256**self._count_bytes - 1 else records), variables

    def _dimension(self) -> int:
        self._skip_text()
        return self._count()

    def _variable(self, lengths: list[int]) -> _Variable:
        self._skip_text()
        numbers = [self._count() for _ in range(self._count())]
        self._skip_attributes()
        kind = self._number(4)
        self._count()  # its size as written, which is wrong above 4 GB
        if kind not in _BYTES or any(number >= len(lengths) for number in numbers):
            raise ValueError("a variable of no known type or dimension")
        shape = [lengths[number] for number in numbers]
        has_records = bool(shape) and shape[0] == 0  # the length of the record dimension is written as none
        return _Variable(
            self._number(self._place_bytes), math.prod(shape[1:] if has_records else shape) * _BYTES[kind], has_records
        )

    def _skip_attributes(self) -> None:
        for _ in self._items(_ATTRIBUTES):
            self._skip_text()
            kind, count = self._number(4), self._count()
            if kind not in _BYTES:
                raise ValueError("an attribute of no known type")
            self._skip(_filled(count * _BYTES[kind]))

    def _items(self, tag: int) -> Iterator[None]:
        """A step for each member of a list; an absent list has a tag of zero and no member."""
        found, count = self._number(4), self._count()
        if found not in (tag, 0) or (found == 0 and count):
            raise ValueError("a list is not where it should be")
        for _ in range(count):
            yield

    def _skip_text(self) -> None:
        self._skip(_filled(self._count()))

    def _count(self) -> int:
        return self._number(self._count_bytes)

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        taken = self._file.read(size)
        if len(taken) < size:
            raise ValueError("the file ends within its header")
        return taken

    def _skip(self, size: int) -> None:
        if self._file.tell() + size > self._size:
            raise ValueError("the file ends within its header")
        self._file.seek(size, 1)


def _filled(size: int) -> int:
    return -(-size // 4) * 4
