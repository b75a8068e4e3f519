"""Cost rasters that depend on the heading, made ready for the kernels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.ground import PARTS, CellSize, Ground, check_memory, prepare

if TYPE_CHECKING:
    from routing.geodesic.tensor import TensorPlane

__all__ = [
    "add_stencils",
    "judge_tensor",
    "prepare_tensor",
    "side_slope_tensor",
    "subdivide_tensor",
    "tensor_plane",
    "with_plane",
]

FLATTEST = 1e-10  # least share of the determinant in the product of the diagonal, so that roots keep six digits
FINE_CELLS = 250_000  # a tenth of a second
BYTES_PER_CELL = 100  # of a tensor while a field is solved: matrices and stencils beside what a cost needs


def side_slope_tensor(
    cost: ArrayLike, slope_row: ArrayLike, slope_col: ArrayLike, *, side_slope_factor: ArrayLike
) -> NDArray[np.float64]:
    """Cost tensor of a seabed on which side slopes are dear.

    Parameters
    ----------
    cost
        Price per unit length straight up or down the slope, (rows, cols), positive; inf = excluded.
    slope_row, slope_col
        Direction of the slope: change of depth, or height, per unit length along rows and
        columns, (rows, cols). Only the direction counts; where both are zero or not known
        (NaN) the cost is the same in all directions.
    side_slope_factor
        How many times dearer a length along the contour is, where the whole slope is a
        side slope: at least 1, a number or (rows, cols). Its growth with the steepness is
        the caller's choice.

    Returns
    -------
    tensor
        (rows, cols, 3): m_rr, m_rq, m_qq.

    Raises
    ------
    ArrayError
        If shapes differ or a factor is below 1.

    Notes
    -----
    With the unit vector g up the slope and t along the contour, the tensor is
    c**2 (g g' + k**2 t t'): a heading at an angle a to the slope costs
    c sqrt(cos(a)**2 + k**2 sin(a)**2) per unit length.

    Examples
    --------
    >>> import numpy as np
    >>> tensor = side_slope_tensor([[2.0]], [[0.1]], [[0.0]], side_slope_factor=1.5)
    >>> np.sqrt(tensor[0, 0, [0, 2]])  # along the rows' axis, up the slope; along the contour
    array([2., 3.])
    """
    base = np.asarray(cost, np.float64)
    try:
        down, right, factor = (
            np.broadcast_to(np.asarray(values, np.float64), base.shape)
            for values in (slope_row, slope_col, side_slope_factor)
        )
    except ValueError as error:
        raise ArrayError(f"shapes differ: {error}", remedy="give slopes and factor of the shape of the cost") from error
    if not bool((factor >= 1.0).all()):
        worst = float(np.nanmin(factor)) if not np.isnan(factor).all() else np.nan
        raise ArrayError(f"side-slope factor {worst:g} is below 1 or unknown", remedy="a side slope is not cheaper")
    size = np.hypot(down, right)
    sloping = (size > 0.0) & (size < np.inf)
    divisor = np.where(sloping, size, 1.0)
    gr, gq = np.where(sloping, down, 0.0) / divisor, np.where(sloping, right, 0.0) / divisor
    dearer = np.where(sloping, factor * factor - 1.0, 0.0)
    free = np.isfinite(base)
    square = np.where(free, base, 0.0) ** 2
    parts = square * (1.0 + dearer * gq * gq), -square * dearer * gr * gq, square * (1.0 + dearer * gr * gr)
    return np.stack([np.where(free, part, base) for part in parts], axis=-1)


def judge_tensor(tensor: ArrayLike) -> NDArray[np.float64]:
    """Tensor as (rows, cols, 3) float64, inf where excluded; a raster (rows, cols) is a cost without direction.

    Parameters
    ----------
    tensor
        What the caller gave.

    Returns
    -------
    tensor
        A new array.

    Raises
    ------
    ArrayError
        If it cannot be used; the message names the first bad cell.
    """
    if isinstance(tensor, np.ma.MaskedArray):
        raise ArrayError("tensor is a masked array", remedy="fill it: inf where excluded")
    array: NDArray[Any] = np.asarray(tensor)
    if array.dtype.kind not in "fiu":
        raise ArrayError(f"tensor holds {array.dtype}", remedy="give real numbers")
    if array.ndim == 2:
        _refuse(array, ~(array > 0.0), "cost", "costs are positive; inf excludes a cell")
        zero = np.where(np.isfinite(array), 0.0, np.inf)
        square = array.astype(np.float64) ** 2
        return np.stack([square, zero, square], axis=-1)
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise ArrayError(f"tensor has shape {array.shape}", remedy="give (rows, cols, 3), or (rows, cols) for a cost")
    full = np.array(array, np.float64)
    _refuse(full, np.isnan(full).any(axis=2), "tensor", "decide what unknown means: a cost, or inf to exclude it")
    excluded: NDArray[np.bool_] = np.asarray(np.isposinf(full).any(axis=2))
    rr, rq, qq = np.moveaxis(np.where(excluded[..., None], (1.0, 0.0, 1.0), full), 2, 0)
    steep = (rr > 0.0) & (qq > 0.0) & (rr * qq - rq * rq > FLATTEST * rr * qq)
    _refuse(full, ~steep, "tensor", "give symmetric positive definite ones, (m_rr, m_rq, m_qq); inf excludes a cell")
    full[excluded] = np.inf
    return full


def _refuse(array: NDArray[Any], bad: ArrayLike, name: str, remedy: str) -> None:
    """Raise for the first bad cell."""
    cells: NDArray[np.bool_] = np.asarray(bad)
    if cells.any():
        row, col = (int(x) for x in np.unravel_index(int(cells.argmax()), array.shape[:2]))
        raise ArrayError(f"{name} is {array[row, col]} at row {row}, col {col}", remedy=remedy)


def prepare_tensor(
    tensor: ArrayLike, cell_size: CellSize, *, tolls: NDArray[np.float64] | None = None, memory_limit: int | None = None
) -> Ground:
    """Judge and pad a cost tensor.

    Parameters
    ----------
    tensor
        (rows, cols, 3), or a cost (rows, cols).
    cell_size
        Row and column spacing; each a number or one value per row.
    tolls
        Pieces of toll lines as `TensorPlane` has them, in cells of the raster and prices.
    memory_limit
        Bytes that a solve may use.

    Returns
    -------
    ground
        The padded raster; what it says of costs holds for the cheapest heading at each place.
    """
    from routing.geodesic.line import PAD
    from routing.geodesic.tensor import TensorPlane

    judged = judge_tensor(tensor)
    check_memory(judged.shape[0] * judged.shape[1], memory_limit, per_cell=BYTES_PER_CELL)
    least, most = extreme_costs(judged)
    ground = prepare(least, cell_size, memory_limit=memory_limit)
    height = np.broadcast_to(np.asarray(cell_size[0], np.float64), (ground.rows,)) / ground.unit
    breadth = height * ground.plane.aspect[PAD:-PAD]
    judged *= np.stack([height * height, height * breadth, breadth * breadth], axis=-1)[:, None]
    padded = np.pad(judged, ((PAD, PAD), (PAD, PAD), (0, 0)), constant_values=np.inf).reshape(-1, 3)
    rows = np.empty((0, 8)) if tolls is None else tolls.copy()
    rows[:, :4] += PAD
    rows[:, [4, 7]] /= ground.unit
    plane = TensorPlane(
        *ground.plane,
        np.ascontiguousarray(padded),
        rows,
        np.empty((0, 4), np.int8),
        np.empty(0, np.uint8),
        np.empty(0, np.int64),
        np.empty(0, np.uint32),
        0,
    )
    finite = np.where(np.isfinite(most), most * height[:, None], 0.0)
    return with_plane(replace(ground, highest=float(finite.max(initial=0.0))), plane)


def tensor_plane(ground: Ground) -> TensorPlane:
    """The plane of a ground that :func:`prepare_tensor` made."""
    return cast("TensorPlane", ground.plane)


def with_plane(ground: Ground, plane: TensorPlane) -> Ground:
    """Ground with another plane."""
    return replace(ground, plane=cast("Any", plane))  # the kernels take either kind of plane


def extreme_costs(tensor: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Price per unit length along the cheapest and along the dearest heading; inf where excluded."""
    free = np.isfinite(tensor[..., 0])
    rr, rq, qq = np.moveaxis(np.where(free[..., None], tensor, 1.0), -1, 0)
    high = 0.5 * (rr + qq) + np.hypot(0.5 * (rr - qq), rq)
    low = (rr * qq - rq * rq) / high  # the other root of the characteristic equation, without cancellation
    return np.where(free, np.sqrt(np.abs(low)), np.inf), np.where(free, np.sqrt(high), np.inf)


def subdivide_tensor(ground: Ground) -> Ground:
    """Ground of a small raster with its cells divided, so that prices see the cost between the centres."""
    from routing.geodesic.line import PAD, Plane
    from routing.geodesic.padding import divide_plane

    parts = max(k for k in PARTS if k == 1 or ground.rows * ground.cols * k * k <= FINE_CELLS)
    if parts == 1:
        return ground
    plane = tensor_plane(ground)
    rows, width = ground.rows * parts, ground.cols * parts + 2 * PAD
    fine = np.full((4, (rows + 2 * PAD) * width), np.inf)
    for coarse, divided in zip((plane.cost, *plane.tensor.T), fine, strict=True):
        divide_plane(Plane(np.ascontiguousarray(coarse), plane.width, plane.aspect), parts, divided, width)
    places = (np.arange(rows) + 0.5) / parts - 0.5
    aspect = np.pad(np.interp(places, np.arange(ground.rows), plane.aspect[PAD:-PAD]), PAD, mode="edge")
    tolls = plane.tolls.copy()
    tolls[:, :4] = (tolls[:, :4] - PAD + 0.5) * parts - 0.5 + PAD
    tolls[:, [4, 7]] *= parts
    finer = plane._replace(
        cost=fine[0], width=width, aspect=aspect, tensor=np.ascontiguousarray(fine[1:].T), tolls=tolls
    )
    return with_plane(replace(ground, unit=ground.unit / parts, parts=parts), finer)


def add_stencils(ground: Ground) -> Ground:
    """Ground whose plane has the stencils of the solver."""
    from routing.geodesic.stencil import choose_stencils, count_viewers, list_viewers, mark_tolls, spread

    plane = tensor_plane(ground)
    size = plane.cost.size
    away = np.zeros(size, np.uint8)
    spread(plane, away)
    bare = plane._replace(stencil=np.zeros((size, 4), np.int8), kind=np.zeros(size, np.uint8))
    choose_stencils(bare._replace(tolls=np.empty((0, 8))), away)
    mark_tolls(bare)
    starts = np.zeros(size + 1, np.int64)
    most = int(count_viewers(bare, starts))
    viewers = np.empty(int(starts[-1]), np.uint32)
    list_viewers(bare, starts[:-1].copy(), viewers)
    return with_plane(ground, bare._replace(starts=starts, viewers=viewers, most=most))
