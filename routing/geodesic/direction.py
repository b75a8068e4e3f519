"""Paths and prices under costs that depend on direction, with tolls for the lines that are crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.enclosure import no_path
from routing.geodesic.ground import CellSize, as_points
from routing.geodesic.heading import prepare_tensor
from routing.geodesic.passage import Passage
from routing.geodesic.path import GeodesicPath
from routing.geodesic.tolls import Toll, pieces_of

__all__ = ["directed_path", "directed_price"]

STRAIGHT = 1e-9  # radians: a vertex at which a polyline turns less than this is none


def directed_price(
    tensor: ArrayLike, points: ArrayLike, *, cell_size: CellSize = (1.0, 1.0), tolls: Sequence[Toll] = ()
) -> float:
    """Exact price of a polyline under a cost that depends on direction.

    Parameters
    ----------
    tensor
        At cell centres (m_rr, m_rq, m_qq), (rows, cols, 3): a step (dr, dq) in lengths costs
        the root of m_rr dr**2 + 2 m_rq dr dq + m_qq dq**2; inf = excluded. Bilinear between
        centres. A raster (rows, cols) is a cost c without direction, the tensor c**2 I.
    points
        Row, col of the vertices, (n, 2).
    cell_size
        Row spacing and column spacing; each a number or one value per row.
    tolls
        Lines to pay for at each crossing.

    Returns
    -------
    price
        inf if the polyline enters an excluded cell, leaves the raster or crosses a line
        too obliquely or without the straight length that it asks for.

    Raises
    ------
    ArrayError
        If the tensor or the points cannot be used.

    Notes
    -----
    Between four centres the price is the integral of the root of a quadratic polynomial;
    Gauss-Legendre quadrature on stretches that are short enough for a relative accuracy
    of 1e-10. A row spacing that varies is a factor of the tensor of its row.

    Examples
    --------
    >>> import numpy as np
    >>> tensor = np.broadcast_to([4.0, 0.0, 9.0], (3, 5, 3))
    >>> directed_price(tensor, [(0, 0), (2, 0)]), directed_price(tensor, [(0, 0), (0, 2)])
    (4.0, 6.0)
    >>> directed_price(tensor, [(0, 0), (0, 2)], tolls=[Toll([(-0.5, 1), (2.5, 1)], 10.0)])
    16.0
    """
    from routing.geodesic.line import polyline_price

    vertices = as_points(points, "points", shape=(-1, 2))
    if not len(vertices):
        raise ArrayError("points are empty", remedy="give at least one vertex")
    ground = prepare_tensor(tensor, cell_size, tolls=pieces_of(tolls))
    if not bool(ground.contains(vertices).all()):
        return np.inf
    line = _without_straight_vertices(ground.pad(vertices))
    return float(polyline_price(ground.plane, line)) * ground.unit


def directed_path(  # noqa: PLR0913 (the documented signature)
    tensor: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    *,
    cell_size: CellSize = (1.0, 1.0),
    tolls: Sequence[Toll] = (),
    tolerance: float | None = None,
    memory_limit: int | None = None,
) -> GeodesicPath:
    """Least-cost path under a cost that depends on direction.

    Parameters
    ----------
    tensor
        At cell centres (m_rr, m_rq, m_qq), (rows, cols, 3), or a cost without direction
        (rows, cols), as for :func:`directed_price`; inf = excluded.
    start, end
        Row, col; may be fractional.
    cell_size
        Row spacing and column spacing; each a number or one value per row.
    tolls
        Lines to pay for at each crossing.
    tolerance
        Wanted relative gap between the path and a proven lower bound, which refines until it is
        reached or more work would not pay; None = no bound is computed. Tolls are no part of
        the bound.
    memory_limit
        Bytes that the solve may use; default 80 % of the machine's memory.

    Returns
    -------
    path
        The path; the one from end to start is the same, reversed.

    Raises
    ------
    NoPathError
        If exclusions, or lines that can be crossed nowhere as they ask, separate the ends.
    ArrayError
        If the tensor or a point cannot be used.

    Notes
    -----
    Prices come from an upwind scheme on stencils that follow the metric [1]_, the way back
    from exact prices of straight lines, and that polyline is relaxed in the exact price.
    With tolls, prices jump at the lines; each crossing becomes a straight leg whose place
    and angle are optimised together with the rest. Ways round the lines that are crossed
    are tried too, and the cheapest is kept.

    References
    ----------
    .. [1] J.-M. Mirebeau, "Anisotropic fast-marching on Cartesian grids using lattice basis
       reduction", SIAM Journal on Numerical Analysis 52 (2014) 1573-1599.

    Examples
    --------
    >>> import numpy as np
    >>> tensor = np.broadcast_to([4.0, 0.0, 9.0], (30, 40, 3))
    >>> path = directed_path(tensor, (2, 3), (26, 35))
    >>> round(path.cost, 6)  # the root of 4 * 24**2 + 9 * 32**2
    107.331263
    """
    if tolerance is not None and not tolerance > 0:
        raise ArrayError(f"tolerance is {tolerance}", remedy="give a positive relative gap, or None")
    ground = prepare_tensor(tensor, cell_size, tolls=pieces_of(tolls), memory_limit=memory_limit)
    ends = np.stack([as_points(start, "start", shape=(2,)), as_points(end, "end", shape=(2,))])
    if not (ground.is_free(ends[0]) and ground.is_free(ends[1])):
        raise no_path(ground, ends[:1], ends[1])
    if bool((ends[0] == ends[1]).all()):
        return GeodesicPath(ends, 0.0, lower_bound=None if tolerance is None else 0.0)
    # Always solved from the same end, so that there and back are one path.
    swap = tuple(ends[0]) > tuple(ends[1])
    groups = np.repeat(np.arange(len(tolls)), [len(pieces_of([toll])) for toll in tolls])
    path = Passage(ground, ends[::-1] if swap else ends, groups).best()
    if swap:
        path = replace(path, points=path.points[::-1].copy())
    if tolerance is None:
        return path
    from routing.geodesic.duality import bound_ground

    found = bound_ground(ground, ends, path.cost, tolerance=tolerance)
    return replace(path, lower_bound=found.lower_bound)


def _without_straight_vertices(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Polyline without the vertices at which it goes straight on, so that straight lengths are seen whole."""
    kept = [0]
    for k in range(1, len(line) - 1):
        before, after = line[k] - line[kept[-1]], line[k + 1] - line[k]
        turn = float(before[0] * after[1] - before[1] * after[0])
        if abs(turn) > STRAIGHT * np.hypot(*before) * np.hypot(*after) or float(before @ after) < 0.0:
            kept.append(k)
    return np.ascontiguousarray(line[[*kept, len(line) - 1]])
