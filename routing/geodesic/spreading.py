"""Fields that begin everywhere: each cell has a price to start from, and the cheapest way to every cell is wanted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.eikonal import BATCH
from routing.geodesic.front import CHUNK, KEY
from routing.geodesic.ground import Ground
from routing.geodesic.line import PAD
from routing.geodesic.marching import (
    FAR32,
    FAR64,
    _bucket_width,
    _field_solver,
    _grow,
    _load,
    _needs_double,
    _new_front,
    _run,
)
from routing.geodesic.padding import extract

__all__ = ["SCATTERED", "as_start", "coarsen", "spread"]

SCATTERED = 64  # cells up to which starts are taken for sources, each with its ball of straight rays
EVERYTHING = (np.empty(0, np.uint32), 1 << 60)  # no target to stop at
WIDEN = 256.0  # as marching does when prices outgrow the number format


def as_start(start: ArrayLike, ground: Ground) -> NDArray[np.float64]:
    """Start prices of a raster's cells, judged; inf in excluded cells."""
    prices = np.array(start, np.float64)
    if prices.shape != (ground.rows, ground.cols):
        raise ArrayError(f"start has shape {prices.shape}", remedy=f"give one of {(ground.rows, ground.cols)}")
    if bool(np.isnan(prices).any()):
        raise ArrayError(f"start is NaN at {tuple(np.argwhere(np.isnan(prices))[0].tolist())}", remedy="inf is none")
    if bool((prices < 0).any()):
        raise ArrayError(f"start price {prices.min():g} is negative", remedy="add a constant to all of them")
    prices[~ground.free_mask()] = np.inf
    return prices


def spread(ground: Ground, start: NDArray[np.float64], *, spare: list[NDArray[Any]]) -> NDArray[Any]:
    """Least price of every cell centre from start prices at centres.

    Parameters
    ----------
    ground
        The raster, not divided: starts are known at centres only.
    start
        Judged by `as_start`, some finite.
    spare
        Used arrays of cells, to take from and to give back to.

    Returns
    -------
    distance
        (rows, cols); inf where no start leads.

    Notes
    -----
    Every finite cell is queued at its start price and none is frozen, so that the
    upwind update lowers whatever a neighbour reaches more cheaply.
    """
    base = float(start.min())
    full = np.full((ground.rows + 2 * PAD, ground.plane.width), np.inf)
    full[PAD:-PAD, PAD:-PAD] = (start - base) / ground.unit
    seeds = np.flatnonzero(full.ravel() < np.inf)
    begun = full.ravel()[seeds]
    width, double = _bucket_width(ground), _needs_double(ground)
    while True:
        cells = _load(ground, width, double=double, spare=spare)
        cells[2 * seeds] = begun / width
        front = _roomy(_new_front(ground, cells, width, seeds[:1]), len(seeds))
        front.state[KEY] = 0
        _, end = _run(_field_solver(ground, cells, seeds, EVERYTHING), front)
        if end == "done":
            break
        width, double = (width, True) if end == "imprecise" and not double else (width * WIDEN, double)
        spare.append(cells)
    result = np.empty(ground.rows * ground.cols, ground.plane.cost.dtype)
    scale = (width * ground.unit, base, FAR64 if double else FAR32)
    extract(cells, (ground.rows, ground.cols, 1), scale, result)
    spare.append(cells)
    return result.reshape(ground.rows, ground.cols)


def _roomy(front: Any, seeds: int) -> Any:  # noqa: ANN401 (a Front; numba's named tuples are not subscripted)
    """A queue with room for so many seeds: a chunk for every bucket, and those that the seeds fill."""
    while len(front.following) < len(front.tail) + seeds // CHUNK + 4 * (BATCH + CHUNK):
        front = _grow(front)
    return front


def coarsen(
    ground: Ground, block: int, *, below: bool
) -> tuple[NDArray[np.float64], tuple[float, NDArray[np.float64]]]:
    """Cost and cell size of a raster of blocks of cells: the mean of the free cells of each, or nowhere dearer.

    A block is free if any of its cells is: what hangs together does so afterwards.

    Notes
    -----
    A block has a part in the cost of a point that lies less than a block from its centre, along rows and along
    columns. So a raster that gives each block the least cost of the cells that any of these points is
    interpolated from is nowhere dearer, between centres too.
    """
    cost = ground.inner_cost.astype(np.float64)
    rows, cols = -(-ground.rows // block), -(-ground.cols // block)
    pad = ((0, rows * block - ground.rows), (0, cols * block - ground.cols))
    tiles = np.pad(cost, pad, constant_values=np.inf).reshape(rows, block, cols, block)
    aspect = np.pad(ground.plane.aspect[PAD:-PAD], pad[0], mode="edge").reshape(rows, block)
    count = np.isfinite(tiles).sum(axis=(1, 3))
    if below:
        blocks, aspects = _least_near(_least_near(cost, block, 0), block, 1), _least_near(aspect.ravel(), block, 0)
    else:
        blocks = np.where(np.isfinite(tiles), tiles, 0.0).sum(axis=(1, 3)) / np.maximum(count, 1)
        aspects = aspect.mean(axis=1)
    return np.where(count > 0, blocks, np.inf), (ground.unit * block, aspects * ground.unit * block)


def _least_near(values: NDArray[np.float64], block: int, axis: int) -> NDArray[np.float64]:
    """Least of the values from which points less than a block from the centre of each block are interpolated."""
    middle, size = (block - 1) / 2.0, values.shape[axis]
    first, last = math.floor(middle - block), math.ceil(middle + block)
    blocks = -(-size // block)
    edges = [(0, 0)] * values.ndim
    edges[axis] = (-first, blocks * block + last - size)
    wide = np.moveaxis(np.pad(values, edges, mode="edge"), axis, 0)
    near = [wide[k : k + blocks * block : block] for k in range(last - first + 1)]
    return np.moveaxis(np.minimum.reduce(near), 0, axis)
