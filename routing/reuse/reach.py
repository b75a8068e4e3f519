"""The water in which a way between two ends can lie that costs at most so much."""

from __future__ import annotations

import math
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from routing.reuse.tiles import Tiling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.geodesic import CostGrid

__all__ = ["Reach", "limit_usd"]

Node = tuple[float, float]
#: Digits of a limit: prices that differ by less, as fields over a sea that changed elsewhere do, give one limit.
_DIGITS = 3


class Reach:
    """Proven lower bounds on the price from places to all of the sea, and what they leave of it.

    Parameters
    ----------
    paid
        What is paid: USD per projected metre.

    Notes
    -----
    On blocks of cells that are nowhere dearer than the cells, :meth:`CostGrid.minorant_above` proves a
    floor for each block: no way from any point of a block that holds the place to any point of that block costs less.
    A way between two places that touches a block costs the sum of its two floors at least. So no way that
    leaves the tiles marked for a limit costs less than the limit.

    Examples
    --------
    >>> from routing.geodesic import CostGrid
    >>> reach = Reach(CostGrid(np.ones((40, 60))))
    >>> tiles = reach.between((20, 10), (20, 50), 41.0)
    >>> cells = reach.tiling.cells(tiles)
    >>> bool(cells[20, 10:51].all()), bool(cells[0].any()), bool(0.15 < cells.mean() < 0.5)
    (True, False, True)
    """

    def __init__(self, paid: CostGrid) -> None:
        self.paid = paid
        self.tiling = Tiling(paid.shape)
        self._floors: dict[tuple[int, int], NDArray[np.float64]] = {}
        self._locks: dict[tuple[int, int], Lock] = {}
        self._lock = Lock()

    def between(self, start: Node, end: Node, limit_usd: float) -> NDArray[np.bool_]:
        """Tiles outside of which no way between two grid positions costs `limit_usd` or less."""
        return self.tiling.holding(self.floor(start) + self.floor(end) <= limit_usd)

    def floor(self, place: Node) -> NDArray[np.float64]:
        """Proven least price from a grid position to each block, worked out once."""
        block = self.tiling.block
        at = int((place[0] + 0.5) // block), int((place[1] + 0.5) // block)
        with self._lock:
            lock = self._locks.setdefault(at, Lock())
        with lock:
            if at not in self._floors:
                start = np.full(self._below.shape, np.inf)
                start[at] = 0.0
                self._floors[at] = self._below.minorant_above(start).floor
            return self._floors[at]

    @cached_property
    def _below(self) -> CostGrid:
        block = self.tiling.block
        return self.paid if block == 1 else self.paid.coarsened(block, below=True)


def limit_usd(price_usd: float, share: float) -> float:
    """A price and a share of it, rounded up to three digits.

    Examples
    --------
    >>> limit_usd(12_345.6, 0.0), limit_usd(100.0, 0.01)
    (12400.0, 101.0)
    """
    wanted = price_usd * (1.0 + share)
    if not 0.0 < wanted < math.inf:
        return wanted
    unit = 10.0 ** (math.floor(math.log10(wanted)) + 1 - _DIGITS)
    return math.ceil(wanted / unit - 1e-9) * unit
