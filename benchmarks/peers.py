"""Other programs on the same terrain: fields and routes of those that are installed.

Making their input (graph, speed, mask) is not timed, only the call is: this favours the
peers. Prices of eikonal solvers are those of the continuous problem, prices of graphs
those of 8 neighbours.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from terrain import Cell
from tracer import trace

__all__ = ["FIELDS", "ROUTES", "eight_neighbours", "fields", "routes"]

Cost = NDArray[np.floating]
Prices = NDArray[np.float64]
BARRED = 1e-3  # speed in excluded cells over the least elsewhere, for solvers that have no mask
GRAPH_CELLS = 5_000_000  # SciPy's graph of a larger raster needs gigabytes
SLOW_CELLS = 20_000_000  # pykonal needs minutes beyond


def fields(cost: Cost, start: Cell, names: tuple[str, ...] = ()) -> dict[str, Callable[[], Prices]]:
    """Ready calls that price every cell, of the installed peers (of those named, if any are)."""
    wanted = names or tuple(FIELDS)
    return {
        name: FIELDS[name](cost, start)
        for name in wanted
        if importlib.util.find_spec(name) and cost.size <= MOST_CELLS.get(name, cost.size)
    }


def routes(cost: Cost, start: Cell, end: Cell) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """Ready calls that find a polyline between two cells, of the installed peers."""
    return {name: make(cost, start, end) for name, make in ROUTES.items() if importlib.util.find_spec(name)}


def eight_neighbours(cost: Cost, start: Cell, end: Cell) -> tuple[Prices, NDArray[np.float64]]:
    """Prices of all cells on the graph of 8 neighbours, and its path between two of them."""
    from scipy.sparse.csgraph import dijkstra

    prices, before = dijkstra(
        _graph(cost), directed=False, indices=start[0] * cost.shape[1] + start[1], return_predecessors=True
    )
    cells = [end[0] * cost.shape[1] + end[1]]
    while before[cells[-1]] >= 0:
        cells.append(before[cells[-1]])
    return prices.reshape(cost.shape), np.stack(np.divmod(cells[::-1], cost.shape[1]), axis=1).astype(float)


def _scipy(cost: Cost, start: Cell) -> Callable[[], Prices]:
    """Dijkstra on 8 neighbours."""
    from scipy.sparse.csgraph import dijkstra

    graph, cell = _graph(cost), start[0] * cost.shape[1] + start[1]
    return lambda: dijkstra(graph, directed=False, indices=cell).reshape(cost.shape)


def _graph(cost: Cost) -> Any:
    """Graph of cell centres; a step costs the mean of its cells times its length."""
    from scipy.sparse import coo_matrix

    number = np.arange(cost.size).reshape(cost.shape)
    rows, cols = cost.shape
    parts = []
    for dr, dq in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = slice(0, rows - dr), slice(max(0, -dq), cols - max(0, dq))
        b = slice(dr, rows), slice(max(0, dq), cols - max(0, -dq))
        weight = 0.5 * (cost[a] + cost[b]) * np.hypot(dr, dq)
        free = np.isfinite(weight)
        parts.append((weight[free], number[a][free], number[b][free]))
    weight, tail, head = (np.concatenate(p) for p in zip(*parts, strict=True))
    return coo_matrix((weight, (tail, head)), shape=(cost.size,) * 2).tocsr()


def _skimage(cost: Cost, start: Cell) -> Callable[[], Prices]:
    """Dijkstra on 8 neighbours."""
    from skimage.graph import MCP_Geometric

    barred = np.where(np.isfinite(cost), cost, -1.0)
    return lambda: MCP_Geometric(barred).find_costs([start])[0]


def _skfmm(cost: Cost, start: Cell) -> Callable[[], Prices]:
    """Fast marching of second order."""
    import skfmm

    barred = ~np.isfinite(cost)
    phi = np.ma.masked_array(np.ones(cost.shape), barred)
    phi[start] = -1.0
    speed = np.ma.masked_array(1.0 / np.where(barred, 1.0, cost), barred)
    half = 0.5 * float(cost[start])  # its front starts half a cell off
    return lambda: np.asarray(skfmm.travel_time(phi, speed, order=2).filled(np.inf)) + half


def _eikonalfm(cost: Cost, start: Cell) -> Callable[[], Prices]:
    """Fast marching of second order."""
    import eikonalfm

    speed = _speed(cost)
    return lambda: eikonalfm.fast_marching(speed, start, (1.0, 1.0), 2)


def _pykonal(cost: Cost, start: Cell) -> Callable[[], Prices]:
    """Fast marching of second order, on a volume one cell thick."""
    import pykonal

    speed = _speed(cost)[..., None]

    def solve() -> Prices:
        solver = pykonal.EikonalSolver(coord_sys="cartesian")
        solver.velocity.min_coords = 0.0, 0.0, 0.0
        solver.velocity.node_intervals = 1.0, 1.0, 1.0
        solver.velocity.npts = speed.shape
        solver.velocity.values = speed
        solver.traveltime.values[(*start, 0)] = 0.0
        solver.unknown[(*start, 0)] = False
        solver.trial.push(*start, 0)
        solver.solve()
        return np.asarray(solver.traveltime.values)[..., 0]

    return solve


def _speed(cost: Cost) -> NDArray[np.float64]:
    speed = 1.0 / cost.astype(np.float64)
    return np.where(speed > 0.0, speed, BARRED * speed[speed > 0.0].min())


def _skimage_route(cost: Cost, start: Cell, end: Cell) -> Callable[[], NDArray[np.float64]]:
    from skimage.graph import route_through_array

    barred = np.where(np.isfinite(cost), cost, -1.0)
    return lambda: np.array(
        route_through_array(barred, start, end, fully_connected=True, geometric=True)[0], np.float64
    )


def _eikonalfm_route(cost: Cost, start: Cell, end: Cell) -> Callable[[], NDArray[np.float64]]:
    solve, barred = _eikonalfm(cost, start), ~np.isfinite(cost)

    def find() -> NDArray[np.float64]:
        prices = solve()
        prices[barred] = np.inf
        return trace(prices, start, end)

    return find


FIELDS: dict[str, Callable[[Cost, Cell], Callable[[], Prices]]] = {
    "scipy": _scipy,
    "skimage": _skimage,
    "skfmm": _skfmm,
    "eikonalfm": _eikonalfm,
    "pykonal": _pykonal,
}
ROUTES: dict[str, Callable[[Cost, Cell, Cell], Callable[[], NDArray[np.float64]]]] = {
    "skimage": _skimage_route,
    "eikonalfm": _eikonalfm_route,
}
MOST_CELLS = {"scipy": GRAPH_CELLS, "pykonal": SLOW_CELLS}
