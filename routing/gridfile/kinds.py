"""Formats by content, and files that may be opened because they hold their own pixels."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from routing.errors import InputError, ResourceError
from routing.gridfile.source import unreadable
from routing.hdf5 import SIGNATURE, refuse_reaching
from routing.localfile import head_of, local_file

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["driver_of", "is_netcdf", "refuse_blocks", "trusted"]

#: Drivers by the first bytes of a file. Only formats that hold their own pixels:
#: VRT and its like can point at any file or server, so they are never opened.
_DRIVERS = {
    b"II*\x00": "GTiff",
    b"MM\x00*": "GTiff",
    b"II+\x00": "GTiff",
    b"MM\x00+": "GTiff",
    b"\x89HDF": "BAG",
    b"DSAA": "GSAG",
    b"DSBB": "GSBG",
    b"DSRB": "GS7BG",
    b"ncol": "AAIGrid",
}
#: Files that GDAL reads with a raster: its mask and its overviews.
_BESIDE = (".msk", ".ovr")
#: Largest block that is unpacked for a window, cells (default): a whole grid in one strip is none of the usual ones.
_MAX_BLOCK_CELLS = 100_000_000


def trusted(path: Path) -> Path:
    """The path of a file that can be opened without reaching for others."""
    path = local_file(path)
    if head_of(path, 4) == SIGNATURE[:4]:
        refuse_reaching(path)
    for beside in path.parent.iterdir():
        # GDAL opens these with any driver, so one that is not itself a raster of pixels could point anywhere.
        is_read_too = beside.name.lower() in {f"{path.name.lower()}{suffix}" for suffix in _BESIDE}
        if is_read_too and _DRIVERS.get(head_of(beside, 4)) != "GTiff":
            raise InputError("is no GeoTIFF, but would be read as one", remedy="remove it", file=beside)
    return path


def refuse_blocks(shape: Iterable[int], path: Path) -> None:
    """Refuse a file of which one block swells beyond all measure, however small the window."""
    cells = math.prod(shape)
    if cells > _MAX_BLOCK_CELLS:
        raise ResourceError(
            f"{path}: is written in blocks of {cells:.3g} cells, more than {_MAX_BLOCK_CELLS:.3g} unpacked at once; "
            "write it anew in tiles (gdal_translate -co TILED=YES does it)"
        )


def is_netcdf(path: Path) -> bool:
    """Whether a file is NetCDF, by its content; BAG and S-102 are HDF5 as NetCDF 4 is, and told by suffix and group."""
    head = head_of(path, 4)
    return head[:3] == b"CDF" or (head == b"\x89HDF" and path.suffix.lower() != ".bag" and not _is_s102(path))


def _is_s102(path: Path) -> bool:
    import netCDF4

    try:
        with netCDF4.Dataset(path.absolute()) as file:
            return "BathymetryCoverage" in file.groups
    except (OSError, RuntimeError, ValueError):
        return False  # torn: whoever reads it says so


def driver_of(path: Path) -> str:
    """GDAL's driver for a file, by its first bytes."""
    head = head_of(path, 4)
    if head == b"\x89HDF" and path.suffix.lower() != ".bag":
        return "S102"
    for known in (head, head.lower()):
        if known in _DRIVERS:
            return _DRIVERS[known]
    raise unreadable(path, "unknown format")
