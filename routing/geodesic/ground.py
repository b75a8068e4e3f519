"""A cost raster made ready for the kernels: judged once, padded, in row spacings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError, ResourceError

if TYPE_CHECKING:
    from routing.geodesic.line import Plane

__all__ = ["CellSize", "Ground", "March", "Sources", "as_points", "check_memory", "prepare", "subdivide"]

CellSize = tuple[float | NDArray[np.float64], float | NDArray[np.float64]]

# Bytes per cell while a field is solved, by the bytes of a padded cost: that, price and cost in single precision (8),
# queue and padding (2), result (none for 4, as it takes the place of the prices; 8). A solve that has to be repeated in
# double precision needs 8 more.
BYTES_PER_CELL = {4: 14, 8: 26}
SMALL = (np.float32, np.float16, np.int8, np.uint8, np.int16, np.uint16)  # kept in single precision
PARTS = (1, 3, 5, 7, 9, 11)  # of a cell's side; odd, so that a centre stays a centre
FINE_CELLS = 1_000_000
ROUGH = 0.02  # share of steep neighbours or of corners from which a raster is divided more readily
ROUGH_CELLS = 4_000_000
WIDEST = 1e100  # dearest over cheapest cost
MEMORY_SHARE = 0.8  # of the machine's memory, unless the caller states a limit


@dataclass(frozen=True)
class Ground:
    """Padded raster.

    Parameters
    ----------
    rows, cols
        Shape without the padding.
    plane
        What the evaluator reads: padded cost, its width, column spacing in row spacings.
    unit
        Length of a row spacing: prices of the kernels times this are prices.
    lowest, highest
        Range of the finite cost of `plane`; (inf, 0) if there is none.
    steep
        Share of the pairs of free neighbours whose cost differs more than twofold.
    ragged
        Convex corners of exclusions per free cell.
    parts
        Kernel cells per side of a raster cell.
    """

    rows: int
    cols: int
    plane: Plane
    unit: float
    lowest: float
    highest: float
    steep: float
    ragged: float
    parts: int = 1

    def pad(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the raster in the coordinates of the kernels."""
        from routing.geodesic.line import PAD

        return (points + 0.5) * self.parts - 0.5 + PAD if self.parts > 1 else points + PAD

    def unpad(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the kernels in the coordinates of the raster."""
        from routing.geodesic.line import PAD

        return (points - PAD + 0.5) / self.parts - 0.5 if self.parts > 1 else points - PAD

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points (..., 2) lie on the raster, edges included up to rounding."""
        from routing.geodesic.line import TOUCH

        last = np.array([self.rows, self.cols]) - 0.5
        return np.asarray(((points >= -0.5 - TOUCH) & (points <= last + TOUCH)).all(axis=-1))

    @property
    def inner_cost(self) -> NDArray[Any]:
        """Cost of the kernel's cells without the padding, where they stand."""
        from routing.geodesic.line import PAD

        return self.plane.cost.reshape(-1, self.plane.width)[PAD:-PAD, PAD:-PAD]

    def free_mask(self) -> NDArray[np.bool_]:
        """Free cells, without the padding."""
        return np.asarray(np.isfinite(self.inner_cost))

    def is_free(self, point: NDArray[np.float64]) -> bool:
        """Whether a point lies on the raster in or at the edge of a free cell."""
        from routing.geodesic.line import polyline_price

        if not self.contains(point):
            return False
        return bool(polyline_price(self.plane, self.pad(np.stack([point, point]))) < np.inf)


@dataclass
class March:
    """Prices of all cells, and what a descent needs.

    Parameters
    ----------
    cells
        Price and cost of the padded cells, interleaved, in bucket widths.
    width
        Bucket width.
    far
        Price of a cell that is not reached.
    below
        Prices below this are settled.
    seeds, owners
        Sorted cells that see a source, and which source.
    touched
        Number of cells that got a price.
    """

    cells: NDArray[Any]
    width: float
    far: float
    below: float
    seeds: NDArray[np.int64]
    owners: NDArray[np.int64]
    touched: int


@dataclass(frozen=True)
class Sources:
    """Padded source points with their start prices in row spacings."""

    points: NDArray[np.float64]
    prices: NDArray[np.float64]


def prepare(cost: ArrayLike, cell_size: CellSize, *, memory_limit: int | None) -> Ground:
    """Judge and pad a cost raster.

    Parameters
    ----------
    cost
        Price per unit length at cell centres, (rows, cols); inf = excluded.
    cell_size
        Row and column spacing; each a number or one value per row.
    memory_limit
        Bytes that a solve may use.

    Returns
    -------
    ground
        The padded raster.

    Raises
    ------
    ArrayError
        If the raster or the spacing cannot be used; the message names the first bad place.
    ResourceError
        If a solve would need more memory than allowed.
    """
    raster = _as_raster(cost)
    rows, cols = raster.shape
    height, factor, aspect = _metric(cell_size, rows)
    exact = raster.dtype in SMALL and bool((factor == 1.0).all())
    dtype = np.dtype(np.float32 if raster.dtype in SMALL else np.float64)
    copied = 0 if raster.dtype == dtype and raster.flags.c_contiguous else dtype.itemsize
    check_memory(raster.size, memory_limit, per_cell=BYTES_PER_CELL[4 if exact else 8] + copied)
    from routing.geodesic.line import PAD, Plane
    from routing.geodesic.padding import fill_plane, in_halves, survey

    array = np.ascontiguousarray(raster, dtype)
    found = np.empty(5)
    bad = survey(array, found)
    if bad >= 0:
        _refuse(array, divmod(int(bad), cols))
    flat = np.empty((rows + 2 * PAD) * (cols + 2 * PAD), np.float32 if exact else np.float64)
    in_halves(lambda span: fill_plane(array, factor, flat, span), rows + 2 * PAD, weight=cols)
    plane = Plane(flat, cols + 2 * PAD, np.pad(aspect, PAD, mode="edge"))
    # A row factor moves the range by at most its own.
    lowest, highest, free, steep, corners = found.tolist()
    if highest > WIDEST * lowest:
        raise ArrayError(f"cost spans {lowest:g} to {highest:g}", remedy="exclude what is too dear with inf")
    return Ground(
        rows,
        cols,
        plane,
        height,
        lowest=lowest * float(factor.min()),
        highest=highest * float(factor.max()),
        steep=steep / max(1.0, 2.0 * free),
        ragged=corners / max(1.0, free),
    )


def subdivide(ground: Ground) -> Ground:
    """Ground of a small raster with its cells divided, so that a field sees the cost between the centres.

    A field knows the cost at its nodes and corners to half a node; below a million nodes time does not matter.
    """
    budget = FINE_CELLS if max(ground.steep, ground.ragged) < ROUGH else ROUGH_CELLS
    parts = max(k for k in PARTS if k == 1 or ground.rows * ground.cols * k * k <= budget)
    if parts == 1:
        return ground
    from routing.geodesic.line import PAD, Plane
    from routing.geodesic.padding import divide_plane

    plane = ground.plane
    width = ground.cols * parts + 2 * PAD
    fine = np.full((ground.rows * parts + 2 * PAD) * width, np.inf, plane.cost.dtype)
    divide_plane(plane, parts, fine, width)
    rows = (np.arange(ground.rows * parts) + 0.5) / parts - 0.5
    aspect = np.interp(rows, np.arange(ground.rows), plane.aspect[PAD:-PAD])
    divided = Plane(fine, width, np.pad(aspect, PAD, mode="edge"))
    return replace(ground, plane=divided, unit=ground.unit / parts, parts=parts)


def _as_raster(cost: ArrayLike) -> NDArray[Any]:
    """Two-dimensional array of real numbers, not copied."""
    if isinstance(cost, np.ma.MaskedArray):
        raise ArrayError("cost is a masked array", remedy="fill it: inf where excluded")
    array = np.asarray(cost)
    if array.ndim != 2:
        raise ArrayError(f"cost has {array.ndim} dimensions", remedy="give a (rows, cols) array")
    if array.size == 0:
        raise ArrayError(f"cost of shape {array.shape} is empty", remedy="give at least one cell")
    if array.dtype.kind not in "fiu":
        raise ArrayError(f"cost holds {array.dtype}", remedy="give real numbers")
    return array


def _refuse(array: NDArray[Any], place: tuple[int, int]) -> None:
    value = float(array[place])
    if np.isnan(value):
        raise ArrayError(
            f"cost is NaN (unknown) at row {place[0]}, col {place[1]}",
            remedy="decide what unknown means: a cost, or inf to exclude it",
        )
    raise ArrayError(
        f"cost is {value:g} at row {place[0]}, col {place[1]}", remedy="costs are positive; inf excludes a cell"
    )


def _metric(cell_size: CellSize, rows: int) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Mean row spacing, row spacing over it, column spacing over row spacing.

    A length element (dr, dq) is hypot(a dr, b dq) = a hypot(dr, (b / a) dq): a row
    spacing a that varies is a factor of the cost of its row.
    """
    spacings = []
    for name, size in zip(("row", "column"), cell_size, strict=True):
        values = np.asarray(size, np.float64)
        if values.shape not in ((), (rows,)):
            raise ArrayError(f"{name} spacing has shape {values.shape}", remedy=f"give a number or {rows} values")
        if not bool(((values > 0) & (values < np.inf)).all()):
            raise ArrayError(f"{name} spacing {values} is not positive and finite", remedy="give lengths")
        spacings.append(np.broadcast_to(values, rows))
    height, breadth = spacings
    mean = float(height.mean()) if np.ptp(height) > 0 else float(height[0])
    return mean, height / mean, breadth / height


def check_memory(cells: int, limit: int | None, *, per_cell: int) -> None:
    """Refuse work that would need more memory than `limit` bytes (default: 80 % of the machine's)."""
    need = cells * per_cell
    if limit is None:
        limit = int(MEMORY_SHARE * _machine_memory())
    if need > limit or cells >= 2**32 - 2**20:
        raise ResourceError(
            f"{cells} cells need about {need / 1e9:.3g} GB, {limit / 1e9:.3g} GB are allowed; "
            "coarsen the raster, cut it, or raise memory_limit"
        )


def _machine_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return 16 * 2**30


def as_points(points: ArrayLike, name: str, *, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Float64 array of points; -1 in `shape` stands for any number, and then one point may stand alone."""
    try:
        array = np.array(points, np.float64)
    except (TypeError, ValueError) as error:
        raise ArrayError(f"{name} are no numbers: {error}", remedy="give row, col") from error
    if shape == (-1, 2) and array.shape == (2,):
        array = array[None]
    if array.ndim != len(shape) or any(want not in (-1, have) for want, have in zip(shape, array.shape, strict=True)):
        wanted = ", ".join("n" if n < 0 else str(n) for n in shape)
        raise ArrayError(f"{name} has shape {array.shape}", remedy=f"give ({wanted}) row, col")
    if not bool(np.isfinite(array).all()):
        raise ArrayError(f"{name} is not finite: {array[~np.isfinite(array)][0]}", remedy="give finite row, col")
    return array
