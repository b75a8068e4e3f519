"""Paths: descent through a field, relaxation in the exact cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.ground import Ground
from routing.geodesic.marching import March

__all__ = ["GeodesicPath", "polish", "trace"]

# Spacing and probe in cells, Newton steps, sweeps over single vertices.
LEVELS = ((8.0, 1.0, 6, 0), (4.0, 0.5, 6, 1), (2.0, 0.3, 6, 2), (1.0, 0.15, 8, 2))
SETTLED = 1e-8  # relative gain of a Newton step below which a level is done


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
) -> NDArray[np.float64] | None:
    """Polyline from a source to a target in padded coordinates; None if the descent cannot tell where to go."""
    from routing.geodesic import descent

    points = np.empty((8 * (ground.rows + ground.cols) + 64, 2))
    points[0] = target
    state = np.array([1.0, np.inf, 0.0])
    scale = (1.0 / march.width, march.far)
    while True:
        status = descent.descend(
            march.cells, ground.plane, sources, march.seeds, march.owners, scale, points, state
        )
        if status == descent.STUCK:
            return None
        if status == descent.ARRIVED:
            break
        if len(points) > 64 * (ground.rows + ground.cols):
            state[2] = 1.0  # creeping along a ridge: from centre to centre it must end
        points = np.concatenate([points, np.empty_like(points)])
    line = points[: int(state[0])][::-1]
    distinct = np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))  # noqa: FBT003
    line = line[distinct]
    return np.concatenate([line, line]) if len(line) == 1 else np.ascontiguousarray(line)


def polish(ground: Ground, line: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Relax a padded polyline level by level; returns it unpadded, with its price in row spacings."""
    from routing.geodesic.line import PAD, polyline_price

    best, price = line, float(polyline_price(ground.plane, line))
    pinned = np.zeros(len(best), np.bool_)
    for level in LEVELS:
        trial, fixed = _relax_level(ground, best, pinned, level)
        x = float(polyline_price(ground.plane, trial))
        if x < price:
            best, price, pinned = trial, x, fixed
    return best - PAD, price


def _relax_level(
    ground: Ground, line: NDArray[np.float64], pinned: NDArray[np.bool_], level: tuple[float, float, int, int]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One level of the relaxation: resample, Newton steps, single vertices."""
    from routing.geodesic import relaxation as kernels

    spacing, probe, steps, sweeps = level
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    room = 2 * len(line) + int(length / spacing) + 2 * int(pinned.sum()) + 8
    bench = _bench(room)
    bench.pinned[: len(line)] = pinned
    points = np.empty((room, 2))
    n = int(kernels.resample(ground.plane, line, len(line), spacing, points, bench))
    reach = max(1.0, 0.5 * spacing)
    for _ in range(steps):
        price, gain = kernels.newton_step(ground.plane, points, n, probe, reach, bench)
        if gain <= SETTLED * price:
            break
    for _ in range(sweeps):
        n = int(kernels.relax(ground.plane, points, n, probe, True, bench))  # noqa: FBT003
    return points[:n].copy(), bench.pinned[:n].copy()


def _bench(room: int) -> Any:  # noqa: ANN401
    from routing.geodesic import relaxation as kernels

    column = np.zeros((7, room))
    flag = np.zeros((3, room), np.bool_)
    return kernels.Bench(np.empty((room, 2)), np.empty((room, 2)), *column, *flag)
