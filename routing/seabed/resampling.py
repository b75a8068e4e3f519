"""Rasters brought to the routing grid: finer ones averaged piece by piece, others interpolated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.grid import Raster, warp
from routing.gridfile import raster_grid, read_pieces, read_raster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.gridfile import RasterSource

    _Values = NDArray[np.float32]
    Bounds = tuple[float, float, float, float]

__all__ = ["FAR_FINER", "FINER", "cell_m", "cell_means", "codes_on_grid", "is_finer", "nearest_values", "on_grid"]

#: A survey is averaged over cells that are at least so many times as large as its own (default): what it does not sound
#: stays unknown, where interpolation would reach beyond its edges.
FINER = 1.5
#: The same for a raster of the whole sea (default). The mean place of few values is off that of their cell by as much
#: as half a value: an eighth of a routing cell from here on. Below, the raster holds some 16 values a cell at most.
FAR_FINER = 4.0
#: A cell takes the mean of a finer raster that knows at least this share of it (default, editable).
_LEAST_SHARE = 0.25
#: Rows of a piece that are placed at once, so that what they take stays small beside the piece.
_BAND_ROWS = 64
#: Pieces meet without a gap: a place may be off by so many of its cells by rounding.
_SEAM = 1e-6


def on_grid(
    source: RasterSource,
    grid: Grid,
    *,
    area: Bounds,
    averaged: bool,
    judge: Callable[[_Values], _Values] = np.asarray,
) -> _Values:
    """Values of a raster file on the routing grid.

    Parameters
    ----------
    source
        The file and its layer.
    grid
        The routing grid.
    area
        West, south, east, north of what is read, degrees.
    averaged
        Read it piece by piece, never whole, and take means: for finer rasters. Otherwise it is interpolated.
    judge
        Refuses or replaces values before that.

    Raises
    ------
    InputError
        When the file does not fit.
    """
    if averaged:
        pieces = read_pieces(source, area=area)
        return cell_means((Raster(judge(piece.values), piece.grid) for piece in pieces), grid)
    given = read_raster(source, area=area)
    return warp(Raster(judge(given.values), given.grid), grid).values


def codes_on_grid(source: RasterSource, grid: Grid, *, area: Bounds) -> _Values:
    """Codes of a raster file on the routing grid: of each cell, the one at its centre, for codes have no mean.

    Raises
    ------
    InputError
        When the file does not fit.
    """
    if is_finer(raster_grid(source, area=area), grid, times=FAR_FINER):
        return nearest_values(read_pieces(source, area=area), grid)
    return warp(read_raster(source, area=area), grid, resampling="nearest").values


def is_finer(given: Grid, grid: Grid, *, times: float) -> bool:
    """Whether a cell of the routing grid is at least so many times as wide as a raster's own."""
    return times * cell_m(given) <= min(grid.dx, grid.dy)


def cell_m(grid: Grid) -> float:
    """Size on Earth of the cell in the middle of a grid, the longer side."""
    row, col = grid.rows / 2, grid.cols / 2
    corners = grid.to_xy([[row, col], [row, col + 1], [row + 1, col]])
    here, east, south = geodesy.transform_points(corners, grid.crs, geodesy.WGS84)
    return float(geodesy.inverse([here, here], [east, south])[2].max())


def cell_means(pieces: Iterable[Raster], grid: Grid) -> _Values:
    """Mean of a finer raster in each cell of a grid.

    Parameters
    ----------
    pieces
        The raster in pieces, which may come in any number but always in the same order.
    grid
        The cells wanted.

    Returns
    -------
    means
        NaN where less than a quarter of a cell is known.

    Notes
    -----
    Each value counts in the cell that holds its centre. Centres are projected on a
    lattice of at most 32 values and interpolated between: survey cells are small, so
    the error is far below one of them.
    """
    total, count, share = np.zeros(grid.shape), np.zeros(grid.shape), np.zeros(grid.shape)
    for piece in pieces:
        lattice = _Lattice.over(piece.grid, grid)
        area = lattice.share
        for row, col, values in _placed(piece, lattice, grid):
            top, left = int(row.min()), int(col.min())
            shape = int(row.max()) - top + 1, int(col.max()) - left + 1
            here = slice(top, top + shape[0]), slice(left, left + shape[1])
            cell = (row - top) * shape[1] + (col - left)
            size = shape[0] * shape[1]
            hits = np.bincount(cell, minlength=size).reshape(shape)
            total[here] += np.bincount(cell, weights=values, minlength=size).reshape(shape)
            count[here] += hits
            share[here] += hits * area
    means = np.divide(total, count, out=np.full(grid.shape, np.nan), where=share >= _LEAST_SHARE)
    return np.asarray(means, np.float32)


def nearest_values(pieces: Iterable[Raster], grid: Grid) -> _Values:
    """Of each cell of a grid, the value of a raster at its centre; NaN where there is none.

    Parameters
    ----------
    pieces
        The raster in pieces.
    grid
        The cells wanted.

    Examples
    --------
    >>> from routing.grid import Grid
    >>> fine = Grid(2, 6, 0.0, 20.0, 10.0, 10.0, "EPSG:32639")
    >>> codes = Raster(np.arange(12, dtype=np.float32).reshape(2, 6), fine)
    >>> nearest_values([codes], Grid(1, 2, 0.0, 18.0, 30.0, 12.0, "EPSG:32639"))
    array([[1., 4.]], dtype=float32)
    """
    found = np.full(grid.shape, np.nan, np.float32)
    for piece in pieces:
        for here, row, col in _looked_up(piece.grid, grid):
            inside = _within(row, piece.grid.rows) & _within(col, piece.grid.cols)
            at = (_index(row[inside], piece.grid.rows), _index(col[inside], piece.grid.cols))
            found[here][inside] = piece.values[at]
    return found


def _placed(
    piece: Raster, lattice: _Lattice, grid: Grid
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
    """Row and column in a grid, and value, of the known cells of a piece that lie in it, some rows at a time."""
    for first in range(0, piece.grid.rows, _BAND_ROWS):
        values = piece.values[first : first + _BAND_ROWS]
        row, col = (np.rint(axis).astype(np.intp) for axis in lattice.places(first, len(values)))
        inside = np.isfinite(values) & (row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols)
        if inside.any():
            yield row[inside], col[inside], values[inside].astype(float)


def _looked_up(
    piece: Grid, grid: Grid
) -> Iterator[tuple[tuple[slice, slice], NDArray[np.float64], NDArray[np.float64]]]:
    """Cells of a grid round a piece, and their places on it, some rows at a time."""
    round_it = _Lattice.over(piece, grid)
    reach = 1 + math.ceil(round_it.longest)
    first = np.floor(round_it.rowcol.min(axis=(0, 1))).astype(int) - reach
    last = np.ceil(round_it.rowcol.max(axis=(0, 1))).astype(int) + reach
    (top, left), (bottom, right) = np.maximum(first, 0), np.minimum(last + 1, grid.shape)
    if top >= bottom or left >= right:
        return
    part = grid.part(int(top), int(left), (int(bottom - top), int(right - left)))
    for begin in range(0, part.rows, _BAND_ROWS):
        rows = min(_BAND_ROWS, part.rows - begin)
        rowcol = np.indices((rows, part.cols)).reshape(2, -1).T + np.array([begin, 0])
        place = piece.to_rowcol(_projected(part.to_xy(rowcol), part, piece)).reshape(rows, part.cols, 2)
        here = slice(int(top) + begin, int(top) + begin + rows), slice(int(left), int(right))
        yield here, place[..., 0], place[..., 1]


def _projected(xy: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    """Points of one grid in the CRS of another, longitudes in the turn of the other: from -180, from 0 or across it."""
    xy = geodesy.transform_points(xy, source.crs, target.crs)
    if geodesy.parse_crs(target.crs).is_geographic:
        xy[:, 0] += 360.0 * np.round((target.left + 0.5 * target.cols * target.dx - xy[:, 0]) / 360.0)
    return xy


def _within(place: NDArray[np.float64], size: int) -> NDArray[np.bool_]:
    return (place >= -0.5 - _SEAM) & (place <= size - 0.5 + _SEAM)


def _index(place: NDArray[np.float64], size: int) -> NDArray[np.intp]:
    return np.clip(np.rint(place), 0, size - 1).astype(np.intp)


@dataclass(frozen=True)
class _Lattice:
    """Places of some cells of one grid on another, and of all between them."""

    shape: tuple[int, int]
    step: tuple[float, float]
    rowcol: NDArray[np.float64]

    @classmethod
    def over(cls, source: Grid, target: Grid) -> _Lattice:
        nodes = [max(2, 1 + -(-(size - 1) // 32)) for size in source.shape]
        axes = [np.linspace(0.0, max(size - 1, 1), count) for size, count in zip(source.shape, nodes, strict=True)]
        mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        rowcol = target.to_rowcol(_projected(source.to_xy(mesh), source, target))
        return cls(source.shape, (float(axes[0][1]), float(axes[1][1])), rowcol.reshape(*nodes, 2))

    @property
    def sides(self) -> NDArray[np.float64]:
        """Rows and columns of the target along one cell of the source, down and across."""
        down, across = self.rowcol[1, 0] - self.rowcol[0, 0], self.rowcol[0, 1] - self.rowcol[0, 0]
        return np.stack([down / self.step[0], across / self.step[1]])

    @property
    def share(self) -> float:
        """Share of a target cell that one cell of the source covers."""
        return float(abs(np.linalg.det(self.sides)))

    @property
    def longest(self) -> float:
        """Most rows or columns of the target along one cell of the source."""
        return float(np.abs(self.sides).max())

    @cached_property
    def lines(self) -> NDArray[np.float64]:
        """Row and column on the target of all columns of those rows of the source that have nodes."""
        col = np.arange(self.shape[1]) / self.step[1]
        left = np.minimum(col.astype(np.intp), self.rowcol.shape[1] - 2)
        right = (col - left)[:, None]
        return np.moveaxis((1 - right) * self.rowcol[:, left] + right * self.rowcol[:, left + 1], -1, 0)

    def places(self, first: int, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column on the target of so many rows of the source, all columns of them."""
        row = np.arange(first, first + count) / self.step[0]
        top = np.minimum(row.astype(np.intp), self.rowcol.shape[0] - 2)
        down = (row - top)[:, None]
        along, across = ((1 - down) * axis[top] + down * axis[top + 1] for axis in self.lines)
        return along, across
