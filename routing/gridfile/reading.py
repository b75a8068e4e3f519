"""One layer of a raster file: its grid, its values whole or piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import pointgrid
from routing.errors import InputError
from routing.grid import Grid, Raster
from routing.gridfile.kinds import driver_of, is_netcdf, trusted
from routing.gridfile.netcdf import NetCDFFile
from routing.gridfile.openfile import GDALFile, PointFile
from routing.gridfile.source import judging, unreadable
from routing.gridfile.window import covering, cut, first_cell, is_reached, is_round, refuse_vast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.gridfile.openfile import OpenFile
    from routing.gridfile.source import RasterSource
    from routing.gridfile.window import Bounds

__all__ = ["raster_grid", "reaches", "read_pieces", "read_raster", "uncertainty_band"]

#: Largest window read in one piece, cells (default, editable by the caller).
_MAX_CELLS = 400_000_000
#: Largest window read piece by piece, cells: a few minutes, however little a file that declares it holds (default).
_MAX_PIECED_CELLS = 2_000_000_000
#: Missing data in disguise: no height or depth on Earth is larger, and this code is usual.
_LARGEST_M, _USUAL_CODE = 12_000.0, 9999.0


def read_raster(source: RasterSource, *, area: Bounds | None = None, max_cells: int = _MAX_CELLS) -> Raster:
    """Read one layer of a raster file as float32, missing data as NaN.

    Parameters
    ----------
    source
        The file and its layer.
    area
        Read only the window that covers this lon/lat box (west, south, east, north).
    max_cells
        Refuse larger windows before reading them.

    Raises
    ------
    InputError
        When the file is missing or torn, has no CRS, is not north up, does not
        reach `area`, or holds undeclared missing data.
    ResourceError
        When the window holds more than `max_cells` cells.
    """
    path = trusted(source.path)
    with judging(path), _opener(path)(path, source) as file:
        window = covering(file.grid, area, path)
        refuse_vast(window, max_cells, path)
        values = _read_wrapped(file, window)
    values[np.isinf(values)] = np.nan
    _refuse_suspicious(values, path)
    return Raster(values, window)


def read_pieces(source: RasterSource, *, area: Bounds | None = None, side: int = 2048) -> Iterator[Raster]:
    """Read one layer of a raster file piece by piece, so that it may be larger than memory.

    Parameters
    ----------
    source
        The file and its layer.
    area
        Read only what covers this lon/lat box (west, south, east, north).
    side
        Cells along the sides of a piece; a file that is written in wider rows is read by as many cells in whole rows,
        so that none of its blocks is unpacked twice.

    Yields
    ------
    piece
        Values as :func:`read_raster` gives them, row of pieces by row of pieces from the north-west; pieces without
        any value are left out.

    Raises
    ------
    InputError
        As :func:`read_raster` does.
    ResourceError
        When the window holds so many cells that reading it would take too long.
    """
    path = trusted(source.path)
    with judging(path), _opener(path)(path, source) as file:
        window = covering(file.grid, area, path)
        refuse_vast(window, _MAX_PIECED_CELLS, path)
        for piece in cut(window, side, by_rows=file.block_cols > side):
            values = _read_wrapped(file, piece)
            values[np.isinf(values)] = np.nan
            _refuse_suspicious(values, path)
            if np.isfinite(values).any():
                yield Raster(values, piece)


def raster_grid(source: RasterSource, *, area: Bounds | None = None) -> Grid:
    """Grid of one layer of a raster file, or its window that covers a lon/lat box, read without its values.

    Raises
    ------
    InputError
        As :func:`read_raster` does.
    """
    path = trusted(source.path)
    with judging(path), _opener(path)(path, source) as file:
        return covering(file.grid, area, path)


def reaches(source: RasterSource, area: Bounds) -> bool:
    """Whether a raster file reaches a lon/lat box (west, south, east, north) at all.

    Raises
    ------
    InputError
        As :func:`read_raster` does, but for files that do not reach it.
    """
    path = trusted(source.path)
    with judging(path), _opener(path)(path, source) as file:
        return is_reached(file.grid, area)


def uncertainty_band(path: Path) -> int | None:
    """Band of a BAG or S-102 file that holds its vertical uncertainty; None where the format defines none.

    Raises
    ------
    InputError
        When the file is missing or cannot be read.
    """
    import rasterio

    path = trusted(path)
    driver = None if is_netcdf(path) or pointgrid.is_point_list(path) else driver_of(path)
    if driver not in ("BAG", "S102"):
        return None
    try:
        with rasterio.open(path.absolute(), driver=driver, sharing=False) as file:
            names = [str(name).lower() for name in file.descriptions]
    except (OSError, RuntimeError, ValueError) as error:
        raise unreadable(path, str(error)) from error
    return names.index("uncertainty") + 1 if "uncertainty" in names else None


def _opener(path: Path) -> type[GDALFile | NetCDFFile | PointFile]:
    if is_netcdf(path):
        return NetCDFFile
    return PointFile if pointgrid.is_point_list(path) else GDALFile


def _read_wrapped(file: OpenFile, window: Grid) -> NDArray[np.float32]:
    """Read a window; one that crosses the seam of a round grid is read in parts and joined."""
    grid, (row, col) = file.grid, first_cell(file.grid, window)
    parts, done = [], 0
    while done < window.cols:
        first = (col + done) % grid.cols if is_round(grid) else col + done
        count = min(window.cols - done, grid.cols - first)
        parts.append(file.read(grid.part(row, first, (window.rows, count))))
        done += count
    return np.concatenate(parts, axis=1)


def _refuse_suspicious(values: NDArray[np.float32], path: Path) -> None:
    size = np.abs(values)
    wrong = (size > _LARGEST_M) | (size == _USUAL_CODE)
    if wrong.any():
        value, count = float(values[wrong][0]), int(wrong.sum())
        problem = f"{count} cells hold {value:g}, which is no height or depth"
        raise InputError(problem, remedy=f"declare it: nodata = {value:g}", file=path)
