"""Speed and accuracy of the path kernel beside its peers: `python benchmarks/kernel.py [--size N]`.

One JSON line a row: `ours`, `peer`, `ratio` = peer / ours (seconds or price: above 1 is
better). Peers are used if they are installed: scikit-image, scikit-fmm, eikonalfm;
SciPy's Dijkstra always. Best of three runs, one thread, wall clock.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic import CostGrid, distance_field, enclosure, least_cost_path

Row = dict[str, Any]
Cell = tuple[int, int]
SEED = 7
EXCLUDED = 0.2
RUNS = 3
DIJKSTRA_CELLS = 2_000_000  # the graph of a larger raster needs gigabytes


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", type=int, default=1024, help="rows and columns of the terrain")
    size = arguments.parse_args().size
    cost = terrain(size)
    start, end = far_ends(cost)
    for row in rows(cost, start, end):
        print(json.dumps({"size": size, **row}), flush=True)


def rows(cost: NDArray[np.float32], start: Cell, end: Cell) -> Iterator[Row]:
    least_cost_path(np.ones((700, 700), np.float32), (0, 0), (9, 9))  # compiled before anything is timed
    grid = CostGrid(cost)
    solve, _ = timed(lambda: grid.field(start))
    field, distance = timed(lambda: distance_field(cost, start))
    route, path = timed(lambda: least_cost_path(cost, start, end))
    yield {"row": "solver, million cells a second", "ours": cost.size / solve / 1e6, "peer": None, "ratio": None}
    yield {"row": "path, seconds", "ours": route, "peer": None, "ratio": None, "price": path.cost}
    for name, peer in PEER_FIELDS.items():
        if available(name) and (name != "scipy" or cost.size <= DIJKSTRA_CELLS):
            seconds, theirs = peer(cost, start)
            yield {"row": "field, seconds", "peer_name": name, **beside(field, seconds)}
            yield {"row": "price at the end", "peer_name": name, **beside(float(distance[end]), float(theirs[end]))}
    if available("skimage"):
        seconds, points = image_route(cost, start, end)
        yield {"row": "path, seconds", "peer_name": "skimage", **beside(route, seconds)}
        yield {"row": "path, price", "peer_name": "skimage", **beside(path.cost, grid.price(points))}


def beside(ours: float, peer: float) -> Row:
    return {"ours": ours, "peer": peer, "ratio": peer / ours}


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    best = np.inf
    for _ in range(RUNS):
        started = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - started)
    return best, result


def available(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def terrain(n: int) -> NDArray[np.float32]:
    """Fractal terrain of cost 1 to 10 with a fifth of its cells excluded in large pieces."""
    rng = np.random.default_rng(SEED)
    ky, kx = np.fft.fftfreq(n, 1 / n)[:, None], np.arange(n // 2 + 1)[None]
    k = np.hypot(ky, kx)
    k[0, 0] = 1.0

    def spectrum(slope: float, cut: float) -> NDArray[np.float64]:
        size = k ** (-slope / 2) * np.exp(-((k / cut) ** 2))
        size[0, 0] = 0.0
        return np.fft.irfft2(size * np.exp(2j * np.pi * rng.random(k.shape)), s=(n, n))

    height = spectrum(3.2, np.inf)
    low, high = np.quantile(height, [0.001, 0.999])
    cost = (1.0 + 9.0 * np.clip((height - low) / (high - low), 0, 1) ** 2).astype(np.float32)
    land = spectrum(4.0, 12.0)
    cost[land > np.quantile(land, 1 - EXCLUDED)] = np.inf
    return cost


def far_ends(cost: NDArray[np.float32]) -> tuple[Cell, Cell]:
    """Cells of one connected region near the middles of the left and right edge."""
    n = len(cost)
    free = np.isfinite(cost)
    candidates = np.argwhere(free[:: max(1, n // 64), :: max(1, n // 64)]) * max(1, n // 64)
    pockets = (enclosure(cost, cell) for cell in candidates[:: max(1, len(candidates) // 20)])
    cells = np.argwhere(next(p for p in pockets if p.sum() > 0.5 * free.sum()))
    wanted = np.array([[0.5, 0.04], [0.45, 0.96]]) * n
    start, end = (cells[np.argmin(((cells - w) ** 2).sum(1))] for w in wanted)
    return (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))


def scipy_field(cost: NDArray[np.float32], start: Cell) -> tuple[float, NDArray[np.float64]]:
    """Dijkstra on 8 neighbours; building the graph is not counted."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    n, m = cost.shape
    number = np.arange(n * m).reshape(n, m)
    parts = []
    for dr, dq in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = slice(0, n - dr), slice(max(0, -dq), m - max(0, dq))
        b = slice(dr, n), slice(max(0, dq), m - max(0, -dq))
        weight = 0.5 * (cost[a] + cost[b]) * np.hypot(dr, dq)
        ok = np.isfinite(weight)
        parts.append((weight[ok], number[a][ok], number[b][ok]))
    weight, tail, head = (np.concatenate(p) for p in zip(*parts, strict=True))
    graph = coo_matrix((weight, (tail, head)), shape=(n * m, n * m)).tocsr()
    seconds, found = timed(lambda: dijkstra(graph, directed=False, indices=number[start]))
    return seconds, found.reshape(n, m)


def skimage_field(cost: NDArray[np.float32], start: Cell) -> tuple[float, NDArray[np.float64]]:
    from skimage.graph import MCP_Geometric

    barred = np.where(np.isfinite(cost), cost, -1)
    seconds, found = timed(lambda: MCP_Geometric(barred).find_costs([start]))
    return seconds, found[0]


def fmm_field(cost: NDArray[np.float32], start: Cell) -> tuple[float, NDArray[np.float64]]:
    import skfmm

    barred = ~np.isfinite(cost)
    phi = np.ma.masked_array(np.ones(cost.shape), barred)
    phi[start] = -1.0
    speed = np.ma.masked_array(1.0 / np.where(barred, 1.0, cost), barred)
    seconds, found = timed(lambda: skfmm.travel_time(phi, speed, order=2))
    return seconds, np.asarray(found.filled(np.inf)) + 0.5 * float(cost[start])  # it starts half a cell off


def eikonalfm_field(cost: NDArray[np.float32], start: Cell) -> tuple[float, NDArray[np.float64]]:
    import eikonalfm

    speed = np.where(np.isfinite(cost), 1.0 / cost, 1e-12).astype(np.float64)
    return timed(lambda: eikonalfm.fast_marching(speed, start, (1.0, 1.0), 2))


def image_route(cost: NDArray[np.float32], start: Cell, end: Cell) -> tuple[float, NDArray[np.float64]]:
    from skimage.graph import route_through_array

    barred = np.where(np.isfinite(cost), cost, -1)
    seconds, (points, _) = timed(lambda: route_through_array(barred, start, end, fully_connected=True, geometric=True))
    return seconds, np.array(points, float)


PEER_FIELDS: dict[str, Callable[[NDArray[np.float32], Cell], tuple[float, NDArray[np.float64]]]] = {
    "scipy": scipy_field,
    "skimage": skimage_field,
    "skfmm": fmm_field,
    "eikonalfm": eikonalfm_field,
}

if __name__ == "__main__":
    main()
