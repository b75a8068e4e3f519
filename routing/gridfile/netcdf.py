"""NetCDF grids, placed by their coordinate variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.grid import Grid
from routing.gridfile.kinds import refuse_blocks
from routing.gridfile.openfile import OpenFile
from routing.gridfile.source import settled_crs, unreadable
from routing.gridfile.window import first_cell
from routing.netcdf3 import values_end

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.gridfile.source import RasterSource

__all__ = ["NetCDFFile"]


class NetCDFFile(OpenFile):
    """A NetCDF grid, placed by its coordinate variables (GDAL trusts stale attributes of grids cut by other tools)."""

    def __init__(self, path: Path, source: RasterSource) -> None:
        import netCDF4

        self._path, self._nodata = path, source.nodata
        self._file = netCDF4.Dataset(path.absolute())
        self._refuse_short()
        self._variable = self._choose(source)
        chunks = self._variable.chunking()
        if isinstance(chunks, list):
            refuse_blocks(chunks, path)
        self._variable.set_auto_scale(False)
        y_name, x_name = self._variable.dimensions[-2:]
        self._transposed = self._is_east(y_name) and not self._is_east(x_name)
        if self._transposed:
            y_name, x_name = x_name, y_name
        x, y = self._axis(x_name), self._axis(y_name)
        # Grid rows run southwards and columns eastwards, whatever the file does.
        self._flip = (slice(None, None, -1 if y[1] > y[0] else 1), slice(None, None, -1 if x[1] < x[0] else 1))
        crs = settled_crs(self._mapping() or (geodesy.WGS84 if self._is_degrees(x_name) else None), source, path)
        dx, dy = float(abs(x[-1] - x[0])) / (x.size - 1), float(abs(y[-1] - y[0])) / (y.size - 1)
        self.grid = Grid(y.size, x.size, float(x.min()) - dx / 2, float(y.max()) + dy / 2, dx, dy, crs)

    def read(self, window: Grid) -> NDArray[np.float32]:
        """Values of a part of the grid, turned as its rows and columns run."""
        row, col = first_cell(self.grid, window)
        rows, cols = (
            slice(size - start - count, size - start) if flip.step < 0 else slice(start, start + count)
            for flip, size, start, count in zip(
                self._flip, self.grid.shape, (row, col), (window.rows, window.cols), strict=True
            )
        )
        where = (cols, rows) if self._transposed else (rows, cols)
        values = np.ma.asarray(self._variable[(*(0,) * (self._variable.ndim - 2), *where)])
        values = values.T if self._transposed else values
        if self._nodata is not None:
            values = np.ma.masked_equal(values, self._nodata)
        scale, offset = (
            getattr(self._variable, name, plain) for name, plain in (("scale_factor", 1), ("add_offset", 0))
        )
        filled = np.ma.filled(values.astype(np.float32) * np.float32(scale) + np.float32(offset), np.nan)
        return np.ascontiguousarray(filled[self._flip])

    def _choose(self, source: RasterSource) -> Any:  # noqa: ANN401  (netCDF4.Variable has no stub)
        layers = {name: layer for name, layer in self._file.variables.items() if layer.ndim >= 2 and layer.dtype != str}
        if source.variable is None and len(layers) == 1:
            return next(iter(layers.values()))
        if source.variable in layers:
            return layers[source.variable]
        raise InputError(
            f"variable {source.variable!r} not found; the file holds {', '.join(sorted(layers)) or 'no grid'}",
            remedy="set variable to one of them", file=self._path, key="variable",
        )  # fmt: skip

    def _refuse_short(self) -> None:
        """Refuse a classic file that ends before its values: the library reads what is missing as zeros."""
        if self._file.data_model.startswith("NETCDF3") and self._path.stat().st_size < values_end(self._path):
            raise unreadable(self._path, "the file ends before its values")

    def _attribute(self, name: str, attribute: str) -> str:
        return str(getattr(self._file.variables.get(name), attribute, ""))

    def _is_degrees(self, name: str) -> bool:
        return "degree" in self._attribute(name, "units")

    def _is_east(self, name: str) -> bool:
        """Whether a dimension runs east, by the marks of the CF conventions."""
        marks = (
            self._attribute(name, "units") in ("degrees_east", "degree_east"),
            self._attribute(name, "standard_name") in ("longitude", "projection_x_coordinate"),
            self._attribute(name, "axis") == "X",
        )
        return any(marks)

    def _mapping(self) -> str | None:
        """CRS of the variable that ``grid_mapping`` names, as CF and GDAL write it."""
        name = str(getattr(self._variable, "grid_mapping", "")).split(":")[0].strip()
        return self._attribute(name, "crs_wkt") or self._attribute(name, "spatial_ref") or None

    def _axis(self, name: str) -> NDArray[np.float64]:
        values = (
            np.ma.filled(self._file[name][:], np.nan).astype(float) if name in self._file.variables else np.array([])
        )
        even = np.linspace(values[0], values[-1], values.size) if values.size > 1 else values
        if values.size < 2 or not np.allclose(values, even, rtol=0.0, atol=0.05 * abs(even[1] - even[0])):
            raise InputError(
                "is not evenly spaced", remedy="resample the grid to even steps", file=self._path, key=name
            )
        return values
