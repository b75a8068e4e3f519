"""Surveys laid over the bathymetry: finer soundings where there are any, blended at their edges.

Each survey comes as depths on the routing grid. Laid one over the other, the last
on top, each cell ends with one depth, one uncertainty and one source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from routing.grid import Grid, Raster
    from routing.seabed.bathymetry import Seabed

__all__ = ["Conflict", "Depths", "Survey", "cell_means", "lay_surveys"]

#: A cell takes the mean of a finer survey that sounds at least this share of it (default, editable).
_LEAST_SHARE = 0.25
#: Two depths contradict each other when they differ by more than so many standard deviations of their difference: 95 %.
_CONTRADICTS = 1.96


@dataclass(frozen=True)
class Survey:
    """One survey on the routing grid.

    Attributes
    ----------
    name
        What it is called.
    depth_m
        Water depth, positive down; NaN where it sounded nothing.
    sigma_m
        Standard deviation of those depths.
    stated
        Cells whose standard deviation the survey itself states.
    blend_cells
        Cells over which its edge fades into what lies below; 0: a sharp edge.
    """

    name: str
    depth_m: NDArray[np.float32]
    sigma_m: NDArray[np.float32]
    stated: NDArray[np.bool_]
    blend_cells: int


@dataclass(frozen=True)
class Conflict:
    """Where a survey contradicts what it is laid over.

    Attributes
    ----------
    survey
        Name of the survey on top.
    cells
        Sea cells that it sounds where a depth was known before.
    conflicts
        Those of them whose two depths differ by more than 95 % of their joint uncertainty.
    median_m
        Median of new minus old depth over `cells`; NaN without any.
    most_m
        The difference that is largest beside its uncertainty.
    place
        Row and column of that cell; None without any.
    """

    survey: str
    cells: int
    conflicts: int
    median_m: float
    most_m: float
    place: tuple[int, int] | None


@dataclass(frozen=True)
class Depths:
    """Water depth on the routing grid with its uncertainty.

    Attributes
    ----------
    seabed
        Depth and source of every cell.
    sigma_m
        Standard deviation of the depths; NaN where none is known.
    stated
        Cells whose standard deviation a survey states.
    conflicts
        One for each survey, in the order in which they were laid.
    """

    seabed: Seabed
    sigma_m: NDArray[np.float32]
    stated: NDArray[np.bool_]
    conflicts: tuple[Conflict, ...] = ()


def lay_surveys(below: Depths, surveys: Sequence[Survey], *, min_depth_m: float) -> Depths:
    """Lay surveys over depths, the first lowest.

    Parameters
    ----------
    below
        The bathymetry.
    surveys
        In the order in which they are laid; what is laid later is seen.
    min_depth_m
        Least depth of a sea cell, which also replaces what a survey calls shallower or dry.

    Notes
    -----
    From its edge inwards a survey weighs 1/(n+1), 2/(n+1), ... of a depth over its
    n blending cells (in rings of eight neighbours), where a depth was known
    before. Shores are no edges. Uncertainties blend as variances: half of one depth
    and half of another is as doubtful as a guess which of both is right, their
    difference left aside, for the conflicts report that.

    Examples
    --------
    >>> from routing.grid import Grid
    >>> from routing.seabed.bathymetry import Seabed
    >>> grid = Grid(1, 5, 0.0, 100.0, 100.0, 100.0, "EPSG:32639")
    >>> row = lambda *values: np.array([values], np.float32)
    >>> sea = np.ones((1, 5), bool)
    >>> chart = Seabed(grid, row(50, 50, 50, 50, 50), sea, np.ones((1, 5), np.uint8), 100.0)
    >>> below = Depths(chart, row(9, 9, 9, 9, 9), ~sea)
    >>> nan = np.nan
    >>> survey = Survey("2026", row(nan, 60, 60, 60, 60), row(nan, 1, 1, 1, 1), sea, blend_cells=1)
    >>> laid = lay_surveys(below, [survey], min_depth_m=1.0)
    >>> laid.seabed.depth_m
    array([[50., 55., 60., 60., 60.]], dtype=float32)
    >>> laid.seabed.sources[laid.seabed.source[0, 4]], laid.conflicts[0].conflicts
    ('2026', 0)
    """
    for survey in surveys:
        below = _lay(below, survey, min_depth_m=min_depth_m)
    return below


def _lay(below: Depths, survey: Survey, *, min_depth_m: float) -> Depths:
    chart = below.seabed
    sounded = np.isfinite(survey.depth_m) & chart.sea
    known = np.isfinite(chart.depth_m)
    weight = np.where(known, _weights(sounded, chart.sea, survey.blend_cells), sounded.astype(np.float32))
    mixed = _mix(weight, survey.depth_m, chart.depth_m)
    shallow = sounded & (mixed < min_depth_m)
    depth_m = np.where(shallow, np.float32(min_depth_m), mixed)
    sources = (*chart.sources, survey.name)
    source = np.where(sounded & (weight >= 0.5), np.uint8(len(sources) - 1), chart.source)
    source = np.where(shallow, np.uint8(sources.index("least depth")), source)
    return Depths(
        replace(chart, depth_m=depth_m, source=source, sources=sources),
        np.sqrt(_mix(weight, survey.sigma_m**2, below.sigma_m**2)),
        np.where(sounded & (weight >= 0.5), survey.stated, below.stated),
        (*below.conflicts, _conflict(below, survey, sounded & known)),
    )


def _mix(weight: NDArray[np.float32], above: NDArray[np.float32], below: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted mean; what has no weight is not looked at, so that NaN does not spread from it."""
    share = weight * np.where(weight > 0, above, np.float32(0.0))
    rest = (np.float32(1.0) - weight) * np.where(weight < 1, below, np.float32(0.0))
    return np.asarray(share + rest, np.float32)


def _weights(sounded: NDArray[np.bool_], sea: NDArray[np.bool_], blend_cells: int) -> NDArray[np.float32]:
    """How much a survey counts on each cell: 0 outside, less than 1 on its edge, 1 inside."""
    rings = sounded.astype(np.float32)
    # Beyond the shore and beyond the grid nothing fades.
    inside = sounded | ~sea
    for _ in range(blend_cells):
        inside = _eroded(inside)
        rings += inside & sounded
    return rings / np.float32(blend_cells + 1)


def _eroded(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells whose eight neighbours are all among them; beyond the edge of the grid all are."""
    padded = np.pad(cells, 1, constant_values=True)
    rows, cols = cells.shape
    kept = np.ones_like(cells)
    for down in range(3):
        for right in range(3):
            kept &= padded[down : down + rows, right : right + cols]
    return kept


def _conflict(below: Depths, survey: Survey, both: NDArray[np.bool_]) -> Conflict:
    if not both.any():
        return Conflict(survey.name, 0, 0, float("nan"), float("nan"), None)
    difference = (survey.depth_m - below.seabed.depth_m)[both]
    sigma = np.hypot(survey.sigma_m, below.sigma_m)[both]
    ratio = np.abs(difference) / np.maximum(sigma, np.float32(1e-6))
    worst = int(ratio.argmax())
    row, col = (int(axis[worst]) for axis in np.nonzero(both))
    return Conflict(
        survey.name,
        int(both.sum()),
        int((ratio > _CONTRADICTS).sum()),
        float(np.median(difference)),
        float(difference[worst]),
        (row, col),
    )


def cell_means(pieces: Iterable[Raster], grid: Grid) -> NDArray[np.float32]:
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
    total = np.zeros(grid.rows * grid.cols)
    count = np.zeros(grid.rows * grid.cols)
    share = np.zeros(grid.rows * grid.cols)
    for piece in pieces:
        for cell, value, area in _placed(piece, grid):
            first = int(cell.min())
            here = slice(first, int(cell.max()) + 1)
            hits = np.bincount(cell - first)
            total[here] += np.bincount(cell - first, weights=value)
            count[here] += hits
            share[here] += hits * area
    means = np.divide(total, count, out=np.full(total.shape, np.nan), where=share >= _LEAST_SHARE)
    return np.asarray(means.reshape(grid.shape), np.float32)


def _placed(piece: Raster, grid: Grid) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64], float]]:
    """Cells and values of the known part of a piece, and the share of a cell that one value covers."""
    known = np.isfinite(piece.values)
    if not known.any():
        return
    rows, cols = np.nonzero(known)
    row, col, area = _Lattice.over(piece.grid, grid).place(rows, cols)
    inside = (row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols)
    if inside.any():
        yield row[inside] * grid.cols + col[inside], piece.values[known][inside].astype(float), area


@dataclass(frozen=True)
class _Lattice:
    """Places of some cells of one grid on another, and of all between them."""

    step: tuple[float, float]
    rowcol: NDArray[np.float64]

    @classmethod
    def over(cls, source: Grid, target: Grid) -> _Lattice:
        nodes = [max(2, 1 + -(-(size - 1) // 32)) for size in source.shape]
        axes = [np.linspace(0.0, max(size - 1, 1), count) for size, count in zip(source.shape, nodes, strict=True)]
        mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        xy = geodesy.transform_points(source.to_xy(mesh), source.crs, target.crs)
        return cls((float(axes[0][1]), float(axes[1][1])), target.to_rowcol(xy).reshape(*nodes, 2))

    def place(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp], float]:
        """Row and column on the target of cells of the source, and the share of a target cell that one covers."""
        row, col = rows / self.step[0], cols / self.step[1]
        top = np.minimum(row.astype(np.intp), self.rowcol.shape[0] - 2)
        left = np.minimum(col.astype(np.intp), self.rowcol.shape[1] - 2)
        down, right = (row - top)[:, None], (col - left)[:, None]
        north = (1 - right) * self.rowcol[top, left] + right * self.rowcol[top, left + 1]
        south = (1 - right) * self.rowcol[top + 1, left] + right * self.rowcol[top + 1, left + 1]
        place = np.rint((1 - down) * north + down * south).astype(np.intp)
        along, across = self.rowcol[1, 0] - self.rowcol[0, 0], self.rowcol[0, 1] - self.rowcol[0, 0]
        area = abs(along[0] * across[1] - along[1] * across[0]) / (self.step[0] * self.step[1])
        return place[:, 0], place[:, 1], float(area)
