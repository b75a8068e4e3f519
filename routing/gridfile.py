"""Raster files: read with every doubt settled once, written the same way every time.

A raster that is missing, torn, unreferenced, rotated, far too large, or full of
undeclared missing data is refused here with the file's name, so nothing behind
this door has to ask again.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from routing import geodesy, pointgrid
from routing.errors import InputError, ResourceError, RoutingError
from routing.grid import Grid, Raster
from routing.hdf5 import SIGNATURE, refuse_reaching
from routing.localfile import head_of, local_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

__all__ = [
    "RasterSource",
    "is_netcdf",
    "raster_grid",
    "read_pieces",
    "read_raster",
    "uncertainty_band",
    "write_geotiff",
]

Bounds = tuple[float, float, float, float]

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
#: Unpacked blocks that GDAL keeps beside a window, bytes (default). Its own default is a twentieth of the machine's
#: memory, which no estimate of a run could know.
_CACHE_BYTES = 64_000_000
#: Largest window read in one piece, cells (default, editable by the caller).
_MAX_CELLS = 400_000_000
#: Largest window read piece by piece, cells: a few minutes, however little a file that declares it holds (default).
_MAX_PIECED_CELLS = 2_000_000_000
#: Missing data in disguise: no height or depth on Earth is larger, and this code is usual.
_LARGEST_M, _USUAL_CODE = 12_000.0, 9999.0
#: Edges that are closer than this, in cells, are one edge that was rounded.
_ON_EDGE = 1e-6


@dataclass(frozen=True)
class RasterSource:
    """Where a raster is and what the file does not say about itself.

    Parameters
    ----------
    path
        GeoTIFF, NetCDF, BAG, S-102, ASCII grid, XYZ or Surfer grid on this machine.
    band
        Band number, from 1 (not for NetCDF); of points, the columns after x and y.
    variable
        Variable of a NetCDF file that holds several.
    crs
        CRS of a file that carries none; one that contradicts the file is refused.
    nodata
        Value that means missing, for a file that does not declare it.
    """

    path: Path
    band: int = 1
    variable: str | None = None
    crs: str | None = None
    nodata: float | None = None


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
    path = _trusted(source.path)
    with _judging(path), _opener(path)(path, source) as file:
        window = _window(file.grid, area, path)
        _refuse_vast(window, max_cells, path)
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
    path = _trusted(source.path)
    with _judging(path), _opener(path)(path, source) as file:
        window = _window(file.grid, area, path)
        _refuse_vast(window, _MAX_PIECED_CELLS, path)
        for piece in _pieces(window, side, by_rows=file.block_cols > side):
            values = _read_wrapped(file, piece)
            values[np.isinf(values)] = np.nan
            _refuse_suspicious(values, path)
            if np.isfinite(values).any():
                yield Raster(values, piece)


def _refuse_vast(window: Grid, most: int, path: Path) -> None:
    if window.rows * window.cols > most:
        raise ResourceError(
            f"{path}: {window.rows} x {window.cols} cells is more than the {most} that are read; "
            "cut the file to the area or make it coarser"
        )


def raster_grid(source: RasterSource, *, area: Bounds | None = None) -> Grid:
    """Grid of one layer of a raster file, or its window that covers a lon/lat box, read without its values.

    Raises
    ------
    InputError
        As :func:`read_raster` does.
    """
    path = _trusted(source.path)
    with _judging(path), _opener(path)(path, source) as file:
        return _window(file.grid, area, path)


def reaches(source: RasterSource, area: Bounds) -> bool:
    """Whether a raster file reaches a lon/lat box (west, south, east, north) at all.

    Raises
    ------
    InputError
        As :func:`read_raster` does, but for files that do not reach it.
    """
    path = _trusted(source.path)
    with _judging(path), _opener(path)(path, source) as file:
        return _overlaps(_box_in(file.grid, area), file.grid)


def write_geotiff(
    path: Path,
    bands: Mapping[str, NDArray[Any]],
    grid: Grid,
    *,
    nodata: float | None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write bands of one dtype as a tiled, deflated GeoTIFF; same input, same bytes.

    Parameters
    ----------
    path
        File to write; its folder must exist.
    bands
        Arrays of the grid's shape and of one dtype, by the name of their band.
    grid
        Where the cells are.
    nodata
        Value that means missing, or None.
    tags
        Metadata of the file.
    """
    import rasterio

    dtype = next(iter(bands.values())).dtype
    profile = {
        "driver": "GTiff", "height": grid.rows, "width": grid.cols, "count": len(bands), "dtype": dtype,
        "crs": grid.crs, "transform": grid.transform, "nodata": nodata, "compress": "deflate", "tiled": True,
        "blockxsize": 256, "blockysize": 256, "predictor": 3 if dtype.kind == "f" else 2, "interleave": "band",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        for number, (name, band) in enumerate(bands.items(), start=1):
            file.write(band, number)
            file.set_band_description(number, name)
        file.update_tags(**dict(tags or {}))


@contextmanager
def _judging(path: Path) -> Iterator[None]:
    """One error for the many by which libraries report damaged files."""
    try:
        yield
    except RoutingError:
        raise
    except (OSError, RuntimeError, ValueError, ArithmeticError) as error:
        raise _unreadable(path, str(error.__cause__ or error)) from error


def _pieces(window: Grid, side: int, *, by_rows: bool) -> Iterator[Grid]:
    rows, cols = (max(1, side * side // window.cols), window.cols) if by_rows else (side, side)
    for top in range(0, window.rows, rows):
        for left in range(0, window.cols, cols):
            yield window.part(top, left, (min(rows, window.rows - top), min(cols, window.cols - left)))


class _OpenFile:
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


class _GDALFile(_OpenFile):
    """A raster that GDAL reads, opened with drivers that cannot reach other files."""

    def __init__(self, path: Path, source: RasterSource) -> None:
        import rasterio

        self._band, self._nodata = source.band, source.nodata
        self._file = rasterio.open(path.absolute(), driver=_driver(path), sharing=False)
        _refuse_band(source, self._file.count, path)
        block = self._file.block_shapes[source.band - 1]
        _refuse_blocks(block, path)
        self.block_cols = block[1]
        self.grid = _north_up(self._file.transform, self._file.shape, _settled_crs(self._file.crs, source, path), path)

    def read(self, window: Grid) -> NDArray[np.float32]:
        import rasterio
        from rasterio.windows import Window

        row, col = _offset(self.grid, window)
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES):
            values = self._file.read(self._band, masked=True, window=Window(col, row, window.cols, window.rows))
        scale, offset = self._file.scales[self._band - 1], self._file.offsets[self._band - 1]
        if self._nodata is not None:
            values = np.ma.masked_equal(values, self._nodata)
        known = np.ma.filled(values.astype(np.float32, copy=False), np.nan)
        known *= np.float32(scale)
        known += np.float32(offset)
        return known


class _PointFile(_OpenFile):
    """A text file of points (XYZ); GDAL wants them in order, surveys send them in any."""

    def __init__(self, path: Path, source: RasterSource) -> None:
        points = pointgrid.read_points(path)
        _refuse_band(source, points.shape[1] - 2, path)
        crs = _settled_crs(None, source, path)
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
        return self._points.window(*_offset(self.grid, window), window.shape)


class _NetCDFFile(_OpenFile):
    """A NetCDF grid, placed by its coordinate variables (GDAL trusts stale attributes of grids cut by other tools)."""

    def __init__(self, path: Path, source: RasterSource) -> None:
        import netCDF4

        self._path, self._nodata = path, source.nodata
        self._file = netCDF4.Dataset(path.absolute())
        self._refuse_short()
        self._variable = self._choose(source)
        chunks = self._variable.chunking()
        if isinstance(chunks, list):
            _refuse_blocks(chunks, path)
        self._variable.set_auto_scale(False)
        y_name, x_name = self._variable.dimensions[-2:]
        self._transposed = self._is_east(y_name) and not self._is_east(x_name)
        if self._transposed:
            y_name, x_name = x_name, y_name
        x, y = self._axis(x_name), self._axis(y_name)
        # Grid rows run southwards and columns eastwards, whatever the file does.
        self._flip = (slice(None, None, -1 if y[1] > y[0] else 1), slice(None, None, -1 if x[1] < x[0] else 1))
        crs = _settled_crs(self._mapping() or (geodesy.WGS84 if self._is_degrees(x_name) else None), source, path)
        dx, dy = float(abs(x[-1] - x[0])) / (x.size - 1), float(abs(y[-1] - y[0])) / (y.size - 1)
        self.grid = Grid(y.size, x.size, float(x.min()) - dx / 2, float(y.max()) + dy / 2, dx, dy, crs)

    def read(self, window: Grid) -> NDArray[np.float32]:
        row, col = _offset(self.grid, window)
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
        if self._file.data_model.startswith("NETCDF3"):
            held = sum(math.prod(layer.shape) * layer.dtype.itemsize for layer in self._file.variables.values())
            if self._path.stat().st_size < held:
                raise _unreadable(self._path, "the file ends before its values")

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


def _trusted(path: Path) -> Path:
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


def _refuse_blocks(shape: Iterable[int], path: Path) -> None:
    """Refuse a file of which one block swells beyond all measure, however small the window."""
    cells = math.prod(shape)
    if cells > _MAX_BLOCK_CELLS:
        raise ResourceError(
            f"{path}: is written in blocks of {cells:.3g} cells, more than {_MAX_BLOCK_CELLS:.3g} unpacked at once; "
            "write it anew in tiles (gdal_translate -co TILED=YES does it)"
        )


def uncertainty_band(path: Path) -> int | None:
    """Band of a BAG or S-102 file that holds its vertical uncertainty; None where the format defines none.

    Raises
    ------
    InputError
        When the file is missing or cannot be read.
    """
    import rasterio

    path = _trusted(path)
    driver = None if is_netcdf(path) or pointgrid.is_point_list(path) else _driver(path)
    if driver not in ("BAG", "S102"):
        return None
    try:
        with rasterio.open(path.absolute(), driver=driver, sharing=False) as file:
            names = [str(name).lower() for name in file.descriptions]
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    return names.index("uncertainty") + 1 if "uncertainty" in names else None


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


def _opener(path: Path) -> type[_GDALFile | _NetCDFFile | _PointFile]:
    if is_netcdf(path):
        return _NetCDFFile
    return _PointFile if pointgrid.is_point_list(path) else _GDALFile


def _refuse_band(source: RasterSource, count: int, path: Path) -> None:
    if not 1 <= source.band <= count:
        raise InputError(f"no band {source.band}: the file has {count}", remedy="set band", file=path, key="band")


def _driver(path: Path) -> str:
    head = head_of(path, 4)
    if head == b"\x89HDF" and path.suffix.lower() != ".bag":
        return "S102"
    for known in (head, head.lower()):
        if known in _DRIVERS:
            return _DRIVERS[known]
    raise _unreadable(path, "unknown format")


def _unreadable(path: Path, detail: str) -> InputError:
    return InputError(
        f"cannot be read as a raster ({detail.splitlines()[0]})",
        remedy="check that the file is whole and is GeoTIFF, NetCDF, BAG, S-102, ASCII grid, XYZ or Surfer grid",
        file=path,
    )


def _settled_crs(found: Any, source: RasterSource, path: Path) -> str:  # noqa: ANN401  (rasterio CRS or text)
    """The one CRS that file and project agree on."""
    if not found and source.crs is None:
        raise InputError(
            "has no coordinate reference system",
            remedy='state it with crs = "EPSG:..." (EPSG:4326 for longitude and latitude)', file=path, key="crs",
        )  # fmt: skip
    if not found:
        return geodesy.parse_crs(str(source.crs)).to_string()
    text = found if isinstance(found, str) else str(found.to_wkt())
    if source.crs is not None and not geodesy.parse_crs(text).equals(
        geodesy.parse_crs(source.crs), ignore_axis_order=True
    ):
        raise InputError(
            f"is in {geodesy.parse_crs(text).name}, not {source.crs}",
            remedy="drop crs or correct it",
            file=path,
            key="crs",
        )
    return text


def _north_up(transform: Any, shape: tuple[int, int], crs: str, path: Path) -> Grid:  # noqa: ANN401
    if transform.is_identity or transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(
            "is rotated, upside down or has no geotransform",
            remedy="warp it to north up first (gdalwarp does it)",
            file=path,
        )
    return Grid(shape[0], shape[1], transform.c, transform.f, transform.a, -transform.e, crs)


def _window(grid: Grid, area: Bounds | None, path: Path) -> Grid:
    """The part of `grid` that covers a lon/lat box, two cells wider on each side."""
    if area is None:
        return grid
    box = _box_in(grid, area)
    left, _, _, top = grid.bounds
    if not _overlaps(box, grid):
        raise InputError(
            f"covers {_text(grid.bounds)} of {geodesy.parse_crs(grid.crs).name} and does not reach the area "
            f"{_text(area)} (west, south, east, north)",
            remedy="check the file, its CRS and the project's area", file=path,
        )  # fmt: skip
    row0, col0 = max(0, _cell(top - box[3], grid.dy) - 2), _cell(box[0] - left, grid.dx) - 2
    row1, col1 = min(grid.rows, _cell(top - box[1], grid.dy) + 3), _cell(box[2] - left, grid.dx) + 3
    if not _is_round(grid):
        col0, col1 = max(0, col0), min(grid.cols, col1)
    return grid.part(row0, col0, (row1 - row0, col1 - col0))


def _overlaps(box: Bounds, grid: Grid) -> bool:
    left, bottom, right, top = grid.bounds
    apart = box[2] < left or box[0] > right or box[3] < bottom or box[1] > top
    return bool(np.all(np.isfinite(box))) and not apart


def _cell(distance: float, step: float) -> int:
    """Number of the cell at a distance from the first edge.

    An edge that lies on another up to rounding is taken as on it: formats round differently, and GDAL's resampling
    depends a little on the window that it is given.
    """
    return math.floor(distance / step + _ON_EDGE)


def _is_round(grid: Grid) -> bool:
    """Whether a grid goes once around the Earth, so that its last column meets its first."""
    return geodesy.parse_crs(grid.crs).is_geographic and abs(grid.cols * grid.dx - 360.0) < 0.5 * grid.dx


def _read_wrapped(file: _GDALFile | _NetCDFFile | _PointFile, window: Grid) -> NDArray[np.float32]:
    """Read a window; one that crosses the seam of a round grid is read in parts and joined."""
    grid, (row, col) = file.grid, _offset(file.grid, window)
    parts, done = [], 0
    while done < window.cols:
        first = (col + done) % grid.cols if _is_round(grid) else col + done
        count = min(window.cols - done, grid.cols - first)
        parts.append(file.read(grid.part(row, first, (window.rows, count))))
        done += count
    return np.concatenate(parts, axis=1)


def _box_in(grid: Grid, area: Bounds) -> Bounds:
    west, south, east, north = area
    east += 360.0 if east < west else 0.0
    lon, lat = np.meshgrid(np.linspace(west, east, 21), np.linspace(south, north, 21))
    points = geodesy.transform_points(np.column_stack([lon.ravel(), lat.ravel()]), geodesy.WGS84, grid.crs)
    if geodesy.parse_crs(grid.crs).is_geographic:
        # Longitude comes back as it went in; grids run from -180 or from 0.
        points[:, 0] += 360.0 * np.round((0.5 * (grid.bounds[0] + grid.bounds[2]) - points[:, 0].mean()) / 360.0)
    x, y = points.T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _offset(grid: Grid, window: Grid) -> tuple[int, int]:
    return round((grid.top - window.top) / grid.dy), round((window.left - grid.left) / grid.dx)


def _refuse_suspicious(values: NDArray[np.float32], path: Path) -> None:
    size = np.abs(values)
    wrong = (size > _LARGEST_M) | (size == _USUAL_CODE)
    if wrong.any():
        value, count = float(values[wrong][0]), int(wrong.sum())
        problem = f"{count} cells hold {value:g}, which is no height or depth"
        raise InputError(problem, remedy=f"declare it: nodata = {value:g}", file=path)


def _text(bounds: Bounds) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in bounds) + ")"
