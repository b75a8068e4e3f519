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

# Levels of the relaxation, in cells: spacing of the vertices, first and last probe of the derivatives. Without a
# spacing the segments are halved where the path turns: a chord at whose ends it turns by a is a^2 / 24 too dear.
LEVELS: tuple[tuple[float | None, float, float], ...] = (
    (4.0, 0.5, 0.02),
    (2.0, 0.5, 0.02),
    (1.0, 0.3, 0.02),
    (0.5, 0.15, 0.01),
    (None, 0.1, 0.02),
    (None, 0.02, 0.001),
)
SHARP = (0.03, 0.15)  # radians, shortest segment that is halved
STEPS = 12  # most Newton steps of a level
GAINS = (1e-6, 1e-7)  # relative gain of a step below which the probe is shortened, and at its shortest the level ends
SHORTEN = 0.2
# Tubes searched first: spacing of the stations, step of the offsets, offsets to either side, most steps between two
# stations.
TUBES = ((4.0, 1.0, 6, 4), (2.0, 0.5, 6, 4))


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
    from routing.geodesic.descent import hop
    from routing.geodesic.graph import backtrack

    plane = ground.plane
    r, q = target.tolist()
    cell, _ = hop(march.cells, plane, (r, q), 1.0 / march.width, march.far, np.inf)
    room = 4 * (ground.rows + ground.cols)
    while True:
        path = np.empty(room, np.int64)
        n = int(backtrack(march.cells, plane, cell, 1.0 / march.width, march.seeds, path))
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
    for level in LEVELS:
        line, pinned = _relax_level(ground, line, pinned, level)
        price = float(polyline_price(ground.plane, line))
        if price < lowest:
            best, lowest = line, price
    points = ground.unpad(best)
    points[[0, -1]] = ends
    return points, lowest


def _best_in_tube(
    ground: Ground, line: NDArray[np.float64], tube: tuple[float, float, int, int]
) -> NDArray[np.float64]:
    """Best polyline within a tube round another, in padded coordinates."""
    from routing.geodesic.tube import Stations, collect, search, survey_path

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
    survey_path(ground.plane, line, length / (n - 1), stations)
    search(ground.plane, stations, step, swing)
    points = np.empty((n + len(line), 2))
    count = int(collect(line, stations, step, points))
    return _distinct(points[:count][::-1])


def _relax_level(
    ground: Ground, line: NDArray[np.float64], pinned: NDArray[np.bool_], level: tuple[float | None, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One level of the relaxation: new vertices, Newton steps, single vertices."""
    from routing.geodesic.relaxation import newton_step, refine, relax, resample

    spacing, probe, shortest = level
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    room = 2 * len(line) + int(length / (spacing or np.inf)) + 2 * int(pinned.sum()) + 8
    bench = _bench(room)
    bench.pinned[: len(line)] = pinned
    points = np.empty((room, 2))
    if spacing is None:
        n = int(refine(line, len(line), SHARP, points, bench))
    else:
        n = int(resample(ground.plane, line, len(line), spacing, points, bench))
    reach = max(1.0, 0.5 * (spacing or 0.0))
    for _ in range(STEPS):
        price, gain = newton_step(ground.plane, points, n, probe, reach, bench)
        # A long probe sees past the kinks of a rough cost; a short one has no bias where the cost curves.
        if gain < GAINS[probe == shortest] * price:
            if probe == shortest:
                break
            probe = max(shortest, SHORTEN * probe)
    n = int(relax(ground.plane, points, n, max(probe, 0.02), bench))
    return points[:n].copy(), bench.pinned[:n].copy()


def _bench(room: int) -> Bench:
    """Workspace for that many vertices."""
    from routing.geodesic.relaxation import Bench

    pairs, columns, flags = np.empty((2, room, 2)), np.zeros((6, room)), np.zeros((3, room), np.bool_)
    return Bench(*pairs, *columns, *flags)
