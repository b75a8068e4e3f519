"""Paths from a project file, judged before anything behind them is opened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from routing.errors import InputError, ResourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["companions", "head_of", "local_file", "refuse_large", "refuse_outside", "refuse_remote"]

#: Addresses, with one slash too: Path folds the two of an address to one.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
#: Prefixes by which GDAL takes a name for a server, a database or a part of another file.
_PREFIX = re.compile(r'[A-Za-z][A-Za-z0-9_+.-]+:(?=["/\\]|[A-Za-z]+:)')
#: First bytes of archives and packed files: nothing is unpacked, so nothing can swell.
_PACKED = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
_HEAD = 65_536
#: Endings of files that GDAL (3.10 and 3.12) opens with another, after its whole name and in place of its suffix; found
#: by tracing what it opens beside a GeoTIFF, an ASCII grid, a GeoPackage and GML.
_AFTER_NAME = frozenset({".aux.xml", ".aux", ".msk", ".ovr", ".xml", "-wal", "-journal"})
_AFTER_STEM = frozenset({".aux", ".prj", ".tab", ".wld", ".xml", ".xsd", ".gfs", ".resolved.gml"})


def refuse_remote(path: Path) -> None:
    """Refuse what names a server, an archive member or a virtual folder of GDAL rather than a file.

    Raises
    ------
    InputError
        For addresses, network shares, GDAL's ``/vsi`` folders and names that a driver's prefix stands before.

    Examples
    --------
    >>> from pathlib import Path
    >>> refuse_remote(Path("/vsicurl/http://example.org/f.tif"))
    Traceback (most recent call last):
    routing.errors.InputError: /vsicurl/http:/example.org/f.tif: is not a file on this machine; download it first
    """
    text = str(path)
    is_remote = _ADDRESS.match(text) or _PREFIX.match(text) or text.startswith(("/vsi", "//", "\\\\"))
    if is_remote or ':"' in text or "\x00" in text:
        raise InputError("is not a file on this machine", remedy="download it first", file=_shown(text))


def _shown(text: str) -> str:
    """A path as it may be shown: without the byte that ends it for the system."""
    return text.replace("\x00", "?")


def refuse_outside(path: Path, folder: Path) -> None:
    """Refuse a file that stands outside a folder, or that a link leads out of it.

    Raises
    ------
    InputError
        When `path`, or a file that belongs to it, is not inside `folder` once all links are followed.
    """
    inside = folder.resolve()
    for each in (path, *companions(path)):
        if not each.resolve().is_relative_to(inside):
            raise InputError(
                f"{each} leads out of the project's folder",
                remedy="copy it there, or allow such paths with --allow-outside if you trust the project file",
            )


def companions(path: Path) -> tuple[Path, ...]:
    """Files that are read with a file: all of the same name beside a shapefile, known endings beside any other.

    Notes
    -----
    Beside a raster GDAL looks for a mask, overviews, a world file, a CRS and its own notes (missing data, scale, CRS);
    beside a database for what was not yet merged into it, beside GML for its schema, beside an S-57 cell for updates.
    """
    if not path.parent.is_dir():
        return ()
    return tuple(sorted(each for each in path.parent.iterdir() if _is_read_with(path, each) and each.is_file()))


def _is_read_with(path: Path, other: Path) -> bool:
    """Whether a file beside another is read with it, by its name."""
    kind = path.suffix.lower()
    if kind == ".shp":
        return other.stem == path.stem
    name, stem, found = path.name.lower(), path.stem.lower(), other.name.lower()
    if found == name:
        return False
    if found.startswith(name):
        return found.removeprefix(name) in _AFTER_NAME
    ending = found.removeprefix(stem) if found.startswith(stem) else ""
    world = {f"{kind[:2]}{kind[-1]}w", f"{kind}w"} if kind else set()
    is_update = kind == ".000" and re.fullmatch(r"\.\d{3}", ending) is not None
    return ending in _AFTER_STEM | world or is_update


def local_file(path: Path) -> Path:
    """The path, if it is a file on this machine that is no archive.

    Raises
    ------
    InputError
        For addresses, archives, members of archives, devices and missing files.
    """
    refuse_remote(path)
    if not path.is_file():
        raise InputError("no such file", remedy="check the path", file=path)
    if head_of(path, 8).startswith(_PACKED):
        raise InputError("is packed", remedy="unpack it and name the file inside", file=path)
    return path


def head_of(path: Path, count: int = _HEAD) -> bytes:
    """The first bytes of a file.

    Raises
    ------
    InputError
        When it may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", remedy="check its permissions", file=path
        ) from error


def refuse_large(path: Path, limit_bytes: int, *, remedy: str) -> None:
    """Refuse a file that is larger than what is read at once.

    Raises
    ------
    ResourceError
        With the size, the limit and what to do.
    """
    size = path.stat().st_size
    if size > limit_bytes:
        raise ResourceError(
            f"{path}: {size / 1e9:.1f} GB is more than the {limit_bytes / 1e9:g} GB read at once; {remedy}"
        )
