"""The public functions on bare arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.bound import Certificate, Prover
from routing.geodesic.enclosure import no_path
from routing.geodesic.field import Field
from routing.geodesic.ground import CellSize, Ground, as_points, prepare, subdivide
from routing.geodesic.path import GeodesicPath

if TYPE_CHECKING:
    from routing.geodesic.minorant import Minorant

__all__ = ["CostGrid", "distance_field", "least_cost_path", "path_cost"]


class CostGrid:
    """A cost raster that is judged and padded once and then used many times.

    Parameters
    ----------
    cost
        Price per unit length at cell centres, (rows, cols), positive; inf = excluded.
        Bilinear between centres, constant in the outer half cell, excluded outside.
    cell_size
        Row spacing and column spacing in the unit of length; each a number or one
        value per row.
    memory_limit
        Bytes that a solve may use; default 80 % of the machine's memory.

    Raises
    ------
    ArrayError
        If the raster cannot be used; NaN is refused because it means "unknown".
    ResourceError
        If a solve would need more than `memory_limit`.

    Examples
    --------
    >>> import numpy as np
    >>> grid = CostGrid(np.full((3, 5), 2.0), cell_size=(10.0, 10.0))
    >>> grid.price([(1, 0), (1, 4)])
    80.0
    >>> grid.field((1, 0)).path_to((1, 4)).cost
    80.0
    """

    def __init__(self, cost: ArrayLike, *, cell_size: CellSize = (1.0, 1.0), memory_limit: int | None = None) -> None:
        self._ground = prepare(cost, cell_size, memory_limit=memory_limit)
        self._fine: Ground | None = None
        self._prover = Prover(self._ground)
        self._spare: list[NDArray[Any]] = []  # arrays of cells of fields that are gone

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._ground.rows, self._ground.cols

    @property
    def cost(self) -> NDArray[np.floating]:
        """Price per unit of length at cell centres, (rows, cols), inf where excluded; not to be written to.

        Where rows differ in height, per height of the row over :attr:`row_spacing`.
        """
        return self._ground.inner_cost

    @property
    def row_spacing(self) -> float:
        """Height of a row in the unit of length."""
        return self._ground.unit

    def field(
        self, sources: ArrayLike, *, start_prices: ArrayLike | None = None, targets: ArrayLike | None = None
    ) -> Field:
        """Prices to reach every cell from the nearest source.

        Parameters
        ----------
        sources
            One point (row, col) or several (k, 2). Those in excluded cells lead nowhere.
        start_prices
            Price to pay at each source, (k,); default none.
        targets
            Points (k, 2) after which to stop: the field is complete up to the
            farthest of them.

        Returns
        -------
        field
            The field.

        Examples
        --------
        >>> import numpy as np
        >>> field = CostGrid(np.ones((1, 5))).field([(0, 0), (0, 4)], start_prices=[0.0, 1.0])
        >>> field.distance.round(3)
        array([[0., 1., 2., 2., 1.]])
        """
        points = as_points(sources, "sources", shape=(-1, 2))
        prices = _start_prices(start_prices, len(points))
        goals = np.empty((0, 2))
        if targets is not None:
            goals = as_points(targets, "targets", shape=(-1, 2))
            goals = goals[self._ground.contains(goals)]
        if self._fine is None:
            self._fine = subdivide(self._ground)
        return Field((self._ground, self._fine), points, start_prices=prices, targets=goals, spare=self._spare)

    def spread(self, start: ArrayLike) -> NDArray[Any]:
        """Least price of every cell when each has a price to start from.

        Parameters
        ----------
        start
            Price at each cell centre, (rows, cols), not negative; inf where nothing starts.

        Returns
        -------
        distance
            min over cells y of start(y) + price from y to the cell; inf where no start leads.
            Second-order accurate, not a bound.

        Raises
        ------
        ArrayError
            If `start` has another shape, or holds NaN or negative prices.

        Notes
        -----
        A few starts are a field with start prices; many are solved on the raster's own cells.

        Examples
        --------
        >>> import numpy as np
        >>> CostGrid(np.ones((1, 5))).spread([[0.0, 9.0, 9.0, 2.5, np.inf]]).round(3)
        array([[0. , 1. , 2. , 2.5, 3.5]])
        """
        from routing.geodesic.spreading import SCATTERED, as_start, spread

        prices = as_start(start, self._ground)
        places = np.argwhere(prices < np.inf)
        if len(places) <= SCATTERED:
            return self.field(places, start_prices=prices[prices < np.inf]).release_distance()
        return spread(self._ground, prices, spare=self._spare)

    def coarsened(self, block: int, *, below: bool = False) -> CostGrid:
        """The same raster in blocks of cells, at the mean cost of the free cells of each.

        Parameters
        ----------
        block
            Cells per side of a block. A row becomes (row + 0.5) / block - 0.5, a column likewise.
        below
            Whether the blocks shall be nowhere dearer than the cells, for lower bounds, with two
            cells or more to a block; their mean is for a first look.

        Returns
        -------
        grid
            A block is free if any of its cells is.

        Raises
        ------
        ArrayError
            If `block` is below 1, or below 2 for lower bounds.

        Examples
        --------
        >>> CostGrid([[1.0, 3.0, 5.0], [1.0, float("inf"), 5.0]]).coarsened(2).price([(0, 0), (0, 1)])
        6.666666666666667
        """
        from routing.geodesic.spreading import coarsen

        least = 2 if below else 1
        if block < least:
            raise ArrayError(f"block is {block}", remedy=f"give at least {least}")
        cost, cell_size = coarsen(self._ground, block, below=below)
        return CostGrid(cost, cell_size=cell_size)

    def price(self, points: ArrayLike) -> float:
        """Exact line integral of the cost along a polyline.

        Parameters
        ----------
        points
            Row, col of the vertices, (n, 2).

        Returns
        -------
        price
            inf if the polyline enters an excluded cell, squeezes between two that
            touch at a corner, or leaves the raster.

        Examples
        --------
        >>> import numpy as np
        >>> CostGrid([[1.0, 3.0]]).price([(0, 0), (0, 1)])
        2.0
        """
        from routing.geodesic.line import polyline_price

        vertices = as_points(points, "points", shape=(-1, 2))
        if not len(vertices):
            raise ArrayError("points are empty", remedy="give at least one vertex")
        if not bool(self._ground.contains(vertices).all()):
            return np.inf
        return float(polyline_price(self._ground.plane, self._ground.pad(vertices))) * self._ground.unit

    def prices(self, segments: ArrayLike) -> NDArray[np.float64]:
        """Exact line integrals along many straight segments.

        Parameters
        ----------
        segments
            Both ends of each, (k, 2, 2).

        Returns
        -------
        prices
            One per segment; inf where it is blocked.

        Examples
        --------
        >>> import numpy as np
        >>> CostGrid([[1.0, 3.0, np.inf]]).prices([[(0, 0), (0, 1)], [(0, 0), (0, 2)]])
        array([ 2., inf])
        """
        from routing.geodesic.line import segment_prices

        ends = as_points(segments, "segments", shape=(-1, 2, 2))
        ends[~self._ground.contains(ends).all(axis=1)] = np.nan
        prices = np.empty(len(ends))
        segment_prices(self._ground.plane, self._ground.pad(ends), prices)
        return prices * self._ground.unit

    def is_clear(self, points: ArrayLike) -> bool:
        """Whether a polyline stays on the raster and out of every exclusion.

        Parameters
        ----------
        points
            Row, col of the vertices, (n, 2).

        Returns
        -------
        clear
            True if it may be laid.

        Examples
        --------
        >>> import numpy as np
        >>> CostGrid([[1.0, np.inf, 1.0]]).is_clear([(0, 0), (0, 2)])
        False
        """
        return bool(self.price(points) < np.inf)

    def certify(
        self,
        start: ArrayLike,
        end: ArrayLike,
        price: float,
        *,
        tolerance: float = 0.005,
        threads: int | None = None,
    ) -> Certificate:
        """Prove how far the price of a path can be from the optimum.

        Parameters
        ----------
        start, end
            Row, col of two points that a path joins.
        price
            Price of any admissible path between them; the cheaper, the faster.
        tolerance
            Relative gap at which to stop.
        threads
            Most threads to use; the answer does not depend on it.

        Returns
        -------
        certificate
            The proven lower bound, and whether it came within the tolerance.

        Examples
        --------
        >>> import numpy as np
        >>> grid = CostGrid(np.ones((30, 40)))
        >>> grid.certify((2, 3), (26, 35), 40.0).reached
        True
        """
        ends = np.stack([as_points(start, "start", shape=(2,)), as_points(end, "end", shape=(2,))])
        return self._prover.certify(ends, price, tolerance=tolerance, threads=threads)

    def minorant(
        self,
        sources: ArrayLike,
        *,
        start_prices: ArrayLike | None = None,
        parts: int = 2,
        within: NDArray[np.bool_] | None = None,
    ) -> Minorant:
        """Prove lower bounds on the price of reaching every cell from the nearest source.

        Parameters
        ----------
        sources
            Cells (row, col), one or several (k, 2).
        start_prices
            Price to pay at each source, (k,); default none.
        parts
            Elements per side of a cell, 2, 4, ... 32: more give a better bound and take longer.
        within
            Cells that matter, (rows, cols); ways that leave them are not looked at. None: all.

        Returns
        -------
        bounds
            For the centre, and for all points, of each cell.

        Examples
        --------
        >>> import numpy as np
        >>> bounds = CostGrid(np.ones((20, 30))).minorant((10, 5))
        >>> bool(14.5 < bounds.value[10, 20] <= 15.0), bool(13.9 < bounds.floor[10, 20] <= 14.5)
        (True, True)
        """
        cells = np.rint(as_points(sources, "sources", shape=(-1, 2))).astype(np.intp)
        prices = np.full(self.shape, np.inf)
        np.minimum.at(prices, (cells[:, 0], cells[:, 1]), _start_prices(start_prices, len(cells)))
        return self._prover.minorant(prices, parts=parts, within=within)

    def minorant_above(
        self,
        floors: ArrayLike,
        *,
        parts: int = 2,
        within: NDArray[np.bool_] | None = None,
        rounds: int | None = None,
    ) -> Minorant:
        """Prove lower bounds on reaching every cell from any place at all, each with its price.

        Parameters
        ----------
        floors
            What starting at any point of a cell costs at least, (rows, cols); inf where nothing starts.
        parts, within
            As for :meth:`minorant`.
        rounds
            Most fields that are solved, 1 or more; None: as many as pay.

        Returns
        -------
        bounds
            For the centre, and for all points, of each cell: below min over y of floors(y) + price from y.

        Examples
        --------
        >>> import numpy as np
        >>> floors = np.full((20, 30), np.inf)
        >>> floors[10, 5], floors[10, 25] = 3.0, 0.0
        >>> bounds = CostGrid(np.ones((20, 30))).minorant_above(floors)
        >>> bool(bounds.floor[10, 5] <= 3.0), bool(9.0 < bounds.value[10, 15] <= 10.0)
        (True, True)
        """
        prices = np.asarray(floors, np.float64)
        if prices.shape != self.shape or bool((~(prices >= 0)).any()):
            raise ArrayError(
                f"floors of shape {prices.shape}", remedy=f"give {self.shape} prices, neither NaN nor below 0"
            )
        return self._prover.minorant(prices, parts=parts, within=within, whole=True, rounds=rounds)


def least_cost_path(  # noqa: PLR0913 (the documented signature)
    cost: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    *,
    cell_size: CellSize = (1.0, 1.0),
    tolerance: float | None = None,
    threads: int | None = None,
    memory_limit: int | None = None,
) -> GeodesicPath:
    """Least-cost continuous path between two points of a cost raster.

    Parameters
    ----------
    cost
        Price per unit length at cell centres, (rows, cols), positive; inf = excluded.
    start, end
        Row, col; may be fractional.
    cell_size
        Row spacing and column spacing; each a number or one value per row.
    tolerance
        Wanted relative gap between the path and a proven lower bound, which refines until it is
        reached or more work would not pay; None = no bound is computed.
    threads
        Most threads to use; the answer does not depend on it.
    memory_limit
        Bytes that the solve may use; default 80 % of the machine's memory.

    Returns
    -------
    path
        The path; the one from end to start is the same, reversed.

    Raises
    ------
    NoPathError
        If an end is excluded or exclusions separate the two.
    ArrayError
        If the raster or a point cannot be used.

    Notes
    -----
    The eikonal equation |grad T| = c is solved upwind to second order [1]_ on a bucket
    queue [2]_, a descent of T gives a path, and that is relaxed in the exact cost. The
    cells of rasters below a million cells are divided for the solve. Where neighbours
    differ more than twofold, the best path of the 8-neighbour graph is relaxed too and
    the cheaper one is kept.

    References
    ----------
    .. [1] J. A. Sethian, "Fast marching methods", SIAM Review 41 (1999) 199-235.
    .. [2] L. Yatziv, A. Bartesaghi, G. Sapiro, "O(N) implementation of the fast
       marching algorithm", Journal of Computational Physics 212 (2006) 393-399.

    Examples
    --------
    >>> import numpy as np
    >>> path = least_cost_path(np.ones((30, 40)), (2, 3), (26, 35))
    >>> round(path.cost, 9)
    40.0
    """
    _check_options(tolerance, threads)
    grid = CostGrid(cost, cell_size=cell_size, memory_limit=memory_limit)
    ends = np.stack([as_points(start, "start", shape=(2,)), as_points(end, "end", shape=(2,))])
    ground = grid._ground  # noqa: SLF001 (same module)
    if not (ground.is_free(ends[0]) and ground.is_free(ends[1])):
        raise no_path(ground, ends[:1], ends[1])
    if bool((ends[0] == ends[1]).all()):
        return GeodesicPath(ends, 0.0, lower_bound=None if tolerance is None else 0.0)
    # Always solved from the same end, so that there and back are one path.
    swap = tuple(ends[0]) > tuple(ends[1])
    source, target = (ends[1], ends[0]) if swap else (ends[0], ends[1])
    field = grid.field(source, targets=target)
    if not np.isfinite(field.value_at(target)):
        raise no_path(ground, ends[:1], ends[1])
    path = field.path_to(target)
    if swap:
        path = replace(path, points=path.points[::-1].copy())
    if tolerance is None:
        return path
    found = grid.certify(ends[0], ends[1], path.cost, tolerance=tolerance, threads=threads)
    return replace(path, lower_bound=found.lower_bound)


def _start_prices(given: ArrayLike | None, count: int) -> NDArray[np.float64]:
    """Start price of each source."""
    if given is None:
        return np.zeros(count)
    prices = as_points(given, "start_prices", shape=(count,))
    if bool((prices < 0).any()):
        raise ArrayError(f"start price {prices.min():g} is negative", remedy="add a constant to all of them")
    return prices


def _check_options(tolerance: float | None, threads: int | None) -> None:
    if tolerance is not None and not tolerance > 0:
        raise ArrayError(f"tolerance is {tolerance}", remedy="give a positive relative gap, or None")
    if threads is not None and threads < 1:
        raise ArrayError(f"threads is {threads}", remedy="give at least 1, or None")


def distance_field(
    cost: ArrayLike,
    sources: ArrayLike,
    *,
    cell_size: CellSize = (1.0, 1.0),
    threads: int | None = None,
    memory_limit: int | None = None,
) -> NDArray[Any]:
    """Price to reach every cell from the nearest of some sources.

    Parameters
    ----------
    cost
        Price per unit length at cell centres, (rows, cols), positive; inf = excluded.
    sources
        One point (row, col) or several (k, 2).
    cell_size
        Row spacing and column spacing; each a number or one value per row.
    threads
        Most threads to use; the answer does not depend on it.
    memory_limit
        Bytes that the solve may use; default 80 % of the machine's memory.

    Returns
    -------
    distance
        (rows, cols); inf where no source leads. Second-order accurate, not a bound.
        Float32 if `cost` has no more digits (float32, float16, integers of 8 or 16 bits)
        and the row spacing does not vary, else float64.

    Examples
    --------
    >>> import numpy as np
    >>> distance_field([[1.0, 1.0, 1.0], [1.0, 1.0, np.inf]], (0, 0)).round(3)
    array([[0.   , 1.   , 2.   ],
           [1.   , 1.414,   inf]])
    """
    _check_options(None, threads)
    return CostGrid(cost, cell_size=cell_size, memory_limit=memory_limit).field(sources).release_distance()


def path_cost(cost: ArrayLike, points: ArrayLike, *, cell_size: CellSize = (1.0, 1.0)) -> float:
    """Exact line integral of the cost along a polyline.

    Parameters
    ----------
    cost
        Price per unit length at cell centres, (rows, cols), positive; inf = excluded.
    points
        Row, col of the vertices, (n, 2).
    cell_size
        Row spacing and column spacing; each a number or one value per row.

    Returns
    -------
    price
        inf if the polyline enters an excluded cell or leaves the raster.

    Notes
    -----
    Between four centres the cost is bilinear, so that its integral along a segment
    is a cubic polynomial there and is evaluated in closed form. Where corners are
    excluded, Gauss-Legendre quadrature with 8 points; where the column spacing varies,
    with 3.

    Examples
    --------
    >>> path_cost([[1.0, 3.0], [1.0, 3.0]], [(0, 0), (1, 1)], cell_size=(3.0, 4.0))
    10.0
    """
    return CostGrid(cost, cell_size=cell_size).price(points)
