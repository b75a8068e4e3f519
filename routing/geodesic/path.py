"""Paths: descent through a field, relaxation in the exact cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.ground import Ground, March

if TYPE_CHECKING:
    from routing.geodesic.relaxation import Bench

__all__ = ["GeodesicPath", "polish", "trace", "trace_graph"]

# Levels of the relaxation: spacing of the vertices in cells (0: segments are halved where the path turns), most Newton
# steps, relative gain of a step that ends them, probe in cells. Long segments and probes see past the small dips of a
# rough cost.
LEVELS: tuple[tuple[float, int, float, float], ...] = (
    (16.0, 8, 1e-6, 1.0),
    (8.0, 8, 1e-6, 1.0),
    (4.0, 8, 1e-6, 1.0),
    (2.0, 8, 1e-6, 0.5),
    (1.0, 8, 3e-7, 0.3),
    (0.5, 5, 2e-7, 0.1),
    (0.0, 8, 1e-7, 0.05),
)
# Segments are halved at whose ends the path turns by more (radians) and that are longer (cells) than this: a chord at
# whose ends it turns by a is a^2 / 24 too dear.
SHARP = (0.03, 0.15)
# Tubes searched first: spacing of the stations, step of the offsets, offsets to either side, most steps between two
# stations.
TUBES = ((4.0, 1.0, 6, 3), (2.0, 0.5, 6, 3))


@dataclass(frozen=True)
class GeodesicPath:
    """A least-cost path.

    Parameters
    ----------
    points
        Row, col from start to end, (n, 2); straight in between.
    cost
        Exact line integral of the cost along `points`.
    lower_bound
        No path between the ends is cheaper than this; ``None`` if it was not computed.
    cells_solved
        Number of cells that were priced to find the path.

    Examples
    --------
    >>> import numpy as np
    >>> GeodesicPath(np.array([[0.0, 0.0], [0.0, 2.0]]), 2.0, lower_bound=1.6).gap
    0.25
    """

    points: NDArray[np.float64]
    cost: float
    lower_bound: float | None = None
    cells_solved: int = 0

    @property
    def gap(self) -> float | None:
        """Cost over lower bound, minus 1: the path is at most this much too dear."""
        if self.lower_bound is None:
            return None
        if self.cost <= self.lower_bound:
            return 0.0
        return self.cost / self.lower_bound - 1.0 if self.lower_bound > 0.0 else np.inf


def trace(
    ground: Ground, march: March, sources: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]] | None:
    """Source and polyline from it to a target in padded coordinates; None if the descent cannot tell where to go."""
    from routing.geodesic.descent import ARRIVED, STUCK, descend

    size = 8 * ground.parts * (ground.rows + ground.cols) + 64
    points = np.empty((size, 2))
    points[0] = target
    state = np.array([1.0, np.inf, 0.0, -1.0])
    scale = (1.0 / march.width, march.far)
    while True:
        status = descend(march.cells, ground.plane, sources, march.seeds, march.owners, scale, points, state)
        if status == STUCK:
            return None
        if status == ARRIVED:
            break
        if len(points) > 8 * size:
            state[2] = 1.0  # creeping along a ridge: from centre to centre it must end
        points = np.concatenate([points, np.empty_like(points)])
    return int(state[3]), _distinct(points[: int(state[0])][::-1])


def trace_graph(
    ground: Ground, march: March, sources: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[int, NDArray[np.float64]]:
    """Source and polyline from it to a target along the 8-neighbour graph, in padded coordinates."""
    from routing.geodesic.graph import backtrack

    plane = ground.plane
    r, q = target.tolist()
    room = 4 * (ground.rows + ground.cols)
    while True:
        path = np.empty(room, np.int64)
        n = int(backtrack(march.cells, plane, (r, q), (1.0 / march.width, march.far), march.seeds, path))
        if n > 0:
            break
        room *= 4
    source = int(march.owners[np.searchsorted(march.seeds, path[n - 1])])
    centres = np.stack(np.divmod(path[:n][::-1], plane.width), axis=1)
    return source, _distinct(np.concatenate([sources[source][None], centres, target[None]]))


def _distinct(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop repeated vertices, but keep two."""
    moves = (np.diff(line, axis=0) != 0).any(axis=1)
    kept = line[np.append(True, moves)]
    return np.concatenate([kept, kept]) if len(kept) == 1 else np.ascontiguousarray(kept)


def polish(ground: Ground, line: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Relax a polyline level by level; returns it with its price in row spacings."""
    from routing.geodesic.line import polyline_price

    ends = line[[0, -1]]
    best = line = ground.pad(line)
    lowest = float(polyline_price(ground.plane, line))
    for tube in TUBES:
        line = _best_in_tube(ground, line, tube)
    pinned = np.zeros(len(line), np.bool_)
    price = float(polyline_price(ground.plane, line))
    for level in LEVELS:
        found = _relax_level(ground, line, pinned, level)
        if found[2] <= price:  # a level too coarse for the cost is left out
            line, pinned, price = found
    if price < lowest:
        best, lowest = line, price
    points = ground.unpad(best)
    points[[0, -1]] = ends
    return points, lowest


def _best_in_tube(
    ground: Ground, line: NDArray[np.float64], tube: tuple[float, float, int, int]
) -> NDArray[np.float64]:
    """Best polyline within a tube round another, in padded coordinates."""
    from routing.geodesic.tube import Stations, search_tube

    spacing, step, half, swing = tube
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    n = max(2, math.ceil(length / spacing) + 1)
    pairs = np.empty((2, n, 2))
    stations = Stations(
        pairs[0],
        pairs[1],
        np.empty(n, np.int64),
        np.empty(n),
        np.empty((2, 2 * half + 1)),
        np.empty((n, 2 * half + 1), np.int64),
    )
    points = np.empty((n + len(line), 2))
    count = int(search_tube(ground.plane, line, length / (n - 1), (step, swing), stations, points))
    return _distinct(points[:count][::-1])


def _relax_level(
    ground: Ground, line: NDArray[np.float64], pinned: NDArray[np.bool_], level: tuple[float, int, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """One level of the relaxation: the polyline, which of its vertices stand on corners, its price."""
    from routing.geodesic.relaxation import relax

    spacing, steps, enough, probe = level
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    room = 2 * len(line) + int(length / (spacing or np.inf)) + 2 * int(pinned.sum()) + 8
    bench = _bench(room)
    bench.pinned[: len(line)] = pinned
    points = np.empty((room, 2))
    n, price = relax(ground.plane, line, (spacing, *SHARP), (steps, enough, probe), points, bench)
    return points[:n], bench.pinned[:n], float(price)


def _bench(room: int) -> Bench:
    """Workspace for that many vertices."""
    from routing.geodesic.relaxation import Bench

    pairs, columns, flags = np.empty((2, room, 2)), np.empty((3, room)), np.zeros((4, room), np.bool_)
    price, value, came = np.empty((4, room)), np.empty((2, room)), np.empty((2, room), np.bool_)
    return Bench._make((*pairs, np.empty((room, 5)), price, value, *columns, came, *flags))
