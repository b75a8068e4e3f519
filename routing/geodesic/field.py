"""Fields of prices: what it costs to reach every cell from the nearest source."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.geodesic.enclosure import no_path
from routing.geodesic.ground import ROUGH, Ground, March, Sources, as_points
from routing.geodesic.path import GeodesicPath, polish, trace, trace_graph

__all__ = ["Field"]

# Where the cost is steep, or a path this much dearer than its field said, the 8-neighbour graph is asked too: where
# less than 10 % of neighbours differ twofold a field has not been seen to miss the valley.
SURPRISE = 1.1
NOWHERE = np.empty((0, 2))
SPARE = 2  # used arrays that a grid keeps


class Field:
    """Prices from one or several sources; made by :meth:`CostGrid.field`.

    Examples
    --------
    >>> import numpy as np
    >>> from routing.geodesic import CostGrid
    >>> field = CostGrid(np.ones((5, 5))).field((0, 0))
    >>> round(field.value_at((3, 4)), 2)
    5.0
    >>> field.path_to((3, 4)).points[[0, -1]].tolist()
    [[0.0, 0.0], [3.0, 4.0]]
    """

    def __init__(
        self,
        grounds: tuple[Ground, Ground],
        sources: NDArray[np.float64],
        *,
        start_prices: NDArray[np.float64],
        targets: NDArray[np.float64],
        spare: list[NDArray[Any]],
    ) -> None:
        self._ground, self._fine = grounds
        self._asked = sources
        free = np.fromiter((self._ground.is_free(point) for point in sources), np.bool_, len(sources))
        self._points, prices = sources[free], start_prices[free]
        self._spare = spare
        # The lowest start price is added back at the end, so that it costs no digits.
        self._base = float(prices.min()) if len(prices) else 0.0
        self._extra = prices - self._base
        self._march = self._solve(targets)

    def _sources(self, ground: Ground) -> Sources:
        return Sources(ground.pad(self._points), self._extra / ground.unit)

    def _solve(self, targets: NDArray[np.float64] = NOWHERE, *, method: str = "field") -> March:
        from routing.geodesic.marching import march

        ground = self._ground if method == "graph" else self._fine
        result = march(ground, self._sources(ground), ground.pad(targets), spare=self._spare, method=method)
        # The array serves the next field once this one is gone.
        self._reuse = weakref.finalize(result, _give_back, result.cells, self._spare)
        self._reuse.atexit = False
        return result

    @cached_property
    def distance(self) -> NDArray[Any]:
        """Price of every cell centre, (rows, cols); in single precision if the cost is held in it.

        It is inf where no source leads, and beyond the farthest target if the
        field stopped there. Second-order accurate, neither an upper nor a lower bound.
        """
        return self._extract(np.empty(self._fine.rows * self._fine.cols, self._ground.plane.cost.dtype))

    def release_distance(self) -> NDArray[Any]:
        """`distance` in the memory of the field, which is of no use afterwards."""
        cells, ground = self._march.cells, self._fine
        if cells.dtype != self._ground.plane.cost.dtype:
            return self.distance
        self._reuse.detach()
        result = self._extract(cells)
        del cells, result
        self._march.cells.resize(ground.rows * ground.cols, refcheck=False)
        return self._march.cells.reshape(ground.rows, ground.cols)

    def _extract(self, result: NDArray[Any]) -> NDArray[Any]:
        """Prices of the centres at the beginning of a flat array, which may be that of the cells."""
        from routing.geodesic.padding import extract

        m, ground = self._march, self._fine
        shape = ground.rows, ground.cols
        extract(m.cells, (*shape, ground.parts), (m.width * ground.unit, self._base, m.below), result)
        return result[: shape[0] * shape[1]].reshape(shape)

    @property
    def cells_solved(self) -> int:
        """Number of cells of the raster that got a price."""
        return -(-self._march.touched // self._fine.parts**2)

    def value_at(self, point: ArrayLike) -> float:
        """Price at any point; inf where no source leads.

        Parameters
        ----------
        point
            Row, col; may be fractional.

        Returns
        -------
        price
            Interpolated between cell centres.

        Examples
        --------
        >>> import numpy as np
        >>> from routing.geodesic import CostGrid
        >>> round(CostGrid(np.ones((1, 9))).field((0, 0)).value_at((0, 4.5)), 5)
        4.5
        """
        place = as_points(point, "point", shape=(2,))
        value = self._raw_value(place)
        if value >= self._march.below and self._march.below < self._march.far:
            self._march = self._solve()
            value = self._raw_value(place)
        return value * self._march.width * self._fine.unit + self._base

    def _raw_value(self, point: NDArray[np.float64]) -> float:
        """Price at a point in bucket widths."""
        from routing.geodesic.descent import price_at

        if not self._ground.is_free(point):
            return np.inf
        m, plane, sources = self._march, self._fine.plane, self._sources(self._fine)
        r, q = self._fine.pad(point).tolist()
        starts, scale = (sources.points, sources.prices), (1.0 / m.width, m.far)
        return float(price_at(m.cells, plane, (r, q), starts, m.seeds, m.owners, scale))

    def path_to(self, end: ArrayLike) -> GeodesicPath:
        """Least-cost path from the nearest source to a point.

        Parameters
        ----------
        end
            Row, col; may be fractional.

        Returns
        -------
        path
            Traced through the field and polished; `cost` is its exact line
            integral, without the start price of the source.

        Raises
        ------
        NoPathError
            If exclusions separate the point from every source.

        Examples
        --------
        >>> import numpy as np
        >>> from routing.geodesic import CostGrid
        >>> CostGrid(np.full((3, 9), 2.0)).field((1, 0)).path_to((1, 8)).cost
        16.0
        """
        place = as_points(end, "end", shape=(2,))
        value = self.value_at(place)
        if not np.isfinite(value):
            raise no_path(self._ground, self._asked, place)
        path = self._polished(self._trace(place))
        if self._ground.steep > ROUGH or path.cost > SURPRISE * value:
            other = self._polished(self._graph_path(place))
            if self._total(other) < self._total(path):
                path = other
        return path

    def _polished(self, line: NDArray[np.float64]) -> GeodesicPath:
        points, price = polish(self._ground, line)
        return GeodesicPath(points, price * self._ground.unit, cells_solved=self.cells_solved)

    def _total(self, path: GeodesicPath) -> float:
        """Price with the start price of the source at which a path begins."""
        at_start = (self._points == path.points[0]).all(axis=1)
        return path.cost + float(self._extra[at_start].min())

    def _trace(self, end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Polyline from source to end down the field."""
        line = self._descend(end)
        if line is None:  # prices too coarse to tell neighbours apart
            self._march = self._solve(method="double")
            line = self._descend(end)
        return line if line is not None else self._graph_path(end)

    def _descend(self, end: NDArray[np.float64]) -> NDArray[np.float64] | None:
        ground = self._fine
        found = trace(ground, self._march, self._sources(ground).points, ground.pad(end))
        if found is None:
            return None
        source, line = found
        points = ground.unpad(line)
        points[[0, -1]] = self._points[source], end
        return points

    def _graph_path(self, end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Polyline from source to end along the 8-neighbour graph."""
        ground = self._ground
        source, line = trace_graph(ground, self._graph, self._sources(ground).points, ground.pad(end))
        points = ground.unpad(line)
        points[[0, -1]] = self._points[source], end
        return points

    @cached_property
    def _graph(self) -> March:
        return self._solve(method="graph")


def _give_back(cells: NDArray[Any], spare: list[NDArray[Any]]) -> None:
    """Keep a used array, but not many."""
    if len(spare) < SPARE:
        spare.append(cells)
