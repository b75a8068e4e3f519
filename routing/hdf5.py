"""HDF5 files that reach for other files, found by their bytes.

HDF5 lets a data set keep its values in another file (external storage), be a
window on others (virtual), or be a link into another. The libraries that read
NetCDF, BAG and S-102 follow all three, to any file that the user may read. None
of these formats needs them, so a file that has one is refused before it is opened.
"""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SIGNATURE", "refuse_reaching"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Where the superblock says how many bytes an address has, by its version (HDF5 File Format Specification 3.0, II.A).
_ADDRESS_SIZE_AT = {0: 13, 1: 13, 2: 9, 3: 9}

#: External File List message, version 1 (IV.A.2.h): reserved, slots, slots used, address of a local heap.
_EXTERNAL = rb"\x01\x00\x00\x00(?=.{4}%s)"
#: Data Layout message, version 4 or 5, class 3: virtual (IV.A.2.i): address of a global heap collection.
_VIRTUAL = rb"[\x04\x05]\x03(?=%s)"
#: Link message, version 1, with a link type that is 64: external (IV.A.2.g).
_LINK = re.compile(rb"\x01[\x08-\x1f]\x40", re.DOTALL)
#: Fractal heap header, version 0, whose blocks are filtered (III.G): links could hide in them.
_FILTERED = re.compile(rb"FRHP\x00..(?!\x00\x00)", re.DOTALL)


def refuse_reaching(path: Path) -> None:
    """Refuse an HDF5 file that takes values or members from other files.

    Parameters
    ----------
    path
        A file that begins as HDF5 does. All of it is searched, at about the speed at which it is read.

    Raises
    ------
    InputError
        When it reaches for another file, or is laid out as no common writer does.

    Notes
    -----
    Messages are told by the structure that they must point at, so data that look like one by chance are passed over.
    """
    with path.open("rb") as file:
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (ValueError, OSError):
            return  # empty: whoever reads it says so
        with content:
            problem = _problem(content)
    if problem:
        raise InputError(problem, remedy="write the grid anew with all its values in one file", file=path)


def _problem(content: mmap.mmap) -> str | None:
    at = _ADDRESS_SIZE_AT.get(content[8] if len(content) > 13 else -1)
    if content[:8] != SIGNATURE or at is None or content[at] != 8:
        return "cannot be read as a raster (no HDF5 file of the usual layout)"
    for reach, found in (
        ("values of another file", _points_at(content, _EXTERNAL, b"HEAP", offset=8)),
        ("a window on other files", _points_at(content, _VIRTUAL, b"GCOL", offset=2)),
        ("a link into another file", any(_links(content))),
        ("packed links", _FILTERED.search(content) is not None),
    ):
        if found:
            return f"holds {reach}, which no grid needs"
    return None


def _points_at(content: mmap.mmap, message: bytes, signature: bytes, *, offset: int) -> bool:
    """Whether a message of that kind holds, `offset` bytes on, the address of a structure of that signature."""
    if content.find(signature) < 0:
        return False
    # An address inside the file has no more bytes than the file's size; the rest are zero.
    known = -(-len(content).bit_length() // 8)
    address = b".{%d}\x00{%d}" % (known, 8 - known)
    for match in re.compile(message % address, re.DOTALL).finditer(content):
        at = match.start() + offset
        start = int.from_bytes(content[at : at + 8], "little")
        if content[start : start + 4] == signature:
            return True
    return False


def _links(content: mmap.mmap) -> Iterator[bool]:
    """Whether each thing that begins like an external link goes on like one."""
    for match in _LINK.finditer(content):
        flags = content[match.start() + 1]
        at = match.start() + 3 + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        name_bytes = int.from_bytes(content[at : at + width], "little")
        if not 0 < name_bytes < 65_536:
            continue
        value_at = at + width + name_bytes
        length = int.from_bytes(content[value_at : value_at + 2], "little")
        value = content[value_at + 2 : value_at + 2 + length]
        # One byte of version and flags, then two names, each with its end.
        yield length > 4 and len(value) == length and value[0] == 0 and value[-1] == 0 and value[1:].count(0) == 2
