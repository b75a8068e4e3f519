"""Aligned rasters: an immutable grid of cells, and what is moved between grids.

A :class:`Grid` says where the cells are; an array says what is in them. Values
live at cell centres, row 0 is the northernmost, and NaN means unknown. Files
are read and written in :mod:`routing.gridfile`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from affine import Affine
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Grid", "Raster", "blend", "burn", "corners", "outlines", "sample", "warp"]

Bounds = tuple[float, float, float, float]
#: Spacing of the nodes at which the scale factor is measured.
_LATTICE_M = 16_000.0

#: rasterio silences a warning of its own while it burns and outlines, for all threads at once: two that do so side by
#: side would undo each other's silence.
_RASTERIO = Lock()


@dataclass(frozen=True)
class Grid:
    """Square or rectangular cells in one CRS, north up.

    Parameters
    ----------
    rows, cols
        Number of cells.
    left, top
        Outer corner of cell (0, 0), in CRS units.
    dx, dy
        Cell width and height, positive, in CRS units.
    crs
        Any text PROJ understands.

    Examples
    --------
    >>> grid = Grid.cover((0.0, 0.0, 2500.0, 1000.0), crs="EPSG:32639", cell_size=1000.0)
    >>> grid.shape, grid.bounds
    ((1, 3), (0.0, 0.0, 3000.0, 1000.0))
    >>> grid.to_xy([[0.0, 0.0]])
    array([[500., 500.]])
    """

    rows: int
    cols: int
    left: float
    top: float
    dx: float
    dy: float
    crs: str

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < 1 or not (self.dx > 0 and self.dy > 0):
            raise InputError(
                f"a grid of {self.rows} x {self.cols} cells of {self.dx} x {self.dy}", remedy="give a larger area"
            )

    @classmethod
    def cover(cls, bounds: Bounds, *, crs: str, cell_size: float) -> Grid:
        """Grid of square cells that covers `bounds`, its corners on multiples of `cell_size`."""
        left, bottom, right, top = bounds
        col0, col1 = math.floor(left / cell_size), math.ceil(right / cell_size)
        row0, row1 = math.floor(bottom / cell_size), math.ceil(top / cell_size)
        return cls(row1 - row0, col1 - col0, col0 * cell_size, row1 * cell_size, cell_size, cell_size, crs)

    @classmethod
    def cover_area(cls, area: Bounds, *, projection: geodesy.Projection, cell_size_m: float) -> Grid:
        """Grid in `projection` that covers a lon/lat box (west, south, east, north), its curved edges included."""
        west, south, east, north = area
        east += 360.0 if east < west else 0.0
        edge = np.linspace(0.0, 1.0, 41)
        lon, lat = west + (east - west) * edge, south + (north - south) * edge
        ring = np.concatenate(
            [
                np.column_stack([lon, np.full_like(lon, south)]),
                np.column_stack([lon, np.full_like(lon, north)]),
                np.column_stack([np.full_like(lat, west), lat]),
                np.column_stack([np.full_like(lat, east), lat]),
            ]
        )
        x, y = projection.forward(ring).T
        return cls.cover((x.min(), y.min(), x.max(), y.max()), crs=projection.crs, cell_size=cell_size_m)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.cols

    @property
    def bounds(self) -> Bounds:
        """Left, bottom, right, top in CRS units."""
        return self.left, self.top - self.rows * self.dy, self.left + self.cols * self.dx, self.top

    @property
    def transform(self) -> Affine:
        """The affine transform that raster files carry."""
        from affine import Affine

        return Affine(self.dx, 0.0, self.left, 0.0, -self.dy, self.top)

    def part(self, row: int, col: int, shape: tuple[int, int]) -> Grid:
        """Its cells from a row and a column on, which may lie beyond its edges."""
        left, top = self.left + col * self.dx, self.top - row * self.dy
        return Grid(*shape, left, top, self.dx, self.dy, self.crs)

    def within(self, box: tuple[slice, slice]) -> Grid:
        """Its cells in a box of its rows and columns, with the scale that they have in the whole."""
        (top, bottom, _), (left, right, _) = (each.indices(size) for each, size in zip(box, self.shape, strict=True))
        part = self.part(top, left, (bottom - top, right - left))
        part.__dict__["scale"] = self.scale[box]
        return part

    def to_xy(self, rowcol: ArrayLike) -> NDArray[np.float64]:
        """CRS coordinates (n, 2) of fractional (row, col) positions; integers are cell centres."""
        points = np.asarray(rowcol, float).reshape(-1, 2)
        return np.column_stack([self.left + (points[:, 1] + 0.5) * self.dx, self.top - (points[:, 0] + 0.5) * self.dy])

    def to_rowcol(self, xy: ArrayLike) -> NDArray[np.float64]:
        """Fractional (row, col) positions of CRS coordinates (n, 2)."""
        points = np.asarray(xy, float).reshape(-1, 2)
        return np.column_stack([(self.top - points[:, 1]) / self.dy - 0.5, (points[:, 0] - self.left) / self.dx - 0.5])

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """Projected metres per true metre at each cell centre; only for conformal projections.

        The factor is smooth, so it is measured on a lattice of at most 16 km and
        interpolated between its nodes: the error is below one part in a million.
        """
        projection = geodesy.Projection(self.crs)
        row, col = _lattice(self.rows, _LATTICE_M / self.dy), _lattice(self.cols, _LATTICE_M / self.dx)
        nodes = np.stack(np.meshgrid(row, col, indexing="ij"), axis=-1).reshape(-1, 2)
        coarse = projection.scale(projection.inverse(self.to_xy(nodes))).reshape(row.size, col.size)
        along = np.array([np.interp(np.arange(self.cols), col, line) for line in coarse])
        return np.array([np.interp(np.arange(self.rows), row, line) for line in along.T]).T


@dataclass(frozen=True)
class Raster:
    """Values on a grid; NaN where nothing is known."""

    values: NDArray[np.float32]
    grid: Grid

    def __post_init__(self) -> None:
        if self.values.shape != self.grid.shape:
            raise InputError(
                f"values {self.values.shape} do not fit a grid {self.grid.shape}",
                remedy="use the grid they were made on",
            )


def warp(
    raster: Raster, target: Grid, *, resampling: str = "bilinear", threads: int = 1, has_gaps: bool = True
) -> Raster:
    """Resample a raster onto another grid.

    Parameters
    ----------
    raster
        Values to move; NaN cells give nothing to their neighbours.
    target
        Where the values are wanted.
    resampling
        A GDAL method by name: ``"bilinear"`` for depths, ``"nearest"`` for
        classes, ``"average"`` for finer sources.
    threads
        Threads that GDAL may use; the result is the same for any number.
    has_gaps
        False: no cell is NaN. GDAL is faster then, and rounds in its own way.

    Returns
    -------
    raster
        Values on `target`; NaN where the source says nothing.

    Examples
    --------
    >>> source = Grid(2, 2, 0.0, 20.0, 10.0, 10.0, "EPSG:32639")
    >>> fine = Grid(4, 4, 0.0, 20.0, 5.0, 5.0, "EPSG:32639")
    >>> warp(Raster(np.array([[1, 1], [3, 3]], np.float32), source), fine).values[:, 0]
    array([1. , 1.5, 2.5, 3. ], dtype=float32)
    """
    from rasterio.warp import Resampling, reproject

    # The destination is NaN before the warp: some GDAL releases leave source
    # nodata in cells that they do not reach (rasterio issue 3320).
    values = np.full(target.shape, np.nan, np.float32)
    nodata = np.nan if has_gaps else None
    reproject(
        raster.values.astype(np.float32, copy=False),
        values,
        src_transform=raster.grid.transform,
        src_crs=raster.grid.crs,
        src_nodata=nodata,
        dst_transform=target.transform,
        dst_crs=target.crs,
        dst_nodata=nodata,
        resampling=Resampling[resampling],
        num_threads=threads,
        init_dest_nodata=False,
    )
    return Raster(values, target)


def burn(geometries: Iterable[Any], grid: Grid, *, all_touched: bool) -> NDArray[np.bool_]:
    """Cells that geometries cover.

    Parameters
    ----------
    geometries
        Shapely geometries in the CRS of `grid`.
    grid
        The cells.
    all_touched
        True: every cell that a geometry touches; False: every cell whose centre it covers.

    Returns
    -------
    covered
        Boolean array of the grid's shape.

    Examples
    --------
    >>> from shapely import box
    >>> grid = Grid(2, 2, 0.0, 20.0, 10.0, 10.0, "EPSG:32639")
    >>> burn([box(1, 1, 12, 4)], grid, all_touched=True).astype(int)
    array([[0, 0],
           [1, 1]])
    """
    from rasterio.features import rasterize

    shapes = [geometry for geometry in geometries if not geometry.is_empty]
    if not shapes:
        return np.zeros(grid.shape, bool)
    with _RASTERIO:
        cells = rasterize(
            shapes,
            out_shape=grid.shape,
            transform=grid.transform,
            all_touched=all_touched,
            default_value=1,
            dtype=np.uint8,
        )
    return np.asarray(cells, bool)


def outlines(codes: NDArray[np.uint8], grid: Grid) -> list[tuple[Any, int]]:
    """Polygons along cell edges around cells of equal code, with their code; 0 is left out.

    Examples
    --------
    >>> grid = Grid(1, 2, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> [(polygon.bounds, code) for polygon, code in outlines(np.array([[0, 3]], np.uint8), grid)]
    [((10.0, 0.0, 20.0, 10.0), 3)]
    """
    from rasterio.features import shapes
    from shapely.geometry import shape

    with _RASTERIO:
        found = list(shapes(codes, mask=codes > 0, transform=grid.transform))
    return [(shape(outline), int(code)) for outline, code in found]


def sample(values: NDArray[Any], rowcol: ArrayLike) -> NDArray[np.float64]:
    """Bilinear values at fractional (row, col) positions (n, 2); NaN corners drop out, positions off the grid clamp.

    Examples
    --------
    >>> sample(np.array([[0.0, 1.0], [2.0, np.nan]]), [[0.5, 0.0], [0.5, 0.5]])
    array([1., 1.])
    """
    row, col, weights = corners(rowcol, values.shape)
    return blend(values[row, col], weights)


def corners(
    rowcol: ArrayLike, shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Rows, columns and bilinear weights, each (4, n), of the cells around fractional positions (n, 2)."""
    last = np.array(shape) - 1
    points = np.clip(np.asarray(rowcol, float).reshape(-1, 2), 0, last)
    low = np.minimum(points.astype(np.intp), np.maximum(last - 1, 0))
    high = np.minimum(low + 1, last)
    row, col = (points - low).T
    weights = np.stack([(1 - row) * (1 - col), (1 - row) * col, row * (1 - col), row * col])
    rows = np.stack([low[:, 0], low[:, 0], high[:, 0], high[:, 0]])
    return rows, np.stack([low[:, 1], high[:, 1], low[:, 1], high[:, 1]]), weights


def blend(values: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted means of values (..., 4, n) at the cells around positions; what is not finite drops out."""
    known = np.isfinite(values)
    total = np.where(known, weights, 0.0).sum(axis=-2)
    mixed = np.where(known, weights * np.where(known, values, 0.0), 0.0).sum(axis=-2)
    return np.asarray(np.divide(mixed, total, out=np.full(mixed.shape, np.nan), where=total > 0))


def _lattice(count: int, step: float) -> NDArray[np.int64]:
    return np.unique(np.append(np.arange(0, count, max(int(step), 1)), count - 1))
