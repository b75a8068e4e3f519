"""Rasters that are open: whatever the format, a grid and values by the window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from routing import pointgrid
from routing.errors import InputError
from routing.grid import Grid
from routing.gridfile.kinds import driver_of, refuse_blocks
from routing.gridfile.source import refuse_band, settled_crs
from routing.gridfile.window import first_cell

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.gridfile.source import RasterSource

__all__ = ["GDALFile", "OpenFile", "PointFile"]

#: Unpacked blocks that GDAL keeps beside a window, bytes (default). Its own default is a twentieth of the machine's
#: memory, which no estimate of a run could know.
_CACHE_BYTES = 64_000_000


class OpenFile(ABC):
    """A raster file that is closed on leaving.

    Attributes
    ----------
    grid
        Where its cells are.
    block_cols
        How many columns are unpacked at once, at least.
    """

    _file: Any
    grid: Grid
    block_cols: int = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @abstractmethod
    def read(self, window: Grid) -> NDArray[np.float32]:
        """Values of a part of the grid, missing ones as NaN."""


class GDALFile(OpenFile):
    """A raster that GDAL reads, opened with drivers that cannot reach other files."""

    def __init__(self, path: Path, source: RasterSource) -> None:
        import rasterio

        self._band, self._nodata = source.band, source.nodata
        self._file = rasterio.open(path.absolute(), driver=driver_of(path), sharing=False)
        refuse_band(source, self._file.count, path)
        block = self._file.block_shapes[source.band - 1]
        refuse_blocks(block, path)
        self.block_cols = block[1]
        self.grid = _north_up(self._file.transform, self._file.shape, settled_crs(self._file.crs, source, path), path)

    def read(self, window: Grid) -> NDArray[np.float32]:
        """Values of a part of the grid as GDAL masks and scales them."""
        import rasterio
        from rasterio.windows import Window

        row, col = first_cell(self.grid, window)
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES):
            values = self._file.read(self._band, masked=True, window=Window(col, row, window.cols, window.rows))
        scale, offset = self._file.scales[self._band - 1], self._file.offsets[self._band - 1]
        if self._nodata is not None:
            values = np.ma.masked_equal(values, self._nodata)
        known = np.ma.filled(values.astype(np.float32, copy=False), np.nan)
        known *= np.float32(scale)
        known += np.float32(offset)
        return known


class PointFile(OpenFile):
    """A text file of points (XYZ); GDAL wants them in order, surveys send them in any."""

    def __init__(self, path: Path, source: RasterSource) -> None:
        points = pointgrid.read_points(path)
        refuse_band(source, points.shape[1] - 2, path)
        crs = settled_crs(None, source, path)
        values = points[:, 1 + source.band]
        points[:, 1 + source.band] = np.where(values == source.nodata, np.nan, values)
        try:
            self._points = pointgrid.lay_points(points[:, [0, 1, 1 + source.band]], crs=crs)
        except InputError as error:
            raise InputError(error.problem, remedy=error.remedy, file=path) from error
        self.grid = self._points.grid

    def __exit__(self, *_: object) -> None:
        """Nothing is open: the points were read at once."""

    def read(self, window: Grid) -> NDArray[np.float32]:
        """Values of a part of the grid that the points lie on."""
        return self._points.window(*first_cell(self.grid, window), window.shape)


def _north_up(transform: Any, shape: tuple[int, int], crs: str, path: Path) -> Grid:  # noqa: ANN401
    if transform.is_identity or transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(
            "is rotated, upside down or has no geotransform",
            remedy="warp it to north up first (gdalwarp does it)",
            file=path,
        )
    return Grid(shape[0], shape[1], transform.c, transform.f, transform.a, -transform.e, crs)
