"""Smooth quantities worked out on few nodes and spread over many cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing.grid import Grid, Raster, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["node_xy", "nodes_around", "spread"]


def nodes_around(grid: Grid, *, spacing_m: float, margin_m: float) -> Grid:
    """Coarse cells, whose centres are the nodes, over a grid and a margin around it.

    Examples
    --------
    >>> nodes_around(Grid(2, 2, 0.0, 2e3, 1e3, 1e3, "EPSG:32639"), spacing_m=1e4, margin_m=1e4).shape
    (3, 3)
    """
    left, bottom, right, top = grid.bounds
    bounds = (left - margin_m, bottom - margin_m, right + margin_m, top + margin_m)
    return Grid.cover(bounds, crs=grid.crs, cell_size=spacing_m)


def node_xy(nodes: Grid) -> NDArray[np.float64]:
    """Coordinates (n, 2) of all nodes, row by row."""
    rows, cols = np.indices(nodes.shape)
    return nodes.to_xy(np.column_stack([rows.ravel(), cols.ravel()]))


def spread(values: NDArray[np.float64], nodes: Grid, grid: Grid) -> NDArray[np.float32]:
    """Bilinear values of the nodes at every cell."""
    return warp(Raster(values.astype(np.float32), nodes), grid).values
